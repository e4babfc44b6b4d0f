#include "lib/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"

enum { BAR = 40, STEP_MS = 100 };

static void
draw(const struct progress *p, uint64_t done, const char *end)
{
	char bar[BAR + 1];
	char line[200];
	size_t full;
	ssize_t w;
	int n;

	if (p->total == 0) {
		n = snprintf(line, sizeof line, "\r%s %llu%s", p->what,
		    (unsigned long long)done, end);
	} else {
		if (done > p->total)
			done = p->total;
		full = (size_t)(done * BAR / p->total);
		memset(bar, '.', BAR);
		memset(bar, '#', full);
		bar[BAR] = 0;
		n = snprintf(line, sizeof line, "\r%s [%s] %llu/%llu%s",
		    p->what, bar, (unsigned long long)done,
		    (unsigned long long)p->total, end);
	}
	if (n > 0 && (size_t)n < sizeof line) {
		w = write(2, line, (size_t)n);
		(void)w;
	}
}

void
progress_begin(struct progress *p, const char *what, uint64_t total)
{
	*p = (struct progress){.what = what, .total = total, .live = isatty(2)};
	progress_at(p, 0);
}

void
progress_at(struct progress *p, uint64_t done)
{
	uint64_t now;

	if (!p->live)
		return;
	now = clock_mono_ms();
	if (p->drawn_ms && now - p->drawn_ms < STEP_MS)
		return;
	p->drawn_ms = now;
	draw(p, done, "");
}

void
progress_end(struct progress *p, uint64_t done)
{
	if (p->live)
		draw(p, done, "\n");
	p->live = 0;
}
