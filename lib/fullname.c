#include "lib/fullname.h"

#include "lib/addrlist.h"
#include "lib/charset.h"
#include "lib/clean.h"
#include "lib/utf8.h"

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
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

static int
is_utf8(struct bytes b)
{
	uint32_t point;
	size_t n;

	for (size_t i = 0; i < b.len; i += n) {
		n = utf8_get(&point, b.s + i, b.len - i);
		if (n == 0)
			return 0;
	}
	return 1;
}

/* As much of a text in UTF-8 as is kept. */
static size_t
kept(struct bytes b)
{
	size_t n = b.len > ADDR_NAME_MAX ? ADDR_NAME_MAX : b.len;

	while (n < b.len && n > 0 && ((unsigned char)b.s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static int
put(stralloc *out, struct bytes b)
{
	b = trim(b);
	b.len = kept(b);
	return clean_put(out, trim(b));
}

static int
put_latin(stralloc *out, struct bytes b)
{
	struct charset latin = {.kind = CHARSET_1252};
	char text[4 * (ADDR_NAME_MAX + 1)];
	uint32_t point[CHARSET_OUT];
	size_t n = 0;

	/* of each byte there is one character, of up to 3 bytes */
	for (size_t i = 0; i < b.len && n <= ADDR_NAME_MAX; i++)
		for (size_t k = 0, got = charset_put(&latin, b.s[i], point);
		     k < got; k++)
			n += charset_utf8(text + n, point[k]);
	return put(out, (struct bytes){text, n});
}

int
fullname_put(stralloc *out, struct bytes raw)
{
	raw = trim(raw);
	return is_utf8(raw) ? put(out, raw) : put_latin(out, raw);
}
