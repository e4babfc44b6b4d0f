/* fingerprint.h - sums by which the same text is recognised on several lists
 *
 * A message is given in pieces of any size, from the first byte of its header
 * on, and has three sums at its end:
 *
 *	text	of the first part that is text: the detector's sum
 *	subject	of its Subject
 *	body	of all bytes behind the header: the loop check's sum
 *
 * For text and subject, what a sender of many copies varies is left out: see
 * textsum.h.  The subject also loses "Re:", "Fwd:" and the like and "[TAG]" in
 * front of it.  The body sum leaves out blanks and line ends only.
 *
 * The MIME structure is read by parts.h and not by a library that builds a tree
 * of it: what takes part here is a few hundred lines, needs the same memory for
 * every message, and time in proportion to its length alone, however many parts
 * it has and however deep they are nested.
 */
#ifndef LSV_FINGERPRINT_H
#define LSV_FINGERPRINT_H

#include <stdint.h>

#include "lib/parts.h"
#include "lib/textsum.h"
#include "lib/transfer.h"

enum {
	FINGERPRINT_LEN = 8,         /* bytes of text and subject sums */
	FINGERPRINT_BODY_LEN = 32,   /* bytes of a body sum */
	FINGERPRINT_LEAST = 40,      /* characters, or bytes, that make a sum */
	FINGERPRINT_LOOK = 64 << 10, /* decoded bytes of a text looked at */
	FINGERPRINT_FIELD_MAX = 1024, /* bytes of the Subject looked at */
};

/* struct fingerprint_sums - the sums of a message, each with 1 when there is one
 *
 * text    none below FINGERPRINT_LEAST characters that count
 * subject none when no character counts
 * body    none below FINGERPRINT_LEAST bytes that count
 */
struct fingerprint_sums {
	unsigned char text[FINGERPRINT_LEN], subject[FINGERPRINT_LEN];
	unsigned char body[FINGERPRINT_BODY_LEN];
	int has_text, has_subject, has_body;
};

/* Where in the message the next line is. */
enum fingerprint_place {
	FINGERPRINT_START, /* its first line, which may be mbox's `From ...' */
	FINGERPRINT_HEADER,
	FINGERPRINT_BODY,
};

/* Where the text is. */
enum fingerprint_leaf {
	FINGERPRINT_BEFORE,
	FINGERPRINT_IN,
	FINGERPRINT_BEHIND,
};

/* struct fingerprint - a message under way; zeroed before fingerprint_open, its
 * members are its own
 *
 * in_subject
 *         1: the line belongs to the field that counts
 * passing 1: what the line is was told by its first bytes; they are no longer
 *         in line, and taken says what becomes of the rest: 1 it is text
 * line    its first bytes
 * looked  decoded bytes of the text
 * step    of each byte: 1 when it counts in the body (textsum.h)
 * out     bytes of the body that are to be hashed
 */
struct fingerprint {
	enum fingerprint_place place;
	enum fingerprint_leaf leaf;
	struct parts parts;
	struct transfer transfer;
	struct textsum text;
	struct evp_md_ctx_st *body;
	uint64_t count;
	size_t looked;
	int in_subject, passing, taken, failed;
	char line[PARTS_LINE_MAX];
	size_t len;
	char subject[FINGERPRINT_FIELD_MAX];
	size_t nsubject;
	size_t step[256];
	char out[4096];
	size_t nout;
};

/* fingerprint_open - get what it needs, once for any number of messages
 *
 * Returns 0; -1 with errno ENOMEM
 */
int fingerprint_open(struct fingerprint *f);

/* fingerprint_close - release it; f is as zeroed */
void fingerprint_close(struct fingerprint *f);

/* fingerprint_begin - a new message, whatever became of the last one */
void fingerprint_begin(struct fingerprint *f);

/* fingerprint_more - its next bytes */
void fingerprint_more(struct fingerprint *f, const char *s, size_t len);

/* fingerprint_end - its sums
 *
 * Returns 0; -1 with errno ENOMEM
 */
int fingerprint_end(struct fingerprint *f, struct fingerprint_sums *sums);

#endif
