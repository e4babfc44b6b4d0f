#include "lib/lists.h"

#include <errno.h>
#include <stdio.h>

#include "lib/addrlist.h"
#include "lib/ids.h"
#include "lib/num.h"
#include "lib/suboptions.h"

enum {
	STORE_MODE = 0640, /* subscribers are nobody else's business */
	ID_LEN_BYTES = 4,
	KEY_MAX = ID_LEN_BYTES + ADDR_KEY_MAX,
	FACTS_MAX = 160,
	FACTS = 5, /* numbers in the facts of a list */
	DIGITS = 20,
	FACTS_LEN = FACTS * (DIGITS + 1), /* a blank or LF behind each */
	/* of a subscriber: version, options, day, length of the local part */
	SUB_HEAD = 1 + 4 + 4 + 1,
	SUB_VERSION = 1,
	SUB_VALUE_MAX = SUB_HEAD + ADDR_LOCAL_MAX + ADDR_NAME_MAX,
};

static int
damaged(void)
{
	errno = EIO;
	return -1;
}

int
lists_open(struct lists *l, const char *dir, int mode)
{
	*l = (struct lists){.store.lock = -1};
	l->dir = strdup(dir);
	if (!l->dir)
		return -1;
	if (store_open(&l->store, dir, mode, STORE_MODE) < 0) {
		lists_close(l);
		return -1;
	}
	return 0;
}

void
lists_close(struct lists *l)
{
	int err = errno;

	store_close(&l->store);
	free(l->dir);
	l->dir = NULL;
	errno = err;
}

void
lists_expect(struct lists *l, uint64_t subscribers, uint64_t bytes)
{
	store_expect(&l->store, subscribers,
	    bytes + subscribers * (ID_LEN_BYTES + SUB_HEAD));
}

int
lists_begin(struct lists *l, int write)
{
	const struct {
		unsigned *table;
		const char *name;
	} tables[] = {{&l->catalog, "catalog"}, {&l->headers, "headers"},
	    {&l->subs, "subs"}, {&l->meta, "meta"}};
	size_t i;
	int r;

	if (store_begin(&l->store, write) < 0)
		return -1;
	l->empty = 0;
	for (i = 0; i < sizeof tables / sizeof *tables; i++) {
		r = store_table(
		    &l->store, tables[i].table, tables[i].name, write);
		if (r < 0) {
			r = errno;
			store_end(&l->store, 0);
			errno = r;
			return -1;
		}
		if (r == 0)
			l->empty = 1; /* made, but nothing was ever written */
	}
	/* a store of before has no such table, and a reader no use for it */
	if (write && store_table(&l->store, &l->commands, "commands", 1) < 0) {
		r = errno;
		store_end(&l->store, 0);
		errno = r;
		return -1;
	}
	return 0;
}

int
lists_end(struct lists *l, int keep)
{
	return store_end(&l->store, keep);
}

static int
facts_parse(struct list *out, struct bytes key, struct bytes v)
{
	uint64_t n[FACTS];
	size_t i;

	if (key.len == 0 || key.len > LIST_NAME_MAX || v.len != FACTS_LEN)
		return damaged();
	for (i = 0; i < FACTS; i++)
		if (num_u64(&n[i], v.s + i * (DIGITS + 1), DIGITS,
			i == 0 || i == FACTS - 1 ? UINT32_MAX : UINT64_MAX) < 0)
			return damaged();
	listtab_upper(out->name, key.s, key.len);
	out->id = (uint32_t)n[0];
	out->subscribers = n[1];
	out->mail = n[2];
	out->changes = n[3];
	out->created = (uint32_t)n[4];
	return 1;
}

int
lists_find(struct lists *l, struct list *out, const char *name, size_t len)
{
	char room[LIST_NAME_MAX];
	struct bytes key, v;
	int r;

	if (l->empty || len == 0 || len > sizeof room)
		return 0;
	key = listtab_key(room, name, len);
	r = store_get(&l->store, l->catalog, key, &v);
	return r == 1 ? facts_parse(out, key, v) : r;
}

int
lists_after(struct lists *l, struct list *out)
{
	char room[LIST_NAME_MAX + 1];
	struct store_cursor c;
	struct bytes from, key, v;
	int r;

	if (l->empty)
		return 0;
	from = listtab_key(room, out->name, strlen(out->name));
	if (from.len)
		room[from.len++] = 0; /* the first key behind that name */
	r = store_seek(&l->store, l->catalog, &c, from, &key, &v);
	store_cursor_end(&c);
	return r == 1 ? facts_parse(out, key, v) : r;
}

int
lists_save(struct lists *l, const struct list *list)
{
	char room[LIST_NAME_MAX], text[FACTS_MAX];
	int n, r;

	n = snprintf(text, sizeof text,
	    "%0*" PRIu32 " %0*" PRIu64 " %0*" PRIu64 " %0*" PRIu64 " %0*" PRIu32
	    "\n",
	    DIGITS, list->id, DIGITS, list->subscribers, DIGITS, list->mail,
	    DIGITS, list->changes, DIGITS, list->created);
	r = store_put(&l->store, l->catalog,
	    listtab_key(room, list->name, strlen(list->name)),
	    (struct bytes){text, (size_t)n}, 0);
	return r < 0 ? -1 : 0;
}

static int
meta_get(struct lists *l, const char *key, uint64_t *n)
{
	struct bytes v;
	int r = store_get(&l->store, l->meta, bytes_z(key), &v);

	*n = 0;
	if (r == 1 && num_u64(n, v.s, v.len, UINT64_MAX) < 0)
		return damaged();
	return r < 0 ? -1 : 0;
}

int
lists_edition(struct lists *l, uint64_t *n)
{
	*n = 0;
	return l->empty ? 0 : meta_get(l, "edition", n);
}

static int
meta_put(struct lists *l, const char *key, uint64_t n)
{
	char text[DIGITS + 1];
	int len = snprintf(text, sizeof text, "%" PRIu64, n);
	int r = store_put(&l->store, l->meta, bytes_z(key),
	    (struct bytes){text, (size_t)len}, 0);

	return r < 0 ? -1 : 0;
}

static int
new_edition(struct lists *l)
{
	uint64_t n;

	if (meta_get(l, "edition", &n) < 0)
		return -1;
	return meta_put(l, "edition", n + 1);
}

int
lists_create(struct lists *l, struct list *out, struct bytes name,
    struct bytes header, uint32_t day)
{
	struct list new = {.created = day};
	uint64_t id;
	int r;

	r = lists_find(l, &new, name.s, name.len);
	if (r != 0)
		return r < 0 ? -1 : 0;
	if (meta_get(l, "next", &id) < 0)
		return -1;
	if (name.len > LIST_NAME_MAX || id >= UINT32_MAX) {
		errno = EINVAL;
		return -1;
	}
	new.id = (uint32_t)id + 1;
	listtab_upper(new.name, name.s, name.len);
	if (meta_put(l, "next", id + 1) < 0 || lists_save(l, &new) < 0 ||
	    lists_header_put(l, &new, header) < 0)
		return -1;
	*out = new;
	return 1;
}

static void
id_prefix(unsigned char *out, uint32_t id)
{
	out[0] = (unsigned char)(id >> 24);
	out[1] = (unsigned char)(id >> 16);
	out[2] = (unsigned char)(id >> 8);
	out[3] = (unsigned char)id;
}

static int
delete_subs(struct lists *l, uint32_t id)
{
	unsigned char prefix[ID_LEN_BYTES];
	struct bytes from = {(const char *)prefix, sizeof prefix}, key, v;
	struct store_cursor c;
	int r;

	id_prefix(prefix, id);
	r = store_seek(&l->store, l->subs, &c, from, &key, &v);
	while (r == 1 && key.len > ID_LEN_BYTES &&
	    memcmp(key.s, prefix, ID_LEN_BYTES) == 0) {
		r = store_del_here(&c);
		if (r == 0)
			r = store_next(&c, &key, &v);
	}
	store_cursor_end(&c);
	return r < 0 ? -1 : 0;
}

int
lists_delete(struct lists *l, const struct list *list)
{
	char room[LIST_NAME_MAX];
	struct bytes key = listtab_key(room, list->name, strlen(list->name));

	if (delete_subs(l, list->id) < 0 ||
	    store_del(&l->store, l->headers, key) < 0 ||
	    store_del(&l->store, l->catalog, key) < 0)
		return -1;
	return new_edition(l);
}

int
lists_header(struct lists *l, const struct list *list, struct bytes *text)
{
	char room[LIST_NAME_MAX];
	int r;

	r = store_get(&l->store, l->headers,
	    listtab_key(room, list->name, strlen(list->name)), text);
	return r == 1 ? 0 : r < 0 ? -1 : damaged();
}

int
lists_header_put(struct lists *l, const struct list *list, struct bytes text)
{
	char room[LIST_NAME_MAX];

	if (store_put(&l->store, l->headers,
		listtab_key(room, list->name, strlen(list->name)), text, 0) < 0)
		return -1;
	return new_edition(l);
}

/* The store's key: number of the list, then the key of the address. */
static int
sub_key(char *out, struct bytes *key, const struct list *list, struct bytes of)
{
	unsigned char prefix[ID_LEN_BYTES];

	if (of.len > ADDR_KEY_MAX) {
		errno = EINVAL;
		return -1;
	}
	id_prefix(prefix, list->id);
	memcpy(out, prefix, sizeof prefix);
	if (of.len)
		memcpy(out + sizeof prefix, of.s, of.len);
	*key = (struct bytes){out, sizeof prefix + of.len};
	return 0;
}

/* The same for an address. */
static int
sub_key_of(char *out, struct bytes *key, const struct list *list,
    const char *addr, size_t len)
{
	stralloc k = {0};
	int r = -1;

	if (addr_key(&k, addr, len) == 0)
		r = sub_key(out, key, list, (struct bytes){k.s, k.len});
	sa_free(&k);
	return r;
}

static uint32_t
unpack(const char *s)
{
	const unsigned char *u = (const unsigned char *)s;

	return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 |
	    (uint32_t)u[2] << 8 | u[3];
}

/* key is without the list's number; room receives the address. */
static int
sub_parse(
    struct subscriber *out, stralloc *room, struct bytes key, struct bytes v)
{
	size_t spelled, at;

	if (v.len < SUB_HEAD || v.s[0] != SUB_VERSION)
		return damaged();
	spelled = (unsigned char)v.s[9];
	if (v.len < SUB_HEAD + spelled)
		return damaged();
	room->len = 0;
	if (addr_unkey(room, key.s, key.len) < 0)
		return errno == EINVAL ? damaged() : -1;
	if (spelled) {
		at = byte_chr(key.s, key.len, 0) + 1;
		if (key.len - at != spelled)
			return damaged();
		memcpy(room->s, v.s + SUB_HEAD, spelled);
	}
	out->addr = (struct bytes){room->s, room->len};
	out->key = key;
	out->options = unpack(v.s + 1);
	out->day = unpack(v.s + 5);
	out->name = (struct bytes){
	    v.s + SUB_HEAD + spelled, v.len - SUB_HEAD - spelled};
	return 1;
}

static struct bytes
sub_format(char *out, const struct subscriber *s, struct bytes key)
{
	size_t local = addr_at(s->addr.s, s->addr.len), n = SUB_HEAD;
	const char *folded = key.s + key.len - local;

	out[0] = SUB_VERSION;
	id_prefix((unsigned char *)out + 1, s->options);
	id_prefix((unsigned char *)out + 5, s->day);
	out[9] = 0;
	if (memcmp(folded, s->addr.s, local) != 0) {
		out[9] = (char)local; /* at most ADDR_LOCAL_MAX */
		memcpy(out + n, s->addr.s, local);
		n += local;
	}
	if (s->name.len)
		memcpy(out + n, s->name.s, s->name.len);
	return (struct bytes){out, n + s->name.len};
}

int
lists_get(struct lists *l, const struct list *list, struct subscriber *out,
    stralloc *room, const char *addr, size_t len)
{
	char k[KEY_MAX];
	struct bytes key, v;
	int r;

	if (l->empty)
		return 0;
	if (sub_key_of(k, &key, list, addr, len) < 0)
		return errno == EINVAL ? 0 : -1;
	r = store_get(&l->store, l->subs, key, &v);
	if (r != 1)
		return r;
	key.s += ID_LEN_BYTES;
	key.len -= ID_LEN_BYTES;
	r = sub_parse(out, room, key, v);
	out->key = (struct bytes){NULL, 0}; /* it was on our stack */
	return r;
}

/* Takes one subscriber with these options out of the counts, or adds him. */
static void
count(struct list *list, uint32_t options, int add)
{
	uint64_t mail = !(options & SUB_NOMAIL);

	list->subscribers += add ? 1 : (uint64_t)-1;
	list->mail += add ? mail : -mail;
}

int
lists_put(
    struct lists *l, struct list *list, const struct subscriber *s, int flags)
{
	char k[KEY_MAX], value[SUB_VALUE_MAX];
	struct bytes key, v, old;
	int r;

	if (s->name.len > ADDR_NAME_MAX || s->addr.len > ADDR_MAX ||
	    addr_at(s->addr.s, s->addr.len) > ADDR_LOCAL_MAX) {
		errno = EINVAL;
		return -1;
	}
	if ((s->key.len
		    ? sub_key(k, &key, list, s->key)
		    : sub_key_of(k, &key, list, s->addr.s, s->addr.len)) < 0)
		return -1;
	if (!(flags & LISTS_NEW)) {
		r = store_get(&l->store, l->subs, key, &old);
		if (r < 0 || (r == 1 && old.len < SUB_HEAD))
			return r < 0 ? -1 : damaged();
		if (r == 1)
			count(list, unpack(old.s + 1), 0);
	}
	v = sub_format(value, s, key);
	r = store_put(&l->store, l->subs, key, v,
	    (flags & LISTS_NEW ? STORE_NEW : 0) |
		(flags & LISTS_LAST ? STORE_LAST : 0));
	if (r == 1) {
		count(list, s->options, 1);
		list->changes++;
	}
	return r;
}

int
lists_remove(struct lists *l, struct list *list, const char *addr, size_t len)
{
	char k[KEY_MAX];
	struct bytes key, old;
	uint32_t options;
	int r;

	if (sub_key_of(k, &key, list, addr, len) < 0)
		return errno == EINVAL ? 0 : -1;
	r = store_get(&l->store, l->subs, key, &old);
	if (r != 1)
		return r;
	if (old.len < SUB_HEAD)
		return damaged();
	options = unpack(old.s + 1); /* gone once the key is */
	r = store_del(&l->store, l->subs, key);
	if (r == 1) {
		count(list, options, 0);
		list->changes++;
	}
	return r;
}

int
lists_above(struct lists *l, const struct list *list, struct bytes key)
{
	char k[KEY_MAX];
	struct bytes mine, last;
	size_t n;
	int r;

	if (sub_key(k, &mine, list, key) < 0)
		return -1;
	r = store_last(&l->store, l->subs, &last);
	if (r != 1)
		return r < 0 ? -1 : 1;
	n = mine.len < last.len ? mine.len : last.len;
	r = memcmp(mine.s, last.s, n);
	return r > 0 || (r == 0 && mine.len > last.len);
}

int
lists_walk_begin(struct lists_walk *w, struct lists *l, const struct list *list,
    struct bytes after, int all)
{
	char k[KEY_MAX + 1];
	struct bytes from;
	int r;

	*w = (struct lists_walk){.l = l, .all = all};
	id_prefix(w->prefix, list->id);
	if (l->empty)
		return 0;
	if (sub_key(k, &from, list, after) < 0)
		return -1;
	if (after.len)
		k[from.len++] = 0; /* the first key behind that one */
	r = store_seek(&l->store, l->subs, &w->c, from, &w->key, &w->value);
	if (r < 0) {
		lists_walk_end(w);
		return -1;
	}
	w->have = r;
	return 0;
}

int
lists_walk_next(struct lists_walk *w, struct subscriber *out)
{
	struct bytes key, value;
	int r;

	for (;;) {
		if (!w->have || w->key.len < ID_LEN_BYTES ||
		    memcmp(w->key.s, w->prefix, ID_LEN_BYTES) != 0)
			return 0;
		key = (struct bytes){
		    w->key.s + ID_LEN_BYTES, w->key.len - ID_LEN_BYTES};
		value = w->value;
		r = store_next(&w->c, &w->key, &w->value);
		if (r < 0)
			return -1;
		w->have = r;
		if (value.len < SUB_HEAD)
			return damaged();
		if (w->all || !(unpack(value.s + 1) & SUB_NOMAIL))
			return sub_parse(out, &w->addr, key, value);
	}
}

void
lists_walk_end(struct lists_walk *w)
{
	store_cursor_end(&w->c);
	sa_free(&w->addr);
	*w = (struct lists_walk){0};
}

int
lists_command_put(struct lists *l, const char *id)
{
	return store_put(&l->store, l->commands, bytes_z(id),
		   (struct bytes){"", 0}, 0) < 0
	    ? -1
	    : 0;
}

int
lists_command_done(struct lists *l, const char *id)
{
	struct bytes value;

	return store_get(&l->store, l->commands, bytes_z(id), &value);
}

int
lists_command_forget(
    struct lists *l, int (*gone)(void *arg, const char *id), void *arg)
{
	struct bytes key = {"", 0}, value;
	struct store_cursor c;
	int r = store_seek(&l->store, l->commands, &c, key, &key, &value);

	while (r == 1) {
		char id[ID_NAME_MAX];

		if (key.len >= sizeof id) {
			r = damaged();
			break;
		}
		memcpy(id, key.s, key.len);
		id[key.len] = 0;
		r = gone(arg, id);
		if (r == 1)
			r = store_del_here(&c);
		if (r == 0)
			r = store_next(&c, &key, &value);
	}
	store_cursor_end(&c);
	return r < 0 ? -1 : 0;
}
