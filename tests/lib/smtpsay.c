/* smtpsay - deliver a message by lib/smtp and lib/conn, and say what happens
 *
 * usage: smtpsay [-f sender] [-h host] [-p port] [-m recipients] [-n times]
 *	[-r] [-t ms] [-w window] body recipient ... | -
 *
 * body is a file in wire form (lib/wire.h). The recipients are given as
 * arguments, or one a line on standard input; they go out in transactions of
 * at most -m (1000), all of it -n times. Prints a line for each event of
 * lib/smtp.h, with -q only the sums. With -r recipients that are A go into a
 * later transaction. -t is the deadline of a step, 5000 ms.
 * Exit status 0 when each recipient was delivered, 1 if not, 111 otherwise.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/conn.h"
#include "lib/fio.h"
#include "lib/msg.h"
#include "lib/smtp.h"

enum { BODY_MAX = 128 << 20 }; /* bytes */

struct task {
	struct smtp smtp;
	struct conn conn;
	struct smtp_mail mail;
	struct smtp_start start;
	const char *host;
	unsigned port;
	uint64_t step_ms;
	int quiet, again_later;
	int body, dots;
	char **rcpt;
	uint32_t count, all; /* recipients given; times -n */
	uint32_t next;       /* the next to go */
	uint32_t *again;     /* recipients to be given again */
	size_t again_count;
	uint64_t sum[128]; /* by result */
};

static void
on_event(void *arg, const struct smtp_event *e)
{
	static const char *const kind[] = {"ready", "rcpt", "txn", "closed"};
	struct task *t = arg;
	size_t at = 0, n;
	uint32_t tag;

	if (e->kind == SMTP_EV_TXN)
		t->sum[e->result] += e->left;
	else if (e->kind == SMTP_EV_RCPT && e->result == SMTP_AGAIN &&
	    t->again_later)
		t->again[t->again_count++] = e->tag;
	else if (e->kind == SMTP_EV_RCPT)
		t->sum[e->result]++;
	if (t->quiet)
		return;
	printf("%s", kind[e->kind]);
	if (e->kind == SMTP_EV_RCPT)
		printf(" %s", t->rcpt[e->tag % t->count]);
	if (e->kind == SMTP_EV_RCPT || e->kind == SMTP_EV_TXN)
		printf(" %c%s%s", e->result, e->unsure ? " unsure" : "",
		    e->untried ? " untried" : "");
	printf(" %s %d %s %s", smtp_verb_name(e->verb), e->reply->code,
	    e->reply->enh, e->reply->text);
	while (e->kind == SMTP_EV_TXN && smtp_left(e, &at, &tag, &n))
		printf(" [%" PRIu32 "+%zu]", tag, n);
	printf("\n");
}

static int
next_tag(struct task *t, uint32_t *tag)
{
	if (t->again_count > 0)
		*tag = t->again[--t->again_count];
	else if (t->next < t->all)
		*tag = t->next++;
	else
		return 0;
	return 1;
}

static void
refused(struct task *t, const char *what)
{
	const struct smtp_reply *why = smtp_why(&t->smtp);

	t->sum[SMTP_FAILED]++;
	if (!t->quiet)
		printf("refused %s %s %s\n", what, why->enh, why->text);
}

/* Begin what may begin; 1 when there is nothing left to do. */
static int
offer_work(struct task *t)
{
	size_t room, i;
	uint32_t tag;

	while ((room = smtp_room(&t->smtp)) > 0 &&
	    (t->again_count > 0 || t->next < t->all)) {
		if (smtp_txn_begin(&t->smtp, &t->mail) < 0) {
			t->next = t->all;
			refused(t, "mail");
			break;
		}
		for (i = 0; i < room && next_tag(t, &tag); i++) {
			const char *a = t->rcpt[tag % t->count];

			if (smtp_txn_rcpt(&t->smtp, a, strlen(a), tag) < 0)
				refused(t, a);
		}
		if (smtp_txn_end(&t->smtp) < 0)
			msg_diesys(LSV_TEMP, "unable to end a transaction");
	}
	return t->again_count == 0 && t->next == t->all &&
	    smtp_busy(&t->smtp) == 0;
}

/* Queue what may be sent. */
static void
queue_output(struct task *t, int *in_body)
{
	const char *p;
	size_t n, k;
	struct smtp_body b;

	for (;;) {
		if (*in_body) {
			int r = conn_fill(&t->conn);

			if (r < 0)
				msg_diesys(LSV_TEMP, "unable to read body");
			if (r == 0)
				return;
			smtp_body_took(&t->smtp, conn_body_bytes(&t->conn));
			*in_body = 0;
		}
		n = smtp_out(&t->smtp, &p);
		if (n > 0) {
			k = conn_put(&t->conn, p, n);
			smtp_took(&t->smtp, k);
			if (k < n)
				return;
		} else if (smtp_wants_body(&t->smtp, &b)) {
			conn_body(&t->conn, t->body, 0, t->mail.size,
			    b.raw         ? CONN_RAW
				: t->dots ? CONN_DOTS
					  : CONN_PLAIN);
			*in_body = 1;
		} else
			return;
	}
}

static void
dialogue(struct task *t)
{
	static char in[65536];
	uint64_t deadline = clock_mono_ms() + t->step_ms, seen = 0, wrote = 0;
	int in_body = 0, r;
	size_t got;

	while (smtp_phase(&t->smtp) != SMTP_OVER) {
		if (offer_work(t) || smtp_spent(&t->smtp))
			smtp_quit(&t->smtp);
		queue_output(t, &in_body);
		if (smtp_replies(&t->smtp) != seen || t->conn.wrote != wrote)
			deadline = clock_mono_ms() + t->step_ms;
		seen = smtp_replies(&t->smtp);
		wrote = t->conn.wrote;
		r = conn_io(&t->conn, in, sizeof(in), &got, deadline);
		smtp_wrote(&t->smtp, t->conn.wrote);
		if (r < 0)
			smtp_lost(&t->smtp, "4.4.2", conn_error(errno));
		else
			smtp_feed(&t->smtp, in, got);
	}
}

static void
read_recipients(struct task *t)
{
	size_t room = 0, size = 0;
	char *line = NULL;
	ssize_t n;

	t->rcpt = NULL;
	while ((n = getline(&line, &size, stdin)) > 0) {
		line[n - (line[n - 1] == '\n')] = '\0';
		if (t->count == room) {
			room = room * 2 + 1000;
			t->rcpt = realloc(t->rcpt, room * sizeof(*t->rcpt));
		}
		if (t->rcpt == NULL ||
		    (t->rcpt[t->count++] = strdup(line)) == NULL)
			msg_die(LSV_TEMP, "out of memory");
	}
	free(line);
}

static void
open_body(struct task *t, const char *name)
{
	stralloc in = {0}, out = {0};
	struct wire w = {0};

	if (fio_read(AT_FDCWD, name, &in, BODY_MAX) < 0)
		msg_diesys(LSV_TEMP, "unable to read ", name);
	if (wire_put(&w, &out, in.s, in.len, NULL) < 0 ||
	    wire_end(&w, &out) < 0 || w.bytes != in.len)
		msg_die(LSV_PERM, "body is not in wire form");
	t->mail.size = w.bytes;
	t->mail.eightbit = w.eightbit;
	t->dots = w.dots;
	t->body = open(name, O_RDONLY | O_CLOEXEC);
	if (t->body < 0)
		msg_diesys(LSV_TEMP, "unable to open ", name);
	sa_free(&in);
	sa_free(&out);
}

int
main(int argc, char **argv)
{
	static struct task t = {.host = "127.0.0.1",
	    .port = 25,
	    .step_ms = 5000,
	    .mail = {.sender = "s@example"},
	    .start = {.name = "say.example", .rcpt_max = SMTP_RCPT_MAX}};
	uint32_t times = 1;
	int c;

	msg_prog = "smtpsay";
	while ((c = getopt(argc, argv, "f:h:m:n:p:qrt:w:")) != -1) {
		if (c == 'f')
			t.mail.sender = optarg;
		else if (c == 'h')
			t.host = optarg;
		else if (c == 'm')
			t.start.rcpt_max = strtoul(optarg, NULL, 10);
		else if (c == 'n')
			times = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'p')
			t.port = (unsigned)strtoul(optarg, NULL, 10);
		else if (c == 'q')
			t.quiet = 1;
		else if (c == 'r')
			t.again_later = 1;
		else if (c == 't')
			t.step_ms = strtoul(optarg, NULL, 10);
		else if (c == 'w')
			t.start.window = strtoul(optarg, NULL, 10);
		else
			msg_die(
			    LSV_PERM, "see the head of tests/lib/smtpsay.c");
	}
	if (argc - optind < 2)
		msg_die(LSV_PERM, "a body and a recipient are needed");
	open_body(&t, argv[optind]);
	t.rcpt = argv + optind + 1;
	t.count = (uint32_t)(argc - optind - 1);
	if (strcmp(t.rcpt[0], "-") == 0) {
		t.count = 0;
		read_recipients(&t);
	}
	t.all = t.count * times;
	t.again = calloc(t.all + 1, sizeof(*t.again));
	t.mail.len = strlen(t.mail.sender);
	t.start.event = on_event;
	t.start.arg = &t;
	conn_init(&t.conn);
	if (t.again == NULL || smtp_start(&t.smtp, &t.start) < 0)
		msg_diesys(LSV_TEMP, "unable to start");
	if (conn_open(&t.conn, t.host, t.port, clock_mono_ms() + t.step_ms) < 0)
		smtp_lost(&t.smtp, "4.4.1", conn_error(errno));
	else
		dialogue(&t);
	printf("sum D %" PRIu64 " F %" PRIu64 " R %" PRIu64 " A %" PRIu64 "\n",
	    t.sum['D'], t.sum['F'], t.sum['R'], t.sum['A']);
	return t.sum['D'] == t.all ? 0 : 1;
}
