/* board.h - what every worker of lsv-smtpw does just now, for all to see
 *
 * pool/board is shared memory with a record for each worker.  The worker
 * writes its own; anybody who may read the file sees whole records at any
 * time, also of a worker that died while it wrote.
 */
#ifndef LSV_BOARD_H
#define LSV_BOARD_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/ids.h"

#define BOARD_FILE "board" /* below pool/ */

enum {
	BOARD_WORKERS = 256, /* records */
	BOARD_LABEL = 24,    /* "2.1" and NUL */
	BOARD_HOST = 256,    /* a host and NUL */
	BOARD_TARGETS = 32,  /* targets of an entry */
	BOARD_TEXT = 161,    /* text of a reply and NUL */
};

/* What a worker does; the last four take no mail. */
enum board_state {
	BOARD_STARTING,   /* forked, or waiting to be started again */
	BOARD_DELIVERING, /* connected, or connecting, and has work */
	BOARD_IDLE,       /* no mail waits in its pools */
	BOARD_LIMITED,    /* waits for a rate limit, until until_us */
	BOARD_BUSY_HOST,  /* waits for CONCURRENCY= of its host */
	BOARD_WINDOW,     /* no window is open until until_us */
	BOARD_PROBING,    /* no target answers; tried again at until_us */
	BOARD_PAUSED,     /* by order, or why says what else */
	BOARD_DRAINED,    /* by order, and its files are done */
	BOARD_STATES,
};

/* struct board_worker - one record
 *
 * used    0: there is no such worker
 * label   "2.1": the first of SMTP_FORWARD_2; "0.1" is of SMTP_FORWARD
 * entry   n of its SMTP_FORWARD_n, 0 SMTP_FORWARD: the fallback
 * pools   bit pool_index() of each pool that it serves
 * pid     0: not running
 * state   enum board_state
 * since_us  when the state began, clock_wall_us()
 * until_us  when it will change at the latest; 0: nobody knows
 * target  place of the target in use, from 0; -1 none
 * targets targets of the entry
 * probe_us  of each target: 0 it may be used; else it could not be reached, and
 *         is tried again then
 * host, port  in use, or used last
 * tls     "TLSv1.3" and the like; empty: in clear
 * job     the .MAIL file under way; empty: none
 * pool    its pool, place as in pool_index()
 * transactions, delivered, failed, deferred  since the worker was started;
 *         the last three are recipients
 * mark    two looks at `delivered`, at least a second apart; board_write keeps
 *         them
 * code, enh, text, reply_us  the last reply of a host, and when; code 0: none
 * why     why it cannot be reached, waits or paused; empty: nothing to say
 */
struct board_worker {
	uint32_t used;
	char label[BOARD_LABEL];
	uint32_t entry;
	uint32_t pools;
	int32_t pid;
	uint32_t state;
	uint64_t since_us, until_us;
	int32_t target;
	uint32_t targets;
	uint64_t probe_us[BOARD_TARGETS];
	char host[BOARD_HOST];
	uint32_t port;
	char tls[16];
	char job[ID_NAME_MAX];
	uint32_t pool;
	uint64_t transactions, delivered, failed, deferred;
	struct {
		uint64_t us, delivered;
	} mark[2];
	uint32_t code;
	char enh[12];
	char text[BOARD_TEXT];
	uint64_t reply_us;
	char why[BOARD_TEXT];
};

/* The file as it is mapped. */
struct board;

/* board_make - map it for writing, see mapfile_make; all records are cleared
 *
 * pool    descriptor of pool/
 * Returns it; NULL with errno
 */
struct board *board_make(int pool);

/* board_look - map it for reading, see mapfile_look
 *
 * Returns it; NULL with errno ENOENT or ESTALE: no worker ran since the machine
 *         was started
 */
const struct board *board_look(int pool);

/* board_drop - unmap what either of them returned; NULL is left alone */
void board_drop(const struct board *b);

/* board_write - show a record; about 100 ns
 *
 * For one process at a time and record: the worker while it lives, else its
 * parent.
 * i       place, below BOARD_WORKERS
 * w       zero bytes behind the end of its strings; its marks are brought up to
 *         date
 * now_us  clock_wall_us()
 */
void board_write(
    struct board *b, unsigned i, struct board_worker *w, uint64_t now_us);

/* board_clear - there is no such worker */
void board_clear(struct board *b, unsigned i);

/* board_read - a record as it was at one moment
 *
 * Returns 1 with *w; 0 when there is none in that place; -1 with errno EAGAIN
 *         when it was written all the time: look again
 */
int board_read(struct board_worker *w, const struct board *b, unsigned i);

/* board_all - every record that there is, in order of place
 *
 * out     room for BOARD_WORKERS
 * b       NULL: no board, no records
 * Returns how many; one that could not be read whole is left out
 */
size_t board_all(struct board_worker *out, const struct board *b);

/* board_rate - recipients delivered a second, over the last two seconds or so
 *
 * now_us  clock_wall_us()
 */
double board_rate(const struct board_worker *w, uint64_t now_us);

/* board_state_name - "delivering", "window", ... */
const char *board_state_name(enum board_state s);

#endif
