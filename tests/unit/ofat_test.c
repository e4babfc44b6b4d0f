/* The fences of lib/ofat.h. What is fenced off is called here by its name in
 * the library, to show that the fault is there and that ours does not have it.
 */
#include "lib/ofat.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

int garbage_catulong0(stralloc *sa, unsigned long n, size_t pad) __asm__(
    "stralloc_catulong0");

static void
numbers_print_right_where_the_library_prints_garbage(void **state)
{
	static const uint64_t n[] = {0, 9, 10, 1234567890, UINT64_MAX};
	static const char *const want[] = {
	    "0", "9", "10", "1234567890", "18446744073709551615"};
	stralloc theirs = {0}, ours = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof n / sizeof *n; i++) {
		ours.len = 0;
		assert_int_equal(sa_addu(&ours, n[i]), 0);
		assert_int_equal(ours.len, strlen(want[i]));
		assert_memory_equal(ours.s, want[i], ours.len);
	}
	assert_int_equal(garbage_catulong0(&theirs, 1234567890, 0), 1);
	if (theirs.len == 10 && memcmp(theirs.s, "1234567890", 10) == 0)
		print_message("# stralloc_catulong0 is mended here\n");
	sa_free(&theirs);
	sa_free(&ours);
}

static void
results_of_scan_functions_survive_optimisation(void **state)
{
	struct timespec when = {0};
	time_t t = 0;
	uint32_t rune = 0;

	(void)state;
	assert_int_equal(scan_utf8("\342\202\254", 3, &rune), 3);
	assert_int_equal(rune, 0x20ac);
	assert_int_equal(scan_iso8601("2026-11-22T10:00:00Z", &when), 20);
	assert_int_equal(when.tv_sec, 1795341600);
	assert_true(scan_httpdate("Sun, 22 Nov 2026 10:00:00 GMT", &t) > 0);
	assert_int_equal(t, 1795341600);
}

static void
a_formatted_number_is_stored_though_its_length_is_unused(void **state)
{
	char digits[FMT_ULONG] = "";

	(void)state;
	fmt_ulong(digits, 4711);
	assert_memory_equal(digits, "4711", 4);
}

static void
packing_works_at_odd_addresses(void **state)
{
	char bytes[16] = {0};
	uint64_t n64 = 0;
	uint32_t n32 = 0;

	(void)state;
	uint32_pack_big(bytes + 1, 0x01020304);
	assert_memory_equal(bytes + 1, "\1\2\3\4", 4);
	uint32_unpack_big(bytes + 1, &n32);
	assert_int_equal(n32, 0x01020304);
	uint64_pack(bytes + 3, 0x0102030405060708);
	uint64_unpack(bytes + 3, &n64);
	assert_int_equal(n64, 0x0102030405060708);
}

enum { BUFFER_LEN = 64, GUARD_LEN = 8192, LIMIT = 100, PUT_LEN = 4096 };

/* In a child, with files limited to LIMIT bytes: puts PUT_LEN bytes through a
 * buffer of BUFFER_LEN bytes. Exit 0 refused with EFBIG, 1 not refused, 2
 * bytes behind the buffer were overwritten, 3 it could not be tried. */
static int
put_into_a_full_file(ssize_t (*writes)(int, const void *, size_t))
{
	static char space[BUFFER_LEN + GUARD_LEN], zeros[GUARD_LEN];
	static const char put[PUT_LEN] = {1};
	struct rlimit limit = {LIMIT, LIMIT};
	FILE *f = tmpfile();
	buffer b;
	int r, error;

	if (!f)
		return 3;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0) {
		fclose(f);
		return 3;
	}
	signal(SIGXFSZ, SIG_IGN);
	buffer_init(&b, writes, fileno(f), space, BUFFER_LEN);
	errno = 0;
	r = buffer_put(&b, put, sizeof put);
	error = errno;
	fclose(f);
	if (memcmp(space + BUFFER_LEN, zeros, GUARD_LEN) != 0)
		return 2;
	return r < 0 && error == EFBIG ? 0 : 1;
}

static void
a_short_write_does_not_overrun_a_buffer(void **state)
{
	int status = -1;
	pid_t child;

	(void)state;
	fflush(NULL);
	child = fork();
	if (child == 0)
		_exit(put_into_a_full_file(ofat_write));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static ssize_t (*write_itself)(int, const void *, size_t) = write;

static void
the_fence_is_needed_with_this_library(void **state)
{
	int status = -1;
	pid_t child;

	(void)state;
	fflush(NULL);
	child = fork();
	if (child == 0)
		_exit(put_into_a_full_file(write_itself));
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		print_message("# buffer_put is mended here\n");
}

static void
a_buffer_writes_all_of_it_through_a_narrow_pipe(void **state)
{
	static char put[300000], got[300000], space[BUFFER_LEN];
	size_t have = 0;
	ssize_t n;
	int p[2], status = -1;
	pid_t child;
	buffer b;

	(void)state;
	memset(put, 'x', sizeof put);
	put[0] = 'a';
	put[sizeof put - 1] = 'z';
	assert_int_equal(pipe(p), 0);
	fflush(NULL);
	child = fork();
	if (child == 0) {
		close(p[0]);
		buffer_init(&b, ofat_write, p[1], space, sizeof space);
		if (buffer_put(&b, "-", 1) < 0 ||
		    buffer_put(&b, put, sizeof put) < 0 || buffer_flush(&b) < 0)
			_exit(1);
		_exit(0);
	}
	close(p[1]);
	assert_int_equal(read(p[0], got, 1), 1);
	while ((n = read(p[0], got + have, sizeof got - have)) > 0)
		have += (size_t)n;
	close(p[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(have, sizeof put);
	assert_memory_equal(got, put, sizeof put);
}

static void
bytes_may_hold_nul_and_sa_0_is_not_counted(void **state)
{
	stralloc sa = {0};

	(void)state;
	assert_int_equal(sa_put(&sa, NULL, 0), 0);
	assert_int_equal(sa_put(&sa, "a\0b", 3), 0);
	assert_int_equal(sa_puts(&sa, "cd"), 0);
	assert_int_equal(sa_0(&sa), 0);
	assert_int_equal(sa.len, 5);
	assert_memory_equal(sa.s, "a\0bcd", 6);
	assert_int_equal(sa_puts(&sa, "e"), 0);
	assert_memory_equal(sa.s, "a\0bcde", 6);
	sa_free(&sa);
	assert_null(sa.s);
	assert_int_equal(sa.len, 0);
	sa_free(&sa);
}

static void
text_of_a_million_pieces_grows(void **state)
{
	stralloc sa = {0};
	size_t i;

	(void)state;
	for (i = 0; i < 1000000; i++)
		assert_int_equal(sa_put(&sa, "ab", 2), 0);
	assert_int_equal(sa.len, 2000000);
	assert_memory_equal(sa.s + 1999998, "ab", 2);
	sa_free(&sa);
}

static void
appends_several_strings(void **state)
{
	stralloc sa = {0};

	(void)state;
	assert_int_equal(SA_PUTS(&sa, "a", "", "bc"), 0);
	assert_int_equal(SA_PUTS(&sa, "d"), 0);
	assert_int_equal(sa.len, 4);
	assert_memory_equal(sa.s, "abcd", 4);
	sa_free(&sa);
}

static void
lack_of_memory_leaves_the_text_alone(void **state)
{
	stralloc sa = {0};

	(void)state;
	assert_int_equal(sa_puts(&sa, "kept"), 0);
	errno = 0;
	assert_int_equal(sa_put(&sa, "x", SIZE_MAX - 2), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(sa.len, 4);
	assert_memory_equal(sa.s, "kept", 4);
	sa_free(&sa);
}

static void
writing_nowhere_says_why(void **state)
{
	(void)state;
	errno = 0;
	assert_int_equal(ofat_write(-1, "x", 1), -1);
	assert_int_equal(errno, EBADF);
	assert_int_equal(ofat_write(-1, "", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		numbers_print_right_where_the_library_prints_garbage),
	    cmocka_unit_test(results_of_scan_functions_survive_optimisation),
	    cmocka_unit_test(
		a_formatted_number_is_stored_though_its_length_is_unused),
	    cmocka_unit_test(packing_works_at_odd_addresses),
	    cmocka_unit_test(a_short_write_does_not_overrun_a_buffer),
	    cmocka_unit_test(the_fence_is_needed_with_this_library),
	    cmocka_unit_test(a_buffer_writes_all_of_it_through_a_narrow_pipe),
	    cmocka_unit_test(bytes_may_hold_nul_and_sa_0_is_not_counted),
	    cmocka_unit_test(text_of_a_million_pieces_grows),
	    cmocka_unit_test(appends_several_strings),
	    cmocka_unit_test(lack_of_memory_leaves_the_text_alone),
	    cmocka_unit_test(writing_nowhere_says_why),
	};

	return cmocka_run_group_tests_name("ofat", tests, NULL, NULL);
}
