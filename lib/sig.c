#include "lib/sig.h"

#include <stddef.h>

volatile sig_atomic_t sig_stop, sig_reload, sig_child;

static void
caught(int s)
{
	if (s == SIGHUP)
		sig_reload = 1;
	else if (s == SIGCHLD)
		sig_child = 1;
	else
		sig_stop = 1;
}

int
sig_block(sigset_t *asleep)
{
	static const int ours[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD};
	struct sigaction a = {.sa_handler = caught};
	sigset_t set;

	sigemptyset(&a.sa_mask);
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
		sigaddset(&set, ours[i]);
	if (sigprocmask(SIG_BLOCK, &set, asleep) < 0)
		return -1;
	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
		sigdelset(asleep, ours[i]);
		if (sigaction(ours[i], &a, NULL) < 0)
			return -1;
	}
	a.sa_handler = SIG_IGN;
	return sigaction(SIGPIPE, &a, NULL);
}
