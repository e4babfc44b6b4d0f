# shellcheck shell=sh disable=SC2034 # for the test
# tree.sh - a private lsv with all its services, and a host that it delivers
# to; read after tap.sh
#
#   tree_make PORT [LINE...]  four roots below $T with a site.cfg for NODE
#                    $node that delivers to PORT, with LINEs added; the spool
#   tree_config [LINE...]     another site.cfg, applied; SPAM_DELAY is 0, or what
#                             $tree_delay says
#   tree_up          the services; they go down when the test ends
#   tree_as USER COMMAND...   as that user; as ourselves without root
#   list NAME [LINE...]       a list of $owner, with header LINEs added
#   subscribe NAME <ADDRESSES to that list, one a line
#   with NAME RECIPIENT...    a list with these at example.net, given without
#   post FROM TO <MESSAGE     lsv-inject as an MTA runs it
#   to LIST <MESSAGE          a posting by Joe, which finished waits for
#   letter [WORD...]          prints a message of its own kind, with the words
#   events SERVICE REGEX      how many lines of its log match
#   over N           exits 0 when N postings are over; reports do not count
#   finished [S]     waits at most S seconds (15) for all that went through to
#   jobs             how many these are
#   route_pid, smtpw_pid      process numbers of services
#   restart_route    kills lsv-route, and waits for its successor
#   free_port        prints a loopback port that is for this test alone until it
#                    ends: nobody else is given it, whether a host runs or not
#   free_ports N     prints N of them, one a line
#   host OPTION...   fakehost on $port, which stays the same; what it took is
#                    in $T/taken, as its --log says, and in $T/saved
#   host_end         ends it; its sums are in $T/host.out
#   taken [SENDER]   recipients of what it took (from a sender, or <>), sorted,
#                    one a line

. "$TOP/bench/site.sh"

node=lists.example.org
owner=ann@example.net
port=
host_pid=

free_ports() {
	"$TOP/bench/port.py" $$ "$1"
}

free_port() {
	free_ports 1
}

tree_config() {
	{
		echo "NODE=$node"
		echo 'POSTMASTER=keeper@example.net'
		echo "SMTP_FORWARD=127.0.0.1:$tree_port"
		echo 'RETRY_MIN=200ms'
		echo 'SMTP_TIMEOUT=1s'
		echo "SPAM_DELAY=${tree_delay:-0}"
		for tree_line; do
			printf '%s\n' "$tree_line"
		done
	} >"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/config" 2>&1 || diag "$(cat "$T/config")"
}

tree_make() {
	tree_port=$1
	shift
	site_prepare "$T/site" || return 1
	tree_config "$@"
	lsv-spool make 2>"$T/make" || diag "$(cat "$T/make")"
	at_exit 'lsv-service down >/dev/null 2>&1'
}

tree_up() {
	lsv-service up >"$T/up" 2>&1 || {
		diag "$(cat "$T/up")"
		return 1
	}
}

tree_as() {
	tree_user=$1
	shift
	if is_root; then
		s6-setuidgid "$tree_user" "$@"
	else
		"$@"
	fi
}

list() {
	tree_name=$1
	shift
	{
		echo "* $tree_name for tests"
		echo "* Owner= $owner"
		for tree_line; do
			echo "* $tree_line"
		done
	} >"$T/header"
	lsv-list create "$tree_name" --header "$T/header" 2>"$T/list.err" ||
		diag "$(cat "$T/list.err")"
}

post() {
	tree_as lsvin lsv-inject -f "$1" "$2"
}

subscribe() {
	lsv-list import "$1" >"$T/import" 2>&1 || diag "$(cat "$T/import")"
}

with() {
	tree_with=$1
	shift
	list "$tree_with"
	printf '%s@example.net\n' "$@" | subscribe "$tree_with"
}

# Often at the end of a pipe, in a process of its own: counted in a file.
to() {
	post joe@example.com "$1@$node" && echo "$1" >>"$T/jobs"
}

jobs() {
	wc -l <"$T/jobs"
}

finished() {
	wait_for "${1:-15}" over "$(jobs)"
}

# No two are the same: lsv knows a message that was given twice.
letter() {
	tree_letter=$(date +%s%N)
	cat <<-X
		From: Joe <joe@example.com>
		To: somebody@$node
		Subject: letter $*
		Message-ID: <$tree_letter@example.com>

		This is letter $tree_letter. $*
	X
}

log() {
	cat "$LSV_LIB/log/$1"/@* "$LSV_LIB/log/$1/current" 2>/dev/null
}

events() {
	log "$1" | grep -cE -e "$2"
}

over() {
	[ "$(events lsv-route '[.][0-9a-f]{10} done ')" -ge "$1" ]
}

tree_pid() {
	lsv-service --json status | python3 -c 'import json, sys
print(*[s.get("pid", "") for s in json.load(sys.stdin)["services"]
	if s["name"] == sys.argv[1]])' "$1"
}

route_pid() {
	tree_pid lsv-route
}

smtpw_pid() {
	tree_pid lsv-smtpw
}

restart_route() {
	tree_old=$(route_pid)
	kill -9 "$tree_old"
	wait_for 10 tree_route_is_new
}

tree_route_is_new() {
	[ "$(route_pid)" != "$tree_old" ] && lsv-service status >/dev/null
}

host() {
	rm -f "$T/port"
	mkdir -p "$T/saved"
	[ -n "$port" ] || port=$(free_port)
	"$TOP/tests/lib/fakehost.py" --port "$port" --port-file "$T/port" \
		--log "$T/taken" --trace "$T/trace" --save "$T/saved" "$@" \
		>"$T/host.out" 2>>"$T/host.err" &
	host_pid=$!
	wait_for 20 test -s "$T/port" || diag "no host: $(cat "$T/host.err")"
}

host_end() {
	[ -n "$host_pid" ] || return 0
	kill "$host_pid"
	wait "$host_pid"
	host_pid=
}
at_exit 'host_end'

taken() {
	[ ! -e "$T/taken" ] || awk -F '\t' -v from="${1:-}" \
		'from == "" || $1 == from || $1 == "" && from == "<>" {
			print $2
		}' "$T/taken" | sort
}
