#!/bin/sh
# The answers of NSD, Knot and BIND from our zones against those of `zonesign query`, and what the judge of answers makes of both: every
# name, names beside and below, records and denials, NSEC, NSEC3 and opt-out.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need nsd knotd named dig python3
tool=$top/build/${FLAVOUR:-release}/interop/answers
[ -x "$tool" ] || { fail "'make interop' builds $tool"; finish; }
python3 -B "$top/tests/interop/zones.py" . 72 > all || fail 'zones.py makes zones'
# one of each shape, and three at random; no answer can carry the RRset of "big"
awk 'NR <= 13 && $2 != "big" || NR == 18 || NR == 24 || NR == 33' all > list
run "$z" -q build
is 'all zones are built' 0 "$status"
# shellcheck disable=SC2046
set -- $(free_ports 3)

mkdir nsd knot bind
{
	printf 'server:\n  ip-address: 127.0.0.1@%s\n  username: ""\n  chroot: ""\n  zonesdir: "%s/signed"\n  database: ""\n' "$1" "$PWD"
	printf '  pidfile: "%s/nsd/pid"\n  xfrdfile: "%s/nsd/xfrd"\n  zonelistfile: "%s/nsd/list"\n  xfrdir: "%s/nsd"\n  logfile: "%s/nsd/log"\n' "$PWD" "$PWD" "$PWD" "$PWD" "$PWD"
	printf '  server-count: 1\n  rrl-ratelimit: 0\nremote-control:\n  control-enable: no\n'
	while read -r origin name _; do printf 'zone:\n  name: "%s"\n  zonefile: "%s.zone"\n' "$origin" "$name"; done < list
} > nsd/nsd.conf
{
	printf 'server:\n  listen: 127.0.0.1@%s\n  rundir: "%s/knot"\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n' "$2" "$PWD"
	printf 'log:\n  - target: "%s/knot/log"\n    any: warning\ndatabase:\n  storage: "%s/knot"\n' "$PWD" "$PWD"
	printf 'template:\n  - id: default\n    storage: "%s/signed"\n    semantic-checks: off\n    zonefile-sync: -1\n    journal-content: none\nzone:\n' "$PWD"
	while read -r origin name _; do printf '  - domain: "%s"\n    file: "%s.zone"\n' "$origin" "$name"; done < list
} > knot/knot.conf
{
	printf 'options { directory "%s/bind"; pid-file "%s/bind/pid"; session-keyfile "%s/bind/session.key"; managed-keys-directory "%s/bind";\n' "$PWD" "$PWD" "$PWD" "$PWD"
	printf '  listen-on port %s { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; allow-query { any; }; notify no;\n' "$3"
	printf '  minimal-responses yes; check-names primary ignore; check-mx ignore; };\ncontrols { };\n'
	while read -r origin name _; do printf 'zone "%s" { type primary; file "%s/signed/%s.zone"; masterfile-format text; };\n' "$origin" "$PWD" "$name"; done < list
} > bind/named.conf
nsd -d -c nsd/nsd.conf > nsd/out 2>&1 &
pids="$pids $!"
knotd -c knot/knot.conf > knot/out 2>&1 &
pids="$pids $!"
named -g -n 1 -c bind/named.conf > bind/out 2>&1 &
pids="$pids $!"

# all zones of a server are there: it answers for the last one, and for each
ready() {
	while read -r origin _; do
		for _ in $(seq 200); do
			[ -n "$(dig +short +tries=1 +time=1 -p "$1" @127.0.0.1 "$origin" SOA)" ] && continue 2
			sleep 0.05
		done
		return 1
	done < list
}
now=$(date +%s) questions=0
for server in "NSD $1" "Knot $2" "BIND $3"; do
	port=${server#* } server=${server% *}
	ok "$server has all zones" ready "$port"
	while read -r origin name rest; do
		"$tool" "$origin" "signed/$name.zone" "$now" "127.0.0.1@$port" > answers.out 2>&1
		line=$(tail -n 1 answers.out)
		count=${line%% *}
		if [ "$line" = "$count passed, 0 failed" ]; then
			pass
			questions=$((questions + count))
		else
			fail "$server: $name ($rest)" "$(head -n 30 answers.out)" "$line"
		fi
	done < list
done
ok "questions enough: $questions" test "$questions" -gt 6000
finish
