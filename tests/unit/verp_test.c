#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/bytes.h"
#include "lib/verp.h"

static void
names_the_recipient_and_reads_it_back(void **state)
{
	static const struct {
		const char *list, *rcpt, *local, *name;
	} table[] = {
	    {"owner-x@h.org", "joe@example.com", "owner-x+joe=example.com",
		"x"},
	    {"owner-TEST-L@h", "Joe+tag@example.com",
		"owner-TEST-L+Joe+tag=example.com", "TEST-L"},
	    {"owner-x@h", "a=b=c@example.com", "owner-x+a=b=c=example.com",
		"x"},
	    {"owner-x@h", "j@[192.0.2.1]", "owner-x+j=[192.0.2.1]", "x"},
	    {"owner-x@h", "\"joe doe\"@example.com",
		"\"owner-x+joe doe=example.com\"", "x"},
	    {"owner-x@h", "\"a@b\"@example.com", "\"owner-x+a@b=example.com\"",
		"x"},
	    {"owner-x@h", "\"a\\\"b\\\\c\"@example.com",
		"\"owner-x+a\\\"b\\\\c=example.com\"", "x"},
	    {"owner-x@h", "j\xc3\xb6rg@example.com",
		"owner-x+j\xc3\xb6rg=example.com", "x"},
	};
	stralloc out = {0}, list = {0}, rcpt = {0};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		const char *sender = table[i].list, *whom = table[i].rcpt;
		size_t n = strlen(table[i].local);

		out.len = 0;
		assert_int_equal(verp_sender(&out, sender, strlen(sender), whom,
				     strlen(whom)),
		    0);
		assert_memory_equal(out.s, table[i].local, n);
		assert_true(bytes_eq((struct bytes){out.s + n, out.len - n},
		    sender + byte_chr(sender, strlen(sender), '@')));
		assert_int_equal(verp_parse(&list, &rcpt, out.s, n), 1);
		assert_true(
		    bytes_eq((struct bytes){list.s, list.len}, table[i].name));
		assert_true(bytes_eq((struct bytes){rcpt.s, rcpt.len}, whom));
	}
	sa_free(&out);
	sa_free(&list);
	sa_free(&rcpt);
}

static void
appends_and_leaves_the_text_alone_when_it_cannot(void **state)
{
	static const struct {
		const char *list, *rcpt;
	} table[] = {
	    {"owner-x", "joe@example.com"},
	    {"owner-x@h", "joe"},
	    {"owner-x@h", ""},
	    {"", "joe@example.com"},
	    {"@h", "joe@example.com"},
	    {"owner-x@", "joe@example.com"},
	    {"owner-x@h", "@example.com"},
	    {"owner-x@h", "joe@"},
	    {"owner-x@h", "jo\ne@example.com"},
	    {"owner-x@h\r\n", "joe@example.com"},
	    {"owner-c++@h", "joe@example.com"},
	    {"\"owner-x\"@h", "joe@example.com"},
	    {"owner-x@h", "\"\"@example.com"},
	};
	stralloc out = {0};

	(void)state;
	assert_int_equal(sa_puts(&out, "old"), 0);
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		errno = 0;
		assert_int_equal(
		    verp_sender(&out, table[i].list, strlen(table[i].list),
			table[i].rcpt, strlen(table[i].rcpt)),
		    -1);
		assert_int_equal(errno, EINVAL);
		assert_int_equal(out.len, 3);
	}
	assert_int_equal(verp_sender(&out, "o@h", 3, "a@b", 3), 0);
	assert_true(bytes_eq((struct bytes){out.s, out.len}, "oldo+a=b@h"));
	sa_free(&out);
}

static void
refuses_what_no_mail_server_would_take(void **state)
{
	char rcpt[VERP_MAX + 1];
	stralloc out = {0};

	(void)state;
	memset(rcpt, 'a', sizeof rcpt);
	rcpt[1] = '@';
	assert_int_equal(
	    verp_sender(&out, "owner-x@h", 9, rcpt, VERP_MAX - 10), 0);
	assert_int_equal(out.len, VERP_MAX);
	assert_int_equal(
	    verp_sender(&out, "owner-x@h", 9, rcpt, VERP_MAX - 9), -1);
	assert_int_equal(errno, ENAMETOOLONG);
	sa_free(&out);
}

static void
reads_what_other_servers_make_of_it(void **state)
{
	stralloc list = {0}, rcpt = {0};

	(void)state;
	assert_int_equal(
	    verp_parse(&list, &rcpt, "OWNER-X+joe=EXAMPLE.COM", 23), 1);
	assert_true(bytes_eq((struct bytes){list.s, list.len}, "X"));
	assert_true(
	    bytes_eq((struct bytes){rcpt.s, rcpt.len}, "joe@example.com"));
	/* the quotes of the whole local part were taken off on the way */
	assert_int_equal(
	    verp_parse(&list, &rcpt, "owner-x+joe doe=b.de", 20), 1);
	assert_true(
	    bytes_eq((struct bytes){rcpt.s, rcpt.len}, "\"joe doe\"@b.de"));
	sa_free(&list);
	sa_free(&rcpt);
}

static void
takes_nothing_else_for_a_recipient(void **state)
{
	static const char *const table[] = {"", "owner-x", "owner-", "owner-x+",
	    "owner-x+=", "owner-x+joe", "owner-x+joe=", "owner-x+=example.com",
	    "owner-+joe=example.com", "owner-x=a+b", "x+joe=example.com",
	    "xowner-x+joe=example.com", "\"\"", "\"", "\"owner-x\"",
	    "owner-x+joe=exa mple.com", "owner-x+j\x01=b.de",
	    "owner-a@b+joe=b.de", "owner-a b+joe=b.de", "owner-x+\"\"=b.de",
	    "owner-x+joe=b..de", "owner-x+j\xff=b.de", "\"owner-x+a\\\"=b\\"};
	stralloc list = {0}, rcpt = {0};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		assert_int_equal(
		    verp_parse(&list, &rcpt, table[i], strlen(table[i])), 0);
	assert_int_equal(verp_parse(&list, &rcpt, "owner-x+j\0e=b.de", 16), 0);
	sa_free(&list);
	sa_free(&rcpt);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_the_recipient_and_reads_it_back),
	    cmocka_unit_test(appends_and_leaves_the_text_alone_when_it_cannot),
	    cmocka_unit_test(refuses_what_no_mail_server_would_take),
	    cmocka_unit_test(reads_what_other_servers_make_of_it),
	    cmocka_unit_test(takes_nothing_else_for_a_recipient),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
