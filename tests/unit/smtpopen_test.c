#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/smtpopen.h"

static struct smtp s;

/* "test" and "1234" of RFC 4954; "user" and "pencil" of RFC 7677. */
static const struct auth_login joe = {"test", "1234", 4, 4};
static const struct auth_login user = {"user", "pencil", 4, 6};

static void
ignore(void *arg, const struct smtp_event *e)
{
	(void)arg;
	(void)e;
}

static const struct smtp_start usual = {
    .name = "lists.example.org", .rcpt_max = 100, .event = ignore};

static int
begin(void **state)
{
	(void)state;
	memset(&s, 0, sizeof s);
	smtpopen_begin(&s, &usual);
	return 0;
}

/* The host says a reply, a line each, and the opening takes it. */
static int
hear(enum smtp_verb verb, const char *lines)
{
	s.said = verb;
	while (*lines) {
		size_t n = strcspn(lines, "\n");

		assert_true(smtpreply_line(&s.in, lines, n) >= 0);
		smtpopen_line(&s, lines, n);
		lines += n + (lines[n] == '\n');
	}
	return smtpopen_reply(&s, verb);
}

static void
checks_what_a_dialogue_begins_with(void **state)
{
	char name[SMTP_NAME_MAX + 2];
	struct smtp_start c = usual;

	(void)state;
	assert_int_equal(smtpopen_check(&c), 0);
	memset(name, 'a', sizeof name);
	name[SMTP_NAME_MAX] = 0;
	c.name = name;
	assert_int_equal(smtpopen_check(&c), 0);
	name[SMTP_NAME_MAX] = 'a';
	name[SMTP_NAME_MAX + 1] = 0;
	errno = 0;
	assert_int_equal(smtpopen_check(&c), -1);
	assert_int_equal(errno, EINVAL);
	c.name = "";
	assert_int_equal(smtpopen_check(&c), -1);
	c.name = "two words";
	assert_int_equal(smtpopen_check(&c), -1);
	c.name = "line\r\nMAIL";
	assert_int_equal(smtpopen_check(&c), -1);
	c.name = "m\303\274ll";
	assert_int_equal(smtpopen_check(&c), -1);
	c = usual;
	c.event = NULL;
	assert_int_equal(smtpopen_check(&c), -1);
	c = usual;
	c.login = &joe; /* without a nonce */
	assert_int_equal(smtpopen_check(&c), -1);
	c = usual;
	c.rcpt_max = 0;
	assert_int_equal(smtpopen_check(&c), -1);
	c.rcpt_max = SMTP_RCPT_MAX + 1;
	assert_int_equal(smtpopen_check(&c), -1);
}

static void
begins_with_what_is_known_of_the_host(void **state)
{
	struct smtp_start c = usual;

	(void)state;
	assert_int_equal(s.phase, SMTP_OPENING);
	assert_int_equal(s.said, SMTP_GREETING);
	assert_int_equal(s.window, SMTP_WINDOW);
	assert_int_equal(s.limit, 100);
	c.limit = 30;
	c.window = 5;
	smtpopen_begin(&s, &c);
	assert_int_equal(s.limit, 30);
	assert_int_equal(s.window, 5);
	c.limit = 300;
	smtpopen_begin(&s, &c);
	assert_int_equal(s.limit, 100);
}

static void
says_ehlo_after_the_greeting(void **state)
{
	(void)state;
	assert_int_equal(hear(SMTP_GREETING, "220-a\n220 b"), 0);
	assert_int_equal(s.said, SMTP_HELLO);
	assert_string_equal(s.say, "EHLO lists.example.org\r\n");
}

static void
learns_what_the_host_offers_from_its_reply(void **state)
{
	(void)state;
	hear(SMTP_GREETING, "220-a\n220 PIPELINING");
	assert_int_equal(s.offers.bits, 0);
	assert_int_equal(hear(SMTP_HELLO,
			     "250-8BITMIME\n250-PIPELINING\n250-\n"
			     "250-SIZE 1000\n250 LIMITS RCPTMAX=20 MAILMAX=3"),
	    1);
	assert_int_equal(s.offers.bits,
	    SMTP_ESMTP | SMTP_PIPELINING | SMTP_SIZE | SMTP_LIMITS);
	assert_int_equal(s.offers.size_max, 1000);
	assert_int_equal(s.offers.mail_max, 3);
	assert_int_equal(s.window, SMTP_WINDOW);
	assert_int_equal(s.limit_max, 20);
	assert_int_equal(s.limit, 20);
}

static void
sends_one_command_at_a_time_where_pipelining_is_not_offered(void **state)
{
	(void)state;
	assert_int_equal(hear(SMTP_HELLO, "250-a\n250 8BITMIME"), 1);
	assert_int_equal(s.offers.bits, SMTP_ESMTP | SMTP_8BITMIME);
	assert_int_equal(s.window, 1);
	assert_int_equal(s.limit, 100);
}

static void
says_helo_once_where_ehlo_is_refused_and_believes_no_offer_then(void **state)
{
	(void)state;
	assert_int_equal(hear(SMTP_HELLO, "502 what?"), 0);
	assert_int_equal(s.said, SMTP_HELLO);
	assert_string_equal(s.say, "HELO lists.example.org\r\n");
	assert_int_equal(hear(SMTP_HELLO, "250-a\n250 PIPELINING"), 1);
	assert_int_equal(s.offers.bits, 0);
	assert_int_equal(s.window, 1);
	s.helo = 1;
	errno = 0;
	assert_int_equal(hear(SMTP_HELLO, "502 what?"), -1);
	assert_int_equal(errno, ECONNREFUSED);
}

static void
goes_when_the_host_does_not_want_to_talk(void **state)
{
	(void)state;
	assert_int_equal(hear(SMTP_GREETING, "554 no"), -1);
	assert_int_equal(hear(SMTP_GREETING, "421 busy"), -1);
	assert_int_equal(hear(SMTP_HELLO, "421 busy"), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(s.helo, 0);
}

/* A dialogue: a line "S text" the host says, "C text" we say, "T" TLS begins
 * and is done, "F text" the handshake fails, "E text" an event, a small s the
 * same without a line end. Lines of the host up to the next of ours
 * arrive in one piece. */
#define HELLO "S 220 mx\nC EHLO me.example\n"
#define TLS                                                                    \
	"S 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 220 go\nT\nC EHLO "           \
	"me.example\n"

static const struct {
	const char *name, *text;
	enum smtp_tls tls;
	int secure;
	const struct auth_login *login;
} dialogues[] = {
    {"TLS=none leaves STARTTLS alone",
	HELLO "S 250-mx\nS 250 STARTTLS\nE ready\n", SMTP_TLS_NONE, 0, NULL},
    {"TLS=may uses STARTTLS and greets again", HELLO TLS "S 250 mx\nE ready\n",
	SMTP_TLS_MAY, 0, NULL},
    {"TLS=may goes on in clear where it is not offered",
	HELLO "S 250 mx\nE ready\n", SMTP_TLS_MAY, 0, NULL},
    {"TLS=may goes on in clear where it is refused",
	HELLO "S 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 454 4.7.0 not now\n"
	      "E ready\n",
	SMTP_TLS_MAY, 0, NULL},
    {"TLS=may goes on in clear where the host does not know it after all",
	HELLO "S 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 502 what\nE ready\n",
	SMTP_TLS_MAY, 0, NULL},
    {"421 to STARTTLS is the end",
	HELLO "S 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 421 4.3.2 bye\n"
	      "E closed STARTTLS 421 4.3.2 bye\n",
	SMTP_TLS_MAY, 0, NULL},
    {"another 2xx to STARTTLS is no answer to it",
	HELLO "S 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 250 ok\n"
	      "E closed STARTTLS 250 2.0.0 ok\n",
	SMTP_TLS_MAY, 0, NULL},
    {"TLS=encrypt does without a host that does not offer it",
	HELLO "S 250 mx\nE closed HELO 0 4.7.0 TLS is a must here, and the "
	      "host offers no STARTTLS\n",
	SMTP_TLS_MUST, 0, NULL},
    {"and without one that knows HELO only",
	HELLO "S 502 what\nC HELO me.example\nS 250-STARTTLS\n"
	      "S 250 STARTTLS\nE closed HELO 0 4.7.0 TLS is a must here, and "
	      "the host offers no STARTTLS\n",
	SMTP_TLS_MUST, 0, NULL},
    {"and without one that refuses it",
	HELLO "S 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 454 4.7.0 not now\n"
	      "E closed STARTTLS 454 4.7.0 not now\n",
	SMTP_TLS_MUST, 0, NULL},
    {"a handshake that fails is told",
	HELLO "S 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 220 go\nF expired\n"
	      "E closed STARTTLS 0 4.7.5 expired\n",
	SMTP_TLS_MUST, 0, NULL},
    {"a reply behind the answer to STARTTLS is an abort",
	HELLO "S 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 220 go\n"
	      "S 250-injected\nS 250 AUTH PLAIN\nE closed STARTTLS 0 4.5.0 "
	      "bytes in clear behind STARTTLS\n",
	SMTP_TLS_MUST, 0, &joe},
    {"and part of a line, too",
	HELLO "S 250-mx\nS 250 STARTTLS\nC STARTTLS\nS 220 go\ns 2\n"
	      "E closed STARTTLS 0 4.5.0 bytes in clear behind STARTTLS\n",
	SMTP_TLS_MAY, 0, NULL},
    {"what was offered before TLS does not count",
	HELLO "S 250-mx\nS 250-AUTH PLAIN\nS 250-PIPELINING\n"
	      "S 250-LIMITS RCPTMAX=7\nS 250 STARTTLS\nC STARTTLS\nS 220 go\n"
	      "T\nC EHLO me.example\nS 250 mx\nE closed HELO 0 4.7.0 AUTH= is "
	      "set and the host offers no AUTH: use its port for submission "
	      "or take AUTH= away\n",
	SMTP_TLS_MUST, 0, &joe},
    {"STARTTLS offered again in TLS is not taken up",
	HELLO TLS "S 250-mx\nS 250 STARTTLS\nE ready\n", SMTP_TLS_MUST, 0,
	NULL},
    {"TLS from the first byte needs no STARTTLS",
	HELLO "S 250-mx\nS 250 STARTTLS\nE ready\n", SMTP_TLS_NONE, 1, NULL},
    {"no password goes over clear text where TLS is not offered",
	HELLO "S 250-mx\nS 250 AUTH PLAIN LOGIN\nE closed HELO 0 4.7.0 AUTH= "
	      "is set, the host offers no TLS, and a password never goes over "
	      "clear text: use a port with TLS (TLS=implicit) or take AUTH= "
	      "away\n",
	SMTP_TLS_MAY, 0, &joe},
    {"nor where STARTTLS is refused",
	HELLO "S 250-mx\nS 250-STARTTLS\nS 250 AUTH PLAIN\nC STARTTLS\n"
	      "S 454 not now\nE closed STARTTLS 0 4.7.0 AUTH= is set, the "
	      "host offers no TLS, and a password never goes over clear text: "
	      "use a port with TLS (TLS=implicit) or take AUTH= away\n",
	SMTP_TLS_MAY, 0, &joe},
    {"PLAIN in TLS",
	HELLO TLS "S 250-mx\nS 250 AUTH LOGIN PLAIN\n"
		  "C AUTH PLAIN AHRlc3QAMTIzNA==\nS 235 2.7.0 yes\nE ready\n",
	SMTP_TLS_MAY, 0, &joe},
    {"AUTH= with an equals sign, as old hosts write it",
	HELLO "S 250-mx\nS 250 AUTH=PLAIN\nC AUTH PLAIN AHRlc3QAMTIzNA==\n"
	      "S 235 yes\nE ready\n",
	SMTP_TLS_NONE, 1, &joe},
    {"LOGIN",
	HELLO "S 250-mx\nS 250 AUTH GSSAPI LOGIN\nC AUTH LOGIN\n"
	      "S 334 VXNlcm5hbWU6\nC dGVzdA==\nS 334 UGFzc3dvcmQ6\n"
	      "C MTIzNA==\nS 235 yes\nE ready\n",
	SMTP_TLS_NONE, 1, &joe},
    {"SCRAM-SHA-256 comes first, and the host proves itself",
	HELLO
	"S 250-mx\nS 250 AUTH PLAIN LOGIN SCRAM-SHA-256\n"
	"C AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\n"
	"S 334 cj1yT3ByTkdmd0ViZVJXZ2JORWtxTyVodllEcFdVYTJSYVRDQWZ1eEZJb"
	"GopaE5sRiRrMCxzPVcyMlphSjBTTlk3c29Fc1VFamI2Z1E9PSxpPTQwOTY=\n"
	"C Yz1iaXdzLHI9ck9wck5HZndFYmVSV2diTkVrcU8laHZZRHBXVWEyUmFUQ0FmdX"
	"hGSWxqKWhObEYkazAscD1kSHpiWmFwV0lrNGpVaE4rVXRlOXl0YWc5empmTUhnc"
	"3FtbWl6N0FuZFZRPQ==\n"
	"S 334 dj02cnJpVFJCaTIzV3BSUi93dHVwK21NaFVaVW4vZEI1bkxUSlJzamw5NU"
	"c0PQ==\nC \nS 235 2.7.0 yes\nE ready\n",
	SMTP_TLS_NONE, 1, &user},
    {"SCRAM: a host that says yes without proof is not believed",
	HELLO
	"S 250-mx\nS 250 AUTH PLAIN SCRAM-SHA-256\n"
	"C AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\n"
	"S 235 2.7.0 yes\nE closed AUTH 0 4.7.0 the host says yes to "
	"AUTH, but did not prove that it knows the password\n",
	SMTP_TLS_NONE, 1, &user},
    {"SCRAM: a bad challenge",
	HELLO
	"S 250-mx\nS 250 AUTH SCRAM-SHA-256\n"
	"C AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=\n"
	"S 334 ====\nE closed AUTH 0 4.7.0 SCRAM: what it said is not "
	"Base64\n",
	SMTP_TLS_NONE, 1, &user},
    {"no mechanism in common",
	HELLO "S 250-mx\nS 250 AUTH GSSAPI CRAM-MD5\nE closed HELO 0 4.7.0 "
	      "AUTH= is set and the host offers none of PLAIN, LOGIN and "
	      "SCRAM-SHA-256\n",
	SMTP_TLS_NONE, 1, &joe},
    {"a wrong password is the end, with the words of the host",
	HELLO "S 250-mx\nS 250 AUTH PLAIN\nC AUTH PLAIN AHRlc3QAMTIzNA==\n"
	      "S 535 5.7.8 no\nE closed AUTH 535 5.7.8 no\n",
	SMTP_TLS_NONE, 1, &joe},
    {"another 3xx is no challenge",
	HELLO "S 250-mx\nS 250 AUTH PLAIN\nC AUTH PLAIN AHRlc3QAMTIzNA==\n"
	      "S 354 go on\nE closed AUTH 354 3.0.0 go on\n",
	SMTP_TLS_NONE, 1, &joe},
    {"PLAIN: it asks for more",
	HELLO "S 250-mx\nS 250 AUTH PLAIN\nC AUTH PLAIN AHRlc3QAMTIzNA==\n"
	      "S 334 \nE closed AUTH 0 4.7.0 PLAIN: it asks once more\n",
	SMTP_TLS_NONE, 1, &joe},
    {"a challenge in a line without a blank",
	HELLO "S 250-mx\nS 250 AUTH LOGIN\nC AUTH LOGIN\nS 334\nC dGVzdA==\n"
	      "S 334\nC MTIzNA==\nS 235\nE ready\n",
	SMTP_TLS_NONE, 1, &joe},
    {"an answer to AUTH before it was sent is out of step",
	HELLO "S 250-mx\nS 250 AUTH LOGIN\nS 235 yes\n"
	      "E closed AUTH 0 4.5.0 reply out of step\n",
	SMTP_TLS_NONE, 1, &joe},
    {"a 220 before STARTTLS was sent as well",
	HELLO "S 250-mx\nS 250 STARTTLS\nS 220 go\n"
	      "E closed STARTTLS 0 4.5.0 reply out of step\n",
	SMTP_TLS_MAY, 0, NULL},
};

/* What has happened in a dialogue. */
struct played {
	struct smtp s;
	char event[600];
	uint64_t sent;
};

static void
note(void *arg, const struct smtp_event *e)
{
	struct played *p = arg;

	if (e->kind == SMTP_EV_READY)
		snprintf(p->event, sizeof p->event, "ready");
	else
		snprintf(p->event, sizeof p->event, "closed %s %d %s %s",
		    smtp_verb_name(e->verb), e->reply->code, e->reply->enh,
		    e->reply->text);
}

static void
expect_line(struct played *p, const char *want, size_t len)
{
	const char *out;
	size_t n = smtp_out(&p->s, &out);

	assert_int_equal(n, len + 2);
	assert_memory_equal(out, want, len);
	assert_memory_equal(out + len, "\r\n", 2);
	smtp_took(&p->s, n);
	p->sent += n;
	smtp_wrote(&p->s, p->sent);
}

static void
hand_over(struct played *p, char *in, size_t *len, int bytewise)
{
	for (size_t i = 0; bytewise && i < *len; i++)
		smtp_feed(&p->s, in + i, 1);
	if (!bytewise)
		smtp_feed(&p->s, in, *len);
	*len = 0;
}

static void
play_line(struct played *p, const char *l, size_t n)
{
	const char *out;
	char why[64];

	if (*l == 'C') {
		expect_line(p, l + 2, n - 2);
	} else if (*l == 'T') {
		assert_true(smtp_wants_tls(&p->s));
		assert_int_equal(smtp_out(&p->s, &out), 0);
		smtp_tls_done(&p->s);
		assert_false(smtp_wants_tls(&p->s));
	} else if (*l == 'F') {
		assert_true(smtp_wants_tls(&p->s));
		snprintf(why, sizeof why, "%.*s", (int)n - 2, l + 2);
		smtp_lost(&p->s, "4.7.5", why);
	} else {
		assert_int_equal(*l, 'E');
		assert_int_equal(strlen(p->event), n - 2);
		assert_memory_equal(p->event, l + 2, n - 2);
		p->event[0] = 0;
	}
}

static void
play(const struct smtp_start *conf, const char *text, int bytewise)
{
	static struct played p;
	struct smtp_start c = *conf;
	char in[4096];
	size_t len = 0, n;

	c.arg = &p;
	p.sent = 0;
	p.event[0] = 0;
	assert_int_equal(smtp_start(&p.s, &c), 0);
	for (; *text; text += n + 1) {
		n = strcspn(text, "\n");
		if (*text == 'S' || *text == 's') {
			assert_int_equal(p.event[0], 0);
			memcpy(in + len, text + 2, n - 2);
			len += n - 2;
			if (*text == 'S') {
				memcpy(in + len, "\r\n", 2);
				len += 2;
			}
			continue;
		}
		if (len)
			hand_over(&p, in, &len, bytewise);
		play_line(&p, text, n);
	}
	assert_int_equal(p.event[0], 0);
	/* whatever happened: nothing of an envelope, and no password is left */
	if (smtp_phase(&p.s) == SMTP_OVER || conf->login)
		assert_null(memmem(p.s.say, sizeof p.s.say, "MTIzNA", 6));
	smtp_free(&p.s);
}

static void
plays_tls_and_auth_by_the_policy(void **state)
{
	struct smtp_start conf = {.name = "me.example",
	    .rcpt_max = 10,
	    .event = note,
	    .nonce = "rOprNGfwEbeRWgbNEkqO"};

	(void)state;
	for (size_t i = 0; i < sizeof dialogues / sizeof *dialogues; i++) {
		print_message("%s\n", dialogues[i].name);
		conf.tls = dialogues[i].tls;
		conf.secure = dialogues[i].secure;
		conf.login = dialogues[i].login;
		play(&conf, dialogues[i].text, 0);
		play(&conf, dialogues[i].text, 1);
	}
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(checks_what_a_dialogue_begins_with),
	    TEST(begins_with_what_is_known_of_the_host),
	    TEST(says_ehlo_after_the_greeting),
	    TEST(learns_what_the_host_offers_from_its_reply),
	    TEST(sends_one_command_at_a_time_where_pipelining_is_not_offered),
	    TEST(
		says_helo_once_where_ehlo_is_refused_and_believes_no_offer_then),
	    TEST(goes_when_the_host_does_not_want_to_talk),
	    cmocka_unit_test(plays_tls_and_auth_by_the_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
