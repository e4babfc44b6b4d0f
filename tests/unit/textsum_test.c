#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "lib/textsum.h"

static struct textsum text;

static int
setup(void **state)
{
	(void)state;
	return textsum_open(&text);
}

static int
teardown(void **state)
{
	(void)state;
	textsum_close(&text);
	return 0;
}

/* The sum of a text in pieces; returns how many characters counted. */
static uint64_t
sum_of(unsigned char *sum, enum charset_kind charset, int html, const char *s,
    size_t piece)
{
	uint64_t n;
	size_t len = strlen(s);

	textsum_begin(&text, charset, html);
	for (size_t i = 0; i < len; i += piece)
		textsum_put(&text, s + i, len - i < piece ? len - i : piece);
	assert_int_equal(textsum_end(&text, sum, &n), 0);
	return n;
}

/* Has a text the sum of what counts of it, in any pieces? */
static void
is(enum charset_kind charset, int html, const char *s, const char *want)
{
	unsigned char a[TEXTSUM_LEN], b[TEXTSUM_LEN];
	uint64_t n = sum_of(b, CHARSET_UTF8, 0, want, 1000);

	for (size_t piece = 1; piece < 8; piece++) {
		assert_int_equal(sum_of(a, charset, html, s, piece), n);
		assert_memory_equal(a, b, TEXTSUM_LEN);
	}
}

static void
plain(const char *s, const char *want)
{
	is(CHARSET_UTF8, 0, s, want);
}

static void
html(const char *s, const char *want)
{
	is(CHARSET_UTF8, 1, s, want);
}

static void
hashes_letters_in_lower_case(void **state)
{
	static const unsigned char abc[] = {
	    0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea};
	unsigned char sum[TEXTSUM_LEN];

	(void)state;
	assert_int_equal(sum_of(sum, CHARSET_UTF8, 0, " A-1,\r\nb\tC! ", 3), 3);
	assert_memory_equal(sum, abc, sizeof abc);
	assert_int_equal(sum_of(sum, CHARSET_UTF8, 0, "", 1), 0);
}

static void
tells_texts_apart(void **state)
{
	unsigned char a[TEXTSUM_LEN], b[TEXTSUM_LEN];

	(void)state;
	sum_of(a, CHARSET_UTF8, 0, "abc", 1);
	sum_of(b, CHARSET_UTF8, 0, "abd", 1);
	assert_memory_not_equal(a, b, TEXTSUM_LEN);
	sum_of(b, CHARSET_UTF8, 0, "abc\xe9", 1);
	assert_memory_not_equal(a, b, TEXTSUM_LEN);
}

static void
leaves_out_digits_punctuation_and_blanks(void **state)
{
	(void)state;
	plain("Buy 12,000 of\x01 it_now @ $5.00 [now]!\x7f", "buyofitnownow");
	plain("a\xc2\xa0"
	      "b\xe2\x80\x8b"
	      "c\xef\xbb\xbf"
	      "d\xe2\x80\x94\xc2\xad"
	      "e\xe2\x82\xac\xf0\x9f\x98\x80"
	      "f\xef\xbc\x91\xc3\x97\xef\xbf\xbd"
	      "g\xe2\x9d\xa4\xef\xb8\x8f"
	      "h\xe3\x80\x82\xd9\xa1"
	      "i\xf3\xa0\x81\x81"
	      "j",
	    "abcdefghij");
}

static void
lowers_capitals_of_other_scripts(void **state)
{
	(void)state;
	plain("\xc3\x89\xc3\x98\xc4\x80\xc5\xbd\xc5\xb8",
	    "\xc3\xa9\xc3\xb8\xc4\x81\xc5\xbe\xc3\xbf");
	plain("\xce\x91\xce\xa9\xce\x86\xce\x8f\xd0\x90\xd0\xaf\xd0\x81",
	    "\xce\xb1\xcf\x89\xce\xac\xcf\x8e\xd0\xb0\xd1\x8f\xd1\x91");
	plain("\xef\xbc\xa1\xef\xbd\x82", "ab");
	plain("\xe1\xba\xbe\xd4\xb1", "\xe1\xba\xbf\xd5\xa1");
	plain("\xe6\xbc\xa2\xe5\xad\x97", "\xe6\xbc\xa2\xe5\xad\x97");
}

static void
gives_the_same_text_in_another_charset_the_same_sum(void **state)
{
	(void)state;
	is(CHARSET_1252, 0, "Caf\xe9 \x8c", "caf\xc3\xa9\xc5\x93");
	plain("Caf\xe9", "caf\xe9");
	is(CHARSET_OTHER, 0, "A\xe9\xc9", "a\xe9\xc9");
	plain("abc\xc3", "abc\xc3"); /* cut within a character */
}

static void
leaves_out_quoted_lines(void **state)
{
	(void)state;
	plain("> old\nnew\n>> older\n \t> oldest\nb > c\n", "newbc");
	plain(">old", "");
	plain("a\r\n>b\r\nc", "ac");
	html("> a\n>b", "ab");
}

static void
leaves_out_the_query_part_of_urls(void **state)
{
	(void)state;
	plain("see http://x.example/a?id=abc&b=c now? yes",
	    "seehttpxexampleanowyes");
	plain("<https://x/?a?b>c", "httpsxc");
	plain("\"ftp://x?a\"b http://y?c\nd", "ftpxbhttpyd");
	plain("what?is a:/b?c a:b//c?d ://?x y", "whatisabcabcdy");
	plain("http://a://b?c", "httpab");
}

static void
leaves_out_tags_and_entities_of_html(void **state)
{
	(void)state;
	html("<P class=\"x\">a&nbsp;b<br/>c</p>", "abc");
	html("<!DOCTYPE html><?xml x?>a<!-- b > c --d- -->e", "ae");
	html("a<!-->b<!--->c<!-x>d<!>e", "abcde");
	html("1 < 2 a<3 <<b>c", "ac");
	html("a &amp b & c &#x41; &#65;&;d &e<b>f", "aampbcdef");
	html("&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;b", "b");
	html("&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;b",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");
	html("&&&a;b", "b");
	html("a&b", "ab");
	html("<a href=\"http://x?y\">http://x?y</a>z", "httpxz");
	html("a<b", "a");
	html("a<!-- b", "a");
	plain("a<b>c&d;", "abcd");
}

static void
does_not_care_what_became_of_the_text_before(void **state)
{
	unsigned char a[TEXTSUM_LEN], b[TEXTSUM_LEN];

	(void)state;
	sum_of(a, CHARSET_UTF8, 0, "abc", 1);
	textsum_begin(&text, CHARSET_UTF8, 1);
	textsum_put(&text, "http://x?y&amp <a \xe2\x82", 20);
	assert_int_equal(sum_of(b, CHARSET_UTF8, 0, "abc", 1), 3);
	assert_memory_equal(a, b, TEXTSUM_LEN);
}

static void
hashes_long_texts(void **state)
{
	static char s[100001], t[50001];

	(void)state;
	memset(s, 'x', sizeof s - 1);
	for (size_t i = 0; i < sizeof s - 1; i += 2)
		s[i] = ' ';
	memset(t, 'X', sizeof t - 1);
	plain(s, t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hashes_letters_in_lower_case),
	    cmocka_unit_test(tells_texts_apart),
	    cmocka_unit_test(leaves_out_digits_punctuation_and_blanks),
	    cmocka_unit_test(lowers_capitals_of_other_scripts),
	    cmocka_unit_test(
		gives_the_same_text_in_another_charset_the_same_sum),
	    cmocka_unit_test(leaves_out_quoted_lines),
	    cmocka_unit_test(leaves_out_the_query_part_of_urls),
	    cmocka_unit_test(leaves_out_tags_and_entities_of_html),
	    cmocka_unit_test(does_not_care_what_became_of_the_text_before),
	    cmocka_unit_test(hashes_long_texts),
	};

	return cmocka_run_group_tests_name("textsum", tests, setup, teardown);
}
