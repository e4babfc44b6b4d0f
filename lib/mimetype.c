#include "lib/mimetype.h"

#include <string.h>

#include "lib/header.h"

/* The next byte, if it is this one. */
static int
take(struct bytes *v, char c)
{
	field_skip(v);
	if (v->len == 0 || *v->s != c)
		return 0;
	v->s++;
	v->len--;
	return 1;
}

void
mimetype_parse(struct mimetype *m, struct bytes value)
{
	*m = (struct mimetype){.rest = value};
	m->type = field_token(&m->rest);
	if (m->type.len > 0 && take(&m->rest, '/'))
		m->subtype = field_token(&m->rest);
	if (m->subtype.len == 0)
		*m = (struct mimetype){.rest = {value.s + value.len, 0}};
}

/* What stands between quotes, the first of which is behind us. */
static struct bytes
quoted(struct bytes *v)
{
	struct bytes b = {v->s, 0};

	while (v->len > 0 && *v->s != '"') {
		size_t n = *v->s == '\\' && v->len > 1 ? 2 : 1;

		v->s += n;
		v->len -= n;
		b.len += n;
	}
	(void)take(v, '"');
	return b;
}

/* What has no quotes, whether it should have or not. */
static struct bytes
bare(struct bytes *v)
{
	struct bytes b;

	field_skip(v);
	b = (struct bytes){v->s, 0};
	while (b.len < v->len && !memchr("; \t\r\n(\"", b.s[b.len], 7))
		b.len++;
	v->s += b.len;
	v->len -= b.len;
	return b;
}

int
mimetype_param(struct bytes *rest, struct bytes *name, struct bytes *value)
{
	while (take(rest, ';')) {
		*name = field_token(rest);
		if (!take(rest, '='))
			continue;
		*value = take(rest, '"') ? quoted(rest) : bare(rest);
		return 1;
	}
	return 0;
}

struct bytes
mimetype_boundary(struct bytes value)
{
	while (value.len > 0 && memchr(" \t", value.s[value.len - 1], 2))
		value.len--;
	return value;
}

size_t
mimetype_plain(char *out, size_t room, struct bytes value)
{
	size_t n = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (value.s[i] == '\\' && i + 1 < value.len)
			i++;
		if (n == room)
			return room + 1;
		out[n++] = value.s[i];
	}
	return n;
}
