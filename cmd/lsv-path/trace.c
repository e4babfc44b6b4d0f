/* trace.c - what a distribution would send */
#include <errno.h>

#include "cmd/lsv-path/path.h"
#include "lib/msg.h"
#include "lib/relaytrace.h"

_Noreturn static void
die_table(const struct path *p)
{
	if (errno == ENOMEM)
		die_memory();
	msg_diesys(LSV_PERM, "unable to use ", p->source.s);
}

void
trace_tell(struct path *p)
{
	struct relaytrace t;
	int r;

	if (relaytrace_make(&t, &p->config, rcpts_get, p, p->rcpts.n) < 0)
		die_table(p);
	if (p->json)
		r = relaytrace_json(&t, &p->j);
	else
		r = relaytrace_table(&t, &p->out) < 0
		    ? -1
		    : relaytrace_moves(
			  &t, &p->out, "(Debug) ", (struct bytes){"", 0}, 0);
	if (r < 0)
		die_table(p);
	relaytrace_free(&t);
}
