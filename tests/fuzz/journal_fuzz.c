/* Any text as a journal: a line that was read lies inside the text, its range
 * among the recipients, and written again it says the same.  The first byte is
 * the number of recipients. */
#include <stdint.h>

#include "lib/journal.h"
#include "tests/fuzz/fuzz.h"

static void
same(const struct entry *a, const struct entry *b)
{
	must(a->op == b->op && a->first == b->first && a->last == b->last);
	must(a->code == b->code && a->when_us == b->when_us);
	must(a->tries == b->tries);
	must(b->host.len <= JOURNAL_HOST_MAX);
	must(b->text.len <= JOURNAL_TEXT_MAX && b->text.len <= a->text.len);
}

static void
write_again(const struct entry *e, uint32_t nrcpt)
{
	stralloc out = {0};
	struct entry back;
	struct where w;

	must(journal_format(&out, e) == 0);
	must(out.len <= JOURNAL_LINE_MAX);
	must(
	    journal_line(&back, out.s, out.len, nrcpt, &w) == (ssize_t)out.len);
	same(e, &back);
	sa_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data + 1;
	uint32_t nrcpt = size ? data[0] : 0;
	struct where w = {0, NULL};
	struct entry e;
	size_t at = 0;
	ssize_t n;

	if (size < 2)
		return 0;
	size--;
	while (at < size &&
	    (n = journal_line(&e, s + at, size - at, nrcpt, &w)) > 0) {
		must((size_t)n <= size - at && s[at + (size_t)n - 1] == '\n');
		must(e.first <= e.last && (e.last == 0 || e.last < nrcpt));
		write_again(&e, nrcpt);
		at += (size_t)n;
	}
	return 0;
}
