/* tsig.c - reads a TSIG key file: one `key` statement in the syntax of named.conf. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/text.h"
#include "live/live.h"

enum { FILE_MAX = 16 * 1024, WORD_MAX = 1024 };

static const char *const algorithms[] = { "hmac-sha256", "hmac-sha384", "hmac-sha512", "hmac-sha224", "hmac-sha1" };

struct reader {
	const char *text;
	size_t len, at;
};

/* Past blanks and the three kinds of comment. */
static void skip(struct reader *r)
{
	while (r->at < r->len) {
		const char *p = r->text + r->at, *end;
		const size_t left = r->len - r->at;
		if (*p == ' ' || *p == '\t' || *p == '\r' || *p == '\n') {
			r->at++;
		} else if (*p == '#' || (left > 1 && p[0] == '/' && p[1] == '/')) {
			end = memchr(p, '\n', left);
			r->at = end ? (size_t)(end - r->text) + 1 : r->len;
		} else if (left > 1 && p[0] == '/' && p[1] == '*') {
			end = memmem(p + 2, left - 2, "*/", 2);
			r->at = end ? (size_t)(end - r->text) + 2 : r->len;
		} else {
			return;
		}
	}
}

/* The next word into out: a quoted string, '{', '}', ';', or letters up to one of those. False at the end, or if it is too long. */
static bool next(struct reader *r, char out[WORD_MAX])
{
	skip(r);
	if (r->at >= r->len)
		return false;
	const char *p = r->text + r->at;
	const size_t left = r->len - r->at;
	size_t skipped = 0, len = 1;
	if (*p == '"') {
		const char *end = memchr(p + 1, '"', left - 1);
		if (!end)
			return false;
		skipped = 1;
		len = (size_t)(end - p) - 1;
	} else if (*p != '{' && *p != '}' && *p != ';') {
		for (len = 0; len < left && p[len] && !strchr(" \t\r\n{};\"#", p[len]); len++)
			;
	}
	if (!len || len >= WORD_MAX)
		return false;
	memcpy(out, p + skipped, len);
	out[len] = 0;
	r->at += len + 2 * skipped;
	return true;
}

static bool expect(struct reader *r, const char *wanted, char word[WORD_MAX])
{
	return next(r, word) && strcmp(word, wanted) == 0;
}

static const char *find_algorithm(struct zs_run *run, const char *word)
{
	size_t len = strlen(word);
	while (len && word[len - 1] == '.')
		len--;
	for (size_t i = 0; i < ZS_COUNT(algorithms); i++)
		if (zs_text_equal(word, len, algorithms[i]))
			return zs_arena_printf(run->arena, "%s.", algorithms[i]);
	return NULL;
}

static bool is_base64(const char *text)
{
	uint8_t octets[WORD_MAX];
	size_t bad;
	const long len = zs_base64_decode(text, strlen(text), octets, &bad);
	zs_secret_cleanse(octets, sizeof octets);
	return len > 0;
}

/* What is within the braces; what is wrong with it, or NULL. */
static const char *read_options(struct zs_run *run, struct reader *r, char word[WORD_MAX], struct zs_tsig_key *out)
{
	while (next(r, word) && strcmp(word, "}") != 0) {
		const bool algorithm = strcmp(word, "algorithm") == 0;
		if (!algorithm && strcmp(word, "secret") != 0)
			return "within the braces there is 'algorithm' and 'secret'";
		if (!next(r, word))
			return "a value is missing";
		if (algorithm && !(out->algorithm = find_algorithm(run, word)))
			return "its algorithm is none of hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha224 and hmac-sha1";
		if (!algorithm) {
			if (!is_base64(word))
				return "its secret is not base64";
			char *secret = zs_secret_alloc(run->arena, strlen(word) + 1);
			strcpy(secret, word);
			out->secret = secret;
		}
		if (!expect(r, ";", word))
			return "a ';' is missing";
	}
	if (strcmp(word, "}") != 0)
		return "the '}' is missing";
	return !out->algorithm ? "it has no 'algorithm'" : !out->secret ? "it has no 'secret'" : NULL;
}

static const char *parse(struct zs_run *run, struct reader *r, char word[WORD_MAX], struct zs_tsig_key *out)
{
	uint8_t wire[ZS_NAME_MAX];
	char name[ZS_NAME_TEXT];
	struct zs_name_error error;
	if (!expect(r, "key", word))
		return "it does not begin with 'key'";
	if (!next(r, word) || !zs_name_parse(word, strlen(word), (const uint8_t[]){ 0 }, wire, &error) || !*wire)
		return "its name is no domain name";
	out->name = zs_arena_strdup(run->arena, zs_name_text(wire, name));
	if (!expect(r, "{", word))
		return "the '{' is missing";
	const char *why = read_options(run, r, word, out);
	if (why)
		return why;
	if (next(r, word) && strcmp(word, ";") != 0)
		return "there is more behind the '}'";
	return next(r, word) ? "there is more than one key in it" : NULL;
}

bool zs_live_tsig_parse(struct zs_run *run, const struct zs_input *input, struct zs_tsig_key *out)
{
	struct reader r = { .text = input->text, .len = input->len };
	char word[WORD_MAX] = "";
	*out = (struct zs_tsig_key){ 0 };
	const char *why = parse(run, &r, word, out);
	zs_secret_cleanse(word, sizeof word);
	if (!why)
		return true;
	const struct zs_source whole = { .input = input }; /* no line: it would be shown, with the secret */
	zs_error(run, &whole, "no TSIG key file: %s", why);
	zs_hint(run, "key \"name\" { algorithm hmac-sha256; secret \"...\"; };");
	return false;
}

bool zs_live_tsig_read(struct zs_run *run, const struct zs_config_path *path, struct zs_tsig_key *out)
{
	struct stat stat;
	char *text = zs_secret_alloc(run->arena, FILE_MAX + 1);
	const int fd = open(path->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool ok = fd >= 0 && fstat(fd, &stat) == 0;
	ssize_t len = 0;
	if (!ok)
		zs_error(run, &path->from, "cannot read the TSIG key '%s': %s", path->path, strerror(errno));
	else if (!(ok = S_ISREG(stat.st_mode)))
		zs_error(run, &path->from, "the TSIG key '%s' is no regular file", path->path);
	else if (!(ok = (stat.st_mode & 077) == 0 && (stat.st_uid == geteuid() || stat.st_uid == 0))) {
		zs_error(run, &path->from, "the TSIG key '%s' is open to others (mode %04o)", path->path, stat.st_mode & 07777);
		zs_hint(run, "whoever reads it can change the zone: chmod 600, and if others may have read it, a new key");
	} else if (!(ok = (len = read(fd, text, FILE_MAX)) >= 0 && len < FILE_MAX)) {
		zs_error(run, &path->from, "the TSIG key '%s' cannot be read, or is too long", path->path);
	}
	if (fd >= 0)
		close(fd);
	const struct zs_input input = { .path = path->path, .text = text, .len = ok ? (size_t)len : 0 };
	return ok && zs_live_tsig_parse(run, &input, out);
}
