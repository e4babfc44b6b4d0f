# shellcheck shell=sh disable=SC2034 # for the test
# inboxes.sh - four roots below $T with what lsv-score needs of a spool, for a test
# whose files all belong to one user; read after tap.sh
#
#   inboxes BOX...  the inboxes that are there, beside lists and a memory

LSV_ETC=$T/etc LSV_SPOOL=$T/spool LSV_LIB=$T/lib LSV_RUN=$T/run
export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN

inboxes() {
	mkdir -p "$LSV_ETC" "$LSV_LIB/lists" "$LSV_LIB/score"
	for box; do
		mkdir -p "$LSV_SPOOL/$box/tmp" "$LSV_SPOOL/$box/new" \
			"$LSV_SPOOL/$box/bad"
		mkfifo "$LSV_SPOOL/$box/trigger"
	done
}
