#include "lib/lmtp.h"

#include <string.h>

#include "lib/num.h"
#include "lib/utf8.h"

/* Where the last byte of a message left things. */
enum { AT_START, AT_DOT, AT_DOT_CR, AT_TEXT, AT_CR };

/* One reply line; a text that is too long is cut. */
static int
say(struct lmtp *l, const char *code, const char *text)
{
	size_t len = strlen(text), max = LMTP_REPLY_MAX - 6;

	if (sa_puts(&l->out, code) < 0 || sa_puts(&l->out, " ") < 0 ||
	    sa_put(&l->out, text, len < max ? len : max) < 0)
		return -1;
	return sa_puts(&l->out, "\r\n");
}

/* The same, for a command that is none. */
static int
wrong(struct lmtp *l, const char *code, const char *text)
{
	if (++l->errors < LMTP_ERRORS_MAX)
		return say(l, code, text) < 0 ? -1 : LMTP_MORE;
	if (say(l, "421", "4.7.0 too many errors") < 0)
		return -1;
	return LMTP_QUIT;
}

static int
fine(struct lmtp *l, const char *code, const char *text)
{
	return say(l, code, text) < 0 ? -1 : LMTP_MORE;
}

int
lmtp_greet(struct lmtp *l, const char *trouble)
{
	stralloc text = {0};
	int r = -1;

	if (trouble)
		return say(l, "421", trouble);
	if (sa_puts(&text, l->name) == 0 && sa_puts(&text, " LMTP lsv") == 0 &&
	    sa_0(&text) == 0)
		r = say(l, "220", text.s);
	sa_free(&text);
	return r;
}

int
lmtp_end(struct lmtp *l, const char *text)
{
	return say(l, "421", text);
}

static void
forget(struct lmtp *l)
{
	if (l->state != LMTP_FRESH)
		l->state = LMTP_READY;
	l->rcpts = 0;
	l->asked = 0;
	l->flaw = NULL;
}

void
lmtp_done(struct lmtp *l)
{
	forget(l);
}

/* --- an address and its parameters ------------------------------------------ */

static void
blanks(struct bytes *b)
{
	while (b->len && *b->s == ' ') {
		b->s++;
		b->len--;
	}
}

/* The '>' that ends a path: not one in a quoted string. */
static size_t
path_end(const char *s, size_t len)
{
	int quoted = 0;

	for (size_t i = 0; i < len; i++) {
		if (quoted && s[i] == '\\')
			i++;
		else if (s[i] == '"')
			quoted = !quoted;
		else if (s[i] == '>' && !quoted)
			return i;
	}
	return len;
}

/* "<address>" at the start of rest, into l->arg; rest is what follows. */
static int
path(struct lmtp *l, struct bytes *rest)
{
	size_t end;
	const char *colon;

	blanks(rest);
	if (rest->len < 2 || rest->s[0] != '<')
		return -1;
	end = path_end(rest->s, rest->len);
	if (end == rest->len ||
	    (end + 1 < rest->len && rest->s[end + 1] != ' '))
		return -1;
	l->arg = (struct bytes){rest->s + 1, end - 1};
	rest->s += end + 1;
	rest->len -= end + 1;
	if (l->arg.len && l->arg.s[0] == '@') { /* RFC 5321 section 4.1.2 */
		colon = memchr(l->arg.s, ':', l->arg.len);
		if (!colon)
			return -1;
		l->arg.len -= (size_t)(colon + 1 - l->arg.s);
		l->arg.s = colon + 1;
	}
	return 0;
}

/* The next word of the parameters; 0 when there is none. */
static int
word(struct bytes *rest, struct bytes *w)
{
	const char *blank;

	blanks(rest);
	if (rest->len == 0)
		return 0;
	blank = memchr(rest->s, ' ', rest->len);
	w->s = rest->s;
	w->len = blank ? (size_t)(blank - rest->s) : rest->len;
	rest->s += w->len;
	rest->len -= w->len;
	return 1;
}

/* Any byte above 127 has to be part of a character. */
static int
is_text(struct bytes b, int *ascii)
{
	uint32_t c;

	*ascii = 1;
	for (size_t i = 0, n; i < b.len; i += n) {
		n = utf8_get(&c, b.s + i, b.len - i);
		if (n == 0)
			return 0;
		if (n > 1)
			*ascii = 0;
	}
	return 1;
}

/* Is the address one that the client may give us?  1; 0: it was answered, and r
 * is what comes of that. */
static int
address_ok(struct lmtp *l, int *r)
{
	int ascii;

	if (!is_text(l->arg, &ascii))
		*r = wrong(l, "501", "5.5.2 the address is no UTF-8");
	else if (!ascii && !l->utf8)
		*r = wrong(l, "553", "5.6.7 give SMTPUTF8 for this address");
	else
		return 1;
	return 0;
}

static int
mail(struct lmtp *l, struct bytes rest)
{
	struct bytes w;
	int r;

	if (l->state == LMTP_FRESH)
		return wrong(l, "503", "5.5.1 LHLO first");
	if (l->state == LMTP_GIVEN)
		return wrong(l, "503", "5.5.1 a sender was given already");
	l->size = 0;
	l->utf8 = 0;
	if (!bytes_starts(rest, "FROM:"))
		return wrong(l, "501", "5.5.4 MAIL FROM:<address>");
	rest = (struct bytes){rest.s + 5, rest.len - 5};
	if (path(l, &rest) < 0)
		return wrong(l, "501", "5.1.7 the sender is no address");
	while (word(&rest, &w)) {
		if (bytes_same(w, "SMTPUTF8"))
			l->utf8 = 1;
		else if (bytes_starts(w, "SIZE=")) {
			if (num_u64(&l->size, w.s + 5, w.len - 5, INT64_MAX) <
			    0)
				return wrong(
				    l, "501", "5.5.4 SIZE is no number");
		} else if (!bytes_same(w, "BODY=7BIT") &&
		    !bytes_same(w, "BODY=8BITMIME")) {
			return wrong(
			    l, "555", "5.5.4 a parameter that was not offered");
		}
	}
	if (!address_ok(l, &r))
		return r;
	l->asked = 1;
	return LMTP_MAIL;
}

static int
rcpt(struct lmtp *l, struct bytes rest)
{
	struct bytes w;
	int r;

	if (l->state != LMTP_GIVEN)
		return wrong(l, "503", "5.5.1 MAIL first");
	if (!bytes_starts(rest, "TO:"))
		return wrong(l, "501", "5.5.4 RCPT TO:<address>");
	rest = (struct bytes){rest.s + 3, rest.len - 3};
	if (path(l, &rest) < 0)
		return wrong(l, "501", "5.1.3 this is no address");
	if (word(&rest, &w))
		return wrong(
		    l, "555", "5.5.4 a parameter that was not offered");
	if (!address_ok(l, &r))
		return r;
	if (l->rcpts == LMTP_RCPT_MAX)
		return fine(l, "452", "4.5.3 too many recipients");
	l->asked = 1;
	return LMTP_RCPT;
}

static int
data(struct lmtp *l, struct bytes rest)
{
	blanks(&rest);
	if (rest.len)
		return wrong(l, "501", "5.5.4 DATA has no argument");
	if (l->state != LMTP_GIVEN)
		return wrong(l, "503", "5.5.1 MAIL first");
	if (l->rcpts == 0) /* RFC 2033 section 4.2 */
		return fine(l, "503", "5.5.1 no valid recipients");
	if (say(l, "354", "end with a dot alone on a line") < 0)
		return -1;
	l->state = LMTP_BODY;
	l->at = AT_START;
	l->flaw = NULL;
	return LMTP_DATA;
}

static int
lhlo(struct lmtp *l, struct bytes rest)
{
	blanks(&rest);
	if (rest.len == 0)
		return wrong(l, "501", "5.5.4 LHLO and your name");
	l->state = LMTP_READY;
	forget(l);
	if (sa_puts(&l->out, "250-") < 0 || sa_puts(&l->out, l->name) < 0 ||
	    sa_puts(&l->out,
		"\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n"
		"250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE ") < 0 ||
	    sa_addu(&l->out, l->max) < 0 || sa_puts(&l->out, "\r\n") < 0)
		return -1;
	return LMTP_RESET;
}

static int
rset(struct lmtp *l, struct bytes rest)
{
	(void)rest;
	forget(l);
	return say(l, "250", "2.0.0 forgotten") < 0 ? -1 : LMTP_RESET;
}

static int
noop(struct lmtp *l, struct bytes rest)
{
	(void)rest;
	return fine(l, "250", "2.0.0 here");
}

static int
vrfy(struct lmtp *l, struct bytes rest)
{
	(void)rest;
	return fine(l, "252", "2.5.2 send some mail, and see");
}

static int
quit(struct lmtp *l, struct bytes rest)
{
	(void)rest;
	return say(l, "221", "2.0.0 bye") < 0 ? -1 : LMTP_QUIT;
}

/* RFC 2033 section 4.1 */
static int
not_smtp(struct lmtp *l, struct bytes rest)
{
	(void)rest;
	return wrong(l, "500", "5.5.1 this is LMTP: say LHLO");
}

static const struct {
	const char *verb;
	int (*run)(struct lmtp *l, struct bytes rest);
} commands[] = {{"MAIL", mail}, {"RCPT", rcpt}, {"DATA", data}, {"LHLO", lhlo},
    {"RSET", rset}, {"NOOP", noop}, {"VRFY", vrfy}, {"QUIT", quit},
    {"HELO", not_smtp}, {"EHLO", not_smtp}};

static int
command(struct lmtp *l)
{
	struct bytes verb, rest = {l->line, l->len};

	if (memchr(l->line, 0, l->len) || memchr(l->line, '\r', l->len))
		return wrong(l, "500", "5.5.2 a control byte in a command");
	if (!word(&rest, &verb) || verb.s != l->line)
		return wrong(l, "500", "5.5.2 no command");
	blanks(&rest);
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (bytes_same(verb, commands[i].verb))
			return commands[i].run(l, rest);
	return wrong(l, "500", "5.5.2 no such command");
}

/* The line in l->line with its CRLF, or what is too long. */
static int
line(struct lmtp *l)
{
	size_t len = l->len;
	int skipped = l->skip, r;

	l->skip = 0;
	if (skipped) {
		l->len = 0;
		return wrong(l, "500", "5.5.2 the line is too long");
	}
	if (len < 2 || l->line[len - 2] != '\r') {
		l->len = 0;
		return wrong(l, "500", "5.5.2 lines end with CR and LF");
	}
	l->len = len - 2;
	r = command(l);
	l->len = 0; /* arg still points at its bytes */
	return r;
}

int
lmtp_next(struct lmtp *l, const char *s, size_t len, size_t *used)
{
	int r;

	*used = 0;
	while (*used < len) {
		const char *lf = memchr(s + *used, '\n', len - *used);
		size_t n = (lf ? (size_t)(lf - s) + 1 : len) - *used;

		if (n > sizeof l->line - l->len) {
			l->skip = 1;
			l->len = 0;
		}
		if (!l->skip) {
			memcpy(l->line + l->len, s + *used, n);
			l->len += n;
		}
		*used += n;
		if (!lf)
			break;
		r = line(l);
		if (r != LMTP_MORE)
			return r;
	}
	return LMTP_MORE;
}

/* --- the message ------------------------------------------------------------ */

static void
flawed(struct lmtp *l, const char *why)
{
	if (!l->flaw)
		l->flaw = why;
}

/* The plain bytes at the start, copied. */
static size_t
plain(char *to, const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && s[n] != '\r' && s[n] != '\n')
		n++;
	memcpy(to, s, n);
	return n;
}

/* A byte at one of the places where it matters.  Returns 1 for the end. */
static int
step(struct lmtp *l, char c, char *to, size_t *n)
{
	if ((l->at == AT_CR || l->at == AT_DOT_CR) && c != '\n') {
		flawed(l, "5.6.0 the message has a CR without LF");
		to[(*n)++] = '\r';
		l->at = AT_TEXT;
	}
	if (l->at == AT_DOT_CR)
		return 1;
	if (l->at == AT_START && c == '.') {
		l->at = AT_DOT;
		return 0;
	}
	if (c == '\r') {
		l->at = l->at == AT_DOT ? AT_DOT_CR : AT_CR;
		return 0;
	}
	if (c == '\n' && l->at != AT_CR)
		flawed(l, "5.6.0 the message has a LF without CR");
	l->at = c == '\n' && l->at == AT_CR ? AT_START : AT_TEXT;
	to[(*n)++] = c;
	return 0;
}

int
lmtp_data(struct lmtp *l, const char *s, size_t len, size_t *used, char *to,
    size_t room, size_t *n)
{
	*used = *n = 0;
	while (*used < len && room - *n >= 2) {
		size_t left = len - *used, k = 0;

		if (l->at == AT_TEXT)
			k = plain(to + *n, s + *used,
			    left < room - *n ? left : room - *n);
		*n += k;
		*used += k;
		if (k == 0 && step(l, s[(*used)++], to, n))
			return LMTP_DOT;
	}
	return LMTP_MORE;
}

/* --- answers ---------------------------------------------------------------- */

/* The reply code that goes with an enhanced one (RFC 3463, RFC 5248). */
static const char *
code_of(int again, const char *text)
{
	static const struct {
		const char *text, *code;
	} codes[] = {{"4.3.1", "452"}, {"4.5.3", "452"}, {"5.1.7", "553"},
	    {"5.3.4", "552"}, {"5.6.0", "554"}};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (strncmp(text, codes[i].text, 5) == 0)
			return codes[i].code;
	return again ? "451" : "550";
}

int
lmtp_answer(struct lmtp *l, int ok, int again, const char *text)
{
	int sender = l->asked && l->state == LMTP_READY;

	if (ok && sender && l->size > l->max) { /* the max of now */
		ok = again = 0;
		text = "5.3.4 the message is too big";
	}
	if (ok && sender)
		l->state = LMTP_GIVEN;
	else if (ok && l->asked)
		l->rcpts++;
	l->asked = 0;
	return say(l, ok ? "250" : code_of(again, text), text);
}

void
lmtp_free(struct lmtp *l)
{
	sa_free(&l->out);
}
