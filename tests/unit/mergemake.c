#include "tests/unit/mergemake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static struct merge m;
static struct merge_copy copy;
static struct merge_row row;
static stralloc out, poor;

const struct merge *
mergemake_compile(const char *text)
{
	struct where w;

	merge_free(&m);
	if (merge_compile(
		&m, bytes_z("NAME CITY CODE"), text, strlen(text), &w) < 0)
		fail_msg("%s at %zu", w.why, w.at);
	return &m;
}

size_t
mergemake_refused(const char *text, const char *why)
{
	struct where w = {SIZE_MAX, ""};

	merge_free(&m);
	errno = 0;
	assert_int_equal(merge_compile(&m, bytes_z("NAME CITY CODE"), text,
			     strlen(text), &w),
	    -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(w.why, why);
	return w.at;
}

/* Compile it and forget it. */
static int
try_poor(void)
{
	struct where w = {SIZE_MAX, ""};
	struct merge tried;
	int r = merge_compile(
	    &tried, bytes_z("NAME CITY CODE"), poor.s, poor.len, &w);

	if (r < 0) {
		assert_string_equal(w.why, "out of memory");
		assert_int_equal(w.at, 0);
	}
	merge_free(&tried);
	return r;
}

void
mergemake_poor(void (*each)(int (*run)(void), unsigned least), const char *head,
    const char *first, const char *unit, const char *end)
{
	for (unsigned before = 0; before < 4; before++) {
		poor.len = 0;
		assert_int_equal(sa_puts(&poor, head), 0);
		for (unsigned i = 0; i < before; i++)
			assert_int_equal(sa_puts(&poor, first), 0);
		for (unsigned i = 0; i < 80; i++)
			assert_int_equal(sa_puts(&poor, unit), 0);
		assert_int_equal(sa_puts(&poor, end), 0);
		each(try_poor, 2);
	}
}

const struct merge_row *
mergemake_row(const char *line)
{
	assert_int_equal(merge_row(&row, bytes_z(line)), 0);
	row.date = bytes_z("Sun, 22 Nov 2026 10:00:00 +0000");
	row.id = bytes_z("1.2@lists.example.org");
	return &row;
}

static int
has_high(const char *s)
{
	while (*s && (unsigned char)*s < 128)
		s++;
	return *s != 0;
}

/* The copy of a row, NUL-terminated in out. */
static void
make(const char *line)
{
	struct bytes b;
	uint64_t size;
	int r, eightbit;

	mergemake_row(line);
	assert_int_equal(merge_measure(&copy, &m, &row, &size, &eightbit), 0);
	out.len = 0;
	merge_begin(&copy, &m, &row);
	while ((r = merge_next(&copy, &b)) > 0) {
		assert_true(b.len > 0);
		assert_int_equal(sa_put(&out, b.s, b.len), 0);
	}
	assert_int_equal(r, 0);
	assert_int_equal(out.len, size);
	assert_int_equal(sa_0(&out), 0);
	assert_int_equal(eightbit, has_high(out.s));
}

void
mergemake_copy(const char *line, const char *want)
{
	make(line);
	assert_string_equal(out.s, want);
}

const char *
mergemake_body(const char *line)
{
	const char *body;

	make(line);
	body = strstr(out.s, "\r\n\r\n");
	assert_non_null(body);
	return body + 4;
}

void
mergemake_good(const char *line)
{
	const char *why = "";
	int field;

	if (merge_check(&copy, &m, mergemake_row(line), &field, &why) < 0)
		fail_msg("%d %s", field, why);
}

void
mergemake_bad(const char *line, int at, const char *want)
{
	const char *why = NULL;
	int field = 99;

	mergemake_row(line);
	errno = 0;
	assert_int_equal(merge_check(&copy, &m, &row, &field, &why), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(field, at);
	assert_string_equal(why, want);
}
