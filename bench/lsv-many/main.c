/* lsv-many - runs a command once or many times, K at a time, and tells when
 *
 * An MTA starts lsv-inject once for each message; so does this, without the
 * cost of a shell around it and with the time taken next to the start.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/common/buf.h"
#include "bench/common/opt.h"
#include "lib/msg.h"
#include "lib/user.h"

static const char usage[] =
    "usage: lsv-many [-k n] [-a file] [-i file] [-u user] command "
    "[argument]...\n"
    "Runs the command, without -a once, with -a once a line of that file "
    "with\n"
    "the line as its last argument.\n"
    "  -k  at a time (1)    -i  standard input of each (/dev/null)\n"
    "  -u  become this user first\n"
    "One line of JSON: t0 and t1 (ns since 1970, first start, last end), ok,\n"
    "bad, code (exit code of the first bad one). Exit 0 when none was bad.\n";

struct many {
	size_t at_a_time;
	const char *args, *input;
	char **command; /* with room for the line and a NULL behind it */
	size_t command_n;
	struct buf lines;
	size_t running, ok, bad;
	int code;
	uint64_t t0, t1;
};

extern char **environ;

static void
options(struct many *m, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv, "+k:a:i:u:h")) != -1)
		switch (c) {
		case 'k':
			m->at_a_time = (size_t)opt_u64("-k", optarg, 1000);
			break;
		case 'a':
			m->args = optarg;
			break;
		case 'i':
			m->input = optarg;
			break;
		case 'u':
			if (user_become(optarg) < 0)
				msg_diesys(
				    LSV_PERM, "unable to become ", optarg);
			break;
		default:
			fputs(usage, c == 'h' ? stdout : stderr);
			fflush(stdout);
			_exit(c == 'h' ? LSV_OK : LSV_PERM);
		}
	if (optind == argc || m->at_a_time == 0)
		msg_die(LSV_PERM, "a command, please; see -h");
}

static char **
command(struct many *m, int n, char **argv)
{
	char **copy;

	m->command_n = (size_t)n;
	copy = mem_get((m->command_n + 2) * sizeof *copy);
	memcpy(copy, argv, m->command_n * sizeof *copy);
	return copy;
}

static void
wait_one(struct many *m)
{
	int status;

	while (wait(&status) < 0)
		if (errno != EINTR)
			msg_diesys(LSV_TEMP, "unable to wait");
	m->t1 = now_ns(CLOCK_REALTIME);
	m->running--;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		m->ok++;
		return;
	}
	if (m->bad++ == 0)
		m->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
start_one(struct many *m, char *line)
{
	posix_spawn_file_actions_t files;
	pid_t pid;
	int e;

	m->command[m->command_n] = line;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(
	    &files, 0, m->input ? m->input : "/dev/null", O_RDONLY, 0);
	e = posix_spawnp(
	    &pid, m->command[0], &files, NULL, m->command, environ);
	posix_spawn_file_actions_destroy(&files);
	if (e != 0) {
		errno = e;
		msg_diesys(LSV_PERM, "unable to run ", m->command[0]);
	}
	m->running++;
}

static void
run(struct many *m)
{
	char *line = m->lines.p, *nl;

	m->t0 = now_ns(CLOCK_REALTIME);
	if (!m->args)
		start_one(m, NULL);
	else
		for (; (nl = strchr(line, '\n')) != NULL; line = nl + 1) {
			*nl = 0;
			if (m->running == m->at_a_time)
				wait_one(m);
			start_one(m, line);
		}
	while (m->running > 0)
		wait_one(m);
}

int
main(int argc, char **argv)
{
	struct many m = {.at_a_time = 1};

	msg_prog = "lsv-many";
	options(&m, argc, argv);
	m.command = command(&m, argc - optind, argv + optind);
	if (m.args && buf_file(&m.lines, m.args) < 0)
		msg_diesys(LSV_PERM, "unable to read ", m.args);
	run(&m);
	printf("{\"t0\":%" PRIu64 ",\"t1\":%" PRIu64 ",\"ok\":%zu,"
	       "\"bad\":%zu,\"code\":%d}\n",
	    m.t0, m.t1, m.ok, m.bad, m.code);
	free(m.command);
	buf_free(&m.lines);
	return m.bad == 0 ? LSV_OK : LSV_TEMP;
}
