#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/forward.h"
#include "lib/pools.h"

struct good {
	const char *value;
	unsigned count;
	const char *host;
	enum forward_kind kind;
	unsigned port;
};

struct bad {
	const char *value;
	size_t at;
	const char *why;
};

static struct forward
parsed(const char *value)
{
	struct where w = {0, NULL};
	struct forward f;

	if (forward_parse(&f, value, strlen(value), &w) < 0)
		fail_msg("%s: %zu: %s", value, w.at, w.why);
	return f;
}

static void
assert_host(const struct forward *f, size_t i, const char *host)
{
	assert_true(i < f->targets);
	assert_int_equal(f->target[i].hostlen, strlen(host));
	assert_memory_equal(f->target[i].host, host, strlen(host));
}

static void
assert_bytes(struct bytes b, const char *text)
{
	assert_int_equal(b.len, strlen(text));
	assert_memory_equal(b.s, text, b.len);
}

/* The bits of "A-". */
static uint32_t
pools(const char *letters)
{
	uint32_t mask = 0;

	for (; *letters; letters++)
		mask |= 1U << pool_index(*letters);
	return mask;
}

static void
reads_hosts_counts_and_ports(void **state)
{
	static const struct good t[] = {
	    {"mail.example.com", 1, "mail.example.com", FORWARD_NAME, 25},
	    {"2*mail.example.com", 2, "mail.example.com", FORWARD_NAME, 25},
	    {"100*a.b:2525", 100, "a.b", FORWARD_NAME, 2525},
	    {"3*192.0.2.1:65535", 3, "192.0.2.1", FORWARD_IPV4, 65535},
	    {"[2001:db8::1]", 1, "2001:db8::1", FORWARD_IPV6, 25},
	    {"4*[::1]:587", 4, "::1", FORWARD_IPV6, 587},
	    {"localhost:1", 1, "localhost", FORWARD_NAME, 1},
	    {"LOCALHOST", 1, "LOCALHOST", FORWARD_NAME, 25},
	    {"xn--bcher-kva.example", 1, "xn--bcher-kva.example", FORWARD_NAME,
		25},
	    {"3com.example", 1, "3com.example", FORWARD_NAME, 25},
	    {"a.b ; POOL = *", 1, "a.b", FORWARD_NAME, 25},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct forward f = parsed(t[i].value);

		assert_int_equal(f.count, t[i].count);
		assert_int_equal(f.targets, 1);
		assert_host(&f, 0, t[i].host);
		assert_int_equal(f.target[0].kind, t[i].kind);
		assert_int_equal(f.target[0].port, t[i].port);
		assert_int_equal(f.target[0].windows, 0);
		assert_int_equal(f.pools, FORWARD_ALL_POOLS);
	}
}

static void
a_plain_host_has_the_defaults(void **state)
{
	struct forward f = parsed("a.b");

	(void)state;
	assert_int_equal(f.count, 1);
	assert_false(f.idle_given);
	assert_int_equal(f.tls, TLS_MAY);
	assert_int_equal(f.auth.len + f.helo.len + f.bind.len, 0);
	assert_true(f.rate == 0);
	assert_int_equal(f.concurrency, 0);
	assert_int_equal(f.maxrcpt, 0);
	assert_int_equal(f.keepalive, 0);
	assert_false(forward_implicit(&f, 0));
}

/* Every SMTP_FORWARD_n that LISTSERV's own pages print. */
static void
reads_every_example_of_the_manual_and_the_tech_tip(void **state)
{
	static const struct {
		const char *value;
		unsigned count;
		const char *host, *failover;
		const char *pools; /* NULL: all */
		int from, to;      /* of the first host; -1: always */
	} t[] = {
	    /* the tech tip about pools */
	    {"SCOOBY.EXAMPLE.ORG", 1, "SCOOBY.EXAMPLE.ORG", NULL, NULL, -1, 0},
	    {"2*SCOOBY.EXAMPLE.ORG", 2, "SCOOBY.EXAMPLE.ORG", NULL, NULL, -1,
		0},
	    {"SCRAPPY.EXAMPLE.ORG", 1, "SCRAPPY.EXAMPLE.ORG", NULL, NULL, -1,
		0},
	    {"2*SCOOBY.EXAMPLE.ORG;POOL=A-", 2, "SCOOBY.EXAMPLE.ORG", NULL,
		"A-", -1, 0},
	    {"SCRAPPY.EXAMPLE.ORG;POOL=B", 1, "SCRAPPY.EXAMPLE.ORG", NULL, "B",
		-1, 0},
	    {"MTA.EXAMPLE.ORG;POOL=A-", 1, "MTA.EXAMPLE.ORG", NULL, "A-", -1,
		0},
	    {"MTA.EXAMPLE.COM;POOL=B", 1, "MTA.EXAMPLE.COM", NULL, "B", -1, 0},
	    {"2*SCOOBY.EXAMPLE.ORG;POOL=A", 2, "SCOOBY.EXAMPLE.ORG", NULL, "A",
		-1, 0},
	    {"SHAGGY.EXAMPLE.ORG;POOL=-", 1, "SHAGGY.EXAMPLE.ORG", NULL, "-",
		-1, 0},
	    /* the reference page of SMTP_FORWARD_n */
	    {"2*UNIXSERVER.BAR.COM", 2, "UNIXSERVER.BAR.COM", NULL, NULL, -1,
		0},
	    {"UNIXSERVER.BAR.COM;SMTP.BAZ.NET", 1, "UNIXSERVER.BAR.COM",
		"SMTP.BAZ.NET", NULL, -1, 0},
	    {"UNIXSERVER.BAR.COM(00:00-05:00);SMTP.BAZ.NET", 1,
		"UNIXSERVER.BAR.COM", "SMTP.BAZ.NET", NULL, 0, 300},
	    {"SMTP.BAZ.NET", 1, "SMTP.BAZ.NET", NULL, NULL, -1, 0},
	    {"SMTP.BAZ.NET(10:00-14:00)", 1, "SMTP.BAZ.NET", NULL, NULL, 600,
		840},
	    {"2*listserv.example.com", 2, "listserv.example.com", NULL, NULL,
		-1, 0},
	    /* the Advanced Topics manual: any entry, then the pools */
	    {"2*UNIXSERVER.BAR.COM(00:00-05:00);SMTP.BAZ.NET;POOL=XYZT", 2,
		"UNIXSERVER.BAR.COM", "SMTP.BAZ.NET", "XYZT", 0, 300},
	    {"SMTP.BAZ.NET;POOL=*", 1, "SMTP.BAZ.NET", NULL, NULL, -1, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct forward f = parsed(t[i].value);
		const struct forward_target *g = &f.target[0];

		assert_int_equal(f.count, t[i].count);
		assert_int_equal(f.targets, t[i].failover ? 2 : 1);
		assert_host(&f, 0, t[i].host);
		if (t[i].failover)
			assert_host(&f, 1, t[i].failover);
		assert_int_equal(f.pools,
		    t[i].pools ? pools(t[i].pools) : FORWARD_ALL_POOLS);
		assert_int_equal(g->windows, t[i].from >= 0);
		if (t[i].from < 0)
			continue;
		assert_int_equal(g->window[0].days, WINDOW_ALL_DAYS);
		assert_int_equal(g->window[0].from, t[i].from);
		assert_int_equal(g->window[0].to, t[i].to);
	}
}

static void
reads_failovers_with_hours_of_their_own(void **state)
{
	struct forward f =
	    parsed("3*a.example:587 (mon-fri 08:00-18:00, SAT 10:00-12:00);"
		   "[2001:db8::25](22:00-06:00) ; 192.0.2.7:2525;d.example");

	(void)state;
	assert_int_equal(f.count, 3);
	assert_int_equal(f.targets, 4);
	assert_host(&f, 0, "a.example");
	assert_int_equal(f.target[0].port, 587);
	assert_int_equal(f.target[0].windows, 2);
	assert_int_equal(f.target[0].window[0].days, 0x1f);
	assert_int_equal(f.target[0].window[0].from, 480);
	assert_int_equal(f.target[0].window[0].to, 1080);
	assert_int_equal(f.target[0].window[1].days, 0x20);
	assert_host(&f, 1, "2001:db8::25");
	assert_int_equal(f.target[1].kind, FORWARD_IPV6);
	assert_int_equal(f.target[1].port, 25);
	assert_int_equal(f.target[1].window[0].from, 1320);
	assert_int_equal(f.target[1].window[0].to, 360);
	assert_host(&f, 2, "192.0.2.7");
	assert_int_equal(f.target[2].port, 2525);
	assert_host(&f, 3, "d.example");
	assert_int_equal(f.target[3].windows, 0);
}

static void
reads_every_option(void **state)
{
	struct forward f = parsed("a.b:465;pool=zb-;TLS=Verify;AUTH=bulk.relay-"
				  "1;HELO=mx.example.org;BIND=192.0.2.1;"
				  "RATE=600/h;CONCURRENCY=4;MAXRCPT=1000;"
				  "IDLE=200ms;KEEPALIVE=1");

	(void)state;
	assert_int_equal(f.pools, pools("BZ-"));
	assert_int_equal(f.tls, TLS_VERIFY);
	assert_bytes(f.auth, "bulk.relay-1");
	assert_bytes(f.helo, "mx.example.org");
	assert_bytes(f.bind, "192.0.2.1");
	assert_true(f.rate > 0.16666 && f.rate < 0.16667);
	assert_int_equal(f.concurrency, 4);
	assert_int_equal(f.maxrcpt, 1000);
	assert_int_equal(f.idle_ms, 200);
	assert_true(f.idle_given && f.keepalive);

	f = parsed("a.b;IDLE=0;KEEPALIVE=0;RATE=1.5/S;CONCURRENCY=10000;"
		   "HELO=[IPv6:2001:db8::1];BIND=[2001:db8::1]");
	assert_int_equal(f.idle_ms, 0);
	assert_true(f.idle_given && !f.keepalive);
	assert_true(f.rate == 1.5);
	assert_int_equal(f.concurrency, 10000);
	assert_bytes(f.helo, "[IPv6:2001:db8::1]");
	assert_bytes(f.bind, "2001:db8::1");
	f = parsed("[::1];HELO=[192.0.2.1];BIND=::1;IDLE=1h;MAXRCPT=1");
	assert_bytes(f.helo, "[192.0.2.1]");
	assert_bytes(f.bind, "::1");
	assert_int_equal(f.idle_ms, 3600000);
}

static void
options_and_failovers_may_stand_in_any_order(void **state)
{
	struct forward f = parsed("a.b;POOL=A;c.d;TLS=none;e.f(00:00-24:00)");

	(void)state;
	assert_int_equal(f.targets, 3);
	assert_host(&f, 1, "c.d");
	assert_host(&f, 2, "e.f");
	assert_int_equal(f.pools, 1);
	assert_int_equal(f.tls, TLS_NONE);
}

static void
tls_begins_with_the_connection_on_port_465(void **state)
{
	static const struct {
		const char *value;
		enum forward_tls tls;
		int implicit[2];
	} t[] = {
	    {"a.b:465;c.d", TLS_MAY, {1, 0}},
	    {"a.b;c.d:465", TLS_MAY, {0, 1}},
	    {"a.b:465;c.d:587;TLS=verify", TLS_VERIFY, {1, 0}},
	    {"a.b:465;c.d;TLS=encrypt", TLS_ENCRYPT, {1, 0}},
	    {"a.b:465;c.d;TLS=none", TLS_NONE, {0, 0}},
	    {"a.b:2465;c.d;TLS=IMPLICIT", TLS_IMPLICIT, {1, 1}},
	    {"a.b;c.d;TLS=may", TLS_MAY, {0, 0}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct forward f = parsed(t[i].value);

		assert_int_equal(f.tls, t[i].tls);
		for (size_t k = 0; k < 2; k++)
			assert_int_equal(
			    forward_implicit(&f, k), t[i].implicit[k]);
	}
}

static const char label_empty[] = "a label of the name is empty";
static const char count_bad[] =
    "the count before '*' is not a number from 1 to 100";
static const char port_bad[] = "the port is not a number from 1 to 65535";
static const char last_number[] =
    "neither an IPv4 address nor a name: the last label is a number";
static const char behind_host[] = "only '(' or ';' may follow the host";
static const char behind_hours[] = "only ';' may follow the hours";
static const char further[] = "a further host or an option must follow the ';'";
static const char no_value[] = "the value behind '=' is missing";
static const char twice[] = "this option is given twice";
static const char not_option[] =
    "not an option: POOL, TLS, AUTH, HELO, BIND, RATE, CONCURRENCY, MAXRCPT, "
    "IDLE or KEEPALIVE";
static const char not_pool[] =
    "not a pool: letters A to Z and '-', or '*' alone for all";
static const char not_auth[] =
    "not the name of an entry of the auth file: letters, digits, '.', '_' and "
    "'-'";
static const char not_tls[] = "not none, may, encrypt, verify or implicit";
static const char not_local[] = "not an IPv4 or IPv6 address of this machine";
static const char wrong_family[] =
    "IPv4 and IPv6: from this address a host of this value cannot be reached";
static const char not_rcpts[] = "not a number of recipients from 1 to 1000";
static const char not_transactions[] =
    "not a number of transactions from 1 to 10000";
static const char not_idle[] =
    "not a duration from 0 to 1h (a number, then ms, s, m or h)";
static const char no_window[] = "a window is missing: [days ]HH:MM-HH:MM";
static const char not_hour[] =
    "not an hour of two digits, 00 to 23 (24:00 as an end)";
static const char clear[] =
    "AUTH= needs TLS: a password is never sent in clear";

static void
says_where_a_value_is_wrong_and_what_was_expected(void **state)
{
	static const struct bad t[] = {
	    {"", 0, "the host is missing"},
	    {"2*", 2, "the host is missing"},
	    {"*a.b", 0, count_bad},
	    {"0*a.b", 0, count_bad},
	    {"101*a.b", 0, count_bad},
	    {"-1*a.b", 0, count_bad},
	    {"18446744073709551617*a.b", 0, count_bad},
	    {"two*a.b", 0, count_bad},
	    {"2**a.b", 2, "this byte cannot stand in the name of a host"},
	    {"2 *a.b", 0,
		"not a full name: it needs a domain (host.example.com)"},
	    {"relay", 0,
		"not a full name: it needs a domain (host.example.com)"},
	    {"2*relay:25", 2,
		"not a full name: it needs a domain (host.example.com)"},
	    {"a.b:", 4, port_bad},
	    {"a.b:0", 4, port_bad},
	    {"a.b:65536", 4, port_bad},
	    {"a.b:25x", 4, port_bad},
	    {"a.b:smtp", 4, port_bad},
	    {":25", 0, "the name of a host is missing"},
	    {"a..b", 2, label_empty},
	    {".a.b", 0, label_empty},
	    {"a.b.", 3, "the name ends with '.'"},
	    {"-a.b", 0, "a label of the name begins with '-'"},
	    {"3*a.b-", 5, "a label of the name ends with '-'"},
	    {"a_b.c", 1, "'_' cannot stand in the name of a host"},
	    {"b\xc3\xbc"
	     "cher.example",
		1, "not ASCII; write the name in its \"xn--\" form"},
	    {"1.2.3", 4, last_number},
	    {"256.1.1.1", 8, last_number},
	    {"1.2.3.4.5", 8, last_number},
	    {"2001:db8::1", 0,
		"an IPv6 address stands in brackets: [2001:db8::1]"},
	    {"[2001:db8::1", 0, "the '[' is not closed"},
	    {"2*[::g]:25", 3, "not an IPv6 address"},
	    {"[]", 1, "not an IPv6 address"},
	    {"[::1]25", 5, "only ':' and a port may follow"},
	    {"[fe80::1%eth0]", 1, "not an IPv6 address"},
	    {"a.b c.d", 4, behind_host},
	    {"a.b,c.d", 3, "this byte cannot stand in the name of a host"},
	    {"a.b)", 3, "this byte cannot stand in the name of a host"},
	    {"a.b;", 4, further},
	    {"a.b;;c.d", 4, further},
	    {"a.b; ;c.d", 5, further},
	    {";a.b", 0, "the host is missing"},
	    {"a.b;2*c.d", 4,
		"a count stands before the first host only, and is for all"},
	    {"a.b;relay", 4,
		"not a full name: it needs a domain (host.example.com)"},
	    {"a.b;c.d:99999", 8, port_bad},
	    {"POOL=A", 0, "a host must stand before the options"},
	    {"POOL=*;a.b", 0, "a host must stand before the options"},
	    /* hours */
	    {"a.b(", 3, "the '(' is not closed by a ')'"},
	    {"a.b(00:00-05:00;c.d)", 3, "the '(' is not closed by a ')'"},
	    {"a.b()", 4, no_window},
	    {"a.b(00:00-05:00,)", 16, no_window},
	    {"a.b(,00:00-05:00)", 4, no_window},
	    {"a.b(0:00-05:00)", 4, not_hour},
	    {"a.b(25:00-05:00)", 4, not_hour},
	    {"a.b(00:00-05:60)", 13, "not a minute of two digits, 00 to 59"},
	    {"a.b(00:00-24:01)", 10, "a day ends at 24:00"},
	    {"a.b(24:00-05:00)", 4,
		"24:00 is an end only; a day begins at 00:00"},
	    {"a.b(05:00-05:00)", 10,
		"it would close when it opens; a whole day is 00:00-24:00"},
	    {"a.b(00:00 - 05:00)", 9, "'-' must stand between both times"},
	    {"a.b(0000-0500)", 4, not_hour},
	    {"a.b(WEEKDAY 00:00-05:00)", 4,
		"not a day: MON, TUE, WED, THU, FRI, SAT or SUN"},
	    {"a.b(MON-FRI)", 11, "hours are missing: HH:MM-HH:MM"},
	    {"a.b(00:00-05:00) c.d", 17, behind_hours},
	    {"a.b(00:00-05:00)(06:00-07:00)", 16, behind_hours},
	    {"a.b(00:00-05:00):25", 16, behind_hours},
	    {"a.b;c.d(MON,FRI 08:00-09:00)", 11,
		"hours are missing: HH:MM-HH:MM"},
	    /* options */
	    {"a.b;COLOR=red", 4, not_option},
	    {"a.b;=red", 4, not_option},
	    {"a.b;POOLS=A", 4, not_option},
	    {"a.b;POOL=", 9, no_value},
	    {"a.b;TLS= ;POOL=A", 8, no_value},
	    {"a.b;POOL=A1", 10, not_pool},
	    {"a.b;POOL=A*", 10, not_pool},
	    {"a.b;POOL=A B", 10, not_pool},
	    {"a.b;POOL=A,B", 10, not_pool},
	    {"a.b;POOL=A;POOL=B", 11, twice},
	    {"a.b;TLS=may;tls=may", 12, twice},
	    {"a.b;TLS=yes", 8, not_tls},
	    {"a.b;AUTH=joe:secret", 12, not_auth},
	    {"a.b;AUTH=joe@example.org", 12, not_auth},
	    {"a.b;AUTH=0123456789012345678901234567890123456789012345678901234"
	     "567890123",
		72, "the name is longer than 63 bytes"},
	    {"a.b;AUTH=x;TLS=none", 15, clear},
	    {"a.b;TLS=none;AUTH=x", 18, clear},
	    {"a.b;HELO=localhost", 9,
		"not a full name: it needs a domain (host.example.com)"},
	    {"a.b;HELO=192.0.2.1", 17, last_number},
	    {"a.b;HELO=[2001:db8::1]", 9,
		"neither [IPv4 address] nor [IPv6:address]"},
	    {"a.b;BIND=eth0", 9, not_local},
	    {"a.b;BIND=[192.0.2.1]", 10, "not an IPv6 address"},
	    {"a.b;c.d;[::1];BIND=192.0.2.1", 19, wrong_family},
	    {"192.0.2.9;BIND=::1", 15, wrong_family},
	    {"a.b;RATE=600", 12, "/s, /m, /h or /d must follow the number"},
	    {"a.b;RATE=600/w", 12, "/s, /m, /h or /d must follow the number"},
	    {"a.b;RATE=0/s", 9, "a limit is larger than 0"},
	    {"a.b;RATE=-1/s", 9, "not a number"},
	    {"a.b;RATE=1./s", 11,
		"1 to 6 digits must follow the decimal point"},
	    {"a.b;RATE=1234567890/s", 9, "a number has 9 digits at most"},
	    {"a.b;CONCURRENCY=0", 16, not_transactions},
	    {"a.b;CONCURRENCY=10001", 16, not_transactions},
	    {"a.b;MAXRCPT=1001", 12, not_rcpts},
	    {"a.b;MAXRCPT=all", 12, not_rcpts},
	    {"a.b;IDLE=2h", 9, not_idle},
	    {"a.b;IDLE=soon", 9, not_idle},
	    {"a.b;KEEPALIVE=yes", 14, "neither 0 nor 1"},
	};

	(void)state;
	assert_true(sizeof t / sizeof t[0] >= 40);
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		struct where w = {99, ""};
		struct forward f = {.count = 7};

		if (forward_parse(&f, t[i].value, strlen(t[i].value), &w) == 0)
			fail_msg("accepted: %s", t[i].value);
		if (w.at != t[i].at || strcmp(w.why, t[i].why) != 0)
			fail_msg("%s: %zu: %s", t[i].value, w.at, w.why);
		assert_int_equal(f.count, 7); /* untouched */
	}
}

static void
the_relay_for_everything_else_is_one_host_at_all_times(void **state)
{
	static const struct bad t[] = {
	    {"2*a.b", 0, "a count of workers belongs into SMTP_FORWARD_n"},
	    {"1*a.b", 0, "a count of workers belongs into SMTP_FORWARD_n"},
	    {"a.b(00:00-05:00)", 3,
		"hours belong into SMTP_FORWARD_n: this relay is open always"},
	    {"a.b;c.d", 4,
		"a further host belongs into SMTP_FORWARD_n: here only options "
		"may follow"},
	    {"a.b;TLS=may;POOL=A", 17,
		"POOL= belongs into SMTP_FORWARD_n: this relay takes all pools "
		"that have no worker"},
	    {"a.b;POOL=*", 9,
		"POOL= belongs into SMTP_FORWARD_n: this relay takes all pools "
		"that have no worker"},
	    {"", 0, "the host is missing"},
	};
	static const char good[] =
	    "[::1]:587;TLS=encrypt;AUTH=x;HELO=a.b;BIND=::1;RATE=1/s;"
	    "CONCURRENCY=1;MAXRCPT=2;IDLE=3;KEEPALIVE=1";
	struct where w;
	struct forward f = {.count = 7};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		w = (struct where){99, ""};
		if (forward_parse_one(&f, t[i].value, strlen(t[i].value), &w) ==
		    0)
			fail_msg("accepted: %s", t[i].value);
		if (w.at != t[i].at || strcmp(w.why, t[i].why) != 0)
			fail_msg("%s: %zu: %s", t[i].value, w.at, w.why);
		assert_int_equal(f.count, 7);
	}
	assert_int_equal(forward_parse_one(&f, good, strlen(good), &w), 0);
	assert_int_equal(f.tls, TLS_ENCRYPT);
	assert_int_equal(f.idle_ms, 3000);
	assert_int_equal(f.pools, FORWARD_ALL_POOLS);
	assert_int_equal(forward_parse_one(&f, "UNIX.XYZ.COM", 12, &w), 0);
}

/* "unit" repeated n times behind first, with between in between. */
static size_t
repeated(char *out, const char *first, const char *unit, const char *between,
    size_t n)
{
	char *to = stpcpy(out, first);

	for (size_t i = 0; i < n; i++) {
		if (i)
			to = stpcpy(to, between);
		to = stpcpy(to, unit);
	}
	return (size_t)(to - out);
}

static void
takes_32_hosts_with_16_windows_each(void **state)
{
	static char value[32768];
	struct where w;
	struct forward f;
	size_t len = repeated(value, "", "a.b", ";", 32);

	(void)state;
	assert_int_equal(forward_parse(&f, value, len, &w), 0);
	assert_int_equal(f.targets, 32);
	len = repeated(value, "", "a.b", ";", 33);
	assert_int_equal(forward_parse(&f, value, len, &w), -1);
	assert_int_equal(w.at, 32 * 4);
	assert_string_equal(w.why, "more than 32 hosts in one value");

	len = repeated(value, "a.b(", "MON 01:00-02:00", ",", 16);
	value[len++] = ')';
	assert_int_equal(forward_parse(&f, value, len, &w), 0);
	assert_int_equal(f.target[0].windows, 16);
	len = repeated(value, "a.b(", "MON 01:00-02:00", ",", 17);
	value[len++] = ')';
	assert_int_equal(forward_parse(&f, value, len, &w), -1);
	assert_int_equal(w.at, 4 + 16 * 16);
	assert_string_equal(w.why, "more than 16 windows for one host");
}

static void
refuses_a_value_with_a_nul_inside(void **state)
{
	struct forward f;

	(void)state;
	assert_int_equal(forward_parse(&f, "a.b\0c.d", 7, NULL), -1);
	assert_int_equal(forward_parse(&f, "1.2.3.4\0", 8, NULL), -1);
	assert_int_equal(forward_parse(&f, "[::1\0]", 6, NULL), -1);
	assert_int_equal(forward_parse(&f, "a.b;POOL=A\0", 11, NULL), -1);
	assert_int_equal(forward_parse(&f, "a.b;TLS=may\0", 12, NULL), -1);
	assert_int_equal(forward_parse(&f, "a.b(00:00-05:00\0)", 17, NULL), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_hosts_counts_and_ports),
	    cmocka_unit_test(a_plain_host_has_the_defaults),
	    cmocka_unit_test(
		reads_every_example_of_the_manual_and_the_tech_tip),
	    cmocka_unit_test(reads_failovers_with_hours_of_their_own),
	    cmocka_unit_test(reads_every_option),
	    cmocka_unit_test(options_and_failovers_may_stand_in_any_order),
	    cmocka_unit_test(tls_begins_with_the_connection_on_port_465),
	    cmocka_unit_test(says_where_a_value_is_wrong_and_what_was_expected),
	    cmocka_unit_test(
		the_relay_for_everything_else_is_one_host_at_all_times),
	    cmocka_unit_test(takes_32_hosts_with_16_windows_each),
	    cmocka_unit_test(refuses_a_value_with_a_nul_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
