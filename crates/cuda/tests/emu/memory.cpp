// Device memory: exactly as many bytes as asked for, filled with ones, which are NaN or an index
// far away; what runs beyond them is AddressSanitizer's to see.
#include <cstdlib>
#include <cstring>

#include "state.h"

namespace fake {

bool holds(const Device &device, Address at, size_t bytes) {
    auto after = device.allocations.upper_bound(at);
    if (after == device.allocations.begin()) return bytes == 0;
    const auto &[start, size] = *std::prev(after);
    return bytes == 0 || (at - start <= size && bytes <= size - (at - start));
}

namespace {

Result allocate(Device &device, Address *out, size_t bytes) {
    if (bytes == 0) return INVALID_VALUE;
    if (bytes > device.total - device.used) return OUT_OF_MEMORY;
    void *at = nullptr;
    // 256 as on a GPU: wide loads may count on it.
    if (posix_memalign(&at, 256, bytes) != 0) return OUT_OF_MEMORY;
    memset(at, 0xFF, bytes);
    device.used += bytes;
    device.allocations[(Address)at] = bytes;
    *out = (Address)at;
    return SUCCESS;
}

Result release(Device &device, Address at) {
    auto found = device.allocations.find(at);
    if (found == device.allocations.end()) {
        say("freed %#llx, which is no allocation's start", (unsigned long long)at);
        return INVALID_VALUE;
    }
    device.used -= found->second;
    device.allocations.erase(found);
    free((void *)at);
    return SUCCESS;
}

// The device's side of a copy; which device's, the address says.
bool known(const char *what, Address at, size_t bytes) {
    for (const Device &device : devices()) {
        if (holds(device, at, bytes)) return true;
    }
    say("%s: %zu bytes at %#llx lie in no allocation", what, bytes, (unsigned long long)at);
    return false;
}

struct Pinned {
    std::mutex lock;
    std::map<Address, size_t> ranges;
};
Pinned &pinned() {
    static Pinned all;
    return all;
}
bool is_pinned(const void *at, size_t bytes) {
    Pinned &p = pinned();
    std::lock_guard<std::mutex> hold(p.lock);
    auto after = p.ranges.upper_bound((Address)at);
    if (after == p.ranges.begin()) return false;
    const auto &[start, size] = *std::prev(after);
    return (Address)at + bytes <= start + size;
}

}  // namespace
}  // namespace fake

using namespace fake;

API int cuMemAlloc_v2(Address *out, size_t bytes) {
    ENTER;
    if (Result refused = forbidden_in_capture("allocating memory")) return refused;
    return allocate(*device, out, bytes);
}
API int cuMemFree_v2(Address at) {
    ENTER;
    if (Result refused = forbidden_in_capture("freeing memory")) return refused;
    // It waits for work that may still use the memory.
    if (Result failed = finish(*device)) return failed;
    return release(*device, at);
}
API int cuMemAllocAsync(Address *out, size_t bytes, void *stream) {
    ENTER;
    Stream *s = stream_of(*device, stream);
    if (s && s->capture) {
        say("allocating in a capture is not emulated");
        return NOT_SUPPORTED;
    }
    return allocate(*device, out, bytes);
}
API int cuMemFreeAsync(Address at, void *stream) {
    ENTER;
    Stream *s = stream_of(*device, stream);
    if (s && s->capture) {
        say("freeing in a capture is not emulated");
        return NOT_SUPPORTED;
    }
    return emu_enqueue(stream, [=] { return release(*device, at); });
}
API int cuMemGetInfo_v2(size_t *available, size_t *total) {
    ENTER;
    *available = device->total - device->used;
    *total = device->total;
    return SUCCESS;
}

API int cuMemHostAlloc(void **out, size_t bytes, unsigned) {
    if (posix_memalign(out, 4096, bytes ? bytes : 1) != 0) return OUT_OF_MEMORY;
    memset(*out, 0xFF, bytes);
    std::lock_guard<std::mutex> hold(pinned().lock);
    pinned().ranges[(Address)*out] = bytes;
    return SUCCESS;
}
API int cuMemFreeHost(void *at) {
    std::lock_guard<std::mutex> hold(pinned().lock);
    if (!pinned().ranges.erase((Address)at)) return INVALID_VALUE;
    free(at);
    return SUCCESS;
}

// Pageable memory has been read when the call returns; pinned memory is read when the copy is done,
// and may not be touched until then.
API int cuMemcpyHtoDAsync_v2(Address to, const void *from, size_t bytes, void *stream) {
    ENTER;
    if (!known("copy to the device", to, bytes)) return INVALID_VALUE;
    Stream *s = stream_of(*device, stream);
    if ((s && s->capture) || is_pinned(from, bytes)) {
        return emu_enqueue(stream, [=] {
            memcpy((void *)to, from, bytes);
            return SUCCESS;
        });
    }
    auto staged = std::vector<char>((const char *)from, (const char *)from + bytes);
    return emu_enqueue(stream, [=, staged = std::move(staged)] {
        memcpy((void *)to, staged.data(), bytes);
        return SUCCESS;
    });
}
API int cuMemcpyDtoHAsync_v2(void *to, Address from, size_t bytes, void *stream) {
    ENTER;
    if (!known("copy from the device", from, bytes)) return INVALID_VALUE;
    return emu_enqueue(stream, [=] {
        memcpy(to, (void *)from, bytes);
        return SUCCESS;
    });
}
API int cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void *stream) {
    ENTER;
    if (!known("copy on the device", from, bytes) || !known("copy on the device", to, bytes)) {
        return INVALID_VALUE;
    }
    return emu_enqueue(stream, [=] {
        memcpy((void *)to, (void *)from, bytes);
        return SUCCESS;
    });
}
API int cuMemcpyHtoD_v2(Address to, const void *from, size_t bytes) {
    int failed = cuMemcpyHtoDAsync_v2(to, from, bytes, nullptr);
    ENTER;
    return failed ? failed : finish(*device);
}
API int cuMemcpyDtoH_v2(void *to, Address from, size_t bytes) {
    int failed = cuMemcpyDtoHAsync_v2(to, from, bytes, nullptr);
    ENTER;
    return failed ? failed : finish(*device);
}
API int cuMemcpyDtoD_v2(Address to, Address from, size_t bytes) {
    return cuMemcpyDtoDAsync_v2(to, from, bytes, nullptr);
}
// Between devices: the destination's stream does it, when the source's work is done.
API int cuMemcpyPeerAsync(Address to, void *, Address from, void *context, size_t bytes, void *s) {
    ENTER;
    if (Result failed = finish(*(Device *)context)) return failed;
    return cuMemcpyDtoDAsync_v2(to, from, bytes, s);
}

namespace {
template <class T> int fill(Address to, T value, size_t count, void *stream) {
    ENTER;
    if (!known("fill", to, count * sizeof(T))) return INVALID_VALUE;
    return emu_enqueue(stream, [=] {
        for (size_t i = 0; i < count; i++) ((T *)to)[i] = value;
        return SUCCESS;
    });
}
}  // namespace

API int cuMemsetD8Async(Address to, unsigned char value, size_t count, void *stream) {
    return fill(to, value, count, stream);
}
API int cuMemsetD16Async(Address to, unsigned short value, size_t count, void *stream) {
    return fill(to, value, count, stream);
}
API int cuMemsetD32Async(Address to, unsigned value, size_t count, void *stream) {
    return fill(to, value, count, stream);
}
API int cuMemsetD8_v2(Address to, unsigned char value, size_t count) {
    return fill(to, value, count, nullptr);
}

API int cuDeviceGetDefaultMemPool(void **pool, int ordinal) {
    *pool = (void *)(intptr_t)(ordinal + 1);
    return SUCCESS;
}
API int cuMemPoolSetAttribute(void *, int which, void *) {
    return which >= 1 && which <= 8 ? SUCCESS : INVALID_VALUE;
}
API int cuMemPoolTrimTo(void *, size_t) { return SUCCESS; }
