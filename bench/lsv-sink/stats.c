#include <inttypes.h>
#include <sys/resource.h>

#include "bench/lsv-sink/sink.h"

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void
number(struct buf *out, const char *key, uint64_t n)
{
	buf_fmt(out, "\"%s\":%" PRIu64 ",", key, n);
}

void
stats_json(const struct sink *s, struct buf *out)
{
	const struct counters *k = &s->count;
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	buf_puts(out, "{");
	number(out, "connections", k->connections);
	number(out, "open", k->open);
	number(out, "tls", k->tls);
	number(out, "max_concurrent", k->open_max);
	number(out, "transactions", k->transactions);
	number(out, "messages", k->messages);
	number(out, "rcpts", k->rcpts);
	number(out, "rcpts_temp", k->rcpts_temp);
	number(out, "rcpts_perm", k->rcpts_perm);
	number(out, "data_temp", k->text_temp);
	number(out, "dropped", k->text_cut);
	number(out, "protoerr", k->protocol_errors);
	number(out, "early", k->early);
	number(out, "bad_octets", k->bad_octets);
	number(out, "bytes", k->bytes);
	number(out, "max_rcpts_per_msg", k->rcpts_per_message_max);
	number(out, "t_first_conn", k->first_connection);
	number(out, "t_first_mail", k->first_mail);
	number(out, "t_first_msg", k->first_message);
	number(out, "t_last_msg", k->last_message);
	buf_fmt(out, "\"sink_cpu_user_s\":%.3f,\"sink_cpu_sys_s\":%.3f}\n",
	    seconds(u.ru_utime), seconds(u.ru_stime));
}
