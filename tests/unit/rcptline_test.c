#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "lib/addrlist.h"
#include "lib/rcptline.h"

enum { MILLION = 1000000 };

/* Every line as "NUMBER|address|name|B", a bad one as "NUMBER!AT why". */
static void
put(stralloc *out, const struct rcptline *r, int got, const struct where *w)
{
	assert_int_equal(sa_addu(out, r->number), 0);
	if (got < 0) {
		assert_int_equal(errno, EINVAL);
		assert_true(w->at <= r->line.len);
		assert_int_equal(sa_puts(out, "!"), 0);
		assert_int_equal(sa_addu(out, w->at), 0);
		assert_int_equal(sa_puts(out, " "), 0);
		assert_int_equal(sa_puts(out, w->why), 0);
	} else {
		assert_int_equal(sa_puts(out, "|"), 0);
		assert_int_equal(sa_put(out, r->address.s, r->address.len), 0);
		assert_int_equal(sa_puts(out, "|"), 0);
		assert_int_equal(sa_put(out, r->name.s, r->name.len), 0);
		assert_int_equal(sa_puts(out, r->bsmtp ? "|B" : "|"), 0);
	}
	assert_int_equal(sa_puts(out, "\n"), 0);
}

static void
assert_lines(const char *text, size_t len, int flags, const char *want)
{
	struct rcptline r = {0};
	struct where w;
	stralloc out = {0};
	int got;

	rcptline_begin(&r, (struct bytes){text, len}, 4, flags);
	while ((got = rcptline_next(&r, &w)) != 0)
		put(&out, &r, got, &w);
	assert_int_equal(rcptline_next(&r, &w), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, want);
	sa_free(&out);
	rcptline_free(&r);
}

static void
assert_z(const char *text, const char *want)
{
	assert_lines(text, strlen(text), 0, want);
}

static void
reads_address_name_and_flag(void **state)
{
	(void)state;
	assert_z("joe@Example.COM\n"
		 "joe@example.com BSMTP\r\n"
		 "joe@example.com Joe H. Doe\n"
		 "  joe@example.com\tJoe Doe   bsmtp  \n"
		 "joe@example.com (Joe Doe)\n"
		 "joe@example.com \"Doe, Joe\" BSMTP\n"
		 "joe@example.com xBSMTP",
	    "4|joe@example.com||\n"
	    "5|joe@example.com||B\n"
	    "6|joe@example.com|Joe H. Doe|\n"
	    "7|joe@example.com|Joe Doe|B\n"
	    "8|joe@example.com|Joe Doe|\n"
	    "9|joe@example.com|Doe, Joe|B\n"
	    "10|joe@example.com|xBSMTP|\n");
}

static void
leaves_empty_lines_out_but_counts_them(void **state)
{
	(void)state;
	assert_z("\n \t\n\r\na@b.c\n\n\nd@e.f\n\n", "7|a@b.c||\n10|d@e.f||\n");
	assert_z("", "");
	assert_z("\n\n", "");
}

static void
takes_the_quoted_local_parts_of_the_rfc(void **state)
{
	(void)state;
	assert_z("\"Joe\".\"Now@Home\".Smith@xyz.edu BSMTP\n"
		 "\"***JACK***%jack-ws.xyz.edu\"@server.host\n"
		 "\"a@b\"@xyz.edu Joe\n"
		 "\"joe\"@xyz.edu\n"
		 "\"a\\\"b\".c@xyz.edu\n",
	    "4|\"Joe.Now@Home.Smith\"@xyz.edu||B\n"
	    "5|***JACK***%jack-ws.xyz.edu@server.host||\n"
	    "6|\"a@b\"@xyz.edu|Joe|\n"
	    "7|joe@xyz.edu||\n"
	    "8|\"a\\\"b.c\"@xyz.edu||\n");
}

static void
refuses_what_the_rfc_forbids(void **state)
{
	(void)state;
	assert_z("<joe@xyz.edu>\n"
		 "@hop.edu:joe@xyz.edu\n"
		 "Joe.\"Now@Home\".Smith@xyz.edu\n"
		 "***JACK***%jack-ws.xyz.edu@server.host BSMTP\n"
		 "\"Joe Doe\"@xyz.edu\n"
		 "joe@localhost BSMTP\n"
		 "joe@CEARN\n"
		 "joe\n",
	    "4!0 no <> may be around the address\n"
	    "5!0 no route may be in front of the address\n"
	    "6!4 a local part with quotes has to begin with one\n"
	    "7!0 a local part may not begin with an asterisk\n"
	    "8!4 no blank may be in the address\n"
	    "9!4 the host is not fully qualified\n"
	    "10!4 the host is not fully qualified\n"
	    "11!0 no @ in the address\n");
}

static void
refuses_damaged_addresses_and_goes_on(void **state)
{
	static const char nul[] = "a\0b@c.d\nok@c.d\n";

	(void)state;
	assert_z("\"joe@xyz.edu\n"
		 "\"joe\".@xyz.edu\n"
		 "\"joe\"x@xyz.edu\n"
		 "\"joe\".(a)@xyz.edu\n"
		 "\"joe\".b\n"
		 "a..b@xyz.edu\n"
		 "a@b..c\n"
		 "a@[1.2.3.4]\n"
		 "a\x01@xyz.edu\n"
		 "j\xf6@xyz.edu\n",
	    "4!0 a quote is not closed\n"
	    "5!6 misplaced dot\n"
	    "6!5 no @ behind the local part\n"
	    "7!6 byte not allowed in a local part\n"
	    "8!7 no @ behind the local part\n"
	    "9!2 misplaced dot\n"
	    "10!4 misplaced dot\n"
	    "11|a@[1.2.3.4]||\n"
	    "12!1 byte not allowed in a local part\n"
	    "13!1 byte not allowed in a local part\n");
	assert_lines(nul, sizeof nul - 1, 0,
	    "4!1 byte not allowed in a local part\n5|ok@c.d||\n");
}

static void
takes_the_pseudo_domain_and_nodes(void **state)
{
	static const char text[] = "jim@TamVM1.BitNet BSMTP\n"
				   "jim@a.b.bitnet\njim@1ab.bitnet\n"
				   "x@CEARN\nx@TOOLONGER\nx@.bitnet\n";

	(void)state;
	assert_lines(text, sizeof text - 1, RCPTLINE_NODES,
	    "4|jim@tamvm1.bitnet||B\n"
	    "5!4 no name of a node before .BITNET\n"
	    "6!4 no name of a node before .BITNET\n"
	    "7|x@cearn||\n"
	    "8!2 the host is not fully qualified\n"
	    "9!2 misplaced dot\n");
}

static void
reads_names_of_both_ages(void **state)
{
	(void)state;
	assert_z("a@b.c J\xc3\xb6rg\n"
		 "a@b.c J\xf6rg BSMTP\n"
		 "a@b.c J\x01\x7fo\n",
	    "4|a@b.c|J\xc3\xb6rg|\n"
	    "5|a@b.c|J\xc3\xb6rg|B\n"
	    "6|a@b.c|J??o|\n");
	assert_lines("j\xc3\xb6@b.c\n", 8, ADDR_UTF8, "4|j\xc3\xb6@b.c||\n");
}

static void
cuts_a_name_between_two_characters(void **state)
{
	struct rcptline r = {0};
	struct where w;
	char text[1000];
	size_t n = 6;

	(void)state;
	memcpy(text, "a@b.c ", n);
	while (n < 900) {
		memcpy(text + n, "\xe2\x82\xac", 3);
		n += 3;
	}
	rcptline_begin(&r, (struct bytes){text, n}, 1, 0);
	assert_int_equal(rcptline_next(&r, &w), 1);
	assert_int_equal(r.name.len, 255);
	assert_int_equal(r.rest.len, n - 6);
	rcptline_free(&r);
}

static void
refuses_a_line_that_is_too_long(void **state)
{
	struct rcptline r = {0};
	struct where w;
	size_t n = (size_t)2 * MILLION;
	char *text = malloc(n);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', n);
	memcpy(text + n - 7, "\na@b.c\n", 7);
	rcptline_begin(&r, (struct bytes){text, n}, 1, 0);
	assert_int_equal(rcptline_next(&r, &w), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(w.why, "the line is longer than 1,024 bytes");
	assert_int_equal(r.line.len, RCPTLINE_MAX + 1);
	assert_int_equal(rcptline_next(&r, &w), 1);
	assert_int_equal(r.number, 2);
	rcptline_free(&r);
	free(text);
}

static void
checks_an_address_that_stands_alone(void **state)
{
	stralloc out = {0};
	struct where w;

	(void)state;
	assert_int_equal(sa_puts(&out, "x"), 0);
	assert_int_equal(
	    rcptline_address(&out, bytes_z("Joe@Example.COM"), 0, &w), 0);
	assert_int_equal(
	    rcptline_address(&out, bytes_z("*joe@example.com"), 0, &w), -1);
	assert_int_equal(
	    rcptline_address(&out, bytes_z("joe@nowhere"), 0, &w), -1);
	assert_int_equal(rcptline_address(&out, bytes_z(""), 0, &w), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, "xJoe@example.com");
	sa_free(&out);
}

/* A million a second is what is needed; the limit leaves room for sanitizers. */
static void
reads_a_million_lines_in_a_few_seconds(void **state)
{
	struct rcptline r = {0};
	struct where w;
	stralloc text = {0};
	char line[64];
	clock_t start;
	unsigned n = 0;

	(void)state;
	for (unsigned i = 0; i < MILLION; i++) {
		int k = snprintf(line, sizeof line,
		    "user%u@host%u.example.com BSMTP\n", i, i % 1000);

		assert_int_equal(sa_put(&text, line, (size_t)k), 0);
	}
	start = clock();
	rcptline_begin(&r, (struct bytes){text.s, text.len}, 1, 0);
	while (rcptline_next(&r, &w) > 0)
		n++;
	assert_int_equal(n, MILLION);
	assert_int_equal(r.number, MILLION);
	print_message(
	    "# %.2f s of CPU\n", (double)(clock() - start) / CLOCKS_PER_SEC);
	assert_true(clock() - start < 5 * CLOCKS_PER_SEC);
	rcptline_free(&r);
	sa_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_address_name_and_flag),
	    cmocka_unit_test(leaves_empty_lines_out_but_counts_them),
	    cmocka_unit_test(takes_the_quoted_local_parts_of_the_rfc),
	    cmocka_unit_test(refuses_what_the_rfc_forbids),
	    cmocka_unit_test(refuses_damaged_addresses_and_goes_on),
	    cmocka_unit_test(takes_the_pseudo_domain_and_nodes),
	    cmocka_unit_test(reads_names_of_both_ages),
	    cmocka_unit_test(cuts_a_name_between_two_characters),
	    cmocka_unit_test(refuses_a_line_that_is_too_long),
	    cmocka_unit_test(checks_an_address_that_stands_alone),
	    cmocka_unit_test(reads_a_million_lines_in_a_few_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
