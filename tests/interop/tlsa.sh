#!/bin/sh
# Every combination of usage, selector and matching type, right and wrong, by OpenSSL's own client against its own server on loopback,
# beside what zonesign predicts (predict.c).
. "$(dirname "$0")/../lib.sh"
need openssl python3
predict=$top/build/${FLAVOUR:-release}/interop/predict
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout root.key -out root.crt -subj '/CN=Root' -days 300 2>/dev/null
issue() { # NAME EXTENSION ISSUER
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.csr -subj "/CN=$1" 2>/dev/null
	echo "$2" > ext
	openssl x509 -req -in $1.csr -CA $3.crt -CAkey $3.key -CAcreateserial -days 200 -extfile ext -out $1.crt 2>/dev/null
}
issue ca basicConstraints=critical,CA:TRUE root
issue leaf subjectAltName=DNS:mail.example.com ca
issue stale subjectAltName=DNS:mail.example.com ca
issue named subjectAltName=DNS:other.example.net ca
cat leaf.crt ca.crt > chain.pem
cat named.crt ca.crt > named.pem
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

python3 "$top/tests/interop/tlsa.py" $port "$predict" > said 2>&1
is 'OpenSSL and zonesign agree' '375 same, 0 differ' "$(tail -n 1 said)"
[ "$failed" = 0 ] || head -n 20 said
finish
