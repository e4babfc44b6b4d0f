#include "lib/netpeers.h"

#include <errno.h>

#include "lib/netlinks.h"
#include "lib/netname.h"
#include "lib/num.h"

enum { KEY_MAX = 1024, TEXT_MAX = 255 };

enum {
	TAG_INDEX,
	TAG_USERID,
	TAG_NODE,
	TAG_INTERNET,
	TAG_BACKBONE,
	TAG_VERSION,
	TAG_NAME,
	TAG_ADMIN,
	TAG_DOMAINS,
	TAG_LINKS,
	TAG_NODERESIST,
	TAG_KEY,
	TAG_LASTUP,
	TAG_CKS,
};

static const struct nettag_known known[] = {
    [TAG_INDEX] = {"index", NETTAG_ONE},
    [TAG_USERID] = {"userid", NETTAG_ONE},
    [TAG_NODE] = {"node", NETTAG_ONE},
    [TAG_INTERNET] = {"internet", NETTAG_LIST},
    [TAG_BACKBONE] = {"backbone", NETTAG_ONE},
    [TAG_VERSION] = {"version", NETTAG_ONE},
    [TAG_NAME] = {"name", NETTAG_ONE},
    [TAG_ADMIN] = {"admin", NETTAG_LIST},
    [TAG_DOMAINS] = {"domains", NETTAG_LIST},
    [TAG_LINKS] = {"links", NETTAG_LIST},
    [TAG_NODERESIST] = {"noderesist", NETTAG_ONE},
    [TAG_KEY] = {"key", NETTAG_ONE},
    [TAG_LASTUP] = {"lastup", NETTAG_ONE},
    [TAG_CKS] = {"cks", NETTAG_SEAL},
    /* told to people and other programs */
    {"type", NETTAG_ONE},
    {"contact", NETTAG_LIST},
    {"country", NETTAG_ONE},
    {"net", NETTAG_ONE},
    {"phone", NETTAG_LIST},
    {"remark", NETTAG_LIST},
    {"totcks", NETTAG_ONE},
};

/* struct peers - the table being read
 *
 * resistance  thousandths, of nodes that this table makes
 */
struct peers {
	const struct netread *r;
	uint32_t resistance;
};

/* --- one tag each ---------------------------------------------------------- */

static struct bytes
data_of(const struct nettag_entry *e, unsigned id)
{
	const struct nettag *t = nettag_find(e, id);

	return t ? t->data : (struct bytes){"", 0};
}

static void
error(const struct peers *s, const struct nettag_entry *e, unsigned id,
    const char *why)
{
	netread_say(
	    s->r, NETDIAG_ERROR, e, nettag_find(e, id), why, data_of(e, id));
}

static int
take_resistance(
    const struct peers *s, const struct nettag_entry *e, uint32_t *resistance)
{
	const struct nettag *t = nettag_find(e, TAG_NODERESIST);

	if (!t ||
	    netlinks_thousandths(resistance, t->data, 0, NETWORK_COST_MAX) == 0)
		return 0;
	error(
	    s, e, TAG_NODERESIST, "resistance of a node is not 0 to 99999.999");
	return -1;
}

static int
take_index(const struct peers *s, const struct nettag_entry *e, uint32_t *index)
{
	struct bytes data = data_of(e, TAG_INDEX);
	uint64_t n = 0;

	if (data.len == 0) {
		netread_say(s->r, NETDIAG_ERROR, e, NULL,
		    "server without an index", e->name);
		return -1;
	}
	if (num_u64(&n, data.s, data.len, NETWORK_INDEX_MAX) < 0 || n == 0) {
		error(s, e, TAG_INDEX, "index is not 1 to 999999");
		return -1;
	}
	*index = (uint32_t)n;
	return 0;
}

static int
take_backbone(
    const struct peers *s, const struct nettag_entry *e, int *backbone)
{
	struct bytes data = data_of(e, TAG_BACKBONE);

	*backbone = bytes_same(data, "YES");
	if (data.len == 0 || *backbone || bytes_same(data, "NO"))
		return 0;
	error(s, e, TAG_BACKBONE, "neither YES nor NO");
	return -1;
}

/* A word without what ends a header or an address. */
static int
take_userid(
    const struct peers *s, const struct nettag_entry *e, struct bytes *userid)
{
	*userid = data_of(e, TAG_USERID);
	if (userid->len == 0 || netname_token(*userid))
		return 0;
	error(
	    s, e, TAG_USERID, "not up to 64 letters, digits, '-', '_' and '.'");
	return -1;
}

static int
take_key(const struct peers *s, const struct nettag_entry *e, struct bytes *key)
{
	struct bytes data = data_of(e, TAG_KEY);

	*key = nettag_word(&data);
	if (key->len <= KEY_MAX && nettag_word(&data).len == 0)
		return 0;
	error(s, e, TAG_KEY, "not one word of up to 1024 bytes");
	return -1;
}

static struct bytes
text_of(const struct nettag_entry *e, unsigned id)
{
	struct bytes b = data_of(e, id);

	if (b.len > TEXT_MAX)
		b.len = TEXT_MAX;
	return b;
}

/* --- lists ----------------------------------------------------------------- */

static int
add_domain(const struct peers *s, const struct nettag_entry *e,
    const struct nettag *t, struct bytes name, uint32_t node)
{
	struct network *n = s->r->n;
	uint32_t number;

	if (network_add_domain(n, &number, name, node, netread_place(e, t)) ==
	    0)
		return 0;
	if (errno == EEXIST && n->domain[number].node == node)
		return 0;
	return netread_refused(s->r, e, t, "not the name of a domain",
	    NETDIAG_WARNING, "domain listed before; the first one keeps it",
	    name);
}

static int
take_domains(const struct peers *s, const struct nettag_entry *e, uint32_t node)
{
	for (size_t i = 0; i < e->ntags; i++) {
		const struct nettag *t = &e->tag[i];
		struct bytes data = t->data, w;

		if (t->id != TAG_INTERNET && t->id != TAG_DOMAINS)
			continue;
		while ((w = nettag_word(&data)).len)
			if (add_domain(s, e, t, w, node) < 0)
				return -1;
	}
	return 0;
}

/* --- entries -------------------------------------------------------------- */

/* Which node it is on; NETWORK_NONE after an error. */
static int
take_node(const struct peers *s, const struct nettag_entry *e,
    struct bytes host, uint32_t *node)
{
	const struct nettag *t = nettag_find(e, TAG_NODE);
	struct network *n = s->r->n;
	uint32_t domain, resistance = s->resistance;
	struct bytes name = t ? t->data : host.len ? host : e->name;

	*node = network_node(n, name);
	domain = network_domain(n, name);
	if (*node == NETWORK_NONE && !t && domain != NETWORK_NONE)
		*node = n->domain[domain].node;
	if (*node != NETWORK_NONE)
		return 0;
	take_resistance(s, e, &resistance);
	if (network_add_node(
		s->r->n, node, name, resistance, netread_place(e, t)) == 0)
		return 0;
	*node = NETWORK_NONE;
	return netread_refused(
	    s->r, e, t, "not the name of a node", NETDIAG_ERROR, NULL, name);
}

static int
add_peer(const struct peers *s, const struct nettag_entry *e,
    const struct netpeer_new *p)
{
	if (network_add_peer(s->r->n, NULL, p) == 0)
		return 0;
	if (errno == EADDRINUSE) {
		netread_say(s->r, NETDIAG_WARNING, e, nettag_find(e, TAG_INDEX),
		    "index of two servers; the first one keeps it", p->name);
		return 0;
	}
	return netread_refused(s->r, e, NULL, "not the name of a server",
	    NETDIAG_ERROR, "two entries for one server", p->name);
}

static int
take(void *arg, const struct nettag_entry *e)
{
	const struct peers *s = arg;
	struct bytes names = data_of(e, TAG_INTERNET);
	struct netpeer_new p = {.name = e->name,
	    .host = nettag_word(&names),
	    .version = text_of(e, TAG_VERSION),
	    .title = text_of(e, TAG_NAME),
	    .admin = text_of(e, TAG_ADMIN),
	    .place = netread_place(e, NULL)};
	int bad = take_index(s, e, &p.index);

	bad |= take_backbone(s, e, &p.backbone);
	bad |= take_userid(s, e, &p.userid);
	bad |= take_key(s, e, &p.key);
	if (p.host.len && !netname_domain(p.host)) {
		error(s, e, TAG_INTERNET, "not the name of a domain");
		bad = -1;
	}
	if (bad)
		return 0;
	if (take_node(s, e, p.host, &p.node) < 0)
		return -1;
	if (p.node == NETWORK_NONE)
		return 0;
	if (take_domains(s, e, p.node) < 0 || add_peer(s, e, &p) < 0)
		return -1;
	return netlinks_add(s->r, e, TAG_LINKS, p.node);
}

static int
take_version(void *arg, const struct nettag_entry *e)
{
	struct peers *s = arg;

	take_resistance(s, e, &s->resistance);
	return 0;
}

int
netpeers_read(const struct netread *r, enum netover_table table,
    const struct netsource *from)
{
	const struct netread_kind kind = {.table = table,
	    .start = NETTAG_NICK,
	    .comments = 1,
	    .known = known,
	    .nknown = sizeof known / sizeof *known,
	    .version = take_version,
	    .take = take};
	struct peers s = {.r = r, .resistance = NETWORK_NODE_COST};

	return netread_entries(r, &kind, from, &s);
}
