#!/bin/sh
# The libraries are fenced off, and configure says what is wrong.
. "$(dirname "$0")/../lib/tap.sh"

value() {
	sed -n "s/^$1 = //p" "$TOP/config.mak"
}
cc=$(value CC)
owfat_inc=$(value OWFAT_INC)
cdb_inc=$(value CDB_INC)
owfat_lib=$(value OWFAT_LIB)
cdb_lib=$(value CDB_LIB)
cd "$TOP" || exit 1

# --- the fence ---

compiles() {
	printf '#include "lib/ofat.h"\nvoid *f(void);\nvoid *f(void)\n%s\n' \
		"{ return (void *)$1; }" >"$T/x.c"
	# shellcheck disable=SC2086 # lists of flags
	$cc -std=c17 -D_GNU_SOURCE -I. $owfat_inc -fsyntax-only "$T/x.c"
}

ok 'sa_addu can be called' compiles sa_addu
for name in stralloc_catulong0 stralloc_catlong0 stralloc_catulong \
	stralloc_catlong stralloc_catuint stralloc_catint stralloc_catuint0 \
	stralloc_catint0 fmt_ulong0 fmt_netstring stralloc_catm stralloc_copym \
	buffer_putm buffer_putmflush stralloc_0 buffer_1 buffer_1small \
	buffer_2 buffer_getline buffer_getline_sa buffer_get_token; do
	not_ok "$name cannot be called" compiles $name
done

# Headers of libowfat, asked for by file: none outside lib/ofat.h.
foreign() {
	pattern=$(cd "${owfat_inc#-isystem }" && echo ./*.h |
		sed 's,\./,,g; s, ,|,g')
	grep -rnE "#include [<\"]($pattern)[>\"]" lib cmd tests bench \
		--include='*.[ch]' | grep -v -e '^lib/ofat\.h:' \
		-e '^lib/table\.c:.*<cdb\.h>' -e '^tests/lib/canary\.c:.*<cdb\.h>'
}
if [ -n "$owfat_inc" ]; then
	is "$(foreign)" '' 'only lib/ofat.h includes headers of libowfat'
else
	skip 'the headers of libowfat are among those of the system'
fi

# --- the two libraries in one program ---

link() {
	# shellcheck disable=SC2086 # lists of flags
	$cc -std=c17 -D_GNU_SOURCE -I. $cdb_inc $owfat_inc -o "$T/canary" \
		tests/lib/canary.c lib/ofat.c "$@"
}
ok 'the canary finds a known key and its length' \
	"$LSV_BUILD/tests/lib/canary" "$T/canary.cdb"
ok 'with libcdb.a before libowfat.a it links' link "$cdb_lib" "$owfat_lib"
ok 'and is well' "$T/canary" "$T/canary.cdb"
not_ok 'the other way round it does not even link' \
	link "$owfat_lib" "$cdb_lib"

# --- configure, in a copy of what it needs ---

copy=$T/copy
mkdir -p "$copy/lib" "$copy/tests/lib" "$copy/build"
cp configure config.mak "$copy"
cp lib/ofat.[ch] "$copy/lib"
cp tests/lib/canary.c "$copy/tests/lib"
libs="--with-libowfat=$T/owfat --with-tinycdb=$T/cdb"
mkdir -p "$T/owfat/include/libowfat" "$T/owfat/lib"
mkdir -p "$T/cdb/include" "$T/cdb/lib"
cp "${owfat_inc#-isystem }"/*.h "$T/owfat/include/libowfat" 2>/dev/null
cp "${cdb_inc#-isystem }"/cdb.h "$T/cdb/include" 2>/dev/null
cp "$owfat_lib" "$T/owfat/lib"
cp "$cdb_lib" "$T/cdb/lib"
cd "$copy" || exit 1

# configure, as an ordinary user in any case
configure() {
	if is_root; then
		chown -R 65534:65534 "$copy"
		run setpriv --reuid 65534 --regid 65534 --clear-groups \
			env HOME=/nonexistent ./configure "$@"
	else
		run ./configure "$@"
	fi
}

if [ -n "$owfat_inc" ] && [ -n "$cdb_inc" ]; then
	# shellcheck disable=SC2086 # two options
	configure $libs CC="$cc"
	is "$status" 0 'configure takes the libraries from the folders given'
	[ "$status" = 0 ] || diag "$(cat "$T/err")"
	before=$(stat -c %Y.%i config.mak build/config.h)
	# shellcheck disable=SC2086 # two options
	configure $libs CC="$cc"
	is "$status" 0 'a second configure succeeds'
	is "$(stat -c %Y.%i config.mak build/config.h)" "$before" \
		'and does not touch what it would write again'
	configure "--with-libowfat=$T/owfat" "--with-tinycdb=$T/owfat" CC="$cc"
	isnt "$status" 0 'a folder without tinycdb is refused'
	like "$(cat "$T/err")" 'package libcdb-dev' 'and its package named'
	cat "$T/owfat/lib/libowfat.a" >"$T/cdb/lib/libcdb.a"
	# shellcheck disable=SC2086 # two options
	configure $libs CC="$cc"
	isnt "$status" 0 "libowfat's functions in the place of tinycdb's are seen"
	like "$(cat "$T/err")" 'canary' 'by the canary'
else
	skip 'the headers of the libraries are among those of the system' 7
fi

configure --with-libowfat="$T/none" CC="$cc"
isnt "$status" 0 'a folder without libowfat is refused'
like "$(cat "$T/err")" 'package libowfat-dev' 'and its package named'
configure CC="$T/no-compiler"
isnt "$status" 0 'a compiler that does not work is refused'
like "$(cat "$T/err")" 'packages gcc libc6-dev' 'and its packages named'
configure --prefix=relative
isnt "$status" 0 'a relative prefix is refused'
configure --with-everything
isnt "$status" 0 'an unknown option is refused'
like "$(cat "$T/err")" 'unknown argument --with-everything' 'by its name'
configure -h
is "$status" 0 'configure -h exits 0'
like "$(cat "$T/out")" '--with-deps' 'and tells of --with-deps'

# A compiler that knows no lmdb.h
cat >"$T/cc" <<END
#!/bin/sh
for a; do
	case \$a in *.c) ! grep -q lmdb.h "\$a" || exit 1 ;; esac
done
exec $cc "\$@"
END
chmod 755 "$T/cc"
configure CC="$T/cc"
isnt "$status" 0 'without LMDB configure fails'
like "$(cat "$T/err")" 'package liblmdb-dev' 'and names its package'

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null &&
	[ -e "$TOP/build/deps/owfat/.done" ] &&
	[ -e "$TOP/build/deps/cdb/.done" ]; then
	cp -r "$TOP/build/deps" "$copy/build"
	configure --with-deps CC="$cc"
	is "$status" 0 '--with-deps succeeds for an ordinary user'
	like "$(cat "$T/out")" 'libowfat-dev is unpacked in build/deps/owfat' \
		'and uses what is unpacked already'
	mkdir "$T/bin"
	cat >"$T/bin/dpkg-query" <<END
#!/bin/sh
case "\$*" in *liblmdb-dev*) exit 1 ;; esac
exec $(command -v dpkg-query) "\$@"
END
	chmod 755 "$T/bin/dpkg-query"
	PATH=$T/bin:$PATH
	configure --with-deps CC="$cc"
	isnt "$status" 0 '--with-deps fails for him when a package is missing'
	like "$(cat "$T/err")" 'let root run: apt-get install liblmdb-dev' \
		'and says what root must install'
else
	skip '--with-deps was not used here' 4
fi

ls -A "$copy/build" >"$T/left"
unlike "$(cat "$T/left")" '^configure\.' 'configure leaves no litter behind'
done_testing
