/* orders.h - what a person told the workers: pool/orders
 *
 *   lsv-orders 1
 *   pause worker 2.1 1789000000000000
 *   drain host relay.example.org 1789000000000000
 *   pause pool A 1789000000000000
 *   end
 *
 * lsv-worker writes it and pokes pool/trigger; the parent of lsv-smtpw reads it
 * and tells its workers.  No file: no orders.
 */
#ifndef LSV_ORDERS_H
#define LSV_ORDERS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ofat.h"
#include "lib/where.h"

#define ORDERS_FILE "orders" /* below pool/ */

enum {
	ORDERS_MAX = 256,         /* lines */
	ORDERS_BYTES_MAX = 98304, /* of the whole file */
	ORDER_NAME_MAX = 254,     /* a host name and NUL */
};

/* In the order of their strength. */
enum order_kind {
	ORDER_NONE,
	ORDER_DRAIN, /* begin no new file; end those that are open */
	ORDER_PAUSE, /* begin nothing; give open files back */
};

enum order_what { ORDER_WORKER, ORDER_HOST, ORDER_POOL };

/* struct order - one of them
 *
 * name    a label "2.1", or "2" for all workers of SMTP_FORWARD_2; a host as
 *         site.cfg has it, without brackets and port; or the pool's letter
 * since_us when it was given
 */
struct order {
	enum order_kind kind;
	enum order_what what;
	char name[ORDER_NAME_MAX];
	uint64_t since_us;
};

struct orders {
	struct order of[ORDERS_MAX];
	size_t n;
};

/* struct orders_effect - what they mean for one worker
 *
 * worker  for all that it does at this host
 * by      the order that says so; NULL: none
 * paused, drained  its pools that are; bit pool_index()
 */
struct orders_effect {
	enum order_kind worker;
	const struct order *by;
	uint32_t paused, drained;
};

/* orders_parse - read the text of the file
 *
 * o       overwritten; no orders on failure
 * s, len  the whole text
 * w       where and why not
 * Returns 0; -1 with *w
 */
int orders_parse(struct orders *o, const char *s, size_t len, struct where *w);

/* orders_format - the text of the file, appended
 *
 * Returns 0; -1 with errno ENOMEM
 */
int orders_format(stralloc *out, const struct orders *o);

/* orders_name - bring the name in an order into its one form, or say what is
 * wrong: pools and hosts in any case of letters, "default" for pool '-', a host
 * in brackets
 *
 * out     name is filled; what is set already
 * Returns 0; -1 with *w
 */
int orders_name(struct order *out, const char *s, size_t len, struct where *w);

/* orders_give - give an order; one with the same object is replaced, and
 * ORDER_NONE takes it back
 *
 * Returns 1 when that changed something; 0 when it was so before; -1 with errno
 *         ENOSPC when there are ORDERS_MAX
 */
int orders_give(struct orders *o, const struct order *g);

/* orders_apply - what they mean for a worker
 *
 * e       filled; e->by points into o
 * label   "2.1"
 * host    the host it uses or would use, NUL-terminated; NULL: any host
 * pools   those it serves; when all are paused or drained, so is the worker
 */
void orders_apply(struct orders_effect *e, const struct orders *o,
    const char *label, const char *host, uint32_t pools);

/* orders_read - the orders in force
 *
 * o       overwritten; no orders on failure
 * pool    descriptor of pool/
 * w       why not, when errno is EBADMSG; may not be NULL
 * Returns 0, also when there is no file; -1 with errno
 */
int orders_read(struct orders *o, int pool, struct where *w);

/* orders_write - put orders in force, durably; the caller wakes lsv-smtpw
 *
 * Returns 0; -1 with errno, the old ones then still in force
 */
int orders_write(const struct orders *o, int pool);

/* order_kind_name, order_what_name - "drain", "pause"; "worker", ... */
const char *order_kind_name(enum order_kind k);
const char *order_what_name(enum order_what w);

#endif
