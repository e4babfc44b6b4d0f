/* disthand.c - the files that lsv-route gets, at once or when a job was
 * confirmed
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-command/dist.h"
#include "lib/clock.h"
#include "lib/distmail.h"
#include "lib/fio.h"
#include "lib/names.h"
#include "lib/wire.h"

enum {
	STEP = 64 << 10,
	ROWS_STEP = 256 << 10,
	KEPT_S = COOKIE_LIFE_S + 3600, /* what waits is kept a bit longer than
					* its cookie is good */
};

/* --- writing one ------------------------------------------------------------------- */

/* struct file - one being written
 *
 * at      bytes in front of the message
 */
struct file {
	struct spoolhead head;
	int fd;
	uint64_t at;
	stralloc out;
};

static int
put_head(struct file *f)
{
	f->out.len = 0;
	return spoolhead_format(&f->out, &f->head, NULL) < 0
	    ? -1
	    : fio_pwrite(f->fd, f->out.s, f->out.len, 0);
}

static int
begin(struct command_context *c, struct file *f)
{
	f->fd = out_begin(c, f->head.id);
	if (f->fd < 0)
		return -1;
	if (put_head(f) < 0 || lseek(f->fd, (off_t)f->out.len, SEEK_SET) < 0)
		return ho_drop(&c->server->out, f->fd, f->head.id);
	f->at = f->out.len;
	return 0;
}

static int
flush(struct file *f, size_t max)
{
	int r;

	if (f->out.len <= max)
		return 0;
	r = fio_write(f->fd, f->out.s, f->out.len);
	f->out.len = 0;
	return r;
}

static int
put_rows(struct dist *j, struct file *f, unsigned kind)
{
	unsigned is;

	f->out.len = 0;
	for (size_t i = 0; i < j->set.n; i++) {
		struct bytes row = rcptset_row(&j->set, i, &is);

		if (is != kind)
			continue;
		if (sa_put(&f->out, row.s, row.len) < 0 ||
		    sa_put(&f->out, "\n", 1) < 0 || flush(f, ROWS_STEP) < 0)
			return -1;
		f->head.rows++;
		f->head.table += row.len + 1;
	}
	return flush(f, 0);
}

static int
put_wire(struct file *f, struct wire *wire, struct bytes b)
{
	struct where w;

	while (b.len) {
		size_t n = b.len < STEP ? b.len : STEP;

		if (wire_put(wire, &f->out, b.s, n, &w) < 0 ||
		    flush(f, STEP) < 0)
			return -1;
		b.s += n;
		b.len -= n;
	}
	return 0;
}

static int
put_message(struct dist *j, struct file *f, unsigned kind)
{
	struct wire wire = {0};
	struct bytes all = j->message, head = {"", 0};

	if (j->d.type == DISTCMD_MERGE) {
		all = (struct bytes){j->made.s, j->made.len};
	} else if (kind == DIST_PERSONAL) {
		head = (struct bytes){j->personal.s, j->personal.len};
		all.s += j->header.body;
		all.len -= j->header.body;
	}
	if (put_wire(f, &wire, head) < 0 || put_wire(f, &wire, all) < 0 ||
	    wire_end(&wire, &f->out) < 0)
		return -1;
	f->head.size = wire.bytes;
	return flush(f, 0);
}

/* As in lsv-merge: of the list when it is a posting, else to nobody. */
static struct spoolhead
head_of(const struct dist *j, unsigned kind)
{
	const struct command_context *c = j->c;
	struct spoolhead h = {.class = CLASS_DIST,
	    .created_us = c->now_us,
	    .from = {j->from.s, j->from.len},
	    .to = c->sender,
	    .pool = j->d.pool ? j->d.pool : c->site->pool_dist,
	    .reason = bytes_z("distribute"),
	    .trail = {j->trail.s, j->trail.len},
	    .file = j->file,
	    .merged = kind == DIST_PERSONAL};

	if (kind == DIST_PERSONAL)
		h.fields = j->d.type == DISTCMD_MERGE
		    ? (struct bytes){j->names.s, j->names.len}
		    : bytes_z(DISTMAIL_FIELDS);
	return h;
}

static int
end(struct dist *j, struct file *f, unsigned kind, int wait)
{
	struct command_context *c = j->c;

	if (put_head(f) < 0)
		return ho_drop(&c->server->out, f->fd, f->head.id);
	if (!wait)
		return out_end(c, f->fd, f->head.id);
	id_copy(j->waiting[kind], f->head.id);
	return out_wait(c, f->fd, f->head.id);
}

static int
hand_kind(struct dist *j, unsigned kind, int wait)
{
	struct file f = {.head = head_of(j, kind)};
	int r;

	if (j->set.of[kind] == 0)
		return 0;
	r = begin(j->c, &f);
	if (r == 0 &&
	    (put_rows(j, &f, kind) < 0 || put_message(j, &f, kind) < 0))
		r = ho_drop(&j->c->server->out, f.fd, f.head.id);
	if (r == 0)
		r = end(j, &f, kind, wait);
	sa_free(&f.out);
	return r;
}

/* An approved posting goes the way of all postings. */
static int
hand_post(struct dist *j, struct bytes to, int wait)
{
	struct command_context *c = j->c;
	struct file f = {.head = {.class = CLASS_POST,
			     .created_us = c->now_us,
			     .from = {j->from.s, j->from.len},
			     .to = to,
			     .list = bytes_z(j->list),
			     .size = j->message.len}};
	int r = begin(c, &f);

	if (r == 0 && fio_write(f.fd, j->message.s, j->message.len) < 0)
		r = ho_drop(&c->server->out, f.fd, f.head.id);
	if (r == 0)
		r = end(j, &f, 0, wait);
	sa_free(&f.out);
	return r;
}

static int
hand_list(struct dist *j, int wait)
{
	stralloc to = {0};
	int r = -1;

	if (sa_puts(&to, j->list) == 0 && sa_put(&to, "@", 1) == 0 &&
	    sa_puts(&to, j->c->site->node) == 0)
		r = hand_post(j, (struct bytes){to.s, to.len}, wait);
	sa_free(&to);
	return r;
}

/* --- what waits ------------------------------------------------------------------------ */

/* Is there room for this job among those that wait: 1; 0; -1. */
static int
has_room(struct dist *j)
{
	struct names l;
	struct stat st;
	uint64_t bytes = j->message.len;
	int dir = j->c->server->wait, r = 0;

	if (names_read(&l, dir, DIST_WAITING_FILES + 1, NULL, NULL) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++)
		if (fstatat(dir, l.name[i], &st, AT_SYMLINK_NOFOLLOW) == 0)
			bytes += (uint64_t)st.st_size;
	r = l.n < DIST_WAITING_FILES && bytes <= DIST_WAITING_MAX;
	names_free(&l);
	return r;
}

static int
may_wait(struct dist *j)
{
	struct command_context *c = j->c;
	uint64_t n;
	int r;

	if (memory_count(c->memory, MEMORY_WAITING, c->sender, c->now_us, &n) <
	    0)
		return -1;
	if (n > DIST_WAITING_DAY)
		return say(c,
		    "Today %d of your jobs were kept for confirmation "
		    "already.  Give your password with\nPW= or try again "
		    "tomorrow.\n",
		    (int)DIST_WAITING_DAY);
	r = has_room(j);
	if (r != 0)
		return r;
	return say(c,
	    "Too much waits for confirmation at present.  Give your password "
	    "with PW= or try\nagain later.\n");
}

int
dist_hand(struct dist *j, int wait)
{
	int r = wait ? may_wait(j) : 1;

	if (r != 1)
		return r;
	if (j->list)
		return hand_list(j, wait) < 0 ? -1 : 1;
	for (unsigned kind = 0; kind < RCPTSET_KINDS; kind++)
		if (hand_kind(j, kind, wait) < 0)
			return -1;
	return 1;
}

void
dist_sweep(struct server *s)
{
	time_t now = (time_t)(clock_wall_us() / 1000000);
	struct names l;
	struct stat st;

	if (names_read(&l, s->wait, DIST_WAITING_FILES, NULL, NULL) < 0)
		return;
	for (size_t i = 0; i < l.n; i++)
		if (fstatat(s->wait, l.name[i], &st, AT_SYMLINK_NOFOLLOW) ==
			0 &&
		    (now - st.st_mtime > KEPT_S || st.st_mtime - now > KEPT_S))
			unlinkat(s->wait, l.name[i], 0);
	names_free(&l);
}

/* --- confirmed -------------------------------------------------------------------------- */

/* struct held - a file that waited, mapped: nobody but us has it */
struct held {
	struct spoolhead head;
	int fd;
	void *map;
	size_t size;
};

static int
open_held(struct held *h, int dir, const char *name)
{
	struct stat st;
	struct where w;

	h->fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (h->fd < 0 || fstat(h->fd, &st) < 0)
		return -1;
	h->size = (size_t)st.st_size;
	h->map = mmap(NULL, h->size, PROT_READ, MAP_PRIVATE, h->fd, 0);
	if (h->map == MAP_FAILED)
		return -1;
	if (spoolhead_parse(&h->head, h->map, h->size, &w) == 0 &&
	    h->head.length + h->head.size == h->size)
		return 0;
	errno = EIO;
	return -1;
}

static void
close_held(struct held *h)
{
	if (h->map != MAP_FAILED)
		munmap(h->map, h->size);
	fio_close(h->fd);
}

/* Its recipients, for the report. */
static int
take_rows(struct dist *j, const struct held *h)
{
	unsigned kind = h->head.merged ? DIST_PERSONAL : DIST_SHARED;
	const char *s = (const char *)h->map + h->head.table_at;
	const char *end = s + h->head.table, *lf, *tab;

	for (; s < end; s = lf + 1) {
		lf = memchr(s, '\n', (size_t)(end - s));
		tab = memchr(s, '\t', (size_t)((lf ? lf : end) - s));
		if (!lf) {
			errno = EIO;
			return -1;
		}
		if (rcptset_add(&j->set,
			(struct bytes){s, (size_t)((tab ? tab : lf) - s)},
			(struct bytes){s, (size_t)(lf - s)}, kind) < 0)
			return -1;
	}
	return 0;
}

/* The same under a new name, as every file that is handed over has that of the
 * message that made it. */
static int
release(struct dist *j, const struct held *h)
{
	struct command_context *c = j->c;
	struct file f = {.head = h->head};
	uint64_t rest = h->head.table + h->head.size;
	int64_t copied;
	int r;

	f.head.created_us = c->now_us;
	r = begin(c, &f);
	if (r == 0) {
		copied = fio_copy(h->fd, (off_t)h->head.table_at, rest, f.fd);
		if (copied >= 0)
			errno = EIO;
		r = copied == (int64_t)rest
		    ? out_end(c, f.fd, f.head.id)
		    : ho_drop(&c->server->out, f.fd, f.head.id);
	}
	sa_free(&f.out);
	return r;
}

int
dist_held(struct dist *j, struct bytes name)
{
	struct held h = {.fd = -1, .map = MAP_FAILED};
	char text[ID_NAME_MAX];
	int r = -1;

	if (name.len >= sizeof text || !id_ok(name.s, name.len))
		return 0;
	memcpy(text, name.s, name.len);
	text[name.len] = 0;
	if (open_held(&h, j->c->server->wait, text) < 0)
		r = errno == ENOENT ? 0 : -1;
	else if (release(j, &h) == 0 && take_rows(j, &h) == 0)
		r = 1;
	if (r == 1) {
		j->from.len = 0;
		r = sa_put(&j->from, h.head.from.s, h.head.from.len) < 0 ? -1
									 : 1;
	}
	close_held(&h);
	return r;
}
