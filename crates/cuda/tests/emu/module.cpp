// Modules and launches. A module is assembly for a GPU; what runs are the kernels of the same names
// in the libraries `kernels*.so` beside this one, compiled from the same source. Of the assembly
// only the kernels' parameters are read, and must be those of the source.
//
// ONDOL_EMU_ORDER        forward, reverse, random:SEED, greedy, greedy-reverse
// ONDOL_EMU_TRACE        set, each launch is a line on standard error
// ONDOL_EMU_FAIL_LAUNCH  the number of a launch that fails, from 1 on
#include <dirent.h>
#include <dlfcn.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "assembly.h"
#include "library.h"
#include "state.h"

namespace fake {
namespace {

struct Module {
    std::string assembly;
    std::vector<emu::Library *> libraries;
};

struct Function {
    emu::Kernel kernel;
    emu::Library *library;
    unsigned most_threads, most_shared = 48 << 10;
};

emu::Library *open(const std::string &path) {
    void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    auto *get = handle ? (emu::Library * (*)()) dlsym(handle, "emu_library") : nullptr;
    if (!get) {
        say("%s cannot be loaded: %s", path.c_str(), dlerror());
        return nullptr;
    }
    return get();
}

// The libraries beside this one.
const std::vector<emu::Library *> &built() {
    static const std::vector<emu::Library *> all = [] {
        std::vector<emu::Library *> found;
        Dl_info own;
        dladdr((void *)&emu_enqueue, &own);
        std::string folder = own.dli_fname;
        folder.resize(folder.rfind('/'));
        DIR *listing = opendir(folder.c_str());
        while (dirent *entry = listing ? readdir(listing) : nullptr) {
            std::string name = entry->d_name;
            if (name.rfind("kernels", 0) == 0 && name.size() > 3 && name.substr(name.size() - 3) == ".so") {
                if (emu::Library *library = open(folder + "/" + name)) found.push_back(library);
            }
        }
        if (listing) closedir(listing);
        return found;
    }();
    return all;
}

// Whether memory can be read, without reading it: the kernel does, and says so if it cannot.
bool readable(const void *at, size_t bytes) {
    static int ends[2] = {-1, -1};
    if (ends[0] < 0 && pipe(ends) != 0) return true;
    char sink[4096];
    while (bytes > 0) {
        size_t part = std::min(bytes, sizeof sink);
        if (write(ends[1], at, part) != (ssize_t)part || read(ends[0], sink, part) != (ssize_t)part) return false;
        at = (const char *)at + part;
        bytes -= part;
    }
    return true;
}

// Arguments copied out of the caller's memory, as the driver does before it returns.
struct Arguments {
    std::vector<char> bytes;
    std::vector<size_t> places;
    std::vector<void *> pointers() {
        std::vector<void *> all;
        for (size_t place : places) all.push_back(bytes.data() + place);
        return all;
    }
};

bool copy(const emu::Kernel &kernel, void **from, Arguments &to) {
    size_t count = kernel.parameters.size();
    for (size_t i = 0; i < count; i++) {
        auto [size, align] = kernel.parameters[i];
        void *at = readable(from + i, sizeof *from) ? from[i] : nullptr;
        if (!at || !readable(at, size)) {
            say("kernel %s takes %zu arguments of %zu bytes in all; argument %zu is no address",
                kernel.name, count, to.bytes.size() + size, i);
            return false;
        }
        size_t place = (to.bytes.size() + align - 1) / align * align;
        to.bytes.resize(place + size);
        memcpy(to.bytes.data() + place, at, size);
        to.places.push_back(place);
    }
    return true;
}

Result launch(const Function &f, emu::Triple grid, emu::Triple block, unsigned shared, Arguments arguments) {
    static const bool trace = setting("ONDOL_EMU_TRACE");
    static const char *order = setting("ONDOL_EMU_ORDER"), *failing = setting("ONDOL_EMU_FAIL_LAUNCH");
    static unsigned long number = 0;
    number++;
    if (trace) {
        say("launch %lu: %s, grid (%u,%u,%u), block (%u,%u,%u), %u bytes shared", number, f.kernel.name, grid.x,
            grid.y, grid.z, block.x, block.y, block.z, shared);
    }
    if (failing && number == strtoul(failing, nullptr, 10)) {
        say("launch %lu, kernel %s, fails as asked", number, f.kernel.name);
        return LAUNCH_FAILED;
    }
    std::vector<void *> pointers = arguments.pointers();
    emu::Launch now = {f.kernel.name, grid, block, shared, f.kernel.call, pointers.data(),
                       f.kernel.shared_start, f.kernel.shared_end};
    std::string message;
    if (f.library->run(now, order, message)) return SUCCESS;
    say("%s", message.c_str());
    return LAUNCH_FAILED;
}

}  // namespace
}  // namespace fake

using namespace fake;

API int cuModuleLoadData(void **out, const void *image) {
    ENTER;
    auto module = std::make_unique<Module>();
    module->assembly = (const char *)image;
    const char *jit = "// emulated: ";
    if (module->assembly.rfind(jit, 0) == 0) {
        // From the fake NVRTC: a library compiled at run time.
        std::string path = module->assembly.substr(strlen(jit));
        path.resize(path.find('\n'));
        emu::Library *library = open(path);
        if (!library) return INVALID_IMAGE;
        module->libraries = {library};
    } else {
        if (module->assembly.find(".entry") == std::string::npos) {
            say("a module without an .entry: %zu bytes", module->assembly.size());
            return INVALID_PTX;
        }
        module->libraries = built();
    }
    *out = module.release();
    return SUCCESS;
}
API int cuModuleLoadDataEx(void **out, const void *image, unsigned, int *, void **) {
    return cuModuleLoadData(out, image);
}
API int cuModuleUnload(void *) { return SUCCESS; }
API int cuModuleGetFunction(void **out, void *handle, const char *name) {
    ENTER;
    auto *module = (Module *)handle;
    Entry entry;
    if (!find_entry(module->assembly, name, entry)) return NOT_FOUND;
    for (emu::Library *library : module->libraries) {
        for (const emu::Kernel &kernel : *library->kernels) {
            if (strcmp(kernel.name, name) != 0) continue;
            std::string differs = difference(entry, kernel.parameters);
            if (!differs.empty()) {
                say("kernel %s: the assembly is not of this source: %s", name, differs.c_str());
                return INVALID_IMAGE;
            }
            *out = new Function{kernel, library, entry.most_threads};
            return SUCCESS;
        }
    }
    say("the assembly has a kernel %s, the source has not", name);
    return NOT_FOUND;
}
API int cuFuncSetAttribute(void *handle, int which, int value) {
    ENTER;
    auto *f = (Function *)handle;
    if (which == 8) {  // the most dynamic shared memory
        if (value < 0 || value > 163 << 10) return INVALID_VALUE;
        f->most_shared = (unsigned)value;
    }
    return SUCCESS;
}
API int cuFuncGetAttribute(int *value, int which, void *handle) {
    auto *f = (Function *)handle;
    *value = which == 0 ? (int)f->most_threads : which == 8 ? (int)f->most_shared : 0;
    return SUCCESS;
}
API int cuFuncSetCacheConfig(void *, int) { return SUCCESS; }

API int cuLaunchKernel(void *handle, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                       unsigned shared, void *stream, void **arguments, void **extra) {
    ENTER;
    auto *f = (Function *)handle;
    const char *name = f->kernel.name;
    if (!gx || !gy || !gz || gx > 2147483647u || gy > 65535 || gz > 65535) {
        say("kernel %s: a grid of (%u,%u,%u) blocks; each is at least 1, at most (2147483647,65535,65535)", name, gx,
            gy, gz);
        return INVALID_VALUE;
    }
    uint64_t threads = (uint64_t)bx * by * bz;
    if (!threads || bx > 1024 || by > 1024 || bz > 64 || threads > f->most_threads) {
        say("kernel %s: a block of (%u,%u,%u) threads; at most %u in all", name, bx, by, bz, f->most_threads);
        return INVALID_VALUE;
    }
    if (shared > f->most_shared) {
        say("kernel %s: %u bytes of shared memory; at most %u", name, shared, f->most_shared);
        return INVALID_VALUE;
    }
    if (extra) {
        say("kernel %s: arguments in a buffer are not emulated", name);
        return NOT_SUPPORTED;
    }
    Arguments copied;
    if (!copy(f->kernel, arguments, copied)) return INVALID_VALUE;
    return emu_enqueue(stream, [=, copied = std::move(copied)] {
        return launch(*f, {gx, gy, gz}, {bx, by, bz}, shared, copied);
    });
}
