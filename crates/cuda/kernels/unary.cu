// One operand, element by element.

template <class A> __device__ inline A unary_float(i32 op, A x) {
    switch (op) {
    case UNARY_NEG: return -x;
    case UNARY_ABS: return m_fabs(x);
    // The difference is 0 for both zeros and NaN for a NaN.
    case UNARY_SIGN: return x > 0 ? (A)1 : x < 0 ? (A)-1 : x - x;
    case UNARY_SQUARE: return x * x;
    // Not `fmax`, which drops a NaN.
    case UNARY_RELU: return x < 0 ? (A)0 : x;
    case UNARY_EXP: return m_exp(x);
    case UNARY_EXPM1: return m_expm1(x);
    case UNARY_LOG: return m_log(x);
    case UNARY_LOG1P: return m_log1p(x);
    case UNARY_LOG2: return m_log2(x);
    case UNARY_LOG10: return m_log10(x);
    case UNARY_SQRT: return m_sqrt(x);
    case UNARY_RSQRT: return (A)1 / m_sqrt(x);
    case UNARY_RECIPROCAL: return (A)1 / x;
    case UNARY_TANH: return m_tanh(x);
    // From e^-|x|, which is accurate on both sides and cannot overflow.
    case UNARY_SIGMOID: {
        A e = m_exp(-m_fabs(x));
        return (x < 0 ? e : (A)1) / ((A)1 + e);
    }
    case UNARY_ERF: return m_erf(x);
    case UNARY_EXP2: return m_exp2(x);
    case UNARY_FLOOR: return m_floor(x);
    case UNARY_CEIL: return m_ceil(x);
    case UNARY_ROUND: return m_rint(x);
    case UNARY_TRUNC: return m_trunc(x);
    default: return x;
    }
}

// What takes many registers, apart, so that the others do not pay for it.
template <class A> __device__ inline A unary_rare(i32 op, A x) {
    switch (op) {
    case UNARY_SIN: return m_sin(x);
    case UNARY_COS: return m_cos(x);
    case UNARY_TAN: return m_tan(x);
    case UNARY_ASIN: return m_asin(x);
    case UNARY_ACOS: return m_acos(x);
    case UNARY_ATAN: return m_atan(x);
    case UNARY_SINH: return m_sinh(x);
    case UNARY_COSH: return m_cosh(x);
    case UNARY_ASINH: return m_asinh(x);
    case UNARY_ACOSH: return m_acosh(x);
    case UNARY_ATANH: return m_atanh(x);
    case UNARY_ERFC: return m_erfc(x);
    case UNARY_LGAMMA: return m_lgamma(x);
    case UNARY_ERFINV: return (A)inverse_error_function((double)x);
    case UNARY_NDTRI: return (A)inverse_normal((double)x);
    case UNARY_DIGAMMA: return (A)digamma((double)x);
    case UNARY_I0E: return (A)scaled_bessel(0, fabs((double)x));
    case UNARY_I1E: return (A)copysign(scaled_bessel(1, fabs((double)x)), (double)x);
    default: return x;
    }
}

template <class A> __device__ inline A unary_integer(i32 op, A x) {
    switch (op) {
    case UNARY_NEG: return minus((A)0, x);
    case UNARY_ABS: return x < 0 ? minus((A)0, x) : x;
    case UNARY_SIGN: return (A)(x > 0) - (A)(x < 0);
    case UNARY_SQUARE: return times(x, x);
    case UNARY_RELU: return x < 0 ? (A)0 : x;
    // Rounding, which does nothing here.
    default: return x;
    }
}

template <class T, class F>
__device__ inline void map(const Dims &dims, u32 n, const Out &dst, const Source &a, F f) {
    EACH(i, n) {
        i64 to = 0, from = 0;
        each_coordinate(dims, i, [&](int d, u32 c) {
            to += (i64)c * dst.stride[d];
            from += (i64)c * a.stride[d];
        });
        ((T *)dst.data)[to] = Of<T>::store(f(value<T>(a, from)));
    }
}
#define UNARY(name, T)                                                                             \
    KERNEL unary_##name(Dims dims, u32 n, Out dst, Source a, i32 op) {                             \
        map<T>(dims, n, dst, a, [=](Of<T>::Work x) { return unary_float(op, x); });                \
    }
FOR_FLOATS(UNARY)
#define UNARY_RARE(name, T)                                                                        \
    KERNEL unary_rare_##name(Dims dims, u32 n, Out dst, Source a, i32 op) {                        \
        map<T>(dims, n, dst, a, [=](Of<T>::Work x) { return unary_rare(op, x); });                 \
    }
FOR_FLOATS(UNARY_RARE)
#define UNARY_INTEGER(name, T)                                                                     \
    KERNEL unary_##name(Dims dims, u32 n, Out dst, Source a, i32 op) {                             \
        map<T>(dims, n, dst, a, [=](T x) { return unary_integer(op, x); });                        \
    }
FOR_INTEGERS(UNARY_INTEGER)
KERNEL unary_bool(Dims dims, u32 n, Out dst, Source a, i32 op) {
    map<boolean>(dims, n, dst, a, [=](u8 x) { return op == UNARY_NOT ? !x : x; });
}
