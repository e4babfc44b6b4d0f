#include "lib/nettag.h"

#include <stdlib.h>

#include "lib/num.h"

enum { TAGS_FIRST = 32 };

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
say(const struct nettag_reader *r, enum netdiag_kind kind, struct bytes tag,
    const char *why, struct bytes detail)
{
	netdiag_say(r->d, kind, r->from.name, r->line, tag, why, detail);
}

static void
error(struct nettag_reader *r, struct nettag_entry *e, struct bytes tag,
    const char *why)
{
	e->bad = 1;
	say(r, NETDIAG_ERROR, tag, why, (struct bytes){"", 0});
}

/* What is wrong with a line is said once only. */
static void
line_error(struct nettag_reader *r, struct nettag_entry *e, const char *why)
{
	e->bad = 1;
	if (!r->again)
		error(r, e, (struct bytes){"", 0}, why);
}

void
nettag_begin(struct nettag_reader *r, const struct netsource *from,
    const struct nettag_known *known, size_t nknown, unsigned starts,
    int comments, struct netdiag *d)
{
	*r = (struct nettag_reader){.from = *from,
	    .d = d,
	    .known = known,
	    .nknown = (uint16_t)nknown,
	    .starts = starts,
	    .comments = comments,
	    .line = from->line - 1};
	for (size_t i = 0; i < nknown; i++)
		r->known_len[i] = (uint8_t)strlen(known[i].name);
	if (from->text.len >= 3 && !memcmp(from->text.s, "\xef\xbb\xbf", 3))
		r->at = 3;
}

/* --- lines ---------------------------------------------------------------- */

/* The line at r->at, without its end and the blanks before that; used receives
 * how many bytes it has with its end. */
static struct bytes
peek(const struct nettag_reader *r, size_t *used)
{
	const char *s = r->from.text.s + r->at;
	size_t left = r->from.text.len - r->at;
	const char *lf = memchr(s, '\n', left);
	struct bytes line = {s, lf ? (size_t)(lf - s) : left};

	*used = line.len + (lf != NULL);
	if (line.len && line.s[line.len - 1] == '\r')
		line.len--;
	while (line.len && is_blank(line.s[line.len - 1]))
		line.len--;
	return line;
}

static int
starts_with(const struct nettag_reader *r, struct bytes line)
{
	if ((r->starts & NETTAG_NODE) && bytes_starts(line, ":node."))
		return NETTAG_NODE;
	if ((r->starts & NETTAG_NICK) && bytes_starts(line, ":nick."))
		return NETTAG_NICK;
	return 0;
}

static int
is_comment(const struct nettag_reader *r, struct bytes line)
{
	return r->comments && line.len &&
	    (line.s[0] == '*' || line.s[0] == '#');
}

/* What a line may not have. */
static int
check_bytes(struct nettag_reader *r, struct nettag_entry *e, struct bytes line)
{
	if (line.len > NETTAG_RECORD_MAX && !r->again)
		say(r, NETDIAG_WARNING, (struct bytes){"", 0},
		    "line over 255 bytes", (struct bytes){"", 0});
	for (size_t i = 0; i < line.len; i++)
		if ((line.s[i] >= 0 && line.s[i] < ' ' && line.s[i] != '\t') ||
		    line.s[i] == 0x7f) {
			line_error(r, e, "control byte; the line is left out");
			return -1;
		}
	return 0;
}

/* --- tags ----------------------------------------------------------------- */

/* One more tag. */
static struct nettag *
put_tag(struct nettag_entry *e)
{
	if (e->ntags == e->room) {
		size_t room = e->room ? 2 * e->room : TAGS_FIRST;
		struct nettag *p = realloc(e->tag, room * sizeof *p);

		if (!p)
			return NULL;
		e->tag = p;
		e->room = room;
	}
	return &e->tag[e->ntags++];
}

/* The bytes of a known tag begin a name: is it that tag? */
static int
is_known(const struct nettag_known *k, size_t len, struct bytes name)
{
	return (name.len == len) != (k->name[len - 1] == '_') &&
	    strncasecmp(name.s, k->name, len) == 0;
}

static uint16_t
known_id(const struct nettag_reader *r, struct bytes name)
{
	for (uint16_t i = 0; i < r->nknown; i++)
		if (name.len >= r->known_len[i] &&
		    (name.s[0] | 32) == r->known[i].name[0] &&
		    is_known(&r->known[i], r->known_len[i], name))
			return i;
	return NETTAG_UNKNOWN;
}

/* The digits at the end of a name. */
static struct bytes
digits_of(struct bytes name)
{
	size_t at = name.len;

	while (at && name.s[at - 1] >= '0' && name.s[at - 1] <= '9')
		at--;
	return (struct bytes){name.s + at, name.len - at};
}

/* A number behind the name of a list.  number: 0 when it is a bad one. */
static uint16_t
numbered_id(const struct nettag_reader *r, struct bytes name, uint64_t *number)
{
	struct bytes digits = digits_of(name);
	struct bytes base = {name.s, name.len - digits.len};
	uint16_t id =
	    digits.len && base.len ? known_id(r, base) : NETTAG_UNKNOWN;

	*number = 0;
	if (id == NETTAG_UNKNOWN || r->known[id].kind != NETTAG_LIST)
		return NETTAG_UNKNOWN;
	if (digits.s[0] == '0' ||
	    num_u64(number, digits.s, digits.len, UINT32_MAX) < 0)
		*number = 0;
	return id;
}

/* Was it there before?  A tag without a number, and one with number i. */
static int
seen_before(struct nettag_reader *r, uint16_t id, uint64_t number)
{
	uint64_t *word = &r->seen[id][number / 64];
	uint64_t bit = UINT64_C(1) << number % 64;
	int before = (*word & bit) != 0;

	*word |= bit;
	return before;
}

/* Which tag it is.  Returns 1 to keep it, 0 to leave it out. */
static int
identify(struct nettag_reader *r, struct nettag_entry *e, struct nettag *t)
{
	const struct bytes none = {"", 0};
	uint64_t number = 0;

	if (r->again &&
	    (bytes_same(t->name, "op") || bytes_same(t->name, "table")))
		return 0;
	t->id = known_id(r, t->name);
	if (t->id != NETTAG_UNKNOWN) {
		if (r->known[t->id].kind == NETTAG_LIST ||
		    !seen_before(r, t->id, 0))
			return 1;
		say(r, NETDIAG_WARNING, t->name,
		    "tag given twice in an entry; the first one counts", none);
		return 0;
	}
	t->id = numbered_id(r, t->name, &number);
	if (t->id == NETTAG_UNKNOWN) {
		if (r->known)
			say(r, NETDIAG_WARNING, t->name, "unknown tag", none);
		return 1;
	}
	if (number == 0) {
		error(r, e, t->name, "number of a tag that is not 1 to 99");
		return 0;
	}
	if (number > NETTAG_NUMBER_MAX)
		say(r, NETDIAG_WARNING, t->name, "number of a tag over 99",
		    none);
	else if (seen_before(r, t->id, number))
		say(r, NETDIAG_WARNING, t->name,
		    "number of a tag given twice; both count", none);
	return 1;
}

/* Where the data of a tag ends: at a blank that a colon follows, or with the
 * line. */
static size_t
data_end(struct bytes line, size_t at)
{
	const char *colon;

	while ((colon = memchr(line.s + at, ':', line.len - at))) {
		size_t i = (size_t)(colon - line.s);

		if (i && is_blank(line.s[i - 1]))
			return i;
		at = i + 1;
	}
	return line.len;
}

/* The name of the tag at a colon; empty when it has none. */
static struct bytes
tag_name(struct bytes line, size_t at)
{
	struct bytes name = {line.s + at + 1, 0};

	while (at + 1 + name.len < line.len && name.len <= NETTAG_NAME_MAX) {
		char c = name.s[name.len];

		if (c == '.')
			return name;
		if ((c < '0' || c > '9') && (c < 'A' || c > 'Z') &&
		    (c < 'a' || c > 'z') && c != '_')
			break;
		name.len++;
	}
	name.len = 0;
	return name;
}

static int
begins_entry(const struct nettag_reader *r, struct bytes name)
{
	return ((r->starts & NETTAG_NODE) && bytes_same(name, "node") &&
		   !(r->starts & NETTAG_NICK)) ||
	    ((r->starts & NETTAG_NICK) && bytes_same(name, "nick"));
}

static struct bytes
trimmed(const char *s, size_t len)
{
	while (len && is_blank(s[len - 1]))
		len--;
	while (len && is_blank(s[0])) {
		s++;
		len--;
	}
	return (struct bytes){s, len};
}

/* The tags of a line from a colon on. */
static int
take_tags(struct nettag_reader *r, struct nettag_entry *e, struct bytes line,
    size_t at)
{
	while (at < line.len) {
		struct bytes name = tag_name(line, at);
		size_t end = data_end(line, at + 1), from = at + name.len + 2;
		struct nettag t = {.name = name, .line = r->line};
		struct nettag *to;

		at = end;
		if (name.len == 0) {
			line_error(r, e, "a colon that begins no tag");
			continue;
		}
		t.data = trimmed(line.s + from, end - from);
		if (begins_entry(r, name))
			error(r, e, name, "tag may only begin an entry");
		else if (t.data.len && identify(r, e, &t)) {
			to = put_tag(e);
			if (!to)
				return -1;
			*to = t;
		}
	}
	return 0;
}

/* A line without a colon: more of a list. */
static int
take_more(struct nettag_reader *r, struct nettag_entry *e, struct bytes line,
    size_t at)
{
	struct nettag *last = e->ntags ? &e->tag[e->ntags - 1] : NULL;
	struct nettag t;

	if (!last ||
	    (last->id != NETTAG_UNKNOWN &&
		r->known[last->id].kind != NETTAG_LIST)) {
		error(r, e, last ? last->name : (struct bytes){"", 0},
		    "a line that goes on with what is no list");
		return 0;
	}
	t = *last;
	t.line = r->line;
	t.data = (struct bytes){line.s + at, data_end(line, at) - at};
	t.data = trimmed(t.data.s, t.data.len);
	last = put_tag(e);
	if (!last)
		return -1;
	*last = t;
	return take_tags(r, e, line, data_end(line, at));
}

/* --- entries -------------------------------------------------------------- */

/* A line within an entry. */
static int
take_line(struct nettag_reader *r, struct nettag_entry *e, struct bytes line)
{
	size_t at = 0;

	if (line.len == 0 || is_comment(r, line) || check_bytes(r, e, line) < 0)
		return 0;
	while (at < line.len && is_blank(line.s[at]))
		at++;
	if (at == 0) {
		line_error(r, e,
		    "a line that neither begins an entry nor with a blank");
		return 0;
	}
	if (line.s[at] == ':')
		return take_tags(r, e, line, at);
	return take_more(r, e, line, at);
}

/* The line that begins an entry. */
static int
take_first(struct nettag_reader *r, struct nettag_entry *e, struct bytes line)
{
	size_t end = data_end(line, 1);

	e->from = r->from;
	e->start = (enum nettag_start)starts_with(r, line);
	e->ntags = 0;
	e->bad = 0;
	e->line = r->line;
	e->text = (struct bytes){line.s, 0};
	e->name = trimmed(line.s + 6, end > 6 ? end - 6 : 0);
	memset(r->seen, 0, sizeof r->seen);
	if (check_bytes(r, e, line) < 0)
		return 0;
	if (e->name.len == 0)
		error(r, e, bytes_z(e->start == NETTAG_NODE ? "node" : "nick"),
		    "entry without a name");
	return take_tags(r, e, line, end);
}

/* Lines before the first entry. */
static int
skip_to_first(struct nettag_reader *r, struct nettag_entry *e)
{
	while (r->at < r->from.text.len) {
		size_t used;
		struct bytes line = peek(r, &used);

		if (starts_with(r, line))
			return 1;
		r->line++;
		r->at += used;
		if (line.len && !is_comment(r, line) &&
		    check_bytes(r, e, line) == 0)
			line_error(r, e, "a line that belongs to no entry");
	}
	return 0;
}

static void
check_end(struct nettag_reader *r, struct nettag_entry *e)
{
	struct bytes t = r->from.text;

	if (t.len && t.s[t.len - 1] != '\n')
		line_error(
		    r, e, "the file ends within a line: it has been cut");
	else if (r->unsealed && r->entries > 3 && r->sealed + 2 == r->entries)
		line_error(r, e,
		    "the last entry lacks the last tag of all others: the "
		    "file has been cut");
}

/* Of all entries but the first, which tells the version. */
static void
count_seal(struct nettag_reader *r, const struct nettag_entry *e)
{
	r->unsealed = 1;
	for (size_t i = 0; i < e->ntags; i++)
		if (e->tag[i].id != NETTAG_UNKNOWN &&
		    r->known[e->tag[i].id].kind == NETTAG_SEAL)
			r->unsealed = 0;
	if (r->entries)
		r->sealed += !r->unsealed;
	r->entries++;
}

int
nettag_next(struct nettag_reader *r, struct nettag_entry *e)
{
	int begun = 0, full = 0;

	if (!skip_to_first(r, e)) {
		if (!r->ended++)
			check_end(r, e);
		return 0;
	}
	while (r->at < r->from.text.len) {
		size_t used;
		struct bytes line = peek(r, &used);

		if (begun && starts_with(r, line))
			break;
		r->line++;
		r->at += used;
		if (begun && e->text.len + used > NETTAG_ENTRY_MAX) {
			if (!full++)
				line_error(r, e, "entry over 1 MiB");
			continue;
		}
		if ((begun ? take_line(r, e, line) : take_first(r, e, line)) <
		    0)
			return -1;
		begun = 1;
		e->text.len += used;
	}
	count_seal(r, e);
	return 1;
}

const struct nettag *
nettag_find(const struct nettag_entry *e, unsigned id)
{
	for (size_t i = 0; i < e->ntags; i++)
		if (e->tag[i].id == id)
			return &e->tag[i];
	return NULL;
}

struct bytes
nettag_word(struct bytes *data)
{
	struct bytes w;

	while (data->len && is_blank(data->s[0])) {
		data->s++;
		data->len--;
	}
	w = (struct bytes){data->s, 0};
	while (w.len < data->len && !is_blank(w.s[w.len]))
		w.len++;
	data->s += w.len;
	data->len -= w.len;
	return w;
}

void
nettag_free(struct nettag_entry *e)
{
	free(e->tag);
	*e = (struct nettag_entry){0};
}
