// Maximum pooling: the greatest of each window and its position `h * W + w`; the first of equals,
// a NaN wins.

struct Pool {
    u32 channels, in[2], out[2], kernel[2], stride[2], padding[2], dilation[2];
    i64 x_stride[4];
};

template <class T>
__device__ inline void max_pool(const Pool &pool, u32 n, const void *x, T *values, i64 *places) {
    EACH(i, n) {
        u32 ow = i % pool.out[1], rest = i / pool.out[1];
        u32 oh = rest % pool.out[0];
        rest /= pool.out[0];
        const T *plane = (const T *)x + rest / pool.channels * pool.x_stride[0] +
                         rest % pool.channels * pool.x_stride[1];
        i32 h0 = (i32)(oh * pool.stride[0]) - (i32)pool.padding[0];
        i32 w0 = (i32)(ow * pool.stride[1]) - (i32)pool.padding[1];
        // A window that lies in the border alone has no position; its value is minus infinity.
        typename Of<T>::Work best = -infinity();
        i64 at = -1;
        for (u32 kh = 0; kh < pool.kernel[0]; kh++) {
            i32 h = h0 + (i32)(kh * pool.dilation[0]);
            if (h < 0 || h >= (i32)pool.in[0]) {
                continue;
            }
            for (u32 kw = 0; kw < pool.kernel[1]; kw++) {
                i32 w = w0 + (i32)(kw * pool.dilation[1]);
                if (w < 0 || w >= (i32)pool.in[1]) {
                    continue;
                }
                typename Of<T>::Work v =
                    Of<T>::load(plane[h * pool.x_stride[2] + w * pool.x_stride[3]]);
                if (at < 0 || v > best || (is_nan(v) && !is_nan(best))) {
                    best = v;
                    at = (i64)h * pool.in[1] + w;
                }
            }
        }
        values[i] = Of<T>::store(best);
        places[i] = at < 0 ? 0 : at;
    }
}
#define MAX_POOL(name, T)                                                                          \
    KERNEL max_pool_##name(Pool pool, u32 n, const void *x, void *values, i64 *places) {           \
        max_pool<T>(pool, n, x, (T *)values, places);                                              \
    }
FOR_FLOATS(MAX_POOL)
