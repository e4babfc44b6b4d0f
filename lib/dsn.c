#include "lib/dsn.h"

#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/mimetext.h"
#include "lib/utf8.h"
#include "lib/xtext.h"

enum { XTEXT_MAX = 900 }; /* bytes of an encoded address on its line */

void
dsn_begin(struct dsn *d, const struct dsn_job *job)
{
	*d = (struct dsn){.job = job};
}

void
dsn_free(struct dsn *d)
{
	sa_free(&d->people);
	sa_free(&d->status);
	*d = (struct dsn){0};
}

static int
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "." and one to three digits at the start of b, which loses them */
static int
dot_number(struct bytes *b)
{
	size_t n = 1;

	if (b->len < 2 || b->s[0] != '.')
		return 0;
	while (n < b->len && n < 4 && digit(b->s[n]))
		n++;
	b->s += n;
	b->len -= n;
	return n > 1;
}

static int
two_numbers(struct bytes b)
{
	for (int i = 0; i < 2; i++)
		if (!dot_number(&b))
			return 0;
	return b.len == 0;
}

/* The status to report, RFC 3463 section 2. */
static struct bytes
status_of(const struct dsn_rcpt *r)
{
	static const char *const by_action[] = {
	    [DSN_FAILED] = "5.0.0",
	    [DSN_EXPIRED] = "4.4.7",
	    [DSN_DELAYED] = "4.0.0",
	    [DSN_REJECTED] = "5.7.1",
	};
	int lasting = r->action == DSN_FAILED || r->action == DSN_REJECTED;
	struct bytes b = r->status;

	if (b.len > 0 && b.s[0] == (lasting ? '5' : '4')) {
		b.s++;
		b.len--;
		if (two_numbers(b))
			return r->status;
	}
	return bytes_z(by_action[r->action]);
}

static int
is_number_address(struct bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		if (!digit(b.s[i]) && b.s[i] != '.')
			return 0;
	return b.len > 0;
}

/* The host without a port behind it; empty when it is unknown. */
static struct bytes
host_of(const struct dsn_rcpt *r)
{
	struct bytes h = r->host;
	size_t colon;

	if (h.len == 0 || bytes_eq(h, "-"))
		return bytes_z("");
	colon = byte_rchr(h.s, h.len, ':'); /* which must not see NULL */
	if (colon == h.len)
		return h;
	if (h.s[0] == '[' ? h.s[colon - 1] == ']'
			  : byte_chr(h.s, h.len, ':') == colon)
		h.len = colon;
	return h;
}

static int
put_date(stralloc *out, const char *name, uint64_t us)
{
	char date[CLOCK_RFC5322_MAX];
	size_t n = clock_rfc5322(date, us);

	if (sa_puts(out, name) < 0 || sa_put(out, date, n) < 0)
		return -1;
	return sa_put(out, "\r\n", 2);
}

/* As much of an address as fits on a line. */
static int
put_utf8_address(stralloc *out, struct bytes a)
{
	char text[XTEXT_MAX];

	return sa_put(out, text, xtext_write_utf8(text, sizeof text, &a));
}

static int
all_printable(struct bytes a)
{
	for (size_t i = 0; i < a.len; i++)
		if (a.s[i] < 32 || (unsigned char)a.s[i] > 126)
			return 0;
	return 1;
}

static int
put_final_recipient(stralloc *out, struct bytes rcpt)
{
	struct bytes a = rcpt;

	a.len = a.len < MIME_ADDRESS_MAX ? a.len : MIME_ADDRESS_MAX;
	if (all_printable(a))
		return sa_puts(out, "Final-Recipient: rfc822; ") < 0
		    ? -1
		    : sa_put(out, a.s, a.len);
	if (sa_puts(out, "Final-Recipient: utf-8; ") < 0)
		return -1;
	return put_utf8_address(out, a);
}

/* "550 5.1.1 what the host said", or only the text when nobody spoke */
static int
put_reply(stralloc *out, const struct dsn_rcpt *r, struct bytes status)
{
	if (r->code > 0 &&
	    (sa_addu(out, r->code) < 0 || sa_put(out, " ", 1) < 0 ||
		sa_put(out, status.s, status.len) < 0 ||
		sa_put(out, " ", 1) < 0))
		return -1;
	return r->text.len > 0 ? mime_ascii(out, r->text, DSN_REPLY_MAX)
			       : sa_puts(out, "(no text)");
}

static int
put_host(stralloc *out, struct bytes host)
{
	int literal = is_number_address(host);

	if (sa_puts(out, "\r\nRemote-MTA: dns; ") < 0 ||
	    sa_puts(out, literal ? "[" : "") < 0 ||
	    mime_ascii(out, host, MIME_ADDRESS_MAX) < 0)
		return -1;
	return sa_puts(out, literal ? "]" : "");
}

/* Per-recipient fields, RFC 3464 section 2.3 */
static int
put_status(stralloc *out, const struct dsn_job *j, const struct dsn_rcpt *r)
{
	struct bytes status = status_of(r), host = host_of(r);
	int delayed = r->action == DSN_DELAYED;

	if (put_final_recipient(out, r->rcpt) < 0 ||
	    sa_puts(out, "\r\nAction: ") < 0 ||
	    sa_puts(out, delayed ? "delayed" : "failed") < 0 ||
	    sa_puts(out, "\r\nStatus: ") < 0 ||
	    sa_put(out, status.s, status.len) < 0)
		return -1;
	if (host.len > 0 && put_host(out, host) < 0)
		return -1;
	if (sa_puts(out, "\r\nDiagnostic-Code: ") < 0 ||
	    sa_puts(out, r->code > 0 ? "smtp; " : "x-lsv; ") < 0 ||
	    put_reply(out, r, status) < 0 || sa_puts(out, "\r\n") < 0)
		return -1;
	if (r->last_us > 0 &&
	    put_date(out, "Last-Attempt-Date: ", r->last_us) < 0)
		return -1;
	if (delayed && put_date(out, "Will-Retry-Until: ", j->until_us) < 0)
		return -1;
	return sa_puts(out, "\r\n");
}

/* The address as UTF-8: what is none is '?' */
static int
put_people_address(stralloc *out, struct bytes a)
{
	uint32_t c;
	size_t n;

	a.len = a.len < MIME_ADDRESS_MAX ? a.len : MIME_ADDRESS_MAX;
	for (; a.len > 0; a.s += n, a.len -= n) {
		n = utf8_get(&c, a.s, a.len);
		if (n == 0 || c < 32 || (c >= 127 && c < 160)) {
			n = n > 0 ? n : 1;
			if (sa_put(out, "?", 1) < 0)
				return -1;
		} else if (sa_put(out, a.s, n) < 0) {
			return -1;
		}
	}
	return 0;
}

static int
put_people(stralloc *out, const struct dsn_rcpt *r)
{
	static const char *const word[] = {
	    [DSN_FAILED] = "\n      refused",
	    [DSN_EXPIRED] = "\n      given up",
	    [DSN_DELAYED] = "\n      waiting",
	    [DSN_REJECTED] = "\n      not accepted",
	};
	struct bytes status = status_of(r), host = host_of(r);

	if (sa_puts(out, "  ") < 0 || put_people_address(out, r->rcpt) < 0 ||
	    sa_puts(out, word[r->action]) < 0)
		return -1;
	if (host.len > 0 &&
	    (sa_puts(out, ", ") < 0 ||
		mime_ascii(out, host, MIME_ADDRESS_MAX) < 0))
		return -1;
	if (sa_puts(out, r->code > 0 && host.len > 0 ? " said: " : ": ") < 0 ||
	    put_reply(out, r, status) < 0)
		return -1;
	return sa_puts(out, "\n");
}

static uint64_t
all_of(const struct dsn *d)
{
	return d->failed + d->expired + d->delayed + d->rejected;
}

int
dsn_rcpt(struct dsn *d, const struct dsn_rcpt *r)
{
	size_t people = d->people.len, status = d->status.len;

	if (all_of(d) < DSN_RCPT_MAX &&
	    (put_people(&d->people, r) < 0 ||
		put_status(&d->status, d->job, r) < 0)) {
		d->people.len = people;
		d->status.len = status;
		return -1;
	}
	if (r->action == DSN_FAILED)
		d->failed++;
	else if (r->action == DSN_EXPIRED)
		d->expired++;
	else if (r->action == DSN_REJECTED)
		d->rejected++;
	else
		d->delayed++;
	return 0;
}

static int
put_count(stralloc *out, uint64_t n)
{
	if (sa_addu(out, n) < 0)
		return -1;
	return sa_puts(out, n == 1 ? " recipient" : " recipients");
}

static int
put_subject(const struct dsn *d, stralloc *out)
{
	const struct dsn_job *j = d->job;

	if (sa_puts(out, "Subject: Delivery report") < 0)
		return -1;
	if (j->list.len > 0 &&
	    (sa_puts(out, " for ") < 0 || mime_address(out, j->list) < 0))
		return -1;
	if (sa_puts(out, ": ") < 0 || put_count(out, all_of(d)) < 0)
		return -1;
	return sa_puts(
	    out, d->delayed ? " not reached yet\r\n" : " not reached\r\n");
}

static int
put_header(const struct dsn *d, stralloc *out)
{
	const struct dsn_job *j = d->job;

	if (sa_puts(out, "From: Mail delivery <postmaster@") < 0 ||
	    sa_put(out, j->node.s, j->node.len) < 0 ||
	    sa_puts(out, ">\r\nTo: ") < 0 || mime_address(out, j->to) < 0 ||
	    sa_puts(out, "\r\n") < 0 || put_subject(d, out) < 0 ||
	    put_date(out, "Date: ", j->now_us) < 0 ||
	    sa_puts(out, "Message-ID: <") < 0 ||
	    sa_put(out, j->report.s, j->report.len) < 0 ||
	    sa_put(out, "@", 1) < 0 || sa_put(out, j->node.s, j->node.len) < 0)
		return -1;
	if (sa_puts(out,
		">\r\n"
		"Auto-Submitted: auto-replied\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/report; "
		"report-type=delivery-status;\r\n\tboundary=\"") < 0 ||
	    mime_boundary(out, j->report) < 0)
		return -1;
	return sa_puts(out,
	    "\"\r\n\r\n"
	    "This is a delivery report in MIME format.\r\n");
}

static int
put_what_failed(const struct dsn *d, stralloc *text)
{
	const struct dsn_job *j = d->job;
	char date[CLOCK_RFC5322_MAX];
	size_t n = clock_rfc5322(date, j->arrived_us);

	if (sa_puts(text, "This is the list server at ") < 0 ||
	    sa_put(text, j->node.s, j->node.len) < 0 ||
	    sa_puts(text, ".\n\n") < 0 ||
	    sa_puts(text,
		j->list.len > 0 ? "A posting to the list "
				: "A message from ") < 0)
		return -1;
	if (put_people_address(text, j->list.len > 0 ? j->list : j->to) < 0 ||
	    sa_puts(text, "\nthat came in on ") < 0 ||
	    sa_put(text, date, n) < 0 || sa_puts(text, " (job ") < 0 ||
	    sa_put(text, j->job.s, j->job.len) < 0 ||
	    sa_puts(text, ")\ncould not be delivered ") < 0 ||
	    sa_puts(text, d->delayed ? "yet to " : "to ") < 0 ||
	    put_count(text, all_of(d)) < 0)
		return -1;
	return sa_puts(text, ":\n\n");
}

static int
put_rest(const struct dsn *d, stralloc *text)
{
	uint64_t all = all_of(d);

	if (all <= DSN_RCPT_MAX)
		return 0;
	if (sa_puts(text, "\n  and ") < 0 ||
	    put_count(text, all - DSN_RCPT_MAX) < 0)
		return -1;
	return sa_puts(text, " more that this report does not list.\n");
}

static int
put_time(stralloc *text, const char *before, uint64_t us)
{
	char date[CLOCK_RFC5322_MAX];
	size_t n = clock_rfc5322(date, us);

	return sa_puts(text, before) < 0 ? -1 : sa_put(text, date, n);
}

/* A warning: nobody has to do anything. */
static int
put_outlook(const struct dsn *d, stralloc *text)
{
	const struct dsn_job *j = d->job;

	if (sa_puts(text,
		"\nThis is only a warning. You need not send the message "
		"again: the server\ngoes on trying, next ") < 0 ||
	    (j->next_us > 0 ? put_time(text, "on ", j->next_us)
			    : sa_puts(text, "as soon as it can")) < 0 ||
	    put_time(text, ".\nWhoever was not reached on ", j->until_us) < 0)
		return -1;
	return sa_puts(text,
	    " is given up,\nand you are told.\n"
	    "\nAll other recipients have it, or you were told of them.\n"
	    "The maintainers of the server find more under the job named "
	    "above.\n");
}

/* Nobody else was asked: the server itself would not have it. */
static int
put_appeal(const struct dsn *d, stralloc *text)
{
	const struct dsn_job *j = d->job;

	if (sa_puts(text,
		"\nThis server did not accept the message and gave it to "
		"nobody. "
		"Sending it again\ndoes not help. If this is a mistake, write "
		"to the people who run the server,\npostmaster@") < 0 ||
	    sa_put(text, j->node.s, j->node.len) < 0 ||
	    sa_puts(text, ", and name the job ") < 0 ||
	    sa_put(text, j->job.s, j->job.len) < 0)
		return -1;
	return sa_puts(text, ".\n");
}

static int
put_advice(const struct dsn *d, stralloc *text)
{
	if (d->delayed > 0)
		return put_outlook(d, text);
	if (d->rejected > 0)
		return put_appeal(d, text);
	if (d->failed > 0 &&
	    (sa_puts(text, "\nRefused (") < 0 ||
		put_count(text, d->failed) < 0 ||
		sa_puts(text,
		    "): their host will not take the message, and\n"
		    "it is not tried again. ") < 0 ||
		sa_puts(text,
		    d->job->list.len > 0
			? "Correct such an address or remove it\n"
			  "from the list, unless the reason is the message"
			  " itself.\n"
			: "Check the address, and send the message\n"
			  "again if it was wrong.\n") < 0))
		return -1;
	if (d->expired > 0 &&
	    (sa_puts(text, "\nGiven up (") < 0 ||
		put_count(text, d->expired) < 0 ||
		sa_puts(text,
		    "): their host could not take the message in\n"
		    "all the time it was tried. The address may be "
		    "good; send the message again\n"
		    "if it still matters.\n") < 0))
		return -1;
	return sa_puts(text,
	    "\nAll other recipients have it or are still "
	    "being tried.\nThe maintainers of the server "
	    "find more under the job named above.\n");
}

static int
put_text_part(const struct dsn *d, stralloc *out)
{
	stralloc text = {0};
	int r = -1;

	if (put_what_failed(d, &text) == 0 &&
	    sa_put(&text, d->people.s, d->people.len) == 0 &&
	    put_rest(d, &text) == 0 && put_advice(d, &text) == 0)
		r = mime_part(
		    out, "text/plain", (struct bytes){text.s, text.len});
	sa_free(&text);
	return r;
}

/* Per-message fields, RFC 3464 section 2.2, and those of the recipients. */
static int
put_status_part(const struct dsn *d, stralloc *out)
{
	const struct dsn_job *j = d->job;

	if (sa_puts(out,
		"Content-Type: message/delivery-status\r\n\r\n"
		"Reporting-MTA: dns; ") < 0 ||
	    sa_put(out, j->node.s, j->node.len) < 0 ||
	    sa_puts(out, "\r\nOriginal-Envelope-Id: ") < 0 ||
	    sa_put(out, j->job.s, j->job.len) < 0 || sa_puts(out, "\r\n") < 0 ||
	    put_date(out, "Arrival-Date: ", j->arrived_us) < 0 ||
	    sa_puts(out, "\r\n") < 0)
		return -1;
	return sa_put(out, d->status.s, d->status.len);
}

static int
job_ok(const struct dsn *d)
{
	const struct dsn_job *j = d->job;

	return mime_name_ok(j->node) && mime_name_ok(j->job) &&
	    mime_name_ok(j->report) && all_of(d) > 0;
}

int
dsn_end(const struct dsn *d, stralloc *out, struct bytes header)
{
	struct bytes report = d->job->report;
	size_t start = out->len;

	if (!job_ok(d)) {
		errno = EINVAL;
		return -1;
	}
	if (put_header(d, out) < 0 || mime_delimiter(out, report, 0) < 0 ||
	    put_text_part(d, out) < 0 || mime_delimiter(out, report, 0) < 0 ||
	    put_status_part(d, out) < 0 || mime_delimiter(out, report, 0) < 0 ||
	    mime_part(out, "text/rfc822-headers",
		mime_head_of(header, DSN_HEADER_MAX)) < 0 ||
	    mime_delimiter(out, report, 1) < 0) {
		out->len = start;
		return -1;
	}
	return 0;
}
