#include "lib/sitefile.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* name[0] is 0 in none: names are never empty. */
struct sitefile_var {
	char name[SITEFILE_NAME_MAX + 1];
	char *value;
	size_t len;
	size_t name_at;
};

static const char no_memory[] = "out of memory";
static const char bom[] = "\xef\xbb\xbf"; /* U+FEFF in UTF-8 */

static int
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static int
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int
is_word(char c)
{
	return is_alpha(c) || (c >= '0' && c <= '9');
}

/* The byte at an offset; LF behind the end, so that a last line ends. */
static char
byte_at(const struct sitefile *f, size_t at)
{
	return at < f->len ? f->s[at] : '\n';
}

/* How many bytes the end of the line at this offset has, 0 for none. */
static size_t
line_end(const struct sitefile *f, size_t at)
{
	if (byte_at(f, at) == '\n')
		return 1;
	if (byte_at(f, at) == '\r' && byte_at(f, at + 1) == '\n')
		return 2;
	return 0;
}

/* A backslash that joins the next line: its bytes, 0 for none. */
static size_t
joint(const struct sitefile *f, size_t at)
{
	size_t n;

	if (byte_at(f, at) != '\\' || at + 1 >= f->len)
		return 0;
	n = line_end(f, at + 1);
	return n ? 1 + n : 0;
}

static size_t
skip_blanks(const struct sitefile *f, size_t at)
{
	for (;;) {
		size_t n = is_blank(byte_at(f, at)) ? 1 : joint(f, at);

		if (n == 0)
			return at;
		at += n;
	}
}

/* To the start of the next line, joined lines included unless in a comment. */
static void
skip_line(struct sitefile *f, int comment)
{
	while (f->at < f->len) {
		size_t n = line_end(f, f->at);

		if (n) {
			f->at += n;
			break;
		}
		n = comment ? 0 : joint(f, f->at);
		f->at += n ? n : 1;
	}
	if (f->at > f->len)
		f->at = f->len;
}

/* The bytes of a name at this offset, 0 when none starts here. */
static size_t
name_length(const struct sitefile *f, size_t at)
{
	size_t n = 0;

	if (!is_alpha(byte_at(f, at)))
		return 0;
	while (is_word(byte_at(f, at + n)))
		n++;
	return n;
}

static int
take_name(struct sitefile *f, char name[SITEFILE_NAME_MAX + 1], size_t at,
    size_t n, struct where *w)
{
	if (n > SITEFILE_NAME_MAX)
		return where_set(w, at, "the name is longer than 63 bytes");
	for (size_t i = 0; i < n; i++) {
		char c = f->s[at + i];

		name[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	}
	name[n] = 0;
	return 0;
}

static struct sitefile_var *
var_find(const struct sitefile *f, const char *name)
{
	for (size_t i = 0; i < f->nvar; i++)
		if (strcmp(f->var[i].name, name) == 0)
			return &f->var[i];
	return NULL;
}

/* Make room for the origins of n value bytes and of the end. */
static int
from_room(struct sitefile *f, size_t n)
{
	size_t cap = f->fromcap ? f->fromcap : 256;
	size_t *p;

	if (n < f->fromcap)
		return 0;
	while (cap <= n)
		cap *= 2;
	p = realloc(f->from, cap * sizeof *p);
	if (!p)
		return -1;
	f->from = p;
	f->fromcap = cap;
	return 0;
}

/* Append bytes that all come from offset at of the text. */
static int
value_puts(
    struct sitefile *f, const char *s, size_t len, size_t at, struct where *w)
{
	size_t n = f->value.len;

	if (len > SITEFILE_VALUE_MAX - n)
		return where_set(w, at, "the value is longer than 65536 bytes");
	if (from_room(f, n + len) < 0 || sa_put(&f->value, s, len) < 0)
		return where_set(w, at, no_memory);
	for (size_t i = 0; i < len; i++)
		f->from[n + i] = at;
	return 0;
}

static int
value_put(struct sitefile *f, char c, size_t at, struct where *w)
{
	if (((unsigned char)c < 32 && c != '\t') || c == 127)
		return where_set(w, at, "a control byte");
	return value_puts(f, &c, 1, at, w);
}

/* The value of the variable whose name has n bytes at name_at. */
static int
value_put_var(
    struct sitefile *f, size_t at, size_t name_at, size_t n, struct where *w)
{
	char name[SITEFILE_NAME_MAX + 1];
	const struct sitefile_var *v;

	if (take_name(f, name, name_at, n, w) < 0)
		return -1;
	v = var_find(f, name);
	if (!v)
		return where_set(
		    w, name_at, "no variable of this name is set above");
	return value_puts(f, v->value, v->len, at, w);
}

/* "$KEY" or "${KEY}" at *at, which moves behind it. */
static int
take_dollar(struct sitefile *f, size_t *at, struct where *w)
{
	int brace = byte_at(f, *at + 1) == '{';
	size_t name_at = *at + 1 + (size_t)brace;
	size_t n = name_length(f, name_at);

	if (byte_at(f, *at + 1) == '(')
		return where_set(w, *at, "commands are not run here");
	if (n == 0)
		return where_set(
		    w, *at, "'$' without a name behind it; \\$ is a plain '$'");
	if (brace && byte_at(f, name_at + n) != '}')
		return where_set(w, *at, "the '{' is not closed behind a name");
	if (value_put_var(f, *at, name_at, n, w) < 0)
		return -1;
	*at = name_at + n + (size_t)brace;
	return 0;
}

/* "%KEY%", else a plain '%'. */
static int
take_percent(struct sitefile *f, size_t *at, struct where *w)
{
	size_t n = name_length(f, *at + 1);

	if (n == 0 || byte_at(f, *at + 1 + n) != '%') {
		(*at)++;
		return value_put(f, '%', *at - 1, w);
	}
	if (value_put_var(f, *at, *at + 1, n, w) < 0)
		return -1;
	*at += n + 2;
	return 0;
}

/* What is alike outside quotes and between double ones. */
static int
take_byte(struct sitefile *f, size_t *at, int quoted, struct where *w)
{
	char c = byte_at(f, *at);
	size_t n = joint(f, *at);

	if (n) {
		*at += n;
		return 0;
	}
	switch (c) {
	case '$':
		return take_dollar(f, at, w);
	case '%':
		return take_percent(f, at, w);
	case '`':
		return where_set(w, *at, "commands are not run here");
	case '\\':
		if (*at + 1 >= f->len)
			return where_set(
			    w, *at, "a backslash at the end of the file");
		if (quoted && !strchr("\"\\$%`", byte_at(f, *at + 1)))
			break;
		*at += 2;
		return value_put(f, byte_at(f, *at - 1), *at - 1, w);
	default:
		break;
	}
	(*at)++;
	return value_put(f, c, *at - 1, w);
}

/* A part between quotes; *at is at the opening one. */
static int
take_quoted(struct sitefile *f, size_t *at, struct where *w)
{
	size_t open = *at;
	char quote = byte_at(f, open);

	for ((*at)++; byte_at(f, *at) != quote;) {
		if (line_end(f, *at))
			return where_set(w, open,
			    "the quote is not closed on this line; a backslash "
			    "at its end joins the next");
		if (quote == '"') {
			if (take_byte(f, at, 1, w) < 0)
				return -1;
		} else {
			if (value_put(f, byte_at(f, *at), *at, w) < 0)
				return -1;
			(*at)++;
		}
	}
	(*at)++;
	f->closed = *at;
	return 0;
}

/* A blank outside quotes at *at: 1 when the value ends before it, 0 when it
 * belongs to the value, -1 when nothing may follow. */
static int
take_blanks(struct sitefile *f, size_t *at, int quoted, struct where *w)
{
	size_t next = skip_blanks(f, *at);

	if (line_end(f, next) || byte_at(f, next) == '#')
		return 1;
	if (quoted)
		return where_set(
		    w, next, "only a comment may follow the closing quote");
	while (*at < next)
		if (take_byte(f, at, 0, w) < 0)
			return -1;
	return 0;
}

/* One step through a value: 1 at its end, 0 to go on, -1. */
static int
take_part(struct sitefile *f, size_t *at, int quoted, struct where *w)
{
	char c = byte_at(f, *at);

	if (line_end(f, *at))
		return 1;
	if (is_blank(c))
		return take_blanks(f, at, quoted, w);
	if (c == '"' || c == '\'')
		return take_quoted(f, at, w);
	return take_byte(f, at, 0, w);
}

/* Behind '='.  Blanks at the end of an unquoted value are not part of it. */
static int
take_value(struct sitefile *f, struct where *w)
{
	size_t at = skip_blanks(f, f->at);
	char first = byte_at(f, at);
	int quoted = first == '"' || first == '\'', r = 0;

	f->value.len = 0;
	f->closed = 0;
	if (first != '#' || at == f->at)
		while ((r = take_part(f, &at, quoted, w)) == 0)
			;
	if (r < 0)
		return -1;
	if (at > f->len) /* a line's end is seen behind the last byte too */
		at = f->len;
	f->at = at;
	if (from_room(f, f->value.len) < 0 || sa_0(&f->value) < 0)
		return where_set(w, at, no_memory);
	/* what is missing at the end is missing before the closing quote */
	f->from[f->value.len] = f->closed == at ? at - 1 : at;
	return 0;
}

static int
remember(struct sitefile *f, struct sitefile_item *item, const char *name,
    struct where *w)
{
	struct sitefile_var *v = var_find(f, name);
	char *copy = malloc(f->value.len + 1);

	if (!copy)
		return where_set(w, item->name_at, no_memory);
	memcpy(copy, f->value.s, f->value.len + 1);
	item->before = v != NULL;
	if (v) {
		item->before_at = v->name_at;
		f->kept -= v->len;
		free(v->value);
	} else {
		v = realloc(f->var, (f->nvar + 1) * sizeof *v);
		if (!v) {
			free(copy);
			return where_set(w, item->name_at, no_memory);
		}
		f->var = v;
		v = &f->var[f->nvar++];
		memcpy(v->name, name, strlen(name) + 1);
	}
	v->value = copy;
	v->len = f->value.len;
	v->name_at = item->name_at;
	f->kept += v->len;
	item->name = v->name;
	return 0;
}

static int
take_setting(struct sitefile *f, struct sitefile_item *item, size_t at,
    size_t n, struct where *w)
{
	char name[SITEFILE_NAME_MAX + 1];

	*item = (struct sitefile_item){.name_at = at};
	if (take_name(f, name, at, n, w) < 0)
		return -1;
	if (++f->nitems > SITEFILE_ITEMS_MAX)
		return where_set(w, at, "more than 4096 settings");
	if (take_value(f, w) < 0)
		return -1;
	if (f->kept + f->value.len > SITEFILE_KEPT_MAX)
		return where_set(w, at, "the values are too long all together");
	if (remember(f, item, name, w) < 0)
		return -1;
	item->value = f->value.s;
	item->len = f->value.len;
	item->from = f->from;
	return 1;
}

/* "A B C" behind "export": names only. */
static int
take_exports(struct sitefile *f, size_t at, struct where *w)
{
	for (at = skip_blanks(f, at); !line_end(f, at);
	     at = skip_blanks(f, at)) {
		size_t n = name_length(f, at);

		if (byte_at(f, at) == '#')
			break;
		if (n == 0)
			return where_set(w, at, "not a name to export");
		at += n;
		if (is_word(byte_at(f, at)) || is_blank(byte_at(f, at)) ||
		    joint(f, at) || line_end(f, at))
			continue;
		return where_set(w, at,
		    "names to export are separated by blanks; a value has a "
		    "line of its own");
	}
	f->at = at;
	return 0;
}

/* One line: 1 a setting, 0 nothing to tell, -1 an error. */
static int
take_line(struct sitefile *f, struct sitefile_item *item, struct where *w)
{
	size_t at = skip_blanks(f, f->at), n = name_length(f, at), next;

	if (line_end(f, at) || byte_at(f, at) == '#') {
		f->at = at;
		return 0;
	}
	next = skip_blanks(f, at + n);
	if (n == 6 && strncasecmp(f->s + at, "export", 6) == 0 &&
	    (next > at + n || line_end(f, next)) && byte_at(f, next) != '=') {
		size_t start = at + n;

		at = next;
		n = name_length(f, at);
		next = skip_blanks(f, at + n);
		if (byte_at(f, next) != '=')
			return take_exports(f, start, w);
	}
	if (n == 0)
		return where_set(w, at, "not the name of a variable");
	if (byte_at(f, next) != '=')
		return where_set(w, at + n, "'=' is missing behind the name");
	f->at = next + 1;
	return take_setting(f, item, at, n, w);
}

void
sitefile_begin(struct sitefile *f, const char *s, size_t len)
{
	memset(f, 0, sizeof *f);
	f->s = s;
	f->len = len;
	if (len >= 3 && memcmp(s, bom, 3) == 0)
		f->at = 3;
}

int
sitefile_next(struct sitefile *f, struct sitefile_item *item, struct where *w)
{
	while (f->at < f->len) {
		int comment, r = take_line(f, item, w);

		/* where the value ended, only blanks and a comment are left */
		f->at = r < 0 ? f->at : skip_blanks(f, f->at);
		comment = r >= 0 && byte_at(f, f->at) == '#';
		skip_line(f, comment);
		if (r != 0)
			return r;
	}
	return 0;
}

void
sitefile_free(struct sitefile *f)
{
	for (size_t i = 0; i < f->nvar; i++)
		free(f->var[i].value);
	free(f->var);
	free(f->from);
	sa_free(&f->value);
	memset(f, 0, sizeof *f);
}

void
sitefile_place(struct sitefile_place *p, const char *s, size_t at)
{
	if (p->at == 0 && at >= 3 && memcmp(s, bom, 3) == 0)
		p->at = 3;
	for (; p->at < at; p->at++) {
		if (s[p->at] == '\n') {
			p->line++;
			p->column = 1;
		} else {
			p->column++;
		}
	}
}
