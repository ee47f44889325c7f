#!/bin/sh
# propagation: {zone: observe} with servers as they are: secondaries that take their time, and one that is dead. NSD on loopback; the secondary
# gets a copy of the file when the script says so. The clock is given where nothing has to be waited for.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need nsd dig openssl python3 dnssec-signzone dnssec-keygen named-compilezone

set -- $(free_ports 3)
one=127.0.0.1@$1 two=127.0.0.2@$1 silent=127.0.0.1@$2 parent=127.0.0.1@$3
t0=1796083200 # 2026-12-01T00:00:00Z
at() { at=$1; shift; run "$z" --now $((t0 + at)) "$@"; }
state() { grep -E "^ *$1: " state/a.test/state.yaml | head -n 1 | sed 's/^ *[a-z_]*: //'; }
zone_file() { printf '$TTL 300\n@ SOA ns1 host 1 7200 3600 1209600 300\n@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\nwww A 192.0.2.%s\n' "$1"; }

# -- a dead secondary: it is waited for in three zones, not in all that are behind them
python3 - "$2" <<'EOF' &
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.1", int(sys.argv[1]))); t = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64); 
v = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
try: v.bind(("::1", int(sys.argv[1]))); open("six", "w").close()
except OSError: pass
open("silent.up", "w").close(); time.sleep(600)
EOF
pids="$pids $!"
until [ -e silent.up ]; do sleep 0.05; done
zone_file 1 > a.zone
{ printf 'state: many\npolicies: {default: {observe: off, propagation: {zone: observe}}}\nzones:\n'; for n in 1 2 3 4 5 6; do echo "  $n.test: {file: a.zone, output: $n.signed, servers: [$silent]}"; done; } > many.yaml
{ begun=$(date +%s); "$z" -c many.yaml -q build --jobs 1 2> many.err; echo "$? $(($(date +%s) - begun))" > many.status; } & many=$!
# the same of a server that takes the reload and does not answer
mkfifo wait; cp /bin/sh nsd; ./nsd -c 'trap "" HUP; read -r line < wait' & echo $! > nobody.pid; pids="$pids $!"
{ printf 'state: primary\npolicies: {default: {observe: off}}\nzones:\n'; for n in 1 2 3 4 5 6 7 8; do echo "  $n.test: {file: a.zone, output: p$n.signed, publish: {nsd: {pid-file: nobody.pid, server: $silent, wait: 4s}}}"; done; } > primary.yaml
{ begun=$(date +%s); "$z" -c primary.yaml --now $t0 -q build --jobs 1 2> primary.err; echo "$? $(($(date +%s) - begun))" > primary.status; } & primary=$!

# nor of one that takes no updates
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout c.key -out c.pem -subj /CN=x -days 30 2> openssl.err
printf 'key "k" { algorithm hmac-sha256; secret "MTIzNDU2Nzg5MDEyMzQ1Ng=="; };\n' > k.key; chmod 600 k.key
{ printf 'state: update\npolicies: {default: {observe: off}}\nzones:\n'; for n in 1 2 3 4 5 6; do echo "  $n.test: {file: a.zone, dane: [{host: www.$n.test, port: 443, certificate: c.pem}], publish: {update: {server: $silent, key: k.key}}}"; done; } > update.yaml
{ begun=$(date +%s); "$z" -c update.yaml -q build --jobs 1 2> update.err; echo "$? $(($(date +%s) - begun))" > update.status; } & update=$!

# nor IPv6 that leads nowhere, which it does for the servers of all parents
if [ -e six ]; then
	mkdir parent; make_parent parent/test.zone '1 NS ns1.a' '2 NS ns1.a' '3 NS ns1.a' '4 NS ns1.a' '5 NS ns1.a' '6 NS ns1.a'; nsd_start parent $parent test
	{ printf 'state: state-six\npolicies: {default: {observe: {servers: ["::1@%s", %s], trust-anchor: ta}}}\nzones:\n' "${silent#*@}" $parent; for n in 1 2 3 4 5 6; do echo "  $n.test: {file: a.zone, output: six$n.out}"; done; } > six.yaml
	{ begun=$(date +%s); "$z" -c six.yaml --now $t0 build --jobs 1 > six.out 2>&1; echo "$? $(($(date +%s) - begun))" > six.status; } & six=$!
fi

# -- a secondary that has each version only after the run
mkdir one two; cp a.zone one/a.test.zone; cp a.zone two/a.test.zone
nsd_start one $one a.test; nsd_start two $two a.test
cat > load.sh <<EOF
kill -HUP \$(cat one/pid)
serial=\$(awk '\$4 == "SOA" { print \$7; exit }' one/a.test.zone)
for i in \$(seq 100); do dig +short +tries=1 +time=1 -p ${one#*@} @127.0.0.1 a.test SOA | grep -q " \$serial " && exit 0; sleep 0.03; done
exit 1
EOF
cat > zonesign.yaml <<EOF
policies:
  default: {dnskey-ttl: 5m, propagation: {zone: observe}, safety: 0, observe: off}
zones:
  a.test: {file: a.zone, output: one/a.test.zone, servers: [$one, $two], reload: sh load.sh}
EOF
catch_up() { nsd_load two $two a.test one/a.test.zone; }
at 0 build; is 'the secondary has the former version' 5 $status; has 'it is named, once' err "everywhere: $two has serial 1, not yet"; is 'not in service' never "$(state served_since)"
at 590 ds --ready; is 'too early for a DS' 5 $status; has 'not for the reload' err "not in service yet: $two has serial 1, not yet"
at 595 status; is 'status' 5 $status; has 'what if it never comes' out "Each build tries again. One that is gone for good must leave 'servers'"
at 600 build; is 'and it still has' 5 $status; is 'nothing is published anew' "$(state serial)" $((t0))
catch_up; touch a.zone; at 1200 build; is 'the file is written anew, as it was' 0 $status; has 'the secondary has it by now' err "serial $t0 is in service now"
is 'nothing is published anew for that' $t0 "$(state serial)"; is 'in service since that run' 2026-12-01T00:20:00Z "$(state served_since)"
for n in 1 2 3 4 5; do # a zone that changes with each run
	zone_file $((n + 1)) > a.zone; at $((n * 3600)) build; is "change $n: published" 5 $status; catch_up
done
is 'the newest is in service nowhere but at one' never "$(state served_since)"
at 18010 ds --ready; is 'and yet the time of the first DS has come' 0 $status
"$z" --now $((t0 + 18020)) -q roll a.test zsk
for n in $(seq 6 20); do zone_file $((n + 1)) > a.zone; at $((n * 3600)) build; catch_up; done
is 'the ZSK rolls all the same' 'coming gone active' "$("$z" --json --now $((t0 + 72600)) status | python3 -c 'import json, sys; print(*(k["standing"] for k in json.load(sys.stdin)["zones"][0]["keys"]))')"

# -- what was decided since is in no version: it gets no date by that
zone_file 22 > a.zone; at 73000 build; is 'a version that is not everywhere' 5 $status; catch_up
at 73010 roll a.test --abandon-chain=a.test; at 73020 build; is 'the chain is given up' 5 $status
ok 'keys leave with the version that is not everywhere yet' grep -q 'unretentive' state/a.test/state.yaml
hasnt 'and have no date' state/a.test/state.yaml ', since: 2026-12-01T20:17:00Z'

# -- servers that cannot serve the zone say so
mkdir three; cp a.zone three/other.zone; cp a.zone three/a.test.zone; echo broken >> three/a.test.zone; cp zonesign.yaml both.yaml
nsd_start three 127.0.0.3@${one#*@} other; sed -i "s/servers: .*\], /servers: [$one, 127.0.0.3@${one#*@}], /" zonesign.yaml
at 74000 build; has 'one that does not have it' err "127.0.0.3@${one#*@} does not say which serial it has: it refuses questions for the zone"
kill "$(cat three/pid)"; wait "$(cat three/pid)"; nsd_start three 127.0.0.3@${one#*@} a.test
at 74100 build; has 'one that cannot read it' err 'it has the zone, but cannot serve it (SERVFAIL)'; mv both.yaml zonesign.yaml

# -- a secondary that always has the version before the one before the last: none is ever everywhere when a run looks
rm -rf state one/a.test.zone; zone_file 1 > a.zone; cp a.zone one/a.test.zone; cp a.zone two/a.test.zone; kill -HUP "$(cat one/pid)" "$(cat two/pid)"
now=0 changes=0 not_everywhere=0
standing() { "$z" --json --now $((t0 + now)) status | python3 -c 'import json, sys; print(*(k["role"] + " " + k["standing"] for k in json.load(sys.stdin)["zones"][0]["keys"]), sep=", ")'; }
follow() { # N: so many runs, two hours apart, each with a change
	for _ in $(seq "$1"); do
		now=$((now + 7200)) changes=$((changes + 1)); zone_file $((changes + 1)) > a.zone
		at $now build; [ $status = 5 ] && [ "$(state served_since)" = never ] && not_everywhere=$((not_everywhere + 1))
		[ ! -e former ] || nsd_load two $two a.test former
		[ ! -e last ] || mv last former
		cp one/a.test.zone last
	done
}
follow 6; at $now ds --ready; is 'lag: the first DS' 0 $status; at $((now += 60)) ds --seen a.test; is 'lag: it is entered' 0 $status
for kind in ksk zsk; do at $((now += 60)) roll a.test $kind; done
follow 18; at $now status; is 'lag: a person is asked' 5 $status; has 'lag: for the DS' out 'Give your registrar the DS of KSK'
at $((now += 60)) ds --seen a.test; is 'lag: the DS of the next KSK is entered' 0 $status
follow 5; at $((now += 60)) ds --gone a.test; is 'lag: and that of the old one is gone' 0 $status
follow 18; is 'lag: both rolls come to their end' 'ksk gone, zsk gone, zsk active, ksk active' "$(standing)"
is 'lag: without a version that was everywhere' 47 $not_everywhere

# -- the DS of the former KSK is gone, while the secondary still asks for it
step() { at $1 build; catch_up; at $(($1 + 10)) build; }
rm -rf state; zone_file 1 > a.zone; cp a.zone one/a.test.zone; cp a.zone two/a.test.zone; kill -HUP "$(cat one/pid)" "$(cat two/pid)"
step 0; step 20000; at 20020 ds --seen a.test; step 200000; at 200020 roll a.test ksk; step 200030; step 230000; at 230020 ds --seen a.test
at 400000 build; is 'gone: the secondary has the former CDS' 5 $status; has 'gone: it is to go' out 'Remove the DS of KSK'
at 400010 ds --gone a.test; is 'gone: too early' 5 $status; has 'gone: why' err 'may add it again'; has 'gone: what then' err 'then say this again'
catch_up; at 400020 build; is 'gone: the secondary has the next version' 0 $status; at 400030 ds --gone a.test; is 'gone: now it counts' 0 $status
at 400040 status; is 'gone: and once is enough' 0 $status

# -- a machine is set back to a backup, state and output: the secondary has what came after, with a key that the backup does not know
rm -rf state; zone_file 1 > a.zone; cp a.zone one/a.test.zone; cp a.zone two/a.test.zone; kill -HUP "$(cat one/pid)" "$(cat two/pid)"
at 0 build; catch_up; at 600 build; is 'backup: in service' 0 $status; cp -a state backup; cp one/a.test.zone backup.zone
at 20000 roll a.test zsk; at 20010 build; catch_up; at 20020 build; is 'backup: a key comes after it' 0 $status; newest=$(state serial)
rm -rf state; mv backup state; nsd_load one $one a.test backup.zone; zone_file 2 > a.zone
at 30000 build --dry-run; is 'backup: it is refused in a dry run' 4 $status
at 30000 build; is 'backup: nothing is built on it' 4 $status; has 'backup: who shows it' err "refused by G18: $two has serial $newest with key"; has 'backup: what to do' err 'restore the newest state'
ok 'backup: nothing is published' cmp -s backup.zone one/a.test.zone
at 30010 status; has 'backup: status' out 'nothing renews them'
at 30020 build --accept adopt; is 'backup: unless a person wants that' 5 $status; catch_up; at 30030 build; is 'backup: and then it goes on' 0 $status

# -- a secondary with another version, whose serial is later: it takes no lower one, and serves no signatures
rm -rf state; zone_file 1 > a.zone; cp a.zone one/a.test.zone; sed 's/host 1 /host 2026113001 /' a.zone > other; nsd_load two $two a.test other
at 0 build; is 'a later serial is not ours' 5 $status; has 'what to do' err "$two has another version, serial 2026113001"; is 'that is not in service' never "$(state served_since)"
sed -i 's/host 1 /host 2026113001 /' a.zone; at 600 build; catch_up; at 1200 build; is 'the serial goes on from there' 0 $status; has 'by one' out 'serial 2026113002 is in service now'

# -- one with another zone of the very serial, as another signer may have made it from the same file: it fetches none that is not higher
rm -rf state; zone_file 1 > a.zone; cp a.zone one/a.test.zone; sed 's/host 1 /host 2 /' a.zone > other; nsd_load two $two a.test other; sed -i 's/safety: 0,/safety: 0, serial: increment,/' zonesign.yaml
at 0 build; is 'the same serial is not the same zone' 5 $status; has 'it is said' err "$two has serial 2, but not the keys of this version"; has 'and what to do' err 'write 3 into the SOA'; is 'nor is that in service' never "$(state served_since)"
at 20000 ds --ready; is 'no DS for that' 5 $status; sed -i 's/host 1 /host 3 /' a.zone; at 20010 build; catch_up; at 20020 build; is 'a higher serial is fetched' 0 $status; has 'it is in service' out 'serial 4 is in service now'
sed -i 's/ serial: increment,//' zonesign.yaml

# -- serial: keep: the serial is the same, so the keys tell whether a server has the version
rm -rf state; zone_file 1 > a.zone; sed -i 's/safety: 0,/safety: 0, serial: keep,/' zonesign.yaml
cp a.zone one/a.test.zone; cp a.zone two/a.test.zone; kill -HUP "$(cat one/pid)" "$(cat two/pid)"
shows() { for _ in $(seq 100); do dig +short +tries=1 +time=1 -p "${two#*@}" "@${two%@*}" a.test DNSKEY | grep -q . && return; sleep 0.05; done; fail 'the secondary loads'; }
at 0 build; is 'keep: the secondary has the unsigned zone' 5 $status; has 'keep: it is said' err "$two has serial 1, but not the keys of this version"; is 'keep: not in service' never "$(state served_since)"
cp one/a.test.zone two/a.test.zone; kill -HUP "$(cat two/pid)"; shows; at 600 build; is 'keep: now it has it' 0 $status; is 'keep: in service' 2026-12-01T00:10:00Z "$(state served_since)"
at 20000 roll a.test zsk; at 20010 build; is 'keep: and not the next one, with another key' 5 $status
printf 'state: keep\npolicies: {default: {observe: off, serial: keep}}\nzones:\n  a.test: {file: a.zone, output: keep.out, publish: {nsd: {pid-file: nobody.pid, server: %s, wait: 0s}}}\n' "$one" > keep.yaml
run "$z" -c keep.yaml --now $t0 build; is 'keep: a server that has not read the zone' 5 $status; has 'keep: by its keys' err "$one has serial 1, but not the keys"
cp keep.out one/a.test.zone; kill -HUP "$(cat one/pid)"; for _ in $(seq 40); do run "$z" -c keep.yaml --now $((t0 + 60)) build; [ $status = 5 ] || break; done; is 'keep: one that has' 0 $status

wait $many
has 'the zones behind those do not wait' many.err '6.test.: error: serial'; has 'and say so' many.err 'it answered for none of the zones before this one'
ok 'the dead secondary costs its time three or four times' awk '{ exit !($1 == 5 && $2 < 36) }' many.status
wait $primary
ok 'nor does one that does not answer after a reload' awk '{ exit !($1 == 1 && $2 < 24) }' primary.status
wait $update
ok 'nor does one that takes no updates' awk '{ exit !($1 == 1 && $2 < 46) }' update.status; has 'that is told' update.err 'it answered for none of the zones before this one'
if [ -e six ]; then
	wait $six
	ok 'nor does IPv6 that leads nowhere' awk '{ exit !($1 == 0 && $2 < 46) }' six.status; has 'that is told' six.out 'nobody answered over IPv6 for the zones before this one'
fi
is 'each zone is told of' 8 "$(grep -c 'no answer' primary.err)"
is 'all are published' 6 "$(ls ./?.signed | wc -l)"
finish
