#!/bin/sh
# SpamAssassin, as Debian has it, asked by SPAM_EXIT. It is not installed.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/interop/filters.sh"

filter_make spamassassin usr/sbin/spamd
spamd_port=$(free_port)
filter_at() {
	echo "-d 127.0.0.1 -p $1"
}
filter_answers() {
	LD_LIBRARY_PATH=$filter_libs "$here/root/usr/bin/spamc" -d 127.0.0.1 \
		-p "$spamd_port" -K
}
spamd() {
	filter_run perl -T -I "$here/root/usr/share/perl5" \
		-I "$here/root/usr/lib/x86_64-linux-gnu/perl5/5.36" \
		"$here/root/usr/sbin/spamd" --siteconfigpath="$T/sa" \
		-C "$here/root/usr/share/spamassassin" -L -x -i 127.0.0.1 \
		-p "$spamd_port" -m 3 -s stderr --allow-tell -u nobody \
		-H "$T/bayes"
}

mkdir "$T/sa" "$T/bayes"
cp "$here"/root/etc/spamassassin/*.pre "$T/sa/"
echo "bayes_path $T/bayes/db" >"$T/sa/local.cf"
chown nobody "$T/bayes"
# shellcheck disable=SC2046 # a list of words
filter_options $(filter_at "$spamd_port")
spamd
filter_alone

{
	ham
	head -c 2000000 /dev/urandom | base64
} >"$T/large"
filter SCAN READERS <"$T/large"
is "$status" 0 'a message above max-size of spamc goes on'
like "$(cat "$T/out")" 'not tested' 'and that is said'

filter REPORT <"$T/spam"
is "$status" 0 'a message is reported'
like "$(cat "$T/out")" 'successfully' 'and learned'
filter REPORT <"$T/spam"
is "$status" 0 'it may be reported again'
like "$(cat "$T/out")" 'already' 'and was learned'
filter_down
filter_options "-d 127.0.0.1 -p $spamd_port"
filter_in_lsv spamd
done_testing
