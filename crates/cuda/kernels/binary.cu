// Two operands of one type, element by element: arithmetic and comparisons.

template <class A> __device__ inline A floor_divided(A x, A y) {
    // As Python and PyTorch have it, from the remainder: the floor of the rounded quotient would
    // be one too many just below an integer.
    if (y == 0) {
        return x / y;
    }
    A remainder = m_fmod(x, y);
    A quotient = (x - remainder) / y;
    if (remainder != 0 && (y < 0) != (remainder < 0)) {
        quotient -= 1;
    }
    if (quotient == 0) {
        return m_copysign((A)0, x / y);
    }
    A whole = m_floor(quotient);
    return quotient - whole > (A)0.5 ? whole + 1 : whole;
}

template <class A> __device__ inline A remainder_of(A x, A y) {
    A remainder = m_fmod(x, y);
    return remainder != 0 && (y < 0) != (remainder < 0) ? remainder + y : remainder;
}

template <class A> __device__ inline A binary_float(i32 op, A x, A y) {
    switch (op) {
    case BINARY_ADD: return x + y;
    case BINARY_SUB: return x - y;
    case BINARY_MUL: return x * y;
    case BINARY_DIV: return x / y;
    case BINARY_MAXIMUM: return greater_of(x, y);
    case BINARY_MINIMUM: return lesser_of(x, y);
    case BINARY_COPYSIGN: return m_copysign(x, y);
    default: return x;
    }
}

// What takes many registers, apart, so that the others do not pay for it.
template <class A> __device__ inline A binary_rare(i32 op, A x, A y) {
    switch (op) {
    case BINARY_FLOOR_DIVIDE: return floor_divided(x, y);
    case BINARY_REMAINDER: return remainder_of(x, y);
    case BINARY_POW: return m_pow(x, y);
    case BINARY_ATAN2: return m_atan2(x, y);
    case BINARY_FMOD: return m_fmod(x, y);
    case BINARY_HYPOT: return m_hypot(x, y);
    case BINARY_ZETA: return (A)hurwitz_zeta((double)x, (double)y);
    default: return x;
    }
}

template <class A> struct Integer {
    enum { BITS = 8 * sizeof(A) };
    static __device__ inline A negated(A x) { return minus((A)0, x); }
    // The least number by -1 would overflow, which some machines answer with a trap.
    static __device__ inline A quotient(A x, A y) { return y == (A)-1 && (A)-1 < 0 ? negated(x) : x / y; }
    static __device__ inline A remainder(A x, A y) { return y == (A)-1 && (A)-1 < 0 ? (A)0 : x % y; }
    // Whether a quotient is rounded down away from 0.
    static __device__ inline bool below(A x, A y) { return remainder(x, y) != 0 && (x < 0) != (y < 0); }
    static __device__ inline A power(A base, A exponent) {
        A power = 1;
        while (exponent > 0) {
            if (exponent & 1) {
                power = times(power, base);
            }
            base = times(base, base);
            exponent >>= 1;
        }
        return power;
    }
    static __device__ inline A common_divisor(A x, A y) {
        while (y != 0) {
            A rest = remainder(x, y);
            x = y;
            y = rest;
        }
        return x < 0 ? negated(x) : x;
    }
    static __device__ inline A left(A x, A y) {
        typedef typename Wrapping<A>::As W;
        return y >= 0 && y < BITS ? (A)((W)x << (u32)y) : (A)0;
    }
    static __device__ inline A right(A x, A y) {
        return y >= 0 && y < BITS ? (A)(x >> (u32)y) : x < 0 ? (A)-1 : (A)0;
    }
};

template <class A> __device__ inline A binary_integer(i32 op, A x, A y) {
    switch (op) {
    case BINARY_ADD: return plus(x, y);
    case BINARY_SUB: return minus(x, y);
    case BINARY_MUL: return times(x, y);
    case BINARY_FLOOR_DIVIDE: return (A)(Integer<A>::quotient(x, y) - (A)Integer<A>::below(x, y));
    case BINARY_REMAINDER:
        return (A)(Integer<A>::remainder(x, y) + (Integer<A>::below(x, y) ? y : (A)0));
    case BINARY_POW: return Integer<A>::power(x, y);
    case BINARY_MAXIMUM: return greatest(x, y);
    case BINARY_MINIMUM: return least(x, y);
    case BINARY_FMOD: return Integer<A>::remainder(x, y);
    case BINARY_GCD: return Integer<A>::common_divisor(x, y);
    case BINARY_SHL: return Integer<A>::left(x, y);
    case BINARY_SHR: return Integer<A>::right(x, y);
    case BINARY_AND: return x & y;
    case BINARY_OR: return x | y;
    case BINARY_XOR: return x ^ y;
    default: return x;
    }
}

__device__ inline u8 binary_bool(i32 op, u8 x, u8 y) {
    switch (op) {
    case BINARY_ADD:
    case BINARY_MAXIMUM:
    case BINARY_OR: return x | y;
    case BINARY_XOR: return x ^ y;
    default: return x & y;
    }
}

template <class D, class T, class F>
__device__ inline void zip(const Dims &dims, u32 n, const Out &dst, const Source &a,
                           const Source &b, F f) {
    EACH(i, n) {
        i64 to = 0, left = 0, right = 0;
        each_coordinate(dims, i, [&](int d, u32 c) {
            to += (i64)c * dst.stride[d];
            left += (i64)c * a.stride[d];
            right += (i64)c * b.stride[d];
        });
        ((D *)dst.data)[to] = Of<D>::store(f(value<T>(a, left), value<T>(b, right)));
    }
}
#define BINARY(name, T)                                                                            \
    KERNEL binary_##name(Dims dims, u32 n, Out dst, Source a, Source b, i32 op) {                  \
        typedef Of<T>::Work A;                                                                     \
        zip<T, T>(dims, n, dst, a, b, [=](A x, A y) { return binary_float(op, x, y); });           \
    }
FOR_FLOATS(BINARY)
#define BINARY_RARE(name, T)                                                                       \
    KERNEL binary_rare_##name(Dims dims, u32 n, Out dst, Source a, Source b, i32 op) {             \
        typedef Of<T>::Work A;                                                                     \
        zip<T, T>(dims, n, dst, a, b, [=](A x, A y) { return binary_rare(op, x, y); });            \
    }
FOR_FLOATS(BINARY_RARE)
#define BINARY_INTEGER(name, T)                                                                    \
    KERNEL binary_##name(Dims dims, u32 n, Out dst, Source a, Source b, i32 op) {                  \
        zip<T, T>(dims, n, dst, a, b, [=](T x, T y) { return binary_integer(op, x, y); });         \
    }
FOR_INTEGERS(BINARY_INTEGER)
KERNEL binary_bool(Dims dims, u32 n, Out dst, Source a, Source b, i32 op) {
    zip<boolean, boolean>(dims, n, dst, a, b, [=](u8 x, u8 y) { return binary_bool(op, x, y); });
}

template <class A> __device__ inline bool compared(i32 op, A x, A y) {
    switch (op) {
    case COMPARE_EQ: return x == y;
    case COMPARE_NE: return x != y;
    case COMPARE_LT: return x < y;
    case COMPARE_LE: return x <= y;
    case COMPARE_GT: return x > y;
    default: return x >= y;
    }
}
#define COMPARE(name, T)                                                                           \
    KERNEL compare_##name(Dims dims, u32 n, Out dst, Source a, Source b, i32 op) {                 \
        typedef Of<T>::Work A;                                                                     \
        zip<boolean, T>(dims, n, dst, a, b, [=](A x, A y) { return compared(op, x, y); });         \
    }
FOR_ALL(COMPARE)

// Writes 1 to `found` where an integer operand has what the operation cannot do: a divisor of 0,
// or an exponent below 0.
template <class T>
__device__ inline void refuse(const Dims &dims, u32 n, const In &b, i32 negative, i32 *found) {
    EACH(i, n) {
        T x = ((const T *)b.data)[place(dims, b.stride, i)];
        if (negative ? x < 0 : x == 0) {
            *found = 1;
        }
    }
}
#define REFUSE(name, T)                                                                            \
    KERNEL refuse_##name(Dims dims, u32 n, In b, i32 negative, i32 *found) {                       \
        refuse<T>(dims, n, b, negative, found);                                                    \
    }
FOR_INTEGERS(REFUSE)
