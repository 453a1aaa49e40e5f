// Runs the threads of one block on fibers, one after another, in an order that can be chosen.
//
// A thread runs until it waits for others: at a barrier, or in an operation of its warp. Which
// thread runs next is what the orders differ in; a program that is right is right in all of them.
#pragma once
#include <cstdint>
#include <string>

namespace emu {

struct Triple {
    unsigned x, y, z;
};

// Where in the source a thread waits.
struct Site {
    const char *file;
    int line;
};

// What the threads of a warp do together.
enum class Together { Sync, Shuffle, Ballot };

// Called by a running thread through shim.h.
void block_barrier(Site site);
uint64_t together(Together what, unsigned mask, uint64_t value, int source, Site site);
int lane();

// What a thread sees of itself.
extern Triple thread_index, block_index, block_size, grid_size;
// The block's dynamic shared memory.
extern char *dynamic_shared;

struct Launch {
    const char *kernel;
    Triple grid, block;
    unsigned shared_bytes;
    // Runs one thread.
    void (*call)(void **arguments);
    void **arguments;
    // The source file's static shared memory, null where it has none.
    char *shared_start, *shared_end;
};

// Runs all blocks. False, with a message, when threads wait for others that never come.
bool run(const Launch &launch, const char *order, std::string &message);

}  // namespace emu
