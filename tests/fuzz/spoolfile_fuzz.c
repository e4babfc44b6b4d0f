/* The head of an inbox file: what is taken is written back as it was. */
#include <stdlib.h>

#include "lib/spoolfile.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct spoolhead h, again;
	struct where w = {0};
	stralloc out = {0}, twice = {0};
	size_t size_at;

	if (spoolhead_parse(&h, (const char *)data, size, &w) < 0) {
		if (!w.why || w.at > size)
			abort();
		return 0;
	}
	if (h.table_at > size || h.length < h.table_at ||
	    !id_ok(h.id, strlen(h.id)))
		abort();
	/* longer values than we write are the only ones that do not go back */
	if (spoolhead_format(&out, &h, &size_at) == 0) {
		if (spoolhead_parse(&again, out.s, out.len, NULL) < 0 ||
		    again.table_at != out.len || again.size != h.size ||
		    again.nrcpt != h.nrcpt || again.class != h.class ||
		    again.rcpts.len != h.rcpts.len ||
		    again.trail.len != h.trail.len || again.rows != h.rows ||
		    spoolhead_format(&twice, &again, NULL) < 0 ||
		    twice.len != out.len ||
		    memcmp(twice.s, out.s, out.len) != 0)
			abort();
	}
	sa_free(&out);
	sa_free(&twice);
	return 0;
}
