/* resign.c - for faults.py: sign named RRsets of a zone again, right or wrong on purpose, with ldns.
 *
 * resign ORDERS < zone > zone
 * The zone has one record a line. ORDERS is a file with a line per signature to make:
 *
 *     KEYBASE OWNER TYPE [keep] [inception=N] [expiration=N] [labels=N] [original-ttl=N] [ttl=N] [signer=NAME] [tag=N]
 *
 * KEYBASE.key and KEYBASE.private are a key in BIND's format. The RRSIGs that the RRset had are dropped, except with
 * keep. ldns is an implementation apart from ours, so a fault in our canonical form cannot hide here.
 */
#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct order {
	const char *inception, *expiration, *labels, *original_ttl, *ttl, *signer, *tag;
	bool keep;
};

static void die(const char *what, const char *name)
{
	fprintf(stderr, "resign: %s %s\n", what, name);
	exit(1);
}

static ldns_key *load_key(const char *base)
{
	char path[4096], line[8192];
	ldns_key *key = NULL;
	ldns_rr *rr = NULL;
	snprintf(path, sizeof path, "%s.private", base);
	FILE *file = fopen(path, "r");
	if (!file || ldns_key_new_frm_fp(&key, file) != LDNS_STATUS_OK)
		die("cannot read", path);
	fclose(file);
	snprintf(path, sizeof path, "%s.key", base);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof line, file))
		if (*line != ';' && ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) == LDNS_STATUS_OK)
			break;
	if (!file || !rr)
		die("cannot read", path);
	fclose(file);
	ldns_key_set_pubkey_owner(key, ldns_rdf_clone(ldns_rr_owner(rr)));
	ldns_key_set_flags(key, ldns_rdf2native_int16(ldns_rr_dnskey_flags(rr)));
	ldns_key_set_keytag(key, ldns_calc_keytag(rr));
	ldns_rr_free(rr);
	return key;
}

static ldns_rr_list *read_zone(FILE *in)
{
	static char line[1 << 20];
	ldns_rr_list *zone = ldns_rr_list_new();
	while (fgets(line, sizeof line, in)) {
		ldns_rr *rr;
		line[strcspn(line, "\n")] = 0;
		if (*line == ';' || !*line)
			continue;
		if (ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) != LDNS_STATUS_OK)
			die("cannot parse", line);
		ldns_rr_list_push_rr(zone, rr);
	}
	return zone;
}

static bool covers(const ldns_rr *rr, const ldns_rdf *owner, ldns_rr_type type)
{
	return ldns_rr_get_type(rr) == LDNS_RR_TYPE_RRSIG && ldns_dname_compare(ldns_rr_owner(rr), owner) == 0
	    && ldns_rdf2rr_type(ldns_rr_rrsig_typecovered(rr)) == type;
}

static void drop_signatures(ldns_rr_list *zone, const ldns_rdf *owner, ldns_rr_type type)
{
	size_t kept = 0;
	for (size_t i = 0; i < ldns_rr_list_rr_count(zone); i++) {
		ldns_rr *rr = ldns_rr_list_rr(zone, i);
		if (!covers(rr, owner, type))
			ldns_rr_list_set_rr(zone, rr, kept++);
	}
	ldns_rr_list_set_rr_count(zone, kept);
}

static uint32_t number(const char *text)
{
	return (uint32_t)strtoul(text, NULL, 10);
}

static void set_fields(ldns_rr *rrsig, const struct order *order)
{
	if (order->inception)
		ldns_rr_rrsig_set_inception(rrsig, ldns_native2rdf_int32(LDNS_RDF_TYPE_TIME, number(order->inception)));
	if (order->expiration)
		ldns_rr_rrsig_set_expiration(rrsig, ldns_native2rdf_int32(LDNS_RDF_TYPE_TIME, number(order->expiration)));
	if (order->labels)
		ldns_rr_rrsig_set_labels(rrsig, ldns_native2rdf_int8(LDNS_RDF_TYPE_INT8, (uint8_t)number(order->labels)));
	if (order->original_ttl)
		ldns_rr_rrsig_set_origttl(rrsig, ldns_native2rdf_int32(LDNS_RDF_TYPE_INT32, number(order->original_ttl)));
	if (order->signer)
		ldns_rr_rrsig_set_signame(rrsig, ldns_dname_new_frm_str(order->signer));
	if (order->tag)
		ldns_rr_rrsig_set_keytag(rrsig, ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, (uint16_t)number(order->tag)));
	if (order->ttl)
		ldns_rr_set_ttl(rrsig, number(order->ttl));
}

static ldns_rr *sign(const ldns_rr_list *set, ldns_key *key, const struct order *order)
{
	ldns_rr_list *copy = ldns_rr_list_clone(set);
	ldns_rr *rrsig = ldns_create_empty_rrsig(copy, key);
	ldns_buffer *buffer = ldns_buffer_new(1 << 16);
	set_fields(rrsig, order);
	for (size_t i = 0; i < ldns_rr_list_rr_count(copy); i++) {
		ldns_rr_set_ttl(ldns_rr_list_rr(copy, i), ldns_rdf2native_int32(ldns_rr_rrsig_origttl(rrsig)));
		ldns_rr2canonical(ldns_rr_list_rr(copy, i));
	}
	ldns_rr_list_sort(copy);
	if (ldns_rrsig2buffer_wire(buffer, rrsig) != LDNS_STATUS_OK || ldns_rr_list2buffer_wire(buffer, copy) != LDNS_STATUS_OK)
		die("cannot write", "signed data");
	ldns_rdf *signature = ldns_sign_public_buffer(buffer, key);
	if (!signature)
		die("cannot sign", "an RRset");
	ldns_rr_rrsig_set_sig(rrsig, signature);
	ldns_buffer_free(buffer);
	ldns_rr_list_deep_free(copy);
	return rrsig;
}

static void parse_word(char *word, struct order *order)
{
	static const char *const names[] = { "inception=", "expiration=", "labels=", "original-ttl=", "ttl=", "signer=", "tag=" };
	const char **fields[] = { &order->inception, &order->expiration, &order->labels, &order->original_ttl, &order->ttl,
		                  &order->signer, &order->tag };
	if (strcmp(word, "keep") == 0)
		order->keep = true;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strncmp(word, names[i], strlen(names[i])) == 0)
			*fields[i] = word + strlen(names[i]);
}

static void carry_out(ldns_rr_list *zone, char *line)
{
	struct order order = { 0 };
	const char *base = strtok(line, " \n"), *owner_text = strtok(NULL, " \n"), *type_text = strtok(NULL, " \n");
	if (!type_text)
		die("cannot read the order", line);
	for (char *word; (word = strtok(NULL, " \n"));)
		parse_word(word, &order);
	ldns_rdf *owner = ldns_dname_new_frm_str(owner_text);
	const ldns_rr_type type = ldns_get_rr_type_by_name(type_text);
	ldns_key *key = load_key(base);
	ldns_rr_list *set = ldns_rr_list_new();
	if (!order.keep)
		drop_signatures(zone, owner, type);
	for (size_t i = 0; i < ldns_rr_list_rr_count(zone); i++) {
		ldns_rr *rr = ldns_rr_list_rr(zone, i);
		if (ldns_rr_get_type(rr) == type && ldns_dname_compare(ldns_rr_owner(rr), owner) == 0)
			ldns_rr_list_push_rr(set, rr);
	}
	if (!ldns_rr_list_rr_count(set))
		die("there is no RRset at", owner_text);
	ldns_rr_list_push_rr(zone, sign(set, key, &order));
	ldns_rr_list_free(set);
	ldns_key_deep_free(key);
	ldns_rdf_deep_free(owner);
}

int main(int argc, char **argv)
{
	char line[8192];
	FILE *orders = argc == 2 ? fopen(argv[1], "r") : NULL;
	if (!orders)
		die("usage: resign", "ORDERS < zone > zone");
	ldns_rr_list *zone = read_zone(stdin);
	while (fgets(line, sizeof line, orders))
		carry_out(zone, line);
	ldns_rr_list_print(stdout, zone);
	ldns_rr_list_deep_free(zone);
	fclose(orders);
	return 0;
}
