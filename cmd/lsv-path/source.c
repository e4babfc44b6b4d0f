/* source.c - where the network is known from */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cmd/lsv-path/path.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/netdir.h"
#include "lib/progress.h"
#include "lib/roots.h"
#include "lib/siteneed.h"
#include "lib/user.h"

static void
source_is(struct path *p, const char *given, const char *root, const char *rel)
{
	if (given ? (sa_puts(&p->source, given) < 0 || sa_0(&p->source) < 0)
		  : root_path(&p->source, root, rel) < 0)
		die_memory();
}

/* Root becomes whoever made the tables, before it reads a byte of them. */
static void
become(const struct path *p)
{
	if (geteuid() != 0 || user_become_owner(AT_FDCWD, p->source.s) == 0)
		return;
	if (errno != ENOENT)
		msg_diesys(
		    LSV_PERM, "unable to become the owner of ", p->source.s);
}

static void
compiled_open(struct path *p)
{
	if (nettable_open(&p->installed, p->source.s) == 0) {
		p->config.table = &p->installed;
		return;
	}
	if (errno == ENOENT)
		msg_die(LSV_PERM, "there is no ", p->source.s,
		    " (lsv-table network makes it)");
	if (errno == EPROTO)
		msg_die(LSV_PERM, p->source.s,
		    " is damaged, or no table (lsv-table network makes one)");
	msg_diesys(LSV_PERM, "unable to open ", p->source.s);
}

/* The table in force, and what else decides here. */
static void
table_of_site(struct path *p)
{
	source_is(p, NULL, root_lib(), NETTABLE_DIR "/" NETTABLE_FILE);
	become(p);
	site_need(&p->site);
	p->config.mydomain = p->site.mydomain;
	p->config.nmydomain = p->site.nmydomain;
	if (p->site.standalone)
		return;
	p->config.tableless = bytes_z(p->site.tableless);
	if (p->config.tableless.len == 0)
		compiled_open(p);
}

/* What is wrong with text tables; the program ends if they are not usable. */
static void
complain(const struct path *p, const struct netdiag *d, int failed)
{
	const stralloc *t = &d->text[NETDIAG_ERROR];
	int e = errno;

	if (d->failed || (failed && e == ENOMEM))
		die_memory();
	if (!failed && d->count[NETDIAG_ERROR] == 0)
		return;
	if (t->len && fio_write(STDERR_FILENO, t->s, t->len) < 0)
		msg_diesys(LSV_TEMP, "unable to write");
	errno = e;
	if (failed && t->len == 0)
		msg_diesys(LSV_PERM, "unable to read ", p->source.s);
	msg_die(failed ? LSV_PERM : PATH_BAD, "the tables of ", p->source.s,
	    " cannot be used");
}

static void
read_tables(struct path *p)
{
	struct netdiag d = {0};
	int r = network_read_dir(&p->net, p->source.s, &d);

	complain(p, &d, r < 0);
	netdiag_free(&d);
}

static const char *
name_of_self(struct path *p)
{
	if (p->self)
		return p->self;
	site_need(&p->site);
	return p->site.node;
}

/* The text tables of a directory, and what this server makes of them. */
static void
tables_of_dir(struct path *p)
{
	const char *above = getenv("TMPDIR"), *self;
	struct progress bar;

	source_is(p, p->dir, root_etc(), NETTABLE_DIR);
	become(p);
	self = name_of_self(p);
	progress_begin(&bar, "reading", 2);
	read_tables(p);
	progress_at(&bar, 1);
	p->start = nettable_find_self(&p->net, bytes_z(self));
	if (p->start == NETTABLE_NONE)
		msg_die(LSV_PERM, "no server of the tables is called ", self,
		    " (--self tells which one to be)");
	if (relaytables_open(&p->tables, &p->net, above ? above : "/tmp") < 0 ||
	    relaytables_get(&p->tables, p->start, &p->config.table) < 0)
		msg_diesys(LSV_TEMP, "unable to make a table in ",
		    above ? above : "/tmp");
	progress_end(&bar, 2);
}

void
source_open(struct path *p)
{
	if (p->dir || p->map) {
		tables_of_dir(p);
	} else if (p->table_path) {
		source_is(p, p->table_path, NULL, NULL);
		become(p);
		compiled_open(p);
	} else {
		table_of_site(p);
	}
}
