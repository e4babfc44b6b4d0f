/* exitsay.h - what the clients of spam filters say, as the result of an exit
 *
 * spamc(1) of SpamAssassin and rspamc(1) of rspamd print their opinion and exit
 * with a status.  A SPAM_EXIT has three results; whatever is not surely one of
 * them is a failure, and lsv-scan(8) does then what SPAM_EXIT_FAIL says.
 */
#ifndef LSV_EXITSAY_H
#define LSV_EXITSAY_H

#include "lib/bytes.h"
#include "lib/ofat.h"

/* What an exit returns to lsv-scan(8). */
enum {
	EXITSAY_GO = 0,
	EXITSAY_WHITELISTED = 1,
	EXITSAY_REJECT = 2,
	EXITSAY_FAILED = 111,
};

/* struct exitsay - what a client said
 *
 * status  that it exited with; 128 and more: ended by the signal 128 less
 * out     its standard output, err its standard error; any bytes
 */
struct exitsay {
	int status;
	struct bytes out, err;
};

/* exitsay_spamc, exitsay_rspamc - the opinion on a message
 *
 * why     appended: one clean line without its LF, what the filter said
 * s       of "spamc -x -l -c", and of "rspamc symbols"
 * Returns EXITSAY_GO, EXITSAY_REJECT, EXITSAY_FAILED; -1 with errno ENOMEM
 * Source  spamc(1), EXIT CODES and -c: a status of 1 is spam, "0/0" a message
 *         too large to be tested; the actions of rspamd(8), where "soft
 *         reject" asks for another try
 */
int exitsay_spamc(stralloc *why, const struct exitsay *s);
int exitsay_rspamc(stralloc *why, const struct exitsay *s);

/* exitsay_spamc_learned, exitsay_rspamc_learned - was it learned as spam
 *
 * s       of "spamc -x -l -L spam", and of "rspamc learn_spam"
 * Returns EXITSAY_GO, EXITSAY_FAILED; -1 with errno ENOMEM
 */
int exitsay_spamc_learned(stralloc *why, const struct exitsay *s);
int exitsay_rspamc_learned(stralloc *why, const struct exitsay *s);

#endif
