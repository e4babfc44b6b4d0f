/* Any bytes as the record of a cookie, and as a Subject: what is read is
 * written again as it was, and a word that is found stands in the text. */
#include <string.h>

#include "lib/cookie.h"
#include "tests/fuzz/fuzz.h"

static void
record(struct bytes text)
{
	struct cookie c;
	stralloc out = {0};

	if (cookie_parse(&c, text) < 0)
		return;
	/* a NUL is refused when it is written */
	if (text.len && memchr(text.s, 0, text.len)) {
		must(cookie_format(&out, &c) < 0);
	} else {
		must(cookie_format(&out, &c) == 0);
		must(out.len == text.len &&
		    memcmp(out.s, text.s, text.len) == 0);
	}
	sa_free(&out);
}

static void
subject(struct bytes text)
{
	char word[COOKIE_LEN + 1], again[COOKIE_LEN + 1];

	if (!cookie_find(word, text))
		return;
	must(strlen(word) == COOKIE_LEN);
	must(cookie_word(again, bytes_z(word)) == 1);
	must(strcmp(word, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = {(const char *)data, size};
	char word[COOKIE_LEN + 1];

	record(text);
	subject(text);
	cookie_word(word, text);
	return 0;
}
