#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-merge/program.h"
#include "lib/addr.h"
#include "lib/mailfile.h"
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

static struct bytes
trimmed(struct bytes b)
{
	while (b.len && (*b.s == ' ' || *b.s == '\t')) {
		b.s++;
		b.len--;
	}
	while (b.len && (b.s[b.len - 1] == ' ' || b.s[b.len - 1] == '\t'))
		b.len--;
	return b;
}

/* Is the last of the names, that is len bytes long, one of those before? */
static int
known_before(const struct program *p, size_t at, size_t len)
{
	struct bytes rest = {p->names.s, at};

	while (rest.len) {
		struct bytes b = bytes_word(&rest);

		if (b.len == len && memcmp(b.s, p->names.s + at, len) == 0)
			return 1;
	}
	return 0;
}

/* Names of the fields, in upper case, from the first line. */
static void
take_names(struct program *p, struct reading *t)
{
	if (!next(p, t) || p->bad)
		msg_die(LSV_PERM, p->opt.fields,
		    ": no line with the names of the columns");
	for (unsigned i = 1; i < t->csv.n; i++) {
		struct bytes b = trimmed(t->csv.cell[i]);
		size_t at = p->names.len + (i > 1);

		if ((i > 1 && sa_puts(&p->names, " ") < 0) ||
		    sa_put(&p->names, b.s, b.len) < 0 || sa_0(&p->names) < 0)
			die_memory();
		for (size_t k = at; k < p->names.len; k++)
			p->names.s[k] =
			    (char)toupper((unsigned char)p->names.s[k]);
		if (!merge_name_ok((struct bytes){p->names.s + at, b.len}))
			msg_die(LSV_PERM, p->opt.fields, ":1: \"",
			    p->names.s + at,
			    "\" is no name of a field: a letter, then letters, "
			    "digits, - _ and ., at most 32");
		if (known_before(p, at, b.len))
			msg_die(LSV_PERM, p->opt.fields,
			    ":1: ", p->names.s + at, " is there twice");
	}
	if (t->csv.n > MERGE_FIELDS_MAX + 1)
		msg_die(LSV_PERM, p->opt.fields, ":1: more than 64 fields");
	if (p->names.len > SPOOL_VALUE_MAX)
		msg_die(LSV_PERM, p->opt.fields,
		    ":1: the names have more than 1,024 bytes");
}

/* 1 the row is good and its address in t->addr; else it was named as bad. */
static int
check(struct program *p, struct reading *t, struct merge_row *row)
{
	struct bytes to = trimmed(t->csv.cell[0]);
	size_t len = 0;
	struct where w;
	const char *why;
	int field;

	t->addr.len = 0;
	if (addr_spec(&t->addr, to.s, to.len, ADDR_UTF8, &w) < 0) {
		bad_row(p, t->csv.line, "address:", 8, w.why);
		return 0;
	}
	*row = (struct merge_row){.to = {t->addr.s, t->addr.len},
	    .date = bytes_z(p->date),
	    .id = {p->id.s, p->id.len}};
	for (unsigned i = 1; i < t->csv.n && i <= MERGE_FIELDS_MAX; i++) {
		row->value[row->n++] = t->csv.cell[i];
		len += t->csv.cell[i].len + 1;
	}
	if (t->csv.n > p->merge.names + 1)
		bad_row(p, t->csv.line, "", 0, "it has more cells than names");
	else if (t->addr.len + len >= MAIL_ROW_MAX)
		bad_row(p, t->csv.line, "", 0, "it has more than 32,768 bytes");
	else if (merge_check(&p->copy, &p->merge, row, &field, &why) == 0)
		return 1;
	else if (errno == ENOMEM)
		die_memory();
	else if (field >= 0)
		bad_row(p, t->csv.line, p->merge.name[field].s,
		    p->merge.name[field].len, why);
	else
		bad_row(p, t->csv.line, field == -1 ? "the address" : "it",
		    field == -1 ? 11 : 2, why);
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
	if (sa_put(&p->out, row->to.s, row->to.len) < 0)
		die_memory();
	for (unsigned i = 0; i < row->n; i++)
		if (sa_put(&p->out, "\t", 1) < 0 ||
		    sa_put(&p->out, row->value[i].s, row->value[i].len) < 0)
			die_memory();
	if (sa_put(&p->out, "\n", 1) < 0)
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
