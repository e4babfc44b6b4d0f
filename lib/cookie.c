#include "lib/cookie.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>

#include "lib/num.h"

enum {
	HASH_LEN = 32,
	LINES = 5,    /* of a record */
	HEAD_LEN = 2, /* kind, state */
	TIME_DIGITS = 20,
};

static const char hex[] = "0123456789ABCDEF";

/* --- the word ---------------------------------------------------------------- */

static int
text_of(stralloc *out, const char *id, unsigned n, const struct cookie *c)
{
	const char kind = (char)c->kind;

	if (sa_puts(out, id) < 0 || sa_put(out, "\n", 1) < 0 ||
	    sa_addu(out, n) < 0 || sa_put(out, "\n", 1) < 0 ||
	    sa_put(out, &kind, 1) < 0 || sa_put(out, "\n", 1) < 0 ||
	    sa_put(out, c->address.s, c->address.len) < 0 ||
	    sa_put(out, "\n", 1) < 0 ||
	    sa_put(out, c->list.s, c->list.len) < 0 || sa_put(out, "\n", 1) < 0)
		return -1;
	return sa_put(out, c->command.s, c->command.len);
}

int
cookie_make(char out[COOKIE_LEN + 1], const unsigned char *secret, size_t len,
    const char *id, unsigned n, const struct cookie *c)
{
	unsigned char hash[HASH_LEN] = {0};
	unsigned hash_len = 0;
	stralloc text = {0};
	int r = text_of(&text, id, n, c);

	if (r == 0 &&
	    (!HMAC(EVP_sha256(), secret, (int)len, (unsigned char *)text.s,
		 text.len, hash, &hash_len) ||
		hash_len != sizeof hash)) {
		errno = ENOMEM;
		r = -1;
	}
	sa_free(&text);
	if (r < 0)
		return -1;
	for (size_t i = 0; i < COOKIE_LEN; i++)
		out[i] = hex[i % 2 ? hash[i / 2] & 15 : hash[i / 2] >> 4];
	out[COOKIE_LEN] = 0;
	return 0;
}

int
cookie_word(char out[COOKIE_LEN + 1], struct bytes word)
{
	if (word.len == COOKIE_LEN + 2 && word.s[0] == '(' &&
	    word.s[COOKIE_LEN + 1] == ')') {
		word.s++;
		word.len -= 2;
	}
	if (word.len != COOKIE_LEN)
		return 0;
	for (size_t i = 0; i < COOKIE_LEN; i++) {
		char c = word.s[i];

		if (c >= 'a' && c <= 'f')
			c = (char)(c - 'a' + 'A');
		if ((c < '0' || c > '9') && (c < 'A' || c > 'F'))
			return 0;
		out[i] = c;
	}
	out[COOKIE_LEN] = 0;
	return 1;
}

int
cookie_find(char out[COOKIE_LEN + 1], struct bytes text)
{
	for (size_t i = text.len; i >= COOKIE_LEN + 2; i--)
		if (text.s[i - 1] == ')' && text.s[i - COOKIE_LEN - 2] == '(' &&
		    cookie_word(out,
			(struct bytes){
			    text.s + i - COOKIE_LEN - 1, COOKIE_LEN}))
			return 1;
	return 0;
}

/* --- the record -------------------------------------------------------------- */

static int
put_line(stralloc *out, struct bytes s)
{
	if (s.len && (memchr(s.s, '\n', s.len) || memchr(s.s, 0, s.len))) {
		errno = EINVAL;
		return -1;
	}
	return sa_put(out, s.s, s.len) < 0 ? -1 : sa_put(out, "\n", 1);
}

int
cookie_format(stralloc *out, const struct cookie *c)
{
	char head[HEAD_LEN + TIME_DIGITS + 1];
	size_t start = out->len;

	snprintf(head, sizeof head, "%c%c%020llu", (int)c->kind, (int)c->state,
	    (unsigned long long)c->made_us);
	if (put_line(out, bytes_z(head)) < 0 || put_line(out, c->address) < 0 ||
	    put_line(out, c->name) < 0 || put_line(out, c->list) < 0 ||
	    put_line(out, c->command) < 0) {
		out->len = start;
		return -1;
	}
	return 0;
}

static int
damaged(void)
{
	errno = EIO;
	return -1;
}

static int
parse_head(struct cookie *c, struct bytes head)
{
	if (head.len != HEAD_LEN + TIME_DIGITS ||
	    (head.s[0] != COOKIE_CONFIRM && head.s[0] != COOKIE_APPROVE) ||
	    (head.s[1] != COOKIE_OPEN && head.s[1] != COOKIE_USED) ||
	    num_u64(&c->made_us, head.s + HEAD_LEN, TIME_DIGITS, UINT64_MAX) <
		0)
		return damaged();
	c->kind = (enum cookie_kind)head.s[0];
	c->state = (enum cookie_state)head.s[1];
	return 0;
}

int
cookie_parse(struct cookie *c, struct bytes record)
{
	struct bytes line[LINES];

	for (size_t i = 0; i < LINES; i++) {
		const char *end =
		    record.len ? memchr(record.s, '\n', record.len) : NULL;

		if (!end)
			return damaged();
		line[i] = (struct bytes){record.s, (size_t)(end - record.s)};
		record.s = end + 1;
		record.len -= line[i].len + 1;
	}
	c->address = line[1];
	c->name = line[2];
	c->list = line[3];
	c->command = line[4];
	return record.len ? damaged() : parse_head(c, line[0]);
}

int
cookie_over(const struct cookie *c, uint64_t now_us)
{
	uint64_t away_us =
	    now_us > c->made_us ? now_us - c->made_us : c->made_us - now_us;

	return away_us > COOKIE_LIFE_S * UINT64_C(1000000);
}
