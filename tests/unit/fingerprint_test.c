#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fingerprint.h"
#include "tests/unit/cputime.h"

/* 42 letters, and what is left of them */
#define TEXT                                                                   \
	"Buy our wonderful product now, and you get\nanother one for free!\n"
#define QP                                                                     \
	"Buy our=20wonderful product=\n now, and you get\nanother one "        \
	"for=20\nfree!\n"
#define B64                                                                    \
	"QnV5IG91ciB3b25kZXJmdWwgcHJvZHVjdCBub3csIGFuZCB5b3UgZ2V0CmFub3RoZXIg" \
	"\n"                                                                   \
	"b25lIGZvciBmcmVlIQo=\n"

static struct fingerprint print;
static struct fingerprint_sums sums;

static int
setup(void **state)
{
	(void)state;
	return fingerprint_open(&print);
}

static int
teardown(void **state)
{
	(void)state;
	fingerprint_close(&print);
	return 0;
}

static void
take(const char *s, size_t len, size_t piece, struct fingerprint_sums *out)
{
	fingerprint_begin(&print);
	for (size_t i = 0; i < len; i += piece)
		fingerprint_more(
		    &print, s + i, len - i < piece ? len - i : piece);
	assert_int_equal(fingerprint_end(&print, out), 0);
}

/* The sums of a message, the same in all pieces, whatever its line ends. */
static void
sums_of(const char *message)
{
	struct fingerprint_sums other;
	size_t len = strlen(message), n = 0;
	char *crlf = malloc(2 * len + 1);

	take(message, len, len + 1, &sums);
	for (size_t piece = 1; piece <= 16; piece *= 2) {
		take(message, len, piece, &other);
		assert_memory_equal(&other, &sums, sizeof sums);
	}
	assert_non_null(crlf);
	for (size_t i = 0; i < len; i++) {
		if (message[i] == '\n')
			crlf[n++] = '\r';
		crlf[n++] = message[i];
	}
	take(crlf, n, 3, &other);
	assert_memory_equal(&other, &sums, sizeof sums);
	free(crlf);
}

static void
same_text(const char *a, const char *b)
{
	struct fingerprint_sums first;

	sums_of(a);
	first = sums;
	sums_of(b);
	assert_int_equal(first.has_text, 1);
	assert_int_equal(sums.has_text, 1);
	assert_memory_equal(first.text, sums.text, FINGERPRINT_LEN);
}

static void
is_text(const char *message)
{
	same_text("a: b\n\n" TEXT, message);
}

static void
no_text(const char *message)
{
	sums_of(message);
	assert_int_equal(sums.has_text, 0);
}

/* --- text ------------------------------------------------------------------- */

static void
hashes_the_text_of_a_plain_message(void **state)
{
	/* SHA-256 of "buyourwonderfulproductnowandyougetanotheroneforfree" */
	static const unsigned char sum[] = {
	    0x16, 0x71, 0xf9, 0x66, 0xb4, 0x36, 0x4f, 0xb6};

	(void)state;
	sums_of("Subject: x\n\n" TEXT);
	assert_int_equal(sums.has_text, 1);
	assert_memory_equal(sums.text, sum, sizeof sum);
}

static void
decodes_the_text(void **state)
{
	(void)state;
	is_text("Content-Transfer-Encoding: quoted-printable\n\n" QP);
	is_text("Content-Transfer-Encoding: BASE64\n\n" B64);
	is_text("Content-Transfer-Encoding: 8bit\n\n" TEXT);
	is_text("Content-Transfer-Encoding: strange\n\n" TEXT);
	is_text("Content-Type: text/plain; "
		"charset=\"x-long-long-long-long-long-long-name\"\n\n" TEXT);
	same_text("Content-Type: text/plain; charset=iso-8859-1\n\n\xe9 " TEXT,
	    "Content-Type: text/plain; charset=\"UTF-8\"\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n=C3=A9 " TEXT);
}

static void
leaves_out_tags_of_html_and_quoted_lines_of_plain_text(void **state)
{
	(void)state;
	is_text(
	    "Content-Type: text/HTML\n\n<html><b>Buy our</b>&nbsp;wonderful "
	    "product now, and <a href='http://x/?y'>you</a> get another\n"
	    "one for free!</html>");
	is_text("a: b\n\nBuy our wonderful product now, and you get\n"
		"> Some text of the mail before\nanother one for free!\n");
}

static void
finds_the_first_part_that_is_text(void **state)
{
	(void)state;
	is_text(
	    "Content-Type: multipart/mixed; boundary=b\n\n"
	    "This text is in front of all the parts and is never looked at\n"
	    "--b\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n"
	    "\n" B64 "--b\n\n" TEXT "--b\nContent-Type: text/plain\n\n"
	    "Another text that is in another part of the message.\n--b--\n");
	is_text(
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
	    "Content-Type: multipart/alternative; boundary=\"c c\"\n\n"
	    "--c c\nContent-Type: text/plain\n"
	    "Content-Transfer-Encoding: base64\n\n" B64 "--c c\n"
	    "Content-Type: text/html\n\n<p>A very different text in HTML, and "
	    "longer by far than the other.\n--c c--\n--b--\n");
	is_text("Content-Type: multipart/signed; boundary=b\n\n--b\n\n" TEXT
		"--b\nContent-Type: application/pgp-signature\n\nx\n--b--\n");
	is_text("Content-Type: message/rfc822\n\nSubject: x\n\n" TEXT);
	is_text("Content-Type: multipart/digest; boundary=b\n\n--b\n\n"
		"Subject: x\n\n" TEXT "--b--\n");
}

static void
does_not_read_on_behind_the_part(void **state)
{
	(void)state;
	is_text("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" TEXT
		"--b--\nand this is the end of it all");
	is_text("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" TEXT
		"--b\n\nand this is another part");
	no_text("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nshort\n"
		"--b\n\n" TEXT "--b--\n");
	no_text(
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b--\n" TEXT);
}

static void
takes_lines_that_look_like_a_delimiter_for_text(void **state)
{
	(void)state;
	same_text("a: b\n\n--bx\n-" TEXT,
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n--bx\n-" TEXT
	    "--b--");
	is_text(
	    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n-\n--\n" TEXT
	    "--b--");
}

static void
has_no_text_without_a_text_part(void **state)
{
	(void)state;
	no_text("");
	no_text("Subject: only a header without any body but long enough\n");
	no_text("Content-Type: image/png\n\n" TEXT);
	no_text("Content-Type: multipart/mixed\n\n" TEXT);
	no_text("Content-Type: multipart/mixed; boundary=b\n\n" TEXT);
}

static void
has_no_text_below_forty_characters(void **state)
{
	(void)state;
	no_text(
	    "a: b\n\n123456789 abcdefghij abcdefghij abcdefghij abcdefghi\n");
	sums_of(
	    "a: b\n\n123456789 abcdefghij abcdefghij abcdefghij abcdefghij\n");
	assert_int_equal(sums.has_text, 1);
}

static void
looks_at_the_beginning_of_long_texts(void **state)
{
	static char a[200000], b[200000];
	struct fingerprint_sums first;

	(void)state;
	memset(a, 'x', sizeof a - 1);
	memcpy(a, "a: b\n\n", 6);
	memcpy(b, a, sizeof b);
	b[6 + FINGERPRINT_LOOK] = 'y';
	take(a, sizeof a - 1, 4096, &first);
	take(b, sizeof b - 1, 4095, &sums);
	assert_int_equal(sums.has_text, 1);
	assert_memory_equal(first.text, sums.text, FINGERPRINT_LEN);
	assert_memory_not_equal(first.body, sums.body, FINGERPRINT_BODY_LEN);
	b[6 + FINGERPRINT_LOOK - 1] = 'y';
	take(b, sizeof b - 1, 4095, &sums);
	assert_memory_not_equal(first.text, sums.text, FINGERPRINT_LEN);
}

static void
skips_the_line_of_a_mailbox_in_front_of_the_header(void **state)
{
	(void)state;
	is_text("From joe@x.example  Sun Nov 22 10:00:00 2026\nContent-Type: "
		"text/plain\nContent-Transfer-Encoding: base64\n\n" B64);
	is_text(
	    "From : joe@x.example\nContent-Transfer-Encoding: base64\n\n" B64);
	is_text("\n" TEXT);
}

/* --- subject ---------------------------------------------------------------- */

/* Have two subjects the same sum? */
static int
subjects(const char *a, const char *b)
{
	struct fingerprint_sums first;
	char m[2][2000];

	snprintf(m[0], sizeof m[0], "X: y\nSubject: %s\nTo: z\n\nx\n", a);
	snprintf(m[1], sizeof m[1], "subject: %s\n\nx\n", b);
	sums_of(m[0]);
	first = sums;
	sums_of(m[1]);
	assert_int_equal(first.has_subject, 1);
	assert_int_equal(sums.has_subject, 1);
	return memcmp(first.subject, sums.subject, FINGERPRINT_LEN) == 0;
}

static int
has_subject(const char *fields)
{
	char m[2000];

	snprintf(m, sizeof m, "%s\n\nx\n", fields);
	sums_of(m);
	return sums.has_subject;
}

static void
hashes_subjects_without_what_varies(void **state)
{
	(void)state;
	assert_true(subjects("Hello, World", "hello world 17!"));
	assert_false(subjects("Hello, World", "Hello, Wirld"));
	assert_true(subjects("=?utf-8?q?Caf=C3=A9?=", "caf\xc3\xa9"));
	assert_true(subjects("=?iso-8859-1?b?Q2Fm6Q==?=", "caf\xc3\xa9"));
	assert_true(subjects(
	    "a long\n one that\n\tgoes on", "a long one that goes on"));
}

static void
leaves_out_marks_in_front_of_a_subject(void **state)
{
	(void)state;
	assert_true(subjects("Re: Hello", "hello"));
	assert_true(subjects("RE:fwd: Re[2]: AW: [TEST-L] Re: Hello", "hello"));
	assert_true(subjects("=?utf-8?q?Re:_=5BTEST-L=5D_Hello?=", "Hello"));
	assert_true(subjects("[a][b] [c]Hello", "hello"));
	assert_false(subjects("Regarding: Hello", "hello"));
	assert_false(subjects("Re Hello", "hello"));
	assert_false(subjects("[a Hello", "hello"));
	assert_false(subjects("Hello Re: x", "hello x"));
}

static void
has_no_subject_when_nothing_is_left(void **state)
{
	(void)state;
	assert_int_equal(has_subject("a: b"), 0);
	assert_int_equal(has_subject("Subject:"), 0);
	assert_int_equal(has_subject("Subject: \n \n  "), 0);
	assert_int_equal(has_subject("Subject: Re: [TEST-L] 17"), 0);
	assert_int_equal(has_subject("a: b\n\nSubject: x"), 0);
	assert_int_equal(has_subject("Subject: \nSubject : x"), 1);
	assert_int_equal(has_subject("Subject:\n x"), 1);
}

static void
takes_the_first_subject_of_the_message_itself(void **state)
{
	struct fingerprint_sums first;

	(void)state;
	sums_of("Subject: one\n\nx");
	first = sums;
	sums_of("A: b\n c\nSubject: one\nSubject: two\n\nSubject: three");
	assert_memory_equal(first.subject, sums.subject, FINGERPRINT_LEN);
	sums_of(
	    "Subject: one\nContent-Type: message/rfc822\n\nSubject: two\n\n");
	assert_memory_equal(first.subject, sums.subject, FINGERPRINT_LEN);
}

static void
looks_at_the_beginning_of_long_subjects(void **state)
{
	static char a[5000], b[5000];
	struct fingerprint_sums first;

	(void)state;
	memset(a, 'x', sizeof a - 1);
	memcpy(a, "Subject: ", 9);
	memcpy(b, a, sizeof b);
	b[4000] = 'y';
	sums_of(a);
	first = sums;
	sums_of(b);
	assert_int_equal(sums.has_subject, 1);
	assert_memory_equal(first.subject, sums.subject, FINGERPRINT_LEN);
	for (size_t i = 500; i + 500 < sizeof b; i += 500)
		memcpy(b + i, "\n ", 2);
	sums_of(b);
	assert_int_equal(sums.has_subject, 1);
}

/* --- body ------------------------------------------------------------------- */

static int
bodies(const char *a, const char *b)
{
	struct fingerprint_sums first;

	sums_of(a);
	first = sums;
	sums_of(b);
	return first.has_body && sums.has_body &&
	    memcmp(first.body, sums.body, FINGERPRINT_BODY_LEN) == 0;
}

static void
hashes_bodies_without_blanks(void **state)
{
	(void)state;
	assert_true(bodies("a: b\n\n" TEXT, "c: d\n\n\n\n" TEXT "\n \n"));
	assert_true(bodies("a: b\n\n" TEXT,
	    "a: b\n\nBuy our wonderful product now,   \nand you get  "
	    "another\t\n"
	    "one for free!"));
	assert_false(bodies("a: b\n\n" TEXT, "a: b\n\n" TEXT "."));
	assert_false(bodies("a: b\n\n" TEXT, "a: b\n\n>" TEXT));
}

static void
hashes_all_of_a_body(void **state)
{
	(void)state;
	assert_false(
	    bodies("Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" TEXT
		   "--b\nContent-Type: image/png\n\nx\n--b--\n",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" TEXT
		"--b\nContent-Type: image/png\n\ny\n--b--\n"));
	assert_false(bodies("Content-Type: image/png\n\n" TEXT "x",
	    "Content-Type: image/png\n\n" TEXT "y"));
}

static void
has_no_body_sum_below_forty_bytes(void **state)
{
	(void)state;
	sums_of("a: a long field that is no part of the body at all\n\n"
		"123456789 123456789 123456789 123456789 123\n");
	assert_int_equal(sums.has_body, 0);
	sums_of("a: b\n\n123456789 123456789 123456789 123456789 1234\n");
	assert_int_equal(sums.has_body, 1);
	sums_of("");
	assert_int_equal(sums.has_body, 0);
}

/* --- bombs ------------------------------------------------------------------ */

/* A message that is made as it goes, in a time that its size alone accounts for. */
static void
bomb(const char *start, const char *piece, size_t bytes)
{
	static char block[1 << 18];
	size_t n = strlen(piece), used = sizeof block / n * n;
	double began = cpu_s();

	for (size_t i = 0; i < used; i += n)
		memcpy(block + i, piece, n);
	fingerprint_begin(&print);
	fingerprint_more(&print, start, strlen(start));
	for (size_t i = 0; i < bytes; i += used)
		fingerprint_more(
		    &print, block, bytes - i < used ? bytes - i : used);
	assert_int_equal(fingerprint_end(&print, &sums), 0);
	/* the sanitizers may take ten times as long */
	assert_true(cpu_s() - began < cpu_limit(2));
}

static void
survives_bombs(void **state)
{
	static char deep[10000 * 64];
	size_t n = 0;

	(void)state;
	for (int i = 0; i < 10000; i++)
		n += (size_t)snprintf(deep + n, sizeof deep - n,
		    "Content-Type: multipart/mixed; boundary=%d\n\n--%d\n", i,
		    i);
	bomb(deep, "x", 1000000);
	assert_int_equal(sums.has_text, 0);
	bomb("Content-Type: multipart/mixed; boundary=b\n\n",
	    "--b\nContent-Type: a/b\n\n", 23000000);
	bomb(
	    "Content-Type: multipart/mixed; boundary=b\n\n", "--b\n", 20000000);
	bomb("X: ", "x", 100000000);
	bomb("Content-Type: text/html\n\n", "<", 100000000);
	bomb("Content-Type: multipart/mixed; boundary=b\n\n", "--", 100000000);
	bomb(
	    "Content-Transfer-Encoding: quoted-printable\n\n", "=\n", 20000000);
	bomb("Subject: =?utf-8?q?\n", " =?utf-8?q?x\n", 20000000);
	bomb("", "A: b\n", 5000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hashes_the_text_of_a_plain_message),
	    cmocka_unit_test(decodes_the_text),
	    cmocka_unit_test(
		leaves_out_tags_of_html_and_quoted_lines_of_plain_text),
	    cmocka_unit_test(finds_the_first_part_that_is_text),
	    cmocka_unit_test(does_not_read_on_behind_the_part),
	    cmocka_unit_test(takes_lines_that_look_like_a_delimiter_for_text),
	    cmocka_unit_test(has_no_text_without_a_text_part),
	    cmocka_unit_test(has_no_text_below_forty_characters),
	    cmocka_unit_test(looks_at_the_beginning_of_long_texts),
	    cmocka_unit_test(
		skips_the_line_of_a_mailbox_in_front_of_the_header),
	    cmocka_unit_test(hashes_subjects_without_what_varies),
	    cmocka_unit_test(leaves_out_marks_in_front_of_a_subject),
	    cmocka_unit_test(has_no_subject_when_nothing_is_left),
	    cmocka_unit_test(takes_the_first_subject_of_the_message_itself),
	    cmocka_unit_test(looks_at_the_beginning_of_long_subjects),
	    cmocka_unit_test(hashes_bodies_without_blanks),
	    cmocka_unit_test(hashes_all_of_a_body),
	    cmocka_unit_test(has_no_body_sum_below_forty_bytes),
	    cmocka_unit_test(survives_bombs),
	};

	return cmocka_run_group_tests_name(
	    "fingerprint", tests, setup, teardown);
}
