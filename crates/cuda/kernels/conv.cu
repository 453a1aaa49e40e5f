// Two-dimensional convolution and its gradients as matrix products whose right side is looked up
// in the image while it is loaded: no columns are ever written.

// Sizes and strides of input `x`, weight `w` and output `y`; channels and filters are those of a
// group.
struct Conv {
    u32 images, groups, channels, filters;
    u32 in[2], out[2], kernel[2], stride[2], padding[2], dilation[2];
    i64 x_stride[4], w_stride[4], y_stride[4];
};

// An index into three dimensions.
struct Three {
    u32 a, b, c;
    __device__ inline Three(u32 i, u32 second, u32 third) {
        u32 rest = i / third;
        c = i - rest * third;
        a = rest / second;
        b = rest - a * second;
    }
};

// The weight as a matrix of filters by taps, or of channels by taps.
template <class T> struct Weights {
    typedef const T *Line;
    const Conv &conv;
    const T *data;
    i64 outer, inner;
    u32 count;
    enum { along_inner = 1 };
    __device__ inline Weights(const Conv &conv, const void *w, u32 group, bool by_channel)
        : conv(conv) {
        data = (const T *)w + (i64)group * conv.filters * conv.w_stride[0];
        outer = conv.w_stride[by_channel ? 1 : 0];
        inner = conv.w_stride[by_channel ? 0 : 1];
        count = by_channel ? conv.channels : conv.filters;
    }
    __device__ inline Line line(u32 i, bool inside) const {
        return inside ? data + (i64)i * outer : (Line)0;
    }
    __device__ inline typename Of<T>::Work load(Line line, u32 k) const {
        if (!line) {
            return 0;
        }
        Three tap(k, conv.kernel[0], conv.kernel[1]);
        return Of<T>::load(
            line[tap.a * inner + tap.b * conv.w_stride[2] + tap.c * conv.w_stride[3]]);
    }
};

// A pixel of an image, or nothing: its image, and where its window begins.
template <class T> struct Pixel {
    const T *image;
    i32 h, w;
};

// Under each output pixel, the input pixels of its window: columns of taps.
template <class T> struct Patches {
    typedef Pixel<T> Line;
    const Conv &conv;
    const T *data;
    u32 count;
    enum { along_inner = 0 };
    __device__ inline Patches(const Conv &conv, const void *x, u32 group) : conv(conv) {
        data = (const T *)x + (i64)group * conv.channels * conv.x_stride[1];
        count = conv.images * conv.out[0] * conv.out[1];
    }
    __device__ inline Line line(u32 i, bool inside) const {
        Three at(i, conv.out[0], conv.out[1]);
        Line line;
        line.image = inside ? data + at.a * conv.x_stride[0] : (const T *)0;
        line.h = (i32)(at.b * conv.stride[0]) - (i32)conv.padding[0];
        line.w = (i32)(at.c * conv.stride[1]) - (i32)conv.padding[1];
        return line;
    }
    __device__ inline typename Of<T>::Work load(const Line &line, u32 k) const {
        Three tap(k, conv.kernel[0], conv.kernel[1]);
        i32 h = line.h + (i32)(tap.b * conv.dilation[0]);
        i32 w = line.w + (i32)(tap.c * conv.dilation[1]);
        if (!line.image || h < 0 || w < 0 || h >= (i32)conv.in[0] || w >= (i32)conv.in[1]) {
            return 0;
        }
        return Of<T>::load(
            line.image[tap.a * conv.x_stride[1] + h * conv.x_stride[2] + w * conv.x_stride[3]]);
    }
};

// Under each input pixel, the gradients of the outputs it went into.
template <class T> struct Origins {
    typedef Pixel<T> Line;
    const Conv &conv;
    const T *data;
    u32 count;
    enum { along_inner = 0 };
    __device__ inline Origins(const Conv &conv, const void *y, u32 group) : conv(conv) {
        data = (const T *)y + (i64)group * conv.filters * conv.y_stride[1];
        count = conv.images * conv.in[0] * conv.in[1];
    }
    __device__ inline Line line(u32 i, bool inside) const {
        Three at(i, conv.in[0], conv.in[1]);
        Line line;
        line.image = inside ? data + at.a * conv.y_stride[0] : (const T *)0;
        line.h = (i32)(at.b + conv.padding[0]);
        line.w = (i32)(at.c + conv.padding[1]);
        return line;
    }
    __device__ inline typename Of<T>::Work load(const Line &line, u32 k) const {
        Three tap(k, conv.kernel[0], conv.kernel[1]);
        i32 h = line.h - (i32)(tap.b * conv.dilation[0]);
        i32 w = line.w - (i32)(tap.c * conv.dilation[1]);
        if (!line.image || h < 0 || w < 0) {
            return 0;
        }
        u32 oh = (u32)h / conv.stride[0], ow = (u32)w / conv.stride[1];
        bool hit = oh * conv.stride[0] == (u32)h && ow * conv.stride[1] == (u32)w;
        if (!hit || oh >= conv.out[0] || ow >= conv.out[1]) {
            return 0;
        }
        return Of<T>::load(
            line.image[tap.a * conv.y_stride[1] + oh * conv.y_stride[2] + ow * conv.y_stride[3]]);
    }
};

// The gradient of the output as a matrix of filters by pixels.
template <class T> struct Gradients {
    typedef const T *Line;
    const Conv &conv;
    const T *data;
    u32 count;
    enum { along_inner = 1 };
    __device__ inline Gradients(const Conv &conv, const void *y, u32 group) : conv(conv) {
        data = (const T *)y + (i64)group * conv.filters * conv.y_stride[1];
        count = conv.filters;
    }
    __device__ inline Line line(u32 i, bool inside) const {
        return inside ? data + i * conv.y_stride[1] : (Line)0;
    }
    __device__ inline typename Of<T>::Work load(Line line, u32 k) const {
        if (!line) {
            return 0;
        }
        Three at(k, conv.out[0], conv.out[1]);
        return Of<T>::load(
            line[at.a * conv.y_stride[0] + at.b * conv.y_stride[2] + at.c * conv.y_stride[3]]);
    }
};

// Under each tap, the input pixels it met: rows of output pixels.
template <class T> struct Met {
    struct Line {
        const T *channel;
        i32 h, w;
    };
    const Conv &conv;
    const T *data;
    u32 count;
    enum { along_inner = 1 };
    __device__ inline Met(const Conv &conv, const void *x, u32 group) : conv(conv) {
        data = (const T *)x + (i64)group * conv.channels * conv.x_stride[1];
        count = conv.channels * conv.kernel[0] * conv.kernel[1];
    }
    __device__ inline Line line(u32 i, bool inside) const {
        Three tap(i, conv.kernel[0], conv.kernel[1]);
        Line line;
        line.channel = inside ? data + tap.a * conv.x_stride[1] : (const T *)0;
        line.h = (i32)(tap.b * conv.dilation[0]) - (i32)conv.padding[0];
        line.w = (i32)(tap.c * conv.dilation[1]) - (i32)conv.padding[1];
        return line;
    }
    __device__ inline typename Of<T>::Work load(const Line &line, u32 k) const {
        Three at(k, conv.out[0], conv.out[1]);
        i32 h = line.h + (i32)(at.b * conv.stride[0]), w = line.w + (i32)(at.c * conv.stride[1]);
        if (!line.channel || h < 0 || w < 0 || h >= (i32)conv.in[0] || w >= (i32)conv.in[1]) {
            return 0;
        }
        return Of<T>::load(
            line.channel[at.a * conv.x_stride[0] + h * conv.x_stride[2] + w * conv.x_stride[3]]);
    }
};

// `blockIdx.y` counts the groups.

template <class T, class A>
__device__ inline void conv_forward(const Conv &conv, const void *x, const void *w, void *y,
                                    Tiles<A> &tiles) {
    u32 group = blockIdx.y;
    Weights<T> left(conv, w, group, false);
    Patches<T> right(conv, x, group);
    u32 taps = conv.channels * conv.kernel[0] * conv.kernel[1];
    T *out = (T *)y + (i64)group * conv.filters * conv.y_stride[1];
    multiply<A>(left, right, 0, taps, blockIdx.x, tiles, [&](u32 filter, u32 pixel, A sum) {
        Three at(pixel, conv.out[0], conv.out[1]);
        out[at.a * conv.y_stride[0] + filter * conv.y_stride[1] + at.b * conv.y_stride[2] +
            at.c * conv.y_stride[3]] = Of<T>::store(sum);
    });
}
#define CONV_FORWARD(name, T)                                                                      \
    KERNEL conv_forward_##name(Conv conv, const void *x, const void *w, void *y) {                 \
        typedef Of<T>::Work A;                                                                     \
        __shared__ Tiles<A> tiles;                                                                 \
        conv_forward<T, A>(conv, x, w, y, tiles);                                                  \
    }
FOR_FLOATS(CONV_FORWARD)

template <class T, class A>
__device__ inline void conv_input(const Conv &conv, const void *y, const void *w, void *x,
                                  Tiles<A> &tiles) {
    u32 group = blockIdx.y;
    Weights<T> left(conv, w, group, true);
    Origins<T> right(conv, y, group);
    u32 taps = conv.filters * conv.kernel[0] * conv.kernel[1];
    T *out = (T *)x + (i64)group * conv.channels * conv.x_stride[1];
    multiply<A>(left, right, 0, taps, blockIdx.x, tiles, [&](u32 channel, u32 pixel, A sum) {
        Three at(pixel, conv.in[0], conv.in[1]);
        out[at.a * conv.x_stride[0] + channel * conv.x_stride[1] + at.b * conv.x_stride[2] +
            at.c * conv.x_stride[3]] = Of<T>::store(sum);
    });
}
#define CONV_INPUT(name, T)                                                                        \
    KERNEL conv_input_##name(Conv conv, const void *y, const void *w, void *x) {                   \
        typedef Of<T>::Work A;                                                                     \
        __shared__ Tiles<A> tiles;                                                                 \
        conv_input<T, A>(conv, y, w, x, tiles);                                                    \
    }
FOR_FLOATS(CONV_INPUT)

// The sum over all pixels of all images is long and its result small: `gridDim.z` shares of it go
// to `partial` [shares, groups, filters, taps], which `reduce_finish` puts together.
template <class T, class A>
__device__ inline void conv_weight(const Conv &conv, const void *x, const void *y, A *partial,
                                   Tiles<A> &tiles) {
    u32 group = blockIdx.y;
    Gradients<T> left(conv, y, group);
    Met<T> right(conv, x, group);
    u32 pixels = conv.images * conv.out[0] * conv.out[1];
    u32 share = (pixels + gridDim.z - 1) / gridDim.z;
    u32 start = least(pixels, blockIdx.z * share), end = least(pixels, start + share);
    u64 first = ((u64)blockIdx.z * conv.groups + group) * left.count;
    multiply<A>(left, right, start, end, blockIdx.x, tiles, [&](u32 filter, u32 tap, A sum) {
        partial[(first + filter) * right.count + tap] = sum;
    });
}
#define CONV_WEIGHT(name, T)                                                                       \
    KERNEL conv_weight_##name(Conv conv, const void *x, const void *y, void *partial) {            \
        typedef Of<T>::Work A;                                                                     \
        __shared__ Tiles<A> tiles;                                                                 \
        conv_weight<T, A>(conv, x, y, (A *)partial, tiles);                                        \
    }
FOR_FLOATS(CONV_WEIGHT)
