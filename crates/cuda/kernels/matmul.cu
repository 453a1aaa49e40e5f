// Batched matrix products of any strides, with a bias for each column where one is given.

// A matrix of a batch: `outer` is the stride of the rows of the left one and of the columns of the
// right one.
struct Matrix {
    const void *data;
    i64 outer, inner;
    i64 batch[MAX_DIMS];
};

struct Product {
    Dims batch;
    u32 batches, rows, columns, inner;
    Matrix left, right;
    void *data;
    i64 row, column;
    i64 out_batch[MAX_DIMS];
    const void *bias;
    i64 bias_stride;
};

template <class T> struct Plain {
    typedef const T *Line;
    const T *data;
    i64 outer, inner;
    u32 count;
    bool along_inner;
    __device__ inline Plain(const Matrix &m, i64 at, u32 count)
        : data((const T *)m.data + at), outer(m.outer), inner(m.inner), count(count) {
        along_inner = (inner < 0 ? -inner : inner) <= (outer < 0 ? -outer : outer);
    }
    __device__ inline Line line(u32 i, bool inside) const {
        return inside ? data + (i64)i * outer : (Line)0;
    }
    __device__ inline typename Of<T>::Work load(Line line, u32 k) const {
        return line ? Of<T>::load(line[(i64)k * inner]) : (typename Of<T>::Work)0;
    }
};

// What products are summed in: halves in `f32`, integers where they wrap.
template <class T> struct Summed {
    typedef typename Wrapping<typename Of<T>::Work>::As As;
};

template <class T, class A>
__device__ inline void matmul(const Product &p, Tiles<A> &tiles) {
    for (u32 z = blockIdx.y; z < p.batches; z += gridDim.y) {
        Plain<T> left(p.left, place(p.batch, p.left.batch, z), p.rows);
        Plain<T> right(p.right, place(p.batch, p.right.batch, z), p.columns);
        T *out = (T *)p.data + place(p.batch, p.out_batch, z);
        multiply<A>(left, right, 0, p.inner, blockIdx.x, tiles, [&](u32 row, u32 column, A sum) {
            if (p.bias) {
                sum = sum + (A)Of<T>::load(((const T *)p.bias)[column * p.bias_stride]);
            }
            out[row * p.row + column * p.column] = Of<T>::store(sum);
        });
    }
}
#define MATMUL(name, T)                                                                            \
    KERNEL matmul_##name(Product p) {                                                              \
        typedef Summed<T>::As A;                                                                   \
        __shared__ Tiles<A> tiles;                                                                 \
        matmul<T, A>(p, tiles);                                                                    \
    }
FOR_NUMBERS(MATMUL)
