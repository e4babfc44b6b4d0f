/* Any bytes as a message that goes to a list or is answered.  What comes out
 * is a header in wire form, with our fields once and those received in order;
 * the answer and the report about it are ASCII in short lines.  The first byte
 * chooses where replies go. */
#include <errno.h>
#include <stdint.h>

#include "lib/dsn.h"
#include "lib/facts.h"
#include "lib/posting.h"
#include "lib/reply.h"
#include "tests/fuzz/fuzz.h"

#define ID "660da8a518800.9f02c4d1aa"

/* CRLF ends every line; no CR, LF or NUL besides. */
static void
must_be_wire(const stralloc *m)
{
	for (size_t i = 0; i < m->len; i++) {
		must(m->s[i] != 0);
		must(
		    m->s[i] != '\r' || (i + 1 < m->len && m->s[i + 1] == '\n'));
		must(m->s[i] != '\n' || (i > 0 && m->s[i - 1] == '\r'));
	}
	must(m->len > 1 && m->s[m->len - 1] == '\n');
}

static void
must_be_plain(const stralloc *m)
{
	size_t column = 0;

	must_be_wire(m);
	for (size_t i = 0; i < m->len; i++) {
		unsigned char c = (unsigned char)m->s[i];

		must(c < 127 &&
		    (c >= 32 || c == '\t' || c == '\r' || c == '\n'));
		column = c == '\n' ? 0 : column + 1;
		must(column <= 999); /* with the CR */
	}
}

/* The headers that lib/posting.h promises to write, and no other of theirs. */
static void
must_be_a_posting(const stralloc *out, const struct header *in)
{
	struct header_facts f = {0}, was = {0};
	struct header h;
	struct field field;

	must(header_facts(&was, in) == 0);
	if (header_parse(&h, out->s, out->len, NULL) == 0) {
		must(h.from == 0 && h.body == out->len);
		must(header_facts(&f, &h) == 0);
		must(!header_find(&h, "Return-Path", 0, &field));
		must(!header_find(&h, "List-Id", 1, &field));
		must(!header_find(&h, "Precedence", 1, &field));
		must(f.message_id.s && f.date.s);
		must(f.received == was.received + 1);
		must(facts_trace_count(&f) == facts_trace_count(&was) + 1);
		must(facts_list_id(&f, bytes_z("test-l.example.org")));
		must(facts_trace(&f, bytes_z("TEST-L@node.example.org")));
		must(!was.from.s == !f.from.s);
		header_facts_free(&f);
	} else {
		/* ours made it too large or too many */
		must(in->end + 2048 > HEADER_MAX / 2 ||
		    in->fields + 11 > HEADER_FIELDS_MAX);
	}
	header_facts_free(&was);
}

static void
post(const struct header *h, uint8_t how, stralloc *out)
{
	struct posting p = {.list = bytes_z("TEST-L"),
	    .host = bytes_z("example.org"),
	    .node = bytes_z("node.example.org"),
	    .title = bytes_z("A \"test\" of Gr\xc3\xbc\xc3\x9f"
			     "e"),
	    .id = bytes_z(ID),
	    .reply = (enum posting_reply)(how % 5),
	    .ignore = how / 5 % 2,
	    .reply_address = bytes_z("else@example.com")};

	if (posting_header(out, h, &p) < 0) {
		must(errno == EMSGSIZE && out->len == 0);
		return;
	}
	must_be_wire(out);
	must_be_a_posting(out, h);
}

static void
answer(const struct header *h, struct bytes text, stralloc *out)
{
	struct reply r = {.node = bytes_z("node.example.org"),
	    .id = bytes_z(ID),
	    .now_us = 1,
	    .to = bytes_z("joe@example.com"),
	    .subject = text,
	    .text = text,
	    .answers = h};

	out->len = 0;
	must(reply_message(out, &r) == 0);
	must_be_plain(out);
}

static void
report(const struct header *h, struct bytes text, stralloc *out)
{
	struct dsn_job j = {.node = bytes_z("node.example.org"),
	    .job = bytes_z(ID),
	    .report = bytes_z(ID ".r"),
	    .to = bytes_z("joe@example.com"),
	    .list = bytes_z("TEST-L@example.org"),
	    .arrived_us = 1,
	    .now_us = 2};
	struct dsn_rcpt r = {.rcpt = text,
	    .action = text.len % 2 ? DSN_FAILED : DSN_EXPIRED,
	    .status = text,
	    .host = text,
	    .code = (unsigned)text.len % 3,
	    .text = text,
	    .last_us = 3};
	struct dsn d;

	out->len = 0;
	dsn_begin(&d, &j);
	must(dsn_rcpt(&d, &r) == 0);
	must(dsn_end(&d, out,
		 (struct bytes){h->s + h->from, h->end - h->from}) == 0);
	dsn_free(&d);
	must_be_plain(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *)data;
	stralloc out = {0};
	struct bytes text;
	struct header h;

	if (size == 0 || header_parse(&h, s + 1, size - 1, NULL) < 0)
		return 0;
	text = (struct bytes){h.s + h.body, size - 1 - h.body};
	post(&h, data[0], &out);
	answer(&h, text, &out);
	report(&h, text, &out);
	sa_free(&out);
	return 0;
}
