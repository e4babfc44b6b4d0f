/* facts.h - what the programs want to know about a message, in one pass */
#ifndef LSV_FACTS_H
#define LSV_FACTS_H

#include "lib/bytes.h"
#include "lib/header.h"
#include "lib/ofat.h"

/* enum auto_submitted - Auto-Submitted, RFC 3834 section 5 */
enum auto_submitted {
	AUTO_ABSENT,    /* no such field */
	AUTO_NO,        /* "no": a person sent it */
	AUTO_GENERATED, /* "auto-generated" */
	AUTO_REPLIED,   /* "auto-replied" */
	AUTO_OTHER,     /* any other word: automatic as well */
};

/* struct header_facts - the facts; zero it once before its first use
 *
 * message_id ... precedence
 *         value of the first field of that name that is not blank: trimmed,
 *         still folded, pointing into the message; s is NULL when there is none
 * auto_submitted
 *         of several fields, the one highest in the enum
 * report  Content-Type is multipart/report
 * list_ids
 *         all values of List-Id, unfolded, each ended by LF
 * traces  all values of X-LSV-Trace, "LIST@node ID", the same way
 * delivered  all values of Delivered-To, the same way
 * received
 *         number of Received fields
 */
struct header_facts {
	struct bytes message_id, from, sender, reply_to, date, subject;
	struct bytes return_path, precedence;
	enum auto_submitted auto_submitted;
	int report;
	stralloc list_ids, traces, delivered;
	unsigned received;
};

/* header_facts - fill in the facts
 *
 * f       overwritten; keeps its memory for the next message
 * h       a parsed header
 * Returns 0; -1 with errno ENOMEM
 */
int header_facts(struct header_facts *f, const struct header *h);

/* header_facts_free - release the memory; f is as zeroed */
void header_facts_free(struct header_facts *f);

/* facts_list_id - did the message pass through this list
 *
 * id      the identifier without its angle brackets: "test-l.example.org"
 * Returns 1 when a List-Id has it between its angle brackets, or as its whole
 *         value; 0.  Case does not count (RFC 2919 section 6)
 */
int facts_list_id(const struct header_facts *f, struct bytes id);

/* facts_trace - did this server distribute the message to this list
 *
 * address "LIST@node"
 * Returns 1 when an X-LSV-Trace has it as its first word, in any case; 0
 */
int facts_trace(const struct header_facts *f, struct bytes address);

/* facts_trace_count - how many X-LSV-Trace fields there are */
unsigned facts_trace_count(const struct header_facts *f);

/* facts_delivered - how many Delivered-To fields name an address, in any case
 *
 * A mail server adds one for each time that it delivers the message there.
 */
unsigned facts_delivered(const struct header_facts *f, struct bytes address);

#endif
