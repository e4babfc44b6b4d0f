/* batch.c - chunks become mails, some at a time: see peer.h for the order */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-peer/peer.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/logline.h"
#include "lib/msg.h"

enum {
	TIME_DIGITS = 13,
	HASH_BYTES = 5, /* ten digits of the name */
};

/* struct batch - chunks that go together */
struct batch {
	struct peer *p;
	struct chunk of[PEER_BATCH];
	size_t n;
};

int
chunk_mail(char *out, const char *name)
{
	unsigned char sum[32];

	if (!EVP_Q_digest(
		NULL, "SHA256", NULL, name, strlen(name), sum, NULL)) {
		errno = ENOMEM;
		return -1;
	}
	snprintf(out, ID_NAME_MAX, "%.*s.%02x%02x%02x%02x%02x", TIME_DIGITS,
	    name, sum[0], sum[1], sum[2], sum[3], sum[4]);
	return 0;
}

static void
write_one(struct peer *p, struct chunk *c)
{
	const char *why = "";
	int res = pack_write(p, c, &why);

	if (res == 0)
		chunk_direct(p, c, why);
	else if (res < 0 && errno == EBADMSG)
		chunk_aside(p, c, why);
	else if (res < 0)
		chunk_later(p, c, "unable to write the job");
}

/* A file of an earlier try, whose chunk does not know of it, is replaced. */
static void
place_one(struct peer *p, struct chunk *c)
{
	int res = fsync(c->fd);

	if (res == 0)
		res = renameat(p->route.tmp, c->mail, p->out, c->mail);
	if (res < 0) {
		ho_drop(&p->route, c->fd, c->mail);
		c->fd = -1;
		chunk_later(p, c, "unable to write the job");
		return;
	}
	fio_close(c->fd);
	c->fd = -1;
	c->step = CHUNK_PLACED;
}

/* What is written for all chunks of a batch before the first one is synced needs
 * few commits of the file system. */
static int
write_ahead(struct chunk *c)
{
	if (claim_write(&c->claim) < 0)
		return -1;
	sync_file_range(c->claim.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

/* The claim is of no more use when this fails: who claims the chunk next reads
 * what its journal says. */
static void
not_recorded(struct peer *p, struct chunk *c)
{
	msg_warnsys("unable to record the job of ", c->name);
	p->trouble = 1;
	chunk_release(c);
}

static void
note_one(struct peer *p, struct chunk *c)
{
	struct entry e = {.op = OP_PACKED, .when_us = clock_wall_us()};

	if (claim_note(&c->claim, &e) < 0 || write_ahead(c) < 0)
		not_recorded(p, c);
}

static void
record_one(struct peer *p, struct chunk *c)
{
	if (claim_sync(&c->claim) < 0)
		not_recorded(p, c);
	else
		c->step = CHUNK_PACKED;
}

/* Is it still in the spool?  In one that was removed nothing is ever found. */
static int
dir_alive(int dir)
{
	struct stat st;

	return fstat(dir, &st) == 0 && st.st_nlink > 0;
}

/* One that is not there was handed over before a crash, which perhaps came
 * before that was durable. */
static void
hand_one(struct peer *p, struct chunk *c)
{
	int res = ho_pass(&p->route, p->out, c->mail);

	if (res < 0 && errno == ENOENT && dir_alive(p->route.new) &&
	    dir_alive(p->out)) {
		p->route.given++;
		res = 0;
	}
	if (res < 0)
		chunk_later(p, c, "unable to hand the job over");
	else
		c->step = CHUNK_HANDED;
}

static void
log_relayed(const struct chunk *c)
{
	struct logline l;

	log_begin(&l, c->name, "relayed");
	log_s(&l, "server", c->claim.head.server.s, c->claim.head.server.len);
	log_u(&l, "rcpts", c->claim.head.nrcpt - c->claim.failed);
	log_z(&l, "mail", c->mail);
	if (c->bytes)
		log_u(&l, "bytes", c->bytes);
	log_u(&l, "ms", (clock_wall_us() - c->began_us) / 1000U);
	log_end(&l);
}

static void
not_ended(struct peer *p, struct chunk *c)
{
	msg_warnsys("unable to record the results of ", c->name);
	p->trouble = 1;
	chunk_release(c);
}

static void
settle_one(struct peer *p, struct chunk *c)
{
	char text[ID_NAME_MAX + 32];

	snprintf(text, sizeof text, "relayed as %s", c->mail);
	if ((c->claim.left &&
		chunk_note(c, OP_DELIVERED, 250, "2.0.0", text) < 0) ||
	    chunk_end(c) < 0 || write_ahead(c) < 0)
		not_ended(p, c);
}

static void
finish_one(struct peer *p, struct chunk *c)
{
	if (chunk_finish(p, c) < 0) {
		not_ended(p, c);
		return;
	}
	if (c->claim.failed < c->claim.head.nrcpt)
		log_relayed(c);
	chunk_release(c);
}

static void
each(struct batch *b, enum chunk_step step,
    void (*fn)(struct peer *p, struct chunk *c))
{
	for (size_t i = 0; i < b->n; i++)
		if (b->of[i].step == step)
			fn(b->p, &b->of[i]);
}

static int
any(const struct batch *b, enum chunk_step step)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->of[i].step == step)
			return 1;
	return 0;
}

/* Nothing of a step may go on: a directory could not be made durable. */
static void
none_of(struct batch *b, enum chunk_step step, const char *what)
{
	int err = errno;

	for (size_t i = 0; i < b->n; i++) {
		errno = err;
		if (b->of[i].step == step)
			chunk_later(b->p, &b->of[i], what);
	}
}

static void
pack(struct batch *b)
{
	each(b, CHUNK_CLAIMED, write_one);
	each(b, CHUNK_WRITTEN, place_one);
	if (any(b, CHUNK_PLACED) && fsync(b->p->out) < 0)
		none_of(b, CHUNK_PLACED, "unable to write the job");
	each(b, CHUNK_PLACED, note_one);
	each(b, CHUNK_PLACED, record_one);
}

static void
hand_over(struct batch *b)
{
	each(b, CHUNK_PACKED, hand_one);
	if (any(b, CHUNK_HANDED) && ho_flush(&b->p->route) < 0)
		none_of(b, CHUNK_HANDED, "unable to hand the job over");
}

/* lsv-route is told once the locks are free. */
static void
end(struct batch *b)
{
	if (!any(b, CHUNK_HANDED))
		return;
	each(b, CHUNK_HANDED, settle_one);
	log_gather();
	each(b, CHUNK_HANDED, finish_one);
	log_release();
	ho_wake(b->p->pools.top, "finished.trigger");
}

void
batch_work(struct peer *p, char (*name)[ID_NAME_MAX], size_t n)
{
	struct batch b = {.p = p, .n = n};

	for (size_t i = 0; i < n; i++)
		chunk_take(p, &b.of[i], name[i]);
	pack(&b);
	hand_over(&b);
	end(&b);
}
