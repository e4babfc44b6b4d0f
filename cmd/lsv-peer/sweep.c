/* sweep.c - what lies in peer/out for nobody */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-peer/peer.h"
#include "lib/clock.h"
#include "lib/logline.h"
#include "lib/msg.h"
#include "lib/names.h"

enum { OLD_S = 36 * 3600 };

static int
by_name(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Add the mails that the chunks of a directory may have. */
static int
add_mails(struct names *mails, int dir)
{
	struct names l;
	int res = names_read(&l, dir, INT32_MAX, NULL, NULL);
	char(*more)[ID_NAME_MAX];

	if (res == 0 && l.n) {
		more = reallocarray(mails->name, mails->n + l.n, sizeof *more);
		if (more)
			mails->name = more;
		else
			res = -1;
	}
	for (size_t i = 0; i < l.n && res == 0; i++)
		res = chunk_mail(mails->name[mails->n++], l.name[i]);
	names_free(&l);
	return res;
}

/* A person may move a chunk between now/ and held/ meanwhile: now/ is read on
 * both sides of it. */
static int
read_mails(const struct peer *p, struct names *mails)
{
	static const enum pool_state order[] = {
	    POOL_NOW, POOL_HELD, POOL_LATER, POOL_NOW};

	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		if (add_mails(mails, p->pools.dir[POOL_PEER][order[i]]) < 0)
			return -1;
	if (mails->n)
		qsort(mails->name, mails->n, sizeof *mails->name, by_name);
	return 0;
}

static int
is_old(int dir, const char *name)
{
	struct stat st;
	uint64_t now = clock_wall_us() / 1000000U;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_mtime >= 0 && (uint64_t)st.st_mtime + OLD_S < now;
}

static void
drop(const struct peer *p, const char *name)
{
	struct logline l;

	if (unlinkat(p->out, name, 0) < 0)
		return;
	log_begin(&l, name, "dropped");
	log_z(&l, "rule", "for-no-chunk");
	log_end(&l);
}

void
sweep(struct peer *p)
{
	struct names out = {0}, mails = {0};
	size_t old = 0;

	if (names_read(&out, p->out, INT32_MAX, NULL, NULL) < 0)
		goto done;
	for (size_t i = 0; i < out.n; i++)
		if (is_old(p->out, out.name[i]))
			memmove(out.name[old++], out.name[i], ID_NAME_MAX);
	if (old == 0 || read_mails(p, &mails) < 0)
		goto done;
	for (size_t i = 0; i < old; i++)
		if (mails.n == 0 ||
		    !bsearch(out.name[i], mails.name, mails.n,
			sizeof *mails.name, by_name))
			drop(p, out.name[i]);
done:
	names_free(&out);
	names_free(&mails);
}
