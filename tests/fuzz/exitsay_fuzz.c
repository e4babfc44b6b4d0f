/* What a client says: its status, its standard output up to the first byte 255,
 * its standard error. One of our results, one clean line, and a rejection only
 * with the status that goes with it. */
#include "lib/exitsay.h"

#include "tests/fuzz/fuzz.h"

typedef int reader(stralloc *why, const struct exitsay *s);

static int
check(reader *say, const struct exitsay *s)
{
	stralloc why = {0};
	int code = say(&why, s);

	must(code == EXITSAY_GO || code == EXITSAY_REJECT ||
	    code == EXITSAY_FAILED);
	must(why.len > 0 && why.len < 600);
	for (size_t i = 0; i < why.len; i++)
		must((unsigned char)why.s[i] >= 32 && why.s[i] != 127);
	sa_free(&why);
	return code;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *cut;
	struct exitsay s;

	if (size < 1)
		return 0;
	s.status = data[0];
	cut = memchr(p + 1, 255, size - 1);
	s.out = (struct bytes){p + 1, cut ? (size_t)(cut - p - 1) : size - 1};
	s.err = (struct bytes){s.out.s + s.out.len, size - 1 - s.out.len};
	if (check(exitsay_spamc, &s) == EXITSAY_REJECT)
		must(s.status == 1 && memchr(s.out.s, '/', s.out.len));
	if (check(exitsay_rspamc, &s) != EXITSAY_FAILED)
		must(s.status == 0);
	must(check(exitsay_spamc_learned, &s) != EXITSAY_REJECT);
	must(check(exitsay_rspamc_learned, &s) != EXITSAY_REJECT);
	return 0;
}
