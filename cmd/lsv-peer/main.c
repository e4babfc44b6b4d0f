/* lsv-peer - mails the chunks of pool/peer to the servers they are for */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cmd/lsv-peer/peer.h"
#include "lib/clock.h"
#include "lib/confine.h"
#include "lib/daemon.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/names.h"
#include "lib/ready.h"
#include "lib/roots.h"
#include "lib/sig.h"
#include "lib/siteneed.h"

enum {
	RESCAN_MS = 60 * 1000, /* unasked */
	SWEEP_MS = 3600 * 1000,
	AGAIN_FIRST_MS = 250, /* after trouble, doubling ... */
	AGAIN_MAX_MS = 30000, /* ... up to this */
};

static const char usage[] = "usage: lsv-peer [-1] [-d readyfd]";

static const char help[] =
    "usage: lsv-peer [-1] [-d readyfd]\n"
    "Mail jobs to the other servers they are for; run by s6.\n"
    "  -1          work on what is there, then exit\n"
    "  -d readyfd  write a newline to this descriptor when ready\n"
    "  -h          this text\n"
    "Exit status: 0 done, 100 a person must change something, 111 try again.\n";

/* --- what is read ----------------------------------------------------------- */

/* A table that cannot be read leaves the last one in use; that there is none is
 * no trouble. */
static void
table_look(struct peer *p)
{
	stralloc path = {0};
	int res = 0;

	if (p->table_err == 0) {
		if (nettable_refresh(&p->table) < 0)
			msg_warnsys("unable to reopen the table of the "
				    "network; the old one stays");
		return;
	}
	if (root_path(&path, root_lib(), NETTABLE_DIR "/" NETTABLE_FILE) < 0)
		res = -1;
	if (res == 0)
		res = nettable_open(&p->table, path.s);
	p->table_err = res < 0 ? errno : 0;
	sa_free(&path);
}

static void
reload(struct peer *p)
{
	sig_reload = 0;
	if (site_refresh(&p->site, root_etc()) < 0) {
		msg_warnsys("unable to read the site configuration; "
			    "using the old one");
		return;
	}
	msg_say("site configuration read again");
	later_due(&p->later, 0);
}

/* --- chunks ----------------------------------------------------------------- */

/* One that lsv-peer died of is worked on alone, and at last not at all. */
static size_t
batch_size(const struct peer *p, char (*name)[ID_NAME_MAX], size_t left)
{
	size_t n = 0;

	if (poison_deaths(&p->in.suspects, name[0]))
		return 1;
	while (n < PEER_BATCH && n < left &&
	    !poison_deaths(&p->in.suspects, name[n]))
		n++;
	return n;
}

static void
hold(struct peer *p, const char *name)
{
	struct chunk c = {.fd = -1, .body = -1, .claim = {.fd = -1}};

	id_copy(c.name, name);
	chunk_aside(p, &c, "lsv-peer died of it three times");
}

/* 0; -1 with errno when what is worked on cannot be noted */
static int
work(struct peer *p, char (*name)[ID_NAME_MAX], size_t n)
{
	size_t part;

	for (size_t at = 0; at < n && !sig_stop; at += part) {
		part = batch_size(p, name + at, n - at);
		if (poison_deaths(&p->in.suspects, name[at]) >= POISON_DEATHS) {
			hold(p, name[at]);
			continue;
		}
		if (inbox_doing(&p->in, name + at, part) < 0)
			return -1;
		batch_work(p, name + at, part);
		if (inbox_doing(&p->in, NULL, 0) < 0)
			return -1;
	}
	return 0;
}

/* With what comes while we are at it; how many there were. */
static size_t
look(struct peer *p)
{
	struct names l = {0};
	size_t n;

	inbox_drain(p->in.fifo);
	inbox_drain(p->in.also);
	table_look(p);
	if (later_scan(&p->later, &p->pools, POOL_PEER, POOL_PEER,
		p->site.retry_max_ms) &
	    LATER_TROUBLE) {
		msg_warnsys("unable to bring back what is due");
		p->trouble = 1;
	}
	if (names_read(&l, p->pools.dir[POOL_PEER][POOL_NOW], INBOX_SCAN_MAX,
		NULL, NULL) < 0 ||
	    work(p, l.name, l.n) < 0) {
		msg_warnsys("unable to work on ", "pool/peer");
		p->trouble = 1;
	}
	n = l.n;
	names_free(&l);
	return n;
}

/* --- the loop --------------------------------------------------------------- */

static uint64_t
least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void
serve(struct peer *p)
{
	uint64_t again_ms = AGAIN_FIRST_MS, sweep_ms = 0, wait_ms;

	while (!sig_stop) {
		if (sig_reload)
			reload(p);
		if (clock_mono_ms() >= sweep_ms) {
			sweep(p);
			sweep_ms = clock_mono_ms() + SWEEP_MS;
		}
		p->trouble = 0;
		look(p);
		wait_ms = least(RESCAN_MS, later_wait_ms(&p->later));
		if (p->trouble) {
			wait_ms = least(wait_ms, again_ms);
			again_ms = least(2 * again_ms, AGAIN_MAX_MS);
		} else {
			again_ms = AGAIN_FIRST_MS;
		}
		if (!sig_reload &&
		    inbox_wait(&p->in, (int64_t)wait_ms, &p->asleep) < 0)
			msg_diesys(LSV_TEMP, "unable to wait");
	}
}

/* --- start ------------------------------------------------------------------ */

static int
code_of(int err)
{
	return err == ENOENT ? LSV_PERM : LSV_TEMP;
}

static int
open_dir(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
open_spool(struct peer *p)
{
	if (chdir(root_spool()) < 0)
		msg_diesys(code_of(errno), "unable to use ", root_spool());
	if (inbox_open(&p->in, "peer", NULL, 0) < 0)
		msg_diesys(code_of(errno), "unable to open ", "peer");
	if (ho_open(&p->route, "route") < 0)
		msg_diesys(code_of(errno), "unable to open ", "route");
	if (pools_open(&p->pools) < 0)
		msg_diesys(code_of(errno), "unable to open ", "pool");
	p->out = open_dir(PEER_OUT);
	p->jobs = open_dir("jobs");
	p->in.also = openat(p->pools.top, pool_trigger(POOL_PEER),
	    O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	p->hold = openat(p->pools.top, pool_trigger(POOL_PEER),
	    O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (p->out < 0 || p->jobs < 0 || p->in.also < 0 || p->hold < 0)
		msg_diesys(code_of(errno), "unable to open the spool");
}

static void
confine(void)
{
	static const struct confine_limits limits = {.nofile = 512};
	const struct confine_path path[] = {
	    {"peer", CONFINE_WRITE},
	    {"pool", CONFINE_WRITE},
	    {"route", CONFINE_WRITE},
	    {"jobs", CONFINE_READ},
	    {root_etc(), CONFINE_READ},
	    {root_lib(), CONFINE_READ},
	    {"/etc", CONFINE_READ},
	    {"/usr", CONFINE_READ},
	};
	struct confine c = {0};

	if (confine_limits(&c, &limits) < 0 || confine_privileges(&c) < 0 ||
	    confine_paths(&c, path, sizeof path / sizeof path[0]) < 0 ||
	    confine_calls(&c, 0) < 0)
		msg_diesys(LSV_TEMP, "unable to confine the program");
	confine_report(&c);
}

int
main(int argc, char **argv)
{
	static struct peer p = {.table_err = ENOENT};
	struct daemon_options o;

	msg_prog = "lsv-peer";
	if (daemon_options(&o, argc, argv, ":1d:h") < 0)
		msg_die(LSV_PERM, usage);
	if (o.help)
		msg_help(help);
	site_need(&p.site);
	if (sig_block(&p.asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to block signals");
	open_spool(&p);
	confine();
	/* what a predecessor finished, and died before it could tell */
	ho_wake(p.pools.top, "finished.trigger");
	ready_tell(o.ready_fd);
	if (o.once)
		look(&p);
	else
		serve(&p);
	return p.trouble ? LSV_TEMP : LSV_OK;
}
