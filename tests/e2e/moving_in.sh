#!/bin/sh
# Zones that BIND and Knot sign come to zonesign while they are served, and back, as the manual says ("Moving in", "Moving away"): the keys
# are the same, the serial goes forward, and what is in the way is told.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need named rndc knotd knotc keymgr named-compilezone tsig-keygen dig
# shellcheck disable=SC2046
set -- $(free_ports 3)
bind_port=$1 rndc_port=$2 knot_port=$3

plain() { printf '$TTL 300\n@ SOA ns1 host %s 7200 3600 1209600 300\n@ NS ns1\n@ NS ns2.other.test.\nns1 A 127.0.0.1\nwww A 192.0.2.1\n' "$1"; }
transfer() { dig +onesoa +noall +answer -p "$1" @127.0.0.1 "$2" AXFR; } # PORT ZONE
serial() { dig +short +tries=1 -p "$1" @127.0.0.1 "$2" SOA | awk '{ print $3 }'; } # PORT ZONE
keys_of() { awk '{ for (i = 1; i <= NF; i++) if ($i == "DNSKEY" && $(i + 1) ~ /^25[67]$/) { k = ""; for (j = i + 4; j <= NF; j++) k = k $j; print $(i + 1), k } }' "$1" | sort; }
until_signed() { # PORT ZONE
	for _ in $(seq 100); do
		[ "$(transfer "$1" "$2" | awk '$4 == "RRSIG" { print $1, $5 }' | sort -u | grep -cE ' (SOA|NS|A|NSEC)$')" = 7 ] && return
		sleep 0.1
	done
	fail "$2 is signed by the other signer"
}
# is_ours PORT ZONE NAME FORMER: what is served now is valid by the DS of before, with the keys and a serial above that of ./FORMER
is_ours() {
	transfer "$1" "$2" > now
	"$z" -q ds --format ds "$2" > ds
	ok "$3: it is valid" "$z" verify --origin "$2" --ds ds now
	is "$3: the keys are the same" "$(keys_of "$4")" "$(keys_of now)"
	ok "$3: the serial is a later one" test "$(awk '$4 == "SOA" { print $7; exit }' now)" -gt "$(awk '$4 == "SOA" { print $7; exit }' "$4")"
}
mkdir bind bind/keys knot
cat > zonesign.yaml <<END
policies: {default: {observe: off}}
zones:
  bind.test: {file: bind.plain, output: bind.out, publish: {bind: {rndc: [rndc, -k, $PWD/rndc.key, -p, "$rndc_port"], server: 127.0.0.1@$bind_port}}}
  knot.test: {file: knot.plain, output: knot.out, publish: {knot: {socket: knot/knot.sock, server: 127.0.0.1@$knot_port, wait: 1s}}}
END

# -- BIND; its serials are above what unixtime makes
plain 2026113001 > bind.plain; cp bind.plain bind/zone; tsig-keygen rndc-key > rndc.key
bind_conf() { # THE ZONE
	cat > bind/named.conf <<-END
		include "$PWD/rndc.key";
		options { directory "$PWD/bind"; pid-file "named.pid"; listen-on port $bind_port { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; key-directory "keys"; session-keyfile "session.key"; managed-keys-directory "."; dnssec-validation no; notify no; allow-transfer { any; }; };
		controls { inet 127.0.0.1 port $rndc_port allow { 127.0.0.1; } keys { "rndc-key"; }; };
		dnssec-policy ours { keys { ksk lifetime unlimited algorithm 13; zsk lifetime unlimited algorithm 13; }; };
		zone "bind.test" { type primary; $1 };
	END
}
bind_conf 'file "zone"; dnssec-policy ours; inline-signing yes;'
named -g -n 1 -c bind/named.conf > bind/log 2>&1 & pids="$pids $!"
until_up "127.0.0.1@$bind_port"; until_signed "$bind_port" bind.test
rndc -k rndc.key -p "$rndc_port" sync bind.test > /dev/null 2>&1
run "$z" keys import --served bind/zone.signed --dry-run bind.test bind/keys/K*; is 'the file that BIND keeps' 3 $status; has 'what to do with it' err 'named-compilezone -f raw -F text'
transfer "$bind_port" bind.test > bind.out; cp bind.out former
ok 'BIND: a trial' "$z" keys import --dry-run bind.test bind/keys/K*; ok 'BIND: the import' "$z" keys import bind.test bind/keys/K*
bind_conf "file \"$PWD/bind.out\";"; rndc -k rndc.key -p "$rndc_port" reconfig
is 'BIND has nothing newer than the copy' "$(awk '$4 == "SOA" { print $7; exit }' former)" "$(serial "$bind_port" bind.test)"
ok 'BIND: the first build' "$z" build --accept adopt bind.test; is_ours "$bind_port" bind.test BIND former

# -- Knot, as its manual has it for a zone that is signed from its file: then it gives every version a serial of its own
plain 1 > knot.plain; cp knot.plain knot/plain
knot_conf() { # LINES of the zone
	cat > knot/knot.conf <<-END
		$(knot_head "$PWD/knot" "127.0.0.1@$knot_port")
		acl:
		  - id: all
		    action: transfer
		    address: 127.0.0.1
		policy:
		  - id: p
		    zsk-lifetime: 0
		zone:
		  - domain: knot.test
		    acl: all
		    zonefile-sync: -1
		$(for line; do echo "    $line"; done)
	END
}
control() { knotc -c knot/knot.conf -s knot/knot.sock "$@" > control.out 2>&1; }
signs='dnssec-signing: on' own='zonefile-load: difference-no-serial'
knot_conf "file: $PWD/knot/plain" "$signs" 'dnssec-policy: p' "$own" 'journal-content: all'
knotd -c knot/knot.conf > knot/out 2>&1 & pids="$pids $!"
until_up "127.0.0.1@$knot_port"; until_signed "$knot_port" knot.test; control zone-ksk-submitted knot.test
transfer "$knot_port" knot.test > knot.out; cp knot.out former; keymgr -c knot/knot.conf -j knot.test list > list.json
ok 'Knot: the import' "$z" keys import --pem-dir knot/keys/keys knot.test list.json
knot_conf "file: $PWD/knot.out" "$own" 'journal-content: all'; control reload
run "$z" build --accept adopt knot.test; is 'Knot exchanges the serial under our signature' 1 $status; has 'that is told' err "'zonefile-load: whole'"
knot_conf "file: $PWD/knot.out"; control reload; sed -i 's/, wait: 1s//' zonesign.yaml
ok 'Knot: the next build' "$z" build knot.test; is_ours "$knot_port" knot.test Knot former

# -- and back to the same Knot: what it remembers of before is forgotten first
cp now former; plain "$(awk '$4 == "SOA" { print $7 + 1; exit }' now)" > knot/plain
knot_conf "file: $PWD/knot/plain" "$signs" 'dnssec-policy: p' "$own" 'journal-content: all'
control -f zone-purge +journal +kaspdb +timers knot.test || fail 'Knot forgets' "$(cat control.out)"
for key in state/knot.test/keys/K*.key; do ok 'Knot takes the key' keymgr -c knot/knot.conf knot.test import-bind "$key"; done
control reload; until_signed "$knot_port" knot.test; is_ours "$knot_port" knot.test 'back to Knot' former
finish
