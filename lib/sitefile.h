/* sitefile.h - the text of site.cfg as names and values; nothing is executed */
#ifndef LSV_SITEFILE_H
#define LSV_SITEFILE_H

#include <stddef.h>

#include "lib/ofat.h"
#include "lib/where.h"

enum {
	SITEFILE_MAX = 1 << 20,       /* bytes of a whole file */
	SITEFILE_NAME_MAX = 63,       /* bytes of a variable's name */
	SITEFILE_VALUE_MAX = 1 << 16, /* bytes of one value, substituted */
	SITEFILE_ITEMS_MAX = 4096,    /* settings in one file */
	SITEFILE_KEPT_MAX = 8 << 20,  /* bytes of all values together */
};

/* struct sitefile_item - one setting
 *
 * name    upper case, NUL-terminated
 * name_at offset of the name in the text
 * value   len bytes, quotes and substitutions resolved, never a control byte
 *         but TAB; a NUL follows, not counted
 * from    len + 1 offsets: where in the text each byte of value came from, and
 *         last where the value ends, which is at a closing quote; so an error
 *         inside a value has a place
 * before  1 when the same name was set above, at offset before_at
 */
struct sitefile_item {
	const char *name;
	size_t name_at;
	const char *value;
	size_t len;
	const size_t *from;
	int before;
	size_t before_at;
};

struct sitefile_var;

/* struct sitefile - a reader; its members are its own */
struct sitefile {
	const char *s;
	size_t len;
	size_t at;
	size_t closed; /* behind the last closing quote of the value */
	stralloc value;
	size_t *from;
	size_t fromcap;
	struct sitefile_var *var; /* the last value of each name */
	size_t nvar;
	size_t nitems;
	size_t kept;
};

/* sitefile_begin - read a text from its start
 *
 * f       initialised here, whatever it held; end with sitefile_free
 * s, len  the whole file; must outlive f.  A UTF-8 mark at its start is
 *         passed over, CR LF ends a line as LF does
 */
void sitefile_begin(struct sitefile *f, const char *s, size_t len);

/* sitefile_next - the next setting
 *
 * item    filled when 1 is returned; valid until the next call
 * w       offset in the text and reason, when -1 is returned
 * Returns 1 a setting, 0 the end, -1 a line that is none: the next call goes
 *         on behind it, so that every error of a file can be reported
 * Source  LISTSERV's go.user (Bourne shell) and SITE.CFG (Windows):
 *         KEY=value up to the end of the line or to a '#' behind a blank,
 *         KEY="value" with \" \\ \$ and substitution, KEY='value' without;
 *         "export " in front, lines "export A B" do nothing; a backslash at
 *         the end of a line joins the next; $KEY ${KEY} %KEY% stand for the
 *         last value set above; names are case-insensitive
 */
int sitefile_next(
    struct sitefile *f, struct sitefile_item *item, struct where *w);

/* sitefile_free - give the memory back; f may be freed twice */
void sitefile_free(struct sitefile *f);

/* struct sitefile_place - an offset as people count it; begin with {0, 1, 1}
 *
 * line    from 1
 * column  from 1, in bytes; a UTF-8 mark at the start of a file counts for
 *         nothing
 */
struct sitefile_place {
	size_t at;
	unsigned line;
	unsigned column;
};

/* sitefile_place - move to an offset
 *
 * p       moved forward; at must not lie before p->at, so that all places of a
 *         file cost one walk over it
 * s       the text, at bytes or more
 */
void sitefile_place(struct sitefile_place *p, const char *s, size_t at);

#endif
