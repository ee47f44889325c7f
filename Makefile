# zonesign - `make help` lists the targets.
VERSION := 0.1
FLAVOUR ?= release
BUILD   := build/$(FLAVOUR)
PREFIX  ?= /usr/local
PKGS    := openssl yaml-0.1 jansson

# Debian 12 packages, each named once. build: to compile; test: what `make check` needs besides.
DEPS_BUILD := gcc make pkg-config libc6-dev libssl-dev libyaml-dev libjansson-dev
DEPS_TEST  := check openssl bind9-utils bind9-dnsutils knot-dnsutils knot-dnssecutils ldnsutils nsd unbound \
              libxml2-utils git python3

CFLAGS  ?= -O2 -g
cflags.asan := -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
cflags.tsan := -O1 -fsanitize=thread
cflags.fuzz := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
hardening   := $(if $(cflags.$(FLAVOUR)),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong -fPIE
override CFLAGS += -std=c11 -D_GNU_SOURCE -DZS_VERSION='"$(VERSION)"' -Ilib -I. -MMD -MP -pthread \
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla \
  $(cflags.$(FLAVOUR)) $(hardening) $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
override LDFLAGS += -pie -Wl,-z,relro,-z,now
LDLIBS  += $(shell pkg-config --libs $(PKGS) 2>/dev/null)
lib  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard lib/*.c lib/*/*.c)))
cmd  := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard cmd/*.c)))
unit := $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/unit/*.c)))

.PHONY: all asan tsan clean help unit
all: build/zonesign               ## build the program: build/zonesign
build/zonesign: $(BUILD)/zonesign ; @ln -f $< $@
$(BUILD)/zonesign: $(cmd) $(BUILD)/libzonesign.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LDLIBS)
$(BUILD)/unit: $(unit) $(BUILD)/libzonesign.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $$(pkg-config --libs check) $(LDLIBS)
$(BUILD)/libzonesign.a: $(lib) ; @rm -f $@ && $(AR) rcs $@ $^
$(BUILD)/%.o: %.c ; @mkdir -p $(@D)
	$(CC) $(CFLAGS) -c -o $@ $<
unit: $(BUILD)/unit               ## the unit tests alone
	$(BUILD)/unit
clean:                            ## remove what was built
	rm -rf build
help:                             ## this list
	@sed -n 's|^\([a-z ]*\):.*## |\1: |p' Makefile
-include $(lib:.o=.d) $(cmd:.o=.d) $(unit:.o=.d)
