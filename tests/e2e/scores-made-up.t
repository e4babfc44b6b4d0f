#!/bin/sh
# Configurations and messages made up: lsv-spam says what the reference says,
# down to the addresses
#
# LSV_SEED  which ones (1); LSV_TRIES  how many (1000)
. "$(dirname "$0")/../lib/tap.sh"

LSV_ETC=$T/etc LSV_SPOOL=$T/spool LSV_LIB=$T/lib LSV_RUN=$T/run
export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
mkdir "$LSV_ETC" "$T/differ"
seed=${LSV_SEED:-1}
tries=${LSV_TRIES:-1000}

run "$TOP/tests/reference/agree.py" "$seed" "$tries" "$T/differ"
is "$status" 0 "they agree about $tries messages of seed $seed"
[ "$status" = 0 ] || {
	diag "$(head -n 40 "$T/out" "$T/err")"
	at_exit "cp -rT '$T/differ' '$LSV_BUILD/scores-$seed'"
	diag "see $LSV_BUILD/scores-$seed"
}

done_testing
