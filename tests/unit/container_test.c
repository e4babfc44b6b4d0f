#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/carrier.h"
#include "lib/cjli.h"
#include "lib/container.h"
#include "lib/distcmd.h"

#define CARDS "//D0004711 JOB Echo=No,Reply-to=None\n// DIST2 MAIL\n"

static const char message[] = "Subject: x\r\n\r\nhello\r\n";
static const char plain[] = "Subject: x\n\nhello\n";

static struct container
facts(void)
{
	return (struct container){.node = bytes_z("n.example"),
	    .server = bytes_z("LISTSERV@cearn.example"),
	    .id = bytes_z("0647c1a2b3d4e.9f02c4d1aa"),
	    .when_us = UINT64_C(1795341600000000),
	    .subject = "Job D0004711 for 1 recipient",
	    .cards = bytes_z(CARDS)};
}

static struct container_look
look_at(const char *s, size_t len, size_t step)
{
	struct container_look l = {.bytes = 0};

	for (size_t at = 0; at < len; at += step)
		container_look(&l, s + at, len - at < step ? len - at : step);
	return l;
}

/* The whole mail in pieces of some size, NUL-terminated. */
static void
make(stralloc *out, const char *s, size_t len, size_t step)
{
	struct container c = facts();
	struct container_look l = look_at(s, len, step);
	struct container_code code;

	out->len = 0;
	assert_int_equal(container_begin(out, &code, &c, &l), 0);
	for (size_t at = 0; at < len; at += step)
		assert_int_equal(container_put(out, &code, s + at,
				     len - at < step ? len - at : step),
		    0);
	assert_int_equal(container_end(out, &code), 0);
	assert_int_equal(sa_0(out), 0);
}

static const char *
body_of(const stralloc *mail)
{
	const char *s = strstr(mail->s, "\n\n");

	assert_non_null(s);
	return s + 2;
}

/* What Base64 in lines of at most 76 stands for, NUL-terminated. */
static const char *
decode(const char *s)
{
	static char text[4096], out[4096];
	size_t n = 0, len;

	assert_true(strlen(s) < sizeof text);
	for (size_t column = 0; *s; s++) {
		column = *s == '\n' ? 0 : column + 1;
		assert_true(column <= 76);
		if (*s != '\n')
			text[n++] = *s;
	}
	assert_int_equal(base64_get(out, &len, sizeof out - 1, text, n), 0);
	out[len] = 0;
	return out;
}

static void
sends_a_message_of_short_lines_as_it_is(void **state)
{
	stralloc mail = {0};

	(void)state;
	make(&mail, message, strlen(message), 1000);
	assert_string_equal(mail.s,
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\n"
	    "From: LISTSERV@n.example\n"
	    "To: LISTSERV@cearn.example\n"
	    "Subject: Job D0004711 for 1 recipient\n"
	    "Message-ID: <0647c1a2b3d4e.9f02c4d1aa@n.example>\n"
	    "Auto-Submitted: auto-generated\n"
	    "MIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=US-ASCII\n"
	    "Content-Transfer-Encoding: 7bit\n"
	    "\n" CARDS "Subject: x\n\nhello\n");
	sa_free(&mail);
}

static void
sums_the_message_with_lf_for_line_ends(void **state)
{
	struct container_look a = look_at(message, strlen(message), 1000);
	struct container_look b = look_at(plain, strlen(plain), 1000);

	(void)state;
	assert_int_equal(a.bytes, strlen(plain));
	assert_int_equal(a.bytes, b.bytes);
	assert_int_equal(crc32_end(&a.crc), 0xf2d9c266);
	assert_int_equal(crc32_end(&b.crc), 0xf2d9c266);
}

static void
says_8bit_when_message_or_cards_have_such_bytes(void **state)
{
	struct container c = facts();
	struct container_look l = look_at("gr\xc3\xbc\xc3\x9f\r\n", 8, 8);
	struct container_code code;
	stralloc mail = {0};

	(void)state;
	assert_true(l.eightbit);
	assert_false(l.encode);
	assert_int_equal(container_begin(&mail, &code, &c, &l), 0);
	assert_int_equal(sa_0(&mail), 0);
	assert_non_null(strstr(mail.s, "charset=UTF-8\n"));
	assert_non_null(strstr(mail.s, "Encoding: 8bit\n"));
	mail.len = 0;
	l = look_at(message, strlen(message), 1000);
	c.cards = bytes_z("J\xc3\xbcrgen@x.example BSMTP\n");
	assert_int_equal(container_begin(&mail, &code, &c, &l), 0);
	assert_int_equal(sa_0(&mail), 0);
	assert_non_null(strstr(mail.s, "Encoding: 8bit\n"));
	sa_free(&mail);
}

static void
encodes_a_message_with_a_long_line(void **state)
{
	char line[1000];

	(void)state;
	memset(line, 'x', sizeof line);
	memcpy(line + CONTAINER_LINE_MAX, "\r\n", 2);
	assert_false(look_at(line, CONTAINER_LINE_MAX + 2, 7).encode);
	memcpy(line + CONTAINER_LINE_MAX, "x\r\n", 3);
	assert_true(look_at(line, CONTAINER_LINE_MAX + 3, 7).encode);
}

static void
encodes_what_a_mailer_may_quote(void **state)
{
	(void)state;
	for (size_t step = 1; step < 9; step++) {
		assert_true(look_at("a\r\nFrom me\r\n", 12, step).encode);
		assert_true(look_at("From \r\n", 7, step).encode);
		assert_false(look_at("From: me\r\n", 10, step).encode);
		assert_false(look_at(" From me\r\n", 10, step).encode);
		assert_false(look_at("From\r\n me\r\n", 11, step).encode);
		assert_false(look_at("FFrom me\r\n", 10, step).encode);
	}
	assert_true(look_at("a\0b\r\n", 5, 5).encode);
}

static void
encodes_cards_and_message_with_cr_lf(void **state)
{
	static const char in[] = "From here\r\n/*\r\n// EOJ\r\n";
	stralloc mail = {0};

	(void)state;
	make(&mail, in, strlen(in), 1000);
	assert_non_null(strstr(mail.s, "Encoding: base64\n"));
	assert_string_equal(decode(body_of(&mail)),
	    "//D0004711 JOB Echo=No,Reply-to=None\r\n// DIST2 MAIL\r\n"
	    "From here\r\n/*\r\n// EOJ\r\n");
	sa_free(&mail);
}

static void
gives_the_same_mail_for_pieces_of_any_size(void **state)
{
	static const char *const in[] = {message,
	    "From here\r\nto there, a line of some length\r\n\r\n.\r\nend\r\n",
	    "\r\n\r\n", ""};
	stralloc one = {0}, other = {0};

	(void)state;
	for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
		make(&one, in[i], strlen(in[i]), 1000);
		for (size_t step = 1; step < 60; step++) {
			make(&other, in[i], strlen(in[i]), step);
			assert_string_equal(other.s, one.s);
		}
	}
	sa_free(&one);
	sa_free(&other);
}

static void
refuses_names_that_are_none(void **state)
{
	struct container_look l = {.bytes = 0};
	struct container_code code;
	struct container c = facts();
	stralloc mail = {0};

	(void)state;
	c.node = bytes_z("n.example\nBcc: x");
	assert_int_equal(container_begin(&mail, &code, &c, &l), -1);
	assert_int_equal(errno, EINVAL);
	c = facts();
	c.id = bytes_z("a b");
	assert_int_equal(container_begin(&mail, &code, &c, &l), -1);
	assert_int_equal(errno, EINVAL);
	c = facts();
	c.server = bytes_z("a@b, c@d");
	assert_int_equal(container_begin(&mail, &code, &c, &l), -1);
	assert_int_equal(errno, EINVAL);
	sa_free(&mail);
}

/* What comes back out of the mail that was made of a message. */
static void
comes_back(const char *in, size_t len)
{
	struct distcmd d = {.dist2 = 1,
	    .type = DISTCMD_MAIL,
	    .dkim = -1,
	    .prime = -1,
	    .prior = -1,
	    .from = bytes_z("owner-test-l@n.example"),
	    .pool = 'A',
	    .forw = 1,
	    .crc_said = 1,
	    .id = bytes_z("N.EXAMPLE/4711"),
	    .hops = 2,
	    .visited = bytes_z("N.EXAMPLE CEARN")};
	struct container_look l = look_at(in, len, 1000), back;
	struct container c = facts();
	struct container_code code;
	struct carrier carrier = {.decoded = 0};
	struct cjli text;
	struct cjli_job job;
	const struct cjli_dataset *data;
	stralloc cards = {0}, mail = {0};
	struct where w;

	d.crc = crc32_end(&l.crc);
	assert_int_equal(
	    distcmd_format(&cards, &d, bytes_z("D0004711"),
		bytes_z("joe@a.example BSMTP\nann@b.example BSMTP\n")),
	    0);
	c.cards = (struct bytes){cards.s, cards.len};
	assert_int_equal(container_begin(&mail, &code, &c, &l), 0);
	assert_int_equal(container_put(&mail, &code, in, len), 0);
	assert_int_equal(container_end(&mail, &code), 0);
	assert_int_equal(
	    carrier_read(&carrier, (struct bytes){mail.s, mail.len}, &w), 0);
	assert_true(
	    bytes_eq((struct bytes){carrier.origin.s, carrier.origin.len},
		"LISTSERV@n.example"));
	cjli_begin(&text, carrier.text);
	assert_int_equal(cjli_next(&text, &job), 1);
	assert_int_equal(job.reply, CJLI_REPLY_NONE);
	assert_int_equal(job.ncommands, 1);
	assert_int_equal(job.nerrors, 0);
	assert_int_equal(distcmd_parse(&d, job.command[0].text, &w), 0);
	assert_int_equal(d.crc, crc32_end(&l.crc));
	assert_true(bytes_eq(d.id, "N.EXAMPLE/4711"));
	data = cjli_find(&job, d.dd);
	assert_non_null(data);
	back = look_at(data->data.s, data->data.len, 1000);
	assert_int_equal(back.bytes, l.bytes);
	assert_int_equal(crc32_end(&back.crc), d.crc);
	data = cjli_find(&job, d.to_dd);
	assert_non_null(data);
	cjli_job_free(&job);
	carrier_free(&carrier);
	sa_free(&cards);
	sa_free(&mail);
}

static void
is_read_by_those_who_get_it(void **state)
{
	static const char *const in[] = {message,
	    "a: b\r\n\r\n/*\r\n// EOJ\r\n//X JOB\r\nDISTRIBUTE MAIL\r\n/*\r\n",
	    "a: b\r\n\r\nFrom x\r\n/*\r\n// EOJ\r\n//DATA DD *\r\n",
	    "a: b\r\n\r\ngr\xc3\xbc\xdf \xff\xfe\r\n--\r\n-- \r\n--x--\r\n",
	    "a: b\r\n\r\nFrom gr\xc3\xbc\xdf \xff\xfe\t \r\n\r\n\r\n", "\r\n"};

	(void)state;
	carrier_start();
	for (size_t i = 0; i < sizeof in / sizeof in[0]; i++)
		comes_back(in[i], strlen(in[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sends_a_message_of_short_lines_as_it_is),
	    cmocka_unit_test(sums_the_message_with_lf_for_line_ends),
	    cmocka_unit_test(says_8bit_when_message_or_cards_have_such_bytes),
	    cmocka_unit_test(encodes_a_message_with_a_long_line),
	    cmocka_unit_test(encodes_what_a_mailer_may_quote),
	    cmocka_unit_test(encodes_cards_and_message_with_cr_lf),
	    cmocka_unit_test(gives_the_same_mail_for_pieces_of_any_size),
	    cmocka_unit_test(refuses_names_that_are_none),
	    cmocka_unit_test(is_read_by_those_who_get_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
