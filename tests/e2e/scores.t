#!/bin/sh
# More than a hundred scores, worked out by hand from the manual's sentences:
# lsv-spam agrees, and so does the reference that other tests compare it with
. "$(dirname "$0")/../lib/tap.sh"

LSV_ETC=$T/etc LSV_SPOOL=$T/spool LSV_LIB=$T/lib LSV_RUN=$T/run
export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
mkdir "$LSV_ETC"
table=$TOP/tests/data/scores.tab

run "$TOP/tests/reference/scores.py" "$table" "$T"
is "$status" 0 'the table is read'
[ "$status" = 0 ] || diag "$(cat "$T/err")"
while read -r word rest; do
	case $word in
	pass) pass "$rest" ;;
	fail) fail "$rest" ;;
	*) diag "$rest" ;;
	esac
done <"$T/out"
is "$(grep -c '^pass ' "$T/out")" $(($(grep -c '^case' "$table") * 2)) \
	'all of them were tried, by both'
ok 'they are a hundred at least' test "$(grep -c '^case' "$table")" -ge 100

# --- an entry that is none -------------------------------------------------

many=$(printf '%255s' '' | tr ' ' '>')
echo "SPAM_BLACKLIST_FROM=${many}a@b.test" >"$T/many.cfg"
printf 'From: a@b.test\n\nHello\n' >"$T/mail"
run "$TOP/tests/reference/spamref.py" "$T/many.cfg" "$T/mail"
is "$status" 1 'more than 254 extra points are no entry to the reference'
run lsv-spam test --config "$T/many.cfg" <"$T/mail"
is "$status" 100 'nor to lsv-spam'
like "$(cat "$T/err")" "more than 254 '>'" 'which says so'

done_testing
