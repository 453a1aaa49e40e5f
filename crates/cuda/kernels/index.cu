// Gathering from and scattering to computed places along a dimension.

// Writes 1 to `found` where an index lies outside of `[0, size)`.
KERNEL check_index(Dims dims, u32 n, In index, i64 size, i32 *found) {
    EACH(i, n) {
        i64 at = ((const i64 *)index.data)[place(dims, index.stride, i)];
        if (at < 0 || at >= size) {
            *found = 1;
        }
    }
}

// The source's stride along the dimension is 0 in `src` and given as `step`.
template <class T>
__device__ inline void gather(const Dims &dims, u32 n, const Out &dst, const In &src,
                              const In &index, i64 step) {
    EACH(i, n) {
        i64 to = 0, from = 0, at = 0;
        each_coordinate(dims, i, [&](int d, u32 c) {
            to += (i64)c * dst.stride[d];
            from += (i64)c * src.stride[d];
            at += (i64)c * index.stride[d];
        });
        ((T *)dst.data)[to] = ((const T *)src.data)[from + ((const i64 *)index.data)[at] * step];
    }
}
#define GATHER(name, T)                                                                            \
    KERNEL gather_##name(Dims dims, u32 n, Out dst, In src, In index, i64 step) {                  \
        gather<T>(dims, n, dst, src, index, step);                                                 \
    }
FOR_SIZES(GATHER)

template <class T> __device__ inline T scattered(i32 op, T was, typename Of<T>::Work y) {
    typename Of<T>::Work x = Of<T>::load(was);
    switch (op) {
    case SCATTER_SET: return Of<T>::store(y);
    case SCATTER_ADD: return Of<T>::store(plus(x, y));
    case SCATTER_MUL: return Of<T>::store(times(x, y));
    case SCATTER_MAX: return Of<T>::store(greater_of(x, y));
    default: return Of<T>::store(lesser_of(x, y));
    }
}
// A sum of truth values is whether either is true.
template <> __device__ inline boolean scattered<boolean>(i32 op, boolean was, u8 y) {
    u8 x = was.bit;
    switch (op) {
    case SCATTER_SET: return Of<boolean>::store(y);
    case SCATTER_ADD:
    case SCATTER_MAX: return Of<boolean>::store(x | y);
    default: return Of<boolean>::store(x & y);
    }
}

// A line of the index along the dimension is taken in order: sums are the same bits each time, and
// of several writes to one place the last stays.
struct Scattering {
    Dims dims;
    u32 lines, length;
    i64 to_step, index_step, from_step;
    i32 op;
};

// Each line by one thread.
template <class T>
__device__ inline void scatter(const Scattering &s, const Out &dst, const In &index,
                               const Source &src) {
    EACH(line, s.lines) {
        i64 to = 0, at = 0, from = 0;
        each_coordinate(s.dims, line, [&](int d, u32 c) {
            to += (i64)c * dst.stride[d];
            at += (i64)c * index.stride[d];
            from += (i64)c * src.stride[d];
        });
        T *out = (T *)dst.data + to;
        const i64 *places = (const i64 *)index.data + at;
        for (u32 i = 0; i < s.length; i++) {
            T *cell = out + places[i * s.index_step] * s.to_step;
            *cell = scattered<T>(s.op, *cell, value<T>(src, from + i * s.from_step));
        }
    }
}
#define SCATTER(name, T)                                                                           \
    KERNEL scatter_##name(Scattering s, Out dst, In index, Source src) {                           \
        scatter<T>(s, dst, index, src);                                                            \
    }
FOR_ALL(SCATTER)

// Long lines: their positions have been sorted by place, and each place is one thread's, which
// takes what goes there in order. `shared` says that all lines have the first one's places.
template <class T>
__device__ inline void scatter_sorted(const Scattering &s, const Out &dst, const In &index,
                                      const Source &src, const u32 *sorted, u32 padded,
                                      i32 shared) {
    EACH(i, s.lines * s.length) {
        u32 line = i % s.lines, k = i / s.lines;
        i64 to = 0, at = 0, from = 0;
        each_coordinate(s.dims, line, [&](int d, u32 c) {
            to += (i64)c * dst.stride[d];
            at += (i64)c * index.stride[d];
            from += (i64)c * src.stride[d];
        });
        const u32 *order = sorted + (u64)(shared ? 0 : line) * padded;
        const i64 *places = (const i64 *)index.data + at;
        i64 own = places[order[k] * s.index_step];
        if (k > 0 && places[order[k - 1] * s.index_step] == own) {
            continue;
        }
        T *cell = (T *)dst.data + to + own * s.to_step;
        T all = *cell;
        for (; k < s.length && places[order[k] * s.index_step] == own; k++) {
            all = scattered<T>(s.op, all, value<T>(src, from + order[k] * s.from_step));
        }
        *cell = all;
    }
}
#define SCATTER_SORTED(name, T)                                                                    \
    KERNEL scatter_sorted_##name(Scattering s, Out dst, In index, Source src, const u32 *sorted,   \
                                 u32 padded, i32 shared) {                                         \
        scatter_sorted<T>(s, dst, index, src, sorted, padded, shared);                             \
    }
FOR_ALL(SCATTER_SORTED)
