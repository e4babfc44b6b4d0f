#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/fio.h"
#include "lib/spooltab.h"

static const char small[] = "# a table\n"
			    "\n"
			    "$LSV_SPOOL d root root 0755 - mail on its way\n"
			    "  $LSV_SPOOL/tmp d a b-1 03770 tmp/36h:_x,y new\n"
			    "$LSV_SPOOL/go\tp a b 0620 -   wakes   it \t\n"
			    "$LSV_RUN d root root 0755 any gone";

static void
reads_every_column(void **state)
{
	struct spooltab t;
	struct where w;

	(void)state;
	assert_int_equal(spooltab_parse(&t, small, strlen(small), &w), 0);
	assert_int_equal(t.n, 4);
	assert_int_equal(t.row[0].root, SPOOLTAB_SPOOL);
	assert_string_equal(t.row[0].path, "");
	assert_int_equal(t.row[0].line, 3);
	assert_int_equal(t.row[0].holds, HOLDS_NOTHING);
	assert_string_equal(t.row[0].purpose, "mail on its way");
	assert_string_equal(t.row[1].path, "tmp");
	assert_int_equal(t.row[1].type, 'd');
	assert_int_equal(t.row[1].mode, 03770);
	assert_string_equal(t.row[1].owner, "a");
	assert_string_equal(t.row[1].group, "b-1");
	assert_int_equal(t.row[1].holds, HOLDS_TMP);
	assert_int_equal(t.row[1].age_ms, 36 * 3600000);
	assert_int_equal(t.row[1].nfrom, 2);
	assert_string_equal(t.row[1].from[0], "_x");
	assert_string_equal(t.row[1].from[1], "y");
	assert_string_equal(t.row[2].path, "go");
	assert_int_equal(t.row[2].type, 'p');
	assert_string_equal(t.row[2].purpose, "wakes   it");
	assert_int_equal(t.row[3].root, SPOOLTAB_RUN);
	spooltab_free(&t);
}

static void
writes_braces_out(void **state)
{
	static const char text[] =
	    "$LSV_SPOOL d r r 0755 - x\n"
	    "$LSV_SPOOL/{A..C,default,Z..Z} d r r 0755 - x\n"
	    "$LSV_SPOOL/{A..C,default}/now d r r 0755 mail:r x\n";
	struct spooltab t;
	struct where w;

	(void)state;
	assert_int_equal(spooltab_parse(&t, text, strlen(text), &w), 0);
	assert_int_equal(t.n, 1 + 5 + 4);
	assert_non_null(spooltab_find(&t, SPOOLTAB_SPOOL, "B"));
	assert_non_null(spooltab_find(&t, SPOOLTAB_SPOOL, "default"));
	assert_non_null(spooltab_find(&t, SPOOLTAB_SPOOL, "Z"));
	assert_non_null(spooltab_find(&t, SPOOLTAB_SPOOL, "C/now"));
	assert_null(spooltab_find(&t, SPOOLTAB_SPOOL, "Z/now"));
	assert_null(spooltab_find(&t, SPOOLTAB_LIB, "B"));
	assert_int_equal(
	    spooltab_find(&t, SPOOLTAB_SPOOL, "A/now")->holds, HOLDS_MAIL);
	spooltab_free(&t);
}

/* struct bad - a row that cannot be taken
 *
 * row     it, behind a good row of the root
 * at      offset in it of the mistake
 * why     a part of the reason
 */
static const struct bad {
	const char *row;
	size_t at;
	const char *why;
} bad[] = {
    {"/etc d r r 0755 - x", 0, "begins with"},
    {"$LSV_SPOOLX d r r 0755 - x", 0, "begins with"},
    {"$LSV_SPOOL/ d r r 0755 - x", 0, "begins with"},
    {"$LSV_SPOOL d r r 0755 - x", 10, "has a row already"},
    {"$LSV_LIB/a d r r 0755 - x", 9, "no row before"},
    {"$LSV_LIB f r r 0755 - x", 8, "a root is a directory"},
    {"$LSV_SPOOL/../x d r r 0755 - x", 11, "not a plain path"},
    {"$LSV_SPOOL/. d r r 0755 - x", 11, "not a plain path"},
    {"$LSV_SPOOL//x d r r 0755 - x", 11, "not a plain path"},
    {"$LSV_SPOOL/x/ d r r 0755 - x", 11, "not a plain path"},
    {"$LSV_SPOOL/a*b d r r 0755 - x", 11, "not a plain path"},
    {"$LSV_SPOOL/{A d r r 0755 - x", 11, "} is missing"},
    {"$LSV_SPOOL/{} d r r 0755 - x", 12, "between the commas"},
    {"$LSV_SPOOL/{a,} d r r 0755 - x", 14, "between the commas"},
    {"$LSV_SPOOL/{B..A} d r r 0755 - x", 12, "capital letter"},
    {"$LSV_SPOOL/{a..c} d r r 0755 - x", 12, "capital letter"},
    {"$LSV_SPOOL/{a}{b} d r r 0755 - x", 11, "not a plain path"},
    {"$LSV_SPOOL/x s r r 0755 - x", 13, "type is not"},
    {"$LSV_SPOOL/x d r", 16, "a name is missing"},
    {"$LSV_SPOOL/x d R r 0755 - x", 15, "not a name of a user"},
    {"$LSV_SPOOL/x d r 1 0755 - x", 17, "not a name of a user"},
    {"$LSV_SPOOL/x d r r 755 - x", 19, "mode is not"},
    {"$LSV_SPOOL/x d r r 0789 - x", 21, "mode is not"},
    {"$LSV_SPOOL/x d r r 04755 - x", 19, "set-user-ID"},
    {"$LSV_SPOOL/x d r r 0755 some x", 24, "not a kind"},
    {"$LSV_SPOOL/x d r r 0755 tmp:r x", 24, "have an age"},
    {"$LSV_SPOOL/x d r r 0755 tmp/1h x", 24, "have users"},
    {"$LSV_SPOOL/x d r r 0755 any:r x", 24, "neither"},
    {"$LSV_SPOOL/x d r r 0755 files: x", 30, "a user is missing"},
    {"$LSV_SPOOL/x d r r 0755 files:a,,b x", 32, "a name is missing"},
    {"$LSV_SPOOL/x d r r 0755 files:a,b,c,d,e,f,g x", 42, "too many"},
    {"$LSV_SPOOL/x d r r 0755 tmp/soon:r x", 28, "not an age"},
    {"$LSV_SPOOL/x d r r 0755 tmp/0:r x", 28, "not an age"},
    {"$LSV_SPOOL/x p r r 0755 any x", 24, "only a directory"},
    {"$LSV_SPOOL/x d r r 0755 -", 25, "no purpose"},
    {"$LSV_SPOOL/x d r r 0755 - a\x01z", 27, "control byte"},
};

static void
says_where_a_row_is_wrong_and_why(void **state)
{
	static const char head[] = "$LSV_SPOOL d r r 0755 - x\n";
	char text[256];
	struct spooltab t;
	struct where w;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text, "%s%s", head, bad[i].row);
		w = (struct where){0};
		if (spooltab_parse(&t, text, strlen(text), &w) == 0)
			fail_msg("accepted: %s", bad[i].row);
		spooltab_free(&t);
		if (!strstr(w.why, bad[i].why))
			fail_msg("%s: %s", bad[i].row, w.why);
		if (w.at < strlen(head) ||
		    (bad[i].at && w.at != strlen(head) + bad[i].at))
			fail_msg("%s: %s at %zu", bad[i].row, w.why,
			    w.at - strlen(head));
	}
}

static void
refuses_what_is_too_long(void **state)
{
	char text[512];
	struct spooltab t;
	struct where w;

	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text, "$LSV_SPOOL d r r 0755 - x\n$LSV_SPOOL/", 37);
	memcpy(text + 37 + SPOOLTAB_PATH + 1, " d r r 0755 - x", 15);
	assert_int_equal(
	    spooltab_parse(&t, text, 37 + SPOOLTAB_PATH + 16, &w), -1);
	assert_string_equal(w.why, "path is too long");
	spooltab_free(&t);
	assert_int_equal(spooltab_parse(&t, text, SPOOLTAB_TEXT + 1, &w), -1);
	assert_string_equal(w.why, "the table is too long");
}

static void
refuses_an_empty_table(void **state)
{
	struct spooltab t;
	struct where w;

	(void)state;
	assert_int_equal(spooltab_parse(&t, "# nothing\n", 10, &w), -1);
	assert_string_equal(w.why, "the table is empty");
}

static void
reads_users_and_groups(void **state)
{
	static const char text[] = "group rt may write\n"
				   "user a - alone\n"
				   "user b a,rt with friends\n";
	struct spooltab_users u;
	struct where w;

	(void)state;
	assert_int_equal(spooltab_users(&u, text, strlen(text), &w), 0);
	assert_int_equal(u.n, 3);
	assert_int_equal(u.user[0].user, 0);
	assert_string_equal(u.user[0].name, "rt");
	assert_int_equal(u.user[1].ngroups, 0);
	assert_int_equal(u.user[2].ngroups, 2);
	assert_string_equal(u.user[2].group[1], "rt");
	assert_string_equal(u.user[2].purpose, "with friends");
	spooltab_users_free(&u);
}

static void
refuses_users_that_make_no_sense(void **state)
{
	static const char *const wrong[] = {"person a - x\n", "user\n",
	    "user a nosuch x\n", "user a - x\nuser a - x\n", "user a -\n",
	    "group a\n", "user A - x\n"};
	struct spooltab_users u;
	struct where w;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		if (spooltab_users(&u, wrong[i], strlen(wrong[i]), &w) == 0)
			fail_msg("accepted: %s", wrong[i]);
		spooltab_users_free(&u);
	}
}

static void
counts_lines(void **state)
{
	(void)state;
	assert_int_equal(spooltab_line("a\nb\nc", 5, 0), 1);
	assert_int_equal(spooltab_line("a\nb\nc", 5, 2), 2);
	assert_int_equal(spooltab_line("a\nb\nc", 5, 99), 3);
}

/* Everybody whose files may lie somewhere, and every owner, has a line. */
static void
the_installed_tables_agree(void **state)
{
	stralloc text = {0};
	struct spooltab t;
	struct spooltab_users u;
	struct where w;

	(void)state;
	assert_int_equal(
	    fio_read(AT_FDCWD, "spool-layout/spool.tab", &text, SPOOLTAB_TEXT),
	    0);
	assert_int_equal(spooltab_parse(&t, text.s, text.len, &w), 0);
	assert_int_equal(
	    fio_read(AT_FDCWD, "spool-layout/users.tab", &text, SPOOLTAB_TEXT),
	    0);
	assert_int_equal(spooltab_users(&u, text.s, text.len, &w), 0);
	sa_free(&text);
	for (size_t i = 0; i < t.n; i++) {
		int owner = strcmp(t.row[i].owner, "root") == 0;
		int group = strcmp(t.row[i].group, "root") == 0;

		for (size_t k = 0; k < u.n; k++) {
			owner |= u.user[k].user &&
			    strcmp(t.row[i].owner, u.user[k].name) == 0;
			group |= strcmp(t.row[i].group, u.user[k].name) == 0;
		}
		if (!owner || !group)
			fail_msg("%s: %s %s has no line", t.row[i].path,
			    t.row[i].owner, t.row[i].group);
	}
	assert_non_null(spooltab_find(&t, SPOOLTAB_SPOOL, "pool/Z/held"));
	spooltab_free(&t);
	spooltab_users_free(&u);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_every_column),
	    cmocka_unit_test(writes_braces_out),
	    cmocka_unit_test(says_where_a_row_is_wrong_and_why),
	    cmocka_unit_test(refuses_what_is_too_long),
	    cmocka_unit_test(refuses_an_empty_table),
	    cmocka_unit_test(reads_users_and_groups),
	    cmocka_unit_test(refuses_users_that_make_no_sense),
	    cmocka_unit_test(counts_lines),
	    cmocka_unit_test(the_installed_tables_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
