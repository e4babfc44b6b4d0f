#include "lib/verp.h"

#include <errno.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/bytes.h"
#include "lib/mimetext.h"

static const char prefix[] = "owner-";
enum { PREFIX_LEN = sizeof prefix - 1 };

static int
refuse(int error)
{
	errno = error;
	return -1;
}

static int
has_control(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.s[i] < 32 || b.s[i] == 127)
			return 1;
	return 0;
}

/* Splits at the '@'; -1 when a side is empty or a byte cannot be. */
static int
split(struct bytes *local, struct bytes *domain, const char *s, size_t len)
{
	size_t at = len > 0 ? addr_at(s, len) : 0;

	if (at == 0 || len - at < 2 || has_control((struct bytes){s, len}))
		return refuse(EINVAL);
	*local = (struct bytes){s, at};
	*domain = (struct bytes){s + at + 1, len - at - 1};
	return 0;
}

static int
is_quoted(struct bytes b)
{
	return b.len >= 2 && b.s[0] == '"' && b.s[b.len - 1] == '"';
}

/* Appends what a quoted string stands for. */
static int
put_unquoted(stralloc *out, struct bytes b)
{
	for (size_t i = 1; i + 1 < b.len; i++) {
		if (b.s[i] == '\\' && i + 2 < b.len)
			i++;
		if (sa_put(out, b.s + i, 1) < 0)
			return -1;
	}
	return 0;
}

static int
put_quoted(stralloc *out, struct bytes b)
{
	if (sa_put(out, "\"", 1) < 0)
		return -1;
	for (size_t i = 0; i < b.len; i++)
		if (((b.s[i] == '"' || b.s[i] == '\\') &&
			sa_put(out, "\\", 1) < 0) ||
		    sa_put(out, b.s + i, 1) < 0)
			return -1;
	return sa_put(out, "\"", 1);
}

/* list+rcpt=domain@host, each piece as it stands between the quotes, if any */
static int
put_sender(stralloc *out, const struct bytes piece[4], int quoted)
{
	const char *quote = quoted ? "\"" : "";

	if (sa_puts(out, quote) < 0 ||
	    sa_put(out, piece[0].s, piece[0].len) < 0 ||
	    sa_puts(out, "+") < 0 ||
	    sa_put(out, piece[1].s, piece[1].len) < 0 ||
	    sa_puts(out, "=") < 0 ||
	    sa_put(out, piece[2].s, piece[2].len) < 0 ||
	    sa_puts(out, quote) < 0 || sa_puts(out, "@") < 0)
		return -1;
	return sa_put(out, piece[3].s, piece[3].len);
}

int
verp_sender(
    stralloc *out, const char *list, size_t len, const char *rcpt, size_t rlen)
{
	struct bytes piece[4]; /* list, local part, domain, host */
	size_t start = out->len;
	int quoted;

	if (split(&piece[0], &piece[3], list, len) < 0 ||
	    split(&piece[1], &piece[2], rcpt, rlen) < 0)
		return -1;
	if (!mime_name_ok(piece[0]) || memchr(piece[0].s, '+', piece[0].len))
		return refuse(EINVAL);
	quoted = is_quoted(piece[1]);
	if (quoted && piece[1].len == 2)
		return refuse(EINVAL);
	if (quoted) {
		piece[1].s++;
		piece[1].len -= 2;
	}
	if (put_sender(out, piece, quoted) < 0) {
		out->len = start;
		return -1;
	}
	if (out->len - start > VERP_MAX) {
		out->len = start;
		return refuse(ENAMETOOLONG);
	}
	return 0;
}

/* The address local@domain, quoted when that makes an address of it. */
static int
put_rcpt(stralloc *out, struct bytes local, struct bytes domain)
{
	stralloc text = {0};
	int r = 0;

	errno = 0;
	for (int quoted = 0; quoted < 2 && r == 0; quoted++) {
		text.len = out->len = 0;
		if ((quoted ? put_quoted(&text, local)
			    : sa_put(&text, local.s, local.len)) == 0 &&
		    sa_put(&text, "@", 1) == 0 &&
		    sa_put(&text, domain.s, domain.len) == 0 &&
		    addr_spec(out, text.s, text.len, ADDR_UTF8, NULL) == 0)
			r = 1;
		else if (errno == ENOMEM)
			r = -1;
	}
	sa_free(&text);
	return r;
}

static int
parse_plain(stralloc *list, stralloc *rcpt, struct bytes v)
{
	size_t plus, equals;
	struct bytes to;

	if (v.len < PREFIX_LEN || case_diffb(v.s, PREFIX_LEN, prefix) != 0)
		return 0;
	v.s += PREFIX_LEN;
	v.len -= PREFIX_LEN;
	plus = byte_chr(v.s, v.len, '+');
	equals = byte_rchr(v.s, v.len, '=');
	if (equals == v.len || equals < plus + 2 || equals + 1 == v.len ||
	    !mime_name_ok((struct bytes){v.s, plus}))
		return 0;
	to = (struct bytes){v.s + plus + 1, equals - plus - 1};
	if (bytes_eq(to, "\"\""))
		return 0;
	list->len = 0;
	if (sa_put(list, v.s, plus) < 0)
		return -1;
	return put_rcpt(
	    rcpt, to, (struct bytes){v.s + equals + 1, v.len - equals - 1});
}

int
verp_parse(stralloc *list, stralloc *rcpt, const char *local, size_t len)
{
	struct bytes v = {local, len};
	stralloc text = {0};
	int r;

	if (len > VERP_MAX || has_control(v))
		return 0;
	if (!is_quoted(v))
		return parse_plain(list, rcpt, v);
	r = put_unquoted(&text, v);
	if (r == 0)
		r = parse_plain(list, rcpt, (struct bytes){text.s, text.len});
	sa_free(&text);
	return r;
}
