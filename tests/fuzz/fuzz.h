/* fuzz.h - what every fuzzer has */
#ifndef LSV_FUZZ_H
#define LSV_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* What libFuzzer calls with its inputs. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* must - what has to be true of every input: else this one is a finding */
static inline void
must(int truth)
{
	if (!truth)
		abort();
}

#endif
