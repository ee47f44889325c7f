#!/bin/sh
# What of lib/rollover its tests reach: unit tests, timelines and some random schedules, by gcov. Branches that only a failed
# assertion or a lack of memory takes are not there: the engine has none. Ends with the lines and branches that were missed.
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
objects=$PWD/$build/lib/rollover top=$PWD
cd "$work"
for source in "$top"/lib/rollover/*.c; do
	gcov -b -o "$objects" "$source" >/dev/null 2>&1
done
awk '
	FNR == 1 { file = FILENAME; sub(/\.gcov$/, "", file); sub(/.*#/, "", file); if (file !~ /\.c$/) nextfile }
	/^ *#####:/ { missed_lines[file]++; lines[file]++; print file ": never run: " $0 }
	/^ *[0-9]+\*?:/ { lines[file]++; split($0, part, ":"); at = part[2] + 0; text = $0 }
	/^branch/ { branches[file]++; if (/never executed|taken 0%/) { missed[file]++; print file ":" at ": " $0 } }
	END {
		for (f in lines) {
			printf "%-14s %4d of %4d lines, %4d of %4d branches\n", f, lines[f] - missed_lines[f], lines[f], branches[f] - missed[f], branches[f]
			l += lines[f]; ml += missed_lines[f]; b += branches[f]; mb += missed[f]
		}
		printf "lib/rollover: %.1f%% of %d lines, %.1f%% of %d branches\n", 100 * (l - ml) / l, l, 100 * (b - mb) / b, b
	}' rollover.c.gcov goals.c.gcov moves.c.gcov rules.c.gcov served.c.gcov simulate.c.gcov timing.c.gcov
