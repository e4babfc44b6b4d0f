#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/forward.h"

struct good {
	const char *value;
	unsigned count;
	const char *host;
	enum forward_kind kind;
	unsigned port;
};

struct bad {
	const char *value;
	size_t at;
	const char *why; /* a part of the reason */
};

static void
reads_hosts_counts_and_ports(void **state)
{
	static const struct good t[] = {
	    {"mail.example.com", 1, "mail.example.com", FORWARD_NAME, 25},
	    {"2*mail.example.com", 2, "mail.example.com", FORWARD_NAME, 25},
	    {"100*a.b:2525", 100, "a.b", FORWARD_NAME, 2525},
	    {"3*192.0.2.1:65535", 3, "192.0.2.1", FORWARD_IPV4, 65535},
	    {"[2001:db8::1]", 1, "2001:db8::1", FORWARD_IPV6, 25},
	    {"4*[::1]:587", 4, "::1", FORWARD_IPV6, 587},
	    {"localhost:1", 1, "localhost", FORWARD_NAME, 1},
	    {"LOCALHOST", 1, "LOCALHOST", FORWARD_NAME, 25},
	    {"xn--bcher-kva.example", 1, "xn--bcher-kva.example", FORWARD_NAME,
		25},
	    {"3com.example", 1, "3com.example", FORWARD_NAME, 25},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct where w = {0, NULL};
		struct forward f;

		if (forward_parse(&f, t[i].value, strlen(t[i].value), &w) < 0)
			fail_msg("%s: %s", t[i].value, w.why);
		assert_int_equal(f.count, t[i].count);
		assert_int_equal(f.counted, strchr(t[i].value, '*') != NULL);
		assert_int_equal(f.hostlen, strlen(t[i].host));
		assert_memory_equal(f.host, t[i].host, f.hostlen);
		assert_int_equal(f.kind, t[i].kind);
		assert_int_equal(f.port, t[i].port);
	}
}

static void
says_where_a_value_is_wrong_and_why(void **state)
{
	static const struct bad t[] = {
	    {"", 0, "missing"},
	    {"2*", 2, "missing"},
	    {"*a.b", 0, "count"},
	    {"0*a.b", 0, "count"},
	    {"101*a.b", 0, "count"},
	    {"-1*a.b", 0, "count"},
	    {"18446744073709551617*a.b", 0, "count"},
	    {"two*a.b", 0, "count"},
	    {"relay", 0, "not a full name"},
	    {"2*relay:25", 2, "not a full name"},
	    {"a.b:", 4, "port"},
	    {"a.b:0", 4, "port"},
	    {"a.b:65536", 4, "port"},
	    {"a.b:25x", 4, "port"},
	    {":25", 0, "missing"},
	    {"a..b", 2, "empty"},
	    {".a.b", 0, "empty"},
	    {"a.b.", 3, "ends with '.'"},
	    {"-a.b", 0, "begins with '-'"},
	    {"3*a.b-", 5, "ends with '-'"},
	    {"a_b.c", 1, "'_'"},
	    {"b\xc3\xbc"
	     "cher.example",
		1, "xn--"},
	    {"1.2.3", 4, "number"},
	    {"256.1.1.1", 8, "number"},
	    {"1.2.3.4.5", 8, "number"},
	    {"2001:db8::1", 0, "brackets"},
	    {"[2001:db8::1", 0, "not closed"},
	    {"2*[::g]:25", 3, "not an IPv6"},
	    {"[]", 1, "not an IPv6"},
	    {"[::1]25", 5, "':'"},
	    {"[fe80::1%eth0]", 1, "not an IPv6"},
	    {"a.b(00:00-05:00)", 3, "opening times"},
	    {"2*a.b;c.d", 5, "fallback"},
	    {"a.b;POOL=A-", 3, "POOL="},
	    {"a.b c.d", 3, "blank"},
	    {"a.b,c.d", 3, "byte"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct where w = {99, ""};
		struct forward f = {.port = 7};

		if (forward_parse(&f, t[i].value, strlen(t[i].value), &w) == 0)
			fail_msg("accepted: %s", t[i].value);
		if (w.at != t[i].at || !strstr(w.why, t[i].why))
			fail_msg("%s: %zu: %s", t[i].value, w.at, w.why);
		assert_int_equal(f.port, 7); /* untouched */
	}
}

static void
refuses_a_host_with_a_nul_inside(void **state)
{
	struct forward f;

	(void)state;
	assert_int_equal(forward_parse(&f, "a.b\0c.d", 7, NULL), -1);
	assert_int_equal(forward_parse(&f, "1.2.3.4\0", 8, NULL), -1);
	assert_int_equal(forward_parse(&f, "[::1\0]", 6, NULL), -1);
}

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_hosts_counts_and_ports),
	    cmocka_unit_test(says_where_a_value_is_wrong_and_why),
	    cmocka_unit_test(refuses_a_host_with_a_nul_inside),
	    cmocka_unit_test(keeps_the_lengths_that_dns_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
