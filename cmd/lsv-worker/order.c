#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>

#include "cmd/lsv-worker/worker.h"
#include "lib/clock.h"
#include "lib/handover.h"
#include "lib/msg.h"

static int
what_asked(struct order *g, const char *word)
{
	for (int i = ORDER_WORKER; i <= ORDER_POOL; i++)
		if (strcmp(word, order_what_name((enum order_what)i)) == 0) {
			g->what = (enum order_what)i;
			return 0;
		}
	return -1;
}

static int
has_host(const struct site_forward *f, const char *host)
{
	for (size_t i = 0; i < f->f.targets; i++)
		if (strcasecmp(f->f.target[i].host, host) == 0)
			return 1;
	return 0;
}

static int
has_label(const struct site_forward *f, const char *label)
{
	const char *dot = strchr(label, '.');
	unsigned long i = dot ? strtoul(dot + 1, NULL, 10) : 1;

	return strtoul(label, NULL, 10) == f->n && i <= f->f.count;
}

static int
fits(const struct site_forward *f, const struct order *g)
{
	return g->what == ORDER_HOST ? has_host(f, g->name)
				     : has_label(f, g->name);
}

/* Is there such a worker or host?  Every pool is there. */
static int
exists(const struct queue *q, const struct order *g)
{
	int found = g->what == ORDER_POOL || !q->site_ok ||
	    fits(&q->site.smtp_forward, g);

	for (size_t i = 0; !found && i < q->site.nforwards; i++)
		found = fits(&q->site.forwards[i], g);
	return found;
}

static void
read_asked(struct order *g, const struct queue *q, const struct asked *a)
{
	struct where w;

	if (what_asked(g, a->arg[0]) < 0)
		msg_die(LSV_PERM, a->arg[0],
		    ": worker, host or pool is expected (-h says more)");
	if (orders_name(g, a->arg[1], strlen(a->arg[1]), &w) < 0)
		msg_die(LSV_PERM, a->arg[1], ": ", w.why);
	if (g->kind != ORDER_NONE && !exists(q, g))
		msg_die(LSV_PERM, "there is no ", a->arg[0], " ", a->arg[1],
		    " in site.cfg (lsv-worker plan prints them)");
}

static void
give(struct orders *o, const struct queue *q, const struct order *g,
    const struct asked *a, int *changed)
{
	struct where w = {0, ""};

	/* two at a time would lose one order; closing the spool unlocks it */
	if (flock(q->pools.top, LOCK_EX) < 0)
		msg_diesys(LSV_TEMP, "unable to lock ", "pool");
	if (orders_read(o, q->pools.top, &w) < 0) {
		if (errno != EBADMSG)
			msg_diesys(
			    LSV_TEMP, "unable to read ", "pool/" ORDERS_FILE);
		msg_warn(
		    "pool/" ORDERS_FILE " is damaged and begun anew: ", w.why);
	}
	*changed = orders_give(o, g);
	if (*changed < 0)
		msg_die(LSV_PERM,
		    "there are too many orders (lsv-worker show "
		    "prints them)");
	if (*changed && !a->dry_run && (orders_write(o, q->pools.top) < 0))
		msg_diesys(LSV_TEMP, "unable to write ", "pool/" ORDERS_FILE);
}

static void
say_json(struct queue *q, const struct order *g, const struct asked *a,
    int changed, int running)
{
	struct json j = {.out = &q->out};

	json_open(&j, NULL, '{');
	json_z(&j, "order",
	    g->kind == ORDER_NONE ? "resume" : order_kind_name(g->kind));
	json_z(&j, "what", order_what_name(g->what));
	json_z(&j, "name", g->name);
	json_b(&j, "changed", changed);
	json_b(&j, "dry_run", a->dry_run);
	json_b(&j, "running", running > 0);
	json_close(&j, '}');
	put_json(&j);
	put(q, "\n", 1);
}

static void
say_text(struct queue *q, const struct order *g, const struct asked *a,
    int changed, int running)
{
	static const char *const done[] = {"resumed", "drained", "paused"};

	putf(q, "%s %s %s%s\n", order_what_name(g->what), g->name,
	    !changed         ? "was already "
		: a->dry_run ? "would be "
			     : "is now ",
	    done[g->kind]);
	if (running == 0 && !a->dry_run)
		msg_say("lsv-smtpw does not run; it obeys when it starts");
}

/* A part of an entry goes on only when the entry does. */
static void
say_still(const struct orders *o, const struct order *g)
{
	struct orders_effect e;

	if (g->kind != ORDER_NONE || g->what != ORDER_WORKER)
		return;
	orders_apply(&e, o, g->name, NULL, 0);
	if (e.by)
		msg_warn("there is an order for all of worker ", e.by->name);
}

static int
command(struct queue *q, const struct asked *a, enum order_kind kind)
{
	static struct orders o;
	struct order g = {.kind = kind, .since_us = clock_wall_us()};
	int changed, running = service_runs(q, SERVICE_SMTPW);

	read_asked(&g, q, a);
	give(&o, q, &g, a, &changed);
	if (!a->dry_run)
		ho_wake(q->pools.top, "trigger");
	say_still(&o, &g);
	if (a->json)
		say_json(q, &g, a, changed, running);
	else
		say_text(q, &g, a, changed, running);
	return LSV_OK;
}

int
command_pause(struct queue *q, const struct asked *a)
{
	return command(q, a, ORDER_PAUSE);
}

int
command_drain(struct queue *q, const struct asked *a)
{
	return command(q, a, ORDER_DRAIN);
}

int
command_resume(struct queue *q, const struct asked *a)
{
	return command(q, a, ORDER_NONE);
}
