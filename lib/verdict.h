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
#include "lib/filter.h"
#include "lib/listtab.h"
#include "lib/site.h"
#include "lib/spoolfile.h"

enum {
	VERDICT_RECEIVED_MAX = 100, /* Received fields, RFC 5321 section 6.3 */
};

/* What is done. */
enum verdict_act {
	VERDICT_PASS,    /* on as it is: command mail to lsv-command, all else
			  * to lsv-route */
	VERDICT_REPLY,   /* one reply to the envelope sender takes its place */
	VERDICT_FORWARD, /* it goes to those responsible for the list instead */
	VERDICT_REPORT, /* one RFC 3464 report to the envelope sender instead */
	VERDICT_HOLD,   /* to hold/, where a person decides */
	VERDICT_DROP,   /* removed, with a log line */
	VERDICT_BAD,    /* to bad/, with the rule's reason */
	VERDICT_SCAN,   /* SPAM_EXIT is asked, and its answer waited for */
	VERDICT_DEFER,  /* it is asked again later */
};

/* enum verdict_rule - why; verdict_rule_name gives the word for the log */
enum verdict_rule {
	RULE_ACCEPTED,
	RULE_DUPLICATE,    /* the same message came in before; by the caller */
	RULE_CLASS,        /* a class that does not come in here */
	RULE_HOPS,         /* too many Received fields */
	RULE_UNKNOWN_LIST, /* the list was removed meanwhile */
	RULE_LOOP,         /* it has been through this list */
	RULE_COPY,         /* its Message-ID was posted to the list before */
	RULE_BODY_LOOP,    /* its body shows a copy of a posting to the list */
	RULE_ORIGIN,       /* its author is a mail system */
	RULE_BOUNCE,       /* a delivery report */
	RULE_AUTO_REPLY,   /* an automatic answer to a posting */
	RULE_FILTERED,     /* its author may not post: a filter */
	RULE_SAME_BODY,    /* its body was posted to the list before */
	RULE_SIZE,         /* over the list's Sizelim= or the site's SIZELIM */
	RULE_CLOSED,       /* Send= Closed */
	RULE_OWNERS_ONLY,  /* Send= Owner, by somebody else */
	RULE_SUBSCRIBERS_ONLY, /* Send= Private, by somebody else */
	RULE_COMMAND,          /* command mail */
	RULE_BLACKLISTED,      /* a spam score below 0 */
	RULE_WHITELISTED,      /* accepted, with a spam score above 0, or by the
				* exit */
	RULE_EXIT,             /* SPAM_EXIT rejects it */
	RULE_EXIT_FAILED,      /* SPAM_EXIT did not judge it */
	RULE_SPAM_ALERT,       /* the same came to many lists */
	RULE_QUARANTINE,       /* its author is not known to the list yet */
	RULES,
};

/* enum verdict_exit - what SPAM_EXIT says */
enum verdict_exit {
	VERDICT_EXIT_UNASKED,
	VERDICT_EXIT_GO_ON,
	VERDICT_EXIT_WHITELISTED,
	VERDICT_EXIT_REJECTED,
	VERDICT_EXIT_FAILED, /* anything else */
};

/* struct verdict_in - the facts
 *
 * class, size, lines, facts
 *         of the message; size in bytes
 * sender  envelope sender, empty for the null sender
 * sender_ours 1 when it is an address of this server
 * to      the address that it came in for
 * list    its name, empty for the server's own addresses
 * list_known 1 when there is such a list; what follows counts only then
 * send    its Send=
 * max, max_lines  what a posting to it may have; max_lines 0 for any number
 * list_id the identifier in its List-Id: "test-l.example.org"
 * trace   what our trace field begins with after it: "TEST-L@node", and for a
 *         bounce that was forwarded "owner-TEST-L@node"
 * loop    Loopcheck= in force: bits of enum loop_flag
 * copy    1: the list has had a posting with its Message-ID
 * origin  1: an address in From is that of a mail system (lib/origin.h)
 * body    what lib/bodyloop.h found
 * filter  what the filters say of the addresses in From
 * server  1: one of them is LISTSERV at another server
 * same_body  1: the list has had a posting with its body
 * is_owner, is_subscriber
 *         is the address in From that of an owner, of a subscriber
 * spam_sum  score of the white and blacklists (lib/spamscore.h)
 * spam_off  1: Misc-Options= NO_SPAM_CHECK of the list, a message larger than
 *         SPAM_MAXSIZE, or one that a person released from hold/: no test for
 *         spam counts then
 * exit_on 1: there is a SPAM_EXIT
 * exit    what it said of this message; counts only when exit_on
 * exit_fail SPAM_EXIT_FAIL: what becomes of what it did not judge
 * alert   1: there is a spam alert for what it says
 * quarantine 1: it waits before it goes on
 * reject  SPAM_REJECT: what becomes of spam
 */
struct verdict_in {
	enum spool_class class;
	uint64_t size, lines;
	const struct header_facts *facts;
	struct bytes sender;
	int sender_ours;
	struct bytes to, list;
	int list_known;
	enum listtab_send send;
	uint64_t max, max_lines;
	struct bytes list_id, trace;
	unsigned loop;
	int copy, origin;
	unsigned body;
	enum filter_result filter;
	int server;
	int same_body;
	int is_owner, is_subscriber;
	int spam_sum, spam_off;
	int exit_on;
	enum verdict_exit exit;
	enum site_spam_exit_fail exit_fail;
	int alert, quarantine;
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
 * Order   hops, class, unknown list, loop, copy, origin, body loop, bounce,
 *         auto-reply, filter, size, score, Send=, exit, same body, alert,
 *         quarantine.  Command mail that must not be answered is dropped, unless
 *         another server sent it: lsv-command knows which may.  Mail of class bounce has no score: it is recognised at
 *         once and processed.  What is forwarded from the address of a list,
 *         and mail with commands, has one, and is rejected below 0.  The exit is
 *         asked only about what would be passed on or answered.
 */
struct verdict verdict_decide(const struct verdict_in *in);

/* verdict_is_server - is it an address LISTSERV@...; 1 or 0 */
int verdict_is_server(struct bytes address);

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
