/* lsv-spam test: what a message scores, by which entries, what that means */
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "cmd/lsv-spam/exit.h"
#include "cmd/lsv-spam/say.h"
#include "cmd/lsv-spam/spam.h"
#include "cmd/lsv-spam/test.h"
#include "lib/fio.h"
#include "lib/listtab.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/table.h"

static void
options(struct test *t, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"config", required_argument, NULL, 'c'},
	    {"json", no_argument, NULL, 'j'},
	    {"list", required_argument, NULL, 'l'},
	    {"no-exit", no_argument, NULL, 'n'},
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
		case 'n':
			t->no_exit = 1;
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
		    "ADDRESS] [--no-exit] [--config FILE] < MESSAGE");
}

/* --- what is known ---------------------------------------------------------*/

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

	t->size = exit_input(t->message, &t->text);
	if (header_parse(&t->header, t->text.s, t->text.len, &w) < 0) {
		if (sa_addu(&line, header_line(t->text.s, w.at)) < 0 ||
		    sa_0(&line) < 0)
			say_no_memory();
		msg_die(NO_MESSAGE, "standard input:", line.s, ": ", w.why);
	}
	if (header_facts(&t->facts, &t->header) < 0)
		say_no_memory();
	t->from = return_path(&t->facts);
	if (t->sender)
		t->from = bytes_z(strcmp(t->sender, "<>") ? t->sender : "");
}

/* Does the list want its mail looked at?  The table says so that lsv-score
 * decides by. */
static void
read_list(struct test *t)
{
	struct table table = {0};
	struct listtab list;
	stralloc path = {0};
	int r;

	if (root_path(&path, root_lib(), "lists/" LISTTAB_FILE) < 0)
		say_no_memory();
	if (table_open(&table, path.s) < 0)
		msg_diesys(
		    errno == ENOENT || errno == EACCES ? LSV_PERM : LSV_TEMP,
		    "unable to open ", path.s);
	r = listtab_lookup(&list, &table, t->list, strlen(t->list));
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to read ", path.s);
	if (r == 0)
		msg_die(LSV_PERM, t->list, ": there is no such list");
	if (list.old)
		msg_die(LSV_PERM, path.s,
		    " is of an older version and does not say what the list "
		    "wants (any change with lsv-list makes a new one)");
	memcpy(t->list_name, list.name, sizeof t->list_name);
	t->off = list.no_spam_check;
	table_close(&table);
	sa_free(&path);
}

/* Only what the lists leave undecided is shown to SPAM_EXIT. */
static void
ask_exit(struct test *t)
{
	char id[ID_LEN + 1];

	if (t->message < 0 || t->off || t->score.sum != 0 || test_is_large(t))
		return;
	if (id_make(id) < 0)
		msg_diesys(LSV_TEMP, "unable to make an ID");
	exit_ask(
	    &t->sets.site, "SCAN", t->list_name, id, t->message, 0, &t->answer);
	t->asked = 1;
}

int
test_is_large(const struct test *t)
{
	uint64_t max = t->sets.site.spam_maxsize;

	return max && t->size > max;
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
	t.message = t.sets.site.spam_exit && !t.no_exit ? exit_file() : -1;
	exit_become(t.message >= 0);
	read_message(&t);
	answer_look_up(&t);
	ask_exit(&t);
	answer_print(&t);
	say_flush(&t.out);
	sets_free(&t.sets);
	header_facts_free(&t.facts);
	mailaddrs_free(&t.addresses);
	fio_close(t.message);
	sa_free(&t.text);
	sa_free(&t.out);
	sa_free(&t.matches);
	return LSV_OK;
}
