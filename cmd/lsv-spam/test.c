/* lsv-spam test: what a message scores, by which entries, what that means */
#include <errno.h>
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "cmd/lsv-spam/sets.h"
#include "cmd/lsv-spam/spam.h"
#include "lib/clean.h"
#include "lib/facts.h"
#include "lib/fio.h"
#include "lib/header.h"
#include "lib/json.h"
#include "lib/listhdr.h"
#include "lib/lists.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/verdict.h"

enum {
	NO_MESSAGE = 65,   /* exit code: EX_DATAERR */
	READ_STEP = 65536, /* bytes */
};

/* struct test - what was asked, what is known, and the answer
 *
 * config, list, sender  options; NULL when not given
 * text    the header, and perhaps some of the body
 * from    of the envelope; s is NULL when it is not known
 * off     1: the list has Misc-Options= NO_SPAM_CHECK
 * out     what is to be printed; j writes over it
 * matches the same, of the entries that match
 */
struct test {
	const char *config, *list, *sender;
	int json;
	struct sets sets;
	stralloc text;
	struct header header;
	struct header_facts facts;
	struct bytes from;
	int off;
	struct mailaddrs addresses;
	struct spam_score score;
	stralloc out, matches;
	struct json j, jm;
};

_Noreturn static void
die_memory(void)
{
	msg_die(LSV_TEMP, "out of memory");
}

static void
options(struct test *t, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"json", no_argument, NULL, 'j'},
	    {"list", required_argument, NULL, 'l'},
	    {"sender", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	int c, bad = 0;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1)
		switch (c) {
		case 'c':
			t->config = optarg;
			break;
		case 'j':
			t->json = 1;
			break;
		case 'l':
			t->list = optarg;
			break;
		case 's':
			t->sender = optarg;
			break;
		default:
			bad = 1;
		}
	if (bad || optind != argc)
		msg_die(LSV_PERM,
		    "usage: lsv-spam test [--json] [--list LIST] [--sender "
		    "ADDRESS] [--config FILE] < MESSAGE");
}

/* --- what is known ---------------------------------------------------------*/

/* So much of standard input that the header must be in it; the rest is read to
 * be done with, or its writer would die of SIGPIPE. */
static void
read_input(stralloc *text)
{
	static char step[READ_STEP];
	ssize_t n;
	size_t want;

	for (;;) {
		n = read(STDIN_FILENO, step, sizeof step);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			msg_diesys(LSV_TEMP, "unable to read standard input");
		if (n == 0)
			return;
		want = HEADER_READ - text->len;
		if (want > (size_t)n)
			want = (size_t)n;
		if (sa_put(text, step, want) < 0)
			die_memory();
	}
}

/* Return-Path says who the sender of the envelope was; "<>" is the null sender,
 * and of others only that they are not is asked. */
static struct bytes
return_path(const struct header_facts *f)
{
	struct bytes v = f->return_path;

	if (!v.s)
		return v;
	field_skip(&v);
	if (v.len == 0 || *v.s != '<')
		return v.len ? v : (struct bytes){NULL, 0};
	v.s++;
	v.len--;
	field_skip(&v);
	if (v.len && *v.s == '>')
		v.len = 0;
	return v;
}

static void
read_message(struct test *t)
{
	stralloc line = {0};
	struct where w;

	read_input(&t->text);
	if (header_parse(&t->header, t->text.s, t->text.len, &w) < 0) {
		if (sa_addu(&line, header_line(t->text.s, w.at)) < 0 ||
		    sa_0(&line) < 0)
			die_memory();
		msg_die(NO_MESSAGE, "standard input:", line.s, ": ", w.why);
	}
	if (header_facts(&t->facts, &t->header) < 0)
		die_memory();
	t->from = return_path(&t->facts);
	if (t->sender)
		t->from = bytes_z(strcmp(t->sender, "<>") ? t->sender : "");
}

/* Does the list want its mail looked at? */
static void
read_list(struct test *t)
{
	struct lists lists;
	struct listhdr h = {.send = 0};
	struct list list;
	struct bytes text;
	stralloc dir = {0};
	struct where w;
	int r;

	if (root_path(&dir, root_lib(), LISTS_DIR) < 0)
		die_memory();
	if (lists_open(&lists, dir.s, STORE_READ) < 0)
		msg_diesys(
		    errno == ENOENT || errno == EACCES ? LSV_PERM : LSV_TEMP,
		    "unable to open ", dir.s);
	if (lists_begin(&lists, 0) < 0)
		msg_diesys(LSV_TEMP, "unable to read ", dir.s);
	r = lists_find(&lists, &list, t->list, strlen(t->list));
	if (r == 0)
		msg_die(LSV_PERM, t->list, ": there is no such list");
	if (r < 0 || lists_header(&lists, &list, &text) < 0)
		msg_diesys(LSV_TEMP, "unable to read ", dir.s);
	if (listhdr_parse(&h, text.s, text.len, &w) < 0)
		msg_die(LSV_TEMP, t->list, ": its header is damaged: ", w.why);
	t->off = h.no_spam_check;
	listhdr_free(&h);
	if (lists_end(&lists, 0) < 0)
		msg_diesys(LSV_TEMP, "unable to read ", dir.s);
	lists_close(&lists);
	sa_free(&dir);
}

/* --- the answer ------------------------------------------------------------*/

static void
put(stralloc *out, const char *z)
{
	if (sa_puts(out, z) < 0)
		die_memory();
}

static void
put_number(stralloc *out, uint64_t n)
{
	if (sa_addu(out, n) < 0)
		die_memory();
}

static void
put_text(stralloc *out, struct bytes b)
{
	if (clean_put(out, b) < 0)
		die_memory();
}

/* The file that an entry stands in, and the line. */
static const char *
file_of(const struct test *t, enum spam_list list, uint32_t line)
{
	return line ? t->sets.site.spam_table[list] : t->sets.config.s;
}

static uint32_t
line_of(const struct test *t, enum spam_list list, uint32_t line)
{
	return line ? line : t->sets.site.spam_line[list];
}

static void
put_place(
    const struct test *t, stralloc *out, enum spam_list list, uint32_t line)
{
	put(out, file_of(t, list, line));
	put(out, ":");
	put_number(out, line_of(t, list, line));
}

static int
is_black(enum spam_list list)
{
	return list == SPAM_BLACKLIST_FROM || list == SPAM_BLACKLIST_TO;
}

/* "match     blacklist_from -2  >joe@example.com  site.cfg:3  ..." */
static void
text_match(void *arg, enum spam_list list, const struct spam_match *m)
{
	struct test *t = arg;
	stralloc *out = &t->matches;

	put(out, "match     ");
	put(out, spam_list_name(list));
	put(out, is_black(list) ? " -" : " +");
	put_number(out, m->hit.points);
	put(out, "  ");
	put_text(out, m->hit.entry);
	put(out, "  ");
	put_place(t, out, list, m->hit.line);
	put(out, "  ");
	put_text(out, m->address);
	put(out, " in ");
	put_text(out, m->field);
	put(out, "\n");
}

static void
json_match(void *arg, enum spam_list list, const struct spam_match *m)
{
	struct test *t = arg;
	struct json *j = &t->jm;

	json_open(j, NULL, '{');
	json_z(j, "list", spam_list_name(list));
	json_s(j, "entry", m->hit.entry.s, m->hit.entry.len);
	json_s(j, "address", m->address.s, m->address.len);
	json_s(j, "field", m->field.s, m->field.len);
	json_u(j, "points", m->hit.points);
	json_z(j, "file", file_of(t, list, m->hit.line));
	json_u(j, "line", line_of(t, list, m->hit.line));
	json_close(j, '}');
}

/* The addresses, also those that nothing matches. */
static void
list_addresses(struct test *t, enum mailaddrs_side side)
{
	struct bytes address, field;
	int r;

	mailaddrs_begin(&t->addresses, &t->header, side);
	while ((r = mailaddrs_next(&t->addresses, &address, &field)) > 0) {
		if (t->json) {
			json_open(&t->j, NULL, '{');
			json_s(&t->j, "address", address.s, address.len);
			json_s(&t->j, "field", field.s, field.len);
			json_close(&t->j, '}');
			continue;
		}
		put(&t->out, "address   ");
		put_text(&t->out, address);
		put(&t->out, " in ");
		put_text(&t->out, field);
		put(&t->out, "\n");
	}
	if (r < 0)
		die_memory();
	if (t->addresses.more == 0 || t->json)
		return;
	put(&t->out, "address   and ");
	put_number(&t->out, t->addresses.more);
	put(&t->out, " more, which are not looked at\n");
}

static void
look_up(struct test *t)
{
	unsigned bounce = spamscore_is_bounce(&t->facts, t->from)
	    ? t->sets.site.spam_whitelist_bounce
	    : 0;

	if (spamscore(&t->score, t->sets.set, &t->addresses, &t->header, bounce,
		t->json ? json_match : text_match, t) == 0)
		return;
	if (errno == ENOMEM)
		die_memory();
	msg_warn("a table is damaged (lsv-table spam makes it): what it says "
		 "is not known");
}

/* What the sum means; the verdict's word. */
static const char *
verdict_of(const struct test *t, enum verdict_rule *rule)
{
	int sum = t->off ? 0 : t->score.sum;

	*rule = sum < 0 ? RULE_BLACKLISTED
	    : sum > 0   ? RULE_WHITELISTED
			: RULE_ACCEPTED;
	if (sum >= 0)
		return sum ? "whitelisted" : "accept";
	return t->sets.site.spam_reject == SITE_SPAM_HOLD ? "held" : "rejected";
}

/* Why: the entry that did most, or what else decided. */
static void
put_reason(struct test *t, stralloc *out)
{
	enum spam_list list = spamscore_reason(&t->score);
	const struct spam_made *made;

	if (t->off) {
		put(out, "Misc-Options= NO_SPAM_CHECK of ");
		put(out, t->list);
	} else if (list != SPAM_LISTS) {
		made = &t->score.made[list];
		put_text(out, bytes_z(made->entry));
		put(out, " of ");
		put(out, spam_list_variable(list));
		put(out, " in ");
		put_place(t, out, list, made->line);
		put(out, " matches ");
		put_text(out, bytes_z(made->address));
		put(out, " in ");
		put_text(out, bytes_z(made->field));
	} else if (t->score.sum > 0) {
		put(out, "SPAM_WHITELIST_BOUNCE: the message is a bounce");
	} else if (t->matches.len) {
		put(out, "as many points of the whitelists as of the others");
	} else {
		put(out, "no entry matches");
	}
}

static void
print_text(struct test *t)
{
	enum verdict_rule rule;
	const char *verdict = verdict_of(t, &rule);
	stralloc *out = &t->out;

	list_addresses(t, MAILADDRS_FROM);
	list_addresses(t, MAILADDRS_TO);
	if (sa_put(out, t->matches.s, t->matches.len) < 0)
		die_memory();
	put(out, "points   ");
	for (unsigned i = 0; i < SPAM_LISTS; i++) {
		put(out, i ? ", " : " ");
		put(out, spam_list_name(i));
		put(out, is_black(i) && t->score.points[i] ? " -" : " ");
		put_number(out, t->score.points[i]);
	}
	put(out, ", bounce ");
	put_number(out, t->score.bounce);
	put(out, t->score.sum < 0 ? "\nscore     -" : "\nscore     ");
	put_number(
	    out, (uint64_t)(t->score.sum < 0 ? -t->score.sum : t->score.sum));
	put(out, "\nverdict   ");
	put(out, verdict);
	put(out, "\nrule      ");
	put(out, verdict_rule_name(rule));
	put(out, "\nreason    ");
	put_reason(t, out);
	put(out, "\n");
}

static void
print_json(struct test *t)
{
	struct json *j = &t->j;
	enum verdict_rule rule;
	stralloc reason = {0};

	json_open(j, NULL, '{');
	json_i(j, "score", t->score.sum);
	json_z(j, "verdict", verdict_of(t, &rule));
	json_z(j, "rule", verdict_rule_name(rule));
	json_open(j, "points", '{');
	for (unsigned i = 0; i < SPAM_LISTS; i++)
		json_u(j, spam_list_name(i), t->score.points[i]);
	json_u(j, "bounce", t->score.bounce);
	json_close(j, '}');
	json_open(j, "addresses", '[');
	list_addresses(t, MAILADDRS_FROM);
	list_addresses(t, MAILADDRS_TO);
	json_close(j, ']');
	json_open(j, "matches", '[');
	if (t->jm.failed || sa_put(j->out, t->matches.s, t->matches.len) < 0)
		die_memory();
	json_close(j, ']');
	json_null(j, "exit");
	put_reason(t, &reason);
	json_s(j, "reason", reason.s, reason.len);
	json_close(j, '}');
	if (j->failed)
		die_memory();
	put(&t->out, "\n");
	sa_free(&reason);
}

int
spam_test(int argc, char **argv)
{
	static struct test t;

	t.j.out = &t.out;
	t.jm.out = &t.matches;
	options(&t, argc, argv);
	sets_read(&t.sets, t.config);
	if (t.list)
		read_list(&t);
	read_message(&t);
	look_up(&t);
	if (t.json)
		print_json(&t);
	else
		print_text(&t);
	if (fio_write(STDOUT_FILENO, t.out.s, t.out.len) < 0)
		msg_diesys(LSV_TEMP, "unable to write to standard output");
	sets_free(&t.sets);
	header_facts_free(&t.facts);
	mailaddrs_free(&t.addresses);
	sa_free(&t.text);
	sa_free(&t.out);
	sa_free(&t.matches);
	return LSV_OK;
}
