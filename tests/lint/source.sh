#!/bin/sh
# The rules of the source that a compiler does not know: layers, names, who includes which library.
. "$(dirname "$0")/../lib.sh"
cd "$top" || exit 1

layers() {
	grep -Hn '^#include "' lib/*/*.[ch] | awk -F'[:"/]' -v order="base dns config state zone dane keys rollover sign verify query live publish ds report" '
		BEGIN { n = split(order, s, " "); for (i = 1; i <= n; i++) at[s[i]] = i }
		{ from = $2; to = $6; head = $7 }
		!(from in at) || !(to in at) { print $0 ": unknown stage"; bad = 1; next }
		at[to] > at[from] { print $0 ": " from " must not know " to; bad = 1 }
		to != from && at[to] > 2 && head != to ".h" { print $0 ": private to " to; bad = 1 }
		END { exit bad }'
}
ok 'a stage includes only earlier stages, and only their header' layers

# only FOLDERS may include HEADER: libraries stay behind one door
only() {
	! grep -ln "#include <$1" lib/*.[ch] lib/*/*.[ch] cmd/*.[ch] | grep -vE "$2"
}
ok 'libyaml is included in base/yaml.c only' only yaml '^lib/base/yaml\.c$'
ok 'jansson is included in base/json.c only' only jansson '^lib/base/json\.c$'
ok 'ldns is included in live/ldns.h only' only ldns '^lib/live/ldns\.h$'
ok 'libssl is included in live/ssl.h only' only openssl/ssl '^lib/live/ssl\.h$'
ok 'libunbound is included in live/unbound.h only' only unbound '^lib/live/unbound\.h$'
linked() { ! readelf -d build/release/zonesign | grep 'NEEDED.*lib\(unbound\|ldns\|ssl\)'; }
ok 'what only the network needs is not linked' linked
ok 'OpenSSL stays where crypto is' only openssl '^lib/(base/(secret|hash)\.c|(dns|dane|keys|sign|verify|live)/)'
apart() { ! grep -nE '#include "(sign|rollover|keys)/' lib/verify/*.[ch]; }
ok 'the verifier knows nothing of the signer' apart

symbols() {
	nm -g --defined-only build/release/libzonesign.a | awk 'NF==3 && $3 !~ /^zs_/ {print; bad=1} END{exit bad}'
}
ok 'what leaves a file begins with zs_' symbols
twice() { ! nm -g --defined-only build/release/libzonesign.a | awk 'NF==3 {print $3}' | sort | uniq -d | grep .; }
ok 'no name is defined twice in the library' twice
tests_for_all() {
	missing=0
	for name in build check ds fmt init keys query roll status tlsa verify; do
		grep -q "^\.It Cm $name\b\|^\.Ss .*$name" cmd/zonesign.1 || { echo "zonesign.1 does not tell of '$name'"; missing=1; }
	done
	return $missing
}
ok 'the manual tells of every command' tests_for_all
words_of() { grep -ohE "$1" $2 | grep -oE "$3" | sort -u; }
# what is in a message of the source has its entry in the manual, and the other way round
guards() {
	code=$(words_of '"G[0-9]+[a-z]?"|\(G[0-9]+[a-z]?\)|zs_verify_(refuse|unwise)\(v, [0-9]+' 'lib/*.c lib/*/*.c cmd/*.c' '[0-9]+[a-z]?')
	manual=$(sed -n '/^\.Ss Guards/,/^\.El/p' cmd/zonesign.1 | grep -oE '^\.It G[0-9]+[a-z]?' | grep -oE '[0-9]+[a-z]?' | sort -u)
	for g in $code; do echo "$manual" | grep -qx "$g" || { echo "the manual does not tell of G$g"; return 1; }; done
	for g in $manual; do echo "$code" | grep -qx "$g" || grep -q "G$g\b" lib/report/status.c || { echo "no message has the G$g of the manual"; return 1; }; done
}
ok 'the manual tells of every guard' guards
accepted() {
	list=$(grep -oE 'guards\[\] = \{[^}]*' lib/build_plan.c | grep -oE 'G[0-9]+[a-z]?')
	for g in $list; do
		grep -q "^\.It $g\*" cmd/zonesign.1 || { echo "$g can be accepted, and has no asterisk"; return 1; }
	done
	[ "$(grep -cE '^\.It G[0-9]+[a-z]?\*' cmd/zonesign.1)" = "$(echo "$list" | grep -c .)" ]
}
ok 'and of those that --accept takes' accepted
ok 'the manual is well-formed' sh -c 'command -v mandoc >/dev/null || exit 0; mandoc -T lint -W error cmd/zonesign.1'
finish
