#include "lib/spoollock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/lock.h"
#include "lib/num.h"

/* Nobody else may open it: a lock for reading would keep us out, too. */
enum { TEXT_MAX = 1024, LOW_FD = 10, LOCK_MODE = 0600 };

static const char lock_name[] = "lock";

/* The value of a line "key: value", cut at the line's end; len 0 if there is
 * none. */
static struct bytes
value(const char *s, size_t len, const char *key)
{
	size_t klen = strlen(key);

	while (len) {
		const char *nl = memchr(s, '\n', len);
		size_t n = nl ? (size_t)(nl - s) : len;

		if (n > klen + 2 && memcmp(s, key, klen) == 0 &&
		    s[klen] == ':' && s[klen + 1] == ' ')
			return (struct bytes){s + klen + 2, n - klen - 2};
		n += nl != NULL;
		s += n;
		len -= n;
	}
	return (struct bytes){s, 0};
}

/* A word for a message: printable ASCII only, whoever wrote the file. */
static void
word(char *out, struct bytes b)
{
	size_t n = 0;

	for (size_t i = 0; i < b.len && n < SPOOLLOCK_WORD - 1; i++)
		if (b.s[i] > ' ' && b.s[i] < 127)
			out[n++] = b.s[i];
	out[n] = 0;
}

int
spoollock_parse(struct spoolholder *who, const char *s, size_t len)
{
	struct bytes pid = value(s, len, "pid");
	struct bytes since = value(s, len, "since");

	*who = (struct spoolholder){0};
	if (len < 15 || memcmp(s, "lsv-spoollock 1", 15) != 0)
		return -1;
	if (num_u64(&who->pid, pid.s, pid.len, UINT64_MAX) < 0 ||
	    num_u64(&who->since_us, since.s, since.len, UINT64_MAX) < 0) {
		*who = (struct spoolholder){0};
		return -1;
	}
	word(who->boot, value(s, len, "boot"));
	word(who->host, value(s, len, "host"));
	word(who->what, value(s, len, "program"));
	return 0;
}

int
spoollock_words(stralloc *out, const struct spoolholder *who)
{
	char date[CLOCK_RFC5322_MAX];

	if (who->pid == 0)
		return sa_puts(out, "a process that left no name");
	clock_rfc5322(date, who->since_us);
	if (sa_puts(out, who->what) < 0 || sa_puts(out, ", process ") < 0 ||
	    sa_addu(out, who->pid) < 0 || sa_puts(out, " on host ") < 0 ||
	    sa_puts(out, who->host) < 0 || sa_puts(out, " since ") < 0 ||
	    sa_puts(out, date) < 0)
		return -1;
	return 0;
}

static void
boot_id(char *out)
{
	stralloc sa = {0};

	*out = 0;
	if (fio_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", &sa,
		TEXT_MAX) == 0)
		word(out, (struct bytes){sa.s, sa.len});
	sa_free(&sa);
}

int
spoollock_name(int fd, const char *what)
{
	char boot[SPOOLLOCK_WORD];
	char host[SPOOLLOCK_WORD] = "";
	char text[TEXT_MAX];
	int n;

	boot_id(boot);
	/* a longer name comes cut: it is for people only */
	if (gethostname(host, sizeof host) < 0 && errno != ENAMETOOLONG)
		return -1;
	host[sizeof host - 1] = 0;
	n = snprintf(text, sizeof text,
	    "lsv-spoollock 1\nprogram: %.63s\npid: %ld\nhost: %s\nboot: %s\n"
	    "since: %llu\nend\n",
	    what, (long)getpid(), host, boot,
	    (unsigned long long)clock_wall_us());
	if (ftruncate(fd, 0) == 0 && fio_pwrite(fd, text, (size_t)n, 0) == 0)
		return 0;
	/* a full disk is emptied by the services: it must not stop them */
	return errno == ENOSPC || errno == EDQUOT ? 0 : -1;
}

static void
read_holder(int fd, struct spoolholder *who)
{
	char text[TEXT_MAX];
	ssize_t n = pread(fd, text, sizeof text, 0);

	*who = (struct spoolholder){0};
	if (n > 0)
		spoollock_parse(who, text, (size_t)n);
}

/* Ours alone: a second name could be a file of somebody else's. */
static int
lock_usable(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	if (S_ISREG(st.st_mode) && st.st_nlink == 1)
		return 0;
	errno = EMLINK;
	return -1;
}

int
spoollock_take(int *fd, int dir, const char *what, struct spoolholder *who)
{
	int low = openat(dir, lock_name,
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, LOCK_MODE);
	int high;

	*who = (struct spoolholder){0};
	if (low < 0)
		return -1;
	/* out of the way of the descriptors that services are given */
	high = fcntl(low, F_DUPFD_CLOEXEC, LOW_FD);
	fio_close(low);
	if (high < 0)
		return -1;
	if (lock_usable(high) < 0)
		goto fail;
	if (lock_file(high, F_WRLCK, 0, 0, 0) < 0) {
		if (errno == EAGAIN) {
			read_holder(high, who);
			errno = EAGAIN;
		}
		goto fail;
	}
	if (spoollock_name(high, what) < 0)
		goto fail;
	*fd = high;
	return 0;
fail:
	fio_close(high);
	return -1;
}

int
spoollock_held(int dir, struct spoolholder *who)
{
	struct flock l = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd = openat(
	    dir, lock_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int r;

	*who = (struct spoolholder){0};
	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	r = fcntl(fd, F_OFD_GETLK, &l);
	if (r == 0 && l.l_type != F_UNLCK) {
		read_holder(fd, who);
		r = 1;
	}
	fio_close(fd);
	return r;
}
