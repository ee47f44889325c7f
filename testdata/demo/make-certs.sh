#!/bin/sh
# Makes the demo's certificates in DIR: a self-signed EC one for mail, an RSA one with an intermediate for www. Their
# keys are test keys, made anew each time, and trusted by nobody.
set -eu
dir=$1
mkdir -p "$dir"
cd "$dir"
days=3650
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout mail.key -out mail.pem -days $days \
	-subj /CN=mail.example.com -addext subjectAltName=DNS:mail.example.com 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout root.key -out root.pem -days $days -subj '/CN=Demo Root' 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout ca.key -out ca.csr -subj '/CN=Demo Intermediate' 2>/dev/null
printf 'basicConstraints=critical,CA:TRUE\n' > ca.ext
openssl x509 -req -in ca.csr -CA root.pem -CAkey root.key -set_serial 2 -days $days -extfile ca.ext -out ca.pem 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout www.key -out www.csr -subj /CN=www.example.com 2>/dev/null
printf 'subjectAltName=DNS:www.example.com\n' > www.ext
openssl x509 -req -in www.csr -CA ca.pem -CAkey ca.key -set_serial 3 -days $days -extfile www.ext -out www.pem 2>/dev/null
cat www.pem ca.pem > www-chain.pem
rm -f ca.csr ca.ext www.csr www.ext
