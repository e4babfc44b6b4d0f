#include "lib/auth.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base64.h"
#include "lib/num.h"

enum {
	KEY = 32,        /* bytes of SHA-256 */
	SALT_MAX = 256,  /* bytes */
	NONCE_MAX = 256, /* bytes, both sides' together */
	BARE_MAX = 3 * AUTH_USER_MAX + AUTH_NONCE_LEN + 8
};

static const struct {
	const char *name;
	enum auth_mech mech;
} known[] = {
    {"SCRAM-SHA-256", AUTH_SCRAM_SHA_256},
    {"PLAIN", AUTH_PLAIN},
    {"LOGIN", AUTH_LOGIN},
};

enum { KNOWN = sizeof(known) / sizeof(*known) };

unsigned
auth_offers(const char *s, size_t len)
{
	unsigned bits = 0;
	size_t i, n;

	for (; len > 0; s += n, len -= n) {
		for (n = 0; n < len && s[n] != ' '; n++)
			;
		for (i = 0; i < KNOWN; i++)
			if (strlen(known[i].name) == n &&
			    strncasecmp(known[i].name, s, n) == 0)
				bits |= known[i].mech;
		n += n < len;
	}
	return bits;
}

const char *
auth_name(enum auth_mech mech)
{
	size_t i;

	for (i = 0; i < KNOWN; i++)
		if (known[i].mech == mech)
			return known[i].name;
	return "-";
}

static int
all_ascii(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] < ' ' || s[i] > '~')
			return 0;
	return 1;
}

/* Text that is not ASCII may be prepared otherwise by the host (RFC 4013):
 * where it is shown as it is, the host prepares both. */
static enum auth_mech
choose(unsigned offered, const struct auth_login *l)
{
	size_t i;

	if ((offered & (AUTH_PLAIN | AUTH_LOGIN)) != 0 &&
	    !(all_ascii(l->user, l->user_len) &&
		all_ascii(l->password, l->password_len)))
		offered &= ~(unsigned)AUTH_SCRAM_SHA_256;
	for (i = 0; i < KNOWN; i++)
		if ((offered & known[i].mech) != 0)
			return known[i].mech;
	return 0;
}

int
auth_begin(struct auth *a, unsigned offered, const struct auth_login *login,
    const char *nonce)
{
	memset(a, 0, sizeof(*a));
	a->mech = choose(offered, login);
	a->login = login;
	a->why = "";
	memcpy(a->nonce, nonce, strnlen(nonce, AUTH_NONCE_LEN));
	if (a->mech != 0)
		return 0;
	errno = EOPNOTSUPP;
	return -1;
}

void
auth_end(struct auth *a)
{
	explicit_bzero(a, sizeof(*a));
}

int
auth_proven(const struct auth *a)
{
	return a->proven;
}

const char *
auth_why(const struct auth *a)
{
	return a->why;
}

static int
wrong(struct auth *a, const char *why)
{
	a->why = why;
	errno = EPROTO;
	return -1;
}

/* PLAIN: NUL user NUL password, in one piece. */
static size_t
plain(const struct auth_login *l, char *out)
{
	char text[AUTH_USER_MAX + AUTH_PASSWORD_MAX + 2];
	size_t n = 0;

	text[n++] = '\0';
	memcpy(text + n, l->user, l->user_len);
	n += l->user_len;
	text[n++] = '\0';
	memcpy(text + n, l->password, l->password_len);
	n += l->password_len;
	n = base64_put(out, text, n);
	explicit_bzero(text, sizeof(text));
	return n;
}

/* SCRAM */

/* "n=user,r=nonce": ',' and '=' in the name are escaped. */
static size_t
scram_bare(const struct auth *a, char *out)
{
	size_t i, n = 0;

	n += (size_t)sprintf(out, "n=");
	for (i = 0; i < a->login->user_len; i++) {
		char c = a->login->user[i];

		if (c == ',' || c == '=')
			n += (size_t)sprintf(out + n, c == ',' ? "=2C" : "=3D");
		else
			out[n++] = c;
	}
	return n + (size_t)sprintf(out + n, ",r=%s", a->nonce);
}

static size_t
scram_first(const struct auth *a, char *out)
{
	char text[BARE_MAX + 3] = "n,,"; /* no channel binding */

	return base64_put(out, text, 3 + scram_bare(a, text + 3));
}

/* What the host said first. */
struct server {
	const char *nonce;
	size_t nonce_len;
	unsigned char salt[SALT_MAX];
	size_t salt_len;
	uint64_t rounds;
};

/* The value of "x=..." at the start of a text; the text is moved on. */
static int
attribute(
    char x, const char **value, size_t *n, const char **s, const char *end)
{
	const char *comma;

	if (end - *s < 2 || (*s)[0] != x || (*s)[1] != '=')
		return -1;
	comma = memchr(*s, ',', (size_t)(end - *s));
	*value = *s + 2;
	*n = (size_t)((comma != NULL ? comma : end) - *value);
	*s = comma != NULL ? comma + 1 : end;
	return 0;
}

static int
printable(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return 0;
	return 1;
}

static int
parse_server(struct auth *a, struct server *v, const char *s, size_t len)
{
	const char *end = s + len, *p;
	size_t n, ours = strlen(a->nonce);

	if (len > 0 && s[0] == 'm')
		return wrong(a, "SCRAM: it wants an extension we do not know");
	if (attribute('r', &v->nonce, &v->nonce_len, &s, end) < 0 ||
	    v->nonce_len <= ours || v->nonce_len > NONCE_MAX ||
	    memcmp(v->nonce, a->nonce, ours) != 0 ||
	    !printable(v->nonce, v->nonce_len))
		return wrong(a, "SCRAM: its nonce does not begin with ours");
	if (attribute('s', &p, &n, &s, end) < 0 ||
	    base64_get(v->salt, &v->salt_len, SALT_MAX, p, n) < 0 ||
	    v->salt_len == 0)
		return wrong(a, "SCRAM: no salt");
	if (attribute('i', &p, &n, &s, end) < 0 ||
	    num_u64(&v->rounds, p, n, AUTH_ROUNDS_MAX) < 0 ||
	    v->rounds < AUTH_ROUNDS_MIN)
		return wrong(
		    a, "SCRAM: iterations are not from 4096 to 1000000");
	return 0;
}

static int
hmac(unsigned char *out, const unsigned char *key, const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t n;

	return EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, KEY, p, len,
		   out, KEY, &n) != NULL;
}

/* The two signatures over what was said: proof is what we send, a->signature
 * what the host must answer. RFC 5802 section 3. */
static int
sign(struct auth *a, unsigned char *proof, const struct server *v,
    const char *said, size_t len)
{
	unsigned char salted[KEY], key[KEY], stored[KEY], sum[KEY];
	int i, r;

	r = PKCS5_PBKDF2_HMAC(a->login->password, (int)a->login->password_len,
		v->salt, (int)v->salt_len, (int)v->rounds, EVP_sha256(), KEY,
		salted) &&
	    hmac(key, salted, "Client Key", 10) &&
	    EVP_Q_digest(NULL, "SHA256", NULL, key, KEY, stored, NULL) &&
	    hmac(sum, stored, said, len);
	for (i = 0; r && i < KEY; i++)
		proof[i] = key[i] ^ sum[i];
	r = r && hmac(key, salted, "Server Key", 10) &&
	    hmac(a->signature, key, said, len);
	explicit_bzero(salted, sizeof(salted));
	explicit_bzero(key, sizeof(key));
	explicit_bzero(stored, sizeof(stored));
	return r ? 0 : wrong(a, "SCRAM: no SHA-256 in the library");
}

/* "c=biws,r=nonce,p=proof"; biws is "n,,". */
static int
scram_final(struct auth *a, const char *s, size_t len, char *out, size_t *n)
{
	char said[BARE_MAX + AUTH_SERVER_MAX + NONCE_MAX + 16];
	char text[NONCE_MAX + BASE64_LEN(KEY) + 16];
	unsigned char proof[KEY];
	struct server v;
	size_t at, k;

	if (parse_server(a, &v, s, len) < 0)
		return -1;
	k = (size_t)snprintf(
	    text, sizeof(text), "c=biws,r=%.*s", (int)v.nonce_len, v.nonce);
	at = scram_bare(a, said);
	said[at++] = ',';
	memcpy(said + at, s, len);
	at += len;
	said[at++] = ',';
	memcpy(said + at, text, k);
	at += k;
	if (sign(a, proof, &v, said, at) < 0)
		return -1;
	memcpy(text + k, ",p=", 3);
	k += 3;
	k += base64_put(text + k, proof, KEY);
	*n = base64_put(out, text, k);
	return 0;
}

/* "v=signature": does the host know the password, too? */
static int
scram_check(struct auth *a, const char *s, size_t len, size_t *n)
{
	unsigned char sum[KEY];
	const char *p;
	size_t k;

	if (len > 1 && s[0] == 'e' && s[1] == '=')
		return wrong(a, "SCRAM: user or password is wrong");
	if (attribute('v', &p, &k, &s, s + len) < 0 ||
	    base64_get(sum, &k, KEY, p, k) < 0 || k != KEY ||
	    CRYPTO_memcmp(sum, a->signature, KEY) != 0)
		return wrong(a,
		    "SCRAM: the host does not know the password, "
		    "it is not who it should be");
	a->proven = 1;
	*n = 0;
	return 0;
}

static int
scram(struct auth *a, const char *s, size_t len, char *out, size_t *n)
{
	char text[AUTH_SERVER_MAX];
	size_t k;

	if (base64_get(text, &k, sizeof(text), s, len) < 0)
		return wrong(a, "SCRAM: what it said is not Base64");
	if (a->step == 1)
		return scram_final(a, text, k, out, n);
	if (a->step == 2)
		return scram_check(a, text, k, n);
	return wrong(a, "SCRAM: it asks once more");
}

/* The whole */

size_t
auth_command(struct auth *a, char *out)
{
	const char *name = auth_name(a->mech);
	size_t n = (size_t)sprintf(out, "AUTH %s", name), k;

	if (a->mech == AUTH_LOGIN)
		return n;
	k = a->mech == AUTH_PLAIN ? plain(a->login, out + n + 1)
				  : scram_first(a, out + n + 1);
	/* too long for a command: it goes out when asked for */
	if (n + 1 + k > AUTH_COMMAND_MAX)
		return n;
	out[n] = ' ';
	a->step = 1;
	a->proven = a->mech == AUTH_PLAIN;
	return n + 1 + k;
}

/* Its questions are "Username:" and "Password:" or what it likes better. */
static int
login(struct auth *a, char *out, size_t *n)
{
	const struct auth_login *l = a->login;

	if (a->step == 0) {
		*n = base64_put(out, l->user, l->user_len);
	} else if (a->step == 1) {
		*n = base64_put(out, l->password, l->password_len);
		a->proven = 1;
	} else {
		return wrong(a, "LOGIN: it asks once more");
	}
	return 0;
}

static int
answer(struct auth *a, const char *s, size_t len, char *out, size_t *n)
{
	if (a->mech == AUTH_LOGIN)
		return login(a, out, n);
	if (a->step == 0) { /* the command was too long to have it all */
		*n = a->mech == AUTH_PLAIN ? plain(a->login, out)
					   : scram_first(a, out);
		a->proven = a->mech == AUTH_PLAIN;
		return 0;
	}
	if (a->mech == AUTH_PLAIN)
		return wrong(a, "PLAIN: it asks once more");
	return scram(a, s, len, out, n);
}

int
auth_answer(struct auth *a, const char *s, size_t len, char *out, size_t *n)
{
	if (answer(a, s, len, out, n) < 0)
		return -1;
	a->step++;
	return 0;
}
