/* check and apply: from the text of site.cfg to the table */
#include "cmd/lsv-config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/authfile.h"
#include "lib/fio.h"
#include "lib/json.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/site.h"
#include "lib/sitecheck.h"
#include "lib/sitefile.h"
#include "lib/sitemake.h"
#include "lib/table.h"

/* A file being looked at. */
struct source {
	stralloc path;
	stralloc text;
	struct sitecheck found;
};

/* One difference between the table in force and the one to come. */
struct change {
	char name[SITEVAR_NAME_MAX];
	const char *old, *new; /* NULL: not set */
	size_t oldlen, newlen;
};

static const char *const level_name[] = {"note", "warning", "error"};

/* Who will read the file of passwords: lsv-smtpw, and not root. */
static void
reader_of(uid_t *uid, gid_t *gid)
{
	/* cppcheck-suppress getpwnamCalled ; one thread */
	const struct passwd *pw = geteuid() == 0 ? getpwnam("lsvsmtp") : NULL;

	*uid = pw ? pw->pw_uid : geteuid();
	*gid = pw ? pw->pw_gid : getegid();
}

/* Whoever may not read the passwords is told nothing of them. */
static void
check_logins(struct source *f)
{
	struct authfile auth = {NULL, 0};
	struct where w = {0, ""};
	stralloc path = {0};
	uid_t uid;
	gid_t gid;
	int r;

	if (root_path(&path, root_etc(), SITE_AUTH) < 0)
		msg_die(LSV_TEMP, "out of memory");
	reader_of(&uid, &gid);
	r = authfile_read_as(&auth, path.s, uid, gid, &w);
	if ((r == 0 || errno == ENOENT || errno == EPERM || errno == EPROTO ||
		errno == EFBIG) &&
	    sitecheck_logins(&f->found, f->text.s, &auth,
		r == 0 || errno == ENOENT ? NULL
		    : w.why[0]            ? w.why
					  : strerror(errno)) < 0)
		msg_diesys(LSV_TEMP, "unable to check ", path.s);
	authfile_free(&auth);
	sa_free(&path);
}

/* The file may be a symbolic link or a pipe: it is the administrator's own. */
static void
source_read(struct source *f, const char *path)
{
	int fd, r;

	if (path ? sa_puts(&f->path, path) < 0 || sa_0(&f->path) < 0
		 : root_path(&f->path, root_etc(), SITE_TEXT) < 0)
		msg_die(LSV_TEMP, "out of memory");
	fd = open(f->path.s, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		msg_diesys(errno == ENOENT ? LSV_PERM : LSV_TEMP,
		    "unable to open ", f->path.s);
	r = fio_read_fd(fd, &f->text, SITEFILE_MAX);
	if (r < 0 && errno == EFBIG)
		msg_die(LSV_PERM, f->path.s, " is larger than 1 MiB");
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to read ", f->path.s);
	fio_close(fd);
	if (sitecheck_read(&f->found, f->text.s, f->text.len) < 0)
		msg_diesys(LSV_TEMP, "unable to check ", f->path.s);
	check_logins(f);
}

static void
source_free(struct source *f)
{
	sitecheck_free(&f->found);
	sa_free(&f->text);
	sa_free(&f->path);
}

/* "FILE:3:1: error: ...", as compilers write it, so that editors find it. */
static void
print_remarks(const struct source *f)
{
	stralloc out = {0};
	int bad = 0;

	for (size_t i = 0; i < f->found.nremark; i++) {
		const struct sitecheck_remark *r = &f->found.remark[i];

		bad |= sa_put(&out, f->path.s, f->path.len) < 0 ||
		    sa_puts(&out, ":") < 0 || sa_addu(&out, r->line) < 0 ||
		    sa_puts(&out, ":") < 0 || sa_addu(&out, r->column) < 0 ||
		    sa_puts(&out, ": ") < 0 ||
		    sa_puts(&out, level_name[r->level]) < 0 ||
		    sa_puts(&out, ": ") < 0 ||
		    sa_puts(&out, sitecheck_said(&f->found, r)) < 0 ||
		    sa_puts(&out, "\n") < 0;
	}
	if (bad)
		msg_die(LSV_TEMP, "out of memory");
	if (fio_write(2, out.s, out.len) < 0)
		msg_diesys(LSV_TEMP, "unable to write to standard error");
	sa_free(&out);
}

/* "2 errors", "1 warning", "no notes" */
static int
put_count(stralloc *out, size_t n, const char *what)
{
	if ((n == 0 ? sa_puts(out, "no") : sa_addu(out, n)) < 0 ||
	    sa_puts(out, " ") < 0 || sa_puts(out, what) < 0)
		return -1;
	return n == 1 ? 0 : sa_puts(out, "s");
}

static void
print_summary(const struct source *f)
{
	const size_t *count = f->found.count;
	stralloc out = {0};
	int bad;

	bad = sa_put(&out, f->path.s, f->path.len) < 0 ||
	    sa_puts(&out, ": ") < 0 ||
	    put_count(&out, count[SITECHECK_ERROR], "error") < 0 ||
	    sa_puts(&out, ", ") < 0 ||
	    put_count(&out, count[SITECHECK_WARNING], "warning") < 0 ||
	    sa_puts(&out, "; ") < 0 ||
	    put_count(&out, f->found.nset, "variable") < 0 ||
	    sa_puts(&out, " set") < 0;
	if (count[SITECHECK_NOTE])
		bad |= sa_puts(&out, ", ") < 0 ||
		    sa_addu(&out, count[SITECHECK_NOTE]) < 0 ||
		    sa_puts(&out, " not used yet") < 0;
	bad |= sa_puts(&out, "\n") < 0;
	config_flush(&out, bad);
	sa_free(&out);
}

static void
json_remarks(struct json *j, const struct source *f)
{
	const size_t *count = f->found.count;

	json_s(j, "file", f->path.s, f->path.len);
	json_u(j, "errors", count[SITECHECK_ERROR]);
	json_u(j, "warnings", count[SITECHECK_WARNING]);
	json_u(j, "unused", count[SITECHECK_NOTE]);
	json_u(j, "set", f->found.nset);
	json_open(j, "remarks", '[');
	for (size_t i = 0; i < f->found.nremark; i++) {
		const struct sitecheck_remark *r = &f->found.remark[i];

		json_open(j, NULL, '{');
		json_z(j, "level", level_name[r->level]);
		json_u(j, "line", r->line);
		json_u(j, "column", r->column);
		json_z(j, "text", sitecheck_said(&f->found, r));
		json_close(j, '}');
	}
	json_close(j, ']');
}

int
config_check(const struct options *o)
{
	struct source f = {0};
	stralloc out = {0};
	struct json j = {.out = &out};
	int bad;

	source_read(&f, o->argument);
	if (o->json) {
		json_open(&j, NULL, '{');
		json_remarks(&j, &f);
		json_close(&j, '}');
		config_flush(&out, j.failed || sa_puts(&out, "\n") < 0);
	} else {
		print_remarks(&f);
		print_summary(&f);
	}
	bad = f.found.count[SITECHECK_ERROR] != 0;
	sa_free(&out);
	source_free(&f);
	return bad ? CONFIG_BAD : LSV_OK;
}

/* The table in force; closed when there is none or it is damaged: then every
 * setting counts as new. */
static void
old_table(struct table *t)
{
	stralloc path = {0};

	if (root_path(&path, root_etc(), SITE_TABLE) < 0)
		msg_die(LSV_TEMP, "out of memory");
	if (table_open(t, path.s) < 0 && errno != ENOENT && errno != EPROTO)
		msg_diesys(LSV_TEMP, "unable to read ", path.s);
	sa_free(&path);
}

/* Is what the table says the same as what the file says? */
static int
is_same(const struct change *c)
{
	if (!c->old || !c->new)
		return c->old == c->new;
	return c->oldlen == c->newlen && memcmp(c->old, c->new, c->newlen) == 0;
}

static const struct sitecheck_setting *
setting_find(
    const struct sitecheck *c, const struct sitevar *v, unsigned number)
{
	for (size_t i = 0; i < c->nset; i++)
		if (c->set[i].var == v && c->set[i].number == number)
			return &c->set[i];
	return NULL;
}

/* Compare one variable; 1 when it changes. */
static int
changes(struct change *c, const struct table *t, const struct sitecheck *found,
    const struct sitevar *v, unsigned number)
{
	const struct sitecheck_setting *s = setting_find(found, v, number);

	*c = (struct change){.old = NULL};
	sitevar_name(c->name, v, number);
	if (v->flags & SITEVAR_SECRET)
		return 0;
	if (s) {
		c->new = sitecheck_value(found, s);
		c->newlen = s->len;
	}
	if (t->cdb &&
	    table_find(t, c->name, strlen(c->name), &c->old, &c->oldlen) <= 0)
		c->old = NULL;
	return !is_same(c);
}

static int
by_size(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return x < y ? -1 : x > y;
}

/* The number in a key of the table that belongs to v, 0 for any other key. */
static unsigned
number_of(const struct table_entry *e, const struct sitevar *v)
{
	char name[SITEVAR_NAME_MAX];
	unsigned number = 0;

	if (e->klen >= sizeof name || memchr(e->key, 0, e->klen))
		return 0;
	memcpy(name, e->key, e->klen);
	name[e->klen] = 0;
	return sitevar_find(name, &number) == v ? number : 0;
}

/* The numbers that the table or the file has for a variable, sorted; some
 * twice. */
static unsigned *
numbers(const struct source *f, const struct table *t, const struct sitevar *v,
    size_t *n)
{
	struct table_entry e;
	size_t at = 0, room = f->found.nset;
	unsigned *list, k;

	*n = 0;
	while (t->cdb && table_next(t, &at, &e) > 0)
		room++;
	list = calloc(room + 1, sizeof *list);
	if (!list)
		msg_die(LSV_TEMP, "out of memory");
	for (at = 0; t->cdb && table_next(t, &at, &e) > 0;)
		if ((k = number_of(&e, v)) != 0)
			list[(*n)++] = k;
	for (size_t i = 0; i < f->found.nset; i++)
		if (f->found.set[i].var == v)
			list[(*n)++] = f->found.set[i].number;
	qsort(list, *n, sizeof *list, by_size);
	return list;
}

/* Call fn with every variable whose value will be another. */
static void
each_change(const struct source *f, const struct table *t,
    void (*fn)(void *arg, const struct change *c), void *arg)
{
	size_t n, count;
	const struct sitevar *v = sitevar_table(&n);
	struct change c;

	for (size_t i = 0; i < n; i++) {
		unsigned *list;

		if (!(v[i].flags & SITEVAR_NUMBERED)) {
			if (changes(&c, t, &f->found, &v[i], 0))
				fn(arg, &c);
			continue;
		}
		list = numbers(f, t, &v[i], &count);
		for (size_t k = 0; k < count; k++)
			if ((k == 0 || list[k] != list[k - 1]) &&
			    changes(&c, t, &f->found, &v[i], list[k]))
				fn(arg, &c);
		free(list);
	}
}

static int
put_value(stralloc *out, const char *s, size_t len)
{
	if (!s)
		return sa_puts(out, "(default)");
	config_quote(out, s, len);
	return 0;
}

static void
text_change(void *arg, const struct change *c)
{
	stralloc *out = arg;

	if (sa_puts(out, c->name) < 0 || sa_puts(out, ": ") < 0 ||
	    put_value(out, c->old, c->oldlen) < 0 || sa_puts(out, " -> ") < 0 ||
	    put_value(out, c->new, c->newlen) < 0 || sa_puts(out, "\n") < 0)
		msg_die(LSV_TEMP, "out of memory");
}

static void
json_change(void *arg, const struct change *c)
{
	struct json *j = arg;

	json_open(j, NULL, '{');
	json_z(j, "name", c->name);
	if (c->old)
		json_s(j, "old", c->old, c->oldlen);
	if (c->new)
		json_s(j, "new", c->new, c->newlen);
	json_close(j, '}');
}

static void
report_json(const struct source *f, const struct table *old, int applied)
{
	stralloc out = {0};
	struct json j = {.out = &out};

	json_open(&j, NULL, '{');
	json_remarks(&j, f);
	json_b(&j, "applied", applied);
	json_open(&j, "changes", '[');
	if (f->found.count[SITECHECK_ERROR] == 0)
		each_change(f, old, json_change, &j);
	json_close(&j, ']');
	json_close(&j, '}');
	config_flush(&out, j.failed || sa_puts(&out, "\n") < 0);
	sa_free(&out);
}

static void
report_text(const struct source *f, const struct table *old, int applied)
{
	stralloc out = {0};
	int bad = 0;

	print_summary(f);
	if (f->found.count[SITECHECK_ERROR]) {
		bad = sa_puts(&out, "nothing is changed\n") < 0;
	} else {
		each_change(f, old, text_change, &out);
		if (out.len == 0)
			bad = sa_puts(&out, "no value changes\n") < 0;
		bad |= sa_puts(&out,
			   applied ? "in force for programs that start now; "
				     "lsv-service reload tells the running "
				     "ones\n"
				   : "dry run: nothing is changed\n") < 0;
	}
	config_flush(&out, bad);
	sa_free(&out);
}

int
config_apply(const struct options *o)
{
	struct source f = {0};
	struct table old = {0};
	int bad, applied;

	source_read(&f, o->argument);
	bad = f.found.count[SITECHECK_ERROR] != 0;
	applied = !bad && !o->dry_run;
	if (!o->json)
		print_remarks(&f);
	old_table(&old);
	if (applied && site_compile(&f.found, root_etc()) < 0)
		msg_diesys(
		    LSV_TEMP, "unable to make ", root_etc(), "/", SITE_TABLE);
	if (o->json)
		report_json(&f, &old, applied);
	else
		report_text(&f, &old, applied);
	table_close(&old);
	source_free(&f);
	return bad ? CONFIG_BAD : LSV_OK;
}
