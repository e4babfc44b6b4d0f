#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/merge.h"

#define PLAIN "Content-Type: text/plain; charset=utf-8\r\n"
#define HTML "Content-Type: text/html; charset=utf-8\r\n"
#define EIGHT "Content-Transfer-Encoding: 8bit\r\n"
#define QP "Content-Transfer-Encoding: quoted-printable\r\n"

static struct merge m;
static struct merge_copy copy;
static struct merge_row row;
static struct where w;
static stralloc out;

/* A message with the fields NAME, CITY and CODE. */
static void
compile(const char *text)
{
	merge_free(&m);
	if (merge_compile(
		&m, bytes_z("NAME CITY CODE"), text, strlen(text), &w) < 0)
		fail_msg("%s at %zu", w.why, w.at);
}

static void
assert_refused(const char *text, const char *why)
{
	merge_free(&m);
	errno = 0;
	assert_int_equal(merge_compile(&m, bytes_z("NAME CITY CODE"), text,
			     strlen(text), &w),
	    -1);
	assert_int_equal(errno, EINVAL);
	assert_string_equal(w.why, why);
}

static void
take_row(const char *line)
{
	assert_int_equal(merge_row(&row, bytes_z(line)), 0);
	row.date = bytes_z("Sun, 22 Nov 2026 10:00:00 +0000");
	row.id = bytes_z("1.2@lists.example.org");
}

/* The copy of a row is what is wanted, as long as it was measured. */
static void
assert_copy(const char *line, const char *want)
{
	struct bytes b;
	uint64_t size;
	int r, eightbit;

	take_row(line);
	assert_int_equal(merge_measure(&copy, &m, &row, &size, &eightbit), 0);
	out.len = 0;
	merge_begin(&copy, &m, &row);
	while ((r = merge_next(&copy, &b)) > 0)
		assert_int_equal(sa_put(&out, b.s, b.len), 0);
	assert_int_equal(r, 0);
	assert_int_equal(out.len, size);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, want);
	for (const char *s = want; *s; s++)
		if ((unsigned char)*s > 127) {
			assert_int_equal(eightbit, 1);
			return;
		}
	assert_int_equal(eightbit, 0);
}

static void
assert_good(const char *line)
{
	const char *why = "";
	int field;

	take_row(line);
	if (merge_check(&copy, &m, &row, &field, &why) < 0)
		fail_msg("%d %s", field, why);
}

static void
assert_bad(const char *line, int at, const char *want)
{
	const char *why = NULL;
	int field = 99;

	take_row(line);
	errno = 0;
	assert_int_equal(merge_check(&copy, &m, &row, &field, &why), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(field, at);
	assert_string_equal(why, want);
}

static void
replaces_fields_in_header_and_body(void **state)
{
	(void)state;
	compile("Subject: Hello &NAME;, welcome\r\nTo: &*TO;\r\n\r\n"
		"Dear &NAME; of &CITY;&CODE;!\r\n");
	assert_copy("joe@example.com\tJoe\tBerlin\t",
	    "Subject: Hello Joe, welcome\r\nTo: joe@example.com\r\n\r\n"
	    "Dear Joe of Berlin!\r\n");
	assert_copy("ann@example.com\tAnn\tRom\t 7",
	    "Subject: Hello Ann, welcome\r\nTo: ann@example.com\r\n\r\n"
	    "Dear Ann of Rom 7!\r\n");
}

static void
takes_null_and_missing_values_as_empty(void **state)
{
	(void)state;
	compile("Subject: a&NAME;b\r\n\r\n&CITY;&NAME;x&CODE;\r\n");
	assert_copy("joe@example.com", "Subject: ab\r\n\r\nx\r\n");
	assert_copy("joe@example.com\t\t\t", "Subject: ab\r\n\r\nx\r\n");
	assert_copy("joe@example.com\tN\t\t", "Subject: aNb\r\n\r\nNx\r\n");
}

static void
has_address_date_and_message_id_built_in(void **state)
{
	(void)state;
	compile("Date: &*DATE;\r\nMessage-ID: <&*MSGID;>\r\n\r\n&*TO;\r\n");
	assert_copy("joe@example.com",
	    "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
	    "Message-ID: <1.2@lists.example.org>\r\n\r\njoe@example.com\r\n");
	assert_good("joe@example.com");
}

static void
leaves_what_is_no_reference(void **state)
{
	static const char text[] =
	    "Subject: R&D &name; &NAMES; &*FOO;\r\n\r\n"
	    "&amp; &NAME &;& &NA ME; &NAME.; &lt;&&\r\n&";

	(void)state;
	compile("Subject: R&D &name; &NAMES; &*FOO;\r\n\r\n"
		"&amp; &NAME &;& &NA ME; &NAME.; &lt;&&\r\n&\r\n");
	take_row("a@b.example\tX");
	assert_copy("a@b.example\tX",
	    "Subject: R&D &name; &NAMES; &*FOO;\r\n\r\n"
	    "&amp; &NAME &;& &NA ME; &NAME.; &lt;&&\r\n&\r\n");
	assert_refused(text, "the message has no line end");
}

static void
replaces_no_reference_within_a_value(void **state)
{
	(void)state;
	compile("Subject: &NAME;\r\n\r\n&NAME;\r\n");
	assert_copy(
	    "a@b.example\t&CITY;\tX", "Subject: &CITY;\r\n\r\n&CITY;\r\n");
}

static void
encodes_values_of_free_text_in_the_header(void **state)
{
	(void)state;
	compile("Subject: Hello &NAME;!\r\n\r\nx\r\n");
	assert_copy("a@b.example\tJ\xc3\xbcrgen",
	    "Subject: =?UTF-8?Q?Hello_J=C3=BCrgen!?=\r\n\r\nx\r\n");
	assert_copy("a@b.example\t=?utf-8?Q?x?=",
	    "Subject: "
	    "=?UTF-8?Q?Hello_=3D=3Futf-8=3FQ=3Fx=3F=3D!?=\r\n\r\nx\r\n");
}

static void
finds_references_in_encoded_words(void **state)
{
	(void)state;
	compile("Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe,_&NAME;?=\r\n"
		" =?utf-8?B?IQ==?= ok\r\n\r\nx\r\n");
	assert_copy("a@b.example\tJoe",
	    "Subject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe=2C_Joe!_ok?=\r\n\r\nx\r\n");
	compile("Subject: =?utf-8?Q?Gr=C3=BC?= x\r\n\r\n&NAME;\r\n");
	assert_copy("a@b.example\tJoe",
	    "Subject: =?utf-8?Q?Gr=C3=BC?= x\r\n\r\nJoe\r\n");
	compile("Subject: =?koi8-r?Q?=C3?= x\r\n\r\n&NAME;\r\n");
	assert_copy(
	    "a@b.example\tJoe", "Subject: =?koi8-r?Q?=C3?= x\r\n\r\nJoe\r\n");
	assert_refused("Subject: =?koi8-r?Q?=C3?= &NAME;\r\n\r\nx\r\n",
	    "a reference beside an encoded word that is not UTF-8");
}

static void
keeps_the_folding_of_plain_text(void **state)
{
	(void)state;
	compile("Subject: one\r\n two &NAME;\r\n\tthree\r\n\r\nx\r\n");
	assert_copy("a@b.example\tJoe",
	    "Subject: one\r\n two Joe\r\n\tthree\r\n\r\nx\r\n");
}

static void
quotes_or_encodes_names_of_mailboxes(void **state)
{
	(void)state;
	compile("To: &NAME; <&*TO;>\r\n\r\nx\r\n");
	assert_copy(
	    "a@b.example\tJoe User", "To: Joe User <a@b.example>\r\n\r\nx\r\n");
	assert_copy("a@b.example\tUser, \"Joe\" (X)",
	    "To: \"User, \\\"Joe\\\" (X)\" <a@b.example>\r\n\r\nx\r\n");
	assert_copy("a@b.example\tJ\xc3\xbcrgen",
	    "To: =?UTF-8?Q?J=C3=BCrgen?= <a@b.example>\r\n\r\nx\r\n");
	assert_copy("a@b.example\t", "To:  <a@b.example>\r\n\r\nx\r\n");
	compile("To: \"Dr. &NAME;\" <&*TO;>, \"A, &CITY;\" <x@y.example>;\r\n"
		"\r\nx\r\n");
	assert_copy("a@b.example\tJoe\tB",
	    "To: \"Dr. Joe\" <a@b.example>, \"A, B\" <x@y.example>;\r\n"
	    "\r\nx\r\n");
	assert_copy("a@b.example\t\"\\\t\xc3\xbc",
	    "To: \"Dr. \\\"\\\\\" <a@b.example>, \r\n =?UTF-8?Q?A=2C_=C3=BC?= "
	    "<x@y.example>;\r\n\r\nx\r\n");
}

static void
makes_no_encoded_word_of_what_stands_beside_a_value(void **state)
{
	(void)state;
	compile("Subject: =&NAME;x&CITY;&CODE;\r\n\r\nx\r\n");
	assert_copy("a@b.example\t?utf-8?Q?y?=",
	    "Subject: =?UTF-8?Q?=3D=3Futf-8=3FQ=3Fy=3F=3Dx?=\r\n\r\nx\r\n");
	assert_copy("a@b.example\t\t=\t?utf-8?Q?y?=",
	    "Subject: =?UTF-8?Q?=3Dx=3D=3Futf-8=3FQ=3Fy=3F=3D?=\r\n\r\nx\r\n");
}

static void
leaves_no_line_of_blanks_in_the_header(void **state)
{
	static const char why[] = "leaves a line of blanks in the header";

	(void)state;
	compile("Subject: one\r\n &NAME; \r\n two\r\n\r\nx\r\n");
	assert_copy(
	    "a@b.example\tN", "Subject: one\r\n N \r\n two\r\n\r\nx\r\n");
	assert_copy("a@b.example", "Subject: one   two\r\n\r\nx\r\n");
	assert_good("a@b.example");
	compile("Subject: one\r\n\t&NAME;\r\n\r\n \r\n &NAME; \r\nx\r\n");
	assert_copy("a@b.example", "Subject: one \r\n\r\n \r\n  \r\nx\r\n");
	assert_good("a@b.example");
	compile("Subject: x\r\n\r\n&NAME;\r\n &CITY;\r\n");
	assert_good("a@b.example");
	compile("Subject: x\r\nReferences: <a@b>\r\n &CODE;\r\n\r\nx\r\n");
	assert_good("a@b.example\t\t\tx");
	assert_bad("a@b.example", -2, why);
	compile("To: x@y.example,\r\n \"&NAME;\"\r\n <&*TO;>\r\n\r\nx\r\n");
	assert_good("a@b.example\tN");
	assert_bad("a@b.example", -2, why);
}

static void
leaves_mailboxes_without_references_alone(void **state)
{
	(void)state;
	compile(
	    "From: \"A, \\\"b\\\"\" (c, d) <a@b.example>, g: x@y.example;\r\n"
	    "Cc: (&amp; \\) x) &lt;\r\n\r\n&NAME;\r\n");
	assert_copy("a@b.example\tN",
	    "From: \"A, \\\"b\\\"\" (c, d) <a@b.example>, g: x@y.example;\r\n"
	    "Cc: (&amp; \\) x) &lt;\r\n\r\nN\r\n");
}

static void
wants_addresses_where_addresses_stand(void **state)
{
	(void)state;
	compile("Reply-To: &NAME;\r\nErrors-To: <x-&CODE;@h.example>\r\n\r\n"
		"x\r\n");
	assert_good("a@b.example\tjoe@example.com\t\t77");
	assert_bad("a@b.example\tjoe example.com\t\t77", 0,
	    "is no address, and stands in one");
	assert_bad("a@b.example\tj@e.example, k@e.example\t\t77", 0,
	    "is no address, and stands in one");
	assert_bad(
	    "a@b.example\t\t\t77", 0, "is empty where an address is needed");
	assert_bad("a@b.example\tj@e.example\t\t7>7", 2,
	    "is no address, and stands in one");
}

static void
takes_pieces_of_an_address_within_one(void **state)
{
	static const char why[] = "is no address, and stands in one";

	(void)state;
	compile("From: <&NAME;@&CITY;>\r\nReply-To: x-&CODE;@h.example\r\n\r\n"
		"x\r\n");
	assert_good("a@b.example\tj.r\tx.example\ta=b");
	assert_bad("a@b.example\tj@r.example\tx.example\ta", 0, why);
	assert_bad("a@b.example\tj\tx.example.\ta", 1, why);
	assert_bad("a@b.example\tj\tx.example\ta..b", 2, why);
	assert_bad("a@b.example\tj\tx.example\ta b", 2, why);
	assert_bad("a@b.example\tj\tx.example\t\"a\"@b.example", 2, why);
	compile("Mail-Followup-To: &NAME;, x@y.example\r\n\r\nx\r\n");
	assert_good("a@b.example\tj@r.example");
	assert_bad("a@b.example\tj", 0, why);
	assert_bad("a@b.example\tj@r.example, k@r.example", 0, why);
}

static void
takes_tokens_only_in_other_structured_fields(void **state)
{
	(void)state;
	compile("List-Unsubscribe: <https://example.org/u?t=&CODE;>\r\n\r\n"
		"x\r\n");
	assert_good("a@b.example\t\t\tA1-b_2%20=&");
	assert_copy("a@b.example\t\t\tA1",
	    "List-Unsubscribe: <https://example.org/u?t=A1>\r\n\r\nx\r\n");
	assert_bad("a@b.example\t\t\tA>1", 2,
	    "has a byte that may not stand in its field of the header");
	assert_bad("a@b.example\t\t\tA 1", 2,
	    "has a byte that may not stand in its field of the header");
	assert_bad("a@b.example\t\t\t\xc3\xbc", 2,
	    "has a byte that may not stand in its field of the header");
}

static void
refuses_references_where_none_may_stand(void **state)
{
	(void)state;
	assert_refused("Content-Type: text/&NAME;\r\n\r\nx\r\n",
	    "a reference in a field that takes none");
	assert_refused("MIME-Version: &NAME;\r\n\r\nx\r\n",
	    "a reference in a field that takes none");
	assert_refused("To: a@b.example (&NAME;)\r\n\r\nx\r\n",
	    "a reference in a comment or a quoted string");
	assert_refused("To: x (&NAME;) <a@b.example>\r\n\r\nx\r\n",
	    "a reference in a comment");
	assert_refused("To: \"&NAME;\"@b.example\r\n\r\nx\r\n",
	    "a reference in a comment or a quoted string");
}

static void
escapes_markup(void **state)
{
	(void)state;
	compile(HTML EIGHT "\r\n<a title='&NAME;'>&CITY;</a>&amp;\r\n");
	assert_copy("a@b.example\t<'\"&amp;>\t\xc3\xbc",
	    HTML EIGHT "\r\n<a title='&lt;&#39;&quot;&amp;amp;&gt;'>"
		       "\xc3\xbc</a>&amp;\r\n");
}

static void
knows_markup_by_its_type_alone(void **state)
{
	(void)state;
	compile("Content-Type: Text/HTML (x); charset=utf-8\r\n\r\n&NAME;\r\n");
	assert_copy("a@b.example\t<",
	    "Content-Type: Text/HTML (x); charset=utf-8\r\n\r\n&lt;\r\n");
	compile("Content-Type: text/x-amp-html; charset=utf-8\r\n\r\n"
		"&NAME;\r\n");
	assert_copy("a@b.example\t<",
	    "Content-Type: text/x-amp-html; charset=utf-8\r\n\r\n&lt;\r\n");
}

static void
writes_entities_in_markup_that_is_ascii(void **state)
{
	(void)state;
	compile("Content-Type: text/html\r\n\r\n<p>&NAME;\r\n");
	assert_copy("a@b.example\t\xc3\xbc\xe2\x82\xac",
	    "Content-Type: text/html\r\n\r\n<p>&#252;&#8364;\r\n");
	assert_good("a@b.example\t\xc3\xbc");
}

static void
refuses_other_than_ascii_where_it_is_not_declared(void **state)
{
	static const char why[] =
	    "is not ASCII, and stands in text that is declared so";

	(void)state;
	compile("Subject: x\r\n\r\n&NAME;\r\n");
	assert_bad("a@b.example\t\xc3\xbc", 0, why);
	compile(PLAIN "\r\n&NAME;\r\n");
	assert_bad("a@b.example\t\xc3\xbc", 0, why);
	compile(PLAIN EIGHT "\r\n&NAME;\r\n");
	assert_good("a@b.example\t\xc3\xbc");
	assert_copy("a@b.example\t\xc3\xbc", PLAIN EIGHT "\r\n\xc3\xbc\r\n");
	compile("Content-Type: text/plain; charset=iso-8859-1\r\n" QP
		"\r\n&NAME;\r\n");
	assert_bad("a@b.example\t\xc3\xbc", 0, why);
	assert_good("a@b.example\tx");
}

static void
encodes_quoted_printable(void **state)
{
	(void)state;
	compile(PLAIN QP "\r\nD=C3=A4r &NAME;,=20\r\n&CITY;\r\n");
	assert_copy("a@b.example\tJ\xc3\xbc=\tx y ",
	    PLAIN QP "\r\nD=C3=A4r J=C3=BC=3D,=20\r\nx y=20\r\n");
	compile(HTML QP "\r\n<p class=3Dx>&NAME;\r\n");
	assert_copy("a@b.example\t<\xc3\xbc>",
	    HTML QP "\r\n<p class=3Dx>&lt;=C3=BC&gt;\r\n");
}

static void
finds_references_over_soft_line_ends(void **state)
{
	(void)state;
	compile(PLAIN QP "\r\na &NA=\r\nME; b &CI=\r\nTY; c\r\n&NAME;\r\n");
	assert_copy(
	    "a@b.example\tJoe\tRom", PLAIN QP "\r\na Joe b Rom c\r\nJoe\r\n");
	compile(PLAIN QP "\r\n&NAME;=\r\nx &CITY; =\r\ny\r\n");
	assert_copy(
	    "a@b.example\tJoe\tRom", PLAIN QP "\r\nJoe=\r\nx Rom =\r\ny\r\n");
}

/* Lines of at most 76 columns that decode to the text. */
static void
assert_decodes(const char *qp, const char *want)
{
	stralloc text = {0};
	size_t column = 0;

	for (const char *s = qp; *s; s++) {
		if (strncmp(s, "\r\n", 2) == 0) {
			assert_true(s == qp || (s[-1] != ' ' && s[-1] != '\t'));
			column = 0;
			s++;
			sa_put(&text, "\n", 1);
			continue;
		}
		assert_true(++column <= 76);
		if (*s != '=') {
			sa_put(&text, s, 1);
		} else if (s[1] == '\r') {
			column = 0;
			s += 2;
		} else {
			char pair[3] = {s[1], s[2], 0};
			char c = (char)strtol(pair, NULL, 16);

			assert_true((column += 2) <= 76);
			sa_put(&text, &c, 1);
			s += 2;
		}
	}
	assert_int_equal(sa_0(&text), 0);
	assert_string_equal(text.s, want);
	sa_free(&text);
}

/* The body of the copy of a row, as it is now. */
static const char *
body_of(const char *line)
{
	struct bytes b;
	uint64_t size;
	int eightbit;

	take_row(line);
	assert_int_equal(merge_measure(&copy, &m, &row, &size, &eightbit), 0);
	out.len = 0;
	merge_begin(&copy, &m, &row);
	while (merge_next(&copy, &b) > 0)
		assert_int_equal(sa_put(&out, b.s, b.len), 0);
	assert_int_equal(out.len, size);
	assert_int_equal(sa_0(&out), 0);
	return strstr(out.s, "\r\n\r\n") + 4;
}

static void
breaks_quoted_printable_lines_anew(void **state)
{
	static char value[400], line[500], want[2000];

	(void)state;
	compile(PLAIN QP "\r\n0123456789 0123456789 0123456789 &NAME; "
			 "0123456789=C3=BC 0123456789=\r\n 01234567890 &CITY;"
			 " 0123456789\r\nx &NAME;\r\n");
	for (size_t n = 0; n < sizeof value - 1; n++) {
		const char *city = n % 2 ? "Rom\xc3\xbc" : "";

		snprintf(line, sizeof line, "a@b.example\t%s\t%s", value, city);
		snprintf(want, sizeof want,
		    "0123456789 0123456789 0123456789 %s 0123456789\xc3\xbc "
		    "0123456789 01234567890 %s 0123456789\nx %s\n",
		    value, city, value);
		assert_decodes(body_of(line), want);
		value[n] = "x\xc3\xbc=y z"[n % 7];
		value[n + 1] = 0;
	}
}

static void
ends_no_quoted_printable_line_with_a_blank(void **state)
{
	(void)state;
	compile(PLAIN QP "\r\nx &NAME;\r\ny &NAME; &CITY;\r\nz\t&NAME;\r\n");
	assert_copy("a@b.example", PLAIN QP "\r\nx=20\r\ny=20=20\r\nz=09\r\n");
	assert_copy("a@b.example\tN\tC",
	    PLAIN QP "\r\nx=20N\r\ny=20N=20C\r\nz=09N\r\n");
}

static void
replaces_in_the_text_parts_of_a_multipart(void **state)
{
	(void)state;
	compile("Content-Type: multipart/mixed; boundary=\"o t\"\r\n\r\n"
		"&NAME; before\r\n--o t\r\n"
		"Content-Type: multipart/alternative;\r\n\tboundary=i\r\n\r\n"
		"--i\r\n\r\n&NAME;\r\n--i\r\n" HTML EIGHT "\r\n<b>&NAME;\r\n"
		"--i--\r\n&NAME;\r\n--o t\r\n"
		"Content-Type: image/png; name=\"&NAME;\"\r\n\r\n&NAME;\r\n"
		"--o t--\r\n&NAME; behind\r\n");
	assert_copy("a@b.example\t<x>",
	    "Content-Type: multipart/mixed; boundary=\"o t\"\r\n\r\n"
	    "&NAME; before\r\n--o t\r\n"
	    "Content-Type: multipart/alternative;\r\n\tboundary=i\r\n\r\n"
	    "--i\r\n\r\n<x>\r\n--i\r\n" HTML EIGHT "\r\n<b>&lt;x&gt;\r\n"
	    "--i--\r\n&NAME;\r\n--o t\r\n"
	    "Content-Type: image/png; name=\"&NAME;\"\r\n\r\n&NAME;\r\n"
	    "--o t--\r\n&NAME; behind\r\n");
	assert_refused("Content-Type: multipart/mixed\r\n\r\nx\r\n",
	    "a multipart without a boundary");
}

#define MIXED "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"

static void
refuses_rows_that_make_a_boundary(void **state)
{
	static const char why[] =
	    "makes a line that is a boundary of the message";

	(void)state;
	compile(MIXED PLAIN EIGHT "\r\n&NAME;\r\n-&CITY;\r\n--&CODE;b\r\n"
				  "\r\nx\r\n--b--\r\n");
	assert_good("a@b.example\t-b\t--b\t-");
	assert_good("a@b.example\tx--b\tb\tx");
	assert_bad("a@b.example\t--b\t\tx", -2, why);
	assert_bad("a@b.example\t--b-- \t\tx", -2, why);
	assert_bad("a@b.example\t\t-b\tx", -2, why);
	assert_bad("a@b.example\t\t\t", -2, why);
	compile(MIXED HTML QP "\r\nx=\r\n&NAME;=\r\n&CITY;\r\n--b--\r\n");
	assert_good("a@b.example\t-b\tx--b");
	assert_bad("a@b.example\t--b", -2, why);
	assert_bad("a@b.example\t\t--bx", -2, why);
	compile("Content-Type: multipart/mixed; boundary=o\r\n\r\n--o\r\n" MIXED
		"\r\n&NAME;\r\n--b--\r\n--o\r\n\r\n&CITY;\r\n--o--\r\n");
	assert_good("a@b.example\t-o\t-b");
	assert_bad("a@b.example\t--o", -2, why);
	assert_bad("a@b.example\t\t--b", -2, why);
}

/* A line of quoted-printable that is broken anew begins with what was in it. */
static void
refuses_rows_that_break_lines_before_a_boundary(void **state)
{
	static char line[200] = "a@b.example\t";
	size_t n = strlen(line);

	(void)state;
	compile(MIXED PLAIN QP "\r\n&NAME;\r\n--b--\r\n");
	memset(line + n, 'x', 74);
	memcpy(line + n + 74, "--bxx", 5);
	assert_good(line);
	memcpy(line + n + 74, "x--bx", 5);
	assert_bad(line, -2, "makes a line that is a boundary of the message");
}

static void
refuses_too_many_references_and_multiparts(void **state)
{
	stralloc text = {0};

	(void)state;
	assert_int_equal(sa_puts(&text, PLAIN EIGHT "\r\n"), 0);
	for (int i = 0; i <= MERGE_OPS_MAX; i++)
		assert_int_equal(
		    sa_puts(&text, i % 50 ? "&NAME;" : "\r\n&NAME;"), 0);
	assert_int_equal(sa_puts(&text, "\r\n"), 0);
	assert_int_equal(sa_0(&text), 0);
	assert_refused(text.s, "more than 200,000 pieces");
	text.len = 0;
	for (int i = 0; i <= MERGE_EDGES_MAX; i++)
		assert_int_equal(
		    sa_puts(&text,
			i ? "--a\r\nContent-Type: multipart/mixed; "
			    "boundary=b\r\n\r\n"
			  : "Content-Type: multipart/mixed; "
			    "boundary=a\r\n\r\n"),
		    0);
	assert_int_equal(sa_0(&text), 0);
	assert_refused(text.s, "more than 64 multiparts");
	sa_free(&text);
}

static void
refuses_a_reference_hidden_in_base64(void **state)
{
	(void)state;
	assert_refused(PLAIN "Content-Transfer-Encoding: base64\r\n\r\n"
			     "RGVhciAm\r\nTkFNRTs=\r\n",
	    "a reference in a text part in base64: make it quoted-printable");
	compile(PLAIN "Content-Transfer-Encoding: base64\r\n\r\nRGVhcg==\r\n");
	assert_copy("a@b.example\tN",
	    PLAIN "Content-Transfer-Encoding: base64\r\n\r\nRGVhcg==\r\n");
	assert_refused("Content-Transfer-Encoding: x-uu\r\n\r\nx\r\n",
	    "an unknown Content-Transfer-Encoding");
}

static void
refuses_bad_values(void **state)
{
	(void)state;
	compile(PLAIN EIGHT "\r\n&NAME;\r\n");
	assert_bad("a@b.example\tx\ry", 0, "has a control byte");
	assert_bad("a@b.example\t\t\t\xc2\x85", 2, "has a control byte");
	assert_bad("a@b.example\t\t\xff", 1, "is not UTF-8");
	assert_bad(
	    "a@b.example\t1\t2\t3\t4", -2, "has more values than the header");
}

static void
refuses_rows_that_make_long_lines(void **state)
{
	static char line[2000];
	size_t n = strlen("a@b.example\t");

	(void)state;
	compile("Subject: x\r\n\r\n0123456789&NAME;0123456789\r\n");
	memset(line, 'x', n + 978);
	memcpy(line, "a@b.example\t", n);
	assert_good(line);
	line[n + 978] = 'x';
	assert_bad(line, -2, "makes a line of more than 998 bytes");
	compile(PLAIN QP "\r\n0123456789&NAME;0123456789\r\n");
	assert_good(line);
	compile("Subject: &NAME;\r\n\r\nx\r\n");
	assert_bad(
	    line, -2, "makes a text of more than 512 bytes in the header");
	memset(line, 'x', 1200);
	memcpy(line + 1200, "\r\n", 3);
	memcpy(line, "Subject: x\r\n\r\n", 14);
	assert_refused(line, "a line has more than 998 bytes");
}

static void
refuses_bad_names(void **state)
{
	static const char *const bad[] = {"name", "A A", "1A", "A\xc3", "", "-",
	    "*TO", "A23456789012345678901234567890123"};
	static const char text[] = "Subject: x\r\n\r\nx\r\n";

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(merge_name_ok(bytes_z(bad[i])), 0);
	assert_int_equal(merge_name_ok(bytes_z("A.b")), 0);
	assert_int_equal(merge_name_ok(bytes_z("A.B-C_1")), 1);
	merge_free(&m);
	assert_int_equal(
	    merge_compile(&m, bytes_z("A B A"), text, strlen(text), &w), -1);
	assert_string_equal(w.why, "two fields have one name");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(replaces_fields_in_header_and_body),
	    cmocka_unit_test(takes_null_and_missing_values_as_empty),
	    cmocka_unit_test(has_address_date_and_message_id_built_in),
	    cmocka_unit_test(leaves_what_is_no_reference),
	    cmocka_unit_test(replaces_no_reference_within_a_value),
	    cmocka_unit_test(encodes_values_of_free_text_in_the_header),
	    cmocka_unit_test(finds_references_in_encoded_words),
	    cmocka_unit_test(keeps_the_folding_of_plain_text),
	    cmocka_unit_test(quotes_or_encodes_names_of_mailboxes),
	    cmocka_unit_test(
		makes_no_encoded_word_of_what_stands_beside_a_value),
	    cmocka_unit_test(leaves_no_line_of_blanks_in_the_header),
	    cmocka_unit_test(leaves_mailboxes_without_references_alone),
	    cmocka_unit_test(wants_addresses_where_addresses_stand),
	    cmocka_unit_test(takes_pieces_of_an_address_within_one),
	    cmocka_unit_test(takes_tokens_only_in_other_structured_fields),
	    cmocka_unit_test(refuses_references_where_none_may_stand),
	    cmocka_unit_test(escapes_markup),
	    cmocka_unit_test(knows_markup_by_its_type_alone),
	    cmocka_unit_test(writes_entities_in_markup_that_is_ascii),
	    cmocka_unit_test(refuses_other_than_ascii_where_it_is_not_declared),
	    cmocka_unit_test(encodes_quoted_printable),
	    cmocka_unit_test(finds_references_over_soft_line_ends),
	    cmocka_unit_test(breaks_quoted_printable_lines_anew),
	    cmocka_unit_test(ends_no_quoted_printable_line_with_a_blank),
	    cmocka_unit_test(replaces_in_the_text_parts_of_a_multipart),
	    cmocka_unit_test(refuses_rows_that_make_a_boundary),
	    cmocka_unit_test(refuses_rows_that_break_lines_before_a_boundary),
	    cmocka_unit_test(refuses_too_many_references_and_multiparts),
	    cmocka_unit_test(refuses_a_reference_hidden_in_base64),
	    cmocka_unit_test(refuses_bad_values),
	    cmocka_unit_test(refuses_rows_that_make_long_lines),
	    cmocka_unit_test(refuses_bad_names),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
