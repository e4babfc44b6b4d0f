#include "lib/json.h"

#include <string.h>

static void
put(struct json *j, const char *s, size_t len)
{
	if (!j->failed && sa_put(j->out, s, len) < 0)
		j->failed = 1;
}

/* Length of the UTF-8 sequence at s, 0 when it is none (RFC 3629). */
static size_t
utf8(const unsigned char *s, size_t len)
{
	size_t n = s[0] < 0x80            ? 1
	    : s[0] >= 0xc2 && s[0] < 0xe0 ? 2
	    : s[0] >= 0xe0 && s[0] < 0xf0 ? 3
	    : s[0] >= 0xf0 && s[0] < 0xf5 ? 4
					  : 0;

	if (n == 0 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static void
put_escaped(struct json *j, const char *s, size_t len)
{
	static const char hex[] = "0123456789abcdef";
	size_t n;

	put(j, "\"", 1);
	for (size_t i = 0; i < len; i += n ? n : 1) {
		unsigned char c = (unsigned char)s[i];

		n = utf8((const unsigned char *)s + i, len - i);
		if (n == 0) {
			put(j, "\\ufffd", 6);
		} else if (c < 32 || c == 127) {
			char e[6] = {
			    '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

			put(j, e, 6);
		} else {
			if (c == '"' || c == '\\')
				put(j, "\\", 1);
			put(j, s + i, n);
		}
	}
	put(j, "\"", 1);
}

static void
before(struct json *j, const char *key)
{
	if (j->comma)
		put(j, ",", 1);
	if (key) {
		put_escaped(j, key, strlen(key));
		put(j, ":", 1);
	}
	j->comma = 1;
}

void
json_open(struct json *j, const char *key, char kind)
{
	before(j, key);
	put(j, &kind, 1);
	j->comma = 0;
}

void
json_close(struct json *j, char kind)
{
	put(j, &kind, 1);
	j->comma = 1;
}

void
json_s(struct json *j, const char *key, const char *s, size_t len)
{
	before(j, key);
	put_escaped(j, s, len);
}

void
json_z(struct json *j, const char *key, const char *z)
{
	json_s(j, key, z, strlen(z));
}

void
json_u(struct json *j, const char *key, uint64_t n)
{
	char text[FMT_ULONG];

	before(j, key);
	put(j, text, fmt_ulong(text, n));
}

void
json_i(struct json *j, const char *key, int64_t n)
{
	char text[FMT_ULONG];

	before(j, key);
	if (n < 0)
		put(j, "-", 1);
	put(j, text,
	    fmt_ulong(text, n < 0 ? 0 - (unsigned long)n : (unsigned long)n));
}

void
json_b(struct json *j, const char *key, int truth)
{
	before(j, key);
	put(j, truth ? "true" : "false", truth ? 4 : 5);
}

void
json_null(struct json *j, const char *key)
{
	before(j, key);
	put(j, "null", 4);
}
