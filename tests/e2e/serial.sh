#!/bin/sh
# propagation: {zone: observe}: a zone is in service when every server of it has the serial. Two NSD, one of
# which lags.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need nsd dig python3 dnssec-signzone dnssec-keygen named-compilezone

set -- $(free_ports 1)
one=127.0.0.1@$1 two=127.0.0.2@$1
t0=1796083200
at() { at=$1; shift; run "$z" --now $((t0 + at)) "$@"; }
state() { grep -E "^ *$1: " state/a.test/state.yaml | head -n 1 | sed 's/^ *[a-z_]*: //'; }
printf '$TTL 300\n@ SOA ns1 host 1 7200 3600 1209600 300\n@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\n' > a.zone
mkdir one two; cp a.zone one/a.test.zone; cp a.zone two/a.test.zone
nsd_start one $one a.test; nsd_start two $two a.test
cat > load.sh <<'EOF'
# each server named in ./who loads the zone, and has it when this ends
for s in $(cat who); do
	cp a.signed $s/tmp && mv $s/tmp $s/a.test.zone; kill -HUP $(cat $s/pid)
	[ $s = one ] && a=$1 || a=$2
	for i in $(seq 100); do dig +short -p ${a#*@} @${a%@*} a.test SOA | grep -q " $(awk '$4=="SOA"{print $7; exit}' a.signed) " && break; sleep 0.05; done
done
EOF
cat > zonesign.yaml <<-EOF
	policies:
	  default: {dnskey-ttl: 5m, propagation: {zone: observe}, safety: 0, observe: off}
	zones:
	  a.test: {file: a.zone, output: a.signed, servers: [$one, $two], reload: sh load.sh $one $two}
EOF
echo one > who
at 0 build; is 'one server lags' 5 $status; has 'it is named' err "127.0.0.2@"; is 'the zone is not in service' never "$(state served_since)"
has 'the state says why' state/a.test/state.yaml 'waits_for'
at 100 build; is 'the next run asks again' 5 $status
echo one two > who
at 200 build; is 'both have it' 0 $status; is 'in service since' 2026-12-01T00:03:20Z "$(state served_since)"; is 'nothing to wait for' '' "$(state waits_for)"
at 300 build; is 'nothing to do then' 0 $status

finish
