/* push.h - what the parts of lsv-push share
 *
 * main.c    options, inputs, the result
 * send.c    transactions over one connection
 * wire.c    one connection: bytes out, replies in
 * spool.c   the durable form: group, spool, fsync, mark, unlink
 */
#ifndef LSV_PUSH_H
#define LSV_PUSH_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "bench/common/buf.h"

enum {
	MARK_LEN = 8, /* of the mark %%RCPT%% in the message */
	CONNECTIONS_MAX = 256,
	IN_FLIGHT_MAX = 60, /* BDAT messages without a reply */
	JOB_RCPTS = 1000,   /* recipients of one spool file */
	WINDOW = 2000,      /* RCPT commands before their replies are read */
};

/* struct job - one spool file: a head, a byte per recipient, the recipients
 *
 * fd      open until all are done
 * head    bytes before the first recipient's byte
 * left    recipients not done
 */
struct job {
	int fd;
	size_t head;
	_Atomic size_t left;
};

struct push {
	uint16_t port;
	const char *socket;      /* LMTP to this UNIX socket; NULL: SMTP */
	size_t connections, per; /* recipients a transaction */
	int bdat, personal, verp, one_by_one, one_job;
	size_t in_flight;
	const char *sender, *suffix; /* of MAIL FROM */
	const char *spool_dir;       /* NULL: no disk */

	size_t n;
	const char **rcpt; /* n of them, each ended by a newline */
	size_t *len;
	struct buf message; /* dot-stuffed unless BDAT */
	const char *mark;   /* %%RCPT%% in it, or NULL */

	size_t transactions, job_rcpts, jobs;
	struct job *job;
	double spool_s;

	_Atomic size_t next; /* transaction not yet taken by a connection */
	_Atomic size_t bad, accepted, messages;
};

/* struct wire - one connection */
struct wire {
	struct push *p;
	int fd;
	char in[65536];
	size_t in_at, in_len;
	struct buf out;
};

/* wire_open - connects to 127.0.0.1 or the socket and exits when that is
 * impossible */
void wire_open(struct wire *w, struct push *p);

/* wire_flush - sends all that is in w->out */
void wire_flush(struct wire *w);

/* wire_reply - waits for one whole reply
 *
 * Returns its first digit; exits when the server is gone
 */
int wire_reply(struct wire *w);

/* wire_want - a reply that has to start with that digit, or counts as bad */
void wire_want(struct wire *w, int digit);

/* push_worker - one connection until no transaction is left
 *
 * arg     the struct push
 */
void *push_worker(void *arg);

/* spool_make - groups the recipients by domain and writes them down: one file
 * for each job_rcpts of them and one for the message, all synced, before the
 * first byte leaves.  Exits when it cannot. */
void spool_make(struct push *p);

/* spool_done - recipients at .. at + n - 1 were accepted */
void spool_done(struct push *p, size_t at, size_t n);

#endif
