/* textsum.h - the sum of a text, without what varies from copy to copy
 *
 * Bytes of a text go in, in its charset and without transfer encoding, and what
 * counts of them is hashed in lower case and in UTF-8: letters of any script.
 * Left out are
 *
 *	tags, comments and entities of HTML, when it is HTML
 *	lines that begin with '>', when it is not
 *	the query part of a URL: from the '?' behind "://" to its end
 *	digits, punctuation, symbols, blanks, line ends, control characters, and
 *		what cannot be seen
 *
 * A byte that its charset has no character for counts as it is (charset.h).
 */
#ifndef LSV_TEXTSUM_H
#define LSV_TEXTSUM_H

#include <stddef.h>
#include <stdint.h>

#include "lib/charset.h"

enum {
	TEXTSUM_LEN = 32,        /* bytes of a sum, SHA-256 */
	TEXTSUM_ENTITY_MAX = 32, /* characters between '&' and ';' */
};

struct evp_md_st;
struct evp_md_ctx_st;

/* Where in HTML the next character is. */
enum textsum_html {
	TEXTSUM_PLAIN,   /* no HTML at all */
	TEXTSUM_OUTSIDE, /* of tags and entities */
	TEXTSUM_OPEN,    /* behind '<' */
	TEXTSUM_TAG,     /* up to '>' */
	TEXTSUM_BANG,    /* behind "<!" */
	TEXTSUM_DASH,    /* behind "<!-" */
	TEXTSUM_COMMENT, /* up to "-->" */
	TEXTSUM_ENTITY,  /* behind '&' */
};

/* struct textsum - a text under way; zeroed before textsum_open, its members are
 * its own
 *
 * low     of each byte: what is hashed for it, or what it is (textsum.c)
 * step    of each byte: 1 when it counts wherever it is; as wide as an address,
 *         to be added to one at once
 * name    what may be an entity: it is text when it turns out to be none
 * slashes how much of "://" was there; 3: in a URL; 4: in its query part
 * dashes  of the end of a comment
 * begun   the line has a character that is no blank
 * out     what is to be hashed
 * count   how many characters counted
 */
struct textsum {
	struct evp_md_st *sha256;
	struct evp_md_ctx_st *hash;
	unsigned char low[256];
	size_t step[256];
	struct charset charset;
	enum textsum_html html;
	uint32_t name[TEXTSUM_ENTITY_MAX];
	size_t nname;
	unsigned slashes, dashes;
	int begun, quoted, failed;
	char out[4096];
	size_t nout;
	uint64_t count;
};

/* textsum_open - get what it needs, once for any number of texts
 *
 * Returns 0; -1 with errno ENOMEM
 */
int textsum_open(struct textsum *t);

/* textsum_close - release it; t is as zeroed */
void textsum_close(struct textsum *t);

/* textsum_begin - a new text, whatever became of the last one
 *
 * html    1 when it is HTML
 */
void textsum_begin(struct textsum *t, enum charset_kind charset, int html);

/* textsum_put - its next bytes: any pieces give the same sum */
void textsum_put(struct textsum *t, const char *s, size_t len);

/* textsum_end - its sum
 *
 * sum     receives TEXTSUM_LEN bytes
 * count   receives how many characters counted
 * Returns 0; -1 with errno ENOMEM
 */
int textsum_end(struct textsum *t, unsigned char *sum, uint64_t *count);

#endif
