#!/bin/sh
# The example zones of RFC 4035 and RFC 5155: signed, their NSEC chain and NSEC3 hashes are those that the RFCs print. (The RFCs'
# own signatures are of algorithms 5 and 7, which zonesign verifies and never makes.)
. "$(dirname "$0")/../lib.sh"

build() { # ZONEFILE DENIAL
	rm -rf state signed.zone
	printf 'policies:\n  default: {denial: %s, observe: off}\nzones:\n  example: {file: plain.zone, output: signed.zone}\n' "$2" > zonesign.yaml
	cp "$top/testdata/rfc/$1" plain.zone
	run "$ZONESIGN" -q build
}
build rfc4035-appendix-A.zone nsec
is 'RFC 4035: signed' 0 "$status"
grep ' IN NSEC ' signed.zone | cut -d' ' -f1,5- > chain
cat > wanted <<'EOF'
example. a.example. NS SOA MX RRSIG NSEC DNSKEY
a.example. ai.example. NS DS RRSIG NSEC
ai.example. b.example. A HINFO AAAA RRSIG NSEC
b.example. ns1.example. NS RRSIG NSEC
ns1.example. ns2.example. A RRSIG NSEC
ns2.example. *.w.example. A RRSIG NSEC
*.w.example. x.w.example. MX RRSIG NSEC
x.w.example. x.y.w.example. MX RRSIG NSEC
x.y.w.example. xx.example. MX RRSIG NSEC
xx.example. example. A HINFO AAAA RRSIG NSEC
EOF
ok 'RFC 4035: the chain of appendix A' diff wanted chain

build rfc5155-appendix-A.zone '{nsec3: {opt-out: yes, iterations: 12, salt: aabbccdd}}'
is 'RFC 5155: signed' 0 "$status"
grep ' IN NSEC3 ' signed.zone | sed 's/\.example\. / /' | awk '{print tolower($1), $5, $6, $7, tolower($8), tolower($9)}' > chain
set -- 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom 2t7b4g4vsa5smi47k61mv5bv1a22bojr 2vptu5timamqttgl4luu9kg21e0aor3s 35mthgpgcu1qg68fab165klnsnk3dpvl \
	b4um86eghhds6nea196smvmlo4ors995 gjeqe526plbf1g8mklp59enfd789njgi ji6neoaepv8b5o6k4ev33abha8ht9fgc k8udemvp1j2f7eg6jebps17vp3n8i58h \
	q04jkcevqvmu85r014c7dkba38o0ji5r r53bq7cc2uvmubfu5ocmm6pers9tk9en t644ebqk9bibcna874givr6joj62mlhv 0p9mhaveqvm6t7vbl5lop2u3t2rp3tom
: > wanted
while [ $# -gt 1 ]; do
	echo "$1 1 1 12 aabbccdd $2" >> wanted
	shift
done
ok 'RFC 5155: the hashes and the chain of appendix A' diff wanted chain

finish
