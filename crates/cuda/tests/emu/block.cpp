#include "block.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "fiber.h"
#include "trap.h"

namespace emu {

Triple thread_index, block_index, block_size, grid_size;
char *dynamic_shared;

namespace {

enum class State : uint8_t { Fresh, Ready, AtBarrier, InWarp, Done };

struct Thread {
    State state;
    Fiber *fiber;
    Site site;
    // What it does with its warp.
    Together what;
    unsigned mask;
    uint64_t value, result;
    int source;
};

enum class Order { Forward, Reverse, Random, Greedy };

const Launch *launch;
Order order;
bool backwards;
std::mt19937_64 dice;
std::vector<Thread> threads;
std::vector<int> turns;    // thread numbers in the order of their turns
std::vector<int> in_warp;  // how many threads of each warp wait for others of it
int count, live, at_barrier, cursor, greedy_warp, current;
int picked;  // by a fiber that ended, for the loop of `run_block`
std::vector<std::unique_ptr<Fiber>> fibers;
std::vector<Fiber *> idle;
std::string failure;

bool can_run(int t) { return threads[t].state == State::Fresh || threads[t].state == State::Ready; }

Triple index_of(int t) {
    unsigned i = t, w = block_size.x, h = block_size.y;
    if (i < w) {
        return {i, 0, 0};
    }
    return {i % w, i / w % h, i / (w * h)};
}

std::string text(Triple t) {
    return "(" + std::to_string(t.x) + "," + std::to_string(t.y) + "," + std::to_string(t.z) + ")";
}

std::string text(Site site) {
    const char *slash = strrchr(site.file, '/');
    return std::string(slash ? slash + 1 : site.file) + ":" + std::to_string(site.line);
}

std::string at(int t) {
    return "kernel " + std::string(launch->kernel) + ", block " + text(block_index) + ", thread " +
           text(index_of(t));
}

// Whose turn it is; -1 when everyone waits.
int pick() {
    if (order == Order::Greedy) {
        // A warp goes on as far as it can before another gets a turn: so far ahead that it
        // overwrites what others have not read yet, if nothing keeps it from doing so.
        int first = greedy_warp * 32, last = std::min(first + 32, count) - 1;
        for (int k = 0; k <= last - first; k++) {
            int t = backwards ? last - k : first + k;
            if (can_run(t)) {
                return t;
            }
        }
        for (int t : turns) {
            if (can_run(t)) {
                greedy_warp = t / 32;
                return t;
            }
        }
        return -1;
    }
    if (order == Order::Random) {
        cursor = (int)(dice() % (uint64_t)count);
    }
    for (int k = 0; k < count; k++) {
        int place = cursor + k < count ? cursor + k : cursor + k - count;
        int t = turns[place];
        if (can_run(t)) {
            cursor = place + 1 < count ? place + 1 : 0;
            return t;
        }
    }
    return -1;
}

void wait() { switch_back(*threads[current].fiber); }

[[noreturn]] void fail(std::string what) {
    failure = std::move(what);
    for (;;) {
        wait();
    }
}

// Lets the threads of a warp go on that have all arrived at the same operation. Threads that have
// left the kernel are not waited for, as on the GPU.
void release(int warp) {
    int first = warp * 32, last = std::min(first + 32, count);
    for (int t = first; t < last && in_warp[warp] > 0; t++) {
        if (threads[t].state != State::InWarp) {
            continue;
        }
        Thread &one = threads[t];
        bool complete = true;
        unsigned votes = 0;
        for (int l = 0; l < 32 && complete; l++) {
            int other = first + l;
            if (!(one.mask >> l & 1) || other >= last || threads[other].state == State::Done) {
                continue;
            }
            Thread &o = threads[other];
            complete = o.state == State::InWarp && o.mask == one.mask && o.what == one.what;
            votes |= o.value ? 1u << l : 0;
        }
        if (!complete) {
            continue;
        }
        unsigned mask = one.mask;
        for (int l = 0; l < 32; l++) {
            int other = first + l;
            if (!(mask >> l & 1) || other >= last || threads[other].state != State::InWarp) {
                continue;
            }
            Thread &o = threads[other];
            if (o.what == Together::Ballot) {
                o.result = votes;
            } else if (o.what == Together::Shuffle) {
                int from = first + o.source;
                if (!(mask >> o.source & 1)) {
                    char bits[16];
                    snprintf(bits, sizeof bits, "%08x", mask);
                    failure = "bad shuffle: " + at(other) + " reads lane " +
                              std::to_string(o.source) + " at " + text(o.site) +
                              ", which its mask " + bits + " leaves out";
                    return;
                }
                // A lane that does not exist or has left has no value: all ones, which is NaN.
                bool there = from < last && threads[from].state != State::Done;
                o.result = there ? threads[from].value : ~0ull;
            }
        }
        for (int l = 0; l < 32; l++) {
            int other = first + l;
            if (mask >> l & 1 && other < last && threads[other].state == State::InWarp) {
                threads[other].state = State::Ready;
                in_warp[warp]--;
            }
        }
    }
}

// What keeps everyone waiting.
std::string diagnosis() {
    int waiting = -1, warp = -1, away = -1;
    for (int t = 0; t < count; t++) {
        State s = threads[t].state;
        if (s == State::AtBarrier && waiting < 0) waiting = t;
        if (s == State::InWarp && warp < 0) warp = t;
        if (s != State::AtBarrier && away < 0) away = t;
    }
    if (warp >= 0) {
        const Thread &w = threads[warp];
        const char *what = w.what == Together::Sync ? "__syncwarp" : w.what == Together::Shuffle ? "shuffle" : "vote";
        std::string absent;
        for (int l = 0; l < 32; l++) {
            int o = warp / 32 * 32 + l;
            if (!(w.mask >> l & 1) || o >= count || threads[o].state == State::Done) continue;
            const Thread &t = threads[o];
            if (t.state != State::InWarp || t.mask != w.mask || t.what != w.what) {
                absent += (absent.empty() ? "" : " ") + std::to_string(l);
            }
        }
        char bits[16];
        snprintf(bits, sizeof bits, "%08x", w.mask);
        return std::string("divergent ") + what + ": " + at(warp) + " waits at " + text(w.site) +
               " with mask " + bits + " for lanes that never come: " + absent;
    }
    const Thread &w = threads[waiting];
    std::string other = threads[away].state == State::Done ? " has left the kernel" : " is elsewhere";
    return "divergent barrier: " + at(waiting) + " waits at " + text(w.site) + " with " +
           std::to_string(at_barrier) + " of " + std::to_string(count) + " threads; thread " +
           text(index_of(away)) + other;
}

// Runs threads on this fiber as long as those whose turn it is have not begun: a kernel without
// barriers needs no switch at all.
void fiber_main() {
    arrived();
    for (;;) {
        launch->call(launch->arguments);
        threads[current].state = State::Done;
        live--;
        release(current / 32);
        int next = failure.empty() ? pick() : -1;
        Fiber *own = threads[current].fiber;
        if (next >= 0 && threads[next].state == State::Fresh) {
            current = next;
            threads[next].state = State::Ready;
            threads[next].fiber = own;
            thread_index = index_of(next);
            continue;
        }
        picked = next;
        idle.push_back(own);
        switch_back(*own);
    }
}

bool run_block(std::string &message) {
    live = count;
    at_barrier = cursor = 0;
    greedy_warp = backwards ? (count - 1) / 32 : 0;
    picked = -1;
    in_warp.assign((count + 31) / 32, 0);
    for (Thread &t : threads) {
        t.state = State::Fresh;
    }
    while (live > 0) {
        int t = picked >= 0 ? picked : pick();
        picked = -1;
        if (t < 0) {
            failure = diagnosis();
        } else {
            Thread &thread = threads[t];
            if (thread.state == State::Fresh) {
                if (idle.empty()) {
                    fibers.push_back(std::make_unique<Fiber>());
                    prepare(*fibers.back(), fiber_main);
                    idle.push_back(fibers.back().get());
                }
                thread.fiber = idle.back();
                idle.pop_back();
                thread.state = State::Ready;
            }
            current = t;
            thread_index = index_of(t);
            switch_to(*thread.fiber);
        }
        if (!failure.empty()) {
            message.swap(failure);
            failure.clear();
            // What was in the middle of something begins anew.
            idle.clear();
            for (auto &fiber : fibers) {
                prepare(*fiber, fiber_main);
                idle.push_back(fiber.get());
            }
            return false;
        }
    }
    return true;
}

// Fills with ones, by an instruction that no sanitizer looks at: between variables lie its gaps.
void poison(char *from, char *to) {
    size_t bytes = to - from;
    asm volatile("rep stosb" : "+D"(from), "+c"(bytes) : "a"(0xFF) : "memory");
}

}  // namespace

int lane() { return current % 32; }

void block_barrier(Site site) {
    Thread &me = threads[current];
    me.state = State::AtBarrier;
    me.site = site;
    if (++at_barrier == count) {
        for (int t = 0; t < count; t++) {
            Site other = threads[t].site;
            if (other.line != site.line || strcmp(other.file, site.file) != 0) {
                fail("divergent barrier: " + at(t) + " waits at " + text(other) + ", thread " +
                     text(index_of(current)) + " at " + text(site));
            }
        }
        at_barrier = 0;
        for (Thread &t : threads) {
            t.state = State::Ready;
        }
    }
    wait();
}

uint64_t together(Together what, unsigned mask, uint64_t value, int source, Site site) {
    Thread &me = threads[current];
    if (!(mask >> lane() & 1)) {
        fail("bad mask: " + at(current) + " is not in its own mask at " + text(site));
    }
    me.what = what;
    me.mask = mask;
    me.value = value;
    me.source = source;
    me.site = site;
    me.state = State::InWarp;
    in_warp[current / 32]++;
    release(current / 32);
    wait();
    return threads[current].result;
}

bool run(const Launch &now, const char *name, std::string &message) {
    launch = &now;
    grid_size = now.grid;
    block_size = now.block;
    count = (int)(now.block.x * now.block.y * now.block.z);
    threads.assign(count, Thread{});
    std::string o = name ? name : "forward";
    backwards = o == "reverse" || o == "greedy-reverse";
    order = o == "reverse" ? Order::Reverse
            : o.rfind("greedy", 0) == 0 ? Order::Greedy
            : o.rfind("random", 0) == 0 ? Order::Random
                                        : Order::Forward;
    turns.resize(count);
    std::iota(turns.begin(), turns.end(), 0);
    uint64_t blocks = (uint64_t)now.grid.x * now.grid.y * now.grid.z;
    std::vector<uint32_t> which(blocks);
    std::iota(which.begin(), which.end(), 0);
    if (backwards) {
        std::reverse(turns.begin(), turns.end());
        std::reverse(which.begin(), which.end());
    }
    if (order == Order::Random) {
        // "random:SEED"; the dice roll on from launch to launch.
        static bool seeded = false;
        if (!seeded) {
            size_t colon = o.find(':');
            dice.seed(colon == std::string::npos ? 1 : strtoull(o.c_str() + colon + 1, nullptr, 10));
            seeded = true;
        }
        std::shuffle(which.begin(), which.end(), dice);
    }
    // Exactly as large as asked for, so that AddressSanitizer sees what lies beyond.
    char *dynamic = nullptr;
    if (posix_memalign((void **)&dynamic, 16, now.shared_bytes ? now.shared_bytes : 1) != 0) {
        abort();
    }
    dynamic_shared = dynamic;
    Trap trap(now.kernel);
    bool fine = true;
    for (uint32_t b : which) {
        block_index = {b % now.grid.x, b / now.grid.x % now.grid.y, b / (now.grid.x * now.grid.y)};
        // Shared memory begins as garbage. All ones are NaN, or an index far away.
        poison(dynamic, dynamic + now.shared_bytes);
        poison(now.shared_start, now.shared_end);
        if (!(fine = run_block(message))) {
            break;
        }
    }
    free(dynamic);
    return fine;
}

}  // namespace emu
