/* lmtp.h - the server's side of LMTP, without a descriptor in it
 *
 * Bytes go in, what is to be done comes out, and the replies collect in out.
 * After MAIL, RCPT and the final dot the caller says what to answer; all else
 * is answered here.  RFC 2033, with PIPELINING, ENHANCEDSTATUSCODES, 8BITMIME,
 * SMTPUTF8 and SIZE.
 */
#ifndef LSV_LMTP_H
#define LSV_LMTP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"

enum {
	LMTP_LINE_MAX = 1000, /* bytes of a command with its CRLF */
	LMTP_RCPT_MAX = 100,  /* recipients of a transaction */
	LMTP_REPLY_MAX = 512, /* bytes of a reply line with its CRLF */
	LMTP_ERRORS_MAX = 20, /* commands that are none, then it is over */
};

/* What the caller has to do. */
enum lmtp_event {
	LMTP_MORE,  /* read more bytes; send out first */
	LMTP_MAIL,  /* a sender in arg: lmtp_answer; 250 begins a transaction */
	LMTP_RCPT,  /* a recipient in arg: lmtp_answer; 250 counts it */
	LMTP_DATA,  /* a message begins: lmtp_data from now on */
	LMTP_RESET, /* what there was of a transaction is over */
	LMTP_QUIT,  /* send out and close */
	LMTP_DOT,   /* lmtp_data: the message is whole: lmtp_answer for each
		   * recipient, in their order, then lmtp_done */
};

/* Where the dialogue is. */
enum lmtp_state {
	LMTP_FRESH, /* nothing said, or no LHLO */
	LMTP_READY, /* between transactions */
	LMTP_GIVEN, /* after MAIL */
	LMTP_BODY,  /* after DATA */
};

/* struct lmtp - one connection; zeroed at first, but for name
 *
 * name    of this server, for greeting and LHLO; NUL-terminated
 * max     bytes of the largest message, for SIZE; may change at any time
 * out     the replies to send; the caller empties it
 * arg     LMTP_MAIL, LMTP_RCPT: the address without its angle brackets and
 *         without a source route
 * size    LMTP_MAIL: SIZE=, or 0
 * utf8    SMTPUTF8 was given
 * rcpts   recipients of the transaction so far
 * flaw    what is wrong with the lines of the message under way, or NULL
 *
 * The rest is not for callers: the line under way, and how the last byte of a
 * message left things.
 */
struct lmtp {
	const char *name;
	uint64_t max;
	stralloc out;
	struct bytes arg;
	uint64_t size;
	int utf8;
	size_t rcpts;
	const char *flaw;

	enum lmtp_state state;
	char line[LMTP_LINE_MAX];
	size_t len;
	int skip, asked;
	unsigned errors;
	int at;
};

/* lmtp_greet - the first line
 *
 * trouble NULL: we are ready; else an enhanced status code and a text: we
 *         cannot be of use, which is the whole dialogue (421)
 * Returns 0; -1 with errno ENOMEM
 */
int lmtp_greet(struct lmtp *l, const char *trouble);

/* lmtp_next - read commands; not between LMTP_DATA and lmtp_done
 *
 * s, len  they follow those of the last call; may be 0 bytes
 * used    receives how many were read: the rest belongs to the next call
 * Returns what to do; -1 with errno ENOMEM
 */
int lmtp_next(struct lmtp *l, const char *s, size_t len, size_t *used);

/* lmtp_data - read the bytes of a message
 *
 * s, len  as above
 * used    receives how many were read
 * to      receives the message, dots undone, lines ended by LF
 * room    of to: no more bytes are read than fit, 2 or more
 * n       receives the bytes in to
 * Returns LMTP_MORE, or LMTP_DOT behind CRLF.CRLF and nothing else
 * Source  RFC 5321 sections 2.3.8 and 4.1.1.4: a CR or LF alone is a flaw, and
 *         never the end of a line, so that nobody sees two messages where
 *         another saw one
 */
int lmtp_data(struct lmtp *l, const char *s, size_t len, size_t *used, char *to,
    size_t room, size_t *n);

/* lmtp_answer - the answer to MAIL, RCPT, or the message for one recipient
 *
 * ok      1: taken
 * again   1: for now, 0: for good; when it is not ok
 * text    enhanced status code, blank, text
 * Returns 0; -1 with errno ENOMEM
 * Note    a sender whose SIZE is over max is told so instead of being taken;
 *         max may be set anew for that
 */
int lmtp_answer(struct lmtp *l, int ok, int again, const char *text);

/* lmtp_done - the message was answered for all recipients */
void lmtp_done(struct lmtp *l);

/* lmtp_end - the last line, when we end it: 421 and the text
 *
 * Returns 0; -1 with errno ENOMEM
 */
int lmtp_end(struct lmtp *l, const char *text);

/* lmtp_free - give the memory back */
void lmtp_free(struct lmtp *l);

#endif
