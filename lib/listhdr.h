/* listhdr.h - the header of a list: lines "* Keyword= value"
 *
 * lsv-list(5) has the rules and says which keywords are obeyed. All others are
 * kept, so that a header comes from another server as it is.
 */
#ifndef LSV_LISTHDR_H
#define LSV_LISTHDR_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/listtab.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	LISTHDR_MAX = 65536,      /* bytes of a header */
	LISTHDR_LINE_MAX = 512,   /* bytes of a line */
	LISTHDR_KEYWORD_MAX = 32, /* bytes of a keyword */
};

enum listhdr_reply {
	REPLY_LIST, /* the default */
	REPLY_SENDER,
	REPLY_BOTH,
	REPLY_NONE,
	REPLY_ADDRESS,
};

enum listhdr_subscription {
	SUBSCRIPTION_BY_OWNER, /* the default */
	SUBSCRIPTION_OPEN,
	SUBSCRIPTION_CLOSED,
};

/* Mail-Via=: who delivers postings */
enum listhdr_via {
	VIA_DISTRIBUTE, /* the default: servers of the network, as DISTRIBUTE does */
	VIA_DIRECT, /* this one alone */
};

/* Review=: who may see the subscribers; of several words the first of these */
enum listhdr_review {
	REVIEW_DEFAULT, /* no such keyword: as REVIEW_PRIVATE */
	REVIEW_PUBLIC,
	REVIEW_PRIVATE, /* subscribers */
	REVIEW_OWNER,
	REVIEW_POSTMASTER,
};

/* Validate=: what a subscriber has to confirm */
enum listhdr_validate {
	VALIDATE_NO,  /* the default */
	VALIDATE_YES, /* that he leaves */
	VALIDATE_ALL, /* all that changes something */
};

/* Filter=: who may not post, by the first word */
enum listhdr_filter {
	FILTER_NONE, /* no such keyword: the built-in filter that Safe= means */
	FILTER_ONLY, /* the patterns, and no built-in filter */
	FILTER_ALSO, /* the patterns besides that one */
	FILTER_SAFE, /* the patterns besides the safe one */
};

enum listhdr_errors {
	ERRORS_OWNERS = 1, /* the default when nobody else is named */
	ERRORS_POSTMASTER = 2,
};

/* struct listhdr - a header; zeroed before its first use
 *
 * title        first line, may be empty
 * text         free text, a line each, ended by LF
 * owners       addresses that get routine mail, each ended by NUL; at least one
 * quiet_owners addresses behind "Quiet:", the same way
 * reply, reply_ignore, reply_address
 *              Reply-To=: where replies go; 1 when a poster's own Reply-To is
 *              not to be respected; the address of REPLY_ADDRESS
 * errors, errors_to
 *              Errors-To=: bits of enum listhdr_errors, and addresses each
 *              ended by NUL
 * bytes, lines Sizelim=: of the whole message; 0 when not limited that way
 * pool, pool_admin
 *              Delivery-Pool=: 'A' to 'Z' or '-', 0 when not given (pool_admin
 *              is pool when only one is given)
 * host         List-Address=: host of the list's addresses; empty for NODE
 * send         Send=: who may post, at most
 * send_less    1 when Send= asks for what is not done yet: approval by editors
 *              or a restriction to others; send is then LISTTAB_OWNER unless
 *              subscribers may post besides
 * send_confirm 1 when Send= has Confirm (kept, not obeyed yet)
 * subscription, subscription_confirm
 *              Subscription=
 * confidential 1 when Confidential= is Yes or Service
 * review       Review=
 * validate     Validate=
 * options      Default-Options=: bits of enum suboption
 * verp         1 when Misc-Options= has VERP: every copy has an envelope sender
 *              of its own
 * no_spam_check
 *              1 when it has NO_SPAM_CHECK: the white and blacklists do not
 *              count
 * via          Mail-Via=
 * loop         Loopcheck=
 * filter, filter_deny, filter_allow
 *              Filter=: the patterns, and those behind Allow, each as
 *              written and ended by NUL
 * unsafe       1 for Safe= No
 * keywords     every keyword as it came: "KEYWORD" NUL "value" NUL ...
 * notes        what will not be obeyed, "line 3: ...", a line each, ended by LF
 */
struct listhdr {
	stralloc title, text;
	stralloc owners, quiet_owners;
	enum listhdr_reply reply;
	int reply_ignore;
	stralloc reply_address;
	unsigned errors;
	stralloc errors_to;
	uint64_t bytes, lines;
	char pool, pool_admin;
	stralloc host;
	enum listtab_send send;
	int send_less, send_confirm;
	enum listhdr_subscription subscription;
	int subscription_confirm;
	int confidential;
	enum listhdr_review review;
	enum listhdr_validate validate;
	uint32_t options;
	int verp, no_spam_check;
	enum listhdr_via via;
	struct loopcheck loop;
	enum listhdr_filter filter;
	stralloc filter_deny, filter_allow;
	int unsafe;
	stralloc keywords, notes;
};

/* listhdr_parse - read a header
 *
 * h       overwritten, its memory reused; of no use after -1
 * s, len  lines ended by LF or CRLF
 * w       at is the number of the line, from 1
 * Returns 0; -1 with w set
 */
int listhdr_parse(
    struct listhdr *h, const char *s, size_t len, struct where *w);

/* listhdr_next - walk over a list of strings each ended by NUL
 *
 * sa      owners, quiet_owners, errors_to or keywords
 * at      0 at first
 * item    without its NUL
 * Returns 1; 0 at the end
 */
int listhdr_next(const stralloc *sa, size_t *at, struct bytes *item);

/* listhdr_value - the values of one keyword, obeyed or not
 *
 * out     replaced by them, joined by ","; "" when there are none
 * keyword in upper case
 * Returns 1; 0 when the header does not have it; -1 with errno ENOMEM
 */
int listhdr_value(const struct listhdr *h, stralloc *out, const char *keyword);

/* listhdr_tab - what lists.cdb says of a list, but for its name */
void listhdr_tab(const struct listhdr *h, struct listtab *out);

/* listhdr_free - give the memory back; h is zeroed */
void listhdr_free(struct listhdr *h);

#endif
