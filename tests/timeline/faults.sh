#!/bin/sh
# Planted faults of the engine: the oracle must catch each.
. "$(dirname "$0")/../lib.sh"
need python3 gcc
cd "$top" && exec python3 tests/timeline/faults.py
