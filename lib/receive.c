#include "lib/receive.h"

#include <string.h>

#include "lib/addr.h"

int
receive_put(struct receive_answer *no, enum receive_kind kind,
    const char *const *part, size_t n)
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++)
		for (const char *s = part[i]; *s && len < RECEIVE_TEXT; s++)
			no->text[len++] = *s < ' ' || *s > '~' ? '?' : *s;
	no->text[len] = 0;
	no->kind = kind;
	return -1;
}

static int
no_memory(struct receive_answer *no)
{
	return receive_no(no, RECEIVE_AGAIN, "4.3.0 out of memory");
}

static int
clean(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 127)
			return 0;
	return len <= RECEIVE_PATH_MAX;
}

/* The recipient with its domain; one without is at NODE. */
static int
complete(struct receive_to *a, const char *rcpt, size_t len,
    const struct site *site, struct receive_answer *no)
{
	const char *domain;

	if (len == 0 || !clean(rcpt, len))
		return receive_no(no, RECEIVE_BAD, "5.1.3 this is no address");
	a->local = addr_at(rcpt, len);
	a->to.len = 0;
	if (sa_put(&a->to, rcpt, len) < 0 ||
	    (a->local == len &&
		(sa_puts(&a->to, "@") < 0 ||
		    sa_puts(&a->to, site->node) < 0)) ||
	    sa_0(&a->to) < 0)
		return no_memory(no);
	domain = a->to.s + a->local + 1;
	if (!site_serves(site, bytes_z(domain)))
		return receive_no(
		    no, RECEIVE_BAD, "5.1.2 ", domain, " is not served here");
	return 0;
}

int
receive_address(struct receive_to *a, const char *rcpt, size_t len,
    const struct site *site, struct receive_answer *no)
{
	struct listtab_address what;
	int r;

	if (complete(a, rcpt, len, site, no) < 0)
		return -1;
	r = listtab_classify(&what, &a->detail, a->to.s, a->local);
	if (r < 0)
		return no_memory(no);
	if (r == 0)
		return receive_no(
		    no, RECEIVE_BAD, "5.1.1 no such address here: ", a->to.s);
	a->class = what.class;
	a->form = what.form;
	a->max = site->sizelim;
	a->max_lines = 0;
	memcpy(a->list, what.list, sizeof what.list);
	return 0;
}

int
receive_list(struct receive_to *a, const struct table *lists,
    const struct site *site, struct receive_answer *no)
{
	struct listtab list = {0};
	int found = listtab_lookup(&list, lists, a->list, strlen(a->list));

	if (found < 0)
		return receive_no(no, RECEIVE_AGAIN,
		    "4.3.5 the table of lists is damaged: ", lists->path);
	if (found == 0)
		return receive_no(
		    no, RECEIVE_BAD, "5.1.1 no list named ", a->list, " here");
	if (a->class != CLASS_POST)
		return 0;
	if (list.send == LISTTAB_CLOSED)
		return receive_no(no, RECEIVE_POLICY, "5.7.1 list ", a->list,
		    " is closed: nobody may post to it");
	if (list.bytes && list.bytes < a->max)
		a->max = list.bytes;
	a->max_lines = list.bytes || list.lines ? list.lines : site->filemaxl;
	return 0;
}

int
receive_sender(
    stralloc *out, const char *s, size_t len, struct receive_answer *no)
{
	static const char daemon[] = "mailer-daemon";

	out->len = 0;
	if (len >= 2 && s[0] == '<' && s[len - 1] == '>') {
		s++;
		len -= 2;
	}
	if (!clean(s, len))
		return receive_no(
		    no, RECEIVE_BAD, "5.1.7 the sender is no address");
	if (bytes_same((struct bytes){s, addr_at(s, len)}, daemon))
		return 0;
	return sa_put(out, s, len) < 0 ? no_memory(no) : 0;
}

void
receive_free(struct receive_to *a)
{
	sa_free(&a->to);
	sa_free(&a->detail);
	*a = (struct receive_to){0};
}
