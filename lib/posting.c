#include "lib/posting.h"

#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/fold.h"
#include "lib/ids.h"
#include "lib/mimetext.h"

/* What is being written, and what of the received fields has been seen. */
struct work {
	stralloc *out;
	const struct posting *p;
	int keep_reply;       /* the received Reply-To stays */
	int message_id, date; /* there is one */
	int fold;             /* a line may be too long */
	struct bytes from; /* first From that is not blank, folded as it came */
};

static int
is_blank(const struct field *f)
{
	return field_trim(f->value).len == 0;
}

static int
replaced(const struct field *f)
{
	static const char *const name[] = {"Return-Path", "List-Id",
	    "List-Post", "List-Help", "List-Owner", "List-Subscribe",
	    "List-Unsubscribe", "List-Unsubscribe-Post", "List-Archive",
	    "Precedence"};

	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		if (field_is(f, name[i]))
			return 1;
	return 0;
}

static void
look(struct work *w, const struct header *h)
{
	struct field f = {0};

	while (header_next(h, &f)) {
		if (is_blank(&f))
			continue;
		if (field_is(&f, "Reply-To"))
			w->keep_reply = !w->p->ignore;
		else if (field_is(&f, "Message-ID"))
			w->message_id = 1;
		else if (field_is(&f, "Date"))
			w->date = 1;
		else if (field_is(&f, "From") && !w->from.s)
			w->from = field_trim(f.value);
	}
}

/* A line without its end; CR and NUL in it become blanks. */
static int
put_line(struct work *w, const char *s, size_t len)
{
	stralloc *out = w->out;
	size_t start = out->len;

	/* something may stand in front of it, see put_reply */
	w->fold |= len > FOLD_LINE_MAX / 2;
	if (sa_put(out, s, len) < 0 || sa_put(out, "\r\n", 2) < 0)
		return -1;
	if (len == 0 || (!memchr(s, '\r', len) && !memchr(s, 0, len)))
		return 0;
	for (size_t i = start; i < start + len; i++)
		if (out->s[i] == '\r' || out->s[i] == 0)
			out->s[i] = ' ';
	return 0;
}

/* Lines with their ends; the last may lack one. */
static int
put_lines(struct work *w, const char *s, size_t len)
{
	size_t n, end;

	for (; len > 0; s += end, len -= end) {
		n = byte_chr(s, len, '\n');
		end = n < len ? n + 1 : n;
		if (n > 0 && n < len && s[n - 1] == '\r')
			n--;
		if (put_line(w, s, n) < 0)
			return -1;
	}
	return 0;
}

static int
put_received(struct work *w, const struct header *h)
{
	struct field f = {0};

	while (header_next(h, &f)) {
		if (replaced(&f) ||
		    (field_is(&f, "Reply-To") && !w->keep_reply) ||
		    (field_is(&f, "Message-ID") && !w->message_id) ||
		    (field_is(&f, "Date") && !w->date))
			continue;
		if (put_lines(w, h->s + f.at, f.end - f.at) < 0)
			return -1;
	}
	return 0;
}

/* Appends pieces: %l list, %h host, %n node, %i ID, %% itself. */
static int
put(struct work *w, const char *pattern)
{
	const struct posting *p = w->p;

	for (; *pattern; pattern++) {
		struct bytes b = {pattern, 1};

		if (*pattern == '%') {
			pattern++;
			b = *pattern == 'l'   ? p->list
			    : *pattern == 'h' ? p->host
			    : *pattern == 'n' ? p->node
			    : *pattern == 'i' ? p->id
					      : (struct bytes){"%", 1};
		}
		if (sa_put(w->out, b.s, b.len) < 0)
			return -1;
	}
	return 0;
}

static int
put_date(struct work *w)
{
	char date[CLOCK_RFC5322_MAX];
	size_t n = clock_rfc5322(date, id_time_us(w->p->id.s));

	if (sa_put(w->out, date, n) < 0)
		return -1;
	return sa_put(w->out, "\r\n", 2);
}

static int
put_trace(struct work *w)
{
	if (put(w, "Received: by %n (lsv) id %i\r\n\tfor <%l@%h>; ") < 0 ||
	    put_date(w) < 0)
		return -1;
	return put(w, "X-LSV-Trace: %l@%n %i\r\n");
}

static int
put_missing(struct work *w)
{
	if (!w->message_id && put(w, "Message-ID: <%i@%n>\r\n") < 0)
		return -1;
	if (!w->date && (put(w, "Date: ") < 0 || put_date(w) < 0))
		return -1;
	return 0;
}

/* The list stands before the sender: a From with a quote or comment that never
 * ends cannot swallow it. */
static int
put_reply(struct work *w)
{
	enum posting_reply reply = w->p->reply;

	if (w->keep_reply || reply == POSTING_REPLY_NONE)
		return 0;
	if (reply == POSTING_REPLY_LIST ||
	    (reply == POSTING_REPLY_BOTH && !w->from.s))
		return put(w, "Reply-To: %l@%h\r\n");
	if (reply == POSTING_REPLY_ADDRESS) {
		if (put(w, "Reply-To: ") < 0 ||
		    mime_address(w->out, w->p->reply_address) < 0)
			return -1;
		return put(w, "\r\n");
	}
	if (!w->from.s)
		return 0;
	if (put(w, "Reply-To: ") < 0 ||
	    (reply == POSTING_REPLY_BOTH && put(w, "%l@%h,\r\n ") < 0))
		return -1;
	return put_lines(w, w->from.s, w->from.len);
}

static int
put_list_id(struct work *w)
{
	struct bytes title = w->p->title;
	size_t at;

	if (put(w, "List-Id: ") < 0)
		return -1;
	if (title.len > 0 &&
	    (mime_phrase(w->out, title, 9) < 0 || put(w, "\r\n ") < 0))
		return -1;
	at = w->out->len;
	if (put(w, "<%l.%h>\r\n") < 0)
		return -1;
	case_lowerb(w->out->s + at, w->out->len - at);
	return 0;
}

static void
percent(char *out, char c)
{
	static const char hex[] = "0123456789ABCDEF";

	out[0] = '%';
	out[1] = hex[(unsigned char)c >> 4];
	out[2] = hex[(unsigned char)c & 15];
}

/* A name within a mailto URI: RFC 6068 section 2 leaves these as they are. */
static int
put_uri_name(stralloc *out, struct bytes name)
{
	char code[3];

	for (size_t i = 0; i < name.len; i++) {
		char c = name.s[i];

		percent(code, c);
		if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			    (c >= 'A' && c <= 'Z') || strchr("-._~", c)
			? sa_put(out, &c, 1) < 0
			: sa_put(out, code, 3) < 0)
			return -1;
	}
	return 0;
}

static int
put_list_fields(struct work *w)
{
	struct posting escaped = *w->p;
	struct work ew = {.out = w->out, .p = &escaped};
	stralloc name = {0};
	int r = -1;

	if (put_uri_name(&name, w->p->list) == 0) {
		escaped.list = (struct bytes){name.s, name.len};
		r = put(&ew,
		    "List-Help: <mailto:listserv@%h?body=INFO%%20%l>\r\n"
		    "List-Post: <mailto:%l@%h>\r\n"
		    "List-Owner: <mailto:%l-request@%h>\r\n"
		    "List-Unsubscribe: "
		    "<mailto:%l-unsubscribe-request@%h>\r\n");
	}
	sa_free(&name);
	return r;
}

static int
posting_ok(const struct posting *p)
{
	return mime_name_ok(p->list) && mime_name_ok(p->host) &&
	    mime_name_ok(p->node) && id_ok(p->id.s, p->id.len);
}

/* The header from start on has lines that may be too long. */
static int
fold_header(stralloc *out, size_t start)
{
	stralloc folded = {0};
	struct fold f;
	int r = -1;

	fold_begin(&f);
	if (fold_put(&f, &folded, out->s + start, out->len - start, NULL) < 0) {
		if (errno == EINVAL)
			errno = EMSGSIZE;
	} else {
		out->len = start;
		r = sa_put(out, folded.s, folded.len);
	}
	sa_free(&folded);
	return r;
}

int
posting_header(stralloc *out, const struct header *h, const struct posting *p)
{
	struct work w = {.out = out, .p = p};
	size_t start = out->len;

	if (!posting_ok(p)) {
		errno = EINVAL;
		return -1;
	}
	look(&w, h);
	if (put_trace(&w) < 0 || put_received(&w, h) < 0 ||
	    put_missing(&w) < 0 || put_reply(&w) < 0 ||
	    put(&w, "Precedence: list\r\n") < 0 || put_list_id(&w) < 0 ||
	    put_list_fields(&w) < 0 || put(&w, "\r\n") < 0 ||
	    (w.fold && fold_header(out, start) < 0)) {
		out->len = start;
		return -1;
	}
	return 0;
}
