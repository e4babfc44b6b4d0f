#include "lib/listitem.h"

#include "lib/addrlist.h"
#include "lib/filter.h"
#include "lib/forward.h"
#include "lib/num.h"
#include "lib/suboptions.h"

/* Takes one value of a keyword: 0; 1 when it is only kept; -1 with p->w set. */
typedef int item_fn(struct listitem *p, struct bytes v);

static int
no_memory(struct listitem *p)
{
	return listitem_bad(p, "out of memory");
}

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct bytes
listitem_trim(struct bytes v)
{
	while (v.len && is_blank(v.s[0])) {
		v.s++;
		v.len--;
	}
	while (v.len && is_blank(v.s[v.len - 1]))
		v.len--;
	return v;
}

/* Owner(list), (list), Service and so on: people we do not know the names of. */
static int
is_level(struct bytes v)
{
	size_t i;

	if (bytes_same(v, "owner") || bytes_same(v, "owners") ||
	    bytes_same(v, "postmaster") || bytes_same(v, "service") ||
	    bytes_same(v, "private") || bytes_same(v, "public"))
		return 1;
	for (i = 0; i < v.len && v.s[i] != '('; i++)
		if (v.s[i] == '@' || is_blank(v.s[i]))
			return 0;
	return i < v.len && v.s[v.len - 1] == ')';
}

/* Appends an address in normal form and a NUL. */
static int
put_address(struct listitem *p, stralloc *to, struct bytes v)
{
	stralloc addr = {0}, name = {0};
	struct where why = {0, NULL};
	int r;

	r = addr_line(&addr, &name, v.s, v.len, 0, &why);
	if (r < 0)
		listitem_bad(p, why.why);
	else if (memchr(name.s ? name.s : "", '@', name.len))
		r = listitem_bad(p, "addresses are separated by commas");
	else if (sa_put(to, addr.s, addr.len) < 0 || sa_put(to, "\0", 1) < 0)
		r = no_memory(p);
	sa_free(&addr);
	sa_free(&name);
	return r;
}

static int
item_owner(struct listitem *p, struct bytes v)
{
	static const char quiet[] = "quiet:";
	const size_t n = sizeof quiet - 1;

	while (bytes_starts(v, quiet)) {
		p->quiet = 1;
		v = listitem_trim((struct bytes){v.s + n, v.len - n});
	}
	if (v.len == 0)
		return 0;
	if (is_level(v))
		return 1;
	return put_address(
	    p, p->quiet ? &p->h->quiet_owners : &p->h->owners, v);
}

static int
item_reply(struct listitem *p, struct bytes v)
{
	static const struct {
		const char *word;
		enum listhdr_reply reply;
	} known[] = {{"list", REPLY_LIST}, {"sender", REPLY_SENDER},
	    {"both", REPLY_BOTH}, {"none", REPLY_NONE}};
	size_t i;

	if (bytes_same(v, "respect") || bytes_same(v, "ignore")) {
		p->h->reply_ignore = bytes_same(v, "ignore");
		return 0;
	}
	if (p->replied++)
		return listitem_bad(
		    p, "Reply-To= has more than one destination");
	for (i = 0; i < sizeof known / sizeof *known; i++) {
		if (bytes_same(v, known[i].word)) {
			p->h->reply = known[i].reply;
			return 0;
		}
	}
	p->h->reply = REPLY_ADDRESS;
	if (v.len > 2 && v.s[0] == '"' && v.s[v.len - 1] == '"') {
		v.s++; /* LISTSERV wants an address in quotes here */
		v.len -= 2;
	}
	if (!memchr(v.s, '@', v.len))
		return listitem_bad(p,
		    "Reply-To= is List, Sender, Both, None or an "
		    "address, and Respect or Ignore");
	if (put_address(p, &p->h->reply_address, v) < 0)
		return -1;
	p->h->reply_address.len--; /* one address needs no NUL */
	return 0;
}

static int
item_errors(struct listitem *p, struct bytes v)
{
	if (bytes_same(v, "owner") || bytes_same(v, "owners")) {
		p->h->errors |= ERRORS_OWNERS;
		return 0;
	}
	if (bytes_same(v, "postmaster")) {
		p->h->errors |= ERRORS_POSTMASTER;
		return 0;
	}
	/* errors cannot be thrown away: the default comes back */
	if (bytes_same(v, "no") || bytes_same(v, "none") || is_level(v))
		return 1;
	return put_address(p, &p->h->errors_to, v);
}

static int
item_sizelim(struct listitem *p, struct bytes v)
{
	int plain = v.len && v.s[v.len - 1] >= '0' && v.s[v.len - 1] <= '9';
	uint64_t n;

	if (p->sized++)
		return listitem_bad(p, "Sizelim= is given twice");
	if (num_bytes(&n, v.s, v.len) < 0 || n == 0)
		return listitem_bad(
		    p, "Sizelim= is a number of lines, nK or nM");
	*(plain ? &p->h->lines : &p->h->bytes) = n;
	return 0;
}

static int
item_pool(struct listitem *p, struct bytes v)
{
	char c = v.s[0];

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 32);
	if (v.len != 1 || (c != '-' && (c < 'A' || c > 'Z')))
		return listitem_bad(
		    p, "Delivery-Pool= is x or x,y, each A to Z or -");
	if (p->pools == 2)
		return listitem_bad(
		    p, "Delivery-Pool= has more than two pools");
	if (p->pools++ == 0)
		p->h->pool = c;
	p->h->pool_admin = c;
	return 0;
}

/* [name-info@]host-info: only a host that is spelled out changes anything, as
 * every list has one name here and NODE is what FQDN means. */
static int
item_address(struct listitem *p, struct bytes v)
{
	size_t at = byte_chr(v.s, v.len, '@');
	struct bytes host = v;
	struct where w;

	if (at < v.len) {
		host.s += at + 1;
		host.len -= at + 1;
	} else if (byte_chr(v.s, v.len, '.') == v.len) {
		return 1;
	}
	if (bytes_same(host, "fqdn") || bytes_same(host, "nje"))
		return 1;
	if (forward_name(host.s, host.len, &w) < 0)
		return listitem_bad(
		    p, "List-Address= has no full name of a host");
	p->h->host.len = 0;
	return sa_put(&p->h->host, host.s, host.len) < 0 ? -1 : 0;
}

static int
item_send(struct listitem *p, struct bytes v)
{
	if (bytes_same(v, "public")) {
		p->send |= SEND_PUBLIC;
	} else if (bytes_same(v, "private")) {
		p->send |= SEND_PRIVATE;
	} else if (bytes_same(v, "owner") || bytes_same(v, "owners")) {
		p->send |= SEND_OWNER;
	} else if (bytes_same(v, "closed")) {
		p->send |= SEND_CLOSED;
	} else if (bytes_same(v, "confirm")) {
		p->h->send_confirm = 1;
		return 1;
	} else if (bytes_same(v, "non-member") || bytes_same(v, "all") ||
	    bytes_same(v, "hold") || bytes_same(v, "nomime")) {
		return 1;
	} else if (bytes_same(v, "editor") || bytes_same(v, "semi-moderated") ||
	    is_level(v) || memchr(v.s, '@', v.len)) {
		p->send |= SEND_OTHER;
		return 1;
	} else {
		return listitem_bad(
		    p, "Send= has a word that it does not know");
	}
	return 0;
}

static int
item_subscription(struct listitem *p, struct bytes v)
{
	if (bytes_same(v, "by_owner"))
		p->h->subscription = SUBSCRIPTION_BY_OWNER;
	else if (bytes_same(v, "open"))
		p->h->subscription = SUBSCRIPTION_OPEN;
	else if (bytes_same(v, "closed"))
		p->h->subscription = SUBSCRIPTION_CLOSED;
	else if (bytes_same(v, "confirm"))
		p->h->subscription_confirm = 1;
	else
		return listitem_bad(p,
		    "Subscription= is By_Owner, Open or Closed, and Confirm");
	return 0;
}

static int
item_confidential(struct listitem *p, struct bytes v)
{
	if (!bytes_same(v, "yes") && !bytes_same(v, "no") &&
	    !bytes_same(v, "service"))
		return listitem_bad(p, "Confidential= is No, Yes or Service");
	p->h->confidential = !bytes_same(v, "no");
	return 0;
}

static int
item_review(struct listitem *p, struct bytes v)
{
	enum listhdr_review one = REVIEW_OWNER, *r = &p->h->review;
	int kept = 0;

	if (bytes_same(v, "public"))
		one = REVIEW_PUBLIC;
	else if (bytes_same(v, "private"))
		one = REVIEW_PRIVATE;
	else if (bytes_same(v, "postmaster"))
		one = REVIEW_POSTMASTER;
	else if (is_level(v) || bytes_same(v, "service"))
		kept = 1; /* not more than owners, then */
	else if (!bytes_same(v, "owner") && !bytes_same(v, "owners"))
		return listitem_bad(
		    p, "Review= is Public, Private, Owner or Postmaster");
	if (*r == REVIEW_DEFAULT || one < *r)
		*r = one;
	return kept;
}

static int
item_validate(struct listitem *p, struct bytes v)
{
	if (bytes_same(v, "no"))
		p->h->validate = VALIDATE_NO;
	else if (bytes_same(v, "yes"))
		p->h->validate = VALIDATE_YES;
	else if (bytes_same(v, "all"))
		p->h->validate = VALIDATE_ALL;
	else if (!bytes_same(v, "confirm") && !bytes_same(v, "nopw"))
		return listitem_bad(
		    p, "Validate= is No, Yes or All, Confirm and NoPW");
	return 0;
}

static int
item_options(struct listitem *p, struct bytes v)
{
	return !suboptions_set(&p->h->options, v.s, v.len);
}

static int
item_misc(struct listitem *p, struct bytes v)
{
	if (bytes_same(v, "verp"))
		p->h->verp = 1;
	else if (bytes_same(v, "no_spam_check"))
		p->h->no_spam_check = 1;
	else
		return 1;
	return 0;
}

static int
item_loopcheck(struct listitem *p, struct bytes v)
{
	const char *why;
	int r = loopcheck_word(&p->h->loop, v.s, v.len, &why);

	return r < 0 ? listitem_bad(p, why) : r;
}

/* The first word says how; Allow begins the patterns of those who may. */
static int
item_filter(struct listitem *p, struct bytes v)
{
	static const char *const how[] = {
	    [FILTER_ONLY] = "only",
	    [FILTER_ALSO] = "also",
	    [FILTER_SAFE] = "safe",
	};
	struct listhdr *h = p->h;
	stralloc *to = p->allow ? &h->filter_allow : &h->filter_deny;
	struct where why;

	for (unsigned i = FILTER_ONLY;
	     h->filter == FILTER_NONE && i <= FILTER_SAFE; i++)
		if (bytes_same(v, how[i])) {
			h->filter = (enum listhdr_filter)i;
			return 0;
		}
	if (h->filter == FILTER_NONE)
		return listitem_bad(
		    p, "Filter= begins with Only, Also or Safe");
	if (bytes_same(v, "allow")) {
		p->allow = 1;
		return 0;
	}
	if (filter_pattern(v.s, v.len, &why) < 0)
		return listitem_bad(p, why.why);
	if (sa_put(to, v.s, v.len) < 0 || sa_put(to, "\0", 1) < 0)
		return no_memory(p);
	return 0;
}

static int
item_safe(struct listitem *p, struct bytes v)
{
	if (!bytes_same(v, "yes") && !bytes_same(v, "no"))
		return listitem_bad(p, "Safe= is Yes or No");
	p->h->unsafe = bytes_same(v, "no");
	return 0;
}

static int
item_via(struct listitem *p, struct bytes v)
{
	static const char *const relayed[] = {"distribute", "dist2"};

	if (bytes_among(v, relayed, 2))
		p->h->via = VIA_DISTRIBUTE;
	else if (bytes_same(v, "direct"))
		p->h->via = VIA_DIRECT;
	else
		return 1; /* headers of before are not refused for it */
	return 0;
}

/* Every keyword known, sorted; those without a function are only kept. */
static const struct keyword {
	const char *name;
	item_fn *item;
} keywords[] = {
    {"ACK", NULL},
    {"ATTACHMENTS", NULL},
    {"AUTO-DELETE", NULL},
    {"CATEGORIES", NULL},
    {"CHANGE-LOG", NULL},
    {"CONFIDENTIAL", item_confidential},
    {"CONFIRM-DELAY", NULL},
    {"DAILY-THRESHOLD", NULL},
    {"DEFAULT-OPTIONS", item_options},
    {"DEFAULT-TOPICS", NULL},
    {"DELIVERY-POOL", item_pool},
    {"DIGEST", NULL},
    {"EDITOR", NULL},
    {"EDITOR-HEADER", NULL},
    {"ERRORS-TO", item_errors},
    {"EXIT", NULL},
    {"FILES", NULL},
    {"FILTER", item_filter},
    {"INTERNET-VIA", NULL},
    {"LANGUAGE", NULL},
    {"LIMITS", NULL},
    {"LIST-ADDRESS", item_address},
    {"LIST-ID", NULL},
    {"LOCAL", NULL},
    {"LONG-LINES", NULL},
    {"LOOPCHECK", item_loopcheck},
    {"MAIL-MERGE", NULL},
    {"MAIL-VIA", item_via},
    {"MISC-OPTIONS", item_misc},
    {"MODERATOR", NULL},
    {"NEW-LIST", NULL},
    {"NEWSGROUPS", NULL},
    {"NJE-VIA", NULL},
    {"NODE", NULL},
    {"NOTEBOOK", NULL},
    {"NOTEBOOK-HEADER", NULL},
    {"NOTIFY", NULL},
    {"OWNER", item_owner},
    {"PEERS", NULL},
    {"PRIME", NULL},
    {"PW", NULL},
    {"RENEWAL", NULL},
    {"REPLY-TO", item_reply},
    {"REVIEW", item_review},
    {"SAFE", item_safe},
    {"SEND", item_send},
    {"SENDER", NULL},
    {"SERVICE", NULL},
    {"SIZELIM", item_sizelim},
    {"STATS", NULL},
    {"SUB-LISTS", NULL},
    {"SUBJECT-TAG", NULL},
    {"SUBSCRIPTION", item_subscription},
    {"TOPICS", NULL},
    {"TRANSLATE", NULL},
    {"VALIDATE", item_validate},
    {"X-TAGS", NULL},
};
enum { KEYWORDS = sizeof keywords / sizeof *keywords };

static const struct keyword *
find(struct bytes name)
{
	size_t i;

	for (i = 0; i < KEYWORDS; i++)
		if (bytes_same(name, keywords[i].name))
			return &keywords[i];
	return NULL;
}

int
listitem_known(struct bytes name)
{
	return find(name) != NULL;
}

/* "line 3: " name "= " item " " what */
static int
note(struct listitem *p, struct bytes name, struct bytes item, const char *what)
{
	stralloc *n = &p->h->notes;

	if (sa_puts(n, "line ") < 0 || sa_addu(n, p->line) < 0 ||
	    sa_puts(n, ": ") < 0 || sa_put(n, name.s, name.len) < 0 ||
	    sa_puts(n, "= ") < 0 || sa_put(n, item.s, item.len) < 0 ||
	    (item.len && sa_puts(n, " ") < 0) || sa_puts(n, what) < 0 ||
	    sa_puts(n, "\n") < 0)
		return no_memory(p);
	return 0;
}

/* The length of the first item of a list, up to a comma that is not within
 * quotes or parentheses. */
static size_t
item_length(struct bytes v)
{
	size_t i, depth = 0;
	int quoted = 0;

	for (i = 0; i < v.len; i++) {
		if (quoted && v.s[i] == '\\')
			i++;
		else if (v.s[i] == '"')
			quoted = !quoted;
		else if (!quoted && v.s[i] == '(')
			depth++;
		else if (!quoted && v.s[i] == ')' && depth)
			depth--;
		else if (!quoted && depth == 0 && v.s[i] == ',')
			return i;
	}
	return v.len;
}

static int
take_items(
    struct listitem *p, struct bytes name, struct bytes value, item_fn *item)
{
	struct bytes one;
	size_t n;
	int r;

	while (value.len) {
		n = item_length(value);
		one = listitem_trim((struct bytes){value.s, n});
		r = one.len ? item(p, one) : 0;
		if (r < 0 ||
		    (r > 0 &&
			note(p, name, one, "is kept, but not obeyed yet") < 0))
			return -1;
		value.s += n < value.len ? n + 1 : n;
		value.len -= n < value.len ? n + 1 : n;
	}
	return 0;
}

int
listitem_take(struct listitem *p, struct bytes name, struct bytes value)
{
	const struct keyword *k = find(name);
	stralloc *kept = &p->h->keywords;
	size_t at = kept->len;

	value = listitem_trim(value);
	if (sa_put(kept, name.s, name.len) < 0 || sa_put(kept, "\0", 1) < 0 ||
	    sa_put(kept, value.s, value.len) < 0 || sa_put(kept, "\0", 1) < 0)
		return no_memory(p);
	for (; kept->s[at]; at++)
		if (kept->s[at] >= 'a' && kept->s[at] <= 'z')
			kept->s[at] = (char)(kept->s[at] - 32);
	if (!k)
		return note(p, name, (struct bytes){NULL, 0},
		    "is no keyword known here; it is kept");
	if (!k->item)
		return note(p, name, (struct bytes){NULL, 0},
		    "is kept, but not obeyed yet");
	return take_items(p, name, value, k->item);
}

int
listitem_end(struct listitem *p)
{
	struct listhdr *h = p->h;
	const char *why = loopcheck_agree(&h->loop);

	if (why)
		return listitem_bad(p, why);
	if (h->owners.len == 0)
		return listitem_bad(p,
		    "no Owner= that is an address and does not follow Quiet:");
	if (h->errors == 0 && h->errors_to.len == 0)
		h->errors = ERRORS_OWNERS;
	if ((p->send & SEND_CLOSED) && p->send != SEND_CLOSED)
		return listitem_bad(
		    p, "Send= Closed allows nobody else beside it");
	h->send_less = (p->send & SEND_OTHER) != 0;
	if (p->send & SEND_CLOSED)
		h->send = LISTTAB_CLOSED;
	else if (p->send & SEND_PRIVATE)
		h->send = LISTTAB_PRIVATE;
	else if (p->send & (SEND_OWNER | SEND_OTHER))
		h->send = LISTTAB_OWNER;
	if ((p->send & SEND_PUBLIC) && !h->send_less)
		h->send = LISTTAB_PUBLIC;
	return 0;
}
