/* welcome.c - mail to those who come and go */
#include <stdio.h>

#include "cmd/lsv-command/command.h"

int
welcome_may(struct command_context *c)
{
	uint64_t n;

	if (memory_count(c->memory, MEMORY_NOTICE, c->sender, c->now_us, &n) <
	    0)
		return -1;
	return n <= COMMAND_NOTICES_MAX;
}

static int
mail(struct command_context *c, const struct the_list *l, const char *reason,
    const char *subject, stralloc *text)
{
	stralloc to = {0};
	int r = welcome_may(c);

	if (r != 1)
		return r;
	r = -1;
	if (sa_put(&to, c->sender.s, c->sender.len) == 0 &&
	    sa_put(&to, "\n", 1) == 0) {
		struct out_mail m = {.to = {to.s, to.len},
		    .n = 1,
		    .pool = list_pool(c, l),
		    .list = bytes_z(l->list.name),
		    .reason = reason,
		    .subject = bytes_z(subject),
		    .text = {text->s, text->len}};

		r = out_mail(c, &m, NULL);
	}
	sa_free(&to);
	return r < 0 ? -1 : 0;
}

static const char *
host_of(const struct command_context *c, const struct the_list *l)
{
	return l->hdr.host.len ? l->hdr.host.s : c->site->node;
}

static int
title(stralloc *text, const struct the_list *l)
{
	if (l->hdr.title.len == 0)
		return sa_puts(text, ".\n\n");
	return sa_puts(text, ":\n\n    ") < 0 ||
		sa_put(text, l->hdr.title.s, l->hdr.title.len) < 0
	    ? -1
	    : sa_puts(text, "\n\n");
}

int
welcome_mail(struct command_context *c, const struct the_list *l)
{
	stralloc text = {0};
	char subject[120];
	const char *name = l->list.name, *node = c->site->node;
	int r = -1;

	snprintf(subject, sizeof subject,
	    "You are now subscribed to the %s list", name);
	if (SA_PUTS(&text, "You are now subscribed to the list ", name) == 0 &&
	    title(&text, l) == 0 &&
	    SA_PUTS(&text,
		"Please keep this message: it tells how to leave.\n\n",
		"To send a message to everybody on the list, write to\n\n    ",
		name, "@", host_of(c, l),
		"\n\nTo leave the list, send the command\n\n    SIGNOFF ", name,
		"\n\nin the text of a message to LISTSERV@", node,
		", or an empty message to\n", name, "-unsubscribe-request@",
		host_of(c, l),
		".  Other commands for that address are\n\n    QUERY ", name,
		"\n    SET ", name, " NOMAIL\n    SET ", name,
		" MAIL\n    INFO ", name, "\n    HELP\n\n",
		"which show your options, stop its mail for a while ",
		"and start it again, and tell\n",
		"about the list and about all commands.\n\n",
		"For help, write to ", name, "-request@", host_of(c, l),
		".\n") == 0)
		r = mail(c, l, "welcome", subject, &text);
	sa_free(&text);
	return r;
}

int
farewell_mail(struct command_context *c, const struct the_list *l)
{
	stralloc text = {0};
	char subject[120];
	const char *name = l->list.name;
	int r = -1;

	snprintf(subject, sizeof subject,
	    "You have been removed from the %s list", name);
	if (SA_PUTS(&text, "You are no longer subscribed to the list ", name) ==
		0 &&
	    title(&text, l) == 0 &&
	    SA_PUTS(&text,
		"Messages that are on their way may still come to you.\n\n",
		"To come back, send the command\n\n    SUBSCRIBE ", name,
		"\n\nin the text of a message to LISTSERV@", c->site->node,
		".\n") == 0)
		r = mail(c, l, "farewell", subject, &text);
	sa_free(&text);
	return r;
}
