// One of two operands by a condition; a scalar's bits stand in `integer`.

template <class T> __device__ inline T bits_of(const Source &s, i64 at) {
    return s.data ? ((const T *)s.data)[at] : (T)s.integer;
}

template <class T>
__device__ inline void select(const Dims &dims, u32 n, const Out &dst, const In &condition,
                              const Source &a, const Source &b) {
    EACH(i, n) {
        i64 to = 0, which = 0, left = 0, right = 0;
        each_coordinate(dims, i, [&](int d, u32 c) {
            to += (i64)c * dst.stride[d];
            which += (i64)c * condition.stride[d];
            left += (i64)c * a.stride[d];
            right += (i64)c * b.stride[d];
        });
        bool yes = ((const u8 *)condition.data)[which] != 0;
        ((T *)dst.data)[to] = yes ? bits_of<T>(a, left) : bits_of<T>(b, right);
    }
}
#define SELECT(name, T)                                                                            \
    KERNEL select_##name(Dims dims, u32 n, Out dst, In condition, Source a, Source b) {            \
        select<T>(dims, n, dst, condition, a, b);                                                  \
    }
FOR_SIZES(SELECT)
