#include <stdio.h>
#include <string.h>

#include "cmd/lsv-log/log.h"
#include "lib/addr.h"
#include "lib/clock.h"
#include "lib/ids.h"
#include "lib/num.h"

enum { COMMAND_SHOWN = 78 }; /* bytes */

/* The table of events: the first row that fits is taken.
 *
 * A row fits an event of that name, when it has the key (if one is given) with
 * the value (if one is given). Its text is copied but for
 *
 *   {key}       the value of a key
 *   {#}         LISTSERV's file number
 *   {service}   who says it
 *   {key:word}  a number and a noun: "1 recipient", "16 recipients"
 *   {key@}      seconds since 1970 as a date
 *   {key^}      an address with its host in upper case
 *   {key~}      that of a server as LISTSERV has it: LISTSERV@SEARN in BITNET
 *               style, else the host alone
 *   {key%}      a command: 78 bytes of it, and " (...)" when there are more
 *   ?key TEXT   at the start of a line: only if the key is there and not 0
 *   !key TEXT   only if it is not
 */
static const struct form {
	const char *event, *key, *value, *text;
} forms[] = {
    {"scored", "rule", "quarantine",
	"Processing file {#} from {from}\n"
	"Held until {until@} (spam quarantine, {why})."},
    {"scored", "act", "pass", "Processing file {#} from {from}"},
    {"scored", "act", "reply",
	"Processing file {#} from {from}\nFile {#} answered: {rule}"},
    {"scored", "act", "forward",
	"Processing file {#} from {from}\n"
	"File {#} forwarded to the owners of {list}: {rule}"},
    {"scored", "act", "report",
	"Processing file {#} from {from}\n"
	"File {#} rejected, its sender is told: {rule}"},
    {"scored", "act", "hold",
	"Processing file {#} from {from}\nFile {#} held: {rule}"},
    {"scored", "act", "drop",
	"Processing file {#} from {from}\nFile {#} discarded: {rule}"},
    {"scored", "act", "bad",
	"Processing file {#} from {from}\n"
	">>> An error occurred while processing file {#} from {from}: {rule}"},
    {"command", NULL, NULL, "From {from^}: {text%}"},
    {"subscribed", NULL, NULL, "{address^} subscribed to {list}"},
    {"signed-off", NULL, NULL, "{address^} signed off {list}"},
    {"asked", "whom", "owners",
	"The owners of {list} are asked about {address^}"},
    {"asked", NULL, NULL, "{address^} is asked to confirm"},
    {"not-asked", NULL, NULL, "{address^} is not asked again: {why}"},
    {"unanswered", NULL, NULL, "{address^} is not answered: too many today"},
    {"job-accepted", "list", NULL, "Posting to {list} approved by {by^}."},
    {"job-accepted", NULL, NULL, "Job of {by^} for {rcpts:recipient}."},
    {"job-waits", "list", NULL,
	"Posting to {list} by {by^} waits for confirmation."},
    {"job-waits", NULL, NULL,
	"Job of {by^} for {rcpts:recipient} waits for confirmation."},
    {"job-refused", NULL, NULL,
	">>> {by^} may not distribute mail from {from^}."},
    {"dist2-refused", NULL, NULL, ">>> Job of {by^} not executed: {why}."},
    {"bad-recipient", NULL, NULL, ">>> Line {line}: {address}: {why}."},
    {"executed", NULL, NULL,
	"Done - {commands:command}, {files:outbound file}."},
    {"alert", NULL, NULL, "Spam alert raised, sum {sum} ({lists:list})."},
    {"waits", "for", "exit", "File {#} waits for SPAM_EXIT"},
    {"waits", "for", "turn", "File {#} waits for others to {list}"},
    {"waits", "for", "retry", ">>> File {#} waits, SPAM_EXIT failed: {why}"},
    {"resumed", NULL, NULL, "Processing file {#} again"},
    {"processing", NULL, NULL, "Processing file {#} from {from^}"},
    {"distributing", "file", NULL,
	"Distributing file \"{file}\" from {from^}..."},
    {"distributing", "subject", NULL,
	"Distributing mail (\"{subject}\") from {from^}..."},
    {"distributing", NULL, NULL, "Distributing mail from {from^}..."},
    {"forwarded", "file", NULL,
	"File forwarded to {server~} for {rcpts:recipient}."},
    {"forwarded", NULL, NULL,
	"Mail forwarded to {server~} for {rcpts:recipient}."},
    {"distributed", "file", NULL,
	"?to File \"{file}\" distributed to {to^}\n"
	"!to File \"{file}\" distributed to {rcpts:recipient}."},
    {"distributed", NULL, NULL,
	"?to Mail posted via BSMTP to {to^}.\n"
	"!to Mail posted via BSMTP to {rcpts:recipient}."},
    {"routed", "jobs", NULL,
	"Done - {jobs:job} ({forwarded:rcpt}), {files:outbound file} "
	"({direct:rcpt})."},
    {"routed", "list", NULL,
	"Distributing file {#} (\"{list}\") to {rcpts:recipient}..."},
    {"routed", NULL, NULL, "Distributing file {#} to {rcpts:recipient}..."},
    {"sent", NULL, NULL,
	"?delivered File forwarded to {host} for {delivered:recipient}.\n"
	"?failed >>> File {#} refused by {host} for {failed:recipient}."},
    {"deferred", NULL, NULL,
	"?delivered File forwarded to {host} for {delivered:recipient}.\n"
	"?failed >>> File {#} refused by {host} for {failed:recipient}.\n"
	"?retry File {#} deferred for {retry:recipient} until {due@}."},
    {"relayed", NULL, NULL,
	"File {#} mailed to {server~} for {rcpts:recipient}."},
    {"direct", NULL, NULL,
	"File {#} not mailed to {server~} but delivered directly to "
	"{rcpts:recipient}: {why}"},
    {"failed", NULL, NULL, ">>> File {#} failed for {rcpts:recipient}: {why}"},
    {"expired", NULL, NULL,
	">>> File {#} expired for {rcpts:recipient} after {tries:attempt}."},
    {"done", "list", NULL,
	"?delivered File {#} (\"{list}\") distributed to "
	"{delivered:recipient}.\n"
	"Done - 1 job ({rcpts:rcpt}), {failed:failure}."},
    {"done", NULL, NULL,
	"?delivered File {#} distributed to {delivered:recipient}.\n"
	"Done - 1 job ({rcpts:rcpt}), {failed:failure}."},
    {"dropped", NULL, NULL, "File {#} discarded: {rule}"},
    {"held", NULL, NULL, ">>> File {#} held: {why}"},
    {"bad", NULL, NULL,
	">>> An error occurred while processing file {#}: {why}"},
    {"purged", NULL, NULL, "Purged the files of {done}"},
    {"child-failed", NULL, NULL, ">>> Work on file {#} was cut off"},
    {"worker-died", NULL, NULL, ">>> Worker {worker} died"},
    {"host-down", NULL, NULL, ">>> {host} cannot be reached: {why}"},
    {"paused", NULL, NULL, ">>> Worker {worker} pauses: {why}"},
    {"confined", NULL, NULL, "{service} started"},
};

static const struct form *
form_of(const struct logevent *e, stralloc *value)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		const struct form *f = &forms[i];

		if (!bytes_eq(e->event, f->event))
			continue;
		if (!f->key)
			return f;
		if (logparse_find(e, f->key, value) > 0 &&
		    (!f->value ||
			bytes_eq(
			    (struct bytes){value->s, value->len}, f->value)))
			return f;
	}
	return NULL;
}

static int
put_number(stralloc *out, const stralloc *value, struct bytes noun)
{
	int one = value->len == 1 && value->s[0] == '1';

	if (sa_put(out, value->s, value->len) < 0 || sa_put(out, " ", 1) < 0 ||
	    sa_put(out, noun.s, noun.len) < 0)
		return -1;
	return one ? 0 : sa_put(out, "s", 1);
}

static int
put_date(stralloc *out, const stralloc *value)
{
	char text[CLOCK_LSV_MAX];
	uint64_t s;

	if (num_u64(&s, value->s, value->len, UINT32_MAX * 8ULL) < 0)
		return sa_put(out, value->s, value->len);
	clock_lsv(text, s * 1000000U);
	return sa_puts(out, text);
}

static int
put_upper(stralloc *out, const char *s, size_t len)
{
	size_t at = out->len;

	if (sa_put(out, s, len) < 0)
		return -1;
	for (; at < out->len; at++)
		if (out->s[at] >= 'a' && out->s[at] <= 'z')
			out->s[at] = (char)(out->s[at] - 'a' + 'A');
	return 0;
}

static int
put_address(stralloc *out, struct bytes a)
{
	size_t at = addr_at(a.s, a.len);

	if (sa_put(out, a.s, at) < 0)
		return -1;
	return put_upper(out, a.s + at, a.len - at);
}

static int
put_server(stralloc *out, struct bytes a)
{
	size_t at = addr_at(a.s, a.len);
	struct bytes host = {a.s + at, a.len - at};

	if (bytes_ends(host, ".bitnet"))
		host.len -= strlen(".bitnet");
	if (host.len < 2 || !memchr(host.s, '.', host.len))
		return put_address(out, (struct bytes){a.s, at + host.len});
	return put_upper(out, host.s + 1, host.len - 1);
}

/* As LISTSERV cuts them. */
static int
put_command(stralloc *out, struct bytes text)
{
	if (text.len <= COMMAND_SHOWN)
		return sa_put(out, text.s, text.len);
	return sa_put(out, text.s, COMMAND_SHOWN) < 0 ? -1
						      : sa_puts(out, " (...)");
}

/* struct filling - an event going into a form */
struct filling {
	stralloc *out, value;
	const char *service;
	const struct logevent *e;
};

/* What stands between braces. */
static int
put_slot(struct filling *f, struct bytes slot)
{
	const char *colon = memchr(slot.s, ':', slot.len);
	char key[32];
	size_t n = colon ? (size_t)(colon - slot.s) : slot.len;
	char mark = n && strchr("@^~%", slot.s[n - 1]) ? slot.s[n - 1] : 0;
	struct bytes v;

	if (bytes_eq(slot, "#"))
		return f->e->id.len ? sa_addu(f->out, id_number(f->e->id.s))
				    : sa_put(f->out, "-", 1);
	if (bytes_eq(slot, "service"))
		return sa_puts(f->out, f->service);
	n -= mark != 0;
	snprintf(key, sizeof key, "%.*s", (int)n, slot.s);
	f->value.len = 0;
	if (logparse_find(f->e, key, &f->value) < 0)
		return -1;
	if (f->value.len == 0 && sa_puts(&f->value, colon ? "0" : "-") < 0)
		return -1;
	v = (struct bytes){f->value.s, f->value.len};
	if (mark == '@')
		return put_date(f->out, &f->value);
	if (mark == '%')
		return put_command(f->out, v);
	if (mark)
		return mark == '^' ? put_address(f->out, v)
				   : put_server(f->out, v);
	if (!colon)
		return sa_put(f->out, v.s, v.len);
	return put_number(
	    f->out, &f->value, (struct bytes){colon + 1, slot.len - n - 1});
}

/* Is the line "?key TEXT" or "!key TEXT" to be left out?  Moves on behind the
 * key. */
static int
left_out(struct filling *f, struct bytes *line)
{
	char key[32];
	const char *sp;
	int without, absent;

	if (line->len == 0 || (line->s[0] != '?' && line->s[0] != '!'))
		return 0;
	without = line->s[0] == '!';
	sp = memchr(line->s, ' ', line->len);
	snprintf(key, sizeof key, "%.*s", (int)(sp - line->s) - 1, line->s + 1);
	line->len -= (size_t)(sp - line->s) + 1;
	line->s = sp + 1;
	f->value.len = 0;
	absent = logparse_find(f->e, key, &f->value) <= 0 ||
	    (f->value.len == 1 && f->value.s[0] == '0');
	return without ? !absent : absent;
}

static int
put_filled(struct filling *f, struct bytes line)
{
	const char *s = line.s, *end = line.s + line.len;

	while (s < end) {
		const char *open = memchr(s, '{', (size_t)(end - s));
		const char *close =
		    open ? memchr(open, '}', (size_t)(end - open)) : NULL;

		if (!close)
			return sa_put(f->out, s, (size_t)(end - s));
		if (sa_put(f->out, s, (size_t)(open - s)) < 0 ||
		    put_slot(f,
			(struct bytes){open + 1, (size_t)(close - open) - 1}) <
			0)
			return -1;
		s = close + 1;
	}
	return 0;
}

static int
fill(struct filling *f, const char *text)
{
	size_t start = f->out->len;

	for (const char *nl; *text; text = *nl ? nl + 1 : nl) {
		struct bytes line;

		nl = strchrnul(text, '\n');
		line = (struct bytes){text, (size_t)(nl - text)};
		if (left_out(f, &line))
			continue;
		if ((f->out->len > start && sa_put(f->out, "\n", 1) < 0) ||
		    put_filled(f, line) < 0)
			return -1;
	}
	return 0;
}

/* An event without a form: as it is, under its file number. */
static int
plain(struct filling *f)
{
	if (sa_put(f->out, f->e->event.s, f->e->event.len) < 0)
		return -1;
	if (f->e->id.len &&
	    (sa_puts(f->out, " file ") < 0 ||
		sa_addu(f->out, id_number(f->e->id.s)) < 0))
		return -1;
	if (f->e->rest.len == 0)
		return 0;
	return sa_put(f->out, " ", 1) < 0
	    ? -1
	    : sa_put(f->out, f->e->rest.s, f->e->rest.len);
}

int
form_text(stralloc *out, const char *service, const struct logevent *e)
{
	struct filling f = {.out = out, .service = service, .e = e};
	const struct form *form = form_of(e, &f.value);
	size_t start = out->len;
	int r = form ? fill(&f, form->text) : plain(&f);

	/* all of its lines were left out: better as it is than not at all */
	if (r == 0 && out->len == start)
		r = plain(&f);
	sa_free(&f.value);
	return r;
}
