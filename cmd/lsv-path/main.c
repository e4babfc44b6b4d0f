/* lsv-path - says where mail for a host goes, and draws the way */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/lsv-path/path.h"
#include "lib/fio.h"
#include "lib/msg.h"

static const char usage[] =
    "usage: lsv-path [--json] [SOURCE] HOST ...\n"
    "       lsv-path [--json] [SOURCE] --trace < recipients\n"
    "       lsv-path [--json] [--dir DIR] [--self NODE] --map FILE\n"
    "                [--trace < recipients]\n"
    "\n"
    "Says which server is nearest to a host, on which way and why; what a\n"
    "distribution to recipients would send; and draws the network.\n"
    "\n"
    "SOURCE is one of\n"
    "  --table FILE   a table that lsv-table network made\n"
    "  --dir DIR      the text tables of a directory, as --self NODE sees "
    "them\n"
    "and else the table in force.\n"
    "\n"
    "  --trace     read recipients, one a line, and tell where they go\n"
    "  --map FILE  draw servers and links as SVG (with dot of graphviz); with\n"
    "              --trace also the way of the recipients\n"
    "  --json      print JSON\n"
    "  -h, --help  this text\n";

_Noreturn static void
die_usage(void)
{
	msg_die(LSV_PERM,
	    "usage: lsv-path [--table FILE | --dir DIR] [--self NODE] [--json] "
	    "HOST ... | --trace | --map FILE (-h says more)");
}

_Noreturn void
die_memory(void)
{
	msg_die(LSV_TEMP, "out of memory");
}

void
put_bytes(struct path *p, struct bytes b)
{
	if (sa_put(&p->out, b.s, b.len) < 0)
		die_memory();
}

void
put(struct path *p, const char *z)
{
	put_bytes(p, bytes_z(z));
}

void
putf(struct path *p, const char *format, ...)
{
	char *text;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&text, format, ap);
	va_end(ap);
	if (n < 0)
		die_memory();
	put_bytes(p, (struct bytes){text, (size_t)n});
	free(text);
}

static void
options(struct path *p, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"dir", required_argument, NULL, 'd'},
	    {"help", no_argument, NULL, 'h'}, {"json", no_argument, NULL, 'j'},
	    {"map", required_argument, NULL, 'm'},
	    {"self", required_argument, NULL, 's'},
	    {"table", required_argument, NULL, 't'},
	    {"trace", no_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	int c;

	while ((c = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
		if (c == 'h')
			msg_help(usage);
		else if (c == 'j')
			p->json = 1;
		else if (c == 'r')
			p->trace = 1;
		else if (c == 'd')
			p->dir = optarg;
		else if (c == 'm')
			p->map = optarg;
		else if (c == 's')
			p->self = optarg;
		else if (c == 't')
			p->table_path = optarg;
		else
			die_usage();
	}
	if ((p->dir || p->map) && p->table_path)
		msg_die(LSV_PERM,
		    "--table has no links in it: --map is drawn from --dir");
	if (p->self && !p->dir && !p->map)
		msg_die(LSV_PERM, "--self goes with --dir or --map only");
}

static int
hosts(struct path *p, int argc, char **argv)
{
	int code = LSV_OK;

	if (p->json)
		json_open(&p->j, "hosts", '[');
	for (int i = optind; i < argc; i++)
		if (!host_tell(p, argv[i]))
			code = PATH_UNKNOWN;
	if (p->json)
		json_close(&p->j, ']');
	return code;
}

static int
answer(struct path *p, int argc, char **argv)
{
	int code = LSV_OK;

	if (p->json)
		json_open(&p->j, NULL, '{');
	if (p->trace)
		rcpts_read(p);
	if (p->map)
		map_tell(p);
	else if (p->trace)
		trace_tell(p);
	else
		code = hosts(p, argc, argv);
	if (p->rcpts.bad)
		code = PATH_BAD;
	if (!p->json)
		return code;
	json_close(&p->j, '}');
	if (p->j.failed)
		die_memory();
	put(p, "\n");
	return code;
}

int
main(int argc, char **argv)
{
	static struct path p;
	int code;

	msg_prog = "lsv-path";
	options(&p, argc, argv);
	if ((optind == argc) == (!p.trace && !p.map))
		die_usage();
	signal(SIGPIPE, SIG_IGN);
	p.j.out = &p.out;
	source_open(&p);
	code = answer(&p, argc, argv);
	if (fio_write(STDOUT_FILENO, p.out.s, p.out.len) < 0)
		msg_diesys(LSV_TEMP, "unable to write");
	relaytables_close(&p.tables);
	return code;
}
