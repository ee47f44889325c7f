#!/bin/sh
# Every message about DANE that the project has agreed on, by its number: E, an error; W, a warning. Each must be said once it is
# due, with the exit status it has; the end of this file looks that no number is missing.
. "$(dirname "$0")/../lib.sh"
need openssl
z=$ZONESIGN
seen=

ec() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days "${3:-900}" -subj "$2" -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:mail.example.com 2>/dev/null; }
ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.pem" -days 900 -subj "$2" 2>/dev/null; }
signed() { # NAME CA [CA:TRUE]: a certificate of mail.example.com, issued by CA; $1-chain.pem has both
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "${4:-/CN=$1}" 2>/dev/null
	printf 'subjectAltName=DNS:mail.example.com\nbasicConstraints=critical,%s\n' "${3:-CA:FALSE}" > ext
	openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -CAcreateserial -days 300 -extfile ext -out "$1.pem" 2>/dev/null
	cat "$1.pem" "$2.pem" > "$1-chain.pem"
}
ec mail /CN=mail.example.com; ec other /CN=other; ca root /CN=Root; ca stranger /CN=Stranger; signed leaf root
signed inter root CA:TRUE "/O=Let's Encrypt/CN=R99"; signed leleaf inter; cat leleaf.pem inter.pem > leleaf-chain.pem
hash() { openssl x509 -in "$1.pem" -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 | sed 's/.* //'; }

zone() { printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\n@ MX 1 mail\nmail A 192.0.2.25\nsub NS ns.other.test.\nalias CNAME mail\n%b' "${1:-}" > a.zone; }
config() { # ENTRY [POLICY-LINES]
	printf 'policies:\n  default:\n    observe: off\n%bzones:\n  example.com:\n    file: a.zone\n    output: signed.zone\n    dane:\n      - {%s}\n' "${2:-}" "$1" > zonesign.yaml
}
mail='host: mail.example.com, port: 25, certificate'
# says ID STATUS WORDS ARGUMENTS...
says() {
	id=$1 wanted=$2 words=$3; shift 3
	seen="$seen $id"
	run "$z" "$@"
	is "$id: status" "$wanted" $status
	has "$id: words" err "$words"
}
# entry ID STATUS WORDS ENTRY: what check says of it
entry() { config "$4"; says "$1" "$2" "$3" check; }

zone
mkdir locked.pem
entry E101 3 "cannot open 'none.pem'" "$mail: none.pem"
entry E101 3 'not a regular file' "$mail: locked.pem"
echo '-----BEGIN NOTHING-----
AAAA
-----END NOTHING-----' > nothing.pem
entry E102 3 "holds no certificate; found: NOTHING" "$mail: nothing.pem"
entry E103 3 'is a CA (CN=R99); usage 3 needs' "$mail: inter-chain.pem"
entry E104 3 'needs the issuer of CN=leaf' "$mail: leaf.pem, records: 2 1 1"
cat mail.pem other.key > mixed.pem; entry E105 3 'does not belong to its first certificate' "$mail: mixed.pem"
zone "_25._tcp.mail TLSA 3 1 1 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
entry E106 0 'hash of nothing' "$mail: mail.pem"
zone '_25._tcp.mail TLSA 3 1 1 abcd\n'; entry E107 0 '3 1 1 needs 32 octets, got 2' "$mail: mail.pem"
zone "_443._tcp.mail TLSA 3 0 0 $(openssl x509 -in mail.pem -outform DER | od -An -v -tx1 | tr -d ' \n')00\n"
entry E108 0 'not a certificate: trailing octets' "$mail: mail.pem"
zone
entry E109 3 'usage 1 (PKIX-EE) is unusable for SMTP' "$mail: mail.pem, records: 1 1 1"
zone "_25._tcp.mail TLSA 1 1 1 $(hash mail)\n"; entry E109 0 'usage 1 is unusable for SMTP' "$mail: mail.pem"; zone
entry E110 3 'matching type 3 is not assigned' "$mail: mail.pem, records: 3 1 3"
entry E111 3 "is no port" 'host: mail.example.com, port: "025", certificate: mail.pem'
entry E111 3 'out of range' 'host: mail.example.com, port: 65536, certificate: mail.pem'
entry E112 3 'is outside zone example.com' 'host: mail.example.net, port: 25, certificate: mail.pem'
entry E113 3 "is at or below the delegation 'sub.example.com.'" 'host: x.sub.example.com, port: 25, certificate: mail.pem'
zone '_tcp.mail NS ns.other.test.\n'; entry E113 3 "at or below the delegation '_tcp.mail.example.com.'" "$mail: mail.pem"
zone '@ MX 20 mx.sub\n'; entry W222 0 "MX 'mx.sub.example.com.' is at or below the delegation 'sub.example.com.'" 'host: mx, port: 25, certificate: mail.pem'
sed 4d leaf-chain.pem > cut.pem; entry E122 3 'block 1 of it is damaged' "$mail: cut.pem"; hasnt 'E122: no other certificate is taken for it' out '3 1 1'
{ cat leaf.pem; sed 's/^M/!/' inter-chain.pem; } > cut.pem; entry E122 3 'block 2 of it is damaged' "$mail: cut.pem"
head -c $(($(wc -c < leaf.pem) - 40)) leaf.pem > cut.pem; entry E122 3 'block 1 of it is damaged' "$mail: cut.pem"; zone
zone '_25._tcp.mail CNAME mail\n'; entry E114 3 'has a CNAME' "$mail: mail.pem"
zone "_25._tcp.mail TLSA 3 0 1 $(hash other)\n"; entry E115 0 'TLSA of its own' "$mail: mail.pem"; zone
config "$mail: mail.pem, next: other.pem"; run "$z" --now 2026-12-01T00:00:00Z build
says E116 5 'not before 2026-12-01 03:00 UTC' --now 2026-12-01T01:00:00Z tlsa --gate other.pem
says E117 3 'is not published. Keep the old certificate' --now 2026-12-01T01:00:00Z tlsa --gate leaf.pem
zone "_25._tcp.mail TLSA 3 1 2 $(hash other)$(hash other)\n"; config "$mail: mail.pem"
says E118 4 'G19' --now 2026-12-02T00:00:00Z build; zone

entry W201 0 '3 0 1 changes at every renewal' "$mail: mail.pem, records: 3 0 1"
entry W202 0 'stops mail from senders' "$mail: mail.pem"
entry W202 0 'is refused by clients that use DANE' 'host: mail.example.com, port: 443, certificate: mail.pem'
zone "_25._tcp.mail TLSA 3 1 2 $(hash other)$(hash other)\n"; entry W203 0 'SHA-512 exists for 1 of the keys only' "$mail: mail.pem"; zone
entry W204 0 'this prepares no rollover' "$mail: mail.pem, next: mail.key"
printf '      - {host: mail.example.com, port: 25, certificate: stranger.pem, records: 2 1 1}\n' >> zonesign.yaml
says W205 0 'did not issue the certificate' check
entry W205 0 'of one certificate' "$mail: root.pem, records: [3 1 1, 2 1 1]"
entry W206 0 'is a self-signed root' "$mail: leaf-chain.pem, records: 2 1 1"
entry W207 0 "Let's Encrypt picks among several intermediates; this covers only CN=R99" "$mail: leleaf-chain.pem, records: 2 1 1"
entry W208 0 'does not name alt.example.com' 'host: alt.example.com, port: 25, certificate: leaf-chain.pem, records: 2 1 1'
config "$mail: leaf-chain.pem, records: 2 1 1"; soon=$(($(date +%s) + 295 * 86400)); late=$(($(date +%s) + 400 * 86400))
says W209 0 'this usage checks dates' --now $soon check
says W209 0 'clients of this usage refuse it' --now $late check
config "$mail: leaf.pem"; says W210 0 'the certificate expired on' --now $late check
zone '@ MX 2 mx2\nmx2 A 192.0.2.26\n'; entry W211 0 'MX mx2.example.com. has no TLSA' "$mail: mail.pem"
zone '@ A 192.0.2.27\n'; entry W212 0 'that is no MX host' 'host: example.com, port: 25, certificate: mail.pem'
zone '@ MX 2 alias\n'; entry W213 0 'MX alias.example.com. is an alias of mail.example.com.' "$mail: mail.pem"
zone '@ MX 2 mx.provider.test.\n'; entry W214 0 "MX 'mx.provider.test.' is outside this zone" 'host: mx, port: 25, certificate: mail.pem'; zone
entry W215 0 'TTL 1d: a change of keys waits 2d' "$mail: mail.pem, ttl: 1d"
entry W215 0 'TTL 1m: every sender asks anew' "$mail: mail.pem, ttl: 60"
openssl req -x509 -newkey rsa:8192 -nodes -keyout big.key -out big.pem -days 900 -subj /CN=mail.example.com 2>/dev/null &
big=$!
entry W217 0 "has no address in this zone" 'host: nowhere.example.com, port: 25, certificate: mail.pem'
config "$mail: mail.pem" '    denial: {nsec3: {opt-out: yes}}\n'; says W218 0 'NSEC3 opt-out' check
openssl req -x509 -newkey rsa:1024 -nodes -keyout weak.key -out weak.pem -days 900 -subj /CN=mail.example.com 2>/dev/null
entry W219 0 'is weak (RSA 1024)' "$mail: weak.pem"
cat mail.pem mail.key > both.pem; chmod 644 both.pem; entry W220 0 'can be read by others' "$mail: both.pem"
chmod 640 both.pem; config "$mail: both.pem"; run "$z" check; hasnt 'W220: not for a group' err 'can be read by others'
wait $big; entry W216 0 'answers will need TCP' "$mail: big.pem, records: 3 0 0"

# no number is missing: E101 to E118 and W201 to W220 (L301 to L312 are those of check --live)
missing=
for id in $(seq -f 'E%g' 101 118) $(seq -f 'W%g' 201 220); do
	case " $seen " in *" $id "*) ;; *) missing="$missing $id" ;; esac
done
is 'every message has its test' '' "$missing"
finish
