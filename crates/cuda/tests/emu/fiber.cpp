#include "fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif

#if !defined(__x86_64__) || !defined(__linux__)
#error "the emulated device switches stacks in the assembly of x86-64 Linux"
#endif

// Saves what the calling convention wants kept, changes stacks, and returns on the other one.
extern "C" void emu_switch(void **save, void *to) __attribute__((visibility("hidden")));
asm(R"(
.text
.hidden emu_switch
.globl emu_switch
.type emu_switch,@function
emu_switch:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
.size emu_switch, .-emu_switch
)");

namespace emu {

namespace {
void *home_saved;
std::vector<char *> guards;
#if defined(__SANITIZE_ADDRESS__)
void *home_fake;
const void *home_stack;
size_t home_size;
#endif

char *new_stack() {
    void *at = mmap(nullptr, GUARD + STACK, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (at == MAP_FAILED || mprotect(at, GUARD, PROT_NONE) != 0) {
        perror("emu: no memory for a stack");
        abort();
    }
    guards.push_back((char *)at);
    return (char *)at + GUARD;
}
}  // namespace

void prepare(Fiber &fiber, void (*entry)()) {
    if (!fiber.stack) {
        fiber.stack = new_stack();
    }
    // The address that the switch returns to stands 16-byte aligned, as a call would leave it.
    void **top = (void **)(fiber.stack + STACK - 64);
    top[0] = (void *)entry;
    top[1] = nullptr;
    memset(top - 6, 0, 6 * sizeof(void *));
    fiber.saved = top - 6;
    fiber.fake = nullptr;
}

void switch_to(Fiber &to) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&home_fake, to.stack, STACK);
    emu_switch(&home_saved, to.saved);
    __sanitizer_finish_switch_fiber(home_fake, nullptr, nullptr);
#else
    emu_switch(&home_saved, to.saved);
#endif
}

void arrived() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(nullptr, &home_stack, &home_size);
#endif
}

void switch_back(Fiber &from) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&from.fake, home_stack, home_size);
    emu_switch(&from.saved, home_saved);
    __sanitizer_finish_switch_fiber(from.fake, &home_stack, &home_size);
#else
    emu_switch(&from.saved, home_saved);
#endif
}

bool in_guard(const void *address) {
    for (char *guard : guards) {
        if ((char *)address >= guard && (char *)address < guard + GUARD) {
            return true;
        }
    }
    return false;
}

}  // namespace emu
