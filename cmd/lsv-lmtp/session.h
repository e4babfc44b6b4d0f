/* session.h - one connection of lsv-lmtp */
#ifndef LSV_LMTP_SESSION_H
#define LSV_LMTP_SESSION_H

#include <signal.h>
#include <sys/stat.h>

#include "lib/lmtp.h"
#include "lib/takein.h"

enum { SESSION_READ = 64 << 10 };

/* struct session - all of it
 *
 * asleep  the signals while it waits
 * site, seen  the configuration, and the file it was read from
 * lists   the table of lists
 * score   the inbox
 * sender, to  of the transaction
 * in      the message
 * buf     bytes read, those from at to len not used yet
 * until_ms  when a message has to be whole, on the clock that only goes
 *         forward; 0 outside of one
 * taken, refused, deferred  answers for messages, by recipient, and for
 *         recipients
 */
struct session {
	struct lmtp lmtp;
	sigset_t asleep;
	struct site site;
	struct stat seen;
	struct table lists;
	struct handover score;
	stralloc sender;
	struct receive_to to[LMTP_RCPT_MAX];
	struct takein in;
	char buf[SESSION_READ];
	size_t at, len;
	uint64_t until_ms;
	uint64_t taken, refused, deferred;
};

/* session_site - read the configuration if it is not the one that was read
 *
 * Returns 0; -1 with errno, and then nothing can be taken in
 */
int session_site(struct session *s);

/* session_run - the dialogue after the greeting, until it is over
 *
 * Returns 0 when the client ended it, or we told him that we do; -1 with errno
 * when the connection broke, or there is no memory
 */
int session_run(struct session *s);

/* session_flush - send the replies that there are
 *
 * Returns 0; -1 with errno
 */
int session_flush(struct session *s);

#endif
