// Filling, and copying between layouts and element types.

template <class T> __device__ inline void fill(const Dims &dims, u32 n, const Out &dst, u64 bits) {
    EACH(i, n) { ((T *)dst.data)[place(dims, dst.stride, i)] = (T)bits; }
}
#define FILL(name, T)                                                                              \
    KERNEL fill_##name(Dims dims, u32 n, Out dst, u64 bits) { fill<T>(dims, n, dst, bits); }
FOR_SIZES(FILL)

// `start + (first + i) * step`: of integers exactly and wrapping, else in double precision and
// rounded once.
template <class T>
__device__ inline void range(const Dims &dims, u32 n, const Out &dst, u64 first, i32 whole,
                             i64 start, i64 step, double from, double by) {
    EACH(i, n) {
        u64 at = first + i;
        T x = whole ? Of<T>::from((i64)((u64)start + at * (u64)step))
                    : Of<T>::from(from + (double)at * by);
        ((T *)dst.data)[place(dims, dst.stride, i)] = x;
    }
}
#define RANGE(name, T)                                                                             \
    KERNEL range_##name(Dims dims, u32 n, Out dst, u64 first, i32 whole, i64 start, i64 step,      \
                        double from, double by) {                                                  \
        range<T>(dims, n, dst, first, whole, start, step, from, by);                               \
    }
FOR_ALL(RANGE)

template <class T>
__device__ inline void copy(const Dims &dims, u32 n, const Out &dst, const In &src) {
    EACH(i, n) {
        i64 to = 0, from = 0;
        each_coordinate(dims, i, [&](int d, u32 c) {
            to += (i64)c * dst.stride[d];
            from += (i64)c * src.stride[d];
        });
        ((T *)dst.data)[to] = ((const T *)src.data)[from];
    }
}
#define COPY(name, T)                                                                              \
    KERNEL copy_##name(Dims dims, u32 n, Out dst, In src) { copy<T>(dims, n, dst, src); }
FOR_SIZES(COPY)

// ---- a matrix turned round, by tiles of 32 x 32 ----
//
// Rows of the destination are contiguous, and columns of the source; both are touched by whole
// rows of a tile. One more column keeps a tile's columns out of one memory bank.

enum { TILE = 32, TILE_ROWS = THREADS / TILE };

template <class T>
__device__ inline void transpose(T *dst, const T *src, u32 rows, u32 columns, i64 to_row,
                                 i64 from_column, T *tile) {
    u32 across = (columns + TILE - 1) / TILE;
    u32 row0 = blockIdx.x / across * TILE, column0 = blockIdx.x % across * TILE;
    u32 x = threadIdx.x % TILE, y = threadIdx.x / TILE;
    for (u32 k = y; k < TILE; k += TILE_ROWS) {
        if (column0 + k < columns && row0 + x < rows) {
            tile[k * (TILE + 1) + x] = src[(i64)(column0 + k) * from_column + row0 + x];
        }
    }
    __syncthreads();
    for (u32 k = y; k < TILE; k += TILE_ROWS) {
        if (row0 + k < rows && column0 + x < columns) {
            dst[(i64)(row0 + k) * to_row + column0 + x] = tile[x * (TILE + 1) + k];
        }
    }
}
// `blockIdx.y` counts the matrices of a batch.
#define TRANSPOSE(name, T)                                                                         \
    KERNEL transpose_##name(Dims batch, Out dst, In src, u32 rows, u32 columns, i64 to_row,        \
                            i64 from_column) {                                                     \
        __shared__ T tile[TILE * (TILE + 1)];                                                      \
        i64 to = place(batch, dst.stride, blockIdx.y), from = place(batch, src.stride, blockIdx.y); \
        transpose<T>((T *)dst.data + to, (const T *)src.data + from, rows, columns, to_row,        \
                     from_column, tile);                                                           \
    }
FOR_SIZES(TRANSPOSE)

// ---- conversions ----
//
// Through the widest number of the operand's kind, which holds it exactly.

enum Type { TYPE_BOOL, TYPE_U8, TYPE_I32, TYPE_I64, TYPE_F16, TYPE_BF16, TYPE_F32, TYPE_F64 };

template <class D, class S>
__device__ inline void convert(const Dims &dims, u32 n, const Out &dst, const In &src) {
    EACH(i, n) {
        i64 to = 0, from = 0;
        each_coordinate(dims, i, [&](int d, u32 c) {
            to += (i64)c * dst.stride[d];
            from += (i64)c * src.stride[d];
        });
        typename Of<S>::Wide wide = Of<S>::load(((const S *)src.data)[from]);
        ((D *)dst.data)[to] = Of<D>::from(wide);
    }
}

template <class D>
__device__ inline void cast(const Dims &dims, u32 n, const Out &dst, const In &src, i32 type) {
    switch (type) {
    case TYPE_BOOL: convert<D, boolean>(dims, n, dst, src); break;
    case TYPE_U8: convert<D, u8>(dims, n, dst, src); break;
    case TYPE_I32: convert<D, i32>(dims, n, dst, src); break;
    case TYPE_I64: convert<D, i64>(dims, n, dst, src); break;
    case TYPE_F16: convert<D, f16>(dims, n, dst, src); break;
    case TYPE_BF16: convert<D, bf16>(dims, n, dst, src); break;
    case TYPE_F32: convert<D, float>(dims, n, dst, src); break;
    default: convert<D, double>(dims, n, dst, src);
    }
}
#define CAST(name, T)                                                                              \
    KERNEL cast_##name(Dims dims, u32 n, Out dst, In src, i32 type) {                              \
        cast<T>(dims, n, dst, src, type);                                                          \
    }
FOR_ALL(CAST)
