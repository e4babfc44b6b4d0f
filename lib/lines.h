/* lines.h - a text of any length, line by line, none of which may be long */
#ifndef LSV_LINES_H
#define LSV_LINES_H

#include <stddef.h>
#include <stdint.h>

enum {
	LINES_MAX = 1024,   /* bytes of a line without its LF */
	LINES_STEP = 65536, /* bytes read at once */
};

/* The reason to give for a line that is longer. */
#define LINES_WHY "line over 1024 bytes"

/* struct lines - where a reader is; static memory serves best: it is large
 *
 * fd      the text; all else is zero at first
 * n       lines that were returned
 * bytes   read so far
 */
struct lines {
	int fd;
	uint64_t n, bytes;
	size_t at, len;
	int end;
	char buf[LINES_MAX + 1 + LINES_STEP];
};

/* lines_next - the next line
 *
 * A mark U+FEFF at the very start, which some editors write, is left out.
 * s       receives where it is, until the next call; any bytes, no LF
 * len     receives its length; above LINES_MAX when it is too long, and then only
 *         its first bytes are there
 * Returns 1; 0 at the end; -1 with errno of read(2)
 */
int lines_next(struct lines *l, const char **s, size_t *len);

#endif
