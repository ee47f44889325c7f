/* generate.c - zones for the bench, the same octets for the same arguments on every machine.
 *
 *   generate dense N          N names of mixed types, wildcards and sub-delegations, in no order; zone bench.example.
 *   generate tld N            N delegations in order, 2 or 3 NS, some glue, one of ten with DS; zone bench.
 *   generate fleet N R DIR    N zones z000000.example. and so on, of about R records, each to DIR/NAME.zone
 * A seed may follow. Zones go to standard output. Nothing here comes from the program under test. */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUFFER = 1 << 20, LINE = 1024 };

struct text {
	FILE *file;
	size_t len;
	char data[BUFFER];
};

static struct text out;
static uint64_t seed = 1;

/* splitmix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators" (2014) */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
	return x ^ (x >> 31);
}

static uint64_t chance(void)
{
	seed += 0x9e3779b97f4a7c15U;
	return mix(seed);
}

static unsigned below(unsigned limit)
{
	return (unsigned)((chance() >> 32) * limit >> 32);
}

static void flush(void)
{
	if (out.len && fwrite(out.data, 1, out.len, out.file) != out.len) {
		fprintf(stderr, "generate: cannot write: %s\n", strerror(errno));
		exit(1);
	}
	out.len = 0;
}

static void put(const char *text)
{
	const size_t len = strlen(text);
	memcpy(out.data + out.len, text, len);
	out.len += len;
}

static void put_number(unsigned value)
{
	char digits[12];
	size_t at = sizeof digits;
	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	memcpy(out.data + out.len, digits + at, sizeof digits - at);
	out.len += sizeof digits - at;
}

/* `%s`, `%u` and nothing else: a tenth of the time of printf. A line is shorter than LINE. */
static void line(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	if (out.len + LINE > BUFFER)
		flush();
	for (const char *p = format; *p; p++) {
		if (*p == '%' && p[1] == 's')
			put(va_arg(args, const char *)), p++;
		else if (*p == '%' && p[1] == 'u')
			put_number(va_arg(args, unsigned)), p++;
		else
			out.data[out.len++] = *p;
	}
	out.data[out.len++] = '\n';
	va_end(args);
}

static void address(const char *owner, const char *before)
{
	line("%s%sA\t192.%u.%u.%u", owner, before, below(256), below(256), 1 + below(254));
}

static void address6(const char *owner, const char *before)
{
	static const char hex[] = "0123456789abcdef";
	char groups[30];
	for (size_t i = 0; i < 29; i++)
		groups[i] = i % 5 == 4 ? ':' : hex[1 + below(15)];
	groups[29] = 0;
	line("%s%sAAAA\t2001:db8:%s", owner, before, groups);
}

static void hex_digits(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		text[i] = "0123456789ABCDEF"[below(16)];
	text[len] = 0;
}

static void ds(const char *owner, const char *before)
{
	char digest[65];
	hex_digits(digest, 64);
	line("%s%sDS\t%u 13 2 %s", owner, before, 1 + below(65534), digest);
}

/* A label as people choose them, unique by its number, whose order has nothing to do with it. */
static void label_of(unsigned number, char text[24])
{
	static const char *const words[] = { "www", "mail", "app", "db", "host", "node", "vpn", "web", "shop", "api", "dev", "cache",
		                             "edge", "lab", "pc", "printer", "build", "log", "cdn", "git" };
	const uint64_t x = mix(number + 0x9e3779b97f4a7c15U);
	snprintf(text, 24, "%s%c%c-%u", words[x % 20], (char)('a' + x / 20 % 26), (char)('a' + x / 520 % 26), number);
}

/* One host; weights give about 1.56 signed RRsets an owner, as in the facts that the issue starts from. */
static unsigned dense_host(unsigned number)
{
	char name[24];
	label_of(number, name);
	const unsigned kind = below(100);
	if (kind < 6) {
		line("%s\tCNAME\tmx%u", name, 1 + below(2));
		return 1;
	}
	if (kind < 10) { /* a sub-delegation, every other with DS; its glue is no authoritative name */
		line("%s\tNS\tns1.%s", name, name);
		line("\tNS\tns.other.test.");
		if (below(2))
			ds("", "\t");
		line("ns1.%s\tA\t198.51.100.%u", name, 1 + below(254));
		return 1;
	}
	if (kind < 14) {
		line("%s\tTXT\t\"v=verify%u; a site that proves its owner\" \"part 2\"", name, below(1000000));
		return 1;
	}
	if (kind < 16) {
		char digest[65];
		hex_digits(digest, 64);
		line("_443._tcp.%s\tTLSA\t3 1 1 %s", name, digest);
		return 1;
	}
	address(name, kind >= 88 && kind < 94 ? "\t600\t" : "\t");
	if (kind < 30)
		address("", "\t");
	if (kind >= 30 && kind < 72)
		address6("", "\t");
	if (kind >= 60 && kind < 72)
		line("\tMX\t%u mx%u", 10 * (1 + below(2)), 1 + below(2));
	if (kind >= 66 && kind < 74)
		line("\tTXT\t\"v=spf1 mx ip4:192.0.2.%u -all\"", below(256));
	if (kind >= 70 && kind < 74)
		line("\tCAA\t0 issue \"ca%u.example.net\"", below(10));
	if (kind >= 74 && kind < 80) {
		line("_sip._tcp.%s\tSRV\t%u %u 5060 %s", name, below(10), below(100), name);
		return 2;
	}
	if (kind >= 80 && kind < 84) {
		line("*.%s\tTXT\t\"anything below %u\"", name, number);
		return 2;
	}
	return 1;
}

static void head(const char *origin, unsigned ttl)
{
	line("$ORIGIN %s", origin);
	line("$TTL %u", ttl);
	line("@\tSOA\tns1 hostmaster (\n\t\t\t2026010100 ; serial\n\t\t\t7200 3600 1209600 3600 )");
	line("\tNS\tns1\n\tNS\tns.other.test.");
	line("ns1\tA\t192.0.2.53");
	line("\tAAAA\t2001:db8::53");
}

static void dense(unsigned count)
{
	head("bench.example.", 3600);
	line("@\tMX\t10 mx1\n\tMX\t20 mx2\n\tTXT\t\"v=spf1 mx -all\"\n\tCAA\t0 issue \"ca.example.net\"");
	line("mx1\tA\t192.0.2.25\nmx2\tA\t192.0.2.26");
	/* numbers in a scattered order: 2654435761 is odd, so every number below 2^k comes once */
	unsigned size = 1;
	while (size < count)
		size *= 2;
	unsigned made = 4;
	for (unsigned i = 0; i < size && made < count; i++)
		made += dense_host((unsigned)(i * UINT64_C(2654435761) % size));
}

/* As zones of registries are handed out: absolute names, one record a line, in order. */
static void tld(unsigned count)
{
	static const char *const tails[] = { "", "-shop", "x", "-net", "media", "s", "-berlin", "cafe" };
	line("bench.\t86400\tIN\tSOA\ta.nic.bench. hostmaster.nic.bench. 2026010100 1800 900 604800 3600");
	line("bench.\t86400\tIN\tNS\ta.nic.bench.\nbench.\t86400\tIN\tNS\tb.nic.bench.");
	for (unsigned i = 0; i < count; i++) {
		char name[40];
		const unsigned number = i * 40 + below(40);
		snprintf(name, sizeof name, "d%08x%s.bench.", number, tails[below(8)]);
		const unsigned servers = 2 + (below(4) == 0), host = below(40000);
		const unsigned glue = below(100) < 6;
		for (unsigned n = 1; n <= servers; n++) {
			if (glue)
				line("%s\t86400\tIN\tNS\tns%u.%s", name, n, name);
			else
				line("%s\t86400\tIN\tNS\tns%u.hosting%u.net.", name, n, host);
		}
		if (below(10) == 0)
			ds(name, "\t86400\tIN\t");
		for (unsigned n = 1; glue && n <= servers; n++) {
			char owner[60];
			snprintf(owner, sizeof owner, "ns%u.%s", n, name);
			address(owner, "\t86400\tIN\t");
		}
	}
	line("a.nic.bench.\t86400\tIN\tA\t192.0.2.1\nb.nic.bench.\t86400\tIN\tA\t192.0.2.2");
}

static void small(const char *origin, unsigned records)
{
	head(origin, 3600);
	unsigned made = 5;
	if (records > 7) {
		line("@\tA\t192.0.2.80\n\tMX\t10 mail\nmail\tA\t192.0.2.25");
		made += 3;
	}
	for (unsigned i = 1; made < records; i++, made++) {
		char name[24];
		label_of(i, name);
		if (i % 11 == 10)
			line("txt-%s\tTXT\t\"site %u of this zone\"", name, i);
		else
			address(name, "\t");
		if (i % 3 == 1 && ++made < records) /* two protocols, or two addresses: about 87 signatures for 60 records */
			address6("", "\t");
		else if (i % 3 == 2 && i % 11 != 10 && ++made < records)
			address("", "\t");
	}
}

static int fleet(unsigned count, unsigned records, const char *dir)
{
	for (unsigned i = 0; i < count; i++) {
		char path[4096], origin[32];
		snprintf(origin, sizeof origin, "z%06u.example.", i);
		const int len = snprintf(path, sizeof path, "%s/z%06u.example.zone", dir, i);
		out.file = len < (int)sizeof path ? fopen(path, "w") : NULL;
		if (!out.file) {
			fprintf(stderr, "generate: cannot write in '%s': %s\n", dir, strerror(errno));
			return 1;
		}
		small(origin, records);
		flush();
		if (fclose(out.file) != 0)
			return 1;
	}
	return 0;
}

static unsigned number(const char *text)
{
	char *end;
	errno = 0;
	const unsigned long value = strtoul(text, &end, 10);
	if (errno || *end || end == text || value > 100000000) {
		fprintf(stderr, "generate: '%s' is no number up to 100000000\n", text);
		exit(2);
	}
	return (unsigned)value;
}

int main(int argc, char **argv)
{
	const char *kind = argc > 2 ? argv[1] : "";
	const int own = strcmp(kind, "fleet") == 0 ? 5 : 3;
	if (argc > own)
		seed = mix(number(argv[own]));
	out.file = stdout;
	if (strcmp(kind, "dense") == 0)
		dense(number(argv[2]));
	else if (strcmp(kind, "tld") == 0)
		tld(number(argv[2]));
	else if (strcmp(kind, "fleet") == 0 && argc > 4)
		return fleet(number(argv[2]), number(argv[3]), argv[4]);
	else
		return fprintf(stderr, "usage: generate dense N [SEED] | tld N [SEED] | fleet N RECORDS DIR [SEED]\n"), 2;
	flush();
	return fflush(stdout) != 0;
}
