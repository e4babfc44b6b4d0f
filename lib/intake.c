#include "lib/intake.h"

#include <string.h>

int
intake_check(struct intake *t, const char *s, size_t len, struct where *w)
{
	const char *nul = len ? memchr(s, 0, len) : NULL;

	t->size += len;
	if (t->size > t->max)
		return where_set(w, 0, "the message is too big");
	if (nul)
		return where_set(
		    w, (size_t)(nul - s), "the message holds a NUL byte");
	for (size_t at = 0; at < len;) {
		const char *lf = memchr(s + at, '\n', len - at);
		size_t n = lf ? (size_t)(lf - s) + 1 - at : len - at;

		t->line += n;
		if (t->line > INTAKE_LINE_MAX)
			return where_set(
			    w, at, "the message has a line over 64 KiB");
		if (lf) {
			t->line = 0;
			t->lines++;
		}
		at += n;
	}
	if (t->max_lines && t->lines > t->max_lines)
		return where_set(w, 0, "the message has too many lines");
	return 0;
}

int
intake_too_big(const struct intake *t)
{
	return t->size > t->max || (t->max_lines && t->lines > t->max_lines);
}
