/* site.h - the site configuration that every program reads: site.cdb */
#ifndef LSV_SITE_H
#define LSV_SITE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/forward.h"
#include "lib/sitecheck.h"

/* The compiled table, below $LSV_ETC, and the text it comes from. */
#define SITE_TABLE "site.cdb"
#define SITE_TEXT "site.cfg"

/* struct site_forward - one SMTP_FORWARD or SMTP_FORWARD_n
 *
 * n       the number in its name; 0 for SMTP_FORWARD
 * count   workers, 1..FORWARD_COUNT_MAX
 * host    NUL-terminated, an IPv6 address without brackets
 */
struct site_forward {
	unsigned n;
	unsigned count;
	const char *host;
	enum forward_kind kind;
	uint16_t port;
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

/* struct site - the values in force, defaults included
 *
 * node         name of this server
 * mydomain     nmydomain names, node always the first, none twice
 * postmaster   npostmaster, at least one of them not quiet
 * bounces_to   nbounces_to addresses
 * smtp_forward where mail goes when there are no forwards
 * forwards     nforwards entries SMTP_FORWARD_n, by n
 * pool_post, pool_admin   DEFAULT_LIST_POOL: 'A'..'Z' or '-', of postings and
 *              of administrative mail
 * maxbsmtp     recipients of one transaction
 * sizelim      bytes of the largest message
 * filemaxl     lines of the largest posting to a list without Sizelim=
 * retry_min_ms, retry_max_ms, queue_life_ms   delays and age
 * sync_ms      results may be unsaved so long; 0: saved after each transaction
 * keep_done_days, keep_done_bytes   of finished jobs
 * window       transactions in flight
 * connect_timeout_ms, smtp_timeout_ms, idle_ms   of a worker's connection
 * bounce_forward_max   a day and list
 * reply_max            a day and address
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
	char pool_post, pool_admin;
	uint64_t maxbsmtp;
	uint64_t sizelim;
	uint64_t filemaxl;
	uint64_t retry_min_ms, retry_max_ms, queue_life_ms;
	uint64_t sync_ms;
	uint64_t keep_done_days, keep_done_bytes;
	uint64_t window;
	uint64_t connect_timeout_ms, smtp_timeout_ms, idle_ms;
	uint64_t bounce_forward_max;
	uint64_t reply_max;
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

/* site_free - give the memory back; s may be freed twice */
void site_free(struct site *s);

/* site_compile - make the table of a checked file and put it in force
 *
 * c       without errors (count[SITECHECK_ERROR] is 0)
 * etc     the directory; the table is swapped in by rename and durable when 0
 *         is returned, mode 0644 whatever the umask, without the values of
 *         secret variables
 * Returns 0; -1 with errno (EINVAL when c has errors), the old table then still
 *         in force
 */
int site_compile(const struct sitecheck *c, const char *etc);

#endif
