/* worker.h - what lsv-worker works with */
#ifndef LSV_WORKER_H
#define LSV_WORKER_H

#include "cmd/lsv-queue/queue.h"
#include "lib/board.h"
#include "lib/orders.h"

/* struct asked - what was asked for
 *
 * arg, narg  words behind the command
 * at, config of plan; NULL: now; NULL: what is in force
 * entry, implicit, timeout_ms  of tls-test; NULL: a host is named
 */
struct asked {
	char **arg;
	int narg;
	int json, dry_run, watch;
	uint64_t interval_ms;
	const char *at, *config;
	const char *entry;
	int implicit;
	uint64_t timeout_ms;
};

/* the commands; each returns the exit code */
int command_show_workers(struct queue *q, const struct asked *a);
int command_pause(struct queue *q, const struct asked *a);
int command_drain(struct queue *q, const struct asked *a);
int command_resume(struct queue *q, const struct asked *a);
int command_plan(struct queue *q, const struct asked *a);
int command_tls_test(struct queue *q, const struct asked *a);
int command_tls_entry(struct queue *q, const struct asked *a);

/* orders.c */

/* orders_load - the orders in force; a damaged file is told of, and counts as
 * none */
void orders_load(struct orders *o, const struct queue *q);

#endif
