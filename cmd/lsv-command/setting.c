/* setting.c - SET and QUERY: the options of a subscriber */
#include <stdio.h>

#include "cmd/lsv-command/command.h"
#include "lib/suboptions.h"

/* What each word means, for QUERY; and which of them anybody may set. */
static const struct {
	uint32_t bit;
	int own;
	const char *clear, *clear_text, *set, *set_text;
} options[] = {
    {SUB_NOMAIL, 1, "MAIL",
	"You are sent individual postings as they are received", "NOMAIL",
	"You are sent no postings"},
    {SUB_REPRO, 1, "NOREPRO", "You do not receive a copy of your own postings",
	"REPRO", "You receive a copy of your own postings"},
    {SUB_CONCEAL, 1, "NOCONCEAL", "Your address is shown to other subscribers",
	"CONCEAL", "Your address is hidden from other subscribers"},
    {SUB_NOACK, 1, "ACK", "Your postings may be acknowledged", "NOACK",
	"Your postings are not acknowledged"},
    {SUB_NOPOST, 0, "POST", "You may post to the list", "NOPOST",
	"You may not post to the list"},
    {SUB_REVIEW, 0, "NOREVIEW", "Your postings are not held for approval",
	"REVIEW", "Your postings are held for approval"},
    {SUB_EDITOR, 0, "NOEDITOR", "You have no rights of an editor", "EDITOR",
	"Your postings need no approval"},
    {SUB_NORENEW, 0, "RENEW", "You may be asked to renew your subscription",
	"NORENEW", "You are never asked to renew your subscription"},
};
enum { OPTIONS = sizeof options / sizeof *options };

/* --- QUERY ----------------------------------------------------------------------- */

static int
say_day(struct command_context *c, uint32_t day)
{
	static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May",
	    "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	uint32_t m = day / 100 % 100;

	if (m < 1 || m > 12)
		return 0;
	return say(c, "\nSubscription date: %u %s %u\n", day % 100,
	    month[m - 1], day / 10000);
}

/* Only what an owner changed is worth a line among his options. */
static int
say_options(struct command_context *c, uint32_t bits)
{
	int r = 0;

	for (size_t i = 0; i < OPTIONS && r == 0; i++) {
		int set = (bits & options[i].bit) != 0;

		if (set || options[i].own)
			r = say(c, "%-15s %s\n",
			    set ? options[i].set : options[i].clear,
			    set ? options[i].set_text : options[i].clear_text);
	}
	return r;
}

static int
query(struct command_context *c, const struct the_list *l,
    const struct subscriber *s)
{
	if (say(c, "Subscription options for ") < 0 ||
	    (s->name.len && (say_s(c, s->name) < 0 || say(c, " ") < 0)) ||
	    say(c, "<") < 0 || say_s(c, s->addr) < 0 ||
	    say(c, ">, list %s:\n\n", l->list.name) < 0 ||
	    say_options(c, s->options) < 0)
		return -1;
	return say_day(c, s->day);
}

/* 1 when he is subscribed; 0; -1. */
static int
query_list(struct command_context *c, struct the_list *l)
{
	struct subscriber s;
	stralloc room = {0};
	int r = list_member(c, l, &s, &room);

	if (r == 1 && query(c, l, &s) < 0)
		r = -1;
	sa_free(&room);
	return r;
}

static int
query_all(struct command_context *c)
{
	struct list at = {.name = ""};
	struct the_list l;
	unsigned n = 0;
	int r;

	while ((r = lists_after(c->lists, &at)) == 1) {
		size_t before = c->out.len;

		r = list_open(c, bytes_z(at.name), &l);
		if (r == 1 && n)
			r = say(c, "\n") < 0 ? -1 : 1;
		if (r == 1) {
			r = query_list(c, &l);
			list_free(&l);
		}
		if (r < 0)
			return -1;
		if (r == 0)
			c->out.len = before;
		n += (unsigned)r;
	}
	if (r < 0 || n)
		return r;
	return say(c, "You are not subscribed to any list of this server.\n");
}

int
command_query(struct command_context *c, struct bytes args)
{
	struct bytes rest = args;
	struct the_list l;
	int r;

	if (bytes_eq(cmd_word(&rest), "*"))
		return query_all(c);
	r = list_take(c, &args, &l);
	if (r != 1)
		return r;
	r = query_list(c, &l);
	if (r == 0)
		r = say(
		    c, "You are not subscribed to the %s list.\n", l.list.name);
	list_free(&l);
	return r < 0 ? -1 : 0;
}

/* --- SET -------------------------------------------------------------------------- */

static int
is_own(
    const struct command_context *c, const struct the_list *l, uint32_t changed)
{
	if (c->postmaster || who_is_owner(c, &l->hdr))
		return 1;
	for (size_t i = 0; i < OPTIONS; i++)
		if ((changed & options[i].bit) && !options[i].own)
			return 0;
	return 1;
}

/* All words, or none of them: 1; 0, and he is told; -1. */
static int
take_options(struct command_context *c, const struct the_list *l,
    struct bytes words, uint32_t *bits)
{
	struct bytes word;
	uint32_t one;

	if (words.len == 0)
		return say(
		    c, "Which option?  QUERY %s prints them.\n", l->list.name);
	while ((word = cmd_word(&words)).len) {
		one = *bits;
		if (!suboptions_set(&one, word.s, word.len))
			return say(c, "Unknown option \"") < 0 ||
				say_s(c, word) < 0
			    ? -1
			    : say(c, "\": nothing was changed.\n");
		if (!is_own(c, l, one ^ *bits))
			return say(c, "Only an owner of the list may set ") <
				    0 ||
				say_s(c, word) < 0
			    ? -1
			    : say(c, ": nothing was changed.\n");
		*bits = one;
	}
	return 1;
}

static int
change(struct command_context *c, struct the_list *l, struct subscriber *s,
    uint32_t bits)
{
	stralloc text = {0};
	int r = suboptions_text(&text, bits, s->options);

	if (r == 0 && text.len == 0)
		return say(c, "Your options are as you want them already.\n");
	s->options = bits;
	s->key.len = 0;
	if (r == 0 &&
	    (lists_put(c->lists, &l->list, s, 0) < 0 ||
		lists_save(c->lists, &l->list) < 0))
		r = -1;
	if (r == 0)
		r = say(c, "Your options for the %s list have been changed: ",
		    l->list.name);
	if (r == 0)
		r = say_s(c, (struct bytes){text.s, text.len});
	sa_free(&text);
	return r < 0 ? -1 : say(c, "\n");
}

static int
ask(struct command_context *c, const struct the_list *l, struct bytes words)
{
	stralloc text = {0};
	struct bytes command;
	int r = sa_puts(&text, "SET ") < 0 ||
		sa_puts(&text, l->list.name) < 0 || sa_puts(&text, " ") < 0 ||
		sa_put(&text, words.s, words.len) < 0
	    ? -1
	    : 0;

	command = (struct bytes){text.s, text.len};
	if (r == 0)
		r = confirm_ask(c, bytes_z(l->list.name), list_pool(c, l),
		    command, command);
	sa_free(&text);
	return r;
}

static int
set(struct command_context *c, struct the_list *l, struct bytes words)
{
	struct subscriber s;
	stralloc room = {0};
	uint32_t bits;
	int r = list_member(c, l, &s, &room);

	if (r == 0)
		r = say(c, "You are not subscribed to the %s list.\n",
		    l->list.name);
	if (r == 1) {
		bits = s.options;
		r = take_options(c, l, words, &bits);
	}
	if (r == 1)
		r = !c->confirmed && list_validates(l, 1)
		    ? ask(c, l, words)
		    : change(c, l, &s, bits);
	sa_free(&room);
	return r;
}

int
command_set(struct command_context *c, struct bytes args)
{
	struct the_list l;
	int r = list_take(c, &args, &l);

	if (r != 1)
		return r;
	r = set(c, &l, args);
	list_free(&l);
	return r;
}
