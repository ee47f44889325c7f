#!/bin/sh
# Rolls on real servers, with seconds as TTLs: NSD has parent and child, two Unbound with the parent's key as anchor ask all the time,
# one of them seldom, so that its cache is of another age. A script puts into the parent what `ds --format ds` prints, and cron is a
# loop. ZSK, KSK, algorithm, and to one key for both: not one answer may be SERVFAIL, and not one without AD.
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need nsd unbound dig python3 dnssec-signzone dnssec-keygen dnssec-cds dnssec-settime named-compilezone

parent_from=$(date -u -d '1 day ago' +%Y%m%d%H%M%S) parent_until=$(date -u -d '10 days' +%Y%m%d%H%M%S) parent_ttl=2
set -- $(free_ports 4)
p=$1 c=$2 u=$3 v=$4
parent=127.0.0.1@$p child=127.0.0.1@$c
printf '$TTL 2\n@ SOA ns1 host 1 7200 3600 1209600 2\n@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.2\nwww A 192.0.2.1\n*.wild TXT "w"\n' > a.zone
config() { # ALGORITHM ROLES
	cat > zonesign.yaml <<-EOF
		policies:
		  default:
		    algorithm: $1
		    $2
		    dnskey-ttl: 2s
		    propagation: {zone: 1s, parent: 1s}
		    parent-ds-ttl: 2s
		    safety: 0
		    observe: {servers: [$parent], trust-anchor: ta}
		zones:
		  a.test: {file: a.zone, output: a.signed, servers: [$child], reload: sh load.sh}
	EOF
}
cat > load.sh <<EOF
serial=\$(awk '\$4=="SOA"{print \$7; exit}' a.signed)
cp a.signed child/tmp && mv child/tmp child/a.test.zone; kill -HUP \$(cat child/pid)
for i in \$(seq 100); do dig +short -p $c @127.0.0.1 a.test SOA | grep -q " \$serial " && exit 0; sleep 0.03; done
exit 1
EOF
mkdir parent child
make_parent parent/test.zone; cp a.zone child/a.test.zone
nsd_start parent $parent test; nsd_start child $child a.test
resolver() { # NAME PORT
	mkdir "$1"
	cat > "$1/unbound.conf" <<-EOF
		server:
		  interface: 127.0.0.1@$2
		  username: ""
		  chroot: ""
		  directory: "$work/$1"
		  pidfile: "$work/$1/upid"
		  logfile: "$work/$1/log"
		  use-syslog: no
		  num-threads: 1
		  module-config: "validator iterator"
		  access-control: 127.0.0.0/8 allow
		  do-not-query-localhost: no
		  trust-anchor-file: "$work/ta"
		  val-log-level: 2
		  val-clean-additional: yes
		  aggressive-nsec: yes
		  harden-algo-downgrade: yes
		  val-bogus-ttl: 1
		  local-zone: "test." nodefault
		remote-control:
		  control-enable: no
		stub-zone:
		  name: "test"
		  stub-addr: $parent
		stub-zone:
		  name: "a.test"
		  stub-addr: $child
	EOF
	unbound -d -c "$1/unbound.conf" > "$1/out" 2>&1 &
	pids="$pids $!"
}
resolver often $u; resolver seldom $v
cat > ask.py <<'EOF'
# asks until ./stop exists; what is wrong goes to the file named, one line each. With ./secure each answer must have AD.
import os, random, socket, struct, sys, time
port, pause, name = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(4)
bad, asked, ad, n = open(name, "w", buffering=1), 0, 0, 0
questions = [("www.a.test", 1), ("a.test", 48), ("a.test", 6), ("{}.a.test", 1), ("{}.wild.a.test", 16), ("www.a.test", 15), ("a.test", 43), ("a.test", 2)]
while not os.path.exists("stop"):
    q, t = questions[n % len(questions)]; n += 1
    q = q.format("r%d" % random.randrange(10**6)); i = random.randrange(65536)
    wire = b"".join(bytes([len(l)]) + l.encode() for l in q.split(".")) + b"\0"
    must = os.path.exists("secure")
    s.sendto(struct.pack(">HHHHHH", i, 0x0120, 1, 0, 0, 1) + wire + struct.pack(">HH", t, 1) + b"\0" + struct.pack(">HHIH", 41, 1232, 0x8000, 0), ("127.0.0.1", port))
    try: data = s.recv(65536)
    except socket.timeout: print(time.time(), q, t, "no answer", file=bad); continue
    if data[:2] != struct.pack(">H", i): continue
    asked += 1; rcode, flag = data[3] & 15, data[3] & 0x20
    ad += bool(flag)
    if rcode not in (0, 3): print(time.time(), q, t, "rcode", rcode, file=bad)
    elif must and not flag: print(time.time(), q, t, "no AD", file=bad)
    time.sleep(pause)
print(asked, ad, file=open(name + ".count", "w"))
EOF
python3 ask.py $u 0.02 bad-often & asker1=$!
python3 ask.py $v 0.35 bad-seldom & asker2=$!
pids="$pids $asker1 $asker2"

entered=
# what the operator's script does: the parent gets what `ds` prints, once it may
enter() {
	"$z" ds --ready >/dev/null 2>&1 || return 0
	"$z" ds --format ds 2>/dev/null | grep -v '^;' > wanted.ds
	cmp -s wanted.ds entered.ds && return 0
	if [ -s entered.ds ] && [ -s wanted.ds ] && grep -q 'CDS' a.signed; then # BIND's parent-side tool; -s: our inception is an hour back
		for t in DNSKEY CDS CDNSKEY; do dig +dnssec +noall +answer -p $c @127.0.0.1 a.test $t; done > child.sets
		run dnssec-cds -s -7200 -a SHA-256 -f child.sets -d entered.ds -T 2 a.test
		is 'dnssec-cds accepts our CDS' 0 $status
		is 'dnssec-cds comes to the same DS' "$(awk '{print $5, $6, $7, $8 $9 $10}' wanted.ds | sort)" "$(grep -v '^;' out | sed 's/.* DS //' | awk '{print $1, $2, $3, $4 $5 $6}' | sort)"
	fi
	cp wanted.ds entered.ds
	# shellcheck disable=SC2046
	IFS='
'; set -- $(cat wanted.ds); unset IFS
	make_parent parent.signed "$@"
	nsd_load parent $parent test parent.signed
	entered="$entered $(awk '{print $5}' wanted.ds | tr '\n' '+')"
}
: > entered.ds
settled() { "$z" --json status > s.json 2>/dev/null; python3 -c '
import json, sys
z = json.load(open("s.json"))["zones"][0]
sys.exit(not all(k["standing"] in ("active", "gone") for k in z["keys"]))'; }
roles() { python3 -c '
import json
z = json.load(open("s.json"))["zones"][0]
print(*sorted("%s/%d" % (k["role"], k["algorithm"]) for k in z["keys"] if k["standing"] == "active"))'; }
tags() { python3 -c '
import json
z = json.load(open("s.json"))["zones"][0]
print(*sorted(k["key_tag"] for k in z["keys"] if k["standing"] == "active" and (not "'"$1"'" or k["role"] == "'"$1"'")))'; }
cron() { # NAME SECONDS: builds and the operator's script, until nothing moves any more
	cr_end=$(($(date +%s) + $2)) cr_rest=0
	while [ "$(date +%s)" -lt $cr_end ]; do
		"$z" -q build > build.out 2>&1 || { fail "$1: a build" "$(cat build.out)"; return; }
		enter
		if settled; then cr_rest=$((cr_rest + 1)); else cr_rest=0; fi
		[ $cr_rest -ge 2 ] && { pass; return; }
		sleep 0.4
	done
	fail "$1 comes to its end within $2 s" "$("$z" status)"
}

config ecdsap256sha256 'zsk: {lifetime: unlimited}'
cron 'the first signing' 40
sleep 2.5; touch secure # what was cached without the DS has gone
ksk=$(tags ksk) zsk=$(tags zsk)
run "$z" roll a.test zsk; is 'roll zsk' 0 $status; "$z" -q build; cron 'the ZSK roll' 40
is 'the KSK is as before' "$ksk" "$(tags ksk)"; ok 'the ZSK is another' test "$zsk" != "$(tags zsk)"
run "$z" roll a.test ksk; is 'roll ksk' 0 $status; "$z" -q build; cron 'the KSK roll' 60
ok 'the KSK is another' test "$ksk" != "$(tags ksk)"
config ed25519 'zsk: {lifetime: unlimited}'; "$z" -q build; cron 'the algorithm roll' 90
is 'all keys have the new algorithm' 'ksk/15 zsk/15' "$(roles)"
config ed25519 'csk: {lifetime: unlimited}'; "$z" -q build; cron 'from KSK and ZSK to one key' 90
is 'one key for both' 'csk/15' "$(roles)"
ok 'BIND reads our key files, dates included' sh -c 'for f in state/a.test/keys/*.key; do dnssec-settime -p all "$f" || exit 1; done'
sleep 2.5; touch stop; wait $asker1 $asker2
for who in often seldom; do
	is "Unbound, asked $who: nothing went wrong" '' "$(head -n 5 bad-$who)"
done
ok 'they were asked enough' sh -c 'set -- $(cat bad-often.count bad-seldom.count); echo "$@"; test $1 -gt 500 && test $2 -gt 300 && test $3 -gt 20 && test $4 -gt 15'
echo "asked $(cat bad-often.count bad-seldom.count | tr '\n' ' '); DS at the parent:$entered"
finish
