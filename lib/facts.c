#include "lib/facts.h"

#include <string.h>

#include "lib/mimetype.h"

static int
same(struct bytes a, struct bytes b)
{
	return a.len == b.len && case_diffb(a.s, a.len, b.s) == 0;
}

static enum auto_submitted
auto_class(struct bytes value)
{
	struct bytes t = field_token(&value);

	if (bytes_same(t, "no"))
		return AUTO_NO;
	if (bytes_same(t, "auto-generated"))
		return AUTO_GENERATED;
	if (bytes_same(t, "auto-replied"))
		return AUTO_REPLIED;
	return AUTO_OTHER;
}

static int
is_report(struct bytes value)
{
	struct mimetype m;

	mimetype_parse(&m, value);
	return bytes_same(m.type, "multipart") &&
	    bytes_same(m.subtype, "report");
}

static int
add_line(stralloc *lines, struct bytes value)
{
	if (field_unfold(lines, value) < 0)
		return -1;
	return sa_put(lines, "\n", 1);
}

/* The fields of which the first that is not blank is kept. */
static struct bytes *
kept(struct header_facts *f, const struct field *field)
{
	if (field_is(field, "Message-ID"))
		return &f->message_id;
	if (field_is(field, "From"))
		return &f->from;
	if (field_is(field, "Sender"))
		return &f->sender;
	if (field_is(field, "Reply-To"))
		return &f->reply_to;
	if (field_is(field, "Date"))
		return &f->date;
	if (field_is(field, "Subject"))
		return &f->subject;
	if (field_is(field, "Return-Path"))
		return &f->return_path;
	if (field_is(field, "Precedence"))
		return &f->precedence;
	return NULL;
}

static int
take(struct header_facts *f, const struct field *field)
{
	struct bytes *to = kept(f, field), v;
	enum auto_submitted a;

	if (to) {
		v = field_trim(field->value);
		if (!to->s && v.len > 0)
			*to = v;
	} else if (field_is(field, "Received")) {
		f->received++;
	} else if (field_is(field, "Auto-Submitted")) {
		a = auto_class(field->value);
		if (a > f->auto_submitted)
			f->auto_submitted = a;
	} else if (field_is(field, "Content-Type")) {
		f->report |= is_report(field->value);
	} else if (field_is(field, "List-Id")) {
		return add_line(&f->list_ids, field->value);
	} else if (field_is(field, "X-LSV-Trace")) {
		return add_line(&f->traces, field->value);
	} else if (field_is(field, "Delivered-To")) {
		return add_line(&f->delivered, field->value);
	}
	return 0;
}

int
header_facts(struct header_facts *f, const struct header *h)
{
	stralloc list_ids = f->list_ids, traces = f->traces;
	stralloc delivered = f->delivered;
	struct field field = {0};

	list_ids.len = traces.len = delivered.len = 0;
	*f = (struct header_facts){
	    .list_ids = list_ids, .traces = traces, .delivered = delivered};
	while (header_next(h, &field))
		if (take(f, &field) < 0)
			return -1;
	return 0;
}

void
header_facts_free(struct header_facts *f)
{
	sa_free(&f->list_ids);
	sa_free(&f->traces);
	sa_free(&f->delivered);
	*f = (struct header_facts){0};
}

/* Walks over the lines of a stralloc, each ended by LF. */
static int
next_line(const stralloc *lines, size_t *at, struct bytes *line)
{
	if (*at >= lines->len)
		return 0;
	line->s = lines->s + *at;
	line->len = byte_chr(line->s, lines->len - *at, '\n');
	*at += line->len + 1;
	return 1;
}

/* What stands between the last '<' and the '>' behind it, or all of it. */
static struct bytes
bracketed(struct bytes v)
{
	size_t open = byte_rchr(v.s, v.len, '<'), n;

	if (open == v.len)
		return v;
	v.s += open + 1;
	v.len -= open + 1;
	n = byte_chr(v.s, v.len, '>');
	return field_trim((struct bytes){v.s, n});
}

int
facts_list_id(const struct header_facts *f, struct bytes id)
{
	struct bytes line;
	size_t at = 0;

	while (next_line(&f->list_ids, &at, &line))
		if (same(bracketed(line), id))
			return 1;
	return 0;
}

int
facts_trace(const struct header_facts *f, struct bytes address)
{
	struct bytes line;
	size_t at = 0;

	while (next_line(&f->traces, &at, &line)) {
		line.len = byte_chr(line.s, line.len, ' ');
		if (same(line, address))
			return 1;
	}
	return 0;
}

unsigned
facts_trace_count(const struct header_facts *f)
{
	struct bytes line;
	unsigned n = 0;
	size_t at = 0;

	while (next_line(&f->traces, &at, &line))
		n++;
	return n;
}

unsigned
facts_delivered(const struct header_facts *f, struct bytes address)
{
	struct bytes line;
	unsigned n = 0;
	size_t at = 0;

	while (next_line(&f->delivered, &at, &line))
		n += same(bracketed(line), address) != 0;
	return n;
}
