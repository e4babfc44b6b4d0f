# shellcheck shell=sh
# mark.sh - services that crash, or whose fsync fails, where they meet a mark;
# read after tree.sh
#
#   mark_up          the services, as tree_up does, with preload_mark.so
#   mark [PROGRAM CALL MARK]  what happens from now on, as preload_mark.c says;
#                    nothing without arguments

# One length for ever: running programs have it mapped.
mark() {
	printf '%-255s\n' "$*" 1<>"$T/mark"
}

# A copy: the services' users may not be able to read the build tree.
mark_up() {
	printf '%-255s\n' '' >"$T/mark"
	cp "$LSV_BUILD/tests/lib/preload_mark.so" "$T/" || return 1
	(
		LD_PRELOAD=$T/preload_mark.so
		LSV_MARK=$T/mark
		export LD_PRELOAD LSV_MARK
		tree_up
	)
}
