#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <time.h>

#include "cmd/lsv-service/service.h"
#include "lib/fio.h"
#include "lib/json.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/scanstate.h"

/* Is SPAM_EXIT failing? 1 or 0. */
static int
exit_fails(struct scanstate *st)
{
	int spool = open(root_spool(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r = spool < 0 ? -1 : scanstate_read(st, spool);

	if (r < 0 && errno != ENOENT)
		msg_warnsys("unable to read ", SCANSTATE_FILE);
	fio_close(spool);
	return r == 1 && st->open_us;
}

int
alarm_say(void)
{
	static struct scanstate st;
	char since[32] = "";
	struct tm tm;
	time_t t;

	if (!exit_fails(&st))
		return 0;
	t = (time_t)(st.open_us / 1000000);
	if (localtime_r(&t, &tm))
		strftime(since, sizeof since, "%Y-%m-%d %H:%M:%S", &tm);
	printf("%-16s alarm: SPAM_EXIT fails since %s, %llu times in a row: "
	       "%s\n",
	    "lsv-scan", since, (unsigned long long)st.failures, st.why);
	return 1;
}

int
alarm_json(struct json *j, int up)
{
	static struct scanstate st;
	int fails = up && exit_fails(&st);

	json_open(j, "alarms", '[');
	if (fails) {
		json_open(j, NULL, '{');
		json_z(j, "name", "lsv-scan");
		json_z(j, "exit", st.exit);
		json_u(j, "since", st.open_us / 1000000);
		json_u(j, "failures", st.failures);
		json_z(j, "why", st.why);
		json_close(j, '}');
	}
	json_close(j, ']');
	return fails;
}
