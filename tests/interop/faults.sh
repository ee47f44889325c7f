#!/bin/sh
# faults.sh - zonesign verify against signed zones with one planted fault each, and against sound ones of other signers.
# ZONESIGN names the program (default build/zonesign). Ends with "N passed, N failed".
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
zonesign=${ZONESIGN:-$root/build/zonesign}
case $zonesign in */*) zonesign=$(realpath "$zonesign") ;; esac
for tool in dnssec-signzone dnssec-keygen ldns-signzone python3 "${CC:-cc}"; do
	if ! command -v "$tool" >/dev/null; then
		echo "skipped: $tool is not installed"
		echo "0 passed, $([ -n "${CI:-}" ] && echo 1 || echo 0) failed"
		exit "$([ -n "${CI:-}" ] && echo 1 || echo 0)"
	fi
done
work=$(mktemp -d)
[ -n "${KEEP:-}" ] && echo "files stay in $work" || trap 'rm -rf "$work"' EXIT
"${CC:-cc}" -std=c11 -D_DEFAULT_SOURCE -Wall -Wextra -o "$work/resign" "$root/tests/interop/resign.c" -lldns -lcrypto
python3 -B "$root/tests/interop/faults.py" "$zonesign" "$work/resign" "$work"
