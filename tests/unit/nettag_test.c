#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/nettag.h"

static const struct nettag_known known[] = {
    {"type", NETTAG_ONE},
    {"links", NETTAG_LIST},
    {"p_", NETTAG_LIST},
    {"cks", NETTAG_SEAL},
    {"machine", NETTAG_ONE},
};

enum { KNOWN = sizeof known / sizeof *known, STEP = 64 };

/* What was read and said, one line for each entry, tag, error and warning. */
static stralloc got;

static void
put(const char *s, size_t len)
{
	assert_int_equal(sa_put(&got, s, len), 0);
}

static void
put_entry(const struct nettag_entry *e)
{
	put(e->start == NETTAG_NODE ? "node " : "nick ", 5);
	put(e->name.s, e->name.len);
	put(" ", 1);
	assert_int_equal(sa_addu(&got, e->line), 0);
	put(e->bad ? " bad\n" : "\n", e->bad ? 5 : 1);
	for (size_t i = 0; i < e->ntags; i++) {
		const struct nettag *t = &e->tag[i];

		assert_int_equal(sa_addu(&got, t->line), 0);
		put(t->id == NETTAG_UNKNOWN ? "?" : " ", 1);
		put(t->name.s, t->name.len);
		put("=", 1);
		put(t->data.s, t->data.len);
		put("\n", 1);
	}
}

static void
read_all(const char *text, size_t len, unsigned starts, int comments)
{
	const struct netsource from = {"f", 0, 1, {text, len}};
	struct nettag_reader r;
	struct nettag_entry e = {0};
	struct netdiag d = {0};
	int more;

	got.len = 0;
	nettag_begin(&r, &from, known, KNOWN, starts, comments, &d);
	while ((more = nettag_next(&r, &e)) > 0)
		put_entry(&e);
	assert_int_equal(more, 0);
	assert_int_equal(nettag_next(&r, &e), 0);
	put(d.text[0].s, d.text[0].len);
	put(d.text[1].s, d.text[1].len);
	assert_int_equal(sa_0(&got), 0);
	nettag_free(&e);
	netdiag_free(&d);
}

static void
assert_nodes(const char *text, const char *want)
{
	read_all(text, strlen(text), NETTAG_NODE, 0);
	assert_string_equal(got.s, want);
}

static void
reads_the_entry_of_the_document(void **state)
{
	(void)state;
	assert_nodes(":node.DFVLROPE :type.NJE :machine.DFVLROP1\n"
		     "     :p_1.0420 :p_2.19860124\n"
		     "     :links1.DFVLROP1(,1.5M) DFVLROP2(,64k)\n"
		     "     :cks.45671\n",
	    "node DFVLROPE 1\n"
	    "1 type=NJE\n"
	    "1 machine=DFVLROP1\n"
	    "2 p_1=0420\n"
	    "2 p_2=19860124\n"
	    "3 links1=DFVLROP1(,1.5M) DFVLROP2(,64k)\n"
	    "4 cks=45671\n");
}

static void
data_may_hold_anything_but_a_blank_and_a_colon(void **state)
{
	(void)state;
	assert_nodes(":node.A :machine.IBM: 43:81. x\t y  :type. NJE\t:cks.1\n",
	    "node A 1\n"
	    "1 machine=IBM: 43:81. x\t y\n"
	    "1 type=NJE\n"
	    "1 cks=1\n");
}

static void
names_of_tags_have_no_case(void **state)
{
	(void)state;
	assert_nodes(":NODE.a :Type.NJE :LINKS1.B\n :links2.C\n",
	    "node a 1\n1 Type=NJE\n1 LINKS1=B\n2 links2=C\n");
}

static void
a_list_goes_on_in_numbers_and_in_lines(void **state)
{
	(void)state;
	assert_nodes(":node.A\n"
		     " :links2.B C\n"
		     "\tD E :type.NJE\n"
		     " :links.F\n"
		     " G\n",
	    "node A 1\n"
	    "2 links2=B C\n"
	    "3 links2=D E\n"
	    "3 type=NJE\n"
	    "4 links=F\n"
	    "5 links=G\n");
}

static void
what_is_no_list_does_not_go_on(void **state)
{
	(void)state;
	assert_nodes(":node.A :type.NJE\n and more\n :cks.1\n",
	    "node A 1 bad\n1 type=NJE\n3 cks=1\n"
	    "f:2: type: a line that goes on with what is no list\n");
	assert_nodes(":node.A\n B\n",
	    "node A 1 bad\nf:2: a line that goes on with what is no list\n");
}

static void
an_empty_tag_is_no_tag(void **state)
{
	(void)state;
	assert_nodes(":node.A :type. :links1.   \n :cks.\t\n", "node A 1\n");
}

static void
numbers_of_tags_are_1_to_99(void **state)
{
	(void)state;
	assert_nodes(":node.A :links0.B :links01.C\n"
		     " :links99999999999999999999.D\n"
		     " :links99.E :links100.F :links99.G :type1.X\n",
	    "node A 1 bad\n"
	    "3 links99=E\n3 links100=F\n3 links99=G\n3?type1=X\n"
	    "f:1: links0: number of a tag that is not 1 to 99\n"
	    "f:1: links01: number of a tag that is not 1 to 99\n"
	    "f:2: links99999999999999999999: number of a tag that is not 1 "
	    "to 99\n"
	    "f:3: links100: number of a tag over 99\n"
	    "f:3: links99: number of a tag given twice; both count\n"
	    "f:3: type1: unknown tag\n");
}

static void
a_tag_given_twice_counts_once(void **state)
{
	(void)state;
	assert_nodes(":node.A :type.NJE\n :type.SITE :cks.1 :cks.2\n"
		     ":node.B :type.SITE\n",
	    "node A 1\n1 type=NJE\n2 cks=1\n"
	    "node B 3\n3 type=SITE\n"
	    "f:2: type: tag given twice in an entry; the first one counts\n"
	    "f:2: cks: tag given twice in an entry; the first one counts\n");
}

static void
malformed_tags_are_errors(void **state)
{
	(void)state;
	assert_nodes(":node.A :-) :type NJE :typ+e.X :.Y :p_.Z :cks.1\n :\n",
	    "node A 1 bad\n"
	    "1?p_=Z\n"
	    "1 cks=1\n"
	    "f:1: a colon that begins no tag\n"
	    "f:1: a colon that begins no tag\n"
	    "f:1: a colon that begins no tag\n"
	    "f:1: a colon that begins no tag\n"
	    "f:2: a colon that begins no tag\n"
	    "f:1: p_: unknown tag\n");
	assert_nodes(":node.A :abcdefghijklmnopqrstuvwxyzabcdefg.x\n",
	    "node A 1 bad\nf:1: a colon that begins no tag\n");
}

static void
an_entry_begins_in_column_1_only(void **state)
{
	(void)state;
	assert_nodes(":node.A :node.B\n :node.C\n:type.NJE\nhello\n",
	    "node A 1 bad\n"
	    "f:1: node: tag may only begin an entry\n"
	    "f:2: node: tag may only begin an entry\n"
	    "f:3: a line that neither begins an entry nor with a blank\n"
	    "f:4: a line that neither begins an entry nor with a blank\n");
	assert_nodes(" :node.A\n", "f:1: a line that belongs to no entry\n");
	assert_nodes(":nick.A\n", "f:1: a line that belongs to no entry\n");
	assert_nodes(":node. :type.NJE\n",
	    "node  1 bad\n1 type=NJE\nf:1: node: entry without a name\n");
}

static void
line_ends_blank_lines_and_a_mark_do_not_matter(void **state)
{
	(void)state;
	assert_nodes(
	    "\xef\xbb\xbf\r\n\n:node.A  \r\n\r\n \t\r\n :type.NJE  \r\n",
	    "node A 3\n6 type=NJE\n");
}

static void
comments_are_for_tables_that_have_them(void **state)
{
	const char text[] = "* one\n:nick.A\n# two\n :type.NJE\n*\n :cks.1\n";

	(void)state;
	read_all(text, strlen(text), NETTAG_NICK, 1);
	assert_string_equal(got.s, "nick A 2\n4 type=NJE\n6 cks=1\n");
	assert_nodes("* one\n:node.A\n# two\n",
	    "node A 2 bad\n"
	    "f:1: a line that belongs to no entry\n"
	    "f:3: a line that neither begins an entry nor with a blank\n");
}

static void
both_kinds_of_entries_may_stand_in_a_file(void **state)
{
	const char text[] = ":node.A :type.X\n:nick.B :node.C :nick.D\n";

	(void)state;
	read_all(text, strlen(text), NETTAG_NODE | NETTAG_NICK, 0);
	assert_string_equal(got.s,
	    "node A 1\n1 type=X\nnick B 2 bad\n2?node=C\n"
	    "f:2: nick: tag may only begin an entry\n"
	    "f:2: node: unknown tag\n");
}

static void
a_long_line_is_warned_of_and_read(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text, ":node.A :machine.", 17);
	memcpy(text + 300, " :cks.1\n", 8);
	read_all(text, 308, NETTAG_NODE, 0);
	assert_non_null(
	    strstr(got.s, "x\n1 cks=1\nf:1: line over 255 bytes\n"));
}

static void
control_bytes_are_errors(void **state)
{
	const char text[] = ":node.A\n :type.N\0E :cks.1\n :links.\033B\n"
			    " :machine.M\xfcller\n:node.B\177\n";

	(void)state;
	read_all(text, sizeof text - 1, NETTAG_NODE, 0);
	assert_string_equal(got.s,
	    "node A 1 bad\n4 machine=M\xfcller\n"
	    "node B\177 5 bad\n"
	    "f:2: control byte; the line is left out\n"
	    "f:3: control byte; the line is left out\n"
	    "f:5: control byte; the line is left out\n");
}

static void
a_file_that_ends_within_a_line_was_cut(void **state)
{
	(void)state;
	assert_nodes(":node.A :type.NJE\n :links1.B C",
	    "node A 1\n1 type=NJE\n2 links1=B C\n"
	    "f:2: the file ends within a line: it has been cut\n");
	assert_nodes("", "");
}

static void
a_last_entry_without_the_last_tag_of_all_was_cut(void **state)
{
	(void)state;
	assert_nodes(":node.V\n:node.A :cks.1\n:node.B :cks.2\n:node.C\n",
	    "node V 1\nnode A 2\n2 cks=1\nnode B 3\n3 cks=2\nnode C 4\n"
	    "f:4: the last entry lacks the last tag of all others: the file "
	    "has been cut\n");
	assert_nodes(":node.V\n:node.A :cks.1\n:node.B\n:node.C\n",
	    "node V 1\nnode A 2\n2 cks=1\nnode B 3\nnode C 4\n");
	assert_nodes(
	    ":node.V\n:node.A :cks.1\n:node.B :cks.2\n:node.C :cks.3\n",
	    "node V 1\nnode A 2\n2 cks=1\nnode B 3\n3 cks=2\n"
	    "node C 4\n4 cks=3\n");
}

static void
an_entry_has_up_to_a_mebibyte(void **state)
{
	static char text[NETTAG_ENTRY_MAX + 4096];
	size_t len = 8;

	(void)state;
	memcpy(text, ":node.A\n", 8);
	while (len + STEP < sizeof text) {
		memset(text + len, 'B', STEP);
		memcpy(text + len, " :links.", 8);
		len += STEP;
		text[len - 1] = '\n';
	}
	memcpy(text + len, ":node.C\n", 8);
	len += 8;
	read_all(text, len, NETTAG_NODE, 0);
	assert_non_null(strstr(got.s, "node A 1 bad\n"));
	assert_non_null(strstr(got.s, "\nnode C "));
	assert_non_null(strstr(got.s, ": entry over 1 MiB\n"));
}

static void
what_was_read_before_is_not_complained_of_again(void **state)
{
	const char text[] = ":nick.A :op.REP :table.X :typ.Y\nhello\n";
	const struct netsource from = {"f", 0, 7, {text, sizeof text - 1}};
	struct nettag_reader r;
	struct nettag_entry e = {0};
	struct netdiag d = {0};

	(void)state;
	nettag_begin(&r, &from, known, KNOWN, NETTAG_NICK, 1, &d);
	r.again = 1;
	assert_int_equal(nettag_next(&r, &e), 1);
	assert_int_equal(e.line, 7);
	assert_true(e.bad);
	assert_int_equal(e.ntags, 1);
	assert_int_equal(d.count[NETDIAG_ERROR], 0);
	assert_int_equal(d.count[NETDIAG_WARNING], 1);
	nettag_free(&e);
	netdiag_free(&d);
}

static void
words_are_between_blanks(void **state)
{
	struct bytes data = bytes_z("  a\tb(c,d)   ");
	struct bytes w = nettag_word(&data);

	(void)state;
	assert_true(bytes_eq(w, "a"));
	w = nettag_word(&data);
	assert_true(bytes_eq(w, "b(c,d)"));
	assert_int_equal(nettag_word(&data).len, 0);
	assert_int_equal(nettag_word(&data).len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_entry_of_the_document),
	    cmocka_unit_test(data_may_hold_anything_but_a_blank_and_a_colon),
	    cmocka_unit_test(names_of_tags_have_no_case),
	    cmocka_unit_test(a_list_goes_on_in_numbers_and_in_lines),
	    cmocka_unit_test(what_is_no_list_does_not_go_on),
	    cmocka_unit_test(an_empty_tag_is_no_tag),
	    cmocka_unit_test(numbers_of_tags_are_1_to_99),
	    cmocka_unit_test(a_tag_given_twice_counts_once),
	    cmocka_unit_test(malformed_tags_are_errors),
	    cmocka_unit_test(an_entry_begins_in_column_1_only),
	    cmocka_unit_test(line_ends_blank_lines_and_a_mark_do_not_matter),
	    cmocka_unit_test(comments_are_for_tables_that_have_them),
	    cmocka_unit_test(both_kinds_of_entries_may_stand_in_a_file),
	    cmocka_unit_test(a_long_line_is_warned_of_and_read),
	    cmocka_unit_test(control_bytes_are_errors),
	    cmocka_unit_test(a_file_that_ends_within_a_line_was_cut),
	    cmocka_unit_test(a_last_entry_without_the_last_tag_of_all_was_cut),
	    cmocka_unit_test(an_entry_has_up_to_a_mebibyte),
	    cmocka_unit_test(what_was_read_before_is_not_complained_of_again),
	    cmocka_unit_test(words_are_between_blanks),
	};
	int r = cmocka_run_group_tests(tests, NULL, NULL);

	sa_free(&got);
	return r;
}
