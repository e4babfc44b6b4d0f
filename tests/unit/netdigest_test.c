#include "lib/netdigest.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/scratch.h"

static const char *
digest(void)
{
	static char out[2][NETDIGEST_LEN + 1];
	static int which;

	which = !which;
	assert_int_equal(netdigest(out[which], ".", NULL), 0);
	assert_int_equal(strlen(out[which]), NETDIGEST_LEN);
	return out[which];
}

static void
file(const char *name, const char *text)
{
	assert_int_equal(scratch_file(name, text, strlen(text)), 0);
}

/* The digest is another one, once for all. */
static void
assert_changed(char *before)
{
	const char *now = digest();

	assert_string_not_equal(now, before);
	memcpy(before, now, NETDIGEST_LEN + 1);
}

static void
changes_with_every_table(void **state)
{
	char before[NETDIGEST_LEN + 1];

	(void)state;
	memcpy(before, digest(), sizeof before);
	file("bitearn.nodes", "a");
	assert_changed(before);
	file("bitearn.nodes", "b");
	assert_changed(before);
	file("peers.names", "");
	assert_changed(before);
	file("local.overrides", "");
	assert_changed(before);
	file("bitearn.nodes", "");
	file("peers.names", "b");
	assert_changed(before);
}

static void
looks_at_nothing_else(void **state)
{
	char before[NETDIGEST_LEN + 1];

	(void)state;
	file("bitearn.nodes", "a");
	memcpy(before, digest(), sizeof before);
	file("bitearn.nodes.old", "b");
	file("notes", "c");
	assert_string_equal(digest(), before);
}

static void
takes_names_in_any_case(void **state)
{
	char before[NETDIGEST_LEN + 1];
	uint64_t bytes;

	(void)state;
	file("bitearn.nodes", "abc");
	memcpy(before, digest(), sizeof before);
	assert_int_equal(rename("bitearn.nodes", "BITEARN.NODES"), 0);
	assert_string_equal(digest(), before);
	assert_int_equal(netdigest(before, ".", &bytes), 0);
	assert_int_equal(bytes, 3);
}

static void
says_what_cannot_be_read(void **state)
{
	char out[NETDIGEST_LEN + 1];

	(void)state;
	assert_int_equal(netdigest(out, "nowhere", NULL), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(mkdir("peers.names", 0700), 0);
	assert_int_equal(netdigest(out, ".", NULL), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(rmdir("peers.names"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_enter, scratch_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(changes_with_every_table),
	    TEST(looks_at_nothing_else),
	    TEST(takes_names_in_any_case),
	    TEST(says_what_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
