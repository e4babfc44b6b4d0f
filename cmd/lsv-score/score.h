/* score.h - what lsv-score works with */
#ifndef LSV_SCORE_H
#define LSV_SCORE_H

#include <openssl/evp.h>
#include <signal.h>
#include <stdint.h>

#include "lib/facts.h"
#include "lib/handover.h"
#include "lib/header.h"
#include "lib/hold.h"
#include "lib/inbox.h"
#include "lib/listhdr.h"
#include "lib/lists.h"
#include "lib/logline.h"
#include "lib/mailaddrs.h"
#include "lib/seen.h"
#include "lib/site.h"
#include "lib/spamscore.h"
#include "lib/spamset.h"
#include "lib/spoolfile.h"
#include "lib/table.h"
#include "lib/verdict.h"

enum {
	SCORE_HEAD_MAX = 16
	    << 10,             /* bytes of a head: lsv-inject's have 4,000 */
	SCORE_STEP = 64 << 10, /* bytes of a message read at once */
	SCORE_WHY_MAX = 100,   /* bytes of a complaint that is remembered */
	SCORE_SAID = 8,        /* complaints that are remembered */
};

/* How far a file of the batch has come. */
enum entry_state {
	ENTRY_READ,  /* read and judged */
	ENTRY_OURS,  /* what we made in its place before a crash */
	ENTRY_BAD,   /* for bad/, why says the reason */
	ENTRY_LATER, /* not now: it stays, and is tried again */
	ENTRY_GONE,  /* it is not there any more */
};

/* struct entry_spam - what the log says of a score
 *
 * entry, address  what decided; empty when nothing did
 */
struct entry_spam {
	int sum;
	unsigned points[SPAM_LISTS], bounce;
	char entry[sizeof((struct spam_made *)0)->entry];
	char address[sizeof((struct spam_made *)0)->address];
};

/* struct entry - one file of the batch
 *
 * file    its name in score/new
 * name    its ID: the same, without the suffix of what was released from hold/
 * released 1: it was, and is not scored again
 * text    its head; head points into it
 * digest  of recipient, sender and message
 * v       what to do
 * spam    its score
 * first   the ID of a duplicate's first copy
 * capped  1: v.act was turned into VERDICT_DROP by a limit of the day
 * who     whom that limit counts
 * made    message that replaces it (VERDICT_REPLY, VERDICT_REPORT), or what
 *         is put before it (VERDICT_FORWARD)
 * rcpts, nrcpt, pool  of that message, as in struct spoolhead
 * began_ms when work on it began, clock_mono_ms
 */
struct entry {
	char file[ID_NAME_MAX], name[ID_NAME_MAX];
	int released;
	enum entry_state state;
	const char *why;
	stralloc text;
	struct spoolhead head;
	unsigned char digest[SEEN_DIGEST_LEN];
	struct verdict v;
	struct entry_spam spam;
	char first[ID_NAME_MAX];
	int capped;
	stralloc who, made, rcpts;
	uint32_t nrcpt;
	char pool;
	uint64_t began_ms;
};

/* struct message - the message being looked at
 *
 * start   len bytes: the file's head, and enough of the message to hold its
 *         header
 * header  where the header is; facts what it says
 * lines   of the whole message
 */
struct message {
	char start[SCORE_HEAD_MAX + HEADER_READ];
	size_t len;
	struct header header;
	struct header_facts facts;
	uint64_t lines;
};

/* struct score - everything
 *
 * site    the configuration; SIGHUP reads it again
 * in      score/; out is route/
 * tab     lists.cdb, when tab_open
 * lists   the list store, when lists_open
 * seen    our memory
 * hold    descriptor of hold/, -1 when it could not be opened; held 1: it is to
 *         be synced
 * spam    the white and blacklists in force, one of the two of sets;
 *         spam_any 1 when there are any
 * spam_said  errno of the last complaint about the table of each;
 *         spam_damaged 1 when damage was complained about
 * addrs   room for the addresses of a header
 * m       the message being looked at
 * entry   the batch
 * hdr     header of the list last looked at
 * author, name, sender
 *         room for addresses in normal form
 * later   1: files stay behind for a while; trouble 1: so does everything
 * said, nsaid  complaints since all was well: they are not repeated
 */
struct score {
	struct site site;
	struct inbox in;
	struct handover out;
	struct table tab;
	int tab_open;
	struct lists lists;
	int lists_open;
	struct seen seen;
	int hold, held;
	struct spamset sets[2][SPAM_LISTS], *spam;
	int spam_any, spam_damaged;
	int spam_said[SPAM_LISTS];
	struct mailaddrs addrs;
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
	struct message m;
	struct entry entry[INBOX_BATCH];
	struct listhdr hdr;
	stralloc author, name, sender;
	int later, trouble;
	char said[SCORE_SAID][SCORE_WHY_MAX];
	unsigned nsaid;
};

/* score_complain - warn with the text of errno, unless that was said already */
void score_complain(struct score *s, const char *what);

/* score_later - this file has to wait, with a complaint
 *
 * what    what failed; errno says why
 */
void score_later(struct score *s, struct entry *e, const char *what);

/* score_bad - this file goes to bad/
 *
 * why     constant text
 */
void score_bad(struct entry *e, const char *why);

/* entry_read - take the next file: head, header, facts, digest
 *
 * e       file is set, all else overwritten; ENTRY_READ with s->m filled when
 *         it can be judged
 */
void entry_read(struct score *s, struct entry *e);

/* entry_judge - decide, and prepare what takes its place
 *
 * e       just read; s->m still holds it
 */
void entry_judge(struct score *s, struct entry *e);

/* list_facts - what the table of lists says
 *
 * tab     receives it
 * Returns 1; 0 when there is no such list, by the table and by the store; -1
 *         with errno when that cannot be told now
 */
int list_facts(struct score *s, struct listtab *tab, struct bytes name);

/* list_header - the header of a list, into s->hdr
 *
 * address when not NULL: is it subscribed
 * subscribed receives 1 or 0; may be NULL
 * Returns 1; 0 when there is no such list; -1 with errno
 */
int list_header(struct score *s, struct bytes name, const stralloc *address,
    int *subscribed);

/* list_closed - use the list store no longer, after an error */
void list_closed(struct score *s);

/* made_reply - prepare the reply to the message
 *
 * in      what was decided upon
 * Returns 1; 0 when the sender is no address that could be answered; -1 with
 *         errno
 */
int made_reply(struct score *s, struct entry *e, const struct verdict_in *in);

/* made_report - prepare the RFC 3464 report about a message that is rejected
 *
 * Returns as made_reply
 */
int made_report(struct score *s, struct entry *e);

/* made_forward - prepare forwarding the message to those responsible
 *
 * Returns 0; -1 with errno
 */
int made_forward(struct score *s, struct entry *e, int list_known);

/* spam_load - take the white and blacklists over from the configuration
 *
 * A table that cannot be opened is spam_refresh's to complain about.
 * Returns 0; -1 with errno ENOMEM, and the old ones stay in force
 */
int spam_load(struct score *s);

/* spam_refresh - use the tables that took the place of others */
void spam_refresh(struct score *s);

/* spam_judge - the score of the message, among the facts
 *
 * in      receives spam_sum, spam_off and reject; list and list_known are set
 * Returns 0; -1 with errno
 */
int spam_judge(struct score *s, struct entry *e, struct verdict_in *in);

/* spam_log - add the score to a line, when any list gave points */
void spam_log(struct logline *l, const struct entry *e);

/* spam_hold - move a file to hold/, with the reason
 *
 * The caller syncs hold/ when the batch is done.
 * Returns 0; -1 with errno
 */
int spam_hold(struct score *s, const struct entry *e);

/* entry_act - do what was decided and recorded, and log it
 *
 * Returns 1 when a file was removed from score/new, which the caller then makes
 *         durable; 0
 */
int entry_act(struct score *s, struct entry *e);

#endif
