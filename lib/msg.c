#include "lib/msg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MSG_MAX = 4096 };

const char *msg_prog = "lsv";

struct text {
	char s[MSG_MAX];
	size_t len;
};

/* Control bytes could forge a second log line: they print as '?'. */
static void
add(struct text *t, const char *s)
{
	if (!s)
		s = "(null)";
	for (; *s && t->len < MSG_MAX - 1; s++)
		t->s[t->len++] = (unsigned char)*s < 32 || *s == 127 ? '?' : *s;
}

void
msg_put(const char *level, int err, const char *const *part, size_t n)
{
	struct text t = {.len = 0};
	ssize_t w;

	add(&t, msg_prog);
	add(&t, ": ");
	add(&t, level);
	for (size_t i = 0; i < n; i++)
		add(&t, part[i]);
	if (err) {
		add(&t, ": ");
		add(&t, strerror(err));
	}
	t.s[t.len++] = '\n';
	/* nobody is left to tell when standard error itself fails */
	w = write(2, t.s, t.len);
	(void)w;
}

_Noreturn void
msg_exit(int code, int err, const char *const *part, size_t n)
{
	msg_put("fatal: ", err, part, n);
	_exit(code);
}

_Noreturn void
msg_help(const char *usage)
{
	if (fputs(usage, stdout) < 0 || fflush(stdout))
		msg_diesys(LSV_TEMP, "unable to write to standard output");
	_exit(LSV_OK);
}
