/* container.h - a job for another server, as the mail that brings it there
 *
 *   From: LISTSERV@LISTS.EXAMPLE.ORG
 *   To: LISTSERV@cearn.example
 *   ...
 *
 *   //D0004711 JOB Echo=No,Reply-to=None
 *   // DIST2 MAIL I=Y FROM=owner-test-l@lists.example.org ...
 *   //TO DD *
 *   joe@h1.example BSMTP
 *   (slash and star)
 *   //DATA DD *,EOF
 *   the message
 *
 * What is behind the empty line is plain when every relay between the servers
 * passes it on as it is, else Base64: the message must arrive byte by byte.  It
 * is made in two passes over the message: container_look for what the header
 * says of it, then container_put for its bytes.
 */
#ifndef LSV_CONTAINER_H
#define LSV_CONTAINER_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/crc32.h"
#include "lib/ofat.h"

enum {
	CONTAINER_LINE_MAX = 990, /* bytes of a line that goes out plain */
	CONTAINER_GROUP = 57,     /* bytes in a line of Base64 */
};

/* struct container_look - what is known of a message; zeroed at its start
 *
 * crc     of its bytes, for crc32_end
 * bytes   how many they are with LF for line ends
 * eightbit 1: one is above 127
 * encode  1: a line of it could change on the way: it is long, or begins with
 *         "From ", which some mailers quote, or has a NUL
 * The rest is not for callers.
 */
struct container_look {
	struct crc32 crc;
	uint64_t bytes;
	int eightbit, encode;
	size_t column;
	int from;
};

/* container_look - the next piece of the message
 *
 * p       len bytes of any size; CR LF and LF end lines, and a CR elsewhere is
 *         taken for a part of a line end as well: in wire form there is none
 */
void container_look(struct container_look *l, const char *p, size_t len);

/* struct container - what goes in front of the message
 *
 * node    name of this server, mime_name_ok
 * server  address of the other one
 * id      for Message-ID: mime_name_ok
 * when_us its date, microseconds since 1970
 * subject ASCII in one short line
 * cards   of the job up to its data, lines ended by LF (distcmd_format)
 */
struct container {
	struct bytes node, server, id;
	uint64_t when_us;
	const char *subject;
	struct bytes cards;
};

/* struct container_code - how bytes go out; container_begin makes it ready */
struct container_code {
	int encode;
	size_t have;
	unsigned char group[CONTAINER_GROUP];
};

/* container_begin - the header, and the cards in front of the message
 *
 * out     appended; lines end with LF
 * l       all of the message was looked at
 * Returns 0; -1 with errno ENOMEM, or EINVAL for a name or an address that is
 *         none
 * Source  RFC 1429 (job language), RFC 2045 section 6 (encodings), RFC 3834
 *         section 5 (Auto-Submitted)
 */
int container_begin(stralloc *out, struct container_code *code,
    const struct container *c, const struct container_look *l);

/* container_put - the next piece of the message
 *
 * out     appended
 * p       as for container_look
 * Returns 0; -1 with errno ENOMEM
 */
int container_put(
    stralloc *out, struct container_code *code, const char *p, size_t len);

/* container_end - that was all
 *
 * Returns 0; -1 with errno ENOMEM
 */
int container_end(stralloc *out, struct container_code *code);

#endif
