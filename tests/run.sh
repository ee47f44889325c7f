#!/bin/sh
# Runs the kinds of test named as arguments, one after the other, and ends with "N passed, N failed". Each runner's own
# last line is of that form too; a runner that dies without one counts as one failure.
set -u
cd "$(dirname "$0")/.."
: "${ZONESIGN:=build/zonesign}"
case $ZONESIGN in /*) ;; *) ZONESIGN=$PWD/$ZONESIGN ;; esac
export ZONESIGN
passed=0 failed=0

run() {
	name=$1
	shift
	echo "== $name"
	log=$(mktemp)
	"$@" >"$log" 2>&1
	status=$?
	line=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	p=$(echo "$line" | sed -n 's/^\([0-9]*\) passed.*/\1/p')
	f=$(echo "$line" | sed -n 's/.* passed, \([0-9]*\) failed.*/\1/p')
	[ -n "$p" ] || { p=0 f=1; }
	[ $status = 0 ] || [ "$f" != 0 ] || f=1
	if [ "$f" = 0 ]; then
		grep -E 'skipped' "$log" | grep -v ' passed' || :
	else
		tail -n 60 "$log"
	fi
	echo "$name: $p passed, $f failed"
	passed=$((passed + p)) failed=$((failed + f))
	rm -f "$log"
}

for kind; do
	case $kind in
	unit) run unit make -s unit ;;
	*)
		for script in tests/"$kind"/*.sh; do
			[ -e "$script" ] || continue
			case $script in */lib.sh | *.lib.sh) continue ;; esac
			run "$kind/$(basename "$script" .sh)" sh "$script"
		done ;;
	esac
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
