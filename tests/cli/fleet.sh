#!/bin/sh
# Many zones in one run: processes, shards, one that crashes, one that is large, an end at any instant.
. "$(dirname "$0")/../lib.sh"
need python3 cc pgrep ldd openssl
z=$ZONESIGN

fleet() { # COUNT: a directory with as many zones, and the config
	cd "$work" && rm -rf t && mkdir -m 700 t && mkdir t/in && cd t || exit 1
	i=0
	{
		echo 'policies: {default: {observe: off}}'
		echo 'zones:'
		while [ $i -lt "$1" ]; do
			printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\nwww A 192.0.2.%d\n' $i > in/z$i
			echo "  z$i.example: {file: in/z$i, output: signed/z$i}"
			i=$((i + 1))
		done
	} > zonesign.yaml
}
sums() { (cd "${1:-.}" && find . -type f ! -name out ! -name err ! -name lock -exec sha256sum {} + | LC_ALL=C sort -k 2); }
whole() { # every output verifies [--now TIME]
	for f in signed/z*; do "$z" -q "$@" verify --origin "$(basename "$f").example" "$f" || return 1; done
}
t0=2026-12-01T00:00:00Z

# -- the same for any number of processes: what is printed, what is written
fleet 40
echo 'bad A 999.0.0.1' >> in/z7; echo 'x A 192.0.2.1 junk' >> in/z20; rm in/z33
run "$z" --now $t0 build; is 'three bad zones of forty' 3 $status; is 'the others are built' 37 "$(ls signed | wc -l)"
ok 'they verify' whole --now $t0; is 'nothing is left beside them' '' "$(find . -name '.*zonesign')"
is 'errors come in the order of the zones' 'in/z20 in/z33 in/z7' "$(grep -o "in/z[0-9]*" err | uniq | xargs)"
for jobs in 1 2 5 300; do
	fleet 40; echo 'bad A 999.0.0.1' >> in/z7; echo 'x A 192.0.2.1 junk' >> in/z20; rm in/z33
	if [ $jobs = 300 ]; then run "$z" --now $t0 build --jobs $jobs; is 'more jobs than there may be' 2 $status; continue; fi
	run "$z" --now $t0 build --jobs $jobs; is "--jobs $jobs" 3 $status
	cat err > ../err.$jobs; cat out > ../out.$jobs; "$z" --json --now $t0 build --jobs $jobs > ../json.$jobs 2>/dev/null
done
cd "$work" || exit 1
for jobs in 2 5; do ok "--jobs $jobs says what --jobs 1 says" cmp err.1 err.$jobs; ok "--jobs $jobs: the same JSON" cmp json.1 json.$jobs; is "--jobs $jobs: the same results" "$(sed "s/until.*//" out.1)" "$(sed "s/until.*//" out.$jobs)"; done
ok 'JSON of several zones' python3 -c 'import json,sys; d = json.load(open("json.2")); assert [z["zone"] for z in d["zones"]] == sorted(z["zone"] for z in d["zones"]); assert len(d["zones"]) == 40'

# -- nothing to do: nothing read but state, nothing written, nothing said
fleet 30; "$z" build >out.txt 2>err; sleep 2.1; before=$(sums); run "$z" build
is 'a second run' 0 $status; is 'says nothing' '' "$(cat out err)"; is 'writes nothing' "$before" "$(sums)"
printf 'x A 192.0.2.200\n' >> in/z11; run "$z" build; is 'one changed of thirty' 0 $status; is 'it alone is built' 'z11.example.' "$(cut -d' ' -f1 out | sort -u)"
echo '; by somebody' >> signed/z12; run "$z" build; is 'an output that somebody edited' 4 $status; has 'is noticed' err 'G18'
run "$z" build --accept adopt; is 'and replaced' 0 $status; ok 'all verify' whole
cp signed/z13 copy; cat copy > signed/z13; run "$z" build; is 'an output written anew with the same octets' 0 $status
sed 's/192.0.2.14/192.0.2.41/' signed/z14 > copy; touch -r signed/z14 copy; mv copy signed/z14; run "$z" build; is 'an output of the same size and time' 4 $status

# -- a zones-dir: a zone depends on its own file of it
fleet 6; mkdir zones; i=0; while [ $i -lt 6 ]; do echo "{file: in/z$i, output: signed/z$i}" > zones/z$i.example.yaml; i=$((i + 1)); done
printf 'zones-dir: zones\n' > zonesign.yaml
run "$z" build; is 'zones-dir' 0 $status; is 'six outputs' 6 "$(ls signed | wc -l)"; sleep 2.1
state=$(sums state); echo '# touched' >> zones/z3.example.yaml; "$z" build >out.txt 2>err
is 'one of its files changed: one state is written' 1 "$(sums state > after; echo "$state" > before; diff before after | grep -c '^>')"

# -- one is larger than a zone's options ever are: all of them are in memory at once
cp zones/z5.example.yaml kept.yaml; yes '# filler' | head -c 4200000 >> zones/z5.example.yaml
run "$z" build; is 'a file of 4.2 MB for a zone' 3 $status; has 'is not read' err "zones/z5.example.yaml' has 42"; has 'since it is too large' err 'at most 4194304 are read'; mv kept.yaml zones/z5.example.yaml

# -- one of its files is wrong: that zone fails in each run, the others are built
: > zones/z5.example.yaml; printf 'fil: in/z4\noutput: signed/z4\n' > zones/z4.example.yaml; rm -f signed/z*; echo 'new A 192.0.2.9' >> in/z3
run "$z" build --accept adopt; is 'two files of six that are wrong' 3 $status; is 'four outputs' 'z0 z1 z2 z3' "$(ls signed | xargs)"; has 'the others are built' signed/z3 'new.z3.example.'
has 'the place of the fault' err 'zones/z4.example.yaml:1:1: error: unknown option'; has 'a half-written file' err 'zones/z5.example.yaml: error: the file is empty'; has 'what that means' err 'not signed again'
run "$z" build z3.example; is 'another zone by its name' 0 $status; is 'says nothing of them' '' "$(cat err)"
run "$z" build z3.example z4.example; is 'a wrong one by its name' 3 $status; has 'is reported' err "unknown option 'fil'"; hasnt 'alone' err 'z5.example'
run "$z" --json build; is 'the same as JSON' 3 $status
ok 'names the fault in it' python3 -c 'import json; d = json.load(open("out")); assert len(d["zones"]) == 4; assert any(g["file"] == "zones/z4.example.yaml" and g["line"] == 1 and g["status"] == 3 for g in d["diagnostics"])'
for command in status ds keys check; do
	run "$z" $command z3.example; hasnt "$command of another zone" err 'z4.example'; is "$command of another zone: status" 0 $((status % 5))
	run "$z" --json $command; has "$command of all names the fault" err 'zones/z4.example.yaml:1:1'
	ok "$command: valid JSON with the fault" python3 -c 'import json; assert any(d.get("file") == "zones/z4.example.yaml" for d in json.load(open("out"))["diagnostics"])'
	run "$z" $command z4.example; is "$command of it" 3 $status
done
run "$z" -q status --html page.html; is 'status as a page' 3 $status; has 'the page says that it is not all' page.html ' of 4 zones need you, and not all are shown</title>'
has 'and why' page.html "<li>zones/z4.example.yaml:1: unknown option &#39;fil&#39;"; has 'of all of them' page.html '<li>zones/z5.example.yaml: the file is empty'
run "$z" -q status --html page.html z3.example; hasnt 'a page of other zones says nothing of them' page.html 'Not shown'
run "$z" query www.z4.example A; is 'query of it' 3 $status; has 'is named' err 'zones/z4.example.yaml'
run "$z" ds --seen z4.example; is 'ds --seen of it' 3 $status; hasnt 'is no usage error' err 'name it'
run "$z" build nosuch.example z3.example; is 'a name that no file has' 2 $status
echo '{file: in/z4, output: signed/z3}' > zones/z4.example.yaml; rm zones/z5.example.yaml; echo 'newer A 192.0.2.9' | tee -a in/z2 >> in/z3
run "$z" build; is 'two zones with one output' 3 $status; is 'both are told' 2 "$(grep -c 'z3.example.* have one output' err)"
has 'a third is built' signed/z2 'newer'; hasnt 'they are not' signed/z3 'newer'
echo '{file: in/z4, output: signed/z4}' > zones/z4.example.yaml; run "$z" build; is 'mended' 0 $status; has 'all is built' signed/z3 'newer'

# -- a zone that is wrong in many ways hides no other, and each message tells its zone
fleet 5; seq 150 | sed 's/.*/b& A 999.0.0.1/' >> in/z1; rm in/z3
run "$z" check; is 'check of a zone with 150 mistakes before another' 3 $status; has 'the other is told' err 'z3.example.: error: cannot open zone file'
is 'a hundred of the first' 100 "$(grep -c '^in/z1:[0-9:]*: error' err)"; has 'the rest is counted' err 'zonesign: 50 more not shown'
run "$z" --json check; ok 'JSON names the zone' python3 -c 'import json; d = json.load(open("out")); assert d["errors"] == 151; assert [g for g in d["diagnostics"] if g.get("zone") == "z3.example." and "in/z3" in g["message"]]'
fleet 150; rm in/z*; run "$z" check; is 'a file that is missing in each of 150 zones' 150 "$(grep -c 'cannot open zone file' err)"
fleet 3; sed -i 's/z2}/z2, reload: "false"}/' zonesign.yaml; "$z" -q build >out.txt 2>err; run "$z" ds
has 'ds warns of a zone by its name' err 'z2.example.: warning: the zone is not in service for certain yet'
fleet 1; mkdir zones; for i in $(seq 130); do echo 'file: in/z0' > zones/w$i.example.yaml; done; echo '{file: in/z0, output: signed/z0}' > zones/z0.example.yaml; echo 'zones-dir: zones' > zonesign.yaml
run "$z" build; is '130 files of a zones-dir that are wrong' 3 $status; is 'each is named' 130 "$(grep -o '^zones/w[0-9]*.example.yaml:.*error' err | sort -u | wc -l)"; is 'the right one is built' z0 "$(ls signed)"

# -- the last line says how many zones of all
fleet 6; rm in/z1 in/z2; echo 'b A x' >> in/z3; sed -i 's/z4}/z4, reload: "false"}/' zonesign.yaml; run "$z" -q build
is 'some of six zones' 3 $status; is 'are counted by what came of them' 'zonesign: of 6 zones 3 with wrong input, 1 failed' "$(tail -n 1 err)"
run "$z" -q build z5.example z4.example; is 'of two' 'zonesign: of 2 zones 1 failed' "$(tail -n 1 err)"; run "$z" -q build z4.example; hasnt 'one needs no count' err 'zonesign: of'
run "$z" build z0.example z5.example; is 'where all is well' '0 ' "$status $(cat err)"

# -- shards: each zone in exactly one, whatever the machine
fleet 40; for i in 1 2 3; do "$z" build --shard $i/3 >out.$i 2>err; cut -d' ' -f1 out.$i | sort -u > in.$i; done
is 'three shards are all zones' 40 "$(ls signed | wc -l)"; is 'no zone is in two' '' "$(sort in.1 in.2 in.3 | uniq -d)"
cat > shard.py <<'END'
import sys
part, of = map(int, sys.argv[1].split('/'))
for line in sys.stdin:
    h = 0xcbf29ce484222325
    for octet in b''.join(bytes([len(l)]) + l.encode() for l in line.strip().rstrip('.').lower().split('.')) + b'\0':
        h = (h ^ octet) * 0x100000001b3 % 2**64
    if h % of + 1 == part: print(line.strip())
END
is 'as the manual defines them' "$(cat in.2)" "$(sort in.1 in.2 in.3 | python3 shard.py 2/3)"
run "$z" --json status --shard 2/3; is 'status of a shard' "$(cat in.2)" "$(python3 -c 'import json; print("\n".join(sorted(z["zone"] for z in json.load(open("out"))["zones"])))')"
for wrong in 0/3 4/3 1 /3 1/ a/b 1/0 -1/3; do run "$z" build --shard $wrong; is "--shard $wrong" 2 $status; run "$z" status --shard $wrong; is "status --shard $wrong" 2 $status; done
if command -v parallel >/dev/null; then
	fleet 24; run parallel --will-cite -j 4 "$z" -q build --jobs 1 --shard {}/4 ::: 1 2 3 4
	is 'GNU parallel over four shards' 0 $status; is 'builds all' 24 "$(ls signed | wc -l)"; ok 'they verify' whole
else
	echo 'skipped: parallel is not installed'
fi
fleet 3; run "$z" build z1.example z1.example z2.example; is 'a zone named twice' 0 $status; is 'is built once' 2 "$(ls signed | wc -l)"

# -- a process that dies takes one zone down
fleet 60; echo 'boom A 192.0.2.1' >> in/z30
cat > die.c <<'END'
/* ends the process that reads a zone with "boom" in it, as a crash or the kernel out of memory would */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
ssize_t pread(int fd, void *buffer, size_t size, off_t offset)
{
	ssize_t (*real)(int, void *, size_t, off_t) = (ssize_t (*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread");
	const ssize_t n = real(fd, buffer, size, offset);
	if (n > 0 && memmem(buffer, (size_t)n, "boom A", 6))
		kill(getpid(), SIGKILL);
	return n;
}
ssize_t pread64(int fd, void *buffer, size_t size, off_t offset) { return pread(fd, buffer, size, offset); }
END
if ! ldd "$z" | grep -q 'asan\|tsan' && cc -shared -fPIC -o die.so die.c -ldl 2>cc.log; then
	LD_PRELOAD=./die.so run "$z" build; is 'a process that is killed' 1 $status
	has 'the zone is named' err 'z30.example.: error: the process that built this zone was ended by signal 9'
	is 'all others are built' 59 "$(ls signed | grep -c z)"; ok 'and verify' whole
	LD_PRELOAD=./die.so run "$z" --json build; is 'in JSON too' failed "$(python3 -c 'import json; print([z["outcome"] for z in json.load(open("out"))["zones"] if z["zone"] == "z30.example."][0])')"
	run "$z" build; is 'without the fault' 0 $status; is 'it is built' 60 "$(ls signed | grep -c z)"
fi

# -- a large zone beside small ones: last to be built, in its place when printed
fleet 12; python3 -c 'print("\n".join("h%d A 192.0.2.1" % i for i in range(30000)))' >> in/z5
run "$z" build; is 'a large zone among small ones' 0 $status; is 'in its place' 'z0 z1 z10 z11 z2 z3 z4 z5 z6 z7 z8 z9' "$(cut -d. -f1 out | uniq | xargs)"
ok 'it verifies' "$z" -q verify --origin z5.example signed/z5

# -- ended at any instant: old or new, whole, and the next run carries on
fleet 150; "$z" -q build >out.txt 2>err; cp -r signed old
i=0; while [ $i -lt 8 ]; do
	i=$((i + 1)); for f in in/z*; do echo "k$i A 192.0.2.2" >> "$f"; done
	"$z" -q build >out.txt 2>err & pid=$!
	sleep 0.0$((i * 9 % 10))$i; kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null
	bad=0; for f in signed/z1 signed/z77 signed/z149; do "$z" -q verify --origin "$(basename $f).example" $f >/dev/null 2>&1 || bad=1; done
	is "SIGKILL $i: what is there is whole" 0 $bad
done
tries=0; while pgrep -f "^$z -q build" >/dev/null && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
ok 'its processes are gone too' test $tries -lt 50
run "$z" -q build; is 'the next run carries on' 0 $status; ok 'all verify' whole
is 'all are up to date' 150 "$(grep -lE '^k8\.z[0-9]+\.example\. ' signed/z* | wc -l)"
is 'nothing is left' '' "$(find . -name '.*zonesign' | head -3)"
fleet 60; "$z" -q build >out.txt 2>err & pid=$!
sleep 0.05; kill -9 $pid; wait $pid 2>/dev/null; sleep 0.2
run "$z" -q build; is 'the first build ended, the next run carries on' 0 $status; is 'all are there' 60 "$(ls signed | wc -l)"; ok 'all verify' whole
fleet 150; "$z" build >out.txt 2>err & pid=$!
sleep 0.1; kill -TERM $pid; wait $pid 2>/dev/null; ok 'SIGTERM ends the run' test $? -gt 128

# -- the state on one file system, the zones on another
if [ -w /dev/shm ]; then
	fleet 8; other=$(mktemp -d /dev/shm/zonesign-XXXXXX); sed -i "1i state: $other/state" zonesign.yaml
	run "$z" -q build; is 'the state on another file system' 0 $status; ok 'all verify' whole
	echo 'x A 192.0.2.9' >> in/z3; run "$z" -q build; is 'and again' 0 $status; ok 'z3 has it' grep -q '^x.z3' signed/z3; rm -rf "$other"
fi

# -- a reader of what is printed that leaves: all zones are built, and the run says that it could not tell
fleet 20; run python3 -c 'import os, signal, subprocess, sys
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
read, write = os.pipe(); os.close(read)
sys.exit(subprocess.run(sys.argv[1:], stdout=write, restore_signals=True).returncode)' "$z" build --jobs 2
is 'a reader that has left: all are built' 20 "$(ls signed 2>/dev/null | wc -l)"; is 'and the run does not end well' 1 $status; has 'it says why' err 'cannot write to standard output'

# -- no room: a limit on the size of files stands for a full disk
fleet 20; python3 -c 'print("\n".join("h%d A 192.0.2.1" % i for i in range(200)))' >> in/z4
run sh -c "ulimit -f 40; trap '' XFSZ; '$z' build"; is 'an output that cannot be written' 1 $status
is 'the others are' 19 "$(ls signed | wc -l)"; has 'it is named' err 'z4.example.: error: cannot write'
run "$z" -q build; is 'with room' 0 $status; ok 'all verify' whole

# -- memory: check takes what the largest zone takes, not all of them together; mistakes and files by the thousand no square of their number
peak() { # COMMAND...: KiB
	python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' "$@"
}
if ! ldd "$z" | grep -q 'asan\|tsan'; then
	mkdir memory && cd memory || exit 1
	{ printf '$TTL 1h\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\nmail A 192.0.2.1\n'; seq -f 'h%.0f A 192.0.2.1' 100000; } > large.zone
	head -n 5 large.zone > small.zone
	for count in 1 10; do
		seq $count | awk 'BEGIN { print "zones:" } { print "  z" $1 ".test: {file: large.zone, output: out/z" $1 "}" }' > $count.yaml
	done
	one=$(peak "$z" -c 1.yaml check) ten=$(peak "$z" -c 10.yaml check)
	ok "check of ten zones ($ten KiB) takes what one takes ($one KiB)" test "$ten" -lt $((2 * one))
	for count in 20 420; do
		{ echo 'policies: {default: {observe: off}}'; echo 'zones:'; seq $count | sed 's|.*|  z&.test: {file: small.zone, output: made/s&}|'; } > small.yaml
		"$z" -q -c small.yaml build >build.out 2>&1
		for command in status keys ds check tlsa; do peak "$z" -c small.yaml $command > peak.$command.$count; done
	done
	for command in status keys ds check tlsa; do
		few=$(cat peak.$command.20) many=$(cat peak.$command.420)
		ok "$command of 420 small zones ($many KiB) takes little more than of 20 ($few KiB)" test "$many" -lt $((few + 5000))
	done
	awk 'BEGIN { print "policies:"; for (i = 0; i < 5000; i++) print "  p" i ": {denial: nsec}"
		print "zones:"; for (i = 0; i < 5000; i++) print "  z" i ".test: {file: small.zone, output: out/z" i ", policy: q" i "}" }' > policies.yaml
	run timeout 10 "$z" -c policies.yaml check; is '5,000 zones with policies that are not there' 3 $status
	kib=$(peak "$z" -c policies.yaml check); ok "in bounded memory ($kib KiB)" test "$kib" -lt 100000
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out mail.pem -days 90 -subj /CN=mail.z.test 2>/dev/null
	awk 'BEGIN { printf "zones:\n  z.test:\n    file: small.zone\n    output: out/z\n    dane:\n      - {host: mail.z.test, port: 25, certificate: ["
		for (i = 0; i < 2000; i++) printf "%smail.pem", i ? ", " : ""; print "]}" }' > certificates.yaml
	run timeout 20 "$z" -c certificates.yaml check; is '2,000 certificates at one host' 0 $status
	kib=$(peak "$z" -c certificates.yaml check); ok "in bounded memory ($kib KiB)" test "$kib" -lt 250000
	{ printf '[req]\ndistinguished_name=d\nx509_extensions=e\nprompt=no\n[d]\nCN=m\n[e]\nsubjectAltName=@s\n[s]\n'; seq 20000 | sed 's/.*/DNS.&=h&.z.test/'; } > many.cnf
	openssl req -new -x509 -config many.cnf -key key.pem -out many.pem -days 90 2>/dev/null
	awk 'BEGIN { printf "zones:\n  z.test:\n    file: small.zone\n    output: out/z\n    dane:\n      - {port: 443, certificate: many.pem, host: ["
		for (i = 1; i <= 500; i++) printf "%sh%d.z.test", (i > 1 ? ", " : ""), i; print "]}" }' > names.yaml
	run timeout 20 "$z" -c names.yaml check; is 'a certificate of 20,000 names at 500 hosts' 0 $status
	kib=$(peak "$z" -c names.yaml check); ok "in bounded memory ($kib KiB)" test "$kib" -lt 150000
	cd .. && rm -rf memory
fi
finish
