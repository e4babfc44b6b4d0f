/* tls.h - the client's side of TLS on a connected descriptor
 *
 * The only file that knows OpenSSL's part for connections is tls.c. Nothing
 * here waits: what cannot go on says so, and tls_events() tells what to poll
 * for. No call raises SIGPIPE, and no key, certificate or memory of one
 * connection outlives it but its session, which saves the next one to the same
 * host the long handshake.
 *
 * TLS 1.2 is the oldest version spoken. A certificate is checked against the
 * certificates that the system trusts and those of the site, and its names
 * against the name that was asked for; whether a failure of that ends the
 * connection is the caller's to say.
 */
#ifndef LSV_TLS_H
#define LSV_TLS_H

#include <stddef.h>
#include <sys/types.h>

enum {
	TLS_HOST_MAX = 253, /* bytes in the name of a host */
	TLS_WHY_MAX = 256,  /* bytes of a reason, with its NUL */
	TLS_TEXT_MAX = 256, /* bytes of a name in struct tls_facts, with NUL */
	TLS_SESSIONS = 16,  /* hosts whose last session is remembered */
	TLS_CHAIN_MAX = 65536, /* bytes of the certificates a host may send */
	TLS_DEPTH_MAX = 8      /* certificates between its own and a trusted */
};

struct ssl_st;     /* of OpenSSL */
struct tls_client; /* what all connections of a process share */
struct tls;        /* one connection */

/* struct tls_facts - what became of a handshake, for logs and people
 *
 * version  "TLSv1.3"
 * cipher   "TLS_AES_256_GCM_SHA384"
 * resumed  1: with the session of an earlier connection
 * verified 1: certificate and name are right; 0: not_why says what is wrong
 * subject, issuer, from, until   of its certificate; empty when it had none
 */
struct tls_facts {
	const char *version, *cipher;
	int resumed, verified;
	char not_why[TLS_WHY_MAX];
	char subject[TLS_TEXT_MAX], issuer[TLS_TEXT_MAX];
	char from[40], until[40];
};

/* tls_client_new - once per process, before it is confined and before forks
 *
 * ca      file of certificates in PEM form that are trusted besides those of
 *         the system; NULL: none
 * why     TLS_WHY_MAX bytes, filled on failure
 * Returns it, for tls_client_free; NULL with errno ENOMEM, or EINVAL when ca
 *         holds no certificates or cannot be read
 */
struct tls_client *tls_client_new(const char *ca, char *why);

/* tls_client_free - after all its connections; NULL is left alone */
void tls_client_free(struct tls_client *c);

/* tls_new - TLS for a connection; nothing is sent yet
 *
 * c       stays valid as long as this
 * fd      connected; tls_free does not close it
 * host    a name or an address without brackets, 1..TLS_HOST_MAX bytes: sent
 *         to the host (a name only, SNI), and what its certificate must name
 * port    of the host: sessions are kept by host, port and verify
 * verify  1: the handshake fails when certificate or name are wrong; 0: it
 *         does not, and tls_facts() tells
 * Returns it, for tls_free; NULL with errno ENOMEM, EINVAL (host)
 */
struct tls *tls_new(
    struct tls_client *c, int fd, const char *host, unsigned port, int verify);

/* tls_free - says goodbye as far as that goes without waiting, and gives the
 * memory back, keys wiped; NULL is left alone */
void tls_free(struct tls *t);

/* tls_handshake - as much of it as goes now
 *
 * Returns 1 when it is done; 0: poll for tls_events() and call again; -1 with
 *         errno EPROTO, ECONNRESET, EPIPE (closed in the middle), ...:
 *         tls_why() says more
 */
int tls_handshake(struct tls *t);

/* tls_read - what the host sent
 *
 * Returns how many bytes of buf were filled; 0: the host ended the stream as
 *         TLS wants it; -1 with errno EAGAIN (poll for tls_events()), EPIPE (it
 *         closed without the end that TLS wants: it may have been cut off),
 *         EPROTO, ECONNRESET, ...
 */
ssize_t tls_read(struct tls *t, char *buf, size_t len);

/* tls_write - send to the host
 *
 * Returns how many bytes of p are on their way, all of their records taken by
 *         the kernel; -1 with errno EAGAIN: poll for tls_events() and offer
 *         these bytes again, at least as many (they may lie elsewhere then);
 *         or another errno
 */
ssize_t tls_write(struct tls *t, const char *p, size_t len);

/* tls_pending - 1: tls_read may have something without a poll */
int tls_pending(const struct tls *t);

/* tls_events - what the last call that said 0 or EAGAIN waits for: POLLIN or
 * POLLOUT; 0 when it did not */
short tls_events(const struct tls *t);

/* tls_why - the words of OpenSSL for the last failure; empty when there was
 * none. Printable, valid until the next call on t */
const char *tls_why(const struct tls *t);

/* tls_facts - how the handshake ended; f is filled. Only after it is done */
void tls_facts(const struct tls *t, struct tls_facts *f);

/* tls_openssl - what OpenSSL knows of it, for lib/tlscert; valid until
 * tls_free */
const struct ssl_st *tls_openssl(const struct tls *t);

#endif
