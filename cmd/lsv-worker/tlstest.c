/* tls-test: how a worker would get on with a host, and with which TLS= */
#include "cmd/lsv-worker/tlstest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/authfile.h"
#include "lib/clock.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/roots.h"
#include "lib/sitetry.h"
#include "lib/trust.h"
#include "lib/user.h"

/* Who connects to relays. */
#define WORKER_USER "lsvsmtp"

/* struct test - all of it
 *
 * to      the target under test, without its address and TLS
 * entry   of site.cfg; NULL: a host was named
 * login   what its AUTH= names, when no_login is NULL; else why there is none
 * all, reached, good  addresses, those that were reached, and those of them
 *         that are as they should be
 */
struct test {
	struct queue *q;
	struct json *j;
	const struct asked *asked;
	struct probe_how how;
	struct dial_to to;
	const struct site_forward *entry;
	struct auth_login login;
	const char *no_login;
	unsigned all, reached, good;
};

const char *
tlstest_name(enum tlstest_policy p)
{
	static const char *const name[] = {
	    "none", "may", "encrypt", "verify", "implicit"};

	return name[p];
}

/* One connection */

static void
run(const struct test *t, struct probe *p, const struct dial_to *to)
{
	*p = (struct probe){.reached = 0};
	if (probe_run(p, &t->how, to) < 0)
		msg_diesys(LSV_TEMP, "unable to test ", to->host);
}

static struct dial_to
under(const struct test *t, const char *address, enum tlstest_policy p)
{
	static const enum smtp_tls tls[] = {SMTP_TLS_NONE, SMTP_TLS_MAY,
	    SMTP_TLS_MUST, SMTP_TLS_MUST, SMTP_TLS_MUST};
	struct dial_to to = t->to;

	to.address = address;
	to.login = NULL;
	to.tls = tls[p];
	to.verify = p == POLICY_VERIFY;
	to.implicit = p == POLICY_IMPLICIT || (t->to.implicit && p);
	return to;
}

static void
conclude(struct policy *p, const struct probe *seen)
{
	p->goes = seen->open;
	p->secure = seen->secure;
	memcpy(p->why, seen->why, sizeof p->why);
}

/* The connection of a policy; what it showed is kept in h->seen if that is more
 * than what is there. */
static void
try(struct test *t, struct host_test *h, enum tlstest_policy p)
{
	struct dial_to to = under(t, h->address, p);
	struct probe seen;

	run(t, &seen, &to);
	conclude(&h->policy[p], &seen);
	h->reached |= seen.reached;
	if (h->seen.secure || (h->seen.open && !seen.secure)) {
		probe_free(&seen);
	} else {
		probe_free(&h->seen);
		h->seen = seen;
	}
}

static void
same_as(struct host_test *h, enum tlstest_policy p, const struct policy *other)
{
	h->policy[p] = *other;
}

static void
not_so(struct host_test *h, enum tlstest_policy p, const char *why)
{
	h->policy[p] = (struct policy){.goes = 0};
	snprintf(h->policy[p].why, sizeof h->policy[p].why, "%s", why);
}

/* Once more as before: the session of the first time should do. */
static void
try_again(struct test *t, struct host_test *h, enum tlstest_policy p)
{
	struct dial_to to = under(t, h->address, p);
	struct probe seen;

	h->resumed = -1;
	if (!h->policy[p].goes || !h->policy[p].secure)
		return;
	run(t, &seen, &to);
	if (seen.secure)
		h->resumed = seen.facts.resumed;
	probe_free(&seen);
}

/* One address */

/* It begins in clear. Where it says nothing at all, no TLS= helps but one. */
static void
test_starttls(struct test *t, struct host_test *h)
{
	const struct policy *none = &h->policy[POLICY_NONE];

	try(t, h, POLICY_NONE);
	if (!h->reached)
		return;
	if (none->goes) {
		try(t, h, POLICY_ENCRYPT);
		try_again(t, h, POLICY_ENCRYPT);
		try(t, h, POLICY_MAY);
		try(t, h, POLICY_VERIFY);
		not_so(h, POLICY_IMPLICIT, "the host begins in clear");
		return;
	}
	same_as(h, POLICY_MAY, none);
	same_as(h, POLICY_ENCRYPT, none);
	same_as(h, POLICY_VERIFY, none);
	if (h->seen.greeting.len > 0) {
		not_so(h, POLICY_IMPLICIT, "the host begins in clear");
		return;
	}
	try(t, h, POLICY_IMPLICIT);
	try_again(t, h, POLICY_IMPLICIT);
}

static void
test_implicit(struct test *t, struct host_test *h)
{
	const struct policy *implicit = &h->policy[POLICY_IMPLICIT];

	try(t, h, POLICY_IMPLICIT);
	if (!h->reached)
		return;
	if (implicit->goes) {
		try_again(t, h, POLICY_IMPLICIT);
		try(t, h, POLICY_VERIFY);
		not_so(h, POLICY_NONE,
		    "the host waits for TLS and says nothing in clear");
	} else {
		same_as(h, POLICY_VERIFY, implicit);
		try(t, h, POLICY_NONE);
	}
	same_as(h, POLICY_MAY, implicit);
	same_as(h, POLICY_ENCRYPT, implicit);
}

static void
test_entry(struct test *t, struct host_test *h)
{
	struct dial_to to = t->to;
	struct probe seen;

	h->has_entry = 1;
	if (t->entry->f.auth.len > 0 && t->no_login) {
		snprintf(h->entry.why, sizeof h->entry.why, "%s", t->no_login);
		return;
	}
	to.address = h->address;
	to.login = t->entry->f.auth.len > 0 ? &t->login : NULL;
	run(t, &seen, &to);
	conclude(&h->entry, &seen);
	probe_free(&seen);
}

static void
show(struct test *t, const struct host_test *h)
{
	t->all++;
	t->reached += (unsigned)h->reached;
	t->good += (unsigned)(h->has_entry ? h->entry.goes
					   : h->policy[POLICY_VERIFY].goes);
	if (t->j)
		tlstest_json(t->j, h);
	else
		tlstest_text(t->q, h);
	flush(t->q, !t->j);
}

static void
test_address(struct test *t, const char *address)
{
	struct host_test h = {.host = t->to.host,
	    .port = t->to.port,
	    .implicit = t->to.implicit,
	    .resumed = -1};

	memcpy(h.address, address, sizeof h.address);
	if (h.implicit)
		test_implicit(t, &h);
	else
		test_starttls(t, &h);
	if (!h.reached)
		snprintf(h.why, sizeof h.why, "%s", h.seen.why);
	else if (t->entry)
		test_entry(t, &h);
	show(t, &h);
	probe_free(&h.seen);
}

/* All addresses of the target. */
static void
test_target(struct test *t)
{
	char address[REACH_ADDRESSES][REACH_PEER_MAX];
	int n =
	    reach_find(address, t->to.host, clock_mono_ms() + t->how.step_ms);
	struct host_test h = {.host = t->to.host,
	    .port = t->to.port,
	    .implicit = t->to.implicit,
	    .resumed = -1};

	for (int i = 0; i < n; i++)
		test_address(t, address[i]);
	if (n >= 0)
		return;
	snprintf(h.why, sizeof h.why, "%s", conn_error(errno));
	show(t, &h);
}

/* What there is to test */

/* HOST[:PORT], as an entry has it, and without more. */
static void
named(struct test *t, stralloc *host)
{
	const char *arg = t->asked->arg[0];
	struct forward f;
	struct where w = {0, "HOST or HOST:PORT is expected"};

	if (strchr(arg, ';') || forward_parse_one(&f, arg, strlen(arg), &w) < 0)
		msg_die(LSV_PERM, arg, ": ", w.why);
	if (sa_put(host, f.target[0].host, f.target[0].hostlen) < 0 ||
	    sa_0(host) < 0)
		msg_die(LSV_TEMP, "out of memory");
	t->to = (struct dial_to){.host = host->s, .port = f.target[0].port};
	if (t->asked->implicit && !strchr(arg, ':'))
		t->to.port = FORWARD_PORT_TLS;
	t->to.implicit = t->asked->implicit || t->to.port == FORWARD_PORT_TLS;
}

/* As lsv-smtpw reads it, after root became who runs that. */
static void
read_login(struct test *t)
{
	const struct bytes *name = &t->entry->f.auth;
	static char why[TLS_WHY_MAX];
	struct authfile f = {NULL, 0};
	stralloc path = {0};
	struct where w = {0, ""};

	if (name->len == 0)
		return;
	if (root_path(&path, root_etc(), SITE_AUTH) < 0)
		msg_die(LSV_TEMP, "out of memory");
	if (authfile_read(&f, path.s, getegid(), &w) < 0)
		snprintf(why, sizeof why, "%s cannot be used: %s", path.s,
		    w.why[0] ? w.why : strerror(errno));
	else if (!authfile_find(&f, name->s, name->len, &t->login))
		snprintf(why, sizeof why, "AUTH= names %s, which %s has not",
		    name->s, path.s);
	t->no_login = why[0] ? why : NULL;
	authfile_free(&f);
	sa_free(&path);
}

static const struct site_forward *
find_entry(const struct site *s, const char *number)
{
	uint64_t n;

	if (num_u64(&n, number, strlen(number), UINT32_MAX) < 0)
		msg_die(LSV_PERM, "--entry ", number,
		    ": a number is expected, 0 for SMTP_FORWARD");
	if (n == 0)
		return &s->smtp_forward;
	for (size_t i = 0; i < s->nforwards; i++)
		if (s->forwards[i].n == n)
			return &s->forwards[i];
	msg_die(LSV_PERM, "there is no SMTP_FORWARD_", number,
	    " in site.cfg (lsv-worker plan prints them)");
}

/* Root becomes who runs the workers; who is neither goes on as he is. */
static void
become_worker(void)
{
	if (geteuid() == 0 && user_become(WORKER_USER) < 0 && errno != ENOENT)
		msg_diesys(LSV_TEMP, "unable to become ", WORKER_USER);
}

/* Our name for EHLO; a site that was never applied has none. */
static const char *
our_name(const struct site *s)
{
	static char name[256] = "localhost";

	if (s->node)
		return s->node;
	if (gethostname(name, sizeof name - 1) < 0 || name[0] == '\0')
		return "localhost";
	return name;
}

static void
begin(struct test *t, struct queue *q, const struct asked *a, struct json *j)
{
	char why[TLS_WHY_MAX];

	if (a->config)
		site_try(&q->site, a->config);
	become_worker();
	if (!a->config && site_read(&q->site, root_etc()) < 0 && a->entry)
		msg_diesys(
		    errno == ENOENT || errno == EPROTO ? LSV_PERM : LSV_TEMP,
		    "unable to read ", root_etc(),
		    "/" SITE_TABLE " (lsv-config apply makes it)");
	*t = (struct test){.q = q,
	    .j = a->json ? j : NULL,
	    .asked = a,
	    .how = {.client = trust_client(root_etc(), why),
		.helo = our_name(&q->site),
		.step_ms = a->timeout_ms}};
	if (!t->how.client)
		msg_die(LSV_TEMP, "unable to begin TLS: ", why);
	if (why[0])
		msg_warn(
		    "unable to use ", root_etc(), "/" TRUST_FILE ": ", why);
	if (a->json) {
		json_open(j, NULL, '{');
		json_open(j, "hosts", '[');
	}
}

static int
end(struct test *t)
{
	int good = t->reached > 0 && t->good == t->reached;

	if (t->j) {
		json_close(t->j, ']');
		json_b(t->j, "good", good);
		json_close(t->j, '}');
		put_json(t->j);
		put(t->q, "\n", 1);
	}
	tls_client_free(t->how.client);
	explicit_bzero(&t->login, sizeof t->login);
	if (t->reached == 0)
		return LSV_TEMP;
	return good ? LSV_OK : LSV_PERM;
}

int
command_tls_test(struct queue *q, const struct asked *a)
{
	struct json j = {.out = &q->out};
	stralloc host = {0};
	struct test t;
	int code;

	if (a->entry)
		msg_die(LSV_PERM, "a host or an --entry, not both");
	begin(&t, q, a, &j);
	named(&t, &host);
	test_target(&t);
	code = end(&t);
	sa_free(&host);
	return code;
}

int
command_tls_entry(struct queue *q, const struct asked *a)
{
	struct json j = {.out = &q->out};
	struct test t;

	if (!a->entry || a->implicit)
		msg_die(LSV_PERM,
		    a->entry ? "--implicit is for a host: an entry says it"
			     : "which host? (-h says more)");
	begin(&t, q, a, &j);
	t.entry = find_entry(&q->site, a->entry);
	if (t.entry->f.helo.len > 0)
		t.how.helo = t.entry->f.helo.s;
	read_login(&t);
	for (size_t i = 0; i < t.entry->f.targets; i++) {
		dial_target(&t.to, &t.entry->f, i);
		test_target(&t);
	}
	return end(&t);
}
