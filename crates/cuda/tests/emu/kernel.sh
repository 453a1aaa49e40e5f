#!/bin/sh
# Compiles one source of kernels: kernel.sh IN.cpp OUT.o SECTION FLAGS…
#
# IN includes shim.h and then the kernels. Their names come from macros as well, so the preprocessor
# runs first; at the end of a copy each kernel is registered under its name.
set -eu
in=$1 out=$2 section=$3
shift 3
cxx=${CXX:-g++}
names=$($cxx "$@" -w -E -P -DEMU_LIST -DEMU_SECTION="\"$section\"" "$in" |
    grep -oE 'EMU_KERNEL +void +[A-Za-z_0-9]+' | sed 's/.* //')
{
    printf '#include "%s"\nEMU_SHARED(%s)\n' "$in" "$section"
    for name in $names; do
        printf 'EMU_EXPORT(%s)\n' "$name"
    done
} >"$out.cpp"
$cxx "$@" -w -DEMU_SECTION="\"$section\"" -c "$out.cpp" -o "$out"
