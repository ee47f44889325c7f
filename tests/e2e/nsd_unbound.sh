#!/bin/sh
# NSD serves a signed zone, Unbound with the printed DS as trust anchor validates every kind of answer; with one signature
# altered it answers SERVFAIL. All on loopback, on free ports.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need nsd unbound dig python3 openssl

serve() { # FILE: nsd with the zone on $auth, unbound on $port
	cat > nsd.conf <<-EOF
		server:
		  ip-address: 127.0.0.1@$auth
		  username: ""
		  chroot: ""
		  zonesdir: "$work"
		  database: ""
		  pidfile: "$work/nsd.pid"
		  xfrdfile: "$work/xfrd.state"
		  zonelistfile: "$work/zone.list"
		  xfrdir: "$work"
		  logfile: "$work/nsd.log"
		  server-count: 1
		remote-control:
		  control-enable: no
		zone:
		  name: "example.com"
		  zonefile: "$1"
	EOF
	cat > unbound.conf <<-EOF
		server:
		  interface: 127.0.0.1@$port
		  username: ""
		  chroot: ""
		  directory: "$work"
		  pidfile: "$work/unbound.pid"
		  logfile: "$work/unbound.log"
		  use-syslog: no
		  num-threads: 1
		  module-config: "validator iterator"
		  access-control: 127.0.0.0/8 allow
		  do-not-query-localhost: no
		  qname-minimisation: yes
		  harden-below-nxdomain: yes
		  aggressive-nsec: yes
		  trust-anchor-file: "$work/ta"
		  local-zone: "." refuse
		  local-zone: "example.com." transparent
		remote-control:
		  control-enable: no
		stub-zone:
		  name: "example.com"
		  stub-addr: 127.0.0.1@$auth
		  stub-prime: no
	EOF
	nsd -d -c nsd.conf >nsd.out 2>&1 &
	nsd=$!
	unbound -d -c unbound.conf >unbound.out 2>&1 &
	unbound=$!
	pids="$pids $nsd $unbound"
	for _ in $(seq 100); do
		ask example.com SOA && grep -q 'status: [NS]' answer && return
		sleep 0.1
	done
	fail 'the servers start' "$(cat nsd.log unbound.log nsd.out unbound.out 2>/dev/null | tail -n 10)"
}
stop() {
	kill $nsd $unbound
	wait $nsd $unbound 2>/dev/null
	pids=
}
ask() { dig +dnssec +tries=1 +time=5 -p "$port" @127.0.0.1 "$@" > answer 2>&1; }
secure() { # NAME STATUS QUESTION...
	what=$1 wanted=$2
	shift 2
	ask "$@"
	if grep -q "status: $wanted" answer && grep -q 'flags:[^;]* ad' answer; then pass; else fail "$what: $* is $wanted with AD" "$(grep -E 'status|flags' answer)" "$(tail -n 5 unbound.log)"; fi
}

set -- $(free_ports 2)
auth=$1 port=$2
cp "$top"/testdata/demo/* . 2>/dev/null
sh make-certs.sh certs
for denial in nsec nsec3; do
	rm -rf state signed
	sed "s/^  default:/&\n    denial: $denial/" "$top/testdata/demo/zonesign.yaml" > zonesign.yaml
	run "$ZONESIGN" build
	is "$denial: the zone is built" 0 $status
	"$ZONESIGN" ds --format ds > ta
	ok "$denial: the DS is for a key in the file" "$ZONESIGN" -q verify --origin example.com --ds ta signed/example.com.zone
	serve "$work/signed/example.com.zone"
	secure "$denial" NOERROR www.example.com A
	secure "$denial" NOERROR example.com MX
	secure "$denial" NOERROR _25._tcp.mail.example.com TLSA
	secure "$denial" NOERROR _443._tcp.www.example.com TLSA
	secure "$denial, DNSKEY" NOERROR example.com DNSKEY
	secure "$denial, wildcard" NOERROR any.app.example.com CNAME
	secure "$denial, NODATA" NOERROR www.example.com MX
	secure "$denial, wildcard NODATA" NOERROR any.app.example.com TXT
	secure "$denial, ENT" NOERROR _tcp.mail.example.com TLSA
	secure "$denial, NXDOMAIN" NXDOMAIN nothing.example.com A
	secure "$denial, NXDOMAIN" NXDOMAIN a.b.c.mail.example.com A
	secure "$denial, no DS" NOERROR lab.example.com DS
	stop
	# one octet of the signature over www A
	python3 - <<-'EOF'
		import re
		text = open("signed/example.com.zone").read()
		line = next(l for l in text.splitlines() if l.startswith("www.example.com.") and " RRSIG A " in l)
		bad = line[:-9] + ("A" if line[-9] != "A" else "B") + line[-8:]
		open("broken.zone", "w").write(text.replace(line, bad))
	EOF
	run "$ZONESIGN" -q verify --origin example.com broken.zone
	is "$denial: verify refuses the altered signature" 4 $status
	serve "$work/broken.zone"
	ask www.example.com A
	ok "$denial: an altered signature is SERVFAIL" grep -q 'status: SERVFAIL' answer
	secure "$denial, altered elsewhere" NOERROR mail.example.com A
	stop
done
finish
