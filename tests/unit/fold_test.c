#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/fold.h"

/* "{3000a}" stands for 3,000 times "a". */
static void
spell(stralloc *out, const char *s)
{
	size_t n;

	out->len = 0;
	for (; *s; s++) {
		if (*s != '{') {
			assert_int_equal(sa_put(out, s, 1), 0);
			continue;
		}
		for (n = 0, s++; *s >= '0' && *s <= '9'; s++)
			n = n * 10 + (size_t)(*s - '0');
		for (; n > 0; n--)
			assert_int_equal(sa_put(out, s, strcspn(s, "}")), 0);
		s += strcspn(s, "}");
	}
}

static int
fold(struct fold *f, stralloc *out, const stralloc *in, size_t piece,
    struct where *w)
{
	size_t n;

	out->len = 0;
	fold_begin(f);
	for (size_t at = 0; at < in->len; at += n) {
		n = in->len - at < piece ? in->len - at : piece;
		if (fold_put(f, out, in->s + at, n, w) < 0)
			return -1;
	}
	return fold_end(f, out);
}

static const size_t pieces[] = {1, 7, 997, 998, 999, 1 << 20};
enum { PIECES = sizeof pieces / sizeof *pieces };

static void
assert_folded(const char *in, const char *want, uint64_t lines)
{
	static stralloc a, b, out;
	static struct fold f;
	struct where w;

	spell(&a, in);
	spell(&b, want);
	for (size_t i = 0; i < PIECES; i++) {
		assert_int_equal(fold(&f, &out, &a, pieces[i], &w), 0);
		assert_int_equal(out.len, b.len);
		assert_memory_equal(out.s, b.s, b.len);
		assert_int_equal(f.lines, lines);
	}
}

static void
assert_refused(const char *in, const char *why, int in_header)
{
	static stralloc a, out;
	static struct fold f;
	struct where w;

	spell(&a, in);
	for (size_t i = 0; i < PIECES; i++) {
		assert_int_equal(fold(&f, &out, &a, pieces[i], &w), -1);
		assert_int_equal(errno, EINVAL);
		assert_string_equal(w.why, why);
		assert_int_equal(fold_in_header(&f), in_header);
	}
}

#define H "A: b\r\n\r\n"
#define TYPE "Content-Type: "
#define CODE "Content-Transfer-Encoding: "

static void
leaves_lines_of_998_bytes_alone(void **state)
{
	(void)state;
	assert_folded(
	    "A: {995x}\r\n\r\n{998x}\r\n", "A: {995x}\r\n\r\n{998x}\r\n", 0);
	assert_folded("A: {995x}\n\n{998x}\n{998y}",
	    "A: {995x}\r\n\r\n{998x}\r\n{998y}", 0);
	assert_folded(TYPE "image/png\r\n\r\n{998x}\r{998x}\r\n\r\n",
	    TYPE "image/png\r\n\r\n{998x}\r\n{998x}\r\n\r\n", 0);
}

static void
folds_text_in_front_of_the_last_blanks(void **state)
{
	(void)state;
	assert_folded(H "{900x} y  {100z}\n", H "{900x} y\r\n  {100z}\r\n", 1);
	assert_folded(H "{998x} z\n", H "{998x}\r\n z\r\n", 1);
	assert_folded(
	    H "{600x}\t{600y} {600z}", H "{600x}\r\n\t{600y}\r\n {600z}", 1);
}

static void
breaks_text_without_a_blank_and_puts_one_in(void **state)
{
	(void)state;
	assert_folded(H "{999x}\n", H "{998x}\r\n x\r\n", 1);
	assert_folded(H "{3000x}\n{999y}\n",
	    H "{998x}\r\n {997x}\r\n {997x}\r\n {8x}\r\n{998y}\r\n y\r\n", 2);
	assert_folded(H "    {999x}", H "    {994x}\r\n {5x}", 1);
}

static void
breaks_no_character_of_utf8(void **state)
{
	(void)state;
	assert_folded(H "{997x}\xc3\xa9\n", H "{997x}\r\n \xc3\xa9\r\n", 1);
	assert_folded(
	    H "{996x}\xe2\x82\xac\n", H "{996x}\r\n \xe2\x82\xac\r\n", 1);
	assert_folded(H "x{400\xf0\x9f\x98\x80}\n",
	    H "x{249\xf0\x9f\x98\x80}\r\n {151\xf0\x9f\x98\x80}\r\n", 1);
	assert_folded(H "{1000\xa9}\n", H "{998\xa9}\r\n {2\xa9}\r\n", 1);
}

static void
folds_a_header_line_as_rfc_5322_does(void **state)
{
	(void)state;
	assert_folded("Subject: {900a} b {100c}\n\n",
	    "Subject: {900a} b\r\n {100c}\r\n\r\n", 1);
	assert_folded("Subject: {990a}\n\n", "Subject:\r\n {990a}\r\n\r\n", 1);
	assert_folded("A: b\n {900a} {100c}\nC: d\n\n",
	    "A: b\r\n {900a}\r\n {100c}\r\nC: d\r\n\r\n", 1);
}

static void
leaves_no_line_of_blanks_in_a_header(void **state)
{
	(void)state;
	assert_folded("A: b{2000 }\nC: d\n\n", "A: b\r\nC: d\r\n\r\n", 1);
	assert_folded("A:{2000 }\nC: d\n\n", "A:\r\nC: d\r\n\r\n", 1);
	assert_folded("A: b{1500 }c\n\n", "A: b\r\n{503 }c\r\n\r\n", 1);
}

static void
refuses_a_header_line_without_a_blank(void **state)
{
	static const char why[] =
	    "a header line over 998 bytes has no blank to be folded at";

	(void)state;
	assert_refused("A: {998a}\n\n", why, 1);
	assert_refused("A:{997a}\n\n", why, 1);
	assert_refused("A{997 }: b\n\n", why, 1);
	assert_refused("A: b\r{998a}\n\n", why, 1);
	assert_refused("A: {500a} {998a}\n\n", why, 1);
	assert_refused(
	    TYPE "multipart/mixed; boundary=x\n\n--x\nA: {998a}\n", why, 1);
}

static void
folds_quoted_printable_by_soft_line_breaks(void **state)
{
	(void)state;
#define QP CODE "quoted-printable\r\n\r\n"
	assert_folded(QP "{2000x}\n", QP "{997x}=\r\n{997x}=\r\n{6x}\r\n", 1);
	assert_folded(QP "{995x}=3D{9x}\n", QP "{995x}=\r\n=3D{9x}\r\n", 1);
	assert_folded(QP "{996x}=3D{9x}\n", QP "{996x}=\r\n=3D{9x}\r\n", 1);
	assert_folded(QP "{994x}=3D{9x}\n", QP "{994x}=3D=\r\n{9x}\r\n", 1);
	assert_folded(QP "{990x}{20-}\n", QP "{989x}=\r\nx{20-}\r\n", 1);
}

static void
folds_base64_by_line_breaks(void **state)
{
	(void)state;
#define B64 TYPE "image/png\r\n" CODE "base64\r\n\r\n"
	assert_folded(B64 "{2000QUJD}\n",
	    B64 "{249QUJD}QU\r\nJD{249QUJD}\r\n{249QUJD}QU\r\n"
		"JD{249QUJD}\r\n{249QUJD}QU\r\nJD{249QUJD}\r\n"
		"{249QUJD}QU\r\nJD{249QUJD}\r\n{4QUJD}\r\n",
	    1);
}

static void
folds_each_part_by_its_own_rule(void **state)
{
	(void)state;
#define MIXED TYPE "multipart/mixed; boundary=x\r\n\r\n"
	assert_folded(MIXED "{999a}\r\n--x\r\n\r\n{999b}\r\n--x\r\n" B64
			    "{999C}\r\n--x--\r\n",
	    MIXED "{998a}\r\n a\r\n--x\r\n\r\n{998b}\r\n b\r\n--x\r\n" B64
		  "{998C}\r\nC\r\n--x--\r\n",
	    3);
}

static void
refuses_what_is_no_text(void **state)
{
	static const char why[] = "a line over 998 bytes is not text";

	(void)state;
	assert_refused(TYPE "application/pdf\n\n{999x}\n", why, 0);
	assert_refused(CODE "binary\n\n{999 x}\n", why, 0);
	assert_refused(MIXED "--x\n" TYPE "image/png\n\n{999x}\n", why, 0);
	assert_refused(TYPE "multipart/mixed\n\n{999x}\n", why, 0);
}

static void
refuses_what_is_signed(void **state)
{
	(void)state;
	assert_refused(TYPE "multipart/signed; boundary=x\n\n"
			    "--x\n\n{999x}\n--x--\n",
	    "a line over 998 bytes is signed", 0);
}

static void
refuses_text_that_switches_its_character_set(void **state)
{
	(void)state;
	assert_refused(H "\033$B{500%\"}\033(B\n",
	    "a line over 998 bytes switches its character set", 0);
}

static void
makes_lines_of_all_line_ends(void **state)
{
	(void)state;
	assert_folded("A: b\n\r\na\rb\r\r\nc\n\rd",
	    "A: b\r\n\r\na\r\nb\r\n\r\n"
	    "c\r\n\r\nd",
	    0);
	assert_folded(H "{999x}\r.\r\n", H "{998x}\r\n x\r\n.\r\n", 1);
}

static void
leaves_a_cr_within_the_header_alone(void **state)
{
	(void)state;
	assert_folded(
	    "A: b\rc\r\r\n\r\nd\re\r\n", "A: b\rc\r\r\n\r\nd\r\ne\r\n", 0);
}

static void
only_checks_without_out(void **state)
{
	static stralloc in;
	static struct fold f;
	struct where w;

	(void)state;
	spell(&in, H "{5000x}\n");
	fold_begin(&f);
	assert_int_equal(fold_put(&f, NULL, in.s, in.len, &w), 0);
	assert_int_equal(fold_end(&f, NULL), 0);
	assert_int_equal(f.lines, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_lines_of_998_bytes_alone),
	    cmocka_unit_test(folds_text_in_front_of_the_last_blanks),
	    cmocka_unit_test(breaks_text_without_a_blank_and_puts_one_in),
	    cmocka_unit_test(breaks_no_character_of_utf8),
	    cmocka_unit_test(folds_a_header_line_as_rfc_5322_does),
	    cmocka_unit_test(leaves_no_line_of_blanks_in_a_header),
	    cmocka_unit_test(refuses_a_header_line_without_a_blank),
	    cmocka_unit_test(folds_quoted_printable_by_soft_line_breaks),
	    cmocka_unit_test(folds_base64_by_line_breaks),
	    cmocka_unit_test(folds_each_part_by_its_own_rule),
	    cmocka_unit_test(refuses_what_is_no_text),
	    cmocka_unit_test(refuses_what_is_signed),
	    cmocka_unit_test(refuses_text_that_switches_its_character_set),
	    cmocka_unit_test(makes_lines_of_all_line_ends),
	    cmocka_unit_test(leaves_a_cr_within_the_header_alone),
	    cmocka_unit_test(only_checks_without_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
