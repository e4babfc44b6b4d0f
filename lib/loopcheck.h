/* loopcheck.h - Loopcheck= of a list's header, and DEFAULT_LOOPCHECK
 *
 * lsv-list(5) says what each word does.
 */
#ifndef LSV_LOOPCHECK_H
#define LSV_LOOPCHECK_H

#include <stddef.h>

#include "lib/where.h"

enum {
	LOOP_DELAY_MAX = 10080, /* minutes of Spam-Delay(n): a week */
};

/* What was asked for; nothing at all is Normal. */
enum loop_flag {
	LOOP_FULL = 1 << 0,
	LOOP_NONE = 1 << 1,
	LOOP_ALLOW_BOUNCES = 1 << 2,
	LOOP_NOORIGIN = 1 << 3,
	LOOP_NOBODY = 1 << 4,
	LOOP_NOCRC = 1 << 5,
	LOOP_NOSPAM = 1 << 6,
	LOOP_DELAY = 1 << 7, /* Spam-Delay(n): delay_min counts */
	LOOP_GIVEN = 1 << 8, /* there was a Loopcheck= */
	LOOP_NORMAL = 1 << 9,
};
enum { LOOP_FLAGS = 10 };

/* struct loopcheck - the words of it; zeroed when there was none
 *
 * flags   bits of enum loop_flag
 * delay_min  minutes of Spam-Delay(n), at most LOOP_DELAY_MAX; 0: no delay
 */
struct loopcheck {
	unsigned flags;
	unsigned delay_min;
};

/* loopcheck_word - take one word
 *
 * l       LOOP_GIVEN is set besides
 * s, len  without blanks around, in any case
 * why     receives a constant text when it cannot be taken
 * Returns 0; 1 when it is a word that changes nothing here (Notocount,
 *         MaxTo(n)); -1 with *why
 */
int loopcheck_word(
    struct loopcheck *l, const char *s, size_t len, const char **why);

/* loopcheck_agree - may these words stand together
 *
 * Returns NULL, or why not
 * Source  "Normal, Full and None must be specified alone", Allow-Bounces only
 *         with None; NoSpam and Spam-Delay(n) are no tests for loops and may
 *         stand beside all of them
 */
const char *loopcheck_agree(const struct loopcheck *l);

/* loopcheck_parse - read words separated by commas or blanks
 *
 * l       overwritten; of no use after -1
 * s, len  the value; empty is no Loopcheck=
 * w       at is an offset into s
 * Returns 0; -1 with w set
 */
int loopcheck_parse(
    struct loopcheck *l, const char *s, size_t len, struct where *w);

#endif
