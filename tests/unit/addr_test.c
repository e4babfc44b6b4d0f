#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "lib/addr.h"

/* The normal form of an address, or the reason why it has none. */
static const char *
normal(const char *s, int flags)
{
	static char text[ADDR_MAX + 1];
	stralloc out = {0};
	struct where w = {0, NULL};

	if (addr_spec(&out, s, strlen(s), flags, &w) < 0) {
		assert_int_equal(out.len, 0);
		assert_non_null(w.why);
		sa_free(&out);
		return w.why;
	}
	assert_int_equal(sa_0(&out), 0);
	memcpy(text, out.s, out.len + 1);
	sa_free(&out);
	return text;
}

static size_t
bad_at(const char *s)
{
	stralloc out = {0};
	struct where w = {0, NULL};

	assert_int_equal(addr_spec(&out, s, strlen(s), 0, &w), -1);
	sa_free(&out);
	return w.at;
}

static void
takes_plain_addresses_and_lowers_only_the_domain(void **state)
{
	(void)state;
	assert_string_equal(normal("Joe@Example.COM", 0), "Joe@example.com");
	assert_string_equal(normal("a.b.c@d", 0), "a.b.c@d");
	assert_string_equal(normal("!#$%&'*+-/=?^_`{|}~@x-y.z", 0),
	    "!#$%&'*+-/=?^_`{|}~@x-y.z");
}

static void
quotes_a_local_part_only_when_it_needs_it(void **state)
{
	(void)state;
	assert_string_equal(normal("\"joe\"@x.y", 0), "joe@x.y");
	assert_string_equal(normal("\"j\\oe\"@x.y", 0), "joe@x.y");
	assert_string_equal(normal("\"joe doe\"@x.y", 0), "\"joe doe\"@x.y");
	assert_string_equal(normal("\"a@b\"@x.y", 0), "\"a@b\"@x.y");
	assert_string_equal(
	    normal("\"a\\\"b\\\\\"@x.y", 0), "\"a\\\"b\\\\\"@x.y");
	assert_string_equal(normal("\"\"@x.y", 0), "\"\"@x.y");
	assert_string_equal(normal("\".a\"@x.y", 0), "\".a\"@x.y");
}

static void
takes_address_literals_of_both_families(void **state)
{
	(void)state;
	assert_string_equal(normal("a@[192.0.2.1]", 0), "a@[192.0.2.1]");
	assert_string_equal(
	    normal("a@[IPv6:2001:DB8::1]", 0), "a@[ipv6:2001:db8::1]");
	assert_string_equal(
	    normal("a@[192.0.2]", 0), "no such address literal");
	assert_string_equal(
	    normal("a@[x400:c=de]", 0), "no such address literal");
	assert_string_equal(
	    normal("a@[192.0.2.1", 0), "address literal without its ]");
	assert_string_equal(
	    normal("a@[IPv6:::1%eth0]", 0), "no such address literal");
}

static void
refuses_what_is_no_address(void **state)
{
	static const char *const bad[] = {"", "@", "a", "a@", "@b", "a b@c",
	    ".a@b", "a.@b", "a..b@c", "a@b..c", "a@.b", "a@b.", "a@-b", "a@b-",
	    "a@b_c", "a@b c", "a@b@c", "\"a@b", "\"a\"b@c", "a\"b\"@c", "a@b\n",
	    "a\x7f@b", "a,b@c", "<a@b>", "a(c)@b", "\"a\nb\"@c"};
	stralloc out = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(
		    addr_spec(&out, bad[i], strlen(bad[i]), 0, NULL), -1);
	assert_int_equal(addr_spec(&out, "a\0b@c", 5, 0, NULL), -1);
	assert_int_equal(out.len, 0);
	sa_free(&out);
}

static void
says_where_the_offending_byte_is(void **state)
{
	(void)state;
	assert_int_equal(bad_at("a b@c"), 1);
	assert_int_equal(bad_at("ab@c_d"), 4);
	assert_int_equal(bad_at("ab@c..d"), 5);
}

static void
keeps_the_limits_of_rfc_5321(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text + 64, "@b.c", 5);
	assert_string_equal(normal(text, 0), text);
	memset(text, 'a', sizeof text);
	memcpy(text + 65, "@b.c", 5);
	assert_string_equal(normal(text, 0), "local part over 64 bytes");
	memcpy(text, "a@", 2);
	memset(text + 2, 'b', 63);
	memcpy(text + 65, ".c", 3);
	assert_string_equal(normal(text, 0), text);
	memset(text + 2, 'b', 64);
	memcpy(text + 66, ".c", 3);
	assert_string_equal(normal(text, 0), "part of a domain over 63 bytes");
	memset(text, 'a', 255);
	text[1] = '@';
	text[255] = 0;
	assert_string_equal(normal(text, 0), "address over 254 bytes");
}

static void
takes_utf8_only_when_told_so(void **state)
{
	(void)state;
	assert_string_equal(
	    normal("j\xc3\xb6rg@x.y", 0), "byte not allowed in a local part");
	assert_string_equal(normal("j\xc3\xb6rg@b\xc3\xbc"
				   "cher.example",
				ADDR_UTF8),
	    "j\xc3\xb6rg@b\xc3\xbc"
	    "cher.example");
	assert_string_equal(
	    normal("j\xc3@x.y", ADDR_UTF8), "byte not allowed in a local part");
	assert_string_equal(normal("j\xed\xa0\x80@x.y", ADDR_UTF8),
	    "byte not allowed in a local part");
	assert_string_equal(
	    normal("\"j \xc3\xb6\"@x.y", ADDR_UTF8), "\"j \xc3\xb6\"@x.y");
}

static void
assert_key(const char *addr, const char *key, size_t len)
{
	stralloc k = {0}, back = {0};

	assert_int_equal(addr_key(&k, addr, strlen(addr)), 0);
	assert_int_equal(k.len, len);
	assert_memory_equal(k.s, key, len);
	assert_int_equal(addr_unkey(&back, k.s, k.len), 0);
	assert_true(addr_same(back.s, back.len, addr, strlen(addr)));
	sa_free(&k);
	sa_free(&back);
}

static void
makes_keys_by_reversed_domain_and_reads_them_back(void **state)
{
	(void)state;
	assert_key("joe@dept.example.edu", "edu.example.dept\0joe", 20);
	assert_key("Joe@x", "x\0joe", 5);
	assert_key("a@[192.0.2.1]", "[192.0.2.1]\0a", 13);
	assert_key("\"a@b c\"@x.y", "y.x\0\"a@b c\"", 11);
}

static void
sorts_a_domain_before_what_is_below_it(void **state)
{
	stralloc a = {0}, b = {0};

	(void)state;
	assert_int_equal(addr_key(&a, "zoe@example.org", 15), 0);
	assert_int_equal(addr_key(&b, "ann@a.example.org", 17), 0);
	assert_true(memcmp(a.s, b.s, a.len) < 0);
	sa_free(&a);
	sa_free(&b);
}

static void
refuses_a_key_of_no_address_and_an_address_of_no_key(void **state)
{
	stralloc out = {0};

	(void)state;
	errno = 0;
	assert_int_equal(addr_key(&out, "joe", 3), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(addr_unkey(&out, "joe", 3), -1);
	assert_int_equal(out.len, 0);
	sa_free(&out);
}

static void
finds_the_at_behind_a_quoted_local_part(void **state)
{
	(void)state;
	assert_int_equal(addr_at("a@b", 3), 1);
	assert_int_equal(addr_at("\"a@b\"@c", 7), 5);
	assert_int_equal(addr_at("\"a\\\"@b\"@c", 9), 7);
	assert_int_equal(addr_at("\"a@b", 4), 4);
	assert_int_equal(addr_at("", 0), 0);
	assert_int_equal(addr_at("\"\\", 2), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(takes_plain_addresses_and_lowers_only_the_domain),
	    cmocka_unit_test(quotes_a_local_part_only_when_it_needs_it),
	    cmocka_unit_test(takes_address_literals_of_both_families),
	    cmocka_unit_test(refuses_what_is_no_address),
	    cmocka_unit_test(says_where_the_offending_byte_is),
	    cmocka_unit_test(keeps_the_limits_of_rfc_5321),
	    cmocka_unit_test(takes_utf8_only_when_told_so),
	    cmocka_unit_test(makes_keys_by_reversed_domain_and_reads_them_back),
	    cmocka_unit_test(sorts_a_domain_before_what_is_below_it),
	    cmocka_unit_test(
		refuses_a_key_of_no_address_and_an_address_of_no_key),
	    cmocka_unit_test(finds_the_at_behind_a_quoted_local_part),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
