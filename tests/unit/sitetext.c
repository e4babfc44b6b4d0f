#include "tests/unit/sitetext.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/site.h"
#include "lib/sitemake.h"
#include "lib/table.h"

void
sitetext_read(struct sitecheck *c, const char *text)
{
	assert_int_equal(sitecheck_read(c, text, strlen(text)), 0);
}

const char *
sitetext_remarks(const struct sitecheck *c)
{
	static const char *const level[] = {"note", "warning", "error"};
	static char got[8192];
	size_t n = 0;

	got[0] = 0;
	for (size_t i = 0; i < c->nremark; i++) {
		n += (size_t)snprintf(got + n, sizeof got - n, "%u:%u %s %s\n",
		    c->remark[i].line, c->remark[i].column,
		    level[c->remark[i].level],
		    sitecheck_said(c, &c->remark[i]));
		assert_true(n < sizeof got);
	}
	return got;
}

void
sitetext_expect(const char *text, const char *remarks)
{
	struct sitecheck c;

	sitetext_read(&c, text);
	assert_string_equal(sitetext_remarks(&c), remarks);
	sitecheck_free(&c);
}

void
sitetext_apply(const char *text)
{
	struct sitecheck c;

	sitetext_read(&c, text);
	if (c.count[SITECHECK_ERROR])
		fail_msg("%s", sitetext_remarks(&c));
	assert_int_equal(site_compile(&c, "."), 0);
	sitecheck_free(&c);
}

void
sitetext_table(const char *const *pair)
{
	struct table_make m = {0};

	assert_int_equal(table_make_begin(&m, AT_FDCWD, SITE_TABLE), 0);
	for (; *pair; pair += 2)
		assert_int_equal(table_make_add(&m, pair[0], strlen(pair[0]),
				     pair[1], strlen(pair[1])),
		    0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
}
