#!/bin/sh
# Every kind of change as reviewable text: cases/NAME.case is what happens, NAME.expected what the engine makes of it, and no
# cache ever has a bogus mix. UPDATE=1 writes the expected files anew; the diff is the review.
. "$(dirname "$0")/../lib.sh"
cases=$top/build/${FLAVOUR:-release}/timeline/cases
for script in "$top"/tests/timeline/cases/*.case; do
	name=$(basename "$script" .case)
	run "$cases" "$script"
	is "$name: no bogus mix" 0 $status
	[ -z "${UPDATE:-}" ] || cp out "${script%.case}.expected"
	ok "$name: the timeline" diff "${script%.case}.expected" out
done
finish
