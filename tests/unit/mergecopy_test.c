/* LDFLAGS: -Wl,--wrap=malloc,--wrap=realloc,--wrap=reallocarray */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/merge.h"
#include "tests/unit/mergemake.h"
#include "tests/unit/nomemory.h"

/* A message, a row and a copy that are looked at more closely. */
static const struct merge *all;
static const struct merge_row *row;
static struct merge_copy poor;

/* --- the walk ----------------------------------------------------------- */

static void
begins_again_whenever_it_is_told_to(void **state)
{
	const struct merge *m =
	    mergemake_compile("X: &NAME;\r\n\r\n&CITY;\r\n");
	struct merge_copy c = {.at = 0};
	struct bytes b;

	(void)state;
	row = mergemake_row("a@b.example\tN");
	merge_begin(&c, m, row);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(merge_next(&c, &b), 1);
		assert_true(bytes_eq(b, "X: "));
		assert_int_equal(merge_next(&c, &b), 1);
		assert_true(bytes_eq(b, "N"));
		merge_begin(&c, m, row);
	}
	while (merge_next(&c, &b) > 0)
		assert_true(b.len > 0);
	assert_int_equal(merge_next(&c, &b), 0);
	m = mergemake_compile("Y: &CITY;\r\n");
	merge_begin(&c, m, mergemake_row("a@b.example\tN\tC"));
	assert_int_equal(merge_next(&c, &b), 1);
	assert_true(bytes_eq(b, "Y: "));
	merge_done(&c);
	assert_null(c.text.s);
	assert_null(c.work.s);
}

static void
measures_bytes_above_127_wherever_they_are(void **state)
{
	(void)state;
	mergemake_compile(PLAIN EIGHT "\r\n&NAME;\r\n");
	mergemake_body("a@b.example\tx");
	mergemake_body("a@b.example\t\xc3\xbc");
	mergemake_compile(PLAIN QP "\r\n&NAME;\xc3\xbc\r\n&CITY;\r\n");
	mergemake_body("a@b.example");
	mergemake_compile(PLAIN QP "\r\n&NAME;\r\n&CITY;\r\n");
	mergemake_body("a@b.example\t\xc3\xbc");
	mergemake_compile("X: &NAME;\r\nY: \xc3\xbc\r\n\r\n");
	mergemake_body("a@b.example");
}

static int
check_all(void)
{
	const char *why = "";
	int field, r;

	r = merge_check(&poor, all, row, &field, &why);
	merge_done(&poor);
	return r;
}

static int
measure_all(void)
{
	uint64_t size;
	int eightbit, r;

	r = merge_measure(&poor, all, row, &size, &eightbit);
	merge_done(&poor);
	return r;
}

/* Values of all lengths: each allocation is the first that is too large. */
static void
says_that_there_is_no_memory(void **state)
{
	char line[600];

	(void)state;
	all = mergemake_compile(
	    "To: &NAME; <&*TO;>\r\nX: a &CITY;\r\nErrors-To: x-&CODE;@h\r\n"
	    "References: <&CODE;>\r\n" MIXED HTML EIGHT
	    "\r\n&NAME;\r\n--b\r\n" HTML QP
	    "\r\n&NAME; &CITY; x y=\r\n--b--\r\n");
	for (int n = 0; n < 80; n++) {
		snprintf(line, sizeof line,
		    "\"joe (x)\"@b.example\tJ\xc3\xbc <%0*d\tR%0*d\tc", 2 * n,
		    0, 3 * n, 0);
		row = mergemake_row(line);
		nomemory_each(check_all, 1);
		nomemory_each(measure_all, 1);
	}
}

/* --- the header --------------------------------------------------------- */

static void
encodes_values_of_free_text_in_the_header(void **state)
{
	(void)state;
	mergemake_compile("Subject: Hello &NAME;!\r\n\r\nx\r\n");
	mergemake_copy("a@b.example\tJ\xc3\xbcrgen",
	    "Subject: =?UTF-8?Q?Hello_J=C3=BCrgen!?=\r\n\r\nx\r\n");
	mergemake_copy("a@b.example\t=?utf-8?Q?x?=",
	    "Subject: "
	    "=?UTF-8?Q?Hello_=3D=3Futf-8=3FQ=3Fx=3F=3D!?=\r\n\r\nx\r\n");
}

static void
makes_no_encoded_word_of_what_stands_beside_a_value(void **state)
{
	(void)state;
	mergemake_compile("Subject: =&NAME;x&CITY;&CODE;\r\n\r\nx\r\n");
	mergemake_copy("a@b.example\t?utf-8?Q?y?=",
	    "Subject: =?UTF-8?Q?=3D=3Futf-8=3FQ=3Fy=3F=3Dx?=\r\n\r\nx\r\n");
	mergemake_copy("a@b.example\t\t=\t?utf-8?Q?y?=",
	    "Subject: =?UTF-8?Q?=3Dx=3D=3Futf-8=3FQ=3Fy=3F=3D?=\r\n\r\nx\r\n");
}

static void
puts_names_in_quotes_only_where_they_need_them(void **state)
{
	static const char atoms[] = " !#$%&'*+-/=?^_`{|}~09azAZ";
	char line[40], want[60];

	(void)state;
	mergemake_compile("To: &NAME; <&*TO;>\r\n");
	for (int c = 32; c < 127; c++) {
		snprintf(line, sizeof line, "a@b.example\tx%cx", c);
		snprintf(want, sizeof want,
		    strchr(atoms, c) || (c >= '0' && c <= '9') ||
			    (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')
			? "To: x%s%cx <a@b.example>\r\n"
			: "To: \"x%s%cx\" <a@b.example>\r\n",
		    c == '"' || c == '\\' ? "\\" : "", c);
		mergemake_copy(line, want);
	}
	mergemake_copy("a@b.example\t  x  ", "To: x <a@b.example>\r\n");
	mergemake_copy("a@b.example\t  ", "To:  <a@b.example>\r\n");
	mergemake_copy(
	    "a@b.example\t=?x", "To: =?UTF-8?Q?=3D=3Fx?= <a@b.example>\r\n");
}

/* --- text ----------------------------------------------------------------- */

static void
escapes_markup(void **state)
{
	(void)state;
	mergemake_compile(
	    HTML EIGHT "\r\n<a title='&NAME;'>&CITY;</a>&amp;\r\n");
	mergemake_copy("a@b.example\t<'\"&amp;>\t\xc3\xbc",
	    HTML EIGHT "\r\n<a title='&lt;&#39;&quot;&amp;amp;&gt;'>"
		       "\xc3\xbc</a>&amp;\r\n");
}

static void
writes_entities_in_markup_that_is_ascii(void **state)
{
	(void)state;
	mergemake_compile("Content-Type: text/html\r\n\r\n<p>&NAME;\r\n");
	mergemake_copy("a@b.example\t\xc3\xbc\xe2\x82\xac",
	    "Content-Type: text/html\r\n\r\n<p>&#252;&#8364;\r\n");
	mergemake_good("a@b.example\t\xc3\xbc");
}

static void
writes_entities_of_all_characters(void **state)
{
	(void)state;
	mergemake_compile("Content-Type: text/html\r\n\r\n&NAME;\r\n");
	assert_string_equal(
	    mergemake_body("a@b.example\t\x7f\xc2\x80\xef\xbf\xbd"
			   "\xf4\x8f\xbf\xbf"),
	    "\x7f&#128;&#65533;&#1114111;\r\n");
	assert_string_equal(mergemake_body("a@b.example\t\xff<\xc3"),
	    "&#65533;&lt;&#65533;\r\n");
	mergemake_compile("Content-Type: text/html\r\n" QP "\r\n&NAME;\r\n");
	assert_string_equal(
	    mergemake_body("a@b.example\t\xc3\xbc= '"), "&#252;=3D &#39;\r\n");
}

static void
encodes_quoted_printable(void **state)
{
	(void)state;
	mergemake_compile(PLAIN QP "\r\nD=C3=A4r &NAME;,=20\r\n&CITY;\r\n");
	mergemake_copy("a@b.example\tJ\xc3\xbc=\tx y ",
	    PLAIN QP "\r\nD=C3=A4r J=C3=BC=3D,=20\r\nx y=20\r\n");
	mergemake_compile(HTML QP "\r\n<p class=3Dx>&NAME;\r\n");
	mergemake_copy("a@b.example\t<\xc3\xbc>",
	    HTML QP "\r\n<p class=3Dx>&lt;=C3=BC&gt;\r\n");
}

/* A value of n times 'x' and more becomes head times 'x' and what is wanted. */
static void
breaks_lines_in_column_75_or_at_their_end_in_76(void **state)
{
	static const struct {
		const char *text, *more, *want;
		int n, head;
	} cases[] = {{"&NAME;", "", "", 75, 75},
	    {"&NAME;", "", "=\r\nx", 76, 75}, {"&NAME;y", "", "y", 75, 75},
	    {"&NAME;yz", "", "=\r\nyz", 75, 75},
	    {"&NAME;y&CITY;", "", "y", 74, 74},
	    {"&NAME;y&CITY;", "", "=\r\ny", 75, 75},
	    {"&NAME;=41", "", "=41", 73, 73},
	    {"&NAME;=41", "", "=\r\n=41", 74, 74},
	    {"&NAME;=41&CITY;", "", "=41", 72, 72},
	    {"&NAME;=41&CITY;", "", "=\r\n=41", 73, 73},
	    {"&NAME;y=\r\nz", "", "y=\r\nz", 74, 74},
	    {"&NAME;y=\r\nz", "", "=\r\ny=\r\nz", 75, 75},
	    {"&NAME;", "=", "=3D", 72, 72}, {"&NAME;", "=", "=\r\n=3D", 73, 73},
	    {"&NAME;", "\xc3\xbc", "=C3=\r\n=BC", 71, 71},
	    {"&NAME;", " z", " =\r\nz", 74, 74}, {"&NAME;", " ", "=20", 72, 72},
	    {"&NAME;", " ", "=\r\n=20", 73, 73},
	    {"&NAME; &CITY;", "", "=20", 72, 72},
	    {"&NAME; &CITY;", "", "=\r\n=20", 73, 73},
	    {"&NAME;\t&CITY;", "", "=\r\n=09", 73, 73},
	    {"&NAME;&CITY;y", "", "y", 75, 75},
	    {"&NAME;\r\nyz&CITY;", "", "\r\nyz", 75, 75}};
	char text[200], line[200], want[200], x[80];

	(void)state;
	memset(x, 'x', sizeof x);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(
		    text, sizeof text, PLAIN QP "\r\n%s\r\n", cases[i].text);
		snprintf(line, sizeof line, "a@b.example\t%.*s%s", cases[i].n,
		    x, cases[i].more);
		snprintf(want, sizeof want, "%.*s%s\r\n", cases[i].head, x,
		    cases[i].want);
		mergemake_compile(text);
		assert_string_equal(mergemake_body(line), want);
	}
}

static void
counts_the_columns_in_front_of_a_value(void **state)
{
	char text[200], line[200], want[200], x[80];

	(void)state;
	memset(x, 'x', sizeof x);
	for (int n = 0; n < 75; n++) {
		snprintf(
		    text, sizeof text, PLAIN QP "\r\n%.*s&NAME;\r\n", n, x);
		snprintf(line, sizeof line, "a@b.example\t%.*s", 75 - n, x);
		snprintf(want, sizeof want, "%.75s\r\n", x);
		mergemake_compile(text);
		assert_string_equal(mergemake_body(line), want);
		snprintf(line, sizeof line, "a@b.example\t%.*sz", 75 - n, x);
		snprintf(want, sizeof want, "%.75s=\r\nz\r\n", x);
		assert_string_equal(mergemake_body(line), want);
	}
}

/* A line of 'x', n times 'y' and the end, when soft line ends are left out. */
static void
assert_unbroken(const char *body, int n, const char *end)
{
	char got[400] = "", want[400];
	size_t len = 0;

	for (const char *s = body; *s; s++) {
		assert_int_equal(s[0] == '\r', s[1] == '\n');
		if (strncmp(s, "=\r\n", 3) == 0)
			s += 2;
		else if (strncmp(s, "\r\n", 2) == 0)
			got[len++] = *s++;
		else
			got[len++] = *s;
	}
	snprintf(want, sizeof want, "x%0*d%s\r", n, 0, end);
	for (char *z = want + 1; *z == '0'; z++)
		*z = 'y';
	assert_string_equal(got, want);
}

/* A '=' that is none of an escape, and blanks behind the one of a soft line end,
 * must not part a CR from its LF. */
static void
breaks_lines_of_improper_quoted_printable_as_well(void **state)
{
	static const struct {
		const char *end, *want;
	} cases[] = {{"= \r\nz", "z"}, {"= \t \r\nz", "z"},
	    {"=4\r\nz", "=4\rz"}, {"=\xc3\r\nz", "=\xc3\rz"},
	    {"=\xc3\xbc\r\nz", "=\xc3\xbc\rz"}, {"==\r\nz", "=z"},
	    {"= 4\r\nz", "= 4\rz"}};
	char text[400], y[150];

	(void)state;
	memset(y, 'y', sizeof y);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (int n = 100; n < 150; n++) {
			snprintf(text, sizeof text,
			    PLAIN QP "\r\n&NAME;%.*s%s\r\n", n, y,
			    cases[i].end);
			mergemake_compile(text);
			assert_unbroken(
			    mergemake_body("a@b.example\tx"), n, cases[i].want);
		}
}

/* Lines of at most 76 columns that decode to the text. */
static void
assert_decodes(const char *qp, const char *want)
{
	stralloc text = {0};
	size_t column = 0;

	for (const char *s = qp; *s; s++) {
		if (strncmp(s, "\r\n", 2) == 0) {
			assert_true(s == qp || (s[-1] != ' ' && s[-1] != '\t'));
			column = 0;
			s++;
			sa_put(&text, "\n", 1);
			continue;
		}
		assert_true(++column <= 76);
		if (*s != '=') {
			sa_put(&text, s, 1);
		} else if (s[1] == '\r') {
			column = 0;
			s += 2;
		} else {
			char pair[3] = {s[1], s[2], 0};
			char c = (char)strtol(pair, NULL, 16);

			assert_true((column += 2) <= 76);
			sa_put(&text, &c, 1);
			s += 2;
		}
	}
	assert_int_equal(sa_0(&text), 0);
	assert_string_equal(text.s, want);
	sa_free(&text);
}

static void
breaks_quoted_printable_lines_anew(void **state)
{
	static char value[400], line[500], want[2000];

	(void)state;
	mergemake_compile(
	    PLAIN QP "\r\n0123456789 0123456789 0123456789 &NAME; "
		     "0123456789=C3=BC 0123456789=\r\n 01234567890 &CITY;"
		     " 0123456789\r\nx &NAME;\r\n");
	for (size_t n = 0; n < sizeof value - 1; n++) {
		const char *city = n % 2 ? "Rom\xc3\xbc" : "";

		snprintf(line, sizeof line, "a@b.example\t%s\t%s", value, city);
		snprintf(want, sizeof want,
		    "0123456789 0123456789 0123456789 %s 0123456789\xc3\xbc "
		    "0123456789 01234567890 %s 0123456789\nx %s\n",
		    value, city, value);
		assert_decodes(mergemake_body(line), want);
		value[n] = "x\xc3\xbc=y z"[n % 7];
		value[n + 1] = 0;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(begins_again_whenever_it_is_told_to),
	    cmocka_unit_test(measures_bytes_above_127_wherever_they_are),
	    cmocka_unit_test(says_that_there_is_no_memory),
	    cmocka_unit_test(encodes_values_of_free_text_in_the_header),
	    cmocka_unit_test(
		makes_no_encoded_word_of_what_stands_beside_a_value),
	    cmocka_unit_test(puts_names_in_quotes_only_where_they_need_them),
	    cmocka_unit_test(escapes_markup),
	    cmocka_unit_test(writes_entities_in_markup_that_is_ascii),
	    cmocka_unit_test(writes_entities_of_all_characters),
	    cmocka_unit_test(encodes_quoted_printable),
	    cmocka_unit_test(breaks_lines_in_column_75_or_at_their_end_in_76),
	    cmocka_unit_test(counts_the_columns_in_front_of_a_value),
	    cmocka_unit_test(breaks_lines_of_improper_quoted_printable_as_well),
	    cmocka_unit_test(breaks_quoted_printable_lines_anew),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
