#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "bench/common/opt.h"
#include "bench/lsv-sink/sink.h"
#include "lib/msg.h"
#include "lib/sig.h"

static const char usage[] =
    "usage: lsv-sink [-p port] [-c port|-] [-b address] [-P file]\n"
    "    [-t r] [-f r] [-d r] [-x r] [-m n] [-L usec] [-g script]... [-s "
    "seed]\n"
    "    [-l log [-A]] [-M mail] [-T cert] [-C] [-N] [-Q] [-R n]\n"
    "An SMTP server that takes every message, on a loopback address only.\n"
    "  -p, -c  port for SMTP (2525) and control (2526); 0: any free one,\n"
    "          -c -: no control port\n"
    "  -P      file that gets \"PORT CONTROL\" once we listen\n"
    "  -t      share of recipients answered 450 when first tried\n"
    "  -f      share of recipients answered 550, by a hash of the address\n"
    "  -d      share of transactions answered 451 after the final dot\n"
    "  -x      share of transactions cut off there, without a reply\n"
    "  -m      452 after that many recipients in one transaction\n"
    "  -L      microseconds to wait before each batch of replies\n"
    "  -g      [n*]greet|ehlo|mail|rcpt|data|text=REPLY: said there instead\n"
    "          (the first n times); empty: nothing, \"!\": reset\n"
    "  -s      seed of all shares\n"
    "  -l      log of accepted mail: \"M number sha256 rcpts bytes sender\",\n"
    "          \"R recipient\"...; \"F recipient\" refused, \"T\" for now\n"
    "  -A      append to the log, one write a transaction before its 250\n"
    "  -M      a directory: a file for each message, as received;\n"
    "          else a mbox\n"
    "  -T      certificate and key (PEM): offer STARTTLS\n"
    "  -C -N   offer CHUNKING; do not offer PIPELINING\n"
    "  -R      offer LIMITS RCPTMAX=n\n"
    "  -Q      acknowledge at once (TCP_QUICKACK)\n"
    "Control port: STATS, RESET, WAIT recipients [ms], QUIT; JSON comes "
    "back.\n";

/* "[n*]stage=reply" */
static void
script(struct options *o, char *text)
{
	static const char *const name[STAGES] = {
	    "greet", "ehlo", "mail", "rcpt", "data", "text"};
	size_t is = strcspn(text, "="), star = strcspn(text, "*");
	char *reply = text + is + 1;
	uint64_t times = 0;

	if (!text[is])
		msg_die(LSV_PERM, "-g ", text, ": no '='");
	text[is] = 0;
	if (star < is) {
		text[star] = 0;
		times = opt_u64("-g", text, UINT32_MAX);
		text += star + 1;
	}
	for (int i = 0; i < STAGES; i++)
		if (strcmp(text, name[i]) == 0) {
			o->script[i] = (struct script){reply, times, 0};
			return;
		}
	msg_die(LSV_PERM, "-g ", text, ": no such stage");
}

/* 0; -1 for an option that is none of the simple ones */
static int
fate_option(struct options *o, int c, char *arg)
{
	switch (c) {
	case 't':
		o->rcpt_temp = opt_share("-t", arg);
		break;
	case 'f':
		o->rcpt_perm = opt_share("-f", arg);
		break;
	case 'd':
		o->text_temp = opt_share("-d", arg);
		break;
	case 'x':
		o->text_cut = opt_share("-x", arg);
		break;
	case 'm':
		o->rcpt_max = opt_u64("-m", arg, UINT32_MAX);
		break;
	case 'g':
		script(o, arg);
		break;
	case 's':
		o->seed = opt_u64("-s", arg, UINT32_MAX);
		break;
	case 'L':
		o->delay_ns = opt_u64("-L", arg, 60000000) * 1000;
		break;
	default:
		return -1;
	}
	return 0;
}

static void
options(struct options *o, int argc, char **argv)
{
	int c;

	while ((c = getopt(argc, argv,
		    "p:c:b:P:t:f:d:x:m:L:g:s:l:AM:T:CNR:Qh")) != -1) {
		if (fate_option(o, c, optarg) == 0)
			continue;
		switch (c) {
		case 'p':
			o->port = (uint16_t)opt_u64("-p", optarg, 65535);
			break;
		case 'c':
			o->no_control = strcmp(optarg, "-") == 0;
			if (!o->no_control)
				o->control_port =
				    (uint16_t)opt_u64("-c", optarg, 65535);
			break;
		case 'b':
			o->address = optarg;
			break;
		case 'P':
			o->port_file = optarg;
			break;
		case 'l':
			o->log = optarg;
			break;
		case 'A':
			o->log_each = 1;
			break;
		case 'M':
			o->mail = optarg;
			break;
		case 'T':
			o->cert = optarg;
			break;
		case 'C':
			o->chunking = 1;
			break;
		case 'N':
			o->pipelining = 0;
			break;
		case 'R':
			o->limits_rcptmax = opt_u64("-R", optarg, UINT32_MAX);
			break;
		case 'Q':
			o->quickack = 1;
			break;
		default:
			fputs(usage, c == 'h' ? stdout : stderr);
			fflush(stdout);
			_exit(c == 'h' ? LSV_OK : LSV_PERM);
		}
	}
	if (optind < argc)
		msg_die(LSV_PERM, argv[optind], ": no arguments, please");
}

int
main(int argc, char **argv)
{
	static struct sink s = {.opt = {.address = "127.0.0.1",
				    .port = 2525,
				    .control_port = 2526,
				    .seed = 1,
				    .pipelining = 1}};
	struct buf b = {.p = NULL};
	sigset_t asleep;

	msg_prog = "lsv-sink";
	options(&s.opt, argc, argv);
	s.random = 88172645463325252u ^ (s.opt.seed * 0x9e3779b97f4a7c15u);
	if (sig_block(&asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to block signals");
	record_open(&s);
	tls_open(&s);
	net_listen(&s);
	net_loop(&s, &asleep);
	record_flush(&s);
	stats_json(&s, &b);
	if (buf_write(&b, 1) < 0)
		msg_diesys(LSV_TEMP, "unable to write the counters");
	return LSV_OK;
}
