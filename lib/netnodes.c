#include "lib/netnodes.h"

#include <stdlib.h>

#include "lib/netlinks.h"
#include "lib/netname.h"
#include "lib/num.h"

enum { NODENUM_MAX = 65535, CKS_MAX = 65535 };

enum {
	TAG_TYPE,
	TAG_LINKS,
	TAG_NODERESIST,
	TAG_INTERNET,
	TAG_NEWNODE,
	TAG_OLDNODE,
	TAG_NODENUM,
	TAG_CKS,
};

static const struct nettag_known known[] = {
    [TAG_TYPE] = {"type", NETTAG_ONE},
    [TAG_LINKS] = {"links", NETTAG_LIST},
    [TAG_NODERESIST] = {"noderesist", NETTAG_ONE},
    [TAG_INTERNET] = {"internet", NETTAG_LIST},
    [TAG_NEWNODE] = {"newnode", NETTAG_ONE},
    [TAG_OLDNODE] = {"oldnode", NETTAG_LIST},
    [TAG_NODENUM] = {"nodenum", NETTAG_ONE},
    [TAG_CKS] = {"cks", NETTAG_SEAL},
    /* told to people and other programs */
    {"ref", NETTAG_ONE},
    {"routtab", NETTAG_LIST},
    {"connect", NETTAG_ONE},
    {"country", NETTAG_ONE},
    {"lastup", NETTAG_ONE},
    {"net", NETTAG_ONE},
    {"nsv", NETTAG_ONE},
    {"nodedesc", NETTAG_LIST},
    {"fclass", NETTAG_ONE},
    {"fformat", NETTAG_ONE},
    {"machine", NETTAG_LIST},
    {"msgs", NETTAG_ONE},
    {"netsoft", NETTAG_LIST},
    {"servers", NETTAG_LIST},
    {"system", NETTAG_LIST},
    {"x400", NETTAG_LIST},
    {"admin", NETTAG_LIST},
    {"netop", NETTAG_LIST},
    {"techinfo", NETTAG_LIST},
    {"useradm", NETTAG_LIST},
    {"userinfo", NETTAG_LIST},
    {"p_", NETTAG_LIST},
    {"a_", NETTAG_LIST},
    {"fax", NETTAG_LIST},
    {"phone", NETTAG_LIST},
    {"remark", NETTAG_LIST},
    {"totcks", NETTAG_ONE},
    {"appl", NETTAG_LIST},
    {"genrouts", NETTAG_LIST},
    {"updnodes", NETTAG_LIST},
    /* of entries of type MEMBER and SITE */
    {"member", NETTAG_LIST},
    {"site", NETTAG_LIST},
    {"name", NETTAG_LIST},
    {"address", NETTAG_LIST},
};

/* struct moved - a node that tells its new name */
struct moved {
	uint32_t node;
	struct bytes to;
	struct nettag tag;
	struct netsource from;
};

/* struct nodes - the table being read
 *
 * resistance  thousandths, of nodes that do not tell theirs
 * numbers     a bit for each number of a node that was given
 * moved       nmoved of them
 */
struct nodes {
	const struct netread *r;
	uint32_t resistance;
	unsigned char numbers[NODENUM_MAX / 8 + 1];
	struct moved *moved;
	size_t nmoved, room;
};

static int
take_resistance(
    struct nodes *s, const struct nettag_entry *e, uint32_t *resistance)
{
	const struct nettag *t = nettag_find(e, TAG_NODERESIST);

	if (!t ||
	    netlinks_thousandths(resistance, t->data, 0, NETWORK_COST_MAX) == 0)
		return 0;
	netread_say(s->r, NETDIAG_ERROR, e, t,
	    "resistance of a node is not 0 to 99999.999", t->data);
	return -1;
}

/* The version entry tells defaults; of those only one has a part here. */
static int
take_version(void *arg, const struct nettag_entry *e)
{
	struct nodes *s = arg;

	take_resistance(s, e, &s->resistance);
	return 0;
}

/* Numbers that have nothing to do with routing, but show a damaged entry. */
static void
check_numbers(struct nodes *s, const struct nettag_entry *e)
{
	const struct nettag *t = nettag_find(e, TAG_NODENUM);
	uint64_t n = 0;

	if (t &&
	    (num_u64(&n, t->data.s, t->data.len, NODENUM_MAX) < 0 || n == 0))
		netread_say(s->r, NETDIAG_WARNING, e, t,
		    "number of a node is not 1 to 65535", t->data);
	else if (t && (s->numbers[n / 8] & 1U << (n & 7)))
		netread_say(s->r, NETDIAG_WARNING, e, t,
		    "two nodes have the same number", t->data);
	else if (t)
		s->numbers[n / 8] |= (unsigned char)(1U << (n & 7));
	t = nettag_find(e, TAG_CKS);
	if (t && num_u64(&n, t->data.s, t->data.len, CKS_MAX) < 0)
		netread_say(s->r, NETDIAG_WARNING, e, t,
		    "check sum is not 0 to 65535", t->data);
}

static int
take_domains(struct nodes *s, const struct nettag_entry *e, uint32_t node)
{
	const struct netread *r = s->r;

	for (size_t i = 0; i < e->ntags; i++) {
		const struct nettag *t = &e->tag[i];
		struct bytes data = t->data, w;

		while (t->id == TAG_INTERNET && (w = nettag_word(&data)).len)
			if (network_add_domain(
				r->n, NULL, w, node, netread_place(e, t)) < 0 &&
			    netread_refused(r, e, t, "not the name of a domain",
				NETDIAG_WARNING,
				"domain listed before; the first one keeps it",
				w) < 0)
				return -1;
	}
	return 0;
}

/* Names that the node once had. */
static int
take_old(struct nodes *s, const struct nettag_entry *e, struct bytes name)
{
	const struct netread *r = s->r;

	for (size_t i = 0; i < e->ntags; i++) {
		const struct nettag *t = &e->tag[i];
		struct bytes data = t->data, w;

		while (t->id == TAG_OLDNODE && (w = nettag_word(&data)).len) {
			if (network_add_alias(
				r->n, w, name, netread_place(e, t)) == 0)
				r->n->alias[r->n->naliases - 1].renamed = 1;
			else if (netread_refused(r, e, t,
				     "not the name of a node or domain",
				     NETDIAG_WARNING,
				     "old name listed before; the first one "
				     "keeps it",
				     w) < 0)
				return -1;
		}
	}
	return 0;
}

/* Whether the new name exists is known at the end of the table. */
static int
note_new(struct nodes *s, const struct nettag_entry *e, uint32_t node)
{
	const struct nettag *t = nettag_find(e, TAG_NEWNODE);

	if (!t)
		return 0;
	if (s->nmoved == s->room) {
		size_t room = s->room ? 2 * s->room : 16;
		struct moved *p = realloc(s->moved, room * sizeof *p);

		if (!p)
			return -1;
		s->moved = p;
		s->room = room;
	}
	s->moved[s->nmoved++] = (struct moved){node, t->data, *t, e->from};
	return 0;
}

static void
check_new(const struct nodes *s)
{
	const struct network *n = s->r->n;

	for (size_t i = 0; i < s->nmoved; i++) {
		const struct moved *m = &s->moved[i];
		uint32_t node = network_node(n, m->to);
		uint32_t domain = network_domain(n, m->to);
		const char *why = NULL;

		if (node == NETWORK_NONE && domain == NETWORK_NONE)
			why = "new name of a node is not known";
		else if (node == m->node)
			why = "new name of a node is its own";
		else if (node == NETWORK_NONE &&
		    n->node[n->domain[domain].node].domain != domain)
			why = "new name is not the first domain of its node";
		if (why)
			netdiag_say(s->r->d, NETDIAG_WARNING, m->from.name,
			    m->tag.line, m->tag.name, why, m->to);
	}
}

static int
take_node(struct nodes *s, const struct nettag_entry *e)
{
	const struct netread *r = s->r;
	uint32_t node, resistance = s->resistance;
	struct bytes name = e->name;

	if (!netname_nje(name)) {
		netread_say(r, NETDIAG_ERROR, e, NULL,
		    "name of a node is not a letter and up to 7 letters and "
		    "digits",
		    name);
		return 0;
	}
	take_resistance(s, e, &resistance);
	if (network_add_node(
		r->n, &node, name, resistance, netread_place(e, NULL)) < 0)
		return netread_refused(r, e, NULL, "not the name of a node",
		    NETDIAG_ERROR, "two entries for one node", name);
	check_numbers(s, e);
	if (netlinks_add(r, e, TAG_LINKS, node) < 0 ||
	    take_domains(s, e, node) < 0 || take_old(s, e, name) < 0)
		return -1;
	return note_new(s, e, node);
}

static int
take(void *arg, const struct nettag_entry *e)
{
	struct nodes *s = arg;
	const struct nettag *t = nettag_find(e, TAG_TYPE);

	if (!t || bytes_same(t->data, "NJE"))
		return take_node(s, e);
	if (!bytes_same(t->data, "MEMBER") && !bytes_same(t->data, "SITE"))
		netread_say(s->r, NETDIAG_WARNING, e, t,
		    "unknown type; the entry is left out", t->data);
	else if (!netname_member(e->name))
		netread_say(s->r, NETDIAG_ERROR, e, NULL,
		    "name of a member or site is not words joined by '_'",
		    e->name);
	return 0;
}

int
netnodes_read(const struct netread *r, const struct netsource *from)
{
	const struct netread_kind kind = {.table = NETOVER_NODES,
	    .start = NETTAG_NODE,
	    .known = known,
	    .nknown = sizeof known / sizeof *known,
	    .version = take_version,
	    .take = take};
	struct nodes s = {.r = r, .resistance = NETWORK_NODE_COST};
	int got = netread_entries(r, &kind, from, &s);

	if (got == 0)
		check_new(&s);
	free(s.moved);
	return got;
}
