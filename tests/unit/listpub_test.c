#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/listpub.h"
#include "lib/table.h"
#include "tests/unit/scratch.h"

static void
create(struct lists *l, const char *name, const char *header)
{
	struct list list;

	assert_int_equal(lists_begin(l, 1), 0);
	assert_int_equal(
	    lists_create(l, &list, bytes_z(name), bytes_z(header), 1), 1);
	assert_int_equal(lists_end(l, 1), 0);
}

static int
lookup(struct listtab *out, const char *name)
{
	struct table t = {0};
	int r;

	assert_int_equal(table_open(&t, LISTTAB_FILE), 0);
	r = listtab_lookup(out, &t, name, strlen(name));
	table_close(&t);
	return r;
}

static void
writes_what_the_headers_say(void **state)
{
	struct listtab found;
	struct lists l;
	struct stat st;

	(void)state;
	umask(077);
	assert_int_equal(lists_open(&l, ".", STORE_WRITE), 0);
	create(&l, "a", "* T\n* Owner= x@y\n");
	create(&l, "Big-L",
	    "* T\n* Owner= x@y\n* Sizelim= 1M\n"
	    "* Send= Private\n");
	create(&l, "c", "* T\n* Owner= x@y\n* Sizelim= 250\n");
	assert_int_equal(listpub_update(&l), 0);
	umask(022);
	assert_int_equal(lookup(&found, "big-l"), 1);
	assert_string_equal(found.name, "BIG-L");
	assert_int_equal(found.bytes, 1048576);
	assert_int_equal(found.lines, 0);
	assert_int_equal(found.send, LISTTAB_PRIVATE);
	assert_int_equal(lookup(&found, "C"), 1);
	assert_int_equal(found.lines, 250);
	assert_int_equal(found.send, LISTTAB_PUBLIC);
	assert_int_equal(lookup(&found, "b"), 0);
	assert_int_equal(stat(LISTTAB_FILE, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	lists_close(&l);
}

static void
writes_only_when_something_changed(void **state)
{
	struct listtab found;
	struct lists l;
	struct stat a, b;

	(void)state;
	assert_int_equal(lists_open(&l, ".", STORE_WRITE), 0);
	create(&l, "a", "* T\n* Owner= x@y\n");
	assert_int_equal(listpub_update(&l), 0);
	assert_int_equal(stat(LISTTAB_FILE, &a), 0);
	assert_int_equal(listpub_update(&l), 0);
	assert_int_equal(stat(LISTTAB_FILE, &b), 0);
	assert_true(
	    a.st_ino == b.st_ino && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec);
	create(&l, "b", "* T\n* Owner= x@y\n");
	assert_int_equal(lookup(&found, "b"), 0);
	assert_int_equal(listpub_update(&l), 0);
	assert_int_equal(lookup(&found, "b"), 1);
	lists_close(&l);
}

/* The edition, and nothing else, as the version before wrote it. */
static void
make_old_table(struct lists *l)
{
	struct table_make m = {0};
	char text[32];
	uint64_t edition;
	int n;

	assert_int_equal(lists_edition(l, &edition), 0);
	n = snprintf(text, sizeof text, "%" PRIu64, edition);
	assert_int_equal(table_make_begin(&m, AT_FDCWD, LISTTAB_FILE), 0);
	assert_int_equal(table_make_add(&m, LISTTAB_EDITION,
			     strlen(LISTTAB_EDITION), text, (size_t)n),
	    0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
}

static void
writes_the_table_of_another_version_again(void **state)
{
	struct listtab found;
	struct lists l;

	(void)state;
	assert_int_equal(lists_open(&l, ".", STORE_WRITE), 0);
	create(&l, "a", "* T\n* Owner= x@y\n* Loopcheck= Full\n");
	assert_int_equal(lists_begin(&l, 0), 0);
	make_old_table(&l);
	assert_int_equal(lists_end(&l, 0), 0);
	assert_int_equal(lookup(&found, "a"), 0);
	assert_int_equal(listpub_update(&l), 0);
	assert_int_equal(lookup(&found, "a"), 1);
	assert_int_equal(found.loop.flags, LOOP_GIVEN | LOOP_FULL);
	lists_close(&l);
}

static void
writes_the_table_again_when_it_is_gone_or_damaged(void **state)
{
	struct listtab found;
	struct lists l;

	(void)state;
	assert_int_equal(lists_open(&l, ".", STORE_WRITE), 0);
	create(&l, "a", "* T\n* Owner= x@y\n");
	assert_int_equal(listpub_update(&l), 0);
	assert_int_equal(unlink(LISTTAB_FILE), 0);
	assert_int_equal(listpub_update(&l), 0);
	assert_int_equal(lookup(&found, "a"), 1);
	assert_int_equal(scratch_file(LISTTAB_FILE, "junk", 4), 0);
	assert_int_equal(listpub_update(&l), 0);
	assert_int_equal(lookup(&found, "a"), 1);
	lists_close(&l);
}

static void
closes_a_list_whose_header_cannot_be_read(void **state)
{
	struct listtab found;
	struct lists l;

	(void)state;
	assert_int_equal(lists_open(&l, ".", STORE_WRITE), 0);
	create(&l, "a", "no header at all");
	assert_int_equal(listpub_update(&l), 0);
	assert_int_equal(lookup(&found, "a"), 1);
	assert_int_equal(found.send, LISTTAB_CLOSED);
	lists_close(&l);
}

#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, scratch_enter, scratch_leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(writes_what_the_headers_say),
	    TEST(writes_only_when_something_changed),
	    TEST(writes_the_table_of_another_version_again),
	    TEST(writes_the_table_again_when_it_is_gone_or_damaged),
	    TEST(closes_a_list_whose_header_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
