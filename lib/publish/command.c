/* command.c - runs a configured command: no shell unless asked for, bounded in time and output. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "publish/publish_private.h"

enum {
	OUTPUT_MAX = 4096, ENVIRONMENT_MAX = 64,
	HEAD = 80, TAIL = 160, /* octets that are shown of a long line */
	STEP = 50,   /* milliseconds between two looks whether the child has ended, while its output stays open */
	GRACE = 2000, /* milliseconds for it to end when it was killed: one of another user is not, as that of sudo */
	LINGER = 500 /* milliseconds for the last output, after it has ended and left a process behind that holds its output */
};
extern char **environ;

/* "{zone}" inside an argument, the zone without its final dot. */
static const char *fill_in(struct zs_arena *arena, const char *argument, const char *zone)
{
	struct zs_buf out = { .arena = arena, .max = 64 * 1024 };
	const size_t len = strlen(zone);
	const char *at;
	while ((at = strstr(argument, "{zone}"))) {
		zs_buf_add(&out, argument, (size_t)(at - argument));
		zs_buf_add(&out, zone, len > 1 && zone[len - 1] == '.' ? len - 1 : len);
		argument = at + strlen("{zone}");
	}
	zs_buf_text(&out, argument);
	return zs_buf_string(&out);
}

static char *const *make_argv(struct zs_run *run, const struct zs_command *command, const char *zone)
{
	size_t count = 0;
	if (command->shell) {
		const char **argv = zs_arena_array(run->arena, 4, sizeof *argv);
		argv[0] = "/bin/sh";
		argv[1] = "-c";
		argv[2] = command->shell;
		return (char *const *)(uintptr_t)argv;
	}
	while (command->argv[count])
		count++;
	if (command->verbatim)
		return (char *const *)(uintptr_t)command->argv;
	const char **argv = zs_arena_array(run->arena, count + 1, sizeof *argv);
	for (size_t i = 0; i < count; i++)
		argv[i] = fill_in(run->arena, command->argv[i], zone);
	return (char *const *)(uintptr_t)argv;
}

static char *const *make_environment(struct zs_run *run, const char *zone)
{
	const char **out = zs_arena_array(run->arena, ENVIRONMENT_MAX + 2, sizeof *out);
	size_t count = 0;
	for (char **e = environ; *e && count < ENVIRONMENT_MAX; e++)
		if (strncmp(*e, "PATH=", 5) == 0 || strncmp(*e, "LANG=", 5) == 0
		    || (strncmp(*e, "ZONESIGN_", 9) == 0 && strncmp(*e, "ZONESIGN_ZONE=", 14) != 0)) /* that one may be of another zone, whose command runs us */
			out[count++] = *e;
	out[count++] = zs_arena_printf(run->arena, "ZONESIGN_ZONE=%s", zone);
	return (char *const *)(uintptr_t)out;
}

struct child {
	pid_t pid;
	int in, out; /* our ends of its stdin and of its stdout and stderr */
	bool ended;
};

static bool start(struct zs_run *run, const struct zs_command *command, const char *zone, bool with_input, struct child *child)
{
	int in[2] = { -1, -1 }, out[2];
	char *const *argv = make_argv(run, command, zone), *const *environment = make_environment(run, zone);
	if (pipe2(out, O_CLOEXEC) != 0)
		return false;
	if (with_input && pipe2(in, O_CLOEXEC) != 0) {
		close(out[0]);
		close(out[1]);
		return false;
	}
	const pid_t parent = getpid(), pid = fork();
	if (pid == 0) {
		/* ends with the build, however that ends: the next one must not meet it. The thread that started it waits for it */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(127);
		sigset_t none;
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGPIPE, SIG_DFL);
		signal(SIGXFSZ, SIG_DFL);
		setpgid(0, 0);
		const int nothing = with_input ? in[0] : open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(out[1], 1) < 0 || dup2(out[1], 2) < 0)
			_exit(127);
		environ = (char **)(uintptr_t)environment;
		execvp(argv[0], argv);
		const char *const words[] = { argv[0], ": ", strerror(errno) };
		for (size_t i = 0; i < ZS_COUNT(words); i++)
			if (write(2, words[i], strlen(words[i])) < 0)
				_exit(126);
		_exit(127);
	}
	const int error = errno;
	if (pid > 0)
		setpgid(pid, pid);
	close(out[1]);
	if (with_input)
		close(in[0]);
	*child = (struct child){ .pid = pid, .in = in[1], .out = out[0] };
	errno = error;
	if (pid < 0) {
		close(out[0]);
		if (with_input)
			close(in[1]);
	}
	return pid > 0;
}

/* The last of what it printed. */
struct words {
	char text[OUTPUT_MAX];
	size_t len;
	bool cut; /* there was more before */
};

static int64_t milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Has the child ended? Then *status is set, once. */
static bool has_ended(struct child *child, int *status)
{
	if (!child->ended)
		child->ended = waitpid(child->pid, status, WNOHANG) == child->pid;
	return child->ended;
}

static void feed(struct child *child, const char **input, size_t *left)
{
	const ssize_t n = *left ? write(child->in, *input, *left) : 0;
	if (n > 0) {
		*input += n;
		*left -= (size_t)n;
	}
	if (!*left || (n < 0 && errno != EAGAIN && errno != EINTR)) {
		close(child->in);
		child->in = -1;
	}
}

/* Feed stdin and keep the last of the output until the child has ended: its output may stay open longer, in the hands of a daemon that
 * it started. False if the time is over. */
static bool attend(struct child *child, const char *input, int64_t deadline, int *status, struct words *last, struct zs_buf *all)
{
	size_t left = input ? strlen(input) : 0;
	int unread = 0; /* octets in the pipe when it ended: they are read whatever the time */
	last->len = 0;
	last->cut = false;
	if (child->in >= 0)
		fcntl(child->in, F_SETFL, O_NONBLOCK);
	for (;;) {
		struct pollfd fds[2] = { { .fd = child->out, .events = POLLIN }, { .fd = child->in, .events = POLLOUT } };
		const int64_t now = milliseconds();
		if (!child->ended && has_ended(child, status)) {
			deadline = now + LINGER < deadline ? now + LINGER : deadline;
			if (ioctl(child->out, FIONREAD, &unread) != 0)
				unread = 0;
		}
		if (now >= deadline && unread <= 0)
			return child->ended;
		const int ready = poll(fds, 2, now >= deadline ? 0 : (int)(deadline - now < STEP ? deadline - now : STEP));
		if (ready < 0 && errno != EINTR) /* no memory for it now */
			nanosleep(&(struct timespec){ .tv_nsec = STEP * 1000000 }, NULL);
		if (!ready)
			unread = 0;
		if (ready <= 0)
			continue;
		if (fds[1].revents)
			feed(child, &input, &left);
		if (!fds[0].revents)
			continue;
		if (last->len > OUTPUT_MAX / 2) {
			memmove(last->text, last->text + OUTPUT_MAX / 4, last->len - OUTPUT_MAX / 4);
			last->len -= OUTPUT_MAX / 4;
			last->cut = true;
		}
		const ssize_t n = read(child->out, last->text + last->len, OUTPUT_MAX - last->len);
		if (n == 0)
			return true;
		if (n > 0 && all)
			zs_buf_add(all, last->text + last->len, (size_t)n);
		if (n > 0) {
			last->len += (size_t)n;
			unread -= (int)n;
		}
	}
}

/* The child may have closed its output and live on: wait for its end too, within the time. */
static bool reap(struct child *child, int64_t deadline, int *status)
{
	while (!has_ended(child, status)) {
		if (milliseconds() >= deadline)
			return false;
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	}
	return true;
}

/* The last line of what it printed. Of a long one both ends: tools repeat what they were given, and then say what is wrong with it. */
static const char *last_words(struct zs_run *run, const struct words *last)
{
	const char *text = last->text;
	size_t len = last->len;
	while (len && strchr("\n\r\t ", text[len - 1]))
		len--;
	size_t start = len;
	while (start && text[start - 1] != '\n' && text[start - 1] != '\r')
		start--;
	if (!len)
		return "";
	if (len - start <= HEAD + TAIL)
		return zs_arena_printf(run->arena, "; it said: %s", zs_text_safe(run->arena, text + start, len - start, HEAD + TAIL));
	const bool cut = !start && last->cut;
	return zs_arena_printf(run->arena, "; it said: %s... %s", cut ? "" : zs_arena_printf(run->arena, "%s ", zs_text_safe(run->arena, text + start, HEAD, HEAD)),
	                       zs_text_safe(run->arena, text + len - TAIL, TAIL, TAIL));
}

static bool run_command(struct zs_run *run, const struct zs_command *command, const char *what, const char *zone_text, const char *input,
                        zs_seconds limit, struct zs_buf *all)
{
	struct child child;
	struct words last;
	int status = 0;
	if (zone_text[0] == '-')
		return zs_fail(run, "the %s command is not run: the zone's name begins with '-'", what);
	void (*old)(int) = signal(SIGPIPE, SIG_IGN);
	if (!start(run, command, zone_text, input != NULL, &child)) {
		signal(SIGPIPE, old);
		return zs_fail(run, "cannot start the %s command: %s", what, strerror(errno));
	}
	const int64_t deadline = milliseconds() + limit * 1000;
	const bool ended = attend(&child, input, deadline, &status, &last, all) && reap(&child, deadline, &status);
	kill(-child.pid, SIGKILL); /* what it left behind, and itself if it is late */
	const bool gone = child.ended || (kill(child.pid, SIGKILL), reap(&child, milliseconds() + GRACE, &status));
	close(child.out);
	if (child.in >= 0)
		close(child.in);
	signal(SIGPIPE, old);
	const char *said = last_words(run, &last);
	if (!gone)
		return zs_fail(run, "the %s command has not ended after %lld s, and cannot be ended by this user (sudo?): it goes on%s", what, (long long)limit, said);
	if (!ended)
		return zs_fail(run, "the %s command was ended after %lld s%s", what, (long long)limit, said);
	if (WIFSIGNALED(status))
		return zs_fail(run, "the %s command died of signal %d%s", what, WTERMSIG(status), said);
	if (WEXITSTATUS(status) != 0)
		return zs_fail(run, "the %s command failed with status %d%s", what, WEXITSTATUS(status), said);
	return true;
}

bool zs_publish_run(struct zs_run *run, const struct zs_command *command, const char *what, const char *zone_text,
                    const char *input, zs_seconds limit)
{
	return run_command(run, command, what, zone_text, input, limit, NULL);
}

bool zs_argv_read(struct zs_run *run, struct zs_argv *argv, const char *what, const struct zs_zone_config *zone, zs_seconds limit, struct zs_buf *out)
{
	zs_argv_add(run->arena, argv, NULL);
	const struct zs_command command = { .argv = argv->list, .verbatim = true };
	return run_command(run, &command, what, zone->name_text, NULL, limit, out);
}

/* As execvp looks for it. */
static bool is_program(struct zs_run *run, const char *name)
{
	const char *path = getenv("PATH");
	if (strchr(name, '/'))
		return access(name, X_OK) == 0;
	for (const char *p = path ? path : "/bin:/usr/bin"; p; p = strchr(p, ':') ? strchr(p, ':') + 1 : NULL) {
		const size_t len = strcspn(p, ":");
		if (access(zs_arena_printf(run->arena, "%.*s/%s", (int)len, len ? p : ".", name), X_OK) == 0)
			return true;
	}
	return false;
}

void zs_publish_check_commands(struct zs_run *run, const struct zs_zone_config *zone)
{
	const struct {
		const char *option;
		const struct zs_command *command;
	} all[] = { { "reload", &zone->reload }, { "second-opinion", &zone->second_opinion }, { "notify", &zone->notify } };
	for (size_t i = 0; i < ZS_COUNT(all); i++) {
		const char *const *argv = all[i].command->argv;
		if (argv && !strstr(argv[0], "{zone}") && !is_program(run, argv[0]))
			zs_warn(run, &all[i].command->from, "'%s': '%s' is no program that this user can run", all[i].option, argv[0]);
	}
}
