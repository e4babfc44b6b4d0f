#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/reply.h"

#define ID "660da8a518800.9f02c4d1aa"
#define AT 1795341600000000U /* Sun, 22 Nov 2026 10:00:00 +0000 */

static stralloc out;

static struct reply
reply(void)
{
	return (struct reply){.node = bytes_z("node.example.org"),
	    .id = bytes_z(ID),
	    .now_us = AT,
	    .to = bytes_z("joe@example.com"),
	    .subject = bytes_z("Your message to TEST-L"),
	    .text = bytes_z("Sorry.\n.\n")};
}

static void
assert_has(const char *want)
{
	assert_int_equal(sa_0(&out), 0);
	if (!strstr(out.s, want))
		fail_msg("no \"%s\" in:\n%s", want, out.s);
}

/* The reply to a message, in out. */
static void
answer(const char *message)
{
	struct reply r = reply();
	struct header h;

	out.len = 0;
	assert_int_equal(header_parse(&h, message, strlen(message), NULL), 0);
	r.answers = &h;
	assert_int_equal(reply_message(&out, &r), 0);
	assert_int_equal(sa_0(&out), 0);
}

#define HEAD                                                                   \
	"From: LISTSERV@node.example.org\r\n"                                  \
	"To: joe@example.com\r\n"                                              \
	"Subject: Your message to TEST-L\r\n"                                  \
	"Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"                            \
	"Message-ID: <" ID "@node.example.org>\r\n"

static void
writes_a_text_to_the_byte(void **state)
{
	struct reply r = reply();

	(void)state;
	out.len = 0;
	assert_int_equal(reply_message(&out, &r), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s,
	    HEAD "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
		 "Content-Type: text/plain\r\n"
		 "Content-Transfer-Encoding: 7bit\r\n\r\nSorry.\r\n.\r\n");
}

static void
attaches_the_header_that_it_answers(void **state)
{
	(void)state;
	answer("From joe Mon\nFrom: joe\nMessage-ID: <1@x>\nTo: a,\n b\n\n"
	       "secret body\n");
	assert_string_equal(out.s,
	    HEAD "In-Reply-To: <1@x>\r\nReferences: <1@x>\r\n"
		 "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
		 "Content-Type: multipart/mixed; boundary=\"=_" ID
		 "\"\r\n\r\nThis is a MIME message.\r\n"
		 "\r\n--=_" ID "\r\n"
		 "Content-Type: text/plain\r\n"
		 "Content-Transfer-Encoding: 7bit\r\n\r\n"
		 "Sorry.\r\n.\r\n"
		 "\r\n--=_" ID "\r\n"
		 "Content-Type: text/rfc822-headers\r\n"
		 "Content-Transfer-Encoding: 7bit\r\n\r\n"
		 "From: joe\r\nMessage-ID: <1@x>\r\nTo: a,\r\n b\r\n"
		 "\r\n--=_" ID "--\r\n");
}

static void
threads_as_mail_programs_expect(void **state)
{
	static const struct {
		const char *message, *want;
	} table[] = {
	    {"Message-ID: <3@x>\nReferences: <1@x>\n\t<2@x>\n",
		"In-Reply-To: <3@x>\r\n"
		"References: <1@x>\r\n <2@x>\r\n <3@x>\r\n"},
	    {"Message-ID: <3@x>\nReferences: <1@x><2@x>\nIn-Reply-To: <0@x>\n",
		"References: <1@x>\r\n <2@x>\r\n <3@x>\r\n"},
	    {"Message-ID: <3@x>\nIn-Reply-To: your mail <2@x>\n",
		"References: <2@x>\r\n <3@x>\r\n"},
	    {"Message-ID: <3@x>\nIn-Reply-To: <1@x> <2@x>\n",
		"References: <3@x>\r\n"},
	    {"Message-ID: <3@x>\nReferences: <1 @x> < > <> <1\r@x> <\xff> <\n",
		"References: <3@x>\r\n"},
	    {"Message-ID: <a<3@x> <4@x>\n", "In-Reply-To: <3@x>\r\n"},
	    {"Message-ID: none\nReferences: <1@x>\n",
		"@node.example.org>\r\nAuto-Submitted"},
	    {"From: joe\n", "@node.example.org>\r\nAuto-Submitted"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		answer(table[i].message);
		assert_has(table[i].want);
	}
}

static void
keeps_the_first_and_the_last_of_many_references(void **state)
{
	stralloc m = {0};

	(void)state;
	assert_int_equal(sa_puts(&m, "Message-ID: <z@x>\nReferences:"), 0);
	for (unsigned i = 1; i <= REPLY_REFS_MAX + 5; i++) {
		sa_puts(&m, " <");
		sa_addu(&m, i);
		assert_int_equal(sa_puts(&m, "@x>"), 0);
	}
	assert_int_equal(sa_put(&m, "\n\n", 3), 0);
	answer(m.s);
	sa_free(&m);
	assert_has("References: <1@x>\r\n <8@x>\r\n <9@x>\r\n");
	assert_has(" <25@x>\r\n <z@x>\r\nAuto-Submitted");
}

static void
leaves_out_a_reference_that_is_too_long(void **state)
{
	stralloc m = {0};

	(void)state;
	assert_int_equal(sa_puts(&m, "Message-ID: <z@x>\nReferences: <"), 0);
	for (unsigned i = 0; i < REPLY_REF_MAX; i++)
		assert_int_equal(sa_put(&m, "a", 1), 0);
	assert_int_equal(sa_put(&m, "> <b@x>\n\n", 10), 0);
	answer(m.s);
	sa_free(&m);
	assert_has("References: <b@x>\r\n <z@x>\r\n");
}

static void
encodes_what_is_no_ascii(void **state)
{
	struct reply r = reply();

	(void)state;
	out.len = 0;
	r.subject = bytes_z("Gr\xc3\xbc\xc3\x9f\r\nX: y");
	r.text = bytes_z("\xe2\x82\xac 5\n");
	assert_int_equal(reply_message(&out, &r), 0);
	assert_has("Subject: =?UTF-8?Q?Gr=C3=BC=C3=9F__X=3A_y?=\r\n");
	assert_has("Content-Type: text/plain; charset=utf-8\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		   "=E2=82=AC 5\r\n");
}

static void
lets_no_header_end_a_part(void **state)
{
	(void)state;
	answer("A: b\n--=_" ID "--: x\n");
	assert_has("--=3D_" ID "--: x\r\n");
	answer("A: \xe4\rb\n");
	assert_has("Content-Type: text/rfc822-headers\r\n"
		   "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		   "A: =E4=0Db\r\n");
}

static void
attaches_no_more_than_the_beginning_of_a_large_header(void **state)
{
	stralloc m = {0};

	(void)state;
	while (m.len <= (size_t)3 * REPLY_HEADER_MAX)
		assert_int_equal(
		    sa_puts(&m,
			"X: 0123456789012345678901234567890123456"
			"789012345678901234567890123456789\n"
			" 0123456789012345678901234567890123456789"
			"012345678901234567890123456789012345678\n"),
		    0);
	assert_int_equal(sa_0(&m), 0);
	answer(m.s);
	sa_free(&m);
	assert_true(out.len < REPLY_HEADER_MAX + 2000);
	assert_true(out.len > REPLY_HEADER_MAX);
}

static void
refuses_names_that_could_begin_a_field(void **state)
{
	struct reply bad[5];

	(void)state;
	for (size_t i = 0; i < 5; i++)
		bad[i] = reply();
	bad[0].node = bytes_z("a\r\nX: y");
	bad[1].id = bytes_z("");
	bad[2].to = bytes_z("");
	bad[3].to = bytes_z("a@b\nX: y");
	bad[4].to = bytes_z("a@b, c@d");
	out.len = 0;
	for (size_t i = 0; i < 5; i++) {
		errno = 0;
		assert_int_equal(reply_message(&out, &bad[i]), -1);
		assert_int_equal(errno, EINVAL);
		assert_int_equal(out.len, 0);
	}
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
	    cmocka_unit_test(writes_a_text_to_the_byte),
	    cmocka_unit_test(attaches_the_header_that_it_answers),
	    cmocka_unit_test(threads_as_mail_programs_expect),
	    cmocka_unit_test(keeps_the_first_and_the_last_of_many_references),
	    cmocka_unit_test(leaves_out_a_reference_that_is_too_long),
	    cmocka_unit_test(encodes_what_is_no_ascii),
	    cmocka_unit_test(lets_no_header_end_a_part),
	    cmocka_unit_test(
		attaches_no_more_than_the_beginning_of_a_large_header),
	    cmocka_unit_test(refuses_names_that_could_begin_a_field),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
