#include "lib/kin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/fio.h"

enum {
	TEXT = 16384, /* bytes of a file of /proc that are read at once */
	MOST = 32768, /* processes that are looked at */
	DIGITS = 16,
	PASSES = 100, /* so often at most they are held before the kill */
};

/* struct pids - process IDs, as far as there is room */
struct pids {
	pid_t *pid;
	size_t n, room;
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

/* What is not there any more has nothing to tell. */
static int
is_gone(int err)
{
	return err == ENOENT || err == ESRCH;
}

/* Numbers, each ended by a blank; the kernel gives about 600 at a time. */
static int
pids_read(struct pids *to, int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	char text[TEXT];
	pid_t p = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, text, sizeof text)) > 0)
		for (ssize_t i = 0; i < n; i++) {
			if (text[i] >= '0' && text[i] <= '9') {
				p = 10 * p + (text[i] - '0');
				continue;
			}
			if (p > 1 && to->n < to->room)
				to->pid[to->n++] = p;
			p = 0;
		}
	fio_close(fd);
	return (int)n;
}

/* Children of one process, whichever thread of it made them, are appended. */
static int
children(struct pids *to, const char *process)
{
	const struct dirent *e;
	char name[300];
	int err = 0;
	DIR *d;

	snprintf(name, sizeof name, "/proc/%s/task", process);
	d = opendir(name);
	if (!d)
		return is_gone(errno) ? 0 : -1;
	while (!err && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/children", e->d_name);
		if (pids_read(to, dirfd(d), name) < 0 && !is_gone(errno))
			err = errno;
	}
	closedir(d);
	errno = err;
	return err ? -1 : 0;
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
	struct pids all = {.pid = pid, .room = max < MOST ? max : MOST};
	char name[DIGITS];

	*k = (struct kin){.n = 0};
	if (children(&all, "self") < 0 || (all.n == 0 && !is_told()))
		return -1;
	for (size_t i = 0; i < all.n; i++) {
		snprintf(name, sizeof name, "%d", (int)pid[i]);
		k->resident += resident(name);
		if (children(&all, name) < 0)
			return -1;
	}
	k->n = (unsigned)all.n;
	return 0;
}

/* --- the kill ------------------------------------------------------------- */

static int
is_spared(pid_t p, const pid_t *spare, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (spare[i] == p)
			return 1;
	return 0;
}

/* Our own children, but those. */
static int
own(struct pids *to, const pid_t *spare, size_t n)
{
	size_t kept = 0;

	to->n = 0;
	if (children(to, "self") < 0)
		return -1;
	for (size_t i = 0; i < to->n; i++)
		if (!is_spared(to->pid[i], spare, n))
			to->pid[kept++] = to->pid[i];
	to->n = kept;
	return 0;
}

/* It makes no other process any more, nor does what it made: was there need? */
static int
hold(pid_t p)
{
	static const struct rlimit none = {0, 0};
	struct rlimit was = none;

	return prlimit(p, RLIMIT_NPROC, &none, &was) == 0 && was.rlim_max > 0;
}

/* It leaves us the processor, and so does its process group: most fork bombs
 * are one. */
static void
halt(pid_t p, pid_t *last)
{
	pid_t group = getpgid(p);

	if (group > 1 && group != *last && group != getpgrp())
		kill(-group, SIGSTOP);
	*last = group;
	kill(p, SIGSTOP);
}

/* Over all descendants, each held before its children are looked for: how many
 * of them were not. */
static ssize_t
hold_all(struct pids *all, const pid_t *spare, size_t n)
{
	char name[DIGITS];
	ssize_t were_free = 0;
	pid_t group = 0;

	if (own(all, spare, n) < 0)
		return -1;
	for (size_t i = 0; i < all->n; i++) {
		halt(all->pid[i], &group);
		were_free += hold(all->pid[i]);
		snprintf(name, sizeof name, "%d", (int)all->pid[i]);
		if (children(all, name) < 0)
			return -1;
	}
	return were_free;
}

/* Our children are dead, or die of this. */
static int
reap(struct pids *all, const pid_t *spare, size_t n)
{
	if (own(all, spare, n) < 0)
		return -1;
	for (size_t i = 0; i < all->n; i++) {
		kill(all->pid[i], SIGKILL);
		while (waitpid(all->pid[i], NULL, 0) < 0 && errno == EINTR)
			;
	}
	return 0;
}

int
kin_kill(const pid_t *spare, size_t n)
{
	static pid_t pid[MOST];
	struct pids all = {.pid = pid, .room = MOST};
	unsigned none = 0;

	/* the kernel may pass one over while others end: so twice */
	while (none < 2) {
		ssize_t were_free = 1;

		/* one that is killed makes room for another in the limit of
		 * processes, one that is held does not: so those that can fork
		 * become fewer with each pass, however fast they do.  SIGSTOP
		 * alone would not do: they may wake each other */
		for (int i = 0; were_free > 0 && i < PASSES; i++)
			were_free = hold_all(&all, spare, n);
		if (were_free < 0)
			return -1;
		none = all.n ? 0 : none + 1;
		for (size_t i = 0; i < all.n; i++)
			kill(pid[i], SIGKILL);
		if (reap(&all, spare, n) < 0)
			return -1;
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
