#include "lib/tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

/* The last session with a host, offered by the next connection; one of TLS 1.3
 * is for one use (RFC 8446 appendix C.4), the host gives another. */
struct kept {
	char host[TLS_HOST_MAX + 1];
	unsigned port;
	int verify;
	SSL_SESSION *session;
};

struct tls_client {
	SSL_CTX *ctx;
	BIO_METHOD *io;
	struct kept kept[TLS_SESSIONS];
	unsigned oldest;
};

struct tls {
	struct tls_client *client;
	SSL *ssl;
	int fd, err, eof; /* errno of the last send or recv; end of file seen */
	int done, dead;   /* the handshake is over; a failure is final */
	short events;
	char host[TLS_HOST_MAX + 1];
	unsigned port;
	int verify;
	char why[TLS_WHY_MAX];
};

/* Reasons */

static void
add_reason(char *why, const char *text)
{
	size_t n = strlen(why);

	snprintf(why + n, TLS_WHY_MAX - n, "%s%s", n > 0 ? ": " : "", text);
}

/* All that OpenSSL has to say, in its order; its queue is empty then. */
static void
take_reasons(char *why)
{
	const char *text;
	char code[32];
	unsigned long e;

	why[0] = '\0';
	while ((e = ERR_get_error()) != 0) {
		text = ERR_reason_error_string(e);
		if (text == NULL) {
			snprintf(code, sizeof(code), "error %lX", e);
			text = code;
		}
		add_reason(why, text);
	}
}

static int
is_unexpected_end(unsigned long e)
{
	return ERR_GET_LIB(e) == ERR_LIB_SSL &&
	    ERR_GET_REASON(e) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

/* The certificate is what most often is wrong: say how. */
static void
add_certificate(struct tls *t)
{
	long r = SSL_get_verify_result(t->ssl);

	if (!t->verify || t->done || r == X509_V_OK)
		return;
	add_reason(t->why, X509_verify_cert_error_string(r));
	if (r == X509_V_ERR_HOSTNAME_MISMATCH ||
	    r == X509_V_ERR_IP_ADDRESS_MISMATCH)
		add_reason(t->why, t->host);
}

/* A call did not do all of its work: -1 with errno, or EAGAIN and events. */
static int
not_done(struct tls *t, int r)
{
	unsigned long first = ERR_peek_error();
	int how = SSL_get_error(t->ssl, r);

	if (how == SSL_ERROR_WANT_READ || how == SSL_ERROR_WANT_WRITE) {
		t->events = how == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
		errno = EAGAIN;
		return -1;
	}
	if (!t->dead) { /* the first failure is the one that counts */
		take_reasons(t->why);
		add_certificate(t);
	}
	t->dead = 1;
	if (how == SSL_ERROR_SYSCALL && t->err != 0)
		errno = t->err;
	else if (t->eof || is_unexpected_end(first))
		errno = EPIPE;
	else
		errno = EPROTO;
	if (t->why[0] == '\0')
		add_reason(t->why,
		    errno == EPIPE ? "closed by the other side"
				   : strerror(errno));
	return -1;
}

/* Input and output: send and recv, so that no SIGPIPE is raised */

static int
io_write(BIO *b, const char *p, size_t len, size_t *done)
{
	struct tls *t = BIO_get_data(b);
	ssize_t n;

	BIO_clear_retry_flags(b);
	do {
		n = send(t->fd, p, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	t->err = n < 0 ? errno : 0;
	*done = n < 0 ? 0 : (size_t)n;
	if (n < 0 && errno == EAGAIN)
		BIO_set_retry_write(b);
	return n > 0;
}

static int
io_read(BIO *b, char *p, size_t len, size_t *done)
{
	struct tls *t = BIO_get_data(b);
	ssize_t n;

	BIO_clear_retry_flags(b);
	do {
		n = recv(t->fd, p, len, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	t->err = n < 0 ? errno : 0;
	t->eof |= n == 0;
	*done = n < 0 ? 0 : (size_t)n;
	if (n < 0 && errno == EAGAIN)
		BIO_set_retry_read(b);
	return n > 0;
}

static long
io_control(BIO *b, int what, long number, void *p)
{
	const struct tls *t = BIO_get_data(b);

	(void)number;
	(void)p;
	if (what == BIO_CTRL_EOF)
		return t->eof;
	return what == BIO_CTRL_FLUSH;
}

static int
io_create(BIO *b)
{
	BIO_set_init(b, 1);
	return 1;
}

static BIO_METHOD *
io_method(void)
{
	BIO_METHOD *m =
	    BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");

	if (m != NULL && BIO_meth_set_write_ex(m, io_write) &&
	    BIO_meth_set_read_ex(m, io_read) &&
	    BIO_meth_set_ctrl(m, io_control) &&
	    BIO_meth_set_create(m, io_create))
		return m;
	BIO_meth_free(m);
	return NULL;
}

/* Sessions */

static struct kept *
kept_for(struct tls *t)
{
	struct tls_client *c = t->client;
	unsigned i;

	for (i = 0; i < TLS_SESSIONS; i++)
		if (c->kept[i].port == t->port &&
		    c->kept[i].verify == t->verify &&
		    strcasecmp(c->kept[i].host, t->host) == 0)
			return &c->kept[i];
	return NULL;
}

/* OpenSSL has a session that may be used again: 1 when we keep it. */
static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct tls *t = SSL_get_app_data(ssl);
	struct kept *k = kept_for(t);

	if (k == NULL) {
		k = &t->client->kept[t->client->oldest];
		t->client->oldest = (t->client->oldest + 1) % TLS_SESSIONS;
		memcpy(k->host, t->host, sizeof(k->host));
		k->port = t->port;
		k->verify = t->verify;
	}
	SSL_SESSION_free(k->session);
	k->session = session;
	return 1;
}

static int
use_session(struct tls *t)
{
	struct kept *k = kept_for(t);
	int r;

	if (k == NULL || k->session == NULL)
		return 1;
	r = SSL_set_session(t->ssl, k->session);
	if (SSL_SESSION_get_protocol_version(k->session) >= TLS1_3_VERSION) {
		SSL_SESSION_free(k->session);
		k->session = NULL;
	}
	return r;
}

/* What is shared */

static int
load_trust(SSL_CTX *ctx, const char *ca)
{
	if (!SSL_CTX_set_default_verify_paths(ctx))
		return 0;
	ERR_clear_error(); /* a system may have none of its own */
	return ca == NULL || SSL_CTX_load_verify_file(ctx, ca);
}

static int
set_up(struct tls_client *c, const char *ca)
{
	c->io = io_method();
	c->ctx = SSL_CTX_new(TLS_client_method());
	if (c->io == NULL || c->ctx == NULL || !load_trust(c->ctx, ca) ||
	    !SSL_CTX_set_min_proto_version(c->ctx, TLS1_2_VERSION))
		return 0;
	SSL_CTX_set_options(
	    c->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(c->ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(c->ctx, 1);
	SSL_CTX_set_max_cert_list(c->ctx, TLS_CHAIN_MAX);
	SSL_CTX_set_verify_depth(c->ctx, TLS_DEPTH_MAX);
	SSL_CTX_set_session_cache_mode(
	    c->ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(c->ctx, keep_session);
	return 1;
}

struct tls_client *
tls_client_new(const char *ca, char *why)
{
	struct tls_client *c = calloc(1, sizeof(*c));

	why[0] = '\0';
	if (c == NULL)
		return NULL;
	ERR_clear_error();
	if (set_up(c, ca))
		return c;
	take_reasons(why);
	tls_client_free(c);
	errno = ca != NULL ? EINVAL : ENOMEM;
	return NULL;
}

void
tls_client_free(struct tls_client *c)
{
	unsigned i;

	if (c == NULL)
		return;
	for (i = 0; i < TLS_SESSIONS; i++)
		SSL_SESSION_free(c->kept[i].session);
	SSL_CTX_free(c->ctx);
	BIO_meth_free(c->io);
	free(c);
}

/* One connection */

static int
is_address(const char *host)
{
	unsigned char ip[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, ip) == 1 ||
	    inet_pton(AF_INET6, host, ip) == 1;
}

/* Which name is asked for, and which must stand in the certificate. An
 * address is never asked for: RFC 6066 section 3. */
static int
set_name(struct tls *t)
{
	if (is_address(t->host))
		return X509_VERIFY_PARAM_set1_ip_asc(
		    SSL_get0_param(t->ssl), t->host);
	SSL_set_hostflags(t->ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	return SSL_set1_host(t->ssl, t->host) &&
	    SSL_set_tlsext_host_name(t->ssl, t->host);
}

static int
begin(struct tls *t)
{
	BIO *b;

	t->ssl = SSL_new(t->client->ctx);
	b = BIO_new(t->client->io);
	if (t->ssl == NULL || b == NULL) {
		BIO_free(b);
		return 0;
	}
	BIO_set_data(b, t);
	SSL_set_bio(t->ssl, b, b);
	SSL_set_verify(
	    t->ssl, t->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
	SSL_set_connect_state(t->ssl);
	return SSL_set_app_data(t->ssl, t) && set_name(t) && use_session(t);
}

struct tls *
tls_new(
    struct tls_client *c, int fd, const char *host, unsigned port, int verify)
{
	size_t n = strnlen(host, TLS_HOST_MAX + 1);
	struct tls *t;

	if (n == 0 || n > TLS_HOST_MAX) {
		errno = EINVAL;
		return NULL;
	}
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->client = c;
	t->fd = fd;
	t->port = port;
	t->verify = verify;
	memcpy(t->host, host, n + 1);
	ERR_clear_error();
	if (begin(t))
		return t;
	ERR_clear_error();
	tls_free(t);
	errno = ENOMEM;
	return NULL;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	ERR_clear_error();
	if (t->ssl != NULL && t->done && !t->dead)
		SSL_shutdown(t->ssl);
	ERR_clear_error();
	SSL_free(t->ssl);
	free(t);
}

int
tls_handshake(struct tls *t)
{
	int r;

	t->events = 0;
	t->err = 0;
	ERR_clear_error();
	r = SSL_do_handshake(t->ssl);
	if (r == 1) {
		t->done = 1;
		return 1;
	}
	return not_done(t, r) < 0 && errno == EAGAIN ? 0 : -1;
}

ssize_t
tls_read(struct tls *t, char *buf, size_t len)
{
	size_t got = 0;
	int r;

	t->events = 0;
	t->err = 0;
	ERR_clear_error();
	r = SSL_read_ex(t->ssl, buf, len, &got);
	if (r == 1)
		return (ssize_t)got;
	if (SSL_get_error(t->ssl, r) == SSL_ERROR_ZERO_RETURN)
		return 0;
	return not_done(t, r);
}

ssize_t
tls_write(struct tls *t, const char *p, size_t len)
{
	size_t put = 0;
	int r;

	t->events = 0;
	t->err = 0;
	ERR_clear_error();
	r = SSL_write_ex(t->ssl, p, len, &put);
	return r == 1 ? (ssize_t)put : not_done(t, r);
}

int
tls_pending(const struct tls *t)
{
	return SSL_has_pending(t->ssl);
}

short
tls_events(const struct tls *t)
{
	return t->events;
}

const char *
tls_why(const struct tls *t)
{
	return t->why;
}

/* Facts */

/* A name as one line; what is not printable ASCII is escaped. */
static void
name_text(char *out, const X509_NAME *name)
{
	BIO *b = BIO_new(BIO_s_mem());
	int n;

	out[0] = '\0';
	if (b == NULL)
		return;
	if (X509_NAME_print_ex(b, name, 0, XN_FLAG_RFC2253) >= 0) {
		n = BIO_read(b, out, TLS_TEXT_MAX - 1);
		out[n > 0 ? n : 0] = '\0';
	}
	BIO_free(b);
}

static void
time_text(char *out, size_t size, const ASN1_TIME *at)
{
	struct tm tm;

	out[0] = '\0';
	if (ASN1_TIME_to_tm(at, &tm))
		strftime(out, size, "%Y-%m-%d %H:%M:%S UTC", &tm);
}

void
tls_facts(const struct tls *t, struct tls_facts *f)
{
	X509 *x = SSL_get0_peer_certificate(t->ssl);
	long r = SSL_get_verify_result(t->ssl);

	memset(f, 0, sizeof(*f));
	f->version = SSL_get_version(t->ssl);
	f->cipher = SSL_get_cipher_name(t->ssl);
	f->resumed = SSL_session_reused(t->ssl);
	f->verified = x != NULL && r == X509_V_OK;
	if (x == NULL) {
		add_reason(f->not_why, "no certificate");
		return;
	}
	if (r != X509_V_OK)
		add_reason(f->not_why, X509_verify_cert_error_string(r));
	name_text(f->subject, X509_get_subject_name(x));
	name_text(f->issuer, X509_get_issuer_name(x));
	time_text(f->from, sizeof(f->from), X509_get0_notBefore(x));
	time_text(f->until, sizeof(f->until), X509_get0_notAfter(x));
}

const struct ssl_st *
tls_openssl(const struct tls *t)
{
	return t->ssl;
}
