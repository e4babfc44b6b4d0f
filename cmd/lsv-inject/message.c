#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "cmd/lsv-inject/inject.h"
#include "lib/fio.h"
#include "lib/header.h"
#include "lib/intake.h"

/* One buffer serves all: it holds as much as decides about a header, then one
 * step of the body after the other. */
enum { STEP = 64 << 10, ROOM = HEADER_READ + STEP };

/* struct message - the message on its way in
 *
 * buf     len bytes of it
 * end     1 when these are its last
 * header  where the header is, while buf holds the start
 * check   what was seen so far
 * id, fd  the file under way
 * size_at where its size is to be written
 */
struct message {
	char buf[ROOM];
	size_t len;
	int end;
	struct header header;
	struct intake check;
	char id[ID_LEN + 1];
	int fd;
	size_t size_at;
};

static _Noreturn void
trouble(const char *what)
{
	ANSWER(EXIT_AGAIN, "4.3.0 unable to ", what, ": ", strerror(errno));
}

/* Fill the buffer with at least that many bytes, fewer only at the end. */
static void
fill(struct message *m, int in, size_t want)
{
	ssize_t n;

	m->len = 0;
	while (m->len < want && !m->end) {
		n = read(in, m->buf + m->len, STEP);
		if (n < 0 && errno != EINTR)
			trouble("read the message");
		if (n == 0)
			m->end = 1;
		if (n > 0)
			m->len += (size_t)n;
	}
}

static void
check(struct message *m, size_t from)
{
	struct where w;
	const struct intake *c = &m->check;
	char max[64];

	if (intake_check(&m->check, m->buf + from, m->len - from, &w) == 0)
		return;
	if (!intake_too_big(c))
		ANSWER(EXIT_BAD, "5.6.0 ", w.why);
	if (c->size > c->max)
		snprintf(max, sizeof max, "%" PRIu64 " bytes", c->max);
	else
		snprintf(max, sizeof max, "%" PRIu64 " lines", c->max_lines);
	ANSWER(EXIT_BAD, "5.3.4 ", w.why, ": more than ", max);
}

/* The start of the message has to hold a header. */
static void
header(struct message *m)
{
	struct where w;

	if (header_parse(&m->header, m->buf, m->len, &w) == 0)
		return;
	ANSWER(EXIT_BAD, "5.6.0 ", w.why);
}

/* Without -f the sender is what the MTA wrote into Return-Path. */
static void
sender_find(stralloc *out, const struct message *m, const char *given)
{
	struct field f;
	struct bytes v = {"", 0};

	if (given)
		v = bytes_z(given);
	else if (header_find(&m->header, "Return-Path", 0, &f))
		v = field_trim(f.value);
	sender_check(out, v.s, v.len);
}

/* Work in progress must be able to end before the disk is full. */
static void
room_check(const struct handover *to)
{
	struct statvfs v;

	if (fstatvfs(to->tmp, &v) < 0)
		trouble("ask for free space");
	if (v.f_bavail < v.f_blocks / 20)
		ANSWER(EXIT_AGAIN, "4.3.1 the spool is almost full");
	if (v.f_files && v.f_favail < v.f_files / 20)
		ANSWER(EXIT_AGAIN, "4.3.1 the spool has almost no inodes left");
}

static void
begin(struct message *m, struct handover *to, const struct address *a,
    const stralloc *sender)
{
	struct spoolhead h = {.class = a->class,
	    .from = {sender->s, sender->len},
	    .to = {a->to.s, a->to.len},
	    .list = bytes_z(a->list),
	    .form = bytes_z(a->form),
	    .detail = {a->detail.s, a->detail.len}};
	stralloc head = {0};

	if (id_make(m->id) < 0)
		trouble("make an ID");
	memcpy(h.id, m->id, sizeof m->id);
	h.created_us = id_time_us(m->id);
	if (spoolhead_format(&head, &h, &m->size_at) < 0)
		trouble("describe the message");
	m->fd = ho_create(to, m->id);
	if (m->fd < 0)
		trouble("create a file in the spool");
	answer_file(to->tmp, m->id);
	if (fio_write(m->fd, head.s, head.len) < 0)
		trouble("write to the spool");
	sa_free(&head);
}

/* The size is known last but stands first. */
static void
finish(struct message *m, struct handover *to)
{
	char size[SPOOL_SIZE_DIGITS];

	spoolhead_size(size, m->check.size);
	if (fio_pwrite(m->fd, size, sizeof size, (off_t)m->size_at) < 0)
		trouble("write to the spool");
	if (ho_commit(to, m->fd, m->id) < 0)
		trouble("hand the message over");
	answer_file(-1, NULL);
}

void
message_store(
    int in, struct handover *to, const struct address *a, const char *given)
{
	static struct message m;
	stralloc sender = {0};
	size_t from;

	m.check.max = a->max;
	m.check.max_lines = a->max_lines;
	fill(&m, in, HEADER_READ);
	header(&m);
	from = m.header.from; /* an mbox line is no part of the message */
	check(&m, from);
	sender_find(&sender, &m, given);
	room_check(to);
	begin(&m, to, a, &sender);
	for (;;) {
		if (fio_write(m.fd, m.buf + from, m.len - from) < 0)
			trouble("write to the spool");
		if (m.end)
			break;
		from = 0;
		fill(&m, in, STEP);
		check(&m, from);
	}
	finish(&m, to);
	sa_free(&sender);
}
