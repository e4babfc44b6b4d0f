#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bench/lsv-sink/sink.h"
#include "lib/msg.h"

enum { LOG_ROOM = 1 << 20 }; /* bytes kept before they are written */

static void
open_mail(struct sink *s)
{
	struct stat st;

	if (stat(s->opt.mail, &st) == 0 && S_ISDIR(st.st_mode)) {
		s->rec.mail_is_dir = 1;
		s->rec.mail_fd =
		    open(s->opt.mail, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} else
		s->rec.mail_fd = open(s->opt.mail,
		    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (s->rec.mail_fd < 0)
		msg_diesys(LSV_PERM, "unable to open ", s->opt.mail);
}

void
record_open(struct sink *s)
{
	s->rec.log_fd = s->rec.mail_fd = -1;
	if (s->opt.mail)
		open_mail(s);
	if (!s->opt.log)
		return;
	/* with -A an older log goes on: a sink may be started again within
	 * one test */
	s->rec.log_fd = open(s->opt.log,
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC |
		(s->opt.log_each ? 0 : O_TRUNC),
	    0644);
	if (s->rec.log_fd < 0)
		msg_diesys(LSV_PERM, "unable to open ", s->opt.log);
}

int
record_wanted(const struct sink *s)
{
	return s->opt.log != NULL || s->opt.mail != NULL;
}

void
record_flush(struct sink *s)
{
	if (s->rec.log.len > 0 && buf_write(&s->rec.log, s->rec.log_fd) < 0)
		msg_diesys(LSV_TEMP, "unable to write ", s->opt.log);
}

void
record_reset(struct sink *s)
{
	s->rec.log.len = 0;
	if (s->opt.log && ftruncate(s->rec.log_fd, 0) < 0)
		msg_diesys(LSV_TEMP, "unable to empty ", s->opt.log);
}

static void
log_room(struct sink *s)
{
	if (s->opt.log_each || s->rec.log.len >= LOG_ROOM)
		record_flush(s);
}

void
record_refuse(struct sink *s, char how, const char *address, size_t n)
{
	if (!s->opt.log)
		return;
	buf_fmt(&s->rec.log, "%c %.*s\n", how, (int)n, address);
	log_room(s);
}

static void
log_accept(struct sink *s, struct conn *c)
{
	struct buf *b = &s->rec.log;
	char hex[65];

	text_hash(c, hex);
	buf_fmt(b, "M %" PRIu64 " %s %" PRIu64 " %" PRIu64 " ",
	    s->count.messages, hex, c->nrcpt, c->text.bytes);
	buf_put(b, c->sender.p, c->sender.len);
	buf_puts(b, "\n");
	buf_put(b, c->rcpts.p, c->rcpts.len); /* "R recipient\n" each */
	log_room(s);
}

/* 1 for a line that a reader of mailboxes would take for a new message */
static int
from_line(const char *p, size_t n)
{
	while (n > 0 && *p == '>') {
		p++;
		n--;
	}
	return n >= 5 && memcmp(p, "From ", 5) == 0;
}

/* The message as mboxrd: LF lines, "From " quoted, a blank line behind. */
static void
mbox_text(struct buf *b, const char *p, size_t n)
{
	const char *nl;
	size_t len;

	while (n > 0) {
		nl = memchr(p, '\n', n);
		len = nl ? (size_t)(nl - p) : n;
		if (from_line(p, len))
			buf_puts(b, ">");
		buf_put(b, p, len - (len > 0 && p[len - 1] == '\r'));
		buf_puts(b, "\n");
		p += len + (nl != NULL);
		n -= len + (nl != NULL);
	}
	buf_puts(b, "\n");
}

static void
mbox_add(struct sink *s, const struct conn *c, struct buf *b)
{
	const char *r = c->rcpts.p, *end = c->rcpts.p + c->rcpts.len, *nl;
	char date[32];
	struct tm tm;
	time_t t = time(NULL);

	strftime(date, sizeof date, "%a %b %e %H:%M:%S %Y", gmtime_r(&t, &tm));
	buf_fmt(b, "From %.*s %s\n", c->sender.len ? (int)c->sender.len : 13,
	    c->sender.len ? c->sender.p : "MAILER-DAEMON", date);
	buf_fmt(b, "Return-Path: <%.*s>\n", (int)c->sender.len,
	    c->sender.len ? c->sender.p : "");
	for (; r < end; r = nl + 1) {
		nl = memchr(r, '\n', (size_t)(end - r));
		buf_fmt(b, "X-Envelope-To: <%.*s>\n", (int)(nl - r - 2), r + 2);
	}
	mbox_text(b, c->text.kept.p, c->text.kept.len);
	if (buf_write(b, s->rec.mail_fd) < 0)
		msg_diesys(LSV_TEMP, "unable to write ", s->opt.mail);
}

/* A file of its own, the bytes exactly as the client meant them. */
static void
dir_add(struct sink *s, struct conn *c)
{
	char name[40];
	int fd;

	snprintf(name, sizeof name, "%06" PRIu64 ".eml", s->count.messages);
	fd = openat(s->rec.mail_fd, name,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || buf_write(&c->text.kept, fd) < 0 || close(fd) < 0)
		msg_diesys(
		    LSV_TEMP, "unable to write ", s->opt.mail, "/", name);
}

void
record_accept(struct sink *s, struct conn *c)
{
	struct buf b = {.p = NULL};

	if (s->opt.mail && s->rec.mail_is_dir)
		dir_add(s, c);
	else if (s->opt.mail)
		mbox_add(s, c, &b);
	buf_free(&b);
	if (s->opt.log)
		log_accept(s, c);
}
