#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
#include "lib/fio.h"
#include "lib/handover.h"
#include "lib/msg.h"
#include "lib/names.h"

/* "ID.r" is a report of failures, "ID.w" of a delay; its job is called "ID".
 * Returns 'r', 'w', or 0 for what is no report. */
static int
report_of(const char *name, char *job)
{
	size_t n = strlen(name);

	if (n < 3 || name[n - 2] != '.' ||
	    (name[n - 1] != 'r' && name[n - 1] != 'w'))
		return 0;
	memcpy(job, name, n - 2);
	job[n - 2] = 0;
	return name[n - 1];
}

/* What a small job says of a report of this kind, wherever it is. */
static int
file_says(int dir, const char *job, int kind)
{
	struct claim c;
	int yes = 0;

	if (claim_peek(&c, dir, job, NULL) == 0)
		yes = kind == 'w' ? c.warned_us > 0 : c.reported;
	claim_close(&c);
	return yes;
}

static int
small_says(struct route *r, const char *job, int kind)
{
	int yes = file_says(r->pools.finished, job, kind);

	/* a job that nobody waits for any more needs no warning */
	for (unsigned p = 0; kind == 'w' && p < POOL_PLACES; p++)
		for (int d = POOL_NOW; d <= POOL_HELD; d++)
			yes |= file_says(r->pools.dir[p][d], job, kind);
	return yes;
}

/* Does the job say that it was reported?  Then its report must go out. */
static int
was_reported(struct route *r, const char *job, int kind)
{
	struct plan p;
	int dir, yes = small_says(r, job, kind);

	dir = openat(r->jobs.top, job, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir >= 0 && jobdir_plan(&p, dir, NULL) == 0)
		yes = kind == 'w' ? p.warned_us > 0 : p.reported;
	fio_close(dir);
	return yes;
}

static int
send_again(struct route *r, const char *job, const char *kind)
{
	char name[ID_NAME_MAX];
	struct stat st;

	id_named(name, job, kind);
	if (fstatat(r->jobs.stage, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (st.st_nlink == 1)
		return small_report(r, name, small_pool(r, name));
	ho_wake(r->pools.top, "trigger");
	return unlinkat(r->jobs.stage, name, 0);
}

int
recover_report(struct route *r, const char *job)
{
	return send_again(r, job, "r");
}

int
recover_warning(struct route *r, const char *job)
{
	return send_again(r, job, "w");
}

static int
recover_small(struct route *r, const char *name, unsigned links)
{
	char job[ID_NAME_MAX];
	int kind = report_of(name, job);

	if (kind && was_reported(r, job, kind))
		return send_again(r, job, kind == 'w' ? "w" : "r");
	return links > 1 ? small_settle(r, name)
			 : unlinkat(r->jobs.stage, name, 0);
}

/* While we work, jobs/stage also holds what is being made; but a witness of a
 * small job is only there between two rounds when it could not be removed. */
static int
is_left(const char *name, const struct stat *st)
{
	char job[ID_NAME_MAX];

	return S_ISREG(st->st_mode) && st->st_nlink > 1 &&
	    !report_of(name, job);
}

int
recover_stage(struct route *r, int start)
{
	struct names l;
	struct stat st;
	int res = 0;

	if (names_read(&l, r->jobs.stage, INT32_MAX, NULL, NULL) < 0)
		return -1;
	for (size_t i = 0; i < l.n && res == 0; i++) {
		if (fstatat(
			r->jobs.stage, l.name[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			res = start || errno != ENOENT ? -1 : 0;
		else if (!start && !is_left(l.name[i], &st))
			continue;
		else if (S_ISDIR(st.st_mode))
			res = jobdir_sweep(r->jobs.stage, l.name[i]);
		else
			res =
			    recover_small(r, l.name[i], (unsigned)st.st_nlink);
	}
	names_free(&l);
	return res;
}

/* A job that stands in jobs/ was committed: its inbox file is spent. */
static int
recover_job(struct route *r, const char *name)
{
	if (unlinkat(r->in.new, name, 0) < 0 && errno != ENOENT)
		return -1;
	if (large_release(r, name) < 0)
		return -1;
	home_check(r, name);
	return 0;
}

int
recover_jobs(struct route *r)
{
	struct names l;

	if (names_read(&l, r->jobs.top, INT32_MAX, NULL, NULL) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++)
		if (!child_of(r, l.name[i]) && recover_job(r, l.name[i]) < 0) {
			msg_warnsys("unable to recover ", l.name[i]);
			r->again = 1;
		}
	names_free(&l);
	return 0;
}
