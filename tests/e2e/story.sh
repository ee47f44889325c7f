#!/bin/sh
# The whole story on real servers, in a network of its own: an unsigned zone and a mail server with a self-signed certificate; zonesign
# signs it, PowerDNS, NSD, Knot and BIND serve it in turn, its DS stands in a signed parent under a private root, Unbound knows the root's
# key alone, Postfix sends to Postfix. Then what goes wrong, and two renewals of the certificate under way: one right, one not.
if [ -z "${ZS_STORY:-}" ] && [ "$(id -u)" = 0 ] && unshare -nmp --fork --mount-proc true 2>/dev/null; then
	ZS_STORY=yes exec unshare -nmp --fork --mount-proc --kill-child sh "$0"
fi
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need nsd knotd named pdns_server pdnsutil sqlite3 unbound dig python3 postconf openssl dnssec-signzone dnssec-keygen ip
if [ -z "${ZS_STORY:-}" ]; then
	echo 'skipped: no root or no namespaces here; the story with PowerDNS, NSD, Knot, BIND, Unbound and Postfix is not told'
	finish
fi
zone=story.test mx_address=192.0.2.25
chmod 711 "$work" # Postfix goes there as another user
. "$top/tests/e2e/mail.lib.sh"
echo 'nameserver 127.0.0.1' > resolv.conf
mount --bind resolv.conf /etc/resolv.conf
ip link set lo up
for address in $mx_address 10.99.53.1 10.99.53.10 10.99.53.11; do ip address add $address/32 dev lo; done

# ---- the world above: root and test., signed ----
from=$(date -u -d '1 hour ago' +%Y%m%d%H%M%S) until=$(date -u -d '30 days' +%Y%m%d%H%M%S)
mkdir root-keys test-keys root test
for name in . test; do
	case $name in .) dir=root-keys ;; *) dir=test-keys ;; esac
	dnssec-keygen -q -K "$dir" -a ECDSAP256SHA256 -f KSK $name > /dev/null
	dnssec-keygen -q -K "$dir" -a ECDSAP256SHA256 $name > /dev/null
done
world() { # [DS...]: the delegation of the zone with these DS
	serial=$(date +%s%N | cut -c 6-14)
	{
		printf '$TTL 1\n@ SOA ns host %s 7200 3600 1209600 1\n@ NS ns\nns A 10.99.53.11\n%s. NS ns1.%s.\nns1.%s. A 10.99.53.1\n' "$serial" $zone $zone $zone
		for ds; do echo "$ds"; done
	} > test.plain
	dnssec-signzone -q -S -P -d . -K test-keys -s "$from" -e "$until" -o test -f test.new test.plain > sign.out 2>&1 || fail 'test. is signed' "$(cat sign.out)"
}
world
{
	printf '$TTL 1\n. SOA ns. host. 1 7200 3600 1209600 1\n. NS ns.\nns. A 10.99.53.10\ntest. NS ns.test.\nns.test. A 10.99.53.11\n'
	cat dsset-test.
} > root.plain
ok 'the root is signed' dnssec-signzone -q -S -P -d . -K root-keys -s "$from" -e "$until" -o . -f root/..zone root.plain
cp test.new test/test.zone
cp dsset-. anchor
printf '. 3600 NS ns.\nns. 3600 A 10.99.53.10\n' > hints
nsd_start root 10.99.53.10@53 .
nsd_start test 10.99.53.11@53 test
parent() { # [DS...]: what the parent has from now on
	world "$@"
	nsd_load test 10.99.53.11@53 test test.new
	fresh_unbound
}

# ---- who asks: Unbound with an empty cache ----
fresh_unbound() {
	[ ! -e unbound.pid ] || { kill "$(cat unbound.pid)"; wait "$(cat unbound.pid)" 2>/dev/null; }
	unbound -d -c unbound.conf > unbound.out 2>&1 &
	echo $! > unbound.pid
	pids="$pids $!"
	for _ in $(seq 100); do
		dig +tries=1 +time=1 @127.0.0.1 . SOA 2>/dev/null | grep -q 'status: NOERROR' && return
		sleep 0.05
	done
	fail 'Unbound starts' "$(tail -n 5 unbound.log unbound.out)"
}
cat > unbound.conf <<EOU
server:
  interface: 127.0.0.1
  port: 53
  username: ""
  chroot: ""
  directory: "$work"
  pidfile: ""
  logfile: "$work/unbound.log"
  use-syslog: no
  num-threads: 1
  module-config: "validator iterator"
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  val-log-level: 2
  qname-minimisation: yes
  harden-below-nxdomain: yes
  aggressive-nsec: yes
  root-hints: "$work/hints"
  trust-anchor-file: "$work/anchor"
  local-zone: "test." nodefault
remote-control:
  control-enable: no
EOU
fresh_unbound
ad() { dig +dnssec +tries=1 +time=3 @127.0.0.1 "$1" "$2" | grep -q '^;; flags:.* ad'; }

# ---- the mail server and its certificate ----
cert() { # NAME [KEY]: self-signed, with a new key or this one
	[ -n "${2:-}" ] || openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key" 2>/dev/null
	openssl req -new -x509 -key "${2:-$1.key}" -subj "/CN=mail.$zone" -addext "subjectAltName=DNS:mail.$zone" -days 30 -out "$1.pem" 2>/dev/null
}
cert first
cert other
cp first.pem mail.pem && cp first.key mail.key
mail_rx "$work/mail.pem" "$work/mail.key"
mail_tx

# ---- the zone, not signed ----
cat > $zone.zone <<EOZ
\$TTL 2
@ SOA ns1 host 1 7200 3600 1209600 2
@ NS ns1
@ MX 10 mail
ns1 A 10.99.53.1
mail A $mx_address
a.ent TXT "below an empty non-terminal"
*.wild TXT "wild"
sub NS ns.elsewhere.test.
EOZ
# ---- servers, each at 10.99.53.1 in its turn; serve NAME starts one with signed/$zone.zone or FILE ----
signed=$work/signed/$zone.zone
stop_server() {
	[ -z "${server:-}" ] || { kill "$server"; wait "$server" 2>/dev/null; }
	server=
}
answers() { # SERIAL: the server has it
	for _ in $(seq 200); do
		[ "$(dig +short +tries=1 +time=1 @10.99.53.1 $zone SOA | awk '{ print $3 }')" = "$1" ] && return
		sleep 0.05
	done
	return 1
}
serial_of() { awk '$4 == "SOA" { print $7; exit }' "$1"; }
started() { # NAME PID
	server=$2
	pids="$pids $server"
	for _ in $(seq 200); do
		dig +tries=1 +time=1 @10.99.53.1 $zone SOA 2>/dev/null | grep -q 'status:' && return
		sleep 0.05
	done
	fail "$1 starts" "$(tail -n 5 "$1"/log "$1"/out 2>/dev/null)"
}
serve_nsd() {
	mkdir -p nsd
	cat > nsd/nsd.conf <<-EON
		server:
		  ip-address: 10.99.53.1
		  username: ""
		  chroot: ""
		  zonesdir: "$work"
		  database: ""
		  pidfile: "$work/nsd/nsd.pid"
		  xfrdfile: "$work/nsd/xfrd.state"
		  zonelistfile: "$work/nsd/zone.list"
		  xfrdir: "$work/nsd"
		  logfile: "$work/nsd/log"
		  server-count: 1
		remote-control:
		  control-enable: yes
		  control-interface: $work/nsd/control
		zone:
		  name: "$zone"
		  zonefile: "$1"
	EON
	nsd -d -c nsd/nsd.conf > nsd/out 2>&1 &
	started nsd $!
}
serve_knot() {
	mkdir -p knot
	cat > knot/knot.conf <<-EON
		$(knot_head "$work/knot" 10.99.53.1@53)
		zone:
		  - domain: "$zone"
		    file: "$1"
		    zonefile-sync: -1
		    zonefile-load: whole
		    journal-content: none
	EON
	knotd -c knot/knot.conf > knot/out 2>&1 &
	started knot $!
}
serve_bind() {
	mkdir -p bind
	rndc-confgen -p 953 -s 127.0.0.1 2>/dev/null | sed '/^# Use/,$d' > bind/rndc.conf
	cat > bind/named.conf <<-EON
		$(sed -n '/^key/,/^};/p' bind/rndc.conf)
		options { directory "$work/bind"; pid-file "$work/bind/pid"; session-keyfile "$work/bind/session.key"; managed-keys-directory "$work/bind";
		  listen-on port 53 { 10.99.53.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; allow-query { any; }; notify no; };
		controls { inet 127.0.0.1 port 953 allow { 127.0.0.1; } keys { "rndc-key"; }; };
		zone "$zone" { type primary; file "$1"; masterfile-format text; };
	EON
	named -g -n 1 -c bind/named.conf > bind/out 2>&1 &
	started bind $!
}
pdns_conf() { # NAME
	mkdir -p "$1"
	cat > "$1/pdns.conf" <<-EON
		local-address=10.99.53.1
		local-port=53
		daemon=no
		guardian=no
		socket-dir=$work/$1
		cache-ttl=0
		query-cache-ttl=0
		negquery-cache-ttl=0
		security-poll-suffix=
		loglevel=4
	EON
}
serve_sqlite() {
	pdns_conf sqlite
	printf 'launch=gsqlite3\ngsqlite3-database=%s/sqlite/pdns.db\ngsqlite3-dnssec=yes\n' "$work" >> sqlite/pdns.conf
	sqlite3 sqlite/pdns.db < /usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
	pdns_server --config-dir="$work/sqlite" > sqlite/out 2>&1 &
	started sqlite $!
}
serve_pdnsbind() {
	pdns_conf pdnsbind
	printf 'launch=bind\nbind-config=%s/pdnsbind/named.conf\nbind-dnssec-db=%s/pdnsbind/dnssec.db\n' "$work" "$work" >> pdnsbind/pdns.conf
	[ -e pdnsbind/zone ] || cp "$1" pdnsbind/zone
	printf 'zone "%s" { type master; file "%s/pdnsbind/zone"; };\n' $zone "$work" > pdnsbind/named.conf
	pdnsutil --config-dir="$work/pdnsbind" create-bind-db "$work/pdnsbind/dnssec.db" > pdnsbind/db.out 2>&1
	pdns_server --config-dir="$work/pdnsbind" > pdnsbind/out 2>&1 &
	started pdnsbind $!
}
publish_nsd="{nsd: {config: nsd/nsd.conf, server: 10.99.53.1}}"
publish_knot="{knot: {socket: knot/knot.sock, server: 10.99.53.1}}"
publish_bind="{bind: {rndc: [rndc, -c, $work/bind/rndc.conf], server: 10.99.53.1}}"
publish_sqlite="{powerdns: {backend: gsqlite3, config-dir: sqlite, server: 10.99.53.1}}"
publish_pdnsbind="{powerdns: {backend: bind, config-dir: pdnsbind, file: pdnsbind/zone, server: 10.99.53.1}}"

config() { # SERVER: zonesign.yaml for it
	eval "publish=\$publish_$1"
	cat > zonesign.yaml <<-EON
		policies:
		  default:
		    dnskey-ttl: 2s
		    propagation: {zone: 0, parent: 0}
		    parent-ds-ttl: 1s
		    safety: 0
		    denial: ${denial:-nsec}
		    observe: {root-hints: hints, trust-anchor: anchor}
		zones:
		  $zone:
		    file: $zone.zone
		    output: signed/$zone.zone
		    registrar: gandi
		    publish: $publish
		    dane:
		      - {host: mail.$zone, port: 25, certificate: mail.pem, next: mail-next.key, ttl: 2s}
	EON
}
mkdir -p signed
# message ID WANTED-STATUS WANTED-TLS
message() {
	: > tx/log.mark
	mail_send "$1" || fail "$1: the sender takes the message"
	fate=$(mail_fate "$1")
	is "$1: the message is" "status=$2" "${fate%% *}"
	[ "$2" = sent ] || has "$1: why" tx/log "$4"
	[ -z "$3" ] || is "$1: the sender knows the receiver" "$3" "$(mail_tls)"
}
look() { # NAME STATUS WORDS: what check --live says
	run "$z" check --live --trust-anchor anchor --root-hints hints --timeout 15s $zone
	is "$1: check --live" "$2" $status
	[ -z "$3" ] || has "$1: check --live tells it" out "$3"
}

serve_nsd "$work/$zone.zone"
message plain sent Untrusted

# ---- signed, and served by each in turn ----
first=yes
for name in ${STORY_SERVERS:-nsd knot bind pdnsbind sqlite}; do
	stop_server
	config $name
	case $name in
	sqlite) serve_sqlite ;;
	*) cp -n $zone.zone "$signed" 2>/dev/null; serve_$name "$signed" ;;
	esac
	run "$z" -q build # of a zone that is the same: another server has to take it
	is "$name: the build" 0 $status
	ok "$name: it has the new zone" answers "$(serial_of "$signed")"
	if [ $first ]; then
		for _ in $(seq 100); do "$z" -q ds --ready $zone > /dev/null 2>&1 && break; sleep 0.1; done
		run "$z" ds --ready $zone
		is 'the DS may be entered' 0 $status
		"$z" -q build
		run "$z" ds --format ds $zone
		cp out ds
		parent "$(grep -v '^;' ds)"
		run "$z" ds --check $zone
		is 'ds --check' 0 $status
		first=
	else
		fresh_unbound
	fi
	for question in "$zone SOA" "mail.$zone A" "_25._tcp.mail.$zone TLSA" "a.wild.$zone TXT" "nothing.$zone A" "ent.$zone A" "_tcp.mail.$zone A" "mail.$zone TLSA" "sub.$zone DS"; do
		# shellcheck disable=SC2086
		ok "$name: Unbound validates $question" ad $question
	done
	message $name sent Verified
	look $name 0 "Verified TLS connection established to mail.$zone[$mx_address]:25"
done

# PowerDNS with the other kind of denial
for denial in nsec3 nsec; do
	config $name
	run "$z" -q build
	is "$name with $denial: the build" 0 $status
	fresh_unbound
	for question in "nothing.$zone A" "_tcp.mail.$zone A" "a.b.nothing.$zone TXT"; do
		# shellcheck disable=SC2086
		ok "$name with $denial: Unbound validates $question" ad $question
	done
	message $name-$denial sent Verified
	look $name-$denial 0 'Verified TLS connection'
done

# ---- what goes wrong ----
mail_reconfigure smtpd_tls_cert_file="$work/other.pem" smtpd_tls_key_file="$work/other.key"
message wrong-cert deferred Untrusted 'Server certificate not'
look wrong-cert 4 'none of'
mail_reconfigure smtpd_tls_cert_file="$work/mail.pem" smtpd_tls_key_file="$work/mail.key" smtpd_tls_security_level=none
message no-starttls deferred '' 'TLS is required, but was not offered'
look no-starttls 4 'STARTTLS'
mail_reconfigure smtpd_tls_security_level=may
parent "$(sed 's/ \([0-9A-Fa-f]\)\([0-9A-Fa-f]*\)$/ 0\2/; s/ \(0[0-9A-Fa-f]*\)$/ \1/' ds | sed 's/0$/1/; t; s/.$/0/')"
message bogus deferred '' 'type=MX: Host not found'
look bogus 4 'DS'
parent
message insecure sent Untrusted
look insecure 0 'its parent proves that there is no DS'
parent "$(grep -v '^;' ds)"
message mended sent Verified
look mended 0 'Verified TLS connection'

# ---- a renewal with a new key, while messages are sent all the time ----
post() { # until the file "stop" is there; each message's number
	n=0
	while [ ! -e stop ]; do
		n=$((n + 1))
		mail_send "$tide-$n" || echo "refused $tide-$n" >> flow.refused
		echo $n > flow.count
		sleep 0.3
	done
}
flow_begins() { # NAME
	tide=$1
	before=$(wc -l < tx/log)
	rm -f stop flow.refused flow.count
	post &
	flow=$!
}
flow_is_good() { # NAME: all that were sent arrived, over connections that were Verified
	for _ in $(seq 300); do
		count=$(cat flow.count 2>/dev/null)
		[ "${count:-0}" -ge 6 ] && break
		sleep 0.1
	done
	touch stop
	wait "$flow"
	count=$(cat flow.count)
	for n in $(seq "$count"); do
		case $(mail_fate "$tide-$n") in status=sent*) ;; *) echo "$tide-$n: $(mail_fate "$tide-$n")" ;; esac
	done > flow.bad
	tail -n +$((before + 1)) tx/log > flow.log
	is "$1: none of $count messages is late" '' "$(cat flow.bad flow.refused 2>/dev/null)"
	is "$1: each connection was Verified" "$count Verified" "$(grep 'TLS connection established' flow.log | sed 's/.*: \([A-Za-z]*\) TLS connection.*/\1/' | sort | uniq -c | sed 's/^ *//')"
	ok "$1: there were messages" test "$count" -ge 5
}
served_key() { openssl s_client -starttls smtp -connect $mx_address:25 < /dev/null 2>/dev/null | openssl x509 -noout -pubkey | sha256sum; }
key_of() { openssl x509 -in "$1" -noout -pubkey | sha256sum; }

flow_begins staged
run "$z" tlsa --stage mail.$zone
is 'stage: the next key is made and published' 0 $status
has 'stage: from when it may be used' out 'may be used'
cert second mail-next.key
run "$z" tlsa --gate second.pem $zone
is 'gate: not yet' 5 $status
for _ in $(seq 100); do
	sleep 0.1
	"$z" -q tlsa --gate second.pem $zone > /dev/null 2>&1 && break
done
run "$z" tlsa --gate second.pem $zone
is 'gate: now' 0 $status
cp mail-next.key mail.key && cp second.pem mail.pem
mail_reconfigure smtpd_tls_cert_file="$work/mail.pem"
is 'the server presents the new key' "$(key_of second.pem)" "$(served_key)"
run "$z" -q build
is 'the build after it' 0 $status
for _ in $(seq 60); do # the former record leaves when no cache needs it any more
	[ "$(dig +short @10.99.53.1 _25._tcp.mail.$zone TLSA | wc -l)" = 1 ] && break
	sleep 0.2
	"$z" -q build
done
is 'the former TLSA left' 1 "$(dig +short @10.99.53.1 _25._tcp.mail.$zone TLSA | wc -l)"
flow_is_good 'a renewal that was staged'
look renewed 0 'Verified TLS connection'

# ---- the same, done wrong: a new key that nobody published ----
flow_begins unstaged
cert third
run "$z" tlsa --gate third.pem $zone
is 'without a stage the gate stays shut' 3 $status
has 'and says what to do' err 'eep the old certificate'
sleep 1
flow_is_good 'a renewal that was not'
finish
