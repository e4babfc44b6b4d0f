/* merge_check: the rows that are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/mergemake.h"

/* --- the header ------------------------------------------------------------- */

static void
leaves_no_line_of_blanks_in_the_header(void **state)
{
	static const char why[] = "leaves a line of blanks in the header";

	(void)state;
	mergemake_compile("Subject: one\r\n &NAME; \r\n two\r\n\r\nx\r\n");
	mergemake_copy(
	    "a@b.example\tN", "Subject: one\r\n N \r\n two\r\n\r\nx\r\n");
	mergemake_copy("a@b.example", "Subject: one   two\r\n\r\nx\r\n");
	mergemake_good("a@b.example");
	mergemake_compile(
	    "Subject: one\r\n\t&NAME;\r\n\r\n \r\n &NAME; \r\nx\r\n");
	mergemake_copy("a@b.example", "Subject: one \r\n\r\n \r\n  \r\nx\r\n");
	mergemake_good("a@b.example");
	mergemake_compile("Subject: x\r\n\r\n&NAME;\r\n &CITY;\r\n");
	mergemake_good("a@b.example");
	mergemake_compile(
	    "Subject: x\r\nReferences: <a@b>\r\n &CODE;\r\n\r\nx\r\n");
	mergemake_good("a@b.example\t\t\tx");
	mergemake_bad("a@b.example", -2, why);
	mergemake_compile(
	    "To: x@y.example,\r\n \"&NAME;\"\r\n <&*TO;>\r\n\r\nx\r\n");
	mergemake_good("a@b.example\tN");
	mergemake_bad("a@b.example", -2, why);
}

/* However many there are. */
static void
sees_a_long_line_of_blanks_in_the_header(void **state)
{
	char text[400];

	(void)state;
	for (int n = 1; n < 300; n += 66) {
		snprintf(text, sizeof text,
		    "References: <a@b>\r\n%*s&CODE;\r\n\r\nx\r\n", n, "");
		mergemake_compile(text);
		mergemake_good("a@b.example\t\t\tx");
		mergemake_bad(
		    "a@b.example", -2, "leaves a line of blanks in the header");
	}
}

static void
takes_512_bytes_of_text_and_no_more(void **state)
{
	static const char why[] =
	    "makes a text of more than 512 bytes in the header";
	static const char *const texts[] = {"Subject: a&NAME;b\r\n\r\nx\r\n",
	    "To: a&NAME;b <&*TO;>\r\n\r\nx\r\n"};
	char line[600] = "a@b.example\t";
	size_t n = strlen(line);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		mergemake_compile(texts[i]);
		memset(line + n, 'x', 511);
		line[n + 510] = 0;
		mergemake_good(line);
		line[n + 510] = 'x';
		line[n + 511] = 0;
		mergemake_bad(line, -2, why);
	}
}

/* --- addresses and tokens --------------------------------------------------- */

static void
wants_addresses_where_addresses_stand(void **state)
{
	(void)state;
	mergemake_compile(
	    "Reply-To: &NAME;\r\nErrors-To: <x-&CODE;@h.example>\r\n\r\n"
	    "x\r\n");
	mergemake_good("a@b.example\tjoe@example.com\t\t77");
	mergemake_bad("a@b.example\tjoe example.com\t\t77", 0,
	    "is no address, and stands in one");
	mergemake_bad("a@b.example\tj@e.example, k@e.example\t\t77", 0,
	    "is no address, and stands in one");
	mergemake_bad(
	    "a@b.example\t\t\t77", 0, "is empty where an address is needed");
	mergemake_bad("a@b.example\tj@e.example\t\t7>7", 2,
	    "is no address, and stands in one");
}

static void
takes_pieces_of_an_address_within_one(void **state)
{
	static const char why[] = "is no address, and stands in one";

	(void)state;
	mergemake_compile(
	    "From: <&NAME;@&CITY;>\r\nReply-To: x-&CODE;@h.example\r\n\r\n"
	    "x\r\n");
	mergemake_good("a@b.example\tj.r\tx.example\ta=b");
	mergemake_bad("a@b.example\tj@r.example\tx.example\ta", 0, why);
	mergemake_bad("a@b.example\tj\tx.example.\ta", 1, why);
	mergemake_bad("a@b.example\tj\tx.example\ta..b", 2, why);
	mergemake_bad("a@b.example\tj\tx.example\ta b", 2, why);
	mergemake_bad("a@b.example\tj\tx.example\t\"a\"@b.example", 2, why);
	mergemake_compile("Mail-Followup-To: &NAME;, x@y.example\r\n\r\nx\r\n");
	mergemake_good("a@b.example\tj@r.example");
	mergemake_bad("a@b.example\tj", 0, why);
	mergemake_bad("a@b.example\tj@r.example, k@r.example", 0, why);
}

static void
takes_tokens_only_in_other_structured_fields(void **state)
{
	(void)state;
	mergemake_compile(
	    "List-Unsubscribe: <https://example.org/u?t=&CODE;>\r\n\r\n"
	    "x\r\n");
	mergemake_good("a@b.example\t\t\tA1-b_2%20=&");
	mergemake_copy("a@b.example\t\t\tA1",
	    "List-Unsubscribe: <https://example.org/u?t=A1>\r\n\r\nx\r\n");
	mergemake_bad("a@b.example\t\t\tA>1", 2,
	    "has a byte that may not stand in its field of the header");
	mergemake_bad("a@b.example\t\t\tA 1", 2,
	    "has a byte that may not stand in its field of the header");
	mergemake_bad("a@b.example\t\t\t\xc3\xbc", 2,
	    "has a byte that may not stand in its field of the header");
}

static void
takes_an_address_beyond_ascii_only_of_the_recipient(void **state)
{
	(void)state;
	mergemake_compile("To: &*TO;\r\nReply-To: &NAME;\r\n\r\nx\r\n");
	mergemake_good("j\xc3\xbc@b.example\tj@b.example");
	mergemake_good("j\xc3\xbc@b.example\t\"j (x)\"@b.example");
	mergemake_bad("j@b.example\tj\xc3\xbc@b.example", 0,
	    "is no address, and stands in one");
	mergemake_bad("j\tj@b.example", -1, "is no address, and stands in one");
	mergemake_bad(
	    "\tj@b.example", -1, "is empty where an address is needed");
}

static void
takes_words_with_dots_for_pieces_of_an_address(void **state)
{
	static const char *const good[] = {
	    "a", "a.b", "a-b=c+d", "!", "0", "a.b.c", "=", "a?"};
	static const char *const bad[] = {".", ".a", "a.", "a..b", " ", "a b",
	    "a ", "a@b", "a,b", "a;b", "<", "(a)", "[1]", "\"a\"", "a\\b", ":",
	    "\xc3\xbc", "=?"};
	char line[40];

	(void)state;
	mergemake_compile("To: <x&NAME;@h.example>\r\n\r\nx\r\n");
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(line, sizeof line, "a@b.example\t%s", good[i]);
		mergemake_good(line);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(line, sizeof line, "a@b.example\t%s", bad[i]);
		mergemake_bad(line, 0, "is no address, and stands in one");
	}
	mergemake_bad("a@b.example", 0, "is empty where an address is needed");
	mergemake_compile("To: <joe@&NAME;&CITY;>\r\n\r\nx\r\n");
	mergemake_good("a@b.example\tx.example\t-y");
	mergemake_bad("a@b.example\tx.example\tj@y.example", 1,
	    "is no address, and stands in one");
}

static void
takes_printable_ascii_for_tokens(void **state)
{
	char line[40];

	(void)state;
	mergemake_compile("References: <&NAME;>\r\nDate: &*DATE;\r\n\r\nx\r\n");
	for (int c = 33; c < 127; c++) {
		snprintf(line, sizeof line, "a@b.example\tx%c", c);
		if (strchr("<>()\"\\,", c))
			mergemake_bad(line, 0,
			    "has a byte that may not stand in its field of "
			    "the header");
		else
			mergemake_good(line);
	}
}

/* --- values ----------------------------------------------------------------- */

static void
refuses_other_than_ascii_where_it_is_not_declared(void **state)
{
	static const char why[] =
	    "is not ASCII, and stands in text that is declared so";

	(void)state;
	mergemake_compile("Subject: x\r\n\r\n&NAME;\r\n");
	mergemake_bad("a@b.example\t\xc3\xbc", 0, why);
	mergemake_compile(PLAIN "\r\n&NAME;\r\n");
	mergemake_bad("a@b.example\t\xc3\xbc", 0, why);
	mergemake_compile(PLAIN EIGHT "\r\n&NAME;\r\n");
	mergemake_good("a@b.example\t\xc3\xbc");
	mergemake_copy("a@b.example\t\xc3\xbc", PLAIN EIGHT "\r\n\xc3\xbc\r\n");
	mergemake_compile("Content-Type: text/plain; charset=iso-8859-1\r\n" QP
			  "\r\n&NAME;\r\n");
	mergemake_bad("a@b.example\t\xc3\xbc", 0, why);
	mergemake_good("a@b.example\tx");
}

static void
refuses_bad_values(void **state)
{
	(void)state;
	mergemake_compile(PLAIN EIGHT "\r\n&NAME;\r\n");
	mergemake_bad("a@b.example\tx\ry", 0, "has a control byte");
	mergemake_bad("a@b.example\t\t\t\xc2\x85", 2, "has a control byte");
	mergemake_bad("a@b.example\t\t\xff", 1, "is not UTF-8");
	mergemake_bad(
	    "a@b.example\t1\t2\t3\t4", -2, "has more values than the header");
}

static void
refuses_control_bytes_and_what_is_no_utf8(void **state)
{
	static const char control[] = "has a control byte";
	static const char foreign[] = "is not UTF-8";
	static const char *const good[] = {" ", "~", "\xc2\xa0",
	    "\xf4\x8f\xbf\xbf", "\xef\xbf\xbd", "a\xc3\xbc"};
	static const struct {
		const char *value, *why;
	} bad[] = {{"\x1f", control}, {"\x7f", control}, {"a\n", control},
	    {"\xc2\x80", control}, {"\xc2\x9f", control}, {"\x80", foreign},
	    {"a\xc3", foreign}, {"\xc0\x80", foreign},
	    {"\xed\xa0\x80", foreign}, {"\xf4\x90\x80\x80", foreign}};
	char line[40];

	(void)state;
	mergemake_compile(PLAIN EIGHT "\r\n&*TO;&NAME;\r\n");
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(line, sizeof line, "a@b.example\t%s", good[i]);
		mergemake_good(line);
		mergemake_good(good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(
		    line, sizeof line, "a@b.example\t\t\t%s", bad[i].value);
		mergemake_bad(line, 2, bad[i].why);
		snprintf(line, sizeof line, "%s\tx", bad[i].value);
		mergemake_bad(line, -1, bad[i].why);
	}
}

/* --- lines ------------------------------------------------------------------ */

static void
refuses_rows_that_make_long_lines(void **state)
{
	static char line[2000];
	size_t n = strlen("a@b.example\t");

	(void)state;
	mergemake_compile("Subject: x\r\n\r\n0123456789&NAME;0123456789\r\n");
	memset(line, 'x', n + 978);
	memcpy(line, "a@b.example\t", n);
	mergemake_good(line);
	line[n + 978] = 'x';
	mergemake_bad(line, -2, "makes a line of more than 998 bytes");
	mergemake_compile(PLAIN QP "\r\n0123456789&NAME;0123456789\r\n");
	mergemake_good(line);
	mergemake_compile("Subject: &NAME;\r\n\r\nx\r\n");
	mergemake_bad(
	    line, -2, "makes a text of more than 512 bytes in the header");
}

/* A line of a message, a value, another and the message again. */
static void
counts_all_that_makes_a_line(void **state)
{
	static const char why[] = "makes a line of more than 998 bytes";
	static const char *const texts[] = {
	    "Subject: x\r\n\r\nab&NAME;&CITY;cd\r\nef\r\n",
	    "Subject: x\r\n\r\nx\r\nabc&NAME;&CITY;d\r\n",
	    "Subject: x\r\n\r\n&NAME;a&CITY;bcd\r\n&CODE;\r\n",
	    "References: <&NAME;>&CITY;\r\n <x@&CODE;>\r\n\r\n&NAME;\r\n"};
	static const size_t room[] = {994, 994, 994, 984};
	char line[1100];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		mergemake_compile(texts[i]);
		snprintf(line, sizeof line, "a@b.example\t%0*d\t%0*d\tx", 500,
		    0, (int)room[i] - 500, 0);
		mergemake_good(line);
		snprintf(line, sizeof line, "a@b.example\t%0*d\t%0*d\tx", 500,
		    0, (int)room[i] - 499, 0);
		mergemake_bad(line, -2, why);
	}
}

static void
refuses_rows_that_make_a_boundary(void **state)
{
	static const char why[] =
	    "makes a line that is a boundary of the message";

	(void)state;
	mergemake_compile(
	    MIXED PLAIN EIGHT "\r\n&NAME;\r\n-&CITY;\r\n--&CODE;b\r\n"
			      "\r\nx\r\n--b--\r\n");
	mergemake_good("a@b.example\t-b\t--b\t-");
	mergemake_good("a@b.example\tx--b\tb\tx");
	mergemake_bad("a@b.example\t--b\t\tx", -2, why);
	mergemake_bad("a@b.example\t--b-- \t\tx", -2, why);
	mergemake_bad("a@b.example\t\t-b\tx", -2, why);
	mergemake_bad("a@b.example\t\t\t", -2, why);
	mergemake_compile(
	    MIXED HTML QP "\r\nx=\r\n&NAME;=\r\n&CITY;\r\n--b--\r\n");
	mergemake_good("a@b.example\t-b\tx--b");
	mergemake_bad("a@b.example\t--b", -2, why);
	mergemake_bad("a@b.example\t\t--bx", -2, why);
	mergemake_compile(
	    "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n" MIXED
	    "\r\n&NAME;\r\n--b--\r\n--o\r\n\r\n&CITY;\r\n--o--\r\n");
	mergemake_good("a@b.example\t-o\t-b");
	mergemake_bad("a@b.example\t--o", -2, why);
	mergemake_bad("a@b.example\t\t--b", -2, why);
}

/* A line of quoted-printable that is broken anew begins with what was in it. */
static void
refuses_rows_that_break_lines_before_a_boundary(void **state)
{
	static char line[200] = "a@b.example\t";
	size_t n = strlen(line);

	(void)state;
	mergemake_compile(MIXED PLAIN QP "\r\n&NAME;\r\n--b--\r\n");
	memset(line + n, 'x', 74);
	memcpy(line + n + 74, "--bxx", 5);
	mergemake_good(line);
	memcpy(line + n + 74, "x--bx", 5);
	mergemake_bad(
	    line, -2, "makes a line that is a boundary of the message");
}

static void
allows_lines_like_a_boundary_that_the_message_has(void **state)
{
	(void)state;
	mergemake_compile(
	    MIXED "\r\n--bx\r\n&NAME;\r\n--bx\r\n&CITY;--bx\r\n--b--\r\n");
	mergemake_good("a@b.example\tN\tC");
	mergemake_good("a@b.example\t--\t-");
	mergemake_bad("a@b.example", -2,
	    "makes a line that is a boundary of the message");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_no_line_of_blanks_in_the_header),
	    cmocka_unit_test(sees_a_long_line_of_blanks_in_the_header),
	    cmocka_unit_test(takes_512_bytes_of_text_and_no_more),
	    cmocka_unit_test(wants_addresses_where_addresses_stand),
	    cmocka_unit_test(takes_pieces_of_an_address_within_one),
	    cmocka_unit_test(takes_tokens_only_in_other_structured_fields),
	    cmocka_unit_test(
		takes_an_address_beyond_ascii_only_of_the_recipient),
	    cmocka_unit_test(takes_words_with_dots_for_pieces_of_an_address),
	    cmocka_unit_test(takes_printable_ascii_for_tokens),
	    cmocka_unit_test(refuses_other_than_ascii_where_it_is_not_declared),
	    cmocka_unit_test(refuses_bad_values),
	    cmocka_unit_test(refuses_control_bytes_and_what_is_no_utf8),
	    cmocka_unit_test(refuses_rows_that_make_long_lines),
	    cmocka_unit_test(counts_all_that_makes_a_line),
	    cmocka_unit_test(refuses_rows_that_make_a_boundary),
	    cmocka_unit_test(refuses_rows_that_break_lines_before_a_boundary),
	    cmocka_unit_test(allows_lines_like_a_boundary_that_the_message_has),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
