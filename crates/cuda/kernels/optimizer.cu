// Optimizer steps over many parameters in one launch.

// As many as a kernel's parameters hold. Parameter `i` has blocks `first[i]` to `first[i + 1]`.
enum { MANY = 48 };
struct Parameters {
    u32 count;
    u32 first[MANY + 1];
    u64 size[MANY];
    void *parameter[MANY], *state[2][MANY];
    const void *gradient[MANY];
};

enum { ELEMENTS_OF_A_BLOCK = 4 * THREADS };

// Calls `f(i, element)` for the elements of this block's parameter `i`.
template <class F> __device__ inline void each_element(const Parameters &p, F f) {
    u32 i = 0;
    while (i + 1 < p.count && p.first[i + 1] <= blockIdx.x) {
        i++;
    }
    u64 start = (u64)(blockIdx.x - p.first[i]) * ELEMENTS_OF_A_BLOCK;
    for (u32 k = threadIdx.x; k < ELEMENTS_OF_A_BLOCK; k += blockDim.x) {
        if (start + k < p.size[i]) {
            f(i, start + k);
        }
    }
}

struct Sgd {
    double lr, momentum, keep, decay, sign;
    i32 nesterov, first, has_buffer;
};

template <class T> __device__ inline void sgd(const Parameters &all, const Sgd &s) {
    T lr = (T)s.lr, mu = (T)s.momentum, keep = (T)s.keep, decay = (T)s.decay, sign = (T)s.sign;
    each_element(all, [&](u32 i, u64 at) {
        T *p = (T *)all.parameter[i] + at;
        T was = *p;
        T g = sign * ((const T *)all.gradient[i])[at];
        // A weight times 0 is 0 only where it is finite.
        if (decay != 0) {
            g += decay * was;
        }
        if (s.has_buffer) {
            T *b = (T *)all.state[0][i] + at;
            T buffer = s.first ? g : mu * *b + keep * g;
            *b = buffer;
            g = s.nesterov ? g + mu * buffer : buffer;
        }
        *p = was - lr * g;
    });
}
KERNEL sgd_f32(Parameters all, Sgd s) { sgd<float>(all, s); }
KERNEL sgd_f64(Parameters all, Sgd s) { sgd<double>(all, s); }

struct Adam {
    double size, root_bias, shrink, decay, sign, weight, rest, keep, fresh, eps;
};

template <class T> __device__ inline void adam(const Parameters &all, const Adam &s) {
    T size = (T)s.size, bias = (T)s.root_bias, shrink = (T)s.shrink, decay = (T)s.decay;
    T sign = (T)s.sign, weight = (T)s.weight, rest = (T)s.rest;
    T keep = (T)s.keep, fresh = (T)s.fresh, eps = (T)s.eps;
    each_element(all, [&](u32 i, u64 at) {
        T *p = (T *)all.parameter[i] + at;
        T *m = (T *)all.state[0][i] + at, *v = (T *)all.state[1][i] + at;
        T was = *p;
        T g = sign * ((const T *)all.gradient[i])[at];
        if (decay != 0) {
            g += decay * was;
        }
        // The two forms of `lerp`, each exact at its end.
        T first = weight < (T)0.5 ? *m + weight * (g - *m) : g - (g - *m) * rest;
        T second = *v * keep + fresh * g * g;
        *m = first;
        *v = second;
        *p = was * shrink - size * first / (m_sqrt(second) / bias + eps);
    });
}
KERNEL adam_f32(Parameters all, Adam s) { adam<float>(all, s); }
KERNEL adam_f64(Parameters all, Adam s) { adam<double>(all, s); }
