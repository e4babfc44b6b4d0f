#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/csv.h"

/* All records of a text as one line each, "a|b|", bad ones as "!LINE why". */
static void
assert_table(const char *text, size_t piece, const char *want)
{
	struct csv c = {0};
	struct where w;
	stralloc out = {0};
	size_t at = 0, have = 0, used, len = strlen(text);
	int r;

	for (;;) {
		r = csv_next(&c, text + at, have - at, have == len, &used, &w);
		at += used;
		if (r == 0 && have == len)
			break;
		if (r == 0)
			have = len - have < piece ? len : have + piece;
		if (r < 0) {
			assert_int_equal(errno, EINVAL);
			assert_int_equal(sa_puts(&out, "!"), 0);
			assert_int_equal(sa_addu(&out, w.at), 0);
			assert_int_equal(sa_puts(&out, w.why), 0);
		}
		for (unsigned i = 0; r > 0 && i < c.n; i++) {
			assert_int_equal(
			    sa_put(&out, c.cell[i].s, c.cell[i].len), 0);
			assert_int_equal(sa_puts(&out, "|"), 0);
		}
		if (r)
			assert_int_equal(sa_puts(&out, "\n"), 0);
	}
	assert_int_equal(at, len);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, want);
	sa_free(&out);
	csv_free(&c);
}

static void
assert_all(const char *text, const char *want)
{
	for (size_t piece = 1; piece < 70; piece += 3)
		assert_table(text, piece, want);
}

static void
reads_cells_and_lines(void **state)
{
	(void)state;
	assert_all("a,b\r\nc,d\n,\ne", "a|b|\nc|d|\n||\ne|\n");
	assert_all("", "");
	assert_all("\n\r\n", "");
	assert_all("a\n\n\r\nb\n", "a|\nb|\n");
}

static void
reads_quoted_cells(void **state)
{
	(void)state;
	assert_all("\"a,b\",\"c\"\"d\",\"\"\r\n\"x\r\ny\",z",
	    "a,b|c\"d||\nx\r\ny|z|\n");
	assert_all("\"\"\"\"\n", "\"|\n");
}

static void
takes_tabs_when_the_first_line_has_one(void **state)
{
	(void)state;
	assert_all("a\tb\nc,d\t\te\n", "a|b|\nc,d||e|\n");
	assert_all("\"a\tb\",c\nd\te\n", "a\tb|c|\nd\te|\n");
}

static void
passes_over_a_byte_order_mark(void **state)
{
	(void)state;
	assert_all("\xef\xbb\xbf"
		   "a,b\nc\n",
	    "a|b|\nc|\n");
}

static void
names_the_line_of_a_bad_row_and_goes_on(void **state)
{
	(void)state;
	assert_all("a\nb\"c\nd\n",
	    "a|\n!2a quote in a cell that does not begin with one\nd|\n");
	assert_all(
	    "a\n\"x\ny\"z\nd\n", "a|\n!2bytes behind a closing quote\nd|\n");
	assert_all("a\n\"x\nd\n", "a|\n!2a quote that is not closed\nd|\n");
}

static void
refuses_rows_without_end(void **state)
{
	static char text[CSV_RECORD_MAX + 200];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	memcpy(text + CSV_RECORD_MAX + 100, "\nb\n", 4);
	assert_table(text, 65536, "!1a row of more than 256 KiB\nb|\n");
	memset(text, ',', 300);
	memcpy(text + 300, "\nb\n", 4);
	assert_table(text, 65536, "!1more than 256 cells\nb|\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_cells_and_lines),
	    cmocka_unit_test(reads_quoted_cells),
	    cmocka_unit_test(takes_tabs_when_the_first_line_has_one),
	    cmocka_unit_test(passes_over_a_byte_order_mark),
	    cmocka_unit_test(names_the_line_of_a_bad_row_and_goes_on),
	    cmocka_unit_test(refuses_rows_without_end),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
