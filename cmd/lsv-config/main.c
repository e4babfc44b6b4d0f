#include "cmd/lsv-config/config.h"

#include <errno.h>
#include <getopt.h>
#include <unistd.h>

#include "lib/fio.h"
#include "lib/msg.h"

static const char usage[] =
    "usage: lsv-config check [--json] [FILE]\n"
    "       lsv-config apply [--dry-run] [--json] [FILE]\n"
    "       lsv-config show [--effective] [--json]\n"
    "       lsv-config explain [--json] [KEY]\n";

static const struct {
	const char *name;
	int (*run)(const struct options *o);
	int dry_run, effective, argument; /* what it takes */
} commands[] = {
    {"check", config_check, 0, 0, 1},
    {"apply", config_apply, 1, 0, 1},
    {"show", config_show, 0, 1, 0},
    {"explain", config_explain, 0, 0, 1},
};

static _Noreturn void
wrong_usage(void)
{
	if (fio_write(2, usage, sizeof usage - 1) < 0)
		_exit(LSV_TEMP);
	_exit(LSV_PERM);
}

void
config_flush(stralloc *out, int failed)
{
	if (failed)
		msg_die(LSV_TEMP, "out of memory");
	if (fio_write(1, out->s, out->len) < 0)
		msg_diesys(LSV_TEMP, "unable to write to standard output");
	out->len = 0;
}

/* Options may stand anywhere. */
static void
parse(struct options *o, int argc, char **argv)
{
	static const struct option longopts[] = {
	    {"json", no_argument, NULL, 'j'},
	    {"dry-run", no_argument, NULL, 'n'},
	    {"effective", no_argument, NULL, 'e'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "h", longopts, NULL)) != -1) {
		switch (c) {
		case 'j':
			o->json = 1;
			break;
		case 'n':
			o->dry_run = 1;
			break;
		case 'e':
			o->effective = 1;
			break;
		case 'h':
			msg_help(usage);
		default:
			wrong_usage();
		}
	}
}

int
main(int argc, char **argv)
{
	struct options o = {0};

	msg_prog = "lsv-config";
	parse(&o, argc, argv);
	if (optind >= argc || argc - optind > 2)
		wrong_usage();
	o.argument = argv[optind + 1];
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(argv[optind], commands[i].name) != 0)
			continue;
		if ((o.dry_run && !commands[i].dry_run) ||
		    (o.effective && !commands[i].effective) ||
		    (o.argument && !commands[i].argument))
			wrong_usage();
		return commands[i].run(&o);
	}
	wrong_usage();
}
