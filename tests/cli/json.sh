#!/bin/sh
# --json: each command that prints results prints them as one document, and nothing else on standard output.
. "$(dirname "$0")/../lib.sh"
need python3 openssl
z=$ZONESIGN
sh "$top/testdata/demo/make-certs.sh" .
printf '$ORIGIN a.example.\n$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\nwww A 192.0.2.1\nt TXT "a \\"quoted\\" \\\\ one" ( "\\200" )\n' > a.example.zone

# get NAME EXPRESSION WANTED: of the document d in ./out
get() { is "$1" "$3" "$(python3 -c "import json; d = json.load(open('out')); print($2)" 2>&1)"; }
t0=1700000000
at() { now=$((t0 + $1)); shift; run "$z" --json --now $now "$@"; }

run "$z" --json init a.example.zone; is 'init' 0 $status; get 'init: what was written' '"%s %s" % (d["written"], d["zones"])' "zonesign.yaml ['a.example.']"
run "$z" --json init a.example.zone; is 'init again' 2 $status; is 'no document' '' "$(cat out)"
rm -f zonesign.yaml; printf 'policies: {default: {observe: off}}\nzones: {a.example: {file: a.example.zone, output: a.signed}}\n' > zonesign.yaml

run "$z" --json tlsa www.pem --host www.a.example --port 443 --records '3 1 1' --records '3 0 2'; is 'tlsa of a file' 0 $status
get 'two records' 'len(d["records"])' 2; get 'owner and TTL' '"%(owner)s %(ttl)d" % d["records"][0]' '_443._tcp.www.a.example. 3600'
is 'the same as in text' "$("$z" tlsa www.pem --host www.a.example --port 443 --records '3 1 1' --records '3 0 2' 2>/dev/null)" \
	"$(python3 -c 'import json; [print("%(owner)s %(ttl)d IN TLSA %(rdata)s" % r) for r in json.load(open("out"))["records"]]')"
run "$z" --json tlsa --hook certbot; is 'a script has no JSON' 2 $status
at 0 tlsa; is 'tlsa of a zone that was never built' 0 $status; get 'which has none' 'd["zones"]' "[{'zone': 'a.example.', 'records': []}]"
mkdir -p state/a.example; chmod -R go= state; echo 'version: 9' > state/a.example/state.yaml; at 0 tlsa; is 'a state that cannot be read' 3 $status
get 'no zone without a name' 'd["zones"]' '[]'; get 'and the reason' 'd["diagnostics"][0]["status"]' 3; rm -r state

run "$z" --json fmt --origin a.example a.example.zone; is 'fmt' 0 $status; get 'fmt: records' 'len(d["records"])' 5
is 'the same as in text' "$("$z" fmt --origin a.example a.example.zone)" \
	"$(python3 -c 'import json; [print("%(owner)s %(ttl)d IN %(type)s %(rdata)s" % r) for r in json.load(open("out"))["records"]]')"
echo '@ A 1.2.3' >> a.example.zone; run "$z" --json fmt --origin a.example a.example.zone; is 'fmt of a wrong zone' 3 $status; is 'no document' '' "$(cat out)"
sed -i '$d' a.example.zone; { cat a.example.zone; i=0; while [ $i -lt 20000 ]; do echo "n$i A 192.0.2.1"; i=$((i + 1)); done; } > long.zone
run "$z" --json fmt --origin a.example long.zone; get 'a document of many pieces' 'len(d["records"])' 20005

for command in build check ds status keys tlsa; do at 0 $command; ok "$command" python3 -m json.tool out; done
at 10 status; python3 - > names <<'EOF'
import json
def names(d):
    for name, value in d.items() if isinstance(d, dict) else [(None, one) for one in d] if isinstance(d, list) else []:
        yield from ([name] if name else [])
        yield from names(value)
print(*sorted(set(names(json.load(open("out"))))))
EOF
ok 'names of status' test "$(wc -w < names)" -ge 36
for name in $(cat names) failure kind reason reminder; do
	sed -n '/^\.It Cm status/,/^\.It Cm tlsa/p' "$top/cmd/zonesign.1" | grep -qE "^\.((It|Pq) )?Li (.* )?$name\b" && pass || fail "the manual has '$name' of status"
done
at 10 ds --ready; is 'ds --ready, too early' 5 $status; get 'the document says so' '"%(zone)s %(ready)s" % d["zones"][0]' 'a.example. False'
at 400000 build; at 400000 ds --ready; is 'ds --ready' 0 $status; get 'it is time' 'd["zones"][0]["ready"]' True
at 400000 ds --seen; is 'ds --seen' 0 $status; get 'what was seen' '"%(zone)s %(recorded)s" % d["zones"][0], d["zones"][0]["key_tag"] > 0' 'a.example. seen True'
at 400000 roll a.example zsk; is 'roll' 0 $status; get 'what is recorded' '"%(zone)s %(recorded)s %(emergency)s" % d' 'a.example. zsk False'
at 400001 roll a.example ksk --simulate; get 'a simulation' 'bool(d["events"][0]["event"])' True
at 400001 roll a.example --unsign; get 'unsign' 'd["recorded"]' unsign; at 400002 roll a.example --sign; get 'sign' 'd["recorded"]' sign
at 400003 roll a.example --abandon-chain=b.example; is 'a wish that is refused' 2 $status; is 'no document' '' "$(cat out)"
at 400004 keys generate --standby a.example; is 'keys generate' 0 $status; tag=$(python3 -c 'import json; print(json.load(open("out"))["key_tag"])')
get 'with its words' 'd["recorded"], "stands by" in d["diagnostics"][0]["message"]' 'generate True'
at 400005 keys; get 'the key is listed' "$tag in [k['key_tag'] for k in d['zones'][0]['keys']]" True
at 400006 keys retire a.example "$tag"; is 'keys retire' 0 $status; get 'the same tag' "d['recorded'], d['key_tag'] == $tag" 'retire True'
at 400007 build; cp a.signed served.zone; mkdir k; cp state/a.example/keys/* k; rm -r state a.signed
at 400008 keys import --served served.zone --dry-run a.example k/*.key; is 'keys import --dry-run' 0 $status; get 'not imported' 'd["imported"]' False
at 400009 keys import --served served.zone a.example k/*.key; is 'keys import' 0 $status
get 'imported' "d['imported'], sorted(set(k['role'] for k in d['keys']))" "True ['ksk', 'zsk']"

for command in --version --help 'build --help' 'fmt --origin a.example a.example.zone' '--json fmt --origin a.example long.zone' '--json keys'; do
	run sh -c "'$z' $command > /dev/full"; is "$command to a full disk" 1 $status; has 'is told' err 'cannot write to standard output: No space left on device'
done
finish
