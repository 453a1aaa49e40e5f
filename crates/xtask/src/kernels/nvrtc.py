# Compiles CUDA C++ to assembly: nvrtc.py LIBRARY NAME SOURCE
import ctypes
import sys

library, name, path = sys.argv[1:]
nvrtc = ctypes.CDLL(library)
program, size = ctypes.c_void_p(), ctypes.c_size_t()
with open(path, "rb") as file:
    source = file.read()
nvrtc.nvrtcCreateProgram(ctypes.byref(program), source, name.encode(), 0, None, None)
# Without contraction, so that sums and products round as they do on the CPU; where one rounding is
# wanted the sources say so. u8 is compared with 0 where templates do it for signed types: 186.
options = [b"--gpu-architecture=compute_75", b"--std=c++17", b"--fmad=false", b"-diag-suppress=186"]
failed = nvrtc.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))


def text(kind):
    getattr(nvrtc, f"nvrtcGet{kind}Size")(program, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    getattr(nvrtc, f"nvrtcGet{kind}")(program, buffer)
    return buffer.value.decode()


log = text("ProgramLog")
# A warning is an error: what it warns of would run on every GPU.
if failed or log:
    sys.exit(log)
sys.stdout.write(text("PTX"))
