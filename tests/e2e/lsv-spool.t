#!/bin/sh
# lsv-spool: make, check and repair, on private roots; as root with one user a
# program and as one user, else as the one user that we are.
. "$(dirname "$0")/../lib/tap.sh"

id=0647c1a2b3d4e.9f02c4d1aa

# A copy of the program with its layout beside it: the test may change tables,
# and another user can reach it wherever the source tree is.
mkdir -p "$T/build/bin"
cp -R "$TOP/spool-layout" "$T/spool-layout"
cp "$LSV_BUILD/bin/lsv-spool" "$T/build/bin/"
chmod -R a+rX "$T/build" "$T/spool-layout"
PATH=$T/build/bin:$PATH

# roots DIR [OWNER] - four roots below a new directory
roots() {
	mkdir "$1"
	[ -z "${2:-}" ] || chown "$2" "$1"
	LSV_ETC=$1/etc LSV_SPOOL=$1/spool LSV_LIB=$1/lib LSV_RUN=$1/run
	export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
}

as_nobody() {
	setpriv --reuid nobody --regid nogroup --clear-groups "$@"
}

# hold FILE SECONDS - holds a lock as the services do; $holder is its process
hold() {
	python3 - "$1" <<'END' &
import fcntl, os, struct, sys, time
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(fd, fcntl.F_OFD_SETLK,
    struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0))
os.write(fd, b"lsv-spoollock 1\nprogram: lsv-test\npid: 77\n"
    b"host: here\nboot: x\nsince: 0\nend\n")
open(sys.argv[1] + ".held", "w").close()
time.sleep(60)
END
	holder=$!
	wait_for 10 test -e "$1.held"
	rm -f "$1.held"
}

release() {
	kill "$holder"
	wait "$holder" 2>/dev/null
}

valid_json() {
	python3 -m json.tool "$T/out"
}

# listing - every name below the spool with its owner, mode and links
listing() {
	find "$LSV_SPOOL" "$LSV_LIB" -printf '%P %y %u %g %m %n\n' | sort
}

usage() {
	run lsv-spool -h
	is "$status" 0 '-h exits 0'
	like "$(cat "$T/out")" 'repair' 'and names the commands'
	run lsv-spool
	is "$status" 100 'no command is a mistake: 100'
	run lsv-spool destroy
	is "$status" 100 'an unknown command is one, too'
	run lsv-spool --no-such make
	is "$status" 100 'so is an unknown option'
}

makes() {
	run $as lsv-spool check
	is "$status" 1 "$who: check of nothing exits 1"
	like "$(cat "$T/out")" '/spool/score/new: is missing, should be a dir' \
		"$who: and lists what is missing"
	ok "$who: make --dry-run succeeds" $as lsv-spool -n make
	not_ok "$who: and makes nothing" test -e "$LSV_LIB"
	ok "$who: make succeeds" $as lsv-spool make
	case $(stat -f -c %T "$LSV_SPOOL") in
	ext*)
		like "$(lsattr -d "$LSV_SPOOL" | cut -d ' ' -f 1)" T \
			"$who: its directories lie apart"
		;;
	esac
	run $as lsv-spool check
	is "$status$(cat "$T/out")" 0 "$who: check then finds no difference"
	before=$(listing)
	ok "$who: a second make succeeds" $as lsv-spool make
	is "$(listing)" "$before" "$who: and changes nothing"
	ok "$who: an inbox is there" test -p "$LSV_SPOOL/score/trigger"
	ok "$who: so is every pool" test -d "$LSV_SPOOL/pool/Q/later"
	is "$(stat -c %a "$LSV_SPOOL/score/new")" 3770 \
		"$who: an inbox is sticky and set-gid"
}

# Damage of every kind that its owner can do.
damage() {
	$as chmod 777 "$LSV_SPOOL/pool"
	rm "$LSV_SPOOL/pool/trigger" "$LSV_SPOOL/route/trigger"
	rmdir "$LSV_SPOOL/score/bad" "$LSV_SPOOL/pool/Q/now"
	$as ln -s /etc "$LSV_SPOOL/pool/Q/now"
	$as sh -c "echo precious >'$LSV_SPOOL/jobs/a file'"
	$as sh -c "echo half >'$LSV_SPOOL/score/tmp/$id'"
	touch -d '40 hours ago' "$LSV_SPOOL/score/tmp/$id"
	[ "$who" != root ] || chown lsvin "$LSV_SPOOL/score/tmp/$id"
	$as sh -c "echo linked >'$LSV_SPOOL/done/../linked'"
	$as ln "$LSV_SPOOL/linked" "$LSV_SPOOL/route/new/$id"
	[ "$who" != root ] || chown lsvin "$LSV_SPOOL/linked"
}

finds() {
	run $as lsv-spool check
	is "$status" 1 "$who: check of a damaged spool exits 1"
	said=$(cat "$T/out")
	for line in 'pool: mode is 2?777, should be 2750' \
		'pool/trigger: is missing, should be a FIFO' \
		'route/trigger: is missing, should be a FIFO' \
		'score/bad: is missing, should be a directory' \
		'pool/Q/now: type is a symbolic link, should be a directory' \
		'jobs/a file: a file does not belong here' \
		"score/tmp/$id: left behind, 40 hours old" \
		"route/new/$id: links is 2, should be 1" \
		'linked: a file does not belong here'; do
		like "$said" "/spool/$line" "$who: check lists: $line"
	done
	is "$(printf '%s\n' "$said" | wc -l)" 9 "$who: and nothing else"
}

mends() {
	before=$(listing)
	run $as lsv-spool --json repair --dry-run
	is "$status" 0 "$who: repair --dry-run exits 0"
	ok "$who: and prints JSON" valid_json
	is "$(listing)" "$before" "$who: and changes nothing"
	ok "$who: repair succeeds" $as lsv-spool repair
	run $as lsv-spool check
	is "$status$(cat "$T/out")" 0 "$who: check finds no difference then"
	like "$(cat "$T/err")" '5 things lie in .*/lost' \
		"$who: but tells of what was set aside"
	is "$(cat "$LSV_SPOOL"/lost/*:jobs:a?file)" precious \
		"$who: nothing was destroyed: a file that did not belong"
	is "$(cat "$LSV_SPOOL"/lost/*:score:tmp:$id)" half \
		"$who: a file left behind"
	is "$(cat "$LSV_SPOOL"/lost/*:route:new:$id)" linked \
		"$who: a file with two names"
	ok "$who: the link is set aside, not what it led to" \
		test -L "$(ls -d "$LSV_SPOOL"/lost/*:pool:Q:now)"
	rm -rf "${LSV_SPOOL:?}"/lost/*
}

json() {
	rm "$LSV_SPOOL/pool/trigger"
	run $as lsv-spool --json check
	is "$status" 1 "$who: check --json exits 1 as well"
	is "$(python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
x = d["differences"]
print(len(x), x[0]["path"] == sys.argv[2], x[0]["what"], x[0]["is"],
    x[0]["outcome"], d["left"], d["lost"])' \
		"$T/out" "$LSV_SPOOL/pool/trigger")" \
		'1 True presence missing found 1 0' \
		"$who: and says what differs"
	$as lsv-spool make 2>/dev/null
	evil=$(printf 'x\033[2Jy\nz')
	$as touch "$LSV_SPOOL/$evil"
	run $as lsv-spool check
	like "$(cat "$T/out")" '/x.\[2Jy.z: a file does not' \
		"$who: control bytes of a name are not printed"
	run $as lsv-spool --json check
	ok "$who: nor do they break the JSON" valid_json
	rm "$LSV_SPOOL/$evil"
}

in_use() {
	hold "$LSV_SPOOL/lock"
	ok "$who: make of a good spool in use has nothing to do" \
		$as lsv-spool make
	rm "$LSV_SPOOL/pool/trigger"
	for command in make repair; do
		run $as lsv-spool "$command"
		is "$status" 100 "$who: $command of a spool in use is refused"
		like "$(cat "$T/err")" \
			'in use by lsv-test, process 77 on host here' \
			"$who: and says who uses it"
	done
	not_ok "$who: and nothing was mended" test -e "$LSV_SPOOL/pool/trigger"
	run $as lsv-spool check
	is "$status" 1 "$who: check works on a spool in use"
	release
	hold "$LSV_SPOOL/score/lock"
	run $as lsv-spool repair
	is "$status" 100 "$who: so it is while a service lives on alone"
	like "$(cat "$T/err")" 'score/lock is held' "$who: and says which"
	release
	ok "$who: when all are gone repair mends" $as lsv-spool repair
}

all_of_it() {
	makes
	damage
	finds
	mends
	json
	in_use
}

usage
if is_root; then
	who=root as=''
	roots "$T/root"
else
	who=user as=''
	roots "$T/user"
fi
all_of_it

ok 'what is printed goes nowhere: the work is done all the same' sh -c \
	"rm '$LSV_SPOOL/pool/trigger'; lsv-spool -v make | :; lsv-spool check"

# --- tables with mistakes ---------------------------------------------------

echo "\$LSV_SPOOL/x d root root 755 - x" >>"$T/spool-layout/spool.tab"
run lsv-spool check
is "$status" 100 'a mistake in spool.tab ends it with 100'
like "$(cat "$T/err")" "spool.tab line $(wc -l \
	<"$T/spool-layout/spool.tab"): mode" 'and names the line'
cp "$TOP/spool-layout/spool.tab" "$T/spool-layout/"

# --- what only root can do --------------------------------------------------

if ! is_root; then
	skip 'the rest needs root'
	done_testing
fi

is "$(stat -c '%U:%G' "$LSV_SPOOL/score/new")" lsvscore:lsvin \
	'the inbox belongs to its reader, and to the group of its writers'
is "$(id -Gn lsvsmtp)" 'lsvsmtp lsvjob' 'a user is in the groups it needs'

chown nobody "$LSV_SPOOL/score/new" && chgrp nogroup "$LSV_SPOOL/pool/A/now"
echo x >"$LSV_SPOOL/score/new/$id"
chown nobody "$LSV_SPOOL/score/new/$id"
run lsv-spool check
like "$(cat "$T/out")" 'score/new: owner is nobody, should be lsvscore' \
	'check sees a wrong owner'
like "$(cat "$T/out")" 'pool/A/now: group is nogroup, should be lsvjob' \
	'and a wrong group'
like "$(cat "$T/out")" "score/new/$id: owner is nobody, should be lsvin" \
	'and a file of a user who may not write there'
run lsv-spool --adopt repair
is "$status" 0 'repair --adopt mends them'
is "$(stat -c '%U:%G' "$LSV_SPOOL/score/new")" lsvscore:lsvin \
	'the directory has its owner again'
is "$(stat -c %U "$LSV_SPOOL/score/new/$id")" lsvin \
	'and the file now belongs to the one who may write there'
chown nobody "$LSV_SPOOL/score/new/$id"
ok 'repair without --adopt' lsv-spool repair
is "$(cat "$LSV_SPOOL"/lost/*:score:new:$id)" x \
	'moves such a file to lost/ instead'

# A directory is replaced by a link to something precious.
mkdir "$T/precious" && chmod 711 "$T/precious"
rmdir "$LSV_SPOOL/score/tmp" && ln -s "$T/precious" "$LSV_SPOOL/score/tmp"
ok 'repair with a link in the place of a directory' lsv-spool repair
is "$(stat -c '%U %a' "$T/precious")" 'root 711' 'does not follow it'
rm "$LSV_SPOOL/score/doing" && echo secret >"$T/secret"
chmod 600 "$T/secret" && ln "$T/secret" "$LSV_SPOOL/score/doing"
ok 'repair with a second name of a foreign file' lsv-spool repair
is "$(stat -c '%U %a' "$T/secret") $(cat "$T/secret")" 'root 600 secret' \
	'does not give that file away'

# lsv-scan: requests and answers are only for each other.
rm -rf "$LSV_SPOOL/score/wait" "$LSV_SPOOL/scan/run" "$LSV_SPOOL/scan/trigger"
chown root "$LSV_SPOOL/scan/new" && chmod 777 "$LSV_SPOOL/score/scanned/new"
echo x >"$LSV_SPOOL/scan/new/$id" && chown lsvscan "$LSV_SPOOL/scan/new/$id"
echo x >"$LSV_SPOOL/score/scanned/new/$id"
chown lsvscan "$LSV_SPOOL/score/scanned/new/$id"
run lsv-spool check
like "$(cat "$T/out")" 'scan/new: owner is root, should be lsvscan' \
	'check sees a wrong owner of what lsv-scan needs'
like "$(cat "$T/out")" "scan/new/$id: owner is lsvscan, should be lsvscore" \
	'and a request that lsv-score did not make'
like "$(cat "$T/out")" 'score/wait: ' 'and that a directory is missing'
unlike "$(cat "$T/out")" "scanned/new/$id" 'but no fault with an answer'
ok 'repair' lsv-spool repair
is "$(cd "$LSV_SPOOL" && stat -c '%n %U:%G %a' score/wait scan/run scan/new \
	scan/trigger score/scanned/new)" "score/wait lsvscore:lsvin 750
scan/run lsvscan:lsvscan 700
scan/new lsvscan:lsvscan 3770
scan/trigger lsvscan:lsvscan 620
score/scanned/new lsvscore:lsvscan 3770" 'mends all of it'
is "$(cat "$LSV_SPOOL"/lost/*:scan:new:$id)" x 'the request is in lost/'
is "$(cat "$LSV_SPOOL/score/scanned/new/$id")" x 'the answer is untouched'
rm "$LSV_SPOOL/score/scanned/new/$id"

cat >>"$T/spool-layout/users.tab" <<'END'
group lsvtesta a group of a test
group lsvtestb a group of a test
user lsvtestu lsvtesta a user of a test
END
remove_users() {
	userdel lsvtestu
	for group in lsvtestu lsvtesta lsvtestb; do
		groupdel $group
	done
}
at_exit 'remove_users 2>/dev/null'
run lsv-spool check
like "$(cat "$T/out")" 'user lsvtestu: there is no such user' \
	'check sees a user who does not exist'
ok 'make creates users and groups' lsv-spool make
is "$(id -Gn lsvtestu)" 'lsvtestu lsvtesta' 'with the groups they need'
is "$(getent passwd lsvtestu | cut -d: -f6,7)" \
	/nonexistent:/usr/sbin/nologin 'without a home or a shell'
gpasswd -d lsvtestu lsvtesta >/dev/null
usermod -a -G lsvtestb lsvtestu
run lsv-spool --json check
ok 'differences of users come as JSON, too' valid_json
like "$(cat "$T/out")" 'should be in the group lsvtesta' \
	'check sees a group that a user lacks'
like "$(cat "$T/out")" 'should not be in the group lsvtestb' \
	'and one that it should not be in'
ok 'repair mends both' lsv-spool repair
is "$(id -Gn lsvtestu)" 'lsvtestu lsvtesta' 'and the groups are right again'
cp "$TOP/spool-layout/users.tab" "$T/spool-layout/"

mkdir "$T/ro" && mount -t tmpfs -o size=4m tmpfs "$T/ro"
at_exit "umount '$T/ro'"
roots "$T/ro/roots"
lsv-spool make 2>/dev/null
rm "$LSV_SPOOL/pool/trigger"
mount -o remount,ro "$T/ro"
run lsv-spool repair
is "$status" 100 'on a read-only file system repair exits 100'
like "$(cat "$T/err")" 'Read-only file system' 'and says why'
run lsv-spool check
is "$status" 1 'check works there'

# --- the same with one user, and root on that user's spool ------------------

roots "$T/user" nobody
as=as_nobody who=nobody
all_of_it
rm "$LSV_SPOOL/pool/trigger"
ok "root repairs one user's spool" lsv-spool repair
is "$(stat -c %U "$LSV_SPOOL/pool/trigger")" nobody 'as that user'
roots "$T/other"
lsv-spool make 2>/dev/null
run as_nobody lsv-spool check
is "$status" 100 "a user is refused on root's spool"
like "$(cat "$T/err")" 'belongs to root' 'and told why'
done_testing
