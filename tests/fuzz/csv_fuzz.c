/* Any table: the same records and errors in whatever pieces it comes. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/csv.h"
#include "tests/fuzz/fuzz.h"

static void
put(stralloc *out, const struct csv *c, int r, const struct where *w)
{
	must(sa_addu(out, r > 0 ? c->line : w->at) == 0);
	for (unsigned i = 0; r > 0 && i < c->n; i++)
		must(sa_put(out, c->cell[i].s, c->cell[i].len) == 0 &&
		    sa_put(out, "\0|", 2) == 0);
	must(r > 0 || sa_puts(out, w->why) == 0);
}

static void
take(stralloc *out, const char *s, size_t len, size_t piece)
{
	struct csv c = {0};
	struct where w;
	size_t at = 0, have = 0, used;
	int r;

	do {
		r = csv_next(&c, s + at, have - at, have == len, &used, &w);
		must(used <= have - at);
		at += used;
		if (r)
			put(out, &c, r, &w);
		else if (have < len)
			have = len - have < piece ? len : have + piece;
		else
			break;
	} while (1);
	must(at == len);
	csv_free(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	stralloc a = {0}, b = {0};
	const char *s = (const char *)data;

	if (size == 0)
		return 0;
	take(&a, s + 1, size - 1, size);
	take(&b, s + 1, size - 1, (size_t)(data[0] & 31) + 1);
	must(a.len == b.len && (a.len == 0 || memcmp(a.s, b.s, a.len) == 0));
	sa_free(&a);
	sa_free(&b);
	return 0;
}
