/* Alerts, in the table of that name. */
#include <errno.h>
#include <stdio.h>

#include "lib/num.h"
#include "lib/sumscore.h"

enum {
	ALERT_FIXED = 3 + 2 * SUMS_LEN + 2 * SUMS_TIME_LEN + 4 + 1,
	ALERT_MAX = ALERT_FIXED + ID_NAME_MAX + SUMS_SOURCE_MAX,
	ALERT_VERSION = 1,
};

/* As it is kept: version, has_subject, state, subject, origin, raised, until,
 * lists, length of the ID, ID, source.  ALERT_MAX bytes at most. */
static size_t
alert_pack(char *out, const struct sums_alert *a)
{
	size_t id = strlen(a->id), source = strlen(a->source);
	char *p = out;

	*p++ = ALERT_VERSION;
	*p++ = (char)(a->has_subject != 0);
	*p++ = (char)a->state;
	memcpy(p, a->subject, SUMS_LEN);
	p += SUMS_LEN;
	memcpy(p, a->origin, SUMS_LEN);
	p += SUMS_LEN;
	uint64_pack_big(p, a->raised_us);
	p += SUMS_TIME_LEN;
	uint64_pack_big(p, a->until_us);
	p += SUMS_TIME_LEN;
	uint32_pack_big(p, a->lists);
	p += 4;
	*p++ = (char)id;
	memcpy(p, a->id, id);
	p += id;
	memcpy(p, a->source, source);
	return (size_t)(p - out) + source;
}

static enum sums_state
state_of(char c)
{
	return c == SUMS_PENDING || c == SUMS_MADE || c == SUMS_WITHDRAWN
	    ? (enum sums_state)c
	    : SUMS_DONE;
}

/* 1; 0 when it is not what alert_pack wrote. */
static int
alert_unpack(struct sums_alert *a, struct bytes key, struct bytes v)
{
	const char *p = v.s;
	size_t id, source;

	if (key.len != SUMS_LEN || v.len < ALERT_FIXED || *p++ != ALERT_VERSION)
		return 0;
	*a = (struct sums_alert){.has_subject = *p++ == 1};
	a->state = state_of(*p++);
	memcpy(a->sum, key.s, SUMS_LEN);
	memcpy(a->subject, p, SUMS_LEN);
	p += SUMS_LEN;
	memcpy(a->origin, p, SUMS_LEN);
	p += SUMS_LEN;
	a->raised_us = sums_number(p);
	p += SUMS_TIME_LEN;
	a->until_us = sums_number(p);
	p += SUMS_TIME_LEN;
	uint32_unpack_big(p, &a->lists);
	id = (unsigned char)p[4];
	if (id >= ID_NAME_MAX || v.len - ALERT_FIXED < id ||
	    v.len - ALERT_FIXED - id > SUMS_SOURCE_MAX || a->raised_us == 0)
		return 0;
	source = v.len - ALERT_FIXED - id;
	memcpy(a->id, v.s + ALERT_FIXED, id);
	memcpy(a->source, v.s + ALERT_FIXED + id, source);
	return 1;
}

int
sums_alert_get(struct seen *s, const unsigned char *sum, struct sums_alert *a)
{
	struct bytes key = sums_bytes(sum, SUMS_LEN), v;
	int r = store_get(&s->store, s->alerts, key, &v);

	return r == 1 ? alert_unpack(a, key, v) : r;
}

static int
in_time(const struct sums_alert *a, uint64_t now_us)
{
	return a->until_us > now_us &&
	    a->until_us - now_us <= (uint64_t)SUMS_ALERT_S * SUMS_US;
}

int
sums_alert_lasts(const struct sums_alert *a, uint64_t now_us)
{
	return a->state != SUMS_WITHDRAWN && in_time(a, now_us);
}

int
sums_alert_withdrawn(const struct sums_alert *a, uint64_t now_us)
{
	return a->state == SUMS_WITHDRAWN && in_time(a, now_us);
}

int
sums_alert_put(struct seen *s, const struct sums_alert *a)
{
	char value[ALERT_MAX];

	if (a->raised_us == 0) {
		errno = EINVAL;
		return -1;
	}
	return store_put(&s->store, s->alerts, sums_bytes(a->sum, SUMS_LEN),
		   sums_bytes(value, alert_pack(value, a)), 0) < 0
	    ? -1
	    : 0;
}

int
sums_alert_del(struct seen *s, const unsigned char *sum)
{
	return store_del(&s->store, s->alerts, sums_bytes(sum, SUMS_LEN));
}

int
sums_alert_withdraw(struct seen *s, const unsigned char *sum)
{
	struct sums_alert a;
	int r = sums_alert_get(s, sum, &a);

	if (r != 1)
		return r;
	a.state = SUMS_WITHDRAWN;
	return sums_alert_put(s, &a) < 0 ? -1 : 1;
}

int
sums_alert_next(struct seen *s, struct sums_alert *a)
{
	unsigned char from[SUMS_HIT_KEY_LEN + 1];
	struct store_cursor c;
	struct bytes key, v;
	int r, found = 0;

	/* behind the alert are those who were told of it */
	memset(from, 0xff, sizeof from);
	memcpy(from, a->sum, SUMS_LEN);
	r = store_seek(&s->store, s->alerts, &c,
	    sums_bytes(from, a->raised_us ? sizeof from : 0), &key, &v);
	while (r == 1 && !(found = alert_unpack(a, key, v)))
		r = store_next(&c, &key, &v);
	store_cursor_end(&c);
	return r < 0 ? -1 : found;
}

int
sums_alert_told(struct seen *s, const unsigned char *sum, struct bytes who,
    const char *id, uint64_t now_us)
{
	char raw[SUMS_HIT_KEY_LEN], before[ID_NAME_MAX];
	struct bytes key = sums_bytes(raw, sizeof raw);
	int r;

	if (sums_hit_key(s, raw, sum, who) < 0)
		return -1;
	r = sums_mark_get(s, s->alerts, key, before, now_us, SUMS_ID_S);
	if (r != 0)
		return r < 0 ? -1 : strcmp(before, id) == 0;
	return sums_mark_put(s, s->alerts, key, id, now_us) < 0 ? -1 : 1;
}

void
sums_hex(char *out, const unsigned char *sum)
{
	for (size_t i = 0; i < SUMS_LEN; i++)
		snprintf(out + 2 * i, 3, "%02x", sum[i]);
}

int
sums_unhex(unsigned char *sum, struct bytes text)
{
	uint64_t n;

	if (text.len != SUMS_HEX_LEN || num_hex64(&n, text.s, text.len) < 0) {
		errno = EINVAL;
		return -1;
	}
	uint64_pack_big((char *)sum, n);
	return 0;
}

int
sums_alert_old(struct bytes key, struct bytes v, uint64_t now_us)
{
	struct sums_alert a;

	if (key.len == SUMS_HIT_KEY_LEN)
		return sums_mark_old(v, now_us, SUMS_ID_S);
	return !alert_unpack(&a, key, v) ||
	    ((a.state == SUMS_DONE || a.state == SUMS_WITHDRAWN) &&
		!in_time(&a, now_us));
}
