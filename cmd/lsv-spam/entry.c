/* lsv-spam entry: which entries of the four lists match an address */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cmd/lsv-spam/say.h"
#include "cmd/lsv-spam/sets.h"
#include "cmd/lsv-spam/spam.h"
#include "lib/header.h"
#include "lib/mailaddrs.h"
#include "lib/msg.h"

enum { NOTHING = 1 }; /* exit code: no entry matches */

/* struct asked - what was asked, and what is printed
 *
 * address an address of it, as the lists see it
 * list    that is being looked into
 * found   entries
 */
struct asked {
	const char *config;
	int json;
	struct sets sets;
	struct bytes address;
	enum spam_list list;
	unsigned long found;
	stralloc out;
	struct json j;
};

static const char usage[] =
    "usage: lsv-spam entry [--json] [--config FILE] ADDRESS";

static void
options(struct asked *a, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"json", no_argument, NULL, 'j'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (c != 'c' && c != 'j')
			msg_die(LSV_PERM, usage);
		if (c == 'c')
			a->config = optarg;
		else
			a->json = 1;
	}
	if (argc - optind != 1)
		msg_die(LSV_PERM, usage);
}

static void
text_hit(struct asked *a, const struct spam_hit *hit)
{
	say_put(&a->out, spam_list_name(a->list));
	say_put(&a->out, sets_is_black(a->list) ? " -" : " +");
	say_u(&a->out, hit->points);
	say_put(&a->out, "  ");
	say_clean(&a->out, hit->entry);
	say_put(&a->out, "  ");
	sets_place(&a->sets, &a->out, a->list, hit->line);
	say_put(&a->out, "  ");
	say_clean(&a->out, a->address);
	say_put(&a->out, "\n");
}

static int
take_hit(void *arg, const struct spam_hit *hit)
{
	struct asked *a = arg;

	a->found++;
	if (!a->json) {
		text_hit(a, hit);
		return 0;
	}
	json_open(&a->j, NULL, '{');
	json_z(&a->j, "list", spam_list_name(a->list));
	json_s(&a->j, "entry", hit->entry.s, hit->entry.len);
	say_json(&a->j, "address", a->address);
	json_u(&a->j, "points", hit->points);
	json_z(&a->j, "file", sets_file(&a->sets, a->list, hit->line));
	json_u(&a->j, "line", sets_line(&a->sets, a->list, hit->line));
	json_close(&a->j, '}');
	return 0;
}

static void
ask_lists(struct asked *a)
{
	for (a->list = 0; a->list < SPAM_LISTS; a->list++)
		if (spamset_each(
			&a->sets.set[a->list], a->address, take_hit, a) < 0)
			msg_warnsys("unable to read all of the table of ",
			    spam_list_name(a->list));
}

/* The address is read as the only field of a message would be: that is what the
 * entries are compared with. */
static void
ask(struct asked *a, const char *word)
{
	static struct mailaddrs m;
	stralloc text = {0};
	struct header h;
	struct bytes field;
	struct where w;
	int r;

	if (strchr(word, '\n'))
		msg_die(LSV_PERM, "an address has no line ends");
	say_put(&text, "From: ");
	say_put(&text, word);
	say_put(&text, "\n\n");
	if (header_parse(&h, text.s, text.len, &w) < 0)
		msg_die(LSV_PERM, "this is no address: ", w.why);
	mailaddrs_begin(&m, &h, MAILADDRS_FROM);
	while ((r = mailaddrs_next(&m, &a->address, &field)) > 0)
		ask_lists(a);
	if (r < 0)
		say_no_memory();
	if (m.looked == 0)
		msg_die(LSV_PERM, word, " is no address: it has no @");
	mailaddrs_free(&m);
	sa_free(&text);
}

int
spam_entry(int argc, char **argv)
{
	static struct asked a;

	options(&a, argc, argv);
	sets_read(&a.sets, a.config);
	a.j.out = &a.out;
	if (a.json)
		json_open(&a.j, NULL, '[');
	ask(&a, argv[optind]);
	if (a.json) {
		json_close(&a.j, ']');
		if (a.j.failed)
			say_no_memory();
		say_put(&a.out, "\n");
	}
	say_flush(&a.out);
	sets_free(&a.sets);
	sa_free(&a.out);
	return a.found ? LSV_OK : NOTHING;
}
