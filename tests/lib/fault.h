/* fault.h - the file through which a crash test and preload_fault.so talk
 *
 * One file a run, mapped by every process of the programs under test; the
 * layout is also in tests/crash/fault.py, which writes the first part and reads
 * the rest. All numbers are in the machine's order.
 */
#ifndef LSV_TESTS_FAULT_H
#define LSV_TESTS_FAULT_H

#include <stdatomic.h>
#include <stdint.h>

enum {
	FAULT_MAGIC = 0x6c737666,
	FAULT_NAME = 16,  /* bytes of a name, the last is NUL */
	FAULT_FRAMES = 6, /* callers remembered of a call */
	FAULT_RECORDS = 16384,
};

/* What is done at the call that was counted out. */
enum fault_mode {
	FAULT_COUNT,       /* nothing */
	FAULT_KILL_SELF,   /* SIGKILL to the process */
	FAULT_KILL_PARENT, /* ... to the first process of its program alone */
	FAULT_KILL_ALL,    /* ... to the whole process group */
	FAULT_FAIL,        /* the call fails with error */
	FAULT_SHORT,       /* a write does half of its work */
	FAULT_NOSYNC,      /* nothing is counted; nothing is made durable */
};

/* What a call can meet; a call is counted when it has one of fault.kinds. */
enum fault_kind {
	FAULT_STATE = 1, /* it changes what others see */
	FAULT_FD = 2,    /* EMFILE */
	FAULT_SPACE = 4, /* ENOSPC */
	FAULT_IO = 8,    /* EIO */
	FAULT_INTR = 16, /* EINTR */
	FAULT_HALF = 32, /* less than asked for may be written */
};

/* struct fault_record - a call that was counted, or that something was done at
 *
 * number  how many calls came before, from 1
 * child   1: by another process than the first of its program
 * frame   return addresses in the program itself, innermost first, as offsets
 *         in its file; 0 after the last
 */
struct fault_record {
	char program[FAULT_NAME], call[FAULT_NAME];
	uint32_t number, child;
	uint64_t frame[FAULT_FRAMES];
};

/* struct fault - the file
 *
 * program whose calls count
 * first   the call at which something is done, from 1
 * span_ms with FAULT_FAIL and FAULT_SHORT, calls go on failing for so long
 * second  above 0: after a kill, once more at that call after the restart
 * kinds   which calls count
 * every   1: a record of each call that counts, also in FAULT_COUNT
 * count, again  calls so far, and since the restart
 * until   when calls stop failing, ms of the monotonic clock
 * phase   0 before the first kill, 1 after it, 2 restarted, 3 killed again
 * main    the process of the program that was started last
 * records how many there are, or should have been
 */
struct fault {
	uint32_t magic;
	uint32_t mode;
	int32_t error;
	uint32_t kinds;
	char program[FAULT_NAME];
	uint64_t first, span_ms, second;
	uint64_t every;
	_Atomic uint64_t count, again, until;
	_Atomic uint32_t phase, main;
	_Atomic uint32_t records, unused;
	struct fault_record record[FAULT_RECORDS];
};

#endif
