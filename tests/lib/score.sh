# shellcheck shell=sh disable=SC2034,SC2154 # for the test
# score.sh - lsv-score on a private spool, one look at a time; read after tap.sh
# by a test whose files all belong to one user
#
#   score_make              the spool, and a site.cfg
#   score_config [LINE...]  another site.cfg, with LINEs in it, applied
#   list NAME [KEYWORD...]  a list; its owner is ann@example.net
#   come FROM TO [FIELD...] a message comes in, from FROM to list TO; the fields
#                           From, Message-ID and Subject unless $plain is set;
#                           the body is $text, or one of its own
#   judged NAME REGEX       lsv-score looks; the line of the last message that it
#                           decided about, $line, has REGEX
#   passed                  how many messages it has passed on
#   made                    what it made in the place of the last one

host=lists.example.org
n=0

# shellcheck disable=SC2120 # tests give some
score_config() {
	printf '%s\n' "NODE=$host" 'MYDOMAIN="lists.example.org example.org"' \
		'POSTMASTER=keeper@example.net' SPAM_DELAY=0 "$@" \
		>"$LSV_ETC/site.cfg"
	lsv-config apply >"$T/config" 2>&1 || diag "$(cat "$T/config")"
}

score_make() {
	LSV_ETC=$T/etc LSV_SPOOL=$T/spool LSV_LIB=$T/lib LSV_RUN=$T/run
	export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
	mkdir -p "$LSV_ETC" "$LSV_LIB/lists" "$LSV_LIB/score"
	lsv-spool make 2>"$T/make" || diag "$(cat "$T/make")"
	score_config ""
}

list() {
	list_name=$1
	shift
	{
		echo "* $list_name for tests"
		printf '* %s\n' 'Owner= ann@example.net' "$@"
	} >"$T/header"
	lsv-list create "$list_name" --header "$T/header"
}

come() {
	n=$((n + 1))
	come_from=$1 come_to=$2
	shift 2
	{
		[ -n "${plain:-}" ] || printf '%s\n' \
			"From: Somebody <${author:-$come_from}>" \
			"Message-ID: <$n.$$@example.com>" "Subject: number $n"
		for field; do
			printf '%s\n' "$field"
		done
		printf '\n%s\n' "${text:-body $n}"
	} >"$T/m"
	lsv-inject -f "$come_from" "$come_to@$host" <"$T/m"
}

judged() {
	rm -f "$LSV_SPOOL"/route/new/*.000001
	lsv-score -1 2>"$T/err" || diag "$(cat "$T/err")"
	line=$(grep ' scored ' "$T/err" | tail -n 1)
	like "$line" "$2" "$1"
}

passed() {
	find "$LSV_SPOOL/route/new" -type f ! -name '*.000001' | wc -l
}

made() {
	cat "$LSV_SPOOL"/route/new/*.000001 2>/dev/null | tr -d '\r'
}
