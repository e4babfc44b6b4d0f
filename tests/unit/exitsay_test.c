#include "lib/exitsay.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef int reader(stralloc *why, const struct exitsay *s);

static void
expect(reader *say, int status, const char *out, const char *err, int code,
    const char *why)
{
	struct exitsay s = {status, bytes_z(out), bytes_z(err)};
	stralloc got = {0};

	assert_int_equal(say(&got, &s), code);
	assert_int_equal(sa_0(&got), 0);
	assert_string_equal(got.s, why);
	sa_free(&got);
}

static void
spamc_says_ham_and_spam_with_its_status(void **state)
{
	(void)state;
	expect(exitsay_spamc, 0, "-1.2/5.0\n", "", EXITSAY_GO,
	    "SpamAssassin: score -1.2 of 5.0");
	expect(exitsay_spamc, 1, "1000.0/5.0\n", "", EXITSAY_REJECT,
	    "SpamAssassin: score 1000.0 of 5.0");
	expect(exitsay_spamc, 1, "7/5", "", EXITSAY_REJECT,
	    "SpamAssassin: score 7 of 5");
}

static void
a_message_too_large_for_spamc_goes_on(void **state)
{
	(void)state;
	expect(exitsay_spamc, 0, "0/0\n", "", EXITSAY_GO,
	    "SpamAssassin: not tested, larger than max-size of spamc");
}

static void
spamc_without_spamd_is_a_failure_and_says_why(void **state)
{
	(void)state;
	expect(exitsay_spamc, 69, "0/0\n", "spamc: connect failed\nmore\n",
	    EXITSAY_FAILED, "spamc exited 69: spamc: connect failed");
	expect(exitsay_spamc, 74, "0/0\n", "", EXITSAY_FAILED,
	    "spamc exited 74: 0/0");
	expect(exitsay_spamc, 128 + 11, "", "", EXITSAY_FAILED,
	    "spamc was ended by signal 11");
}

static void
spamc_that_says_no_score_is_a_failure(void **state)
{
	static const char *const out[] = {"", "\n\n", "5.0", "/", "5.0/",
	    "/5.0", "a/5.0", "5.0/b", "1.2.3/5", "./5", "-/5", "5-/5", "5/5/5",
	    " 5/5", "From: x/y"};
	struct exitsay s = {0, {"", 0}, {"", 0}};
	stralloc why = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(out) / sizeof(out[0]); i++) {
		s.out = bytes_z(out[i]);
		s.status = (int)(i & 1);
		assert_int_equal(exitsay_spamc(&why, &s), EXITSAY_FAILED);
	}
	expect(exitsay_spamc, 1, "0/0\n", "", EXITSAY_FAILED,
	    "spamc exited 1: 0/0");
	expect(exitsay_spamc, 2, "9.9/5.0\n", "", EXITSAY_FAILED,
	    "spamc exited 2: 9.9/5.0");
	sa_free(&why);
}

static void
what_clients_say_becomes_one_clean_short_line(void **state)
{
	struct exitsay s = {3, {"a\0b\r\x1b[2J\nc\n", 10}, {"", 0}};
	static char many[5000];
	stralloc why = {0};

	(void)state;
	assert_int_equal(exitsay_spamc(&why, &s), EXITSAY_FAILED);
	assert_int_equal(sa_0(&why), 0);
	assert_string_equal(why.s, "spamc exited 3: a?b??[2J");
	why.len = 0;
	memset(many, 'x', sizeof many);
	s.err = (struct bytes){many, sizeof many};
	assert_int_equal(exitsay_rspamc(&why, &s), EXITSAY_FAILED);
	assert_true(why.len < 300);
	sa_free(&why);
}

#define HEAD "Results for file: stdin (0.104 seconds)\n[Metric: default]\n"

static void
rspamc_tells_an_action_and_a_score(void **state)
{
	(void)state;
	expect(exitsay_rspamc, 0,
	    HEAD "Action: no action\nSpam: false\nScore: 2.40 / 15.00\n", "",
	    EXITSAY_GO, "rspamd: no action, score 2.40 / 15.00");
	expect(exitsay_rspamc, 0,
	    HEAD "Action: reject\nSpam: true\nScore: 15.00 / 15.00\n"
		 "Symbol: GTUBE (0.00)\nMessage-ID: x\nAction: no action\n",
	    "", EXITSAY_REJECT, "rspamd: reject, score 15.00 / 15.00");
	expect(exitsay_rspamc, 0,
	    HEAD "Action: add header\nSpam: true\nScore: 7.10 / 15.00\n", "",
	    EXITSAY_GO, "rspamd: add header, score 7.10 / 15.00");
}

static void
a_soft_reject_is_tried_again(void **state)
{
	(void)state;
	expect(exitsay_rspamc, 0,
	    HEAD "Action: soft reject\nSpam: false\nScore: 1.00 / 15.00\n", "",
	    EXITSAY_FAILED, "rspamd: soft reject, score 1.00 / 15.00");
}

static void
an_unknown_action_is_a_failure(void **state)
{
	(void)state;
	expect(exitsay_rspamc, 0, HEAD "Action: rejected\nScore: 1 / 2\n", "",
	    EXITSAY_FAILED, "rspamd: rejected, score 1 / 2");
	expect(exitsay_rspamc, 0, HEAD "Action: \nScore: 1 / 2\n", "",
	    EXITSAY_FAILED, "rspamd: , score 1 / 2");
}

static void
rspamc_without_an_answer_is_a_failure(void **state)
{
	(void)state;
	expect(exitsay_rspamc, 1,
	    "Results for file: stdin (0 seconds)\n"
	    "IO write error: Connection refused\n\n",
	    "", EXITSAY_FAILED,
	    "rspamc exited 1: IO write error: Connection refused");
	expect(exitsay_rspamc, 0, "", "", EXITSAY_FAILED, "rspamc exited 0");
	expect(exitsay_rspamc, 0, HEAD "Action: reject\n", "", EXITSAY_FAILED,
	    "rspamc exited 0: [Metric: default]");
	expect(exitsay_rspamc, 1, HEAD "Action: reject\nScore: 1 / 1\n", "",
	    EXITSAY_FAILED, "rspamc exited 1: [Metric: default]");
}

static void
what_is_learned_or_was_known_is_done(void **state)
{
	(void)state;
	expect(exitsay_spamc_learned, 0, "Message successfully un/learned\n",
	    "", EXITSAY_GO, "SpamAssassin: Message successfully un/learned");
	expect(exitsay_spamc_learned, 0, "Message was already un/learned\n", "",
	    EXITSAY_GO, "SpamAssassin: Message was already un/learned");
	expect(exitsay_rspamc_learned, 0, "success = true;\n", "", EXITSAY_GO,
	    "rspamd: learned");
	expect(exitsay_rspamc_learned, 1,
	    "HTTP error: 208, <1@x> has been already learned as spam, "
	    "ignore it\n",
	    "", EXITSAY_GO, "rspamd: knew it");
}

static void
what_was_not_learned_is_a_failure(void **state)
{
	(void)state;
	expect(exitsay_spamc_learned, 0, "Unable to learn message\n", "",
	    EXITSAY_FAILED, "spamc exited 0: Unable to learn message");
	expect(exitsay_spamc_learned, 69, "", "no spamd\n", EXITSAY_FAILED,
	    "spamc exited 69: no spamd");
	expect(exitsay_spamc_learned, 0, "From: the message itself\n", "",
	    EXITSAY_FAILED, "spamc exited 0: From: the message itself");
	expect(exitsay_rspamc_learned, 1,
	    "HTTP error: 404, Unknown or missing flag\n", "", EXITSAY_FAILED,
	    "rspamc exited 1: HTTP error: 404, Unknown or missing flag");
	expect(exitsay_rspamc_learned, 1, "success = true;\n", "",
	    EXITSAY_FAILED, "rspamc exited 1: success = true;");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(spamc_says_ham_and_spam_with_its_status),
	    cmocka_unit_test(a_message_too_large_for_spamc_goes_on),
	    cmocka_unit_test(spamc_without_spamd_is_a_failure_and_says_why),
	    cmocka_unit_test(spamc_that_says_no_score_is_a_failure),
	    cmocka_unit_test(what_clients_say_becomes_one_clean_short_line),
	    cmocka_unit_test(rspamc_tells_an_action_and_a_score),
	    cmocka_unit_test(a_soft_reject_is_tried_again),
	    cmocka_unit_test(an_unknown_action_is_a_failure),
	    cmocka_unit_test(rspamc_without_an_answer_is_a_failure),
	    cmocka_unit_test(what_is_learned_or_was_known_is_done),
	    cmocka_unit_test(what_was_not_learned_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
