#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "lib/spamentry.h"

static int
glob(const char *pattern, const char *text)
{
	return spam_glob(bytes_z(pattern), bytes_z(text));
}

static void
assert_entry(
    const char *text, unsigned points, enum spam_kind kind, const char *key)
{
	struct spam_entry e = {0, SPAM_FREE, {NULL, 0}};
	stralloc room = {0};
	struct where w = {0, ""};

	if (spam_entry_parse(&e, &room, text, strlen(text), &w) < 0)
		fail_msg("%s: %s", text, w.why);
	assert_int_equal(e.points, points);
	assert_int_equal(e.kind, kind);
	if (!bytes_eq(e.key, key))
		fail_msg(
		    "%s: %.*s is not %s", text, (int)e.key.len, e.key.s, key);
	sa_free(&room);
}

static void
assert_bad_bytes(const char *s, size_t len, size_t at, const char *why)
{
	struct spam_entry e;
	stralloc room = {0};
	struct where w = {9999, ""};

	assert_int_equal(spam_entry_parse(&e, &room, s, len, &w), -1);
	if (!strstr(w.why, why))
		fail_msg("%.*s: %s", (int)len, s, w.why);
	assert_int_equal(w.at, at);
	sa_free(&room);
}

static void
assert_bad(const char *s, size_t at, const char *why)
{
	assert_bad_bytes(s, strlen(s), at, why);
}

static void
knows_what_kind_an_entry_is(void **state)
{
	(void)state;
	assert_entry("james@example.com", 1, SPAM_ADDRESS, "james@example.com");
	assert_entry("*@example.com", 1, SPAM_DOMAIN, "example.com");
	assert_entry("*@*.example.com", 1, SPAM_SUBDOMAINS, "example.com");
	assert_entry("james@*", 1, SPAM_USER, "james");
	assert_entry("*spam*@*", 1, SPAM_FREE, "*spam*@*");
	assert_entry("j*@example.com", 1, SPAM_FREE, "j*@example.com");
	assert_entry("*@*", 1, SPAM_FREE, "*@*");
	assert_entry("*@*.*", 1, SPAM_FREE, "*@*.*");
	assert_entry("*@*.example.*", 1, SPAM_FREE, "*@*.example.*");
	assert_entry("*@*example.com", 1, SPAM_FREE, "*@*example.com");
	assert_entry("j*@*", 1, SPAM_FREE, "j*@*");
}

static void
an_entry_without_an_at_is_a_domain(void **state)
{
	(void)state;
	assert_entry("example.com", 1, SPAM_DOMAIN, "example.com");
	assert_entry("*.example.com", 1, SPAM_SUBDOMAINS, "example.com");
	assert_entry(">>com", 3, SPAM_DOMAIN, "com");
	assert_entry("*", 1, SPAM_FREE, "*@*");
	assert_entry("mail*.example.com", 1, SPAM_FREE, "*@mail*.example.com");
	assert_entry("[192.0.2.1]", 1, SPAM_DOMAIN, "[192.0.2.1]");
}

static void
each_sign_in_front_is_a_point(void **state)
{
	char text[SPAM_POINTS_MAX + 20];

	(void)state;
	assert_entry(
	    ">JAMES@EXAMPLE.COM", 2, SPAM_ADDRESS, "james@example.com");
	assert_entry(">>JAMES@*", 3, SPAM_USER, "james");
	memset(text, '>', SPAM_POINTS_MAX - 1);
	memcpy(text + SPAM_POINTS_MAX - 1, "a@b", 4);
	assert_entry(text, 255, SPAM_ADDRESS, "a@b");
	memset(text, '>', SPAM_POINTS_MAX);
	memcpy(text + SPAM_POINTS_MAX, "a@b", 4);
	assert_bad(text, 254, "more than 254 '>'");
	/* behind the start it is a byte like others */
	assert_entry("a>b@c", 1, SPAM_ADDRESS, "a>b@c");
}

static void
brings_an_entry_to_its_normal_form(void **state)
{
	(void)state;
	assert_entry("JAMES@Example.COM", 1, SPAM_ADDRESS, "james@example.com");
	assert_entry(
	    "\"james\"@example.com", 1, SPAM_ADDRESS, "james@example.com");
	assert_entry("\"J\\ames\"@*", 1, SPAM_USER, "james");
	assert_entry(
	    "\"a b\"@example.com", 1, SPAM_ADDRESS, "\"a b\"@example.com");
	assert_entry(
	    "\"a@b\"@example.com", 1, SPAM_ADDRESS, "\"a@b\"@example.com");
	assert_entry("**@**.example.com", 1, SPAM_SUBDOMAINS, "example.com");
	assert_entry("a***b@*", 1, SPAM_FREE, "a*b@*");
	/* no address by the rules, but there is mail with such */
	assert_entry("a..b@example.com", 1, SPAM_ADDRESS, "a..b@example.com");
	assert_entry(
	    "\"open@example.com", 1, SPAM_ADDRESS, "\"open@example.com");
}

static void
domains_become_a_labels(void **state)
{
	(void)state;
	assert_entry("joe@B\xc3\xbc"
		     "cher.example",
	    1, SPAM_ADDRESS, "joe@xn--bcher-kva.example");
	assert_entry("*@*.b\xc3\xbc"
		     "cher.example",
	    1, SPAM_SUBDOMAINS, "xn--bcher-kva.example");
	assert_entry(
	    "XN--BCHER-KVA.example", 1, SPAM_DOMAIN, "xn--bcher-kva.example");
	/* a label without a '*' for itself */
	assert_entry("*@b\xc3\xbc"
		     "cher.*",
	    1, SPAM_FREE, "*@xn--bcher-kva.*");
	assert_bad("*@b\xc3\xbc*.example", 2, "not ASCII");
	/* local parts stay as they are, but for ASCII letters */
	assert_entry(
	    "J\xc3\x96@example.com", 1, SPAM_ADDRESS, "j\xc3\x96@example.com");
}

static void
what_libidn2_turns_into_a_sign_of_ours_is_refused(void **state)
{
	(void)state;
	/* U+FF20 and U+FF0A are an '@' and a '*' of full width */
	assert_bad("a@b\xef\xbc\xa0"
		   "c.example",
	    2, "no such international domain name");
	assert_bad("a@b\xef\xbc\x8a"
		   "c.example",
	    2, "no such international domain name");
	assert_bad("a@\xc2\xad.example", 0, "dot");
}

static void
refuses_what_is_no_entry(void **state)
{
	char text[SPAM_ENTRY_MAX + 10];

	(void)state;
	assert_bad("", 0, "missing");
	assert_bad(">>", 2, "missing");
	assert_bad("@example.com", 0, "before the @");
	assert_bad(">james@", 6, "after the @");
	assert_bad("a b@example.com", 1, "blank");
	assert_bad("a@b c", 3, "blank");
	assert_bad("a@example..com", 0, "dot");
	assert_bad("a@.com", 0, "dot");
	assert_bad("a@example.com.", 0, "dot");
	assert_bad("*@*.", 0, "dot");
	assert_bad("a\tb@c", 1, "control");
	assert_bad("a\x7f@c", 1, "control");
	assert_bad("a\xc2\x85@c", 1, "control");
	assert_bad_bytes("a\0b@c", 5, 1, "control");
	assert_bad("a\xff@c", 1, "UTF-8");
	assert_bad(">a@\xc3", 3, "UTF-8");
	memset(text, 'a', sizeof text);
	memcpy(text, "a@", 2);
	assert_bad_bytes(text, SPAM_ENTRY_MAX + 1, SPAM_ENTRY_MAX, "512");
	text[sizeof text - 1] = 0;
}

static void
a_pattern_may_have_512_bytes_and_a_labels_count(void **state)
{
	char text[SPAM_ENTRY_MAX + 1];
	struct spam_entry e;
	stralloc room = {0};
	size_t i, n = 0;

	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text, ">*@", 3);
	assert_int_equal(
	    spam_entry_parse(&e, &room, text, SPAM_ENTRY_MAX + 1, NULL), 0);
	assert_int_equal(e.key.len, SPAM_ENTRY_MAX - 2);
	sa_free(&room);
	memcpy(text, "*@*", 3);
	n = 3;
	for (i = 0; i < 100; i++) {
		memcpy(text + n, ".\xc3\xbc", 3);
		n += 3;
	}
	memcpy(text + n, ".*", 2);
	assert_bad_bytes(text, n + 2, 0, "A-labels");
}

static void
a_star_stands_for_any_bytes(void **state)
{
	(void)state;
	assert_true(glob("*", ""));
	assert_true(glob("*", "a"));
	assert_true(glob("", ""));
	assert_false(glob("", "a"));
	assert_true(glob("a*", "a"));
	assert_true(glob("*a", "ba"));
	assert_false(glob("*a", "ab"));
	assert_true(glob("a*b*c", "aXbYbc"));
	assert_false(glob("a*b*c", "acb"));
	assert_true(glob("*ab*ab", "abXabab"));
	assert_false(glob("*ab*ab", "ab"));
	assert_true(glob("**a**", "a"));
	assert_false(glob("a", "aa"));
	assert_false(glob("aa", "a"));
	assert_false(glob("a?c", "abc"));
	assert_true(glob("a?c", "a?c"));
	assert_true(glob("[a]*", "[a]b"));
	assert_true(
	    spam_glob((struct bytes){"a*\0b", 4}, (struct bytes){"axx\0b", 5}));
	assert_true(glob("*", "*"));
}

static void
a_text_that_almost_matches_takes_no_longer(void **state)
{
	char pattern[SPAM_ENTRY_MAX], text[100000];
	size_t i;

	(void)state;
	/* what a matcher that tries everything would take ages for */
	for (i = 0; i < sizeof pattern; i += 2)
		memcpy(pattern + i, "a*", 2);
	pattern[sizeof pattern - 1] = 'b';
	memset(text, 'a', sizeof text);
	assert_false(spam_glob((struct bytes){pattern, sizeof pattern},
	    (struct bytes){text, sizeof text}));
	text[sizeof text - 1] = 'b';
	assert_true(spam_glob((struct bytes){pattern, sizeof pattern},
	    (struct bytes){text, sizeof text}));
}

static void
takes_the_entry_out_of_a_line(void **state)
{
	static const struct {
		const char *line, *entry;
	} cases[] = {{"a@b.example", "a@b.example"},
	    {"\t >a@b.example \r", ">a@b.example"}, {"", ""}, {" \t\r", ""},
	    {"# a@b.example", ""}, {"a@b.example # why", "a@b.example"},
	    {"a#b@c.example", "a#b@c.example"},
	    {"\"a #b\"@c.example #d", "\"a #b\"@c.example"},
	    {"\"a\\\" #b\"@c.example", "\"a\\\" #b\"@c.example"}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes e =
		    spam_entry_of_line(cases[i].line, strlen(cases[i].line));

		assert_int_equal(e.len, strlen(cases[i].entry));
		assert_memory_equal(e.s, cases[i].entry, e.len);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_what_kind_an_entry_is),
	    cmocka_unit_test(an_entry_without_an_at_is_a_domain),
	    cmocka_unit_test(each_sign_in_front_is_a_point),
	    cmocka_unit_test(brings_an_entry_to_its_normal_form),
	    cmocka_unit_test(domains_become_a_labels),
	    cmocka_unit_test(what_libidn2_turns_into_a_sign_of_ours_is_refused),
	    cmocka_unit_test(refuses_what_is_no_entry),
	    cmocka_unit_test(a_pattern_may_have_512_bytes_and_a_labels_count),
	    cmocka_unit_test(takes_the_entry_out_of_a_line),
	    cmocka_unit_test(a_star_stands_for_any_bytes),
	    cmocka_unit_test(a_text_that_almost_matches_takes_no_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
