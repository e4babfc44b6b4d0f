#include "lib/tlscert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static void
say(char *why, long code)
{
	snprintf(why, TLS_WHY_MAX, "%s",
	    code == X509_V_OK ? "" : X509_verify_cert_error_string(code));
}

/* As tls.c tells OpenSSL to compare it. */
static void
check_name(struct tlscert *c, X509 *x, const char *host)
{
	unsigned char ip[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, host, ip) == 1 ||
	    inet_pton(AF_INET6, host, ip) == 1)
		say(c->name_why,
		    X509_check_ip_asc(x, host, 0) == 1
			? X509_V_OK
			: X509_V_ERR_IP_ADDRESS_MISMATCH);
	else
		say(c->name_why,
		    X509_check_host(x, host, 0,
			X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1
			? X509_V_OK
			: X509_V_ERR_HOSTNAME_MISMATCH);
}

/* The same again as in the handshake, without a name. */
static int
check_chain(struct tlscert *c, const SSL *ssl, X509 *x)
{
	X509_STORE_CTX *s = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *p;
	int r = -1;

	if (s == NULL ||
	    !X509_STORE_CTX_init(s,
		SSL_CTX_get_cert_store(SSL_get_SSL_CTX(ssl)), x,
		SSL_get_peer_cert_chain(ssl)) ||
	    !X509_STORE_CTX_set_default(s, "ssl_server"))
		goto done;
	p = X509_STORE_CTX_get0_param(s);
	X509_VERIFY_PARAM_set_depth(p, TLS_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(p, SSL_get_security_level(ssl));
	say(c->chain_why,
	    X509_verify_cert(s) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(s));
	r = 0;
done:
	X509_STORE_CTX_free(s);
	return r;
}

static int
add_text(stralloc *out, const ASN1_STRING *text)
{
	const unsigned char *p = ASN1_STRING_get0_data(text);
	int n = ASN1_STRING_length(text);

	for (int i = 0; i < n; i++) {
		char one = p[i] > ' ' && p[i] <= '~' ? (char)p[i] : '?';

		if (sa_put(out, &one, 1) < 0)
			return -1;
	}
	return sa_put(out, "\n", 1);
}

static int
add_address(stralloc *out, const ASN1_OCTET_STRING *ip)
{
	char text[INET6_ADDRSTRLEN] = "?";
	int n = ASN1_STRING_length(ip);

	if (n == 4 || n == 16)
		inet_ntop(n == 4 ? AF_INET : AF_INET6,
		    ASN1_STRING_get0_data(ip), text, sizeof(text));
	return sa_puts(out, text) < 0 ? -1 : sa_put(out, "\n", 1);
}

static int
add_names(stralloc *out, const X509 *x)
{
	GENERAL_NAMES *all =
	    X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	int n = all == NULL ? 0 : sk_GENERAL_NAME_num(all), r = 0;

	for (int i = 0; i < n && r == 0; i++) {
		const GENERAL_NAME *g = sk_GENERAL_NAME_value(all, i);

		if (g->type == GEN_DNS)
			r = add_text(out, g->d.dNSName);
		else if (g->type == GEN_IPADD)
			r = add_address(out, g->d.iPAddress);
	}
	GENERAL_NAMES_free(all);
	return r;
}

int
tlscert_look(struct tlscert *c, const struct tls *t, const char *host)
{
	const SSL *ssl = tls_openssl(t);
	X509 *x = SSL_get0_peer_certificate(ssl);
	int r = 0;

	c->names.len = 0;
	c->name_why[0] = c->chain_why[0] = '\0';
	if (x == NULL)
		return 0;
	check_name(c, x, host);
	if (check_chain(c, ssl, x) < 0 || add_names(&c->names, x) < 0) {
		errno = ENOMEM;
		r = -1;
	}
	ERR_clear_error();
	return r < 0 ? -1 : 1;
}

void
tlscert_free(struct tlscert *c)
{
	sa_free(&c->names);
}
