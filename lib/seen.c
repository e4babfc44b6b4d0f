#include "lib/seen.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "lib/clock.h"
#include "lib/ofat.h"

enum {
	DAY_LEN = 4,
	TIME_LEN = 8,
	COUNT_KEY_MAX = CLOCK_DAY_LEN + 1 + SEEN_WHO_MAX,
};

#define DAY_US ((uint64_t)SEEN_DAY_S * 1000000U)

static struct bytes
bytes(const char *s, size_t len)
{
	return (struct bytes){s, len};
}

static uint64_t
number(const char *s)
{
	uint64_t n;

	uint64_unpack_big(s, &n);
	return n;
}

/* Within a day of now, whichever way the clock was set. */
static int
fresh(uint64_t us, uint64_t now_us)
{
	return us > now_us ? us - now_us < DAY_US : now_us - us < DAY_US;
}

static int
open_in(struct seen *s, const char *dir, int mode)
{
	if (store_open(&s->store, dir, mode, 0600) < 0)
		return -1;
	s->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	s->hash = EVP_MD_CTX_new();
	if (s->sha256 && s->hash)
		return 0;
	seen_close(s);
	errno = ENOMEM;
	return -1;
}

int
seen_open(struct seen *s, const char *dir)
{
	return open_in(s, dir, STORE_WRITE);
}

int
seen_open_read(struct seen *s, const char *dir)
{
	return open_in(s, dir, STORE_READ);
}

void
seen_close(struct seen *s)
{
	store_close(&s->store);
	EVP_MD_CTX_free(s->hash);
	EVP_MD_free(s->sha256);
	s->hash = NULL;
	s->sha256 = NULL;
}

/* All tables: 1; 0 when one is absent; -1. */
static int
open_tables(struct seen *s, int make)
{
	const struct {
		unsigned *table;
		const char *name;
	} all[] = {
	    {&s->digests, "digests"},
	    {&s->counts, "counts"},
	    {&s->allowed, "allowed"},
	    {&s->sums, "sums"},
	    {&s->alerts, "alerts"},
	    {&s->posters, "posters"},
	    {&s->postings, "postings"},
	};
	int r = 1;

	for (size_t i = 0; i < sizeof all / sizeof all[0] && r == 1; i++)
		r = store_table(&s->store, all[i].table, all[i].name, make);
	return r;
}

int
seen_begin(struct seen *s)
{
	if (store_begin(&s->store, 1) < 0)
		return -1;
	if (open_tables(s, 1) == 1)
		return 0;
	seen_end(s, 0);
	return -1;
}

int
seen_look(struct seen *s)
{
	int r;

	if (store_begin(&s->store, 0) < 0)
		return -1;
	r = open_tables(s, 0);
	if (r != 1)
		seen_end(s, 0);
	return r;
}

int
seen_end(struct seen *s, int keep)
{
	int err = errno;
	int r = store_end(&s->store, keep);

	if (!keep)
		errno = err;
	return r;
}

static void
digest_key(char *out, const unsigned char *digest, uint64_t day)
{
	uint32_pack_big(out, (uint32_t)day);
	memcpy(out + DAY_LEN, digest, SEEN_DIGEST_LEN);
}

/* The ID under which it came in on that day: 1; 0; -1. */
static int
digest_find(struct seen *s, char *id, const unsigned char *digest, uint64_t day,
    uint64_t now_us)
{
	char key[DAY_LEN + SEEN_DIGEST_LEN];
	struct bytes v;
	int r;

	digest_key(key, digest, day);
	r = store_get(&s->store, s->digests, bytes(key, sizeof key), &v);
	if (r != 1)
		return r;
	if (v.len <= TIME_LEN || v.len - TIME_LEN >= ID_NAME_MAX ||
	    !fresh(number(v.s), now_us))
		return 0;
	memcpy(id, v.s + TIME_LEN, v.len - TIME_LEN);
	id[v.len - TIME_LEN] = 0;
	return 1;
}

int
seen_digest(struct seen *s, char *first, const unsigned char *digest,
    const char *id, uint64_t now_us)
{
	char key[DAY_LEN + SEEN_DIGEST_LEN];
	char value[TIME_LEN + ID_NAME_MAX];
	uint64_t day = now_us / DAY_US;
	size_t len = strlen(id);
	int r;

	r = digest_find(s, first, digest, day, now_us);
	if (r == 0 && day > 0)
		r = digest_find(s, first, digest, day - 1, now_us);
	if (r < 0)
		return -1;
	if (r == 1)
		return strcmp(first, id) != 0;
	if (len >= ID_NAME_MAX) {
		errno = EINVAL;
		return -1;
	}
	digest_key(key, digest, day);
	uint64_pack_big(value, now_us);
	memcpy(value + TIME_LEN, id, len);
	r = store_put(&s->store, s->digests, bytes(key, sizeof key),
	    bytes(value, TIME_LEN + len), 0);
	return r < 0 ? -1 : 0;
}

/* Count one more under a key: 1; 0 when max is reached; -1. */
static int
count(struct seen *s, struct bytes key, uint64_t max)
{
	char value[TIME_LEN];
	struct bytes v;
	uint64_t n = 0;
	int r = store_get(&s->store, s->counts, key, &v);

	if (r < 0)
		return -1;
	if (r == 1 && v.len == TIME_LEN)
		n = number(v.s);
	if (n >= max)
		return 0;
	uint64_pack_big(value, n + 1);
	return store_put(
	    &s->store, s->counts, key, bytes(value, sizeof value), 0);
}

int
seen_allow(struct seen *s, const char *id, enum seen_kind kind,
    struct bytes who, uint64_t max, uint64_t now_us)
{
	char key[COUNT_KEY_MAX + 1], value[TIME_LEN + 2];
	struct bytes v, name = bytes_z(id);
	int r = store_get(&s->store, s->allowed, name, &v);

	if (r < 0)
		return -1;
	if (r == 1 && v.len == sizeof value && v.s[TIME_LEN] == (char)kind)
		return v.s[TIME_LEN + 1] == 1;
	if (who.len > SEEN_WHO_MAX) {
		errno = EINVAL;
		return -1;
	}
	clock_day(key, now_us);
	key[CLOCK_DAY_LEN] = (char)kind;
	memcpy(key + CLOCK_DAY_LEN + 1, who.s, who.len);
	r = count(s, bytes(key, CLOCK_DAY_LEN + 1 + who.len), max);
	if (r < 0)
		return -1;
	uint64_pack_big(value, now_us);
	value[TIME_LEN] = (char)kind;
	value[TIME_LEN + 1] = (char)r;
	if (store_put(
		&s->store, s->allowed, name, bytes(value, sizeof value), 0) < 0)
		return -1;
	return r;
}

int
seen_was_allowed(struct seen *s, const char *id)
{
	struct bytes v;
	int r = store_get(&s->store, s->allowed, bytes_z(id), &v);

	if (r != 1)
		return r;
	return v.len == TIME_LEN + 2 && v.s[TIME_LEN + 1] == 1;
}

/* struct sweep - what is old
 *
 * left    entries that may still be removed
 * now_us  the time
 * day     days since 1970
 * from, to local days as text: counts of days outside are old
 */
struct sweep {
	size_t left;
	uint64_t now_us, day;
	char from[CLOCK_DAY_LEN + 1], to[CLOCK_DAY_LEN + 2];
};

typedef int is_old(const struct sweep *w, struct bytes key, struct bytes value);

static int
old_digest(const struct sweep *w, struct bytes key, struct bytes value)
{
	uint32_t day;

	(void)value;
	if (key.len < DAY_LEN)
		return 1;
	uint32_unpack_big(key.s, &day);
	return day + UINT64_C(1) < w->day || day > w->day + 1;
}

static int
old_count(const struct sweep *w, struct bytes key, struct bytes value)
{
	(void)value;
	return key.len < CLOCK_DAY_LEN ||
	    memcmp(key.s, w->from, CLOCK_DAY_LEN) < 0 ||
	    memcmp(key.s, w->to, CLOCK_DAY_LEN) > 0;
}

static int
old_allowed(const struct sweep *w, struct bytes key, struct bytes value)
{
	(void)key;
	return value.len < TIME_LEN || !fresh(number(value.s), w->now_us);
}

/* Remove what is old from a key on; with run only up to the first that is not:
 * a table sorted by day is old at its ends. */
static int
sweep_from(struct seen *s, unsigned table, struct sweep *w, is_old *old,
    struct bytes from, int run)
{
	struct store_cursor c;
	struct bytes key, value;
	int r = store_seek(&s->store, table, &c, from, &key, &value);

	while (r == 1 && w->left) {
		if (old(w, key, value)) {
			r = store_del_here(&c);
			w->left--;
		} else if (run) {
			break;
		}
		if (r >= 0)
			r = store_next(&c, &key, &value);
	}
	store_cursor_end(&c);
	return r < 0 ? -1 : 0;
}

/* What lies ahead was recorded while the clock was wrong: it is old as well. */
static int
sweep_all(struct seen *s, struct sweep *w)
{
	char ahead[DAY_LEN];
	struct bytes start = bytes("", 0);
	struct bytes days = bytes(w->to, CLOCK_DAY_LEN + 1);

	uint32_pack_big(ahead, (uint32_t)(w->day + 2));
	w->to[CLOCK_DAY_LEN] = '\xff'; /* behind all keys of that day */
	if (sweep_from(s, s->digests, w, old_digest, start, 1) < 0 ||
	    sweep_from(s, s->digests, w, old_digest, bytes(ahead, sizeof ahead),
		1) < 0 ||
	    sweep_from(s, s->counts, w, old_count, start, 1) < 0 ||
	    sweep_from(s, s->counts, w, old_count, days, 1) < 0)
		return -1;
	return sweep_from(s, s->allowed, w, old_allowed, start, 0);
}

ssize_t
seen_sweep(struct seen *s, uint64_t now_us, size_t max)
{
	struct sweep w = {
	    .left = max, .now_us = now_us, .day = now_us / DAY_US};

	clock_day(w.from, now_us > DAY_US ? now_us - DAY_US : 0);
	clock_day(w.to, now_us + DAY_US);
	if (seen_begin(s) < 0)
		return -1;
	if (sweep_all(s, &w) < 0) {
		seen_end(s, 0);
		return -1;
	}
	if (seen_end(s, w.left < max) < 0)
		return -1;
	return (ssize_t)(max - w.left);
}
