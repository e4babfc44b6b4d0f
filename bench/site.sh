# shellcheck shell=sh
# site.sh - a private site of lsv: its four roots below one directory
#
#   site_prepare DIR          exports LSV_ETC ... below DIR, which is made; as
#                             root also copies the programs there, since their
#                             own users may not be able to read the build tree;
#                             DIR/env is a file to source later
#   site_configure NODE PORT  site.cfg, with everything going to 127.0.0.1:PORT
#                             over $SITE_WORKERS (2), in transactions of
#                             $SITE_MAXBSMTP (100); compiles it; makes the spool
#   site_list NAME FILE       a list with the addresses of FILE
#   site_up, site_down        the services
#   site_inject ARGUMENT...   lsv-inject as the mail system would start it
#
# Each prints what it runs when SITE_SHOW is set. TOP and LSV_BUILD are the
# source tree and the build tree.

# site_run COMMAND... - says it, if wanted, and does it
site_run() {
	[ -z "${SITE_SHOW:-}" ] || echo "$ $*"
	"$@"
}

site_prepare() {
	site=$1
	mkdir -p "$site/etc" "$site/lib" "$site/run" || return 1
	chmod 755 "$site" || return 1
	LSV_ETC=$site/etc
	LSV_SPOOL=$site/spool
	LSV_LIB=$site/lib
	LSV_RUN=$site/run
	export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN
	site_bin=$LSV_BUILD/bin
	if [ "$(id -u)" = 0 ]; then
		mkdir -p "$site/bin" "$site/share" &&
			cp "$LSV_BUILD"/bin/* "$site/bin/" &&
			cp -RL "$LSV_BUILD/share/lsv" "$site/share/" &&
			chmod -R a+rX "$site/bin" "$site/share" || return 1
		site_bin=$site/bin
	fi
	PATH=$site_bin:$PATH
	export PATH
	cat >"$site/env" <<X
LSV_ETC=$LSV_ETC LSV_SPOOL=$LSV_SPOOL LSV_LIB=$LSV_LIB LSV_RUN=$LSV_RUN
PATH=$site_bin:\$PATH
export LSV_ETC LSV_SPOOL LSV_LIB LSV_RUN PATH
X
}

site_configure() {
	cat >"$LSV_ETC/site.cfg" <<X
NODE=$1
MYDOMAIN=$1
POSTMASTER=keeper@$1
SMTP_FORWARD=127.0.0.1:$2
SMTP_FORWARD_1="${SITE_WORKERS:-2}*127.0.0.1:$2"
MAXBSMTP=${SITE_MAXBSMTP:-100}
SPAM_DELAY=0
X
	site_run lsv-config apply && site_run lsv-spool make
}

site_list() {
	site_run lsv-list create "$1" --owner "owner@d000.example.net" &&
		site_run lsv-list import "$1" "$2"
}

# An MTA that is root becomes lsvin before it starts lsv-inject.
site_inject() {
	if [ "$(id -u)" = 0 ]; then
		s6-setuidgid lsvin lsv-inject "$@"
	else
		lsv-inject "$@"
	fi
}

site_up() {
	site_run lsv-service up
}

site_down() {
	site_run lsv-service down
}
