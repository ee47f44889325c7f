#!/bin/sh
# What a user of `zonesign query` types, and what it says. The answers themselves: tests/unit/test_query.c, tests/interop/answers.sh.
. "$(dirname "$0")/../lib.sh"
z=$ZONESIGN
now=2026-09-21T00:00:00Z
cp "$top"/testdata/verify/*.zone .
q() { run "$z" --now $now query "$@"; }

q mail.example A --origin example nsec.zone
is 'data' 0 $status
has 'data: the question' out ';; mail.example. A: NOERROR, authoritative'
has 'data: the record' out 'mail.example. 3600 IN A 192.0.2.3'
has 'data: the verdict' out ';; secure: data; its signatures last until 2036-01-01T00:00:00Z'
is 'data: quiet' '' "$(cat err)"
for zone in nsec nsec3; do
	q nothing.example A --origin example $zone.zone
	is "NXDOMAIN, $zone" "0 ;; nothing.example. A: NXDOMAIN, authoritative" "$status $(head -n 1 out)"
	has "NXDOMAIN, $zone: the verdict" out ';; secure: there is no such name'
	q ent.example A --origin example $zone.zone
	is "an empty non-terminal, $zone" "0 ;; ent.example. A: NOERROR, authoritative" "$status $(head -n 1 out)"
	has "an empty non-terminal, $zone: the verdict" out ';; secure: the name has no such type'
	q x.w.example TXT --origin example $zone.zone
	has "a wildcard, $zone" out "x.w.example. 3600 IN TXT \"wild\""
	has "a wildcard, $zone: the verdict" out ";; secure: data, by the wildcard '*.w.example.'"
	q x.w.example A --origin example $zone.zone
	has "a wildcard without the type, $zone" out ";; secure: the name has no such type, by the wildcard '*.w.example.'"
	q www.secure.example A --origin example $zone.zone
	has "a delegation, $zone: glue" out 'ns.secure.example. 3600 IN A 192.0.2.5'
	has "a delegation, $zone: the verdict" out ';; secure: a delegation'
	q www.insecure.example A --origin example $zone.zone
	is "an unsigned delegation, $zone" 0 $status
	has "an unsigned delegation, $zone: why" out ";; insecure: a delegation; 'insecure.example.' is an unsigned delegation: it has no DS (RFC 4035 section 5.2)"
done
q nothing.example A --origin example optout.zone
is 'opt-out' 0 $status
has 'opt-out: why' out "opt-out: 'nothing.example.' may be an unsigned delegation (RFC 5155 section 9.2)"
q mail.example RRSIG --origin example nsec.zone
has 'RRSIG' out 'RRSIGs are not signed themselves'
q example any --origin example nsec.zone
is 'ANY' '0 1' "$status $(grep -c 'IN SOA ns1' out)"

# machines
run "$z" --json --now $now query nothing.example MX --origin example nsec3.zone
cat > fields.py <<'PY'
import json
d = json.load(open("out"))
print(d["name"], d["type"], d["rcode"], d["authoritative"], d["state"], d["kind"], d["why"], d["ede"], len(d["answer"]), len(d["authority"]), d["expires"])
PY
is 'JSON' 'nothing.example. MX NXDOMAIN True secure nxdomain None None 0 8 2036-01-01T00:00:00Z' "$(python3 fields.py)"

# what validators would not believe
grep -v ' RRSIG A ' nsec.zone > no-rrsig
q mail.example A --origin example no-rrsig
is 'without RRSIG' 4 $status
has 'without RRSIG: words' err "validators would not believe this answer: A 'mail.example.' comes without an RRSIG (RFC 4035 section 3.1.1)"
has 'without RRSIG: extended error' err 'SERVFAIL, with the extended error 10, RRSIGs Missing (RFC 8914)'
has 'without RRSIG: the answer is shown' out 'mail.example. 3600 IN A 192.0.2.3'
has 'without RRSIG: its verdict' out ';; bogus: data'
run "$z" --json --now $now query mail.example A --origin example no-rrsig
is 'without RRSIG: JSON' 'mail.example. A NOERROR True bogus positive 10' "$(python3 -c 'import json; d = json.load(open("out")); print(d["name"], d["type"], d["rcode"], d["authoritative"], d["state"], d["kind"], d["ede"])')"
grep -v ' NSEC ' nsec.zone > no-nsec
q nothing.example A --origin example no-nsec
is 'without NSEC' 4 $status
has 'without NSEC: words' err 'the answer has neither NSEC nor NSEC3 that prove it (RFC 4035 section 3.1.3)'
run "$z" --now 2037-01-01T00:00:00Z query mail.example A --origin example nsec.zone
is 'expired' 4 $status
has 'expired: words' err 'the keys of the zone are not to be trusted: DNSKEY '"'example.'"' has a signature that expired 2036-01-01T00:00:00Z'
printf '$TTL 60\n@ SOA ns h 1 1 1 1 1\n@ NS ns.test.\nw A 192.0.2.1\n' > plain
q w.example A --origin example plain
is 'an unsigned zone' 0 $status
has 'an unsigned zone: words' err 'warning: the zone is not signed: it has no DNSKEY'
has 'an unsigned zone: the verdict' out ';; insecure: '
has 'an unsigned zone: the answer is shown' out 'w.example. 60 IN A 192.0.2.1'

# a DS from outside
echo 'example. IN DS 4974 15 2 965FF994C02D6AC45C7A8BE2DB8FAA1D605A9383578B33A412A6F5898F9D4FD9' > ds
q w.example A --origin example --ds ds plain
is 'an unsigned zone with a DS' 4 $status
has 'an unsigned zone with a DS: words' err 'it has no DNSKEY, but a DS leads to it'
q mail.example A --origin example --ds ds nsec.zone
is 'with the right DS' 0 $status
sed s/965F/965E/ ds > wrong-ds
q mail.example A --origin example --ds wrong-ds nsec.zone
is 'with a wrong DS' 4 $status
has 'with a wrong DS: words' err 'no DS of the zone leads to a key in its DNSKEY RRset (RFC 4035 section 5.2)'

# the zones of the config
cat > zonesign.yaml <<'EOY'
zones:
  example: {file: a.plain, output: nsec.zone}
  w.example: {file: b.plain, output: nsec3.zone}
EOY
q mail.example A
is 'a name in a zone of the config' 0 $status
q mail.test A
is 'a name in none' 2 $status
has 'a name in none: words' err "'mail.test.' is in no zone of the config"
q x.w.example TXT # nsec3.zone has no keys at w.example
is 'the longest zone counts' 4 $status
has 'the longest zone counts: its output' err 'it has no DNSKEY'

# what cannot be asked
for bad in 'mail.example' 'mail.example A more' 'mail.example NOTYPE --origin example nsec.zone' 'mail.example AXFR --origin example nsec.zone' \
	'mail..example A --origin example nsec.zone' 'mail.example A --origin example' '--bad'; do
	# shellcheck disable=SC2086
	q $bad
	is "usage: $bad" 2 $status
done
q mail.test A --origin example nsec.zone
is 'a name outside the zone' 2 $status
has 'a name outside the zone: words' err "'mail.test.' is not in the zone 'example.'"
q mail.example A --origin example /nonexistent
is 'no such file' 3 $status

# DNAMEs in a row: the CNAME that the first one makes is the answer to CNAME, and the whole way is that to A
mkdir any && cd any || exit 1
printf '$TTL 300\n@ SOA ns.o.test. h 1 7200 3600 1209600 300\n@ NS ns.o.test.\n@ NS ns2.o.test.\na A 192.0.2.1\n* TXT x\nlong DNAME target\ndd DNAME long\n' > zone
for denial in nsec nsec3; do
	rm -rf state signed; printf 'policies: {default: {observe: off, denial: %s}}\nzones: {example: {file: zone, output: signed}}\n' $denial > zonesign.yaml
	run "$ZONESIGN" -q build; run "$ZONESIGN" query zz.dd.example CNAME --origin example signed; is "$denial: CNAME below a DNAME" 0 "$status"
	has 'is answered' out 'zz.dd.example. 300 IN CNAME zz.long.example.'; hasnt 'and no more' out SOA; has 'it is secure' out ';; secure'
	run "$ZONESIGN" query a.example ANY --origin example signed; is "$denial: ANY" 0 "$status"; has 'it is secure' out ';; secure'
	run "$ZONESIGN" --now 2020-01-01 --json query a.example A --origin example signed; is "$denial: signatures that do not hold yet" 4 "$status"
	has 'the answer is bogus, the zone not unsigned' out '"state": "bogus"'; hasnt 'and has keys' out 'has no DNSKEY'
	# a set that the wildcard makes for names that are not there, put at one that is: ANY has it beside the real ones
	{ cat signed; awk '$1 == "*.example." && ($4 == "TXT" || ($4 == "RRSIG" && $5 == "TXT")) { $1 = "a.example."; print }' signed; } > forged
	run "$ZONESIGN" query a.example TXT --origin example forged; is "$denial: forged TXT" 4 "$status"
	run "$ZONESIGN" query a.example ANY --origin example forged; is "$denial: forged TXT in ANY" 4 "$status"; hasnt 'it is not secure' out ';; secure'
done
cd .. || exit 1
finish
