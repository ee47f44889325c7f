# lib.sh - what the tests with real servers share: NSD on loopback, a signed parent zone "test.", free ports. Sourced after ../lib.sh.
z=$ZONESIGN
parent_from=20261130000000 parent_until=20271201000000 # signatures of the parent; the tests run with --now inside

# free_ports N: as many ports, free for UDP and TCP on all of 127/8: below those that the system gives to clients, and in a part
# of that range that is this script's own, since several scripts run at a time
free_ports() {
	python3 -c 'import os, socket, sys
held, pid = [], int(sys.argv[2])
try: first = int(open(".ports").read())
except OSError: first = 10000 + pid % 170 * 128
for port in range(first, first + 128):
    u, t = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket()
    try: u.bind(("0.0.0.0", port)); t.bind(("0.0.0.0", port))
    except OSError: continue
    held.append((u, t))
    if len(held) == int(sys.argv[1]): break
open(".ports", "w").write(str(port + 1))
print(*(u.getsockname()[1] for u, t in held))' "$1" $$
}

# until_up ADDRESS@PORT: a server answers there. Without recursion, or a resolver would look for the root servers first
until_up() {
	for _ in $(seq 600); do
		dig +norecurse +tries=1 +time=1 -p "${1#*@}" "@${1%@*}" . SOA 2>/dev/null | grep -q status: && return
		sleep 0.05
	done
	fail "$1 answers"
	return 1
}

# knot_head DIRECTORY ADDRESS@PORT: how a knot.conf begins whose all is in the directory
knot_head() {
	cat <<-EOF
		server:
		  listen: $2
		  rundir: "$1"
		  udp-workers: 1
		  tcp-workers: 1
		  background-workers: 1
		control:
		  listen: "$1/knot.sock"
		log:
		  - target: "$1/log"
		    any: info
		database:
		  storage: "$1"
	EOF
}

# nsd_start NAME ADDRESS@PORT ZONE...: serves NAME/ZONE.zone for each; its pid in NAME/pid
nsd_start() {
	ns_name=$1 ns_address=$2
	shift 2
	mkdir -p "$ns_name"
	cat > "$ns_name/nsd.conf" <<-EOF
		server:
		  ip-address: $ns_address
		  username: ""
		  chroot: ""
		  zonesdir: "$PWD/$ns_name"
		  database: ""
		  pidfile: "$PWD/$ns_name/nsd.pid"
		  xfrdfile: "$PWD/$ns_name/xfrd.state"
		  zonelistfile: "$PWD/$ns_name/zone.list"
		  xfrdir: "$PWD/$ns_name"
		  logfile: "$PWD/$ns_name/log"
		  server-count: 1
		  rrl-ratelimit: 0
		remote-control:
		  control-enable: no
	EOF
	for ns_zone; do printf 'zone:\n  name: "%s"\n  zonefile: "%s.zone"\n' "$ns_zone" "$ns_zone" >> "$ns_name/nsd.conf"; done
	nsd -d -c "$ns_name/nsd.conf" > "$ns_name/out" 2>&1 &
	echo $! > "$ns_name/pid"
	pids="$pids $!"
	until_up "$ns_address" || tail -n 5 "$ns_name/log" "$ns_name/out"
}

# nsd_load NAME ADDRESS@PORT ZONE FILE: a new version of the zone, whose serial is awaited
nsd_load() {
	cp "$4" "$1/$3.tmp" && mv "$1/$3.tmp" "$1/$3.zone"
	nl_serial=$(awk '$4 == "SOA" || $3 == "SOA" { for (i = 1; i <= NF; i++) if ($i == "SOA") { print $(i + 3) == "(" ? $(i + 4) : $(i + 3); exit } }' "$1/$3.zone")
	[ -n "$nl_serial" ] && [ "$nl_serial" != '(' ] || nl_serial=$(named-compilezone -q -i none -k ignore -o - "$3" "$1/$3.zone" 2>/dev/null | awk '$4 == "SOA" { print $7; exit }')
	kill -HUP "$(cat "$1/pid")"
	for _ in $(seq 200); do
		[ "$(dig +short +tries=1 +time=1 -p "${2#*@}" "@${2%@*}" "$3" SOA | awk '{ print $3 }')" = "$nl_serial" ] && return
		sleep 0.05
	done
	fail "NSD $1 loads serial $nl_serial of $3" "$(tail -n 3 "$1/log")"
}

# make_parent FILE [RECORD...]: the zone test. with these records, signed (by NSEC, or as $denial says) into FILE. $parent_ttl: of its records
parent_serial=1
make_parent() {
	mp_file=$1
	shift
	parent_serial=$((parent_serial + 1))
	{
		printf '$TTL %s\n@ SOA ns1.test. host.test. %s 7200 3600 1209600 %s\n@ NS ns1.test.\n@ NS ns2.test.\n' "${parent_ttl:-3600}" $parent_serial "${parent_ttl:-3600}"
		printf 'ns1 A 127.0.0.1\nns2 A 127.0.0.2\na NS ns1.a\nns1.a A 127.0.0.1\nother NS ns1.a\n'
		for mp_record; do echo "$mp_record"; done
	} > parent.plain
	mkdir -p parent-keys
	[ -e parent-keys/made ] || { dnssec-keygen -q -K parent-keys -a ECDSAP256SHA256 -f KSK test; dnssec-keygen -q -K parent-keys -a ECDSAP256SHA256 test; touch parent-keys/made; } > /dev/null
	# shellcheck disable=SC2086
	dnssec-signzone -q -S -P -d . -K parent-keys -s $parent_from -e $parent_until ${denial:-} -o test -f "$mp_file" parent.plain > sign.out 2>&1 || fail 'the parent is signed' "$(cat sign.out)"
	cat dsset-test. > ta
}
