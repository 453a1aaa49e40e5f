// The eight element types: how they are stored, what they compute in, and conversions.

struct f16 {
    u16 bits;
};
struct bf16 {
    u16 bits;
};
struct boolean {
    u8 bit;
};

__device__ inline float not_a_number() { return bits_as<float>(0x7FC00000u); }
__device__ inline float infinity() { return bits_as<float>(0x7F800000u); }

// ---- halves, by integer arithmetic: round to nearest, ties to even ----

__device__ inline float widen(bf16 x) { return bits_as<float>((u32)x.bits << 16); }

__device__ inline bf16 to_bf16(float x) {
    u32 bits = bits_as<u32>(x);
    bf16 y;
    if (x != x) {
        y.bits = (u16)((bits >> 16) | 0x40);
    } else {
        y.bits = (u16)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }
    return y;
}

__device__ inline float widen(f16 x) {
    u32 sign = (u32)(x.bits & 0x8000) << 16;
    u32 rest = x.bits & 0x7FFF;
    if (rest >= 0x7C00) {
        return bits_as<float>(sign | 0x7F800000u | (rest & 0x3FF) << 13);
    }
    if (rest >= 0x400) {
        return bits_as<float>(sign | ((rest << 13) + (112u << 23)));
    }
    // Below the normal numbers: so many steps of 2^-24, which is exact.
    float magnitude = (float)rest * bits_as<float>(103u << 23);
    return bits_as<float>(sign | bits_as<u32>(magnitude));
}

__device__ inline f16 to_f16(float x) {
    u32 bits = bits_as<u32>(x);
    u32 sign = bits >> 16 & 0x8000;
    u32 rest = bits & 0x7FFFFFFF;
    u32 half;
    if (rest > 0x7F800000) {
        half = 0x7E00 | (rest >> 13 & 0x3FF);
    } else if (rest >= 0x477FF000) {
        // From 65520 on the nearest is infinity.
        half = 0x7C00;
    } else if (rest >= 0x38800000) {
        rest -= 112u << 23;
        half = (rest + 0xFFF + (rest >> 13 & 1)) >> 13;
    } else if (rest < 0x33000000) {
        half = 0;
    } else {
        u32 mantissa = (rest & 0x7FFFFF) | 0x800000;
        u32 shift = 126 - (rest >> 23);
        u32 kept = mantissa >> shift;
        u32 lost = mantissa & ((1u << shift) - 1);
        u32 middle = 1u << (shift - 1);
        half = kept + (lost > middle || (lost == middle && (kept & 1)));
    }
    f16 y;
    y.bits = (u16)(sign | half);
    return y;
}

// ---- floats to integers: towards zero, NaN is 0, what is beyond the range is its end ----

__device__ inline i64 truncated(double x) {
    if (!(x == x)) {
        return 0;
    }
    if (x >= 9223372036854775808.0) {
        return 0x7FFFFFFFFFFFFFFFll;
    }
    if (x < -9223372036854775808.0) {
        return -0x7FFFFFFFFFFFFFFFll - 1;
    }
    return (i64)x;
}

__device__ inline i32 truncated_32(double x) {
    if (!(x == x)) {
        return 0;
    }
    if (x >= 2147483647.0) {
        return 2147483647;
    }
    if (x <= -2147483648.0) {
        return -2147483647 - 1;
    }
    return (i32)x;
}

// ---- each type ----

// `Work` is what a type computes in, `Fold` what many of them are accumulated in, `Wide` the
// number of its kind that holds it exactly.
template <class T> struct Of;

template <> struct Of<float> {
    typedef float Work;
    typedef float Fold;
    typedef double Wide;
    static __device__ inline float load(float x) { return x; }
    static __device__ inline float store(float x) { return x; }
    static __device__ inline float from(double x) { return (float)x; }
    static __device__ inline float from(i64 x) { return (float)x; }
};
template <> struct Of<double> {
    typedef double Work;
    typedef double Fold;
    typedef double Wide;
    static __device__ inline double load(double x) { return x; }
    static __device__ inline double store(double x) { return x; }
    static __device__ inline double from(double x) { return x; }
    static __device__ inline double from(i64 x) { return (double)x; }
};
template <> struct Of<f16> {
    typedef float Work;
    typedef float Fold;
    typedef double Wide;
    static __device__ inline float load(f16 x) { return widen(x); }
    static __device__ inline f16 store(float x) { return to_f16(x); }
    static __device__ inline f16 from(double x) { return to_f16((float)x); }
    static __device__ inline f16 from(i64 x) { return to_f16((float)(double)x); }
};
template <> struct Of<bf16> {
    typedef float Work;
    typedef float Fold;
    typedef double Wide;
    static __device__ inline float load(bf16 x) { return widen(x); }
    static __device__ inline bf16 store(float x) { return to_bf16(x); }
    static __device__ inline bf16 from(double x) { return to_bf16((float)x); }
    static __device__ inline bf16 from(i64 x) { return to_bf16((float)(double)x); }
};
template <> struct Of<u8> {
    typedef u8 Work;
    typedef i64 Fold;
    typedef i64 Wide;
    static __device__ inline u8 load(u8 x) { return x; }
    static __device__ inline u8 store(i64 x) { return (u8)x; }
    // Through 64 bits, so that a negative number wraps.
    static __device__ inline u8 from(double x) { return (u8)truncated(x); }
    static __device__ inline u8 from(i64 x) { return (u8)x; }
};
template <> struct Of<i32> {
    typedef i32 Work;
    typedef i64 Fold;
    typedef i64 Wide;
    static __device__ inline i32 load(i32 x) { return x; }
    static __device__ inline i32 store(i64 x) { return (i32)x; }
    static __device__ inline i32 from(double x) { return truncated_32(x); }
    static __device__ inline i32 from(i64 x) { return (i32)x; }
};
template <> struct Of<i64> {
    typedef i64 Work;
    typedef i64 Fold;
    typedef i64 Wide;
    static __device__ inline i64 load(i64 x) { return x; }
    static __device__ inline i64 store(i64 x) { return x; }
    static __device__ inline i64 from(double x) { return truncated(x); }
    static __device__ inline i64 from(i64 x) { return x; }
};
template <> struct Of<boolean> {
    typedef u8 Work;
    typedef i64 Fold;
    typedef i64 Wide;
    static __device__ inline u8 load(boolean x) { return x.bit; }
    static __device__ inline boolean store(i64 x) {
        boolean y;
        y.bit = x != 0;
        return y;
    }
    static __device__ inline boolean from(double x) {
        boolean y;
        y.bit = x != 0;
        return y;
    }
    static __device__ inline boolean from(i64 x) { return store(x); }
};

// A source's one number, in what `T` computes in.
template <class Wide> struct NumberOf;
template <> struct NumberOf<double> {
    static __device__ inline double of(const Source &s) { return s.number; }
};
template <> struct NumberOf<i64> {
    static __device__ inline i64 of(const Source &s) { return s.integer; }
};

// A source's element at a place, in what `T` computes in.
template <class T> __device__ inline typename Of<T>::Work value(const Source &s, i64 at) {
    typedef typename Of<T>::Work Work;
    if (s.data) {
        return Of<T>::load(((const T *)s.data)[at]);
    }
    return (Work)NumberOf<typename Of<T>::Wide>::of(s);
}

// Kernels of one body for several types: the name's ending, and the type.
#define FOR_FLOATS(X) X(f16, f16) X(bf16, bf16) X(f32, float) X(f64, double)
#define FOR_INTEGERS(X) X(u8, u8) X(i32, i32) X(i64, i64)
#define FOR_NUMBERS(X) FOR_INTEGERS(X) FOR_FLOATS(X)
#define FOR_ALL(X) X(bool, boolean) FOR_NUMBERS(X)
// For what only moves elements: by their size in bytes.
#define FOR_SIZES(X) X(1, u8) X(2, u16) X(4, u32) X(8, u64)

// ---- arithmetic that integers wrap in ----

template <class T> struct Wrapping {
    typedef T As;
};
template <> struct Wrapping<u8> {
    typedef u32 As;
};
template <> struct Wrapping<i32> {
    typedef u32 As;
};
template <> struct Wrapping<i64> {
    typedef u64 As;
};

template <class A> __device__ inline A plus(A a, A b) {
    typedef typename Wrapping<A>::As W;
    return (A)((W)a + (W)b);
}
template <class A> __device__ inline A minus(A a, A b) {
    typedef typename Wrapping<A>::As W;
    return (A)((W)a - (W)b);
}
template <class A> __device__ inline A times(A a, A b) {
    typedef typename Wrapping<A>::As W;
    return (A)((W)a * (W)b);
}

template <class A> __device__ inline bool is_nan(A x) { return !(x == x); }

// The greater or the lesser; NaN if either is.
template <class A> __device__ inline A greater_of(A a, A b) { return b > a || is_nan(b) ? b : a; }
template <class A> __device__ inline A lesser_of(A a, A b) { return b < a || is_nan(b) ? b : a; }

// Below and above every other number.
template <class A> struct Ends;
template <> struct Ends<float> {
    static __device__ inline float low() { return -infinity(); }
    static __device__ inline float high() { return infinity(); }
};
template <> struct Ends<double> {
    static __device__ inline double low() { return -infinity(); }
    static __device__ inline double high() { return infinity(); }
};
template <> struct Ends<i64> {
    static __device__ inline i64 low() { return -0x7FFFFFFFFFFFFFFFll - 1; }
    static __device__ inline i64 high() { return 0x7FFFFFFFFFFFFFFFll; }
};

// ---- the C library's functions under one name for both widths ----

#define BOTH_WIDTHS(name)                                                                          \
    __device__ inline float m_##name(float x) { return name##f(x); }                               \
    __device__ inline double m_##name(double x) { return name(x); }
BOTH_WIDTHS(exp) BOTH_WIDTHS(expm1) BOTH_WIDTHS(exp2) BOTH_WIDTHS(log) BOTH_WIDTHS(log1p)
BOTH_WIDTHS(log2) BOTH_WIDTHS(log10) BOTH_WIDTHS(sqrt) BOTH_WIDTHS(sin) BOTH_WIDTHS(cos)
BOTH_WIDTHS(tan) BOTH_WIDTHS(asin) BOTH_WIDTHS(acos) BOTH_WIDTHS(atan) BOTH_WIDTHS(sinh)
BOTH_WIDTHS(cosh) BOTH_WIDTHS(tanh) BOTH_WIDTHS(asinh) BOTH_WIDTHS(acosh) BOTH_WIDTHS(atanh)
BOTH_WIDTHS(erf) BOTH_WIDTHS(erfc) BOTH_WIDTHS(lgamma) BOTH_WIDTHS(floor) BOTH_WIDTHS(ceil)
BOTH_WIDTHS(rint) BOTH_WIDTHS(trunc) BOTH_WIDTHS(fabs)

#define BOTH_WIDTHS_OF_TWO(name)                                                                   \
    __device__ inline float m_##name(float x, float y) { return name##f(x, y); }                   \
    __device__ inline double m_##name(double x, double y) { return name(x, y); }
BOTH_WIDTHS_OF_TWO(pow) BOTH_WIDTHS_OF_TWO(fmod) BOTH_WIDTHS_OF_TWO(atan2)
BOTH_WIDTHS_OF_TWO(hypot) BOTH_WIDTHS_OF_TWO(copysign)

// `a b + c`: one rounding for floats. Kernels are compiled without contraction, so that results
// do not depend on the compiler's mood; where it is wanted it is written.
__device__ inline float multiply_add(float a, float b, float c) { return fmaf(a, b, c); }
__device__ inline double multiply_add(double a, double b, double c) { return fma(a, b, c); }
__device__ inline u32 multiply_add(u32 a, u32 b, u32 c) { return a * b + c; }
__device__ inline u64 multiply_add(u64 a, u64 b, u64 c) { return a * b + c; }
