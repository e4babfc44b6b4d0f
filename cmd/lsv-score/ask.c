#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "cmd/lsv-score/wait.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/names.h"

enum { LOST_MS = 60 * 1000 /* a request that is nowhere was lost */ };

/* --- the answers -------------------------------------------------------- */

/* Both ends of the FIFO, so that it never reports end of file. */
static int
answers_open(struct score *s)
{
	int dir;

	if (s->answers >= 0 && s->in.also >= 0)
		return 0;
	dir = open(SCANANSWER_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	if (s->in.also < 0)
		s->in.also =
		    openat(dir, "trigger", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (s->answers < 0)
		s->answers =
		    openat(dir, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fio_close(dir);
	return s->answers < 0 || s->in.also < 0 ? -1 : 0;
}

/* What no exit can have said counts as no judgement. */
static int
answer_read(struct score *s, const char *id, struct scananswer *a)
{
	static stralloc text;
	struct where w;

	if (fio_read(s->answers, id, &text, SCANANSWER_MAX) < 0) {
		if (errno == ENOENT)
			return 0;
		if (errno != EFBIG && errno != EINVAL && errno != ELOOP)
			return -1;
	} else if (scananswer_parse(a, text.s, text.len, &w) == 0) {
		return 1;
	}
	*a = (struct scananswer){.code = SCAN_FAILED};
	scananswer_why(a, "its answer is none", 18);
	return 1;
}

static void
answer_remove(struct score *s, const char *id)
{
	if (unlinkat(s->answers, id, 0) < 0 && errno == EISDIR)
		unlinkat(s->answers, id, AT_REMOVEDIR);
}

int
ask_answer(struct score *s, struct entry *e, struct verdict_in *in)
{
	int r;

	if (s->answers < 0 || e->waits->state != WAIT_ANSWERED)
		return 0;
	r = answer_read(s, e->name, &e->answer);
	if (r != 1)
		return r;
	e->answered = 1;
	in->exit = e->answer.code == SCAN_GO_ON  ? VERDICT_EXIT_GO_ON
	    : e->answer.code == SCAN_WHITELISTED ? VERDICT_EXIT_WHITELISTED
	    : e->answer.code == SCAN_REJECTED    ? VERDICT_EXIT_REJECTED
						 : VERDICT_EXIT_FAILED;
	return 0;
}

void
ask_forget(struct score *s, const struct entry *e)
{
	if (e->answered)
		answer_remove(s, e->name);
}

/* A stranger's name: whoever writes there can only be lsv-scan. */
static void
answer_foreign(void *arg, const char *name)
{
	answer_remove(arg, name);
}

/* 0; -1 when it could not be read now. */
static int
answer_take(struct score *s, const char *id)
{
	struct wait_item *i = waitlist_find(&s->waits, id);
	struct scananswer a;
	int r;

	if (!i || i->state == WAIT_BEHIND || i->state == WAIT_DEFERRED) {
		answer_remove(s, id);
		return 0;
	}
	if (i->state == WAIT_ANSWERED)
		return 0;
	r = answer_read(s, id, &a);
	if (r == 1)
		waitlist_answered(&s->waits, i,
		    a.code == SCAN_REJECTED || a.code == SCAN_FAILED);
	return r < 0 ? -1 : 0;
}

/* Is there anything to read: 1 when the trigger said so, at first, and until all
 * was read; 0, as where there is no place for answers; -1. */
static int
answers_came(struct score *s)
{
	struct pollfd p = {.events = POLLIN};

	if (answers_open(s) < 0)
		return errno == ENOENT ? 0 : -1;
	p.fd = s->in.also;
	s->heard |= poll(&p, 1, 0) == 1;
	return s->heard;
}

int
ask_answers(struct score *s)
{
	struct names l = {0};
	int r = answers_came(s);

	if (r != 1)
		return r;
	inbox_drain(s->in.also);
	if (names_read(&l, s->answers, INBOX_SCAN_MAX, answer_foreign, s) < 0)
		return -1;
	r = 0;
	for (size_t i = 0; i < l.n; i++)
		if (answer_take(s, l.name[i]) < 0)
			r = -1;
	names_free(&l);
	s->heard = r < 0;
	return r;
}

/* --- the questions ------------------------------------------------------ */

static int
scan_ready(struct score *s)
{
	if (s->scan_open)
		return 0;
	if (answers_open(s) < 0 || ho_open(&s->scan, "scan") < 0)
		return -1;
	s->scan_open = 1;
	return 0;
}

/* Nothing is made durable: what a power cut loses is asked again.  1 when there is
 * no message of ours that could be asked about. */
static int
request(struct score *s, const char *id)
{
	struct stat st;
	int from = inbox_take(&s->in, s->wait, id, &st), to = -1;

	if (from < 0)
		return errno == ENOENT || errno == EPERM || errno == ELOOP ? 1
									   : -1;
	to = ho_create(&s->scan, id);
	if (to < 0 || fio_copy(from, 0, UINT64_MAX, to) < 0) {
		fio_close(from);
		return to < 0 ? -1 : ho_drop(&s->scan, to, id);
	}
	fio_close(from);
	if (renameat2(s->scan.tmp, id, s->scan.new, id, RENAME_NOREPLACE) < 0)
		return ho_drop(&s->scan, to, id);
	fio_close(to);
	return 0;
}

/* One that was asked before we were started is not asked twice. */
int
ask_about(struct score *s, struct wait_item *i)
{
	int r = 0;

	if (scan_ready(s) < 0)
		return -1;
	if (faccessat(s->scan.new, i->id, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		r = request(s, i->id);
	if (r != 0)
		return r;
	waitlist_asked(&s->waits, i, clock_mono_ms());
	s->asked = 1;
	return 0;
}

void
ask_wake(struct score *s)
{
	if (s->asked)
		ho_wake(s->scan.dir, "trigger");
	s->asked = 0;
}

static void
withdraw(void *arg, struct wait_item *i)
{
	struct score *s = arg;

	if (i->state == WAIT_ASKED)
		unlinkat(s->scan.new, i->id, 0);
}

void
ask_withdraw(struct score *s)
{
	if (s->scan_open)
		waitlist_each(&s->waits, withdraw, s);
}

/* In this order: an answer is there before its question goes.  One of which
 * nobody told us is taken now. */
static void
find_lost(void *arg, struct wait_item *i)
{
	struct score *s = arg;

	if (i->state != WAIT_ASKED || clock_mono_ms() - i->since_ms < LOST_MS)
		return;
	if (faccessat(s->scan.new, i->id, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	if (faccessat(s->answers, i->id, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		answer_take(s, i->id);
	else
		waitlist_ask(&s->waits, i);
}

void
ask_lost(struct score *s)
{
	if (s->scan_open)
		waitlist_each(&s->waits, find_lost, s);
}
