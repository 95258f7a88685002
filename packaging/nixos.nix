# SPDX-License-Identifier: GPL-2.0-or-later
# A NixOS module: put this file's path into the "imports" of configuration.nix.
{ config, pkgs, lib, ... }:

let
  kernel = config.boot.kernelPackages.kernel;
  vgakms = pkgs.stdenv.mkDerivation {
    pname = "vgakms";
    version = lib.head (builtins.match ".*PACKAGE_VERSION=\"([^\"]*)\".*" (builtins.readFile ../dkms.conf));
    src = lib.cleanSource ../.;
    nativeBuildInputs = kernel.moduleBuildDependencies;
    hardeningDisable = [ "pic" "format" ];
    makeFlags = config.boot.kernelPackages.kernelModuleMakeFlags ++ [
      "-C" "${kernel.dev}/lib/modules/${kernel.modDirVersion}/build"
      "M=$(PWD)" "INSTALL_MOD_PATH=${placeholder "out"}" "INSTALL_MOD_DIR=updates"
    ];
    buildFlags = [ "modules" ];
    installTargets = [ "modules_install" ];
    meta = {
      description = "KMS driver for QEMU's legacy display adapters";
      license = lib.licenses.gpl2Plus;
      platforms = [ "x86_64-linux" "aarch64-linux" "armv7l-linux" "riscv64-linux" ];
      broken = lib.versionOlder kernel.version "6.12";
    };
  };
in
{
  boot.extraModulePackages = [ vgakms ];
  boot.initrd.availableKernelModules = [ "vgakms" ];
  boot.extraModprobeConfig = builtins.readFile ./modprobe.d/vgakms.conf;
}
