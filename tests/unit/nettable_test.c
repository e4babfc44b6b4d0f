/* LDFLAGS: -Wl,--wrap=malloc,--wrap=realloc,--wrap=reallocarray */
#include "lib/nettable.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/fio.h"
#include "lib/netdir.h"
#include "tests/unit/netbuild.h"
#include "tests/unit/nomemory.h"
#include "tests/unit/scratch.h"

enum { SHOWN = 512, DAMAGES = 4000 };

static struct network rfc, topology_a, topology_b;
static int elsewhere = -1; /* the directory the tests began in */

static int
read_networks(void **state)
{
	struct netdiag d = {0};
	int bad;

	(void)state;
	elsewhere = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bad = network_read_dir(&rfc, "tests/data/network/rfc1429", &d) |
	    network_read_dir(&topology_a, "tests/data/network/topology-a", &d) |
	    network_read_dir(&topology_b, "tests/data/network/topology-b", &d) |
	    (d.count[NETDIAG_ERROR] != 0);
	netdiag_free(&d);
	return bad;
}

static int
free_networks(void **state)
{
	(void)state;
	network_free(&rfc);
	network_free(&topology_a);
	network_free(&topology_b);
	return close(elsewhere);
}

static void
compile(struct nettable *t, const struct network *n, const char *self)
{
	uint32_t number = nettable_find_self(n, bytes_z(self));

	assert_int_not_equal(number, NETTABLE_NONE);
	assert_int_equal(nettable_make(n, number, bytes_z("0123456789abcdef"),
			     AT_FDCWD, "t", 0644, NULL),
	    0);
	memset(t, 0, sizeof *t);
	assert_int_equal(nettable_open(t, "t"), 0);
}

static void
compile_text(struct nettable *t, const char *text, const char *self)
{
	struct network n;

	assert_int_equal(netbuild(&n, text), 0);
	compile(t, &n, self);
	network_free(&n);
}

/* "SERVER COST NAME by ENTRY" and "local", "own" */
static const char *
where(const struct nettable *t, const char *host)
{
	static char out[SHOWN + 2 * NETHOST_MAX];
	struct nethost h;
	struct netserver s;
	int r = nettable_host(t, bytes_z(host), &h);

	assert_int_not_equal(r, -1);
	assert_int_equal(r, h.known);
	assert_int_equal(nettable_server(t, h.server, &s), 1);
	if (!r) {
		assert_true(s.self && h.by[0] == '\0' && !h.local && !h.own);
		snprintf(out, sizeof out, "unknown %s", h.name);
		return out;
	}
	snprintf(out, sizeof out, "%.*s %lld %s by %s%s%s", (int)s.name.len,
	    s.name.s, h.cost == NETTABLE_FAR ? -1LL : (long long)h.cost, h.name,
	    h.by, h.local ? " local" : "", h.own ? " own" : "");
	return out;
}

/* The servers on the way, each with a blank before it. */
static const char *
way(const struct nettable *t, const char *name)
{
	static char out[SHOWN];
	struct netserver s, first;
	uint32_t hops[16];
	ssize_t n, i;
	size_t len = 0;

	out[0] = '\0';
	assert_int_equal(nettable_named(t, bytes_z(name), &first), 1);
	n = nettable_path(t, first.number, hops, 16);
	assert_in_range(n, 0, 16);
	for (i = 0; i < n; i++) {
		assert_int_equal(nettable_server(t, hops[i], &s), 1);
		len += (size_t)snprintf(out + len, sizeof out - len, " %.*s",
		    (int)s.name.len, s.name.s);
	}
	if (n > 0)
		assert_int_equal(first.hop, hops[0]);
	return out;
}

static void
knows_the_hosts_of_rfc_1429(void **state)
{
	struct nettable t;
	struct nethost h;
	struct netserver s;

	(void)state;
	compile(&t, &rfc, "SEARN");
	assert_int_equal(nettable_host(&t, bytes_z("tamvm1.bitnet"), &h), 1);
	assert_string_equal(h.name, "TAMVM1");
	assert_string_equal(h.by, "TAMVM1");
	assert_int_equal(nettable_server(&t, h.server, &s), 1);
	assert_int_equal(s.index, 247);
	assert_int_equal(h.here, s.cost + h.cost); /* it is on the way */
	assert_string_equal(way(&t, "TAIVM1"), " UGA RICEVM1 TAIVM1");
	assert_string_equal(way(&t, "UBVM"), " UGA UBVM");
	assert_string_equal(way(&t, "RICEVM1"), " UGA RICEVM1");
	assert_string_equal(way(&t, "SEARN"), "");
	assert_int_equal(
	    nettable_host(&t, bytes_z("alpha.cc.buffalo.edu"), &h), 1);
	assert_int_equal(nettable_server(&t, h.server, &s), 1);
	assert_int_equal(s.index, 27);
	assert_string_equal(where(&t, "library.rice.edu"),
	    "RICEVM1 0 LIBRARY.RICE.EDU by *.rice.edu");
	assert_string_equal(where(&t, "abc.com"), "unknown ABC.COM");
	assert_string_equal(where(&t, "ws-4.xyz.edu"), "unknown WS-4.XYZ.EDU");
	assert_int_equal(nettable_server(&t, nettable_self(&t), &s), 1);
	assert_int_equal(s.index, 213);
	nettable_close(&t);
}

static void
counts_the_links_of_topology_a(void **state)
{
	struct nettable t;
	struct netserver s;

	(void)state;
	compile(&t, &topology_a, "FRECP11");
	assert_true(nettable_facts(&t)->hops);
	assert_string_equal(
	    where(&t, "FRECP11"), "FRECP11 0 FRECP11 by FRECP11 local own");
	assert_string_equal(where(&t, "cearn.example"),
	    "CEARN 0 CEARN.EXAMPLE by "
	    "cearn.example own");
	assert_string_equal(
	    where(&t, "czhrzu1a"), "CEARN 1000 CZHRZU1A by CZHRZU1A");
	assert_string_equal(
	    where(&t, "neuvm1"), "DKEARN 1000 NEUVM1 by NEUVM1");
	assert_string_equal(where(&t, "psuvm"), "DEARN 1000 PSUVM by PSUVM");
	assert_string_equal(
	    where(&t, "ibacsata"), "EARNET 1000 IBACSATA by IBACSATA");
	assert_string_equal(where(&t, "t1"), "FRECP11 1000 T1 by T1");
	assert_string_equal(where(&t, "t2"), "CEARN 1000 T2 by T2");
	assert_string_equal(way(&t, "dkearn"), " CEARN DEARN DKEARN");
	assert_string_equal(way(&t, "EARNET"), " CEARN EARNET");
	assert_int_equal(nettable_named(&t, bytes_z("CEARN"), &s), 1);
	assert_int_equal(s.cost, 3000);
	assert_int_equal(nettable_named(&t, bytes_z("EARNET"), &s), 1);
	assert_int_equal(s.cost, 5000);
	assert_int_equal(nettable_named(&t, bytes_z("DKEARN"), &s), 1);
	assert_int_equal(s.cost, 5000);
	nettable_close(&t);
}

static void
sees_the_mirror_of_it_in_topology_b(void **state)
{
	struct nettable t;
	struct netserver s;

	(void)state;
	compile(&t, &topology_b, "frecp11.example");
	assert_int_equal(nettable_named(&t, bytes_z("EARNET"), &s), 1);
	assert_int_equal(s.cost, 4000);
	assert_int_equal(nettable_named(&t, bytes_z("DKEARN"), &s), 1);
	assert_int_equal(s.cost, 6000);
	nettable_close(&t);
}

static const char hosts[] = "link A B -\nlink B C -\nlink C D -\n"
			    "server A 10 b\nserver C 30 b\n"
			    "domain *.example.org C\n"
			    "domain *.b.example.org B\n"
			    "domain a.b.example.org A\n"
			    "domain www.b.example.org D\n"
			    "domain *.ch C\n"
			    "domain *.bitnet C\n"
			    "alias OLDVM D\n"
			    "alias old.example.net www.b.example.org\n"
			    "alias NOWHERE NOWHERE2\n";

static void
lets_the_longest_entry_decide(void **state)
{
	struct nettable t;

	(void)state;
	compile_text(&t, hosts, "A");
	assert_string_equal(where(&t, "x.y.example.org"),
	    "C 0 X.Y.EXAMPLE.ORG by *.example.org");
	assert_string_equal(
	    where(&t, "EXAMPLE.org"), "C 0 EXAMPLE.ORG by *.example.org");
	assert_string_equal(where(&t, "x.b.example.org"),
	    "A 1000 X.B.EXAMPLE.ORG by *.b.example.org");
	assert_string_equal(where(&t, "b.example.org"),
	    "A 1000 B.EXAMPLE.ORG by *.b.example.org");
	assert_string_equal(where(&t, "a.b.example.org"),
	    "A 0 A.B.EXAMPLE.ORG by a.b.example.org local own");
	assert_string_equal(where(&t, "x.a.b.example.org"),
	    "A 1000 X.A.B.EXAMPLE.ORG by *.b.example.org");
	assert_string_equal(where(&t, "WWW.B.EXAMPLE.ORG"),
	    "C 1000 WWW.B.EXAMPLE.ORG by www.b.example.org");
	assert_string_equal(where(&t, "xexample.org"), "unknown XEXAMPLE.ORG");
	assert_string_equal(
	    where(&t, "www.ethz.ch"), "C 0 WWW.ETHZ.CH by *.ch");
	assert_string_equal(where(&t, "ch"), "unknown CH");
	assert_string_equal(where(&t, "org"), "unknown ORG");
	nettable_close(&t);
}

static void
knows_nodes_with_and_without_bitnet(void **state)
{
	struct nettable t;

	(void)state;
	compile_text(&t, hosts, "A");
	assert_string_equal(where(&t, "d"), "C 1000 D by D");
	assert_string_equal(where(&t, "d.BITNET"), "C 1000 D by D");
	assert_string_equal(where(&t, "x.bitnet"), "C 0 X.BITNET by *.bitnet");
	assert_string_equal(
	    where(&t, "d.x.bitnet"), "C 0 D.X.BITNET by *.bitnet");
	assert_string_equal(where(&t, ".bitnet"), "C 0 .BITNET by *.bitnet");
	assert_string_equal(where(&t, "bitnet"), "unknown BITNET");
	nettable_close(&t);
}

static void
follows_aliases(void **state)
{
	struct nettable t;

	(void)state;
	compile_text(&t, hosts, "A");
	assert_string_equal(where(&t, "oldvm"), "C 1000 D by OLDVM");
	assert_string_equal(where(&t, "oldvm.bitnet"), "C 1000 D by OLDVM");
	assert_string_equal(where(&t, "old.example.net"),
	    "C 1000 OLD.EXAMPLE.NET by old.example.net");
	assert_string_equal(where(&t, "nowhere"), "unknown NOWHERE");
	nettable_close(&t);
}

static void
names_the_line_of_the_entry_that_decides(void **state)
{
	struct nettable t;
	struct nethost h;

	(void)state;
	compile_text(&t, hosts, "A");
	assert_int_equal(nettable_host(&t, bytes_z("x.example.org"), &h), 1);
	assert_int_equal(h.line, 6);
	assert_true(bytes_eq(h.file, "test.names"));
	assert_int_equal(nettable_host(&t, bytes_z("oldvm"), &h), 1);
	assert_int_equal(h.line, 12);
	assert_int_equal(nettable_host(&t, bytes_z("abc.com"), &h), 0);
	assert_int_equal(h.line, 0);
	assert_int_equal(h.file.len, 0);
	nettable_close(&t);
}

static void
takes_any_bytes_for_a_host(void **state)
{
	static const struct bytes odd[] = {{"", 0}, {".", 1}, {"..", 2},
	    {"\0", 1}, {"\0h", 2}, {"\1a", 2}, {"x.\1a", 4}, {"x.\0h", 4},
	    {"a b", 3}, {"\xff\xfe", 2}, {"[192.0.2.1]", 11}, {"a.", 2},
	    {"x.\2\x0a\0\0\0", 7}};
	struct nettable t;
	struct nethost h;
	char longest[NETHOST_MAX + 1];
	size_t i;

	(void)state;
	compile_text(&t, hosts, "A");
	for (i = 0; i < sizeof odd / sizeof *odd; i++) {
		assert_int_equal(nettable_host(&t, odd[i], &h), 0);
		assert_int_equal(strlen(h.name), odd[i].len);
	}
	memset(longest, 'x', sizeof longest);
	memcpy(longest + NETHOST_MAX - 12, ".example.org", 12);
	assert_int_equal(
	    nettable_host(&t, (struct bytes){longest, NETHOST_MAX}, &h), 1);
	assert_int_equal(strlen(h.name), NETHOST_MAX);
	assert_int_equal(
	    nettable_host(&t, (struct bytes){longest, sizeof longest}, &h), 0);
	assert_int_equal(strlen(h.name), NETHOST_MAX);
	nettable_close(&t);
}

static void
finds_servers_by_name_node_host_and_index(void **state)
{
	static const char *const names[] = {
	    "searn", "SEARN", "searn.sunet.se", "Searn.Sunet.SE"};
	struct nettable t;
	struct netserver s;
	size_t i;

	(void)state;
	compile(&t, &rfc, "UGA");
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		assert_int_equal(nettable_named(&t, bytes_z(names[i]), &s), 1);
		assert_int_equal(s.index, 213);
	}
	assert_true(bytes_eq(s.name, "SEARN") && bytes_eq(s.node, "SEARN"));
	assert_true(bytes_eq(s.userid, "LISTSERV"));
	assert_true(bytes_eq(s.host, "searn.sunet.se"));
	assert_true(bytes_eq(s.version, "1.7f") && s.key.len == 0);
	assert_true(bytes_eq(s.file, "peers.names") && s.line > 1);
	assert_true(s.backbone && !s.self);
	assert_int_equal(nettable_indexed(&t, 22, &s), 1);
	assert_true(bytes_eq(s.name, "RICEVM1"));
	assert_int_equal(nettable_indexed(&t, 23, &s), 0);
	assert_int_equal(nettable_named(&t, bytes_z("rice.edu"), &s), 0);
	assert_int_equal(nettable_named(&t, bytes_z(""), &s), 0);
	assert_int_equal(nettable_server(&t, 5, &s), 0);
	nettable_close(&t);
}

static void
tells_what_it_is_made_of(void **state)
{
	struct nettable t;
	struct nettable_source f;
	const struct netfacts *facts;

	(void)state;
	compile(&t, &rfc, "SEARN");
	facts = nettable_facts(&t);
	assert_true(bytes_eq(facts->version, "9302"));
	assert_true(bytes_eq(facts->digest, "0123456789abcdef"));
	assert_int_equal(facts->servers, 5);
	assert_int_equal(facts->reached, 5);
	assert_int_equal(facts->nodes, 6);
	assert_int_equal(facts->links, 10);
	assert_int_equal(facts->files, 2);
	assert_int_equal(facts->hops, 0);
	assert_true(facts->made_us > 0);
	assert_int_equal(nettable_source(&t, 0, &f), 1);
	assert_true(bytes_eq(f.name, "bitearn.nodes"));
	assert_true(bytes_eq(f.version, "9302"));
	assert_int_equal(f.entries, 6);
	assert_int_equal(nettable_source(&t, 2, &f), 0);
	nettable_close(&t);
}

static void
keeps_what_cannot_be_reached_for_itself(void **state)
{
	struct nettable t;
	struct netserver s;
	uint32_t hop;

	(void)state;
	compile_text(&t,
	    "link A B -\nlink C D -\nlink B E 0\n"
	    "server A 1 b\nserver C 2 b\ndomain *.org D\n",
	    "A");
	assert_string_equal(where(&t, "x.org"), "A -1 X.ORG by *.org");
	assert_string_equal(where(&t, "c"), "A -1 C by C");
	assert_string_equal(where(&t, "e"), "A -1 E by E");
	assert_int_equal(nettable_named(&t, bytes_z("C"), &s), 1);
	assert_true(s.cost == NETTABLE_FAR && s.hop == NETTABLE_NONE);
	assert_true(s.via == NETTABLE_NONE);
	assert_int_equal(nettable_path(&t, s.number, &hop, 1), 0);
	assert_int_equal(nettable_facts(&t)->reached, 1);
	assert_int_equal(nettable_path(&t, 2, &hop, 1), -1);
	assert_int_equal(errno, EINVAL);
	nettable_close(&t);
}

static void
counts_hops_that_find_no_room(void **state)
{
	struct nettable t;
	struct netserver s;
	uint32_t hops[4] = {9, 9, 9, 9};

	(void)state;
	compile_text(&t,
	    "link A B -\nlink B C -\nlink C D -\n"
	    "server A 1 b\nserver B 2 b\nserver C 3 b\nserver D 4 -\n",
	    "A");
	assert_int_equal(nettable_named(&t, bytes_z("D"), &s), 1);
	assert_int_equal(nettable_path(&t, s.number, hops, 2), 3);
	assert_int_equal(hops[0], s.hop);
	assert_int_equal(hops[2], 9);
	nettable_close(&t);
}

static void
takes_a_new_table_and_keeps_the_old_one_when_that_is_none(void **state)
{
	struct nettable t;

	(void)state;
	compile(&t, &topology_a, "CEARN");
	assert_int_equal(nettable_refresh(&t), 0);
	assert_int_equal(nettable_make(&topology_a, 1, bytes_z(""), AT_FDCWD,
			     "t", 0644, NULL),
	    0);
	assert_int_equal(nettable_refresh(&t), 1);
	assert_int_equal(nettable_self(&t), 1);
	assert_int_equal(scratch_file("new", "no table", 8), 0);
	assert_int_equal(rename("new", "t"), 0);
	assert_int_equal(nettable_refresh(&t), -1);
	assert_int_equal(errno, EPROTO);
	assert_string_equal(where(&t, "t2"), "CEARN 1000 T2 by T2");
	assert_int_equal(unlink("t"), 0);
	assert_int_equal(nettable_refresh(&t), -1);
	assert_int_equal(errno, ENOENT);
	nettable_close(&t);
	nettable_close(&t);
}

static void
says_beforehand_how_large_it_will_be(void **state)
{
	struct nettable_made made;
	struct stat st;

	(void)state;
	assert_int_equal(
	    nettable_make(&rfc, 0, bytes_z("x"), AT_FDCWD, NULL, 0644, &made),
	    0);
	assert_int_equal(stat("t", &st), -1);
	assert_int_equal(
	    nettable_make(&rfc, 0, bytes_z("x"), AT_FDCWD, "t", 0640, NULL), 0);
	assert_int_equal(stat("t", &st), 0);
	assert_int_equal(st.st_size, made.bytes);
	assert_int_equal(st.st_mode & 07777, 0640);
}

static void
makes_nothing_for_a_server_that_is_not_there(void **state)
{
	struct nettable t;

	(void)state;
	compile(&t, &rfc, "UGA");
	assert_int_equal(
	    nettable_make(&rfc, 5, bytes_z(""), AT_FDCWD, "t", 0644, NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(access("tmp.t", F_OK), -1);
	assert_int_equal(nettable_refresh(&t), 0);
	nettable_close(&t);
	assert_int_equal(
	    nettable_find_self(&rfc, bytes_z("x.rice.edu")), NETTABLE_NONE);
	assert_int_equal(
	    nettable_find_self(&rfc, bytes_z("TAMVM1")), NETTABLE_NONE);
	assert_int_equal(
	    nettable_find_self(&rfc, bytes_z("ABC.COM")), NETTABLE_NONE);
}

static int
make_once(void)
{
	return nettable_make(
	    &topology_a, 0, bytes_z("x"), AT_FDCWD, "t", 0644, NULL);
}

static void
leaves_the_old_table_without_memory(void **state)
{
	struct nettable t;

	(void)state;
	compile(&t, &rfc, "SEARN");
	nomemory_each(make_once, 8);
	assert_int_equal(access("tmp.t", F_OK), -1);
	nettable_close(&t);
}

/* Whatever a damaged table says, each answer is one that callers can use. */
static void
ask_everything(const struct nettable *t)
{
	static const char *const host[] = {"tamvm1.bitnet", "x.rice.edu",
	    "searn", "uga.cc.uga.edu", "abc.com"};
	struct nettable_source f;
	struct netserver s;
	struct nethost h;
	uint32_t hops[4], i;
	size_t k;

	for (k = 0; k < sizeof host / sizeof *host; k++) {
		if (nettable_host(t, bytes_z(host[k]), &h) == 1)
			assert_true(h.server < nettable_facts(t)->servers);
		nettable_named(t, bytes_z(host[k]), &s);
	}
	for (i = 0; i < 8; i++) {
		nettable_source(t, i, &f);
		nettable_indexed(t, i, &s);
		if (nettable_server(t, i, &s) == 1)
			assert_true(s.hop == NETTABLE_NONE ||
			    s.hop < nettable_facts(t)->servers);
		if (i < nettable_facts(t)->servers)
			nettable_path(t, i, hops, 4);
	}
}

static void
survives_every_damage(void **state)
{
	struct nettable t;
	stralloc whole = {0};
	uint32_t seed = 1, i, k;
	char *bytes;

	(void)state;
	compile(&t, &rfc, "SEARN");
	nettable_close(&t);
	assert_int_equal(fio_read(AT_FDCWD, "t", &whole, 1 << 20), 0);
	bytes = malloc(whole.len);
	assert_non_null(bytes);
	for (i = 0; i < DAMAGES; i++) {
		memcpy(bytes, whole.s, whole.len);
		for (k = 0; k <= i % 4; k++) {
			seed = seed * 1664525 + 1013904223;
			/* most of the file is the head of the cdb */
			bytes[(i % 8 ? 2048 : 0) +
			    (seed >> 4) % (whole.len - (i % 8 ? 2048 : 0))] ^=
			    (char)(1 << (seed >> 29));
		}
		assert_int_equal(scratch_file("t", bytes, whole.len), 0);
		if (nettable_open(&t, "t") == 0) {
			ask_everything(&t);
			nettable_close(&t);
		}
	}
	free(bytes);
	sa_free(&whole);
}

static void
refuses_a_table_that_is_cut(void **state)
{
	struct nettable t;
	stralloc whole = {0};
	size_t len;

	(void)state;
	compile(&t, &rfc, "SEARN");
	nettable_close(&t);
	assert_int_equal(fio_read(AT_FDCWD, "t", &whole, 1 << 20), 0);
	for (len = 0; len < whole.len; len += 7) {
		assert_int_equal(scratch_file("t", whole.s, len), 0);
		assert_int_equal(nettable_open(&t, "t"), -1);
		assert_int_equal(errno, EPROTO);
	}
	sa_free(&whole);
}

static int
leave(void **state)
{
	return scratch_leave(state) | fchdir(elsewhere);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, scratch_enter, leave)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(knows_the_hosts_of_rfc_1429),
	    TEST(counts_the_links_of_topology_a),
	    TEST(sees_the_mirror_of_it_in_topology_b),
	    TEST(lets_the_longest_entry_decide),
	    TEST(knows_nodes_with_and_without_bitnet),
	    TEST(follows_aliases),
	    TEST(names_the_line_of_the_entry_that_decides),
	    TEST(takes_any_bytes_for_a_host),
	    TEST(finds_servers_by_name_node_host_and_index),
	    TEST(tells_what_it_is_made_of),
	    TEST(keeps_what_cannot_be_reached_for_itself),
	    TEST(counts_hops_that_find_no_room),
	    TEST(takes_a_new_table_and_keeps_the_old_one_when_that_is_none),
	    TEST(says_beforehand_how_large_it_will_be),
	    TEST(makes_nothing_for_a_server_that_is_not_there),
	    TEST(leaves_the_old_table_without_memory),
	    TEST(survives_every_damage),
	    TEST(refuses_a_table_that_is_cut),
	};

	return cmocka_run_group_tests(tests, read_networks, free_networks);
}
