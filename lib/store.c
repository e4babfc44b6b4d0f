#include "lib/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/lock.h"

/* Address space, not memory or disk: the file grows as it is written. */
#define MAP_SIZE ((size_t)64 << 30)

enum { BYTE_READERS = 0, BYTE_WRITER = 1, BYTE_GATE = 2 };

/* For writing in bulk. */
enum {
	NODE_BYTES = 16,   /* of LMDB's own for one key, at most */
	PAGES_FOR = 4,     /* pages are a quarter full, or fuller */
	RESERVE = 8 << 20, /* bytes; far more than one store_put writes */
	FREE_PART = 256, /* of the file: two lists of its pages, 8 bytes each */
	PAGE_LARGEST = 65536, /* bytes; a map is whole pages */
};

/* LMDB's return as ours. */
static int
fail(int rc)
{
	switch (rc) {
	case MDB_MAP_FULL:
		errno = ENOSPC;
		break;
	case MDB_BAD_VALSIZE:
		errno = EINVAL;
		break;
	case MDB_INVALID:
	case MDB_CORRUPTED:
	case MDB_PAGE_NOTFOUND:
	case MDB_VERSION_MISMATCH:
		errno = EIO;
		break;
	case MDB_PANIC:
		errno = ENOTRECOVERABLE;
		break;
	default:
		/* above 0 it is an errno, below an error of ours */
		errno = rc > 0 ? rc : EINVAL;
	}
	return -1;
}

static int
lock_byte(const struct store *s, off_t byte, int type)
{
	int r;

	do
		r = lock_file(s->lock, type, byte, 1, 1);
	while (r < 0 && errno == EINTR);
	return r;
}

static void
unlock_all(const struct store *s)
{
	int err = errno;

	lock_file(s->lock, F_UNLCK, 0, 3, 0);
	errno = err;
}

static int
lock_shared(const struct store *s)
{
	if (lock_byte(s, BYTE_GATE, F_RDLCK) < 0 ||
	    lock_byte(s, BYTE_READERS, F_RDLCK) < 0 ||
	    lock_file(s->lock, F_UNLCK, BYTE_GATE, 1, 0) < 0) {
		unlock_all(s);
		return -1;
	}
	return 0;
}

static int
lock_alone(const struct store *s)
{
	if (lock_byte(s, BYTE_GATE, F_WRLCK) < 0 ||
	    lock_byte(s, BYTE_READERS, F_WRLCK) < 0)
		return -1;
	return 0;
}

static int
lock_open(const char *dir, int mode, mode_t perm)
{
	char path[PATH_MAX];
	struct stat st;
	int fd, n;

	n = snprintf(path, sizeof path, "%s/lock", dir);
	if (n < 0 || (size_t)n >= sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (mode == STORE_READ)
		return open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, perm);
	if (fd < 0)
		return -1;
	/* only what is wrong is set: another may have made it, and own it */
	if (fstat(fd, &st) < 0 ||
	    ((st.st_mode & 07777) != perm && fchmod(fd, perm) < 0)) {
		fio_close(fd);
		return -1;
	}
	return fd;
}

/* A new data.mdb got its mode through the umask; its name is not yet durable. */
static int
settle(const char *dir, mode_t perm)
{
	struct stat st;
	int fd, r = -1;

	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstatat(fd, "data.mdb", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    ((st.st_mode & 07777) == perm ||
		fchmodat(fd, "data.mdb", perm, 0) == 0))
		r = fsync(fd);
	fio_close(fd);
	return r;
}

/* The end of the newest state, in bytes from the start of the file. */
static size_t
end_of(const struct store *s)
{
	MDB_envinfo info = {0};
	MDB_stat st = {0};

	mdb_env_info(s->env, &info);
	mdb_env_stat(s->env, &st);
	return (info.me_last_pgno + 1) * st.ms_psize;
}

/* Cuts off what a writer that died left behind the newest state. */
static int
cut(const struct store *s)
{
	size_t end = end_of(s);
	struct stat st;
	int fd, rc = mdb_env_get_fd(s->env, &fd);

	if (rc)
		return fail(rc);
	if (fstat(fd, &st) < 0)
		return -1;
	return st.st_size > (off_t)end ? ftruncate(fd, (off_t)end) : 0;
}

/* Of the two pages of a new file: is one blank, and neither any other thing than
 * blank or a head of LMDB?  1; 0; -1 */
static int
is_blank(const char *path, size_t page)
{
	static const char none[20];
	enum { MAGIC_AT = 16 }; /* behind the header of a page */
	const uint32_t magic = UINT32_C(0xbeefc0de);
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC), blank = 0;
	char head[sizeof none];

	if (fd < 0)
		return -1;
	for (size_t i = 0; i < 2 && blank >= 0; i++) {
		ssize_t n = pread(fd, head, sizeof head, (off_t)(i * page));

		if (n != sizeof head)
			blank = n < 0 ? -1 : -2;
		else if (memcmp(head, none, sizeof head) == 0)
			blank = 1;
		else if (memcmp(head + MAGIC_AT, &magic, sizeof magic) != 0)
			blank = -2;
	}
	fio_close(fd);
	return blank == -2 ? 0 : blank;
}

/* Every state has two pages at least, and more once anything was written. What
 * is shorter was being made when the disk was full; what has just two, and a
 * blank one, when the power was cut. LMDB would refuse both for ever. */
static int
remove_stub(const char *dir)
{
	const off_t page = (off_t)sysconf(_SC_PAGESIZE);
	char path[PATH_MAX];
	struct stat st;
	int r;

	if (snprintf(path, sizeof path, "%s/data.mdb", dir) >=
	    (int)sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISREG(st.st_mode) || st.st_size > 2 * page)
		return 0;
	r = st.st_size < 2 * page ? 1 : is_blank(path, (size_t)page);
	return r == 1 ? unlink(path) : r;
}

static int
env_open(struct store *s, const char *dir, mode_t perm)
{
	unsigned flags = MDB_NOLOCK | MDB_NOMEMINIT;
	int rc;

	if (s->write && remove_stub(dir) < 0)
		return -1;

	if (!s->write)
		flags |= MDB_RDONLY;
	if (s->bulk)
		flags |= MDB_WRITEMAP;
	rc = mdb_env_create(&s->env);
	/* with MDB_WRITEMAP the file gets the size of the map: that of the
	 * newest state at least, and until store_begin no more */
	if (rc == 0)
		rc = mdb_env_set_mapsize(s->env, s->bulk ? 1 : MAP_SIZE);
	if (rc == 0)
		rc = mdb_env_set_maxdbs(s->env, STORE_TABLES);
	if (rc == 0)
		rc = mdb_env_open(s->env, dir, flags, perm);
	if (rc)
		return fail(rc);
	if (!s->write)
		return 0;
	return settle(dir, perm) < 0 ? -1 : cut(s);
}

int
store_open(struct store *s, const char *dir, int mode, mode_t perm)
{
	*s = (struct store){.lock = -1,
	    .write = mode != STORE_READ,
	    .bulk = mode == STORE_BULK};
	s->lock = lock_open(dir, mode, perm);
	if (s->lock < 0)
		return -1;
	/* opening reads the head of the file, and a writer may have to make
	 * it: nobody else may be at it meanwhile */
	if (s->write && lock_byte(s, BYTE_WRITER, F_WRLCK) < 0)
		goto bad;
	if ((s->write ? lock_alone(s) : lock_shared(s)) < 0)
		goto bad;
	if (env_open(s, dir, perm) < 0)
		goto bad;
	unlock_all(s);
	return 0;
bad:
	store_close(s);
	return -1;
}

void
store_close(struct store *s)
{
	int err = errno;

	if (s->txn)
		store_end(s, 0);
	if (s->env)
		mdb_env_close(s->env);
	fio_close(s->lock);
	*s = (struct store){.lock = -1};
	errno = err;
}

void
store_expect(struct store *s, uint64_t puts, uint64_t bytes)
{
	s->expect = PAGES_FOR * (bytes + puts * NODE_BYTES);
}

/* Gives map and file this size. */
static int
map_resize(struct store *s, size_t bytes)
{
	int fd, rc = mdb_env_get_fd(s->env, &fd);

	/* LMDB does this too, but when it fails there, the map is gone */
	if (rc == 0 && ftruncate(fd, (off_t)bytes) < 0)
		return -1;
	if (rc == 0)
		rc = mdb_env_set_mapsize(s->env, bytes);
	if (rc)
		return fail(rc);
	s->mapped = bytes;
	return 0;
}

/* Takes room on the disk for so many pages of a table and for what else one
 * call may write: writing to a page of the map that has none would be a signal
 * when the disk is full. At worst all of the pages are new ones, at the end. */
static int
reserve(struct store *s, const MDB_stat *table)
{
	size_t pages = table->ms_branch_pages + table->ms_leaf_pages +
	    table->ms_overflow_pages;
	size_t need = s->end + s->end / FREE_PART + pages * table->ms_psize;
	int fd, r;

	if (need + RESERVE <= s->reserved || s->reserved == s->mapped)
		return 0;
	need += (size_t)2 * RESERVE;
	if (need > s->mapped)
		need = s->mapped; /* LMDB says it when that is not enough */
	r = mdb_env_get_fd(s->env, &fd);
	if (r)
		return fail(r);
	/* from the start of the file: a free page may be a hole as well */
	do
		r = posix_fallocate(
		    fd, (off_t)s->reserved, (off_t)(need - s->reserved));
	while (r == EINTR);
	if (r)
		return fail(r);
	s->reserved = need;
	return 0;
}

/* Makes the map large enough for what is expected, and for all pages of the
 * newest state written anew. */
static int
map_large(struct store *s)
{
	const MDB_stat none = {0};
	size_t bytes;

	s->end = end_of(s);
	s->reserved = 0;
	bytes =
	    2 * s->end + s->end / FREE_PART + s->expect + (size_t)3 * RESERVE;
	if (map_resize(s, bytes - bytes % PAGE_LARGEST) < 0)
		return -1;
	return reserve(s, &none);
}

/* Makes it as small as it can be; if that fails, the next store_open does. */
static void
map_small(struct store *s)
{
	int err = errno;

	map_resize(s, end_of(s));
	errno = err;
}

static int
begin(struct store *s, int write)
{
	int rc;

	if (s->bulk && map_large(s) < 0)
		return -1;
	rc = mdb_txn_begin(s->env, NULL, write ? 0 : MDB_RDONLY, &s->txn);
	if (rc == 0)
		return 0;
	s->txn = NULL;
	return fail(rc);
}

int
store_begin(struct store *s, int write)
{
	if (s->txn || (write ? !s->write : s->bulk)) {
		errno = EINVAL;
		return -1;
	}
	if ((write ? lock_byte(s, BYTE_WRITER, F_WRLCK) : lock_shared(s)) < 0)
		return -1;
	if (begin(s, write) < 0) {
		if (s->bulk)
			map_small(s);
		unlock_all(s);
		return -1;
	}
	s->writing = write;
	return 0;
}

int
store_end(struct store *s, int keep)
{
	int rc = 0;

	if (!s->txn) {
		errno = EINVAL;
		return -1;
	}
	if (s->writing && keep && lock_alone(s) < 0) {
		rc = errno;
		keep = 0;
	}
	/* a reading transaction is committed as well: that is what keeps its
	 * table handles for the next one */
	if (keep || !s->writing) {
		rc = mdb_txn_commit(s->txn);
	} else {
		mdb_txn_abort(s->txn);
	}
	s->txn = NULL;
	if (s->bulk)
		map_small(s);
	unlock_all(s);
	return rc ? fail(rc) : 0;
}

int
store_table(struct store *s, unsigned *table, const char *name, int make)
{
	int rc = mdb_dbi_open(s->txn, name, make ? MDB_CREATE : 0, table);

	if (rc == MDB_NOTFOUND)
		return 0;
	return rc ? fail(rc) : 1;
}

/* LMDB takes what it only reads through pointers that are not const. */
static MDB_val
value_of(struct bytes b)
{
	union {
		const char *in;
		void *out;
	} p = {b.s};

	return (MDB_val){b.len, p.out};
}

static struct bytes
bytes_of(MDB_val v)
{
	return (struct bytes){v.mv_data, v.mv_size};
}

int
store_get(
    struct store *s, unsigned table, struct bytes key, struct bytes *value)
{
	MDB_val k = value_of(key), v;
	int rc;

	if (key.len == 0 || key.len > STORE_KEY_MAX)
		return 0;
	rc = mdb_get(s->txn, table, &k, &v);
	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc)
		return fail(rc);
	*value = bytes_of(v);
	return 1;
}

int
store_put(struct store *s, unsigned table, struct bytes key, struct bytes value,
    int flags)
{
	MDB_val k = value_of(key), v = value_of(value);
	unsigned how = 0;
	MDB_stat st;
	int rc;

	if (s->bulk) {
		rc = mdb_stat(s->txn, table, &st);
		if (rc)
			return fail(rc);
		if (reserve(s, &st) < 0)
			return -1;
	}
	if (flags & STORE_NEW)
		how |= MDB_NOOVERWRITE;
	if (flags & STORE_LAST)
		how |= MDB_APPEND;
	rc = mdb_put(s->txn, table, &k, &v, how);
	if (rc == MDB_KEYEXIST && !(flags & STORE_LAST))
		return 0;
	return rc ? fail(rc) : 1;
}

int
store_del(struct store *s, unsigned table, struct bytes key)
{
	MDB_val k = value_of(key);
	int rc;

	if (key.len == 0 || key.len > STORE_KEY_MAX)
		return 0;
	rc = mdb_del(s->txn, table, &k, NULL);
	if (rc == MDB_NOTFOUND)
		return 0;
	return rc ? fail(rc) : 1;
}

static int
cursor_get(struct store_cursor *c, MDB_val *k, struct bytes *key,
    struct bytes *value, MDB_cursor_op op)
{
	MDB_val v;
	int rc = mdb_cursor_get(c->c, k, &v, op);

	if (rc == MDB_NOTFOUND)
		return 0;
	if (rc)
		return fail(rc);
	*key = bytes_of(*k);
	*value = bytes_of(v);
	return 1;
}

int
store_seek(struct store *s, unsigned table, struct store_cursor *c,
    struct bytes from, struct bytes *key, struct bytes *value)
{
	MDB_val k = value_of(from);
	int rc;

	*c = (struct store_cursor){NULL};
	rc = mdb_cursor_open(s->txn, table, &c->c);
	if (rc)
		return fail(rc);
	return cursor_get(
	    c, &k, key, value, from.len ? MDB_SET_RANGE : MDB_FIRST);
}

int
store_next(struct store_cursor *c, struct bytes *key, struct bytes *value)
{
	MDB_val k = {0, NULL};

	return cursor_get(c, &k, key, value, MDB_NEXT);
}

int
store_del_here(struct store_cursor *c)
{
	int rc = mdb_cursor_del(c->c, 0);

	return rc ? fail(rc) : 0;
}

void
store_cursor_end(struct store_cursor *c)
{
	if (c->c)
		mdb_cursor_close(c->c);
	c->c = NULL;
}

int
store_last(struct store *s, unsigned table, struct bytes *key)
{
	struct store_cursor c = {NULL};
	struct bytes value;
	MDB_val k = {0, NULL};
	int rc;

	rc = mdb_cursor_open(s->txn, table, &c.c);
	if (rc)
		return fail(rc);
	rc = cursor_get(&c, &k, key, &value, MDB_LAST);
	store_cursor_end(&c);
	return rc;
}
