#!/bin/sh
# publish: update: TLSA go by dynamic update with TSIG into a zone that BIND, Knot or PowerDNS signs itself. Only our records are
# touched.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need named knotd pdns_server pdnsutil sqlite3 dig delv python3 tsig-keygen openssl

set -- $(free_ports 4)
bind=127.0.0.1@$1 knot=127.0.0.1@$2 nobody=127.0.0.1@$3 pdns=127.0.0.1@$4
tlsa() { dig +short +tries=1 +time=1 "@${1%@*}" -p "${1#*@}" "$2" TLSA | tr A-F a-f | sed 's/ //4' | sort; }
cert() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -subj "/CN=mail" -days 3650 2>/dev/null; }
record() { "$z" tlsa "$1" --host m.test --port 25 | sed 's/.*TLSA //' | tr A-F a-f; }
state() { awk '/rdata:/ { n++ } /role: foreign/ { n-- } END { print n }' "state/$1/state.yaml"; }
cert one; cert two
t0=1796083200
at() { at=$1; shift; run "$z" --now $((t0 + at)) "$@"; }

umask 077; tsig-keygen -a hmac-sha256 zonesign-key > tsig.key; tsig-keygen -a hmac-sha512 other-key > other.key
sed 's/zonesign-key/wrong-name/' tsig.key > name.key; { sed -n 1,2p tsig.key; echo '	secret "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";'; echo '};'; } > secret.key; umask 022
secret=$(sed -n 's/.*secret "\(.*\)".*/\1/p' tsig.key)
for zone in bind knot pdns; do
	mkdir $zone
	printf '$TTL 300\n@ SOA ns1 host 1 7200 3600 1209600 300\n@ NS ns1\n@ NS ns2\n@ MX 10 mail\nns1 A 127.0.0.1\nns2 A 127.0.0.2\nmail A 192.0.2.1\n_443._tcp.www TLSA 3 1 1 %064d\nwww A 192.0.2.2\n' 7 > $zone.zone
	cp $zone.zone $zone/$zone.test.zone
done
cat > bind/named.conf <<EOF
include "$PWD/tsig.key";
options { directory "$PWD/bind"; pid-file "$PWD/bind/pid"; session-keyfile "$PWD/bind/session.key"; managed-keys-directory "$PWD/bind"; key-directory "$PWD/bind";
  listen-on port ${bind#*@} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; notify no; };
controls { };
zone "bind.test" { type primary; file "$PWD/bind/bind.test.zone"; dnssec-policy default; inline-signing yes;
  update-policy { deny zonesign-key name $(printf denied | sha256sum | cut -c 1-56)._openpgpkey.bind.test; grant zonesign-key zonesub TLSA; grant zonesign-key zonesub OPENPGPKEY; }; };
EOF
named -g -n 1 -c bind/named.conf > bind/log 2>&1 &
pids="$pids $!"; until_up "$bind"
cat > knot/knot.conf <<EOF
$(knot_head "$PWD/knot" "$knot")
key:
  - id: zonesign-key
    algorithm: hmac-sha256
    secret: $secret
acl:
  - id: update
    key: zonesign-key
    action: [update, query]
    update-type: TLSA
zone:
  - domain: knot.test
    storage: "$PWD/knot"
    file: knot.test.zone
    zonefile-sync: -1
    zonefile-load: difference
    dnssec-signing: on
    acl: update
EOF
knotd -c knot/knot.conf > knot/out 2>&1 &
pids="$pids $!"; until_up "$knot"

cat > pdns/pdns.conf <<EOF
local-address=127.0.0.1
local-port=${pdns#*@}
daemon=no
guardian=no
socket-dir=$PWD/pdns
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
security-poll-suffix=
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
launch=gsqlite3
gsqlite3-database=$PWD/pdns/db
gsqlite3-dnssec=yes
EOF
sqlite3 pdns/db < /usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
util() { pdnsutil --config-dir="$PWD/pdns" "$@" > pdns/util 2>&1 || fail "pdnsutil $1" "$(tail -n 3 pdns/util)"; }
util load-zone pdns.test "$PWD/pdns/pdns.test.zone"
util secure-zone pdns.test
util import-tsig-key zonesign-key hmac-sha256 "$secret"
util set-meta pdns.test TSIG-ALLOW-DNSUPDATE zonesign-key
pdns_server --config-dir="$PWD/pdns" > pdns/log 2>&1 &
pids="$pids $!"; until_up "$pdns"

cp one.pem cert.pem
config() { # CERTIFICATE KEY SERVER-OF-BIND
	cat > zonesign.yaml <<-EOF
		zones:
		  bind.test: {file: bind.zone, dane: [{host: mx, port: 25, certificate: $1, ttl: 5m}], publish: {update: {server: ${3:-$bind}, key: $2}}}
		  knot.test: {file: knot.zone, dane: [{host: mail.knot.test, port: 25, certificate: $1, ttl: 5m}], publish: {update: {server: $knot, key: $2}}}
		  pdns.test: {file: pdns.zone, dane: [{host: mail.pdns.test, port: 25, certificate: $1, ttl: 5m}], publish: {update: {server: $pdns, key: $2}}}
	EOF
}
# a server that takes four seconds for each answer: six owners are more than it has time for. It goes on beside the rest
set -- $(free_ports 1)
cat > slow.py <<'EOF'
import socket, sys, threading, time
def serve(conn):
    try:
        size = conn.recv(2, socket.MSG_WAITALL)
        query = conn.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
        time.sleep(4)
        with socket.create_connection(("127.0.0.1", int(sys.argv[2]))) as up:
            up.sendall(size + query)
            size = up.recv(2, socket.MSG_WAITALL)
            conn.sendall(size + up.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL))
    except OSError:
        pass
    conn.close()
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
EOF
python3 slow.py "$1" "${bind#*@}" & pids="$pids $!"
for _ in $(seq 100); do python3 -c "import socket; socket.create_connection(('127.0.0.1', $1))" 2>/dev/null && break; sleep 0.05; done
printf 'state: state-slow\nzones:\n  bind.test: {file: bind.zone, dane: [{host: mail.bind.test, port: [1, 2, 3, 4, 5, 6], certificate: one.pem}], publish: {update: {server: 127.0.0.1@%s, key: tsig.key}}}\n' "$1" > slow.yaml
{ begun=$(date +%s); "$z" -q -c slow.yaml build 2> slow.err; echo "$? $(($(date +%s) - begun))" > slow.status; } & slow=$!
config cert.pem tsig.key
for zone in bind knot pdns; do
	eval "server=\$$zone"
	owner=_25._tcp.mail.$zone.test
	at 0 build $zone.test; is "$zone: the first" 0 $status; has "$zone: it is said" out 'updated: 1 records'
	is "$zone: it is there" "$(record one.pem)" "$(tlsa "$server" $owner)"
	is "$zone: no keys are made" no "$([ -e state/$zone.test/keys ] && ls state/$zone.test/keys | grep -q . && echo yes || echo no)"
	at 10 build $zone.test; is "$zone: nothing to do" 0 $status; is "$zone: and nothing is said" '' "$(cat out)"
	dig +dnssec +tries=1 +time=1 "@127.0.0.1" -p "${server#*@}" $owner TLSA > signed; has "$zone: the server signs it" signed 'RRSIG'
	# somebody else's record beside ours, by the same way
	printf 'server 127.0.0.1 %s\nzone %s.test\nupdate add %s 300 TLSA 3 1 1 %064d\nsend\n' "${server#*@}" $zone $owner 9 | nsupdate -k tsig.key || fail "$zone: nsupdate"
	cp two.pem cert.pem; at 100 build $zone.test; is "$zone: another certificate" 0 $status
	is "$zone: the former one stays for caches" "$( { record one.pem; record two.pem; printf '3 1 1 %064d\n' 9; } | sort)" "$(tlsa "$server" $owner)"
	at 200000 build $zone.test; is "$zone: later" 0 $status
	is "$zone: ours is gone then, the other one stays" "$( { record two.pem; printf '3 1 1 %064d\n' 9; } | sort)" "$(tlsa "$server" $owner)"
	is "$zone: another owner is as it was" "$(printf '3 1 1 %064d' 7)" "$(tlsa "$server" _443._tcp.www.$zone.test)"
	is "$zone: the state knows ours" 1 "$(state $zone.test)"
	# taken away there: a day later it is noticed
	printf 'server 127.0.0.1 %s\nzone %s.test\nupdate delete %s TLSA\nsend\n' "${server#*@}" $zone $owner | nsupdate -k tsig.key || fail "$zone: nsupdate"
	at 200100 build $zone.test; is "$zone: not looked at within the day" '' "$(tlsa "$server" $owner)"
	at 290000 build $zone.test; is "$zone: put back" "$(record two.pem)" "$(tlsa "$server" $owner)"
	cp one.pem cert.pem; rm -rf "state/$zone.test"
done

# what somebody else has at the server counts when senders choose among digests, and its TTL while caches may have it
other() { # OWNER TTL: what nsupdate adds; the owner is a host of the config then, the key to come is two.pem
	printf 'server 127.0.0.1 %s\nzone bind.test\nupdate add _25._tcp.%s.bind.test %s TLSA %s\nsend\n' "${bind#*@}" "$1" "$2" "$3" | nsupdate -k tsig.key || fail "nsupdate $1"
	printf 'state: state-%s\nzones:\n  bind.test: {file: bind.zone, dane: [{host: %s.bind.test, port: 25, certificate: one.pem, next: two.pem, ttl: 5m}], publish: {update: {server: %s, key: tsig.key}}}\n' \
		"$1" "$1" "$bind" > other.yaml
}
other www 300 "$("$z" tlsa one.pem --host m.test --port 25 --records '3 1 2' 2>/dev/null | sed 's/.*TLSA //')"
at 0 -c other.yaml build; is 'SHA-512 at the server' 0 $status; has 'it is told' err "the zone has a TLSA of its own at '_25._tcp.www.bind.test.': 3 1 2"
has 'and that it hides' err 'SHA-512 exists for 1 of the keys only'
at 90000 -q -c other.yaml build; at 90000 -c other.yaml tlsa --gate two.pem; is 'the other key would be ignored' 3 $status; has 'why it would be' err 'fewer digests than other keys'
is 'it is not taken away' 3 "$(tlsa "$bind" _25._tcp.www.bind.test | wc -l)"
printf 'server 127.0.0.1 %s\nzone bind.test\nupdate delete _25._tcp.www.bind.test TLSA %s\nsend\n' "${bind#*@}" "$(tlsa "$bind" _25._tcp.www.bind.test | grep '^3 1 2')" | nsupdate -k tsig.key || fail 'nsupdate'
at 180000 -q -c other.yaml build; at 180000 -c other.yaml tlsa --gate two.pem; is 'and it may when that is gone' 0 $status
other ns2 86400 "$(record one.pem)"
at 0 -q -c other.yaml build; is 'a TTL of a day at the server' 0 $status
at 170000 -c other.yaml tlsa --gate two.pem; is 'caches may have what was there' 5 $status
at 180000 -c other.yaml tlsa --gate two.pem; is 'none has it two days later' 0 $status

# of what was there a moment ago nothing is known: the largest TTL of the zone file counts
sed 's/ns2/last/' other.yaml > last.yaml; sed '$a last 40000 A 192.0.2.9' bind.zone > last.zone; sed -i 's/bind.zone/last.zone/' last.yaml
at 0 -q -c last.yaml build; is 'nothing is at the server' 0 $status
at 80000 -c last.yaml tlsa --gate two.pem; is 'the TTL of the file counts' 5 $status; at 84000 -c last.yaml tlsa --gate two.pem; is 'until two of it have passed' 0 $status

# a wildcard answered for the owner: its TLSA are not there any more, once ours are, but caches have them
printf 'server 127.0.0.1 %s\nzone bind.test\nupdate add *._tcp.wild.bind.test 86400 TLSA 3 1 1 %064d\nsend\n' "${bind#*@}" 5 | nsupdate -k tsig.key || fail 'nsupdate *'
sed 's/ns2/wild/' other.yaml > wild.yaml; sed '$a wild A 192.0.2.9' bind.zone > wild.zone; sed -i 's/bind.zone/wild.zone/' wild.yaml
at 0 -c wild.yaml build; is 'a wildcard at the server' 0 $status; hasnt 'it has no other TLSA' err 'TLSA of its own'
is 'ours are there alone' "$( { record one.pem; record two.pem; } | sort)" "$(tlsa "$bind" _25._tcp.wild.bind.test)"
at 170000 -c wild.yaml tlsa --gate two.pem; is 'caches may have what the wildcard had' 5 $status
at 180000 -c wild.yaml tlsa --gate two.pem; is 'none has it two days later' 0 $status

# a record that is longer than most: a key of 12 KB
pgp() { # OCTETS LETTER: an OpenPGP key with a user id that long
	python3 -c '
import sys
key, size = bytes([4]) + bytes(4) + bytes([22]) + bytes(40), int(sys.argv[1])
sys.stdout.buffer.write(bytes([0xc6, len(key)]) + key + bytes([0xcd, 0xff]) + size.to_bytes(4, "big") + sys.argv[2].encode() * size)' "$1" "$2"
}
pgp 12000 u > key.pgp
printf 'zones:\n  bind.test: {file: bind.zone, openpgpkey: [{address: hugh@bind.test, key: key.pgp}], publish: {update: {server: %s, key: tsig.key}}}\n' "$bind" > long.yaml
sed -i '1i state: state-long' long.yaml; run "$z" --now $t0 -q -c long.yaml build; is 'a long record' 0 $status
printf %s "$(cat bind.zone)" > odd.zone; sed -i 's/bind.zone/odd.zone/' long.yaml
at 100 -c long.yaml build; has 'what is odd about the zone is told' err 'no newline at the end'
at 90000 -c long.yaml build; is 'a day later' 0 $status; hasnt 'it is not told again' err newline
at 800000 -c long.yaml build; has 'but after a week' err 'no newline at the end'

# more than one message has room for: 25 keys of 3 KB, and each is renewed
pgp_owner() { printf '%s._openpgpkey.bind.test' "$(printf %s "$1" | sha256sum | cut -c 1-56)"; }
pgp_at() { dig +short +tries=1 +time=1 "@${bind%@*}" -p "${bind#*@}" "$(pgp_owner "$1")" OPENPGPKEY | tr -d ' '; }
pgp_is() { # NAME ADDRESS FILE: that key is there, and no other
	is "$1" "$(base64 -w 0 "$3")" "$(pgp_at "$2")"
}
openpgp() { # FILE ADDRESS...
	openpgp_file=$1
	shift
	printf 'state: state-%s\nzones:\n  bind.test: {file: bind.zone, openpgpkey: [' $openpgp_state > many.yaml
	for address; do printf '{address: %s@bind.test, key: %s}, ' $address $openpgp_file; done >> many.yaml
	printf '], publish: {update: {server: %s, key: tsig.key}}}\n' "$bind" >> many.yaml
}
openpgp_state=many
pgp 3000 a > a.pgp; pgp 3000 b > b.pgp
openpgp a.pgp $(seq -f 'many%g' 25); at 0 -q -c many.yaml build; is '25 keys of 3 KB' 0 $status
pgp_is 'the first is there' many1 a.pgp; pgp_is 'the last is there' many25 a.pgp
openpgp b.pgp $(seq -f 'many%g' 25); at 10 -c many.yaml build; is '25 keys are renewed' 0 $status; has 'all are told' out 'updated: 50 records'
pgp_is 'the first is the other one' many1 b.pgp; pgp_is 'the last is the other one' many25 b.pgp

# what is there, what comes and what goes is more than one message has room for, at one owner
openpgp_state=big
pgp 24000 a > a.pgp; pgp 24000 b > b.pgp; pgp 40000 a > c.pgp; pgp 40000 b > d.pgp; pgp 65000 a > e.pgp
openpgp a.pgp big; at 0 -q -c many.yaml build; is 'a key of 24 KB' 0 $status; pgp_is 'it is there' big a.pgp
openpgp b.pgp big; at 10 -q -c many.yaml build; is 'a key of 24 KB is renewed' 0 $status; pgp_is 'the other one is there alone' big b.pgp
openpgp c.pgp other; at 20 -q -c many.yaml build; is 'a key of 40 KB instead' 0 $status; pgp_is 'the longer one is there' other c.pgp; is 'and no shorter one' '' "$(pgp_at big)"
openpgp d.pgp first other; at 30 -q -c many.yaml build; is 'two of 40 KB: wrong' 3 $status
has 'two of 40 KB: where' err "'$(pgp_owner other).' OPENPGPKEY: a message has room for"; is 'and nothing is sent' '' "$(pgp_at first)"; pgp_is 'the former one is there' other c.pgp
openpgp e.pgp first; at 40 -q -c many.yaml build; is '65 KB: wrong' 3 $status; has '65 KB: where' err "the OPENPGPKEY records of '$(pgp_owner first).'"
pgp_is 'what would have gone is there' other c.pgp
openpgp d.pgp first; at 50 -q -c many.yaml build; is 'another owner' 0 $status; pgp_is 'it has its own' first d.pgp; is 'the former has none' '' "$(pgp_at other)"

# the second message is refused: what the first one added is known, and goes again
openpgp_state=half
openpgp a.pgp half1 half2 denied; at 0 -q -c many.yaml build; is 'the second is refused' 1 $status; has 'who refuses' err REFUSED
pgp_is 'the first was taken' half1 a.pgp
openpgp a.pgp half2; at 10 -q -c many.yaml build; is 'without the one that is refused' 0 $status
is 'what came with it is gone' '' "$(pgp_at half1)"; pgp_is 'what is wanted is there' half2 a.pgp

wait $slow
has 'a slow server: why' slow.err 'it is too slow: the time for all owners together is over'
is 'a slow server: 15 s, and half a second for each owner' '1 yes' "$(awk '{ print $1, $2 <= 20 ? "yes" : $2 }' slow.status)"

# an answer so long that ldns has no room to verify its TSIG
cat > huge.py <<'EOF'
import socket, sys
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    conn, _ = s.accept()
    size = conn.recv(2, socket.MSG_WAITALL)
    query = conn.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
    if len(query) < 12:
        continue
    question = query[12:query.index(b"\0", 12) + 5]
    algorithm = b"\x0bhmac-sha256\0"
    tsig = b"\x0czonesign-key\0" + bytes([0, 250, 0, 255, 0, 0, 0, 0, 0, len(algorithm) + 16]) + algorithm + bytes(16)
    size = 65535 - 12 - len(question) - len(tsig) - 12
    conn.sendall(b"\xff\xff" + query[:2] + bytes([0x84, 0, 0, 1, 0, 1, 0, 0, 0, 1]) + question + bytes([0xc0, 12, 255, 0, 0, 1, 0, 0, 0, 0]) + size.to_bytes(2, "big") + bytes(size) + tsig)
EOF
set -- $(free_ports 1)
python3 huge.py "$1" & pids="$pids $!"
for _ in $(seq 100); do python3 -c "import socket; socket.create_connection(('127.0.0.1', $1))" 2>/dev/null && break; sleep 0.05; done
sed "s/server: [^,]*/server: 127.0.0.1@$1/; s/state-half/state-huge/" many.yaml > huge.yaml; run "$z" --now $t0 -q -c huge.yaml build
is 'an answer of 64 KiB' 1 $status; has 'an answer of 64 KiB: why' err 'its answer is too long'

# one that signs its answers as if now were then, and one that takes all and shows nothing: it is asked again and again
cat > takes.py <<'EOF'
import base64, hashlib, hmac, socket, struct, sys, threading, time
s, off, key = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=64), int(sys.argv[2]), base64.b64decode(sys.argv[3])
name, algorithm = b"\x0czonesign-key\0", b"\x0bhmac-sha256\0"
def serve(conn):
    size = conn.recv(2, socket.MSG_WAITALL)
    query = conn.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
    if len(query) < 12:
        return
    mac = query[query.rindex(algorithm) + len(algorithm) + 8:][:34] # with its length
    answer = query[:2] + bytes([0x84 | query[2], 0, 0, 1, 0, 0, 0, 0, 0, 0]) + query[12:query.index(b"\0", 12) + 5]
    when = struct.pack("!Q", int(time.time()) + off)[2:] + b"\1\x2c"
    made = hmac.new(key, mac + answer + name + b"\0\xff\0\0\0\0" + algorithm + when + b"\0\0\0\0", hashlib.sha256).digest()
    rdata = algorithm + when + b"\0\x20" + made + query[:2] + b"\0\0\0\0"
    answer = answer[:10] + b"\0\1" + answer[12:] + name + struct.pack("!HHIH", 250, 255, 0, len(rdata)) + rdata
    conn.sendall(struct.pack("!H", len(answer)) + answer)
    conn.close()
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
EOF
set -- $(free_ports 2)
python3 takes.py "$1" 86400 "$secret" & pids="$pids $!"
python3 takes.py "$2" 100 "$secret" & pids="$pids $!"
for port; do for _ in $(seq 100); do python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null && break; sleep 0.05; done; done
printf 'state: state-then\nzones:\n  bind.test: {file: bind.zone, dane: [{host: mail.bind.test, port: [%s], certificate: one.pem}], publish: {update: {server: 127.0.0.1@%s, key: tsig.key, wait: 3s}}}\n' "$(seq -s , 60)" "$1" > then.yaml
run "$z" -q -c then.yaml build
is 'signed for another day' 1 $status; has 'signed for another day: why' err 'for another time than now'
sed "s/@$1/@$2/; s/state-then/state-takes/" then.yaml > takes.yaml; run python3 -c 'import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)' "$z" -q -c takes.yaml build
is 'it takes all and shows nothing' 1 $status; has 'it takes all and shows nothing: why' err 'it took the update, and does not show it'
[ "${FLAVOUR:-release}" != release ] || ok 'it takes all and shows nothing: memory does not grow with the questions' test "$(cat out)" -lt 30000

# ---- what goes wrong keeps the words of the server, and changes nothing ----
bad() { # NAME TEXT KEY
	config cert.pem "$3"; run "$z" build bind.test; is "$1" "${4:-1}" $status; has "$1: why" err "$2"; hasnt "$1: no secret" err "$secret"
	is "$1: nothing changed" "$(record two.pem)" "$(tlsa "$bind" _25._tcp.mail.bind.test)"
}
bad 'an unknown key' BADKEY name.key
bad 'another secret' BADSIG secret.key
bad 'a key of another algorithm' 'not with this algorithm (BADKEY)' other.key
config cert.pem name.key; run "$z" -q build pdns.test; is 'PowerDNS, an unknown key' 1 $status; has 'PowerDNS, an unknown key: why' err 'or does not take the key: its name, algorithm or secret, or the clock here (NOTAUTH)'
chmod 644 other.key; bad 'a key file open to others' 'is open to others' other.key 3
chmod 600 other.key; echo 'key "a" { algorithm hmac-md5; secret "AAAA"; };' > other.key; bad 'an old algorithm' 'its algorithm is none of' other.key 3
echo 'key "a" { algorithm hmac-sha256; secret "!!"; };' > other.key; bad 'no base64' 'is not base64' other.key 3
echo 'key "a" { algorithm hmac-sha256 secret "AAAA"; };' > other.key; bad 'no semicolon' "';' is missing" other.key 3
bad 'no key file' 'No such file' none.key 3
config cert.pem tsig.key "$nobody"; run "$z" build bind.test; is 'nobody answers' 1 $status; has 'refused' err 'Connection refused'
sed -i 's/zonesub TLSA/zonesub A/' bind/named.conf
printf 'server 127.0.0.1 %s\nzone bind.test\nupdate add x.bind.test 300 CNAME www\nsend\n' "${bind#*@}" | nsupdate -k tsig.key 2> err; has 'the key may add TLSA only' err REFUSED
sed -i 's/host: mx/host: ns1.bind.test/' zonesign.yaml; sed -i "s/$nobody/$bind/" zonesign.yaml; run "$z" build bind.test; is 'another host' 0 $status
is 'its record' "$(record one.pem)" "$(tlsa "$bind" _25._tcp.ns1.bind.test)"
run "$z" status bind.test; is 'status' 0 $status; has 'status says who signs' out 'another server signs bind.test'
run "$z" roll bind.test ksk; is 'no roll' 2 $status; has 'why there is none' err 'its keys roll there'
printf 'zones:\n  a.test: {file: a, publish: {update: {server: 192.0.2.1}}}\n' > bad.yaml; run "$z" -c bad.yaml check; has 'no key in the config' err "needs a 'key'"; has 'no dane' err 'has none'
finish
