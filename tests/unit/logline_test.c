#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(writes_the_id_the_event_and_its_values),
	    cmocka_unit_test(has_a_dash_where_there_is_no_message),
	    cmocka_unit_test(quotes_what_could_forge_a_line_or_a_value),
	    cmocka_unit_test(cuts_a_line_that_is_too_long_and_still_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
