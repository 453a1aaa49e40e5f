#include "assembly.h"

#include <cctype>
#include <cstdlib>

namespace fake {

namespace {
// The bytes of `.param .align 8 .b8 name[92]` or `.param .u64 .ptr .align 1 name`.
size_t size_of(const std::string &parameter) {
    size_t size = 0;
    for (size_t at = parameter.find('.'); at != std::string::npos; at = parameter.find('.', at + 1)) {
        char kind = parameter[at + 1];
        if ((kind == 'b' || kind == 'u' || kind == 's' || kind == 'f') && isdigit(parameter[at + 2])) {
            size = strtoul(parameter.c_str() + at + 2, nullptr, 10) / 8;
            break;
        }
    }
    size_t bracket = parameter.find('[');
    return bracket == std::string::npos ? size : size * strtoul(parameter.c_str() + bracket + 1, nullptr, 10);
}
}  // namespace

bool find_entry(const std::string &assembly, const std::string &name, Entry &entry) {
    size_t at = 0, open = 0;
    for (;; at = open) {
        at = assembly.find(".entry", at);
        if (at == std::string::npos) return false;
        size_t start = assembly.find_first_not_of(" \t\n", at + 6);
        if (start == std::string::npos) return false;
        open = start;
        while (open < assembly.size() && (isalnum(assembly[open]) || assembly[open] == '_' || assembly[open] == '$')) {
            open++;
        }
        if (assembly.compare(start, open - start, name) == 0) break;
    }
    size_t close = assembly.find(')', open), body = assembly.find('{', open);
    if (close == std::string::npos) return false;
    std::string inside = assembly.substr(open, close - open);
    for (size_t p = inside.find(".param"); p != std::string::npos;) {
        size_t next = inside.find(".param", p + 6);
        entry.sizes.push_back(size_of(inside.substr(p + 6, next == std::string::npos ? next : next - p - 6)));
        p = next;
    }
    size_t most = assembly.find(".maxntid", close);
    if (most != std::string::npos && most < body) {
        entry.most_threads = (unsigned)strtoul(assembly.c_str() + most + 8, nullptr, 10);
    }
    return true;
}

std::string difference(const Entry &entry, const std::vector<emu::Parameter> &source) {
    if (entry.sizes.size() != source.size()) {
        return "it has " + std::to_string(entry.sizes.size()) + " parameters, the source " + std::to_string(source.size());
    }
    for (size_t i = 0; i < source.size(); i++) {
        if (entry.sizes[i] != source[i].size) {
            return "parameter " + std::to_string(i) + " has " + std::to_string(entry.sizes[i]) + " bytes, in the source " +
                   std::to_string(source[i].size);
        }
    }
    return "";
}

}  // namespace fake
