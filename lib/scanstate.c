#include "lib/scanstate.h"

#include <errno.h>

#include "lib/fio.h"
#include "lib/keyval.h"

static const struct number {
	const char *key;
	size_t at;
} numbers[] = {
    {"running", offsetof(struct scanstate, running)},
    {"waiting", offsetof(struct scanstate, waiting)},
    {"answered", offsetof(struct scanstate, answered)},
    {"failed", offsetof(struct scanstate, failed)},
    {"failures", offsetof(struct scanstate, failures)},
    {"open", offsetof(struct scanstate, open_us)},
};

enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

int
scanstate_format(stralloc *out, const struct scanstate *s)
{
	uint64_t n;

	if (sa_puts(out, "lsv-scan 1\n") < 0 ||
	    keyval_put(out, "exit", bytes_z(s->exit), PATH_MAX) < 0)
		return -1;
	for (size_t i = 0; i < NUMBERS; i++) {
		memcpy(&n, (const char *)s + numbers[i].at, sizeof n);
		if (keyval_putu(out, numbers[i].key, n) < 0)
			return -1;
	}
	if (keyval_put(out, "why", bytes_z(s->why), SCANANSWER_WHY_MAX) < 0)
		return -1;
	return sa_puts(out, "end\n");
}

/* A text into room for size bytes with its NUL. */
static int
text_get(struct keyval *k, const char *key, char *to, size_t size)
{
	size_t at = k->at;
	struct bytes v;

	if (keyval_get(k, key, &v) < 0)
		return -1;
	if (v.len >= size)
		return where_set(k->w, at, "too long");
	memcpy(to, v.s, v.len);
	to[v.len] = 0;
	return 0;
}

int
scanstate_parse(
    struct scanstate *s, const char *text, size_t len, struct where *w)
{
	static const char first[] = "lsv-scan 1\n";
	struct keyval k = {.s = text, .len = len, .w = w};
	uint64_t n;

	if (len < strlen(first) || memcmp(text, first, strlen(first)) != 0)
		return where_set(w, 0, "not a state of version 1");
	k.at = strlen(first);
	if (text_get(&k, "exit", s->exit, sizeof s->exit) < 0)
		return -1;
	for (size_t i = 0; i < NUMBERS; i++) {
		if (keyval_getu(&k, numbers[i].key, &n, UINT64_MAX) < 0)
			return -1;
		memcpy((char *)s + numbers[i].at, &n, sizeof n);
	}
	if (text_get(&k, "why", s->why, sizeof s->why) < 0)
		return -1;
	return keyval_end(&k);
}

int
scanstate_read(struct scanstate *s, int spool)
{
	stralloc text = {0};
	int r = fio_read(spool, SCANSTATE_FILE, &text, SCANSTATE_MAX);

	if (r < 0) {
		r = errno == ENOENT ? 0 : -1;
	} else if (text.len > 0) {
		r = scanstate_parse(s, text.s, text.len, NULL) == 0 ? 1 : -1;
		if (r < 0)
			errno = EPROTO;
	}
	sa_free(&text);
	return r;
}
