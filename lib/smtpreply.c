#include "lib/smtpreply.h"

#include <errno.h>
#include <string.h>

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
add_text(struct smtp_reply *r, const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len && r->len < SMTP_TEXT_MAX; i++)
		r->text[r->len++] = s[i] >= ' ' && s[i] <= '~' ? s[i] : '?';
	r->text[r->len] = '\0';
}

/* One to three digits; 0 when there are none, or more. */
static size_t
few_digits(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && is_digit(s[n]))
		n++;
	return n <= 3 ? n : 0;
}

/* The length of the enhanced code that s begins with, 0 if it does not. */
static size_t
enh_length(const char *s, size_t len, char class)
{
	size_t n = 1, part, i;

	if (len < 5 || s[0] != class || (class != '2' && class < '4'))
		return 0;
	for (i = 0; i < 2; i++) {
		if (n >= len || s[n] != '.')
			return 0;
		n++;
		part = few_digits(s + n, len - n);
		if (part == 0)
			return 0;
		n += part;
	}
	return n == len || s[n] == ' ' || s[n] == '\t' ? n : 0;
}

static void
begin(struct smtpreply *p, const char *code)
{
	p->reply.code =
	    (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
	memcpy(p->reply.enh, "0.0.0", 6);
	p->reply.enh[0] = code[0];
	p->reply.len = 0;
	p->reply.text[0] = '\0';
	p->enh_given = 0;
	p->lines = 0;
	p->bytes = 0;
}

static void
take_text(struct smtpreply *p, const char *s, size_t len)
{
	size_t n = enh_length(s, len, p->reply.enh[0]);

	if (n > 0 && !p->enh_given) {
		memcpy(p->reply.enh, s, n);
		p->reply.enh[n] = '\0';
		p->enh_given = 1;
	}
	for (; n < len && (s[n] == ' ' || s[n] == '\t'); n++)
		;
	if (p->reply.len > 0 && n < len)
		add_text(&p->reply, " ", 1);
	add_text(&p->reply, s + n, len - n);
}

int
smtpreply_line(struct smtpreply *p, const char *line, size_t len)
{
	int code;

	if (len > SMTP_LINE_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	if (len < 3 || line[0] < '2' || line[0] > '5' || !is_digit(line[1]) ||
	    !is_digit(line[2]) ||
	    (len > 3 && line[3] != ' ' && line[3] != '-')) {
		errno = EPROTO;
		return -1;
	}
	code = p->reply.code;
	if (!p->more)
		begin(p, line);
	else if (code !=
	    (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0')) {
		errno = EPROTO;
		return -1;
	}
	p->lines++;
	p->bytes += len;
	if (p->bytes > SMTP_REPLY_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	p->more = len > 3 && line[3] == '-';
	if (len > 4)
		take_text(p, line + 4, len - 4);
	return !p->more;
}

int
smtpreply_too_many(const struct smtpreply *p)
{
	if (p->enh_given)
		return strcmp(p->reply.enh + 1, ".5.3") == 0;
	return p->reply.code == 452 || p->reply.code == 552;
}

enum smtp_result
smtp_class(const struct smtp_reply *r)
{
	if (r->code / 100 == 2)
		return SMTP_DELIVERED;
	if (r->code == 530 || r->code == 534 || r->code == 535 ||
	    r->code == 538 || r->code / 100 != 5)
		return SMTP_RETRY;
	return SMTP_FAILED;
}

const char *
smtp_verb_name(enum smtp_verb verb)
{
	static const char *const name[] = {"greeting", "HELO", "STARTTLS",
	    "AUTH", "MAIL", "RCPT", "DATA", "dot", "BDAT", "RSET",
	    "proof of BDAT", "QUIT", "-"};

	return name[verb];
}

void
smtpreply_ours(struct smtp_reply *r, const char *enh, const char *text)
{
	size_t n = strnlen(enh, SMTP_ENH_MAX);

	r->code = 0;
	memcpy(r->enh, enh, n);
	r->enh[n] = '\0';
	r->len = 0;
	add_text(r, text, strlen(text));
}
