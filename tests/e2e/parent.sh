#!/bin/sh
# The look at the parent, on real servers: two NSD with a signed parent zone that agree, differ, keep silent, are lame or truncate;
# what becomes of it in the state, and what `ds --check` says. The clock is given, so nothing waits.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need nsd dig python3 dnssec-signzone dnssec-keygen dnssec-dsfromkey named-compilezone

set -- $(free_ports 3)
p=$1 q=$2 dead=$3
one=127.0.0.1@$p two=127.0.0.2@$p
t0=1796083200 # 2026-12-01T00:00:00Z
at() { at=$1; shift; run "$z" --now $((t0 + at)) "$@"; }
state() { grep -E "^ *$1: " state/a.test/state.yaml | head -n 1 | sed 's/^ *[a-z_]*: //'; }
when() { date -u -d @$((t0 + $1)) +%Y-%m-%dT%H:%M:%SZ; }
config() { # OBSERVE
	cat > zonesign.yaml <<-EOF
		policies:
		  default: {dnskey-ttl: 5m, propagation: {zone: 1m, parent: 10m}, parent-ds-ttl: 30m, safety: 0, observe: $1}
		zones:
		  a.test: {file: a.zone, output: a.signed, registrar: gandi}
	EOF
}
load() { # RECORD...: the parent with these records at both servers
	make_parent parent.signed "$@"
	nsd_load one $one test parent.signed
	nsd_load two $two test parent.signed
}
begin() { # a zone whose DS may be given away from 10 minutes on
	rm -rf state a.signed
	load
	at 0 build; is 'the first build' 0 $status
	at 600 build; is 'the DS is wanted' 0 $status
	at 601 ds --format ds; grep -v '^;' out > our.ds
	key=$(awk '{ print $5; exit }' our.ds)
}
printf '$TTL 300\n@ SOA ns1 host 1 7200 3600 1209600 300\n@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\nwww A 192.0.2.1\n' > a.zone
make_parent parent.signed
mkdir one two lame; cp parent.signed one/test.zone; cp parent.signed two/test.zone
nsd_start one $one test; nsd_start two $two test; nsd_start lame 127.0.0.3@$p
both="{servers: [$one, $two], trust-anchor: ta}"

# -- one of the list is silent, and the parent is not the next name above: it is waited for beside all else here, and judged at the end
python3 - "$p" <<'EOF' &
import socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.9", int(sys.argv[1]))); open("silent.up", "w").close(); time.sleep(600)
EOF
pids="$pids $!"
until [ -e silent.up ]; do sleep 0.05; done
cp ta ta.first; cp a.zone deep.zone
printf 'state: deep\npolicies: {default: {observe: {servers: [%s, 127.0.0.9@%s], trust-anchor: ta.first}}}\nzones:\n  x.y.z.test: {file: deep.zone, output: deep.signed}\n' $one $p > deep.yaml
{ "$z" -c deep.yaml --now $t0 build > deep.err 2>&1; date +%s > deep.end; } & deep=$!
deep_begun=$(date +%s)

for denial in '' '-3 -' '-3 - -A'; do
	name="${denial:-NSEC}"
	config "$both"; load; begin
	at 700 build
	is "$name: nothing at the parent is certain" '' "$(state waits_for)"; is "$name: gone since" "$(when 700)" "$(state ds_gone)"
	load "$(cat our.ds)"
	at 4300 build; is "$name: build" 0 $status
	is "$name: seen" "$(when 4300)" "$(state ds_seen)"; is "$name: not gone" never "$(state ds_gone)"; is "$name: TTL of the parent" 1800 "$(awk '/^parent:/ { on = 1 } on && /^  ttl:/ { print $2 }' state/a.test/state.yaml)"
	at 4400 ds --check; is "$name: --check" 0 $status; has "$name: it is right" out 'right'; has "$name: validated" out 'is secure'
done
denial=

# -- they differ, then agree again
begin; load "$(cat our.ds)"; make_parent other.signed; nsd_load two $two test other.signed
at 700 build; has 'one has it, one has not' state/a.test/state.yaml 'show different DS records'; is 'that is not seen' never "$(state ds_seen)"
at 710 status; has 'a person is not asked for what was done' out "The DS of KSK $key is at the parent, but not at all of its servers"; has 'and told why' out 'show different DS records'
at 90000 build; at 90010 status; hasnt 'while they differ a person cannot say otherwise' out 'ds --seen'
begin; load "$(cat our.ds)"; make_parent other.signed; nsd_load two $two test other.signed; at 700 build
at 700 ds --check; is '--check: not everywhere' 5 $status; has '--check counts' out '1 of 2 addresses'
load "$(cat our.ds)"; at 2600 build; is 'seen at both' "$(when 2600)" "$(state ds_seen)"
load "$(cat our.ds)"; make_parent other.signed; nsd_load one $one test other.signed
at 100000 build; is 'a parent that flaps: seen no more' never "$(state ds_seen)"
load "$(cat our.ds)"; at 102000 build; is 'seen anew' "$(when 102000)" "$(state ds_seen)"

# -- unsigned as it was wanted, and somebody enters the former DS again
config "$both"; begin; load "$(cat our.ds)"; at 4300 -q build; at 9000 -q build; at 9010 roll a.test --unsign; at 9020 -q build
nsd_load one $one test other.signed; at 9100 ds --check; has 'a DS that leaves one server after the other' out 'wait: it is gone from some of the servers already'
load "$(cat our.ds)"; at 15000 -q build; load; kill "$(cat two/pid)"; wait "$(cat two/pid)"; at 17000 -q build; at 17010 status; nsd_start two $two test
has 'a DS that is gone where one can see' out "The DS of KSK $key is gone from the parent, but not from all of its servers for certain"
for when in 19000 23000 25000 29000 30000; do at $when -q build; done; at 30010 status; is 'it is unsigned' 0 $status; has 'as you wanted' out 'not signed, as you wanted'
load "$(cat our.ds)"; at 130000 -q build; at 130010 status; is 'a DS of an unsigned zone: status' 4 $status; has 'what to do' out 'Delete them at Gandi at once'
echo 'new A 192.0.2.9' >> a.zone; at 130020 build; is 'its content may change all the same' 0 $status
load; at 134000 -q build; at 134010 status; is 'it is gone again' 0 $status
load "$(cat our.ds)"; at 230000 -q build; at 230010 roll a.test --sign; at 230020 ds; is 'ds before it is signed again' 0 $status
at 230030 build; is 'signed again under the former DS' 4 $status; has 'G5 again' err G5; load; at 234000 build; is 'and when it is gone' 0 $status; has 'it is signed' a.signed DNSKEY
sed -i '/^new /d' a.zone

# -- the state and the output are lost, the keys are not: the parent shows whether the DS is there
load; begin; load "$(cat our.ds)"; at 4300 -q build; at 9000 -q build; rm state/a.test/state.yaml a.signed; at 9100 build
has 'both lost: it is seen there' state/a.test/state.yaml "ds_seen: $(when 9100)"; for when in 9800 20000; do at $when -q build; at $when status; has "and nothing is to be done, $when s" out 'Nothing to do'; done
load; begin; load "$(cat our.ds)"; at 4300 -q build; at 9000 -q build; load; rm state/a.test/state.yaml a.signed; at 9100 -q build
at 9200 ds --ready; is 'it is not there: too early' 5 $status; at 9800 -q build; at 9810 ds --ready; is 'and then not' 0 $status; at 9820 status; has 'a person is told' out "Give Gandi the DS of KSK $key"

# -- silent, lame, truncated
python3 - $q $p <<'EOF' &
# 127.0.0.4: silent. 127.0.0.5: truncates over UDP, answers over TCP (from NSD). 127.0.0.6: truncates, and closes TCP.
# 127.0.0.7: truncates, without TCP. 127.0.0.8: "format error", and nothing but the header.
import socket, socketserver, sys, threading
port, real = int(sys.argv[1]), int(sys.argv[2])
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); silent.bind(("127.0.0.4", port))
def truncate(address):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind((address, port))
    while True:
        data, who = s.recvfrom(4096)
        s.sendto(data[:2] + bytes([0x86, 0]) + data[4:6] + bytes(6) + data[12:data.index(0, 12) + 5], who)
def header():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("127.0.0.8", port))
    while True:
        data, who = s.recvfrom(4096)
        s.sendto(data[:2] + bytes([0x80, 1]) + bytes(8), who)
class Pass(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            asked = self.request.recv(4096)
            if not asked: return
            with socket.create_connection(("127.0.0.1", real)) as s:
                s.sendall(asked)
                data = s.recv(65536)
                for i in range(len(data)): self.request.sendall(data[i:i+1])
        except OSError: pass
class Close(socketserver.BaseRequestHandler):
    def handle(self):
        try: self.request.recv(4096)
        except OSError: pass
socketserver.ThreadingTCPServer.allow_reuse_address = True
threading.Thread(target=header, daemon=True).start()
for address in ("127.0.0.5", "127.0.0.6", "127.0.0.7"): threading.Thread(target=truncate, args=(address,), daemon=True).start()
threading.Thread(target=socketserver.ThreadingTCPServer(("127.0.0.6", port), Close).serve_forever, daemon=True).start()
print("up", file=open("odd.up", "w"), flush=True)
socketserver.ThreadingTCPServer(("127.0.0.5", port), Pass).serve_forever()
EOF
pids="$pids $!"
for _ in $(seq 100); do [ -s odd.up ] && break; sleep 0.05; done
config "{servers: [$one, 127.0.0.3@$p], trust-anchor: ta}"; begin
at 700 build; has 'a lame server is named' state/a.test/state.yaml '127.0.0.3'; is 'and waited for' never "$(state ds_seen)"
at 710 status; has 'status says so' out 'notices by itself, but its last look was not certain: no address of server 127.0.0.3'; hasnt 'for a day' out 'ds --seen'
load "$(cat our.ds)"; at 90000 build; at 90010 status; has 'then a person may tell' out "tell what you see yourself: 'zonesign ds --seen a.test'"
at 90020 ds --seen a.test; at 93000 build; at 99000 build; at 99010 status; has 'and it goes on' out 'Nothing to do until'
at 700 ds --check; has 'a refusal is said' out 'refused'
config "{servers: [$one, 127.0.0.5@$q], trust-anchor: ta}"; begin; load "$(cat our.ds)"
at 700 build; is 'a truncated answer is asked for over TCP' "$(when 700)" "$(state ds_seen)"
run "$z" --json --now $((t0 + 700)) ds --check; is 'transport in JSON' 'udp tcp' "$(python3 -c 'import json; print(*(s["transport"] for s in json.load(open("out"))["zones"][0]["servers"]))')"
config "{servers: [$one, 127.0.0.6@$q], trust-anchor: ta}"; begin
at 700 build; has 'TCP that closes' state/a.test/state.yaml 'closed the connection'
config "{servers: [$one, 127.0.0.7@$q], trust-anchor: ta}"; begin; at 700 build; has 'TCP that is refused' state/a.test/state.yaml 'Connection refused over TCP'
config "{servers: [$one, 127.0.0.8@$q], trust-anchor: ta}"; begin; at 700 build; has 'a header and nothing else' state/a.test/state.yaml 'it answers with rcode 1 (it does not understand the question)'
config "{servers: [$one, 127.0.0.4@$q], trust-anchor: ta}"; begin
at 700 build; has 'a silent server is named' state/a.test/state.yaml "127.0.0.4@$q"; is 'it is not seen' never "$(state ds_seen)"

# -- nobody is there: no harm
config "{servers: [127.0.0.1@$dead], trust-anchor: ta}"; begin
at 700 build; is 'no network: build' 0 $status; is 'no network: stderr' '' "$(cat err)"; ok 'no network: it is said' test -n "$(state waits_for)"
at 700 ds --check; is 'no network: --check' 1 $status

# -- who forges, and who does not sign
config "$both"; begin; load "$(cat our.ds)"
parent_serial=$((parent_serial + 1))
python3 - $parent_serial <<'EOF'
import re, sys
text = open("parent.signed").read()
text = re.sub(r"(SOA\s+ns1\.test\. host\.test\. \(\s+)\d+", r"\g<1>" + sys.argv[1], text) # its own signature breaks too; nobody asks
at = re.search(r"RRSIG\s+DS 13 .*?\)", text, re.S).group(0)
last = re.findall(r"[A-Za-z0-9+/=]{8,}", at)[-1]
bad = at.replace(last, ("B" if last[0] == "A" else "A") + last[1:])
open("forged.signed", "w").write(text.replace(at, bad))
EOF
nsd_load one $one test forged.signed; nsd_load two $two test forged.signed
at 700 build; has 'a forged answer does not count' state/a.test/state.yaml 'does not validate'; is 'it is not seen' never "$(state ds_seen)"
echo 'elsewhere. IN DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000' > ta2
load; config "{servers: [$one, $two], trust-anchor: ta2}"; begin; load "$(cat our.ds)"
at 700 build; has 'no chain: once is not enough' state/a.test/state.yaml 'is not signed'; is 'not seen' never "$(state ds_seen)"
run "$z" --json --now $((t0 + 700)) ds --check; is 'no chain: TCP' 'tcp tcp' "$(python3 -c 'import json; print(*(s["transport"] for s in json.load(open("out"))["zones"][0]["servers"]))')"
at 2499 build; is 'no chain: twice too soon' never "$(state ds_seen)"
at 2500 build; is 'no chain: twice, one TTL apart' "$(when 2500)" "$(state ds_seen)"

# -- ds --check, digest by digest
config "$both"; begin
ours=$(sed 's/.*DS\t//' our.ds); tag=${ours%% *}
"$z" --now $((t0 + 700)) ds --format dnskey > our.key
sha1=$(dnssec-dsfromkey -a SHA-1 -f our.key a.test 2>/dev/null | sed 's/.*DS //'); sha384=$(dnssec-dsfromkey -a SHA-384 -f our.key a.test | sed 's/.*DS //')
check() { # NAME STATUS WORDS RECORD...
	name=$1 wanted=$2 words=$3
	shift 3
	load "$@"; at 700 ds --check; is "--check: $name" "$wanted" $status; has "--check: $name: words" out "$words"
}
check 'nothing there' 5 'missing'
has 'add it' out 'add it at Gandi'
check 'right' 0 'the parent holds what it should' "a DS $ours"
check 'SHA-384 is right too' 0 'right' "a DS $sha384"
check 'SHA-1 alone' 5 'made with SHA-1' "a DS $sha1"
has 'ask for SHA-256' out 'ask Gandi for digest type 2'
check 'an extra one' 5 'leads to no key' "a DS $ours" 'a DS 4711 13 2 0000000000000000000000000000000000000000000000000000000000000001'
has 'delete it' out 'delete it at Gandi'
check 'a wrong digest' 4 'another digest' "a DS $tag 13 2 0000000000000000000000000000000000000000000000000000000000000001"
check 'a wrong one beside the right one' 5 'another digest' "a DS $ours" "a DS $tag 13 2 0000000000000000000000000000000000000000000000000000000000000001"
check 'an extra one of another algorithm' 5 'leads to no key' "a DS $ours" 'a DS 4711 8 2 0000000000000000000000000000000000000000000000000000000000000001'
cp a.zone a.zone.good; cp -r state state.good; cp a.signed a.signed.good; echo 'new A 192.0.2.9' >> a.zone
at 700 build; is 'a stale DS beside ours does not stop builds' 0 $status; is 'ours is seen' "$(when 700)" "$(state ds_seen)"
mv a.zone.good a.zone; rm -r state; mv state.good state; mv a.signed.good a.signed
check 'a DS of somebody else' 4 'validators refuse it' 'a DS 4711 13 2 0000000000000000000000000000000000000000000000000000000000000001'
at 700 build; is 'under a DS of somebody else, nothing to do' 0 $status; has 'but the look is told' err 'none of the DS at the parent leads to a key'; has 'and what to do' err 'ds --check a.test'
at 710 build; is 'and once' '' "$(cat err)"
at 710 status; is 'status: the zone is broken' 4 $status; has 'status says so' out 'none of them leads to a key'
cp a.zone a.zone.good; echo 'new A 192.0.2.9' >> a.zone; before=$(sha256sum < a.signed)
at 2600 build; is 'a change under a DS of somebody else' 4 $status; has 'G5' err 'G5'; is 'nothing is published' "$before" "$(sha256sum < a.signed)"
is 'what was seen is kept, though the build failed' "$(when 2600)" "$(state asked)"
mv a.zone.good a.zone
cp -r state state.good; cp a.signed a.signed.good
at 900000 build; is 'signatures that end are made anew under a DS of somebody else' 0 $status; has 'it is said' err 'none of the DS at the parent leads to a key'
ok 'they hold' "$z" --now $((t0 + 900000)) -q verify --origin a.test a.signed; is 'the same keys' "$(awk '$4=="DNSKEY"' a.signed.good)" "$(awk '$4=="DNSKEY"' a.signed)"
rm -r state; mv state.good state; mv a.signed.good a.signed
run "$z" --json --now $((t0 + 700)) ds --check; is 'JSON: status' 4 $status; is 'JSON: verdicts' 'missing extra' "$(python3 -c 'import json; print(*(r["verdict"] for r in json.load(open("out"))["zones"][0]["records"]))')"

# -- a zone that is signed somewhere else: the first build asks before anything is made
load 'a DS 4711 13 2 0000000000000000000000000000000000000000000000000000000000000001'; rm -rf state a.signed
at 0 build; is 'a first build under a DS of somebody else' 4 $status; has 'G5' err 'G5'; has 'it says what to do' err 'keys import'
ok 'no key and no zone is made' test -z "$(ls state/a.test/keys 2>/dev/null)" -a ! -e a.signed
at 100 build --accept G5; is 'as the user wishes' 0 $status; has 'it is recorded' state/a.test/state.yaml 'guard: "G5"'

# -- keys of another signer: what their files say of the DS is held against the parent
mkdir k; old=$(dnssec-keygen -q -P 20261101000000 -A 20261101000000 -K k -a ECDSAP256SHA256 -f KSK a.test); dnssec-keygen -q -P 20261101000000 -A 20261101000000 -K k -a ECDSAP256SHA256 a.test >/dev/null
dnssec-signzone -q -S -P -d . -K k -s 20261101000000 -e 20270101000000 -o a.test -f served.zone a.zone > sign.out 2>&1
import() { rm -rf state a.signed; at 0 keys import --served served.zone a.test k/*.key; }
old=$(dnssec-dsfromkey k/"$old".key | sed 's/.*DS //')
load "a DS $old"; import; is 'import: the DS is there' 0 $status; has 'import: seen' state/a.test/state.yaml "ds_seen: $(when 0)"
cp served.zone a.signed; at 10 build --accept adopt; is 'the first build of imported keys' 0 $status
at 5000 build; at 5010 status; is 'nothing to do then' 0 $status
load; import; is 'import: no DS there' 0 $status; has 'it is said' err 'is not at the parent'; has 'and asked for' out 'ds=hidden'
load 'a DS 4711 13 2 0000000000000000000000000000000000000000000000000000000000000001'; import; is 'import: a DS of other keys' 4 $status; has 'G5' err 'G5'; has 'why' err 'these are not the keys that the parent knows'; hasnt 'import is no way out of import' err 'keys import'
ok 'nothing was imported' test ! -e state/a.test/state.yaml
config "{servers: [127.0.0.1@$dead], trust-anchor: ta}"; import; is 'import: nobody answers' 0 $status; has 'it is said' err 'are taken to be there'

# -- zones whose parents are dead do not keep those behind them from being looked at
load; rm -rf state *.signed
{ printf 'policies:\n  default: &p {dnskey-ttl: 5m, propagation: {zone: 1m, parent: 10m}, parent-ds-ttl: 30m, safety: 0, observe: {servers: [127.0.0.1@%s], trust-anchor: ta}}\n' "$dead"
  printf '  good: {dnskey-ttl: 5m, propagation: {zone: 1m, parent: 10m}, parent-ds-ttl: 30m, safety: 0, observe: %s}\nzones:\n' "$both"
  for zone in 0 1 2 3 4; do printf '  %s.test: {file: a.zone, output: %s.signed}\n' $zone $zone; done
  printf '  a.test: {file: a.zone, output: a.signed, policy: good}\n'; } | sed 's/&p //' > zonesign.yaml
for hour in $(seq 0 9); do at $((hour * 3600)) -q build --jobs 1; done
has 'five dead parents' state/4.test/state.yaml '  observed: never'; has 'the sixth, which answers, was seen' state/a.test/state.yaml '  observed: 2026'
wait $deep
has 'a silent server of the list: the chain is proven in the time that is left' deep.err "no answer of test. counts: $one: it answers with rcode 3"
ok 'a silent server of the list: it is not waited for at each label' test $(($(cat deep.end) - deep_begun)) -lt 16
finish
