#!/bin/sh
# A power cut while lsv-route takes nothing home: what workers delivered before
# they noticed comes again, all after it does not.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"

command -v python3 >/dev/null || skip_all 'there is no python3'
why=$(cd "$TOP/tests/crash" && python3 -B -c 'import disk
print(disk.usable())')
[ -z "$why" ] || skip_all "$why"

spool=$T/site/spool
mounted() {
	mount -o loop "$T/disk" "$spool"
}
truncate -s 64M "$T/disk"
mkdir -p "$spool"
mkfs.ext4 -q -F -m 0 "$T/disk" >"$T/mkfs" 2>&1
ok 'the spool has a disk of its own' mounted
at_exit "umount -l '$spool' 2>/dev/null"
rmdir "$spool/lost+found"

# cut - its power fails, and what it was not told to write is gone
cut() {
	python3 -B -c 'import fcntl, os, struct, sys
d = os.open(sys.argv[1], os.O_RDONLY)
fcntl.ioctl(d, 0x8004587d, struct.pack("I", 2))' "$spool"
}

# below PID... - the processes below these, those above first
below() {
	for below; do
		pgrep -P "$below"
	done >"$T/below"
	# shellcheck disable=SC2046 # numbers
	[ ! -s "$T/below" ] || {
		cat "$T/below"
		below $(cat "$T/below")
	}
}

parent() {
	ps -o ppid= -p "$1" | tr -d ' '
}

# mail RECIPIENT... - a file for each of them
mail_next=0
mail() {
	for mail_to; do
		mail_next=$((mail_next + 1))
		mail_name=$(printf '0647c1a2b3d4e.%010x' "$mail_next")
		"$LSV_BUILD/tests/lib/mkmail" "$spool/jobs/stage/$mail_name" \
			small "owner-small@$node" "$mail_to@example.net" \
			</dev/null
		chmod 660 "$spool/jobs/stage/$mail_name"
		chown lsvroute:lsvjob "$spool/jobs/stage/$mail_name"
	done
	mv "$spool/jobs/stage"/* "$spool/pool/default/now/"
	sync -f "$spool"
	printf . >"$spool/pool/trigger"
}

# waiting N - are so many on their way home?
waiting() {
	[ "$(find "$spool/pool/finished" -type f | wc -l)" = "$1" ]
}

# copies PATTERN - how many each of them got
copies() {
	taken '' | grep "^$1" | uniq -c | awk '{ print $1 }' | tr '\n' ' '
}

host --delay 0
tree_make "$port" "SMTP_FORWARD_1=1*127.0.0.1:$port"
with small a
ok 'the services start' tree_up
letter first | to small
ok 'a posting' finished

route=$(route_pid)
kill -STOP "$route"
mail early.1 early.2
ok 'lsv-route is stopped, two files are delivered' wait_for 10 waiting 2
sleep 1.5
mail late.1 late.2 late.3
ok 'three more after a while' wait_for 10 waiting 5
top=$(parent "$(parent "$route")")
# shellcheck disable=SC2046 # numbers
kill -KILL "$top" $(below "$top")
ok 'the power fails' cut
unmounted() {
	umount "$spool"
}
ok 'all is down' wait_for 10 unmounted
ok 'the disk is there again' mounted
ok 'the services start' tree_up
ok 'and take all home' wait_for 10 waiting 0
nothing_waits() {
	[ "$(find "$spool"/pool -type f -name '0647*' | wc -l)" = 0 ]
}
ok 'nothing waits any more' wait_for 15 nothing_waits
is "$(copies late)" '1 1 1 ' 'the last three were not delivered again'
like "$(copies early)" '^[12] [12] $' 'the first two at most once more'
is "$(find "$spool/done" -name '0647*' | wc -l)" 5 'all are over'
done_testing
