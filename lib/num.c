#include "lib/num.h"

#include <errno.h>
#include <string.h>

static int
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Digits at the start of s; how many there were, 0 also when too large. */
static size_t
leading(uint64_t *out, const char *s, size_t len)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < len && digit(s[i]); i++)
		if (__builtin_mul_overflow(n, 10U, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(s[i] - '0'), &n)) {
			errno = ERANGE;
			return 0;
		}
	if (i == 0)
		errno = EINVAL;
	*out = n;
	return i;
}

static int
fail(int err)
{
	errno = err;
	return -1;
}

int
num_u64(uint64_t *out, const char *s, size_t len, uint64_t max)
{
	uint64_t n = 0;
	size_t i = leading(&n, s, len);

	if (i == 0)
		return -1;
	if (i != len)
		return fail(EINVAL);
	if (n > max)
		return fail(ERANGE);
	*out = n;
	return 0;
}

int
num_hex64(uint64_t *out, const char *s, size_t len)
{
	uint64_t n = 0;

	if (len == 0 || len > 16)
		return fail(EINVAL);
	for (size_t i = 0; i < len; i++) {
		char c = s[i];

		n <<= 4;
		if (digit(c))
			n |= (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			n |= (uint64_t)(c - 'a' + 10);
		else if (c >= 'A' && c <= 'F')
			n |= (uint64_t)(c - 'A' + 10);
		else
			return fail(EINVAL);
	}
	*out = n;
	return 0;
}

static int
scaled(uint64_t *out, uint64_t n, uint64_t unit)
{
	if (unit == 0)
		return fail(EINVAL);
	if (__builtin_mul_overflow(n, unit, &n) || n > INT64_MAX)
		return fail(ERANGE);
	*out = n;
	return 0;
}

static uint64_t
bytes_unit(const char *s, size_t len)
{
	if (len == 0)
		return 1;
	if (len != 1)
		return 0;
	switch (s[0]) {
	case 'k':
	case 'K':
		return 1ULL << 10;
	case 'm':
	case 'M':
		return 1ULL << 20;
	case 'g':
	case 'G':
		return 1ULL << 30;
	default:
		return 0;
	}
}

int
num_bytes(uint64_t *out, const char *s, size_t len)
{
	uint64_t n = 0;
	size_t i = leading(&n, s, len);

	return i == 0 ? -1 : scaled(out, n, bytes_unit(s + i, len - i));
}

static uint64_t
duration_unit(const char *s, size_t len)
{
	if (len == 0)
		return 1000;
	if (len == 2 && s[0] == 'm' && s[1] == 's')
		return 1;
	if (len != 1)
		return 0;
	switch (s[0]) {
	case 's':
		return 1000;
	case 'm':
		return 60ULL * 1000;
	case 'h':
		return 3600ULL * 1000;
	case 'd':
		return 24ULL * 3600 * 1000;
	default:
		return 0;
	}
}

int
num_duration_ms(uint64_t *out, const char *s, size_t len)
{
	uint64_t n = 0;
	size_t i = leading(&n, s, len);

	return i == 0 ? -1 : scaled(out, n, duration_unit(s + i, len - i));
}
