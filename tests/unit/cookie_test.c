#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/cookie.h"

static const unsigned char secret[32] = "0123456789abcdef0123456789abcde";
static const char id[] = "0647c1a2b3d4e.9f02c4d1aa";
static struct cookie c;
static stralloc record;

static int
enter(void **state)
{
	(void)state;
	c = (struct cookie){.kind = COOKIE_CONFIRM,
	    .state = COOKIE_OPEN,
	    .made_us = 1795376602351014,
	    .address = bytes_z("joe@example.com"),
	    .name = bytes_z("Joe User"),
	    .list = bytes_z("TEST-L"),
	    .command = bytes_z("SUBSCRIBE TEST-L Joe User")};
	record.len = 0;
	return 0;
}

static int
leave(void **state)
{
	(void)state;
	sa_free(&record);
	return 0;
}

static const char *
word_of(const struct cookie *k, const char *from, unsigned n)
{
	static char word[COOKIE_LEN + 1];

	assert_int_equal(
	    cookie_make(word, secret, sizeof secret, from, n, k), 0);
	return word;
}

static void
makes_the_same_word_again(void **state)
{
	char first[COOKIE_LEN + 1];

	(void)state;
	strcpy(first, word_of(&c, id, 1));
	assert_int_equal(strlen(first), COOKIE_LEN);
	assert_string_equal(word_of(&c, id, 1), first);
	c.made_us++;
	assert_string_equal(word_of(&c, id, 1), first);
}

static void
makes_another_word_for_anything_else(void **state)
{
	char first[COOKIE_LEN + 1];
	struct cookie other = c;

	(void)state;
	strcpy(first, word_of(&c, id, 1));
	assert_string_not_equal(word_of(&c, id, 2), first);
	assert_string_not_equal(
	    word_of(&c, "0647c1a2b3d4e.9f02c4d1ab", 1), first);
	other.kind = COOKIE_APPROVE;
	assert_string_not_equal(word_of(&other, id, 1), first);
	other = c;
	other.address = bytes_z("jim@example.com");
	assert_string_not_equal(word_of(&other, id, 1), first);
	other = c;
	other.list = bytes_z("TEST-M");
	assert_string_not_equal(word_of(&other, id, 1), first);
	other = c;
	other.command = bytes_z("SIGNOFF TEST-L");
	assert_string_not_equal(word_of(&other, id, 1), first);
	assert_int_equal(
	    cookie_make(first, secret, sizeof secret - 2, id, 1, &c), 0);
	assert_string_not_equal(word_of(&c, id, 1), first);
}

static void
keeps_all_of_it_in_a_record(void **state)
{
	struct cookie out;

	(void)state;
	assert_int_equal(cookie_format(&record, &c), 0);
	assert_int_equal(
	    cookie_parse(&out, (struct bytes){record.s, record.len}), 0);
	assert_int_equal(out.kind, COOKIE_CONFIRM);
	assert_int_equal(out.state, COOKIE_OPEN);
	assert_int_equal(out.made_us, c.made_us);
	assert_true(bytes_eq(out.address, "joe@example.com"));
	assert_true(bytes_eq(out.name, "Joe User"));
	assert_true(bytes_eq(out.list, "TEST-L"));
	assert_true(bytes_eq(out.command, "SUBSCRIBE TEST-L Joe User"));
}

static void
keeps_what_is_empty(void **state)
{
	struct cookie out;

	(void)state;
	c.name = c.list = (struct bytes){NULL, 0};
	c.state = COOKIE_USED;
	assert_int_equal(cookie_format(&record, &c), 0);
	assert_int_equal(
	    cookie_parse(&out, (struct bytes){record.s, record.len}), 0);
	assert_int_equal(out.state, COOKIE_USED);
	assert_int_equal(out.name.len + out.list.len, 0);
}

static void
takes_no_line_end_into_a_record(void **state)
{
	(void)state;
	c.name = bytes_z("Joe\nUser");
	assert_int_equal(cookie_format(&record, &c), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(record.len, 0);
	c.name = (struct bytes){"a\0b", 3};
	assert_int_equal(cookie_format(&record, &c), -1);
}

static void
a_cut_or_changed_record_is_damaged(void **state)
{
	struct cookie out;

	(void)state;
	assert_int_equal(cookie_format(&record, &c), 0);
	for (size_t n = 0; n < record.len; n++) {
		assert_int_equal(
		    cookie_parse(&out, (struct bytes){record.s, n}), -1);
		assert_int_equal(errno, EIO);
	}
	assert_int_equal(sa_puts(&record, "x"), 0);
	assert_int_equal(
	    cookie_parse(&out, (struct bytes){record.s, record.len}), -1);
	record.len--;
	for (size_t i = 0; i < 22; i++) {
		char was = record.s[i];

		record.s[i] = '!';
		assert_int_equal(
		    cookie_parse(&out, (struct bytes){record.s, record.len}),
		    -1);
		record.s[i] = was;
	}
}

static void
is_over_after_two_days(void **state)
{
	const uint64_t life = COOKIE_LIFE_S * UINT64_C(1000000);

	(void)state;
	assert_int_equal(cookie_over(&c, c.made_us), 0);
	assert_int_equal(cookie_over(&c, c.made_us + life), 0);
	assert_int_equal(cookie_over(&c, c.made_us + life + 1), 1);
	assert_int_equal(cookie_over(&c, c.made_us - life), 0);
	assert_int_equal(cookie_over(&c, c.made_us - life - 1), 1);
}

static void
knows_the_form_of_a_word(void **state)
{
	char word[COOKIE_LEN + 1];

	(void)state;
	assert_int_equal(cookie_word(word, bytes_z("4a5985311603e366")), 1);
	assert_string_equal(word, "4A5985311603E366");
	assert_int_equal(cookie_word(word, bytes_z("(4A5985311603E366)")), 1);
	assert_int_equal(cookie_word(word, bytes_z("4A5985311603E36")), 0);
	assert_int_equal(cookie_word(word, bytes_z("4A5985311603E3666")), 0);
	assert_int_equal(cookie_word(word, bytes_z("4A5985311603E36G")), 0);
	assert_int_equal(cookie_word(word, bytes_z("(4A5985311603E366]")), 0);
	assert_int_equal(cookie_word(word, (struct bytes){NULL, 0}), 0);
}

static void
finds_a_word_in_a_subject(void **state)
{
	char word[COOKIE_LEN + 1];

	(void)state;
	assert_int_equal(
	    cookie_find(word,
		bytes_z("Re: Command confirmation request (4a5985311603e366)")),
	    1);
	assert_string_equal(word, "4A5985311603E366");
	assert_int_equal(
	    cookie_find(word,
		bytes_z("(1111111111111111) (2222222222222222) (was: x)")),
	    1);
	assert_string_equal(word, "2222222222222222");
	assert_int_equal(cookie_find(word, bytes_z("4A5985311603E366")), 0);
	assert_int_equal(cookie_find(word, bytes_z("(4A59853116)")), 0);
	assert_int_equal(cookie_find(word, bytes_z("")), 0);
}

#define TEST(f) cmocka_unit_test_setup(f, enter)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(makes_the_same_word_again),
	    TEST(makes_another_word_for_anything_else),
	    TEST(keeps_all_of_it_in_a_record),
	    TEST(keeps_what_is_empty),
	    TEST(takes_no_line_end_into_a_record),
	    TEST(a_cut_or_changed_record_is_damaged),
	    TEST(is_over_after_two_days),
	    TEST(knows_the_form_of_a_word),
	    TEST(finds_a_word_in_a_subject),
	};

	return cmocka_run_group_tests(tests, NULL, leave);
}
