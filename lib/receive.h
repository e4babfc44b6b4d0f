/* receive.h - who a message coming in is for, and what the MTA is told
 *
 * What lsv-inject and lsv-lmtp decide before the first byte of a message.
 * Nothing here opens anything.
 */
#ifndef LSV_RECEIVE_H
#define LSV_RECEIVE_H

#include <stdint.h>

#include "lib/listtab.h"
#include "lib/ofat.h"
#include "lib/site.h"
#include "lib/spoolfile.h"
#include "lib/table.h"

enum {
	RECEIVE_TEXT = 900,     /* bytes of an answer */
	RECEIVE_PATH_MAX = 512, /* bytes of an address; VERP makes long ones */
};

/* What becomes of a message for one recipient. */
enum receive_kind {
	RECEIVE_DONE,
	RECEIVE_BAD,    /* the message or its address is at fault */
	RECEIVE_AGAIN,  /* we are at fault, known or not */
	RECEIVE_POLICY, /* refused by policy */
};

/* struct receive_answer - the same in words
 *
 * text    NUL-terminated, printable ASCII; begins with an enhanced status code
 *         and a blank (RFC 3463), but for RECEIVE_DONE, where it is empty
 */
struct receive_answer {
	enum receive_kind kind;
	char text[RECEIVE_TEXT + 1];
};

/* receive_put - fill in an answer
 *
 * part    n strings; bytes that are not printable ASCII become '?', and what is
 *         over RECEIVE_TEXT is cut
 * Returns -1, for `return receive_put(...)`
 */
int receive_put(struct receive_answer *no, enum receive_kind kind,
    const char *const *part, size_t n);

#define RECEIVE_LIST(...)                                                      \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__                                                    \
	}
/* receive_no(answer, kind, ...) - the same with the strings as arguments */
#define receive_no(no, kind, ...)                                              \
	receive_put(no, kind, RECEIVE_LIST(__VA_ARGS__),                       \
	    sizeof(RECEIVE_LIST(__VA_ARGS__)) / sizeof(const char *))

/* struct receive_to - to whom a message goes, and what that makes of it
 *
 * to      as given, with the domain; NUL-terminated
 * local   bytes of its local part
 * list    name in upper case, "" for the server's own addresses
 * class, form, detail  as in struct spoolhead; form is constant text
 * max     bytes the message may have
 * max_lines lines it may have, 0 for any number
 */
struct receive_to {
	stralloc to, detail;
	size_t local;
	char list[LIST_NAME_MAX + 1];
	enum spool_class class;
	const char *form;
	uint64_t max, max_lines;
};

/* receive_address - what a recipient's address is, from its form alone
 *
 * a       zeroed, or used before; afterwards a->list says whether
 *         receive_list has to be asked
 * rcpt    len bytes as given; without a domain it is at NODE
 * no      receives the answer when it is nobody here
 * Returns 0; -1 with no
 */
int receive_address(struct receive_to *a, const char *rcpt, size_t len,
    const struct site *site, struct receive_answer *no);

/* receive_list - is there such a list, and how much does it take
 *
 * a       from receive_address, with a list
 * lists   an open lists.cdb
 * Returns 0; -1 with no
 */
int receive_list(struct receive_to *a, const struct table *lists,
    const struct site *site, struct receive_answer *no);

/* receive_sender - the envelope sender
 *
 * out     replaced by it, empty for the null sender in any of its spellings:
 *         "", "<>", MAILER-DAEMON with or without a domain
 * s, len  as given, in angle brackets or not
 * Returns 0; -1 with no
 */
int receive_sender(
    stralloc *out, const char *s, size_t len, struct receive_answer *no);

/* receive_free - give the memory back; a is as zeroed then */
void receive_free(struct receive_to *a);

#endif
