#!/bin/sh
# Rolls as a user sees them: the command, what the builds make of it, the guards, and keys of BIND with their dates.
. "$(dirname "$0")/../lib.sh"
need python3 dnssec-keygen dnssec-settime
z=$ZONESIGN
state=state/a.example/state.yaml

fresh() { # a directory with one zone
	cd "$work" && rm -rf t && mkdir -m 700 t && cd t || exit 1
	printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\nwww A 192.0.2.1\nmail A 192.0.2.25\n@ MX 1 mail\n' > a.zone
	config
}
config() { printf 'policies:\n  default: {%s}\nzones:\n  a.example:\n    file: a.zone\n    output: signed/a.zone\n' "${policy:-}" > zonesign.yaml; }
at() { now=$1; run "$z" --now "$1" build; }
# The parent does what it is asked, and somebody says so: the DS wanted are seen, those taken back gone.
parent() {
	python3 - "$state" "$1" <<'PY'
import re, sys
path, now = sys.argv[1:]
text = open(path).read()
def key(m):
    k = m.group(0)
    if 'ds: {state: rumoured' in k: k = k.replace('ds_seen: never', 'ds_seen: ' + now)
    if 'ds: {state: unretentive' in k: k = re.sub(r'ds_seen: \S+', 'ds_seen: never', re.sub(r'ds_gone: \S+', 'ds_gone: ' + now, k))
    return k
head, rest = text.split('\nkeys:\n', 1)
body, tail = rest.split('\ntags_used:', 1)
body = re.sub(r'  - id:.*?(?=\n  - id:|\Z)', key, body, flags=re.S)
head = re.sub(r'next_due: \S+', 'next_due: never', head)
open(path, 'w').write(head + '\nkeys:\n' + body + '\ntags_used:' + tail)
PY
}
dnskeys() { grep -c ' IN DNSKEY ' signed/a.zone; }
algorithms() { awk '$4=="DNSKEY" {print $7}' signed/a.zone | sort -u | tr '\n' ' '; }
signed_by() { awk -v t="$1" '$4=="RRSIG" && $5==t {print $6}' signed/a.zone | sort -u | tr '\n' ' '; }
good() { ok "$1" "$z" -q --now "$now" verify --origin a.example signed/a.zone; }

# -- the command line
run "$z" roll --help; is 'roll --help' 0 $status
fresh; run "$z" roll a.example zsk; is 'roll before the first build' 5 $status
at 2026-12-01T00:00:00Z; at 2026-12-01T12:00:00Z; parent 2026-12-01T12:00:00Z; at 2026-12-03T00:00:00Z; is 'settled' 0 $status
for wrong in 'csk' 'king' 'zsk --to ed25519' 'algorithm' 'algorithm --to rot13' 'algorithm --emergency' '--unsign --sign' '' '--abandon-chain=b.example' '--days 0 --simulate'; do
	run "$z" --now 2026-12-03T01:00:00Z roll a.example $wrong; is "roll $wrong" 2 $status
done
before=$(sha256sum < $state)
run "$z" --now 2026-12-03T01:00:00Z roll a.example ksk --simulate; is 'a simulation' 0 $status
has 'it names what the user does' out 'you: give the parent the DS of new KSK (1)'; has 'and when' out '2026-12-03 '
is 'it changes nothing' "$before" "$(sha256sum < $state)"
run "$z" --json --now 2026-12-03T01:00:00Z roll a.example zsk --simulate; is 'as JSON' 0 $status; ok 'well-formed' python3 -c 'import json; d = json.load(open("out")); assert d["events"][0]["event"]'

# -- a ZSK roll, wished
run "$z" --now 2026-12-03T01:00:00Z roll a.example zsk; is 'roll zsk' 0 $status
at 2026-12-03T02:00:00Z; is 'the successor is published' 3 "$(dnskeys)"; good 'valid'
at 2026-12-03T06:00:00Z; at 2026-12-03T12:00:00Z; is 'the old one is gone' 2 "$(dnskeys)"; good 'valid'
ok 'BIND reads the dates of the retired key' sh -c 'for k in state/a.example/keys/*.key; do dnssec-settime -p all "$k"; done > all && grep -q "^Delete: .*2026" all && grep -q "^Inactive: .*2026" all'
at 2026-12-03T13:00:00Z; is 'it warns of no key file' '' "$(cat err)"

# -- a KSK roll: the person gives the DS, then takes the old one away
run "$z" --now 2026-12-03T14:00:00Z roll a.example ksk; at 2026-12-03T14:00:00Z; at 2026-12-03T18:00:00Z; is 'the new KSK' 3 "$(dnskeys)"
has 'the instruction' out 'Give the parent the DS of KSK'; is 'CDS for both' 2 "$(grep -c ' IN CDS ' signed/a.zone)"
run "$z" --now 2026-12-03T18:00:00Z ds --format ds; is 'ds: both' 2 "$(grep -c 'IN.DS.' out)"
parent 2026-12-03T19:00:00Z; at 2026-12-03T19:00:00Z; is 'CDS for the new one' 1 "$(grep -c ' IN CDS ' signed/a.zone)"; has 'and then' out 'Remove the DS of KSK'
at 2026-12-09T00:00:00Z; is 'as long as nobody says it is gone' 3 "$(dnskeys)"
parent 2026-12-09T01:00:00Z; at 2026-12-09T01:00:00Z; is 'the DNSKEY stays' 3 "$(dnskeys)"
at 2026-12-10T04:00:00Z; is 'until no cache has the DS' 2 "$(dnskeys)"; good 'valid'
rm state/a.example/keys/*"$(awk '/goal: hidden/ {print t} /tag:/ {t=sprintf("%05d", $2)}' $state | tail -n 1)"*
at 2026-12-11T00:00:00Z; is 'files of a dead key may be deleted' 0 $status

# -- an algorithm roll by the policy, conservative
policy='algorithm: ed25519'; config
at 2026-12-12T00:00:00Z; is 'signatures first' '13 ' "$(algorithms)"; is 'by both' '13 15 ' "$(signed_by SOA)"; good_ds=$(awk '$4=="DNSKEY"' signed/a.zone | wc -l); is 'no new DNSKEY' 2 "$good_ds"
at 2026-12-12T04:00:00Z; is 'then the DNSKEYs' '13 15 ' "$(algorithms)"; is 'signed by both' '13 15 ' "$(signed_by DNSKEY)"; good 'valid'
at 2026-12-12T08:00:00Z; parent 2026-12-12T09:00:00Z; at 2026-12-12T09:00:00Z; parent 2026-12-12T10:00:00Z; at 2026-12-12T10:00:00Z; at 2026-12-13T14:00:00Z
is 'the old DNSKEYs go' '15 ' "$(algorithms)"; is 'their signatures stay' '13 15 ' "$(signed_by SOA)"
at 2026-12-13T20:00:00Z; is 'until caches have forgotten' '15 ' "$(signed_by SOA)"; good 'valid'
policy=; config; at 2026-12-14T12:00:00Z; is 'and back by another edit' '13 15 ' "$(signed_by SOA)"

# -- emergencies one after the other, whose DS nobody enters: as many as validators take (G16), and the way back
tags() { awk '/^  - id/ {tag = ""} / tag:/ {tag = $2} / role: ksk/ {print tag}' $state; }
fresh; at 2026-12-01T00:00:00Z; at 2026-12-01T12:00:00Z; parent 2026-12-01T12:00:00Z; at 2026-12-03T00:00:00Z; first=$(tags)
for hour in 00 06 12; do run "$z" --now 2026-12-03T$hour:00:00Z roll a.example ksk --emergency; is "an emergency at $hour" 0 $status; at 2026-12-03T$hour:00:00Z; is "it begins at $hour" 0 $status; done
before=$(cksum < $state); run "$z" --now 2026-12-03T18:00:00Z roll a.example ksk --emergency; is 'a fourth' 4 $status; has 'is refused' err 'refused by G16: with one more key the zone has 5 signatures over its DNSKEYs, more than 4'
has 'the way out' err "'zonesign keys retire a.example. TAG' takes back a key whose DS nobody has seen"; is 'nothing is recorded' "$before" "$(cksum < $state)"; at 2026-12-03T18:00:00Z; is 'builds go on' 0 $status
printf 'rolls:\n  - {kind: ksk, emergency: yes, time: 2026-12-03T18:00:00Z}\n' >> $state; sed -i 's/^next_due: .*/next_due: never/' $state; echo 'x A 192.0.2.7' >> a.zone
at 2026-12-03T19:00:00Z; is 'with one that was asked for all the same' 0 $status; is 'there is no fifth' 4 "$(tags | wc -l)"; run "$z" --now 2026-12-03T19:00:00Z status; has 'why' out 'waits for room among the DNSKEYs (G16)'
for tag in $(tags | grep -vx "$first"); do run "$z" --now 2026-12-03T20:00:00Z keys retire a.example "$tag"; is "key $tag is taken back" 0 $status; has 'it is said' err "key $tag is taken back"; done
at 2026-12-03T20:00:00Z; is 'they stay while their DS may be there' 5 "$(dnskeys)"; for tag in $(tags | grep -vx "$first"); do run "$z" --now 2026-12-03T21:00:00Z ds --gone "$tag" a.example; done
at 2026-12-03T21:00:00Z; at 2026-12-05T00:00:00Z; is 'then they go' 2 "$(dnskeys)"; good 'valid'; at 2026-12-05T06:00:00Z
run "$z" --now 2026-12-05T07:00:00Z roll a.example ksk --emergency; is 'there is room again' 0 $status; at 2026-12-05T07:00:00Z; is 'for a new KSK' 3 "$(dnskeys)"

# -- a lifetime shorter than a roll
policy='zsk: {lifetime: 2h}'; fresh; at 2026-12-01T00:00:00Z; has 'it is said' err 'the lifetime of the zsk, 2h, is shorter than its roll takes'; policy=

# -- a DS that nobody enters: the build looks each hour, after a week each day
due() { sed -n 's/^next_due: //p' $state; }
policy='observe: {servers: [127.0.0.1@1]}'; fresh; policy= # with --now a parent of one's own is asked alone; here nobody answers
at 2026-12-01T00:00:00Z; at 2026-12-01T06:00:00Z; at 2026-12-01T06:10:00Z; is 'it looks again in an hour' 2026-12-01T07:10:00Z "$(due)"
at 2026-12-09T00:00:00Z; is 'and later in a day' 2026-12-10T00:00:00Z "$(due)"

# -- going insecure
fresh; at 2026-12-01T00:00:00Z; at 2026-12-01T12:00:00Z; parent 2026-12-01T12:00:00Z; at 2026-12-03T00:00:00Z
run "$z" --now 2026-12-03T00:00:00Z roll a.example --unsign; at 2026-12-03T01:00:00Z; has 'CDS: delete' signed/a.zone ' IN CDS 0 0 0 00'; has 'CDNSKEY: delete' signed/a.zone ' IN CDNSKEY 0 3 0 AA=='
is 'only that' 1 "$(grep -c ' IN CDS ' signed/a.zone)"; good 'signed as long as a DS may be cached'; run "$z" roll a.example zsk; is 'no roll meanwhile' 2 $status
at 2026-12-09T00:00:00Z; has 'still signed' signed/a.zone ' RRSIG '; parent 2026-12-09T00:00:00Z; at 2026-12-09T00:00:00Z; at 2026-12-10T04:00:00Z; is 'going unsigned' 0 $status; has 'it is said' out 'records, not signed'
hasnt 'no signatures' signed/a.zone ' RRSIG '; hasnt 'no DNSKEY' signed/a.zone ' DNSKEY '; hasnt 'no NSEC' signed/a.zone ' NSEC '
before=$(sha256sum < signed/a.zone); at 2026-12-12T00:00:00Z; is 'it stays so' "$before" "$(sha256sum < signed/a.zone)"
echo 'x A 192.0.2.7' >> a.zone; at 2026-12-12T01:00:00Z; has 'and lives on' signed/a.zone 'x.a.example.'
run "$z" --now 2026-12-12T02:00:00Z roll a.example --sign; at 2026-12-12T02:00:00Z; has 'signed again' signed/a.zone ' RRSIG '; good 'valid'

# the DS was given as soon as it might be: no build knows of it, and the zone stays signed all the same
fresh; at 2026-12-01T00:00:00Z; now=2026-12-01T12:00:00Z; run "$z" --now $now ds --ready a.example; is 'the DS may be given' 0 $status; run "$z" --now $now ds --format ds a.example; cp out ta
run "$z" --now $now roll a.example --unsign; at 2026-12-01T12:10:00Z; is '--unsign right after that' 0 $status; ok 'signed, as the DS at the parent wants it' "$z" -q --now $now verify --origin a.example --ds ta signed/a.zone
has 'what is to be done' out 'Remove the DS of KSK'; at 2026-12-09T00:00:00Z; is 'as long as nobody says it is gone' 2 "$(dnskeys)"
run "$z" --now 2026-12-09T01:00:00Z ds --gone a.example; is 'it is gone' 0 $status; at 2026-12-09T01:00:00Z; at 2026-12-10T04:00:00Z; is 'then unsigned' "0 0" "$status $(dnskeys)"

# -- keys are lost (.my 2018): the build stops, nothing is published; giving the chain up is a decision
fresh; at 2026-12-01T00:00:00Z; at 2026-12-01T12:00:00Z; parent 2026-12-01T12:00:00Z; at 2026-12-03T00:00:00Z; good=$(sha256sum < signed/a.zone)
rm state/a.example/keys/*.private; echo 'x A 192.0.2.7' >> a.zone; at 2026-12-03T01:00:00Z; is 'lost keys' 3 $status; has 'it says which guard' err 'G10'; is 'the old zone stays' "$good" "$(sha256sum < signed/a.zone)"
run "$z" --now 2026-12-03T02:00:00Z roll a.example --abandon-chain=a.example; is 'the chain is given up' 0 $status; has 'it says for how long' err '1d2h more'
at 2026-12-03T02:00:00Z; is 'new keys' 0 $status; ok 'and CDS at once' grep -q ' IN CDS ' signed/a.zone; now=2026-12-03T02:00:00Z; ok 'signed by them' "$z" -q --now $now verify --origin a.example signed/a.zone

# -- somebody else's output with other keys (APNIC 2012)
fresh; at 2026-12-01T00:00:00Z; mv state other; at 2026-12-01T01:00:00Z; is 'a signed zone without state' 4 $status; has 'G18' err 'G18'
run "$z" --now 2026-12-01T01:00:00Z build --accept adopt; is 'other keys' 4 $status; has 'G6z: they are in no cache' err 'G6z'; has 'what to do before it is overridden' err "put the keys that signed it into 'state/a.example/keys'"
mkdir -p -m 700 state/a.example; rm -rf state/a.example/keys; cp -r other/a.example/keys state/a.example/
rm -f $state; run "$z" --now 2026-12-01T01:00:00Z build --accept adopt; is 'with its keys' 0 $status; has 'the override is recorded' $state 'guard: "adopt"'
fresh; at 2026-12-01T00:00:00Z; rm -rf state; run "$z" --now 2026-12-01T01:00:00Z build --accept adopt --accept G6z; is 'or as the user wishes' 0 $status; has 'G6z is recorded' $state 'guard: "G6z"'

# -- an old copy of the state is restored after a roll: what is served has a newer serial and keys that the copy does not know
served() { awk '$4 == "SOA" {print $7}' signed/a.zone; }
keys_served() { awk '$4 == "DNSKEY" {print $5, $8}' signed/a.zone | sort; }
for kind in ksk zsk; do
	fresh; at 2026-12-01T00:00:00Z; at 2026-12-01T12:00:00Z; parent 2026-12-01T12:00:00Z; at 2026-12-03T00:00:00Z; cp -a state backup
	run "$z" --now 2026-12-03T00:00:00Z roll a.example $kind; for hour in 00 06; do at 2026-12-03T$hour:00:00Z; done; parent 2026-12-03T06:00:00Z; at 2026-12-03T07:00:00Z
	at 2026-12-03T22:00:00Z; before=$(sha256sum < signed/a.zone); serial=$(served)
	mv state newest; cp -a backup state; at 2026-12-03T23:00:00Z; is "$kind, an old state: status" 4 $status; has "$kind, an old state: it may be one" err 'the state is an old copy'
	run "$z" --now 2026-12-03T23:00:30Z status; is "$kind, an old state: a person must act" 5 $status; has "$kind, an old state: status does not say that builds renew signatures" out 'UTC, and nothing renews them. Mend that'
	run "$z" --now 2026-12-03T23:00:00Z build --accept adopt; is "$kind, an old state, accepted: status" 4 $status; has "$kind: keys would be gone" err 'would be gone'; has "$kind: what that costs" err "until caches have forgotten it$([ $kind = zsk ] || echo " and the parent has what 'zonesign ds' prints then, and nothing else"): only"; is "$kind: it is said once" 1 "$(grep -c 'refused by G6z' err)"
	is "$kind, an old state: nothing is published" "$before" "$(sha256sum < signed/a.zone)"
	rm -rf state; cp -a newest state; cp backup/a.example/state.yaml state/a.example/; cp -p signed/a.zone good.zone # the keys of then are there
	run "$z" --now 2026-12-03T23:00:00Z build --accept adopt; is "$kind, an old state, all keys: status" 4 $status; has "$kind: the state is the old one" err "'state/a.example/state.yaml' is a copy from before they were made"
	mv $state s; run "$z" --now 2026-12-03T23:00:00Z build --accept adopt; is "$kind, without it they are taken over" 0 $status; good "$kind: valid"; cp -p good.zone signed/a.zone
	rm -rf state; mv newest state; at 2026-12-03T23:30:00Z; is "$kind, the newest state is back" 0 $status
done
# and the other way round: an old copy of the output, of a ZSK that has gone since
fresh; at 2026-12-01T00:00:00Z; at 2026-12-01T12:00:00Z; cp signed/a.zone old.zone; run "$z" --now 2026-12-01T12:00:00Z roll a.example zsk; for hour in 13 17 22; do at 2026-12-01T$hour:00:00Z; done; before=$(keys_served)
cp old.zone signed/a.zone; at 2026-12-01T23:00:00Z; is 'an old output' 4 $status; has 'is known as such' err 'is an older copy'; has 'what to do' err "remove it and run 'zonesign build'"
run "$z" --now 2026-12-01T23:00:00Z build --accept adopt; is 'it is not taken over' 4 $status; has 'nor then another advice' err 'remove that file'
rm signed/a.zone; at 2026-12-01T23:00:00Z; is 'made again' "0 $before" "$status $(keys_served)"; good 'valid'
# without a roll an old copy is good enough, but the serial goes on from what is served
fresh; at 2026-12-01T00:00:00Z; cp -a state backup; echo 'new A 192.0.2.9' >> a.zone; run "$z" --now 2026-12-20T00:00:00Z build; serial=$(served); keys=$(keys_served)
rm -rf state; cp -a backup state; run "$z" --now 2026-12-19T00:00:00Z build --accept adopt; is 'an old state without a roll' 0 $status
ok 'the serial does not go back' test "$(served)" -gt "$serial"; is 'the same keys' "$keys" "$(keys_served)"

# an old copy that says "unsigned" is restored after the zone was signed again, with other keys and a DS of them
fresh; at 2026-12-01T00:00:00Z; run "$z" --now 2026-12-01T00:00:00Z roll a.example --unsign; at 2026-12-01T01:00:00Z; at 2026-12-02T00:00:00Z; is 'unsigned' 0 "$(dnskeys)"; cp -a state backup
run "$z" --now 2026-12-02T01:00:00Z roll a.example --sign; at 2026-12-02T01:00:00Z; at 2026-12-02T12:00:00Z; parent 2026-12-02T12:00:00Z; at 2026-12-04T00:00:00Z; before=$(sha256sum < signed/a.zone)
mv state newest; cp -a backup state; at 2026-12-04T01:00:00Z; is 'an unsigned state: status' 4 $status; has 'an unsigned state: G18' err 'G18'
run "$z" --now 2026-12-04T01:00:00Z build --accept adopt; is 'an unsigned state, accepted: status' 4 $status; has 'an unsigned state, accepted: G8' err 'refused by G8: the zone that is replaced is signed'
has 'which state to restore' err "restore the newest copy of 'state/a.example'"; is 'the signed zone stays' "$before" "$(sha256sum < signed/a.zone)"
mv state old; cp -a newest state; cp backup/a.example/state.yaml state/a.example/; run "$z" --now 2026-12-04T01:00:00Z build --accept adopt; is 'an unsigned state beside newer keys: status' 4 $status
has 'and the way out' err "move it away and run 'zonesign build --accept adopt' again"; rm -rf state; mv old state
run "$z" --now 2026-12-04T01:00:00Z build --accept adopt --accept G8; is 'a wish is a wish' "0 0" "$status $(dnskeys)"; has 'and recorded' $state 'guard: "G8"'

# -- the state is lost: a run that is refused changes nothing about which keys are taken over, when they are found again
fresh; at 2026-12-01T00:00:00Z; at 2026-12-01T12:00:00Z; parent 2026-12-01T12:00:00Z; at 2026-12-03T00:00:00Z; signs=$(awk '$4 == "RRSIG" && $5 == "MX" {print $11}' signed/a.zone); mv state lost
at 2026-12-04T00:00:00Z; run "$z" --now 2026-12-04T08:00:00Z build --accept adopt; is 'without the keys: status' 4 $status; mkdir -p -m 700 state/a.example/keys; cp -p lost/a.example/keys/* state/a.example/keys/
run "$z" --now 2026-12-04T09:00:00Z build --accept adopt; is 'the keys are found: status' 0 $status; is 'the key that signed goes on to sign' "$signs" "$(awk '$4 == "RRSIG" && $5 == "MX" {print $11}' signed/a.zone)"
at 2026-12-04T09:05:00Z; is 'and in the next build' "0 $signs" "$status $(awk '$4 == "RRSIG" && $5 == "MX" {print $11}' signed/a.zone)"

# -- a first build that ended between the KSK and the ZSK: the policy says what the key is for
fresh; mkdir -p -m 700 state/a.example/keys; dnssec-keygen -q -P 20261201000000 -A 20261201000000 -K state/a.example/keys -a 13 -f KSK a.example >/dev/null; chmod 700 state state/a.example
at 2026-12-01T00:00:00Z; is 'one key is there' 0 $status; is 'it is the KSK, and a ZSK is made' 'ksk zsk' "$("$z" --json keys 2>/dev/null | python3 -c 'import json, sys; print(*sorted(k["role"] for k in json.load(sys.stdin)["zones"][0]["keys"]))')"

# -- a tag that the zone ever used, revoked or not, is used by no other key (.ru 2024, G9)
fresh; at 2026-12-01T00:00:00Z; at 2026-12-02T00:00:00Z
use() { python3 -c 'import re, sys; p = sys.argv[1]; t = open(p).read(); open(p, "w").write(re.sub(r"tags_used: .*", "tags_used: [%s]" % ", ".join(map(str, range(int(sys.argv[2])))), t))' $state "$1"; }
use 40000; for i in 1 2 3; do run "$z" --now 2026-12-0$((i + 2))T00:00:00Z roll a.example zsk; at 2026-12-0$((i + 2))T00:00:00Z; at 2026-12-0$((i + 2))T06:00:00Z; at 2026-12-0$((i + 2))T20:00:00Z; done
is 'three new keys' '3 3' "$(awk '/ tag:/ {tag = $2} / created:/ && $2 > "2026-12-03" {n++; high += tag >= 40000} END {print n, high}' $state)"
use 65536; good=$(sha256sum < signed/a.zone); run "$z" --now 2026-12-07T00:00:00Z roll a.example zsk; at 2026-12-07T00:00:00Z; is 'all tags used' 1 $status; has 'it says so' err 'no key with an unused tag'; is 'nothing is published' "$good" "$(sha256sum < signed/a.zone)"

# -- G5: what the parent shows leads into the zone
fresh; at 2026-12-01T00:00:00Z; at 2026-12-01T12:00:00Z
printf 'parent:\n  ttl: 3600\n  observed: 2026-12-01T12:00:00Z\n  ds:\n    - rdata: "aaaa0d02%064d"\n' 1 >> $state
echo 'x A 192.0.2.7' >> a.zone; at 2026-12-01T13:00:00Z; is 'a foreign DS at the parent' 4 $status; has 'G5' err 'G5'
run "$z" --now 2026-12-01T13:00:00Z build --accept G5; is 'accepted' 0 $status; has 'and recorded' $state 'guard: "G5"'

# -- G11: a zone that shrinks, grows, or loses a type at its apex
fresh; python3 -c 'print("\n".join("h%d A 192.0.2.1" % i for i in range(400)))' >> a.zone; at 2026-12-01T00:00:00Z
grep -v '^h[0-9][0-9] ' a.zone > b; cp b a.zone; at 2026-12-01T01:00:00Z; is '90 of 400 lost' 4 $status; has 'G11' err 'more than 5%'; has 'the old zone serves' signed/a.zone 'h42.a.example.'
run "$z" --now 2026-12-01T01:00:00Z build --accept G11=shrink; is 'accepted' 0 $status; has 'recorded' $state 'guard: "G11"'
sed -i '/MX/d' a.zone; at 2026-12-01T02:00:00Z; is 'no MX any more' 4 $status; has 'which' err 'the apex had MX records'
echo '@ MX 1 mail' >> a.zone; python3 -c 'print("\n".join("g%d A 192.0.2.1" % i for i in range(2000)))' >> a.zone; at 2026-12-01T03:00:00Z; is 'grown by 2000' 4 $status
fresh; at 2026-12-01T00:00:00Z; sed -i '/www/d' a.zone; at 2026-12-01T01:00:00Z; is 'a small zone may change' 0 $status

# -- G21: a second opinion
fresh; echo '    second-opinion: {shell: "grep -q RRSIG $ZONESIGN_FILE && test ! -e veto"}' >> zonesign.yaml; at 2026-12-01T00:00:00Z; is 'a second opinion' 0 $status
touch veto; echo 'x A 192.0.2.7' >> a.zone; good=$(sha256sum < signed/a.zone); at 2026-12-01T01:00:00Z; is 'a veto' 4 $status; has 'G21' err 'refused by G21'; is 'the old zone stays' "$good" "$(sha256sum < signed/a.zone)"; is 'nothing is left' '' "$(find . -name '.*zonesign')"
sed -i '$d' zonesign.yaml; echo '    second-opinion: [test, -s, "{file}"]' >> zonesign.yaml; at 2026-12-01T02:00:00Z; is 'as a list of arguments' 0 $status; has 'published' signed/a.zone 'x.a.example.'

# -- builds that cannot succeed, over and over, leave no keys: not the first ones, nor those of a roll that is due
files() { ls state/a.example/keys | wc -l; }
veto() { sed -i '/second-opinion/d' zonesign.yaml; echo "    second-opinion: [$1]" >> zonesign.yaml; }
fresh; veto /bin/false; at 2026-12-01T00:00:00Z; is 'a veto of the first build' 4 $status; is 'its keys are gone' 0 "$(files)"
veto /bin/true; at 2026-12-01T00:00:00Z; is 'the first build' 0 $status; at 2026-12-01T12:00:00Z; parent 2026-12-01T12:00:00Z; at 2026-12-03T00:00:00Z; count=$(files)
run "$z" --now 2026-12-03T01:00:00Z roll a.example zsk; is 'a roll' 0 $status; veto /bin/false
for minute in 10 15 20; do at 2026-12-03T01:$minute:00Z; is "its veto at $minute" 4 $status; is "no key file more at $minute" "$count" "$(files)"; done
veto /bin/true; mkdir signed/.a.zone.zonesign; at 2026-12-03T01:21:00Z; is 'an output that cannot be written' 1 $status; is 'no key file more then' "$count" "$(files)"; rmdir signed/.a.zone.zonesign
at 2026-12-03T01:25:00Z; is 'all is well' 0 $status; is 'the new pair stays' $((count + 2)) "$(files)"; is 'and is published' 3 "$(dnskeys)"; good 'the roll begins'
# however many key files of other times there are, those in use are found
for tag in $(seq 10000 12000); do f=state/a.example/keys/Ka.example.+013+$tag; test -e $f.key || touch $f.key; done
echo 'y A 192.0.2.8' >> a.zone; at 2026-12-03T02:00:00Z; is 'among two thousand key files' 0 $status; has 'published' signed/a.zone 'y.a.example.'
has 'the files are not used' err 'is not in the state; it is not used'; has 'few of them are named' err 'more key files in'

# -- in a roll to another algorithm its keys sign before they are shown: 'verify' takes their word when they are named, and no other's
fresh; at 2026-12-01T00:00:00Z; at 2026-12-01T12:00:00Z; parent 2026-12-01T12:00:00Z; at 2026-12-03T00:00:00Z
run "$z" --now $now roll a.example algorithm --to ed25519; at 2026-12-03T00:01:00Z; is 'signed by both' '13 15 ' "$(signed_by A)"; is 'shown is one' '13 ' "$(algorithms)"
judge() { run "$z" --now $now verify --origin a.example "$@" signed/a.zone; }
judge; is 'keys that are not in the zone' 4 $status; has 'how to name them' err 'verify --key'
new= old=; for f in state/a.example/keys/*+015+*.key; do new="$new --key $f"; done; for f in state/a.example/keys/*+013+*.key; do old="$old --key $f"; done
judge $new; is 'named' 0 $status; judge $old; is 'others are named' 4 $status
judge --key zonesign.yaml; is 'a file without a key' 3 $status; echo 'a.example. DS 1 13 2 00' > other; judge --key other; is 'a file of something else' 3 $status
sed -i '/^www.*RRSIG A 15 /s/\(.\)....$/A\1AA=/' signed/a.zone; judge $new; is 'a signature of a named key must verify' 4 $status; has 'that one' err 'algorithm 15) does not verify'

# -- keys of BIND with dates
bind() { (cd "$work/t" && mkdir -p -m 700 state state/a.example state/a.example/keys && cd state/a.example/keys && dnssec-keygen -q -a ECDSAP256SHA256 "$@" a.example) 2>/dev/null; }
fresh; old='-P 20261101 -A 20261101' # the day of the test is no later than the clock of this machine
bind -f KSK $old >out; ksk=$(tail -c 6 out); active=$(bind $old); inactive=$(bind -P 20260101 -A 20260101 -I 20261115); future=$(bind -P 20261101 -A 20270101); revoked=$(bind -f KSK $old); (cd state/a.example/keys && dnssec-settime -R 20261101 "$revoked" >/dev/null 2>&1); chmod 600 state/a.example/keys/*.private
at 2026-12-01T00:00:00Z; is 'keys of BIND' 0 $status; tag() { echo "$1" | sed 's/.*+0*//'; }
is 'published: all but the revoked one' 4 "$(dnskeys)"; is 'the active one signs, alone' "$(tag "$active")" "$(awk '$4=="RRSIG" && $5=="SOA" {print $11}' signed/a.zone)"
has 'inactive' err 'inactive: it does not sign'; has 'revoked' err 'revoked or deleted'; good 'valid'
at 2026-12-05T00:00:00Z; is 'the inactive one leaves' 3 "$(dnskeys)"; at 2027-01-02T00:00:00Z; is 'the future one takes over' "$(tag "$future")" "$(awk '$4=="RRSIG" && $5=="SOA" {print $11}' signed/a.zone)"
finish
