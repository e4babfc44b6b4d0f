#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <time.h>

#include "lib/cjli.h"

static void
puts_to(stralloc *out, const char *s)
{
	assert_int_equal(sa_puts(out, s), 0);
}

static void
put(stralloc *out, struct bytes b)
{
	assert_int_equal(sa_put(out, b.s, b.len), 0);
}

static void
put_number(stralloc *out, size_t n)
{
	assert_int_equal(sa_addu(out, n), 0);
}

static void
put_options(stralloc *out, const struct cjli_job *j)
{
	static const char *const reply[] = {"", " none", " to:"};
	char after[32];

	puts_to(out, j->outer ? "OUTER" : "JOB ");
	put(out, j->name);
	puts_to(out, j->echo ? "" : " noecho");
	puts_to(out, j->stat ? "" : " nostat");
	puts_to(out, j->message ? " message" : "");
	puts_to(out, reply[j->reply]);
	put(out, j->addresses);
	if (j->after >= 0) {
		snprintf(after, sizeof after, " after:%d", j->after);
		puts_to(out, after);
	}
	puts_to(out, j->refused ? " refused\n" : "\n");
}

static void
put_dataset(stralloc *out, const struct cjli_dataset *d)
{
	static const char *const form[] = {"\"", "*", "EOF"};

	puts_to(out, "d");
	put_number(out, d->card);
	puts_to(out, " ");
	put(out, d->name);
	puts_to(out, " ");
	puts_to(out, form[d->form]);
	put_number(out, d->line);
	puts_to(out, " [");
	put(out, d->data);
	puts_to(out, "]\n");
}

/* A job in lines: its options, c commands, d datasets, ! errors. */
static void
put_job(stralloc *out, const struct cjli_job *j)
{
	put_options(out, j);
	for (size_t i = 0; i < j->ncommands; i++) {
		puts_to(out, "c");
		put_number(out, j->command[i].line);
		puts_to(out, " ");
		put(out, j->command[i].text);
		puts_to(out, "\n");
	}
	for (size_t i = 0; i < j->ndatasets; i++)
		put_dataset(out, j->dataset + i);
	for (size_t i = 0; i < j->nerrors; i++) {
		puts_to(out, "! ");
		assert_int_equal(cjli_error_put(out, j->error + i), 0);
		puts_to(out, "\n");
	}
}

static void
assert_text(struct bytes text, const char *want)
{
	struct cjli c;
	struct cjli_job job;
	stralloc out = {0};

	cjli_begin(&c, text);
	while (cjli_next(&c, &job) > 0) {
		put_job(&out, &job);
		cjli_job_free(&job);
	}
	assert_int_equal(cjli_next(&c, &job), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, want);
	sa_free(&out);
}

/* The same with CR LF at the ends of lines: datasets keep theirs, and tests
 * that have one do not come here. */
static void
assert_jobs(const char *text, const char *want)
{
	stralloc crlf = {0};

	assert_text(bytes_z(text), want);
	for (const char *s = text; *s; s++)
		put(&crlf, *s == '\n' ? bytes_z("\r\n") : (struct bytes){s, 1});
	assert_text((struct bytes){crlf.s, crlf.len}, want);
	sa_free(&crlf);
}

static void
reads_the_job_of_the_rfc(void **state)
{
	(void)state;
	assert_text(bytes_z("litter of a gateway\n"
			    "//jobname JOB ECHO=NO\n"
			    "DISTRIBUTE MAIL\n"
			    "//To DD *\n"
			    "user1@host1 BSMTP\n"
			    "user2@host2 BSMTP\n"
			    "/*\n"
			    "//Data DD *,EOF\n"
			    "From: x\n"
			    "\n"
			    "/*\n"
			    "// EOJ\n"),
	    "JOB jobname noecho\n"
	    "c3 DISTRIBUTE MAIL\n"
	    "d4 To *5 [user1@host1 BSMTP\nuser2@host2 BSMTP\n]\n"
	    "d8 Data EOF9 [From: x\n\n/*\n// EOJ\n]\n");
}

static void
reads_a_job_written_by_a_program_without_slashes(void **state)
{
	(void)state;
	assert_text(bytes_z("//JOBNAME JOB ECHO=YES\n"
			    "// DISTRIBUTE MAIL-MERGE DBMS=YES ,\n"
			    "FROM=owner-nolist-e_123@venus.example.com ,\n"
			    "PW=XXXXXXXX\n"
			    "//TO DD *\n"
			    "SELECT * FROM x,\n"
			    "/*\n"
			    "//DATA DD *\n"
			    "Date: &*DATE;\n"
			    "/*\n"),
	    "JOB JOBNAME\n"
	    "c2 DISTRIBUTE MAIL-MERGE DBMS=YES "
	    "FROM=owner-nolist-e_123@venus.example.com PW=XXXXXXXX\n"
	    "d5 TO *6 [SELECT * FROM x,\n]\n"
	    "d8 DATA *9 [Date: &*DATE;\n]\n");
}

static void
reads_a_job_between_servers(void **state)
{
	(void)state;
	assert_text(bytes_z("//D0004711 JOB Echo=No,Reply-to=None\n"
			    "// DIST2 MAIL I=Y POOL=A FORW(CRC) ,\n"
			    "//+ CRC=1C291CA3 HOPS=1 ,\n"
			    "//+ HOST(12 726)\n"
			    "//DATA DD *,EOF\n"
			    "x"),
	    "JOB D0004711 noecho none\n"
	    "c2 DIST2 MAIL I=Y POOL=A FORW(CRC) CRC=1C291CA3 HOPS=1 "
	    "HOST(12 726)\n"
	    "d5 DATA EOF6 [x]\n");
}

static void
continues_lines_as_the_manual_says(void **state)
{
	(void)state;
	/* a comma goes, a blank before it stays, none is added */
	assert_jobs("// JOB\n// REVIEW which,\n//    requires\n",
	    "JOB \nc2 REVIEW whichrequires\n");
	assert_jobs("// JOB\n// REVIEW which ,\n// requires\n",
	    "JOB \nc2 REVIEW which requires\n");
	/* from column 5 on, blanks and all, and also without a comma */
	assert_jobs("// JOB\n// REVIEW a,\n//+  b,\n//+ c\n//+ ,d\n",
	    "JOB \nc2 REVIEW a bc,d\n");
	/* padded to a card of 80 columns */
	assert_jobs("// JOB   \n// REVIEW a ,      \n// b   \n",
	    "JOB \nc2 REVIEW a b\n");
	/* two commas leave one */
	assert_jobs("//J JOB ECHO=NO,,\n// STAT=NO\n", "JOB J noecho nostat\n");
	/* a comma that nothing continues is one */
	assert_jobs(
	    "// JOB\nREVIEW a,\n\nb\n// EOJ\n", "JOB \nc2 REVIEW a,\nc4 b\n");
	assert_jobs("// JOB\nREVIEW a,\n//X DD \"1\"\n",
	    "JOB \nc2 REVIEW a,\nd3 X \"3 [1]\n");
	assert_jobs("// JOB\n//+ x\n",
	    "JOB \n! Line 2: the card continues nothing: //+ x\n");
}

static void
ends_a_card_where_its_comment_begins(void **state)
{
	(void)state;
	assert_jobs("//MYJOB JOB ECHO=NO AFTER=19:00,\n"
		    "HELP\n"
		    "//X DD \"a b\" remark,\n"
		    "THANKS\n"
		    "//* a comment of its own,\n"
		    "//\n"
		    "//END EOJ of it,\n"
		    "nothing\n",
	    "JOB MYJOB noecho\nc2 HELP\nc4 THANKS\nd3 X \"3 [a b]\n");
}

static void
takes_an_unknown_card_for_a_command(void **state)
{
	(void)state;
	assert_jobs("//j JOB\n"
		    "//LABEL  distribute mail\n"
		    "   HELP\n"
		    "//\tSHOW\tVERSION\n",
	    "JOB j\nc2 distribute mail\nc3 HELP\nc4 SHOW\tVERSION\n");
}

static void
reads_the_options_of_a_job_card(void **state)
{
	(void)state;
	assert_jobs("//A JOB echo=yes,Reply-To=sender,reply-via=mail,stat=yes\n"
		    "//B JOB Reply-to=\"a@b c@d\",Reply-via=MSG,AFTER=19:05\n"
		    "//C JOB REPLY-TO=a@b,REPLY-VIA=Message,Stat=NO\n"
		    "//D JOB After=0:00\n",
	    "JOB A\n"
	    "JOB B message to:a@b c@d after:1145\n"
	    "JOB C nostat message to:a@b\n"
	    "JOB D after:0\n");
}

static void
says_which_option_of_a_job_card_is_wrong(void **state)
{
	(void)state;
	assert_jobs("//A JOB echo=maybe,stat,reply-via=fax\n"
		    "//B JOB Reply-to=you,PRIOR=3,,ECHO=NO\n"
		    "//C JOB Reply-to=\"nobody\"\n",
	    "JOB A\n"
	    "! Line 1: Echo= is YES or NO: echo=maybe\n"
	    "! Line 1: Stat= is YES or NO: stat\n"
	    "! Line 1: Reply-via= is Mail, Message or MSG: reply-via=fax\n"
	    "JOB B noecho\n"
	    "! Line 2: Reply-to= is Sender, None or addresses in quotes: "
	    "Reply-to=you\n"
	    "! Line 2: a JOB card has no such option: PRIOR=3\n"
	    "JOB C\n"
	    "! Line 3: Reply-to= is Sender, None or addresses in quotes: "
	    "Reply-to=\"nobody\"\n");
	assert_jobs("//A JOB AFTER=24:00\n//B JOB AFTER=7:5\n"
		    "//C JOB AFTER=-1:30\n//D JOB AFTER=\n",
	    "JOB A refused\n"
	    "! Line 1: After= is a time of day, hh:mm: AFTER=24:00\n"
	    "JOB B refused\n"
	    "! Line 2: After= is a time of day, hh:mm: AFTER=7:5\n"
	    "JOB C refused\n"
	    "! Line 3: After= is a time of day, hh:mm: AFTER=-1:30\n"
	    "JOB D refused\n"
	    "! Line 4: After= is a time of day, hh:mm: AFTER=\n");
}

static void
reads_one_job_after_another(void **state)
{
	(void)state;
	assert_jobs("before\n"
		    "//A JOB\nHELP\n// EOJ\n"
		    "between\n//X DD *\n"
		    "//B JOB\nTHANKS\n"
		    "//C JOB\n"
		    "// eoj\nafter\n",
	    "JOB A\nc3 HELP\nJOB B\nc8 THANKS\nJOB C\n");
}

static void
reads_every_form_of_dataset(void **state)
{
	(void)state;
	assert_text(bytes_z("// JOB\n"
			    "//A DD \"\"\n"
			    "//b dd \"say \"\"hi\"\" to me\" why not\n"
			    "//C DD *\n"
			    "/*\n"
			    "//D DD *,Res=Disk\n"
			    "//E DD *\n"
			    " /*\n"
			    "/*x\n"
			    "/*  \n"
			    "//F DD *,Res=Storage,EOF\n"
			    "\n"),
	    "JOB \n"
	    "d2 A \"2 []\n"
	    "d3 b \"3 [say \"hi\" to me]\n"
	    "d4 C *5 []\n"
	    "d6 D *7 [//E DD *\n /*\n/*x\n]\n"
	    "d11 F EOF12 [\n]\n");
}

static void
keeps_datasets_byte_for_byte(void **state)
{
	static const char tail[] = "\r\n/*\n//B DD *,EOF\nx\0\r";
	char text[1 << 18];
	struct cjli c;
	struct cjli_job job;
	size_t head, n;

	(void)state;
	head = n = (size_t)snprintf(text, 64, "// JOB\n//A DD *\r\n");
	for (unsigned i = 0; n < sizeof text - 1000; i++)
		text[n++] = (char)(i * 31 >> 3);
	memcpy(text + n, tail, sizeof tail - 1);
	cjli_begin(&c, (struct bytes){text, n + sizeof tail - 1});
	assert_int_equal(cjli_next(&c, &job), 1);
	assert_int_equal(job.nerrors, 0);
	assert_int_equal(job.ndatasets, 2);
	assert_ptr_equal(job.dataset[0].data.s, text + head);
	assert_int_equal(job.dataset[0].data.len, n - head + 2);
	assert_int_equal(job.dataset[1].data.len, 3);
	assert_memory_equal(job.dataset[1].data.s, "x\0\r", 3);
	cjli_job_free(&job);
}

static void
says_which_dd_card_is_wrong(void **state)
{
	(void)state;
	assert_text(bytes_z("// JOB\n"
			    "//TO DD *\na@b\n/*\n"
			    "//to DD *\nc@d\n/*\n"
			    "// DD *\ne@f\n/*\n"
			    "//A DD *,DLM=##\ng@h\n/*\n"
			    "//B DD file\n"
			    "//C DD \"open\n"
			    "//D DD \"a\"b\n"
			    "//E DD\n"
			    "HELP\n"),
	    "JOB  refused\n"
	    "c18 HELP\n"
	    "d2 TO *3 [a@b\n]\n"
	    "d5 to *6 [c@d\n]\n"
	    "d11 A *12 [g@h\n]\n"
	    "! Line 5: there is another dataset of this name: to\n"
	    "! Line 8: the dataset has no name\n"
	    "! Line 11: behind DD * only EOF, Res=Disk and Res=Storage may "
	    "stand: *,DLM=##\n"
	    "! Line 14: DD wants *, *,EOF or a text in quotes: file\n"
	    "! Line 15: the text of the dataset lacks its closing quote: "
	    "\"open\n"
	    "! Line 16: text stands behind the closing quote: \"a\"b\n"
	    "! Line 17: DD wants *, *,EOF or a text in quotes\n");
}

static void
says_that_the_end_of_a_dataset_is_missing(void **state)
{
	struct cjli c;
	struct cjli_job job;
	const struct cjli_dataset *d;
	size_t line = 0;

	(void)state;
	assert_text(bytes_z("// JOB\n//TO DD *\na@b\n//DATA DD *,EOF\nx\n"),
	    "JOB  refused\n"
	    "d2 TO *3 [a@b\n//DATA DD *,EOF\nx\n]\n"
	    "! Line 2: the dataset has no end, a line with only /*: TO\n");
	assert_text(bytes_z("// JOB\n//TO DD *"),
	    "JOB  refused\n"
	    "d2 TO *3 []\n"
	    "! Line 2: the dataset has no end, a line with only /*: TO\n");
	cjli_begin(
	    &c, bytes_z("// JOB\n//TO DD *,EOF\na@b\n//Data  DD *,EOF\nx\n"));
	assert_int_equal(cjli_next(&c, &job), 1);
	assert_null(cjli_find(&job, bytes_z("DATA")));
	assert_non_null(cjli_find(&job, bytes_z("to")));
	d = cjli_hidden(&job, bytes_z("DATA"), &line);
	assert_non_null(d);
	assert_true(bytes_eq(d->name, "TO"));
	assert_int_equal(line, 4);
	assert_null(cjli_hidden(&job, bytes_z("OTHER"), &line));
	cjli_job_free(&job);
}

static void
says_what_else_is_wrong(void **state)
{
	(void)state;
	assert_jobs("//A JOB\n/*\nHELP\n",
	    "JOB A\nc3 HELP\n! Line 2: the line "
	    "ends no dataset: /*\n");
	assert_jobs("//A JOB\n//TO/X DD *\n//DD\n",
	    "JOB A refused\n"
	    "! Line 2: the label of a card may hold no slash: //TO/X DD *\n"
	    "! Line 3: there is only a label on the card: //DD\n");
	assert_jobs("//A JOB\n//\x01\x1b[2J\xff\n",
	    "JOB A refused\n! Line 2: there is only a label on the card: "
	    "//??[2J\xff\n");
}

static void
takes_mail_without_a_job_card_for_commands(void **state)
{
	(void)state;
	assert_jobs("\nsubscribe test-l Joe Doe\n\n  HELP  \n\n"
		    "-- \nJoe Doe\n555-1234\n",
	    "OUTER\nc2 subscribe test-l Joe Doe\nc4 HELP\n");
	assert_jobs("HELP\n--\nJoe\n", "OUTER\nc1 HELP\n");
	assert_jobs("", "OUTER\n");
	assert_jobs("\xef\xbb\xbfHELP", "OUTER\nc1 HELP\n");
	assert_jobs("\xef\xbb\xbf//A JOB\nHELP", "JOB A\nc2 HELP\n");
	/* the cards of a job may be there all the same */
	assert_jobs("// DISTRIBUTE MAIL ,\n//  ACK=MAIL\n//TO DD \"a@b\"\n"
		    "// EOJ\nrest\n",
	    "OUTER\nc1 DISTRIBUTE MAIL ACK=MAIL\nd3 TO \"3 [a@b]\n");
}

static void
leaves_the_mail_that_is_answered_out(void **state)
{
	(void)state;
	assert_jobs("OK\n\n"
		    "On 5 Jan 2024, LISTSERV wrote:\n"
		    "> Your command was:\n>\n> SUBSCRIBE TEST-L\n",
	    "OUTER\nc1 OK\n");
	assert_jobs("Am Freitag, 5. Januar, schrieb Joe Doe <joe@example.com\n"
		    ">:\n\n> x\nOK\n",
	    "OUTER\nc5 OK\n");
	assert_jobs("On Friday, Joe Doe <joe@example.com>\nwrote:\n\n> x\nOK\n",
	    "OUTER\nc5 OK\n");
	assert_jobs(
	    "OK\n-----Original Message-----\nFrom: x\n", "OUTER\nc1 OK\n");
	assert_jobs("OK\n________________________________\nFrom: x\n",
	    "OUTER\nc1 OK\n");
	/* but not in a job */
	assert_jobs("// JOB\n> x\nOK:\n", "JOB \nc2 > x\nc3 OK:\n");
	assert_jobs("// JOB\nHELP\n-- \nJoe\n//B JOB\nOK\n",
	    "JOB \nc2 HELP\nJOB B\nc6 OK\n");
}

static void
keeps_control_bytes_from_doing_harm(void **state)
{
	static const char text[] = "HELP\0me\n\x1b[2J\n//\0X DD \"a\0b\"\n";

	(void)state;
	struct cjli c;
	struct cjli_job job;
	stralloc out = {0};

	cjli_begin(&c, (struct bytes){text, sizeof text - 1});
	assert_int_equal(cjli_next(&c, &job), 1);
	assert_int_equal(job.ncommands, 2);
	assert_int_equal(job.command[0].text.len, 7);
	assert_int_equal(job.ndatasets, 1);
	assert_int_equal(job.dataset[0].data.len, 3);
	assert_int_equal(cjli_echo(&out, job.command[0].text), 0);
	assert_int_equal(cjli_echo(&out, job.command[1].text), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, "HELP?me?[2J");
	sa_free(&out);
	cjli_job_free(&job);
}

static void
assert_echo(const char *command, const char *want)
{
	stralloc out = {0};

	assert_int_equal(cjli_echo(&out, bytes_z(command)), 0);
	assert_int_equal(sa_0(&out), 0);
	assert_string_equal(out.s, want);
	sa_free(&out);
}

static void
never_shows_a_password(void **state)
{
	(void)state;
	assert_echo("DISTRIBUTE MAIL PW=secret ACK=MAIL",
	    "DISTRIBUTE MAIL PW=******** ACK=MAIL");
	assert_echo("SET X  pw=\"a b\" c", "SET X  pw=******** c");
	assert_echo("PW ADD secret", "PW ADD ********");
	assert_echo(
	    "quiet pw change old new", "quiet pw change ******** ********");
	assert_echo("HELP PW ADD", "HELP PW ADD");
	assert_echo("SUBSCRIBE A PW Joe", "SUBSCRIBE A PW Joe");
	assert_echo("PW", "PW");
	assert_echo("pwadd secret", "pw******** ********");
	assert_echo("PW: ADD secret", "PW******** ******** ********");
	assert_echo("PW\rADD\rsecret", "PW?ADD?********");
	assert_echo("X Y\rPW=secret", "X Y?PW=********");
	assert_echo("", "");
	assert_echo("PW=x", "PW=********");
}

/* n copies of a text behind a head. */
static stralloc
copies(const char *head, const char *text, size_t n)
{
	stralloc out = {0};

	puts_to(&out, head);
	while (n-- > 0)
		puts_to(&out, text);
	return out;
}

static void
has_a_limit_for_everything(void **state)
{
	static const struct {
		const char *head, *text;
		size_t n, commands, datasets, errors, more, jobs;
		int refused;
		const char *why;
	} cases[] = {
	    {"// JOB\n", "HELP\n", 1000, 1000, 0, 0, 0, 1, 0, NULL},
	    {"// JOB\n", "HELP\n", 1001, 1000, 0, 1, 0, 1, 0,
		"the job has more than 1,000 commands"},
	    {"// JOB\n", "HELP\n", 5000, 1000, 0, 100, 3900, 1, 0,
		"the job has more than 1,000 commands"},
	    {"HELP ", "x", 65531, 1, 0, 0, 0, 1, 0, NULL},
	    {"HELP ", "x", 65532, 0, 0, 1, 0, 1, 0,
		"the command is longer than 65,536 bytes"},
	    {"HELP", ",\nx", 65532, 1, 0, 0, 0, 1, 0, NULL},
	    {"HELP", ",\nx", 65533, 0, 0, 1, 0, 1, 0,
		"the command is longer than 65,536 bytes"},
	    {"// JOB\n// HELP", ",\n// x", 65533, 0, 0, 1, 0, 1, 1,
		"the card is longer than 65,536 bytes"},
	    {"// JOB\n//A DD *\n", "x\n", 1000001, 0, 1, 1, 0, 1, 1,
		"the dataset has no end, a line with only /*"},
	    {"", "// JOB\n", 100, 0, 0, 0, 0, 100, 0, NULL},
	    {"", "// JOB\n", 5000, 0, 0, 1, 0, 101, 1,
		"there are more than 100 jobs in one text"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		stralloc text =
		    copies(cases[i].head, cases[i].text, cases[i].n);
		struct cjli c;
		struct cjli_job job = {0};
		size_t jobs = 0;

		cjli_begin(&c, (struct bytes){text.s, text.len});
		do
			cjli_job_free(&job);
		while (cjli_next(&c, &job) > 0 && ++jobs < cases[i].jobs);
		assert_int_equal(jobs, cases[i].jobs);
		assert_int_equal(job.ncommands, cases[i].commands);
		assert_int_equal(job.ndatasets, cases[i].datasets);
		assert_int_equal(job.nerrors, cases[i].errors);
		assert_int_equal(job.more, cases[i].more);
		assert_int_equal(job.refused, cases[i].refused);
		if (cases[i].why)
			assert_string_equal(job.error[0].why, cases[i].why);
		cjli_job_free(&job);
		assert_int_equal(cjli_next(&c, &job), 0);
		sa_free(&text);
	}
}

static void
counts_the_lines_of_a_dataset(void **state)
{
	stralloc text = copies("// JOB\n//A DD *\n", "x\n", CJLI_LINES_MAX);

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct cjli c;
		struct cjli_job job;

		puts_to(&text, "/*\n");
		cjli_begin(&c, (struct bytes){text.s, text.len});
		assert_int_equal(cjli_next(&c, &job), 1);
		assert_int_equal(job.refused, i);
		if (i)
			assert_string_equal(job.error[0].why,
			    "the dataset has more than 1,000,000 lines");
		cjli_job_free(&job);
		text.len -= 3;
		puts_to(&text, "x\n");
	}
	sa_free(&text);
}

static void
refuses_more_than_64_datasets(void **state)
{
	stralloc text = {0}, want = {0};
	char line[64];

	(void)state;
	puts_to(&text, "// JOB\n");
	for (unsigned i = 0; i < 66; i++) {
		snprintf(line, sizeof line, "//D%u DD *\n%u\n/*\n", i, i);
		puts_to(&text, line);
	}
	puts_to(&want, "JOB  refused\n");
	for (unsigned i = 0; i < 64; i++) {
		snprintf(line, sizeof line, "d%u D%u *%u [%u\n]\n", 2 + i * 3,
		    i, 3 + i * 3, i);
		puts_to(&want, line);
	}
	puts_to(&want,
	    "! Line 194: the job has more than 64 datasets: D64\n"
	    "! Line 197: the job has more than 64 datasets: D65\n");
	assert_int_equal(sa_0(&want), 0);
	assert_text((struct bytes){text.s, text.len}, want.s);
	sa_free(&text);
	sa_free(&want);
}

/* Shapes that would take a careless reader time in the square of their length. */
static void
takes_time_linear_in_the_text(void **state)
{
	static const char *const shape[][2] = {{"", "a:\n"}, {"", "<\n"},
	    {"a:\n", "\n"}, {"HELP", ",\n//+ ,"}, {"", "// JOB a,\n"},
	    {"// JOB\n//A DD \"", ",\n// ,"}, {"// JOB\n", "//A DD \",\n"},
	    {"// JOB\n", "//A DD *\n"}, {"", "//"}, {"", "a,\n"},
	    {"", "x:\n\n\n\n\n\n\n\n"}, {"// JOB", " "}};

	(void)state;
	for (size_t i = 0; i < sizeof shape / sizeof shape[0]; i++) {
		stralloc text = copies(
		    shape[i][0], shape[i][1], 8000000 / strlen(shape[i][1]));
		struct cjli c;
		struct cjli_job job;
		clock_t start = clock();

		cjli_begin(&c, (struct bytes){text.s, text.len});
		while (cjli_next(&c, &job) > 0)
			cjli_job_free(&job);
		assert_true(clock() - start < 4 * CLOCKS_PER_SEC);
		sa_free(&text);
	}
}

static void
refuses_a_text_over_64_mib(void **state)
{
	size_t n = CJLI_TEXT_MAX + 1;
	char *text = calloc(n, 1);
	struct cjli c;
	struct cjli_job job;

	(void)state;
	assert_non_null(text);
	cjli_begin(&c, (struct bytes){text, n});
	assert_int_equal(cjli_next(&c, &job), 1);
	assert_int_equal(job.refused, 1);
	assert_string_equal(job.error[0].why, "the text is larger than 64 MiB");
	cjli_job_free(&job);
	assert_int_equal(cjli_next(&c, &job), 0);
	cjli_begin(&c, (struct bytes){text, n - 1});
	assert_int_equal(cjli_next(&c, &job), 1);
	assert_int_equal(job.refused, 0);
	cjli_job_free(&job);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_the_job_of_the_rfc),
	    cmocka_unit_test(reads_a_job_written_by_a_program_without_slashes),
	    cmocka_unit_test(reads_a_job_between_servers),
	    cmocka_unit_test(continues_lines_as_the_manual_says),
	    cmocka_unit_test(ends_a_card_where_its_comment_begins),
	    cmocka_unit_test(takes_an_unknown_card_for_a_command),
	    cmocka_unit_test(reads_the_options_of_a_job_card),
	    cmocka_unit_test(says_which_option_of_a_job_card_is_wrong),
	    cmocka_unit_test(reads_one_job_after_another),
	    cmocka_unit_test(reads_every_form_of_dataset),
	    cmocka_unit_test(keeps_datasets_byte_for_byte),
	    cmocka_unit_test(says_which_dd_card_is_wrong),
	    cmocka_unit_test(says_that_the_end_of_a_dataset_is_missing),
	    cmocka_unit_test(says_what_else_is_wrong),
	    cmocka_unit_test(takes_mail_without_a_job_card_for_commands),
	    cmocka_unit_test(leaves_the_mail_that_is_answered_out),
	    cmocka_unit_test(keeps_control_bytes_from_doing_harm),
	    cmocka_unit_test(never_shows_a_password),
	    cmocka_unit_test(has_a_limit_for_everything),
	    cmocka_unit_test(counts_the_lines_of_a_dataset),
	    cmocka_unit_test(refuses_more_than_64_datasets),
	    cmocka_unit_test(takes_time_linear_in_the_text),
	    cmocka_unit_test(refuses_a_text_over_64_mib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
