#include "lib/forward.h"

#include <arpa/inet.h>
#include <string.h>

#include "lib/num.h"

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int
is_name_byte(char c)
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
			if (!is_name_byte(s[i]))
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

/* Does the resolver's own parser take it for an address? */
static int
is_address(int family, const char *s, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr ip; /* the larger of both */

	if (len == 0 || len >= sizeof text || memchr(s, 0, len))
		return 0;
	memcpy(text, s, len);
	text[len] = 0;
	return inet_pton(family, text, &ip) == 1;
}

/* "[2001:db8::1]": sets the host, returns the bytes used or 0. */
static size_t
take_ipv6(struct forward *f, const char *s, size_t len, struct where *w)
{
	const char *end = memchr(s, ']', len);

	if (!end) {
		where_set(w, 0, "the '[' is not closed");
		return 0;
	}
	f->host = s + 1;
	f->hostlen = (size_t)(end - f->host);
	f->kind = FORWARD_IPV6;
	if (!is_address(AF_INET6, f->host, f->hostlen)) {
		where_set(w, 1, "not an IPv6 address");
		return 0;
	}
	return f->hostlen + 2;
}

/* A name or an IPv4 address: sets the host, returns the bytes used or 0. */
static size_t
take_name(struct forward *f, const char *s, size_t len, struct where *w)
{
	const char *colon = memchr(s, ':', len);
	size_t n = colon ? (size_t)(colon - s) : len;

	if (colon && memchr(colon + 1, ':', len - n - 1)) {
		where_set(
		    w, 0, "an IPv6 address stands in brackets: [2001:db8::1]");
		return 0;
	}
	f->host = s;
	f->hostlen = n;
	f->kind = is_address(AF_INET, s, n) ? FORWARD_IPV4 : FORWARD_NAME;
	if (f->kind == FORWARD_NAME &&
	    !(n == 9 && strncasecmp(s, "localhost", 9) == 0) &&
	    forward_name(s, n, w) < 0)
		return 0;
	return n;
}

/* "2*": the count; the bytes used, 0 when there is none or it is wrong. */
static int
take_count(
    struct forward *f, size_t *used, const char *s, size_t len, struct where *w)
{
	const char *star = memchr(s, '*', len);
	uint64_t n = 0;

	*used = 0;
	f->count = 1;
	f->counted = 0;
	if (!star)
		return 0;
	if (num_u64(&n, s, (size_t)(star - s), FORWARD_COUNT_MAX) < 0 || n == 0)
		return where_set(
		    w, 0, "the count before '*' is not a number from 1 to 100");
	f->count = (unsigned)n;
	f->counted = 1;
	*used = (size_t)(star - s) + 1;
	return 0;
}

/* Windows, fallback hosts, pools and options: valid LISTSERV, not ours yet. */
static int
refuse_the_rest(const char *s, size_t len, struct where *w)
{
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '(')
			return where_set(
			    w, i, "opening times are known but not used yet");
		if (s[i] == ';')
			return where_set(w, i,
			    "a fallback host, POOL= and options are known but "
			    "not used yet");
		if (s[i] == ' ' || s[i] == '\t')
			return where_set(w, i, "a blank inside the value");
	}
	return 0;
}

int
forward_parse(struct forward *f, const char *s, size_t len, struct where *w)
{
	struct forward got = {.port = FORWARD_PORT};
	struct where in = {0, NULL};
	size_t at, n;
	uint64_t port = 0;

	if (refuse_the_rest(s, len, w) < 0 ||
	    take_count(&got, &at, s, len, w) < 0)
		return -1;
	if (at == len)
		return where_set(w, at, "the host is missing");
	n = s[at] == '[' ? take_ipv6(&got, s + at, len - at, &in)
			 : take_name(&got, s + at, len - at, &in);
	if (n == 0)
		return where_set(w, at + in.at, in.why);
	at += n;
	if (at < len) {
		if (s[at] != ':')
			return where_set(
			    w, at, "only ':' and a port may follow");
		at++;
		if (num_u64(&port, s + at, len - at, UINT16_MAX) < 0 ||
		    port == 0)
			return where_set(
			    w, at, "the port is not a number from 1 to 65535");
		got.port = (uint16_t)port;
	}
	*f = got;
	return 0;
}
