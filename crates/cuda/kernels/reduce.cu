// Many elements to one: values, and positions of extremes.
//
// A result belongs to `lanes` threads of a block, a power of two. They take its elements in turn
// and meet in a fixed tree, so that the same call gives the same bits. Where `columns` is set,
// neighbouring threads have neighbouring results, else neighbouring elements of one result:
// whichever lie side by side in memory. `gridDim.y` shares of the elements go to `partial`, which
// `reduce_finish` puts together.

// What changes nothing.
template <class A> __device__ inline A neutral(i32 op) {
    switch (op) {
    case REDUCE_SUM: return 0;
    case REDUCE_PROD: return 1;
    case REDUCE_MAX: return Ends<A>::low();
    case REDUCE_MIN: return Ends<A>::high();
    // Of no truth values.
    default: return op == REDUCE_ALL;
    }
}

// Of truth values, the greatest is whether any is true and the least whether all are.
template <class A> __device__ inline A meet(i32 op, A a, A b) {
    switch (op) {
    case REDUCE_SUM: return plus(a, b);
    case REDUCE_PROD: return times(a, b);
    case REDUCE_MAX:
    case REDUCE_ANY: return greater_of(a, b);
    default: return lesser_of(a, b);
    }
}

// How the threads of a block are shared out.
struct Team {
    u32 lanes, lane, output, next;
    __device__ inline Team(u32 lanes, i32 columns) : lanes(lanes) {
        u32 together = blockDim.x / lanes;
        lane = columns ? threadIdx.x / together : threadIdx.x % lanes;
        output = blockIdx.x * together + (columns ? threadIdx.x % together : threadIdx.x / lanes);
        next = columns ? together : 1;
    }
};

// Sizes of the dimensions that stay and of those that go, and how many there are of each.
struct Reduction {
    Dims kept, folded;
    u32 outputs, count, lanes;
    i32 columns, op;
};

template <class T, class A>
__device__ inline void reduce(const Reduction &r, const Out &dst, const In &src,
                              const In &folded, A *partial, A *shared) {
    Team team(r.lanes, r.columns);
    u32 share = (r.count + gridDim.y - 1) / gridDim.y;
    u32 start = blockIdx.y * share, end = least(r.count, start + share);
    A sum = neutral<A>(r.op);
    if (team.output < r.outputs) {
        const T *from = (const T *)src.data + place(r.kept, src.stride, team.output);
        for (u32 i = start + team.lane; i < end; i += team.lanes) {
            sum = meet<A>(r.op, sum, Of<T>::load(from[place(r.folded, folded.stride, i)]));
        }
    }
    shared[threadIdx.x] = sum;
    __syncthreads();
    for (u32 half = team.lanes / 2; half > 0; half /= 2) {
        if (team.lane < half) {
            u32 other = threadIdx.x + half * team.next;
            shared[threadIdx.x] = meet(r.op, shared[threadIdx.x], shared[other]);
        }
        __syncthreads();
    }
    if (team.lane == 0 && team.output < r.outputs) {
        A all = shared[threadIdx.x];
        if (partial) {
            partial[(u64)blockIdx.y * r.outputs + team.output] = all;
        } else {
            ((T *)dst.data)[place(r.kept, dst.stride, team.output)] = Of<T>::store(all);
        }
    }
}
#define REDUCE(name, T)                                                                            \
    KERNEL reduce_##name(Reduction r, Out dst, In src, In folded, void *partial) {                 \
        typedef Of<T>::Fold A;                                                                     \
        __shared__ A shared[THREADS];                                                              \
        reduce<T, A>(r, dst, src, folded, (A *)partial, shared);                                   \
    }
FOR_ALL(REDUCE)

// Puts shares together, in their order.
template <class T>
__device__ inline void finish(const Dims &kept, const Out &dst,
                              const typename Of<T>::Fold *partial, u32 outputs, u32 shares,
                              i32 op) {
    EACH(i, outputs) {
        typename Of<T>::Fold all = partial[i];
        for (u32 s = 1; s < shares; s++) {
            all = meet(op, all, partial[(u64)s * outputs + i]);
        }
        ((T *)dst.data)[place(kept, dst.stride, i)] = Of<T>::store(all);
    }
}
#define FINISH(name, T)                                                                            \
    KERNEL reduce_finish_##name(Dims kept, Out dst, const void *partial, u32 outputs, u32 shares,  \
                                i32 op) {                                                          \
        finish<T>(kept, dst, (const Of<T>::Fold *)partial, outputs, shares, op);                   \
    }
FOR_ALL(FINISH)

// ---- positions of extremes: the first of equals, a NaN before all ----

enum : u32 { NOWHERE = 0xFFFFFFFFu };

// Whether `x` at `i` goes before `y` at `j`.
template <class A> __device__ inline bool before(i32 op, A x, u32 i, A y, u32 j) {
    if (i == NOWHERE || j == NOWHERE) {
        return j == NOWHERE && i != NOWHERE;
    }
    if (is_nan(x) || is_nan(y)) {
        return is_nan(x) && (!is_nan(y) || i < j);
    }
    if (x == y) {
        return i < j;
    }
    return op == ARG_REDUCE_MAX ? x > y : x < y;
}

template <class T, class A>
__device__ inline void arg_reduce(const Reduction &r, const Out &dst, const In &src,
                                  const In &folded, A *values, u32 *places) {
    Team team(r.lanes, r.columns);
    A best = 0;
    u32 at = NOWHERE;
    if (team.output < r.outputs) {
        const T *from = (const T *)src.data + place(r.kept, src.stride, team.output);
        for (u32 i = team.lane; i < r.count; i += team.lanes) {
            A x = Of<T>::load(from[place(r.folded, folded.stride, i)]);
            if (before(r.op, x, i, best, at)) {
                best = x;
                at = i;
            }
        }
    }
    values[threadIdx.x] = best;
    places[threadIdx.x] = at;
    __syncthreads();
    for (u32 half = team.lanes / 2; half > 0; half /= 2) {
        if (team.lane < half) {
            u32 other = threadIdx.x + half * team.next;
            if (before(r.op, values[other], places[other], values[threadIdx.x], places[threadIdx.x])) {
                values[threadIdx.x] = values[other];
                places[threadIdx.x] = places[other];
            }
        }
        __syncthreads();
    }
    if (team.lane == 0 && team.output < r.outputs) {
        ((i64 *)dst.data)[place(r.kept, dst.stride, team.output)] = places[threadIdx.x];
    }
}
#define ARG_REDUCE(name, T)                                                                        \
    KERNEL arg_reduce_##name(Reduction r, Out dst, In src, In folded) {                            \
        typedef Of<T>::Fold A;                                                                     \
        __shared__ A values[THREADS];                                                              \
        __shared__ u32 places[THREADS];                                                            \
        arg_reduce<T, A>(r, dst, src, folded, values, places);                                     \
    }
FOR_ALL(ARG_REDUCE)
