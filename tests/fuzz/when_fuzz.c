/* Any text as a time, in a zone with summer time: what is read prints as what
 * was written, and is the first of its kind. */
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "lib/when.h"
#include "tests/fuzz/fuzz.h"

/* An hour before the clock did not show the same. */
static void
is_first(int64_t t)
{
	char now[WHEN_MAX], before[WHEN_MAX];

	when_iso(now, t);
	when_iso(before, t - 3600);
	must(strcmp(now, before) != 0);
}

/* The first bytes are the time of now, the rest the text. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct where w = {0, NULL};
	char iso[WHEN_MAX], words[WHEN_MAX];
	uint32_t now = 0;
	size_t n = size < sizeof now ? size : sizeof now;
	const char *s = (const char *)data + n;
	int64_t t = 7, again;

	memcpy(&now, data, n);
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	if (when_parse(&t, s, size - n, now, &w) < 0) {
		must(t == 7 && w.at <= size - n && w.why != NULL);
		return 0;
	}
	is_first(t);
	when_iso(iso, t);
	when_words(words, t);
	must(strlen(iso) == 19 && strlen(words) < WHEN_MAX);
	if (s[0] >= '0' && s[0] <= '9') {
		must(memcmp(s, iso, 10) == 0 &&
		    memcmp(s + 11, iso + 11, 5) == 0);
	} else {
		must(t >= now && t <= (int64_t)now + INT64_C(8) * 86400);
		must(strncasecmp(s, words, 3) == 0);
	}
	/* without its seconds it is read back */
	must(when_parse(&again, iso, 16, now, &w) == 0 && again == t);
	return 0;
}
