#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/site.h"
#include "lib/siteload.h"
#include "tests/unit/scratch.h"
#include "tests/unit/sitetext.h"

static void
fills_in_every_default(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(GOOD);
	assert_int_equal(site_read(&s, "."), 0);
	assert_string_equal(s.node, "lsv.example.org");
	assert_int_equal(s.nmydomain, 1);
	assert_string_equal(s.mydomain[0], "lsv.example.org");
	assert_int_equal(s.npostmaster, 1);
	assert_string_equal(s.postmaster[0].address, "joe@example.org");
	assert_false(s.postmaster[0].hidden || s.postmaster[0].quiet);
	assert_int_equal(s.nbounces_to, 1);
	assert_string_equal(s.bounces_to[0], "joe@example.org");
	assert_string_equal(s.smtp_forward.f.target[0].host, "127.0.0.1");
	assert_int_equal(s.smtp_forward.f.target[0].kind, FORWARD_IPV4);
	assert_int_equal(s.smtp_forward.f.target[0].port, 25);
	assert_int_equal(s.nforwards, 0);
	assert_int_equal(s.pool_post, '-');
	assert_int_equal(s.pool_admin, '-');
	assert_int_equal(s.pool_dist, '-');
	assert_int_equal(s.pool_order_fifo, 0);
	assert_true(s.limits.bps_all == 0 && s.limits.rps_all == 0);
	assert_int_equal(s.smtp_forward.line, 0);
	assert_int_equal(s.maxbsmtp, 100);
	assert_int_equal(s.sizelim, 64 << 20);
	assert_int_equal(s.filemaxl, 500000);
	assert_int_equal(s.retry_min_ms, 5 * 60000);
	assert_int_equal(s.retry_max_ms, 4 * 3600000);
	assert_int_equal(s.queue_life_ms, 5 * 86400000);
	assert_int_equal(s.delay_warn_ms, 4 * 3600000);
	assert_int_equal(s.sync_ms, 200);
	assert_int_equal(s.keep_done_days, 7);
	assert_int_equal(s.keep_done_bytes, 1 << 30);
	assert_int_equal(s.window, 8);
	assert_int_equal(s.connect_timeout_ms, 30000);
	assert_int_equal(s.smtp_timeout_ms, 300000);
	assert_int_equal(s.idle_ms, 30000);
	assert_int_equal(s.bounce_forward_max, 50);
	assert_int_equal(s.reply_max, 1);
	assert_int_equal(s.spam_delay_min, 10);
	assert_int_equal(s.spam_threshold, 4);
	assert_int_equal(s.spam_alert, 0);
	assert_int_equal(s.hold_max, 20000);
	assert_int_equal(s.keep_hold_days, 30);
	assert_int_equal(s.standalone, 1);
	assert_string_equal(s.tableless, "");
	assert_int_equal(s.maxdist, 10000);
	site_free(&s);
}

static void
reads_how_the_site_takes_part_in_the_network(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(GOOD "RUNMODE=Tableless  swgate.lsoft.com\n"
			    "MAXDIST=500\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.standalone, 0);
	assert_string_equal(s.tableless, "swgate.lsoft.com");
	assert_int_equal(s.maxdist, 500);
	site_free(&s);
	sitetext_apply(GOOD "RUNMODE=networked\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.standalone, 0);
	assert_string_equal(s.tableless, "");
	site_free(&s);
}

static void
reads_how_long_mail_is_held(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(GOOD "SPAM_DELAY=0\nSPAM_THRESHOLD=1000\nSPAM_ALERT=1\n"
			    "HOLD_MAX=1\nKEEP_HOLD=0\nRUNMODE=NETWORKED\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.spam_delay_min, 0);
	assert_int_equal(s.spam_threshold, 1000);
	assert_int_equal(s.spam_alert, 1);
	assert_int_equal(s.hold_max, 1);
	assert_int_equal(s.keep_hold_days, 0);
	assert_int_equal(s.standalone, 0);
	site_free(&s);
	sitetext_apply(GOOD "RUNMODE=Standalone\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.standalone, 1);
	site_free(&s);
}

static void
reads_what_the_site_has_set(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(
	    GOOD "MYDOMAIN=\"lists.example.org LSV.example.org $NODE\"\n"
		 "POSTMASTER=\"joe@a.b Hide: ann@a.b Quiet: ed@a.b\"\n"
		 "SMTP_FORWARD=[2001:db8::1]:587\n"
		 "SMTP_FORWARD_12=3*c.d\nSMTP_FORWARD_2=192.0.2.1:2525\n"
		 "DEFAULT_LIST_POOL=\"b a\"\nSYNC=transaction\nIDLE=0\n"
		 "MAXBSMTP=50\nSIZELIM=10M\nSPAM_EXIT=SAEXIT\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.nmydomain, 2);
	assert_string_equal(s.mydomain[0], "lsv.example.org");
	assert_string_equal(s.mydomain[1], "lists.example.org");
	assert_int_equal(s.npostmaster, 3);
	assert_false(s.postmaster[0].hidden || s.postmaster[0].quiet);
	assert_true(s.postmaster[1].hidden && !s.postmaster[1].quiet);
	assert_true(s.postmaster[2].hidden && s.postmaster[2].quiet);
	assert_string_equal(s.postmaster[2].address, "ed@a.b");
	assert_int_equal(s.nbounces_to, 2);
	assert_string_equal(s.bounces_to[1], "ann@a.b");
	assert_string_equal(s.smtp_forward.f.target[0].host, "2001:db8::1");
	assert_int_equal(s.smtp_forward.f.target[0].port, 587);
	assert_int_equal(s.nforwards, 2);
	assert_int_equal(s.forwards[0].n, 2);
	assert_string_equal(s.forwards[0].f.target[0].host, "192.0.2.1");
	assert_int_equal(s.forwards[0].f.target[0].port, 2525);
	assert_int_equal(s.forwards[0].f.count, 1);
	assert_int_equal(s.forwards[1].n, 12);
	assert_string_equal(s.forwards[1].f.target[0].host, "c.d");
	assert_int_equal(s.forwards[1].f.count, 3);
	assert_int_equal(s.pool_post, 'B');
	assert_int_equal(s.pool_admin, 'A');
	assert_int_equal(s.sync_ms, 0);
	assert_int_equal(s.idle_ms, 0);
	assert_int_equal(s.maxbsmtp, 50);
	assert_int_equal(s.sizelim, 10 << 20);
	site_free(&s);

	sitetext_apply(
	    GOOD "BOUNCES_TO=\"x@a.b y@a.b\"\nDEFAULT_LIST_POOL=C\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.nbounces_to, 2);
	assert_string_equal(s.bounces_to[1], "y@a.b");
	assert_int_equal(s.pool_post, 'C');
	assert_int_equal(s.pool_admin, 'C');
	site_free(&s);
}

static void
knows_the_domains_that_it_serves(void **state)
{
	struct site s = {.node = NULL};

	(void)state;
	assert_null(site_serves(&s, bytes_z("lsv.example.org")));
	sitetext_apply(GOOD "MYDOMAIN=\"Lists.Example.org\"\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_string_equal(
	    site_serves(&s, bytes_z("LSV.example.ORG")), "lsv.example.org");
	assert_string_equal(
	    site_serves(&s, bytes_z("lists.example.org")), s.mydomain[1]);
	assert_null(site_serves(&s, bytes_z("example.org")));
	assert_null(site_serves(&s, bytes_z("a.lsv.example.org")));
	assert_null(site_serves(&s, bytes_z("lsv.example.org.")));
	assert_null(site_serves(&s, (struct bytes){NULL, 0}));
	assert_null(site_serves(&s, (struct bytes){"lsv.example.org\0", 16}));
	assert_ptr_equal(
	    site_serves(&s, (struct bytes){"lsv.example.org.x", 15}), s.node);
	site_free(&s);
}

/* What the workers need; the line of each entry is kept for explanations. */
static void
reads_relays_limits_and_order(void **state)
{
	const struct forward *f;
	struct site s;

	(void)state;
	sitetext_apply(
	    GOOD "export SMTP_FORWARD=UNIX.XYZ.COM\n\n"
		 "SMTP_FORWARD_7='2*a.b:465(22:00-06:00);[::1];c.d;POOL=A-;"
		 "TLS=verify;AUTH=bulk;HELO=x.y'\n"
		 "SMTP_FORWARD_1000000=e.f;BIND=192.0.2.1\n"
		 "SMTP_RATE_LIMIT=\"12Mbps AB:1.5Mbps C:150kbps\"\n"
		 "SMTP_MESSAGE_LIMIT=\"600/h B:20/s\"\nPOOL_ORDER=fifo\n"
		 "DEFAULT_DIST_POOL=d\n"
		 "DEFAULT_LIST_POOL=\"B A\"\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.smtp_forward.line, 3);
	assert_string_equal(s.smtp_forward.f.target[0].host, "UNIX.XYZ.COM");
	assert_string_equal(s.smtp_forward.f.auth.s, "");
	assert_int_equal(s.nforwards, 2);
	assert_int_equal(s.forwards[0].n, 7);
	assert_int_equal(s.forwards[0].line, 5);
	f = &s.forwards[0].f;
	assert_int_equal(f->count, 2);
	assert_int_equal(f->targets, 3);
	assert_int_equal(f->target[0].windows, 1);
	assert_string_equal(f->target[1].host, "::1");
	assert_string_equal(f->target[2].host, "c.d");
	assert_int_equal(f->pools, 1 | 1 << POOL_DEFAULT);
	assert_int_equal(f->tls, TLS_VERIFY);
	assert_string_equal(f->auth.s, "bulk");
	assert_string_equal(f->helo.s, "x.y");
	assert_string_equal(f->bind.s, "");
	assert_int_equal(s.forwards[1].n, 1000000);
	assert_int_equal(s.forwards[1].line, 6);
	assert_string_equal(s.forwards[1].f.bind.s, "192.0.2.1");
	assert_int_equal(s.forwards[1].f.pools, FORWARD_ALL_POOLS);
	assert_true(s.limits.bps_all == 12e6 && s.limits.bps[1] == 1.5e6);
	assert_true(s.limits.bps[2] == 150e3 && s.limits.bps[3] == 0);
	assert_true(s.limits.rps[1] == 20 && s.limits.rps[0] == 0);
	assert_true(s.limits.rps_all > 0.16666 && s.limits.rps_all < 0.16667);
	assert_int_equal(s.pool_order_fifo, 1);
	assert_int_equal(s.pool_dist, 'D');
	assert_int_equal(s.pool_post, 'B');
	assert_int_equal(s.pool_admin, 'A');
	site_free(&s);
}

static void
tells_which_line_set_a_variable(void **state)
{
	unsigned line = 7;

	(void)state;
	sitetext_apply("# a site\n" GOOD "MAXBSMTP=10\nMAXBSMTP=20\n\n"
		       "SMTP_FORWARD_3=\"a.b; \\\n\tPOOL=A\"\nIDLE=1\n");
	assert_int_equal(site_line(&line, ".", "NODE"), 1);
	assert_int_equal(line, 2);
	assert_int_equal(site_line(&line, ".", "MAXBSMTP"), 1);
	assert_int_equal(line, 5); /* the one in force */
	assert_int_equal(site_line(&line, ".", "SMTP_FORWARD_3"), 1);
	assert_int_equal(line, 7);
	assert_int_equal(site_line(&line, ".", "IDLE"), 1);
	assert_int_equal(line, 9);
	assert_int_equal(site_line(&line, ".", "SMTP_FORWARD"), 0);
	assert_int_equal(site_line(&line, ".", "NO_SUCH_NAME"), 0);
	assert_int_equal(
	    site_line(&line, ".",
		"A_NAME_THAT_IS_LONGER_THAN_ANY_VARIABLE_HAS_A_RIGHT_TO_BE"),
	    0);
	unlink(SITE_TABLE);
	assert_int_equal(site_line(&line, ".", "NODE"), -1);
	assert_int_equal(errno, ENOENT);
}

/* As many texts as a value can hold. */
static void
has_room_for_all_hosts_of_all_entries(void **state)
{
	static char text[65536];
	char *to = stpcpy(text, GOOD);
	struct site s;

	(void)state;
	for (int i = 1; i <= FORWARD_WORKERS; i++) {
		to += sprintf(to, "SMTP_FORWARD_%d=1.1.1.1", 2 * i);
		for (int k = 1; k < FORWARD_TARGETS; k++)
			to = stpcpy(to, ";a.b");
		*to++ = '\n';
	}
	*to = 0;
	sitetext_apply(text);
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.nforwards, FORWARD_WORKERS);
	for (size_t i = 0; i < s.nforwards; i++) {
		const struct forward *f = &s.forwards[i].f;

		assert_int_equal(s.forwards[i].n, 2 * (i + 1));
		assert_int_equal(f->targets, FORWARD_TARGETS);
		assert_string_equal(f->target[0].host, "1.1.1.1");
		assert_string_equal(f->target[FORWARD_TARGETS - 1].host, "a.b");
	}
	site_free(&s);
}

static void
never_goes_on_without_a_table(void **state)
{
	struct site s;

	(void)state;
	unlink(SITE_TABLE);
	assert_int_equal(site_read(&s, "."), -1);
	assert_int_equal(errno, ENOENT);
	assert_null(s.node);
	site_free(&s);
	assert_int_equal(site_read(&s, "no/such/directory"), -1);
}

static void
refuses_a_table_it_does_not_understand(void **state)
{
	static const char *const t[][12] = {
	    {NULL},
	    {"NODE", "a.b", "POSTMASTER", "joe@a.b", NULL},
	    {":format", "lsv-site 1", "NODE", "a.b", "POSTMASTER", "joe@a.b",
		NULL},
	    {":format", "lsv-site 2", "NODE", "a.b", NULL},
	    {":format", "lsv-site 2", "POSTMASTER", "joe@a.b", NULL},
	    {":format", "lsv-site 2", "NODE", "a", "POSTMASTER", "joe@a.b",
		NULL},
	    {":format", "lsv-site 2", "NODE", "a.b", "POSTMASTER", "joe@a.b",
		"MAXBSMTP", "many", NULL},
	    {":format", "lsv-site 2", "NODE", "a.b", "POSTMASTER", "joe@a.b",
		"MAXIMUM", "1", NULL},
	    {":format", "lsv-site 2", "NODE", "a.b", "POSTMASTER", "joe@a.b",
		"SMTP_FORWARD_1", "a", NULL},
	    {":format", "lsv-site 2", "NODE", "a.b", "POSTMASTER", "joe@a.b",
		"SMTP_FORWARD_n", "a.b", NULL},
	    {":format", "lsv-site 2", "NODE", "a.b", "POSTMASTER", "joe@a.b",
		"SMTP_RATE_LIMIT", "fast", NULL},
	    {":format", "lsv-site 2", "NODE", "a.b", "POSTMASTER", "joe@a.b",
		"POOL_ORDER", "LIFO", NULL},
	    {":format", "lsv-site 2", "NODE", "a.b", "POSTMASTER", "joe@a.b",
		"SMTP_FORWARD_1", "a.b", ":line SMTP_FORWARD_1", "x", NULL},
	};
	struct site s;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		sitetext_table(t[i]);
		assert_int_equal(site_read(&s, "."), -1);
		assert_int_equal(errno, EPROTO);
		assert_null(s.node);
	}
	assert_int_equal(scratch_file(SITE_TABLE, "not a table", 11), 0);
	assert_int_equal(site_read(&s, "."), -1);
	assert_int_equal(errno, EPROTO);
}

/* Any one byte wrong: the values are good or there are none. */
static void
survives_any_damaged_byte(void **state)
{
	static char image[65536];
	struct site s;
	ssize_t len;
	int fd, bad = 0;

	(void)state;
	sitetext_apply(GOOD "SMTP_FORWARD_1=2*c.d\nMYDOMAIN=\"$NODE e.f\"\n");
	fd = open(SITE_TABLE, O_RDONLY | O_CLOEXEC);
	len = read(fd, image, sizeof image);
	close(fd);
	assert_in_range(len, 2048, sizeof image - 1);
	for (ssize_t i = 0; i < len; i += i < 2000 ? 61 : 1) {
		image[i] ^= 0x15;
		assert_int_equal(
		    scratch_file(SITE_TABLE, image, (size_t)len), 0);
		if (site_read(&s, ".") < 0)
			bad++;
		else
			assert_true(s.npostmaster == 1 && s.nmydomain >= 1);
		site_free(&s);
		image[i] ^= 0x15;
	}
	assert_in_range(bad, 1, len);
}

static void
keeps_the_old_values_when_the_new_are_damaged(void **state)
{
	struct site s;

	(void)state;
	sitetext_apply(GOOD "MAXBSMTP=10\n");
	assert_int_equal(site_read(&s, "."), 0);
	sitetext_apply(GOOD "MAXBSMTP=20\n");
	assert_int_equal(s.maxbsmtp, 10);
	assert_int_equal(site_refresh(&s, "."), 0);
	assert_int_equal(s.maxbsmtp, 20);
	assert_int_equal(scratch_file(SITE_TABLE, "short", 5), 0);
	assert_int_equal(site_refresh(&s, "."), -1);
	assert_int_equal(errno, EPROTO);
	assert_int_equal(s.maxbsmtp, 20);
	assert_string_equal(s.node, "lsv.example.org");
	unlink(SITE_TABLE);
	assert_int_equal(site_refresh(&s, "."), -1);
	assert_string_equal(s.node, "lsv.example.org");
	site_free(&s);
	site_free(&s);
}

static void
reads_a_value_or_its_default_or_says_that_there_is_none(void **state)
{
	static const char *const pair[] = {"MAXBSMTP", "12", "WINDOW", "many",
	    ":line MAXBSMTP", "4294967295", ":line WINDOW", "0", ":line IDLE",
	    "4294967296", ":line SYNC", "", NULL};
	struct sitevalue v = {.n = 0};
	struct table t = {0};
	struct bytes text;
	unsigned line;

	(void)state;
	sitetext_table(pair);
	assert_int_equal(table_open(&t, SITE_TABLE), 0);
	assert_int_equal(siteload_value(&t, "MAXBSMTP", &text, &v), 0);
	assert_true(bytes_eq(text, "12") && v.n == 12);
	assert_int_equal(siteload_value(&t, "REPLY_MAX", &text, &v), 0);
	assert_true(bytes_eq(text, "1") && v.n == 1);
	errno = 0;
	assert_int_equal(siteload_value(&t, "WINDOW", &text, &v), -1);
	assert_int_equal(errno, EPROTO);
	errno = 0;
	assert_int_equal(siteload_value(&t, "NODE", &text, &v), -1);
	assert_int_equal(errno, EPROTO);

	assert_int_equal(siteload_if_set(&t, "MAXBSMTP", &text, &v), 1);
	assert_true(bytes_eq(text, "12") && v.n == 12);
	assert_int_equal(siteload_if_set(&t, "REPLY_MAX", &text, &v), 0);
	assert_int_equal(siteload_if_set(&t, "WINDOW", &text, &v), -1);

	assert_int_equal(siteload_line(&t, "MAXBSMTP", &line), 1);
	assert_int_equal(line, UINT32_MAX);
	assert_int_equal(siteload_line(&t, "NODE", &line), 0);
	assert_int_equal(line, 0);
	for (size_t i = 0; i < 3; i++) {
		static const char *const bad[] = {"WINDOW", "IDLE", "SYNC"};

		errno = 0;
		assert_int_equal(siteload_line(&t, bad[i], &line), -1);
		assert_int_equal(errno, EPROTO);
	}
	table_close(&t);
}

static void
keeps_texts_as_long_as_there_is_room(void **state)
{
	char room[8];
	struct site s = {.text = room, .room = sizeof room};
	const char *text;

	(void)state;
	text = siteload_keep(&s, "abcd", 3);
	assert_string_equal(text, "abc");
	errno = 0;
	assert_null(siteload_keep(&s, "efgh", 4));
	assert_int_equal(errno, EPROTO);
	assert_int_equal(s.used, 4);
	assert_string_equal(siteload_keep(&s, "efg", 3), "efg");
	assert_null(siteload_keep(&s, "", 0));
	assert_string_equal(text, "abc");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fills_in_every_default),
	    cmocka_unit_test(reads_how_the_site_takes_part_in_the_network),
	    cmocka_unit_test(reads_how_long_mail_is_held),
	    cmocka_unit_test(reads_what_the_site_has_set),
	    cmocka_unit_test(knows_the_domains_that_it_serves),
	    cmocka_unit_test(reads_relays_limits_and_order),
	    cmocka_unit_test(tells_which_line_set_a_variable),
	    cmocka_unit_test(has_room_for_all_hosts_of_all_entries),
	    cmocka_unit_test(never_goes_on_without_a_table),
	    cmocka_unit_test(refuses_a_table_it_does_not_understand),
	    cmocka_unit_test(survives_any_damaged_byte),
	    cmocka_unit_test(keeps_the_old_values_when_the_new_are_damaged),
	    cmocka_unit_test(
		reads_a_value_or_its_default_or_says_that_there_is_none),
	    cmocka_unit_test(keeps_texts_as_long_as_there_is_room),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
