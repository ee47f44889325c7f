#!/bin/sh
# publish: NSD, Knot, BIND and PowerDNS (SQLite and bind backends) take each new zone, and say so; one that does not is no
# server of the zone yet. What PowerDNS would answer wrongly is found, and the former zone put back.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need nsd nsd-control knotd knotc named rndc pdns_server pdnsutil pdns_control sqlite3 dig python3 tsig-keygen

set -- $(free_ports 9)
nsd=127.0.0.1@$1 nsdcontrol=$2 knot=127.0.0.1@$3 bind=127.0.0.1@$4 rndc=$5 sql=127.0.0.1@$6 pbind=127.0.0.1@$7 nobody=127.0.0.1@$8 hup=127.0.0.1@$9
ask() { dig +tries=1 +time=1 "@${1%@*}" -p "${1#*@}" +short "$2" SOA | awk '{ print $3 }'; }
published() { awk '$4 == "SOA" { print $7; exit }' "$1"; }
state() { grep -E "^ *$1: " "state/$2/state.yaml" | head -n 1 | sed 's/^ *[a-z_]*: //'; }
build() { run "$z" -q build "$1"; }

zone_file() { # NAME.zone: data of every kind; names of mixed case; an empty non-terminal; $1: a name to add
	cat > "$1" <<-EOF
		\$TTL 300
		@ SOA ns1 host 1 7200 3600 1209600 300
		@ NS ns1
		@ NS ns2
		@ MX 10 Mail
		@ CAA 0 issue "ca.example"
		ns1 A 127.0.0.1
		ns2 A 127.0.0.2
		Mail A 192.0.2.1
		Mail AAAA 2001:db8::1
		_25._tcp.Mail TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
		www.ent A 192.0.2.2
		*.wild TXT "it's; a \"quote\" and a \\\\ backslash" "\\000\\255"
		cname CNAME www.ent
		out CNAME www.example.
		_sip._tcp SRV 1 2 5060 Mail
		svc HTTPS 1 . alpn=h2
		type65280 TYPE65280 \\# 3 abcdef
		sub NS ns.sub
		ns.sub A 192.0.2.3
		sec NS ns.elsewhere.
		sec DS 12345 13 2 0000000000000000000000000000000000000000000000000000000000000000
		Zz A 192.0.2.9
		${2:-}
	EOF
}
for zone in nsd hup knot bind sql pbind; do zone_file $zone.zone; mkdir $zone; done

# ---- what hangs: a database that somebody holds locked, and a command that has left its process group, as one of another user is out of reach ----
mkdir hang; for tool in pdns_control pdnsutil; do printf '#!/bin/sh\n[ %s = pdns_control ] || exec sleep 700\n' $tool > hang/$tool; chmod +x hang/$tool; done
printf 'policies: {default: {observe: off}}\nstate: hang/state\nzones:\n  sql.test: {file: sql.zone, output: hang/sql, publish: {powerdns: {server: %s}}}\n' "$nobody" > hang-sql.yaml
printf 'policies: {default: {observe: off}}\nstate: hang/state\nzones:\n  nsd.test: {file: nsd.zone, output: hang/nsd, reload: [python3, -c, "import os, time; os.setpgid(0, os.getpgid(os.getppid())); time.sleep(700)"]}\n' > hang-group.yaml
for kind in sql group; do { PATH=$work/hang:$PATH "$z" -q -c hang-$kind.yaml build 2> hang-$kind.err; echo $? > hang-$kind.status; } & pids="$pids $!"; done

cat > zonesign.yaml <<EOF
policies:
  default: {observe: off}
  n3: {observe: off, denial: nsec3}
  oo: {observe: off, denial: {nsec3: {opt-out: yes, iterations: 2, salt: aabb}}}
zones:
  nsd.test: {file: nsd.zone, output: nsd/nsd.test.zone, publish: {nsd: {config: nsd/nsd.conf, server: $nsd}}}
  hup.test: {file: hup.zone, output: hup/hup.test.zone, publish: {nsd: {pid-file: hup/nsd.pid, server: $hup}}}
  knot.test: {file: knot.zone, output: knot/knot.test.zone, publish: {knot: {socket: knot/knot.sock, server: $knot}}}
  bind.test: {file: bind.zone, output: bind/bind.test.zone, publish: {bind: {rndc: [rndc, -k, $PWD/bind/rndc.key, -p, "$rndc"], server: $bind}}}
  sql.test: {file: sql.zone, output: sql/sql.test.zone, policy: default, publish: {powerdns: {config-dir: sql, server: $sql}}}
  pbind.test: {file: pbind.zone, output: pbind/out.zone, policy: default, publish: {powerdns: {backend: bind, file: pbind/pbind.test.zone, config-dir: pbind, server: $pbind}}}
EOF
policy() { sed -i "/^  $1: /s/policy: [a-z0-9]*/policy: $2/" zonesign.yaml; }

# ---- NSD ----
start_nsd() { # NAME ADDRESS CONTROL: with remote control (a socket) or without
	cat > "$1/nsd.conf" <<-EOF
		server:
		  ip-address: $2
		  username: ""
		  chroot: ""
		  zonesdir: "$PWD/$1"
		  database: ""
		  pidfile: "$PWD/$1/nsd.pid"
		  xfrdfile: "$PWD/$1/xfrd.state"
		  zonelistfile: "$PWD/$1/zone.list"
		  xfrdir: "$PWD/$1"
		  logfile: "$PWD/$1/log"
		  server-count: 1
		  rrl-ratelimit: 0
		remote-control:
		  control-enable: $3
		  control-interface: "$PWD/$1/socket"
		zone:
		  name: "$1.test"
		  zonefile: "$1.test.zone"
	EOF
	nsd -d -c "$1/nsd.conf" > "$1/out" 2>&1 &
	echo $! > "$1/pid"
	pids="$pids $!"
	until_up "$2"
}
start_nsd nsd "$nsd" yes
build nsd.test; is 'NSD: the first zone' 0 $status; is 'NSD serves it' "$(published nsd/nsd.test.zone)" "$(ask "$nsd" nsd.test)"
zone_file nsd.zone 'new A 192.0.2.7'; build nsd.test; is 'NSD: a change' 0 $status; is 'NSD serves the change' "$(published nsd/nsd.test.zone)" "$(ask "$nsd" nsd.test)"
start_nsd hup "$hup" no
build hup.test; is 'NSD by SIGHUP: the first zone' 0 $status; is 'it serves it' "$(published hup/hup.test.zone)" "$(ask "$hup" hup.test)"
zone_file hup.zone 'new A 192.0.2.7'; build hup.test; is 'NSD by SIGHUP: a change' 0 $status; is 'it serves the change' "$(published hup/hup.test.zone)" "$(ask "$hup" hup.test)"

# ---- a server that is down: the next run repeats the reload, and nothing moves before ----
kill "$(cat nsd/pid)"; wait "$(cat nsd/pid)"
zone_file nsd.zone 'down A 192.0.2.8'; build nsd.test; is 'NSD is down' 1 $status; has 'its tool says so' err 'nsd-control'; has 'and how to go on' err 'each run repeats'
is 'not in service' never "$(state served_since nsd.test)"
build nsd.test; is 'still down' 1 $status
start_nsd nsd "$nsd" yes
run "$z" build nsd.test; is 'up again' 0 $status; has 'reloaded' out 'is in service now'; is 'NSD has it' "$(published nsd/nsd.test.zone)" "$(ask "$nsd" nsd.test)"
hasnt 'in service' state/nsd.test/state.yaml 'served_since: never'
rm hup/nsd.pid; zone_file hup.zone 'down A 192.0.2.8'; build hup.test; is 'no pid file' 1 $status; has 'the pid file is named' err "hup/nsd.pid"
echo 1 > hup/nsd.pid; build hup.test; is 'a pid file that would end the host' 1 $status; has 'it is refused' err 'no process number'
sleep 60 & echo $! > hup/nsd.pid; pids="$pids $!"; build hup.test; is 'a pid file that is left, of a process that is another by now' 1 $status; has 'which is told' err "is not NSD but 'sleep'"; ok 'and lives' kill -0 "$(cat hup/nsd.pid)"
cat hup/pid > hup/nsd.pid; build hup.test; is 'the pid file is back' 0 $status

# ---- a reload that succeeds, and another server ----
sed -i "s/server: $nsd}/server: $nobody, wait: 0s}/" zonesign.yaml
zone_file nsd.zone 'elsewhere A 192.0.2.8'; build nsd.test; is 'nobody answers there' 1 $status; has 'who was asked' err "$nobody"; has 'the state says why' state/nsd.test/state.yaml "$nobody"
run "$z" status nsd.test; has 'status says why' out "$nobody"
sed -i "s/server: $nobody, wait: 0s}/server: $nsd}/" zonesign.yaml; build nsd.test; is 'the right address' 0 $status


# ---- a server that shows a greater serial has not taken the zone ----
mkdir other; printf 'policies: {default: {observe: off, serial: keep}}\nstate: other/state\nzones:\n  nsd.test: {file: nsd.zone, output: other/out, publish: {bind: {rndc: "true", server: %s, wait: 0s}}}\n' "$nsd" > other.yaml
run "$z" -q -c other.yaml build; is 'a greater serial' 1 $status; has 'both serials are told' err "has serial $(published nsd/nsd.test.zone), not 1"; has 'it is not in service' other/state/nsd.test/state.yaml 'served_since: never'

# ---- Knot ----
cat > knot/knot.conf <<EOF
$(knot_head "$PWD/knot" "$knot")
zone:
  - domain: knot.test
    storage: "$PWD/knot"
    file: knot.test.zone
    zonefile-sync: -1
EOF
knotd -c knot/knot.conf > knot/out 2>&1 &
pids="$pids $!"; until_up "$knot"
build knot.test; is 'Knot: the first zone' 0 $status; is 'Knot serves it' "$(published knot/knot.test.zone)" "$(ask "$knot" knot.test)"
zone_file knot.zone 'new A 192.0.2.7'; build knot.test; is 'Knot: a change' 0 $status; is 'Knot serves the change' "$(published knot/knot.test.zone)" "$(ask "$knot" knot.test)"
sed -i 's|socket: knot/knot.sock|socket: knot/none|' zonesign.yaml; zone_file knot.zone 'x A 192.0.2.7'; build knot.test; is 'no socket of Knot' 1 $status; has 'knotc says so' err 'knotc'; has 'hint of Knot' err 'publish: {knot: {socket: FILE}}'
sed -i 's|socket: knot/none|socket: knot/knot.sock|' zonesign.yaml; build knot.test; is 'the socket again' 0 $status

# ---- BIND ----
tsig-keygen rndc-key > bind/rndc.key
cat > bind/named.conf <<EOF
include "$PWD/bind/rndc.key";
options { directory "$PWD/bind"; pid-file "$PWD/bind/pid"; session-keyfile "$PWD/bind/session.key"; managed-keys-directory "$PWD/bind";
  listen-on port ${bind#*@} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; notify no; };
controls { inet 127.0.0.1 port $rndc allow { 127.0.0.1; } keys { "rndc-key"; }; };
zone "bind.test" { type primary; file "$PWD/bind/bind.test.zone"; masterfile-format text; };
EOF
named -g -n 1 -c bind/named.conf > bind/log 2>&1 &
pids="$pids $!"; until_up "$bind"
build bind.test; is 'BIND: the first zone' 0 $status; is 'BIND serves it' "$(published bind/bind.test.zone)" "$(ask "$bind" bind.test)"
zone_file bind.zone 'new A 192.0.2.7'; build bind.test; is 'BIND: a change' 0 $status; is 'BIND serves the change' "$(published bind/bind.test.zone)" "$(ask "$bind" bind.test)"

# ---- PowerDNS, SQLite ----
start_pdns() { # NAME ADDRESS LINE...
	sp_name=$1 sp_address=$2; shift 2
	{ printf '%s\n' "local-address=127.0.0.1" "local-port=${sp_address#*@}" daemon=no guardian=no "socket-dir=$PWD/$sp_name" loglevel=4 security-poll-suffix=; printf '%s\n' "$@"; } > "$sp_name/pdns.conf"
	pdns_server --config-dir="$PWD/$sp_name" > "$sp_name/log" 2>&1 &
	echo $! > "$sp_name/pid"; pids="$pids $!"; until_up "$sp_address"
}
stop() { kill "$(cat "$1/pid")"; wait "$(cat "$1/pid")" 2> /dev/null; }
db() { sqlite3 sql/pdns.db "$@"; }
db < /usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
build sql.test; is 'PowerDNS is down' 1 $status; has 'pdns_control says so' err 'pdns_control'; is 'its database is as it was' 0 "$(db 'select count(*) from records')"
# the caches of PowerDNS are as they are in service: the import must clear them
start_pdns sql "$sql" launch=gsqlite3 "gsqlite3-database=$PWD/sql/pdns.db" gsqlite3-dnssec=yes
build sql.test; is 'PowerDNS: the first zone, NSEC' 0 $status; is 'PowerDNS serves it' "$(published sql/sql.test.zone)" "$(ask "$sql" sql.test)"
is 'nothing is left beside it' 'sql.test' "$(db 'select name from domains')"
for policy in n3 oo default oo n3 default; do
	policy sql.test $policy; zone_file sql.zone "$policy A 192.0.2.7"
	build sql.test; is "PowerDNS: to $policy" 0 $status; is "PowerDNS serves $policy" "$(published sql/sql.test.zone)" "$(ask "$sql" sql.test)"
done
is 'no NSEC3 is left in its metadata' PRESIGNED "$(db 'select kind from domainmetadata')"

# The ways to import a presigned zone that PowerDNS documents, and those that look right, leave denials broken. Each is done behind the
# import, by a pdnsutil of this test: it must be found, and the former zone come back.
mkdir bin
cat > bin/pdnsutil <<'EOF'
#!/bin/sh
real=/usr/bin/pdnsutil conf=--config-dir=$PWD/sql
"$real" "$@" || exit
case "$*" in *'UPDATE records SET disabled'*) [ -e way ] || exit 0 ;; *) exit 0 ;; esac
way=$(cat way); rm way
awk '$4 != "NSEC" && $4 != "NSEC3"' sql/sql.test.zone > nonsec
nsec3=$(awk '$4 == "NSEC3PARAM" { print 1, 0, $7, $8; exit }' sql/sql.test.zone)
set -e
"$real" "$conf" unset-presigned sql.test; "$real" "$conf" unset-nsec3 sql.test
if [ $way = all ]; then "$real" "$conf" load-zone sql.test sql/sql.test.zone; else "$real" "$conf" load-zone sql.test nonsec; fi
[ $way != key ] || "$real" "$conf" add-zone-key sql.test zsk active unpublished ecdsa256
[ -z "$nsec3" ] || "$real" "$conf" set-nsec3 sql.test "$nsec3"
case $way in rectify | key) "$real" "$conf" rectify-zone sql.test ;; esac
[ $way != key ] || "$real" "$conf" remove-zone-key sql.test "$(sqlite3 sql/pdns.db 'select id from cryptokeys')"
"$real" "$conf" set-presigned sql.test
EOF
chmod +x bin/pdnsutil
rows() { db "select name,type,content,ttl,prio,disabled,ordername,auth from records where domain_id=(select id from domains where name='sql.test') order by 1,2,3,4,5"; }
for policy in default n3; do
	policy sql.test $policy; zone_file sql.zone "good-$policy A 192.0.2.7"; build sql.test; is "a good import, $policy" 0 $status
	for way in all documented rectify key; do
		[ $policy$way != defaultkey ] || continue # this one is right with NSEC
		before=$(ask "$sql" sql.test); rows > rows.before
		zone_file sql.zone "$way-$policy A 192.0.2.7"; echo $way > way
		PATH=$work/bin:$PATH build sql.test; is "$policy, wrong import '$way': found" 1 $status; has "$way: what is wrong" err 'answers are wrong'; has "$way: put back" err 'the former zone was put back'
		is "$way: it was done" no "$([ -e way ] && echo yes || echo no)"
		is "$way: not in service" never "$(state served_since sql.test)"; is "$way: the former zone is served" "$before" "$(ask "$sql" sql.test)"
		rows > rows.after; ok "$way: and its rows are as they were" diff rows.before rows.after
		build sql.test; is "$way: the next run mends it" 0 $status; is "$way: the new one is served" "$(published sql/sql.test.zone)" "$(ask "$sql" sql.test)"
	done
done
policy sql.test default
# long records of what SQL doubles: no argument of pdnsutil is longer than a command line may have
zone_file sql.zone; python3 -c 'for n, size in ("q1", 5000), ("q2", 55000): print(n, "TXT", *("\"" + "'"'"'" * 250 + "\"" for _ in range(size // 250)))' >> sql.zone
build sql.test; is 'long records' 0 $status; is 'are served' 55000 "$(dig +tries=1 +time=1 "@${sql%@*}" -p "${sql#*@}" +short q2.sql.test TXT | tr -cd "'" | wc -c)"
# in a zone of which a sample is asked about: PowerDNS sorts an escaped dot behind the letters that it is before
zone_file sql.zone; before=$(ask "$sql" sql.test); for n in $(seq 997); do echo "n$n A 192.0.2.8"; done >> sql.zone; echo 'n35\.b A 192.0.2.9' >> sql.zone
build sql.test; is 'a wrong place in a large zone is found' 1 $status; has 'it is said' err 'answers are wrong: '; is 'the former zone is back' "$before" "$(ask "$sql" sql.test)"
zone_file sql.zone; run "$z" -q build sql.test --accept G11; is 'without that name' 0 $status
# records that PowerDNS takes in one form only, by its name for the type or by number
zone_file sql.zone; printf 'rt RT 1 x\nmb MB x\nkey KEY 256 3 13 AQID\n@ KEY 256 3 13 AQID\nrkey RKEY 0 0 13 AQID\nipseckey IPSECKEY 10 0 2 . AQID\nsvcb SVCB 1 x key65001 key65002=x\nhip HIP 2 20 AQID\nmg MG x\nmr MR x\ndlv DLV 1 13 2 %064d\n' 1 >> sql.zone
build sql.test; is 'types that PowerDNS knows, and those that it does not' 0 $status
# a type that it has for itself, in a large zone; a name that it answers nothing for
zone_file sql.zone; for n in $(seq 997); do echo "n$n A 192.0.2.8"; done >> sql.zone; echo 'n99b TYPE65401 \# 1 00' >> sql.zone
run "$z" -q build sql.test --accept G11; is 'a record that PowerDNS cannot serve is found in a large zone' 1 $status; has 'it is named' err 'n99b.sql.test. TYPE65401: the server answers SERVFAIL'
zone_file sql.zone; echo 'a+b A 192.0.2.9' >> sql.zone
run "$z" -q build sql.test --accept G11; is 'a name that PowerDNS answers nothing for' 1 $status; has 'it is named' err "no question for a name like 'a\\+b.sql.test.'"
zone_file sql.zone; run "$z" -q build sql.test --accept G11; is 'without it' 0 $status
# a zone that PowerDNS fetches from elsewhere would soon be again what it finds there
db "update domains set type='SLAVE', master='192.0.2.1'"; before=$(ask "$sql" sql.test); zone_file sql.zone 'second A 192.0.2.9'
build sql.test; is 'PowerDNS is a secondary of somebody' 1 $status; has 'it is said' err "PowerDNS has 'sql.test.' as a secondary"; is 'nothing was laid' 0 "$(db 'select count(*) from records where disabled')"
is 'nothing was exchanged' "$before" "$(ask "$sql" sql.test)"; is 'it is not in service' never "$(state served_since sql.test)"
pdnsutil --config-dir=sql set-kind sql.test native > out 2>&1; build sql.test; is 'it is not any more' 0 $status; before=$(ask "$sql" sql.test)
# it dies when it has the zone: that is told as what it is, and what it had before is there when it comes up
mkdir bin4
cat > bin4/pdns_control <<'EOF'
#!/bin/sh
/usr/bin/pdns_control "$@" || exit
case "$*" in *' purge '*) if [ -e purged ]; then kill -9 "$(cat sql/pid)"; else touch purged; fi ;; esac
EOF
chmod +x bin4/pdns_control; zone_file sql.zone 'dies A 192.0.2.9'; PATH=$work/bin4:$PATH build sql.test; is 'it dies' 1 $status; has 'it is told' err 'PowerDNS has the zone, but does not answer any more'
is 'the former zone is back' "$before" "$(db "select content from records where type='SOA' and not disabled" | awk '{ print $3 }')"; is 'that is not in service' never "$(state served_since sql.test)"
wait "$(cat sql/pid)" 2> /dev/null; start_pdns sql "$sql" launch=gsqlite3 "gsqlite3-database=$PWD/sql/pdns.db" gsqlite3-dnssec=yes
build sql.test; is 'it is up again' 0 $status; is 'and has the zone' "$(published sql/sql.test.zone)" "$(ask "$sql" sql.test)"
# ---- another writer beside the zone: the pdnsutil of a build that was killed, or a build with another state: nothing is exchanged ----
mkdir bin2
cat > bin2/pdnsutil <<'EOF'
#!/bin/sh
case "$*" in *'UPDATE records SET disabled'*) [ -e stuck ] || sqlite3 sql/pdns.db "$(cat disturb)" ;; esac
exec /usr/bin/pdnsutil "$@"
EOF
chmod +x bin2/pdnsutil
cat > bin2/pdns_control <<'EOF'
#!/bin/sh
case "$*" in *' purge '*) [ ! -e stuck ] || { rm stuck; exit 1; } ;; esac
exec /usr/bin/pdns_control "$@"
EOF
chmod +x bin2/pdns_control
build sql.test; is 'before they disturb each other' 0 $status
beside="(select id from domains where name like '%.zonesign.invalid' and name not like '%.former.%')"
all_rows() { rows; db "select name,type,content,disabled from records where domain_id=(select id from domains where name like '%.former.%') order by 1,2,3" "select count(*) from domains where name like '%.former.%'"; }
for kept in none former; do # the second time beside a former zone of a run that did not come to its end
	[ $kept = none ] || { touch stuck; zone_file sql.zone 'stuck A 192.0.2.7'; PATH=$work/bin2:$PATH build sql.test; is 'a run that ends after the exchange' 1 $status; pdns_control --config-dir=sql purge > out 2>&1; }
	before=$(ask "$sql" sql.test); all_rows > rows.before
	for disturb in "delete from records where id=(select max(id) from records where disabled)" \
		"insert into records (domain_id,name,type,content,ttl,disabled,auth) values ($beside,'x.sql.test','A','192.0.2.66',300,1,1)" \
		"delete from records where domain_id=$beside; delete from domains where id=$beside"; do
		echo "$disturb" > disturb; zone_file sql.zone "disturbed A 192.0.2.7"; PATH=$work/bin2:$PATH build sql.test; is "disturbed: $disturb" 1 $status
		all_rows > rows.after; ok "$disturb: the zone is as it was" diff rows.before rows.after; is "$disturb: and is served" "$before" "$(ask "$sql" sql.test)"
	done
	is "kept: $kept" $kept "$(db "select case count(*) when 0 then 'none' else 'former' end from domains where name like '%.former.%'")"
done
build sql.test; is 'the next run mends it' 0 $status; is 'nothing is left beside the zone' sql.test "$(db 'select name from domains')"

# ---- PowerDNS, bind backend ----
echo "zone \"pbind.test\" { type master; file \"$PWD/pbind/pbind.test.zone\"; };" > pbind/named.conf
pdnsutil --config-dir=sql create-bind-db pbind/dnssec.db > out 2>&1
start_pdns pbind "$pbind" launch=bind "bind-config=$PWD/pbind/named.conf" "bind-dnssec-db=$PWD/pbind/dnssec.db"
for policy in default n3 oo default oo n3 default; do
	policy pbind.test $policy; zone_file pbind.zone "$policy A 192.0.2.7"
	build pbind.test; is "PowerDNS, bind backend: to $policy" 0 $status; is "it serves $policy" "$(published pbind/out.zone)" "$(ask "$pbind" pbind.test)"
done
# wrong answers: the former zone comes back, also where the file is a link
mkdir bin3
cat > bin3/pdnsutil <<'EOF'
#!/bin/sh
case "$*" in *' set-presigned '*) [ ! -e way ] || { rm way; exec /usr/bin/pdnsutil --config-dir="$PWD/pbind" unset-presigned pbind.test; } ;; esac
exec /usr/bin/pdnsutil "$@"
EOF
chmod +x bin3/pdnsutil
for kind in file link; do
	[ $kind = file ] || { mv pbind/pbind.test.zone pbind/real; ln -s real pbind/pbind.test.zone; }
	before=$(ask "$pbind" pbind.test) sum=$(sha256sum < pbind/pbind.test.zone); touch way; zone_file pbind.zone "wrong-$kind A 192.0.2.7"
	PATH=$work/bin3:$PATH build pbind.test; is "bind backend, $kind: wrong answers" 1 $status; has "$kind: put back" err 'the former zone was put back'
	is "$kind: its file is as it was" "$sum" "$(sha256sum < pbind/pbind.test.zone)"; is "$kind: it is served" "$before" "$(ask "$pbind" pbind.test)"
	has "$kind: with signatures" "$(dig +dnssec +tries=1 +time=1 "@${pbind%@*}" -p "${pbind#*@}" nosuch.pbind.test A > dig; echo dig)" RRSIG
	build pbind.test; is "$kind: the next run mends it" 0 $status
done
# a run that ends between the file and the judgement: what was there before it comes back, not what it wrote
cat > bin3/pdns_control <<'EOF'
#!/bin/sh
case "$*" in *' bind-reload-now '*) [ ! -e stuck ] || { rm stuck; exit 1; } ;; esac
exec /usr/bin/pdns_control "$@"
EOF
chmod +x bin3/pdns_control
before=$(ask "$pbind" pbind.test) sum=$(sha256sum < pbind/pbind.test.zone); touch stuck; zone_file pbind.zone 'stuck A 192.0.2.7'
PATH=$work/bin3:$PATH build pbind.test; is 'bind backend: a run that ends in between' 1 $status; ok 'it wrote the file' test "$sum" != "$(sha256sum < pbind/pbind.test.zone)"
touch way; PATH=$work/bin3:$PATH build pbind.test; is 'the run after it finds wrong answers' 1 $status; has 'and puts back' err 'the former zone was put back'
is 'what was there before both' "$sum" "$(sha256sum < pbind/pbind.test.zone)"; is 'it is served' "$before" "$(ask "$pbind" pbind.test)"
build pbind.test; is 'the next run mends that too' 0 $status; is 'and nothing lies beside it' no "$([ -e pbind/pbind.test.zone.former ] && echo yes || echo no)"
rm pbind/pbind.test.zone; touch way; zone_file pbind.zone 'first A 192.0.2.7'
PATH=$work/bin3:$PATH build pbind.test; is 'bind backend, the first zone is wrong' 1 $status; has 'nothing is put back' err 'there was no former zone'; is 'its file' no "$([ -e pbind/pbind.test.zone ] && echo yes || echo no)"
mkdir pbind/pbind.test.zone; chmod 0 pbind/pbind.test.zone; build pbind.test; is 'what cannot be put back is not replaced' 1 $status
rmdir pbind/pbind.test.zone; build pbind.test; is 'mended' 0 $status
stop pbind
start_pdns pbind "$pbind" launch=bind "bind-config=$PWD/pbind/named.conf" # no bind-dnssec-db: it serves the zone unsigned
cp pbind/pbind.test.zone before; zone_file pbind.zone 'unsigned A 192.0.2.7'; build pbind.test; is 'without bind-dnssec-db' 1 $status; has 'it is said' err 'bind-dnssec-db'

# ---- the config ----
bad() { # NAME TEXT PUBLISH...: an error with a place
	printf 'zones:\n  a.test: {file: a, output: b, %s}\n' "$3" > bad.yaml; run "$z" -c bad.yaml check
	is "$1" 3 $status; has "$1: the text" err "$2"; has "$1: the place" err 'bad.yaml:2:'
}
bad 'an unknown server' "did you mean 'nsd'?" 'publish: nds'
bad 'an unknown option' "did you mean 'server'?" 'publish: {knot: {sever: 192.0.2.1}}'
bad 'an option of another server' "unknown option 'rndc'" 'publish: {nsd: {rndc: x}}'
bad 'two servers' 'names one server' 'publish: {nsd: {server: 192.0.2.1}, knot: {server: 192.0.2.1}}'
bad 'command without one' "needs the command" 'publish: command'
bad 'both' "has both 'publish' and 'reload'" 'publish: nsd, reload: "true"'
bad 'bind backend without file' "needs 'file'" 'publish: {powerdns: {backend: bind}}'
bad 'a file without the bind backend' "bind backend of PowerDNS alone" 'publish: {powerdns: {file: x}}'
bad 'its file is the output' "own file or output" 'publish: {powerdns: {backend: bind, file: ./b}}'
bad 'an unknown backend' "did you mean 'gsqlite3'?" 'publish: {powerdns: {backend: gsqlite}}'
bad 'no address' "is no address" 'publish: {bind: {server: ns1.example}}'
for kind in sql group; do
	for _ in $(seq 700); do [ ! -s hang-$kind.status ] || break; sleep 0.1; done
	is "what hangs is ended, $kind" 1 "$(cat hang-$kind.status 2>&1)"; has "$kind: it is told" hang-$kind.err 'command was ended after 60 s'
done
finish
