#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/netname.h"

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10

static void
a_node_has_a_letter_and_up_to_7_letters_and_digits(void **state)
{
	(void)state;
	assert_true(netname_nje(bytes_z("C")));
	assert_true(netname_nje(bytes_z("frmop11")));
	assert_true(netname_nje(bytes_z("A2345678")));
	assert_false(netname_nje(bytes_z("")));
	assert_false(netname_nje(bytes_z("A23456789")));
	assert_false(netname_nje(bytes_z("1ABC")));
	assert_false(netname_nje(bytes_z("A-B")));
	assert_false(netname_nje(bytes_z("A_B")));
	assert_false(netname_nje(bytes_z("\xc4RGER")));
	assert_false(netname_nje((struct bytes){"A\0B", 3}));
}

static void
a_domain_has_labels_and_dots_between_them(void **state)
{
	(void)state;
	assert_true(netname_domain(bytes_z("a.b")));
	assert_true(netname_domain(bytes_z("LISTSERV.Cern.example")));
	assert_true(netname_domain(bytes_z("x-1.y_2.example")));
	assert_true(netname_domain(bytes_z("1.example")));
	assert_true(netname_domain(bytes_z(A60 "aaa.example")));
	assert_false(netname_domain(bytes_z(A60 "aaaa.example")));
	assert_false(netname_domain(bytes_z("")));
	assert_false(netname_domain(bytes_z("example")));
	assert_false(netname_domain(bytes_z(".example")));
	assert_false(netname_domain(bytes_z("a..example")));
	assert_false(netname_domain(bytes_z("a.example.")));
	assert_false(netname_domain(bytes_z("-a.example")));
	assert_false(netname_domain(bytes_z("a-.example")));
	assert_false(netname_domain(bytes_z("*.example")));
	assert_false(netname_domain(bytes_z("a b.example")));
	assert_false(netname_domain(bytes_z("192.0.2.1")));
	assert_false(netname_domain(
	    bytes_z(A60 "." A60 "." A60 "." A60 "." A10 "." A10)));
}

static void
a_suffix_is_a_star_and_a_domain_or_a_label(void **state)
{
	(void)state;
	assert_true(netname_suffix(bytes_z("*.ch")));
	assert_true(netname_suffix(bytes_z("*.cern.example")));
	assert_false(netname_suffix(bytes_z("*")));
	assert_false(netname_suffix(bytes_z("*.")));
	assert_false(netname_suffix(bytes_z(".ch")));
	assert_false(netname_suffix(bytes_z("*ch")));
	assert_false(netname_suffix(bytes_z("*.*.ch")));
	assert_false(netname_suffix(bytes_z("a.*.ch")));
}

static void
a_token_has_up_to_64_bytes(void **state)
{
	(void)state;
	assert_true(netname_token(bytes_z("CEARN")));
	assert_true(netname_token(bytes_z("9.A-b_c")));
	assert_true(netname_token(bytes_z(A60 "aaaa")));
	assert_false(netname_token(bytes_z(A60 "aaaaa")));
	assert_false(netname_token(bytes_z("")));
	assert_false(netname_token(bytes_z("-A")));
	assert_false(netname_token(bytes_z("A B")));
	assert_false(netname_token(bytes_z("A@B")));
	assert_false(netname_token(bytes_z("A(P)")));
}

static void
a_member_has_words_joined_by_underlines(void **state)
{
	(void)state;
	assert_true(netname_member(bytes_z("EARN_DE")));
	assert_true(netname_member(bytes_z("A_B_C-1")));
	assert_false(netname_member(bytes_z("EARN")));
	assert_false(netname_member(bytes_z("_EARN")));
	assert_false(netname_member(bytes_z("EARN_")));
	assert_false(netname_member(bytes_z("A_B.C")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_node_has_a_letter_and_up_to_7_letters_and_digits),
	    cmocka_unit_test(a_domain_has_labels_and_dots_between_them),
	    cmocka_unit_test(a_suffix_is_a_star_and_a_domain_or_a_label),
	    cmocka_unit_test(a_token_has_up_to_64_bytes),
	    cmocka_unit_test(a_member_has_words_joined_by_underlines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
