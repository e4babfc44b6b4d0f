#include "lib/mailfile.h"

enum { VALUE_MAX = SPOOL_VALUE_MAX };

static int
put_facts(stralloc *out, const struct mailhead *h)
{
	struct bytes pool = {&h->pool, 1};

	if (keyval_put(out, "lsv-mail", bytes_z("1"), 1) < 0 ||
	    keyval_put(out, "name", bytes_z(h->name), ID_NAME_MAX) < 0 ||
	    keyval_put(out, "job", bytes_z(h->job), ID_NAME_MAX) < 0 ||
	    keyval_put(out, "class", bytes_z(spool_class_name(h->class)), 16) <
		0 ||
	    keyval_put(out, "list", h->list, VALUE_MAX) < 0 ||
	    keyval_put(out, "from", h->from, VALUE_MAX) < 0 ||
	    keyval_put(out, "pool", pool, 1) < 0 ||
	    keyval_putu(out, "created", h->created_us) < 0 ||
	    keyval_putu(out, "expires", h->expires_us) < 0)
		return -1;
	return 0;
}

/* What few files have stands in lines that others do not have. */
static int
put_rare(stralloc *out, const struct mailhead *h)
{
	if (h->merged && keyval_put(out, "merge", h->fields, VALUE_MAX) < 0)
		return -1;
	if (h->server.len &&
	    (keyval_put(out, "server", h->server, VALUE_MAX) < 0 ||
		keyval_put(out, "trail", h->trail, SPOOL_TRAIL_MAX) < 0))
		return -1;
	return h->file.len ? keyval_put(out, "file", h->file, VALUE_MAX) : 0;
}

int
mailhead_format(stralloc *out, const struct mailhead *h)
{
	if (put_facts(out, h) < 0 ||
	    keyval_putu(out, "verp", h->verp != 0) < 0 ||
	    keyval_putu(out, "eightbit", (uint64_t)h->eightbit) < 0 ||
	    keyval_putu(out, "dots", h->dots != 0) < 0 ||
	    put_rare(out, h) < 0 ||
	    keyval_put(out, "body", bytes_z(h->inlined ? "inline" : "job"), 8) <
		0 ||
	    keyval_putu(out, "size", h->size) < 0 ||
	    keyval_putu(out, "rcpts", h->nrcpt) < 0 ||
	    keyval_putu(out, "bytes", h->rcpts.len) < 0 ||
	    sa_put(out, h->rcpts.s, h->rcpts.len) < 0)
		return -1;
	return sa_put(out, "end\n", 4);
}

static int
get_flag(struct keyval *k, const char *key, int *flag, uint64_t max)
{
	uint64_t n;

	if (keyval_getu(k, key, &n, max) < 0)
		return -1;
	*flag = (int)n;
	return 0;
}

/* Only mail on its way out has a worker. */
static int
get_class(struct keyval *k, struct mailhead *h)
{
	size_t at = k->at;

	if (spool_get_class(k, &h->class) < 0)
		return -1;
	if (h->class != CLASS_POST && h->class != CLASS_MAIL &&
	    h->class != CLASS_DIST)
		return where_set(k->w, at, "no class that workers take");
	return 0;
}

static int
get_pool(struct keyval *k, struct mailhead *h)
{
	size_t at = k->at;

	if (spool_get_pool(k, &h->pool) < 0)
		return -1;
	return h->pool ? 0 : where_set(k->w, at, "no pool");
}

static int
get_body(struct keyval *k, struct mailhead *h)
{
	struct bytes v;
	size_t at = k->at;

	if (keyval_get(k, "body", &v) < 0)
		return -1;
	h->inlined = bytes_eq(v, "inline");
	if (!h->inlined && !bytes_eq(v, "job"))
		return where_set(k->w, at, "the body is nowhere");
	return keyval_getu(k, "size", &h->size, INT64_MAX / 2);
}

/* Personal copies never go to another server. */
static int
get_server(struct keyval *k, struct mailhead *h)
{
	size_t at = k->at;

	if (!keyval_is(k, "server"))
		return 0;
	if (keyval_get(k, "server", &h->server) < 0 ||
	    keyval_get(k, "trail", &h->trail) < 0)
		return -1;
	if (h->server.len == 0 || h->trail.len == 0 || h->merged || h->verp)
		return where_set(k->w, at, "not for a server");
	return 0;
}

static int
get_rare(struct keyval *k, struct mailhead *h)
{
	h->merged = keyval_is(k, "merge");
	if ((h->merged && keyval_get(k, "merge", &h->fields) < 0) ||
	    get_server(k, h) < 0)
		return -1;
	return keyval_is(k, "file") ? keyval_get(k, "file", &h->file) : 0;
}

static int
bad_line(const struct mailhead *h, struct bytes line)
{
	struct bytes to = mail_address(h, line);

	return to.len == 0 || to.len > MAIL_RCPT_MAX || line.len > MAIL_ROW_MAX;
}

static size_t
count(struct bytes b, char c)
{
	size_t n = 0;

	for (size_t i = 0; i < b.len; i++)
		n += b.s[i] == c;
	return n;
}

int
mail_rows_ok(
    const struct mailhead *h, struct bytes rows, uint64_t *n, size_t *used)
{
	const char *s = rows.s, *end = rows.s + rows.len, *nl;
	size_t fields = h->fields.len ? count(h->fields, ' ') + 1 : 0;

	*used = 0;
	for (; (nl = memchr(s, '\n', (size_t)(end - s))); s = nl + 1) {
		struct bytes line = {s, (size_t)(nl - s)};

		if (bad_line(h, line) ||
		    (h->merged && count(line, '\t') > fields))
			return 0;
		++*n;
		*used += line.len + 1;
	}
	return (size_t)(end - s) <= MAIL_ROW_MAX;
}

/* Lines are counted, so that a file cut inside them is seen to be cut. */
static int
get_rcpts(struct keyval *k, struct mailhead *h)
{
	uint64_t n, bytes;
	size_t start, at = k->at;

	if (keyval_getu(k, "rcpts", &n,
		h->server.len ? MAIL_PEER_MAX : MAIL_RCPTS_MAX) < 0 ||
	    keyval_getu(k, "bytes", &bytes, MAIL_FRONT_MAX) < 0)
		return -1;
	if (bytes > k->len - k->at)
		return where_set(k->w, at, "recipients are cut short");
	h->nrcpt = (uint32_t)n;
	h->rcpts = (struct bytes){k->s + k->at, (size_t)bytes};
	start = k->at;
	k->at += (size_t)bytes;
	while (start < k->at) {
		const char *nl = memchr(k->s + start, '\n', k->at - start);

		if (!nl || n-- == 0 ||
		    bad_line(h,
			(struct bytes){
			    k->s + start, (size_t)(nl - k->s) - start}))
			return where_set(k->w, start, "bad recipient line");
		start = (size_t)(nl - k->s) + 1;
	}
	return n ? where_set(k->w, at, "recipients are missing") : 0;
}

int
mailhead_parse(struct mailhead *h, const char *s, size_t len, struct where *w)
{
	struct keyval k = {.s = s, .len = len, .w = w};
	struct bytes v;

	*h = (struct mailhead){.class = CLASS_POST};
	if (keyval_get(&k, "lsv-mail", &v) < 0)
		return -1;
	if (!bytes_eq(v, "1"))
		return where_set(w, 0, "written by another release");
	if (keyval_name(&k, "name", h->name) < 0 ||
	    keyval_name(&k, "job", h->job) < 0 || get_class(&k, h) < 0 ||
	    keyval_get(&k, "list", &h->list) < 0 ||
	    keyval_get(&k, "from", &h->from) < 0 || get_pool(&k, h) < 0 ||
	    keyval_getu(&k, "created", &h->created_us, INT64_MAX) < 0 ||
	    keyval_getu(&k, "expires", &h->expires_us, INT64_MAX) < 0 ||
	    get_flag(&k, "verp", &h->verp, 1) < 0 ||
	    get_flag(&k, "eightbit", &h->eightbit, 2) < 0 ||
	    get_flag(&k, "dots", &h->dots, 1) < 0 || get_rare(&k, h) < 0 ||
	    get_body(&k, h) < 0 || get_rcpts(&k, h) < 0 || keyval_end(&k) < 0)
		return -1;
	h->front = k.at;
	h->journal = k.at + (h->inlined ? h->size : 0);
	return 0;
}
