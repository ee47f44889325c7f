/* fuzz_zone.c - a zone file from a stranger: read, checked, printed, read again to the same content. */
#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dns/rdata.h"
#include "zone/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct zs_zone *zone, struct zs_buf *out)
{
	for (size_t i = 0; i < zone->owner_count; i++) {
		char name[ZS_NAME_TEXT], type[ZS_TYPE_TEXT];
		const struct zs_owner *owner = &zone->owners[i];
		zs_name_text(zs_owner_name(zone, owner), name);
		for (uint32_t s = owner->first; s < owner->first + owner->rrset_count; s++)
			for (uint32_t r = 0; r < zone->rrsets[s].count; r++) {
				const struct zs_bytes rdata = zs_rrset_rdata(zone, &zone->rrsets[s], r);
				zs_buf_printf(out, "%s %u IN %s ", name, zone->rrsets[s].ttl, zs_type_text(zone->rrsets[s].type, type));
				zs_rdata_format(zone->rrsets[s].type, rdata.data, rdata.len, out);
				zs_buf_octet(out, '\n');
			}
	}
}

/* What a reading gave: the same by every way of reading. */
struct reading {
	bool ok;
	size_t diags;
	uint8_t content[32];
};

static struct reading read_by(struct zs_zone_options options, const struct zs_input *input, int fd, bool general, size_t slice)
{
	struct zs_run *run = zs_run_begin();
	struct reading r = { 0 };
	struct zs_zone *zone;
	options.general = general;
	options.slice = slice;
	run->jobs = slice ? 2 : 1;
	r.ok = slice ? zs_zone_read_fd(run, run->arena, fd, input->path, &options, &zone)
	             : zs_zone_read_text(run, run->arena, input, &options, &zone);
	for (const struct zs_diag *d = run->diags; d; d = d->next)
		r.diags++;
	if (r.ok)
		assert(zs_zone_content(run, zone, r.content));
	zs_run_end(run);
	return r;
}

static void compare_ways(const struct zs_zone_options *options, const struct zs_input *input)
{
	const struct reading straight = read_by(*options, input, -1, false, 0), general = read_by(*options, input, -1, true, 0);
	assert(straight.ok == general.ok && straight.diags == general.diags && memcmp(straight.content, general.content, 32) == 0);
	const int fd = memfd_create("zone", MFD_CLOEXEC);
	assert(fd >= 0 && write(fd, input->text, input->len) == (ssize_t)input->len);
	const struct reading sliced = read_by(*options, input, fd, false, input->len / 7 + 8);
	close(fd);
	/* errors end the reading before RRsets are looked at; in slices they are looked at slice by slice */
	assert(sliced.ok == straight.ok && (!sliced.ok || sliced.diags == straight.diags) && memcmp(sliced.content, straight.content, 32) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t apex[] = "\7example";
	struct zs_run *run = zs_run_begin();
	const struct zs_input input = { .path = "fuzz", .text = zs_arena_text(run->arena, (const char *)data, size), .len = size };
	struct zs_zone_options options = { .apex = apex, .dnssec = size && data[0] & 1 ? ZS_DNSSEC_KEEP : ZS_DNSSEC_STRIP, .max_records = 20000 };
	struct zs_zone *zone, *again;
	compare_ways(&options, &input);
	if (zs_zone_read_text(run, run->arena, &input, &options, &zone)) {
		(void)!zs_zone_check(run, zone, 86400, false);
		struct zs_buf text = { .arena = run->arena, .max = 64 << 20 };
		print(zone, &text);
		const struct zs_input printed = { .path = "printed", .text = zs_buf_string(&text), .len = text.len };
		uint8_t a[32], b[32];
		options.dnssec = ZS_DNSSEC_KEEP;
		assert(text.full || zs_zone_read_text(run, run->arena, &printed, &options, &again));
		assert(text.full || (zs_zone_content(run, zone, a) && zs_zone_content(run, again, b) && memcmp(a, b, 32) == 0));
	}
	zs_run_end(run);
	return 0;
}
