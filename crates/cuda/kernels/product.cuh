// A tiled product of two matrices that are given by functions: plain ones, and a convolution's.
//
// A block makes 64 x 64 results from slices of 16 of the inner dimension; a thread makes 4 x 4 of
// them, 16 apart, so that neighbouring threads touch neighbouring memory.

enum { SIDE = 64, DEPTH = 16, APART = 16, EACH_WAY = SIDE / APART, LOADS = SIDE * DEPTH / THREADS };

// The shared tiles; one more column keeps a column's elements out of one memory bank.
template <class A> struct Tiles {
    A left[DEPTH][SIDE + 1];
    A right[DEPTH][SIDE + 1];
};

// Which element of a tile a thread loads as its `e`-th: along the inner dimension where that is
// contiguous, else along the outer one.
struct Share {
    u32 line, inner;
    __device__ inline Share(bool along_inner, u32 e) {
        u32 i = threadIdx.x + THREADS * e;
        line = along_inner ? i / DEPTH : i % SIDE;
        inner = along_inner ? i % DEPTH : i / SIDE;
    }
};

// The elements of one side that a thread loads for every slice: their lines stay.
template <class A, class Side> struct Loader {
    typename Side::Line lines[LOADS];
    __device__ inline Loader(const Side &side, u32 first) {
#pragma unroll
        for (u32 e = 0; e < LOADS; e++) {
            u32 line = first + Share(side.along_inner, e).line;
            lines[e] = side.line(line < side.count ? line : 0, line < side.count);
        }
    }
    __device__ inline void load(const Side &side, u32 start, u32 end, A (*tile)[SIDE + 1]) const {
#pragma unroll
        for (u32 e = 0; e < LOADS; e++) {
            Share share(side.along_inner, e);
            u32 k = start + share.inner;
            tile[share.inner][share.line] = k < end ? (A)side.load(lines[e], k) : (A)0;
        }
    }
};

// Steps of a slice that are done at once: all, where their numbers fit the registers.
template <class A> struct Unrolled {
    enum { STEPS = DEPTH };
};
template <> struct Unrolled<u64> {
    enum { STEPS = 1 };
};

// `result(row, column, value)` for each element of a tile, from inner elements `start` to `end`.
template <class A, class Left, class Right, class Result>
__device__ inline void multiply(const Left &left, const Right &right, u32 start, u32 end,
                                u32 tile, Tiles<A> &tiles, const Result &result) {
    u32 across = (right.count + SIDE - 1) / SIDE;
    u32 row0 = tile / across * SIDE, column0 = tile % across * SIDE;
    u32 x = threadIdx.x % APART, y = threadIdx.x / APART;
    Loader<A, Left> rows(left, row0);
    Loader<A, Right> columns(right, column0);
    A sums[EACH_WAY][EACH_WAY] = {};
    for (u32 k0 = start; k0 < end; k0 += DEPTH) {
        rows.load(left, k0, end, tiles.left);
        columns.load(right, k0, end, tiles.right);
        __syncthreads();
#pragma unroll Unrolled<A>::STEPS
        for (u32 k = 0; k < DEPTH; k++) {
            A a[EACH_WAY], b[EACH_WAY];
#pragma unroll
            for (u32 i = 0; i < EACH_WAY; i++) {
                a[i] = tiles.left[k][y + APART * i];
                b[i] = tiles.right[k][x + APART * i];
            }
#pragma unroll
            for (u32 i = 0; i < EACH_WAY; i++) {
#pragma unroll
                for (u32 j = 0; j < EACH_WAY; j++) {
                    sums[i][j] = multiply_add(a[i], b[j], sums[i][j]);
                }
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (u32 i = 0; i < EACH_WAY; i++) {
#pragma unroll
        for (u32 j = 0; j < EACH_WAY; j++) {
            u32 row = row0 + y + APART * i, column = column0 + x + APART * j;
            if (row < left.count && column < right.count) {
                result(row, column, sums[i][j]);
            }
        }
    }
}

// How many tiles a product has.
template <class Left, class Right>
__device__ inline u32 tiles_of(const Left &left, const Right &right) {
    return (left.count + SIDE - 1) / SIDE * ((right.count + SIDE - 1) / SIDE);
}
