# shellcheck shell=sh disable=SC2034 # for the test
# scan.sh - lsv-scan alone, with the exit "HOSTILE"; read after tap.sh and
# tree.sh
#
#   scan_make [LINE...]   the spool, with LINEs in site.cfg; SPAM_EXIT is HOSTILE
#   scan_config [LINE...] another site.cfg, applied
#   scan_up, scan_down    lsv-scan, as its own user when we are root
#   ask N LIST DEED       request N, as lsv-score makes it, with a message that
#                         tells HOSTILE what to do
#   answer N              waits (20 s) for the answer, and prints its code
#   why N                 its reason; took N its milliseconds
#   left                  processes that exits left behind, and what they left
#                         in scan/run
#   scan_state KEY        a line of scan/state

scan_pid=

scan_config() {
	{
		echo 'NODE=n.example'
		echo 'POSTMASTER=keeper@example.net'
		for scan_line; do
			printf '%s\n' "$scan_line"
		done
	} >"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/config" 2>&1 || diag "$(cat "$T/config")"
}

scan_make() {
	site_prepare "$T/site" || return 1
	mkdir -p "$LSV_ETC/exits"
	cp "$LSV_BUILD/tests/lib/hostile" "$LSV_ETC/exits/HOSTILE"
	chmod 755 "$LSV_ETC/exits" "$LSV_ETC/exits/HOSTILE"
	scan_config 'SPAM_EXIT=HOSTILE' "$@"
	lsv-spool make 2>"$T/make" || diag "$(cat "$T/make")"
	at_exit scan_down
}

scan_up() {
	: >"$T/ready"
	(
		set -- lsv-scan -d 3
		is_root && set -- s6-setuidgid lsvscan "$@"
		exec "$@"
	) 3>>"$T/ready" >>"$T/scan.log" 2>&1 &
	scan_pid=$!
	wait_for 10 test -s "$T/ready"
}

scan_down() {
	[ -z "$scan_pid" ] || kill "$scan_pid" 2>/dev/null
	[ -z "$scan_pid" ] || wait "$scan_pid" 2>/dev/null
	scan_pid=
}

scan_id() {
	printf '0647c1a2%05x.9f02c4d1aa' "$1"
}

ask() {
	scan_id=$(scan_id "$1")
	{
		echo 'From: joe@example.com'
		echo "X-Do: $3"
		printf '\nhello\n'
	} >"$T/message"
	{
		echo 'lsv-file: 1'
		echo "id: $scan_id"
		echo 'class: post'
		echo 'created: 1764000000000000'
		echo 'from: joe@example.com'
		echo 'to: test-l@n.example'
		echo "list: $2"
		echo 'form: '
		echo 'detail: '
		echo 'pool: '
		echo 'reason: '
		echo 'rcpts: 0'
		printf 'size: %020d\n' "$(wc -c <"$T/message")"
		echo 'end'
		cat "$T/message"
	} >"$T/request"
	chmod 644 "$T/request"
	tree_as lsvscore cp "$T/request" "$LSV_SPOOL/scan/tmp/$scan_id" &&
		tree_as lsvscore mv "$LSV_SPOOL/scan/tmp/$scan_id" \
			"$LSV_SPOOL/scan/new/$scan_id" || return 1
	printf x 1<>"$LSV_SPOOL/scan/trigger"
}

answer_line() {
	sed -n "s/^$2: //p" "$LSV_SPOOL/score/scanned/new/$(scan_id "$1")"
}

answer() {
	wait_for "${2:-20}" test -e "$LSV_SPOOL/score/scanned/new/$(scan_id "$1")" ||
		return 1
	answer_line "$1" code
}

why() {
	answer_line "$1" why
}

took() {
	answer_line "$1" ms
}

# Programs of the exits' directory that still run.
left() {
	for left_exe in /proc/[0-9]*/exe; do
		case $(readlink "$left_exe" 2>/dev/null) in
		"$LSV_ETC"/exits/*) echo "${left_exe%/exe}" ;;
		esac
	done
	find "$LSV_SPOOL/scan/run" -mindepth 1 ! -name .state
}

scan_state() {
	sed -n "s/^$1: //p" "$LSV_SPOOL/scan/state"
}
