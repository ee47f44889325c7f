/* registrar_names.c - the registrars that ds/ has a form for, by the names that a config and --for take. */
#include "config/config.h"

static const char *const names[] = {
	"general", "gandi", "ovh", "namecheap", "godaddy", "porkbun", "route53", "inwx", "joker", "namesilo", "name.com",
	"dynadot", "transip", "openprovider", "dnsimple", "opensrs",
};

const char *zs_registrar_name(size_t index)
{
	return index < ZS_COUNT(names) ? names[index] : NULL;
}
