#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/lines.h"
#include "tests/unit/scratch.h"

static struct lines l;

static void
text(const char *s, size_t len)
{
	if (l.n || l.end)
		close(l.fd);
	memset(&l, 0, sizeof l);
	assert_int_equal(scratch_file("text", s, len), 0);
	l.fd = open("text", O_RDONLY);
	assert_true(l.fd >= 0);
}

static void
next_is(const char *want)
{
	const char *s;
	size_t len;

	assert_int_equal(lines_next(&l, &s, &len), 1);
	assert_int_equal(len, strlen(want));
	assert_memory_equal(s, want, len);
}

static void
is_over(void)
{
	const char *s;
	size_t len;

	assert_int_equal(lines_next(&l, &s, &len), 0);
	assert_int_equal(lines_next(&l, &s, &len), 0);
}

static void
gives_each_line_without_its_end(void **state)
{
	(void)state;
	text("one\n\n two\r\n", 11);
	next_is("one");
	next_is("");
	next_is(" two\r");
	is_over();
	assert_int_equal(l.n, 3);
	assert_int_equal(l.bytes, 11);
	text("one\nlast", 8);
	next_is("one");
	next_is("last");
	is_over();
	text("", 0);
	is_over();
}

static void
leaves_out_a_mark_at_the_very_start(void **state)
{
	(void)state;
	text("\xef\xbb\xbfone\n\xef\xbb\xbftwo\n", 14);
	next_is("one");
	next_is("\xef\xbb\xbftwo");
	is_over();
	text("\xef\xbb\xbf", 3);
	next_is("");
	is_over();
}

/* Lines of every length around the limits of the buffer. */
static void
joins_what_two_reads_brought(void **state)
{
	size_t size = 3 * (size_t)LINES_STEP, at = 0, len;
	char *s = malloc(size);
	const char *line;

	(void)state;
	assert_non_null(s);
	memset(s, 'x', size);
	for (size_t n = 0; at + n < size; n = n % LINES_MAX + 1) {
		at += n;
		s[at++] = '\n';
	}
	s[size - 1] = '\n';
	text(s, size);
	at = 0;
	while (lines_next(&l, &line, &len) == 1) {
		assert_true(len <= LINES_MAX);
		assert_memory_equal(line, s + at, len);
		assert_int_equal(s[at + len], '\n');
		at += len + 1;
	}
	assert_int_equal(at, size);
	free(s);
}

static void
tells_a_line_that_is_too_long_and_goes_on_behind_it(void **state)
{
	static const size_t sizes[] = {
	    LINES_MAX + 1, LINES_STEP, 3 * (size_t)LINES_STEP + 7};
	const char *line;
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		char *s = malloc(sizes[i] + 5);

		assert_non_null(s);
		memset(s, 'x', sizes[i]);
		memcpy(s + sizes[i], "\nend\n", 5);
		text(s, sizes[i] + 5);
		assert_int_equal(lines_next(&l, &line, &len), 1);
		assert_true(len > LINES_MAX);
		assert_memory_equal(line, s, LINES_MAX);
		next_is("end");
		is_over();
		assert_int_equal(l.n, 2);
		text(s, sizes[i]);
		assert_int_equal(lines_next(&l, &line, &len), 1);
		assert_true(len > LINES_MAX);
		is_over();
		free(s);
	}
}

static void
tells_that_it_cannot_be_read(void **state)
{
	const char *s;
	size_t len;

	(void)state;
	memset(&l, 0, sizeof l);
	l.fd = open(".", O_RDONLY | O_DIRECTORY);
	assert_int_equal(lines_next(&l, &s, &len), -1);
	assert_int_equal(errno, EISDIR);
	close(l.fd);
}

#define IN_SCRATCH(test)                                                       \
	cmocka_unit_test_setup_teardown(test, scratch_enter, scratch_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_SCRATCH(gives_each_line_without_its_end),
	    IN_SCRATCH(leaves_out_a_mark_at_the_very_start),
	    IN_SCRATCH(joins_what_two_reads_brought),
	    IN_SCRATCH(tells_a_line_that_is_too_long_and_goes_on_behind_it),
	    IN_SCRATCH(tells_that_it_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
