#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/posting.h"

/* 22 Nov 2026 10:00:00 UTC */
#define ID "660da8a518800.9f02c4d1aa"
#define DATE "Sun, 22 Nov 2026 10:00:00 +0000"

#define TRACE                                                                  \
	"Received: by node.example.org (lsv) id " ID "\r\n"                    \
	"\tfor <TEST-L@lists.example.org>; " DATE "\r\n"                       \
	"X-LSV-Trace: TEST-L@node.example.org " ID "\r\n"

#define LIST_ID "List-Id: \"A test\"\r\n <test-l.lists.example.org>\r\n"

#define LIST_FIELDS                                                            \
	"List-Help: "                                                          \
	"<mailto:listserv@lists.example.org?body=INFO%20TEST-L>\r\n"           \
	"List-Post: <mailto:TEST-L@lists.example.org>\r\n"                     \
	"List-Owner: <mailto:TEST-L-request@lists.example.org>\r\n"            \
	"List-Unsubscribe: "                                                   \
	"<mailto:TEST-L-unsubscribe-request@lists.example.org>\r\n\r\n"

#define REST "Precedence: list\r\n" LIST_ID LIST_FIELDS

#define KNOWN "Message-ID: <1@x>\nDate: now\n"
#define KNOWN_OUT "Message-ID: <1@x>\r\nDate: now\r\n"

static stralloc out;

static struct posting
posting(enum posting_reply reply, int ignore)
{
	return (struct posting){.list = bytes_z("TEST-L"),
	    .host = bytes_z("lists.example.org"),
	    .node = bytes_z("node.example.org"),
	    .title = bytes_z("A test"),
	    .id = bytes_z(ID),
	    .reply = reply,
	    .ignore = ignore,
	    .reply_address = bytes_z("else@example.com")};
}

static void
assert_posting(struct bytes m, const struct posting *p, struct bytes want)
{
	struct header h;

	assert_int_equal(header_parse(&h, m.s, m.len, NULL), 0);
	assert_int_equal(posting_header(&out, &h, p), 0);
	assert_int_equal(out.len, want.len);
	assert_memory_equal(out.s, want.s, want.len);
	out.len = 0;
}

static void
adds_ours_around_what_came_in(void **state)
{
	struct posting p = posting(POSTING_REPLY_NONE, 0);

	(void)state;
	assert_posting(bytes_z("Received: from a\n\tby b; c\n"
			       "From: joe@example.com\nTo: TEST-L\n"
			       "Subject: a\n  folded\n line\n" KNOWN
			       "x-odd : \t kept \nReceived: z\n\nbody\n"),
	    &p,
	    bytes_z(TRACE "Received: from a\r\n\tby b; c\r\n"
			  "From: joe@example.com\r\nTo: TEST-L\r\n"
			  "Subject: a\r\n  folded\r\n line\r\n" KNOWN_OUT
			  "x-odd : \t kept \r\nReceived: z\r\n" REST));
}

static void
takes_away_what_it_replaces(void **state)
{
	struct posting p = posting(POSTING_REPLY_NONE, 0);

	(void)state;
	assert_posting(
	    bytes_z("From x Mon Jan  1\r\nReturn-Path: <a@b>\r\n" KNOWN
		    "list-id: old\r\n <old.x>\r\nLIST-POST: NO\r\n"
		    "List-Help: x\nList-Owner: x\nList-Subscribe: x\n"
		    "List-Unsubscribe: x\nList-Unsubscribe-Post: x\n"
		    "List-Archive: x\nPrecedence: bulk\n"
		    "X-LSV-Trace: OTHER@a 1\nList-Other: kept\n\n"),
	    &p,
	    bytes_z(TRACE KNOWN_OUT "X-LSV-Trace: OTHER@a 1\r\n"
				    "List-Other: kept\r\n" REST));
}

static void
gives_a_message_what_it_lacks(void **state)
{
	struct posting p = posting(POSTING_REPLY_NONE, 0);

	(void)state;
	assert_posting(bytes_z("From: a\nDate:\nMessage-ID: \n \n\nx"), &p,
	    bytes_z(TRACE "From: a\r\nMessage-ID: <" ID
			  "@node.example.org>\r\nDate: " DATE "\r\n" REST));
	assert_posting(bytes_z("From: a\nDate: x\n\nx"), &p,
	    bytes_z(TRACE "From: a\r\nDate: x\r\nMessage-ID: <" ID
			  "@node.example.org>\r\n" REST));
}

static void
keeps_every_byte_but_those_no_wire_carries(void **state)
{
	static const char in[] = KNOWN "Subject: \xff\xc3\xa4\x01\x7f ?\n"
				       "X: a\rb\0c\r\r\n .\n\n.\n";
	static const char want[] =
	    TRACE KNOWN_OUT "Subject: \xff\xc3\xa4\x01\x7f ?\r\n"
			    "X: a b c \r\n .\r\n" REST;
	struct posting p = posting(POSTING_REPLY_NONE, 0);

	(void)state;
	assert_posting((struct bytes){in, sizeof in - 1}, &p,
	    (struct bytes){want, sizeof want - 1});
}

static void
folds_what_is_longer_than_a_line_may_be(void **state)
{
	static char m[4096], want[4096], x[1001];
	struct posting p = posting(POSTING_REPLY_SENDER, 0);
	struct header h;
	int n;

	(void)state;
	memset(x, 'x', 1000);
	n = snprintf(m, sizeof m, "From:%.990s\nSubject: %.600s %.600s\n" KNOWN,
	    x, x, x);
	snprintf(want, sizeof want,
	    "%sFrom:%.990s\r\nSubject: %.600s\r\n %.600s\r\n%s"
	    "Reply-To:\r\n %.990s\r\n%s",
	    TRACE, x, x, x, KNOWN_OUT, x, REST);
	assert_posting((struct bytes){m, (size_t)n}, &p, bytes_z(want));
	n = snprintf(m, sizeof m, "A: %.999s\n" KNOWN, x);
	assert_int_equal(header_parse(&h, m, (size_t)n, NULL), 0);
	assert_int_equal(posting_header(&out, &h, &p), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(out.len, 0);
}

static void
completes_a_header_that_is_cut_short(void **state)
{
	struct posting p = posting(POSTING_REPLY_NONE, 0);

	(void)state;
	assert_posting(bytes_z(KNOWN "From: a\n b"), &p,
	    bytes_z(TRACE KNOWN_OUT "From: a\r\n b\r\n" REST));
}

static void
sends_replies_where_the_list_wants_them(void **state)
{
	static const char list[] = "Reply-To: TEST-L@lists.example.org\r\n";
	static const char both[] = "Reply-To: TEST-L@lists.example.org,\r\n "
				   "A group: joe@x,\r\n\tann@y;\r\n";
	static const char sender[] =
	    "Reply-To: A group: joe@x,\r\n\tann@y;\r\n";
	static const struct {
		enum posting_reply reply;
		int from, received, ignore; /* 2: received but blank */
		const char *want;           /* NULL: the received one is kept */
	} table[] = {
	    {POSTING_REPLY_LIST, 1, 0, 0, list},
	    {POSTING_REPLY_LIST, 1, 1, 0, NULL},
	    {POSTING_REPLY_LIST, 1, 1, 1, list},
	    {POSTING_REPLY_LIST, 1, 2, 0, list},
	    {POSTING_REPLY_SENDER, 1, 0, 0, sender},
	    {POSTING_REPLY_SENDER, 1, 1, 0, NULL},
	    {POSTING_REPLY_SENDER, 1, 1, 1, sender},
	    {POSTING_REPLY_SENDER, 0, 0, 0, ""},
	    {POSTING_REPLY_BOTH, 1, 0, 0, both},
	    {POSTING_REPLY_BOTH, 1, 1, 0, NULL},
	    {POSTING_REPLY_BOTH, 1, 1, 1, both},
	    {POSTING_REPLY_BOTH, 0, 0, 0, list},
	    {POSTING_REPLY_NONE, 1, 0, 0, ""},
	    {POSTING_REPLY_NONE, 1, 1, 0, NULL},
	    {POSTING_REPLY_NONE, 1, 1, 1, ""},
	    {POSTING_REPLY_NONE, 1, 2, 0, ""},
	    {POSTING_REPLY_ADDRESS, 1, 0, 0, "Reply-To: else@example.com\r\n"},
	    {POSTING_REPLY_ADDRESS, 1, 1, 0, NULL},
	    {POSTING_REPLY_ADDRESS, 1, 1, 1, "Reply-To: else@example.com\r\n"},
	};
	static const char *const received[] = {
	    "", "Reply-To: me\n", "Reply-To:\n \n"};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct posting p = posting(table[i].reply, table[i].ignore);
		stralloc in = {0}, want = {0};

		sa_puts(&in, received[table[i].received]);
		sa_puts(&in, KNOWN);
		sa_puts(&want, TRACE);
		if (!table[i].want)
			sa_puts(&want, "Reply-To: me\r\n");
		sa_puts(&want, KNOWN_OUT);
		if (table[i].from) {
			sa_puts(&in, "From:\n \n A group: joe@x,\n\tann@y;\n");
			sa_puts(&want,
			    "From:\r\n \r\n A group: joe@x,\r\n"
			    "\tann@y;\r\n");
		}
		sa_puts(&want, table[i].want ? table[i].want : "");
		assert_int_equal(sa_puts(&want, REST), 0);
		assert_posting((struct bytes){in.s, in.len}, &p,
		    (struct bytes){want.s, want.len});
		sa_free(&in);
		sa_free(&want);
	}
}

static void
writes_titles_and_names_so_that_they_end_nothing(void **state)
{
	struct posting p = posting(POSTING_REPLY_NONE, 0);

	(void)state;
	p.title = bytes_z("The \"best\"\r\nX: y");
	assert_posting(bytes_z(KNOWN), &p,
	    bytes_z(TRACE KNOWN_OUT
		"Precedence: list\r\nList-Id: \"The \\\"best\\\"  X: y\"\r\n"
		" <test-l.lists.example.org>\r\n" LIST_FIELDS));
	p.title = bytes_z("Gr\xc3\xbc\xc3\x9f"
			  "e");
	assert_posting(bytes_z(KNOWN), &p,
	    bytes_z(
		TRACE KNOWN_OUT "Precedence: list\r\n"
				"List-Id: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"
				" <test-l.lists.example.org>\r\n" LIST_FIELDS));
	p.title = bytes_z("");
	p.list = bytes_z("C++%?");
	p.host = p.node = bytes_z("h");
	assert_posting(bytes_z(KNOWN), &p,
	    bytes_z("Received: by h (lsv) id " ID "\r\n\tfor <C++%?@h>; " DATE
		    "\r\nX-LSV-Trace: C++%?@h " ID "\r\n" KNOWN_OUT
		    "Precedence: list\r\nList-Id: <c++%?.h>\r\n"
		    "List-Help: <mailto:listserv@h?body=INFO%20"
		    "C%2B%2B%25%3F>\r\n"
		    "List-Post: <mailto:C%2B%2B%25%3F@h>\r\n"
		    "List-Owner: <mailto:C%2B%2B%25%3F-request@h>\r\n"
		    "List-Unsubscribe: "
		    "<mailto:C%2B%2B%25%3F-unsubscribe-request@h>\r\n\r\n"));
}

static void
refuses_names_that_could_begin_a_field(void **state)
{
	const struct posting good = posting(POSTING_REPLY_ADDRESS, 1);
	struct posting bad[7];
	struct header h;

	(void)state;
	for (size_t i = 0; i < 7; i++)
		bad[i] = good;
	bad[0].list = bytes_z("A\r\nX: y");
	bad[1].host = bytes_z("a>b");
	bad[2].node = bytes_z("a b");
	bad[3].id = bytes_z("1");
	bad[4].reply_address = bytes_z("a@b\r\nX: y");
	bad[5].list = bytes_z("");
	bad[6].reply_address = bytes_z("");
	assert_int_equal(header_parse(&h, KNOWN, sizeof KNOWN - 1, NULL), 0);
	for (size_t i = 0; i < 7; i++) {
		errno = 0;
		assert_int_equal(posting_header(&out, &h, &bad[i]), -1);
		assert_int_equal(errno, EINVAL);
		assert_int_equal(out.len, 0);
	}
	assert_int_equal(posting_header(&out, &h, &good), 0);
	out.len = 0;
}

static int
release(void **state)
{
	(void)state;
	sa_free(&out);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(adds_ours_around_what_came_in),
	    cmocka_unit_test(takes_away_what_it_replaces),
	    cmocka_unit_test(gives_a_message_what_it_lacks),
	    cmocka_unit_test(keeps_every_byte_but_those_no_wire_carries),
	    cmocka_unit_test(folds_what_is_longer_than_a_line_may_be),
	    cmocka_unit_test(completes_a_header_that_is_cut_short),
	    cmocka_unit_test(sends_replies_where_the_list_wants_them),
	    cmocka_unit_test(writes_titles_and_names_so_that_they_end_nothing),
	    cmocka_unit_test(refuses_names_that_could_begin_a_field),
	};

	return cmocka_run_group_tests(tests, NULL, release);
}
