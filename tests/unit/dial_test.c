#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/dial.h"
#include "tests/unit/loopback.h"

/* A host in a thread: to each connection it says its greeting, and then one
 * answer to each line. NULL in the place of an answer closes. */
struct host {
	int fd;
	unsigned port;
	const char *const *says[3]; /* one list a connection */
	size_t connections;
	pthread_t thread;
};

/* One command out, one reply in. */
static void
step(struct dial *d, uint64_t deadline)
{
	char in[4096];
	const char *p;
	size_t n, got;
	int r;

	while ((n = smtp_out(d->smtp, &p)) > 0) {
		size_t k = conn_put(d->conn, p, n);

		smtp_took(d->smtp, k);
		if (k < n)
			break;
	}
	r = conn_io(d->conn, in, sizeof(in), &got, deadline);
	smtp_wrote(d->smtp, d->conn->wrote);
	if (r == 0)
		smtp_feed(d->smtp, in, got);
	else
		smtp_lost(d->smtp, "4.4.2", conn_why(d->conn, errno));
	if (smtp_wants_tls(d->smtp))
		dial_tls(d);
}

static int
opening(struct dial *d)
{
	uint64_t seen = 0, deadline = clock_mono_ms() + d->step_ms;

	while (smtp_phase(d->smtp) == SMTP_OPENING) {
		if (smtp_replies(d->smtp) != seen)
			deadline = clock_mono_ms() + d->step_ms;
		seen = smtp_replies(d->smtp);
		step(d, deadline);
	}
	return smtp_phase(d->smtp) == SMTP_OPEN ? 0 : -1;
}

static void
serve(int fd, const char *const *says)
{
	char in[512];

	for (; *says; says++) {
		if (send(fd, *says, strlen(*says), MSG_NOSIGNAL) < 0 ||
		    recv(fd, in, sizeof in, 0) <= 0)
			break;
	}
	close(fd);
}

static void *
live(void *arg)
{
	struct host *h = arg;

	for (size_t i = 0; i < 3 && h->says[i]; i++) {
		int fd = loopback_take(h->fd);

		if (fd < 0)
			break;
		h->connections++;
		serve(fd, h->says[i]);
	}
	return NULL;
}

static void
start(struct host *h)
{
	h->port = 0;
	h->fd = loopback_listen("127.0.0.1", &h->port, 5);
	assert_true(h->fd >= 0);
	assert_int_equal(pthread_create(&h->thread, NULL, live, h), 0);
}

/* Our side. */
static struct conn conn;
static struct smtp smtp;
static char closed[300];

static void
note(void *arg, const struct smtp_event *e)
{
	(void)arg;
	if (e->kind == SMTP_EV_CLOSED)
		snprintf(closed, sizeof closed, "%s %s", e->reply->enh,
		    e->reply->text);
}

static const struct smtp_start usual = {
    .name = "me.example", .rcpt_max = 10, .event = note};

/* Us, and the host, which `to` names then. */
static void
set_up(struct dial *d, struct host *h, struct dial_to *to)
{
	char why[TLS_WHY_MAX];

	closed[0] = 0;
	conn_init(&conn);
	*d = (struct dial){.conn = &conn,
	    .smtp = &smtp,
	    .client = tls_client_new(NULL, why),
	    .connect_ms = 5000,
	    .step_ms = 5000};
	assert_non_null(d->client);
	start(h);
	to->port = h->port;
}

static void
tear_down(struct dial *d, struct host *h)
{
	conn_free(&conn);
	smtp_free(&smtp);
	tls_client_free(d->client);
	shutdown(h->fd, SHUT_RDWR);
	pthread_join(h->thread, NULL);
	close(h->fd);
}

static const char *const plain[] = {"220 a\r\n", "250 a\r\n", NULL};
static const char *const broken[] = {
    "220 a\r\n", "250-a\r\n250 STARTTLS\r\n", "220 go\r\n", NULL};

static struct forward
parse(const char *text)
{
	struct where w = {0, ""};
	struct forward f;

	assert_int_equal(forward_parse(&f, text, strlen(text), &w), 0);
	return f;
}

static void
knows_what_each_entry_asks_for(void **state)
{
	static const struct {
		const char *entry;
		enum smtp_tls tls;
		int implicit, verify;
	} table[] = {
	    {"a.example", SMTP_TLS_MAY, 0, 0},
	    {"a.example;TLS=none", SMTP_TLS_NONE, 0, 0},
	    {"a.example;TLS=may", SMTP_TLS_MAY, 0, 0},
	    {"a.example;TLS=encrypt", SMTP_TLS_MUST, 0, 0},
	    {"a.example;TLS=verify", SMTP_TLS_MUST, 0, 1},
	    {"a.example;TLS=implicit", SMTP_TLS_MUST, 1, 0},
	    {"a.example:465", SMTP_TLS_MAY, 1, 0},
	    {"a.example:465;TLS=verify", SMTP_TLS_MUST, 1, 1},
	    {"a.example:465;TLS=none", SMTP_TLS_NONE, 0, 0},
	};
	struct dial_to to;

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct forward f = parse(table[i].entry);

		dial_target(&to, &f, 0);
		assert_int_equal(to.tls, table[i].tls);
		assert_int_equal(to.implicit, table[i].implicit);
		assert_int_equal(to.verify, table[i].verify);
		assert_null(to.from);
		assert_null(to.login);
	}
}

static void
opens_a_dialogue_in_clear(void **state)
{
	struct host h = {.says = {plain}};
	struct dial_to to = {.host = "127.0.0.1", .keepalive = 1};
	struct dial d;
	int on = 0;
	socklen_t len = sizeof on;

	(void)state;
	set_up(&d, &h, &to);
	assert_int_equal(dial_open(&d, &to, &usual), 0);
	assert_int_equal(
	    getsockopt(conn.fd, SOL_SOCKET, SO_KEEPALIVE, &on, &len), 0);
	assert_int_equal(on, 1);
	assert_int_equal(opening(&d), 0);
	assert_string_equal(dial_why(&d), "");
	tear_down(&d, &h);
}

static void
where_tls_may_be_left_out_it_is_left_out_after_it_failed(void **state)
{
	struct host h = {.says = {broken, plain, plain}};
	struct dial_to to = {.host = "127.0.0.1", .tls = SMTP_TLS_MAY};
	struct dial d;

	(void)state;
	set_up(&d, &h, &to);
	assert_int_equal(dial_open(&d, &to, &usual), 0);
	assert_int_equal(opening(&d), 0);
	assert_memory_equal(dial_why(&d), "TLS: ", 5);
	assert_int_equal(h.connections, 2);
	/* and it is remembered */
	conn_close(&conn);
	assert_int_equal(dial_open(&d, &to, &usual), 0);
	assert_int_equal(d.start.tls, SMTP_TLS_NONE);
	assert_int_equal(opening(&d), 0);
	assert_string_equal(dial_why(&d), "");
	tear_down(&d, &h);
}

static void
otherwise_a_failure_is_the_end(void **state)
{
	static const struct auth_login login = {"u", "p", 1, 1};
	const struct dial_to table[] = {
	    {.host = "127.0.0.1", .tls = SMTP_TLS_MUST},
	    {.host = "127.0.0.1", .tls = SMTP_TLS_MUST, .verify = 1},
	    {.host = "127.0.0.1", .tls = SMTP_TLS_MAY, .login = &login},
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct host h = {.says = {broken}};
		struct dial_to to = table[i];
		struct dial d;

		set_up(&d, &h, &to);
		assert_int_equal(dial_open(&d, &to, &usual), 0);
		assert_int_equal(opening(&d), -1);
		assert_memory_equal(closed, "4.7.5 TLS: ", 11);
		assert_memory_equal(dial_why(&d), "TLS: ", 5);
		assert_int_equal(conn.fd, -1);
		tear_down(&d, &h);
		assert_int_equal(h.connections, 1);
	}
}

static void
tls_from_the_first_byte_falls_back_to_nothing(void **state)
{
	struct host h = {.says = {plain}};
	struct dial_to to = {
	    .host = "127.0.0.1", .tls = SMTP_TLS_MAY, .implicit = 1};
	struct dial d;

	(void)state;
	set_up(&d, &h, &to);
	assert_int_equal(dial_open(&d, &to, &usual), -1);
	assert_string_equal(dial_why(&d), "TLS: wrong version number");
	assert_int_equal(conn.fd, -1);
	tear_down(&d, &h);
	assert_int_equal(h.connections, 1);
}

static void
says_why_nobody_is_there(void **state)
{
	struct host h = {.says = {NULL}};
	struct dial_to to = {.host = "127.0.0.1"};
	struct dial d;

	(void)state;
	set_up(&d, &h, &to);
	close(h.fd);
	h.fd = -1;
	assert_int_equal(dial_open(&d, &to, &usual), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_string_equal(dial_why(&d), "Connection refused");
	to.from = "::1";
	assert_int_equal(dial_open(&d, &to, &usual), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	tear_down(&d, &h);
}

static void
tries_one_address_of_a_host_when_that_is_asked_for(void **state)
{
	struct host h = {.says = {plain}};
	struct dial_to to = {
	    .host = "no-such-host.invalid", .address = "127.0.0.1"};
	struct dial d;

	(void)state;
	set_up(&d, &h, &to);
	assert_int_equal(dial_open(&d, &to, &usual), 0);
	assert_int_equal(d.reached, 1);
	assert_int_equal(opening(&d), 0);
	to.address = "127.0.0.9";
	assert_int_equal(dial_open(&d, &to, &usual), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(d.reached, 0);
	tear_down(&d, &h);
}

static void
gives_up_a_silent_host(void **state)
{
	static const char *const silent[] = {"", NULL};
	struct host h = {.says = {silent}};
	struct dial_to to = {.host = "127.0.0.1"};
	struct dial d;

	(void)state;
	set_up(&d, &h, &to);
	d.step_ms = 100;
	assert_int_equal(dial_open(&d, &to, &usual), 0);
	assert_int_equal(opening(&d), -1);
	assert_string_equal(closed, "4.4.2 timed out");
	tear_down(&d, &h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(knows_what_each_entry_asks_for),
	    cmocka_unit_test(opens_a_dialogue_in_clear),
	    cmocka_unit_test(
		where_tls_may_be_left_out_it_is_left_out_after_it_failed),
	    cmocka_unit_test(otherwise_a_failure_is_the_end),
	    cmocka_unit_test(tls_from_the_first_byte_falls_back_to_nothing),
	    cmocka_unit_test(says_why_nobody_is_there),
	    cmocka_unit_test(
		tries_one_address_of_a_host_when_that_is_asked_for),
	    cmocka_unit_test(gives_up_a_silent_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
