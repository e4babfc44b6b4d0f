/* parts.h - where in the MIME structure of a message we are, line by line
 *
 * It is given lines as they come and says what kind of text the next one is
 * part of.  Nothing is kept but the boundaries that are open and the two fields
 * of the header under way that matter.
 */
#ifndef LSV_PARTS_H
#define LSV_PARTS_H

#include <stddef.h>

enum {
	PARTS_DEPTH = 20,        /* multiparts within multiparts */
	PARTS_BOUNDARY_MAX = 70, /* RFC 2046 section 5.1.1 */
	PARTS_LINE_MAX = 998,    /* bytes of a line that are looked at */
	PARTS_FIELD_MAX = 1024,  /* bytes of a field that are looked at */
};

/* What a line is part of. */
enum part_form {
	PART_FIELDS, /* a header, that of the message or of a part */
	PART_TEXT,   /* text in no encoding; what is around parts, too */
	PART_QUOTED, /* quoted-printable */
	PART_BASE64,
	PART_BYTES, /* anything else: nothing may be added or left out */
};

struct parts_field {
	char s[PARTS_FIELD_MAX];
	size_t len;
};

struct parts_level {
	char boundary[PARTS_BOUNDARY_MAX];
	size_t len;
	int digest; /* its parts are messages if they do not say what */
};

/* struct parts - a message; parts_begin makes it ready
 *
 * now     of the line to come; parts_form is what to ask
 * depth   multiparts that are open
 * sealed  so many are open that nothing inside may be changed; 0: none
 * digest  the part whose header is under way is a message by default
 * into    the field that a continuation line belongs to, or NULL
 */
struct parts {
	enum part_form now;
	size_t depth, sealed;
	int digest;
	struct parts_field *into;
	struct parts_field type, encoding;
	struct parts_level level[PARTS_DEPTH];
};

/* parts_begin - a new message, whose first line begins its header */
void parts_begin(struct parts *p);

/* parts_form - what the next line is part of
 *
 * Everything in multipart/signed is PART_BYTES: its signature would not hold.
 * So is a multipart that has no usable boundary, or is nested too deep.
 */
enum part_form parts_form(const struct parts *p);

/* parts_matters - need parts_line be told of a line that begins so
 *
 * s, len  its first 2 bytes or more; fewer when it has no more
 */
static inline int
parts_matters(const struct parts *p, const char *s, size_t len)
{
	return p->now == PART_FIELDS ||
	    (p->depth > 0 && len >= 2 && s[0] == '-' && s[1] == '-');
}

/* parts_line - the next line
 *
 * s, len  without its end; of one over PARTS_LINE_MAX its first bytes
 * Source  RFC 2045 sections 5 and 6, RFC 2046 section 5; takes time linear in
 *         the line and in the number of boundaries that are open
 */
void parts_line(struct parts *p, const char *s, size_t len);

#endif
