/* The header of a message to be merged: what may stand for a value where. */
#include <errno.h>

#include "lib/base64.h"
#include "lib/header.h"
#include "lib/mergecore.h"
#include "lib/num.h"

enum { COLUMN_MAX = 70 }; /* lib/mimetext.h begins no text behind it */

/* Where a reference stands in a field says what its value must be. */
enum place {
	PLACE_TEXT,    /* free text: RFC 2047 */
	PLACE_ADDRESS, /* mailboxes with names */
	PLACE_TOKEN,   /* another structured field: as it is, or not at all */
	PLACE_NEVER,   /* what readers must find as it was written */
};

static enum place
place_of(const struct field *f)
{
	static const char *const address[] = {"From", "Sender", "Reply-To",
	    "To", "Cc", "Bcc", "Resent-From", "Resent-Sender", "Resent-To",
	    "Resent-Cc", "Resent-Bcc", "Resent-Reply-To",
	    "Disposition-Notification-To", "Return-Receipt-To", "Errors-To",
	    "Mail-Followup-To", "Mail-Reply-To", NULL};
	static const char *const token[] = {"Message-ID", "In-Reply-To",
	    "References", "Date", "Resent-Date", "Resent-Message-ID", NULL};
	static const char *const never[] = {"MIME-Version", "Received",
	    "Return-Path", "DKIM-Signature", "DomainKey-Signature", NULL};

	for (size_t i = 0; address[i]; i++)
		if (field_is(f, address[i]))
			return PLACE_ADDRESS;
	for (size_t i = 0; token[i]; i++)
		if (field_is(f, token[i]))
			return PLACE_TOKEN;
	for (size_t i = 0; never[i]; i++)
		if (field_is(f, never[i]))
			return PLACE_NEVER;
	if (bytes_starts(f->name, "Content-") || bytes_starts(f->name, "ARC-"))
		return PLACE_NEVER;
	return bytes_starts(f->name, "List-") ? PLACE_TOKEN : PLACE_TEXT;
}

/* --- encoded words ------------------------------------------------------ */

/* struct words - the encoded words of a text
 *
 * n       of them
 * foreign 1: one is not in UTF-8, or cannot be read
 */
struct words {
	unsigned n;
	int foreign;
};

static int
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int
put_q(stralloc *out, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = s[i] == '_' ? ' ' : s[i];
		uint64_t octet;

		if (c == '=' && len - i > 2 &&
		    num_hex64(&octet, s + i + 1, 2) == 0) {
			c = (char)octet;
			i += 2;
		}
		if (sa_put(out, &c, 1) < 0)
			return -1;
	}
	return 0;
}

static int
put_b(stralloc *out, const char *s, size_t len, struct words *words)
{
	size_t n;

	if (!stralloc_readyplus(out, len + 1)) {
		errno = ENOMEM;
		return -1;
	}
	if (base64_get(out->s + out->len, &n, len, s, len) < 0)
		words->foreign = 1;
	else
		out->len += n;
	return 0;
}

static int
has_blank(const char *s, const char *end)
{
	while (s < end && !blank(*s))
		s++;
	return s < end;
}

/* An encoded word at the start of s.  Returns its length; 0 when there is none;
 * -1 with errno ENOMEM */
static ssize_t
get_word(stralloc *out, const char *s, size_t len, struct words *words)
{
	const char *set = s + 2, *q, *text, *end;
	struct bytes charset;
	int how, res;

	if (len < 8 || memcmp(s, "=?", 2) != 0)
		return 0;
	q = memchr(set, '?', len - 2);
	if (!q || (size_t)(s + len - q) < 5 || q[2] != '?')
		return 0;
	text = q + 3;
	end = memmem(text, (size_t)(s + len - text), "?=", 2);
	how = q[1] | 32;
	if (!end || has_blank(s, end) || (how != 'q' && how != 'b'))
		return 0;
	charset = (struct bytes){set, (size_t)(q - set)};
	if (!bytes_same(charset, "utf-8") && !bytes_same(charset, "us-ascii"))
		words->foreign = 1;
	res = how == 'q' ? put_q(out, text, (size_t)(end - text))
			 : put_b(out, text, (size_t)(end - text), words);
	words->n++;
	return res < 0 ? -1 : end + 2 - s;
}

/* Free text as people see it.  Blanks between two encoded words do not count
 * (RFC 2047 section 6.2), line ends never do. */
static int
put_decoded(stralloc *out, struct bytes v, struct words *words)
{
	size_t behind = SIZE_MAX; /* where out ended behind the last word */

	for (size_t i = 0; i < v.len;) {
		size_t before = out->len;
		ssize_t n = i == 0 || blank(v.s[i - 1]) || behind == out->len
		    ? get_word(out, v.s + i, v.len - i, words)
		    : 0;

		if (n < 0)
			return -1;
		if (n > 0) {
			if (behind != SIZE_MAX)
				memmove(out->s + behind, out->s + before,
				    out->len - before);
			if (behind != SIZE_MAX)
				out->len -= before - behind;
			behind = out->len;
			i += (size_t)n;
			continue;
		}
		if (!blank(v.s[i]))
			behind = SIZE_MAX;
		if (v.s[i] != '\r' && v.s[i] != '\n' &&
		    sa_put(out, v.s + i, 1) < 0)
			return -1;
		i++;
	}
	return 0;
}

/* --- free text ---------------------------------------------------------- */

/* A text with references as pieces in m->sub; they begin at the offset `at` of
 * m->text (kind MERGE_OURS) or of the message (MERGE_LIT). */
static int
put_pieces(struct merge *m, enum merge_kind kind, size_t at, size_t len)
{
	const char *base = kind == MERGE_LIT ? m->s : m->text.s;
	struct merge_op *o;
	size_t n, next;
	int field = 0;

	for (size_t i = 0; i < len; i += next + n) {
		next = merge_find(m, base + at + i, len - i, 0, &n, &field);
		if (next) {
			o = merge_sub(m, kind);
			if (!o)
				return -1;
			o->at = at + i;
			o->len = next;
		}
		if (n) {
			o = merge_sub(m, MERGE_REF);
			if (!o)
				return -1;
			o->field = field;
		}
	}
	return 0;
}

static int
refers(const struct merge *m, const char *s, size_t len)
{
	size_t n;
	int field;

	return merge_find(m, s, len, 0, &n, &field) < len;
}

/* Decoded text at the end of m->text as one op of m->op. */
static struct merge_op *
put_text(struct merge *m, enum merge_kind kind, size_t from, size_t column)
{
	size_t at = m->subs;
	struct merge_op *o;

	if (put_pieces(m, MERGE_OURS, from, m->text.len - from) < 0)
		return NULL;
	o = merge_op(m, kind);
	if (!o)
		return NULL;
	o->at = at;
	o->len = m->subs - at;
	o->column = (int)(column < COLUMN_MAX ? column : COLUMN_MAX);
	return o;
}

/* Text v was decoded to the end of m->text, from `from` on: are there references
 * in it?  Returns 1; 0 when it goes out as it was written; -1 with errno */
static int
take_decoded(struct merge *m, struct bytes v, size_t from,
    const struct words *words, struct where *w)
{
	size_t at = (size_t)(v.s - m->s);

	if (!refers(m, m->text.s + from, m->text.len - from)) {
		m->text.len = from;
		return merge_lit(m, at, at + v.len);
	}
	if (words->foreign)
		return merge_wrong(w, at,
		    "a reference beside an encoded word that is not UTF-8");
	return 1;
}

/* An unstructured field, from v (without blanks around) on. */
static int
add_words(struct merge *m, struct bytes v, size_t column, struct where *w)
{
	size_t from = m->text.len, at = (size_t)(v.s - m->s), raw = m->subs;
	struct words words = {.n = 0};
	struct merge_op *o;
	int r;

	if (put_decoded(&m->text, v, &words) < 0)
		return -1;
	r = take_decoded(m, v, from, &words, w);
	if (r <= 0)
		return r;
	if (!words.n && put_pieces(m, MERGE_LIT, at, v.len) < 0)
		return -1;
	o = put_text(m, MERGE_WORDS, from, column);
	if (!o)
		return -1;
	o->raw = raw;
	o->raws = o->at - raw;
	return 0;
}

/* --- structured fields -------------------------------------------------- */

/* Is a reference of n bytes at v.s[i] all of an address, or a piece of it?  One
 * behind another, whose ';' is no separator, is a piece. */
static int
is_piece(struct bytes v, size_t i, size_t n, int behind)
{
	static const char around[] = "<>,;: \t\r\n";

	return behind || (i > 0 && !strchr(around, v.s[i - 1])) ||
	    (i + n < v.len && !strchr(around, v.s[i + n]));
}

static int
add_values(struct merge *m, struct bytes v, enum merge_kind kind)
{
	size_t at = (size_t)(v.s - m->s), n, next;
	struct merge_op *o;
	int field = 0;

	for (size_t i = 0; i < v.len; i += next + n) {
		next = merge_find(m, v.s + i, v.len - i, 0, &n, &field);
		if (merge_lit(m, at + i, at + i + next) < 0)
			return -1;
		if (n) {
			o = merge_op(m, kind);
			if (!o)
				return -1;
			o->field = field;
			if (kind == MERGE_ADDR)
				o->raw = (size_t)is_piece(
				    v, i + next, n, i > 0 && next == 0);
		}
	}
	return 0;
}

/* Behind a quoted string, a comment or a reference that begins at i; or i. */
static size_t
skip(const struct merge *m, struct bytes v, size_t i)
{
	char close = v.s[i] == '"' ? '"' : v.s[i] == '(' ? ')' : 0;
	unsigned depth = 1;
	size_t k;
	int field;

	if (v.s[i] == '&')
		return i + merge_match(m, v.s + i, v.len - i, 0, &field);
	if (!close)
		return i;
	for (k = i + 1; k < v.len && depth; k++) {
		if (v.s[k] == '\\')
			k++;
		else if (v.s[k] == close)
			depth--;
		else if (v.s[k] == '(' && close == ')')
			depth++;
	}
	return k < v.len ? k : v.len;
}

/* The name in front of <...>, without its quotes. */
static int
put_phrase(stralloc *out, struct bytes v, struct words *words)
{
	stralloc plain = {0};
	int quoted = 0, res = 0;

	for (size_t i = 0; i < v.len && res == 0; i++) {
		if (v.s[i] == '"')
			quoted = !quoted;
		else if (v.s[i] == '\\' && quoted && i + 1 < v.len)
			res = sa_put(&plain, v.s + ++i, 1);
		else
			res = sa_put(&plain, v.s + i, 1);
	}
	if (res == 0)
		res = put_decoded(out,
		    (struct bytes){plain.s ? plain.s : "", plain.len}, words);
	sa_free(&plain);
	return res;
}

static int
add_phrase(struct merge *m, struct bytes v, size_t column, struct where *w)
{
	struct bytes name = field_trim(v);
	size_t at = (size_t)(v.s - m->s), from = m->text.len;
	size_t lead = (size_t)(name.s - v.s);
	struct words words = {.n = 0};
	int r;

	for (size_t i = 0; i < name.len; i++) {
		size_t k = skip(m, name, i);

		if (name.s[i] == '(' && refers(m, name.s + i, k - i))
			return merge_wrong(
			    w, at + lead + i, "a reference in a comment");
		i = k > i ? k - 1 : i;
	}
	if (merge_lit(m, at, at + lead) < 0 ||
	    put_phrase(&m->text, name, &words) < 0)
		return -1;
	r = take_decoded(m, name, from, &words, w);
	if (r < 0 || (r && !put_text(m, MERGE_PHRASE, from, column + lead)))
		return -1;
	return merge_lit(m, at + lead + name.len, at + v.len);
}

/* A mailbox without a name, or the <...> of one: outside of comments and quoted
 * strings the values of references are addresses. */
static int
add_address(struct merge *m, struct bytes v, struct where *w)
{
	for (size_t i = 0; i < v.len; i++) {
		size_t k = skip(m, v, i);

		if (v.s[i] != '&' && refers(m, v.s + i, k - i))
			return merge_wrong(w, (size_t)(v.s - m->s) + i,
			    "a reference in a comment or a quoted string");
		i = k > i ? k - 1 : i;
	}
	return add_values(m, v, MERGE_ADDR);
}

static int
add_mailbox(struct merge *m, struct bytes v, size_t column, struct where *w)
{
	size_t i = 0, k;

	for (; i < v.len && v.s[i] != '<'; i = k > i ? k : i + 1)
		k = skip(m, v, i);
	if (i >= v.len)
		return add_address(m, v, w);
	if (add_phrase(m, (struct bytes){v.s, i}, column, w) < 0)
		return -1;
	return add_address(m, (struct bytes){v.s + i, v.len - i}, w);
}

static int
add_mailboxes(struct merge *m, struct bytes v, size_t column, struct where *w)
{
	size_t at = (size_t)(v.s - m->s), start = 0, k;
	int angle = 0;

	for (size_t i = 0; i <= v.len; i = k > i ? k : i + 1) {
		k = i < v.len ? skip(m, v, i) : i;
		if (k > i)
			continue;
		if (i < v.len) {
			angle = v.s[i] == '<' || (angle && v.s[i] != '>');
			if (angle || !memchr(",;:", v.s[i], 3))
				continue;
		}
		if (add_mailbox(m, (struct bytes){v.s + start, i - start},
			start ? COLUMN_MAX : column, w) < 0 ||
		    (i < v.len && merge_lit(m, at + i, at + i + 1) < 0))
			return -1;
		start = i + 1;
	}
	return 0;
}

/* --- the whole ---------------------------------------------------------- */

static int
add_field(struct merge *m, const struct field *f, struct where *w)
{
	struct bytes v = field_trim(f->value);
	size_t at = (size_t)(v.s - m->s), column = at - f->at;
	int res = 0;

	if (merge_lit(m, f->at, at) < 0)
		return -1;
	switch (place_of(f)) {
	case PLACE_TEXT:
		res = add_words(m, v, column, w);
		break;
	case PLACE_ADDRESS:
		res = add_mailboxes(m, v, column, w);
		break;
	case PLACE_TOKEN:
		res = add_values(m, v, MERGE_TOKEN);
		break;
	case PLACE_NEVER:
		if (refers(m, v.s, v.len))
			return merge_wrong(
			    w, at, "a reference in a field that takes none");
		res = merge_lit(m, at, at + v.len);
		break;
	}
	return res < 0 ? -1 : merge_lit(m, at + v.len, f->end);
}

int
merge_head(struct merge *m, struct where *w)
{
	struct field f = {.at = 0};
	struct header h;

	if (header_parse(&h, m->s, m->len, w) < 0) {
		errno = EINVAL;
		return -1;
	}
	if (merge_lit(m, 0, h.from) < 0)
		return merge_memory(w);
	while (header_next(&h, &f)) {
		int res = m->to_only && !field_is(&f, "To")
		    ? merge_lit(m, f.at, f.end)
		    : add_field(m, &f, w);

		if (res < 0)
			return errno == EINVAL ? -1 : merge_memory(w);
	}
	if (merge_lit(m, h.end, h.body) < 0)
		return merge_memory(w);
	m->body = h.body;
	return 0;
}
