#!/bin/sh
# What `check` says that DANE clients will make of the configured certificates, before anything is published.
. "$(dirname "$0")/../lib.sh"
need openssl python3
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -subj '/CN=Issuer' -days 300 2>/dev/null
cert() { # NAME DNS DAYS
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.csr -subj "/CN=$1" 2>/dev/null
	printf 'subjectAltName=DNS:%s\n' $2 > ext
	openssl x509 -req -in $1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days $3 -extfile ext -out $1.leaf 2>/dev/null
	cat $1.leaf ca.crt > $1.pem
}
cert mail mail.example.com 200
cert other elsewhere.example.net 200
soon=$(($(date +%s) + 86400)) late=$(($(date +%s) + 250 * 86400))
zone() { # RECORD...
	printf '$TTL 3600\n@ SOA ns h 1 7200 3600 1209600 3600\n@ NS ns\n@ NS ns2\nns A 192.0.2.1\nns2 A 192.0.2.2\n@ MX 10 mail\nmail A 192.0.2.25\n' > example.com.zone
	for record; do echo "$record" >> example.com.zone; done
}
check() { # CERTIFICATE RECORDS [PORT]: to out, err and $status
	printf 'zones:\n  example.com:\n    file: example.com.zone\n    output: out.zone\n    dane:\n      - {host: mail.example.com, port: %s, certificate: %s, records: [%s]}\n' "${3:-25}" "$1" "$2" > zonesign.yaml
	run "$ZONESIGN" --now ${now:-$soon} check
	cat out err > both
}
rdata() { "$ZONESIGN" -q tlsa "$1" --host mail.example.com --port 25 --records "$2" 2>/dev/null | sed 's/.*TLSA //'; }

zone
check mail.pem '3 1 1'
is 'right: exit status' 0 $status
has 'right' out "mail.example.com:25 with 'mail.pem': DANE senders will see Verified: 3 1 1 "
has 'right: where' out 'matches at depth 0'
hasnt 'right: no complaint' err 'DANE senders'
check mail.pem '2 1 1'; has 'an issuer' out 'matches at depth 1'
check other.pem '3 1 1'; has 'another name is no matter of usage 3' out 'will see Verified'; has 'but perhaps a mistake' err 'is it the one that this server presents'
check other.pem '2 1 1'; has 'it is one of usage 2' err 'ostname mismatch (RFC 7671 section 5.2)'
now=$late
check mail.pem '3 1 1'; has 'dates are no matter of usage 3' out 'will see Verified'
check mail.pem '2 1 1'; has 'they are of usage 2' err 'DANE senders will defer mail: certificate has expired'
now=
zone "_25._tcp.mail TLSA $(rdata other.pem '3 1 2')"
check mail.pem '3 1 1'; has 'a stale SHA-512 record hides ours' err 'SHA-512 records of the same kind are there and do not'
is 'that is a warning: the records may be of a next key' 0 $status
has 'the place' err 'zonesign.yaml:6:'
zone "_25._tcp.mail TLSA $(rdata other.pem '3 1 1')"
check mail.pem '3 1 1'; has 'a stale SHA-256 record does not' out 'will see Verified'
zone
check mail.pem '3 1 1' 443; has 'other clients' out "mail.example.com:443 with 'mail.pem': DANE clients will see Verified"
check mail.pem '1 1 1' 443; hasnt 'what only the client knows is not predicted' both 'DANE clients'
zone "_25._tcp.mail TLSA 1 1 1 $(printf '%064d' 0)"
run "$ZONESIGN" check --origin example.com example.com.zone
is 'records of others: exit status' 0 $status
has 'records of others that no sender can use' err 'example.com.zone:9: warning: mail.example.com:25: DANE senders will not verify it (Untrusted): no TLSA record is usable'
zone "_25._tcp.mail TLSA 3 1 1 $(printf '%064d' 0)"
run "$ZONESIGN" check --origin example.com example.com.zone
hasnt 'records of others that may be right' err 'DANE senders'
zone
printf 'zones:\n  example.com:\n    file: example.com.zone\n    output: out.zone\n    dane:\n      - {host: mx, port: [25, 465], certificate: mail.pem}\n' > zonesign.yaml
run "$ZONESIGN" --json --now $soon check
is 'JSON' 'mail.example.com. 25 Verified 0 True mail.example.com. 465 Verified 0 True' "$(python3 -c 'import json
print(*("%s %d %s %d %s" % (d["host"], d["port"], d["verdict"], d["depth"], d["matched"].startswith("3 1 1 ")) for d in json.load(open("out"))["dane"]))')"
finish
