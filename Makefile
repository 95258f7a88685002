# SPDX-License-Identifier: GPL-2.0-or-later
#
# vgakms, built and tested. "make help" says how. The module itself is described in Kbuild.

KDIR ?= /lib/modules/$(shell uname -r)/build
K ?=
# Debian's interpreter, since that is the one for which tools/setup installs modules.
PYTEST := /usr/bin/python3 -m pytest -p no:cacheprovider -n 2 --dist loadgroup

ifdef QEMU
# another one than this machine's: see tools/qemu
export PATH := $(or $(shell tools/setup && tools/qemu $(QEMU)),$(error no QEMU)):$(PATH)
endif

ifdef ARCH
# guests have another processor: see tools/guest
export VGAKMS_ARCH := $(ARCH)
endif

modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

# Without DKMS. EARLY=1 also puts it into the initramfs, before the in-tree drivers.
RELEASE = $(or $(shell $(MAKE) -s --no-print-directory -C $(KDIR) kernelrelease),$(error no kernel in $(KDIR)))
install: modules
	packaging/install check
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_DIR=updates modules_install
	depmod $(RELEASE)
	$(if $(filter-out 0 no,$(EARLY)),packaging/install early && . packaging/initramfs.sh && remake_initramfs,packaging/install hint) $(RELEASE)

# A kernel that was removed leaves the folder with our module behind, and gets no initramfs any more.
uninstall:
	packaging/install remove
	set -e; . packaging/initramfs.sh; for module in /lib/modules/*/updates/vgakms.ko*; do \
		if [ ! -e "$$module" ]; then continue; fi; \
		kernel=$${module#/lib/modules/}; kernel=$${kernel%%/*}; \
		rm "$$module"; rmdir -p --ignore-fail-on-non-empty "$${module%/*}"; \
		if image_of "$$kernel"; then depmod "$$kernel"; fi; \
	done; remake_initramfs

clean:
	rm -rf build
	test ! -d $(KDIR) || $(MAKE) -C $(KDIR) M=$(CURDIR) clean

run:
	tools/setup
	tools/run

# See tools/run
SCENE ?= console
shot:
	tools/setup
	tools/run --shot $(SCENE)

test: guest $(if $(ARCH),,unit) programs $(if $(ARCH)$(KERNEL)$(K)$(QEMU),,smoke)
	$(PYTEST) $(if $(ALL),--all) -k '$(K)' tests/vm

# The least that must work on other processors. If the archive is in the midst of an update there is no guest.
SMOKE_ARCHS ?= arm64 riscv64
smoke: programs
	for arch in $(SMOKE_ARCHS); do VGAKMS_ARCH=$$arch tools/guest >/dev/null || { left="$$left $$arch"; continue; }; \
		$(MAKE) test ARCH=$$arch KERNEL=stable K=smoke || exit; done; \
	test ! "$$left" || echo "left out, as there is no guest:$$left"

guest:
	tools/setup
	tools/guest >/dev/null
	tools/build $(filter-out debug late,$(KERNEL))
	test '$(KERNEL)' != debug || tools/debugkernel --module
	test '$(KERNEL)' != late || tools/debugkernel --late --module

unit:
	tools/setup
	$(MAKE) -C tests/unit

# The same with 32 bits, and on a big-endian processor
unit-elsewhere:
	tools/setup
	tools/unit i386
	tools/unit s390x

# What the tests run on the host beside QEMU and in it
programs:
	tools/setup
	$(MAKE) -C tests/host
	$(MAKE) -C tests/plugin

debugkernel:
	tools/setup
	tools/debugkernel

# What there is no time for in "make test": some hours. Debian's archive has other kernels, and other QEMUs. If stable's
# archive for a processor is in the midst of an update, there is sid's.
ESSENTIAL := picture or console or pacing or panic or registers or rebind or load_and_unload or flush
OTHER_KERNELS ?= previous rt
OTHER_QEMUS ?= trixie trixie-backports
OTHER_ARCHS ?= arm64 riscv64 ppc64el armhf ppc64
test-all:
	$(MAKE) test ALL=1
	$(MAKE) unit-elsewhere
	$(MAKE) test KERNEL=late
	for kernel in $(OTHER_KERNELS); do tools/guest $$kernel >/dev/null || { left="$$left $$kernel"; continue; }; $(MAKE) test KERNEL=$$kernel K='$(ESSENTIAL)' || exit; done; \
	test ! "$$left" || echo "left out, as the archive does not have them:$$left"
	for arch in $(OTHER_ARCHS); do export VGAKMS_ARCH=$$arch suite=$$VGAKMS_SUITE; tools/guest >/dev/null || suite=sid; \
		VGAKMS_SUITE=$$suite tools/guest >/dev/null || { left="$$left $$arch"; continue; }; \
		VGAKMS_SUITE=$$suite $(MAKE) test ARCH=$$arch K='$(ESSENTIAL)' || exit; done; \
	test ! "$$left" || echo "left out, as there is no guest:$$left"
	for qemu in $(OTHER_QEMUS); do $(MAKE) test QEMU=$$qemu KERNEL=newest K='$(ESSENTIAL)' || exit; done
	$(MAKE) test-bochs
	$(MAKE) packages
	$(MAKE) test-system

# A look at the kernel that comes next; what fails there is a report
next: programs
	tools/next

# The whole suite on the debug kernel, and what takes long on Debian's.
torture: guest unit programs
	tools/debugkernel --module
	KERNEL=debug VGAKMS_FUZZ_CALLS=50000 $(PYTEST) tests/vm
	VGAKMS_CYCLES=500 $(PYTEST) -k 'life or migration or hibernation' tests/vm
	KERNEL=newest VGAKMS_SIZES=all $(PYTEST) tests/vm/test_sizes.py

# What continuous integration has time for
torture-short: guest programs
	tools/debugkernel --module
	KERNEL=debug $(PYTEST) -k 'fuzz or faults and not probe' tests/vm

coverage: guest programs
	tools/debugkernel --coverage
	rm -rf build/coverage
	KERNEL=debug VGAKMS_COVERAGE=1 $(PYTEST) -k '$(K)' tests/vm
	tools/coverage

# The source of a release, which packages are made from: what has been committed
VERSION := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
dist:
	mkdir -p build
	git archive --prefix=vgakms-$(VERSION)/ -o build/vgakms-$(VERSION).tar.gz HEAD

# The other distributions' packages, as far as Debian has their tools
packages: dist
	tools/setup
	tools/packages build/vgakms-$(VERSION).tar.gz

# The package, and whole systems that have it
deb:
	tools/setup
	tools/deb

test-system: guest
	tools/setup mtools fdisk
	tools/system
	$(PYTEST) -k '$(K)' tests/system

# The emulator that QEMU's VGA is modelled on
test-bochs: guest programs
	tools/setup bochs bochs-x bochsbios vgabios xvfb x11-utils netpbm grub-pc-bin grub-common xorriso mtools cpio kmod binutils
	$(PYTEST) -k '$(K)' tests/bochs

# Whether exercise N of docs/exercises.md is solved
exercise: guest programs
	KERNEL=newest $(PYTEST) 'tests/vm/exercises.py::test_exercise_$(N)'

bench: native
	tools/bench

# The same question on this machine's own processor
native:
	tools/setup
	tools/native

# A desktop's session with the driver in the kernel and with this one
session: guest programs
	tools/session

# What docs/cost.md shows of the results
charts:
	tools/setup python3-matplotlib
	tools/charts

# docs/commit.svg, from docs/commit.txt
lanes:
	tools/setup python3-matplotlib
	tools/lanes

lint: SCRIPTS := tools/setup tools/unit tools/guest tools/guest-init tools/build tools/common.sh \
	tools/chroot tools/coverage tools/deb tools/debugkernel tools/next tools/qemu tools/system tools/vgakms-fallback .ci/run \
	tools/dkms-try tools/dkms-trust tools/bigendian tools/bochs tools/kernelconfig tools/packages tools/firmware $(wildcard debian/*.preinst debian/*.postinst debian/*.postrm) debian/kernel/header_postinst.d/vgakms \
	packaging/install packaging/initramfs.sh packaging/initramfs-tools/vgakms packaging/dracut/module-setup.sh
lint:
	@if command -v shellcheck >/dev/null; then shellcheck -x $(SCRIPTS); \
	else echo "left out: shellcheck is not installed"; fi
	@if command -v checkpatch.pl >/dev/null; then \
		checkpatch.pl --no-tree --strict --terse -f $(wildcard shadow/*.[ch] vga/*.[ch] bochs/*.[ch] cirrus/*.[ch]); \
	else echo "left out: checkpatch.pl is not in the PATH"; fi
	@if command -v lintian >/dev/null; then deb=$$(tools/deb) && lintian --fail-on error,warning "$$deb"; \
	else echo "left out: lintian is not installed"; fi
	tools/check-docs
	tools/build --check

help:
	@echo 'make [modules]  build vgakms.ko for KDIR ($(KDIR))'
	@echo 'make install    install it there'
	@echo '                EARLY=1: and load it before the in-tree drivers, from the initramfs on'
	@echo 'make uninstall  take all of that away'
	@echo 'make clean      remove everything that was built in this folder'
	@echo 'make deb        build the Debian package (DKMS), build/*.deb'
	@echo 'make dist       make the source archive of a release, build/*.tar.gz'
	@echo 'make packages   build and check the packages of packaging/, build/packages'
	@echo 'make run        see it on a Debian in QEMU: KERNEL=stable|newest|previous|NUMBER'
	@echo '                VGA=std|cirrus|secondary-vga|bochs-display|virtio|qxl|vmware[,...]'
	@echo '                DESKTOP=xfce|gnome|plasma|labwc|weston; in another terminal, tools/trace shows what the driver does'
	@echo 'make shot       a picture of SCENE=console|pattern|gradient|text|panic, with KERNEL= and VGA='
	@echo 'make test       test it on all adapters and kernels (half an hour): K=expression for pytest -k,'
	@echo '                KERNEL=stable|newest|previous|rt|debug|late|NUMBER, QEMU=trixie|trixie-backports,'
	@echo '                ARCH=arm64|armhf|loong64|ppc64|ppc64el|riscv64 (what of it is not about PCs; for ppc64,'
	@echo '                which is big endian, a kernel is compiled first, in a quarter of an hour; so are debug and late)'
	@echo 'make smoke      the least of it on other processors, SMOKE_ARCHS="arm64 riscv64"'
	@echo 'make test-all   the same with nothing left out, with other kernels and QEMUs, make test-bochs and make test-system (some hours)'
	@echo 'make next       look whether it works on the kernel that comes next'
	@echo 'make unit       test its pure functions on this machine; make unit-elsewhere, on others'
	@echo 'make torture    test it for hours, and on a kernel that finds faults (make debugkernel);'
	@echo '                make torture-short: the least of it'
	@echo 'make test-system  test the package and desktops on whole Debian systems (some hours; K=package, dracut, uefi, desktop, clients,'
	@echo '                adapters, gnome, plasma or terminals is a part)'
	@echo 'make test-bochs   test it on another emulator, the real Bochs (some minutes)'
	@echo 'make coverage   tell which lines of the driver no test reaches'
	@echo 'make exercise   say whether exercise N=1|...|12 of docs/exercises.md is solved'
	@echo 'make bench      compare it with the drivers in the kernel (some minutes)'
	@echo 'make native     the part of that which needs no machine: what a frame costs this processor (a minute or two)'
	@echo 'make session    compare them in the session of DESKTOP=xfce|gnome|plasma|labwc|weston'
	@echo 'make charts     draw what docs/cost.md shows of these results'
	@echo 'make lanes      draw docs/commit.svg from docs/commit.txt'
	@echo 'make lint       strict builds with gcc, clang and sparse, and style checks'

.PHONY: modules install uninstall clean run shot dist packages deb test smoke test-all next test-system test-bochs exercise guest unit unit-elsewhere programs debugkernel torture torture-short coverage \
	bench native session charts lanes lint help
