#include "lib/netentries.h"

#include <stdlib.h>

/* The same whatever the case; see bytes_hash. */
static uint64_t
hash(struct bytes name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	unsigned char c;

	for (size_t i = 0; i < name.len; i++) {
		c = (unsigned char)name.s[i];
		if (c >= 'A' && c <= 'Z')
			c = (unsigned char)(c - 'A' + 'a');
		h = (h ^ c) * UINT64_C(0x100000001b3);
	}
	return h ^ h >> 32;
}

static struct netentry *
find_or_add(
    struct netentries *e, const struct network *net, struct nettext name)
{
	struct bytes text = network_text(net, name), other;
	size_t at = hash(text) & (e->slots - 1);
	struct netentry *new;

	for (; e->slot[at] != 0; at = (at + 1) & (e->slots - 1)) {
		new = &e->entry[e->slot[at] - 1];
		other = network_text(net, new->name);
		if (other.len == text.len &&
		    strncasecmp(other.s, text.s, text.len) == 0)
			return new;
	}
	new = &e->entry[e->n++];
	*new = (struct netentry){.name = name};
	new->node[NETENTRY_EXACT] = new->node[NETENTRY_BELOW] = NETWORK_NONE;
	e->slot[at] = e->n;
	return new;
}

static void
add(struct netentries *e, const struct network *net, struct nettext name,
    int kind, uint32_t node, struct netplace place)
{
	struct netentry *entry = find_or_add(e, net, name);

	if (entry->node[kind] != NETWORK_NONE)
		return;
	entry->node[kind] = node;
	entry->place[kind] = place;
}

static void
add_domains(struct netentries *e, const struct network *net)
{
	const struct netdomain *d;
	struct nettext name;
	uint32_t i;

	for (i = 0; i < net->ndomains; i++) {
		d = &net->domain[i];
		name = d->name;
		if (d->suffix) { /* without "*." */
			name.at += 2;
			name.len -= 2;
		}
		add(e, net, name, d->suffix ? NETENTRY_BELOW : NETENTRY_EXACT,
		    d->node, d->place);
	}
}

static void
add_all(struct netentries *e, const struct network *net)
{
	uint32_t i;

	for (i = 0; i < net->nnodes; i++)
		add(e, net, net->node[i].name, NETENTRY_EXACT, i,
		    net->node[i].place);
	for (i = 0; i < net->naliases; i++)
		if (net->alias[i].node != NETWORK_NONE)
			add(e, net, net->alias[i].old, NETENTRY_EXACT,
			    net->alias[i].node, net->alias[i].place);
	for (i = 0; i < net->npeers; i++)
		add(e, net, net->peer[i].name, NETENTRY_EXACT,
		    net->peer[i].node, net->peer[i].place);
	add_domains(e, net);
}

int
netentries_make(struct netentries *e, const struct network *net)
{
	size_t most =
	    (size_t)net->nnodes + net->naliases + net->npeers + net->ndomains;

	*e = (struct netentries){.slots = 16};
	while (e->slots < most * 2)
		e->slots *= 2;
	e->entry = malloc((most + 1) * sizeof *e->entry);
	e->slot = calloc(e->slots, sizeof *e->slot);
	if (!e->entry || !e->slot)
		return -1;
	add_all(e, net);
	return 0;
}

void
netentries_free(struct netentries *e)
{
	free(e->entry);
	free(e->slot);
	*e = (struct netentries){0};
}
