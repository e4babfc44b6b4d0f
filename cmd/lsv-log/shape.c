#include <errno.h>
#include <string.h>

#include "cmd/lsv-log/log.h"
#include "lib/clock.h"
#include "lib/ids.h"
#include "lib/json.h"
#include "lib/num.h"

enum { EXACT_MAX = 15 }; /* digits of a number that every reader keeps */

/* Nothing of what others said may steer a terminal. */
static void
clean(stralloc *out, size_t from)
{
	for (size_t i = from; i < out->len; i++)
		if (((unsigned char)out->s[i] < 32 && out->s[i] != '\n') ||
		    out->s[i] == 127)
			out->s[i] = '?';
}

static int
put_text(stralloc *out, const struct source *s, const struct logevent *e)
{
	if (e)
		return form_text(out, s->name, e);
	if (sa_puts(out, ">>> ") < 0)
		return -1;
	return sa_put(out, s->text.s, s->text.len);
}

/* Each line of an event gets the date. */
static int
listserv(stralloc *out, const struct source *s, const struct logevent *e)
{
	stralloc text = {0};
	char date[CLOCK_LSV_MAX];
	size_t n = clock_lsv(date, s->us), at = 0;
	int r = put_text(&text, s, e);

	if (r == 0)
		r = sa_put(&text, "\n", 1);
	clean(&text, 0);
	while (r == 0 && at < text.len) {
		const char *nl = memchr(text.s + at, '\n', text.len - at);
		size_t len = (size_t)(nl - text.s) - at + 1;

		if (sa_put(out, date, n) < 0 || sa_put(out, " ", 1) < 0 ||
		    sa_put(out, text.s + at, len) < 0)
			r = -1;
		at += len;
	}
	sa_free(&text);
	return r;
}

static void
json_value(struct json *j, struct bytes key, const stralloc *v)
{
	char name[128];
	uint64_t n;
	int number = v->len > 0 && v->len <= EXACT_MAX &&
	    (v->s[0] != '0' || v->len == 1) &&
	    num_u64(&n, v->s, v->len, UINT64_MAX) == 0;

	if (key.len >= sizeof name)
		key.len = sizeof name - 1;
	memcpy(name, key.s, key.len);
	name[key.len] = 0;
	if (number)
		json_u(j, name, n);
	else
		json_s(j, name, v->len ? v->s : "", v->len);
}

static int
json(stralloc *out, const struct source *s, const struct logevent *e)
{
	struct json j = {.out = out};
	stralloc value = {0};
	size_t stamp = (size_t)(s->text.s - s->line.s);
	struct bytes rest, key;

	while (stamp && s->line.s[stamp - 1] == ' ')
		stamp--;
	json_open(&j, NULL, '{');
	json_s(&j, "time", s->line.s, stamp);
	json_u(&j, "us", s->us);
	json_z(&j, "service", s->name);
	if (!e) {
		json_s(&j, "message", s->text.s, s->text.len);
	} else {
		if (e->id.len) {
			json_s(&j, "id", e->id.s, e->id.len);
			json_u(&j, "number", id_number(e->id.s));
		}
		json_s(&j, "event", e->event.s, e->event.len);
		rest = e->rest;
		while (logparse_field(&rest, &key, &value) > 0)
			json_value(&j, key, &value);
	}
	json_close(&j, '}');
	sa_free(&value);
	if (j.failed) {
		errno = ENOMEM;
		return -1;
	}
	return sa_put(out, "\n", 1);
}

int
shape_line(stralloc *out, enum shape shape, const struct source *s,
    const struct logevent *e)
{
	size_t from = out->len;

	if (shape == SHAPE_JSON)
		return json(out, s, e);
	if (shape == SHAPE_LISTSERV)
		return listserv(out, s, e);
	if (sa_put(out, s->line.s, s->line.len) < 0)
		return -1;
	clean(out, from);
	return sa_put(out, "\n", 1);
}
