/* What a host may ask for in AUTH. Whatever it is: lines that fit, no password
 * in clear for SCRAM, and no proof without the right signature. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/auth.h"
#include "lib/base64.h"
#include "tests/fuzz/fuzz.h"

/* Challenges are lines; with a first byte of 1 they are put into Base64 here,
 * so that what is inside is reached. */
static size_t
challenge(char *out, const char *s, size_t len, int raw)
{
	if (len > 2048)
		len = 2048;
	if (!raw)
		return base64_put(out, s, len);
	memcpy(out, s, len);
	return len;
}

static void
play(unsigned offered, const char *s, size_t len, int raw)
{
	static const struct auth_login login = {"us,=er", "pencil", 6, 6};
	char out[AUTH_LINE_MAX], in[BASE64_LEN(2048)];
	struct auth a;
	size_t n, k;

	must(auth_begin(&a, offered, &login, "rOprNGfwEbeRWgbNEkqO") == 0);
	must(auth_command(&a, out) <= AUTH_COMMAND_MAX);
	for (; len > 0; s += n + (n < len), len -= n + (n < len)) {
		const char *nl = memchr(s, '\n', len);

		n = nl != NULL ? (size_t)(nl - s) : len;
		if (auth_answer(&a, in, challenge(in, s, n, raw), out, &k) <
		    0) {
			must(auth_why(&a)[0] != '\0');
			break;
		}
		must(k <= sizeof(out));
		if (a.mech == AUTH_SCRAM_SHA_256)
			must(memmem(out, k, "cGVuY2ls", 8) == NULL);
	}
	/* 32 bytes of a signature are not found by chance */
	must(a.mech != AUTH_SCRAM_SHA_256 || !auth_proven(&a));
	auth_end(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	unsigned mech;

	if (size < 2)
		return 0;
	(void)auth_offers(s, size);
	mech = 1U << data[0] % 3;
	play(mech, s + 2, size - 2, data[1] & 1);
	return 0;
}
