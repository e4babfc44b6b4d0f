#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/lsv-scan/scan.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/logline.h"
#include "lib/msg.h"

static struct request *
request_of(struct scan *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->request[i].name, name) == 0)
			return &s->request[i];
	return NULL;
}

/* What runs, and what is about to, for who comes after us. */
static void
doing(struct scan *s, const struct slot *next)
{
	char name[SCAN_SLOTS][ID_NAME_MAX];
	size_t n = 0;

	for (unsigned i = 0; i < SCAN_SLOTS; i++)
		if (s->slot[i].run.keeper || &s->slot[i] == next)
			memcpy(name[n++], s->slot[i].name, ID_NAME_MAX);
	if (inbox_doing(&s->in, name, n) < 0)
		scan_trouble(s, "unable to write scan/doing");
}

static struct slot *
slot_free(struct scan *s)
{
	for (unsigned i = 0; i < SCAN_SLOTS; i++)
		if (!s->slot[i].run.keeper)
			return &s->slot[i];
	return NULL;
}

/* --- start ---------------------------------------------------------------- */

static int
slot_start(struct scan *s, struct slot *t, int fd, off_t from)
{
	const struct exitrun_order o = {
	    .path = s->path.s,
	    .verb = "SCAN",
	    .list = t->list,
	    .node = s->site.node,
	    .id = t->name,
	    .under = s->run,
	    .name = t->name,
	    .exits = s->exits.s,
	    .message = fd,
	    .from = from,
	    .keep = s->in.lock,
	    .timeout_ms = s->site.spam_exit_timeout_ms,
	    .memory = s->site.spam_exit_memory,
	};

	return exitrun_start(&t->run, &o);
}

void
scan_trouble(struct scan *s, const char *what)
{
	if (!s->trouble)
		msg_warnsys(what);
	s->trouble = 1;
}

/* Without an exit everything goes on; one that keeps failing, or that kills
 * us, is not asked. */
static int
unasked(struct scan *s, struct request *r)
{
	static const struct scananswer none = {.code = SCAN_GO_ON};
	int done;

	if (s->path.len == 0)
		done = answer_give(s, r->name, &none);
	else if (r->deaths >= POISON_DEATHS)
		done = answer_failed(
		    s, r->name, "lsv-scan died three times of it");
	else if (!breaker_asks(&s->breaker, clock_mono_ms()))
		done = answer_failed(s, r->name,
		    "not asked: SPAM_EXIT failed too often in a row");
	else
		return 0;
	if (done < 0)
		scan_trouble(s, "unable to answer");
	else
		r->state = REQUEST_OVER;
	return 1;
}

/* Its slot, filled. */
static void
occupy(struct slot *t, const struct request *r)
{
	id_copy(t->name, r->name);
	snprintf(t->list, sizeof t->list, "%s", r->list);
	t->number = r->number;
	t->alone = r->deaths >= SCAN_ALONE;
}

static void
start(struct scan *s, struct request *r)
{
	struct slot *t = slot_free(s);
	int fd;

	if (!t)
		return;
	fd = request_open(s, r);
	if (fd < 0)
		return;
	if (!unasked(s, r)) {
		occupy(t, r);
		doing(s, t);
		if (slot_start(s, t, fd, r->from) < 0) {
			s->breaker.probing = 0;
			scan_trouble(s, "unable to start SPAM_EXIT");
			doing(s, NULL);
		} else {
			r->state = REQUEST_RUNS;
			s->running++;
			s->news |= 1;
		}
	}
	fio_close(fd);
}

void
run_more(struct scan *s)
{
	struct request *r;

	while (!s->trouble && (r = request_next(s)) != NULL)
		start(s, r);
}

/* --- end ------------------------------------------------------------------ */

static void
note(const struct slot *t, const struct scananswer *a)
{
	struct logline l;

	log_begin(&l, t->name, "scanned");
	if (t->list[0])
		log_z(&l, "list", t->list);
	log_z(&l, "code", scananswer_code(a->code));
	log_u(&l, "ms", a->ms);
	if (a->why[0])
		log_z(&l, "why", a->why);
	log_end(&l);
}

/* A breaker that opens is told of at once, and again when it closes. */
static void
count(struct scan *s, const struct scananswer *a)
{
	int failed = a->code == SCAN_FAILED;
	int turn = breaker_result(&s->breaker, !failed, clock_mono_ms());
	struct logline l;

	memcpy(s->state.why, failed ? a->why : "",
	    failed ? sizeof s->state.why : 1);
	if (turn == 0)
		return;
	s->state.open_us = turn > 0 ? clock_wall_us() : 0;
	s->news = 2;
	log_begin(&l, NULL, turn > 0 ? "exit-failing" : "exit-works");
	if (turn > 0) {
		log_u(&l, "failures", s->breaker.failures);
		log_z(&l, "why", a->why);
	}
	log_end(&l);
}

/* Its end; what a dead keeper left behind are children of ours now. */
static int
slot_end(struct scan *s, struct slot *t, int status, struct scananswer *a)
{
	pid_t keep[SCAN_SLOTS];
	size_t n = 0;

	for (unsigned i = 0; i < SCAN_SLOTS; i++)
		if (s->slot[i].run.keeper && &s->slot[i] != t)
			keep[n++] = s->slot[i].run.keeper;
	if (status != 0 && exitrun_clean(&t->run, keep, n) < 0)
		msg_warnsys(
		    "unable to remove what SPAM_EXIT left of ", t->name);
	s->running--;
	return exitrun_end(&t->run, status, a);
}

static void
finish(struct scan *s, struct slot *t, int status)
{
	struct request *r = request_of(s, t->name);
	struct scananswer a;

	if (slot_end(s, t, status, &a) < 0) {
		s->breaker.probing = 0;
		scan_trouble(s, "unable to run SPAM_EXIT");
		request_later(s, r);
		return;
	}
	note(t, &a);
	count(s, &a);
	poison_forget(&s->in.suspects, t->name);
	if (r)
		r->state = REQUEST_OVER;
	if (answer_give(s, t->name, &a) == 0)
		return;
	scan_trouble(s, "unable to answer");
	if (r)
		r->state = REQUEST_WAITS;
}

void
run_reap(struct scan *s)
{
	unsigned ended = 0;
	int status;
	pid_t p;

	while ((p = waitpid(-1, &status, WNOHANG)) > 0)
		for (unsigned i = 0; i < SCAN_SLOTS; i++)
			if (s->slot[i].run.keeper == p) {
				ended++;
				finish(s, &s->slot[i], status);
			}
	if (ended == 0)
		return;
	s->news |= 1;
	doing(s, NULL);
}

static void
slot_stop(struct scan *s, struct slot *t)
{
	struct scananswer unused;
	int status;

	while (waitpid(t->run.keeper, &status, 0) < 0)
		if (errno != EINTR) {
			msg_warnsys("unable to wait for SPAM_EXIT");
			return;
		}
	slot_end(s, t, status, &unused);
}

void
run_stop(struct scan *s)
{
	for (unsigned i = 0; i < SCAN_SLOTS; i++)
		if (s->slot[i].run.keeper)
			exitrun_stop(&s->slot[i].run);
	for (unsigned i = 0; i < SCAN_SLOTS; i++)
		if (s->slot[i].run.keeper)
			slot_stop(s, &s->slot[i]);
	doing(s, NULL);
}
