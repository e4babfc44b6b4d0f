#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/distmail.h"
#include "lib/merge.h"

static stralloc out;
static struct distmail mail;

static int
begin(void **state)
{
	(void)state;
	out.len = 0;
	mail = (struct distmail){.node = bytes_z("n.example"),
	    .id = bytes_z("0647c1a2b3d4e.9f02c4d1aa"),
	    .from = bytes_z("joe@example.com"),
	    .name = bytes_z("Joe User"),
	    .now_us = UINT64_C(1700000000000000)};
	return 0;
}

static const char *
personal(const char *message)
{
	struct header h;
	struct where w;

	out.len = 0;
	assert_int_equal(header_parse(&h, message, strlen(message), &w), 0);
	assert_int_equal(distmail_personal(&out, &h, &mail), 0);
	assert_int_equal(sa_0(&out), 0);
	return out.s;
}

static void
names_the_recipient_where_to_was_and_drops_bcc(void **state)
{
	(void)state;
	assert_string_equal(
	    personal("From: a@b.example\nto: x@y.example,\n z@y.example\n"
		     "BCC: secret@y.example\nDate: x\nTo: again@y.example\n"
		     "Message-ID: <1@x>\n\nbody\n"),
	    "From: a@b.example\nTo: &NAME; <&*TO;>\r\nDate: x\n"
	    "Message-ID: <1@x>\n\r\n");
}

static void
adds_the_fields_that_every_message_needs(void **state)
{
	(void)state;
	assert_string_equal(personal("Subject: x"),
	    "Subject: x\r\nFrom: \"Joe User\" <joe@example.com>\r\n"
	    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
	    "Message-ID: <0647c1a2b3d4e.9f02c4d1aa@n.example>\r\n"
	    "To: &NAME; <&*TO;>\r\n\r\n");
	mail.name.len = 0;
	assert_non_null(
	    strstr(personal("Subject: x\n\n"), "From: joe@example.com\r\n"));
}

static void
refuses_a_sender_that_is_no_address(void **state)
{
	struct header h;
	struct where w;

	(void)state;
	mail.from = bytes_z("joe\n@example.com");
	assert_int_equal(header_parse(&h, "A: b\n\n", 6, &w), 0);
	assert_int_equal(distmail_personal(&out, &h, &mail), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(
	    distmail_file(&out, &mail, bytes_z("F"), bytes_z("x")), -1);
}

/* The copy of one recipient, as a worker makes it. */
static void
assert_copy(const char *message, const char *row, const char *copy)
{
	struct merge m;
	struct merge_copy c = {.at = 0};
	struct merge_row r = {.date = bytes_z("D"), .id = bytes_z("i@d")};
	stralloc made = {0};
	struct bytes b;
	struct where w;

	personal(message);
	assert_int_equal(sa_puts(&out, strstr(message, "\r\n\r\n") + 4), 0);
	assert_int_equal(
	    merge_compile(&m, bytes_z(DISTMAIL_FIELDS), out.s, out.len, &w), 0);
	assert_int_equal(merge_row(&r, bytes_z(row)), 0);
	merge_begin(&c, &m, &r);
	while (merge_next(&c, &b) == 1)
		assert_int_equal(sa_put(&made, b.s, b.len), 0);
	assert_int_equal(sa_0(&made), 0);
	assert_string_equal(made.s, copy);
	merge_done(&c);
	merge_free(&m);
	sa_free(&made);
}

static void
copies_keep_every_reference_of_the_message_as_it_is(void **state)
{
	static const char message[] =
	    "From: a@b.example\r\nTo: x@y.example\r\n"
	    "Subject: R&D &NAME; &*TO; &*MSGID;\r\nDate: x\r\n"
	    "Message-ID: <1@x>\r\nContent-Type: text/&NAME;\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "&NAME; &*TO;\r\n.&amp;\r\n";
	static const char rest[] =
	    "Subject: R&D &NAME; &*TO; &*MSGID;\r\nDate: x\r\n"
	    "Message-ID: <1@x>\r\nContent-Type: text/&NAME;\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"
	    "&NAME; &*TO;\r\n.&amp;\r\n";
	char copy[1024];

	(void)state;
	snprintf(copy, sizeof copy,
	    "From: a@b.example\r\nTo: \"Joe User\" <joe@x.example>\r\n%s",
	    rest);
	assert_copy(message, "joe@x.example\tJoe User", copy);
	snprintf(copy, sizeof copy,
	    "From: a@b.example\r\nTo: \"Q \\\"x\\\"\" <joe@x.example>\r\n%s",
	    rest);
	assert_copy(message, "joe@x.example\tQ \"x\"", copy);
	snprintf(copy, sizeof copy,
	    "From: a@b.example\r\nTo: =?UTF-8?Q?=C3=9Cn=C3=BC?= "
	    "<joe@x.example>\r\n%s",
	    rest);
	assert_copy(message, "joe@x.example\t\303\234n\303\274", copy);
	snprintf(copy, sizeof copy,
	    "From: a@b.example\r\nTo:  <joe@x.example>\r\n%s", rest);
	assert_copy(message, "joe@x.example", copy);
}

static const char *
file(const char *name, struct bytes data)
{
	out.len = 0;
	assert_int_equal(distmail_file(&out, &mail, bytes_z(name), data), 0);
	assert_int_equal(sa_0(&out), 0);
	return out.s;
}

static void
a_file_of_text_stays_readable(void **state)
{
	(void)state;
	assert_string_equal(file("MY \"FILE\"/\n", bytes_z("one\r\ntwo\nend")),
	    "From: \"Joe User\" <joe@example.com>\r\n"
	    "To: undisclosed-recipients:;\r\n"
	    "Subject: File \"MY _FILE__ \"\r\n"
	    "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
	    "Message-ID: <0647c1a2b3d4e.9f02c4d1aa@n.example>\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: text/plain; charset=us-ascii;\r\n"
	    " name=\"MY _FILE__ \"\r\n"
	    "Content-Transfer-Encoding: 7bit\r\n"
	    "Content-Disposition: attachment;\r\n"
	    " filename=\"MY _FILE__ \"\r\n\r\none\r\ntwo\r\nend\r\n");
	assert_non_null(strstr(file("", bytes_z("x")), "File \"file\""));
}

/* What is behind the header, decoded, is the file. */
static void
assert_encoded(struct bytes data)
{
	const char *s = strstr(file("F", data), "\r\n\r\n") + 4;
	char text[8192], plain[8192];
	size_t n = 0, len;

	assert_non_null(strstr(out.s, "Encoding: base64\r\n"));
	for (; *s; s++)
		if (*s != '\r' && *s != '\n')
			text[n++] = *s;
	assert_int_equal(base64_get(plain, &len, sizeof plain, text, n), 0);
	assert_int_equal(len, data.len);
	assert_memory_equal(plain, data.s, len);
}

static void
all_other_files_are_encoded(void **state)
{
	static char line[999];

	(void)state;
	assert_encoded((struct bytes){"a\0b", 3});
	assert_encoded(bytes_z("caf\351\n"));
	assert_encoded(bytes_z("bare\rreturn\n"));
	assert_encoded(bytes_z("last\r"));
	memset(line, 'x', sizeof line);
	assert_encoded((struct bytes){line, sizeof line});
}

#define TEST(f) cmocka_unit_test_setup(f, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(names_the_recipient_where_to_was_and_drops_bcc),
	    TEST(adds_the_fields_that_every_message_needs),
	    TEST(refuses_a_sender_that_is_no_address),
	    TEST(copies_keep_every_reference_of_the_message_as_it_is),
	    TEST(a_file_of_text_stays_readable),
	    TEST(all_other_files_are_encoded),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	sa_free(&out);
	return r;
}
