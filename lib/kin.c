#include "lib/kin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fio.h"

enum {
	TEXT = 16384, /* bytes of a file of /proc that are read */
	MOST = 2048,  /* processes that are looked at */
	DIGITS = 16,
};

/* A small file of /proc, ended by NUL: its length; -1. */
static ssize_t
proc_text(int dir, const char *name, char *text)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, TEXT - 1);
	fio_close(fd);
	text[n < 0 ? 0 : n] = 0;
	return n;
}

/* The process IDs of a text, as far as there is room; the last number may be
 * cut short, and is left out then. */
static size_t
pids_of(const char *text, pid_t *pid, size_t room)
{
	size_t n = 0;
	char *end;

	for (long p; n < room; text = end) {
		p = strtol(text, &end, 10);
		if (end == text || *end != ' ' || p <= 1)
			break;
		pid[n++] = (pid_t)p;
	}
	return n;
}

/* Children of one process, whichever thread of it made them. */
static size_t
children(const char *process, pid_t *pid, size_t room)
{
	char text[TEXT], name[300];
	const struct dirent *e;
	size_t n = 0;
	DIR *d;

	snprintf(name, sizeof name, "/proc/%s/task", process);
	d = opendir(name);
	if (!d)
		return 0;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/children", e->d_name);
		if (proc_text(dirfd(d), name, text) > 0)
			n += pids_of(text, pid + n, room - n);
	}
	closedir(d);
	return n;
}

/* Does the kernel list children at all? */
static int
is_told(void)
{
	char name[64];

	snprintf(
	    name, sizeof name, "/proc/self/task/%d/children", (int)getpid());
	return access(name, R_OK) == 0;
}

static uint64_t
resident(const char *process)
{
	static long page;
	char text[TEXT], name[64], *end;

	if (page == 0)
		page = sysconf(_SC_PAGESIZE);
	snprintf(name, sizeof name, "/proc/%s/statm", process);
	if (proc_text(AT_FDCWD, name, text) <= 0)
		return 0;
	strtoul(text, &end, 10);
	return strtoul(end, NULL, 10) * (uint64_t)page;
}

int
kin_measure(struct kin *k, unsigned max)
{
	static pid_t pid[MOST];
	char name[DIGITS];

	if (max > MOST)
		max = MOST;
	*k = (struct kin){.n = (unsigned)children("self", pid, max)};
	if (k->n == 0 && !is_told())
		return -1;
	for (unsigned i = 0; i < k->n; i++) {
		snprintf(name, sizeof name, "%d", (int)pid[i]);
		k->resident += resident(name);
		k->n += (unsigned)children(name, pid + k->n, max - k->n);
	}
	return 0;
}

static int
is_spared(pid_t p, const pid_t *spare, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (spare[i] == p)
			return 1;
	return 0;
}

int
kin_kill(const pid_t *spare, size_t n)
{
	static pid_t pid[MOST];
	unsigned none = 0;

	/* the kernel may pass one over while others end: so twice */
	while (none < 2) {
		size_t found = children("self", pid, MOST), dead = 0;

		for (size_t i = 0; i < found; i++) {
			if (is_spared(pid[i], spare, n))
				continue;
			kill(pid[i], SIGKILL);
			while (waitpid(pid[i], NULL, 0) < 0 && errno == EINTR)
				;
			dead++;
		}
		none = dead ? 0 : none + 1;
	}
	return is_told() ? 0 : -1;
}

uint64_t
kin_of_user(void)
{
	const struct dirent *e;
	struct stat st;
	char name[300];
	uint64_t n = 0;
	DIR *d = opendir("/proc");

	if (!d)
		return 0;
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(name, sizeof name, "%s/task", e->d_name);
		/* one link for each thread, and two as every directory */
		if (fstatat(dirfd(d), name, &st, 0) == 0 &&
		    st.st_uid == geteuid())
			n += st.st_nlink > 2 ? st.st_nlink - 2 : 1;
	}
	closedir(d);
	return n;
}
