#include "lib/authfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/bytes.h"
#include "lib/fio.h"

struct entry {
	struct bytes name, user, password;
};

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next line without its end; 1 a line, 0 no more. */
static int
next_line(struct bytes *line, const char **s, const char *end)
{
	const char *nl;

	if (*s == end)
		return 0;
	nl = memchr(*s, '\n', (size_t)(end - *s));
	line->s = *s;
	line->len = (size_t)((nl != NULL ? nl : end) - *s);
	*s = nl != NULL ? nl + 1 : end;
	while (line->len > 0 &&
	    (is_blank(line->s[line->len - 1]) ||
		line->s[line->len - 1] == '\r'))
		line->len--;
	return 1;
}

/* The next word; blanks before and behind it are gone. */
static struct bytes
take_word(struct bytes *line)
{
	struct bytes w;
	size_t n = 0;

	for (; line->len > 0 && is_blank(line->s[0]); line->s++, line->len--)
		;
	while (n < line->len && !is_blank(line->s[n]))
		n++;
	w = (struct bytes){line->s, n};
	for (; n < line->len && is_blank(line->s[n]); n++)
		;
	line->s += n;
	line->len -= n;
	return w;
}

/* 1 an entry; 0 nothing on this line. */
static int
split(struct entry *e, struct bytes line)
{
	e->name = take_word(&line);
	if (e->name.len == 0 || e->name.s[0] == '#')
		return 0;
	e->user = take_word(&line);
	e->password = line;
	return 1;
}

static int
name_ok(struct bytes b)
{
	size_t i;

	for (i = 0; i < b.len; i++) {
		char c = b.s[i];

		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z') && c != '.' && c != '_' && c != '-')
			return 0;
	}
	return b.len <= AUTHFILE_NAME_MAX;
}

/* NULL: the line is right. */
static const char *
entry_wrong(const struct entry *e)
{
	if (!name_ok(e->name))
		return "the name is not 1 to 63 of A-Z a-z 0-9 . _ -";
	if (e->user.len == 0 || e->password.len == 0)
		return "not three words: name, user, password";
	if (e->user.len > AUTH_USER_MAX)
		return "the user is longer than 255";
	if (e->password.len > AUTH_PASSWORD_MAX)
		return "the password is longer than 255";
	if (memchr(e->user.s, 0, e->user.len) != NULL ||
	    memchr(e->password.s, 0, e->password.len) != NULL ||
	    memchr(e->password.s, '\r', e->password.len) != NULL)
		return "a NUL or CR in the line";
	return NULL;
}

static int
same_name(struct bytes a, const char *name, size_t len)
{
	return a.len == len && strncasecmp(a.s, name, len) == 0;
}

/* 1 found, 0 absent; only the first max bytes are looked at. */
static int
find(struct entry *e, const char *s, size_t max, const char *name, size_t len)
{
	const char *end = s + max;
	struct bytes line;

	while (next_line(&line, &s, end))
		if (split(e, line) && same_name(e->name, name, len))
			return 1;
	return 0;
}

int
authfile_check(const char *s, size_t len, struct where *w)
{
	const char *at = s, *end = s + len, *start = s;
	struct entry e, other;
	struct bytes line;
	const char *why;
	size_t n;

	for (n = 1; next_line(&line, &at, end); start = at, n++) {
		if (!split(&e, line))
			continue;
		why = entry_wrong(&e);
		if (why == NULL &&
		    find(&other, s, (size_t)(start - s), e.name.s, e.name.len))
			why = "a second line for this name";
		if (why != NULL) {
			errno = EPROTO;
			return where_set(w, n, why);
		}
	}
	return 0;
}

int
authfile_find(const struct authfile *f, const char *name, size_t len,
    struct auth_login *login)
{
	struct entry e;

	if (f->text == NULL || !find(&e, f->text, f->len, name, len))
		return 0;
	memset(login, 0, sizeof(*login));
	memcpy(login->user, e.user.s, e.user.len);
	memcpy(login->password, e.password.s, e.password.len);
	login->user_len = e.user.len;
	login->password_len = e.password.len;
	return 1;
}

void
authfile_free(struct authfile *f)
{
	if (f->text != NULL)
		explicit_bzero(f->text, AUTHFILE_MAX + 1);
	free(f->text);
	*f = (struct authfile){NULL, 0};
}

/* NULL: nobody else sees it. */
static const char *
too_open(const struct stat *st, uid_t uid, gid_t group)
{
	if (!S_ISREG(st->st_mode))
		return "not a regular file";
	if (st->st_uid != 0 && st->st_uid != uid)
		return "its owner is neither root nor who reads it";
	if ((st->st_mode & 027) != 0)
		return "others may use it: chmod 640";
	if ((st->st_mode & 040) != 0 && st->st_gid != group)
		return "a group that has no business with it may read it: "
		       "chgrp lsvsmtp";
	return NULL;
}

/* Into one buffer of the full size: no copy is left behind anywhere. */
static int
fill(struct authfile *f, int fd)
{
	ssize_t n;

	f->text = malloc(AUTHFILE_MAX + 1);
	if (f->text == NULL)
		return -1;
	do {
		n = read(fd, f->text + f->len, AUTHFILE_MAX + 1 - f->len);
		if (n > 0)
			f->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n == 0 && f->len > AUTHFILE_MAX) {
		errno = EFBIG;
		n = -1;
	}
	return n < 0 ? -1 : 0;
}

int
authfile_read(
    struct authfile *f, const char *path, gid_t group, struct where *w)
{
	return authfile_read_as(f, path, geteuid(), group, w);
}

int
authfile_read_as(struct authfile *f, const char *path, uid_t uid, gid_t group,
    struct where *w)
{
	const char *why;
	struct stat st;
	int fd, r = -1;

	authfile_free(f);
	*w = (struct where){0, ""};
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return -1;
	if (fstat(fd, &st) == 0) {
		why = too_open(&st, uid, group);
		if (why != NULL) {
			errno = EPERM;
			where_set(w, 0, why);
		} else {
			r = fill(f, fd);
		}
	}
	if (r == 0)
		r = authfile_check(f->text, f->len, w);
	fio_close(fd);
	if (r < 0) {
		int err = errno;

		authfile_free(f);
		errno = err;
	}
	return r;
}
