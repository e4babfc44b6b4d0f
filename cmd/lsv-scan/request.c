#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-scan/scan.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/names.h"
#include "lib/rmtree.h"
#include "lib/spoolfile.h"

/* A directory of another user that is not empty can only be moved, and only to
 * another name: such a name is never looked at. */
void
request_remove(struct scan *s, const char *name)
{
	char aside[ID_LEN + 2] = ".";

	if (unlinkat(s->in.new, name, 0) == 0 || errno == ENOENT ||
	    rmtree(s->in.new, name) == 0)
		return;
	if (id_make(aside + 1) < 0 ||
	    renameat(s->in.new, name, s->in.new, aside) < 0)
		msg_warnsys("unable to remove a request");
}

/* What many have in common is told of once a second. */
static void
later(struct scan *s, struct request *r, const char *what)
{
	if (!s->later)
		msg_warnsys(what);
	request_later(s, r);
}

void
request_later(struct scan *s, struct request *r)
{
	if (!r)
		return;
	r->state = REQUEST_LATER;
	r->later_ms = clock_mono_ms() + SCAN_AGAIN_MS;
	s->later = 1;
}

/* The message itself is safe with lsv-score. */
static void
refuse(struct scan *s, struct request *r, const char *why,
    int (*answer)(struct scan *, const char *, const char *))
{
	r->state = REQUEST_OVER;
	if (answer(s, r->name, why) == 0)
		return;
	scan_trouble(s, "unable to answer");
	request_later(s, r);
}

/* A copy that lsv-score made and did not sync: a power cut may have torn it, and
 * nobody has to look at it. */
static void
damaged(struct scan *s, struct request *r, const char *why)
{
	struct logline l;

	log_begin(&l, r->name, "bad");
	log_z(&l, "why", why);
	log_end(&l);
	refuse(s, r, why, answer_failed);
}

/* What the file itself is, and not what we lack to open it just now. */
static int
is_of_file(int err)
{
	return err == EPERM || err == EACCES || err == ELOOP || err == ENXIO ||
	    err == ENODEV || err == ENOTDIR || err == EISDIR;
}

static void
not_opened(struct scan *s, struct request *r)
{
	if (errno == ENOENT) {
		r->state = REQUEST_OVER;
	} else if (is_of_file(errno)) {
		refuse(s, r, "no file of lsv-score", answer_bad);
	} else {
		later(s, r, "unable to open a request");
	}
}

/* What is needed of its head: 0; -1: it does not wait any more. */
static int
head_read(struct scan *s, struct request *r, int fd)
{
	static char text[SCAN_HEAD_MAX];
	ssize_t n = pread(fd, text, sizeof text, 0);
	struct spoolhead h = {.length = 0};
	struct where w = {0, NULL};

	if (n >= 0 && spoolhead_parse(&h, text, (size_t)n, &w) < 0) {
		damaged(s, r, w.why);
		return -1;
	}
	if (n >= 0)
		r->list = strndup(h.list.s,
		    h.list.len < SCAN_LIST_MAX ? h.list.len
					       : SCAN_LIST_MAX - 1);
	if (!r->list) {
		later(s, r, "unable to read a request");
		return -1;
	}
	r->number = bytes_hash(h.list);
	r->from = (off_t)h.length;
	return 0;
}

int
request_open(struct scan *s, struct request *r)
{
	struct stat st;
	int fd = inbox_take(&s->in, s->in.new, r->name, &st);

	if (fd < 0) {
		not_opened(s, r);
		return -1;
	}
	if (s->path.len == 0 || r->list || head_read(s, r, fd) == 0)
		return fd;
	fio_close(fd);
	return -1;
}

static int
by_name(const void *a, const void *b)
{
	const struct request *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* One that is new to us: whose is it, and was it answered before a crash? */
static void
meet(struct scan *s, struct request *r)
{
	r->deaths = poison_deaths(&s->in.suspects, r->name);
	if (faccessat(s->out.new, r->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		request_remove(s, r->name);
		r->state = REQUEST_OVER;
	} else if (s->path.len) {
		fio_close(request_open(s, r));
	}
}

static void
foreign(void *arg, const char *name)
{
	struct scan *s = arg;

	inbox_foreign(&s->in, s->in.new, name);
	request_remove(s, name); /* if it could not be moved */
}

/* One that was there before; one that is over may have been asked about
 * again. */
static struct request *
known(const struct scan *s, const struct request *r)
{
	struct request *was = NULL;

	if (s->n)
		was = bsearch(r, s->request, s->n, sizeof *r, by_name);
	return was && was->state != REQUEST_OVER ? was : NULL;
}

static void
forget(struct scan *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->request[i].list);
	free(s->request);
}

/* One that is later waits again when its time has come. */
static void
wait_again(struct scan *s, struct request *r)
{
	if (r->state != REQUEST_LATER)
		return;
	if (clock_mono_ms() < r->later_ms)
		s->later = 1;
	else
		r->state = REQUEST_WAITS;
}

int
requests_look(struct scan *s)
{
	struct names l = {0};
	struct request *now = NULL;

	inbox_drain(s->in.fifo);
	if (names_read(&l, s->in.new, INBOX_SCAN_MAX, foreign, s) < 0)
		return -1;
	if (l.n > 0 && !(now = calloc(l.n, sizeof *now))) {
		names_free(&l);
		return -1;
	}
	s->later = 0;
	for (size_t i = 0; i < l.n; i++) {
		struct request *was;

		id_copy(now[i].name, l.name[i]);
		was = known(s, &now[i]);
		if (was) {
			now[i] = *was;
			was->list = NULL; /* it is ours now */
			wait_again(s, &now[i]);
		} else {
			meet(s, &now[i]);
		}
	}
	forget(s);
	s->request = now;
	s->n = l.n;
	names_free(&l);
	s->news |= 1;
	return 0;
}

size_t
request_waiting(const struct scan *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n; i++)
		n += s->request[i].state == REQUEST_WAITS ||
		    s->request[i].state == REQUEST_LATER;
	return n;
}

/* A list that has an exit running leaves the last quarter of the slots, one at
 * least, to lists that have none: their mail is not behind its own. */
static int
list_may(const struct scan *s, uint64_t number)
{
	unsigned slots = (unsigned)s->site.spam_exit_workers;
	unsigned spared = slots < 8 ? slots > 1 : slots / 4;
	int runs = 0;

	for (unsigned i = 0; i < SCAN_SLOTS; i++)
		runs |= s->slot[i].run.keeper && s->slot[i].number == number;
	return !runs || s->running + spared < slots;
}

/* Nothing starts beside a request that may be what lsv-scan dies of. */
static int
is_alone(const struct scan *s)
{
	for (unsigned i = 0; i < SCAN_SLOTS; i++)
		if (s->slot[i].run.keeper && s->slot[i].alone)
			return 1;
	return 0;
}

struct request *
request_next(struct scan *s)
{
	if (s->running >= s->site.spam_exit_workers || is_alone(s))
		return NULL;
	for (size_t i = 0; i < s->n; i++) {
		struct request *r = &s->request[i];

		if (r->state != REQUEST_WAITS)
			continue;
		if (r->deaths >= SCAN_ALONE)
			return s->running == 0 ? r : NULL;
		if (list_may(s, r->number))
			return r;
	}
	return NULL;
}
