#!/usr/bin/env bash
# Shows that NEON and the scalar reference on ARM give the same bits as every fused kernel of this machine: builds
# digest.c for both, runs the ARM program under qemu-user and compares the digests.
#
# Needs the toolchain's clang, gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT

clang=${CLANG:-$(dirname "$(readlink -f "$(command -v swiftc)")")/clang}
sources=("$root"/Sources/CAFMKernels/*.c "$here/digest.c")
flags=(-O2 -std=gnu11 -I "$root/Sources/CAFMKernels/include")
arm=(--target=aarch64-linux-gnu --sysroot=/usr/aarch64-linux-gnu -isystem /usr/aarch64-linux-gnu/include)

for source in "${sources[@]}"; do
  name=$(basename "$source" .c)
  "$clang" "${flags[@]}" -c "$source" -o "$build/native-$name.o"
  "$clang" "${arm[@]}" "${flags[@]}" -c "$source" -o "$build/arm-$name.o"
done
"$clang" "$build"/native-*.o -lm -o "$build/native"
aarch64-linux-gnu-gcc -static "$build"/arm-*.o -lm -o "$build/arm"

"$build/native" | tee "$build/digests"
qemu-aarch64 "$build/arm" | sed 's/^/arm64 /' | tee -a "$build/digests"
grep -q '^arm64 neon ' "$build/digests" || { echo "the NEON kernels did not run" >&2; exit 1; }
[ "$(awk '{print $NF}' "$build/digests" | sort -u | wc -l)" = 1 ] || { echo "the digests differ" >&2; exit 1; }
echo "the same bits on both architectures"
