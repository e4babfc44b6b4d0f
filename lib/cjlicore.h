/* cjlicore.h - what cjli.c and cjlicard.c share
 *
 * cjli.c walks over the lines; cjlicard.c reads what is on one card.
 */
#ifndef LSV_CJLICORE_H
#define LSV_CJLICORE_H

#include "lib/cjli.h"

/* struct cjli_text - memory of a card that went over several lines */
struct cjli_text {
	struct cjli_text *next;
	stralloc s;
};

/* struct cjli_card - what is on a card behind its two slashes
 *
 * label   empty when there is a blank in column 3
 * word    the name of the card; empty when there is none
 * args    all behind it, without blanks around
 */
struct cjli_card {
	struct bytes label, word, args;
};

static inline int
cjli_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline struct bytes
cjli_rtrim(struct bytes b)
{
	while (b.len > 0 && cjli_is_blank(b.s[b.len - 1]))
		b.len--;
	return b;
}

static inline struct bytes
cjli_ltrim(struct bytes b)
{
	while (b.len > 0 && cjli_is_blank(b.s[0])) {
		b.s++;
		b.len--;
	}
	return b;
}

/* cjli_split - take a card apart
 *
 * line    begins with two slashes; not with those of a comment or continuation
 * Returns 1; 0 when the line is no card at all
 */
int cjli_split(struct bytes line, struct cjli_card *card);

/* cjli_is_job - is this line a JOB card; 1 or 0 */
int cjli_is_job(struct bytes line);

/* cjli_args - the arguments of JOB and DD, without the comment behind them
 *
 * Returns all up to the first blank that is in no quotes
 */
struct bytes cjli_args(struct bytes args);

/* cjli_option - the next option, up to a comma that is in no quotes
 *
 * args    moved on behind it and its comma
 */
struct bytes cjli_option(struct bytes *args);

/* cjli_wrong - note an error
 *
 * refuse  1: commands of the job may not be executed any more
 * Returns 0; -1 with errno ENOMEM
 */
int cjli_wrong(struct cjli_job *job, size_t line, const char *why,
    struct bytes card, int refuse);

/* cjli_text - new memory that lives as long as the job
 *
 * Returns it, empty; NULL with errno ENOMEM
 */
stralloc *cjli_text(struct cjli_job *job);

/* cjli_job_card - the name and the options of a JOB card
 *
 * Returns 0; -1 with errno ENOMEM
 */
int cjli_job_card(
    struct cjli_job *job, const struct cjli_card *card, size_t line);

/* cjli_dd_card - what a DD card says, not the lines behind it
 *
 * d       name, form, card and, of a constant, data are filled in
 * Returns 1: lines of a dataset follow (d->form says how they end); 0: a
 *         constant, or a card that says nothing of the kind, with d->name.len
 *         0; -1 with errno ENOMEM
 */
int cjli_dd_card(struct cjli_job *job, const struct cjli_card *card,
    size_t line, struct cjli_dataset *d);

#endif
