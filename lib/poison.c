#include "lib/poison.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>

int
poison_crashed(int status)
{
	return WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL &&
	    WTERMSIG(status) != SIGTERM && WTERMSIG(status) != SIGINT;
}

/* The place of a file; p->n when it has none. */
static unsigned
find(const struct poison *p, const char *name)
{
	unsigned i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->of[i].name, name) == 0)
			break;
	return i;
}

static struct poison_file *
place_of(struct poison *p, const char *name)
{
	unsigned i = find(p, name);

	if (i < p->n)
		return &p->of[i];
	if (p->n < POISON_MAX) {
		i = p->n++;
	} else {
		i = p->oldest;
		p->oldest = (i + 1) % POISON_MAX;
	}
	p->of[i] = (struct poison_file){.failures = 0};
	id_copy(p->of[i].name, name);
	return &p->of[i];
}

unsigned
poison_died(struct poison *p, const char *name, unsigned deaths)
{
	struct poison_file *f = place_of(p, name);

	f->deaths += deaths;
	return f->deaths;
}

unsigned
poison_failed(struct poison *p, const char *name, int status, uint64_t now_ms)
{
	struct poison_file *f = place_of(p, name);
	unsigned shift =
	    f->failures < POISON_DOUBLINGS ? f->failures : POISON_DOUBLINGS;

	f->failures++;
	f->deaths += (unsigned)poison_crashed(status);
	f->not_before_ms = now_ms + ((uint64_t)POISON_PAUSE_MS << shift);
	return f->deaths;
}

unsigned
poison_deaths(const struct poison *p, const char *name)
{
	unsigned i = find(p, name);

	return i < p->n ? p->of[i].deaths : 0;
}

int
poison_waits(const struct poison *p, const char *name, uint64_t now_ms)
{
	unsigned i = find(p, name);

	return i < p->n && now_ms < p->of[i].not_before_ms;
}

/* Its place stays until its turn comes: no name is empty. */
void
poison_forget(struct poison *p, const char *name)
{
	unsigned i = find(p, name);

	if (i < p->n)
		p->of[i] = (struct poison_file){.failures = 0};
}
