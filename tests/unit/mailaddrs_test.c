/* LDFLAGS: -Wl,--wrap=malloc,--wrap=realloc,--wrap=reallocarray */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/mailaddrs.h"
#include "tests/unit/cputime.h"
#include "tests/unit/nomemory.h"

static struct mailaddrs m;
static stralloc got;

/* All addresses of a side, joined by '|'; with_field: each "address/Field". */
static void
gather(enum mailaddrs_side side, const char *s, size_t len, int with_field)
{
	struct bytes address, field;
	struct header h;
	int r;

	assert_int_equal(header_parse(&h, s, len, NULL), 0);
	got.len = 0;
	mailaddrs_begin(&m, &h, side);
	while ((r = mailaddrs_next(&m, &address, &field)) == 1) {
		if (got.len)
			assert_int_equal(sa_puts(&got, "|"), 0);
		assert_int_equal(sa_put(&got, address.s, address.len), 0);
		if (!with_field)
			continue;
		assert_int_equal(sa_puts(&got, "/"), 0);
		assert_int_equal(sa_put(&got, field.s, field.len), 0);
	}
	assert_int_equal(r, 0);
	assert_int_equal(sa_0(&got), 0);
}

/* The author addresses of a From field of this value. */
static void
from(const char *value, const char *want)
{
	stralloc s = {0};

	assert_int_equal(sa_puts(&s, "From: "), 0);
	assert_int_equal(sa_puts(&s, value), 0);
	assert_int_equal(sa_puts(&s, "\n\n"), 0);
	gather(MAILADDRS_FROM, s.s, s.len, 0);
	assert_string_equal(got.s, want);
	sa_free(&s);
}

static void
looks_at_the_fields_of_a_side_and_at_no_others(void **state)
{
	static const char mail[] =
	    "Return-Path: <path@x.example>\nFROM: f@x.example\n"
	    "Sender: s@x.example\nReply-To: r@x.example\n"
	    "To: t@x.example\nCC: c@x.example\nBcc: b@x.example\n"
	    "Resent-From: rf@x.example\nResent-Sender : rs@x.example\n"
	    "Resent-To: rt@x.example\nResent-Cc: rc@x.example\n"
	    "resent-bcc: rb@x.example\nFrom-: no@x.example\n"
	    "Delivered-To: d@x.example\nX-From: xf@x.example\n\n"
	    "From: body@x.example\n";

	(void)state;
	gather(MAILADDRS_FROM, mail, sizeof mail - 1, 1);
	assert_string_equal(got.s,
	    "f@x.example/FROM|s@x.example/Sender|rf@x.example/Resent-From|"
	    "rs@x.example/Resent-Sender");
	assert_int_equal(m.looked, 4);
	gather(MAILADDRS_TO, mail, sizeof mail - 1, 1);
	assert_string_equal(got.s,
	    "t@x.example/To|c@x.example/CC|b@x.example/Bcc|"
	    "rt@x.example/Resent-To|rc@x.example/Resent-Cc|"
	    "rb@x.example/resent-bcc");
	assert_int_equal(m.looked, 6);
	assert_int_equal(m.more, 0);
}

static void
looks_at_every_field_of_a_name_and_every_address_in_it(void **state)
{
	static const char mail[] = "From: a@x, B <b@x>,\n c@x\nTo: z@x\n"
				   "From:\nFrom: ,,\nFrom: d@x\n";

	(void)state;
	gather(MAILADDRS_FROM, mail, sizeof mail - 1, 0);
	assert_string_equal(got.s, "a@x|b@x|c@x|d@x");
}

static void
gives_addresses_in_lower_case(void **state)
{
	(void)state;
	from("James@EXAMPLE.Com", "james@example.com");
	from("\"Ja Mes\"@EXAMPLE.COM", "\"ja mes\"@example.com");
	from("x@[IPv6:2001:DB8::1]", "x@[ipv6:2001:db8::1]");
}

static void
gives_domains_as_a_labels(void **state)
{
	(void)state;
	from("joe@b\xc3\xbc"
	     "cher.example",
	    "joe@xn--bcher-kva.example");
	from("joe@B\xc3\x9c"
	     "CHER.example",
	    "joe@xn--bcher-kva.example");
	from("j\xc3\xbcrg@example.com", "j\xc3\xbcrg@example.com");
	from("j\xc3\xbcrg@b\xc3\xbc"
	     "cher.example",
	    "j\xc3\xbcrg@xn--bcher-kva.example");
	/* no domain name by IDNA: its bytes as they are */
	from("joe@A\xef\xbf\xbd.Example", "joe@a\xef\xbf\xbd.example");
	from("x joe@A\xef\xbf\xbd.Example", "joe@a\xef\xbf\xbd.example");
	from("joe@B\xfc"
	     "cher.Example",
	    "joe@b\xfc"
	    "cher.example");
}

static void
enters_groups(void **state)
{
	(void)state;
	from("Friends: a@x, B <b@x>;, c@x", "a@x|b@x|c@x");
	from("undisclosed-recipients:;", "");
	from("Open: a@x, b@x", "a@x|b@x");
}

static void
passes_over_names_and_comments_that_are_in_order(void **state)
{
	(void)state;
	from("\"evil@y\" <a@x>", "a@x");
	from("evil@y <a@x>", "a@x");
	from("a@x (evil@y)", "a@x");
	from("(evil@y (or evil@z)) a@x", "a@x");
	from("\"Doe, Joe <evil@y>\" <a@x>", "a@x");
	from("a (or) @ (at) x . (dot) example", "a@x.example");
	from("<@relay,@other:a@x>", "a@x");
}

static void
is_not_confused_by_encoded_words(void **state)
{
	(void)state;
	from("=?utf-8?Q?J=C3=BCrg=2C_evil=40y?= <a@x>", "a@x");
	from("=?utf-8?Q?a,b?= <a@x>", "a@x");
	from("=?utf-8?B?!!!?= a@x", "a@x");
	from("=?utf-8?Q?evil=40y?=", "");
	from("=?utf-8?Q?open <a@x>", "a@x");
	from("\"=?utf-8?Q?x\" <a@x>, =?x?= b@x", "a@x|b@x");
}

static void
reads_folded_fields(void **state)
{
	(void)state;
	from("Joe\r\n <a@x>,\r\n\t<b\r\n @x>\r", "a@x|b@x");
	from("\"spam\n er\" <a@x>", "a@x");
}

static void
finds_what_stands_out_of_order(void **state)
{
	(void)state;
	from("a@x evil@y", "a@x|evil@y");
	from("<a@x> evil@y", "a@x|evil@y");
	from("<a@x> <evil@y>", "a@x|evil@y");
	from("<<evil@y>>", "evil@y");
	from("[evil@y]", "evil@y");
	from("<mailto:evil@y>", "evil@y");
	from("evil@y <>", "evil@y");
	from("evil@y.", "evil@y");
	from("Big Sale evil@y, ok@x", "evil@y|ok@x");
	from("evil@y>, <ok@x>", "evil@y|ok@x");
	from("evil (at) here @ y", "here@y");
	from("evil at here evil@(host)y.example", "evil@y.example");
	from("a b evil@y . example. Bye", "evil@y|evil@y.example.bye");
	from("a b evil@[192.0.2.1]", "evil@[192.0.2.1]");
	from("a b evil@[192.0.2.1", "");
	from("g: h: evil@y; ok@x", "evil@y|ok@x");
	from("evil@y: ok@x;", "evil@y|ok@x");
	from("evil@y:;", "evil@y");
	from("a b ok@x ; evil@y", "ok@x|evil@y");
}

static void
finds_nothing_where_there_can_be_no_address(void **state)
{
	(void)state;
	from("", "");
	from("MAILER-DAEMON", "");
	from("<>", "");
	from("@", "");
	from("@@@@ @ <@> \"@", "");
	from("@y", "");
	from("evil@", "");
	from("a b evil@.", "");
	from("a b evil@..", "");
	from("a, @y", "");
}

static void
joins_the_blanks_of_an_angle(void **state)
{
	(void)state;
	from("<spam er@evil.example>", "er@evil.example|spamer@evil.example");
	from("<spam(x)er@evil.example>", "er@evil.example|spamer@evil.example");
	from("<er(x)@e vil.example>", "er@e|er@evil.example");
	from("<spam (er@evil.example>", "er@evil.example|spamer@evil.example");
	from("< a b @ y, c d@y>", "b@y|ab@y|d@y");
	from("x <evil(\\))@y> z", "evil@y");
	from("x <evil(\\\\)@y> z", "evil@y");
	from("x <ev(\\))il@y> z", "il@y|evil@y");
	from("x evil\\)@y", "");
}

static void
reads_quotes_out_of_order_with_and_without_them(void **state)
{
	(void)state;
	from("x \"spam er\"@y", "er@y|\"spam er\"@y|spam er@y");
	from("x \"spam\"@y", "spam@y|\"spam\"@y");
	from("x \"sp\\\"am\"@y", "spam@y|\"sp\\\"am\"@y|sp\"am@y");
	from("x \"a@b\"@y", "a@b|b@y|\"a@b\"@y|a@b@y");
	from("'joe@example.com'", "'joe@example.com|joe@example.com");
	from("`joe@example.com'", "`joe@example.com|joe@example.com");
	from("x o'brien@y", "o'brien@y|obrien@y");
	from("<\"spam\" \"er\"@y>", "er@y|\"er\"@y|spamer@y");
}

static void
finds_what_is_behind_quotes_and_comments_without_end(void **state)
{
	(void)state;
	from("\"open <evil@y>", "evil@y");
	from("ok@x, \"open, evil@y, evil@z", "ok@x|evil@y|evil@z");
	from("(open evil@y, (deep) evil@z", "evil@y|evil@z");
	from("evil@y (open", "evil@y");
	from("evil@(open y", "evil@open");
	from("evil\\@y", "evil@y");
	from("<evil@y", "evil@y");
	from("evil@y)", "evil@y");
	from("\"evil@y", "evil@y");
	from("\"evil\"@y \"", "evil@y|\"evil\"@y");
}

static void
looks_through_control_bytes(void **state)
{
	static const char nul[] = "From: <ja\0mes@ex\0ample.com>\n";
	static const char quoted[] = "From: \"a\0b\"@y\n";

	(void)state;
	gather(MAILADDRS_FROM, nul, sizeof nul - 1, 0);
	assert_string_equal(got.s, "mes@ex|james@example.com");
	from("<ja\001mes@example.com>", "mes@example.com|james@example.com");
	from("evil@\001 y", "evil@y");
	from("evil@\001 (host) y", "evil@y");
	from("ja\177mes@example.com", "mes@example.com|james@example.com");
	from("\033[0mjames@example.com", "0mjames@example.com");
	gather(MAILADDRS_FROM, quoted, sizeof quoted - 1, 0);
	assert_int_equal(got.len, 18);
	assert_memory_equal(got.s, "ab@y|\"a\0b\"@y|a\0b@y", 18);
}

static void
takes_dots_off_both_ends_of_a_domain(void **state)
{
	(void)state;
	from("evil@example.com.", "evil@example.com");
	from("evil@.example.com", "evil@example.com");
	from("evil@example.com..", "evil@example.com");
}

static void
cuts_addresses_that_are_too_long(void **state)
{
	static char s[4000];
	struct bytes address, field;
	struct header h;

	(void)state;
	memcpy(s, "From: abc", 9);
	memset(s + 9, 'x', sizeof s - 9);
	s[2000] = '@';
	memcpy(s + sizeof s - 16, ".evil.example\n\n", 16);
	assert_int_equal(header_parse(&h, s, sizeof s - 1, NULL), 0);
	mailaddrs_begin(&m, &h, MAILADDRS_FROM);
	assert_int_equal(mailaddrs_next(&m, &address, &field), 1);
	assert_int_equal(
	    address.len, MAILADDRS_LOCAL_MAX + 1 + MAILADDRS_DOMAIN_MAX);
	assert_memory_equal(address.s, "abcxxx", 6);
	assert_int_equal(address.s[MAILADDRS_LOCAL_MAX], '@');
	assert_memory_equal(address.s + address.len - 14, "x.evil.example", 14);
	assert_int_equal(mailaddrs_next(&m, &address, &field), 0);
}

static void
counts_what_is_beyond_the_limit(void **state)
{
	stralloc s = {0};
	unsigned i;

	(void)state;
	for (i = 0; i < 10; i++)
		assert_int_equal(sa_puts(&s, i ? "\nTo: " : "To: "), 0);
	for (i = 0; i < MAILADDRS_MAX + 123; i++)
		assert_int_equal(
		    sa_puts(&s, i % 3 ? "a@x, " : "<b c@x>,\n "), 0);
	assert_int_equal(sa_puts(&s, "z@x\n"), 0);
	gather(MAILADDRS_TO, s.s, s.len, 0);
	assert_int_equal(m.looked, MAILADDRS_MAX);
	assert_int_equal(m.looked + m.more,
	    MAILADDRS_MAX + 123 + (MAILADDRS_MAX + 123 + 2) / 3 + 1);
	gather(MAILADDRS_TO, "To: a@x\n", 8, 0);
	assert_int_equal(m.looked, 1);
	assert_int_equal(m.more, 0);
	sa_free(&s);
}

/* The header of the largest size that repeats a text; how long it takes. */
static void
soon(const char *again)
{
	static char s[HEADER_MAX];
	size_t at = 6, line = 6, n = strlen(again);
	double began;

	memcpy(s, "From: ", 6);
	while (at + n + 3 < sizeof s) {
		memcpy(s + at, again, n);
		at += n;
		line += n;
		if (line > HEADER_LINE_MAX - 100) {
			memcpy(s + at, "\n ", 2);
			at += 2;
			line = 1;
		}
	}
	s[at++] = '\n';
	began = cpu_s();
	gather(MAILADDRS_FROM, s, at, 0);
	if (cpu_s() - began > 2.0)
		fail_msg("%s: %f s", again, cpu_s() - began);
}

static void
takes_linear_time_for_whatever_comes(void **state)
{
	static const char *const bad[] = {"@", "a@", "@a", "(", "@(", "(@",
	    ")@", "\"", "\"@", "\\\"@", "@\"", "<", "<@", "<a@", "<(@", "<a(@",
	    " @", "a b@", ":", ";", ",", "a@b,", "a b@c,", "<a b@c d>,",
	    "\xc3\xbc@", "a@\xc3\xbc,", "[", "[@", "@[", "@(a", "(a@",
	    "((((((((a)@", "'@", "\001@", ".@.", "@ .", "a . @ . ", "\\", "\\@",
	    ">", "x: ", "a@b "};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		soon(bad[i]);
}

static int
walk_once(void)
{
	static const char mail[] = "From: <spam \"er\"@b\xc3\xbc"
				   "cher.example>, x@\xc3\xbc.example\n";
	struct bytes address, field;
	struct header h;
	int r;

	if (header_parse(&h, mail, sizeof mail - 1, NULL) < 0)
		return 0;
	mailaddrs_begin(&m, &h, MAILADDRS_FROM);
	while ((r = mailaddrs_next(&m, &address, &field)) == 1)
		;
	mailaddrs_free(&m);
	return r;
}

static void
says_that_memory_ran_out(void **state)
{
	(void)state;
	nomemory_each(walk_once, 5);
}

static void
may_be_freed_twice(void **state)
{
	(void)state;
	mailaddrs_free(&m);
	mailaddrs_free(&m);
	from("a@x", "a@x");
	mailaddrs_free(&m);
	sa_free(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(looks_at_the_fields_of_a_side_and_at_no_others),
	    cmocka_unit_test(
		looks_at_every_field_of_a_name_and_every_address_in_it),
	    cmocka_unit_test(gives_addresses_in_lower_case),
	    cmocka_unit_test(gives_domains_as_a_labels),
	    cmocka_unit_test(enters_groups),
	    cmocka_unit_test(passes_over_names_and_comments_that_are_in_order),
	    cmocka_unit_test(is_not_confused_by_encoded_words),
	    cmocka_unit_test(reads_folded_fields),
	    cmocka_unit_test(finds_what_stands_out_of_order),
	    cmocka_unit_test(finds_nothing_where_there_can_be_no_address),
	    cmocka_unit_test(joins_the_blanks_of_an_angle),
	    cmocka_unit_test(reads_quotes_out_of_order_with_and_without_them),
	    cmocka_unit_test(
		finds_what_is_behind_quotes_and_comments_without_end),
	    cmocka_unit_test(looks_through_control_bytes),
	    cmocka_unit_test(takes_dots_off_both_ends_of_a_domain),
	    cmocka_unit_test(cuts_addresses_that_are_too_long),
	    cmocka_unit_test(counts_what_is_beyond_the_limit),
	    cmocka_unit_test(takes_linear_time_for_whatever_comes),
	    cmocka_unit_test(says_that_memory_ran_out),
	    cmocka_unit_test(may_be_freed_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
