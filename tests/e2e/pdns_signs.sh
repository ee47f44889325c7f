#!/bin/sh
# publish: {powerdns: {signs: powerdns}}: PowerDNS has the keys and signs; zonesign rolls them, computes TLSA, and prints DS.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need pdns_server pdnsutil pdns_control sqlite3 dig delv openssl
# shellcheck disable=SC2046
set -- $(free_ports 2)
sql=$1 bind=$2
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout mail.key -out mail.pem -subj /CN=mail -days 30 2>/dev/null
zone_file() { # FILE [RECORD]
	printf '$TTL 1\n@ SOA ns1 host 1 7200 3600 1209600 1\n@ NS ns1\n@ MX 10 Mail\nns1 A 127.0.0.1\nMail A 192.0.2.1\na.ent TXT x\n*.wild TXT w\nsub NS ns.sub\nns.sub A 192.0.2.2\nsec NS ns.elsewhere.\nsec DS 1 13 2 %064d\n%s\n' 7 "${2:-}" > "$1"
}
conf() { # NAME PORT LINES
	mkdir -p "$1"
	printf 'local-address=127.0.0.1\nlocal-port=%s\ndaemon=no\nguardian=no\nsocket-dir=%s\ncache-ttl=0\nquery-cache-ttl=0\nnegquery-cache-ttl=0\nsecurity-poll-suffix=\n%s\n' "$2" "$PWD/$1" "$3" > "$1/pdns.conf"
}
conf sql "$sql" "launch=gsqlite3
gsqlite3-dnssec=yes
gsqlite3-database=$PWD/sql/db"
sqlite3 sql/db < /usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql
conf bind "$bind" "launch=bind
bind-config=$PWD/bind/named.conf
bind-dnssec-db=$PWD/bind/dnssec.db"
printf 'zone "bind.test" { type master; file "%s/bind/zone"; };\n' "$PWD" > bind/named.conf
zone_file sql.zone
zone_file bind.zone
cp bind.zone bind/zone
sed -i 's/^@/bind.test./; s/^\([a-zA-Z*]\)/\1/' bind/zone
sed -i '1a $ORIGIN bind.test.' bind/zone
pdnsutil --config-dir="$PWD/bind" create-bind-db "$PWD/bind/dnssec.db" > bind/create 2>&1 || fail 'create-bind-db' "$(cat bind/create)"
for name in sql bind; do
	pdns_server --config-dir="$PWD/$name" > $name/log 2>&1 &
	pids="$pids $!"
done
for port in $sql $bind; do until_up "127.0.0.1@$port"; done
config() { # DENIAL
	cat > zonesign.yaml <<-EOY
		policies:
		  default: {dnskey-ttl: 1s, propagation: {zone: 0, parent: 0}, parent-ds-ttl: 1s, safety: 0, denial: $1, observe: off}
		zones:
		  sql.test: {file: sql.zone, output: sql.signed, dane: [{host: mx, port: 25, certificate: mail.pem, ttl: 1s}], publish: {powerdns: {backend: gsqlite3, config-dir: sql, signs: powerdns, server: 127.0.0.1@$sql}}}
		  bind.test: {file: bind.zone, output: bind.signed, dane: [{host: mx, port: 25, certificate: mail.pem, ttl: 1s}], publish: {powerdns: {backend: bind, file: bind/zone, config-dir: bind, signs: powerdns, server: 127.0.0.1@$bind}}}
	EOY
}
# valid NAME PORT ZONE OWNER TYPE: delv, from the DS that zonesign prints, says that it is fully validated
valid() {
	"$z" ds --format ds "$3" | awk '!/^;/ { for (i = 1; i <= NF; i++) if ($i == "DS") { printf "trust-anchors { \"%s\" static-ds %s %s %s \"", $1, $(i + 1), $(i + 2), $(i + 3); for (j = i + 4; j <= NF; j++) printf "%s", $j; print "\"; };" } }' > anchor
	delv -a anchor +root="$3" -p "$2" @127.0.0.1 "$4" "$5" > delv.out 2>&1
	if grep -qE "fully validated" delv.out; then pass; else fail "$1: $4 $5 is validated" "$(tail -n 4 delv.out)" "$(cat anchor)"; fi
}
keys() { pdnsutil --config-dir="$PWD/$1" list-keys "$1.test" 2>/dev/null | awk 'NR > 2 && NF { print $NF }' | sort -n | tr '\n' ' '; }
ours() { awk '$4 == "DNSKEY"' "$1.signed" | wc -l; }
config nsec
for name in sql bind; do
	eval "port=\$$name"
	run "$z" -q build $name.test
	is "$name: the build" 0 $status
	is "$name: as many keys as the output shows" "$(ours $name)" "$(keys $name | wc -w)"
	for question in 'mail A' '_25._tcp.mail TLSA' 'nothing A' 'x.wild TXT' '_tcp.mail A' 'mail TXT' 'sub DS' 'sec DS'; do
		valid "$name" "$port" $name.test "${question% *}.$name.test" "${question#* }"
	done
	dig +dnssec -p "$port" @127.0.0.1 mail.$name.test A > answer
	ok "$name: the signature is one of PowerDNS" sh -c '! grep -qF "$(awk '"'"'tolower($1) ~ /^mail/ && $4 == "RRSIG" && $5 == "A" { print substr($NF, 1, 40) }'"'"' '$name'.signed)" answer'
	run "$z" -q build $name.test
	is "$name: nothing to do" 0 $status
	# a change, and another kind of denial
	zone_file $name.zone 'new A 192.0.2.7'
	run "$z" build $name.test
	is "$name: a change" 0 $status
	hasnt "$name: what pdnsutil prints is no file of a person" err 'no newline'
	valid "$name, changed" "$port" $name.test new.$name.test A
	# a roll of the ZSK: by the calendar of its TTLs, which are seconds
	before=$(keys $name)
	"$z" -q roll $name.test zsk
	for _ in $(seq 60); do
		"$z" -q build $name.test > /dev/null 2> roll.err || { fail "$name: a build during the roll" "$(tail -n 3 roll.err)"; break; }
		[ "$(keys $name | wc -w)" = 3 ] && three=yes
		[ "${three:-}" ] && [ "$(keys $name | wc -w)" = 2 ] && break
		sleep 0.2
	done
	is "$name: the roll came to its end with two keys" 'yes 2' "${three:-no} $(keys $name | wc -w)"
	ok "$name: and one of them is new" test "$before" != "$(keys $name)"
	three=
	is "$name: CDS, as the output has them" "$(awk '$4 == "CDS" { print $5, $6, $7 }' $name.signed)" "$(dig +short -p "$port" @127.0.0.1 $name.test CDS | awk '{ print $1, $2, $3 }')"
	ok "$name: there are CDS" grep -q ' CDS ' $name.signed
	valid "$name, rolled" "$port" $name.test mail.$name.test A
	valid "$name, rolled" "$port" $name.test nothing.$name.test A
done
config nsec3
for name in sql bind; do
	eval "port=\$$name"
	run "$z" -q build $name.test
	is "$name, NSEC3: the build" 0 $status
	valid "$name, NSEC3" "$port" $name.test nothing.$name.test A
	valid "$name, NSEC3" "$port" $name.test _tcp.mail.$name.test A
done
# another key with tag and algorithm of ours, shown by a pdnsutil of this test, is not taken for ours: it goes, and ours stays
mkdir bin
cat > bin/pdnsutil <<'EOF'
#!/bin/sh
echo "$*" >> asked
case "$*" in
*' list-keys '*) /usr/bin/pdnsutil "$@"; /usr/bin/pdnsutil "$@" 2>/dev/null | awk '$1 == "sql.test" { $(NF - 2) = 99; print; exit }' ;;
*' export-zone-dnskey sql.test 99') /usr/bin/pdnsutil "${1}" export-zone-dnskey sql.test "$(cat first)" | awk '{ $NF = "AAAA" substr($NF, 5); print }' ;;
*' sql.test 99') ;;
*) exec /usr/bin/pdnsutil "$@" ;;
esac
EOF
chmod +x bin/pdnsutil
pdnsutil --config-dir="$PWD/sql" list-keys sql.test 2>/dev/null | awk '$1 == "sql.test" { print $(NF - 2); exit }' > first
before=$(keys sql)
zone_file sql.zone 'twin A 192.0.2.7'
PATH=$PWD/bin:$PATH run "$z" -q build sql.test
is 'a key with the tag of ours: the build' 0 $status
has 'a key with the tag of ours is not taken for ours' asked 'remove-zone-key sql.test 99'
is 'a key with the tag of ours: ours stay' "$before" "$(keys sql)"
valid 'a key with the tag of ours' "$sql" sql.test twin.sql.test A
# it signs no more, and again: the zone is given anew each time
sed -i 's/backend: gsqlite3, config-dir: sql, signs: powerdns/backend: gsqlite3, config-dir: sql, signs: zonesign/' zonesign.yaml
run "$z" -q build sql.test
is 'presigned again: the build' 0 $status
valid 'presigned again' "$sql" sql.test nothing.sql.test A
dig +dnssec -p "$sql" @127.0.0.1 mail.sql.test A > answer
ok 'presigned again: the signature is ours' grep -qF "$(awk 'tolower($1) ~ /^mail/ && $4 == "RRSIG" && $5 == "A" { print substr($NF, 1, 40) }' sql.signed)" answer
sed -i 's/backend: gsqlite3, config-dir: sql, signs: zonesign/backend: gsqlite3, config-dir: sql, signs: powerdns/' zonesign.yaml
run "$z" -q build sql.test
is 'signed by PowerDNS again: the build' 0 $status
valid 'signed by PowerDNS again' "$sql" sql.test nothing.sql.test A
# a private half that is gone is no reason to serve a zone without it
for key in state/sql.test/keys/*.private; do mv "$key" "$key.away"; done
zone_file sql.zone 'newer A 192.0.2.8'
run "$z" -q build sql.test
ok 'without private halves the build is refused' test $status != 0
for key in state/sql.test/keys/*.away; do mv "$key" "${key%.away}"; done
valid 'and the zone is as it was' "$sql" sql.test mail.sql.test A
# an alias into a zone below that is there too: PowerDNS goes on in it, with data that nobody signs
printf '$TTL 1\n@ SOA ns h 1 7200 3600 1209600 1\n@ NS ns\nns A 192.0.2.2\nx A 192.0.2.9\n' > below.zone
pdnsutil --config-dir="$PWD/sql" load-zone sub.sql.test below.zone > out 2>&1 || fail 'the zone below' "$(cat out)"
pdns_control --config-dir="$PWD/sql" rediscover > out 2>&1
zone_file sql.zone 'into CNAME x.sub
*.down CNAME nobody.sub'
run "$z" -q build sql.test
is 'an alias into a zone below' 0 $status
dig +short -p "$sql" @127.0.0.1 into.sql.test A > answer
has 'the server goes on there' answer 192.0.2.9
sed -i 's/denial: nsec3/zonemd: sha384/' zonesign.yaml
run "$z" build
is 'zonemd is refused' 3 $status
has 'zonemd: why' err 'of no use where PowerDNS signs'
finish
