// While it lives, a crash inside a kernel is told with the kernel's name, the block and the thread.
#pragma once
#include <signal.h>

namespace emu {

class Trap {
  public:
    explicit Trap(const char *kernel);
    ~Trap();
    Trap(const Trap &) = delete;

  private:
    struct sigaction before_[4];
};

}  // namespace emu
