#include "lib/smtpopen.h"

#include <errno.h>
#include <string.h>

#include "lib/smtpcore.h"

static int
is_name(const char *name)
{
	size_t i, n = strnlen(name, SMTP_NAME_MAX + 1);

	for (i = 0; i < n; i++)
		if (name[i] <= ' ' || name[i] > '~')
			return 0;
	return n > 0 && n <= SMTP_NAME_MAX;
}

int
smtpopen_check(const struct smtp_start *conf)
{
	if (!is_name(conf->name) || conf->event == NULL ||
	    (conf->login != NULL && conf->nonce == NULL) ||
	    conf->rcpt_max == 0 || conf->rcpt_max > SMTP_RCPT_MAX) {
		errno = EINVAL;
		return -1;
	}
	return 0;
}

void
smtpopen_begin(struct smtp *s, const struct smtp_start *conf)
{
	s->conf = *conf;
	s->phase = SMTP_OPENING;
	s->said = SMTP_GREETING;
	s->secure = conf->secure;
	s->no_dsn = conf->no_dsn;
	s->window = conf->window > 0 ? conf->window : SMTP_WINDOW;
	s->limit_max = conf->rcpt_max;
	s->limit = conf->limit > 0 ? conf->limit : conf->rcpt_max;
	if (s->limit > s->limit_max)
		s->limit = s->limit_max;
}

void
smtpopen_line(struct smtp *s, const char *line, size_t len)
{
	if (len < 4)
		len = 4, line = "    ";
	if (s->said == SMTP_AUTH) {
		s->challenge = line + 4;
		s->challenge_len = len - 4;
	}
	/* the first line is a name and no offer */
	if (s->said == SMTP_HELLO && !s->helo && s->in.lines > 1 &&
	    s->in.reply.code / 100 == 2 && len > 4)
		smtpoffer_line(&s->offers, line + 4, len - 4);
}

/* It is we who end it, for a reason of ours. */
static int
no_use(struct smtp *s, const char *why)
{
	smtpreply_ours(&s->why, "4.7.0", why);
	errno = EPROTO;
	return -1;
}

static int
refused(void)
{
	errno = ECONNREFUSED;
	return -1;
}

static int
hello(struct smtp *s, const char *verb)
{
	smtpcore_say(s, SMTP_HELLO, verb, s->conf.name);
	return 0;
}

/* What was offered, and what was not, counts from here on. */
static int
settle(struct smtp *s)
{
	if (!s->helo)
		s->offers.bits |= SMTP_ESMTP;
	if ((s->offers.bits & SMTP_PIPELINING) == 0)
		s->window = 1;
	if (s->no_dsn)
		s->offers.bits &= ~(unsigned)SMTP_DSN;
	if (s->offers.rcpt_max > 0 && s->limit_max > s->offers.rcpt_max)
		s->limit_max = (size_t)s->offers.rcpt_max;
	if (s->limit > s->limit_max)
		s->limit = s->limit_max;
	return 1;
}

void
smtpopen_forget(struct smtp *s)
{
	auth_end(&s->auth);
	explicit_bzero(s->say, sizeof(s->say));
}

static void
say_auth(struct smtp *s, char *line, size_t n)
{
	line[n] = '\0';
	smtpcore_say(s, SMTP_AUTH, line, "");
	explicit_bzero(line, n);
}

static int
begin_auth(struct smtp *s)
{
	char line[AUTH_LINE_MAX + 1];

	if (!s->secure)
		return no_use(s,
		    "AUTH= is set, the host offers no TLS, and a password "
		    "never goes over clear text: use a port with TLS "
		    "(TLS=implicit) or take AUTH= away");
	if ((s->offers.bits & SMTP_OFFERS_AUTH) == 0)
		return no_use(s,
		    "AUTH= is set and the host offers no AUTH: use its port "
		    "for submission or take AUTH= away");
	if (auth_begin(&s->auth, s->offers.auth, s->conf.login, s->conf.nonce) <
	    0)
		return no_use(s,
		    "AUTH= is set and the host offers none of PLAIN, LOGIN "
		    "and SCRAM-SHA-256");
	say_auth(s, line, auth_command(&s->auth, line));
	return 0;
}

/* EHLO or HELO is answered, and there is nothing to be done about TLS. */
static int
after_tls(struct smtp *s)
{
	return s->conf.login != NULL ? begin_auth(s) : settle(s);
}

static int
after_hello(struct smtp *s)
{
	if (s->secure || s->conf.tls == SMTP_TLS_NONE)
		return after_tls(s);
	if ((s->offers.bits & SMTP_OFFERS_TLS) != 0) {
		smtpcore_say(s, SMTP_STARTTLS, "STARTTLS", "");
		return 0;
	}
	if (s->conf.tls == SMTP_TLS_MUST)
		return no_use(
		    s, "TLS is a must here, and the host offers no STARTTLS");
	return after_tls(s);
}

static int
on_hello(struct smtp *s)
{
	int class = s->in.reply.code / 100;

	if (class == 5 && !s->helo) {
		s->helo = 1;
		return hello(s, "HELO ");
	}
	return class == 2 ? after_hello(s) : refused();
}

static int
on_starttls(struct smtp *s)
{
	if (s->in.reply.code == 220) {
		s->handshake = 1;
		return 0;
	}
	if (s->in.reply.code == 421 || s->in.reply.code / 100 < 4 ||
	    s->conf.tls == SMTP_TLS_MUST)
		return refused();
	return after_tls(s);
}

static int
on_challenge(struct smtp *s)
{
	char line[AUTH_LINE_MAX + 1];
	size_t n;

	if (auth_answer(&s->auth, s->challenge, s->challenge_len, line, &n) < 0)
		return no_use(s, auth_why(&s->auth));
	say_auth(s, line, n);
	return 0;
}

static int
on_auth(struct smtp *s)
{
	int r = refused();

	if (s->in.reply.code == 334)
		r = on_challenge(s);
	else if (s->in.reply.code / 100 == 2)
		r = auth_proven(&s->auth)
		    ? settle(s)
		    : no_use(s,
			  "the host says yes to AUTH, but did not prove that "
			  "it knows the password");
	if (r != 0)
		smtpopen_forget(s);
	return r;
}

int
smtpopen_reply(struct smtp *s, enum smtp_verb verb)
{
	switch (verb) {
	case SMTP_GREETING:
		return s->in.reply.code / 100 == 2 ? hello(s, "EHLO ")
						   : refused();
	case SMTP_HELLO:
		return on_hello(s);
	case SMTP_STARTTLS:
		return on_starttls(s);
	case SMTP_AUTH:
		return on_auth(s);
	default:
		return refused();
	}
}

void
smtp_tls_done(struct smtp *s)
{
	s->handshake = 0;
	s->secure = 1;
	s->helo = 0;
	s->offers = (struct smtp_offers){0};
	s->in = (struct smtpreply){0};
	hello(s, "EHLO ");
}
