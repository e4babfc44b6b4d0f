/* network.c - the network, compiled for one server */
#include "cmd/lsv-table/network.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/lock.h"
#include "lib/msg.h"
#include "lib/netdir.h"
#include "lib/roots.h"
#include "lib/siteneed.h"

enum { FILE_MODE = 0644, STEPS = 3 };

_Noreturn static void
out_of_memory(void)
{
	msg_die(LSV_TEMP, "out of memory");
}

/* Freed in the end. */
static const char *
ours(struct netjob *j, char *text)
{
	if (!text)
		out_of_memory();
	j->ours[j->nours++] = text;
	return text;
}

static const char *
default_path(struct netjob *j, const char *root, const char *rel)
{
	stralloc path = {0};

	if (root_path(&path, root, rel) < 0)
		out_of_memory();
	return ours(j, path.s);
}

/* The name that the table is beside: "tmp." or "" in front, then the name, then
 * ".1" or such. */
static char *
beside(const struct netjob *j, const char *front, const char *end)
{
	char *out;

	if (asprintf(&out, "%s%s%s", front, j->name, end) < 0)
		out_of_memory();
	return out;
}

static void
split_path(struct netjob *j)
{
	const char *slash = strrchr(j->path, '/');
	char *dir = strdup(slash ? j->path : ".");

	if (!dir)
		out_of_memory();
	if (slash) /* "/x" is in "/" */
		dir[slash - j->path + (slash == j->path)] = '\0';
	j->name = slash ? slash + 1 : j->path;
	if (*j->name == '\0' || strcmp(j->name, ".") == 0 ||
	    strcmp(j->name, "..") == 0)
		msg_die(LSV_PERM, "-o wants the name of a file");
	j->at = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (j->at < 0)
		msg_diesys(LSV_PERM, "unable to open ", dir);
	free(dir);
}

/* The table that was in force before is a link under this name while a new one
 * is made, and gets its own name after that. What an earlier run left half done
 * is finished. */
static void
settle_previous(const struct netjob *j)
{
	char *link = beside(j, "tmp.", ".1"), *kept = beside(j, "", ".1");
	struct stat was, is;

	if (fstatat(j->at, link, &was, AT_SYMLINK_NOFOLLOW) == 0) {
		if (fstatat(j->at, j->name, &is, AT_SYMLINK_NOFOLLOW) == 0 &&
		    is.st_dev == was.st_dev && is.st_ino == was.st_ino) {
			if (unlinkat(j->at, link, 0) < 0)
				msg_diesys(LSV_TEMP, "unable to remove ", link);
		} else if (renameat(j->at, link, j->at, kept) < 0 ||
		    fsync(j->at) < 0) {
			msg_diesys(LSV_TEMP, "unable to make ", kept);
		}
	} else if (errno != ENOENT) {
		msg_diesys(LSV_TEMP, "unable to look at ", link);
	}
	free(link);
	free(kept);
}

static void
link_previous(const struct netjob *j)
{
	char *link = beside(j, "tmp.", ".1");

	if (linkat(j->at, j->name, j->at, link, 0) < 0 && errno != ENOENT)
		msg_diesys(LSV_TEMP, "unable to make ", link);
	free(link);
}

/* One maker at a time, here: the next one waits. */
static void
enter(struct netjob *j)
{
	char *lock;

	j->path = j->o->out;
	if (!j->path)
		j->path =
		    default_path(j, root_lib(), NETTABLE_DIR "/" NETTABLE_FILE);
	split_path(j);
	if (j->o->dry_run)
		return;
	lock = beside(j, "", ".lock");
	if (lock_instance(j->at, lock, 1) < 0)
		msg_diesys(LSV_PERM, "unable to lock ", lock);
	free(lock);
	settle_previous(j);
}

static void
find_names(struct netjob *j)
{
	struct site site;

	j->source = j->o->dir;
	if (!j->source)
		j->source = default_path(j, root_etc(), NETTABLE_DIR);
	if (j->o->check)
		return;
	j->self = j->o->self;
	if (j->self)
		return;
	site_need(&site);
	j->self = ours(j, strdup(site.node));
	site_free(&site);
}

/* Is the table that is there made of these tables, for this server? */
static int
is_same(struct netjob *j)
{
	struct netserver s;

	if (nettable_open(&j->old, j->path) < 0)
		return 0;
	return bytes_eq(nettable_facts(&j->old)->digest, j->digest) &&
	    nettable_named(&j->old, bytes_z(j->self), &s) == 1 && s.self;
}

static void
worse(struct netjob *j, int code)
{
	if (code > j->code)
		j->code = code;
}

/* Reads the tables; 0 when they are good. */
static int
read_tables(struct netjob *j)
{
	if (network_read_dir(&j->net, j->source, &j->diag) < 0) {
		if (errno == ENOMEM || j->diag.failed)
			out_of_memory();
		worse(j, LSV_PERM);
		if (j->diag.count[NETDIAG_ERROR] == 0)
			msg_warnsys("unable to read ", j->source);
		return -1;
	}
	if (j->diag.failed)
		out_of_memory();
	if (j->diag.count[NETDIAG_ERROR] == 0)
		return 0;
	worse(j, TABLE_BAD);
	return -1;
}

/* Compiles what was read, and puts it in place. */
static int
compile(struct netjob *j)
{
	uint32_t self = nettable_find_self(&j->net, bytes_z(j->self));
	int dry = j->o->dry_run;

	if (self == NETTABLE_NONE) {
		netjob_no_self(j);
		worse(j, LSV_PERM);
		return -1;
	}
	if (!dry)
		link_previous(j);
	if (nettable_make(&j->net, self, bytes_z(j->digest), j->at,
		dry ? NULL : j->name, FILE_MODE, &j->made) == 0)
		return 0;
	msg_warnsys("unable to make ", j->name);
	worse(j, LSV_TEMP);
	return -1;
}

static void
run(struct netjob *j)
{
	struct progress bar;

	if (netdigest(j->digest, j->source, &j->size) < 0)
		msg_diesys(LSV_PERM, "unable to read ", j->source);
	if (!j->o->check && is_same(j)) {
		j->fate = NETFATE_SAME;
		return;
	}
	progress_begin(&bar, "network", STEPS);
	progress_at(&bar, 1);
	if (read_tables(j) == 0) {
		progress_at(&bar, 2);
		if (j->o->check)
			j->fate = NETFATE_CHECKED;
		else if (compile(j) == 0)
			j->fate = NETFATE_MADE;
	}
	progress_end(&bar, STEPS);
	if (!j->o->check && !j->o->dry_run)
		settle_previous(j);
	netjob_complain(j);
}

int
table_network(const struct options *o)
{
	struct netjob j = {.o = o, .at = -1, .code = LSV_OK};
	uint64_t start = clock_mono_us();

	find_names(&j);
	if (!o->check)
		enter(&j);
	run(&j);
	j.ms = (clock_mono_us() - start + 500) / 1000;
	netjob_print(&j);
	nettable_close(&j.old);
	network_free(&j.net);
	netdiag_free(&j.diag);
	while (j.nours > 0)
		free(j.ours[--j.nours]);
	return j.code;
}
