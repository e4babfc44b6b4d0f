#include "lib/password.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/random.h>

#include "lib/num.h"

enum {
	SALT_LEN = 16,
	HASH_LEN = 32,
	COST_N = 16384,
	COST_R = 8,
	COST_P = 1,
	/* what a record may ask of us at most */
	N_MAX = 1 << 20,
	R_MAX = 32,
	P_MAX = 16,
	MEMORY_MAX = 256 << 20, /* bytes */
};

/* struct record - a record, read */
struct record {
	uint64_t n, r, p;
	unsigned char salt[SALT_LEN], hash[HASH_LEN];
};

static int
hash_of(unsigned char *out, const struct record *rec, struct bytes password)
{
	if (EVP_PBE_scrypt(password.s, password.len, rec->salt, SALT_LEN,
		rec->n, rec->r, rec->p, MEMORY_MAX, out, HASH_LEN) == 1)
		return 0;
	errno = ENOMEM;
	return -1;
}

static int
put_hex(stralloc *out, const unsigned char *p, size_t len)
{
	char two[3];

	for (size_t i = 0; i < len; i++) {
		snprintf(two, sizeof two, "%02x", (unsigned)p[i]);
		if (sa_put(out, two, 2) < 0)
			return -1;
	}
	return 0;
}

static int
put_record(stralloc *out, const struct record *rec)
{
	size_t start = out->len;

	if (sa_puts(out, "scrypt ") < 0 || sa_addu(out, rec->n) < 0 ||
	    sa_puts(out, " ") < 0 || sa_addu(out, rec->r) < 0 ||
	    sa_puts(out, " ") < 0 || sa_addu(out, rec->p) < 0 ||
	    sa_puts(out, " ") < 0 || put_hex(out, rec->salt, SALT_LEN) < 0 ||
	    sa_puts(out, " ") < 0 || put_hex(out, rec->hash, HASH_LEN) < 0) {
		out->len = start;
		return -1;
	}
	return 0;
}

int
password_make(stralloc *out, struct bytes password)
{
	struct record rec = {.n = COST_N, .r = COST_R, .p = COST_P};

	if (password.len == 0 || password.len > PASSWORD_MAX) {
		errno = EINVAL;
		return -1;
	}
	if (getrandom(rec.salt, sizeof rec.salt, 0) !=
	    (ssize_t)sizeof rec.salt) {
		errno = EIO;
		return -1;
	}
	if (hash_of(rec.hash, &rec, password) < 0)
		return -1;
	return put_record(out, &rec);
}

static int
get_hex(unsigned char *out, size_t len, struct bytes text)
{
	uint64_t n;

	if (text.len != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (num_hex64(&n, text.s + 2 * i, 2) < 0)
			return -1;
		out[i] = (unsigned char)n;
	}
	return 0;
}

static int
get_number(uint64_t *out, struct bytes *text, uint64_t max)
{
	struct bytes word = bytes_word(text);

	return num_u64(out, word.s, word.len, max) < 0 || *out == 0 ? -1 : 0;
}

static int
parse(struct record *rec, struct bytes text)
{
	if (text.len > PASSWORD_RECORD_MAX ||
	    !bytes_eq(bytes_word(&text), "scrypt") ||
	    get_number(&rec->n, &text, N_MAX) < 0 ||
	    get_number(&rec->r, &text, R_MAX) < 0 ||
	    get_number(&rec->p, &text, P_MAX) < 0 ||
	    get_hex(rec->salt, SALT_LEN, bytes_word(&text)) < 0 ||
	    get_hex(rec->hash, HASH_LEN, text) < 0) {
		errno = EIO;
		return -1;
	}
	return 0;
}

int
password_check(struct bytes record, struct bytes password)
{
	struct record rec = {.n = COST_N, .r = COST_R, .p = COST_P};
	unsigned char hash[HASH_LEN];
	int right;

	if (record.len && parse(&rec, record) < 0)
		return -1;
	if (password.len > PASSWORD_MAX)
		password.len = 0;
	if (hash_of(hash, &rec, password) < 0)
		return -1;
	right = CRYPTO_memcmp(hash, rec.hash, sizeof hash) == 0;
	OPENSSL_cleanse(hash, sizeof hash);
	return right && record.len && password.len;
}
