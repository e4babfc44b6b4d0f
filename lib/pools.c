#include "lib/pools.h"

#include <fcntl.h>
#include <stdio.h>

#include "lib/mailfile.h"

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
	char pool[8], path[24];

	p->top = open("pool", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->top < 0 || (p->finished = subdir(p->top, "finished")) < 0)
		return -1;
	for (unsigned i = 0; i < POOL_COUNT; i++)
		for (int s = 0; s < POOL_STATES; s++) {
			mail_pool_dir(pool, pool_letter(i));
			snprintf(
			    path, sizeof path, "%s/%s", pool, state_name[s]);
			if ((p->dir[i][s] = subdir(p->top, path)) < 0)
				return -1;
		}
	return 0;
}
