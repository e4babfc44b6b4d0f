/* inject.h - the parts of lsv-inject */
#ifndef LSV_INJECT_H
#define LSV_INJECT_H

#include <stddef.h>

/* All that lsv-inject ever exits with: every MTA reads these alike. */
enum {
	EXIT_DONE = 0,
	EXIT_BAD = 65,    /* the message or its address is at fault */
	EXIT_AGAIN = 75,  /* we are at fault, known or not */
	EXIT_POLICY = 77, /* refused by policy */
};

/* answer - one line for the MTA, on standard error, and the end
 *
 * Removes the file under way first.
 * code    EXIT_...
 * part    n strings, the first begins with an enhanced status code and a blank
 *         (RFC 3463); control bytes and bytes outside ASCII print as '?'
 */
_Noreturn void answer(int code, const char *const *part, size_t n);

#define ANSWER_LIST(...)                                                       \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__                                                    \
	}
#define ANSWER(code, ...)                                                      \
	answer(code, ANSWER_LIST(__VA_ARGS__),                                 \
	    sizeof(ANSWER_LIST(__VA_ARGS__)) / sizeof(const char *))

/* answer_guard - whatever happens from now on exits EXIT_AGAIN
 *
 * Signals, those of programming errors included, a standard input that says
 * nothing for an hour, and files over a limit: no MTA bounces mail on them.
 */
void answer_guard(void);

/* answer_file - the file to remove when all does not go well
 *
 * dir     its directory
 * name    its name, kept until the end; NULL: there is none any more
 */
void answer_file(int dir, const char *name);

#endif
