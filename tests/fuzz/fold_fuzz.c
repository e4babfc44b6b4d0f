/* Any message: folded it is the same in whatever pieces it comes, has no line
 * over 998 bytes, and none is found when it is folded again. */
#include <stdint.h>
#include <string.h>

#include "lib/fold.h"
#include "tests/fuzz/fuzz.h"

static int
folded(stralloc *out, uint64_t *lines, const char *p, size_t len, size_t piece)
{
	static struct fold f;
	struct where w = {0};
	size_t n;

	out->len = 0;
	fold_begin(&f);
	for (; len > 0; p += n, len -= n) {
		n = len < piece ? len : piece;
		if (fold_put(&f, out, p, n, &w) < 0) {
			must(w.why && w.at <= n);
			return -1;
		}
	}
	*lines = f.lines;
	return fold_end(&f, out);
}

static void
check(const stralloc *out)
{
	size_t column = 0;

	for (size_t i = 0; i < out->len; i++) {
		must(out->s[i] != '\n' || (i > 0 && out->s[i - 1] == '\r'));
		column = out->s[i] == '\n' ? 0 : column + 1;
		must(column <= FOLD_LINE_MAX + 1); /* with the CR */
	}
}

/* A byte stands for many: long lines are what this is about. */
static void
spread(stralloc *text, const uint8_t *data, size_t size)
{
	text->len = 0;
	for (size_t i = 0; i < size; i++)
		for (unsigned n = data[i] == 1 && i + 1 < size ? 700 : 1; n;
		     n--)
			must(sa_put(text, data + i + (n > 1), 1) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static stralloc text, a, b;
	uint64_t lines = 0, same = 0;
	int r;

	if (size < 1 || size > 1000)
		return 0;
	spread(&text, data + 1, size - 1);
	r = folded(&a, &lines, text.s, text.len, text.len + 1);
	must(folded(&b, &same, text.s, text.len, 1 + data[0] * 7U) == r);
	if (r < 0)
		return 0;
	must(a.len == b.len && lines == same);
	must(a.len == 0 || memcmp(a.s, b.s, a.len) == 0);
	check(&a);
	must(folded(&b, &same, a.s, a.len, a.len + 1) == 0);
	must(same == 0);
	return 0;
}
