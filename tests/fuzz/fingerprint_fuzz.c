/* Any bytes as a message: its sums do not depend on the pieces it comes in, nor
 * on the message before; with CRLF for LF they stay the same; blanks at its end
 * do not count, other bytes do. */
#include <string.h>

#include "lib/fingerprint.h"
#include "tests/fuzz/fuzz.h"

static struct fingerprint print;

static void
take(const char *s, size_t len, size_t piece, struct fingerprint_sums *sums)
{
	fingerprint_begin(&print);
	for (size_t i = 0; i < len; i += piece)
		fingerprint_more(
		    &print, s + i, len - i < piece ? len - i : piece);
	must(fingerprint_end(&print, sums) == 0);
}

static void
same(const struct fingerprint_sums *a, const struct fingerprint_sums *b)
{
	must(memcmp(a, b, sizeof *a) == 0);
}

/* Every LF becomes CRLF; of a message without a CR, so that no line changes. */
static void
with_crlf(const char *s, size_t len, const struct fingerprint_sums *sums)
{
	struct fingerprint_sums other;
	char *crlf = malloc(2 * len + 1);
	size_t n = 0;

	must(crlf != NULL);
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '\n')
			crlf[n++] = '\r';
		crlf[n++] = s[i];
	}
	take(crlf, n, n + 1, &other);
	same(sums, &other);
	free(crlf);
}

/* Behind a header, whatever it was: blanks, and a byte that counts. */
static void
with_more(const char *s, size_t len)
{
	static const char end[] = "\n\n \t\r\n\n!";
	struct fingerprint_sums a, b, c;
	char *more = malloc(len + sizeof end);

	must(more != NULL);
	if (len > 0)
		memcpy(more, s, len);
	memcpy(more + len, end, sizeof end);
	take(more, len + 2, 7, &a);
	take(more, len + sizeof end - 2, 7, &b);
	take(more, len + sizeof end - 1, 7, &c);
	must(memcmp(a.body, b.body, sizeof a.body) == 0);
	must(memcmp(a.body, c.body, sizeof a.body) != 0);
	must(memcmp(a.subject, c.subject, sizeof a.subject) == 0);
	free(more);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	struct fingerprint_sums sums, other;

	if (!print.body)
		must(fingerprint_open(&print) == 0);
	take(s, size, size + 1, &sums);
	take(s, size, 1, &other);
	same(&sums, &other);
	take(s, size, 3, &other);
	same(&sums, &other);
	if (!memchr(s, '\r', size) && size < FINGERPRINT_LOOK / 2)
		with_crlf(s, size, &sums);
	with_more(s, size);
	return 0;
}
