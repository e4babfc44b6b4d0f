#include "bench/common/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/msg.h"

static void
grow(struct buf *b, size_t n)
{
	size_t cap = (b->len + n) * 2 + 256;
	char *p;

	if (b->cap - b->len >= n)
		return;
	p = realloc(b->p, cap);
	if (!p)
		msg_diesys(LSV_TEMP, "unable to get memory");
	b->p = p;
	b->cap = cap;
}

void
buf_put(struct buf *b, const char *s, size_t n)
{
	if (n == 0)
		return;
	grow(b, n);
	memcpy(b->p + b->len, s, n);
	b->len += n;
}

void
buf_puts(struct buf *b, const char *s)
{
	buf_put(b, s, strlen(s));
}

void
buf_fmt(struct buf *b, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0)
		msg_diesys(LSV_TEMP, "unable to format");
	grow(b, (size_t)n + 1);
	va_start(ap, format);
	vsnprintf(b->p + b->len, (size_t)n + 1, format, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void
buf_drop(struct buf *b, size_t n)
{
	if (n == 0)
		return;
	b->len -= n;
	memmove(b->p, b->p + n, b->len);
}

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){.p = NULL};
}

void *
mem_get(size_t n)
{
	void *p = calloc(1, n);

	if (!p)
		msg_diesys(LSV_TEMP, "unable to get memory");
	return p;
}

int
buf_file(struct buf *b, const char *name)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), e;
	ssize_t r;

	if (fd < 0)
		return -1;
	do {
		grow(b, 65536);
		r = read(fd, b->p + b->len, b->cap - b->len);
		if (r > 0)
			b->len += (size_t)r;
	} while (r > 0 || (r < 0 && errno == EINTR));
	e = errno;
	close(fd);
	errno = e;
	if (r < 0)
		return -1;
	grow(b, 1);
	b->p[b->len] = 0;
	return 0;
}

int
buf_write(struct buf *b, int fd)
{
	size_t at = 0;
	ssize_t w;

	while (at < b->len) {
		w = write(fd, b->p + at, b->len - at);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0) {
			buf_drop(b, at);
			return -1;
		}
		at += (size_t)w;
	}
	b->len = 0;
	return 0;
}
