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
SPAM_EXIT=SAEXIT
END
run lsv-config check
is "$status" 0 'a good file exits 0'
is "$(out)" "$cfg: no errors, no warnings; 5 variables set, 1 not used yet" \
	'and is summed up'
is "$(err)" "$cfg:6:1: note: SPAM_EXIT is known but not used yet" \
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
SMTP_FORWARD_1=2*relay.example.org;POOL=A
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
	'10:35: error: SMTP_FORWARD_1: a fallback host, POOL= and options are known but not used yet' \
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

done_testing
