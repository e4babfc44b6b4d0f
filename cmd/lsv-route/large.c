#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
#include "cmd/lsv-route/rows.h"
#include "cmd/lsv-route/split.h"
#include "lib/addr.h"
#include "lib/fio.h"
#include "lib/handover.h"
#include "lib/logline.h"
#include "lib/names.h"
#include "lib/num.h"

enum {
	FIRST_WAVE = 8,  /* chunks: small, so that the first leave soon ... */
	WAVE_GROWTH = 4, /* ... and the later ones cost few syncs */
};

/* struct expansion - a list being split into chunks
 *
 * j       its directory
 * head    the job's facts, the template of each chunk's head
 * rcpts   the lines of the chunk under way, n of them
 * tabled  1: the recipients are rows of a file: of a merged job, or those that
 *         were left when other servers had got theirs
 * table   these rows
 * peers   chunks for other servers, the first ones
 * said    what is said when all of it is made
 * key     of the last subscriber taken; of a row, where it ends in the table
 * wave    chunks of the wave under way
 * last    1: the list has come to its end
 */
struct expansion {
	struct jobdir j;
	struct mailhead head;
	struct rows table;
	stralloc rcpts, text, key, poster, own;
	uint32_t n, peers;
	unsigned wave;
	int last, tabled;
	struct said said;
};

static void
expansion_free(struct expansion *x)
{
	jobdir_close(&x->j);
	rows_close(&x->table);
	sa_free(&x->rcpts);
	sa_free(&x->text);
	sa_free(&x->key);
	sa_free(&x->poster);
	sa_free(&x->own);
}

static int
write_chunk(struct expansion *x)
{
	struct mailhead h = x->head;

	jobdir_next(&x->j, h.name);
	h.nrcpt = x->n;
	h.rcpts = (struct bytes){x->rcpts.s, x->rcpts.len};
	x->text.len = 0;
	if (mailhead_format(&x->text, &h) < 0 ||
	    jobdir_chunk(&x->j, (struct bytes){x->text.s, x->text.len}, x->n) <
		0)
		return -1;
	x->rcpts.len = 0;
	x->n = 0;
	return 0;
}

static int
add_rcpt(struct expansion *x, const struct subscriber *s)
{
	x->key.len = 0;
	if (sa_put(&x->key, s->key.s, s->key.len) < 0)
		return -1;
	if (x->poster.len &&
	    addr_same(s->addr.s, s->addr.len, x->poster.s, x->poster.len))
		return 0;
	if (sa_put(&x->rcpts, s->addr.s, s->addr.len) < 0 ||
	    sa_put(&x->rcpts, "\n", 1) < 0)
		return -1;
	x->n++;
	return x->n == x->j.plan.chunk ? write_chunk(x) : 0;
}

/* Read subscribers until the wave is full or the list at its end. */
static int
walk_wave(struct route *r, struct expansion *x, const struct list *list)
{
	struct lists_walk w;
	struct subscriber s;
	int res = 1;

	if (lists_walk_begin(&w, &r->lists, list,
		(struct bytes){x->key.s, x->key.len}, 0) < 0)
		return -1;
	while (x->j.pending < x->wave && (res = lists_walk_next(&w, &s)) > 0)
		if ((res = add_rcpt(x, &s)) < 0)
			break;
	/* the wave is full, and its last chunk was written */
	if (res == 0 && x->j.pending == x->wave)
		res = 1;
	lists_walk_end(&w);
	if (res == 0) {
		x->last = 1;
		if (x->n)
			res = write_chunk(x);
	}
	return res < 0 ? -1 : 0;
}

/* A chunk is full by number or by bytes: the row then waits for the next. */
static int
add_row(struct expansion *x, struct bytes row)
{
	if (x->rcpts.len + row.len + 1 > ROWS_BYTES)
		return write_chunk(x);
	x->key.len = 0;
	if (sa_put(&x->rcpts, row.s, row.len) < 0 ||
	    sa_put(&x->rcpts, "\n", 1) < 0)
		return -1;
	rows_next(&x->table, row);
	if (sa_addu(&x->key, x->table.at) < 0)
		return -1;
	x->n++;
	return x->n == x->j.plan.chunk ? write_chunk(x) : 0;
}

/* Read rows until the wave is full or the table at its end. */
static int
table_wave(struct expansion *x)
{
	struct bytes row;
	int res = 0;

	while (x->j.pending < x->wave) {
		res = rows_get(&x->table, &row);
		if (res <= 0)
			break;
		res = add_row(x, row);
		if (res < 0)
			break;
	}
	if (res < 0)
		return -1;
	if (x->table.at < x->table.end)
		return 0;
	x->last = 1;
	return x->n ? write_chunk(x) : 0;
}

/* A list that was deleted meanwhile has no further subscribers. */
static int
read_wave(struct route *r, struct expansion *x)
{
	struct list list;
	int res;

	if (x->tabled)
		return table_wave(x);
	if (lists_ready(r) < 0 || lists_begin(&r->lists, 0) < 0)
		return -1;
	res = lists_find(&r->lists, &list, x->head.list.s, x->head.list.len);
	if (res > 0)
		res = walk_wave(r, x, &list);
	else if (res == 0)
		x->last = 1;
	lists_end(&r->lists, 0);
	return res;
}

void
large_wake(struct route *r)
{
	ho_wake(r->pools.top, pool_trigger(POOL_DEFAULT));
	ho_wake(r->pools.top, pool_trigger(POOL_PEER));
}

/* What is for other servers was written first. */
static int
let_go(struct route *r, struct expansion *x, uint32_t from)
{
	unsigned place = pool_index(x->head.pool);

	if (from <= x->peers) {
		if (jobdir_release(
			&x->j, &r->pools, POOL_PEER, from, x->peers) < 0)
			return -1;
		ho_wake(r->pools.top, pool_trigger(POOL_PEER));
		from = x->peers + 1;
	}
	if (jobdir_release(&x->j, &r->pools, place, from, x->j.plan.chunks) < 0)
		return -1;
	ho_wake(r->pools.top, pool_trigger(place));
	return 0;
}

/* One wave: chunks written, made durable, recorded, let go. */
static int
one_wave(struct route *r, struct expansion *x)
{
	uint32_t from = x->j.plan.chunks + 1;

	if (read_wave(r, x) < 0 ||
	    jobdir_wave(&x->j, &r->jobs, (struct bytes){x->key.s, x->key.len},
		x->last) < 0)
		return -1;
	return let_go(r, x, from);
}

static void
log_routed(struct expansion *x)
{
	struct said *s = &x->said;

	s->name = x->j.name;
	s->list = x->head.list;
	s->pool = x->head.pool;
	s->direct = x->j.plan.rcpts - s->forwarded;
	s->files = x->j.plan.chunks - s->jobs;
	if (s->relayed)
		say_distributed(s->name, x->head.file,
		    (struct bytes){x->own.s, x->own.len}, s->direct);
	say_routed(s);
}

static int
remove_source(struct route *r, const char *name)
{
	if (unlinkat(r->in.new, name, 0) < 0 && errno != ENOENT)
		return -1;
	return fsync(r->in.new);
}

static int
next_waves(struct route *r, struct expansion *x)
{
	while (!x->last) {
		x->wave *= WAVE_GROWTH;
		if (x->wave > JOB_WAVE_MAX)
			x->wave = JOB_WAVE_MAX;
		if (one_wave(r, x) < 0)
			return -1;
	}
	if (x->tabled)
		unlinkat(x->j.dir, ROWS_FILE, 0);
	log_routed(x);
	/* all may have come home before the plan had its end */
	ho_wake(r->pools.top, "finished.trigger");
	return 0;
}

/* The inbox file goes as soon as the job stands: the first wave commits. */
static int
expand_list(struct route *r, struct expansion *x)
{
	x->wave = FIRST_WAVE;
	if (one_wave(r, x) < 0 || remove_source(r, x->j.name) < 0)
		return -1;
	return next_waves(r, x);
}

/* Recipients that a head names are all in the first wave. */
static int
expand_head(struct route *r, struct expansion *x, const struct message *m)
{
	const char *s = m->head.rcpts.s, *end = s + m->head.rcpts.len, *nl;

	for (; s < end; s = nl + 1) {
		nl = memchr(s, '\n', (size_t)(end - s));
		if (!nl)
			break;
		if (sa_put(&x->rcpts, s, (size_t)(nl - s) + 1) < 0)
			return -1;
		x->n++;
		if (x->n == x->j.plan.chunk && write_chunk(x) < 0)
			return -1;
	}
	x->last = 1;
	if ((x->n && write_chunk(x) < 0) ||
	    jobdir_wave(&x->j, &r->jobs, (struct bytes){NULL, 0}, 1) < 0)
		return -1;
	if (let_go(r, x, 1) < 0 || remove_source(r, x->j.name) < 0)
		return -1;
	log_routed(x);
	return 0;
}

/* The facts are written once the body's size is known: the body comes first. */
static int
make_body(const struct message *m, struct letter *l, int fd)
{
	int res = message_wire_file(m, l, fd) < 0 || fsync(fd) < 0 ? -1 : 0;

	fio_close(fd);
	return res;
}

static int
write_facts(struct expansion *x, struct letter *l)
{
	x->text.len = 0;
	if (mailhead_format(&x->text, &l->head) < 0)
		return -1;
	return jobdir_facts(&x->j, (struct bytes){x->text.s, x->text.len});
}

static int
make_table(struct expansion *x, const struct message *m)
{
	if (rows_make(x->j.dir, &x->head, m->fd, m->head.table_at,
		m->head.table, m->head.rows) < 0)
		return -1;
	return rows_open(&x->table, x->j.dir, 0);
}

/* Others get theirs, and what is left is the table. */
static int
split_job(struct route *r, struct expansion *x, const struct message *m,
    struct letter *l, struct split *s)
{
	if (split_begin(s, r, &x->j, &x->head, l) < 0 ||
	    (m->head.class == CLASS_POST ? feed_list(r, s, l)
					 : feed_table(s, m)) < 0 ||
	    split_end(s) < 0 || sa_put(&x->own, s->own.s, s->own.len) < 0) {
		if (l->head.class == CLASS_DIST)
			l->why = SPLIT_BAD;
		return -1;
	}
	x->peers = s->jobs;
	x->said.jobs = s->jobs;
	x->said.forwarded = s->forwarded;
	x->said.relayed = s->jobs || m->head.class == CLASS_DIST;
	return rows_open(&x->table, x->j.dir, 0);
}

static void
log_split(const struct expansion *x, const struct message *m,
    const struct letter *l, const struct split *s)
{
	if (!x->said.relayed)
		return;
	say_begin(m, l);
	for (size_t i = 0; i < s->hops; i++)
		say_forwarded(&x->head,
		    (struct bytes){s->hop[i].server.s, s->hop[i].server.len},
		    s->hop[i].total);
}

/* The same as expand_list, for recipients of whom others may get some. */
static int
expand_split(struct route *r, struct expansion *x, const struct message *m,
    struct letter *l)
{
	struct split s = {.fd = -1};
	int res = split_job(r, x, m, l, &s);

	x->wave = FIRST_WAVE;
	if (res == 0)
		res = one_wave(r, x);
	if (res == 0)
		log_split(x, m, l, &s);
	split_free(&s);
	if (res < 0 || remove_source(r, x->j.name) < 0)
		return -1;
	return next_waves(r, x);
}

static int
make(struct route *r, struct expansion *x, const struct message *m,
    struct letter *l)
{
	int fd,
	    split =
		!l->head.merged && (l->relay || l->head.class == CLASS_DIST);

	if (jobdir_create(&x->j, &r->jobs, m->head.id, letter_chunk(r, l),
		(struct bytes){l->poster.s, l->poster.len}) < 0)
		return -1;
	fd = jobdir_body(&x->j);
	if (fd < 0 || make_body(m, l, fd) < 0 || write_facts(x, l) < 0 ||
	    sa_put(&x->poster, l->poster.s, l->poster.len) < 0)
		return -1;
	x->head = l->head;
	x->tabled = split || l->head.merged;
	if (split)
		return expand_split(r, x, m, l);
	if (l->head.merged && make_table(x, m) < 0)
		return -1;
	return x->tabled || l->head.class == CLASS_POST ? expand_list(r, x)
							: expand_head(r, x, m);
}

int
large_make(struct route *r, const char *name)
{
	struct expansion x = {
	    .j = {.dir = -1, .planfd = -1}, .table = {.fd = -1}};
	struct message m;
	struct letter l = {.skip = 0};
	struct where w = {0, "it cannot be brought into wire form"};
	int res = message_open(r, &m, name, &w);

	if (res == 0)
		res = letter_of(r, &m, &l, &w);
	if (res > 0)
		res = make(r, &x, &m, &l);
	else if (res == 0)
		res =
		    inbox_bad(&r->in, name, "the list does not exist any more");
	if (res < 0 && !x.j.committed && x.j.dir >= 0) {
		int err = errno;

		jobdir_sweep(r->jobs.stage, name);
		errno = err;
	}
	/* again it would be no better */
	if (res < 0 && !x.j.committed && errno == EBADMSG)
		res = inbox_bad(&r->in, name, l.why ? l.why : w.why);
	expansion_free(&x);
	letter_free(&l);
	message_close(&m);
	return res;
}

/* The facts of a job, from its own file. */
static int
read_facts(struct expansion *x)
{
	struct where w;

	if (fio_read(x->j.dir, "job", &x->text, MAIL_FRONT_MAX) < 0)
		return -1;
	if (mailhead_parse(&x->head, x->text.s, x->text.len, &w) == 0)
		return 0;
	errno = EBADMSG;
	return -1;
}

/* Behind the last row that the plan covers.  As long as the plan has not ended,
 * the table of a job that has one is there. */
static int
reopen_table(struct expansion *x)
{
	uint64_t at = 0;

	if (x->j.plan.ended)
		return 0;
	x->tabled = faccessat(x->j.dir, ROWS_FILE, F_OK, 0) == 0;
	if (!x->tabled)
		return x->head.merged || errno != ENOENT ? -1 : 0;
	if (x->key.len && num_u64(&at, x->key.s, x->key.len, INT64_MAX) < 0) {
		errno = EBADMSG;
		return -1;
	}
	return rows_open(&x->table, x->j.dir, at);
}

int
large_resume(struct route *r, const char *name)
{
	struct expansion x = {
	    .j = {.dir = -1, .planfd = -1}, .table = {.fd = -1}};
	stralloc facts = {0};
	struct where w;
	int res = jobdir_reopen(&x.j, &r->jobs, name, &w);

	if (res == 0)
		res = read_facts(&x);
	/* chunks are made in text: the head must keep what it points into */
	if (res == 0) {
		facts = x.text;
		x.text = (stralloc){0};
	}
	if (res == 0 &&
	    (sa_put(&x.key, (const char *)x.j.plan.key, x.j.plan.key_len) < 0 ||
		sa_puts(&x.poster, x.j.plan.poster) < 0))
		res = -1;
	x.wave = FIRST_WAVE;
	if (res == 0)
		res = reopen_table(&x);
	if (res == 0 && !x.j.plan.ended)
		res = next_waves(r, &x);
	expansion_free(&x);
	sa_free(&facts);
	return res;
}

static int
release_one(struct route *r, int dir, const char *name)
{
	struct where w;
	struct claim c;
	int res = claim_peek(&c, dir, name, &w);

	if (res == 0 && c.left)
		res = renameat2(dir, name,
		    r->pools.dir[pool_place(&c.head)][POOL_NOW], name,
		    RENAME_NOREPLACE);
	claim_close(&c);
	return res;
}

int
large_release(struct route *r, const char *name)
{
	struct jobdir j;
	struct names l = {0};
	struct where w;
	/* reopening removes what no plan line covers */
	int res = jobdir_reopen(&j, &r->jobs, name, &w);

	if (res == 0)
		res = names_read(&l, j.dir, INT32_MAX, NULL, NULL);
	for (size_t i = 0; i < l.n && res == 0; i++)
		res = release_one(r, j.dir, l.name[i]);
	names_free(&l);
	jobdir_close(&j);
	if (res == 0)
		large_wake(r);
	return res;
}
