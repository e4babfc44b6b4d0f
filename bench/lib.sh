# shellcheck shell=sh
# lib.sh - what the scripts of the benchmarks share; they source it
#
# Everything is written below $W ($LSVBENCH or /tmp/lsvbench); the network is
# 127.0.0.1 only. SITE and PEER functions have their own files.

TOP=$(cd "$(dirname "$0")/.." && pwd)
BENCH=$TOP/bench
LSV_BUILD=${LSV_BUILD:-$TOP/build}
W=${LSVBENCH:-/tmp/lsvbench}
PATH=$LSV_BUILD/bin:$LSV_BUILD/bench:$PATH:/usr/sbin:/sbin
LC_ALL=C
export TOP BENCH LSV_BUILD W PATH LC_ALL
umask 022

die() {
	echo "bench: $*" >&2
	exit 1
}

# need PACKAGE... - installs what is missing; starts no service of theirs
need() {
	need_missing=
	for need_p; do
		dpkg-query -W -f '${Status}' "$need_p" 2>/dev/null |
			grep -q 'ok installed' ||
			need_missing="$need_missing $need_p"
	done
	[ -n "$need_missing" ] || return 0
	echo "bench: installing$need_missing" >&2
	need_policy=/usr/sbin/policy-rc.d
	if [ -e "$need_policy" ]; then
		need_policy=
	else
		printf '#!/bin/sh\nexit 101\n' >"$need_policy"
		chmod 755 "$need_policy"
	fi
	echo 'postfix postfix/main_mailer_type select No configuration' |
		debconf-set-selections 2>/dev/null
	need_install || { apt-get update >"$W/apt.log" 2>&1 && need_install; }
	need_status=$?
	[ -z "$need_policy" ] || rm -f "$need_policy"
	return "$need_status"
}

need_install() {
	# shellcheck disable=SC2086 # several packages
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-remove \
		--no-install-recommends $need_missing >"$W/apt.log" 2>&1
}

# unpack PACKAGE DIR - a .deb as files only: for what cannot be installed
# beside another package
unpack() {
	[ ! -d "$2/usr" ] || return 0
	mkdir -p "$2" || return 1
	(
		cd "$2" || exit 1
		unpack_get="apt-get download -o APT::Sandbox::User=root $1"
		$unpack_get || { apt-get update && $unpack_get; } || exit 1
		for unpack_deb in *.deb; do
			dpkg-deb -x "$unpack_deb" . || exit 1
		done
	) >"$W/unpack.log" 2>&1
}

# set_aside DIR - what an earlier run left, if it did. It is not deleted: ext4
# without a journal passes over every inode freed in the last minutes at each new
# file, which would then be part of the next run's time. bench/run deletes it all
# when it is through.
set_aside() {
	[ -e "$1" ] || return 0
	mkdir -p "$W/aside" && mv "$1" "$(mktemp -d "$W/aside/XXXXXX")"
}

# inputs N SIZE - $W/rN and $W/mSIZE
inputs() {
	[ -s "$W/r$1" ] || "$BENCH/gen.py" rcpts "$1" "$W/r$1" || return 1
	[ -s "$W/m$2" ] || "$BENCH/gen.py" msg "$2" "$W/m$2" || return 1
	chmod 755 "$W" && chmod 644 "$W/r$1" "$W/m$2"
}

ctl() {
	"$BENCH/ctl.py" "$CONTROL_PORT" "$@"
}

# ctl_await N MS - waits beside us, as $CTL_PID, for N recipients; its answer goes
# to $W/stats.out. A program that started later would run beside what is measured.
ctl_await() {
	rm -f "$W/waiting"
	"$BENCH/ctl.py" -s "$W/waiting" "$CONTROL_PORT" WAIT "$1" "$2" \
		>"$W/stats.out" &
	CTL_PID=$!
	until [ -e "$W/waiting" ]; do
		kill -0 "$CTL_PID" 2>/dev/null || return 1
		sleep 0.02
	done
}

# field KEY FILE - a number from a line of JSON
field() {
	tr -d '{} ' <"$2" | tr , '\n' | sed -n "s/^\"$1\"://p"
}

# free_port - a loopback port that nobody else is given until the script ends
free_port() {
	"$BENCH/port.py" $$
}

# wait_port PORT - until an SMTP server greets there
wait_port() {
	python3 - "$1" <<'X'
import socket, sys, time
for _ in range(200):
    try:
        with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 1) as s:
            sys.exit(not s.recv(100))
    except OSError:
        time.sleep(0.05)
sys.exit(1)
X
}

# --- the sink ----------------------------------------------------------------

SINK_PID=

sink_start() {
	rm -f "$W/ports"
	lsv-sink -p 0 -c 0 -P "$W/ports" "$@" >"$W/sink.out" 2>&1 &
	SINK_PID=$!
	sink_i=0
	until [ -e "$W/ports" ]; do
		sink_i=$((sink_i + 1))
		[ "$sink_i" -lt 100 ] || die "sink: $(cat "$W/sink.out")"
		sleep 0.05
	done
	read -r SINK_PORT CONTROL_PORT <"$W/ports"
	export SINK_PORT CONTROL_PORT
}

sink_stop() {
	[ -z "$SINK_PID" ] ||
		{ kill "$SINK_PID" && wait "$SINK_PID"; } 2>/dev/null
	SINK_PID=
}

# --- a control group: the processor time of everything the peer starts -------

if [ -d /sys/fs/cgroup/cpuacct ]; then
	CG=/sys/fs/cgroup/cpuacct/lsvbench$$
elif [ -e /sys/fs/cgroup/cgroup.controllers ]; then
	CG=/sys/fs/cgroup/lsvbench$$
else
	CG=
fi

cg_make() {
	mkdir -p "$CG" && [ -w "$CG/cgroup.procs" ]
}

# cg_run COMMAND... - in the group
cg_run() {
	# shellcheck disable=SC2016 # expanded by that shell
	sh -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$CG" "$@"
}

# cg_cpu - microseconds so far: all, in user mode, in the kernel. With the
# first kind of control groups the last two are counted by clock ticks.
cg_cpu() {
	if [ -e "$CG/cpuacct.usage" ]; then
		cat "$CG/cpuacct.usage" "$CG/cpuacct.usage_user" \
			"$CG/cpuacct.usage_sys" |
			awk '{ printf "%d ", $1 / 1000 } END { print "" }'
	else
		awk '{ v[$1] = $2 } END { print v["usage_usec"],
			v["user_usec"], v["system_usec"] }' "$CG/cpu.stat"
	fi
}

# cg_end - ends what is left in our own group, process by process
cg_end() {
	[ -n "$CG" ] && [ -d "$CG" ] || return 0
	for cg_i in 1 2 3 4 5 6 7 8 9 10; do
		cg_left=$(cat "$CG/cgroup.procs")
		[ -n "$cg_left" ] || break
		cg_how=-TERM
		[ "$cg_i" -le 5 ] || cg_how=-KILL
		# shellcheck disable=SC2086 # process numbers
		kill "$cg_how" $cg_left 2>/dev/null
		sleep 0.3
	done
	rmdir "$CG" 2>/dev/null
}
