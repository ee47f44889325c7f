#!/bin/sh
# The result does not depend on the number of threads: a zone large enough to be read, sorted, signed, verified and written in
# slices gives the same output, messages, state and cache with 1, 2, 3 and 8 threads; built at first, and after a change.
. "$(dirname "$0")/../lib.sh"
awk 'BEGIN {
	print "$TTL 1h\n@ SOA ns1 host 1 7200 3600 1209600 300\n@ NS ns1\n@ NS ns2\nns1 A 192.0.2.1\nns2 A 192.0.2.2"
	for (i = 0; i < 250; i++) x = x "x"
	for (i = 0; i < 4500; i++) {
		n = i * 7919 % 4500
		printf "h%d-%d TXT \"%s\"", n % 7, n, substr(x, 1, n % 100)
		for (j = 0; j < 4; j++) printf " \"%s\"", x
		printf "\nh%d-%d A 10.0.%d.%d\n", n % 7, n, n / 256 % 256, n % 256
		if (n % 50 == 1) printf "d%d NS ns1.d%d\nns1.d%d A 192.0.2.3\n", n, n, n
		if (n % 4 == 1) printf "t.u.e%d A 10.1.%d.%d\n", n, n / 256 % 256, n % 256
		if (n % 999 == 2) printf "m%d MX ( 10\n  nowhere )\nh%d-%d A 10.0.%d.%d\n", n, n % 7, n, n / 256 % 256, n % 256
		if (n % 1000 == 5) print "$ORIGIN sub.example.\nwww A 192.0.2.4\n$ORIGIN example."
	}
	print "dz NS g1.dz" # what is below it is in several slices, and has no denial
	for (i = 0; i < 9000; i++) printf "g%d.dz A 192.0.2.6\n", i
}' > zone.first
sed 's/^h3-10 A .*/h3-10 A 192.0.2.77/; /^h1-1345 /d; $a new A 192.0.2.5' zone.first > zone.second
[ "$(wc -c < zone.first)" -gt 4194304 ] || fail "the zone is too small to be read in slices"
for denial in nsec nsec3 opt-out; do
	[ $denial = opt-out ] && some='1 3' made='{nsec3: {opt-out: yes}}' || some='1 2 3 8' made=$denial
	cat > zonesign.yaml <<-EOF
		state: state
		policies: {default: {algorithm: ed25519, denial: $made, zonemd: sha384}}
		zones: {example.: {file: zone, output: signed}}
	EOF
	rm -rf keys state signed
	cp zone.first zone
	run "$ZONESIGN" --now 1790000000 -q build # makes the keys that all builds below take over
	cp -rp state/example/keys .
	for jobs in $some; do
		rm -rf state signed
		mkdir -m 700 state state/example && cp -rp keys state/example/
		for version in first second; do
			cp "zone.$version" zone
			now=$([ $version = first ] && echo 1790000000 || echo 1790003600)
			run "$ZONESIGN" --now "$now" --json build --jobs $jobs
			is "$denial, $version, $jobs threads: built" 0 "$status"
			for file in signed state/example/signatures out err; do
				name=$denial.$version.$(basename $file)
				[ -e "$name" ] || { [ $jobs = 1 ] && cp "$file" "$name"; }
				ok "$denial, $version, $jobs threads: $file" cmp "$name" "$file"
			done
		done
	done
	hasnt "$denial: the second build used the cache" "$denial.second.out" '"reused": 0'
	has "$denial: what there is to say is said" "$denial.first.out" 'is kept once'
	ok "$denial: valid" "$ZONESIGN" --now 1790003600 -q verify --origin example. signed
	ok "$denial: Knot says so too" kzonecheck -d on -t 1790003600 -o example. signed
done
finish
