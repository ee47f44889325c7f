#!/bin/sh
# Each zone of testdata/zones has one defect, or none. It begins with "; expect: STATUS [@LINE] TEXT" once or more: the exit
# status of check, and TEXT in what it prints; with @LINE, in a diagnostic about that line of the zone, or in its hint.
. "$(dirname "$0")/../lib.sh"
cp "$top"/testdata/zones/* .

# told FILE LINE TEXT: is TEXT in a diagnostic about that line? What begins with a blank belongs to the line above.
told() {
	place="$1:$2:" text=$3 LC_ALL=C awk '
		/^[^ ]/ { here = index($0, ENVIRON["place"]) == 1 }
		here && index($0, ENVIRON["text"]) { found = 1 }
		END { exit !found }' err
}

count=0
for file in *.zone; do
	count=$((count + 1))
	run "$ZONESIGN" check --origin example.com "$file"
	cat out err > both
	tr -d '\r' < "$file" | sed -n '/^; expect: /!q; s///p' > expected
	ok "$file: it says what is expected" test -s expected
	while read -r wanted text; do
		is "$file: exit status" "$wanted" "$status"
		case $text in
		@*) ok "$file: $text" told "$file" "$(echo "${text%% *}" | tr -d @)" "${text#* }" ;;
		*) has "$file: words" both "$text" ;;
		esac
	done < expected
done
ok 'the zones are there' test "$count" -ge 100

run "$ZONESIGN" check --origin example.com another-zones-file.zone
hasnt "another zone's file: not a word of its records" err 'outside of zone'
is "another zone's file: one error" 'zone checked: 1 error, 0 warnings' "$(sed 's/^1 //' out)"

run "$ZONESIGN" check --origin example.com /nonexistent
is 'a file that is not there' 3 "$status"
run "$ZONESIGN" check --origin example.com .
is 'a directory' 3 "$status"

# what an $INCLUDE may not reach
mkfifo pipe
printf '$INCLUDE pipe\n' > include-pipe
run timeout 10 "$ZONESIGN" check --origin example.com include-pipe
is 'an included pipe is not waited for' 3 "$status"
deep() { # DEPTH: files that include one another
	{ head -n 6 good-origin.zone; echo '$INCLUDE deep-1'; } > deep
	for i in $(seq "$1"); do echo "\$INCLUDE deep-$((i + 1))" > deep-$i; done
	echo 'bottom A 192.0.2.1' > deep-$1
	run "$ZONESIGN" check --origin example.com deep
}
deep 16
is 'files included 16 deep' 0 "$status"
deep 17
is 'files included 17 deep' 3 "$status"
ok 'files included 17 deep: place' told deep-16 1 'more than 16 deep'
ln -s /etc/passwd link.inc
printf '$INCLUDE link.inc\n' > include-link
run "$ZONESIGN" check --origin example.com include-link
has 'a link that leads outside' err 'is not beneath the directory'
hasnt 'nothing of it is shown' err root:

# a key that a zone file names, or leads to: whoever is told what is wrong with the zone need not be who may read it
secret() { # NAME WORD: the file `key`, as what is included and as the zone file itself
	{ head -n 6 good-origin.zone; echo '$INCLUDE key'; } > include-key
	run "$ZONESIGN" --json check --origin example.com include-key; is "$1, included" 3 "$status"
	has 'what it is' err "'key' holds a secret key"; hasnt 'it is not shown' err "$2"; hasnt 'nor in JSON' out "$2"
	ln -sf key link-key
	run "$ZONESIGN" --json check --origin example.com link-key; is "$1, as the zone file" 3 "$status"
	has 'what that is' err "'link-key' holds a secret key"; hasnt 'that is not shown' err "$2"; hasnt 'nor that in JSON' out "$2"
}
printf 'Private-key-format: v1.3\nAlgorithm: 13 (ECDSAP256SHA256)\nPrivateKey: c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I=\n' > key; secret 'a key of a zone' c2VjcmV0
printf -- '-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IHNlY3I=\n-----END EC PRIVATE KEY-----\n' > key; secret 'a key in PEM' c2VjcmV0
printf '\n# of rndc\nkey "x" {\n\talgorithm hmac-sha256;\n\tsecret "c2VjcmV0";\n};\n' > key; secret 'a TSIG key' c2VjcmV0
printf 'key TXT "{ algorithm secret"\n TXT "Private-key-format: v1.3" "-----BEGIN PRIVATE KEY-----"\n' > key; run "$ZONESIGN" check --origin example.com include-key; is 'what speaks of keys is none' 0 "$status"

# a directory that becomes a link while the zone is read
mkdir -p outside t/sub; echo 'planted secret-word' | tee outside/inc > outside/sub-inc; echo 'x A 192.0.2.1' | tee t/inc > t/sub/inc
cat > swap.c <<'END'
/* SWAP is a directory: before (SWAP_BEFORE) or after the path of SWAP_AT is resolved, it becomes a link to "outside" */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static void swap(void)
{
	const char *dir = getenv("SWAP"), *root = getenv("OUTSIDE");
	if (rename(dir, "moved") == 0)
		(void)!symlink(root, dir);
}
char *realpath(const char *path, char *out)
{
	char *(*real)(const char *, char *) = (char *(*)(const char *, char *))dlsym(RTLD_NEXT, "realpath");
	const int here = strcmp(path, getenv("SWAP_AT")) == 0;
	if (here && getenv("SWAP_BEFORE"))
		swap();
	char *result = real(path, out);
	if (here && !getenv("SWAP_BEFORE"))
		swap();
	return result;
}
char *__realpath_chk(const char *path, char *out, size_t len) { (void)len; return realpath(path, out); }
END
if ! ldd "$ZONESIGN" | grep -q 'asan\|tsan' && cc -shared -fPIC -o swap.so swap.c -ldl 2>cc.log; then
	{ head -n 6 good-origin.zone; echo '$INCLUDE sub/inc'; } > t/z.zone
	mv outside/sub-inc outside/inc
	OUTSIDE=$PWD/outside; export OUTSIDE
	SWAP=t/sub SWAP_AT=t/sub/inc LD_PRELOAD=./swap.so run "$ZONESIGN" check --origin example.com t/z.zone
	is 'a directory that was replaced by a link is not entered' 3 "$status"; hasnt 'nothing behind it is shown' err secret-word
	ok 'it was replaced' test -L t/sub; rm t/sub; mv moved t/sub
	{ head -n 6 good-origin.zone; echo '$INCLUDE inc'; } > t/z.zone
	SWAP=t SWAP_AT=t SWAP_BEFORE=1 LD_PRELOAD=./swap.so run "$ZONESIGN" check --origin example.com t/z.zone
	is 'nor is one that is now called as that of the zone file' 3 "$status"; hasnt 'nothing in it is shown' err secret-word
	ok 'that was replaced, too' test -L t; rm t; mv moved t
	run "$ZONESIGN" check --origin example.com t/z.zone; is 'without links all is read' 0 "$status"
fi

printf '$INCLUDE none\033[31m\302\233red\303\244\n' > include-red
run "$ZONESIGN" check --origin example.com include-red
has 'what a stranger names does nothing to the terminal' err "'none\\027[31m\\194\\155red$(printf '\303\244')'"
printf '$INCLUDE \23331m\302\342\200\256\342\201\247x\342\202\254\355\240\200\n' > include-red
run "$ZONESIGN" check --origin example.com include-red
has 'nor to one that is not of UTF-8, nor to the order of its characters' err "'\\15531m\\194\\226\\128\\174\\226\\129\\167x$(printf '\342\202\254')\\237\\160\\128'"
# names of every length at every place of the scanner's first block of 64 KiB (a sanitizer sees what is read behind it)
for names in 20 21 22 23 24 25 26 27 28 29 30; do
	awk -v names=$names 'BEGIN {
		y = sprintf("%250s", ""); gsub(/ /, "y", y)
		l = sprintf("%60s", ""); gsub(/ /, "l", l)
		print "$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test."
		for (i = 0; i < 254; i++) printf "%s TXT \"%04d%s\"\n", i == 127 ? "b" : i ? "" : "a", i, i == 127 ? substr(y, 2) : y
		for (i = 0; i < names; i++) printf "n%d A 192.0.2.1\n", i
		print l "." l "." l " A 192.0.2.1"
	}' > block.zone
	run "$ZONESIGN" check --origin example.com block.zone
	is "a block filled with $names names" 0 "$status"
done
# small files that would take minutes or gigabytes: each is judged within seconds
hostile() { head -n 6 good-origin.zone > hostile.zone; awk "BEGIN { $1 }" >> hostile.zone; }
hostile 'printf "a A 192.0.2.1 "; for (i = 0; i < 400000; i++) printf "()"; print ""'; run timeout 20 "$ZONESIGN" check --origin example.com hostile.zone
is '400,000 pairs of parentheses on one line' 0 "$status"
hostile 'for (i = 0; i < 300000; i++) print "a x"'; run timeout 20 "$ZONESIGN" check --origin example.com hostile.zone
is '300,000 lines of no type' 3 "$status"; has 'all are counted' out '300000 errors'
hostile 'printf "$GENERATE 1-900000 h$ TXT"; for (i = 0; i < 9; i++) { printf " \""; for (j = 0; j < 250; j++) printf "x"; printf "\"" } print ""'
run timeout 20 "$ZONESIGN" check --origin example.com hostile.zone; is 'a $GENERATE of gigabytes' 3 "$status"; has 'it has a bound' err 'more than 268435456 octets of records in all'
hostile 'printf "$GENERATE 1-900000 "; for (i = 0; i < 110; i++) printf "a."; print "h$ A 192.0.2.1"'
run timeout 20 "$ZONESIGN" check --origin example.com hostile.zone; is 'a $GENERATE of a hundred million empty non-terminals' 3 "$status"; has 'it has a bound, too' err 'owners of more than 4000000 labels in all'
hostile 'printf "a TXT"; for (i = 0; i < 20000000; i++) printf " a"; print ""'
run timeout 20 "$ZONESIGN" check --origin example.com hostile.zone; is 'a line of 20 million fields' 3 "$status"; has 'what is behind the first 70,000 is no record' out '1 zone checked: 1 error'
hostile 'print "a TXT ("; for (i = 0; i < 1000000; i++) print "; a comment that makes the file longer than many slices are, and no end"'
run timeout 20 "$ZONESIGN" check --origin example.com hostile.zone; is 'a parenthesis that is open to the end of 70 MB' 3 "$status"; ok 'is told with its place' told hostile.zone 7 'a parenthesis that is never closed'
hostile 'for (i = 0; i < 100; i++) deep = deep "x."; for (i = 0; i < 20000; i++) print "d" i " MX 1 " deep "t" i'; run timeout 10 "$ZONESIGN" check --origin example.com hostile.zone
is '20,000 targets of a hundred labels' 0 "$status"; has 'all are counted' out '20000 warnings'
hostile 'for (i = 0; i < 100; i++) deep = deep "x."; print "d DNAME other.test."; for (i = 0; i < 20000; i++) print deep "t" i ".d A 192.0.2.1"'; run timeout 10 "$ZONESIGN" check --origin example.com hostile.zone
is '20,000 names of a hundred labels below a DNAME' 3 "$status"; has 'all are counted' out '20000 errors'
rm hostile.zone
{ head -n 6 good-origin.zone; yes '$INCLUDE self.zone' | head -n 20000; } > self.zone
run timeout 20 "$ZONESIGN" check --origin example.com self.zone; is 'a file that includes itself 20,000 times' 3 "$status"; has 'it is opened no second time' out '10001 errors'
yes '$INCLUDE part.inc' | head -n 9000 > part.inc; { head -n 6 good-origin.zone; yes '$INCLUDE part.inc' | head -n 9000; } > self.zone
run timeout 20 "$ZONESIGN" check --origin example.com self.zone; is '9,000 times a file that includes itself 9,000 times' 3 "$status"; has 'no more than 10,000 are tried' out '9999 errors'
rm self.zone part.inc
# the wildcard at the closest encloser answers, be that an empty non-terminal; one above it does not (RFC 4592 section 3.3.1)
{ head -n 6 good-origin.zone; printf '%s\n' '*.w A 192.0.2.1' 'x.ent.w A 192.0.2.1' 'd.w DNAME other.test.' 'c NS ns.c' 'ns.c A 192.0.2.1' 'm1 MX 1 any.any.w' 'm2 MX 1 any.ent.w' 'm3 MX 1 ent.w' \
	'm4 MX 1 any.any.d.w' 'm5 MX 1 any.any.c' 'm6 MX 1 w'; } > encloser.zone
run "$ZONESIGN" check --origin example.com encloser.zone
is 'targets and wildcards' 0 "$status"; has 'three have no address' out '3 warnings'
for target in any.ent.w ent.w w; do has "no wildcard answers for $target" err "points to '$target.example.com.', which has no address"; done
rm encloser.zone

# files that are included again and again: bounded by their sum, which is judged before they are read
mkdir bomb && cd bomb || exit 1
truncate -s 400M large.inc other.inc third.inc
printf '$TTL 1h\n@ SOA ns.other.test. host 1 1 1 1 1\n@ NS ns.other.test.\n$INCLUDE large.inc\n$INCLUDE large.inc\n$INCLUDE other.inc\n$INCLUDE third.inc\n' > bomb.zone
run "$ZONESIGN" check --origin example.com bomb.zone
is 'a bomb of includes: exit status' 3 "$status"
has 'a bomb of includes' err 'bomb.zone:7:10: error: the included files have more than 1073741824 octets together'
has 'a file once more' err 'bomb.zone:5:10: error: files that are included more than once have more than 67108864 octets together, without the first time'
rm large.inc other.inc third.inc
# a small file, each time below another name, is not as many records as it likes
yes 'a A 192.0.2.1' | head -n 100000 > small.inc
{ printf '$TTL 1h\n@ SOA ns.other.test. host 1 1 1 1 1\n@ NS ns.other.test.\n'; for i in $(seq 60); do echo "\$INCLUDE small.inc n$i"; done; } > bomb.zone
run "$ZONESIGN" check --origin example.com bomb.zone; is 'a file of 1.4 MB, sixty times: exit status' 3 "$status"; has 'a file of 1.4 MB, sixty times' err 'files that are included more than once'
head -n 43 bomb.zone > some.zone; run "$ZONESIGN" -q check --origin example.com some.zone; is 'forty times is fine' 0 "$status"
finish
