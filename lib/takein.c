#include "lib/takein.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/roots.h"

int
takein_writer(struct stat *st)
{
	return lstat("score/writer", st);
}

static int
writer_become(void)
{
	struct stat st;

	if (geteuid() != 0)
		return 0;
	if (takein_writer(&st) < 0)
		return -1;
	if (setgroups(1, &st.st_gid) < 0 ||
	    setresgid(st.st_gid, st.st_gid, st.st_gid) < 0)
		return -1;
	return setresuid(st.st_uid, st.st_uid, st.st_uid);
}

int
takein_open(struct handover *ho)
{
	if (chdir(root_spool()) < 0 || writer_become() < 0)
		return -1;
	return ho_open(ho, "score");
}

static int
trouble(struct receive_answer *no, const char *what)
{
	return receive_no(
	    no, RECEIVE_AGAIN, "4.3.0 unable to ", what, ": ", strerror(errno));
}

static void
watch(const struct takein *t, int dir, const char *name)
{
	if (t->file)
		t->file(dir, name);
}

/* The file under way, if there is one. */
static void
remove_file(struct takein *t)
{
	if (t->fd < 0)
		return;
	(void)ho_drop(t->ho, t->fd, t->id);
	t->fd = -1;
	watch(t, -1, NULL);
}

static int
failed(struct takein *t)
{
	return t->no.kind != RECEIVE_DONE;
}

/* After receive_no: nothing stays. */
static int
give_up(struct takein *t)
{
	remove_file(t);
	fio_close(t->body);
	t->body = -1;
	t->len = t->skip = 0;
	return -1;
}

/* The table of now: lists come and go while a connection lasts. */
static int
lists_open(struct table *lists, struct receive_answer *no)
{
	stralloc path = {0};
	int r = -1;

	if (lists->cdb)
		r = table_refresh(lists);
	else if (root_path(&path, root_lib(), "lists/" LISTTAB_FILE) == 0)
		r = table_open(lists, path.s);
	else
		return receive_no(no, RECEIVE_AGAIN, "4.3.0 out of memory");
	if (r < 0)
		receive_no(no, RECEIVE_AGAIN,
		    "4.3.5 no table of lists: ", path.s ? path.s : lists->path,
		    ": ", strerror(errno));
	sa_free(&path);
	return r < 0 ? -1 : 0;
}

int
takein_address(struct receive_to *a, const char *rcpt, size_t len,
    const struct site *site, struct table *lists, struct receive_answer *no)
{
	if (receive_address(a, rcpt, len, site, no) < 0)
		return -1;
	if (a->list[0] == 0)
		return 0;
	if (lists_open(lists, no) < 0)
		return -1;
	return receive_list(a, lists, site, no);
}

void
takein_begin(struct takein *t, struct handover *ho, const struct receive_to *to,
    size_t n, const char *given, size_t len)
{
	if (t->ho)
		takein_drop(t);
	t->ho = ho;
	t->to = to;
	t->n = n;
	t->given = given;
	t->glen = len;
	t->len = t->skip = 0;
	t->started = 0;
	t->fd = t->body = -1;
	t->no = (struct receive_answer){.kind = RECEIVE_DONE};
	/* the largest of all; each has its own limits at the end */
	t->check = (struct intake){.max = 0};
	fold_begin(&t->fold);
	t->check.max_lines = to[0].max_lines;
	for (size_t i = 0; i < n; i++) {
		if (to[i].max > t->check.max)
			t->check.max = to[i].max;
		if (to[i].max_lines == 0 || t->check.max_lines == 0)
			t->check.max_lines = 0;
		else if (to[i].max_lines > t->check.max_lines)
			t->check.max_lines = to[i].max_lines;
	}
}

/* Is it too big for this one? */
static int
limits(const struct takein *t, const struct receive_to *to,
    struct receive_answer *no)
{
	struct intake c = t->check;
	char max[64];

	c.max = to->max;
	c.max_lines = to->max_lines;
	if (!intake_too_big(&c))
		return 0;
	if (c.size > c.max)
		snprintf(max, sizeof max, "%" PRIu64 " bytes", c.max);
	else
		snprintf(max, sizeof max, "%" PRIu64 " lines", c.max_lines);
	return receive_no(no, RECEIVE_BAD, "5.3.4 ",
	    c.size > c.max ? "the message is too big"
			   : "the message has too many lines",
	    ": more than ", max);
}

/* Lines that are too long go in as they are if lsv-route can fold them. */
static int
check(struct takein *t)
{
	const char *s = t->buf + t->skip, *code = "5.6.0 ";
	size_t len = t->len - t->skip;
	struct where w;

	if (intake_check(&t->check, s, len, &w) == 0) {
		if (fold_put(&t->fold, NULL, s, len, &w) == 0)
			return 0;
		if (!fold_in_header(&t->fold))
			code = "5.6.3 ";
	} else if (intake_too_big(&t->check)) {
		return limits(t, &t->to[0], &t->no);
	}
	return receive_no(&t->no, RECEIVE_BAD, code, w.why);
}

/* Without a given one the sender is what the MTA wrote into Return-Path. */
static int
sender_find(struct takein *t)
{
	struct field f;
	struct bytes v = {"", 0};

	if (t->given)
		v = (struct bytes){t->given, t->glen};
	else if (header_find(&t->header, "Return-Path", 0, &f))
		v = field_trim(f.value);
	return receive_sender(&t->sender, v.s, v.len, &t->no);
}

/* Work in progress must be able to end before the disk is full. */
int
takein_room(const struct handover *ho, struct receive_answer *no)
{
	struct statvfs v;

	if (fstatvfs(ho->tmp, &v) < 0)
		return trouble(no, "ask for free space");
	if (v.f_bavail < v.f_blocks / 20)
		return receive_no(
		    no, RECEIVE_AGAIN, "4.3.1 the spool is almost full");
	if (v.f_files && v.f_favail < v.f_files / 20)
		return receive_no(no, RECEIVE_AGAIN,
		    "4.3.1 the spool has almost no inodes left");
	return 0;
}

/* A file for one recipient, up to its message. */
static int
create(struct takein *t, const struct receive_to *to, struct receive_answer *no)
{
	struct spoolhead h = {.class = to->class,
	    .from = {t->sender.s, t->sender.len},
	    .to = {to->to.s, to->to.len},
	    .list = bytes_z(to->list),
	    .form = bytes_z(to->form),
	    .detail = {to->detail.s, to->detail.len}};
	stralloc head = {0};
	int r = -1;

	if (id_make(t->id) < 0)
		return trouble(no, "make an ID");
	memcpy(h.id, t->id, sizeof t->id);
	h.created_us = id_time_us(t->id);
	if (spoolhead_format(&head, &h, &t->size_at) < 0) {
		trouble(no, "describe the message");
		goto done;
	}
	t->fd = ho_create(t->ho, t->id);
	if (t->fd < 0) {
		trouble(no, "create a file in the spool");
		goto done;
	}
	watch(t, t->ho->tmp, t->id);
	r = fio_write(t->fd, head.s, head.len);
	if (r < 0)
		trouble(no, "write to the spool");
done:
	sa_free(&head);
	return r;
}

static int
start(struct takein *t)
{
	struct where w;

	t->started = 1;
	if (header_parse(&t->header, t->buf, t->len, &w) < 0)
		return receive_no(&t->no, RECEIVE_BAD, "5.6.0 ", w.why);
	t->skip = t->header.from; /* an mbox line is no part of the message */
	if (check(t) < 0 || sender_find(t) < 0 ||
	    takein_room(t->ho, &t->no) < 0 || create(t, &t->to[0], &t->no) < 0)
		return -1;
	t->head = t->size_at + SPOOL_SIZE_DIGITS + strlen("\nend\n");
	if (t->n == 1)
		return 0;
	t->body = fcntl(t->fd, F_DUPFD_CLOEXEC, 3);
	return t->body < 0 ? trouble(&t->no, "read the message again") : 0;
}

/* What is in the buffer goes into the file. */
static int
put(struct takein *t)
{
	int first = !t->started;

	if ((first ? start(t) : check(t)) < 0)
		return give_up(t);
	if (fio_write(t->fd, t->buf + t->skip, t->len - t->skip) < 0) {
		trouble(&t->no, "write to the spool");
		return give_up(t);
	}
	t->len = t->skip = 0;
	return 0;
}

char *
takein_space(struct takein *t)
{
	return t->buf + t->len;
}

int
takein_add(struct takein *t, size_t len)
{
	if (failed(t))
		return -1;
	t->len += len;
	if (t->len < (size_t)(t->started ? TAKEIN_STEP : HEADER_READ))
		return 0;
	return put(t);
}

void
takein_refuse(struct takein *t, enum receive_kind kind, const char *why)
{
	if (failed(t))
		return;
	receive_no(&t->no, kind, why);
	give_up(t);
}

/* The message once more, for another recipient. */
static int
copy(struct takein *t, const struct receive_to *to, struct receive_answer *no)
{
	off_t at = (off_t)t->head;
	ssize_t n;

	if (create(t, to, no) < 0)
		return -1;
	while ((n = pread(t->body, t->buf, TAKEIN_STEP, at)) > 0) {
		if (fio_write(t->fd, t->buf, (size_t)n) < 0)
			return trouble(no, "write to the spool");
		at += n;
	}
	return n < 0 ? trouble(no, "read the message again") : 0;
}

/* The size is known last but stands first. */
static int
finish(struct takein *t, struct receive_answer *no)
{
	char size[SPOOL_SIZE_DIGITS];
	int fd = t->fd, r;

	spoolhead_size(size, t->check.size);
	if (fio_pwrite(fd, size, sizeof size, (off_t)t->size_at) < 0)
		return trouble(no, "write to the spool");
	t->fd = -1; /* ho_commit closes it whatever happens */
	r = ho_commit(t->ho, fd, t->id);
	if (r < 0)
		trouble(no, "hand the message over");
	watch(t, -1, NULL);
	return r;
}

/* The files of the others are copied from the first.  What of it did not reach
 * the disk may read otherwise from now on: then there is no message any more. */
static int
store_first(struct takein *t, struct receive_answer *answer)
{
	if (limits(t, &t->to[0], answer) == 0) {
		if (finish(t, answer) == 0)
			return 0;
		t->no = *answer;
	} else if (t->body >= 0 && fsync(t->body) < 0) {
		trouble(&t->no, "write to the spool");
	}
	return -1;
}

static int
store(struct takein *t, size_t i, struct receive_answer *answer)
{
	const struct receive_to *to = &t->to[i];

	if (i == 0)
		return store_first(t, answer);
	if (limits(t, to, answer) < 0 || copy(t, to, answer) < 0)
		return -1;
	return finish(t, answer);
}

int
takein_commit(struct takein *t, size_t i, struct receive_answer *answer)
{
	int r = -1;

	if (i == 0 && !failed(t))
		(void)put(t);
	if (failed(t)) {
		*answer = t->no;
		if (intake_too_big(&t->check))
			(void)limits(t, &t->to[i], answer);
		return -1;
	}
	*answer = (struct receive_answer){.kind = RECEIVE_DONE};
	r = store(t, i, answer);
	if (r < 0)
		remove_file(t);
	if (failed(t))
		give_up(t);
	if (i + 1 == t->n)
		takein_drop(t);
	return r;
}

void
takein_drop(struct takein *t)
{
	if (!t->ho)
		return;
	remove_file(t);
	fio_close(t->body);
	t->body = -1;
	t->len = t->skip = 0;
	t->ho = NULL;
}
