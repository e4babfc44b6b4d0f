#include "lib/sums.h"

#include <errno.h>
#include <openssl/evp.h>

#include "lib/sumscore.h"

enum { POSTER = 'p' };

/* Not further apart than so many seconds, whichever way the clock was set. */
static int
within(uint64_t us, uint64_t now_us, uint64_t seconds)
{
	return (us > now_us ? us - now_us : now_us - us) < seconds * SUMS_US;
}

/* --- keys --------------------------------------------------------------- */

/* In lower case; what is longer than any name is told by its beginning. */
static int
hash_name(struct seen *s, struct bytes name)
{
	char lower[SUMS_NAME_MAX];
	size_t n = name.len < sizeof lower ? name.len : sizeof lower;

	if (n)
		memcpy(lower, name.s, n);
	case_lowerb(lower, n);
	return EVP_DigestUpdate(s->hash, lower, n) == 1;
}

static int
hash_end(struct seen *s, char *out)
{
	unsigned char sum[SEEN_DIGEST_LEN];

	if (EVP_DigestFinal_ex(s->hash, sum, NULL) != 1) {
		errno = ENOMEM;
		return -1;
	}
	memcpy(out, sum, SUMS_HASH_LEN);
	return 0;
}

/* SUMS_HASH_LEN bytes that stand for what is of a kind on a list.  A name has no
 * NUL, so nothing else has the same bytes. */
static int
hash_on_list(
    struct seen *s, char *out, char kind, struct bytes list, struct bytes what)
{
	if (EVP_DigestInit_ex(s->hash, s->sha256, NULL) == 1 &&
	    EVP_DigestUpdate(s->hash, &kind, 1) == 1 && hash_name(s, list) &&
	    EVP_DigestUpdate(s->hash, "", 1) == 1 &&
	    (kind == POSTER ? hash_name(s, what)
			    : EVP_DigestUpdate(s->hash, what.s, what.len) == 1))
		return hash_end(s, out);
	errno = ENOMEM;
	return -1;
}

int
sums_hit_key(
    struct seen *s, char *out, const unsigned char *sum, struct bytes name)
{
	memcpy(out, sum, SUMS_LEN);
	if (EVP_DigestInit_ex(s->hash, s->sha256, NULL) == 1 &&
	    hash_name(s, name))
		return hash_end(s, out + SUMS_LEN);
	errno = ENOMEM;
	return -1;
}

/* --- a time and an ID under a key --------------------------------------- */

int
sums_mark_get(struct seen *s, unsigned table, struct bytes key, char *id,
    uint64_t now_us, uint64_t seconds)
{
	struct bytes v;
	int r = store_get(&s->store, table, key, &v);

	if (r != 1)
		return r;
	if (v.len <= SUMS_TIME_LEN || v.len - SUMS_TIME_LEN >= ID_NAME_MAX ||
	    !within(sums_number(v.s), now_us, seconds))
		return 0;
	memcpy(id, v.s + SUMS_TIME_LEN, v.len - SUMS_TIME_LEN);
	id[v.len - SUMS_TIME_LEN] = 0;
	return 1;
}

int
sums_mark_put(struct seen *s, unsigned table, struct bytes key, const char *id,
    uint64_t now_us)
{
	char value[SUMS_TIME_LEN + ID_NAME_MAX];
	size_t len = strlen(id);

	if (len == 0 || len >= ID_NAME_MAX) {
		errno = EINVAL;
		return -1;
	}
	uint64_pack_big(value, now_us);
	memcpy(value + SUMS_TIME_LEN, id, len);
	return store_put(&s->store, table, key,
		   sums_bytes(value, SUMS_TIME_LEN + len), 0) < 0
	    ? -1
	    : 0;
}

int
sums_mark_old(struct bytes v, uint64_t now_us, uint64_t seconds)
{
	return v.len < SUMS_TIME_LEN ||
	    !within(sums_number(v.s), now_us, seconds);
}

/* --- sums --------------------------------------------------------------- */

/* On how many lists a sum was seen within a day. */
static int
count_lists(struct seen *s, const unsigned char *sum, uint64_t now_us)
{
	struct store_cursor c;
	struct bytes key, v;
	int n = 0;
	int r = store_seek(
	    &s->store, s->sums, &c, sums_bytes(sum, SUMS_LEN), &key, &v);

	while (r == 1 && n < SUMS_LISTS_MAX && key.len == SUMS_HIT_KEY_LEN &&
	    memcmp(key.s, sum, SUMS_LEN) == 0) {
		n += v.len > SUMS_TIME_LEN &&
		    within(sums_number(v.s), now_us, SUMS_DAY_S);
		r = store_next(&c, &key, &v);
	}
	store_cursor_end(&c);
	return r < 0 ? -1 : n;
}

int
sums_hit(struct seen *s, const unsigned char *sum, struct bytes list,
    const char *id, uint64_t now_us)
{
	char raw[SUMS_HIT_KEY_LEN], before[ID_NAME_MAX];
	struct bytes key = sums_bytes(raw, sizeof raw);
	int r;

	if (sums_hit_key(s, raw, sum, list) < 0)
		return -1;
	r = sums_mark_get(s, s->sums, key, before, now_us, SUMS_DAY_S);
	if (r == 0 || (r == 1 && strcmp(before, id) != 0))
		r = sums_mark_put(s, s->sums, key, id, now_us);
	return r < 0 ? -1 : count_lists(s, sum, now_us);
}

/* --- postings ----------------------------------------------------------- */

static uint64_t
kind_seconds(char kind)
{
	return kind == SUMS_ID ? SUMS_ID_S : SUMS_DAY_S;
}

static int
posting_key(struct seen *s, char *out, enum sums_kind kind, struct bytes list,
    struct bytes key)
{
	out[0] = (char)kind;
	return hash_on_list(s, out + 1, (char)kind, list, key);
}

/* 1 it came before under another ID; 0 under this one, or, with fresh set, not
 * at all; -1. */
static int
posting_find(struct seen *s, char *first, struct bytes key, const char *id,
    uint64_t now_us, int *fresh)
{
	int r = sums_mark_get(
	    s, s->postings, key, first, now_us, kind_seconds(key.s[0]));

	*fresh = r == 0;
	return r == 1 ? strcmp(first, id) != 0 : r;
}

int
sums_posting(struct seen *s, char *first, enum sums_kind kind,
    struct bytes list, struct bytes key, const char *id, uint64_t now_us)
{
	char raw[1 + SUMS_HASH_LEN];
	int r, fresh;

	if (posting_key(s, raw, kind, list, key) < 0)
		return -1;
	r = posting_find(
	    s, first, sums_bytes(raw, sizeof raw), id, now_us, &fresh);
	if (r == 0 && fresh)
		r = sums_mark_put(
		    s, s->postings, sums_bytes(raw, sizeof raw), id, now_us);
	return r;
}

int
sums_was_posting(struct seen *s, char *first, enum sums_kind kind,
    struct bytes list, struct bytes key, const char *id, uint64_t now_us)
{
	char raw[1 + SUMS_HASH_LEN];
	int fresh;

	if (posting_key(s, raw, kind, list, key) < 0)
		return -1;
	return posting_find(
	    s, first, sums_bytes(raw, sizeof raw), id, now_us, &fresh);
}

/* --- posters ------------------------------------------------------------ */

/* Has somebody posted within so many seconds: 1; 0; -1. */
static int
poster_within(
    struct seen *s, struct bytes key, uint64_t now_us, uint64_t seconds)
{
	struct bytes v;
	int r = store_get(&s->store, s->posters, key, &v);

	if (r != 1)
		return r;
	return v.len == SUMS_TIME_LEN &&
	    within(sums_number(v.s), now_us, seconds);
}

int
sums_poster(
    struct seen *s, struct bytes list, struct bytes address, uint64_t now_us)
{
	char key[SUMS_HASH_LEN];

	if (hash_on_list(s, key, POSTER, list, address) < 0)
		return -1;
	return poster_within(
	    s, sums_bytes(key, sizeof key), now_us, SUMS_POSTER_S);
}

int
sums_posted(
    struct seen *s, struct bytes list, struct bytes address, uint64_t now_us)
{
	char key[SUMS_HASH_LEN], value[SUMS_TIME_LEN];
	int r;

	if (hash_on_list(s, key, POSTER, list, address) < 0)
		return -1;
	r = poster_within(s, sums_bytes(key, sizeof key), now_us, SUMS_DAY_S);
	if (r != 0)
		return r < 0 ? -1 : 0;
	uint64_pack_big(value, now_us);
	r = store_put(&s->store, s->posters, sums_bytes(key, sizeof key),
	    sums_bytes(value, sizeof value), 0);
	return r < 0 ? -1 : 0;
}

/* --- what is too old ---------------------------------------------------- */

static int
old_hit(struct bytes key, struct bytes v, uint64_t now_us)
{
	return key.len != SUMS_HIT_KEY_LEN ||
	    sums_mark_old(v, now_us, SUMS_DAY_S);
}

static int
old_poster(struct bytes key, struct bytes v, uint64_t now_us)
{
	return key.len != SUMS_HASH_LEN ||
	    sums_mark_old(v, now_us, SUMS_POSTER_S);
}

static int
old_posting(struct bytes key, struct bytes v, uint64_t now_us)
{
	return key.len != 1 + SUMS_HASH_LEN ||
	    sums_mark_old(v, now_us, kind_seconds(key.s[0]));
}

typedef int is_old(struct bytes key, struct bytes v, uint64_t now_us);

/* Remove what is old from where it went on to look: 1 left is used up; 0 the
 * table is through; -1. */
static int
sweep_table(struct seen *s, unsigned table, is_old *old, struct sums_sweep *at,
    uint64_t now_us, size_t *left, int *removed)
{
	struct store_cursor c;
	struct bytes key, v;
	int r = store_seek(
	    &s->store, table, &c, sums_bytes(at->key, at->len), &key, &v);

	for (; r == 1 && *left; (*left)--) {
		if (old(key, v, now_us)) {
			*removed = 1;
			r = store_del_here(&c);
		}
		if (r >= 0)
			r = store_next(&c, &key, &v);
	}
	at->len = 0;
	if (r == 1) {
		at->len = key.len < sizeof at->key ? key.len : sizeof at->key;
		memcpy(at->key, key.s, at->len);
	}
	store_cursor_end(&c);
	return r;
}

int
sums_sweep(struct seen *s, struct sums_sweep *at, uint64_t now_us, size_t max)
{
	static is_old *const old[] = {
	    old_hit, sums_alert_old, old_poster, old_posting};
	const size_t all = sizeof old / sizeof old[0];
	int r = 0, removed = 0;

	if (seen_begin(s) < 0)
		return -1;
	while (at->table < all) {
		const unsigned table[] = {
		    s->sums, s->alerts, s->posters, s->postings};

		r = sweep_table(s, table[at->table], old[at->table], at, now_us,
		    &max, &removed);
		if (r != 0)
			break;
		at->table++;
	}
	if (seen_end(s, r >= 0 && removed) < 0 || r < 0)
		return -1;
	if (r == 0)
		*at = (struct sums_sweep){.table = 0};
	return r;
}
