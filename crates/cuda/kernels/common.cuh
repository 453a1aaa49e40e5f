// What every kernel stands on: plain types, shapes and strides by value, and how elements are walked.
//
// One source for the GPU's compiler and for the emulated device of the tests: no header is
// included, and nothing is used that plain C++ lacks beside CUDA's own words. The files are one
// text, joined in the order of `order.txt`.

#ifndef DYN_SHARED
#define DYN_SHARED(type, name)                                                                     \
    extern __shared__ __align__(16) unsigned char name##_bytes[];                                  \
    type *name = (type *)name##_bytes
#endif

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int i32;
typedef long long i64;
typedef unsigned long long u64;

// Threads of a block, everywhere.
enum { THREADS = 256 };

#define KERNEL extern "C" __global__ void __launch_bounds__(256)

// More dimensions than these are split or made contiguous before a launch.
enum { MAX_DIMS = 6 };

// Sizes, outermost first; at least one dimension. The product is below 2^31.
struct Dims {
    i32 n;
    u32 size[MAX_DIMS];
};

// An operand to read: its first element, and strides in elements.
struct In {
    const void *data;
    i64 stride[MAX_DIMS];
};

// A result.
struct Out {
    void *data;
    i64 stride[MAX_DIMS];
};

// An operand that may be one number for all elements: then `data` is null.
struct Source {
    const void *data;
    i64 stride[MAX_DIMS];
    double number;
    i64 integer;
};

// The elements a thread takes of `n`.
#define EACH(i, n)                                                                                 \
    for (u32 i = blockIdx.x * blockDim.x + threadIdx.x; i < (n); i += gridDim.x * blockDim.x)

// Calls `f(dimension, coordinate)` for element `i` in row-major order.
template <class F> __device__ inline void each_coordinate(const Dims &dims, u32 i, F f) {
#pragma unroll
    for (int d = MAX_DIMS - 1; d > 0; d--) {
        if (d < dims.n) {
            u32 rest = i / dims.size[d];
            f(d, i - rest * dims.size[d]);
            i = rest;
        }
    }
    f(0, i);
}

// Where element `i` lies.
__device__ inline i64 place(const Dims &dims, const i64 *stride, u32 i) {
    i64 at = 0;
    each_coordinate(dims, i, [&](int d, u32 c) { at += (i64)c * stride[d]; });
    return at;
}

// One value's bits as another type.
template <class To, class From> __device__ inline To bits_as(From from) {
    union {
        From from;
        To to;
    } both;
    both.from = from;
    return both.to;
}

template <class T> __device__ inline T least(T a, T b) { return a < b ? a : b; }
template <class T> __device__ inline T greatest(T a, T b) { return a > b ? a : b; }

// The operations, in the order of the enums of `ondol-tensor`; a test compares the names.
enum UnaryOp {
    UNARY_NEG, UNARY_ABS, UNARY_SIGN, UNARY_SQUARE, UNARY_NOT, UNARY_RELU,
    UNARY_EXP, UNARY_EXPM1, UNARY_LOG, UNARY_LOG1P, UNARY_LOG2, UNARY_LOG10,
    UNARY_SQRT, UNARY_RSQRT, UNARY_RECIPROCAL, UNARY_SIN, UNARY_COS, UNARY_TAN,
    UNARY_ASIN, UNARY_ACOS, UNARY_ATAN, UNARY_SINH, UNARY_COSH, UNARY_TANH,
    UNARY_SIGMOID, UNARY_ERF, UNARY_ERFC, UNARY_ERFINV, UNARY_EXP2,
    UNARY_ASINH, UNARY_ACOSH, UNARY_ATANH, UNARY_LGAMMA, UNARY_DIGAMMA,
    UNARY_I0E, UNARY_I1E, UNARY_FLOOR, UNARY_CEIL, UNARY_ROUND, UNARY_TRUNC,
    UNARY_NDTRI
};
enum BinaryOp {
    BINARY_ADD, BINARY_SUB, BINARY_MUL, BINARY_DIV, BINARY_FLOOR_DIVIDE,
    BINARY_REMAINDER, BINARY_POW, BINARY_MAXIMUM, BINARY_MINIMUM, BINARY_ATAN2,
    BINARY_FMOD, BINARY_HYPOT, BINARY_COPYSIGN, BINARY_ZETA, BINARY_GCD,
    BINARY_SHL, BINARY_SHR, BINARY_AND, BINARY_OR, BINARY_XOR
};
enum CompareOp { COMPARE_EQ, COMPARE_NE, COMPARE_LT, COMPARE_LE, COMPARE_GT, COMPARE_GE };
enum ReduceOp { REDUCE_SUM, REDUCE_PROD, REDUCE_MAX, REDUCE_MIN, REDUCE_ANY, REDUCE_ALL };
enum ArgReduceOp { ARG_REDUCE_MAX, ARG_REDUCE_MIN };
enum ScanOp { SCAN_SUM, SCAN_PROD, SCAN_MAX, SCAN_MIN, SCAN_LOG_SUM_EXP };
enum ScatterOp { SCATTER_SET, SCATTER_ADD, SCATTER_MUL, SCATTER_MAX, SCATTER_MIN };
