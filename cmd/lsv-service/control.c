#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cmd/lsv-service/service.h"
#include "lib/clock.h"
#include "lib/fio.h"
#include "lib/json.h"
#include "lib/msg.h"
#include "lib/roots.h"
#include "lib/spoollock.h"

enum { PAUSE_NS = 50000000, DATE_MAX = 32 };

/* Who uses the spool now?  Returns 1 or 0. */
static int
held(struct spoolholder *who)
{
	int dir = open(root_spool(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (dir < 0)
		msg_diesys(LSV_PERM, "no spool in ", root_spool());
	r = spoollock_held(dir, who);
	if (r < 0)
		msg_diesys(
		    LSV_PERM, "unable to look at ", root_spool(), "/lock");
	fio_close(dir);
	return r;
}

static int
held_by_tree(struct spoolholder *who)
{
	if (!held(who))
		return 0;
	if (strcmp(who->what, "lsv-spool") == 0)
		msg_die(
		    LSV_TEMP, root_spool(), " is being mended by lsv-spool");
	return 1;
}

static int
svc(const struct service *s, size_t i, const char *what, const char *suffix)
{
	stralloc dir = {0};
	int r;

	service_dir(s, &dir, i, suffix);
	r = s6_run((const char *[]){"s6-svc", what, dir.s, NULL}, NULL, 1);
	sa_free(&dir);
	return r;
}

/* s6-svscan was killed, its supervisors live on: each is told by itself. */
static void
stop_each(const struct service *s)
{
	for (size_t i = 0; i < s->n; i++) {
		svc(s, i, "-dx", "");
		svc(s, i, "-x", "/log");
	}
}

int
service_down(struct service *s)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	uint64_t until_ms = clock_mono_ms() + s->opt.wait_ms;
	struct spoolholder who;

	if (!held_by_tree(&who)) {
		msg_say("the services are not up");
		return LSV_OK;
	}
	services_scanned(s);
	if (s->opt.dry_run) {
		for (size_t i = 0; i < s->n; i++)
			msg_say("would stop ", s->name[i]);
		return LSV_OK;
	}
	if (s6_run((const char *[]){"s6-svscanctl", "-t", s->scan.s, NULL},
		NULL, 1) != 0)
		stop_each(s);
	while (held(&who)) {
		if (clock_mono_ms() >= until_ms)
			msg_die(LSV_TEMP,
			    "a process that the services started still uses ",
			    root_spool());
		nanosleep(&pause, NULL);
	}
	msg_say("all services are stopped");
	return LSV_OK;
}

/* A service that looks at the configuration itself, and takes SIGHUP for
 * something else, has a file that says so. */
static int
is_untold(const struct service *s, size_t i)
{
	stralloc file = {0};
	int r;

	service_dir(s, &file, i, "/no-reload");
	r = access(file.s, F_OK) == 0;
	sa_free(&file);
	return r;
}

int
service_reload(struct service *s)
{
	struct spoolholder who;
	int result = LSV_OK;

	if (!held_by_tree(&who))
		msg_die(LSV_PERM, "the services are not up");
	services_scanned(s);
	for (size_t i = 0; i < s->n; i++) {
		if (is_untold(s, i))
			continue;
		if (s->opt.dry_run) {
			msg_say("would send SIGHUP to ", s->name[i]);
		} else if (svc(s, i, "-h", "") != 0) {
			msg_warn(s->name[i], " is not supervised");
			result = LSV_TEMP;
		}
	}
	return result;
}

/* --- status --------------------------------------------------------------- */

static void
local_date(char *out, int64_t ago_s)
{
	time_t t = (time_t)(clock_wall_us() / 1000000) - (time_t)ago_s;
	struct tm tm;

	*out = 0;
	if (localtime_r(&t, &tm))
		strftime(out, DATE_MAX, "%Y-%m-%d %H:%M:%S", &tm);
}

static void
say_line(const char *name, const struct state *st)
{
	char since[DATE_MAX];

	printf("%-16s %s", name, state_words(st));
	if (st->known) {
		local_date(since, st->seconds);
		if (st->pid)
			printf(", process %lld", (long long)st->pid);
		printf(", since %s", since);
		if (st->deaths >= 0)
			printf(", deaths %lld", (long long)st->deaths);
	}
	putchar('\n');
}

static void
json_state(struct json *j, const char *name, const struct state *st)
{
	uint64_t now = clock_wall_us() / 1000000;

	json_open(j, NULL, '{');
	json_z(j, "name", name);
	json_b(j, "supervised", st->known);
	json_b(j, "up", st->up);
	json_b(j, "ready", st->ready);
	json_b(j, "wanted", st->wanted);
	if (st->pid)
		json_i(j, "pid", st->pid);
	if (st->exitcode >= 0 && !st->up)
		json_i(j, "exitcode", st->exitcode);
	if (st->signal > 0 && !st->up)
		json_i(j, "signal", st->signal);
	if (st->known)
		json_i(j, "since", (int64_t)now - st->seconds);
	if (st->deaths >= 0)
		json_i(j, "deaths", st->deaths);
	json_close(j, '}');
}

static void
json_tree(struct json *j, int up, const struct spoolholder *who)
{
	json_open(j, NULL, '{');
	json_b(j, "up", up);
	if (up) {
		json_u(j, "pid", who->pid);
		json_z(j, "host", who->host);
		json_u(j, "since", who->since_us / 1000000);
	}
	json_z(j, "spool", root_spool());
	json_open(j, "services", '[');
}

static void
json_out(struct json *j)
{
	json_close(j, '}');
	if (j->failed || sa_puts(j->out, "\n") < 0 ||
	    fio_write(1, j->out->s, j->out->len) < 0)
		msg_diesys(LSV_TEMP, "unable to write to standard output");
}

static void
say_tree(int up, const struct spoolholder *who)
{
	stralloc words = {0};

	if (!up) {
		puts("the services are not up");
		return;
	}
	if (spoollock_words(&words, who) < 0 || sa_0(&words) < 0)
		msg_diesys(LSV_TEMP, "unable to write a line");
	printf("%s: in use by %s\n", root_spool(), words.s);
	sa_free(&words);
}

/* The worst of all services: stays down before not ready before ready. */
static int
worse(int result, const struct state *st)
{
	if (st->up && st->ready)
		return result;
	if (st->known && !st->up && !st->wanted)
		return LSV_PERM;
	return result == LSV_PERM ? LSV_PERM : LSV_TEMP;
}

int
service_status(struct service *s)
{
	stralloc out = {0};
	struct json j = {.out = &out};
	struct spoolholder who;
	struct state st;
	int up = held_by_tree(&who);
	int result = up ? LSV_OK : LSV_PERM, alarm;

	if (up)
		services_scanned(s);
	if (s->opt.json)
		json_tree(&j, up, &who);
	else
		say_tree(up, &who);
	for (size_t i = 0; i < s->n; i++) {
		state_read(s, i, "", &st);
		result = worse(result, &st);
		if (s->opt.json)
			json_state(&j, s->name[i], &st);
		else
			say_line(s->name[i], &st);
	}
	if (s->opt.json) {
		json_close(&j, ']');
		alarm = alarm_json(&j, up);
		json_out(&j);
	} else {
		alarm = up && alarm_say();
		if (fflush(stdout))
			msg_diesys(
			    LSV_TEMP, "unable to write to standard output");
	}
	if (alarm && result == LSV_OK)
		result = LSV_TEMP;
	sa_free(&out);
	return result;
}
