/* Any bytes as a text: its sum does not depend on its pieces, and what is left
 * out in front of it and behind it does not change it. */
#include <string.h>

#include "lib/textsum.h"
#include "tests/fuzz/fuzz.h"

static struct textsum text;

/* The first byte says which charset it is in, and whether it is HTML. */
static void
begin(uint8_t how)
{
	static const enum charset_kind kinds[] = {
	    CHARSET_UTF8, CHARSET_1252, CHARSET_OTHER};

	textsum_begin(&text, kinds[(how >> 1) % 3], how & 1);
}

static uint64_t
end(unsigned char *sum)
{
	uint64_t n;

	must(textsum_end(&text, sum, &n) == 0);
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char front[] = " 12, \n.\n";
	unsigned char a[TEXTSUM_LEN], b[TEXTSUM_LEN];
	const char *s = (const char *)data + 1;
	uint64_t n;

	if (size-- == 0)
		return 0;
	if (!text.hash)
		must(textsum_open(&text) == 0);
	begin(*data);
	textsum_put(&text, s, size);
	n = end(a);
	must(n <= size);
	begin(*data);
	textsum_put(&text, front, sizeof front - 1);
	for (size_t i = 0; i < size; i++)
		textsum_put(&text, s + i, 1);
	must(end(b) == n);
	must(memcmp(a, b, sizeof a) == 0);
	return 0;
}
