# Makefile of lsv (GNU make). ./configure first; see INSTALL.
#
# Found by folder, never listed: cmd/P/*.c is the program P, lib/*.c the
# library, cmd/exits/X.c a ready SPAM_EXIT, tests/unit/X_test.c a unit test (one
# line "/* LDFLAGS: ... */" in it adds flags to its link; other files there are
# linked into each), and
# tests/lib/X.c or tests/lib/X/*.c a helper program of tests,
# tests/lib/preload_X.c a preload, tests/fuzz/X_fuzz.c a fuzzer, bench/X.c or
# bench/X/*.c a program of the benchmarks (bench/common is linked into each).

CLEANING := $(filter clean distclean,$(MAKECMDGOALS))
ifeq ($(CLEANING),)
ifeq ($(wildcard config.mak),)
$(error run ./configure first)
endif
include config.mak
endif

OBJ ?= build
V ?=
SAN ?=
WERROR ?=
FUZZ_SECONDS ?= 10
PROVEFLAGS ?=

sbindir = $(prefix)/sbin
libexecdir = $(prefix)/libexec/lsv
mandir = $(prefix)/share/man
datadir = $(prefix)/share/lsv

STD := -std=c17
DEFS = -D_GNU_SOURCE -DOPENSSL_API_COMPAT=30000 -DOPENSSL_NO_DEPRECATED
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wcast-qual -Wformat=2 -Wvla \
	-Wundef -Wnull-dereference
HARD = -fstack-protector-strong $(if $(SAN),,$(FORTIFY))
LSV_CPPFLAGS = -I. -Ibuild $(OWFAT_INC) $(DEFS)
LSV_CFLAGS = $(STD) $(CFLAGS) $(WARN) $(WERROR) $(HARD) $(SAN)
LSV_LDFLAGS = -Wl,-z,relro,-z,now,--as-needed $(SAN) $(LDFLAGS)
# libcdb.a before libowfat.a: nine symbols have the same name in both
LSV_LDLIBS = $(CDB_LIB) $(OWFAT_LIB) -llmdb -lssl -lcrypto -lidn2 -lseccomp \
	$(GMIME_LIB)

# folders DIR - those in it with a main.c
folders = $(sort $(notdir $(patsubst %/,%,$(dir $(wildcard $(1)/*/main.c)))))
# objects FILE.c... - where they are compiled to
objects = $(patsubst %.c,$(OBJ)/obj/%.o,$(1))

PROGS := $(call folders,cmd)
LIBO := $(call objects,$(wildcard lib/*.c))
EXITS := $(patsubst cmd/exits/%.c,$(OBJ)/libexec/lsv/%,$(wildcard cmd/exits/*.c))
UNIT := $(patsubst tests/unit/%.c,$(OBJ)/tests/%.t,\
	$(wildcard tests/unit/*_test.c))
UNITO := $(call objects,\
	$(filter-out %_test.c,$(wildcard tests/unit/*.c)))
PRELOADS := $(patsubst tests/lib/%.c,$(OBJ)/tests/lib/%.so,\
	$(wildcard tests/lib/preload_*.c))
HELPERS := $(patsubst tests/lib/%.c,$(OBJ)/tests/lib/%,\
	$(filter-out tests/lib/preload_%,$(wildcard tests/lib/*.c)))
HELPERDIRS := $(call folders,tests/lib)
BENCHES := $(patsubst bench/%.c,$(OBJ)/bench/%,$(wildcard bench/*.c))
BENCHDIRS := $(call folders,bench)
BENCHO := $(call objects,$(wildcard bench/common/*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,$(OBJ)/fuzz/%,\
	$(wildcard tests/fuzz/*_fuzz.c))
MANUALS := $(sort $(wildcard man/*.[1-9]))
LAYOUT := $(sort $(shell test ! -d spool-layout || find spool-layout -type f))
SOURCES := $(sort $(wildcard lib/*.c cmd/*/*.c \
	tests/unit/*.c tests/lib/*.c \
	tests/lib/*/*.c tests/fuzz/*.c bench/*.c bench/*/*.c))
HEADERS := $(sort $(wildcard lib/*.h cmd/*/*.h tests/*/*.h tests/*/*/*.h \
	bench/*.h bench/*/*.h))
SCRIPTS := $(sort configure $(wildcard .ci/run tests/lib/*.sh) \
	$(shell find tests bench spool-layout -type f \
	-exec grep -slE '^.!/bin/sh' {} + 2>/dev/null))

all: $(PROGS:%=$(OBJ)/bin/%) $(EXITS) $(OBJ)/share/lsv

helpers: $(HELPERS) $(HELPERDIRS:%=$(OBJ)/tests/lib/%) $(PRELOADS) \
	$(OBJ)/tests/lib/lsv-inject bench-programs

bench-programs: $(BENCHES) $(BENCHDIRS:%=$(OBJ)/bench/%)

unit: $(UNIT)

# Programs look for the layout in ../share/lsv of their own directory, both
# here and where they are installed.
$(OBJ)/share/lsv:
	@mkdir -p $(@D)
	ln -sfn $(CURDIR)/spool-layout $@

# quiet WHAT - the start of a recipe's line: what is made, or with V=1 the
# command itself
quiet = $(if $(V),,@echo '  $(1)	$@';)

$(OBJ)/liblsv.a: $(LIBO)
	@rm -f $@
	$(call quiet,AR)$(AR) rcs $@ $^

# link LIBRARIES - the recipe of every program
define link
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(CFLAGS) -pie $(LSV_LDFLAGS) -o $@ \
		$(filter %.o %.a,$^) $(LSV_LDLIBS) $(1)
endef

# lsv-inject is static: a dynamic loader that runs out of memory or descriptors
# exits 127, and mail servers bounce on that; it starts faster as well. The
# tests that preload something run its dynamic twin.
INJECT := $(call objects,$(wildcard cmd/lsv-inject/*.c)) $(OBJ)/liblsv.a
ifeq ($(SAN),)
$(OBJ)/bin/lsv-inject: $(INJECT)
	@mkdir -p $(@D)
	$(call quiet,LINK)$(CC) $(CFLAGS) -static-pie $(LSV_LDFLAGS) -o $@ \
		$^ $(CDB_LIB) $(OWFAT_LIB)
endif
$(OBJ)/tests/lib/lsv-inject: $(INJECT)
	$(call link,)

# The spool, open for looking: what lsv-queue shares with two others.
SHARED_lsv-worker := $(call objects,$(addprefix cmd/lsv-queue/,\
	open.c spool.c file.c outcome.c print.c reason.c waits.c))
SHARED_lsv-explain := $(SHARED_lsv-worker)

# program TARGET FOLDER OBJECTS
define program
$(1): $(call objects,$(wildcard $(2)/*.c)) $(3) $(OBJ)/liblsv.a
	$$(call link,-lpthread)
endef
$(foreach p,$(if $(SAN),$(PROGS),$(filter-out lsv-inject,$(PROGS))),\
	$(eval $(call program,$(OBJ)/bin/$(p),cmd/$(p),$(SHARED_$(p)))))
$(foreach p,$(HELPERDIRS),\
	$(eval $(call program,$(OBJ)/tests/lib/$(p),tests/lib/$(p))))
$(foreach p,$(BENCHDIRS),\
	$(eval $(call program,$(OBJ)/bench/$(p),bench/$(p),$(BENCHO))))

$(OBJ)/obj/%.o: %.c config.mak
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(LSV_CPPFLAGS) $(LSV_CFLAGS) -fPIE -MMD -MP -c -o $@ $<

# The only two files that see tinycdb's header, and see it first.
CDB_CPPFLAGS = -I. -Ibuild $(CDB_INC) $(OWFAT_INC) $(DEFS)
$(OBJ)/obj/lib/table.o: LSV_CPPFLAGS = $(CDB_CPPFLAGS)
$(OBJ)/obj/tests/lib/canary.o: LSV_CPPFLAGS = $(CDB_CPPFLAGS)

# The only file that sees the header of GMime.
$(OBJ)/obj/lib/carrier.o: LSV_CPPFLAGS += $(GMIME_INC)

# What one unit test adds to its link, for instance -Wl,--wrap=fsync
extra = $(shell sed -n 's,^/\* LDFLAGS: \(.*\) \*/$$,\1,p' $(1))

$(OBJ)/tests/%.t: $(OBJ)/obj/tests/unit/%.o $(UNITO) $(OBJ)/liblsv.a
	$(call link,-lcmocka -lpthread $(call extra,tests/unit/$*.c))

# A preload runs inside programs that may not have the sanitizers' runtime.
$(OBJ)/tests/lib/preload_%.so: tests/lib/preload_%.c config.mak
	@mkdir -p $(@D)
	$(call quiet,CC)$(CC) $(LSV_CPPFLAGS) $(STD) $(CFLAGS) $(WARN) \
		$(WERROR) -fPIC -MMD -MP -MT $@ -shared -o $@ $< -ldl -lpthread

$(OBJ)/tests/lib/%: $(OBJ)/obj/tests/lib/%.o $(OBJ)/liblsv.a
	$(call link,-lpthread)

$(OBJ)/libexec/lsv/%: $(OBJ)/obj/cmd/exits/%.o $(OBJ)/liblsv.a
	$(call link,)

$(OBJ)/bench/%: $(OBJ)/obj/bench/%.o $(BENCHO) $(OBJ)/liblsv.a
	$(call link,-lpthread)

$(OBJ)/fuzz/%: $(OBJ)/obj/tests/fuzz/%.o $(OBJ)/liblsv.a
	$(call link,-fsanitize=fuzzer)

# --- tests ------------------------------------------------------------------

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined \
	-fno-omit-frame-pointer
E2E := $(sort $(wildcard tests/e2e/*.t))
CRASH := $(sort $(wildcard tests/crash/*.t))
FUZZ := $(wildcard tests/fuzz/fuzz.t)
INTEROP := $(sort $(wildcard tests/interop/*.t))
CHECK = LSV_BUILD='$(abspath $(OBJ))' PROVEFLAGS='$(PROVEFLAGS)' \
	tests/lib/check

check: all unit helpers
	@$(MAKE) --no-print-directory fuzzers-if-clang
	@FUZZ_SECONDS=2 $(CHECK) $(sort $(UNIT)) $(E2E) $(CRASH) $(FUZZ) \
		$(if $(wildcard build/interop/node/.done),$(INTEROP))

# The programs again with address and undefined behaviour sanitizers; without
# the crash tests, whose preloads and ptrace take the place of the sanitizers,
# and the tests of this Makefile, which would build without them.
check-asan:
	$(MAKE) OBJ=build-asan SAN='$(SANITIZE)' check-sanitized

check-sanitized: all unit helpers
	@ASAN_OPTIONS=abort_on_error=1:detect_stack_use_after_return=1 \
	UBSAN_OPTIONS=print_stacktrace=1 LSV_SANITIZED=1 LSV_MAY_SKIP=1 \
		$(CHECK) $(sort $(UNIT)) \
		$(filter-out tests/e2e/build.t tests/e2e/install.t,$(E2E))

# The other compiler: no warning at all, and the unit tests.
check-clang:
	$(MAKE) OBJ=build-clang CC=clang WERROR=-Werror check-unit

check-unit: all unit helpers
	@$(CHECK) $(sort $(UNIT))

check-crash: all helpers
	LSV_BUILD='$(abspath $(OBJ))' tests/crash/full

# Storms of a minute each, a posting to a million: about 15 minutes.
check-storm: all helpers
	@LSV_STORM=60 LSV_LIMIT=1800 $(CHECK) $(addprefix tests/e2e/,\
		storm.t emergency.t scale.t)

# Other relays, see tests/interop/setup.
check-interop: all helpers
	@$(CHECK) $(INTEROP)

fuzz: fuzzers
	@FUZZ_SECONDS=$(FUZZ_SECONDS) $(CHECK) $(FUZZ)

fuzzers:
	@$(MAKE) --no-print-directory OBJ=build-fuzz CC=clang \
		SAN='-fsanitize=fuzzer-no-link $(SANITIZE)' fuzz-programs

fuzzers-if-clang:
	@if command -v clang >/dev/null; then \
		$(MAKE) --no-print-directory fuzzers; \
	else \
		echo 'no clang: the fuzzers are not built'; \
	fi

fuzz-programs: $(FUZZERS)

demo: all helpers
	LSV_BUILD='$(abspath $(OBJ))' PATH='$(abspath $(OBJ))/bin':"$$PATH" \
		bench/demo

bench: all helpers
	LSV_BUILD='$(abspath $(OBJ))' PATH='$(abspath $(OBJ))/bin':"$$PATH" \
		bench/run

# --- lint -------------------------------------------------------------------

lint: lint-format lint-scripts $(SOURCES:%.c=$(OBJ)/lint/%.ok)

lint-format:
	clang-format --dry-run -Werror $(SOURCES) $(HEADERS)

# SC1090, SC1091, SC2154: tap.sh is read in by a computed name
# SC2015: "a && b || fail": fail ends it
# SC2317: functions called through ok, at_exit and trap
lint-scripts:
	shellcheck -s sh -e SC1090,SC1091,SC2015,SC2154,SC2317 $(SCRIPTS)

# gcc 12 takes the copy of a struct for a leak of what it points to; leaks are
# seen by check-asan and by cmocka. A readdir of its own directory stream, in a
# process of one thread, is as safe as readdir_r was.
$(OBJ)/lint/%.ok: %.c $(HEADERS) .clang-tidy config.mak
	@mkdir -p $(@D)
	@echo lint $<
	@clang-tidy --quiet --warnings-as-errors='*' $< -- $(LSV_CPPFLAGS) \
		$(STD) $(WARN) 2>$@.err || { cat $@.err; exit 1; }
	@cppcheck --quiet --enable=warning,portability --inline-suppr \
		--error-exitcode=1 --std=c11 --library=posix,gnu \
		--suppress=missingInclude --suppress=readdirCalled $(DEFS) -I. -Ibuild $<
	@gcc $(LSV_CPPFLAGS) $(STD) -O2 -g $(WARN) -fanalyzer \
		-Wno-analyzer-malloc-leak -Werror -c -o /dev/null $<
	@touch $@

$(OBJ)/lint/lib/table.ok $(OBJ)/lint/tests/lib/canary.ok: \
	LSV_CPPFLAGS = $(CDB_CPPFLAGS)
$(OBJ)/lint/lib/carrier.ok: LSV_CPPFLAGS += $(GMIME_INC)

man-lint:
	@test -n "$(MANUALS)" || { echo no manuals >&2; exit 1; }
	mandoc -T lint -W warning $(MANUALS)

# --- installation -----------------------------------------------------------

install: all
	install -d '$(DESTDIR)$(sbindir)' '$(DESTDIR)$(libexecdir)' \
		'$(DESTDIR)$(datadir)'
	for p in $(PROGS); do \
		install -m 755 "$(OBJ)/bin/$$p" '$(DESTDIR)$(sbindir)' || \
		exit 1; \
	done
	for x in $(EXITS); do \
		install -m 755 "$$x" '$(DESTDIR)$(libexecdir)' || exit 1; \
	done
	for m in $(MANUALS); do \
		install -D -m 644 "$$m" \
		"$(DESTDIR)$(mandir)/man$${m##*.}/$${m##*/}" || exit 1; \
	done
	for f in $(LAYOUT); do \
		mode=644; test ! -x "$$f" || mode=755; \
		install -D -m $$mode "$$f" \
		"$(DESTDIR)$(datadir)/$${f#spool-layout/}" || exit 1; \
	done

# What configure fetched stays: see distclean.
clean:
	rm -rf $(filter-out build/deps build/interop build/config.h,\
		$(wildcard build/*)) \
		build-asan build-clang build-fuzz

distclean:
	rm -rf build build-asan build-clang build-fuzz config.mak

.PHONY: all helpers bench-programs unit check check-asan check-sanitized \
	check-clang check-unit check-crash check-interop check-storm fuzz fuzzers \
	fuzzers-if-clang fuzz-programs demo bench lint lint-format lint-scripts man-lint \
	install clean distclean
.SECONDARY:
.DELETE_ON_ERROR:

-include $(shell test ! -d $(OBJ) || find $(OBJ) -name '*.d' -type f)
