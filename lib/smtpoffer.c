#include "lib/smtpoffer.h"

#include <string.h>
#include <strings.h>

#include "lib/auth.h"
#include "lib/num.h"

enum { LIMIT_MAX = 999999 }; /* RFC 9422: six digits */

static size_t
word_length(const char *p, size_t len)
{
	size_t n = 0;

	while (n < len && p[n] != ' ')
		n++;
	return n;
}

static void
one_limit(uint64_t *out, const char *key, const char *p, size_t len)
{
	size_t n = strlen(key);
	uint64_t v;

	if (len > n && strncasecmp(p, key, n) == 0 &&
	    num_u64(&v, p + n, len - n, LIMIT_MAX) == 0 && v > 0)
		*out = v;
}

static void
limits(struct smtp_offers *o, const char *p, size_t len)
{
	size_t n;

	for (; len > 0; p += n, len -= n) {
		n = word_length(p, len);
		one_limit(&o->rcpt_max, "RCPTMAX=", p, n);
		one_limit(&o->mail_max, "MAILMAX=", p, n);
		n += n < len;
	}
}

void
smtpoffer_line(struct smtp_offers *o, const char *line, size_t len)
{
	static const struct {
		const char *name;
		enum smtp_offer bit;
	} known[] = {
	    {"PIPELINING", SMTP_PIPELINING},
	    {"8BITMIME", SMTP_8BITMIME},
	    {"SIZE", SMTP_SIZE},
	    {"SMTPUTF8", SMTP_SMTPUTF8},
	    {"ENHANCEDSTATUSCODES", SMTP_ENHANCED},
	    {"LIMITS", SMTP_LIMITS},
	    {"CHUNKING", SMTP_CHUNKING},
	    {"STARTTLS", SMTP_OFFERS_TLS},
	    {"AUTH", SMTP_OFFERS_AUTH},
	    {"DSN", SMTP_DSN},
	};
	size_t i, n;

	while (len > 0 && line[len - 1] == ' ')
		len--;
	n = word_length(line, len);
	if (n > 5 && strncasecmp(line, "AUTH=", 5) == 0)
		n = 4; /* as it was written before RFC 2554 */
	for (i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (n == strlen(known[i].name) &&
		    strncasecmp(line, known[i].name, n) == 0)
			break;
	if (i == sizeof(known) / sizeof(*known))
		return;
	o->bits |= known[i].bit;
	n += n < len;
	if (known[i].bit == SMTP_LIMITS)
		limits(o, line + n, len - n);
	else if (known[i].bit == SMTP_OFFERS_AUTH)
		o->auth |= auth_offers(line + n, len - n);
	else if (known[i].bit == SMTP_SIZE &&
	    num_u64(&o->size_max, line + n, len - n, UINT64_MAX) < 0)
		o->size_max = 0;
}
