/* msg.h - what a program says to people, but for its results */
#ifndef LSV_MSG_H
#define LSV_MSG_H

#include <stddef.h>

/* Exit codes of every program but lsv-inject (which answers an MTA). */
enum {
	LSV_OK = 0,
	LSV_PERM = 100, /* a person has to change something */
	LSV_TEMP = 111, /* try again */
};

/* The name that starts every message; main sets it first. */
extern const char *msg_prog;

/* msg_put - one line "prog: " parts "[: strerror]" in a single write
 *
 * level   "warning: ", "fatal: " or ""
 * err     an errno to explain, or 0
 * part    n strings; a NULL among them prints as "(null)", never ends the list
 */
void msg_put(const char *level, int err, const char *const *part, size_t n);

/* msg_exit - msg_put, then _exit(code) without running atexit handlers */
_Noreturn void msg_exit(int code, int err, const char *const *part, size_t n);

/* msg_help - print how the program is used to standard output, and exit
 *
 * usage   the whole text of -h
 * Exits   LSV_OK; LSV_TEMP when it cannot be written
 */
_Noreturn void msg_help(const char *usage);

#define MSG_LIST(...)                                                          \
	(const char *const[])                                                  \
	{                                                                      \
		__VA_ARGS__                                                    \
	}
#define MSG_COUNT(...) (sizeof(MSG_LIST(__VA_ARGS__)) / sizeof(const char *))

/* msg_say(...)          a plain line
 * msg_warn(...)         a warning
 * msg_warnsys(...)      a warning with the text of errno
 * msg_die(code, ...)    the last words, then exit with code
 * msg_diesys(code, ...) the same with the text of errno
 * All take strings, as many as wanted.
 */
#define msg_say(...)                                                           \
	msg_put("", 0, MSG_LIST(__VA_ARGS__), MSG_COUNT(__VA_ARGS__))
#define msg_warn(...)                                                          \
	msg_put("warning: ", 0, MSG_LIST(__VA_ARGS__), MSG_COUNT(__VA_ARGS__))
#define msg_warnsys(...)                                                       \
	msg_put(                                                               \
	    "warning: ", errno, MSG_LIST(__VA_ARGS__), MSG_COUNT(__VA_ARGS__))
#define msg_die(code, ...)                                                     \
	msg_exit(code, 0, MSG_LIST(__VA_ARGS__), MSG_COUNT(__VA_ARGS__))
#define msg_diesys(code, ...)                                                  \
	msg_exit(code, errno, MSG_LIST(__VA_ARGS__), MSG_COUNT(__VA_ARGS__))

#endif
