/* list.h - the parts of lsv-list */
#ifndef LSV_LIST_LIST_H
#define LSV_LIST_LIST_H

#include "lib/json.h"
#include "lib/listhdr.h"
#include "lib/lists.h"
#include "lib/ofat.h"

/* struct options - the command line
 *
 * arg     narg words behind the command
 * input   descriptor of the FILE or standard input, -1 when none is read;
 *         opened with the rights of the caller, read with those of the owner
 */
struct options {
	int json, dry_run, skip_bad, plain, map, lmtp;
	const char *owner, *header, *user;
	char **arg;
	int narg;
	int input;
};

/* struct program - options, the store, and what every part works with
 *
 * list    the list named by the first argument, once found
 * h       its header, once read
 * out     text for standard output
 */
struct program {
	struct options opt;
	struct lists lists;
	struct list list;
	struct listhdr h;
	stralloc out;
};

/* One function per command; they return the exit code, or die. */
int command_create(struct program *p);
int command_delete(struct program *p);
int command_header(struct program *p);
int command_add(struct program *p);
int command_remove(struct program *p);
int command_set(struct program *p);
int command_import(struct program *p);
int command_export(struct program *p);
int command_show(struct program *p);
int command_aliases(struct program *p);

/* program_open - open the store and begin a transaction
 *
 * write   1 also brings lists.cdb up to date
 * Returns 1; 0 when there is no store to read yet; else dies
 */
int program_open(struct program *p, int write);

/* program_open_bulk - open the store to put that many subscribers, and begin
 *
 * bytes   of their keys, addresses and names together
 */
void program_open_bulk(struct program *p, uint64_t subscribers, uint64_t bytes);

/* program_list - find the list of the first argument in p->list, and read its
 * header into p->h; dies when there is none */
void program_list(struct program *p);

/* program_keep - end a writing transaction, unless it is a dry run
 *
 * publish 1 when lists.cdb changes with it
 */
void program_keep(struct program *p, int publish);

/* program_header - check a header and say what will not be obeyed
 *
 * name    of the list, upper case
 * Dies when it cannot be taken
 */
void program_header(struct program *p, const char *name, struct bytes text);

/* program_address - an address from the command line, in normal form in p->out */
void program_address(struct program *p, const char *text);

/* program_print - write p->out to standard output and empty it */
void program_print(struct program *p);

/* die_memory, die_store - the two ways in which things fail */
_Noreturn void die_memory(void);
_Noreturn void die_store(const char *what);

/* shown - foreign text as it may stand on a terminal
 *
 * Returns static memory, overwritten by the next call: control bytes are '?',
 * cut at 80 bytes
 */
const char *shown(const char *s, size_t len);

/* today - the local day as a number, 20261122 */
uint32_t today(void);

#endif
