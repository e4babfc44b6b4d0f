/* disttell.c - what the sender is told of where his message goes */
#include "cmd/lsv-command/dist.h"
#include "lib/relaytrace.h"

/* struct part - the recipients of one kind, as relaytrace counts them */
struct part {
	const struct rcptset *set;
	unsigned kind;
	size_t at, n; /* n-th of the kind is the one at this place */
};

static struct bytes
get(void *arg, uint64_t n)
{
	struct part *p = arg;
	struct bytes row;
	const char *tab;
	unsigned kind;

	if (n < p->n)
		p->at = p->n = 0;
	for (;; p->at++) {
		row = rcptset_row(p->set, p->at, &kind);
		if (kind != p->kind)
			continue;
		if (p->n == n)
			break;
		p->n++;
	}
	tab = memchr(row.s, '\t', row.len);
	if (tab)
		row.len = (size_t)(tab - row.s);
	return row;
}

static int
put_report(struct dist *j, const struct relaytrace *t, stralloc *out)
{
	int table = j->d.debug || j->d.trace;

	if (table && relaytrace_table(t, out) < 0)
		return -1;
	return relaytrace_moves(
	    t, out, j->d.debug ? "(Debug) " : "", j->file, DIST_MOVES_SHOWN);
}

/* The text is of ours, with its line ends; names in it were checked. */
static int
say_lines(struct command_context *c, struct bytes text)
{
	while (text.len) {
		const char *lf = memchr(text.s, '\n', text.len);
		size_t n = lf ? (size_t)(lf - text.s) : text.len;

		if (say_s(c, (struct bytes){text.s, n}) < 0 || say(c, "\n") < 0)
			return -1;
		n += lf != NULL;
		text.s += n;
		text.len -= n;
	}
	return 0;
}

static int
tell_kind(struct dist *j, unsigned kind)
{
	struct part part = {.set = &j->set, .kind = kind};
	struct relay_config config;
	struct relaytrace t;
	stralloc out = {0};
	int r;

	if (j->set.of[kind] == 0)
		return 0;
	network_config(j->c, &config);
	if (kind == DIST_PERSONAL) /* all of them are ours to deliver */
		config.hops = RELAY_HOPS_MAX;
	r = relaytrace_make(&t, &config, get, &part, j->set.of[kind]);
	if (r == 0)
		r = put_report(j, &t, &out);
	relaytrace_free(&t);
	if (r == 0)
		r = say_lines(j->c, (struct bytes){out.s, out.len});
	sa_free(&out);
	return r;
}

int
dist_tell(struct dist *j)
{
	if (j->d.ack == DISTCMD_NONE && !j->d.debug && !j->d.trace)
		return 0;
	for (unsigned kind = 0; kind < RCPTSET_KINDS; kind++)
		if (tell_kind(j, kind) < 0)
			return -1;
	return 0;
}
