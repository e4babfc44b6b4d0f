/* networksay.c - what lsv-table network tells */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-table/network.h"
#include "lib/clean.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/json.h"
#include "lib/msg.h"
#include "lib/near.h"

enum { NEAR_SHOWN = 5 /* names of servers that may be meant */ };

static void
need(int bad)
{
	if (bad)
		msg_die(LSV_TEMP, "out of memory");
}

static void
write_all(int fd, const stralloc *out)
{
	if (fio_write(fd, out->s, out->len) < 0)
		msg_diesys(LSV_TEMP, "unable to write");
}

/* The lines of a text, each with a word in front. */
static void
complain(const stralloc *text, const char *word)
{
	struct bytes all = {text->s, text->len}, line;
	stralloc out = {0};
	const char *lf;

	while (all.len > 0) {
		lf = memchr(all.s, '\n', all.len);
		line = (struct bytes){
		    all.s, lf ? (size_t)(lf - all.s) + 1 : all.len};
		need(sa_puts(&out, word) < 0 ||
		    sa_put(&out, line.s, line.len) < 0);
		all.s += line.len;
		all.len -= line.len;
	}
	write_all(STDERR_FILENO, &out);
	sa_free(&out);
}

void
netjob_complain(const struct netjob *j)
{
	complain(&j->diag.text[NETDIAG_ERROR], "error: ");
	complain(&j->diag.text[NETDIAG_WARNING], "warning: ");
}

/* struct near - names of servers that may be meant, the likeliest first */
struct near {
	struct bytes name[NEAR_SHOWN];
	unsigned slips[NEAR_SHOWN], n;
};

static void
near_add(struct near *near, struct bytes name, unsigned slips)
{
	unsigned i;

	if (near->n == NEAR_SHOWN && slips >= near->slips[NEAR_SHOWN - 1])
		return;
	if (near->n < NEAR_SHOWN)
		near->n++;
	for (i = near->n - 1; i > 0 && near->slips[i - 1] > slips; i--) {
		near->name[i] = near->name[i - 1];
		near->slips[i] = near->slips[i - 1];
	}
	near->name[i] = name;
	near->slips[i] = slips;
}

static void
near_find(struct near *near, const struct netjob *j)
{
	const struct network *net = &j->net;
	struct bytes want = bytes_z(j->self), name, host;
	unsigned slips, other;
	uint32_t i;

	for (i = 0; i < net->npeers; i++) {
		name = network_text(net, net->peer[i].name);
		host = network_text(net, net->peer[i].host);
		slips = near_distance(want.s, want.len, name.s, name.len);
		other = near_distance(want.s, want.len, host.s, host.len);
		if (other < slips)
			slips = other;
		/* one letter in four, or all where there are few */
		if (slips <= want.len / 4 + 1 || net->npeers <= NEAR_SHOWN)
			near_add(near, name, slips);
	}
}

void
netjob_no_self(const struct netjob *j)
{
	struct near near = {.n = 0};
	stralloc out = {0};
	unsigned i;

	near_find(&near, j);
	need(sa_puts(&out, "there is no server \"") < 0 ||
	    clean_put(&out, bytes_z(j->self)) < 0 ||
	    sa_puts(&out, "\" among the ") < 0 ||
	    sa_addu(&out, j->net.npeers) < 0 || sa_puts(&out, " of ") < 0 ||
	    sa_puts(&out, j->source) < 0);
	for (i = 0; i < near.n; i++)
		need(sa_puts(&out, i ? ", " : "; near are: ") < 0 ||
		    clean_put(&out, near.name[i]) < 0);
	need(sa_0(&out) < 0);
	msg_warn(out.s);
	sa_free(&out);
}

static int
put_count(stralloc *out, uint64_t n, const char *one, const char *more)
{
	if (sa_addu(out, n) < 0)
		return -1;
	return sa_puts(out, n == 1 ? one : more);
}

static int
put_same(stralloc *out, const struct netjob *j)
{
	char when[40];

	clock_rfc5322(when, nettable_facts(&j->old)->made_us);
	return sa_puts(out, "nothing has changed since ") < 0 ||
	    sa_puts(out, when) < 0 || sa_puts(out, "; nothing to do") < 0;
}

/* "5 servers (5 reached), 12 nodes, 11 links, 34 entries, 12345 bytes, 3 ms" */
static int
put_made(stralloc *out, const struct netjob *j)
{
	const struct netfacts *f = &j->made.facts;

	return put_count(out, f->servers, " server (", " servers (") < 0 ||
	    put_count(out, f->reached, " reached), ", " reached), ") < 0 ||
	    put_count(out, f->nodes, " node, ", " nodes, ") < 0 ||
	    put_count(out, f->links, " link, ", " links, ") < 0 ||
	    put_count(out, f->entries, " entry, ", " entries, ") < 0 ||
	    put_count(out, j->made.bytes, " byte, ", " bytes, ") < 0 ||
	    put_count(out, j->ms, " ms", " ms") < 0;
}

static int
put_checked(stralloc *out, const struct netjob *j)
{
	const struct network *n = &j->net;

	return put_count(out, n->npeers, " server, ", " servers, ") < 0 ||
	    put_count(out, n->nnodes, " node, ", " nodes, ") < 0 ||
	    put_count(out, n->nlinks, " link, ", " links, ") < 0 ||
	    put_count(out, n->ndomains, " domain", " domains") < 0 ||
	    sa_puts(out, "; the tables can be used") < 0;
}

static int
put_found(stralloc *out, const struct netjob *j)
{
	const uint64_t *n = j->diag.count;

	if (n[NETDIAG_ERROR] &&
	    put_count(out, n[NETDIAG_ERROR], " error, ", " errors, ") < 0)
		return -1;
	if (n[NETDIAG_WARNING] &&
	    put_count(out, n[NETDIAG_WARNING], " warning, ", " warnings, ") < 0)
		return -1;
	return 0;
}

static void
print_text(stralloc *out, const struct netjob *j)
{
	int bad = sa_puts(out, "network: ") < 0 || put_found(out, j) < 0;

	if (j->fate == NETFATE_KEPT)
		bad |= sa_puts(out,
			   j->o->check ? "the tables cannot be used"
				       : "nothing is changed") < 0;
	else if (j->fate == NETFATE_SAME)
		bad |= put_same(out, j);
	else if (j->fate == NETFATE_CHECKED)
		bad |= put_checked(out, j);
	else
		bad |= put_made(out, j);
	if (j->fate == NETFATE_MADE && j->o->dry_run)
		bad |= sa_puts(out, " (dry run, nothing is changed)") < 0;
	need(bad || sa_puts(out, "\n") < 0);
}

static void
json_lines(struct json *js, const char *key, const stralloc *text)
{
	struct bytes all = {text->s, text->len};
	const char *lf;

	json_open(js, key, '[');
	while (all.len > 0) {
		lf = memchr(all.s, '\n', all.len);
		if (!lf)
			break;
		json_s(js, NULL, all.s, (size_t)(lf - all.s));
		all.len -= (size_t)(lf + 1 - all.s);
		all.s = lf + 1;
	}
	json_close(js, ']');
}

static void
json_facts(struct json *js, const struct netjob *j)
{
	const struct netfacts *f =
	    j->fate == NETFATE_SAME ? nettable_facts(&j->old) : &j->made.facts;

	json_u(js, "servers", f->servers);
	json_u(js, "reached", f->reached);
	json_u(js, "nodes", f->nodes);
	json_u(js, "links", f->links);
	json_u(js, "entries", f->entries);
	json_b(js, "hops", f->hops);
	json_z(js, "digest", j->digest);
	json_u(js, "bytes", j->fate == NETFATE_MADE ? j->made.bytes : 0);
}

static void
print_json(stralloc *out, const struct netjob *j)
{
	static const char *const state[] = {
	    [NETFATE_KEPT] = "kept",
	    [NETFATE_SAME] = "same",
	    [NETFATE_CHECKED] = "checked",
	    [NETFATE_MADE] = "made",
	};
	struct json js = {.out = out};

	json_open(&js, NULL, '{');
	json_b(&js, "dry_run", j->o->dry_run);
	json_z(&js, "dir", j->source);
	if (j->self)
		json_z(&js, "self", j->self);
	else
		json_null(&js, "self");
	json_z(&js, "state", state[j->fate]);
	if (j->fate == NETFATE_MADE || j->fate == NETFATE_SAME)
		json_facts(&js, j);
	json_u(&js, "nerrors", j->diag.count[NETDIAG_ERROR]);
	json_u(&js, "nwarnings", j->diag.count[NETDIAG_WARNING]);
	json_lines(&js, "errors", &j->diag.text[NETDIAG_ERROR]);
	json_lines(&js, "warnings", &j->diag.text[NETDIAG_WARNING]);
	json_u(&js, "ms", j->ms);
	json_close(&js, '}');
	need(js.failed || sa_puts(out, "\n") < 0);
}

void
netjob_print(const struct netjob *j)
{
	stralloc out = {0};

	if (j->o->json)
		print_json(&out, j);
	else
		print_text(&out, j);
	write_all(STDOUT_FILENO, &out);
	sa_free(&out);
}
