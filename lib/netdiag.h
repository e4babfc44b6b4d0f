/* netdiag.h - what is wrong with the tables of a network
 *
 * Errors make tables unusable, warnings do not.  All are counted; of those with
 * the same reason only the first few are told, so that one mistake in a hundred
 * thousand entries does not hide another.
 */
#ifndef LSV_NETDIAG_H
#define LSV_NETDIAG_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"

enum {
	NETDIAG_SAME = 20,    /* told of each reason */
	NETDIAG_REASONS = 96, /* different reasons */
	NETDIAG_DETAIL = 80,  /* bytes of a name that are shown */
};

enum netdiag_kind { NETDIAG_ERROR, NETDIAG_WARNING };

/* struct netdiag - what was found; all zero bytes at first
 *
 * count   errors and warnings, told or not
 * text    of each, those that were told: lines
 *         "FILE:LINE: TAG: reason: detail", LF behind each
 * reason  nreasons different ones, and how often each came
 * failed  1: memory ran out for a text; the counts are right
 */
struct netdiag {
	uint64_t count[2];
	stralloc text[2];
	struct {
		const char *why;
		uint64_t count;
		enum netdiag_kind kind;
	} reason[NETDIAG_REASONS];
	unsigned nreasons;
	int failed;
};

/* netdiag_say - an error or a warning
 *
 * d       NULL: nobody asks
 * file    name of the table; "" or NULL when it came from none
 * line    0: the file as a whole
 * tag     name of the tag, without ':' and '.'; may be empty
 * why     constant text, not copied
 * detail  the name it is about; may be empty.  What is not printable is shown
 *         as '?', a long one is cut
 */
void netdiag_say(struct netdiag *d, enum netdiag_kind kind, const char *file,
    uint32_t line, struct bytes tag, const char *why, struct bytes detail);

/* netdiag_end - add a line "N more: reason" for each reason that came oftener
 * than it was told; once, when all is said */
void netdiag_end(struct netdiag *d);

/* netdiag_free - give its memory back; all zero bytes again */
void netdiag_free(struct netdiag *d);

#endif
