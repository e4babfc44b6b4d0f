#include <errno.h>

#include "cmd/lsv-inject/inject.h"
#include "lib/addr.h"
#include "lib/listtab.h"
#include "lib/roots.h"
#include "lib/table.h"

/* With the domain and some room for what VERP makes of a subscriber. */
enum { PATH_LEN_MAX = 512 };

static int
clean(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 127)
			return 0;
	return len <= PATH_LEN_MAX;
}

static _Noreturn void
no_memory(void)
{
	ANSWER(EXIT_AGAIN, "4.3.0 out of memory");
}

static int
same(const char *s, size_t len, const char *z)
{
	return len == strlen(z) && case_diffb(s, len, z) == 0;
}

static int
our_domain(const struct site *site, const char *s, size_t len)
{
	if (same(s, len, site->node))
		return 1;
	for (size_t i = 0; i < site->nmydomain; i++)
		if (same(s, len, site->mydomain[i]))
			return 1;
	return 0;
}

/* The recipient with its domain; one without is at NODE. */
static void
complete(struct address *a, const char *rcpt, const struct site *site)
{
	size_t len = strlen(rcpt);
	const char *domain;

	if (len == 0 || !clean(rcpt, len))
		ANSWER(EXIT_BAD, "5.1.3 this is no address");
	a->local = addr_at(rcpt, len);
	if (sa_puts(&a->to, rcpt) < 0 ||
	    (a->local == len &&
		(sa_puts(&a->to, "@") < 0 ||
		    sa_puts(&a->to, site->node) < 0)) ||
	    sa_0(&a->to) < 0)
		no_memory();
	domain = a->to.s + a->local + 1;
	if (!our_domain(site, domain, strlen(domain)))
		ANSWER(EXIT_BAD, "5.1.2 ", domain, " is not served here");
}

static void
lookup(struct listtab *list, const char *name)
{
	struct table t = {0};
	stralloc path = {0};
	int found;

	if (root_path(&path, root_lib(), "lists/" LISTTAB_FILE) < 0)
		no_memory();
	if (table_open(&t, path.s) < 0)
		ANSWER(EXIT_AGAIN, "4.3.5 no table of lists: ", path.s, ": ",
		    strerror(errno));
	found = listtab_lookup(list, &t, name, strlen(name));
	if (found < 0)
		ANSWER(EXIT_AGAIN,
		    "4.3.5 the table of lists is damaged: ", path.s);
	if (found == 0)
		ANSWER(EXIT_BAD, "5.1.1 no list named ", name, " here");
	table_close(&t);
	sa_free(&path);
}

void
address_check(struct address *a, const char *rcpt, const struct site *site)
{
	struct listtab_address what;
	struct listtab list = {0};
	int r;

	complete(a, rcpt, site);
	r = listtab_classify(&what, &a->detail, a->to.s, a->local);
	if (r < 0)
		no_memory();
	if (r == 0)
		ANSWER(EXIT_BAD, "5.1.1 no such address here: ", a->to.s);
	a->class = what.class;
	a->form = what.form;
	a->max = site->sizelim;
	memcpy(a->list, what.list, sizeof what.list);
	if (a->list[0] == 0)
		return;
	lookup(&list, what.list);
	if (a->class != CLASS_POST)
		return;
	if (list.send == LISTTAB_CLOSED)
		ANSWER(EXIT_POLICY, "5.7.1 list ", a->list,
		    " is closed: nobody may post to it");
	if (list.bytes && list.bytes < a->max)
		a->max = list.bytes;
	a->max_lines = list.bytes || list.lines ? list.lines : site->filemaxl;
}

void
sender_check(stralloc *out, const char *s, size_t len)
{
	static const char daemon[] = "mailer-daemon";

	out->len = 0;
	if (len >= 2 && s[0] == '<' && s[len - 1] == '>') {
		s++;
		len -= 2;
	}
	if (!clean(s, len))
		ANSWER(EXIT_BAD, "5.1.7 the sender is no address");
	if (same(s, addr_at(s, len), daemon))
		return;
	if (sa_put(out, s, len) < 0)
		no_memory();
}
