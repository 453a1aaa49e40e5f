// Streams, events, and graphs: work that is recorded and done again.
//
// ONDOL_EMU_EAGER  set, work is done as soon as it is given; then a missing wait stays unseen
#include <chrono>

#include "state.h"

namespace fake {

namespace {
// The captures of all threads, so that calls can be checked against them.
std::vector<Capture *> &captures() {
    static std::vector<Capture *> all;
    return all;
}

double now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace

Stream *stream_of(Device &device, void *handle) {
    // 0, 1 and 2 are the default streams.
    static std::map<Device *, Stream> defaults;
    if ((uintptr_t)handle > 2) return (Stream *)handle;
    Stream &made = defaults[&device];
    made.device = &device;
    return &made;
}

Result finish(Device &device) {
    // Work may not give work; what fails leaves the rest undone.
    while (!device.pending.empty() && !device.sticky) {
        Work work = std::move(device.pending.front());
        device.pending.pop_front();
        device.sticky = work();
    }
    if (device.sticky) device.pending.clear();
    return device.sticky;
}

API int emu_enqueue(void *handle, Work work) {
    ENTER;
    Stream *stream = stream_of(*device, handle);
    if (stream->device != device) {
        say("work for a stream of cuda:%d while cuda:%d is current", stream->device->ordinal,
            device->ordinal);
        return INVALID_HANDLE;
    }
    if (stream->capture) {
        if (stream->capture->broken) return CAPTURE_INVALIDATED;
        stream->capture->graph.work.push_back(std::move(work));
        return SUCCESS;
    }
    if ((uintptr_t)handle <= 2 && !captures().empty()) {
        for (Capture *capture : captures()) capture->broken = true;
        say("work for the default stream while another one is captured");
        return CAPTURE_IMPLICIT;
    }
    device->pending.push_back(std::move(work));
    static const bool eager = setting("ONDOL_EMU_EAGER");
    return eager ? finish(*device) : SUCCESS;
}

Result forbidden_in_capture(const char *what) {
    // In the mode "global" the captures of all threads count, in "thread local" the thread's own,
    // in "relaxed" none.
    for (Capture *capture : captures()) {
        if (capture->mode == 2) continue;
        if (capture->mode == 0 || capture->thread == std::this_thread::get_id()) {
            capture->broken = true;
            say("%s is not permitted in a capture", what);
            return CAPTURE_UNSUPPORTED;
        }
    }
    return SUCCESS;
}

}  // namespace fake

using namespace fake;

API int cuStreamCreate(void **out, unsigned) {
    ENTER;
    *out = new Stream{device, nullptr};
    return SUCCESS;
}
API int cuStreamCreateWithPriority(void **out, unsigned flags, int) {
    return cuStreamCreate(out, flags);
}
API int cuStreamDestroy_v2(void *handle) {
    ENTER;
    if ((uintptr_t)handle <= 2) return INVALID_HANDLE;
    Result failed = finish(*device);
    delete (Stream *)handle;
    return failed;
}
API int cuStreamSynchronize(void *handle) {
    ENTER;
    Stream *stream = stream_of(*device, handle);
    if (stream->capture) {
        stream->capture->broken = true;
        say("waiting for a stream that is captured");
        return CAPTURE_UNSUPPORTED;
    }
    return finish(*stream->device);
}
API int cuStreamQuery(void *handle) { return cuStreamSynchronize(handle); }
// Work is done in the order it was given, so that waiting for an event orders nothing more. In a
// capture it makes the waiting stream part of it.
API int cuStreamWaitEvent(void *handle, void *event, unsigned) {
    ENTER;
    Stream *stream = stream_of(*device, handle);
    if (((Event *)event)->capture) stream->capture = ((Event *)event)->capture;
    return SUCCESS;
}

API int cuEventCreate(void **out, unsigned flags) {
    ENTER;
    auto *event = new Event;
    event->timed = !(flags & 2);
    *out = event;
    return SUCCESS;
}
API int cuEventDestroy_v2(void *event) {
    ENTER;
    Result failed = finish(*device);
    delete (Event *)event;
    return failed;
}
API int cuEventRecord(void *handle, void *stream_handle) {
    ENTER;
    auto *event = (Event *)handle;
    Stream *stream = stream_of(*device, stream_handle);
    event->capture = stream->capture;
    event->recorded = true;
    return emu_enqueue(stream_handle, [=] {
        event->seconds = now();
        return SUCCESS;
    });
}
API int cuEventSynchronize(void *) {
    ENTER;
    return finish(*device);
}
API int cuEventQuery(void *) {
    ENTER;
    return finish(*device);
}
API int cuEventElapsedTime_v2(float *milliseconds, void *from, void *to) {
    ENTER;
    auto *a = (Event *)from, *b = (Event *)to;
    if (!a->timed || !b->timed || !a->recorded || !b->recorded) return INVALID_HANDLE;
    if (!a->seconds || !b->seconds) return NOT_READY;
    *milliseconds = (float)((b->seconds - a->seconds) * 1e3);
    return SUCCESS;
}
API int cuEventElapsedTime(float *milliseconds, void *from, void *to) {
    return cuEventElapsedTime_v2(milliseconds, from, to);
}

API int cuStreamBeginCapture_v2(void *handle, int mode) {
    ENTER;
    if ((uintptr_t)handle <= 2) return CAPTURE_UNSUPPORTED;
    auto *stream = (Stream *)handle;
    if (stream->capture) return INVALID_VALUE;
    stream->capture = new Capture;
    stream->capture->mode = mode;
    stream->capture->thread = std::this_thread::get_id();
    captures().push_back(stream->capture);
    return SUCCESS;
}
API int cuStreamEndCapture(void *handle, void **out) {
    ENTER;
    *out = nullptr;
    auto *stream = (Stream *)handle;
    if ((uintptr_t)handle <= 2 || !stream->capture) return CAPTURE_UNMATCHED;
    Capture *capture = stream->capture;
    stream->capture = nullptr;
    auto &all = captures();
    for (size_t i = 0; i < all.size(); i++) {
        if (all[i] == capture) all.erase(all.begin() + i--);
    }
    bool broken = capture->broken;
    if (!broken) *out = new Graph(std::move(capture->graph));
    delete capture;
    return broken ? CAPTURE_INVALIDATED : SUCCESS;
}
API int cuStreamIsCapturing(void *handle, int *status) {
    ENTER;
    Capture *capture = stream_of(*device, handle)->capture;
    *status = !capture ? 0 : capture->broken ? 2 : 1;
    return SUCCESS;
}
API int cuThreadExchangeStreamCaptureMode(int *mode) {
    thread_local int own = 0;
    std::swap(*mode, own);
    return SUCCESS;
}
API int cuGraphInstantiateWithFlags(void **out, void *graph, unsigned long long) {
    *out = new Graph(*(Graph *)graph);
    return SUCCESS;
}
API int cuGraphUpload(void *, void *) { return SUCCESS; }
API int cuGraphLaunch(void *graph, void *stream) {
    // By value: the graph may be destroyed before its work is done.
    auto work = ((Graph *)graph)->work;
    return emu_enqueue(stream, [work = std::move(work)] {
        for (const Work &one : work) {
            if (Result failed = one()) return failed;
        }
        return SUCCESS;
    });
}
API int cuGraphGetNodes(void *graph, void **nodes, size_t *count) {
    if (!nodes) *count = ((Graph *)graph)->work.size();
    return nodes ? NOT_SUPPORTED : SUCCESS;
}
API int cuGraphExecDestroy(void *graph) {
    delete (Graph *)graph;
    return SUCCESS;
}
API int cuGraphDestroy(void *graph) {
    delete (Graph *)graph;
    return SUCCESS;
}
