#include "lib/inbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/lock.h"
#include "lib/logline.h"
#include "lib/names.h"
#include "lib/ofat.h"

enum {
	DRAIN = 65536,
	DOING_MAX = 2 * INBOX_BATCH * (ID_NAME_MAX + 16),
	GATHER_US = 1000, /* the wait of inbox_scan ... */
	BUSY_US = 3000,   /* ... when the last files came so shortly before */
};

_Static_assert(
    (int)POISON_MAX >= (int)INBOX_BATCH, "a whole batch may be suspect");

static int
subdir(int dir, const char *name)
{
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* "name deaths" lines, one for each file the last reader was working on. */
static int
suspects_read(struct inbox *in)
{
	stralloc text = {0};
	char *line, *next, *save = NULL;
	unsigned long n;

	if (fio_read(in->dir, "doing", &text, DOING_MAX) < 0 ||
	    sa_0(&text) < 0) {
		sa_free(&text);
		return errno == ENOMEM ? -1 : 0;
	}
	for (line = strtok_r(text.s, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		next = strchr(line, ' ');
		if (!next || !id_ok(line, (size_t)(next - line)))
			continue;
		*next++ = 0;
		n = strtoul(next, NULL, 10);
		poison_died(&in->suspects, line,
		    n < POISON_DEATHS ? (unsigned)n + 1 : POISON_DEATHS);
	}
	sa_free(&text);
	return 0;
}

static void
owners_find(struct inbox *in, const char *const *writers, size_t n)
{
	in->owner[in->owners++] = geteuid();
	for (size_t i = 0; i < n && in->owners < INBOX_OWNERS; i++) {
		/* cppcheck-suppress getpwnamCalled ; one thread */
		const struct passwd *pw = getpwnam(writers[i]);

		if (pw)
			in->owner[in->owners++] = pw->pw_uid;
	}
}

int
inbox_open(
    struct inbox *in, const char *path, const char *const *writers, size_t n)
{
	*in = (struct inbox){.dir = -1,
	    .new = -1,
	    .bad = -1,
	    .fifo = -1,
	    .hold = -1,
	    .doing = -1,
	    .lock = -1,
	    .also = -1};
	owners_find(in, writers, n);
	in->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (in->dir < 0 || (in->new = subdir(in->dir, "new")) < 0 ||
	    (in->bad = subdir(in->dir, "bad")) < 0)
		return -1;
	in->fifo =
	    openat(in->dir, "trigger", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	in->hold =
	    openat(in->dir, "trigger", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	in->lock = lock_instance(in->dir, "lock", 1);
	if (in->fifo < 0 || in->hold < 0 || in->lock < 0 ||
	    suspects_read(in) < 0)
		return -1;
	in->doing = openat(in->dir, "doing",
	    O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	return in->doing < 0 ? -1 : 0;
}

/* What is being worked on survives our death, not a power cut: that is no
 * fault of a file. */
int
inbox_doing(struct inbox *in, char (*name)[ID_NAME_MAX], size_t n)
{
	char text[DOING_MAX];
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof text - len,
		    "%s %u\n", name[i], poison_deaths(&in->suspects, name[i]));
	/* first: dying in between must not leave the tail of an older text, in
	 * which the same names would count once more */
	if (ftruncate(in->doing, 0) < 0)
		return -1;
	return fio_pwrite(in->doing, text, len, 0);
}

/* One batch; a file that may have killed a reader is worked on alone. */
static int
batch(struct inbox *in, int from, inbox_fn *fn, void *arg,
    char (*name)[ID_NAME_MAX], size_t n)
{
	int r;

	if (n == 1 && poison_deaths(&in->suspects, name[0]) >= POISON_DEATHS)
		return inbox_shelve(
		    in, from, name[0], "its reader died three times");
	if (inbox_doing(in, name, n) < 0)
		return -1;
	r = fn(arg, name, n);
	return ftruncate(in->doing, 0) < 0 ? -1 : r;
}

static size_t
batch_size(const struct inbox *in, char (*name)[ID_NAME_MAX], size_t left)
{
	size_t n = 0;

	if (poison_deaths(&in->suspects, name[0]))
		return 1;
	while (n < INBOX_BATCH && n < left &&
	    !poison_deaths(&in->suspects, name[n]))
		n++;
	return n;
}

static int
is_reason(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && strcmp(name + len - 4, ".why") == 0;
}

static void
bad_remove(struct inbox *in, const char *name)
{
	char why[ID_NAME_MAX + 8];
	struct logline l;

	/* whoever writes here may have made a directory */
	if (unlinkat(in->bad, name, 0) < 0)
		unlinkat(in->bad, name, AT_REMOVEDIR);
	snprintf(why, sizeof why, "%s.why", name);
	unlinkat(in->bad, why, 0);
	log_begin(&l, name, "dropped");
	log_z(&l, "rule", "bad-is-full");
	log_end(&l);
}

/* Keep bad/ bounded: the oldest of a full shelf makes room. */
static void
bad_trim(struct inbox *in)
{
	struct names l = {0};
	size_t files = 0;

	if (names_read(&l, in->bad, 4 * (size_t)INBOX_BAD_MAX, NULL, NULL) < 0)
		return;
	for (size_t i = 0; i < l.n; i++)
		files += !is_reason(l.name[i]);
	for (size_t i = 0; i < l.n && files >= INBOX_BAD_MAX; i++) {
		if (is_reason(l.name[i]))
			continue;
		bad_remove(in, l.name[i]);
		files--;
	}
	names_free(&l);
}

/* A link, device or foreign directory, which we may not be allowed to move,
 * holds no mail.  Keeps errno when it is a file after all. */
static int
remove_special(int from, const char *name)
{
	struct stat st;
	int err = errno;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    !S_ISREG(st.st_mode))
		return unlinkat(
		    from, name, S_ISDIR(st.st_mode) ? AT_REMOVEDIR : 0);
	errno = err;
	return -1;
}

/* Move from/name to bad/as: what lies in bad/ has a name of ours, so that it is
 * found again when room is made. */
static int
shelve(struct inbox *in, int from, const char *name, const char *as,
    const char *why)
{
	char file[ID_NAME_MAX + 8];
	char line[NAME_MAX + 256];
	struct logline l;
	int n;

	bad_trim(in);
	if (renameat(from, name, in->bad, as) < 0 &&
	    remove_special(from, name) < 0)
		return -1;
	n = strcmp(name, as) == 0
	    ? snprintf(line, sizeof line, "%s\n", why)
	    : snprintf(line, sizeof line, "%s: %s\n", why, name);
	snprintf(file, sizeof file, "%s.why", as);
	if (n > 0 && (size_t)n < sizeof line)
		fio_replace(in->bad, file, line, (size_t)n, 0600);
	log_begin(&l, as, "bad");
	log_z(&l, "file", name);
	log_z(&l, "why", why);
	log_end(&l);
	return fsync(in->bad);
}

int
inbox_bad(struct inbox *in, const char *name, const char *why)
{
	return inbox_shelve(in, in->new, name, why);
}

int
inbox_shelve(struct inbox *in, int from, const char *name, const char *why)
{
	return shelve(in, from, name, name, why);
}

void
inbox_foreign(struct inbox *in, int from, const char *name)
{
	char as[ID_LEN + 1];

	if (id_make(as) == 0)
		shelve(in, from, name, as, "not a name of ours");
}

static void
foreign(void *arg, const char *name)
{
	struct inbox *in = arg;

	inbox_foreign(in, in->new, name);
}

/* Group commit: see inbox_scan. */
static void
gather(const struct inbox *in)
{
	static const struct timespec pause = {.tv_nsec = GATHER_US * 1000L};

	if (in->busy_us && clock_mono_us() - in->busy_us < BUSY_US)
		nanosleep(&pause, NULL);
}

int
inbox_work(struct inbox *in, int from, char (*name)[ID_NAME_MAX], size_t n,
    inbox_fn *fn, void *arg)
{
	size_t part;

	for (size_t at = 0; at < n; at += part) {
		part = batch_size(in, name + at, n - at);
		if (batch(in, from, fn, arg, name + at, part) < 0)
			return -1;
	}
	return 0;
}

ssize_t
inbox_scan(struct inbox *in, inbox_fn *fn, void *arg)
{
	struct names l = {0};
	ssize_t n;

	gather(in);
	inbox_drain(in->fifo);
	if (names_read(&l, in->new, INBOX_SCAN_MAX, foreign, in) < 0)
		return -1;
	n = inbox_work(in, in->new, l.name, l.n, fn, arg) < 0 ? -1
							      : (ssize_t)l.n;
	names_free(&l);
	if (n > 0)
		in->busy_us = clock_mono_us();
	return n;
}

int
inbox_take(struct inbox *in, int from, const char *name, struct stat *st)
{
	int ours = 0;
	int fd =
	    openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (fstat(fd, st) < 0) {
		fio_close(fd);
		return -1;
	}
	for (unsigned i = 0; i < in->owners; i++)
		ours |= st->st_uid == in->owner[i];
	if (ours && S_ISREG(st->st_mode) && st->st_nlink == 1)
		return fd;
	close(fd);
	errno = EPERM;
	return -1;
}

void
inbox_drain(int fifo)
{
	static char sink[DRAIN];
	ssize_t n = read(fifo, sink, sizeof sink);

	/* empty is fine; one read is enough: the scan comes after it */
	(void)n;
}

int
inbox_wait(struct inbox *in, int64_t max_ms, const sigset_t *asleep)
{
	struct pollfd p[] = {
	    {.fd = in->fifo, .events = POLLIN},
	    {.fd = in->also, .events = POLLIN},
	};
	struct timespec t = {
	    .tv_sec = max_ms / 1000, .tv_nsec = max_ms % 1000 * 1000000};

	if (ppoll(p, 2, max_ms < 0 ? NULL : &t, asleep) < 0)
		return errno == EINTR ? 0 : -1;
	return 0;
}
