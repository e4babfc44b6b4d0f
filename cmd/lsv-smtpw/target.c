#include "cmd/lsv-smtpw/target.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conn.h"
#include "lib/schedule.h"

enum { LOOK_MS = 200 }; /* at a probe that is under way */

int
target_now(const struct targets *t, int64_t *until_s)
{
	int64_t now = (int64_t)(clock_wall_us() / 1000000U);

	return schedule_at(t->entry, t->down, now, until_s);
}

static uint64_t
delay_ms(unsigned fails)
{
	uint64_t ms = PROBE_FIRST_MS;

	for (unsigned i = PROBE_STEADY; i < fails && ms < PROBE_MAX_MS; i++)
		ms *= 2;
	return ms < PROBE_MAX_MS ? ms : PROBE_MAX_MS;
}

static void
mark_down(struct targets *t, int i)
{
	t->down[i] = 1;
	t->fails[i]++;
	t->probe_ms[i] = clock_mono_ms() + delay_ms(t->fails[i]);
}

int
target_failed(struct targets *t, int i)
{
	int next;

	mark_down(t, i);
	next = target_now(t, NULL);
	if (next < 0)
		memset(t->down, 0, sizeof t->down);
	return next;
}

void
target_up(struct targets *t, int i)
{
	t->down[i] = 0;
	t->fails[i] = 0;
}

/* Does it greet us with a 2xx?  Where TLS comes first no greeting does, and a
 * connection is all there is to see. */
static int
greets(const struct site_forward *f, int i, uint64_t deadline)
{
	const struct forward_target *g = &f->f.target[i];
	struct conn c;
	char in[4096];
	size_t got = 0;

	conn_init(&c);
	if (conn_open_from(&c, g->host, g->port,
		f->f.bind.len ? f->f.bind.s : NULL, deadline) < 0)
		return 0;
	if (forward_implicit(&f->f, (size_t)i))
		return 1;
	if (conn_io(&c, in, sizeof in, &got, deadline) < 0 || got == 0 ||
	    in[0] != '2')
		return 0;
	conn_put(&c, "QUIT\r\n", 6);
	conn_io(&c, in, sizeof in, &got, deadline);
	return 1;
}

static void
begin(struct targets *t, int i, uint64_t timeout_ms)
{
	pid_t parent = getpid();

	t->child = fork();
	t->child_of = i;
	if (t->child == 0) {
		/* ends with its worker, whatever becomes of that */
		signal(SIGTERM, SIG_DFL);
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
			_exit(1);
		_exit(
		    greets(t->entry, i, clock_mono_ms() + timeout_ms) ? 0 : 1);
	}
	if (t->child < 0) {
		t->child = 0;
		mark_down(t, i);
	}
}

/* Returns the target that answered; -1 none, or not yet. */
static int
collect(struct targets *t)
{
	int status;
	pid_t pid = waitpid(t->child, &status, WNOHANG);

	if (pid == 0 || (pid < 0 && errno == EINTR))
		return -1;
	t->child = 0;
	if (pid < 0 || status != 0) {
		mark_down(t, t->child_of);
		return -1;
	}
	t->down[t->child_of] = 0;
	return t->child_of;
}

/* Would it be used, were it up? */
static int
is_open(const struct targets *t, int i)
{
	uint8_t down[FORWARD_TARGETS];

	memcpy(down, t->down, sizeof down);
	down[i] = 0;
	return schedule_at(t->entry, down,
		   (int64_t)(clock_wall_us() / 1000000U), NULL) == i;
}

/* One behind the target in use is not missed: it is tried when it is. */
int
target_probe(struct targets *t, int in_use, uint64_t timeout_ms)
{
	uint64_t now = clock_mono_ms();

	if (t->child)
		return collect(t);
	for (int i = 0; i < (int)t->entry->f.targets && !t->child; i++) {
		if (!t->down[i] || now < t->probe_ms[i])
			continue;
		if (i > in_use || !is_open(t, i))
			t->down[i] = 0;
		else
			begin(t, i, timeout_ms);
	}
	return -1;
}

uint64_t
target_wait_ms(const struct targets *t)
{
	uint64_t now = clock_mono_ms(), ms = UINT64_MAX;

	if (t->child)
		return LOOK_MS;
	for (size_t i = 0; i < t->entry->f.targets; i++) {
		uint64_t left = t->probe_ms[i] > now ? t->probe_ms[i] - now : 0;

		if (t->down[i] && left < ms)
			ms = left;
	}
	return ms;
}

void
target_end(struct targets *t)
{
	if (!t->child)
		return;
	kill(t->child, SIGKILL);
	while (waitpid(t->child, NULL, 0) < 0 && errno == EINTR)
		continue;
	t->child = 0;
}
