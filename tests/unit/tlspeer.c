#include "tests/unit/tlspeer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void
extend(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_true(X509_add_ext(x, e, -1));
	X509_EXTENSION_free(e);
}

static void
pad(X509 *x, size_t n)
{
	char *text = malloc(n + 1);

	assert_non_null(text);
	memset(text, 'x', n);
	text[n] = '\0';
	extend(x, x, NID_netscape_comment, text);
	free(text);
}

static void
set_extensions(X509 *x, X509 *issuer, const struct cert_order *o)
{
	extend(x, issuer, NID_basic_constraints,
	    o->ca ? "critical,CA:TRUE" : "CA:FALSE");
	extend(x, issuer, NID_subject_key_identifier, "hash");
	if (o->names != NULL)
		extend(x, issuer, NID_subject_alt_name, o->names);
	if (o->padding > 0)
		pad(x, o->padding);
}

static void
take_chain(struct cert *c, const struct cert *issuer)
{
	size_t i;

	if (issuer == NULL)
		return;
	for (i = 0; i < issuer->count; i++)
		c->chain[c->count++] = issuer->chain[i];
	assert_true(c->count < 16);
	c->chain[c->count++] = issuer->x;
}

void
cert_make(struct cert *c, const struct cert_order *o)
{
	static long serial;
	int any = o->from_s != 0 || o->until_s != 0;
	const struct cert *by = o->issuer;
	X509_NAME *name;

	memset(c, 0, sizeof(*c));
	c->key = EVP_EC_gen("P-256");
	c->x = X509_new();
	assert_non_null(c->key);
	assert_non_null(c->x);
	assert_true(X509_set_version(c->x, X509_VERSION_3));
	assert_true(ASN1_INTEGER_set(X509_get_serialNumber(c->x), ++serial));
	X509_gmtime_adj(X509_getm_notBefore(c->x), any ? o->from_s : -3600);
	X509_gmtime_adj(X509_getm_notAfter(c->x), any ? o->until_s : 3600);
	name = X509_get_subject_name(c->x);
	assert_true(X509_NAME_add_entry_by_NID(name, NID_commonName,
	    MBSTRING_ASC, (const unsigned char *)o->common, -1, -1, 0));
	assert_true(X509_set_issuer_name(
	    c->x, by != NULL ? X509_get_subject_name(by->x) : name));
	assert_true(X509_set_pubkey(c->x, c->key));
	set_extensions(c->x, by != NULL ? by->x : c->x, o);
	assert_true(
	    X509_sign(c->x, by != NULL ? by->key : c->key, EVP_sha256()));
	take_chain(c, by);
}

void
cert_free(struct cert *c)
{
	EVP_PKEY_free(c->key);
	X509_free(c->x);
	memset(c, 0, sizeof(*c));
}

void
cert_save(const struct cert *c, const char *path)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(PEM_write_X509(f, c->x));
	assert_int_equal(fclose(f), 0);
}

/* The other end; it runs in a thread of its own and asserts nothing. */

static int
note_name(SSL *ssl, int *alert, void *arg)
{
	const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	struct peer *p = arg;

	(void)alert;
	snprintf(p->name, sizeof(p->name), "%s", name != NULL ? name : "");
	return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *
make_context(struct peer *p)
{
	static const unsigned char id[] = "tlspeer";
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	size_t i;

	assert_non_null(ctx);
	SSL_CTX_set_security_level(ctx, 0); /* it may offer old versions */
	assert_true(SSL_CTX_set_min_proto_version(ctx, p->min));
	assert_true(SSL_CTX_set_max_proto_version(ctx, p->max));
	assert_true(SSL_CTX_use_certificate(ctx, p->cert->x));
	assert_true(SSL_CTX_use_PrivateKey(ctx, p->cert->key));
	for (i = p->cert->count; i-- > 0;)
		assert_true(SSL_CTX_add1_chain_cert(ctx, p->cert->chain[i]));
	assert_true(SSL_CTX_set_session_id_context(ctx, id, sizeof(id)));
	SSL_CTX_set_tlsext_servername_callback(ctx, note_name);
	return ctx;
}

static void
echo(SSL *ssl, int update)
{
	char buf[16384];
	int n;

	while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0) {
		if (update)
			SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
		if (SSL_write(ssl, buf, n) <= 0)
			break;
	}
}

static void
swallow(struct peer *p, SSL *ssl)
{
	char buf[16384];
	int n;

	while ((n = SSL_read(ssl, buf, sizeof(buf))) > 0) {
		if (p->count < 1 << 18)
			usleep(1000);
		p->count += (size_t)n;
		if (p->play == PEER_FLOOD && p->count == PEER_MUCH)
			break;
	}
}

static void
flood(SSL *ssl)
{
	static char buf[PEER_MUCH];

	memset(buf, 'f', sizeof(buf));
	SSL_write(ssl, buf, sizeof(buf));
}

static void
play(struct peer *p, SSL *ssl)
{
	switch (p->play) {
	case PEER_HUNG_UP:
	case PEER_GOODBYE:
		SSL_write(ssl, "hello", 5);
		if (p->play == PEER_GOODBYE)
			SSL_shutdown(ssl);
		break;
	case PEER_RENEGOTIATE:
		SSL_renegotiate(ssl);
		SSL_do_handshake(ssl);
		echo(ssl, 0);
		break;
	case PEER_ECHO:
	case PEER_UPDATE_KEY:
		echo(ssl, p->play == PEER_UPDATE_KEY);
		break;
	case PEER_FLOOD:
		flood(ssl);
		swallow(p, ssl);
		break;
	case PEER_SWALLOW:
		swallow(p, ssl);
		break;
	}
}

static void *
live(void *arg)
{
	struct peer *p = arg;
	SSL *ssl = SSL_new(p->ctx);

	if (ssl != NULL && SSL_set_fd(ssl, p->fd) && SSL_accept(ssl) == 1) {
		p->ok = 1;
		p->resumed = SSL_session_reused(ssl);
		snprintf(
		    p->version, sizeof(p->version), "%s", SSL_get_version(ssl));
		play(p, ssl);
	}
	SSL_free(ssl);
	close(p->fd);
	return NULL;
}

void
peer_start(struct peer *p)
{
	/* the thread writes with write(2); what is tested does not */
	sigset_t pipe, old;

	if (p->ctx == NULL)
		p->ctx = make_context(p);
	SSL_CTX_set_tlsext_servername_arg(p->ctx, p);
	p->ok = p->resumed = 0;
	p->count = 0;
	p->name[0] = p->version[0] = '\0';
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, &old);
	assert_int_equal(pthread_create(&p->thread, NULL, live, p), 0);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void
peer_end(struct peer *p)
{
	pthread_join(p->thread, NULL);
}

void
peer_free(struct peer *p)
{
	SSL_CTX_free(p->ctx);
	p->ctx = NULL;
}
