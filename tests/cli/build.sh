#!/bin/sh
# What a user types, and what goes wrong at 3 a.m.: status, stdout, stderr, and that a failed run leaves nothing behind.
. "$(dirname "$0")/../lib.sh"
need python3 dnssec-keygen ldns-keygen dnssec-settime openssl ssh-keygen setpriv
z=$ZONESIGN

fresh() { # a directory with one zone
	cd "$work" && rm -rf t && mkdir -m 700 t && cd t || exit 1
	printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\nwww A 192.0.2.1\nmail A 192.0.2.25\n@ MX 1 mail\n' > a.zone
	config ''
}
config() { # EXTRA lines of the zone's section
	{ printf 'policies:\n  default: {%s}\nzones:\n  a.example:\n    file: a.zone\n    output: signed/a.zone\n' "${policy:-observe: off}"; printf '%s' "$1"; } > zonesign.yaml
}
sum() { find . -type f ! -name out ! -name err -exec sha256sum {} + | LC_ALL=C sort -k 2; }
t0=2026-12-01T00:00:00Z t1=2026-12-01T12:00:00Z t9=2026-12-20T00:00:00Z

# -- help and typos
run "$z"; is 'no command' 2 $status; has 'no command shows usage' err 'usage: zonesign'
run "$z" --help; is '--help' 0 $status; has '--help lists commands' out 'verify'
run "$z" biuld; is 'a typo' 2 $status; has 'a typo has advice' err "did you mean 'build'"
run "$z" --now tomorrow build; is 'a bad --now' 2 $status
run "$z" build --accept everything; is 'an unknown guard' 2 $status
for option in --json --now=1 --color -c -q --verbose; do
	run "$z" status $option; is "$option behind the command" 2 $status; has "$option behind the command: where it stands" err "hint: ${option%=1} is a global option and stands before the command: zonesign ${option%=1}"
done
run "$z" status --jsn; hasnt 'another option' err 'global option'
for command in build check ds fmt init keys roll status tlsa verify; do
	run "$z" $command --help; is "$command --help" 0 $status; has "$command --help" out "zonesign $command"
	run "$z" $command --nonsense; is "$command --nonsense" 2 $status; is "$command --nonsense is an error as others" "zonesign: error: $command: unrecognized option '--nonsense'" "$(cat err)"
done
fresh
run "$z" -c missing.yaml build; is 'a missing config' 3 $status
run "$z" build b.example; is 'a zone that is not in the config' 2 $status
run "$z" build a.zone; has 'a file in place of a zone' err 'hint: that is a file'
run "$z" keys list; has 'a word in place of a zone' err "hint: its zone is 'a.example'"
sed -i 's/output/ouptut/' zonesign.yaml
run "$z" build; is 'a typo in the YAML' 3 $status; has 'it is named' err "did you mean 'output'"; ok 'nothing was made' test ! -e state

# -- build, and build again
fresh
run "$z" build; is 'first build' 0 $status; has 'it says so' out 'published: serial'; is 'quiet on stderr' '' "$(cat err)"
ok 'it verifies' "$z" -q verify --origin a.example signed/a.zone
is 'output mode' 644 "$(stat -c %a signed/a.zone)"
is 'state mode' 700 "$(stat -c %a state/a.example)"
is 'private key mode' '600 600' "$(stat -c %a state/a.example/keys/*.private | xargs)"
before=$(sum); run "$z" build; is 'second build' 0 $status; is 'it is silent in cron' '' "$(cat out err)"
is 'nothing was written' "$before" "$(sum)"
good=$(sha256sum < signed/a.zone)
run "$z" -v build; has '-v says so' out 'nothing to do'
touch a.zone; run "$z" build; is 'a touched zone file' 0 $status; is 'same content, same output' "$good" "$(sha256sum < signed/a.zone)"
printf 'new A 192.0.2.9\n' >> a.zone; first=$(awk '$4=="SOA"{print $7; exit}' signed/a.zone)
run "$z" build; is 'a changed zone file' 0 $status; second=$(awk '$4=="SOA"{print $7; exit}' signed/a.zone)
ok 'the serial rises' test "$second" -gt "$first"
ok 'BIND reads our keys' sh -c 'for f in state/a.example/keys/*.key; do dnssec-settime -p all "$f" || exit 1; done'
run "$z" --json build; ok '--json of build' python3 -m json.tool out
run "$z" --json check; ok '--json of check' python3 -m json.tool out
run "$z" --json ds; ok '--json of ds' python3 -m json.tool out
run "$z" --json verify --origin a.example signed/a.zone; ok '--json of verify' python3 -m json.tool out
for format in form ds dnskey cds cdnskey json csv epp; do run "$z" ds --format $format; is "ds --format $format" 0 $status; done
run "$z" ds --for gnadi; is 'a registrar misspelt' 2 $status; has 'with advice' err "'gandi'"

# -- keys that are not as they were
spoil() { # NAME WORDS COMMAND
	fresh; "$z" -q build >out 2>err; good=$(sha256sum < signed/a.zone); printf 'x A 192.0.2.3\n' >> a.zone
	sh -c "$3"; before=$(sum); run "$z" check; is "$1: check" 3 $status; has "$1: check: words" err "$2"; is "$1: check changes nothing" "$before" "$(sum)"
	run "$z" build; is "$1" 3 $status; has "$1: words" err "$2"
	is "$1: the output stays" "$good" "$(sha256sum < signed/a.zone)"; is "$1: nothing is left beside it" '' "$(find signed -name '.*zonesign')"
}
spoil 'a private key missing' 'is missing (G10)' 'rm $(ls state/a.example/keys/*.private | head -1)'
spoil 'both halves missing' 'is missing (G10)' 'rm $(ls state/a.example/keys/*.key | head -1) $(ls state/a.example/keys/*.private | head -1)'
spoil 'a private key open to others' 'is open to others' 'chmod 644 state/a.example/keys/*.private'
spoil 'private keys swapped' 'does not fit' 'cd state/a.example/keys; set -- *.private; mv $1 t; mv $2 $1; mv t $2'
spoil 'a key file that is a link' 'is a symbolic link' 'cd state/a.example/keys; set -- *.private; mv $1 ../t; ln -s ../t $1'
spoil 'the halves of a key in each other'"'"'s place' 'this is a private key, where the public half is expected' 'cd state/a.example/keys; set -- *.private; mv $1 t; mv ${1%.private}.key $1; mv t ${1%.private}.key; chmod 600 $1'
hasnt 'nothing of the private key is shown' err "$(awk '$1 == "PrivateKey:" { print substr($2, 1, 12); exit }' state/a.example/keys/*.key)"
spoil 'a wrong line in a public key file' '.key:5' 'cd state/a.example/keys; set -- *.key; sed -i "s/ 13 .*/ 13 !!/" $1; grep -n DNSKEY $1'
hasnt 'no line of a key file is shown' err '|'
spoil 'a damaged key file' 'error' 'cd state/a.example/keys; set -- *.private; echo "PrivateKey: AAAA" > t; chmod 600 t; mv t $1'
spoil 'no keys directory' 'is missing' 'rm -r state/a.example/keys'
spoil 'a keys directory that others write in' "keys' can be written by others (mode 0770)" 'chmod 770 state/a.example/keys'; has 'what to do' err "chmod 700 'state/a.example/keys'"
spoil 'a state that others write' "state.yaml' can be written by others (mode 0646)" 'chmod 646 state/a.example/state.yaml'; has 'what to do about it' err "chmod 600 'state/a.example/state.yaml'"
fresh; "$z" -q build; run "$z" check; is 'check of keys that are right' 0 $status; hasnt 'says nothing of them' err 'key'
rm state/a.example/keys/*.private; run "$z" check; is 'both keys are damaged: both are told' 2 "$(grep -c 'private.* is missing (G10)' err)"; has 'check counts them' out '2 errors'
fresh; run "$z" check; is 'check before the first build' 0 $status; ok 'makes no state' test ! -e state
mkdir -p -m 700 state state/a.example state/a.example/keys; dnssec-keygen -q -a 13 -K state/a.example/keys a.example >/dev/null 2>&1; chmod 644 state/a.example/keys/*.private
run "$z" check; is 'check of a key that the first build would take over' 3 $status; has 'it is open to others' err 'is open to others'
fresh; policy='observe: off, zsk: {lifetime: 5h}' config ''; run "$z" check; has 'check tells of lifetimes that are too short' err 'the lifetime of the zsk, 5h, is shorter than its roll takes'
# somebody who may not see the state: another user where this one is root
fresh; "$z" -q build; chmod 755 "$work" .; chmod 711 state
if [ "$(id -u)" = 0 ]; then cp "$z" z; other='setpriv --reuid=65534 --regid=65534 --clear-groups ./z'; else chmod 000 state/a.example; other=$z; fi
run $other check; is 'check by who may not see the keys' 0 $status; has 'says that they are not looked at' err "warning: the keys of 'a.example.' are not looked at"
chmod 700 state/a.example

# a certificate that cannot be read any more, as after a renewal with another umask, never lets the zone die
day=86400 t=1796083200
fresh; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout c.key -out c.pem -subj /CN=mail.a.example -days 900 2>/dev/null
ssh-keygen -q -t ed25519 -N '' -f k
config '    dane: [{host: mail.a.example, port: 25, certificate: c.pem, next: n.key}]
    sshfp: [{host: www.a.example, keys: k.pub}]
'
openssl ecparam -name prime256v1 -genkey -noout -out n.key; chmod 644 n.key c.pem
if [ "$(id -u)" = 0 ]; then cp "$z" z; chown -R 65534 .; other='setpriv --reuid=65534 --regid=65534 --clear-groups ./z'; else other=$z; fi
run $other --now $t -q build; is 'a build with a certificate, a key to come and a host key' 0 $status
for file in c.pem n.key k.pub; do
	rm -rf state signed; chmod 644 $file; $other --now $t -q build 2>/dev/null; signed=$(sha256sum < signed/a.zone)
	if [ "$(id -u)" = 0 ]; then chown root $file; chmod 600 $file; else chmod 000 $file; fi
	for d in 3 7 11 15; do run $other --now $((t + d * day)) build; is "$file is closed, day $d" 3 $status; has 'it is said' err "cannot open '$file': Permission denied"; done
	ok "$file: the zone was signed again" [ "$signed" != "$(sha256sum < signed/a.zone)" ]; has 'with what was last published of it' signed/a.zone 'IN TLSA 3 1 1'
	ok 'and is valid' "$z" --now $((t + 15 * day)) -q verify --origin a.example signed/a.zone
	[ "$(id -u)" != 0 ] || chown 65534 $file
done
if [ "$(id -u)" = 0 ]; then # a state that root has made, as by a build typed by hand
	chown -R root state; chmod 700 state; run $other --now $((t + 15 * day)) status; is 'a state of another user: status' 1 $status; has 'who can read it' err 'closed to user 65534: run zonesign as the user'
	run $other --now $((t + 15 * day)) build; is 'build' 1 $status; has 'the same' err 'closed to user 65534'; chown -R 65534 state
fi
chmod 644 c.pem n.key k.pub; rm c.pem; mkdir c.pem; run $other --now $((t + 16 * day)) build; is 'a directory in its place' 3 $status; has 'it is said' err 'is not a regular file'
rmdir c.pem; ln -s /dev/zero c.pem; run timeout 20 $other --now $((t + 17 * day)) build; is 'a device in its place' 3 $status; has 'it is said' err 'is not a regular file'
chmod 700 "$work"

# -- guards about the output and the clock
fresh; "$z" -q build >out; echo '; edited' >> signed/a.zone
run "$z" build; is 'an output that somebody edited' 4 $status; has 'G18' err 'G18'
mv signed/a.zone kept; ln -s /dev/zero signed/a.zone; run timeout 10 "$z" build; is 'an output without end' 1 $status; has 'it is said' err "'signed/a.zone' is not a regular file"; rm signed/a.zone; mv kept signed/a.zone
run "$z" build --accept adopt; is '--accept adopt' 0 $status; hasnt 'it is replaced' signed/a.zone '; edited'; has 'it is recorded' state/a.example/state.yaml 'guard: "adopt"'
rm -rf state; run "$z" build; is 'a signed output without its state' 4 $status; has 'G18' err 'G18'; ok 'no key was made' test -z "$(find state -name '*.private' 2>/dev/null)"
fresh; "$z" -q --now $t0 build >out
run "$z" build; is 'the real clock on a --now state' 4 $status; has 'G17' err 'G17'
run "$z" --now 2026-11-30 build; is 'a clock that went back' 4 $status
run "$z" --now 2028-11-30 build; is 'a clock that leapt' 4 $status
run "$z" --now 2026-11-30 build --accept clock; is '--accept clock' 0 $status

clock() { sed -i "s/^last_build: .*/last_build: $(date -u -d "$1" +%Y-%m-%dT%H:%M:%SZ)/" state/a.example/state.yaml; } # the last build was at ...
fresh; "$z" -q build >out; clock '8 seconds'; echo 'x A 192.0.2.3' >> a.zone
run "$z" build; is 'a clock put right by some seconds' 0 $status; has 'published' signed/a.zone 'x.a.example.'
clock '1 minute'; run "$z" build; is 'a clock put back by a minute' 4 $status; has 'G17' err 'it went back'
fresh; "$z" -q --now $t0 build >out; run "$z" --now 2026-11-30T23:59:55Z build; is 'a --now that goes back' 4 $status

# -- files of any age and name: what comes into the state comes out of it again
for odd in 1901-12-14 1960-01-01 1970-01-01 2262-04-12 2500-01-01; do
	fresh; touch -d $odd a.zone; run "$z" build; is "a zone file of $odd" 0 $status
	run "$z" -v build; is "again, of $odd" 0 $status; has "nothing to do, of $odd" out 'nothing to do'
	echo 'new A 192.0.2.9' >> a.zone; touch -d $odd a.zone; run "$z" build; is "changed, of $odd" 0 $status; has "published, of $odd" signed/a.zone 'new.a.example.'
done
fresh; odd=$(printf 'caf\351\302\205\303\251'); mkdir "$odd"; echo 'inc A 192.0.2.10' > "$odd/x.inc"; echo "\$INCLUDE $odd/x.inc" >> a.zone; sed 's|file: |file: ../|; s|output: |output: ../|' zonesign.yaml > "$odd/z.yaml"
for round in first second; do run "$z" -c "$odd/z.yaml" build; is "names that are not UTF-8: $round" 0 $status; done
run "$z" -v -c "$odd/z.yaml" build; has 'nothing to do' out 'nothing to do'; run "$z" --json -c "$odd/z.yaml" status; ok '--json of status' python3 -m json.tool out
echo 'inc2 A 192.0.2.10' >> "$odd/x.inc"; run "$z" -c "$odd/z.yaml" build; is 'its change is noticed' 0 $status; has 'and published' signed/a.zone 'inc2.a.example.'

# -- rescue
fresh; "$z" -q --now $t0 build >out; good=$(sha256sum < signed/a.zone); echo 'bad A 999.0.0.1' >> a.zone
run "$z" --now 2026-12-01T01:00:00Z build; is 'a broken zone file' 3 $status; is 'the old zone stays' "$good" "$(sha256sum < signed/a.zone)"; has 'it says until when' err 'stays in service'
run "$z" --now 2026-12-09T00:00:00Z build; is 'a broken zone file with signatures due' 3 $status; has 'it says what it did' out 'rescued'
ok 'signed again' test "$good" != "$(sha256sum < signed/a.zone)"; ok 'and valid' "$z" -q --now 2026-12-16T00:00:00Z verify --origin a.example signed/a.zone
hasnt 'without the bad record' signed/a.zone 'bad.'
sed -i '/^bad/d' a.zone; run "$z" --now 2026-12-09T01:00:00Z build; is 'mended' 0 $status

# -- certificates
fresh; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out c.pem -days 900 -subj /CN=mail.a.example >err 2>&1
config '    dane: [{host: mx, port: 25, certificate: c.pem}]
'
run "$z" --now $t0 build; is 'a certificate' 0 $status; tlsa=$(grep ' IN TLSA ' signed/a.zone)
is 'TLSA equals OpenSSL' "$(openssl x509 -in c.pem -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -c1-64)" "$(echo "$tlsa" | awk '{print tolower($8)}')"
echo broken > c.pem; echo 'y A 192.0.2.4' >> a.zone
run "$z" --now $t1 build; is 'a broken certificate' 3 $status; has 'the zone is published all the same' signed/a.zone 'y.a.example.'; is 'with the TLSA last published' "$tlsa" "$(grep ' IN TLSA ' signed/a.zone)"
run "$z" tlsa c.pem --host mail.a.example --port 25; is 'tlsa of a broken certificate' 3 $status
run "$z" tlsa k.pem --host mail.a.example --port 25; is 'tlsa of a key' 0 $status; is 'it is the same record' "$(echo "$tlsa" | cut -d' ' -f4-)" "$(cut -d' ' -f4- < out)"

# a certificate that cannot be used is said in every run until it is mended, and its successor is noticed
dane='    dane: [{host: mx, port: 25, certificate: c.pem}]
'
spki() { openssl pkey -in k.pem -pubout -outform DER | sha256sum | cut -c1-64; }
make_cert() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out c.pem -days 900 -subj /CN=mail.a.example >openssl.log 2>&1; }
tlsa_with() { awk -v hash="$1" '$4=="TLSA" {n++; k += tolower($8) == hash} END {print n+0, k+0}' signed/a.zone; } # how many, how many of that key
for damage in 'rm c.pem' 'echo broken > c.pem'; do
	fresh; make_cert; config "$dane"; "$z" -q build >out 2>err; sh -c "$damage"
	run "$z" build; is "$damage" 3 $status; run "$z" build; is "$damage: again" 3 $status
	make_cert; run "$z" build; is "$damage: mended" 0 $status
	is "$damage: the new certificate is noticed, beside the former" "2 1" "$(tlsa_with "$(spki)")"
done
fresh; make_cert; config "$dane"; "$z" -q build >out 2>err; make_cert; run "$z" build
is 'a renewed certificate' 0 $status; is 'its TLSA beside the former' "2 1" "$(tlsa_with "$(spki)")"

# -- included files are inputs too
fresh; mkdir inc; echo 'x A 192.0.2.3' > inc/b.inc; echo '$INCLUDE inc/b.inc sub' >> a.zone
run "$z" build; is 'with an included file' 0 $status; echo 'x A 192.0.2.4' > inc/b.inc
run "$z" build; is 'the included file changed' 0 $status; has 'it is noticed' signed/a.zone 'x.sub.a.example. 300 IN A 192.0.2.4'
before=$(sum); run "$z" build; is 'and then nothing' "$before" "$(sum)"
rm inc/b.inc; run "$z" build; is 'the included file is gone' 3 $status; has 'it says where' err 'a.zone:8:10: error:'; ok 'the old zone serves' "$z" -q verify --origin a.example signed/a.zone

# -- places that cannot be written, state that cannot be read
fresh; touch signed; run "$z" build; is 'the output directory is a file' 1 $status; is 'nothing else was made' '' "$(find . -name '*.private')"
fresh; mkdir -p signed/a.zone; run "$z" build; is 'the output is a directory' 1 $status
fresh; touch state; run "$z" build; is 'the state is a file' 1 $status; ok 'no output' test ! -e signed/a.zone
for damage in ': > F' 'head -c 300 F > x; cat x > F' 'sed -i "s/^version: 1/version: 9/" F' 'sed -i "s/zone: .*/zone: \"b.example.\"/" F' 'echo "keys: []" >> F'; do
	fresh; "$z" -q build >out 2>err; good=$(sha256sum < signed/a.zone); sh -c "$(echo "$damage" | sed 's|F|state/a.example/state.yaml|g')"; echo 'x A 192.0.2.3' >> a.zone
	run "$z" build; is "state: $damage" 3 $status; is "state: $damage: the output stays" "$good" "$(sha256sum < signed/a.zone)"
done
fresh; mkdir signed; ln -s ../a.zone signed/a.zone; good=$(sha256sum < a.zone); run "$z" build
is 'an output that leads to the zone file' 3 $status; is 'the zone file is as it was' "$good" "$(sha256sum < a.zone)"
fresh; mkdir real; cp a.zone real/z; chmod 640 real/z; mkdir signed; ln -s ../real/z signed/a.zone; run "$z" build
is 'an output that is a link' 0 $status; ok 'stays one' test -L signed/a.zone; is 'its target has the mode it had' 640 "$(stat -c %a real/z)"; has 'and the zone' real/z ' RRSIG '

# -- directories of the output that are missing, and links on the way
fresh; sed -i 's|signed/a.zone|new/signed/a.zone|' zonesign.yaml; umask 077; run "$z" build; umask 022; is 'missing directories' 0 $status
is 'they are open to a name server' '755 755 644' "$(stat -c %a new new/signed new/signed/a.zone | xargs)"; is 'the state is not' '700 700 700' "$(stat -c %a state state/a.example state/a.example/keys | xargs)"
fresh; mkdir signed; ln -s ../real/z signed/a.zone; mkdir real; run "$z" build; is 'a link to nothing yet' 0 $status; ok 'stays one too' test -L signed/a.zone; has 'its target is made' real/z ' RRSIG '
run "$z" build; is 'and found again' '0 ' "$status $(cat out)"
fresh; mkdir real; ln -s real signed; run "$z" build; is 'a directory that is a link' 0 $status; has 'the zone is in there' real/a.zone ' RRSIG '
fresh; mkdir -p real/signed; ln -s "$PWD/real/../real/signed" signed; run "$z" build; is 'an absolute link' 0 $status; has 'the zone is there' real/signed/a.zone ' RRSIG '
fresh; mkdir signed; ln -s a.zone signed/a.zone; run "$z" build; is 'a link to itself' 1 $status; has 'why' err 'levels of symbolic links'
fresh; mkdir signed; ln -s ../a.zone/x signed/a.zone; run "$z" build; is 'a link through a file' 1 $status
fresh; echo x > signed; run "$z" build; is 'a file in place of the directory' 1 $status
if [ "$(id -u)" = 0 ]; then # root does not follow what somebody else has made of the way
	planted() { # NAME STATUS COMMAND: the directory pub/ is nobody's
		fresh; chmod 755 .; sed -i 's|signed/|pub/|' zonesign.yaml; mkdir pub; chown 65534 pub; mkdir safe; cp a.zone safe/a.zone; chmod 600 safe/a.zone; sh -c "$3"
		run "$z" build; is "$1" "$2" $status
	}
	refused() { planted "$1" 1 "$2"; ok "$1: what it leads to is as it was" cmp a.zone safe/a.zone; has "$1: words" err 'root does not follow it'; has "$1: a hint" err 'chown -h root'; }
	refused 'a planted link' 'ln -s ../safe/a.zone pub/a.zone; chown -h 65534 pub/a.zone'
	refused 'by way of another' 'ln -s b pub/a.zone; ln -s ../safe/a.zone pub/b; chown -h 65534 pub/b'
	refused 'first a planted one, then one of root' 'ln -s b pub/a.zone; ln -s ../safe/a.zone pub/b; chown -h 65534 pub/a.zone'
	refused 'a planted link to a directory' 'rmdir pub; ln -s safe pub; chown -h 65534 pub'
	refused 'planted links of two users' 'ln -s b pub/a.zone; ln -s ../safe/a.zone pub/b; chown -h 65534 pub/a.zone; chown -h 65533 pub/b; chown 65533 safe/a.zone'
	planted 'a planted link to nothing' 1 'ln -s ../safe/new pub/a.zone; chown -h 65534 pub/a.zone'; ok 'nothing is made' test ! -e safe/new
	planted 'a link of root' 0 'rm safe/a.zone; ln -s ../safe/a.zone pub/a.zone'; has 'it is followed' safe/a.zone ' RRSIG '
	refused 'a planted link by way of what is theirs' 'ln -s ../pub/../safe/a.zone pub/a.zone; chown -h 65534 pub/a.zone'
	refused 'a planted link to a directory of theirs, in it a link' 'mkdir t; chown 65534 t; ln -s ../safe/a.zone t/a.zone; chown -h 65534 t/a.zone; rmdir pub; ln -s t pub; chown -h 65534 pub'
	planted 'a directory of theirs, by their link' 0 'mkdir t; chown 65534 t; mv pub x; ln -s t pub; chown -h 65534 pub'; has 'it is used' t/a.zone ' RRSIG '
	planted 'a link to what is theirs' 0 'chown 65534 safe/a.zone; ln -s ../safe/a.zone pub/a.zone; chown -h 65534 pub/a.zone'; has 'it is followed too' safe/a.zone ' RRSIG '
	is 'and stays theirs' '65534 600' "$(stat -c '%u %a' safe/a.zone)"; run "$z" build; is 'again' 0 $status
	planted 'no link' 0 :; has 'the zone is there' pub/a.zone ' RRSIG '
	# nor is it led to what it alone can read, to tell of it
	led() { # NAME STATUS COMMAND: the zone file is in pub/, which is nobody's
		fresh; chmod 755 .; sed -i 's|file: a.zone|file: pub/a.zone|' zonesign.yaml; mkdir pub; chown 65534 pub; mkdir safe; cp a.zone safe/a.zone; echo 'top secret' >> safe/a.zone; chmod 600 safe/a.zone; sh -c "$3"
		run "$z" build; is "$1" "$2" $status; hasnt "$1: nothing is told" err 'secret'
	}
	led 'a zone file that is a planted link' 3 'ln -s ../safe/a.zone pub/a.zone; chown -h 65534 pub/a.zone'; has 'why not' err "'pub/a.zone' of user 65534 leads to what is not theirs"; has 'a hint' err "chown -h root 'pub/a.zone'"
	led 'one to which a link of root leads' 3 'ln -s ../safe/a.zone pub/b; chown -h 65534 pub/b; ln -s b pub/a.zone'; has 'which it is' err "'pub/b' of user 65534"
	led 'a planted link to a device' 3 'ln -s /dev/kmsg pub/a.zone; chown -h 65534 pub/a.zone'; has 'that is not opened' err 'is not followed'
	led 'a planted link to a zone that is open to all' 0 'cp a.zone safe/a.zone; chmod 644 safe/a.zone; ln -s ../safe/a.zone pub/a.zone; chown -h 65534 pub/a.zone'
	led 'a planted link to what is theirs' 0 'cp a.zone safe/a.zone; chown 65534 safe/a.zone; ln -s ../safe/a.zone pub/a.zone; chown -h 65534 pub/a.zone'
	led 'a link of root to a zone of its own' 0 'cp a.zone safe/a.zone; ln -s ../safe/a.zone pub/a.zone'
fi

# -- several at once
fresh; "$z" -q build >out 2>err; builds=
for i in 1 2 3 4; do { echo "z$i A 192.0.2.$i" >> a.zone; "$z" -q build >o$i 2>&1; } & builds="$builds $!"; done
for build in $builds; do wait "$build"; is 'one of four builds at once' 0 $?; done
ok 'the zone is whole' "$z" -q verify --origin a.example signed/a.zone; is 'with all four changes' 4 "$(grep -c '^z[1-4].* IN A ' signed/a.zone)"

# -- reload
fresh; config '    reload: {shell: "test -e ready && echo $ZONESIGN_ZONE >> log"}
'
run "$z" build; is 'a reload that fails' 1 $status; ok 'the zone is published' "$z" -q verify --origin a.example signed/a.zone
run "$z" ds --ready; is 'no DS before it is served' 5 $status
run "$z" build; is 'it is repeated' 1 $status; touch ready; run "$z" build; is 'until it succeeds' 0 $status; is 'once' 'a.example.' "$(cat log)"
run "$z" build; is 'and not again' 'a.example.' "$(cat log)"

fresh; config '    reload: {shell: "echo try >> log; test -e ready"}
'
run "$z" build; is 'a reload that fails, and then' 1 $status; touch ready; echo 'bad A 999.0.0.1' >> a.zone
run "$z" build; is 'a broken zone file' 3 $status; is 'the reload is repeated all the same' 2 "$(grep -c try log)"
run "$z" ds --ready; has 'so the first DS has a date' err 'before 20'

# -- the first DS
fresh; "$z" -q --now $t0 build >out
run "$z" --now $t0 ds --ready; is 'too early for the DS' 5 $status; hasnt 'no CDS yet' signed/a.zone ' CDS '
run "$z" --now $t1 build; is 'the time has come' 0 $status; has 'CDS' signed/a.zone ' IN CDS '; has 'CDNSKEY' signed/a.zone ' IN CDNSKEY '
run "$z" --now $t1 ds --ready; is 'the DS may go' 0 $status
ok 'the DS leads to the zone' sh -c "'$z' --now $t1 ds --format ds > ds && '$z' -q --now $t1 verify --origin a.example --ds ds signed/a.zone"

# -- serials
for policy_serial in unixtime increment date; do
	policy="serial: $policy_serial"; fresh; last=0
	for date in 2026-12-01 2026-12-02 2026-12-03; do
		echo "n$date A 192.0.2.1" >> a.zone; run "$z" --now $date build; is "$policy_serial, $date" 0 $status
		serial=$(awk '$4=="SOA"{print $7; exit}' signed/a.zone); ok "$policy_serial rises" test "$serial" -gt $last; last=$serial
	done
	# a digit that is wrong, and the way back: RFC 1982 section 7
	later() { python3 -c 'import sys; a, b = map(int, sys.argv[1:]); sys.exit(not 0 < (a - b) % 2**32 < 2**31)' "$(awk '$4=="SOA"{print $7; exit}' signed/a.zone)" "$1"; }
	sed -i 's/host 1 /host 2106010100 /' a.zone; echo 'typo A 192.0.2.1' >> a.zone; run "$z" --now 2026-12-04 build
	is "$policy_serial: a leap" 0 $status; has "$policy_serial: it is told" err 'the serial of the zone file is 2106010100, and the last one was'
	serial=$(awk '$4=="SOA"{print $7; exit}' signed/a.zone); ok "$policy_serial: it counts" test $serial -ge 2106010100
	sed -i "s/host 2106010100 /host $(((serial + 2147483647) % 4294967296)) /" a.zone; echo 'turn A 192.0.2.1' >> a.zone; run "$z" --now 2026-12-05 build
	is "$policy_serial: the number is turned round" 0 $status; ok "$policy_serial: secondaries take that" later $serial; serial=$(awk '$4=="SOA"{print $7; exit}' signed/a.zone)
	echo 'back A 192.0.2.1' >> a.zone; run "$z" --now 2026-12-06 build; is "$policy_serial: and the next" 0 $status; ok "$policy_serial: it is later too" later $serial
	hasnt "$policy_serial: nothing more is told" err 'serial of the zone file'
done
policy='serial: keep'; fresh; sed -i 's/host 1 /host 5 /' a.zone; run "$z" --now $t0 build; is 'keep' 0 $status; has 'keep: the serial' signed/a.zone ' 5 7200'
sed -i 's/host 5 /host 4 /' a.zone; run "$z" --now $t1 build; is 'keep, lower' 4 $status; has 'G17' err G17; has 'and what would do' err 'a serial above 5'
policy='serial: keep, cds: off'; fresh; sed -i 's/host 1 /host 5 /' a.zone; run "$z" --now $t0 build; sed -i 's/host 5 /host 6 /' a.zone
run "$z" --now $t1 build; is 'keep, the serial alone raised' 0 $status; has 'is published' signed/a.zone ' 6 7200'; hasnt 'it is another one' err 'serial stays'
run "$z" -v --now $t1 build; is 'keep, as it was' 0 $status; has 'is nothing to do' out 'nothing to do'
before=$(cksum < signed/a.zone); sed -i 's/host 6 /host 5 /' a.zone; run "$z" --now $t1 build; is 'keep, the serial alone lowered' 4 $status; has 'is refused' err 'refused by G17: the serial of the zone file is 5, lower than the published 6'
is 'what is published stays' "$before" "$(cksum < signed/a.zone)"; run "$z" --now $t1 build; is 'in each run' 4 $status
sed -i 's/host 5 /host 4294967290 /' a.zone; run "$z" --now $t1 build; is 'keep, lower by RFC 1982' 4 $status
sed -i 's/host 4294967290 /host 2147483653 /' a.zone; run "$z" --now $t1 build; is 'keep, higher by RFC 1982' 0 $status; has 'is published, too' signed/a.zone ' 2147483653 7200'
sed -i 's/host 2147483653 /host 3 /' a.zone; run "$z" --now $t1 build; is 'keep, around zero' 0 $status; has 'is higher' signed/a.zone ' 3 7200'
sed -i 's/host 3 /host 2147483651 /' a.zone; run "$z" --now $t1 build; is 'keep, neither higher nor lower by RFC 1982' 4 $status; sed -i 's/host 2147483651 /host 3 /' a.zone
run "$z" --now 2026-12-09T00:00:00Z build; is 'keep, signed again' 0 $status; has 'is told' err 'the serial stays 3 although signatures change'
echo 'added A 192.0.2.9' >> a.zone; run "$z" --now 2026-12-09T01:00:00Z build; is 'keep, with another record' 0 $status; has 'is told, too' err 'the serial stays 3 although the zone has changed: secondaries keep the old one'
sed -i 's/host 3 /host 2 /' a.zone; run "$z" --now 2026-12-17T00:00:00Z build; is 'keep, lower while signatures are due' 4 $status; has 'the rescue signs with the published one' out 'rescued: serial 3'; policy=

# -- what G12 refuses and can be published all the same is taken when the user says so, and then does not stop the signing
unwise() { # WORDS: refused without --accept G12, told with it
	run "$z" --now $t0 build; is "$1" 3 $status; has "$1: is G12" err "$1"; has "$1: the way out" err "'zonesign build --accept G12'"; ok "$1: nothing is published" test ! -e signed/a.zone
	run "$z" check; is "$1: check" 3 $status
	run "$z" --now $t0 build --accept G12=meant; is "$1: accepted" 0 $status; is "$1: told once" 1 "$(grep -c warning: err)"; has "$1: is told" err "warning: "; has "$1: and which" err 'G12, accepted'
	has "$1: is recorded" state/a.example/state.yaml 'guard: "G12"'
	run "$z" --now 2026-12-09T00:00:00Z build; is "$1: when signatures are due" 3 $status; has "$1: they are made" out 'rescued: serial'
	ok "$1: it verifies" "$z" -q --now 2026-12-09T00:00:00Z verify --origin a.example signed/a.zone
	run "$z" --now 2026-12-17T00:00:00Z build --accept G12; is "$1: accepted again" 0 $status
}
fresh; echo 'x.a.example A 192.0.2.1' >> a.zone; unwise 'repeats the name of the zone (G12)'
fresh; echo '@ NS ns3' >> a.zone; unwise 'has no address in the zone (G12)'
fresh; echo 'host DNSKEY 256 3 13 AQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQPSAQ==' >> a.zone; unwise 'which is for keys of zones, at their apex (RFC 4034 section 2) (G12)'
zsk=$(basename "$(grep -l ' 256 3 13 ' state/a.example/keys/*.key)" .key | sed 's/.*+0*//')
is 'a DNSKEY below the apex is signed by the ZSK, as data is' "$zsk" "$(awk '$1 == "host.a.example." && $4 == "RRSIG" && $5 == "DNSKEY" { print $11 }' signed/a.zone)"
fresh; echo 'sub NS ns.sub' >> a.zone; unwise 'nobody could find it (RFC 1034 section 4.2.1) (G12)'
policy='max-zone-ttl: 5m'; fresh; echo 'long 600 A 192.0.2.1' >> a.zone; unwise 'above max-zone-ttl 300 (G12)'; policy=
for denial in nsec '{nsec3: {opt-out: no}}'; do
	policy="observe: off, max-zone-ttl: 5m, zonemd: sha384, denial: $denial" fresh; sed -i '/SOA/s/300$/86400/' a.zone
	run "$z" build; is "max-zone-ttl is of the zone file, not of what is added ($denial)" 0 $status; has 'as dnskey-ttl says' signed/a.zone '3600 IN DNSKEY'
done; policy=
fresh; echo 'www CNAME mail' >> a.zone; run "$z" build --accept G12; is 'what cannot be published' 3 $status; hasnt 'is not called G12' err G12

# -- keys of others, csk, odd names
for maker in 'dnssec-keygen -q -a ED25519' 'dnssec-keygen -q -a RSASHA256 -b 2048' 'dnssec-keygen -q -a ECDSAP384SHA384' 'ldns-keygen -a ECDSAP256SHA256'; do
	fresh; mkdir -p -m 700 state state/a.example state/a.example/keys; (cd state/a.example/keys && { case $maker in dns*) $maker -f KSK a.example; $maker a.example ;; *) $maker -k a.example; $maker a.example ;; esac; } && chmod 600 *.private && rm -f *.ds) >/dev/null 2>&1
	run "$z" build; is "keys of $maker" 0 $status; has 'are taken over' err 'is taken over'
done
policy='csk: {lifetime: unlimited}'; fresh; run "$z" build; is 'csk' 0 $status; is 'one key' 1 "$(grep -c ' IN DNSKEY ' signed/a.zone)"; policy=
fresh; printf 'policies: {default: {observe: off}}\nzones:\n  "a\\\\.b/c.example": {file: a.zone, output: o1}\n  ".": {file: root.zone, output: o2}\n' > zonesign.yaml; printf '$TTL 300\n@ SOA ns.test. host.test. 1 7200 3600 1209600 300\n@ NS ns.test.\n@ NS ns2.test.\ntest. NS ns.test.\nns.test. A 192.0.2.1\nns2.test. A 192.0.2.2\n' > root.zone
run "$z" build; is 'odd names and the root' 0 $status; ok 'their paths' test -d 'state/a%2Eb%2Fc.example' -a -d 'state/@'
fresh; printf 'policies: {default: {observe: off}}\nzones:\n  a.example: {file: a.zone, output: o1}\n  b.example: {file: none.zone, output: o2}\n  c.example: {file: a.zone, output: o3}\n' > zonesign.yaml
run "$z" build; is 'one bad zone of three' 3 $status; ok 'the others are built' test -s o1 -a -s o3 -a ! -e o2

# -- init, fmt
fresh; mkdir certs; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout certs/mail.a.example.key -out certs/mail.a.example.pem -days 900 -subj /CN=mail.a.example >err 2>&1
mv a.zone a.example.zone; rm zonesign.yaml
run "$z" init --cert-dir certs a.example.zone; is init 0 $status; has 'it finds the certificate' zonesign.yaml 'certs/mail.a.example.pem'
has 'what the zone does not agree with in it' err "a.example.zone:2: warning: the SOA EXPIRE of 'a.example.', 14d, is longer than refresh 7d"
run "$z" build; is 'what init writes builds' 0 $status; has 'with TLSA' signed/a.example.zone ' IN TLSA 3 1 1 '
run "$z" init a.example.zone; is 'init overwrites nothing' 2 $status
mkdir -p acme.sh/mail.a.example acme.sh/mail.a.example_ecc caddy/mail.a.example live/a.example other/a.example
for f in acme.sh/mail.a.example/fullchain.cer acme.sh/mail.a.example_ecc/fullchain.cer caddy/mail.a.example/mail.a.example.crt other/a.example/fullchain.pem; do cp certs/mail.a.example.pem $f; done
openssl req -x509 -key certs/mail.a.example.key -days 900 -subj /CN=a.example -addext 'subjectAltName=DNS:a.example,DNS:*.a.example' -out live/a.example/fullchain.pem 2>err
openssl req -x509 -key certs/mail.a.example.key -days 900 -subj /CN=a.example -addext 'subjectAltName=DNS:a.example,DNS:www.a.example' -out other/a.example/fullchain.pem 2>err
found() { rm -f found.yaml; run "$z" init --cert-dir "$1" --output found.yaml a.example.zone; sed -n 's/ *certificate: //p' found.yaml; }
is 'init: RSA and ECDSA of acme.sh' '["acme.sh/mail.a.example_ecc/fullchain.cer", "acme.sh/mail.a.example/fullchain.cer"]' "$(found acme.sh)"
is 'init: of Caddy' '"caddy/mail.a.example/mail.a.example.crt"' "$(found caddy)"
is 'init: one of the zone, for the host too' '"live/a.example/fullchain.pem"' "$(found live)"
is 'init: one of the zone, for others' '' "$(found other)"; has 'it is told where to look' err '--cert-dir names the directory'
rm -f found.yaml
mkdir y y/in; cp a.example.zone y/in/b.example.zone
run "$z" init --cert-dir certs --output y/zonesign.yaml a.example.zone y/in/b.example.zone; is 'init into another directory' 0 $status
has 'a file below it' y/zonesign.yaml 'file: "in/b.example.zone"'; has 'a file elsewhere' y/zonesign.yaml "file: \"$work/t/a.example.zone\""
has 'how to go on' out "zonesign -c y/zonesign.yaml check"
run "$z" -c y/zonesign.yaml check; is 'what it writes is right there' 0 $status
run "$z" -c y/zonesign.yaml build; is 'and builds' 0 $status; has 'with TLSA, too' y/signed/a.example.zone ' IN TLSA 3 1 1 '
(cd y && run "$z" init --output ../up.yaml in/b.example.zone; exit $status); is 'init into the directory above' 0 $?; has 'names the way down' up.yaml 'file: "y/in/b.example.zone"'
run "$z" init --output twice.yaml a.example.zone ./a.example.zone; is 'a zone twice' 2 $status; has 'is told' err "both the zone 'a.example.'"; ok 'nothing is written' test ! -e twice.yaml
printf '$TTL 1h\nexample.org 1h SOA a b 1 1 1 1 1\n' > export.zone; run "$z" init --output no.yaml export.zone; is 'an export without final dot' 3 $status; has 'where its SOA is' err "its SOA is at 'example.org.export.'"
run "$z" fmt --origin a.example a.example.zone; is fmt 0 $status; has 'fmt prints' out 'www.a.example. 300 IN A 192.0.2.1'

# -- a byte order mark
bom() { printf '\357\273\277'; cat "$1"; }
fresh; bom a.zone > b.zone; run "$z" check --origin a.example b.zone; is 'a zone file with a BOM' 3 $status
has 'is told by name' err 'b.zone:1:1: error: the file begins with a byte order mark (BOM)'; hasnt 'not as a foreign name' err 'not ASCII'; has 'and what to do' err "sed -i '1s/^"
eval "$(grep -o 'sed -i.*FILE' err | sed 's/FILE/b.zone/')"; ok 'which works' cmp a.zone b.zone
echo 'www A 192.0.2.1' > inc; bom inc > inc2; echo '$INCLUDE inc2' >> a.zone; run "$z" check --origin a.example a.zone; has 'an included one' err 'inc2:1:1: error: the file begins with a byte order mark'
cat inc inc2 > a2.zone; run "$z" check --origin a.example a2.zone; has 'one in the middle' err 'a2.zone:2:1: error: the line begins with a byte order mark'
bom zonesign.yaml > bom.yaml; sed -i '$d' a.zone; run "$z" -c bom.yaml check; is 'in a config it is no part of the first key' 0 $status
# -- words about a zone name it
fresh; run "$z" check; has 'EXPIRE' err "a.zone:2: warning: the SOA EXPIRE of 'a.example.', 14d, is longer than refresh 7d"
"$z" -q build; echo nonsense > state/a.example/signatures; echo 'n A 192.0.2.1' >> a.zone; run "$z" build; is 'a cache that is none' 0 $status; has 'is told in a sentence' err 'the signature cache is no file of zonesign; all signatures are made anew'
chmod 660 state/a.example/signatures; echo 'n2 A 192.0.2.1' >> a.zone; run "$z" build; is 'a cache that others write' 0 $status; has 'is not used' err 'the signature cache cannot be read; all signatures are made anew'

# -- interrupted and out of room
fresh; i=0; python3 -c 'print("\n".join("h%d A 192.0.2.1" % i for i in range(3000)))' >> a.zone
"$z" -q build >out 2>err
while [ $i -lt 12 ]; do
	i=$((i + 1)); echo "k$i A 192.0.2.2" >> a.zone; "$z" -q build >out 2>err & pid=$!
	sleep 0.0$((i * 2 % 10)); kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
	"$z" -q verify --origin a.example signed/a.zone || fail "killed $i: the zone in place is whole"
done
pass; echo 'last A 192.0.2.3' >> a.zone; run "$z" build; is 'after SIGKILLs' 0 $status; has 'the last change is in' signed/a.zone 'k12.a.example.'; is 'nothing is left behind' '' "$(find . -name '.*zonesign')"
fresh; mkdir small
if mount -t tmpfs -o size=64k tmpfs small 2>/dev/null; then
	sed -i 's|signed/a.zone|small/a.zone|' zonesign.yaml; run "$z" build; is 'room enough' 0 $status; good=$(sha256sum < small/a.zone)
	python3 -c 'print("\n".join("h%d A 192.0.2.1" % i for i in range(300)))' >> a.zone
	run "$z" build; is 'a full disk' 1 $status; is 'the old zone stays' "$good" "$(sha256sum < small/a.zone)"; is 'nothing is left' '' "$(find small -name '.*zonesign')"
	umount small
else
	echo 'skipped: a full disk (mount is not allowed)'
fi
fresh; run "$z" -q build; good=$(sha256sum < signed/a.zone); python3 -c 'print("\n".join("h%d A 192.0.2.1" % i for i in range(300)))' >> a.zone
run sh -c "ulimit -f 20; exec '$z' build"; is 'a limit on the size of files is as a full disk' 1 $status; has 'it is told' err "cannot write 'signed/a.zone': File too large"
is 'the old zone is there' "$good" "$(sha256sum < signed/a.zone)"; is 'and nothing else' '' "$(find . -name '.*zonesign')"
# two configs with a state each that name one output: the second does not take the file aside from the first, nor is published what it put there
fresh; "$z" -q build; cp -a state second; { echo 'state: second'; cat zonesign.yaml; } > second.yaml; echo 'x A 192.0.2.9' >> a.zone
config "    second-opinion: {shell: \"'$z' -q -c second.yaml build 2> second.err; echo \$? > second.status\"}
"; run "$z" build; is 'two states, one output: the first' 0 $status; is 'the second leaves' 5 "$(cat second.status)"; has 'and says why' second.err "another run writes '"
before=$(sum); run "$z" build; is 'what is there is of the first' "0 $before" "$status $(sum)"
run "$z" -q -c second.yaml build; is 'then it is no output of the second' 4 $status; has 'it is told' err 'the state is an old copy, or somebody else wrote the file'
good=$(sha256sum < signed/a.zone); echo 'y A 192.0.2.9' >> a.zone; config '    second-opinion: {shell: "cd signed; rm .a.zone.zonesign; head -n 3 a.zone > .a.zone.zonesign"}
'; run "$z" build; is 'what lies there was not verified' 1 $status; has 'that is told' err "is not what was verified"; is 'it is not published' "$good" "$(sha256sum < signed/a.zone)"
# a command has ended when it has, whoever holds its output then; what it said is read all the same
need setsid
if [ "$(id -u)" = 0 ]; then # who else may not look
	fresh; config '    reload: {shell: "ls -l /proc/$PPID/fd > fds"}
'; "$z" build <&- >&- 2>&-; is 'streams that are closed are an error, as before' 1 $?
	is 'and nothing else is opened in their place' '/dev/null /dev/null /dev/null' "$(sed -n 's|.* [012] -> ||p' fds | xargs)"
fi
fresh; config '    reload: {shell: "setsid sleep 60 & echo $! > left; echo started"}'; begin=$(date +%s)
run "$z" build; is 'a reload that leaves a daemon behind' 0 $status; has 'is done' out 'published: serial'
ok 'at once' test $(($(date +%s) - begin)) -lt 10; ok 'the daemon lives' kill -0 "$(cat left)"; kill "$(cat left)"
fresh; config '    reload: {shell: "setsid sleep 60 & echo $! > left; echo no such zone; exit 3"}'
run "$z" build; is 'one that fails so' 1 $status; has 'its status and words' err 'failed with status 3; it said: no such zone'; kill "$(cat left)"
fresh; config '    reload: {shell: "exec >/dev/null 2>&1; sleep 0.3; exit 5"}'
run "$z" build; is 'one that closes its output and lives on' 1 $status; has 'is waited for' err 'status 5'
for case in '[./none, reload]@it said: ./none: No such file or directory' '{shell: "printf why\\\\015\\\\012\\\\015\\\\012; exit 1"}@it said: why' \
	"{shell: 'head -c 5000 /dev/zero | tr \"\\\\000\" x; echo \": the disk is full\"; exit 1'}@it said: ... xx" "{shell: 'echo Error at; head -c 500 /dev/zero | tr \"\\\\000\" x; echo \": the disk is full\"; exit 1'}@xx: the disk is full"; do
	fresh; config "    reload: ${case%@*}
"; run "$z" build; is "its last words: ${case%@*}" 1 $status; has 'are told' err "${case#*@}"
done
policy='observe: off'; fresh; config '    notify: {shell: "cat > got; setsid sleep 60 & echo $! > left"}'; "$z" -q --now $t0 build
begin=$(date +%s); run "$z" --now $t1 build; is 'with input, too' 0 $status; ok 'which it got' test -s got; ok 'at once, too' test $(($(date +%s) - begin)) -lt 10; kill "$(cat left)"; policy=
fresh; config '    reload: ["true"]
'; run python3 -c 'import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])' "$z" build; is 'who started it ignores SIGCHLD' 0 $status
# a build that is killed takes its command with it
fresh; config '    reload: [sh, -c, "echo $$ > child; exec sleep 60"]'
"$z" build > killed.out 2>&1 &
killed=$!
for _ in $(seq 200); do [ -s child ] && break; sleep 0.02; done
kill -9 $killed; wait $killed 2>/dev/null
for _ in $(seq 200); do kill -0 "$(cat child)" 2>/dev/null || break; sleep 0.02; done
if kill -0 "$(cat child)" 2>/dev/null; then fail 'a killed build: its command ends too' "$(cat killed.out)"; kill "$(cat child)"; else pass; fi
# another reload command in the config: that server has to take the zone too, though nothing in it changed
mkdir -p another && cd another || exit 1
printf '$TTL 300\n@ SOA ns h 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n' > a.zone
printf 'policies: {default: {observe: off}}\nzones:\n  a.example: {file: a.zone, output: signed.zone, reload: touch one}\n' > zonesign.yaml
run "$ZONESIGN" build
is 'another server: the first' '0 one' "$status $(ls one two 2>/dev/null)"
rm one
sed -i 's/touch one/touch two/' zonesign.yaml
run "$ZONESIGN" build
is 'another server: the second' '0 two' "$status $(ls one two 2>/dev/null)"
has 'another server: it is said' err 'another server than before'
rm two
run "$ZONESIGN" build
is 'another server: once' '0 ' "$status $(ls one two 2>/dev/null)"
sed -i 's/, reload: touch two/, reload: "false"/' zonesign.yaml
run "$ZONESIGN" build
is 'another server: one that fails' 1 $status
run "$ZONESIGN" build
is 'another server: tried again' 1 $status
# the same server, and the config named from another directory: nothing is done anew, and no clock begins again
printf 'policies: {default: {observe: off}}\nzones:\n  b.example: {file: a.zone, output: b.zone, publish: {nsd: {pid-file: pid, server: 127.0.0.1@1, wait: 0s}}}\n' > b.yaml
sleep 60 & echo $! > pid; pids="$pids $!"
run "$ZONESIGN" -q -c b.yaml build
sed -i 's|served_since: never|served_since: 2026-01-01T00:00:00Z\n  server: "nsd 127.0.0.1@1 pid"|' state/b.example/state.yaml
(cd / && "$ZONESIGN" -c "$OLDPWD/b.yaml" build) >out 2>err
hasnt 'another directory is no other server' err 'another server than before'
# what is in a command stays out of the state, which is read at every run: secrets, and quotes, which are slow to read
printf 'policies: {default: {observe: off}}\nzones:\n  c.example: {file: a.zone, output: c.zone, reload: {shell: "echo \\"hunter2\\" >> log"}}\n' > c.yaml
run "$ZONESIGN" -q -c c.yaml build
is 'a command with a secret' 0 $status; hasnt 'it is not in the state' state/c.example/state.yaml hunter2
run "$ZONESIGN" -q -c c.yaml build; touch a.zone; run "$ZONESIGN" -q -c c.yaml build; is 'it is run once' 1 "$(wc -l < log)"
# more warnings than are shown, and -q
{ echo "policies: {default: {observe: off}}"; echo zones:; for n in $(seq 120); do echo "  z$n.example: {file: a.zone, output: z$n.zone, reload: 'true \"'}"; done; } > many.yaml
run "$ZONESIGN" -q -c many.yaml build; is 'many warnings' 0 $status; is '-q: nothing is said of them' '' "$(cat out err)"

# -- a re-sign that fails is not told as done
fresh; run "$z" --now $t0 build; run "$z" --now $t1 build; late=2026-12-10T00:00:00Z; before=$(sha256sum < signed/a.zone); printf '    second-opinion: ["false"]\n' >> zonesign.yaml
run "$z" --now $late --json build; is 'a re-sign that is refused: status' 4 $status; is 'a re-sign that is refused: JSON' failed "$(python3 -c 'import json; print(json.load(open("out"))["zones"][0]["outcome"])')"
run "$z" --now $late build; hasnt 'nothing is told as published' out 'published: serial'; is 'once' 1 "$(grep -c 'refused by G21' err)"; has 'what is in service is said' err 'stays in service'
is 'nothing is published' "$before" "$(sha256sum < signed/a.zone)"
sed -i '/second-opinion/d' zonesign.yaml; run "$z" --now $late build; is 'then it is signed' 0 $status; has 'and told' out 'published: serial'

# -- a clock that ran ahead, and is right again
policy='observe: off' fresh; run "$z" --now $t0 build; run "$z" --now $t1 -q build; run "$z" --now 2027-03-30T00:00:00Z build; is 'a clock that is ahead' 0 $status
run "$z" --now $t9 build; is 'it is right again: status' 4 $status; has 'it is right again: the guard' err 'G17'
run "$z" --now $t9 build --accept clock; is 'accepted' 0 $status; ok 'the signatures hold now' "$z" --now $t9 -q verify --origin a.example signed/a.zone
is 'no date is ahead' '' "$(grep -oE '(since|active|created|last_build|served_since|asked): 202[7-9][^,}]*' state/a.example/state.yaml)"
run "$z" --now $t9 roll a.example zsk; run "$z" --now $t9 build; is 'a roll begins at once' "0 3" "$status $(awk '$4=="DNSKEY"' signed/a.zone | wc -l)"

# -- an output that is some other file
for file in zonesign.yaml cert.pem part.inc; do
	fresh; openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 30 -subj /CN=www.a.example 2>/dev/null
	echo 'part A 192.0.2.7' > part.inc; echo '$INCLUDE part.inc' >> a.zone; sed -i "s|signed/a.zone|$file|" zonesign.yaml; before=$(sum)
	run "$z" build; is "output: $file" 4 $status; has "output: $file, it is said" err 'is no zone file of'; is "output: $file, it stays" "$(cat "$file" | sha256sum)" "$(echo "$before" | awk -v f="./$file" '$2 == f {print $1 "  -"}')"
done
fresh; mkdir signed; : > signed/a.zone; run "$z" build; is 'an empty file is replaced' 0 $status
fresh; mkdir signed; cp a.zone signed/a.zone; run "$z" build; is 'so is the unsigned zone' 0 $status

# -- --dry-run: what would be published, and nothing is touched
fresh; run "$z" --now $t0 build --dry-run; is '--dry-run before the first build' 0 $status; has 'the keys to be made' out '+ ; a new KSK (ECDSAP256SHA256) is in the DNSKEY RRset'
is 'nothing is made' 'a.zone err out zonesign.yaml' "$(ls | xargs)"
run "$z" --now $t0 build; run "$z" --now $t0 build --dry-run; is '--dry-run, nothing to do' '0 ' "$status $(cat out)"
sed -i 's/192.0.2.1$/192.0.2.7/; s/^@ MX 1 mail/@ 60 MX 1 mail/' a.zone; echo 'new AAAA 2001:db8::1' >> a.zone; before=$(sum); run "$z" --now $t0 build --dry-run
is '--dry-run: the changes' "$(printf '%s\n' '- a.example. 300 IN MX 1 mail.a.example.' '+ a.example. 60 IN MX 1 mail.a.example.' '+ new.a.example. 300 IN AAAA 2001:db8::1' '- www.a.example. 300 IN A 192.0.2.1' '+ www.a.example. 300 IN A 192.0.2.7')" "$(tail -n +2 out)"
has 'they are counted' out '3 records added, 2 removed'; is 'the files are as they were' "$before" "$(sum)"
run "$z" --now $t0 --json build --dry-run; is 'JSON' 'would be published 3 2 3 2' "$(python3 -c 'import json; z = json.load(open("out"))["zones"][0]; print(z["outcome"], z["added_count"], z["removed_count"], len(z["added"]), len(z["removed"]))')"
run "$z" --now $t0 build; is 'and so it is' 0 $status; ok 'as it was told' grep -q '^new.a.example. .*AAAA' signed/a.zone
run "$z" --now $late build --dry-run; has 'signatures that end' out 'would be published'; run "$z" --now $t1 -q build; run "$z" --now $late build --dry-run; has 'signatures alone' out 'unchanged, with new signatures: 0 records added, 0 removed'
run "$z" --now $t1 roll a.example zsk; run "$z" --now $t1 build --dry-run; has 'a roll' out '+ ; a new ZSK (ECDSAP256SHA256) is in the DNSKEY RRset'
mv signed/a.zone aside; run "$z" --now $t1 build --dry-run; has 'an output that is gone' out 'since the output is gone'; mv aside signed/a.zone
echo 'bad A 1' >> a.zone; run "$z" --now $t1 build --dry-run; is 'a wrong input' 3 $status; has 'is told' err 'is no IPv4 address'; sed -i '$d' a.zone
echo x >> signed/a.zone; run "$z" --now $t1 build --dry-run; is 'an output of somebody else' 4 $status; has 'G18' err 'G18'
policy='serial: keep, observe: off' fresh; sed -i 's/host 1 /host 5 /' a.zone; run "$z" --now $t0 build; sed -i 's/host 5 /host 7 /' a.zone; run "$z" --now $t0 build --dry-run
has 'a serial that is raised, with keep' out 'would be published'; sed -i 's/host 7 /host 3 /' a.zone; run "$z" --now $t0 build --dry-run; is 'a lower one is refused as in a build' 4 $status; has 'G17' err 'G17'
cd .. || exit 1

# -- what is odd about a zone is told when it is loaded anew, and again after a week, however often keys and signatures move
day() { printf '2026-12-%02dT%02d:00:00Z' $((1 + $1 / 24)) $(($1 % 24)); }
told() { grep -c 'warning: .*name server' err; }
policy='observe: off, zsk: {lifetime: 5h}'; fresh; sed -i '/ns2/d' a.zone
run "$z" --now "$(day 0)" build; is 'the first build warns, once' 1 "$(told)"; has 'of the policy too' err 'is shorter than its roll takes'
times= built=0 lifetimes=0
for h in $(seq 4 4 200); do
	run "$z" --now "$(day "$h")" build; [ "$(told)" = 0 ] || times="$times $h"
	! grep -q published: out || built=$((built + 1)); ! grep -q 'is shorter than its roll' err || lifetimes=$((lifetimes + 1))
	[ "$h" != 4 ] || run "$z" --now "$(day 4)" ds --seen a.example
done
ok 'the zone was signed again and again' [ "$built" -gt 5 ]; is 'and the warning came once more' 1 "$(echo $times | wc -w)"; ok 'after a week' [ "${times:-0}" -ge 168 ]; is 'that of the policy as well' 1 "$lifetimes"
echo 'new A 192.0.2.9' >> a.zone; run "$z" --now "$(day 204)" build; is 'a zone that changed is loaded anew' 1 "$(told)"
fresh; sed -i '/ns2/d' a.zone; run "$z" --now "$(day 0)" -q build; is '-q shows no warning' 0 "$(told)"
run "$z" --now "$(day 28)" build; has 'the zone is signed again, on the next day' out published:; is 'and what -q kept back is told' 1 "$(told)"
# a command of another zone may run a build: the commands of this one are told of this one
fresh; printf '#!/usr/bin/python3\nimport os\nopen("seen", "w").write(os.environ["ZONESIGN_ZONE"])\n' > tell; chmod 755 tell; config '    reload: ./tell
'
run env ZONESIGN_ZONE=other.example. "$z" build; is 'a build within a reload' 0 $status; is 'the zone that its reload is of' a.example. "$(cat seen)"
# programs that are not there: check tells it, the builds would when they are needed
config '    reload: [/no/such/program, "{zone}"]
    notify: nobody-has-this {zone}
    second-opinion: [sh, -c, "true"]
'
run "$z" check; is 'commands without a program' 0 $status; has 'reload' err "'reload': '/no/such/program' is no program"; has 'notify' err "'notify': 'nobody-has-this' is no program"
hasnt 'one that is there' err "'second-opinion'"; config ''
run sh -c "\"$z\" check > /dev/full"; is 'output that cannot be written' 1 $status; has 'is told' err 'cannot write to standard output'
# an output that was read is known by its times from then on; where they tell of each change, that is
cd "$work" && shm=$(mktemp -d /dev/shm/zonesign.XXXXXX) && chmod 700 "$shm" && cd "$shm" && cp "$work/t/a.zone" . && config ''
run "$z" build; is 'in memory' 0 $status; known() { grep -c 'path: "signed/a.zone"' state/a.example/state.yaml; }
sleep 0.1; touch a.zone; run "$z" build; is 'the same again' 0 $status; is 'its output is known' 1 "$(known)"
sleep 0.1; touch a.zone; run "$z" build; is 'once more' 1 "$(known)"; touch signed/a.zone; touch a.zone; sleep 0.1; run "$z" build; is 'of other times, and read' 0 $status; is 'known by these' 1 "$(known)"
sleep 0.1; touch a.zone; chmod 000 signed/a.zone; chmod 644 signed/a.zone; echo x >> signed/a.zone; run "$z" build; is 'a change is seen' 4 $status; has 'G18' err 'refused by G18'
rm -rf "$shm"
# the output gets another name: who reads the former file is not left with it in silence
fresh; run "$z" --now $t0 build; sed -i 's|signed/a.zone|other/a.zone|' zonesign.yaml; mkdir other
run "$z" --now $t1 build --dry-run; has 'another output: a preview tells too' err "the output was '"
run "$z" --now $t1 build; is 'another output' 0 $status; has 'the former file is named' err "signed/a.zone' until now: nothing renews what is there, and it is valid until 2026-12-"
has 'what to do' err "other/a.zone', then remove the former file"; ok 'it stays' test -s signed/a.zone; ok 'the new one is there' "$z" -q --now $t1 verify --origin a.example other/a.zone
run "$z" --now $t1 build; hasnt 'the next run says nothing of it' err 'the output was'
mv other/a.zone moved.zone; sed -i 's|other/a.zone|moved.zone|' zonesign.yaml; run "$z" --now $t1 build; is 'the file went with its name' 0 $status; hasnt 'nothing is left behind' err "the output was"
# what stays when a build fails: as it is, also when it has ended
fresh; "$z" --now $t0 -q build; rm -r state/a.example/keys; run "$z" --now 2027-02-01 build; is 'no keys, and signatures that have ended' 3 $status
has 'it is not said to be in service' err 'is still there, but its signatures ended on 2026-12-1'; hasnt 'so' err 'stays in service'
policy=
finish
