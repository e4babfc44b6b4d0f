#include "lib/spoolwalk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/beneath.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/ids.h"

enum { FIRST_ROOM = 64, DAY_LEN = 8, HOUR_MS = 3600000 };

/* struct linked - a file with two names, judged when all names are known */
struct linked {
	dev_t dev;
	ino_t ino;
	const struct spooltab_row *row;
	char name[NAME_MAX + 1];
};

/* struct walk - the whole walk
 *
 * now_us  the time
 * linked  n files with two names
 */
struct walk {
	struct spoolcheck *c;
	uint64_t now_us;
	struct linked *linked;
	size_t n, room;
};

/* struct dir - a directory of the table that is being read
 *
 * fd      its descriptor
 * parent  1 when rows of the table lie in it
 * sub     "", or the name of a directory in it that is read now and a slash
 */
struct dir {
	struct walk *w;
	const struct spooltab_row *row;
	int fd, parent;
	char sub[NAME_MAX + 2];
};

static void
full_name(const struct dir *d, const char *name, char *out)
{
	snprintf(out, SPOOLDIFF_NAME, "%s%s", d->sub, name);
}

static int
differs_in(const struct dir *d, enum spooldiff_what what, const char *name,
    const char *is, const char *should)
{
	char full[SPOOLDIFF_NAME];

	full_name(d, name, full);
	return spooldiff_text(d->w->c, what, d->row, full, is, should);
}

static int
remember_linked(const struct dir *d, const char *name, const struct stat *st)
{
	struct walk *w = d->w;
	struct linked *one;

	if (w->n == w->room) {
		size_t room = w->room ? 2 * w->room : FIRST_ROOM;
		void *p = reallocarray(w->linked, room, sizeof *w->linked);

		if (!p)
			return -1;
		w->linked = p;
		w->room = room;
	}
	one = &w->linked[w->n++];
	*one = (struct linked){
	    .dev = st->st_dev, .ino = st->st_ino, .row = d->row};
	snprintf(one->name, sizeof one->name, "%s", name);
	return 0;
}

static int
too_old(const struct dir *d, const char *name, const struct stat *st)
{
	uint64_t made_us = (uint64_t)st->st_mtim.tv_sec * 1000000;
	uint64_t now_us = d->w->now_us;
	uint64_t age_ms = made_us < now_us ? (now_us - made_us) / 1000 : 0;
	char is[SPOOLDIFF_TEXT], should[SPOOLDIFF_TEXT];

	if (age_ms <= d->row->age_ms)
		return 0;
	snprintf(is, sizeof is, "%llu hours",
	    (unsigned long long)(age_ms / HOUR_MS));
	snprintf(should, sizeof should, "at most %llu hours",
	    (unsigned long long)(d->row->age_ms / HOUR_MS));
	return differs_in(d, DIFF_ORPHAN, name, is, should);
}

/* A file, or a directory in stage/ and jobs/: its owner, links and age. */
static int
look_item(const struct dir *d, const char *name, const struct stat *st)
{
	struct spoolcheck *c = d->w->c;
	int pair = d->row->holds == HOLDS_MAIL || d->row->holds == HOLDS_STAGE;
	char full[SPOOLDIFF_NAME];

	full_name(d, name, full);
	if (!spoolcheck_writer(c, d->row, st->st_uid))
		return spooldiff_id(c, DIFF_OWNER, d->row, full, st->st_uid);
	if (S_ISREG(st->st_mode) && st->st_nlink == 2 && pair && !d->sub[0])
		return remember_linked(d, name, st);
	if (S_ISREG(st->st_mode) && st->st_nlink != 1)
		return spooldiff_links(c, d->row, full, st->st_nlink);
	return d->row->age_ms && !d->sub[0] ? too_old(d, name, st) : 0;
}

static int look_dir(struct dir *d);

/* A job directory: files of the same users, each with one link. */
static int
look_job(const struct dir *d, const char *name)
{
	struct dir job = {.w = d->w, .row = d->row};

	if (snprintf(job.sub, sizeof job.sub, "%s/", name) >=
	    (int)sizeof job.sub)
		return differs_in(
		    d, DIFF_FOREIGN, name, "a long name", "an ID");
	job.fd = beneath_open(d->fd, name, O_RDONLY | O_DIRECTORY);
	if (job.fd >= 0)
		return look_dir(&job);
	return errno == ENOENT ? 0 : spooldiff_err(d->w->c, d->row, name);
}

static int
is_day(const char *name)
{
	return strlen(name) == DAY_LEN && strspn(name, "0123456789") == DAY_LEN;
}

/* May something of this type and name lie here at all? */
static const char *
unfit(const struct dir *d, const char *name, mode_t type)
{
	int named = id_ok(name, strlen(name));

	if (d->sub[0])
		return type == S_IFREG ? NULL : "a file";
	switch (d->row->holds) {
	case HOLDS_KEPT:
	case HOLDS_TMP:
		return type == S_IFREG ? NULL : "a file";
	case HOLDS_FILES:
	case HOLDS_MAIL:
		return type == S_IFREG && named ? NULL
						: "a file named by an ID";
	case HOLDS_STAGE:
		return (type == S_IFREG || type == S_IFDIR) && named
		    ? NULL
		    : "a file or directory named by an ID";
	case HOLDS_JOBS:
		return type == S_IFDIR && named ? NULL
						: "a directory named by an ID";
	case HOLDS_DAYS:
		return type == S_IFDIR && is_day(name)
		    ? NULL
		    : "a directory named YYYYMMDD";
	case HOLDS_ANY:
		return NULL;
	case HOLDS_NOTHING:
		break;
	}
	return "nothing";
}

/* A row of the table, or what mke2fs(8) leaves at the top of a file system. */
static int
listed(const struct dir *d, const char *name, const struct stat *st)
{
	char path[SPOOLTAB_PATH + NAME_MAX + 2];

	if (d->sub[0] || !d->parent)
		return 0;
	if (!d->row->path[0] && strcmp(name, "lost+found") == 0 &&
	    st->st_uid == 0 && S_ISDIR(st->st_mode))
		return 1;
	snprintf(path, sizeof path, "%s%s%s", d->row->path,
	    d->row->path[0] ? "/" : "", name);
	return spooltab_find(d->w->c->tab, d->row->root, path) != NULL;
}

static int
look_entry(const struct dir *d, const char *name)
{
	struct stat st;
	const char *should;

	d->w->c->looked++;
	if (fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0
				       : spooldiff_err(d->w->c, d->row, name);
	if (listed(d, name, &st))
		return 0;
	should = unfit(d, name, st.st_mode & S_IFMT);
	if (should)
		return differs_in(
		    d, DIFF_FOREIGN, name, spooldiff_type(st.st_mode), should);
	if (look_item(d, name, &st) < 0)
		return -1;
	return S_ISDIR(st.st_mode) && d->row->holds != HOLDS_DAYS
	    ? look_job(d, name)
	    : 0;
}

/* Read a directory; takes over its descriptor. */
static int
look_dir(struct dir *d)
{
	DIR *dir = fdopendir(d->fd);
	const struct dirent *e;
	int r = 0;

	if (!dir) {
		fio_close(d->fd);
		return -1;
	}
	/* cppcheck-suppress readdirCalled ; one thread */
	while (errno = 0, r == 0 && (e = readdir(dir)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			r = look_entry(d, e->d_name);
	if (r == 0 && errno)
		r = spooldiff_err(d->w->c, d->row, d->sub);
	closedir(dir);
	return r;
}

static int
has_rows(const struct spooltab *tab, const struct spooltab_row *row)
{
	size_t n = strlen(row->path);

	for (size_t i = 0; i < tab->n; i++)
		if (tab->row[i].root == row->root && &tab->row[i] != row &&
		    strncmp(tab->row[i].path, row->path, n) == 0 &&
		    (n == 0 || tab->row[i].path[n] == '/'))
			return 1;
	return 0;
}

static int
by_inode(const void *a, const void *b)
{
	const struct linked *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	if (x->ino != y->ino)
		return x->ino < y->ino ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
same_file(const struct linked *a, const struct linked *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/* A second look: has the other name gone since, as it does in a spool in use? */
static int
still_linked(const struct spoolcheck *c, const struct linked *one)
{
	struct stat st;
	int dir = beneath_open(
	    c->root[one->row->root], one->row->path, O_PATH | O_DIRECTORY);
	int r =
	    dir < 0 ? -1 : fstatat(dir, one->name, &st, AT_SYMLINK_NOFOLLOW);

	fio_close(dir);
	return r == 0 && st.st_nlink > 1;
}

/* One name in a stage directory and one among the mail is how a small job is
 * committed; any other second name is one too many. */
static int
judge_linked(struct walk *w)
{
	struct linked *of = w->linked;

	if (w->n)
		qsort(of, w->n, sizeof *of, by_inode);
	for (size_t i = 0; i < w->n; i++) {
		if (i + 1 < w->n && same_file(of + i, of + i + 1) &&
		    of[i].row->holds != of[i + 1].row->holds) {
			i++;
			continue;
		}
		if (still_linked(w->c, of + i) &&
		    spooldiff_links(w->c, of[i].row, of[i].name, 2) < 0)
			return -1;
	}
	return 0;
}

static int
look_row(struct walk *w, const struct spooltab_row *row)
{
	struct spoolcheck *c = w->c;
	struct dir d = {.w = w, .row = row};

	if (row->type != 'd' || row->holds == HOLDS_ANY ||
	    c->root[row->root] < 0)
		return 0;
	d.parent = has_rows(c->tab, row);
	d.fd =
	    beneath_open(c->root[row->root], row->path, O_RDONLY | O_DIRECTORY);
	/* missing or no directory: the comparison of the rows says so */
	if (d.fd < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
		    ? 0
		    : spooldiff_err(c, row, "");
	return look_dir(&d);
}

int
spoolwalk(struct spoolcheck *c)
{
	struct walk w = {.c = c, .now_us = clock_wall_us()};
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->tab->n; i++) {
		r = look_row(&w, &c->tab->row[i]);
		if (c->step)
			c->step(c->step_arg, c->looked);
	}
	if (r == 0)
		r = judge_linked(&w);
	free(w.linked);
	return r;
}
