#!/bin/sh
# TLSA: every usage, selector and matching type against OpenSSL; chains, DER, keys, CSR; and what lint says about each mistake.
. "$(dirname "$0")/../lib.sh"
need openssl python3
z=$ZONESIGN
sh "$top/testdata/demo/make-certs.sh" .
openssl x509 -in www.pem -outform DER -out www.der
openssl req -new -key www.key -subj /CN=www.example.com -out www.csr
openssl pkey -in www.key -pubout -out www.pub

data() { # CERT SELECTOR MATCHING: by OpenSSL, upper-case hex
	case $2 in
	0) openssl x509 -in "$1" -outform DER ;;
	1) openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER ;;
	esac > data.der
	case $3 in
	0) cat data.der ;;
	1) openssl dgst -sha256 -binary data.der ;;
	2) openssl dgst -sha512 -binary data.der ;;
	esac | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F
}
for usage in 0 1 2 3; do
	cert=www.pem
	case $usage in 0 | 2) cert=ca.pem ;; esac
	for selector in 0 1; do
		for matching in 0 1 2; do
			run "$z" tlsa www-chain.pem --host www.example.com --port 443 --records "$usage $selector $matching"
			is "$usage $selector $matching" "_443._tcp.www.example.com. 3600 IN TLSA $usage $selector $matching $(data $cert $selector $matching)" "$(cat out)"
		done
	done
done
wanted=$(data www.pem 1 1)
for file in www.pem www-chain.pem www.der www.key www.pub www.csr; do
	run "$z" tlsa $file --host www.example.com --port 443/udp
	is "3 1 1 of $file" "_443._udp.www.example.com. 3600 IN TLSA 3 1 1 $wanted" "$(cat out)"
done

# a CA that has had two keys under one name, and a leaf that does not tell the key: the issuer is who signed it, wherever it stands
ec() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.pem -days 30 -subj "/CN=$2" 2>/dev/null; }
ec rekeyed-old 'One CA'; ec rekeyed-new 'One CA'
printf 'subjectAltName=DNS:www.example.com\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=none\n' > leaf.ext
openssl x509 -req -in www.csr -CA rekeyed-old.pem -CAkey rekeyed-old.key -set_serial 7 -days 20 -extfile leaf.ext -out leaf.pem 2>/dev/null
for order in 'rekeyed-new.pem rekeyed-old.pem' 'rekeyed-old.pem rekeyed-new.pem'; do
	cat leaf.pem $order > rekeyed.pem
	run "$z" tlsa rekeyed.pem --host www.example.com --port 443 --records '2 1 1'
	is "who signed it, of $order" "_443._tcp.www.example.com. 3600 IN TLSA 2 1 1 $(data rekeyed-old.pem 1 1)" "$(cat out)"
done

says() { # NAME STATUS WORDS ARGUMENTS of tlsa
	name=$1 wanted=$2 words=$3
	shift 3
	run "$z" tlsa "$@"
	is "$name: status" "$wanted" $status
	has "$name: words" err "$words"
}
says 'the issuer is missing' 3 'does not hold it' www.pem --host h.example --port 443 --records '2 1 1'
says 'a CA comes first' 3 'is a CA' ca.pem --host h.example --port 443
says 'selector 0 of a key' 3 'holds a bare key' www.key --host h.example --port 443 --records '3 0 1'
says 'port 0' 2 'write 25 or 443/udp' www.pem --host h.example --port 0
says 'usage 1 on port 25' 0 'unusable for SMTP' www.pem --host www.example.com --port 25 --records '1 1 1'
says '3 0 1' 0 'changes at every renewal' www.pem --host www.example.com --port 443 --records '3 0 1'
says 'matching type 0' 0 'matching type 0' www.pem --host www.example.com --port 443 --records '3 1 0'
says 'a name that is not in it' 0 'does not name other.example.' www-chain.pem --host other.example --port 443 --records '2 1 1'
openssl req -x509 -newkey rsa:1024 -nodes -keyout weak.key -out weak.pem -days 5 -subj /CN=w 2>err
says 'a weak key' 0 'is weak (RSA 1024)' weak.pem --host w.example --port 25
hasnt 'one of five days has not expired soon on the first' err 'expires in'
run "$z" --now $(($(date +%s) + 4 * 86400)) tlsa weak.pem --host w.example --port 25; has 'soon expired' err 'expires in'
echo nothing > none.pem
says 'no certificate' 3 'holds no certificate' none.pem --host h.example --port 25
says 'no file' 3 'cannot open' missing.pem --host h.example --port 25
says 'a directory' 3 'not a regular file' . --host h.example --port 25
says 'an encrypted key' 3 'found:' "$(openssl genrsa -aes128 -passout pass:x -traditional -out enc.key 2048 2>/dev/null; echo enc.key)" --host h.example --port 25
head -c 300 www.der > cut.der
says 'half a certificate' 3 'holds no certificate' cut.der --host h.example --port 25
cat www.der none.pem > trailing.der
says 'trailing octets' 3 'trailing octets' trailing.der --host h.example --port 25
says 'a bad port' 2 '--port' www.pem --host h.example --port 70000
says 'bad records' 2 '--records' www.pem --host h.example --port 25 --records '4 1 1'

# what a build says about the whole
zone() {
	printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\n@ MX 1 mail\n@ MX 2 mx2\n@ MX 3 mx.other.test.\nmail A 192.0.2.25\nmx2 A 192.0.2.26\nalias CNAME mail\nsub NS ns.other.test.\n%b' "$1" > a.zone
	printf 'policies: {default: {observe: off}}\nzones:\n  example.com:\n    file: a.zone\n    output: signed.zone\n    dane:\n%b' "$2" > zonesign.yaml
	run "$z" check
}
entry() { printf '      - {host: %s, port: %s, certificate: %s%s}\\n' "$1" "$2" "$3" "${4:-}"; }
zone '' "$(entry mail.example.com 25 mail.pem)"; is 'one of two MX' 0 $status; has 'MX without TLSA' err 'MX mx2.example.com. has no TLSA'
zone '' "$(entry mx 25 mail.pem)"; is 'mx' 0 $status; has 'MX outside' err "'mx.other.test.' is outside this zone"; hasnt 'mx covers both' err 'has no TLSA'
zone '' "$(entry example.com 25 mail.pem)"; has 'TLSA at the domain' err 'that is no MX host'
zone '' "$(entry alias.example.com 443 mail.pem)"; has 'an alias' err 'is an alias'
zone '' "$(entry nowhere.example.com 443 mail.pem)"; has 'no address' err 'has no address'
zone '' "$(entry x.sub.example.com 443 mail.pem)"; is 'below a delegation' 3 $status; has 'below a delegation' err 'delegation'
zone '' "$(entry host.other.test 443 mail.pem)"; is 'outside the zone' 3 $status; has 'outside the zone' err 'outside'
zone '' "$(entry mail.example.com 25 mail.pem ', records: 1 1 1')"; is 'usage 1 in the config, port 25' 3 $status
zone '' "$(entry mail.example.com 443 mail.pem ', next: mail.pem')"; has 'next is the same' err 'same key'
zone '_443._tcp.mail TLSA 3 1 1 '"$(data www.pem 1 1)"'\n' "$(entry mail.example.com 443 mail.pem)"; has 'TLSA of the zone file' err 'of its own'
run "$z" build; is 'merged' 2 "$(grep -c '^_443._tcp.mail.* IN TLSA ' signed.zone)"
zone '_443._tcp.mail CNAME mail\n' "$(entry mail.example.com 443 mail.pem)"; is 'a CNAME at the owner' 3 $status
zone '' "$(entry mail.example.com '[25, 465, 443/udp]' '[mail.pem, www-chain.pem]' ', records: [3 1 1, 3 1 2]')"; is 'ports, certificates, records' 0 $status
rm -rf state signed.zone; run "$z" build; is 'they are multiplied' '4 4 4' "$(for o in _25._tcp _465._tcp _443._udp; do grep -c "^$o.mail.* IN TLSA " signed.zone; done | xargs)"
finish
