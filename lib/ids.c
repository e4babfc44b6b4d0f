#include "lib/ids.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "lib/clock.h"
#include "lib/num.h"

enum { TIME_LEN = 13, RANDOM_LEN = 10, SUFFIX_MAX = 12 };

int
id_make(char *out)
{
	uint64_t now = clock_wall_us() & ((1ULL << 52) - 1);
	unsigned char r[RANDOM_LEN / 2];
	char text[ID_NAME_MAX];

	if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r)
		return -1;
	snprintf(text, sizeof text, "%013llx.%02x%02x%02x%02x%02x",
	    (unsigned long long)now, r[0], r[1], r[2], r[3], r[4]);
	memcpy(out, text, ID_LEN + 1);
	return 0;
}

void
id_part(char *out, const char *name, unsigned n)
{
	snprintf(out, ID_NAME_MAX, "%.*s.%06u", ID_LEN + 1 + SUFFIX_MAX, name,
	    n % 1000000U);
}

void
id_named(char *out, const char *name, const char *suffix)
{
	snprintf(out, ID_NAME_MAX, "%.*s.%.*s", ID_LEN + 1 + SUFFIX_MAX, name,
	    SUFFIX_MAX, suffix);
}

static int
all_hex(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!(s[i] >= '0' && s[i] <= '9') &&
		    !(s[i] >= 'a' && s[i] <= 'f'))
			return 0;
	return 1;
}

void
id_copy(char *out, const char *name)
{
	size_t n = strnlen(name, ID_NAME_MAX - 1);

	memcpy(out, name, n);
	out[n] = 0;
}

/* Length of ".suffix" at the start of s, 0 when there is none. */
static size_t
suffix(const char *s, size_t len)
{
	size_t i = 1;

	if (len < 2 || s[0] != '.')
		return 0;
	while (i < len && i <= SUFFIX_MAX &&
	    ((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'z') ||
		(s[i] >= 'A' && s[i] <= 'Z')))
		i++;
	return i > 1 ? i : 0;
}

int
id_ok(const char *s, size_t len)
{
	size_t at = ID_LEN;

	if (len < ID_LEN || s[TIME_LEN] != '.' || !all_hex(s, TIME_LEN) ||
	    !all_hex(s + TIME_LEN + 1, RANDOM_LEN))
		return 0;
	for (int i = 0; i < 2 && at < len; i++)
		at += suffix(s + at, len - at);
	return at == len;
}

uint64_t
id_time_us(const char *id)
{
	uint64_t us = 0;

	return num_hex64(&us, id, TIME_LEN) < 0 ? 0 : us;
}

uint32_t
id_number(const char *id)
{
	return (uint32_t)(id_time_us(id) % 10000000U);
}
