#!/bin/sh
# keys: the list, standby keys, and the import of what BIND, ldns, Knot and PowerDNS keep, each proven by a trial build.
. "$(dirname "$0")/../lib.sh"
need python3 dnssec-keygen dnssec-signzone dnssec-settime ldns-keygen openssl
z=$ZONESIGN
# The programs of others have no other clock than the real one: the day of these tests is always the day after tomorrow, and what was
# before it is reckoned from there.
t0=$((($(date +%s) / 86400 + 2) * 86400))
day() { date -u -d "@$((t0 + $1 * 86400))" "+${2:-%Y%m%d000000}"; }
begun=$(day -61) revoked=$(day -60) made=$(day -30) entered=$(day -29) ends=$(day 31)
at() { at=$1; shift; run "$z" --now $((t0 + at)) "$@"; }
fresh() { # POLICY: an empty directory with a zone and its config
	cd "$work" && rm -rf t && mkdir -m 700 t && cd t || exit 1
	printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\nwww A 192.0.2.1\n' > a.zone
	printf 'policies:\n  default: {dnskey-ttl: 5m, propagation: {zone: 1m, parent: 1m}, parent-ds-ttl: 30m, safety: 0, observe: off%s}\nzones:\n  a.example: {file: a.zone, output: a.signed}\n' "${1:-}" > zonesign.yaml
}
key() { "$z" --json keys 2>/dev/null | python3 -c "import json, sys; d = json.load(sys.stdin)['zones'][0]['keys']; print(*sorted($1 for k in d))"; }
tag_of() { echo $((1${1##*+} - 100000)); }

# -- list, standby, retire
fresh
at 0 keys; is 'no key yet' 0 $status; is 'nothing is listed' '' "$(cat out)"
at 0 keys generate --standby a.example; is 'generate before the first build' 5 $status
when() { sed -n 's/^; *\(Created\|Publish\|Activate\|Inactive\|Delete\): //p' state/a.example/keys/*.key | sort | uniq -c | tr -s ' \n' ' '; }
stamp=$(date -u -d @$t0 +%Y%m%d%H%M%S)
printf 'x\n' >> a.zone; at 0 -q build; is 'a first build that fails' 3 $status
is 'no key is made for a zone that cannot be read' '' "$(ls state/a.example/keys 2>/dev/null)"; sed -i '$d' a.zone
at 0 -q build; is 'a first build' 0 $status; is 'the key files say when: BIND reads their times as a plan' " 6 $stamp " "$(when)"
before=$(stat -c '%n %i %Y' state/a.example/keys/*); at 600 -q build
is 'the files are not written again for what they say already' "$before" "$(stat -c '%n %i %Y' state/a.example/keys/*)"
is 'no DS is at the parent yet' '' "$(grep -h SyncPublish state/a.example/keys/*)"
at 610 -q ds --seen a.example; at 620 -q build; at 3600 -q build
is 'the files say since when the DS is at the parent: BIND would let a key without that date go at once' "1 SyncPublish: $(date -u -d @$((t0 + 610)) +%Y%m%d%H%M%S)" \
	"$(grep -h SyncPublish state/a.example/keys/*.private | uniq -c | sed 's/^ *//')"
at 3700 keys; is 'list' 2 "$(grep -c '^a.example. [kz]sk [0-9]* ECDSAP256SHA256 active' out)"; has 'the list has states' out 'dnskey=omnipresent'
at 3700 keys b.example; is 'a zone that is not there' 2 $status
at 3700 keys generate a.example; is 'generate without --standby' 2 $status
at 3700 keys generate --standby --role zsk a.example; is 'a standby ZSK' 2 $status
at 3700 keys generate --standby a.example; is 'a standby KSK' 0 $status
tag=$(sed -n 's/.*ksk \([0-9]*\) stands by.*/\1/p' err)
at 3710 build; is 'it is published' 0 $status; is 'three keys are in the zone' 3 "$(awk '$4=="DNSKEY"' a.signed | wc -l)"
ok 'the zone verifies' "$z" --now $((t0 + 3711)) -q verify --origin a.example a.signed
at 8000 -q build; at 8100 keys; has 'it stands by' out "ksk $tag ECDSAP256SHA256 standby"
at 8100 keys retire a.example 70000; is 'no tag' 2 $status
at 8100 keys retire a.example $(((tag + 1) % 65536)); is 'a tag of no key' 2 $status
at 8100 keys retire a.example "$tag"; is 'retire a standby key' 0 $status; has 'it leaves' err 'stands by no more'
at 8200 -q build; at 8210 -q ds --gone "$tag" a.example
for s in 8220 9000 11000 14000; do at $s -q build; done
is 'it is gone' 2 "$(awk '$4=="DNSKEY"' a.signed | wc -l)"
zsk=$(awk '$4=="DNSKEY" && $5==256 {print $8}' a.signed)
at 14100 --json keys; tag=$(python3 -c 'import json; print(next(k["key_tag"] for k in json.load(open("out"))["zones"][0]["keys"] if k["role"] == "zsk"))')
at 14100 keys retire a.example "$tag"; is 'retire a key in use' 0 $status; has 'it rolls' err 'a roll is asked for'
for s in 14200 15000 16000 17000; do at $s -q build; done
ok 'the ZSK is another' test "$zsk" != "$(awk '$4=="DNSKEY" && $5==256 {print $8}' a.signed)"
for word in generate retire import; do at 0 keys $word; is "keys $word without arguments" 2 $status; done

# -- as many standby keys as validators take (G16), and the ways out where there are more
fresh; at 0 -q build
for i in 1 2 3; do at $((i * 10)) keys generate --standby a.example; is "standby key $i" 0 $status; done
at 40 build; is 'four KSKs' 0 $status; before=$(ls state/a.example/keys; cksum < state/a.example/state.yaml)
at 50 keys generate --standby a.example; is 'one more' 4 $status; has 'is refused' err 'refused by G16: with one more key the zone has 5 signatures over its DNSKEYs, more than 4'; has 'the way out' err "'zonesign keys retire a.example. TAG'"
is 'and not made' "$before" "$(ls state/a.example/keys; cksum < state/a.example/state.yaml)"; at 60 build; is 'builds go on' 0 $status
at 70 roll a.example ksk; at 80 build; is 'a roll finds its successor' 0 $status
fresh ', algorithm: rsasha256, rsa-bits: 4096'; at 0 -q build
at 10 keys generate --standby a.example; is 'a large standby key' 0 $status; at 20 keys generate --standby a.example; is 'two of them' 0 $status
at 30 build; is 'are built' 0 $status; has 'their answer' err 'the DNSKEY answer takes 3825 octets'
at 40 keys generate --standby a.example; is 'a third' 4 $status; has 'is refused for its size' err "$((3825 + 12 + 4 + 4 + 512 + 12 + 18 + 11 + 512)) octets in the DNSKEY answer, more than 4096"
fresh; mkdir -p -m 700 state state/a.example state/a.example/keys
(cd state/a.example/keys && for i in 1 2 3 4 5; do dnssec-keygen -q -a ECDSAP256SHA256 -f KSK -P $stamp -A $stamp a.example; done; dnssec-keygen -q -a ECDSAP256SHA256 -P $stamp -A $stamp a.example; chmod 600 ./*.private) >/dev/null 2>&1
at 0 build; is 'five KSKs that were there' 4 $status; has 'are refused' err 'has 5 signatures, more than 4'
has 'one way out' err "'zonesign keys retire ZONE TAG'"; has 'the other' err "'zonesign build --accept G16'"
at 0 build --accept G16; is 'which works' 0 $status; at 10 keys generate --standby a.example; is 'a sixth' 4 $status

# two DS that wait: both are told of by their tags, since a person who says --seen without one is asked which; and all go with an unsigned zone
fresh; at 0 -q build; at 4000 build; hasnt 'there is none to keep' out 'keep those'; at 4010 -q roll a.example ksk; at 4020 -q build; at 8000 -q build; at 8010 status
tags=$(sed -n 's/.*the DS of KSK \([0-9]*\) and KSK \([0-9]*\) .*/\1 \2/p' out); set -- $tags
has 'how to tell of both' out "then tell it: 'zonesign ds --seen $1 a.example' and 'zonesign ds --seen $2 a.example'"
for tag in $tags; do at 8020 -q ds --seen "$tag" a.example; is 'which works' 0 $status; done; at 8030 -q build; at 12000 -q build; at 12010 -q roll a.example --unsign; at 12020 build
has 'any other DS goes too' out "KSK $2, and any other, at the parent"; at 12030 status; has 'and in the status' out ", and any other, at your registrar: the zone is to become insecure"

# a standby key that no build has published, and then another algorithm: it would be the only one of its own (G7)
fresh; at 0 -q build; at 10 -q roll a.example --unsign; at 20 -q build; at 3600 -q build; is 'the zone is unsigned' 0 "$(grep -c DNSKEY a.signed)"
at 3610 keys generate --standby a.example; is 'none stands by for a zone that is to be insecure' 2 $status; has 'what to do' err "'zonesign roll a.example. --sign' takes that back"
at 3620 -q roll a.example --sign; at 3630 -q keys generate --standby a.example; sed -i 's/safety: 0/&, algorithm: ed25519/' zonesign.yaml
at 3640 -q build; is 'another algorithm, before it was published' 0 $status; is 'it is not published any more' 2 "$(grep -c 'IN DNSKEY [0-9]* 3 15 ' a.signed)"

# -- import: what is served today, signed by BIND with keys of each kind
sign() { # KEYDIR: the zone as the other signer serves it, in served.zone
	dnssec-signzone -q -S -P -d . -K "$1" -s "$made" -e "$ends" -o a.example -f served.zone a.zone >sign.out 2>&1 || fail 'the other signer signs' "$(cat sign.out)"
}
taken() { # NAME: build, and the zone is signed by the keys that were served
	cp served.zone a.signed
	at 10 build; is "$1: without --accept adopt" 4 $status; has "$1: what is to be done" err 'its keys were taken over: if the other signer has stopped'
	at 10 build --accept adopt; is "$1: the first build" 0 $status
	is "$1: the keys are the same" "$(awk '{for (i=1;i<=NF;i++) if ($i=="DNSKEY" && ($(i+1)==256 || $(i+1)==257)) print $(i+1), $(i+3)}' served.zone | sort)" "$(awk '$4=="DNSKEY"{print $5, $7}' a.signed | sort)"
	ok "$1: BIND reads the key files" sh -c 'for f in state/a.example/keys/*.key; do dnssec-settime -p all "$f" || exit 1; done'
}
fresh; mkdir k; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null
for f in k/*.key; do dnssec-settime -K k -P "$begun" -A "$begun" "$(basename "$f" .key)" >/dev/null; done
sign k
at 0 keys import a.example k/*.key; is 'import without --served' 3 $status; has 'it is said' err '--served'
at 0 keys import --served served.zone --dry-run a.example k/*.key; is '--dry-run' 0 $status; has 'the trial was verified' out 'a trial build was verified'
ok '--dry-run leaves no key' test -z "$(find state -name '*.private')"
at 0 keys import --served served.zone a.example k/*.key k/*.private; is 'import of BIND keys' 0 $status; has 'their times count' out 'timing metadata'
ok 'nothing of the trial is left' test ! -e state/a.example/trial
has 'the DS is taken to be there' state/a.example/state.yaml 'ds: {state: omnipresent, since: '"$(day -61 %Y-%m-%d)"'T00:00:00Z}'
at 5 keys import --served served.zone a.example k/*.key; is 'import again' 2 $status; has 'the way is said' err "move 'state/a.example' away first"
taken 'BIND'
at 4000 -q build; at 4000 status; is 'nothing to do then' 0 $status

# the serial goes on from the one that was served, also where that zone does not lie at the output: secondaries have it
fresh; mkdir k; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null
cp a.zone a.plain; awk '!done && /SOA/ { for (i = 1; i <= NF; i++) if ($i == "SOA") { $(i + 3) = "2026123199"; done = 1 } } 1' a.plain > a.zone; sign k; mv a.plain a.zone
at 0 keys import --served served.zone a.example k/*.key; is 'import, the served zone elsewhere' 0 $status
has 'its serial is known' state/a.example/state.yaml 'taken_over: {serial: 2026123199}'
at 10 build; is 'the first build' 0 $status; is 'its serial is the next' 2026123200 "$(awk '$4 == "SOA" { print $7; exit }' a.signed)"
hasnt 'from then on that of the output counts' state/a.example/state.yaml taken_over

fresh; mkdir k; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null; extra=$(dnssec-keygen -q -K k -a 13 a.example); sign k
rm k/"$extra".*
at 0 keys import --served served.zone a.example k/*.key; is 'a key that is served is not imported' 4 $status; has 'G6z' err 'is served now and would be gone'
ok 'nothing was imported' test -z "$(find state -name '*.private')"
rm -rf k2; mkdir k2; dnssec-keygen -q -K k2 -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k2 -a 13 a.example >/dev/null
at 0 keys import --served served.zone a.example k2/*.key; is 'keys of another zone version' 4 $status; has 'they are not known' err 'caches do not know it'

# BIND's .state wins over times
fresh; mkdir k; ksk=$(dnssec-keygen -q -K k -a 13 -f KSK a.example); zsk=$(dnssec-keygen -q -K k -a 13 a.example); sign k
printf 'Algorithm: 13\nKSK: yes\nZSK: no\nGenerated: '"$made"'\nDNSKEYChange: '"$made"' (x)\nKRRSIGChange: '"$made"'\nDSChange: '"$entered"'\nDNSKEYState: omnipresent\nKRRSIGState: omnipresent\nDSState: rumoured\nGoalState: omnipresent\n' > k/"$ksk".state
printf 'Algorithm: 13\nKSK: no\nZSK: yes\nDNSKEYChange: '"$made"'\nZRRSIGChange: '"$made"'\nDNSKEYState: omnipresent\nZRRSIGState: omnipresent\nGoalState: omnipresent\n' > k/"$zsk".state
at 0 keys import --served served.zone a.example k/"$ksk".key k/"$zsk".state; is 'import of BIND states' 0 $status; has 'they are said' out 'from BIND state'
has 'DS as in the state' state/a.example/state.yaml 'ds: {state: rumoured, since: '"$(day -29 %Y-%m-%d)"'T00:00:00Z}'
cp k/"$zsk".state zsk.state; sed -i 's/ZRRSIGState: .*/ZRRSIGState: hidden/' k/"$zsk".state; printf 'Active: %s\n' "$(day 1)" >> k/"$zsk".state; rm -rf state
at 0 keys import --served served.zone --dry-run a.example k/*.key; is 'a ZSK that BIND will use tomorrow is not active yet' 1 "$(grep -c 'zsk.*zrrsig=hidden ds=na$' out)"; mv zsk.state k/"$zsk".state
sed -i 's/DSState: rumoured/DSState: whispered/' k/"$ksk".state; rm -rf state
at 0 keys import --served served.zone a.example k/*.key; is 'a state that is none' 3 $status; has 'it is named' err 'whispered'

# ldns: v1.2, no times
fresh; mkdir k; (cd k && ldns-keygen -a ECDSAP256SHA256 -k a.example && ldns-keygen -a ECDSAP256SHA256 a.example) >/dev/null 2>&1
ok 'ldns signs' sh -c 'ldns-signzone -i '"$made"' -e '"$ends"' -o a.example -f served.zone a.zone $(ls k/*.key | sed s/.key$//)'
at 0 keys import --served served.zone a.example k/*.key; is 'import of ldns keys' 0 $status; has 'no times' out 'taken to be in use'; is 'and that is all' '' "$(cat err)"
taken 'ldns'
rm -rf state a.signed; sed 's/observe: off/&, denial: nsec3/' zonesign.yaml > nsec3.yaml; at 0 -c nsec3.yaml keys import --served served.zone --dry-run a.example k/*.key; has 'another denial is told' err "has NSEC, and policy 'default' wants NSEC3"

# the trial is about the keys: what G12 asks about the content, the first build asks. A zone that is about to go insecure there does not here
rm -rf state a.signed; cp a.zone a.plain; printf 'sub NS ns.sub\n' >> a.zone; printf 'a.example. 300 IN CDS 0 0 0 00\n' >> served.zone
at 0 keys import --served served.zone a.example k/*.key; is 'a content of G12' 0 $status; has 'CDS 0 0 0 00' err 'is making the zone insecure'; has 'how to go on with it' err "'zonesign roll a.example. --unsign'"
cp served.zone a.signed; at 10 build --accept adopt; is 'the first build asks' 3 $status; at 10 build --accept adopt --accept G12; is 'and is told' 0 $status; mv a.plain a.zone; sed -i '$d' served.zone
# a key in the directory that the other signer does not use: nothing may hang on it
(cd k && ldns-keygen -a ECDSAP256SHA256 -k a.example) >/dev/null 2>&1; rm -rf state a.signed
unused=$(tag_of "$(basename "$(ls -t k/*.key | head -n 1)" .key)")
at 0 keys import --served served.zone a.example k/*.key; is 'a KSK that is not in the zone' 0 $status; has 'it is told' err "key $unused is not in the zone that is served now: it is left out"
cp served.zone a.signed; at 10 build --accept adopt; is 'the first build without it' 0 $status; hasnt 'no DS is to be deleted for it' out 'Remove'; is 'it is not published' 1 "$(grep -c 'IN DNSKEY 257' a.signed)"; rm -rf state a.signed
# two KSK that sign: nobody knows which has its DS at the parent, so none is to be deleted before the other is seen there
ok 'ldns signs with two KSK' sh -c 'ldns-signzone -i '"$made"' -e '"$ends"' -o a.example -f served.zone a.zone $(ls k/*.key | sed s/.key$//)'
at 0 -q keys import --served served.zone a.example k/*.key; is 'import of two KSK' 0 $status; cp served.zone a.signed; at 10 build --accept adopt; is 'two KSK: the first build' 0 $status
hasnt 'no DS is to be deleted' out 'Remove'; has 'one is to be entered, beside the other' out 'and keep those that are there'

# a ZSK and a KSK that are published and do not sign yet, without dates: they are to come
fresh; mkdir k new; (cd k && ldns-keygen -a ECDSAP256SHA256 -k a.example && ldns-keygen -a ECDSAP256SHA256 a.example) >/dev/null 2>&1
(cd new && ldns-keygen -a ECDSAP256SHA256 -k a.example && ldns-keygen -a ECDSAP256SHA256 a.example) >/dev/null 2>&1; cat a.zone new/*.key > with-new
ok 'ldns signs with the old ones' sh -c 'ldns-signzone -i '"$made"' -e '"$ends"' -o a.example -f served.zone with-new $(ls k/*.key | sed s/.key$//)'
at 0 -q keys import --served served.zone a.example k/*.key new/*.key; is 'import of keys to come' 0 $status; cp served.zone a.signed; at 10 build --accept adopt; is 'the first build' 0 $status
hasnt 'no DS is to be deleted' out 'Remove'; hasnt 'none to be entered yet' out 'Give the parent'; is 'the ZSK that signed signs on, and no other' "$(sed -n 's/.*RRSIG[[:space:]]SOA .* \([0-9]*\) a.example. .*/\1/p' served.zone)" "$(awk '$4 == "RRSIG" && $5 == "SOA" { print $11 }' a.signed)"
# another algorithm than the policy's: the change begins with the first build, by the rules
fresh; mkdir k; dnssec-keygen -q -K k -a 8 -b 2048 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 8 -b 2048 a.example >/dev/null; sign k
at 0 keys import --served served.zone a.example k/*.key; is 'keys of another algorithm' 0 $status; has 'what will come is told' err 'is not what policy'; cp served.zone a.signed
at 10 -q build --accept adopt; is 'the first build' 0 $status; is 'the new algorithm signs' 2 "$(grep -c 'RRSIG SOA' a.signed)"; is 'and does not show yet' 0 "$(grep -c 'DNSKEY [0-9]* 3 13' a.signed)"
rm -rf state a.signed; at 0 -q keys import --served served.zone a.example k/*.key; at 10 -q build; is 'also where the output is another file than what was served: the status' 0 $status
is 'the new algorithm signs' 2 "$(grep -c 'RRSIG SOA' a.signed)"; is 'and does not show before its signatures are everywhere (RFC 6840 section 5.11)' 0 "$(grep -c 'DNSKEY [0-9]* 3 13' a.signed)"
# a KSK that was revoked may leave: nobody relies on it
fresh; mkdir k; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null; old=$(dnssec-keygen -q -K k -a 13 -f KSK a.example)
dnssec-settime -K k -P "$begun" -A "$begun" -R "$revoked" "$old" >/dev/null; sign k; is 'the other signer shows it revoked' 1 "$(grep -c "DNSKEY.*385 3" served.zone)"
at 0 keys import --served served.zone a.example k/*.key; is 'import beside a revoked key' 0 $status; has 'it is left out' err "key $(tag_of "$old") is not in the zone"
cp served.zone a.signed; at 10 -q build --accept adopt; is 'the first build without it' 0 $status
# one that nobody should sign with: what is to be done
fresh; mkdir k; dnssec-keygen -q -K k -a 7 -b 2048 -f KSK a.example >/dev/null 2>&1; dnssec-keygen -q -K k -a 7 -b 2048 a.example >/dev/null 2>&1; sign k
at 0 keys import --served served.zone a.example k/*.key; is 'keys of RSASHA1' 3 $status; has 'the way is said' err 'roll the zone to another algorithm where it is signed now'

# a single key of BIND: it signs all of the zone, as the served zone shows
single() { # FLAGS of dnssec-signzone
	fresh ', csk: {lifetime: unlimited}'; mkdir k; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null
	{ cat a.zone; grep -h '^a.example' k/*.key; } > with-keys
	dnssec-signzone -q "$@" -P -d . -s "$made" -e "$ends" -o a.example -f served.zone with-keys k/*.private >sign.out 2>&1 || fail 'BIND signs with one key' "$(cat sign.out)"
}
single -z; at 0 keys import --served served.zone a.example k/*.key; is 'import of a single key' 0 $status; has 'it is a CSK' out 'a.example. csk'; hasnt 'as the policy wants it' err 'is not what policy'
taken 'a single key'
single -z; at 0 keys import --role csk --served served.zone a.example k/*.private; is 'import with --role csk' 0 $status
single -z; at 0 keys import --role ksk --served served.zone a.example k/*.key; is 'who says ksk is heard' 4 $status; has 'and told' err '(ksk, algorithm 13) is not what policy'
at 0 keys import --role csk --served none a.example k/*.key; is 'a served zone that is not there' 3 $status; has 'it is said once' err "'none' cannot be read"

# Knot: keymgr -j list, and PEM
fresh; mkdir -p k keys; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null; sign k
cat > ../pem.py <<'EOF'
# the keys of k/, of P-256 or Ed25519, as Knot keeps them: keys/ID.pem, and the list
import base64, glob, json, os, subprocess, sys
out = []
for path in glob.glob("k/*.key"):
    tag = int(path.split("+")[-1][:5]); algorithm = int(path.split("+")[1]); flags = int([l for l in open(path) if "DNSKEY" in l and l[0] != ";"][0].split("DNSKEY")[1].split()[0])
    secret = base64.b64decode([l for l in open(path[:-4] + ".private") if l.startswith("PrivateKey")][0].split()[1]).rjust(32, b"\0") # BIND leaves leading zeros out
    der = bytes.fromhex("30310201010420") + secret + bytes.fromhex("a00a06082a8648ce3d030107") if algorithm == 13 else bytes.fromhex("302e020100300506032b657004220420") + secret
    ident = "%040x" % tag
    pem = subprocess.run(["openssl", "pkcs8", "-topk8", "-nocrypt", "-inform", "DER"], input=der, capture_output=True, check=True).stdout
    open("keys/%s.pem" % ident, "wb").write(pem)
    t = int(sys.argv[1]); ksk = flags == 257
    out.append(dict(zone="a.example.", id=ident, ksk=ksk, zsk=not ksk, tag=tag, algorithm=algorithm, size=256, publish=t, ready=t if ksk else 0, active=t, retire=0, remove=0, revoke=0, **{"public-only": False, "pre-active": 0, "retire-active": 0, "post-active": 0}))
json.dump(out, open("list.json", "w"), indent=2)
EOF
python3 ../pem.py $((t0 - 86400 * 30))
at 0 keys import --served served.zone a.example list.json; is 'import of Knot keys' 0 $status; has 'from Knot' out 'from Knot'
taken 'Knot'
rm -rf state a.signed; sed -i 's/"tag": [0-9]*/"tag": 1/' list.json; at 0 keys import --served served.zone a.example list.json; is 'a PEM that is another key' 3 $status
echo '[{"id": "../../etc/passwd", "tag": 1, "algorithm": 13, "ksk": true}]' > list.json; at 0 keys import --served served.zone a.example list.json; is 'an id that is a path' 3 $status

# a key that Knot has in retire-active, as the former ones in a roll to another algorithm, signs as before
fresh; mkdir -p k keys; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null; sign k
python3 ../pem.py $((t0 - 86400 * 30))
python3 -c "import json; l = json.load(open('list.json')); k = [e for e in l if e['zsk']][-1]; k['retire-active'] = $t0 - 60; json.dump(l, open('list.json', 'w'))"
at 0 keys import --served served.zone a.example list.json; is 'a key that Knot retires and signs with' 0 $status; is 'it signs as before' 2 "$(grep -c 'zsk .*zrrsig=rumoured' out)"; taken 'Knot, a key that it retires'
# Knot knows what is active, not what is to come: a KSK that is published and nothing else is the new one, not an old one that leaves
fresh; mkdir -p k keys; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; sign k
python3 ../pem.py $((t0 - 86400 * 30))
python3 -c "import json; l = json.load(open('list.json')); k = [e for e in l if e['ksk']][-1]; k['publish'] = $t0 - 60; k['ready'] = k['active'] = 0; json.dump(l, open('list.json', 'w'))"
at 0 -q keys import --served served.zone a.example list.json; is 'a roll of a KSK that Knot has begun' 0 $status; cp served.zone a.signed; at 10 -q build --accept adopt
is 'the new one comes, the old one stays until then' 'active active coming' "$(key "k['standing']")"
# at the end of a roll to another algorithm the former keys sign, and are not in the zone any more (post-active): as long as caches may have their DNSKEYs
fresh ', algorithm: ed25519'; mkdir -p k keys; dnssec-keygen -q -K k -a 15 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 15 a.example >/dev/null; sign k; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null
python3 ../pem.py $((t0 - 86400 * 30))
python3 -c "import json; l = json.load(open('list.json')); [k.update({'retire-active': $t0 - 7200, 'post-active': $t0 - 60}) for k in l if k['algorithm'] == 13]; json.dump(l, open('list.json', 'w'))"
at 0 keys import --served served.zone a.example list.json; is 'import of keys in post-active' 0 $status; hasnt 'none is left out' err 'left out'; cp served.zone a.signed; at 10 build --accept adopt
is 'the former ZSK signs, and has no DNSKEY' '2 0' "$(grep -c 'RRSIG SOA' a.signed) $(grep -c 'DNSKEY [0-9]* 3 13' a.signed)"; has 'a DS that is left is to be deleted' out 'Remove the DS of KSK'
for when in 300 310 700; do at $when -q build; done; is 'it has left when its DNSKEY is forgotten' 1 "$(grep -c 'RRSIG SOA' a.signed)"
# one that Knot has revoked is in the zone with other flags
fresh; mkdir -p k keys; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null; old=$(dnssec-keygen -q -K k -a 13 -f KSK a.example); python3 ../pem.py $((t0 - 86400 * 30))
dnssec-settime -K k -P "$begun" -A "$begun" -R "$revoked" "$old" >/dev/null; sign k
python3 -c "import json; l = json.load(open('list.json')); [k.update({'revoke': $t0 - 60}) for k in l if k['tag'] == $(tag_of "$old")]; json.dump(l, open('list.json', 'w'))"
at 0 -q keys import --served served.zone a.example list.json; is 'import of a key that Knot has revoked' 0 $status; cp served.zone a.signed; at 10 -q build --accept adopt; is 'the first build without it' '0 1' "$status $(grep -c 'IN DNSKEY 257' a.signed)"
# all are young: who signs what is served goes on to
fresh; mkdir -p k keys; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null; sign k; python3 ../pem.py $((t0 - 60))
at 0 -q keys import --served served.zone a.example list.json; is 'import of young keys' 0 $status; cp served.zone a.signed; at 10 -q build --accept adopt
printf 'new A 192.0.2.7\n' >> a.zone; at 20 -q build; is 'a new version is built though the keys are young' 0 $status
# a CSK waits in Knot for somebody to say that its DS is there, and signs the zone all the while
fresh ', csk: {lifetime: unlimited}'; mkdir -p k keys; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null
dnssec-signzone -q -S -z -P -d . -K k -s "$made" -e "$ends" -o a.example -f served.zone a.zone >sign.out 2>&1 || fail 'BIND signs with one key' "$(cat sign.out)"
python3 ../pem.py $((t0 - 60)); sed -i 's/"zsk": false/"zsk": true/; s/"active": [0-9]*/"active": 0/' list.json
at 0 keys import --served served.zone a.example list.json; is 'import of a CSK that is ready' 0 $status; has 'it signs' out 'zrrsig=rumoured ds=rumoured'; taken 'Knot, a CSK that is ready'
printf 'new A 192.0.2.7\n' >> a.zone; at 20 -q build; is 'and goes on to' 0 $status

# PowerDNS: a KSK and a ZSK, of which the zone shows which is which
fresh; mkdir k; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null; sign k
n=0; for f in k/*.private; do n=$((n + 1)); (umask 077; grep -vE '^(Created|Publish|Activate|SyncPublish)' "$f" | sed '/^Private-key-format/s/v1.3/v1.2/' > pdns.$n); done
at 0 keys import --served served.zone a.example pdns.1 pdns.2; is 'import of a KSK and a ZSK of PowerDNS' 0 $status; is 'each for what it is' 'ksk zsk' "$(awk '{print $2}' out | grep sk | sort | tr '\n' ' ' | sed 's/ $//')"; taken 'PowerDNS, KSK and ZSK'

# PowerDNS: a private half alone, for all roles
for algorithm in 13 14 15 8; do
	fresh ', csk: {lifetime: unlimited}'; mkdir k; dnssec-keygen -q -K k -a $algorithm ${algorithm#1[345]}${algorithm:+} -f KSK a.example >/dev/null 2>&1 || dnssec-keygen -q -K k -a $algorithm -b 2048 -f KSK a.example >/dev/null
	dnssec-signzone -q -S -z -P -d . -K k -s "$made" -e "$ends" -o a.example -f served.zone a.zone >sign.out 2>&1 || fail 'BIND signs with one key' "$(cat sign.out)"
	umask 077; grep -vE '^(Created|Publish|Activate|SyncPublish)' k/*.private | sed '/^Private-key-format/s/v1.3/v1.2/' > pdns.key; umask 022
	sed -i "s/observe: off/observe: off, algorithm: $algorithm/" zonesign.yaml
	at 0 keys import --served served.zone a.example pdns.key; is "import of a PowerDNS key, algorithm $algorithm" 0 $status; has "$algorithm: it signs all" out 'csk'
	taken "PowerDNS $algorithm"
done
hasnt 'no secret in a message' err "$(sed -n 's/^P[a-z]*Key: //p' pdns.key)x"
rm -rf state a.signed; chmod 644 pdns.key; sed -i 's/^Algorithm.*/Algorithm: 250 (NONE)/' pdns.key; at 0 keys import --served served.zone a.example pdns.key; is 'an algorithm of nobody' 3 $status
has 'a private key that others can read' err 'is open to others'; hasnt 'no secret in a message' err 'AwE'; hasnt 'none of the key' err "$(sed -n 's/^Modulus: \(.\{20\}\).*/\1/p' pdns.key)"
echo hello > none; at 0 keys import --served served.zone a.example none; ok 'a file that is no key' test $status != 0

# the trial of an import gives nobody the zone, whoever serves it
mkdir -p "$work/fake"; for tool in nsd-control knotc rndc pdnsutil pdns_control dig; do printf '#!/bin/sh\necho "$0 $*" >> "%s/fake/asked"\nexit 1\n' "$work" > "$work/fake/$tool"; chmod 755 "$work/fake/$tool"; done
for publish in nsd knot bind '{powerdns: {backend: gsqlite3, signs: powerdns}}' '{powerdns: {backend: bind, file: served.bind}}'; do
	fresh; mkdir k; dnssec-keygen -q -K k -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K k -a 13 a.example >/dev/null; sign k
	sed -i "s/output: a.signed/&, publish: $publish/" zonesign.yaml; echo former > served.bind
	PATH=$work/fake:$PATH at 0 keys import --served served.zone --dry-run a.example k/*.key; is "publish: $publish, a trial" 0 $status
	ok "publish: $publish, no tool is called" test ! -e "$work/fake/asked"; rm -f "$work/fake/asked"; is "publish: $publish, no file is written" former "$(cat served.bind)"
done

# the TTLs of the other signer's zone hold: a ZSK that it published two hours ago with a TTL of a day signs when that is over
rolling() { # ksk, old and new ZSK of another signer in k, and served.zone
	fresh; mkdir k; ksk=$(dnssec-keygen -q -K k -a 13 -f KSK a.example); old=$(dnssec-keygen -q -K k -a 13 a.example); new=$(dnssec-keygen -q -K k -a 13 a.example)
	stamp() { date -u -d @$((t0 + $1)) +%Y%m%d%H%M%S; }
	for key in "$ksk" "$old"; do dnssec-settime -K k -P "$begun" -A "$begun" "$key" >/dev/null; done
	dnssec-settime -K k -P "$begun" -A none "$new" >/dev/null # whatever the clock of this machine says: it is there, and does not sign
	cp -r k with-ttl; sed -i 's/ IN DNSKEY/ 86400 IN DNSKEY/' with-ttl/*.key; sign with-ttl
	dnssec-settime -K k -I "$(stamp 1800)" "$old" >/dev/null; dnssec-settime -K k -P "$(stamp -7200)" -A "$(stamp 1800)" "$new" >/dev/null
}
signer() { awk '$4=="RRSIG" && $5=="A"{print $11}' a.signed; }
rolling; at 0 -q keys import --served served.zone a.example k/*.key; is 'import in the middle of a roll' 0 $status; cp served.zone a.signed
at 10 -q build --accept adopt; is 'the old ZSK signs' "$(tag_of "$old")" "$(signer)"
for when in 3600 40000 79000; do at $when -q build; is "$when s: caches may hold the DNSKEYs without the new ZSK" "0 $(tag_of "$old")" "$status $(signer)"; done
at 79400 -q build; is 'then the new ZSK signs' "0 $(tag_of "$new")" "$status $(signer)"

# BIND exchanges the signatures of a ZSK that retires bit by bit: four days later some are still the former one's, and caches get them until the first build
midway() { # ksk, old and new ZSK in k, served.zone: its SOA signed by the new one, all else by the old
	fresh; mkdir k; ksk=$(dnssec-keygen -q -K k -a 13 -f KSK a.example); old=$(dnssec-keygen -q -K k -a 13 a.example); new=$(dnssec-keygen -q -K k -a 13 a.example)
	for key in "$ksk" "$old" "$new"; do dnssec-settime -K k -P "$begun" -A "$begun" "$key" >/dev/null; done
	for key in "$old" "$new"; do
		rm -rf one; cp -r k one; dnssec-settime -K one -A none "$([ "$key" = "$old" ] && echo "$new" || echo "$old")" >/dev/null; sign one; "$z" -q fmt --origin a.example served.zone > "served.$key"
	done
	{ grep -v 'RRSIG SOA' "served.$old"; grep 'RRSIG SOA' "served.$new"; } > served.zone
	dnssec-settime -K k -I "$(stamp -345600)" -D "$(stamp 864000)" "$old" >/dev/null; dnssec-settime -K k -P "$(stamp -400000)" -A "$(stamp -345600)" "$new" >/dev/null
}
state_of() { # KEY KSK ZSK GOAL STATES
	printf 'Algorithm: 13\nKSK: %s\nZSK: %s\nActive: '"$begun"'\n' "$2" "$3" > "k/$1.state"
	for record in DNSKEY KRRSIG ZRRSIG DS; do printf '%sChange: %s\n' $record "$(stamp -345600)" >> "k/$1.state"; done
	printf '%s\n' "GoalState: $4" "$5" >> "k/$1.state"
}
for how in dates states adopted; do
	midway; cp served.zone a.signed
	if [ $how = adopted ]; then
		mkdir -p -m 700 state/a.example/keys; chmod 700 state state/a.example; cp k/* state/a.example/keys
	else
		[ $how = dates ] || { state_of "$ksk" yes no omnipresent 'DNSKEYState: omnipresent
KRRSIGState: omnipresent
DSState: omnipresent'; state_of "$old" no yes hidden 'DNSKEYState: omnipresent
ZRRSIGState: unretentive'; state_of "$new" no yes omnipresent 'DNSKEYState: omnipresent
ZRRSIGState: rumoured'; }
		at 0 -q keys import --served served.zone a.example k/*.key; is "signatures of two ZSK, $how: import" 0 $status
	fi
	at 10 -q build --accept adopt; is "signatures of two ZSK, $how: the first build" "0 $(tag_of "$new")" "$status $(signer)"
	[ $how = states ] || printf 'new A 192.0.2.7\n' >> a.zone # the next step is due at once, also where nothing has changed
	at 20 -q build; is "$how: caches may have the old one's: its DNSKEY stays" '0 2' "$status $(grep -c 'DNSKEY 256' a.signed)"
	for when in 400 800 1200; do at $when -q build; done; is "$how: and leaves then" '0 1' "$status $(grep -c 'DNSKEY 256' a.signed)"
done
# a KSK that should be inactive and signs the DNSKEYs: its DS may be the only one, so it is not to be deleted before another is there
fresh; mkdir k; first=$(dnssec-keygen -q -K k -a 13 -f KSK a.example); second=$(dnssec-keygen -q -K k -a 13 -f KSK a.example); dnssec-keygen -q -K k -a 13 a.example >/dev/null
for key in k/*.key; do dnssec-settime -K k -P "$begun" -A "$begun" "$(basename "$key" .key)" >/dev/null; done; sign k
dnssec-settime -K k -I "$(stamp -60)" -D "$(stamp 864000)" "$first" >/dev/null; dnssec-settime -K k -P "$(stamp -90000)" -A "$(stamp -60)" "$second" >/dev/null
swapped() { # NAME: imported and built
	cp served.zone a.signed; at 0 -q keys import --served served.zone a.example k/*.key; is "$1: import" 0 $status; at 10 -q build --accept adopt; is "$1: the first build" 0 $status; at 20 status
}
swapped 'KSK by date'; has 'the new DS is to be entered' out "Give your registrar the DS of KSK $(tag_of "$second"), keep the old one"
# BIND's DSState unretentive is a wish as well, until BIND was told that the DS is gone
both='DNSKEYState: omnipresent
KRRSIGState: omnipresent'
rm -rf state a.signed; for key in k/*.key; do key=$(basename "$key" .key); [ "$key" = "$first" ] || [ "$key" = "$second" ] || state_of "$key" no yes omnipresent 'DNSKEYState: omnipresent
ZRRSIGState: omnipresent'; done
state_of "$first" yes no hidden "$both
DSState: unretentive"; state_of "$second" yes no omnipresent "$both
DSState: rumoured"
swapped 'KSK by state'; has 'the new DS is to be entered' out "Give your registrar the DS of KSK $(tag_of "$second"), keep the old one"
rm -rf state a.signed; printf 'DSPublish: %s\n' "$(stamp -3000)" >> "k/$second.state"
swapped 'BIND was told of the new DS'; at 30 -q build; at 40 status; has 'the old one is to be deleted' out "Delete the DS of KSK $(tag_of "$first")"
rm -rf state a.signed; printf 'DSRemoved: %s\n' "$(stamp -3000)" >> "k/$first.state"
swapped 'BIND was told of both'; hasnt 'nobody has anything to do' out 'registrar'
printf 'newer A 192.0.2.8\n' >> a.zone; at 3000 -q build; is 'the old KSK leaves' '0 1' "$status $(grep -c 'IN DNSKEY 257' a.signed)"
# BIND lets a KSK go when the DS of its successor is everywhere, and few people ever tell it that the old DS is gone: that one is to be deleted
rm -rf state a.signed one; cp -r k one; rm -f one/*.state one/"$first".*; dnssec-settime -K one -P "$begun" -A "$begun" "$second" >/dev/null; cp served.zone both.zone; sign one; state_of "$first" yes no hidden 'DNSKEYState: unretentive
KRRSIGState: unretentive
DSState: unretentive'; state_of "$second" yes no omnipresent "$both
DSState: omnipresent"
swapped 'a KSK that BIND has let go'; has 'its DS is to be deleted' out "Delete the DS of KSK $(tag_of "$first")"; is 'it does not come back' 1 "$(grep -c 'IN DNSKEY 257' a.signed)"
at 30 -q ds --gone "$(tag_of "$first")" a.example; at 4000 -q build; at 4010 status; is 'and that was all' "0 0" "$status $(grep -c registrar out)"
# of a CSK that still has signatures in caches it keeps the DNSKEY: here that signs the DNSKEYs, too, as long as its DS may be somewhere
rm -rf state a.signed; mv both.zone served.zone; for key in "$first" "$second"; do state_of "$key" yes yes hidden 'DNSKEYState: omnipresent
KRRSIGState: hidden
ZRRSIGState: unretentive
DSState: unretentive'; done; state_of "$second" yes yes omnipresent "$both
ZRRSIGState: rumoured
DSState: omnipresent"
sed -i 's/observe: off/&, csk: {lifetime: unlimited}/' zonesign.yaml
swapped 'a CSK that BIND has half let go'; is 'it signs the DNSKEYs' 2 "$(grep -c 'RRSIG DNSKEY' a.signed)"; has 'the next step is due' out "Nothing to do but a build, due since"; has 'and what it leads to' out "Remove the DS of CSK $(tag_of "$first")"
at 30 -q build; at 40 status; has 'then its DS is to be deleted' out "Delete the DS of CSK $(tag_of "$first")"
rm -rf state a.signed; printf 'DSRemoved: %s\n' "$(stamp -300)" >> "k/$first.state"; swapped 'the same, and its DS is gone'; is 'caches may have that' 2 "$(grep -c 'RRSIG DNSKEY' a.signed)"
# files that are newer than the copy of the zone: a key may have signed since, or have left
rm -rf state a.signed one; cp -r k one; rm -f one/*.state one/"$second".*; dnssec-settime -K one -I none -D none "$first" >/dev/null; sign one; at 0 keys import --served served.zone a.example k/*.key; is 'a key that the copy does not have yet' 4 $status
has 'it is said since when' err "key $(tag_of "$second") is in the zone since"; has 'and what to do' err 'transfer the zone anew'
for key in k/*.key; do key=$(basename "$key" .key); state_of "$key" yes yes hidden 'DNSKEYState: unretentive
KRRSIGState: unretentive
ZRRSIGState: unretentive
DSState: hidden'; done
at 0 keys import --served served.zone a.example k/*.key; is 'a copy of keys that have left' 4 $status; has 'what to do' err 'transfer the zone anew'; hasnt 'nothing can be accepted in a trial' err '--accept'; hasnt 'nor is its directory for people' err '/trial'

# keys copied into the keys directory of a zone that another program signed: they are in use, and their DS is taken to be at the parent
adopted() {
	fresh "${1:-}"; mkdir k; ksk=$(dnssec-keygen -q -K k -a 13 -f KSK a.example); dnssec-keygen -q -K k -a 13 a.example >/dev/null
	sign k; cp served.zone a.signed; mkdir -p -m 700 state/a.example/keys; chmod 700 state state/a.example; cp k/* state/a.example/keys
	at 0 -q build --accept adopt; is 'keys are taken over' 0 $status; has 'the DS is taken to be there' state/a.example/state.yaml 'ds: {state: omnipresent'
	at 60 -q build; is 'and the next build is as any other' 0 $status
}
adopted; at 100 -q roll a.example --unsign; for when in 200 4000 900000; do at $when -q build; ok "--unsign, $when s: signed while the DS may be there" grep -q 'IN DNSKEY' a.signed; done
at 900100 -q ds --gone a.example; at 910000 -q build; is 'unsigned when it is gone' "0 0" "$status $(grep -c 'IN DNSKEY' a.signed)"
adopted; "$z" --now $((t0 + 60)) -q ds --format ds a.example > ta; at 100 -q roll a.example ksk --emergency
for when in 200 4000 20000 900000; do at $when -q build; ok "an emergency, $when s: validators with the DS at the parent accept the zone" "$z" --now $((t0 + when)) -q verify --origin a.example --ds ta a.signed; done
# the DS of it is not there, a person says: it is asked for anew, when no cache holds the zone as it was before
adopted; at 70 -q ds --gone "$(tag_of "${ksk}")" a.example; is 'there is none: status' 0 $status; at 80 -q build; is 'it is not asked for at once' 0 "$(grep -c 'IN CDS' a.signed)"
at 500 -q build; is 'but soon' 1 "$(grep -c 'IN CDS' a.signed)"; at 510 status; has 'and a person is told' out "Give your registrar the DS of KSK $(tag_of "$ksk")"
adopted; at 70 -q ds --seen "$(tag_of "$ksk")" a.example; is 'it is there: status' 0 $status; at 80 -q build; at 90 status; has 'then nothing is to be done' out 'Nothing to do'

# the state is lost in the middle of a roll, the keys are not: what has a DS stays until that is known to be gone, what signs signs on
lost() { rm state/a.example/state.yaml; at "$1" build --accept adopt; is "$2: lost, and taken over" 0 $status; }
rolled() { # a KSK roll, up to where the DS of the old one is to be deleted
	fresh; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; first=$(key "str(k['key_tag'])+k['role']" | tr ' ' '\n' | sed -n 's/ksk//p')
	at 4010 -q roll a.example ksk; at 4020 -q build; at 6000 -q build; second=$(key "str(k['key_tag'])+k['role']" | tr ' ' '\n' | sed -n 's/ksk//p' | grep -v "^$first\$")
}
rolled; at 6010 -q ds --seen a.example; at 6020 -q build; at 6030 status; has 'the old DS is to go' out "Delete the DS of KSK $first"
lost 6040 'a DS to be deleted'; has 'it is said' err "'zonesign ds --gone $first a.example.'"; for when in 9000 20000 900000; do at $when -q build; done
is 'its DNSKEY stays' 1 "$(grep -c "RRSIG DNSKEY 13 2 300 [0-9]* [0-9]* $first " a.signed)"; at 900010 status; has 'which DS to see to' out "Give your registrar the DS of KSK $second, keep the old one"
at 900020 -q ds --seen "$second" a.example; at 900030 -q build; at 900040 status; has 'and then which' out "Delete the DS of KSK $first"; at 900050 -q ds --gone a.example; for when in 910000 920000; do at $when -q build; done
is 'then it is gone' 0 "$(grep -c "RRSIG DNSKEY 13 2 300 [0-9]* [0-9]* $first " a.signed)"
rolled; lost 6040 'a DS to be entered'; for when in 9000 900000; do at $when -q build; done; at 900010 status
hasnt 'the only DS is not to be deleted' out 'Delete'; has 'the new one is to be entered' out "Give your registrar the DS of KSK $second, keep the old one"
# the new ZSK is published and does not sign yet: nothing says that it did
fresh; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; zsk=$(signer); at 4010 -q roll a.example zsk; at 4020 -q build; lost 4030 'a ZSK to come'; is 'it signs no data' "$zsk" "$(signer)"
has 'it waits for caches that have DNSKEYs without it' state/a.example/state.yaml 'dnskey: {state: rumoured'; at 4050 -q build; is 'in the next build, too' "$zsk" "$(signer)"
# the same with a CSK that signs, and KSK and ZSK that are to take its place
fresh ', csk: {lifetime: unlimited}'; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; csk=$(signer); sed -i 's/, csk: {lifetime: unlimited}//' zonesign.yaml; at 4010 -q build
lost 4020 'from CSK to KSK and ZSK'; is 'the CSK signs the data' "$csk" "$(signer)"; is 'as a CSK' 'csk ksk zsk' "$(key "k['role']")"
# a change of algorithm whose signatures are there, and its DNSKEY not yet
fresh; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; sed -i 's/safety: 0/&, algorithm: ed25519/' zonesign.yaml; at 4010 -q build; is 'two signatures' 2 "$(grep -c 'RRSIG SOA' a.signed)"
lost 4020 'an algorithm to come'; is 'two signatures still' 2 "$(grep -c 'RRSIG SOA' a.signed)"; is 'no DNSKEY of it' 0 "$(grep -c 'DNSKEY [0-9]* 3 15' a.signed)"
# keys that no zone was signed with yet are new: their DS is asked for
fresh; mkdir -p -m 700 state/a.example/keys; chmod 700 state state/a.example; dnssec-keygen -q -K state/a.example/keys -a 13 -f KSK a.example >/dev/null; dnssec-keygen -q -K state/a.example/keys -a 13 a.example >/dev/null
sed -i 's/^\(; \)\{0,1\}\(Created\|Publish\|Activate\): [0-9]*/\1\2: '"$stamp/" state/a.example/keys/*
at 0 -q build; is 'keys made by hand before the first build' 0 $status; has 'their DS is not there' state/a.example/state.yaml 'ds: {state: hidden'
# the state and the output are lost, and the keys are not: their dates tell who signs; nobody knows of the DS
both() { rm state/a.example/state.yaml a.signed; at "$1" build; is "$2: both lost" 0 $status; has "$2: it is said" err 'neither the state of the zone nor its output is there'; }
fresh; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; zsk=$(signer); at 4010 -q roll a.example zsk; at 4020 -q build; both 4030 'a ZSK to come'; is 'it signs no data' "$zsk" "$(signer)"
at 4050 -q build; is 'nor in the next build' "$zsk" "$(signer)"; is 'the DS is not asked for at once' 0 "$(grep -c 'IN CDS' a.signed)"; at 4060 status; hasnt 'nor to be deleted' out Delete
at 4060 ds; has 'it is printed' out 'Enter (key tag'; hasnt 'and none to remove' out Remove; at 4380 ds --ready; is 'it is too early' 5 $status; at 4395 ds --ready; is 'and then not' 0 $status
at 5000 -q build; at 5010 status; has 'but when no cache holds the zone unsigned' out 'Give your registrar the DS of KSK'
fresh ', csk: {lifetime: unlimited}'; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; csk=$(signer); at 4010 -q keys generate --standby a.example; at 4020 -q build; both 4030 'a CSK that stands by'; is 'the other signs' "$csk" "$(signer)"
fresh ', csk: {lifetime: unlimited}'; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; csk=$(signer); sed -i 's/, csk: {lifetime: unlimited}//' zonesign.yaml; both 4010 'from CSK to KSK and ZSK'; is 'the CSK signs' "$csk" "$(signer)"
rolled; at 6010 -q ds --seen a.example; at 6020 -q build; both 6030 'a DS to be deleted'; for when in 9000 900000; do at $when -q build; at $((when + 10)) status; hasnt 'no DS is to be deleted' out Delete; done
is 'both KSK sign' 2 "$(grep -c 'RRSIG DNSKEY' a.signed)"; at 900020 -q ds --seen "$second" a.example; at 900030 -q build; at 910000 -q build; at 910010 status; has 'the other is in place: then it is' out "Delete the DS of KSK $first"
fresh ', csk: {lifetime: unlimited}'; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; csk=$(signer); sed -i 's/, csk: {lifetime: unlimited}//' zonesign.yaml; for when in 4010 5000; do at $when -q build; done
both 8000 'a CSK that signs the DNSKEYs alone'; is 'it still does' 1 "$(grep -c "RRSIG DNSKEY 13 2 300 [0-9]* [0-9]* $csk " a.signed)"; hasnt 'and nothing else' a.signed "RRSIG SOA 13 2 300 [0-9]* [0-9]* $csk "
for how in lost both; do # the new ZSK has just begun to sign
	fresh; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; at 4010 -q roll a.example zsk; at 4020 -q build; at 4400 -q build; $how 4410 "$how: a ZSK that has just begun to sign"
	printf 'new A 192.0.2.2\n' >> a.zone; at 4420 -q build; is "$how: the old one stays for what it has signed" 2 "$(grep -c 'DNSKEY 256' a.signed)"; at 4800 -q build; at 5200 -q build; is "$how: and leaves then" 1 "$(grep -c 'DNSKEY 256' a.signed)"
done
fresh; at 0 -q build; rm state/a.example/state.yaml a.signed; at 20 build; hasnt 'a zone just signed: no DS can be there' err 'neither the state'; has 'it is not there' state/a.example/state.yaml 'ds: {state: hidden'

# an old state whose keys the zone has left since: nothing is said of that zone, which is newer, as if it were the one that the state knows
fresh; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; cp -r state old; at 4010 -q roll a.example zsk; for when in 4020 6000 8000 10000; do at $when -q build; done; at 1000000 -q build
rm -rf state; mv old state; at 1300000 build --accept adopt; is 'an old state without the ZSK of today' 4 $status; has 'why' err 'is in the DNSKEY RRset of the zone that is replaced'
hasnt 'nothing is said of signatures that have ended' err 'its signatures ended'

# a zone that another server signs has no keys here
rolling; printf 'key "k" { algorithm hmac-sha256; secret "c2VjcmV0"; };\n' > tsig; chmod 600 tsig
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out c.pem -days 90 -subj /CN=www.a.example 2>/dev/null
printf 'zones:\n  a.example: {file: a.zone, dane: [{host: www.a.example, port: 443, certificate: c.pem}], publish: {update: {key: tsig, server: 127.0.0.1@1}}}\n' > zonesign.yaml
at 0 keys import --served served.zone a.example k/*.key; is 'import into a zone of publish: update' 2 $status; has 'it is said' err 'is signed by the server'

# -- files that are missing, links, a state that is damaged: what to do about it
fresh; at 0 -q build; at 14400 -q build; at 14400 -q ds --seen a.example; at 100000 -q build; cp -a state good; cp a.signed good.signed
ksk=$(cd state/a.example/keys && grep -l ' 257 ' ./*.key | sed 's/^\.\///; s/\.key$//')
again() { rm -rf state; cp -a good state; cp good.signed a.signed; }
mv "state/a.example/keys/$ksk.private" moved; at 900000 build; is 'a private key file that is missing' 3 $status; has 'it is said' err "$ksk.private' is missing (G10)"
ln -s "$work/t/moved" "state/a.example/keys/$ksk.private"; at 900000 build; is 'a link in its place' 3 $status; has 'that it is one' err "$ksk.private' is a symbolic link, which is not followed"; hasnt 'the backup is no help' err 'your backup'
again; rm "state/a.example/keys/$ksk.key"; at 900000 build; is 'a public key file that is missing' 3 $status; has 'it is said, too' err "$ksk.key' is missing (G10)"; has 'the zone stays' err 'stays in service'
rm a.signed; at 900000 build; is 'the output is gone as well' 3 $status; has 'then nothing is in service for sure' err "the output 'a.signed' is gone"; hasnt 'no false comfort' err 'stays in service'
for damage in ': > state/a.example/state.yaml' 'head -c 400 good/a.example/state.yaml > state/a.example/state.yaml' "sed -i /^version/d state/a.example/state.yaml"; do
	again; eval "$damage"; at 900000 build; is "$damage" 3 $status; has "$damage: what to do" err "restore 'state/a.example' from your backup"; has "$damage: and without one" err '--accept adopt a.example'
done
sed -i 's/^version: 1/version: 2/' good/a.example/state.yaml; again; at 900000 build; has 'a newer state is not damaged' err 'newer zonesign'; hasnt 'nor given up' err 'adopt'
rm state/a.example/state.yaml; at 900000 build --accept adopt a.example; is 'that way works' 0 $status; is 'with the same keys' 2 "$(grep -c DNSKEY a.signed | sed 's/[3-9]/2/')"
ok 'and its DS leads to it' grep -q 'ds: {state: omnipresent' state/a.example/state.yaml
# one that only leaves needs no private half, until the policy is turned back
fresh; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; zsk=$(signer); sed -i 's/safety: 0/&, csk: {lifetime: unlimited}/' zonesign.yaml; for when in 4010 5000; do at $when -q build; done
rm state/a.example/keys/*+"$(printf %05d "$zsk")".private; at 5010 -q build; is 'a leaving key without its private half' 0 $status; sed -i 's/, csk: {lifetime: unlimited}//' zonesign.yaml
at 20000 build; is 'it is wanted back: status' 3 $status; has 'what is missing' err "key $zsk of algorithm 13 is to sign again, but its private half is not there (G10)"; has 'and what to do' err "restore 'K*.+013+$(printf %05d "$zsk").private'"
# the chain was given up, the new DS is there, and nobody says that the old ones are gone: the zone does not die of that
fresh; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; old=$(key "k['key_tag'] if k['role'] == 'ksk' else 0" | sed 's/^0 //'); at 9000 -q roll a.example --abandon-chain=a.example; at 9010 -q build
new=$(awk '$4 == "CDS" {print $5}' a.signed); at 10000 -q ds --seen "$new" a.example; at 20000 -q build
for day in 4 8 12 16; do at $((day * 86400)) build; is "the chain was given up, day $day" 0 $status; done; at $((16 * 86400)) status; has 'a person is told of the old DS' out "Delete the DS of KSK $old"
# an older state over a zone that went unsigned since: its DS is gone, and caches hold the zone unsigned
fresh; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; cp -a state old; at 9000 -q roll a.example --unsign; at 9001 -q build; at 9100 -q ds --gone a.example; at 20000 -q build; is 'it is unsigned' 0 "$(grep -c 'IN DNSKEY' a.signed)"
rm -r state; mv old state; at 20500 build --accept adopt; is 'an older state: status' 0 $status; has 'it is said' err 'its DS is not taken to be at the parent any more'; at 20510 ds --ready; is 'too early' 5 $status
at 20520 -q roll a.example ksk; at 20800 -q build; is 'that of a new KSK, too' 0 "$(grep -c 'IN CDS' a.signed)"; at 21300 -q build; at 21310 ds --ready; is 'not any more' 0 $status; at 21310 status; has 'then a person is told' out 'Give your registrar the DS of KSK'
# two DS that are to go
rolled; at 6010 -q ds --seen a.example; at 7000 -q keys generate --standby a.example; for when in 7010 8000; do at $when -q build; done; stands=$(key "k['key_tag'] if k['standing'] == 'standby' else 0" | sed 's/^[0 ]*//')
at 8010 -q keys retire a.example "$stands"; for when in 8020 9000; do at $when -q build; done; at 9010 status; has 'two DS that are to go' out ': their successor is in place'
# the chain is given up, and the zone is to go unsigned: before that is in the zone, and after
for published in no yes; do
	fresh; at 0 -q build; at 1000 -q ds --seen a.example; at 4000 -q build; at 9000 -q roll a.example --abandon-chain=a.example; test $published = no || at 9001 -q build
	at 9002 -q roll a.example --unsign; at 9010 build; is "given up, published: $published, and unsigned: not at once" 4 $status; has 'the way is said' err 'let the parent delete every DS, then say so'
	for tag in $(sed -n "s/.*then say so: \(.*\); the zone goes.*/\1/p" err | grep -o '[0-9]*'); do at 9020 -q ds --gone "$tag" a.example; is 'it is recorded' 0 $status; done
	at 9030 build; is 'a cache may hold it' 4 $status; has 'it goes by itself' err 'hint: the zone goes unsigned by itself'; at 20000 -q build; is 'then it goes' "0 0" "$status $(grep -c 'IN DNSKEY' a.signed)"
done
finish
