/* trust.h - whose certificates a site trusts */
#ifndef LSV_TRUST_H
#define LSV_TRUST_H

#include "lib/tls.h"

/* The certificates of the site, besides those of the system; below $LSV_ETC. */
#define TRUST_FILE "ca.pem"

/* trust_client - what all connections of a process share, with both
 *
 * etc     the directory of TRUST_FILE, normally root_etc(); it need not have
 *         one
 * why     TLS_WHY_MAX bytes: empty, or why TRUST_FILE could not be used, or
 *         what failed
 * Returns it, for tls_client_free; without the certificates of the site when
 *         why is not empty: who needs them to trust a host does not trust it
 *         then. NULL with errno ENOMEM
 */
struct tls_client *trust_client(const char *etc, char *why);

#endif
