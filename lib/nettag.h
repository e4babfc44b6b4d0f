/* nettag.h - the tags that tables of a network are written in
 *
 *	:node.DFVLROPE :type.NJE :ref.DFVLROP1
 *	     :links1.DFVLROP1(,1.5M) DFVLROP2(,64k)
 *	     DFVLRST1
 *
 * An entry begins with its first tag in column 1, ":node." or ":nick.", and
 * goes on in the lines that begin with a blank.  A tag is ":name.data": the
 * colon begins a line or follows a blank, the name ends at the first period,
 * the data before the next blank and colon, without blanks at its end.  Names
 * have letters, digits and '_', in any case.  An empty tag is no tag.  A list
 * may go on in tags with a number, :links1., :links2., or in a line without a
 * colon.  Lines end with LF or CR LF, TABs are blanks, blank lines are passed
 * over.  Source: network.md 4.1.
 */
#ifndef LSV_NETTAG_H
#define LSV_NETTAG_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/netdiag.h"

enum {
	NETTAG_RECORD_MAX = 255,     /* bytes of a line; above it a warning */
	NETTAG_ENTRY_MAX = 1 << 20,  /* bytes of an entry */
	NETTAG_NAME_MAX = 32,        /* bytes of the name of a tag */
	NETTAG_NUMBER_MAX = 99,      /* of a tag; above it a warning */
	NETTAG_KNOWN_MAX = 64,       /* tags of a table */
	NETTAG_UNKNOWN = UINT16_MAX, /* the id of what is none of these */
};

/* struct nettag_known - a tag that a table may have
 *
 * name    lower case; one that ends with '_' stands for all that begin so
 * kind    what it may be; with NETTAG_SEAL it ends an entry in all tables that
 *         have it at all, so that a last entry without it has been cut
 */
struct nettag_known {
	const char *name;
	enum nettag_kind {
		NETTAG_ONE,  /* at most once; a second one is left out */
		NETTAG_LIST, /* any number of times, or numbered */
		NETTAG_SEAL  /* as NETTAG_ONE */
	} kind;
};

/* struct nettag - a tag of an entry
 *
 * name    as it is written, a number included
 * data    not empty; no control bytes but TABs, no blank at its ends
 * line    where it stands
 * id      its place among the known ones, or NETTAG_UNKNOWN
 */
struct nettag {
	struct bytes name, data;
	uint32_t line;
	uint16_t id;
};

/* enum nettag_start - the tag that begins an entry */
enum nettag_start { NETTAG_NODE = 1, NETTAG_NICK = 2 };

/* struct netsource - a text and where it is from
 *
 * name    of the file, for what is said
 * file    its number in the network
 * line    the number that its first line has in the file, from 1
 */
struct netsource {
	const char *name;
	uint32_t file, line;
	struct bytes text;
};

/* struct nettag_entry - an entry
 *
 * from    the file it is in
 * start   its first tag
 * name    the data of that; may be empty
 * line    where it begins
 * text    all of it
 * tag     ntags others
 * bad     1: errors were said
 */
struct nettag_entry {
	struct netsource from;
	enum nettag_start start;
	struct bytes name, text;
	uint32_t line;
	struct nettag *tag;
	size_t ntags, room;
	int bad;
};

/* struct nettag_reader - where a reader is; nettag_begin fills it in
 *
 * starts    the tags that begin entries, NETTAG_NODE | NETTAG_NICK
 * comments  1: lines that begin with '*' or '#' are passed over
 * again     1: the text is an entry of local overrides that was read before,
 *           without known tags; :op. and :table. are left out, and what is
 *           wrong with its lines is not said again; 0 after nettag_begin
 * entries   so many were read
 *
 * The rest is not for callers.
 */
struct nettag_reader {
	struct netsource from;
	struct netdiag *d;
	const struct nettag_known *known;
	uint16_t nknown;
	uint8_t known_len[NETTAG_KNOWN_MAX];
	unsigned starts;
	int comments, again;

	size_t at;
	uint32_t line, entries, sealed;
	int unsealed, ended;
	uint64_t seen[NETTAG_KNOWN_MAX][2];
};

/* nettag_begin - read a text
 *
 * known   nknown tags, at most NETTAG_KNOWN_MAX; NULL: any, and nothing is said
 *         about their names
 * d       what is wrong goes there
 */
void nettag_begin(struct nettag_reader *r, const struct netsource *from,
    const struct nettag_known *known, size_t nknown, unsigned starts,
    int comments, struct netdiag *d);

/* nettag_next - the next entry
 *
 * e       all zero bytes the first time; overwritten, points into the text
 * Returns 1; 0 at the end; -1 with errno ENOMEM
 * Tags that are malformed are said and left out.
 */
int nettag_next(struct nettag_reader *r, struct nettag_entry *e);

/* nettag_find - the tag of an id, the first of a list; NULL when there is none
 */
const struct nettag *nettag_find(const struct nettag_entry *e, unsigned id);

/* nettag_word - take the next word off the data of a tag
 *
 * data    moved on behind it
 * Returns the bytes up to the next blank; empty when there is none any more
 */
struct bytes nettag_word(struct bytes *data);

/* nettag_free - give the memory of an entry back */
void nettag_free(struct nettag_entry *e);

#endif
