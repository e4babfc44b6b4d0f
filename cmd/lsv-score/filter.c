#include "cmd/lsv-score/score.h"
#include "lib/addr.h"
#include "lib/origin.h"
#include "lib/sitevalue.h"

static int
load_site(struct spamset *set, const char *list)
{
	size_t at = 0, item, n, len = strlen(list);

	spamset_free(set);
	while ((n = sitevalue_item(list, len, &at, &item)) != 0)
		if (filter_add(set, list + item, n) < 0)
			return -1;
	return spamset_seal(set);
}

int
filter_site(struct score *s)
{
	return load_site(&s->site_also, s->site.filter_also) < 0 ||
		load_site(&s->site_allow, s->site.filter_allow) < 0
	    ? -1
	    : 0;
}

int
filter_list(struct score *s)
{
	return filter_load(&s->list_deny, &s->hdr.filter_deny) < 0 ||
		filter_load(&s->list_allow, &s->hdr.filter_allow) < 0
	    ? -1
	    : 0;
}

/* The filter of the list: its patterns are in its header only. */
static int
list_filter(struct score *s, struct filter *f, const struct verdict_in *in)
{
	int r;

	f->safe = s->list.unsafe;
	if (!s->list.filter)
		return 0;
	r = list_header(s, in->list, NULL, NULL);
	if (r != 1)
		return r;
	f->how = s->hdr.filter;
	f->safe = s->hdr.unsafe;
	return 0;
}

static int
is_mailer(struct score *s, struct bytes address, unsigned loop)
{
	size_t at = addr_at(address.s, address.len);
	struct bytes domain = {address.s + at, 0};

	if (at < address.len)
		domain =
		    (struct bytes){address.s + at + 1, address.len - at - 1};
	return origin_is_mailer(
	    address, loop, site_serves(&s->site, domain) != NULL);
}

int
filter_judge(struct score *s, struct verdict_in *in)
{
	struct filter f = {.site_also = &s->site_also,
	    .site_allow = &s->site_allow,
	    .deny = &s->list_deny,
	    .allow = &s->list_allow};
	struct bytes address, field;
	int r;

	if (in->class != CLASS_POST && in->class != CLASS_COMMAND)
		return 0;
	if (in->class == CLASS_POST && list_filter(s, &f, in) < 0)
		return -1;
	mailaddrs_begin(&s->addrs, &s->m.header, MAILADDRS_FROM);
	while ((r = mailaddrs_next(&s->addrs, &address, &field)) == 1) {
		if (!bytes_same(field, "from"))
			continue;
		if (in->class == CLASS_POST && is_mailer(s, address, in->loop))
			in->origin = 1;
		if (in->filter != FILTER_DENIED) {
			enum filter_result one = filter_address(&f, address);

			if (one != FILTER_PASSES)
				in->filter = one;
			in->server |= verdict_is_server(address);
		}
	}
	return r;
}
