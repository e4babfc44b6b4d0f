/* held, show, release, discard: mail that waits in hold/ */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-spam/say.h"
#include "cmd/lsv-spam/spam.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/handover.h"
#include "lib/header.h"
#include "lib/hold.h"
#include "lib/json.h"
#include "lib/msg.h"
#include "lib/num.h"
#include "lib/roots.h"
#include "lib/spoolfile.h"
#include "lib/user.h"

enum {
	NOTHING = 1,          /* exit code: no such message */
	HELD_MAX = 1000000,   /* names looked at */
	HEAD_ROOM = 16 << 10, /* bytes of a head, as lsv-score takes */
	STEP = 64 << 10,      /* bytes of a message copied at once */
};

/* struct held - one file: what is said of it
 *
 * text    its beginning, into which head and subject point
 * why     lines of its reason
 * subject on one line; empty when there is none
 * known   1: head is valid
 */
struct held {
	stralloc text, why, subject;
	struct spoolhead head;
	int known;
};

static void
held_free(struct held *h)
{
	sa_free(&h->text);
	sa_free(&h->why);
	sa_free(&h->subject);
}

/* The program goes on as whoever the mail belongs to, so that root follows no
 * trap that somebody laid there. */
static int
open_hold(void)
{
	int hold;

	if (chdir(root_spool()) < 0)
		msg_diesys(LSV_PERM, "unable to use ", root_spool());
	if (user_become_owner(AT_FDCWD, HOLD_DIR) < 0)
		msg_diesys(
		    LSV_PERM, "unable to use ", root_spool(), "/" HOLD_DIR);
	hold = hold_open();
	if (hold < 0)
		msg_diesys(
		    LSV_PERM, "unable to open ", root_spool(), "/" HOLD_DIR);
	return hold;
}

/* Is --json given?  What else there is, is the words behind. */
static int
options(int argc, char **argv, int json_too, const char *usage)
{
	static const struct option longs[] = {
	    {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
	int c, json = 0;

	optind = 0; /* the words of this subcommand, from their beginning */
	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c != 'j' || !json_too)
			msg_die(LSV_PERM, usage);
		json = 1;
	}
	return json;
}

static int
is_id(const char *s)
{
	size_t len = strlen(s);

	return id_ok(s, len) && (len < 4 || strcmp(s + len - 4, ".why") != 0);
}

void
spam_check_ids(char **id, int n, const char *usage)
{
	if (n <= 0)
		msg_die(LSV_PERM, usage);
	for (int i = 0; i < n; i++)
		if (!is_id(id[i]))
			msg_die(LSV_PERM, id[i],
			    " is not an ID (lsv-spam held prints them)");
}

/* --- what is known of a file ----------------------------------------------- */

static int
read_some(int fd, stralloc *out, size_t max)
{
	char step[4096];
	ssize_t n = 1;

	out->len = 0;
	while (n > 0 && out->len < max) {
		n = read(fd, step, sizeof step);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		if (n < 0 || sa_put(out, step, (size_t)n) < 0)
			return -1;
	}
	return 0;
}

/* The subject, with what is no text as '?'. */
static int
take_subject(struct held *h)
{
	struct header header;
	struct field f = {.at = 0};
	size_t at = h->head.length;

	h->subject.len = 0;
	if (at > h->text.len ||
	    header_parse(&header, h->text.s + at, h->text.len - at, NULL) < 0 ||
	    !header_find(&header, "Subject", 0, &f))
		return 0;
	return field_unfold(&h->subject, f.value);
}

/* 1; 0 when it is not there any more; -1 with errno. */
static int
look(struct held *h, int hold, const char *id, int *fd_out)
{
	struct where w;
	int r = -1;
	int fd = openat(hold, id, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	h->subject.len = 0;
	if (read_some(fd, &h->text, HEAD_ROOM + HEADER_READ) == 0 &&
	    hold_why(hold, id, &h->why) == 0) {
		h->known =
		    spoolhead_parse(&h->head, h->text.s, h->text.len, &w) == 0;
		r = !h->known || take_subject(h) == 0 ? 1 : -1;
	}
	if (fd_out && r == 1)
		*fd_out = fd;
	else
		fio_close(fd);
	return r;
}

static struct bytes
reason(const struct held *h, const char *key)
{
	return hold_why_line((struct bytes){h->why.s, h->why.len}, key);
}

/* When its time in quarantine is over; 0 when a person has to decide. */
static uint64_t
until_us(const struct held *h)
{
	struct bytes line = reason(h, "until");
	uint64_t us;

	return line.s && num_u64(&us, line.s, line.len, UINT64_MAX) == 0 ? us
									 : 0;
}

static uint64_t
age_s(const char *id)
{
	return say_seconds(id_time_us(id), clock_wall_us());
}

/* --- printing ---------------------------------------------------------- */

static void
put_clean(stralloc *out, struct bytes b)
{
	say_clean(out, b.len ? b : bytes_z("-"));
}

static void
text_line(stralloc *out, const struct held *h, const char *id)
{
	struct bytes none = {"", 0};

	say_put(out, id);
	say_age(out, id_time_us(id), clock_wall_us());
	say_put(out, " ");
	put_clean(out, reason(h, "rule"));
	say_put(out, " ");
	put_clean(out, h->known ? h->head.list : none);
	say_put(out, " ");
	put_clean(out, h->known ? h->head.from : none);
	say_put(out, " ");
	put_clean(out, (struct bytes){h->subject.s, h->subject.len});
	if (until_us(h)) {
		say_put(out, " (goes on in");
		say_age(out, clock_wall_us(), until_us(h));
		say_put(out, ": ");
		put_clean(out, reason(h, "why"));
		say_put(out, ")");
	}
	say_put(out, "\n");
}

static void
json_one(struct json *j, const struct held *h, const char *id)
{
	json_open(j, NULL, '{');
	json_z(j, "id", id);
	json_u(j, "age_s", age_s(id));
	if (h->known) {
		json_z(j, "class", spool_class_name(h->head.class));
		say_json(j, "list", h->head.list);
		say_json(j, "from", h->head.from);
		say_json(j, "to", h->head.to);
		json_u(j, "size", h->head.size);
	}
	json_s(
	    j, "subject", h->subject.len ? h->subject.s : "", h->subject.len);
	say_json(j, "rule", reason(h, "rule"));
	say_json(j, "why", reason(h, "why"));
	if (until_us(h))
		json_u(j, "until", until_us(h) / SAY_US_PER_S);
	else
		json_null(j, "until");
	say_json(j, "sum", reason(h, "sum"));
	say_json(j, "score", reason(h, "score"));
	say_json(j, "entry", reason(h, "entry"));
	say_json(j, "address", reason(h, "address"));
	json_close(j, '}');
}

int
spam_held(int argc, char **argv)
{
	static const char usage[] = "usage: lsv-spam held [--json]";
	int json = options(argc, argv, 1, usage), hold, r;
	struct held h = {.known = 0};
	struct names l;
	stralloc out = {0};
	struct json j = {.out = &out};

	if (optind != argc)
		msg_die(LSV_PERM, usage);
	hold = open_hold();
	if (hold_list(&l, hold, HELD_MAX) < 0)
		msg_diesys(LSV_TEMP, "unable to read " HOLD_DIR);
	if (json)
		json_open(&j, NULL, '[');
	for (size_t i = 0; i < l.n; i++) {
		r = look(&h, hold, l.name[i], NULL);
		if (r < 0)
			msg_warnsys("unable to read ", l.name[i]);
		if (r == 1 && json)
			json_one(&j, &h, l.name[i]);
		else if (r == 1)
			text_line(&out, &h, l.name[i]);
		if (!json)
			say_flush(&out);
	}
	if (json) {
		json_close(&j, ']');
		if (j.failed)
			say_no_memory();
		say_put(&out, "\n");
	}
	say_flush(&out);
	names_free(&l);
	held_free(&h);
	sa_free(&out);
	fio_close(hold);
	return LSV_OK;
}

/* --- show -------------------------------------------------------------- */

static void
put_fact(stralloc *out, const char *key, struct bytes value)
{
	if (!value.s || value.len == 0)
		return;
	say_put(out, key);
	say_put(out, ": ");
	put_clean(out, value);
	say_put(out, "\n");
}

static void
put_facts(stralloc *out, const struct held *h, const char *id)
{
	static const char *const key[] = {
	    "rule", "why", "score", "entry", "address", "sum"};
	char date[CLOCK_RFC5322_MAX];
	size_t n = clock_rfc5322(date, id_time_us(id));

	put_fact(out, "id", bytes_z(id));
	put_fact(out, "came", (struct bytes){date, n});
	if (h->known) {
		put_fact(
		    out, "class", bytes_z(spool_class_name(h->head.class)));
		put_fact(out, "list", h->head.list);
		put_fact(out, "from", h->head.from);
		put_fact(out, "to", h->head.to);
	}
	for (size_t i = 0; i < sizeof key / sizeof key[0]; i++)
		put_fact(out, key[i], reason(h, key[i]));
	if (until_us(h)) {
		n = clock_rfc5322(date, until_us(h));
		put_fact(out, "until", (struct bytes){date, n});
	}
	say_put(out, "\n");
}

/* The message from an offset on; for a terminal without control bytes. */
static void
print_message(int fd, off_t at)
{
	static char step[STEP];
	int tty = isatty(1);
	ssize_t n;

	while ((n = pread(fd, step, sizeof step, at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			msg_diesys(LSV_TEMP, "unable to read the message");
		for (ssize_t i = 0; tty && i < n; i++)
			if (((unsigned char)step[i] < 32 && step[i] != '\n' &&
				step[i] != '\t') ||
			    step[i] == 127)
				step[i] = step[i] == '\r' ? ' ' : '?';
		if (fio_write(1, step, (size_t)n) < 0)
			msg_diesys(LSV_TEMP, "unable to write");
		at += n;
	}
}

int
spam_absent(const char *id)
{
	msg_warn("no message ", id, " is held");
	return NOTHING;
}

int
spam_show(int argc, char **argv)
{
	static const char usage[] = "usage: lsv-spam show ID";
	struct held h = {.known = 0};
	stralloc out = {0};
	int hold, fd = -1, r;

	options(argc, argv, 0, usage);
	if (argc - optind != 1)
		msg_die(LSV_PERM, usage);
	spam_check_ids(argv + optind, 1, usage);
	hold = open_hold();
	r = look(&h, hold, argv[optind], &fd);
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to read ", argv[optind]);
	if (r == 1) {
		put_facts(&out, &h, argv[optind]);
		say_flush(&out);
		print_message(fd, h.known ? (off_t)h.head.length : 0);
	}
	fio_close(fd);
	fio_close(hold);
	held_free(&h);
	sa_free(&out);
	return r == 1 ? LSV_OK : spam_absent(argv[optind]);
}

/* --- release, discard ------------------------------------------------- */

/* What is done to each; codes add up to the worst. */
static int
each(char **id, int n, int hold, int new, const char *past)
{
	stralloc out = {0};
	int code = LSV_OK;

	for (int i = 0; i < n; i++) {
		int r = new >= 0 ? hold_release(hold, new, id[i])
				 : hold_discard(hold, id[i]);

		if (r < 0) {
			msg_warnsys("unable to move ", id[i]);
			code = LSV_TEMP;
		} else if (r == 0) {
			spam_absent(id[i]);
			code = code == LSV_OK ? NOTHING : code;
		} else {
			say_put(&out, past);
			say_put(&out, id[i]);
			say_put(&out, "\n");
			say_flush(&out);
		}
	}
	sa_free(&out);
	return code;
}

int
spam_release(int argc, char **argv)
{
	static const char usage[] = "usage: lsv-spam release ID ...";
	int hold, score, new, code;

	options(argc, argv, 0, usage);
	spam_check_ids(argv + optind, argc - optind, usage);
	hold = open_hold();
	score = open("score", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	new = score < 0
	    ? -1
	    : openat(score, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (new < 0)
		msg_diesys(
		    LSV_PERM, "unable to open ", root_spool(), "/score/new");
	code = each(argv + optind, argc - optind, hold, new, "released ");
	ho_wake(score, "trigger");
	fio_close(new);
	fio_close(score);
	fio_close(hold);
	return code;
}

int
spam_discard(int argc, char **argv)
{
	static const char usage[] = "usage: lsv-spam discard ID ...";
	int hold, code;

	options(argc, argv, 0, usage);
	spam_check_ids(argv + optind, argc - optind, usage);
	hold = open_hold();
	code = each(argv + optind, argc - optind, hold, -1, "discarded ");
	fio_close(hold);
	return code;
}
