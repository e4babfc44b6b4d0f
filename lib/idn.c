#include "lib/idn.h"

#include <idn2.h>

#include "lib/addr.h"

static int
is_ascii(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80 || s[i] == 0)
			return 0;
	return 1;
}

/* name is a string; its A-labels are appended. */
static int
to_ascii(stralloc *out, const char *name, size_t at, struct where *w)
{
	char *ascii = NULL;
	int r;

	if (idn2_to_ascii_8z(
		name, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return where_set(w, at, "no such international domain name");
	r = sa_puts(out, ascii);
	idn2_free(ascii);
	return r < 0 ? where_set(w, at, "out of memory") : 0;
}

int
idn_addr(stralloc *out, const char *s, size_t len, struct where *w)
{
	stralloc name = {0};
	size_t was = out->len, at = addr_at(s, len);
	int r = 0;

	at = at == len ? 0 : at + 1;
	if (at < len && memchr(s + at, 0, len - at))
		return where_set(w, at, "NUL in a domain");
	if (sa_put(out, s, at) < 0)
		r = where_set(w, 0, "out of memory");
	else if (is_ascii(s + at, len - at))
		r = sa_put(out, s + at, len - at) < 0
		    ? where_set(w, at, "out of memory")
		    : 0;
	else if (sa_put(&name, s + at, len - at) < 0 || sa_0(&name) < 0)
		r = where_set(w, at, "out of memory");
	else
		r = to_ascii(out, name.s, at, w);
	sa_free(&name);
	if (r < 0)
		out->len = was;
	return r;
}
