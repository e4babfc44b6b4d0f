#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-list/arena.h"
#include "cmd/lsv-list/list.h"
#include "cmd/lsv-list/subfile.h"
#include "lib/fio.h"
#include "lib/keysort.h"
#include "lib/lines.h"
#include "lib/msg.h"
#include "lib/progress.h"
#include "lib/roots.h"

enum {
	REPORT_STEP = 32768, /* bytes of lines about lines, in one write */
	BAR_STEP = 1024, /* lines or subscribers between looks at the clock */
};

/* struct entry.twin where it is not the number of an earlier line, which cannot
 * be the greatest one */
#define TWIN_NONE 0
#define TWIN_SUBSCRIBED UINT32_MAX

/* struct entry - a good line
 *
 * at      where its text is: key, address and name, one behind the other
 * twin    where its address is already: on that line, or as above
 */
struct entry {
	size_t at;
	uint32_t line, twin, options, day;
	uint16_t key, addr, name;
};

/* struct import - an import
 *
 * text    of all entries
 * good    the entries as they came
 * sorted  their order
 * report  lines about lines, not yet written
 * bytes   read so far
 */
struct import {
	struct program *p;
	struct arena text, good, sorted;
	stralloc report;
	size_t entries;
	uint64_t bytes, lines, bad, added, twins;
	struct subline line;
	struct progress bar;
};

static void
say(struct import *m)
{
	if (m->report.len &&
	    fio_write(STDERR_FILENO, m->report.s, m->report.len) < 0)
		msg_diesys(LSV_TEMP, "unable to write");
	m->report.len = 0;
}

/* "lsv-list: line 7: " why ": " what, over the bar when there is one. */
static void
report(struct import *m, uint64_t line, const char *why, const char *what)
{
	stralloc *r = &m->report;

	if ((m->bar.live && sa_puts(r, "\r\033[K") < 0) ||
	    sa_puts(r, msg_prog) < 0 || sa_puts(r, ": line ") < 0 ||
	    sa_addu(r, line) < 0 || sa_puts(r, ": ") < 0 ||
	    sa_puts(r, why) < 0 || sa_puts(r, ": ") < 0 ||
	    sa_puts(r, what) < 0 || sa_puts(r, "\n") < 0)
		die_memory();
	if (r->len >= REPORT_STEP)
		say(m);
}

static void
open_arenas(struct import *m)
{
	stralloc dir = {0};

	if (root_path(&dir, root_lib(), LISTS_DIR) < 0)
		die_memory();
	if (arena_open(&m->text, dir.s) < 0 ||
	    arena_open(&m->good, dir.s) < 0 ||
	    arena_open(&m->sorted, dir.s) < 0)
		die_store("make a temporary file beside");
	sa_free(&dir);
}

static void *
more(struct arena *a, size_t len)
{
	void *p = arena_add(a, len);

	if (!p)
		die_store("write a temporary file beside");
	return p;
}

static void
keep_text(struct import *m, const stralloc *text)
{
	if (text->len)
		memcpy(more(&m->text, text->len), text->s, text->len);
}

static struct entry *
entry(const struct import *m, size_t n)
{
	void *first = m->good.p;

	return (struct entry *)first + n;
}

static void
keep(struct import *m)
{
	const struct subline *l = &m->line;
	struct entry *e = more(&m->good, sizeof *e);

	*e = (struct entry){.at = m->text.len,
	    .line = (uint32_t)m->lines,
	    .twin = TWIN_NONE,
	    .options = l->options,
	    .day = l->day,
	    .key = (uint16_t)l->key.len,
	    .addr = (uint16_t)l->addr.len,
	    .name = (uint16_t)l->name.len};
	m->entries++;
	keep_text(m, &l->key);
	keep_text(m, &l->addr);
	keep_text(m, &l->name);
}

static void
take_line(struct import *m, const char *s, size_t len, uint32_t day)
{
	struct where w = {0, LINES_WHY};
	int r = -1;

	if (m->lines == UINT32_MAX)
		msg_die(LSV_PERM, "more than 4294967295 lines");
	m->lines++;
	m->line.options = m->p->h.options;
	m->line.day = day;
	if (len <= LINES_MAX)
		r = subfile_parse(&m->line, s, len, &w);
	if (r == 1)
		keep(m);
	if (r < 0) {
		m->bad++;
		report(m, m->lines, w.why, shown(s, len));
	}
	if (m->lines % BAR_STEP == 0)
		progress_at(&m->bar, m->bytes);
}

static void
read_lines(struct import *m, int fd)
{
	static struct lines l;
	uint32_t day = today();
	const char *s;
	size_t len;
	int r;

	l.fd = fd;
	while ((r = lines_next(&l, &s, &len)) > 0) {
		m->bytes = l.bytes;
		take_line(m, s, len, day);
	}
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to read");
}

static uint64_t
file_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size
							  : 0;
}

static struct bytes
key_of(void *arg, uint32_t n)
{
	const struct import *m = arg;
	const struct entry *e = entry(m, n);

	return (struct bytes){m->text.p + e->at, e->key};
}

/* The entries by key, and of equal keys the earlier line first. */
static const struct keysort *
sort_entries(struct import *m)
{
	size_t n = m->entries ? m->entries : 1;
	struct keysort *order = more(&m->sorted, n * sizeof *order);
	uint32_t i;

	for (i = 0; i < m->entries; i++)
		order[i] = (struct keysort){0, i};
	keysort(order, m->entries, key_of, m);
	return order;
}

static void
keep_twin(struct import *m, struct entry *e, uint32_t of)
{
	e->twin = of;
	m->twins++;
}

/* Puts all entries into the list, in that order. */
static void
store(struct import *m, const struct keysort *order)
{
	struct entry *e, *first = NULL;
	struct lists *l = &m->p->lists;
	struct list *list = &m->p->list;
	struct subscriber s;
	int r, flags = LISTS_NEW;
	size_t i;

	for (i = 0; i < m->entries; i++) {
		e = entry(m, order[i].n);
		s.key = (struct bytes){m->text.p + e->at, e->key};
		if (first && e->key == first->key &&
		    memcmp(s.key.s, m->text.p + first->at, e->key) == 0) {
			keep_twin(m, e, first->line);
			continue;
		}
		if (!first) {
			r = lists_above(l, list, s.key);
			if (r < 0)
				die_store("read");
			flags |= r ? LISTS_LAST : 0;
		}
		first = e;
		s.addr = (struct bytes){s.key.s + e->key, e->addr};
		s.name = (struct bytes){s.addr.s + e->addr, e->name};
		s.options = e->options;
		s.day = e->day;
		r = lists_put(l, list, &s, flags);
		if (r < 0)
			die_store("change");
		if (r == 0)
			keep_twin(m, e, TWIN_SUBSCRIBED);
		m->added += (uint64_t)r;
		if (i % BAR_STEP == 0)
			progress_at(&m->bar, i);
	}
}

static void
report_twins(struct import *m)
{
	char why[40];
	const struct entry *e;
	size_t i;

	for (i = 0; i < m->entries; i++) {
		e = entry(m, i);
		if (e->twin == TWIN_NONE)
			continue;
		if (e->twin == TWIN_SUBSCRIBED)
			snprintf(why, sizeof why, "subscribed already");
		else
			snprintf(why, sizeof why, "the same as line %" PRIu32,
			    e->twin);
		report(m, e->line, why,
		    shown(m->text.p + e->at + e->key, e->addr));
	}
}

static void
summary(struct import *m)
{
	struct program *p = m->p;
	struct json j = {.out = &p->out};
	char line[200];

	if (p->opt.json) {
		json_open(&j, NULL, '{');
		json_z(&j, "list", p->list.name);
		json_u(&j, "lines", m->lines);
		json_u(&j, "added", m->added);
		json_u(&j, "duplicates", m->twins);
		json_u(&j, "bad", m->bad);
		json_u(&j, "subscribers", p->list.subscribers);
		json_b(&j, "dry_run", p->opt.dry_run);
		json_close(&j, '}');
		if (j.failed || sa_puts(&p->out, "\n") < 0)
			die_memory();
		return;
	}
	snprintf(line, sizeof line,
	    "%s: %" PRIu64 " lines: %" PRIu64 " added, %" PRIu64
	    " duplicates, %" PRIu64 " bad; %" PRIu64 " subscribers%s\n",
	    p->list.name, m->lines, m->added, m->twins, m->bad,
	    p->list.subscribers,
	    p->opt.dry_run ? " (dry run, nothing was changed)" : "");
	if (sa_puts(&p->out, line) < 0)
		die_memory();
}

static void
refuse(struct import *m)
{
	char n[24];

	say(m);
	snprintf(n, sizeof n, "%" PRIu64, m->bad);
	msg_die(LSV_PERM, "nothing was imported: ", n,
	    m->bad == 1 ? " bad line" : " bad lines",
	    " (--skip-bad imports the others)");
}

int
command_import(struct program *p)
{
	struct import m = {.p = p};
	const struct keysort *order;

	/* what the lines mean depends on the header, so it is read first; the
	 * list itself is looked up again when everything was read */
	program_open(p, 0);
	program_list(p);
	if (lists_end(&p->lists, 0) < 0)
		die_store("read");
	lists_close(&p->lists);
	open_arenas(&m);
	progress_begin(&m.bar, "reading", file_size(p->opt.input));
	read_lines(&m, p->opt.input);
	progress_end(&m.bar, m.bytes);
	if (m.bad && !p->opt.skip_bad)
		refuse(&m);
	order = sort_entries(&m);
	program_open_bulk(p, m.entries, m.text.len);
	program_list(p);
	progress_begin(&m.bar, "storing", m.entries);
	store(&m, order);
	progress_end(&m.bar, m.entries);
	report_twins(&m);
	say(&m);
	if (lists_save(&p->lists, &p->list) < 0 ||
	    lists_end(&p->lists, !p->opt.dry_run) < 0)
		die_store("change");
	summary(&m);
	subfile_free(&m.line);
	arena_close(&m.text);
	arena_close(&m.good);
	arena_close(&m.sorted);
	sa_free(&m.report);
	return LSV_OK;
}
