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
 * A transaction holds what it writes in memory until its commit. A store that
 * was opened with STORE_BULK writes into the file instead, through a shared
 * map, onto pages that no committed state holds: memory that the kernel can
 * take back, and the same promises. The file grows for that, and is cut where
 * the newest state ends when the transaction is over; if the writer dies, the
 * next store_open for writing cuts it.
 *
 * A store is not carried over a fork: the child opens its own. One process
 * opens the same directory once.
 */
#ifndef LSV_STORE_H
#define LSV_STORE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/bytes.h"

enum {
	STORE_READ = 0,
	STORE_WRITE = 1,
	STORE_BULK = 2,      /* to write very many keys in one transaction */
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

/* struct store - an open store; txn is the transaction under way, or NULL
 *
 * expect  pages for what store_expect heard of, in bytes
 * end, reserved, mapped
 *         of the file when writing in bulk, in bytes: the newest state, what
 *         has its place on the disk, the map
 */
struct store {
	struct MDB_env *env;
	struct MDB_txn *txn;
	int lock, write, writing, bulk;
	size_t expect, end, reserved, mapped;
};

/* struct store_cursor - a place in a table, valid as long as the transaction */
struct store_cursor {
	struct MDB_cursor *c;
};

/* store_open - open a store, or make it
 *
 * s       overwritten
 * dir     an existing directory
 * mode    STORE_READ; STORE_WRITE, which makes what is missing; or STORE_BULK,
 *         which does so too and knows only writing transactions
 * perm    mode of new files, whatever the umask
 * Returns 0; -1 with errno: ENOENT when there is none to read, EIO when the
 *         file is damaged
 */
int store_open(struct store *s, const char *dir, int mode, mode_t perm);

/* store_close - drop the transaction, if any, and everything else */
void store_close(struct store *s);

/* store_expect - how much will be put into a store opened with STORE_BULK
 *
 * A transaction that puts more than was expected when it began may fail with
 * ENOSPC.
 * puts    so many times
 * bytes   of keys and values together
 */
void store_expect(struct store *s, uint64_t puts, uint64_t bytes);

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
 * Returns 0; -1 with errno, and then nothing was changed.  After an error of the
 *         disk every later call may fail with ENOTRECOVERABLE, until the store
 *         is opened again; with STORE_BULK that error may have struck the very
 *         last page, and what is true shows when it is opened again
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
