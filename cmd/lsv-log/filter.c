#include <stdlib.h>
#include <string.h>

#include "cmd/lsv-log/log.h"
#include "lib/ids.h"
#include "lib/num.h"

enum { REMEMBERED = 16384, NUMBER_DIGITS = 7, PREFIX_MIN = 4 };

int
wanted_init(struct wanted *w)
{
	w->id = calloc(REMEMBERED, sizeof *w->id);
	return w->id ? 0 : -1;
}

/* IDs are remembered in one place each; an old one gives way. */
static char *
place(struct wanted *w, const char *id)
{
	return w->id[bytes_hash((struct bytes){id, ID_LEN}) % REMEMBERED];
}

static int
is_address(const struct wanted *w, const struct logevent *e)
{
	struct bytes rest = e->rest, key;
	stralloc v = {0};
	int yes = 0;

	while (!yes && logparse_field(&rest, &key, &v) > 0)
		yes = bytes_same((struct bytes){v.s, v.len}, w->word);
	sa_free(&v);
	return yes;
}

static int
is_id(const struct wanted *w, const struct logevent *e)
{
	size_t n = strlen(w->word);
	uint64_t number;

	if (n >= PREFIX_MIN && e->id.len >= n &&
	    memcmp(e->id.s, w->word, n) == 0)
		return 1;
	return n <= NUMBER_DIGITS && e->id.len &&
	    num_u64(&number, w->word, n, 9999999) == 0 &&
	    id_number(e->id.s) == number;
}

static int
is_list(const struct wanted *w, const struct logevent *e)
{
	stralloc v = {0};
	int yes = logparse_find(e, "list", &v) > 0 &&
	    bytes_same((struct bytes){v.s, v.len}, w->list);

	sa_free(&v);
	return yes;
}

int
wanted_line(struct wanted *w, const struct source *s, const struct logevent *e)
{
	char *seen;
	int yes;

	if (s->us < w->since_us)
		return 0;
	if (!w->word && !w->list)
		return 1;
	if (!e)
		return 0;
	if (w->word && !strchr(w->word, '@'))
		return is_id(w, e) && (!w->list || is_list(w, e));
	yes = (!w->word || is_address(w, e)) && (!w->list || is_list(w, e));
	if (e->id.len == 0)
		return yes;
	seen = place(w, e->id.s);
	if (yes)
		memcpy(seen, e->id.s, ID_LEN);
	return yes || memcmp(seen, e->id.s, ID_LEN) == 0;
}
