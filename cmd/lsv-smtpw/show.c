#include "cmd/lsv-smtpw/show.h"

#include <string.h>
#include <unistd.h>

#include "lib/clock.h"

/* Cut if need be, zero bytes behind its end. */
static void
put_bytes(char *to, size_t size, const char *from, size_t len)
{
	memset(to, 0, size);
	memcpy(to, from, strnlen(from, len < size ? len : size - 1));
}

static void
put(char *to, size_t size, const char *from)
{
	put_bytes(to, size, from, size);
}

/* A time of the one clock on the other; 0 stays 0. */
static uint64_t
wall_us(uint64_t mono_ms)
{
	uint64_t now = clock_mono_ms();

	if (!mono_ms)
		return 0;
	return clock_wall_us() + (mono_ms > now ? (mono_ms - now) * 1000U : 0);
}

void
show_begin(struct worker *w)
{
	struct board_worker *b = &w->show;

	*b = (struct board_worker){.used = 1,
	    .entry = w->entry->n,
	    .pools = w->serves,
	    .pid = getpid(),
	    .target = -1,
	    .targets = (uint32_t)w->entry->f.targets};
	put(b->label, sizeof b->label, w->label);
	show_state(w, BOARD_STARTING, 0, NULL);
}

static void
show_target(struct worker *w)
{
	struct board_worker *b = &w->show;

	b->target = w->target;
	for (uint32_t i = 0; i < b->targets; i++)
		b->probe_us[i] =
		    w->targets.down[i] ? wall_us(w->targets.probe_ms[i]) : 0;
	if (w->to.host && strcmp(b->host, w->to.host) != 0)
		put(b->host, sizeof b->host, w->to.host);
	b->port = w->to.port;
}

static void
show_tls(struct worker *w)
{
	struct tls_facts f;

	if (!w->conn.tls) {
		w->show.tls[0] = 0;
	} else if (!w->show.tls[0] && w->ready) {
		tls_facts(w->conn.tls, &f);
		put(w->show.tls, sizeof w->show.tls, f.version);
	}
}

static void
show_job(struct worker *w)
{
	for (int i = 0; i < SLOTS; i++)
		if (w->slot[i].open) {
			put(w->show.job, sizeof w->show.job, w->slot[i].name);
			w->show.pool = w->slot[i].pool;
			return;
		}
	w->show.job[0] = 0;
}

void
show_state(struct worker *w, enum board_state state, uint64_t until_ms,
    const char *why)
{
	struct board_worker *b = &w->show;
	uint64_t now = clock_wall_us();

	if (b->state != (uint32_t)state || b->since_us == 0)
		b->since_us = now;
	b->state = (uint32_t)state;
	b->until_us = wall_us(until_ms);
	put(b->why, sizeof b->why, why ? why : "");
	show_target(w);
	show_tls(w);
	show_job(w);
	board_write(w->shared->board, w->place, b, now);
}

void
show_reply(struct worker *w, const struct smtp_reply *r)
{
	struct board_worker *b = &w->show;

	if (!r->code)
		return;
	b->code = (uint32_t)r->code;
	put(b->enh, sizeof b->enh, r->enh);
	put_bytes(b->text, sizeof b->text, r->text, r->len);
	b->reply_us = clock_wall_us();
}
