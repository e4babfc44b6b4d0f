#include <string.h>

#include "bench/lsv-sink/sink.h"
#include "lib/msg.h"

void
text_begin(struct sink *s, struct conn *c)
{
	struct text *t = &c->text;

	t->bytes = 0;
	if (!record_wanted(s))
		return;
	if (!t->md)
		t->md = EVP_MD_CTX_new();
	if (!t->md || EVP_DigestInit_ex(t->md, EVP_sha256(), NULL) != 1)
		msg_die(LSV_TEMP, "unable to start a SHA-256");
	t->in_header = t->line_start = 1;
	t->after_cr = 0;
	t->line_len = 0;
	t->kept.len = 0;
}

/* Bytes that may not stand in a text: bare CR, bare LF, NUL. */
static uint64_t
bad_octets(struct text *t, const char *p, size_t n)
{
	const char *end = p + n;
	uint64_t bad = 0;

	for (; p < end; p++) {
		bad += *p == '\n' && !t->after_cr;
		bad += *p != '\n' && t->after_cr;
		bad += *p == 0;
		t->after_cr = *p == '\r';
	}
	return bad;
}

/* One piece of a line, dots undone; ends is 1 when its newline is in it. */
static void
piece(struct sink *s, struct text *t, const char *p, size_t n, int ends)
{
	size_t eol = 0;

	s->count.bad_octets += bad_octets(t, p, n);
	if (s->opt.mail)
		buf_put(&t->kept, p, n);
	if (!t->in_header) {
		EVP_DigestUpdate(t->md, p, n);
		return;
	}
	for (size_t i = n; i > 0 && (p[i - 1] == '\n' || p[i - 1] == '\r'); i--)
		eol++;
	t->line_len += n - eol;
	if (!ends)
		return;
	if (t->line_len == 0)
		t->in_header = 0;
	t->line_len = 0;
}

void
text_feed(struct sink *s, struct conn *c, const char *p, size_t n, int stuffed)
{
	struct text *t = &c->text;
	const char *nl;
	size_t len, dot;

	t->bytes += n;
	if (!record_wanted(s))
		return;
	while (n > 0) {
		nl = memchr(p, '\n', n);
		len = nl ? (size_t)(nl - p) + 1 : n;
		dot = stuffed && t->line_start && *p == '.';
		piece(s, t, p + dot, len - dot, nl != NULL);
		t->line_start = nl != NULL;
		p += len;
		n -= len;
	}
}

void
text_hash(struct conn *c, char *hex)
{
	static const char digit[] = "0123456789abcdef";
	unsigned char h[EVP_MAX_MD_SIZE];
	unsigned int len;

	if (EVP_DigestFinal_ex(c->text.md, h, &len) != 1 || len != 32)
		msg_die(LSV_TEMP, "unable to end a SHA-256");
	for (size_t i = 0; i < 32; i++) {
		hex[2 * i] = digit[h[i] >> 4];
		hex[2 * i + 1] = digit[h[i] & 15];
	}
	hex[64] = 0;
}
