#include "lib/table.h"

#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A table begins with 256 pairs of 32-bit numbers, little end first: the place
 * and the number of slots of each hash table. These follow the entries one
 * after another and fill the rest of the file. */
enum { PAIRS = 256, PAIR_BYTES = 8, SLOT_BYTES = 8, HEAD_BYTES = 2048 };
_Static_assert(PAIRS *PAIR_BYTES == HEAD_BYTES, "cdb head");

/* Bytes of one entry besides its key and value: two lengths, and the slots
 * that its hash tables will need (twice as many as entries). */
enum { ENTRY_BYTES = 8 + 2 * SLOT_BYTES };

static int
protocol(void)
{
	errno = EPROTO;
	return -1;
}

static void
close_keeping_errno(int fd)
{
	int e = errno;

	if (fd >= 0)
		close(fd);
	errno = e;
}

/* A cut file is seen here: its hash tables do not end where it ends. */
static int
is_whole(const struct cdb *c)
{
	const unsigned char *p = c->cdb_mem;
	uint64_t at = cdb_unpack(p);
	int i;

	if (at < HEAD_BYTES)
		return 0;
	for (i = 0; i < PAIRS; i++, p += PAIR_BYTES) {
		if (cdb_unpack(p) != at)
			return 0;
		at += (uint64_t)cdb_unpack(p + 4) * SLOT_BYTES;
	}
	return at == c->cdb_fsize;
}

static struct cdb *
map(int fd, const struct stat *st)
{
	struct cdb *c;

	if (!S_ISREG(st->st_mode) || st->st_size < HEAD_BYTES ||
	    st->st_size > (off_t)UINT32_MAX) {
		protocol();
		return NULL;
	}
	c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	if (cdb_init(c, fd) < 0) {
		free(c);
		return NULL;
	}
	if (!is_whole(c)) {
		cdb_free(c);
		free(c);
		protocol();
		return NULL;
	}
	return c;
}

int
table_open(struct table *t, const char *path)
{
	int fd;

	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (fstat(fd, &t->seen) == 0)
		t->cdb = map(fd, &t->seen);
	close_keeping_errno(fd); /* the map stays */
	if (!t->cdb)
		return -1;
	t->path = strdup(path);
	if (!t->path) {
		table_close(t);
		errno = ENOMEM;
		return -1;
	}
	return 0;
}

int
table_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

int
table_refresh(struct table *t)
{
	struct table new = {0};
	struct stat st;

	if (stat(t->path, &st) < 0)
		return -1;
	if (table_same(&st, &t->seen))
		return 0;
	if (table_open(&new, t->path) < 0)
		return -1;
	table_close(t);
	*t = new;
	return 1;
}

int
table_find(const struct table *t, const void *key, size_t klen,
    const char **value, size_t *vlen)
{
	int found;

	if (klen > TABLE_KEY_MAX)
		return 0;
	found = cdb_find(t->cdb, key, (unsigned)klen);
	if (found < 0)
		return protocol();
	if (found == 0)
		return 0;
	*value = cdb_getdata(t->cdb);
	*vlen = cdb_datalen(t->cdb);
	return *value ? 1 : protocol();
}

int
table_next(const struct table *t, size_t *at, struct table_entry *e)
{
	unsigned place;
	int found;

	if (*at == 0)
		cdb_seqinit(&place, t->cdb);
	else
		place = (unsigned)*at;
	found = cdb_seqnext(&place, t->cdb);
	if (found < 0)
		return protocol();
	if (found == 0)
		return 0;
	*at = place;
	e->key = cdb_getkey(t->cdb);
	e->klen = cdb_keylen(t->cdb);
	e->value = cdb_getdata(t->cdb);
	e->vlen = cdb_datalen(t->cdb);
	return e->key && e->value ? 1 : protocol();
}

void
table_close(struct table *t)
{
	if (t->cdb)
		cdb_free(t->cdb);
	free(t->cdb);
	free(t->path);
	*t = (struct table){0};
}

int
table_make_begin(struct table_make *m, int dir, const char *name)
{
	m->dir = dir;
	m->fd = -1;
	m->name = strdup(name);
	if (!m->name || asprintf(&m->tmp, "tmp.%s", name) < 0) {
		m->tmp = NULL;
		errno = ENOMEM;
		goto fail;
	}
	if (unlinkat(dir, m->tmp, 0) < 0 && errno != ENOENT)
		goto fail;
	m->fd = openat(dir, m->tmp,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (m->fd < 0)
		goto fail;
	m->cdb = calloc(1, sizeof *m->cdb);
	if (!m->cdb || cdb_make_start(m->cdb, m->fd) < 0)
		goto fail;
	return 0;
fail:
	table_make_abandon(m);
	return -1;
}

int
table_make_add(struct table_make *m, const void *key, size_t klen,
    const void *value, size_t vlen)
{
	uint64_t room = UINT32_MAX - (uint64_t)m->cdb->cdb_dpos;

	if (klen > TABLE_KEY_MAX) {
		errno = EINVAL;
		return -1;
	}
	/* the slots of all entries so far are still to be written as well */
	if (vlen > room ||
	    klen + vlen + ENTRY_BYTES * ((uint64_t)m->cdb->cdb_rcnt + 1) >
		room) {
		errno = EFBIG;
		return -1;
	}
	return cdb_make_add(m->cdb, key, (unsigned)klen, value, (unsigned)vlen);
}

int
table_make_finish(struct table_make *m, mode_t mode)
{
	int done, parent = -1, r = -1;

	done = cdb_make_finish(m->cdb);
	free(m->cdb);
	m->cdb = NULL; /* and with it all that finish has freed */
	if (done < 0 && errno == ENOENT)
		errno = ENOMEM; /* tinycdb 0.78 means no memory by it */
	if (done < 0 || fchmod(m->fd, mode) < 0 || fsync(m->fd) < 0)
		goto done;
	parent = openat(m->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0 || renameat(m->dir, m->tmp, m->dir, m->name) < 0)
		goto done;
	free(m->tmp);
	m->tmp = NULL;
	r = fsync(parent);
done:
	close_keeping_errno(parent);
	table_make_abandon(m);
	return r;
}

void
table_make_abandon(struct table_make *m)
{
	int e = errno;

	if (m->cdb)
		cdb_make_finish(m->cdb); /* frees its lists */
	free(m->cdb);
	if (m->name && m->fd >= 0) {
		if (m->tmp)
			unlinkat(m->dir, m->tmp, 0);
		close(m->fd);
	}
	free(m->tmp);
	free(m->name);
	*m = (struct table_make){0};
	errno = e;
}
