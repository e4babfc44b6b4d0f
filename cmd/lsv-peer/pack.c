/* pack.c - the mail that is made of a chunk */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-peer/peer.h"
#include "lib/distcmd.h"
#include "lib/fio.h"
#include "lib/spoolfile.h"
#include "lib/trail.h"

enum { STEP = 64 << 10 };

/* struct pack - a mail being made
 *
 * fd      in route/tmp
 * in, out a step of the message, and what comes of it
 * done    bytes of the mail written
 */
struct pack {
	struct container_look look;
	struct container_code code;
	struct distcmd command;
	stralloc cards, rcpts, in, out;
	int fd;
	uint64_t done;
};

static void
pack_free(struct pack *k)
{
	sa_free(&k->cards);
	sa_free(&k->rcpts);
	sa_free(&k->in);
	sa_free(&k->out);
}

/* --- the message ---------------------------------------------------------- */

typedef int piece_fn(struct pack *k, const char *s, size_t len);

static int
look(struct pack *k, const char *s, size_t len)
{
	container_look(&k->look, s, len);
	return 0;
}

static int
flush(struct pack *k)
{
	int res = fio_write(k->fd, k->out.s, k->out.len);

	k->done += k->out.len;
	k->out.len = 0;
	return res;
}

static int
put(struct pack *k, const char *s, size_t len)
{
	if (container_put(&k->out, &k->code, s, len) < 0)
		return -1;
	return k->out.len < STEP ? 0 : flush(k);
}

/* All of the message, in pieces. */
static int
walk(struct pack *k, const struct chunk *c, piece_fn *fn)
{
	uint64_t at = 0, size = c->claim.head.size;

	if (!stralloc_ready(&k->in, STEP)) {
		errno = ENOMEM;
		return -1;
	}
	while (at < size) {
		size_t want = size - at < STEP ? (size_t)(size - at) : STEP;
		ssize_t n =
		    pread(c->body, k->in.s, want, c->body_at + (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EBADMSG;
		if (n <= 0 || fn(k, k->in.s, (size_t)n) < 0)
			return -1;
		at += (uint64_t)n;
	}
	return 0;
}

/* --- the cards ------------------------------------------------------------ */

/* One recipient of the dataset TO.  A local part must not begin with an
 * asterisk, but for in quotes; blanks cannot be said at all.
 * 1; 0 for such a one; -1 with errno */
static int
put_rcpt(stralloc *out, struct bytes to)
{
	size_t at = 0;

	if (memchr(to.s, ' ', to.len) || memchr(to.s, '\t', to.len))
		return 0;
	if (to.s[0] == '*') {
		const char *sign = memrchr(to.s, '@', to.len);

		if (!sign)
			return 0;
		at = (size_t)(sign - to.s);
		if (sa_put(out, "\"", 1) < 0 || sa_put(out, to.s, at) < 0 ||
		    sa_put(out, "\"", 1) < 0)
			return -1;
	}
	if (sa_put(out, to.s + at, to.len - at) < 0 ||
	    sa_put(out, " BSMTP\n", 7) < 0)
		return -1;
	return 1;
}

/* Those that are left: what was settled is not told again. */
static int
put_rcpts(struct pack *k, const struct claim *c)
{
	for (uint32_t i = 0; i < c->head.nrcpt; i++) {
		int res;

		if (c->state[i] == OP_DELIVERED || c->state[i] == OP_FAILED)
			continue;
		res = put_rcpt(&k->rcpts, claim_rcpt(c, i));
		if (res <= 0)
			return res;
	}
	return 1;
}

/* 1; 0 when the trail is none */
static int
make_command(struct pack *k, const struct mailhead *h)
{
	struct distcmd *d = &k->command;
	struct trail t;
	struct where w;

	if (trail_parse(&t, h->trail, &w) < 0)
		return 0;
	*d = (struct distcmd){.dist2 = 1,
	    .type = h->file.len ? DISTCMD_FILE : DISTCMD_MAIL,
	    .file = h->file,
	    .dd = bytes_z("DATA"),
	    .to_dd = bytes_z("TO"),
	    .dkim = -1,
	    .prime = -1,
	    .prior = -1,
	    .from = h->from,
	    .from_null = h->from.len == 0,
	    .pool = h->pool,
	    .i = 1,
	    .forw = 1,
	    .crc_said = 1,
	    .crc = crc32_end(&k->look.crc),
	    .id = {t.origin.s,
		(size_t)(t.number.s + t.number.len - t.origin.s)},
	    .hops = t.hops,
	    .visited = t.visited};
	return 1;
}

/* 1; 0 when the job cannot be said in cards, and why says what; -1 */
static int
make_cards(struct pack *k, const struct chunk *c, const char **why)
{
	char job[16];
	int res = put_rcpts(k, &c->claim);

	*why = "a recipient that no job can name";
	if (res <= 0)
		return res;
	*why = "no trail of the job";
	if (!make_command(k, &c->claim.head))
		return 0;
	*why = "the job cannot be said in cards";
	snprintf(job, sizeof job, "D%07u", (unsigned)id_number(c->name));
	if (distcmd_format(&k->cards, &k->command, bytes_z(job),
		(struct bytes){k->rcpts.s, k->rcpts.len}) == 0)
		return 1;
	return errno == EINVAL ? 0 : -1;
}

/* --- the file ------------------------------------------------------------- */

static int
put_head(struct pack *k, const struct chunk *c, size_t *size_at)
{
	const struct mailhead *from = &c->claim.head;
	stralloc rcpts = {0};
	struct spoolhead h = {.class = CLASS_MAIL,
	    .created_us = from->created_us,
	    .from = from->from,
	    .to = from->server,
	    .pool = from->pool,
	    .reason = bytes_z("relay"),
	    .nrcpt = 1};
	int res = -1;

	id_copy(h.id, c->mail);
	if (sa_put(&rcpts, from->server.s, from->server.len) == 0 &&
	    sa_put(&rcpts, "\n", 1) == 0) {
		h.rcpts = (struct bytes){rcpts.s, rcpts.len};
		res = spoolhead_format(&k->out, &h, size_at);
	}
	sa_free(&rcpts);
	return res;
}

static int
put_mail(struct peer *p, struct pack *k, const struct chunk *c)
{
	char subject[64];
	struct container m = {.node = bytes_z(p->site.node),
	    .server = c->claim.head.server,
	    .id = bytes_z(c->mail),
	    .when_us = c->claim.head.created_us,
	    .subject = subject,
	    .cards = {k->cards.s, k->cards.len}};
	char digits[SPOOL_SIZE_DIGITS];
	size_t size_at, head;

	snprintf(subject, sizeof subject, "Job D%07u for %u recipient%s",
	    (unsigned)id_number(c->name), (unsigned)c->claim.left,
	    c->claim.left == 1 ? "" : "s");
	if (put_head(k, c, &size_at) < 0)
		return -1;
	head = k->out.len;
	if (container_begin(&k->out, &k->code, &m, &k->look) < 0 ||
	    walk(k, c, put) < 0 || container_end(&k->out, &k->code) < 0 ||
	    flush(k) < 0)
		return -1;
	spoolhead_size(digits, k->done - head);
	return fio_pwrite(k->fd, digits, sizeof digits, (off_t)size_at);
}

/* 1; 0 when it is too large, or for what make_cards says; -1 */
static int
prepare(struct peer *p, struct pack *k, const struct chunk *c, const char **why)
{
	int res = walk(k, c, look);

	if (res == 0)
		res = make_cards(k, c, why);
	if (res > 0 && k->cards.len + k->look.bytes > p->site.peer_maxsize) {
		*why = "over PEER_MAXSIZE";
		return 0;
	}
	return res;
}

int
pack_write(struct peer *p, struct chunk *c, const char **why)
{
	struct pack k = {.fd = -1};
	int res = prepare(p, &k, c, why);

	if (res <= 0)
		goto done;
	res = -1;
	k.fd = ho_create(&p->route, c->mail);
	if (k.fd < 0)
		goto done;
	if (put_mail(p, &k, c) < 0) {
		ho_drop(&p->route, k.fd, c->mail);
		goto done;
	}
	/* a head start while the rest of the batch is written */
	sync_file_range(k.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	c->fd = k.fd;
	c->bytes = k.done;
	c->step = CHUNK_WRITTEN;
	res = 1;
done:
	if (res < 0 && errno == EBADMSG)
		*why = "its message is cut short";
	pack_free(&k);
	return res;
}
