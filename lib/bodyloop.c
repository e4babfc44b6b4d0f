#include "lib/bodyloop.h"

/* Where in the line the next byte is. */
enum state {
	MARKS, /* in front of the first byte that is no blank, '>' or '|' */
	FIELD, /* of what may be one of the fields */
	FOLD,  /* in front of the first byte of the line behind a field */
	OTHER, /* of a line that does not matter */
};

static int
blank(char c)
{
	return c == ' ' || c == '\t';
}

void
bodyloop_begin(struct bodyloop *b, struct bytes trace,
    const struct bytes *address, size_t n)
{
	*b = (struct bodyloop){.trace = trace, .state = MARKS};
	for (size_t i = 0; i < n && i < BODYLOOP_ADDRESSES; i++)
		b->address[b->naddress++] = address[i];
}

/* --- a field ---------------------------------------------------------------- */

/* May this byte be part of a name or an address? */
static int
word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z') || c == '_' || c == '-' ||
	    (unsigned char)c > 127;
}

/* Does a text begin with a name, in any case, that goes no further? */
static int
begins_with(struct bytes text, struct bytes name)
{
	if (name.len == 0 || text.len < name.len ||
	    strncasecmp(text.s, name.s, name.len) != 0)
		return 0;
	text.s += name.len;
	text.len -= name.len;
	if (text.len > 1 && *text.s == '.')
		return !word(text.s[1]);
	return text.len == 0 || !word(*text.s);
}

static int
has_address(struct bytes value, struct bytes address)
{
	const char *at = memchr(address.s, '@', address.len);
	const char *end = value.s + value.len, *s = value.s;
	size_t local = at ? (size_t)(at - address.s) : address.len;

	for (; at && (s = memchr(s, '@', (size_t)(end - s))); s++) {
		const char *start = s - local;

		if ((size_t)(s - value.s) < local ||
		    (start > value.s &&
			(word(start[-1]) || strchr(".+=", start[-1]))))
			continue;
		if (begins_with(
			(struct bytes){start, (size_t)(end - start)}, address))
			return 1;
	}
	return 0;
}

/* The value of a field of this name; its s is NULL when the line is none. */
static struct bytes
value_of(struct bytes line, const char *name)
{
	size_t n = strlen(name);

	if (!bytes_starts(line, name))
		return (struct bytes){NULL, 0};
	while (n < line.len && blank(line.s[n]))
		n++;
	if (n == line.len || line.s[n] != ':')
		return (struct bytes){NULL, 0};
	return (struct bytes){line.s + n + 1, line.len - n - 1};
}

static void
field_over(struct bodyloop *b)
{
	static const char *const names[] = {"From", "Sender", "Reply-To"};
	struct bytes line = {b->line, b->len};
	struct bytes v = value_of(line, "X-LSV-Trace");

	while (v.len > 0 && (blank(*v.s) || *v.s == '\r')) {
		v.s++;
		v.len--;
	}
	if (v.s && begins_with(v, b->trace))
		b->found |= BODYLOOP_TRACE;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		v = value_of(line, names[i]);
		for (size_t j = 0; v.s && j < b->naddress; j++)
			if (has_address(v, b->address[j]))
				b->found |= BODYLOOP_ADDRESS;
	}
	b->len = 0;
	b->state = MARKS;
}

/* --- bytes ------------------------------------------------------------------ */

static void
keep(struct bodyloop *b, const char *s, size_t len)
{
	size_t room = sizeof b->line - b->len;

	if (len > room)
		len = room;
	memcpy(b->line + b->len, s, len);
	b->len += len;
}

/* Up to the LF, or all. */
static const char *
line_end(const char *s, const char *end)
{
	const char *lf = memchr(s, '\n', (size_t)(end - s));

	return lf ? lf : end;
}

/* A line of the header, or what there is of it; returns what is behind it.  The
 * header ends with an empty line: state is still MARKS at its end. */
static const char *
put_header(struct bodyloop *b, const char *s, const char *end)
{
	const char *to = line_end(s, end);

	while (s < to && *s == '\r')
		s++;
	if (s < to)
		b->state = OTHER;
	if (to == end)
		return end;
	b->body = b->state == MARKS;
	b->state = MARKS;
	return to + 1;
}

/* A byte of the body where one by one matters. */
static void
put_byte(struct bodyloop *b, char c)
{
	if (b->state == FOLD) {
		if (blank(c)) {
			b->state = FIELD;
			keep(b, " ", 1);
			return;
		}
		field_over(b);
	}
	if (c == '\n')
		b->state = b->state == FIELD ? FOLD : MARKS;
	else if (b->state == MARKS && !blank(c) && c != '>' && c != '|') {
		b->state = strchr("XxFfSsRr", c) && c ? FIELD : OTHER;
		if (b->state == FIELD)
			keep(b, &c, 1);
	}
}

/* A line of the body, or what there is of it; returns what is behind it. */
static const char *
put_line(struct bodyloop *b, const char *s, const char *end)
{
	while (s < end) {
		if (b->state == FIELD || b->state == OTHER) {
			const char *to = line_end(s, end);

			if (b->state == FIELD)
				keep(b, s, (size_t)(to - s));
			s = to;
		}
		if (s == end)
			break;
		put_byte(b, *s++);
		if (s[-1] == '\n')
			break;
	}
	return s;
}

/* Where the last line before a place begins that goes on with no field; from when
 * there is none. */
static const char *
last_line(const char *from, const char *place)
{
	const char *end = place;

	while (end > from && (end = memrchr(from, '\n', (size_t)(end - from))))
		if (end + 1 < place && !blank(end[1]))
			return end + 1;
	return from;
}

/* Both tests are for something with an '@': a field matters when there is one in
 * it, or may be in the next piece.  Behind the last one, and between fields, look
 * for the next one and leave out what is in front of its field; returns where
 * that begins. */
static const char *
jump(struct bodyloop *b, const char *s, const char *end, const char **behind)
{
	const char *sign, *to;

	if (s < *behind || b->state == FIELD || b->state == FOLD)
		return s;
	sign = memchr(s, '@', (size_t)(end - s));
	*behind = sign ? sign + 1 : end;
	to = last_line(s, sign ? sign : end);
	if (to > s)
		b->state = MARKS;
	return to;
}

void
bodyloop_more(struct bodyloop *b, const char *s, size_t len)
{
	const char *end = s + len, *behind;

	while (s < end && !b->body)
		s = put_header(b, s, end);
	behind = s; /* the last '@' */
	while (s < end)
		s = put_line(b, jump(b, s, end, &behind), end);
}

unsigned
bodyloop_end(struct bodyloop *b)
{
	if (b->state == FIELD || b->state == FOLD)
		field_over(b);
	return b->found;
}
