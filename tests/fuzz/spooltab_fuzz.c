#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "lib/spooltab.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct spooltab_users u;
	struct spooltab t;
	struct where w;

	/* an error lies in the text, and every row can be found again */
	if (spooltab_parse(&t, s, size, &w) < 0 && w.at > size)
		abort();
	for (size_t i = 0; i < t.n; i++)
		if (spooltab_find(&t, t.row[i].root, t.row[i].path) !=
		    &t.row[i])
			abort();
	spooltab_free(&t);
	if (spooltab_users(&u, s, size, &w) < 0 && w.at > size)
		abort();
	spooltab_users_free(&u);
	return 0;
}
