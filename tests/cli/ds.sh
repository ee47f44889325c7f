#!/bin/sh
# ds: recording by hand what the parent shows, and asking it when it cannot be asked.
. "$(dirname "$0")/../lib.sh"
need python3
z=$ZONESIGN
t0=1796083200
at() { at=$1; shift; run "$z" --now $((t0 + at)) "$@"; }
state() { grep -E "^ *$1: " state/a.example/state.yaml | head -n 1 | sed 's/^ *[a-z_]*: //'; }
printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\n' > a.zone
config() { printf 'policies:\n  default: {dnskey-ttl: 5m, propagation: {zone: 1m, parent: 1m}, parent-ds-ttl: 30m, safety: 0, observe: %s}\nzones:\n  a.example: {file: a.zone, output: a.signed}\n  b.example: {file: a.zone, output: b.signed}\n' "$1" > zonesign.yaml; }

config off
at 0 ds --seen a.example; is '--seen before any build' 5 $status
at 0 -q build; at 0 ds --seen; is '--seen without a zone, of two' 2 $status
at 10 ds --seen a.example; is '--seen of a DS that nobody may have entered' 5 $status; has 'it is said' err 'no key waits'
at 600 -q build
tag=$("$z" --now $((t0 + 600)) ds --format ds a.example | awk '{ print $5; exit }')
before=$(sha256sum state/a.example/state.yaml)
at 610 ds --seen 70000 a.example; is 'a tag out of range' 2 $status
at 610 ds --seen $(((tag + 1) % 65536)) a.example; is 'a tag of no key' 2 $status
at 610 ds --gone a.example; is '--gone of what is wanted' 5 $status; has 'how to say that it was never entered' err 'ds --gone TAG'
at 610 ds --seen --gone a.example; is '--seen with --gone' 2 $status
run "$z" ds --seen a.example; is '--seen with the real clock on a state of --now' 4 $status; has 'G17' err 'G17'
at 590 ds --seen a.example; is '--seen by a clock that went back' 4 $status; has 'why' err 'refused by G17: the clock says'
at $((400 * 86400)) ds --seen a.example; is '--seen by a clock that leapt' 4 $status; has 'what to do' err 'build --accept clock'
is 'refusals change nothing' "$before" "$(sha256sum state/a.example/state.yaml)"
at 620 ds --seen "$tag" a.example; is '--seen TAG' 0 $status
is 'it is recorded' 2026-12-01T00:10:20Z "$(state ds_seen)"; has 'with its date' state/a.example/state.yaml 'guard: "ds-seen"'
at 630 ds --seen "$tag" a.example; is '--seen again' 0 $status; has 'it is known' err 'known to be there since 2026-12-01 00:10'
at 630 ds --gone "$tag" a.example; is '--gone of a key whose DS is there' 5 $status; has '--gone: why' err 'still wanted'
is 'the first time stays' 2026-12-01T00:10:20Z "$(state ds_seen)"
at 640 ds --seen b.example; is '--seen without a tag' 0 $status
at 650 build; is 'the next build goes on' 0 $status
is 'observe: off asks nobody' '' "$(state asked)"

# -- a parent that cannot be asked
config '{servers: [127.0.0.1@1], trust-anchor: none.key}'
at 700 ds --check a.example; is '--check: an anchor that is not there' 1 $status
: > none.key
at 700 ds --check a.example; is '--check: nobody answers' 1 $status; has 'it is said' out 'do not answer'
run "$z" --json --now $((t0 + 700)) ds --check a.example; is '--check --json' 1 $status; ok 'JSON' python3 -m json.tool out
at 800 -q build a.example; is 'a build does not mind' 0 $status
# libunbound, or one that is broken, is opened by who asks, and by nobody else
mkdir broken; echo nothing > broken/libunbound.so.8
hidden() { at=$1; shift; run env LD_LIBRARY_PATH="$PWD/broken" "$z" --now $((t0 + at)) "$@"; }
hidden 810 ds --check a.example; is 'libunbound is broken: --check' 1 $status
has 'it is named' out 'libunbound cannot be opened'; has 'and its package' out libunbound8
rm broken/*; echo nothing > broken/libldns.so.3
hidden 811 ds --check a.example; is 'ldns is broken: --check' 1 $status
has 'it is named' out 'ldns cannot be opened'; has 'and its package' out libldns3
echo nothing > broken/libunbound.so.8; echo nothing > broken/libssl.so.3

# -- nobody ever enters the DS: the roll waits until a person says so
config off; rm -rf state *.signed
keys() { grep -c 'IN DNSKEY 257' a.signed; }
hidden 0 -q build; is 'a build that asks nobody does without libunbound' 0 $status; ok 'and says nothing' test ! -s err
at 600 -q build; at 610 roll a.example ksk; at 620 -q build; at 1600 -q build; at 9000 -q build
is 'two KSKs, as nothing is known of the parent' 2 "$(keys)"
for t in $("$z" --now $((t0 + 9000)) ds --format ds a.example | awk '{ print $5 }' | sort -u); do at 9010 ds --gone "$t" a.example; is "the DS of $t was never entered" 0 $status; done
at 9020 -q build; at 9030 ds --gone a.example; is 'the older one was taken back, and is not there' 0 $status
at 9040 -q build; is 'its DNSKEY stays while a cache may have its DS' 2 "$(keys)"
at 20000 -q build; is 'the roll is over' 1 "$(keys)"

# -- builds fail, and the signatures of the zone in service end: no DS may lead to it
rm -rf state *.signed; at 0 -q build; at 900 -q build; at 1000 ds --ready a.example; is 'its time has come' 0 $status
late=$((20 * 86400)); at $late ds --ready a.example; is 'not for a zone whose signatures ended' 5 $status; has 'why' err 'the signatures of a.example. ended on 2026-12-1'
at $late ds a.example; has 'who prints it is warned' err 'do not give these to the parent'; run "$z" --json --now $((t0 + late)) ds a.example; has 'and JSON says so' out '"ready": false'
at $late -q build; at $((late + 10)) ds --ready a.example; is 'signed again, it may be given away' 0 $status

# -- the parent was seen to have it, and cannot be looked at any more: a person says that it is still so
rm -rf state *.signed
at 0 -q build; at 600 -q build; tag=$("$z" --now $((t0 + 600)) ds --format ds a.example | awk '{ print $5; exit }')
at 610 -q ds --seen a.example
printf 'parent:\n  ttl: 1800\n  observed: %s\n  asked: %s\n  ds:\n' "$(state ds_seen)" "$(state ds_seen)" >> state/a.example/state.yaml
settled() { grep -c 'ds: .*omnipresent' state/a.example/state.yaml; }
at 620 -q build; at 90000 -q build; is 'one look is not enough, a day later' 0 "$(settled)"
at 90010 status; has 'it says what to do' out "zonesign ds --seen $tag"
at 90020 ds --seen a.example; is '--seen of nothing that is new' 5 $status; has 'it says how' err 'ds --seen TAG'
at 90030 ds --seen "$tag" a.example; is '--seen TAG confirms' 0 $status; is 'from now on' 2026-12-02T01:00:30Z "$(state ds_seen)"
at 90040 ds --seen "$tag" a.example; has 'once is enough' err 'known to be there since 2026-12-02 01:00'
at 90050 -q build; is 'the wait begins anew' 0 "$(settled)"; at 92000 -q build; is 'and ends' 1 "$(settled)"
# -- two standby keys and a roll: several DS wait, and each is told by its tag
rm -rf state *.signed; sed -i '/b.example/d' zonesign.yaml
at 0 -q build; at 600 -q build; first=$("$z" --now $((t0 + 600)) ds --format ds a.example | awk '{ print $5; exit }'); at 610 ds --seen a.example
has 'the note names the key' err "the DS of key $first is at the parent"
at 620 -q build; at 9000 -q build; at 9010 keys generate --standby a.example; at 9020 -q build; at 9030 keys generate --standby a.example; at 9040 -q build; at 30000 -q build; at 60000 -q build
before=$(sha256sum state/a.example/state.yaml)
at 60010 ds --seen a.example; is 'several wait: --seen alone' 2 $status; has 'it asks which' err 'which one is it'; has 'and how to tell' err 'ds --seen TAG a.example'
is 'nothing is recorded' "$before" "$(sha256sum state/a.example/state.yaml)"
two=$("$z" --now $((t0 + 60010)) ds --format ds a.example | awk -v f="$first" '$5 != f { print $5 }' | sort -u)
is 'two keys wait' 2 "$(echo "$two" | wc -l)"
for t in $two; do has 'it lists them' err "$t"; done
one=$(echo "$two" | head -n 1); at 60020 ds --seen "$one" a.example; is 'one by its tag' 0 $status; has 'the note names it' err "the DS of key $one is at the parent"
is 'that one alone' 2 "$(grep -c 'ds_seen: 20' state/a.example/state.yaml)"
at 60030 ds --seen a.example; is 'now one waits, and needs no tag' 0 $status

# -- the DS was given as soon as it might be, and no build has run since
rm -rf state *.signed; at 0 -q build; at 359 ds --ready a.example; is 'one second before' 5 $status; at 359 ds --seen a.example; is '--seen then' 5 $status
at 360 ds --ready a.example; is 'the time has come' 0 $status; at 370 ds --seen a.example; is '--seen, before any build' 0 $status; is 'it is recorded then' 2026-12-01T00:06:10Z "$(state ds_seen)"
at 380 -q build; has 'a build goes on from there' state/a.example/state.yaml 'ds: {state: rumoured, since: 2026-12-01T00:06:00Z}'; at 2600 -q build; has 'and in the end it is everywhere' state/a.example/state.yaml 'ds: {state: omnipresent'

# -- JSON tells of a DS that goes whether it was seen; it is deleted in every form all the same
rm -rf state *.signed; at 0 -q build; at 600 -q build; at 610 -q ds --seen a.example; at 620 -q build; at 9000 -q build
at 9010 -q roll a.example --unsign; at 9020 -q build
run "$z" --json --now $((t0 + 9030)) ds a.example; is 'removed: present' True "$(python3 -c 'import json; print(json.load(open("out"))["zones"][0]["removed"][0]["present"])')"
at 9030 ds a.example; has 'the form deletes it' out 'Delete (key tag'
at 9030 ds --format csv a.example; has 'so does CSV' out 'remove,a.example'
printf '  b.example: {file: b.zone, output: b.signed}\n' >> zonesign.yaml; cp a.zone b.zone; at 9030 -q build b.example
at 9030 ds --format csv; is 'CSV of two zones is one table' 1 "$(grep -c ^action out)"; is 'with lines of both' 2 "$(grep -c ',[ab].example,' out)"; sed -i '/b.example/d' zonesign.yaml
at 9030 ds --format epp a.example; has 'and EPP' out '<secDNS:rem>'; has 'with its data' out '<secDNS:keyTag>'

# -- unsigned in the end: no DS is needed
at 9040 -q ds --gone a.example; at 9050 -q build; at 20000 -q build; at 40000 -q build; hasnt 'unsigned' a.signed DNSKEY
at 40010 ds a.example; is 'ds of a zone that is unsigned by wish' 0 $status; has 'it says so' err 'not signed, as you wanted: it needs no DS'; hasnt 'no alarm' err G5b
at 40010 ds --ready a.example; is '--ready' 5 $status; has 'why' err 'needs no DS'
at 40010 roll a.example --sign; at 40020 -q build; at 40030 -q build; at 40040 ds a.example; is 'signed again' 0 $status; has 'with keys' out 'Key tag'

# -- JSON says whether the time has come, also when none can be told; a standby key that was asked for changes nothing about it
json() { run "$z" --json --now $((t0 + $1)) ds a.example; python3 -c 'import json; d = json.load(open("out"))["zones"][0]; print(d["ready"], d["not_before"])'; }
config off; rm -rf state *.signed; at 0 -q build; is 'before the time' "False $(json 0 | cut -d' ' -f2)" "$(json 0)"; ok 'there is one' [ "$(json 0)" != 'False None' ]
before=$(json 10); at 20 -q keys generate --standby a.example; is 'a standby key that is to come' "$before" "$(json 30)"; hasnt 'no reload is to blame' err 'reload'
at 40 -q build; at 9000 -q build; is 'the time has come' 'True None' "$(json 9001)"
rm -rf state *.signed; sed -i '/a.example/s/}/, reload: "false"}/' zonesign.yaml; at 0 -q build; is 'a reload that failed' 'False None' "$(json 10)"
finish
