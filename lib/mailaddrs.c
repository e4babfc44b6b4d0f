#include "lib/mailaddrs.h"

#include <errno.h>

#include "lib/idn.h"

/* How the bytes around an '@' are read; each passes over more of them. */
enum reading {
	READ_PLAIN,    /* no byte is passed over */
	READ_CLEAN,    /* quotes and control bytes */
	READ_SQUEEZED, /* blanks and comments as well */
};

/* What a byte of a mailbox out of order is. */
enum kind {
	KIND_TEXT,
	KIND_MARK,  /* text, or a quote around it: 'joe@example.com' */
	KIND_NOISE, /* what no address has outside of quotes */
	KIND_BLANK,
	KIND_STOP,
};

static enum kind
kind_of(char c)
{
	switch (c) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		return KIND_BLANK;
	case '"':
	case '\\':
	case 127:
		return KIND_NOISE;
	case '\'':
	case '`':
		return KIND_MARK;
	case '(':
	case ')':
	case '<':
	case '>':
	case '[':
	case ']':
	case ',':
	case ';':
	case ':':
	case '@':
		return KIND_STOP;
	}
	return (unsigned char)c < 32 ? KIND_NOISE : KIND_TEXT;
}

/* Is the byte left out, so that those around it stand together? */
static int
passed_over(char c, enum reading how)
{
	enum kind k = kind_of(c);

	return (how >= READ_CLEAN && (k == KIND_MARK || k == KIND_NOISE)) ||
	    (how >= READ_SQUEEZED && k == KIND_BLANK);
}

static int
is_host(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	    (unsigned char)c >= 0x80;
}

/* Is the byte at i a bracket of a comment, not one of a pair with a '\\'?  No
 * '\\' is counted for two of them. */
static int
is_bracket(struct bytes text, size_t i, char c)
{
	size_t n = i;

	if (text.s[i] != c)
		return 0;
	while (n > 0 && text.s[n - 1] == '\\')
		n--;
	return (i - n) % 2 == 0;
}

/* The length of text without the blanks and whole comments at its end. */
static size_t
without_tail(struct bytes text)
{
	size_t len = text.len, i, depth;

	for (;;) {
		while (len && kind_of(text.s[len - 1]) == KIND_BLANK)
			len--;
		if (len == 0 || !is_bracket(text, len - 1, ')'))
			return len;
		for (i = len, depth = 0; i > 0; i--) {
			if (is_bracket(text, i - 1, ')'))
				depth++;
			else if (is_bracket(text, i - 1, '(') && --depth == 0)
				break;
		}
		if (i == 0)
			return len;
		len = i - 1;
	}
}

/* The bytes in front of an '@' that may be its local part. */
static struct bytes
local_run(struct bytes left, enum reading how)
{
	size_t end = without_tail(left), i = end;

	for (; i > 0; i--) {
		enum kind k = kind_of(left.s[i - 1]);

		if (k > (how == READ_PLAIN ? KIND_MARK : KIND_NOISE))
			break;
	}
	return (struct bytes){left.s + i, end - i};
}

/* Replace m->addr by text, without what is passed over. */
static int
take_local(struct mailaddrs *m, struct bytes text, enum reading how)
{
	m->addr.len = 0;
	for (; text.len; text.s++, text.len--)
		if (!passed_over(*text.s, how) &&
		    sa_put(&m->addr, text.s, 1) < 0)
			return -1;
	return 0;
}

/* Go on behind blanks and comments.  A comment without its end counts for its
 * '(' only, or the rest would stay unseen. */
static void
skip_front(struct bytes *v)
{
	struct bytes rest = *v;

	field_skip(&rest);
	while (rest.len == 0 && v->len &&
	    (*v->s == '(' || kind_of(*v->s) == KIND_BLANK)) {
		v->s++;
		v->len--;
	}
	if (rest.len)
		*v = rest;
}

/* Are the blanks and comments in a domain no end of it?  It may have them at
 * its beginning and around its dots, RFC 5322 section 4.4. */
static int
goes_on(const struct mailaddrs *m, struct bytes rest, enum reading how)
{
	if (rest.len == 0 || how == READ_PLAIN)
		return 0;
	return how == READ_SQUEEZED || m->name.len == 0 || *rest.s == '.' ||
	    m->name.s[m->name.len - 1] == '.';
}

/* Replace m->name by the domain at the start of right. */
static int
take_domain(struct mailaddrs *m, struct bytes right, enum reading how)
{
	const char *close;

	m->name.len = 0;
	skip_front(&right);
	if (right.len && *right.s == '[') {
		close = memchr(right.s, ']', right.len);
		return close
		    ? sa_put(&m->name, right.s, (size_t)(close - right.s) + 1)
		    : 0;
	}
	while (right.len) {
		struct bytes rest = right;

		if (is_host(*right.s)) {
			if (sa_put(&m->name, right.s, 1) < 0)
				return -1;
		} else if (!passed_over(*right.s, how)) {
			field_skip(&rest);
			if (rest.len == right.len || !goes_on(m, rest, how))
				return 0;
			right = rest;
			continue;
		}
		right.s++;
		right.len--;
	}
	return 0;
}

static int
no_memory(const struct where *w)
{
	if (strcmp(w->why, "out of memory") != 0)
		return 0;
	errno = ENOMEM;
	return 1;
}

/* Append the domain of m->name as A-labels; what is none stays. */
static int
put_domain(struct mailaddrs *m)
{
	struct bytes d = {m->name.s, m->name.len};
	struct where w;

	while (d.len && *d.s == '.') {
		d.s++;
		d.len--;
	}
	while (d.len && d.s[d.len - 1] == '.')
		d.len--;
	if (d.len > MAILADDRS_DOMAIN_MAX) {
		d.s += d.len - MAILADDRS_DOMAIN_MAX;
		d.len = MAILADDRS_DOMAIN_MAX;
	}
	if (idn_addr(&m->out, d.s, d.len, &w) == 0)
		return 0;
	return no_memory(&w) ? -1 : sa_put(&m->out, d.s, d.len);
}

/* Was this '@' read so already? */
static int
is_known(const struct mailaddrs *m, size_t start)
{
	size_t from = 0, len = m->out.len - start;

	for (unsigned i = 0; i < m->forms; from = m->end[i++])
		if (m->end[i] - from == len &&
		    memcmp(m->out.s + from, m->out.s + start, len) == 0)
			return 1;
	return 0;
}

/* Keep the address of local part m->addr and domain m->name, if it is one. */
static int
keep_form(struct mailaddrs *m)
{
	size_t start = m->out.len, local = m->addr.len;

	if (local > MAILADDRS_LOCAL_MAX)
		local = MAILADDRS_LOCAL_MAX;
	if (sa_put(&m->out, m->addr.s, local) < 0 ||
	    sa_put(&m->out, "@", 1) < 0 || put_domain(m) < 0)
		return -1;
	case_lowerb(m->out.s + start, m->out.len - start);
	if (local == 0 || m->out.len - start == local + 1 || is_known(m, start))
		m->out.len = start;
	else
		m->end[m->forms++] = m->out.len;
	return 0;
}

static int
read_as(struct mailaddrs *m, struct bytes local, struct bytes right,
    enum reading how)
{
	if (take_local(m, local, how) < 0 || take_domain(m, right, how) < 0)
		return -1;
	return keep_form(m);
}

/* Is there a quote at i that begins or ends a text? */
static int
is_quote(const char *s, size_t i)
{
	return s[i] == '"' && (i == 0 || s[i - 1] != '\\');
}

/* The quoted text in front of the '@' at s[at], with its quotes; empty when
 * there is none.  The text may hold an '@', but what is behind it may not: only
 * so no byte is passed twice when there are many. */
static struct bytes
quoted_run(const char *s, size_t at, struct bytes left)
{
	size_t end = at - left.len + without_tail(left), i;

	if (end > at - left.len && is_quote(s, end - 1))
		for (i = end - 1; i > 0; i--)
			if (is_quote(s, i - 1))
				return (struct bytes){s + i - 1, end - i + 1};
	return (struct bytes){s, 0};
}

/* "spam er"@example.com: the text as it stands and out of its quotes. */
static int
read_quoted(struct mailaddrs *m, struct bytes q, struct bytes right)
{
	if (q.len == 0)
		return 0;
	if (take_domain(m, right, READ_CLEAN) < 0)
		return -1;
	m->addr.len = 0;
	if (sa_put(&m->addr, q.s, q.len) < 0 || keep_form(m) < 0)
		return -1;
	m->addr.len = 0;
	for (size_t i = 1; i + 1 < q.len; i++) {
		if (q.s[i] == '\\' && i + 2 < q.len)
			i++;
		if (sa_put(&m->addr, q.s + i, 1) < 0)
			return -1;
	}
	return keep_form(m);
}

/* Replace m->addr by text without blanks and comments; all 1: with what is in
 * the comments.  Returns 1; 0 when one has no end; -1 */
static int
squeeze(struct mailaddrs *m, struct bytes text, int all)
{
	size_t depth = 0;
	int pair;

	m->addr.len = 0;
	for (; text.len; text.s++, text.len--) {
		pair = depth && *text.s == '\\' && text.len > 1;
		text.s += pair;
		text.len -= (size_t)pair;
		if (!pair && *text.s == '(')
			depth++;
		else if (!pair && *text.s == ')')
			depth -= depth > 0;
		else if ((all || depth == 0) &&
		    !passed_over(*text.s, READ_SQUEEZED) &&
		    sa_put(&m->addr, text.s, 1) < 0)
			return -1;
	}
	return depth == 0;
}

/* <spam er@example.com>: all between the last '<' and the '@'. */
static int
read_angle(struct mailaddrs *m, struct bytes left, struct bytes right)
{
	size_t i = left.len;
	int r;

	while (i > 0 && !memchr("<>,;:", left.s[i - 1], 5))
		i--;
	if (i == 0 || left.s[i - 1] != '<')
		return 0;
	left = (struct bytes){left.s + i, left.len - i};
	r = squeeze(m, left, 0);
	if (r == 0)
		r = squeeze(m, left, 1);
	if (r < 0 || take_domain(m, right, READ_SQUEEZED) < 0)
		return -1;
	return keep_form(m);
}

/* Read the next '@' of the mailbox out of order in all the ways that are
 * different.  Each way looks at the bytes up to the '@' before and behind, so
 * all of them together take time linear in the mailbox; only quoted text may
 * have an '@', but its quotes bound it as well. */
static int
piece_read(struct mailaddrs *m)
{
	const char *s = m->piece.s, *end = s + m->piece.len;
	const char *at = memchr(s + m->at, '@', m->piece.len - m->at), *next;
	struct bytes left, right;

	m->out.len = 0;
	m->forms = m->form = 0;
	if (!at) {
		m->at = m->piece.len;
		return 0;
	}
	next = memchr(at + 1, '@', (size_t)(end - at - 1));
	left = (struct bytes){s + m->at, (size_t)(at - s) - m->at};
	right = (struct bytes){at + 1, (size_t)((next ? next : end) - at - 1)};
	m->at = (size_t)(at - s) + 1;
	if (read_as(m, local_run(left, READ_PLAIN), right, READ_PLAIN) < 0 ||
	    read_as(m, local_run(left, READ_CLEAN), right, READ_CLEAN) < 0 ||
	    read_quoted(m, quoted_run(s, m->at - 1, left), right) < 0)
		return -1;
	return read_angle(m, left, right);
}

/* The normal form of an address in order, m->addr, is nearly ours. */
static int
normal(struct mailaddrs *m, struct bytes *address)
{
	struct where w;
	size_t i = 0;

	case_lowerb(m->addr.s, m->addr.len);
	*address = (struct bytes){m->addr.s, m->addr.len};
	while (i < m->addr.len && (unsigned char)m->addr.s[i] < 0x80)
		i++;
	if (i == m->addr.len)
		return 0;
	m->out.len = 0;
	if (idn_addr(&m->out, m->addr.s, m->addr.len, &w) < 0)
		return no_memory(&w) ? -1 : 0;
	*address = (struct bytes){m->out.s, m->out.len};
	return 0;
}

/* The next address of the field: 1, 0, -1. */
static int
field_address(struct mailaddrs *m, struct bytes *address)
{
	struct where w = {0, ""};
	size_t from;
	int r;

	for (;;) {
		if (m->form < m->forms) {
			from = m->form ? m->end[m->form - 1] : 0;
			*address = (struct bytes){
			    m->out.s + from, m->end[m->form++] - from};
			return 1;
		}
		if (m->at < m->piece.len) {
			if (piece_read(m) < 0)
				return -1;
			continue;
		}
		from = m->list.at;
		r = addr_list_next(&m->list, &m->addr, NULL, &w);
		if (r == 0)
			return 0;
		if (r > 0)
			return normal(m, address) < 0 ? -1 : 1;
		if (no_memory(&w))
			return -1;
		m->piece = (struct bytes){m->list.s + from, m->list.at - from};
		m->at = 0;
	}
}

static int
is_wanted(const struct field *f, enum mailaddrs_side side)
{
	if (side == MAILADDRS_FROM)
		return field_is(f, "From") || field_is(f, "Sender") ||
		    field_is(f, "Resent-From") || field_is(f, "Resent-Sender");
	return field_is(f, "To") || field_is(f, "Cc") || field_is(f, "Bcc") ||
	    field_is(f, "Resent-To") || field_is(f, "Resent-Cc") ||
	    field_is(f, "Resent-Bcc");
}

/* Go to the next field of the side: 1 or 0. */
static int
field_next(struct mailaddrs *m)
{
	while (header_next(m->header, &m->field)) {
		if (!is_wanted(&m->field, m->side))
			continue;
		m->list = (struct addr_list){
		    m->field.value.s, m->field.value.len, 0, ADDR_UTF8, 0};
		return 1;
	}
	return 0;
}

void
mailaddrs_begin(
    struct mailaddrs *m, const struct header *h, enum mailaddrs_side side)
{
	m->looked = m->more = 0;
	m->header = h;
	m->side = side;
	m->field = (struct field){.end = 0};
	m->list = (struct addr_list){.s = NULL};
	m->piece = (struct bytes){NULL, 0};
	m->at = 0;
	m->forms = m->form = 0;
}

int
mailaddrs_next(struct mailaddrs *m, struct bytes *address, struct bytes *field)
{
	int r;

	for (;;) {
		r = field_address(m, address);
		if (r < 0)
			return -1;
		if (r == 0) {
			if (!field_next(m))
				return 0;
		} else if (m->looked < MAILADDRS_MAX) {
			break;
		} else {
			m->more++;
		}
	}
	m->looked++;
	*field = m->field.name;
	return 1;
}

void
mailaddrs_free(struct mailaddrs *m)
{
	sa_free(&m->addr);
	sa_free(&m->name);
	sa_free(&m->out);
	*m = (struct mailaddrs){.looked = 0};
}
