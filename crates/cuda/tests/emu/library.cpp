#include "library.h"

namespace emu {

std::vector<Kernel> &kernels() {
    static std::vector<Kernel> all;
    return all;
}

}  // namespace emu

extern "C" __attribute__((visibility("default"))) emu::Library *emu_library() {
    static emu::Library library = {&emu::kernels(), emu::run};
    return &library;
}
