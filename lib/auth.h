/* auth.h - the client's side of SMTP AUTH: user and password, proved
 *
 * PLAIN, LOGIN and SCRAM-SHA-256. No input or output, and no random numbers:
 * the caller gives the nonce. Whether the connection is fit for it is the
 * caller's to know: PLAIN and LOGIN show the password to the host.
 *
 *	auth_begin		the best that both sides know
 *	auth_command		the line to send
 *	auth_answer		for each 334, the line to send back
 *	auth_proven		at 235: may it be believed?
 *	auth_end		in any case
 *
 * Source  RFC 4954 (AUTH), 4616 (PLAIN), draft-murchison-sasl-login (LOGIN),
 *         5802 and 7677 (SCRAM-SHA-256)
 */
#ifndef LSV_AUTH_H
#define LSV_AUTH_H

#include <stddef.h>

enum {
	AUTH_USER_MAX = 255,     /* bytes */
	AUTH_PASSWORD_MAX = 255, /* bytes */
	AUTH_NONCE_LEN = 24,     /* bytes at most */
	AUTH_COMMAND_MAX = 510,  /* RFC 5321: the longest command, no CR LF */
	AUTH_LINE_MAX = 1536,    /* bytes of a line that is sent, no CR LF */
	AUTH_SERVER_MAX = 1024,  /* bytes of a challenge, decoded */
	AUTH_ROUNDS_MIN = 4096,  /* RFC 7677 section 4 */
	AUTH_ROUNDS_MAX = 1000000
};

/* Mechanisms, as bits; the larger, the better. */
enum auth_mech {
	AUTH_LOGIN = 1,
	AUTH_PLAIN = 2,
	AUTH_SCRAM_SHA_256 = 4, /* never shows the password, and the host
				 * proves that it knows it, too */
};

/* struct auth_login - who we are; wipe it with explicit_bzero when done
 *
 * user, password  UTF-8 without NUL, in the form of SASLprep (RFC 4013): ASCII
 *         always is
 */
struct auth_login {
	char user[AUTH_USER_MAX + 1], password[AUTH_PASSWORD_MAX + 1];
	size_t user_len, password_len;
};

/* Laid open for its size only: use the functions. All zero bytes at first. */
struct auth {
	enum auth_mech mech;
	const struct auth_login *login;
	char nonce[AUTH_NONCE_LEN + 1];
	int step;   /* answers given */
	int proven; /* the host knows the password */
	unsigned char signature[32];
	const char *why;
};

/* auth_offers - what a line of the reply to EHLO offers
 *
 * s       len bytes behind "AUTH " or "AUTH=": mechanisms, blanks between
 * Returns the bits of those that are known here
 */
unsigned auth_offers(const char *s, size_t len);

/* auth_name - "PLAIN", "LOGIN", "SCRAM-SHA-256" */
const char *auth_name(enum auth_mech mech);

/* auth_begin - choose, and start
 *
 * a       overwritten
 * offered bits of auth_mech
 * login   stays valid until auth_end
 * nonce   at most AUTH_NONCE_LEN bytes and a NUL, used once, that nobody can
 *         foresee: printable ASCII without ','
 * Returns 0; -1 with errno EOPNOTSUPP: nothing in common
 */
int auth_begin(struct auth *a, unsigned offered, const struct auth_login *login,
    const char *nonce);

/* auth_command - the command to send first
 *
 * out     room for AUTH_LINE_MAX bytes; no line end, no NUL
 * Returns its length, at most AUTH_COMMAND_MAX
 */
size_t auth_command(struct auth *a, char *out);

/* auth_answer - the line to send for a reply 334
 *
 * s       len bytes: the challenge as it stands behind "334 "; any bytes
 * out     room for AUTH_LINE_MAX bytes; no line end, no NUL
 * n       its length, may be 0
 * Returns 0; -1 with errno EPROTO: auth_why() says what is wrong. The host is
 *         not to be told anything more then
 */
int auth_answer(
    struct auth *a, const char *s, size_t len, char *out, size_t *n);

/* auth_proven - 1: a reply 235 may be believed. 0: the host has not proved that
 * it knows the password (SCRAM), or did not ask for it */
int auth_proven(const struct auth *a);

/* auth_why - why auth_answer failed; constant text */
const char *auth_why(const struct auth *a);

/* auth_end - forget everything; twice is harmless */
void auth_end(struct auth *a);

#endif
