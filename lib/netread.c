#include "lib/netread.h"

#include <errno.h>

#include "lib/num.h"

void
netread_say(const struct netread *r, enum netdiag_kind kind,
    const struct nettag_entry *e, const struct nettag *t, const char *why,
    struct bytes detail)
{
	netdiag_say(r->d, kind, e->from.name, t ? t->line : e->line,
	    t ? t->name : bytes_z(e->start == NETTAG_NODE ? "node" : "nick"),
	    why, detail);
}

int
netread_refused(const struct netread *r, const struct nettag_entry *e,
    const struct nettag *t, const char *invalid, enum netdiag_kind kind,
    const char *exists, struct bytes detail)
{
	if (errno == ENOMEM)
		return -1;
	if (errno == EOVERFLOW)
		netread_say(
		    r, NETDIAG_ERROR, e, t, "too many for one network", detail);
	else if (errno == EEXIST && exists)
		netread_say(r, kind, e, t, exists, detail);
	else if (errno == EINVAL && invalid)
		netread_say(r, NETDIAG_ERROR, e, t, invalid, detail);
	return 0;
}

struct netplace
netread_place(const struct nettag_entry *e, const struct nettag *t)
{
	return (struct netplace){e->from.file, t ? t->line : e->line};
}

/* --- the version entry ---------------------------------------------------- */

/* VERSyynn */
static int
is_version(struct bytes name)
{
	uint64_t n;

	return name.len == 8 && bytes_starts(name, "VERS") &&
	    num_u64(&n, name.s + 4, 4, 9999) == 0;
}

/* Days since 1970, or 0.  Source: Howard Hinnant, days_from_civil */
static uint32_t
days(unsigned year, unsigned month, unsigned day)
{
	unsigned y = month <= 2 ? year - 1 : year;
	unsigned m = month <= 2 ? month + 9 : month - 3, era = y / 400;

	if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31)
		return 0;
	y -= era * 400;
	return era * 146097 + y * 365 + y / 4 - y / 100 + (153 * m + 2) / 5 +
	    day - 1 - 719468;
}

static unsigned
digits(const char *s, size_t len)
{
	uint64_t n = 0;

	return num_u64(&n, s, len, 9999) == 0 ? (unsigned)n : 0;
}

/* The date that a word is, yyyymmdd or yy/mm/dd; else 0. */
static uint32_t
date_of(struct bytes w)
{
	unsigned year;

	if (w.len == 8 && w.s[2] == '/' && w.s[5] == '/') {
		year = digits(w.s, 2);
		return days(year + (year < 70 ? 2000 : 1900),
		    digits(w.s + 3, 2), digits(w.s + 6, 2));
	}
	if (w.len == 8)
		return days(
		    digits(w.s, 4), digits(w.s + 4, 2), digits(w.s + 6, 2));
	return 0;
}

/* The last date in the version entry: of its :lastup., or of the history in
 * its :remarkN.. */
static uint32_t
last_date(const struct nettag_entry *e)
{
	uint32_t last = 0;

	for (size_t i = 0; i < e->ntags; i++) {
		struct bytes data = e->tag[i].data, w;

		if (!bytes_starts(e->tag[i].name, "remark") &&
		    !bytes_same(e->tag[i].name, "lastup"))
			continue;
		while ((w = nettag_word(&data)).len)
			if (date_of(w) > last)
				last = date_of(w);
	}
	return last;
}

static void
note_version(const struct netread *r, const struct nettag_entry *e)
{
	uint32_t date = last_date(e);

	if (e->from.file < r->n->nfiles) {
		char *to = r->n->file[e->from.file].version;

		memcpy(to, e->name.s + 4, 4);
		to[4] = 0;
	}
	if (date && r->n->today > date + NETREAD_OLD)
		netread_say(r, NETDIAG_WARNING, e, NULL,
		    "table is older than 2 months", e->name);
}

/* --- entries -------------------------------------------------------------- */

/* A local entry in the place of the table's, or beside it. */
static int
take_local(const struct netread *r, const struct netread_kind *k,
    const struct netover_entry *o, void *arg)
{
	struct netsource from = netover_source(r->over, o);
	struct nettag_reader reader;
	struct nettag_entry e = {0};
	int got;

	nettag_begin(&reader, &from, k->known, k->nknown, k->start, 1, r->d);
	reader.again = 1;
	got = nettag_next(&reader, &e);
	if (got > 0 && e.name.len)
		got = k->take(arg, &e);
	nettag_free(&e);
	return got < 0 ? -1 : 0;
}

static void
say_local(
    const struct netread *r, const struct netover_entry *o, const char *why)
{
	netdiag_say(r->d, NETDIAG_WARNING, r->over->from.name, o->line,
	    bytes_z("op"), why, o->name);
}

static int
take(const struct netread *r, const struct netread_kind *k,
    const struct nettag_entry *e, void *arg)
{
	struct netover_entry *o = netover_find(r->over, k->table, e->name);

	if (!o)
		return k->take(arg, e);
	if (o->used)
		return 0;
	o->used = 1;
	if (o->op == NETOVER_ADD)
		say_local(r, o,
		    "the table has such an entry by now; the local one is "
		    "used");
	return o->op == NETOVER_DEL ? 0 : take_local(r, k, o, arg);
}

/* Local entries that the table has not. */
static int
take_rest(const struct netread *r, const struct netread_kind *k, void *arg)
{
	for (size_t i = 0; r->over && i < r->over->n; i++) {
		struct netover_entry *o = &r->over->entry[i];

		if (o->table != k->table || o->used)
			continue;
		o->used = 1;
		if (o->op == NETOVER_DEL)
			say_local(r, o, "the table has no such entry");
		else if (o->op == NETOVER_REP)
			say_local(
			    r, o, "the table has no such entry; it is added");
		if (o->op != NETOVER_DEL && take_local(r, k, o, arg) < 0)
			return -1;
	}
	return 0;
}

static int
take_version(const struct netread *r, const struct netread_kind *k,
    const struct nettag_entry *e, uint32_t before, void *arg)
{
	if (before) {
		netread_say(r, NETDIAG_WARNING, e, NULL,
		    "version entry that is not the first; it is left out",
		    e->name);
		return 0;
	}
	note_version(r, e);
	return k->version ? k->version(arg, e) : 0;
}

int
netread_entries(const struct netread *r, const struct netread_kind *k,
    const struct netsource *from, void *arg)
{
	struct nettag_reader reader;
	struct nettag_entry e = {0};
	uint32_t entries = 0;
	int got;

	nettag_begin(
	    &reader, from, k->known, k->nknown, k->start, k->comments, r->d);
	while ((got = nettag_next(&reader, &e)) > 0) {
		int failed = 0;

		if (is_version(e.name))
			failed =
			    take_version(r, k, &e, reader.entries - 1, arg);
		else if (e.name.len) {
			entries++;
			failed = take(r, k, &e, arg);
		}
		if (failed < 0) {
			got = -1;
			break;
		}
	}
	nettag_free(&e);
	if (from->file < r->n->nfiles)
		r->n->file[from->file].entries = entries;
	return got < 0 ? -1 : take_rest(r, k, arg);
}
