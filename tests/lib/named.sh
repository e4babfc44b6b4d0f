# shellcheck shell=sh
# named.sh - hosts of one kind by name: what is known of NAME is in the directory
# DIR, in NAME.port, .pid, .up, .out and .err; read after tree.sh
#
#   named_at DIR NAME         prints its address and port, which stay the same; it
#                    need not run
#   named_up DIR NAME COMMAND...    starts it; it writes NAME.up once it listens
#   named_end DIR NAME        ends it, if it runs
#   named_kill DIR SIGNAL     ends all of them

named_at() {
	[ -s "$1/$2.port" ] || free_port >"$1/$2.port"
	echo "127.0.0.1:$(cat "$1/$2.port")"
}

named_up() {
	named=$1/$2
	shift 2
	rm -f "$named.up"
	"$@" >"$named.out" 2>>"$named.err" &
	echo $! >"$named.pid"
	wait_for 20 test -s "$named.up" ||
		diag "no host ${named##*/}: $(cat "$named.out" "$named.err")"
}

named_end() {
	[ -s "$1/$2.pid" ] || return 0
	kill "$(cat "$1/$2.pid")" 2>/dev/null
	wait "$(cat "$1/$2.pid")"
	rm "$1/$2.pid"
}

named_kill() {
	for named_pid in "$1"/*.pid; do
		[ ! -s "$named_pid" ] || kill -"$2" "$(cat "$named_pid")"
	done 2>/dev/null
}
