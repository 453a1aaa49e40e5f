// A stack that a CUDA thread runs on while others wait: switching between them is a function call.
#pragma once
#include <cstddef>

namespace emu {

struct Fiber {
    void *saved = nullptr;  // the stack pointer while it does not run
    char *stack = nullptr;  // lowest usable byte; below lies a page that nobody may touch
    void *fake = nullptr;   // AddressSanitizer's, while it does not run
};

// As large as a kernel's locals need; the sanitizers make frames several times larger.
#if defined(__SANITIZE_ADDRESS__)
constexpr size_t STACK = 512 << 10;
#else
constexpr size_t STACK = 64 << 10;
#endif
constexpr size_t GUARD = 4 << 10;

// Makes a fiber start `entry` when first switched to; `entry` never returns.
void prepare(Fiber &fiber, void (*entry)());
void switch_to(Fiber &to);  // from the thread's own stack
void switch_back(Fiber &from);
// The first thing `entry` calls.
void arrived();
// Whether an address lies in a guard page: then a stack has overflowed.
bool in_guard(const void *address);

}  // namespace emu
