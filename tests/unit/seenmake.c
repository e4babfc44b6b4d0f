#include "tests/unit/seenmake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/sums.h"
#include "tests/unit/scratch.h"

struct seen seen;

int
seenmake_enter(void **state)
{
	if (setenv("TZ", "UTC0", 1) < 0 || scratch_enter(state) < 0 ||
	    mkdir("score", 0700) < 0 || seen_open(&seen, "score") < 0)
		return -1;
	return seen_begin(&seen);
}

int
seenmake_leave(void **state)
{
	seen_close(&seen);
	return scratch_leave(state);
}

void
seenmake_again(int keep)
{
	assert_int_equal(seen_end(&seen, keep), 0);
	seen_close(&seen);
	assert_int_equal(seen_open(&seen, "score"), 0);
	assert_int_equal(seen_begin(&seen), 0);
}

const unsigned char *
seenmake_sum(char c)
{
	static unsigned char s[SUMS_LEN];

	memset(s, c, sizeof s);
	return s;
}

int
seenmake_told(char c, const char *who, const char *id, uint64_t now_us)
{
	return sums_alert_told(
	    &seen, seenmake_sum(c), bytes_z(who), id, now_us);
}

void
seenmake_sweep(uint64_t now_us, size_t step)
{
	struct sums_sweep at = {.table = 0};
	int r;

	assert_int_equal(seen_end(&seen, 1), 0);
	for (int i = 0; (r = sums_sweep(&seen, &at, now_us, step)) == 1; i++)
		assert_in_range(i, 0, 1000);
	assert_int_equal(r, 0);
	assert_int_equal(seen_begin(&seen), 0);
}

size_t
seenmake_entries(unsigned table)
{
	struct store_cursor c;
	struct bytes key, v, none = {"", 0};
	size_t n = 0;
	int r = store_seek(&seen.store, table, &c, none, &key, &v);

	for (; r == 1; r = store_next(&c, &key, &v))
		n++;
	store_cursor_end(&c);
	assert_int_equal(r, 0);
	return n;
}
