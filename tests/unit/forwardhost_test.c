#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/forwardhost.h"

static void
keeps_the_lengths_that_dns_allows(void **state)
{
	char name[400];
	struct where w;

	(void)state;
	memset(name, 'a', sizeof name);
	memcpy(name + 63, ".b", 2);
	assert_int_equal(forward_name(name, 65, &w), 0);
	memset(name, 'a', sizeof name);
	memcpy(name + 64, ".b", 2);
	assert_int_equal(forward_name(name, 66, &w), -1);
	assert_int_equal(w.at, 0);
	for (size_t i = 0; i < sizeof name; i++)
		name[i] = i % 2 ? '.' : 'a';
	assert_int_equal(forward_name(name, 253, &w), 0);
	assert_int_equal(forward_name(name, 255, &w), -1);
	assert_int_equal(w.at, 253);
}

static void
tells_addresses_from_everything_else(void **state)
{
	static const struct {
		const char *text;
		int ipv4, ipv6;
	} t[] = {
	    {"192.0.2.1", 1, 0},
	    {"::1", 0, 1},
	    {"2001:db8::192.0.2.1", 0, 1},
	    {"192.0.2", 0, 0},
	    {"192.0.2.256", 0, 0},
	    {"192.0.2.1 ", 0, 0},
	    {"fe80::1%lo", 0, 0},
	    {"[::1]", 0, 0},
	    {"", 0, 0},
	    {"1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		size_t len = strlen(t[i].text);

		assert_int_equal(
		    forward_address(FORWARD_IPV4, t[i].text, len), t[i].ipv4);
		assert_int_equal(
		    forward_address(FORWARD_IPV6, t[i].text, len), t[i].ipv6);
	}
	assert_false(forward_address(FORWARD_IPV4, "1.2.3.4\0", 8));
}

static void
knows_the_literals_of_ehlo(void **state)
{
	static const struct {
		const char *text;
		int good;
	} t[] = {
	    {"[192.0.2.1]", 1},
	    {"[IPv6:2001:db8::1]", 1},
	    {"[ipv6:::1]", 1},
	    {"[::1]", 0},
	    {"[IPv6:192.0.2.1]", 0},
	    {"[192.0.2.1", 0},
	    {"192.0.2.1]", 0},
	    {"[IPv6:]", 0},
	    {"[]", 0},
	    {"]", 0},
	    {"", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++)
		assert_int_equal(
		    forward_literal(t[i].text, strlen(t[i].text)), t[i].good);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keeps_the_lengths_that_dns_allows),
	    cmocka_unit_test(tells_addresses_from_everything_else),
	    cmocka_unit_test(knows_the_literals_of_ehlo),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
