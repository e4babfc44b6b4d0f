#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/auth.h"
#include "lib/base64.h"

/* The exchange of RFC 7677 section 3. */
#define OURS "rOprNGfwEbeRWgbNEkqO"
#define BOTH "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SALT "W22ZaJ0SNY7soEsUEjb6gQ=="
#define FIRST BOTH ",s=" SALT ",i=4096"
#define PROOF "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define SIGNATURE "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

static const char nonce[] = OURS;

static struct auth_login
login_of(const char *user, const char *password)
{
	struct auth_login l = {
	    .user_len = strlen(user), .password_len = strlen(password)};

	memcpy(l.user, user, l.user_len);
	memcpy(l.password, password, l.password_len);
	return l;
}

/* The Base64 of a text, NUL-terminated; for one use at a time. */
static const char *
code(const char *text)
{
	static char out[4096];

	out[base64_put(out, text, strlen(text))] = '\0';
	return out;
}

static const char *
decode(const char *s, size_t len)
{
	static char out[4096];
	size_t n;

	assert_int_equal(base64_get(out, &n, sizeof(out) - 1, s, len), 0);
	out[n] = '\0';
	return out;
}

static void
expect_command(struct auth *a, const char *want)
{
	char out[AUTH_LINE_MAX];
	size_t n = auth_command(a, out);

	assert_int_equal(n, strlen(want));
	assert_memory_equal(out, want, n);
}

static void
expect_answer(struct auth *a, const char *challenge, const char *want)
{
	char out[AUTH_LINE_MAX];
	size_t n;

	assert_int_equal(
	    auth_answer(a, challenge, strlen(challenge), out, &n), 0);
	assert_int_equal(n, strlen(want));
	assert_memory_equal(out, want, n);
}

static void
expect_failure(struct auth *a, const char *challenge, const char *why)
{
	char out[AUTH_LINE_MAX];
	size_t n;

	assert_int_equal(
	    auth_answer(a, challenge, strlen(challenge), out, &n), -1);
	assert_int_equal(errno, EPROTO);
	assert_non_null(strstr(auth_why(a), why));
	assert_int_equal(auth_proven(a), 0);
}

static void
finds_the_mechanisms_it_knows_in_any_case(void **state)
{
	static const struct {
		const char *text;
		unsigned bits;
	} table[] = {
	    {"", 0},
	    {"PLAIN", AUTH_PLAIN},
	    {"plain login", AUTH_PLAIN | AUTH_LOGIN},
	    {"GSSAPI SCRAM-SHA-256-PLUS Scram-Sha-256  CRAM-MD5",
		AUTH_SCRAM_SHA_256},
	    {"PLAINER LOGI PLAI", 0},
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		assert_int_equal(
		    auth_offers(table[i].text, strlen(table[i].text)),
		    table[i].bits);
	assert_string_equal(auth_name(AUTH_SCRAM_SHA_256), "SCRAM-SHA-256");
	assert_string_equal(auth_name(AUTH_LOGIN), "LOGIN");
}

static void
chooses_the_best_that_both_sides_know(void **state)
{
	struct auth_login l = login_of("u", "p"),
			  x = login_of("u", "p\xc3\xa4");
	struct auth a;

	(void)state;
	assert_int_equal(auth_begin(&a, 7, &l, nonce), 0);
	assert_int_equal(a.mech, AUTH_SCRAM_SHA_256);
	assert_int_equal(auth_begin(&a, 3, &l, nonce), 0);
	assert_int_equal(a.mech, AUTH_PLAIN);
	assert_int_equal(auth_begin(&a, 1, &l, nonce), 0);
	assert_int_equal(a.mech, AUTH_LOGIN);
	assert_int_equal(auth_begin(&a, 0, &l, nonce), -1);
	assert_int_equal(errno, EOPNOTSUPP);
	/* a host may prepare what is not ASCII in another way than we do */
	assert_int_equal(auth_begin(&a, 7, &x, nonce), 0);
	assert_int_equal(a.mech, AUTH_PLAIN);
	assert_int_equal(auth_begin(&a, 4, &x, nonce), 0);
	assert_int_equal(a.mech, AUTH_SCRAM_SHA_256);
	auth_end(&a);
	assert_int_equal(a.mech, 0);
	auth_end(&a);
}

/* RFC 4954 section 4.3 and RFC 4616 section 4 use these */
static void
plain_sends_both_at_once(void **state)
{
	struct auth_login l = login_of("test", "1234"), t;
	struct auth a;

	(void)state;
	auth_begin(&a, AUTH_PLAIN, &l, nonce);
	/* as RFC 4954, which has the user in the first place as well */
	expect_command(&a, "AUTH PLAIN AHRlc3QAMTIzNA==");
	assert_int_equal(auth_proven(&a), 1);
	t = login_of("tim", "tanstaaftanstaaf");
	auth_begin(&a, AUTH_PLAIN, &t, nonce);
	expect_command(&a, "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
}

static void
plain_waits_when_it_is_too_long_for_a_command(void **state)
{
	struct auth_login l = {
	    .user_len = AUTH_USER_MAX, .password_len = AUTH_PASSWORD_MAX};
	char want[AUTH_LINE_MAX], text[AUTH_USER_MAX + AUTH_PASSWORD_MAX + 2];
	struct auth a;

	(void)state;
	memset(l.user, 'u', l.user_len);
	memset(l.password, 'p', l.password_len);
	memset(text, 0, sizeof(text));
	memcpy(text + 1, l.user, l.user_len);
	memcpy(text + 2 + AUTH_USER_MAX, l.password, l.password_len);
	want[base64_put(want, text, sizeof(text))] = '\0';
	auth_begin(&a, AUTH_PLAIN, &l, nonce);
	expect_command(&a, "AUTH PLAIN");
	assert_int_equal(auth_proven(&a), 0);
	expect_answer(&a, "", want);
	assert_int_equal(auth_proven(&a), 1);
	a.proven = 0;
	expect_failure(&a, "", "asks once more");
}

static void
login_answers_whatever_it_is_asked(void **state)
{
	static const char *const asked[][2] = {
	    {"VXNlcm5hbWU6", "UGFzc3dvcmQ6"}, {"", ""}, {"User", "?"}};
	struct auth_login l = login_of("test", "1234");
	struct auth a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		auth_begin(&a, AUTH_LOGIN, &l, nonce);
		expect_command(&a, "AUTH LOGIN");
		expect_answer(&a, asked[i][0], "dGVzdA==");
		assert_int_equal(auth_proven(&a), 0);
		expect_answer(&a, asked[i][1], "MTIzNA==");
		assert_int_equal(auth_proven(&a), 1);
	}
	a.proven = 0;
	expect_failure(&a, "VXNlcm5hbWU6", "asks once more");
}

static void
begin_scram(struct auth *a, const struct auth_login *l)
{
	char want[4200];

	assert_int_equal(auth_begin(a, AUTH_SCRAM_SHA_256, l, nonce), 0);
	snprintf(want, sizeof(want), "AUTH SCRAM-SHA-256 %s",
	    code("n,,n=user,r=" OURS));
	expect_command(a, want);
}

static void
scram_proves_without_showing_and_wants_proof(void **state)
{
	struct auth_login l = login_of("user", "pencil");
	char want[4200];
	struct auth a;

	(void)state;
	begin_scram(&a, &l);
	assert_int_equal(auth_proven(&a), 0);
	snprintf(want, sizeof(want), "%s", code("c=biws," BOTH ",p=" PROOF));
	expect_answer(&a, code(FIRST), want);
	assert_int_equal(auth_proven(&a), 0);
	expect_answer(&a, code("v=" SIGNATURE), "");
	assert_int_equal(auth_proven(&a), 1);
}

static void
scram_refuses_a_host_that_does_not_know_the_password(void **state)
{
	static const char *const last[] = {
	    "v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "v=", "", "x=1",
	    ("v=" SALT)};
	struct auth_login l = login_of("user", "pencil");
	char out[AUTH_LINE_MAX];
	struct auth a;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(last) / sizeof(*last); i++) {
		begin_scram(&a, &l);
		assert_int_equal(
		    auth_answer(&a, code(FIRST), strlen(code(FIRST)), out, &n),
		    0);
		expect_failure(&a, code(last[i]), "does not know the password");
	}
	begin_scram(&a, &l);
	assert_int_equal(
	    auth_answer(&a, code(FIRST), strlen(code(FIRST)), out, &n), 0);
	expect_failure(&a, code("e=invalid-proof"), "password is wrong");
}

static void
scram_refuses_a_challenge_that_is_not_as_it_should_be(void **state)
{
	static const struct {
		const char *challenge, *why;
	} table[] = {
	    {"", "nonce"},
	    {"m=x,r=" OURS "a,s=" SALT ",i=4096", "extension"},
	    {"r=" OURS ",s=" SALT ",i=4096", "nonce"}, /* nothing of its own */
	    {"r=qOprNGfwEbeRWgbNEkqOabc,s=" SALT ",i=4096", "nonce"},
	    {"r=x,s=" SALT ",i=4096", "nonce"},
	    {"r=" OURS "a\x01,s=" SALT ",i=4096", "nonce"},
	    {"r=" OURS "a", "salt"},
	    {"r=" OURS "a,s=", "salt"},
	    {"r=" OURS "a,s=!,i=4096", "salt"},
	    {"r=" OURS "a,i=4096,s=" SALT, "salt"},
	    {"r=" OURS "a,s=" SALT, "iterations"},
	    {"r=" OURS "a,s=" SALT ",i=", "iterations"},
	    {"r=" OURS "a,s=" SALT ",i=1", "iterations"},
	    {"r=" OURS "a,s=" SALT ",i=4095", "iterations"},
	    {"r=" OURS "a,s=" SALT ",i=-4096", "iterations"},
	    {"r=" OURS "a,s=" SALT ",i=1000001", "iterations"},
	    {"r=" OURS "a,s=" SALT ",i=99999999999999999999", "iterations"},
	};
	struct auth_login l = login_of("user", "pencil");
	struct auth a;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(table) / sizeof(*table); i++) {
		begin_scram(&a, &l);
		expect_failure(&a, code(table[i].challenge), table[i].why);
	}
	begin_scram(&a, &l);
	expect_failure(&a, "not base64", "not Base64");
}

static void
scram_takes_a_long_salt_and_what_follows_the_count(void **state)
{
	struct auth_login l = login_of("user", "pencil");
	char salt[256], text[1024], b64[BASE64_LEN(sizeof(salt)) + 1];
	char out[AUTH_LINE_MAX];
	struct auth a;
	size_t n;

	(void)state;
	memset(salt, 's', sizeof(salt));
	b64[base64_put(b64, salt, sizeof(salt))] = '\0';
	snprintf(text, sizeof(text), "r=" OURS "a,s=%s,i=4096,x=later", b64);
	begin_scram(&a, &l);
	assert_int_equal(
	    auth_answer(&a, code(text), strlen(code(text)), out, &n), 0);
}

static void
scram_escapes_the_user(void **state)
{
	struct auth_login l = login_of("a=b,c", "x");
	char out[AUTH_LINE_MAX];
	struct auth a;
	size_t n;

	(void)state;
	auth_begin(&a, AUTH_SCRAM_SHA_256, &l, nonce);
	n = auth_command(&a, out);
	assert_string_equal(decode(out + 19, n - 19), "n,,n=a=3Db=2Cc,r=" OURS);
}

static void
the_longest_user_fits(void **state)
{
	struct auth_login l = {
	    .user_len = AUTH_USER_MAX, .password_len = AUTH_PASSWORD_MAX};
	char out[AUTH_LINE_MAX], text[AUTH_SERVER_MAX * 2];
	struct auth a;
	size_t n;

	(void)state;
	memset(l.user, ',', l.user_len);
	memset(l.password, 'p', l.password_len);
	auth_begin(&a, AUTH_SCRAM_SHA_256, &l, nonce);
	assert_int_equal(auth_command(&a, out), 18); /* asked for later */
	assert_int_equal(auth_answer(&a, "", 0, out, &n), 0);
	assert_true(n > 1000 && n <= AUTH_LINE_MAX);
	/* the longest challenge and nonce */
	n = (size_t)sprintf(text, "r=" OURS "%0236d,s=" SALT ",i=4096,x=", 0);
	memset(text + n, 'x', sizeof(text) - n);
	text[AUTH_SERVER_MAX] = '\0';
	assert_int_equal(
	    auth_answer(&a, code(text), strlen(code(text)), out, &n), 0);
	assert_true(n <= AUTH_LINE_MAX);
	a.step = 1;
	text[AUTH_SERVER_MAX] = 'x';
	text[AUTH_SERVER_MAX + 1] = '\0';
	expect_failure(&a, code(text), "not Base64");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(finds_the_mechanisms_it_knows_in_any_case),
	    cmocka_unit_test(chooses_the_best_that_both_sides_know),
	    cmocka_unit_test(plain_sends_both_at_once),
	    cmocka_unit_test(plain_waits_when_it_is_too_long_for_a_command),
	    cmocka_unit_test(login_answers_whatever_it_is_asked),
	    cmocka_unit_test(scram_proves_without_showing_and_wants_proof),
	    cmocka_unit_test(
		scram_refuses_a_host_that_does_not_know_the_password),
	    cmocka_unit_test(
		scram_refuses_a_challenge_that_is_not_as_it_should_be),
	    cmocka_unit_test(
		scram_takes_a_long_salt_and_what_follows_the_count),
	    cmocka_unit_test(scram_escapes_the_user),
	    cmocka_unit_test(the_longest_user_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
