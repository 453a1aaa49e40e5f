"""One phase of `ondol-bench-io` in PyTorch: saves or loads, and prints what that took as JSON.

    python pytorch_io.py save pt FILE PARAMETERS
    python pytorch_io.py load pt|pt-mmap|safetensors FILE

It does what the Rust side does (see crates/bench/src/bin/ondol-bench-io): the same tensors, the clock
around the call alone, the peak of resident memory from just before the call on.
"""

import json
import os
import sys
import time

import torch


def memory(field):
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(field):
                return int(line.split()[1]) * 1024
    return 0


def tensors(parameters):
    """Layers of 1024 x 1024 with their biases, as far as the parameters go."""
    made, left, layer = {}, parameters, 0
    while left > 0:
        for name, shape in ((f"layers.{layer}.weight", (1024, 1024)), (f"layers.{layer}.bias", (1024,))):
            n = min(left, shape[0] * (shape[1] if len(shape) == 2 else 1))
            if n == 0:
                break
            value = torch.arange(n, dtype=torch.float32) * 1e-3
            made[name] = value.reshape(shape) if n == value.numel() == torch.Size(shape).numel() else value
            left -= n
        layer += 1
    return made


def save(form, path, state):
    if form == "pt":
        torch.save(state, path)
    else:
        from safetensors.torch import save_file

        save_file(state, path)


def load(form, path):
    if form == "pt":
        return torch.load(path, weights_only=True)
    if form == "pt-mmap":
        return torch.load(path, weights_only=True, mmap=True)
    from safetensors.torch import load_file

    return load_file(path)


def main():
    action, form, path = sys.argv[1:4]
    if form == "safetensors":
        try:
            import safetensors.torch  # noqa: F401
        except ImportError:
            print(json.dumps({"missing": "the package safetensors"}))
            return
    state = tensors(int(sys.argv[4])) if action == "save" else None
    # Makes the peak start here.
    with open("/proc/self/clear_refs", "w") as refs:
        refs.write("5")
    before = memory("VmRSS")
    start = time.perf_counter()
    if action == "save":
        save(form, path, state)
    else:
        state = load(form, path)
    seconds = time.perf_counter() - start
    # What is asked of the disk is not in the call, as PyTorch does not ask for it.
    start = time.perf_counter()
    if action == "save":
        with open(path, "r+b") as file:
            os.fsync(file.fileno())
    sync = time.perf_counter() - start
    # One element of each page, as what is mapped is not there yet.
    start = time.perf_counter()
    touched = sum(float(t.view(-1)[::1024].sum()) for t in state.values())
    touch = time.perf_counter() - start
    print(
        json.dumps(
            {
                "seconds": seconds,
                "sync": sync,
                "touch": touch,
                "extra": memory("VmHWM") - before,
                "parameters": sum(t.numel() for t in state.values()),
                "check": touched,
            }
        )
    )


main()
