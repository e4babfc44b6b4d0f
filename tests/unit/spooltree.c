#include "tests/unit/spooltree.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/spoolmend.h"

enum { SAID_MAX = 16384, ALL_ROOTS = (1 << SPOOLTAB_ROOTS) - 1 };

static void
root_here(const char *name, const char *dir)
{
	char path[PATH_MAX], here[PATH_MAX - 16];

	assert_non_null(getcwd(here, sizeof here));
	snprintf(path, sizeof path, "%s/%s", here, dir);
	assert_int_equal(setenv(name, path, 1), 0);
}

void
spooltree_open(struct spooltree *t, const char *table)
{
	struct where w;

	root_here("LSV_ETC", "etc");
	root_here("LSV_SPOOL", "spool");
	root_here("LSV_LIB", "lib");
	root_here("LSV_RUN", "run");
	assert_int_equal(spooltab_parse(&t->tab, table, strlen(table), &w), 0);
	assert_int_equal(spoolcheck_open(&t->check, &t->tab), 0);
	/* as root, too: everything belongs to who runs the test */
	t->check.single = 1;
}

void
spooltree_make(struct spooltree *t, const char *table)
{
	stralloc lost = {0};

	spooltree_open(t, table);
	assert_int_equal(spoolcheck_rows(&t->check, ALL_ROOTS), 0);
	for (size_t i = 0; i < t->check.ndiffs; i++)
		assert_int_equal(
		    spoolmend(&t->check, &t->check.diff[i], MEND_MAKE, &lost),
		    0);
	spoolcheck_forget(&t->check);
	sa_free(&lost);
}

void
spooltree_close(struct spooltree *t)
{
	spoolcheck_close(&t->check);
	spooltab_free(&t->tab);
}

const char *
spooltree_said(const struct spooltree *t)
{
	static char said[SAID_MAX];
	size_t n = 0;

	*said = 0;
	for (size_t i = 0; i < t->check.ndiffs && n < sizeof said; i++) {
		const struct spooldiff *d = &t->check.diff[i];

		n += (size_t)snprintf(said + n, sizeof said - n,
		    "%s%s%s%s%s %s %s %s\n",
		    spooltab_root_name(d->row->root) + strlen("$LSV_"),
		    d->row->path[0] ? "/" : "", d->row->path,
		    d->name[0] ? "/" : "", d->name, spooldiff_word(d->what),
		    d->is, d->should);
	}
	return said;
}
