#include "lib/addrlist.h"

/* What a piece of a field is; the specials stand for themselves. */
enum {
	PIECE_END = 0,
	PIECE_ATOM = 'a',
	PIECE_QUOTED = '"',
	PIECE_LITERAL = '[',
	PIECE_BAD = '!',
};

/* struct piece - one lexical token of RFC 5322
 *
 * kind    PIECE_... or one of ",;:<>@."
 * at, end where it is in the text
 * gap     1 when blanks or comments stand before it
 * why     of PIECE_BAD
 */
struct piece {
	int kind;
	size_t at, end;
	int gap;
	const char *why;
};

/* struct mailbox - what is known of the one being read
 *
 * name    NULL: not wanted
 * raw     its pieces without what is between them
 * start   where it begins
 * words   1 when two words stood side by side: a phrase, never an address
 * sign    1 when there was an '@'
 */
struct mailbox {
	struct addr_list *l;
	stralloc *addr, *name;
	stralloc raw, comment;
	size_t start;
	int words, sign, last;
	struct where *w;
};

static int
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static int
is_special(char c)
{
	static const char special[256] = {['('] = 1,
	    [')'] = 1,
	    ['<'] = 1,
	    ['>'] = 1,
	    ['['] = 1,
	    [']'] = 1,
	    [':'] = 1,
	    [';'] = 1,
	    ['@'] = 1,
	    ['\\'] = 1,
	    [','] = 1,
	    ['.'] = 1,
	    ['"'] = 1};

	return special[(unsigned char)c];
}

static int
is_control(char c)
{
	return ((unsigned char)c < 32 && c != '\t') || c == 127;
}

/* The end of "..." or [...] that begins at i, or 0 when there is none. */
static size_t
enclosed(const struct addr_list *l, size_t i, char close)
{
	for (i++; i < l->len; i++) {
		if (l->s[i] == '\\')
			i++;
		else if (l->s[i] == close)
			return i + 1;
	}
	return 0;
}

/* The end of the comment that begins at i, or 0 when there is none. */
static size_t
comment_end(const struct addr_list *l, size_t i)
{
	size_t depth = 0;

	for (; i < l->len; i++) {
		if (l->s[i] == '\\') {
			i++;
		} else if (l->s[i] == '(') {
			if (++depth > ADDR_NESTING_MAX)
				return 0;
		} else if (l->s[i] == ')' && --depth == 0) {
			return i + 1;
		}
	}
	return 0;
}

static struct piece
bad_piece(struct addr_list *l, size_t at, const char *why)
{
	l->at = l->len;
	return (struct piece){PIECE_BAD, at, l->len, 0, why};
}

static size_t
atom_end(const struct addr_list *l, size_t i)
{
	while (i < l->len && !is_blank(l->s[i]) && !is_special(l->s[i]) &&
	    !is_control(l->s[i]))
		i++;
	return i;
}

/* The next piece; comment receives the place of the last comment before it. */
static struct piece
next_piece(struct addr_list *l, struct piece *comment)
{
	struct piece p = {0};
	char c;

	comment->end = 0;
	for (; l->at < l->len; p.gap = 1) {
		if (is_blank(l->s[l->at])) {
			l->at++;
			continue;
		}
		if (l->s[l->at] != '(')
			break;
		comment->at = l->at;
		comment->end = comment_end(l, l->at);
		if (comment->end == 0)
			return bad_piece(l, l->at,
			    "comment without its ) or nested too deep");
		l->at = comment->end;
	}
	p.at = l->at;
	if (l->at == l->len)
		return p;
	c = l->s[l->at];
	if (c == '"' || c == '[') {
		p.kind = (unsigned char)c;
		p.end = enclosed(l, l->at, c == '"' ? '"' : ']');
		if (p.end == 0)
			return bad_piece(l, l->at,
			    c == '"' ? "quote is not closed"
				     : "[ without its ]");
	} else if (c != '\\' && is_special(c)) {
		p.kind = c == ')' || c == ']' ? PIECE_BAD : (unsigned char)c;
		p.why = "bracket without its opening one";
		p.end = l->at + 1;
	} else {
		p.kind = PIECE_ATOM;
		p.end = atom_end(l, l->at);
		if (p.end == l->at) {
			p.kind = PIECE_BAD;
			p.why = "byte not allowed here";
			p.end++;
		}
	}
	l->at = p.end;
	return p;
}

/* Goes to just behind the comma that ends a mailbox that cannot be taken. */
static void
skip_mailbox(struct addr_list *l, struct piece p)
{
	struct piece comment;

	while (p.kind != PIECE_END && p.kind != ',' && p.kind != ';')
		p = next_piece(l, &comment);
	if (p.kind == ';')
		l->group = 0;
}

/* Appends text, leaving out the backslashes of pairs, folds and line ends. */
static int
put_text(stralloc *out, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (s[i] == '\\' && i + 1 < len)
			i++;
		if (s[i] == '\r' || s[i] == '\n')
			continue;
		if (sa_put(out, is_control(s[i]) ? "?" : s + i, 1) < 0)
			return -1;
	}
	return 0;
}

static int
put_name(struct mailbox *m, struct piece p)
{
	const char *s = m->l->s;

	if (!m->name)
		return 0;
	if (p.gap && m->name->len && sa_put(m->name, " ", 1) < 0)
		return -1;
	if (p.kind == PIECE_QUOTED)
		return put_text(m->name, s + p.at + 1, p.end - p.at - 2);
	return put_text(m->name, s + p.at, p.end - p.at);
}

static int
is_word(int kind)
{
	return kind == PIECE_ATOM || kind == PIECE_QUOTED;
}

static int
put_piece(struct mailbox *m, struct piece p)
{
	if (m->last == 0)
		m->start = p.at;
	if (is_word(p.kind) && is_word(m->last))
		m->words = 1;
	if (p.kind == '@')
		m->sign = 1;
	m->last = p.kind;
	if (put_name(m, p) < 0)
		return -1;
	return sa_put(&m->raw, m->l->s + p.at, p.end - p.at);
}

/* The normal form of what was read, or why not. */
static int
take(struct mailbox *m)
{
	struct where why = {0, NULL};

	if (m->words)
		return where_set(m->w, m->start, "words without an <address>");
	if (addr_spec(m->addr, m->raw.s, m->raw.len, m->l->flags, &why) < 0)
		return where_set(m->w, m->start, why.why);
	return 1;
}

/* A mailbox without <>: what went into the name was the address. */
static int
take_bare(struct mailbox *m)
{
	if (!m->name)
		return take(m);
	m->name->len = 0;
	if (m->comment.len && sa_put(m->name, m->comment.s, m->comment.len) < 0)
		return where_set(m->w, m->start, "out of memory");
	return take(m);
}

/* Behind '<': an address, perhaps after a source route, then '>'. */
static int
take_angle(struct mailbox *m, struct piece *p)
{
	struct piece comment;

	m->raw.len = 0;
	m->words = m->last = 0;
	m->start = p->at;
	for (;;) {
		*p = next_piece(m->l, &comment);
		if (p->kind == PIECE_BAD)
			return where_set(m->w, p->at, p->why);
		if (p->kind == '>')
			break;
		if (p->kind == PIECE_END || p->kind == '<' || p->kind == ';')
			return where_set(m->w, m->start, "< without its >");
		if (p->kind == ':') {
			/* the end of an obsolete route, which is dropped */
			if (m->raw.len == 0 || m->raw.s[0] != '@')
				return where_set(m->w, p->at, "misplaced :");
			m->raw.len = 0;
			m->words = m->last = 0;
			continue;
		}
		if (is_word(p->kind) && is_word(m->last))
			m->words = 1;
		m->last = p->kind;
		if (sa_put(&m->raw, m->l->s + p->at, p->end - p->at) < 0)
			return where_set(m->w, p->at, "out of memory");
	}
	*p = next_piece(m->l, &comment);
	if (p->kind != ',' && p->kind != ';' && p->kind != PIECE_END)
		return where_set(m->w, p->at, "text behind the <address>");
	if (p->kind == ';')
		m->l->group = 0;
	return take(m);
}

static int
note_comment(struct mailbox *m, struct piece comment)
{
	if (comment.end == 0 || !m->name)
		return 0;
	m->comment.len = 0;
	return put_text(&m->comment, m->l->s + comment.at + 1,
	    comment.end - comment.at - 2);
}

static int
group_begin(struct mailbox *m, struct piece p)
{
	if (m->l->group)
		return where_set(m->w, p.at, "group within a group");
	if (m->sign)
		return where_set(m->w, p.at, "@ in the name of a group");
	m->l->group = 1;
	m->raw.len = m->comment.len = 0;
	if (m->name)
		m->name->len = 0;
	m->words = m->last = 0;
	return 0;
}

/* One step of a mailbox: 2 to go on, else what addr_list_next returns. */
static int
step(struct mailbox *m, struct piece *p)
{
	struct piece comment;

	*p = next_piece(m->l, &comment);
	if (note_comment(m, comment) < 0)
		return where_set(m->w, p->at, "out of memory");
	switch (p->kind) {
	case PIECE_BAD:
		return where_set(m->w, p->at, p->why);
	case '>':
		return where_set(m->w, p->at, "> without its <");
	case '<':
		return take_angle(m, p);
	case ':':
		return group_begin(m, *p) < 0 ? -1 : 2;
	case ';':
		m->l->group = 0;
		/* fall through */
	case ',':
	case PIECE_END:
		if (m->last)
			return take_bare(m);
		m->comment.len = 0;
		return p->kind == PIECE_END ? 0 : 2;
	default:
		if (put_piece(m, *p) < 0)
			return where_set(m->w, p->at, "out of memory");
		return 2;
	}
}

int
addr_list_next(
    struct addr_list *l, stralloc *addr, stralloc *name, struct where *w)
{
	struct mailbox m = {.l = l, .addr = addr, .name = name, .w = w};
	struct piece p = {0};
	int r;

	addr->len = 0;
	if (name)
		name->len = 0;
	do
		r = step(&m, &p);
	while (r == 2);
	if (r < 0)
		skip_mailbox(l, p);
	sa_free(&m.raw);
	sa_free(&m.comment);
	return r;
}

static int
line_name(stralloc *name, const char *s, size_t len, size_t at, struct where *w)
{
	size_t i;

	while (len && is_blank(s[0])) {
		s++;
		at++;
		len--;
	}
	if (len > 1 && s[0] == '(' && s[len - 1] == ')') {
		s++;
		at++;
		len -= 2;
	}
	if (len > ADDR_NAME_MAX)
		return where_set(w, at, "full name over 256 bytes");
	for (i = 0; i < len; i++)
		if (is_control(s[i]) || s[i] == '\t')
			return where_set(
			    w, at + i, "control byte in the full name");
	return sa_put(name, s, len) < 0 ? where_set(w, at, "out of memory") : 0;
}

/* "Full Name <addr>": as in a header field, but only one and no group. */
static int
line_angle(stralloc *addr, stralloc *name, const char *s, size_t len, int flags,
    struct where *w)
{
	struct addr_list l = {s, len, 0, flags, 0};
	stralloc rest = {0}, other = {0};
	size_t i;
	int r;

	for (i = 0; i < len; i++)
		if (is_control(s[i]))
			return where_set(w, i, "control byte in the line");
	r = addr_list_next(&l, addr, name, w);
	if (r == 0 || l.group)
		r = where_set(w, 0, "no address");
	if (r > 0 && addr_list_next(&l, &rest, &other, NULL) != 0)
		r = where_set(w, l.at, "more than one address");
	sa_free(&rest);
	sa_free(&other);
	if (r > 0 && name->len > ADDR_NAME_MAX)
		r = where_set(w, 0, "full name over 256 bytes");
	return r < 0 ? -1 : 0;
}

/* The length of the first word, which may be "quoted local"@domain. */
static size_t
first_word(const char *s, size_t len)
{
	size_t i = 0;

	if (len && s[0] == '"') {
		i = addr_at(s, len);
		if (i == len)
			i = 0;
	}
	while (i < len && !is_blank(s[i]))
		i++;
	return i;
}

int
addr_line(stralloc *addr, stralloc *name, const char *s, size_t len, int flags,
    struct where *w)
{
	size_t skip = 0, n;

	addr->len = name->len = 0;
	while (len && is_blank(s[len - 1]))
		len--;
	while (skip < len && is_blank(s[skip]))
		skip++;
	s += skip;
	len -= skip;
	if (len == 0)
		return where_set(w, 0, "empty line");
	if (s[len - 1] == '>') {
		if (line_angle(addr, name, s, len, flags, w) == 0)
			return 0;
	} else {
		n = first_word(s, len);
		if (addr_spec(addr, s, n, flags, w) == 0 &&
		    line_name(name, s + n, len - n, n, w) == 0)
			return 0;
	}
	if (w)
		w->at += skip;
	return -1;
}
