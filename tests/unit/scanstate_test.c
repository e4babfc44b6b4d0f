#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/rmtree.h"
#include "lib/scanstate.h"

#define TEXT                                                                   \
	"lsv-scan 1\nexit: /etc/lsv/exits/SAEXIT\nrunning: 3\n"                \
	"waiting: 17\nanswered: 4711\nfailed: 12\nfailures: 10\n"              \
	"open: 1795361234567890\nwhy: exit status 75\nend\n"

static void
writes_what_it_reads(void **state)
{
	static struct scanstate s;
	stralloc out = {0};

	(void)state;
	assert_int_equal(scanstate_parse(&s, TEXT, strlen(TEXT), NULL), 0);
	assert_string_equal(s.exit, "/etc/lsv/exits/SAEXIT");
	assert_int_equal(s.running, 3);
	assert_int_equal(s.waiting, 17);
	assert_int_equal(s.answered, 4711);
	assert_int_equal(s.failed, 12);
	assert_int_equal(s.failures, 10);
	assert_true(s.open_us == UINT64_C(1795361234567890));
	assert_string_equal(s.why, "exit status 75");
	assert_int_equal(scanstate_format(&out, &s), 0);
	assert_int_equal(out.len, strlen(TEXT));
	assert_memory_equal(out.s, TEXT, out.len);
	sa_free(&out);
}

static void
a_file_cut_anywhere_is_refused(void **state)
{
	static struct scanstate s;
	struct where w;

	(void)state;
	for (size_t n = 0; n < strlen(TEXT); n++) {
		w.why = NULL;
		assert_int_equal(scanstate_parse(&s, TEXT, n, &w), -1);
		assert_non_null(w.why);
		assert_true(w.at <= n);
	}
}

static void
a_text_that_is_too_long_is_refused(void **state)
{
	static struct scanstate s;
	static char text[SCANSTATE_MAX * 2];
	size_t at = strlen("lsv-scan 1\nexit: ");

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text, TEXT, at);
	memcpy(text + at + PATH_MAX, TEXT + at, strlen(TEXT) - at);
	assert_int_equal(scanstate_parse(&s, text, sizeof text, NULL), -1);
}

static void
says_nothing_of_a_spool_where_it_never_ran(void **state)
{
	static struct scanstate s;
	char path[] = "/tmp/lsv-unit.XXXXXX";
	int dir;

	(void)state;
	assert_non_null(mkdtemp(path));
	dir = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(scanstate_read(&s, dir), 0);
	assert_int_equal(mkdirat(dir, "scan", 0700), 0);
	close(openat(dir, SCANSTATE_FILE, O_WRONLY | O_CREAT, 0600));
	assert_int_equal(scanstate_read(&s, dir), 0);
	dir = openat(dir, "scan", O_RDONLY | O_DIRECTORY);
	assert_int_equal(
	    fio_replace(dir, "state", TEXT, strlen(TEXT), 0600), 0);
	dir = openat(dir, "..", O_RDONLY | O_DIRECTORY);
	assert_int_equal(scanstate_read(&s, dir), 1);
	assert_int_equal(s.waiting, 17);
	assert_int_equal(rmtree_inside(dir), 0);
	assert_int_equal(rmdir(path), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_what_it_reads),
	    cmocka_unit_test(a_file_cut_anywhere_is_refused),
	    cmocka_unit_test(a_text_that_is_too_long_is_refused),
	    cmocka_unit_test(says_nothing_of_a_spool_where_it_never_ran),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("scanstate", tests, NULL, NULL);
}
