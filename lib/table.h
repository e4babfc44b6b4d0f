/* table.h - constant tables: compiled once, read by every program
 *
 * A table is a file in the cdb format of D. J. Bernstein, made whole and put
 * in the place of the old one by rename; a reader keeps the old one until it
 * asks for the new. It is never changed in place: a reader that has a
 * shortened file mapped would die of SIGBUS. This module is the only one that
 * sees tinycdb, whose functions have the same names as some of libowfat's.
 */
#ifndef LSV_TABLE_H
#define LSV_TABLE_H

#include <stddef.h>
#include <sys/stat.h>

enum { TABLE_KEY_MAX = 65535 }; /* bytes */

struct cdb;
struct cdb_make;

/* struct table - a table open for reading; zeroed is closed */
struct table {
	struct cdb *cdb;
	char *path;
	struct stat seen;
};

/* struct table_entry - one key and its value, inside the map
 *
 * key, value   valid until the table is refreshed or closed; no NUL behind
 */
struct table_entry {
	const char *key, *value;
	size_t klen, vlen;
};

/* table_open - maps a table
 *
 * t       zeroed; stays closed on failure
 * path    remembered for table_refresh
 * Returns 0; -1 with errno ENOENT when there is none, EPROTO when the file is
 *         not a whole table, ENOMEM, or what open, fstat and mmap said
 */
int table_open(struct table *t, const char *path);

/* table_same - is what was seen of a path before and now the same file
 *
 * a, b    of stat or fstat; zeroed is the same as no file
 * Returns 1; 0 when another took its place, or it was changed
 */
int table_same(const struct stat *a, const struct stat *b);

/* table_refresh - opens the file again if another one took its place
 *
 * t       as table_open left it
 * Returns 1 when a new table is in use, 0 when it is the same; -1 with the
 *         errno of table_open: the old table stays in use
 */
int table_refresh(struct table *t);

/* table_find - the first value stored under a key
 *
 * key     klen bytes
 * value   set to vlen bytes inside the map, valid until the table is refreshed
 *         or closed; no NUL behind
 * Returns 1 found, 0 absent; -1 with errno EPROTO when the file is damaged
 */
int table_find(const struct table *t, const void *key, size_t klen,
    const char **value, size_t *vlen);

/* table_next - walks over all entries, in the order they were added
 *
 * at      0 before the first call; not to be changed in between
 * e       receives the entry
 * Returns 1 found, 0 after the last one; -1 with errno EPROTO when the file is
 *         damaged
 */
int table_next(const struct table *t, size_t *at, struct table_entry *e);

/* table_close - gives the map back; a closed table may be closed again */
void table_close(struct table *t);

/* struct table_make - a table being built; zeroed is closed */
struct table_make {
	struct cdb_make *cdb;
	char *name, *tmp;
	int dir, fd;
};

/* table_make_begin - starts a table beside the one it will replace
 *
 * m       zeroed; stays closed on failure
 * dir     directory descriptor or AT_FDCWD, kept open until the end
 * name    of the table; it is built as "tmp.<name>", and what an earlier run
 *         left under that name is removed. One maker at a time.
 * Returns 0; -1 with errno
 */
int table_make_begin(struct table_make *m, int dir, const char *name);

/* table_make_add - adds an entry; table_find will see the first of equal keys
 *
 * key     klen bytes, at most TABLE_KEY_MAX
 * value   vlen bytes
 * Returns 0; -1 with errno EINVAL for too long a key, EFBIG when the table
 *         would not fit in 4 GiB, or what write said
 */
int table_make_add(struct table_make *m, const void *key, size_t klen,
    const void *value, size_t vlen);

/* table_make_finish - makes the table durable and puts it in place
 *
 * m       closed afterwards, whatever happens
 * mode    of the new file, whatever the umask
 * Returns 0; -1 with errno: the old table is still in place, except after a
 *         failed sync of the directory, when either may be found later
 */
int table_make_finish(struct table_make *m, mode_t mode);

/* table_make_abandon - gives up; the old table stays
 *
 * m       closed afterwards; may be closed already
 */
void table_make_abandon(struct table_make *m);

#endif
