/* spoolfile.h - the head of an inbox file: what a message is, before its bytes
 *
 * Lines "key: value" in fixed order, `lsv-file: 1` first, an `end` line last,
 * then the message as it was received.  lsv-spoolfile(5) has the format.
 */
#ifndef LSV_SPOOLFILE_H
#define LSV_SPOOLFILE_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ids.h"
#include "lib/keyval.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	SPOOL_HEAD_MAX = 1 << 20, /* bytes of a head; also bounds recipients */
	SPOOL_VALUE_MAX = 1024,   /* bytes of one value */
	SPOOL_TRAIL_MAX = 4096,   /* bytes of a trail: 16 servers and more */
	SPOOL_SIZE_DIGITS =
	    20, /* the size has fixed width: it is written last */
};

enum spool_class {
	CLASS_POST,    /* a posting to a list */
	CLASS_MAIL,    /* a message for the recipients that the head names */
	CLASS_DIST,    /* a DISTRIBUTE job */
	CLASS_COMMAND, /* command mail */
	CLASS_BOUNCE,  /* a delivery report */
	CLASS_PEER,    /* a signed container of another server */
	CLASSES,
};

/* struct spoolhead - the head, pointing into the text it was parsed from
 *
 * id      the file's name
 * class   what it is
 * created_us when it came in
 * from    envelope sender, empty for the null sender
 * to      the address it was given to, as given
 * list    name of the list in upper case, or empty
 * form    command: listserv request subscribe unsubscribe signoff server;
 *         bounce: owner verp probe; else empty
 * detail  bounce: the subscriber that a VERP or probe address names; else empty
 * pool    class mail or dist: 'A' to 'Z' or '-'; else 0
 * reason  class mail: why it was made, for the log; else empty
 * rcpts   class mail: the recipients, one a line, each ended by LF; else empty
 * nrcpt   how many
 * trail   class dist: where the job came from (lib/trail.h); empty when it
 *         began here
 * file    class dist: the name of the file it is ("X-SUPD JOB"); empty for mail
 * merged  class mail or dist, 1: the recipients have values for the copy of each
 *         (lib/merge.h)
 * fields  then their names, with one blank between them
 * verp    then 1: each copy has a sender that names its recipient
 * rows, table  of a merged file, and of every one of class dist: its recipients
 *         are in a table behind the head, of so many lines and bytes: address,
 *         TAB, value, ... LF; rcpts is empty.  Those of class dist are sorted by
 *         addr_key (lib/addr.h), without duplicates
 * size    bytes of the message
 * table_at  bytes of the head with its end line; the table follows, if any
 * length  bytes of both; the message follows
 */
struct spoolhead {
	char id[ID_NAME_MAX];
	enum spool_class class;
	uint64_t created_us;
	struct bytes from, to, list, form, detail, reason;
	char pool;
	struct bytes rcpts;
	uint32_t nrcpt;
	struct bytes trail, file;
	int merged, verp;
	struct bytes fields;
	uint64_t rows, table;
	uint64_t size;
	size_t table_at, length;
};

/* spoolhead_format - write a head
 *
 * out     the head is appended
 * h       everything but table_at and length; values must hold no LF, CR or NUL
 * size_at receives the offset in out of the size's 20 digits, so that they can
 *         be written once the message is in; may be NULL.  A head is as long
 *         with other rows, table and size
 * Returns 0; -1 with errno ENOMEM, or EINVAL for a value with a forbidden byte
 *         or over its maximum, or recipients that are not nrcpt whole lines
 */
int spoolhead_format(stralloc *out, const struct spoolhead *h, size_t *size_at);

/* spoolhead_size - the 20 digits of a size
 *
 * out     SPOOL_SIZE_DIGITS bytes, no NUL
 */
void spoolhead_size(char *out, uint64_t size);

/* spoolhead_parse - read a head
 *
 * h       points into s afterwards
 * s, len  the start of the file, at least the whole head; a table need not be
 *         in it
 * w       what is wrong and where
 * Returns 0; -1
 */
int spoolhead_parse(
    struct spoolhead *h, const char *s, size_t len, struct where *w);

/* spoolhead_tabled - do the recipients of such a file stand behind its head? */
int spoolhead_tabled(const struct spoolhead *h);

/* spool_class_name - "post", "mail", ... */
const char *spool_class_name(enum spool_class class);

/* spool_get_class - read the line "class: "
 *
 * Returns 0; -1 with k->w set
 */
int spool_get_class(struct keyval *k, enum spool_class *class);

/* spool_get_pool - read the line "pool: "
 *
 * pool    'A' to 'Z' or '-'; 0 when the value is empty
 * Returns 0; -1 with k->w set
 */
int spool_get_pool(struct keyval *k, char *pool);

#endif
