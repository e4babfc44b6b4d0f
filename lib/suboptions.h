/* suboptions.h - what a subscriber can set: MAIL or NOMAIL, and so on */
#ifndef LSV_SUBOPTIONS_H
#define LSV_SUBOPTIONS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ofat.h"

/* A set bit is what a new subscriber of a list without Default-Options= has
 * not.  The numbers are on disk. */
enum suboption {
	SUB_NOMAIL = 1 << 0,  /* gets no postings */
	SUB_REPRO = 1 << 1,   /* gets a copy of his own postings */
	SUB_CONCEAL = 1 << 2, /* is not shown to other subscribers */
	SUB_NOACK = 1 << 3,   /* wants no acknowledgement of his postings */
	SUB_NOPOST = 1 << 4,  /* may not post */
	SUB_REVIEW = 1 << 5,  /* his postings need approval */
	SUB_EDITOR = 1 << 6,  /* his postings need none */
	SUB_NORENEW = 1 << 7, /* is never asked to renew */
	SUB_ALL = (1 << 8) - 1,
};

/* suboptions_set - one word of a SET command
 *
 * bits    of enum suboption, changed
 * s, len  an option in any case: MAIL NOMAIL REPRO NOREPRO CONCEAL NOCONCEAL ACK
 *         NOACK POST NOPOST REVIEW NOREVIEW EDITOR NOEDITOR RENEW NORENEW
 * Returns 1; 0 when there is no such option
 */
int suboptions_set(uint32_t *bits, const char *s, size_t len);

/* suboptions_text - the words for what differs between two sets
 *
 * out     words with a blank between are appended; nothing when they are equal
 * bits    the set to describe
 * from    the set to compare with, ~bits to get a word for every option
 * Returns 0; -1 with errno ENOMEM
 */
int suboptions_text(stralloc *out, uint32_t bits, uint32_t from);

#endif
