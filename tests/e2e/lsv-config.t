#!/bin/sh
# lsv-config as an administrator uses it, on a private configuration directory
. "$(dirname "$0")/../lib/tap.sh"

LSV_ETC=$T/etc
export LSV_ETC
mkdir "$LSV_ETC"
cfg=$LSV_ETC/site.cfg
cdb=$LSV_ETC/site.cdb

text() {
	cat >"$cfg"
}

out() {
	cat "$T/out"
}

err() {
	cat "$T/err"
}

# --- usage -----------------------------------------------------------------

run lsv-config
is "$status" 100 'without a command it exits 100'
like "$(err)" '^usage: lsv-config check' 'and says how it is used'
run lsv-config -h
is "$status" 0 '-h exits 0'
like "$(out)" 'explain' '-h prints the usage'
for wrong in 'frobnicate' 'check a b' 'check --dry-run' 'apply --effective' \
	'show NODE' 'check --frobnicate'; do
	# shellcheck disable=SC2086 # words are wanted
	run lsv-config $wrong
	is "$status" 100 "$wrong is wrong usage"
done
run lsv-config check
is "$status" 100 'a missing site.cfg exits 100'
like "$(err)" "unable to open $cfg: No such file" 'and is named'
run lsv-config show
is "$status" 100 'show before the first apply exits 100'
like "$(err)" 'site.cdb is missing' 'and says what to do'
run lsv-config check "$T"
is "$status" 111 'a directory cannot be checked'

# --- check -------------------------------------------------------------------

text <<'END'
NODE=lsv.example.org
MYDOMAIN="$NODE lists.example.org"
POSTMASTER="joe@example.org Quiet: ann@example.org"
export NODE MYDOMAIN POSTMASTER
export SMTP_FORWARD_1="2*relay.example.org:2525"
DKIM_SIGN_ALL=1
END
run lsv-config check
is "$status" 0 'a good file exits 0'
is "$(out)" "$cfg: no errors, no warnings; 5 variables set, 1 not used yet" \
	'and is summed up'
is "$(err)" "$cfg:6:1: note: DKIM_SIGN_ALL is known but not used yet" \
	'what is not used yet is said'
not_ok 'check makes no table' test -e "$cdb"

text <<'END'
NOED=lsv.example.org
NODE="lsv.example.org
MAXBSMPT=1
MAXBSMTP=0
MAXBSMTP=7
RETRY_MIN=`reboot`
SIZELIM=$LIMIT
MYDOMAIN=a.example,b.example
POSTMASTER=joe
SMTP_FORWARD_1=2*relay.example.org;POOL=A;COLOR=red
DEFAULT_LIST_POOL="A B C"
if true; then
END
run lsv-config check
is "$status" 1 'a file with mistakes exits 1'
is "$(err | grep -c error:)" 12 'every mistake is listed'
for say in \
	'1:1: error: NOED is not a variable of site.cfg; did you mean NODE?' \
	'2:6: error: the quote is not closed on this line' \
	'3:1: error: MAXBSMPT is not a variable of site.cfg; did you mean MAXBSMTP?' \
	'4:10: error: MAXBSMTP: too small; it must be a number from 1 to 1000' \
	'5:1: warning: MAXBSMTP is set again: the value of line 4 is not used' \
	'6:11: error: commands are not run here' \
	'7:10: error: no variable of this name is set above' \
	"8:19: error: MYDOMAIN: items are separated by blanks, not by ','" \
	'9:12: error: POSTMASTER: ' \
	'10:43: error: SMTP_FORWARD_1: not an option: POOL, TLS, AUTH, HELO, BIND, RATE, CONCURRENCY, MAXRCPT, IDLE or KEEPALIVE; it must be [count*]host[:port][(window,...)][;host...][;POOL=pools][;OPTION=value...]' \
	'11:24: error: DEFAULT_LIST_POOL: too many items' \
	"12:3: error: '=' is missing behind the name" \
	'13:1: error: NODE is not set'; do
	ok "$say" grep -qF "$cfg:$say" "$T/err"
done

run lsv-config check --json
is "$status" 1 'check --json exits the same'
like "$(out)" '"errors":12,"warnings":1,"unused":0' 'and counts'
like "$(out)" \
	'\{"level":"error","line":1,"column":1,"text":"NOED is not' \
	'and has every remark with its place'
is "$(err)" '' 'and nothing on standard error'

# Relays, limits and order: the column of each mistake, quoted or not.
text <<'END'
NODE=lsv.example.org
POSTMASTER=joe@example.org
SMTP_FORWARD=2*relay.example.org
SMTP_FORWARD_1=relay
SMTP_FORWARD_2="0*relay.example.org"
SMTP_FORWARD_3='relay.example.org:0'
export SMTP_FORWARD_4=2001:db8::25
SMTP_FORWARD_5=relay.example.org(9:00-17:00)
SMTP_FORWARD_6="relay.example.org(MON-FRY 09:00-17:00)"
SMTP_FORWARD_7=relay.example.org(09:00-17:00;b.example.org
SMTP_FORWARD_8=relay.example.org(24:00-06:00)
SMTP_FORWARD_9=relay.example.org(06:00-06:00)
SMTP_FORWARD_10=relay.example.org;2*b.example.org
SMTP_FORWARD_11=relay.example.org;
SMTP_FORWARD_12=relay.example.org;POOL=
SMTP_FORWARD_13=relay.example.org;POOL=A,B
SMTP_FORWARD_14="relay.example.org; POOL=A; POOL=B"
SMTP_FORWARD_15=relay.example.org;TLS=yes
SMTP_FORWARD_16=relay.example.org;AUTH=bulk;TLS=none
SMTP_FORWARD_17=relay.example.org;HELO=relay
SMTP_FORWARD_18=relay.example.org;BIND=eth0
SMTP_FORWARD_19=relay.example.org;RATE=600
SMTP_FORWARD_20=relay.example.org;CONCURRENCY=0
SMTP_FORWARD_21=relay.example.org;MAXRCPT=1001
SMTP_FORWARD_22=relay.example.org;IDLE=2h
SMTP_FORWARD_23=relay.example.org;KEEPALIVE=yes
SMTP_FORWARD_24=relay.example.org b.example.org
SMTP_FORWARD_0=relay.example.org
SMTP_RATE_LIMIT="12Mbps AB:1.5Mbit"
SMTP_MESSAGE_LIMIT="600/h B:20"
POOL_ORDER=LIFO
DELAY_WARN=never
DEFAULT_DIST_POOL="A B"
END
run lsv-config check
is "$status" 1 'mistakes in relays and limits exit 1'
while IFS= read -r say; do
	ok "$say" grep -qF "$cfg:$say" "$T/err"
done <<'END'
3:14: error: SMTP_FORWARD: a count of workers belongs into SMTP_FORWARD_n; it must be host[:port][;OPTION=value...]
4:16: error: SMTP_FORWARD_1: not a full name: it needs a domain (host.example.com); it must be [count*]host[:port]
5:17: error: SMTP_FORWARD_2: the count before '*' is not a number from 1 to 100
6:35: error: SMTP_FORWARD_3: the port is not a number from 1 to 65535
7:23: error: SMTP_FORWARD_4: an IPv6 address stands in brackets: [2001:db8::1]
8:34: error: SMTP_FORWARD_5: not an hour of two digits, 00 to 23 (24:00 as an end)
9:39: error: SMTP_FORWARD_6: not a day: MON, TUE, WED, THU, FRI, SAT or SUN
10:33: error: SMTP_FORWARD_7: the '(' is not closed by a ')'
11:34: error: SMTP_FORWARD_8: 24:00 is an end only; a day begins at 00:00
12:40: error: SMTP_FORWARD_9: it would close when it opens; a whole day is 00:00-24:00
13:35: error: SMTP_FORWARD_10: a count stands before the first host only, and is for all
14:35: error: SMTP_FORWARD_11: a further host or an option must follow the ';'
15:40: error: SMTP_FORWARD_12: the value behind '=' is missing
16:41: error: SMTP_FORWARD_13: not a pool: letters A to Z and '-', or '*' alone for all
17:45: error: SMTP_FORWARD_14: this option is given twice
18:39: error: SMTP_FORWARD_15: not none, may, encrypt, verify or implicit
19:49: error: SMTP_FORWARD_16: AUTH= needs TLS: a password is never sent in clear
20:40: error: SMTP_FORWARD_17: not a full name: it needs a domain (host.example.com)
21:40: error: SMTP_FORWARD_18: not an IPv4 or IPv6 address of this machine
22:43: error: SMTP_FORWARD_19: /s, /m, /h or /d must follow the number
23:47: error: SMTP_FORWARD_20: not a number of transactions from 1 to 10000
24:43: error: SMTP_FORWARD_21: not a number of recipients from 1 to 1000
25:40: error: SMTP_FORWARD_22: not a duration from 0 to 1h
26:45: error: SMTP_FORWARD_23: neither 0 nor 1
27:35: error: SMTP_FORWARD_24: only '(' or ';' may follow the host
28:1: error: SMTP_FORWARD_0 is not a variable of site.cfg
29:31: error: SMTP_RATE_LIMIT: kbps, Mbps or Gbps must follow the number; it must be [pools:]number and kbps, Mbps or Gbps
30:31: error: SMTP_MESSAGE_LIMIT: /s, /m, /h or /d must follow the number; it must be [pools:]number and /s, /m, /h or /d
31:12: error: POOL_ORDER: not one of the words allowed; it must be one of FAIR, FIFO
32:12: error: DELAY_WARN: not a duration (a number, then ms, s, m, h or d); it must be a duration from 0ms to 60d
33:22: error: DEFAULT_DIST_POOL: too many items; it must be one pool (A to Z or -)
END
is "$(err | grep -c error:)" 31 'there are no others'
not_ok 'a file with them is not applied' lsv-config apply
not_ok 'and makes no table' test -e "$cdb"

# The configurations of LISTSERV's pages, as they are printed there.
head='NODE=lsv.example.org
POSTMASTER=joe@example.org'
unserved='pools C to Z have no worker: mail that a list or a job assigns there goes through SMTP_FORWARD'

text <<END
$head
SMTP_FORWARD=SCOOBY.EXAMPLE.ORG
SMTP_FORWARD_1=2*SCOOBY.EXAMPLE.ORG
SMTP_FORWARD_2=SCRAPPY.EXAMPLE.ORG
END
run lsv-config check
is "$status/$(err)" 0/ 'workers that serve all pools draw no remark'
text <<END
$head
DEFAULT_LIST_POOL=A
SMTP_FORWARD=SCOOBY.EXAMPLE.ORG
SMTP_FORWARD_1=2*SCOOBY.EXAMPLE.ORG;POOL=A-
SMTP_FORWARD_2=SCRAPPY.EXAMPLE.ORG;POOL=B
END
run lsv-config check
is "$status" 0 'a worker for the emergency list is good'
is "$(err)" "$cfg:5:16: warning: $unserved" \
	'pools that nobody serves are named'
text <<END
$head
DEFAULT_LIST_POOL="C A"
DEFAULT_DIST_POOL=D
SMTP_FORWARD_2=SCRAPPY.EXAMPLE.ORG;POOL=AB
END
run lsv-config check
is "$status" 0 'pools in use without a worker are no error'
like "$(err)" ':3:20: warning: pool C has no worker: its mail goes through SMTP_FORWARD$' \
	'the pool of postings is warned of where it is assigned'
like "$(err)" ':4:19: warning: pool D has no worker: its mail goes through SMTP_FORWARD$' \
	'the pool of DISTRIBUTE, too'
like "$(err)" ':5:16: warning: pool - has no worker: its mail goes through SMTP_FORWARD$' \
	'and that of replies to commands, which is always in use'
like "$(err)" ':5:16: warning: pools E to Z have no worker:' 'and the rest'
text <<END
$head
SMTP_FORWARD_1="UNIXSERVER.BAR.COM(00:00-05:00);SMTP.BAZ.NET"
export SMTP_FORWARD_1
SMTP_FORWARD_2='SMTP.BAZ.NET'
SMTP_FORWARD_3=SMTP.BAZ.NET(10:00-14:00)
SMTP_RATE_LIMIT="12Mbps AB:1.5Mbps C:150kbps"
export SMTP_RATE_LIMIT
END
run lsv-config check
is "$(err)" '' \
	'hours, a failover and a limit, quoted or not, draw no remark'

printf 'NODE=a.b\r\nPOSTMASTER=joe@a.b\r\n' >"$T/windows.cfg"
ok 'another file can be checked' lsv-config check "$T/windows.cfg"
ln -s "$T/windows.cfg" "$T/link.cfg"
ok 'it may be a symbolic link' lsv-config check "$T/link.cfg"
head -c 1048577 /dev/zero >"$T/large.cfg"
run lsv-config check "$T/large.cfg"
is "$status" 100 'a file over 1 MiB exits 100'
head -c 100000 /dev/urandom >"$T/noise.cfg"
run lsv-config check "$T/noise.cfg"
is "$status" 1 'a file of noise has errors and does no harm'

# --- passwords ---------------------------------------------------------------

# warnings TEXT... - these are what check has to say, exit 0
warnings() {
	run lsv-config check
	is "$status $(err)" "0$(printf " $cfg:%s" "$@")" "$warnings_name"
}

text <<'END'
NODE=lsv.example.org
POSTMASTER=joe@example.org
SMTP_FORWARD_1="relay.example.org; TLS=verify; AUTH=isp"
END
missing='3:17: warning: AUTH=isp: the file auth has no such name; without a password nothing is sent'
warnings_name='without a file of passwords AUTH= has no name'
warnings "$missing"
printf 'bulk joe secret\n' >"$LSV_ETC/auth"
chmod 600 "$LSV_ETC/auth"
warnings_name='a name that the file has not'
warnings "$missing"
printf 'ISP joe secret\n' >>"$LSV_ETC/auth"
run lsv-config check
is "$status $(err)" '0 ' 'nothing is said of a name that it has'
is "$(out)" "$cfg: no errors, no warnings; 3 variables set" 'which is right'
chmod 644 "$LSV_ETC/auth"
warnings_name='a file that others may read'
warnings '3:17: warning: AUTH=isp: the file auth cannot be used: others may use it: chmod 640; without a password nothing is sent'
run lsv-config check --json
is "$(json "d['warnings'], d['remarks'][0]['line']")" '(1, 3)' 'also in JSON'
echo isp >"$LSV_ETC/auth"
chmod 600 "$LSV_ETC/auth"
warnings_name='a file with a mistake'
warnings '3:17: warning: AUTH=isp: the file auth cannot be used: not three words: name, user, password; without a password nothing is sent'
if is_root; then
	chmod 755 "$T" "$LSV_ETC"
	chmod 644 "$cfg"
	run s6-setuidgid nobody env "LSV_ETC=$LSV_ETC" lsv-config check
	is "$status $(err)" '0 ' 'who may not read it is told nothing'
	chown nobody "$LSV_ETC/auth"
	warnings_name='a file of somebody else'
	warnings '3:17: warning: AUTH=isp: the file auth cannot be used: its owner is neither root nor who reads it; without a password nothing is sent'
	if id lsvsmtp >/dev/null 2>&1; then
		printf 'isp joe secret\n' >"$LSV_ETC/auth"
		chown lsvsmtp:lsvsmtp "$LSV_ETC/auth"
		chmod 640 "$LSV_ETC/auth"
		run lsv-config check
		is "$status $(err)" '0 ' 'the file of lsvsmtp is the right one'
	fi
else
	skip 'only root can be somebody else' 3
fi
rm "$LSV_ETC/auth"

# --- apply -------------------------------------------------------------------

text <<'END'
NODE=lsv.example.org
POSTMASTER=joe@example.org
CREATEPW=hunter2
MYORG="Bob's \"lists\" for \$5, 100% free #1"
END
run lsv-config apply --dry-run
is "$status" 0 'apply --dry-run exits 0'
like "$(out)" 'NODE: \(default\) -> lsv.example.org' 'and shows the change'
not_ok 'but makes no table' test -e "$cdb"
run lsv-config apply
is "$status" 0 'apply exits 0'
is "$(stat -c %a "$cdb")" 644 'the table can be read by every program'
is "$(find "$LSV_ETC" -type f | wc -l | tr -d ' ')" 2 'nothing else is left'
not_ok 'a password is not in the table' grep -q hunter2 "$cdb"
unlike "$(out)" hunter2 'nor printed'

run lsv-config show
is "$(out)" "$(
	cat <<'END'
MYORG="Bob's \"lists\" for \$5, 100\% free #1" # not used yet
NODE=lsv.example.org
POSTMASTER=joe@example.org
END
)" 'show prints what is set, as site.cfg has it'
is "$(err)" '' 'without a warning'
lsv-config show >"$T/again.cfg"
run lsv-config apply --dry-run "$T/again.cfg"
like "$(out)" '^no value changes$' 'what show prints can be applied'

before=$(cksum <"$cdb")
{
	cat "$cfg"
	echo 'WINDOW=99'
} >"$T/bad.cfg"
run lsv-config apply "$T/bad.cfg"
is "$status" 1 'apply of a file with errors exits 1'
like "$(err)" 'bad.cfg:5:8: error: WINDOW: too large' 'and lists them'
like "$(out)" '^nothing is changed$' 'and says so'
is "$(cksum <"$cdb")" "$before" 'the old table is still in force'

touch -d '+1 minute' "$cfg"
run lsv-config show
like "$(err)" 'was changed after the last lsv-config apply' \
	'an edit that was not applied is seen'

echo 'WINDOW=4' >>"$cfg"
run lsv-config apply --json
is "$status" 0 'apply --json exits 0'
like "$(out)" '"applied":true,"changes":\[\{"name":"WINDOW","new":"4"\}\]' \
	'and tells what changed'
sed -i 's/^WINDOW=4/WINDOW=5/' "$cfg"
run lsv-config apply
like "$(out)" '^WINDOW: 4 -> 5$' 'old and new value are shown'
sed -i '/^WINDOW/d' "$cfg"
run lsv-config apply
like "$(out)" '^WINDOW: 5 -> \(default\)$' 'a value taken out is shown'

printf 'damaged' >"$cdb"
run lsv-config show
is "$status" 100 'show of a damaged table exits 100'
like "$(err)" 'site.cdb is damaged' 'and says so'
ok 'apply makes a damaged table anew' lsv-config apply
ok 'which can be shown' lsv-config show

# Numbers with gaps, far apart, are sorted and compared like any other.
cp "$cfg" "$T/before.cfg"
cat >>"$cfg" <<'END'
SMTP_FORWARD_1000000=c.example.org;POOL=*
SMTP_FORWARD_20=2*b.example.org
SMTP_FORWARD_3="a.example.org(22:00-06:00); b.example.org"
END
run lsv-config apply
is "$(out | grep '^SMTP_')" "$(
	cat <<'END'
SMTP_FORWARD_3: (default) -> "a.example.org(22:00-06:00); b.example.org"
SMTP_FORWARD_20: (default) -> 2*b.example.org
SMTP_FORWARD_1000000: (default) -> c.example.org;POOL=*
END
)" 'numbers with gaps are applied'
run lsv-config show
is "$(out | grep -c '^SMTP_FORWARD_')" 3 'and shown'
sed -i -e '/^SMTP_FORWARD_20=/d' -e 's/;POOL=\*$//' "$cfg"
run lsv-config apply
is "$(out | grep '^SMTP_')" "$(
	cat <<'END'
SMTP_FORWARD_20: 2*b.example.org -> (default)
SMTP_FORWARD_1000000: c.example.org;POOL=* -> c.example.org
END
)" 'what was changed and taken out is told'
cp "$T/before.cfg" "$cfg"
lsv-config apply >"$T/out" 2>&1

# Two at a time: each makes a whole table.
for i in 1 2 3 4 5 6; do
	lsv-config apply >"$T/apply.$i" 2>&1 &
done
wait
is "$(cat "$T"/apply.* | grep -c fatal)" 0 'several apply at a time succeed'
ok 'and leave a whole table' lsv-config show

rm "$cdb"
mkdir "$cdb"
run lsv-config apply
is "$status" 111 'a table that cannot be written exits 111'
rmdir "$cdb"
lsv-config apply >"$T/out" 2>&1

# --- show --effective ------------------------------------------------------------

run lsv-config show --effective
like "$(out)" '^MAXBSMTP=100 # default$' 'defaults are shown'
like "$(out)" '^MYDOMAIN=lsv.example.org # default$' 'also derived ones'
like "$(out)" '^BOUNCES_TO=joe@example.org # default$' 'of either kind'
grep -v -e '# not used yet' "$T/out" >"$T/effective.cfg"
ok 'they are valid settings' lsv-config check "$T/effective.cfg"
run lsv-config show --json --effective
like "$(out)" '\{"name":"NODE","value":"lsv.example.org","set":true,"used":true\}' \
	'show --json has what is set'
like "$(out)" '\{"name":"WINDOW","value":"8","set":false,"used":true\}' \
	'and what is not'

# --- explain -------------------------------------------------------------------

run lsv-config explain maxbsmtp
is "$(out)" "$(
	cat <<'END'
MAXBSMTP: recipients of one transaction
  kind     number
  value    a number from 1 to 1000
  default  100
  status   in force
END
)" 'a variable is explained'
run lsv-config explain SMTP_FOWARD_3
is "$status" 100 'an unknown one exits 100'
like "$(err)" 'did you mean SMTP_FORWARD_3\?' 'with the nearest name'
run lsv-config explain --json NODE
like "$(out)" '"kind":"host".*"required":true,"used":true' 'explain --json'

# --- what is written about it -------------------------------------------------------

# The examples log in as bulk.
printf 'bulk joe secret\n' >"$LSV_ETC/auth"
chmod 600 "$LSV_ETC/auth"
sed 's/^#\([A-Z]\)/\1/' "$TOP/spool-layout/control/site.cfg" >"$T/example.cfg"
run lsv-config check "$T/example.cfg"
is "$status" 0 'every line of the example is valid'
is "$(err)" '' 'without a remark'
run lsv-config check "$TOP/spool-layout/control/site.cfg"
is "$(err | grep -c 'is not set')" 2 'untouched, it asks for NODE and POSTMASTER'

page=$TOP/man/lsv-site.cfg.5
lsv-config explain | while read -r name _; do
	lsv-config explain "$name" >"$T/explained"
	state=$(sed -n 's/^  status   //p' "$T/explained")
	default=$(sed -n 's/^  default  //p' "$T/explained")
	value=$(sed -n 's/^  value    //p' "$T/explained")
	case $default in
	none) ;;
	none:*) state="$state, required" ;;
	*) state="$state, default $default" ;;
	esac
	sed -n "/^\.It Va $name\$/,/^\.It Va /p" "$page" >"$T/entry"
	grep -qxF ".Pq $state" "$T/entry" || echo "$name: $state"
	grep -qxF "Value: $value." "$T/entry" || echo "$name: $value"
	[ "$state" = "${state#in force}" ] ||
		grep -Eq "^#(${name%_n}_1|$name)=" \
			"$TOP/spool-layout/control/site.cfg" ||
		echo "$name: not in the example"
done >"$T/wrong"
is "$(cat "$T/wrong")" '' 'the manual and the example tell of every variable'
is "$(grep -c '^\.It Va ' "$page")" "$(lsv-config explain | wc -l)" \
	'and of no other'

# Each example of the manual is a whole file.
awk -v dir="$T" '/^\.Sh /{ on = /EXAMPLES/ }
on && /^\.Bd/ { n++; in_it = 1; next }
/^\.Ed/ { in_it = 0 }
on && in_it { gsub(/\\e/, "\\"); print > (dir "/manual." n) }' "$page"
is "$(find "$T" -name 'manual.*' | wc -l | tr -d ' ')" 5 \
	'the manual has five examples'
for i in 1 2 3 4 5; do
	run lsv-config check "$T/manual.$i"
	is "$status" 0 "example $i of the manual is valid"
	[ "$i" = 4 ] || is "$(err)" '' "without a remark ($i)"
done
run lsv-config check "$T/manual.4"
like "$(err)" ":5:16: warning: $unserved\$" \
	'the fourth has the warning it speaks of'

done_testing
