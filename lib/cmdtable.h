/* cmdtable.h - the table of commands that come by mail: names, abbreviations,
 * who may give them, help
 */
#ifndef LSV_CMDTABLE_H
#define LSV_CMDTABLE_H

#include <stddef.h>

#include "lib/bytes.h"

enum {
	CMD_WORD_MAX = 32, /* bytes of a command's name */
};

/* enum cmd_rights - who may give a command, each with all behind it
 *
 * Those of a list are asked of the list that the first word of the arguments
 * names.
 */
enum cmd_rights {
	CMD_ANYONE,
	CMD_SUBSCRIBER, /* of the list; its owners may as well */
	CMD_OWNER,      /* of the list; postmasters may as well */
	CMD_POSTMASTER,
};

enum cmd_flag {
	CMD_ROBOT = 1,  /* also done for mail that must not be answered; nothing
			 * it says is sent then */
	CMD_HIDDEN = 2, /* HELP does not list it */
	CMD_END = 4,    /* what stands behind it in the mail is not looked at */
};

struct command_context;

/* struct cmd - a command
 *
 * name    the letters that must be given are capitals: "SUBscribe"
 * run     does it, see cmd/lsv-command/command.h
 * help    one line: what it does
 * usage   its arguments: "listname [full name | ANONYMOUS]"
 * text    more about it, lines ended by LF; "" when there is no more
 */
struct cmd {
	const char *name;
	enum cmd_rights rights;
	unsigned flags;
	int (*run)(struct command_context *c, struct bytes args);
	const char *usage, *help, *text;
};

/* cmdtable_find - the command that a word means
 *
 * table   n of them
 * word    in any case
 * Returns the first whose capitals it has and whose name it begins; NULL
 */
const struct cmd *cmdtable_find(
    const struct cmd *table, size_t n, struct bytes word);

/* cmdtable_near - the command that a word nearly is
 *
 * Returns NULL when none is near enough; never a hidden one
 */
const struct cmd *cmdtable_near(
    const struct cmd *table, size_t n, struct bytes word);

/* cmd_word - take the next word off a command
 *
 * rest    moved on behind it; blanks and tabs separate words, but not between
 *         double quotes, which stay in the word
 * Returns the word, empty when there is none; an open quote ends at the end
 */
struct bytes cmd_word(struct bytes *rest);

/* cmd_trim - without the blanks, tabs, CRs and LFs around */
struct bytes cmd_trim(struct bytes s);

/* cmd_option - a word of the form KEY=value
 *
 * key     in upper case, without the '='
 * value   receives what is behind it, without the quotes around it
 * Returns 1; 0 when it is another word
 */
int cmd_option(struct bytes word, const char *key, struct bytes *value);

/* cmd_take_option - take the first word KEY=value out of a text
 *
 * text    what comes in front of the word; rest receives what comes behind it
 * Returns 1; 0 when there is none, and then text and rest are all of it and
 *         nothing
 */
int cmd_take_option(struct bytes *text, const char *key, struct bytes *value,
    struct bytes *rest);

#endif
