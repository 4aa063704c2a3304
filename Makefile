# The commands of this project; each installs what it needs first (scripts/install-deps).
.PHONY: demo test lint bench differential fuzz soak deps
CARGO ?= cargo
SOAK ?= 1h
FUZZ ?= 60

# The two load balancers in network namespaces: the master dies, the backup takes over.
demo:
	-@[ "$$(id -u)" != 0 ] || command -v nginx >/dev/null || scripts/install-deps
	$(CARGO) build --release --package keepalived --bin keepalived
	$(CARGO) build --release --package lab --bin demo
	@"$$($(CARGO) metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/demo"

# Everything that must hold before a change is taken in. The system tests need root.
test: deps lint
	$(CARGO) nextest run --workspace

lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

# Takeover, regularity, crowds, floods, memory, beside the original's; needs an otherwise idle machine.
# ONLY=NAME,… runs some parts.
bench: deps
	$(CARGO) build --release --package keepalived --bin keepalived
	$(CARGO) build --release --package lab --bin bench
	@"$$($(CARGO) metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/bench" $(if $(ONLY),--only $(ONLY))

# Made-up configurations, right and wrong: `-t` of ours beside the original's (ORIGINAL, CASES, SEED).
differential: deps
	$(CARGO) build --release --package keepalived --bin keepalived
	$(CARGO) build --release --package lab --bin differential
	@"$$($(CARGO) metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/differential"

# Histories of groups and reloads at random, by the thousand; then the system tests over and over,
# for SOAK.
soak: deps
	SOAK_ROUNDS=1000 $(CARGO) nextest run --profile soak --package vrrp --package keepalived \
	    -E 'binary(group_histories) | test(after_any_reloads)'
	$(CARGO) nextest run --package keepalived --stress-duration $(SOAK)

# Every fuzz target for FUZZ seconds, beginning with what is in fuzz/seeds; needs a nightly compiler
# and cargo-fuzz.
fuzz:
	cd fuzz && for target in $$($(CARGO) +nightly fuzz list); do \
	    mkdir -p corpus/$$target seeds/$$target; \
	    $(CARGO) +nightly fuzz run $$target corpus/$$target seeds/$$target -- -max_total_time=$(FUZZ) || exit 1; done

deps:
	@scripts/install-deps
