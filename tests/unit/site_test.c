#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/site.h"
#include "lib/sitemake.h"
#include "lib/table.h"
#include "tests/unit/scratch.h"

#define GOOD "NODE=lsv.example.org\nPOSTMASTER=joe@example.org\n"

/* Check and compile a text into the current directory. */
static void
apply(const char *text)
{
	struct sitecheck c;

	assert_int_equal(sitecheck_read(&c, text, strlen(text)), 0);
	if (c.count[SITECHECK_ERROR])
		fail_msg("%s", sitecheck_said(&c, &c.remark[0]));
	assert_int_equal(site_compile(&c, "."), 0);
	sitecheck_free(&c);
}

static void
fills_in_every_default(void **state)
{
	struct site s;

	(void)state;
	apply(GOOD);
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
	for (int i = 0; i < SPAM_LISTS; i++) {
		assert_string_equal(s.spam_list[i], "");
		assert_null(s.spam_table[i]);
	}
	assert_int_equal(s.spam_whitelist_bounce, 1);
	assert_int_equal(s.spam_reject, SITE_SPAM_BOUNCE);
	assert_int_equal(s.spam_report_max, 1000);
	assert_int_equal(s.spam_delay_min, 10);
	assert_int_equal(s.spam_threshold, 4);
	assert_int_equal(s.spam_alert, 0);
	assert_int_equal(s.hold_max, 20000);
	assert_int_equal(s.keep_hold_days, 30);
	assert_int_equal(s.standalone, 1);
	site_free(&s);
}

static void
reads_loopcheck_and_the_filters(void **state)
{
	struct site s;

	(void)state;
	apply(GOOD);
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.loop.flags, LOOP_GIVEN | LOOP_NORMAL);
	assert_string_equal(s.filter_also, "");
	assert_string_equal(s.filter_allow, "");
	site_free(&s);
	apply(GOOD "DEFAULT_LOOPCHECK=NoSpam,Spam-Delay(3)\n"
		   "FILTER_ALSO=\"*@a b@*\"\nFILTER_ALLOW=c@d\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.loop.flags, LOOP_GIVEN | LOOP_NOSPAM | LOOP_DELAY);
	assert_int_equal(s.loop.delay_min, 3);
	assert_string_equal(s.filter_also, "*@a b@*");
	assert_string_equal(s.filter_allow, "c@d");
	site_free(&s);
}

static void
reads_how_long_mail_is_held(void **state)
{
	struct site s;

	(void)state;
	apply(GOOD "SPAM_DELAY=0\nSPAM_THRESHOLD=1000\nSPAM_ALERT=1\n"
		   "HOLD_MAX=1\nKEEP_HOLD=0\nRUNMODE=NETWORKED\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.spam_delay_min, 0);
	assert_int_equal(s.spam_threshold, 1000);
	assert_int_equal(s.spam_alert, 1);
	assert_int_equal(s.hold_max, 1);
	assert_int_equal(s.keep_hold_days, 0);
	assert_int_equal(s.standalone, 0);
	site_free(&s);
	apply(GOOD "RUNMODE=Standalone\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.standalone, 1);
	site_free(&s);
}

static void
reads_the_white_and_blacklists(void **state)
{
	struct site s;

	(void)state;
	apply(GOOD "SPAM_EXIT=SAEXIT\n"
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
	apply(GOOD "SPAM_REJECT=Discard\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.spam_reject, SITE_SPAM_DISCARD);
	site_free(&s);
}

static void
reads_how_the_exit_is_run(void **state)
{
	struct site s;

	(void)state;
	apply(GOOD);
	assert_int_equal(site_read(&s, "."), 0);
	assert_null(s.spam_exit);
	assert_int_equal(s.spam_exit_workers, 8);
	assert_int_equal(s.spam_exit_timeout_ms, 60000);
	assert_int_equal(s.spam_exit_memory, 512 << 20);
	assert_int_equal(s.spam_exit_fail, SITE_EXIT_DEFER);
	assert_int_equal(s.spam_maxsize, 0);
	site_free(&s);
	apply(GOOD "SPAM_EXIT=SAEXIT\nSPAM_EXIT_WORKERS=64\n"
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
	apply(GOOD "SPAM_EXIT='/opt/my filter/run'\nSPAM_EXIT_FAIL=HOLD\n");
	assert_int_equal(site_read(&s, "."), 0);
	assert_string_equal(s.spam_exit, "/opt/my filter/run");
	assert_int_equal(s.spam_exit_fail, SITE_EXIT_HOLD);
	site_free(&s);
}

static void
reads_what_the_site_has_set(void **state)
{
	struct site s;

	(void)state;
	apply(GOOD "MYDOMAIN=\"lists.example.org LSV.example.org $NODE\"\n"
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

	apply(GOOD "BOUNCES_TO=\"x@a.b y@a.b\"\nDEFAULT_LIST_POOL=C\n");
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
	apply(GOOD "MYDOMAIN=\"Lists.Example.org\"\n");
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
	apply(GOOD "export SMTP_FORWARD=UNIX.XYZ.COM\n\n"
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
	apply("# a site\n" GOOD "MAXBSMTP=10\nMAXBSMTP=20\n\n"
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
	apply(text);
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

/* A table made by hand. */
static void
make(const char *const *pair)
{
	struct table_make m = {0};

	assert_int_equal(table_make_begin(&m, AT_FDCWD, SITE_TABLE), 0);
	for (; *pair; pair += 2)
		assert_int_equal(table_make_add(&m, pair[0], strlen(pair[0]),
				     pair[1], strlen(pair[1])),
		    0);
	assert_int_equal(table_make_finish(&m, 0644), 0);
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
		make(t[i]);
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
	apply(GOOD "SMTP_FORWARD_1=2*c.d\nMYDOMAIN=\"$NODE e.f\"\n");
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
	apply(GOOD "MAXBSMTP=10\n");
	assert_int_equal(site_read(&s, "."), 0);
	apply(GOOD "MAXBSMTP=20\n");
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
compiles_nothing_from_a_file_with_errors(void **state)
{
	static const char text[] = GOOD "MAXBSMTP=x\n";
	struct sitecheck c;
	struct site s;

	(void)state;
	apply(GOOD "MAXBSMTP=10\n");
	assert_int_equal(sitecheck_read(&c, text, strlen(text)), 0);
	assert_int_equal(site_compile(&c, "."), -1);
	assert_int_equal(errno, EINVAL);
	sitecheck_free(&c);
	assert_int_equal(site_read(&s, "."), 0);
	assert_int_equal(s.maxbsmtp, 10);
	site_free(&s);
}

static void
stores_no_secrets_and_lets_every_program_read(void **state)
{
	struct table t = {0};
	const char *value;
	size_t len;
	struct stat st;
	mode_t old = umask(077);

	(void)state;
	apply(GOOD "CREATEPW=hunter2\nSPAM_EXIT=SAEXIT\n");
	umask(old);
	assert_int_equal(stat(SITE_TABLE, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(table_open(&t, SITE_TABLE), 0);
	assert_int_equal(table_find(&t, "SPAM_EXIT", 9, &value, &len), 1);
	assert_int_equal(table_find(&t, "CREATEPW", 8, &value, &len), 0);
	table_close(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(fills_in_every_default),
	    cmocka_unit_test(reads_what_the_site_has_set),
	    cmocka_unit_test(reads_the_white_and_blacklists),
	    cmocka_unit_test(reads_how_the_exit_is_run),
	    cmocka_unit_test(reads_loopcheck_and_the_filters),
	    cmocka_unit_test(reads_how_long_mail_is_held),
	    cmocka_unit_test(knows_the_domains_that_it_serves),
	    cmocka_unit_test(reads_relays_limits_and_order),
	    cmocka_unit_test(tells_which_line_set_a_variable),
	    cmocka_unit_test(has_room_for_all_hosts_of_all_entries),
	    cmocka_unit_test(never_goes_on_without_a_table),
	    cmocka_unit_test(refuses_a_table_it_does_not_understand),
	    cmocka_unit_test(survives_any_damaged_byte),
	    cmocka_unit_test(keeps_the_old_values_when_the_new_are_damaged),
	    cmocka_unit_test(compiles_nothing_from_a_file_with_errors),
	    cmocka_unit_test(stores_no_secrets_and_lets_every_program_read),
	};

	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
