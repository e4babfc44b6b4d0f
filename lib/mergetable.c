#include "lib/mergetable.h"

#include <ctype.h>
#include <errno.h>

#include "lib/addr.h"
#include "lib/mailfile.h"
#include "lib/spoolfile.h"

static struct bytes
trimmed(struct bytes b)
{
	while (b.len && (*b.s == ' ' || *b.s == '\t')) {
		b.s++;
		b.len--;
	}
	while (b.len && (b.s[b.len - 1] == ' ' || b.s[b.len - 1] == '\t'))
		b.len--;
	return b;
}

static int
wrong(struct where *w, size_t at, const char *why)
{
	errno = EINVAL;
	return where_set(w, at, why);
}

/* --- the first line ------------------------------------------------------- */

/* Is the last of the names, that is len bytes long, one of those before? */
static int
known_before(const stralloc *names, size_t at, size_t len)
{
	struct bytes rest = {names->s, at};

	while (rest.len) {
		struct bytes b = bytes_word(&rest);

		if (b.len == len && memcmp(b.s, names->s + at, len) == 0)
			return 1;
	}
	return 0;
}

static int
bad_name(
    stralloc *names, size_t at, size_t column, struct where *w, const char *why)
{
	names->len -= at;
	memmove(names->s, names->s + at, names->len);
	return wrong(w, column, why);
}

static int
add_name(stralloc *names, struct bytes name, size_t column, struct where *w)
{
	size_t at = names->len + (column > 1);

	if ((column > 1 && sa_puts(names, " ") < 0) ||
	    sa_put(names, name.s, name.len) < 0)
		return -1;
	for (size_t k = at; k < names->len; k++)
		names->s[k] = (char)toupper((unsigned char)names->s[k]);
	if (!merge_name_ok((struct bytes){names->s + at, name.len}))
		return bad_name(names, at, column, w,
		    "is no name of a field: a letter, then letters, "
		    "digits, - _ and ., at most 32");
	if (known_before(names, at, name.len))
		return bad_name(names, at, column, w, "is there twice");
	return 0;
}

int
mergetable_names(stralloc *names, const struct csv *csv, struct where *w)
{
	for (unsigned i = 1; i < csv->n; i++)
		if (add_name(names, trimmed(csv->cell[i]), i, w) < 0)
			return -1;
	if (csv->n > MERGE_FIELDS_MAX + 1)
		return wrong(w, 0, "more than 64 fields");
	if (names->len > SPOOL_VALUE_MAX)
		return wrong(w, 0, "the names have more than 1,024 bytes");
	return 0;
}

/* --- the others ----------------------------------------------------------- */

static int
bad(int *field, int which, const char **to, const char *why)
{
	*field = which;
	*to = why;
	errno = EINVAL;
	return -1;
}

int
mergetable_row(struct merge_row *row, stralloc *address, const struct csv *csv,
    const struct merge *m, struct merge_copy *copy, int *field,
    const char **why)
{
	struct bytes to = trimmed(csv->cell[0]);
	size_t len = 0;
	struct where w;

	address->len = 0;
	if (addr_spec(address, to.s, to.len, ADDR_UTF8, &w) < 0)
		return bad(field, -1, why, w.why);
	row->to = (struct bytes){address->s, address->len};
	row->n = 0;
	for (unsigned i = 1; i < csv->n && i <= MERGE_FIELDS_MAX; i++) {
		row->value[row->n++] = csv->cell[i];
		len += csv->cell[i].len + 1;
	}
	if (csv->n > m->names + 1)
		return bad(field, -2, why, "has more cells than names");
	if (address->len + len >= MAIL_ROW_MAX)
		return bad(field, -2, why, "has more than 32,768 bytes");
	return merge_check(copy, m, row, field, why);
}

int
mergetable_put(stralloc *out, const struct merge_row *row)
{
	if (sa_put(out, row->to.s, row->to.len) < 0)
		return -1;
	for (unsigned i = 0; i < row->n; i++)
		if (sa_put(out, "\t", 1) < 0 ||
		    sa_put(out, row->value[i].s, row->value[i].len) < 0)
			return -1;
	return 0;
}

/* --- the message ---------------------------------------------------------- */

static int
lacks(const struct header *h, const char *name)
{
	struct field f;

	return !header_find(h, name, 0, &f);
}

/* Text without a word on MIME is UTF-8. */
int
mergetable_head(stralloc *out, const struct header *h)
{
	int mime = !lacks(h, "MIME-Version") || !lacks(h, "Content-Type") ||
	    !lacks(h, "Content-Transfer-Encoding");

	if ((lacks(h, "Date") && sa_puts(out, "Date: &*DATE;\r\n") < 0) ||
	    (lacks(h, "Message-ID") &&
		sa_puts(out, "Message-ID: <&*MSGID;>\r\n") < 0) ||
	    (lacks(h, "To") && sa_puts(out, "To: &*TO;\r\n") < 0))
		return -1;
	if (mime)
		return 0;
	return sa_puts(out,
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n");
}
