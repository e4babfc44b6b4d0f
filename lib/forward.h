/* forward.h - the value of SMTP_FORWARD and SMTP_FORWARD_n: where mail goes */
#ifndef LSV_FORWARD_H
#define LSV_FORWARD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bytes.h"
#include "lib/forwardhost.h"
#include "lib/where.h"
#include "lib/window.h"

enum {
	FORWARD_COUNT_MAX = 100, /* workers of one entry ... */
	FORWARD_WORKERS = 255,   /* ... and of all */
	FORWARD_TARGETS = 32,    /* the host and its failovers */
	FORWARD_WINDOWS = 16,    /* of one target */
	FORWARD_CONCURRENCY_MAX = 10000,
	FORWARD_MAXRCPT_MAX = 1000,    /* as MAXBSMTP */
	FORWARD_IDLE_MAX_MS = 3600000, /* as IDLE: an hour */
	FORWARD_AUTH_MAX = 63,         /* bytes of a name in the auth file */
	FORWARD_PORT = 25,             /* where no port is written */
	FORWARD_PORT_TLS = 465,        /* TLS from the first byte */
	FORWARD_ALL_POOLS = 0x7ffffff, /* one bit for each pool_index */
};

enum forward_tls {
	TLS_MAY,      /* when the host offers STARTTLS */
	TLS_NONE,     /* never */
	TLS_ENCRYPT,  /* always, whoever the host is */
	TLS_VERIFY,   /* always, with a valid certificate of its name */
	TLS_IMPLICIT, /* from the first byte, whoever the host is */
};

/* struct forward_target - one relay
 *
 * host    hostlen bytes inside the text that was parsed, no terminating NUL;
 *         an IPv6 address stands there without its brackets
 * kind    what host is
 * port    1..65535
 * window  windows of them; none: always open
 */
struct forward_target {
	const char *host;
	size_t hostlen;
	enum forward_kind kind;
	uint16_t port;
	struct window window[FORWARD_WINDOWS];
	size_t windows;
};

/* struct forward - one entry
 *
 * count   workers wanted, 1..FORWARD_COUNT_MAX
 * target  targets of them, one at least: the first is used while it is open
 *         and can be reached, else the next that is
 * pools   bit pool_index(p) for each pool p that its workers serve
 * tls     of all targets; see forward_implicit
 * auth    TLS_NONE never stands beside it; the name of user and password in
 *         the auth file, 1..FORWARD_AUTH_MAX bytes of A-Z a-z 0-9 . _ -
 * helo    the name for EHLO: of a host, or an address as RFC 5321 writes it
 *         ("[192.0.2.1]", "[IPv6:2001:db8::1]")
 * bind    own address to connect from, IPv4 or IPv6 without brackets
 *         These three lie inside the text that was parsed; len 0: not given
 * rate    recipients per second of each worker; 0: no limit
 * concurrency  transactions in flight at one host, of all workers of all
 *         entries together; 0: no limit
 * maxrcpt recipients of one transaction, in place of MAXBSMTP; 0: not given
 * idle_ms in place of IDLE, when idle_given is 1
 * keepalive  1: the system probes a quiet connection (SO_KEEPALIVE)
 */
struct forward {
	unsigned count;
	struct forward_target target[FORWARD_TARGETS];
	size_t targets;
	uint32_t pools;
	enum forward_tls tls;
	struct bytes auth, helo, bind;
	double rate;
	unsigned concurrency;
	unsigned maxrcpt;
	uint64_t idle_ms;
	int idle_given;
	int keepalive;
};

/* forward_parse - read the value of SMTP_FORWARD_n
 *
 *   [count "*"] target *( ";" item )
 *   target = host [":" port] [ "(" window *( "," window ) ")" ]
 *   item   = target | "POOL=" ( "*" | 1*( A-Z | "-" ) ) | option "=" value
 *   option = TLS AUTH HELO BIND RATE CONCURRENCY MAXRCPT IDLE KEEPALIVE
 *
 * f       filled on success only; what it points to lies inside s
 * s, len  the whole value, upper and lower case alike.  host is a name of two
 *         labels or more, "localhost", a dotted IPv4 address, or an IPv6
 *         address in brackets; window is that of window_parse.  Blanks may
 *         stand around ';' ',' '=' and parentheses
 * w       the offset of what is wrong, and what was expected there
 * Returns 0; -1 with *w
 * Source  LISTSERV's SMTP_FORWARD_n=[x*]hostname[(opentime)][;failover] and
 *         ;POOL=xyz; ports, IPv6, days, further windows and failovers, and the
 *         options are ours
 */
int forward_parse(
    struct forward *f, const char *s, size_t len, struct where *w);

/* forward_parse_one - read the value of SMTP_FORWARD
 *
 * As forward_parse, but a count, windows, failovers and POOL= are errors: this
 * relay takes all mail that no other does, at any time.
 */
int forward_parse_one(
    struct forward *f, const char *s, size_t len, struct where *w);

/* forward_implicit - does TLS begin with the connection there?
 *
 * target  below f->targets
 * Returns 1 for TLS=implicit, and on port 465 unless TLS=none; else 0
 * Source  RFC 8314 section 3.3
 */
int forward_implicit(const struct forward *f, size_t target);

#endif
