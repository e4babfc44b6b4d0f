/* LDFLAGS: -Wl,--wrap=malloc,--wrap=realloc,--wrap=reallocarray */
#include "lib/relaytrace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/netdir.h"
#include "tests/unit/netsim.h"
#include "tests/unit/nomemory.h"
#include "tests/unit/scratch.h"

#define NO_FILE ((struct bytes){"", 0})

/* What main reads before the tests are in a directory of their own. */
static struct network rfc, topology_a;

/* struct list - recipients, as a caller has them */
struct list {
	const char *const *address;
	uint64_t n;
};

static struct bytes
get(void *arg, uint64_t n)
{
	const struct list *l = arg;

	assert_in_range(n, 0, l->n - 1);
	return bytes_z(l->address[n]);
}

/* The five of RFC 1429 in the order of addr_key. */
static const char *const five[] = {"jim@tamvm1.bitnet", "jack@abc.com",
    "jill@alpha.cc.buffalo.edu", "james@library.rice.edu", "joe@ws-4.xyz.edu"};
static const struct list five_of_rfc = {five, 5};

#define RFC_TABLE                                                              \
	"Debug trace information:\n"                                           \
	"\n"                                                                   \
	"ABC.COM                   goes to SEARN    (213) - single "           \
	"recipient\n"                                                          \
	"ALPHA.CC.BUFFALO.EDU      goes to UBVM     (027) - single "           \
	"recipient\n"                                                          \
	"LIBRARY.RICE.EDU          goes to RICEVM1  (022) - single "           \
	"recipient\n"                                                          \
	"TAMVM1                    goes to TAIVM1   (247) - single "           \
	"recipient\n"                                                          \
	"WS-4.XYZ.EDU              goes to SEARN    (213) - single "           \
	"recipient\n"                                                          \
	"\n"                                                                   \
	"Path information:\n"                                                  \
	"\n"                                                                   \
	" TAIVM1  : UGA      RICEVM1  TAIVM1\n"                                \
	" UBVM    : UGA      UBVM\n"                                           \
	" RICEVM1 : UGA      RICEVM1\n"                                        \
	"\n"

#define RFC_MOVES(prefix)                                                      \
	prefix                                                                 \
	    "Mail forwarded to LISTSERV@UGA      for   3 recipients.\n" prefix \
	    "Mail posted via BSMTP to jack@ABC.COM.\n" prefix                  \
	    "Mail posted via BSMTP to joe@WS-4.XYZ.EDU.\n"

/* struct seen - the table of a server, and what was tried with it */
struct seen {
	struct relaytables tables;
	struct relay_config config;
	struct list list;
	struct relaytrace trace;
	stralloc text;
};

static void
see(struct seen *s, const struct network *net, const char *server)
{
	*s = (struct seen){0};
	assert_int_equal(relaytables_open(&s->tables, net, "."), 0);
	assert_int_equal(
	    relaytables_get(&s->tables, network_peer(net, bytes_z(server)),
		&s->config.table),
	    0);
}

static void
try(struct seen *s, struct list l)
{
	s->list = l;
	assert_int_equal(
	    relaytrace_make(&s->trace, &s->config, get, &s->list, l.n), 0);
}

static void
reads(struct seen *s, const char *text)
{
	assert_int_equal(sa_0(&s->text), 0);
	assert_string_equal(s->text.s, text);
	s->text.len = 0;
}

static void
forget(struct seen *s)
{
	relaytrace_free(&s->trace);
	relaytables_close(&s->tables);
	sa_free(&s->text);
}

static void
the_example_of_rfc_1429_reads_as_it_does_there(void **state)
{
	struct seen s;

	(void)state;
	see(&s, &rfc, "SEARN");
	try(&s, five_of_rfc);
	assert_int_equal(relaytrace_table(&s.trace, &s.text), 0);
	assert_int_equal(
	    relaytrace_moves(&s.trace, &s.text, "(Debug) ", NO_FILE, 0), 0);
	reads(&s, RFC_TABLE RFC_MOVES("(Debug) "));
	assert_int_equal(
	    relaytrace_moves(&s.trace, &s.text, "", NO_FILE, 0), 0);
	reads(&s, RFC_MOVES(""));
	forget(&s);
}

static void
the_first_server_of_the_manual_tells_seven_in_one_line(void **state)
{
	static const char *const address[] = {"X@CEARN", "Y@CEARN",
	    "X@CZHRZU1A", "X@EARNET", "Y@FRECP11", "X@IBACSATA", "X@NEUVM1",
	    "X@PSUVM"};
	static const struct list l = {address, 8};
	struct seen s;

	(void)state;
	see(&s, &topology_a, "FRECP11");
	try(&s, l);
	assert_int_equal(relaytrace_table(&s.trace, &s.text), 0);
	assert_int_equal(
	    relaytrace_moves(&s.trace, &s.text, "", NO_FILE, 0), 0);
	reads(&s,
	    "Debug trace information:\n\n"
	    "CEARN                     goes to CEARN    (012) - 2 "
	    "recipients\n"
	    "CZHRZU1A                  goes to CEARN    (012) - single "
	    "recipient\n"
	    "EARNET                    goes to EARNET   (040) - single "
	    "recipient\n"
	    "FRECP11                   goes to FRECP11  (001) - single "
	    "recipient\n"
	    "IBACSATA                  goes to EARNET   (040) - single "
	    "recipient\n"
	    "NEUVM1                    goes to DKEARN   (031) - single "
	    "recipient\n"
	    "PSUVM                     goes to DEARN    (020) - single "
	    "recipient\n"
	    "\nPath information:\n\n"
	    " CEARN   : CEARN\n"
	    " EARNET  : CEARN    EARNET\n"
	    " DKEARN  : CEARN    DEARN    DKEARN\n"
	    " DEARN   : CEARN    DEARN\n"
	    "\n"
	    "Mail forwarded to LISTSERV@CEARN    for   7 recipients.\n"
	    "Mail posted via BSMTP to Y@FRECP11.\n");
	forget(&s);
}

static void
a_host_with_two_names_is_one(void **state)
{
	static const char *const address[] = {
	    "jim@tamvm1.bitnet", "jane@tamvm1"};
	static const struct list l = {address, 2};
	struct seen s;

	(void)state;
	see(&s, &rfc, "SEARN");
	try(&s, l);
	assert_int_equal(s.trace.hosts, 1);
	assert_int_equal(s.trace.host[0].n, 2);
	assert_int_equal(relaytrace_table(&s.trace, &s.text), 0);
	reads(&s,
	    "Debug trace information:\n\n"
	    "TAMVM1                    goes to TAIVM1   (247) - 2 "
	    "recipients\n"
	    "\nPath information:\n\n"
	    " TAIVM1  : UGA      RICEVM1  TAIVM1\n\n");
	forget(&s);
}

static void
a_file_is_distributed_and_mail_is_posted(void **state)
{
	struct seen s;

	(void)state;
	see(&s, &rfc, "SEARN");
	try(&s, five_of_rfc);
	assert_int_equal(
	    relaytrace_moves(&s.trace, &s.text, "", bytes_z("X-SUPD JOB"), 0),
	    0);
	reads(&s,
	    "File forwarded to LISTSERV@UGA      for   3 recipients.\n"
	    "File \"X-SUPD JOB\" distributed to jack@ABC.COM\n"
	    "File \"X-SUPD JOB\" distributed to joe@WS-4.XYZ.EDU\n");
	forget(&s);
}

static void
a_single_recipient_has_no_plural(void **state)
{
	static const char *const address[] = {"listserv@uga.bitnet"};
	static const struct list l = {address, 1};
	struct seen s;

	(void)state;
	see(&s, &rfc, "SEARN");
	try(&s, l);
	assert_int_equal(
	    relaytrace_moves(&s.trace, &s.text, "", NO_FILE, 0), 0);
	reads(&s, "Mail forwarded to LISTSERV@UGA      for   1 recipient.\n");
	forget(&s);
}

static void
no_more_recipients_are_told_than_wanted(void **state)
{
	static const char *const address[] = {
	    "a@x.com", "b@x.com", "c@x.com", "d@x.com"};
	static const struct list l = {address, 4};
	struct seen s;

	(void)state;
	see(&s, &rfc, "SEARN");
	try(&s, l);
	assert_int_equal(
	    relaytrace_moves(&s.trace, &s.text, "", NO_FILE, 1), 0);
	reads(&s,
	    "Mail posted via BSMTP to a@X.COM.\n"
	    "Mail posted via BSMTP to 3 more recipients.\n");
	assert_int_equal(
	    relaytrace_moves(&s.trace, &s.text, "", NO_FILE, 3), 0);
	reads(&s,
	    "Mail posted via BSMTP to a@X.COM.\n"
	    "Mail posted via BSMTP to b@X.COM.\n"
	    "Mail posted via BSMTP to c@X.COM.\n"
	    "Mail posted via BSMTP to 1 more recipient.\n");
	forget(&s);
}

static void
without_a_table_the_gate_gets_it_or_nobody(void **state)
{
	static const char *const mine[] = {"lists.example"};
	static const char *const address[] = {
	    "a@lists.example", "b@x.example", "c@y.example"};
	static const struct list l = {address, 3}, none = {address, 0};
	struct seen s = {.config = {.mydomain = mine,
			     .nmydomain = 1,
			     .tableless = bytes_z("gate.example")}};

	(void)state;
	try(&s, l);
	assert_int_equal(relaytrace_table(&s.trace, &s.text), 0);
	assert_int_equal(
	    relaytrace_moves(&s.trace, &s.text, "", NO_FILE, 0), 0);
	reads(&s,
	    "Debug trace information:\n\n"
	    "LISTS.EXAMPLE             goes to lists.example (000) - single "
	    "recipient\n"
	    "X.EXAMPLE                 goes to gate.example (000) - single "
	    "recipient\n"
	    "Y.EXAMPLE                 goes to gate.example (000) - single "
	    "recipient\n"
	    "\nPath information:\n\n"
	    " gate.example: gate.example\n\n"
	    "Mail forwarded to LISTSERV@gate.example for   2 recipients.\n"
	    "Mail posted via BSMTP to a@LISTS.EXAMPLE.\n");
	relaytrace_free(&s.trace);
	s.config.tableless.len = 0;
	try(&s, l);
	assert_int_equal(s.trace.paths, 0);
	assert_int_equal(s.trace.forwards, 0);
	relaytrace_free(&s.trace);
	try(&s, none);
	assert_int_equal(relaytrace_table(&s.trace, &s.text), 0);
	reads(&s, "Debug trace information:\n\n\n");
	forget(&s);
}

static void
json_has_the_same(void **state)
{
	struct seen s;
	struct json j = {0};

	(void)state;
	see(&s, &rfc, "SEARN");
	try(&s, five_of_rfc);
	j.out = &s.text;
	json_open(&j, NULL, '{');
	assert_int_equal(relaytrace_json(&s.trace, &j), 0);
	json_close(&j, '}');
	assert_false(j.failed);
	reads(&s,
	    "{\"local\":[],"
	    "\"direct\":[\"jack@abc.com\",\"joe@ws-4.xyz.edu\"],"
	    "\"forward\":[{\"server\":\"UGA\",\"recipients\":["
	    "\"jim@tamvm1.bitnet\",\"jill@alpha.cc.buffalo.edu\","
	    "\"james@library.rice.edu\"]}],"
	    "\"hosts\":["
	    "{\"host\":\"ABC.COM\",\"server\":\"SEARN\",\"index\":213,"
	    "\"recipients\":1,\"single\":true,\"rule\":\"unknown-host\"},"
	    "{\"host\":\"ALPHA.CC.BUFFALO.EDU\",\"server\":\"UBVM\","
	    "\"index\":27,\"recipients\":1,\"single\":true,"
	    "\"rule\":\"relayed\"},"
	    "{\"host\":\"LIBRARY.RICE.EDU\",\"server\":\"RICEVM1\","
	    "\"index\":22,\"recipients\":1,\"single\":true,"
	    "\"rule\":\"relayed\"},"
	    "{\"host\":\"TAMVM1\",\"server\":\"TAIVM1\",\"index\":247,"
	    "\"recipients\":1,\"single\":true,\"rule\":\"relayed\"},"
	    "{\"host\":\"WS-4.XYZ.EDU\",\"server\":\"SEARN\",\"index\":213,"
	    "\"recipients\":1,\"single\":true,\"rule\":\"unknown-host\"}],"
	    "\"paths\":["
	    "{\"server\":\"TAIVM1\",\"via\":[\"UGA\",\"RICEVM1\","
	    "\"TAIVM1\"]},"
	    "{\"server\":\"UBVM\",\"via\":[\"UGA\",\"UBVM\"]},"
	    "{\"server\":\"RICEVM1\",\"via\":[\"UGA\",\"RICEVM1\"]}]}");
	forget(&s);
}

static void
several_servers_come_by_their_index_each_with_its_own(void **state)
{
	static const char *const address[] = {
	    "a@E", "b@C", "c@D", "d@E", "e@B", "f@B", "g@C", "h@C"};
	static const struct list l = {address, 8};
	struct netsim n = {0};
	struct seen s;
	struct json j = {0};

	(void)state;
	netsim_links(&n, "A-B A-C A-D A-E");
	netsim_servers(&n, "A=9 B=7 C=5 D=3 E=1");
	netsim_ready(&n);
	see(&s, &n.net, "A");
	try(&s, l);
	assert_int_equal(
	    relaytrace_moves(&s.trace, &s.text, "", NO_FILE, 0), 0);
	reads(&s,
	    "Mail forwarded to LISTSERV@E        for   2 recipients.\n"
	    "Mail forwarded to LISTSERV@D        for   1 recipient.\n"
	    "Mail forwarded to LISTSERV@C        for   3 recipients.\n"
	    "Mail forwarded to LISTSERV@B        for   2 recipients.\n");
	j.out = &s.text;
	json_open(&j, NULL, '{');
	assert_int_equal(relaytrace_json(&s.trace, &j), 0);
	json_close(&j, '}');
	assert_int_equal(sa_0(&s.text), 0);
	assert_non_null(strstr(s.text.s,
	    "\"forward\":[{\"server\":\"E\",\"recipients\":[\"a@E\","
	    "\"d@E\"]},{\"server\":\"D\",\"recipients\":[\"c@D\"]},"
	    "{\"server\":\"C\",\"recipients\":[\"b@C\",\"g@C\",\"h@C\"]"
	    "},{\"server\":\"B\",\"recipients\":[\"e@B\",\"f@B\"]}]"));
	forget(&s);
	netsim_free(&n);
}

static struct seen hungry;

static int
try_hungry(void)
{
	struct seen *s = &hungry;
	struct json j = {.out = &s->text};
	struct list l = five_of_rfc;
	int r = -1;

	if (relaytrace_make(&s->trace, &s->config, get, &l, l.n) == 0 &&
	    relaytrace_table(&s->trace, &s->text) == 0 &&
	    relaytrace_moves(&s->trace, &s->text, "", NO_FILE, 0) == 0)
		r = relaytrace_json(&s->trace, &j);
	relaytrace_free(&s->trace);
	sa_free(&s->text);
	return j.failed ? -1 : r;
}

static void
no_memory_is_an_error_wherever_it_ends(void **state)
{
	(void)state;
	see(&hungry, &rfc, "SEARN");
	nomemory_each(try_hungry, 8);
	nomemory_failing = 0;
	forget(&hungry);
}

static int
read_tables(void)
{
	struct netdiag d = {0};
	int r = network_read_dir(&rfc, "tests/data/network/rfc1429", &d) |
	    network_read_dir(&topology_a, "tests/data/network/topology-a", &d);

	netdiag_free(&d);
	return r;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_example_of_rfc_1429_reads_as_it_does_there),
	    cmocka_unit_test(
		the_first_server_of_the_manual_tells_seven_in_one_line),
	    cmocka_unit_test(a_host_with_two_names_is_one),
	    cmocka_unit_test(a_file_is_distributed_and_mail_is_posted),
	    cmocka_unit_test(a_single_recipient_has_no_plural),
	    cmocka_unit_test(no_more_recipients_are_told_than_wanted),
	    cmocka_unit_test(without_a_table_the_gate_gets_it_or_nobody),
	    cmocka_unit_test(json_has_the_same),
	    cmocka_unit_test(
		several_servers_come_by_their_index_each_with_its_own),
	    cmocka_unit_test(no_memory_is_an_error_wherever_it_ends),
	};

	if (read_tables() < 0)
		return 1;
	return cmocka_run_group_tests(tests, scratch_enter, scratch_leave);
}
