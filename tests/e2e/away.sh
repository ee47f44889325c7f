#!/bin/sh
# The keys go to another signer, as the manual says ("Moving away"): BIND and Knot go on with the chain as it is.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need named knotd keymgr dig python3
now=$(date +%s) day=86400
set -- $(free_ports 2); bind_port=$1 knot_port=$2

# made DIRECTORY POLICY: a zone that was signed for 40 days, up to now; its DS was seen on the first
made() {
	mkdir -m 700 "$1"; cd "$1" || exit 1
	printf '$TTL 300\n@ SOA ns1 host 1 7200 3600 1209600 300\n@ NS ns1\n@ NS ns2.other.test.\nns1 A 127.0.0.1\nwww A 192.0.2.1\n' > a.zone
	printf 'policies: {default: {observe: off%s}}\nzones:\n  a.test: {file: a.zone, output: a.signed}\n' "$2" > zonesign.yaml
	at $((-40 * day)) build; at $((-40 * day + 14400)) ds --seen a.test
	for when in -39 -30 -20 -10 -1; do at $((when * day)) build; done
}
at() { at=$1; shift; "$z" -q --now $((now + at)) "$@" || fail "$*, at $at"; }
# the plain zone with a serial above the one last published
handed_over() { sed "s/host 1 /host $(awk '$4 == "SOA" { print $7 + 1; exit }' a.signed) /" a.zone; }
# keys_of FILE: flags and key of each DNSKEY
keys_of() { awk '{ for (i = 1; i <= NF; i++) if ($i == "DNSKEY" && $(i + 1) ~ /^25[67]$/) { k = ""; for (j = i + 4; j <= NF; j++) k = k $j; print $(i + 1), k } }' "$1" | sort; }
# served PORT: what the other signer serves, in ./served, when all of it is signed
served() {
	for _ in $(seq 100); do
		dig +onesoa +noall +answer -p "$1" @127.0.0.1 a.test AXFR > served
		[ "$(awk '$4 == "RRSIG" { print $1, $5 }' served | sort -u | grep -cE ' (SOA|NS|A|NSEC)$')" = 7 ] && return # of three names: BIND signs one after the other
		sleep 0.1
	done
	fail 'the other signer signs' "$(tail -n 5 db/log bind/log 2>/dev/null)"
}
# with_bind POLICY: named signs by it with our keys
with_bind() {
	mkdir -p bind/keys; cp -p state/a.test/keys/K* bind/keys; handed_over > bind/a.zone
	# as the manual has it
	[ "$1" != one ] || for key in bind/keys/K*.key; do printf '; state\nAlgorithm: 13\nLength: 256\nKSK: yes\nZSK: yes\n' > "${key%.key}.state"; done
	cat > bind/named.conf <<-END
		options { directory "$PWD/bind"; pid-file "named.pid"; listen-on port $bind_port { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; key-directory "keys"; session-keyfile "session.key"; dnssec-validation no; notify no; allow-transfer { any; }; };
		controls { };
		dnssec-policy ours { keys { ksk lifetime unlimited algorithm 13; zsk lifetime unlimited algorithm 13; }; };
		dnssec-policy one { keys { csk lifetime unlimited algorithm 13; }; };
		zone "a.test" { type primary; file "a.zone"; dnssec-policy $1; inline-signing yes; };
	END
	named -g -n 1 -c bind/named.conf > bind/log 2>&1 & named_pid=$!; pids="$pids $named_pid"
	served "$bind_port"; kill $named_pid; wait $named_pid
}
# with_knot OPTION: knotd signs with our keys
with_knot() {
	mkdir -p db; handed_over > knot.zone
	cat > knot.conf <<-END
		$(knot_head "$PWD/db" "127.0.0.1@$knot_port")
		acl:
		  - id: all
		    action: transfer
		    address: 127.0.0.1
		policy:
		  - id: p
		    algorithm: ecdsap256sha256
		    zsk-lifetime: 0
		    single-type-signing: $1
		zone:
		  - domain: a.test
		    file: "$PWD/knot.zone"
		    acl: all
		    zonefile-sync: -1
		    journal-content: all
		    zonefile-load: difference-no-serial
		    dnssec-signing: on
		    dnssec-policy: p
	END
	for key in state/a.test/keys/K*.key; do ok 'Knot takes the key' keymgr -c knot.conf a.test import-bind "$key"; done
	[ "$1" = off ] || ok 'as a CSK' keymgr -c knot.conf a.test set "$(keymgr -c knot.conf a.test list | awk '{ print $2 }')" zsk=yes
	knotd -c knot.conf > knot.out 2>&1 & knot_pid=$!; pids="$pids $knot_pid"
	served "$knot_port"; kill $knot_pid; wait $knot_pid
}
# goes_on NAME: with the keys that were in the zone, and validates by the DS that the parent has
goes_on() {
	is "$1: the keys are the same" "$(keys_of a.signed)" "$(keys_of served)"
	ok "$1: the DS at the parent leads to it" "$z" verify --origin a.test --ds parent.ds served
	ok "$1: the serial is above ours" test "$(awk '/SOA/ { print $7; exit }' served)" -gt "$(awk '$4 == "SOA" { print $7; exit }' a.signed)"
}

made split ''; "$z" -q --now $now ds --format ds a.test > parent.ds
with_bind ours; goes_on BIND; ok 'BIND takes the DS to be there' grep -q 'DSState: omnipresent' bind/keys/*.state
rm -rf bind served; with_bind default # it wants a CSK: it rolls to one, and does not replace the keys at once
for key in $(keys_of a.signed | awk '{ print $2 }'); do has 'a policy that wants other keys: ours stay until theirs are everywhere' served "$(echo "$key" | cut -c1-40)"; done
ok 'and the chain holds' "$z" verify --origin a.test --ds parent.ds served
rm -rf served; with_knot off; goes_on Knot
cd "$work" && made single ', csk: {lifetime: unlimited}'; "$z" -q --now $now ds --format ds a.test > parent.ds
with_bind one; goes_on 'BIND, with a CSK'; ok 'BIND takes its DS to be there' grep -q 'DSState: omnipresent' bind/keys/*.state
rm -rf served; with_knot on; goes_on 'Knot, with a CSK'
finish
