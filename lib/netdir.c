#include "lib/netdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/netnames.h"
#include "lib/netnodes.h"
#include "lib/netover.h"
#include "lib/netpeers.h"

enum { DAY = 24 * 60 * 60 }; /* seconds */

enum { OVERRIDES, NODES, PEERS, INTPEERS, ALIASES, DOMAIN, SERVICE, FILES };

static const char *const file_name[FILES] = {"local.overrides", "bitearn.nodes",
    "peers.names", "intpeers.names", "aliases.names", "domain.names",
    "service.names"};

/* struct tables - a directory being read
 *
 * name    the files as they are called there; "" when missing
 * text    of the one under way
 * over    the local overrides, which are in local
 */
struct tables {
	int dir;
	struct network *n;
	struct netdiag *d;
	char name[FILES][NETWORK_FILE_NAME_MAX + 1];
	stralloc text, local;
	struct netover over;
};

static void
error(struct netdiag *d, const char *file, const char *why, const char *detail)
{
	netdiag_say(d, NETDIAG_ERROR, file, 0, (struct bytes){"", 0}, why,
	    bytes_z(detail));
}

/* A name of the directory: is it one of the tables? */
static void
note_name(struct tables *t, const char *name)
{
	for (int i = 0; i < FILES; i++) {
		if (strcasecmp(name, file_name[i]) != 0)
			continue;
		if (t->name[i][0])
			error(t->d, name, "there are two of this name",
			    t->name[i]);
		memcpy(t->name[i], name, strlen(name) + 1);
	}
}

/* Closes the directory's descriptor of its own only. */
static int
find_names(struct tables *t)
{
	int fd = openat(t->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *e;
	DIR *dir;

	if (fd < 0)
		return -1;
	dir = fdopendir(fd);
	if (!dir) {
		fio_close(fd);
		return -1;
	}
	while (errno = 0, (e = readdir(dir)))
		note_name(t, e->d_name);
	fd = errno;
	closedir(dir);
	errno = fd;
	return fd ? -1 : 0;
}

/* Its text, and a place among the files of the network; none when it is
 * missing. */
static int
load(struct tables *t, int i, stralloc *text, struct netsource *from)
{
	*from = (struct netsource){file_name[i], NETWORK_NONE, 1, {"", 0}};
	if (!t->name[i][0])
		return 0;
	if (fio_read(t->dir, t->name[i], text, NETDIR_FILE_MAX) < 0) {
		error(t->d, t->name[i], "unable to read it", strerror(errno));
		return -1;
	}
	if (network_add_file(t->n, &from->file, bytes_z(t->name[i])) < 0)
		return -1;
	from->name = t->name[i];
	if (text->len)
		from->text = (struct bytes){text->s, text->len};
	return 0;
}

static int
parse(struct tables *t, int i, const struct netsource *from)
{
	const struct netread r = {t->n, &t->over, t->d};

	switch (i) {
	case NODES:
		return netnodes_read(&r, from);
	case PEERS:
		return netpeers_read(&r, NETOVER_PEERS, from);
	case INTPEERS:
		return netpeers_read(&r, NETOVER_INTPEERS, from);
	case ALIASES:
		return netnames_aliases(&r, from);
	case DOMAIN:
		return netnames_domains(&r, from);
	default:
		return netnames_areas(&r, from);
	}
}

static int
read_overrides(struct tables *t)
{
	struct netsource from;

	if (load(t, OVERRIDES, &t->local, &from) < 0 ||
	    netover_read(&t->over, &from, t->d) < 0)
		return -1;
	if (from.file < t->n->nfiles)
		t->n->file[from.file].entries = (uint32_t)t->over.n;
	return 0;
}

static int
read_tables(struct tables *t)
{
	struct netsource from;

	if (find_names(t) < 0)
		return -1;
	if (!t->name[NODES][0] && !t->name[PEERS][0] && !t->name[INTPEERS][0])
		error(t->d, "", "there is none of the tables",
		    "bitearn.nodes, "
		    "peers.names, "
		    "intpeers.names");
	if (read_overrides(t) < 0)
		return -1;
	for (int i = NODES; i < FILES; i++)
		if (load(t, i, &t->text, &from) < 0 || parse(t, i, &from) < 0)
			return -1;
	sa_free(&t->text);
	return network_finish(t->n, t->d);
}

const char *
network_table(unsigned i)
{
	return i < FILES ? file_name[i] : NULL;
}

int
network_read_dir(struct network *n, const char *dir, struct netdiag *d)
{
	struct tables t = {.dir = -1, .n = n, .d = d};
	int r = -1;

	if (n->today == 0)
		n->today = (uint32_t)(clock_wall_us() / 1000000 / DAY);
	t.dir = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (t.dir < 0)
		error(d, dir, "unable to read it", strerror(errno));
	else
		r = read_tables(&t);
	fio_close(t.dir);
	netover_free(&t.over);
	sa_free(&t.text);
	sa_free(&t.local);
	netdiag_end(d);
	return r;
}
