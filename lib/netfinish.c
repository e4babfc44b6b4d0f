/* network_finish: links and aliases get their nodes. */
#include <errno.h>

#include "lib/network.h"

static const char *
file_of(const struct network *n, struct netplace at)
{
	return at.file < n->nfiles ? n->file[at.file].name : "";
}

static void
say(const struct network *n, struct netdiag *d, enum netdiag_kind kind,
    struct netplace at, const char *tag, const char *why, struct nettext name)
{
	netdiag_say(d, kind, file_of(n, at), at.line, bytes_z(tag), why,
	    network_text(n, name));
}

/* --- aliases -------------------------------------------------------------- */

enum alias_state { ALIAS_NEW, ALIAS_UNDER_WAY, ALIAS_DONE };

/* The alias that an alias leads to; NETWORK_NONE when it leads elsewhere, to
 * what is in *node. */
static uint32_t
alias_next(const struct network *n, uint32_t a, uint32_t *node)
{
	struct bytes new = network_text(n, n->alias[a].new);
	uint32_t next = network_alias(n, new);

	*node = network_node(n, new);
	if (*node != NETWORK_NONE)
		return NETWORK_NONE;
	if (next == NETWORK_NONE)
		*node = network_host(n, new, NULL);
	return next;
}

/* Follow one alias as far as it goes; all on the way get the node there. */
static void
alias_follow(struct network *n, uint32_t a, uint8_t *state, uint32_t *way,
    struct netdiag *d)
{
	uint32_t len = 0, node = NETWORK_NONE;

	while (a != NETWORK_NONE && state[a] == ALIAS_NEW) {
		state[a] = ALIAS_UNDER_WAY;
		way[len++] = a;
		a = alias_next(n, a, &node);
	}
	if (a != NETWORK_NONE && state[a] == ALIAS_DONE)
		node = n->alias[a].node;
	if (a != NETWORK_NONE && state[a] == ALIAS_UNDER_WAY)
		say(n, d, NETDIAG_ERROR, n->alias[a].place, "node",
		    "aliases go round in a circle", n->alias[a].old);
	else if (node == NETWORK_NONE && len)
		say(n, d, NETDIAG_WARNING, n->alias[way[len - 1]].place, "node",
		    "alias of an unknown node; it is left out",
		    n->alias[way[len - 1]].new);
	while (len) {
		n->alias[way[--len]].node = node;
		state[way[len]] = ALIAS_DONE;
	}
}

/* An alias may be the name of something else. */
static void
alias_check(struct network *n, struct netdiag *d)
{
	for (uint32_t i = 0; i < n->naliases; i++) {
		struct netalias *a = &n->alias[i];
		struct bytes old = network_text(n, a->old);
		int node = network_node(n, old) != NETWORK_NONE;
		int domain = network_domain(n, old) != NETWORK_NONE;

		if (a->renamed && (node || domain))
			a->node = NETWORK_NONE;
		else if (node)
			say(n, d, NETDIAG_WARNING, a->place, "nick",
			    "alias has the name of a node, which wins", a->old);
		else if (domain)
			say(n, d, NETDIAG_WARNING, a->place, "nick",
			    "alias has the name of a domain; the alias wins",
			    a->old);
	}
}

static int
finish_aliases(struct network *n, struct netdiag *d)
{
	uint8_t *state;
	uint32_t *way;
	int r = -1;

	if (n->naliases == 0)
		return 0;
	state = calloc(n->naliases, sizeof *state);
	way = calloc(n->naliases, sizeof *way);
	if (state && way) {
		for (uint32_t i = 0; i < n->naliases; i++)
			alias_follow(n, i, state, way, d);
		alias_check(n, d);
		r = 0;
	}
	free(state);
	free(way);
	return r;
}

/* --- links ---------------------------------------------------------------- */

/* Numbers of the neighbours; what has none is taken out. */
static void
resolve_links(struct network *n, struct netdiag *d)
{
	uint32_t kept = 0;

	n->rated = 0;
	for (uint32_t i = 0; i < n->nlinks; i++) {
		struct netlink *l = &n->link[i];
		uint32_t domain;

		l->to = network_host(n, network_text(n, l->name), &domain);
		if (domain != NETWORK_NONE && n->domain[domain].suffix)
			l->to = NETWORK_NONE;
		if (l->to == NETWORK_NONE)
			say(n, d, NETDIAG_WARNING, l->place, "links",
			    "unknown neighbour; the link is left out", l->name);
		else if (l->to == l->from)
			say(n, d, NETDIAG_WARNING, l->place, "links",
			    "link from a node to itself; it is left out",
			    l->name);
		else {
			n->rated += l->rated;
			n->link[kept++] = *l;
		}
	}
	n->nlinks = kept;
}

static int
by_neighbour(const void *a, const void *b)
{
	const struct netlink *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->name.at != y->name.at) /* in the order they were added */
		return x->name.at < y->name.at ? -1 : 1;
	return 0;
}

/* By node, then by neighbour. */
static int
sort_links(struct network *n)
{
	uint32_t *first = calloc((size_t)n->nnodes + 2, sizeof *first);
	struct netlink *sorted = NULL;

	if (n->nlinks)
		sorted = calloc(n->nlinks, sizeof *sorted);
	if (!first || (n->nlinks && !sorted)) {
		free(first);
		free(sorted);
		return -1;
	}
	for (uint32_t i = 0; i < n->nlinks; i++)
		first[n->link[i].from + 2]++;
	for (uint32_t v = 0; v < n->nnodes; v++)
		first[v + 2] += first[v + 1];
	for (uint32_t i = 0; i < n->nlinks; i++)
		sorted[first[n->link[i].from + 1]++] = n->link[i];
	free(n->link);
	n->link = sorted;
	n->links_room = n->nlinks;
	n->first = first;
	for (uint32_t v = 0; v < n->nnodes; v++)
		if (first[v + 1] - first[v] > 1)
			qsort(n->link + first[v], first[v + 1] - first[v],
			    sizeof *n->link, by_neighbour);
	return 0;
}

static int
same_kind(const struct netlink *a, const struct netlink *b)
{
	return a->type == b->type && a->switches == b->switches &&
	    a->speed == b->speed && a->resistance == b->resistance;
}

/* The first of the links from one node to another, or the end of those from
 * it. */
static uint32_t
find_link(const struct network *n, uint32_t from, uint32_t to)
{
	uint32_t low = n->first[from], high = n->first[from + 1];

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (n->link[middle].to < to)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A link and what leads back: is there any, and is it of the same kind? */
static void
check_back(const struct network *n, const struct netlink *l, struct netdiag *d)
{
	uint32_t at = find_link(n, l->to, l->from);
	int back = 0, alike = 0, meant = l->oneway;

	for (; at < n->first[l->to + 1] && n->link[at].to == l->from; at++) {
		back = 1;
		alike |= same_kind(l, &n->link[at]);
		meant |= n->link[at].oneway;
	}
	if (meant)
		return;
	if (!back)
		say(n, d, NETDIAG_WARNING, l->place, "links",
		    "one-sided link: the neighbour does not list it; used in "
		    "this direction only",
		    l->name);
	else if (!alike && l->from < l->to)
		say(n, d, NETDIAG_WARNING, l->place, "links",
		    "the neighbour lists this link with other attributes",
		    l->name);
}

static void
check_links(const struct network *n, struct netdiag *d)
{
	for (uint32_t i = 0; i < n->nlinks; i++) {
		const struct netlink *l = &n->link[i];

		if (i && l[-1].from == l->from && l[-1].to == l->to) {
			if (l[-1].place.file == l->place.file)
				say(n, d, NETDIAG_WARNING, l->place, "links",
				    "neighbour listed twice; the cheaper link "
				    "is used",
				    l->name);
			continue;
		}
		check_back(n, l, d);
	}
}

/* --- all ------------------------------------------------------------------ */

static void
check_members(const struct network *n, struct netdiag *d)
{
	for (uint32_t i = 0; i < n->nareas; i++)
		for (uint32_t m = 0; m < n->area[i].count; m++) {
			struct nettext name =
			    n->member[n->area[i].first + m].name;
			struct bytes b = network_text(n, name);

			if (!memchr(b.s, '.', b.len) &&
			    network_host(n, b, NULL) == NETWORK_NONE)
				say(n, d, NETDIAG_WARNING, n->area[i].place,
				    "include",
				    "service area of an unknown node", name);
		}
}

int
network_finish(struct network *n, struct netdiag *d)
{
	if (finish_aliases(n, d) < 0)
		return -1;
	resolve_links(n, d);
	if (sort_links(n) < 0)
		return -1;
	check_links(n, d);
	check_members(n, d);
	return 0;
}
