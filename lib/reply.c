#include "lib/reply.h"

#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/mimetext.h"

/* The next <message-id> of a value, which loses it and all in front of it:
 * printable ASCII without blanks, at most REPLY_REF_MAX bytes. */
static int
next_id(struct bytes *v, struct bytes *id)
{
	size_t open = v->len, i;

	for (i = 0; i < v->len; i++) {
		char c = v->s[i];

		if (c == '<')
			open = i;
		else if (c <= 32 || (unsigned char)c > 126)
			open = v->len;
		else if (c == '>' && open < i && i - open > 1 &&
		    i - open < REPLY_REF_MAX)
			break;
	}
	if (i == v->len)
		return 0;
	*id = (struct bytes){v->s + open, i + 1 - open};
	v->s += i + 1;
	v->len -= i + 1;
	return 1;
}

static struct bytes
value_of(const struct header *h, const char *name)
{
	struct field f;

	return header_find(h, name, 0, &f) ? f.value : (struct bytes){"", 0};
}

/* References of the answered message, or else its In-Reply-To when that names
 * one message only: RFC 5322 section 3.6.4 */
static struct bytes
parents(const struct header *h)
{
	struct bytes v = value_of(h, "References"), rest = v, id;

	if (next_id(&rest, &id))
		return v;
	v = rest = value_of(h, "In-Reply-To");
	if (!next_id(&rest, &id))
		return v;
	return next_id(&rest, &id) ? (struct bytes){"", 0} : v;
}

/* Behind the colon, or on a line of its own. */
static int
put_id(stralloc *out, struct bytes id)
{
	if (sa_puts(out, out->s[out->len - 1] == ':' ? " " : "\r\n ") < 0)
		return -1;
	return sa_put(out, id.s, id.len);
}

/* The first and the last ones; the answered message itself is one of them. */
static int
put_parents(stralloc *out, struct bytes v)
{
	struct bytes rest = v, id;
	size_t n = 0, i;

	while (next_id(&rest, &id))
		n++;
	for (i = 0; next_id(&v, &id); i++)
		if ((i == 0 || n - i < REPLY_REFS_MAX - 1) &&
		    put_id(out, id) < 0)
			return -1;
	return 0;
}

static int
put_thread(stralloc *out, const struct header *h)
{
	struct bytes v = value_of(h, "Message-ID"), id;

	if (!next_id(&v, &id))
		return 0;
	if (sa_puts(out, "In-Reply-To: ") < 0 ||
	    sa_put(out, id.s, id.len) < 0 ||
	    sa_puts(out, "\r\nReferences:") < 0 ||
	    put_parents(out, parents(h)) < 0 || put_id(out, id) < 0)
		return -1;
	return sa_puts(out, "\r\n");
}

static int
put_header(stralloc *out, const struct reply *r)
{
	char date[CLOCK_RFC5322_MAX];
	size_t n = clock_rfc5322(date, r->now_us);

	if (sa_puts(out, "From: LISTSERV@") < 0 ||
	    sa_put(out, r->node.s, r->node.len) < 0 ||
	    sa_puts(out, "\r\nTo: ") < 0 || mime_address(out, r->to) < 0 ||
	    sa_puts(out, "\r\nSubject: ") < 0 ||
	    mime_words(out, r->subject, 9) < 0 ||
	    sa_puts(out, "\r\nDate: ") < 0 || sa_put(out, date, n) < 0 ||
	    sa_puts(out, "\r\nMessage-ID: <") < 0 ||
	    sa_put(out, r->id.s, r->id.len) < 0 || sa_put(out, "@", 1) < 0 ||
	    sa_put(out, r->node.s, r->node.len) < 0 ||
	    sa_puts(out, ">\r\n") < 0)
		return -1;
	if (r->answers && put_thread(out, r->answers) < 0)
		return -1;
	return sa_puts(out,
	    "Auto-Submitted: auto-replied\r\n"
	    "MIME-Version: 1.0\r\n");
}

static int
put_parts(stralloc *out, const struct reply *r)
{
	const struct header *h = r->answers;
	struct bytes header = {h->s + h->from, h->end - h->from};

	if (sa_puts(out, "Content-Type: multipart/mixed; boundary=\"") < 0 ||
	    mime_boundary(out, r->id) < 0 ||
	    sa_puts(out, "\"\r\n\r\nThis is a MIME message.\r\n") < 0 ||
	    mime_delimiter(out, r->id, 0) < 0 ||
	    mime_part(out, "text/plain", r->text) < 0 ||
	    mime_delimiter(out, r->id, 0) < 0 ||
	    mime_part(out, "text/rfc822-headers",
		mime_head_of(header, REPLY_HEADER_MAX)) < 0)
		return -1;
	return mime_delimiter(out, r->id, 1);
}

int
reply_message(stralloc *out, const struct reply *r)
{
	size_t start = out->len;

	if (!mime_name_ok(r->node) || !mime_name_ok(r->id)) {
		errno = EINVAL;
		return -1;
	}
	if (put_header(out, r) < 0 ||
	    (r->answers && !r->bare
		    ? put_parts(out, r)
		    : mime_part(out, "text/plain", r->text)) < 0) {
		out->len = start;
		return -1;
	}
	return 0;
}
