#include "tests/unit/pooltree.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static int
make_pool(const char *pool)
{
	char path[64];

	snprintf(path, sizeof path, "pool/%s", pool);
	if (mkdir(path, 0700) < 0)
		return -1;
	for (int s = 0; s < POOL_STATES; s++) {
		snprintf(path, sizeof path, "pool/%s/%s", pool,
		    pool_state_name((enum pool_state)s));
		if (mkdir(path, 0700) < 0)
			return -1;
	}
	return 0;
}

int
pooltree_make(void)
{
	if (mkdir("pool", 0700) < 0 || mkdir("pool/finished", 0700) < 0)
		return -1;
	for (unsigned i = 0; i < POOL_PLACES; i++)
		if (make_pool(pool_dir(i)) < 0)
			return -1;
	return 0;
}

void
pooltree_close(struct pools *p)
{
	for (unsigned i = 0; i < POOL_PLACES; i++)
		for (int s = 0; s < POOL_STATES; s++)
			close(p->dir[i][s]);
	close(p->finished);
	close(p->top);
}
