#include "tests/unit/smtp_dialogues.h"

#define HELLO "S 220 mx ESMTP\nC EHLO me.example\n"
#define PIPE                                                                   \
	HELLO "S 250-mx\nS 250-SIZE 5000\nS 250-8BITMIME\n"                    \
	      "S 250-ENHANCEDSTATUSCODES\nS 250 PIPELINING\nE ready\n"
#define ONE_BY_ONE HELLO "S 250 mx\nE ready\n"
#define MAIL "C MAIL FROM:<s@x> SIZE=100\n"
#define R0 "C RCPT TO:<r0@x>\n"
#define R1 "C RCPT TO:<r1@x>\n"
#define R2 "C RCPT TO:<r2@x>\n"
#define R3 "C RCPT TO:<r3@x>\n"
#define DATA "C DATA\n"
#define BODY "S 354 go\nC (body)\nC .\n"
#define OK "S 250 2.1.0 Ok\n"

#define M "C MAIL FROM:<s@x>\n"
#define ONE(rcpt, tag)                                                         \
	"T 1\n" M rcpt DATA OK OK BODY                                         \
	"S 250 ok\nE txn D dot 250 2.0.0 ok | " tag "\n"
#define R4 "C RCPT TO:<r4@x>\n"
#define R5 "C RCPT TO:<r5@x>\n"
#define R6 "C RCPT TO:<r6@x>\n"
#define CHUNK "C BDAT 100 LAST\nC (chunk)\n"
#define RSET "C RSET\n"
#define NO "S 503 5.5.1 no\n"
#define DSN HELLO "S 250-mx\nS 250-DSN\nS 250 PIPELINING\nE ready\n"
#define DSN_MAIL "C MAIL FROM:<s@x> RET=HDRS ENVID=job\n"
#define DSN_RCPT(n)                                                            \
	"C RCPT TO:<r" n "@x> NOTIFY=FAILURE ORCPT=rfc822;r" n "@x\n"
#define DSN_ONE(n)                                                             \
	"T 1\n" DSN_MAIL DSN_RCPT(n)                                           \
	DATA OK OK BODY "S 250 ok\nE txn D dot 250 2.0.0 ok | " n "\n"
/* four transactions, and the host is asked about its chunks */
#define FOUR                                                                   \
	"F 3\n" HELLO                                                          \
	"S 250-mx\nS 250-CHUNKING\nS 250 PIPELINING\nE ready\n" ONE(R0, "0")   \
	    ONE(R1, "1") ONE(R2, "2") ONE(R3, "3")
#define ASKED FOUR "C MAIL FROM:<>\nC RCPT TO:<>\n0\nR 0\n"
#define CHUNK_ASKED                                                            \
	ASKED OK "S 501 5.1.3 bad\nC BDAT 6 LAST\nC XLSV\nC RSET\n0\nR 0\n"
#define PROVEN CHUNK_ASKED NO OK "0\nR 100\n"

const struct dialogue dialogues[] = {
    {"sends_a_transaction_in_one_piece",
	PIPE "T 2\n" MAIL R0 R1 DATA "0\n" OK OK OK BODY
	     "0\nS 250 2.0.0 queued as 7\nE txn D dot 250 2.0.0 queued as 7 | "
	     "0-1\n0\n"},
    {"sends_the_next_transaction_behind_the_dot",
	PIPE "T 1\nT 1\n" MAIL R0 DATA "0\n" OK OK BODY MAIL R1 DATA
	     "R 0\nS 250 one\nE txn D dot 250 2.0.0 one | 0\nR 100\n" OK OK BODY
	     "S 250 two\nE txn D dot 250 2.0.0 two | 1\n0\n"},
    {"sends_one_command_at_a_time_without_pipelining",
	ONE_BY_ONE "T 2\nC MAIL FROM:<s@x>\n0\n" OK R0 "0\n" OK R1 "0\n" OK DATA
		   "T 1\n0\n" BODY "0\n" OK "E txn D dot 250 2.1.0 Ok | 0-1\n"
		   "C MAIL FROM:<s@x>\n0\n" OK R2 OK DATA BODY OK
		   "E txn D dot 250 2.1.0 Ok | 2\n"},
    {"says_helo_where_ehlo_is_unknown",
	HELLO "S 502 5.5.1 what?\nC HELO me.example\nS 250 mx\nE ready\n"
	      "T 1\nC MAIL FROM:<s@x>\n0\n"},
    {"gives_up_where_helo_is_refused",
	HELLO "S 500 what?\nC HELO me.example\nS 501 no\n"
	      "E closed HELO 501 5.0.0 no\n"},
    {"gives_up_on_a_greeting_of_4xx",
	"S 421 4.3.2 busy\nE closed greeting 421 4.3.2 busy\n0\n"},
    {"gives_up_on_a_greeting_of_5xx",
	"S 554 no SMTP here\nE closed greeting 554 5.0.0 no SMTP here\n0\n"},
    {"gives_up_on_a_greeting_of_3xx",
	"S 354 go on\nE closed greeting 0 4.5.0 unexpected reply\n"},
    {"gives_up_on_a_greeting_that_is_none",
	"S SSH-2.0-OpenSSH_9\nE closed greeting 0 4.5.0 not an SMTP reply\n"},
    {"takes_a_greeting_of_many_lines",
	"S 220-a\nS 220-b\nS 220\nC EHLO me.example\n0\n"},
    {"refuses_codes_that_differ_within_a_reply",
	"S 220-a\nS 250 b\nE closed greeting 0 4.5.0 not an SMTP reply\n"},
    {"gives_up_when_ehlo_is_put_off",
	HELLO "S 421 4.7.0 later\nE closed HELO 421 4.7.0 later\n"},
    {"takes_no_reply_before_its_command",
	"H\nS 220 mx\nC EHLO me.example\nS 250 mx\n"
	"E closed HELO 0 4.5.0 reply out of step\n"},
    {"reports_refused_recipients_one_by_one",
	PIPE "T 4\n" MAIL R0 R1 R2 R3 DATA OK OK "S 550 5.1.1 no such user\n"
	     "S 450 4.2.1 greylisted\nE rcpt 2 R 450 4.2.1 greylisted\n" OK BODY
	     "S 250 ok\nE rcpt 1 F 550 5.1.1 no such user\n"
	     "E txn D dot 250 2.0.0 ok | 0 3\n0\n"},
    {"lets_a_refused_mail_decide_for_all",
	PIPE "T 2\n" MAIL R0 R1 DATA "S 550 5.1.8 bad sender\n"
	     "S 503 need MAIL\nS 503 need MAIL\n0\nS 503 need MAIL\n"
	     "E txn F MAIL 550 5.1.8 bad sender | 0-1\n0\n"},
    {"sends_no_rcpt_after_a_refused_mail_without_pipelining",
	ONE_BY_ONE "T 2\nC MAIL FROM:<s@x>\nS 451 4.3.0 wait\n"
		   "E txn R MAIL 451 4.3.0 wait | 0-1\n0\nT 1\n"
		   "C MAIL FROM:<s@x>\n0\n"},
    {"sends_no_data_for_nobody_without_pipelining",
	ONE_BY_ONE "T 1\nC MAIL FROM:<s@x>\n" OK R0 "S 550 no\n"
		   "E rcpt 0 F 550 5.0.0 no\n"
		   "E txn R RCPT 550 5.0.0 no |\nC RSET\n0\n" OK
		   "T 1\nC MAIL FROM:<s@x>\n0\n"},
    {"resets_after_data_was_refused_for_nobody",
	PIPE "T 1\nT 1\n" MAIL R0 DATA OK "S 550 no\n"
	     "S 554 no valid recipients\n"
	     "E rcpt 0 F 550 5.0.0 no\n"
	     "E txn F DATA 554 5.0.0 no valid recipients |\n"
	     "C RSET\n" MAIL R1 DATA OK OK OK BODY OK
	     "E txn D dot 250 2.1.0 Ok | 1\n0\n"},
    {"sends_a_lone_dot_where_354_comes_for_nobody",
	PIPE "T 1\nT 1\n" MAIL R0 DATA OK "S 550 no\n"
	     "S 354 go\nC .\n" MAIL R1 DATA "S 250 took nothing\n"
	     "E rcpt 0 F 550 5.0.0 no\n"
	     "E txn D dot 250 2.0.0 took nothing |\n0\n"},
    {"sends_a_lone_dot_where_354_follows_a_refused_mail",
	PIPE "T 1\n" MAIL R0 DATA "S 550 no\nS 503 no\nS 354 go\nC .\n"
	     "S 250 took nothing\nE txn F MAIL 550 5.0.0 no | 0\n0\n"},
    {"sends_no_dot_where_recipients_were_accepted_without_mail",
	PIPE "T 1\n" MAIL R0 DATA "S 450 no\nS 250 yes\nS 354 go\n"
	     "E txn R DATA 354 3.0.0 go | 0\n"
	     "E closed DATA 354 3.0.0 go\n0\n"},
    {"gives_the_class_of_a_refused_data_to_the_accepted",
	PIPE "T 2\n" MAIL R0 R1 DATA OK OK "S 550 no\n"
	     "S 451 4.3.1 full\n"
	     "E rcpt 1 F 550 5.0.0 no\n"
	     "E txn R DATA 451 4.3.1 full | 0\nC RSET\n0\n"},
    {"fails_what_the_dot_is_refused_for",
	PIPE "T 1\n" MAIL R0 DATA OK OK BODY "S 554 5.7.1 spam\n"
	     "E txn F dot 554 5.7.1 spam | 0\n0\n"},
    {"retries_what_the_dot_is_put_off_for",
	PIPE "T 1\n" MAIL R0 DATA OK OK BODY "S 451 4.7.1 greylisted\n"
	     "E txn R dot 451 4.7.1 greylisted | 0\n0\n"},
    {"gives_surplus_recipients_again_and_halves_the_limit",
	PIPE "R 100\nT 4\n" MAIL R0 R1 R2 R3 DATA OK OK
	     "S 452 4.5.3 too many\nE rcpt 1 A 452 4.5.3 too many\n"
	     "S 452 4.5.3 too many\nE rcpt 2 A 452 4.5.3 too many\n"
	     "S 452 4.5.3 too many\nE rcpt 3 A 452 4.5.3 too many\n" BODY
	     "S 250 ok\nE txn D dot 250 2.0.0 ok | 0\nR 2\n"},
    {"does_not_go_below_what_was_taken",
	PIPE "T 4\n" MAIL R0 R1 R2 R3 DATA OK OK OK OK
	     "S 552 5.5.3 too many\nE rcpt 3 A 552 5.5.3 too many\n" BODY
	     "S 250 ok\nE txn D dot 250 2.0.0 ok | 0-2\nR 3\n"},
    {"counts_452_as_too_many_only_after_one_was_taken",
	PIPE "T 3\n" MAIL R0 R1 R2 DATA OK "S 452 full\n"
	     "E rcpt 0 R 452 4.0.0 full\nS 552 5.5.3 too many\n"
	     "E rcpt 1 R 552 5.5.3 too many\nS 552 quota\n"
	     "S 503 nobody\n"
	     "E rcpt 2 F 552 5.0.0 quota\n"
	     "E txn F DATA 503 5.0.0 nobody |\nC RSET\nR 100\n"},
    {"tells_a_full_mailbox_from_too_many",
	PIPE "T 2\n" MAIL R0 R1 DATA OK OK "S 452 4.2.2 mailbox full\n"
	     "E rcpt 1 R 452 4.2.2 mailbox full\n" BODY
	     "S 250 ok\nE txn D dot 250 2.0.0 ok | 0\nR 100\n"},
    {"closes_on_421_in_the_middle_of_recipients",
	PIPE "T 3\n" MAIL R0 R1 R2 DATA OK OK "S 550 no\n"
	     "S 421 4.3.2 going down\n"
	     "E rcpt 1 F 550 5.0.0 no\n"
	     "E txn R RCPT 421 4.3.2 going down | 0 2\n"
	     "E closed RCPT 421 4.3.2 going down\n0\n"},
    {"closes_on_421_to_the_dot_and_is_sure",
	PIPE "T 1\nT 1\n" MAIL R0 DATA OK OK BODY MAIL R1 DATA
	     "S 421 4.3.2 down\nE txn R dot 421 4.3.2 down | 0\n"
	     "E txn R untried dot 421 4.3.2 down | 1\n"
	     "E closed dot 421 4.3.2 down\n0\n"},
    {"calls_mail_untried_when_a_kept_connection_was_dead",
	PIPE "T 1\n" MAIL R0 DATA "S 421 4.4.2 idle too long\n"
	     "E txn R untried MAIL 421 4.4.2 idle too long | 0\n"
	     "E closed MAIL 421 4.4.2 idle too long\n"},
    {"closes_on_421_while_idle",
	PIPE "S 421 4.4.2 idle too long\n"
	     "E closed - 421 4.4.2 idle too long\n0\n"},
    {"closes_on_a_reply_while_idle",
	PIPE "S 250 hello?\nE closed - 0 4.5.0 reply out of step\n"},
    {"says_when_a_message_may_be_delivered",
	PIPE "T 1\nT 1\n" MAIL R0 DATA OK OK BODY MAIL R1 DATA
	     "L\nE txn R unsure dot 0 4.4.2 lost | 0\n"
	     "E txn R untried dot 0 4.4.2 lost | 1\n"
	     "E closed dot 0 4.4.2 lost\n0\n"},
    {"is_unsure_after_garbage_for_the_dot",
	PIPE "T 1\n" MAIL R0 DATA OK OK BODY "S \001\002\n"
	     "E txn R unsure dot 0 4.5.0 not an SMTP reply | 0\n"
	     "E closed dot 0 4.5.0 not an SMTP reply\n"},
    {"is_sure_while_the_dot_has_not_left",
	PIPE "T 1\n" MAIL R0 DATA OK OK "H\n" BODY
	     "L\nE txn R dot 0 4.4.2 lost | 0\nE closed dot 0 4.4.2 lost\n"},
    {"takes_no_answer_to_a_dot_that_has_not_left",
	PIPE "T 1\n" MAIL R0 DATA OK OK "H\n" BODY "S 250 fine\n"
	     "E txn R dot 0 4.5.0 reply out of step | 0\n"
	     "E closed dot 0 4.5.0 reply out of step\n"},
    {"retries_a_body_that_was_refused_half_way",
	PIPE "T 1\n" MAIL R0 DATA OK OK "H\n" BODY "S 552 5.3.4 too big\n"
	     "E txn R dot 552 5.3.4 too big | 0\n"
	     "E closed dot 552 5.3.4 too big\n"},
    {"takes_no_answer_to_a_rcpt_that_has_not_left",
	PIPE "H\nT 1\n" MAIL R0 DATA "S 250 fine\n"
	     "E txn R untried MAIL 0 4.5.0 reply out of step | 0\n"
	     "E closed MAIL 0 4.5.0 reply out of step\n"},
    {"notices_a_host_that_answers_twice",
	PIPE "T 1\n" MAIL R0 DATA OK OK OK "E txn R DATA 250 2.1.0 Ok | 0\n"
	     "E closed DATA 250 2.1.0 Ok\n0\n"},
    {"refuses_nobody_for_a_host_that_answers_twice",
	PIPE
	"T 2\n" MAIL R0 R1 DATA OK OK "S 550 5.1.1 who?\n" OK
	"E txn R DATA 250 2.1.0 Ok | 0-1\nE closed DATA 250 2.1.0 Ok\n0\n"},
    {"refuses_no_mail_for_a_stray_reply_to_the_mail_before",
	PIPE
	"T 1\nT 2\n" MAIL R0 DATA OK OK BODY MAIL R1 R2 DATA
	"S 250 ok\nE txn D dot 250 2.0.0 ok | 0\nS 550 stray\n" OK OK OK
	"E txn R DATA 250 2.1.0 Ok | 1-2\nE closed DATA 250 2.1.0 Ok\n0\n"},
    {"refuses_whom_a_host_refused_before_it_hung_up",
	PIPE "T 2\n" MAIL R0 R1 DATA OK "S 550 5.1.1 who?\n"
	     "L\nE rcpt 0 F 550 5.1.1 who?\nE txn R RCPT 0 4.4.2 lost | 1\n"
	     "E closed RCPT 0 4.4.2 lost\n0\n"},
    {"refuses_nobody_before_garbage",
	PIPE "T 2\n" MAIL R0 R1 DATA OK "S 550 5.1.1 who?\nS hm\n"
	     "E txn R RCPT 0 4.5.0 not an SMTP reply | 0-1\n"
	     "E closed RCPT 0 4.5.0 not an SMTP reply\n0\n"},
    {"notices_a_354_for_a_recipient",
	PIPE "T 2\n" MAIL R0 R1 DATA OK OK "S 354 go\n"
	     "E txn R RCPT 0 4.5.0 unexpected reply | 0-1\n"
	     "E closed RCPT 0 4.5.0 unexpected reply\n0\n"},
    {"notices_a_354_for_the_dot",
	PIPE "T 1\n" MAIL R0 DATA OK OK BODY "S 354 more\n"
	     "E txn R unsure dot 0 4.5.0 unexpected reply | 0\n"
	     "E closed dot 0 4.5.0 unexpected reply\n"},
    {"returns_no_mail_because_a_host_lost_its_way",
	PIPE "T 1\n" MAIL R0 DATA OK "S 503 5.5.1 need MAIL\n"
	     "E txn R RCPT 503 5.5.1 need MAIL | 0\n"
	     "E closed RCPT 503 5.5.1 need MAIL\n0\n"},
    {"returns_no_mail_because_a_host_knows_no_command",
	PIPE "T 1\n" MAIL R0 DATA "S 500 what?\n"
	     "E txn R MAIL 500 5.0.0 what? | 0\n"
	     "E closed MAIL 500 5.0.0 what?\n"},
    {"retries_where_authentication_is_wanted",
	PIPE "T 1\n" MAIL R0 DATA "S 530 5.7.0 authenticate\nS 503 a\nS 503 b\n"
	     "E txn R MAIL 530 5.7.0 authenticate | 0\n"},
    {"closes_where_rset_is_refused",
	PIPE "T 1\n" MAIL R0 DATA OK OK "S 451 no\n"
	     "E txn R DATA 451 4.0.0 no | 0\nC RSET\nS 500 what?\n"
	     "E closed RSET 500 5.0.0 what?\n"},
    {"quits_after_the_last_transaction",
	PIPE "T 1\n" MAIL R0 DATA "Q\nR 0\n" OK OK BODY "0\n" OK
	     "E txn D dot 250 2.1.0 Ok | 0\nC QUIT\n0\nS 221 bye\n"
	     "E closed QUIT 221 2.0.0 bye\n0\n"},
    {"quits_without_a_transaction",
	PIPE "Q\nC QUIT\nS 500 what?\nE closed QUIT 500 5.0.0 what?\n"},
    {"quits_as_soon_as_the_host_has_said_hello",
	"Q\n" HELLO "S 250 mx\nE ready\nC QUIT\n0\n"},
    {"believes_the_hosts_limits",
	HELLO "S 250-mx\nS 250-LIMITS MAILMAX=1 RCPTMAX=3\n"
	      "S 250 PIPELINING\nE ready\nR 3\nT 1\n"
	      "C MAIL FROM:<s@x>\n" R0 DATA OK OK BODY OK
	      "E txn D dot 250 2.1.0 Ok | 0\nR 0\nQ\nC QUIT\n0\n"},
    {"refuses_a_message_over_the_announced_size",
	PIPE "M 5001 7\nE refused 5.3.4 message of 5001 bytes is larger than "
	     "the 5000 the relay takes\n0\nM 5000 7\nT 1\n"
	     "C MAIL FROM:<s@x> SIZE=5000\n" R0 DATA},
    {"announces_eight_bits",
	PIPE
	"M 100 8\nT 1\nC MAIL FROM:<s@x> SIZE=100 BODY=8BITMIME\n" R0 DATA},
    {"refuses_eight_bits_where_they_are_not_offered",
	ONE_BY_ONE "M 100 8\nE refused 5.6.3 message has 8-bit bytes, the "
		   "relay lacks 8BITMIME\n0\n"},
    {"reads_offers_in_any_case_and_order",
	HELLO "S 250-mx\nS 250-pipelining\nS 250-Size\nS 250-X-FOO bar\n"
	      "S 250-\nS 250 8bitmime  \nE ready\nM 9 8\nT 1\n"
	      "C MAIL FROM:<s@x> SIZE=9 BODY=8BITMIME\n" R0 DATA},
    {"joins_the_lines_of_a_reply",
	PIPE "T 1\n" MAIL R0 DATA OK "S 550-5.1.1 no such\nS 550-5.1.1 user,\n"
	     "S 550 5.1.1 ask them\n"
	     "S 503 nobody\nE rcpt 0 F 550 5.1.1 no such user, ask them\n"
	     "E txn F DATA 503 5.0.0 nobody |\nC RSET\n"},
    {"takes_a_bare_code_for_a_reply",
	PIPE "T 1\n" MAIL R0 DATA "S 250\nS 250\nS 354\nC (body)\nC .\nS 250\n"
	     "E txn D dot 250 2.0.0  | 0\n"},
    {"makes_the_text_of_a_reply_harmless",
	PIPE "T 1\n" MAIL R0 DATA OK "S 550 5.1.1 a\tb\033[2Jc\rd\177\303\244\n"
	     "S 503 nobody\nE rcpt 0 F 550 5.1.1 a?b?[2Jc?d???\n"
	     "E txn F DATA 503 5.0.0 nobody |\nC RSET\n"},
    {"takes_no_enhanced_code_of_another_class",
	PIPE "T 1\n" MAIL R0 DATA OK "S 550 4.1.1 no\n"
	     "S 503 nobody\nE rcpt 0 F 550 5.0.0 4.1.1 no\n"
	     "E txn F DATA 503 5.0.0 nobody |\nC RSET\n"},
    {"keeps_to_the_window",
	"W 2\n" PIPE "T 3\n" MAIL R0 "0\n" OK R1 "0\n" OK R2 "0\n" OK DATA
	"0\n" OK BODY OK "E txn D dot 250 2.1.0 Ok | 0-2\n0\n"},
    {"sends_a_large_window_behind_the_dot",
	"W 3\n" PIPE "T 1\nT 3\n" MAIL R0 DATA OK OK BODY MAIL R1 "0\n" OK
	"E txn D dot 250 2.1.0 Ok | 0\n" R2 "0\n"},
    {"sends_chunk_behind_chunk_to_a_host_that_swallows_them",
	PROVEN "T 1\nT 1\nT 1\n" RSET M R4 CHUNK RSET M R5 CHUNK RSET M R6 CHUNK
	       "0\nR 0\n" OK OK OK
	       "S 250 2.0.0 a\nE txn D BDAT 250 2.0.0 a | 4\nR 100\n" OK OK OK
	       "S 250 2.0.0 b\nE txn D BDAT 250 2.0.0 b | 5\n" OK OK OK
	       "S 250 2.0.0 c\nE txn D BDAT 250 2.0.0 c | 6\n0\n"},
    {"sends_no_chunks_to_a_host_that_takes_them_for_commands",
	CHUNK_ASKED NO "S 500 5.5.2 XLSV?\nR 0\n" OK "R 100\n"
		       "T 1\nT 1\n" M R4 DATA OK OK BODY M R5 DATA},
    {"sends_no_chunks_to_a_host_that_took_the_empty_recipient",
	ASKED OK OK "C RSET\nR 0\n" OK "R 100\nT 1\n" M R4 DATA},
    {"sends_no_chunks_to_a_host_that_refuses_the_null_sender",
	ASKED "S 550 5.7.1 no\n" NO "C RSET\n" OK "R 100\nT 1\n" M R4 DATA},
    {"sends_no_chunks_to_a_host_that_took_one_for_nobody",
	CHUNK_ASKED OK OK "R 100\nT 1\n" M R4 DATA},
    {"does_not_ask_about_chunks_where_two_transactions_are_enough",
	HELLO "S 250-mx\nS 250-CHUNKING\nS 250 PIPELINING\nE ready\n" ONE(
	    R0, "0") ONE(R1, "1") ONE(R2, "2") ONE(R3, "3") "0\nR 100\n"},
    {"does_not_ask_about_chunks_without_pipelining",
	"F 8\n" HELLO "S 250-mx\nS 250 CHUNKING\nE ready\nR 100\n"},
    {"says_goodbye_in_the_middle_of_the_question",
	ASKED "Q\n" OK "S 501 5.1.3 bad\nC BDAT 6 LAST\nC XLSV\nC RSET\n" NO OK
	      "C QUIT\nS 221 bye\nE closed QUIT 221 2.0.0 bye\n"},
    {"ends_with_the_host_that_hangs_up_on_the_question",
	CHUNK_ASKED "L\nE closed proof of BDAT 0 4.4.2 lost\n"},
    {"lets_refused_recipients_of_a_chunk_be_its_whole_result",
	PROVEN "T 1\nT 1\n" RSET M R4 CHUNK RSET M R5 CHUNK OK OK
	       "S 550 5.1.1 who?\n" NO "E rcpt 4 F 550 5.1.1 who?\n"
	       "E txn R BDAT 503 5.5.1 no |\n" OK OK OK OK
	       "E txn D BDAT 250 2.1.0 Ok | 5\n0\n"},
    {"lets_a_refused_mail_decide_for_a_chunk",
	PROVEN "T 1\nT 1\n" RSET M R4 CHUNK RSET M R5 CHUNK OK
	       "S 550 5.1.8 bad sender\n" NO NO
	       "E txn F MAIL 550 5.1.8 bad sender | 4\n" OK OK OK OK
	       "E txn D BDAT 250 2.1.0 Ok | 5\n0\n"},
    {"lets_the_reply_to_a_chunk_decide",
	PROVEN
	"T 2\nT 1\n" RSET M R4 R5 CHUNK RSET M R6 CHUNK OK OK OK OK
	"S 552 5.3.4 too big\nE txn F BDAT 552 5.3.4 too big | 4-5\n" OK OK OK
	"S 451 4.3.0 later\nE txn R BDAT 451 4.3.0 later | 6\n0\n"},
    {"mistrusts_a_host_that_takes_a_chunk_for_nobody",
	PROVEN "T 1\n" RSET M R4 CHUNK OK OK "S 550 5.1.1 who?\n" OK
	       "E txn R BDAT 250 2.1.0 Ok | 4\nE closed BDAT 250 2.1.0 Ok\n"},
    {"mistrusts_a_chunk_that_is_answered_like_a_recipient",
	"F 3\n" HELLO "S 250-mx\nS 250-CHUNKING\nS 250-ENHANCEDSTATUSCODES\n"
	"S 250 PIPELINING\nE ready\n" ONE(R0, "0") ONE(R1, "1") ONE(
	    R2, "2") ONE(R3,
	    "3") "C MAIL FROM:<>\nC RCPT TO:<>\n" OK
		 "S 501 5.1.3 bad\nC BDAT 6 LAST\nC XLSV\nC RSET\n" NO OK
		 "T 1\nT 1\n" RSET M R4 CHUNK RSET M R5 CHUNK
		 "S 250 2.0.0 reset\nS 250 2.1.0 mail\nS 250 2.1.5 rcpt\n"
		 "S 250 2.0.0 taken\nE txn D BDAT 250 2.0.0 taken | 4\n"
		 "S 250 2.0.0 once more\nS 250 2.0.0 reset\nS 250 2.1.0 mail\n"
		 "S 250 2.1.5 rcpt\nE txn R unsure BDAT 250 2.1.5 rcpt | 5\n"
		 "E closed BDAT 250 2.1.5 rcpt\n0\n"},
    {"mistrusts_a_host_that_refuses_rset",
	PROVEN
	"T 1\n" RSET M R4 CHUNK NO
	"E txn R unsure RSET 503 5.5.1 no | 4\nE closed RSET 503 5.5.1 no\n"},
    {"is_unsure_of_every_chunk_that_left_without_a_reply",
	PROVEN
	"T 1\nT 1\nT 1\n" RSET M R4 CHUNK RSET M R5 CHUNK RSET M R6 CHUNK OK OK
	"S 550 5.1.1 who?\n" NO "E rcpt 4 F 550 5.1.1 who?\n"
	"E txn R BDAT 503 5.5.1 no |\n" OK OK OK
	"L\nE txn R unsure BDAT 0 4.4.2 lost | 5\n"
	"E txn R unsure BDAT 0 4.4.2 lost | 6\n"
	"E closed BDAT 0 4.4.2 lost\n"},
    {"is_sure_of_chunks_that_did_not_leave",
	PROVEN "H\nT 1\n" RSET M R4 CHUNK
	       "L\nE txn R untried RSET 0 4.4.2 lost | 4\n"
	       "E closed RSET 0 4.4.2 lost\n"},
    {"takes_no_reply_to_a_chunk_that_did_not_leave",
	PROVEN "H\nT 1\n" RSET M R4 CHUNK
	       "S 250 ok\nE txn R untried RSET 0 4.5.0 reply out of step | 4\n"
	       "E closed RSET 0 4.5.0 reply out of step\n"},
    {"asks_for_small_reports_that_name_the_recipient",
	DSN "T 2\n" DSN_MAIL DSN_RCPT("0") DSN_RCPT("1") DATA OK OK OK BODY OK
	"E txn D dot 250 2.1.0 Ok | 0-1\n0\n"},
    {"says_nothing_of_dsn_to_whom_refused_it_in_mail",
	DSN "T 1\nT 1\n" DSN_MAIL DSN_RCPT("0") DATA
	"S 555 5.5.4 what?\nS 503 a\nS 503 b\n"
	"E txn A MAIL 555 5.5.4 what? | 0\n" DSN_MAIL DSN_RCPT("1") DATA
	"T 1\nS 501 what?\nS 503 a\nS 503 b\n"
	"E txn A MAIL 501 5.0.0 what? | 1\n" M R2 DATA
	"S 501 what?\nS 503 a\nS 503 b\n"
	"E txn F MAIL 501 5.0.0 what? | 2\n0\n"},
    {"says_nothing_of_dsn_to_whom_refused_it_in_rcpt",
	DSN "T 3\n" DSN_MAIL DSN_RCPT("0") DSN_RCPT("1") DSN_RCPT("2") DATA OK
	"S 504 what?\nE rcpt 0 A 504 5.0.0 what?\n" OK
	"S 501 5.5.4 what?\nE rcpt 2 A 501 5.5.4 what?\n" BODY OK
	"E txn D dot 250 2.1.0 Ok | 1\nT 1\n" M R3 DATA OK
	"S 504 what?\nS 503 nobody\nE rcpt 3 F 504 5.0.0 what?\n"
	"E txn F DATA 503 5.0.0 nobody |\nC RSET\n"},
    {"gives_no_recipient_again_whose_address_is_refused",
	DSN "T 2\n" DSN_MAIL DSN_RCPT("0") DSN_RCPT("1") DATA OK
	"S 501 5.1.3 bad\n"
	"S 550 no\n"
	"S 554 nobody\nE rcpt 0 F 501 5.1.3 bad\n"
	"E rcpt 1 F 550 5.0.0 no\n"
	"E txn F DATA 554 5.0.0 nobody |\nC RSET\n" OK
	"T 1\n" DSN_MAIL DSN_RCPT("2") DATA},
    {"gives_a_chunk_again_where_dsn_is_refused",
	"F 3\n" HELLO "S 250-mx\nS 250-CHUNKING\nS 250-DSN\nS 250 PIPELINING\n"
	"E ready\n" DSN_ONE("0") DSN_ONE("1") DSN_ONE("2")
	    DSN_ONE("3") "C MAIL FROM:<>\nC RCPT TO:<>\n" OK "S 501 5.1.3 bad\n"
			 "C BDAT 6 LAST\nC XLSV\nC RSET\n" NO OK
			 "T 1\nT 1\n" RSET DSN_MAIL DSN_RCPT("4")
			     CHUNK RSET DSN_MAIL DSN_RCPT("5") CHUNK OK
	"S 555 5.5.4 what?\n" NO NO "E txn A MAIL 555 5.5.4 what? | 4\n" OK OK
	"S 555 5.5.4 what?\nE rcpt 5 A 555 5.5.4 what?\n" NO
	"E txn R BDAT 503 5.5.1 no |\nT 1\n" RSET M R6 CHUNK},
};

const size_t dialogue_count = sizeof(dialogues) / sizeof(*dialogues);
