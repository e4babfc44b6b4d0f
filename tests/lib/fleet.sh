# shellcheck shell=sh
# fleet.sh - several relays by name; read after tree.sh
#
#   relay NAME [OPTION...]  a fakehost; what it took is in $T/fleet/NAME.taken.
#                    One that was ended starts again on the same port
#   relay_end NAME   ends it
#   at NAME          prints its address and port, for site.cfg; it need not run
#   got NAME [SENDER]   recipients of what it took (from a sender, or <>),
#                    sorted, on one line
#   letters NAME     how many recipients that were
#   board            what the workers show, a line each: label state host:port
#                    why

mkdir -p "$T/fleet"
at_exit 'fleet_end'

at() {
	[ -s "$T/fleet/$1.port" ] || free_port >"$T/fleet/$1.port"
	echo "127.0.0.1:$(cat "$T/fleet/$1.port")"
}

relay() {
	fleet_name=$1
	shift
	at "$fleet_name" >"$T/fleet/at"
	rm -f "$T/fleet/$fleet_name.up"
	"$TOP/tests/lib/fakehost.py" --port "$(cat "$T/fleet/$fleet_name.port")" \
		--port-file "$T/fleet/$fleet_name.up" \
		--log "$T/fleet/$fleet_name.taken" "$@" \
		>"$T/fleet/$fleet_name.out" 2>>"$T/fleet/$fleet_name.err" &
	echo $! >"$T/fleet/$fleet_name.pid"
	wait_for 20 test -s "$T/fleet/$fleet_name.up" ||
		diag "no relay $fleet_name"
}

relay_end() {
	[ -s "$T/fleet/$1.pid" ] || return 0
	kill "$(cat "$T/fleet/$1.pid")" 2>/dev/null
	wait "$(cat "$T/fleet/$1.pid")"
	rm "$T/fleet/$1.pid"
}

fleet_end() {
	for fleet_pid in "$T"/fleet/*.pid; do
		[ ! -s "$fleet_pid" ] || kill "$(cat "$fleet_pid")"
	done 2>/dev/null
}

got() {
	[ -e "$T/fleet/$1.taken" ] || return 0
	awk -F '\t' -v from="${2:-}" \
		'from == "" || $1 == from || $1 == "" && from == "<>" {
			print $2
		}' "$T/fleet/$1.taken" | sort | tr '\n' ' '
}

letters() {
	got "$1" | wc -w
}

board() {
	lsv-worker show --json | python3 -c 'import json, sys
for w in json.load(sys.stdin)["workers"]:
    print(w["worker"], w["state"], "%s:%s" % (w.get("host"), w.get("port")),
          w.get("why") or "")'
}
