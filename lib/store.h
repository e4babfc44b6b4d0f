/* store.h - what changes while running: LMDB, with readers that need no write
 * access
 *
 * One directory is one store: data.mdb, made by LMDB, and lock, ours. LMDB's
 * own locking is off everywhere; three bytes of lock take its place:
 *
 *	byte 0	shared by every reader for its whole transaction; a writer
 *		takes it exclusively, only around its commit
 *	byte 1	exclusively by the one writer, for its whole transaction
 *	byte 2	the gate: a writer that waits for byte 0 holds it exclusively,
 *		a reader passes through it on its way to byte 0, so that a
 *		stream of readers cannot keep a writer waiting forever
 *
 * What a reader sees is therefore one committed state, and no page of it is
 * reused before its transaction ends: a writer may begin and write beside it,
 * because LMDB reuses only pages that neither the newest state nor the one
 * before it holds, but its commit waits. So keep read transactions short.
 * A process that dies, anywhere, leaves the last committed state and no lock.
 *
 * A store is not carried over a fork: the child opens its own. One process
 * opens the same directory once.
 */
#ifndef LSV_STORE_H
#define LSV_STORE_H

#include <stddef.h>
#include <sys/types.h>

#include "lib/bytes.h"

enum {
	STORE_READ = 0,
	STORE_WRITE = 1,
	STORE_KEY_MAX = 511, /* bytes, LMDB's own limit */
	STORE_TABLES = 8,    /* named tables in one store, at most */
};

/* store_put() */
enum {
	STORE_NEW = 1,  /* only when the key is not there */
	STORE_LAST = 2, /* the caller knows that key is above all others */
};

struct MDB_env;
struct MDB_txn;
struct MDB_cursor;

/* struct store - an open store; txn is the transaction under way, or NULL */
struct store {
	struct MDB_env *env;
	struct MDB_txn *txn;
	int lock, write, writing;
};

/* struct store_cursor - a place in a table, valid as long as the transaction */
struct store_cursor {
	struct MDB_cursor *c;
};

/* store_open - open a store, or make it
 *
 * s       overwritten
 * dir     an existing directory
 * mode    STORE_READ, or STORE_WRITE, which makes what is missing
 * perm    mode of new files, whatever the umask
 * Returns 0; -1 with errno: ENOENT when there is none to read, EIO when the
 *         file is damaged
 */
int store_open(struct store *s, const char *dir, int mode, mode_t perm);

/* store_close - drop the transaction, if any, and everything else */
void store_close(struct store *s);

/* store_begin - begin a transaction; one at a time
 *
 * write   1 for a writing one: waits for other writers
 * Returns 0; -1 with errno
 */
int store_begin(struct store *s, int write);

/* store_end - end it
 *
 * keep    1 makes what was written durable (after the readers of this moment
 *         are done), 0 forgets it; no difference to a reading one
 * Returns 0; -1 with errno, and then nothing was changed
 */
int store_end(struct store *s, int keep);

/* store_table - a named table
 *
 * table   a small number for the other calls, valid in this transaction
 * name    of the table
 * make    1 makes it when missing; only in a writing transaction
 * Returns 1; 0 absent; -1 with errno
 */
int store_table(struct store *s, unsigned *table, const char *name, int make);

/* store_get - what stands under a key
 *
 * value   points into the store: valid until the next write, or the end of the
 *         transaction
 * Returns 1; 0 absent; -1 with errno
 */
int store_get(
    struct store *s, unsigned table, struct bytes key, struct bytes *value);

/* store_put - write a value
 *
 * key     1 to STORE_KEY_MAX bytes
 * flags   0 (puts over), or of STORE_NEW, STORE_LAST
 * Returns 1 written; 0 with STORE_NEW when the key was there; -1 with errno
 *         (EINVAL with STORE_LAST when it was not the last)
 */
int store_put(struct store *s, unsigned table, struct bytes key,
    struct bytes value, int flags);

/* store_del - remove a key
 *
 * Returns 1 removed; 0 absent; -1 with errno
 */
int store_del(struct store *s, unsigned table, struct bytes key);

/* store_seek - the first key that is not below one
 *
 * c       overwritten; closed by store_cursor_end
 * Returns 1 with key and value set (pointing into the store); 0 when there is
 *         none; -1 with errno
 */
int store_seek(struct store *s, unsigned table, struct store_cursor *c,
    struct bytes from, struct bytes *key, struct bytes *value);

/* store_next - the key after that
 *
 * Returns as store_seek
 */
int store_next(struct store_cursor *c, struct bytes *key, struct bytes *value);

/* store_del_here - remove what the cursor stands on; store_next then gives the
 * one behind it
 *
 * Returns 0; -1 with errno
 */
int store_del_here(struct store_cursor *c);

/* store_cursor_end - close a cursor; before the transaction ends */
void store_cursor_end(struct store_cursor *c);

/* store_last - the greatest key of a table
 *
 * Returns 1; 0 when the table is empty; -1 with errno
 */
int store_last(struct store *s, unsigned table, struct bytes *key);

#endif
