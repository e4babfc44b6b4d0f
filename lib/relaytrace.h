/* relaytrace.h - the report of DEBUG=YES, TRACE=YES and ACK=MAIL: where each
 * recipient goes, by which servers, and what is sent
 *
 * Source  RFC 1429, "Testing a distribution"; where it shows nothing: a host
 *         with several recipients ends in " - 3 recipients", other servers come
 *         in the order of their indexes, a file in place of mail is
 *         "distributed to" somebody as in the log of LISTSERV
 */
#ifndef LSV_RELAYTRACE_H
#define LSV_RELAYTRACE_H

#include "lib/json.h"
#include "lib/relay.h"

/* struct relaytrace_host - a host with recipients
 *
 * at, len its name in names, upper case
 * nearest server, as struct relay_move has it
 * first   which recipient is the first on it
 * n       how many recipients it has
 * rule    of the first one, as struct relay_move has it
 */
struct relaytrace_host {
	size_t at, len;
	uint32_t nearest;
	uint64_t first, n;
	const char *rule;
};

/* struct relaytrace_server - another server, by number, and how many recipients
 * it is left with or has to pass on */
struct relaytrace_server {
	uint32_t number;
	uint64_t n;
};

/* struct relaytrace - a distribution that was tried
 *
 * config, get, arg, count  as given
 * went    of each recipient the number of the server it is left to, or one of
 *         RELAYTRACE_DIRECT, RELAYTRACE_LOCAL
 * host    those with recipients, by name
 * path    servers nearest to hosts, but for ourselves, in the order of the first
 *         recipients
 * forward servers that get something, by index
 * names   what the names of hosts are in
 * slot, relay  not for callers
 */
struct relaytrace {
	const struct relay_config *config;
	struct bytes (*get)(void *arg, uint64_t n);
	void *arg;
	uint64_t count;

	uint32_t *went;
	struct relaytrace_host *host;
	size_t hosts, host_room;
	struct relaytrace_server *path, *forward;
	size_t paths, forwards;
	stralloc names;
	uint32_t *slot;
	size_t slots;
	struct relay relay;
};

#define RELAYTRACE_DIRECT (UINT32_MAX - 1)
#define RELAYTRACE_LOCAL (UINT32_MAX - 2)

/* relaytrace_make - decide about all recipients, as lsv-route would
 *
 * t       overwritten; free with relaytrace_free, also after a failure
 * config  must stay, as for relay_begin
 * get     gives recipient n, an address in normal form, which stays valid until
 *         the next call; recipients in order of addr_key, none twice
 * Memory  4 bytes for each recipient, and what the hosts need
 * Returns 0; -1 with errno
 */
int relaytrace_make(struct relaytrace *t, const struct relay_config *config,
    struct bytes (*get)(void *arg, uint64_t n), void *arg, uint64_t count);

/* relaytrace_table - the report of DEBUG and TRACE
 *
 * out     "Debug trace information:", an empty line, one line for each host, an
 *         empty line; and when there are other servers "Path information:", an
 *         empty line, one line for each of them, an empty line.  Appended
 * Returns 0; -1 with errno
 */
int relaytrace_table(const struct relaytrace *t, stralloc *out);

/* relaytrace_moves - what is sent, one line for each: first the servers, then
 * the recipients that are served from here
 *
 * out     appended
 * prefix  before each line: "(Debug) " when nothing is really sent, or ""
 * file    name of the file, "X-SUPD JOB"; empty: it is mail
 * most    so many recipients at most, then the number of the others; 0: all
 * Returns 0; -1 with errno
 */
int relaytrace_moves(const struct relaytrace *t, stralloc *out,
    const char *prefix, struct bytes file, uint64_t most);

/* relaytrace_json - all of it: local[], direct[], forward[{server,
 * recipients[]}], hosts[{host, server, index, recipients, single, rule}],
 * paths[{server, via[]}]
 *
 * j       inside an object
 * Returns 0; -1 with errno
 */
int relaytrace_json(const struct relaytrace *t, struct json *j);

/* relaytrace_name - the name of a server as a report shows it
 *
 * number  one of the table, or RELAY_GATE; without a table any other number is
 *         ourselves, by the first domain of ours
 * name    in the table or the configuration
 * index   0 without a table; may be NULL
 * Returns 0; -1 with errno, EPROTO when there is no such server
 */
int relaytrace_name(const struct relay_config *config, uint32_t number,
    struct bytes *name, uint32_t *index);

/* relaytrace_forward - which of t->forward a server is; t->forwards when none */
size_t relaytrace_forward(const struct relaytrace *t, uint32_t number);

/* relaytrace_upper - append bytes with A to Z for a to z; 0, or -1 with ENOMEM */
int relaytrace_upper(stralloc *out, struct bytes b);

/* relaytrace_free - give the memory back */
void relaytrace_free(struct relaytrace *t);

#endif
