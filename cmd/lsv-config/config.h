/* config.h - the commands of lsv-config */
#ifndef LSV_CONFIG_H
#define LSV_CONFIG_H

#include "lib/ofat.h"

enum { CONFIG_BAD = 1 }; /* exit code: the file has errors */

/* struct options - what the command line asks for
 *
 * json, dry_run, effective   1 when given
 * argument   FILE or KEY, NULL when there is none
 */
struct options {
	int json;
	int dry_run;
	int effective;
	const char *argument;
};

/* Each command prints to standard output and returns the exit code; what keeps
 * it from working ends the program with a message. */
int config_check(const struct options *o);
int config_apply(const struct options *o);
int config_show(const struct options *o);
int config_explain(const struct options *o);

/* config_quote - append a value so that site.cfg reads it as it is
 *
 * Plain where that is possible, else in double quotes. Ends the program when
 * memory is out.
 */
void config_quote(stralloc *out, const char *s, size_t len);

/* config_flush - write what was collected to standard output
 *
 * Ends the program when it cannot, or when failed is not 0 (memory was out).
 */
void config_flush(stralloc *out, int failed);

#endif
