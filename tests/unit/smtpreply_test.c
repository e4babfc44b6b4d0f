#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "lib/smtpreply.h"

static int
line(struct smtpreply *p, const char *text)
{
	return smtpreply_line(p, text, strlen(text));
}

static void
splits_code_enhanced_code_and_text(void **state)
{
	struct smtpreply p = {0};

	(void)state;
	assert_int_equal(line(&p, "550 5.7.123  go  away"), 1);
	assert_int_equal(p.reply.code, 550);
	assert_string_equal(p.reply.enh, "5.7.123");
	assert_true(p.enh_given);
	assert_string_equal(p.reply.text, "go  away");
	assert_int_equal(line(&p, "250 2.0.0"), 1);
	assert_string_equal(p.reply.enh, "2.0.0");
	assert_string_equal(p.reply.text, "");
}

static void
makes_up_an_enhanced_code_only_from_the_class(void **state)
{
	static const char *const none[] = {"450 no", "450 5.1.1 no",
	    "450 4.1 no", "450 4.1.1234 no", "450 4.1.1x", "450 4..1 no",
	    "450 4.1.", "450-", "450"};
	struct smtpreply p = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(none) / sizeof(*none); i++) {
		p.more = 0;
		assert_true(line(&p, none[i]) >= 0);
		assert_string_equal(p.reply.enh, "4.0.0");
		assert_false(p.enh_given);
	}
}

static void
waits_for_the_last_line(void **state)
{
	struct smtpreply p = {0};

	(void)state;
	assert_int_equal(line(&p, "250-one"), 0);
	assert_int_equal(line(&p, "250-"), 0);
	assert_int_equal(line(&p, "250-2.1.0 two"), 0);
	assert_int_equal(line(&p, "250"), 1);
	assert_string_equal(p.reply.text, "one two");
	assert_string_equal(p.reply.enh, "2.1.0");
	assert_int_equal(p.lines, 4);
}

static void
refuses_what_is_no_reply(void **state)
{
	static const char *const bad[] = {"", "2", "25", "25x", "150 x",
	    "650 x", "250x", "250\tx", " 250 x", "+250 x", "\377\377\377"};
	struct smtpreply p = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		errno = 0;
		assert_int_equal(line(&p, bad[i]), -1);
		assert_int_equal(errno, EPROTO);
	}
	assert_int_equal(line(&p, "250-x"), 0);
	assert_int_equal(line(&p, "251 x"), -1);
}

static void
keeps_printable_bytes_only(void **state)
{
	struct smtpreply p = {0};

	(void)state;
	assert_int_equal(smtpreply_line(&p, "550 a\0b\033\200~", 10), 1);
	assert_string_equal(p.reply.text, "a?b??~");
}

static void
bounds_text_lines_and_replies(void **state)
{
	static char l[SMTP_LINE_MAX + 1];
	struct smtpreply p = {0};
	int i;

	(void)state;
	memset(l, 'y', sizeof(l));
	memcpy(l, "250-", 4);
	assert_int_equal(smtpreply_line(&p, l, sizeof(l)), -1);
	assert_int_equal(errno, EMSGSIZE);
	for (i = 0; i < SMTP_REPLY_MAX / SMTP_LINE_MAX; i++)
		assert_int_equal(smtpreply_line(&p, l, SMTP_LINE_MAX), 0);
	assert_int_equal(p.reply.len, SMTP_TEXT_MAX);
	assert_int_equal(strlen(p.reply.text), SMTP_TEXT_MAX);
	assert_int_equal(line(&p, "250 x"), -1);
	assert_int_equal(errno, EMSGSIZE);
}

static void
sorts_replies_into_classes(void **state)
{
	static const struct {
		int code;
		enum smtp_result result;
	} want[] = {{250, SMTP_DELIVERED}, {251, SMTP_DELIVERED},
	    {354, SMTP_RETRY}, {421, SMTP_RETRY}, {452, SMTP_RETRY},
	    {550, SMTP_FAILED}, {554, SMTP_FAILED}, {530, SMTP_RETRY},
	    {534, SMTP_RETRY}, {535, SMTP_RETRY}, {538, SMTP_RETRY},
	    {0, SMTP_RETRY}};
	struct smtp_reply r = {0};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(want) / sizeof(*want); i++) {
		r.code = want[i].code;
		assert_int_equal(smtp_class(&r), want[i].result);
	}
}

static void
cleans_and_cuts_our_own_words(void **state)
{
	struct smtp_reply r;
	char text[SMTP_TEXT_MAX * 2];

	(void)state;
	memset(text, 'z', sizeof(text));
	text[0] = '\n';
	text[sizeof(text) - 1] = '\0';
	smtpreply_ours(&r, "5.123.1234567", text);
	assert_int_equal(r.code, 0);
	assert_string_equal(r.enh, "5.123.12345");
	assert_int_equal(r.len, SMTP_TEXT_MAX);
	assert_int_equal(r.text[0], '?');
	assert_int_equal(r.text[SMTP_TEXT_MAX - 1], 'z');
}

static void
has_a_name_for_every_command(void **state)
{
	(void)state;
	assert_string_equal(smtp_verb_name(SMTP_GREETING), "greeting");
	assert_string_equal(smtp_verb_name(SMTP_DOT), "dot");
	assert_string_equal(smtp_verb_name(SMTP_NONE), "-");
}

static void
knows_too_many_recipients_by_the_enhanced_code_if_there_is_one(void **state)
{
	static const char *const many[] = {
	    "452 4.5.3 so many", "552 5.5.3 no", "550 5.5.3 no", "452 no"};
	static const char *const other[] = {
	    "452 4.2.2 full", "552 5.2.2 full", "550 no", "451 no"};
	struct smtpreply p = {0};

	(void)state;
	for (size_t i = 0; i < sizeof many / sizeof *many; i++) {
		assert_int_equal(line(&p, many[i]), 1);
		assert_true(smtpreply_too_many(&p));
	}
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		assert_int_equal(line(&p, other[i]), 1);
		assert_false(smtpreply_too_many(&p));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(splits_code_enhanced_code_and_text),
	    cmocka_unit_test(makes_up_an_enhanced_code_only_from_the_class),
	    cmocka_unit_test(waits_for_the_last_line),
	    cmocka_unit_test(refuses_what_is_no_reply),
	    cmocka_unit_test(keeps_printable_bytes_only),
	    cmocka_unit_test(bounds_text_lines_and_replies),
	    cmocka_unit_test(sorts_replies_into_classes),
	    cmocka_unit_test(
		knows_too_many_recipients_by_the_enhanced_code_if_there_is_one),
	    cmocka_unit_test(cleans_and_cuts_our_own_words),
	    cmocka_unit_test(has_a_name_for_every_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
