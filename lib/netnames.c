#include "lib/netnames.h"

/* The tags of all three; each has other ones to say something with. */
enum { TAG_NODE, TAG_DOMAINS, TAG_INCLUDE = 0, TAG_EXCLUDE };

#define TAGS_OF_ALL                                                            \
	{"name", NETTAG_ONE}, {"admin", NETTAG_LIST}, {"remark", NETTAG_LIST}, \
	    {"lastup", NETTAG_ONE}, {"cks", NETTAG_SEAL},                      \
	{                                                                      \
		"totcks", NETTAG_ONE                                           \
	}

static const struct nettag_known of_alias[] = {
    [TAG_NODE] = {"node", NETTAG_ONE}, TAGS_OF_ALL};

static const struct nettag_known of_domain[] = {
    [TAG_NODE] = {"node", NETTAG_ONE},
    [TAG_DOMAINS] = {"domains", NETTAG_LIST},
    TAGS_OF_ALL};

static const struct nettag_known of_area[] = {
    [TAG_INCLUDE] = {"include", NETTAG_LIST},
    [TAG_EXCLUDE] = {"exclude", NETTAG_LIST},
    TAGS_OF_ALL};

static struct bytes
one_word(const struct nettag *t)
{
	struct bytes data = t->data, w = nettag_word(&data);

	return nettag_word(&data).len ? t->data : w;
}

/* --- aliases -------------------------------------------------------------- */

static int
take_alias(void *arg, const struct nettag_entry *e)
{
	const struct netread *r = arg;
	const struct nettag *t = nettag_find(e, TAG_NODE);

	if (!t) {
		netread_say(
		    r, NETDIAG_ERROR, e, NULL, "alias without a node", e->name);
		return 0;
	}
	if (network_add_alias(
		r->n, e->name, one_word(t), netread_place(e, NULL)) == 0)
		return 0;
	return netread_refused(r, e, NULL, "not the name of a node or domain",
	    NETDIAG_ERROR, "two entries for one alias", e->name);
}

/* --- domains -------------------------------------------------------------- */

static uint32_t
node_of(const struct network *n, struct bytes name)
{
	uint32_t v = network_node(n, name), p;

	if (v != NETWORK_NONE)
		return v;
	p = network_peer(n, name);
	return p == NETWORK_NONE ? NETWORK_NONE : n->peer[p].node;
}

static int
add_domain(const struct netread *r, const struct nettag_entry *e,
    const struct nettag *t, struct bytes name, uint32_t node)
{
	if (network_add_domain(r->n, NULL, name, node, netread_place(e, t)) ==
	    0)
		return 0;
	return netread_refused(r, e, t, "not the name of a domain",
	    NETDIAG_WARNING, "domain listed before; the first one keeps it",
	    name);
}

static int
take_domain(void *arg, const struct nettag_entry *e)
{
	const struct netread *r = arg;
	const struct nettag *t = nettag_find(e, TAG_NODE);
	uint32_t node;

	if (!t) {
		netread_say(r, NETDIAG_ERROR, e, NULL, "domain without a node",
		    e->name);
		return 0;
	}
	node = node_of(r->n, one_word(t));
	if (node == NETWORK_NONE) {
		netread_say(r, NETDIAG_WARNING, e, t,
		    "domain of an unknown node; it is left out", t->data);
		return 0;
	}
	if (add_domain(r, e, NULL, e->name, node) < 0)
		return -1;
	for (size_t i = 0; i < e->ntags; i++) {
		struct bytes data = e->tag[i].data, w;

		while (
		    e->tag[i].id == TAG_DOMAINS && (w = nettag_word(&data)).len)
			if (add_domain(r, e, &e->tag[i], w, node) < 0)
				return -1;
	}
	return 0;
}

/* --- service areas --------------------------------------------------------- */

static int
take_area(void *arg, const struct nettag_entry *e)
{
	const struct netread *r = arg;

	if (network_add_area(r->n, NULL, e->name, netread_place(e, NULL)) < 0)
		return netread_refused(r, e, NULL,
		    "not the name of a service area", NETDIAG_ERROR,
		    "two entries for one service area", e->name);
	for (size_t i = 0; i < e->ntags; i++) {
		const struct nettag *t = &e->tag[i];
		struct bytes data = t->data, w;

		if (t->id != TAG_INCLUDE && t->id != TAG_EXCLUDE)
			continue;
		while ((w = nettag_word(&data)).len)
			if (network_add_member(r->n, w, t->id == TAG_EXCLUDE) <
				0 &&
			    netread_refused(r, e, t,
				"not the name of a node or domain",
				NETDIAG_ERROR, NULL, w) < 0)
				return -1;
	}
	return 0;
}

/* --- the three tables ------------------------------------------------------ */

static int
read_table(const struct netread *r, enum netover_table table,
    const struct nettag_known *known, size_t nknown,
    int (*take)(void *, const struct nettag_entry *),
    const struct netsource *from)
{
	const struct netread_kind kind = {.table = table,
	    .start = NETTAG_NICK,
	    .comments = 1,
	    .known = known,
	    .nknown = nknown,
	    .take = take};
	struct netread copy = *r;

	return netread_entries(r, &kind, from, &copy);
}

int
netnames_aliases(const struct netread *r, const struct netsource *from)
{
	return read_table(r, NETOVER_ALIASES, of_alias,
	    sizeof of_alias / sizeof *of_alias, take_alias, from);
}

int
netnames_domains(const struct netread *r, const struct netsource *from)
{
	return read_table(r, NETOVER_DOMAIN, of_domain,
	    sizeof of_domain / sizeof *of_domain, take_domain, from);
}

int
netnames_areas(const struct netread *r, const struct netsource *from)
{
	return read_table(r, NETOVER_SERVICE, of_area,
	    sizeof of_area / sizeof *of_area, take_area, from);
}
