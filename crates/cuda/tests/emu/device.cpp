// Devices and contexts of the fake driver.
//
// ONDOL_EMU_DEVICES  how many there are, 1 where it is not set
// ONDOL_EMU_MEMORY   bytes each of them has, 4 GiB where it is not set
#include <unistd.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "state.h"

namespace fake {

namespace {
thread_local Device *chosen = nullptr;
bool started = false;
}  // namespace

std::recursive_mutex &lock() {
    static std::recursive_mutex one;
    return one;
}

const char *setting(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : nullptr;
}

std::vector<Device> &devices() {
    static std::vector<Device> all = [] {
        const char *count = setting("ONDOL_EMU_DEVICES"), *memory = setting("ONDOL_EMU_MEMORY");
        std::vector<Device> made(count ? strtoul(count, nullptr, 10) : 1);
        for (size_t i = 0; i < made.size(); i++) {
            made[i].ordinal = (int)i;
            made[i].total = memory ? strtoull(memory, nullptr, 10) : 4ull << 30;
        }
        return made;
    }();
    return all;
}

Device *current() { return chosen; }

void say(const char *format, ...) {
    char line[2048] = "emu: ";
    va_list values;
    va_start(values, format);
    int n = vsnprintf(line + 5, sizeof line - 6, format, values);
    va_end(values);
    size_t length = 5 + (n < (int)sizeof line - 7 ? n : (int)sizeof line - 7);
    line[length++] = '\n';
    if (write(2, line, length) < 0) {
        return;
    }
}

}  // namespace fake

using namespace fake;

namespace {
Device *at(int ordinal) {
    return ordinal >= 0 && (size_t)ordinal < devices().size() ? &devices()[ordinal] : nullptr;
}

// The attributes that programs ask for, by the driver's numbers; of an sm_80.
int attribute(int which) {
    switch (which) {
    case 1: return 1024;               // threads of a block
    case 2: case 3: return 1024;       // its width and height
    case 4: return 64;                 // its depth
    case 5: return 2147483647;         // blocks of a grid, across
    case 6: case 7: return 65535;
    case 8: return 48 << 10;           // shared memory of a block
    case 10: return 32;                // a warp
    case 12: return 65536;             // registers of a block
    case 16: return 4;                 // multiprocessors
    case 38: return 4 << 20;           // second-level cache
    case 39: return 2048;              // threads of a multiprocessor
    case 41: return 1;                 // one address space with the host
    case 75: return 8;                 // compute capability
    case 76: return 0;
    case 81: return 164 << 10;         // shared memory of a multiprocessor
    case 97: return 163 << 10;         // of a block that asks for more
    case 115: return 1;                // memory pools
    default: return 0;
    }
}

struct Name {
    int error;
    const char *name, *text;
};
const Name NAMES[] = {
    {SUCCESS, "CUDA_SUCCESS", "no error"},
    {INVALID_VALUE, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {OUT_OF_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {NOT_INITIALIZED, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {INVALID_DEVICE, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {INVALID_IMAGE, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {INVALID_CONTEXT, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {INVALID_PTX, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {INVALID_HANDLE, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {NOT_FOUND, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {NOT_READY, "CUDA_ERROR_NOT_READY", "device not ready"},
    {OUT_OF_RESOURCES, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {LAUNCH_FAILED, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {NOT_SUPPORTED, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
    {CAPTURE_UNSUPPORTED, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED", "operation not permitted when stream is capturing"},
    {CAPTURE_INVALIDATED, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED", "operation failed due to a previous error during capture"},
    {CAPTURE_UNMATCHED, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED", "capture was not initiated in this stream"},
    {CAPTURE_IMPLICIT, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT", "operation would make the legacy stream depend on a capturing blocking stream"},
};
const Name *name_of(int error) {
    for (const Name &n : NAMES) {
        if (n.error == error) return &n;
    }
    return nullptr;
}
}  // namespace

API int cuInit(unsigned) {
    started = true;
    return SUCCESS;
}
API int cuDriverGetVersion(int *version) {
    *version = 13000;
    return SUCCESS;
}
API int cuDeviceGetCount(int *count) {
    if (!started) return NOT_INITIALIZED;
    *count = (int)devices().size();
    return SUCCESS;
}
API int cuDeviceGet(int *out, int ordinal) {
    if (!started) return NOT_INITIALIZED;
    *out = ordinal;
    return at(ordinal) ? SUCCESS : INVALID_DEVICE;
}
API int cuDeviceGetName(char *out, int length, int ordinal) {
    if (!at(ordinal)) return INVALID_DEVICE;
    snprintf(out, length, "emulated device %d", ordinal);
    return SUCCESS;
}
API int cuDeviceGetAttribute(int *value, int which, int ordinal) {
    *value = attribute(which);
    return at(ordinal) ? SUCCESS : INVALID_DEVICE;
}
API int cuDeviceTotalMem_v2(size_t *bytes, int ordinal) {
    if (!at(ordinal)) return INVALID_DEVICE;
    *bytes = at(ordinal)->total;
    return SUCCESS;
}
API int cuDeviceGetUuid_v2(char *out, int ordinal) {
    if (!at(ordinal)) return INVALID_DEVICE;
    memset(out, 0, 16);
    out[15] = (char)(ordinal + 1);
    return SUCCESS;
}
// A context is its device: there is the primary one alone.
API int cuDevicePrimaryCtxRetain(void **context, int ordinal) {
    *context = at(ordinal);
    return *context ? SUCCESS : INVALID_DEVICE;
}
API int cuDevicePrimaryCtxRelease_v2(int ordinal) { return at(ordinal) ? SUCCESS : INVALID_DEVICE; }
API int cuCtxGetCurrent(void **context) {
    *context = chosen;
    return SUCCESS;
}
API int cuCtxSetCurrent(void *context) {
    chosen = (Device *)context;
    return SUCCESS;
}
API int cuCtxGetDevice(int *ordinal) {
    ENTER;
    *ordinal = device->ordinal;
    return SUCCESS;
}
API int cuCtxSynchronize() {
    ENTER;
    if (Result refused = forbidden_in_capture("waiting for the device")) return refused;
    return finish(*device);
}
API int cuGetErrorName(int error, const char **text) {
    const Name *name = name_of(error);
    *text = name ? name->name : nullptr;
    return name ? SUCCESS : INVALID_VALUE;
}
API int cuGetErrorString(int error, const char **text) {
    const Name *name = name_of(error);
    *text = name ? name->text : nullptr;
    return name ? SUCCESS : INVALID_VALUE;
}
