#include "lib/netname.h"

#include "lib/network.h"

enum { NJE_MAX = 8, LABEL_MAX = 63 };

static int
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int
netname_nje(struct bytes name)
{
	if (name.len == 0 || name.len > NJE_MAX || !is_letter(name.s[0]))
		return 0;
	for (size_t i = 1; i < name.len; i++)
		if (!is_letter(name.s[i]) && !is_digit(name.s[i]))
			return 0;
	return 1;
}

static int
is_label(const char *s, size_t len)
{
	if (len == 0 || len > LABEL_MAX || s[0] == '-' || s[len - 1] == '-')
		return 0;
	for (size_t i = 0; i < len; i++)
		if (!is_letter(s[i]) && !is_digit(s[i]) && s[i] != '-' &&
		    s[i] != '_')
			return 0;
	return 1;
}

/* How many labels they are; 0 when one of them is none.  digits: the last
 * begins with one, as no domain does. */
static size_t
labels(struct bytes name, int *digits)
{
	size_t n = 0, at = 0;

	if (name.len == 0 || name.len > NETWORK_DOMAIN_MAX)
		return 0;
	for (;;) {
		const char *s = name.s + at;
		const char *dot = memchr(s, '.', name.len - at);
		size_t len = dot ? (size_t)(dot - s) : name.len - at;

		if (!is_label(s, len))
			return 0;
		n++;
		*digits = is_digit(s[0]);
		if (!dot)
			return n;
		at += len + 1;
	}
}

int
netname_domain(struct bytes name)
{
	int digits = 0;

	return labels(name, &digits) > 1 && !digits;
}

int
netname_suffix(struct bytes name)
{
	int digits = 0;

	if (name.len < 2 || name.s[0] != '*' || name.s[1] != '.')
		return 0;
	name.s += 2;
	name.len -= 2;
	return labels(name, &digits) > 0 && !digits;
}

int
netname_token(struct bytes name)
{
	if (name.len == 0 || name.len > NETWORK_NAME_MAX ||
	    (!is_letter(name.s[0]) && !is_digit(name.s[0])))
		return 0;
	for (size_t i = 0; i < name.len; i++)
		if (!is_letter(name.s[i]) && !is_digit(name.s[i]) &&
		    name.s[i] != '-' && name.s[i] != '_' && name.s[i] != '.')
			return 0;
	return 1;
}

int
netname_member(struct bytes name)
{
	const char *under;

	if (!netname_token(name) || memchr(name.s, '.', name.len))
		return 0;
	under = memchr(name.s, '_', name.len);
	return under && name.s[name.len - 1] != '_';
}
