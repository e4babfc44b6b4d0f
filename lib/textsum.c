#include "lib/textsum.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

/* --- which characters count ---------------------------------------------- */

/* Characters above 127 that are no letters, or not seen. */
static const struct {
	uint32_t from, to;
} dropped[] = {
    {0x80, 0xa9}, {0xab, 0xb4}, {0xb6, 0xb9}, {0xbb, 0xbf}, {0xd7, 0xd7},
    {0xf7, 0xf7}, {0x2b0, 0x36f},   /* modifiers and combining marks */
    {0x37e, 0x37e},                 /* Greek question mark */
    {0x387, 0x387},                 /* Greek semicolon */
    {0x589, 0x58a},                 /* Armenian */
    {0x5be, 0x5be},                 /* Hebrew */
    {0x600, 0x61f},                 /* Arabic signs and punctuation */
    {0x660, 0x66d},                 /* and digits */
    {0x6f0, 0x6f9}, {0x964, 0x96f}, /* Devanagari digits and punctuation */
    {0x180b, 0x180f},               /* Mongolian selectors */
    {0x2000, 0x20cf},               /* spaces, punctuation, marks, currencies */
    {0x2100, 0x2bff},               /* symbols, arrows, boxes, dingbats */
    {0x2e00, 0x2e7f},               /* punctuation */
    {0x3000, 0x3004},               /* CJK punctuation */
    {0x3008, 0x3020}, {0x3030, 0x3030}, {0x30fb, 0x30fb},
    {0xe000, 0xf8ff}, /* private use */
    {0xfe00, 0xfe6f}, /* selectors, CJK forms of punctuation */
    {0xfeff, 0xfeff}, /* byte order mark */
    {0xff00, 0xff20}, /* full width digits and punctuation */
    {0xff3b, 0xff40}, {0xff5b, 0xff65}, {0xffe0, 0xffff},
    {0x1f000, 0x1faff}, /* pictures */
    {0xe0000, 0xe0fff}, /* tags */
};

/* Capitals above 127: every step-th from one to another. */
static const struct {
	uint32_t from, to, step;
	int32_t add;
} capitals[] = {
    {0xc0, 0xde, 1, 32},
    {0x100, 0x136, 2, 1},
    {0x139, 0x147, 2, 1},
    {0x14a, 0x176, 2, 1},
    {0x178, 0x178, 1, 0xff - 0x178},
    {0x179, 0x17d, 2, 1},
    {0x386, 0x386, 1, 38},
    {0x388, 0x38a, 1, 37},
    {0x38c, 0x38c, 1, 64},
    {0x38e, 0x38f, 1, 63},
    {0x391, 0x3ab, 1, 32},
    {0x400, 0x40f, 1, 80},
    {0x410, 0x42f, 1, 32},
    {0x460, 0x480, 2, 1},
    {0x48a, 0x4be, 2, 1},
    {0x4d0, 0x52e, 2, 1},
    {0x531, 0x556, 1, 48},
    {0x1e00, 0x1e94, 2, 1},
    {0x1ea0, 0x1efe, 2, 1},
    {0xff21, 0xff3a, 1, 'a' - 0xff21},
    {0xff41, 0xff5a, 1, 'a' - 0xff41},
};

static int
drops(uint32_t c)
{
	const size_t n = sizeof dropped / sizeof dropped[0];

	for (size_t i = 0; i < n && c >= dropped[i].from; i++)
		if (c <= dropped[i].to)
			return 1;
	return 0;
}

static uint32_t
lower(uint32_t c)
{
	const size_t n = sizeof capitals / sizeof capitals[0];

	for (size_t i = 0; i < n && c >= capitals[i].from; i++)
		if (c <= capitals[i].to &&
		    (c - capitals[i].from) % capitals[i].step == 0)
			return (uint32_t)((int32_t)c + capitals[i].add);
	return c;
}

/* What is hashed for a character; 0 nothing. */
static uint32_t
counts(uint32_t c)
{
	if (c < 0x80) {
		c |= 0x20;
		return c >= 'a' && c <= 'z' ? c : 0;
	}
	if (c >= CHARSET_BYTE)
		return c;
	return drops(c) ? 0 : lower(c);
}

static void
flush(struct textsum *t)
{
	if (EVP_DigestUpdate(t->hash, t->out, t->nout) != 1)
		t->failed = 1;
	t->nout = 0;
}

static void
count(struct textsum *t, uint32_t c)
{
	c = counts(c);
	if (c == 0)
		return;
	if (sizeof t->out - t->nout < 4)
		flush(t);
	t->nout += charset_utf8(t->out + t->nout, c);
	t->count++;
}

/* --- lines and URLs -------------------------------------------------------- */

static int
ends_url(uint32_t c)
{
	return c <= ' ' || c == '<' || c == '>' || c == '"';
}

/* Is this character in the query part of a URL? */
static int
in_query(struct textsum *t, uint32_t c)
{
	if (t->slashes >= 3) {
		if (ends_url(c))
			t->slashes = 0;
		else if (c == '?')
			t->slashes = 4;
	} else if (c == ':') {
		t->slashes = 1;
	} else {
		t->slashes = c == '/' && t->slashes > 0 ? t->slashes + 1 : 0;
	}
	return t->slashes == 4;
}

static void
put_text(struct textsum *t, uint32_t c)
{
	if (c == '\n')
		t->begun = t->quoted = 0;
	if (t->quoted)
		return;
	if (!t->begun && c > ' ') {
		t->begun = 1;
		t->quoted = c == '>' && t->html == TEXTSUM_PLAIN;
	}
	if (!in_query(t, c))
		count(t, c);
}

/* --- HTML ------------------------------------------------------------------ */

static int
letter(uint32_t c)
{
	return c < 0x80 && (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* What was held is no entity. */
static void
not_entity(struct textsum *t)
{
	t->html = TEXTSUM_OUTSIDE;
	put_text(t, '&');
	for (size_t i = 0; i < t->nname; i++)
		put_text(t, t->name[i]);
	t->nname = 0;
}

static void
put_outside(struct textsum *t, uint32_t c)
{
	if (c == '<')
		t->html = TEXTSUM_OPEN;
	else if (c == '&')
		t->html = TEXTSUM_ENTITY;
	else
		put_text(t, c);
}

static void
put_open(struct textsum *t, uint32_t c)
{
	if (c == '!') {
		t->html = TEXTSUM_BANG;
	} else if (letter(c) || c == '/' || c == '?') {
		t->html = TEXTSUM_TAG;
		t->slashes = 0;
	} else {
		t->html = TEXTSUM_OUTSIDE;
		put_text(t, '<');
		put_outside(t, c);
	}
}

static void
put_entity(struct textsum *t, uint32_t c)
{
	if (c == ';') {
		t->nname = 0;
		t->html = TEXTSUM_OUTSIDE;
	} else if ((letter(c) || c == '#' || (c >= '0' && c <= '9')) &&
	    t->nname < TEXTSUM_ENTITY_MAX) {
		t->name[t->nname++] = c;
	} else {
		not_entity(t);
		put_outside(t, c);
	}
}

static void
put_comment(struct textsum *t, uint32_t c)
{
	if (c == '>' && t->dashes == 2)
		t->html = TEXTSUM_OUTSIDE;
	else if (c != '-')
		t->dashes = 0;
	else if (t->dashes < 2)
		t->dashes++;
}

static void
put_char(struct textsum *t, uint32_t c)
{
	switch (t->html) {
	case TEXTSUM_PLAIN:
		put_text(t, c);
		break;
	case TEXTSUM_OUTSIDE:
		put_outside(t, c);
		break;
	case TEXTSUM_OPEN:
		put_open(t, c);
		break;
	case TEXTSUM_BANG:
	case TEXTSUM_DASH:
		if (c == '-') {
			t->html++;
			t->dashes = 2; /* "<!-->" is over */
			break;
		}
		t->html = TEXTSUM_TAG;
		/* fall through */
	case TEXTSUM_TAG:
		if (c == '>')
			t->html = TEXTSUM_OUTSIDE;
		break;
	case TEXTSUM_COMMENT:
		put_comment(t, c);
		break;
	case TEXTSUM_ENTITY:
		put_entity(t, c);
		break;
	}
}

/* --- runs ------------------------------------------------------------------ */

/* What low has for a byte that has to be looked at; no letter has this bit. */
enum { STOP = 0x80 };

static void
tables(struct textsum *t)
{
	for (size_t c = 0; c < sizeof t->low; c++) {
		t->low[c] =
		    c < 0x80 ? (unsigned char)counts((uint32_t)c) : STOP;
		t->step[c] = t->low[c] != 0 && t->low[c] != STOP;
	}
	t->low['<'] = t->low['>'] = t->low['&'] = t->low[':'] = STOP;
}

/* Has the line a character that is no blank, behind these bytes of it? */
static void
line_begun(struct textsum *t, const char *s, const char *end)
{
	while (end > s && end[-1] <= ' ' && end[-1] != '\n')
		end--;
	if (end > s)
		t->begun = end[-1] != '\n';
}

/* Every byte is written, and stays when it counts: no branch depends on it. */
static inline char *
step(const struct textsum *t, char *to, char byte, unsigned *seen)
{
	unsigned char c = (unsigned char)byte, low = t->low[c];

	*to = (char)low;
	*seen |= low;
	return to + t->step[c];
}

/* What is hashed of the bytes up to a stop goes to *out, which has room for all.
 * The stop is seen behind the four bytes it is one of. */
static const char *
run(const struct textsum *t, const char *s, const char *end, char **out)
{
	char *to = *out, *next;
	unsigned seen = 0;

	for (; end - s >= 4; s += 4) {
		next = step(t, to, s[0], &seen);
		next = step(t, next, s[1], &seen);
		next = step(t, next, s[2], &seen);
		next = step(t, next, s[3], &seen);
		if (seen & STOP)
			break;
		to = next;
	}
	for (; s < end && t->low[(unsigned char)*s] != STOP; s++)
		to = step(t, to, *s, &seen);
	*out = to;
	return s;
}

/* Nearly all bytes of nearly all texts: where nothing has to be known of a line
 * or a URL.  Returns how far that goes. */
static const char *
put_run(struct textsum *t, const char *s, const char *end)
{
	const char *start = s;
	char *out;

	if (t->html > TEXTSUM_OUTSIDE || t->quoted || t->slashes > 0 ||
	    t->charset.nheld > 0)
		return s;
	if (t->nout == sizeof t->out)
		flush(t);
	if ((size_t)(end - s) > sizeof t->out - t->nout)
		end = s + (sizeof t->out - t->nout);
	out = t->out + t->nout;
	s = run(t, s, end, &out);
	t->count += (size_t)(out - t->out) - t->nout;
	t->nout = (size_t)(out - t->out);
	line_begun(t, start, s);
	return s;
}

/* What is left out whatever it is.  Returns how far that goes. */
static const char *
skip(const struct textsum *t, const char *s, const char *end)
{
	const char *last;

	if (t->charset.nheld > 0)
		return s;
	if (t->quoted)
		last = memchr(s, '\n', (size_t)(end - s));
	else if (t->html == TEXTSUM_TAG)
		last = memchr(s, '>', (size_t)(end - s));
	else if (t->html == TEXTSUM_COMMENT && t->dashes == 0)
		last = memchr(s, '-', (size_t)(end - s));
	else
		return s;
	return last ? last : end;
}

static void
put_byte(struct textsum *t, char byte)
{
	uint32_t c[CHARSET_OUT];
	size_t n;

	if ((unsigned char)byte < 0x80 && t->charset.nheld == 0) {
		put_char(t, (unsigned char)byte);
		return;
	}
	n = charset_put(&t->charset, byte, c);
	for (size_t i = 0; i < n; i++)
		put_char(t, c[i]);
}

/* --- a text ---------------------------------------------------------------- */

int
textsum_open(struct textsum *t)
{
	*t = (struct textsum){.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL),
	    .hash = EVP_MD_CTX_new()};
	tables(t);
	if (t->sha256 && t->hash)
		return 0;
	textsum_close(t);
	errno = ENOMEM;
	return -1;
}

void
textsum_close(struct textsum *t)
{
	EVP_MD_CTX_free(t->hash);
	EVP_MD_free(t->sha256);
	*t = (struct textsum){.hash = NULL};
}

void
textsum_begin(struct textsum *t, enum charset_kind charset, int html)
{
	t->charset = (struct charset){.kind = charset};
	t->html = html ? TEXTSUM_OUTSIDE : TEXTSUM_PLAIN;
	t->nname = t->nout = 0;
	t->slashes = t->dashes = 0;
	t->begun = t->quoted = 0;
	t->count = 0;
	t->failed = EVP_DigestInit_ex(t->hash, t->sha256, NULL) != 1;
}

void
textsum_put(struct textsum *t, const char *s, size_t len)
{
	const char *end = s + len;

	while (s < end) {
		s = put_run(t, skip(t, s, end), end);
		if (s < end)
			put_byte(t, *s++);
	}
}

int
textsum_end(struct textsum *t, unsigned char *sum, uint64_t *n)
{
	uint32_t c[CHARSET_OUT];
	size_t held = charset_end(&t->charset, c);

	for (size_t j = 0; j < held; j++)
		put_char(t, c[j]);
	if (t->html == TEXTSUM_ENTITY)
		not_entity(t);
	flush(t);
	if (!t->failed && EVP_DigestFinal_ex(t->hash, sum, NULL) == 1) {
		*n = t->count;
		return 0;
	}
	errno = ENOMEM;
	return -1;
}
