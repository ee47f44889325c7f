#!/bin/sh
# The bench itself: its zones are the same everywhere and right, and its table says what was measured.
. "$(dirname "$0")/../lib.sh"
need python3 make cc
make -s -C "$top" build/bench/generate build/bench/loop build/bench/scan >out 2>&1 || fail 'the bench builds' "$(tail -n 5 out)"
generate=$top/build/bench/generate

for kind in 'dense 2000' 'tld 2000'; do
	$generate $kind > a; $generate $kind > b; $generate $kind 7 > c
	ok "$kind: the same twice" cmp a b
	ok "$kind: another seed, another zone" sh -c '! cmp -s a c'
	case $kind in dense*) origin=bench.example ;; *) origin=bench ;; esac
	run "$ZONESIGN" check --origin $origin a
	is "$kind: nothing to complain about" '1 zone checked: 0 errors, 0 warnings' "$(cat out err)"
done
$generate dense 2000 > a
"$ZONESIGN" fmt --origin bench.example a > f
for type in A AAAA MX TXT CNAME SRV CAA TLSA NS DS; do
	ok "dense has $type" grep -q " IN $type " f
done
ok 'and wildcards' grep -q '^\*\.' f
$generate tld 2000 > a
is 'one delegation of ten has a DS' yes "$(awk '$4 == "DS" {n++} END {print (n > 150 && n < 250) ? "yes" : "no: " n}' a)"
mkdir d; $generate fleet 3 60 d
is 'a fleet' 3 "$(ls d | wc -l)"
run "$ZONESIGN" check --origin z000002.example d/z000002.example.zone
is 'its zones are right' 0 $status
run $generate dense nonsense; is 'a number that is none' 2 $status
run $generate nonsense 3; is 'a kind that is none' 2 $status

run "$top/build/bench/loop" ed25519 2 0.05; is 'the loop signs' 0 $status
ok 'and says how fast' test "$(cat out)" -gt 100
run "$top/build/bench/loop" nonsense 2 0.05; is 'with an algorithm that is none' 1 $status
run "$top/build/bench/loop" once 3; is 'the least that a build can be' 0 $status
$generate tld 2000 > a; run "$top/build/bench/scan" bench a 3; is 'the scanner alone' 0 $status; ok 'it says how fast' test "$(cat out)" -gt 1
run python3 -B "$top/tests/bench/bench.py" --only nonsense; is 'a row that is none' 2 $status; has 'it names those there are' err 'rebuild-dense'

# ten records are changed, in any tool's format; peers are timed on the same change
python3 -B - "$top/tests/bench" <<'END' >out 2>err
import subprocess, sys
sys.path.insert(0, sys.argv[1])
import table, tools
for kind in 'dense', 'tld':
    open('z', 'wb').write(subprocess.run([sys.argv[1] + '/../../build/bench/generate', kind, '2000'],
                                         stdout=subprocess.PIPE, check=True).stdout)
    tools.change('z', 'y', 1)
    a, b = open('z').read().splitlines(), open('y').read().splitlines()
    print(kind, len(a) == len(b), sum(x != y for x, y in zip(a, b)))
results = table.Results('r/results.jsonl', {'quick': False, 'date': 'D', 'machine': 'M', 'cores': 2, 'threads': 2, 'rounds': 3,
                                            'versions': {'BIND': '9', 'Knot': None}})
results.claim('row', 'work', '1 s', 'peer 2 s', '2.00x', '2x', 'yes')
results.put(kind='end', whole=True)
open('README.md', 'w').write('before\n' + table.BEGIN + '\nold\n' + table.END + '\nafter\n')
table.write_readme('README.md', *table.last_run('r/results.jsonl', False))
END
has 'ten changes in dense' out 'dense True 10'
has 'ten changes in tld' out 'tld True 10'
has 'the table has the claim' README.md '| work | 1 s | peer 2 s | 2.00x | 2x | yes |'
has 'it names a peer that is missing' README.md 'Missing: Knot.'
hasnt 'the old table is gone' README.md old
is 'the rest stays' 'before after' "$(sed -n '1p;$p' README.md | xargs)"
finish
