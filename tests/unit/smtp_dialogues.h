/* smtp_dialogues.h - the dialogues that smtp_test plays */
#ifndef LSV_TEST_SMTP_DIALOGUES_H
#define LSV_TEST_SMTP_DIALOGUES_H

#include <stddef.h>

/* A dialogue is a text, one step a line:
 *
 *	S text	the host sends the line "text"
 *	s text	the same without a line end
 *	T n	a transaction with n recipients, r0@x ...; their tags go on
 *		counting from one transaction to the next
 *	C text	the next line that we send is "text"; the body is "(body)"
 *	E text	the next event is "text"
 *	0	nothing more is sent, and no event is due
 *	H	what we send stays in our queue from now on; h: it leaves
 *	Q, L	smtp_quit(), smtp_lost()
 *	R n	smtp_room() is n
 *	M text	properties of the mails that follow: size, 8 or 7
 *	W n	the window, first line only
 *
 * Each is played three times: line by line, byte by byte, and with every
 * output taken in bytes; the result must be the same.
 */
struct dialogue {
	const char *name;
	const char *steps;
};

extern const struct dialogue dialogues[];
extern const size_t dialogue_count;

#endif
