#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <time.h>

#include "lib/carrier.h"

static int
start(void **state)
{
	static struct carrier c;

	carrier_start();
	*state = &c;
	return 0;
}

static int
stop(void **state)
{
	carrier_free(*state);
	return 0;
}

static void
assert_bytes(struct bytes b, const char *want)
{
	assert_int_equal(b.len, strlen(want));
	if (b.len > 0)
		assert_memory_equal(b.s, want, b.len);
}

static struct bytes
of(const stralloc *sa)
{
	return (struct bytes){sa->s, sa->len};
}

/* The text of a mail from joe@example.com with these fields and this body. */
static void
assert_text(struct carrier *c, const char *rest, const char *want)
{
	static stralloc mail;
	struct where w = {0, NULL};

	mail.len = 0;
	assert_int_equal(sa_puts(&mail, "From: joe@example.com\n"), 0);
	assert_int_equal(sa_puts(&mail, rest), 0);
	if (carrier_read(c, of(&mail), &w) < 0)
		fail_msg("%s", w.why);
	assert_bytes(c->text, want);
	sa_free(&mail);
}

static void
assert_refused(struct carrier *c, const char *rest, const char *why)
{
	stralloc mail = {0};
	struct where w = {0, NULL};

	assert_int_equal(sa_puts(&mail, "From: joe@example.com\n"), 0);
	assert_int_equal(sa_puts(&mail, rest), 0);
	assert_int_equal(carrier_read(c, of(&mail), &w), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(w.why, why);
	assert_bytes(of(&c->origin), "joe@example.com");
	assert_int_equal(c->text.len, 0);
	sa_free(&mail);
}

static void
leaves_plain_text_where_it_is(void **state)
{
	static const char mail[] =
	    "From: joe@example.com\r\n"
	    "Content-Type: text/plain; charset=koi8-r\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n"
	    "// JOB\r\n\xc1\0\r\n";
	struct carrier *c = *state;
	stralloc out = {0};
	struct where w;

	assert_int_equal(
	    carrier_read(c, (struct bytes){mail, sizeof mail - 1}, &w), 0);
	assert_ptr_equal(c->text.s, strstr(mail, "// JOB"));
	assert_int_equal(c->text.len, 12);
	assert_int_equal(c->decoded, 0);
	assert_string_equal(c->charset, "koi8-r");
	assert_int_equal(
	    carrier_utf8(&out, c, (struct bytes){c->text.s + 8, 1}), 0);
	assert_bytes(of(&out), "\xd0\xb0");
	sa_free(&out);
	assert_text(c, "\nHELP\n", "HELP\n");
	assert_text(c, "", "");
	assert_text(c, "\n", "");
	assert_text(
	    c, "Content-Type: text/plain\n\n--x\nHELP\n", "--x\nHELP\n");
	assert_text(c, "Content-Type: nonsense\n\nHELP\n", "HELP\n");
}

static void
undoes_the_transfer_encoding(void **state)
{
	struct carrier *c = *state;

	assert_text(
	    c, "Content-Transfer-Encoding: base64\n\nSEVM\nUAp+\n", "HELP\n~");
	assert_int_equal(c->decoded, 1);
	assert_text(c,
	    "Content-Transfer-Encoding: (x) Quoted-Printable\n\n"
	    "SUBSCRIBE A-L J=F6rg =\nDoe=0A\n",
	    "SUBSCRIBE A-L J\xf6rg Doe\n\n");
	assert_text(c, "Content-Transfer-Encoding: base64\n\n", "");
	assert_refused(c, "Content-Transfer-Encoding: x-uuencode\n\nx\n",
	    "the text is in a transfer encoding that is not known");
}

static void
recodes_wide_characters_before_anybody_looks_for_lines(void **state)
{
	struct carrier *c = *state;

	assert_text(c,
	    "Content-Type: text/plain; charset=UTF-16LE\n"
	    "Content-Transfer-Encoding: base64\n\nTwBLAPYACgA=\n",
	    "OK\xc3\xb6\n");
	assert_string_equal(c->charset, "utf-8");
}

#define MIXED "Content-Type: multipart/mixed; boundary=\"a b\"\n\npreamble\n"
#define ALTERNATIVE "Content-Type: multipart/alternative; boundary=x\n\n"

static void
takes_the_first_text_of_a_multipart(void **state)
{
	struct carrier *c = *state;

	assert_text(c,
	    ALTERNATIVE "--x\nContent-Type: text/plain\n\nHELP\n"
			"--x\nContent-Type: text/html\n\n<b>HELP</b>\n--x--\n",
	    "HELP");
	assert_text(c,
	    MIXED "--a b\nContent-Type: image/png\n\nHELP\n"
		  "--a b  \r\n\r\nHELP\r\n\r\n--a b\n\nTHANKS\n--a b--\nend\n",
	    "HELP\r\n");
	/* parts within parts, and a delimiter that never comes */
	assert_text(c,
	    MIXED "--a b\n" ALTERNATIVE
		  "--x\n\nHELP\n--xy\n--a\n--x--\n\nepilogue\n--a b--\n",
	    "HELP\n--xy\n--a");
	assert_text(c, MIXED "--a b\n\nHELP\n", "HELP\n");
	assert_text(
	    c, MIXED "--a b\n" ALTERNATIVE "--x\n\nHELP\n--a b--\n", "HELP");
	/* an empty text is none when another one follows */
	assert_text(c, MIXED "--a b\n\n \n--a b\n\nHELP\n--a b\n", "HELP");
	assert_text(c, MIXED "--a b\n\n\n--a b--\n", "");
	assert_text(c,
	    MIXED "--a b\nContent-Type: text/plain; charset=iso-8859-2\n"
		  "Content-Transfer-Encoding: base64\n\nT0s=\n--a b--\n",
	    "OK");
	assert_string_equal(c->charset, "iso-8859-2");
}

static void
takes_an_attached_job_before_any_text(void **state)
{
	struct carrier *c = *state;

	assert_text(c,
	    MIXED "--a b\n\nSee the job.\n--a b\n"
		  "Content-Type: application/octet-stream\n"
		  "Content-Disposition: attachment; filename=\"My.JOB\"\n"
		  "Content-Transfer-Encoding: base64\n\nLy8gSk9C\n--a b--\n",
	    "// JOB");
	assert_int_equal(c->attached, 1);
	assert_text(c,
	    MIXED "--a b\nContent-Type: text/x-cjli; name=a.job\n\n// JOB\n"
		  "--a b--\n",
	    "// JOB");
	assert_text(c,
	    MIXED "--a b\nContent-Disposition: attachment;\n"
		  " filename*0*=utf-8''%61;\n filename*1=.job\n\n// JOB\n"
		  "--a b--\n",
	    "// JOB");
	/* not of every type, nor an attached text of another name */
	assert_text(c,
	    MIXED "--a b\nContent-Type: image/png; name=a.job\n\n// JOB\n"
		  "--a b\nContent-Disposition: attachment; filename=a.txt\n\n"
		  "// JOB\n--a b\n\nHELP\n--a b--\n",
	    "HELP");
	assert_int_equal(c->attached, 0);
	assert_refused(c,
	    MIXED "--a b\nContent-Disposition: inline; filename=a.job\n\nA\n"
		  "--a b\nContent-Disposition: inline; filename=b.job\n\nB\n"
		  "--a b--\n",
	    "more than one file of type JOB is attached");
}

static void
enters_messages_within_the_mail(void **state)
{
	struct carrier *c = *state;

	assert_text(c,
	    "Content-Type: message/rfc822\n\n"
	    "From: other@example.com\n\nHELP\n",
	    "HELP\n");
	assert_bytes(of(&c->origin), "joe@example.com");
	assert_text(c,
	    "Content-Type: multipart/digest; boundary=x\n\n"
	    "--x\n\nFrom: a@b\n\nHELP\n--x--\n",
	    "HELP");
	assert_text(c,
	    MIXED "--a b\n\nHELP\n--a b\nContent-Type: message/rfc822\n\n"
		  "From: a@b\n\nTHANKS\n--a b--\n",
	    "HELP");
}

static void
says_why_there_is_no_text(void **state)
{
	struct carrier *c = *state;

	assert_refused(c, "Content-Type: text/html\n\n<b>HELP</b>\n",
	    "the mail is in HTML only: send it as plain text");
	assert_refused(
	    c, "Content-Type: image/png\n\nx\n", "the mail has no text");
	assert_refused(c, "Content-Type: multipart/mixed\n\n--x\n\nHELP\n",
	    "the mail has no text");
	assert_refused(c, MIXED "--a\n\nHELP\n", "the mail has no text");
	assert_refused(c,
	    "Content-Type: multipart/encrypted; boundary=x\n\n--x\n"
	    "Content-Type: application/pgp-encrypted\n\nx\n--x--\n",
	    "the mail is encrypted");
	assert_refused(c, "Content-Type: application/pkcs7-mime\n\nx\n",
	    "the mail is encrypted");
	assert_refused(c, "Content-Type: message/rfc822\n\nthis is no header\n",
	    "the mail has no text");
}

static void
put_copies(stralloc *out, const char *s, size_t n)
{
	while (n-- > 0)
		assert_int_equal(sa_puts(out, s), 0);
}

static void
has_limits_for_parts_and_nesting(void **state)
{
	struct carrier *c = *state;
	stralloc rest = {0};

	put_copies(&rest, MIXED, 1);
	put_copies(&rest, "--a b\nContent-Type: image/png\n\n\n", 998);
	put_copies(&rest, "--a b\n\nHELP\n--a b--\n", 1);
	assert_int_equal(sa_0(&rest), 0);
	assert_text(c, rest.s, "HELP");
	rest.len -= strlen("--a b--\n");
	put_copies(&rest, "--a b\n\nx\n--a b--\n", 1);
	assert_int_equal(sa_0(&rest), 0);
	assert_refused(c, rest.s, "the mail has more than 1,000 parts");
	rest.len = 0;
	put_copies(&rest, "Content-Type: message/rfc822\n\n", 20);
	put_copies(&rest, "A: b\n\nHELP", 1);
	assert_int_equal(sa_0(&rest), 0);
	assert_text(c, rest.s, "HELP");
	rest.len = 0;
	put_copies(&rest, "Content-Type: message/rfc822\n\n", 100000);
	assert_int_equal(sa_0(&rest), 0);
	assert_refused(
	    c, rest.s, "the parts of the mail are nested deeper than 20");
	sa_free(&rest);
}

/* Shapes of 8 MB that would take a careless reader long, or much memory. */
static void
takes_time_linear_in_the_mail(void **state)
{
	static const char *const shape[][2] = {
	    {"Content-Type: multipart/mixed; boundary=x\n\n--x\n", "a:\n"},
	    {"Content-Type: multipart/mixed; boundary=x\n\n", "--x\n"},
	    {"Content-Type: multipart/mixed; boundary=x\n\n--x\n", "--"},
	    {"Content-Type: multipart/mixed; boundary=x\n\n--x\n",
		"Content-Type: multipart/mixed; boundary=x\n\n--x\n"},
	    {"Content-Type: text/plain; ", "a=b; "},
	    {"Content-Type: text/plain", ";;;;;;;;"},
	    {"Content-Transfer-Encoding: base64\n\n", "="},
	    {"Content-Transfer-Encoding: quoted-printable\n\n", "= \t"},
	    {"\n", "\n"}};

	for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++) {
		stralloc mail = {0};
		struct where w;
		clock_t begin;

		put_copies(&mail, "From: a@b.c\n", 1);
		put_copies(&mail, shape[i][0], 1);
		put_copies(&mail, shape[i][1], 8000000 / strlen(shape[i][1]));
		begin = clock();
		(void)carrier_read(*state, of(&mail), &w);
		assert_true(clock() - begin < 4 * CLOCKS_PER_SEC);
		sa_free(&mail);
	}
}

static void
assert_origin(struct carrier *c, const char *header, const char *address,
    const char *name)
{
	stralloc mail = {0};
	struct where w = {0, NULL};

	assert_int_equal(sa_puts(&mail, header), 0);
	assert_int_equal(sa_puts(&mail, "\nHELP\n"), 0);
	if (carrier_read(c, of(&mail), &w) < 0)
		fail_msg("%s", w.why);
	assert_bytes(of(&c->origin), address);
	assert_bytes(of(&c->name), name);
	sa_free(&mail);
}

static void
knows_who_the_commands_are_from(void **state)
{
	struct carrier *c = *state;

	assert_origin(c, "From: Joe Doe <Joe@Example.COM>\n", "Joe@example.com",
	    "Joe Doe");
	assert_origin(c,
	    "Sender: x@y.z\nResent-From: r@y.z\n"
	    "From: =?utf-8?q?J=C3=B6rg?= <j@example.com>\n",
	    "j@example.com", "J\xc3\xb6rg");
	assert_origin(c, "From: a@b.c (Joe\n Doe), d@e.f\nSender: d@e.f\n",
	    "a@b.c", "Joe Doe");
	assert_origin(c, "From: J\xf6rg <j@b.c>\n", "j@b.c", "J\xc3\xb6rg");
	assert_origin(c, "From: nobody\nSender: s@y.z\n", "s@y.z", "");
	assert_origin(c, "Resent-From: r@y.z\n", "r@y.z", "");
	assert_origin(c, "From: us: a@b.c;\n", "a@b.c", "");
	assert_origin(
	    c, "From: =?utf-8?q?a=1B=0Ab?= <j@b.c>\n", "j@b.c", "a??b");
}

static void
says_when_nobody_sent_it_or_it_is_no_mail(void **state)
{
	static const char *const cases[][2] = {
	    {"Subject: x\n\nHELP\n", "the mail does not say who it is from"},
	    {"From: undisclosed:;\n\nHELP\n",
		"the mail does not say who it is from"},
	    {"", "the message is empty"},
	    {"HELP\n", "the message has no header"},
	};
	struct carrier *c = *state;
	struct where w;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(carrier_read(c, bytes_z(cases[i][0]), &w), -1);
		assert_int_equal(errno, EINVAL);
		assert_string_equal(w.why, cases[i][1]);
		assert_int_equal(c->origin.len, 0);
	}
}

static void
refuses_a_mail_over_64_mib_but_knows_its_sender(void **state)
{
	static const char head[] = "From: joe@example.com\n\n";
	size_t n = CARRIER_MAX + 1;
	char *mail = calloc(n, 1);
	struct carrier *c = *state;
	struct where w;

	assert_non_null(mail);
	memcpy(mail, head, sizeof head - 1);
	assert_int_equal(carrier_read(c, (struct bytes){mail, n}, &w), -1);
	assert_string_equal(w.why, "the mail is larger than 64 MiB");
	assert_bytes(of(&c->origin), "joe@example.com");
	assert_int_equal(carrier_read(c, (struct bytes){mail, n - 1}, &w), 0);
	assert_int_equal(c->text.len, n - sizeof head);
	free(mail);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_plain_text_where_it_is),
	    cmocka_unit_test(undoes_the_transfer_encoding),
	    cmocka_unit_test(
		recodes_wide_characters_before_anybody_looks_for_lines),
	    cmocka_unit_test(takes_the_first_text_of_a_multipart),
	    cmocka_unit_test(takes_an_attached_job_before_any_text),
	    cmocka_unit_test(enters_messages_within_the_mail),
	    cmocka_unit_test(says_why_there_is_no_text),
	    cmocka_unit_test(has_limits_for_parts_and_nesting),
	    cmocka_unit_test(takes_time_linear_in_the_mail),
	    cmocka_unit_test(knows_who_the_commands_are_from),
	    cmocka_unit_test(says_when_nobody_sent_it_or_it_is_no_mail),
	    cmocka_unit_test(refuses_a_mail_over_64_mib_but_knows_its_sender),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
