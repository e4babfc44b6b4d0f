/* tlstest.h - what lsv-worker tls-test finds out */
#ifndef LSV_WORKER_TLSTEST_H
#define LSV_WORKER_TLSTEST_H

#include "cmd/lsv-worker/probe.h"
#include "cmd/lsv-worker/worker.h"

/* What TLS= may say, in the order in which it is shown. */
enum tlstest_policy {
	POLICY_NONE,
	POLICY_MAY,
	POLICY_ENCRYPT,
	POLICY_VERIFY,
	POLICY_IMPLICIT,
	POLICIES
};

/* struct policy - would mail go with it?
 *
 * goes    1: yes; secure 1: over TLS
 * why     no: why not; yes, in clear: why, or empty
 */
struct policy {
	int goes, secure;
	char why[PROBE_WHY_MAX];
};

/* struct host_test - one address of one host
 *
 * host, port  what was asked for
 * address as text; empty: the name has none
 * reached 1: there was a connection; 0: why says why not
 * implicit 1: TLS begins with the connection
 * seen    of the connection that says most: over TLS if there was one
 * resumed 1: a second connection went on with the session of the first; 0 not;
 *         -1 there was no TLS twice
 * policy  of each
 * entry   what is asked for in site.cfg; used with has_entry only
 */
struct host_test {
	const char *host;
	unsigned port;
	char address[REACH_PEER_MAX];
	int reached, implicit;
	char why[PROBE_WHY_MAX];
	struct probe seen;
	int resumed;
	struct policy policy[POLICIES];
	int has_entry;
	struct policy entry;
};

/* tlstest_name - "none", "may", ... */
const char *tlstest_name(enum tlstest_policy p);

/* tlstest_json, tlstest_text - print it; out of the array "hosts" of j, which
 * is open */
void tlstest_json(struct json *j, const struct host_test *h);
void tlstest_text(struct queue *q, const struct host_test *h);

#endif
