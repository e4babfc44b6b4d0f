/* command.h - what lsv-command works with, and how a command is made
 *
 * One message at a time, and all of its commands in one transaction of the
 * lists: server.c says in which order what they did becomes durable.  A command
 * is a row of the table in table.c and a function
 *
 *	int x(struct command_context *c, struct bytes args);
 *
 * which looks at the context, says what there is to say (say.c), makes files
 * for lsv-route (out.c), and changes c->lists and c->memory.  It
 *
 * Returns 0 done, which includes that it told the sender of his mistake; -1
 *         with errno for a trouble of ours: nothing of the whole message is
 *         done then, and it is tried again
 */
#ifndef LSV_COMMAND_H
#define LSV_COMMAND_H

#include <stdint.h>
#include <sys/resource.h>

#include "lib/bytes.h"
#include "lib/cmdtable.h"
#include "lib/cookie.h"
#include "lib/facts.h"
#include "lib/handover.h"
#include "lib/header.h"
#include "lib/ids.h"
#include "lib/inbox.h"
#include "lib/listhdr.h"
#include "lib/lists.h"
#include "lib/memory.h"
#include "lib/nettable.h"
#include "lib/ofat.h"
#include "lib/relay.h"
#include "lib/site.h"
#include "lib/spoolfile.h"

struct cjli_job;
struct carrier;

enum {
	COMMAND_SUBJECT_MAX = 1024, /* bytes of a Subject that count */
	COMMAND_SAY_MAX = 4 << 20,  /* bytes of what a job says */
	COMMAND_TRIES_MAX = 20,     /* wrong passwords or cookies a day */
	COMMAND_NOTICES_MAX =
	    50, /* mails to an address a day, see welcome_may */
	COMMAND_HASHES_MAX = 100, /* passwords of a message, some 50 ms each */
	COMMAND_WORK_MAX = 1000000, /* of a message, some 1 us each: subscribers
				     * looked at, and lists, as ... */
	COMMAND_WORK_LIST = 20,
};

/* struct server - what outlives a message
 *
 * in      command/; out is route/; made the directory of what waits to go there
 * memory  the private store
 * done    a message that is done, its file gone for good; empty for none
 * cpu     kind of the processor, for the summary
 * trouble 1: something of ours failed: nothing is begun for a while
 * said    1: that was warned of
 * unsettled 1: server_recover has to put things in order first
 * wait    descriptor of command/wait: jobs that wait for confirmation
 * net     the network table, when net_open is 1
 */
struct server {
	struct site site;
	struct inbox in;
	struct handover out;
	int made;
	struct lists lists;
	struct memory memory;
	char done[ID_NAME_MAX];
	char cpu[24];
	int trouble, said, unsettled;
	int wait;
	struct nettable net;
	int net_open;
};

/* struct command_context - one message, and the command of it that is at work
 *
 * site, lists, memory
 *         the configuration; the lists and the private store, each within the
 *         one transaction of this message
 * id      of the message; now_us is the time that all of it uses
 * head    of the inbox file: form and list for the -request addresses
 * header, facts  of the message; mail is all of it
 * sender  who gives the command, in normal form; name is the name beside it,
 *         UTF-8, may be empty
 * robot   why this message must not be answered; NULL for a person
 * subject of the message, decoded into words
 * postmaster  1: the sender is one
 * peer    1: the sender is a server named in DIST2_UNSIGNED
 * job     which the command stands in, with its datasets; NULL for what a
 *         -request address does by itself
 * carrier the text of the mail
 * out     what the job says so far: use say()
 * echoed  bytes of it that are no answer: the command itself, and what is
 *         around a job
 * full    1: something was left out of it
 * request 1: it came as mail to a -request address, not as a command
 * confirmed  1: it was given before, and its cookie came back: no more
 *         questions to who gave it
 * approved   1: an owner of the list sent that cookie; sender is still who
 *         gave the command, and you() knows whom the reply is for
 * known   commands so far that there are
 * outs    files made so far, asked the cookies
 * why     the message cannot be read
 * unknown 1: a line was no command, and nothing behind it is looked at
 * end     1: the same because a command said so
 * looked  1: the network table was looked for
 * hashed  passwords so far; work: see COMMAND_WORK_MAX
 */
struct command_context {
	struct server *server;
	const struct site *site;
	struct lists *lists;
	struct memory *memory;
	char id[ID_NAME_MAX];
	uint64_t now_us;
	struct spoolhead head;
	struct header header;
	struct header_facts facts;
	struct bytes mail;
	struct bytes sender, name, subject;
	char words[COMMAND_SUBJECT_MAX];
	const char *robot;
	int postmaster, peer;
	const struct cjli_job *job;
	const struct carrier *carrier;
	stralloc out;
	size_t echoed;
	int full;
	int request, confirmed, approved;
	unsigned known, outs, asked;
	const char *why;
	int unknown, end;
	int looked;
	unsigned hashed;
	uint64_t work;
};

/* The table of all commands, and how many there are. */
extern const struct cmd command_table[];
extern const size_t command_count;

/* --- say.c: what the sender is told -------------------------------------- */

/* say - text for the job's output; a line ends where the text says so
 *
 * say_s   bytes with '?' in the place of control bytes
 * Returns 0; -1 with errno ENOMEM.  What is over COMMAND_SAY_MAX is left out,
 *         and the reply says so
 */
int say(struct command_context *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int say_s(struct command_context *c, struct bytes text);

/* say_you - "You have" for the sender himself, "joe@example.com has" for an
 * owner who approved of it
 */
int say_you(struct command_context *c, const char *you, const char *other);

/* say_contacts - whom to write to: the owners of a list, or the postmaster
 *
 * h       NULL, or a list; the owners of a confidential one are not named
 */
int say_contacts(struct command_context *c, const struct listhdr *h);

/* --- out.c: files for lsv-route ------------------------------------------- */

/* struct out_mail - a message of ours
 *
 * to      addresses, each ended by LF; n of them.  The first is named in To
 * pool    'A' to 'Z' or '-'
 * list    its name when it is about one; else empty
 * reason  a word for the log
 * answers 1: it answers the message that came (In-Reply-To and so on)
 * code    stands in its Message-ID behind its ID, so that a reply to it brings
 *         it back; NULL for none
 */
struct out_mail {
	struct bytes to;
	uint32_t n;
	char pool;
	struct bytes list;
	const char *reason;
	struct bytes subject, text;
	int answers;
	const char *code;
};

/* out_mail - make a message with the null sender
 *
 * id      receives its ID, with which its Message-ID begins; may be NULL
 * Returns 1; 0 when an address cannot stand in a message; -1 with errno
 */
int out_mail(struct command_context *c, const struct out_mail *m, char *id);

/* out_begin - begin a file of any class
 *
 * name    receives its name, which has to be the id in its head
 * Returns a descriptor open for reading and writing; -1 with errno
 */
int out_begin(struct command_context *c, char name[ID_NAME_MAX]);

/* out_end - it is written: make it durable, to be handed over when the message
 * is done
 *
 * fd      closed in every case
 * Returns 0; -1 with errno, and it is removed
 */
int out_end(struct command_context *c, int fd, const char *name);

/* out_wait - the same for a file that shall wait in command/wait */
int out_wait(struct command_context *c, int fd, const char *name);

/* --- network.c: other servers ----------------------------------------------- */

/* network_table - the table, looked for once a message
 *
 * Returns NULL when there is none
 */
const struct nettable *network_table(struct command_context *c);

/* network_config - how lsv-route decides about recipients, by RUNMODE
 *
 * config  overwritten
 */
void network_config(struct command_context *c, struct relay_config *config);

/* --- who.c: who may do what ------------------------------------------------ */

/* who_find - who sent the message, into sender, name, robot and postmaster
 *
 * c       carrier has been read
 * Returns 0; -1 with errno
 */
int who_find(struct command_context *c);

/* who_is_list - is an address one of our lists
 *
 * Returns 1; 0; -1 with errno
 */
int who_is_list(struct command_context *c, struct bytes address);

/* who_robot - why must no answer to this mail go to an address
 *
 * why     receives it, NULL when there is no reason
 * Returns 0; -1 with errno
 */
int who_robot(
    struct command_context *c, struct bytes address, const char **why);

/* who_is_listed - is the sender among addresses, each ended by NUL; 1 or 0 */
int who_is_listed(const struct command_context *c, const stralloc *addresses);

/* who_is_owner - is the sender an owner of a list, quiet or not; 1 or 0 */
int who_is_owner(const struct command_context *c, const struct listhdr *h);

/* who_may - has the sender the rights for a command
 *
 * args    whose first word names the list
 * Returns 1; 0 when not, and the sender is told; -1 with errno
 */
int who_may(
    struct command_context *c, enum cmd_rights rights, struct bytes args);

/* who_may_hash - may one more password of this message be looked at
 *
 * Returns 1; 0 when there were too many, and the sender is told; -1 with errno
 */
int who_may_hash(struct command_context *c);

/* who_password - is it the sender's personal password
 *
 * Takes as long for an address that has none.  Wrong ones are counted: after
 * COMMAND_TRIES_MAX of a day none is right until tomorrow.
 * Returns 1; 0 when not, and the sender is told; -1 with errno
 */
int who_password(struct command_context *c, struct bytes password);

/* who_tries - may the sender try a password or a cookie now
 *
 * Returns 1; 0 when there were too many wrong ones today, and the sender is
 *         told; -1 with errno
 */
int who_tries(struct command_context *c);

/* who_wrong - one was wrong; counted
 *
 * Returns 0; -1 with errno
 */
int who_wrong(struct command_context *c);

/* --- list.c: the list of a command ------------------------------------------ */

/* struct the_list - a list with its header; list_free frees it */
struct the_list {
	struct list list;
	struct listhdr hdr;
	struct bytes text;
};

/* list_take - the list that a command names first
 *
 * args    moved on behind it.  When there is no word, the list of the address
 *         that the mail went to
 * Returns 1; 0 when there is none, and the sender is told; -1 with errno
 */
int list_take(
    struct command_context *c, struct bytes *args, struct the_list *l);

/* list_open - the same for a name; nobody is told */
int list_open(struct command_context *c, struct bytes name, struct the_list *l);

void list_free(struct the_list *l);

/* list_member - is the sender subscribed
 *
 * s, room as for lists_get
 * Returns 1; 0; -1 with errno
 */
int list_member(struct command_context *c, const struct the_list *l,
    struct subscriber *s, stralloc *room);

/* list_pool - the pool of administrative mail of a list */
char list_pool(const struct command_context *c, const struct the_list *l);

/* list_validates - does Validate= ask for confirmation
 *
 * all     1: of every change a subscriber makes; 0: of his leaving
 * Returns 1; 0
 */
int list_validates(const struct the_list *l, int all);

/* list_visible - may the sender know of a list that is confidential
 *
 * Returns 1; 0; -1 with errno
 */
int list_visible(struct command_context *c, const struct the_list *l);

/* --- confirm.c -------------------------------------------------------------- */

/* confirm_ask - have the sender confirm a command before it is done
 *
 * A mail with a cookie goes to him; when it comes back the command is given
 * again with c->confirmed set.  At most one such mail a day is sent for the
 * same list and first word of the command.
 * list    its name; empty when it is about none
 * pool    of that mail
 * command the whole command as it shall be given again
 * shown   the same for people to see
 * Returns 0; -1 with errno
 */
int confirm_ask(struct command_context *c, struct bytes list, char pool,
    struct bytes command, struct bytes shown);

/* confirm_send - the same without that limit
 *
 * list is that of the cookie; nothing is said
 */
int confirm_send(struct command_context *c, struct bytes list, char pool,
    struct bytes command, struct bytes shown);

/* confirm_approve - have an owner of a list approve of a command
 *
 * Arguments and result as for confirm_ask; the sender is told.
 */
int confirm_approve(
    struct command_context *c, const struct the_list *l, struct bytes command);

/* confirm_cookie - the cookie that the mail answers, in Subject or In-Reply-To
 *
 * Returns 1; 0 when there is none
 */
int confirm_cookie(struct command_context *c, char word[COOKIE_LEN + 1]);

/* --- welcome.c: mail to those who come and go -------------------------------- */

/* welcome_may - one more of these, or a question, to the sender's address today
 *
 * Who forged it cannot have more than COMMAND_NOTICES_MAX of them sent to it.
 * Returns 1; 0; -1 with errno
 */
int welcome_may(struct command_context *c);

/* Each returns 0; -1 with errno.  Above that number nothing is sent. */
int welcome_mail(struct command_context *c, const struct the_list *l);
int farewell_mail(struct command_context *c, const struct the_list *l);

/* --- run.c: from a message to its commands ----------------------------------- */

/* run_message - execute all of it
 *
 * Returns 0; -1 with errno, and nothing of it must be kept
 */
int run_message(struct command_context *c);

/* run_unread - it cannot be read
 *
 * Returns 0; -1 with errno
 */
int run_unread(struct command_context *c, const char *why);

/* run_may - one more message or job of the sender today
 *
 * Those above COMMAND_MAX are dropped; the first of them is told.
 * Returns 1; 0; -1 with errno
 */
int run_may(struct command_context *c);

/* run_text - execute one command; echo and log are the caller's
 *
 * text    UTF-8
 * Returns 0; -1 with errno
 */
int run_text(struct command_context *c, struct bytes text);

/* run_subject - mail without a command in it: what its Subject asks for, or help
 *
 * Returns 0; -1 with errno
 */
int run_subject(struct command_context *c);

/* run_help - what may be written to the address that the mail went to; same */
int run_help(struct command_context *c);

/* run_request - what mail to LIST-subscribe-request and the like asks for
 *
 * Returns 1; 0 when the form is another; -1 with errno
 */
int run_request(struct command_context *c);

/* --- answer.c: what a job says around its commands, and where it goes -------- */

/* answer_begin - the line that tells when it started */
int answer_begin(struct command_context *c);

/* answer_errors - what is wrong with its cards */
int answer_errors(struct command_context *c);

/* answer_end - its last lines; then all of it is sent, if it is to be
 *
 * from    what of the machine was used before it
 * Each returns 0; -1 with errno
 */
int answer_end(struct command_context *c, const struct rusage *from);

/* --- the commands ------------------------------------------------------------- */

int command_subscribe(struct command_context *c, struct bytes args);
int command_signoff(struct command_context *c, struct bytes args);
int command_set(struct command_context *c, struct bytes args);
int command_query(struct command_context *c, struct bytes args);
int command_review(struct command_context *c, struct bytes args);
int command_lists(struct command_context *c, struct bytes args);
int command_info(struct command_context *c, struct bytes args);
int command_help(struct command_context *c, struct bytes args);
int command_thanks(struct command_context *c, struct bytes args);
int command_quit(struct command_context *c, struct bytes args);
int command_pw(struct command_context *c, struct bytes args);
int command_ok(struct command_context *c, struct bytes args);
int command_distribute(struct command_context *c, struct bytes args);
int command_disthold(struct command_context *c, struct bytes args);
int command_dist2(struct command_context *c, struct bytes args);
int command_show(struct command_context *c, struct bytes args);
int command_path(struct command_context *c, struct bytes args);

/* --- server.c ------------------------------------------------------------------ */

/* server_message - work on one file of command/new, to its end
 *
 * Returns 0; -1 with errno: it is still there
 */
int server_message(struct server *s, const char *name);

/* server_recover - put in order what a crash or a failure left
 *
 * Returns 0; -1 with errno, and nothing may be worked on
 */
int server_recover(struct server *s);

#endif
