/* mergecore.h - what the parts of lib/merge.h share, which is what to use
 *
 * lib/merge.c has names and rows, lib/mergehead.c takes the header apart,
 * lib/mergebody.c the parts of the body, lib/mergecopy.c makes copies.
 */
#ifndef LSV_MERGECORE_H
#define LSV_MERGECORE_H

#include "lib/merge.h"

/* What is built in, in the place of a field's number. */
enum { MERGE_TO = 1000, MERGE_DATE, MERGE_ID };

enum merge_kind {
	MERGE_LIT,    /* bytes of the message */
	MERGE_OURS,   /* only in sub: bytes of m->text */
	MERGE_REF,    /* only in sub: a value */
	MERGE_PLAIN,  /* a value as it is */
	MERGE_HTML,   /* & < > " ' as entities */
	MERGE_QP,     /* quoted-printable */
	MERGE_QPHTML, /* both */
	MERGE_QPLIT,  /* the rest of a quoted-printable line behind a value */
	MERGE_QPOURS, /* the same from m->text */
	MERGE_WORDS,  /* the text of an unstructured field */
	MERGE_PHRASE, /* a name in front of <...> */
	MERGE_ADDR,   /* a value in an address */
	MERGE_TOKEN,  /* a value in another structured field */
};

/* struct merge_op - one thing a copy is made of
 *
 * field   the value
 * ascii   1: its part of the message takes ASCII only
 * column  where it begins: QP, -1 goes on where the one before ended; header
 *         text, bytes in the line already
 * at, len MERGE_LIT, MERGE_QPLIT: in the message; MERGE_OURS, MERGE_QPOURS: in
 *         m->text.  MERGE_WORDS and MERGE_PHRASE: so many of m->sub from at on
 *         are the decoded text
 * raw, raws  MERGE_WORDS: so many of m->sub are the text as it was written; 0
 *         when it had encoded words.  MERGE_ADDR: raw is 1 when the value is
 *         only a piece of the address
 * head, tail  MERGE_LIT: bytes before the first CR LF and behind the last; head
 *         is SIZE_MAX when there is none
 */
struct merge_op {
	enum merge_kind kind;
	int field, ascii, column;
	size_t at, len, raw, raws, head, tail;
};

/* merge_match - is there a reference?
 *
 * s, len  begins with '&'
 * qp      1: soft line breaks within it do not count
 * field   receives what it stands for
 * Returns its length; 0 when it is none that was declared
 */
size_t merge_match(
    const struct merge *m, const char *s, size_t len, int qp, int *field);

/* merge_find - the first reference
 *
 * n       receives its length
 * Returns its offset; len when there is none
 */
size_t merge_find(const struct merge *m, const char *s, size_t len, int qp,
    size_t *n, int *field);

/* merge_lit - append bytes of the message: from at up to end
 *
 * Returns 0; -1 with errno ENOMEM
 */
int merge_lit(struct merge *m, size_t at, size_t end);

/* merge_op - append another one
 *
 * Returns it, valid until the next is appended; NULL with errno ENOMEM
 */
struct merge_op *merge_op(struct merge *m, enum merge_kind kind);

/* merge_sub - the same for the pieces of a text in the header */
struct merge_op *merge_sub(struct merge *m, enum merge_kind kind);

/* merge_head - the header of the message; also sets m->body
 *
 * Returns 0; -1 with w and errno set
 */
int merge_head(struct merge *m, struct where *w);

/* merge_body - the body, from at on; fields of the header are read again
 *
 * Returns 0; -1 with w and errno set
 */
int merge_body(struct merge *m, size_t at, struct where *w);

/* merge_value - what a field of a row is */
struct bytes merge_value(const struct merge_row *row, int field);

/* merge_become - what one op becomes in the copy under way
 *
 * out     receives bytes that stand somewhere, or those in c->text, until the
 *         next op
 * Returns 0; -1 with errno ENOMEM
 */
int merge_become(
    struct merge_copy *c, const struct merge_op *o, struct bytes *out);

/* merge_pieces - n pieces of a text in the header, from m->sub[at] on, appended to
 * out with their values
 *
 * Returns 0; 1 when values in it have to be encoded; -1 with errno ENOMEM
 */
int merge_pieces(struct merge_copy *c, stralloc *out, size_t at, size_t n);

/* merge_atoms - are these words that need no quotes, RFC 5322 section 3.2.3; 1 or
 * 0 */
int merge_atoms(struct bytes b);

/* merge_wrong, merge_memory - set w and errno; both return -1.  With errno E2BIG
 * the latter says that there are too many pieces */
int merge_wrong(struct where *w, size_t at, const char *why);
int merge_memory(struct where *w);

/* merge_ascii - has it no byte above 127; 1 or 0 */
int merge_ascii(struct bytes b);

#endif
