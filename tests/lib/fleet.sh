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

. "$TOP/tests/lib/named.sh"

mkdir -p "$T/fleet"
at_exit "named_kill '$T/fleet' TERM"

at() {
	named_at "$T/fleet" "$1"
}

relay() {
	fleet_name=$1
	shift
	at "$fleet_name" >"$T/fleet/at"
	named_up "$T/fleet" "$fleet_name" "$TOP/tests/lib/fakehost.py" \
		--port "$(cat "$T/fleet/$fleet_name.port")" \
		--port-file "$T/fleet/$fleet_name.up" \
		--log "$T/fleet/$fleet_name.taken" "$@"
}

relay_end() {
	named_end "$T/fleet" "$1"
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
