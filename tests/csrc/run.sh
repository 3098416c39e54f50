#!/bin/sh
# Builds csrc/ and these tests three ways (gcc -O3, gcc with sanitizers, clang -O3 if there is one) outside the
# repository and runs them.  Exits with a failure as soon as one of them fails.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export OMP_WAIT_POLICY=passive ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1

# build NAME COMPILER EXTRA FLAGS...: makes $work/NAME/programs/tests and accuracy
build() {
    name=$1 compiler=$2
    shift 2
    mkdir "$work/$name"
    flags="$(cat "$root/csrc/cflags") -Werror -I$root/csrc $*"
    (
        cd "$work/$name"
        printf '%s\n' "$root"/csrc/tiers/*.c "$root"/csrc/*.c "$root"/tests/csrc/*.c |
            xargs -P 2 -I {} $compiler $flags -c {}
        mkdir programs
        mv accuracy.o programs
        $compiler $flags ./*.o -o programs/tests -lm -lpthread
        rm main.o harness.o test_*.o
        $compiler $flags programs/accuracy.o ./*.o -o programs/accuracy -lm -lpthread
    )
}

echo "== gcc -O3"
build plain gcc -fopenmp
"$work/plain/programs/tests"
for tier in baseline avx2 avx512; do TINYNN_ISA=$tier "$work/plain/programs/accuracy" 10007; done

echo "== gcc, address and undefined-behaviour sanitizers"
build sanitized gcc -fopenmp -g1 -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
"$work/sanitized/programs/tests"

if command -v clang >/dev/null; then
    echo "== clang -O3, without OpenMP"
    build clang clang
    "$work/clang/programs/tests"
fi
echo "all C tests passed"
