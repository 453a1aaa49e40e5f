// A library of kernels: each source registers its own, and the driver finds them by name.
#pragma once
#include <cstddef>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "block.h"

namespace emu {

struct Parameter {
    size_t size, align;
};

struct Kernel {
    const char *name;
    std::vector<Parameter> parameters;
    void (*call)(void **arguments);
    char *shared_start, *shared_end;
};

std::vector<Kernel> &kernels();

template <class... A, size_t... I>
void apply(void (*kernel)(A...), void **arguments, std::index_sequence<I...>) {
    kernel(*(std::remove_reference_t<A> *)arguments[I]...);
}
template <class... A> void apply(void (*kernel)(A...), void **arguments) {
    apply(kernel, arguments, std::index_sequence_for<A...>{});
}
template <class... A> std::vector<Parameter> parameters(void (*)(A...)) {
    return {Parameter{sizeof(A), alignof(A)}...};
}

struct Registered {
    explicit Registered(Kernel kernel) { kernels().push_back(std::move(kernel)); }
};

// What the driver gets of a library it has loaded, under the name `emu_library`.
struct Library {
    const std::vector<Kernel> *kernels;
    bool (*run)(const Launch &, const char *order, std::string &message);
};

}  // namespace emu

#define EMU_JOIN_(a, b) a##b
#define EMU_JOIN(a, b) EMU_JOIN_(a, b)
// Written at the end of a source, once, and for each of its kernels; see kernel.sh. The linker
// knows where a section begins and ends, if the file has such variables at all.
#define EMU_SHARED(section)                                                                        \
    extern "C" __attribute__((weak, visibility("hidden"))) char EMU_JOIN(__start_, section)[],     \
        EMU_JOIN(__stop_, section)[];                                                              \
    static char *emu_shared_start = EMU_JOIN(__start_, section),                                   \
                *emu_shared_end = EMU_JOIN(__stop_, section);
#define EMU_EXPORT(kernel)                                                                         \
    static emu::Registered emu_registered_##kernel(                                                \
        {#kernel, emu::parameters(kernel), [](void **a) { emu::apply(kernel, a); },                \
         emu_shared_start, emu_shared_end});
