#!/bin/sh
# Messages made to take time or memory: lsv-inject and lsv-score decide about
# each within a second of CPU, or what its size alone accounts for, and 64 MiB
#
# All files belong to one user here, so root runs it as one, in a namespace of
# its own.
if [ "$(id -u)" = 0 ]; then
	exec unshare -U --map-user=1000 --map-group=1000 sh "$0" "$@"
fi
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/inboxes.sh"

inboxes score route
mkdir "$LSV_SPOOL/hold"
new=$LSV_SPOOL/score/new
host=lists.example.org

# All that looks at a message is on.
printf '%s\n' "NODE=$host" 'POSTMASTER=ann@example.net' SPAM_DELAY=10 \
	'SPAM_WHITELIST_FROM=*@friends.example >*x*y*z*@*' \
	'SPAM_BLACKLIST_TO=*a*b*c*d*@*.spam.example >last@spam.example' \
	'FILTER_ALSO=*spam*@*' SIZELIM=10M >"$LSV_ETC/site.cfg"
ok 'the configuration applies' lsv-config apply
printf '%s\n' '* Test' '* Owner= ann@example.net' '* Loopcheck= Full' \
	'* Filter= Also,*@*.bad.example' >"$T/header"
ok 'a list is made' lsv-list create test --header "$T/header"

mkdir "$T/bombs"
ok 'the bombs are made' "$TOP/tests/lib/bombs.py" "$T/bombs"
printf 'From: joe@example.com\n\nhello\n' |
	lsv-inject -f joe@example.com "test@$host"
sed '/^end$/q' "$new"/* >"$T/head"
rm -f "$new"/*

# place NAME FILE - a message in score/new that no program of ours let in
place() {
	size=$(printf '%020d' "$(stat -c %s "$2")")
	{
		sed "s/^id: .*/id: $1/;s/^size: .*/size: $size/" "$T/head"
		cat "$2"
	} >"$new/$1"
}

# cheap NAME FILE - what bombs.py --cost printed last is within the limits
cheap() {
	# shellcheck disable=SC2046 # two numbers
	set -- "$1" "$2" $(tail -n 1 "$T/out")
	may=$((1000 + $(stat -c %s "$2") / 50000))
	if [ -n "${LSV_SANITIZED:-}" ]; then
		skip "$1: sanitizers take time and memory"
	elif [ "$3" -le "$may" ] && [ "$4" -le 65536 ]; then
		pass "$1: $3 ms, $4 KiB"
	else
		fail "$1: $3 ms of $may, $4 KiB of 65536"
	fi
}

n=0
for bomb in "$T"/bombs/*; do
	name=${bomb##*/}
	n=$((n + 1))
	id=$(printf '%013x.%010x' $(($(date +%s) * 1000000)) $n)
	place "$id" "$bomb"
	run "$TOP/tests/lib/bombs.py" --cost lsv-score -1
	is "$status" 0 "$name: lsv-score decides"
	case $name in
	big-*)
		like "$(cat "$T/err")" "$id .*(header|line)" 'says why it cannot'
		is "$(find "$LSV_SPOOL/score/bad" -name "$id" | wc -l)" 1 \
			'and puts it aside'
		;;
	*)
		like "$(cat "$T/err")" "$id scored .* rule=" 'scores it'
		;;
	esac
	is "$(ls "$new")" '' 'and nothing stays behind'
	cheap "$name" "$bomb"
	rm -f "$LSV_SPOOL"/score/bad/* "$LSV_SPOOL"/hold/* "$LSV_SPOOL"/route/new/*
	# shellcheck disable=SC2016 # for the shell that runs it
	run sh -c '"$1" --cost lsv-inject -f joe@example.com "$2" <"$3"' sh \
		"$TOP/tests/lib/bombs.py" "test@$host" "$bomb"
	case $status in
	0 | 65) pass "$name: lsv-inject takes it or refuses it" ;;
	*) fail "$name: lsv-inject exits $status: $(cat "$T/err")" ;;
	esac
	cheap "$name: lsv-inject" "$bomb"
	rm -f "$new"/*
done

# --- size ------------------------------------------------------------------

# shellcheck disable=SC2016 # for the shell that runs it
run sh -c '{
	printf "From: a@b\n\n"
	yes "a line of a message of 2 GiB" | head -c 2147483648
} | "$1" --cost lsv-inject -f joe@example.com "$2"' sh \
	"$TOP/tests/lib/bombs.py" "test@$host"
is "$status" 65 'a message of 2 GiB is refused'
cheap '2 GiB' "$T/head"
is "$(cd "$LSV_SPOOL/score" && find new tmp bad -type f)" '' 'and leaves nothing'
done_testing
