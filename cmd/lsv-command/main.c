#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cmd/lsv-command/command.h"
#include "cmd/lsv-command/dist.h"
#include "lib/carrier.h"
#include "lib/clock.h"
#include "lib/confine.h"
#include "lib/daemon.h"
#include "lib/msg.h"
#include "lib/ready.h"
#include "lib/roots.h"
#include "lib/sig.h"
#include "lib/siteneed.h"

enum {
	RESCAN_MS = 300 * 1000, /* unasked */
	AGAIN_MIN_MS = 500,     /* after trouble, doubled up to ... */
	AGAIN_MAX_MS = 60 * 1000,
	SWEEP_MS = 3600 * 1000, /* how often what is over is forgotten */
	SWEEP_STEP = 4096,      /* entries of one transaction */
};

static const char usage[] = "usage: lsv-command [-1] [-d readyfd]";

static const char help[] =
    "usage: lsv-command [-1] [-d readyfd]\n"
    "Execute the commands that came by mail; run by s6.\n"
    "  -1          work through the inbox once, then exit\n"
    "  -d readyfd  write a newline to this descriptor when ready\n"
    "  -h          this text\n"
    "Exit status: 0 done, 100 a person must change something, 111 try again.\n";

static int
code_of(int err)
{
	return err == ENOENT || err == EPROTO ? LSV_PERM : LSV_TEMP;
}

static void
trouble(struct server *s, const char *what)
{
	if (errno == ENOTRECOVERABLE)
		msg_diesys(LSV_TEMP, "unable to use a store any more");
	if (!s->said)
		msg_warnsys(what);
	s->said = s->trouble = 1;
}

static int
stop_is_pending(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	    (sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1);
}

/* --- the loop --------------------------------------------------------------- */

static int
batch(void *arg, char (*name)[ID_NAME_MAX], size_t n)
{
	struct server *s = arg;

	for (size_t i = 0; i < n; i++) {
		if (stop_is_pending()) {
			errno = EINTR;
			return -1;
		}
		if (server_message(s, name[i]) < 0) {
			trouble(s, "unable to execute a message");
			return -1;
		}
	}
	return 0;
}

static void
scan(struct server *s)
{
	s->trouble = 0;
	if (s->unsettled && server_recover(s) < 0) {
		trouble(s, "unable to put command/out in order");
		return;
	}
	s->unsettled = 0;
	if (inbox_scan(&s->in, batch, s) < 0 && !s->trouble &&
	    !stop_is_pending())
		trouble(s, "unable to scan command/new");
	if (s->trouble)
		s->unsettled = 1;
	else
		s->said = 0;
}

static void
reload(struct server *s)
{
	if (site_refresh(&s->site, root_etc()) < 0)
		msg_warnsys("unable to read the site configuration; "
			    "using the old one");
	else
		msg_say("site configuration read again");
}

static void
sweep(struct server *s, uint64_t *swept_ms)
{
	ssize_t n;

	if (s->unsettled ||
	    (*swept_ms && clock_mono_ms() - *swept_ms < SWEEP_MS))
		return;
	do
		n = memory_sweep(&s->memory, clock_wall_us(), SWEEP_STEP);
	while (n == SWEEP_STEP && !stop_is_pending());
	if (n < 0)
		msg_warnsys("unable to forget what is over");
	dist_sweep(s);
	*swept_ms = clock_mono_ms();
}

/* Trouble of our own is no better for the next message: sleep through it. */
static void
nap(uint64_t ms, const sigset_t *asleep)
{
	uint64_t now = clock_mono_ms(), end = now + ms;

	while (now < end && !sig_stop && !sig_reload) {
		struct timespec t = {.tv_sec = (time_t)((end - now) / 1000),
		    .tv_nsec = (long)((end - now) % 1000) * 1000000};

		ppoll(NULL, 0, &t, asleep);
		now = clock_mono_ms();
	}
}

static void
serve(struct server *s, const sigset_t *asleep)
{
	uint64_t again_ms = AGAIN_MIN_MS, swept_ms = 0;

	while (!sig_stop) {
		if (sig_reload) {
			sig_reload = 0;
			reload(s);
		}
		scan(s);
		sweep(s, &swept_ms);
		if (s->trouble) {
			nap(again_ms, asleep);
			if (again_ms < AGAIN_MAX_MS)
				again_ms *= 2;
			continue;
		}
		again_ms = AGAIN_MIN_MS;
		if (inbox_wait(&s->in, RESCAN_MS, asleep) < 0)
			msg_diesys(LSV_TEMP, "unable to wait");
	}
}

/* --- start ------------------------------------------------------------------ */

static void
find_cpu(struct server *s)
{
	struct utsname u;

	snprintf(s->cpu, sizeof s->cpu, "%.*s", (int)sizeof s->cpu - 1,
	    uname(&u) == 0 ? u.machine : "unknown");
}

static void
open_all(struct server *s)
{
	static const char *const writers[] = {"lsvscore", "lsvin"};
	stralloc lists = {0}, memory = {0};

	if (root_path(&lists, root_lib(), LISTS_DIR) < 0 ||
	    root_path(&memory, root_lib(), MEMORY_DIR) < 0)
		msg_diesys(LSV_TEMP, "unable to start");
	if (chdir(root_spool()) < 0)
		msg_diesys(code_of(errno), "unable to use ", root_spool());
	if (inbox_open(&s->in, "command", writers, 2) < 0)
		msg_diesys(code_of(errno), "unable to open command");
	if (ho_open(&s->out, "route") < 0)
		msg_diesys(code_of(errno), "unable to open route");
	s->made = openat(
	    s->in.dir, "out", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->made < 0)
		msg_diesys(code_of(errno), "unable to open command/out");
	s->wait = openat(
	    s->in.dir, "wait", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->wait < 0)
		msg_diesys(code_of(errno), "unable to open command/wait");
	if (lists_open(&s->lists, lists.s, STORE_WRITE) < 0)
		msg_diesys(code_of(errno), "unable to open ", lists.s);
	if (memory_open(&s->memory, memory.s) < 0)
		msg_diesys(code_of(errno), "unable to open ", memory.s);
	sa_free(&lists);
	sa_free(&memory);
	find_cpu(s);
	carrier_start();
	s->unsettled = 1;
}

/* Only now may foreign bytes be read. */
static void
confine(void)
{
	struct confine c = {0};
	struct confine_limits limits = {.nofile = 256};
	stralloc lists = {0}, memory = {0}, network = {0};
	int r = -1;

	if (root_path(&lists, root_lib(), LISTS_DIR) == 0 &&
	    root_path(&network, root_lib(), "network") == 0 &&
	    root_path(&memory, root_lib(), MEMORY_DIR) == 0) {
		const struct confine_path path[] = {
		    {"command", CONFINE_WRITE},
		    {"route", CONFINE_WRITE},
		    {lists.s, CONFINE_WRITE},
		    {memory.s, CONFINE_WRITE},
		    {network.s, CONFINE_READ},
		    {root_etc(), CONFINE_READ},
		    {"/etc/localtime", CONFINE_READ},
		    {"/usr/share/zoneinfo", CONFINE_READ},
		};

		r = confine_limits(&c, &limits) < 0 ||
			confine_privileges(&c) < 0 ||
			confine_paths(&c, path, sizeof path / sizeof path[0]) <
			    0 ||
			confine_calls(&c, 0) < 0
		    ? -1
		    : 0;
	}
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to confine the program");
	confine_report(&c);
	sa_free(&lists);
	sa_free(&memory);
	sa_free(&network);
}

int
main(int argc, char **argv)
{
	static struct server s;
	struct daemon_options o;
	sigset_t asleep;

	msg_prog = "lsv-command";
	if (daemon_options(&o, argc, argv, ":1d:h") < 0)
		msg_die(LSV_PERM, usage);
	if (o.help)
		msg_help(help);
	site_need(&s.site);
	open_all(&s);
	if (sig_block(&asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to start");
	confine();
	ready_tell(o.ready_fd);
	if (o.once) {
		scan(&s);
		return s.trouble ? LSV_TEMP : LSV_OK;
	}
	serve(&s, &asleep);
	lists_close(&s.lists);
	memory_close(&s.memory);
	return LSV_OK;
}
