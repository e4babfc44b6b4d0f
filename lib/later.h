/* later.h - files that wait in later/ until they are due, brought back to now/
 *
 * The time is that of the last line L of the journal.  The directories are read
 * when something in them is due, and now and then unasked; whoever moves a file
 * there says so with later_due, or has done no harm.
 */
#ifndef LSV_LATER_H
#define LSV_LATER_H

#include <stddef.h>
#include <stdint.h>

#include "lib/ids.h"
#include "lib/pools.h"

/* What later_scan did. */
enum {
	LATER_BACK = 1,    /* files are in now/ again */
	LATER_TROUBLE = 2, /* something failed, errno says what; soon again */
};

/* struct later_file - a file, and when it is due */
struct later_file {
	char name[ID_NAME_MAX];
	uint64_t us;
};

/* struct later - what is known of some places; zeroed before its first use
 *
 * place   of each: what later/ held at the last look, sorted by name
 * due_us  when the next file is due; UINT64_MAX: none known
 * scan_ms when the directories are read unasked, clock_mono_ms()
 */
struct later {
	struct {
		struct later_file *of;
		size_t n;
	} place[POOL_PLACES];
	uint64_t due_us, scan_ms;
};

/* later_scan - bring back what is due, if anything may be
 *
 * first, last  places of lib/pools.h
 * longest_ms   a time further ahead was made by another clock: it is due
 * A file that cannot be read goes to held/, with a line in the log.
 * Returns bits LATER_BACK and LATER_TROUBLE, or 0
 */
int later_scan(struct later *l, const struct pools *p, unsigned first,
    unsigned last, uint64_t longest_ms);

/* later_due - a file has come that is due then */
void later_due(struct later *l, uint64_t us);

/* later_wait_ms - how long later_scan has nothing to do */
uint64_t later_wait_ms(const struct later *l);

/* later_delay_us - how long a file waits
 *
 * least_ms, most_ms  RETRY_MIN and RETRY_MAX
 * tries   how often it waited before: each doubles the time
 */
uint64_t later_delay_us(uint64_t least_ms, uint64_t most_ms, uint32_t tries);

/* later_free - give the memory back; l is as zeroed */
void later_free(struct later *l);

#endif
