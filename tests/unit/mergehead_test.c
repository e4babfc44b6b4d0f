/* LDFLAGS: -Wl,--wrap=malloc,--wrap=realloc,--wrap=reallocarray */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/mergecore.h"
#include "tests/unit/mergemake.h"
#include "tests/unit/nomemory.h"

#define FOREIGN "a reference beside an encoded word that is not UTF-8"

/* The first op of a kind; that there is none is a failure. */
static const struct merge_op *
op_of(const struct merge *m, enum merge_kind kind)
{
	for (size_t i = 0; i < m->ops; i++)
		if (m->op[i].kind == kind)
			return &m->op[i];
	fail_msg("no op %d in %s", (int)kind, m->s);
	return m->op;
}

/* The op that a field "name: &NAME;" has behind its colon. */
static enum merge_kind
kind_of(const char *name)
{
	char text[100];

	snprintf(text, sizeof text, "%s: &NAME;\r\n\r\nx\r\n", name);
	return mergemake_compile(text)->op[1].kind;
}

/* --- the whole ---------------------------------------------------------- */

static void
finds_where_the_body_begins(void **state)
{
	static const struct {
		const char *text;
		size_t body;
	} cases[] = {{"Subject: x\r\n\r\nbody\r\n", 14},
	    {"Subject: x\r\n\r\n", 14}, {"Subject: x\r\n", 12},
	    {"From joe Mon\r\nSubject: x\r\n\r\nbody\r\n", 28}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct merge *m = mergemake_compile(cases[i].text);

		assert_int_equal(m->body, cases[i].body);
		assert_int_equal(m->ops, 1);
		assert_int_equal(m->op[0].len, m->len);
		assert_int_equal(m->text.len, 0);
	}
}

static void
replaces_behind_a_line_of_an_mbox(void **state)
{
	(void)state;
	mergemake_compile("From &NAME; Mon\r\nSubject: &NAME;\r\n\r\nx\r\n");
	mergemake_copy(
	    "a@b.example\tN", "From &NAME; Mon\r\nSubject: N\r\n\r\nx\r\n");
}

static void
refuses_what_is_no_header(void **state)
{
	(void)state;
	assert_int_equal(
	    mergemake_refused("\r\nx\r\n", "the message has no header"), 0);
	assert_int_equal(mergemake_refused("Subject: x\r\nno field\r\n\r\n",
			     "a header line is no field"),
	    12);
}

static void
takes_references_at_the_ends_of_a_field(void **state)
{
	(void)state;
	mergemake_compile(
	    "Subject:&NAME;\r\nX:  &CITY;&CODE; \r\nY: y&NAME;\r\n");
	mergemake_copy(
	    "a@b.example\tN\tC\tD", "Subject:N\r\nX:  CD \r\nY: yN\r\n");
	mergemake_compile("Subject:\r\n &NAME;\r\n\r\nx\r\n");
	mergemake_copy("a@b.example\tN", "Subject:\r\n N\r\n\r\nx\r\n");
	mergemake_bad(
	    "a@b.example", -2, "leaves a line of blanks in the header");
}

static void
says_that_there_is_no_memory(void **state)
{
	(void)state;
	mergemake_poor(nomemory_each, "From joe\r\n", "X: y &CITY;\r\n",
	    "X: y &NAME;\r\n", "\r\n");
	mergemake_poor(nomemory_each, "X: ", "&CITY;", "x&NAME;", "\r\n");
	mergemake_poor(
	    nomemory_each, "X: &NAME; =?utf-8?Q?", "ab", "abcdef", "?=\r\n");
	mergemake_poor(nomemory_each, "X: &NAME; =?utf-8?B?", "YWJj",
	    "YWJjYWJj", "?=\r\n");
	mergemake_poor(nomemory_each, "X: =?utf-8?Q?&NAME;?=", "&CITY;",
	    " x&NAME;", "\r\n");
	mergemake_poor(
	    nomemory_each, "References: ", "&CITY;", "<&NAME;>", "\r\n");
	mergemake_poor(
	    nomemory_each, "To: ", "&CITY;,", "\"&NAME;\" <&*TO;>,", "\r\n");
	mergemake_poor(
	    nomemory_each, "To: &NAME; ", "ab", "abc ", " <&*TO;>\r\n");
}

/* A field is taken apart twice: as it was written and as it is read. */
static void
refuses_too_many_pieces_of_text(void **state)
{
	enum { FIELDS = 4, EACH = 13000 };
	static char text[FIELDS * (EACH * 4 + 20) + 100];
	static const char names[] = "A";
	struct where w = {99, ""};
	struct merge m;
	size_t n = 0;

	(void)state;
	for (int f = 0; f < FIELDS; f++) {
		n += (size_t)snprintf(text + n, sizeof text - n, "X-Y: ");
		for (int i = 0; i < EACH; i++)
			n +=
			    (size_t)snprintf(text + n, sizeof text - n, "&A;x");
		n += (size_t)snprintf(text + n, sizeof text - n, "\r\n");
	}
	assert_int_equal(merge_compile(&m, bytes_z(names), text, n, &w), -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(w.why, "more than 200,000 pieces");
	assert_int_equal(m.subs, MERGE_OPS_MAX);
	merge_free(&m);
}

/* --- places ------------------------------------------------------------- */

static void
knows_what_a_field_takes_by_its_name_in_any_case(void **state)
{
	static const char *const address[] = {"From", "sender", "REPLY-TO",
	    "To", "Cc", "Bcc", "Resent-From", "Resent-Sender", "Resent-To",
	    "Resent-Cc", "Resent-Bcc", "Resent-Reply-To",
	    "Disposition-Notification-To", "Return-Receipt-To", "Errors-To",
	    "Mail-Followup-To", "Mail-Reply-To"};
	static const char *const token[] = {"Message-Id", "in-reply-to",
	    "References", "Date", "Resent-Date", "Resent-Message-ID", "List-Id",
	    "LIST-X"};
	static const char *const text[] = {"Subject", "Comments", "X-To", "Tos",
	    "Keywords", "Organization", "Listing", "Contents"};

	(void)state;
	for (size_t i = 0; i < sizeof address / sizeof address[0]; i++)
		assert_int_equal(kind_of(address[i]), MERGE_ADDR);
	for (size_t i = 0; i < sizeof token / sizeof token[0]; i++)
		assert_int_equal(kind_of(token[i]), MERGE_TOKEN);
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++)
		assert_int_equal(kind_of(text[i]), MERGE_WORDS);
}

static void
refuses_references_in_fields_that_take_none(void **state)
{
	static const char *const never[] = {"MIME-Version", "Received",
	    "return-path", "DKIM-Signature", "DomainKey-Signature", "ARC-Seal",
	    "ARC-Message-Signature", "ARC-Authentication-Results",
	    "Content-Type", "content-x"};
	char text[100];

	(void)state;
	for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
		snprintf(text, sizeof text,
		    "X: y\r\n%s:  x &NAME;\r\n\r\nx\r\n", never[i]);
		assert_int_equal(mergemake_refused(text,
				     "a reference in a field that takes none"),
		    6 + strlen(never[i]) + 3);
		snprintf(
		    text, sizeof text, "%s: x &name;\r\n\r\nx\r\n", never[i]);
		assert_int_equal(mergemake_compile(text)->ops, 1);
	}
}

/* --- free text ---------------------------------------------------------- */

static void
keeps_text_as_it_was_written_and_as_it_is_read(void **state)
{
	const struct merge *m =
	    mergemake_compile("Subject: a &NAME;\r\n b\r\n\r\nx\r\n");
	const struct merge_op *o = op_of(m, MERGE_WORDS);

	(void)state;
	assert_int_equal(o->column, 9);
	assert_int_equal(o->raws, 3);
	assert_int_equal(o->len, 3);
	assert_int_equal(m->sub[o->raw].kind, MERGE_LIT);
	assert_int_equal(m->sub[o->raw].at, 9);
	assert_int_equal(m->sub[o->raw].len, 2);
	assert_int_equal(m->sub[o->raw + 1].kind, MERGE_REF);
	assert_int_equal(m->sub[o->raw + 1].field, 0);
	assert_int_equal(m->sub[o->raw + 2].len, 4);
	assert_int_equal(m->sub[o->at].kind, MERGE_OURS);
	assert_int_equal(m->sub[o->at + 2].len, 2);
	m = mergemake_compile("Subject: =?utf-8?Q?a?= &NAME;\r\n\r\nx\r\n");
	o = op_of(m, MERGE_WORDS);
	assert_int_equal(o->raws, 0);
	assert_int_equal(o->len, 2);
}

static void
never_begins_text_behind_column_70(void **state)
{
	char text[200];
	const struct merge *m;

	(void)state;
	for (int n = 66; n < 72; n++) {
		snprintf(text, sizeof text, "X%0*d: &NAME;\r\n\r\nx\r\n", n, 0);
		m = mergemake_compile(text);
		assert_int_equal(
		    op_of(m, MERGE_WORDS)->column, n + 3 < 70 ? n + 3 : 70);
	}
	m = mergemake_compile(
	    "To:  &NAME; <a@b.example>,\r\n  &CITY; <a@b.example>\r\n");
	assert_int_equal(m->op[1].column, 5);
	assert_int_equal(m->op[3].column, 70);
}

/* What text with a reference in it is read as. */
static void
decodes_encoded_words_and_what_only_looks_like_some(void **state)
{
	static const struct {
		const char *text, *read;
	} cases[] = {{"=?utf-8?q?a?= &NAME;", "a N"},
	    {"=?US-ASCII?b?YWI=?= &NAME;", "ab N"},
	    {"=?utf-8?Q?a?= =?utf-8?Q?_b?= &NAME;", "a b N"},
	    {"=?utf-8?Q?a?=\r\n =?utf-8?Q?b?=\r\n &NAME;", "ab N"},
	    {"=?utf-8?Q?a?==?utf-8?Q?b?= &NAME;", "ab N"},
	    {"=?utf-8?Q?a?= x =?utf-8?Q?b?= &NAME;", "a x b N"},
	    {"&NAME; =?utf-8?Q?a?=", "N a"}, {"=?utf-8?Q?=26NAME=3b?=", "N"},
	    {"=?utf-8?Q?=26NA?= =?utf-8?Q?ME=3B?=", "N"},
	    {"=?utf-8?B?Jk5BTUU7?=", "N"},
	    {"=?utf-8?Q?"
	     "?= &NAME;",
		" N"},
	    {"=?utf-8?Q?=4?= =?utf-8?Q?=ZZ?= =?utf-8?Q?=?= &NAME;", "=4=ZZ= N"},
	    {"=?utf-8?Q?=0D=0A=41?= &NAME;", "  A N"},
	    {"x=?utf-8?Q?a?= &NAME;", "x=?utf-8?Q?a?= N"},
	    {"=?utf-8?X?a?= &NAME;", "=?utf-8?X?a?= N"},
	    {"=?utf-8?Q?a b?= &NAME;", "=?utf-8?Q?a b?= N"},
	    {"=?utf-8?Q?a\r\n\tb?= &NAME;", "=?utf-8?Q?a\tb?= N"},
	    {"=?utf-8?Q?a &NAME;", "=?utf-8?Q?a N"},
	    {"=?utf-8?Q &NAME;", "=?utf-8?Q N"},
	    {"=?utf-8 &NAME;", "=?utf-8 N"}, {"&NAME; =?", "N =?"}};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct merge *m;
		const struct merge_op *o;
		size_t at = 0;

		snprintf(text, sizeof text, "Subject: %s\r\n\r\nx\r\n",
		    cases[i].text);
		m = mergemake_compile(text);
		o = op_of(m, MERGE_WORDS);
		for (size_t k = o->at; k < o->at + o->len; k++) {
			const struct merge_op *s = &m->sub[k];
			struct bytes b = {m->text.s + s->at, s->len};

			if (s->kind == MERGE_REF)
				b = bytes_z("N");
			for (size_t c = 0; c < b.len; c++, at++)
				assert_int_equal(
				    b.s[c] == '\r' || b.s[c] == '\n' ? ' '
								     : b.s[c],
				    cases[i].read[at]);
		}
		assert_int_equal(cases[i].read[at], 0);
	}
}

static void
refuses_a_reference_with_or_within_a_foreign_word(void **state)
{
	static const char *const bad[] = {"=?koi8-r?Q?=C3?= &NAME;",
	    "&NAME; =?koi8-r?b?ww==?=", "=?iso-8859-1?Q?=FC_&NAME;?=",
	    "=?iso-8859-1?q?=FC_=26NAME=3B?=", "=?iso-8859-1?B?/CAmTkFNRTs=?=",
	    "=?utf-8?B?YW?= &NAME;", "=?utf-8*de?Q?a?= &NAME;"};
	static const char *const good[] = {"=?koi8-r?Q?=C3?= &name;",
	    "=?utf-8?B?YW?= &", "=?iso-8859-1?B?/CAm?= NAME;"};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		snprintf(text, sizeof text, "Subject: %s\r\n\r\nx\r\n", bad[i]);
		assert_int_equal(mergemake_refused(text, FOREIGN), 9);
		snprintf(text, sizeof text,
		    "To:  %s <a@b.example>\r\n\r\nx\r\n", bad[i]);
		assert_int_equal(mergemake_refused(text, FOREIGN), 5);
	}
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(text, sizeof text,
		    "Subject: %s\r\nTo: %s <a@b.example>\r\n\r\n&NAME;\r\n",
		    good[i], good[i]);
		assert_int_equal(mergemake_compile(text)->ops, 3);
	}
}

static void
finds_references_in_encoded_words(void **state)
{
	(void)state;
	mergemake_compile("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe,_&NAME;?=\r\n"
			  " =?utf-8?B?IQ==?= ok\r\n\r\nx\r\n");
	mergemake_copy("a@b.example\tJoe",
	    "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe=2C_Joe!_ok?=\r\n\r\nx\r\n");
	mergemake_compile("Subject: =?utf-8?Q?Gr=C3=BC?= x\r\n\r\n&NAME;\r\n");
	mergemake_copy("a@b.example\tJoe",
	    "Subject: =?utf-8?Q?Gr=C3=BC?= x\r\n\r\nJoe\r\n");
	mergemake_compile("Subject: =?koi8-r?Q?=C3?= x\r\n\r\n&NAME;\r\n");
	mergemake_copy(
	    "a@b.example\tJoe", "Subject: =?koi8-r?Q?=C3?= x\r\n\r\nJoe\r\n");
	mergemake_refused("Subject: =?koi8-r?Q?=C3?= &NAME;\r\n\r\nx\r\n",
	    "a reference beside an encoded word that is not UTF-8");
}

static void
keeps_the_folding_of_plain_text(void **state)
{
	(void)state;
	mergemake_compile(
	    "Subject: one\r\n two &NAME;\r\n\tthree\r\n\r\nx\r\n");
	mergemake_copy("a@b.example\tJoe",
	    "Subject: one\r\n two Joe\r\n\tthree\r\n\r\nx\r\n");
}

static void
quotes_or_encodes_names_of_mailboxes(void **state)
{
	(void)state;
	mergemake_compile("To: &NAME; <&*TO;>\r\n\r\nx\r\n");
	mergemake_copy(
	    "a@b.example\tJoe User", "To: Joe User <a@b.example>\r\n\r\nx\r\n");
	mergemake_copy("a@b.example\tUser, \"Joe\" (X)",
	    "To: \"User, \\\"Joe\\\" (X)\" <a@b.example>\r\n\r\nx\r\n");
	mergemake_copy("a@b.example\tJ\xc3\xbcrgen",
	    "To: =?UTF-8?Q?J=C3=BCrgen?= <a@b.example>\r\n\r\nx\r\n");
	mergemake_copy("a@b.example\t", "To:  <a@b.example>\r\n\r\nx\r\n");
	mergemake_compile(
	    "To: \"Dr. &NAME;\" <&*TO;>, \"A, &CITY;\" <x@y.example>;\r\n"
	    "\r\nx\r\n");
	mergemake_copy("a@b.example\tJoe\tB",
	    "To: \"Dr. Joe\" <a@b.example>, \"A, B\" <x@y.example>;\r\n"
	    "\r\nx\r\n");
	mergemake_copy("a@b.example\t\"\\\t\xc3\xbc",
	    "To: \"Dr. \\\"\\\\\" <a@b.example>, \r\n =?UTF-8?Q?A=2C_=C3=BC?= "
	    "<x@y.example>;\r\n\r\nx\r\n");
}

static void
leaves_mailboxes_without_references_alone(void **state)
{
	(void)state;
	mergemake_compile(
	    "From: \"A, \\\"b\\\"\" (c, d) <a@b.example>, g: x@y.example;\r\n"
	    "Cc: (&amp; \\) x) &lt;\r\n\r\n&NAME;\r\n");
	mergemake_copy("a@b.example\tN",
	    "From: \"A, \\\"b\\\"\" (c, d) <a@b.example>, g: x@y.example;\r\n"
	    "Cc: (&amp; \\) x) &lt;\r\n\r\nN\r\n");
}

static void
refuses_references_where_none_may_stand(void **state)
{
	(void)state;
	mergemake_refused("Content-Type: text/&NAME;\r\n\r\nx\r\n",
	    "a reference in a field that takes none");
	mergemake_refused("MIME-Version: &NAME;\r\n\r\nx\r\n",
	    "a reference in a field that takes none");
	mergemake_refused("To: a@b.example (&NAME;)\r\n\r\nx\r\n",
	    "a reference in a comment or a quoted string");
	mergemake_refused("To: x (&NAME;) <a@b.example>\r\n\r\nx\r\n",
	    "a reference in a comment");
	mergemake_refused("To: \"&NAME;\"@b.example\r\n\r\nx\r\n",
	    "a reference in a comment or a quoted string");
}

/* --- mailboxes ---------------------------------------------------------- */

static void
tells_a_piece_of_an_address_from_all_of_it(void **state)
{
	static const struct {
		const char *text;
		size_t pieces; /* 1 for each value that is one, first lowest */
	} cases[] = {{"&NAME;", 0}, {"<&NAME;>", 0}, {"x <&NAME;>", 0},
	    {"&NAME;, &CITY;", 0}, {"g:&NAME;;", 0}, {"&NAME;\r\n ", 0},
	    {"x&NAME;", 1}, {"&NAME;x", 1}, {"&NAME;@h.example", 1},
	    {"<x@&NAME;>", 1}, {"<&NAME;@&CITY;>", 3}, {"<x@&NAME;&CITY;>", 3},
	    {"<&NAME;&CITY;@h.example>", 3}, {"&NAME;&CITY;&CODE;", 7},
	    {"&NAME;, &CITY;&CODE;", 6}};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct merge *m;
		size_t pieces = 0, bit = 1;

		snprintf(
		    text, sizeof text, "To: %s\r\n\r\nx\r\n", cases[i].text);
		m = mergemake_compile(text);
		for (size_t k = 0; k < m->ops; k++)
			if (m->op[k].kind == MERGE_ADDR) {
				pieces |= m->op[k].raw * bit;
				bit <<= 1;
			}
		assert_int_equal(pieces, cases[i].pieces);
	}
}

static void
takes_mailboxes_apart(void **state)
{
	static const struct {
		const char *text, *copy; /* with N, "C, d" and j@c.example */
	} cases[] = {{"&NAME;<&CODE;>", "N<j@c.example>"},
	    {"\"a, &NAME;\" <x@y.example>", "\"a, N\" <x@y.example>"},
	    {"\"a\\\"&NAME;\" <x@y.example>", "\"a\\\"N\" <x@y.example>"},
	    {"&NAME; (a <b>) <x@y.example>", "\"N (a <b>)\" <x@y.example>"},
	    {"(a \\) (b) ;) &CODE;", "(a \\) (b) ;) j@c.example"},
	    {"&CITY; <x@y.example>, &NAME; <&CODE;>",
		"\"C, d\" <x@y.example>, N <j@c.example>"},
	    {"g: &NAME; <x@y.example>, &CODE;;, z@y.example",
		"g: N <x@y.example>, j@c.example;, z@y.example"},
	    {"<@h,@i:&CODE;>", "<@h,@i:j@c.example>"},
	    {"=?utf-8?Q?=26NAME=3B?= <x@y.example>", "N <x@y.example>"},
	    {"\"=?utf-8?Q?&NAME;?=\" <x@y.example>", "N <x@y.example>"},
	    {"&NAME;\r\n b <x@y.example>", "N b <x@y.example>"},
	    {"<x@y.example> ,, &CODE;", "<x@y.example> ,, j@c.example"}};
	char text[200], want[200];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(
		    text, sizeof text, "To: %s\r\n\r\nx\r\n", cases[i].text);
		snprintf(
		    want, sizeof want, "To: %s\r\n\r\nx\r\n", cases[i].copy);
		mergemake_compile(text);
		mergemake_copy("a@b.example\tN\tC, d\tj@c.example", want);
	}
}

static void
tells_which_comment_or_quotes_a_reference_is_in(void **state)
{
	static const char quoted[] =
	    "a reference in a comment or a quoted string";
	static const char comment[] = "a reference in a comment";

	(void)state;
	assert_int_equal(
	    mergemake_refused("To: x@y.example (&NAME;)\r\n\r\n", quoted), 16);
	assert_int_equal(
	    mergemake_refused("To: \"&NAME;\"@y.example\r\n\r\n", quoted), 4);
	assert_int_equal(
	    mergemake_refused("To: a <x@y.example> (&NAME;)\r\n\r\n", quoted),
	    20);
	assert_int_equal(
	    mergemake_refused("To: z@y, b (c (&NAME;)) <x@y>\r\n\r\n", comment),
	    11);
	assert_int_equal(
	    mergemake_refused("To: (a (b) \\) &NAME;) <x@y>\r\n\r\n", comment),
	    4);
	assert_int_equal(
	    mergemake_refused("To: x@y (&NAME; <x@y>\r\n\r\n", quoted), 8);
	assert_int_equal(
	    mergemake_refused("To: \"&NAME; <x@y>\r\n\r\n", quoted), 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_where_the_body_begins),
	    cmocka_unit_test(replaces_behind_a_line_of_an_mbox),
	    cmocka_unit_test(refuses_what_is_no_header),
	    cmocka_unit_test(takes_references_at_the_ends_of_a_field),
	    cmocka_unit_test(says_that_there_is_no_memory),
	    cmocka_unit_test(refuses_too_many_pieces_of_text),
	    cmocka_unit_test(knows_what_a_field_takes_by_its_name_in_any_case),
	    cmocka_unit_test(refuses_references_in_fields_that_take_none),
	    cmocka_unit_test(keeps_text_as_it_was_written_and_as_it_is_read),
	    cmocka_unit_test(never_begins_text_behind_column_70),
	    cmocka_unit_test(
		decodes_encoded_words_and_what_only_looks_like_some),
	    cmocka_unit_test(refuses_a_reference_with_or_within_a_foreign_word),
	    cmocka_unit_test(finds_references_in_encoded_words),
	    cmocka_unit_test(keeps_the_folding_of_plain_text),
	    cmocka_unit_test(quotes_or_encodes_names_of_mailboxes),
	    cmocka_unit_test(leaves_mailboxes_without_references_alone),
	    cmocka_unit_test(refuses_references_where_none_may_stand),
	    cmocka_unit_test(tells_a_piece_of_an_address_from_all_of_it),
	    cmocka_unit_test(takes_mailboxes_apart),
	    cmocka_unit_test(tells_which_comment_or_quotes_a_reference_is_in),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
