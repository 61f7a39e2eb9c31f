# Shortcuts; the scripts are the truth.
.PHONY: test quick generate setup

test:
	scripts/test.sh

quick:
	scripts/test.sh quick

generate:
	go generate work

setup:
	scripts/setup.sh
