#include "lib/schedule.h"

/* The target at a time, and when one that has a say opens or closes. */
static int
choose(const struct forward *f, const uint8_t *down, int64_t t, int64_t *next)
{
	int64_t until = INT64_MAX;

	*next = INT64_MAX;
	for (size_t i = 0; i < f->targets; i++) {
		const struct forward_target *g = &f->target[i];
		int open;

		if (down && down[i])
			continue;
		open = windows_at(g->window, g->windows, t, &until);
		if (until < *next)
			*next = until;
		if (open)
			return (int)i;
	}
	return -1;
}

int
schedule_at(const struct site_forward *f, const uint8_t *down, int64_t t,
    int64_t *until)
{
	int64_t next = 0, later = 0;
	int used = choose(&f->f, down, t, &next);

	while (until && next != INT64_MAX) {
		if (choose(&f->f, down, next, &later) != used)
			break;
		next = later;
		if (next != INT64_MAX && next - t > WINDOW_AHEAD_S)
			next = INT64_MAX;
	}
	if (until)
		*until = next;
	return used;
}

uint32_t
schedule_unserved(const struct site *s)
{
	uint32_t served = 0;

	for (size_t i = 0; i < s->nforwards; i++)
		served |= s->forwards[i].f.pools;
	return FORWARD_ALL_POOLS & ~served;
}
