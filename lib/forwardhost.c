#include "lib/forwardhost.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int
forward_name_byte(char c)
{
	return is_digit(c) || c == '-' || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

/* One label of a name, which starts at offset at. */
static int
label_check(const char *s, size_t at, size_t len, struct where *w)
{
	if (len == 0)
		return where_set(w, at, "a label of the name is empty");
	if (len > FORWARD_LABEL_MAX)
		return where_set(
		    w, at, "a label of the name is longer than 63");
	if (s[at] == '-')
		return where_set(w, at, "a label of the name begins with '-'");
	if (s[at + len - 1] == '-')
		return where_set(
		    w, at + len - 1, "a label of the name ends with '-'");
	return 0;
}

static const char *
why_not_in_a_name(char c)
{
	if ((unsigned char)c >= 128)
		return "not ASCII; write the name in its \"xn--\" form";
	if (c == '_')
		return "'_' cannot stand in the name of a host";
	return "this byte cannot stand in the name of a host";
}

static int
all_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!is_digit(s[i]))
			return 0;
	return 1;
}

int
forward_name(const char *s, size_t len, struct where *w)
{
	size_t start = 0;

	if (len == 0)
		return where_set(w, 0, "the name of a host is missing");
	for (size_t i = 0; i <= len; i++) {
		if (i < len && s[i] != '.') {
			if (!forward_name_byte(s[i]))
				return where_set(w, i, why_not_in_a_name(s[i]));
			continue;
		}
		if (i == len && start == len && start > 0)
			return where_set(w, len - 1, "the name ends with '.'");
		if (label_check(s, start, i - start, w) < 0)
			return -1;
		if (i < len)
			start = i + 1;
	}
	if (len > FORWARD_NAME_MAX)
		return where_set(w, FORWARD_NAME_MAX,
		    "the name of a host is longer than 253");
	if (start == 0)
		return where_set(w, 0,
		    "not a full name: it needs a domain (host.example.com)");
	if (all_digits(s + start, len - start))
		return where_set(w, start,
		    "neither an IPv4 address nor a name: the last label is a "
		    "number");
	return 0;
}

/* The resolver's own parser decides. */
int
forward_address(enum forward_kind kind, const char *s, size_t len)
{
	int family = kind == FORWARD_IPV6 ? AF_INET6 : AF_INET;
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ip; /* the larger of both */

	if (len == 0 || len >= sizeof text || memchr(s, 0, len))
		return 0;
	memcpy(text, s, len);
	text[len] = 0;
	return inet_pton(family, text, &ip) == 1;
}

int
forward_literal(const char *s, size_t len)
{
	if (len < 3 || s[0] != '[' || s[len - 1] != ']')
		return 0;
	s++;
	len -= 2;
	if (len > 5 && strncasecmp(s, "IPv6:", 5) == 0)
		return forward_address(FORWARD_IPV6, s + 5, len - 5);
	return forward_address(FORWARD_IPV4, s, len);
}
