/* request.c - mail to the addresses of a list that end in -request, and mail
 * without a command
 */
#include <stdio.h>

#include "cmd/lsv-command/command.h"

static int
join(struct command_context *c)
{
	stralloc args = {0};
	int r = -1;

	if (sa_put(&args, c->head.list.s, c->head.list.len) == 0 &&
	    sa_put(&args, " ", 1) == 0 &&
	    sa_put(&args, c->name.s, c->name.len) == 0)
		r = command_subscribe(c, (struct bytes){args.s, args.len});
	sa_free(&args);
	return r;
}

static int
leave(struct command_context *c)
{
	return command_signoff(c, c->head.list);
}

int
run_request(struct command_context *c)
{
	int r;

	if (!bytes_eq(c->head.form, "subscribe") &&
	    !bytes_eq(c->head.form, "unsubscribe") &&
	    !bytes_eq(c->head.form, "signoff"))
		return 0;
	c->request = 1;
	c->known = 1; /* the address is the command */
	r = bytes_eq(c->head.form, "subscribe") ? join(c) : leave(c);
	return r < 0 ? -1 : 1;
}

/* --- mail without commands ------------------------------------------------------ */

static int
help_for_list(struct command_context *c, const struct the_list *l)
{
	const char *name = l->list.name, *node = c->site->node;

	if (say(c,
		"This address takes commands about the list %s, one on each "
		"line of the text\nof a message:\n\n"
		"    SUBSCRIBE %s Your Name    to join it\n"
		"    SIGNOFF %s                to leave it\n"
		"    QUERY %s                  to see your options\n"
		"    INFO %s                   to learn about it\n"
		"    HELP                      for all commands\n\n"
		"An empty message to %s-subscribe-request@%s or\n"
		"%s-unsubscribe-request@%s does as well.\n\n",
		name, name, name, name, name, name, node, name, node) < 0)
		return -1;
	return say_contacts(c, &l->hdr);
}

static int
help_for_none(struct command_context *c)
{
	if (say(c,
		"There is no command in your message.  Commands are in its "
		"text, one on each line,\nand not in its Subject.  The "
		"command HELP prints a list of them.\n\n") < 0)
		return -1;
	return say_contacts(c, NULL);
}

int
run_help(struct command_context *c)
{
	struct the_list l;
	int r;

	if (c->head.list.len == 0)
		return help_for_none(c);
	r = list_open(c, c->head.list, &l);
	if (r != 1)
		return r < 0 ? -1 : help_for_none(c);
	r = help_for_list(c, &l);
	list_free(&l);
	return r;
}

/* Who is used to other list managers writes the command there. */
int
run_subject(struct command_context *c)
{
	struct bytes rest = c->subject, word = cmd_word(&rest);
	const struct cmd *cmd =
	    cmdtable_find(command_table, command_count, word);

	if (cmd &&
	    (cmd->run == command_ok || bytes_eq(c->head.form, "request")))
		return run_text(c, c->subject);
	return run_help(c);
}
