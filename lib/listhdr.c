#include "lib/listhdr.h"

#include "lib/listitem.h"

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

static int
name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* Does the word at i begin "Keyword="? Gives the offset behind the '='. */
static size_t
keyword_end(struct bytes line, size_t i, struct bytes *name)
{
	size_t j = i, k;

	while (j < line.len && name_char(line.s[j]))
		j++;
	*name = (struct bytes){line.s + i, j - i};
	if (name->len == 0 || name->len > LISTHDR_KEYWORD_MAX ||
	    (line.s[i] >= '0' && line.s[i] <= '9') || line.s[i] == '-')
		return 0;
	for (k = j; k < line.len && is_blank(line.s[k]); k++)
		;
	if (k == line.len || line.s[k] != '=')
		return 0;
	/* "a=b" inside a line may be part of an address */
	if (k > j || k + 1 == line.len || is_blank(line.s[k + 1]) || i == 0 ||
	    listitem_known(*name))
		return k + 1;
	return 0;
}

/* Finds the next keyword at or behind from, which is at the start of a word or
 * between words; gives its start, or the end of the line. */
static size_t
find_keyword(struct bytes line, size_t from, struct bytes *name, size_t *value)
{
	size_t i = from;

	for (;;) {
		while (i < line.len && is_blank(line.s[i]))
			i++;
		if (i == line.len)
			return i;
		*value = keyword_end(line, i, name);
		if (*value)
			return i;
		while (i < line.len && !is_blank(line.s[i]))
			i++;
	}
}

static int
take_text(struct listitem *p, struct bytes text)
{
	stralloc *to = &p->h->text;

	text = listitem_trim(text);
	if (text.len &&
	    (sa_put(to, text.s, text.len) < 0 || sa_put(to, "\n", 1) < 0))
		return no_memory(p);
	return 0;
}

static int
take_words(struct listitem *p, struct bytes line)
{
	struct bytes name = {NULL, 0}, next = {NULL, 0};
	size_t at, value = 0, next_value = 0, end;

	at = find_keyword(line, 0, &name, &value);
	if (!p->titled) {
		/* the title may have any '=' in it but a keyword of ours */
		p->titled = 1;
		if (at != 0 || !listitem_known(name))
			return sa_put(&p->h->title, line.s, line.len) < 0
			    ? no_memory(p)
			    : 0;
	}
	if (take_text(p, (struct bytes){line.s, at}) < 0)
		return -1;
	while (at < line.len) {
		end = find_keyword(line, value, &next, &next_value);
		if (listitem_take(p, name,
			(struct bytes){line.s + value, end - value}) < 0)
			return -1;
		at = end;
		name = next;
		value = next_value;
	}
	return 0;
}

/* ".HH ON" and ".HH OFF": 1 when it is one of them. */
static int
take_hiding(struct listitem *p, struct bytes line)
{
	struct bytes how;

	if (!bytes_starts(line, ".hh") ||
	    (line.len > 3 && !is_blank(line.s[3])))
		return 0;
	how = listitem_trim((struct bytes){line.s + 3, line.len - 3});
	if (bytes_same(how, "on") && !p->hidden)
		p->hidden = 1;
	else if (bytes_same(how, "off") && p->hidden)
		p->hidden = 0;
	else
		return listitem_bad(p, ".HH is ON or OFF, in turn");
	return 1;
}

static int
take_line(struct listitem *p, struct bytes line)
{
	size_t i;
	int r;

	if (line.len && line.s[line.len - 1] == '\r')
		line.len--;
	if (line.len > LISTHDR_LINE_MAX)
		return listitem_bad(p, "line over 512 bytes");
	for (i = 0; i < line.len; i++)
		if (((unsigned char)line.s[i] < 32 && line.s[i] != '\t') ||
		    line.s[i] == 127)
			return listitem_bad(p, "control byte in the line");
	if (line.len == 0 || line.s[0] != '*')
		return listitem_bad(p, "line does not begin with *");
	line = listitem_trim((struct bytes){line.s + 1, line.len - 1});
	if (line.len == 0)
		return 0;
	r = take_hiding(p, line);
	if (r != 0)
		return r < 0 ? -1 : 0;
	return take_words(p, line);
}

static void
reset(struct listhdr *h)
{
	struct listhdr empty = {.title = h->title,
	    .text = h->text,
	    .owners = h->owners,
	    .quiet_owners = h->quiet_owners,
	    .reply_address = h->reply_address,
	    .host = h->host,
	    .errors_to = h->errors_to,
	    .filter_deny = h->filter_deny,
	    .filter_allow = h->filter_allow,
	    .keywords = h->keywords,
	    .notes = h->notes,
	    .send = LISTTAB_PUBLIC};

	*h = empty;
	h->title.len = h->text.len = h->owners.len = h->quiet_owners.len = 0;
	h->reply_address.len = h->host.len = h->errors_to.len =
	    h->keywords.len = 0;
	h->notes.len = h->filter_deny.len = h->filter_allow.len = 0;
}

int
listhdr_parse(struct listhdr *h, const char *s, size_t len, struct where *w)
{
	struct listitem p = {.h = h, .w = w};
	size_t i = 0, n;

	reset(h);
	if (len > LISTHDR_MAX)
		return listitem_bad(&p, "header over 65536 bytes");
	while (i < len) {
		n = byte_chr(s + i, len - i, '\n');
		p.line++;
		if (take_line(&p, (struct bytes){s + i, n}) < 0)
			return -1;
		i += n + 1;
	}
	return listitem_end(&p);
}

int
listhdr_next(const stralloc *sa, size_t *at, struct bytes *item)
{
	if (*at >= sa->len)
		return 0;
	item->s = sa->s + *at;
	item->len = byte_chr(item->s, sa->len - *at, 0);
	*at += item->len + 1;
	return 1;
}

int
listhdr_value(const struct listhdr *h, stralloc *out, const char *keyword)
{
	struct bytes name, value;
	size_t at = 0;
	int r = 0;

	out->len = 0;
	while (listhdr_next(&h->keywords, &at, &name) &&
	    listhdr_next(&h->keywords, &at, &value)) {
		if (!bytes_eq(name, keyword))
			continue;
		if ((r && sa_put(out, ",", 1) < 0) ||
		    sa_put(out, value.s, value.len) < 0)
			return -1;
		r = 1;
	}
	return r;
}

void
listhdr_tab(const struct listhdr *h, struct listtab *out)
{
	out->bytes = h->bytes;
	out->lines = h->lines;
	out->send = h->send;
	out->loop = h->loop;
	out->filter = h->filter != FILTER_NONE;
	out->unsafe = h->unsafe;
	out->no_spam_check = h->no_spam_check;
	out->old = 0;
}

void
listhdr_free(struct listhdr *h)
{
	sa_free(&h->title);
	sa_free(&h->text);
	sa_free(&h->owners);
	sa_free(&h->quiet_owners);
	sa_free(&h->reply_address);
	sa_free(&h->host);
	sa_free(&h->errors_to);
	sa_free(&h->filter_deny);
	sa_free(&h->filter_allow);
	sa_free(&h->keywords);
	sa_free(&h->notes);
	*h = (struct listhdr){.send = LISTTAB_PUBLIC};
}
