#include "lib/netover.h"

#include <stdlib.h>

enum { ENTRIES_FIRST = 32 };

static const char *const table_name[] = {
    "NODES", "PEERS", "INTPEERS", "ALIASES", "DOMAIN", "SERVICE"};
static const char *const op_name[] = {"", "ADD", "REP", "DEL"};

/* Which of some words it is; n when none. */
static size_t
word_at(const char *const *word, size_t n, struct bytes b)
{
	size_t i = 0;

	while (i < n && !bytes_same(b, word[i]))
		i++;
	return i;
}

static const struct nettag *
tag_named(const struct nettag_entry *e, const char *name)
{
	for (size_t i = 0; i < e->ntags; i++)
		if (bytes_same(e->tag[i].name, name))
			return &e->tag[i];
	return NULL;
}

static void
error(const struct nettag_entry *e, const struct nettag *t, const char *why,
    struct netdiag *d)
{
	netdiag_say(d, NETDIAG_ERROR, e->from.name, t ? t->line : e->line,
	    t ? t->name : (struct bytes){"", 0}, why, t ? t->data : e->name);
}

/* The table and the operation of an entry.  Returns 1, or 0 after an error. */
static int
understand(
    struct netover_entry *to, const struct nettag_entry *e, struct netdiag *d)
{
	const struct nettag *table = tag_named(e, "table");
	const struct nettag *op = tag_named(e, "op");
	size_t i = e->start == NETTAG_NODE ? NETOVER_NODES : NETOVER_PEERS;

	*to = (struct netover_entry){
	    .name = e->name, .text = e->text, .line = e->line};
	if (table)
		i = word_at(table_name, sizeof table_name / sizeof *table_name,
		    table->data);
	if (i > NETOVER_SERVICE ||
	    (i == NETOVER_NODES) != (e->start == NETTAG_NODE)) {
		error(e, table, "no table whose entries begin so", d);
		return 0;
	}
	to->table = (enum netover_table)i;
	i = op ? word_at(op_name, sizeof op_name / sizeof *op_name, op->data)
	       : NETOVER_ANY;
	if (i > NETOVER_DEL) {
		error(e, op, "operation is not ADD, REP or DEL", d);
		return 0;
	}
	to->op = (enum netover_op)i;
	return 1;
}

static int
add(struct netover *o, const struct netover_entry *e)
{
	if (o->n == o->room) {
		size_t room = o->room ? 2 * o->room : ENTRIES_FIRST;
		struct netover_entry *p = realloc(o->entry, room * sizeof *p);

		if (!p)
			return -1;
		o->entry = p;
		o->room = room;
	}
	o->entry[o->n++] = *e;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	const struct netover_entry *x = a, *y = b;
	size_t len = x->name.len < y->name.len ? x->name.len : y->name.len;
	int r;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	r = len ? strncasecmp(x->name.s, y->name.s, len) : 0;
	if (r)
		return r;
	return (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

static void
check_twice(const struct netover *o, struct netdiag *d)
{
	for (size_t i = 1; i < o->n; i++) {
		const struct netover_entry *a = &o->entry[i - 1], *b = a + 1;

		if (by_name(a, b) == 0)
			netdiag_say(d, NETDIAG_ERROR, o->from.name,
			    a->line > b->line ? a->line : b->line,
			    (struct bytes){"", 0},
			    "two entries for the same name", b->name);
	}
}

int
netover_read(struct netover *o, const struct netsource *from, struct netdiag *d)
{
	struct nettag_reader r;
	struct nettag_entry e = {0};
	struct netover_entry one;
	int got;

	o->from = *from;
	nettag_begin(&r, from, NULL, 0, NETTAG_NODE | NETTAG_NICK, 1, d);
	while ((got = nettag_next(&r, &e)) > 0)
		if (e.name.len && understand(&one, &e, d) && add(o, &one) < 0) {
			got = -1;
			break;
		}
	nettag_free(&e);
	if (o->n)
		qsort(o->entry, o->n, sizeof *o->entry, by_name);
	check_twice(o, d);
	return got;
}

struct netover_entry *
netover_find(
    const struct netover *o, enum netover_table table, struct bytes name)
{
	const struct netover_entry key = {.table = table, .name = name};

	if (!o || o->n == 0)
		return NULL;
	return bsearch(&key, o->entry, o->n, sizeof *o->entry, by_name);
}

struct netsource
netover_source(const struct netover *o, const struct netover_entry *e)
{
	struct netsource from = o->from;

	from.line = e->line;
	from.text = e->text;
	return from;
}

void
netover_free(struct netover *o)
{
	free(o->entry);
	*o = (struct netover){0};
}
