#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/lsv-score/score.h"
#include "cmd/lsv-score/wait.h"
#include "lib/clock.h"
#include "lib/confine.h"
#include "lib/daemon.h"
#include "lib/msg.h"
#include "lib/ready.h"
#include "lib/roots.h"
#include "lib/sig.h"
#include "lib/siteneed.h"
#include "lib/sums.h"

enum {
	RESCAN_MS = 300 * 1000, /* unasked */
	AGAIN_MIN_MS = 500,     /* after trouble, doubled up to ... */
	AGAIN_MAX_MS = 60 * 1000,
	SWEEP_MS = 3600 * 1000, /* how often what is old is forgotten */
	SWEEP_STEP = 4096,      /* entries of one transaction */
};

static const char usage[] = "usage: lsv-score [-1] [-d readyfd]";

static const char help[] =
    "usage: lsv-score [-1] [-d readyfd]\n"
    "Decide what becomes of each message that came in; run by s6.\n"
    "  -1          look through the inbox once, then exit\n"
    "  -d readyfd  write a newline to this descriptor when ready\n"
    "  -h          this text\n"
    "Exit status: 0 done, 100 a person must change something, 111 try again.\n";

/* Nothing applied or a damaged table needs a person, the rest may pass. */
static int
code_of(int err)
{
	return err == ENOENT || err == EPROTO ? LSV_PERM : LSV_TEMP;
}

void
score_complain(struct score *s, const char *what)
{
	char said[SCORE_WHY_MAX];

	snprintf(said, sizeof said, "%d %s", errno, what);
	for (unsigned i = 0; i < SCORE_SAID; i++)
		if (strcmp(said, s->said[i]) == 0)
			return;
	memcpy(s->said[s->nsaid++ % SCORE_SAID], said, sizeof said);
	msg_warnsys(what);
}

void
score_later(struct score *s, struct entry *e, const char *what)
{
	score_complain(s, what);
	e->state = ENTRY_LATER;
	s->later = 1;
}

void
score_bad(struct entry *e, const char *why)
{
	e->state = ENTRY_BAD;
	e->why = why;
}

/* --- the batch ---------------------------------------------------------- */

static int
stop_is_pending(void)
{
	sigset_t set;

	return sigpending(&set) == 0 &&
	    (sigismember(&set, SIGTERM) == 1 || sigismember(&set, SIGINT) == 1);
}

/* What a message may count on: each limit by its own name, so that the answer
 * to both is the same again after a crash. */
static int
allowed(struct score *s, struct entry *e, uint64_t now_us)
{
	const struct site *c = &s->site;
	int forward = e->v.act == VERDICT_FORWARD, r;
	char whole[ID_NAME_MAX];

	r = seen_allow(&s->seen, e->name, forward ? SEEN_FORWARD : SEEN_REPLY,
	    (struct bytes){e->who.s, e->who.len},
	    forward ? c->bounce_forward_max : c->reply_max, now_us);
	if (r != 1 || e->v.act != VERDICT_REPORT)
		return r;
	id_part(whole, e->name, 2);
	return seen_allow(&s->seen, whole, SEEN_REPORT, bytes_z("site"),
	    c->spam_report_max, now_us);
}

static int
is_limited(enum verdict_act act)
{
	return act == VERDICT_FORWARD || act == VERDICT_REPLY ||
	    act == VERDICT_REPORT;
}

/* One message's share of the transaction. */
static int
record(struct score *s, struct entry *e, uint64_t now_us)
{
	char first[ID_NAME_MAX];
	int r;

	r = seen_digest(&s->seen, first, e->digest, e->name, now_us);
	if (r == 1) {
		e->v = (struct verdict){
		    .act = VERDICT_DROP, .rule = RULE_DUPLICATE};
		memcpy(e->first, first, sizeof e->first);
	}
	if (r != 0)
		return r < 0 ? -1 : 0;
	if (e->v.rule == RULE_SPAM_ALERT && e->v.act == VERDICT_REPORT) {
		r = detect_told(s, e, now_us);
		if (r < 0)
			return -1;
		if (r == 0) {
			e->v.act = VERDICT_DROP;
			e->v.unanswered = "told";
			e->nrcpt = 0;
		}
	}
	if (!is_limited(e->v.act))
		return loop_record(s, e, now_us);
	r = allowed(s, e, now_us);
	if (r == 0) {
		e->v.act = VERDICT_DROP;
		e->capped = 1;
	}
	return r < 0 ? -1 : 0;
}

static int
record_entry(struct score *s, struct entry *e, uint64_t now_us)
{
	int r;

	if (e->state == ENTRY_READ)
		return record(s, e, now_us);
	if (e->state != ENTRY_OURS)
		return 0;
	r = seen_was_allowed(&s->seen, e->name);
	if (r == 0)
		score_bad(e, verdict_rule_why(RULE_CLASS));
	return r < 0 ? -1 : 0;
}

static int
take_one(struct score *s, struct entry *e, uint64_t now_us)
{
	entry_read(s, e);
	if (e->state == ENTRY_READ)
		entry_judge(s, e);
	return record_entry(s, e, now_us);
}

/* All in one transaction: what was decided is durable before anything is handed
 * on, and a message is judged by what was recorded of those before it. */
static int
take_all(struct score *s, size_t n)
{
	uint64_t now_us = clock_wall_us();
	int r = 0;

	/* What is remembered must exist: a file may be seen before its writer
	 * has made its name durable, and a power cut would then leave only the
	 * memory, against which the mail server's next try is a duplicate. */
	if (fsync(s->dir) < 0 || seen_begin(&s->seen) < 0)
		return -1;
	for (size_t i = 0; i < n && r == 0; i++)
		r = take_one(s, &s->entry[i], now_us);
	list_done(s);
	if (seen_end(&s->seen, r == 0) < 0)
		r = -1;
	return r;
}

int
score_batch(void *arg, char (*name)[ID_NAME_MAX], size_t n)
{
	struct score *s = arg;
	int removed = 0;

	if (stop_is_pending()) {
		errno = EINTR;
		return -1;
	}
	for (size_t i = 0; i < n; i++) {
		memcpy(s->entry[i].file, name[i], sizeof s->entry[i].file);
		s->entry[i].dir = s->dir;
	}
	if (take_all(s, n) < 0) {
		if (errno == ENOTRECOVERABLE)
			msg_diesys(
			    LSV_TEMP, "unable to use my memory any more");
		score_complain(s, "unable to record what was decided");
		s->trouble = 1;
		return -1;
	}
	log_gather();
	detect_raised(s, n);
	for (size_t i = 0; i < n; i++) {
		removed |= entry_act(s, &s->entry[i]);
		wait_acted(s, &s->entry[i]);
	}
	log_release();
	if (ho_flush(&s->out) < 0 ||
	    (s->command_open && ho_flush(&s->command) < 0) ||
	    (s->held && fsync(s->hold) < 0) ||
	    (s->joined && fsync(s->wait) < 0) ||
	    (removed && fsync(s->dir) < 0)) {
		score_complain(s, "unable to make names durable");
		s->trouble = 1;
		return -1;
	}
	s->held = s->joined = 0;
	return 0;
}

/* Between batches, so that an answer does not wait for all that came in. */
static int
new_batch(void *arg, char (*name)[ID_NAME_MAX], size_t n)
{
	struct score *s = arg;

	if (score_batch(s, name, n) < 0)
		return -1;
	return s->waits.n ? wait_work(s) : 0;
}

/* --- the loop ----------------------------------------------------------- */

static void
reload(struct score *s)
{
	int had_exit = s->site.spam_exit != NULL;

	if (site_refresh(&s->site, root_etc()) < 0)
		msg_warnsys("unable to read the site configuration; "
			    "using the old one");
	else if (spam_load(s) < 0 || filter_site(s) < 0)
		msg_diesys(LSV_TEMP, "unable to use the white and blacklists");
	else
		msg_say("site configuration read again");
	wait_reload(s, had_exit);
}

/* The table of lists, where another took its place. */
static void
refresh(struct score *s)
{
	stralloc path = {0};

	if (s->tab_open) {
		if (table_refresh(&s->tab) < 0)
			score_complain(s,
			    "unable to reopen the table of "
			    "lists; using the old one");
		return;
	}
	if (root_path(&path, root_lib(), LISTS_DIR "/" LISTTAB_FILE) < 0 ||
	    table_open(&s->tab, path.s) < 0)
		score_complain(s, "unable to open the table of lists");
	else
		s->tab_open = 1;
	sa_free(&path);
}

static void
scan(struct score *s)
{
	s->later = s->trouble = 0;
	s->dir = s->in.new;
	refresh(s);
	spam_refresh(s);
	if (ho_flush(&s->out) < 0 ||
	    (s->command_open && ho_flush(&s->command) < 0)) {
		score_complain(s, "unable to make names durable");
		s->trouble = 1;
		return;
	}
	quarantine_due(s);
	if ((wait_load(s) < 0 || inbox_scan(&s->in, new_batch, s) < 0 ||
		wait_work(s) < 0) &&
	    !s->trouble && !stop_is_pending()) {
		score_complain(s, "unable to scan score/new or score/wait");
		s->trouble = 1;
	}
	if (s->box.due && outbox_run(s) < 0) {
		score_complain(s, "unable to make what an alert gives rise to");
		s->later = 1;
	}
	if (!s->later && !s->trouble)
		memset(s->said, 0, sizeof s->said);
}

static void
sweep(struct score *s, uint64_t *swept_ms)
{
	struct sums_sweep at = {.table = 0};
	ssize_t n;
	int r;

	if (*swept_ms && clock_mono_ms() - *swept_ms < SWEEP_MS)
		return;
	do
		n = seen_sweep(&s->seen, clock_wall_us(), SWEEP_STEP);
	while (n == SWEEP_STEP && !stop_is_pending());
	do
		r = sums_sweep(&s->seen, &at, clock_wall_us(), SWEEP_STEP);
	while (r == 1 && !stop_is_pending());
	if (n < 0 || r < 0 || (s->hold >= 0 && hold_sweep(s->hold) < 0) ||
	    quarantine_expire(s) < 0)
		score_complain(s, "unable to forget what is old");
	*swept_ms = clock_mono_ms();
}

/* Trouble of our own is no better for the next message: sleep through it.  To its
 * end, or who is woken too early would double it for nothing. */
static void
nap(uint64_t ms, const sigset_t *asleep)
{
	uint64_t now = clock_mono_ms(), end = now + ms;

	while (now < end && !sig_stop && !sig_reload) {
		struct timespec t = {.tv_sec = (time_t)((end - now) / 1000),
		    .tv_nsec = (long)((end - now) % 1000) * 1000000};

		ppoll(NULL, 0, &t, asleep);
		now = clock_mono_ms();
	}
}

static void
serve(struct score *s, const sigset_t *asleep)
{
	uint64_t again_ms = AGAIN_MIN_MS, swept_ms = 0;

	while (!sig_stop) {
		if (sig_reload) {
			sig_reload = 0;
			reload(s);
		}
		scan(s);
		sweep(s, &swept_ms);
		if (!s->later && !s->trouble)
			again_ms = AGAIN_MIN_MS;
		if (s->trouble)
			nap(again_ms, asleep);
		else if (inbox_wait(&s->in,
			     (int64_t)quarantine_wait(s,
				 wait_ms(s, s->later ? again_ms : RESCAN_MS)),
			     asleep) < 0)
			msg_diesys(LSV_TEMP, "unable to wait");
		if ((s->later || s->trouble) && again_ms < AGAIN_MAX_MS)
			again_ms *= 2;
	}
}

/* --- start -------------------------------------------------------------- */

static void
open_all(struct score *s)
{
	static const char *const writers[] = {"lsvin"};
	stralloc memory = {0};

	if (root_path(&memory, root_lib(), SEEN_DIR) < 0)
		msg_diesys(LSV_TEMP, "unable to start");
	s->uid = geteuid();
	if (chdir(root_spool()) < 0)
		msg_diesys(code_of(errno), "unable to use ", root_spool());
	if (inbox_open(&s->in, "score", writers, 1) < 0)
		msg_diesys(code_of(errno), "unable to open score");
	if (ho_open(&s->out, "route") < 0)
		msg_diesys(code_of(errno), "unable to open route");
	/* now, for a predecessor may have died before it woke the reader */
	s->command_open = ho_open(&s->command, "command") == 0;
	if (seen_open(&s->seen, memory.s) < 0)
		msg_diesys(LSV_TEMP, "unable to open ", memory.s);
	sa_free(&memory);
	s->hold = s->box.out = -1; /* opened when they are needed */
	s->box.due = 1;
	if (fingerprint_open(&s->print) < 0)
		msg_diesys(LSV_TEMP, "unable to start");
	s->wait = s->answers = -1;
	s->heard = 1;
	if (spam_load(s) < 0 || filter_site(s) < 0)
		msg_diesys(LSV_TEMP, "unable to use the white and blacklists");
	s->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	s->digest = EVP_MD_CTX_new();
	if (!s->sha256 || !s->digest)
		msg_die(LSV_TEMP, "unable to use SHA-256");
}

/* Only now may foreign bytes be read. */
static void
confine(void)
{
	struct confine c = {0};
	struct confine_limits limits = {.nofile = 256};
	stralloc lists = {0}, memory = {0}, spam = {0};
	int r = -1;

	if (root_path(&lists, root_lib(), LISTS_DIR) == 0 &&
	    root_path(&spam, root_lib(), SPAM_LIST_DIR) == 0 &&
	    root_path(&memory, root_lib(), SEEN_DIR) == 0) {
		const struct confine_path path[] = {
		    {"score", CONFINE_WRITE},
		    {"route", CONFINE_WRITE},
		    {"command", CONFINE_WRITE},
		    {"scan", CONFINE_WRITE},
		    {"peer", CONFINE_WRITE},
		    {HOLD_DIR, CONFINE_WRITE},
		    {memory.s, CONFINE_WRITE},
		    {lists.s, CONFINE_READ},
		    {spam.s, CONFINE_READ},
		    {root_etc(), CONFINE_READ},
		    {"/etc/localtime", CONFINE_READ},
		    {"/usr/share/zoneinfo", CONFINE_READ},
		};

		r = confine_limits(&c, &limits) < 0 ||
			confine_privileges(&c) < 0 ||
			confine_paths(&c, path, sizeof path / sizeof path[0]) <
			    0 ||
			confine_calls(&c, 0) < 0
		    ? -1
		    : 0;
	}
	if (r < 0)
		msg_diesys(LSV_TEMP, "unable to confine the program");
	confine_report(&c);
	sa_free(&lists);
	sa_free(&memory);
	sa_free(&spam);
}

int
main(int argc, char **argv)
{
	static struct score s;
	struct daemon_options o;
	sigset_t asleep;

	msg_prog = "lsv-score";
	if (daemon_options(&o, argc, argv, ":1d:h") < 0)
		msg_die(LSV_PERM, usage);
	if (o.help)
		msg_help(help);
	site_need(&s.site);
	open_all(&s);
	if (sig_block(&asleep) < 0)
		msg_diesys(LSV_TEMP, "unable to start");
	confine();
	ready_tell(o.ready_fd);
	if (o.once) {
		do
			scan(&s);
		while (!s.later && !s.trouble && quarantine_wait(&s, 1) == 0);
		return s.later || s.trouble ? LSV_TEMP : LSV_OK;
	}
	serve(&s, &asleep);
	list_closed(&s);
	seen_close(&s.seen);
	return LSV_OK;
}
