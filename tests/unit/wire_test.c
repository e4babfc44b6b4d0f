#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire.h"

/* Everything in pieces of so many bytes must come out the same. */
static const size_t pieces[] = {1, 2, 3, 7, 1000};

enum { PIECES = sizeof(pieces) / sizeof(*pieces) };

static int
normalise(struct wire *w, stralloc *out, const char *in, size_t len,
    size_t piece, struct where *where)
{
	size_t n;

	memset(w, 0, sizeof(*w));
	out->len = 0;
	for (; len > 0; in += n, len -= n) {
		n = len < piece ? len : piece;
		if (wire_put(w, out, in, n, where) < 0)
			return -1;
	}
	return wire_end(w, out);
}

static void
brings_every_line_end_into_wire_form(void **state)
{
	static const struct {
		const char *in, *out;
		uint64_t lines;
	} table[] = {
	    {"", "", 0},
	    {"a", "a\r\n", 1},
	    {"a\nb\n", "a\r\nb\r\n", 2},
	    {"a\r\nb\r\n", "a\r\nb\r\n", 2},
	    {"a\rb\r", "a\r\nb\r\n", 2},
	    {"a\r\r\nb", "a\r\n\r\nb\r\n", 3},
	    {"\n\n", "\r\n\r\n", 2},
	    {"\r\n\r\n", "\r\n\r\n", 2},
	    {"\r\r", "\r\n\r\n", 2},
	    {"\n\r", "\r\n\r\n", 2},
	    {"\r\n\n\r", "\r\n\r\n\r\n", 3},
	    {"a\n.\nb\r\n.\rc", "a\r\n.\r\nb\r\n.\r\nc\r\n", 5},
	};
	stralloc out = {0};
	struct wire w;
	size_t i, p;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		for (p = 0; p < PIECES; p++) {
			assert_int_equal(
			    normalise(&w, &out, table[i].in,
				strlen(table[i].in), pieces[p], NULL),
			    0);
			assert_int_equal(sa_0(&out), 0);
			assert_string_equal(out.s, table[i].out);
			assert_int_equal(w.lines, table[i].lines);
			assert_int_equal(w.bytes, out.len);
		}
	sa_free(&out);
}

static void
tells_of_dots_at_the_start_of_lines_and_of_eight_bits(void **state)
{
	static const struct {
		const char *in;
		int dots, eightbit;
	} table[] = {
	    {"a.b\n", 0, 0},
	    {".a\n", 1, 0},
	    {"a\n.b", 1, 0},
	    {"a\r.b", 1, 0},
	    {"a\r\n.", 1, 0},
	    {"0123456\200", 0, 1},
	    {"01234567\377\n.", 1, 1},
	    {"\303", 0, 1},
	    {"\177\n\n", 0, 0},
	};
	stralloc out = {0};
	struct wire w;
	size_t i, p;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		for (p = 0; p < PIECES; p++) {
			assert_int_equal(
			    normalise(&w, &out, table[i].in,
				strlen(table[i].in), pieces[p], NULL),
			    0);
			assert_int_equal(w.dots, table[i].dots);
			assert_int_equal(w.eightbit, table[i].eightbit);
		}
	sa_free(&out);
}

static void
names_the_line_that_has_a_nul(void **state)
{
	struct where where;
	stralloc out = {0};
	struct wire w;
	size_t p;

	(void)state;
	for (p = 0; p < PIECES; p++) {
		assert_int_equal(normalise(&w, &out, "a\nb\rc\r\nd\0\ne", 11,
				     pieces[p], &where),
		    -1);
		assert_int_equal(errno, EINVAL);
		assert_int_equal(where.at, 4);
		assert_string_equal(where.why, "NUL byte");
	}
	sa_free(&out);
}

static void
names_the_line_that_is_too_long(void **state)
{
	static char in[WIRE_LINE_MAX + 8];
	struct where where;
	stralloc out = {0};
	struct wire w;
	size_t p;

	(void)state;
	memset(in, 'x', sizeof(in));
	in[0] = '\n';
	in[WIRE_LINE_MAX + 1] = '\r';
	in[WIRE_LINE_MAX + 2] = '\n';
	for (p = 0; p < PIECES; p++) {
		in[WIRE_LINE_MAX + 1] = '\r';
		assert_int_equal(normalise(&w, &out, in, WIRE_LINE_MAX + 3,
				     pieces[p], &where),
		    0);
		in[WIRE_LINE_MAX + 1] = 'x';
		assert_int_equal(normalise(&w, &out, in, WIRE_LINE_MAX + 3,
				     pieces[p], &where),
		    -1);
		assert_int_equal(errno, EMSGSIZE);
		assert_int_equal(where.at, 2);
		assert_string_equal(where.why, "line too long");
	}
	sa_free(&out);
}

static void
is_not_slowed_down_by_bare_carriage_returns(void **state)
{
	size_t len = 8 << 20, n;
	char *in = malloc(len);
	stralloc out = {0};
	struct wire w = {0};

	(void)state;
	assert_non_null(in);
	memset(in, '\r', len); /* quadratic work would take minutes */
	for (n = 0; n < len; n += 1 << 20) {
		out.len = 0;
		assert_int_equal(wire_put(&w, &out, in + n, 1 << 20, NULL), 0);
	}
	assert_int_equal(w.lines, len);
	free(in);
	sa_free(&out);
}

static size_t
stuff(char *out, const char *in, size_t len, size_t piece, size_t room)
{
	struct wire_dots d = {0};
	size_t n, used, total = 0;

	while (len > 0) {
		n = len < piece ? len : piece;
		total += wire_stuff(&d, out + total, room, in, n, &used);
		in += used;
		len -= used;
	}
	return total;
}

static void
doubles_the_dot_that_starts_a_line(void **state)
{
	static const struct {
		const char *in, *out;
	} table[] = {
	    {".\r\n", "..\r\n"},
	    {"a\r\n.\r\n", "a\r\n..\r\n"},
	    {"a.\r\n.b.c\r\n..\r\nd\r\n", "a.\r\n..b.c\r\n...\r\nd\r\n"},
	    {"no dots\r\n", "no dots\r\n"},
	    {"..\r\n", "...\r\n"},
	    {"x.y.z\r\n", "x.y.z\r\n"},
	};
	char out[64];
	size_t i, p, room, n;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		for (p = 0; p < PIECES; p++)
			for (room = 2; room < 9; room++) {
				n = stuff(out, table[i].in, strlen(table[i].in),
				    pieces[p], room);
				out[n] = '\0';
				assert_string_equal(out, table[i].out);
			}
}

static void
knows_bytes_without_dot_lines(void **state)
{
	struct wire_dots d = {0};

	(void)state;
	assert_int_equal(wire_no_dots(&d, "a.b\r\nc.", 7), 1);
	assert_int_equal(wire_no_dots(&d, ".d\r\n", 4), 1);
	assert_int_equal(wire_no_dots(&d, "", 0), 1);
	assert_int_equal(wire_no_dots(&d, "x\r\n.y", 5), 0);
	assert_int_equal(wire_no_dots(&d, ".", 1), 0);
}

static void
lets_nothing_end_the_message_early(void **state)
{
	/* each of these pairs with a host that takes bare line ends for line
	 * ends: after both steps no dot stands alone on a line */
	static const char *const in[] = {"a\n.\nb", "a\r.\rb", "a\n.\r\nb",
	    "a\r\n.\nb", "a\r\n.\rb", "a\r.\r\nb", "a\n\r.\n\rb"};
	stralloc out = {0};
	char wire[64];
	struct wire w;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(in) / sizeof(*in); i++) {
		assert_int_equal(
		    normalise(&w, &out, in[i], strlen(in[i]), 99, NULL), 0);
		n = stuff(wire, out.s, out.len, 99, sizeof(wire));
		assert_null(memmem(wire, n, "\n.\r", 3));
		assert_null(memmem(wire, n, "\n.\n", 3));
		assert_null(memmem(wire, n, "\r.", 2));
	}
	sa_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(brings_every_line_end_into_wire_form),
	    cmocka_unit_test(
		tells_of_dots_at_the_start_of_lines_and_of_eight_bits),
	    cmocka_unit_test(names_the_line_that_has_a_nul),
	    cmocka_unit_test(names_the_line_that_is_too_long),
	    cmocka_unit_test(is_not_slowed_down_by_bare_carriage_returns),
	    cmocka_unit_test(doubles_the_dot_that_starts_a_line),
	    cmocka_unit_test(knows_bytes_without_dot_lines),
	    cmocka_unit_test(lets_nothing_end_the_message_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
