#!/bin/sh
# Each call that changes something on disk fails once, or is the last one of its process: what is published is whole, the next run goes
# on from there, and nothing is left behind.
. "$(dirname "$0")/../lib.sh"
need cc openssl
z=$ZONESIGN
if ldd "$z" | grep -q 'asan\|tsan'; then
	echo 'skipped: another library cannot be laid before a sanitizer'
	finish
fi
cat > fault.c <<'END'
/* The call FAULT_AT of those below kills the process before it does anything (FAULT=kill), or fails (FAULT=fail). It leaves its name in
 * the file "hit". FAULT=sign: it is killed when the zone is signed; look: no key file can be looked at by its name; open: none can be
 * opened; input: no zone file can be opened; output: the signed one cannot; remove: nothing can be removed; poll: the first poll has no memory; memory: there is none any more when the output has its name;
 * start: there is none from that number of calls on. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
static int is_fault(const char *name)
{
	const char *fault = getenv("FAULT");
	return fault && strcmp(fault, name) == 0;
}
static int is_hit(const char *name)
{
	static int calls;
	if ((!is_fault("kill") && !is_fault("fail")) || ++calls != atoi(getenv("FAULT_AT")))
		return 0;
	const int fd = REAL(open)("hit", O_WRONLY | O_CREAT | O_TRUNC, 0644);
	(void)!REAL(write)(fd, name, strlen(name));
	REAL(close)(fd);
	if (is_fault("kill"))
		kill(getpid(), SIGKILL);
	errno = EIO;
	return 1;
}
int openat(int dir, const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	if ((flags & O_CREAT) && is_fault("sign") && strcmp(path, ".signed.zone.zonesign") == 0)
		kill(getpid(), SIGKILL);
	errno = EMFILE;
	if (!(flags & O_CREAT) && is_fault("open") && strstr(path, ".private"))
		return -1;
	return (flags & O_CREAT) && is_hit("openat") ? -1 : REAL(openat)(dir, path, flags, mode);
}
int open(const char *path, int flags, ...)
{
	va_list args;
	va_start(args, flags);
	const mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	errno = EMFILE;
	return (is_fault("input") && strcmp(path, "a.zone") == 0) || (is_fault("output") && strcmp(path, "signed.zone") == 0) ? -1 : REAL(open)(path, flags, mode);
}
ssize_t write(int fd, const void *data, size_t len) { return fd > 2 && is_hit("write") ? -1 : REAL(write)(fd, data, len); }
ssize_t pwrite(int fd, const void *data, size_t len, off_t at) { return is_hit("pwrite") ? -1 : REAL(pwrite)(fd, data, len, at); }
int fsync(int fd) { return is_hit("fsync") ? -1 : REAL(fsync)(fd); }
int fchmod(int fd, mode_t mode) { return is_hit("fchmod") ? -1 : REAL(fchmod)(fd, mode); }
int mkdir(const char *path, mode_t mode) { return is_hit("mkdir") ? -1 : REAL(mkdir)(path, mode); }
int mkdirat(int dir, const char *path, mode_t mode) { return is_hit("mkdirat") ? -1 : REAL(mkdirat)(dir, path, mode); }
int unlink(const char *path) { return is_hit("unlink") ? -1 : REAL(unlink)(path); }
int unlinkat(int dir, const char *path, int flags) { return is_hit("unlinkat") ? -1 : REAL(unlinkat)(dir, path, flags); }
int link(const char *a, const char *b) { return is_hit("link") ? -1 : REAL(link)(a, b); }
int remove(const char *path)
{
	errno = EIO;
	return is_fault("remove") ? -1 : REAL(remove)(path);
}
struct dirent *readdir(DIR *dir) { return is_hit("readdir") ? NULL : REAL(readdir)(dir); }
static int published;
int renameat(int a, const char *from, int b, const char *to)
{
	if (is_hit("renameat"))
		return -1;
	published = published || strcmp(to, "signed.zone") == 0;
	return REAL(renameat)(a, from, b, to);
}
extern void *__libc_calloc(size_t count, size_t size);
void *calloc(size_t count, size_t size) { return published && is_fault("memory") ? NULL : __libc_calloc(count, size); }
extern void *__libc_malloc(size_t size);
void *malloc(size_t size)
{
	static int calls;
	return is_fault("start") && ++calls >= atoi(getenv("FAULT_AT")) ? NULL : __libc_malloc(size);
}
int fstatat(int dir, const char *restrict name, struct stat *restrict stat, int flags)
{
	const int looked = REAL(fstatat)(dir, name, stat, flags);
	if (looked != 0 || !is_fault("look") || !strstr(name, ".key"))
		return looked;
	errno = EIO;
	return -1;
}
int poll(struct pollfd *fds, nfds_t count, int wait)
{
	static int calls;
	errno = ENOMEM;
	return is_fault("poll") && !calls++ ? -1 : REAL(poll)(fds, count, wait);
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { return is_hit("renameat2") ? -1 : REAL(renameat2)(a, from, b, to, flags); }
END
cc -shared -fPIC -o fault.so fault.c -ldl 2>cc.log || { fail 'the fault compiles' "$(cat cc.log)"; finish; }
faulty() { # FAULT NUMBER COMMAND...: false if there is no such call
	rm -f hit
	FAULT=$1 FAULT_AT=$2 LD_PRELOAD=$work/fault.so; export FAULT FAULT_AT LD_PRELOAD
	shift 2
	run "$@"
	unset FAULT FAULT_AT LD_PRELOAD
	[ -e hit ] && name="$name at $(cat hit)"
}
# of the names aside only that of the cache may stay, which the next publication takes
left() { find . -name '.?*' ! -name .signatures.zonesign | sort | xargs; }
served() { [ ! -e signed.zone ] || "$z" -q --now "$now" verify --origin a.example signed.zone || echo 'not valid'; }
start() { rm -rf "$work/t"; cp -a "$work/before" "$work/t"; cd "$work/t" || exit 1; }

# walk CALL MOST CHECK...: each call of a command with its two ends. CALL runs the command by faulty, with the number n
walk() {
	what=$1 most=$2
	for fault in kill fail; do
		n=0
		while n=$((n + 1)); [ $n -le "$most" ]; do
			start; name="$what, $fault $n"
			"$what" || break
			[ $fault = fail ] || is "$name: the run ends" 137 $status
			[ $fault = kill ] || [ $status = 0 ] || has "$name: why" err 'Input/output error'
			[ $fault = kill ] || is "$name: nothing is left" '' "$(left)"
			"$what"_after
		done
		[ $n -gt 2 ] && [ $n -le "$most" ] && pass || fail "$what, $fault: the calls are walked" "the last was $n"
	done
}

# ---- builds ----
build() { now=$t; faulty $fault $n "$z" --now "$now" build; }
build_after() {
	# without the cache a build is as good
	[ $fault = kill ] || [ $status = 1 ] || has "$name: is told" err 'the signature cache cannot be written (Input/output error)'
	is "$name: what is there is valid" '' "$(served)"
	now=$((t + 60)); run "$z" --now "$now" build
	is "$name: the next run goes on" 0 $status; is "$name: and leaves nothing" '' "$(left)"; is "$name: and its zone is valid" '' "$(served)"
	[ $fault = kill ] || is "$name: no key is too many" "$(grep -c '^  - id:' state/a.example/state.yaml)" "$(ls state/a.example/keys/*.private | wc -l)"
}
first_build() { build; }
first_build_after() { build_after; }
roll_begins() { build; }
roll_begins_after() { build_after; }
t0=1796083200
mkdir before; cd before || exit 1
printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\nmail A 192.0.2.1\n' > a.zone
printf 'policies:\n  default: {observe: off}\nzones:\n  a.example: {file: a.zone, output: signed.zone}\n' > zonesign.yaml
t=$t0; walk first_build 80
cd "$work/before" || exit 1
"$z" --now $t0 -q build; "$z" --now $((t0 + 20000)) -q build; "$z" --now $((t0 + 20010)) -q roll a.example zsk
t=$((t0 + 20020)); walk roll_begins 70

# ---- single faults ----
start; now=$t; for i in 1 2 3; do faulty sign 0 "$z" --now $now build; is "killed while it signs, $i" 137 $status; done
now=$((t + 60)); run "$z" --now $now build; is 'then a build' 0 $status; is 'knows all keys that are there' '' "$(cat err)"
is 'and they are no more than it needs' "$(grep -c '^  - id:' state/a.example/state.yaml)" "$(ls state/a.example/keys/*.private | wc -l)"; is 'and leaves nothing' '' "$(left)"
start; now=$t; faulty look 0 "$z" --now $now build; is 'key files that cannot be looked at are no missing ones' 0 $status
start; now=$t; faulty open 0 "$z" --now $now build; is 'no descriptors for key files' 3 $status; has 'are told' err '.private'"': Too many open files"; hasnt 'and no backup is asked for' err backup
# a file that was built as soon as it was written is known by its times as well, where they tell of each change
start; now=$t; echo 'soon A 192.0.2.9' >> a.zone; sleep 0.1; run "$z" --now $now build; now=$((t + 60)); faulty input 0 "$z" --now $now build
case $(stat -f -c %T a.zone) in ext2/ext3 | xfs | btrfs | tmpfs | f2fs | zfs) wanted=0 ;; *) wanted=3 ;; esac
is 'a build with nothing to do reads no zone' $wanted $status
echo 'soon A 192.0.2.10' >> a.zone; now=$((t + 120)); faulty input 0 "$z" --now $now build; is 'and one with something to do does' 3 $status
has 'it is told' err "cannot open zone file 'a.zone': Too many open files"
rm -rf old; mv state old; faulty remove 0 "$z" --now $now keys import --served signed.zone a.example old/a.example/keys/*.key; is 'an import whose trial stays' 0 $status
has 'tells so' err "cannot remove 'state/a.example/trial"; run "$z" --now $now build --accept adopt; is 'and is one' 0 $status
start; now=$t
sed -i 's/output: signed.zone/&, reload: [sleep, "0.2"]/' zonesign.yaml
now=$((t + 60)); faulty poll 0 "$z" --now $now build; is 'a command is waited for without memory to wait' 0 $status
faulty output 0 "$z" --now $now build; is 'once its server has it, an output is known by its times' $((wanted > 0)) $status # 1: it cannot be read
echo 'start A 192.0.2.77' >> a.zone # without a change a run needs few calls, and may end well before the last of these
for n in $(seq 1 12 361); do faulty start $n "$z" --now $now build; is "no memory from call $n on: the run ends by itself" 1 $status; has "and says so ($n)" err 'memory'; done
echo 'new A 192.0.2.2' >> a.zone; now=$((t + 120)); faulty memory 0 "$z" --now $now build; is 'no memory after the rename' 1 $status
has 'it is said' err 'out of memory'; has 'the new zone is published' signed.zone 'new.a.example.'; hasnt 'nobody says that it is not' err 'nothing'
now=$((t + 180)); run "$z" --now $now build; is 'and the next run goes on' 0 $status; is 'it is valid' '' "$(served)"

# ---- the key to come of a certificate, where the key in use lies in its place ----
public() { openssl pkey -in "$1" -pubout 2>/dev/null; }
stage() { now=$t; faulty $fault $n "$z" --now "$now" tlsa --stage mail.a.example; }
stage_after() {
	found=; for file in next.key next.key.in-use-*; do [ "$(public "$file")" = "$used" ] && found=yes; done
	is "$name: the key in use is there" yes "$found"
	[ $fault = kill ] || [ $status = 0 ] || is "$name: no input is to blame" 1 $status
	[ ! -e next.key ] || is "$name: what is there is whole" PRIVATE "$(public next.key >out && echo PRIVATE)"
	now=$((t + 60)); run "$z" --now "$now" tlsa --stage mail.a.example
	is "$name: the next one goes on" 0 $status; is "$name: and leaves nothing" '' "$(left)"
	[ "$(public next.key)" != "$used" ] && pass || fail "$name: the key to come is another"
}
rm -rf "$work/before"; mkdir "$work/before"; cd "$work/before" || exit 1
printf '$TTL 300\n@ SOA ns.other.test. host 1 7200 3600 1209600 300\n@ NS ns.other.test.\n@ NS ns2.other.test.\nmail A 192.0.2.1\n' > a.zone
printf 'policies:\n  default: {observe: off}\nzones:\n  a.example:\n    file: a.zone\n    output: signed.zone\n    dane: [{host: mail.a.example, port: 25, certificate: mail.pem, next: next.key}]\n' > zonesign.yaml
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout next.key -out mail.pem -days 3650 -subj /CN=mail.a.example -addext subjectAltName=DNS:mail.a.example 2>err
used=$(public next.key)
"$z" --now $t0 -q build; t=$((t0 + 60)); walk stage 70

# ---- a config ----
init() { faulty $fault $n "$z" init a.zone --output new.yaml; }
init_after() {
	[ ! -e new.yaml ] || is "$name: what is there is whole" same "$(cmp -s new.yaml ../whole.yaml && echo same)"
	[ -e new.yaml ] || { run "$z" init a.zone --output new.yaml; is "$name: the next one makes it" 0 $status; is "$name: and leaves nothing" '' "$(left)"; }
}
cd "$work/before" || exit 1
sed -i '1i $ORIGIN a.example.' a.zone; "$z" -q init a.zone --output new.yaml; mv new.yaml ../whole.yaml; walk init 10
finish
