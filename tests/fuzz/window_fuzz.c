/* Any text as a window, at a time that it brings along: open and closed follow
 * each other, in a zone with summer time. */
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "lib/window.h"
#include "tests/fuzz/fuzz.h"

static void
check(const struct window *w, size_t n, int64_t t)
{
	int64_t until = 0;
	int open = windows_at(w, n, t, &until);

	must(open == windows_at(w, n, t, NULL) && until > t);
	for (int i = 0; i < 4 && until != INT64_MAX; i++) {
		must(windows_at(w, n, until - 1, NULL) == open);
		t = until;
		must(windows_at(w, n, t, &until) == !open && until > t);
		open = !open;
	}
}

/* The first bytes are the time, the rest the window; a second window that is
 * fixed stands beside it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char beside[] = "SUN 01:00-02:30";
	struct window w[2];
	struct where where = {0, NULL};
	uint32_t t = 0;
	size_t n = size < sizeof t ? size : sizeof t;

	memcpy(&t, data, n);
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	if (window_parse(&w[0], (const char *)data + n, size - n, &where) < 0) {
		must(where.at <= size - n && where.why != NULL);
		return 0;
	}
	must(w[0].from != w[0].to && w[0].days != 0);
	must(window_parse(&w[1], beside, strlen(beside), NULL) == 0);
	check(w, 1, t);
	check(w, 2, t);
	return 0;
}
