/* sums.h - what lsv-score remembers of postings: sums, alerts, who has posted
 *
 * Four more tables in the store of seen.h, written in its transactions:
 *
 *	sums	sum (8 bytes), list -> time, ID
 *	alerts	sum -> struct sums_alert; sum, who -> time, ID (was told)
 *	posters	list, address -> time of the last posting
 *	postings
 *		kind, list and key -> time, ID
 *
 * Lists, addresses and keys are SHA-256 sums cut to 16 bytes; case does not
 * count in lists and addresses.  Times are microseconds since 1970.
 *
 * All is recorded under the ID of a message, the name without a suffix such as
 * .released: asked again for the same ID, after a crash for instance, every
 * function says what it said the first time, and records nothing.  What was
 * recorded while the clock was wrong counts as long as it is not further from
 * now, in either direction, than the time it is kept.
 */
#ifndef LSV_SUMS_H
#define LSV_SUMS_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ids.h"
#include "lib/seen.h"

enum {
	SUMS_LEN = 8,          /* bytes of a sum */
	SUMS_HEX_LEN = 16,     /* characters of a sum in text */
	SUMS_LISTS_MAX = 1000, /* lists that are counted for a sum */
	SUMS_SOURCE_MAX = 255, /* bytes of the name of a peer */
	SUMS_NAME_MAX =
	    1024, /* bytes that tell a list or address from another */
	SUMS_DAY_S = 24 * 3600,    /* so long a sum and a body are remembered */
	SUMS_ID_S = 7 * 24 * 3600, /* a Message-ID, and who was told */
	SUMS_POSTER_S = 400 * 24 * 3600, /* a poster who posts no more */
	SUMS_ALERT_S = 96 * 3600,        /* the longest an alert lasts */
};

/* What makes two postings to a list the same. */
enum sums_kind {
	SUMS_ID = 'i',   /* Message-ID, SUMS_ID_S long */
	SUMS_BODY = 'b', /* sum of the body, SUMS_DAY_S long */
};

/* How far what an alert gives rise to, a notice and a job, is on its way. */
enum sums_state {
	SUMS_PENDING = 'p',   /* to be made */
	SUMS_MADE = 'm',      /* made, and to be handed on */
	SUMS_DONE = 'd',      /* handed on, or there is nothing to hand on */
	SUMS_WITHDRAWN = 'w', /* by a person: the alert is not in force, nor
			       * raised again before its time is over */
};

/* struct sums_alert - an alert
 *
 * subject sum of the subject, when has_subject is 1
 * origin  stands for the author, whom nobody can tell from it; zeros: unknown
 * until_us
 *         when it ends
 * lists   on so many lists the message was seen
 * id      of the message that raised it, NUL-terminated; empty: a peer did
 * source  "" raised here; else the peer's name, NUL-terminated
 */
struct sums_alert {
	unsigned char sum[SUMS_LEN], subject[SUMS_LEN], origin[SUMS_LEN];
	int has_subject;
	uint64_t raised_us, until_us;
	uint32_t lists;
	enum sums_state state;
	char id[ID_NAME_MAX];
	char source[SUMS_SOURCE_MAX + 1];
};

/* sums_hit - a sum was seen on a list
 *
 * sum     SUMS_LEN bytes
 * list    name of the list
 * id      of the message
 * Returns on how many different lists it was seen within a day, this one
 *         included, SUMS_LISTS_MAX at most; -1 with errno
 */
int sums_hit(struct seen *s, const unsigned char *sum, struct bytes list,
    const char *id, uint64_t now_us);

/* sums_posting - was this posted to the list before
 *
 * first   receives the ID under which it came before; ID_NAME_MAX bytes
 * key     Message-ID without its angle brackets and blanks, or sum of a body;
 *         any number of bytes
 * id      the ID it has now, recorded when it did not come before
 * Returns 1 it came before, under another ID; 0 not; -1 with errno
 */
int sums_posting(struct seen *s, char *first, enum sums_kind kind,
    struct bytes list, struct bytes key, const char *id, uint64_t now_us);

/* sums_was_posting - the same question, but nothing is recorded */
int sums_was_posting(struct seen *s, char *first, enum sums_kind kind,
    struct bytes list, struct bytes key, const char *id, uint64_t now_us);

/* sums_poster - has somebody posted to the list within SUMS_POSTER_S
 *
 * address of the author, in any case
 * Returns 1; 0; -1 with errno
 */
int sums_poster(
    struct seen *s, struct bytes list, struct bytes address, uint64_t now_us);

/* sums_posted - somebody has
 *
 * Note    writes at most once a day for one poster
 * Returns 0; -1 with errno
 */
int sums_posted(
    struct seen *s, struct bytes list, struct bytes address, uint64_t now_us);

/* sums_alert_get - the alert for a sum, whether it has ended or not
 *
 * Returns 1; 0 there is none; -1 with errno
 */
int sums_alert_get(
    struct seen *s, const unsigned char *sum, struct sums_alert *a);

/* sums_alert_lasts - is it in force
 *
 * Returns 1; 0 when it has ended, or ends further ahead than any may
 */
int sums_alert_lasts(const struct sums_alert *a, uint64_t now_us);

/* sums_alert_withdrawn - was it withdrawn, and would not have ended yet; 1 or 0
 */
int sums_alert_withdrawn(const struct sums_alert *a, uint64_t now_us);

/* sums_alert_put - raise an alert, or put one over that of its sum
 *
 * Returns 0; -1 with errno
 */
int sums_alert_put(struct seen *s, const struct sums_alert *a);

/* sums_alert_withdraw - a person says that it is no spam
 *
 * Returns 1; 0 there is no alert; -1 with errno
 */
int sums_alert_withdraw(struct seen *s, const unsigned char *sum);

/* sums_alert_del - forget it; who was told of it is kept, and the next copy
 * raises it again
 *
 * Returns 1; 0 there was none; -1 with errno
 */
int sums_alert_del(struct seen *s, const unsigned char *sum);

/* sums_alert_next - walk over all alerts, by their sums
 *
 * a       zeroed for the first one; then as the last call left it.  Alerts may
 *         be put and removed between two calls
 * Returns 1 with the next one in a; 0 when there is none; -1 with errno
 */
int sums_alert_next(struct seen *s, struct sums_alert *a);

/* sums_alert_told - is somebody told of a sum now, who is told only once
 *
 * who     address; empty: the postmaster
 * Returns 1 now, under this ID; 0 was told before; -1 with errno
 */
int sums_alert_told(struct seen *s, const unsigned char *sum, struct bytes who,
    const char *id, uint64_t now_us);

/* sums_hex, sums_unhex - a sum in text, lower case
 *
 * out     SUMS_HEX_LEN + 1 bytes
 * text    in any case
 * sum     SUMS_LEN bytes
 * Returns (sums_unhex) 0; -1 with errno EINVAL
 */
void sums_hex(char *out, const unsigned char *sum);
int sums_unhex(unsigned char *sum, struct bytes text);

/* struct sums_sweep - where sums_sweep goes on; zeroed before its first use */
struct sums_sweep {
	unsigned table;
	char key[32];
	size_t len;
};

/* sums_sweep - forget what is too old, in a transaction of its own
 *
 * Alerts that ended are forgotten when they are SUMS_DONE.
 * at      where it went on to look, for the next call
 * max     so many entries are looked at, at most
 * Returns 1 there is more to look at; 0 all tables were walked through;
 *         -1 with errno
 */
int sums_sweep(
    struct seen *s, struct sums_sweep *at, uint64_t now_us, size_t max);

#endif
