/* csv.h - tables as text: RFC 4180, or with TABs
 *
 * A record ends with its line, unless the line end stands in a quoted cell.
 * Cells are given as they are meant, without their quotes.
 */
#ifndef LSV_CSV_H
#define LSV_CSV_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	CSV_CELLS_MAX = 256,
	CSV_RECORD_MAX = 256 << 10, /* bytes of a record */
};

/* struct csv - a table being read; all zero bytes at first
 *
 * sep     between two cells: a TAB when the first line has one outside of
 *         quotes, else a comma; 0 before that is known
 * begun   1: what may stand in front of the first record was looked at
 * lost    1: the rest of a line that was too long is passed over
 * line    number of the line that the record of the last call began in
 * lines   complete lines so far
 * cell    the record, n cells of text, NUL is a byte like any other
 */
struct csv {
	char sep;
	int begun, lost;
	uint64_t line, lines;
	struct bytes cell[CSV_CELLS_MAX];
	unsigned n;
	stralloc text;
};

/* csv_next - the next record
 *
 * s, len  what was read and not used yet
 * end     1: nothing follows it
 * used    receives the bytes that are done with
 * w       why the record is bad; at is its line.  It is done with all the same
 * Returns 1; 0 more bytes are needed, or there are none any more; -1 with errno
 *         EINVAL or ENOMEM
 * A record without any byte is passed over.  Behind a record that is too long
 * reading goes on with the next line.
 */
int csv_next(struct csv *c, const char *s, size_t len, int end, size_t *used,
    struct where *w);

/* csv_free - give its memory back */
void csv_free(struct csv *c);

#endif
