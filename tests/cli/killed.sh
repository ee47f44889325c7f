#!/bin/sh
# A run that ends between the intent and the record, by a kill or by a rename that fails: the state never says that something is in
# service which was not published, and what was published is known.
. "$(dirname "$0")/../lib.sh"
need cc
z=$ZONESIGN
if ldd "$z" | grep -q 'asan\|tsan'; then
	echo 'skipped: another library cannot be laid before a sanitizer'
	finish
fi
cat > fault.c <<'END'
/* FAULT at the rename to the output: "before" and "after" kill the process there, "fail" lets the rename fail */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	int (*real)(int, const char *, int, const char *) = (int (*)(int, const char *, int, const char *))dlsym(RTLD_NEXT, "renameat");
	const char *fault = getenv("FAULT");
	if (!fault || strcmp(to, "signed.zone") != 0)
		return real(from_dir, from, to_dir, to);
	if (strcmp(fault, "fail") == 0) {
		errno = EIO;
		return -1;
	}
	if (strcmp(fault, "after") == 0)
		(void)!real(from_dir, from, to_dir, to);
	kill(getpid(), SIGKILL);
	return -1;
}
END
cc -shared -fPIC -o fault.so fault.c -ldl 2>cc.log || { fail 'the fault compiles' "$(cat cc.log)"; finish; }
faulty() { # FAULT COMMAND...
	FAULT=$1 LD_PRELOAD=./fault.so; export FAULT LD_PRELOAD
	shift
	run "$@"
	unset FAULT LD_PRELOAD
}
now() { now=2026-12-$1:00Z; }
build() { run "$z" --now "$now" build "$@"; }
zone() { printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\n%b' "${1:-}" > a.zone; }
config() { # ZSK-LIFETIME [RELOAD]
	printf 'policies:\n  default: {observe: off, zsk: {lifetime: %s}}\nzones:\n  a.example: {file: a.zone, output: signed.zone, reload: {shell: "%s"}}\n' "$1" "${2:-test -e ready}" > zonesign.yaml
}
fresh() { rm -rf state signed.zone; touch ready; zone; config 90d; now 01T00:00; build; is 'the first build' 0 $status; }
zsks() { grep -c 'IN DNSKEY 256' signed.zone; }
signers() { awk '$4 == "RRSIG" && $5 == "SOA" { print $11 }' signed.zone | sort -u | xargs; }
served() { "$z" -q --now "$now" verify --origin a.example signed.zone && echo valid; }
# keys whose DNSKEY has a date, though the output has not got it
ahead() {
	dated=$(grep -cE '^    dnskey: \{state: (rumoured|omnipresent), since: 2' state/a.example/state.yaml)
	shown=$(grep -c 'IN DNSKEY' signed.zone)
	[ "$dated" -le "$shown" ] && echo no || echo "$dated keys dated, $shown published"
}

# ---- a roll whose publication did not come about gets no date from a reload ----
for fault in before fail; do
	for way in broken-zone other-server input-turned-back; do
		name="$fault, $way"
		fresh
		now 03T00:00
		zone 'new A 192.0.2.1\n'; [ $way = other-server ] || rm ready
		build; [ $way = other-server ] || is "$name: a reload fails" 1 $status
		cp -p zonesign.yaml kept.yaml
		now 03T00:01; config 1d; faulty $fault "$z" --now "$now" build
		case $status in 137|1) pass;; *) fail "$name: the run ends" "$status";; esac
		is "$name: nothing was published" 1 "$(zsks)"
		touch ready; now 03T00:02
		case $way in
		broken-zone) echo 'bad A 999.0.0.1' >> a.zone;;
		other-server) config 1d 'test -e ready; true'; echo 'bad A 999.0.0.1' >> a.zone;;
		input-turned-back) mv kept.yaml zonesign.yaml;;
		esac
		build; is "$name: the state is not ahead" no "$(ahead)"; is "$name: valid" valid "$(served)"
		[ $way = input-turned-back ] || is "$name: the input is wrong" 3 $status
		grep -qF 'served_since: never' state/a.example/state.yaml && [ $way != other-server ] && fail "$name: what is in place is in service"
		signer=$(signers); published=$(zsks)
		[ $way = input-turned-back ] || zone 'new A 192.0.2.1\n'
		now 03T04:00; build; is "$name: mended" 0 $status; is "$name: valid when mended" valid "$(served)"; is "$name: still not ahead" no "$(ahead)"
		# the new key may sign if its DNSKEY was published then
		[ "$published" = 2 ] || is "$name: the old key signs" "$signer" "$(signers)"
	done
done

# ---- what was published is what the next input is compared with ----
fresh; zone "$(for i in $(seq 100); do printf 'h%s A 192.0.2.1\\n' "$i"; done)"; now 03T00:00; build; is 'a zone of a hundred hosts' 0 $status
now 03T01:00; zone 'one A 192.0.2.1\n'; build; is 'nearly all of them gone' 4 $status
faulty after "$z" --now "$now" build --accept G11; is 'killed behind the rename' 137 $status
now 03T02:00; zone 'one A 192.0.2.1\ntwo A 192.0.2.1\n'; build; is 'the zone is the small one from now on' 0 $status; has 'what was added is published' signed.zone 'two.a.example.'
# not so if the rename did not come about
zone "$(for i in $(seq 100); do printf 'h%s A 192.0.2.1\\n' "$i"; done)"; now 03T03:00; build --accept G11; is 'large again' 0 $status
zone; now 03T04:00; faulty before "$z" --now "$now" build --accept G11; is 'killed in front of the rename' 137 $status
now 03T05:00; build; is 'G11 holds' 4 $status; has 'it says so' err 'G11'
finish
