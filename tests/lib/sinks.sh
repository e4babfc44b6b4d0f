# shellcheck shell=sh
# sinks.sh - fast relays that tell who got what: lsv-sink; read after tree.sh
#
#   sink NAME [OPTION...]   lsv-sink on the port of at NAME; what it took is in
#                    $T/sinks/NAME.log. One that was ended starts again on the
#                    same port, and goes on with the same log
#   sink_at NAME     prints its address and port, for site.cfg
#   sink_end NAME    ends it; its counters are in $T/sinks/NAME.out
#   sink_pid NAME    its process number
#   sink_stat NAME KEY      one of its counters, while it runs
#   pairs NAME...    "N M": so many pairs of a letter and a recipient were taken
#                    by these, and so many of them more than once; letters are
#                    told apart by what follows their header
#   taken_by NAME    how many recipients that one took, as often as it did

. "$TOP/tests/lib/named.sh"

mkdir -p "$T/sinks"
at_exit "named_kill '$T/sinks' KILL"

sink_at() {
	named_at "$T/sinks" "$1"
}

sink() {
	sink_name=$1
	shift
	sink_at "$sink_name" >"$T/sinks/at"
	named_up "$T/sinks" "$sink_name" "$LSV_BUILD/bench/lsv-sink" \
		-p "$(cat "$T/sinks/$sink_name.port")" \
		-c 0 -P "$T/sinks/$sink_name.up" -Q -A \
		-l "$T/sinks/$sink_name.log" "$@"
}

sink_pid() {
	cat "$T/sinks/$1.pid"
}

sink_end() {
	named_end "$T/sinks" "$1"
}

sink_stat() {
	"$TOP/bench/ctl.py" "$(cut -d ' ' -f 2 "$T/sinks/$1.up")" STATS |
		tr -d '{} ' | tr , '\n' | sed -n "s/^\"$2\"://p"
}

pairs() {
	for sink_name; do
		cat "$T/sinks/$sink_name.log"
	done | awk '$1 == "M" { letter = $3 }
		$1 == "R" && !n[letter " " $2]++ { some++ }
		$1 == "R" && n[letter " " $2] == 2 { twice++ }
		END { print some + 0, twice + 0 }'
}

taken_by() {
	grep -c '^R ' "$T/sinks/$1.log"
}
