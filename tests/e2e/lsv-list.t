#!/bin/sh
# lsv-list as an administrator uses it, on a private store
. "$(dirname "$0")/../lib/tap.sh"

LSV_LIB=$T/lib
LSV_ETC=$T/etc
LSV_SPOOL=$T/spool
LSV_RUN=$T/run
export LSV_LIB LSV_ETC LSV_SPOOL LSV_RUN
mkdir -p "$LSV_LIB/lists" "$LSV_ETC"

out() {
	cat "$T/out"
}

err() {
	cat "$T/err"
}

# the compiled table has this list
published() {
	grep -aqE " [PMO] [-A-Z]+ [0-9]{5} $1" "$LSV_LIB/lists/lists.cdb"
}

# --- usage -----------------------------------------------------------------

run lsv-list
is "$status" 100 'without a command it exits 100'
like "$(err)" '^lsv-list: fatal: usage: ' 'and says how it is used'
run lsv-list -h
is "$status" 0 '-h exits 0'
like "$(out)" 'lsv-list \[-n\] create NAME' 'and prints the usage'
for wrong in frobnicate create 'create a b' delete 'header get' 'header x y' \
	'add x' 'set x a@b' '--frobnicate show' 'show a b c'; do
	# shellcheck disable=SC2086 # words are wanted
	run lsv-list $wrong
	is "$status" 100 "$wrong is wrong usage"
done
run lsv-list show
is "$status:$(out)" 0: 'before the first list there is nothing to show'
run lsv-list --json show
is "$(out)" '[]' 'in JSON too'
run lsv-list show mylist
is "$status" 100 'and a list that is not there is an error'

# --- create and delete -----------------------------------------------------

run lsv-list create MyList --owner 'Joe@Example.COM'
is "$status" 0 'a list is created with an owner'
ok 'its name is published' published MYLIST
run lsv-list create mylist --owner a@b
is "$status" 100 'a second list of that name is refused'
like "$(err)" 'MYLIST: there is such a list already' 'and it says so'
run lsv-list create other
is "$status" 100 'a list without owner and header is refused'
run lsv-list create other --owner nobody
like "$(err)" 'nobody: no @ in the address' 'and so is an owner without address'
run lsv-list -n create dry --owner a@b
is "$status" 0 'a dry run says that it would work'
run lsv-list show dry
is "$status" 100 'and creates nothing'

control=$(printf 'a\001\033[31mb')
long=$(printf '%0300d' 0)
for name in owner-x x-request listserv LISTSERV x-subscribe-request \
	x-unsubscribe-request x-signoff-request x-server postmaster \
	mailer-daemon a/b ../a .. . /etc/passwd 'a b' a+b 'a*b' "$control" \
	"$long" '' -- -x; do
	run lsv-list create --owner a@b -- "$name"
	is "$status" 100 "the name '$(printf %.20s "$name" | tr -dc ' -~')' is refused"
done
unlike "$(err)" "$(printf '\033')" 'no control byte reaches the terminal'
run lsv-list create --owner a@b -- "$control"
like "$(err)" 'a\?\?\[31mb: only A-Z' 'they are shown as question marks'
is "$(lsv-list show | wc -l)" 1 'none of them became a list'

# --- headers ---------------------------------------------------------------

cat >"$T/header" <<-'X'
	* Test list
	* Owner= joe@example.com
	* Owner= Quiet:
	* Owner= ann@example.com
	* Send= Private
	* Sizelim= 100K
	* Auto-Delete= Yes,Full-Auto
	* Default-Options= Repro
X
run lsv-list create test-l --header "$T/header"
is "$status" 0 'a list is created with a header'
like "$(err)" 'warning: line 7: Auto-Delete= is kept, but not obeyed yet' \
	'what is not obeyed is said'
lsv-list header get TEST-L >"$T/got"
ok 'the header comes back byte for byte' cmp "$T/header" "$T/got"
run lsv-list --json show test-l
like "$(out)" '"send":"Private"' 'it is in force'
like "$(out)" '"sizelim_bytes":102400' 'with its size limit'
like "$(out)" '"quiet_owners":\["ann@example.com"\]' 'and its quiet owner'
sed 's/Private/Owner/' "$T/header" | lsv-list header put test-l 2>/dev/null
like "$(lsv-list show test-l)" '^send: +Owner' 'a header is put'
printf '* T\nOwner= a@b\n' >"$T/bad"
run lsv-list header put test-l "$T/bad"
is "$status" 100 'a bad header is refused'
like "$(err)" 'header: line 2: line does not begin with \*' 'with its line'
like "$(lsv-list show test-l)" '^send: +Owner' 'and the old one stays'
printf '* T\n* Owner= a@b\n* Errors-To= test-l@lists.example.org\n' >"$T/bad"
run lsv-list header put test-l "$T/bad"
is "$status" 100 'a list cannot be its own Errors-To'
run lsv-list header put test-l /nonexistent
is "$status" 100 'a file that is not there is an error'
head -c 70000 /dev/zero >"$T/bad"
run lsv-list header put test-l - <"$T/bad"
is "$status" 100 'so is a header that is too long'

# --- subscribers -----------------------------------------------------------

run lsv-list add mylist Ann@Dept.Example.ORG Ann Example
is "$status" 0 'a subscriber is added'
run lsv-list add mylist ann@dept.example.org
is "$status" 0 'adding the same one again is no error'
like "$(err)" 'subscribed to MYLIST already' 'but said'
run lsv-list show mylist ANN@dept.example.org
like "$(out)" '^address: Ann@dept.example.org$' 'the spelling is kept'
like "$(out)" '^options: MAIL NOREPRO .* RENEW$' 'all options are shown'
run lsv-list set mylist ann@dept.example.org nomail CONCEAL
is "$status" 0 'options are set'
run lsv-list set mylist ann@dept.example.org nomail DIGEST
is "$status" 100 'an option that is not there is refused'
like "$(lsv-list --json show mylist)" '"subscribers":1,"mail":0' \
	'NOMAIL is not counted as mail'
run lsv-list add test-l joe@x.y
like "$(lsv-list export test-l)" '^joe@x.y \[[0-9]{8} REPRO\]$' \
	'a new subscriber has the default options of the list'
run lsv-list add mylist 'jö@bücher.example'
is "$status" 100 'a local part in UTF-8 is refused'
run lsv-list add mylist 'joe@bücher.example'
like "$(lsv-list export mylist)" '^joe@xn--bcher-kva.example ' \
	'a domain in UTF-8 becomes ASCII'
run lsv-list remove mylist joe@xn--bcher-kva.example
is "$status" 0 'a subscriber is removed'
run lsv-list remove mylist joe@xn--bcher-kva.example
is "$status" 100 'but only once'
for bad in joe 'joe@' '@x' 'a b@c' 'a@b@c' "a@b$(printf '\nc@d')" ''; do
	run lsv-list add mylist "$bad"
	is "$status" 100 "'$(printf %s "$bad" | tr '\n' ' ')' is no address"
done

# --- import ----------------------------------------------------------------

cat >"$T/file" <<-'X'
	# a comment

	zoe@example.org Zoe Example
	"Doe, Joe" <joe@a.example.org>
	bob@example.com [20200229 NOMAIL CONCEAL] Bob Example
	not an address
	ZOE@example.org Another Zoe
	joe@a.example.org
	x@y [SOMETIMES]
X
lsv-list create imp --owner a@b
run lsv-list import imp "$T/file"
is "$status" 100 'a file with bad lines is refused'
like "$(err)" 'line 6: no @ in the address: not an address' 'the first is named'
like "$(err)" 'line 9: neither an option nor a date' 'and the second'
like "$(err)" 'nothing was imported: 2 bad lines' 'and counted'
like "$(lsv-list --json show imp)" '"subscribers":0' 'nothing was imported'
run lsv-list import imp --skip-bad "$T/file"
is "$status" 0 '--skip-bad takes the good lines'
like "$(out)" '^IMP: 9 lines: 3 added, 2 duplicates, 2 bad; 3 subscribers$' \
	'and sums up'
like "$(err)" 'line 7: the same as line 3: ZOE@example.org' \
	'duplicates name both lines'
lsv-list export imp | sed "s/\[$(date +%Y%m%d)/[today/" >"$T/got"
cat >"$T/want" <<-'X'
	bob@example.com [20200229 NOMAIL CONCEAL] Bob Example
	zoe@example.org [today] Zoe Example
	joe@a.example.org [today] Doe, Joe
X
ok 'an export is sorted by reversed domain' cmp "$T/want" "$T/got"
run lsv-list import imp "$T/file" --skip-bad
like "$(err)" 'line 3: subscribed already: zoe@example.org' \
	'a second import finds them subscribed'
like "$(out)" ' 0 added, 5 duplicates, 2 bad; 3 subscribers' 'and adds nothing'
lsv-list export imp >"$T/one"
lsv-list create imp2 --owner a@b
lsv-list import imp2 "$T/one" >/dev/null
lsv-list export imp2 >"$T/two"
ok 'an export can be imported as it is' cmp "$T/one" "$T/two"
is "$(lsv-list export imp2 --plain | head -n 1)" 'bob@example.com Bob Example' \
	'--plain leaves options and dates out'
printf 'new@example.org\n' >"$T/new"
run lsv-list -n --json import imp2 <"$T/new"
like "$(out)" '"added":1,.*"dry_run":true' 'a dry run counts'
like "$(lsv-list --json show imp2)" '"subscribers":3' 'but changes nothing'
{
	printf 'a@b \000\n'
	head -c 1048576 /dev/zero | tr '\000' a
	printf '\nc@d\r\ne@f'
} >"$T/odd"
run lsv-list import imp2 --skip-bad <"$T/odd"
like "$(out)" ' 4 lines: 2 added, 0 duplicates, 2 bad' \
	'a NUL and a line of 1 MiB are bad lines, CRLF and no end are not'
run lsv-list import nolist "$T/file"
is "$status" 100 'a list that is not there takes no import'
: >"$T/empty"
run lsv-list import imp2 "$T/empty"
is "$status" 0 'an empty file is no error'

awk 'BEGIN {
	for (i = 1; i <= 100000; i++)
		if (i % 33333 == 0) print "user" i " at example.com"
		else print "user" i "@d" i % 500 ".example.com User " i
}' >"$T/many"
lsv-list create many --owner a@b
run lsv-list import many "$T/many"
is "$status" 100 'of 100,000 recipients 3 are bad: refused'
is "$(grep -c ': no @ in the address: ' "$T/err")" 3 'all three are named'
run lsv-list import many "$T/many" --skip-bad
like "$(out)" ' 99997 added, 0 duplicates, 3 bad; 99997 subscribers' \
	'or taken without them'
is "$(lsv-list export many | wc -l)" 99997 'and there they are'
lsv-list export many --plain | awk '{ n = split($1, a, /[@.]/)
	print a[2] }' >"$T/order"
ok 'sorted by domain' sort -c -s "$T/order"
lsv-list delete many
is "$(lsv-list show | grep -c MANY)" 0 'a list is deleted with its subscribers'
not_ok 'and not published any more' published MANY

# --- an import that dies ---------------------------------------------------

subscribers() {
	lsv-list --json show "$1" | sed 's/.*"subscribers":\([0-9]*\),.*/\1/'
}

# what is in the directory, and how large the store is
traces() {
	(cd "$LSV_LIB/lists" && ls -A && stat -c %s data.mdb)
}

# with a fault at a system call, as strace names it
faulty_import() {
	run strace -o /dev/null -e trace="${1%%:*}" -e inject="$1" \
		lsv-list import killed "$T/many" --skip-bad
}

lsv-list create killed --owner a@b
lsv-list add killed x@y
before=$(traces)
if command -v strace >/dev/null 2>&1; then
	for call in unlink:1 fallocate:1 fallocate:9 ftruncate:2 ftruncate:6 \
		msync:1; do
		faulty_import "${call%:*}:signal=KILL:when=${call#*:}"
		is "$status $(subscribers killed)" '137 1' \
			"an import killed at $call leaves the list as it was"
		lsv-list add killed x@y 2>/dev/null
		is "$(traces)" "$before" 'the next change sweeps what it left'
	done
	strace -o "$T/calls" -e trace=fallocate \
		lsv-list -n import killed "$T/many" --skip-bad >/dev/null 2>&1
	for n in 2 "$(grep -c '^fallocate' "$T/calls")"; do
		faulty_import "fallocate:error=ENOSPC:when=$n"
		is "$status $(subscribers killed)" '111 1' \
			"a disk that is full at fallocate:$n is an error"
		like "$(err)" 'unable to .* the lists in .*: No space left' \
			'and said'
		is "$(traces)" "$before" 'nothing is left of it'
	done
else
	skip 'no strace' 18
fi
for s in 0.02 0.05 0.08 0.11 0.14 0.17 0.2; do
	lsv-list import killed "$T/many" --skip-bad >/dev/null 2>&1 &
	sleep "$s"
	kill -9 $! 2>/dev/null
	wait $! 2>/dev/null
	like "$(subscribers killed)" '^(1|99998)$' \
		"an import killed after $s s is in it whole or not at all"
	lsv-list delete killed
	lsv-list create killed --owner a@b
	lsv-list add killed x@y
	is "$(traces | grep -c .)" 4 'and leaves no file'
done

# --- memory ----------------------------------------------------------------

# the most private memory of a process until it ends, in KiB
private_memory() {
	most=0
	while now=$(awk '/^RssAnon:/ { print $2 }' "/proc/$1/status") &&
		[ -n "$now" ]; do
		[ "$now" -le "$most" ] || most=$now
	done
	echo "$most"
}

awk 'BEGIN {
	for (i = 1; i <= 300000; i++)
		print "user" i "@d" i % 500 ".example.com User Number " i
}' >"$T/more"
lsv-list create memory --owner a@b
for what in 'new subscribers' duplicates; do
	lsv-list import memory "$T/more" >/dev/null 2>&1 &
	most=$(private_memory $! 2>/dev/null)
	wait $!
	is "$? $(subscribers memory)" '0 300000' "300,000 $what"
	# a million may have 64 MiB
	if [ -n "${LSV_SANITIZED-}" ]; then
		skip 'the sanitizers take memory'
	else
		ok "need little private memory ($most KiB)" \
			test "$most" -gt 0 -a "$most" -le 19660
	fi
done
lsv-list delete memory

# --- the table of addresses ------------------------------------------------

rm "$LSV_LIB/lists/lists.cdb"
run lsv-list add mylist x@y
ok 'a lost table is written by the next change' published MYLIST

# --- aliases ---------------------------------------------------------------

run lsv-list aliases postfix
is "$status" 100 'without a site there are no aliases'
like "$(err)" 'run lsv-config apply first' 'it says what to do'
cat >"$LSV_ETC/site.cfg" <<-'X'
	NODE=lists.example.org
	MYDOMAIN="lists.example.org example.net"
	POSTMASTER=joe@example.org
X
lsv-config apply >/dev/null 2>&1
run lsv-list aliases postfix
is "$status" 0 'Postfix'
like "$(out)" '^    flags=q null_sender= user=lsvin argv=/usr/bin/env LSV_ETC=.*/lsv-inject -f \$\{sender\} \$\{recipient\}$' \
	'its pipe gives sender and recipient'
like "$(out)" '^owner-mylist@example.net lsv:$' 'each name of the host is there'
like "$(out)" '^listserv@lists.example.org lsv:$' 'and the server'
if command -v postmap >/dev/null 2>&1; then
	lsv-list aliases postfix --map >"$T/map"
	lsv-list aliases postfix | grep '^/' >"$T/verp"
	is "$(postmap -q mylist-request@lists.example.org "texthash:$T/map" \
		2>/dev/null)" lsv: 'Postfix finds a list'
	is "$(postmap -q 'owner-MyList+joe=x.y@example.net' "regexp:$T/verp" \
		2>/dev/null)" lsv: 'and a VERP address'
	is "$(postmap -q owner-mylist@other.example "regexp:$T/verp" \
		2>/dev/null)" '' 'and nothing of another host'
else
	skip 'no Postfix' 3
fi
run lsv-list aliases exim mylist
like "$(out)" '^  freeze_signal$' 'Exim'
like "$(out)" '^mylist-signoff-request$' 'with the list asked for'
unlike "$(out)" '^imp' 'and no other'
run lsv-list aliases opensmtpd --user other
like "$(out)" 'mda ".*/lsv-inject -f .*" virtual <lsv-user> user other$' 'OpenSMTPD, other user'
run lsv-list aliases qmail --user root
# shellcheck disable=SC2016 # the text of the file
like "$(out)" '^\|.*/lsv-inject -f "\$SENDER" "\$RECIPIENT"$' 'qmail'
like "$(out)" '^\+owner-mylist\+:root:0:0:/var/qmail/lsv:-:owner-mylist\+:$' \
	'with its VERP addresses'
run lsv-list aliases sendmail
is "$status" 100 'another MTA is an error'

# --- users -----------------------------------------------------------------

if is_root; then
	mkdir -p "$T/other/lists"
	chown 65534:65534 "$T/other/lists"
	chmod 755 "$T/other"
	cp "$T/header" "$T/secret"
	chmod 600 "$T/secret"
	LSV_LIB=$T/other run lsv-list create x --header "$T/secret"
	is "$status" 0 'root works as the owner of the lists, on a file of root'
	is "$(stat -c %u:%g:%a "$T/other/lists/data.mdb")" 65534:65534:640 \
		'and leaves nothing of root behind'
	is "$(stat -c %u:%a "$T/other/lists/lists.cdb")" 65534:644 \
		'the table can be read by all'
	chmod 700 "$T/other/lists"
	LSV_LIB=$T/other run setpriv --reuid 65533 --clear-groups lsv-list show
	is "$status" 100 'who may not read them is told so'
	like "$(err)" 'Permission denied' 'with the reason'
else
	skip 'not root' 5
fi
rm -r "$LSV_LIB/lists"
run lsv-list create z --owner a@b
is "$status" 100 'a missing directory is an error'
done_testing
