#include "lib/distmail.h"

#include <errno.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/mimetext.h"

enum {
	GROUP = 57,          /* bytes in a line of Base64 */
	NAME_MAX_SHOWN = 64, /* bytes of the name of a file */
};

static const char to_field[] = "To: &NAME; <&*TO;>\r\n";

/* --- fields ----------------------------------------------------------------- */

static int
put_date(stralloc *out, const struct distmail *m)
{
	char date[CLOCK_RFC5322_MAX];
	size_t n = clock_rfc5322(date, m->now_us);

	return sa_puts(out, "Date: ") < 0 || sa_put(out, date, n) < 0
	    ? -1
	    : sa_puts(out, "\r\n");
}

static int
put_id(stralloc *out, const struct distmail *m)
{
	return sa_puts(out, "Message-ID: <") < 0 ||
		sa_put(out, m->id.s, m->id.len) < 0 ||
		sa_put(out, "@", 1) < 0 ||
		sa_put(out, m->node.s, m->node.len) < 0
	    ? -1
	    : sa_puts(out, ">\r\n");
}

static int
put_from(stralloc *out, const struct distmail *m)
{
	if (sa_puts(out, "From: ") < 0)
		return -1;
	if (m->name.len == 0)
		return mime_address(out, m->from) < 0 ? -1
						      : sa_puts(out, "\r\n");
	if (mime_phrase(out, m->name, 6) < 0 || sa_puts(out, " <") < 0 ||
	    mime_address(out, m->from) < 0)
		return -1;
	return sa_puts(out, ">\r\n");
}

static int
lacks(const struct header *h, const char *name)
{
	struct field f;

	return !header_find(h, name, 0, &f);
}

/* --- personal copies ---------------------------------------------------------- */

/* One field: To becomes ours, the first time. */
static int
put_field(stralloc *out, const struct header *h, const struct field *f,
    int *addressed)
{
	if (field_is(f, "Bcc"))
		return 0;
	if (!field_is(f, "To"))
		return sa_put(out, h->s + f->at, f->end - f->at);
	if ((*addressed)++)
		return 0;
	return sa_puts(out, to_field);
}

int
distmail_personal(
    stralloc *out, const struct header *h, const struct distmail *m)
{
	struct field f = {.at = 0};
	int addressed = 0;

	while (header_next(h, &f))
		if (put_field(out, h, &f, &addressed) < 0)
			return -1;
	if (out->len && out->s[out->len - 1] != '\n' &&
	    sa_puts(out, "\r\n") < 0)
		return -1;
	if ((lacks(h, "From") && put_from(out, m) < 0) ||
	    (lacks(h, "Date") && put_date(out, m) < 0) ||
	    (lacks(h, "Message-ID") && put_id(out, m) < 0) ||
	    (!addressed && sa_puts(out, to_field) < 0))
		return -1;
	return sa_puts(out, "\r\n");
}

/* --- files --------------------------------------------------------------------- */

/* May it go out as it is? */
static int
is_text(struct bytes data)
{
	size_t column = 0;

	for (size_t i = 0; i < data.len; i++) {
		unsigned char c = (unsigned char)data.s[i];

		column = c == '\n' ? 0 : column + 1;
		if (c > '~' ||
		    (c < ' ' && c != '\n' && c != '\t' && c != '\r') ||
		    column > MIME_LINE_MAX)
			return 0;
		if (c == '\r' && (i + 1 == data.len || data.s[i + 1] != '\n'))
			return 0;
	}
	return 1;
}

static int
put_lines(stralloc *out, struct bytes data)
{
	const char *s = data.s, *end = data.s + data.len, *lf;

	while (s < end) {
		size_t n;

		lf = memchr(s, '\n', (size_t)(end - s));
		n = (size_t)((lf ? lf : end) - s);
		if (n && s[n - 1] == '\r')
			n--;
		if (sa_put(out, s, n) < 0 || sa_put(out, "\r\n", 2) < 0)
			return -1;
		s = lf ? lf + 1 : end;
	}
	return 0;
}

static int
put_base64(stralloc *out, struct bytes data)
{
	char line[BASE64_LEN(GROUP) + 2];

	for (size_t i = 0; i < data.len; i += GROUP) {
		size_t n = data.len - i < GROUP ? data.len - i : GROUP;
		size_t len = base64_put(line, data.s + i, n);

		line[len++] = '\r';
		line[len++] = '\n';
		if (sa_put(out, line, len) < 0)
			return -1;
	}
	return 0;
}

/* A name in quotes, with no byte that has a meaning there. */
static int
put_name(stralloc *out, struct bytes file)
{
	size_t at = out->len;

	if (file.len == 0)
		file = bytes_z("file");
	if (mime_ascii(out, file, NAME_MAX_SHOWN) < 0)
		return -1;
	for (; at < out->len; at++)
		if (strchr("\"\\/", out->s[at]))
			out->s[at] = '_';
	return 0;
}

static int
put_mime(stralloc *out, struct bytes file, int text)
{
	if (sa_puts(out, "MIME-Version: 1.0\r\nContent-Type: ") < 0 ||
	    sa_puts(out,
		text ? "text/plain; charset=us-ascii"
		     : "application/octet-stream") < 0 ||
	    sa_puts(out, ";\r\n name=\"") < 0 || put_name(out, file) < 0 ||
	    sa_puts(out, "\"\r\nContent-Transfer-Encoding: ") < 0 ||
	    sa_puts(out, text ? "7bit" : "base64") < 0 ||
	    sa_puts(out,
		"\r\nContent-Disposition: attachment;\r\n "
		"filename=\"") < 0 ||
	    put_name(out, file) < 0)
		return -1;
	return sa_puts(out, "\"\r\n\r\n");
}

int
distmail_file(stralloc *out, const struct distmail *m, struct bytes file,
    struct bytes data)
{
	int text = is_text(data);

	if (put_from(out, m) < 0 ||
	    sa_puts(out, "To: undisclosed-recipients:;\r\nSubject: File \"") <
		0 ||
	    put_name(out, file) < 0 || sa_puts(out, "\"\r\n") < 0 ||
	    put_date(out, m) < 0 || put_id(out, m) < 0 ||
	    put_mime(out, file, text) < 0)
		return -1;
	return text ? put_lines(out, data) : put_base64(out, data);
}
