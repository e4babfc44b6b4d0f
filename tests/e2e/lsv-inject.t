#!/bin/sh
# lsv-inject as an MTA runs it, on a private spool
#
# All files belong to one user here (tests with a user for each program:
# lsv-service.t), so root runs it as one, in a namespace of its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"

LSV_ETC=$T/etc LSV_SPOOL=$T/spool LSV_LIB=$T/lib LSV_RUN=$T/run
export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
mkdir -p "$LSV_ETC" "$LSV_LIB/lists" "$LSV_SPOOL/score/tmp" \
	"$LSV_SPOOL/score/new"
mkfifo "$LSV_SPOOL/score/trigger"
new=$LSV_SPOOL/score/new
tmp=$LSV_SPOOL/score/tmp
list=test@lists.example.org

cat >"$LSV_ETC/site.cfg" <<'END'
NODE=lists.example.org
MYDOMAIN="lists.example.org Example.ORG"
POSTMASTER=ann@example.net
LOCAL=*.example.org
SMTP_FORWARD=127.0.0.1
END

message() {
	printf 'Subject: a test\nFrom: joe@example.com\n\nhello\n'
}

message >"$T/m"

# inject ARG... - gives it standard input, keeps exit code and what it said
inject() {
	status=0
	lsv-inject "$@" 2>"$T/err" || status=$?
	said=$(cat "$T/err")
}

files() {
	find "$1" -type f | wc -l
}

# the only file in new/, which is then removed
take() {
	cat "$new"/* >"$T/file"
	rm -f "$new"/*
}

body() {
	sed '1,/^end$/d' "$T/file"
}

value() {
	sed -n "/^end\$/q;s/^$1: //p" "$T/file"
}

# --- before anything is set up --------------------------------------------

inject -f joe@example.com $list <"$T/m"
is "$status" 75 'without a configuration the MTA is told to try again'
like "$said" '^4\.3\.5 no site configuration' 'and why'

ok 'the configuration applies' lsv-config apply
inject -f joe@example.com $list <"$T/m"
is "$status" 75 'without a table of lists the MTA is told to try again'
like "$said" '^4\.3\.5 no table of lists' 'and why'

ok 'a list is made' lsv-list create TEST --owner ann@example.net
printf '* Small\n* Owner= ann@example.net\n* Sizelim= 2K\n' >"$T/small"
ok 'a list with a limit is made' lsv-list create SMALL --header "$T/small"
printf '* Short\n* Owner= ann@example.net\n* Sizelim= 10\n' >"$T/short"
ok 'a list with a limit of lines is made' \
	lsv-list create SHORT --header "$T/short"
printf '* Closed\n* Owner= ann@example.net\n* Send= Closed\n' >"$T/closed"
ok 'a closed list is made' lsv-list create CLOSED --header "$T/closed"

# --- a good message --------------------------------------------------------

inject -f joe@example.com $list <"$T/m"
is "$status" 0 'a good message is taken'
is "$said" '' 'without a word'
is "$(files "$new")" 1 'it is one file in new/'
is "$(files "$tmp")" 0 'and none is left in tmp/'
is "$(stat -c %a "$new"/*)" 640 'its mode is 640 whatever the umask'
take
is "$(value class)" post 'its class is post'
is "$(value list)" TEST 'the list is named in upper case'
is "$(value from)" joe@example.com 'the sender is in its head'
is "$(value to)" $list 'the recipient is in its head'
is "$(value size)" 00000000000000000045 'the size is that of the message'
is "$(body)" "$(message)" 'the message follows byte for byte'

{
	echo 'From joe@example.com Sat Nov 22 00:00:00 2026'
	message
} >"$T/in"
inject -f joe@example.com $list <"$T/in"
is "$status" 0 'an mbox line in front is no error'
take
is "$(body)" "$(message)" 'but no part of the message'

{
	message
	printf '.\n..\nFrom here\r\n\rbare CR\nno end of line \351'
} >"$T/odd"
inject -f joe@example.com $list <"$T/odd"
is "$status" 0 'dots, bare CR, 8-bit and a missing last LF are no error'
take
sed '1,/^end$/d' "$T/file" >"$T/body"
ok 'and nothing of it is changed' cmp "$T/body" "$T/odd"

# --- what addresses make of it ---------------------------------------------

# address ADDRESS CLASS LIST FORM DETAIL
address() {
	inject -f joe@example.com "$1" <"$T/m"
	take
	is "$status $(value class) $(value list) $(value form) $(value detail)" \
		"0 $2 $3 $4 $5" "$1 is $2 $4"
}

address listserv@lists.example.org command '' listserv ''
address TEST-Request@lists.example.org command TEST request ''
address test-subscribe-request@example.org command TEST subscribe ''
address test-unsubscribe-request@example.org command TEST unsubscribe ''
address test-signoff-request@example.org command TEST signoff ''
address test-server@example.org command TEST server ''
address owner-test@EXAMPLE.org bounce TEST owner ''
address owner-test+joe=example.com@example.org bounce TEST verp joe@example.com
address 'owner-test*joe**example.com@example.org' bounce TEST probe joe@example.com
address owner-listserv@example.org bounce '' owner ''
address "$list" post TEST '' ''

inject -f joe@example.com test <"$T/m"
take
is "$(value to)" $list 'a recipient without a domain is at NODE'

# sender SENDER WANT NAME
sender() {
	inject -f "$1" $list <"$T/m"
	take
	is "$status $(value from)" "0 $2" "$3"
}

sender '' '' 'the null sender may be empty'
sender '<>' '' 'or empty brackets'
sender MAILER-DAEMON '' 'or the name that pipe(8) gives it'
sender mailer-daemon@mx.example.org '' 'with a domain or not'
sender '<joe@example.com>' joe@example.com 'brackets are taken off'

{
	echo 'Return-Path: <ann@example.net>'
	message
} >"$T/in"
inject $list <"$T/in"
take
is "$(value from)" ann@example.net 'without -f the sender is in Return-Path'
inject $list <"$T/m"
take
is "$(value from)" '' 'without either it is the null sender'

# --- bad input -------------------------------------------------------------

# refused CODE STATUS NAME ARG... - with the message in $T/in
refused() {
	want=$1 enhanced=$2 name=$3
	shift 3
	inject "$@" <"$T/in"
	is "$status" "$want" "$name: exit $want"
	like "$said" "^$enhanced [ -~]+\$" "$name: $enhanced"
	is "$(wc -l <"$T/err")" 1 "$name: one line"
	is "$(files "$new") $(files "$tmp")" '0 0' "$name: no file is left"
}

message >"$T/in"
refused 65 5.1.1 'unknown list' -f joe@example.com nope@lists.example.org
refused 65 5.1.1 'unknown list, bounce' -f '' owner-nope@lists.example.org
refused 65 5.1.2 'foreign domain' -f joe@example.com test@example.net
refused 65 5.1.3 'no recipient' -f joe@example.com ''
refused 65 5.1.1 'no local part' -f joe@example.com @lists.example.org
refused 65 5.1.1 'a path as a list' -f joe@example.com ../../x@lists.example.org
refused 65 5.1.1 'two dots as a list' -f joe@example.com ..@lists.example.org
refused 65 5.1.3 'a line end in the recipient' -f joe@example.com "test
@lists.example.org"
refused 65 5.1.1 'a name of 300 characters' -f joe@example.com \
	"$(printf '%0300d' 0)@lists.example.org"
refused 65 5.1.3 'a recipient of 600 characters' -f joe@example.com \
	"$(printf '%0600d' 0)@lists.example.org"
refused 65 5.1.7 'a line end in the sender' -f "joe
to: x@example.com" $list
refused 65 5.1.7 'a sender of 600 characters' \
	-f "$(printf '%0600d' 0)@example.com" $list
refused 77 5.7.1 'closed list' -f joe@example.com closed@lists.example.org

: >"$T/in"
refused 65 5.6.0 'empty message' -f joe@example.com $list
like "$said" 'empty' 'empty message: says so'
echo 'just a text without any header' >"$T/in"
refused 65 5.6.0 'no header' -f joe@example.com $list
like "$said" 'no header' 'no header: says so'
{
	message
	printf 'a\0b\n'
} >"$T/in"
refused 65 5.6.0 'NUL' -f joe@example.com $list
{
	message
	head -c 1048576 /dev/zero | tr '\0' x
} >"$T/in"
refused 65 5.6.0 'line of 1 MiB' -f joe@example.com $list
{
	i=0
	while [ $i -lt 1050 ]; do
		printf 'X-Long-%d: %01000d\n' $i 0
		i=$((i + 1))
	done
	message
} >"$T/in"
refused 65 5.6.0 'header of 1 MiB' -f joe@example.com $list
{
	i=0
	while [ $i -lt 1100 ]; do
		echo "X-$i: y"
		i=$((i + 1))
	done
	message
} >"$T/in"
refused 65 5.6.0 'header of 1,100 fields' -f joe@example.com $list
{
	message
	printf '%02100d\n' 0
} >"$T/in"
refused 65 5.3.4 'over Sizelim= of the list' -f joe@example.com \
	small@lists.example.org
{
	message
	printf '\n\n\n\n\n\n\n\n'
} >"$T/in"
refused 65 5.3.4 'more lines than Sizelim=' -f joe@example.com \
	short@lists.example.org
{
	message
	yes "$(printf '%078d' 0)" | head -c 67108864
} >"$T/in"
refused 65 5.3.4 'over 64 MiB' -f joe@example.com $list
head -c 67108864 "$T/in" >"$T/most"
printf '\n' | dd of="$T/most" bs=1 seek=67108863 conv=notrunc 2>"$T/null"
inject -f joe@example.com owner-test@lists.example.org <"$T/most"
is "$status" 0 'a message of 64 MiB is taken'
is "$(sed -n 's/^size: //p;/^end$/q' "$new"/*)" 00000000000067108864 \
	'and its size is right'
rm -f "$new"/* "$T/in" "$T/most"

# --- our own fault ---------------------------------------------------------

message >"$T/in"
refused 75 4.3.5 'no argument'
refused 75 4.3.5 'an unknown option' -x $list
refused 75 4.3.5 'two recipients' -f joe@example.com $list $list
refused 75 4.3.5 'an option without value' -f

inject -f joe@example.com $list <&-
is "$status" 75 'a closed standard input: exit 75'
inject -f joe@example.com $list </
is "$status" 75 'a standard input that cannot be read: exit 75'

run prlimit --nofile=4 lsv-inject -f joe@example.com $list <"$T/in"
is "$status" 75 'no descriptors left: exit 75'
(
	ulimit -f 0
	lsv-inject -f joe@example.com $list <"$T/in" 2>/dev/null
)
is $? 75 'a file size limit: exit 75'
is "$(files "$new") $(files "$tmp")" '0 0' 'and no file is left'

mv "$new" "$new.away"
inject -f joe@example.com $list <"$T/in"
is "$status" 75 'a spool without new/: exit 75'
mv "$new.away" "$new"

cp "$LSV_LIB/lists/lists.cdb" "$T/lists.cdb"
for size in 0 100 2048 2100; do
	head -c $size "$T/lists.cdb" >"$LSV_LIB/lists/lists.cdb"
	inject -f joe@example.com $list <"$T/in"
	is "$status" 75 "a table of lists cut to $size bytes: exit 75"
done
cp "$T/lists.cdb" "$LSV_LIB/lists/lists.cdb"
cp "$LSV_ETC/site.cdb" "$T/site.cdb"
head -c 2060 "$T/site.cdb" >"$LSV_ETC/site.cdb"
inject -f joe@example.com $list <"$T/in"
is "$status" 75 'a damaged site configuration: exit 75'
cp "$T/site.cdb" "$LSV_ETC/site.cdb"

# A spool on a file system of its own: full, without inodes, read-only.
cat >"$T/small.sh" <<'END'
set -u
mount -t tmpfs -o "$1" none "$LSV_SPOOL" || exit 99
mkdir -p "$LSV_SPOOL/score/tmp" "$LSV_SPOOL/score/new"
eval "$2"
exec unshare -U --map-user=1000 --map-group=1000 \
	lsv-inject -f joe@example.com test@lists.example.org <"$3"
END
on_small() {
	status=0
	unshare -rm sh "$T/small.sh" "$1" "$2" "$3" 2>"$T/err" || status=$?
	said=$(cat "$T/err")
}
{
	message
	yes "$(printf '%078d' 0)" | head -c 900000
} >"$T/big"
on_small size=4m,nr_inodes=100 : "$T/in"
is "$status" 0 'a small file system with room takes it'
# shellcheck disable=SC2016 # expanded over there
fill='head -c 4080000 /dev/zero >"$LSV_SPOOL/x" 2>/dev/null'
on_small size=4m "$fill" "$T/in"
is "$status" 75 'a spool that is almost full: exit 75'
like "$said" '^4\.3\.1 the spool is almost full' 'and why'
on_small size=1m : "$T/big"
is "$status" 0 'what just fits goes in'
# shellcheck disable=SC2016
half='head -c 600000 /dev/zero >"$LSV_SPOOL/x"'
on_small size=1m "$half" "$T/big"
is "$status" 75 'a disk that fills up on the way: exit 75'
like "$said" 'No space left' 'and why'
# shellcheck disable=SC2016
inodes='i=0; while [ $i -lt 93 ]; do : >"$LSV_SPOOL/$i"; i=$((i + 1)); done'
on_small nr_inodes=100 "$inodes" "$T/in"
is "$status" 75 'almost no inodes left: exit 75'
like "$said" '^4\.3\.1 .*inodes' 'and why'
# shellcheck disable=SC2016
on_small size=1m 'mount -o remount,bind,ro "$LSV_SPOOL"' "$T/in"
is "$status" 75 'a read-only spool: exit 75'
like "$said" 'Read-only file system' 'and why'

# --- interrupted -----------------------------------------------------------

for sig in TERM HUP INT ALRM; do
	mkfifo "$T/slow.$sig"
	(
		cat "$T/big"
		sleep 30
	) >"$T/slow.$sig" &
	feeder=$!
	lsv-inject -f joe@example.com $list <"$T/slow.$sig" 2>"$T/err" &
	pid=$!
	half_in() {
		[ "$(files "$tmp")" = 1 ]
	}
	wait_for 10 half_in
	kill -s $sig $pid
	status=0
	wait $pid || status=$?
	kill $feeder 2>/dev/null
	is "$status" 75 "SIG$sig: exit 75"
	is "$(files "$tmp") $(files "$new")" '0 0' "SIG$sig: no file is left"
done

run lsv-inject -h
is "$status" 0 '-h exits 0'
like "$(cat "$T/out")" '^usage: lsv-inject' 'and prints the usage'

# --- it starts fast --------------------------------------------------------

unlike "$(ldd "$LSV_BUILD/bin/lsv-inject")" 'ssl|crypto|lmdb|idn|seccomp' \
	'it loads none of the large libraries'

done_testing
