#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cmd/lsv-score/wait.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/names.h"

#define WAIT_DIR "score/wait"

enum {
	HEAD_READ = 4096,     /* bytes that hold the head of a posting */
	LOOK_MS = 300 * 1000, /* how often lost questions are looked for */
};

static int
wait_open(struct score *s)
{
	if (s->wait < 0)
		s->wait = open(
		    WAIT_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return s->wait < 0 ? -1 : 0;
}

/* --- what a predecessor left -------------------------------------------- */

/* Postings to a list keep their order; of a file that nobody understands the
 * reader of the whole will say so. */
static int
load_one(struct score *s, const char *id)
{
	static char start[HEAD_READ];
	struct spoolhead h = {.class = CLASSES};
	struct where w;
	ssize_t n = 0;
	int fd =
	    openat(s->wait, id, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		n = read(fd, start, sizeof start);
	fio_close(fd);
	if (n <= 0 || spoolhead_parse(&h, start, (size_t)n, &w) < 0)
		h = (struct spoolhead){.class = CLASSES};
	return waitlist_add(
		   &s->waits, id, h.list, h.class == CLASS_POST, WAIT_LOOK)
	    ? 0
	    : -1;
}

static void
load_foreign(void *arg, const char *name)
{
	struct score *s = arg;

	inbox_foreign(&s->in, s->wait, name);
}

int
wait_load(struct score *s)
{
	struct names l = {0};
	int r = 0;

	if (s->loaded)
		return 0;
	if (wait_open(s) < 0)
		return errno == ENOENT ? 0 : -1;
	if (names_read(&l, s->wait, WAITLIST_MAX, load_foreign, s) < 0)
		return -1;
	for (size_t i = 0; i < l.n && r == 0; i++)
		if (!waitlist_find(&s->waits, l.name[i]))
			r = load_one(s, l.name[i]);
	names_free(&l);
	s->loaded = r == 0;
	return r;
}

/* --- one message -------------------------------------------------------- */

/* A posting that a person released, or that was delayed, has lost its place. */
static int
is_ordered(const struct entry *e)
{
	return e->head.class == CLASS_POST && !e->released && !e->delayed;
}

static int
is_its_turn(struct score *s, const struct entry *e)
{
	if (e->waits)
		return waitlist_turn(e->waits);
	return !is_ordered(e) || !waitlist_has(&s->waits, e->head.list);
}

int
wait_must(struct score *s, const struct entry *e)
{
	switch (e->v.act) {
	case VERDICT_SCAN:
	case VERDICT_DEFER:
		return 1;
	case VERDICT_PASS:
		return !is_its_turn(s, e);
	default:
		return 0;
	}
}

static void
report(const struct entry *e)
{
	struct logline l;

	log_begin(&l, e->name, "waits");
	log_z(&l, "for",
	    e->v.act == VERDICT_PASS       ? "turn"
		: e->v.act == VERDICT_SCAN ? "exit"
					   : "retry");
	log_z(&l, "class", spool_class_name(e->head.class));
	if (e->head.list.len)
		log_s(&l, "list", e->head.list.s, e->head.list.len);
	if (e->v.act == VERDICT_DEFER)
		log_z(&l, "why", e->answer.why);
	log_end(&l);
}

/* From score/new: the place is taken before the file moves, and given back when
 * it cannot. */
static int
join(struct score *s, struct entry *e)
{
	struct wait_item *i;

	if (wait_open(s) < 0)
		return -1;
	if (waitlist_find(&s->waits, e->name)) {
		errno = EEXIST;
		return -1;
	}
	i = waitlist_add(&s->waits, e->name, e->head.list, is_ordered(e),
	    e->v.act == VERDICT_SCAN ? WAIT_ASK : WAIT_BEHIND);
	if (!i)
		return -1;
	if (renameat2(e->dir, e->file, s->wait, e->name, RENAME_NOREPLACE) <
	    0) {
		waitlist_remove(&s->waits, i);
		return -1;
	}
	s->joined = 1;
	report(e);
	return 0;
}

int
wait_stay(struct score *s, struct entry *e)
{
	if (!e->waits)
		return join(s, e);
	switch (e->v.act) {
	case VERDICT_SCAN:
		if (ask_about(s, e->waits) != 0)
			return -1;
		break;
	case VERDICT_DEFER:
		if (waitlist_defer(&s->waits, e->waits, clock_mono_ms()) < 0)
			return -1;
		report(e);
		ask_forget(s, e);
		break;
	default:
		waitlist_behind(&s->waits, e->waits);
		break;
	}
	e->stays = 1;
	return 0;
}

void
wait_acted(struct score *s, struct entry *e)
{
	if (!e->waits || e->stays)
		return;
	if (e->state == ENTRY_LATER) {
		/* what is not passed on keeps nobody from it */
		if (e->v.act == VERDICT_PASS || e->v.act == VERDICT_BAD ||
		    waitlist_aside(&s->waits, e->waits) < 0)
			waitlist_again(&s->waits, e->waits);
		return;
	}
	waitlist_remove(&s->waits, e->waits);
	ask_forget(s, e);
}

void
wait_log(struct logline *l, const struct entry *e)
{
	if (!e->answered)
		return;
	log_z(l, "exit", scananswer_code(e->answer.code));
	log_u(l, "exit_ms", e->answer.ms);
	if (e->answer.why[0] && e->v.rule != RULE_QUARANTINE)
		log_z(l, "why", e->answer.why);
}

/* --- all of them -------------------------------------------------------- */

/* What a batch leaves behind.  When it failed nothing was done; when not, what
 * is in bad/ as its reader died waits no longer. */
static void
settle(struct score *s, char (*name)[ID_NAME_MAX], size_t n, int failed)
{
	for (size_t at = 0; at < n; at++) {
		struct wait_item *i = waitlist_find(&s->waits, name[at]);

		if (!i)
			continue;
		if (faccessat(s->wait, i->id, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
		    errno == ENOENT)
			waitlist_remove(&s->waits, i);
		else if (failed && i->state != WAIT_DEFERRED &&
		    i->state != WAIT_ASKED)
			waitlist_again(&s->waits, i);
	}
}

/* Those that are ready now; what becomes ready meanwhile is another round's. */
static int
judge_ready(struct score *s)
{
	char name[INBOX_BATCH][ID_NAME_MAX];
	size_t left = s->waits.ready.n, n;
	int r;

	while (left) {
		n = waitlist_ready(
		    &s->waits, name, left < INBOX_BATCH ? left : INBOX_BATCH);
		if (n == 0)
			break;
		left -= n;
		s->dir = s->wait;
		r = inbox_work(&s->in, s->wait, name, n, score_batch, s);
		s->dir = s->in.new;
		settle(s, name, n, r < 0);
		if (r < 0)
			return -1;
	}
	return 0;
}

static int
ask_all(struct score *s)
{
	struct wait_item *i;

	while ((i = waitlist_next(&s->waits))) {
		int r = i->state == WAIT_LOOK ? 1 : ask_about(s, i);

		if (r > 0)
			waitlist_look(&s->waits, i);
		if (r < 0) {
			score_complain(s, "unable to ask lsv-scan");
			s->later = 1;
			return -1;
		}
	}
	return 0;
}

int
wait_work(struct score *s)
{
	int later = s->later, r = 0;

	s->later = 0;
	waitlist_due(&s->waits, clock_mono_ms());
	if (ask_answers(s) < 0) {
		score_complain(s, "unable to read the answers of lsv-scan");
		s->later = 1;
	}
	do {
		if (judge_ready(s) < 0)
			r = -1;
		else if (ask_all(s) < 0)
			break;
	} while (r == 0 && s->waits.ready.n && !s->later);
	ask_wake(s);
	s->later |= later;
	return r;
}

void
wait_reload(struct score *s, int had_exit)
{
	if (had_exit && !s->site.spam_exit) {
		ask_withdraw(s);
		waitlist_reconsider(&s->waits);
	} else {
		waitlist_due(&s->waits, UINT64_MAX);
	}
}

uint64_t
wait_ms(struct score *s, uint64_t max_ms)
{
	uint64_t now_ms = clock_mono_ms();

	if (s->waits.n && now_ms - s->lost_ms >= LOOK_MS) {
		ask_lost(s);
		s->lost_ms = now_ms;
		return 0; /* what was found is for the next round */
	}
	if (s->waits.due_ms == 0 || s->waits.due_ms >= now_ms + max_ms)
		return max_ms;
	return s->waits.due_ms > now_ms ? s->waits.due_ms - now_ms : 0;
}
