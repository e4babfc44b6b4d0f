#include "lib/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/lock.h"

enum {
	FILE_MODE = 0640,
	COMPARE_STEP = 32768,
	POLL_US =
	    300, /* between two looks whether another's sync is done ... */
	SHARE_MS = 250, /* ... and so long at most */
};

/* struct syncs - the text of x/syncs, under its lock
 *
 * begun   syncs of new/ that began
 * done    the last of them that went well
 * bad     the last of them known not to have
 * check   of the three: what is torn, or not ours, is not believed
 */
struct syncs {
	uint64_t begun, done, bad, check;
};

static uint64_t
syncs_check(const struct syncs *s)
{
	return ~(s->begun * 3 + s->done * 5 + s->bad * 7);
}

static int
syncs_read(const struct handover *h, struct syncs *s)
{
	ssize_t n = pread(h->syncs, s, sizeof *s, 0);

	if (n == 0)
		*s = (struct syncs){0};
	else if (n != (ssize_t)sizeof *s || s->check != syncs_check(s) ||
	    s->done > s->begun)
		return -1;
	return 0;
}

static int
syncs_write(const struct handover *h, struct syncs *s)
{
	s->check = syncs_check(s);
	return fio_pwrite(h->syncs, (const char *)s, sizeof *s, 0);
}

static void
syncs_open(struct handover *h)
{
	struct syncs s;

	h->syncs = openat(h->dir, "syncs", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	h->bad = h->syncs >= 0 && syncs_read(h, &s) == 0 ? s.bad : UINT64_MAX;
}

int
ho_open(struct handover *h, const char *inbox)
{
	/* one given: a predecessor may have died before its ho_flush */
	*h = (struct handover){
	    .dir = -1, .tmp = -1, .new = -1, .syncs = -1, .given = 1};
	h->dir = open(inbox, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->dir >= 0)
		h->tmp =
		    openat(h->dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (h->tmp >= 0) {
		syncs_open(h); /* first: failures from now on are for new/ */
		h->new =
		    openat(h->dir, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (h->new >= 0)
		return 0;
	fio_close(h->syncs);
	fio_close(h->tmp);
	fio_close(h->dir);
	return -1;
}

/* Does a sync count for us?  If it began after we looked.  A failure since we
 * opened new/ is told once to every descriptor that was open: then we hear of
 * it only from our own. */
static int
synced_for_us(
    const struct handover *h, const struct syncs *before, const struct syncs *s)
{
	return s->done > before->begun && s->bad == h->bad;
}

/* Under the lock.  Whatever becomes of the note, what counts is the sync. */
static int
sync_for_all(struct handover *h)
{
	struct syncs s;
	int noted, r;

	if (syncs_read(h, &s) < 0) /* nobody else writes now: it is damaged */
		s = (struct syncs){.bad = clock_wall_us()};
	if (s.done != s.begun) /* it failed, or who made it died */
		s.bad = s.begun;
	s.begun++;
	noted = syncs_write(h, &s);
	r = fsync(h->new);
	if (r == 0) {
		h->bad = s.bad;
		s.done = s.begun;
	}
	if (r == 0 && noted == 0)
		(void)syncs_write(h, &s); /* at worst others make their own */
	return r;
}

/* Another is syncing: is it done?  1; 0 the lock was free, and is ours; -1 when
 * it takes too long: he may have been stopped. */
static int
wait_for_sync(const struct handover *h, const struct syncs *before)
{
	const struct timespec pause = {.tv_nsec = POLL_US * 1000L};
	uint64_t end = clock_mono_ms() + SHARE_MS;
	struct syncs s;

	for (;;) {
		if (syncs_read(h, &s) == 0 && synced_for_us(h, before, &s))
			return 1;
		if (lock_file(h->syncs, F_WRLCK, 0, 0, 0) == 0)
			break;
		if (errno != EAGAIN || clock_mono_ms() >= end)
			return -1;
		nanosleep(&pause, NULL);
	}
	if (syncs_read(h, &s) < 0 || !synced_for_us(h, before, &s))
		return 0;
	lock_file(h->syncs, F_UNLCK, 0, 0, 0);
	return 1;
}

/* A sync that began after our rename holds our name as well: of many who hand
 * over at once one syncs, those who waited for him find it done. */
static int
sync_names(struct handover *h)
{
	struct syncs before;
	int r;

	if (h->syncs < 0)
		return fsync(h->new);
	if (syncs_read(h, &before) < 0) /* no sync can be told to be later */
		before = (struct syncs){.begun = UINT64_MAX};
	r = wait_for_sync(h, &before);
	if (r > 0)
		return 0;
	if (r < 0)
		return fsync(h->new);
	r = sync_for_all(h);
	lock_file(h->syncs, F_UNLCK, 0, 0, 0);
	return r;
}

static int
create_new(struct handover *h, const char *name)
{
	return openat(h->tmp, name,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
}

int
ho_create(struct handover *h, const char *name)
{
	int fd = create_new(h, name);

	/* ours, from before a crash */
	if (fd < 0 && errno == EEXIST && unlinkat(h->tmp, name, 0) == 0)
		fd = create_new(h, name);
	/* the mode matters to the reader: not left to the umask */
	if (fd >= 0 && fchmod(fd, FILE_MODE) < 0)
		return ho_drop(h, fd, name);
	return fd;
}

int
ho_drop(struct handover *h, int fd, const char *name)
{
	int err = errno;

	close(fd);
	unlinkat(h->tmp, name, 0);
	errno = err;
	return -1;
}

static int
same_bytes(int a, int b)
{
	char x[COMPARE_STEP], y[COMPARE_STEP];
	off_t at = 0;

	for (;;) {
		ssize_t n = pread(a, x, sizeof x, at);
		ssize_t m = pread(b, y, sizeof y, at);

		if (n < 0 || m < 0)
			return -1;
		if (n != m || memcmp(x, y, (size_t)n) != 0)
			return 0;
		if (n == 0)
			return 1;
		at += n;
	}
}

/* A file of that name is there already: ours from before a crash, or a clash? */
static int
handed_over_before(struct handover *h, int fd, const char *name)
{
	struct stat st;
	int same = -1;
	int old = openat(h->new, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (old < 0)
		return ho_drop(h, fd, name);
	if (fstat(old, &st) == 0)
		same = !S_ISREG(st.st_mode) || st.st_uid != geteuid()
		    ? 0
		    : same_bytes(fd, old);
	fio_close(old);
	if (same == 0)
		errno = EEXIST;
	ho_drop(h, fd, name);
	if (same != 1 || sync_names(h) < 0)
		return -1;
	ho_wake(h->dir, "trigger"); /* the crash may have come before it */
	return 0;
}

int
ho_commit(struct handover *h, int fd, const char *name)
{
	if (fsync(fd) < 0) /* 1 the bytes are on disk */
		return ho_drop(h, fd, name);
	if (renameat2(h->tmp, name, h->new, name, RENAME_NOREPLACE) < 0)
		return errno == EEXIST ? handed_over_before(h, fd, name)
				       : ho_drop(h, fd, name); /* 2 */
	close(fd);
	if (sync_names(h) < 0) /* 3 the name is on disk */
		return -1;
	ho_wake(h->dir, "trigger"); /* 4 tell the reader */
	return 0;
}

int
ho_pass(struct handover *h, int from, const char *name)
{
	return ho_pass_as(h, from, name, name);
}

int
ho_pass_as(struct handover *h, int from, const char *name, const char *as)
{
	if (renameat2(from, name, h->new, as, RENAME_NOREPLACE) < 0)
		return -1;
	h->given++;
	return 0;
}

int
ho_flush(struct handover *h)
{
	if (h->given == 0)
		return 0;
	if (fsync(h->new) < 0)
		return -1;
	h->given = 0;
	ho_wake(h->dir, "trigger");
	return 0;
}

int
ho_wake_unread(int dir, const char *name)
{
	int err = errno, unread = -1;
	int fd =
	    openat(dir, name, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
	ssize_t w;

	if (fd >= 0) {
		if (ioctl(fd, FIONREAD, &unread) < 0)
			unread = -1;
		/* a full FIFO has woken the reader already */
		w = write(fd, "", 1);
		(void)w;
		close(fd);
	}
	errno = err;
	return unread;
}

void
ho_wake(int dir, const char *name)
{
	(void)ho_wake_unread(dir, name);
}
