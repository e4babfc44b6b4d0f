#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
#include "lib/fio.h"
#include "lib/fold.h"
#include "lib/header.h"
#include "lib/logline.h"
#include "lib/wire.h"

enum {
	FIRST_READ = 64 << 10, /* holds most messages whole */
	STEP = 64 << 10,       /* of a large one */
};

/* A message that is folded on its way: what comes of one step. */
struct folded {
	struct fold fold;
	stralloc text;
};

/* One step of a file, as it is read and as it is written. */
struct streams {
	stralloc in, out;
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

	/* a long table is read row by row, later */
	if (m->head.table > TABLE_INLINE_MAX)
		return m->text.len;
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

	*m = (struct message){.fd = inbox_take(&r->in, r->in.new, name, &st)};
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
message_table(
    const struct message *m, const struct letter *l, struct bytes *rows)
{
	uint64_t n = 0;
	size_t used;

	*rows =
	    (struct bytes){m->text.s + m->head.table_at, (size_t)m->head.table};
	if (mail_rows_ok(&l->head, *rows, &n, &used) && used == rows->len &&
	    n == m->head.rows)
		return 0;
	errno = EBADMSG;
	return -1;
}

int
message_small(const struct message *m)
{
	return m->whole && m->head.table <= TABLE_INLINE_MAX &&
	    m->head.size <= MAIL_INLINE_MAX / 2;
}

/* The start of the message itself; behind a long table it is not in memory yet.
 */
int
message_start(const struct message *m, stralloc *room, struct bytes *start)
{
	size_t n =
	    m->head.size < HEADER_READ ? (size_t)m->head.size : HEADER_READ;

	if (m->text.len >= m->head.length) {
		*start = (struct bytes){
		    m->text.s + m->head.length, m->text.len - m->head.length};
		return 0;
	}
	if (!stralloc_ready(room, n + 1)) {
		errno = ENOMEM;
		return -1;
	}
	while (room->len < n) {
		ssize_t k = pread(m->fd, room->s + room->len, n - room->len,
		    (off_t)(m->head.length + room->len));

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return -1;
		room->len += (size_t)k;
	}
	*start = (struct bytes){room->s, room->len};
	return 0;
}

/* The message has a header of its own: is that UTF-8? */
static int
own_header(const struct message *m, struct letter *l)
{
	stralloc room = {0};
	struct bytes b;
	int res;

	if (!l->head.eightbit)
		return 0;
	res = message_start(m, &room, &b);
	if (res == 0)
		letter_utf8(&l->head, b.s, b.len);
	sa_free(&room);
	return res;
}

static int
finish(const struct message *m, struct letter *l, struct wire *w, stralloc *out)
{
	if (wire_end(w, out) < 0)
		return -1;
	letter_facts(&l->head, l->header.s, l->header.len);
	if (!l->head.eightbit)
		l->head.eightbit = w->eightbit;
	if (l->header.len == 0 && own_header(m, l) < 0)
		return -1;
	l->head.dots |= w->dots;
	l->head.size = l->header.len + w->bytes;
	return 0;
}

/* What no wire carries is the message's fault, not ours. */
static int
put_wire(struct wire *w, stralloc *out, const char *s, size_t len)
{
	struct where where;
	int res = wire_put(w, out, s, len, &where);

	if (res < 0 && errno == EINVAL)
		errno = EBADMSG;
	return res;
}

/* A message with lines over 998 bytes, which few have, is gone through again
 * and folded: it begins with its header, for that tells what can be. */
static int
folded_begin(struct folded *f, const struct message *m, const struct letter *l)
{
	fold_begin(&f->fold);
	f->text.len = 0;
	if (fold_put(
		&f->fold, NULL, m->text.s + m->head.length, l->skip, NULL) == 0)
		return 0;
	errno = EBADMSG;
	return -1;
}

static int
put_folded(struct folded *f, struct wire *w, stralloc *out)
{
	int res = put_wire(w, out, f->text.s, f->text.len);

	f->text.len = 0;
	if (res < 0 && errno == EMSGSIZE)
		errno = EBADMSG;
	return res;
}

/* s == NULL: that was all. */
static int
folded_add(
    struct folded *f, struct wire *w, stralloc *out, const char *s, size_t len)
{
	int res = s ? fold_put(&f->fold, &f->text, s, len, NULL)
		    : fold_end(&f->fold, &f->text);

	if (res < 0) {
		if (errno == EINVAL)
			errno = EBADMSG;
		return -1;
	}
	return put_folded(f, w, out);
}

static void
log_folded(const struct message *m, const struct fold *f)
{
	struct logline l;

	log_begin(&l, m->head.id, "folded");
	log_u(&l, "lines", f->lines);
	log_end(&l);
}

static int
put_body_folded(
    const struct message *m, struct letter *l, struct wire *w, stralloc *out)
{
	size_t at = m->head.length + l->skip;
	struct folded f = {.text = {0}};
	int res = -1;

	*w = (struct wire){0};
	if (folded_begin(&f, m, l) == 0 &&
	    folded_add(&f, w, out, m->text.s + at, m->text.len - at) == 0 &&
	    folded_add(&f, w, out, NULL, 0) == 0)
		res = 0;
	if (res == 0)
		log_folded(m, &f.fold);
	sa_free(&f.text);
	return res;
}

int
message_wire(const struct message *m, struct letter *l, stralloc *out)
{
	size_t at = m->head.length + l->skip;
	struct wire w = {0};
	size_t start;
	int res;

	if (sa_put(out, l->header.s, l->header.len) < 0)
		return -1;
	start = out->len;
	res = put_wire(&w, out, m->text.s + at, m->text.len - at);
	if (res < 0 && errno == EMSGSIZE) {
		out->len = start;
		res = put_body_folded(m, l, &w, out);
	}
	return res < 0 ? -1 : finish(m, l, &w, out);
}

static int
flush(int fd, stralloc *out)
{
	int res = fio_write(fd, out->s, out->len);

	out->len = 0;
	return res;
}

/* Everything behind the header, in steps. */
static int
put_file(const struct message *m, const struct letter *l, struct wire *w,
    struct folded *f, int fd, struct streams *s)
{
	uint64_t at = m->head.length + l->skip;
	uint64_t end = m->head.length + m->head.size;

	while (at < end) {
		size_t want = end - at < STEP ? (size_t)(end - at) : STEP;
		ssize_t n = pread(m->fd, s->in.s, want, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 ||
		    (f ? folded_add(f, w, &s->out, s->in.s, (size_t)n)
		       : put_wire(w, &s->out, s->in.s, (size_t)n)) < 0 ||
		    flush(fd, &s->out) < 0)
			return -1;
		at += (uint64_t)n;
	}
	return f ? folded_add(f, w, &s->out, NULL, 0) : 0;
}

/* The same once more, behind what is in the file already. */
static int
put_file_folded(const struct message *m, const struct letter *l, struct wire *w,
    int fd, struct streams *s)
{
	struct folded f = {.text = {0}};
	int res = -1;

	*w = (struct wire){0};
	s->out.len = 0;
	if (ftruncate(fd, (off_t)l->header.len) == 0 &&
	    lseek(fd, (off_t)l->header.len, SEEK_SET) >= 0 &&
	    folded_begin(&f, m, l) == 0)
		res = put_file(m, l, w, &f, fd, s);
	if (res == 0)
		log_folded(m, &f.fold);
	sa_free(&f.text);
	return res;
}

int
message_wire_file(const struct message *m, struct letter *l, int fd)
{
	struct streams s = {.in = {0}};
	struct wire w = {0};
	int res = -1;

	if (!stralloc_ready(&s.in, STEP)) {
		errno = ENOMEM;
		goto done;
	}
	res = fio_write(fd, l->header.s, l->header.len);
	if (res == 0)
		res = put_file(m, l, &w, NULL, fd, &s);
	if (res < 0 && errno == EMSGSIZE)
		res = put_file_folded(m, l, &w, fd, &s);
	if (res == 0 && (finish(m, l, &w, &s.out) < 0 || flush(fd, &s.out) < 0))
		res = -1;
done:
	sa_free(&s.out);
	sa_free(&s.in);
	return res;
}
