#include "tests/unit/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char place[4096];
static char text[65536];

int
scratch_enter(void **state)
{
	const char *tmp = getenv("TMPDIR");
	int n = snprintf(
	    place, sizeof place, "%s/lsv-unit.XXXXXX", tmp ? tmp : "/tmp");

	if (n < 0 || (size_t)n >= sizeof place || !mkdtemp(place))
		return -1;
	*state = place;
	return chdir(place);
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
	(void)st;
	(void)flag;
	(void)at;
	return remove(path);
}

int
scratch_leave(void **state)
{
	(void)state;
	if (chdir("/") < 0)
		return -1;
	return nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
scratch_file(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = len ? write(fd, bytes, len) : 0;
	if (close(fd) < 0 || n != (ssize_t)len)
		return -1;
	return 0;
}

static const char *
read_text(int fd)
{
	ssize_t n = pread(fd, text, sizeof text - 1, 0);

	if (n < 0)
		return NULL;
	text[n] = 0;
	return text;
}

const char *
scratch_text(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const char *s;

	if (fd < 0)
		return NULL;
	s = read_text(fd);
	close(fd);
	return s;
}

const char *
scratch_stderr(void (*fn)(void *arg), void *arg)
{
	FILE *f = tmpfile();
	int keep = dup(2);
	const char *s = NULL;

	if (f && keep >= 0 && dup2(fileno(f), 2) == 2) {
		fn(arg);
		s = read_text(fileno(f));
		dup2(keep, 2);
	}
	if (keep >= 0)
		close(keep);
	if (f)
		fclose(f);
	return s;
}

struct last_words {
	void (*fn)(void *arg);
	void *arg;
	int status;
};

static void
in_a_child(void *arg)
{
	struct last_words *l = arg;
	pid_t pid = fork();

	if (pid == 0) {
		l->fn(l->arg);
		_exit(SCRATCH_ALIVE);
	}
	if (pid < 0 || waitpid(pid, &l->status, 0) != pid)
		l->status = -1;
}

const char *
scratch_exit(int *code, void (*fn)(void *arg), void *arg)
{
	struct last_words l = {.fn = fn, .arg = arg, .status = -1};
	const char *s = scratch_stderr(in_a_child, &l);

	*code =
	    l.status >= 0 && WIFEXITED(l.status) ? WEXITSTATUS(l.status) : -1;
	return s;
}
