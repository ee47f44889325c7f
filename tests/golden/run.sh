#!/bin/sh
# Golden cases: testdata/golden/CASE has a config, a zone, test keys, `now`, and the expected zone and messages. Ed25519 and RSA
# signatures are deterministic, so the whole file is compared, octet by octet, for 1, 2, 3 and 8 threads. `run.sh --update` writes
# the expected files anew: the diff is the review.
update=${1:-}
. "$(dirname "$0")/../lib.sh"
for case in "$top"/testdata/golden/*/; do
	name=$(basename "$case")
	[ -e "$case/zonesign.yaml" ] || continue
	for jobs in 1 2 3 8; do
		cd "$work" && rm -rf case && mkdir -m 700 case && cd case || exit 1
		cp "$case"/zonesign.yaml "$case"/example.zone .
		mkdir -p -m 700 state state/example state/example/keys
		cp "$case"/keys/K* state/example/keys/
		chmod 600 state/example/keys/*.private
		run "$ZONESIGN" --now "$(cat "$case/now")" build --jobs $jobs
		[ "$update" != --update ] || { cp err "$case/expected.err"; cp signed.zone "$case/expected.zone"; }
		is "$name: status, $jobs threads" 0 "$status"
		ok "$name: zone, $jobs threads" diff "$case/expected.zone" signed.zone
		ok "$name: messages, $jobs threads" diff "$case/expected.err" err
	done
done
finish
