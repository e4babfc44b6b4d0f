/* path.h - what lsv-path works with */
#ifndef LSV_PATH_PATH_H
#define LSV_PATH_PATH_H

#include "lib/json.h"
#include "lib/network.h"
#include "lib/relay.h"
#include "lib/relaylinks.h"
#include "lib/relaytables.h"
#include "lib/relaywalk.h"
#include "lib/site.h"

enum {
	PATH_UNKNOWN = 1, /* exit code: a host is not known */
	PATH_BAD = 65,    /* exit code: bad lines, or bad tables */
	PATH_BAD_SHOWN = 20,
	PATH_TEXT_MAX = 1 << 30, /* bytes of all recipients */
};

/* struct rcpts - the recipients that were read
 *
 * text    of all of them: key and address, one behind the other
 * rcpt    n of them, in the order of their keys, none twice
 * bad     lines that are none
 * twice   lines whose recipient was there already
 */
struct rcpts {
	stralloc text;
	struct rcpt {
		size_t at;
		uint16_t key, address;
	} * rcpt;
	uint64_t n, room, bad, twice;
};

/* struct path - the program
 *
 * table_path, dir, self, map   the options, NULL when they were not given
 * site        when it was needed
 * installed   the table of lsv-table, when it is the one to use
 * net, tables the network of a directory, and what servers make of it
 * config      with the table to use, if there is one
 * source      where it came from, for people
 * out         what is printed in the end
 */
struct path {
	const char *table_path, *dir, *self, *map;
	int json, trace;

	struct site site;
	struct nettable installed;
	struct network net;
	struct relaytables tables;
	uint32_t start;
	struct relay_config config;
	stralloc source;
	struct rcpts rcpts;
	stralloc out;
	struct json j;
};

_Noreturn void die_memory(void);

/* put, put_bytes, putf - print; the program ends when there is no memory */
void put(struct path *p, const char *z);
void put_bytes(struct path *p, struct bytes b);
__attribute__((format(printf, 2, 3))) void putf(
    struct path *p, const char *format, ...);

/* source.c */

/* source_open - the table, or the network of a directory; before that, root
 * becomes the owner of it.  The program ends when it cannot be used */
void source_open(struct path *p);

/* rcpts.c */

/* rcpts_read - standard input: a recipient a line, as in a job
 *
 * Bad lines are told to standard error, the first PATH_BAD_SHOWN.
 */
void rcpts_read(struct path *p);

/* rcpts_get - recipient n; arg is a struct path */
struct bytes rcpts_get(void *arg, uint64_t n);

/* host.c */

/* host_tell - which server is nearest to a host, and why
 *
 * name    a host, or an address
 * Returns 1 when it is known; 0
 */
int host_tell(struct path *p, const char *name);

/* trace.c */

/* trace_tell - what becomes of the recipients */
void trace_tell(struct path *p);

/* map.c */

/* map_tell - draw the network, and the way of the recipients if there are any */
void map_tell(struct path *p);

/* struct map - what is drawn
 *
 * node    of each recipient; NETWORK_NONE: unknown
 * walk    where they go, when p->trace
 * relayed, direct   the links that are crossed on the way
 * drawn   of each node: 1 when it is in the picture
 * count   of the nodes that are
 */
struct map {
	struct path *p;
	uint32_t *node;
	struct relaywalk walk;
	struct relaylinks relayed, direct;
	unsigned char *drawn;
	uint32_t count;
};

/* dot.c */

/* dot_text - the picture in the language of graphviz; -1 with errno ENOMEM */
int dot_text(const struct map *m, stralloc *out);

/* dot_run - make SVG of it; the program ends when graphviz is not there
 *
 * many    1: a picture of so many nodes that they cannot be ranked
 */
void dot_run(stralloc *svg, const stralloc *text, int many);

#endif
