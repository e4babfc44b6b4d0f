#include "cmd/lsv-lmtp/session.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/logline.h"
#include "lib/roots.h"
#include "lib/sig.h"
#include "lib/table.h"

enum {
	IDLE_MS = 5 * 60 * 1000,     /* longest silence */
	MESSAGE_MS = 60 * 60 * 1000, /* a message from DATA to its dot */
};

/* How a wait ended. */
enum { WAIT_READY = 1, WAIT_LATE = 0, WAIT_STOP = -1 };

static int
wait_for(struct session *s, int fd, short events)
{
	uint64_t now = clock_mono_ms(), end = now + IDLE_MS;
	struct pollfd p = {.fd = fd, .events = events};
	int r;

	if (s->until_ms && s->until_ms < end)
		end = s->until_ms;
	while (!sig_stop && now < end) {
		const struct timespec t = {
		    .tv_sec = (time_t)((end - now + 999) / 1000)};

		r = ppoll(&p, 1, &t, &s->asleep);
		if (r > 0)
			return WAIT_READY;
		now = clock_mono_ms();
	}
	return sig_stop ? WAIT_STOP : WAIT_LATE;
}

int
session_flush(struct session *s)
{
	stralloc *out = &s->lmtp.out;
	size_t at = 0;
	ssize_t n;

	while (at < out->len) {
		n = write(1, out->s + at, out->len - at);
		if (n > 0)
			at += (size_t)n;
		if (n >= 0 || errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return -1;
		if (wait_for(s, 1, POLLOUT) != WAIT_READY) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
	out->len = 0;
	return 0;
}

int
session_site(struct session *s)
{
	stralloc path = {0};
	struct stat st;
	int r = -1;

	if (root_path(&path, root_etc(), SITE_TABLE) == 0 &&
	    stat(path.s, &st) == 0)
		r = table_same(&st, &s->seen)
		    ? 0
		    : site_refresh(&s->site, root_etc());
	sa_free(&path);
	if (r < 0)
		return -1;
	s->seen = st;
	s->lmtp.name = s->site.node;
	s->lmtp.max = s->site.sizelim;
	return 0;
}

/* Trouble of ours is for the log, whatever the client does with the answer. */
static void
note(struct session *s, const char *to, const struct receive_answer *no)
{
	struct logline l;

	if (no->kind != RECEIVE_AGAIN) {
		s->refused++;
		return;
	}
	s->deferred++;
	log_begin(&l, NULL, "deferred");
	log_z(&l, "to", to);
	log_z(&l, "why", no->text);
	log_end(&l);
}

static int
refuse(struct session *s, const char *to, const struct receive_answer *no)
{
	note(s, to, no);
	return lmtp_answer(&s->lmtp, 0, no->kind == RECEIVE_AGAIN, no->text);
}

static int
mail(struct session *s)
{
	struct receive_answer no;

	if (session_site(s) < 0) {
		receive_no(&no, RECEIVE_AGAIN,
		    "4.3.5 no site configuration in ", root_etc(), ": ",
		    strerror(errno));
		return refuse(s, NULL, &no);
	}
	if (receive_sender(&s->sender, s->lmtp.arg.s, s->lmtp.arg.len, &no) <
		0 ||
	    takein_room(&s->score, &no) < 0)
		return refuse(s, NULL, &no);
	return lmtp_answer(&s->lmtp, 1, 0, "2.1.0 sender ok");
}

static int
rcpt(struct session *s)
{
	struct receive_to *to = &s->to[s->lmtp.rcpts];
	struct receive_answer no;

	if (takein_address(to, s->lmtp.arg.s, s->lmtp.arg.len, &s->site,
		&s->lists, &no) < 0)
		return refuse(s, to->to.len ? to->to.s : NULL, &no);
	return lmtp_answer(&s->lmtp, 1, 0, "2.1.5 recipient ok");
}

static void
data(struct session *s)
{
	s->until_ms = clock_mono_ms() + MESSAGE_MS;
	/* an empty sender is one, too: not that of Return-Path */
	takein_begin(&s->in, &s->score, s->to, s->lmtp.rcpts,
	    s->sender.len ? s->sender.s : "", s->sender.len);
}

/* The message is whole: each reply leaves when its file is safe. */
static int
dot(struct session *s)
{
	static const char done[] = "2.0.0 taken as ";
	char text[sizeof done + ID_LEN];
	struct receive_answer no;

	for (size_t i = 0; i < s->lmtp.rcpts; i++) {
		int r;

		if (takein_commit(&s->in, i, &no) < 0) {
			r = refuse(s, s->to[i].to.s, &no);
		} else {
			s->taken++;
			memcpy(text, done, sizeof done - 1);
			memcpy(text + sizeof done - 1, s->in.id, ID_LEN + 1);
			r = lmtp_answer(&s->lmtp, 1, 0, text);
		}
		if (r < 0 || session_flush(s) < 0)
			return -1;
	}
	takein_drop(&s->in);
	s->until_ms = 0;
	lmtp_done(&s->lmtp);
	return 0;
}

/* What was read goes into the message, as far as it belongs to it. */
static int
body(struct session *s)
{
	size_t used, n;
	int r = lmtp_data(&s->lmtp, s->buf + s->at, s->len - s->at, &used,
	    takein_space(&s->in), TAKEIN_STEP, &n);

	s->at += used;
	(void)takein_add(&s->in, n); /* its answer comes behind the dot */
	if (s->lmtp.flaw)
		takein_refuse(&s->in, RECEIVE_BAD, s->lmtp.flaw);
	return r;
}

static int
commands(struct session *s)
{
	size_t used;
	int r = lmtp_next(&s->lmtp, s->buf + s->at, s->len - s->at, &used);

	s->at += used;
	return r;
}

/* Send, then read: 1; 0 when it is over; -1. */
static int
fill(struct session *s)
{
	ssize_t n;

	if (session_flush(s) < 0)
		return -1;
	for (;;) {
		switch (wait_for(s, 0, POLLIN)) {
		case WAIT_STOP:
			return lmtp_end(&s->lmtp, "4.3.2 going down");
		case WAIT_LATE:
			return lmtp_end(&s->lmtp, "4.4.2 waited too long");
		default:
			break;
		}
		n = read(0, s->buf, sizeof s->buf);
		if (n > 0) {
			s->at = 0;
			s->len = (size_t)n;
			return 1;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return (int)n;
	}
}

/* What the client wants.  1 goes on, 0 it is over, -1. */
static int
act(struct session *s, int event)
{
	switch (event) {
	case LMTP_MORE:
		return s->at < s->len ? 1 : fill(s);
	case LMTP_MAIL:
		return mail(s) < 0 ? -1 : 1;
	case LMTP_RCPT:
		return rcpt(s) < 0 ? -1 : 1;
	case LMTP_DATA:
		data(s);
		return 1;
	case LMTP_RESET:
		return 1;
	case LMTP_DOT:
		return dot(s) < 0 ? -1 : 1;
	default:
		return event < 0 ? -1 : 0;
	}
}

int
session_run(struct session *s)
{
	int r = 1, err;

	while (r > 0)
		r = act(s, s->lmtp.state == LMTP_BODY ? body(s) : commands(s));
	err = errno;
	takein_drop(&s->in); /* a message that did not end */
	errno = err;
	return r < 0 ? -1 : session_flush(s);
}
