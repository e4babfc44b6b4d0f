#include "lib/spoolcheck.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/beneath.h"
#include "lib/fio.h"
#include "lib/roots.h"

enum { FIRST_ROOM = 64, IDS_MAX = 64, PERM_BITS = 07777 };

/* struct spoolcheck_ids - users and groups already asked for
 *
 * err     0, or why there is no number
 */
struct spoolcheck_ids {
	size_t n;
	struct {
		int group, err;
		unsigned id;
		char name[SPOOLTAB_NAME + 1];
	} of[IDS_MAX];
};

static unsigned
lookup(const char *name, int group, int *err)
{
	const struct passwd *pw;
	const struct group *gr;
	unsigned id = 0;

	errno = 0;
	if (group) {
		/* cppcheck-suppress getgrnamCalled ; one thread */
		gr = getgrnam(name);
		*err = gr ? 0 : errno ? errno : ENOENT;
		id = gr ? gr->gr_gid : 0;
	} else {
		/* cppcheck-suppress getpwnamCalled ; one thread */
		pw = getpwnam(name);
		*err = pw ? 0 : errno ? errno : ENOENT;
		id = pw ? pw->pw_uid : 0;
	}
	return id;
}

static int
number(struct spoolcheck *c, const char *name, int group, unsigned *out)
{
	struct spoolcheck_ids *ids = c->ids;
	size_t i;

	for (i = 0; i < ids->n; i++)
		if (ids->of[i].group == group &&
		    strcmp(ids->of[i].name, name) == 0)
			break;
	if (i == ids->n) {
		if (ids->n == IDS_MAX)
			i = ids->n = 0;
		ids->n++;
		ids->of[i].group = group;
		ids->of[i].id = lookup(name, group, &ids->of[i].err);
		snprintf(ids->of[i].name, sizeof ids->of[i].name, "%s", name);
	}
	*out = ids->of[i].id;
	errno = ids->of[i].err;
	return ids->of[i].err ? -1 : 0;
}

int
spoolcheck_owner(
    struct spoolcheck *c, const struct spooltab_row *row, uid_t *uid)
{
	*uid = c->uid;
	return c->single ? 0 : number(c, row->owner, 0, uid);
}

int
spoolcheck_group(
    struct spoolcheck *c, const struct spooltab_row *row, gid_t *gid)
{
	*gid = c->gid;
	return c->single ? 0 : number(c, row->group, 1, gid);
}

int
spoolcheck_writer(
    struct spoolcheck *c, const struct spooltab_row *row, uid_t uid)
{
	unsigned id;

	if (row->nfrom == 0)
		return 1;
	if (c->single)
		return uid == c->uid;
	for (size_t i = 0; i < row->nfrom; i++)
		if (number(c, row->from[i], 0, &id) == 0 && id == uid)
			return 1;
	return 0;
}

int
spoolcheck_open(struct spoolcheck *c, const struct spooltab *tab)
{
	*c = (struct spoolcheck){
	    .tab = tab,
	    .single = geteuid() != 0,
	    .uid = geteuid(),
	    .gid = getegid(),
	    .path = {root_etc(), root_spool(), root_lib(), root_run()},
	};
	for (int i = 0; i < SPOOLTAB_ROOTS; i++)
		c->root[i] = -1;
	c->ids = calloc(1, sizeof *c->ids);
	if (!c->ids)
		return -1;
	for (int i = 0; i < SPOOLTAB_ROOTS; i++) {
		c->root[i] = open(c->path[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (c->root[i] < 0 && errno != ENOENT && errno != ENOTDIR)
			return -1;
	}
	return 0;
}

void
spoolcheck_forget(struct spoolcheck *c)
{
	c->ndiffs = 0;
	c->more = 0;
	c->looked = 0;
	c->ids->n = 0;
}

void
spoolcheck_close(struct spoolcheck *c)
{
	for (int i = 0; i < SPOOLTAB_ROOTS; i++)
		fio_close(c->root[i]);
	free(c->diff);
	free(c->ids);
	*c = (struct spoolcheck){.root = {-1, -1, -1, -1}};
}

const char *
spooldiff_word(enum spooldiff_what what)
{
	static const char *const word[] = {
	    [DIFF_MISSING] = "presence",
	    [DIFF_TYPE] = "type",
	    [DIFF_OWNER] = "owner",
	    [DIFF_GROUP] = "group",
	    [DIFF_MODE] = "mode",
	    [DIFF_LINKS] = "links",
	    [DIFF_FOREIGN] = "place",
	    [DIFF_ORPHAN] = "age",
	    [DIFF_UNREADABLE] = "access",
	};

	return word[what];
}

int
spooldiff_path(
    stralloc *out, const struct spoolcheck *c, const struct spooldiff *d)
{
	out->len = 0;
	if (sa_puts(out, c->path[d->row->root]) < 0 ||
	    (d->row->path[0] &&
		(sa_puts(out, "/") < 0 || sa_puts(out, d->row->path) < 0)) ||
	    (d->name[0] &&
		(sa_puts(out, "/") < 0 || sa_puts(out, d->name) < 0)))
		return -1;
	return sa_0(out);
}

/* Parts joined at the end of out; a NULL among them ends the list. */
static int
join(stralloc *out, const char *a, const char *b, const char *c, const char *d)
{
	const char *const part[] = {a, b, c, d};

	for (size_t i = 0; i < sizeof part / sizeof part[0] && part[i]; i++)
		if (sa_puts(out, part[i]) < 0)
			return -1;
	return 0;
}

int
spooldiff_words(stralloc *out, const struct spooldiff *d)
{
	switch (d->what) {
	case DIFF_MISSING:
		return join(
		    out, "is missing, should be ", d->should, NULL, NULL);
	case DIFF_FOREIGN:
		return strcmp(d->should, "nothing") == 0
		    ? join(out, d->is, " does not belong here", NULL, NULL)
		    : join(out, d->is, " does not belong here, only ",
			  d->should, NULL);
	case DIFF_ORPHAN:
		return join(
		    out, "left behind, ", d->is, " old, should be ", d->should);
	case DIFF_UNREADABLE:
		return join(
		    out, "cannot be looked at: ", strerror(d->err), NULL, NULL);
	case DIFF_TYPE:
	case DIFF_OWNER:
	case DIFF_GROUP:
	case DIFF_MODE:
	case DIFF_LINKS:
		break;
	}
	if (join(out, spooldiff_word(d->what), " is ", d->is, ", should be ") <
	    0)
		return -1;
	return sa_puts(out, d->should);
}

/* --- what is found -------------------------------------------------------- */

const char *
spooldiff_type(mode_t mode)
{
	return S_ISREG(mode) ? "a file"
	    : S_ISDIR(mode)  ? "a directory"
	    : S_ISFIFO(mode) ? "a FIFO"
	    : S_ISLNK(mode)  ? "a symbolic link"
	    : S_ISSOCK(mode) ? "a socket"
			     : "a device";
}

static mode_t
row_type(const struct spooltab_row *row)
{
	return row->type == 'd' ? S_IFDIR
	    : row->type == 'p'  ? S_IFIFO
				: S_IFREG;
}

/* Appended; over the maximum it is only noted that there are more. */
static int
add(struct spoolcheck *c, const struct spooldiff *d, const char *name)
{
	if (c->ndiffs == SPOOLDIFFS_MAX) {
		c->more = 1;
		return 0;
	}
	if (c->ndiffs == c->room) {
		size_t room = c->room ? 2 * c->room : FIRST_ROOM;
		void *p = reallocarray(c->diff, room, sizeof *c->diff);

		if (!p)
			return -1;
		c->diff = p;
		c->room = room;
	}
	c->diff[c->ndiffs] = *d;
	snprintf(c->diff[c->ndiffs].name, SPOOLDIFF_NAME, "%s", name);
	c->ndiffs++;
	return 0;
}

int
spooldiff_text(struct spoolcheck *c, enum spooldiff_what what,
    const struct spooltab_row *row, const char *name, const char *is,
    const char *should)
{
	struct spooldiff d = {.what = what, .row = row};

	snprintf(d.is, sizeof d.is, "%s", is);
	snprintf(d.should, sizeof d.should, "%s", should);
	return add(c, &d, name);
}

int
spooldiff_err(
    struct spoolcheck *c, const struct spooltab_row *row, const char *name)
{
	struct spooldiff d = {
	    .what = DIFF_UNREADABLE, .row = row, .err = errno};

	snprintf(d.is, sizeof d.is, "refused (%s)", strerror(d.err));
	snprintf(d.should, sizeof d.should, "possible");
	return add(c, &d, name);
}

/* A uid or gid as its name, or as a number when it has none. */
static void
id_text(char *out, unsigned id, int group)
{
	/* cppcheck-suppress getpwuidCalled ; one thread */
	const struct passwd *pw = group ? NULL : getpwuid(id);
	/* cppcheck-suppress getgrgidCalled ; one thread */
	const struct group *gr = group ? getgrgid(id) : NULL;

	if (pw || gr)
		snprintf(
		    out, SPOOLDIFF_TEXT, "%s", pw ? pw->pw_name : gr->gr_name);
	else
		snprintf(out, SPOOLDIFF_TEXT, "%u", id);
}

/* Whose it should be.  What lies in a directory may be of several users: the
 * first stands for all. */
static void
id_wanted(struct spoolcheck *c, struct spooldiff *d, const char *name)
{
	const struct spooltab_row *row = d->row;
	int group = d->what == DIFF_GROUP;
	const char *want = name[0] ? row->from[0]
	    : group                ? row->group
				   : row->owner;
	unsigned id;

	if (c->single) {
		id_text(d->should, group ? c->gid : c->uid, group);
		return;
	}
	snprintf(d->should, sizeof d->should, "%s%s%s", want,
	    name[0] && row->nfrom > 1 ? " or another writer" : "",
	    number(c, want, group, &id) < 0 ? " (does not exist)" : "");
}

int
spooldiff_id(struct spoolcheck *c, enum spooldiff_what what,
    const struct spooltab_row *row, const char *name, unsigned is)
{
	struct spooldiff d = {.what = what, .row = row};

	id_text(d.is, is, what == DIFF_GROUP);
	id_wanted(c, &d, name);
	return add(c, &d, name);
}

int
spooldiff_links(struct spoolcheck *c, const struct spooltab_row *row,
    const char *name, nlink_t is)
{
	char text[SPOOLDIFF_TEXT];

	snprintf(text, sizeof text, "%lu", (unsigned long)is);
	return spooldiff_text(c, DIFF_LINKS, row, name, text, "1");
}

static int
differs_mode(struct spoolcheck *c, const struct spooltab_row *row, mode_t is)
{
	char text[SPOOLDIFF_TEXT], want[SPOOLDIFF_TEXT];

	snprintf(text, sizeof text, "%04o", is & PERM_BITS);
	snprintf(want, sizeof want, "%04o", row->mode);
	return spooldiff_text(c, DIFF_MODE, row, "", text, want);
}

/* --- the rows ------------------------------------------------------------- */

static int
row_compare(
    struct spoolcheck *c, const struct spooltab_row *row, const struct stat *st)
{
	uid_t uid;
	gid_t gid;

	if ((st->st_mode & S_IFMT) != row_type(row))
		return spooldiff_text(c, DIFF_TYPE, row, "",
		    spooldiff_type(st->st_mode), spooldiff_type(row_type(row)));
	if (row->type != 'd' && st->st_nlink != 1 &&
	    spooldiff_links(c, row, "", st->st_nlink) < 0)
		return -1;
	if ((spoolcheck_owner(c, row, &uid) < 0 || uid != st->st_uid) &&
	    spooldiff_id(c, DIFF_OWNER, row, "", st->st_uid) < 0)
		return -1;
	if ((spoolcheck_group(c, row, &gid) < 0 || gid != st->st_gid) &&
	    spooldiff_id(c, DIFF_GROUP, row, "", st->st_gid) < 0)
		return -1;
	if ((st->st_mode & PERM_BITS) != row->mode)
		return differs_mode(c, row, st->st_mode);
	return 0;
}

static int
row_missing(struct spoolcheck *c, const struct spooltab_row *row)
{
	return spooldiff_text(
	    c, DIFF_MISSING, row, "", "missing", spooldiff_type(row_type(row)));
}

static int
row_look(struct spoolcheck *c, const struct spooltab_row *row)
{
	struct stat st;
	int fd, r;

	c->looked++;
	if (c->root[row->root] < 0)
		return row_missing(c, row);
	fd = beneath_open(c->root[row->root], row->path, O_PATH);
	if (fd < 0 && errno == ENOENT)
		return row_missing(c, row);
	/* its directory is none: that row says so */
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return 0;
	if (fd < 0)
		return spooldiff_err(c, row, "");
	r = fstat(fd, &st) < 0 ? spooldiff_err(c, row, "")
			       : row_compare(c, row, &st);
	fio_close(fd);
	return r;
}

int
spoolcheck_rows(struct spoolcheck *c, unsigned roots)
{
	for (size_t i = 0; i < c->tab->n; i++)
		if (roots & 1U << c->tab->row[i].root &&
		    row_look(c, &c->tab->row[i]) < 0)
			return -1;
	if (c->step)
		c->step(c->step_arg, c->looked);
	return 0;
}

int
spool_belongs(uid_t *uid, const char *path)
{
	static const char *const at[] = {"", "score", "route", "pool"};
	struct stat st;
	int root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = 1;

	if (root < 0)
		return errno == ENOENT ? 0 : -1;
	for (size_t i = 0; r == 1 && i < sizeof at / sizeof at[0]; i++) {
		int fd = beneath_open(root, at[i], O_PATH | O_DIRECTORY);

		r = fd >= 0 && fstat(fd, &st) == 0 && st.st_uid != 0 &&
		    (i == 0 || st.st_uid == *uid);
		if (r)
			*uid = st.st_uid;
		fio_close(fd);
	}
	fio_close(root);
	return r;
}
