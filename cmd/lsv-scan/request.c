#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-scan/scan.h"
#include "lib/fio.h"
#include "lib/logline.h"
#include "lib/names.h"
#include "lib/spoolfile.h"

/* FNV-1a: two lists that share a number share their slots, no more. */
static uint64_t
number_of(struct bytes list)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < list.len; i++)
		h = (h ^ (unsigned char)list.s[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* The message itself is safe with lsv-score: a copy that is none is removed. */
static void
bad(struct scan *s, struct request *r, const char *why)
{
	struct logline l;

	log_begin(&l, r->name, "bad");
	log_z(&l, "why", why);
	log_end(&l);
	if (answer_failed(s, r->name, why) < 0)
		scan_trouble(s, "unable to answer");
	else
		r->state = REQUEST_OVER;
}

/* Its head, into text: 0, or the request is over. */
static int
head_read(
    struct scan *s, struct request *r, int fd, char *text, struct spoolhead *h)
{
	ssize_t n = pread(fd, text, SCAN_HEAD_MAX, 0);
	struct where w = {0, NULL};

	if (n < 0) {
		bad(s, r, "cannot be read");
		return -1;
	}
	if (spoolhead_parse(h, text, (size_t)n, &w) < 0) {
		bad(s, r, w.why);
		return -1;
	}
	return 0;
}

int
request_open(struct scan *s, struct request *r, char *list, off_t *from)
{
	static char text[SCAN_HEAD_MAX];
	struct spoolhead h;
	struct stat st;
	int fd = inbox_take(&s->in, s->in.new, r->name, &st);
	size_t n;

	if (fd < 0) {
		if (errno == ENOENT)
			r->state = REQUEST_OVER;
		else
			bad(s, r, "no file of lsv-score");
		return -1;
	}
	if (head_read(s, r, fd, text, &h) < 0) {
		fio_close(fd);
		return -1;
	}
	n = h.list.len < SCAN_LIST_MAX ? h.list.len : SCAN_LIST_MAX - 1;
	memcpy(list, h.list.s, n);
	list[n] = 0;
	r->list = number_of(h.list);
	*from = (off_t)h.length;
	return fd;
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
	char list[SCAN_LIST_MAX];
	off_t from;
	int fd;

	r->deaths = poison_deaths(&s->in.suspects, r->name);
	if (faccessat(s->out.new, r->name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		unlinkat(s->in.new, r->name, 0);
		r->state = REQUEST_OVER;
		return;
	}
	fd = request_open(s, r, list, &from);
	fio_close(fd);
}

static void
foreign(void *arg, const char *name)
{
	struct scan *s = arg;

	unlinkat(s->in.new, name, 0);
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
	for (size_t i = 0; i < l.n; i++) {
		struct request *was;

		id_copy(now[i].name, l.name[i]);
		was = s->n ? bsearch(&now[i], s->request, s->n,
				 sizeof *s->request, by_name)
			   : NULL;
		/* one that is over may have been asked about again */
		if (was && was->state != REQUEST_OVER)
			now[i] = *was;
		else
			meet(s, &now[i]);
	}
	free(s->request);
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
		n += s->request[i].state == REQUEST_WAITS;
	return n;
}

/* A list that has an exit running leaves the last quarter of the slots, one at
 * least, to lists that have none: their mail is not behind its own. */
static int
list_may(const struct scan *s, uint64_t list)
{
	unsigned slots = (unsigned)s->site.spam_exit_workers;
	unsigned spared = slots < 8 ? slots > 1 : slots / 4;
	int runs = 0;

	for (unsigned i = 0; i < SCAN_SLOTS; i++)
		runs |= s->slot[i].run.keeper && s->slot[i].list == list;
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
		if (list_may(s, r->list))
			return r;
	}
	return NULL;
}
