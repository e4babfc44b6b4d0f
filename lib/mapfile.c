#include "lib/mapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/fio.h"
#include "lib/ofat.h"

enum { BOOT_MAX = 48, MAP_MODE = 0640 };

/* struct front - the page before the memory
 *
 * boot    boot id of the kernel, empty when it was unknown
 */
struct front {
	char kind[MAPFILE_KIND];
	uint64_t size;
	char boot[BOOT_MAX];
};

/* In a life of the machine of which we know nothing, boot is empty. */
static int
front_fill(struct front *f, const char *kind, size_t size)
{
	stralloc sa = {0};

	*f = (struct front){.size = size};
	if (strlen(kind) >= sizeof f->kind) {
		errno = EINVAL;
		return -1;
	}
	strncpy(f->kind, kind, sizeof f->kind - 1);
	if (fio_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &sa,
		sizeof f->boot - 1) == 0 &&
	    sa.len)
		memcpy(f->boot, sa.s, sa.len);
	sa_free(&sa);
	return 0;
}

static int
same_kind(const struct front *a, const struct front *b)
{
	return memcmp(a->kind, b->kind, sizeof a->kind) == 0 &&
	    a->size == b->size;
}

static int
same_life(const struct front *a, const struct front *b)
{
	return memcmp(a->boot, b->boot, sizeof a->boot) == 0;
}

static int
open_file(int dir, const char *name, int flags, struct stat *st)
{
	int fd = openat(
	    dir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, MAP_MODE);

	if (fd < 0)
		return -1;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	fio_close(fd);
	errno = EPROTO;
	return -1;
}

static void *
map(int fd, size_t size, int protection)
{
	void *p =
	    mmap(NULL, MAPFILE_PAGE + size, protection, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		return NULL;
	return p;
}

static void *
behind(void *front)
{
	return (char *)front + MAPFILE_PAGE;
}

/* The file only grows: another process may still look at it. */
static struct front *
map_whole(int fd, size_t size)
{
	int err = posix_fallocate(fd, 0, (off_t)(MAPFILE_PAGE + size));

	if (err) {
		errno = err;
		return NULL;
	}
	return map(fd, size, PROT_READ | PROT_WRITE);
}

/* Who looks meanwhile, or after a crash, takes it for none: its kind goes first
 * and comes last, and the compiler must not think better of that. */
static void
begin_anew(struct front *f, const struct front *want)
{
	memset(f->kind, 0, sizeof f->kind);
	atomic_thread_fence(memory_order_seq_cst);
	memset(behind(f), 0, want->size);
	f->size = want->size;
	memcpy(f->boot, want->boot, sizeof f->boot);
	atomic_thread_fence(memory_order_seq_cst);
	memcpy(f->kind, want->kind, sizeof f->kind);
}

void *
mapfile_make(int dir, const char *name, const char *kind, size_t size)
{
	struct front want, *f;
	struct stat st;
	int fd;

	if (front_fill(&want, kind, size) < 0)
		return NULL;
	fd = open_file(dir, name, O_RDWR | O_CREAT, &st);
	if (fd < 0)
		return NULL;
	f = map_whole(fd, size);
	fio_close(fd);
	if (!f)
		return NULL;
	if (!same_kind(f, &want) || !same_life(f, &want) || !want.boot[0])
		begin_anew(f, &want);
	return behind(f);
}

const void *
mapfile_look(int dir, const char *name, const char *kind, size_t size)
{
	struct front want, *f;
	struct stat st;
	int fd, err = 0;

	if (front_fill(&want, kind, size) < 0)
		return NULL;
	fd = open_file(dir, name, O_RDONLY, &st);
	if (fd < 0)
		return NULL;
	if (st.st_size == 0) { /* as it was made with the spool */
		fio_close(fd);
		errno = ENOENT;
		return NULL;
	}
	if (st.st_size < (off_t)(MAPFILE_PAGE + size)) {
		fio_close(fd);
		errno = EPROTO;
		return NULL;
	}
	f = map(fd, size, PROT_READ);
	fio_close(fd);
	if (!f)
		return NULL;
	if (!same_kind(f, &want))
		err = EPROTO;
	else if (want.boot[0] && !same_life(f, &want))
		err = ESTALE;
	if (!err)
		return behind(f);
	mapfile_drop(behind(f), size);
	errno = err;
	return NULL;
}

void
mapfile_drop(const void *p, size_t size)
{
	uintptr_t at = (uintptr_t)p;

	if (p)
		munmap((void *)(at - MAPFILE_PAGE), MAPFILE_PAGE + size);
}
