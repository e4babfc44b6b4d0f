#include "lib/rcptset.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "lib/addr.h"
#include "lib/fio.h"

/* Of the file: a place has 32 bits. */
#define RCPTSET_BYTES_MAX (UINT32_MAX - (1 << 20))

enum {
	FIRST = 1024,          /* places at first */
	WRITE_MAX = 256 << 10, /* bytes written at once */
};

/* struct entry - in front of key and row in the file */
struct entry {
	uint16_t key, row, kind;
};

void
rcptset_begin(struct rcptset *s, int fd)
{
	*s = (struct rcptset){.fd = fd, .open = 1};
}

static int
flush(struct rcptset *s)
{
	int r = fio_write(s->fd, s->out.s, s->out.len);

	s->out.len = 0;
	return r;
}

/* Where the next one begins. */
static int
place(struct rcptset *s)
{
	size_t room = s->room ? 2 * s->room : FIRST;
	uint32_t *at;

	if (s->n == s->room) {
		at = reallocarray(s->at, room, sizeof *at);
		if (!at)
			return -1;
		s->at = at;
		s->room = room;
	}
	s->at[s->n] = (uint32_t)s->size;
	return 0;
}

int
rcptset_add(
    struct rcptset *s, struct bytes address, struct bytes row, unsigned kind)
{
	struct entry e = {.row = (uint16_t)row.len, .kind = (uint16_t)kind};

	s->key.len = 0;
	errno = row.len > RCPTSET_ROW_MAX ? EINVAL : E2BIG;
	if (row.len > RCPTSET_ROW_MAX || s->n == RCPTSET_MAX ||
	    s->size > RCPTSET_BYTES_MAX ||
	    addr_key(&s->key, address.s, address.len) < 0 || place(s) < 0)
		return -1;
	e.key = (uint16_t)s->key.len;
	if (sa_put(&s->out, (const char *)&e, sizeof e) < 0 ||
	    sa_put(&s->out, s->key.s, s->key.len) < 0 ||
	    sa_put(&s->out, row.s, row.len) < 0)
		return -1;
	s->size += sizeof e + s->key.len + row.len;
	s->n++;
	return s->out.len < WRITE_MAX ? 0 : flush(s);
}

/* --- in order ------------------------------------------------------------- */

static struct entry
entry_of(const struct rcptset *s, size_t n)
{
	struct entry e;

	memcpy(&e, s->map + s->at[n], sizeof e);
	return e;
}

static struct bytes
key_of(const struct rcptset *s, size_t n)
{
	return (struct bytes){
	    s->map + s->at[n] + sizeof(struct entry), entry_of(s, n).key};
}

static struct bytes
get_key(void *arg, uint32_t n)
{
	return key_of(arg, n);
}

static int
same(struct bytes a, struct bytes b)
{
	return a.len == b.len && memcmp(a.s, b.s, a.len) == 0;
}

static void
keep_first(struct rcptset *s, int once)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		uint32_t n = s->order[i].n;

		if (once && kept &&
		    same(key_of(s, s->order[kept - 1].n), key_of(s, n)))
			continue;
		s->order[kept++] = s->order[i];
		s->of[entry_of(s, n).kind]++;
	}
	s->twice = s->n - kept;
	s->n = kept;
}

int
rcptset_sort(struct rcptset *s, int once)
{
	void *map;

	if (flush(s) < 0)
		return -1;
	if (s->n == 0)
		return 0;
	map = mmap(NULL, s->size, PROT_READ, MAP_SHARED, s->fd, 0);
	if (map == MAP_FAILED)
		return -1;
	s->map = map;
	s->order = reallocarray(NULL, s->n, sizeof *s->order);
	if (!s->order)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		s->order[i] = (struct keysort){.n = (uint32_t)i};
	keysort(s->order, s->n, get_key, s);
	keep_first(s, once);
	return 0;
}

struct bytes
rcptset_row(const struct rcptset *s, size_t i, unsigned *kind)
{
	uint32_t n = s->order[i].n;
	struct entry e = entry_of(s, n);

	if (kind)
		*kind = e.kind;
	return (struct bytes){s->map + s->at[n] + sizeof e + e.key, e.row};
}

void
rcptset_free(struct rcptset *s)
{
	int err = errno;

	if (s->map)
		munmap((void *)(uintptr_t)s->map, s->size);
	if (s->open)
		fio_close(s->fd);
	free(s->at);
	free(s->order);
	sa_free(&s->out);
	sa_free(&s->key);
	*s = (struct rcptset){.fd = -1};
	errno = err;
}
