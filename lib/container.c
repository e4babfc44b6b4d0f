#include "lib/container.h"

#include <errno.h>
#include <string.h>

#include "lib/base64.h"
#include "lib/clock.h"
#include "lib/mimetext.h"

static const char from_line[] = "From ";

/* --- what the message is like -------------------------------------------- */

/* Part of one line, without its end. */
static void
look_inside(struct container_look *l, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		l->eightbit |= (unsigned char)p[i] > 127;
		l->encode |= p[i] == 0;
	}
	for (size_t i = 0; i < len && l->from < 5 && l->column + i < 5; i++)
		l->from = p[i] == from_line[l->column + i] ? l->from + 1 : 6;
	l->column += len;
	l->encode |= l->from == 5 || l->column > CONTAINER_LINE_MAX;
}

static void
look_end(struct container_look *l)
{
	l->column = 0;
	l->from = 0;
}

/* Bytes up to the next CR or LF, or all. */
static size_t
run_of(const char *p, size_t len)
{
	const char *nl = memchr(p, '\n', len), *cr;

	if (nl)
		len = (size_t)(nl - p);
	cr = memchr(p, '\r', len);
	return cr ? (size_t)(cr - p) : len;
}

void
container_look(struct container_look *l, const char *p, size_t len)
{
	crc32_put(&l->crc, (struct bytes){p, len});
	while (len) {
		size_t n = run_of(p, len);

		look_inside(l, p, n);
		l->bytes += n;
		if (n == len)
			return;
		if (p[n] == '\n') {
			look_end(l);
			l->bytes++;
		}
		p += n + 1;
		len -= n + 1;
	}
}

/* --- the mail ------------------------------------------------------------- */

static int
put_group(stralloc *out, struct container_code *code)
{
	char text[BASE64_LEN(CONTAINER_GROUP) + 1];
	size_t n = base64_put(text, code->group, code->have);

	text[n++] = '\n';
	code->have = 0;
	return sa_put(out, text, n);
}

static int
encode(stralloc *out, struct container_code *code, const char *p, size_t len)
{
	while (len) {
		size_t n = sizeof code->group - code->have;

		n = n < len ? n : len;
		memcpy(code->group + code->have, p, n);
		code->have += n;
		p += n;
		len -= n;
		if (code->have == sizeof code->group &&
		    put_group(out, code) < 0)
			return -1;
	}
	return 0;
}

/* Encoded text has CR LF for line ends, RFC 2045 section 6.8. */
static int
put_line_end(stralloc *out, struct container_code *code)
{
	return code->encode ? encode(out, code, "\r\n", 2)
			    : sa_put(out, "\n", 1);
}

int
container_put(
    stralloc *out, struct container_code *code, const char *p, size_t len)
{
	while (len) {
		size_t n = run_of(p, len);

		if ((code->encode ? encode(out, code, p, n)
				  : sa_put(out, p, n)) < 0)
			return -1;
		if (n == len)
			return 0;
		if (p[n] == '\n' && put_line_end(out, code) < 0)
			return -1;
		p += n + 1;
		len -= n + 1;
	}
	return 0;
}

int
container_end(stralloc *out, struct container_code *code)
{
	return code->have ? put_group(out, code) : 0;
}

static int
eightbit(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.s[i] > 127)
			return 1;
	return 0;
}

static int
put_fields(stralloc *out, const struct container *c)
{
	char date[CLOCK_RFC5322_MAX];

	clock_rfc5322(date, c->when_us);
	if (sa_puts(out, "Date: ") < 0 || sa_puts(out, date) < 0 ||
	    sa_puts(out, "\nFrom: LISTSERV@") < 0 ||
	    sa_put(out, c->node.s, c->node.len) < 0 ||
	    sa_puts(out, "\nTo: ") < 0 || mime_address(out, c->server) < 0 ||
	    sa_puts(out, "\nSubject: ") < 0 || sa_puts(out, c->subject) < 0 ||
	    sa_puts(out, "\nMessage-ID: <") < 0 ||
	    sa_put(out, c->id.s, c->id.len) < 0 || sa_put(out, "@", 1) < 0 ||
	    sa_put(out, c->node.s, c->node.len) < 0)
		return -1;
	return sa_puts(out, ">\nAuto-Submitted: auto-generated\n");
}

static int
put_mime(stralloc *out, int encoded, int high)
{
	return sa_puts(out,
	    encoded    ? "MIME-Version: 1.0\n"
			 "Content-Type: text/plain; charset=UTF-8\n"
			 "Content-Transfer-Encoding: base64\n\n"
		: high ? "MIME-Version: 1.0\n"
			 "Content-Type: text/plain; charset=UTF-8\n"
			 "Content-Transfer-Encoding: 8bit\n\n"
		       : "MIME-Version: 1.0\n"
			 "Content-Type: text/plain; charset=US-ASCII\n"
			 "Content-Transfer-Encoding: 7bit\n\n");
}

int
container_begin(stralloc *out, struct container_code *code,
    const struct container *c, const struct container_look *l)
{
	int high = l->eightbit || eightbit(c->cards);

	*code = (struct container_code){.encode = l->encode};
	if (!mime_name_ok(c->node) || !mime_name_ok(c->id)) {
		errno = EINVAL;
		return -1;
	}
	if (put_fields(out, c) < 0 || put_mime(out, code->encode, high) < 0)
		return -1;
	return container_put(out, code, c->cards.s, c->cards.len);
}
