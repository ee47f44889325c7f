#!/bin/sh
# PowerDNS with PostgreSQL and with MySQL (MariaDB), which run unprivileged in this test's directory; and what a validator that
# keeps nothing sees of the server while zones are imported, NSEC, NSEC3 and opt-out in turn; and, with each of the three backends,
# what comes back when a run did not come to its end and the next one finds wrong answers.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
for dir in /usr/lib/postgresql/*/bin; do PATH=$PATH:$dir; done
need pdns_server pdnsutil pdns_control sqlite3 dig python3 unbound initdb postgres psql mariadbd
for backend in gpgsql gmysql; do [ -e /usr/lib/*/pdns/lib${backend}backend.so ] || need "pdns-backend-${backend#g}"; done

set -- $(free_ports 5)
lite=127.0.0.1@$1 pg=127.0.0.1@$2 my=127.0.0.1@$3 unbound=$4 silent=127.0.0.1@$5
ask() { dig +tries=1 +time=1 "@${1%@*}" -p "${1#*@}" +short "$2" SOA | awk '{ print $3 }'; }
published() { awk '$4 == "SOA" { print $7; exit }' "$1"; }
until_there() { for _ in $(seq 600); do [ -S "$1" ] && return; sleep 0.05; done; fail "$1 is there"; }
start_pdns() { # NAME ADDRESS LINE...
	sp_name=$1 sp_address=$2; shift 2
	{ printf '%s\n' "local-address=127.0.0.1" "local-port=${sp_address#*@}" daemon=no guardian=no "socket-dir=$PWD/$sp_name" loglevel=4 security-poll-suffix= dname-processing=yes; printf '%s\n' "$@"; } > "$sp_name/pdns.conf"
	pdns_server --config-dir="$PWD/$sp_name" > "$sp_name/log" 2>&1 &
	pids="$pids $!"; until_up "$sp_address"
}
zone_file() { # FILE NAME: NAME is new in it
	printf '$TTL 300\n@ SOA ns1 host 1 7200 3600 1209600 300\n@ NS ns1\n@ NS ns2\n@ MX 10 mail\nns1 A 127.0.0.1\nns2 A 127.0.0.2\nmail A 192.0.2.1\n' > "$1"
	printf '*.wild TXT "it%ss; a \\"quote\\", a \\\\\\\\ backslash" "\\\\000"\nwww.ent A 192.0.2.2\nUp A 192.0.2.3\nd DNAME target.example.\nx.only NS ns.elsewhere.\nsec NS ns.elsewhere.\nsec DS 1 13 2 %064d\n%s A 192.0.2.4\n' "'" 1 "$2" >> "$1"
}
policies='policies:
  default: {observe: off, signatures: {jitter: 0}}
  n3: {observe: off, denial: nsec3}
  oo: {observe: off, denial: {nsec3: {opt-out: yes}}}
zones:'
{
	echo "$policies"
	for name in lite pg my; do
		case $name in lite) backend=gsqlite3 server=$lite ;; pg) backend=gpgsql server=$pg ;; my) backend=gmysql server=$my ;; esac
		echo "  $name.test: {file: $name.zone, output: $name/out, policy: default, publish: {powerdns: {backend: $backend, config-dir: $name, server: $server}}}"
		mkdir $name; zone_file $name.zone first
	done
} > zonesign.yaml
policy() { sed -i "/^  $1: /s/policy: [a-z0-9]*/policy: $2/" zonesign.yaml; }

# ---- runs that end between the exchange and the judgement ----
mkdir bin
cat > bin/pdnsutil <<'EOF'
#!/bin/sh
# killed: the command after which the build is killed; wrong: the zone of which PowerDNS is told after the exchange that it is not signed
/usr/bin/pdnsutil "$@" || exit
[ ! -e wrong ] || case "$*" in *'SET disabled=CASE'*) /usr/bin/pdnsutil "$1" unset-presigned "$(cat wrong)"; rm wrong ;; esac
[ ! -e killed ] || case "$*" in *"$(cat killed)"*) rm killed; kill -9 $PPID ;; esac
EOF
chmod +x bin/pdnsutil
sql() { /usr/bin/pdnsutil --config-dir=$name backend-cmd $backend "$@" 2>&1; }
rows() { # ZONE
	sql "select name,type,content,ttl,prio,disabled,ordername,auth from records where domain_id=(select id from domains where name='$1') order by name,type,content" \
		"select kind,content from domainmetadata where domain_id=(select id from domains where name='$1') order by kind"
}
build() { PATH=$work/bin:$PATH run "$z" -q build "$1"; }
killed() { echo "$2" > killed; build $zone; is "$backend, $1" no "$([ -e killed ] && echo yes || echo no)"; rm -f killed; } # NAME COMMAND
nothing_beside() { # NAME
	sql "select name from domains" "select count(*) from records where disabled" > out
	hasnt "$backend, $1: nothing is left beside the zone" out zonesign.invalid; has "$backend, $1: nothing is disabled" out "'0'"
}
retry() { # NAME BACKEND SERVER
	name=$1 backend=$2 server=$3 zone=$1.test
	sed -i "/^  $zone: /s/server: [^,}]*/server: $server, wait: 1s/" zonesign.yaml
	policy $zone default; zone_file $name.zone good; build $zone; is "$backend: a good zone" 0 $status
	rows $zone > good.rows; good=$(ask "$server" $zone)
	for ended in unconfirmed unconfirmed-twice unconfirmed-laying exchanged exchanged-laying; do
		policy $zone n3 # what PowerDNS knows beside the records must come back too
		zone_file $name.zone $ended
		case $ended in
		unconfirmed*)
			sed -i "/^  $zone: /s/server: [^,}]*/server: $silent/" zonesign.yaml
			build $zone; is "$backend, $ended" 1 $status; has "$backend, $ended: why" err 'does not serve it'
			[ $ended != unconfirmed-twice ] || { zone_file $name.zone twice; build $zone; is "$backend, $ended: again" 1 $status; }
			sed -i "/^  $zone: /s/server: [^,}]*/server: $server/" zonesign.yaml ;;
		*) killed "$ended: killed after the exchange" 'SET disabled=CASE'; pdns_control --config-dir=$name purge > out 2>&1 ;;
		esac
		is "$backend, $ended: what was not judged is served" "$(published $name/out)" "$(ask "$server" $zone)"
		sql "select name from domains" > out; has "$backend, $ended: the former zone lies beside it" out .former.zonesign.invalid
		case $ended in *-laying) policy $zone oo; zone_file $name.zone laid; killed "$ended: killed while laying" 'INSERT INTO records' ;; esac
		for beside in $(sql "select name from domains" | grep -o '[0-9a-z.]*zonesign.invalid'); do
			for type in SOA AXFR; do
				dig +tries=1 +time=1 "@${server%@*}" -p "${server#*@}" "$beside" $type > dig; hasnt "$backend, $ended: $type of what lies beside" dig $zone
			done
		done
		policy $zone oo; zone_file $name.zone $ended-wrong; echo $zone > wrong
		build $zone; is "$backend, $ended: the next run finds wrong answers" 1 $status; has "$backend, $ended: put back" err 'the former zone was put back'
		is "$backend, $ended: the zone that was judged good is served" "$good" "$(ask "$server" $zone)"
		rows $zone > back.rows; ok "$backend, $ended: its rows are as they were" diff good.rows back.rows; nothing_beside "$ended, put back"
	done
	zone_file $name.zone killed; killed 'killed once more' 'SET disabled=CASE'
	policy $zone default; zone_file $name.zone mended; build $zone; is "$backend: the next run is good" 0 $status; nothing_beside 'the next run is good'
	rows $zone > good.rows; zone_file $name.zone wrong; echo $zone > wrong; build $zone; is "$backend: the one after it is wrong" 1 $status
	rows $zone > back.rows; ok "$backend: and the good one comes back" diff good.rows back.rows
	build $zone; is "$backend: mended" 0 $status
}

# ---- PostgreSQL, which does not run as root ----
as=
mkdir pgdata; chmod 755 .
if [ "$(id -u)" = 0 ]; then chown nobody pgdata; as='setpriv --reuid=nobody --clear-groups'; fi
(cd pgdata && $as initdb -D data -A trust -U pdns --no-sync -E UTF8 --locale=C) > pglog 2>&1 || fail 'initdb' "$(tail -n 3 pglog)"
(cd pgdata && exec $as postgres -D data -k "$PWD" -h '' -c fsync=off) > pglog 2>&1 &
pids="$pids $!"; until_there pgdata/.s.PGSQL.5432
for _ in $(seq 600); do psql -q -h "$PWD/pgdata" -U pdns -c 'create database pdns' postgres > out 2>&1 && break; sleep 0.05; done
psql -q -h "$PWD/pgdata" -U pdns -c 'alter role pdns set standard_conforming_strings = off' postgres > out 2>&1 # backslashes must not depend on it
psql -q -h "$PWD/pgdata" -U pdns pdns < /usr/share/pdns-backend-pgsql/schema/schema.pgsql.sql > out 2>&1
start_pdns pg "$pg" launch=gpgsql "gpgsql-host=$PWD/pgdata" gpgsql-user=pdns gpgsql-dbname=pdns gpgsql-dnssec=yes

# ---- MariaDB ----
mkdir mydata mydata/mysql mydata/pdns
mariadb="mariadbd --no-defaults --datadir=$PWD/mydata --skip-grant-tables $([ "$(id -u)" = 0 ] && echo --user=root)"
(echo 'use pdns;'; cat /usr/share/pdns-backend-mysql/schema/schema.mysql.sql) | $mariadb --bootstrap > mylog 2>&1 || fail 'mariadbd --bootstrap' "$(tail -n 3 mylog)"
$mariadb --socket="$PWD/mydata/s" --skip-networking --sql-mode=NO_BACKSLASH_ESCAPES --pid-file="$PWD/mydata/pid" > mylog 2>&1 &
pids="$pids $!"; until_there mydata/s
start_pdns my "$my" launch=gmysql "gmysql-socket=$PWD/mydata/s" gmysql-user=root gmysql-dbname=pdns gmysql-dnssec=yes

for name in pg my; do
	[ $name = pg ] && server=$pg backend=gpgsql || { server=$my; backend=gmysql; }
	for policy in default oo n3 default n3 oo default; do
		policy $name.test $policy; zone_file $name.zone "to-$policy"
		run "$z" -q build $name.test; is "$backend: to $policy" 0 $status; is "$backend: it serves it" "$(published $name/out)" "$(ask "$server" $name.test)"
	done
	nothing_beside 'all done'
	retry $name $backend "$server"
done

# ---- what is seen in the meantime ----
sqlite3 lite/pdns.db < /usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
start_pdns lite "$lite" launch=gsqlite3 "gsqlite3-database=$PWD/lite/pdns.db" gsqlite3-dnssec=yes
# the first import of all does not come to its end: the former zone is none
name=lite backend=gsqlite3 zone=lite.test
killed 'killed after the first import' 'SET disabled=CASE'; ok 'it was done' sh -c '[ "$(sqlite3 lite/pdns.db "select count(*) from records where not disabled")" -gt 9 ]'
zone_file lite.zone second; echo lite.test > wrong; build lite.test; is 'the next one is wrong' 1 $status; is 'there is no zone' 0 "$(sqlite3 lite/pdns.db 'select count(*) from records')"; nothing_beside 'no zone'
build lite.test; is 'the first good import' 0 $status
retry lite gsqlite3 "$lite"
"$z" ds --format ds lite.test > ta 2> err; grep -o 'lite.test.*DS.*' ta > ta.ds
mkdir unbound
cat > unbound/unbound.conf <<EOF
server:
  interface: 127.0.0.1
  port: $unbound
  username: ""
  chroot: ""
  directory: "$PWD/unbound"
  pidfile: "$PWD/unbound/pid"
  use-syslog: no
  num-threads: 1
  module-config: "validator iterator"
  do-not-query-localhost: no
  cache-max-ttl: 0
  cache-max-negative-ttl: 0
  val-bogus-ttl: 0
  aggressive-nsec: no
  trust-anchor-file: "$PWD/ta.ds"
  local-zone: "test." nodefault
  log-time-ascii: yes
  val-log-level: 2
remote-control:
  control-enable: no
stub-zone:
  name: "lite.test"
  stub-addr: $lite
EOF
unbound -d -c unbound/unbound.conf > unbound/log 2>&1 &
pids="$pids $!"; until_up 127.0.0.1@$unbound
cat > look.py <<'EOF'
"""Asks the validator in turn until the file `stop` is there; prints how many answers there were, how many did not validate, and for how many milliseconds at a stretch."""
import os, socket, struct, sys, time
port, questions = int(sys.argv[1]), [("lite.test", 6), ("nosuch.lite.test", 1), ("ent.lite.test", 1), ("mail.lite.test", 16), ("x.wild.lite.test", 16),
    ("x.wild.lite.test", 1), ("mail.lite.test", 1), ("up.lite.test", 1), ("sec.lite.test", 43), ("zz.lite.test", 28)]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("127.0.0.1", port)); s.settimeout(3)
count, wrong, n = 0, [], 0
while not os.path.exists("stop"):
    name, qtype = questions[count % len(questions)]
    n = (n + 1) % 65536
    wire = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0"
    s.send(struct.pack(">HHHHHH", n, 0x0120, 1, 0, 0, 1) + wire + struct.pack(">HH", qtype, 1) + b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 0))
    try:
        answer = s.recv(4096)
        flags = struct.unpack(">H", answer[2:4])[0]
        good = flags & 0x20 and flags & 15 in (0, 3)
    except TimeoutError:
        good, flags = False, -1
    count += 1
    print(count, file=open("asked", "w"))
    if not good:
        wrong.append((name, qtype, flags & 15, time.monotonic()))
longest = first = last = 0
for w in wrong:
    if w[3] - last > 0.1:
        first = w[3]
    last = w[3]
    longest = max(longest, last - first)
print(count, len(wrong), round(longest * 1000), *wrong[:10])
EOF
watch() { # BUILD...: policies to build in turn while it looks
	rm -f stop asked; python3 "$look" "$port" > seen & watcher=$!
	for policy; do turn "$policy"; done
	more=$least
	while [ $more -gt 0 ] && n=$(cat asked 2>/dev/null) && [ "${n:-0}" -le $least ]; do turn default; more=$((more - 1)); done # a slow machine
	touch stop; wait $watcher
}
turn() { turns=$((turns + 1)); policy lite.test "$1"; zone_file lite.zone "to-$1-$turns"; run "$z" -q build lite.test; is "lite: to $1" 0 $status; }
look=look.py port=$unbound least=100 turns=0
watch default default default default default default default default
# between the exchange and the moment when it is told to forget PowerDNS may have kept one of SOA and signature, not both
[ "$(awk '{ print ($2 * 50 <= $1 && $3 < 3000) }' seen)" = 1 ] && pass || fail 'changes of a zone: answers in the meantime validate, but for a moment' "$(cat seen)"
[ "$(awk '{ print ($1 > 100) }' seen)" = 1 ] && pass || fail 'enough was asked' "$(cat seen)"
# Between NSEC and NSEC3 PowerDNS goes on with the former kind until it is told to forget, a moment after the exchange. A denial is whole if
# each NSEC or NSEC3 in it has its signature.
cat > denials.py <<'EOF'
"""Asks the server for denials until the file `stop` is there; prints how many, how many were not whole, and for how many ms at a stretch."""
import os, socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(("127.0.0.1", int(sys.argv[1]))); s.settimeout(3)
questions = [("nosuch.lite.test", 1), ("ent.lite.test", 1), ("mail.lite.test", 16), ("x.wild.lite.test", 1)]
def skip(wire, at):
    while wire[at]:
        if wire[at] >= 192: return at + 2
        at += wire[at] + 1
    return at + 1
def whole(wire):
    at, denials, signed = skip(wire, 12) + 4, 0, 0
    for _ in range(sum(struct.unpack(">HH", wire[6:10]))):
        at = skip(wire, at)
        rtype, _, _, size = struct.unpack(">HHIH", wire[at:at + 10])
        covered = struct.unpack(">H", wire[at + 10:at + 12])[0] if rtype == 46 else 0
        denials, signed, at = denials + (rtype in (47, 50)), signed + (covered in (47, 50)), at + 10 + size
    return denials > 0 and denials == signed and wire[3] & 15 in (0, 3)
count = broken = 0
longest = first = last = 0.0
while not os.path.exists("stop"):
    name, qtype = questions[count % len(questions)]
    wire = b"".join(bytes([len(l)]) + l.encode() for l in name.split(".")) + b"\0"
    s.send(struct.pack(">HHHHHH", count % 65536, 0, 1, 0, 0, 1) + wire + struct.pack(">HH", qtype, 1) + b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 0))
    count += 1
    if not whole(s.recv(4096)):
        now = time.monotonic()
        broken, first, last = broken + 1, first if now - last < 0.1 else now, now
        longest = max(longest, last - first)
print(count, broken, round(longest * 1000))
EOF
look='denials.py' port=${lite#*@} least=0
watch n3 default oo n3 oo default n3 default n3 default
[ "$(awk '{ print ($3 < 3000) }' seen)" = 1 ] && pass || fail 'from one kind of denial to another: a moment, though other tests are running' "$(cat seen)"
[ -z "${VERBOSE:-}" ] || cat seen
finish
