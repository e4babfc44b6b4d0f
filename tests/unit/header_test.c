#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/header.h"

/* A literal with its NULs: in a table, and anywhere else. */
#define ROW(s)                                                                 \
	{                                                                      \
		(s), sizeof(s) - 1                                             \
	}
#define LIT(s) ((struct bytes)ROW(s))

static void
assert_bytes(struct bytes got, struct bytes want)
{
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.s, want.s, want.len);
}

static struct header
parsed(struct bytes m)
{
	struct where w = {0};
	struct header h;

	assert_int_equal(header_parse(&h, m.s, m.len, &w), 0);
	return h;
}

static void
finds_where_the_header_ends_and_the_body_begins(void **state)
{
	static const struct {
		struct bytes message;
		size_t from, end, body;
		unsigned fields;
	} table[] = {
	    {ROW("A: b\n\nbody"), 0, 5, 6, 1},
	    {ROW("A: b\r\n\r\nbody"), 0, 6, 8, 1},
	    {ROW("A: b\r\n\nbody"), 0, 6, 7, 1},
	    {ROW("A: b\nC: d\r\n\r\n"), 0, 11, 13, 2},
	    {ROW("A: b\n"), 0, 5, 5, 1},
	    {ROW("A: b"), 0, 4, 4, 1},
	    {ROW("A:"), 0, 2, 2, 1},
	    {ROW("A: b\r"), 0, 5, 5, 1},
	    {ROW("A: b\n c\n\td\n\nx"), 0, 11, 12, 1},
	    {ROW("A: b\n \t\n\nx"), 0, 8, 9, 1},
	    {ROW("A: b\n \r\n\r\nx"), 0, 8, 10, 1},
	    {ROW("A: b\rc: d\n\nx"), 0, 10, 11, 1},
	    {ROW("A: \0\xff\n\nx"), 0, 6, 7, 1},
	    {ROW("A \t: b\n\nx"), 0, 7, 8, 1},
	    {ROW("From me Mon\nA: b\n\nx"), 12, 17, 18, 1},
	    {ROW("From me Mon\r\nA: b\r\n\r\nx"), 13, 19, 21, 1},
	    {ROW("From : me\n\nx"), 0, 10, 11, 1},
	    {ROW("A: b\n\n.\n..\nx"), 0, 5, 6, 1},
	    {ROW("..A: b\x01\n\n"), 0, 8, 9, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct header h = parsed(table[i].message);

		assert_int_equal(h.from, table[i].from);
		assert_int_equal(h.end, table[i].end);
		assert_int_equal(h.body, table[i].body);
		assert_int_equal(h.fields, table[i].fields);
	}
}

static void
says_what_is_wrong_and_in_which_line(void **state)
{
	static const struct {
		struct bytes message;
		size_t line;
		const char *why;
	} table[] = {
	    {ROW(""), 1, "the message is empty"},
	    {ROW("\n"), 1, "the message has no header"},
	    {ROW("\r\n"), 1, "the message has no header"},
	    {ROW("\nA: b\n"), 1, "the message has no header"},
	    {ROW("hello there\n"), 1, "the message has no header"},
	    {ROW("hello"), 1, "the message has no header"},
	    {ROW(" A: b\n"), 1, "the message has no header"},
	    {ROW(": b\n"), 1, "the message has no header"},
	    {ROW(".\n"), 1, "the message has no header"},
	    {ROW("\0: b\n"), 1, "the message has no header"},
	    {ROW("\xc3\xa4: b\n"), 1, "the message has no header"},
	    {ROW("From me\n"), 2, "the message has no header"},
	    {ROW("From me"), 1, "the message has no header"},
	    {ROW("From me\n\nA: b\n"), 2, "the message has no header"},
	    {ROW("A: b\nhello there\n\nx"), 2, "a header line is no field"},
	    {ROW("A: b\r\n c\r\nFrom me\r\n"), 3, "a header line is no field"},
	    {ROW("A: b\nc d: e\n"), 2, "a header line is no field"},
	    {ROW("A: b\nC"), 2, "a header line is no field"},
	    {ROW("A: b\r\n\r"), 2, "a header line is no field"},
	    {ROW("A: b\n\rC: d\n"), 2, "a header line is no field"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct bytes m = table[i].message;
		struct where w = {0};
		struct header h;

		assert_int_equal(header_parse(&h, m.s, m.len, &w), -1);
		assert_string_equal(w.why, table[i].why);
		assert_int_equal(header_line(m.s, w.at), table[i].line);
	}
}

static void
put_fields(stralloc *m, unsigned n, size_t length)
{
	for (unsigned i = 0; i < n; i++) {
		assert_int_equal(sa_puts(m, "X: "), 0);
		for (size_t k = 0; k < length - 4; k++)
			assert_int_equal(sa_put(m, "x", 1), 0);
		assert_int_equal(sa_puts(m, "\n"), 0);
	}
}

static void
takes_a_thousand_fields_and_refuses_one_more(void **state)
{
	struct where w = {0};
	stralloc m = {0};
	struct header h;

	(void)state;
	put_fields(&m, HEADER_FIELDS_MAX, 8);
	assert_int_equal(header_parse(&h, m.s, m.len, &w), 0);
	assert_int_equal(h.fields, HEADER_FIELDS_MAX);
	put_fields(&m, 1, 8);
	assert_int_equal(header_parse(&h, m.s, m.len, &w), -1);
	assert_string_equal(w.why, "the header has more than 1,000 fields");
	assert_int_equal(header_line(m.s, w.at), HEADER_FIELDS_MAX + 1);
	sa_free(&m);
}

static void
measures_the_header_to_the_byte(void **state)
{
	struct where w = {0};
	stralloc m = {0};
	struct header h;

	(void)state;
	put_fields(&m, 255, 1024);
	put_fields(&m, 1, 1023);
	assert_int_equal(sa_puts(&m, "\nbody"), 0);
	assert_int_equal(header_parse(&h, m.s, m.len, &w), 0);
	assert_int_equal(h.body, HEADER_MAX);
	assert_int_equal(header_parse(&h, m.s, HEADER_READ, &w), 0);

	m.len = 0;
	put_fields(&m, 256, 1024);
	assert_int_equal(header_parse(&h, m.s, m.len, &w), 0);
	assert_int_equal(sa_puts(&m, "\nbody"), 0);
	assert_int_equal(header_parse(&h, m.s, m.len, &w), -1);
	assert_string_equal(w.why, "the header is larger than 256 KiB");
	assert_int_equal(header_parse(&h, m.s, HEADER_READ, &w), -1);
	sa_free(&m);
}

static void
refuses_a_header_of_a_mebibyte_from_its_beginning(void **state)
{
	struct where w = {0};
	stralloc m = {0};
	struct header h;

	(void)state;
	put_fields(&m, 512, 2048);
	assert_int_equal(header_parse(&h, m.s, m.len, &w), -1);
	assert_string_equal(w.why, "the header is larger than 256 KiB");
	assert_true(w.at <= HEADER_MAX);
	sa_free(&m);
}

static void
refuses_a_line_over_64_kib(void **state)
{
	struct where w = {0};
	stralloc m = {0};
	struct header h;

	(void)state;
	put_fields(&m, 1, HEADER_LINE_MAX + 1);
	assert_int_equal(header_parse(&h, m.s, m.len, &w), 0);
	put_fields(&m, 1, HEADER_LINE_MAX + 2);
	assert_int_equal(header_parse(&h, m.s, m.len, &w), -1);
	assert_string_equal(w.why, "a header line is longer than 64 KiB");
	assert_int_equal(header_line(m.s, w.at), 2);
	sa_free(&m);
}

static void
walks_over_the_fields_with_their_raw_values(void **state)
{
	static const struct {
		struct bytes name, value;
	} want[] = {
	    {ROW("Subject"), ROW(" a\r\n  b")},
	    {ROW("X"), ROW("")},
	    {ROW("y"), ROW(" 1: 2")},
	    {ROW("Z"), ROW("\0\r\xff ")},
	    {ROW("Last"), ROW(" \n \n\t.")},
	};
	struct bytes m = LIT("From x\nSubject: a\r\n  b\r\nX:\ny\t : 1: 2\n"
			     "Z:\0\r\xff \r\nLast: \n \n\t.\n\nbody: no\n");
	struct header h = parsed(m);
	struct field f = {0};
	size_t at = h.from;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(header_next(&h, &f), 1);
		assert_bytes(f.name, want[i].name);
		assert_bytes(f.value, want[i].value);
		assert_int_equal(f.at, at);
		at = f.end;
	}
	assert_int_equal(at, h.end);
	assert_int_equal(header_next(&h, &f), 0);
}

static void
keeps_a_value_whose_line_is_cut_short(void **state)
{
	struct header h = parsed(LIT("A: b\nC: d\r"));
	struct field f = {0};

	(void)state;
	assert_int_equal(header_find(&h, "c", 0, &f), 1);
	assert_bytes(f.value, LIT(" d\r"));
	assert_int_equal(f.end, h.end);
}

static void
finds_the_nth_field_of_a_name_in_any_case(void **state)
{
	struct header h =
	    parsed(LIT("To: 1\nTo-Day: x\nT: y\ntO : 2\nTO: 3\n\nTo: 4\n"));
	struct field f;

	(void)state;
	assert_int_equal(header_find(&h, "to", 0, &f), 1);
	assert_bytes(f.value, LIT(" 1"));
	assert_int_equal(header_find(&h, "to", 1, &f), 1);
	assert_bytes(f.value, LIT(" 2"));
	assert_int_equal(header_find(&h, "to", 2, &f), 1);
	assert_bytes(f.value, LIT(" 3"));
	assert_int_equal(header_find(&h, "to", 3, &f), 0);
	assert_int_equal(header_find(&h, "Cc", 0, &f), 0);
}

static void
unfolds_a_value_onto_one_line(void **state)
{
	static const struct {
		struct bytes raw, want;
	} table[] = {
	    {ROW(" a"), ROW("a")},
	    {ROW(""), ROW("")},
	    {ROW(" \r\n \r\n\t"), ROW("")},
	    {ROW(" a\r\n b\n\tc \r\n"), ROW("a b\tc")},
	    {ROW("\n a"), ROW("a")},
	    {ROW(" a\rb\0c"), ROW("a\rb\0c")},
	    {ROW(" \0\r\0 \n "), ROW("")},
	    {ROW(" \xc3\xa4\r\n  .\r\n  ."), ROW("\xc3\xa4  .  .")},
	    {ROW(" A group: a@b.c,\r\n d@e.f;"), ROW("A group: a@b.c, d@e.f;")},
	};
	stralloc out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		out.len = 0;
		assert_int_equal(field_unfold(&out, table[i].raw), 0);
		assert_bytes((struct bytes){out.s, out.len}, table[i].want);
	}
	sa_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_where_the_header_ends_and_the_body_begins),
	    cmocka_unit_test(says_what_is_wrong_and_in_which_line),
	    cmocka_unit_test(takes_a_thousand_fields_and_refuses_one_more),
	    cmocka_unit_test(measures_the_header_to_the_byte),
	    cmocka_unit_test(refuses_a_header_of_a_mebibyte_from_its_beginning),
	    cmocka_unit_test(refuses_a_line_over_64_kib),
	    cmocka_unit_test(walks_over_the_fields_with_their_raw_values),
	    cmocka_unit_test(keeps_a_value_whose_line_is_cut_short),
	    cmocka_unit_test(finds_the_nth_field_of_a_name_in_any_case),
	    cmocka_unit_test(unfolds_a_value_onto_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
