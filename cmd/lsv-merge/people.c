#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-merge/program.h"
#include "lib/addr.h"
#include "lib/mailfile.h"
#include "lib/mergetable.h"
#include "lib/msg.h"

enum {
	STEP = 64 << 10,      /* bytes of the table read at a time */
	OUT_MAX = 1 << 20,    /* bytes of rows written at once */
	COPY_SHOWN = 4 << 20, /* bytes of a copy that are shown */
};

/* struct reading - the table as it comes in
 *
 * text    what was read, of which `at` bytes are done with
 * fields  of the header line
 */
struct reading {
	struct csv csv;
	stralloc text, line, addr;
	size_t at;
	int end;
	uint64_t bytes;
	struct progress bar;
};

static void
bad_row(struct program *p, uint64_t line, const char *what, size_t len,
    const char *why)
{
	char text[MERGE_NAME_MAX + 32], number[24];

	p->bad++;
	if (p->bad > BAD_SHOWN)
		return;
	snprintf(number, sizeof number, "%llu", (unsigned long long)line);
	snprintf(text, sizeof text, "%.*s", (int)len, what);
	msg_warn(p->opt.fields, ":", number, ": ", text, len ? " " : "", why);
}

static void
more(struct program *p, struct reading *t)
{
	ssize_t n;

	memmove(t->text.s, t->text.s + t->at, t->text.len - t->at);
	t->text.len -= t->at;
	t->at = 0;
	if (!stralloc_readyplus(&t->text, STEP))
		die_memory();
	do
		n = read(p->opt.table, t->text.s + t->text.len, STEP);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		msg_diesys(LSV_TEMP, "unable to read ", p->opt.fields);
	t->text.len += (size_t)n;
	t->bytes += (uint64_t)n;
	t->end = n == 0;
	progress_at(&t->bar, t->bytes);
}

/* The next record; bad ones are named here.  1, or 0 at the end */
static int
next(struct program *p, struct reading *t)
{
	struct where w;
	size_t used;
	int r;

	for (;;) {
		r = csv_next(&t->csv, t->text.s + t->at, t->text.len - t->at,
		    t->end, &used, &w);
		t->at += used;
		if (r > 0)
			return 1;
		if (r < 0 && errno == ENOMEM)
			die_memory();
		if (r < 0)
			bad_row(p, w.at, "", 0, w.why);
		else if (t->end)
			return 0;
		else
			more(p, t);
	}
}

/* Names of the fields, in upper case, from the first line. */
static void
take_names(struct program *p, struct reading *t)
{
	struct where w;

	if (!next(p, t) || p->bad)
		msg_die(LSV_PERM, p->opt.fields,
		    ": no line with the names of the columns");
	if (mergetable_names(&p->names, &t->csv, &w) == 0)
		return;
	if (errno == ENOMEM || sa_0(&p->names) < 0)
		die_memory();
	if (w.at == 0)
		msg_die(LSV_PERM, p->opt.fields, ":1: ", w.why);
	msg_die(LSV_PERM, p->opt.fields, ":1: \"", p->names.s, "\" ", w.why);
}

/* 1 the row is good and its address in t->addr; else it was named as bad. */
static int
check(struct program *p, struct reading *t, struct merge_row *row)
{
	const char *why;
	int field;

	*row = (struct merge_row){
	    .date = bytes_z(p->date), .id = {p->id.s, p->id.len}};
	if (mergetable_row(
		row, &t->addr, &t->csv, &p->merge, &p->copy, &field, &why) == 0)
		return 1;
	if (errno == ENOMEM)
		die_memory();
	if (field >= 0)
		bad_row(p, t->csv.line, p->merge.name[field].s,
		    p->merge.name[field].len, why);
	else
		bad_row(p, t->csv.line, field == -1 ? "address:" : "it",
		    field == -1 ? 8 : 2, why);
	return 0;
}

/* The copy to be shown: the first, or that of the address asked for. */
static void
show(struct program *p, const struct merge_row *row)
{
	struct bytes b;
	int r;

	if (p->shown.len ||
	    (p->address.len &&
		!addr_same(
		    row->to.s, row->to.len, p->address.s, p->address.len)))
		return;
	merge_begin(&p->copy, &p->merge, row);
	while ((r = merge_next(&p->copy, &b)) > 0 && p->shown.len < COPY_SHOWN)
		if (sa_put(&p->shown, b.s, b.len) < 0)
			die_memory();
	if (r < 0)
		die_memory();
}

static void
put_row(struct program *p, const struct merge_row *row)
{
	if (mergetable_put(&p->out, row) < 0 || sa_put(&p->out, "\n", 1) < 0)
		die_memory();
	p->head.rows++;
	if (p->out.len >= OUT_MAX)
		hand_rows(p);
}

static void
begin(struct program *p, struct reading *t)
{
	struct stat st;
	uint64_t size = 0;

	if (fstat(p->opt.table, &st) == 0 && S_ISREG(st.st_mode))
		size = (uint64_t)st.st_size;
	/* room at once: it grows no more, as a row is not above MAIL_ROW_MAX */
	if (!stralloc_ready(&t->text, STEP) ||
	    !stralloc_ready(&p->out, OUT_MAX + MAIL_ROW_MAX))
		die_memory();
	progress_begin(&t->bar, "rows", size);
	take_names(p, t);
	message_compile(p);
	p->head.fields =
	    (struct bytes){p->names.s ? p->names.s : "", p->names.len};
	if (!p->opt.dry_run)
		hand_begin(p);
}

void
people_read(struct program *p)
{
	struct reading t = {.at = 0};
	struct merge_row row;

	begin(p, &t);
	while (next(p, &t)) {
		if (!check(p, &t, &row))
			continue;
		show(p, &row);
		if (p->head.rows == UINT32_MAX)
			msg_die(LSV_PERM, "more rows than can be counted");
		put_row(p, &row);
	}
	progress_end(&t.bar, t.bytes);
	hand_rows(p);
	csv_free(&t.csv);
	sa_free(&t.text);
	sa_free(&t.addr);
}
