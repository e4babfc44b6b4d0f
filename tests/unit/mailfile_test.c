#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/mailfile.h"

static const char text[] = "lsv-mail: 1\n"
			   "name: 0647c1a2b3d4e.9f02c4d1aa.000012\n"
			   "job: 0647c1a2b3d4e.9f02c4d1aa\n"
			   "class: post\n"
			   "list: TEST\n"
			   "from: owner-test@lists.example.org\n"
			   "pool: B\n"
			   "created: 1795341600000000\n"
			   "expires: 1795773600000000\n"
			   "verp: 1\n"
			   "eightbit: 0\n"
			   "dots: 1\n"
			   "body: inline\n"
			   "size: 7\n"
			   "rcpts: 2\n"
			   "bytes: 18\n"
			   "a@b.example\nc@d.e\n"
			   "end\n";

static struct mailhead
sample(void)
{
	return (struct mailhead){.name = "0647c1a2b3d4e.9f02c4d1aa.000012",
	    .job = "0647c1a2b3d4e.9f02c4d1aa",
	    .class = CLASS_POST,
	    .list = bytes_z("TEST"),
	    .from = bytes_z("owner-test@lists.example.org"),
	    .pool = 'B',
	    .created_us = 1795341600000000,
	    .expires_us = 1795773600000000,
	    .verp = 1,
	    .dots = 1,
	    .inlined = 1,
	    .size = 7,
	    .nrcpt = 2,
	    .rcpts = bytes_z("a@b.example\nc@d.e\n")};
}

static void
writes_every_fact_on_a_line_of_its_own(void **state)
{
	struct mailhead h = sample();
	stralloc out = {0};

	(void)state;
	assert_int_equal(mailhead_format(&out, &h), 0);
	assert_true(bytes_eq((struct bytes){out.s, out.len}, text));
	sa_free(&out);
}

static void
writes_no_value_that_would_forge_a_line(void **state)
{
	static const char *const bad[] = {"a\nb", "a\rb"};
	struct mailhead h;
	stralloc out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		h = sample();
		h.from = bytes_z(bad[i]);
		assert_int_equal(mailhead_format(&out, &h), -1);
		assert_int_equal(errno, EINVAL);
		h = sample();
		h.list = bytes_z(bad[i]);
		assert_int_equal(mailhead_format(&out, &h), -1);
	}
	h = sample();
	h.from = (struct bytes){"a\0b", 3};
	assert_int_equal(mailhead_format(&out, &h), -1);
	sa_free(&out);
}

static void
reads_back_what_it_wrote(void **state)
{
	struct mailhead h, want = sample();
	struct where w;

	(void)state;
	assert_int_equal(mailhead_parse(&h, text, sizeof text - 1, &w), 0);
	assert_string_equal(h.name, want.name);
	assert_string_equal(h.job, want.job);
	assert_int_equal(h.class, CLASS_POST);
	assert_true(bytes_eq(h.list, "TEST"));
	assert_true(bytes_eq(h.from, "owner-test@lists.example.org"));
	assert_int_equal(h.pool, 'B');
	assert_int_equal(h.created_us, want.created_us);
	assert_int_equal(h.expires_us, want.expires_us);
	assert_true(h.verp && !h.eightbit && h.dots && h.inlined);
	assert_int_equal(h.nrcpt, 2);
	assert_true(bytes_eq(h.rcpts, "a@b.example\nc@d.e\n"));
	assert_int_equal(h.front, sizeof text - 1);
	assert_int_equal(h.journal, sizeof text - 1 + 7);
}

static void
finds_the_journal_behind_the_recipients_when_the_body_lies_elsewhere(
    void **state)
{
	struct mailhead h = sample(), back;
	stralloc out = {0};
	struct where w;

	(void)state;
	h.inlined = 0;
	h.eightbit = 2;
	h.size = UINT64_C(1) << 40;
	assert_int_equal(mailhead_format(&out, &h), 0);
	assert_int_equal(mailhead_parse(&back, out.s, out.len, &w), 0);
	assert_false(back.inlined);
	assert_int_equal(back.eightbit, 2);
	assert_int_equal(back.size, h.size);
	assert_int_equal(back.journal, out.len);
	sa_free(&out);
}

static void
sees_that_a_head_was_cut_wherever_it_was(void **state)
{
	struct mailhead h;
	struct where w;
	char *cut;

	(void)state;
	for (size_t n = 0; n < sizeof text - 1; n++) {
		/* a copy, so that reading past its end is seen */
		cut = malloc(n + 1);
		assert_non_null(cut);
		memcpy(cut, text, n);
		w = (struct where){0};
		assert_int_equal(mailhead_parse(&h, cut, n, &w), -1);
		assert_non_null(w.why);
		assert_true(w.at <= n);
		free(cut);
	}
}

/* The text with one line replaced; line is its start, up to the blank. */
static int
with(const char *line, const char *other)
{
	static char why[128];
	struct mailhead h;
	struct where w = {0, ""};
	stralloc out = {0};
	const char *at = strstr(text, line), *nl;
	int r;

	assert_non_null(at);
	nl = strchr(at, '\n');
	assert_int_equal(sa_put(&out, text, (size_t)(at - text)), 0);
	assert_int_equal(sa_puts(&out, other), 0);
	assert_int_equal(sa_puts(&out, nl), 0);
	r = mailhead_parse(&h, out.s, out.len, &w);
	strncpy(why, w.why, sizeof why - 1);
	sa_free(&out);
	return r;
}

static void
refuses_values_that_are_none(void **state)
{
	static const char *const bad[][2] = {{"lsv-mail: ", "lsv-mail: 2"},
	    {"name: ", "name: ../../etc/passwd"}, {"name: ", "name: "},
	    {"job: ", "job: 0647c1a2b3d4e"}, {"class: ", "class: command"},
	    {"class: ", "class: nothing"}, {"pool: ", "pool: a"},
	    {"pool: ", "pool: AB"}, {"pool: ", "pool: "},
	    {"created: ", "created: -1"}, {"created: ", "created: 1e9"},
	    {"expires: ", "expires: 99999999999999999999"},
	    {"verp: ", "verp: 2"}, {"dots: ", "dots: yes"},
	    {"body: ", "body: elsewhere"},
	    {"size: ", "size: 9223372036854775807"}, {"rcpts: ", "rcpts: 1001"},
	    {"rcpts: ", "rcpts: 1"}, {"rcpts: ", "rcpts: 3"},
	    {"bytes: ", "bytes: 17"}, {"bytes: ", "bytes: 19"},
	    {"bytes: ", "bytes: 99999999"}, {"a@b.example", ""}, {"end", "END"},
	    {"list: ", "form: TEST"}};

	(void)state;
	assert_int_equal(with("pool: ", "pool: -"), 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (with(bad[i][0], bad[i][1]) != -1)
			fail_msg("taken: %s", bad[i][1]);
}

static void
refuses_a_recipient_longer_than_its_maximum(void **state)
{
	static char line[MAIL_RCPT_MAX + 3];
	struct mailhead h = sample(), back;
	stralloc out = {0};
	struct where w;

	(void)state;
	memset(line, 'a', MAIL_RCPT_MAX);
	memcpy(line + MAIL_RCPT_MAX, "\n", 2);
	h.nrcpt = 1;
	h.rcpts = bytes_z(line);
	assert_int_equal(mailhead_format(&out, &h), 0);
	assert_int_equal(mailhead_parse(&back, out.s, out.len, &w), 0);
	out.len = 0;
	memcpy(line + MAIL_RCPT_MAX, "a\n", 3);
	h.rcpts = bytes_z(line);
	assert_int_equal(mailhead_format(&out, &h), 0);
	assert_int_equal(mailhead_parse(&back, out.s, out.len, &w), -1);
	assert_string_equal(w.why, "bad recipient line");
	sa_free(&out);
}

static void
keeps_the_values_behind_an_address(void **state)
{
	static const char rows[] = "a@b.example\tJoe\t\nc@d.e\n";
	struct mailhead in = sample(), h;
	stralloc out = {0};
	struct where w;

	(void)state;
	in.merged = 1;
	in.fields = bytes_z("NAME CITY");
	in.rcpts = bytes_z(rows);
	assert_int_equal(mailhead_format(&out, &in), 0);
	assert_int_equal(mailhead_parse(&h, out.s, out.len, &w), 0);
	assert_int_equal(h.merged, 1);
	assert_true(bytes_eq(h.fields, "NAME CITY"));
	assert_true(bytes_eq(h.rcpts, rows));
	assert_true(bytes_eq(
	    mail_address(&h, bytes_z("a@b.example\tJoe\t")), "a@b.example"));
	assert_true(bytes_eq(mail_address(&h, bytes_z("c@d.e")), "c@d.e"));
	h.merged = 0;
	assert_true(bytes_eq(mail_address(&h, bytes_z("c\t@d.e")), "c\t@d.e"));
	out.len = 0;
	in.rcpts = bytes_z("\tx\nc@d.e\n");
	assert_int_equal(mailhead_format(&out, &in), 0);
	assert_int_equal(mailhead_parse(&h, out.s, out.len, &w), -1);
	sa_free(&out);
}

/* A file for another server, with n recipients of 4 bytes each. */
static stralloc
for_server(uint32_t n)
{
	struct mailhead h = sample();
	stralloc rcpts = {0}, out = {0};

	for (uint32_t i = 0; i < n; i++)
		assert_int_equal(sa_puts(&rcpts, "a@b\n"), 0);
	h.class = CLASS_DIST;
	h.verp = 0;
	h.server = bytes_z("LISTSERV@UGA.EXAMPLE");
	h.trail = bytes_z("SEARN/4711 1 SEARN");
	h.file = bytes_z("X-SUPD JOB");
	h.inlined = 0;
	h.nrcpt = n;
	h.rcpts = (struct bytes){rcpts.s, rcpts.len};
	assert_int_equal(mailhead_format(&out, &h), 0);
	sa_free(&rcpts);
	return out;
}

static void
says_which_server_a_file_is_for_and_what_it_is_to_know(void **state)
{
	stralloc out = for_server(2);
	struct mailhead h;
	struct where w;

	(void)state;
	assert_int_equal(mailhead_parse(&h, out.s, out.len, &w), 0);
	assert_true(bytes_eq(h.server, "LISTSERV@UGA.EXAMPLE"));
	assert_true(bytes_eq(h.trail, "SEARN/4711 1 SEARN"));
	assert_true(bytes_eq(h.file, "X-SUPD JOB"));
	assert_int_equal(h.pool, 'B');
	sa_free(&out);
}

static void
more_recipients_go_to_a_server_than_a_worker_takes(void **state)
{
	stralloc out = for_server(MAIL_PEER_MAX);
	struct mailhead h;
	struct where w;

	(void)state;
	assert_int_equal(mailhead_parse(&h, out.s, out.len, &w), 0);
	assert_int_equal(h.nrcpt, MAIL_PEER_MAX);
	sa_free(&out);
	out = for_server(MAIL_PEER_MAX + 1);
	assert_int_equal(mailhead_parse(&h, out.s, out.len, &w), -1);
	sa_free(&out);
}

static void
personal_copies_are_for_no_server(void **state)
{
	struct mailhead in = sample(), h;
	stralloc out = {0};
	struct where w;

	(void)state;
	in.server = bytes_z("LISTSERV@UGA");
	in.trail = bytes_z("A/1 1 A");
	assert_int_equal(mailhead_format(&out, &in), 0);
	assert_int_equal(mailhead_parse(&h, out.s, out.len, &w), -1);
	assert_string_equal(w.why, "not for a server");
	in.verp = 0;
	out.len = 0;
	assert_int_equal(mailhead_format(&out, &in), 0);
	assert_int_equal(mailhead_parse(&h, out.s, out.len, &w), 0);
	in.merged = 1;
	out.len = 0;
	assert_int_equal(mailhead_format(&out, &in), 0);
	assert_int_equal(mailhead_parse(&h, out.s, out.len, &w), -1);
	in.merged = 0;
	in.trail = bytes_z("");
	out.len = 0;
	assert_int_equal(mailhead_format(&out, &in), 0);
	assert_int_equal(mailhead_parse(&h, out.s, out.len, &w), -1);
	sa_free(&out);
}

static void
assert_rows(int merged, const char *fields, const char *rows, int ok,
    unsigned want, size_t bytes)
{
	struct mailhead h = {.merged = merged, .fields = bytes_z(fields)};
	uint64_t n = 0;
	size_t used;

	assert_int_equal(mail_rows_ok(&h, bytes_z(rows), &n, &used), ok);
	assert_int_equal(n, want);
	assert_int_equal(used, bytes);
}

static void
knows_rows_that_can_be_recipients(void **state)
{
	static char text_of[MAIL_ROW_MAX + 10];

	(void)state;
	assert_rows(1, "A B", "", 1, 0, 0);
	assert_rows(1, "A B", "a@b\nc@d\tx\ty\ne@f\t", 1, 2, 12);
	assert_rows(1, "A B", "a@b\n\tx\nc@d\n", 0, 1, 4);
	assert_rows(1, "A B", "a@b\n\n", 0, 1, 4);
	assert_rows(1, "A B", "a@b\tx\ty\tz\n", 0, 0, 0);
	assert_rows(1, "", "a@b\n", 1, 1, 4);
	assert_rows(1, "", "a@b\t\n", 0, 0, 0);
	assert_rows(0, "", "a@b\nc\td\n", 1, 2, 8);
	memset(text_of, 'x', MAIL_RCPT_MAX + 1);
	memcpy(text_of + MAIL_RCPT_MAX + 1, "\n", 2);
	assert_rows(1, "A", text_of, 0, 0, 0);
	memcpy(text_of, "a@b\t", 4);
	assert_rows(1, "A", text_of, 1, 1, MAIL_RCPT_MAX + 2);
	memset(text_of + 4, 'x', MAIL_ROW_MAX - 3);
	assert_rows(1, "A", text_of, 0, 0, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_every_fact_on_a_line_of_its_own),
	    cmocka_unit_test(writes_no_value_that_would_forge_a_line),
	    cmocka_unit_test(reads_back_what_it_wrote),
	    cmocka_unit_test(
		finds_the_journal_behind_the_recipients_when_the_body_lies_elsewhere),
	    cmocka_unit_test(sees_that_a_head_was_cut_wherever_it_was),
	    cmocka_unit_test(refuses_values_that_are_none),
	    cmocka_unit_test(refuses_a_recipient_longer_than_its_maximum),
	    cmocka_unit_test(keeps_the_values_behind_an_address),
	    cmocka_unit_test(
		says_which_server_a_file_is_for_and_what_it_is_to_know),
	    cmocka_unit_test(
		more_recipients_go_to_a_server_than_a_worker_takes),
	    cmocka_unit_test(personal_copies_are_for_no_server),
	    cmocka_unit_test(knows_rows_that_can_be_recipients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
