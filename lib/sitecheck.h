/* sitecheck.h - a whole site.cfg: every remark about it, and its settings */
#ifndef LSV_SITECHECK_H
#define LSV_SITECHECK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/authfile.h"
#include "lib/ofat.h"
#include "lib/sitevalue.h"
#include "lib/sitevar.h"

enum sitecheck_level {
	SITECHECK_NOTE,    /* known, not used yet */
	SITECHECK_WARNING, /* obeyed, but surely not meant so */
	SITECHECK_ERROR,   /* the file cannot be applied */
};

/* struct sitecheck_remark - one thing to say about the file
 *
 * line, column  from 1, in bytes
 * text    offset in sitecheck.text of a NUL-terminated line of its own; see
 *         sitecheck_said
 * at      offset in the file
 */
struct sitecheck_remark {
	enum sitecheck_level level;
	unsigned line, column;
	size_t text;
	size_t at;
};

/* struct sitecheck_setting - a variable that the file sets
 *
 * var     and its number, 0 unless it is a numbered one
 * value   offset in sitecheck.text of len bytes and a NUL
 * n       the number of the value, as in struct sitevalue, when good
 * at      offset of the value in the file; line is that of the name
 * good    0 when the value was an error
 */
struct sitecheck_setting {
	const struct sitevar *var;
	unsigned number;
	size_t value;
	size_t len;
	uint64_t n;
	size_t at;
	unsigned line;
	int good;
};

/* struct sitecheck - what was found
 *
 * set     nset settings, the last of each name, sorted by name and number
 * remark  nremark of them, in the order of the file
 * count   how many remarks of each level
 */
struct sitecheck {
	struct sitecheck_setting *set;
	size_t nset;
	struct sitecheck_remark *remark;
	size_t nremark;
	size_t count[3];
	stralloc text;
};

/* sitecheck_read - read a file and check everything in it
 *
 * c       initialised here; end with sitecheck_free also after -1
 * s, len  the whole text of site.cfg
 * Returns 0 when all of it was looked at (count[SITECHECK_ERROR] tells whether
 *         it is good); -1 with errno ENOMEM
 */
int sitecheck_read(struct sitecheck *c, const char *s, size_t len);

/* sitecheck_logins - remark on every AUTH= whose name is in no file
 *
 * c       as sitecheck_read left it; warnings are added, in their places
 * s       the text that it read
 * f       the file of users and passwords; all zero bytes: there is none
 * why     NULL; or why a file that is there cannot be used: f is all zero bytes
 * Returns 0; -1 with errno ENOMEM
 */
int sitecheck_logins(struct sitecheck *c, const char *s,
    const struct authfile *f, const char *why);

/* sitecheck_said - the text of a remark: no newline, no control bytes */
const char *sitecheck_said(
    const struct sitecheck *c, const struct sitecheck_remark *r);

/* sitecheck_value - the value of a setting, NUL-terminated */
const char *sitecheck_value(
    const struct sitecheck *c, const struct sitecheck_setting *t);

/* sitecheck_free - give the memory back; c may be freed twice */
void sitecheck_free(struct sitecheck *c);

#endif
