/* lsv-merge - personal copies of one message, from a table of recipients */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-merge/program.h"
#include "lib/addr.h"
#include "lib/fio.h"
#include "lib/json.h"
#include "lib/listtab.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/siteneed.h"
#include "lib/user.h"

static const char usage[] =
    "usage: lsv-merge [-n] [--json] [--show ADDRESS] [--from ADDRESS] "
    "[--pool X]\n"
    "                 [--list NAME] [--verp] --fields FILE MESSAGE\n"
    "\n"
    "  --fields FILE   address and values, one recipient a line; the first "
    "line\n"
    "                  names the fields (- is standard input)\n"
    "  --from ADDRESS  envelope sender, <> for none (the address in From)\n"
    "  --json          print JSON\n"
    "  --list NAME     for this list: its owners get the reports\n"
    "  -n, --dry-run   check everything and print the first copy, submit "
    "nothing\n"
    "  --pool X        delivery pool, A to Z or - (DEFAULT_DIST_POOL)\n"
    "  --show ADDRESS  with --dry-run: print the copy of this recipient\n"
    "  --verp          each copy with a sender that names its recipient\n"
    "  -h, --help      this text\n";

_Noreturn void
die_memory(void)
{
	msg_die(LSV_TEMP, "out of memory");
}

static int
opt_parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"dry-run", no_argument, NULL, 'n'},
	    {"fields", required_argument, NULL, 't'},
	    {"from", required_argument, NULL, 'f'},
	    {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'},
	    {"list", required_argument, NULL, 'l'},
	    {"pool", required_argument, NULL, 'p'},
	    {"show", required_argument, NULL, 's'},
	    {"verp", no_argument, NULL, 'v'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "hn", longs, NULL)) != -1) {
		if (c == 'h')
			msg_help(usage);
		if (c == 'n')
			o->dry_run = 1;
		else if (c == 't')
			o->fields = optarg;
		else if (c == 'f')
			o->from = optarg;
		else if (c == 'j')
			o->json = 1;
		else if (c == 'l')
			o->list = optarg;
		else if (c == 'p')
			o->pool = optarg;
		else if (c == 's')
			o->show = optarg;
		else if (c == 'v')
			o->verp = 1;
		else
			return -1;
	}
	if (argc - optind != 1 || !o->fields || (o->show && !o->dry_run))
		return -1;
	o->file = argv[optind];
	return 0;
}

/* The caller names the files, so they are opened with his rights. */
static int
input_open(const char *name)
{
	int fd = STDIN_FILENO;

	if (strcmp(name, "-") != 0)
		fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		msg_diesys(errno == EMFILE || errno == ENFILE ||
			    errno == ENOMEM || errno == EIO
			? LSV_TEMP
			: LSV_PERM,
		    "unable to open ", name);
	return fd;
}

/* Root writes into the spool as the user who owns the inbox. */
static void
settle(struct program *p)
{
	if (chdir(root_spool()) < 0)
		msg_diesys(LSV_TEMP, "unable to start in ", root_spool());
	if (geteuid() == 0 && user_become_owner(AT_FDCWD, "route") < 0)
		msg_diesys(LSV_PERM, "unable to become the owner of route");
	site_need(&p->site);
	if (!p->opt.dry_run && ho_open(&p->route, "route") < 0)
		msg_diesys(LSV_TEMP, "unable to open ", "route");
}

static void
choose_pool(struct program *p)
{
	const char *s = p->opt.pool;

	p->head.pool = p->site.pool_dist;
	if (!s)
		return;
	p->head.pool = (char)toupper((unsigned char)*s);
	if (strlen(s) != 1 ||
	    (*s != '-' && (p->head.pool < 'A' || p->head.pool > 'Z')))
		msg_die(LSV_PERM, "no pool ", s, ": A to Z or -");
}

static void
choose_list(struct program *p)
{
	stralloc path = {0};
	struct table t = {0};
	struct listtab l;
	int res = -1;

	if (!p->opt.list)
		return;
	if (root_path(&path, root_lib(), "lists/" LISTTAB_FILE) < 0)
		die_memory();
	if (table_open(&t, path.s) == 0)
		res = listtab_lookup(&l, &t, p->opt.list, strlen(p->opt.list));
	if (res < 0)
		msg_diesys(LSV_TEMP, "unable to read ", path.s);
	if (res == 0)
		msg_die(LSV_PERM, "no list ", p->opt.list);
	if (sa_puts(&p->list, l.name) < 0)
		die_memory();
	p->head.list = (struct bytes){p->list.s, p->list.len};
	table_close(&t);
	sa_free(&path);
}

/* What was asked for, the owners of the list, or the author. */
static void
choose_from(struct program *p)
{
	const char *s = p->opt.from;
	struct where w;
	int res = 0;

	if (s && strcmp(s, "<>") != 0 && *s) {
		if (addr_spec(&p->from, s, strlen(s), ADDR_UTF8, &w) < 0)
			msg_die(LSV_PERM, "--from ", s, ": ", w.why);
	} else if (!s && p->list.len) {
		res = sa_puts(&p->from, "owner-") < 0 ||
		    sa_put(&p->from, p->list.s, p->list.len) < 0 ||
		    sa_puts(&p->from, "@") < 0 ||
		    sa_puts(&p->from, p->site.node) < 0;
		if (!res)
			case_lowerb(p->from.s, p->from.len);
	} else if (!s) {
		message_from(p);
	}
	if (res)
		die_memory();
	if (p->opt.verp && p->from.len == 0)
		msg_die(LSV_PERM, "--verp needs a sender");
	p->head.from = (struct bytes){p->from.s ? p->from.s : "", p->from.len};
}

static void
choose_rest(struct program *p)
{
	const char *s = p->opt.show;
	char part[ID_NAME_MAX];
	struct where w;

	p->head.class = CLASS_MAIL;
	p->head.created_us = clock_wall_us();
	p->head.reason = bytes_z("merge");
	p->head.merged = 1;
	p->head.verp = p->opt.verp;
	if (id_make(p->head.id) < 0)
		msg_diesys(LSV_TEMP, "unable to make an ID");
	clock_rfc5322(p->date, p->head.created_us);
	id_part(part, p->head.id, 1);
	if (sa_puts(&p->id, part) < 0 || sa_puts(&p->id, ".1@") < 0 ||
	    sa_puts(&p->id, p->site.node) < 0)
		die_memory();
	if (s && addr_spec(&p->address, s, strlen(s), ADDR_UTF8, &w) < 0)
		msg_die(LSV_PERM, "--show ", s, ": ", w.why);
}

static void
put_names(struct json *j, const struct program *p)
{
	json_open(j, "fields", '[');
	for (unsigned i = 0; i < p->merge.names; i++)
		json_s(j, NULL, p->merge.name[i].s, p->merge.name[i].len);
	json_close(j, ']');
}

static int
print_json(const struct program *p)
{
	stralloc out = {0};
	struct json j = {.out = &out};
	int res;

	json_open(&j, NULL, '{');
	if (p->opt.dry_run)
		json_null(&j, "id");
	else
		json_z(&j, "id", p->head.id);
	json_u(&j, "recipients", p->head.rows);
	put_names(&j, p);
	json_s(&j, "from", p->head.from.s, p->head.from.len);
	json_s(&j, "pool", &p->head.pool, 1);
	if (p->opt.dry_run)
		json_s(&j, "copy", p->shown.s, p->shown.len);
	json_close(&j, '}');
	if (j.failed || sa_puts(&out, "\n") < 0)
		die_memory();
	res = fio_write(STDOUT_FILENO, out.s, out.len);
	sa_free(&out);
	return res;
}

static int
print_plain(const struct program *p)
{
	char n[24];

	snprintf(n, sizeof n, "%llu", (unsigned long long)p->head.rows);
	if (p->opt.dry_run) {
		if (fio_write(STDOUT_FILENO, p->shown.s, p->shown.len) < 0)
			return -1;
		msg_say(n, " copies would be sent");
		return 0;
	}
	return printf("%s: %s copies\n", p->head.id, n) < 0 ||
		fflush(stdout) != 0
	    ? -1
	    : 0;
}

/* All or nothing. */
static void
refuse(struct program *p)
{
	char n[24];

	snprintf(n, sizeof n, "%llu", (unsigned long long)p->bad);
	if (p->bad || p->head.rows == 0)
		hand_drop(p);
	if (p->bad)
		msg_die(LSV_PERM, "nothing was submitted: ", n,
		    p->bad == 1 ? " bad row" : " bad rows");
	if (p->head.rows == 0)
		msg_die(LSV_PERM, "nothing was submitted: no recipients");
	if (p->address.len && p->shown.len == 0)
		msg_die(LSV_PERM, "no row of ", p->opt.show);
}

int
main(int argc, char **argv)
{
	static struct program p = {.fd = -1};

	msg_prog = "lsv-merge";
	if (opt_parse(&p.opt, argc, argv) < 0)
		msg_die(LSV_PERM,
		    "usage: lsv-merge [-n] --fields FILE MESSAGE (-h says "
		    "more)");
	if (strcmp(p.opt.fields, "-") == 0 && strcmp(p.opt.file, "-") == 0)
		msg_die(LSV_PERM, "standard input can only be one of two");
	umask(027);
	signal(SIGPIPE, SIG_IGN);
	p.opt.table = input_open(p.opt.fields);
	p.opt.message = input_open(p.opt.file);
	settle(&p);
	choose_pool(&p);
	choose_list(&p);
	message_read(&p);
	choose_from(&p);
	choose_rest(&p);
	people_read(&p);
	refuse(&p);
	if (!p.opt.dry_run)
		hand_end(&p);
	if ((p.opt.json ? print_json(&p) : print_plain(&p)) == 0)
		return LSV_OK;
	if (p.opt.dry_run)
		msg_diesys(LSV_TEMP, "unable to write");
	/* who tried again would send all of it twice */
	msg_warnsys("unable to write; submitted as ", p.head.id);
	return LSV_OK;
}
