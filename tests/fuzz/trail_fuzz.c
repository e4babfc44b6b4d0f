/* Any text as a trail: what is taken is written back as it was, and grows by
 * one server. */
#include <string.h>

#include "lib/trail.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes text = {(const char *)data, size};
	struct trail t, again;
	struct where w = {0};
	stralloc out = {0};

	if (trail_parse(&t, text, &w) < 0) {
		must(w.why != NULL && w.at <= size);
		return 0;
	}
	if (trail_format(&out, &t) == 0) {
		must(trail_parse(
			 &again, (struct bytes){out.s, out.len}, NULL) == 0);
		must(again.hops == t.hops && again.origin.len == t.origin.len);
		must(again.visited.len == t.visited.len);
	}
	out.len = 0;
	if (trail_next(&out, &t, bytes_z("US")) == 0) {
		must(trail_parse(
			 &again, (struct bytes){out.s, out.len}, NULL) == 0);
		must(again.hops == t.hops + 1);
		must(bytes_ends(again.visited, "US"));
	}
	sa_free(&out);
	return 0;
}
