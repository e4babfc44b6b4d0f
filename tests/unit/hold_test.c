#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/hold.h"
#include "tests/unit/scratch.h"

#define ID "0647c1a2b3d4e.9f02c4d1aa"
#define LATER "0647c1a2b3d4f.0000000001"

static int hold, new;

static int
setup(void **state)
{
	if (scratch_enter(state) < 0 || mkdir("hold", 0700) < 0 ||
	    mkdir("new", 0700) < 0)
		return -1;
	hold = hold_open();
	new = open("new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return hold < 0 || new < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	close(hold);
	close(new);
	return scratch_leave(state);
}

static int
there(const char *path)
{
	return access(path, F_OK) == 0;
}

/* A file of score/new waits. */
static void
held(const char *id, const char *why)
{
	char path[64];

	snprintf(path, sizeof path, "new/%s", id);
	assert_int_equal(scratch_file(path, id, strlen(id)), 0);
	assert_int_equal(hold_put(hold, new, id, id, bytes_z(why)), 0);
	assert_false(there(path));
}

static void
puts_a_file_aside_with_its_reason(void **state)
{
	stralloc why = {0};

	(void)state;
	held(ID, "rule: blacklisted\nscore: -2\nentry: \n");
	assert_string_equal(scratch_text("hold/" ID), ID);
	assert_int_equal(hold_why(hold, ID, &why), 0);
	assert_true(
	    bytes_eq(hold_why_line((struct bytes){why.s, why.len}, "rule"),
		"blacklisted"));
	assert_true(bytes_eq(
	    hold_why_line((struct bytes){why.s, why.len}, "score"), "-2"));
	assert_int_equal(
	    hold_why_line((struct bytes){why.s, why.len}, "entry").len, 0);
	assert_null(hold_why_line((struct bytes){why.s, why.len}, "scor").s);
	assert_null(hold_why_line((struct bytes){why.s, why.len}, "-2").s);
	assert_int_equal(hold_why(hold, LATER, &why), 0);
	assert_int_equal(why.len, 0);
	sa_free(&why);
}

static void
never_replaces_a_file_that_waits(void **state)
{
	(void)state;
	held(ID, "rule: first\n");
	assert_int_equal(scratch_file("new/" ID, "other", 5), 0);
	assert_int_equal(
	    hold_put(hold, new, ID, ID, bytes_z("rule: second\n")), -1);
	assert_int_equal(errno, EEXIST);
	assert_string_equal(scratch_text("hold/" ID), ID);
	assert_string_equal(scratch_text("hold/" ID ".why"), "rule: first\n");
	assert_string_equal(scratch_text("new/" ID), "other");
}

static void
leaves_no_reason_for_a_file_that_is_not_there(void **state)
{
	(void)state;
	assert_int_equal(hold_put(hold, new, ID, ID, bytes_z("rule: x\n")), -1);
	assert_int_equal(errno, ENOENT);
	assert_false(there("hold/" ID ".why"));
}

static void
releases_a_file_under_a_name_that_says_so(void **state)
{
	char id[ID_NAME_MAX];

	(void)state;
	held(ID, "rule: x\n");
	assert_int_equal(hold_release(hold, new, ID), 1);
	assert_string_equal(scratch_text("new/" ID ".released"), ID);
	assert_false(there("hold/" ID) || there("hold/" ID ".why"));
	assert_int_equal(hold_id(id, ID ".released"), HOLD_BY_A_PERSON);
	assert_string_equal(id, ID);
	assert_int_equal(hold_release(hold, new, ID), 0);
	assert_true(id_ok(ID ".released", strlen(ID ".released")));
}

static void
gives_back_what_has_waited_long_enough_or_without_a_reason(void **state)
{
	char id[ID_NAME_MAX];

	(void)state;
	held(ID, "rule: quarantine\n");
	held(LATER, "");
	assert_int_equal(hold_return(hold, new, ID, HOLD_BY_TIME), 1);
	assert_string_equal(scratch_text("new/" ID ".delayed"), ID);
	assert_int_equal(hold_id(id, ID ".delayed"), HOLD_BY_TIME);
	assert_string_equal(id, ID);
	/* the reason goes when the move is durable */
	assert_true(there("hold/" ID ".why"));
	hold_forget(hold, ID);
	assert_false(there("hold/" ID ".why"));
	hold_forget(hold, ID);
	assert_int_equal(hold_return(hold, new, ID, HOLD_BY_TIME), 0);
	assert_int_equal(hold_return(hold, new, LATER, HOLD_NOT), 1);
	assert_string_equal(scratch_text("new/" LATER), LATER);
}

static void
replaces_nothing_when_it_gives_a_file_back(void **state)
{
	(void)state;
	held(ID, "rule: quarantine\n");
	assert_int_equal(scratch_file("new/" ID ".delayed", "other", 5), 0);
	assert_int_equal(hold_return(hold, new, ID, HOLD_BY_TIME), -1);
	assert_int_equal(errno, EEXIST);
	assert_string_equal(scratch_text("hold/" ID), ID);
	assert_string_equal(scratch_text("new/" ID ".delayed"), "other");
}

static void
knows_since_when_a_file_waits(void **state)
{
	const struct timespec t[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	uint64_t us;

	(void)state;
	held(ID, "rule: x\n");
	assert_int_equal(
	    utimensat(AT_FDCWD, "hold/" ID ".why", t, AT_SYMLINK_NOFOLLOW), 0);
	assert_int_equal(hold_since(hold, ID, &us), 0);
	assert_int_equal(us, 1000000000);
	hold_forget(hold, ID);
	assert_int_equal(hold_since(hold, ID, &us), 0);
	assert_int_equal(us, id_time_us(ID));
}

static void
takes_only_its_own_suffix_for_a_release(void **state)
{
	char id[ID_NAME_MAX];

	(void)state;
	assert_int_equal(hold_id(id, ID), HOLD_NOT);
	assert_string_equal(id, ID);
	assert_int_equal(hold_id(id, ID ".000001"), 0);
	assert_string_equal(id, ID ".000001");
	assert_int_equal(hold_id(id, ".released"), 0);
	assert_int_equal(hold_id(id, ID ".released.000001"), 0);
	assert_int_equal(hold_id(id, ID "released"), 0);
}

static void
discards_a_file_and_its_reason(void **state)
{
	(void)state;
	held(ID, "rule: x\n");
	assert_int_equal(hold_discard(hold, ID), 1);
	assert_false(there("hold/" ID) || there("hold/" ID ".why"));
	assert_int_equal(hold_discard(hold, ID), 0);
	assert_int_equal(hold_release(hold, new, ID), 0);
}

static void
lists_what_waits_oldest_first_without_the_reasons(void **state)
{
	struct names l;

	(void)state;
	held(LATER, "rule: x\n");
	held(ID, "rule: x\n");
	assert_int_equal(hold_list(&l, hold, 100), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.name[0], ID);
	assert_string_equal(l.name[1], LATER);
	names_free(&l);
}

static void
removes_only_reasons_without_a_file(void **state)
{
	(void)state;
	held(ID, "rule: x\n");
	assert_int_equal(scratch_file("hold/" LATER ".why", "rule: y\n", 8), 0);
	assert_int_equal(scratch_file("hold/foreign.why", "", 0), 0);
	assert_int_equal(hold_sweep(hold), 1);
	assert_false(there("hold/" LATER ".why"));
	assert_true(there("hold/" ID) && there("hold/" ID ".why"));
	assert_true(there("hold/foreign.why"));
}

/* Two people at once: of each file one of them has it, and never both. */
static void
two_at_once_do_it_once(void **state)
{
	enum { FILES = 200 };
	char id[ID_NAME_MAX];
	pid_t child;
	int status, mine = 0;

	(void)state;
	for (unsigned i = 0; i < FILES; i++) {
		snprintf(id, sizeof id, "0647c1a2b3d4e.%010x", i);
		held(id, "rule: x\n");
	}
	child = fork();
	for (unsigned i = 0; i < FILES; i++) {
		snprintf(id, sizeof id, "0647c1a2b3d4e.%010x", i);
		mine += child == 0 ? hold_discard(hold, id)
				   : hold_release(hold, new, id);
	}
	if (child == 0)
		_exit(mine);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(mine + WEXITSTATUS(status), FILES);
}

static void
says_when_there_is_no_such_directory(void **state)
{
	(void)state;
	assert_int_equal(rmdir("hold"), 0);
	assert_int_equal(hold_open(), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(symlink("new", "hold"), 0);
	assert_int_equal(hold_open(), -1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(puts_a_file_aside_with_its_reason),
	    TEST(never_replaces_a_file_that_waits),
	    TEST(leaves_no_reason_for_a_file_that_is_not_there),
	    TEST(releases_a_file_under_a_name_that_says_so),
	    TEST(gives_back_what_has_waited_long_enough_or_without_a_reason),
	    TEST(replaces_nothing_when_it_gives_a_file_back),
	    TEST(knows_since_when_a_file_waits),
	    TEST(takes_only_its_own_suffix_for_a_release),
	    TEST(discards_a_file_and_its_reason),
	    TEST(lists_what_waits_oldest_first_without_the_reasons),
	    TEST(removes_only_reasons_without_a_file),
	    TEST(two_at_once_do_it_once),
	    TEST(says_when_there_is_no_such_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
