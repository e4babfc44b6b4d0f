/* disttable.c - MAIL-MERGE: a message with references, and a row of values for
 * each recipient
 *
 * The recipients are a table as lsv-merge(8) takes it when the first line has no
 * '@'; else they are lines as of any job, and &NAME; is the full name.
 */
#include <errno.h>

#include "cmd/lsv-command/dist.h"
#include "lib/cjli.h"
#include "lib/clock.h"
#include "lib/csv.h"
#include "lib/mergetable.h"
#include "lib/rcptline.h"
#include "lib/wire.h"

/* struct reading - the rows as they come
 *
 * at      offset of the next one in the dataset
 * date, id   what &*DATE; and &*MSGID; become, for the check of a row
 */
struct reading {
	const struct cjli_dataset *set;
	struct csv csv;
	size_t at;
	stralloc address;
	char date[CLOCK_RFC5322_MAX];
};

/* --- the message ------------------------------------------------------------------- */

static int
make_message(struct dist *j)
{
	struct wire wire = {0};
	struct where w;

	if (mergetable_head(&j->made, &j->header) < 0 ||
	    wire_put(&wire, &j->made, j->message.s, j->message.len, &w) < 0)
		return -1;
	return wire_end(&wire, &j->made);
}

static int
compile(struct dist *j)
{
	struct where w = {0, ""};

	if (merge_compile(&j->merge, (struct bytes){j->names.s, j->names.len},
		j->made.s, j->made.len, &w) == 0)
		return 1;
	if (errno == ENOMEM)
		return -1;
	return say(j->c, "The message cannot be merged, line %zu of it: %s.\n",
	    header_line(j->made.s, w.at), w.why);
}

/* --- rows ----------------------------------------------------------------------------- */

static size_t
line_of(const struct reading *r)
{
	return r->set->line + (size_t)r->csv.line - 1;
}

/* The next record: 1; 0 at the end; -1.  Bad ones are told of. */
static int
next(struct dist *j, struct reading *r)
{
	struct bytes all = r->set->data;
	struct where w;
	size_t used;
	int res;

	do {
		res = csv_next(
		    &r->csv, all.s + r->at, all.len - r->at, 1, &used, &w);
		r->at += used;
		if (res > 0)
			return 1;
		if (res < 0 && errno == ENOMEM)
			return -1;
		if (res < 0 &&
		    dist_bad(
			j, r->set->line + w.at - 1, bytes_z("row"), w.why) < 0)
			return -1;
	} while (res < 0);
	return 0;
}

static int
bad_row(struct dist *j, size_t line, int field, const char *why)
{
	if (field >= 0)
		return dist_bad(j, line, j->merge.name[field], why);
	return dist_bad(j, line, bytes_z(field == -1 ? "address" : "row"), why);
}

static int
add_row(struct dist *j, struct reading *r)
{
	struct merge_row row = {
	    .date = bytes_z(r->date), .id = bytes_z("x@x.example")};
	const char *why;
	int field;

	if (mergetable_row(&row, &r->address, &r->csv, &j->merge, &j->copy,
		&field, &why) < 0)
		return errno == ENOMEM ? -1
				       : bad_row(j, line_of(r), field, why);
	j->merged.len = 0;
	if (mergetable_put(&j->merged, &row) < 0)
		return -1;
	return dist_add(j, line_of(r), row.to,
	    (struct bytes){j->merged.s, j->merged.len}, DIST_PERSONAL);
}

static int
bad_names(struct dist *j, const struct reading *r, const struct where *w)
{
	if (w->at == 0)
		return say(j->c, "Line %zu: %s.\n", line_of(r), w->why);
	return say(j->c, "Line %zu: \"", line_of(r)) < 0 ||
		say_s(j->c, (struct bytes){j->names.s, j->names.len}) < 0
	    ? -1
	    : say(j->c, "\" %s.\n", w->why);
}

static int
read_table(struct dist *j, struct reading *r)
{
	struct where w = {0, ""};
	int res = next(j, r);

	if (res == 0)
		return say(
		    j->c, "Line %zu: no names of columns.\n", r->set->line);
	if (res == 1 && mergetable_names(&j->names, &r->csv, &w) < 0) {
		if (errno == ENOMEM)
			return -1;
		return bad_names(j, r, &w);
	}
	res = compile(j);
	while (res == 1 && (res = next(j, r)) == 1) {
		j->read++;
		res = add_row(j, r) < 0 ? -1 : 1;
		if (res < 0)
			return -1;
	}
	return res < 0 ? -1 : j->read > 0;
}

/* Lines: address and full name. */
static int
add_line(struct dist *j, struct rcptline *line, struct reading *r)
{
	r->csv.line = line->number - r->set->line + 1;
	r->csv.n = 2;
	r->csv.cell[0] = (struct bytes){line->address.s, line->address.len};
	r->csv.cell[1] = (struct bytes){line->name.s, line->name.len};
	return add_row(j, r);
}

static int
read_lines(struct dist *j, struct reading *r)
{
	struct rcptline line = {.number = 0};
	struct where w;
	int more, res;

	if (sa_puts(&j->names, "NAME") < 0)
		return -1;
	res = compile(j);
	rcptline_begin(&line, r->set->data, r->set->line, ADDR_UTF8);
	while (res == 1 && (more = rcptline_next(&line, &w)) != 0) {
		j->read++;
		if (more > 0)
			res = add_line(j, &line, r);
		else if (errno == EINVAL)
			res = dist_bad(j, line.number, line.line, w.why);
		else
			res = -1;
		res = res < 0 ? -1 : 1;
	}
	rcptline_free(&line);
	return res;
}

static int
has_table(struct bytes data)
{
	const char *lf = memchr(data.s, '\n', data.len);

	return !memchr(data.s, '@', lf ? (size_t)(lf - data.s) : data.len);
}

int
dist_merge_rows(struct dist *j)
{
	struct reading r = {.at = 0};
	int res;

	if (j->d.to.len)
		return say(
		    j->c, "MAIL-MERGE takes its recipients from a dataset.\n");
	res = dist_dataset(j, j->d.to_dd, &r.set);
	if (res != 1)
		return res;
	clock_rfc5322(r.date, j->c->now_us);
	if (make_message(j) < 0)
		return -1;
	res = has_table(r.set->data) ? read_table(j, &r) : read_lines(j, &r);
	csv_free(&r.csv);
	sa_free(&r.address);
	return res;
}
