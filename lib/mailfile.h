/* mailfile.h - the .MAIL file: what a worker takes, and all it needs to know
 *
 * Head, recipients, an end line, the body when it is small (else it lies beside
 * the job as jobs/JOB/body), then the journal that its worker appends.
 * lsv-mail(5) has the format.
 */
#ifndef LSV_MAILFILE_H
#define LSV_MAILFILE_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ids.h"
#include "lib/ofat.h"
#include "lib/spoolfile.h"
#include "lib/where.h"

enum {
	MAIL_RCPTS_MAX = 1000,    /* recipients of one file for workers */
	MAIL_PEER_MAX = 100000,   /* ... of one for another server */
	MAIL_RCPT_MAX = 512,      /* bytes of one recipient */
	MAIL_ROW_MAX = 32768,     /* ... with the values of its fields */
	MAIL_FRONT_MAX = 1 << 20, /* bytes of head, recipients and end line */
	MAIL_INLINE_MAX = 256 << 10, /* bytes of a body inside the file */
};

/* struct mailhead - the head, pointing into the text it was parsed from
 *
 * name    the file's name
 * job     the job it is a part of; the same as name when it is all of it
 * class   CLASS_POST, CLASS_MAIL or CLASS_DIST
 * list    upper case, or empty
 * from    envelope sender, empty for the null sender
 * pool    'A' to 'Z' or '-'
 * created_us, expires_us  when the job was made, and when it is given up
 * verp    1: every recipient gets a transaction with a sender of its own
 * eightbit 1: the message has bytes over 127; 2: its header has some, and is
 *         UTF-8: it needs SMTPUTF8
 * dots    1: some line of the body begins with a dot
 * merged  1: every recipient gets a copy with values of its own (lib/merge.h)
 * fields  then their names, with one blank between them
 * server  "LISTSERV@host" of the server it is for: it lies in pool/peer, and pool
 *         is the one its recipients are delivered from; empty: it is for workers
 * trail   then what that server is to know of its way (lib/trail.h)
 * file    the name of the file it is ("X-SUPD JOB"), empty for mail
 * inlined 1: the body follows the recipients; 0: it is jobs/JOB/body
 * size    bytes of the body in wire form
 * nrcpt   recipients
 * rcpts   their lines, each ended by LF; when merged, TAB and value follow the
 *         address, for each field: mail_address has the address alone
 * front   bytes of head, recipients and end line: where an inlined body begins
 * journal where the journal begins
 */
struct mailhead {
	char name[ID_NAME_MAX], job[ID_NAME_MAX];
	enum spool_class class;
	struct bytes list, from;
	char pool;
	uint64_t created_us, expires_us;
	int verp, eightbit, dots, merged, inlined;
	struct bytes fields, server, trail, file;
	uint64_t size;
	uint32_t nrcpt;
	struct bytes rcpts;
	size_t front;
	uint64_t journal;
};

/* mailhead_format - write head, recipients and end line; the body is not
 * written
 *
 * out     appended to
 * h       everything but front and journal
 * Returns 0; -1 with errno ENOMEM, or EINVAL for a value with a forbidden byte
 */
int mailhead_format(stralloc *out, const struct mailhead *h);

/* mailhead_parse - read head, recipients and end line
 *
 * h       points into s afterwards
 * s, len  the start of the file, at least up to the end line
 * w       what is wrong and where
 * Returns 0; -1
 */
int mailhead_parse(
    struct mailhead *h, const char *s, size_t len, struct where *w);

/* mail_rows_ok - can these be the recipients of files?
 *
 * h       merged counts, and fields when that is 1
 * rows    their lines; the last one need not be complete
 * n       counts those that are
 * used    receives the bytes of those
 * Returns 1; 0 when a line has no address, is too long, or has more values than
 *         there are fields
 */
int mail_rows_ok(
    const struct mailhead *h, struct bytes rows, uint64_t *n, size_t *used);

/* mail_address - the address of a recipient's line, without any values */
static inline struct bytes
mail_address(const struct mailhead *h, struct bytes line)
{
	const char *tab = h->merged ? memchr(line.s, '\t', line.len) : NULL;

	return (struct bytes){line.s, tab ? (size_t)(tab - line.s) : line.len};
}

#endif
