#include "lib/filter.h"

#include <errno.h>

#include "lib/addr.h"
#include "lib/spamentry.h"

/* Programs that answer mail: what comes from them starts loops. */
static const char *const minimal[] = {
    "listproc",
    "listserv",
    "mail-daemon",
    "mailer",
    "mailer-daemon",
    "maildaemon",
    "majordomo",
    "mdaemon",
    "sympa",
};

/* And users of machines, seldom a person. */
static const char *const safe[] = {
    "autoreply",
    "daemon",
    "network",
    "news",
    "nobody",
    "operator",
    "postmaster",
    "root",
    "smtp",
    "system",
    "usenet",
    "uucp",
};

int
filter_builtin(struct bytes address, int with_safe)
{
	struct bytes local = {address.s, addr_at(address.s, address.len)};

	if (bytes_among(local, minimal, sizeof minimal / sizeof *minimal))
		return 1;
	return with_safe &&
	    (bytes_among(local, safe, sizeof safe / sizeof *safe) ||
		bytes_starts(local, "owner-") || bytes_ends(local, "-owner") ||
		bytes_ends(local, "-bounces") || bytes_ends(local, "-request"));
}

static int
is_in(const struct spamset *set, const struct spamset_look *look)
{
	struct spam_hit hit;

	return spamset_find_looked(set, look, &hit) == 1;
}

enum filter_result
filter_address(const struct filter *f, struct bytes address)
{
	struct spamset_look look;

	spamset_look(&look, address);
	if (is_in(f->site_also, &look))
		return FILTER_DENIED;
	if (f->how != FILTER_NONE) {
		if (is_in(f->allow, &look))
			return FILTER_PASSES;
		if (is_in(f->deny, &look))
			return FILTER_DENIED;
	}
	if (f->how == FILTER_ONLY ||
	    !filter_builtin(address, f->safe || f->how == FILTER_SAFE) ||
	    is_in(f->site_allow, &look))
		return FILTER_PASSES;
	return FILTER_MACHINE;
}

int
filter_add(struct spamset *set, const char *s, size_t len)
{
	struct where w;

	errno = 0;
	return spamset_add(set, s, len, &w) < 0 && errno == ENOMEM ? -1 : 0;
}

int
filter_load(struct spamset *set, const stralloc *pattern)
{
	struct bytes item;
	size_t at = 0;

	spamset_free(set);
	while (listhdr_next(pattern, &at, &item))
		if (filter_add(set, item.s, item.len) < 0)
			return -1;
	return spamset_seal(set);
}

int
filter_pattern(const char *s, size_t len, struct where *w)
{
	struct spam_entry e;
	stralloc room = {0};
	int r;

	if (len && s[0] == '>')
		return where_set(w, 0, "a pattern of a filter has no '>'");
	r = spam_entry_parse(&e, &room, s, len, w);
	sa_free(&room);
	return r;
}
