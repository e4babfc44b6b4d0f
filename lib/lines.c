#include "lib/lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* A line of len bytes, and used bytes in the buffer. */
static int
take(struct lines *l, const char **s, size_t *len, size_t used)
{
	*s = l->buf + l->at;
	l->at += used;
	if (l->n++ == 0 && *len >= 3 && memcmp(*s, "\xef\xbb\xbf", 3) == 0) {
		*s += 3;
		*len -= 3;
	}
	return 1;
}

/* More of the text behind what is left, which moves to the front.  Of a line that
 * does not end only so much is kept as shows that it is too long. */
static int
more(struct lines *l)
{
	size_t left = l->len - l->at;
	ssize_t n;

	if (left > LINES_MAX + 1)
		left = LINES_MAX + 1;
	memmove(l->buf, l->buf + l->at, left);
	l->at = 0;
	l->len = left;
	do
		n = read(l->fd, l->buf + left, LINES_STEP);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	l->len += (size_t)n;
	l->bytes += (uint64_t)n;
	l->end = n == 0;
	return 0;
}

int
lines_next(struct lines *l, const char **s, size_t *len)
{
	for (;;) {
		const char *from = l->buf + l->at;
		const char *lf = memchr(from, '\n', l->len - l->at);

		*len = lf ? (size_t)(lf - from) : l->len - l->at;
		if (lf)
			return take(l, s, len, *len + 1);
		if (l->end)
			return *len ? take(l, s, len, *len) : 0;
		if (more(l) < 0)
			return -1;
	}
}
