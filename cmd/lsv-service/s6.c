#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cmd/lsv-service/service.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/num.h"

extern char **environ;

enum { ARGS_MAX = 16, FIELD_MAX = 32 };

static int
spawn(pid_t *pid, char *const *argv, int out, int quiet)
{
	posix_spawn_file_actions_t fa;
	int err = posix_spawn_file_actions_init(&fa);

	if (err)
		return err;
	if (out >= 0)
		err = posix_spawn_file_actions_adddup2(&fa, out, 1);
	if (!err && quiet)
		err = posix_spawn_file_actions_addopen(
		    &fa, 2, "/dev/null", O_WRONLY, 0);
	if (!err)
		err = posix_spawnp(pid, argv[0], &fa, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&fa);
	return err;
}

int
s6_run(const char *const *argv, stralloc *out, int quiet)
{
	char *args[ARGS_MAX];
	int gate[2] = {-1, -1};
	int status, err;
	size_t n = 0;
	pid_t pid;

	/* posix_spawn takes, but does not change, pointers to char */
	for (; n < ARGS_MAX - 1 && argv[n]; n++)
		memcpy(&args[n], &argv[n], sizeof args[n]);
	args[n] = NULL;
	if (out && pipe2(gate, O_CLOEXEC) < 0)
		msg_diesys(LSV_TEMP, "unable to run ", argv[0]);
	err = spawn(&pid, args, gate[1], quiet);
	fio_close(gate[1]);
	errno = err;
	if (err)
		msg_diesys(err == ENOENT ? LSV_PERM : LSV_TEMP,
		    "unable to run ", argv[0], " (package s6)");
	if (out) {
		out->len = 0;
		if (fio_read_fd(gate[0], out, S6_OUT_MAX) < 0)
			msg_diesys(LSV_TEMP, "unable to read from ", argv[0]);
		fio_close(gate[0]);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			msg_diesys(LSV_TEMP, "unable to wait for ", argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

void
service_dir(
    const struct service *s, stralloc *out, size_t i, const char *suffix)
{
	out->len = 0;
	if (sa_puts(out, s->scan.s) < 0 || sa_puts(out, "/") < 0 ||
	    sa_puts(out, s->name[i]) < 0 || sa_puts(out, suffix) < 0 ||
	    sa_0(out) < 0)
		msg_diesys(LSV_TEMP, "unable to name ", s->name[i]);
}

/* The next word of what s6-svstat said, as a number: true is 1, and -1 stands
 * for what is not known. */
static int64_t
field(const char **at, const char *end)
{
	const char *word = *at;
	size_t n = 0;
	uint64_t v;

	while (word + n < end && word[n] != ' ' && word[n] != '\n')
		n++;
	*at = word + n < end ? word + n + 1 : end;
	if (n == 4 && memcmp(word, "true", 4) == 0)
		return 1;
	if (n == 5 && memcmp(word, "false", 5) == 0)
		return 0;
	return num_u64(&v, word, n, INT64_MAX) < 0 ? -1 : (int64_t)v;
}

/* One death a line; a service that never died has none. */
static int64_t
deaths(const char *dir)
{
	stralloc out = {0};
	int64_t n = -1;

	if (s6_run((const char *[]){"s6-svdt", dir, NULL}, &out, 1) == 0) {
		n = 0;
		for (size_t i = 0; i < out.len; i++)
			n += out.s[i] == '\n';
	}
	sa_free(&out);
	return n;
}

void
state_read(
    const struct service *s, size_t i, const char *suffix, struct state *st)
{
	stralloc dir = {0}, out = {0};
	const char *at, *end;

	*st = (struct state){.exitcode = -1, .signal = -1, .deaths = -1};
	service_dir(s, &dir, i, suffix);
	if (s6_run((const char *[]){"s6-svstat", "-o",
		       "up,ready,wantedup,pid,exitcode,signum,updownfor", dir.s,
		       NULL},
		&out, 1) == 0) {
		at = out.s;
		end = out.s + out.len;
		st->known = 1;
		st->up = field(&at, end) == 1;
		st->ready = field(&at, end) == 1;
		st->wanted = field(&at, end) == 1;
		st->pid = field(&at, end);
		st->exitcode = field(&at, end);
		st->signal = field(&at, end);
		st->seconds = field(&at, end);
		st->deaths = deaths(dir.s);
	}
	if (st->pid < 0)
		st->pid = 0;
	sa_free(&dir);
	sa_free(&out);
}

const char *
state_words(const struct state *st)
{
	static char text[64];

	if (!st->known)
		return "not supervised";
	if (st->up)
		return st->ready ? "up and ready" : "up, not ready yet";
	if (st->signal > 0)
		snprintf(text, sizeof text, "down, killed by signal %lld",
		    (long long)st->signal);
	else if (st->exitcode >= 0)
		snprintf(text, sizeof text, "down, exit code %lld%s",
		    (long long)st->exitcode, st->wanted ? "" : ", stays down");
	else
		snprintf(text, sizeof text, "down");
	return text;
}
