#include "lib/sitevar.h"

#include <stdio.h>
#include <strings.h>

#include "lib/near.h"
#include "lib/num.h"

enum {
	USED = SITEVAR_USED,
	DERIVED = SITEVAR_DERIVED,
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	HOUR = 60 * MINUTE,
	KIB = 1024,
	MIB = 1024 * KIB,
	MANY = 10000, /* items of a list: as many as fit */
};

static const uint64_t day = 24 * (uint64_t)HOUR;

/* clang-format off */
#define WORD(n, f, w, s, t) \
	{n, SITEVAR_WORD, SITEVAR_ANY, f, 0, 0, w, s, t}
#define TEXT(n, f, s, t) \
	{n, SITEVAR_TEXT, SITEVAR_ANY, f, 0, 0, NULL, s, t}
#define LIST(n, f, i, lo, hi, s, t) \
	{n, SITEVAR_LIST, SITEVAR_##i, f, lo, hi, NULL, s, t}
#define NUMBER(n, f, lo, hi, s, t) \
	{n, SITEVAR_NUMBER, SITEVAR_ANY, f, lo, hi, NULL, s, t}
#define BYTES(n, f, lo, hi, s, t) \
	{n, SITEVAR_BYTES, SITEVAR_ANY, f, lo, hi, NULL, s, t}
#define DURATION(n, f, lo, hi, w, s, t) \
	{n, SITEVAR_DURATION, SITEVAR_ANY, f, lo, hi, w, s, t}
#define BOOLEAN(n, f, s, t) \
	{n, SITEVAR_BOOLEAN, SITEVAR_ANY, f, 0, 1, NULL, s, t}
#define HOST(n, f, s, t) \
	{n, SITEVAR_HOST, SITEVAR_ANY, f, 0, 0, NULL, s, t}
#define PATH(n, f, s, t) \
	{n, SITEVAR_PATH, SITEVAR_ANY, f, 0, 0, NULL, s, t}
#define PROGRAM(n, f, s, t) \
	{n, SITEVAR_PROGRAM, SITEVAR_ANY, f, 0, 0, NULL, s, t}
#define FORWARD(n, f, s, t) \
	{n, SITEVAR_FORWARD, SITEVAR_ANY, f, 0, 0, NULL, s, t}
#define BANDWIDTH(n, f, s, t) \
	{n, SITEVAR_BANDWIDTH, SITEVAR_ANY, f, 0, 0, NULL, s, t}
#define RATE(n, f, s, t) \
	{n, SITEVAR_RATE, SITEVAR_ANY, f, 0, 0, NULL, s, t}
#define LOOPCHECK(n, f, s, t) \
	{n, SITEVAR_LOOPCHECK, SITEVAR_ANY, f, 0, 0, NULL, s, t}
#define RUNMODE(n, f, s, t) \
	{n, SITEVAR_RUNMODE, SITEVAR_ANY, f, 0, 0, NULL, s, t}
/* clang-format on */

static const struct sitevar table[] = {
    TEXT("ASYNCH_SMTP", 0, NULL, "obsolete in LISTSERV: see SMTP_FORWARD_n"),
    BOOLEAN(
	"AVS_DROP_SPAM", 0, "0", "1 lets the anti-virus station discard spam"),
    BOOLEAN("AVS_DROP_VIRUS", 0, "0",
	"1 lets the anti-virus station discard infected mail"),
    TEXT("AV_SECRET_WORD", SITEVAR_SECRET, NULL,
	"password of the anti-virus station"),
    HOST("AV_STATION", 0, NULL, "host of the anti-virus station"),
    HOST("BITNET_ROUTE", 0, NULL, "host that relays mail to BITNET addresses"),
    LIST("BOUNCES_TO", USED | DERIVED, ADDRESSES, 1, MANY,
	"the addresses of POSTMASTER that are not quiet",
	"who gets bounces that belong to no list"),
    NUMBER("BOUNCE_FORWARD_MAX", USED, 0, 1000000, "50",
	"bounces of one list forwarded to its Errors-To in a day"),
    BOOLEAN("BOUNCE_VIRUS", 0, "0",
	"1 returns infected mail to its sender instead of dropping it"),
    NUMBER("COMMAND_MAX", USED, 1, 1000000, "100",
	"messages with commands from one address in a day"),
    DURATION("CONNECT_TIMEOUT", USED, SECOND, 10UL * MINUTE, NULL, "30s",
	"how long a worker waits for a connection to its relay"),
    TEXT("CREATEPW", SITEVAR_SECRET, NULL,
	"password for creating lists by mail; obsolete in LISTSERV"),
    TEXT("DATABASE", 0, NULL, "known by name only"),
    LIST("DEBUG_FLAGS", 0, ANY, 0, MANY, NULL, "debugging flags to switch on"),
    LIST("DEFAULT_DIST_POOL", USED, POOLS, 1, 1, "-",
	"delivery pool of DISTRIBUTE jobs that name none"),
    LIST("DEFAULT_LIST_POOL", USED, POOLS, 1, 2, "-",
	"delivery pool of postings, and of administrative mail, of lists "
	"without Delivery-Pool="),
    LOOPCHECK(
	"DEFAULT_LOOPCHECK", USED, "Normal", "Loopcheck= of lists without one"),
    LIST("DEFAULT_MISC_OPTIONS", 0, ANY, 0, MANY, NULL,
	"Misc-Options= of all lists: +OPT forced, -OPT prohibited, OPT usual"),
    DURATION("DELAY_WARN", USED, 0, 60 * day, NULL, "4h",
	"age at which the sender of mail that is no posting is told of its "
	"delay"),
    LIST("DIST2_UNSIGNED", USED, PEERS, 0, MANY, NULL,
	"servers, by address or host, whose jobs without a signature are "
	"executed"),
    LIST("DIST_ALLOWED_USERS", USED, ADDRESSES, 1, MANY, NULL,
	"who may use DISTRIBUTE besides POSTMASTER"),
    LIST("DIST_FORWARD", 0, ANY, 0, MANY, NULL,
	"servers that share the work of large mail-merge jobs"),
    NUMBER("DIST_FORWARD_MINSIZE", 0, 0, 2147483647, "250",
	"smallest share of a mail-merge job handed to another server"),
    NUMBER("DIST_FORWARD_THRESHOLD", 0, 0, 2147483647, "200",
	"recipients from which a mail-merge job is shared"),
    BOOLEAN(
	"DIST_OWNER_MAIL_MERGE", 0, "0", "1 lets list owners use mail-merge"),
    BOOLEAN(
	"DIST_SECURITY", USED, "1", "0 lets anyone use DISTRIBUTE: dangerous"),
    LIST("DKIM_SIGN", 0, ANY, 0, MANY, NULL,
	"domains that sign with DKIM, each with an optional (KEY)"),
    BOOLEAN(
	"DKIM_SIGN_ALL", 0, "0", "1 signs all mail for which there is a key"),
    LIST("DMARC_NO_REWRITE", 0, ANY, 0, MANY, NULL,
	"domains whose From: is never rewritten"),
    BOOLEAN("EMBEDDED_MAIL_MERGE", 0, "1",
	"1 makes each merged message a delivery of its own"),
    NUMBER("FILEMAXL", USED, 1, 2147483647, "500000",
	"lines of the largest posting to lists without Sizelim="),
    LIST("FILTER_ALLOW", USED, FILTER, 0, MANY, NULL,
	"addresses that the built-in filter lets pass"),
    LIST("FILTER_ALSO", USED, FILTER, 0, MANY, NULL,
	"addresses that may neither post nor subscribe, '*' allowed"),
    WORD("FOREIGN_ANTI_VIRUS", 0, NULL, NULL,
	"another virus scanner works on the files of this machine"),
    NUMBER("HOLD_MAX", USED, 1, 1000000, "20000",
	"messages that are held; more wait where they came in"),
    DURATION("IDLE", USED, 0, HOUR, NULL, "30s",
	"how long a worker keeps a connection it has no mail for"),
    TEXT("IGNORE", 0, NULL, "known by name only"),
    TEXT("INSTPW", SITEVAR_SECRET, NULL, "known by name only; a password"),
    NUMBER("KEEP_DONE", USED, 0, 3650, "7", "days that finished jobs are kept"),
    BYTES("KEEP_DONE_BYTES", USED, 0, 1024ULL * 1024 * MIB, "1G",
	"size of all finished jobs that are kept"),
    NUMBER("KEEP_HOLD", USED, 0, 3650, "30",
	"days that a held message waits for a person, 0 for ever"),
    LIST("LIST_ADDRESS", 0, ANY, 1, 2, NULL,
	"List-Address= of lists without one"),
    LIST("LIST_EXITS", 0, ANY, 0, MANY, NULL,
	"programs that lists may name in Exit="),
    LIST("LOCAL", 0, ANY, 1, MANY, NULL,
	"hosts whose subscribers get a copy of their own, '*' allowed"),
    TEXT("MAILER", 0, NULL, "known by name only"),
    NUMBER("MAILMAXL", DERIVED, 1, 2147483647, "the value of FILEMAXL",
	"lines of the largest mail of any kind; obsolete in LISTSERV"),
    NUMBER("MAXBSMTP", USED, 1, 1000, "100", "recipients of one transaction"),
    NUMBER("MAXDIST", USED, 1, 100000, "10000",
	"recipients of one job for another server"),
    TEXT("MAXDISTN", 0, NULL, "known by name only"),
    TEXT("MAXDISTR", 0, NULL, "known by name only"),
    LIST("MYDOMAIN", USED | DERIVED, HOSTS, 1, MANY, "the value of NODE",
	"all names of hosts whose mail is for this server, NODE first"),
    TEXT("MYORG", 0, NULL, "name of the organisation, in the server's From:"),
    HOST("NODE", USED | SITEVAR_REQUIRED, NULL,
	"the name of this server, as in listserv@NODE"),
    BYTES("PEER_MAXSIZE", USED, 64UL * KIB, 64UL * MIB, "7M",
	"size of the largest job for another server; larger mail is delivered "
	"directly"),
    WORD("POOL_ORDER", USED, "FAIR FIFO", "FAIR",
	"order inside a pool: FAIR spares small jobs the wait for large ones, "
	"FIFO does not"),
    LIST("POSTMASTER", USED | SITEVAR_REQUIRED, MARKED, 1, MANY, NULL,
	"who runs this server; Hide: hides those behind it, Quiet: spares them "
	"notices"),
    TEXT("PRIMETIME", 0, "MON-SUN: -",
	"hours in which lists with Prime= No wait"),
    DURATION("QUEUE_LIFE", USED, SECOND, 60 * day, NULL, "5d",
	"age at which undelivered mail is given up"),
    NUMBER("REPLY_MAX", USED, 0, 1000, "1",
	"automatic replies to one address in a day"),
    DURATION("RETRY_MAX", USED, 10, 7 * day, NULL, "4h",
	"longest delay between two attempts"),
    DURATION("RETRY_MIN", USED, 10, day, NULL, "5m",
	"delay before the second attempt; each further one waits longer"),
    RUNMODE("RUNMODE", USED, "STANDALONE",
	"NETWORKED, TABLELESS host, or STANDALONE: in the backbone or not"),
    TEXT("SHUTDOWN", 0, NULL, "known by name only"),
    BYTES("SIZELIM", USED, KIB, 64UL * MIB, "64M",
	"size of the largest message taken in"),
    FORWARD("SMTP_FORWARD", USED, "127.0.0.1",
	"relay for all mail that no SMTP_FORWARD_n takes"),
    FORWARD("SMTP_FORWARD_n", USED | SITEVAR_NUMBERED, NULL,
	"workers, the relays they send to and when, and the pools they serve"),
    RATE("SMTP_MESSAGE_LIMIT", USED, NULL,
	"recipients in a time, of the server and of pools"),
    BANDWIDTH("SMTP_RATE_LIMIT", USED, NULL,
	"bandwidth of the server and of pools; each recipient counts"),
    DURATION("SMTP_TIMEOUT", USED, SECOND, HOUR, NULL, "5m",
	"how long a worker waits at each step of a transaction"),
    NUMBER("SORT_RECIPIENTS", 0, 0, 2, "0",
	"1 sorts recipients, 2 only beyond MAXBSMTP"),
    BOOLEAN("SPAM_ALERT", USED, "0", "1 tells POSTMASTER of spam alerts"),
    LIST("SPAM_BLACKLIST_FROM", USED, SPAM, 0, MANY, NULL,
	"authors whose mail is rejected; each '>' in front weighs one more"),
    PATH("SPAM_BLACKLIST_FROM_TABLE", USED, NULL,
	"file with more of them, one a line, for lsv-table spam"),
    LIST("SPAM_BLACKLIST_TO", USED, SPAM, 0, MANY, NULL,
	"recipients in the header whose mail is rejected"),
    PATH("SPAM_BLACKLIST_TO_TABLE", USED, NULL,
	"file with more of them, one a line, for lsv-table spam"),
    NUMBER("SPAM_DELAY", USED, 0, 10080, "10",
	"minutes that postings of unknown authors are held, 0 for not at "
	"all"),
    PROGRAM("SPAM_EXIT", USED, NULL, "program that judges messages"),
    WORD("SPAM_EXIT_FAIL", USED, "DEFER ACCEPT HOLD", "DEFER",
	"what becomes of mail that SPAM_EXIT could not judge: it is asked "
	"again later, the mail goes on, or it waits for a person"),
    BYTES("SPAM_EXIT_MEMORY", USED, 16UL * MIB, 64ULL * 1024 * MIB, "512M",
	"address space of one SPAM_EXIT"),
    DURATION("SPAM_EXIT_TIMEOUT", USED, 100, HOUR, NULL, "60s",
	"how long one SPAM_EXIT may take"),
    NUMBER("SPAM_EXIT_WORKERS", USED, 1, 64, "8",
	"messages that SPAM_EXIT judges at once"),
    LIST("SPAM_FEEDBACK_ACTION", 0, ANY, 1, MANY, "DELETE EXCLUDE",
	"what is done about who complains through a feedback loop"),
    WORD("SPAM_FEEDBACK_EXCLUDE_LIST", 0, NULL, NULL,
	"list whose subscribers get no list mail at all"),
    LIST("SPAM_FEEDBACK_PROBE", 0, ANY, 0, MANY, NULL,
	"domains that send feedback-loop reports"),
    BYTES("SPAM_MAXSIZE", USED, 0, 64UL * MIB, "0",
	"size above which messages are not examined, 0 for none"),
    WORD("SPAM_REJECT", USED, "BOUNCE DISCARD HOLD", "BOUNCE",
	"what becomes of mail that the lists reject: a report to its sender, "
	"nothing, or it waits for a person"),
    NUMBER("SPAM_REPORT_MAX", USED, 0, 1000000, "1000",
	"reports of rejected mail in a day"),
    NUMBER("SPAM_THRESHOLD", USED, 2, 1000, "4",
	"lists to which the same posting comes within a day when it is spam"),
    NUMBER("SPAM_WHITELIST_BOUNCE", USED, 0, 255, "1",
	"points in favour of a bounce, 0 for none"),
    LIST("SPAM_WHITELIST_FROM", USED, SPAM, 0, MANY, NULL,
	"authors whose mail is accepted unexamined"),
    PATH("SPAM_WHITELIST_FROM_TABLE", USED, NULL,
	"file with more of them, one a line, for lsv-table spam"),
    LIST("SPAM_WHITELIST_TO", USED, SPAM, 0, MANY, NULL,
	"recipients in the header whose mail is accepted unexamined"),
    PATH("SPAM_WHITELIST_TO_TABLE", USED, NULL,
	"file with more of them, one a line, for lsv-table spam"),
    DURATION("SYNC", USED, 1, 10UL * SECOND, "transaction", "200ms",
	"how long results of a delivery may be unsaved, or after each "
	"transaction"),
    WORD("SYSTEM_CHANGELOG", 0, "0 1 SINGLE WEEKLY MONTHLY YEARLY", "0",
	"one record for each posting and job in a log of the server"),
    TEXT("VALIDATE", 0, NULL, "known by name only"),
    NUMBER("WINDOW", USED, 1, 64, "8",
	"transactions that a worker has in flight at once"),
};

const struct sitevar *
sitevar_table(size_t *n)
{
	*n = sizeof table / sizeof table[0];
	return table;
}

/* "SMTP_FORWARD_12" against "SMTP_FORWARD_n": the number, 0 for no match. */
static unsigned
numbered(const struct sitevar *v, const char *name)
{
	size_t stem = strlen(v->name) - 1;
	uint64_t n = 0;

	if (strncasecmp(v->name, name, stem) != 0 || name[stem] == '0' ||
	    num_u64(&n, name + stem, strlen(name + stem), SITEVAR_N_MAX) < 0)
		return 0;
	return (unsigned)n;
}

const struct sitevar *
sitevar_find(const char *name, unsigned *number)
{
	unsigned n = 0;

	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		const struct sitevar *v = &table[i];

		if (v->flags & SITEVAR_NUMBERED)
			n = numbered(v, name);
		if (n ||
		    (strcasecmp(v->name, name) == 0 &&
			!(number && v->flags & SITEVAR_NUMBERED))) {
			if (number)
				*number = n;
			return v;
		}
	}
	return NULL;
}

void
sitevar_name(
    char out[SITEVAR_NAME_MAX], const struct sitevar *v, unsigned number)
{
	size_t len = strlen(v->name);

	if (number == 0)
		snprintf(out, SITEVAR_NAME_MAX, "%s", v->name);
	else
		snprintf(out, SITEVAR_NAME_MAX, "%.*s%u", (int)len - 1, v->name,
		    number);
}

int
sitevar_suggest(char out[SITEVAR_NAME_MAX], const char *name)
{
	size_t len = strlen(name), stem = len;
	unsigned best = 4;
	uint64_t n = 0;

	if (len >= SITEVAR_NAME_MAX)
		return 0;
	while (stem > 0 && name[stem - 1] >= '0' && name[stem - 1] <= '9')
		stem--;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		const struct sitevar *v = &table[i];
		size_t vlen = strlen(v->name), nlen = len;
		unsigned d;

		n = 0;
		if (v->flags & SITEVAR_NUMBERED &&
		    num_u64(&n, name + stem, len - stem, SITEVAR_N_MAX) == 0 &&
		    n > 0) {
			nlen = stem;
			vlen--;
		}
		d = near_distance(name, nlen, v->name, vlen);
		if (d < best && d <= nlen / 3) {
			best = d;
			if (n == 0 && v->flags & SITEVAR_NUMBERED)
				n = 1;
			sitevar_name(out, v, (unsigned)n);
		}
	}
	return best < 4;
}

const char *
sitevar_kind_name(enum sitevar_kind kind)
{
	static const char *const names[] = {
	    [SITEVAR_WORD] = "word",
	    [SITEVAR_TEXT] = "text",
	    [SITEVAR_LIST] = "list",
	    [SITEVAR_NUMBER] = "number",
	    [SITEVAR_BYTES] = "bytes",
	    [SITEVAR_DURATION] = "duration",
	    [SITEVAR_BOOLEAN] = "boolean",
	    [SITEVAR_HOST] = "host",
	    [SITEVAR_PATH] = "path",
	    [SITEVAR_PROGRAM] = "program",
	    [SITEVAR_FORWARD] = "forward",
	    [SITEVAR_BANDWIDTH] = "bandwidth",
	    [SITEVAR_RATE] = "rate",
	    [SITEVAR_LOOPCHECK] = "loopcheck",
	    [SITEVAR_RUNMODE] = "runmode",
	};

	return names[kind];
}

/* A quantity in the largest unit that divides it; unit[0] counts ones. */
static int
put_scaled(
    stralloc *out, uint64_t n, const uint64_t *size, const char *const *unit)
{
	size_t best = 0;

	for (size_t i = 0; size[i]; i++)
		if (n > 0 && n % size[i] == 0)
			best = i;
	return sa_addu(out, n / size[best]) < 0 ? -1 : sa_puts(out, unit[best]);
}

static int
put_quantity(stralloc *out, const struct sitevar *v, uint64_t n)
{
	static const uint64_t ms[] = {1, 1000, 60000, 3600000, 86400000, 0};
	static const char *const ms_unit[] = {"ms", "s", "m", "h", "d"};
	static const uint64_t bytes[] = {1, KIB, MIB, 1024ULL * MIB, 0};
	static const char *const bytes_unit[] = {"", "K", "M", "G"};

	if (v->kind == SITEVAR_DURATION)
		return put_scaled(out, n, ms, ms_unit);
	if (v->kind == SITEVAR_BYTES)
		return put_scaled(out, n, bytes, bytes_unit);
	return sa_addu(out, n);
}

static int
put_range(stralloc *out, const struct sitevar *v)
{
	if (put_quantity(out, v, v->min) < 0)
		return -1;
	if (v->min == v->max)
		return 0;
	return sa_puts(out, " to ") < 0 ? -1 : put_quantity(out, v, v->max);
}

static int
put_words(stralloc *out, const char *words)
{
	for (; *words; words++)
		if ((*words == ' ' ? sa_puts(out, ", ")
				   : sa_put(out, words, 1)) < 0)
			return -1;
	return 0;
}

static int
wants_list(stralloc *out, const struct sitevar *v)
{
	static const char *const item[] = {
	    [SITEVAR_ANY] = "words",
	    [SITEVAR_HOSTS] = "full names of hosts",
	    [SITEVAR_ADDRESSES] = "mail addresses",
	    [SITEVAR_MARKED] = "mail addresses, Hide: and Quiet:",
	    [SITEVAR_POOLS] = "pools (A to Z or -)",
	    [SITEVAR_SPAM] = "addresses, '*' allowed, '>' in front",
	    [SITEVAR_FILTER] = "addresses, '*' allowed",
	    [SITEVAR_PEERS] = "mail addresses or full names of hosts",
	};

	if (v->item == SITEVAR_POOLS && v->max == 1)
		return sa_puts(out, "one pool (A to Z or -)");
	if (v->max < MANY && (put_range(out, v) < 0 || sa_puts(out, " ") < 0))
		return -1;
	if (sa_puts(out, item[v->item]) < 0)
		return -1;
	return sa_puts(out, ", separated by blanks");
}

int
sitevar_wants(stralloc *out, const struct sitevar *v)
{
	static const char *const plain[] = {
	    [SITEVAR_WORD] = "one word",
	    [SITEVAR_TEXT] = "any text",
	    [SITEVAR_NUMBER] = "a number from ",
	    [SITEVAR_BYTES] = "a size from ",
	    [SITEVAR_DURATION] = "a duration from ",
	    [SITEVAR_BOOLEAN] = "0 or 1",
	    [SITEVAR_HOST] = "the full name of a host",
	    [SITEVAR_PATH] = "the path of a file, from / on",
	    [SITEVAR_PROGRAM] =
		"a name of letters and digits, or a path from / on",
	    [SITEVAR_FORWARD] =
		("[count*]host[:port][(window,...)][;host...][;POOL=pools]"
		 "[;OPTION=value...]"),
	    [SITEVAR_LOOPCHECK] =
		("Normal, Full, None[,Allow-Bounces], or some of Noorigin, "
		 "Nobody, NoCRC, NoSpam, Spam-Delay(n)"),
	    [SITEVAR_RUNMODE] =
		("NETWORKED, STANDALONE, or TABLELESS and the full name of a "
		 "host"),
	    [SITEVAR_BANDWIDTH] =
		"[pools:]number and kbps, Mbps or Gbps, separated by blanks",
	    [SITEVAR_RATE] =
		"[pools:]number and /s, /m, /h or /d, separated by blanks",
	};

	if (v->kind == SITEVAR_LIST)
		return wants_list(out, v);
	if (v->kind == SITEVAR_WORD && v->words)
		return sa_puts(out, "one of ") < 0 ? -1
						   : put_words(out, v->words);
	if (v->kind == SITEVAR_FORWARD && !(v->flags & SITEVAR_NUMBERED))
		return sa_puts(out, "host[:port][;OPTION=value...]");
	if (sa_puts(out, plain[v->kind]) < 0)
		return -1;
	if (v->max == 0 || v->kind == SITEVAR_BOOLEAN)
		return 0;
	if (put_range(out, v) < 0)
		return -1;
	if (!v->words)
		return 0;
	return sa_puts(out, ", or ") < 0 ? -1 : put_words(out, v->words);
}
