#include "lib/trail.h"

#include <errno.h>

#include "lib/num.h"
#include "lib/spoolfile.h"

/* Printable, without blanks. */
static int
is_name(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.s[i] <= ' ' || b.s[i] == 127)
			return 0;
	return b.len > 0 && b.len <= TRAIL_NAME_MAX;
}

/* Only what stands behind the first slash may hold another. */
static int
is_origin(struct bytes b)
{
	return is_name(b) && !memchr(b.s, '/', b.len);
}

/* None at all, or names with one blank between them. */
static int
are_names(struct bytes b)
{
	if (b.len && b.s[b.len - 1] == ' ')
		return 0;
	while (b.len)
		if (!is_name(bytes_word(&b)))
			return 0;
	return 1;
}

int
trail_parse(struct trail *t, struct bytes text, struct where *w)
{
	struct bytes rest = text, id = bytes_word(&rest), n;
	const char *slash = id.len ? memchr(id.s, '/', id.len) : NULL;
	size_t at = (size_t)(rest.s - text.s);
	uint64_t hops;

	if (!slash)
		return where_set(w, 0, "no server and number");
	t->origin = (struct bytes){id.s, (size_t)(slash - id.s)};
	t->number = (struct bytes){slash + 1, id.len - t->origin.len - 1};
	if (!is_origin(t->origin) || !is_name(t->number))
		return where_set(w, 0, "no server and number");
	n = bytes_word(&rest);
	if (num_u64(&hops, n.s, n.len, TRAIL_HOPS_MAX) < 0)
		return where_set(w, at, "not a number of hops");
	t->hops = (unsigned)hops;
	t->visited = rest;
	if (!are_names(rest) || text.s[text.len - 1] == ' ')
		return where_set(
		    w, (size_t)(rest.s - text.s), "not names of servers");
	return 0;
}

static int
put(stralloc *out, const struct trail *t, struct bytes more)
{
	size_t from = out->len;

	if (sa_put(out, t->origin.s, t->origin.len) < 0 ||
	    sa_put(out, "/", 1) < 0 ||
	    sa_put(out, t->number.s, t->number.len) < 0 ||
	    sa_put(out, " ", 1) < 0 || sa_addu(out, t->hops) < 0)
		return -1;
	if (t->visited.len &&
	    (sa_put(out, " ", 1) < 0 ||
		sa_put(out, t->visited.s, t->visited.len) < 0))
		return -1;
	if (more.len &&
	    (sa_put(out, " ", 1) < 0 || sa_put(out, more.s, more.len) < 0))
		return -1;
	if (out->len - from <= SPOOL_TRAIL_MAX)
		return 0;
	errno = EMSGSIZE;
	return -1;
}

static int
format(stralloc *out, const struct trail *t, struct bytes more)
{
	size_t from = out->len;

	if (!is_origin(t->origin) || !is_name(t->number) ||
	    !are_names(t->visited) || (more.len && !is_name(more)) ||
	    t->hops > TRAIL_HOPS_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (put(out, t, more) == 0)
		return 0;
	out->len = from;
	return -1;
}

int
trail_format(stralloc *out, const struct trail *t)
{
	return format(out, t, (struct bytes){NULL, 0});
}

int
trail_next(stralloc *out, const struct trail *t, struct bytes self)
{
	struct trail next = *t;

	next.hops++;
	if (self.len)
		return format(out, &next, self);
	errno = EINVAL;
	return -1;
}
