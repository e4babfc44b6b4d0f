#!/bin/sh
# A share of the kills and of the failing calls of tests/crash/full
. "$(dirname "$0")/../lib/tap.sh"

command -v python3 >/dev/null || skip_all 'there is no python3'

# part NAME PART OPTION... - one part of the crash tests
part() {
	name=$1
	shift
	ok "$name" "$TOP/tests/crash/full" "$@"
	diag "$(cat "$T/.said")"
}

part 'killed anywhere, nothing is lost and nothing doubled before SMTP' \
	-n 0.07 kills
part 'any call may fail, and all goes on' -n 0.015 errors
done_testing
