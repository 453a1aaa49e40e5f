#include "trap.h"

#include <unistd.h>

#include <cstdio>

#include "block.h"
#include "fiber.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace emu {

namespace {
const int SIGNALS[4] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
const char *volatile kernel_name = "?";

void tell(const char *what, const void *address) {
    char line[512];
    Triple b = block_index, t = thread_index;
    int n = snprintf(line, sizeof line,
                     "emu: %s: kernel %s, block (%u,%u,%u), thread (%u,%u,%u), address %p\n", what,
                     kernel_name, b.x, b.y, b.z, t.x, t.y, t.z, address);
    if (write(2, line, n) < 0) {
        return;
    }
}

#if defined(__SANITIZE_ADDRESS__)
void report(const char *) { tell("the error above is in", nullptr); }
#else
void handler(int number, siginfo_t *info, void *) {
    const char *what = number == SIGFPE  ? "integer division by zero"
                       : number == SIGILL ? "undefined behaviour"
                       : in_guard(info->si_addr) ? "a thread's stack overflowed"
                                                 : "access to memory that is not there";
    tell(what, info->si_addr);
    // The instruction runs again, and this time ends the process.
    signal(number, SIG_DFL);
}
#endif
}  // namespace

Trap::Trap(const char *kernel) {
    kernel_name = kernel;
#if defined(__SANITIZE_ADDRESS__)
    __asan_set_error_report_callback(report);
#else
    struct sigaction action = {};
    action.sa_sigaction = handler;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    for (int i = 0; i < 4; i++) {
        sigaction(SIGNALS[i], &action, &before_[i]);
    }
#endif
}

Trap::~Trap() {
#if defined(__SANITIZE_ADDRESS__)
    __asan_set_error_report_callback(nullptr);
#else
    for (int i = 0; i < 4; i++) {
        sigaction(SIGNALS[i], &before_[i], nullptr);
    }
#endif
}

}  // namespace emu
