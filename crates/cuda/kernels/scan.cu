// Running sums, products, extremes and sums of exponentials.
//
// Many lines have a thread each; few long ones a block each, which takes 256 elements at a time.

// `f32` is accumulated in `f64`, as on the CPU.
template <class T> struct Running {
    typedef typename Of<T>::Fold As;
};
template <> struct Running<float> {
    typedef double As;
};

// What is so far before anything was.
template <class A> __device__ inline A scan_start(i32 op) {
    switch (op) {
    case SCAN_SUM: return 0;
    case SCAN_PROD: return 1;
    case SCAN_MIN: return Ends<A>::high();
    default: return Ends<A>::low();
    }
}

template <class A> struct Scanned {
    static __device__ inline A logarithms(A a, A b) { return log_sum_exp(a, b); }
};
template <> struct Scanned<i64> {
    static __device__ inline i64 logarithms(i64, i64 b) { return b; }
};

template <class A> __device__ inline A scan_meet(i32 op, A a, A b) {
    switch (op) {
    case SCAN_SUM: return plus(a, b);
    case SCAN_PROD: return times(a, b);
    case SCAN_MAX: return greater_of(a, b);
    case SCAN_MIN: return lesser_of(a, b);
    default: return Scanned<A>::logarithms(a, b);
    }
}

// The lines' places, and the way along one.
struct Lines {
    Dims dims;
    u32 count, length;
    i64 to_step, from_step;
};

template <class T, class A>
__device__ inline void scan_line(const Lines &lines, T *to, const T *from, i32 op) {
    A running = scan_start<A>(op);
    for (u32 i = 0; i < lines.length; i++) {
        running = scan_meet<A>(op, running, Of<T>::load(from[i * lines.from_step]));
        to[i * lines.to_step] = Of<T>::store(running);
    }
}

template <class T, class A>
__device__ inline void scan_block(const Lines &lines, T *to, const T *from, i32 op, A *shared) {
    u32 t = threadIdx.x;
    A carry = scan_start<A>(op);
    for (u32 start = 0; start < lines.length; start += blockDim.x) {
        u32 i = start + t;
        bool inside = i < lines.length;
        A x = inside ? (A)Of<T>::load(from[i * lines.from_step]) : scan_start<A>(op);
        shared[t] = x;
        __syncthreads();
        for (u32 distance = 1; distance < blockDim.x; distance *= 2) {
            if (t >= distance) {
                x = scan_meet(op, shared[t - distance], x);
            }
            __syncthreads();
            shared[t] = x;
            __syncthreads();
        }
        if (inside) {
            to[i * lines.to_step] = Of<T>::store(scan_meet(op, carry, x));
        }
        carry = scan_meet(op, carry, shared[blockDim.x - 1]);
        __syncthreads();
    }
}

template <class T, class A>
__device__ inline void scan(const Lines &lines, const Out &dst, const In &src, i32 op, i32 block,
                            A *shared) {
    if (block) {
        for (u32 line = blockIdx.x; line < lines.count; line += gridDim.x) {
            scan_block<T, A>(lines, (T *)dst.data + place(lines.dims, dst.stride, line),
                             (const T *)src.data + place(lines.dims, src.stride, line), op, shared);
        }
    } else {
        EACH(line, lines.count) {
            scan_line<T, A>(lines, (T *)dst.data + place(lines.dims, dst.stride, line),
                            (const T *)src.data + place(lines.dims, src.stride, line), op);
        }
    }
}
#define SCAN(name, T)                                                                              \
    KERNEL scan_##name(Lines lines, Out dst, In src, i32 op, i32 block) {                          \
        typedef Running<T>::As A;                                                                  \
        __shared__ A shared[THREADS];                                                              \
        scan<T, A>(lines, dst, src, op, block, shared);                                            \
    }
FOR_NUMBERS(SCAN)
