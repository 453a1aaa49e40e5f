// Random numbers: Philox 4x32-10, the words of a block as elements the way `ondol_tensor::philox`
// documents. A thread makes the elements of one block.

struct Words {
    u32 w[4];
};

__device__ inline Words philox(u64 seed, u64 counter) {
    const u64 m0 = 0xD2511F53ull, m1 = 0xCD9E8D57ull;
    u32 c0 = (u32)counter, c1 = (u32)(counter >> 32), c2 = 0, c3 = 0;
    u32 k0 = (u32)seed, k1 = (u32)(seed >> 32);
#pragma unroll
    for (int round = 0; round < 10; round++) {
        if (round > 0) {
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        u64 p0 = m0 * c0, p1 = m1 * c2;
        u32 n0 = (u32)(p1 >> 32) ^ c1 ^ k0, n2 = (u32)(p0 >> 32) ^ c3 ^ k1;
        c1 = (u32)p1;
        c3 = (u32)p0;
        c0 = n0;
        c2 = n2;
    }
    Words words = {{c0, c1, c2, c3}};
    return words;
}

// Uniform on [0, 1) with 24 bits, and with 53.
__device__ inline float unit(u32 word) { return (float)(word >> 8) * (1.0f / 16777216.0f); }
__device__ inline double unit(u32 high, u32 low) {
    return (double)(((u64)high << 21) | ((u64)low >> 11)) * (1.0 / 9007199254740992.0);
}

// The high 64 bits of a product.
__device__ inline u64 product_high(u64 a, u64 b) {
    u64 al = (u32)a, ah = a >> 32, bl = (u32)b, bh = b >> 32;
    u64 middle = ah * bl + (al * bl >> 32);
    u64 other = al * bh + (u32)middle;
    return ah * bh + (middle >> 32) + (other >> 32);
}

enum Distribution { UNIFORM, NORMAL, BERNOULLI, INTEGERS };

// What a draw is made of: `low` and `span` of a uniform one, `mean` and `std` of a normal one, the
// probability, the integers' ends. `bound` is where uniforms end, `last` the greatest below it.
struct Draw {
    i32 kind;
    double a, b, bound, last;
    i64 low, high;
};

template <class T> __device__ inline T below(const Draw &draw, double x) {
    T element = Of<T>::from(x);
    double held = (double)Of<T>::load(element);
    return held < draw.bound ? element : Of<T>::from(draw.last);
}

// Element `k` of a block, of a distribution with four (or in double precision two) in each.
template <class T> struct Elements {
    enum { UNIFORMS = 4 };
    static __device__ inline T uniform(const Draw &draw, const Words &words, u32 k) {
        return below<T>(draw, (double)((float)draw.a + (float)draw.b * unit(words.w[k])));
    }
    static __device__ inline T normal(const Draw &draw, const Words &words, u32 k) {
        u32 first = k / 2 * 2;
        // 1 - u lies in (0, 1], so that the logarithm is finite.
        float radius = sqrtf(-2.0f * logf(1.0f - unit(words.w[first])));
        float angle = 6.28318530717958647693f * unit(words.w[first + 1]);
        float z = radius * (k % 2 ? sinf(angle) : cosf(angle));
        return Of<T>::from((double)((float)draw.a + (float)draw.b * z));
    }
};
template <> struct Elements<double> {
    enum { UNIFORMS = 2 };
    static __device__ inline double uniform(const Draw &draw, const Words &words, u32 k) {
        return below<double>(draw, draw.a + draw.b * unit(words.w[2 * k], words.w[2 * k + 1]));
    }
    static __device__ inline double normal(const Draw &draw, const Words &words, u32 k) {
        double radius = sqrt(-2.0 * log(1.0 - unit(words.w[0], words.w[1])));
        double angle = 6.28318530717958647693 * unit(words.w[2], words.w[3]);
        return draw.a + draw.b * (radius * (k % 2 ? sin(angle) : cos(angle)));
    }
};

template <class T> __device__ inline T element(const Draw &draw, const Words &words, u32 k) {
    switch (draw.kind) {
    case UNIFORM: return Elements<T>::uniform(draw, words, k);
    case NORMAL: return Elements<T>::normal(draw, words, k);
    case BERNOULLI: return Of<T>::from((i64)((double)unit(words.w[k]) < draw.a));
    default: {
        u64 word = (u64)words.w[2 * k] << 32 | words.w[2 * k + 1];
        u64 range = (u64)draw.high - (u64)draw.low;
        return Of<T>::from((i64)((u64)draw.low + product_high(word, range)));
    }
    }
}

// Elements `first` to `first + n` of a draw from block `offset` of the stream `seed` on.
template <class T>
__device__ inline void random(const Dims &dims, u32 n, const Out &dst, u64 first, u64 seed,
                              u64 offset, const Draw &draw) {
    u32 each = draw.kind == BERNOULLI ? 4 : draw.kind == INTEGERS ? 2 : Elements<T>::UNIFORMS;
    u64 start = first / each;
    u32 blocks = (u32)((first + n + each - 1) / each - start);
    EACH(b, blocks) {
        Words words = philox(seed, offset + start + b);
#pragma unroll
        for (u32 k = 0; k < 4; k++) {
            u64 at = (start + b) * each + k;
            if (k < each && at >= first && at < first + n) {
                i64 to = place(dims, dst.stride, (u32)(at - first));
                ((T *)dst.data)[to] = element<T>(draw, words, k);
            }
        }
    }
}
#define RANDOM(name, T)                                                                            \
    KERNEL random_##name(Dims dims, u32 n, Out dst, u64 first, u64 seed, u64 offset, Draw draw) {  \
        random<T>(dims, n, dst, first, seed, offset, draw);                                        \
    }
FOR_ALL(RANDOM)
