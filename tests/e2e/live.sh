#!/bin/sh
# `zonesign check --live` in a network namespace of its own: a private root, a parent, a child on two NSD, mail servers with STARTTLS.
# Each state of the world is made, looked at, and told rightly: mark, cause, RFC, EDE and exit status.
if [ -z "${ZS_WORLD:-}" ] && unshare -rn true 2>/dev/null && command -v ip >/dev/null; then
	ZS_WORLD=yes exec unshare -rn sh "$0"
fi
. "$(dirname "$0")/../lib.sh"
. "$top/tests/e2e/lib.sh"
need nsd dig python3 openssl dnssec-signzone dnssec-keygen named-compilezone w3m
if [ -z "${ZS_WORLD:-}" ]; then
	echo 'skipped: no network namespaces here; check --live is not tested'
	finish
fi
ip link set lo up
for address in 192.0.2.25/32 192.0.2.26/32 192.0.2.80/32 2001:db8::25/128; do ip address add $address dev lo; done

# -- certificates: an issuer, the mail server's ECDSA and RSA keys, and a key that is not published
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj '/CN=Test Issuer' -days 30 2>/dev/null
cert() { # NAME DNS NEWKEY...
	name=$1 dns=$2
	shift 2
	openssl req -new -newkey "$@" -nodes -keyout $name.key -out $name.csr -subj "/CN=$name" 2>/dev/null
	printf 'subjectAltName=DNS:%s\n' $dns > ext
	openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 20 -extfile ext -out $name.leaf 2>/dev/null
	cat $name.leaf ca.crt > $name.crt
}
cert ec mail.a.test ec -pkeyopt ec_paramgen_curve:P-256
cert other mail.a.test ec -pkeyopt ec_paramgen_curve:P-256
cert rsa mail.a.test rsa:2048
cert web www.a.test ec -pkeyopt ec_paramgen_curve:P-256
tlsa() { "$ZONESIGN" -q tlsa "$1" --host x --port 25 --records "$2" 2>/dev/null | sed 's/.*TLSA //' | tr A-F a-f; }
ec=$(tlsa ec.crt '3 1 1') rsa=$(tlsa rsa.crt '3 1 1') other=$(tlsa other.crt '3 1 1') issuer=$(tlsa ec.crt '2 1 1') web=$(tlsa web.crt '3 1 1')

# -- root, test. and a.test., with the real clock
sign() { # ZONE FILE KEYS: FILE.plain to FILE
	[ -d "$3" ] || { mkdir "$3"; dnssec-keygen -q -K "$3" -a ECDSAP256SHA256 -f KSK "$1"; dnssec-keygen -q -K "$3" -a ECDSAP256SHA256 "$1"; } > /dev/null
	dnssec-signzone -q -S -P -d . -K "$3" -s now-3600 -e now+864000 -o "$1" -f "$2" "$2.plain" > sign.out 2>&1 || fail "$1 is signed" "$(cat sign.out)"
}
serial=1
parent() { # RECORD...: test. with these
	serial=$((serial + 1))
	{
		printf '$TTL 60\n@ SOA ns1.test. host.test. %s 7200 3600 1209600 60\n@ NS ns1.test.\nns1 A 127.0.0.1\n' $serial
		printf 'a NS ns1.a\na NS ns2.a\nns1.a A 127.0.0.3\nns2.a A 127.0.0.4\n'
		for record; do echo "$record"; done
	} > parent.plain
	sign test parent parent-keys
}
mkdir r p c1 c2
parent
{
	printf '$TTL 3600\n. SOA ns. host. 1 7200 3600 1209600 3600\n. NS ns.\nns. A 127.0.0.53\ntest. NS ns1.test.\nns1.test. A 127.0.0.1\n'
	cat dsset-test.
} > root.plain
sign . root root-keys
cat dsset-. > anchor
printf '. 3600 NS ns.\nns. 3600 A 127.0.0.53\n' > hints
zone() { # RECORD...: a.test. with these, signed into a.signed
	{
		printf '$TTL 60\n@ SOA ns1 host 1 7200 3600 1209600 60\n@ NS ns1\n@ NS ns2\nns1 A 127.0.0.3\nns2 A 127.0.0.4\nwww A 192.0.2.80\n'
		printf '*.app A 192.0.2.80\nx.y.deep TXT "below two empty names"\nlab NS ns.elsewhere.test.\n'
		for record; do echo "$record"; done
	} > a.zone
	"$ZONESIGN" -q build >build.out 2>&1 || fail 'the zone is built' "$(cat build.out)"
}
mail='@ MX 10 mail
mail A 192.0.2.25'
config() { # DENIAL
	cat > zonesign.yaml <<-EOM
		policies:
		  default: {dnskey-ttl: 1m, propagation: {zone: 1m, parent: 1m}, parent-ds-ttl: 1m, safety: 0, observe: off, cds: off, denial: $1}
		zones:
		  a.test: {file: a.zone, output: a.signed}
	EOM
}
config nsec
zone "$mail" "_25._tcp.mail TLSA $ec"
"$ZONESIGN" -q ds --format ds 2>/dev/null | grep -v '^;' > our.ds
parent "$(cat our.ds)"
cp root r/..zone; cp parent p/test.zone; cp a.signed c1/a.test.zone; cp a.signed c2/a.test.zone
nsd_start r 127.0.0.53@53 .
nsd_start p 127.0.0.1@53 test
nsd_start c1 127.0.0.3@53 a.test
nsd_start c2 127.0.0.4@53 a.test
publish() { nsd_load c1 127.0.0.3@53 a.test a.signed; nsd_load c2 127.0.0.4@53 a.test a.signed; }

# -- mail and web servers: one stub process at a time
stub=
serve() { # LINE...
	[ -z "$stub" ] || { kill $stub; wait $stub 2>/dev/null; }
	rm -f stub.conf.up
	for row; do echo "$row"; done > stub.conf
	python3 "$top/tests/e2e/live_stub.py" stub.conf > stub.out 2>&1 &
	stub=$!
	pids="$pids $stub"
	for _ in $(seq 100); do [ -s stub.conf.up ] && return; sleep 0.05; done
	fail 'the stub starts' "$(cat stub.out)"
}
live() { run "$ZONESIGN" "$@" check --live --root-hints hints --trust-anchor anchor --timeout 20s a.test; cat out err > both; }
# told NAME MARK ID TEXT: a step with this mark and this id has this text
told() {
	"$ZONESIGN" --json check --live --root-hints hints --trust-anchor anchor --timeout 20s ${timeout:+--timeout $timeout} a.test > json 2>/dev/null
	same "$@"
}
same() { # NAME MARK ID TEXT, of the same json
	if python3 - "$2" "$3" "$4" <<-'EOM'
		import json, sys
		mark, name, text = sys.argv[1:]
		steps = json.load(open("json"))["zones"][0]["steps"]
		good = [s for s in steps if s["mark"] == mark and s["id"] == name and text in " ".join(str(s[k]) for k in ("subject", "text", "rfc", "ede", "ede_text", "advice"))]
		sys.exit(not good)
	EOM
	then pass; else fail "$1" "no step [$2] $3 with '$4'" "$(python3 -c 'import json
for s in json.load(open("json"))["zones"][0]["steps"]:
    if s["mark"] != "ok": print(s["mark"], s["id"], s["subject"], s["text"], s["rfc"], s["ede"])' 2>&1 | head -n 20)"; fi
}
none() { # NAME MARK: no step of the last json has this mark
	python3 - "$2" > bad <<-'EOM'
		import json, sys
		for s in json.load(open("json"))["zones"][0]["steps"]:
		    if s["mark"] == sys.argv[1]: print(s["id"], s["subject"], s["text"])
	EOM
	is "$1" '' "$(cat bad)"
}

# -- all fine
good='smtp 192.0.2.25 25 ok ec.crt ec.key'
serve "$good"
live
is 'fine: exit status' 0 $status
has 'fine: in words' both 'a.test. all is right'
has 'fine: Postfix says so too' both 'Verified TLS connection established to mail.a.test[192.0.2.25]:25: TLSv1.3 with cipher'
has 'fine: what matched' both "matched $(echo "$ec" | cut -c1-14).. at depth 0"
told 'fine: the chain' ok chain 'secure: a DS leads to key'
none 'fine: nothing fails' fail
none 'fine: nothing warns' warn
same 'fine: each server' ok server 'ns2.a.test. at 127.0.0.4'
cp json fine.json
# the address of a server is one without proof too: resolvers ask there
awk '!($1 ~ /^ns2/ && $4 == "RRSIG" && $5 == "A")' a.signed > unproven
nsd_load c1 127.0.0.3@53 a.test unproven; nsd_load c2 127.0.0.4@53 a.test unproven; live
has 'an address without proof: the server is asked' both 'ns2.a.test. at 127.0.0.4'; hasnt 'and not taken for one without address' both 'at no address'
publish

# -- a library that is not linked, and broken, is told of by who needs it
mkdir broken
echo nothing > broken/libssl.so.3
run env LD_LIBRARY_PATH="$PWD/broken" "$ZONESIGN" check --live --root-hints hints --trust-anchor anchor --timeout 20s a.test
is 'no libssl, which ldns needs too: nothing is judged' 1 $status; has 'no libssl: it is named' out 'libssl.so.3: file too short'
rm -r broken

# -- DANE: what is presented, and what is published
scene() { # RECORD...: publish the zone with these, and have it looked at
	zone "$mail" "$@"
	publish
}
serve 'smtp 192.0.2.25 25 ok other.crt other.key'
told 'another key' fail tlsa-mismatch 'DANE senders defer mail: none of 1 usable TLSA fits; the server presents 3 1 1'
same 'another key: what is published' fail tlsa-mismatch "published: $(echo "$ec" | cut -c1-14).."
same 'another key: the RFC' fail tlsa-mismatch 'RFC 7672'
live; is 'another key: exit status' 4 $status; has 'another key: Untrusted' both 'Untrusted TLS connection established to mail.a.test[192.0.2.25]:25'
serve 'smtp 192.0.2.25 25 nostarttls ec.crt ec.key'
told 'no STARTTLS' fail no-starttls 'offers no STARTTLS but TLSA exists: senders will defer'
live; is 'no STARTTLS: exit status' 4 $status
serve 'smtp 192.0.2.25 25 refuse ec.crt ec.key'
told 'STARTTLS refused' fail no-starttls "refuses it: '454 TLS not available'"
serve 'smtp 192.0.2.25 25 inject ec.crt ec.key'
told 'plaintext behind STARTTLS is thrown away' ok verified 'Verified TLS connection'
serve 'smtp 192.0.2.25 25 ok ec.crt ec.key rsa.crt rsa.key'
told 'two keys, one published' fail keys-differ 'the ECDSA certificate is verified and the RSA certificate is not'
same 'two keys, one published: the other' fail tlsa-mismatch 'RSA certificate CN=rsa'
scene "_25._tcp.mail TLSA $ec" "_25._tcp.mail TLSA $rsa"
told 'two keys, both published' ok verified 'RSA certificate CN=rsa'
same 'two keys, both published: ECDSA' ok verified 'ECDSA certificate CN=ec'
none 'two keys, both published: fine' fail
serve 'smtp 192.0.2.25 25 ok rsa.crt rsa.key'
told 'RSA alone is no failure' ok verified 'RSA certificate CN=rsa'
none 'RSA alone' fail
serve "$good"
scene '_25._tcp.mail TLSA 1 1 1 0000000000000000000000000000000000000000000000000000000000000000' '_25._tcp.mail TYPE52 \# 4 03010300'
told 'only unusable TLSA' warn tlsa-all-unusable 'TLS is required, and nothing is verified'
live; is 'only unusable TLSA: exit status' 0 $status
scene "_25._tcp.mail TLSA $ec" '_25._tcp.mail TLSA 1 1 1 0000000000000000000000000000000000000000000000000000000000000000'
told 'one unusable TLSA' warn tlsa-unusable 'usages 0 and 1 are not for SMTP'
scene "_25._tcp.mail TLSA $issuer"
told '2 1 1 with the chain' ok verified 'at depth 1'
serve 'smtp 192.0.2.25 25 ok ec.leaf ec.key'
told '2 1 1 without it' fail tlsa-anchor-missing 'is not in the chain that the server presents'
same '2 1 1 without it: advice' fail tlsa-anchor-missing 'fullchain.pem'
serve "$good"
scene "_25._tcp.mail CNAME _dane" "_dane TLSA $ec"
told 'TLSA through a CNAME' ok verified 'at depth 0'
scene "*._tcp.mail TLSA $ec"
told 'TLSA through a wildcard' ok verified 'at depth 0'
scene "_25._tcp TLSA $ec"
told 'TLSA at the domain' warn no-tlsa 'mail.a.test:25'
scene
told 'no TLSA' warn no-tlsa 'no TLSA: senders can be pushed'
same 'no TLSA: the proof' ok answers 'secure'
live; is 'no TLSA: exit status' 0 $status

# -- addresses and ports
zone '@ MX 10 mail' 'mail A 192.0.2.25' 'mail A 192.0.2.26' "_25._tcp.mail TLSA $ec" "_465._tcp.mail TLSA $ec" "_587._tcp.mail TLSA $ec" "_443._tcp.www TLSA $web"
publish
serve "$good" 'smtp 192.0.2.26 25 ok other.crt other.key' 'tls 192.0.2.25 465 ec.crt ec.key' 'smtp 192.0.2.25 587 ok ec.crt ec.key' 'tls 192.0.2.80 443 web.crt web.key'
told 'two addresses differ' fail addresses-differ '[192.0.2.26] ECDSA presents another key than [192.0.2.25]'
same 'implicit TLS' ok verified 'mail.a.test[192.0.2.25]:465'
same 'submission' ok verified 'mail.a.test[192.0.2.25]:587'
same 'the web' ok verified 'www.a.test[192.0.2.80]:443'
same 'one address of a port is closed' warn host-unreachable 'connect to mail.a.test[192.0.2.26]:465: Connection refused'
serve "$good" 'smtp 192.0.2.26 25 ok ec.crt ec.key'
told 'nobody listens' fail host-silent 'no address of the host can be reached'
live; is 'unreachable: exit status' 1 $status

zone '@ MX 10 mail' 'mail A 192.0.2.25' 'mail AAAA 2001:db8::25' "_25._tcp.mail TLSA $ec"
publish
serve "$good" 'smtp 2001:db8::25 25 ok ec.crt ec.key'
told 'IPv6' ok verified 'mail.a.test[2001:db8::25]:25: TLSv1'
none 'IPv6: fine' warn
zone '@ MX 10 mx' 'mail A 192.0.2.25' 'mx CNAME mail' "_25._tcp.mail TLSA $ec"
publish
told 'an MX host that is an alias' warn mx-alias 'alias of mail.a.test.'
same 'an MX host that is an alias: TLSA of its real name' ok verified 'mx.a.test[192.0.2.25]:25'
zone '@ MX 10 mx' 'mail A 192.0.2.25' 'mx CNAME mail' "_25._tcp.mail TLSA $ec" "_25._tcp.mx TLSA $ec"
python3 - <<'EOM'
# the signature of the TLSA of mail is damaged, that of mx is not
import re
lines = open("a.signed").read().splitlines()
at = next(i for i, l in enumerate(lines) if re.match(r"_25\._tcp\.mail\S*\s.*RRSIG\s+TLSA ", l))
head, last = lines[at].rsplit(" ", 1)
lines[at] = head + " " + ("B" if last[0] == "A" else "A") + last[1:]
open("damaged", "w").write("\n".join(lines) + "\n")
EOM
nsd_load c1 127.0.0.3@53 a.test damaged; nsd_load c2 127.0.0.4@53 a.test damaged
told 'an alias whose real name has bogus TLSA' fail tlsa-bogus 'mx.a.test:25 DANE senders defer mail'
zone '@ MX 10 mx' 'mail A 192.0.2.25' 'mx CNAME mail' '_tcp.mail NS ns1.nobody' 'ns1.nobody A 127.0.0.77' "_25._tcp.mx TLSA $ec"
publish
told 'an alias whose real name does not tell its TLSA' fail tlsa-unreachable 'mx.a.test:25 DANE senders defer mail'
zone '@ MX 10 mx' 'mail A 192.0.2.25' 'mx CNAME mail' "_25._tcp.mx TLSA $ec"
publish
told 'an alias whose real name has no TLSA' ok verified 'mx.a.test[192.0.2.25]:25'
zone '@ MX 10 elsewhere.test.' "_25._tcp.mail TLSA $ec" "$(echo "$mail" | tail -n 1)"
publish
told 'an MX host outside that is not there' fail no-address 'elsewhere.test:25'
zone '@ MX 0 .'
publish
live; is 'null MX' 0 $status

# -- servers that never end
scene "_25._tcp.mail TLSA $ec"
timeout=2s
for mode in mute drip endless noline close reject; do
	serve "smtp 192.0.2.25 25 $mode ec.crt ec.key"
	begin=$(date +%s%N)
	case $mode in
	mute) told "$mode" warn host-unreachable 'it sends no greeting' ;;
	drip) told "$mode" warn host-unreachable 'no greeting' ;;
	endless) told "$mode" warn smtp 'has no end' ;;
	noline) told "$mode" warn smtp 'a line without end' ;;
	close) told "$mode" warn smtp 'closed the connection' ;;
	reject) told "$mode" warn smtp "it greets with '554 5.7.1 go away'" ;;
	esac
	ok "$mode: it ends in time" test $((($(date +%s%N) - begin) / 1000000)) -lt 5000
	ok "$mode: so it says" python3 -c 'import json; assert json.load(open("json"))["zones"][0]["milliseconds"] <= 3000'
done
timeout=
serve "$good"

# -- name servers
zone "$mail" "_25._tcp.mail TLSA $ec" 'new A 192.0.2.80'
nsd_load c1 127.0.0.3@53 a.test a.signed
told 'serials differ' warn serial 'ns2.a.test. at 127.0.0.4 it serves serial'
live; is 'serials differ: exit status' 0 $status
nsd_load c2 127.0.0.4@53 a.test a.signed
python3 - <<'EOM'
# c2 gets the zone with signatures that expired yesterday, made by the zone's own keys
import re
text = open("a.signed").read()
open("unsigned", "w").write("\n".join(l for l in text.splitlines() if not re.search(r" (RRSIG|NSEC|NSEC3|NSEC3PARAM|DNSKEY) ", l)) + "\n")
EOM
mkdir old-keys; cp state/a.test/keys/K* old-keys/
dnssec-signzone -q -S -P -d old-keys -K old-keys -s now-864000 -e now-86400 -o a.test -f expired unsigned > sign.out 2>&1 || fail 'an expired zone is made' "$(cat sign.out)"
nsd_load c2 127.0.0.4@53 a.test expired
told 'expired signatures on one server' fail answer-wrong 'Signature Expired'
same 'the other is right' ok server 'ns1.a.test. at 127.0.0.3'
live; is 'expired: exit status' 4 $status
dnssec-signzone -q -S -P -d old-keys -K old-keys -s now-864000 -e now+100000 -o a.test -f soon unsigned > sign.out 2>&1
nsd_load c2 127.0.0.4@53 a.test soon
told 'signatures that end soon' warn expires-soon 'expires in 1d3h'
nsd_load c2 127.0.0.4@53 a.test unsigned
told 'a server without signatures' fail answer-wrong 'ns2.a.test. at 127.0.0.4'
same 'a server without signatures: EDE' fail answer-wrong 'RRSIGs Missing'
nsd_load c2 127.0.0.4@53 a.test a.signed

# -- a server between: names that it denies, errors that it explains, no TCP
between() { # MODE
	kill "$(cat c2/pid)"; wait "$(cat c2/pid)" 2>/dev/null
	serve "$good" "dns 127.0.0.4 53 127.0.0.3@53 $1"
}
between mute
timeout=6s; told 'a silent server' fail server-unreachable 'No Reachable Authority'; timeout=
run "$ZONESIGN" check --live --root-hints hints --trust-anchor anchor --timeout 6s a.test
is 'a silent server: exit status' 1 $status
serve "$good" "dns 127.0.0.4 53 127.0.0.3@53 ent"
told 'NXDOMAIN for an empty non-terminal' fail ent-nxdomain '_tcp.mail.a.test. is NXDOMAIN although there are names below'
same 'NXDOMAIN for an empty non-terminal: RFC' fail ent-nxdomain 'RFC 8020 section 2'
live; is 'ENT: exit status' 4 $status
serve "$good" "dns 127.0.0.4 53 127.0.0.3@53 ede"
told 'a server that explains itself' fail answer-wrong 'Signature Expired'
live; has 'EDE of the server' both 'EDE 7 (Signature Expired), sent by the server: signatures are on \007holiday'
serve "$good" "dns 127.0.0.4 53 127.0.0.3@53 notcp"
told 'no TCP' warn no-tcp 'RFC 7766'
serve "$good" "dns 127.0.0.4 53 127.0.0.3@53 huge"
told 'answers that fill our memory' fail time-over 'questions were not asked: its answers are too large together'
serve "$good" "dns 127.0.0.4 53 127.0.0.3@53 swell"
told 'names without end' fail lame 'ns2.a.test. at 127.0.0.4'
same 'names without end: the other is right' ok server 'ns1.a.test. at 127.0.0.3'
# a verdict names each of them, and there are dozens of verdicts
[ "${FLAVOUR:-release}" != release ] || ok 'names without end: memory' python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
sys.exit("%d KB" % kilobytes if kilobytes > 40000 else 0)' "$ZONESIGN" check --live --root-hints hints --trust-anchor anchor --timeout 20s a.test
serve "$good" "dns 127.0.0.4 53 127.0.0.3@53 hang"
timeout=4s; told 'a server that never ends its answers' fail server-unreachable 'ns2.a.test. at 127.0.0.4'; timeout=
same 'a server that never ends its answers: the other is judged' ok server 'ns1.a.test. at 127.0.0.3'
# sixty zones that keep one waiting, before one that does not
serve "$good" "dns 127.0.0.4 53 127.0.0.3@53 ok" 'dns 127.0.0.10 53 127.0.0.3@53 mute'
{ sed 's/^zones:/  mute: {observe: {resolver: 127.0.0.10}}\n&/' zonesign.yaml; for n in $(seq 60); do echo "  $n.0.test: {file: a.zone, output: $n.signed, policy: mute}"; done; } > fleet.yaml
run "$ZONESIGN" -c fleet.yaml --json check --live --root-hints hints --trust-anchor anchor --timeout 10s
is 'a silent resolver of sixty zones leaves time for the last' '60 all is right' "$(python3 -c 'import json
zones = {z["zone"]: z for z in json.load(open("out"))["zones"]}
print(sum(z["status"] == 1 for z in zones.values()), zones["a.test."]["summary"])')"
serve "$good"
# a zone below on the same servers, with the MX host in it: its answers have its own keys, or none
printf '$TTL 60\n@ SOA ns1.a.test. host 1 7200 3600 1209600 60\n@ NS ns1.a.test.\nmail A 192.0.2.25\n' > c1/sub.a.test.zone
cp c1/sub.a.test.zone c2/sub.a.test.zone
zone '@ MX 10 mail.sub' 'sub NS ns1' 'sub NS ns2'
cp a.signed c1/a.test.zone; cp a.signed c2/a.test.zone
kill "$(cat c1/pid)"; wait "$(cat c1/pid)" 2>/dev/null
nsd_start c1 127.0.0.3@53 a.test sub.a.test
nsd_start c2 127.0.0.4@53 a.test sub.a.test
told 'an MX host in a zone below' warn no-tlsa 'mail.sub.a.test:25'
none 'an MX host in a zone below: nothing fails' fail
# aliases into it: the server goes on there by itself, to what is there and to what is not
mx_below() { # RECORD...
	zone '@ MX 10 mx' 'sub NS ns1' 'sub NS ns2' "$@"
	publish
}
mx_below 'mx CNAME mail.sub'
told 'an alias into a zone below' warn mx-alias 'alias of mail.sub.a.test.'
none 'an alias into a zone below: nothing fails' fail
same 'an alias into a zone below: it is proven up to there' ok server 'answers right'
mx_below 'mx CNAME mail.sub' '*.www CNAME nobody.sub' 'two CNAME *.www'
told 'a wildcard that is an alias into a zone below' ok server 'answers right'
is 'a wildcard that is an alias into a zone below: no answer is wrong' 0 "$(grep -c answer-wrong json)"
for s in c1 c2; do kill "$(cat $s/pid)"; wait "$(cat $s/pid)" 2>/dev/null; done
zone "$mail" "_25._tcp.mail TLSA $ec"
cp a.signed c1/a.test.zone; cp a.signed c2/a.test.zone
nsd_start c1 127.0.0.3@53 a.test
nsd_start c2 127.0.0.4@53 a.test
parent_load() { nsd_load p 127.0.0.1@53 test parent; }

# -- the parent
cp our.ds good.ds
sed 's/ 13 2 ../ 13 2 00/' our.ds > bad.ds
parent "$(cat bad.ds)"; parent_load
told 'a DS that is wrong' fail ds-mismatch 'none of them leads to a key'
same 'a DS that is wrong: EDE' fail ds-mismatch 'DNSKEY Missing'
same 'a DS that is wrong: mail waits' fail mx-bogus 'Host not found, try again'
same 'a DS that is wrong: the servers are judged all the same' note server 'ns1.a.test. at 127.0.0.3 serial'
same 'a DS that is wrong: of our keys' fail ds-broken 'none of them leads to a key in the published zone'
live; is 'bogus: exit status' 4 $status
parent; parent_load
told 'no DS' warn insecure 'its parent proves that there is no DS'
same 'no DS: TLSA are inert' warn tlsa-insecure 'inert'
same 'no DS: our key is missing' warn ds-differs 'is missing'
none 'no DS: nothing fails' fail
live; is 'no DS: exit status' 0 $status
nsd_load c1 127.0.0.3@53 a.test unsigned; nsd_load c2 127.0.0.4@53 a.test unsigned
told 'not signed at all' warn insecure 'no DS'
none 'not signed at all: nothing fails' fail
parent 'a DS 1 200 2 0000000000000000000000000000000000000000000000000000000000000000' 'a DS 1 13 200 00'; parent_load
told 'not signed, and a DS that nobody knows' warn insecure 'of a kind that validators do not know'
none 'not signed, and a DS that nobody knows: nothing fails' fail
parent "$(cat our.ds)"; parent_load
told 'a DS, and nothing is signed' fail chain-bogus '9'
same 'a DS, and nothing is signed: the servers' fail answer-wrong 'ns1.a.test.'
zone "$mail" "_25._tcp.mail TLSA $ec" 'again A 192.0.2.80'; publish
serial=$((serial + 1))
python3 - $serial <<'EOM'
# one octet of the signature over the DS, and the SOA goes on
import re, sys
text = open("parent").read()
at = re.search(r"RRSIG\s+DS 13 .*?\)", text, re.S).group(0)
last = re.findall(r"[A-Za-z0-9+/=]{8,}", at)[-1]
open("forged", "w").write(text.replace(at, at.replace(last, ("B" if last[0] == "A" else "A") + last[1:])))
EOM
kill "$(cat p/pid)"; wait "$(cat p/pid)" 2>/dev/null
cp forged p/test.zone; nsd_start p 127.0.0.1@53 test
told 'a forged DS' fail parent-bogus 'ns1.test. at 127.0.0.1'
same 'a forged DS: the chain' fail chain-bogus 'Bogus'
parent "$(cat our.ds)"; parent_load

# -- names that are no zones
run "$ZONESIGN" check --live --root-hints hints --trust-anchor anchor --origin www.a.test
is 'a name in a zone: exit status' 4 $status; has 'a name in a zone' out 'no zone of its own'
run "$ZONESIGN" check --live --root-hints hints --trust-anchor anchor --origin nobody.test
is 'no such name: exit status' 4 $status; has 'no such name' out 'there is no such name, and that is proven'

# -- no configuration, pages, NSEC3, an own resolver
run "$ZONESIGN" check --live --root-hints hints --trust-anchor anchor --origin a.test
is 'without a config' 0 $status
has 'without a config: verified' out 'Verified TLS connection'
config nsec3; zone "$mail" "_25._tcp.mail TLSA $ec"; publish
told 'NSEC3' ok answers 'secure'
none 'NSEC3: fine' fail
zone "$mail" "_25._tcp.mail TLSA $ec"; config '{nsec3: {opt-out: yes}}'; zone "$mail" "_25._tcp.mail TLSA $ec"; publish
told 'opt-out' ok server 'answers right'
none 'opt-out: fine' fail
run "$ZONESIGN" check --live --root-hints hints --trust-anchor anchor --html page.html a.test
is 'a page' 0 $status
w3m -dump -cols 200 page.html > dump
has 'the page in a text browser: the picture has words' dump 'the chain of trust as a picture: the tables below say the same'
has 'the page in a text browser: the steps' dump 'Verified TLS connection established to mail.a.test[192.0.2.25]:25'
ok 'the page is well-formed' python3 - <<'EOM'
import base64, re, xml.dom.minidom
page = open("page.html").read()
assert "default-src 'none'" in page and "<script" not in page
svg = base64.b64decode(re.search(r"data:image/svg\+xml;base64,([^\"]+)", page).group(1))
text = xml.dom.minidom.parseString(svg).toxml()
assert "a.test." in text and "ns1.a.test." in text
EOM
begin=$(date +%s%N)
run "$ZONESIGN" check --live --trust-anchor anchor --resolver 127.0.0.9 --timeout 2s --origin a.test
is 'a resolver that is not there' 1 $status
ok 'a resolver that is not there: in time' test $((($(date +%s%N) - begin) / 1000000)) -lt 5000
has 'a resolver that is not there: said' out 'No Reachable Authority'
sed 's/^  a.test:.*/&\n  nobody.test: {file: a.zone, output: nobody.signed}\n  www.a.test: {file: a.zone, output: www.signed}/' zonesign.yaml > three.yaml
run "$ZONESIGN" -c three.yaml --json check --live --root-hints hints --trust-anchor anchor
is 'three zones: exit status' 4 $status
is 'three zones: each by itself' 'a.test. 0 nobody.test. 4 www.a.test. 4' "$(python3 -c 'import json; print(*sorted("%s %d" % (z["zone"], z["status"]) for z in json.load(open("out"))["zones"]))')"
run "$ZONESIGN" -c three.yaml -q check --live --root-hints hints --trust-anchor anchor
hasnt 'quiet: what is fine is not shown' out 'a.test. works'
has 'quiet: what fails is' out 'nobody.test. broken'
run "$ZONESIGN" --color always check --live --root-hints hints --trust-anchor our.ds --origin test
is 'an anchor of another zone: not validated' 0 $status
has 'colour' out "$(printf '\033[33m[warn]')"
sed 's/^\.\([^A-Z]*\)IN DS .*/. IN DS 1 13 2 0000000000000000000000000000000000000000000000000000000000000000/' anchor | head -n 1 > wrong
run "$ZONESIGN" check --live --root-hints hints --trust-anchor wrong --origin a.test
is 'a wrong anchor' 4 $status
has 'a wrong anchor: advice' out 'is the trust anchor the right one'
run "$ZONESIGN" check --live --trust-anchor nothing --root-hints hints --origin a.test
is 'an anchor that is not there' 1 $status
run "$ZONESIGN" check --live --root-hints hints --trust-anchor anchor --timeout 1s --origin a.test
is 'the shortest --timeout is one' 0 "$(grep -c 'before it was asked' out)"
run "$ZONESIGN" check --live --root-hints hints --trust-anchor absent --timeout 2s --origin a.test
is 'no file of anchors: exit status, and nothing beside it' '1 ' "$status $(cat err)"
has 'no file of anchors: it is named' out "a.test.: cannot open 'absent': No such file or directory"
is 'no file of anchors: nothing is said of what was not asked' 0 "$(grep -c 'no MX' out)"
echo 'no anchor' > nonsense
run "$ZONESIGN" check --live --root-hints hints --trust-anchor nonsense --timeout 2s --origin a.test
is 'a file without anchors: exit status, and nothing beside it' '1 ' "$status $(cat err)"
has 'a file without anchors: its line is named' out 'a.test.: nonsense:1: this is no record'
printf '; hints\n\n. 3600 NS ns.\nhttps://www.internic.net/domain/named.root\n' > nonsense
run "$ZONESIGN" check --live --root-hints nonsense --trust-anchor anchor --timeout 2s --origin a.test
is 'hints that are none: exit status' 1 $status
has 'hints that are none: the line is named' out 'a.test.: nonsense:4: this is no record'
echo 'ns. 3600 A 127.0.0.53' > nonsense
run "$ZONESIGN" check --live --root-hints nonsense --trust-anchor anchor --timeout 2s --origin a.test
has 'hints without a server of the root' out "'nonsense' has no NS record of the root"
mkfifo pipe
run timeout 20 "$ZONESIGN" check --live --root-hints hints --trust-anchor pipe --timeout 2s --origin a.test
is 'a FIFO of anchors: exit status' 1 $status
has 'a FIFO of anchors: it is named' out "'pipe' is not a regular file"
run timeout 20 "$ZONESIGN" check --live --root-hints pipe --trust-anchor anchor --timeout 2s --origin a.test
has 'a FIFO of hints: it is named' out "'pipe' is not a regular file"
run "$ZONESIGN" check --timeout 2s
is '--timeout without --live' 2 $status
run "$ZONESIGN" check --live --origin a.test a.zone
is '--live --origin with a file' 2 $status
finish
