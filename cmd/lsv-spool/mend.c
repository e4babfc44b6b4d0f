#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-spool/spool.h"
#include "lib/beneath.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/spoollock.h"
#include "lib/spoolmend.h"
#include "lib/spoolwalk.h"

/* Mending one thing may show the next: a directory that was missing, or could
 * not be read.  The deepest row of the table has four directories above it. */
enum { ROUNDS = 8, ALL_ROOTS = (1 << SPOOLTAB_ROOTS) - 1 };

/* What a person has to change: rights, a read-only file system. */
static int
code(int err)
{
	return err == EACCES || err == EPERM || err == EROFS ||
		err == ENOTDIR || err == ELOOP || err == EMLINK
	    ? LSV_PERM
	    : LSV_TEMP;
}

_Noreturn static void
in_use(const struct spool *s, const struct spoolholder *who)
{
	stralloc words = {0};

	if (spoollock_words(&words, who) < 0 || sa_0(&words) < 0)
		msg_die(LSV_PERM, s->check.path[SPOOLTAB_SPOOL], " is in use");
	msg_die(LSV_PERM, s->check.path[SPOOLTAB_SPOOL], " is in use by ",
	    words.s, ": run lsv-service down before ", s->opt.command);
}

/* The tree may be gone and one of its processes still there: instance locks
 * tell. */
static void
instances_gone(const struct spool *s)
{
	struct flock l;
	const struct spooltab_row *row;
	const char *name;

	for (size_t i = 0; i < s->tab.n; i++) {
		int fd, held;

		row = &s->tab.row[i];
		name = strrchr(row->path, '/');
		if (row->type != 'f' || row->root != SPOOLTAB_SPOOL || !name ||
		    strcmp(name, "/lock") != 0)
			continue;
		fd = beneath_open(s->check.root[SPOOLTAB_SPOOL], row->path,
		    O_RDONLY | O_NONBLOCK);
		l = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
		held = fd >= 0 && fcntl(fd, F_OFD_GETLK, &l) == 0 &&
		    l.l_type != F_UNLCK;
		fio_close(fd);
		if (held)
			msg_die(LSV_PERM, s->check.path[SPOOLTAB_SPOOL], "/",
			    row->path,
			    " is held: a process of a tree that is "
			    "gone still runs");
	}
}

static void
take_lock(struct spool *s)
{
	struct spoolholder who;
	int dir, err;

	if (spoolmend_root(&s->check, SPOOLTAB_SPOOL) < 0)
		msg_diesys(code(errno), "unable to make ",
		    s->check.path[SPOOLTAB_SPOOL]);
	dir = s->check.root[SPOOLTAB_SPOOL];
	if (spoollock_take(&s->lock, dir, "lsv-spool", &who) < 0) {
		err = errno;
		if (err == EAGAIN)
			in_use(s, &who);
		errno = err;
		msg_diesys(code(err), "unable to lock ",
		    s->check.path[SPOOLTAB_SPOOL], "/lock");
	}
	instances_gone(s);
}

static void
mend_accounts(struct spool *s, const struct account_diffs *accounts)
{
	for (size_t i = 0; i < accounts->n; i++) {
		int r = accounts_mend(&accounts->of[i]);

		report_account(&s->report, &accounts->of[i],
		    r < 0 ? OUTCOME_FAILED : OUTCOME_MENDED);
	}
}

/* A row may differ in owner, group and mode at once: they are mended together,
 * so the second time there is nothing left to do, which is no failure.
 * Returns the number of differences mended. */
static size_t
mend_diffs(struct spool *s, stralloc *lost)
{
	struct spoolcheck *c = &s->check;
	size_t done = 0;

	for (size_t i = 0; i < c->ndiffs; i++) {
		if (!spoolmend_able(&c->diff[i], s->may) ||
		    spoolmend(c, &c->diff[i], s->may, lost) < 0)
			continue;
		done++;
		report_diff(
		    &s->report, c, &c->diff[i], OUTCOME_MENDED, lost->s);
	}
	return done;
}

/* Rows first, until there is nothing more to mend; then, for repair, what lies
 * in the directories. */
static void
mend_rounds(struct spool *s)
{
	stralloc lost = {0};
	int r = 0;

	for (int i = 0; r == 0 && i < ROUNDS; i++) {
		spoolcheck_forget(&s->check);
		r = spoolcheck_rows(&s->check, ALL_ROOTS);
		if (r == 0 && mend_diffs(s, &lost) == 0)
			break;
	}
	while (r == 0 && s->may & MEND_MOVE) {
		spoolcheck_forget(&s->check);
		progress_begin(&s->progress, "looked at", 0);
		r = spoolwalk(&s->check);
		progress_end(&s->progress, s->check.looked);
		if (r == 0 && (mend_diffs(s, &lost) == 0 || !s->check.more))
			break;
	}
	sa_free(&lost);
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to compare the spool");
}

/* What is left after mending, each with the reason; users and groups that
 * could not be made have been reported. */
static size_t
report_left(struct spool *s)
{
	struct account_diffs accounts;
	stralloc lost = {0};
	size_t n = look(s, &accounts, (s->may & MEND_MOVE) != 0);
	const struct spooldiff *d = s->check.diff;

	for (size_t i = 0; i < s->check.ndiffs; i++) {
		enum outcome what = OUTCOME_LEFT;

		if (spoolmend_able(&d[i], s->may))
			what = spoolmend(&s->check, &d[i], s->may, &lost) < 0
			    ? OUTCOME_FAILED
			    : OUTCOME_MENDED;
		n -= what == OUTCOME_MENDED;
		report_diff(&s->report, &s->check, &d[i], what, lost.s);
	}
	free(accounts.of);
	sa_free(&lost);
	return n;
}

static void
report_would(struct spool *s, const struct account_diffs *accounts)
{
	size_t left = 0;

	for (size_t i = 0; i < accounts->n; i++)
		report_account(&s->report, &accounts->of[i], OUTCOME_WOULD);
	for (size_t i = 0; i < s->check.ndiffs; i++) {
		int able = spoolmend_able(&s->check.diff[i], s->may);

		left += !able;
		report_diff(&s->report, &s->check, &s->check.diff[i],
		    able ? OUTCOME_WOULD : OUTCOME_LEFT, NULL);
	}
	if (report_end(&s->report, left, s->check.more, lost_count(s)) < 0)
		msg_diesys(LSV_TEMP, "unable to write to standard output");
}

static void
remark(const struct spool *s, size_t mended)
{
	char n[FMT_ULONG + 1];

	n[fmt_ulong(n, mended)] = 0;
	msg_say(s->check.path[SPOOLTAB_SPOOL], " is as spool.tab says (", n,
	    mended == 1 ? " thing" : " things", " made or mended)");
}

int
spool_mend(struct spool *s)
{
	struct account_diffs accounts;
	size_t n = look(s, &accounts, (s->may & MEND_MOVE) != 0);

	if (s->opt.dry_run) {
		report_would(s, &accounts);
		free(accounts.of);
		return LSV_OK;
	}
	if (n) {
		take_lock(s);
		mend_accounts(s, &accounts);
		mend_rounds(s);
		n = report_left(s);
	}
	free(accounts.of);
	if (report_end(&s->report, n, s->check.more, lost_count(s)) < 0)
		msg_diesys(LSV_TEMP, "unable to write to standard output");
	fio_close(s->lock);
	if (n)
		msg_die(LSV_PERM, "not everything could be mended");
	if (!s->opt.json)
		remark(s, s->report.mended);
	return LSV_OK;
}
