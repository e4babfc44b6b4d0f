#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <signal.h>

#include "bench/common/opt.h"
#include "bench/lsv-sink/sink.h"
#include "lib/msg.h"

void
tls_open(struct sink *s)
{
	const char *file = s->opt.cert;

	if (!file)
		return;
	s->tls = SSL_CTX_new(TLS_server_method());
	if (!s->tls || SSL_CTX_use_certificate_chain_file(s->tls, file) != 1 ||
	    SSL_CTX_use_PrivateKey_file(s->tls, file, SSL_FILETYPE_PEM) != 1)
		msg_die(LSV_PERM, file, ": no certificate with its key");
	SSL_CTX_set_mode(s->tls,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(s->tls, 1);
	/* OpenSSL writes without MSG_NOSIGNAL */
	signal(SIGPIPE, SIG_IGN);
}

void
tls_begin(struct sink *s, struct conn *c)
{
	c->ssl = SSL_new(s->tls);
	if (!c->ssl || SSL_set_fd(c->ssl, c->fd) != 1)
		msg_die(LSV_TEMP, "unable to begin TLS");
	SSL_set_accept_state(c->ssl);
	s->count.tls++;
}

/* What read and write would have returned. */
static ssize_t
result(struct conn *c, int r)
{
	switch (r > 0 ? SSL_ERROR_NONE : SSL_get_error(c->ssl, r)) {
	case SSL_ERROR_NONE:
		return r;
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	default:
		c->cut = 1;
		errno = EPROTO;
		return -1;
	}
}

ssize_t
tls_read(struct conn *c, char *to, size_t n)
{
	ERR_clear_error();
	return result(c, SSL_read(c->ssl, to, (int)n));
}

ssize_t
tls_write(struct conn *c, const char *from, size_t n)
{
	ERR_clear_error();
	return result(c, SSL_write(c->ssl, from, (int)n));
}

void
tls_end(struct conn *c)
{
	if (!c->ssl)
		return;
	if (!c->cut)
		SSL_shutdown(c->ssl);
	SSL_free(c->ssl);
	ERR_clear_error();
}
