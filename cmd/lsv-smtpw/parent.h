/* parent.h - the process that keeps the workers */
#ifndef LSV_PARENT_H
#define LSV_PARENT_H

#include <signal.h>

#include "cmd/lsv-smtpw/smtpw.h"

enum {
	POISON_MAX = 32,   /* files remembered that a worker died of */
	POISON_DEATHS = 3, /* so many, and the file is held */
};

/* struct poison - a file that was open when workers crashed */
struct poison {
	char name[ID_NAME_MAX];
	unsigned pool, deaths;
};

/* struct hand - a place for a worker
 *
 * host, port, label  of its entry; label "2.1" is the first of SMTP_FORWARD_2
 * pid     0: not running
 * control our end of the pair
 * again_ms when it may be started again, clock_mono_ms()
 */
struct hand {
	char host[256];
	uint16_t port;
	char label[24];
	pid_t pid;
	int control;
	uint64_t again_ms;
};

/* struct due - a file in later/, and when its journal says it is due */
struct due {
	char name[ID_NAME_MAX];
	uint64_t us;
};

/* struct parent - everything
 *
 * later   what later/ of each pool held at the last look, sorted by name
 * due_us  when the next file in later/ is due; UINT64_MAX: none known
 * scan_ms when later/ is read unasked, clock_mono_ms()
 */
struct parent {
	struct site site;
	struct pools pools;
	int jobs, fifo, hold, lock;
	sigset_t asleep;
	struct hand hand[WORKERS_MAX];
	struct current *now; /* of each hand, shared with its worker */
	struct poison poison[POISON_MAX];
	unsigned poisons;
	unsigned hands;
	struct {
		struct due *of;
		size_t n;
	} later[POOL_COUNT];
	uint64_t due_us, scan_ms;
};

/* workers_plan - which workers there should be, from the site */
void workers_plan(struct parent *p);

/* workers_share - make the memory in which workers show what they work on
 *
 * Returns 0; -1 with errno
 */
int workers_share(struct parent *p);

/* workers_start - fork those that are missing */
void workers_start(struct parent *p);

/* workers_reap - collect those that ended */
void workers_reap(struct parent *p);

/* workers_wake - tell all that there may be work */
void workers_wake(struct parent *p);

/* workers_stop - let all finish what is under way, and wait for them */
void workers_stop(struct parent *p);

/* later_scan - bring back what is due, and learn when the next file is */
void later_scan(struct parent *p);

/* parent_wait - sleep until something happens */
void parent_wait(struct parent *p);

#endif
