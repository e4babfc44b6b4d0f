#include "lib/spoolfile.h"

#include <errno.h>

static const char *const class_name[CLASSES] = {
    "post", "mail", "dist", "command", "bounce", "peer"};

const char *spool_class_name(enum spool_class class)
{
	return class_name[class];
}

int
spool_get_class(struct keyval *k, enum spool_class *class)
{
	struct bytes v;
	size_t at = k->at;

	if (keyval_get(k, "class", &v) < 0)
		return -1;
	for (int i = 0; i < CLASSES; i++)
		if (bytes_eq(v, class_name[i])) {
			*class = (enum spool_class)i;
			return 0;
		}
	return where_set(k->w, at, "no such class");
}

int
spool_get_pool(struct keyval *k, char *pool)
{
	struct bytes v;
	size_t at = k->at;

	if (keyval_get(k, "pool", &v) < 0)
		return -1;
	*pool = v.len ? v.s[0] : 0;
	if (v.len > 1 ||
	    (v.len && *pool != '-' && (*pool < 'A' || *pool > 'Z')))
		return where_set(k->w, at, "no such pool");
	return 0;
}

void
spoolhead_size(char *out, uint64_t size)
{
	for (int i = SPOOL_SIZE_DIGITS - 1; i >= 0; i--) {
		out[i] = (char)('0' + size % 10);
		size /= 10;
	}
}

/* Are these n whole lines, none of them empty? */
static int
whole_lines(struct bytes b, uint32_t n)
{
	uint32_t lines = 0;
	char last = '\n';

	for (size_t i = 0; i < b.len; i++) {
		if (b.s[i] == '\r' || b.s[i] == 0 ||
		    (b.s[i] == '\n' && last == '\n'))
			return 0;
		last = b.s[i];
		lines += last == '\n';
	}
	return last == '\n' && lines == n;
}

/* Recipients stand one a line after their count. */
static int
put_rcpts(stralloc *out, const struct spoolhead *h)
{
	if (!whole_lines(h->rcpts, h->nrcpt)) {
		errno = EINVAL;
		return -1;
	}
	if (keyval_putu(out, "rcpts", h->nrcpt) < 0)
		return -1;
	return sa_put(out, h->rcpts.s, h->rcpts.len);
}

static int
put_digits(stralloc *out, const char *key, uint64_t n)
{
	char digits[SPOOL_SIZE_DIGITS];

	spoolhead_size(digits, n);
	return keyval_put(
	    out, key, (struct bytes){digits, sizeof digits}, sizeof digits);
}

int
spoolhead_tabled(const struct spoolhead *h)
{
	return h->merged || h->class == CLASS_DIST;
}

static int
put_table(stralloc *out, const struct spoolhead *h)
{
	if (!spoolhead_tabled(h))
		return 0;
	if (h->merged &&
	    (keyval_put(out, "merge", h->fields, SPOOL_VALUE_MAX) < 0 ||
		keyval_putu(out, "verp", h->verp != 0) < 0))
		return -1;
	if (put_digits(out, "rows", h->rows) < 0)
		return -1;
	return put_digits(out, "table", h->table);
}

/* Only a job of class dist that has them says so. */
static int
put_dist(stralloc *out, const struct spoolhead *h)
{
	if (h->trail.len &&
	    keyval_put(out, "trail", h->trail, SPOOL_TRAIL_MAX) < 0)
		return -1;
	return h->file.len ? keyval_put(out, "file", h->file, SPOOL_VALUE_MAX)
			   : 0;
}

int
spoolhead_format(stralloc *out, const struct spoolhead *h, size_t *size_at)
{
	struct bytes pool = {&h->pool, h->pool != 0};

	if (keyval_put(out, "lsv-file", bytes_z("1"), 1) < 0 ||
	    keyval_put(out, "id", bytes_z(h->id), ID_NAME_MAX) < 0 ||
	    keyval_put(out, "class", bytes_z(class_name[h->class]), 16) < 0 ||
	    keyval_putu(out, "created", h->created_us) < 0 ||
	    keyval_put(out, "from", h->from, SPOOL_VALUE_MAX) < 0 ||
	    keyval_put(out, "to", h->to, SPOOL_VALUE_MAX) < 0 ||
	    keyval_put(out, "list", h->list, SPOOL_VALUE_MAX) < 0 ||
	    keyval_put(out, "form", h->form, SPOOL_VALUE_MAX) < 0 ||
	    keyval_put(out, "detail", h->detail, SPOOL_VALUE_MAX) < 0 ||
	    keyval_put(out, "pool", pool, 1) < 0 ||
	    keyval_put(out, "reason", h->reason, SPOOL_VALUE_MAX) < 0 ||
	    put_dist(out, h) < 0 || put_rcpts(out, h) < 0 ||
	    put_table(out, h) < 0 || put_digits(out, "size", h->size) < 0)
		return -1;
	if (size_at)
		*size_at = out->len - 1 - SPOOL_SIZE_DIGITS;
	return sa_put(out, "end\n", 4);
}

static int
get_rcpts(struct keyval *k, struct spoolhead *h)
{
	const char *start, *nl;
	uint64_t n;

	if (keyval_getu(k, "rcpts", &n, SPOOL_HEAD_MAX) < 0)
		return -1;
	start = k->s + k->at;
	for (uint64_t i = 0; i < n; i++) {
		nl = memchr(k->s + k->at, '\n', k->len - k->at);
		if (!nl || nl == k->s + k->at)
			return where_set(k->w, k->at, "a recipient is missing");
		k->at = (size_t)(nl - k->s) + 1;
	}
	h->nrcpt = (uint32_t)n;
	h->rcpts = (struct bytes){start, (size_t)(k->s + k->at - start)};
	if (!whole_lines(h->rcpts, h->nrcpt))
		return where_set(k->w, (size_t)(start - k->s),
		    "a forbidden byte in a recipient");
	return 0;
}

static int
get_table(struct keyval *k, struct spoolhead *h)
{
	uint64_t verp = 0;

	h->merged = keyval_is(k, "merge");
	if (!spoolhead_tabled(h))
		return 0;
	if ((h->class != CLASS_MAIL && h->class != CLASS_DIST) || h->nrcpt)
		return where_set(k->w, k->at, "a table does not belong here");
	if (h->merged &&
	    (keyval_get(k, "merge", &h->fields) < 0 ||
		keyval_getu(k, "verp", &verp, 1) < 0))
		return -1;
	h->verp = (int)verp;
	if (keyval_getu(k, "rows", &h->rows, UINT32_MAX) < 0)
		return -1;
	return keyval_getu(k, "table", &h->table, INT64_MAX / 4);
}

static int
get_dist(struct keyval *k, struct spoolhead *h)
{
	size_t at = k->at;

	if (keyval_is(k, "trail") && keyval_get(k, "trail", &h->trail) < 0)
		return -1;
	if (keyval_is(k, "file") && keyval_get(k, "file", &h->file) < 0)
		return -1;
	if (k->at != at && h->class != CLASS_DIST)
		return where_set(k->w, at, "only class dist has that");
	return 0;
}

int
spoolhead_parse(struct spoolhead *h, const char *s, size_t len, struct where *w)
{
	struct keyval k = {.s = s, .len = len, .w = w};
	struct bytes v;

	*h = (struct spoolhead){.class = CLASS_POST};
	if (keyval_get(&k, "lsv-file", &v) < 0)
		return -1;
	if (!bytes_eq(v, "1"))
		return where_set(w, 0, "written by another release");
	if (keyval_name(&k, "id", h->id) < 0 ||
	    spool_get_class(&k, &h->class) < 0 ||
	    keyval_getu(&k, "created", &h->created_us, INT64_MAX) < 0 ||
	    keyval_get(&k, "from", &h->from) < 0 ||
	    keyval_get(&k, "to", &h->to) < 0 ||
	    keyval_get(&k, "list", &h->list) < 0 ||
	    keyval_get(&k, "form", &h->form) < 0 ||
	    keyval_get(&k, "detail", &h->detail) < 0 ||
	    spool_get_pool(&k, &h->pool) < 0 ||
	    keyval_get(&k, "reason", &h->reason) < 0 || get_dist(&k, h) < 0 ||
	    get_rcpts(&k, h) < 0 || get_table(&k, h) < 0 ||
	    keyval_getu(&k, "size", &h->size, INT64_MAX) < 0 ||
	    keyval_end(&k) < 0)
		return -1;
	h->table_at = k.at;
	h->length = k.at + (size_t)h->table;
	return 0;
}
