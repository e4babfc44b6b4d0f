/* dial.h - reach a host as its entry wants it: connect, TLS, greeting, AUTH
 *
 * What lib/conn, lib/tls and lib/smtp each know a part of: which of the five
 * ways of TLS, what happens when it fails, and that no password is sent
 * without it.
 *
 *	dial_open(d, &to, &start)	connects; the dialogue has begun
 *	... the loop of lib/smtp.h, and in it, after smtp_feed:
 *	if (smtp_wants_tls(s))
 *		dial_tls(d)
 */
#ifndef LSV_DIAL_H
#define LSV_DIAL_H

#include "lib/conn.h"
#include "lib/forward.h"
#include "lib/smtp.h"

enum {
	DIAL_CLEAR_MS = 600000, /* after TLS failed where it may be left out,
				 * it is not tried for so long */
	DIAL_WHY_MAX = TLS_WHY_MAX + 64
};

/* struct dial_to - a host, and how
 *
 * host, port  as for conn_open
 * address NULL; or that one of its addresses which alone is to be tried
 * from    own address to connect from; NULL: any
 * tls     STARTTLS, where not implicit
 * implicit 1: TLS from the first byte
 * verify  1: certificate and name must be right
 * login   NULL: no AUTH
 * keepalive 1: the kernel looks whether the host is there
 * All pointers stay valid until the connection is closed.
 */
struct dial_to {
	const char *host, *address;
	unsigned port;
	const char *from;
	enum smtp_tls tls;
	int implicit, verify;
	const struct auth_login *login;
	int keepalive;
};

/* struct dial - one connection after another; all zero bytes at first
 *
 * conn, smtp  of the caller, initialised: conn_init(), zero bytes
 * client  of tls_client_new()
 * connect_ms, step_ms  how long a connection, and one step of a dialogue or a
 *         handshake may take
 * reached 1: the last time there was a connection, whatever became of it
 * The rest is for the functions here.
 */
struct dial {
	struct conn *conn;
	struct smtp *smtp;
	struct tls_client *client;
	uint64_t connect_ms, step_ms;
	int reached;
	const struct dial_to *to;
	struct smtp_start start;
	char nonce[AUTH_NONCE_LEN + 1];
	char clear_host[TLS_HOST_MAX + 1]; /* where TLS failed ... */
	unsigned clear_port;
	uint64_t clear_until; /* ... and is not tried again before */
	char why[DIAL_WHY_MAX];
};

/* dial_target - what an entry of the site says
 *
 * to      filled; login is left to the caller
 * f       of struct site_forward: its texts end in NUL
 * target  below f->targets
 */
void dial_target(struct dial_to *to, const struct forward *f, size_t target);

/* dial_open - connect, and begin the dialogue
 *
 * to, start  kept; what start says of TLS and AUTH is not looked at
 * Returns 0: smtp_phase() is SMTP_OPENING; -1 with errno: dial_why() says why,
 *         and the connection is closed
 */
int dial_open(
    struct dial *d, const struct dial_to *to, const struct smtp_start *start);

/* dial_tls - the handshake, when smtp_wants_tls() says 1
 *
 * Where TLS may be left out, and nobody has to log in, a failure makes a new
 * connection in clear, and the dialogue begins anew.
 * Returns 0: the dialogue goes on, encrypted; 1: in clear, dial_why() says why;
 *         -1: it is over, SMTP_EV_CLOSED has told
 */
int dial_tls(struct dial *d);

/* dial_why - why the last call failed, or why it goes on in clear */
const char *dial_why(const struct dial *d);

#endif
