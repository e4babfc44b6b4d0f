/* sitecheckcore.h - what sitecheck.c and sitetogether.c share; nobody else includes
 * it */
#ifndef LSV_SITECHECKCORE_H
#define LSV_SITECHECKCORE_H

#include "lib/sitecheck.h"

/* sitecheck_remark_at - a remark whose text was put to the end of c->text
 *
 * at      offset in the file
 * text    where the text begins in c->text
 * Returns 0; -1 with errno ENOMEM
 */
int sitecheck_remark_at(
    struct sitecheck *c, enum sitecheck_level level, size_t at, size_t text);

/* sitecheck_remark - a remark made of up to three pieces
 *
 * a, b, d NUL-terminated; b and d may be NULL
 * Returns 0; -1 with errno ENOMEM
 */
int sitecheck_remark(struct sitecheck *c, enum sitecheck_level level, size_t at,
    const char *a, const char *b, const char *d);

/* sitecheck_setting - the setting of a variable
 *
 * number  0 unless it is a numbered one
 * Returns it, until another is added; NULL when the file has none
 */
struct sitecheck_setting *sitecheck_setting(
    struct sitecheck *c, const struct sitevar *v, unsigned number);

/* sitecheck_together - remarks on what all settings say together
 *
 * len     of the file: where to say what is missing in it
 * Returns 0; -1 with errno ENOMEM
 */
int sitecheck_together(struct sitecheck *c, size_t len);

/* sitecheck_place - sort the remarks as the file has them, each with its line
 *
 * s       the file
 */
void sitecheck_place(struct sitecheck *c, const char *s);

#endif
