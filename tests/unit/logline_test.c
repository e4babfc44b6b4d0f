#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/logline.h"
#include "tests/unit/scratch.h"

static void
one_event(void *arg)
{
	struct logline l;

	(void)arg;
	log_begin(&l, "0647c1a2b3d4e.9f02c4d1aa", "scored");
	log_z(&l, "class", "post");
	log_u(&l, "size", UINT64_MAX);
	log_z(&l, "none", NULL);
	log_s(&l, "empty", "", 0);
	log_end(&l);
}

static void
writes_the_id_the_event_and_its_values(void **state)
{
	(void)state;
	assert_string_equal(scratch_stderr(one_event, NULL),
	    "0647c1a2b3d4e.9f02c4d1aa scored class=post "
	    "size=18446744073709551615 empty=\"\"\n");
}

static void
without_id(void *arg)
{
	struct logline l;

	(void)arg;
	log_begin(&l, NULL, "started");
	log_end(&l);
}

static void
has_a_dash_where_there_is_no_message(void **state)
{
	(void)state;
	assert_string_equal(scratch_stderr(without_id, NULL), "- started\n");
}

static void
strange_values(void *arg)
{
	struct logline l;

	(void)arg;
	log_begin(&l, NULL, "x");
	log_z(&l, "a", "two words");
	log_z(&l, "b", "say \"no\"");
	log_z(&l, "c", "back\\slash");
	log_z(&l, "d", "verp-a=b@c");
	log_z(&l, "e", "caf\xc3\xa9");
	log_z(&l, "f", "x\ny\tz\x7f");
	log_s(&l, "g", "n\0l", 3);
	log_end(&l);
}

static void
quotes_what_could_forge_a_line_or_a_value(void **state)
{
	(void)state;
	assert_string_equal(scratch_stderr(strange_values, NULL),
	    "- x a=\"two words\" b=\"say \\\"no\\\"\" c=\"back\\\\slash\" "
	    "d=\"verp-a=b@c\" e=\"caf\xc3\xa9\" f=\"x?y?z?\" g=\"n?l\"\n");
}

static void
much_too_long(void *arg)
{
	static char s[LOG_MAX];
	struct logline l;

	(void)arg;
	memset(s, '"', sizeof s);
	log_begin(&l, NULL, "long");
	for (int i = 0; i < 10; i++)
		log_s(&l, "k", s, sizeof s);
	log_end(&l);
}

static void
cuts_a_line_that_is_too_long_and_still_ends_it(void **state)
{
	const char *s = scratch_stderr(much_too_long, NULL);

	(void)state;
	assert_int_equal(strlen(s), LOG_MAX);
	assert_int_equal(s[LOG_MAX - 1], '\n');
	assert_ptr_equal(strchr(s, '\n'), s + LOG_MAX - 1);
}

static void
one_line(const char *event, size_t len)
{
	char value[LOG_VALUE_MAX];
	struct logline l;

	memset(value, 'v', sizeof value);
	log_begin(&l, NULL, event);
	log_s(&l, "k", value, len);
	log_end(&l);
}

/* A pipe in packet mode gives back each write by itself. */
static size_t
next_write(int from, char *to, size_t size)
{
	ssize_t n = read(from, to, size - 1);

	to[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

static void
gathers_whole_lines_up_to_what_a_pipe_takes_at_once(void **state)
{
	char s[2 * PIPE_BUF];
	int p[2], err = dup(2);
	size_t sum = 0, writes = 0, n;

	(void)state;
	assert_int_equal(pipe2(p, O_DIRECT | O_NONBLOCK), 0);
	dup2(p[1], 2);
	log_gather();
	one_line("first", 1);
	assert_int_equal(next_write(p[0], s, sizeof s), 0);
	one_line("second", 1);
	log_release();
	next_write(p[0], s, sizeof s);
	assert_string_equal(s, "- first k=v\n- second k=v\n");
	one_line("third", 1);
	next_write(p[0], s, sizeof s);
	assert_string_equal(s, "- third k=v\n");
	log_gather();
	for (int i = 0; i < 20; i++)
		one_line("long", LOG_VALUE_MAX);
	log_release();
	dup2(err, 2);
	close(err);
	for (; (n = next_write(p[0], s, sizeof s)) > 0; sum += n, writes++) {
		assert_true(n <= PIPE_BUF);
		assert_int_equal(s[n - 1], '\n');
	}
	assert_int_equal(sum, 20 * (LOG_VALUE_MAX + strlen("- long k=\n")));
	assert_int_equal(writes, 3);
	close(p[0]);
	close(p[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_the_id_the_event_and_its_values),
	    cmocka_unit_test(has_a_dash_where_there_is_no_message),
	    cmocka_unit_test(quotes_what_could_forge_a_line_or_a_value),
	    cmocka_unit_test(cuts_a_line_that_is_too_long_and_still_ends_it),
	    cmocka_unit_test(
		gathers_whole_lines_up_to_what_a_pipe_takes_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
