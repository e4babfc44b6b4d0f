#include "lib/spooltab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/bytes.h"
#include "lib/num.h"

enum { FIRST_ROOM = 64, MODE_MAX = 03777 };

static const char *const root_name[SPOOLTAB_ROOTS] = {
    "$LSV_ETC", "$LSV_SPOOL", "$LSV_LIB", "$LSV_RUN"};

/* struct kind - a word of the column HOLDS
 *
 * aged    it has an age behind a slash
 * owned   it has users behind a colon
 */
static const struct kind {
	const char *word;
	enum spooltab_holds holds;
	int aged, owned;
} kinds[] = {
    {"-", HOLDS_NOTHING, 0, 0},
    {"any", HOLDS_ANY, 0, 0},
    {"kept", HOLDS_KEPT, 0, 0},
    {"files", HOLDS_FILES, 0, 1},
    {"mail", HOLDS_MAIL, 0, 1},
    {"tmp", HOLDS_TMP, 1, 1},
    {"stage", HOLDS_STAGE, 1, 1},
    {"jobs", HOLDS_JOBS, 0, 1},
    {"days", HOLDS_DAYS, 0, 0},
};

/* struct cursor - where the parser is
 *
 * s, len  the whole text
 * at      offset of the next byte of this line
 * end     offset behind this line
 * next    offset of the next line
 * line    number of this line, from 1
 */
struct cursor {
	const char *s;
	size_t len, at, end, next, line;
	struct where *w;
};

static size_t
offset(const struct cursor *c, const char *p)
{
	return (size_t)(p - c->s);
}

static void
skip_blanks(struct cursor *c)
{
	while (c->at < c->end && (c->s[c->at] == ' ' || c->s[c->at] == '\t'))
		c->at++;
}

/* The next line that says something; 0 at the end of the text. */
static int
next_line(struct cursor *c)
{
	const char *nl;

	while (c->next < c->len) {
		nl = memchr(c->s + c->next, '\n', c->len - c->next);
		c->at = c->next;
		c->end = nl ? offset(c, nl) : c->len;
		c->next = c->end + 1;
		c->line++;
		skip_blanks(c);
		if (c->at < c->end && c->s[c->at] != '#')
			return 1;
	}
	return 0;
}

static struct bytes
next_word(struct cursor *c)
{
	struct bytes b = {NULL, 0};

	skip_blanks(c);
	b.s = c->s + c->at;
	while (c->at < c->end && c->s[c->at] != ' ' && c->s[c->at] != '\t')
		c->at++;
	b.len = (size_t)(c->s + c->at - b.s);
	return b;
}

/* The rest of the line, for people: printable, without blanks at the ends. */
static int
purpose(struct cursor *c, char *out)
{
	struct bytes b;

	skip_blanks(c);
	b = (struct bytes){c->s + c->at, c->end - c->at};
	while (b.len && (b.s[b.len - 1] == ' ' || b.s[b.len - 1] == '\t'))
		b.len--;
	if (b.len == 0)
		return where_set(c->w, c->at, "no purpose");
	if (b.len > SPOOLTAB_PURPOSE)
		return where_set(c->w, c->at, "purpose is too long");
	for (size_t i = 0; i < b.len; i++)
		if ((unsigned char)b.s[i] < ' ' || b.s[i] == 127)
			return where_set(
			    c->w, c->at + i, "control byte in the purpose");
	memcpy(out, b.s, b.len);
	out[b.len] = 0;
	return 0;
}

static int
name_byte(char c, size_t at)
{
	if ((c >= 'a' && c <= 'z') || c == '_')
		return 1;
	return at && ((c >= '0' && c <= '9') || c == '-');
}

static int
name(struct cursor *c, char *out, struct bytes b)
{
	if (b.len == 0)
		return where_set(c->w, offset(c, b.s), "a name is missing");
	if (b.len > SPOOLTAB_NAME)
		return where_set(c->w, offset(c, b.s), "name is too long");
	for (size_t i = 0; i < b.len; i++)
		if (!name_byte(b.s[i], i))
			return where_set(c->w, offset(c, b.s) + i,
			    "not a name of a user or group");
	memcpy(out, b.s, b.len);
	out[b.len] = 0;
	return 0;
}

/* Names with commas between them. */
static int
names(struct cursor *c, struct bytes b, char (*out)[SPOOLTAB_NAME + 1],
    size_t max, size_t *n)
{
	const char *comma;
	struct bytes one;

	for (*n = 0;; ++*n) {
		comma = memchr(b.s, ',', b.len);
		one =
		    (struct bytes){b.s, comma ? (size_t)(comma - b.s) : b.len};
		if (*n == max)
			return where_set(
			    c->w, offset(c, b.s), "too many names");
		if (name(c, out[*n], one) < 0)
			return -1;
		if (!comma) {
			++*n;
			return 0;
		}
		b = (struct bytes){comma + 1, b.len - one.len - 1};
	}
}

static int
mode(struct cursor *c, unsigned *out, struct bytes b)
{
	unsigned m = 0;

	if (b.len < 4 || b.len > 5 || b.s[0] != '0')
		return where_set(c->w, offset(c, b.s),
		    "mode is not 0 and three or four octal digits");
	for (size_t i = 1; i < b.len; i++) {
		if (b.s[i] < '0' || b.s[i] > '7')
			return where_set(c->w, offset(c, b.s) + i,
			    "mode is not 0 and three or four octal digits");
		m = m * 8 + (unsigned)(b.s[i] - '0');
	}
	if (m > MODE_MAX)
		return where_set(
		    c->w, offset(c, b.s), "nothing here is set-user-ID");
	*out = m;
	return 0;
}

static int
holds_owners(struct cursor *c, struct spooltab_row *row, struct bytes b)
{
	if (b.len == 0)
		return where_set(
		    c->w, offset(c, b.s), "whose files? a user is missing");
	return names(c, b, row->from, SPOOLTAB_OWNERS, &row->nfrom);
}

/* KIND[/AGE][:USER,USER...] */
static int
holds(struct cursor *c, struct spooltab_row *row, struct bytes b)
{
	const char *colon = memchr(b.s, ':', b.len);
	struct bytes kind = {b.s, colon ? (size_t)(colon - b.s) : b.len};
	const char *slash = memchr(kind.s, '/', kind.len);
	struct bytes who = {b.s + kind.len + (colon != NULL),
	    b.len - kind.len - (colon != NULL)};
	struct bytes age = {NULL, 0};
	const struct kind *k = NULL;

	if (slash) {
		age = (struct bytes){
		    slash + 1, kind.len - (size_t)(slash - kind.s) - 1};
		kind.len = (size_t)(slash - kind.s);
	}
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (bytes_eq(kind, kinds[i].word))
			k = &kinds[i];
	if (!k)
		return where_set(c->w, offset(c, b.s),
		    "not a kind of content (-, any, kept, files, mail, tmp, "
		    "stage, jobs, days)");
	row->holds = k->holds;
	if (!k->aged != !slash || !k->owned != !colon)
		return where_set(c->w, offset(c, b.s),
		    "tmp and stage have an age; these, files, mail and jobs "
		    "have users; the others have neither");
	if (slash &&
	    (num_duration_ms(&row->age_ms, age.s, age.len) < 0 ||
		row->age_ms == 0))
		return where_set(c->w, offset(c, age.s), "not an age");
	if (row->type != 'd' && row->holds != HOLDS_NOTHING)
		return where_set(
		    c->w, offset(c, b.s), "only a directory holds something");
	return k->owned ? holds_owners(c, row, who) : 0;
}

static int
path_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/* A path whose braces are written out: plain components, none "." or "..". */
static int
path_ok(const char *s)
{
	size_t start = 0, i;

	for (i = 0;; i++) {
		if (s[i] && s[i] != '/') {
			if (!path_byte(s[i]))
				return 0;
			continue;
		}
		if (i == start ||
		    (i - start <= 2 && s[start] == '.' && s[i - 1] == '.'))
			return 0;
		start = i + 1;
		if (!s[i])
			return 1;
	}
}

/* The parent is a row that came before, and the path is new. */
static int
placed(const struct spooltab *tab, const struct spooltab_row *row,
    const char **why)
{
	char parent[SPOOLTAB_PATH + 1];
	const struct spooltab_row *up;
	char *slash;

	*why = "this path has a row already";
	if (spooltab_find(tab, row->root, row->path))
		return 0;
	*why = "a root is a directory";
	if (!row->path[0])
		return row->type == 'd';
	memcpy(parent, row->path, sizeof parent);
	slash = strrchr(parent, '/');
	*(slash ? slash : parent) = 0;
	up = spooltab_find(tab, row->root, parent);
	*why = "its directory has no row before it";
	return up && up->type == 'd';
}

static int
add(struct cursor *c, struct spooltab *tab, const struct spooltab_row *row,
    size_t at)
{
	const char *why;
	void *p;

	if (row->path[0] && !path_ok(row->path))
		return where_set(c->w, at, "not a plain path below a root");
	if (!placed(tab, row, &why))
		return where_set(c->w, at, why);
	if (tab->n == SPOOLTAB_ROWS)
		return where_set(c->w, at, "too many rows");
	if (tab->n == tab->room) {
		size_t room = tab->room ? 2 * tab->room : FIRST_ROOM;

		p = reallocarray(tab->row, room, sizeof *tab->row);
		if (!p)
			return where_set(c->w, at, "out of memory");
		tab->row = p;
		tab->room = room;
	}
	tab->row[tab->n++] = *row;
	return 0;
}

/* One row: before, middle and after make its path. */
static int
add_joined(struct cursor *c, struct spooltab *tab, struct spooltab_row *row,
    struct bytes before, struct bytes middle, struct bytes after)
{
	size_t n = before.len + middle.len + after.len;
	size_t at = offset(c, before.s);

	if (n > SPOOLTAB_PATH)
		return where_set(c->w, at, "path is too long");
	memcpy(row->path, before.s, before.len);
	if (middle.len)
		memcpy(row->path + before.len, middle.s, middle.len);
	memcpy(row->path + before.len + middle.len, after.s, after.len);
	row->path[n] = 0;
	if (strlen(row->path) != n)
		return where_set(c->w, at, "NUL in the path");
	return add(c, tab, row, at);
}

/* One part between commas: a name, or a range of capital letters. */
static int
add_part(struct cursor *c, struct spooltab *tab, struct spooltab_row *row,
    struct bytes before, struct bytes part, struct bytes after)
{
	char letter;

	if (part.len == 0)
		return where_set(
		    c->w, offset(c, part.s), "nothing between the commas");
	if (part.len != 4 || part.s[1] != '.' || part.s[2] != '.')
		return add_joined(c, tab, row, before, part, after);
	if (part.s[0] < 'A' || part.s[3] > 'Z' || part.s[0] > part.s[3])
		return where_set(c->w, offset(c, part.s),
		    "a range goes from a capital letter to a later one");
	for (letter = part.s[0]; letter <= part.s[3]; letter++)
		if (add_joined(c, tab, row, before, (struct bytes){&letter, 1},
			after) < 0)
			return -1;
	return 0;
}

/* A path, with its braces written out. */
static int
add_all(struct cursor *c, struct spooltab *tab, struct spooltab_row *row,
    struct bytes path)
{
	const char *open = memchr(path.s, '{', path.len);
	struct bytes before, list, after = {path.s + path.len, 0};
	const char *close, *comma;

	if (!open)
		return add_joined(c, tab, row, path, (struct bytes){0}, after);
	before = (struct bytes){path.s, (size_t)(open - path.s)};
	close = memchr(open, '}', path.len - before.len);
	if (!close)
		return where_set(c->w, offset(c, open), "} is missing");
	list = (struct bytes){open + 1, (size_t)(close - open - 1)};
	after =
	    (struct bytes){close + 1, path.len - (size_t)(close + 1 - path.s)};
	for (;;) {
		struct bytes part = list;

		comma = memchr(list.s, ',', list.len);
		if (comma)
			part.len = (size_t)(comma - list.s);
		if (add_part(c, tab, row, before, part, after) < 0)
			return -1;
		if (!comma)
			return 0;
		list = (struct bytes){comma + 1, list.len - part.len - 1};
	}
}

/* The root at the front of a path, which is cut off with its slash. */
static int
root(struct cursor *c, enum spooltab_root *out, struct bytes *path)
{
	for (unsigned i = 0; i < SPOOLTAB_ROOTS; i++) {
		size_t n = strlen(root_name[i]);

		if (path->len < n || memcmp(path->s, root_name[i], n) != 0)
			continue;
		*out = (enum spooltab_root)i;
		if (path->len == n) {
			*path = (struct bytes){path->s + n, 0};
			return 0;
		}
		if (path->s[n] == '/' && path->len > n + 1) {
			*path =
			    (struct bytes){path->s + n + 1, path->len - n - 1};
			return 0;
		}
	}
	return where_set(c->w, offset(c, path->s),
	    "a path begins with $LSV_ETC, $LSV_SPOOL, $LSV_LIB or $LSV_RUN");
}

static int
row_parse(struct cursor *c, struct spooltab *tab)
{
	struct spooltab_row row = {.line = c->line};
	struct bytes path = next_word(c);
	struct bytes type;

	if (root(c, &row.root, &path) < 0)
		return -1;
	type = next_word(c);
	if (type.len != 1 || !memchr("dpf", type.s[0], 3))
		return where_set(
		    c->w, offset(c, type.s), "type is not d, p or f");
	row.type = type.s[0];
	if (name(c, row.owner, next_word(c)) < 0 ||
	    name(c, row.group, next_word(c)) < 0 ||
	    mode(c, &row.mode, next_word(c)) < 0 ||
	    holds(c, &row, next_word(c)) < 0 || purpose(c, row.purpose) < 0)
		return -1;
	return add_all(c, tab, &row, path);
}

int
spooltab_parse(struct spooltab *tab, const char *s, size_t len, struct where *w)
{
	struct cursor c = {.s = s, .len = len, .w = w};

	*tab = (struct spooltab){0};
	if (len > SPOOLTAB_TEXT)
		return where_set(w, SPOOLTAB_TEXT, "the table is too long");
	while (next_line(&c))
		if (row_parse(&c, tab) < 0)
			return -1;
	if (tab->n == 0)
		return where_set(w, len, "the table is empty");
	return 0;
}

const struct spooltab_row *
spooltab_find(
    const struct spooltab *tab, enum spooltab_root root_, const char *path)
{
	for (size_t i = 0; i < tab->n; i++)
		if (tab->row[i].root == root_ &&
		    strcmp(tab->row[i].path, path) == 0)
			return &tab->row[i];
	return NULL;
}

const char *
spooltab_root_name(enum spooltab_root root_)
{
	return root_name[root_];
}

void
spooltab_free(struct spooltab *tab)
{
	free(tab->row);
	*tab = (struct spooltab){0};
}

static int
user_known(const struct spooltab_users *u, const char *s)
{
	for (size_t i = 0; i < u->n; i++)
		if (strcmp(u->user[i].name, s) == 0)
			return 1;
	return 0;
}

static int
user_add(struct cursor *c, struct spooltab_users *u,
    const struct spooltab_user *one, size_t at)
{
	void *p;

	if (user_known(u, one->name))
		return where_set(c->w, at, "this name has a line already");
	if (u->n == SPOOLTAB_ROWS)
		return where_set(c->w, at, "too many lines");
	if (u->n == u->room) {
		size_t room = u->room ? 2 * u->room : FIRST_ROOM;

		p = reallocarray(u->user, room, sizeof *u->user);
		if (!p)
			return where_set(c->w, at, "out of memory");
		u->user = p;
		u->room = room;
	}
	u->user[u->n++] = *one;
	return 0;
}

static int
user_parse(struct cursor *c, struct spooltab_users *u)
{
	struct spooltab_user one = {0};
	struct bytes word = next_word(c);
	size_t at = offset(c, word.s);

	one.user = bytes_eq(word, "user");
	if (!one.user && !bytes_eq(word, "group"))
		return where_set(c->w, at, "a line begins with user or group");
	if (name(c, one.name, next_word(c)) < 0)
		return -1;
	if (one.user) {
		word = next_word(c);
		if (!bytes_eq(word, "-") &&
		    names(c, word, one.group, SPOOLTAB_GROUPS, &one.ngroups) <
			0)
			return -1;
	}
	if (purpose(c, one.purpose) < 0)
		return -1;
	return user_add(c, u, &one, at);
}

/* Every group that a user is in has a line, as a group or as a user. */
static int
groups_known(const struct spooltab_users *u, size_t len, struct where *w)
{
	for (size_t i = 0; i < u->n; i++)
		for (size_t k = 0; k < u->user[i].ngroups; k++)
			if (!user_known(u, u->user[i].group[k]))
				return where_set(w, len,
				    "a user is in a group that has no line");
	return 0;
}

int
spooltab_users(
    struct spooltab_users *users, const char *s, size_t len, struct where *w)
{
	struct cursor c = {.s = s, .len = len, .w = w};

	*users = (struct spooltab_users){0};
	if (len > SPOOLTAB_TEXT)
		return where_set(w, SPOOLTAB_TEXT, "the table is too long");
	while (next_line(&c))
		if (user_parse(&c, users) < 0)
			return -1;
	return groups_known(users, len, w);
}

void
spooltab_users_free(struct spooltab_users *users)
{
	free(users->user);
	*users = (struct spooltab_users){0};
}

size_t
spooltab_line(const char *s, size_t len, size_t at)
{
	size_t n = 1;

	for (size_t i = 0; i < at && i < len; i++)
		n += s[i] == '\n';
	return n;
}
