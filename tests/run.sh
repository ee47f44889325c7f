#!/bin/sh
# Runs the kinds of test named as arguments, JOBS scripts at a time (one more than there are cores: many wait for a server), and ends with "N passed, N failed".
# Each runner's own last line is of that form too; a runner that dies without one counts as one failure.
# What a script prints appears when it ends, as one block.
set -u
cd "$(dirname "$0")/.."
: "${ZONESIGN:=build/zonesign}"
case $ZONESIGN in /*) ;; *) ZONESIGN=$PWD/$ZONESIGN ;; esac
export ZONESIGN

# one NAME LOG: what is worth reading of the script's log, and its line; the counts go to LOG.counts
one() {
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$2" | tail -n 1)
	p=$(echo "$line" | sed -n 's/^\([0-9]*\) passed.*/\1/p')
	f=$(echo "$line" | sed -n 's/.* passed, \([0-9]*\) failed.*/\1/p')
	[ -n "$p" ] || { p=0 f=1; }
	[ "$3" = 0 ] || [ "$f" != 0 ] || f=1
	echo "$p $f" > "$2.counts"
	echo "== $1"
	if [ "$f" = 0 ]; then
		grep -E 'skipped' "$2" | grep -v ' passed' || :
	else
		tail -n 60 "$2"
	fi
	echo "$1: $p passed, $f failed, $4 s"
}

if [ "${1:-}" = --one ]; then # --one DIRECTORY NAME: what xargs calls below
	log=$2/$(echo "$3" | tr / -) began=$(date +%s)
	case $3 in
	unit) make -s unit ;;
	*) sh "tests/$3.sh" ;;
	esac > "$log" 2>&1
	status=$?
	block=$(one "$3" "$log" $status $(($(date +%s) - began)))
	echo "$block"
	exit 0
fi

logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
trap 'exit 1' INT TERM
: > "$logs/list"
for kind; do
	before=$(wc -l < "$logs/list")
	[ "$kind" != unit ] || echo unit >> "$logs/list"
	for script in tests/"$kind"/*.sh; do
		case $script in */lib.sh | *.lib.sh) continue ;; esac
		[ ! -e "$script" ] || echo "$kind/$(basename "$script" .sh)" >> "$logs/list"
	done
	[ "$(wc -l < "$logs/list")" -gt "$before" ] || { echo "== there is no test of the kind '$kind'"; echo "0 1" > "$logs/kind-$kind.counts"; }
done
# those of e2e wait for servers more than they compute: one after every two others
grep '^e2e/' "$logs/list" > "$logs/waiting"
grep -v '^e2e/' "$logs/list" | awk -v waiting="$logs/waiting" '{ print } NR % 2 == 0 && (getline other < waiting) > 0 { print other } END { while ((getline other < waiting) > 0) print other }' > "$logs/order"
xargs -r -n 1 -P "${JOBS:-$(($(nproc) + 1))}" sh tests/run.sh --one "$logs" < "$logs/order" || echo '== a script was ended from outside'
while read -r name; do # one that left no count did not come to its end
	[ -e "$logs/$(echo "$name" | tr / -).counts" ] || { echo "== $name did not end"; echo "0 1" > "$logs/$(echo "$name" | tr / -).counts"; }
done < "$logs/list"
cat "$logs"/*.counts 2>/dev/null | awk '{ p += $1; f += $2 } END { printf "%d passed, %d failed\n", p, f; exit f > 0 || p == 0 }'
