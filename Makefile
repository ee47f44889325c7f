# zonesign - `make help` lists the targets.
VERSION := 0.1
FLAVOUR ?= release
BUILD   := build/$(FLAVOUR)
PREFIX  ?= /usr/local
PKGS    := libcrypto yaml-0.1 jansson # ldns, libssl and libunbound are opened when they are needed: lib/live/late.c

# Debian 12 packages, each named once. BUILD: to compile and run; TEST: what `make check` needs besides.
DEPS_BUILD := gcc make pkg-config libc6-dev libssl-dev libyaml-dev libjansson-dev libldns-dev libunbound-dev openssl
DEPS_TEST  := check bind9-utils bind9-dnsutils knot-dnssecutils ldnsutils nsd unbound libxml2-utils git python3 \
              clang libclang-rt-14-dev mandoc parallel w3m certbot gnupg hash-slinger openssh-client iproute2 \
              bind9 knot postfix pdns-server pdns-backend-sqlite3 pdns-backend-bind sqlite3 \
              pdns-backend-pgsql pdns-backend-mysql postgresql-15 postgresql-client-15 mariadb-server-core
# BENCH: the peers that `make bench` measures
DEPS_BENCH := python3 openssl bind9-utils knot knot-dnssecutils ldnsutils nsd

CFLAGS  ?= -O2 -g
cflags.asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
cflags.coverage := -O0 --coverage
cflags.tsan := -O1 -fsanitize=thread
cflags.fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
hardening   := $(if $(cflags.$(FLAVOUR))$(findstring _FORTIFY_SOURCE,$(CPPFLAGS)),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
override CFLAGS += $(CPPFLAGS) -std=c11 -D_GNU_SOURCE -DZS_VERSION='"$(VERSION)"' -Ilib -I. -MMD -MP -pthread \
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
  $(cflags.$(FLAVOUR)) $(hardening) $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
override LDFLAGS += -pie -Wl,-z,relro,-z,now
LDLIBS  += $(shell pkg-config --libs $(PKGS) 2>/dev/null)
lib  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard lib/*.c lib/*/*.c)))
cmd  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard cmd/*.c)))
unit := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/unit/*.c)))

timelines := $(addprefix $(BUILD)/timeline/,cases random disk)
oracles   := $(addprefix $(BUILD)/interop/,answers predict)

.PHONY: bench bench-quick bench-readme all check tests unit golden timeline soak coverage cli interop e2e lint fuzz asan tsan clang demo deps deps-bench deps-build install clean help
all: build/zonesign               ## build the program: build/zonesign
build/zonesign: $(BUILD)/zonesign ; @ln -f $< $@
$(BUILD)/zonesign: $(cmd) $(BUILD)/libzonesign.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/unit: $(unit) $(BUILD)/libzonesign.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs check libssl) $(LDLIBS)
$(BUILD)/libzonesign.a: $(lib) ; @rm -f $@ && $(AR) rcs $@ $^
$(BUILD)/%.o: %.c ; @mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<

$(timelines): $(BUILD)/timeline/%: $(BUILD)/tests/timeline/%.o $(BUILD)/tests/timeline/world.o $(BUILD)/tests/timeline/oracle.o $(BUILD)/libzonesign.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(oracles): $(BUILD)/interop/%: $(BUILD)/tests/interop/%.o $(BUILD)/libzonesign.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)

check: deps                       ## install what the tests need, then run every test; JOBS (the cores and one): scripts at a time
	@$(MAKE) --no-print-directory -j $$(nproc) all $(timelines) $(oracles) $(BUILD)/unit
	@FUZZ_SECONDS=$${FUZZ_SECONDS:-3} sh tests/run.sh fuzz unit timeline lint golden interop cli e2e
unit: $(BUILD)/unit               ## the unit tests
	$(BUILD)/unit
golden cli e2e: all               ## one kind of test, without installing anything
	@sh tests/run.sh $@
interop: all $(oracles)           ## what others make of our zones, and we of theirs
	@FLAVOUR=$(FLAVOUR) sh tests/run.sh interop
timeline: all $(timelines)        ## rolls against every cache: cases, random schedules, planted faults
	@FLAVOUR=$(FLAVOUR) sh tests/run.sh timeline
soak: $(BUILD)/timeline/random $(BUILD)/timeline/disk $(BUILD)/unit ## 100,000 random schedules of keys (SEED: the first), 20,000 of TLSA, 40 on a disk
	ZS_LIVES=20000 $(BUILD)/unit schedule
	$(BUILD)/timeline/random $${SEED:-1000000} 100000
	SEEDS="$$(seq -s " " 40)" sh tests/timeline/disk.sh
coverage:                         ## lines and branches of lib/rollover that its tests reach
	@$(MAKE) --no-print-directory FLAVOUR=coverage build/coverage/unit build/coverage/timeline/cases build/coverage/timeline/random
	@sh tests/coverage.sh
lint: all                         ## layers of the source, names in the library
	@sh tests/run.sh lint
fuzz:                             ## each fuzz target for FUZZ_SECONDS (10) on its corpus
	@sh tests/run.sh fuzz
asan tsan:                        ## the unit and command-line tests under a sanitizer
	$(MAKE) FLAVOUR=$@ unit build/$@/zonesign
	ZONESIGN=build/$@/zonesign sh tests/run.sh golden cli
clang:                            ## build with clang, into build/clang
	$(MAKE) CC=clang FLAVOUR=clang build/clang/zonesign
build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(wildcard lib/*.[ch] lib/*/*.[ch])
	@$(MAKE) --no-print-directory CC=clang FLAVOUR=fuzz build/fuzz/libzonesign.a build/fuzz/tests/fuzz/fuzz_$*.o
	clang -fsanitize=fuzzer,address,undefined -pthread -o $@ build/fuzz/tests/fuzz/fuzz_$*.o build/fuzz/libzonesign.a $(LDLIBS)

bench: deps-bench all build/bench/generate build/bench/loop build/bench/scan   ## zonesign beside its peers; BENCH=--only=ROW,... for some rows
	@python3 -B tests/bench/bench.py $(BENCH)
bench-quick: deps-bench all build/bench/generate build/bench/loop build/bench/scan ## the same on small zones, in two minutes
	@python3 -B tests/bench/bench.py --quick $(BENCH)
bench-readme:                     ## the table of the last whole `make bench` into README.md
	@python3 -B tests/bench/bench.py --readme
build/bench/scan: tests/bench/scan.c $(BUILD)/libzonesign.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
build/bench/%: tests/bench/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< -lcrypto

demo:                             ## install, build and run the main job on testdata/demo, in build/demo
	@$(MAKE) --no-print-directory deps-build
	@$(MAKE) --no-print-directory all
	@sh testdata/demo/run.sh
deps: ; @sh tests/deps.sh $(DEPS_BUILD) $(DEPS_TEST)
deps-bench: ; @sh tests/deps.sh $(DEPS_BUILD) $(DEPS_BENCH)
deps-build: ; @sh tests/deps.sh $(DEPS_BUILD)
install: all                      ## install program, manual page and example to DESTDIR and PREFIX
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/man/man1" "$(DESTDIR)$(PREFIX)/share/doc/zonesign"
	install -m 0755 build/zonesign "$(DESTDIR)$(PREFIX)/bin/zonesign"
	install -m 0644 cmd/zonesign.1 "$(DESTDIR)$(PREFIX)/share/man/man1/zonesign.1"
	install -m 0644 zonesign.yaml.example README.md LICENSE "$(DESTDIR)$(PREFIX)/share/doc/zonesign/"
clean:                            ## remove what was built
	rm -rf build
help:                             ## this list
	@sed -n 's|^\([a-z0-9 -]*\):.*## |\1: |p' Makefile
-include $(lib:.o=.d) $(cmd:.o=.d) $(unit:.o=.d) $(wildcard $(BUILD)/tests/*/*.d)
