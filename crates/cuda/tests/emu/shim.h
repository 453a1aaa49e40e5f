// CUDA's words for a C++ compiler: what a kernel's source needs to become a function of the CPU.
//
// Included before each source of kernels. Two things a kernel must not do here: have `__shared__`
// variables in a template or an inline function, and use dynamic shared memory by any other way
// than `DYN_SHARED(type, name)`.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "block.h"
#include "library.h"

// A pass of the preprocessor alone finds the kernels' names by this word; see kernel.sh.
#ifdef EMU_LIST
#define __global__ EMU_KERNEL
#else
#define __global__
#endif
#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
// One section for each source file, so that the launcher finds the variables and fills them with
// garbage before each block.
#define __shared__ static __attribute__((section(EMU_SECTION)))
#define DYN_SHARED(type, name) type *name = (type *)emu::dynamic_shared

#define threadIdx (emu::thread_index)
#define blockIdx (emu::block_index)
#define blockDim (emu::block_size)
#define gridDim (emu::grid_size)
constexpr int warpSize = 32;

struct dim3 {
    unsigned x = 1, y = 1, z = 1;
};
struct alignas(8) float2 { float x, y; };
struct alignas(16) float4 { float x, y, z, w; };
struct alignas(16) double2 { double x, y; };
struct alignas(8) int2 { int x, y; };
struct alignas(16) int4 { int x, y, z, w; };
struct alignas(8) uint2 { unsigned x, y; };
struct alignas(16) uint4 { unsigned x, y, z, w; };
inline float2 make_float2(float x, float y) { return {x, y}; }
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }

// ---- threads together ----

#define EMU_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()

inline void __syncthreads(EMU_SITE) { emu::block_barrier({file, line}); }
inline void __syncwarp(unsigned mask = ~0u, EMU_SITE) {
    emu::together(emu::Together::Sync, mask, 0, 0, {file, line});
}
inline unsigned __ballot_sync(unsigned mask, int vote, EMU_SITE) {
    return (unsigned)emu::together(emu::Together::Ballot, mask, vote != 0, 0, {file, line});
}
inline int __any_sync(unsigned mask, int vote, EMU_SITE) {
    return __ballot_sync(mask, vote, file, line) != 0;
}
inline int __all_sync(unsigned mask, int vote, EMU_SITE) {
    return __ballot_sync(mask, !vote, file, line) == 0;
}

namespace emu {
template <class T> T shuffle(unsigned mask, T value, int source, Site site) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8, "shuffles move 4 or 8 bytes");
    uint64_t bits = 0;
    memcpy(&bits, &value, sizeof value);
    bits = together(Together::Shuffle, mask, bits, source, site);
    memcpy(&value, &bits, sizeof value);
    return value;
}
}  // namespace emu

// A lane outside of the segment of `width` lanes: the thread keeps its own value.
template <class T> T __shfl_sync(unsigned mask, T v, int source, int width = 32, EMU_SITE) {
    int first = emu::lane() / width * width;
    return emu::shuffle(mask, v, first + (source & (width - 1)), {file, line});
}
template <class T> T __shfl_xor_sync(unsigned mask, T v, int bits, int width = 32, EMU_SITE) {
    int own = emu::lane(), end = own / width * width + width, from = own ^ bits;
    return emu::shuffle(mask, v, from < end ? from : own, {file, line});
}
template <class T> T __shfl_down_sync(unsigned mask, T v, int by, int width = 32, EMU_SITE) {
    int own = emu::lane(), end = own / width * width + width, from = own + by;
    return emu::shuffle(mask, v, from < end ? from : own, {file, line});
}
template <class T> T __shfl_up_sync(unsigned mask, T v, int by, int width = 32, EMU_SITE) {
    int own = emu::lane(), first = own / width * width, from = own - by;
    return emu::shuffle(mask, v, from >= first ? from : own, {file, line});
}

// ---- atomics: one thread runs at a time, so plain code is atomic ----

inline void __threadfence() {}
inline void __threadfence_block() {}
template <class T, class V> T atomicAdd(T *p, V v) { T old = *p; *p = old + (T)v; return old; }
template <class T, class V> T atomicSub(T *p, V v) { T old = *p; *p = old - (T)v; return old; }
template <class T, class V> T atomicMax(T *p, V v) { T old = *p; *p = old > (T)v ? old : (T)v; return old; }
template <class T, class V> T atomicMin(T *p, V v) { T old = *p; *p = old < (T)v ? old : (T)v; return old; }
template <class T, class V> T atomicOr(T *p, V v) { T old = *p; *p = old | (T)v; return old; }
template <class T, class V> T atomicAnd(T *p, V v) { T old = *p; *p = old & (T)v; return old; }
template <class T, class V> T atomicExch(T *p, V v) { T old = *p; *p = (T)v; return old; }
template <class T, class C, class V> T atomicCAS(T *p, C compare, V v) {
    T old = *p;
    if (old == (T)compare) *p = (T)v;
    return old;
}

// ---- arithmetic ----

using std::max;
using std::min;
template <class T> T __ldg(const T *p) { return *p; }
inline float __expf(float x) { return expf(x); }
inline float __logf(float x) { return logf(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline double rsqrt(double x) { return 1.0 / sqrt(x); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x ? __builtin_clz((unsigned)x) : 32; }
inline unsigned __umulhi(unsigned a, unsigned b) { return (unsigned)((uint64_t)a * b >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return (unsigned long long)((unsigned __int128)a * b >> 64);
}

namespace emu {
template <class To, class From> To cast_bits(From from) {
    static_assert(sizeof(To) == sizeof(From), "");
    To to;
    memcpy(&to, &from, sizeof to);
    return to;
}
}  // namespace emu
inline unsigned __float_as_uint(float x) { return emu::cast_bits<unsigned>(x); }
inline int __float_as_int(float x) { return emu::cast_bits<int>(x); }
inline float __uint_as_float(unsigned x) { return emu::cast_bits<float>(x); }
inline float __int_as_float(int x) { return emu::cast_bits<float>(x); }
inline long long __double_as_longlong(double x) { return emu::cast_bits<long long>(x); }
inline double __longlong_as_double(long long x) { return emu::cast_bits<double>(x); }
