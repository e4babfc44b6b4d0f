/* score.h - what lsv-score works with */
#ifndef LSV_SCORE_H
#define LSV_SCORE_H

#include <openssl/evp.h>
#include <signal.h>
#include <stdint.h>

#include "lib/bodyloop.h"
#include "lib/duelist.h"
#include "lib/facts.h"
#include "lib/filter.h"
#include "lib/fingerprint.h"
#include "lib/handover.h"
#include "lib/header.h"
#include "lib/hold.h"
#include "lib/inbox.h"
#include "lib/listhdr.h"
#include "lib/lists.h"
#include "lib/logline.h"
#include "lib/mailaddrs.h"
#include "lib/scananswer.h"
#include "lib/seen.h"
#include "lib/site.h"
#include "lib/spamscore.h"
#include "lib/spamset.h"
#include "lib/spoolfile.h"
#include "lib/sums.h"
#include "lib/table.h"
#include "lib/verdict.h"
#include "lib/waitlist.h"

enum {
	SCORE_HEAD_MAX = 16
	    << 10,             /* bytes of a head: lsv-inject's have 4,000 */
	SCORE_STEP = 64 << 10, /* bytes of a message read at once */
	SCORE_WHY_MAX = 100,   /* bytes of a complaint that is remembered */
	SCORE_SAID = 8,        /* complaints that are remembered */
	ALERT_TTL_H = 48,      /* hours that an alert lasts */
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
 * dir     the directory in which it lies: score/new or score/wait
 * file    its name there
 * name    its ID: the same, without the suffix of what was released from hold/
 * released 1: by a person, and it is not scored again
 * delayed  1: its delay is over, and only alerts count
 * text    its head; head points into it
 * digest  of recipient, sender and message
 * v       what to do
 * spam    its score
 * loop    Loopcheck= of its list, or DEFAULT_LOOPCHECK
 * sums    of a posting; none where no test for spam is made
 * until_us, delay_min, unknown
 *         RULE_QUARANTINE: until when it waits, how long, and why
 * raised  it raised an alert, seen on so many lists; else 0
 * first   the ID of a duplicate's first copy
 * capped  1: v.act was turned into VERDICT_DROP by a limit of the day
 * who     whom that limit counts
 * made    message that replaces it (VERDICT_REPLY, VERDICT_REPORT), or what
 *         is put before it (VERDICT_FORWARD)
 * rcpts, nrcpt, pool  of that message, as in struct spoolhead
 * began_ms when work on it began, clock_mono_ms
 * waits   its place among those that wait; NULL when it is in score/new
 * answered 1: answer is what the exit said of it
 * stays   1: it goes on waiting
 */
struct entry {
	int dir;
	char file[ID_NAME_MAX], name[ID_NAME_MAX];
	int released, delayed;
	enum entry_state state;
	const char *why;
	stralloc text;
	struct spoolhead head;
	unsigned char digest[SEEN_DIGEST_LEN];
	struct verdict v;
	struct entry_spam spam;
	struct loopcheck loop;
	struct fingerprint_sums sums;
	uint64_t until_us;
	unsigned delay_min;
	const char *unknown;
	unsigned raised;
	char first[ID_NAME_MAX];
	int capped;
	stralloc who, made, rcpts;
	uint32_t nrcpt;
	char pool;
	uint64_t began_ms;
	struct wait_item *waits;
	struct scananswer answer;
	int answered, stays;
};

/* struct message - the message being looked at
 *
 * start   len bytes: the file's head, and enough of the message to hold its
 *         header
 * header  where the header is; facts what it says
 * lines   of the whole message
 * looked  1: its body was looked at for copies of postings; body is what was
 *         found
 * copy_of, body_of  which posting had its Message-ID, its body; "" for none
 */
struct message {
	char start[SCORE_HEAD_MAX + HEADER_READ];
	size_t len;
	struct header header;
	struct header_facts facts;
	uint64_t lines;
	int looked;
	unsigned body;
	char copy_of[ID_NAME_MAX], body_of[ID_NAME_MAX];
};

/* struct quarantine - what is held
 *
 * due     what waits for its time
 * files   how many there are, at most: persons take some away
 * counted_ms when they were counted; 0: when hold/ was read, at first
 * loaded  1: it was read
 */
struct quarantine {
	struct duelist due;
	uint64_t files, counted_ms;
	int loaded;
};

/* struct outbox - notices and jobs on their way
 *
 * out     descriptor of score/out, -1 before it is needed
 * peer    peer/, when peer_open
 * due     1: some may not have been handed on
 */
struct outbox {
	int out;
	struct handover peer;
	int peer_open, due;
};

/* struct score - everything
 *
 * site    the configuration; SIGHUP reads it again
 * in      score/; out is route/; command is command/, when command_open
 * dir     where the files of the batch lie: in.new, or score/wait
 * tab     lists.cdb, when tab_open
 * lists   the list store, when lists_open; lists_begun 1 in a transaction
 * seen    our memory
 * uid     ours
 * hold    descriptor of hold/, -1 when it could not be opened; held 1: it is to
 *         be synced; q what is in it
 * box     what alerts give rise to
 * print   by which the same text is recognised; printing 1: of this message
 * body    by which copies of postings are
 * list    what the table says of the message's list, zeroed when it has none
 * site_also, site_allow, list_deny, list_allow
 *         the patterns of FILTER_ALSO, FILTER_ALLOW, and of the Filter= of the
 *         list last looked at
 * spam    the white and blacklists in force, one of the two of sets;
 *         spam_any 1 when there are any
 * spam_said  errno of the last complaint about the table of each;
 *         spam_damaged 1 when damage was complained about
 * waits   what waits for SPAM_EXIT; loaded 1 when what a predecessor left is
 *         among it; lost_ms when lost questions were last looked for
 * wait    descriptor of score/wait, -1 when it could not be opened; joined 1:
 *         it is to be synced
 * answers descriptor of score/scanned/new, likewise; heard 1: there
 *         may be some that are not read yet
 * scan    scan/, when scan_open; asked 1: its reader is to be woken
 * addrs   room for the addresses of a header
 * m       the message being looked at
 * entry   the batch
 * hdr     header of the list last looked at; hdr_text what it was read from
 * author, name, sender
 *         room for addresses in normal form; message_id room for one
 * later   1: files stay behind for a while; trouble 1: so does everything
 * said, nsaid  complaints since all was well: they are not repeated
 */
struct score {
	struct site site;
	struct inbox in;
	struct handover out, command;
	int command_open;
	int dir;
	struct table tab;
	int tab_open;
	struct lists lists;
	int lists_open, lists_begun;
	struct seen seen;
	uid_t uid;
	int hold, held;
	struct quarantine q;
	struct outbox box;
	struct fingerprint print;
	int printing;
	struct bodyloop body;
	struct listtab list;
	struct spamset site_also, site_allow, list_deny, list_allow;
	struct spamset sets[2][SPAM_LISTS], *spam;
	int spam_any, spam_damaged;
	int spam_said[SPAM_LISTS];
	struct waitlist waits;
	uint64_t lost_ms;
	int loaded, wait, joined, answers, heard;
	struct handover scan;
	int scan_open, asked;
	struct mailaddrs addrs;
	EVP_MD *sha256;
	EVP_MD_CTX *digest;
	struct message m;
	struct entry entry[INBOX_BATCH];
	struct listhdr hdr;
	stralloc hdr_text;
	stralloc author, name, sender, message_id;
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
 * e       dir and file are set, all else overwritten; ENTRY_READ with s->m filled when
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

/* list_done - what list_header read is no longer needed, but for s->hdr
 *
 * At the end of a batch: until then who changes a list waits.
 */
void list_done(struct score *s);

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
 * in      receives spam_sum, spam_off (which may be set), reject, exit_on and
 *         exit_fail
 * Returns 0; -1 with errno
 */
int spam_judge(struct score *s, struct entry *e, struct verdict_in *in);

/* spam_log - add the score to a line, when any list gave points */
void spam_log(struct logline *l, const struct entry *e);

/* author_find - the first address in From, in normal form, into s->author
 *
 * Returns 0, also when there is none, and then it is empty; -1 with errno
 */
int author_find(struct score *s);

/* author_listed - is it among addresses, each ended by NUL; 1 or 0 */
int author_listed(const struct score *s, const stralloc *addresses);

/* loop_begin, loop_more, loop_end - look for copies of postings in a body, as the
 * message is read
 */
void loop_begin(struct score *s, const struct entry *e);
void loop_more(struct score *s, const char *p, size_t len);
void loop_end(struct score *s);

/* loop_facts - what tells a posting that has been on the list, among the facts
 *
 * e       loop and sums are set
 * in      receives loop, body, copy and same_body.  Needs a transaction of
 *         s->seen
 * Returns 0; -1 with errno
 */
int loop_facts(struct score *s, struct entry *e, struct verdict_in *in);

/* loop_first - which posting came before, when that decided, into e->first */
void loop_first(const struct score *s, struct entry *e);

/* loop_record - remember a posting that is passed on, in the same transaction
 *
 * Returns 0; -1 with errno
 */
int loop_record(struct score *s, const struct entry *e, uint64_t now_us);

/* filter_site - take FILTER_ALSO and FILTER_ALLOW over from the configuration
 *
 * Returns 0; -1 with errno ENOMEM
 */
int filter_site(struct score *s);

/* filter_list - take the patterns of Filter= over from s->hdr, just read
 *
 * Returns 0; -1 when there is no memory
 */
int filter_list(struct score *s);

/* filter_judge - may the addresses in From post, among the facts
 *
 * in      loop is set; receives origin and filter
 * Returns 0; -1 with errno
 */
int filter_judge(struct score *s, struct verdict_in *in);

/* detect_begin, detect_more, detect_end - the sums of a message, as it is read
 *
 * Nothing is done for what is not looked at.
 * Returns (detect_end) 0; -1 with errno ENOMEM
 */
void detect_begin(struct score *s, const struct entry *e);
void detect_more(struct score *s, const char *p, size_t len);
int detect_end(struct score *s, struct entry *e);

/* detect_judge - look for the same text on other lists, and for new authors
 *
 * e       v is what was decided without that; changed where it makes a
 *         difference.  Needs a transaction of s->seen
 * Returns 0; -1 with errno
 */
int detect_judge(struct score *s, struct entry *e, struct verdict_in *in);

/* detect_told - is the poster of spam told of it
 *
 * e       decided by RULE_SPAM_ALERT, to be reported; in the same transaction
 * Returns 1; 0 when he was before; -1 with errno
 */
int detect_told(struct score *s, const struct entry *e, uint64_t now_us);

/* detect_raised - the alerts of a batch are recorded: they catch what is held
 *
 * n       entries of the batch
 */
void detect_raised(struct score *s, size_t n);

/* detect_log - add what is known of a posting's sum to its line */
void detect_log(struct logline *l, const struct entry *e);

/* outbox_run - make what alerts give rise to, and hand it on, each once
 *
 * For any number of times; s->box.due says when there may be something to do.
 * Returns 0; -1 with errno, and it is tried again
 */
int outbox_run(struct score *s);

/* quarantine_open - hold/, and what waits in it; again when that failed
 *
 * Returns 0; -1 with errno ENOENT when there is no hold/
 */
int quarantine_open(struct score *s);

/* quarantine_due - give back what has waited long enough */
void quarantine_due(struct score *s);

/* quarantine_wait - how long until something has
 *
 * Returns milliseconds, at most max_ms
 */
uint64_t quarantine_wait(const struct score *s, uint64_t max_ms);

/* quarantine_hurry - what waits with this sum has waited long enough */
void quarantine_hurry(struct score *s, const unsigned char *sum);

/* quarantine_room - may one more file be held
 *
 * Returns 0; -1 with errno EDQUOT when HOLD_MAX are
 */
int quarantine_room(struct score *s);

/* quarantine_why - add to the reason of a file what belongs to its rule
 *
 * Returns 0; -1 with errno ENOMEM
 */
int quarantine_why(const struct entry *e, stralloc *why);

/* quarantine_held - a file is in hold/ now */
void quarantine_held(struct score *s, const struct entry *e);

/* quarantine_expire - remove what nobody decided about for KEEP_HOLD days
 *
 * Returns 0; -1 with errno
 */
int quarantine_expire(struct score *s);

/* spam_hold - move a file to hold/, with the reason
 *
 * The caller syncs hold/ when the batch is done.
 * Returns 0; -1 with errno
 */
int spam_hold(struct score *s, const struct entry *e);

/* score_batch - an inbox_fn, for files of s->dir; arg is the struct score */
int score_batch(void *arg, char (*name)[ID_NAME_MAX], size_t n);

/* entry_act - do what was decided and recorded, and log it
 *
 * Returns 1 when a file was removed from its directory, which the caller then makes
 *         durable; 0
 */
int entry_act(struct score *s, struct entry *e);

#endif
