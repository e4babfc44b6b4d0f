#!/bin/sh
# Storms: services that are told to reload, stopped, replaced or killed once a
# second while mail flows. Nothing is lost; nothing is doubled but what was
# under way when a worker was killed.
#
# LSV_STORM  seconds of each storm (5); `make check-storm` has 60, and lists of
#            20,000
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/lib/sinks.sh"

# a crash is to look like one in a sanitized build, too
export ASAN_OPTIONS="${ASAN_OPTIONS-}:handle_segv=0"

seconds=${LSV_STORM:-5}
crowd=3000 each=5 us=10000 at_once=2 window=16
[ "$seconds" -lt 30 ] || crowd=20000 us=30000
personal=$((crowd / 20))

# One relay is slow and takes DATA, the other one BDAT.
sink data -L $us
sink chunks -C -L $us
spare=
tree_make "$(free_port)" MAXBSMTP=$each WINDOW=$window \
	"SMTP_FORWARD_1=2*$(sink_at data);POOL=A-" \
	"SMTP_FORWARD_2=2*$(sink_at chunks);POOL=B" DEFAULT_LIST_POOL=A

# members N - so many addresses
members() {
	seq "$1" | sed 's/$/@example.net/'
}

# filled NAME N [LINE...] - a list with N subscribers
filled() {
	filled_name=$1 filled_n=$2
	shift 2
	list "$filled_name" "$@"
	members "$filled_n" | subscribe "$filled_name"
	echo "$filled_n" >"$T/size.$filled_name"
}

filled crowd $crowd
filled few 3
filled personal $personal 'Misc-Options= VERP' 'Delivery-Pool= B'
filled grouped $personal 'Delivery-Pool= B'

# posted LIST... - a letter to each, of which everybody has to get one
posted() {
	for posted_list; do
		letter "$posted_list" | to "$posted_list" &&
			cat "$T/size.$posted_list" >>"$T/due"
	done
}

due() {
	awk '{ n += $1 } END { print n + 0 }' "$T/due"
}

# settled - everybody has got it
settled() {
	set -- "$(pairs data chunks $spare)"
	[ "${1% *}" -ge "$(due)" ]
}

# storm NAME DOUBLES COMMAND - once a second while mail flows; at most so many
# recipients may get a letter twice
storm() {
	storm_name=$1 storm_doubles=$2
	before=$(pairs data chunks)
	posted crowd personal
	end=$(($(date +%s) + seconds)) times=0
	while [ "$(date +%s)" -lt $end ]; do
		posted few few few
		[ $((times % 5)) != 0 ] || posted personal grouped
		$3 >"$T/storm.out" 2>&1 || diag "$3: $(cat "$T/storm.out")"
		times=$((times + 1))
		posted few
		sleep 1
	done
	half=$(pairs data chunks)
	ok "$storm_name, $times times: all of it leaves" \
		wait_for $((seconds * 4 + 30)) settled
	after=$(pairs data chunks)
	is "${after% *}" "$(due)" "$storm_name: everybody got it"
	n=$((${after#* } - ${before#* }))
	diag "$((${half% *} - ${before% *})) meanwhile, $((${after% *} - ${half% *}))" \
		"afterwards; $n twice"
	ok "$storm_name: at most $storm_doubles got it twice" \
		test $n -le "$storm_doubles"
}

# It has ended, and another one is ready.
restarted() {
	s6-svc -wR -T 20000 -r "$LSV_RUN/service/lsv-smtpw"
}

stopped_and_started() {
	s6-svc -wD -T 20000 -d "$LSV_RUN/service/lsv-smtpw" &&
		s6-svc -wU -T 20000 -u "$LSV_RUN/service/lsv-smtpw"
}

tree_restarted() {
	lsv-service down && lsv-service up
}

# Another file under the old name, as a package manager does it.
replaced() {
	cp -p "$PROGRAM" "$PROGRAM.new" && mv -f "$PROGRAM.new" "$PROGRAM" &&
		restarted
}

# killed SIGNAL - one of the workers dies
killed() {
	# shellcheck disable=SC2046 # process numbers
	kill "$1" $(pgrep -P "$(smtpw_pid)" | shuf -n 1)
}

killed_hard() {
	killed -KILL
}

ok 'the services start' tree_up
PROGRAM=$(readlink "/proc/$(smtpw_pid)/exe")
storm 'reload' 0 'lsv-service reload'
storm 'stop and start' 0 stopped_and_started
storm 'restart of all services' 0 tree_restarted
case $PROGRAM in
"$T"/*) storm 'another program' 0 replaced ;;
*) skip 'the programs are not a copy' 3 ;;
esac
is "$(events lsv-smtpw ' worker-died ')" 0 'no worker died so far'

# Each of those that die has at most two transactions under way, or WINDOW of
# them that carry one recipient, or WINDOW of small jobs.
storm 'workers are killed' $((seconds * at_once * window * 3)) killed_hard
died() {
	[ "$(events lsv-smtpw ' worker-died ')" -ge "$1" ]
}
ok 'that was noticed' died $((seconds / 3))

# --- a worker that cannot be started ---------------------------------------

# crash N - worker 1.1 does, for the Nth time since the reload
crash() {
	wait_for 10 lives && killed -SEGV && wait_for 10 crashes "$1"
}
lives() {
	[ -n "$(pgrep -P "$(smtpw_pid)")" ]
}
crashes() {
	[ "$(events lsv-smtpw ' worker-died .*signal=11')" -ge "$1" ]
}
replaced_by_fallback() {
	[ "$(taken_by spare)" = 3 ]
}
sink spare
spare=spare
tree_config "SMTP_FORWARD=$(sink_at spare)" DEFAULT_LIST_POOL=A \
	"SMTP_FORWARD_1=$(sink_at data);POOL=*"
ok 'one worker for all pools' lsv-service reload
ok 'it crashes' crash 1
posted few
ok 'mail waits for the next one' wait_for 10 settled
is "$(taken_by spare)" 0 'and leaves through its relay'
ok 'it crashes again' crash 2
ok 'and a third time' crash 3
posted few
ok 'mail leaves through SMTP_FORWARD' wait_for 3 replaced_by_fallback
like "$(log lsv-smtpw)" ' fallback .*why="no worker of theirs can be started"' \
	'the log says why'
if [ "$seconds" -ge 30 ]; then
	none() {
		log lsv-smtpw | grep -q ' fallback .*pools=none'
	}
	ok 'a worker that lives for a minute takes over' wait_for 75 none
	posted few
	ok 'mail leaves' wait_for 10 settled
	is "$(taken_by spare)" 3 'through its relay'
fi

# --- hosts that hang -------------------------------------------------------

# A host that is stopped answers nothing, and no connection breaks.
ok 'only this worker' lsv-service reload
kill -STOP "$(sink_pid data)"
posted few few
silent() {
	log lsv-smtpw | grep 'host-down' | grep -q "host=$(sink_at data)"
}
ok 'a host that hangs is given up' wait_for 10 silent
kill -CONT "$(sink_pid data)"
ok 'all of it leaves when it goes on' wait_for 70 settled

lsv-service down >/dev/null 2>&1
for name in data chunks spare; do
	is "$(sink_stat $name early) $(sink_stat $name bad_octets)" '0 0' \
		"$name: no byte too early, none that is wrong"
done
is "$(sink_stat data protoerr)" 0 'data: no rule was broken'
# each connection asks for an empty recipient, once
ok 'chunks: no rule was broken' \
	test "$(sink_stat chunks protoerr)" -le "$(sink_stat chunks connections)"
done_testing
