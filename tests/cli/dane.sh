#!/bin/sh
# TLSA over time: what a build publishes when certificates change, when the gate opens, and what happens when things go wrong.
# The clock is --now throughout: propagation 1h, TTL 1h, safety 1h unless a test says otherwise.
. "$(dirname "$0")/../lib.sh"
need openssl ssh-keygen
z=$ZONESIGN

newkey() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null; }
newcert() { # NAME [KEY]: a certificate of mail.example.com
	[ -f "${2:-$1}.key" ] || newkey "${2:-$1}"
	openssl req -x509 -key "${2:-$1}.key" -days 3000 -subj "/CN=mail.example.com" -addext subjectAltName=DNS:mail.example.com -out "$1.pem" 2>/dev/null
}
spki() { openssl x509 -in "$1.pem" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F; }
for k in k1 k2 k3 k4; do newcert $k; eval "$k=\$(spki $k)"; done
openssl x509 -in k2.pem -noout -pubkey > k2.pub
openssl req -new -key k2.key -subj /CN=mail.example.com -out k2.csr 2>/dev/null

zone() { printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\n@ MX 1 mail\nmail A 192.0.2.25\nalt A 192.0.2.26\n%b' "${1:-}" > a.zone; }
config() { # ENTRY-LINES [ZONE-LINES]
	printf 'policies:\n  default: {observe: off}\nzones:\n  example.com:\n    file: a.zone\n    output: signed.zone\n%b    dane:\n      - host: mail.example.com\n        port: 25\n%b' "${2:-}" "$1" > zonesign.yaml
}
fresh() { rm -rf state signed.zone; zone; cp k1.pem mail.pem; rm -f next.pem; config '        certificate: mail.pem\n        next: next.pem\n'; }
at() { # TIME ARGUMENTS...: a run at 2026-12-TIME
	when=2026-12-$1; shift
	run "$z" --now "${when}:00Z" "$@"
}
served() { # which of the keys are in the signed zone
	for k in k1 k2 k3 k4; do
		eval "hash=\$$k"
		grep -q "^_25._tcp.mail.* IN TLSA 3 1 1 $hash" signed.zone && printf '%s ' $k
	done | sed 's/ $//'
}

# ---- the ordinary renewal, by every kind of file that next: takes ----
for next in k2.pem k2.pub k2.csr k2.key; do
	fresh
	at 01T00:00 build; is "first build with no next yet: status" 0 $status; is 'first build' k1 "$(served)"
	at 01T01:00 build; is 'nothing to do while next is still missing' '' "$(cat out err)"
	cp $next next.pem
	at 02T00:00 build; is "$next: status" 0 $status; is "$next: current and next" 'k1 k2' "$(served)"
done
cp state/example.com/state.yaml before; at 02T00:30 build; is 'unchanged stays unchanged' 0 "$(cmp before state/example.com/state.yaml >/dev/null; echo $?)"
at 02T02:59 tlsa --gate k2.pem; is 'gate: too early' 5 $status; has 'gate: from when' err '2026-12-02 03:00 UTC'
at 02T03:00 tlsa --gate k2.pem; is 'gate: open' 0 $status
at 02T03:00 tlsa --gate k3.pem; is 'gate: not published' 3 $status; has 'gate: what to do' err 'Keep the old certificate'
cp k2.pem mail.pem; rm next.pem
at 05T00:00 build; is 'the former stays' 'k1 k2' "$(served)"; has 'it is named' err 'is stale'; has 'and when it goes' err '2026-12-05 03:00 UTC'
has 'next_due is then' state/example.com/state.yaml 'next_due: 2026-12-05T03:00:00Z'
at 05T02:59 build; is 'still' 'k1 k2' "$(served)"
at 05T03:00 build; is 'and removed on time' k2 "$(served)"; has 'removal is said' err 'is removed'
at 05T04:00 build; is 'then nothing' '' "$(cat out err)"

# ---- the first set needs no warning: nothing older is in any cache ----
fresh; at 01T00:00 build; zone 'new A 192.0.2.1\n'; at 01T00:30 build; is 'soon after the first build: no warning' '' "$(grep 'cached' err)"

# ---- before the first build: nobody knows what the servers have of the zone ----
fresh; at 01T00:00 tlsa --gate k1.pem; is 'gate: never built' 3 $status; has 'what to do' err 'was not built yet'; has 'and meanwhile' err 'Keep the old certificate'; hasnt 'no promise' err 'no client expects'

# ---- what a build refuses opens no gate: a clock that leapt, an output that was exchanged ----
fresh; at 01T00:00 build; cp signed.zone restored; cp k2.pem next.pem; at 02T00:00 build; cp signed.zone newest
run "$z" --now 2028-12-02T00:00:00Z tlsa --gate k2.pem; is 'gate: a clock two years ahead' 4 $status; has 'gate: it is the clock' err 'refused by G17: the clock says 2028-12-02T00:00:00Z'
run "$z" --now 2026-12-01T12:00:00Z tlsa --gate k1.pem; is 'gate: a clock that went back' 4 $status
cp restored signed.zone; at 03T00:00 build; is 'an older output was restored: the build' 4 $status
at 03T00:00 tlsa --gate k2.pem; is 'an older output was restored: the gate' 4 $status; has 'gate: it is the output' err "refused by G18: 'signed.zone' is not what zonesign published last"; hasnt 'gate: no promise' out 'may switch'
run "$z" --json --now 2026-12-03T00:00:00Z tlsa --gate k2.pem; is 'gate: no document then' '4 ' "$status $(cat out)"
at 03T00:00 tlsa --stage mail.example.com; is 'stage: the build is refused' 4 $status; hasnt 'stage: no promise' out 'may be used'; is 'stage: said once' 1 "$(grep -c 'refused by' err)"
cp newest signed.zone; at 03T00:00 tlsa --gate k2.pem; is 'gate: a copy of the published one will do' 0 $status
rm signed.zone; at 03T00:00 tlsa --gate k2.pem; is 'gate: and so will none, which the next build makes' 0 $status

# ---- a state from a backup, older than the output: what that has is in caches, and may be the certificate in use ----
fresh; at 01T00:00 build; cp -r state backup; cp k2.pem next.pem; at 02T00:00 build; cp k2.pem mail.pem; rm next.pem; at 05T00:00 build; at 05T03:00 build; is 'a roll since the backup' k2 "$(served)"
rm -rf state; mv backup state; echo nothing > mail.pem
at 06T00:00 build --accept adopt; is 'adopted, with a certificate that cannot be read' 3 $status; is 'what was published stays' 'k1 k2' "$(served)"
cp k2.pem mail.pem; at 06T01:00 build; is 'it can be read again' 'k1 k2' "$(served)"; at 06T04:30 build; is 'and what the backup had goes' k2 "$(served)"

# ---- a key that was never published ----
fresh; at 01T00:00 build
cp k2.pem mail.pem
at 02T00:00 build; is 'not gated: both' 'k1 k2' "$(served)"; has 'not gated: said' err 'was not published before'; has 'not gated: when' err '2026-12-02 03:00 UTC'
cp k3.pem mail.pem
at 02T01:00 build; is 'several in a row' 'k1 k2 k3' "$(served)"
cp k1.pem mail.pem
at 02T02:00 build; is 'back to the former' 'k1 k2 k3' "$(served)"
at 02T03:00 tlsa --gate k1.pem; is 'which is right at once' 0 $status
at 02T09:00 build; is 'the detour is forgotten' k1 "$(served)"

# ---- TTL: the largest counts, also one that was lowered ----
fresh; config '        certificate: mail.pem\n        next: next.pem\n        ttl: 1d\n'; at 01T00:00 build
cp k2.pem next.pem; config '        certificate: mail.pem\n        next: next.pem\n        ttl: 60\n'
at 03T00:00 build; at 04T12:00 tlsa --gate k2.pem; is 'TTL was 1d: too early' 5 $status
at 05T00:59 tlsa --gate k2.pem; is 'TTL was 1d: still too early' 5 $status
at 05T01:00 tlsa --gate k2.pem; is 'TTL was 1d: open two of them later' 0 $status

# ---- TLSA that were in the zone file before the config made them: caches have them, with their TTL ----
plain() { printf 'policies:\n  default: {observe: off}\nzones:\n  example.com: {file: a.zone, output: signed.zone}\n' > zonesign.yaml; }
fresh; plain; zone "_25._tcp.mail 86400 TLSA 3 1 1 $k1\n"; at 01T00:00 build
zone; config '        certificate: mail.pem\n        next: k2.pem\n'; at 02T00:00 build; is 'from the zone file into the config' 'k1 k2' "$(served)"
at 02T03:00 tlsa --gate k2.pem; is 'TTL was 1d in the zone file: too early' 5 $status
at 04T00:59 tlsa --gate k2.pem; is 'TTL was 1d in the zone file: still too early' 5 $status
at 04T01:00 tlsa --gate k2.pem; is 'TTL was 1d in the zone file: open two of them later' 0 $status
fresh; plain; zone "_25._tcp.mail 86400 TLSA 3 1 1 $k1\n"; at 01T00:00 build
zone; config '        certificate: k2.pem\n'; at 02T00:00 build; is 'with another key: the former stays' 'k1 k2' "$(served)"; has 'and it is said' err 'was not published before'
at 04T01:59 build; is 'until the gate is open, and safety' 'k1 k2' "$(served)"; at 04T02:00 build; is 'no longer' k2 "$(served)"

# ---- what was at an owner before the config named it is not known any more: the largest TTL of the zone counts ----
not_before_two_days() { # NAME: from 02T00:10 on the records are served
	is "$1: both are published" 'k1 k2' "$(served)"; hasnt "$1: no word of what nobody saw" err 'is cached'
	at 02T03:10 tlsa --gate k2.pem; is "$1: too early" 5 $status
	at 04T01:09 tlsa --gate k2.pem; is "$1: still too early" 5 $status
	at 04T01:10 tlsa --gate k2.pem; is "$1: open two TTL later" 0 $status
}
named() { config '        certificate: mail.pem\n        next: k2.pem\n'; }
fresh; plain; zone "_25._tcp.mail 86400 TLSA 3 1 1 $k1\n"; at 01T00:00 build; zone; at 02T00:00 build
named; at 02T00:10 build; not_before_two_days 'taken out of the zone file ten minutes ago'
fresh; plain; zone "*._tcp.mail 86400 TLSA 3 1 1 $k1\n"; at 01T00:00 build
named; at 02T00:10 build; not_before_two_days 'a wildcard'
fresh; plain; zone "_25._tcp.mail 86400 CNAME _dane\n_dane TLSA 3 1 1 $k1\n"; at 01T00:00 build
zone; named; at 02T00:10 build; not_before_two_days 'a CNAME'
fresh; plain; zone "_25._tcp.mail 86400 TLSA 3 1 1 $k1\n"; at 01T00:00 build; mv signed.zone served.zone; mkdir other; mv state/example.com/keys/K* other; rm -rf state
zone; named; at 02T00:00 keys import --served served.zone example.com other/K*; is 'keys of another signer' 0 $status
at 02T00:10 build --accept adopt; not_before_two_days 'another signer'
fresh; at 01T00:00 build; cp k2.pem next.pem; at 01T00:10 build; at 01T03:10 tlsa --gate k2.pem; is 'where nothing was before, nothing else counts' 0 $status

# ---- a reload that fails: since counts from when it works ----
fresh; config '        certificate: mail.pem\n        next: next.pem\n' '    reload: {shell: "test -e reload-works"}\n'
touch reload-works; at 01T00:00 build; rm reload-works
cp k2.pem next.pem
at 02T00:00 build; is 'the reload fails' 1 $status; is 'it is published all the same' 'k1 k2' "$(served)"
at 03T00:00 tlsa --gate k2.pem; is 'gate: not in service' 5 $status; has 'gate: says so' err 'not in service'
touch reload-works; at 03T01:00 build; is 'the reload works' 0 $status
at 03T03:59 tlsa --gate k2.pem; is 'gate: counts from the reload' 5 $status
at 03T04:00 tlsa --gate k2.pem; is 'gate: open three hours later' 0 $status
rm reload-works; cp k3.pem mail.pem; at 04T00:00 build; at 06T00:00 build; is 'nothing is removed before its successor is in service' 'k1 k2 k3' "$(served)"

# ---- the input is refused after the TLSA were computed, while a reload is still owed: nothing is in service that was not published ----
fresh; config '        certificate: mail.pem\n        next: next.pem\n' '    reload: {shell: "test -e reload-works"}\n'
touch reload-works; at 01T00:00 build; rm reload-works; cp k2.pem next.pem; at 02T00:00 build
cp k3.pem mail.pem; zone 'long 30d A 192.0.2.9\n'; touch reload-works; at 02T01:00 build; is 'refused: status' 3 $status; is 'refused: what was published stays' 'k1 k2' "$(served)"
hasnt 'refused: the state knows nothing of the new key' state/example.com/state.yaml "$(echo "$k3" | tr A-F a-f)"
at 02T05:00 tlsa --gate k2.pem; is 'refused: but the reload was made up for' 0 $status
at 02T05:00 tlsa --gate k3.pem; is 'refused: and the new key is not published' 3 $status

# ---- propagation: observe, and servers that do not answer: published is not in service ----
fresh; cp k2.pem next.pem
observed() { printf 'policies:\n  default: {observe: off, propagation: {zone: observe}}\nzones:\n  example.com:\n    file: a.zone\n    output: signed.zone\n    servers: [127.0.0.1@1]\n    dane:\n      - {host: mx, port: 25, certificate: mail.pem, next: next.pem}\n' > zonesign.yaml; }
observed; at 01T00:00 build; is 'observe: nobody answers' 5 $status; is 'observe: published' 'k1 k2' "$(served)"
at 05T00:00 tlsa --gate k2.pem; is 'observe: gate' 5 $status; has 'observe: gate says why' err 'not in service yet: '
at 05T00:00 tlsa example.com; has 'observe: list' out 'not in service yet'
at 05T00:00 --json tlsa --gate k2.pem; is 'observe: gate --json' 'False None' "$(python3 -c 'import json; d=json.load(open("out")); print(d["may_switch"], d["from"])')"

# ---- records: 3 1 1 becomes 3 1 2, and the other way ----
kinds() { sed -n 's/^_25._tcp.mail.* IN TLSA \(. . .\) .*/\1/p' signed.zone | sort | uniq -c | xargs; }
fresh; cp k2.pem next.pem; at 01T00:00 build
config '        certificate: mail.pem\n        next: next.pem\n        records: 3 1 2\n'; at 02T00:00 build
is 'both digests of both keys' '2 3 1 1 2 3 1 2' "$(kinds)"; has 'it is said' err 'is not asked for any more'
at 02T04:00 build; is 'then the new ones' '2 3 1 2' "$(kinds)"
config '        certificate: mail.pem\n        next: next.pem\n'; at 03T00:00 build; at 03T04:00 build; is 'and back' '2 3 1 1' "$(kinds)"
cp k3.pem mail.pem; rm next.pem; config '        certificate: mail.pem\n        records: 3 1 2\n'; at 04T00:00 build
is 'with a new key at once: SHA-512 waits' '3 3 1 1' "$(kinds)"; has 'it says so' err 'SHA-512 waits'
at 04T04:00 build; at 04T08:00 build; is 'and comes' '1 3 1 2' "$(kinds)"

# ---- TLSA of the zone file that no client can use are published, said, and read back from the state ----
fresh; zone '_25._tcp.mail TLSA 3 1 1 abcd\n'; at 01T00:00 build; is 'a useless TLSA: status' 0 $status; at 02T00:00 tlsa; is 'a useless TLSA: the list' 0 $status; has 'a useless TLSA: in it' out 'of the zone file'; zone
# ---- two entries at one name, a key that is current in one and next in the other ----
fresh; config '        certificate: mail.pem\n        next: k2.pem\n      - {host: mail.example.com, port: 25, certificate: k2.pem}\n'; at 01T00:00 build; is 'two entries' 'k1 k2' "$(served)"; is 'current wins' 0 "$(grep -c 'role: next' state/example.com/state.yaml)"
# ---- the host leaves, the port leaves ----
fresh; config '        certificate: mail.pem\n      - {host: alt.example.com, port: [25, 465], certificate: k2.pem}\n'; at 01T00:00 build; is 'four records' 3 "$(grep -c 'IN TLSA' signed.zone)"
config '        certificate: mail.pem\n      - {host: alt.example.com, port: 25, certificate: k2.pem}\n'; at 02T00:00 build; is 'the port is gone' 2 "$(grep -c 'IN TLSA' signed.zone)"; has 'and said' err '_465._tcp.alt.example.com.: the config names it no more'
config '        certificate: mail.pem\n'; at 03T00:00 build; is 'the host is gone' 1 "$(grep -c 'IN TLSA' signed.zone)"
# ---- what left the config is still in caches: the gate waits for it, if the certificate could be for that host ----
two() { config "        certificate: mail.pem\n        next: k2.pem\n$1"; }
fresh; two '      - {host: mail.example.com, port: 465, certificate: mail.pem}\n      - {host: alt.example.com, port: 25, certificate: k3.pem}\n'
at 01T00:00 build; at 02T00:00 build
at 02T12:00 tlsa --gate k2.pem; is 'a port without the key: it is not published there' 3 $status
two '      - {host: alt.example.com, port: 25, certificate: k3.pem}\n'
at 02T12:00 tlsa --gate k2.pem; is 'the port left the config, and not yet the zone: not yet' 5 $status; has 'it says which' err '_465._tcp.mail.example.com.: not before 2026-12-02 15:00 UTC: the config names it no more'
at 02T12:00 tlsa --gate k1.pem; is 'a key that caches have there may stay' 0 $status
at 03T00:00 build; at 03T02:59 tlsa --gate k2.pem; is 'it left the zone: not yet' 5 $status; has 'until caches have lost it' err '_465._tcp.mail.example.com.: not before 2026-12-03 03:00 UTC'
at 03T02:59 tlsa --gate k2.pem --port 25; is 'another port is not concerned' 0 $status
at 03T02:59 --json tlsa --gate k2.pem; is 'gone: --json' 'False 2026-12-03T03:00:00Z' "$(python3 -c 'import json; d=json.load(open("out")); print(d["may_switch"], d["from"])')"
at 03T03:00 tlsa --gate k2.pem; is 'it is gone everywhere' 0 $status
two ''; at 04T00:00 build; at 04T00:01 tlsa --gate k2.pem; is 'a host that the certificate does not name is not waited for' 0 $status
at 04T00:01 tlsa --gate k2.pub; is 'a bare key is for where it is published' 0 $status
# ---- killed between the rename and the record: the next run knows what is published ----
fresh; at 01T00:00 build; cp k2.pem mail.pem; cp state/example.com/state.yaml before.yaml; at 02T00:00 build
sed 's/^clock:/&/' before.yaml > state/example.com/state.yaml # the state lags behind the output: as after a lost write
at 02T01:00 build --accept adopt; is 'a state that lags: status' 0 $status; is 'a state that lags: both stay' 'k1 k2' "$(served)"
at 02T02:00 tlsa --gate k2.pem; is 'a state that lags: counted from when it is known' 5 $status

# ---- files that break, and what that does to signing ----
fresh; cp k2.pem next.pem; at 01T00:00 build
echo broken > mail.pem
at 02T00:00 build; is 'a broken certificate: status' 3 $status; is 'its records stay' 'k1 k2' "$(served)"
zone 'new A 192.0.2.1\n'
at 02T01:00 build; is 'the rest goes on: status' 3 $status; has 'the rest goes on' signed.zone 'new.example.com.'; is 'its records still stay' 'k1 k2' "$(served)"
at 12T00:00 build; is 'signatures are renewed' 3 $status; ok 'and all is valid' "$z" --now 2026-12-12T00:00:00Z verify --origin example.com signed.zone
cp k1.pem mail.pem; at 12T01:00 build; is 'mended' 0 $status; is 'nothing was lost' 'k1 k2' "$(served)"
cp k3.pem mail.pem; printf 'broken\n' >> a.zone
at 20T00:00 build; is 'a broken zone: status' 3 $status; is 'the rescue serves what was served' 'k1 k2' "$(served)"
hasnt 'and the state knows of nothing else' state/example.com/state.yaml "$(echo "$k3" | tr A-F a-f)"
zone; at 20T01:00 build; is 'mended: both' 'k1 k2 k3' "$(served)"

# ---- what leaves the config ----
fresh; at 01T00:00 build
printf 'zones:\n  example.com: {file: a.zone, output: signed.zone}\n' > zonesign.yaml
at 02T00:00 build; is 'the entry is gone: status' 0 $status; is 'so are its records' '' "$(served)"; has 'until when caches have them' err '2026-12-02 02:00 UTC'
zone "_25._tcp.mail TLSA 3 1 1 $k4\n"; fresh_config() { config '        certificate: mail.pem\n'; }
rm -rf state signed.zone; zone; fresh_config; at 01T00:00 build
zone "_25._tcp.mail TLSA 3 1 1 $k4\n"; printf 'zones:\n  example.com: {file: a.zone, output: signed.zone}\n' > zonesign.yaml
at 02T00:00 build; is 'G19: another record takes its place' 4 $status; has 'G19 is named' err 'G19'; is 'G19: the former is served' k1 "$(served)"
at 02T00:00 build --accept G19; is 'G19 accepted' 0 $status; is 'G19 accepted: done' k4 "$(served)"; has 'G19 accepted: recorded' state/example.com/state.yaml 'guard: "G19"'
zone "_25._tcp.mail TLSA 3 1 2 $k4$k4\n"; fresh_config; rm -rf state signed.zone
at 01T00:00 build; is 'G19: a stronger digest of another key in the zone file' 4 $status; has 'it says why' err 'stronger digest'

fresh; at 01T00:00 build; echo broken > mail.pem; zone "_25._tcp.mail TLSA 3 1 2 $k4$k4\\n"
at 02T00:00 build; is 'G19: the same while the certificate cannot be read' 4 $status; is 'and the former is served' '1 1' "$(served | wc -w) $(grep -c 'IN TLSA' signed.zone)"

# ---- the state is lost ----
fresh; cp k2.pem next.pem; at 01T00:00 build; rm next.pem
mkdir kept; cp state/example.com/keys/* kept; rm -rf state; mkdir -p state/example.com; chmod 700 state state/example.com; cp -r kept state/example.com/keys; chmod 700 state/example.com/keys; rm -r kept
at 02T00:00 build --accept adopt; is 'state lost: status' 0 $status; is 'state lost: what was served stays' 'k1 k2' "$(served)"
at 03T00:00 build; is 'state lost: until caches have the rest' k1 "$(served)"

# ---- several certificates, ports and hosts ----
fresh; config '        certificate: [k1.pem, k2.pem]\n        next: next.pem\n'; cp k3.pem next.pem
at 01T00:00 build; is 'a list, and next' 'k1 k2 k3' "$(served)"
at 03T00:00 tlsa --gate k3.pem; is 'its gate' 0 $status
fresh; printf '      - host: alt.example.com\n        port: 25\n        certificate: k4.pem\n' >> zonesign.yaml; cp k2.pem next.pem; at 01T00:00 build
at 03T00:00 tlsa --gate k2.pem; is 'gate: the names of the certificate choose the hosts' 0 $status
at 03T00:00 tlsa --gate k2.pem --host alt.example.com; is 'gate: --host alt' 3 $status
at 03T00:00 tlsa --gate k2.pem --host mail.example.com --port 25; is 'gate: --host mail' 0 $status
at 03T00:00 tlsa --gate k2.pem --host nowhere.example.com; is 'gate: no such host' 3 $status; has 'gate: no such host' err 'no entry'
at 03T00:00 tlsa --gate k2.pub; is 'gate of a bare key' 0 $status
at 03T00:00 tlsa --gate missing.pem; is 'gate of a missing file' 3 $status
at 03T00:00 --json tlsa --gate k2.pem; is 'gate --json' true "$(python3 -c 'import json; d=json.load(open("out")); print(str(d["may_switch"] and d["owners"][0]["verdict"] == "open").lower())')"

# ---- one certificate for hosts that it does not name, in two zones, one of which cannot be built ----
fresh; zone; sed 's/^alt.*/www A 192.0.2.27/' a.zone > b.zone; openssl req -x509 -key k2.key -days 3000 -subj /CN=www -addext subjectAltName=DNS:mail.example.com -out both.pem 2>/dev/null
printf '  example.net:\n    file: b.zone\n    output: b.signed\n    dane:\n      - {host: www.example.net, port: 25, certificate: mail.pem, next: next.pem}\n' >> zonesign.yaml
at 01T00:00 build; cp b.zone b.good; echo broken >> b.zone; cp both.pem next.pem; at 02T00:00 build; is 'one of two zones: status' 3 $status; is 'one of two zones: published' 'k1 k2' "$(served)"
at 03T00:00 tlsa --gate next.pem; is 'one of two zones: the gate' 3 $status; has 'one of two zones: which' err '_25._tcp.www.example.net.: the key of'
at 03T00:00 tlsa --gate next.pem example.com; is 'one of two zones: asked for one' 0 $status
mv b.good b.zone; at 03T00:00 build; at 03T02:59 tlsa --gate next.pem; is 'both zones: too early' 5 $status; at 03T03:00 tlsa --gate next.pem; is 'both zones: the gate' 0 $status

# ---- a trust anchor: any certificate that it issued, with the right name and in its dates ----
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3000 -subj /CN=CA 2>/dev/null
issued() { # NAME HOST
	newkey "$1"; openssl req -new -key "$1.key" -subj "/CN=$2" -out "$1.csr" 2>/dev/null
	printf 'subjectAltName=DNS:%s\nbasicConstraints=critical,CA:FALSE\n' "$2" > ext; openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 100 -extfile ext -out "$1.pem" 2>/dev/null; cat ca.pem >> "$1.pem"
}
issued a1 mail.example.com; issued a2 mail.example.com; issued a3 other.example.com
now=$(date +%s); rm -rf state signed.zone; zone; config '        certificate: a1.pem\n        records: 2 1 1\n'
run "$z" --now "$now" build; is 'anchor: build' 0 $status
later=$((now + 86400))
run "$z" --now $later tlsa --gate a2.pem; is 'anchor: another certificate of it' 0 $status
run "$z" --now $later tlsa --gate a3.pem --host mail.example.com; is 'anchor: with another name' 3 $status
run "$z" --now $((now + 200 * 86400)) tlsa --gate a2.pem; is 'anchor: expired' 3 $status
openssl req -x509 -key ca.key -out ca2.pem -days 10 -subj /CN=CA 2>/dev/null; openssl x509 -in a2.pem > a4.pem; cat ca2.pem >> a4.pem
run "$z" --now $later tlsa --gate a4.pem; is 'anchor: an older certificate of it' 0 $status
run "$z" --now $((now + 20 * 86400)) tlsa --gate a4.pem; is 'anchor: the anchor itself expired' 3 $status
run "$z" --now $later tlsa --gate k1.pem; is 'anchor: of no anchor' 3 $status
fresh; cp k2.pem next.pem; at 01T00:00 build

# ---- the list of a zone ----
at 03T00:00 tlsa example.com; is 'list: status' 0 $status; has 'list: current' out 'current'; has 'list: next' out 'next'; has 'list: since' out '2026-12-01 00:00 UTC'
at 03T00:00 --json tlsa example.com; is 'list --json' '2 2026-12-01T00:00:00Z 2026-12-01T03:00:00Z' "$(python3 -c 'import json; r=json.load(open("out"))["zones"][0]["records"]; print(len(r), r[0]["since"], r[0]["safe_from"])')"

# ---- a few lines that ask for more than anybody serves: each host with each port, file and kind of record ----
many() { seq "$1" | sed "s/.*/$2/" | paste -sd,; }
asks() { # NAME WORDS: check says so, soon
	run timeout 20 "$z" -q check; is "$1: status" 3 $status; has "$1" err "$2"
}
zone; printf 'policies:\n  default: {observe: off}\nzones:\n  example.com:\n    file: a.zone\n    output: signed.zone\n' > bomb.yaml
cp bomb.yaml zonesign.yaml; printf '    dane:\n      - {host: [%s], port: [%s], certificate: k1.pem}\n' "$(many 1000 'h&.example.com')" "$(many 1000 '&')" >> zonesign.yaml
asks 'a thousand hosts, each with a thousand ports' "zonesign.yaml:8:9: error: 'dane' asks for more than 10000 records with this entry"
cp bomb.yaml zonesign.yaml; printf '    dane:\n      - {host: mx, port: [%s], certificate: k1.pem, records: [%s]}\n' "$(many 200000 '80')" "$(many 200000 '0 0 1')" >> zonesign.yaml
asks '200,000 ports, each with 200,000 kinds' "'dane' asks for more than 10000 records with this entry"
cp bomb.yaml zonesign.yaml; printf '    smimea:\n      - {address: [%s], certificate: [%s]}\n' "$(many 200 'h&@example.com')" "$(many 51 'k1.pem')" >> zonesign.yaml
asks '200 addresses, each with 51 files' "'smimea' asks for more than 10000 records with this entry"
cp bomb.yaml zonesign.yaml; printf '    dane:\n      - {host: [%s], port: 25, certificate: k1.pem}\n      - {host: alt.example.com, port: 25, certificate: k1.pem}\n' "$(many 10000 'alt.example.com')" >> zonesign.yaml
asks 'all entries count' "zonesign.yaml:9:9: error: 'dane' asks for more than 10000 records with this entry"
# the zone file alone, where its config says mx
zone "$(many 100000 'm& MX 1 m&\\nm& A 192.0.2.1' | tr , '\n' | sed 's/$/\\n/' | tr -d '\n')"; cp bomb.yaml zonesign.yaml; printf '    dane:\n      - {host: mx, port: 25, certificate: k1.pem}\n' >> zonesign.yaml
asks '100,000 MX hosts' "zonesign.yaml:8:16: error: the hosts that 'mx' stands for want more than 10000 TLSA records"
# files, as often as they are named
zone; head -c 4000000 /dev/zero | tr '\0' '\n' > large.pem; cat k1.pem >> large.pem; cp bomb.yaml zonesign.yaml
printf '    dane:\n      - {host: alt.example.com, port: 25, certificate: [%s]}\n' "$(many 5000 'large.pem')" >> zonesign.yaml
asks 'a file of 4 MB, 5,000 times' 'the files that records are made of have more than 268435456 octets together'
ssh-keygen -q -t ed25519 -N '' -f host 2>/dev/null; yes "$(cat host.pub)" | head -n 64 > hosts.pub; cp bomb.yaml zonesign.yaml
printf '    sshfp:\n      - {host: [%s], keys: hosts.pub}\n' "$(many 200 'alt.example.com')" >> zonesign.yaml
asks '200 hosts with 64 keys in a file' "the keys in the files of 'sshfp' make more than 10000 records"
rm -f large.pem
finish
