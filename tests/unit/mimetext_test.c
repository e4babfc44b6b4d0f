#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/mimetext.h"

static stralloc out;

static void
assert_out(const char *want)
{
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, want);
	assert_int_equal(out.len, strlen(want));
	out.len = 0;
}

static void
leaves_plain_text_as_it_is(void **state)
{
	(void)state;
	assert_int_equal(mime_words(&out, bytes_z("Re: a \"b\" = c?"), 9), 0);
	assert_out("Re: a \"b\" = c?");
	assert_int_equal(mime_words(&out, bytes_z(""), 9), 0);
	assert_out("");
}

static void
makes_blanks_of_control_bytes(void **state)
{
	(void)state;
	assert_int_equal(
	    mime_words(&out, (struct bytes){"a\r\nB: c\0\x7f", 9}, 9), 0);
	assert_out("a  B: c  ");
	assert_int_equal(
	    mime_words(&out, bytes_z("\xc3\xa4\r\nB\xc2\x85"), 9), 0);
	assert_out("=?UTF-8?Q?=C3=A4__B_?=");
}

static void
encodes_what_is_no_ascii_or_looks_encoded(void **state)
{
	(void)state;
	assert_int_equal(mime_words(&out, bytes_z("Gr\xc3\xbc\xc3\x9f"), 9), 0);
	assert_out("=?UTF-8?Q?Gr=C3=BC=C3=9F?=");
	assert_int_equal(mime_words(&out, bytes_z("=?x?Q?y?="), 9), 0);
	assert_out("=?UTF-8?Q?=3D=3Fx=3FQ=3Fy=3F=3D?=");
	assert_int_equal(mime_words(&out, bytes_z("a\xff!_"), 9), 0);
	assert_out("=?UTF-8?Q?a=3F!=5F?=");
}

static void
folds_between_characters_before_the_76th_column(void **state)
{
	char text[600];
	size_t at, column = 70, words = 0;

	(void)state;
	for (size_t i = 0; i < sizeof text; i += 2)
		memcpy(text + i, "\xc3\xbc", 2);
	assert_int_equal(
	    mime_words(&out, (struct bytes){text, sizeof text}, column), 0);
	for (at = 0; at < out.len; words++) {
		size_t n = byte_chr(out.s + at, out.len - at, '\r');

		assert_true(n + column <= 76);
		if (at > 0)
			assert_memory_equal(
			    out.s + at, " =?UTF-8?Q?=C3=BC", 16);
		at += n + 2;
		column = 0;
	}
	assert_true(words > 10);
	out.len = 0;
}

static void
cuts_a_value_at_a_character(void **state)
{
	char text[MIME_WORDS_MAX + 1];

	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text + MIME_WORDS_MAX - 1, "\xc3\xbc", 2);
	assert_int_equal(
	    mime_words(&out, (struct bytes){text, sizeof text}, 0), 0);
	assert_memory_equal(out.s + out.len - 3, "a?=", 3);
	out.len = 0;
}

static void
quotes_a_phrase(void **state)
{
	(void)state;
	assert_int_equal(mime_phrase(&out, bytes_z("A \"b\" \\ <c>\n"), 9), 0);
	assert_out("\"A \\\"b\\\" \\\\ <c> \"");
	assert_int_equal(mime_phrase(&out, bytes_z("\xc3\xa4\"<(,"), 9), 0);
	assert_out("=?UTF-8?Q?=C3=A4=22=3C=28=2C?=");
}

static void
shows_foreign_bytes_as_question_marks(void **state)
{
	(void)state;
	assert_int_equal(
	    mime_ascii(&out, (struct bytes){"a\tb\r\n\0\xc3\xa4z", 9}, 8), 0);
	assert_out("a b  ???");
}

static void
takes_addresses_and_nothing_else(void **state)
{
	static const char *const good[] = {"a@b", "joe+x@example.com",
	    "\"a b\"@c", "\"a\\\"b\"@c", "\"a@b\"@c", "a@[192.0.2.1]",
	    "a@[IPv6:::1]", "j\xc3\xb6@b"};
	static const char *const bad[] = {"", "a", "@b", "a@", "a b@c",
	    "a@b\r\nX: y", "a@b, c@d", "a(x)@b", "a<b@c", "\"a\"b\"@c",
	    "\"a\\\"@c", "\"\r\n\"@c", "a@b>", "a@b c", "a\x7f@b"};
	char large[MIME_ADDRESS_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_int_equal(mime_address(&out, bytes_z(good[i])), 0);
		assert_out(good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		errno = 0;
		assert_int_equal(mime_address(&out, bytes_z(bad[i])), -1);
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(mime_address(&out, (struct bytes){"a@b\0", 4}), -1);
	memset(large, 'a', sizeof large);
	large[1] = '@';
	assert_int_equal(
	    mime_address(&out, (struct bytes){large, sizeof large}), -1);
	assert_out("");
}

static void
knows_which_names_need_no_care(void **state)
{
	(void)state;
	assert_true(mime_name_ok(bytes_z("TEST-L_2+x.y~")));
	assert_false(mime_name_ok(bytes_z("")));
	assert_false(mime_name_ok(bytes_z("a b")));
	assert_false(mime_name_ok(bytes_z("a>b")));
	assert_false(mime_name_ok(bytes_z("a\r\n")));
	assert_false(mime_name_ok(bytes_z("\xc3\xa4")));
	assert_false(mime_name_ok((struct bytes){"a\0", 2}));
}

static void
encodes_a_part_only_when_it_must(void **state)
{
	static const struct {
		struct bytes text;
		const char *want;
	} table[] = {
	    {{"", 0}, "Content-Transfer-Encoding: 7bit\r\n\r\n"},
	    {{"a =\n.\r\n\tb ", 10},
		"Content-Transfer-Encoding: 7bit\r\n\r\na =\r\n.\r\n\tb \r\n"},
	    {{"-=_x\n --=", 9},
		"Content-Transfer-Encoding: 7bit\r\n\r\n-=_x\r\n --=\r\n"},
	    {{"--=_id\n", 7},
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"--=3D_id\r\n"},
	    {{"a\rb\0 \n\t\n", 8},
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		"a=0Db=00=20\r\n=09\r\n"},
	};
	static const char type[] = "Content-Type: text/plain\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		assert_int_equal(
		    mime_part(&out, "text/plain", table[i].text), 0);
		assert_memory_equal(out.s, type, sizeof type - 1);
		assert_int_equal(sa_0(&out), 0);
		assert_string_equal(out.s + sizeof type - 1, table[i].want);
		out.len = 0;
	}
	assert_int_equal(mime_part(&out, "text/plain", bytes_z("\xc3\xa4")), 0);
	assert_out("Content-Type: text/plain; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		   "=C3=A4\r\n");
	assert_int_equal(mime_part(&out, "text/x", bytes_z("\xe4\n")), 0);
	assert_out("Content-Type: text/x\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		   "=E4\r\n");
}

static void
breaks_long_lines_softly(void **state)
{
	char text[MIME_LINE_MAX + 1];
	struct bytes b = {text, MIME_LINE_MAX};
	size_t at, n;

	(void)state;
	memset(text, '=', sizeof text);
	text[0] = 'x';
	assert_int_equal(mime_part(&out, "text/x", b), 0);
	assert_memory_equal(out.s + out.len - 5, "===\r\n", 5);
	out.len = 0;
	b.len++;
	assert_int_equal(mime_part(&out, "text/x", b), 0);
	for (at = 0; at < out.len; at += n + 1) {
		n = byte_chr(out.s + at, out.len - at, '\n');
		assert_true(n <= 77); /* 76 and the CR */
	}
	out.len = 0;
}

static void
attaches_whole_lines_of_a_header(void **state)
{
	struct bytes h = bytes_z("A: b\nC: d\n");

	(void)state;
	assert_int_equal(mime_head_of(h, 10).len, 10);
	assert_int_equal(mime_head_of(h, 9).len, 5);
	assert_int_equal(mime_head_of(h, 5).len, 5);
	assert_int_equal(mime_head_of(h, 4).len, 4);
}

static void
separates_parts_by_the_id(void **state)
{
	(void)state;
	assert_int_equal(mime_boundary(&out, bytes_z("1.a")), 0);
	assert_int_equal(mime_delimiter(&out, bytes_z("1.a"), 0), 0);
	assert_int_equal(mime_delimiter(&out, bytes_z("1.a"), 1), 0);
	assert_out("=_1.a\r\n--=_1.a\r\n\r\n--=_1.a--\r\n");
}

static int
release(void **state)
{
	(void)state;
	sa_free(&out);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_plain_text_as_it_is),
	    cmocka_unit_test(makes_blanks_of_control_bytes),
	    cmocka_unit_test(encodes_what_is_no_ascii_or_looks_encoded),
	    cmocka_unit_test(folds_between_characters_before_the_76th_column),
	    cmocka_unit_test(cuts_a_value_at_a_character),
	    cmocka_unit_test(quotes_a_phrase),
	    cmocka_unit_test(shows_foreign_bytes_as_question_marks),
	    cmocka_unit_test(takes_addresses_and_nothing_else),
	    cmocka_unit_test(knows_which_names_need_no_care),
	    cmocka_unit_test(encodes_a_part_only_when_it_must),
	    cmocka_unit_test(breaks_long_lines_softly),
	    cmocka_unit_test(attaches_whole_lines_of_a_header),
	    cmocka_unit_test(separates_parts_by_the_id),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
