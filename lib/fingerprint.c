#include "lib/fingerprint.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>

#include "lib/mimetype.h"
#include "lib/words.h"

/* --- the body --------------------------------------------------------------- */

static void
flush_body(struct fingerprint *f)
{
	if (EVP_DigestUpdate(f->body, f->out, f->nout) != 1)
		f->failed = 1;
	f->count += f->nout;
	f->nout = 0;
}

/* Every byte is written, and stays when it counts: no branch depends on it. */
static inline char *
step(const struct fingerprint *f, char *to, char c)
{
	*to = c;
	return to + f->step[(unsigned char)c];
}

/* The bytes that count go to where there is room for all; returns their end. */
static char *
squeeze(const struct fingerprint *f, char *to, const char *s, size_t len)
{
	const char *end = s + len;

	for (; end - s >= 4; s += 4) {
		to = step(f, to, s[0]);
		to = step(f, to, s[1]);
		to = step(f, to, s[2]);
		to = step(f, to, s[3]);
	}
	for (; s < end; s++)
		to = step(f, to, *s);
	return to;
}

static void
put_body(struct fingerprint *f, const char *s, size_t len)
{
	while (len > 0) {
		size_t n = sizeof f->out - f->nout;

		if (n > len)
			n = len;
		f->nout = (size_t)(squeeze(f, f->out + f->nout, s, n) - f->out);
		if (f->nout == sizeof f->out)
			flush_body(f);
		s += n;
		len -= n;
	}
}

/* --- the text --------------------------------------------------------------- */

static void
look(struct fingerprint *f, const char *s, size_t len)
{
	size_t left = FINGERPRINT_LOOK - f->looked;

	if (len > left)
		len = left;
	textsum_put(&f->text, s, len);
	f->looked += len;
}

static void
leaf_end(struct fingerprint *f)
{
	char out[TRANSFER_OUT];

	if (f->leaf == FINGERPRINT_IN)
		look(f, out, transfer_end(&f->transfer, out));
	f->leaf = FINGERPRINT_BEHIND;
}

static void
put_leaf(struct fingerprint *f, const char *s, size_t len)
{
	struct bytes in = {s, len};
	char out[4096];

	if (f->leaf != FINGERPRINT_IN)
		return;
	if (f->transfer.kind == TRANSFER_NONE) {
		look(f, s, len);
		in.len = 0;
	}
	while (in.len > 0 && f->looked < FINGERPRINT_LOOK)
		look(f, out, transfer_more(&f->transfer, &in, out, sizeof out));
	if (f->looked == FINGERPRINT_LOOK)
		leaf_end(f);
}

/* A header is over: is what comes the first text? */
static void
leaf_begin(struct fingerprint *f)
{
	char name[32];
	struct bytes param, value, charset = {name, 0};
	struct mimetype m;

	mimetype_parse(&m, (struct bytes){f->parts.type.s, f->parts.type.len});
	if (m.type.len > 0 && !bytes_same(m.type, "text"))
		return;
	while (mimetype_param(&m.rest, &param, &value))
		if (bytes_same(param, "charset") && charset.len == 0)
			charset.len = mimetype_plain(name, sizeof name, value);
	if (charset.len > sizeof name)
		charset = bytes_z("?"); /* longer than any that is known */
	f->transfer = (struct transfer){.kind = f->parts.now == PART_QUOTED
		? TRANSFER_QUOTED
		: f->parts.now == PART_BASE64 ? TRANSFER_BASE64
					      : TRANSFER_NONE};
	textsum_begin(
	    &f->text, charset_kind(charset), bytes_same(m.subtype, "html"));
	f->leaf = FINGERPRINT_IN;
}

/* --- lines ------------------------------------------------------------------ */

static void
put_subject(struct fingerprint *f, struct bytes value)
{
	size_t room = sizeof f->subject - f->nsubject;

	while (f->nsubject == 0 && value.len > 0 &&
	    (*value.s == ' ' || *value.s == '\t')) {
		value.s++;
		value.len--;
	}
	if (value.len > room)
		value.len = room;
	memcpy(f->subject + f->nsubject, value.s, value.len);
	f->nsubject += value.len;
}

/* The Subject of the message itself, the first that is not blank. */
static void
header_line(struct fingerprint *f, struct bytes line)
{
	const size_t n = sizeof "Subject" - 1;
	struct bytes rest;

	if (*line.s == ' ' || *line.s == '\t') {
		if (f->in_subject)
			put_subject(f, line);
		return;
	}
	f->in_subject = 0;
	if (f->nsubject > 0 || !bytes_starts(line, "Subject"))
		return;
	rest = (struct bytes){line.s + n, line.len - n};
	while (rest.len > 0 && (*rest.s == ' ' || *rest.s == '\t')) {
		rest.s++;
		rest.len--;
	}
	f->in_subject = rest.len > 0 && *rest.s == ':';
	if (f->in_subject)
		put_subject(f, (struct bytes){rest.s + 1, rest.len - 1});
}

/* Where we are behind a line that parts_line wants to know; 1 when the line is
 * part of the text. */
static int
structure(struct fingerprint *f, struct bytes line)
{
	/* not parts_form: a text that is signed is looked at, too */
	int header = f->parts.now == PART_FIELDS;
	size_t depth = f->parts.depth;

	parts_line(&f->parts, line.s, line.len);
	if (header) {
		if (f->parts.now != PART_FIELDS && f->parts.depth == depth &&
		    f->leaf == FINGERPRINT_BEFORE)
			leaf_begin(f);
		return 0;
	}
	if (f->parts.now == PART_FIELDS || f->parts.depth != depth) {
		if (f->leaf == FINGERPRINT_IN)
			leaf_end(f);
		return 0;
	}
	return f->leaf == FINGERPRINT_IN;
}

/* mbox's `From ...', and no field in the obsolete syntax. */
static int
is_mbox(struct bytes line)
{
	size_t n = 5;

	if (line.len < n || memcmp(line.s, "From ", n) != 0)
		return 0;
	while (n < line.len && (line.s[n] == ' ' || line.s[n] == '\t'))
		n++;
	return n == line.len || line.s[n] != ':';
}

/* What the line is, by its first bytes, or by all when it is so short. */
static void
line_begins(struct fingerprint *f)
{
	struct bytes line = {f->line, f->len};
	enum fingerprint_place place = f->place;

	if (line.len > 0 && line.s[line.len - 1] == '\r')
		line.len--;
	f->passing = 1;
	f->taken = f->leaf == FINGERPRINT_IN;
	if (place == FINGERPRINT_START && is_mbox(line))
		return;
	if (place != FINGERPRINT_BODY && line.len > 0)
		header_line(f, line);
	if (place != FINGERPRINT_BODY && line.len == 0)
		f->place = FINGERPRINT_BODY;
	if (parts_matters(&f->parts, line.s, line.len))
		f->taken = structure(f, line);
	if (f->taken)
		put_leaf(f, f->line, f->len);
}

static void
line_ends(struct fingerprint *f)
{
	if (!f->passing)
		line_begins(f);
	if (f->taken)
		put_leaf(f, "\n", 1);
	if (f->place == FINGERPRINT_START)
		f->place = FINGERPRINT_HEADER;
	f->len = 0;
	f->passing = 0;
}

/* Bytes of one line, without its LF. */
static void
put_line(struct fingerprint *f, const char *s, size_t len)
{
	size_t n = sizeof f->line - f->len;

	if (!f->passing) {
		if (n > len)
			n = len;
		memcpy(f->line + f->len, s, n);
		f->len += n;
		s += n;
		len -= n;
		if (f->len == sizeof f->line ||
		    (f->len >= 2 && f->place == FINGERPRINT_BODY &&
			!parts_matters(&f->parts, f->line, f->len)))
			line_begins(f);
	}
	if (f->passing && f->taken)
		put_leaf(f, s, len);
}

/* The first line of some bytes, or what there is of it: how many. */
static size_t
one_line(struct fingerprint *f, const char *s, size_t len)
{
	const char *lf = memchr(s, '\n', len);
	size_t n = lf ? (size_t)(lf - s) : len;

	put_line(f, s, n);
	if (!lf)
		return len;
	line_ends(f);
	return n + 1;
}

/* Bytes up to a line that may matter, when the first one is not in such a line;
 * what begins one is a '-', which is rare. */
static size_t
no_structure(const struct fingerprint *f, const char *s, size_t len)
{
	const char *end = s + len, *dash = s;

	if (f->parts.depth == 0)
		return len;
	for (; (dash = memchr(dash, '-', (size_t)(end - dash))); dash++)
		if ((dash == s ? !f->passing : dash[-1] == '\n') &&
		    (dash + 1 == end || dash[1] == '-'))
			return (size_t)(dash - s);
	return len;
}

/* Lines of the body that do not matter, all at once: how many bytes. */
static size_t
many_lines(struct fingerprint *f, const char *s, size_t len)
{
	int in = f->leaf == FINGERPRINT_IN;
	size_t n;

	if (f->parts.now == PART_FIELDS ||
	    (f->passing ? f->taken != in : f->len > 0))
		return 0;
	n = no_structure(f, s, len);
	if (n == 0)
		return 0;
	put_leaf(f, s, n);
	f->passing = s[n - 1] != '\n';
	f->len = f->passing != 0;
	f->taken = in;
	return n;
}

/* --- the subject ------------------------------------------------------------ */

/* Bytes of "Re:", "Re[2]:" and the like that a subject begins with. */
static size_t
reply_mark(struct bytes s)
{
	static const char *const marks[] = {"re", "fw", "fwd", "aw", "wg", "sv",
	    "vs", "vb", "antw", "tr", "rv", "rif", "enc", "odp", "ynt"};
	size_t n = 0, i;

	while (n < s.len && ((s.s[n] | 0x20) >= 'a' && (s.s[n] | 0x20) <= 'z'))
		n++;
	for (i = 0; i < sizeof marks / sizeof marks[0]; i++)
		if (bytes_same((struct bytes){s.s, n}, marks[i]))
			break;
	if (i == sizeof marks / sizeof marks[0])
		return 0;
	while (n < s.len && memchr(" ^[]()0123456789", s.s[n], 16))
		n++;
	return n < s.len && s.s[n] == ':' ? n + 1 : 0;
}

/* Bytes in front of what a subject says. */
static size_t
subject_mark(struct bytes s)
{
	const char *end;

	if (s.len > 0 && memchr(" \t\r\n", *s.s, 4))
		return 1;
	if (s.len == 0 || *s.s != '[')
		return reply_mark(s);
	end = memchr(s.s, ']', s.len);
	return end ? (size_t)(end - s.s) + 1 : 0;
}

static int
subject_sum(struct fingerprint *f, struct fingerprint_sums *sums)
{
	char text[4 * FINGERPRINT_FIELD_MAX];
	unsigned char sum[TEXTSUM_LEN];
	struct bytes s = {text, 0};
	uint64_t n;
	size_t mark;

	s.len = words_decode(
	    text, sizeof text, (struct bytes){f->subject, f->nsubject});
	while ((mark = subject_mark(s)) > 0) {
		s.s += mark;
		s.len -= mark;
	}
	textsum_begin(&f->text, CHARSET_UTF8, 0);
	textsum_put(&f->text, s.s, s.len);
	if (textsum_end(&f->text, sum, &n) < 0)
		return -1;
	memcpy(sums->subject, sum, FINGERPRINT_LEN);
	sums->has_subject = n > 0;
	return 0;
}

/* --- a message -------------------------------------------------------------- */

int
fingerprint_open(struct fingerprint *f)
{
	for (size_t c = 0; c < 256; c++)
		f->step[c] = c != ' ' && (c < '\t' || c > '\r');
	if (textsum_open(&f->text) < 0)
		return -1;
	f->body = EVP_MD_CTX_new();
	if (f->body)
		return 0;
	fingerprint_close(f);
	errno = ENOMEM;
	return -1;
}

void
fingerprint_close(struct fingerprint *f)
{
	textsum_close(&f->text);
	EVP_MD_CTX_free(f->body);
	f->body = NULL;
}

void
fingerprint_begin(struct fingerprint *f)
{
	f->place = FINGERPRINT_START;
	f->leaf = FINGERPRINT_BEFORE;
	parts_begin(&f->parts);
	f->count = 0;
	f->looked = f->len = f->nsubject = f->nout = 0;
	f->in_subject = f->passing = f->taken = 0;
	f->failed = EVP_DigestInit_ex(f->body, f->text.sha256, NULL) != 1;
}

/* What is in the body is looked at twice: for its sum, and for its parts up to
 * the end of the text. */
void
fingerprint_more(struct fingerprint *f, const char *s, size_t len)
{
	while (len > 0 && f->place != FINGERPRINT_BODY) {
		size_t n = one_line(f, s, len);

		s += n;
		len -= n;
	}
	put_body(f, s, len);
	while (len > 0 && f->leaf != FINGERPRINT_BEHIND) {
		size_t n = many_lines(f, s, len);

		if (n == 0)
			n = one_line(f, s, len);
		s += n;
		len -= n;
	}
}

static int
text_sum(struct fingerprint *f, struct fingerprint_sums *sums)
{
	unsigned char sum[TEXTSUM_LEN];
	uint64_t n;

	if (f->leaf == FINGERPRINT_BEFORE)
		return 0;
	leaf_end(f);
	if (textsum_end(&f->text, sum, &n) < 0)
		return -1;
	memcpy(sums->text, sum, FINGERPRINT_LEN);
	sums->has_text = n >= FINGERPRINT_LEAST;
	return 0;
}

int
fingerprint_end(struct fingerprint *f, struct fingerprint_sums *sums)
{
	*sums = (struct fingerprint_sums){.has_text = 0};
	if (f->len > 0)
		line_ends(f);
	flush_body(f);
	if (text_sum(f, sums) < 0 || subject_sum(f, sums) < 0)
		return -1;
	if (f->failed || EVP_DigestFinal_ex(f->body, sums->body, NULL) != 1) {
		errno = ENOMEM;
		return -1;
	}
	sums->has_body = f->count >= FINGERPRINT_LEAST;
	return 0;
}
