#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cmd/lsv-service/service.h"
#include "lib/beneath.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/share.h"
#include "lib/site.h"
#include "lib/spoollock.h"
#include "lib/spoolmend.h"

enum {
	ALL_ROOTS = (1 << SPOOLTAB_ROOTS) - 1,
	RUN_ONLY = 1 << SPOOLTAB_RUN,
	PAUSE_MS = 20, /* between two looks while s6-svscan starts */
};
#define SLICE_MS "500" /* one wait of s6-svwait, then we look ourselves */

/* What a person has to change: rights, a read-only file system. */
static int
code(int err)
{
	return err == EACCES || err == EPERM || err == EROFS ||
		err == ENOTDIR || err == ELOOP || err == EMLINK || err == ENOENT
	    ? LSV_PERM
	    : LSV_TEMP;
}

static void
table_read(struct service *s, struct spooltab *tab)
{
	stralloc text = {0};
	struct where w;

	s->share = share_open();
	if (s->share < 0 ||
	    fio_read(s->share, "spool.tab", &text, SPOOLTAB_TEXT) < 0)
		msg_diesys(LSV_PERM, "unable to read spool.tab");
	if (spooltab_parse(tab, text.s, text.len, &w) < 0)
		msg_die(LSV_PERM, "spool.tab: ", w.why);
	sa_free(&text);
}

/* Is the configuration in force, and is it the one that was written last? */
static void
configured(void)
{
	struct stat text, table;
	struct site site;
	int etc;

	if (site_read(&site, root_etc()) < 0) {
		if (errno == ENOENT)
			msg_die(LSV_PERM, "no configuration in ", root_etc(),
			    ": run lsv-config apply");
		msg_diesys(
		    LSV_PERM, "unable to read ", root_etc(), "/" SITE_TABLE);
	}
	site_free(&site);
	etc = open(root_etc(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (etc >= 0 && fstatat(etc, SITE_TEXT, &text, 0) == 0 &&
	    fstatat(etc, SITE_TABLE, &table, 0) == 0 &&
	    (text.st_mtim.tv_sec > table.st_mtim.tv_sec ||
		(text.st_mtim.tv_sec == table.st_mtim.tv_sec &&
		    text.st_mtim.tv_nsec > table.st_mtim.tv_nsec)))
		msg_warn(root_etc(),
		    "/" SITE_TEXT
		    " has changed since lsv-config apply: the old one is in "
		    "force");
	fio_close(etc);
}

_Noreturn static void
in_use(const struct spoolholder *who)
{
	stralloc words = {0};

	if (spoollock_words(&words, who) < 0 || sa_0(&words) < 0)
		msg_die(LSV_PERM, root_spool(), " is in use");
	msg_die(LSV_PERM, root_spool(), " is in use by ", words.s,
	    ": only one tree may run on a spool");
}

static int
take_lock(const struct spoolcheck *c)
{
	struct spoolholder who;
	int fd, err;

	if (c->root[SPOOLTAB_SPOOL] < 0)
		msg_die(LSV_PERM, "no spool in ", root_spool(),
		    ": run lsv-spool make");
	if (spoollock_take(&fd, c->root[SPOOLTAB_SPOOL], "lsv-service", &who) ==
	    0)
		return fd;
	err = errno;
	if (err == EAGAIN)
		in_use(&who);
	errno = err;
	msg_diesys(code(err), "unable to lock ", root_spool(), "/lock");
}

/* The rows below $LSV_RUN are made anew at every start of the machine. */
static void
make_run(struct spoolcheck *c)
{
	stralloc lost = {0};

	if (spoolmend_root(c, SPOOLTAB_RUN) < 0)
		msg_diesys(code(errno), "unable to make ", root_run());
	if (spoolcheck_rows(c, RUN_ONLY) < 0)
		msg_diesys(LSV_TEMP, "unable to look at ", root_run());
	for (size_t i = 0; i < c->ndiffs; i++)
		if (spoolmend(c, &c->diff[i], MEND_MAKE, &lost) < 0)
			msg_diesys(code(errno), "unable to make ", root_run(),
			    "/", c->diff[i].row->path);
	sa_free(&lost);
}

/* Every row as the table says, or no start: a wrong owner or mode is either a
 * hole or mail that cannot move. */
static void
spool_good(struct spoolcheck *c)
{
	stralloc path = {0}, words = {0};

	spoolcheck_forget(c);
	if (spoolcheck_rows(c, ALL_ROOTS) < 0)
		msg_diesys(LSV_TEMP, "unable to look at ", root_spool());
	for (size_t i = 0; i < c->ndiffs; i++) {
		words.len = 0;
		if (spooldiff_path(&path, c, &c->diff[i]) < 0 ||
		    spooldiff_words(&words, &c->diff[i]) < 0 ||
		    sa_0(&words) < 0)
			msg_diesys(LSV_TEMP, "unable to name a difference");
		msg_warn(path.s, ": ", words.s);
	}
	if (c->ndiffs)
		msg_die(LSV_PERM,
		    "the spool is not as spool.tab says: run "
		    "lsv-spool repair");
	sa_free(&path);
	sa_free(&words);
}

static void
pause_ms(long ms)
{
	const struct timespec t = {
	    .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	nanosleep(&t, NULL);
}

static void
alive(pid_t svscan)
{
	int status;

	if (waitpid(svscan, &status, WNOHANG) == svscan)
		msg_die(LSV_TEMP, "s6-svscan ended at once: see ", root_lib(),
		    "/log/lsv-service/current");
}

/* Until s6-supervise runs for it there is nothing to wait on. */
static int
supervised(const char *dir)
{
	return s6_run((const char *[]){"s6-svok", dir, NULL}, NULL, 1) == 0;
}

enum { WAIT_READY, WAIT_DOWN, WAIT_LATE };

static int
wait_one(const struct service *s, size_t i, pid_t svscan, uint64_t until_ms)
{
	stralloc dir = {0};
	struct state st;
	int r = WAIT_LATE;

	service_dir(s, &dir, i, "");
	while (clock_mono_ms() < until_ms) {
		alive(svscan);
		if (!supervised(dir.s)) {
			pause_ms(PAUSE_MS);
			continue;
		}
		if (s6_run((const char *[]){"s6-svwait", "-U", "-t", SLICE_MS,
			       dir.s, NULL},
			NULL, 1) == 0) {
			r = WAIT_READY;
			break;
		}
		state_read(s, i, "", &st);
		if (st.known && !st.up && !st.wanted) {
			r = WAIT_DOWN;
			break;
		}
	}
	sa_free(&dir);
	return r;
}

/* Wait for each in turn; they all start at once. */
static int
wait_all(const struct service *s, pid_t svscan)
{
	uint64_t until_ms = clock_mono_ms() + s->opt.wait_ms;
	struct state st;
	int result = LSV_OK;

	for (size_t i = 0; i < s->n; i++) {
		int r;

		msg_say("waiting for ", s->name[i]);
		r = wait_one(s, i, svscan, until_ms);
		if (r == WAIT_READY)
			continue;
		state_read(s, i, "", &st);
		msg_warn(s->name[i], " is ", state_words(&st), ": see ",
		    root_lib(), "/log/", s->name[i], "/current");
		if (result != LSV_PERM)
			result = r == WAIT_DOWN ? LSV_PERM : LSV_TEMP;
	}
	return result;
}

static void
would_start(struct service *s)
{
	int dir = beneath_open(s->share, "service", O_RDONLY | O_DIRECTORY);

	if (dir < 0 || services_list(s, dir) < 0)
		msg_diesys(LSV_PERM, "unable to read the service directories");
	fio_close(dir);
	for (size_t i = 0; i < s->n; i++)
		msg_say("would start ", s->name[i]);
}

int
service_up(struct service *s)
{
	struct spooltab tab;
	struct spoolcheck c;
	pid_t svscan;
	int lock, r;

	table_read(s, &tab);
	if (spoolcheck_open(&c, &tab) < 0)
		msg_diesys(code(errno), "unable to open the spool");
	configured();
	lock = take_lock(&c);
	make_run(&c);
	spool_good(&c);
	spoolcheck_close(&c);
	spooltab_free(&tab);
	if (s->opt.dry_run) {
		would_start(s);
		return LSV_OK;
	}
	if (scandir_make(s) < 0)
		msg_diesys(code(errno), "unable to fill ", s->scan.s);
	svscan = tree_start(s, lock);
	fio_close(lock);
	r = wait_all(s, svscan);
	if (r == LSV_OK)
		msg_say("all services are ready");
	return r;
}
