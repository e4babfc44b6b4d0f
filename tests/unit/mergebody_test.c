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

#define BASE64 "Content-Transfer-Encoding: base64\r\n"

/* --- what a part is ----------------------------------------------------- */

/* The op of "&NAME;" in a body below this header; one of kind MERGE_LIT when it
 * takes none. */
static const struct merge_op *
op_below(const char *header)
{
	static const struct merge_op none = {.kind = MERGE_LIT};
	static char text[400];
	const struct merge *m;

	snprintf(text, sizeof text, "%s\r\n&NAME;\r\n", header);
	m = mergemake_compile(text);
	for (size_t i = 0; i < m->ops; i++)
		if (m->op[i].kind != MERGE_LIT)
			return &m->op[i];
	return &none;
}

static void
escapes_as_type_and_encoding_say(void **state)
{
	static const struct {
		const char *header;
		enum merge_kind kind;
		int ascii;
	} cases[] = {{"Subject: x\r\n", MERGE_PLAIN, 1},
	    {PLAIN, MERGE_PLAIN, 1}, {PLAIN EIGHT, MERGE_PLAIN, 0},
	    {PLAIN QP, MERGE_QP, 0}, {QP, MERGE_QP, 1}, {EIGHT, MERGE_PLAIN, 1},
	    {HTML, MERGE_HTML, 1}, {HTML EIGHT, MERGE_HTML, 0},
	    {HTML QP, MERGE_QPHTML, 0},
	    {"Content-Type: text/html\r\n" QP, MERGE_QPHTML, 1},
	    {PLAIN "Content-Transfer-Encoding: Binary\r\n", MERGE_PLAIN, 0},
	    {PLAIN "Content-Transfer-Encoding:\r\n\t7BIT \r\n", MERGE_PLAIN, 1},
	    {"Content-Type: text/xml\r\n", MERGE_HTML, 1},
	    {"Content-Type: TEXT/X-AMP-HTML\r\n", MERGE_HTML, 1},
	    {"Content-Type: text/html5\r\n", MERGE_PLAIN, 1},
	    {"Content-Type: text/calendar\r\n", MERGE_PLAIN, 1}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct merge_op *o = op_below(cases[i].header);

		assert_int_equal(o->kind, cases[i].kind);
		assert_int_equal(o->ascii, cases[i].ascii);
	}
}

static void
replaces_nothing_in_what_is_no_text(void **state)
{
	static const char *const types[] = {"image/png", "message/rfc822",
	    "application/xhtml+xml", "text", "textual/plain", ""};
	char header[100];

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		snprintf(
		    header, sizeof header, "Content-Type: %s\r\n", types[i]);
		assert_int_equal(op_below(header)->kind, MERGE_LIT);
	}
}

static void
reads_a_charset_however_it_is_written(void **state)
{
	static const struct {
		const char *params;
		int ascii;
	} cases[] = {{"; charset=utf-8", 0}, {";charset=\"UTF-8\"", 0},
	    {";\r\n\tCharset = Utf-8 ; x=y", 0},
	    {"; format=flowed; charset=utf-8", 0},
	    {"; x=\"; charset=latin1\"; charset=utf-8", 0},
	    {"; x=\"; charset=utf-8\"", 1}, {"; charset=utf-8x", 1},
	    {"; charset=", 1}, {"; charset", 1}, {";", 1},
	    {"; charset=\"utf-8", 0}, {"; charset=us-ascii", 1},
	    {"; charset=iso-8859-1", 1}, {"; xcharset=utf-8", 1}};
	char header[200];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		snprintf(header, sizeof header,
		    "Content-Type: text/plain%s\r\n" EIGHT, cases[i].params);
		assert_int_equal(op_below(header)->ascii, cases[i].ascii);
	}
}

static void
refuses_an_encoding_it_does_not_know(void **state)
{
	static const char why[] = "an unknown Content-Transfer-Encoding";

	(void)state;
	assert_int_equal(
	    mergemake_refused("X: y\r\nContent-Transfer-Encoding: x-uu\r\n"
			      "\r\nx\r\n",
		why),
	    6);
	assert_int_equal(
	    mergemake_refused("Content-Transfer-Encoding:\r\n\r\nx\r\n", why),
	    0);
	assert_int_equal(
	    mergemake_refused(MIXED
		"X: y\r\nContent-Transfer-Encoding: 9bit\r\n\r\n--b--\r\n",
		why),
	    strlen(MIXED) + 6);
}

static void
knows_markup_by_its_type_alone(void **state)
{
	(void)state;
	mergemake_compile(
	    "Content-Type: Text/HTML (x); charset=utf-8\r\n\r\n&NAME;\r\n");
	mergemake_copy("a@b.example\t<",
	    "Content-Type: Text/HTML (x); charset=utf-8\r\n\r\n&lt;\r\n");
	mergemake_compile("Content-Type: text/x-amp-html; charset=utf-8\r\n\r\n"
			  "&NAME;\r\n");
	mergemake_copy("a@b.example\t<",
	    "Content-Type: text/x-amp-html; charset=utf-8\r\n\r\n&lt;\r\n");
}

/* --- text --------------------------------------------------------------- */

static void
takes_references_at_the_ends_of_lines(void **state)
{
	(void)state;
	mergemake_compile("Subject: x\r\n\r\n&NAME;\r\nx&CITY;\r\n&CODE;x\r\n"
			  "&NAME;&CITY;\r\n\r\n&CODE;\r\n");
	mergemake_copy("a@b.example\tN\tC\tD",
	    "Subject: x\r\n\r\nN\r\nxC\r\nDx\r\nNC\r\n\r\nD\r\n");
	mergemake_compile("Subject: x\r\n\r\n&NA\r\nME;\r\n&NAME\r\n");
	mergemake_copy(
	    "a@b.example\tN", "Subject: x\r\n\r\n&NA\r\nME;\r\n&NAME\r\n");
}

static void
takes_a_message_without_a_body(void **state)
{
	(void)state;
	assert_int_equal(mergemake_compile("Subject: x\r\n")->ops, 1);
	assert_int_equal(mergemake_compile("Subject: x\r\n\r\n")->ops, 1);
	assert_int_equal(mergemake_compile(PLAIN QP "\r\n")->ops, 1);
	assert_int_equal(mergemake_compile(PLAIN BASE64 "\r\n")->ops, 1);
	assert_int_equal(mergemake_compile("Content-Type: multipart/x; "
					   "boundary=b\r\n")
			     ->ops,
	    1);
}

/* The columns of the values in a quoted-printable body, a blank behind each. */
static void
assert_columns(const char *text, const char *want)
{
	char message[400], got[100] = "";
	const struct merge *m;
	size_t n = 0;

	snprintf(message, sizeof message, PLAIN QP "\r\n%s\r\n", text);
	m = mergemake_compile(message);
	for (size_t i = 0; i < m->ops; i++)
		if (m->op[i].kind == MERGE_QP)
			n += (size_t)snprintf(
			    got + n, sizeof got - n, "%d ", m->op[i].column);
	assert_string_equal(got, want);
}

static void
knows_in_which_column_a_line_gets_its_first_value(void **state)
{
	(void)state;
	assert_columns("&NAME;", "0 ");
	assert_columns("abc&NAME;d&CITY;\r\nef&CODE;", "3 -1 2 ");
	assert_columns("abc=\r\nd&NAME;", "1 ");
	assert_columns("ab=C3=BC&N=\r\nAME;x&CITY;", "8 -1 ");
	/* the blank in front is written in three columns */
	assert_columns("abc &NAME;", "-1 ");
	assert_columns("abc &NAME;x", "4 ");
	assert_columns("&NAME; =\r\n&CITY;", "0 0 ");
}

static void
breaks_nothing_before_the_first_value_of_a_line(void **state)
{
	const struct merge *m = mergemake_compile(PLAIN QP
	    "\r\nbefore\r\nab &NAME; cd &CITY;\r\nbehind\r\n&CODE;=\r\nx\r\n");
	static const enum merge_kind kinds[] = {MERGE_LIT, MERGE_QP,
	    MERGE_QPLIT, MERGE_QPOURS, MERGE_QP, MERGE_QPLIT, MERGE_LIT,
	    MERGE_QP, MERGE_QPLIT, MERGE_LIT};

	(void)state;
	assert_int_equal(m->ops, sizeof kinds / sizeof kinds[0]);
	for (size_t i = 0; i < m->ops; i++)
		assert_int_equal(m->op[i].kind, kinds[i]);
	assert_int_equal(m->op[2].len, 3);
	assert_int_equal(m->op[5].len, 2);
	assert_int_equal(m->op[8].len, 3);
	assert_int_equal(m->text.len, 3);
	assert_memory_equal(m->text.s, "=20", 3);
}

static void
finds_references_over_several_soft_line_ends(void **state)
{
	(void)state;
	mergemake_compile(PLAIN QP "\r\n&=\r\nNA=\r\nME=\r\n;&CI=\r\nTY;=\r\n"
				   "&CODE;\r\n");
	mergemake_copy("a@b.example\tN\tC\tD", PLAIN QP "\r\nNC=\r\nD\r\n");
	mergemake_compile(PLAIN QP "\r\n&NA=20\r\nME; &NA= \r\nME;=\r\n");
	mergemake_copy(
	    "a@b.example\tN", PLAIN QP "\r\n&NA=20\r\nME; &NA= \r\nME;=\r\n");
	mergemake_compile(PLAIN EIGHT "\r\n&NA=\r\nME;\r\n");
	mergemake_copy("a@b.example\tN", PLAIN EIGHT "\r\n&NA=\r\nME;\r\n");
}

/* Each of them reaches into the next line, so all are one line in the end. */
static void
takes_a_very_long_line_apart_at_once(void **state)
{
	enum { REFS = 190000 };
	stralloc text = {0};

	(void)state;
	assert_int_equal(sa_puts(&text, PLAIN QP "\r\n"), 0);
	for (int i = 0; i < REFS; i++)
		assert_int_equal(sa_puts(&text, "&NA=\r\nME;"), 0);
	assert_int_equal(sa_puts(&text, "\r\n"), 0);
	assert_int_equal(sa_0(&text), 0);
	assert_int_equal(mergemake_compile(text.s)->ops, REFS + 2);
	assert_string_equal(mergemake_body("a@b.example"), "\r\n");
	sa_free(&text);
}

static void
finds_references_over_soft_line_ends(void **state)
{
	(void)state;
	mergemake_compile(
	    PLAIN QP "\r\na &NA=\r\nME; b &CI=\r\nTY; c\r\n&NAME;\r\n");
	mergemake_copy(
	    "a@b.example\tJoe\tRom", PLAIN QP "\r\na Joe b Rom c\r\nJoe\r\n");
	mergemake_compile(PLAIN QP "\r\n&NAME;=\r\nx &CITY; =\r\ny\r\n");
	mergemake_copy(
	    "a@b.example\tJoe\tRom", PLAIN QP "\r\nJoe=\r\nx Rom =\r\ny\r\n");
}

static void
ends_no_quoted_printable_line_with_a_blank(void **state)
{
	(void)state;
	mergemake_compile(
	    PLAIN QP "\r\nx &NAME;\r\ny &NAME; &CITY;\r\nz\t&NAME;\r\n");
	mergemake_copy(
	    "a@b.example", PLAIN QP "\r\nx=20\r\ny=20=20\r\nz=09\r\n");
	mergemake_copy("a@b.example\tN\tC",
	    PLAIN QP "\r\nx=20N\r\ny=20N=20C\r\nz=09N\r\n");
}

static void
refuses_a_reference_hidden_in_base64(void **state)
{
	(void)state;
	mergemake_refused(PLAIN "Content-Transfer-Encoding: base64\r\n\r\n"
				"RGVhciAm\r\nTkFNRTs=\r\n",
	    "a reference in a text part in base64: make it quoted-printable");
	mergemake_compile(
	    PLAIN "Content-Transfer-Encoding: base64\r\n\r\nRGVhcg==\r\n");
	mergemake_copy("a@b.example\tN",
	    PLAIN "Content-Transfer-Encoding: base64\r\n\r\nRGVhcg==\r\n");
	mergemake_refused("Content-Transfer-Encoding: x-uu\r\n\r\nx\r\n",
	    "an unknown Content-Transfer-Encoding");
}

static void
looks_into_base64_of_text_only(void **state)
{
	static const char why[] = "a reference in a text part in base64: make "
				  "it quoted-printable";
	static const char *const bodies[] = {
	    "Jk5BTUU7\r\n", "Jk5B\r\n\tTUU7 \r\n", "eCZOQU1FOw==\r\n"};
	static const char *const good[] = {
	    "Jk5BTUU=\r\n", "Jk5BTUU7=\r\n", "Jk5BTUU7!\r\n", "\r\n", ""};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		snprintf(text, sizeof text, HTML BASE64 "\r\n%s", bodies[i]);
		assert_int_equal(
		    mergemake_refused(text, why), strlen(HTML BASE64) + 2);
		snprintf(text, sizeof text,
		    "Content-Type: image/png\r\n" BASE64 "\r\n%s", bodies[i]);
		assert_int_equal(mergemake_compile(text)->ops, 1);
	}
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		snprintf(text, sizeof text, HTML BASE64 "\r\n%s", good[i]);
		assert_int_equal(mergemake_compile(text)->ops, 1);
	}
}

/* --- multiparts --------------------------------------------------------- */

static void
replaces_in_the_text_parts_of_a_multipart(void **state)
{
	(void)state;
	mergemake_compile(
	    "Content-Type: multipart/mixed; boundary=\"o t\"\r\n\r\n"
	    "&NAME; before\r\n--o t\r\n"
	    "Content-Type: multipart/alternative;\r\n\tboundary=i\r\n\r\n"
	    "--i\r\n\r\n&NAME;\r\n--i\r\n" HTML EIGHT "\r\n<b>&NAME;\r\n"
	    "--i--\r\n&NAME;\r\n--o t\r\n"
	    "Content-Type: image/png; name=\"&NAME;\"\r\n\r\n&NAME;\r\n"
	    "--o t--\r\n&NAME; behind\r\n");
	mergemake_copy("a@b.example\t<x>",
	    "Content-Type: multipart/mixed; boundary=\"o t\"\r\n\r\n"
	    "&NAME; before\r\n--o t\r\n"
	    "Content-Type: multipart/alternative;\r\n\tboundary=i\r\n\r\n"
	    "--i\r\n\r\n<x>\r\n--i\r\n" HTML EIGHT "\r\n<b>&lt;x&gt;\r\n"
	    "--i--\r\n&NAME;\r\n--o t\r\n"
	    "Content-Type: image/png; name=\"&NAME;\"\r\n\r\n&NAME;\r\n"
	    "--o t--\r\n&NAME; behind\r\n");
	mergemake_refused("Content-Type: multipart/mixed\r\n\r\nx\r\n",
	    "a multipart without a boundary");
}

static void
ends_a_multipart_with_the_one_around_it(void **state)
{
	const struct merge *m = mergemake_compile(
	    "Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n"
	    "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\n"
	    "&NAME;\r\n--o\r\n\r\n&CITY;\r\n--i\r\n\r\n&CODE;\r\n--o--\r\n");

	(void)state;
	assert_int_equal(m->parts, 3);
	assert_int_equal(m->edges, 2);
	assert_true(bytes_eq(m->edge[0], "o"));
	assert_true(bytes_eq(m->edge[1], "i"));
	assert_string_equal(strstr(mergemake_body("a@b.example\tN\tC\tD"), "N"),
	    "N\r\n--o\r\n\r\nC\r\n--i\r\n\r\nD\r\n--o--\r\n");
}

static void
knows_delimiters_from_lines_like_them(void **state)
{
	static const struct {
		const char *line;
		unsigned parts;
		int replaced; /* 1: what follows is in a text part */
	} cases[] = {{"--b", 2, 1}, {"--b \t", 2, 1}, {"--b x", 2, 1},
	    {"--bx", 1, 1}, {"--b-", 1, 1}, {"--b--", 1, 0}, {"--b--x", 1, 0},
	    {"-b", 1, 1}, {" --b", 1, 1}, {"--", 1, 1}, {"--B", 1, 1},
	    {"x--b", 1, 1}, {"", 1, 1}};
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct merge *m;

		snprintf(text, sizeof text,
		    MIXED "\r\nx\r\n%s\r\n\r\n&NAME;\r\n--b--\r\n",
		    cases[i].line);
		m = mergemake_compile(text);
		assert_int_equal(m->parts, cases[i].parts);
		assert_int_equal(m->ops, cases[i].replaced ? 3 : 1);
	}
}

static void
takes_parts_that_lack_something(void **state)
{
	static const struct {
		const char *body;
		unsigned parts;
		size_t ops;
	} cases[] = {{"", 1, 1}, {"--b\r\n--b\r\n--b--\r\n", 3, 1},
	    {"\r\n", 1, 1}, {"\r\n--b\r\n\r\n", 2, 1}, {"X: y\r\n", 1, 1},
	    {"X: &NAME;\r\n--b\r\n\r\n&NAME;\r\n", 2, 3},
	    {"\r\n&NAME;\r\n", 1, 3}, {"\r\n&NAME;\r\n--b\r\n", 2, 3},
	    {"\r\n&NAME;\r\n--b--\r\n--b\r\n\r\n&NAME;\r\n", 1, 3}};
	char text[300];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct merge *m;

		snprintf(text, sizeof text, MIXED "%s", cases[i].body);
		m = mergemake_compile(text);
		assert_int_equal(m->parts, cases[i].parts);
		assert_int_equal(m->ops, cases[i].ops);
	}
}

static void
tells_where_a_part_has_no_proper_header(void **state)
{
	(void)state;
	assert_int_equal(mergemake_refused(MIXED "no field\r\n\r\n--b--\r\n",
			     "the message has no header"),
	    strlen(MIXED));
	assert_int_equal(
	    mergemake_refused(MIXED "X: y\r\nno field\r\n--b--\r\n",
		"a header line is no field"),
	    strlen(MIXED) + 6);
}

/* RFC 2046 section 5.1.5 */
static void
takes_the_parts_of_a_digest_for_messages(void **state)
{
	(void)state;
	mergemake_compile("Content-Type: multipart/Digest; boundary=b\r\n\r\n"
			  "--b\r\n\r\nSubject: &NAME;\r\n\r\n&NAME;\r\n--b\r\n"
			  "X: y\r\n\r\nSubject: &NAME;\r\n--b\r\n" PLAIN
			  "\r\n&NAME;\r\n--b--\r\n");
	assert_string_equal(mergemake_body("a@b.example\tN"),
	    "--b\r\n\r\nSubject: &NAME;\r\n\r\n&NAME;\r\n--b\r\n"
	    "X: y\r\n\r\nSubject: &NAME;\r\n--b\r\n" PLAIN
	    "\r\nN\r\n--b--\r\n");
}

/* As readers of mail take it: comments, no quotes where they should be, the first
 * of two, no blank at the end. */
static void
finds_a_boundary_however_it_is_written(void **state)
{
	static const char *const way[] = {"boundary=a/b", "boundary (x) = a/b",
	    "boundary=\"a/b  \"", "x=y; boundary=a/b; boundary=c", NULL};
	char text[300];

	(void)state;
	for (size_t i = 0; way[i]; i++) {
		snprintf(text, sizeof text,
		    "Content-Type: multipart/mixed (x); %s\r\n\r\n--a/b\r\n\r\n"
		    "&NAME;\r\n--a/b--\r\n",
		    way[i]);
		assert_int_equal(mergemake_compile(text)->ops, 3);
	}
}

static void
wants_a_boundary_of_1_to_200_bytes(void **state)
{
	static const char why[] = "a multipart without a boundary";
	char text[700], line[300], edge[MERGE_EDGE_MAX + 2];

	(void)state;
	memset(edge, 'e', sizeof edge - 1);
	edge[MERGE_EDGE_MAX + 1] = 0;
	snprintf(text, sizeof text,
	    "Content-Type: multipart/mixed; boundary=%s\r\n\r\nx\r\n", edge);
	assert_int_equal(mergemake_refused(text, why), strlen(text) - 3);
	edge[MERGE_EDGE_MAX] = 0;
	snprintf(text, sizeof text,
	    "Content-Type: multipart/mixed; boundary=%s\r\n\r\n"
	    "--%s\r\n\r\n&NAME;\r\n--%s--\r\n",
	    edge, edge, edge);
	assert_int_equal(mergemake_compile(text)->ops, 3);
	mergemake_good("a@b.example\tN");
	snprintf(line, sizeof line, "a@b.example\t--%s", edge);
	mergemake_bad(
	    line, -2, "makes a line that is a boundary of the message");
	mergemake_refused(
	    "Content-Type: multipart/x; boundary=\"\"\r\n\r\n", why);
	mergemake_refused("Content-Type: multipart/x; boundary=\r\n\r\n", why);
	mergemake_refused(
	    "Content-Type: multipart/x; boundary=\"a\\b\"\r\n\r\n",
	    "a boundary with a backslash");
	assert_int_equal(
	    mergemake_refused(MIXED "Content-Type: multipart/x\r\n\r\n", why),
	    strlen(MIXED) + 29);
}

/* A multipart of so many parts, each of which has this header. */
static void
put_parts(stralloc *text, int n, const char *header)
{
	text->len = 0;
	assert_int_equal(
	    sa_puts(text, "Content-Type: multipart/x; boundary=b\r\n\r\n"), 0);
	for (int i = 0; i < n; i++)
		assert_int_equal(sa_puts(text, "--b\r\n") < 0 ||
			sa_puts(text, header) < 0 || sa_puts(text, "\r\n") < 0,
		    0);
	assert_int_equal(sa_0(text), 0);
}

static void
refuses_too_many_multiparts(void **state)
{
	static const char sub[] = "Content-Type: multipart/x; boundary=c\r\n";
	stralloc text = {0};

	(void)state;
	put_parts(&text, MERGE_EDGES_MAX - 1, sub);
	assert_int_equal(mergemake_compile(text.s)->edges, MERGE_EDGES_MAX);
	put_parts(&text, MERGE_EDGES_MAX, sub);
	assert_int_equal(
	    mergemake_refused(text.s, "more than 64 multiparts"), text.len);
	sa_free(&text);
}

static void
refuses_too_many_parts(void **state)
{
	stralloc text = {0};

	(void)state;
	put_parts(&text, MERGE_PARTS_MAX, "");
	assert_int_equal(mergemake_compile(text.s)->parts, MERGE_PARTS_MAX);
	put_parts(&text, MERGE_PARTS_MAX + 1, "");
	assert_int_equal(
	    mergemake_refused(text.s, "more than 10,000 parts"), text.len - 7);
	sa_free(&text);
}

static void
refuses_multiparts_that_are_nested_too_deep(void **state)
{
	stralloc text = {0};
	char line[100];

	(void)state;
	for (int i = 0; i <= MERGE_DEPTH_MAX; i++) {
		if (i == MERGE_DEPTH_MAX)
			assert_int_equal(
			    mergemake_compile(text.s)->edges, MERGE_DEPTH_MAX);
		snprintf(line, sizeof line,
		    "Content-Type: multipart/x; boundary=b%02d\r\n\r\n"
		    "--b%02d\r\n",
		    i, i);
		assert_int_equal(sa_puts(&text, line), 0);
		assert_int_equal(sa_0(&text), 0);
	}
	assert_int_equal(mergemake_refused(text.s,
			     "more than 16 multiparts within one another"),
	    text.len - 7);
	sa_free(&text);
}

static void
says_that_there_is_no_memory(void **state)
{
	(void)state;
	mergemake_poor(
	    nomemory_each, PLAIN "\r\n", "&CITY;", "x&NAME;", "\r\n");
	mergemake_poor(
	    nomemory_each, PLAIN QP "\r\n", "&CITY;", "x&NAME;", "\r\n");
	mergemake_poor(
	    nomemory_each, PLAIN QP "\r\n", "&CITY;", "x&NAME;\r\n", "");
	mergemake_poor(
	    nomemory_each, PLAIN QP "\r\n", "&CITY;", " &NAME;", "\r\n");
	mergemake_poor(
	    nomemory_each, PLAIN QP "\r\n", "&CITY;", "x &NAME;\r\n", "");
	mergemake_poor(nomemory_each, MIXED, "\r\n&CITY;--b\r\n",
	    QP "\r\n&NAME;\r\n--b\r\n", "");
	mergemake_poor(
	    nomemory_each, PLAIN BASE64 "\r\n", "YWJj", "YWJjYWJj", "\r\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(escapes_as_type_and_encoding_say),
	    cmocka_unit_test(replaces_nothing_in_what_is_no_text),
	    cmocka_unit_test(reads_a_charset_however_it_is_written),
	    cmocka_unit_test(refuses_an_encoding_it_does_not_know),
	    cmocka_unit_test(knows_markup_by_its_type_alone),
	    cmocka_unit_test(takes_references_at_the_ends_of_lines),
	    cmocka_unit_test(takes_a_message_without_a_body),
	    cmocka_unit_test(knows_in_which_column_a_line_gets_its_first_value),
	    cmocka_unit_test(breaks_nothing_before_the_first_value_of_a_line),
	    cmocka_unit_test(finds_references_over_several_soft_line_ends),
	    cmocka_unit_test(takes_a_very_long_line_apart_at_once),
	    cmocka_unit_test(finds_references_over_soft_line_ends),
	    cmocka_unit_test(ends_no_quoted_printable_line_with_a_blank),
	    cmocka_unit_test(refuses_a_reference_hidden_in_base64),
	    cmocka_unit_test(looks_into_base64_of_text_only),
	    cmocka_unit_test(replaces_in_the_text_parts_of_a_multipart),
	    cmocka_unit_test(ends_a_multipart_with_the_one_around_it),
	    cmocka_unit_test(knows_delimiters_from_lines_like_them),
	    cmocka_unit_test(takes_parts_that_lack_something),
	    cmocka_unit_test(tells_where_a_part_has_no_proper_header),
	    cmocka_unit_test(takes_the_parts_of_a_digest_for_messages),
	    cmocka_unit_test(finds_a_boundary_however_it_is_written),
	    cmocka_unit_test(wants_a_boundary_of_1_to_200_bytes),
	    cmocka_unit_test(refuses_too_many_multiparts),
	    cmocka_unit_test(refuses_too_many_parts),
	    cmocka_unit_test(refuses_multiparts_that_are_nested_too_deep),
	    cmocka_unit_test(says_that_there_is_no_memory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
