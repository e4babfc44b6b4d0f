#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/mergecore.h"
#include "tests/unit/mergemake.h"

static const char small[] = "Subject: x\r\n\r\nx\r\n";

static void
replaces_fields_in_header_and_body(void **state)
{
	(void)state;
	mergemake_compile("Subject: Hello &NAME;, welcome\r\nTo: &*TO;\r\n\r\n"
			  "Dear &NAME; of &CITY;&CODE;!\r\n");
	mergemake_copy("joe@example.com\tJoe\tBerlin\t",
	    "Subject: Hello Joe, welcome\r\nTo: joe@example.com\r\n\r\n"
	    "Dear Joe of Berlin!\r\n");
	mergemake_copy("ann@example.com\tAnn\tRom\t 7",
	    "Subject: Hello Ann, welcome\r\nTo: ann@example.com\r\n\r\n"
	    "Dear Ann of Rom 7!\r\n");
}

static void
takes_null_and_missing_values_as_empty(void **state)
{
	(void)state;
	mergemake_compile("Subject: a&NAME;b\r\n\r\n&CITY;&NAME;x&CODE;\r\n");
	mergemake_copy("joe@example.com", "Subject: ab\r\n\r\nx\r\n");
	mergemake_copy("joe@example.com\t\t\t", "Subject: ab\r\n\r\nx\r\n");
	mergemake_copy("joe@example.com\tN\t\t", "Subject: aNb\r\n\r\nNx\r\n");
}

static void
has_address_date_and_message_id_built_in(void **state)
{
	(void)state;
	mergemake_compile(
	    "Date: &*DATE;\r\nMessage-ID: <&*MSGID;>\r\n\r\n&*TO;\r\n");
	mergemake_copy("joe@example.com",
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
	    "Message-ID: <1.2@lists.example.org>\r\n\r\njoe@example.com\r\n");
	mergemake_good("joe@example.com");
}

static void
leaves_what_is_no_reference(void **state)
{
	static const char text[] =
	    "Subject: R&D &name; &NAMES; &*FOO;\r\n\r\n"
	    "&amp; &NAME &;& &NA ME; &NAME.; &lt;&&\r\n&";

	(void)state;
	mergemake_compile("Subject: R&D &name; &NAMES; &*FOO;\r\n\r\n"
			  "&amp; &NAME &;& &NA ME; &NAME.; &lt;&&\r\n&\r\n");
	mergemake_row("a@b.example\tX");
	mergemake_copy("a@b.example\tX",
	    "Subject: R&D &name; &NAMES; &*FOO;\r\n\r\n"
	    "&amp; &NAME &;& &NA ME; &NAME.; &lt;&&\r\n&\r\n");
	mergemake_refused(text, "the message has no line end");
}

static void
replaces_no_reference_within_a_value(void **state)
{
	(void)state;
	mergemake_compile("Subject: &NAME;\r\n\r\n&NAME;\r\n");
	mergemake_copy(
	    "a@b.example\t&CITY;\tX", "Subject: &CITY;\r\n\r\n&CITY;\r\n");
}

/* --- names -------------------------------------------------------------- */

static void
refuses_bad_names(void **state)
{
	static const char *const bad[] = {"name", "A A", "1A", "A\xc3", "", "-",
	    "*TO", ".A", "_A", "A*", "A;", "[A", "@A",
	    "A23456789012345678901234567890123"};
	static const char *const good[] = {"A", "Z", "A.B-C_1", "Z9", "TO",
	    "A2345678901234567890123456789012"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(merge_name_ok(bytes_z(bad[i])), 0);
	assert_int_equal(merge_name_ok(bytes_z("A.b")), 0);
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_int_equal(merge_name_ok(bytes_z(good[i])), 1);
}

static void
assert_names(const char *names, const char *why)
{
	struct where w = {99, ""};
	struct merge m;

	errno = 0;
	assert_int_equal(
	    merge_compile(&m, bytes_z(names), small, sizeof small - 1, &w),
	    why ? -1 : 0);
	if (why) {
		assert_int_equal(errno, EINVAL);
		assert_string_equal(w.why, why);
		assert_int_equal(w.at, 0);
	}
	merge_free(&m);
}

static void
refuses_names_that_are_bad_twice_or_too_many(void **state)
{
	char names[MERGE_FIELDS_MAX * 4 + 5];
	size_t n = 0;

	(void)state;
	assert_names("", NULL);
	assert_names("A B A", "two fields have one name");
	assert_names("A B a", "a field has no proper name");
	assert_names("A  B", "a field has no proper name");
	assert_names(" A", "a field has no proper name");
	for (int i = 0; i <= MERGE_FIELDS_MAX; i++) {
		if (i == MERGE_FIELDS_MAX)
			assert_names(names, NULL);
		n += (size_t)snprintf(
		    names + n, sizeof names - n, "%sF%02d", i ? " " : "", i);
	}
	assert_names(names, "more than 64 fields");
}

static void
matches_the_longest_name_and_no_longer_one(void **state)
{
	static const char name[] = "A2345678901234567890123456789012";
	char text[MERGE_NAME_MAX + 4];
	struct merge m = {.name = {bytes_z(name)}, .names = 1};
	size_t n = (size_t)snprintf(text, sizeof text, "&%s;", name);
	int field = -1;

	(void)state;
	assert_int_equal(merge_match(&m, text, n, 0, &field), n);
	assert_int_equal(field, 0);
	assert_int_equal(merge_match(&m, text, n - 1, 0, &field), 0);
	n = (size_t)snprintf(text, sizeof text, "&%s3;", name);
	assert_int_equal(merge_match(&m, text, n, 0, &field), 0);
}

/* --- references --------------------------------------------------------- */

static void
matches_over_soft_line_ends_where_there_are_any(void **state)
{
	static const struct {
		const char *text;
		size_t n; /* of them with soft line ends */
	} cases[] = {{"&=\r\nNAME;", 9}, {"&NAME=\r\n;", 9},
	    {"&N=\r\n=\r\n=\r\nAME;x", 15}, {"&*=\r\nTO;", 8},
	    {"&NAME=\r\n", 0}, {"&NAME=\r", 0}, {"&NAME=\n;", 0},
	    {"&NA=20ME;", 0}, {"&NA\r\nME;", 0}};
	const struct merge *m = mergemake_compile(small);
	int field;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *s = cases[i].text;

		assert_int_equal(
		    merge_match(m, s, strlen(s), 1, &field), cases[i].n);
		assert_int_equal(merge_match(m, s, strlen(s), 0, &field), 0);
	}
}

static void
finds_the_first_reference_or_the_end(void **state)
{
	static const char text[] = "&&NAME &CODE;&NAME;";
	const struct merge *m = mergemake_compile(small);
	size_t n = 99;
	int field = -1;

	(void)state;
	assert_int_equal(
	    merge_find(m, text, sizeof text - 1, 0, &n, &field), 7);
	assert_int_equal(n, 6);
	assert_int_equal(field, 2);
	assert_int_equal(merge_find(m, text, 12, 0, &n, &field), 12);
	assert_int_equal(n, 0);
	assert_int_equal(merge_find(m, text + 13, 6, 0, &n, &field), 0);
	assert_int_equal(field, 0);
	assert_int_equal(merge_find(m, text, 0, 0, &n, &field), 0);
	assert_int_equal(n, 0);
	assert_int_equal(merge_find(m, "&*MSGID;", 8, 0, &n, &field), 0);
	assert_int_equal(field, MERGE_ID);
}

/* --- pieces ------------------------------------------------------------- */

static void
joins_bytes_of_the_message_that_follow_one_another(void **state)
{
	struct merge m = {.s = small, .len = sizeof small - 1};

	(void)state;
	assert_int_equal(merge_lit(&m, 0, 0), 0);
	assert_int_equal(m.ops, 0);
	assert_int_equal(merge_lit(&m, 0, 3), 0);
	assert_int_equal(merge_lit(&m, 3, 5), 0);
	assert_int_equal(m.ops, 1);
	assert_int_equal(m.op[0].len, 5);
	assert_int_equal(merge_lit(&m, 6, 8), 0);
	assert_int_equal(m.ops, 2);
	assert_non_null(merge_op(&m, MERGE_PLAIN));
	assert_int_equal(m.op[2].column, -1);
	assert_int_equal(merge_lit(&m, 8, 9), 0);
	assert_int_equal(m.ops, 4);
	merge_free(&m);
}

static void
takes_so_many_pieces_and_no_more(void **state)
{
	struct merge m = {.s = small};
	struct where w = {99, ""};

	(void)state;
	for (int i = 0; i < MERGE_OPS_MAX; i++)
		if (!merge_op(&m, MERGE_PLAIN) || !merge_sub(&m, MERGE_REF))
			fail_msg("only %d", i);
	assert_null(merge_op(&m, MERGE_PLAIN));
	assert_int_equal(errno, E2BIG);
	errno = 0;
	assert_null(merge_sub(&m, MERGE_REF));
	assert_int_equal(errno, E2BIG);
	assert_int_equal(m.ops, MERGE_OPS_MAX);
	assert_int_equal(merge_memory(&w), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(w.why, "more than 200,000 pieces");
	assert_int_equal(w.at, 0);
	errno = 0;
	assert_int_equal(merge_memory(&w), -1);
	assert_int_equal(errno, ENOMEM);
	assert_string_equal(w.why, "out of memory");
	merge_free(&m);
}

/* The runs before and behind them are pieces as well. */
static void
refuses_too_many_references(void **state)
{
	stralloc text = {0};

	(void)state;
	assert_int_equal(sa_puts(&text, PLAIN EIGHT "\r\n"), 0);
	for (int i = 2; i < MERGE_OPS_MAX; i++)
		assert_int_equal(sa_puts(&text, "&NAME;"), 0);
	assert_int_equal(sa_puts(&text, "\r\n"), 0);
	assert_int_equal(sa_0(&text), 0);
	assert_int_equal(mergemake_compile(text.s)->ops, MERGE_OPS_MAX);
	text.len = 0;
	assert_int_equal(sa_puts(&text, PLAIN EIGHT "\r\n"), 0);
	for (int i = 0; i <= MERGE_OPS_MAX; i++)
		assert_int_equal(
		    sa_puts(&text, i % 50 ? "&NAME;" : "\r\n&NAME;"), 0);
	assert_int_equal(sa_puts(&text, "\r\n"), 0);
	assert_int_equal(sa_0(&text), 0);
	mergemake_refused(text.s, "more than 200,000 pieces");
	sa_free(&text);
}

/* --- the whole ---------------------------------------------------------- */

static void
refuses_lines_of_more_than_998_bytes(void **state)
{
	static char line[2000];

	(void)state;
	memset(line, 'x', 1200);
	memcpy(line + 1200, "\r\n", 3);
	memcpy(line, "Subject: x\r\n\r\n", 14);
	assert_int_equal(
	    mergemake_refused(line, "a line has more than 998 bytes"), 14);
	memcpy(line + 14 + 998, "\r\n", 3);
	mergemake_compile(line);
	memcpy(line + 14 + 998, "x\r\n", 4);
	mergemake_refused(line, "a line has more than 998 bytes");
	memcpy(line + 14 + 500, "\r\n", 2);
	mergemake_compile(line);
}

static void
knows_where_the_lines_of_a_run_end(void **state)
{
	const struct merge *m =
	    mergemake_compile("Subject: x\r\n\r\nabc&NAME;de\r\n"
			      "\r\nfgh&NAME;i&NAME;\r\n&NAME;\r\nj\r\n");
	static const struct {
		size_t op, head, tail;
	} cases[] = {
	    {0, 10, 3}, {2, 2, 3}, {4, SIZE_MAX, 1}, {6, 0, 0}, {8, 0, 0}};

	(void)state;
	assert_int_equal(m->ops, 9);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct merge_op *o = &m->op[cases[i].op];

		assert_int_equal(o->kind, MERGE_LIT);
		assert_int_equal(o->head, cases[i].head);
		assert_int_equal(o->tail, cases[i].tail);
	}
	assert_int_equal(m->eightbit, 0);
	assert_int_equal(
	    mergemake_compile("Subject: x\r\n\r\n&NAME;\xc3\xbc\r\n")->eightbit,
	    1);
}

static void
takes_a_row_of_as_many_values_as_there_may_be(void **state)
{
	char line[4 + 2 * (MERGE_FIELDS_MAX + 1)] = "a@b";
	struct merge_row row;

	(void)state;
	memset(line + 3, '\t', MERGE_FIELDS_MAX);
	assert_int_equal(merge_row(&row, bytes_z(line)), 0);
	assert_int_equal(row.n, MERGE_FIELDS_MAX);
	line[3 + MERGE_FIELDS_MAX] = '\t';
	assert_int_equal(merge_row(&row, bytes_z(line)), -1);
	assert_int_equal(merge_row(&row, bytes_z("")), 0);
	assert_int_equal(row.n, 0);
	assert_int_equal(row.to.len, 0);
	assert_int_equal(merge_row(&row, bytes_z("a@b\t\tx")), 0);
	assert_true(bytes_eq(row.to, "a@b"));
	assert_true(bytes_eq(merge_value(&row, 0), ""));
	assert_true(bytes_eq(merge_value(&row, 1), "x"));
	assert_true(bytes_eq(merge_value(&row, 2), ""));
	assert_true(bytes_eq(merge_value(&row, MERGE_TO), "a@b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replaces_fields_in_header_and_body),
	    cmocka_unit_test(takes_null_and_missing_values_as_empty),
	    cmocka_unit_test(has_address_date_and_message_id_built_in),
	    cmocka_unit_test(leaves_what_is_no_reference),
	    cmocka_unit_test(replaces_no_reference_within_a_value),
	    cmocka_unit_test(refuses_bad_names),
	    cmocka_unit_test(refuses_names_that_are_bad_twice_or_too_many),
	    cmocka_unit_test(matches_the_longest_name_and_no_longer_one),
	    cmocka_unit_test(matches_over_soft_line_ends_where_there_are_any),
	    cmocka_unit_test(finds_the_first_reference_or_the_end),
	    cmocka_unit_test(
		joins_bytes_of_the_message_that_follow_one_another),
	    cmocka_unit_test(takes_so_many_pieces_and_no_more),
	    cmocka_unit_test(refuses_too_many_references),
	    cmocka_unit_test(refuses_lines_of_more_than_998_bytes),
	    cmocka_unit_test(knows_where_the_lines_of_a_run_end),
	    cmocka_unit_test(takes_a_row_of_as_many_values_as_there_may_be),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
