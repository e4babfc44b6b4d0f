#include "lib/sitemake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>

#include "lib/fio.h"
#include "lib/site.h"
#include "lib/sitetable.h"
#include "lib/table.h"

/* A setting, and the line where it stands. */
static int
add_setting(struct table_make *m, const struct sitecheck *c,
    const struct sitecheck_setting *t)
{
	char name[SITEVAR_NAME_MAX], key[SITETABLE_LINE_MAX], line[16];
	size_t len, klen;

	sitevar_name(name, t->var, t->number);
	if (table_make_add(
		m, name, strlen(name), sitecheck_value(c, t), t->len) < 0)
		return -1;
	klen = sitetable_line(key, name);
	len = (size_t)snprintf(line, sizeof line, "%u", t->line);
	return table_make_add(m, key, klen, line, len);
}

static int
add_all(struct table_make *m, const struct sitecheck *c)
{
	if (table_make_add(m, SITETABLE_FORMAT, strlen(SITETABLE_FORMAT),
		SITETABLE_VERSION, strlen(SITETABLE_VERSION)) < 0)
		return -1;
	for (size_t i = 0; i < c->nset; i++)
		if (!(c->set[i].var->flags & SITEVAR_SECRET) &&
		    add_setting(m, c, &c->set[i]) < 0)
			return -1;
	return 0;
}

int
site_compile(const struct sitecheck *c, const char *etc)
{
	struct table_make m = {0};
	int dir, err, r = -1;

	if (c->count[SITECHECK_ERROR] != 0) {
		errno = EINVAL;
		return -1;
	}
	dir = open(etc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return -1;
	/* a table is built under one name: the second maker waits */
	if (flock(dir, LOCK_EX) == 0 &&
	    table_make_begin(&m, dir, SITE_TABLE) == 0) {
		if (add_all(&m, c) == 0)
			r = table_make_finish(&m, 0644);
		err = errno;
		table_make_abandon(&m);
		errno = err;
	}
	fio_close(dir);
	return r;
}
