/* merge.h - personal copies made from one message and a row of values
 *
 * A message in wire form is compiled once: into runs of bytes that all copies
 * share, and references such as &NAME; between them.  A copy is then a walk
 * over these with one row of values, a few bytes at a time; it is never in
 * memory as a whole.  lsv-merge(8) says where references may stand and how a
 * value is escaped there.
 */
#ifndef LSV_MERGE_H
#define LSV_MERGE_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	MERGE_FIELDS_MAX = 64,
	MERGE_NAME_MAX = 32,     /* bytes of the name of a field */
	MERGE_LINE_MAX = 998,    /* bytes of a line of a copy, RFC 5322 2.1.1 */
	MERGE_OPS_MAX = 200000,  /* pieces of a message */
	MERGE_DEPTH_MAX = 16,    /* multiparts within multiparts */
	MERGE_PARTS_MAX = 10000, /* parts in all */
	MERGE_EDGES_MAX = 64,    /* multiparts in all */
	MERGE_EDGE_MAX = 200,    /* bytes of a boundary; RFC 2046 has 70 */
};

#define MERGE_TO_ONLY "*TO" /* in front of the names of fields */

struct merge_op;

/* struct merge - a message, compiled
 *
 * s, len  the message; it must stay where it is
 * name    of each field, names of them; they point into what was given
 * op      what a copy is made of, ops of them; see lib/mergecore.h
 * sub     what the texts in the header are made of
 * text    bytes of ours that op and sub have offsets into
 * edge    the boundary of each multipart, edges of them
 * body    where the body begins
 * parts   met so far
 * eightbit 1: the runs that all copies share have bytes above 127
 * to_only  1: only the field To was looked at
 */
struct merge {
	const char *s;
	size_t len;
	struct bytes name[MERGE_FIELDS_MAX];
	unsigned names;
	struct merge_op *op, *sub;
	size_t ops, op_room, subs, sub_room;
	stralloc text;
	struct bytes edge[MERGE_EDGES_MAX];
	unsigned edges, parts;
	size_t body;
	int eightbit, to_only;
};

/* struct merge_row - the values of one copy
 *
 * to      the recipient
 * value   of each field, n of them: those that are missing are empty
 * date    &*DATE;, a date of RFC 5322
 * id      &*MSGID;, "left@right" without <>
 */
struct merge_row {
	struct bytes to, value[MERGE_FIELDS_MAX];
	unsigned n;
	struct bytes date, id;
};

/* struct merge_copy - a copy being made; all zero bytes at first
 *
 * text, work  room that is kept from copy to copy
 * column  of the quoted-printable line under way
 */
struct merge_copy {
	const struct merge *m;
	const struct merge_row *row;
	size_t at, column;
	stralloc text, work;
};

/* merge_name_ok - may a field be called so: A to Z, then also 0 to 9, '-', '_'
 * and '.', at most MERGE_NAME_MAX; 1 or 0 */
int merge_name_ok(struct bytes name);

/* merge_compile - take a message apart
 *
 * m       overwritten; merge_free frees it, also after a failure
 * names   of the fields, with one blank between them; kept by the caller.
 *         MERGE_TO_ONLY in front of them: there are references in the field To
 *         and nowhere else, all other bytes of a copy are those of the message
 * s, len  the message in wire form (lib/wire.h); kept by the caller
 * w       what is wrong, and the offset in s
 * Returns 0; -1 with errno EINVAL, or ENOMEM (where says so too)
 */
int merge_compile(struct merge *m, struct bytes names, const char *s,
    size_t len, struct where *w);
void merge_free(struct merge *m);

/* merge_row - take the row of a recipient apart: address, TAB, value, TAB, ...
 *
 * row     to, value and n point into the line then; the rest is untouched
 * Returns 0; -1 when there are more values than MERGE_FIELDS_MAX
 */
int merge_row(struct merge_row *row, struct bytes line);

/* merge_check - could this row make a copy that is a proper message?
 *
 * c       any copy: its room is used
 * field   receives the place of the value that is at fault among the names;
 *         -1 the address, -2 the row as a whole
 * why     what is wrong, to be read behind the name
 * Returns 0; -1 with errno EINVAL, or ENOMEM
 */
int merge_check(struct merge_copy *c, const struct merge *m,
    const struct merge_row *row, int *field, const char **why);

/* merge_begin - start a copy; m and row must stay until its end */
void merge_begin(
    struct merge_copy *c, const struct merge *m, const struct merge_row *row);

/* merge_next - the next bytes of the copy
 *
 * out     valid until the next call for this copy; never empty
 * Returns 1; 0 at the end; -1 with errno ENOMEM
 */
int merge_next(struct merge_copy *c, struct bytes *out);

/* merge_measure - how long a copy gets, in wire form and without any stuffing
 *
 * c       any copy: its room is used
 * eightbit receives 1 when it has bytes above 127, else 0
 * Returns 0; -1 with errno ENOMEM
 */
int merge_measure(struct merge_copy *c, const struct merge *m,
    const struct merge_row *row, uint64_t *size, int *eightbit);

/* merge_done - give the room of a copy back */
void merge_done(struct merge_copy *c);

#endif
