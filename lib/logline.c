#include "lib/logline.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/ofat.h"

static void
add(struct logline *l, const char *s, size_t len)
{
	size_t room = LOG_MAX - 1 - l->len;

	if (len > room)
		len = room;
	memcpy(l->text + l->len, s, len);
	l->len += len;
}

void
log_begin(struct logline *l, const char *id, const char *event)
{
	if (!id)
		id = "-";
	l->len = 0;
	add(l, id, strlen(id));
	add(l, " ", 1);
	add(l, event, strlen(event));
}

static int
plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] >= 127 || strchr("\"\\=", s[i]))
			return 0;
	return len > 0;
}

static void
add_quoted(struct logline *l, const char *s, size_t len)
{
	char q[2 * LOG_VALUE_MAX];
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"' || s[i] == '\\')
			q[n++] = '\\';
		q[n++] = (unsigned char)s[i] < 32 || s[i] == 127 ? '?' : s[i];
	}
	add(l, "\"", 1);
	add(l, q, n);
	add(l, "\"", 1);
}

static void
add_key(struct logline *l, const char *key)
{
	add(l, " ", 1);
	add(l, key, strlen(key));
	add(l, "=", 1);
}

void
log_s(struct logline *l, const char *key, const char *s, size_t len)
{
	if (len > LOG_VALUE_MAX)
		len = LOG_VALUE_MAX;
	add_key(l, key);
	if (plain(s, len))
		add(l, s, len);
	else
		add_quoted(l, s, len);
}

void
log_z(struct logline *l, const char *key, const char *z)
{
	if (z)
		log_s(l, key, z, strlen(z));
}

void
log_u(struct logline *l, const char *key, uint64_t n)
{
	char text[FMT_ULONG];
	size_t len = fmt_ulong(text, n);

	add_key(l, key);
	add(l, text, len);
}

/* struct kept - lines that were gathered: what a pipe takes without mixing it with
 * that of others */
static struct kept {
	char text[PIPE_BUF];
	size_t len;
	int on;
} kept;

static void
put(const char *s, size_t len)
{
	ssize_t w = write(2, s, len);

	(void)w;
}

static void
put_kept(void)
{
	if (kept.len > 0)
		put(kept.text, kept.len);
	kept.len = 0;
}

void
log_gather(void)
{
	kept.on = 1;
}

void
log_release(void)
{
	put_kept();
	kept.on = 0;
}

void
log_end(struct logline *l)
{
	l->text[l->len++] = '\n';
	if (!kept.on) {
		put(l->text, l->len);
		return;
	}
	if (kept.len + l->len > sizeof kept.text)
		put_kept();
	memcpy(kept.text + kept.len, l->text, l->len);
	kept.len += l->len;
}
