/* outbox.c - what an alert gives rise to: a notice, and a job for other servers
 *
 * Both are made once for each alert, whatever happens in between.  While the
 * alert is SUMS_PENDING they are made in score/out, again after a crash; from
 * SUMS_MADE on they are never made any more, and moved on when they still are
 * there; then the alert is SUMS_DONE.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "cmd/lsv-score/score.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/names.h"
#include "lib/reply.h"

enum {
	PEER_MAX = 1000, /* jobs that wait for lsv-peer; more are dropped */
	US_PER_S = 1000000,
};

static const char notice_suffix[] = "notice";
static const char job_suffix[] = "spam";

/* --- what they say --------------------------------------------------------- */

static int
notice_text(const struct sums_alert *a, stralloc *out)
{
	char sum[SUMS_HEX_LEN + 1], text[800];

	sums_hex(sum, a->sum);
	snprintf(text, sizeof text,
	    "The same message came to %u lists of this server within a day,\n"
	    "from somebody who has no rights there.  It is taken for spam:\n"
	    "copies that are held, and those that come in the next %u hours,\n"
	    "are stopped.\n\n"
	    "    sum      %s\n"
	    "    message  %s\n\n"
	    "    lsv-spam alerts\n"
	    "        prints all alerts in force,\n"
	    "    lsv-spam alerts --cancel %s\n"
	    "        withdraws this one.\n",
	    (unsigned)a->lists, (unsigned)ALERT_TTL_H, sum, a->id, sum);
	return sa_puts(out, text);
}

/* Those that get notices, a line each; the first one is named in To. */
static unsigned
notice_rcpts(struct score *s, stralloc *rcpts, struct bytes *first)
{
	const struct site_person *p = s->site.postmaster;
	unsigned n = 0;

	for (size_t i = 0; i < s->site.npostmaster; i++) {
		if (p[i].quiet)
			continue;
		if (sa_puts(rcpts, p[i].address) < 0 ||
		    sa_puts(rcpts, "\n") < 0)
			return 0;
		if (n++ == 0)
			*first = bytes_z(p[i].address);
	}
	return n;
}

static int
job_text(struct score *s, const struct sums_alert *a, stralloc *out)
{
	static const unsigned char nobody[SUMS_LEN];
	char sum[SUMS_HEX_LEN + 1], subject[SUMS_HEX_LEN + 1];
	char origin[SUMS_HEX_LEN + 1], sent[32], text[1024];
	time_t t = (time_t)(a->raised_us / US_PER_S);
	struct tm tm;

	sums_hex(sum, a->sum);
	sums_hex(subject, a->subject);
	sums_hex(origin, a->origin);
	gmtime_r(&t, &tm);
	strftime(sent, sizeof sent, "%Y-%m-%dT%H:%M:%SZ", &tm);
	snprintf(text, sizeof text,
	    "//X-SPAM JOB Echo=No,Reply-to=None\n"
	    "// X-SPAM V=1 ID=%.255s/%s SENT=%s TTL=%u\n"
	    "//DATA DD *\n"
	    "SUM: %s\n%s%s%s"
	    "LISTS: %u\n%s%s%s"
	    "/*\n"
	    "// EOJ\n",
	    s->site.node, a->id, sent, (unsigned)ALERT_TTL_H, sum,
	    a->has_subject ? "SUBJ: " : "", a->has_subject ? subject : "",
	    a->has_subject ? "\n" : "", (unsigned)a->lists,
	    memcmp(a->origin, nobody, SUMS_LEN) ? "ORIGIN: hash:" : "",
	    memcmp(a->origin, nobody, SUMS_LEN) ? origin : "",
	    memcmp(a->origin, nobody, SUMS_LEN) ? "\n" : "");
	return sa_puts(out, text);
}

/* --- making them ----------------------------------------------------------- */

/* A file in score/out.  It is written where it will go to, so that it has the
 * group of those who read it there. */
static int
put_file(struct score *s, struct handover *to, const struct spoolhead *h,
    const stralloc *text)
{
	stralloc head = {0};
	int r = -1, fd = ho_create(to, h->id);

	if (fd < 0)
		return -1;
	if (spoolhead_format(&head, h, NULL) == 0 &&
	    fio_write(fd, head.s, head.len) == 0 &&
	    fio_write(fd, text->s, text->len) == 0 && fsync(fd) == 0 &&
	    renameat(to->tmp, h->id, s->box.out, h->id) == 0)
		r = 0;
	sa_free(&head);
	if (r < 0)
		return ho_drop(to, fd, h->id);
	fio_close(fd);
	return 0;
}

static int
make_notice(struct score *s, const struct sums_alert *a)
{
	struct spoolhead h = {.class = CLASS_MAIL,
	    .created_us = a->raised_us,
	    .pool = '-',
	    .reason = bytes_z(verdict_rule_name(RULE_SPAM_ALERT))};
	struct reply reply = {.node = bytes_z(s->site.node),
	    .id = bytes_z(h.id),
	    .now_us = a->raised_us,
	    .subject = bytes_z("Spam alert")};
	stralloc text = {0}, message = {0}, rcpts = {0};
	int r = -1;

	id_named(h.id, a->id, notice_suffix);
	reply.id = bytes_z(h.id);
	h.nrcpt = notice_rcpts(s, &rcpts, &reply.to);
	h.rcpts = (struct bytes){rcpts.s, rcpts.len};
	h.to = reply.to;
	if (h.nrcpt && notice_text(a, &text) == 0) {
		reply.text = (struct bytes){text.s, text.len};
		r = reply_message(&message, &reply);
		h.size = message.len;
	}
	if (r == 0)
		r = put_file(s, &s->out, &h, &message);
	sa_free(&text);
	sa_free(&message);
	sa_free(&rcpts);
	return r;
}

/* Is there room for one more: 1; 0 for too many; -1 */
static int
peer_room(struct score *s)
{
	struct names l;
	int r;

	if (!s->box.peer_open && ho_open(&s->box.peer, "peer") < 0)
		return -1;
	s->box.peer_open = 1;
	if (names_read(&l, s->box.peer.new, PEER_MAX, NULL, NULL) < 0)
		return -1;
	r = l.n < PEER_MAX;
	names_free(&l);
	return r;
}

static int
make_job(struct score *s, const struct sums_alert *a)
{
	struct spoolhead h = {.class = CLASS_PEER, .created_us = a->raised_us};
	struct logline l;
	stralloc text = {0};
	int r = peer_room(s);

	if (r < 0)
		return -1;
	id_named(h.id, a->id, job_suffix);
	if (r == 0) {
		log_begin(&l, h.id, "dropped");
		log_z(&l, "rule", "peer-is-full");
		log_end(&l);
		return 0;
	}
	r = job_text(s, a, &text);
	h.size = text.len;
	if (r == 0)
		r = put_file(s, &s->box.peer, &h, &text);
	sa_free(&text);
	return r;
}

static int
gone(struct score *s, const char *name)
{
	return unlinkat(s->box.out, name, 0) < 0 && errno != ENOENT ? -1 : 0;
}

/* What was made before a crash may be less than what is made now. */
static int
make(struct score *s, const struct sums_alert *a)
{
	char notice[ID_NAME_MAX], job[ID_NAME_MAX];

	id_named(notice, a->id, notice_suffix);
	id_named(job, a->id, job_suffix);
	if (gone(s, notice) < 0 || gone(s, job) < 0 ||
	    (s->site.spam_alert && make_notice(s, a) < 0) ||
	    (!s->site.standalone && make_job(s, a) < 0))
		return -1;
	return fsync(s->box.out);
}

/* --- handing them on ------------------------------------------------------- */

static int
pass(struct score *s, struct handover *to, const char *id, const char *suffix)
{
	char name[ID_NAME_MAX];
	struct logline l;

	id_named(name, id, suffix);
	if (ho_pass_as(to, s->box.out, name, name) == 0) {
		log_begin(&l, id, "made");
		log_z(&l, "file", name);
		log_end(&l);
	} else if (errno != ENOENT) { /* else it went before */
		return -1;
	}
	return ho_flush(to);
}

static int
hand_on(struct score *s, const struct sums_alert *a)
{
	if (pass(s, &s->out, a->id, notice_suffix) < 0)
		return -1;
	/* without the inbox nothing was made for it */
	if (!s->box.peer_open && ho_open(&s->box.peer, "peer") < 0)
		return errno == ENOENT ? 0 : -1;
	s->box.peer_open = 1;
	return pass(s, &s->box.peer, a->id, job_suffix);
}

/* --- all of them ----------------------------------------------------------- */

/* The next one that is not done: 1; 0; -1. */
static int
next(struct score *s, struct sums_alert *a)
{
	int r = seen_look(&s->seen);

	if (r != 1)
		return r;
	do
		r = sums_alert_next(&s->seen, a);
	while (r == 1 && a->state != SUMS_PENDING && a->state != SUMS_MADE);
	seen_end(&s->seen, 0);
	return r;
}

/* Its next state, unless somebody withdrew it meanwhile. */
static int
set_state(struct score *s, struct sums_alert *a, enum sums_state to)
{
	struct sums_alert now;
	int r;

	if (seen_begin(&s->seen) < 0)
		return -1;
	r = sums_alert_get(&s->seen, a->sum, &now);
	if (r == 1 && now.state == a->state) {
		now.state = a->state = to;
		r = sums_alert_put(&s->seen, &now);
	} else if (r >= 0) {
		a->state = SUMS_DONE;
	}
	if (r < 0) {
		seen_end(&s->seen, 0);
		return -1;
	}
	return seen_end(&s->seen, 1);
}

static int
open_out(struct score *s)
{
	if (s->box.out < 0)
		s->box.out = openat(s->in.dir, "out",
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return s->box.out < 0 ? -1 : 0;
}

static int
work(struct score *s, struct sums_alert *a)
{
	if (open_out(s) < 0)
		return -1;
	if (a->state == SUMS_PENDING &&
	    (make(s, a) < 0 || set_state(s, a, SUMS_MADE) < 0))
		return -1;
	if (a->state == SUMS_MADE &&
	    (hand_on(s, a) < 0 || set_state(s, a, SUMS_DONE) < 0))
		return -1;
	return 0;
}

/* What is left there belongs to alerts that were withdrawn in between. */
static int
clear(struct score *s)
{
	struct names l;
	int r = 0;

	if (open_out(s) < 0)
		return errno == ENOENT ? 0 : -1;
	if (names_read(&l, s->box.out, PEER_MAX, NULL, NULL) < 0)
		return -1;
	for (size_t i = 0; i < l.n && r == 0; i++)
		r = gone(s, l.name[i]);
	names_free(&l);
	return r;
}

int
outbox_run(struct score *s)
{
	struct sums_alert a = {.has_subject = 0};
	int r;

	while ((r = next(s, &a)) == 1)
		if (work(s, &a) < 0)
			return -1;
	if (r < 0 || clear(s) < 0)
		return -1;
	s->box.due = 0;
	return 0;
}
