#include "lib/recode.h"

#include <errno.h>
#include <iconv.h>

#include "lib/charset.h"

/* Those that mail is written in.  No other name goes to the C library: it keeps
 * each that it was asked for, and its rarest converters are read by nobody. */
static const char *const known[] = {"iso-8859-2", "iso-8859-3", "iso-8859-4",
    "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-9",
    "iso-8859-10", "iso-8859-11", "iso-8859-13", "iso-8859-14", "iso-8859-15",
    "iso-8859-16", "windows-1250", "windows-1251", "windows-1253",
    "windows-1254", "windows-1255", "windows-1256", "windows-1257",
    "windows-1258", "windows-874", "koi8-r", "koi8-u", "tis-620", "big5",
    "gb2312", "gbk", "gb18030", "euc-jp", "shift_jis", "iso-2022-jp", "euc-kr",
    "ks_c_5601-1987", "macintosh", "ibm437", "ibm850"};
static const char *const wide[] = {"utf-16", "utf-16le", "utf-16be", "utf-32",
    "utf-32le", "utf-32be", "ucs-2", "ucs-4", "iso-10646-ucs-2",
    "iso-10646-ucs-4"};

int
recode_is_wide(const char *charset)
{
	return bytes_among(
	    bytes_z(charset), wide, sizeof wide / sizeof wide[0]);
}

static int
put_point(stralloc *out, uint32_t point)
{
	char utf8[4];

	if (point & CHARSET_BYTE)
		point = '?';
	return sa_put(out, utf8, charset_utf8(utf8, point));
}

static int
put_points(stralloc *out, const uint32_t *point, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (put_point(out, point[i]) < 0)
			return -1;
	return 0;
}

/* What charset.h reads; ASCII of what it does not know. */
static int
by_ourselves(stralloc *out, struct bytes in, enum charset_kind kind)
{
	struct charset c = {.kind = kind};
	uint32_t point[CHARSET_OUT];

	for (size_t i = 0; i < in.len; i++)
		if (put_points(out, point, charset_put(&c, in.s[i], point)) < 0)
			return -1;
	return put_points(out, point, charset_end(&c, point));
}

/* One piece of the text; what cannot be read is left at the start of in. With
 * no text left, what the converter held back. */
static int
piece(stralloc *out, iconv_t cd, struct bytes *in)
{
	char text[1024], *to = text;
	size_t room = sizeof text, r;
	/* declared for a pointer that it may write through, which it does not */
	union {
		const char *from;
		char *to;
	} p = {in->s};

	r = iconv(cd, in->len > 0 ? &p.to : NULL, &in->len, &to, &room);
	in->s = p.from;
	if (sa_put(out, text, (size_t)(to - text)) < 0)
		return -1;
	if (r != (size_t)-1 || errno == E2BIG || in->len == 0)
		return 0;
	in->s++;
	in->len--;
	return sa_put(out, "?", 1);
}

int
recode_utf8(stralloc *out, struct bytes in, const char *charset)
{
	enum charset_kind kind = charset_kind(bytes_z(charset));
	iconv_t cd = (iconv_t)-1;
	int r = 0, err;

	if (kind == CHARSET_OTHER &&
	    (recode_is_wide(charset) ||
		bytes_among(
		    bytes_z(charset), known, sizeof known / sizeof known[0])))
		cd = iconv_open("UTF-8", charset);
	if (cd == (iconv_t)-1)
		return by_ourselves(out, in, kind);
	while (r == 0 && in.len > 0)
		r = piece(out, cd, &in);
	if (r == 0)
		r = piece(out, cd, &in);
	err = errno;
	iconv_close(cd);
	errno = err;
	return r;
}
