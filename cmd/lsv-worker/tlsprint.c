/* What tls-test found out, for people and for programs. */
#include <string.h>
#include <strings.h>

#include "cmd/lsv-worker/tlstest.h"

enum { WIDE = 14 }; /* of the words on the left */

/* The next line of a text, without its newline; 0 none. */
static int
next_line(struct bytes *line, struct bytes *rest)
{
	const char *nl = rest->len ? memchr(rest->s, '\n', rest->len) : NULL;

	if (!nl)
		return 0;
	*line = (struct bytes){rest->s, (size_t)(nl - rest->s)};
	rest->len -= line->len + 1;
	rest->s = nl + 1;
	return 1;
}

static struct bytes
text_of(const stralloc *sa)
{
	return (struct bytes){sa->s, sa->len};
}

/* The lines behind the first, which is a name. */
static struct bytes
offers_of(const stralloc *hello)
{
	struct bytes rest = text_of(hello), name;

	next_line(&name, &rest);
	return rest;
}

/* The words behind AUTH, or AUTH= of old hosts; 0: it is not that line. */
static int
is_auth(struct bytes *words, struct bytes line)
{
	if (line.len < 5 || strncasecmp(line.s, "AUTH", 4) != 0 ||
	    (line.s[4] != ' ' && line.s[4] != '='))
		return 0;
	*words = (struct bytes){line.s + 5, line.len - 5};
	return 1;
}

static int
next_word(struct bytes *word, struct bytes *rest)
{
	size_t n = 0;

	while (rest->len && *rest->s == ' ') {
		rest->s++;
		rest->len--;
	}
	while (n < rest->len && rest->s[n] != ' ')
		n++;
	*word = (struct bytes){rest->s, n};
	rest->s += n;
	rest->len -= n;
	return n > 0;
}

/* JSON */

static void
lines_json(struct json *j, const char *key, struct bytes rest)
{
	struct bytes line;

	json_open(j, key, '[');
	while (next_line(&line, &rest))
		json_s(j, NULL, line.s, line.len);
	json_close(j, ']');
}

static void
auth_json(struct json *j, struct bytes rest)
{
	struct bytes line, words, word;

	json_open(j, "auth", '[');
	while (next_line(&line, &rest))
		if (is_auth(&words, line))
			while (next_word(&word, &words))
				json_s(j, NULL, word.s, word.len);
	json_close(j, ']');
}

static void
certificate_json(struct json *j, const struct probe *p)
{
	const struct tls_facts *f = &p->facts;

	json_open(j, "certificate", '{');
	json_z(j, "subject", f->subject);
	json_z(j, "issuer", f->issuer);
	lines_json(j, "names", text_of(&p->cert.names));
	json_z(j, "from", f->from);
	json_z(j, "until", f->until);
	json_z(j, "name_check", p->cert.name_why[0] ? p->cert.name_why : "ok");
	json_z(j, "chain", p->cert.chain_why[0] ? p->cert.chain_why : "ok");
	json_close(j, '}');
}

static void
tls_json(struct json *j, const struct host_test *h)
{
	const struct probe *p = &h->seen;

	if (!p->secure) {
		json_null(j, "tls");
		return;
	}
	json_open(j, "tls", '{');
	json_z(j, "version", p->facts.version);
	json_z(j, "cipher", p->facts.cipher);
	if (h->resumed < 0)
		json_null(j, "resumed");
	else
		json_b(j, "resumed", h->resumed);
	if (p->cert_shown)
		certificate_json(j, p);
	else
		json_null(j, "certificate");
	json_close(j, '}');
}

static void
policy_json(struct json *j, const char *key, const struct policy *p)
{
	json_open(j, key, '{');
	json_b(j, "goes", p->goes);
	json_b(j, "tls", p->goes && p->secure);
	json_z(j, "why", p->why);
	json_close(j, '}');
}

static void
seen_json(struct json *j, const struct host_test *h)
{
	struct bytes rest = text_of(&h->seen.greeting), line = {"", 0};

	next_line(&line, &rest);
	json_s(j, "greeting", line.s, line.len);
	lines_json(j, "offers_clear", offers_of(&h->seen.clear));
	lines_json(j, "offers", offers_of(&h->seen.offers));
	auth_json(j, offers_of(&h->seen.offers));
	tls_json(j, h);
	json_open(j, "policies", '{');
	for (enum tlstest_policy i = 0; i < POLICIES; i++)
		policy_json(j, tlstest_name(i), &h->policy[i]);
	json_close(j, '}');
	if (h->has_entry)
		policy_json(j, "entry", &h->entry);
}

void
tlstest_json(struct json *j, const struct host_test *h)
{
	json_open(j, NULL, '{');
	json_z(j, "host", h->host);
	json_u(j, "port", h->port);
	json_z(j, "address", h->address);
	json_b(j, "implicit", h->implicit);
	json_b(j, "reached", h->reached);
	json_z(j, "why", h->why);
	if (h->reached)
		seen_json(j, h);
	json_close(j, '}');
}

/* Text */

static void
label(struct queue *q, const char *word)
{
	putf(q, "  %-*s", WIDE, word);
}

static void
line_text(struct queue *q, const char *word, struct bytes b)
{
	label(q, word);
	put_text(q, b, 0);
	put(q, "\n", 1);
}

/* Lines as one, with a mark between them; none: nothing. */
static void
lines_text(struct queue *q, const char *word, struct bytes rest)
{
	struct bytes line;

	for (int n = 0; next_line(&line, &rest); n++) {
		if (n)
			put(q, ", ", 2);
		else
			label(q, word);
		put_text(q, line, 0);
		if (rest.len == 0)
			put(q, "\n", 1);
	}
}

static void
tls_text(struct queue *q, const struct host_test *h)
{
	const struct probe *p = &h->seen;

	label(q, "TLS");
	putf(q, "%s %s%s\n", p->facts.version, p->facts.cipher,
	    h->resumed < 0   ? ""
		: h->resumed ? ", the session was used again"
			     : ", the session was not used again");
	if (!p->cert_shown) {
		line_text(q, "certificate", bytes_z("none"));
		return;
	}
	line_text(q, "certificate", bytes_z(p->facts.subject));
	line_text(q, "issuer", bytes_z(p->facts.issuer));
	lines_text(q, "names", text_of(&p->cert.names));
	label(q, "valid");
	putf(q, "from %s until %s\n", p->facts.from, p->facts.until);
	line_text(q, "name check",
	    bytes_z(p->cert.name_why[0] ? p->cert.name_why : "ok"));
	line_text(q, "chain",
	    bytes_z(p->cert.chain_why[0] ? p->cert.chain_why : "ok"));
}

static void
policy_text(struct queue *q, const char *word, const struct policy *p)
{
	label(q, word);
	put(q, p->goes ? "yes, " : "no", p->goes ? 5 : 2);
	if (p->goes)
		putf(q, "%s", p->secure ? "over TLS" : "in clear");
	if (p->why[0]) {
		put(q, ": ", 2);
		put_text(q, bytes_z(p->why), 0);
	}
	put(q, "\n", 1);
}

static void
seen_text(struct queue *q, const struct host_test *h)
{
	static const char *const word[] = {
	    "TLS=none", "TLS=may", "TLS=encrypt", "TLS=verify", "TLS=implicit"};
	const struct probe *p = &h->seen;
	int twice = p->secure && p->clear.len && !h->implicit;

	lines_text(q, "greeting", text_of(&p->greeting));
	if (twice)
		lines_text(q, "in clear", offers_of(&p->clear));
	lines_text(q, twice ? "with TLS" : "offers", offers_of(&p->offers));
	if (p->secure)
		tls_text(q, h);
	for (enum tlstest_policy i = 0; i < POLICIES; i++)
		policy_text(q, word[i], &h->policy[i]);
	if (h->has_entry)
		policy_text(q, "the entry", &h->entry);
}

void
tlstest_text(struct queue *q, const struct host_test *h)
{
	putf(q, "%s:%u", h->host, h->port);
	if (h->address[0] && strcmp(h->address, h->host) != 0)
		putf(q, " at %s", h->address);
	if (h->implicit)
		put(q, ", TLS from the first byte", 25);
	if (h->reached) {
		put(q, "\n", 1);
		seen_text(q, h);
	} else {
		put(q, " cannot be reached: ", 20);
		put_text(q, bytes_z(h->why), 0);
		put(q, "\n", 1);
	}
}
