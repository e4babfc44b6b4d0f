#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cmd/lsv-scan/scan.h"
#include "lib/clock.h"
#include "lib/confine.h"
#include "lib/daemon.h"
#include "lib/msg.h"
#include "lib/ready.h"
#include "lib/rmtree.h"
#include "lib/roots.h"
#include "lib/sig.h"
#include "lib/siteneed.h"

enum { RESCAN_MS = 300 * 1000 /* unasked */ };

static const char usage[] = "usage: lsv-scan [-1] [-d readyfd]";

static const char help[] =
    "usage: lsv-scan [-1] [-d readyfd]\n"
    "Run SPAM_EXIT on the messages that lsv-score asks about; run by s6.\n"
    "  -1          answer the requests that are there, then exit\n"
    "  -d readyfd  write a newline to this descriptor when ready\n"
    "  -h          this text\n"
    "Exit status: 0 done, 100 a person must change something, 111 try again.\n";

static int
code_of(int err)
{
	return err == ENOENT || err == EPROTO ? LSV_PERM : LSV_TEMP;
}

static int
exit_load(struct scan *s)
{
	s->path.len = 0;
	s->news = 2;
	if (!s->site.spam_exit)
		return 0;
	return exitrun_path(&s->path, &s->exits, s->site.spam_exit);
}

/* A person who changed something may have mended the exit: it is asked again
 * at once. */
static void
reload(struct scan *s)
{
	if (site_refresh(&s->site, root_etc()) < 0) {
		msg_warnsys("unable to read the site configuration; "
			    "using the old one");
		return;
	}
	if (exit_load(s) < 0)
		msg_diesys(LSV_TEMP, "unable to use SPAM_EXIT");
	s->breaker = (struct breaker){.failures = 0};
	s->state.open_us = 0;
	s->state.why[0] = 0;
	msg_say("site configuration read again");
}

/* --- the loop ------------------------------------------------------------- */

/* Sleep until a request comes, an exit ends, or for ms; 1 when one came. */
static int
wait_for(const struct scan *s, int64_t ms, const sigset_t *asleep)
{
	struct pollfd p = {.fd = s->in.fifo, .events = POLLIN};
	struct timespec t = {
	    .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	int r = ppoll(&p, 1, &t, asleep);

	if (r < 0 && errno != EINTR)
		msg_diesys(LSV_TEMP, "unable to wait");
	return r != 0 && p.revents != 0;
}

static void
look(struct scan *s)
{
	if (requests_look(s) == 0)
		return;
	if (!s->trouble)
		msg_warnsys("unable to scan ", "scan/new");
	s->trouble = 1;
}

static void
serve(struct scan *s, const sigset_t *asleep, int once)
{
	uint64_t looked_ms = 0;
	int came = 1;

	while (!sig_stop) {
		int64_t ms;

		if (sig_reload) {
			sig_reload = 0;
			reload(s);
		}
		run_reap(s);
		if (came || clock_mono_ms() - looked_ms > RESCAN_MS) {
			look(s);
			looked_ms = clock_mono_ms();
		}
		run_more(s);
		ms = show(s);
		if (once && s->running == 0 &&
		    (s->trouble || s->later || request_waiting(s) == 0))
			return;
		if (ms < 0)
			ms = RESCAN_MS;
		if (s->trouble || s->later)
			ms = SCAN_AGAIN_MS;
		came = wait_for(s, ms, asleep) || s->trouble || s->later;
		s->trouble = 0;
	}
}

/* --- start ---------------------------------------------------------------- */

static void
open_all(struct scan *s)
{
	static const char *const writers[] = {"lsvscore"};

	if (chdir(root_spool()) < 0)
		msg_diesys(code_of(errno), "unable to use ", root_spool());
	if (inbox_open(&s->in, "scan", writers, 1) < 0)
		msg_diesys(code_of(errno), "unable to open ", "scan");
	if (ho_open(&s->out, SCANANSWER_DIR) < 0)
		msg_diesys(code_of(errno), "unable to open ", SCANANSWER_DIR);
	s->run = openat(s->in.dir, "run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->run < 0 || rmtree_inside(s->run) < 0)
		msg_diesys(code_of(errno), "unable to use ", "scan/run");
	if (exit_load(s) < 0)
		msg_diesys(LSV_TEMP, "unable to use SPAM_EXIT");
}

/* An exit is confined further; see lib/exitrun.h. */
static void
confine(void)
{
	static const struct confine_path path[] = {
	    {"/", CONFINE_EXEC},
	    {"/dev/null", CONFINE_WRITE},
	    {"scan", CONFINE_WRITE},
	    {SCANANSWER_DIR, CONFINE_WRITE},
	};
	static const struct confine_limits limits = {.nofile = 512};
	const unsigned may =
	    CONFINE_MAY_SOCKET | CONFINE_MAY_EXEC | CONFINE_MAY_LIMIT;
	struct confine c = {0};

	if (confine_limits(&c, &limits) < 0 || confine_privileges(&c) < 0 ||
	    confine_paths(&c, path, sizeof path / sizeof path[0]) < 0 ||
	    confine_calls(&c, may) < 0 ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		msg_diesys(LSV_TEMP, "unable to confine the program");
	confine_report(&c);
}

int
main(int argc, char **argv)
{
	static struct scan s;
	struct daemon_options o;
	sigset_t asleep;

	msg_prog = "lsv-scan";
	if (daemon_options(&o, argc, argv, ":1d:h") < 0)
		msg_die(LSV_PERM, usage);
	if (o.help)
		msg_help(help);
	site_need(&s.site);
	open_all(&s);
	if (sig_block(&asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to start");
	confine();
	/* a predecessor may have died between an answer and this */
	ho_wake(s.out.dir, "trigger");
	ready_tell(o.ready_fd);
	serve(&s, &asleep, o.once);
	run_stop(&s);
	s.news = 2;
	show(&s);
	return s.trouble || s.later ? LSV_TEMP : LSV_OK;
}
