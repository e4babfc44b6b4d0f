/* inject.h - the parts of lsv-inject */
#ifndef LSV_INJECT_H
#define LSV_INJECT_H

#include <stdint.h>

#include "lib/handover.h"
#include "lib/ids.h"
#include "lib/ofat.h"
#include "lib/site.h"
#include "lib/spoolfile.h"

/* All that lsv-inject ever exits with: every MTA reads these alike. */
enum {
	EXIT_DONE = 0,
	EXIT_BAD = 65,    /* the message or its address is at fault */
	EXIT_AGAIN = 75,  /* we are at fault, known or not */
	EXIT_POLICY = 77, /* refused by policy */
};

/* answer - one line for the MTA, on standard error, and the end
 *
 * Removes the file under way first.
 * code    EXIT_...
 * part    n strings, the first begins with an enhanced status code and a blank
 *         (RFC 3463); control bytes and bytes outside ASCII print as '?'
 */
_Noreturn void answer(int code, const char *const *part, size_t n);

#define ANSWER_LIST(...)                                                       \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__                                                    \
	}
#define ANSWER(code, ...)                                                      \
	answer(code, ANSWER_LIST(__VA_ARGS__),                                 \
	    sizeof(ANSWER_LIST(__VA_ARGS__)) / sizeof(const char *))

/* answer_guard - whatever happens from now on exits EXIT_AGAIN
 *
 * Signals, those of programming errors included, a standard input that says
 * nothing for an hour, and files over a limit: no MTA bounces mail on them.
 */
void answer_guard(void);

/* answer_file - the file to remove when all does not go well
 *
 * dir     its directory
 * name    its name, kept until the end; NULL: there is none any more
 */
void answer_file(int dir, const char *name);

/* struct address - to whom a message goes, and what that makes of it
 *
 * to      as given, with the domain
 * local   bytes of its local part
 * list    name in upper case, "" for the server's own addresses
 * class, form, detail  as in struct spoolhead
 * max     bytes the message may have
 * max_lines lines it may have, 0 for any number
 */
struct address {
	stralloc to, detail;
	size_t local;
	char list[128];
	enum spool_class class;
	const char *form;
	uint64_t max, max_lines;
};

/* address_check - find out, or answer the MTA that it is nobody here
 *
 * a       zeroed
 * rcpt    the recipient as given
 */
void address_check(
    struct address *a, const char *rcpt, const struct site *site);

/* sender_check - the envelope sender, or answer the MTA that it is none
 *
 * out     replaced by the sender, empty for the null sender in any of its
 *         spellings: "", "<>", MAILER-DAEMON with or without a domain
 * s, len  as given, in angle brackets or not
 */
void sender_check(stralloc *out, const char *s, size_t len);

/* message_store - read the message and hand it over, or answer the MTA
 *
 * in      descriptor of the message
 * to      score/
 * a       to whom
 * sender  as given with -f; NULL takes it from Return-Path
 */
void message_store(
    int in, struct handover *to, const struct address *a, const char *sender);

#endif
