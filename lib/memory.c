#include "lib/memory.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <sys/random.h>

#include "lib/clock.h"

enum {
	UNTIL_LEN = 8, /* before each value: when it is over */
	SEQ_LEN = 4,   /* key of undo: the number of the change */
	/* value of undo: table, was there one, length of the key */
	UNDO_HEAD = 1 + 1 + 2,
	WHO_MAX = 256,
	COUNT_LEN = 8,
};

#define DAY_US (UINT64_C(24) * 3600 * 1000000)

static const char secret_key[] = "secret";
static const char undo_key[] = "undo";

static struct bytes
bytes(const void *s, size_t len)
{
	return (struct bytes){s, len};
}

static int
damaged(void)
{
	errno = EIO;
	return -1;
}

static uint64_t
number(const char *s)
{
	uint64_t n;

	uint64_unpack_big(s, &n);
	return n;
}

static int
begin(struct memory *m)
{
	static const char *const name[MEMORY_TABLES] = {
	    [MEMORY_PASSWORDS] = "passwords",
	    [MEMORY_COOKIES] = "cookies",
	    [MEMORY_PENDING] = "pending",
	    [MEMORY_COUNTS] = "counts",
	    [MEMORY_JOBS] = "jobs",
	};
	int r;

	if (store_begin(&m->store, 1) < 0)
		return -1;
	r = store_table(&m->store, &m->meta, "meta", 1);
	if (r == 1)
		r = store_table(&m->store, &m->undo, "undo", 1);
	for (int i = 0; i < MEMORY_TABLES && r == 1; i++)
		r = store_table(&m->store, &m->table[i], name[i], 1);
	if (r == 1)
		return 0;
	memory_end(m, 0);
	return -1;
}

/* --- the secret ------------------------------------------------------------ */

static int
make_secret(struct memory *m)
{
	if (getrandom(m->secret, sizeof m->secret, 0) !=
	    (ssize_t)sizeof m->secret) {
		errno = EIO;
		return -1;
	}
	return store_put(&m->store, m->meta, bytes_z(secret_key),
		   bytes(m->secret, sizeof m->secret), 0) < 0
	    ? -1
	    : 0;
}

static int
load_secret(struct memory *m)
{
	struct bytes v;
	int r;

	if (begin(m) < 0)
		return -1;
	r = store_get(&m->store, m->meta, bytes_z(secret_key), &v);
	if (r == 1 && v.len == sizeof m->secret) {
		memcpy(m->secret, v.s, v.len);
		return memory_end(m, 0);
	}
	if (r < 0 || make_secret(m) < 0) {
		memory_end(m, 0);
		return -1;
	}
	m->changes = 1;
	return memory_end(m, 1);
}

int
memory_open(struct memory *m, const char *dir)
{
	*m = (struct memory){.changes = 0};
	if (store_open(&m->store, dir, STORE_WRITE, 0600) < 0)
		return -1;
	if (load_secret(m) == 0)
		return 0;
	memory_close(m);
	return -1;
}

void
memory_close(struct memory *m)
{
	int err = errno;

	store_close(&m->store);
	sa_free(&m->room);
	OPENSSL_cleanse(m->secret, sizeof m->secret);
	errno = err;
}

/* --- transactions ------------------------------------------------------------ */

/* Nothing is kept of how it was before. */
static int
clear_undo(struct memory *m)
{
	struct bytes key = {"", 0}, value;
	struct store_cursor c;
	int r = store_seek(&m->store, m->undo, &c, key, &key, &value);

	while (r == 1) {
		r = store_del_here(&c);
		if (r == 0)
			r = store_next(&c, &key, &value);
	}
	store_cursor_end(&c);
	return r;
}

int
memory_begin(struct memory *m, const char *id)
{
	if (begin(m) < 0)
		return -1;
	m->changes = 0;
	id_copy(m->id, id);
	return 0;
}

int
memory_end(struct memory *m, int keep)
{
	int err = errno, r = store_end(&m->store, keep && m->changes);

	m->changes = 0;
	if (!keep || r == 0)
		errno = err;
	return keep ? r : 0;
}

/* The first change of a message makes room for how things were before it. */
static int
first_change(struct memory *m)
{
	if (clear_undo(m) < 0)
		return -1;
	return store_put(
		   &m->store, m->meta, bytes_z(undo_key), bytes_z(m->id), 0) < 0
	    ? -1
	    : 0;
}

static int
remember(struct memory *m, enum memory_table table, struct bytes key)
{
	char seq[SEQ_LEN], head[UNDO_HEAD];
	struct bytes old = {"", 0};
	int r;

	if (m->changes == 0 && first_change(m) < 0)
		return -1;
	r = store_get(&m->store, m->table[table], key, &old);
	if (r < 0)
		return -1;
	head[0] = (char)table;
	head[1] = (char)r;
	uint16_pack_big(head + 2, (uint16_t)key.len);
	m->room.len = 0;
	if (sa_put(&m->room, head, sizeof head) < 0 ||
	    sa_put(&m->room, key.s, key.len) < 0 ||
	    (r == 1 && sa_put(&m->room, old.s, old.len) < 0))
		return -1;
	uint32_pack_big(seq, m->changes++);
	return store_put(&m->store, m->undo, bytes(seq, sizeof seq),
		   bytes(m->room.s, m->room.len), 0) < 0
	    ? -1
	    : 0;
}

int
memory_undoable(struct memory *m, char id[ID_NAME_MAX])
{
	struct bytes v;
	int r;

	if (begin(m) < 0)
		return -1;
	r = store_get(&m->store, m->meta, bytes_z(undo_key), &v);
	if (r == 1 && v.len >= ID_NAME_MAX)
		r = damaged();
	if (r == 1) {
		memcpy(id, v.s, v.len);
		id[v.len] = 0;
	}
	memory_end(m, 0);
	return r;
}

/* Put one entry back as it was. */
static int
put_back(struct memory *m, struct bytes v)
{
	struct bytes key;
	uint16_t klen;
	unsigned table;

	if (v.len < UNDO_HEAD)
		return damaged();
	table = (unsigned char)v.s[0];
	uint16_unpack_big(v.s + 2, &klen);
	if (table >= MEMORY_TABLES || klen > v.len - UNDO_HEAD)
		return damaged();
	/* what is written to must not be read from at the same time */
	m->room.len = 0;
	if (sa_put(&m->room, v.s, v.len) < 0)
		return -1;
	key = bytes(m->room.s + UNDO_HEAD, klen);
	if (m->room.s[1] == 0)
		return store_del(&m->store, m->table[table], key) < 0 ? -1 : 0;
	return store_put(&m->store, m->table[table], key,
		   bytes(key.s + klen, m->room.len - UNDO_HEAD - klen), 0) < 0
	    ? -1
	    : 0;
}

/* From the last change to the first. */
static int
put_all_back(struct memory *m)
{
	struct bytes seq, v;
	char key[SEQ_LEN];
	int r;

	while ((r = store_last(&m->store, m->undo, &seq)) == 1) {
		if (seq.len != SEQ_LEN)
			return damaged();
		memcpy(key, seq.s, sizeof key);
		r = store_get(&m->store, m->undo, bytes(key, sizeof key), &v);
		if (r != 1)
			return r < 0 ? -1 : damaged();
		if (put_back(m, v) < 0 ||
		    store_del(&m->store, m->undo, bytes(key, sizeof key)) < 0)
			return -1;
	}
	if (r < 0)
		return -1;
	return store_del(&m->store, m->meta, bytes_z(undo_key)) < 0 ? -1 : 0;
}

int
memory_undo(struct memory *m)
{
	if (begin(m) < 0)
		return -1;
	if (put_all_back(m) < 0) {
		memory_end(m, 0);
		return -1;
	}
	m->changes = 1;
	return memory_end(m, 1);
}

/* --- entries ----------------------------------------------------------------- */

int
memory_get(struct memory *m, enum memory_table table, struct bytes key,
    uint64_t now_us, struct bytes *value)
{
	int r = store_get(&m->store, m->table[table], key, value);

	if (r != 1)
		return r;
	if (value->len < UNTIL_LEN)
		return damaged();
	if (number(value->s) <= now_us)
		return 0;
	value->s += UNTIL_LEN;
	value->len -= UNTIL_LEN;
	return 1;
}

int
memory_put(struct memory *m, enum memory_table table, struct bytes key,
    uint64_t until_us, struct bytes value)
{
	char until[UNTIL_LEN];
	stralloc *room = &m->room;

	if (remember(m, table, key) < 0)
		return -1;
	uint64_pack_big(until, until_us);
	room->len = 0;
	if (sa_put(room, until, sizeof until) < 0 ||
	    sa_put(room, value.s, value.len) < 0)
		return -1;
	return store_put(&m->store, m->table[table], key,
		   bytes(room->s, room->len), 0) < 0
	    ? -1
	    : 0;
}

int
memory_del(struct memory *m, enum memory_table table, struct bytes key)
{
	return remember(m, table, key) < 0
	    ? -1
	    : store_del(&m->store, m->table[table], key);
}

/* --- counts ------------------------------------------------------------------ */

/* day, kind, who: a day of the local calendar; an address in another case is the
 * same (addr_same). */
static struct bytes
count_key(char *room, enum memory_kind kind, struct bytes who, uint64_t now_us)
{
	size_t len = who.len < WHO_MAX ? who.len : WHO_MAX;

	clock_day(room, now_us);
	room[CLOCK_DAY_LEN] = (char)kind;
	memcpy(room + CLOCK_DAY_LEN + 1, who.s, len);
	case_lowerb(room + CLOCK_DAY_LEN + 1, len);
	return bytes(room, CLOCK_DAY_LEN + 1 + len);
}

static int
counted(struct memory *m, struct bytes key, uint64_t now_us, uint64_t *n)
{
	struct bytes v;
	int r = memory_get(m, MEMORY_COUNTS, key, now_us, &v);

	*n = 0;
	if (r == 1 && v.len == COUNT_LEN)
		*n = number(v.s);
	return r < 0 ? -1 : 0;
}

int
memory_counted(struct memory *m, enum memory_kind kind, struct bytes who,
    uint64_t now_us, uint64_t *n)
{
	char room[CLOCK_DAY_LEN + 1 + WHO_MAX];

	return counted(m, count_key(room, kind, who, now_us), now_us, n);
}

int
memory_count(struct memory *m, enum memory_kind kind, struct bytes who,
    uint64_t now_us, uint64_t *n)
{
	char room[CLOCK_DAY_LEN + 1 + WHO_MAX], value[COUNT_LEN];
	struct bytes key = count_key(room, kind, who, now_us);

	if (counted(m, key, now_us, n) < 0)
		return -1;
	uint64_pack_big(value, ++*n);
	/* the day is in the key; longer than any day has */
	return memory_put(m, MEMORY_COUNTS, key, now_us + 2 * DAY_US,
	    bytes(value, sizeof value));
}

/* --- what is over ------------------------------------------------------------ */

static int
sweep_table(struct memory *m, unsigned table, uint64_t now_us, size_t *left)
{
	struct bytes key = {"", 0}, value;
	struct store_cursor c;
	int r = store_seek(&m->store, table, &c, key, &key, &value);

	while (r == 1 && *left) {
		if (value.len < UNTIL_LEN || number(value.s) <= now_us) {
			r = store_del_here(&c);
			--*left;
		} else {
			r = 0;
		}
		if (r == 0)
			r = store_next(&c, &key, &value);
	}
	store_cursor_end(&c);
	return r < 0 ? -1 : 0;
}

ssize_t
memory_sweep(struct memory *m, uint64_t now_us, size_t max)
{
	size_t left = max;
	int r = begin(m);

	if (r < 0)
		return -1;
	for (int i = 0; i < MEMORY_TABLES && r == 0; i++)
		r = sweep_table(m, m->table[i], now_us, &left);
	if (r == 0)
		r = clear_undo(m);
	if (r == 0 && store_del(&m->store, m->meta, bytes_z(undo_key)) < 0)
		r = -1;
	if (r < 0) {
		memory_end(m, 0);
		return -1;
	}
	m->changes = left < max;
	return memory_end(m, 1) < 0 ? -1 : (ssize_t)(max - left);
}
