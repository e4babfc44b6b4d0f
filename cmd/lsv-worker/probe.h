/* probe.h - one connection to a host, as a worker makes it, that sends no mail
 */
#ifndef LSV_WORKER_PROBE_H
#define LSV_WORKER_PROBE_H

#include "lib/dial.h"
#include "lib/tlscert.h"

enum { PROBE_WHY_MAX = SMTP_TEXT_MAX + DIAL_WHY_MAX + 64 };

/* struct probe_how - what all connections of a test share
 *
 * client  of trust_client()
 * helo    our name
 * step_ms how long a connection, and one step, may take
 */
struct probe_how {
	struct tls_client *client;
	const char *helo;
	uint64_t step_ms;
};

/* struct probe - how it went; all zero bytes at first
 *
 * reached 1: there was a connection
 * open    1: the host would take mail now
 * secure  1: over TLS; then facts and cert say more, cert_shown 0 when the host
 *         has none
 * why     not open: why not. Open, but in clear since TLS failed: why. Else
 *         empty
 * greeting, clear, offers  texts of its greeting, of its answer to EHLO in
 *         clear, and of that in force in the end; each line is followed by a
 *         newline, without its code
 */
struct probe {
	int reached, open, secure, cert_shown;
	char why[PROBE_WHY_MAX];
	struct tls_facts facts;
	struct tlscert cert;
	stralloc greeting, clear, offers;
};

/* probe_run - connect, and see how far the opening of a dialogue goes
 *
 * p       filled; end with probe_free
 * Returns 0, whatever the host did; -1 with errno ENOMEM
 */
int probe_run(
    struct probe *p, const struct probe_how *how, const struct dial_to *to);

/* probe_free - give the memory back; twice is harmless */
void probe_free(struct probe *p);

#endif
