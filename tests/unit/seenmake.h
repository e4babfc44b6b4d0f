/* seenmake.h - the memory of lsv-score for tests, in a directory of their own */
#ifndef LSV_SEENMAKE_H
#define LSV_SEENMAKE_H

#include "lib/seen.h"

/* Three IDs, the first of them the oldest, and times in microseconds. */
#define A "0647c1a2b3d4d.ffffffffff"
#define B "0647c1a2b3d4e.0000000000"
#define C "0647c1a2b3d4e.9f02c4d1aa"

#define HOUR (UINT64_C(3600) * 1000000)
#define DAY (24 * HOUR)
#define NOON (UINT64_C(20000) * DAY + 12 * HOUR)

/* seen - the memory, open for writing in "score", and in a transaction */
extern struct seen seen;

/* seenmake_enter, seenmake_leave - setup and teardown functions of cmocka: those
 * of scratch.h, and the memory; the time zone is UTC
 *
 * Returns 0; -1
 */
int seenmake_enter(void **state);
int seenmake_leave(void **state);

/* seenmake_again - end the transaction, close, open, and begin another
 *
 * keep    1 makes durable what was recorded, 0 forgets it
 */
void seenmake_again(int keep);

/* seenmake_sum - a sum of SUMS_LEN bytes c
 *
 * Returns static memory
 */
const unsigned char *seenmake_sum(char c);

/* seenmake_told - sums_alert_told for such a sum and this address */
int seenmake_told(char c, const char *who, const char *id, uint64_t now_us);

/* seenmake_sweep - sums_sweep through all tables, step entries at a time */
void seenmake_sweep(uint64_t now_us, size_t step);

/* seenmake_entries - how many a table has */
size_t seenmake_entries(unsigned table);

#endif
