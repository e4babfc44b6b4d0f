/* site.h - the site configuration that every program reads: site.cdb */
#ifndef LSV_SITE_H
#define LSV_SITE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bytes.h"
#include "lib/forward.h"
#include "lib/limits.h"
#include "lib/loopcheck.h"
#include "lib/spamlist.h"

/* The compiled table, below $LSV_ETC, and the text it comes from. */
#define SITE_TABLE "site.cdb"
#define SITE_TEXT "site.cfg"

/* User and password of each AUTH=, below $LSV_ETC. */
#define SITE_AUTH "auth"

/* struct site_forward - one SMTP_FORWARD or SMTP_FORWARD_n
 *
 * n       the number in its name; 0 for SMTP_FORWARD
 * line    of site.cfg where it was set; 0 when it is the default
 * f       what it says.  All texts it points to are NUL-terminated here: the
 *         hosts, auth, helo, bind (an empty text when not given)
 */
struct site_forward {
	unsigned n;
	unsigned line;
	struct forward f;
};

/* struct site_person - one address of POSTMASTER
 *
 * hidden  behind Hide: not named to others
 * quiet   behind Quiet: may do what a postmaster may, gets no notices
 */
struct site_person {
	const char *address;
	int hidden;
	int quiet;
};

/* SPAM_REJECT: what becomes of mail that the lists reject. */
enum site_spam_reject {
	SITE_SPAM_BOUNCE,  /* one report to its sender */
	SITE_SPAM_DISCARD, /* nobody is told */
	SITE_SPAM_HOLD,    /* it waits in hold/ for a person */
};

/* SPAM_EXIT_FAIL: what becomes of mail that SPAM_EXIT did not judge. */
enum site_spam_exit_fail {
	SITE_EXIT_DEFER,  /* it waits, and the exit is asked again */
	SITE_EXIT_ACCEPT, /* as if the exit had let it go on */
	SITE_EXIT_HOLD,   /* it waits in hold/ for a person */
};

/* struct site - the values in force, defaults included
 *
 * node         name of this server
 * mydomain     nmydomain names, node always the first, none twice
 * postmaster   npostmaster, at least one of them not quiet
 * bounces_to   nbounces_to addresses
 * smtp_forward where mail goes that none of the forwards takes
 * forwards     nforwards entries SMTP_FORWARD_n, by n
 * pool_post, pool_admin   DEFAULT_LIST_POOL: 'A'..'Z' or '-', of postings and
 *              of administrative mail
 * pool_dist    DEFAULT_DIST_POOL, of DISTRIBUTE jobs
 * pool_order_fifo   1 for POOL_ORDER=FIFO: strictly first in, first out; 0 for
 *              FAIR: small jobs do not wait for large ones
 * limits       SMTP_RATE_LIMIT and SMTP_MESSAGE_LIMIT
 * maxbsmtp     recipients of one transaction
 * sizelim      bytes of the largest message
 * filemaxl     lines of the largest posting to a list without Sizelim=
 * retry_min_ms, retry_max_ms, queue_life_ms   delays and age
 * delay_warn_ms   age at which a sender is told of a delay; 0: never
 * sync_ms      results may be unsaved so long; 0: saved after each transaction
 * keep_done_days, keep_done_bytes   of finished jobs
 * window       transactions in flight
 * connect_timeout_ms, smtp_timeout_ms, idle_ms   of a worker's connection
 * bounce_forward_max   a day and list
 * reply_max            a day and address
 * command_max          messages with commands, a day and address
 * loop         DEFAULT_LOOPCHECK
 * filter_also, filter_allow   patterns between blanks; "" when not set
 * spam_list    by enum spam_list: the variable of each as written, entries
 *              between blanks; "" when not set
 * spam_line    of site.cfg that sets it; 0 when none does
 * spam_table   the path of the text of each; NULL when not set
 * spam_whitelist_bounce   points of a bounce
 * spam_reject  what becomes of mail with a score below 0
 * spam_report_max         reports of rejected mail a day, of the whole site
 * spam_delay_min          minutes that postings of unknown authors wait; 0: not
 * spam_threshold          lists from which the same posting is spam
 * spam_alert   1: POSTMASTER is told of alerts
 * hold_max, keep_hold_days   files of hold/, and how long they wait for a
 *              person; 0: for ever
 * standalone   1 for RUNMODE=STANDALONE: no other server is told anything
 * tableless    the host of RUNMODE=TABLELESS; else ""
 * maxdist      recipients of one job for another server
 * peer_maxsize bytes of the largest one
 * dist2_unsigned  DIST2_UNSIGNED as written, between blanks; "" when not set
 * dist_allowed    DIST_ALLOWED_USERS, likewise
 * dist_security   0: anyone may use DISTRIBUTE
 * spam_exit    name or path of the program; NULL when there is none
 * spam_exit_workers       of them at once
 * spam_exit_timeout_ms    time for each
 * spam_exit_memory        address space of each, bytes
 * spam_exit_fail          what becomes of mail it did not judge
 * spam_maxsize bytes of the largest message that is examined for spam; 0: all
 * text, used, room     memory of all strings; not for readers
 */
struct site {
	const char *node;
	const char **mydomain;
	size_t nmydomain;
	struct site_person *postmaster;
	size_t npostmaster;
	const char **bounces_to;
	size_t nbounces_to;
	struct site_forward smtp_forward;
	struct site_forward *forwards;
	size_t nforwards;
	char pool_post, pool_admin, pool_dist;
	int pool_order_fifo;
	struct limits limits;
	uint64_t maxbsmtp;
	uint64_t sizelim;
	uint64_t filemaxl;
	uint64_t retry_min_ms, retry_max_ms, queue_life_ms;
	uint64_t delay_warn_ms;
	uint64_t sync_ms;
	uint64_t keep_done_days, keep_done_bytes;
	uint64_t window;
	uint64_t connect_timeout_ms, smtp_timeout_ms, idle_ms;
	uint64_t bounce_forward_max;
	uint64_t reply_max;
	uint64_t command_max;
	struct loopcheck loop;
	const char *filter_also, *filter_allow;
	const char *spam_list[SPAM_LISTS];
	unsigned spam_line[SPAM_LISTS];
	const char *spam_table[SPAM_LISTS];
	unsigned spam_whitelist_bounce;
	enum site_spam_reject spam_reject;
	unsigned spam_report_max;
	const char *spam_exit;
	uint64_t spam_exit_workers;
	uint64_t spam_exit_timeout_ms;
	uint64_t spam_exit_memory;
	enum site_spam_exit_fail spam_exit_fail;
	uint64_t spam_maxsize;
	uint64_t spam_delay_min, spam_threshold, spam_alert;
	uint64_t hold_max, keep_hold_days;
	int standalone;
	const char *tableless;
	uint64_t maxdist, peer_maxsize;
	const char *dist2_unsigned, *dist_allowed;
	uint64_t dist_security;
	char *text;
	size_t used, room;
};

/* site_read - load the configuration
 *
 * s       overwritten, freed with site_free; zeroed on failure
 * etc     the directory of SITE_TABLE, normally root_etc()
 * Returns 0; -1 with errno ENOENT when nothing was ever applied, EPROTO when
 *         the table is damaged or of another version, or what open said.  A
 *         program that gets -1 must answer "try again", never go on without
 */
int site_read(struct site *s, const char *etc);

/* site_refresh - load it again, as on SIGHUP
 *
 * s       as site_read left it; pointers into it are invalid after 0
 * Returns 0; -1 with errno, and then the old values stay in force
 */
int site_refresh(struct site *s, const char *etc);

/* site_line - the line of site.cfg that set a variable in force
 *
 * line    from 1, when 1 is returned
 * etc     as for site_read
 * name    as the table has it: "DEFAULT_LIST_POOL", "SMTP_FORWARD_2"
 * Returns 1; 0 when it is not set; -1 with errno as site_read
 */
int site_line(unsigned *line, const char *etc, const char *name);

/* site_serves - is a domain one of ours
 *
 * name    a domain, in whatever case
 * Returns it as mydomain has it; NULL when it is not there
 */
const char *site_serves(const struct site *s, struct bytes name);

/* site_trusts - may this server send jobs without a signature
 *
 * address its own: "LISTSERV@cearn.example", in whatever case
 * Returns 1 when DIST2_UNSIGNED has the address or its host; 0
 */
int site_trusts(const struct site *s, struct bytes address);

/* site_dist_allows - is an address among DIST_ALLOWED_USERS; 1 or 0
 *
 * address in normal form
 */
int site_dist_allows(const struct site *s, struct bytes address);

/* site_free - give the memory back; s may be freed twice */
void site_free(struct site *s);

#endif
