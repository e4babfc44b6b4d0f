#include "lib/board.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "lib/mapfile.h"

enum {
	WORDS = (sizeof(struct board_worker) + 7) / 8,
	TRIES = 1000, /* looks at a record that changes all the time */
	MARK_US = 1000000,
	STALE_US = 3000000, /* a mark so old says nothing of now */
};

/* struct record - two copies, of which one is valid
 *
 * seq     times it was written; copy seq % 2 is the latest
 */
struct record {
	_Atomic uint64_t seq;
	_Atomic uint64_t copy[2][WORDS];
};

struct board {
	struct record worker[BOARD_WORKERS];
};

static const char kind[] = "lsv-board 1";

struct board *
board_make(int pool)
{
	struct board *b =
	    mapfile_make(pool, BOARD_FILE, kind, sizeof(struct board));

	for (unsigned i = 0; b && i < BOARD_WORKERS; i++)
		board_clear(b, i);
	return b;
}

const struct board *
board_look(int pool)
{
	return mapfile_look(pool, BOARD_FILE, kind, sizeof(struct board));
}

void
board_drop(const struct board *b)
{
	mapfile_drop(b, sizeof *b);
}

/* The copy that is not valid is written, then made the valid one: who dies in
 * between leaves the old one. */
static void
publish(struct record *r, const struct board_worker *w)
{
	uint64_t word[WORDS] = {0};
	uint64_t seq = atomic_load_explicit(&r->seq, memory_order_relaxed) + 1;

	memcpy(word, w, sizeof *w);
	/* no word may be seen before the last change of seq was */
	atomic_thread_fence(memory_order_release);
	for (int i = 0; i < WORDS; i++)
		atomic_store_explicit(
		    &r->copy[seq % 2][i], word[i], memory_order_relaxed);
	atomic_store_explicit(&r->seq, seq, memory_order_release);
}

static void
mark(struct board_worker *w, uint64_t now_us)
{
	uint64_t age_us = now_us - w->mark[1].us; /* huge when set back */

	if (age_us < MARK_US)
		return;
	w->mark[0] = w->mark[1];
	w->mark[1].us = now_us;
	w->mark[1].delivered = w->delivered;
	if (age_us >= STALE_US)
		w->mark[0] = w->mark[1];
}

void
board_write(
    struct board *b, unsigned i, struct board_worker *w, uint64_t now_us)
{
	mark(w, now_us);
	w->used = 1;
	publish(&b->worker[i], w);
}

void
board_clear(struct board *b, unsigned i)
{
	static const struct board_worker none;

	publish(&b->worker[i], &none);
}

/* 1 when *w is whole. */
static int
read_once(struct board_worker *w, const struct record *r)
{
	uint64_t word[WORDS] = {0};
	uint64_t seq = atomic_load_explicit(&r->seq, memory_order_acquire);

	for (int i = 0; i < WORDS; i++)
		word[i] = atomic_load_explicit(
		    &r->copy[seq % 2][i], memory_order_relaxed);
	memcpy(w, word, sizeof *w);
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&r->seq, memory_order_relaxed) == seq;
}

/* Whoever wrote the file, its strings end. */
static void
end_strings(struct board_worker *w)
{
	w->label[sizeof w->label - 1] = 0;
	w->host[sizeof w->host - 1] = 0;
	w->tls[sizeof w->tls - 1] = 0;
	w->job[sizeof w->job - 1] = 0;
	w->enh[sizeof w->enh - 1] = 0;
	w->text[sizeof w->text - 1] = 0;
	w->why[sizeof w->why - 1] = 0;
	if (w->state >= BOARD_STATES)
		w->state = BOARD_STARTING;
	if (w->targets > BOARD_TARGETS)
		w->targets = BOARD_TARGETS;
}

int
board_read(struct board_worker *w, const struct board *b, unsigned i)
{
	for (int n = 0; n < TRIES; n++) {
		if (read_once(w, &b->worker[i])) {
			end_strings(w);
			return w->used ? 1 : 0;
		}
		sched_yield();
	}
	errno = EAGAIN;
	return -1;
}

size_t
board_all(struct board_worker *out, const struct board *b)
{
	size_t n = 0;

	for (unsigned i = 0; b && i < BOARD_WORKERS; i++)
		if (board_read(&out[n], b, i) > 0)
			n++;
	return n;
}

double
board_rate(const struct board_worker *w, uint64_t now_us)
{
	uint64_t since = w->mark[0].us;

	if (since == 0 || now_us <= since ||
	    w->delivered < w->mark[0].delivered)
		return 0;
	return (double)(w->delivered - w->mark[0].delivered) * 1e6 /
	    (double)(now_us - since);
}

const char *
board_state_name(enum board_state s)
{
	static const char *const name[BOARD_STATES] = {"starting", "delivering",
	    "idle", "limited", "busy-host", "window", "probing", "paused",
	    "drained"};

	return s < BOARD_STATES ? name[s] : "unknown";
}
