/* spam.h - the subcommands of lsv-spam */
#ifndef LSV_SPAM_H
#define LSV_SPAM_H

/* Each takes its own words, argv[0] being the subcommand, prints to standard
 * output, and returns the exit code; what keeps it from working ends the
 * program with a message.  lsv-spam(8) tells what they do.
 */
int spam_test(int argc, char **argv);
int spam_entry(int argc, char **argv);
int spam_held(int argc, char **argv);
int spam_show(int argc, char **argv);
int spam_release(int argc, char **argv);
int spam_discard(int argc, char **argv);
int spam_report(int argc, char **argv);
int spam_alerts(int argc, char **argv);

/* spam_check_ids - n words that have to be IDs of messages, one at least; ends
 * the program when they are not */
void spam_check_ids(char **id, int n, const char *usage);

/* spam_absent - say that no such message is held; returns the exit code */
int spam_absent(const char *id);

#endif
