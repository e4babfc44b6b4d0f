/* mergetable.h - a table of recipients with values for lib/merge.h, whoever reads
 * it
 *
 * Its first line names the columns: the first has the addresses, the others are
 * the fields.
 */
#ifndef LSV_MERGETABLE_H
#define LSV_MERGETABLE_H

#include "lib/bytes.h"
#include "lib/csv.h"
#include "lib/header.h"
#include "lib/merge.h"
#include "lib/ofat.h"
#include "lib/where.h"

/* mergetable_names - the names of the fields, in upper case
 *
 * names   empty; receives them with one blank between them, or the one that is
 *         wrong
 * csv     the first record
 * w       why they are wrong; at is the column, 0 for all of them
 * Returns 0; -1 with errno EINVAL and w, or ENOMEM
 */
int mergetable_names(stralloc *names, const struct csv *csv, struct where *w);

/* mergetable_row - one recipient, checked
 *
 * row     its date and id are given; the rest points into csv and address then
 * address replaced by the address in normal form
 * csv     the record
 * field   receives the place of the value that is at fault among the names;
 *         -1 the address, -2 the row as a whole
 * why     what is wrong, to be read behind the name
 * Returns 0; -1 with errno EINVAL, or ENOMEM
 */
int mergetable_row(struct merge_row *row, stralloc *address,
    const struct csv *csv, const struct merge *m, struct merge_copy *copy,
    int *field, const char **why);

/* mergetable_put - the row as files have it: address, TAB, value, TAB, ...
 *
 * out     appended, without line end
 * Returns 0; -1 with errno ENOMEM
 */
int mergetable_put(stralloc *out, const struct merge_row *row);

/* mergetable_head - the fields that every copy has and the message lacks
 *
 * out     appended, lines end with CR LF
 * Returns 0; -1 with errno ENOMEM
 */
int mergetable_head(stralloc *out, const struct header *h);

#endif
