/* lsv-smtpw - forks the workers of every SMTP_FORWARD_n entry, wakes them, and
 * brings back what waits in later/ when it is due */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/lsv-smtpw/parent.h"
#include "lib/confine.h"
#include "lib/daemon.h"
#include "lib/handover.h"
#include "lib/lock.h"
#include "lib/msg.h"
#include "lib/ready.h"
#include "lib/roots.h"
#include "lib/sig.h"
#include "lib/siteneed.h"

static const char usage[] = "usage: lsv-smtpw [-h] [-d fd]";

static void
open_spool(struct parent *p)
{
	if (chdir(root_spool()) < 0)
		msg_diesys(LSV_TEMP, "unable to start in ", root_spool());
	if (pools_open(&p->pools) < 0)
		msg_diesys(LSV_TEMP, "unable to open ", "pool");
	p->jobs = open("jobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->jobs < 0)
		msg_diesys(LSV_TEMP, "unable to open ", "jobs");
	p->fifo =
	    openat(p->pools.top, "trigger", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	p->hold =
	    openat(p->pools.top, "trigger", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (p->fifo < 0 || p->hold < 0)
		msg_diesys(LSV_TEMP, "unable to open ", "pool/trigger");
	/* held by every worker too: none is left when we get it */
	p->lock = lock_instance(p->pools.top, "lock", 1);
	if (p->lock < 0)
		msg_diesys(LSV_TEMP, "unable to lock ", "pool/lock");
	if (workers_share(p) < 0)
		msg_diesys(LSV_TEMP, "unable to share memory");
}

static void
reload(struct parent *p)
{
	sig_reload = 0;
	if (site_refresh(&p->site, root_etc()) < 0) {
		msg_warnsys("unable to reread ", root_etc(),
		    "/" SITE_TABLE "; the old values stay");
		return;
	}
	workers_stop(p);
	if (secrets_read(p) < 0)
		msg_die(LSV_TEMP, "unable to get ready for TLS and logins");
	workers_plan(p);
	workers_orders(p);
}

static void
bring_back(struct parent *p)
{
	int res = later_scan(
	    &p->later, &p->pools, 0, POOL_DEFAULT, p->site.retry_max_ms);

	if (res & LATER_TROUBLE)
		msg_warnsys("unable to bring back what is due");
	if (res & LATER_BACK)
		workers_wake(p);
}

/* The directory in which resolv.conf really lies; often not /etc. */
static const char *
resolver_dir(char *path)
{
	char *slash;

	if (!realpath("/etc/resolv.conf", path))
		return "/etc";
	slash = strrchr(path, '/');
	if (slash && slash != path)
		*slash = 0;
	return path;
}

/* The resolver reads /etc and loads its modules from /usr. */
static void
confine_self(void)
{
	char path[PATH_MAX];
	struct confine c = {0};
	struct confine_limits l = {.nofile = 1024};
	struct confine_path p[] = {{root_spool(), CONFINE_WRITE},
	    {root_etc(), CONFINE_READ}, {"/etc", CONFINE_READ},
	    {"/usr", CONFINE_READ}, {resolver_dir(path), CONFINE_READ}};

	if (confine_limits(&c, &l) < 0 || confine_privileges(&c) < 0 ||
	    confine_paths(&c, p, sizeof p / sizeof p[0]) < 0 ||
	    confine_calls(&c, CONFINE_MAY_SOCKET) < 0)
		msg_diesys(LSV_TEMP, "unable to confine myself");
	confine_report(&c);
}

int
main(int argc, char **argv)
{
	static struct parent p;
	struct daemon_options o;

	msg_prog = "lsv-smtpw";
	if (daemon_options(&o, argc, argv, ":d:h") < 0)
		msg_die(LSV_PERM, usage);
	if (o.help)
		return puts(usage) < 0 ? LSV_TEMP : LSV_OK;
	site_need(&p.site);
	if (sig_block(&p.asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to block signals");
	open_spool(&p);
	if (secrets_read(&p) < 0)
		msg_die(LSV_TEMP, "unable to get ready for TLS and logins");
	tzset(); /* the hours of site.cfg are those of the local clock */
	confine_self();
	workers_plan(&p);
	workers_orders(&p);
	/* what our predecessor finished, and died before it could tell */
	ho_wake(p.pools.top, "finished.trigger");
	ready_tell(o.ready_fd);

	while (!sig_stop) {
		if (sig_reload)
			reload(&p);
		workers_reap(&p);
		workers_fall_back(&p);
		workers_start(&p);
		bring_back(&p);
		parent_wait(&p);
	}
	workers_stop(&p);
	return LSV_OK;
}
