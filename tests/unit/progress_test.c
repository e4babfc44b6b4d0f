#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/progress.h"
#include "tests/unit/scratch.h"

static void
work(void *arg)
{
	const uint64_t *total = arg;
	struct progress p;

	progress_begin(&p, "import", *total);
	for (uint64_t i = 0; i < 1000; i++)
		progress_at(&p, i);
	progress_end(&p, 1000);
}

static void
says_nothing_to_a_file(void **state)
{
	uint64_t total = 1000;

	(void)state;
	assert_string_equal(scratch_stderr(work, &total), "");
}

/* What a terminal gets to see. */
static const char *
on_a_terminal(uint64_t total)
{
	static char seen[65536];
	int pt = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	int keep = dup(2);
	int tty;
	size_t len = 0;
	ssize_t n;

	assert_true(pt >= 0 && grantpt(pt) == 0 && unlockpt(pt) == 0);
	tty = open(ptsname(pt), O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(tty >= 0);
	assert_int_equal(dup2(tty, 2), 2);
	work(&total);
	assert_int_equal(dup2(keep, 2), 2);
	do { /* a terminal may hand it over in pieces */
		n = read(pt, seen + len, sizeof seen - 1 - len);
		assert_true(n > 0);
		len += (size_t)n;
		seen[len] = 0;
	} while (!strchr(seen, '\n'));
	close(tty);
	close(keep);
	close(pt);
	return seen;
}

static void
draws_an_empty_and_at_last_a_full_bar(void **state)
{
	const char *s = on_a_terminal(1000);
	const char *empty = "\rimport [........................................"
			    "] 0/1000";
	const char *full = "\rimport [########################################"
			   "] 1000/1000";

	(void)state;
	assert_memory_equal(s, empty, strlen(empty));
	assert_non_null(strstr(s, full));
}

static void
draws_at_most_ten_times_a_second(void **state)
{
	const char *s = on_a_terminal(1000);
	int drawn = 0;

	(void)state;
	for (; (s = strchr(s, '[')) != NULL; s++)
		drawn++;
	assert_true(drawn >= 2 && drawn < 20);
}

static void
counts_when_the_whole_is_not_known(void **state)
{
	const char *s = on_a_terminal(0);

	(void)state;
	assert_null(strchr(s, '['));
	assert_non_null(strstr(s, "\rimport 1000"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(says_nothing_to_a_file),
	    cmocka_unit_test(draws_an_empty_and_at_last_a_full_bar),
	    cmocka_unit_test(draws_at_most_ten_times_a_second),
	    cmocka_unit_test(counts_when_the_whole_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
