/* cjli.h - the job language: a text of cards, commands and datasets
 *
 * A text holds any number of jobs, "//NAME JOB" to "// EOJ"; what is around
 * them is ignored, unless there is no JOB card at all: then all of it is one
 * job (the outer interface), as mail with commands is.  lsv-job(5) has the
 * language.
 *
 * Nothing is copied but cards that go over several lines: commands and datasets
 * point into the text, which stays where it is (mapped, or in memory) until its
 * last job is freed.  All bytes are a stranger's: lib/clean.h before they are
 * shown, cjli_echo for commands.
 */
#ifndef LSV_CJLI_H
#define LSV_CJLI_H

#include <stddef.h>
#include <stdint.h>

#include "lib/bytes.h"
#include "lib/ofat.h"

enum {
	CJLI_TEXT_MAX = 64 << 20,    /* bytes of a text */
	CJLI_JOBS_MAX = 100,         /* of a text */
	CJLI_COMMANDS_MAX = 1000,    /* of a job */
	CJLI_COMMAND_MAX = 64 << 10, /* bytes of a command or card, all lines */
	CJLI_DATASETS_MAX = 64,      /* of a job */
	CJLI_LINES_MAX = 1000000,    /* of a dataset "DD *" */
	CJLI_CONSTANT_MAX = 255,     /* bytes of a dataset "DD "..."" */
	CJLI_ERRORS_MAX = 100,       /* of a job that are kept */
	CJLI_CARD_SHOWN = 60,        /* bytes of a card in a message */
};

/* struct cjli_command - one command
 *
 * text    without the slashes of a card, without blanks around, the lines of a
 *         continued one put together; at least 1 byte, none of them LF
 * line    number of its first line in the text, from 1
 */
struct cjli_command {
	struct bytes text;
	size_t line;
};

enum cjli_form {
	CJLI_CONSTANT, /* DD "..." */
	CJLI_LINES,    /* DD *: up to a line with only slash and asterisk */
	CJLI_EOF,      /* DD *,EOF: all the rest of the text */
};

/* struct cjli_dataset - one dataset
 *
 * name    as on the card: compare with bytes_same
 * data    its bytes with their line ends, as they came; of a constant without
 *         quotes or line end
 * card    number of the line with its DD card
 * line    number of the first line of data; the same as card for a constant
 */
struct cjli_dataset {
	struct bytes name, data;
	enum cjli_form form;
	size_t card, line;
};

/* struct cjli_error - something wrong with a card
 *
 * why     a constant sentence without its full stop
 * card    the text of the card or line, at most CJLI_CARD_SHOWN bytes; empty
 *         when it is about none
 */
struct cjli_error {
	size_t line;
	const char *why;
	struct bytes card;
};

enum cjli_reply {
	CJLI_REPLY_SENDER, /* to the origin of the text */
	CJLI_REPLY_NONE,   /* nobody is told anything */
	CJLI_REPLY_LIST,   /* to the addresses of job.addresses */
};

/* struct cjli_job - one job; cjli_next fills it, cjli_job_free frees it
 *
 * name    as on the JOB card; empty when it has none: then the part of the
 *         sender's address in front of the '@' is its name
 * line    number of the line with the JOB card; 1 of the outer interface
 * outer   1: there was no JOB card
 * echo    0: Echo=No
 * stat    0: Stat=No, no summary of resources
 * message 1: Reply-via=Message (or MSG); we have none, so mail it is
 * after   minutes since midnight of After=, or -1
 * reply   Reply-to=
 * addresses
 *         of CJLI_REPLY_LIST, with blanks between them, not checked
 * command, dataset, error
 *         ncommands, ndatasets and nerrors of them, in the order of the text
 * refused 1: a dataset or the JOB card is wrong in such a way that commands
 *         would do what was not meant.  None of them may be executed; an error
 *         says why.  0: other errors may be there all the same
 * more    errors beyond CJLI_ERRORS_MAX
 * texts   memory of cards that went over several lines
 */
struct cjli_job {
	struct bytes name;
	size_t line;
	int outer, echo, stat, message, after, refused;
	enum cjli_reply reply;
	struct bytes addresses;
	struct cjli_command *command;
	struct cjli_dataset *dataset;
	struct cjli_error *error;
	size_t ncommands, ndatasets, nerrors, more;
	struct cjli_text *texts;
};

/* struct cjli - where a reader of jobs is; cjli_begin makes it ready
 *
 * text    all of it
 * at      offset of the next line
 * line    number of the line at that place
 * jobs    so many were returned
 * outer   there is no JOB card
 */
struct cjli {
	struct bytes text;
	size_t at, line;
	unsigned jobs;
	int outer;
};

/* cjli_begin - read jobs out of a text
 *
 * text    lines end with LF or CR LF; any bytes, any length (one that is over
 *         CJLI_TEXT_MAX gives one refused job)
 */
void cjli_begin(struct cjli *c, struct bytes text);

/* cjli_next - the next job
 *
 * job     overwritten; free it with cjli_job_free
 * Returns 1; 0 when there is no further one (a text without any command is an
 *         outer job without commands, so that somebody can be told); -1 with
 *         errno ENOMEM, and job as zeroed
 * Note    takes time linear in the text for all jobs together
 */
int cjli_next(struct cjli *c, struct cjli_job *job);

/* cjli_job_free - release the memory; job is as zeroed */
void cjli_job_free(struct cjli_job *job);

/* cjli_find - the dataset of a name
 *
 * name    in any case
 * Returns it, or NULL
 */
const struct cjli_dataset *cjli_find(
    const struct cjli_job *job, struct bytes name);

/* cjli_hidden - why a dataset is missing: is its DD card inside another one
 *
 * That is what happens when the end of the other one was forgotten, or when it
 * says EOF and is not the last.
 * line    receives the number of the line that looks like its DD card
 * Returns the dataset that holds that line, or NULL
 */
const struct cjli_dataset *cjli_hidden(
    const struct cjli_job *job, struct bytes name, size_t *line);

/* cjli_error_put - an error in one line for people
 *
 * out     "Line 7: the dataset has no name: //DD *" is appended, without line
 *         end or control bytes
 * Returns 0; -1 with errno ENOMEM
 */
int cjli_error_put(stralloc *out, const struct cjli_error *e);

/* cjli_echo - a command as it is shown in replies and logs
 *
 * out     appended: no control bytes, and asterisks in the place of passwords:
 *         behind PW= anywhere, and behind the words PW ADD, PW CHANGE and PW
 *         RESET at the beginning, also when a slip makes them another word
 * command text of a command
 * Returns 0; -1 with errno ENOMEM
 */
int cjli_echo(stralloc *out, struct bytes command);

#endif
