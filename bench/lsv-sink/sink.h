/* sink.h - what the parts of lsv-sink share
 *
 * main.c     options, signals
 * net.c      descriptors: accept, read, write, delays, the loop
 * tls.c      the same bytes inside TLS
 * smtp.c     the dialogue: bytes in, replies out, no descriptor
 * text.c     the text of a message: ends, dots, hash, copy
 * fate.c     who is refused, on purpose
 * record.c   the log of what was accepted, and the mail itself
 * control.c  the control port: STATS RESET WAIT QUIT
 * stats.c    the counters as JSON
 */
#ifndef LSV_SINK_H
#define LSV_SINK_H

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/common/buf.h"

enum {
	IN_MAX = 256 * 1024,   /* bytes read ahead for one connection */
	OUT_MAX = 1 << 20,     /* bytes of replies before we stop reading */
	LINE_MAX_SMTP = 65536, /* bytes of a command line */
	FD_MAX = 65536,
	SIZE_OFFERED = 104857600, /* bytes, the SIZE of our EHLO */
	WAITERS_MAX = 64,
};

/* Where a scripted answer (-g) can stand in for ours. */
enum stage { AT_GREET, AT_EHLO, AT_MAIL, AT_RCPT, AT_DATA, AT_TEXT, STAGES };

/* struct script - what to say at a stage instead of our own reply
 *
 * text    NULL: nothing scripted; "": say nothing at all; "!": reset the
 *         connection; else a reply line
 * times   how often, then our own reply again; 0: for ever
 */
struct script {
	const char *text;
	uint64_t times;
	uint64_t used;
};

struct options {
	const char *address;         /* to listen on, loopback only */
	uint16_t port, control_port; /* 0: any free one */
	int no_control;
	const char *port_file;       /* gets "PORT CONTROL\n" once we listen */
	double rcpt_temp, rcpt_perm; /* shares of recipients */
	double text_temp, text_cut;  /* shares of transactions */
	uint64_t delay_ns;           /* before each batch of replies */
	uint64_t rcpt_max;           /* then 452; 0: no limit */
	uint64_t limits_rcptmax; /* LIMITS RCPTMAX of EHLO; 0: not offered */
	uint64_t seed;
	int chunking, pipelining, quickack;
	const char *cert;       /* file: offer STARTTLS; or NULL */
	const char *log, *mail; /* files, or NULL */
	int log_each;           /* write the log a transaction at a time */
	struct script script[STAGES];
};

/* Everything counted since the start or the last RESET; times in ns of the
 * wall clock. */
struct counters {
	uint64_t connections, open, open_max, tls;
	uint64_t transactions, messages, rcpts, rcpts_temp, rcpts_perm;
	uint64_t text_temp, text_cut, bytes, rcpts_per_message_max;
	uint64_t protocol_errors; /* commands that no client should send */
	uint64_t early; /* bytes sent ahead of a reply they had to wait for */
	uint64_t bad_octets; /* bare CR, bare LF, NUL in texts (when logging) */
	uint64_t first_connection, first_mail, first_message, last_message;
};

/* struct text - one message while it arrives */
struct text {
	EVP_MD_CTX *md; /* SHA-256 of what follows the header */
	uint64_t bytes; /* as they came over the wire, without the last dot */
	int in_header, line_start, after_cr;
	size_t line_len; /* bytes of the header line so far, CRLF excluded */
	struct buf kept; /* the message itself, when it is to be stored */
};

enum kind { SMTP, CONTROL, SMTP_LISTENER, CONTROL_LISTENER };
enum reading { COMMANDS, DATA, DATA_START, BDAT };

struct conn {
	int fd;
	enum kind kind;
	uint32_t serial; /* tells it from an older one of the same fd */
	char *in;        /* IN_MAX bytes, the first in_len hold input */
	size_t in_len;
	struct buf out; /* replies; the first out_at bytes are written */
	size_t out_at;
	uint64_t out_base; /* how many reply bytes came before out.p[0] */
	uint64_t out_due;  /* with a delay: reply bytes that may be written */
	int want_write, paused;
	int start_tls; /* once all replies are written */
	int closing;   /* close then */
	int cut;       /* close now, saying nothing more */
	SSL *ssl;      /* NULL: in clear */
	enum reading reading;
	int in_mail, mail_refused;
	uint64_t nrcpt;
	struct buf sender, rcpts; /* only while logging or storing */
	struct text text;
	uint64_t chunk_left; /* bytes of this BDAT still to come */
	int chunk_last, chunk_begun;
	uint64_t wait_for;   /* control: settled recipients, 0: not waiting */
	uint64_t wait_until; /* ns of the monotonic clock */
};

/* struct record - files that remember what was accepted */
struct record {
	int log_fd, mail_fd;
	int mail_is_dir;
	struct buf log;
	uint64_t mails;
};

struct timer; /* a batch of replies that is held back */

struct sink {
	struct options opt;
	struct counters count;
	struct record rec;
	uint64_t random; /* state of the generator */
	uint64_t *tried; /* hashes of recipients refused once */
	size_t tried_cap, tried_n;
	SSL_CTX *tls; /* NULL without a certificate */
	int epoll;
	uint16_t port, control_port; /* as bound */
	struct conn **conn;          /* by descriptor, FD_MAX of them */
	uint32_t serials;
	struct timer *timer; /* a queue: all delays are equal */
	size_t timer_head, timer_end, timer_cap;
	struct conn *waiter[WAITERS_MAX];
	size_t waiters;
	int stop;
};

/* net_listen - listens on both ports and writes the port file; exits when it
 * cannot, or when the address is not a loopback one */
void net_listen(struct sink *s);

/* net_loop - serves until a signal or QUIT
 *
 * asleep  signal mask for the waits
 */
void net_loop(struct sink *s, const sigset_t *asleep);

/* tls_open - reads the certificate, when there is one; exits when it cannot */
void tls_open(struct sink *s);

/* tls_begin - what follows on c is TLS; the handshake is done by tls_read */
void tls_begin(struct sink *s, struct conn *c);

/* tls_read, tls_write - as read(2) and write(2); EPROTO also sets c->cut */
ssize_t tls_read(struct conn *c, char *to, size_t n);
ssize_t tls_write(struct conn *c, const char *from, size_t n);

/* tls_end - before the descriptor is closed */
void tls_end(struct conn *c);

/* smtp_greet - the first reply of a connection */
void smtp_greet(struct sink *s, struct conn *c);

/* smtp_eat - what c->in holds, as far as it is complete
 *
 * Replies go to c->out; c->closing and c->cut say how to go on.
 * Returns the bytes used up; stops early once OUT_MAX bytes of replies wait
 */
size_t smtp_eat(struct sink *s, struct conn *c);

/* text_begin - a message starts */
void text_begin(struct sink *s, struct conn *c);

/* text_feed - n bytes of it as they came
 *
 * stuffed 1 after DATA: a dot that starts a line is taken off; 0 after BDAT
 */
void text_feed(
    struct sink *s, struct conn *c, const char *p, size_t n, int stuffed);

/* text_hash - ends the hash
 *
 * hex     65 bytes: 64 digits and NUL
 */
void text_hash(struct conn *c, char *hex);

/* fate_* - 1 when this one has to fail, as the shares of the options want it
 *
 * perm    decided by a hash of the address, so that a checker can tell
 * temp    likewise, and only the first time this address is tried
 * text_temp, text_cut  by a generator that starts from the seed
 */
int fate_perm(const struct sink *s, const char *address, size_t n);
int fate_temp(struct sink *s, const char *address, size_t n);
int fate_text_temp(struct sink *s);
int fate_text_cut(struct sink *s);

/* fate_reset - forgets who was tried before */
void fate_reset(struct sink *s);

/* record_open - opens what the options name; exits when it cannot */
void record_open(struct sink *s);

/* record_wanted - 1 when texts and envelopes have to be looked at */
int record_wanted(const struct sink *s);

/* record_accept - the message of c, before its 250 is given
 *
 * Exits when the files cannot be written: a witness that forgets is none.
 */
void record_accept(struct sink *s, struct conn *c);

/* record_refuse - 'F' (for good) or 'T' (this time) and the recipient */
void record_refuse(struct sink *s, char how, const char *address, size_t n);

/* record_flush - writes what is still in memory
 * record_reset - empties the log; mail in a mbox stays */
void record_flush(struct sink *s);
void record_reset(struct sink *s);

/* control_eat - lines of the control port, see the manual in main.c
 *
 * Returns the bytes used up
 */
size_t control_eat(struct sink *s, struct conn *c);

/* control_ready - 1 when this waiting connection got its answer now
 *
 * now     ns of the monotonic clock
 */
int control_ready(struct sink *s, struct conn *c, uint64_t now);

/* control_forget - c goes away and waits no more */
void control_forget(struct sink *s, const struct conn *c);

/* stats_json - the counters, one line */
void stats_json(const struct sink *s, struct buf *out);

#endif
