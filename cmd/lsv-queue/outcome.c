#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/lsv-queue/queue.h"

const char *
outcome_word(int op)
{
	switch (op) {
	case OP_DELIVERED:
		return "delivered";
	case OP_FAILED:
		return "failed";
	case OP_RETRY:
		return "retry";
	}
	return "untried";
}

static int
keep(struct outcomes *o, struct bytes b)
{
	return sa_put(&o->text, b.s, b.len);
}

static int
add(void *arg, const struct entry *e)
{
	struct outcomes *o = arg;
	struct outcome *line;

	if (e->op != OP_DELIVERED && e->op != OP_FAILED && e->op != OP_RETRY)
		return 0;
	if (o->lines == o->room) {
		size_t room = o->room ? 2 * o->room : 16;
		void *p = reallocarray(o->line, room, sizeof *o->line);

		if (!p)
			return -1;
		o->line = p;
		o->room = room;
	}
	line = &o->line[o->lines];
	*line = (struct outcome){*e, o->text.len};
	if (keep(o, e->status) < 0 || keep(o, e->host) < 0 ||
	    keep(o, e->text) < 0)
		return -1;
	o->lines++;
	for (uint32_t i = e->first; i <= e->last; i++)
		o->last[i] = (uint32_t)o->lines;
	return 0;
}

int
outcomes_read(struct outcomes *o, const struct claim *c)
{
	*o = (struct outcomes){
	    .last = calloc(c->head.nrcpt + 1U, sizeof *o->last)};
	return !o->last || claim_walk(c, add, o) < 0 ? -1 : 0;
}

struct entry
outcomes_line(const struct outcomes *o, size_t i)
{
	struct entry e = o->line[i].e;

	e.status.s = o->text.s + o->line[i].at;
	e.host.s = e.status.s + e.status.len;
	e.text.s = e.host.s + e.host.len;
	return e;
}

void
outcomes_free(struct outcomes *o)
{
	sa_free(&o->text);
	free(o->line);
	free(o->last);
	*o = (struct outcomes){0};
}
