// The little of a GPU's assembly that is read: a kernel's parameters and its most threads.
#pragma once
#include <string>
#include <vector>

#include "library.h"

namespace fake {

struct Entry {
    std::vector<size_t> sizes;
    unsigned most_threads = 1024;
};

// Finds `.entry NAME(…)`.
bool find_entry(const std::string &assembly, const std::string &name, Entry &entry);
// What is wrong between the assembly and the source; empty where nothing is.
std::string difference(const Entry &entry, const std::vector<emu::Parameter> &source);

}  // namespace fake
