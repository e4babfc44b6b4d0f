/* takein.h - a message on its way into the inbox of lsv-score
 *
 * Fed with the bytes as they come, at most 64 KiB at a time; one file for each
 * recipient.  The body is written into the file of the first and copied from
 * there into those of the others, once all of it is in.  Until takein_commit a
 * message is in tmp/ only, in one file, which takein_drop removes.
 */
#ifndef LSV_TAKEIN_H
#define LSV_TAKEIN_H

#include <sys/stat.h>

#include "lib/fold.h"
#include "lib/handover.h"
#include "lib/header.h"
#include "lib/ids.h"
#include "lib/intake.h"
#include "lib/receive.h"

enum {
	TAKEIN_STEP = 64 << 10, /* most bytes of one takein_add */
	TAKEIN_ROOM = HEADER_READ + TAKEIN_STEP,
};

/* struct takein - one message; large, so static. Zeroed at first
 *
 * file    called with the directory and the name of each file that has to be
 *         removed when this process dies, and with -1 and NULL when there is
 *         none any more; may be NULL
 * no      the answer for all recipients, once something went wrong
 * id      of the file that takein_commit handed over last
 *
 * The rest is not for callers: buf holds as much as decides about a header,
 * then one step of the body after the other; len bytes of it, the first skip of
 * them no part of the message; head bytes are in front of the body in a file.
 */
struct takein {
	void (*file)(int dir, const char *name);
	struct receive_answer no;
	char id[ID_LEN + 1];

	struct handover *ho;
	const struct receive_to *to;
	size_t n;
	const char *given;
	size_t glen;
	stralloc sender;
	char buf[TAKEIN_ROOM];
	size_t len, skip;
	struct header header;
	struct intake check;
	struct fold fold;
	int started;
	int fd, body;
	size_t size_at;
	size_t head;
};

/* takein_writer - who writes into the inbox instead of root
 *
 * The owner of a file tells: a static program asks no name service.
 * st      of score/writer below the current directory, the spool: st_uid and
 *         st_gid are that user's
 * Returns 0; -1 with errno, ENOENT when there is no such file
 */
int takein_writer(struct stat *st);

/* takein_open - the inbox, from anywhere and as anyone
 *
 * Changes into the spool.  Root becomes the user that writes there: what root
 * would write lsv-score would not take.
 * Returns 0; -1 with errno
 */
int takein_open(struct handover *ho);

/* takein_address - to whom a message goes, by its form and the table of lists
 *
 * a       zeroed, or used before
 * rcpt    len bytes, as for receive_address
 * lists   zeroed at first; kept from call to call, looked at again each time
 * no      receives the answer when it is nobody here, or we cannot tell
 * Returns 0; -1 with no
 */
int takein_address(struct receive_to *a, const char *rcpt, size_t len,
    const struct site *site, struct table *lists, struct receive_answer *no);

/* takein_begin - a new message
 *
 * t       zeroed, or used for another message, which is dropped
 * ho      score/
 * to      n recipients, at least 1; they stay until the end
 * given   the envelope sender, len bytes that stay until the end; NULL takes it
 *         from the message's Return-Path
 */
void takein_begin(struct takein *t, struct handover *ho,
    const struct receive_to *to, size_t n, const char *given, size_t len);

/* takein_space - where the next bytes may be put
 *
 * Returns TAKEIN_STEP bytes
 */
char *takein_space(struct takein *t);

/* takein_add - so many bytes were put there
 *
 * len     at most TAKEIN_STEP
 * Returns 0; -1 with t->no: nothing of the message is left, and more of its
 *         bytes change nothing
 */
int takein_add(struct takein *t, size_t len);

/* takein_refuse - give the message up for that reason, unless it was before
 *
 * why     an answer's text
 */
void takein_refuse(struct takein *t, enum receive_kind kind, const char *why);

/* takein_commit - that was all: hand it over to one of the recipients
 *
 * Called once for each of them, in their order.
 * i       which
 * answer  RECEIVE_DONE: it survives a power cut from now on; else why not
 * Returns 0; -1 when it was not stored
 */
int takein_commit(struct takein *t, size_t i, struct receive_answer *answer);

/* takein_drop - the message is gone, or over; what is under way is removed */
void takein_drop(struct takein *t);

/* takein_room - is there enough of the spool left to take a message in
 *
 * Returns 0; -1 with no
 */
int takein_room(const struct handover *ho, struct receive_answer *no);

#endif
