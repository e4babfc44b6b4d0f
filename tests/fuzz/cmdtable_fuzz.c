/* Any bytes as a command: its words are within it, in their order, without
 * blanks outside of quotes, and nothing but blanks is between them; an option
 * is one of the words, with what stands in front of it and behind it. */
#include <string.h>

#include "lib/cmdtable.h"
#include "tests/fuzz/fuzz.h"

static const struct cmd table[] = {
    {.name = "SUBscribe"},
    {.name = "SIGNOFF"},
    {.name = "SET"},
    {.name = "Query"},
    {.name = "QUIT"},
    {.name = "OK"},
    {.name = "PW"},
};
enum { N = sizeof table / sizeof *table };

static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
no_blank(struct bytes word)
{
	int quoted = 0;

	for (size_t i = 0; i < word.len; i++) {
		must(quoted || !is_space(word.s[i]));
		quoted ^= word.s[i] == '"';
	}
}

/* Returns how many words there are. */
static size_t
walk(struct bytes text)
{
	struct bytes rest = text;
	const char *at = text.s, *end = text.s + text.len;
	size_t n = 0;

	for (;;) {
		struct bytes word = cmd_word(&rest);

		if (word.len == 0)
			break;
		must(word.s >= at && word.s + word.len <= end);
		for (; at < word.s; at++)
			must(is_space(*at));
		no_blank(word);
		at = word.s + word.len;
		must(rest.s >= at && rest.s + rest.len <= end);
		if (n++ == 0) {
			cmdtable_find(table, N, word);
			cmdtable_near(table, N, word);
		}
	}
	for (; at < end; at++)
		must(is_space(*at));
	return n;
}

static void
option(struct bytes text, size_t words)
{
	struct bytes front = text, value, rest;
	const char *end = text.s + text.len;

	if (!cmd_take_option(&front, "PW", &value, &rest)) {
		must(rest.len == 0 && walk(front) == words);
		return;
	}
	must(front.s >= text.s && front.s + front.len <= value.s);
	must(value.s + value.len <= end && rest.s + rest.len <= end);
	must(rest.len == 0 || value.s + value.len <= rest.s);
	must(walk(front) + walk(rest) + 1 == words);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct bytes text = {copy, size};

	must(copy != NULL);
	if (size)
		memcpy(copy, data, size);
	option(text, walk(text));
	free(copy);
	return 0;
}
