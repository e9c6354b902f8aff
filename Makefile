# Everything that one does with this repository. The work is in scripts/.

.DEFAULT_GOAL := help
.PHONY: help run test build dev lint clean

TARGET := $(or $(CARGO_TARGET_DIR),target)

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## set up, build and serve; ARGS="--addr ..." go to assay serve
	@exec $(TARGET)/release/assay serve $(ARGS)

test: ## set up, build and run every test
	@scripts/test.sh

build: ## set up and build the server and its site
	@scripts/build.sh

dev: ## serve, and rebuild on every change; ARGS as with run
	@scripts/dev.sh $(ARGS)

lint: ## check format, lints, scripts and dependencies
	@scripts/lint.sh

clean: ## remove everything that was built or installed here
	rm -rf node_modules .venv end2end/test-results end2end/playwright-report
	cargo clean
