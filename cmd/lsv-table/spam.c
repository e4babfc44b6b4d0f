#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/lsv-table/table.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/json.h"
#include "lib/lock.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/siteneed.h"
#include "lib/spamlist.h"

/* What became of a table. */
enum fate {
	FATE_NONE,    /* no text is set, and there was no table */
	FATE_REMOVED, /* no text is set any more */
	FATE_MADE,
	FATE_KEPT, /* the old one stays, if there is one */
};

/* struct made - one of the four lists
 *
 * name    of the table in the directory
 * text    the path of its text; NULL when none is set
 */
struct made {
	const char *list, *name, *text;
	enum fate fate;
	uint64_t entries, bad, ms;
	struct spamtab_written written;
};

/* struct run - all of it
 *
 * dir     where the tables are
 * code    exit code: the gravest of what happened
 */
struct run {
	const struct options *o;
	int dir, code;
	struct made made[SPAM_LISTS];
};

static void
worse(struct run *r, int code)
{
	if (code > r->code)
		r->code = code;
}

/* The directory, and its lock: one maker of tables at a time. */
static void
enter(struct run *r)
{
	stralloc path = {0};

	if (root_path(&path, root_lib(), SPAM_LIST_DIR) < 0)
		msg_die(LSV_TEMP, "out of memory");
	r->dir = open(path.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->dir < 0)
		msg_diesys(LSV_PERM, "unable to open ", path.s);
	if (!r->o->dry_run && lock_instance(r->dir, "lock", 1) < 0)
		msg_diesys(LSV_PERM, "unable to lock ", path.s);
	sa_free(&path);
}

static void
remove_table(struct run *r, struct made *m)
{
	m->fate = FATE_REMOVED;
	if (faccessat(r->dir, m->name, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
	    errno == ENOENT)
		m->fate = FATE_NONE;
	if (m->fate == FATE_NONE || r->o->dry_run)
		return;
	if (unlinkat(r->dir, m->name, 0) == 0 && fsync(r->dir) == 0)
		return;
	msg_warnsys("unable to remove ", m->name);
	m->fate = FATE_KEPT;
	worse(r, LSV_TEMP);
}

static void
cannot(struct run *r, const char *what, const char *name, int code)
{
	if (errno == EINVAL)
		msg_warn(what, name, ": not a regular file");
	else if (errno == EFBIG)
		msg_warn(what, name, ": it would be larger than 4 GiB");
	else
		msg_warnsys(what, name);
	worse(r, code);
}

static void
make_table(struct run *r, struct made *m)
{
	struct spamtext t = {.file = m->text};
	int kind;

	m->fate = FATE_KEPT;
	if (spamtext_read(&t, m->list) < 0) {
		cannot(r, "unable to read ", m->text, LSV_PERM);
	} else if (t.bad) {
		worse(r, TABLE_BAD);
	} else if (spamtab_write(&t.tab, r->dir, r->o->dry_run ? NULL : m->name,
		       0644, &m->written) < 0) {
		cannot(r, "unable to make ", m->name, LSV_TEMP);
	} else {
		m->fate = FATE_MADE;
	}
	for (kind = 0; kind < SPAM_KINDS; kind++)
		m->entries += t.tab.count[kind];
	m->bad = t.bad;
	spamtext_free(&t);
}

static void
make_all(struct run *r, const struct site *site)
{
	uint64_t start;
	unsigned i;

	for (i = 0; i < SPAM_LISTS; i++) {
		struct made *m = &r->made[i];

		m->list = spam_list_name(i);
		m->name = spam_list_table(i) + sizeof SPAM_LIST_DIR;
		m->text = site->spam_table[i];
		start = clock_mono_us();
		if (m->text)
			make_table(r, m);
		else
			remove_table(r, m);
		m->ms = (clock_mono_us() - start + 500) / 1000;
	}
}

static int
put_count(stralloc *out, uint64_t n, const char *one, const char *more)
{
	if (sa_addu(out, n) < 0)
		return -1;
	return sa_puts(out, n == 1 ? one : more);
}

/* "blacklist_from: 3 entries, 2345 bytes, 1 ms" */
static int
put_made(stralloc *out, const struct run *r, const struct made *m)
{
	static const char *const said[] = {
	    [FATE_NONE] = "no table is set",
	    [FATE_REMOVED] = "no table is set any more; removed",
	    [FATE_KEPT] = "nothing is changed",
	};

	if (sa_puts(out, m->list) < 0 || sa_puts(out, ": ") < 0)
		return -1;
	if (m->bad && put_count(out, m->bad, " bad line; ", " bad lines; ") < 0)
		return -1;
	if (m->fate != FATE_MADE) {
		if (sa_puts(out, said[m->fate]) < 0)
			return -1;
	} else if (put_count(out, m->entries, " entry, ", " entries, ") < 0 ||
	    put_count(out, m->written.bytes, " byte, ", " bytes, ") < 0 ||
	    sa_addu(out, m->ms) < 0 || sa_puts(out, " ms") < 0) {
		return -1;
	}
	if (r->o->dry_run && m->fate != FATE_NONE && m->fate != FATE_KEPT &&
	    sa_puts(out, " (dry run, nothing is changed)") < 0)
		return -1;
	return sa_puts(out, "\n");
}

static void
json_made(struct json *j, const struct made *m)
{
	static const char *const state[] = {
	    [FATE_NONE] = "none",
	    [FATE_REMOVED] = "removed",
	    [FATE_MADE] = "made",
	    [FATE_KEPT] = "kept",
	};

	json_open(j, NULL, '{');
	json_z(j, "list", m->list);
	if (m->text)
		json_z(j, "text", m->text);
	else
		json_null(j, "text");
	json_z(j, "state", state[m->fate]);
	json_u(j, "entries", m->entries);
	json_u(j, "bad", m->bad);
	json_u(j, "bytes", m->fate == FATE_MADE ? m->written.bytes : 0);
	json_u(j, "ms", m->ms);
	json_close(j, '}');
}

static void
print(const struct run *r)
{
	stralloc out = {0};
	struct json j = {.out = &out};
	unsigned i;
	int bad = 0;

	if (r->o->json) {
		json_open(&j, NULL, '{');
		json_b(&j, "dry_run", r->o->dry_run);
		json_open(&j, "tables", '[');
		for (i = 0; i < SPAM_LISTS; i++)
			json_made(&j, &r->made[i]);
		json_close(&j, ']');
		json_close(&j, '}');
		bad = j.failed || sa_puts(&out, "\n") < 0;
	} else {
		for (i = 0; i < SPAM_LISTS; i++)
			bad |= put_made(&out, r, &r->made[i]) < 0;
	}
	if (bad)
		msg_die(LSV_TEMP, "out of memory");
	if (fio_write(STDOUT_FILENO, out.s, out.len) < 0)
		msg_diesys(LSV_TEMP, "unable to write to standard output");
	sa_free(&out);
}

int
table_spam(const struct options *o)
{
	struct run r = {.o = o, .dir = -1, .code = LSV_OK};
	struct site site;

	site_need(&site);
	enter(&r);
	make_all(&r, &site);
	print(&r);
	site_free(&site);
	return r.code;
}
