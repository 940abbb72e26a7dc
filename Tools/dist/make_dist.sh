#!/usr/bin/env bash
# Gathers a relocatable tenbin: the binary, and beside it every shared library that it needs and a
# bare system does not have. Used by `make dist`.
#   make_dist.sh BINARY FOLDER     writes FOLDER/tenbin-VERSION-linux-ARCH/ and the same as .tar.xz
set -euo pipefail
binary=$1 folder=$2

# Whoever is read from is read to its end: one that is cut off fails, and with it the script.
version=$("$binary" --version | sed -n '1 { s/^tenbin //; s/ .*//; p }')
name="tenbin-$version-linux-$(uname -m)"
tree="$folder/$name"
rm -rf "$tree"
mkdir -p "$tree/bin" "$tree/lib" "$tree/licenses" "$tree/share/tenbin"
strip -o "$tree/bin/tenbin" "$binary"
patchelf --set-rpath '$ORIGIN/../lib' "$tree/bin/tenbin"

# What every glibc system has, the C++ runtime included: a second copy of it could be older than
# what a library that is opened at run time (CUDA's) asks for.
of_the_system='^(ld-linux.*|lib(c|m|dl|rt|pthread|util|resolv|stdc\+\+|gcc_s))\.so'
# OpenBLAS is opened while tenbin runs, so that the binary does not name it.
blas=$(ldconfig -p | awk '$1 == "libopenblas.so.0" && !found++ { print $NF }')
{ ldd "$binary"; echo "libopenblas.so.0 => $blas"; ldd "$blas"; } |
  awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' | sort -u |
  while read -r soname path; do
    [[ $soname =~ $of_the_system ]] && continue
    cp --dereference "$path" "$tree/lib/$soname"
    # Libraries find each other beside themselves.
    patchelf --set-rpath '$ORIGIN' "$tree/lib/$soname"
    # dpkg knows a file of /usr/lib by its older name under /lib, or the other way round.
    real=$(realpath "$path")
    package=$( (dpkg-query -S "$real" || dpkg-query -S "${real#/usr}") 2>/dev/null |
      awk -F: 'NR == 1 { print $1 }')
    cp --dereference "/usr/share/doc/$package/copyright" "$tree/licenses/$package"
  done
cp "$(dirname "$0")/../../LICENSE" "$tree/LICENSE"
# What `tenbin --version` calls its commit, and what shells complete its commands with.
commit=$(git -C "$(dirname "$0")" rev-parse HEAD 2>/dev/null || echo unknown)
git -C "$(dirname "$0")" diff --quiet HEAD 2>/dev/null || commit="$commit with changes"
echo "$commit" >"$tree/share/tenbin/commit"
completions() { mkdir -p "$tree/share/$2" && "$binary" --generate-completion-script "$1" >"$tree/share/$2/$3"; }
completions bash bash-completion/completions tenbin
completions zsh zsh/site-functions _tenbin
completions fish fish/vendor_completions.d tenbin.fish

# The newest symbol version that anything in the tree asks of glibc is the oldest glibc that runs it.
floor=$(find "$tree/bin" "$tree/lib" -type f -exec objdump -T {} + 2>/dev/null |
  grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1 | sed 's/GLIBC_//')
cat >"$tree/README" <<TEXT
tenbin $version for Linux on $(uname -m), glibc $floor or newer.
Run bin/tenbin from any folder; bin and lib stay side by side. lib holds the libraries that tenbin
uses, licenses their licences; tenbin's own is LICENSE. share holds completions for bash, zsh and fish: copy
share into a prefix such as ~/.local, or source share/bash-completion/completions/tenbin.
TEXT
echo "$floor" >"$folder/glibc"
tar -C "$folder" -cf - "$name" | xz -T0 -6 >"$tree.tar.xz"
echo "$tree.tar.xz: $(du -m "$tree.tar.xz" | cut -f1) MB packed, $(du -sm "$tree" | cut -f1) MB unpacked, glibc $floor or newer"
