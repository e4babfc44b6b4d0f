# shellcheck shell=sh disable=SC2034 # status is for the test
# tap.sh - what shell tests share. A test begins with
#
#	. "$(dirname "$0")/../lib/tap.sh"
#
# and ends with done_testing; without that line it counts as failed. It may
# use, and nothing else here is for it:
#
#   $T                       private directory, mode 755, removed at the end
#   $TOP, $LSV_BUILD         the source tree, the build tree; PATH begins with
#                            $LSV_BUILD/bin
#   ok NAME COMMAND...       the command exits 0
#   not_ok NAME COMMAND...   the command exits with something else
#   is GOT WANT NAME         two texts are the same
#   isnt GOT WANT NAME       two texts differ
#   like TEXT REGEX NAME     a line of the text matches (grep -E)
#   unlike TEXT REGEX NAME   no line of it does
#   pass NAME, fail NAME     a test decided elsewhere
#   skip REASON [COUNT]      COUNT tests (1) that cannot run here
#   skip_all REASON          the whole file cannot run here
#   diag TEXT...             a remark
#   run COMMAND...           runs it: $status, and its output in $T/out, $T/err
#   json EXPRESSION          of Python, of the JSON in $T/out, which is d; now is
#                            the time
#   wait_for S COMMAND...    until the command exits 0, at most S seconds
#   at_exit COMMAND          evaluated at the end, the last one given first
#   is_root                  exits 0 for uid 0
#   done_testing             prints the plan, exits

set -u
TOP=$(cd "$(dirname "$0")" && while [ ! -x configure ] && [ "$PWD" != / ]; do
	cd ..
done && pwd)
LSV_BUILD=${LSV_BUILD:-$TOP/build}
PATH=$LSV_BUILD/bin:$PATH:/usr/sbin:/sbin
LC_ALL=C.UTF-8
TZ=UTC
export LSV_BUILD PATH LC_ALL TZ
umask 022
T=$(mktemp -d "${TMPDIR:-/tmp}/lsv-test.XXXXXX") || exit 1
chmod 755 "$T"
status=0
tap_count=0
tap_failed=0
tap_exit=

tap_end() {
	tap_rc=$?
	trap '' HUP INT TERM PIPE
	eval "$tap_exit"
	cd / && rm -rf "$T"
	exit "$tap_rc"
}
trap tap_end EXIT
trap 'exit 1' HUP INT TERM PIPE

at_exit() {
	tap_exit="$1
$tap_exit"
}

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	tap_count=$((tap_count + 1))
	printf 'ok %d - %s\n' "$tap_count" "$1"
}

fail() {
	tap_count=$((tap_count + 1))
	tap_failed=$((tap_failed + 1))
	printf 'not ok %d - %s\n' "$tap_count" "$1"
}

ok() {
	tap_name=$1
	shift
	if "$@" >"$T/.said" 2>&1; then
		pass "$tap_name"
	else
		tap_rc=$?
		fail "$tap_name"
		diag "exit $tap_rc: $*"
		diag "$(tail -n 20 "$T/.said")"
	fi
}

not_ok() {
	tap_name=$1
	shift
	if "$@" >"$T/.said" 2>&1; then
		fail "$tap_name"
		diag "exit 0: $*"
		diag "$(tail -n 20 "$T/.said")"
	else
		pass "$tap_name"
	fi
}

is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3"
		diag "got:    $1"
		diag "wanted: $2"
	fi
}

isnt() {
	if [ "$1" != "$2" ]; then
		pass "$3"
	else
		fail "$3"
		diag "got what should not be: $1"
	fi
}

like() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		pass "$3"
	else
		fail "$3"
		diag "got:        $1"
		diag "should match: $2"
	fi
}

unlike() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		fail "$3"
		diag "got:            $1"
		diag "should not match: $2"
	else
		pass "$3"
	fi
}

skip() {
	tap_n=${2:-1}
	while [ "$tap_n" -gt 0 ]; do
		tap_count=$((tap_count + 1))
		tap_n=$((tap_n - 1))
		printf 'ok %d # SKIP %s\n' "$tap_count" "$1"
	done
}

skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

run() {
	if "$@" >"$T/out" 2>"$T/err"; then
		status=0
	else
		status=$?
	fi
}

json() {
	python3 -c 'import json, sys, time
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2], {"d": d, "now": time.time()}))' "$T/out" "$1"
}

wait_for() {
	tap_until=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -le "$tap_until" ] || return 1
		sleep 0.05
	done
}

is_root() {
	[ "$(id -u)" = 0 ]
}

done_testing() {
	printf '1..%d\n' "$tap_count"
	[ "$tap_failed" = 0 ] || exit 1
	exit 0
}
