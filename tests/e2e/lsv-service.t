#!/bin/sh
# lsv-service: a tree of stand-in services on private roots; as root with one
# user a program and as one user, else as the one user that we are.
. "$(dirname "$0")/../lib/tap.sh"

# Copies of the programs with the layout beside them; the services themselves
# are small scripts that tell what they were given.
bin=$T/build/bin
mkdir -p "$bin"
cp -R "$TOP/spool-layout" "$T/spool-layout"
for program in lsv-service lsv-spool lsv-config lsv-lmtp; do
	cp "$LSV_BUILD/bin/$program" "$bin/"
done
for program in lsv-score lsv-scan lsv-route lsv-smtpw lsv-peer lsv-command; do
	cat >"$bin/$program" <<'END'
#!/usr/bin/perl
use strict;
use warnings;
my ($name) = $0 =~ m,([^/]+)$,;
my $lib = $ENV{LSV_LIB};
$SIG{HUP} = sub { syswrite STDERR, "- reload\n" };
$SIG{TERM} = sub { syswrite STDERR, "- stop\n"; exit 0 };
syswrite STDERR, sprintf "- started args=%s user=%s umask=%04o\n", "@ARGV",
    scalar getpwuid $>, umask;
exit 100 if -e "$lib/refuse-$name";
open my $ready, '>&=', 3 or exit 111;
syswrite $ready, "\n" unless -e "$lib/slow-$name";
close $ready;
sleep 1000 while 1;
END
	chmod 755 "$bin/$program"
done
chmod -R a+rX "$T/build" "$T/spool-layout"
PATH=$bin:$PATH

# roots DIR [OWNER] - four roots below a new directory
roots() {
	mkdir "$1"
	[ -z "${2:-}" ] || chown "$2" "$1"
	LSV_ETC=$1/etc LSV_SPOOL=$1/spool LSV_LIB=$1/lib LSV_RUN=$1/run
	export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
	at_exit "LSV_ETC=$LSV_ETC LSV_SPOOL=$LSV_SPOOL LSV_LIB=$LSV_LIB \
		LSV_RUN=$LSV_RUN lsv-service -w 10 down >/dev/null 2>&1"
}

as_nobody() {
	setpriv --reuid nobody --regid nogroup --clear-groups "$@"
}

configure() {
	$as sh -c "cat >'$LSV_ETC/site.cfg'" <<'END'
NODE=lists.example.org
POSTMASTER=postmaster@example.org
SPAM_DELAY=0
END
	$as lsv-config apply >"$T/config" 2>&1 || diag "$(cat "$T/config")"
}

# json EXPRESSION - of the status, which is called s
json() {
	$as lsv-service --json status | python3 -c 'import json, sys
s = json.load(sys.stdin)
print(eval(sys.argv[1]))' "$1"
}

log() {
	cat "$LSV_LIB/log/$1/current"
}

log_has() {
	log "$1" | grep -q -- "$2"
}

alive() {
	kill -0 "$1" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$1/status"
}

usage() {
	run lsv-service -h
	is "$status" 0 '-h exits 0'
	like "$(cat "$T/out")" 'reload' 'and names the commands'
	for wrong in '' restart '-w soon up' '--no-such up'; do
		# shellcheck disable=SC2086 # words of a command
		run lsv-service $wrong
		is "$status" 100 "a mistake: lsv-service $wrong: 100"
	done
}

refuses_to_start() {
	run $as lsv-service up
	is "$status" 100 "$who: up without a spool is refused"
	$as lsv-spool make 2>/dev/null
	run $as lsv-service up
	is "$status" 100 "$who: so it is without a configuration"
	like "$(cat "$T/err")" 'run lsv-config apply' "$who: and says what to do"
	run $as lsv-service status
	is "$status" 100 "$who: status when down exits 100"
	like "$(cat "$T/out")" 'not up' "$who: and says so"
	ok "$who: down when down succeeds" $as lsv-service down
	run $as lsv-service reload
	is "$status" 100 "$who: reload when down is refused"
	configure
}

starts() {
	run $as lsv-service -n up
	is "$status" 0 "$who: up --dry-run succeeds"
	like "$(cat "$T/err")" 'would start lsv-smtpw' "$who: and says what"
	is "$(json 's["up"]')" False "$who: and starts nothing"
	run $as lsv-service up
	is "$status" 0 "$who: up succeeds"
	for service in lsv-score lsv-scan lsv-route lsv-smtpw lsv-peer lsv-command; do
		like "$(cat "$T/err")" "waiting for $service" \
			"$who: it says that it waits for $service"
		like "$(log $service)" 'started args=-d 3 ' \
			"$who: $service was told where to say it is ready"
		like "$(log $service)" 'umask=0027' "$who: with a safe umask"
	done
	run $as lsv-service status
	is "$status" 0 "$who: status of a good tree exits 0"
	is "$(grep -c 'up and ready, process' "$T/out")" 7 \
		"$who: seven services are ready"
	is "$(json '[x["name"] for x in s["services"] if x["ready"]]')" \
		"['lsv-command', 'lsv-lmtp', 'lsv-peer', 'lsv-route', 'lsv-scan', 'lsv-score', 'lsv-smtpw']" \
		"$who: JSON says the same"
}

once_only() {
	pid=$(json 's["pid"]')
	run $as lsv-service up
	is "$status" 100 "$who: a second up is refused"
	like "$(cat "$T/err")" "in use by lsv-service, process $pid on host" \
		"$who: and names who is there"
	is "$(json 's["pid"]')" "$pid" "$who: the first goes on"
	rm "$LSV_SPOOL/pool/trigger"
	run $as lsv-spool repair
	is "$status" 100 "$who: repair is refused meanwhile"
	$as mkfifo -m 620 "$LSV_SPOOL/pool/trigger"
	[ "$who" != root ] || chown lsvsmtp:lsvjob "$LSV_SPOOL/pool/trigger"
}

# A connection to lsv-lmtp, before and after what the arguments do.
connected() {
	python3 - "$LSV_RUN/lmtp/socket" "$@" <<'END'
import socket, subprocess, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(20)
s.connect(sys.argv[1])
got = s.recv(4096)
assert got.startswith(b"220 "), got
subprocess.run(sys.argv[2:], check=True)
s.sendall(b"QUIT\r\n")
while part := s.recv(4096):
    got += part
assert b"\r\n221 " in got, got
END
}

# What lsv-scan shows of an exit that keeps failing.
alarms() {
	printf '%s\n' 'lsv-scan 1' 'exit: /e/SAEXIT' 'running: 0' 'waiting: 1' \
		'answered: 30' 'failed: 12' 'failures: 10' \
		'open: 1795361234567890' 'why: exit status 75' end \
		>"$LSV_SPOOL/scan/state"
	run $as lsv-service status
	is "$status" 111 "$who: an exit that keeps failing is an alarm"
	like "$(cat "$T/out")" '^lsv-scan +alarm: SPAM_EXIT fails since 2026-.*, 10 times in a row: exit status 75$' \
		"$who: which is shown"
	is "$(json '[s["alarms"][0][k] for k in ("name", "failures", "why")]')" \
		"['lsv-scan', 10, 'exit status 75']" "$who: in JSON too"
	: >"$LSV_SPOOL/scan/state"
	run $as lsv-service status
	is "$status $(json 's["alarms"]')" '0 []' "$who: until it works again"
}

reloads() {
	ok "$who: reload succeeds, and connections to lsv-lmtp last" \
		connected sh -c "$as_sh lsv-service reload"
	for service in lsv-score lsv-scan lsv-route lsv-smtpw lsv-peer lsv-command; do
		ok "$who: $service is told" \
			wait_for 10 log_has $service '- reload'
	done
}

restarts() {
	pid=$(json 's["services"][1]["pid"]')
	kill -9 "$pid"
	ok "$who: a service that died is started again" wait_for 20 \
		sh -c "lsv-service status"
	is "$(json 's["services"][1]["deaths"]')" 1 \
		"$who: and its death was counted"
	isnt "$(json 's["services"][1]["pid"]')" "$pid" "$who: it is a new one"
}

stops() {
	pids=$(json '" ".join(str(x["pid"]) for x in s["services"])')
	ok "$who: down succeeds" $as lsv-service down
	left=0
	for pid in $pids; do
		! alive "$pid" || left=$((left + 1))
	done
	is $left 0 "$who: and then no service is left"
	like "$(log lsv-route)" '- stop' "$who: each was asked to stop"
	rm -rf "$LSV_RUN"
	ok "$who: up again after a start of the machine, and down again" \
		sh -c "$as_sh lsv-service up && $as_sh lsv-service down"
}

# A service that cannot run, one that is not ready, one that is not there.
bad_services() {
	$as touch "$LSV_LIB/refuse-lsv-route"
	run $as lsv-service up
	is "$status" 100 "$who: up with a service that refuses exits 100"
	like "$(cat "$T/err")" 'lsv-route is down, exit code 100, stays down' \
		"$who: and says which"
	run $as lsv-service status
	is "$status" 100 "$who: so does status"
	like "$(cat "$T/out")" 'lsv-score .* up and ready' \
		"$who: the others run"
	$as lsv-service down 2>/dev/null
	rm "$LSV_LIB/refuse-lsv-route"
	$as touch "$LSV_LIB/slow-lsv-score"
	run $as lsv-service -w 1 up
	is "$status" 111 "$who: up with a service that is not ready exits 111"
	like "$(cat "$T/err")" 'lsv-score is up, not ready yet' \
		"$who: and says which"
	run $as lsv-service status
	is "$status" 111 "$who: so does status"
	$as lsv-service down 2>/dev/null
	rm "$LSV_LIB/slow-lsv-score"
	mv "$bin/lsv-smtpw" "$bin/away"
	run $as lsv-service up
	is "$status" 100 "$who: up without one of the programs exits 100"
	like "$(cat "$T/err")" 'lsv-smtpw is down, exit code 12[67], stays' \
		"$who: and says which"
	mv "$bin/away" "$bin/lsv-smtpw"
	$as lsv-service down 2>/dev/null
}

# s6-svscan is killed, its supervisors live on.
killed() {
	$as lsv-service up 2>/dev/null
	kill -9 "$(json 's["pid"]')"
	run $as lsv-service up
	is "$status" 100 "$who: what a killed tree left is not started beside"
	ok "$who: down stops it" $as lsv-service -w 20 down
	$as lsv-service up 2>/dev/null
	kill "$(json 's["pid"]')"
	ok "$who: SIGTERM to s6-svscan stops the tree" wait_for 20 \
		sh -c 'lsv-service status | grep -q "not up"'
}

bad_spools() {
	chmod 755 "$LSV_SPOOL/route/new"
	rm "$LSV_SPOOL/score/trigger"
	run $as lsv-service up
	is "$status" 100 "$who: up on a spool with faults is refused"
	like "$(cat "$T/err")" 'route/new: mode is 2?755, should be 3770' \
		"$who: and names a wrong mode"
	like "$(cat "$T/err")" 'score/trigger: is missing' \
		"$who: and a missing FIFO"
	$as lsv-spool repair >/dev/null 2>&1
	sleep 1
	echo '# new' >>"$LSV_ETC/site.cfg"
	run $as lsv-service up
	is "$status" 0 "$who: once mended up succeeds"
	like "$(cat "$T/err")" 'site.cfg has changed since' \
		"$who: and tells of a configuration that is not in force"
	$as lsv-service down 2>/dev/null
}

all_of_it() {
	refuses_to_start
	starts
	once_only
	alarms
	reloads
	restarts
	stops
	bad_services
	killed
	bad_spools
}

usage
as='' as_sh=''
if is_root; then
	who=root
	roots "$T/root"
else
	who=user
	roots "$T/user"
fi
all_of_it
is "$(find "$T/spool-layout/service" -type f ! -path '*/log/*' -name run |
	wc -l)" 7 'there are seven services'

if ! is_root; then
	skip 'the rest needs root'
	done_testing
fi

like "$(log lsv-score)" 'user=lsvscore ' 'as root lsv-score is lsvscore'
like "$(log lsv-scan)" 'user=lsvscan ' 'lsv-scan is lsvscan'
like "$(log lsv-route)" 'user=lsvroute ' 'lsv-route is lsvroute'
like "$(log lsv-smtpw)" 'user=lsvsmtp ' 'lsv-smtpw is lsvsmtp'
like "$(log lsv-peer)" 'user=lsvpeer ' 'lsv-peer is lsvpeer'
is "$(stat -c %U "$LSV_LIB/log/lsv-score/current")" lsvlog \
	'and lsvlog writes the logs'
chown nobody "$LSV_SPOOL/jobs"
run lsv-service up
is "$status" 100 'a wrong owner is no start'
like "$(cat "$T/err")" 'jobs: owner is nobody, should be lsvroute' \
	'and is named'
chown lsvroute "$LSV_SPOOL/jobs"

mkdir "$T/disk" && mount -t tmpfs -o size=4m tmpfs "$T/disk"
at_exit "umount '$T/disk'"
roots "$T/disk/roots"
LSV_LIB=$T/root/lib LSV_RUN=$T/root/run
lsv-spool make 2>/dev/null
configure
mount -o remount,ro "$T/disk"
run lsv-service up
is "$status" 100 'a read-only spool is no start'
like "$(cat "$T/err")" 'Read-only file system' 'and says why'
mount -o remount,rw "$T/disk"
dd if=/dev/zero of="$T/disk/full" bs=64k >/dev/null 2>&1
ok 'a full spool is one: the services empty it' lsv-service up
ok 'and stops' lsv-service down

roots "$T/user" nobody
who=nobody as=as_nobody
as_sh='setpriv --reuid nobody --regid nogroup --clear-groups'
all_of_it
like "$(log lsv-route)" 'user=nobody ' 'all services are the one user'
ok "root starts one user's tree" lsv-service up
is "$(stat -c %U "/proc/$(json 's["pid"]')")" nobody 'as that user'
ok 'and stops it' lsv-service down
done_testing
