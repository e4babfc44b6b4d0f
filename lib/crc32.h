/* crc32.h - the CRC-32 of a text, whatever its line ends are */
#ifndef LSV_CRC32_H
#define LSV_CRC32_H

#include <stdint.h>

#include "lib/bytes.h"

/* struct crc32 - a sum under way; zeroed it is that of no bytes at all
 *
 * sum     of all that was counted
 * cr      1: a CR is held back that may belong to a line end
 * open    1: the last line has no end yet
 */
struct crc32 {
	uint32_t sum;
	int cr, open;
};

/* crc32_put - the next bytes: any pieces give the same sum
 *
 * Each CR LF counts as LF; any other CR as itself.
 */
void crc32_put(struct crc32 *c, struct bytes b);

/* crc32_end - the sum of the text
 *
 * A last line without its end counts as if it had one, as mail gives it one.
 * Source  the CRC of gzip (RFC 1952 section 8)
 */
uint32_t crc32_end(struct crc32 *c);

#endif
