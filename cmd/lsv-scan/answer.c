#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-scan/scan.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/msg.h"

enum { SHOW_MS = 1000 }; /* not more often, unless it is urgent */

/* Not made durable: after a power cut lsv-score asks again. */
static int
answer_write(struct scan *s, const char *name, const stralloc *text)
{
	int fd = ho_create(&s->out, name);

	if (fd < 0)
		return -1;
	if (fio_write(fd, text->s, text->len) < 0)
		return ho_drop(&s->out, fd, name);
	fio_close(fd);
	if (renameat(s->out.tmp, name, s->out.new, name) == 0)
		return 0;
	return ho_drop(&s->out, -1, name);
}

static int
answer_put(struct scan *s, const char *name, const struct scananswer *a)
{
	stralloc text = {0};
	int r = scananswer_format(&text, a);

	if (r == 0)
		r = answer_write(s, name, &text);
	sa_free(&text);
	if (r < 0)
		return -1;
	s->state.answered++;
	s->state.failed += a->code == SCAN_FAILED;
	s->news |= 1;
	return 0;
}

/* The request goes only then: without either, the message would wait for
 * ever. */
int
answer_give(struct scan *s, const char *name, const struct scananswer *a)
{
	if (answer_put(s, name, a) < 0)
		return -1;
	request_remove(s, name);
	ho_wake(s->out.dir, "trigger");
	return 0;
}

int
answer_failed(struct scan *s, const char *name, const char *why)
{
	struct scananswer a = {.code = SCAN_FAILED};

	scananswer_why(&a, why, strlen(why));
	return answer_give(s, name, &a);
}

int
answer_bad(struct scan *s, const char *name, const char *why)
{
	struct scananswer a = {.code = SCAN_FAILED};

	scananswer_why(&a, why, strlen(why));
	if (answer_put(s, name, &a) < 0)
		return -1;
	if (inbox_bad(&s->in, name, why) < 0)
		request_remove(s, name);
	ho_wake(s->out.dir, "trigger");
	return 0;
}

static int
state_write(struct scan *s, const stralloc *text)
{
	static const char name[] = ".state";
	int fd = openat(s->run, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	int r;

	if (fd < 0)
		return -1;
	r = fio_write(fd, text->s, text->len);
	if (r == 0)
		r = fchmod(fd, 0644);
	fio_close(fd);
	return r < 0 ? -1 : renameat(s->run, name, s->in.dir, "state");
}

static int
state_show(struct scan *s)
{
	stralloc text = {0};
	int r;

	s->state.running = s->running;
	s->state.waiting = request_waiting(s);
	s->state.failures = s->breaker.failures;
	snprintf(s->state.exit, sizeof s->state.exit, "%s",
	    s->path.len ? s->path.s : "");
	r = scanstate_format(&text, &s->state);
	if (r == 0)
		r = state_write(s, &text);
	sa_free(&text);
	return r;
}

int64_t
show(struct scan *s)
{
	uint64_t now_ms = clock_mono_ms();
	uint64_t due_ms = s->shown_ms ? s->shown_ms + SHOW_MS : 0;

	if (!s->news)
		return -1;
	if (s->news == 1 && now_ms < due_ms)
		return (int64_t)(due_ms - now_ms);
	if (state_show(s) < 0)
		msg_warnsys("unable to write ", SCANSTATE_FILE);
	s->shown_ms = now_ms;
	s->news = 0;
	return -1;
}
