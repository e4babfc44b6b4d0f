#!/bin/sh
# rspamd, as Debian has it, asked by SPAM_EXIT. It is not installed.
. "$(dirname "$0")/../lib/tap.sh"
. "$TOP/tests/lib/tree.sh"
. "$TOP/tests/interop/filters.sh"

filter_make rspamd usr/bin/rspamd
rspamd_port=$(free_port)
filter_at() {
	echo "-h 127.0.0.1:$1"
}
filter_answers() {
	LD_LIBRARY_PATH=$filter_libs "$here/root/usr/bin/rspamc" \
		-h "127.0.0.1:$rspamd_port" stat
}
rspamd() {
	filter_run "$here/root/usr/bin/rspamd" -f -i -c "$T/rspamd/rspamd.conf" \
		--var=CONFDIR="$T/rspamd" --var=LOCAL_CONFDIR="$T/rspamd" \
		--var=RUNDIR="$T/run" --var=DBDIR="$T/db" --var=LOGDIR="$T/run" \
		--var=PLUGINSDIR="$share/plugins" --var=SHAREDIR="$share" \
		--var=LUALIBDIR="$share/lualib" --var=RULESDIR="$share/rules" \
		--var=WWWDIR="$share/www"
}

# Without what needs the network, and the compiler of its patterns, which takes
# half a minute. The controller answers both scans and learning.
share=$here/root/usr/share/rspamd
cp -R "$here/root/etc/rspamd" "$T/rspamd"
mkdir "$T/run" "$T/db"
printf '%s\n' com org net example >"$T/rspamd/tld"
cat >"$T/rspamd/rspamd.conf" <<X
.include "\$CONFDIR/common.conf"
options {
	pidfile = "$T/run/rspamd.pid";
	.include "\$CONFDIR/options.inc"
	control_socket = "$T/run/rspamd.sock mode=0600";
	disable_hyperscan = true;
	url_tld = "$T/rspamd/tld";
	dns { nameserver = ["127.0.0.1:9"]; timeout = 0.1s; retransmits = 1; }
}
logging { type = "file"; filename = "$T/run/log"; level = "notice"; }
worker "controller" {
	bind_socket = "127.0.0.1:$rspamd_port";
	count = 1;
	.include "\$CONFDIR/worker-controller.inc"
}
X
cat >"$T/rspamd/statistic.conf" <<X
classifier "bayes" {
	tokenizer { name = "osb"; }
	backend = "sqlite3";
	cache { type = "sqlite3"; path = "$T/db/cache.sqlite"; }
	min_tokens = 11;
	statfile { symbol = "BAYES_HAM"; spam = false; path = "$T/db/ham"; }
	statfile { symbol = "BAYES_SPAM"; spam = true; path = "$T/db/spam"; }
}
X
# shellcheck disable=SC2046 # a list of words
filter_options $(filter_at "$rspamd_port")
rspamd
filter_alone

filter REPORT <"$T/ham"
is "$status" 0 'a message is reported'
like "$(cat "$T/out")" 'rspamd: learned' 'and learned'
filter REPORT <"$T/ham"
is "$status" 0 'it may be reported again'
like "$(cat "$T/out")" 'knew it' 'and was learned'
filter_down
filter_options "-h 127.0.0.1:$rspamd_port"
filter_in_lsv rspamd
done_testing
