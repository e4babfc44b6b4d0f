#include "tests/unit/nettables.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/netnames.h"
#include "lib/netnodes.h"
#include "lib/netpeers.h"

static int
parse(const struct netread *r, const char *what, const struct netsource *from)
{
	if (strcmp(what, "nodes") == 0)
		return netnodes_read(r, from);
	if (strcmp(what, "peers") == 0)
		return netpeers_read(r, NETOVER_PEERS, from);
	if (strcmp(what, "intpeers") == 0)
		return netpeers_read(r, NETOVER_INTPEERS, from);
	if (strcmp(what, "aliases") == 0)
		return netnames_aliases(r, from);
	if (strcmp(what, "domain") == 0)
		return netnames_domains(r, from);
	assert_string_equal(what, "service");
	return netnames_areas(r, from);
}

void
nettables_read(
    struct nettables *t, const char *what, const char *text, size_t len)
{
	const struct netread r = {&t->n, &t->over, &t->d};
	struct netsource from = {what, 0, 1, {text, len}};

	assert_int_equal(network_add_file(&t->n, &from.file, bytes_z(what)), 0);
	if (strcmp(what, "local") == 0)
		assert_int_equal(netover_read(&t->over, &from, &t->d), 0);
	else
		assert_int_equal(parse(&r, what, &from), 0);
}

void
nettables_z(struct nettables *t, const char *what, const char *text)
{
	nettables_read(t, what, text, strlen(text));
}

void
nettables_local(struct nettables *t, const char *what)
{
	const struct netread r = {&t->n, &t->over, &t->d};
	const struct netsource from = {what, NETWORK_NONE, 1, {"", 0}};

	assert_int_equal(parse(&r, what, &from), 0);
}

void
nettables_finish(struct nettables *t)
{
	assert_int_equal(network_finish(&t->n, &t->d), 0);
}

static void
assert_bytes(struct bytes b, const char *want)
{
	stralloc z = {0};

	assert_int_equal(sa_put(&z, b.s, b.len), 0);
	assert_int_equal(sa_0(&z), 0);
	assert_string_equal(z.s, want);
	sa_free(&z);
}

void
nettables_said(
    const struct nettables *t, const char *errors, const char *warnings)
{
	const stralloc *e = &t->d.text[NETDIAG_ERROR];
	const stralloc *w = &t->d.text[NETDIAG_WARNING];

	assert_bytes((struct bytes){e->s, e->len}, errors);
	assert_bytes((struct bytes){w->s, w->len}, warnings);
}

void
nettables_host(const struct nettables *t, const char *host, const char *node)
{
	uint32_t v = network_host(&t->n, bytes_z(host), NULL);

	assert_bytes(v == NETWORK_NONE ? (struct bytes){"", 0}
				       : network_text(&t->n, t->n.node[v].name),
	    node);
}

static void
put_link(stralloc *out, const struct network *n, const struct netlink *l)
{
	static const char *const type[] = {":P", ":D", ":V"};
	struct bytes name = network_text(n, n->node[l->to].name);

	assert_int_equal(sa_put(out, " ", out->len != 0), 0);
	assert_int_equal(sa_put(out, name.s, name.len), 0);
	assert_int_equal(sa_puts(out, type[l->type]), 0);
	if (l->type == NETLINK_V)
		assert_int_equal(sa_addu(out, l->switches), 0);
	assert_int_equal(sa_puts(out, ":"), 0);
	assert_int_equal(sa_addu(out, l->speed), 0);
	assert_int_equal(sa_puts(out, ":"), 0);
	assert_int_equal(sa_addu(out, l->resistance), 0);
	assert_int_equal(sa_puts(out, l->oneway ? "+A" : ""), 0);
}

void
nettables_links(const struct nettables *t, const char *node, const char *want)
{
	uint32_t v = network_node(&t->n, bytes_z(node));
	stralloc out = {0};

	assert_int_not_equal(v, NETWORK_NONE);
	for (uint32_t i = t->n.first[v]; i < t->n.first[v + 1]; i++)
		put_link(&out, &t->n, &t->n.link[i]);
	assert_bytes((struct bytes){out.s, out.len}, want);
	sa_free(&out);
}

void
nettables_free(struct nettables *t)
{
	network_free(&t->n);
	netdiag_free(&t->d);
	netover_free(&t->over);
	*t = (struct nettables){0};
}
