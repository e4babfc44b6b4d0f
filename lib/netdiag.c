#include "lib/netdiag.h"

#include <stdlib.h>

/* How often this was said before, and once more. */
static uint64_t
count(struct netdiag *d, enum netdiag_kind kind, const char *why)
{
	unsigned i = 0;

	d->count[kind]++;
	while (i < d->nreasons &&
	    (d->reason[i].why != why || d->reason[i].kind != kind))
		i++;
	if (i == NETDIAG_REASONS)
		return NETDIAG_SAME;
	if (i == d->nreasons) {
		d->nreasons++;
		d->reason[i].why = why;
		d->reason[i].kind = kind;
		d->reason[i].count = 0;
	}
	return d->reason[i].count++;
}

/* A name from outside: it may hold anything. */
static int
put_clean(stralloc *out, struct bytes b)
{
	size_t len = b.len < NETDIAG_DETAIL ? b.len : NETDIAG_DETAIL;
	size_t start = out->len;

	if (sa_put(out, b.s, len) < 0)
		return -1;
	for (size_t i = start; i < out->len; i++)
		if (out->s[i] < ' ' || out->s[i] == 0x7f)
			out->s[i] = '?';
	return b.len > len ? sa_puts(out, "...") : 0;
}

static int
put_place(stralloc *out, const char *file, uint32_t line)
{
	if (!file || !*file)
		return 0;
	if (sa_puts(out, file) < 0 || sa_puts(out, ":") < 0)
		return -1;
	if (line && (sa_addu(out, line) < 0 || sa_puts(out, ":") < 0))
		return -1;
	return sa_puts(out, " ");
}

static int
put_tag(stralloc *out, struct bytes tag)
{
	if (tag.len == 0)
		return 0;
	return put_clean(out, tag) < 0 || sa_puts(out, ": ") < 0 ? -1 : 0;
}

static int
put_detail(stralloc *out, struct bytes detail)
{
	if (detail.len == 0)
		return 0;
	return sa_puts(out, ": ") < 0 || put_clean(out, detail) < 0 ? -1 : 0;
}

void
netdiag_say(struct netdiag *d, enum netdiag_kind kind, const char *file,
    uint32_t line, struct bytes tag, const char *why, struct bytes detail)
{
	stralloc *out;
	size_t start;

	if (!d || count(d, kind, why) >= NETDIAG_SAME)
		return;
	out = &d->text[kind];
	start = out->len;
	if (put_place(out, file, line) == 0 && put_tag(out, tag) == 0 &&
	    sa_puts(out, why) == 0 && put_detail(out, detail) == 0 &&
	    sa_puts(out, "\n") == 0)
		return;
	out->len = start;
	d->failed = 1;
}

/* What was said too often, or beside the reasons that are counted. */
static int
put_more(stralloc *out, uint64_t n, const char *why)
{
	return n &&
		(sa_addu(out, n) < 0 || sa_puts(out, " more: ") < 0 ||
		    sa_puts(out, why) < 0 || sa_puts(out, "\n") < 0)
	    ? -1
	    : 0;
}

void
netdiag_end(struct netdiag *d)
{
	uint64_t known[2] = {0, 0};

	for (unsigned i = 0; i < d->nreasons; i++) {
		uint64_t n = d->reason[i].count;

		known[d->reason[i].kind] += n;
		n = n > NETDIAG_SAME ? n - NETDIAG_SAME : 0;
		if (put_more(&d->text[d->reason[i].kind], n, d->reason[i].why) <
		    0)
			d->failed = 1;
	}
	for (int k = 0; k < 2; k++)
		if (put_more(&d->text[k], d->count[k] - known[k],
			"of other reasons") < 0)
			d->failed = 1;
}

void
netdiag_free(struct netdiag *d)
{
	sa_free(&d->text[NETDIAG_ERROR]);
	sa_free(&d->text[NETDIAG_WARNING]);
	*d = (struct netdiag){0};
}
