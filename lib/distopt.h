/* distopt.h - the options of DISTRIBUTE and DIST2, for distcmd.c */
#ifndef LSV_DISTOPT_H
#define LSV_DISTOPT_H

#include "lib/distcmd.h"

enum { DISTOPT_NONE = 20 }; /* no option; they are 0 to 19 */

/* distopt_word - the next word of a command
 *
 * Quotes (in which a backslash takes the next byte along) and the bracket of
 * NAME(...) keep blanks together; one that is not closed takes all the rest.  In a password they mean nothing.
 * left    moved on behind the word
 * Returns it; empty at the end
 */
struct bytes distopt_word(struct bytes *left);

/* distopt_is_open - does the word lack the end of a quote or bracket; 1 or 0 */
int distopt_is_open(struct bytes word);

/* distopt_abbreviates - is the word the beginning of a name, in any case, with
 * min letters or more; 1 or 0
 */
int distopt_abbreviates(struct bytes word, const char *name, size_t min);

/* distopt_name_ok - can it be the name of a dataset; 1 or 0 */
int distopt_name_ok(struct bytes name);

/* distopt_find - the option that a word is
 *
 * value   receives what is behind its '=', or in its bracket; with s NULL when
 *         text stands behind the bracket
 * Returns its number; DISTOPT_NONE
 */
unsigned distopt_find(struct bytes word, struct bytes *value);

/* distopt_take - put a value into its place
 *
 * option  less than DISTOPT_NONE
 * Returns NULL; a constant sentence when the value, or the option in this
 *         command, is wrong
 */
const char *distopt_take(
    struct distcmd *d, unsigned option, struct bytes value);

#endif
