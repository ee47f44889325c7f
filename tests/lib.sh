# lib.sh - what the test scripts share: a directory of their own, counting, comparing. Sourced, not run.
# Each script: `. tests/lib.sh` from the top of the source, tests with ok/is, and `finish` at its end.
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
: "${ZONESIGN:=$top/build/zonesign}"
PATH=/usr/bin:$PATH # what `make deps` installs, before others of the name: one that is a script of a version manager starts in a second
passed=0 failed=0
work=$(mktemp -d)
pids=
cleanup() {
	for pid in $pids; do kill "$pid" 2>/dev/null; done
	for pid in $pids; do wait "$pid" 2>/dev/null; done
	rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM
cd "$work" || exit 1

pass() { passed=$((passed + 1)); }
fail() {
	failed=$((failed + 1))
	echo "FAIL: $1"
	shift
	for line; do echo "  $line"; done
}

# run COMMAND...: its output to ./out and ./err, its exit status to $status
run() {
	"$@" >out 2>err
	status=$?
}

# ok NAME COMMAND...: passes if the command succeeds
ok() {
	ok_name=$1
	shift
	if ok_output=$("$@" 2>&1); then pass; else fail "$ok_name" "$* failed:" "$(echo "$ok_output" | tail -n 15)"; fi
}

# is NAME WANTED GOT
is() {
	if [ "$2" = "$3" ]; then pass; else fail "$1" "wanted: $2" "got:    $3" "stderr: $(head -c 1500 err 2>/dev/null)"; fi
}

# has NAME FILE TEXT: the file has the text
has() {
	if grep -qF -- "$3" "$2"; then pass; else fail "$1" "'$3' is not in $2:" "$(head -c 1500 "$2")"; fi
}
hasnt() {
	if grep -qF -- "$3" "$2"; then fail "$1" "'$3' is in $2:" "$(grep -F -- "$3" "$2" | head -n 3)"; else pass; fi
}

# need PROGRAM...: a missing one is a failure in CI and a named skip elsewhere
need() {
	for program; do
		command -v "$program" >/dev/null && continue
		if [ "${CI:-}" = true ]; then fail "$program is not installed"; else echo "skipped: $program is not installed"; fi
		finish
	done
}

finish() {
	echo "$passed passed, $failed failed"
	[ "$failed" = 0 ]
	exit
}
