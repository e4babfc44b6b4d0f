#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
#include "lib/fio.h"
#include "lib/header.h"
#include "lib/wire.h"

enum {
	FIRST_READ = 64 << 10, /* holds most messages whole */
	STEP = 64 << 10,       /* of a large one */
};

/* Up to `want` bytes from the start of the file. */
static int
read_start(struct message *m, size_t want)
{
	ssize_t n;

	if (!stralloc_ready(&m->text, want + 1)) {
		errno = ENOMEM;
		return -1;
	}
	while (m->text.len < want) {
		n = pread(m->fd, m->text.s + m->text.len, want - m->text.len,
		    (off_t)m->text.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return (int)n;
		m->text.len += (size_t)n;
	}
	return 0;
}

/* Head and message header must be in memory; a small message is as a whole. */
static size_t
wanted(const struct message *m, uint64_t file)
{
	uint64_t most = m->head.length + (uint64_t)HEADER_READ;

	if (m->head.size <= MAIL_INLINE_MAX)
		most = m->head.length + m->head.size;
	return (size_t)(most < file ? most : file);
}

int
message_open(
    struct route *r, struct message *m, const char *name, struct where *w)
{
	struct stat st;
	size_t first;

	*m = (struct message){.fd = inbox_take(&r->in, name, &st)};
	if (m->fd < 0)
		return -1;
	first =
	    (uint64_t)st.st_size < FIRST_READ ? (size_t)st.st_size : FIRST_READ;
	if (read_start(m, first) < 0)
		return -1;
	if (spoolhead_parse(&m->head, m->text.s, m->text.len, w) < 0) {
		if (first == (size_t)st.st_size)
			goto damaged;
		first = (uint64_t)st.st_size < SPOOL_HEAD_MAX
		    ? (size_t)st.st_size
		    : SPOOL_HEAD_MAX;
		if (read_start(m, first) < 0)
			return -1;
		if (spoolhead_parse(&m->head, m->text.s, m->text.len, w) < 0)
			goto damaged;
	}
	if (m->head.length + m->head.size != (uint64_t)st.st_size) {
		where_set(w, m->head.length,
		    "the message is not as long as "
		    "its head says");
		goto damaged;
	}
	if (strcmp(m->head.id, name) != 0) {
		where_set(w, 0, "the file is not named by its ID");
		goto damaged;
	}
	if (read_start(m, wanted(m, (uint64_t)st.st_size)) < 0)
		return -1;
	m->whole = m->text.len == (size_t)st.st_size;
	/* the text may have moved: the head points into it */
	return spoolhead_parse(&m->head, m->text.s, m->text.len, w);
damaged:
	errno = EBADMSG;
	return -1;
}

void
message_close(struct message *m)
{
	fio_close(m->fd);
	sa_free(&m->text);
	m->fd = -1;
}

int
message_small(const struct message *m)
{
	return m->whole && m->head.size <= MAIL_INLINE_MAX / 2;
}

static int
finish(struct letter *l, struct wire *w, stralloc *out)
{
	if (wire_end(w, out) < 0)
		return -1;
	letter_facts(&l->head, l->header.s, l->header.len);
	l->head.eightbit |= w->eightbit;
	l->head.dots |= w->dots;
	l->head.size = l->header.len + w->bytes;
	return 0;
}

/* A byte that no wire carries is the message's fault, not ours. */
static int
put_wire(struct wire *w, stralloc *out, const char *s, size_t len)
{
	struct where where;
	int res = wire_put(w, out, s, len, &where);

	if (res < 0 && errno == EINVAL)
		errno = EBADMSG;
	return res;
}

int
message_wire(const struct message *m, struct letter *l, stralloc *out)
{
	struct wire w = {0};
	size_t at = m->head.length + l->skip;

	if (sa_put(out, l->header.s, l->header.len) < 0 ||
	    put_wire(&w, out, m->text.s + at, m->text.len - at) < 0)
		return -1;
	return finish(l, &w, out);
}

static int
flush(int fd, stralloc *out)
{
	int res = fio_write(fd, out->s, out->len);

	out->len = 0;
	return res;
}

int
message_wire_file(const struct message *m, struct letter *l, int fd)
{
	uint64_t at = m->head.length + l->skip;
	uint64_t end = m->head.length + m->head.size;
	struct wire w = {0};
	stralloc out = {0}, in = {0};
	int res = -1;

	if (!stralloc_ready(&in, STEP) ||
	    fio_write(fd, l->header.s, l->header.len) < 0)
		goto done;
	while (at < end) {
		size_t want = end - at < STEP ? (size_t)(end - at) : STEP;
		ssize_t n = pread(m->fd, in.s, want, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || put_wire(&w, &out, in.s, (size_t)n) < 0 ||
		    flush(fd, &out) < 0)
			goto done;
		at += (uint64_t)n;
	}
	if (finish(l, &w, &out) == 0 && flush(fd, &out) == 0)
		res = 0;
done:
	sa_free(&out);
	sa_free(&in);
	return res;
}
