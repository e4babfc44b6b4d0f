/* distcmd.h - the commands DISTRIBUTE and DIST2 taken apart, and DIST2 written
 *
 * DISTribute <type> <source> <destination> <options> is what users send;
 * DIST2 is what servers send to each other.  lsv-job(5) has the tables.
 */
#ifndef LSV_DISTCMD_H
#define LSV_DISTCMD_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"
#include "lib/where.h"

enum {
	DISTCMD_COLUMNS = 78,     /* of the cards that are written */
	DISTCMD_HOPS_MAX = 99,    /* of HOPS= */
	DISTCMD_PRIOR_MAX = 99,   /* of PRIOR= */
	DISTCMD_TABLE_MAX = 9999, /* of TAB=, yynn */
	DISTCMD_ID_MAX = 255,     /* bytes of ID= */
	DISTCMD_FILE_MAX = 64,    /* bytes of the name of a FILE */
	DISTCMD_HOST_DIGITS = 9,  /* of a number in HOST() */
};

enum distcmd_type {
	DISTCMD_MAIL,   /* data is mail */
	DISTCMD_MERGE,  /* MAIL-MERGE: data is mail with fields */
	DISTCMD_POST,   /* an approved posting to a moderated list */
	DISTCMD_RFC822, /* data is mail, its To: and Cc: are the recipients */
	DISTCMD_FILE,   /* data is no mail */
};

enum distcmd_notice {
	DISTCMD_NONE, /* the default */
	DISTCMD_BY_MAIL,
	DISTCMD_BY_MSG, /* interactive message */
};

/* struct distcmd - what such a command says
 *
 * All bytes point into the command.  Where nothing is said: 0, empty, and
 * the defaults that are named here.
 *
 * dist2   1: it was DIST2
 * file    FILE "name"; empty without one
 * dd      DD=, default DATA
 * to      addresses between blanks, not checked; empty: to_dd is said
 * to_dd   TO DD=, default TO; empty when there are addresses in to, and in
 *         RFC822 when it is not said.  A job with HOST() may be without this
 *         dataset
 * ack, inform  ACK=, INFORM=
 * debug, trace, canon  1: YES
 * dkim, prime  1: YES, 0: NO, -1: not said
 * prior   PRIOR=, -1: not said
 * from    FROM=, an address, checked only for its '@'; empty when it is not
 *         said.  from_null 1: FROM=<>, no return path (only DIST2)
 * from_dd FROM=DD=
 * pool    A to Z or '-'; 0: not said
 * pw      PW=
 * i       I=YES
 * forw    FORW(CRC); crc_said 1: CRC=, the value in crc
 * id, hops, visited, table, host
 *         ID=, HOPS=, VIS(), TAB= (0: not said), HOST(): the words of the
 *         latter and of VIS between blanks, distcmd_host takes them apart
 */
struct distcmd {
	int dist2;
	enum distcmd_type type;
	struct bytes file, dd, to, to_dd;
	enum distcmd_notice ack, inform;
	int debug, trace, canon, dkim, prime, prior;
	struct bytes from, from_dd, pw;
	int from_null;
	char pool;
	int i, forw, crc_said;
	uint32_t crc;
	struct bytes id, visited, host;
	unsigned hops, table;
};

/* distcmd_is - is this command one of the two, by its first word; 1 or 0 */
int distcmd_is(struct bytes command);

/* distcmd_parse - take a command apart
 *
 * d       overwritten; undefined on failure
 * command all of it, DISTRIBUTE (or an abbreviation down to DIST) or DIST2
 *         included
 * w       at is an offset into command, of the word that is meant
 * Returns 0; -1 with w
 */
int distcmd_parse(struct distcmd *d, struct bytes command, struct where *w);

/* distcmd_error - a complaint about a command for people
 *
 * out     "no such option: ACKNOWLEDGE=MAIL" is appended: why, and the word at
 *         that place, without control bytes or passwords
 * Returns 0; -1 with errno ENOMEM
 */
int distcmd_error(stralloc *out, struct bytes command, const struct where *w);

/* distcmd_host - the next number of HOST()
 *
 * host    moved on
 * Returns 1; 0 at the end
 */
int distcmd_host(struct bytes *host, uint32_t *number);

/* distcmd_visited - the next name of VIS()
 *
 * visited moved on
 * name    receives it
 * Returns 1; 0 at the end
 */
int distcmd_visited(struct bytes *visited, struct bytes *name);

/* distcmd_format - the text of a DIST2 job, up to its data
 *
 * out     appended: JOB card, the command in cards of at most DISTCMD_COLUMNS
 *         bytes, the dataset TO, and the card "//DATA DD *,EOF"; the message is
 *         for the caller to append.  Lines end with LF.  Unchanged on failure
 * d       type MAIL or FILE; file, from or from_null, pool, dkim, prior, i,
 *         forw, crc, id, hops, visited, table and host are used
 * job     name of the job: no blank, slash or control byte
 * recipients
 *         whole lines of the dataset TO; empty: there is none, only HOST()
 * Returns 0; -1 with errno ENOMEM, or EINVAL when a value cannot be written:
 *         distcmd_parse of the command would not give d again
 */
int distcmd_format(stralloc *out, const struct distcmd *d, struct bytes job,
    struct bytes recipients);

#endif
