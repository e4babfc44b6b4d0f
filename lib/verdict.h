/* verdict.h - what becomes of a message: the decision of lsv-score, and no more
 *
 * No input or output: the caller finds the facts, and counts what is limited a
 * day afterwards.  lsv-score(8) lists the rules.
 */
#ifndef LSV_VERDICT_H
#define LSV_VERDICT_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/facts.h"
#include "lib/listtab.h"
#include "lib/site.h"
#include "lib/spoolfile.h"

enum {
	VERDICT_RECEIVED_MAX = 100, /* Received fields, RFC 5321 section 6.3 */
};

/* What is done. */
enum verdict_act {
	VERDICT_PASS,    /* on to lsv-route as it is */
	VERDICT_REPLY,   /* one reply to the envelope sender takes its place */
	VERDICT_FORWARD, /* it goes to those responsible for the list instead */
	VERDICT_REPORT, /* one RFC 3464 report to the envelope sender instead */
	VERDICT_HOLD,   /* to hold/, where a person decides */
	VERDICT_DROP,   /* removed, with a log line */
	VERDICT_BAD,    /* to bad/, with the rule's reason */
};

/* enum verdict_rule - why; verdict_rule_name gives the word for the log */
enum verdict_rule {
	RULE_ACCEPTED,
	RULE_DUPLICATE,    /* the same message came in before; by the caller */
	RULE_CLASS,        /* a class that does not come in here */
	RULE_HOPS,         /* too many Received fields */
	RULE_UNKNOWN_LIST, /* the list was removed meanwhile */
	RULE_LOOP,         /* it has been through this list */
	RULE_BOUNCE,       /* a delivery report */
	RULE_AUTO_REPLY,   /* an automatic answer to a posting */
	RULE_SIZE,         /* over the list's Sizelim= or the site's SIZELIM */
	RULE_CLOSED,       /* Send= Closed */
	RULE_OWNERS_ONLY,  /* Send= Owner, by somebody else */
	RULE_SUBSCRIBERS_ONLY, /* Send= Private, by somebody else */
	RULE_COMMAND,          /* command mail */
	RULE_BLACKLISTED,      /* a spam score below 0 */
	RULE_WHITELISTED,      /* accepted, with a spam score above 0 */
	RULES,
};

/* struct verdict_in - the facts
 *
 * class, size, lines, facts
 *         of the message; size in bytes
 * sender  envelope sender, empty for the null sender
 * sender_ours 1 when it is an address of this server
 * list    its name, empty for the server's own addresses
 * list_known 1 when there is such a list; what follows counts only then
 * send    its Send=
 * max, max_lines  what a posting to it may have; max_lines 0 for any number
 * list_id the identifier in its List-Id: "test-l.example.org"
 * trace   what our trace field begins with after it: "TEST-L@node", and for a
 *         bounce that was forwarded "owner-TEST-L@node"
 * is_owner, is_subscriber
 *         is the address in From that of an owner, of a subscriber
 * spam_sum  score of the white and blacklists (lib/spamscore.h)
 * spam_off  1: Misc-Options= NO_SPAM_CHECK of the list, or a person released
 *         the message from hold/; spam_sum does not count then
 * reject  SPAM_REJECT: what becomes of a score below 0
 */
struct verdict_in {
	enum spool_class class;
	uint64_t size, lines;
	const struct header_facts *facts;
	struct bytes sender;
	int sender_ours;
	struct bytes list;
	int list_known;
	enum listtab_send send;
	uint64_t max, max_lines;
	struct bytes list_id, trace;
	int is_owner, is_subscriber;
	int spam_sum, spam_off;
	enum site_spam_reject reject;
};

/* struct verdict - the decision
 *
 * unanswered  why a reply or report was due but is not sent: "null-sender",
 *             ...; else NULL.  act is VERDICT_DROP then
 */
struct verdict {
	enum verdict_act act;
	enum verdict_rule rule;
	const char *unanswered;
};

/* verdict_decide - decide
 *
 * Order   hops, class, unknown list, loop, bounce, auto-reply, size, score,
 *         Send=.  Mail of class bounce has no score: it is recognised at once
 *         and processed.  A bounce at the address of a list or at one for
 *         commands has one, and is rejected below 0.
 */
struct verdict verdict_decide(const struct verdict_in *in);

/* verdict_unanswerable - why this message must not be answered
 *
 * Returns a word for the log, or NULL when it may be answered
 * Source  RFC 3834 section 2; null sender, Auto-Submitted other than "no",
 *         Precedence bulk, list or junk, mail of lists, delivery reports,
 *         senders that are machines, our own addresses
 */
const char *verdict_unanswerable(const struct verdict_in *in);

/* verdict_act_name, verdict_rule_name - words for the log: "pass", "accepted"
 *
 * verdict_rule_why - the rule as a sentence for people
 */
const char *verdict_act_name(enum verdict_act act);
const char *verdict_rule_name(enum verdict_rule rule);
const char *verdict_rule_why(enum verdict_rule rule);

#endif
