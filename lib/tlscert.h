/* tlscert.h - the certificate of a host, looked at for people
 *
 * lib/tls.h says whether a handshake is good. This says of a certificate what
 * it names, and of name and chain, each for itself, what is wrong.
 */
#ifndef LSV_TLSCERT_H
#define LSV_TLSCERT_H

#include "lib/ofat.h"
#include "lib/tls.h"

/* struct tlscert - what was found
 *
 * names   those of its subjectAltName, each followed by a newline: DNS names,
 *         with every byte that is not printable ASCII as '?', and addresses
 * name_why  empty: it names the host; else why not, in OpenSSL's words
 * chain_why empty: it is valid now, and signed by who is trusted; else why not
 */
struct tlscert {
	stralloc names;
	char name_why[TLS_WHY_MAX], chain_why[TLS_WHY_MAX];
};

/* tlscert_look - look at the certificate of a connection
 *
 * c       all zero bytes at first, filled; end with tlscert_free
 * t       after its handshake, which was not a resumed one: then the host has
 *         sent its chain
 * host    as for tls_new()
 * Returns 1; 0: it showed none; -1 with errno ENOMEM
 */
int tlscert_look(struct tlscert *c, const struct tls *t, const char *host);

/* tlscert_free - give the memory back; twice is harmless */
void tlscert_free(struct tlscert *c);

#endif
