#include "lib/exitopts.h"

#include <string.h>

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The end of what starts at a place: a remark ends with its line. */
static size_t
end_of(const char *text, size_t n, size_t at)
{
	int remark = text[at] == '#';

	while (at < n && (remark ? text[at] != '\n' : !is_blank(text[at])))
		at++;
	return at;
}

int
exitopts_parse(char **word, char *text, size_t n, struct where *w)
{
	const char *nul = memchr(text, '\0', n);
	size_t at = 0, end;
	int words = 0;

	if (nul)
		return where_set(w, (size_t)(nul - text), "a byte 0");
	while (at < n) {
		if (is_blank(text[at])) {
			at++;
			continue;
		}
		end = end_of(text, n, at);
		if (text[at] != '#' && words == EXITOPTS_WORDS)
			return where_set(w, at, "too many words");
		if (text[at] != '#')
			word[words++] = text + at;
		text[end] = '\0';
		at = end + 1;
	}
	return words;
}
