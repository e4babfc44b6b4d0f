#include "lib/sitetry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/sitefile.h"
#include "lib/sitemake.h"

static void
say_errors(const struct sitecheck *c, const char *path)
{
	char place[32];

	for (size_t i = 0; i < c->nremark; i++) {
		const struct sitecheck_remark *r = &c->remark[i];

		if (r->level != SITECHECK_ERROR)
			continue;
		snprintf(place, sizeof place, ":%u:%u: ", r->line, r->column);
		msg_say(path, place, sitecheck_said(c, r));
	}
}

/* The table is made beside nothing else, read, and thrown away. */
static int
by_table(struct site *s, const struct sitecheck *c)
{
	const char *tmp = getenv("TMPDIR");
	char dir[4096];
	int r, fd, n;

	if (!tmp || tmp[0] != '/')
		tmp = "/tmp";
	n = snprintf(dir, sizeof dir, "%s/lsv-site.XXXXXX", tmp);
	if (n < 0 || (size_t)n >= sizeof dir) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (!mkdtemp(dir))
		return -1;
	r = site_compile(c, dir);
	if (r == 0)
		r = site_read(s, dir);
	n = errno;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		unlinkat(fd, SITE_TABLE, 0);
	fio_close(fd);
	rmdir(dir);
	errno = n;
	return r;
}

void
site_try(struct site *s, const char *path)
{
	stralloc text = {0};
	struct sitecheck c;
	size_t errors;

	if (fio_read(AT_FDCWD, path, &text, SITEFILE_MAX) < 0)
		msg_diesys(LSV_PERM, "unable to read ", path);
	if (sitecheck_read(&c, text.s, text.len) < 0)
		msg_diesys(LSV_TEMP, "unable to check ", path);
	errors = c.count[SITECHECK_ERROR];
	if (errors)
		say_errors(&c, path);
	else if (by_table(s, &c) < 0)
		msg_diesys(LSV_TEMP, "unable to take in ", path);
	sitecheck_free(&c);
	sa_free(&text);
	if (errors)
		msg_die(LSV_PERM, path, " has errors");
}
