# shellcheck shell=sh disable=SC2034 # for the test
# spool.sh - four roots below $T for programs that are tested without services;
# read after tap.sh
#
#   $pool            the pools of $LSV_SPOOL
#   made AGE N       an ID that is so many seconds old and has this number
#   us S             the time in so many seconds, in microseconds
#   play <BOARD      plays lsv-smtpw until the next play, stop or the end of
#                    the test: mkboard shows the workers of standard input
#   stop             no worker is there any more

LSV_ETC=$T/etc LSV_SPOOL=$T/spool LSV_LIB=$T/lib LSV_RUN=$T/run
export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
mkdir -p "$LSV_ETC"
pool=$LSV_SPOOL/pool
played=

made() {
	printf '%013x.%010x' $((($(date +%s) - $1) * 1000000)) "$2"
}

us() {
	echo $((($(date +%s) + $1) * 1000000))
}

play() {
	stop
	rm -f "$T/ready"
	cat >"$T/play"
	"$LSV_BUILD/tests/lib/mkboard" "$pool" <"$T/play" >"$T/ready" \
		2>"$T/play.err" &
	played=$!
	wait_for 10 test -s "$T/ready" || diag "$(cat "$T/play.err")"
}

stop() {
	[ -n "$played" ] || return 0
	kill "$played"
	wait "$played" 2>/dev/null
	played=
}
at_exit stop
