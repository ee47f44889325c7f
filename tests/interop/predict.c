/* predict.c - what zonesign makes of TLSA records and a chain, for the comparison with OpenSSL's client: CHAIN ROOT BASE names|any "U S M HEX"... */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dane/dane.h"

static struct zs_bytes record(struct zs_run *run, const char *text)
{
	unsigned u, s, m;
	int at = 0;
	size_t bad;
	if (sscanf(text, "%u %u %u %n", &u, &s, &m, &at) != 3 || !at)
		exit(2);
	uint8_t *out = zs_arena_alloc(run->arena, strlen(text));
	const long len = zs_hex_decode(text + at, strlen(text + at), out + 3, &bad);
	out[0] = (uint8_t)u;
	out[1] = (uint8_t)s;
	out[2] = (uint8_t)m;
	return (struct zs_bytes){ out, len < 0 ? 0 : (size_t)len + 3 };
}

int main(int argc, char **argv)
{
	struct zs_run *run = zs_run_begin();
	struct zs_dane_file chain, root;
	struct zs_bytes certs[16], records[16];
	if (argc < 6 || argc > 21 || !zs_dane_file_read(run, NULL, argv[1], &chain) || !zs_dane_file_read(run, NULL, argv[2], &root) || chain.count > 16)
		return 2;
	struct zs_dane_case in = { .tlsa = records, .chain = certs, .roots = &root.certs[0].der, .root_count = 1, .base = argv[3],
		                   .ee_names = strcmp(argv[4], "names") == 0, .now = run->now };
	for (size_t i = 0; i < chain.count; i++)
		certs[in.chain_count++] = chain.certs[i].der;
	for (int i = 5; i < argc; i++)
		records[in.tlsa_count++] = record(run, argv[i]);
	struct zs_dane_prediction out;
	zs_dane_predict(run, &in, &out);
	puts(out.verdict == ZS_DANE_VERIFIED ? "verified" : "refused");
	zs_run_end(run);
	return 0;
}
