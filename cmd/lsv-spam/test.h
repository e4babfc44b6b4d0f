/* test.h - a message that is tested: what is known of it, and the answer */
#ifndef LSV_SPAM_TEST_H
#define LSV_SPAM_TEST_H

#include "cmd/lsv-spam/sets.h"
#include "lib/facts.h"
#include "lib/header.h"
#include "lib/json.h"
#include "lib/listtab.h"
#include "lib/mailaddrs.h"
#include "lib/scananswer.h"

/* struct test - what was asked, what is known, and the answer
 *
 * config, list, sender  options; NULL when not given
 * no_exit 1: SPAM_EXIT is not run
 * text    the header, and perhaps some of the body
 * message descriptor of a file with all of it, -1 when nobody needs that; size
 *         of it, bytes
 * from    of the envelope; s is NULL when it is not known
 * list_name  as the list has it
 * off     1: the list has Misc-Options= NO_SPAM_CHECK
 * answer  of the exit, when asked is 1
 * out     what is to be printed; j writes over it
 * matches the same, of the entries that match
 */
struct test {
	const char *config, *list, *sender;
	int json, no_exit;
	struct sets sets;
	stralloc text;
	int message;
	uint64_t size;
	struct header header;
	struct header_facts facts;
	struct bytes from;
	char list_name[LIST_NAME_MAX + 1];
	int off;
	struct mailaddrs addresses;
	struct spam_score score;
	int asked;
	struct scananswer answer;
	stralloc out, matches;
	struct json j, jm;
};

/* test_is_large - too large for a test for spam, SPAM_MAXSIZE; 1 or 0 */
int test_is_large(const struct test *t);

/* answer_look_up - the score, with what matches */
void answer_look_up(struct test *t);

/* answer_print - all of it, as text or JSON */
void answer_print(struct test *t);

#endif
