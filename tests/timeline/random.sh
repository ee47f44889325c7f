#!/bin/sh
# Random schedules against the oracle of all caches: 1,000 zone-years, no bogus instant, no roll that does not end.
. "$(dirname "$0")/../lib.sh"
random=$top/build/${FLAVOUR:-release}/timeline/random
[ "${FLAVOUR:-release}" = release ] && years=1000 || years=50
half=$((years / 2))
"$random" 1 ${half}y >out1 2>&1 & pid=$!
run "$random" 500000 ${half}y
is "$half zone-years" 0 $status
[ $status = 0 ] || tail -n 20 out
wait $pid
is "$half other zone-years" 0 $?
grep -h FAIL out out1
has 'what was looked at' out 'mixes of cached sets validated'
finish
