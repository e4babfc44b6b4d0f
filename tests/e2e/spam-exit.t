#!/bin/sh
# lsv-spam test and report: what SPAM_EXIT says of a message
. "$(dirname "$0")/../lib/tap.sh"

LSV_LIB=$T/lib
LSV_ETC=$T/etc
LSV_SPOOL=$T/spool
LSV_RUN=$T/run
TMPDIR=$T/tmp
export LSV_LIB LSV_ETC LSV_SPOOL LSV_RUN TMPDIR
mkdir -p "$LSV_LIB/lists" "$LSV_ETC/exits" "$LSV_SPOOL/scan" \
	"$LSV_SPOOL/hold" "$TMPDIR"
chmod 1777 "$TMPDIR"

out() {
	cat "$T/out"
}

err() {
	cat "$T/err"
}

# site LINE... - the configuration in force
site() {
	printf '%s\n' NODE=lists.test POSTMASTER=joe@example.com \
		SMTP_FORWARD=localhost SPAM_DELAY=0 "$@" >"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/apply" 2>&1 || diag "$(cat "$T/apply")"
}

# exit_is LINE... - the exit is this script
exit_is() {
	printf '%s\n' '#!/bin/sh' "$@" >"$LSV_ETC/exits/TRY"
	chmod 755 "$LSV_ETC/exits/TRY"
}

# try [OPTION...] - a message of somebody
try() {
	printf 'From: %s\nTo: a@b\nSubject: try\n\nBuy this.\n' \
		"${from:-joe@example.com}" >"$T/mail"
	run lsv-spam test "$@" <"$T/mail"
}

# says VERDICT RULE NAME - by the last message
says() {
	is "$(sed -n 's/^verdict  *//p; s/^rule  *//p' "$T/out" |
		tr '\n' ' ')" "$1 $2 " "$3"
}

# --- test ------------------------------------------------------------------

site SPAM_EXIT=TRY 'SPAM_BLACKLIST_FROM=bad@example.com' \
	'SPAM_WHITELIST_FROM=good@example.com'
exit_is 'exit 0'
try
is "$status" 0 'the exit is run'
says accept accepted 'and 0 lets the message go on'
like "$(out)" '^exit      0, [0-9]+ ms$' 'its answer is shown'
like "$(out)" '^reason    SPAM_EXIT TRY lets it go on$' 'and it decided'
try --json
is "$(json 'd["verdict"], d["exit"]["code"], d["exit"]["reason"], d["exit"]["ms"] < 60000')" \
	"('accept', 0, '', True)" 'also as JSON'
exit_is 'echo fine; exit 1'
try
says whitelisted whitelisted '1 is whitelisted'
exit_is 'echo contains; printf "a\033[31m virus\n"; exit 2'
try
says rejected exit '2 is rejected'
like "$(out)" '^exit      2, [0-9]+ ms, contains a.?\[31m virus$' \
	'with its output as the reason'
unlike "$(out)" "$(printf '\033')" 'and no control byte of it'
try --json
is "$(json 'd["exit"]["code"], d["exit"]["reason"].startswith("contains a"), d["rule"], d["score"]')" \
	"(2, True, 'exit', 0)" 'with --json too'
site SPAM_EXIT=TRY SPAM_REJECT=HOLD
try
says held exit 'SPAM_REJECT=HOLD holds it'
try --no-exit
says accept accepted 'with --no-exit it is not run'
unlike "$(out)" '^exit ' 'and has no answer'
try --no-exit --json
is "$(json 'd["exit"]')" None 'null in JSON'

for fail in DEFER:defer:exit-failed HOLD:held:exit-failed \
	ACCEPT:accept:accepted; do
	site SPAM_EXIT=TRY "SPAM_EXIT_FAIL=${fail%%:*}"
	exit_is 'exit 3'
	try
	verdict=${fail#*:}
	says "${verdict%:*}" "${verdict#*:}" \
		"an exit that fails: SPAM_EXIT_FAIL=${fail%%:*}"
done
like "$(out)" '^exit      failed, [0-9]+ ms, .*3' 'what it did is told'
try --json
is "$(json 'd["exit"]["code"]')" failed 'in JSON as well'
site SPAM_EXIT=TRY SPAM_EXIT_TIMEOUT=1s
exit_is 'setsid sleep 86521 &' 'sleep 86521'
before=$(date +%s)
try
says defer exit-failed 'one that hangs is killed'
ok 'in time' test "$(($(date +%s) - before))" -le 5
not_ok 'with all that came of it' pgrep -f '^sleep 86521$'
site SPAM_EXIT=NOTHING
try
says defer exit-failed 'one that is not there fails'

# --- what is shown to it ---------------------------------------------------

site SPAM_EXIT=TRY 'SPAM_BLACKLIST_FROM=bad@example.com' \
	'SPAM_WHITELIST_FROM=good@example.com'
# shellcheck disable=SC2016 # expanded by the exit
exit_is 'cmp spam.tmp - && echo "$# $1 $2; $(wc -c <spam.tmp)"; exit 2'
try
like "$(out)" "ms, 1 SCAN ; $(wc -c <"$T/mail")\$" \
	'it has the message as a file and on standard input'
lsv-list create OFFERS --owner joe@example.com >/dev/null
try --list offers
like "$(out)" 'ms, 2 SCAN OFFERS; ' 'and the name of the list'
exit_is 'exit 2'
from=bad@example.com
try
says rejected blacklisted 'what a list rejects is not shown to it'
unlike "$(out)" '^exit ' 'so it has no answer'
from=good@example.com
try
says whitelisted whitelisted 'nor is what a list accepts'
from=
printf '%s\n' '* Open' '* Owner= joe@example.com' \
	'* Misc-Options= NO_SPAM_CHECK' >"$T/header"
lsv-list create OPEN --header "$T/header" >/dev/null
try --list open
says accept accepted 'nor is mail to a list with NO_SPAM_CHECK'
site SPAM_EXIT=TRY SPAM_MAXSIZE=1K
try
says rejected exit 'up to SPAM_MAXSIZE it is run'
(
	cat "$T/mail"
	head -c 3000000 /dev/zero
) | lsv-spam test >"$T/out"
says accept accepted 'above it is not'
like "$(out)" '^reason    SPAM_MAXSIZE' 'which is said'
is "$(ls "$TMPDIR")" '' 'nothing of it all is left behind'
sed 's/^SPAM_EXIT=.*/SPAM_EXIT=OTHER/' "$LSV_ETC/site.cfg" >"$T/try.cfg"
printf '#!/bin/sh\nexit 1\n' >"$LSV_ETC/exits/OTHER"
chmod 755 "$LSV_ETC/exits/OTHER"
try --config "$T/try.cfg"
says whitelisted whitelisted 'another configuration has its own'
if is_root; then
	chown 65534 "$LSV_SPOOL/scan"
	exit_is 'id -u; exit 2'
	try
	like "$(out)" 'ms, 65534$' 'root becomes the user of lsv-scan for it'
	chown 0 "$LSV_SPOOL/scan"
else
	skip 'not root'
fi

# gave_up PID - all its uids, and its groups, are those of lsv-scan here
gave_up() {
	[ "$(sed -n 's/^\([UG]id\|Groups\):[[:blank:]]*//p' "/proc/$1/status" |
		tr -s '\t\n ' '   ')" = "$uids $uids 65534 " ]
}

# slow NAME COMMAND... - its message comes, but not before it is no more root
slow() {
	name=$1
	shift
	"$@" <"$T/slow" >"$T/out" 2>"$T/err" &
	pid=$!
	exec 7>"$T/slow"
	ok "$name" wait_for 10 gave_up "$pid"
	cat "$T/mail" >&7
	exec 7>&-
	wait "$pid"
	status=$?
}

if is_root; then
	uids='65534 65534 65534 65534'
	mkfifo "$T/slow"
	chown 65534:65534 "$LSV_SPOOL/scan"
	site SPAM_EXIT=TRY
	slow 'root becomes it before the message is read' lsv-spam test
	says rejected exit 'which is judged as ever'
	slow 'also when SPAM_EXIT is not run' lsv-spam test --no-exit
	says accept accepted 'which is judged, too'
	exit_is 'exit 0'
	slow 'and before one is read that is reported' lsv-spam report
	is "$status" 0 'which the exit gets'
	mv "$LSV_SPOOL/scan" "$LSV_SPOOL/away"
	try
	is "$status" 100 'with nobody to become SPAM_EXIT is not run by root'
	run lsv-spam report <"$T/mail"
	is "$status" 100 'nor for a report'
	like "$(err)" "unable to become the owner of $LSV_SPOOL/scan: " \
		'and why is said'
	try --no-exit
	says accept accepted 'but where nothing is installed the lists can be asked'
	mv "$LSV_SPOOL/away" "$LSV_SPOOL/scan"
	chown 0:0 "$LSV_SPOOL/scan"
else
	skip 'not root' 10
fi

# --- report ----------------------------------------------------------------

site SPAM_EXIT=TRY
exit_is "[ \"\$1 \$#\" = 'REPORT 1' ] && cmp spam.tmp - && exit 0" 'exit 9'
run lsv-spam report <"$T/mail"
is "$status" 0 'a message is reported'
exit_is "[ \"\$1 \$#\" = 'REPORT 1' ] && cmp spam.tmp - && exit 2" 'exit 9'
run lsv-spam report <"$T/mail"
is "$status" 111 'when the exit does not take it, that is an error'
like "$(err)" 'TRY did not take the report' 'and said'
run lsv-spam report </dev/null
is "$status" 65 'no message is none to report'
exit_is 'exit 0'
head -c $((64 * 1024 * 1024)) /dev/zero >"$T/large"
run lsv-spam report <"$T/large"
is "$status" 0 'one of 64 MiB is reported'
printf x >>"$T/large"
run lsv-spam report <"$T/large"
is "$status" 65 'one with a byte more is not'
like "$(err)" 'standard input is larger than 64 MiB' 'which is said'
rm "$T/large"
id=0647c1a2b3d4e.9f02c4d1aa
{
	printf '%s\n' 'lsv-file: 1' "id: $id" 'class: post' \
		'created: 1763806800000000' 'from: x@evil.test' \
		'to: offers@lists.test' 'list: OFFERS' 'form: ' 'detail: ' \
		'pool: ' 'reason: ' 'rcpts: 0' \
		"size: $(printf %020d "$(wc -c <"$T/mail")")" end
	cat "$T/mail"
} >"$LSV_SPOOL/hold/$id"
exit_is "cmp spam.tmp - && [ \"\$(wc -c <spam.tmp)\" = $(wc -c <"$T/mail") ]" \
	"head -n 1 spam.tmp | grep -q '^From: ' && exit 0"
run lsv-spam report "$id"
is "$status" 0 'one that is held is reported by its ID, without its head'
ok 'and still held' test -f "$LSV_SPOOL/hold/$id"
run lsv-spam report 0647c1a2b3d4e.0000000000
is "$status" 1 'one that is not held exits 1'

# of REGEX OWNER NAME - exit code and words when the held file is of that owner
of() {
	chown "$2" "$LSV_SPOOL/hold/$id"
	run lsv-spam report "$id"
	like "$status $(err)" "$1" "$3"
}

refused="^100 .*$id is not a plain file of "
if is_root; then
	mkdir "$LSV_SPOOL/score"
	: >"$LSV_SPOOL/score/writer"
	chown 65533 "$LSV_SPOOL/hold"
	chown 65532 "$LSV_SPOOL/score/writer"
	chown 65534 "$LSV_SPOOL/scan"
	of '^0 $' 65533 'a held file of the owner of hold/ is reported'
	of '^0 $' 65532 'so is one of who wrote it into score/new'
	of "$refused" 65531 'not of somebody else'
	of "$refused" 0 'nor of root'
	chown 65532 "$LSV_SPOOL/hold/$id"
	if command -v strace >/dev/null 2>&1; then
		strace -y -o "$T/trace" -e trace=setresuid,read,pread64 \
			lsv-spam report "$id" 2>/dev/null
		is "$(grep -E "^setresuid|/hold/$id" "$T/trace" |
			sed 's/(.*//' | uniq | tr '\n' ' ')" 'setresuid pread64 ' \
			'nothing of it is read before root is another'
	else
		skip 'there is no strace'
	fi
	rm -r "$LSV_SPOOL/score"
	of "$refused" 65532 'without a score/writer only the owner of hold/ counts'
	chown 0 "$LSV_SPOOL/hold" "$LSV_SPOOL/hold/$id" "$LSV_SPOOL/scan"
else
	skip 'not root' 6
fi
for wrong in '../x' 'a b' --frobnicate; do
	# shellcheck disable=SC2086 # words are wanted
	run lsv-spam report $wrong <"$T/mail"
	is "$status" 100 "report $wrong is wrong usage"
done
ln "$LSV_SPOOL/hold/$id" "$LSV_SPOOL/hold/0647c1a2b3d4e.0000000001"
run lsv-spam report "$id"
is "$status" 100 'a file with two names is not touched'
rm "$LSV_SPOOL/hold/$id"
ln -s "$T/mail" "$LSV_SPOOL/hold/$id"
run lsv-spam report "$id"
is "$status" 100 'nor is what a link leads to'
site
run lsv-spam report <"$T/mail"
is "$status" 100 'without SPAM_EXIT there is nobody to tell'
like "$(err)" 'SPAM_EXIT is not set' 'and it says so'
done_testing
