#include "lib/wire.h"

#include <errno.h>

/* 1 when a byte above 127 is among them: eight bytes at a time. */
static int
has_eightbit(const char *p, size_t len)
{
	uint64_t word, all = 0;
	size_t i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&word, p + i, 8);
		all |= word;
	}
	for (; i < len; i++)
		all |= (unsigned char)p[i];
	return (all & UINT64_C(0x8080808080808080)) != 0;
}

static int
refuse(const struct wire *w, struct where *where, int error, const char *why)
{
	errno = error;
	return where_set(where, (size_t)w->lines + 1, why);
}

static void
put_bytes(stralloc *out, const char *p, size_t len)
{
	memcpy(out->s + out->len, p, len);
	out->len += len;
}

static void
put_eol(struct wire *w, stralloc *out)
{
	put_bytes(out, "\r\n", 2);
	w->lines++;
	w->column = 0;
}

/* The bytes up to end hold no NUL, and out has room for twice as many. */
static int
put_lines(struct wire *w, stralloc *out, const char *p, const char *end,
    struct where *where)
{
	const char *lf = p, *stop, *cr;
	size_t n;

	if (w->cr && p < end && *p == '\n')
		p++; /* its line has ended with the CR */
	for (w->cr = 0; p < end; p = stop + 1) {
		/* looked for once a line, however many CR stand in it */
		if (lf <= p && lf < end) {
			lf = memchr(p, '\n', (size_t)(end - p));
			if (lf == NULL)
				lf = end;
		}
		cr = memchr(p, '\r', (size_t)(lf - p));
		stop = cr != NULL ? cr : lf;
		n = (size_t)(stop - p);
		if (n > WIRE_LINE_MAX - w->column)
			return refuse(w, where, EMSGSIZE, "line too long");
		if (w->column == 0 && *p == '.')
			w->dots = 1;
		put_bytes(out, p, n);
		w->column += n;
		if (stop == end)
			break;
		put_eol(w, out);
		if (*stop == '\r' && stop + 1 < end && stop[1] == '\n')
			stop++;
		else if (*stop == '\r')
			w->cr = stop + 1 == end;
	}
	return 0;
}

int
wire_put(struct wire *w, stralloc *out, const char *p, size_t len,
    struct where *where)
{
	const char *nul = len > 0 ? memchr(p, '\0', len) : NULL;
	const char *end = nul != NULL ? nul : p + len;
	size_t before = out->len;

	if (len > SIZE_MAX / 4 || !stralloc_readyplus(out, 2 * len)) {
		errno = ENOMEM;
		return where_set(where, (size_t)w->lines + 1, "out of memory");
	}
	if (len > 0 && put_lines(w, out, p, end, where) < 0)
		return -1;
	if (nul != NULL)
		return refuse(w, where, EINVAL, "NUL byte");
	if (!w->eightbit)
		w->eightbit = has_eightbit(p, len);
	w->bytes += out->len - before;
	return 0;
}

int
wire_end(struct wire *w, stralloc *out)
{
	if (w->column == 0)
		return 0;
	if (!stralloc_readyplus(out, 2)) {
		errno = ENOMEM;
		return -1;
	}
	put_eol(w, out);
	w->bytes += 2;
	return 0;
}

/* The first dot of p that starts a line, or end. */
static const char *
dot_line(const struct wire_dots *d, const char *p, const char *end)
{
	const char *dot;

	if (p < end && *p == '.' && !d->inside)
		return p;
	for (dot = p; dot < end; dot++) {
		dot = memchr(dot, '.', (size_t)(end - dot));
		if (dot == NULL)
			return end;
		if (dot > p && dot[-1] == '\n')
			return dot;
	}
	return end;
}

size_t
wire_stuff(struct wire_dots *d, char *out, size_t room, const char *p,
    size_t len, size_t *used)
{
	const char *at = p, *end = p + len, *stop;
	size_t n, done = 0;

	while (at < end) {
		stop = dot_line(d, at, end);
		n = (size_t)(stop - at);
		if (n > room - done)
			n = room - done;
		if (n > 0) {
			memcpy(out + done, at, n);
			done += n;
			at += n;
			d->inside = at[-1] != '\n';
		}
		if (at != stop || at == end || room - done < 2)
			break; /* a doubled dot is never cut in two */
		out[done++] = '.';
		out[done++] = '.';
		at++;
		d->inside = 1;
	}
	*used = (size_t)(at - p);
	return done;
}

int
wire_no_dots(struct wire_dots *d, const char *p, size_t len)
{
	if (dot_line(d, p, p + len) != p + len)
		return 0;
	if (len > 0)
		d->inside = p[len - 1] != '\n';
	return 1;
}
