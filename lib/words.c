#include "lib/words.h"

#include "lib/charset.h"
#include "lib/transfer.h"

/* struct words - a value under way
 *
 * charset of the encoded word before, which may have ended within a character
 */
struct words {
	char *out;
	size_t room, len;
	struct charset charset;
};

/* struct word - an encoded word, and the bytes it takes */
struct word {
	struct bytes charset, text;
	enum transfer_kind kind;
	size_t len;
};

static void
put(struct words *w, const char *s, size_t len)
{
	if (len > w->room - w->len)
		w->room = w->len; /* nothing behind it either */
	else if (len) {
		memcpy(w->out + w->len, s, len);
		w->len += len;
	}
}

static void
put_chars(struct words *w, const uint32_t *c, size_t n)
{
	char utf8[4];

	for (size_t i = 0; i < n; i++)
		put(w, utf8, charset_utf8(utf8, c[i]));
}

static void
put_bytes(struct words *w, const char *s, size_t len)
{
	uint32_t c[CHARSET_OUT];

	for (size_t i = 0; i < len; i++)
		put_chars(w, c, charset_put(&w->charset, s[i], c));
}

static void
put_end(struct words *w)
{
	uint32_t c[CHARSET_OUT];

	put_chars(w, c, charset_end(&w->charset, c));
}

static int
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Up to the next '?', which rest loses as well; -1 when there is a blank or
 * nothing in front of it. */
static int
take(struct bytes *part, struct bytes *rest)
{
	size_t n = 0;

	while (n < rest->len && rest->s[n] != '?' && !blank(rest->s[n]))
		n++;
	if (n == rest->len || rest->s[n] != '?')
		return -1;
	*part = (struct bytes){rest->s, n};
	rest->s += n + 1;
	rest->len -= n + 1;
	return 0;
}

/* The encoded word that a text begins with: 1; 0 when there is none; -1 when
 * there is none behind it either. */
static int
word_get(struct word *w, struct bytes v)
{
	struct bytes rest = {v.s + 2, v.len - 2}, encoding;
	const char *lang, *end;

	if (take(&w->charset, &rest) < 0 || w->charset.len == 0 ||
	    take(&encoding, &rest) < 0)
		return 0;
	if (bytes_same(encoding, "q"))
		w->kind = TRANSFER_QUOTED;
	else if (bytes_same(encoding, "b"))
		w->kind = TRANSFER_BASE64;
	else
		return 0;
	end = memmem(rest.s, rest.len, "?=", 2);
	if (!end)
		return -1;
	w->text = (struct bytes){rest.s, (size_t)(end - rest.s)};
	w->len = (size_t)(end + 2 - v.s);
	lang = memchr(w->charset.s, '*', w->charset.len); /* RFC 2231 */
	if (lang)
		w->charset.len = (size_t)(lang - w->charset.s);
	return 1;
}

static void
put_word(struct words *w, const struct word *word)
{
	struct transfer t = {.kind = word->kind};
	enum charset_kind kind = charset_kind(word->charset);
	char out[TRANSFER_OUT];

	if (kind != w->charset.kind)
		put_end(w);
	w->charset.kind = kind;
	for (size_t i = 0; i < word->text.len; i++) {
		char c = word->text.s[i];

		if (c == '_' && word->kind == TRANSFER_QUOTED)
			c = ' ';
		put_bytes(w, out, transfer_put(&t, c, out));
	}
	put_bytes(w, out, transfer_end(&t, out));
}

/* Blanks between two encoded words are none. */
static void
put_plain(struct words *w, struct bytes text, int behind_word, int word_next)
{
	size_t i = 0;

	while (i < text.len && blank(text.s[i]))
		i++;
	if (i == text.len && behind_word && word_next)
		return;
	put_end(w);
	put(w, text.s, text.len);
}

/* The next encoded word from a place on; 1; 0 there is none. */
static int
find_word(struct word *word, struct bytes value, size_t *at)
{
	int r = 0;

	while (r == 0 && value.len > *at) {
		const char *s = memmem(value.s + *at, value.len - *at, "=?", 2);

		if (!s)
			break;
		*at = (size_t)(s - value.s);
		r = word_get(word, (struct bytes){s, value.len - *at});
		*at += r == 1 ? 0 : 2;
	}
	return r == 1;
}

size_t
words_decode(char *out, size_t room, struct bytes value)
{
	struct words w = {.out = out, .room = room};
	struct word word;
	int behind_word = 0;

	for (size_t at = 0; find_word(&word, value, &at); at = 0) {
		put_plain(&w, (struct bytes){value.s, at}, behind_word, 1);
		put_word(&w, &word);
		value.s += at + word.len;
		value.len -= at + word.len;
		behind_word = 1;
	}
	put_plain(&w, value, behind_word, 0);
	return w.len;
}
