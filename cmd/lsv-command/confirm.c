/* confirm.c - questions that are answered with OK */
#include <errno.h>
#include <stdio.h>

#include "cmd/lsv-command/command.h"
#include "lib/addr.h"
#include "lib/logline.h"

enum {
	ASKED_MAX = 600,     /* bytes of a key in MEMORY_PENDING */
	APPROVALS_MAX = 100, /* mails a day and list that ask owners */
	KEPT_DAYS = 7,       /* so long a cookie that is over is recognised */
	RCPTS_MAX = 100,
};

#define DAY_US (UINT64_C(24) * 3600 * 1000000)

/* --- asking ---------------------------------------------------------------------- */

/* Who asks for what: kind, list, address, first word.  What is about no list
 * counts with all of its words: who wants to change his password is never sent to
 * the question for that of somebody who forged his address.  Cut, so that very
 * long ones are taken for the same. */
static struct bytes
asked_key(char room[ASKED_MAX], const struct cookie *k)
{
	struct bytes rest = k->command, verb = cmd_word(&rest);
	int n;

	if (k->list.len == 0)
		verb = k->command;
	n = snprintf(room, ASKED_MAX, "%c %.*s %.*s %.*s", (int)k->kind,
	    (int)k->list.len, k->list.s, (int)k->address.len, k->address.s,
	    (int)verb.len, verb.s);
	size_t len = n < ASKED_MAX ? (size_t)n : ASKED_MAX - 1;

	if (len > MEMORY_KEY_MAX)
		len = MEMORY_KEY_MAX;
	for (size_t i = 0; i < len; i++)
		if (room[i] >= 'A' && room[i] <= 'Z')
			room[i] = (char)(room[i] - 'A' + 'a');
	return (struct bytes){room, len};
}

/* Is the same question on its way since less than a day: 1; 0; -1. */
static int
asked_before(struct command_context *c, const struct cookie *k)
{
	char room[ASKED_MAX];
	struct bytes value;

	return memory_get(
	    c->memory, MEMORY_PENDING, asked_key(room, k), c->now_us, &value);
}

/* Now it is. */
static int
asked(struct command_context *c, const struct cookie *k)
{
	char room[ASKED_MAX];

	return memory_put(c->memory, MEMORY_PENDING, asked_key(room, k),
	    c->now_us + DAY_US, (struct bytes){"", 0});
}

static int
keep_record(struct command_context *c, const char *word, const struct cookie *k)
{
	stralloc record = {0};
	int r = cookie_format(&record, k);

	if (r == 0)
		r = memory_put(c->memory, MEMORY_COOKIES, bytes_z(word),
		    c->now_us + KEPT_DAYS * DAY_US,
		    (struct bytes){record.s, record.len});
	sa_free(&record);
	return r;
}

/* The word is in the Subject, in the text and in the Message-ID: who changes the
 * Subject of his answer is understood all the same. */
static int
keep(struct command_context *c, struct cookie *k, const struct out_mail *m,
    const char *word)
{
	struct logline l;
	char id[ID_NAME_MAX];
	int r = out_mail(c, m, id);

	if (r != 1)
		return r;
	if (keep_record(c, word, k) < 0)
		return -1;
	log_begin(&l, c->id, "asked");
	log_z(&l, "file", id);
	log_s(&l, "list", k->list.s, k->list.len);
	log_s(&l, "address", k->address.s, k->address.len);
	log_z(&l, "whom", k->kind == COOKIE_APPROVE ? "owners" : "sender");
	log_end(&l);
	return 1;
}

static int
make(struct command_context *c, struct cookie *k, char word[COOKIE_LEN + 1])
{
	k->state = COOKIE_OPEN;
	k->made_us = c->now_us;
	return cookie_make(
	    word, c->memory->secret, MEMORY_SECRET_LEN, c->id, ++c->asked, k);
}

static int
put(stralloc *out, const char *text, struct bytes value, const char *more)
{
	return sa_puts(out, text) < 0 || sa_put(out, value.s, value.len) < 0
	    ? -1
	    : sa_puts(out, more);
}

static int
put_how(stralloc *out, const char *word)
{
	return put(out,
	    "To do so, reply to this message, and write nothing but\n\n"
	    "    ok\n\n"
	    "in your reply.  Or send a new message to the same address with "
	    "the text\n\n    OK ",
	    bytes_z(word),
	    "\n\n"
	    "This is possible for 48 hours.  ");
}

static int
confirm_text(stralloc *out, struct bytes shown, const char *word,
    const struct command_context *c)
{
	if (put(out, "Your command:\n\n    ", shown,
		"\n\nhas been received, and is waiting for you to confirm "
		"it.\n") < 0 ||
	    put_how(out, word) < 0)
		return -1;
	return put(out,
	    "If you did not send the command, ignore\n"
	    "this message: nothing happens then.\n\n"
	    "LISTSERV at ",
	    bytes_z(c->site->node), "\n");
}

/* One more to this address: the first of a day tells, further ones do not. */
static int
told_again(struct command_context *c)
{
	struct logline l;
	uint64_t n;

	log_begin(&l, c->id, "not-asked");
	log_s(&l, "address", c->sender.s, c->sender.len);
	log_z(&l, "why", "pending");
	log_end(&l);
	if (memory_count(c->memory, MEMORY_REPLY, c->sender, c->now_us, &n) < 0)
		return -1;
	if (n > c->site->reply_max)
		return 0;
	return say(c,
	    "A message that asks you to confirm this was sent to you less "
	    "than a day ago.\nPlease reply OK to that one.\n");
}

static int
ask(struct command_context *c, struct cookie *k, char pool, struct bytes shown)
{
	char word[COOKIE_LEN + 1], subject[80];
	stralloc text = {0}, to = {0};
	int r = -1;

	if (make(c, k, word) == 0 && confirm_text(&text, shown, word, c) == 0 &&
	    put(&to, "", c->sender, "\n") == 0) {
		struct out_mail m = {.to = {to.s, to.len},
		    .n = 1,
		    .pool = pool,
		    .list = k->list,
		    .reason = "confirm",
		    .text = {text.s, text.len},
		    .answers = 1,
		    .code = word};

		snprintf(subject, sizeof subject,
		    "Command confirmation request (%s)", word);
		m.subject = bytes_z(subject);
		r = keep(c, k, &m, word);
	}
	sa_free(&text);
	sa_free(&to);
	return r < 0 ? -1 : 0;
}

int
confirm_ask(struct command_context *c, struct bytes list, char pool,
    struct bytes command, struct bytes shown)
{
	struct cookie k = {.kind = COOKIE_CONFIRM,
	    .address = c->sender,
	    .name = c->name,
	    .list = list,
	    .command = command};
	int r = asked_before(c, &k);

	if (r != 0)
		return r < 0 ? -1 : told_again(c);
	r = welcome_may(c);
	if (r == 0)
		return say(c,
		    "Too many messages that ask you to confirm something were "
		    "sent to you today.\nPlease try again tomorrow.\n");
	return r < 0 || asked(c, &k) < 0 ? -1 : ask(c, &k, pool, shown);
}

int
confirm_send(struct command_context *c, struct bytes list, char pool,
    struct bytes command, struct bytes shown)
{
	struct cookie k = {.kind = COOKIE_CONFIRM,
	    .address = c->sender,
	    .name = c->name,
	    .list = list,
	    .command = command};

	return ask(c, &k, pool, shown);
}

/* --- asking owners ----------------------------------------------------------------- */

/* How many there are, with an address for each; -1. */
static int
owners(const struct the_list *l, stralloc *to)
{
	struct bytes item;
	size_t at = 0;
	int n = 0;

	while (n < RCPTS_MAX && listhdr_next(&l->hdr.owners, &at, &item)) {
		if (put(to, "", item, "\n") < 0)
			return -1;
		n++;
	}
	return n;
}

static int
approve_text(stralloc *out, const struct command_context *c,
    const struct the_list *l, const char *word)
{
	if (put(out, "", c->sender, "") < 0 ||
	    (c->name.len && put(out, " (", c->name, ")") < 0) ||
	    put(out, "\nwants to subscribe to the list ", bytes_z(l->list.name),
		", of which you are an owner.\n"
		"This list takes subscriptions by its owners only "
		"(Subscription= By_Owner).\n\n") < 0 ||
	    put_how(out, word) < 0)
		return -1;
	return put(out,
	    "One owner is enough.  If you do\n"
	    "nothing, the subscription does not come about.\n\n"
	    "LISTSERV at ",
	    bytes_z(c->site->node), "\n");
}

static int
too_many(struct command_context *c, const struct the_list *l)
{
	uint64_t n;

	if (memory_count(c->memory, MEMORY_APPROVAL, bytes_z(l->list.name),
		c->now_us, &n) < 0)
		return -1;
	return n > APPROVALS_MAX;
}

static int
approve_mail(struct command_context *c, const struct the_list *l,
    struct cookie *k, const char *word)
{
	stralloc text = {0}, to = {0}, subject = {0};
	int n = owners(l, &to), r = -1;

	if (n > 0 && approve_text(&text, c, l, word) == 0 &&
	    put(&subject, "", k->list, ": request to subscribe (") == 0 &&
	    put(&subject, "", bytes_z(word), ")") == 0) {
		struct out_mail m = {.to = {to.s, to.len},
		    .n = (uint32_t)n,
		    .pool = list_pool(c, l),
		    .list = k->list,
		    .reason = "approve",
		    .subject = {subject.s, subject.len},
		    .text = {text.s, text.len},
		    .code = word};

		r = keep(c, k, &m, word);
	}
	sa_free(&text);
	sa_free(&to);
	sa_free(&subject);
	return r;
}

int
confirm_approve(
    struct command_context *c, const struct the_list *l, struct bytes command)
{
	struct cookie k = {.kind = COOKIE_APPROVE,
	    .address = c->sender,
	    .name = c->name,
	    .list = bytes_z(l->list.name),
	    .command = command};
	char word[COOKIE_LEN + 1];
	int again = asked_before(c, &k), r = 0;

	if (again == 0)
		r = too_many(c, l);
	if (r == 1)
		return say(c,
		    "The owners of the %s list were asked too often today.  "
		    "Please try again\ntomorrow.\n",
		    l->list.name);
	if (again < 0 || r < 0 ||
	    (again == 0 &&
		(asked(c, &k) < 0 || make(c, &k, word) < 0 ||
		    approve_mail(c, l, &k, word) < 0)))
		return -1;
	return say(c,
	    "Your request to join the %s list has been forwarded to its "
	    "owners for\napproval.\n",
	    l->list.name);
}

/* --- the answer ---------------------------------------------------------------------- */

/* The mail that is answered: <ID.WORD@NODE>. */
static int
by_reply(struct command_context *c, char word[COOKIE_LEN + 1])
{
	struct field f;
	struct bytes v, id;

	if (!header_find(&c->header, "In-Reply-To", 0, &f))
		return 0;
	v = field_trim(f.value);
	if (v.len < 2 || v.s[0] != '<')
		return 0;
	id = (struct bytes){v.s + 1, byte_chr(v.s + 1, v.len - 1, '@')};
	if (id.len <= COOKIE_LEN)
		return 0;
	id.len -= COOKIE_LEN + 1;
	return id.s[id.len] == '.' && id_ok(id.s, id.len) &&
	    cookie_word(word, (struct bytes){id.s + id.len + 1, COOKIE_LEN});
}

int
confirm_cookie(struct command_context *c, char word[COOKIE_LEN + 1])
{
	return cookie_find(word, c->subject) || by_reply(c, word);
}

/* Is it the sender's to give: 1; 0; -1. */
static int
is_his(struct command_context *c, const struct cookie *k)
{
	struct the_list l;
	int r;

	if (k->kind == COOKIE_CONFIRM)
		return addr_same(
		    k->address.s, k->address.len, c->sender.s, c->sender.len);
	r = list_open(c, k->list, &l);
	if (r != 1)
		return r;
	r = c->postmaster || who_is_owner(c, &l.hdr);
	list_free(&l);
	return r;
}

/* Once and never again; then the command, for who gave it. */
static int
do_it(struct command_context *c, struct cookie *k, const char *word)
{
	struct bytes sender = c->sender, name = c->name;
	char room[ASKED_MAX];
	int r;

	k->state = COOKIE_USED;
	if (keep_record(c, word, k) < 0 ||
	    memory_del(c->memory, MEMORY_PENDING, asked_key(room, k)) < 0)
		return -1;
	c->sender = k->address;
	c->name = k->name;
	c->confirmed = 1;
	c->approved = k->kind == COOKIE_APPROVE;
	r = run_text(c, k->command);
	c->sender = sender;
	c->name = name;
	c->confirmed = c->approved = 0;
	c->end = 1;
	return r;
}

static int
refuse(struct command_context *c, const char *why)
{
	return who_wrong(c) < 0 ? -1 : say(c, "%s\n", why);
}

static int
take(struct command_context *c, struct bytes record, const char *word)
{
	struct cookie k;
	int r;

	if (cookie_parse(&k, record) < 0)
		return -1;
	r = is_his(c, &k);
	if (r < 0)
		return -1;
	if (r == 0) /* nobody learns of the cookies of others */
		return refuse(c, "This confirmation code is not known.");
	if (k.state == COOKIE_USED)
		return say(c, "This was confirmed before.\n");
	if (cookie_over(&k, c->now_us))
		return say(c,
		    "This confirmation code has expired: please send the "
		    "command again.\n");
	return do_it(c, &k, word);
}

static int
look_up(struct command_context *c, const char *word)
{
	struct bytes value;
	stralloc record = {0};
	int r = memory_get(
	    c->memory, MEMORY_COOKIES, bytes_z(word), c->now_us, &value);

	if (r < 0)
		return -1;
	if (r == 0)
		return refuse(c, "This confirmation code is not known.");
	/* it stays while the store is written to */
	r = sa_put(&record, value.s, value.len);
	if (r == 0)
		r = take(c, (struct bytes){record.s, record.len}, word);
	sa_free(&record);
	return r;
}

int
command_ok(struct command_context *c, struct bytes args)
{
	struct bytes first = cmd_word(&args);
	char word[COOKIE_LEN + 1];
	int r = who_tries(c);

	if (r != 1)
		return r;
	c->end = 1;
	if (cookie_word(word, first) || confirm_cookie(c, word))
		return look_up(c, word);
	return say(c,
	    "There is no confirmation code in your message.  Please reply to "
	    "the message\nthat asked you to confirm, or write OK and the code "
	    "behind it.\n");
}
