/* rcpts.c - recipients from standard input, in order, each once */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-path/path.h"
#include "lib/addr.h"
#include "lib/clean.h"
#include "lib/fio.h"
#include "lib/keysort.h"
#include "lib/msg.h"
#include "lib/progress.h"
#include "lib/rcptline.h"

enum {
	ROOM = 1024,     /* recipients at first */
	BAR_STEP = 4096, /* lines between looks at the clock */
	SHOWN_MAX = 80,  /* bytes of a bad line */
};

/* "lsv-path: line 7: why: text", over the bar when there is one. */
static void
complain(struct path *p, const struct rcptline *l, const char *why,
    const struct progress *bar)
{
	struct bytes line = l->line;
	stralloc out = {0};

	if (p->rcpts.bad++ >= PATH_BAD_SHOWN)
		return;
	if (line.len > SHOWN_MAX)
		line.len = SHOWN_MAX;
	if ((bar->live && sa_puts(&out, "\r\033[K") < 0) ||
	    sa_puts(&out, "lsv-path: line ") < 0 ||
	    sa_addu(&out, l->number) < 0 || sa_puts(&out, ": ") < 0 ||
	    sa_puts(&out, why) < 0 || sa_puts(&out, ": ") < 0 ||
	    clean_put(&out, line) < 0 || sa_puts(&out, "\n") < 0)
		die_memory();
	if (fio_write(STDERR_FILENO, out.s, out.len) < 0)
		msg_diesys(LSV_TEMP, "unable to write");
	sa_free(&out);
}

static void
keep(struct rcpts *r, const stralloc *address)
{
	uint64_t room = r->room ? 2 * r->room : ROOM;
	struct rcpt *bigger, one = {.at = r->text.len};

	if (r->n == r->room) {
		bigger = reallocarray(r->rcpt, room, sizeof *bigger);
		if (!bigger)
			die_memory();
		r->rcpt = bigger;
		r->room = room;
	}
	if (addr_key(&r->text, address->s, address->len) < 0)
		die_memory();
	one.key = (uint16_t)(r->text.len - one.at);
	one.address = (uint16_t)address->len;
	if (sa_put(&r->text, address->s, address->len) < 0)
		die_memory();
	r->rcpt[r->n++] = one;
}

static void
read_lines(struct path *p, struct bytes data)
{
	struct rcptline l = {0};
	struct where w = {0, ""};
	struct progress bar;
	int r;

	progress_begin(&bar, "reading", data.len);
	rcptline_begin(&l, data, 1, ADDR_UTF8 | RCPTLINE_NODES);
	while ((r = rcptline_next(&l, &w)) != 0) {
		if (r < 0 && errno == ENOMEM)
			die_memory();
		if (r < 0)
			complain(p, &l, w.why, &bar);
		else
			keep(&p->rcpts, &l.address);
		if (l.number % BAR_STEP == 0)
			progress_at(&bar, data.len - l.left.len);
	}
	progress_end(&bar, data.len);
	rcptline_free(&l);
}

static struct bytes
key_of(void *arg, uint32_t n)
{
	const struct rcpts *r = arg;

	return (struct bytes){r->text.s + r->rcpt[n].at, r->rcpt[n].key};
}

/* The order of keys; of the lines of one recipient the first stays. */
static void
sort(struct rcpts *r)
{
	struct keysort *order = reallocarray(NULL, r->n + 1, sizeof *order);
	struct rcpt *sorted = reallocarray(NULL, r->n + 1, sizeof *sorted);
	struct bytes last = {"", 0}, key;
	uint64_t n = 0;

	if (!order || !sorted)
		die_memory();
	for (uint64_t i = 0; i < r->n; i++)
		order[i].n = (uint32_t)i;
	keysort(order, r->n, key_of, r);
	for (uint64_t i = 0; i < r->n; i++) {
		key = key_of(r, order[i].n);
		if (n && key.len == last.len &&
		    memcmp(key.s, last.s, key.len) == 0)
			continue;
		sorted[n++] = r->rcpt[order[i].n];
		last = key;
	}
	r->twice = r->n - n;
	r->n = n;
	free(order);
	free(r->rcpt);
	r->rcpt = sorted;
}

struct bytes
rcpts_get(void *arg, uint64_t n)
{
	const struct path *p = arg;
	const struct rcpt *r = &p->rcpts.rcpt[n];

	return (struct bytes){p->rcpts.text.s + r->at + r->key, r->address};
}

void
rcpts_read(struct path *p)
{
	stralloc text = {0};
	char n[32];

	if (fio_read_fd(STDIN_FILENO, &text, PATH_TEXT_MAX) < 0) {
		if (errno == EFBIG)
			msg_die(LSV_PERM, "over 1 GiB of recipients");
		msg_diesys(LSV_TEMP, "unable to read recipients");
	}
	read_lines(p, (struct bytes){text.s, text.len});
	sa_free(&text);
	sort(&p->rcpts);
	if (p->rcpts.bad <= PATH_BAD_SHOWN)
		return;
	snprintf(n, sizeof n, "%" PRIu64, p->rcpts.bad - PATH_BAD_SHOWN);
	msg_warn(n, " more bad lines are not shown");
}
