#include "lib/carrier.h"

#include <errno.h>
#include <gmime/gmime.h>

#include "lib/addrlist.h"
#include "lib/fullname.h"
#include "lib/header.h"
#include "lib/recode.h"
#include "lib/transfer.h"
#include "lib/words.h"

/* The structure is taken apart here and not by GMime's parser, which builds a
 * tree of objects of whatever size the sender likes: 16 MiB of empty parts took
 * it 4 GB, of empty fields 2.6 GB.  GMime reads the fields of each part. */

enum {
	VALUE_MAX = 2048,   /* bytes of a field that are read */
	BOUNDARY_MAX = 200, /* 70 by RFC 2046; some programs take more */
};

/* struct leaf - a part that may be the text
 *
 * body    its bytes, in its encoding
 * found   1: there is one
 */
struct leaf {
	struct bytes body;
	enum transfer_kind encoding;
	char charset[CARRIER_CHARSET_MAX + 1];
	int found;
};

/* struct walk - what was seen of a mail
 *
 * text    the first part text/plain; job an attached file NAME.job
 * jobs    how many there are of the latter
 * html, sealed, strange  1: text in HTML, encrypted, in an unknown encoding
 * value   a field under way
 * why     not NULL: nothing of the mail may be used
 */
struct walk {
	struct leaf text, job;
	unsigned parts, jobs;
	int html, sealed, strange;
	stralloc value;
	const char *why;
};

/* struct part - what the fields of a part say; part_free */
struct part {
	GMimeContentType *type;
	GMimeContentDisposition *disposition;
	enum transfer_kind encoding;
	int strange;
	struct bytes body;
};

void
carrier_start(void)
{
	g_mime_init();
}

/* --- fields -------------------------------------------------------------- */

/* A field as a string, or NULL when there is none; 0 or -1 with ENOMEM. */
static int
value(struct walk *w, const struct header *h, const char *name, const char **z)
{
	struct field f;

	*z = NULL;
	if (!h || header_find(h, name, 0, &f) == 0)
		return 0;
	if (f.value.len > VALUE_MAX)
		f.value.len = VALUE_MAX;
	w->value.len = 0;
	if (field_unfold(&w->value, f.value) < 0 || sa_0(&w->value) < 0)
		return -1;
	*z = w->value.s;
	return 0;
}

static void
read_encoding(struct part *p, const char *z)
{
	static const char *const plain[] = {"7bit", "8bit", "binary", ""};
	struct bytes left = bytes_z(z ? z : ""), name = field_token(&left);

	if (bytes_same(name, "base64"))
		p->encoding = TRANSFER_BASE64;
	else if (bytes_same(name, "quoted-printable"))
		p->encoding = TRANSFER_QUOTED;
	else
		p->strange = !bytes_among(name, plain, 4);
}

/* The fields of a part; h is NULL when it has none.  0 or -1 with ENOMEM. */
static int
part_read(struct walk *w, struct part *p, const struct header *h)
{
	const char *z;

	if (value(w, h, "Content-Transfer-Encoding", &z) < 0)
		return -1;
	read_encoding(p, z);
	if (value(w, h, "Content-Type", &z) < 0)
		return -1;
	if (z && strchr(z, '/'))
		p->type = g_mime_content_type_parse(NULL, z);
	if (value(w, h, "Content-Disposition", &z) < 0)
		return -1;
	if (z && *z)
		p->disposition = g_mime_content_disposition_parse(NULL, z);
	return 0;
}

static void
part_free(struct part *p)
{
	if (p->type)
		g_object_unref(p->type);
	if (p->disposition)
		g_object_unref(p->disposition);
}

/* Is the part of this type; subtype NULL: any. */
static int
is_type(const struct part *p, const char *type, const char *subtype)
{
	if (!p->type)
		return strcasecmp(type, "text") == 0 &&
		    (!subtype || strcasecmp(subtype, "plain") == 0);
	return g_mime_content_type_is_type(
	    p->type, type, subtype ? subtype : "*");
}

static int
is_attachment(const struct part *p)
{
	const char *z = p->disposition
	    ? g_mime_content_disposition_get_disposition(p->disposition)
	    : NULL;

	return z && strcasecmp(z, "attachment") == 0;
}

static int
is_job(const struct part *p)
{
	const char *z = NULL;

	if (p->disposition)
		z = g_mime_content_disposition_get_parameter(
		    p->disposition, "filename");
	if (!z && p->type)
		z = g_mime_content_type_get_parameter(p->type, "name");
	return z && strlen(z) > 4 && bytes_ends(bytes_z(z), ".job") &&
	    (is_type(p, "text", NULL) ||
		is_type(p, "application", "octet-stream"));
}

/* --- structure ----------------------------------------------------------- */

static int part(struct walk *w, struct bytes s, unsigned depth, int digest);

static void
keep(struct leaf *l, const struct part *p)
{
	const char *z = p->type
	    ? g_mime_content_type_get_parameter(p->type, "charset")
	    : NULL;

	l->found = 1;
	l->body = p->body;
	l->encoding = p->encoding;
	l->charset[0] = 0;
	if (z && strlen(z) <= CARRIER_CHARSET_MAX)
		memcpy(l->charset, z, strlen(z) + 1);
}

static int
is_empty(struct bytes b)
{
	size_t i = 0;

	while (i < b.len && b.s[i] && strchr(" \t\r\n", b.s[i]))
		i++;
	return i == b.len;
}

static void
leaf(struct walk *w, const struct part *p)
{
	if (is_job(p) && !p->strange) {
		if (w->jobs++ == 0)
			keep(&w->job, p);
	} else if (is_type(p, "text", "plain") && !is_attachment(p)) {
		if (p->strange)
			w->strange = 1;
		else if (!w->text.found || is_empty(w->text.body))
			keep(&w->text, p);
	} else if (is_type(p, "text", "html")) {
		w->html = 1;
	} else if (is_type(p, "application", "pkcs7-mime") ||
	    is_type(p, "application", "x-pkcs7-mime") ||
	    is_type(p, "application", "pgp-encrypted")) {
		w->sealed = 1;
	}
}

/* Is a line "--boundary", perhaps with "--" and blanks behind it; 2 when it is
 * the last one. */
static int
is_delimiter(struct bytes line, const char *boundary, size_t n)
{
	int last;

	if (line.len < n + 2 || line.s[0] != '-' || line.s[1] != '-' ||
	    memcmp(line.s + 2, boundary, n) != 0)
		return 0;
	line.s += n + 2;
	line.len -= n + 2;
	last = bytes_starts(line, "--");
	if (last) {
		line.s += 2;
		line.len -= 2;
	}
	while (line.len > 0 && strchr(" \t\r", line.s[line.len - 1]) &&
	    line.s[line.len - 1])
		line.len--;
	return line.len > 0 ? 0 : 1 + last;
}

/* The end of a part in front of the delimiter at an offset: the line end there
 * belongs to the delimiter. */
static size_t
part_end(struct bytes body, size_t from, size_t at)
{
	if (at > from && body.s[at - 1] == '\n')
		at--;
	if (at > from && body.s[at - 1] == '\r')
		at--;
	return at;
}

/* The parts of a multipart.  0; -1 with ENOMEM. */
static int
parts(struct walk *w, struct bytes body, const char *boundary, unsigned depth,
    int digest)
{
	size_t n = strlen(boundary), at = 0, from = 0, next;
	int inside = 0, kind = 0, r = 0;
	const char *lf;

	for (; at < body.len && kind < 2 && r == 0 && !w->why; at = next) {
		lf = memchr(body.s + at, '\n', body.len - at);
		next = lf ? (size_t)(lf + 1 - body.s) : body.len;
		kind = is_delimiter(
		    (struct bytes){body.s + at, next - at - (lf != NULL)},
		    boundary, n);
		if (kind && inside)
			r = part(w,
			    (struct bytes){
				body.s + from, part_end(body, from, at) - from},
			    depth, digest);
		if (kind) {
			inside = 1;
			from = next;
		}
	}
	if (inside && from < body.len && kind < 2 && r == 0 && !w->why)
		r = part(w, (struct bytes){body.s + from, body.len - from},
		    depth, digest);
	return r;
}

static int
multipart(struct walk *w, const struct part *p, unsigned depth)
{
	const char *z = g_mime_content_type_get_parameter(p->type, "boundary");
	char boundary[BOUNDARY_MAX + 1];
	size_t n = z ? strlen(z) : 0;

	if (is_type(p, "multipart", "encrypted"))
		w->sealed = 1;
	while (n > 0 && z[n - 1] == ' ')
		n--;
	if (n == 0 || n > BOUNDARY_MAX || p->encoding != TRANSFER_NONE ||
	    p->strange)
		return 0; /* it has no parts that anybody could tell apart */
	memcpy(boundary, z, n);
	boundary[n] = 0;
	return parts(
	    w, p->body, boundary, depth + 1, is_type(p, "multipart", "digest"));
}

/* A part of any kind: s is its header and its body. */
static int
part(struct walk *w, struct bytes s, unsigned depth, int digest)
{
	struct part p = {.body = {s.s, s.len}};
	struct header h;
	struct where why;
	int empty = s.len == 0 || s.s[0] == '\n' || bytes_starts(s, "\r\n");
	int r = 0;

	if (++w->parts > CARRIER_PARTS_MAX)
		w->why = "the mail has more than 1,000 parts";
	else if (depth > CARRIER_DEPTH_MAX)
		w->why = "the parts of the mail are nested deeper than 20";
	if (w->why)
		return 0;
	if (!empty && header_parse(&h, s.s, s.len, &why) < 0)
		return 0; /* no part that anybody could read */
	if (!empty)
		p.body = (struct bytes){s.s + h.body, s.len - h.body};
	else if (s.len > 0)
		p.body = (struct bytes){
		    s.s + 1 + (s.s[0] == '\r'), s.len - 1 - (s.s[0] == '\r')};
	if (part_read(w, &p, empty ? NULL : &h) < 0)
		r = -1;
	else if (p.type && is_type(&p, "multipart", NULL))
		r = multipart(w, &p, depth);
	else if ((digest && !p.type) || is_type(&p, "message", "rfc822"))
		r = p.encoding == TRANSFER_NONE ? part(w, p.body, depth + 1, 0)
						: 0;
	else
		leaf(w, &p);
	part_free(&p);
	return r;
}

/* --- the text ------------------------------------------------------------ */

/* 0; -1 with ENOMEM. */
static int
decode(struct carrier *c, const struct leaf *l)
{
	struct transfer t = {.kind = l->encoding};
	struct bytes in = l->body;
	size_t n = 0, room = in.len + TRANSFER_OUT;

	c->memory = malloc(room + TRANSFER_OUT);
	if (!c->memory)
		return -1;
	while (in.len > 0)
		n += transfer_more(
		    &t, &in, c->memory + n, room + TRANSFER_OUT - n);
	n += transfer_end(&t, c->memory + n);
	c->text = (struct bytes){c->memory, n};
	c->decoded = 1;
	return 0;
}

/* UTF-16 and the like has no lines before it is recoded. */
static int
narrow(struct carrier *c)
{
	stralloc out = {0};

	if (recode_utf8(&out, c->text, c->charset) < 0) {
		sa_free(&out);
		return -1;
	}
	free(c->memory);
	c->memory = out.s;
	c->text = (struct bytes){out.len > 0 ? out.s : "", out.len};
	c->decoded = 1;
	memcpy(c->charset, "utf-8", sizeof "utf-8");
	return 0;
}

static int
take(struct carrier *c, const struct leaf *l)
{
	c->text = l->body;
	memcpy(c->charset, l->charset, sizeof c->charset);
	if (l->encoding != TRANSFER_NONE && decode(c, l) < 0)
		return -1;
	return recode_is_wide(c->charset) ? narrow(c) : 0;
}

static int
refuse(struct where *w, const char *why)
{
	errno = EINVAL;
	return where_set(w, 0, why);
}

/* Which of the parts it is. */
static int
choose(struct carrier *c, const struct walk *k, struct where *w)
{
	if (k->why)
		return refuse(w, k->why);
	if (k->jobs > 1)
		return refuse(w, "more than one file of type JOB is attached");
	c->attached = k->jobs == 1;
	if (k->jobs == 1)
		return take(c, &k->job);
	if (k->text.found)
		return take(c, &k->text);
	if (k->sealed)
		return refuse(w, "the mail is encrypted");
	if (k->strange)
		return refuse(
		    w, "the text is in a transfer encoding that is not known");
	return refuse(w,
	    k->html ? "the mail is in HTML only: send it as plain text"
		    : "the mail has no text");
}

/* --- origin -------------------------------------------------------------- */

/* The first mailbox of a field.  1; 0 when there is none; -1 with ENOMEM. */
static int
mailbox(struct carrier *c, const struct header *h, const char *name)
{
	struct field f;
	struct addr_list list;
	struct where why;
	stralloc raw = {0};
	char words[2 * ADDR_NAME_MAX];
	int r = 0;

	if (header_find(h, name, 0, &f) == 0)
		return 0;
	list = (struct addr_list){
	    .s = f.value.s, .len = f.value.len, .flags = ADDR_UTF8};
	errno = 0;
	r = addr_list_next(&list, &c->origin, &raw, &why);
	if (r < 0)
		r = errno == ENOMEM ? -1 : 0;
	if (r <= 0)
		c->origin.len = 0;
	else if (fullname_put(&c->name,
		     (struct bytes){words,
			 words_decode(words, sizeof words,
			     (struct bytes){raw.s, raw.len})}) < 0)
		r = -1;
	sa_free(&raw);
	return r;
}

/* 0, perhaps with an empty origin; -1 with ENOMEM. */
static int
origin(struct carrier *c, const struct header *h)
{
	static const char *const names[] = {"From", "Sender", "Resent-From"};
	int r = 0;

	for (size_t i = 0; i < 3 && r == 0; i++)
		r = mailbox(c, h, names[i]);
	return r < 0 ? -1 : 0;
}

static void
forget(struct carrier *c)
{
	free(c->memory);
	c->memory = NULL;
	c->text = (struct bytes){"", 0};
	c->decoded = c->attached = 0;
	c->charset[0] = 0;
	c->origin.len = c->name.len = 0;
}

int
carrier_read(struct carrier *c, struct bytes message, struct where *w)
{
	struct walk k = {0};
	struct where why;
	struct header h;
	int r, err;

	forget(c);
	if (header_parse(&h, message.s, message.len, &why) < 0)
		return refuse(w, why.why);
	if (origin(c, &h) < 0)
		return -1;
	if (message.len > CARRIER_MAX)
		return refuse(w, "the mail is larger than 64 MiB");
	if (c->origin.len == 0)
		return refuse(w, "the mail does not say who it is from");
	r = part(&k, message, 0, 0);
	if (r == 0)
		r = choose(c, &k, w);
	err = errno;
	sa_free(&k.value);
	errno = err;
	return r;
}

int
carrier_utf8(stralloc *out, const struct carrier *c, struct bytes piece)
{
	return recode_utf8(out, piece, c->charset);
}

void
carrier_free(struct carrier *c)
{
	free(c->memory);
	sa_free(&c->origin);
	sa_free(&c->name);
	*c = (struct carrier){0};
}
