# The two commands of a newcomer: `make demo` and `make test`. Both set up what they need.

APT_PACKAGES := libopenblas-dev libutf8proc-dev libsqlite3-dev libssl-dev \
  zlib1g-dev libbz2-dev libzstd-dev libsnappy-dev
TENBIN := .build/release/tenbin
DEMO := demo-report

.PHONY: demo test build dist check-dist wheel check-wheel lint format setup clean

# The main job on the embedded model: text in, a report out.
demo: build
	mkdir -p $(DEMO)
	$(TENBIN) calib build --source notebooks-data/corpus/jawiki-sample.xml \
	  --tokenizer notebooks-data/demo-model --max-seq-length 512 --force \
	  --output $(DEMO)/calibration.sqlite
	$(TENBIN) sweep run notebooks-data/demo-sweep.yaml --study $(DEMO)/study.sqlite
	$(TENBIN) report csv $(DEMO)/study.sqlite --output $(DEMO)
	$(TENBIN) report html $(DEMO)/study.sqlite --output $(DEMO)/index.html
	@echo
	@echo "the best trial of each size:"
	@$(TENBIN) sweep best $(DEMO)/study.sqlite
	@echo "the report: $(DEMO)/index.html"

# Built and run in two steps, so that `make demo` and `make test` share one build.
test: setup
	swift build -c release --build-tests
	swift test -c release --disable-xctest --skip-build

build: setup
	swift build -c release --product tenbin

# Installs the missing Debian packages where it may; says what to type where it may not.
setup:
	@command -v swift >/dev/null || { \
	  echo "error: no swift on the PATH" >&2; \
	  echo "  hint: install Swift 6.3 from https://swift.org/install" >&2; exit 66; }
	@missing=""; \
	for package in $(APT_PACKAGES); do \
	  dpkg-query -W -f='$${Status}' $$package 2>/dev/null | grep -q "install ok installed" \
	    || missing="$$missing $$package"; \
	done; \
	if [ -z "$$missing" ]; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ]; then sudo=""; elif sudo -n true 2>/dev/null; then sudo="sudo"; \
	else echo "error: these Debian packages are missing:$$missing" >&2; \
	  echo "  hint: sudo apt-get install$$missing" >&2; exit 66; fi; \
	$$sudo apt-get update -qq && $$sudo apt-get install -y -qq $$missing

# A relocatable tenbin for machines without Swift: dist/tenbin-VERSION-linux-ARCH.tar.xz. Its own build
# folder, since the static Swift runtime would make the other builds anew.
dist: setup
	@command -v patchelf >/dev/null || { \
	  echo "error: no patchelf on the PATH" >&2; echo "  hint: sudo apt-get install patchelf" >&2; exit 66; }
	swift build -c release --static-swift-stdlib --scratch-path .build-dist --product tenbin
	Tools/dist/make_dist.sh .build-dist/release/tenbin dist

# Runs it in bare Debian roots; root and debootstrap are needed.
check-dist:
	Tools/dist/check_dist.sh dist/tenbin-*.tar.xz notebooks-data/demo-model notebooks-data/corpus

# The same as a wheel, with the Python module of Python/tenbin.
wheel: dist
	Tools/dist/make_wheel.py dist

check-wheel:
	Tests/Python/check_wheel.sh dist/tenbin-*.whl

lint:
	swift format lint --strict --parallel --recursive Package.swift Sources Tests

format:
	swift format --in-place --parallel --recursive Package.swift Sources Tests

clean:
	rm -rf .build .build-dist dist $(DEMO)
