#include "cmd/lsv-list/subfile.h"

#include "lib/addrlist.h"
#include "lib/idn.h"
#include "lib/num.h"
#include "lib/suboptions.h"

enum { DAY_LEN = 8 };

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static size_t
skip_blanks(const char *s, size_t len, size_t i)
{
	while (i < len && is_blank(s[i]))
		i++;
	return i;
}

/* The end of the first word; a quoted local part may hold blanks. */
static size_t
first_word(const char *s, size_t len)
{
	size_t i = 0;

	if (s[0] == '"') {
		i = addr_at(s, len);
		if (i == len)
			i = 0;
	}
	while (i < len && !is_blank(s[i]))
		i++;
	return i;
}

/* "20261122 NOMAIL CONCEAL" */
static int
facts(struct subline *l, const char *s, size_t len, size_t at, struct where *w)
{
	uint64_t day;
	size_t i = 0, n;

	while ((i = skip_blanks(s, len, i)) < len) {
		for (n = 0; i + n < len && !is_blank(s[i + n]); n++)
			;
		if (n == DAY_LEN && num_u64(&day, s + i, n, UINT32_MAX) == 0)
			l->day = (uint32_t)day;
		else if (!suboptions_set(&l->options, s + i, n))
			return where_set(w, at + i,
			    "neither an option nor a date within the brackets");
		i += n;
	}
	return 0;
}

/* Takes the part in brackets out of the line, if there is one. */
static int
take_facts(struct subline *l, const char **s, size_t *len, struct where *w)
{
	size_t word = first_word(*s, *len);
	size_t i = skip_blanks(*s, *len, word), n;

	if (i == *len || (*s)[i] != '[')
		return 0;
	n = byte_chr(*s + i, *len - i, ']');
	if (n == *len - i)
		return where_set(w, i, "[ without its ]");
	if (facts(l, *s + i + 1, n - 1, i + 1, w) < 0)
		return -1;
	l->rest.len = 0;
	if (sa_put(&l->rest, *s, i) < 0 ||
	    sa_put(&l->rest, *s + i + n + 1, *len - i - n - 1) < 0)
		return where_set(w, 0, "out of memory");
	*s = l->rest.s;
	*len = l->rest.len;
	return 0;
}

/* The domain of l->addr in ASCII. */
static int
to_ascii(struct subline *l, struct where *w)
{
	stralloc ascii = {0};
	int r;

	r = idn_addr(&ascii, l->addr.s, l->addr.len, w);
	if (r == 0) {
		l->addr.len = 0;
		r = addr_spec(&l->addr, ascii.s, ascii.len, 0, w);
	}
	sa_free(&ascii);
	return r;
}

static int
has_utf8(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80)
			return 1;
	return 0;
}

int
subfile_parse(struct subline *l, const char *s, size_t len, struct where *w)
{
	size_t i = skip_blanks(s, len, 0);

	s += i;
	len -= i;
	if (len == 0 || (s[0] == '#' && (len == 1 || is_blank(s[1]))))
		return 0;
	if (take_facts(l, &s, &len, w) < 0 ||
	    addr_line(&l->addr, &l->name, s, len, ADDR_UTF8, w) < 0)
		return -1;
	if (has_utf8(l->addr.s, l->addr.len) && to_ascii(l, w) < 0)
		return -1;
	l->key.len = 0;
	if (addr_key(&l->key, l->addr.s, l->addr.len) < 0)
		return where_set(w, 0, "out of memory");
	return 1;
}

int
subfile_format(stralloc *out, const struct subscriber *s, int plain)
{
	size_t was = out->len;

	if (sa_put(out, s->addr.s, s->addr.len) < 0)
		goto bad;
	if (!plain) {
		if (sa_puts(out, " [") < 0 || sa_addu(out, s->day) < 0 ||
		    sa_puts(out, s->options ? " " : "") < 0 ||
		    suboptions_text(out, s->options, 0) < 0 ||
		    sa_puts(out, "]") < 0)
			goto bad;
	}
	if (s->name.len &&
	    (sa_puts(out, " ") < 0 || sa_put(out, s->name.s, s->name.len) < 0))
		goto bad;
	if (sa_puts(out, "\n") < 0)
		goto bad;
	return 0;
bad:
	out->len = was;
	return -1;
}

void
subfile_free(struct subline *l)
{
	sa_free(&l->addr);
	sa_free(&l->name);
	sa_free(&l->key);
	sa_free(&l->rest);
}
