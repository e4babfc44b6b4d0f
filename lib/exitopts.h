/* exitopts.h - the options file of a ready exit */
#ifndef LSV_EXITOPTS_H
#define LSV_EXITOPTS_H

#include "lib/where.h"

enum {
	EXITOPTS_BYTES = 4096, /* of such a file, at most */
	EXITOPTS_WORDS = 64,   /* options and their values in it, at most */
};

/* exitopts_parse - the words of the file
 *
 * Words are separated by blanks and ends of lines; what begins with '#' at the
 * start of a word is a remark up to the end of its line.  There are no quotes.
 * word    EXITOPTS_WORDS of them; each points into text
 * text    n bytes and one more, all of which may change: words get their NUL
 * w       where and why not
 * Returns how many words there are; -1 with *w
 */
int exitopts_parse(char **word, char *text, size_t n, struct where *w);

#endif
