#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bodyloop.h"
#include "tests/unit/cputime.h"

#define HEADER "From: joe@x.example\nX-LSV-Trace: OTHER@node.example\n\n"

static const char *const listed[] = {
    "TEST-L@lists.example", "TEST-L@other.example"};

static void
begin(struct bodyloop *b, size_t n)
{
	struct bytes address[2] = {bytes_z(listed[0]), bytes_z(listed[1])};

	bodyloop_begin(b, bytes_z("TEST-L@node.example"), address, n);
}

/* What is found in a message, in whatever pieces it comes. */
static unsigned
found(const char *message)
{
	size_t len = strlen(message);
	unsigned r = 0;

	for (size_t piece = 1; piece <= 64; piece *= 2) {
		struct bodyloop b;
		unsigned f;

		begin(&b, 2);
		for (size_t i = 0; i < len; i += piece)
			bodyloop_more(
			    &b, message + i, len - i < piece ? len - i : piece);
		f = bodyloop_end(&b);
		assert_true(piece == 1 || f == r);
		r = f;
	}
	return r;
}

#define IN(body) found(HEADER body)

static void
finds_the_trace_of_the_list(void **state)
{
	(void)state;
	assert_int_equal(
	    IN("X-LSV-Trace: TEST-L@node.example 0647\n"), BODYLOOP_TRACE);
	assert_int_equal(
	    IN("hello\n\nx-lsv-trace:test-l@NODE.example"), BODYLOOP_TRACE);
	assert_int_equal(
	    IN("a\r\nX-LSV-Trace: \t TEST-L@node.example\r\nb\r\n"),
	    BODYLOOP_TRACE);
	assert_int_equal(
	    IN("X-LSV-Trace:\r\n TEST-L@node.example\r\n"), BODYLOOP_TRACE);
	assert_int_equal(
	    IN("X-LSV-Trace: TEST-L@node.example."), BODYLOOP_TRACE);
}

static void
finds_it_where_it_is_quoted(void **state)
{
	(void)state;
	assert_int_equal(
	    IN("> > | \tX-LSV-Trace: TEST-L@node.example\n"), BODYLOOP_TRACE);
	assert_int_equal(IN(">From: TEST-L@lists.example\n"), BODYLOOP_ADDRESS);
}

static void
does_not_take_other_lists_and_servers_for_it(void **state)
{
	(void)state;
	assert_int_equal(IN("X-LSV-Trace: TEST-L2@node.example\n"), 0);
	assert_int_equal(IN("X-LSV-Trace: A-TEST-L@node.example\n"), 0);
	assert_int_equal(IN("X-LSV-Trace: TEST-L@node.example.org\n"), 0);
	assert_int_equal(IN("X-LSV-Trace: TEST-L@node.example-x\n"), 0);
	assert_int_equal(IN("X-LSV-Trace: TEST-L@node.exampl\n"), 0);
	assert_int_equal(IN("X-LSV-Trace: TEST-L\n"), 0);
	assert_int_equal(IN("X-LSV-Trace:"), 0);
	assert_int_equal(IN("X-LSV-Trace TEST-L@node.example\n"), 0);
	assert_int_equal(IN("X-X-LSV-Trace: TEST-L@node.example\n"), 0);
	assert_int_equal(IN("see X-LSV-Trace: TEST-L@node.example\n"), 0);
}

static void
finds_addresses_of_the_list_in_its_fields(void **state)
{
	(void)state;
	assert_int_equal(
	    IN("From: Test <test-l@lists.example>\n"), BODYLOOP_ADDRESS);
	assert_int_equal(
	    IN("SENDER : TEST-L@OTHER.example\n"), BODYLOOP_ADDRESS);
	assert_int_equal(
	    IN("Reply-To: a@b, TEST-L@lists.example, c@d\n"), BODYLOOP_ADDRESS);
	assert_int_equal(IN("From: \"Test\"\r\n <TEST-L@lists.example>\r\n"),
	    BODYLOOP_ADDRESS);
	assert_int_equal(
	    IN("From: x\n y\n z\n\tTEST-L@lists.example"), BODYLOOP_ADDRESS);
	assert_int_equal(IN("Reply-To: TEST-L@lists.example\n"
			    "X-LSV-Trace: TEST-L@node.example\n"),
	    BODYLOOP_ADDRESS | BODYLOOP_TRACE);
}

static void
does_not_take_other_addresses_and_fields_for_them(void **state)
{
	(void)state;
	assert_int_equal(IN("To: TEST-L@lists.example\n"), 0);
	assert_int_equal(IN("Subject: From: TEST-L@lists.example\n"), 0);
	assert_int_equal(IN("From: MY-TEST-L@lists.example\n"), 0);
	assert_int_equal(IN("From: a.TEST-L@lists.example\n"), 0);
	assert_int_equal(IN("From: TEST-L@lists.example.org\n"), 0);
	assert_int_equal(IN("From: TEST-L-request@lists.example\n"), 0);
	assert_int_equal(IN("From: @lists.example @ TEST-L@\n"), 0);
	assert_int_equal(IN("From: joe\n\n TEST-L@lists.example\n"), 0);
	assert_int_equal(IN("From: joe\n>TEST-L@lists.example\n"), 0);
	assert_int_equal(IN("From the list TEST-L@lists.example\n"), 0);
}

static void
looks_at_the_body_only(void **state)
{
	(void)state;
	assert_int_equal(found("X-LSV-Trace: TEST-L@node.example\n\nx\n"), 0);
	assert_int_equal(found("X-LSV-Trace: TEST-L@node.example"), 0);
	assert_int_equal(found("a: b\r\n\r\nX-LSV-Trace: TEST-L@node.example"),
	    BODYLOOP_TRACE);
	assert_int_equal(
	    found("\nX-LSV-Trace: TEST-L@node.example"), BODYLOOP_TRACE);
	assert_int_equal(found("a: b\n \nX-LSV-Trace: TEST-L@node.example"), 0);
	assert_int_equal(found(""), 0);
	assert_int_equal(IN(""), 0);
}

static void
finds_nothing_where_it_looks_for_nothing(void **state)
{
	static const char m[] =
	    "\nX-LSV-Trace: \nX-LSV-Trace: a@b\nFrom: a@b\n";
	struct bytes none = {NULL, 0}, local = bytes_z("a");
	struct bodyloop b;

	(void)state;
	bodyloop_begin(&b, none, &local, 1);
	bodyloop_more(&b, m, sizeof m - 1);
	assert_int_equal(bodyloop_end(&b), 0);
	bodyloop_begin(&b, none, NULL, 0);
	bodyloop_more(&b, m, sizeof m - 1);
	assert_int_equal(bodyloop_end(&b), 0);
}

static void
looks_at_the_beginning_of_long_fields(void **state)
{
	static char m[4000];
	const size_t start = 1 + sizeof "From:" - 1;

	(void)state;
	memset(m, 'x', sizeof m - 1);
	memcpy(m, "\nFrom:", start);
	memcpy(m + 900, " TEST-L@lists.example ", 22);
	assert_int_equal(found(m), BODYLOOP_ADDRESS);
	memset(m + 900, 'x', 22);
	memcpy(m + 1100, " TEST-L@lists.example ", 22);
	assert_int_equal(found(m), 0);
	memcpy(m + 1200, "\n\nX-LSV-Trace: TEST-L@node.example\n", 35);
	assert_int_equal(found(m), BODYLOOP_TRACE);
}

/* 100 MB of one line, of '>' and of fields that come close */
static void
takes_time_in_proportion_to_the_length(void **state)
{
	static const char *const pieces[] = {"x", ">", "From: TEST-L@lists.e\n",
	    "From:@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n", " \n", "\n"};
	static char block[1 << 20];
	/* theirs looks at all that is left at each search */
	const int blocks = getenv("LSV_SANITIZED") ? 1 : 20;

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
		double began = cpu_s();
		size_t n = strlen(pieces[i]);
		struct bodyloop b;

		for (size_t j = 0; j + n <= sizeof block; j += n)
			memcpy(block + j, pieces[i], n);
		begin(&b, 2);
		bodyloop_more(&b, "\n", 1);
		for (int j = 0; j < blocks; j++)
			bodyloop_more(&b, block, sizeof block / n * n);
		assert_int_equal(bodyloop_end(&b), 0);
		assert_true(cpu_s() - began < cpu_limit(2));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_the_trace_of_the_list),
	    cmocka_unit_test(finds_it_where_it_is_quoted),
	    cmocka_unit_test(does_not_take_other_lists_and_servers_for_it),
	    cmocka_unit_test(finds_addresses_of_the_list_in_its_fields),
	    cmocka_unit_test(does_not_take_other_addresses_and_fields_for_them),
	    cmocka_unit_test(looks_at_the_body_only),
	    cmocka_unit_test(finds_nothing_where_it_looks_for_nothing),
	    cmocka_unit_test(looks_at_the_beginning_of_long_fields),
	    cmocka_unit_test(takes_time_in_proportion_to_the_length),
	};

	return cmocka_run_group_tests_name("bodyloop", tests, NULL, NULL);
}
