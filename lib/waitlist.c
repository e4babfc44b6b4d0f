#include "lib/waitlist.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* struct wait_queue - the messages of one key
 *
 * first, last  all of them, oldest first
 * ask     before it nothing is to be asked or looked at; NULL: nothing is
 * run     the last of those at the front that were made ready, one after the
 *         other; NULL: none.  Ordered queues only
 * out     how many count in the window
 * next_key, next_asking  of the table, and of the queues with work
 */
struct wait_queue {
	struct wait_item *first, *last, *ask, *run;
	struct wait_queue *next_key, *next_asking;
	unsigned out;
	int ordered, is_asking;
	size_t len;
	char key[];
};

/* --- by ID -------------------------------------------------------------- */

static size_t
id_place(const char *id)
{
	return bytes_hash(bytes_z(id)) % WAITLIST_IDS;
}

struct wait_item *
waitlist_find(const struct waitlist *w, const char *id)
{
	struct wait_item *i = w->by_id[id_place(id)];

	while (i && strcmp(i->id, id) != 0)
		i = i->same_id;
	return i;
}

static void
forget(struct waitlist *w, struct wait_item *i)
{
	struct wait_item **at = &w->by_id[id_place(i->id)];

	while (*at && *at != i)
		at = &(*at)->same_id;
	if (*at)
		*at = i->same_id;
	w->n--;
}

/* --- queues ------------------------------------------------------------- */

static size_t
key_place(struct bytes key, int ordered)
{
	return (bytes_hash(key) + (unsigned)ordered) % WAITLIST_KEYS;
}

static struct wait_queue *
queue_find(const struct waitlist *w, struct bytes key, int ordered)
{
	struct wait_queue *q = w->by_key[key_place(key, ordered)];

	while (q &&
	    (q->ordered != ordered || q->len != key.len ||
		(key.len && memcmp(q->key, key.s, key.len) != 0)))
		q = q->next_key;
	return q;
}

static struct wait_queue *
queue_get(struct waitlist *w, struct bytes key, int ordered)
{
	struct wait_queue **at = &w->by_key[key_place(key, ordered)];
	struct wait_queue *q = queue_find(w, key, ordered);

	if (q)
		return q;
	q = calloc(1, sizeof *q + key.len + 1);
	if (!q)
		return NULL;
	q->ordered = ordered;
	q->len = key.len;
	if (key.len)
		memcpy(q->key, key.s, key.len);
	q->next_key = *at;
	*at = q;
	return q;
}

/* One that is still to be asked is freed when its turn comes. */
static void
queue_free_empty(struct waitlist *w, struct wait_queue *q)
{
	struct wait_queue **at =
	    &w->by_key[key_place((struct bytes){q->key, q->len}, q->ordered)];

	if (q->first || q->is_asking)
		return;
	while (*at && *at != q)
		at = &(*at)->next_key;
	if (*at)
		*at = q->next_key;
	free(q);
}

static void
queue_asks(struct waitlist *w, struct wait_queue *q)
{
	if (q->is_asking)
		return;
	q->is_asking = 1;
	q->next_asking = NULL;
	if (w->asking_last)
		w->asking_last->next_asking = q;
	else
		w->asking = q;
	w->asking_last = q;
}

static struct wait_queue *
asking_pop(struct waitlist *w)
{
	struct wait_queue *q = w->asking;

	w->asking = q->next_asking;
	if (!w->asking)
		w->asking_last = NULL;
	q->is_asking = 0;
	return q;
}

static void
append(struct waitlist *w, struct wait_queue *q, struct wait_item *i)
{
	i->queue = q;
	i->next = NULL;
	i->prev = q->last;
	if (q->last)
		q->last->next = i;
	else
		q->first = i;
	q->last = i;
	if (i->state == WAIT_BEHIND)
		return;
	if (!q->ask)
		q->ask = i;
	queue_asks(w, q);
}

/* The window has room again. */
static void
uncount(struct waitlist *w, struct wait_item *i)
{
	if (!i->counted)
		return;
	i->counted = 0;
	i->queue->out--;
	if (i->queue->ask)
		queue_asks(w, i->queue);
}

static void
count(struct wait_item *i)
{
	i->queue->out += !i->counted;
	i->counted = 1;
}

/* --- what is ready ------------------------------------------------------ */

static void
ready_push(struct waitlist *w, struct wait_item *i)
{
	struct wait_fifo *f = &w->ready;

	if (i->is_ready)
		return;
	i->is_ready = 1;
	i->next_ready = NULL;
	if (f->last)
		f->last->next_ready = i;
	else
		f->first = i;
	f->last = i;
	f->n++;
}

static void
ready_drop(struct waitlist *w, struct wait_item *i)
{
	struct wait_fifo *f = &w->ready;
	struct wait_item **at = &f->first, *before = NULL;

	if (!i->is_ready)
		return;
	while (*at != i) {
		before = *at;
		at = &before->next_ready;
	}
	*at = i->next_ready;
	if (f->last == i)
		f->last = before;
	i->is_ready = 0;
	f->n--;
}

/* All at the front that have what they need. */
static void
run(struct waitlist *w, struct wait_queue *q)
{
	struct wait_item *i = q->run ? q->run->next : q->first;

	if (!q->ordered)
		return;
	for (; i && (i->state == WAIT_ANSWERED || i->state == WAIT_BEHIND);
	     i = i->next) {
		ready_push(w, i);
		q->run = i;
	}
}

size_t
waitlist_ready(struct waitlist *w, char (*name)[ID_NAME_MAX], size_t max)
{
	struct wait_fifo *f = &w->ready;
	size_t n = 0;

	for (; n < max && f->first; n++) {
		struct wait_item *i = f->first;

		f->first = i->next_ready;
		if (!f->first)
			f->last = NULL;
		f->n--;
		i->is_ready = 0;
		id_copy(name[n], i->id);
	}
	return n;
}

/* --- the rest ----------------------------------------------------------- */

struct wait_item *
waitlist_add(struct waitlist *w, const char *id, struct bytes key, int ordered,
    enum wait_state state)
{
	struct wait_item **at = &w->by_id[id_place(id)], *i = NULL;
	struct wait_queue *q;

	if (w->n == WAITLIST_MAX) {
		errno = ENOSPC;
		return NULL;
	}
	q = queue_get(w, key, ordered);
	if (!q)
		return NULL;
	i = calloc(1, sizeof *i);
	if (!i) {
		queue_free_empty(w, q);
		errno = ENOMEM;
		return NULL;
	}
	id_copy(i->id, id);
	i->state = (unsigned char)state;
	i->same_id = *at;
	*at = i;
	w->n++;
	append(w, q, i);
	run(w, q);
	return i;
}

int
waitlist_has(const struct waitlist *w, struct bytes key)
{
	const struct wait_queue *q = queue_find(w, key, 1);

	return q && q->first;
}

int
waitlist_turn(const struct wait_item *i)
{
	return !i->queue->ordered || i->queue->first == i;
}

struct wait_item *
waitlist_next(struct waitlist *w)
{
	while (w->asking) {
		struct wait_queue *q = asking_pop(w);

		while (q->ask && q->ask->state != WAIT_ASK &&
		    (q->ask->state != WAIT_LOOK || q->ask->counted))
			q->ask = q->ask->next;
		if (q->ask && q->out < WAITLIST_WINDOW) {
			queue_asks(w, q); /* behind those of other lists */
			return q->ask;
		}
		queue_free_empty(w, q);
	}
	return NULL;
}

void
waitlist_asked(struct waitlist *w, struct wait_item *i, uint64_t now_ms)
{
	(void)w;
	i->state = WAIT_ASKED;
	i->since_ms = now_ms;
	count(i);
}

void
waitlist_look(struct waitlist *w, struct wait_item *i)
{
	i->state = WAIT_LOOK;
	count(i);
	ready_push(w, i);
}

void
waitlist_answered(struct waitlist *w, struct wait_item *i, int at_once)
{
	i->state = WAIT_ANSWERED;
	count(i);
	if (at_once || !i->queue->ordered)
		ready_push(w, i);
	run(w, i->queue);
}

/* What was made ready behind it may have to wait for it again. */
static void
rerun(struct wait_item *i)
{
	i->queue->run = NULL;
}

void
waitlist_ask(struct waitlist *w, struct wait_item *i)
{
	uncount(w, i);
	i->state = WAIT_ASK;
	i->queue->ask = i->queue->first;
	rerun(i);
	queue_asks(w, i->queue);
}

void
waitlist_behind(struct waitlist *w, struct wait_item *i)
{
	if (i->state != WAIT_ANSWERED) {
		uncount(w, i);
		i->state = WAIT_BEHIND;
	}
	rerun(i);
	run(w, i->queue);
}

void
waitlist_again(struct waitlist *w, struct wait_item *i)
{
	ready_push(w, i);
}

/* Out of its queue, which the caller frees when it is empty. */
static void
leave(struct waitlist *w, struct wait_item *i)
{
	struct wait_queue *q = i->queue;

	*(i->next ? &i->next->prev : &q->last) = i->prev;
	*(i->prev ? &i->prev->next : &q->first) = i->next;
	if (q->run == i)
		q->run = i->prev;
	if (q->ask == i)
		q->ask = i->next;
	ready_drop(w, i);
	uncount(w, i);
	run(w, q);
}

void
waitlist_remove(struct waitlist *w, struct wait_item *i)
{
	leave(w, i);
	queue_free_empty(w, i->queue);
	forget(w, i);
	free(i);
}

static uint64_t
pause_ms(unsigned tries)
{
	uint64_t ms = WAITLIST_FIRST_MS;

	while (tries-- && ms < WAITLIST_LAST_MS)
		ms *= 2;
	return ms < WAITLIST_LAST_MS ? ms : WAITLIST_LAST_MS;
}

/* To the queue that keeps no order: 0; -1. */
static int
unorder(struct waitlist *w, struct wait_item *i)
{
	struct wait_queue *from = i->queue;
	struct wait_queue *q =
	    queue_get(w, (struct bytes){from->key, from->len}, 0);

	if (!q)
		return -1;
	if (q == from) {
		uncount(w, i);
		return 0;
	}
	leave(w, i);
	append(w, q, i);
	queue_free_empty(w, from);
	return 0;
}

int
waitlist_aside(struct waitlist *w, struct wait_item *i)
{
	if (unorder(w, i) < 0)
		return -1;
	ready_push(w, i);
	return 0;
}

int
waitlist_defer(struct waitlist *w, struct wait_item *i, uint64_t now_ms)
{
	if (unorder(w, i) < 0)
		return -1;
	i->state = WAIT_DEFERRED;
	i->since_ms = now_ms + pause_ms(i->tries);
	if (i->tries < UCHAR_MAX)
		i->tries++;
	if (w->due_ms == 0 || i->since_ms < w->due_ms)
		w->due_ms = i->since_ms;
	return 0;
}

void
waitlist_each(
    struct waitlist *w, void (*fn)(void *arg, struct wait_item *i), void *arg)
{
	for (size_t n = 0; n < WAITLIST_IDS; n++)
		for (struct wait_item *i = w->by_id[n]; i; i = i->same_id)
			fn(arg, i);
}

/* struct due - one pass over those that are deferred */
struct due {
	struct waitlist *w;
	uint64_t now_ms, next_ms;
};

static void
due(void *arg, struct wait_item *i)
{
	struct due *d = arg;

	if (i->state != WAIT_DEFERRED)
		return;
	if (i->since_ms <= d->now_ms)
		waitlist_ask(d->w, i);
	else if (d->next_ms == 0 || i->since_ms < d->next_ms)
		d->next_ms = i->since_ms;
}

void
waitlist_due(struct waitlist *w, uint64_t now_ms)
{
	struct due d = {.w = w, .now_ms = now_ms};

	if (w->due_ms == 0 || w->due_ms > now_ms)
		return;
	waitlist_each(w, due, &d);
	w->due_ms = d.next_ms;
}

static void
reconsider(void *arg, struct wait_item *i)
{
	i->is_ready = 0;
	i->counted = 0;
	i->queue->out = 0;
	i->state = WAIT_LOOK;
	i->queue->run = NULL;
	i->queue->ask = i->queue->first;
	queue_asks(arg, i->queue);
}

void
waitlist_reconsider(struct waitlist *w)
{
	w->ready = (struct wait_fifo){0};
	w->due_ms = 0;
	waitlist_each(w, reconsider, w);
}
