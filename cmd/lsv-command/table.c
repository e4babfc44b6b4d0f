/* table.c - all commands */
#include "cmd/lsv-command/command.h"

/* A word means the first row that it can be: what is given often comes first. */
const struct cmd command_table[] = {
    {"SUBscribe", CMD_ANYONE, 0, command_subscribe,
	"listname [full name | ANONYMOUS]", "Join a list",
	"Without a name, that of your mail is taken.  ANONYMOUS gives none, "
	"and hides your\naddress from other subscribers.  Who is subscribed "
	"changes his name with it.\nThe list may ask you to confirm, or its "
	"owners to agree.\n"},
    {"JOIN", CMD_ANYONE, CMD_HIDDEN, command_subscribe,
	"listname [full name | ANONYMOUS]", "The same as SUBscribe", ""},
    {"SIGNOFF", CMD_ANYONE, 0, command_signoff, "listname | *",
	"Leave a list, or all of them", ""},
    {"UNSUBscribe", CMD_ANYONE, 0, command_signoff, "listname | *",
	"The same as SIGNOFF", ""},
    {"LEAVE", CMD_ANYONE, CMD_HIDDEN, command_signoff, "listname | *",
	"The same as SIGNOFF", ""},
    {"SET", CMD_ANYONE, 0, command_set, "listname option ...",
	"Change your options",
	"Options are MAIL or NOMAIL, REPRO or NOREPRO, CONCEAL or NOCONCEAL, "
	"ACK or NOACK.\nQUERY listname tells what they mean.\n"},
    {"Query", CMD_ANYONE, 0, command_query, "listname | *", "Show your options",
	""},
    {"REView", CMD_ANYONE, 0, command_review, "listname",
	"Show a list and its subscribers",
	"Who may see them is for the list to say (Review=).  Subscribers that "
	"are concealed\nare shown to its owners only.\n"},
    {"Lists", CMD_ANYONE, 0, command_lists, "", "Show the lists of this server",
	""},
    {"Info", CMD_ANYONE, 0, command_info, "[topic | listname]",
	"Tell about a list, or about commands", ""},
    {"Help", CMD_ANYONE, 0, command_help, "[command]",
	"Show all commands, or one of them", ""},
    {"OK", CMD_ANYONE, 0, command_ok, "[code]", "Confirm a command",
	"In a reply to the message that asked for it, OK is enough.\nThe "
	"rest of the message is not looked at.\n"},
    {"CONFIRM", CMD_ANYONE, CMD_HIDDEN, command_ok, "code", "The same as OK",
	""},
    {"PW", CMD_ANYONE, 0, command_pw,
	"ADD newpw | CHANGE newpw [PW=oldpw] | RESET", "Your personal password",
	"You have to confirm, unless you give the old password.  It has 8 to "
	"128 letters,\ndigits and signs, and no blanks.\n"},
    {"DISTribute", CMD_ANYONE, 0, command_distribute, "type [DD=data] [TO ...]",
	"Send a message to many",
	"Types are MAIL, MAIL-MERGE, POST, RFC822 and FILE.  It stands in a "
	"job "
	"with the\ndatasets DATA, the message, and TO, one recipient on a "
	"line: address, full name,\nBSMTP.  Options are ACK=MAIL, DEBUG=YES, "
	"TRACE=YES, FROM=address, POOL=letter and\nPW=password.  lsv-job(5) "
	"tells all of it.\n"},
    {"DISTHOLD", CMD_ANYONE, CMD_HIDDEN, command_disthold, "",
	"What OK does for DISTRIBUTE", ""},
    {"DIST2", CMD_ANYONE, CMD_HIDDEN | CMD_ROBOT, command_dist2, "",
	"DISTRIBUTE of other servers", ""},
    {"SHow", CMD_ANYONE, 0, command_show,
	"VERSION | NETWORK | LINKS [server] | NODENTRY node | PATHS [from] to",
	"Show the server and its network",
	"VERSION: this program and its tables.  NETWORK: the servers.  LINKS: "
	"who is next\nto a server.  NODENTRY: what the tables have on a node "
	"or a host.  PATHS: the\nservers on the way to one.\n"},
    {"PATH", CMD_ANYONE, 0, command_path, "host ...",
	"Show which server is nearest to a host", ""},
    {"THANKs", CMD_ANYONE, 0, command_thanks, "", "Say thank you", ""},
    {"QUIT", CMD_ANYONE, CMD_END, command_quit, "",
	"End: what follows is no command", ""},
    {"STOP", CMD_ANYONE, CMD_END | CMD_HIDDEN, command_quit, "",
	"The same as QUIT", ""},
};
const size_t command_count = sizeof command_table / sizeof *command_table;
