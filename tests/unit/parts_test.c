#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/parts.h"

/* What each line of a message is part of, a letter a line: Fields, Text,
 * Quoted-printable, base64 (6), or other bytes (x). */
static void
assert_forms(const char *message, const char *want)
{
	static struct parts p;
	char got[200];
	size_t n = 0, len;

	parts_begin(&p);
	for (; *message; message += len + 1) {
		len = strcspn(message, "\n");
		assert_true(n + 1 < sizeof got);
		got[n++] = "FTQ6x"[parts_form(&p)];
		if (parts_matters(&p, message, len))
			parts_line(&p, message, len);
	}
	got[n] = 0;
	assert_string_equal(got, want);
}

static void
takes_a_message_without_mime_for_text(void **state)
{
	(void)state;
	assert_forms("Subject: a\n b\n\ntext\n\n--x\nA: b\n", "FFFTTTT");
}

static void
knows_the_encoding_of_a_message(void **state)
{
	(void)state;
	assert_forms("content-transfer-encoding: (a) BASE64 (b)\n\nx\n", "FF6");
	assert_forms("Content-Type: text/html\n"
		     "Content-Transfer-Encoding :\n Quoted-Printable\n\nx\n",
	    "FFFFQ");
	assert_forms("Content-Transfer-Encoding: 8bit\n\nx\n", "FFT");
	assert_forms("Content-Transfer-Encoding: binary\n\nx\n", "FFx");
	assert_forms("Content-Transfer-Encoding: x-uuencode\n\nx\n", "FFx");
}

static void
knows_what_is_no_text(void **state)
{
	(void)state;
	assert_forms("Content-Type: application/pdf\n\nx\n", "FFx");
	assert_forms("Content-Type: image/png\n"
		     "Content-Transfer-Encoding: base64\n\nx\n",
	    "FFF6");
	assert_forms("Content-Type: text/plain; charset=utf-8\n\nx\n", "FFT");
	assert_forms("Content-Type: nonsense\n\nx\n", "FFT");
	assert_forms("Content-Type: message/delivery-status\n\nx\n", "FFT");
}

static void
counts_the_first_of_two_fields(void **state)
{
	(void)state;
	assert_forms(
	    "Content-Type: image/png\nContent-Type: text/plain\n\nx\n", "FFFx");
}

static void
walks_through_the_parts_of_a_multipart(void **state)
{
	(void)state;
	assert_forms("Content-Type: multipart/mixed; a=\"b;boundary=no\";\n"
		     "\tboundary=\"x \\\"y\"\n"
		     "\n"
		     "in front\n"
		     "--x\n"
		     "--x \"y\n"
		     "\n"
		     "text\n"
		     "--x \"y  \t\n"
		     "Content-Transfer-Encoding: base64\n"
		     "\n"
		     "base64\n"
		     "--x \"yz\n"
		     "--x \"y--\n"
		     "behind\n"
		     "--x \"y\n",
	    "FFFTTTFTTFF666TT");
}

static void
ends_inner_parts_with_the_outer_boundary(void **state)
{
	(void)state;
	assert_forms("Content-Type: multipart/mixed; boundary=a\n\n"
		     "--a\n"
		     "Content-Type: multipart/alternative; boundary=ab\n\n"
		     "--ab\n"
		     "Content-Type: image/png\n\n"
		     "x\n"
		     "--a\n\n"
		     "text\n"
		     "--ab\n"
		     "text\n",
	    "FFTFFTFFxxFTTT");
}

static void
looks_into_messages_within_messages(void **state)
{
	(void)state;
	assert_forms("Content-Type: message/rfc822\n\n"
		     "Content-Type: multipart/digest; boundary=d\n\n"
		     "--d\n\n"
		     "Content-Type: image/png\n\n"
		     "x\n"
		     "--d\n"
		     "Content-Type: text/plain\n\n"
		     "text\n",
	    "FFFFTFFFxxFFT");
}

static void
lets_nothing_be_changed_that_is_signed(void **state)
{
	(void)state;
	assert_forms("Content-Type: multipart/mixed; boundary=a\n\n"
		     "--a\n"
		     "Content-Type: multipart/signed; boundary=s\n\n"
		     "--s\n"
		     "A: b\n\n"
		     "text\n"
		     "--s--\n"
		     "behind\n"
		     "--a\n\n"
		     "text\n",
	    "FFTFFxxxxxTTFT");
}

static void
takes_a_part_that_has_no_header_for_text(void **state)
{
	(void)state;
	assert_forms("Content-Type: multipart/mixed; boundary=a\n\n"
		     "--a\n"
		     "text at once\n"
		     "and more\n"
		     "--a\n"
		     "Content-Type: image/png\n"
		     "--a\n\n"
		     "text\n",
	    "FFTFTTFFFT");
}

static void
gives_up_on_a_multipart_without_a_boundary(void **state)
{
	(void)state;
	assert_forms("Content-Type: multipart/mixed\n\nx\n", "FFx");
	assert_forms(
	    "Content-Type: multipart/mixed; boundary=\"\"\n\nx\n--\n", "FFxx");
	assert_forms("Content-Type: multipart/mixed; boundary="
		     "0123456789012345678901234567890123456789"
		     "0123456789012345678901234567890\n\nx\n",
	    "FFx");
}

static void
gives_up_on_what_is_nested_too_deep(void **state)
{
	static struct parts p;
	char line[80];

	(void)state;
	parts_begin(&p);
	for (int i = 0; i <= PARTS_DEPTH; i++) {
		assert_int_equal(parts_form(&p), PART_FIELDS);
		snprintf(line, sizeof line,
		    "Content-Type: multipart/mixed; boundary=%d.", i);
		parts_line(&p, line, strlen(line));
		parts_line(&p, "", 0);
		assert_int_equal(
		    parts_form(&p), i < PARTS_DEPTH ? PART_TEXT : PART_BYTES);
		snprintf(line, sizeof line, "--%d.", i);
		parts_line(&p, line, strlen(line));
	}
	assert_int_equal(parts_form(&p), PART_BYTES);
	parts_line(&p, "--0.--", 6);
	assert_int_equal(parts_form(&p), PART_TEXT);
}

static void
is_not_led_astray_by_fields_that_never_end(void **state)
{
	static char line[PARTS_LINE_MAX];
	static struct parts p;

	(void)state;
	memset(line, ' ', sizeof line);
	parts_begin(&p);
	parts_line(&p, "Content-Type: image/png;", 24);
	for (int i = 0; i < 1000; i++)
		parts_line(&p, line, sizeof line);
	parts_line(&p, "", 0);
	assert_int_equal(parts_form(&p), PART_BYTES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_a_message_without_mime_for_text),
	    cmocka_unit_test(knows_the_encoding_of_a_message),
	    cmocka_unit_test(knows_what_is_no_text),
	    cmocka_unit_test(counts_the_first_of_two_fields),
	    cmocka_unit_test(walks_through_the_parts_of_a_multipart),
	    cmocka_unit_test(ends_inner_parts_with_the_outer_boundary),
	    cmocka_unit_test(looks_into_messages_within_messages),
	    cmocka_unit_test(lets_nothing_be_changed_that_is_signed),
	    cmocka_unit_test(takes_a_part_that_has_no_header_for_text),
	    cmocka_unit_test(gives_up_on_a_multipart_without_a_boundary),
	    cmocka_unit_test(gives_up_on_what_is_nested_too_deep),
	    cmocka_unit_test(is_not_led_astray_by_fields_that_never_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
