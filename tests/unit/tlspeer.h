/* tlspeer.h - certificates made on the spot, and the other end of a TLS
 * connection in a thread: for tests of lib/tls and lib/conn */
#ifndef LSV_TLSPEER_H
#define LSV_TLSPEER_H

#include <openssl/ssl.h>
#include <pthread.h>

/* struct cert - a certificate and its key
 *
 * chain   certificates between it and its root, count of them
 */
struct cert {
	EVP_PKEY *key;
	X509 *x;
	X509 *chain[16];
	size_t count;
};

/* struct cert_order - what it shall be
 *
 * names   its subjectAltName as OpenSSL writes it ("DNS:a.example,IP:::1");
 *         NULL: none
 * issuer  NULL: signed by itself
 * ca      1: may sign others
 * from_s, until_s  seconds from now; both 0: an hour ago to an hour from now
 * padding bytes of a comment in it
 */
struct cert_order {
	const char *common, *names;
	const struct cert *issuer;
	int ca;
	long from_s, until_s;
	size_t padding;
};

/* cert_make - fails the test when it cannot */
void cert_make(struct cert *c, const struct cert_order *o);
void cert_free(struct cert *c);

/* cert_save - in PEM form as a file of that name, certificate only */
void cert_save(const struct cert *c, const char *path);

/* What the other end does once the handshake is done. */
enum peer_play {
	PEER_ECHO,        /* sends back what it reads */
	PEER_HUNG_UP,     /* says "hello" and closes, no end of TLS */
	PEER_GOODBYE,     /* says "hello" and ends as TLS wants it */
	PEER_RENEGOTIATE, /* asks for another handshake, then echoes */
	PEER_UPDATE_KEY,  /* new keys (TLS 1.3) before each echo */
	PEER_SWALLOW,     /* reads, slowly at first, and counts */
	PEER_FLOOD        /* sends 8 MiB, then reads as many and counts */
};

/* struct peer - the other end
 *
 * fd      its descriptor, closed by the thread
 * cert    its own
 * min, max  versions, 0: any
 * play    see above
 * ctx     made when NULL, and kept: its sessions live on
 * ok      1: the handshake was done
 * resumed 1: with an old session
 * name    what SNI asked for
 * count   bytes read
 * version of the handshake, "TLSv1.3"
 */
struct peer {
	int fd;
	const struct cert *cert;
	int min, max;
	enum peer_play play;
	SSL_CTX *ctx;
	pthread_t thread;
	int ok, resumed;
	char name[256], version[16];
	size_t count;
};

enum { PEER_MUCH = 8 << 20 };

/* peer_start - it does a handshake on fd in a thread */
void peer_start(struct peer *p);

/* peer_end - waits for its end */
void peer_end(struct peer *p);

/* peer_free - gives ctx back */
void peer_free(struct peer *p);

#endif
