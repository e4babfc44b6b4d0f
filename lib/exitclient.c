#include "lib/exitclient.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/exitopts.h"
#include "lib/fio.h"
#include "lib/msg.h"

enum { OUTPUT_MAX = 65536 }; /* bytes of what a client says that are kept */

extern char **environ;

/* struct talk - one of the two outputs of a client; fd -1: at its end */
struct talk {
	int fd;
	stralloc text;
};

/* The words of PATH.conf; none when there is no such file. */
static int
site_options(char **word, stralloc *text, const char *path)
{
	stralloc name = {0};
	struct where w;
	int n;

	if (sa_puts(&name, path) < 0 || sa_puts(&name, ".conf") < 0 ||
	    sa_0(&name) < 0)
		return -1;
	if (fio_read(AT_FDCWD, name.s, text, EXITOPTS_BYTES) < 0) {
		if (errno != ENOENT)
			msg_diesys(LSV_PERM, "unable to read ", name.s);
		text->len = 0;
	}
	if (sa_0(text) < 0)
		return -1;
	n = exitopts_parse(word, text->s, text->len, &w);
	if (n < 0)
		msg_die(LSV_PERM, name.s, ": ", w.why);
	sa_free(&name);
	return n;
}

/* One read of an output; what is more than we keep is read and forgotten. */
static int
talk_more(struct talk *t)
{
	char buf[4096];
	ssize_t r = read(t->fd, buf, sizeof buf);
	size_t room = OUTPUT_MAX - t->text.len;

	if (r < 0)
		return errno == EINTR ? 0 : -1;
	if (r == 0) {
		fio_close(t->fd);
		t->fd = -1;
		return 0;
	}
	return sa_put(&t->text, buf, (size_t)r < room ? (size_t)r : room);
}

/* Both at once: neither may fill its pipe. */
static int
talk_read(struct talk *out, struct talk *err)
{
	struct talk *t[2] = {out, err};
	struct pollfd p[2];
	int i;

	while (out->fd >= 0 || err->fd >= 0) {
		for (i = 0; i < 2; i++)
			p[i] = (struct pollfd){t[i]->fd, POLLIN, 0};
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return -1;
		for (i = 0; i < 2; i++)
			if (p[i].revents && talk_more(t[i]) < 0)
				return -1;
	}
	return 0;
}

static int
start(pid_t *pid, char *const *argv, const int *out, const int *err)
{
	posix_spawn_file_actions_t a;
	int e = posix_spawn_file_actions_init(&a);

	if (e == 0)
		e = posix_spawn_file_actions_adddup2(&a, out[1], 1);
	if (e == 0)
		e = posix_spawn_file_actions_adddup2(&a, err[1], 2);
	if (e == 0)
		e = posix_spawnp(pid, argv[0], &a, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&a);
	return e;
}

static int
run(char *const *argv, struct talk *out, struct talk *err)
{
	int to[2], te[2], status, e;
	pid_t pid;

	if (pipe2(to, O_CLOEXEC) < 0 || pipe2(te, O_CLOEXEC) < 0)
		return -1;
	e = start(&pid, argv, to, te);
	close(to[1]);
	close(te[1]);
	out->fd = to[0];
	err->fd = te[0];
	if (e) {
		errno = e;
		return -1;
	}
	if (talk_read(out, err) < 0)
		return -1;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* The client takes its arguments as it would from a shell: it changes none. */
static void
add(char **argv, size_t *n, const char *const *word)
{
	union {
		const char *in;
		char *out;
	} u;

	while (*word) {
		u.in = *word++;
		argv[(*n)++] = u.out;
	}
}

static int
ask(const struct exitclient *c, const struct exitclient_verb *v,
    const char *path)
{
	char *argv[1 + EXITOPTS_WORDS + 2 * EXITCLIENT_OPTIONS + 1];
	struct talk out = {-1, {0}}, err = {-1, {0}};
	const char *program[2] = {c->program, NULL};
	stralloc text = {0}, why = {0};
	struct exitsay said;
	size_t n = 0;
	int words, code;

	add(argv, &n, program);
	add(argv, &n, c->first);
	words = site_options(argv + n, &text, path);
	if (words < 0)
		msg_diesys(EXITSAY_FAILED, "unable to start");
	n += (size_t)words;
	add(argv, &n, v->last);
	argv[n] = NULL;
	said.status = run(argv, &out, &err);
	if (said.status < 0)
		msg_diesys(EXITSAY_FAILED, "unable to run ", c->program);
	said.out = (struct bytes){out.text.s ? out.text.s : "", out.text.len};
	said.err = (struct bytes){err.text.s ? err.text.s : "", err.text.len};
	code = v->say(&why, &said);
	if (code < 0 || !stralloc_append(&why, "\n") ||
	    fio_write(STDOUT_FILENO, why.s, why.len) < 0)
		msg_diesys(EXITSAY_FAILED, "unable to answer");
	return code;
}

int
exitclient_main(const struct exitclient *c, int argc, char **argv)
{
	if ((argc == 2 || argc == 3) && strcmp(argv[1], "SCAN") == 0)
		return ask(c, &c->scan, argv[0]);
	if (argc == 2 && strcmp(argv[1], "REPORT") == 0)
		return ask(c, &c->report, argv[0]);
	msg_die(LSV_PERM, c->usage);
}
