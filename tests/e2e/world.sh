#!/bin/sh
# The whole way to the parent as a stranger goes it, in a network namespace of its own: root servers, the parent's name servers and
# their addresses, port 53, validation from the root's key. Nothing is configured but root hints and trust anchor.
if [ -z "${ZS_WORLD:-}" ] && unshare -rn true 2>/dev/null && command -v ip >/dev/null; then
	ZS_WORLD=yes exec unshare -rn sh "$0"
fi
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need nsd dig python3 dnssec-signzone dnssec-keygen named-compilezone
if [ -z "${ZS_WORLD:-}" ]; then
	echo 'skipped: no network namespaces here; the way from the root to the parent is not tested'
	finish
fi
ip link set lo up
t0=1796083200
make_parent parent.signed
printf '$TTL 3600\n. SOA ns. host. 1 7200 3600 1209600 3600\n. NS ns.\nns. A 127.0.0.53\ntest. NS ns1.test.\ntest. NS ns2.test.\nns1.test. A 127.0.0.1\nns2.test. A 127.0.0.2\n' > root.plain
cat dsset-test. >> root.plain
mkdir root-keys
dnssec-keygen -q -K root-keys -a ECDSAP256SHA256 -f KSK . >/dev/null
dnssec-keygen -q -K root-keys -a ECDSAP256SHA256 . >/dev/null
ok 'the root is signed' dnssec-signzone -q -S -P -d . -K root-keys -s $parent_from -e $parent_until -o . -f root.signed root.plain
printf '. 3600 NS ns.\nns. 3600 A 127.0.0.53\n' > hints
cat dsset-. > anchor
mkdir r n1 n2
cp root.signed r/..zone
cp parent.signed n1/test.zone
cp parent.signed n2/test.zone
nsd_start r 127.0.0.53@53 .
nsd_start n1 127.0.0.1@53 test
nsd_start n2 127.0.0.2@53 test
printf '$TTL 300\n@ SOA ns1 host 1 7200 3600 1209600 300\n@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\n' > a.zone
cat > zonesign.yaml <<-EOF
	policies:
	  default: {dnskey-ttl: 5m, propagation: {zone: 1m, parent: 1m}, parent-ds-ttl: 30m, safety: 0, observe: {root-hints: hints, trust-anchor: anchor}}
	zones:
	  a.test: {file: a.zone, output: a.signed}
EOF
"$z" -q --now $t0 build
"$z" -q --now $((t0 + 600)) build
make_parent parent.signed "$("$z" --now $((t0 + 600)) ds --format ds)"
nsd_load n1 127.0.0.1@53 test parent.signed
nsd_load n2 127.0.0.2@53 test parent.signed
run "$z" --now $((t0 + 700)) build
is 'from the root to the parent' 0 $status
has 'the DS is seen' state/a.test/state.yaml 'ds_seen: 2026-12-01T00:11:40Z'
run "$z" --json --now $((t0 + 700)) ds --check
is '--check' 0 $status
cat > servers.py <<'EOF'
import json
d = json.load(open("out"))["zones"][0]
print(d["parent"], d["chain"], *sorted("%s %s %s" % (s["server"], s["address"], s["validated"]) for s in d["servers"]))
EOF
is 'every address of every server' 'test. secure ns1.test. 127.0.0.1 True ns2.test. 127.0.0.2 True' "$(python3 servers.py)"

# -- the name above is an alias, as www is one in many zones, of a zone or of one that nobody serves: it is no zone, and the parent is above it
printf 'state: below\npolicies: {default: {observe: {root-hints: hints, trust-anchor: anchor}}}\nzones:\n  dev.www.test: {file: a.zone, output: dev.signed}\n' > dev.yaml
"$z" -q -c dev.yaml --now $t0 build
for end in nobody.test test; do
	make_parent parent.signed "www CNAME $end." 'dev.www NS ns1.a' 'nobody NS ns.nobody' 'ns.nobody A 127.0.0.99' "$("$z" -c dev.yaml --now $t0 ds --format ds | grep -v '^;')"
	nsd_load n1 127.0.0.1@53 test parent.signed
	nsd_load n2 127.0.0.2@53 test parent.signed
	run "$z" -c dev.yaml --json --now $((t0 + 700)) ds --check
	is "an alias of $end above: --check" 0 $status
	is "an alias of $end above: the parent is above it" 'test. secure ns1.test. 127.0.0.1 True ns2.test. 127.0.0.2 True' "$(python3 servers.py)"
done
"$z" -c dev.yaml --json check --live --root-hints hints --trust-anchor anchor --timeout 5s > live.json
is 'an alias above: no link of the chain' '. test.' "$(python3 -c 'import json
print(*(s["subject"] for s in json.load(open("live.json"))["zones"][0]["steps"] if s["id"] == "chain"))')"
"$z" check --live --root-hints hints --trust-anchor anchor --timeout 5s --origin www.test > out 2> err
has 'an alias of a zone: that is told' out '[FAIL] www.test.: this is no zone of its own, but an alias of test.'
hasnt 'an alias of a zone: nobody is told to load it' out 'load the'
hasnt 'an alias of a zone: no DS is left over' out 'left-over'

# -- a zone that validators refuse comes into service all the same: how else would it be mended? Servers by name; the anchor is not the root's
sed 's/ 2 [0-9A-F].*/ 2 0000000000000000000000000000000000000000000000000000000000000000/' anchor > wrong-anchor
printf '$TTL 300\n@ SOA ns1 host 1 7200 3600 1209600 300\n@ NS ns1\n@ NS ns2\nns1 A 127.0.0.3\nns2 A 127.0.0.4\n' > b.zone
mkdir c1 c2; cp b.zone c1/b.test.zone; cp b.zone c2/b.test.zone
nsd_start c1 127.0.0.3@53 b.test; nsd_start c2 127.0.0.4@53 b.test
make_parent parent.signed 'b NS ns1.b' 'b NS ns2.b' 'ns1.b A 127.0.0.3' 'ns2.b A 127.0.0.4'
nsd_load n1 127.0.0.1@53 test parent.signed
nsd_load n2 127.0.0.2@53 test parent.signed
cat > b.yaml <<-EOF
	policies:
	  default: {propagation: {zone: observe}, observe: {root-hints: hints, trust-anchor: wrong-anchor}}
	zones:
	  b.test: {file: b.zone, output: c1/b.test.zone, reload: sh load.sh}
EOF
echo 'cp c1/b.test.zone c2/b.test.zone; kill -HUP $(cat c1/pid c2/pid)' > load.sh
run "$z" -c b.yaml build
is 'a zone that validators refuse comes into service' 0 $status
echo 'x A 192.0.2.1' >> b.zone; echo 'kill -HUP $(cat c1/pid)' > load.sh
run "$z" -c b.yaml build
is 'its servers are asked' 5 $status
has 'each of them' err 'ns2.b.test. at 127.0.0.4 has serial'
finish
