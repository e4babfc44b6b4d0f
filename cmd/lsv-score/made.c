#include <errno.h>

#include "cmd/lsv-score/score.h"
#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/dsn.h"
#include "lib/reply.h"

enum { CONTACTS_MAX = 10, FORWARD_RCPTS_MAX = 100 };

/* --- whom to write to --------------------------------------------------- */

static int
contact(stralloc *out, const char *s, size_t len)
{
	if (sa_puts(out, "    ") < 0 || sa_put(out, s, len) < 0)
		return -1;
	return sa_puts(out, "\n");
}

static int
contact_owners(struct score *s, stralloc *out)
{
	struct bytes item;
	size_t at = 0;

	if (sa_puts(out, "The owners of the list will help you:\n\n") < 0)
		return -1;
	for (int n = 0;
	     n < CONTACTS_MAX && listhdr_next(&s->hdr.owners, &at, &item); n++)
		if (contact(out, item.s, item.len) < 0)
			return -1;
	return 0;
}

static int
contact_postmaster(struct score *s, stralloc *out)
{
	const struct site_person *p = s->site.postmaster;
	size_t shown = 0;

	if (SA_PUTS(out, "The postmaster of ", s->site.node,
		" will help you:\n\n") < 0)
		return -1;
	for (size_t i = 0; i < s->site.npostmaster && shown < CONTACTS_MAX;
	     i++) {
		if (p[i].hidden || p[i].quiet)
			continue;
		if (contact(out, p[i].address, strlen(p[i].address)) < 0)
			return -1;
		shown++;
	}
	return shown ? 0 : SA_PUTS(out, "    postmaster@", s->site.node, "\n");
}

/* Owners of a confidential list are not named to strangers. */
static int
contacts(struct score *s, const struct verdict_in *in, stralloc *out)
{
	int r = 0;

	if (in->list_known)
		r = list_header(s, in->list, NULL, NULL);
	if (r < 0)
		return -1;
	if (r == 1 && !s->hdr.confidential && s->hdr.owners.len)
		return contact_owners(s, out);
	return contact_postmaster(s, out);
}

/* --- the reply ---------------------------------------------------------- */

static int
number(stralloc *out, uint64_t n, const char *unit)
{
	return sa_addu(out, n) < 0 || sa_puts(out, unit) < 0 ? -1 : 0;
}

static int
text_size(const struct verdict_in *in, stralloc *out)
{
	if (sa_puts(out, "Your message has ") < 0 ||
	    number(out, in->size, " bytes in ") < 0 ||
	    number(out, in->lines, " lines; the list takes ") < 0)
		return -1;
	if (in->size > in->max)
		return number(out, in->max, " bytes.\n\n");
	return number(out, in->max_lines, " lines.\n\n");
}

static int
text_posting(struct score *s, const struct entry *e,
    const struct verdict_in *in, stralloc *out)
{
	if (sa_puts(out, "Your message to ") < 0 ||
	    sa_put(out, e->head.to.s, e->head.to.len) < 0 ||
	    SA_PUTS(out, " was not distributed: it is\n", "refused because ",
		verdict_rule_why(e->v.rule), ".\n\n") < 0)
		return -1;
	switch (e->v.rule) {
	case RULE_SIZE:
		return text_size(in, out);
	case RULE_SUBSCRIBERS_ONLY:
	case RULE_OWNERS_ONLY:
		if (s->author.len == 0)
			return sa_puts(out,
			    "It names no author that could be "
			    "looked up.\n\n");
		return SA_PUTS(out, "You wrote as ", s->author.s,
		    ".  If the list ",
		    "knows you under\nanother address, send it again from ",
		    "there.\n\n");
	default:
		return 0;
	}
}

static int
text_command(const struct entry *e, stralloc *out)
{
	if (sa_puts(out, "Your mail to ") < 0 ||
	    sa_put(out, e->head.to.s, e->head.to.len) < 0)
		return -1;
	return SA_PUTS(out, " was received, but nothing was done:\n",
	    verdict_rule_why(e->v.rule), ".\n\n");
}

static int
subject(const struct entry *e, stralloc *out)
{
	const char *what = e->head.class == CLASS_COMMAND
	    ? "Your mail to "
	    : "Not distributed: your message to ";

	if (sa_puts(out, what) < 0)
		return -1;
	return sa_put(out, e->head.to.s, e->head.to.len);
}

/* Who is counted, and who gets it: the sender in normal form. */
static int
recipient(struct score *s, struct entry *e)
{
	struct where w;

	s->sender.len = 0;
	if (addr_spec(&s->sender, e->head.from.s, e->head.from.len, ADDR_UTF8,
		&w) < 0)
		return 0;
	if (sa_put(&e->rcpts, s->sender.s, s->sender.len) < 0 ||
	    sa_puts(&e->rcpts, "\n") < 0 ||
	    sa_put(&e->who, s->sender.s, s->sender.len) < 0)
		return -1;
	case_lowerb(e->who.s, e->who.len);
	e->nrcpt = 1;
	return 1;
}

static int
reply_build(struct score *s, struct entry *e, stralloc *about, stralloc *text)
{
	char id[ID_NAME_MAX];
	struct reply r = {.node = bytes_z(s->site.node),
	    .now_us = id_time_us(e->name), /* the same again after a crash */
	    .to = {s->sender.s, s->sender.len},
	    .subject = {about->s, about->len},
	    .text = {text->s, text->len},
	    .answers = &s->m.header};

	id_part(id, e->name, 1);
	r.id = bytes_z(id);
	if (reply_message(&e->made, &r) == 0)
		return 1;
	return errno == EINVAL ? 0 : -1;
}

int
made_reply(struct score *s, struct entry *e, const struct verdict_in *in)
{
	stralloc about = {0}, text = {0};
	int r = recipient(s, e);

	if (r != 1)
		return r;
	e->pool = '-'; /* whatever its list says: backscatter goes there */
	r = -1;
	if (subject(e, &about) == 0 &&
	    (in->class == CLASS_COMMAND ? text_command(e, &text)
					: text_posting(s, e, in, &text)) == 0 &&
	    contacts(s, in, &text) == 0)
		r = reply_build(s, e, &about, &text);
	sa_free(&about);
	sa_free(&text);
	return r;
}

/* What the exit wrote is for the sender, as it is with LISTSERV; nothing is said
 * of an entry that decided: who sends spam would learn. */
static const char *
report_why(const struct entry *e)
{
	return e->v.rule == RULE_EXIT && e->answer.why[0]
	    ? e->answer.why
	    : verdict_rule_why(e->v.rule);
}

static int
report_build(struct score *s, struct entry *e, const char *id)
{
	const struct header *h = &s->m.header;
	struct dsn_job j = {.node = bytes_z(s->site.node),
	    .job = bytes_z(e->name),
	    .report = bytes_z(id),
	    .to = {s->sender.s, s->sender.len},
	    .arrived_us = e->head.created_us,
	    .now_us = id_time_us(e->name)}; /* the same again after a crash */
	struct dsn_rcpt rcpt = {.rcpt = e->head.to,
	    .action = DSN_REJECTED,
	    .text = bytes_z(report_why(e))};
	struct dsn d;
	int r;

	dsn_begin(&d, &j);
	r = dsn_rcpt(&d, &rcpt);
	if (r == 0)
		r = dsn_end(&d, &e->made,
		    (struct bytes){h->s + h->from, h->end - h->from});
	dsn_free(&d);
	return r == 0 ? 1 : errno == EINVAL ? 0 : -1;
}

int
made_report(struct score *s, struct entry *e)
{
	char id[ID_NAME_MAX];
	int r = recipient(s, e);

	if (r != 1)
		return r;
	e->pool = '-';
	id_part(id, e->name, 1);
	return report_build(s, e, id);
}

/* --- bounces ------------------------------------------------------------ */

static int
add(struct entry *e, const char *s, size_t len)
{
	size_t at = 0, n;

	for (; at < e->rcpts.len; at += n + 1) {
		n = byte_chr(e->rcpts.s + at, e->rcpts.len - at, '\n');
		if (addr_same(e->rcpts.s + at, n, s, len))
			return 0;
	}
	if (e->nrcpt == FORWARD_RCPTS_MAX)
		return 0;
	if (sa_put(&e->rcpts, s, len) < 0 || sa_puts(&e->rcpts, "\n") < 0)
		return -1;
	e->nrcpt++;
	return 0;
}

static int
add_all(struct entry *e, const stralloc *addresses)
{
	struct bytes item;
	size_t at = 0;

	while (listhdr_next(addresses, &at, &item))
		if (add(e, item.s, item.len) < 0)
			return -1;
	return 0;
}

static int
add_postmaster(struct score *s, struct entry *e)
{
	const struct site_person *p = s->site.postmaster;

	for (size_t i = 0; i < s->site.npostmaster; i++)
		if (!p[i].quiet &&
		    add(e, p[i].address, strlen(p[i].address)) < 0)
			return -1;
	return 0;
}

/* Errors-To= of the list; its owners that get routine mail by default. */
static int
add_errors_to(struct score *s, struct entry *e)
{
	const struct listhdr *h = &s->hdr;

	if (add_all(e, &h->errors_to) < 0 ||
	    ((h->errors & ERRORS_OWNERS) && add_all(e, &h->owners) < 0) ||
	    ((h->errors & ERRORS_POSTMASTER) && add_postmaster(s, e) < 0))
		return -1;
	if (h->pool_admin)
		e->pool = h->pool_admin;
	return 0;
}

static int
add_site(struct score *s, struct entry *e)
{
	for (size_t i = 0; i < s->site.nbounces_to; i++)
		if (add(e, s->site.bounces_to[i],
			strlen(s->site.bounces_to[i])) < 0)
			return -1;
	return e->nrcpt ? 0 : add_postmaster(s, e);
}

/* What goes before the message: that it has been here, so that it cannot come
 * round again and again. */
static int
trace(struct score *s, struct entry *e, const char *name)
{
	char date[CLOCK_RFC5322_MAX];

	clock_rfc5322(date, id_time_us(e->name));
	return SA_PUTS(&e->made, "Received: by ", s->site.node, " (lsv) id ",
	    e->name, ";\n\t", date, "\nX-LSV-Trace: owner-", name, "@",
	    s->site.node, " ", e->name, "\n");
}

int
made_forward(struct score *s, struct entry *e, int list_known)
{
	int r = 0;

	if (e->head.list.len
		? sa_put(&e->who, e->head.list.s, e->head.list.len) < 0
		: sa_puts(&e->who, "LISTSERV") < 0)
		return -1;
	e->pool = e->head.list.len ? s->site.pool_admin : '-';
	if (list_known)
		r = list_header(s, e->head.list, NULL, NULL);
	if (r < 0 || (r == 1 && add_errors_to(s, e) < 0) ||
	    (e->nrcpt == 0 && add_site(s, e) < 0) || sa_0(&e->who) < 0)
		return -1;
	return trace(s, e, e->who.s);
}
