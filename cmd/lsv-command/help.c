/* help.c - HELP, THANKS and QUIT */
#include <stdio.h>
#include <string.h>

#include "cmd/lsv-command/command.h"

enum { USAGE_COLUMN = 34 };

static int
help_all(struct command_context *c)
{
	char text[128];

	if (say(c,
		"Commands of %s.  They go to LISTSERV@%s, one on each\n"
		"line of the text of a message.  The letters in capitals are "
		"enough.\n\n",
		c->site->node, c->site->node) < 0)
		return -1;
	for (size_t i = 0; i < command_count; i++) {
		const struct cmd *cmd = &command_table[i];

		if (cmd->flags & CMD_HIDDEN)
			continue;
		snprintf(text, sizeof text, "%s %s", cmd->name, cmd->usage);
		if (say(c, "%-*s%s%*s %s\n", USAGE_COLUMN, text,
			strlen(text) > USAGE_COLUMN ? "\n" : "",
			strlen(text) > USAGE_COLUMN ? USAGE_COLUMN : 0, "",
			cmd->help) < 0)
			return -1;
	}
	return say(c, "\nHELP command tells more about one of them.\n\n") < 0
	    ? -1
	    : say_contacts(c, NULL);
}

static int
help_one(struct command_context *c, const struct cmd *cmd)
{
	static const char *const who[] = {
	    [CMD_ANYONE] = "",
	    [CMD_SUBSCRIBER] = "For subscribers of the list.\n",
	    [CMD_OWNER] = "For owners of the list.\n",
	    [CMD_POSTMASTER] = "For the postmaster.\n",
	};

	return say(c, "%s %s\n\n%s.\n%s%s", cmd->name, cmd->usage, cmd->help,
	    who[cmd->rights], cmd->text);
}

int
command_help(struct command_context *c, struct bytes args)
{
	struct bytes word = cmd_word(&args);
	const struct cmd *cmd =
	    word.len ? cmdtable_find(command_table, command_count, word) : NULL;

	if (cmd)
		return help_one(c, cmd);
	return help_all(c);
}

int
command_thanks(struct command_context *c, struct bytes args)
{
	(void)args;
	return say(c, "You're welcome!\n");
}

/* The flag CMD_END in the table does it. */
int
command_quit(struct command_context *c, struct bytes args)
{
	(void)c;
	(void)args;
	return 0;
}
