#!/bin/sh
# 200 versions of a zone, each built with the signature cache and without it; ldns and Knot look at every tenth.
. "$(dirname "$0")/../lib.sh"
need python3 ldns-verify-zone kzonecheck
for denial in nsec nsec3 optout; do
	mkdir "$denial"
	(cd "$denial" && python3 "$top/tests/interop/versions.py" "$ZONESIGN" "$denial") >"$denial.log" 2>&1
	line=$(tail -n 1 "$denial.log")
	p=$(echo "$line" | sed -n 's/^\([0-9]*\) passed.*/\1/p') f=$(echo "$line" | sed -n 's/.* passed, \([0-9]*\) failed$/\1/p')
	[ -n "$p" ] || { p=0 f=1; }
	[ "$f" = 0 ] || head -n 40 "$denial.log"
	passed=$((passed + p)) failed=$((failed + f))
done
finish
