/* epp.c - EPP (RFC 5730) with the DNSSEC extension (RFC 5910, secDNS-1.1). Its schema fixes the order of elements. */
#include <string.h>

#include "base/text.h"
#include "ds/ds_private.h"

static const char namespace[] = "xmlns:secDNS=\"urn:ietf:params:xml:ns:secDNS-1.1\"";

/* The one place where text enters XML. */
static void put_xml(struct zs_buf *out, const char *text)
{
	for (; *text; text++) {
		const unsigned char c = (unsigned char)*text;
		if (c == '&')
			zs_buf_text(out, "&amp;");
		else if (c == '<')
			zs_buf_text(out, "&lt;");
		else if (c == '>')
			zs_buf_text(out, "&gt;");
		else if (c == '"')
			zs_buf_text(out, "&quot;");
		else if (c == '\'')
			zs_buf_text(out, "&apos;");
		else if (c < ' ' || c > 126) /* names are escaped already; nothing else may break a document */
			zs_buf_octet(out, '?');
		else
			zs_buf_octet(out, c);
	}
}

/* .ee takes keyData alone; elsewhere dsData is what registries of generic domains take. */
static bool takes_keys(const struct zs_ds_view *view)
{
	static const char *const domains[] = { "ee" };
	const char *dot = strrchr(view->zone_bare, '.');
	const char *tld = dot ? dot + 1 : view->zone_bare;
	for (size_t i = 0; i < ZS_COUNT(domains); i++)
		if (strcmp(tld, domains[i]) == 0)
			return true;
	return false;
}

static void put_ds_data(const struct zs_ds_entry *entry, const char *indent, struct zs_buf *out)
{
	zs_buf_printf(out, "%s<secDNS:dsData>\n", indent);
	zs_buf_printf(out, "%s  <secDNS:keyTag>%u</secDNS:keyTag>\n", indent, entry->tag);
	zs_buf_printf(out, "%s  <secDNS:alg>%u</secDNS:alg>\n", indent, entry->algorithm);
	zs_buf_printf(out, "%s  <secDNS:digestType>%u</secDNS:digestType>\n", indent, entry->digest_type);
	zs_buf_printf(out, "%s  <secDNS:digest>%s</secDNS:digest>\n", indent, entry->digest);
	zs_buf_printf(out, "%s</secDNS:dsData>\n", indent);
}

static void put_key_data(const struct zs_ds_entry *entry, const char *indent, struct zs_buf *out)
{
	zs_buf_printf(out, "%s<secDNS:keyData>\n", indent);
	zs_buf_printf(out, "%s  <secDNS:flags>%u</secDNS:flags>\n", indent, entry->flags);
	zs_buf_printf(out, "%s  <secDNS:protocol>%u</secDNS:protocol>\n", indent, entry->protocol);
	zs_buf_printf(out, "%s  <secDNS:alg>%u</secDNS:alg>\n", indent, entry->algorithm);
	zs_buf_printf(out, "%s  <secDNS:pubKey>%s</secDNS:pubKey>\n", indent, entry->public_key);
	zs_buf_printf(out, "%s</secDNS:keyData>\n", indent);
}

static void put_entries(const struct zs_ds_view *view, const struct zs_ds_entry *entries, size_t count,
                        const char *indent, struct zs_buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (entries[i].present)
			continue;
		if (takes_keys(view))
			put_key_data(&entries[i], indent, out);
		else
			put_ds_data(&entries[i], indent, out);
	}
}

static void put_head(const struct zs_ds_view *view, struct zs_buf *out)
{
	char time[ZS_TIME_TEXT];
	zs_buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n");
	if (view->not_before)
		zs_buf_printf(out, "<!-- do not send before %s -->\n", zs_time_text(view->not_before, time));
}

/* rem before add before chg: RFC 5910 section 5.2.5. A rem item must match in full. maxSigLife and urgent are left
 * out: servers refuse them. */
void zs_ds_epp_update(const struct zs_ds_view *view, struct zs_buf *out)
{
	put_head(view, out);
	zs_buf_text(out, "<epp xmlns=\"urn:ietf:params:xml:ns:epp-1.0\">\n  <command>\n    <update>\n"
	                 "      <domain:update xmlns:domain=\"urn:ietf:params:xml:ns:domain-1.0\">\n        <domain:name>");
	put_xml(out, view->zone_bare);
	zs_buf_text(out, "</domain:name>\n      </domain:update>\n    </update>\n    <extension>\n");
	zs_buf_printf(out, "      <secDNS:update %s>\n", namespace);
	if (view->removed_count) {
		zs_buf_text(out, "        <secDNS:rem>\n");
		put_entries(view, view->removed, view->removed_count, "          ", out);
		zs_buf_text(out, "        </secDNS:rem>\n");
	}
	if (view->missing_count) {
		zs_buf_text(out, "        <secDNS:add>\n");
		put_entries(view, view->wanted, view->wanted_count, "          ", out);
		zs_buf_text(out, "        </secDNS:add>\n");
	}
	zs_buf_text(out, "      </secDNS:update>\n    </extension>\n  </command>\n</epp>\n");
}

void zs_ds_epp_create(const struct zs_ds_view *view, struct zs_buf *out)
{
	put_head(view, out);
	zs_buf_printf(out, "<extension xmlns=\"urn:ietf:params:xml:ns:epp-1.0\">\n  <secDNS:create %s>\n", namespace);
	put_entries(view, view->wanted, view->wanted_count, "    ", out);
	zs_buf_text(out, "  </secDNS:create>\n</extension>\n");
}
