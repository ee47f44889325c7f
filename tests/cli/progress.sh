#!/bin/sh
# How far a long work is: on a terminal only, gone when it is over; -v tells time and octets of each stage.
. "$(dirname "$0")/../lib.sh"
need python3
z=$ZONESIGN

cat > terminal.py <<'END'
# runs a command with stderr, or all of its streams, on a terminal; prints what the terminal got
import os, pty, subprocess, sys
main, side = pty.openpty()
env = dict(os.environ, TERM=sys.argv[1])
child = subprocess.Popen(sys.argv[3:], stdin=subprocess.DEVNULL, stdout=side if sys.argv[2] == 'all' else subprocess.DEVNULL, stderr=side, env=env)
os.close(side)
got = b''
while True:
    try:
        part = os.read(main, 65536)
    except OSError:
        break
    if not part:
        break
    got += part
sys.stdout.buffer.write(got)
sys.exit(child.wait())
END
head='$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\n'
{ printf "$head"; python3 -c 'print("\n".join("h%d A 192.0.2.1" % i for i in range(20000)))'; } > large
{ printf "$head"; python3 -c 'print("\n".join("h%d A 192.0.2.1" % i for i in range(6000)))'; } > middle
printf 'policies: {default: {observe: off}}\nzones:\n  large.example: {file: large, output: signed/large}\n' > large.yaml
printf 'policies: {default: {observe: off}}\nzones:\n  middle.example: {file: middle, output: signed/middle}\n' > middle.yaml
run python3 terminal.py xterm all "$z" -c large.yaml build --jobs 1; is 'one zone on a terminal' 0 $status
has 'the stage is shown' out 'large.example.: verify'
ok 'how far' grep -q ', [0-9]*%' out
ok 'how long still' grep -q 's to go' out
is 'nothing of it stays: each line of progress is cleared' '' "$(sed 's/.*\x1b\[K//' out | grep ' to go\|% *\[' | head -n 1)"
again() { rm -rf state signed; } # a whole build takes a second: long enough to be shown where it must not be
again; run python3 terminal.py xterm err "$z" -c middle.yaml build --jobs 1; has 'one that takes a second' out 'middle.example.: '
again; run python3 terminal.py xterm all "$z" -q -c middle.yaml build --jobs 1; is 'with -q' '' "$(cat out)"
again; run python3 terminal.py dumb err "$z" -c middle.yaml build --jobs 1; is 'a terminal that cannot move its cursor' '' "$(cat out)"
again; run "$z" -c middle.yaml build --jobs 1; is 'in cron: no progress' '' "$(cat err)"

mkdir in; { echo "policies: {default: {observe: off}}"; echo zones:; i=0; while [ $i -lt 900 ]; do { printf "$head"; echo "www A 192.0.2.1"; } > in/z$i; echo "  z$i.example: {file: in/z$i, output: signed/z$i}"; i=$((i + 1)); done; } > many.yaml
run python3 terminal.py xterm err "$z" -c many.yaml build; is 'many zones on a terminal' 0 $status
ok 'how many are done' grep -qE '[0-9]+ of 900 zones, [0-9]+%' out
is 'nothing of it stays' '' "$(sed 's/.*\x1b\[K//' out)"
run "$z" -c many.yaml build; is 'in cron, nothing to do: nothing' '' "$(cat out err)"

printf 'v A 192.0.2.2\n' >> middle; run "$z" -v -c middle.yaml build; is '-v' 0 $status
for stage in read check keys sign write reread verify publish; do
	ok "-v: time of $stage" grep -qE "^  $stage +[0-9.]+ s" err
done
for stage in read write reread verify; do
	ok "-v: octets of $stage" grep -qE "^  $stage .* MB +[0-9]+ MB/s" err
done
run "$z" -v check --origin middle.example middle; ok '-v of check' grep -qE '^  read .* MB/s' err
run "$z" -v verify --origin middle.example signed/middle
for stage in read verify; do
	ok "-v of verify: $stage" grep -qE "^  $stage .* MB +[0-9]+ MB/s" err
done
run python3 terminal.py xterm err "$z" verify --origin middle.example --jobs 1 signed/middle; has 'verify on a terminal' out 'zonesign: verify'
run "$z" -v -c many.yaml build z1.example z2.example; has '-v of several zones' out 'z2.example. nothing to do'
finish
