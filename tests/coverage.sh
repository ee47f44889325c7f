#!/bin/sh
# What of lib/rollover its tests reach: unit tests, timelines and some random schedules (SCHEDULES, 300), by gcov: lines that never
# ran, branches that were never taken, and the sums. What only "a bug in zonesign" reaches, and says so on its line, does not count.
set -eu
cd "$(dirname "$0")/.."
build=build/coverage
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
find $build -name '*.gcda' -delete
$build/unit rollover >"$work/unit" 2>&1 || { tail -n 20 "$work/unit"; exit 1; }
for script in tests/timeline/cases/*.case; do
	$build/timeline/cases "$script" >/dev/null
done
$build/timeline/random 1 "${SCHEDULES:-300}" >"$work/random" 2>&1 || { tail -n 20 "$work/random"; exit 1; }
for source in lib/rollover/*.c; do
	gcov -b -t -o $build/lib/rollover "$source" 2>/dev/null
done | awk '
	/^ *-: *0:Source:/ { file = $0; sub(/.*Source:/, "", file); ours = file ~ /^lib\/rollover\/.*\.c$/; next }
	!ours { next }
	/^ *[0-9#*-]+:/ { bug = /a bug in zonesign/ }
	bug { next }
	/^ *#####:/ { missed_lines[file]++; lines[file]++; print "never run: " file ": " $0 }
	/^ *[0-9]+\*?:/ { lines[file]++; split($0, part, ":"); at = part[2] + 0 }
	/^branch/ { branches[file]++; if (/never executed|taken 0%/) { missed[file]++; print "never taken: " file ":" at ": " $0 } }
	END {
		for (f in lines) {
			printf "%-28s %4d of %4d lines, %4d of %4d branches\n", f, lines[f] - missed_lines[f], lines[f], branches[f] - missed[f], branches[f]
			l += lines[f]; ml += missed_lines[f]; b += branches[f]; mb += missed[f]
		}
		if (!b) { print "no coverage was measured"; exit 1 }
		printf "lib/rollover: %.1f%% of %d lines, %.1f%% of %d branches\n", 100 * (l - ml) / l, l, 100 * (b - mb) / b, b
		exit ml + mb > 0
	}'
