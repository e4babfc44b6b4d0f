#include "lib/rcptline.h"

#include <errno.h>

#include "lib/addr.h"
#include "lib/fullname.h"

static int
bad(struct where *w, size_t at, const char *why)
{
	errno = EINVAL;
	return where_set(w, at, why);
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static struct bytes
trim(struct bytes b)
{
	while (b.len > 0 && is_blank(b.s[0])) {
		b.s++;
		b.len--;
	}
	while (b.len > 0 && is_blank(b.s[b.len - 1]))
		b.len--;
	return b;
}

/* The offset behind the quoted string at i, or 0 when it has no end. */
static size_t
quoted_end(struct bytes b, size_t i)
{
	for (i++; i < b.len; i++) {
		if (b.s[i] == '\\')
			i++;
		else if (b.s[i] == '"')
			return i + 1;
	}
	return 0;
}

/* The length of the address at the start of a line: up to the first blank
 * that is in no quotes. */
static size_t
address_len(struct bytes line)
{
	size_t i = 0, end;

	while (i < line.len && !is_blank(line.s[i])) {
		end = line.s[0] == '"' && line.s[i] == '"' ? quoted_end(line, i)
							   : i + 1;
		if (end == 0)
			return line.len;
		i = end;
		if (line.s[i - 1] == '@')
			break;
	}
	while (i < line.len && !is_blank(line.s[i]))
		i++;
	return i;
}

/* A name as the nodes of BITNET have. */
static int
is_node(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++) {
		char c = b.s[i];
		int letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && (i == 0 || c < '0' || c > '9'))
			return 0;
	}
	return b.len > 0 && b.len <= RCPTLINE_NODE_MAX;
}

static int
host_ok(struct bytes host, int flags, size_t at, struct where *w)
{
	static const char bitnet[] = ".bitnet";

	if (host.len > 0 && host.s[0] == '[')
		return 0;
	if (bytes_ends(host, bitnet)) {
		host.len -= sizeof bitnet - 1;
		if (!is_node(host))
			return bad(w, at, "no name of a node before .BITNET");
		return 0;
	}
	if (memchr(host.s, '.', host.len))
		return 0;
	if ((flags & RCPTLINE_NODES) && is_node(host))
		return 0;
	return bad(w, at, "the host is not fully qualified");
}

/* One word of a local part, i its offset: appended without quotes. */
static int
put_word(stralloc *out, struct bytes a, size_t *i, struct where *w)
{
	size_t from = *i, end;

	if (from < a.len && a.s[from] == '"') {
		end = quoted_end(a, from);
		if (end == 0)
			return bad(w, from, "a quote is not closed");
		*i = end;
		return sa_put(out, a.s + from + 1, end - from - 2);
	}
	for (end = from; end < a.len && a.s[end] != '.' && a.s[end] != '@';
	     end++)
		if (strchr("()<>[]:;,\\\"", a.s[end]))
			return bad(w, end, "byte not allowed in a local part");
	if (end == from)
		return bad(w, from, "misplaced dot");
	*i = end;
	return sa_put(out, a.s + from, end - from);
}

/* "a"."b".c@host as "a.b.c"@host, which is the same by RFC 5322 section 4.4. */
static int
put_joined(stralloc *out, struct bytes a, struct where *w)
{
	size_t i = 0;

	out->len = 0;
	if (sa_put(out, "\"", 1) < 0)
		return -1;
	for (;;) {
		if (put_word(out, a, &i, w) < 0)
			return -1;
		if (i >= a.len || a.s[i] != '.')
			break;
		i++;
		if (sa_put(out, ".", 1) < 0)
			return -1;
	}
	if (i >= a.len || a.s[i] != '@')
		return bad(w, i, "no @ behind the local part");
	if (sa_put(out, "\"", 1) < 0)
		return -1;
	return sa_put(out, a.s + i, a.len - i);
}

/* What RFC 1429 forbids and a mail address might have otherwise. */
static int
allowed(struct bytes a, struct where *w)
{
	const char *quote = memchr(a.s, '"', a.len);

	if (a.s[0] == '<' || a.s[a.len - 1] == '>')
		return bad(w, 0, "no <> may be around the address");
	if (a.s[0] == '@')
		return bad(w, 0, "no route may be in front of the address");
	if (a.s[0] == '*')
		return bad(w, 0, "a local part may not begin with an asterisk");
	if (quote && a.s[0] != '"')
		return bad(w, (size_t)(quote - a.s),
		    "a local part with quotes has to begin with one");
	for (size_t i = 0; i < a.len; i++)
		if (is_blank(a.s[i]))
			return bad(w, i, "no blank may be in the address");
	return 0;
}

/* addr_spec, with errno. */
static int
spec(stralloc *out, struct bytes a, int flags, struct where *w)
{
	struct where why = {0, NULL};

	errno = 0;
	if (addr_spec(out, a.s, a.len, flags & ADDR_UTF8, &why) == 0)
		return 0;
	if (errno != ENOMEM)
		errno = EINVAL;
	return where_set(w, why.at, why.why);
}

static int
address(
    stralloc *out, stralloc *plain, struct bytes a, int flags, struct where *w)
{
	size_t was = out->len, at;
	struct bytes host;

	if (a.len == 0)
		return bad(w, 0, "no address");
	if (allowed(a, w) < 0)
		return -1;
	if (a.s[0] == '"' && addr_at(a.s, a.len) == a.len) {
		if (put_joined(plain, a, w) < 0)
			return -1;
		a = (struct bytes){plain->s, plain->len};
	}
	if (spec(out, a, flags, w) < 0)
		return -1;
	at = addr_at(out->s + was, out->len - was) + 1;
	host = (struct bytes){out->s + was + at, out->len - was - at};
	if (host_ok(host, flags, at, w) < 0) {
		out->len = was;
		return -1;
	}
	return 0;
}

int
rcptline_address(stralloc *out, struct bytes a, int flags, struct where *w)
{
	stralloc plain = {0};
	int r = address(out, &plain, a, flags, w), err = errno;

	sa_free(&plain);
	errno = err;
	return r;
}

/* What is behind the address: a name, BSMTP, or both. */
static int
take_rest(struct rcptline *r)
{
	static const char flag[] = "BSMTP";
	size_t n = sizeof flag - 1;
	struct bytes b = r->rest;

	r->bsmtp =
	    bytes_ends(b, flag) && (b.len == n || is_blank(b.s[b.len - n - 1]));
	if (r->bsmtp) {
		b.len -= n;
		b = trim(b);
	}
	if (b.len > 1 &&
	    ((b.s[0] == '(' && b.s[b.len - 1] == ')') ||
		(b.s[0] == '"' && b.s[b.len - 1] == '"'))) {
		b.s++;
		b.len -= 2;
	}
	return b.len > 0 ? fullname_put(&r->name, b) : 0;
}

static int
take(struct rcptline *r, struct where *w)
{
	struct bytes line = trim(r->line);
	size_t skip = (size_t)(line.s - r->line.s), n;

	if (r->line.len > RCPTLINE_MAX)
		return bad(w, 0, "the line is longer than 1,024 bytes");
	n = address_len(line);
	if (address(&r->address, &r->plain, (struct bytes){line.s, n}, r->flags,
		w) < 0) {
		if (w)
			w->at += skip;
		return -1;
	}
	r->rest = trim((struct bytes){line.s + n, line.len - n});
	return take_rest(r) < 0 ? -1 : 1;
}

/* The next line; 0 at the end. */
static int
next_line(struct rcptline *r)
{
	const char *lf;
	size_t n;

	if (r->left.len == 0)
		return 0;
	lf = memchr(r->left.s, '\n', r->left.len);
	n = lf ? (size_t)(lf - r->left.s) : r->left.len;
	r->line = (struct bytes){r->left.s, n};
	n += lf != NULL;
	r->left.s += n;
	r->left.len -= n;
	r->number++;
	if (r->line.len > 0 && r->line.s[r->line.len - 1] == '\r')
		r->line.len--;
	if (r->line.len > RCPTLINE_MAX)
		r->line.len = RCPTLINE_MAX + 1;
	return 1;
}

void
rcptline_begin(struct rcptline *r, struct bytes data, size_t first, int flags)
{
	r->number = first - 1;
	r->left = data;
	r->flags = flags;
	r->line = r->rest = (struct bytes){"", 0};
	r->address.len = r->name.len = 0;
	r->bsmtp = 0;
}

int
rcptline_next(struct rcptline *r, struct where *w)
{
	do {
		r->address.len = r->name.len = 0;
		r->rest = (struct bytes){"", 0};
		r->bsmtp = 0;
		if (!next_line(r))
			return 0;
	} while (trim(r->line).len == 0);
	return take(r, w);
}

void
rcptline_free(struct rcptline *r)
{
	sa_free(&r->address);
	sa_free(&r->name);
	sa_free(&r->plain);
	*r = (struct rcptline){0};
}
