#!/bin/sh
# Some power cuts and full disks of tests/crash/full
. "$(dirname "$0")/../lib/tap.sh"

command -v python3 >/dev/null || skip_all 'there is no python3'
why=$(cd "$TOP/tests/crash" && python3 -B -c 'import disk
print(disk.usable())')
[ -z "$why" ] || skip_all "$why"

ok 'after a power cut nothing is lost, and no file is torn' \
	"$TOP/tests/crash/full" -c 30 power
diag "$(cat "$T/.said")"
ok 'a disk may run full' "$TOP/tests/crash/full" -n 0.25 space
diag "$(cat "$T/.said")"
done_testing
