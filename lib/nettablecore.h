/* nettablecore.h - what is in the file of a nettable; for its own modules
 *
 * The keys of a table:
 *
 *	NAME	a name of hosts in lower case, without "*."; the value is FLAGS
 *		1 and for each bit of it, the lower first, one place: node 4,
 *		line 4, file 1. NETTABLE_EXACT is the name itself,
 *		NETTABLE_BELOW the suffix "*.NAME"
 *	1 NAME	a name, node or host of a server in lower case: its number, 4
 *	2 INDEX	the index of a server, 4: its number, 4
 *	0	the head, in one piece so that a table that is not in memory is
 *		opened fast: NETTABLE_FORMAT and the numbers of enum
 *		nettable_head, and behind it the five parts whose lengths they
 *		are:
 *		    of each file a record of enum nettable_source_at,
 *		    the texts: of each the length, 2, and its bytes; records name
 *		    it by its place there, 4. At place 0 is the empty text,
 *		    of each server a record of enum nettable_server_at,
 *		    of each node one of enum nettable_node_at,
 *		    a filter (lib/keyfilter.h) of all NAME: most of what is not
 *		    there needs no look-up
 *
 * (Bytes; numbers have the little end first. No NAME holds a byte up to ' '.)
 */
#ifndef LSV_NETTABLECORE_H
#define LSV_NETTABLECORE_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "lib/bytes.h"

#define NETTABLE_FORMAT "lsv-network 1\n"

#define NETTABLE_HEAD "\0"

enum {
	NETTABLE_HEAD_LEN = 1, /* of its key */
	NETTABLE_BY_NAME = 1,  /* first byte of a key */
	NETTABLE_BY_INDEX = 2, /* likewise */

	NETTABLE_EXACT = 1,
	NETTABLE_BELOW = 2,
	NETTABLE_PLACE = 9, /* bytes of a place */
	NETTABLE_NO_FILE = 255,
};

/* What is behind the head. */
enum nettable_part {
	PART_SOURCES,
	PART_TEXTS,
	PART_SERVERS,
	PART_NODES,
	PART_FILTER,
	NETTABLE_PARTS,
};

/* Places of the numbers in the head, 4 bytes each but the time and the lengths;
 * and its end. */
enum nettable_head {
	HEAD_SELF = sizeof NETTABLE_FORMAT - 1,
	HEAD_SERVERS = HEAD_SELF + 4,
	HEAD_NODES = HEAD_SERVERS + 4,
	HEAD_ENTRIES = HEAD_NODES + 4,
	HEAD_LINKS = HEAD_ENTRIES + 4,
	HEAD_REACHED = HEAD_LINKS + 4,
	HEAD_SOURCES = HEAD_REACHED + 4,
	HEAD_HOPS = HEAD_SOURCES + 4,
	HEAD_VERSION = HEAD_HOPS + 4,
	HEAD_DIGEST = HEAD_VERSION + 4,
	HEAD_MADE = HEAD_DIGEST + 4,
	HEAD_PARTS = HEAD_MADE + 8,
	HEAD_LEN = HEAD_PARTS + NETTABLE_PARTS * 8,
};

/* Of a node: the nearest server, its name, and what the way from that server
 * and the way from here cost, 8 bytes each. */
enum nettable_node_at {
	NODE_SERVER = 0,
	NODE_NAME = 4,
	NODE_COST = 8,
	NODE_HERE = 16,
	NODE_LEN = 24,
};

/* Of a server: 4 bytes each, the cost 8, and the last ones 1. */
enum nettable_server_at {
	SERVER_COST = 0,
	SERVER_INDEX = 8,
	SERVER_NODE = 12,
	SERVER_HOP = 16,
	SERVER_VIA = 20,
	SERVER_NAME = 24,
	SERVER_USERID = 28,
	SERVER_HOST = 32,
	SERVER_VERSION = 36,
	SERVER_KEY = 40,
	SERVER_LINE = 44,
	SERVER_FILE = 48,
	SERVER_BACKBONE = 49,
	SERVER_LEN = 50,
};

/* Of a file, 4 bytes each. */
enum nettable_source_at {
	SOURCE_NAME = 0,
	SOURCE_VERSION = 4,
	SOURCE_ENTRIES = 8,
	SOURCE_LEN = 12,
};

/* nettable_get32, nettable_get64, nettable_put32, nettable_put64 - a number at a
 * place that need not be aligned */
static inline uint32_t
nettable_get32(const char *p)
{
	uint32_t n;

	memcpy(&n, p, sizeof n);
	return le32toh(n);
}

static inline uint64_t
nettable_get64(const char *p)
{
	uint64_t n;

	memcpy(&n, p, sizeof n);
	return le64toh(n);
}

static inline void
nettable_put32(char *p, uint32_t n)
{
	n = htole32(n);
	memcpy(p, &n, sizeof n);
}

static inline void
nettable_put64(char *p, uint64_t n)
{
	n = htole64(n);
	memcpy(p, &n, sizeof n);
}

/* nettable_lower - a name as keys have it
 *
 * out     room for NETHOST_MAX bytes
 * Returns 1; 0 when the name is empty, longer than NETHOST_MAX or has a byte
 *         that no key has
 */
int nettable_lower(char *out, struct bytes name);

#endif
