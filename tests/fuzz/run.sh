#!/bin/sh
# Each fuzz target for FUZZ_SECONDS (10) on a copy of its corpus: testdata/fuzz/TARGET and what other tests have of its kind.
. "$(dirname "$0")/../lib.sh"
need clang
for source in "$top"/tests/fuzz/fuzz_*.c; do
	name=$(basename "$source" .c)
	mkdir -p "corpus/$name"
	[ ! -d "$top/testdata/fuzz/$name" ] || cp "$top/testdata/fuzz/$name"/* "corpus/$name"
	case $name in
	fuzz_zone) cp "$top"/testdata/zones/* "$top"/testdata/demo/*.zone "corpus/$name" ;;
	fuzz_config | fuzz_yaml) cp "$top"/testdata/configs/*.yaml "$top"/zonesign.yaml.example "corpus/$name" ;;
	fuzz_key) for case in "$top"/testdata/golden/*/keys; do
			for key in "$case"/*.key; do { cat "$key"; echo ---; cat "${key%.key}.private"; } > "corpus/$name/$(basename "$key")"; done
		done ;;
	fuzz_cert) (cp "$top/testdata/demo/make-certs.sh" . && sh make-certs.sh certs && cp certs/* "corpus/$name") ;;
	fuzz_made) # a host key and an OpenPGP key in both forms, each behind the octet that says what it is
		{ printf S; echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA x'; echo 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAwEAAQ=='; } > "corpus/$name/ssh"
		printf 'P\306\010\004abcdefg\315\022<hugh@example.com>\302\004\004\023\026\010' > "corpus/$name/binary"
		printf 'P-----BEGIN PGP PUBLIC KEY BLOCK-----\nComment: a\n\nxggEYWJj\nZGVmZw==\n=AAAA\n-----END PGP PUBLIC KEY BLOCK-----\n' > "corpus/$name/armour" ;;
	fuzz_state) # the states of a zone in the middle of its rolls
		printf '$TTL 300\n@ SOA ns.o.test. h 1 7200 3600 1209600 300\n@ NS ns.o.test.\n@ NS n2.o.test.\n' > a.zone
		[ -d certs ] || (cp "$top/testdata/demo/make-certs.sh" . && sh make-certs.sh certs)
		printf 'zones:\n  a.example: {file: a.zone, output: out, dane: [{host: a.example, port: 443, certificate: c.pem}]}\n' > zonesign.yaml
		for day in 01 02 03 04; do
			case $day in *[13]) cp certs/mail.pem c.pem ;; *) cp certs/www.pem c.pem ;; esac
			"$ZONESIGN" -q --now 2026-12-${day}T00:00:00Z build >/dev/null 2>&1
			"$ZONESIGN" -q --now 2026-12-${day}T00:00:00Z roll a.example zsk >/dev/null 2>&1
			cp state/a.example/state.yaml "corpus/$name/$day"
		done ;;
	fuzz_rdata) head -n 150 "$top/testdata/rdata/vectors.txt" | split -l 1 - "corpus/$name/v" ;;
	esac
	make -s -j 2 -C "$top" "build/fuzz/$name" >build.log 2>&1 || { fail "$name builds" "$(tail -n 10 build.log)"; continue; }
	if "$top/build/fuzz/$name" -max_total_time="${FUZZ_SECONDS:-10}" -timeout=20 -rss_limit_mb=4096 -max_len=16384 -artifact_prefix="$work/" "corpus/$name" >fuzz.log 2>&1; then
		pass
	else
		fail "$name" "$(grep -E 'ERROR|SUMMARY|Assertion|#[0-9]+ .* in ' fuzz.log | head -n 12)" "$(for f in "$work"/crash-* "$work"/timeout-*; do [ -e "$f" ] && base64 -w0 "$f" | head -c 3000; done)"
	fi
done
finish
