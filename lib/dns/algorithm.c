/* algorithm.c - DNSSEC algorithm numbers, key tags and DS digests. */
#include "dns/algorithm.h"

#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "dns/name.h"

/* IANA "DNS Security Algorithm Numbers", as of November 2026. */
static const struct zs_algorithm_info algorithms[] = {
	{ 1, false, false, "RSAMD5", "rsamd5", "RSA/MD5", 0, 0 },
	{ 2, false, false, "DH", "dh", "Diffie-Hellman", 0, 0 },
	{ 3, false, false, "DSA", "dsa", "DSA/SHA-1", 0, 0 },
	{ 5, false, true, "RSASHA1", "rsasha1", "RSA/SHA-1", 0, 0 },
	{ 6, false, false, "DSA-NSEC3-SHA1", "dsa-nsec3-sha1", "DSA-NSEC3-SHA1", 0, 0 },
	{ 7, false, true, "RSASHA1-NSEC3-SHA1", "rsasha1-nsec3-sha1", "RSASHA1-NSEC3-SHA1", 0, 0 },
	{ 8, true, true, "RSASHA256", "rsasha256", "RSA/SHA-256", 0, 0 },
	{ 10, true, true, "RSASHA512", "rsasha512", "RSA/SHA-512", 0, 0 },
	{ 12, false, false, "ECC-GOST", "ecc-gost", "GOST R 34.10-2001", 0, 0 },
	{ 13, true, true, "ECDSAP256SHA256", "ecdsap256sha256", "ECDSA Curve P-256 with SHA-256", 64, 64 },
	{ 14, true, true, "ECDSAP384SHA384", "ecdsap384sha384", "ECDSA Curve P-384 with SHA-384", 96, 96 },
	{ 15, true, true, "ED25519", "ed25519", "Ed25519", 32, 64 },
	{ 16, true, true, "ED448", "ed448", "Ed448", 57, 114 },
	{ 17, false, false, "SM2SM3", "sm2sm3", "SM2 with SM3", 0, 0 },
	{ 23, false, false, "ECC-GOST12", "ecc-gost12", "GOST R 34.10-2012", 0, 0 },
	{ 252, false, false, "INDIRECT", "indirect", "Indirect", 0, 0 },
	{ 253, false, false, "PRIVATEDNS", "privatedns", "Private (name)", 0, 0 },
	{ 254, false, false, "PRIVATEOID", "privateoid", "Private (OID)", 0, 0 },
};

const struct zs_algorithm_info *zs_algorithm_info(uint8_t number)
{
	for (size_t i = 0; i < ZS_COUNT(algorithms); i++)
		if (algorithms[i].number == number)
			return &algorithms[i];
	return NULL;
}

const struct zs_algorithm_info *zs_algorithm_at(size_t index)
{
	return index < ZS_COUNT(algorithms) ? &algorithms[index] : NULL;
}

bool zs_algorithm_parse(const char *text, size_t len, uint8_t *out)
{
	/* spellings of BIND and older RFCs beside IANA's */
	static const struct {
		const char *text;
		uint8_t number;
	} others[] = { { "NSEC3RSASHA1", 7 }, { "NSEC3DSA", 6 }, { "ECCGOST", 12 }, { "ECC", 4 } };
	uint64_t number;
	if (zs_text_number(text, len, 255, &number)) {
		*out = (uint8_t)number;
		return true;
	}
	for (size_t i = 0; i < ZS_COUNT(algorithms); i++)
		if (zs_text_equal(text, len, algorithms[i].mnemonic)) {
			*out = algorithms[i].number;
			return true;
		}
	for (size_t i = 0; i < ZS_COUNT(others); i++)
		if (zs_text_equal(text, len, others[i].text)) {
			*out = others[i].number;
			return true;
		}
	return false;
}

uint16_t zs_key_tag(const uint8_t *dnskey, size_t len)
{
	if (len >= 4 && dnskey[3] == 1) /* RSAMD5: appendix B.1 */
		return len >= 7 ? zs_get_u16(dnskey + len - 3) : 0;
	uint32_t sum = 0;
	for (size_t i = 0; i < len; i++)
		sum += i & 1 ? dnskey[i] : (uint32_t)dnskey[i] << 8;
	sum += sum >> 16 & 0xffff;
	return (uint16_t)sum;
}

bool zs_ds_make(struct zs_run *run, const uint8_t *owner, struct zs_bytes dnskey, uint8_t type, uint8_t out[52],
                size_t *out_len)
{
	enum zs_hash hash;
	switch (type) {
	case ZS_DS_SHA1:
		hash = ZS_SHA1;
		break;
	case ZS_DS_SHA256:
		hash = ZS_SHA256;
		break;
	case ZS_DS_SHA384:
		hash = ZS_SHA384;
		break;
	default:
		return zs_fail(run, "DS digest type %u is unknown", type);
	}
	uint8_t name[ZS_NAME_MAX], digest[ZS_HASH_MAX];
	const size_t name_len = zs_name_len(owner);
	zs_name_lower(owner, name_len, name);
	const struct zs_bytes pieces[] = { { name, name_len }, dnskey };
	if (!zs_hash_pieces(run, hash, pieces, 2, digest))
		return false;
	zs_put_u16(out, zs_key_tag(dnskey.data, dnskey.len));
	out[2] = dnskey.data[3];
	out[3] = type;
	memcpy(out + 4, digest, zs_hash_len(hash));
	*out_len = 4 + zs_hash_len(hash);
	return true;
}
