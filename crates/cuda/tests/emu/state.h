// What the fake driver knows: devices, streams, the work given to them, and graphs.
//
// Work is kept in the order it was given and done when somebody waits for it, not before: a program
// that forgets to wait reads what was there before, as it may on a GPU.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#define API extern "C" __attribute__((visibility("default")))

namespace fake {

// The driver's error numbers that are used here.
enum Result : int {
    SUCCESS = 0,
    INVALID_VALUE = 1,
    OUT_OF_MEMORY = 2,
    NOT_INITIALIZED = 3,
    INVALID_DEVICE = 101,
    INVALID_IMAGE = 200,
    INVALID_CONTEXT = 201,
    INVALID_PTX = 218,
    INVALID_HANDLE = 400,
    NOT_FOUND = 500,
    NOT_READY = 600,
    OUT_OF_RESOURCES = 701,
    LAUNCH_FAILED = 719,
    NOT_SUPPORTED = 801,
    CAPTURE_UNSUPPORTED = 900,
    CAPTURE_INVALIDATED = 901,
    CAPTURE_UNMATCHED = 903,
    CAPTURE_IMPLICIT = 906,
};

using Address = uint64_t;
using Work = std::function<Result()>;

struct Graph {
    std::vector<Work> work;
};

struct Device {
    int ordinal = 0;
    size_t total = 0, used = 0;
    std::map<Address, size_t> allocations;
    std::deque<Work> pending;
    // An error in work: every later call answers with it.
    Result sticky = SUCCESS;
};

// Into which a stream records instead of working.
struct Capture {
    Graph graph;
    int mode = 0;
    std::thread::id thread;
    bool broken = false;
};

struct Stream {
    Device *device = nullptr;
    Capture *capture = nullptr;
};

struct Event {
    bool timed = true, recorded = false;
    double seconds = 0;
    Capture *capture = nullptr;
};

// One lock around everything: kernels run one at a time.
std::recursive_mutex &lock();

std::vector<Device> &devices();
// The calling thread's, null where none was chosen.
Device *current();
Stream *stream_of(Device &device, void *handle);

// A line on standard error, beginning with `emu: `.
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
// The value of an environment variable, or null where it is unset or empty.
const char *setting(const char *name);

// Gives work to a stream, or to the graph that it records.
API int emu_enqueue(void *stream, Work work);
// Does what was given to a device.
Result finish(Device &device);
// Refuses what a capture of this thread forbids, and breaks that capture.
Result forbidden_in_capture(const char *what);
// Whether bytes lie within one allocation.
bool holds(const Device &device, Address at, size_t bytes);

// Begins a call that needs a device.
#define ENTER                                                                                      \
    std::lock_guard<std::recursive_mutex> hold(fake::lock());                                      \
    fake::Device *device = fake::current();                                                        \
    if (!device) return fake::INVALID_CONTEXT;                                                     \
    if (device->sticky) return device->sticky

}  // namespace fake
