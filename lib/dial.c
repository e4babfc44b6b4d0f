#include "lib/dial.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "lib/base64.h"
#include "lib/clock.h"

void
dial_target(struct dial_to *to, const struct forward *f, size_t target)
{
	static const enum smtp_tls of[] = {
	    [TLS_MAY] = SMTP_TLS_MAY,
	    [TLS_NONE] = SMTP_TLS_NONE,
	    [TLS_ENCRYPT] = SMTP_TLS_MUST,
	    [TLS_VERIFY] = SMTP_TLS_MUST,
	    [TLS_IMPLICIT] = SMTP_TLS_MUST,
	};
	const struct forward_target *t = &f->target[target];

	*to = (struct dial_to){.host = t->host,
	    .port = t->port,
	    .from = f->bind.len > 0 ? f->bind.s : NULL,
	    .tls = of[f->tls],
	    .implicit = forward_implicit(f, target),
	    .verify = f->tls == TLS_VERIFY,
	    .keepalive = f->keepalive};
}

const char *
dial_why(const struct dial *d)
{
	return d->why;
}

static int
failed(struct dial *d, const char *what, int err)
{
	snprintf(d->why, sizeof(d->why), "%s%s", what, conn_why(d->conn, err));
	conn_close(d->conn);
	errno = err;
	return -1;
}

/* Nobody foresees 18 bytes of the kernel. */
static int
new_nonce(struct dial *d)
{
	unsigned char bytes[AUTH_NONCE_LEN / 4 * 3];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -1;
	d->nonce[base64_put(d->nonce, bytes, sizeof(bytes))] = '\0';
	return 0;
}

/* Did TLS fail there not long ago? */
static int
in_clear(const struct dial *d)
{
	return d->to->tls == SMTP_TLS_MAY && !d->to->implicit &&
	    d->to->login == NULL && clock_mono_ms() < d->clear_until &&
	    d->clear_port == d->to->port &&
	    strcasecmp(d->clear_host, d->to->host) == 0;
}

static int
handshake(struct dial *d)
{
	return conn_tls(d->conn, d->client, d->to->host, d->to->verify,
	    clock_mono_ms() + d->step_ms);
}

static int
begin(struct dial *d)
{
	const struct dial_to *to = d->to;
	int on = 1;

	d->reached = 0;
	if (conn_open_from(d->conn, to->address ? to->address : to->host,
		to->port, to->from, clock_mono_ms() + d->connect_ms) < 0)
		return failed(d, "", errno);
	d->reached = 1;
	if (to->keepalive &&
	    setsockopt(d->conn->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) <
		0)
		return failed(d, "", errno);
	if (to->implicit && handshake(d) < 0)
		return failed(d, "TLS: ", errno);
	d->start.tls = to->implicit || in_clear(d) ? SMTP_TLS_NONE : to->tls;
	d->start.secure = to->implicit;
	d->start.login = to->login;
	d->start.nonce = d->nonce;
	if (new_nonce(d) < 0 || smtp_start(d->smtp, &d->start) < 0)
		return failed(d, "", errno);
	return 0;
}

int
dial_open(
    struct dial *d, const struct dial_to *to, const struct smtp_start *start)
{
	d->to = to;
	d->start = *start;
	d->why[0] = '\0';
	return begin(d);
}

/* Once more, and this time without. */
static int
begin_in_clear(struct dial *d)
{
	char why[DIAL_WHY_MAX];
	int quit = d->smtp->quit;

	memcpy(why, d->why, sizeof(why));
	d->clear_until = clock_mono_ms() + DIAL_CLEAR_MS;
	d->clear_port = d->to->port;
	snprintf(d->clear_host, sizeof(d->clear_host), "%s", d->to->host);
	if (begin(d) < 0) {
		smtp_lost(d->smtp, "4.4.1", d->why);
		return -1;
	}
	if (quit)
		smtp_quit(d->smtp);
	memcpy(d->why, why, sizeof(why));
	return 1;
}

int
dial_tls(struct dial *d)
{
	d->why[0] = '\0';
	if (handshake(d) == 0) {
		smtp_tls_done(d->smtp);
		return 0;
	}
	failed(d, "TLS: ", errno);
	if (d->to->tls == SMTP_TLS_MAY && d->to->login == NULL)
		return begin_in_clear(d);
	smtp_lost(d->smtp, "4.7.5", d->why);
	return -1;
}
