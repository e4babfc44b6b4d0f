/* dsn.h - one delivery report for all that failed of a job, or for a message
 * that this server does not take, RFC 3464
 *
 * A multipart/report of three parts: a text for people, the
 * message/delivery-status for programs, and the beginning of the original
 * header as text/rfc822-headers.  Recipients come one by one; the first
 * DSN_RCPT_MAX are listed with all that is known, the others are only counted
 * in the text (their results are in the journals of the job).  The same calls
 * make the same bytes: there is no clock and no chance inside.  All of it is
 * ASCII in short lines ended by CRLF.
 *
 *	struct dsn d;
 *
 *	dsn_begin(&d, &job);
 *	while (...)
 *		dsn_rcpt(&d, &rcpt)
 *	dsn_end(&d, out, header)
 *	dsn_free(&d);
 */
#ifndef LSV_DSN_H
#define LSV_DSN_H

#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"

enum {
	DSN_RCPT_MAX = 1000,       /* recipients in detail */
	DSN_REPLY_MAX = 400,       /* bytes shown of what a host said */
	DSN_HEADER_MAX = 32 << 10, /* bytes attached of the original header */
};

/* struct dsn_job - what the report is about
 *
 * node    name of this server, mime_name_ok: Reporting-MTA, and its postmaster
 *         is the author
 * job     ID of the job: Original-Envelope-Id
 * report  ID of the report: its Message-ID and boundary; both IDs mime_name_ok
 *         and at most 52 bytes
 * to      envelope sender of the job, who gets the report; never empty
 * list    "LIST@host" when the job is a posting, else empty
 * arrived_us, now_us
 *         when the job came in and when the report is made, microseconds since
 *         1970
 * next_us, until_us
 *         in a report of a delay: when it is tried next, 0 as soon as possible;
 *         and when it will be given up
 */
struct dsn_job {
	struct bytes node, job, report, to, list;
	uint64_t arrived_us, now_us, next_us, until_us;
};

enum dsn_action {
	DSN_FAILED,   /* refused for good */
	DSN_EXPIRED,  /* given up after many tries */
	DSN_DELAYED,  /* still being tried: a report has only these, or none */
	DSN_REJECTED, /* refused by this server itself; likewise */
};

/* struct dsn_rcpt - what became of one recipient
 *
 * rcpt    its address; what of it fits on a line of MIME_LINE_MAX is shown
 * action  why it is in the report
 * status  enhanced status "5.1.1"; replaced by 5.0.0 (failed), 5.7.1
 *         (rejected), 4.4.7 (expired) or 4.0.0 (delayed) when it is not three
 *         numbers of that class
 * host    the host that answered, or that could not be reached; may be empty
 * code    its reply code; 0 when there was no reply
 * text    its reply's text, or what went wrong; may be empty
 * last_us when it was tried last; 0 when never
 */
struct dsn_rcpt {
	struct bytes rcpt;
	enum dsn_action action;
	struct bytes status, host;
	unsigned code;
	struct bytes text;
	uint64_t last_us;
};

/* struct dsn - a report being made
 *
 * job     as given to dsn_begin
 * people, status
 *         the recipients so far, for the first and the second part
 * failed, expired, delayed, rejected
 *         how many there were
 */
struct dsn {
	const struct dsn_job *job;
	stralloc people, status;
	uint64_t failed, expired, delayed, rejected;
};

/* dsn_begin - start a report
 *
 * job     must live until dsn_end
 */
void dsn_begin(struct dsn *d, const struct dsn_job *job);

/* dsn_rcpt - add a recipient
 *
 * r       foreign bytes in it do no harm: they are encoded (the address, as
 *         RFC 6533 section 3 says) or replaced by '?'
 * Returns 0; -1 with errno ENOMEM: it is not added
 */
int dsn_rcpt(struct dsn *d, const struct dsn_rcpt *r);

/* dsn_end - the whole message
 *
 * out     appended; unchanged on failure
 * header  the fields of the original message, or empty; whole lines up to
 *         DSN_HEADER_MAX are attached
 * Returns 0; -1 with errno ENOMEM, or EINVAL for a name, ID or address of the
 *         job that is none, or when there is no recipient
 */
int dsn_end(const struct dsn *d, stralloc *out, struct bytes header);

/* dsn_free - release the memory; d may begin again */
void dsn_free(struct dsn *d);

#endif
