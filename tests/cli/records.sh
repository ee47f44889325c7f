#!/bin/sh
# SSHFP, SMIMEA and OPENPGPKEY from files, against ssh-keygen -r, openssl, and hash-slinger's openpgpkey; and files that break.
. "$(dirname "$0")/../lib.sh"
need openssl ssh-keygen gpg openpgpkey
z=$ZONESIGN
printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\nmail A 192.0.2.25\nsub NS ns.other.test.\nalias CNAME mail\n' > a.zone
config() { printf 'policies:\n  default: {observe: off}\nzones:\n  example.com:\n    file: a.zone\n    output: signed.zone\n%b' "$1" > zonesign.yaml; }
build() { rm -rf state signed.zone; run "$z" build; }
of_type() { awk -v type="$1" '$4 == type { $2 = ""; print tolower($0) }' signed.zone | tr -s ' ' | sort; }

# ---- SSHFP ----
for t in ed25519 rsa; do ssh-keygen -q -t $t -N '' -C "root@mail" -f host_$t; done
for b in 256 384 521; do ssh-keygen -q -t ecdsa -b $b -N '' -f host_ecdsa$b; done
ls host_*.pub | wc -l > count
config "    sshfp:\n      - host: mail.example.com\n        keys: [$(echo host_*.pub | tr ' ' ,)]\n        ttl: 600\n"
build; is 'sshfp: status' 0 $status
for f in host_*.pub; do ssh-keygen -r mail.example.com. -f $f | awk '$5 == 2'; done | awk '{print tolower($1 " in sshfp " $4 " " $5 " " $6)}' | sort > wanted
is 'sshfp: as ssh-keygen -r has it' "$(cat wanted)" "$(of_type SSHFP)"
is 'sshfp: five of them' 5 "$(of_type SSHFP | wc -l)"
has 'sshfp: ttl' signed.zone 'mail.example.com. 600 IN SSHFP'
run "$z" build; is 'sshfp: unchanged' '' "$(cat out err)"
before=$(of_type SSHFP); ssh-keygen -q -t ed25519 -N '' -f other; cp other.pub host_ed25519.pub
run "$z" build; is 'sshfp: a new key is noticed' 0 $status; is 'sshfp: and replaces the old' 5 "$(of_type SSHFP | wc -l)"; [ "$before" != "$(of_type SSHFP)" ] && pass || fail 'sshfp: the new one is there'
before=$(of_type SSHFP)
sshfp() { # NAME FILE STATUS WORDS: what a build says of keys: FILE
	config "    sshfp:\n      - {host: mail.example.com, keys: $2}\n"; run "$z" build
	is "sshfp: $1: status" "$3" $status; has "sshfp: $1: words" err "$4"
}
sshfp 'a private key' other 3 'holds a private key'; is 'sshfp: what was published stays' "$before" "$(of_type SSHFP)"
run "$z" build; is 'sshfp: said again' 3 $status
sshfp 'a missing file' none.pub 3 'cannot open'
sed 's/AAAAC3NzaC1lZDI1NTE5AAAAI/AAAAC3NzaC1lZDI1NTE5AAAAJ/' other.pub > long.pub; sshfp 'a length that lies' long.pub 3 'no whole public key'
cut -c1-60 other.pub > cut.pub; sshfp 'half a key' cut.pub 3 'no whole public key'
sed 's/ssh-ed25519/ssh-rsa/' other.pub > lie.pub; sshfp 'a type that lies' lie.pub 3 'no whole public key'
printf '# nothing\n\n' > empty.pub; sshfp 'no key' empty.pub 3 'holds no host key'
cp other.pub with.pub; echo 'ssh-xmss@openssh.com AAAA x' >> with.pub; sshfp 'a type without a number' with.pub 0 "no host key type that SSHFP has a number for"
ssh-keygen -q -t rsa -b 1024 -N '' -f weak 2>/dev/null && { sshfp 'a weak key' weak.pub 0 'weak (RSA 1024)'; }
dsa=AAAAB3NzaC1kc3MAAAABAQAAAAEBAAAAAQEAAAABAQ==; cp other.pub dsa.pub; echo "ssh-dss $dsa" >> dsa.pub; sshfp 'DSA is left out' dsa.pub 0 'DSA key is weak'; is 'DSA: one is made' 1 "$(of_type SSHFP | wc -l)"
config '    sshfp:\n      - {host: x.sub.example.com, keys: other.pub}\n'; build; is 'sshfp below a delegation' 3 $status; has 'sshfp below a delegation' err 'delegation'
config '    sshfp:\n      - {host: alias.example.com, keys: other.pub}\n'; build; is 'sshfp at an alias' 3 $status; has 'sshfp at an alias' err 'has a CNAME'
config '    sshfp:\n      - {host: nowhere.example.com, keys: other.pub}\n'; build; is 'sshfp without address' 0 $status; has 'sshfp without address' err 'has no address'

# ---- SMIMEA ----
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout hugh.key -out hugh.pem -days 900 -subj /CN=Hugh -addext subjectAltName=email:hugh@example.com 2>/dev/null
hash() { printf %s "$1" | openssl dgst -sha256 | sed 's/.* //' | cut -c1-56; }
der=$(openssl x509 -in hugh.pem -outform DER | od -An -v -tx1 | tr -d ' \n')
spki=$(openssl x509 -in hugh.pem -noout -pubkey | openssl pkey -pubin -outform DER | openssl dgst -sha256 -binary | od -An -v -tx1 | tr -d ' \n')
config '    smimea:\n      - {address: hugh@example.com, certificate: hugh.pem}\n'
build; is 'smimea: status' 0 $status; is 'smimea: whole certificate' "$(hash hugh)._smimecert.example.com. in smimea 3 0 0 $der" "$(of_type SMIMEA)"; hasnt 'smimea: the certificate names the address' err 'does not name'
config '    smimea:\n      - {address: [hugh@example.com, Hugh@example.com], certificate: hugh.pem, records: [3 1 1]}\n'
build; is 'smimea: no letter is folded' "$( (for l in hugh Hugh; do echo "$(hash $l)._smimecert.example.com. in smimea 3 1 1 $spki"; done) | sort)" "$(of_type SMIMEA)"; has 'smimea: capital letters are said' err 'has capital letters'
config '    smimea:\n      - {address: other@example.com, certificate: hugh.pem}\n'; build; has 'smimea: another address' err 'does not name the address'
owner() { of_type SMIMEA | cut -d. -f1; }
config '    smimea:\n      - {address: "\\"john \\\\\\"x\\\\\\" smith\\"@example.com", certificate: hugh.pem}\n'; build; is 'quotes are not hashed' "$(hash 'john "x" smith')" "$(owner)"
config "    smimea:\n      - {address: '\"hugh\"@example.com', certificate: hugh.pem}\n"; build; is 'nor where nobody needed them' "$(hash hugh)" "$(owner)"
config "    smimea:\n      - {address: '\"a@b\"@example.com', certificate: hugh.pem}\n"; build; is 'an @ in quotes' "$(hash a@b)" "$(owner)"
for wrong in 'a@b@example.com' 'john smith@example.com' '"hugh@example.com' 'hugh"@example.com' '""@example.com' '"@example.com' '"a\\"@example.com' '"a"b"@example.com' 'a\\b@example.com'; do
	config "    smimea:\n      - {address: '$wrong', certificate: hugh.pem}\n"; build; is "the address $wrong" 3 $status; has "$wrong: words" err 'wants quotes around it'
done
config '    smimea:\n      - {address: hugh@example.com, certificate: hugh.pem}\n'; build
before=$(of_type SMIMEA); cp hugh.pem kept.pem; echo broken > hugh.pem; run "$z" build; is 'smimea: a broken file' 3 $status; is 'smimea: what was published stays' "$before" "$(of_type SMIMEA)"; cp kept.pem hugh.pem

# ---- OPENPGPKEY ----
GNUPGHOME=$work/gpg; export GNUPGHOME; mkdir -m 700 gpg
end_agent() { gpgconf --homedir "$work/gpg" --kill all >/dev/null 2>&1; }
trap 'end_agent; cleanup' EXIT
gpg --batch --passphrase '' --quick-gen-key 'Hugh <hugh@example.com>' ed25519 sign never >gpg.log 2>&1
id=$(gpg --list-keys --with-colons hugh@example.com 2>>gpg.log | awk -F: '$1 == "fpr" {print $10; exit}')
gpg --batch --passphrase '' --quick-add-key "$id" cv25519 encr never >>gpg.log 2>&1
minimal() { gpg --export --export-options export-minimal "$@" 2>>gpg.log; }
minimal "$id" > hugh.gpg; minimal --armor "$id" > hugh.asc
# hash-slinger prints the armour's lines but the last, and lower-cases the address
slinger() { openpgpkey --create --keyid "$id" "$1" 2>>gpg.log | grep -v '^;' | awk '{print $1 " IN OPENPGPKEY " $4}'; }
ours() { awk '$4 == "OPENPGPKEY" {k = ""; for (i = 5; i <= NF; i++) k = k $i; print $1 " IN OPENPGPKEY " k}' signed.zone; }
base64=$(openssl base64 -A -in hugh.gpg)
for form in hugh.gpg hugh.asc; do
	config "    openpgpkey:\n      - {address: hugh@example.com, key: $form}\n"
	build; is "openpgpkey: $form: status" 0 $status
	is "openpgpkey: $form" "$(hash hugh)._openpgpkey.example.com. IN OPENPGPKEY $base64" "$(ours)"
	is "openpgpkey: $form: no warnings" '' "$(grep warning err)"
done
is 'openpgpkey: the owner as hash-slinger has it' "$(slinger hugh@example.com | cut -d' ' -f1)" "$(ours | cut -d' ' -f1)"
is 'openpgpkey: the key as hash-slinger has it' "$(slinger hugh@example.com | cut -d' ' -f4)" "$(ours | cut -d' ' -f4)"
# two keys that no answer can hold together
large() { python3 -c '
import sys
key = bytes([4]) + bytes(3) + bytes([int(sys.argv[1])]) + bytes([22]) + bytes(40)
sys.stdout.buffer.write(bytes([0xc6, len(key)]) + key + bytes([0xcd, 0xff]) + (39000).to_bytes(4, "big") + b"u" * 39000)' "$1"; }
large 1 > one.pgp; large 2 > two.pgp
config "    openpgpkey:\n      - {address: hugh@example.com, key: one.pgp}\n"; build; is 'openpgpkey: a large key' 0 $status
config "    openpgpkey:\n      - {address: hugh@example.com, key: [one.pgp, two.pgp]}\n"; build
is 'openpgpkey: two of them' 3 $status; has 'openpgpkey: no answer has room' err 'octets, and a DNS message has 65535'
config '    openpgpkey:\n      - {address: Hugh@example.com, key: hugh.asc}\n'; build
is 'openpgpkey: capital letters: hash-slinger folds them' "$(hash hugh)._openpgpkey.example.com." "$(slinger Hugh@example.com | cut -d' ' -f1)"
is 'openpgpkey: capital letters: RFC 7929 does not' "$(hash Hugh)._openpgpkey.example.com." "$(ours | cut -d' ' -f1)"; has 'openpgpkey: it is said' err 'has capital letters'
run "$z" build; is 'openpgpkey: unchanged' '' "$(cat out err)"
before=$(ours)
pgp() { # NAME FILE STATUS WORDS
	config "    openpgpkey:\n      - {address: Hugh@example.com, key: $2}\n"; run "$z" build
	is "openpgpkey: $1: status" "$3" $status; has "openpgpkey: $1: words" err "$4"
	[ "$3" = 0 ] || is "openpgpkey: $1: what was published stays" "$before" "$(ours)"
}
gpg --batch --passphrase '' --pinentry-mode loopback --export-secret-keys "$id" > secret.gpg 2>>gpg.log; pgp 'a private key' secret.gpg 3 'holds a private key'
gpg --batch --passphrase '' --pinentry-mode loopback --armor --export-secret-keys "$id" > secret.asc 2>>gpg.log; pgp 'a private key in armour' secret.asc 3 'holds a private key'
sed '/^=/s/=..../=AAAA/' hugh.asc > sum.asc; pgp 'a wrong checksum' sum.asc 3 'CRC-24'
sed '/^=/d' hugh.asc > nosum.asc; pgp 'no checksum (RFC 9580 section 6.1)' nosum.asc 0 'has capital letters'
sed '/^-----END/d' hugh.asc > noend.asc; before=$(ours); pgp 'no end' noend.asc 3 'ends within its armour'
head -c 100 hugh.gpg > cut.gpg; pgp 'half a key' cut.gpg 3 'no sound length'
cat hugh.gpg hugh.gpg > twice.gpg; pgp 'two keys' twice.gpg 3 'holds several keys'
echo hello > text.asc; pgp 'no key' text.asc 3 'holds no OpenPGP public key'
gpg --batch --passphrase '' --quick-add-uid "$id" 'Hugh <Hugh@example.com>' >>gpg.log 2>&1; minimal "$id" > two.gpg; pgp 'two user ids' two.gpg 0 'has 2 user ids'
gpg --batch --passphrase '' --quick-gen-key 'Big <big@example.com>' rsa4096 sign never >>gpg.log 2>&1
gpg --batch --passphrase '' --quick-add-key "$(gpg --list-keys --with-colons big@example.com 2>>gpg.log | awk -F: '$1 == "fpr" {print $10; exit}')" rsa4096 encr never >>gpg.log 2>&1; minimal big@example.com > big.gpg
pgp 'another address' big.gpg 0 'no user id in'; has 'openpgpkey: a large one' err 'answers will need TCP'
ok 'and the zone is valid' "$z" verify --origin example.com signed.zone
finish
