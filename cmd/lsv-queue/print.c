#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-queue/queue.h"
#include "lib/fio.h"
#include "lib/msg.h"

enum { PORTION = 32768, LINE_MAX_BYTES = 2048, US_PER_S = 1000000 };

_Noreturn void
die_memory(void)
{
	errno = ENOMEM;
	msg_diesys(LSV_TEMP, "unable to go on");
}

void
put(struct queue *q, const char *s, size_t len)
{
	if (sa_put(&q->out, s, len) < 0)
		die_memory();
}

void
putf(struct queue *q, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line, sizeof line, format, ap);
	va_end(ap);
	if (n > 0)
		put(q, line,
		    (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

void
put_text(struct queue *q, struct bytes b, size_t width)
{
	size_t at = q->out.len;

	put(q, b.s, b.len);
	for (size_t i = at; i < q->out.len; i++)
		if ((unsigned char)q->out.s[i] < 32 || q->out.s[i] == 127)
			q->out.s[i] = '?';
	for (size_t n = b.len; n < width; n++)
		put(q, " ", 1);
	if (width)
		put(q, " ", 1);
}

void
put_json(struct json *j)
{
	if (j->failed)
		die_memory();
}

void
flush(struct queue *q, int must)
{
	if (q->out.len == 0 || (!must && q->out.len < PORTION))
		return;
	if (fio_write(STDOUT_FILENO, q->out.s, q->out.len) < 0) {
		if (errno == EPIPE) /* who reads has seen enough */
			_exit(LSV_OK);
		msg_diesys(LSV_TEMP, "unable to write");
	}
	q->out.len = 0;
}

const char *
span_text(char *out, uint64_t us)
{
	static const struct {
		uint64_t s;
		char unit;
	} unit[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	uint64_t s = us / US_PER_S;
	size_t i = 0;

	/* two of a unit at least, so that little is rounded off */
	while (unit[i].s > 1 && s < 2 * unit[i].s)
		i++;
	snprintf(out, 16, "%u%c", (unsigned)(s / unit[i].s % 1000000U),
	    unit[i].unit);
	return out;
}
