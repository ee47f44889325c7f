#!/bin/sh
# zs_build itself, on a real directory and with kills, under the oracle; the parent's DS goes through G5.
. "$(dirname "$0")/../lib.sh"
disk=$top/build/${FLAVOUR:-release}/timeline/disk
for seed in ${SEEDS:-1 2 3}; do # make soak: more
	mkdir -m 700 "d$seed"
	run "$disk" "$work/d$seed" $seed 120
	is "seed $seed: $(cat out)" 0 $status
done
finish
