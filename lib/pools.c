#include "lib/pools.h"

#include <fcntl.h>
#include <stdio.h>

#include <strings.h>

static const char *const names[POOL_PLACES] = {"A", "B", "C", "D", "E", "F",
    "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U",
    "V", "W", "X", "Y", "Z", "-", "peer"};

static const char *const state_name[POOL_STATES] = {"now", "later", "held"};

unsigned
pool_index(char pool)
{
	return pool >= 'A' && pool <= 'Z' ? (unsigned)(pool - 'A')
					  : POOL_DEFAULT;
}

char
pool_letter(unsigned i)
{
	return i < POOL_DEFAULT ? (char)('A' + i) : '-';
}

unsigned
pool_place(const struct mailhead *h)
{
	return h->server.len ? POOL_PEER : pool_index(h->pool);
}

const char *
pool_name(unsigned i)
{
	return names[i];
}

int
pool_named(const char *s)
{
	for (int i = 0; i < POOL_PLACES; i++)
		if (strcasecmp(s, names[i]) == 0)
			return i;
	return strcasecmp(s, "default") == 0 ? POOL_DEFAULT : -1;
}

const char *
pool_dir(unsigned i)
{
	return i == POOL_DEFAULT ? "default" : names[i];
}

const char *
pool_trigger(unsigned i)
{
	return i == POOL_PEER ? "peer/trigger" : "trigger";
}

const char *
pool_state_name(enum pool_state s)
{
	return state_name[s];
}

static int
subdir(int at, const char *name)
{
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
pools_open(struct pools *p)
{
	char path[24];

	p->top = open("pool", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->top < 0 || (p->finished = subdir(p->top, "finished")) < 0)
		return -1;
	for (unsigned i = 0; i < POOL_PLACES; i++)
		for (int s = 0; s < POOL_STATES; s++) {
			snprintf(path, sizeof path, "%s/%s", pool_dir(i),
			    state_name[s]);
			if ((p->dir[i][s] = subdir(p->top, path)) < 0)
				return -1;
		}
	return 0;
}
