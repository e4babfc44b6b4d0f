/* parent.h - the process that keeps the workers */
#ifndef LSV_PARENT_H
#define LSV_PARENT_H

#include <signal.h>

#include "cmd/lsv-smtpw/smtpw.h"
#include "lib/authfile.h"
#include "lib/later.h"

/* struct hand - a place for a worker
 *
 * entry   of the site, valid until workers_plan
 * number  of the worker among those of its entry, from 1
 * label   "2.1" is the first of SMTP_FORWARD_2
 * serves  bit pool_index() of its pools
 * pid     0: not running
 * control our end of the pair
 * began_ms, again_ms when it was started and may be started again,
 *         clock_mono_ms()
 * wait_ms between these two, longer with each life that was short
 */
struct hand {
	const struct site_forward *entry;
	unsigned number;
	char label[BOARD_LABEL];
	uint32_t serves;
	pid_t pid;
	int control;
	uint64_t began_ms, again_ms, wait_ms;
};

/* struct parent - everything
 *
 * tls, auth  see secrets_read
 * shared  with all workers
 * orders  of pool/orders, and orders_id what that file was when they were read
 * rest    bits of the pools that no entry of the site serves
 * later   what waits in the pools
 */
struct parent {
	struct site site;
	struct tls_client *tls;
	struct authfile auth;
	struct pools pools;
	int jobs, fifo, hold, lock;
	sigset_t asleep;
	struct hand hand[WORKERS_MAX];
	struct shared shared;
	struct orders orders;
	struct {
		ino_t inode;
		struct timespec mtime;
	} orders_id;
	unsigned hands;
	uint32_t rest;
	struct later later;
};

/* workers_plan - which workers there should be, from the site */
void workers_plan(struct parent *p);

/* workers_share - make the memory that workers share with us and each other
 *
 * Returns 0; -1 with errno
 */
int workers_share(struct parent *p);

/* workers_start - fork those that are missing */
void workers_start(struct parent *p);

/* workers_fall_back - let SMTP_FORWARD serve, besides those that no entry does,
 * the pools whose workers all died three times soon after their start, until
 * one of these has lived for a minute */
void workers_fall_back(struct parent *p);

/* workers_reap - collect those that ended */
void workers_reap(struct parent *p);

/* workers_wake - tell all that there may be work */
void workers_wake(struct parent *p);

/* workers_orders - read pool/orders, if it is another file now, and tell all */
void workers_orders(struct parent *p);

/* workers_stop - let all finish what is under way, and wait for them */
void workers_stop(struct parent *p);

/* secrets_read - certificates, users and passwords, at start and reload; what
 * cannot be read is said, and what was read before stays
 *
 * Returns 0; -1: there is no TLS at all, or the passwords could not be read for
 *         now: mail would wait for the next reload
 */
int secrets_read(struct parent *p);

/* secrets_keep - in a worker: its user and password, and no others
 *
 * f       of its entry
 */
void secrets_keep(struct parent *p, struct worker *w, const struct forward *f);

/* parent_wait - sleep until something happens */
void parent_wait(struct parent *p);

#endif
