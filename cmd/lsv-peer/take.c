/* take.c - claiming a chunk, and what becomes of one */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-peer/peer.h"
#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/logline.h"
#include "lib/msg.h"

enum { WHY_MAX = 200 };

void
chunk_release(struct chunk *c)
{
	fio_close(c->fd);
	if (c->body >= 0 && c->body != c->claim.fd)
		fio_close(c->body);
	claim_close(&c->claim);
	c->fd = c->body = -1;
	c->step = CHUNK_OVER;
}

static int
move(struct peer *p, const struct chunk *c, int to)
{
	return renameat2(p->pools.dir[POOL_PEER][POOL_NOW], c->name, to,
	    c->name, RENAME_NOREPLACE);
}

void
chunk_aside(struct peer *p, struct chunk *c, const char *why)
{
	struct logline l;

	if (move(p, c, p->pools.dir[POOL_PEER][POOL_HELD]) < 0) {
		msg_warnsys("unable to set aside ", c->name);
		p->trouble = 1;
	} else {
		log_begin(&l, c->name, "held");
		log_z(&l, "why", why);
		log_end(&l);
	}
	chunk_release(c);
}

/* They are told only once the lock is free. */
void
chunk_direct(struct peer *p, struct chunk *c, const char *why)
{
	unsigned pool = pool_index(c->claim.head.pool);
	struct logline l;
	int res = move(p, c, p->pools.dir[pool][POOL_NOW]);

	if (res < 0) {
		msg_warnsys("unable to give away ", c->name);
		p->trouble = 1;
	} else {
		log_begin(&l, c->name, "direct");
		log_u(&l, "rcpts", c->claim.left);
		log_s(&l, "server", c->claim.head.server.s,
		    c->claim.head.server.len);
		log_z(&l, "pool", pool_name(pool));
		log_z(&l, "why", why);
		log_end(&l);
	}
	chunk_release(c);
	if (res == 0)
		ho_wake(p->pools.top, pool_trigger(pool));
}

int
chunk_note(struct chunk *c, enum journal_op op, unsigned code,
    const char *status, const char *text)
{
	const struct claim *k = &c->claim;
	struct entry e = {.op = op,
	    .code = code,
	    .status = bytes_z(status),
	    .when_us = clock_wall_us(),
	    .host = c->host,
	    .text = bytes_z(text)};
	uint32_t n = k->head.nrcpt, i = 0;

	while (i < n) {
		for (; i < n; i++)
			if (k->state[i] != OP_DELIVERED &&
			    k->state[i] != OP_FAILED)
				break;
		e.first = i;
		for (; i < n; i++)
			if (k->state[i] == OP_DELIVERED ||
			    k->state[i] == OP_FAILED)
				break;
		if (i > e.first) {
			e.last = i - 1;
			if (claim_note(&c->claim, &e) < 0)
				return -1;
		}
	}
	return 0;
}

int
chunk_end(struct chunk *c)
{
	return c->claim.ended
	    ? 0
	    : claim_note(&c->claim, &(struct entry){.op = OP_END});
}

int
chunk_finish(struct peer *p, struct chunk *c)
{
	if (claim_sync(&c->claim) < 0)
		return -1;
	claim_trim(&c->claim);
	return move(p, c, p->pools.finished);
}

static void
log_deferred(const struct chunk *c, const char *why, uint64_t due_us)
{
	struct logline l;

	log_begin(&l, c->name, "deferred");
	log_u(&l, "rcpts", c->claim.head.nrcpt);
	log_u(&l, "delivered", 0);
	log_u(&l, "failed", 0);
	log_u(&l, "retry", c->claim.left);
	log_s(&l, "host", c->host.s, c->host.len);
	log_u(&l, "tries", c->claim.tries);
	log_u(&l, "due", due_us / 1000000U);
	log_z(&l, "why", why);
	log_end(&l);
}

/* What cannot be recorded either stays where it is. */
void
chunk_later(struct peer *p, struct chunk *c, const char *what)
{
	uint64_t due = clock_wall_us() +
	    later_delay_us(
		p->site.retry_min_ms, p->site.retry_max_ms, c->claim.tries);
	struct entry later = {
	    .op = OP_LATER, .when_us = due, .tries = c->claim.tries + 1};
	char why[WHY_MAX];

	snprintf(why, sizeof why, "%s: %s", what, strerror(errno));
	if (chunk_note(c, OP_RETRY, 0, "4.3.0", why) < 0 ||
	    claim_note(&c->claim, &later) < 0 || claim_sync(&c->claim) < 0 ||
	    claim_trim(&c->claim) < 0 ||
	    move(p, c, p->pools.dir[POOL_PEER][POOL_LATER]) < 0) {
		msg_warn(c->name, ": ", why);
		msg_warnsys("unable to put off ", c->name);
		p->trouble = 1;
	} else {
		log_deferred(c, why, due);
		later_due(&p->later, due);
	}
	chunk_release(c);
}

/* --- what to do with it ----------------------------------------------------- */

/* Nobody can be told: the recipients fail, and their sender learns why. */
static void
fail(struct peer *p, struct chunk *c, const char *why)
{
	struct logline l;

	if (chunk_note(c, OP_FAILED, 0, "5.4.4", why) < 0 || chunk_end(c) < 0 ||
	    chunk_finish(p, c) < 0) {
		msg_warnsys("unable to record the results of ", c->name);
		p->trouble = 1;
	} else {
		log_begin(&l, c->name, "failed");
		log_u(&l, "rcpts", c->claim.failed);
		log_s(&l, "server", c->claim.head.server.s,
		    c->claim.head.server.len);
		log_z(&l, "why", why);
		log_end(&l);
	}
	chunk_release(c);
	ho_wake(p->pools.top, "finished.trigger");
}

/* A node of BITNET that has no other host is NODE.BITNET. */
static int
look_up(const struct peer *p, struct bytes host, struct netserver *s)
{
	static const char bitnet[] = ".bitnet";
	int res = nettable_named(&p->table, host, s);

	if (res != 0 || !bytes_ends(host, bitnet))
		return res;
	host.len -= strlen(bitnet);
	return nettable_named(&p->table, host, s);
}

/* Is the server known?  1; 0 and why it gets nothing; -1 with errno */
static int
server_known(const struct peer *p, struct bytes host, const char **why)
{
	struct netserver s;
	int res;

	*why = "RUNMODE=STANDALONE";
	if (p->site.standalone)
		return 0;
	*why = "the server is this one";
	if (site_serves(&p->site, host))
		return 0;
	if (p->site.tableless[0]) {
		*why = "another host than that of RUNMODE=TABLELESS";
		return bytes_same(host, p->site.tableless);
	}
	*why = "there is no table of the network";
	if (p->table_err) {
		errno = p->table_err;
		return errno == ENOENT ? 0 : -1;
	}
	*why = "the server is not in the table of the network";
	res = look_up(p, host, &s);
	if (res > 0 && s.self) {
		*why = "the server is this one";
		res = 0;
	}
	return res;
}

static int
is_address(struct bytes s)
{
	stralloc normal = {0};
	int res = addr_spec(&normal, s.s, s.len, 0, NULL);

	sa_free(&normal);
	return res == 0;
}

/* The body lies in the file itself, or once for all chunks of a job.  0; -1 with
 * errno, EBADMSG when it is gone */
static int
open_body(struct peer *p, struct chunk *c)
{
	char path[ID_NAME_MAX + 8];

	c->body = c->claim.fd;
	c->body_at = (off_t)c->claim.head.front;
	if (c->claim.head.inlined)
		return 0;
	snprintf(path, sizeof path, "%s/body", c->claim.head.job);
	c->body = openat(p->jobs, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	c->body_at = 0;
	if (c->body < 0 && errno == ENOENT)
		errno = EBADMSG;
	return c->body < 0 ? -1 : 0;
}

/* Not packed yet: may it be? */
static void
decide(struct peer *p, struct chunk *c)
{
	const struct mailhead *h = &c->claim.head;
	const char *why = "";
	int res;

	if (h->server.len == 0) {
		chunk_direct(p, c, "it is not for another server");
		return;
	}
	if (!is_address(h->server)) {
		fail(p, c, "the server has no address");
		return;
	}
	res = server_known(p, c->host, &why);
	if (res == 0)
		chunk_direct(p, c, why);
	else if (res < 0)
		chunk_later(p, c, "unable to read the table of the network");
	else if (open_body(p, c) == 0)
		c->step = CHUNK_CLAIMED;
	else if (errno == EBADMSG)
		chunk_aside(p, c, "the message of its job is gone");
	else
		chunk_later(p, c, "unable to read its message");
}

static void
not_claimed(struct peer *p, struct chunk *c, const struct where *w)
{
	if (errno == EAGAIN || errno == ENOENT) {
		chunk_release(c);
	} else if (errno == EBADMSG) {
		chunk_aside(p, c, w->why);
	} else {
		msg_warnsys("unable to claim ", c->name);
		p->trouble = 1;
		chunk_release(c);
	}
}

static struct bytes
host_of(struct bytes server)
{
	size_t at = addr_at(server.s, server.len);

	if (at == server.len)
		return server;
	return (struct bytes){server.s + at + 1, server.len - at - 1};
}

void
chunk_take(struct peer *p, struct chunk *c, const char *name)
{
	struct where w = {0, "it cannot be read"};

	*c = (struct chunk){.fd = -1,
	    .body = -1,
	    .claim = {.fd = -1},
	    .began_us = clock_wall_us()};
	id_copy(c->name, name);
	if (claim_open(&c->claim, p->pools.dir[POOL_PEER][POOL_NOW], name, &w) <
	    0) {
		not_claimed(p, c, &w);
		return;
	}
	c->host = host_of(c->claim.head.server);
	if (chunk_mail(c->mail, name) < 0 || claim_reserve(&c->claim) < 0) {
		msg_warnsys("unable to work on ", name);
		p->trouble = 1;
		chunk_release(c);
	} else if (c->claim.left == 0) {
		c->step = CHUNK_HANDED;
	} else if (c->claim.packed_us) {
		c->step = CHUNK_PACKED;
	} else {
		decide(p, c);
	}
}
