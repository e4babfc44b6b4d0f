/* distrcpt.c - the recipients of a DISTRIBUTE job */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-command/dist.h"
#include "lib/addr.h"
#include "lib/addrlist.h"
#include "lib/cjli.h"
#include "lib/logline.h"
#include "lib/rcptline.h"

enum { SHOWN_MAX = 80 /* bytes of a bad line */ };

/* --- bad ones ---------------------------------------------------------------------- */

static void
log_bad(const struct dist *j, size_t line, struct bytes what, const char *why)
{
	struct logline l;

	log_begin(&l, j->c->id, "bad-recipient");
	log_u(&l, "line", line);
	log_s(&l, "address", what.s, what.len);
	log_z(&l, "why", why);
	log_end(&l);
}

int
dist_bad(struct dist *j, size_t line, struct bytes what, const char *why)
{
	if (what.len > SHOWN_MAX)
		what.len = SHOWN_MAX;
	if (j->bad++ >= DIST_BAD_SHOWN)
		return 0;
	if (j->d.dist2) {
		log_bad(j, line, what, why);
		return 0;
	}
	if (line && say(j->c, "Line %zu: ", line) < 0)
		return -1;
	if (say_s(j->c, what) < 0)
		return -1;
	return say(j->c, ": %s.\n", why);
}

/* Commands do not come in by way of a job: it could send itself around. */
static int
is_ours(const struct dist *j, struct bytes address)
{
	size_t at = addr_at(address.s, address.len);

	return at < address.len &&
	    bytes_same((struct bytes){address.s, at}, "listserv") &&
	    site_serves(j->c->site,
		(struct bytes){address.s + at + 1, address.len - at - 1});
}

int
dist_add(struct dist *j, size_t line, struct bytes address, struct bytes row,
    unsigned kind)
{
	if (is_ours(j, address))
		return dist_bad(j, line, address,
		    "this server takes its commands by mail, not by "
		    "DISTRIBUTE");
	if (rcptset_add(&j->set, address, row, kind) == 0)
		return 0;
	if (errno != EINVAL)
		return -1;
	return dist_bad(j, line, address, "it is no address");
}

/* --- a dataset of lines --------------------------------------------------------------- */

int
dist_nodes(struct command_context *c)
{
	return ADDR_UTF8 | (network_table(c) ? RCPTLINE_NODES : 0);
}

/* The name of a node alone stands for its pseudo domain.  1; 0 when no table has
 * it; -1. */
static int
complete(struct dist *j, stralloc *address)
{
	size_t at = addr_at(address->s, address->len) + 1;
	struct bytes node = {address->s + at, address->len - at};
	struct nethost h;
	int r;

	if (memchr(node.s, '.', node.len) || node.s[0] == '[')
		return 1;
	r = nettable_host(network_table(j->c), node, &h);
	if (r != 1)
		return r;
	return sa_puts(address, ".bitnet") < 0 ? -1 : 1;
}

static int
bad_node(struct dist *j, size_t line, const stralloc *address)
{
	return dist_bad(j, line, (struct bytes){address->s, address->len},
	    "no table has this node");
}

static int
add_line(struct dist *j, struct rcptline *r)
{
	struct bytes row;
	int known = complete(j, &r->address);

	if (known != 1)
		return known < 0 ? -1 : bad_node(j, r->number, &r->address);
	row = (struct bytes){r->address.s, r->address.len};
	if (r->bsmtp || j->d.dist2)
		return dist_add(j, r->number, row, row, DIST_SHARED);
	j->merged.len = 0;
	if (sa_put(&j->merged, row.s, row.len) < 0 ||
	    (r->name.len &&
		(sa_put(&j->merged, "\t", 1) < 0 ||
		    sa_put(&j->merged, r->name.s, r->name.len) < 0)))
		return -1;
	return dist_add(j, r->number, row,
	    (struct bytes){j->merged.s, j->merged.len}, DIST_PERSONAL);
}

static int
read_lines(struct dist *j, const struct cjli_dataset *d)
{
	struct rcptline r = {.number = 0};
	struct where w;
	int more, res = 0;

	rcptline_begin(&r, d->data, d->line, dist_nodes(j->c));
	while (res == 0 && (more = rcptline_next(&r, &w)) != 0) {
		j->read++;
		if (more > 0)
			res = add_line(j, &r);
		else if (errno == EINVAL)
			res = dist_bad(j, r.number, r.line, w.why);
		else
			res = -1;
	}
	rcptline_free(&r);
	return res;
}

/* --- other ways to name them ------------------------------------------------------------ */

/* Behind TO. */
static int
read_words(struct dist *j)
{
	struct bytes left = j->d.to, word;
	stralloc address = {0};
	struct where w;
	int flags = dist_nodes(j->c), r = 0;

	while (r == 0 && (word = cmd_word(&left)).len) {
		j->read++;
		address.len = 0;
		if (rcptline_address(&address, word, flags, &w) < 0) {
			r = errno == ENOMEM ? -1 : dist_bad(j, 0, word, w.why);
			continue;
		}
		r = complete(j, &address);
		if (r == 0)
			r = bad_node(j, 0, &address);
		else if (r == 1)
			r = dist_add(j, 0,
			    (struct bytes){address.s, address.len},
			    (struct bytes){address.s, address.len},
			    DIST_PERSONAL);
	}
	sa_free(&address);
	return r;
}

static int
read_field(struct dist *j, const struct field *f)
{
	struct addr_list list = {
	    .s = f->value.s, .len = f->value.len, .flags = ADDR_UTF8};
	size_t line = j->line + header_line(j->message.s, f->at) - 1;
	stralloc address = {0};
	struct where w;
	int more, r = 0;

	while (
	    r == 0 && (more = addr_list_next(&list, &address, NULL, &w)) != 0) {
		struct bytes a = {address.s, address.len};

		j->read++;
		r = more > 0 ? dist_add(j, line, a, a, DIST_SHARED)
			     : dist_bad(j, line, f->name, w.why);
	}
	sa_free(&address);
	return r;
}

/* To and Cc of the message. */
static int
read_header(struct dist *j)
{
	struct field f = {.at = 0};

	while (header_next(&j->header, &f))
		if ((field_is(&f, "To") || field_is(&f, "Cc")) &&
		    read_field(j, &f) < 0)
			return -1;
	return 0;
}

/* --- all of them ---------------------------------------------------------------------- */

static int
read_all(struct dist *j)
{
	const struct cjli_dataset *d;
	int r = 1;

	if (j->d.type == DISTCMD_MERGE)
		return dist_merge_rows(j);
	if (j->extra && j->extra(j) < 0)
		return -1;
	if (j->d.to.len)
		return read_words(j) < 0 ? -1 : 1;
	if (j->extra && !cjli_find(j->c->job, j->d.to_dd))
		return 1;
	if (j->d.to_dd.len) {
		r = dist_dataset(j, j->d.to_dd, &d);
		return r == 1 && read_lines(j, d) < 0 ? -1 : r;
	}
	if (j->d.type == DISTCMD_RFC822 && read_header(j) < 0)
		return -1;
	return r;
}

int
dist_begin(struct dist *j)
{
	int dir = j->c->server->made;
	int fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		return -1;
	rcptset_begin(&j->set, fd);
	return 0;
}

int
dist_recipients(struct dist *j)
{
	struct command_context *c = j->c;
	int r = dist_begin(j) < 0 ? -1 : read_all(j);

	if (r < 0 && errno == E2BIG)
		return say(
		    c, "A job has at most %d recipients.\n", (int)RCPTSET_MAX);
	if (r != 1)
		return r;
	if (rcptset_sort(&j->set, 1) < 0)
		return -1;
	if (j->bad > DIST_BAD_SHOWN &&
	    say(c, "... and %llu more lines with errors.\n",
		(unsigned long long)(j->bad - DIST_BAD_SHOWN)) < 0)
		return -1;
	if (j->set.n)
		return 1;
	return say(c, "There are no recipients: nothing was sent.\n");
}
