#include "lib/cmdtable.h"

#include "lib/near.h"

enum { NEAR_MAX = 2 /* letters that may be wrong */ };

/* Bytes of a name in capitals, at its beginning. */
static size_t
least(const char *name)
{
	size_t n = 0;

	while (name[n] >= 'A' && name[n] <= 'Z')
		n++;
	return n;
}

const struct cmd *
cmdtable_find(const struct cmd *table, size_t n, struct bytes word)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = table[i].name;

		if (word.len >= least(name) && word.len <= strlen(name) &&
		    strncasecmp(word.s, name, word.len) == 0)
			return &table[i];
	}
	return NULL;
}

/* How far a word is from a name, or from what of it must be given. */
static unsigned
distance(const char *name, struct bytes word)
{
	unsigned whole = near_distance(word.s, word.len, name, strlen(name));
	unsigned part = near_distance(word.s, word.len, name, least(name));

	return whole < part ? whole : part;
}

const struct cmd *
cmdtable_near(const struct cmd *table, size_t n, struct bytes word)
{
	const struct cmd *found = NULL;
	unsigned best = NEAR_MAX + 1;

	if (word.len > CMD_WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		unsigned d = distance(table[i].name, word);

		if (!(table[i].flags & CMD_HIDDEN) && d < best &&
		    d <= word.len / 3) {
			best = d;
			found = &table[i];
		}
	}
	return found;
}

static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes
cmd_trim(struct bytes s)
{
	while (s.len && is_space(s.s[0])) {
		s.s++;
		s.len--;
	}
	while (s.len && is_space(s.s[s.len - 1]))
		s.len--;
	return s;
}

struct bytes
cmd_word(struct bytes *rest)
{
	struct bytes left = cmd_trim(*rest), word = {left.s, 0};
	int quoted = 0;

	while (word.len < left.len && (quoted || !is_space(left.s[word.len])))
		quoted ^= left.s[word.len++] == '"';
	*rest =
	    cmd_trim((struct bytes){left.s + word.len, left.len - word.len});
	return word;
}

int
cmd_option(struct bytes word, const char *key, struct bytes *value)
{
	size_t n = strlen(key);

	if (word.len <= n || word.s[n] != '=' || !bytes_starts(word, key))
		return 0;
	*value = (struct bytes){word.s + n + 1, word.len - n - 1};
	if (value->len > 1 && value->s[0] == '"' &&
	    value->s[value->len - 1] == '"') {
		value->s++;
		value->len -= 2;
	}
	return 1;
}

int
cmd_take_option(struct bytes *text, const char *key, struct bytes *value,
    struct bytes *rest)
{
	struct bytes whole = cmd_trim(*text), left = whole;

	*rest = (struct bytes){whole.s + whole.len, 0};
	*text = whole;
	while (left.len) {
		struct bytes word = cmd_word(&left);

		if (!cmd_option(word, key, value))
			continue;
		*text = cmd_trim(
		    (struct bytes){whole.s, (size_t)(word.s - whole.s)});
		*rest = left;
		return 1;
	}
	return 0;
}
