#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-route/route.h"
#include "lib/fio.h"
#include "lib/handover.h"
#include "lib/logline.h"

enum { FILE_MODE = 0660 };

/* jobs/stage/NAME is the witness of a commit: with two links it happened, with
 * one it did not.  Nothing is searched for. */

int
small_known(struct route *r, const char *name)
{
	struct stat st;

	if (fstatat(r->jobs.stage, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISREG(st.st_mode))
		return 0; /* a large job's, swept when it is made again */
	if (st.st_nlink > 1)
		return 1;
	return unlinkat(r->jobs.stage, name, 0) < 0 ? -1 : 0;
}

char
small_pool(struct route *r, const char *name)
{
	struct claim c;
	char pool = '-';

	if (claim_peek(&c, r->jobs.stage, name, NULL) == 0)
		pool = c.head.pool;
	claim_close(&c);
	return pool;
}

int
small_settle(struct route *r, const char *name)
{
	unsigned pool = pool_index(small_pool(r, name));

	if (fsync(r->pools.dir[pool][POOL_NOW]) < 0)
		return -1;
	/* a commit that was cut off told nobody */
	ho_wake(r->pools.top, "trigger");
	if (unlinkat(r->in.new, name, 0) < 0 && errno != ENOENT)
		return -1;
	if (fsync(r->in.new) < 0)
		return -1;
	return unlinkat(r->jobs.stage, name, 0);
}

static int
stage_file(int dir, const char *name, struct bytes text)
{
	int fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);

	if (fd < 0)
		return -1;
	if (fchmod(fd, FILE_MODE) < 0 || fio_write(fd, text.s, text.len) < 0) {
		int err = errno;

		close(fd);
		unlinkat(dir, name, 0);
		errno = err;
		return -1;
	}
	return fd;
}

/* Only the log wants to know: without memory it does not. */
static void
note_dist(struct small *s, const struct mailhead *h)
{
	struct bytes own = mail_address(h, h->rcpts);

	s->file.len = s->own.len = 0;
	s->dist = h->class == CLASS_DIST;
	if (!s->dist)
		return;
	if (own.len && own.s[own.len - 1] == '\n')
		own.len--;
	if (sa_put(&s->file, h->file.s, h->file.len) < 0 ||
	    (h->nrcpt == 1 && sa_put(&s->own, own.s, own.len) < 0))
		s->file.len = s->own.len = 0;
}

int
small_stage(struct route *r, const struct mailhead *h, struct bytes text)
{
	struct small *s = &r->small[r->smalls];
	int fd = stage_file(r->jobs.stage, h->name, text);

	if (fd < 0)
		return -1;
	/* a head start while the rest of the batch is written */
	if (r->smalls)
		sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	s->pool = h->pool;
	s->fd = fd;
	s->rcpts = h->nrcpt;
	id_copy(s->name, h->name);
	note_dist(s, h);
	r->smalls++;
	return 0;
}

static void
forget(struct route *r, struct small *s)
{
	fio_close(s->fd);
	s->fd = -1;
	unlinkat(r->jobs.stage, s->name, 0);
	s->name[0] = 0;
	r->again = 1;
}

/* Files whose bytes cannot be made durable are dropped and made anew later. */
static void
sync_files(struct route *r)
{
	for (size_t i = 0; i < r->smalls; i++) {
		struct small *s = &r->small[i];

		if (fsync(s->fd) < 0) {
			forget(r, s);
			continue;
		}
		close(s->fd);
		s->fd = -1;
	}
}

static void
link_files(struct route *r, unsigned char *used)
{
	for (size_t i = 0; i < r->smalls; i++) {
		struct small *s = &r->small[i];
		unsigned p = pool_index(s->pool);

		if (!s->name[0])
			continue;
		if (linkat(r->jobs.stage, s->name, r->pools.dir[p][POOL_NOW],
			s->name, 0) < 0) {
			forget(r, s);
			continue;
		}
		used[p] = 1;
	}
}

/* When a link cannot be made durable, witness and inbox file stay: the next
 * scan sees the witness and goes on from here. */
static int
sync_pools(struct route *r, const unsigned char *used)
{
	for (unsigned p = 0; p < POOL_COUNT; p++)
		if (used[p] && fsync(r->pools.dir[p][POOL_NOW]) < 0)
			return -1;
	return 0;
}

static void
log_routed(const struct small *s)
{
	struct said said = {.name = s->name,
	    .pool = s->pool,
	    .relayed = s->dist,
	    .direct = s->rcpts,
	    .files = 1};

	if (s->dist)
		say_distributed(s->name, (struct bytes){s->file.s, s->file.len},
		    (struct bytes){s->own.s, s->own.len}, s->rcpts);
	say_routed(&said);
}

static int
remove_sources(struct route *r)
{
	for (size_t i = 0; i < r->smalls; i++)
		if (r->small[i].name[0] &&
		    unlinkat(r->in.new, r->small[i].name, 0) < 0 &&
		    errno != ENOENT)
			return -1;
	return fsync(r->in.new);
}

int
small_commit(struct route *r)
{
	unsigned char used[POOL_COUNT] = {0};
	int res = -1;

	if (r->smalls == 0)
		return 0;
	sync_files(r);
	link_files(r, used);
	if (sync_pools(r, used) < 0)
		goto done;
	ho_wake(r->pools.top, "trigger");
	if (remove_sources(r) < 0)
		goto done;
	log_gather();
	for (size_t i = 0; i < r->smalls; i++)
		if (r->small[i].name[0]) {
			if (unlinkat(r->jobs.stage, r->small[i].name, 0) < 0)
				r->again = 1;
			log_routed(&r->small[i]);
		}
	log_release();
	res = 0;
done:
	r->smalls = 0;
	if (res < 0)
		r->again = 1;
	return res;
}

int
small_report(struct route *r, const char *name, char pool)
{
	int now = r->pools.dir[pool_index(pool)][POOL_NOW];

	if (linkat(r->jobs.stage, name, now, name, 0) < 0 && errno != EEXIST)
		return -1;
	if (fsync(now) < 0)
		return -1;
	ho_wake(r->pools.top, "trigger");
	return unlinkat(r->jobs.stage, name, 0);
}
