#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/lsv-spool/spool.h"
#include "lib/beneath.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/share.h"
#include "lib/spoollock.h"
#include "lib/spoolwalk.h"

enum { ALL_ROOTS = (1 << SPOOLTAB_ROOTS) - 1, DIFFERENT = 1 };

static void
table_text(int share, const char *name, stralloc *text)
{
	if (fio_read(share, name, text, SPOOLTAB_TEXT) < 0)
		msg_diesys(LSV_PERM, "unable to read ", name);
}

_Noreturn static void
table_bad(const char *name, const stralloc *text, const struct where *w)
{
	stralloc line = {0};

	if (sa_addu(&line, spooltab_line(text->s, text->len, w->at)) < 0 ||
	    sa_0(&line) < 0)
		msg_diesys(LSV_TEMP, "unable to read ", name);
	msg_die(LSV_PERM, name, " line ", line.s, ": ", w->why);
}

void
tables_read(struct spool *s)
{
	int share = share_open();
	stralloc text = {0};
	struct where w;

	if (share < 0)
		msg_diesys(LSV_PERM, "unable to find spool.tab");
	table_text(share, "spool.tab", &text);
	if (spooltab_parse(&s->tab, text.s, text.len, &w) < 0)
		table_bad("spool.tab", &text, &w);
	table_text(share, "users.tab", &text);
	if (spooltab_users(&s->users, text.s, text.len, &w) < 0)
		table_bad("users.tab", &text, &w);
	sa_free(&text);
	fio_close(share);
}

size_t
look(struct spool *s, struct account_diffs *accounts, int content)
{
	struct spoolcheck *c = &s->check;
	int r;

	*accounts = (struct account_diffs){0};
	spoolcheck_forget(c);
	if (!c->single && accounts_look(accounts, &s->users) < 0)
		msg_diesys(LSV_TEMP, "unable to look up users and groups");
	r = spoolcheck_rows(c, ALL_ROOTS);
	if (r == 0 && content) {
		progress_begin(&s->progress, "looked at", 0);
		r = spoolwalk(c);
		progress_end(&s->progress, c->looked);
	}
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to compare the spool");
	return accounts->n + c->ndiffs;
}

uint64_t
lost_count(const struct spool *s)
{
	int fd = beneath_open(
	    s->check.root[SPOOLTAB_SPOOL], "lost", O_RDONLY | O_DIRECTORY);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	uint64_t n = 0;

	if (!d) {
		fio_close(fd);
		return 0;
	}
	/* cppcheck-suppress readdirCalled ; one thread */
	while ((e = readdir(d)))
		n +=
		    strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	closedir(d);
	return n;
}

/* For people only, and only on standard error: no difference by itself. */
static void
remark(const struct spool *s, uint64_t lost)
{
	char n[FMT_ULONG + 1];

	n[fmt_ulong(n, lost)] = 0;
	if (s->check.more)
		msg_warn("there are more differences than are listed");
	if (lost)
		msg_say(n, lost == 1 ? " thing lies in " : " things lie in ",
		    s->check.path[SPOOLTAB_SPOOL],
		    "/lost: look at them and "
		    "remove them");
}

int
spool_check(struct spool *s)
{
	struct account_diffs accounts;
	size_t n = look(s, &accounts, 1);
	uint64_t lost = lost_count(s);

	for (size_t i = 0; i < accounts.n; i++)
		report_account(&s->report, &accounts.of[i], OUTCOME_FOUND);
	for (size_t i = 0; i < s->check.ndiffs; i++)
		report_diff(&s->report, &s->check, &s->check.diff[i],
		    OUTCOME_FOUND, NULL);
	free(accounts.of);
	if (report_end(&s->report, n, s->check.more, lost) < 0)
		msg_diesys(LSV_TEMP, "unable to write to standard output");
	if (!s->opt.json) {
		remark(s, lost);
		if (n == 0)
			msg_say(s->check.path[SPOOLTAB_SPOOL],
			    " is as spool.tab says");
	}
	return n ? DIFFERENT : LSV_OK;
}
