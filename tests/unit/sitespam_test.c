#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/siteload.h"
#include "tests/unit/scratch.h"
#include "tests/unit/sitetext.h"

static void
fills_in_the_defaults(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(GOOD);
	assert_int_equal(site_read(&s, "."), 0);
	for (int i = 0; i < SPAM_LISTS; i++) {
		assert_string_equal(s.spam_list[i], "");
		assert_null(s.spam_table[i]);
		assert_int_equal(s.spam_line[i], 0);
	}
	assert_int_equal(s.spam_whitelist_bounce, 1);
	assert_int_equal(s.spam_reject, SITE_SPAM_BOUNCE);
	assert_int_equal(s.spam_report_max, 1000);
	assert_null(s.spam_exit);
	assert_int_equal(s.spam_exit_fail, SITE_EXIT_DEFER);
	assert_int_equal(s.loop.flags, LOOP_GIVEN | LOOP_NORMAL);
	assert_string_equal(s.filter_also, "");
	assert_string_equal(s.filter_allow, "");
	site_free(&s);
}

static void
reads_loopcheck_and_the_filters(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(GOOD "DEFAULT_LOOPCHECK=NoSpam,Spam-Delay(3)\n"
			    "FILTER_ALSO=\"*@a b@*\"\nFILTER_ALLOW=c@d\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.loop.flags, LOOP_GIVEN | LOOP_NOSPAM | LOOP_DELAY);
	assert_int_equal(s.loop.delay_min, 3);
	assert_string_equal(s.filter_also, "*@a b@*");
	assert_string_equal(s.filter_allow, "c@d");
	site_free(&s);
}

static void
reads_the_white_and_blacklists(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(GOOD "SPAM_EXIT=SAEXIT\n"
			    "SPAM_BLACKLIST_TO=old@example.org\n"
			    "SPAM_WHITELIST_FROM=\"*@EXAMPLE.COM >>JAMES@*\"\n"
			    "SPAM_WHITELIST_TO='b\xc3\xbc"
			    "cher.example'\n"
			    "SPAM_BLACKLIST_FROM='>james@example.com'\n"
			    "SPAM_BLACKLIST_FROM_TABLE=/etc/lsv/black\n"
			    "SPAM_WHITELIST_TO_TABLE='/a b'\n"
			    "SPAM_WHITELIST_BOUNCE=0\nSPAM_REPORT_MAX=7\n"
			    "SPAM_REJECT=hold\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_string_equal(s.spam_list[0], "*@EXAMPLE.COM >>JAMES@*");
	assert_string_equal(s.spam_list[1],
	    "b\xc3\xbc"
	    "cher.example");
	assert_string_equal(s.spam_list[2], ">james@example.com");
	assert_string_equal(s.spam_list[3], "old@example.org");
	assert_null(s.spam_table[0]);
	assert_string_equal(s.spam_table[1], "/a b");
	assert_string_equal(s.spam_table[2], "/etc/lsv/black");
	assert_null(s.spam_table[3]);
	assert_int_equal(s.spam_whitelist_bounce, 0);
	assert_int_equal(s.spam_report_max, 7);
	assert_int_equal(s.spam_reject, SITE_SPAM_HOLD);
	site_free(&s);
	sitetext_apply(GOOD "SPAM_REJECT=Discard\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.spam_reject, SITE_SPAM_DISCARD);
	site_free(&s);
}

static void
reads_how_the_exit_is_run(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(GOOD);
	assert_int_equal(site_read(&s, "."), 0);
	assert_null(s.spam_exit);
	assert_int_equal(s.spam_exit_workers, 8);
	assert_int_equal(s.spam_exit_timeout_ms, 60000);
	assert_int_equal(s.spam_exit_memory, 512 << 20);
	assert_int_equal(s.spam_exit_fail, SITE_EXIT_DEFER);
	assert_int_equal(s.spam_maxsize, 0);
	site_free(&s);
	sitetext_apply(GOOD "SPAM_EXIT=SAEXIT\nSPAM_EXIT_WORKERS=64\n"
			    "SPAM_EXIT_TIMEOUT=1500ms\nSPAM_EXIT_MEMORY=1G\n"
			    "SPAM_EXIT_FAIL=accept\nSPAM_MAXSIZE=500K\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_string_equal(s.spam_exit, "SAEXIT");
	assert_int_equal(s.spam_exit_workers, 64);
	assert_int_equal(s.spam_exit_timeout_ms, 1500);
	assert_int_equal(s.spam_exit_memory, 1 << 30);
	assert_int_equal(s.spam_exit_fail, SITE_EXIT_ACCEPT);
	assert_int_equal(s.spam_maxsize, 500 << 10);
	site_free(&s);
	sitetext_apply(
	    GOOD "SPAM_EXIT='/opt/my filter/run'\nSPAM_EXIT_FAIL=HOLD\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_string_equal(s.spam_exit, "/opt/my filter/run");
	assert_int_equal(s.spam_exit_fail, SITE_EXIT_HOLD);
	site_free(&s);
}

static void
tells_in_which_line_each_list_was_set(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(GOOD "SPAM_EXIT=x\nSPAM_BLACKLIST_TO=a@b\n"
			    "SPAM_WHITELIST_FROM=c@d\nSPAM_BLACKLIST_TO=e@f\n"
			    "SPAM_WHITELIST_TO_TABLE=/t\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.spam_line[SPAM_WHITELIST_FROM], 5);
	assert_int_equal(s.spam_line[SPAM_WHITELIST_TO], 0);
	assert_int_equal(s.spam_line[SPAM_BLACKLIST_FROM], 0);
	assert_int_equal(s.spam_line[SPAM_BLACKLIST_TO], 6);
	site_free(&s);
}

/* A table with one setting, and the room of its text. */
static int
load_one(struct site *s, const char *name, const char *value)
{
	static char room[256];
	const char *const pair[] = {name, value, NULL};
	struct table t = {0};
	int r;

	*s = (struct site){.text = room, .room = sizeof room};
	sitetext_table(pair);
	assert_int_equal(table_open(&t, SITE_TABLE), 0);
	errno = 0;
	r = siteload_spam(s, &t);
	table_close(&t);
	return r;
}

/* How many words the table of variables has for one. */
static unsigned
count_words(const char *name)
{
	const char *at = sitevar_find(name, NULL)->words;
	unsigned n = 1;

	while ((at = strchr(at, ' ')) != NULL) {
		at++;
		n++;
	}
	return n;
}

static void
knows_every_word_of_spam_reject(void **state)
{
	static const struct {
		const char *word;
		enum site_spam_reject is;
	} t[] = {
	    {"BOUNCE", SITE_SPAM_BOUNCE},
	    {"bounce", SITE_SPAM_BOUNCE},
	    {"DISCARD", SITE_SPAM_DISCARD},
	    {"discarD", SITE_SPAM_DISCARD},
	    {"HOLD", SITE_SPAM_HOLD},
	    {"Hold", SITE_SPAM_HOLD},
	};
	struct site s;

	(void)state;
	assert_int_equal(
	    sizeof t / sizeof t[0], 2 * count_words("SPAM_REJECT"));
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		assert_int_equal(load_one(&s, "SPAM_REJECT", t[i].word), 0);
		assert_int_equal(s.spam_reject, t[i].is);
	}
}

static void
knows_every_word_of_spam_exit_fail(void **state)
{
	static const struct {
		const char *word;
		enum site_spam_exit_fail is;
	} t[] = {
	    {"DEFER", SITE_EXIT_DEFER},
	    {"defer", SITE_EXIT_DEFER},
	    {"ACCEPT", SITE_EXIT_ACCEPT},
	    {"Accept", SITE_EXIT_ACCEPT},
	    {"HOLD", SITE_EXIT_HOLD},
	    {"hOLD", SITE_EXIT_HOLD},
	};
	struct site s;

	(void)state;
	assert_int_equal(
	    sizeof t / sizeof t[0], 2 * count_words("SPAM_EXIT_FAIL"));
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		assert_int_equal(load_one(&s, "SPAM_EXIT_FAIL", t[i].word), 0);
		assert_int_equal(s.spam_exit_fail, t[i].is);
	}
}

static void
knows_every_word_of_default_loopcheck(void **state)
{
	static const struct {
		const char *words;
		unsigned flags;
		unsigned delay_min;
	} t[] = {
	    {"normal", LOOP_NORMAL, 0},
	    {"FULL", LOOP_FULL, 0},
	    {"None", LOOP_NONE, 0},
	    {"None,Allow-Bounces", LOOP_NONE | LOOP_ALLOW_BOUNCES, 0},
	    {"Noorigin", LOOP_NOORIGIN, 0},
	    {"NOBODY", LOOP_NOBODY, 0},
	    {"NoCRC", LOOP_NOCRC, 0},
	    {"NoSpam", LOOP_NOSPAM, 0},
	    {"Spam-Delay(0)", LOOP_DELAY, 0},
	    {"Spam-Delay(10080)", LOOP_DELAY, LOOP_DELAY_MAX},
	    {"Noorigin Nobody NoCRC NoSpam Spam-Delay(7)",
		LOOP_NOORIGIN | LOOP_NOBODY | LOOP_NOCRC | LOOP_NOSPAM |
		    LOOP_DELAY,
		7},
	};
	struct site s;
	unsigned seen = LOOP_GIVEN;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		assert_int_equal(
		    load_one(&s, "DEFAULT_LOOPCHECK", t[i].words), 0);
		assert_int_equal(s.loop.flags, LOOP_GIVEN | t[i].flags);
		assert_int_equal(s.loop.delay_min, t[i].delay_min);
		seen |= t[i].flags;
	}
	assert_int_equal(seen, (1 << LOOP_FLAGS) - 1);
}

static void
refuses_a_value_that_is_none(void **state)
{
	static const char *const t[][2] = {
	    {"SPAM_REJECT", "HOLDS"},
	    {"SPAM_REJECT", ""},
	    {"SPAM_EXIT", ""},
	    {"SPAM_EXIT", "../exit"},
	    {"SPAM_EXIT_FAIL", "BOUNCE"},
	    {"SPAM_WHITELIST_BOUNCE", "256"},
	    {"SPAM_WHITELIST_BOUNCE", "-1"},
	    {"SPAM_REPORT_MAX", "1000001"},
	    {"SPAM_REPORT_MAX", "many"},
	    {"SPAM_WHITELIST_FROM_TABLE", "relative"},
	    {"SPAM_WHITELIST_TO_TABLE", ""},
	    {"SPAM_BLACKLIST_FROM_TABLE", "a/b"},
	    {"SPAM_BLACKLIST_TO_TABLE", "x"},
	    {"DEFAULT_LOOPCHECK", "Normal,Full"},
	    {"DEFAULT_LOOPCHECK", "Spam-Delay(10081)"},
	    {":line SPAM_WHITELIST_FROM", "0"},
	    {":line SPAM_BLACKLIST_TO", "x"},
	};
	struct site s;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		if (load_one(&s, t[i][0], t[i][1]) == 0)
			fail_msg("%s=%s", t[i][0], t[i][1]);
		assert_int_equal(errno, EPROTO);
	}
}

/* Every text is in the memory of the site, which is not overrun. */
static void
keeps_all_texts_or_none_is_of_use(void **state)
{
	static const char *const pair[] = {"SPAM_WHITELIST_FROM", "a",
	    "SPAM_WHITELIST_TO", "bc", "SPAM_BLACKLIST_FROM", "def",
	    "SPAM_BLACKLIST_TO", "ghij", "SPAM_WHITELIST_FROM_TABLE", "/k",
	    "SPAM_WHITELIST_TO_TABLE", "/lm", "SPAM_BLACKLIST_FROM_TABLE",
	    "/nop", "SPAM_BLACKLIST_TO_TABLE", "/q", "SPAM_EXIT", "r",
	    "FILTER_ALSO", "st", "FILTER_ALLOW", "uvw", NULL};
	struct table t = {0};
	char room[64];
	size_t need = 0;

	(void)state;
	for (size_t i = 1; pair[i - 1]; i += 2)
		need += strlen(pair[i]) + 1;
	assert_in_range(need, 1, sizeof room);
	sitetext_table(pair);
	assert_int_equal(table_open(&t, SITE_TABLE), 0);
	for (size_t n = 0; n <= need; n++) {
		struct site s = {.text = room, .room = n};

		memset(room, '#', sizeof room);
		errno = 0;
		assert_int_equal(siteload_spam(&s, &t), n < need ? -1 : 0);
		assert_int_equal(errno, n < need ? EPROTO : 0);
		assert_true(s.used <= n);
		for (size_t i = n; i < sizeof room; i++)
			assert_int_equal(room[i], '#');
		if (n < need)
			continue;
		table_close(&t);
		assert_int_equal(s.used, need);
		assert_string_equal(s.spam_list[SPAM_BLACKLIST_TO], "ghij");
		assert_string_equal(s.spam_table[SPAM_BLACKLIST_TO], "/q");
		assert_string_equal(s.spam_exit, "r");
		assert_string_equal(s.filter_also, "st");
		assert_string_equal(s.filter_allow, "uvw");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fills_in_the_defaults),
	    cmocka_unit_test(reads_loopcheck_and_the_filters),
	    cmocka_unit_test(reads_the_white_and_blacklists),
	    cmocka_unit_test(reads_how_the_exit_is_run),
	    cmocka_unit_test(tells_in_which_line_each_list_was_set),
	    cmocka_unit_test(knows_every_word_of_spam_reject),
	    cmocka_unit_test(knows_every_word_of_spam_exit_fail),
	    cmocka_unit_test(knows_every_word_of_default_loopcheck),
	    cmocka_unit_test(refuses_a_value_that_is_none),
	    cmocka_unit_test(keeps_all_texts_or_none_is_of_use),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
