/* memory.h - what lsv-command remembers and nobody else may read
 *
 * A store (store.h) in $LSV_LIB/command. Each entry has a time after which it is
 * forgotten. The tables of enum memory_table hold:
 *
 *	passwords  addr_key() -> a record of lib/password.h
 *	cookies	cookie -> a record of lib/cookie.h
 *	pending	what was asked for -> nothing, as long as it is not asked again
 *	counts	kind, who -> a number; until the end of the local day
 *	jobs	what tells a job of another server from all others -> nothing
 *
 * and two of its own: meta, with the secret of the cookies, and undo.
 *
 * What a message changes is committed here first and in the store of lists next,
 * together with the ID of the message.  When the second commit does not come
 * about, memory_undo takes the first one back: the entries as they were before
 * are kept in undo until the next message begins.  So a second run of a message
 * sees what the first one saw.
 */
#ifndef LSV_MEMORY_H
#define LSV_MEMORY_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ids.h"
#include "lib/ofat.h"
#include "lib/store.h"

#define MEMORY_DIR "command" /* below $LSV_LIB */

enum memory_table {
	MEMORY_PASSWORDS,
	MEMORY_COOKIES,
	MEMORY_PENDING,
	MEMORY_COUNTS,
	MEMORY_JOBS,
	MEMORY_TABLES,
};

/* What is counted a day. */
enum memory_kind {
	MEMORY_MAIL = 'm',     /* messages with commands, per sender */
	MEMORY_REPLY = 'r',    /* answers to what was none, per address */
	MEMORY_WRONG = 'w',    /* wrong passwords and cookies, per sender */
	MEMORY_APPROVAL = 'a', /* mails that ask owners, per list */
	MEMORY_NOTICE = 'n',   /* questions, welcomes, farewells, per address */
	MEMORY_WAITING = 'd',  /* jobs kept until confirmed, per sender */
	MEMORY_DAMAGED = 'c', /* notices of jobs with a wrong CRC, per server */
};

enum {
	MEMORY_SECRET_LEN = 32,
	MEMORY_KEY_MAX = STORE_KEY_MAX,
};

#define MEMORY_FOREVER UINT64_MAX

/* struct memory - the open store; all but secret is its own */
struct memory {
	struct store store;
	unsigned table[MEMORY_TABLES], meta, undo;
	unsigned char secret[MEMORY_SECRET_LEN];
	char id[ID_NAME_MAX];
	uint32_t changes;
	stralloc room;
};

/* memory_open - open the store, or make it with a secret of its own
 *
 * dir     an existing directory, ours
 * Returns 0; -1 with errno
 */
int memory_open(struct memory *m, const char *dir);

/* memory_close - drop the transaction, if any, and close */
void memory_close(struct memory *m);

/* memory_begin - begin the transaction of a message
 *
 * The one before is done: what it changed cannot be taken back any more.
 * id      NUL-terminated
 * Returns 0; -1 with errno
 */
int memory_begin(struct memory *m, const char *id);

/* memory_end - end it
 *
 * keep    1 makes durable what was changed, if anything; 0 forgets it
 * Returns 0; -1 with errno, and then nothing was changed
 */
int memory_end(struct memory *m, int keep);

/* memory_undoable - whose changes can be taken back; outside a transaction
 *
 * id      receives the ID of that message
 * Returns 1; 0 when there is none; -1 with errno
 */
int memory_undoable(struct memory *m, char id[ID_NAME_MAX]);

/* memory_undo - take them back, durably; outside a transaction
 *
 * Returns 0, also when there is nothing to take back; -1 with errno
 */
int memory_undo(struct memory *m);

/* memory_get - what stands under a key
 *
 * value   points into the store: valid until the next write
 * Returns 1; 0 absent, or over; -1 with errno
 */
int memory_get(struct memory *m, enum memory_table table, struct bytes key,
    uint64_t now_us, struct bytes *value);

/* memory_put - write a value
 *
 * key     1 to MEMORY_KEY_MAX bytes
 * until_us   when it is forgotten, microseconds since 1970; MEMORY_FOREVER
 * Neither key nor value may point into the store.
 * Returns 0; -1 with errno
 */
int memory_put(struct memory *m, enum memory_table table, struct bytes key,
    uint64_t until_us, struct bytes value);

/* memory_del - remove a key
 *
 * Returns 1 removed; 0 absent; -1 with errno
 */
int memory_del(struct memory *m, enum memory_table table, struct bytes key);

/* memory_counted - how often something happened today
 *
 * who     in any case; cut after 256 bytes
 * n       receives the number
 * Returns 0; -1 with errno
 */
int memory_counted(struct memory *m, enum memory_kind kind, struct bytes who,
    uint64_t now_us, uint64_t *n);

/* memory_count - it happened once more; as memory_counted, one added */
int memory_count(struct memory *m, enum memory_kind kind, struct bytes who,
    uint64_t now_us, uint64_t *n);

/* memory_sweep - forget what is over, in a transaction of its own
 *
 * Not while changes of a message may have to be taken back.
 * max     so many entries at most
 * Returns how many were forgotten; -1 with errno
 */
ssize_t memory_sweep(struct memory *m, uint64_t now_us, size_t max);

#endif
