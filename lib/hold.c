#include "lib/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fio.h"

static const char why_suffix[] = ".why";

enum { WHY_NAME_MAX = ID_NAME_MAX + 8 };

int
hold_open(void)
{
	return open(HOLD_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* Length of a name without a suffix, which is no name by itself; 0 when it
 * does not have it. */
static size_t
without(const char *name, const char *suffix)
{
	size_t len = strlen(name), n = strlen(suffix);

	return len > n && strcmp(name + len - n, suffix) == 0 ? len - n : 0;
}

enum hold_back
hold_id(char *id, const char *name)
{
	enum hold_back from = HOLD_BY_A_PERSON;
	size_t n = without(name, "." HOLD_RELEASED);

	if (n == 0) {
		from = HOLD_BY_TIME;
		n = without(name, "." HOLD_DELAYED);
	}
	id_copy(id, name);
	if (n == 0 || n >= ID_NAME_MAX)
		return HOLD_NOT;
	id[n] = 0;
	return from;
}

static void
why_name(char out[WHY_NAME_MAX], const char *id)
{
	snprintf(out, WHY_NAME_MAX, "%.*s%s", ID_NAME_MAX, id, why_suffix);
}

/* A reason of an earlier attempt, or a part of one, is replaced. */
static int
write_why(int hold, const char *id, struct bytes why)
{
	char name[WHY_NAME_MAX];
	int fd, r;

	why_name(name, id);
	unlinkat(
	    hold, name, 0); /* that of a file that is gone, whatever it is */
	fd = openat(hold, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0)
		return -1;
	r = fio_write(fd, why.s, why.len);
	fio_close(fd);
	return r;
}

void
hold_forget(int hold, const char *id)
{
	char name[WHY_NAME_MAX];
	int err = errno;

	why_name(name, id);
	unlinkat(hold, name, 0);
	errno = err;
}

int
hold_put(int hold, int from, const char *name, const char *id, struct bytes why)
{
	if (faccessat(hold, id, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST; /* its reason is not to be replaced */
		return -1;
	}
	if (write_why(hold, id, why) < 0)
		return -1;
	if (renameat2(from, name, hold, id, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EEXIST)
		hold_forget(hold, id);
	return -1;
}

/* Both ends of what was done last; the reason goes when the file is gone. */
static int
settle(int hold, int new, const char *id)
{
	hold_forget(hold, id);
	if ((new >= 0 && fsync(new) < 0) || fsync(hold) < 0)
		return -1;
	return 1;
}

int
hold_return(int hold, int new, const char *id, enum hold_back from)
{
	char name[ID_NAME_MAX];

	if (from == HOLD_NOT)
		id_copy(name, id);
	else
		id_named(name, id,
		    from == HOLD_BY_TIME ? HOLD_DELAYED : HOLD_RELEASED);
	if (renameat2(hold, id, new, name, RENAME_NOREPLACE) < 0)
		return errno == ENOENT ? 0 : -1;
	return 1;
}

int
hold_release(int hold, int new, const char *id)
{
	int r = hold_return(hold, new, id, HOLD_BY_A_PERSON);

	return r == 1 ? settle(hold, new, id) : r;
}

int
hold_discard(int hold, const char *id)
{
	if (unlinkat(hold, id, 0) < 0)
		return errno == ENOENT ? 0 : -1;
	return settle(hold, -1, id);
}

int
hold_list(struct names *l, int hold, size_t max)
{
	size_t n = 0;

	if (names_read(l, hold, max, NULL, NULL) < 0)
		return -1;
	for (size_t i = 0; i < l->n; i++)
		if (!without(l->name[i], why_suffix))
			memmove(l->name[n++], l->name[i], sizeof l->name[i]);
	l->n = n;
	return 0;
}

int
hold_why(int hold, const char *id, stralloc *out)
{
	char name[WHY_NAME_MAX];

	why_name(name, id);
	if (fio_read(hold, name, out, HOLD_WHY_MAX) == 0)
		return 0;
	out->len = 0;
	return errno == ENOMEM ? -1 : 0;
}

struct bytes
hold_why_line(struct bytes why, const char *key)
{
	size_t klen = strlen(key), at = 0, n;

	for (; at < why.len; at += n + 1) {
		const char *line = why.s + at;

		n = byte_chr(line, why.len - at, '\n');
		if (n > klen + 1 && memcmp(line, key, klen) == 0 &&
		    line[klen] == ':' && line[klen + 1] == ' ')
			return (struct bytes){line + klen + 2, n - klen - 2};
	}
	return (struct bytes){NULL, 0};
}

int
hold_since(int hold, const char *id, uint64_t *us)
{
	char name[WHY_NAME_MAX];
	struct stat st;

	why_name(name, id);
	*us = id_time_us(id);
	if (fstatat(hold, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	*us = (uint64_t)st.st_mtim.tv_sec * 1000000U;
	return 0;
}

int
hold_sweep(int hold)
{
	struct names l = {0};
	int removed = 0;

	if (names_read(&l, hold, HOLD_NAMES_MAX, NULL, NULL) < 0)
		return -1;
	for (size_t i = 0; i < l.n; i++) {
		char id[ID_NAME_MAX];
		size_t n = without(l.name[i], why_suffix);

		if (n == 0)
			continue;
		id_copy(id, l.name[i]);
		id[n] = 0;
		if (faccessat(hold, id, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
		    errno != ENOENT)
			continue;
		removed += unlinkat(hold, l.name[i], 0) == 0;
	}
	names_free(&l);
	return removed;
}
