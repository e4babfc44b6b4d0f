#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/spoolfile.h"

#define ID "0647c1a2b3d4e.9f02c4d1aa"

static const struct spoolhead post = {.id = ID,
    .class = CLASS_POST,
    .created_us = 1764000000000000,
    .from = {"joe@example.com", 15},
    .to = {"test@lists.example.org", 22},
    .list = {"TEST", 4},
    .size = 1234};

static const char text[] = "lsv-file: 1\n"
			   "id: " ID "\n"
			   "class: post\n"
			   "created: 1764000000000000\n"
			   "from: joe@example.com\n"
			   "to: test@lists.example.org\n"
			   "list: TEST\n"
			   "form: \n"
			   "detail: \n"
			   "pool: \n"
			   "reason: \n"
			   "rcpts: 0\n"
			   "size: 00000000000000001234\n"
			   "end\n";

static int
setup(void **state)
{
	static stralloc out;

	out.len = 0;
	*state = &out;
	return 0;
}

static void
writes_the_lines_in_their_order(void **state)
{
	stralloc *out = *state;

	assert_int_equal(spoolhead_format(out, &post, NULL), 0);
	assert_int_equal(out->len, sizeof text - 1);
	assert_memory_equal(out->s, text, out->len);
}

static void
reads_what_it_wrote(void **state)
{
	stralloc *out = *state;
	struct spoolhead in = post, h;
	struct where w;

	in.class = CLASS_MAIL;
	in.pool = 'B';
	in.form = bytes_z("verp");
	in.detail = bytes_z("ann@example.net");
	in.reason = bytes_z("a reason");
	in.rcpts = bytes_z("a@example.com\nb@example.com\n");
	in.nrcpt = 2;
	assert_int_equal(spoolhead_format(out, &in, NULL), 0);
	assert_int_equal(sa_puts(out, "Subject: x\n"), 0);
	assert_int_equal(spoolhead_parse(&h, out->s, out->len, &w), 0);
	assert_string_equal(h.id, ID);
	assert_int_equal(h.class, CLASS_MAIL);
	assert_int_equal(h.created_us, in.created_us);
	assert_true(bytes_eq(h.from, "joe@example.com"));
	assert_true(bytes_eq(h.to, "test@lists.example.org"));
	assert_true(bytes_eq(h.list, "TEST"));
	assert_true(bytes_eq(h.form, "verp"));
	assert_true(bytes_eq(h.detail, "ann@example.net"));
	assert_true(bytes_eq(h.reason, "a reason"));
	assert_int_equal(h.pool, 'B');
	assert_int_equal(h.nrcpt, 2);
	assert_true(bytes_eq(h.rcpts, "a@example.com\nb@example.com\n"));
	assert_int_equal(h.size, 1234);
	assert_true(
	    bytes_eq((struct bytes){out->s + h.length, out->len - h.length},
		"Subject: x\n"));
}

static void
reads_where_table_and_message_begin(void **state)
{
	stralloc *out = *state;
	struct spoolhead in = post, h;
	struct where w;
	size_t before;

	in.class = CLASS_MAIL;
	in.pool = '-';
	in.merged = in.verp = 1;
	in.fields = bytes_z("NAME CITY");
	assert_int_equal(spoolhead_format(out, &in, NULL), 0);
	before = out->len;
	in.rows = 3;
	in.table = 100;
	out->len = 0;
	assert_int_equal(spoolhead_format(out, &in, NULL), 0);
	assert_int_equal(out->len, before);
	assert_int_equal(spoolhead_parse(&h, out->s, out->len, &w), 0);
	assert_true(h.merged && h.verp);
	assert_true(bytes_eq(h.fields, "NAME CITY"));
	assert_int_equal(h.rows, 3);
	assert_int_equal(h.table, 100);
	assert_int_equal(h.table_at, out->len);
	assert_int_equal(h.length, out->len + 100);
}

static void
reads_a_job_of_class_dist(void **state)
{
	stralloc *out = *state;
	struct spoolhead in = post, h;
	struct where w;

	in.class = CLASS_DIST;
	in.pool = 'N';
	in.trail = bytes_z("SEARN/4711 2 SEARN CEARN");
	in.file = bytes_z("X-SUPD JOB");
	in.rows = 39;
	in.table = 900;
	assert_int_equal(spoolhead_format(out, &in, NULL), 0);
	assert_int_equal(spoolhead_parse(&h, out->s, out->len, &w), 0);
	assert_int_equal(h.class, CLASS_DIST);
	assert_true(bytes_eq(h.trail, "SEARN/4711 2 SEARN CEARN"));
	assert_true(bytes_eq(h.file, "X-SUPD JOB"));
	assert_true(spoolhead_tabled(&h) && !h.merged && !h.verp);
	assert_int_equal(h.rows, 39);
	assert_int_equal(h.table, 900);
	assert_int_equal(h.length, out->len + 900);
}

static void
reads_a_job_of_class_dist_that_began_here_and_has_personal_copies(void **state)
{
	stralloc *out = *state;
	struct spoolhead in = post, h;

	in.class = CLASS_DIST;
	in.merged = 1;
	in.fields = bytes_z("NAME");
	in.rows = 1;
	in.table = 20;
	assert_int_equal(spoolhead_format(out, &in, NULL), 0);
	assert_null(memmem(out->s, out->len, "trail", 5));
	assert_null(memmem(out->s, out->len, "\nfile:", 6));
	assert_int_equal(spoolhead_parse(&h, out->s, out->len, NULL), 0);
	assert_true(h.merged && h.trail.len == 0 && h.file.len == 0);
	assert_true(bytes_eq(h.fields, "NAME"));
}

static void
only_class_dist_has_a_trail_or_a_file(void **state)
{
	stralloc *out = *state;
	struct spoolhead in = post, h;
	struct where w;

	in.trail = bytes_z("SEARN/4711 1 SEARN");
	assert_int_equal(spoolhead_format(out, &in, NULL), 0);
	assert_int_equal(spoolhead_parse(&h, out->s, out->len, &w), -1);
	assert_string_equal(w.why, "only class dist has that");
	in.class = CLASS_DIST;
	in.rcpts = bytes_z("a@b.example\n");
	in.nrcpt = 1;
	out->len = 0;
	assert_int_equal(spoolhead_format(out, &in, NULL), 0);
	assert_int_equal(spoolhead_parse(&h, out->s, out->len, &w), -1);
	assert_string_equal(w.why, "a table does not belong here");
}

static void
refuses_a_table_where_none_belongs(void **state)
{
	stralloc *out = *state;
	struct spoolhead in = post, h;
	struct where w;

	in.merged = 1;
	in.fields = bytes_z("NAME");
	assert_int_equal(spoolhead_format(out, &in, NULL), 0);
	assert_int_equal(spoolhead_parse(&h, out->s, out->len, &w), -1);
	assert_string_equal(w.why, "a table does not belong here");
	in.class = CLASS_MAIL;
	in.rcpts = bytes_z("a@b.example\n");
	in.nrcpt = 1;
	out->len = 0;
	assert_int_equal(spoolhead_format(out, &in, NULL), 0);
	assert_int_equal(spoolhead_parse(&h, out->s, out->len, &w), -1);
}

static void
tells_where_the_size_stands(void **state)
{
	stralloc *out = *state;
	struct spoolhead h;
	size_t at = 0;

	assert_int_equal(spoolhead_format(out, &post, &at), 0);
	spoolhead_size(out->s + at, UINT64_C(9223372036854775807));
	assert_int_equal(spoolhead_parse(&h, out->s, out->len, NULL), 0);
	assert_int_equal(h.size, INT64_MAX);
}

static void
refuses_to_write_a_line_end_inside_a_value(void **state)
{
	stralloc *out = *state;
	static const char *const bad[] = {"a\nlist: X", "a\r", "\n"};
	struct spoolhead h;

	for (size_t i = 0; i < 3; i++) {
		h = post;
		h.from = bytes_z(bad[i]);
		out->len = 0;
		errno = 0;
		assert_int_equal(spoolhead_format(out, &h, NULL), -1);
		assert_int_equal(errno, EINVAL);
	}
	h = post;
	h.to = (struct bytes){"a\0b", 3};
	assert_int_equal(spoolhead_format(out, &h, NULL), -1);
}

static void
refuses_to_write_a_value_over_its_maximum(void **state)
{
	static char s[SPOOL_VALUE_MAX + 1];
	struct spoolhead h = post;

	memset(s, 'a', sizeof s);
	h.from = (struct bytes){s, SPOOL_VALUE_MAX};
	assert_int_equal(spoolhead_format(*state, &h, NULL), 0);
	h.from.len++;
	assert_int_equal(spoolhead_format(*state, &h, NULL), -1);
	assert_int_equal(errno, EINVAL);
}

static void
refuses_recipients_that_are_not_as_many_whole_lines(void **state)
{
	static const struct {
		const char *text;
		uint32_t n;
	} bad[] = {{"a@b\n", 0}, {"a@b\n", 2}, {"a@b", 0}, {"a@b\nc@d", 1},
	    {"a@b\n\n", 2}, {"\n", 1}, {"a@b\r\n", 1}, {"", 1}};
	struct spoolhead h = post;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		h.rcpts = bytes_z(bad[i].text);
		h.nrcpt = bad[i].n;
		assert_int_equal(spoolhead_format(*state, &h, NULL), -1);
		assert_int_equal(errno, EINVAL);
	}
}

static void
refuses_every_head_that_is_cut_short(void **state)
{
	struct spoolhead h;
	struct where w;

	(void)state;
	for (size_t n = 0; n < sizeof text - 1; n++)
		assert_int_equal(spoolhead_parse(&h, text, n, &w), -1);
	assert_int_equal(spoolhead_parse(&h, text, sizeof text - 1, &w), 0);
}

/* The head with one line put in the place of another. */
static int
parse_with(stralloc *out, const char *from, const char *to, struct where *w)
{
	const char *at = strstr(text, from);
	struct spoolhead h;

	assert_non_null(at);
	out->len = 0;
	if (sa_put(out, text, (size_t)(at - text)) < 0 ||
	    sa_puts(out, to) < 0 || sa_puts(out, at + strlen(from)) < 0)
		return -1;
	return spoolhead_parse(&h, out->s, out->len, w);
}

static void
says_what_is_wrong(void **state)
{
	static const struct {
		const char *from, *to, *why;
	} c[] = {
	    {"lsv-file: 1", "lsv-file: 2", "written by another release"},
	    {"id: " ID, "id: ../../etc/passwd", "not a name of ours"},
	    {"id: " ID, "id: ", "not a name of ours"},
	    {"class: post", "class: poster", "no such class"},
	    {"class: post", "class: pos", "no such class"},
	    {"created: 17", "created: -", "not a number of the range"},
	    {"from: ", "From: ", "not the key expected here"},
	    {"from: ", "from:", "not the key expected here"},
	    {"list: TEST\n", "", "not the key expected here"},
	    {"list: TEST", "list: TE\rST", "a forbidden byte in a value"},
	    {"pool: ", "pool: a", "no such pool"},
	    {"pool: ", "pool: AB", "no such pool"},
	    {"rcpts: 0", "rcpts: 9999999", "not a number of the range"},
	    {"rcpts: 0", "rcpts: 9", "a recipient is missing"},
	    {"rcpts: 0\n", "rcpts: 1\n\n", "a recipient is missing"},
	    {"rcpts: 0\n", "rcpts: 1\na\rb\n",
		"a forbidden byte in a recipient"},
	    {"size: 0", "size: x", "not a number of the range"},
	    {"end\n", "end \n", "no end line"},
	};
	struct where w = {0};

	for (size_t i = 0; i < sizeof c / sizeof c[0]; i++) {
		assert_int_equal(
		    parse_with(*state, c[i].from, c[i].to, &w), -1);
		assert_string_equal(w.why, c[i].why);
	}
}

/* What spool_get_class makes of a value; -1 when it refuses it. */
static int
class_of(const char *value)
{
	enum spool_class class;
	struct where w = {0};
	struct keyval k = {.w = &w};
	char line[64];

	k.s = line;
	k.len = (size_t)snprintf(line, sizeof line, "class: %s\n", value);
	if (spool_get_class(&k, &class) == 0)
		return (int)class;
	assert_string_equal(w.why, "no such class");
	return -1;
}

static void
knows_every_class_by_its_name(void **state)
{
	(void)state;
	for (int i = 0; i < CLASSES; i++)
		assert_int_equal(
		    class_of(spool_class_name((enum spool_class)i)), i);
	assert_int_equal(class_of(""), -1);
	assert_int_equal(class_of("POST"), -1);
}

static void
reads_a_pool_or_none(void **state)
{
	struct where w = {0};
	struct keyval k = {.s = "pool: Z\npool: -\npool: \npool: a\n", .w = &w};
	char pool = 0;

	(void)state;
	k.len = strlen(k.s);
	assert_int_equal(spool_get_pool(&k, &pool), 0);
	assert_int_equal(pool, 'Z');
	assert_int_equal(spool_get_pool(&k, &pool), 0);
	assert_int_equal(pool, '-');
	assert_int_equal(spool_get_pool(&k, &pool), 0);
	assert_int_equal(pool, 0);
	assert_int_equal(spool_get_pool(&k, &pool), -1);
	assert_string_equal(w.why, "no such pool");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(writes_the_lines_in_their_order, setup),
	    cmocka_unit_test_setup(reads_what_it_wrote, setup),
	    cmocka_unit_test_setup(reads_where_table_and_message_begin, setup),
	    cmocka_unit_test_setup(reads_a_job_of_class_dist, setup),
	    cmocka_unit_test_setup(
		reads_a_job_of_class_dist_that_began_here_and_has_personal_copies,
		setup),
	    cmocka_unit_test_setup(
		only_class_dist_has_a_trail_or_a_file, setup),
	    cmocka_unit_test_setup(refuses_a_table_where_none_belongs, setup),
	    cmocka_unit_test_setup(tells_where_the_size_stands, setup),
	    cmocka_unit_test_setup(
		refuses_to_write_a_line_end_inside_a_value, setup),
	    cmocka_unit_test_setup(
		refuses_to_write_a_value_over_its_maximum, setup),
	    cmocka_unit_test_setup(
		refuses_recipients_that_are_not_as_many_whole_lines, setup),
	    cmocka_unit_test(refuses_every_head_that_is_cut_short),
	    cmocka_unit_test_setup(says_what_is_wrong, setup),
	    cmocka_unit_test(knows_every_class_by_its_name),
	    cmocka_unit_test(reads_a_pool_or_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
