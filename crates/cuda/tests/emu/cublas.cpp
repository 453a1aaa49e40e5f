// The fake cuBLAS: matrix products by plain loops, column by column as the library has them, given
// to the stream like any other work.
#include <cstdint>
#include <cstring>
#include <vector>

#include "state.h"

namespace {

struct Handle {
    void *stream = nullptr;
};

// CUDA's numbers of types.
enum Type { F32 = 0, F64 = 1, F16 = 2, BF16 = 14 };

float widen_f16(uint16_t bits) {
    _Float16 half;
    memcpy(&half, &bits, 2);
    return (float)half;
}
double load(Type type, const void *at, int64_t i) {
    switch (type) {
    case F32: return ((const float *)at)[i];
    case F64: return ((const double *)at)[i];
    case F16: return widen_f16(((const uint16_t *)at)[i]);
    default: {
        uint32_t bits = (uint32_t)((const uint16_t *)at)[i] << 16;
        float wide;
        memcpy(&wide, &bits, 4);
        return wide;
    }
    }
}
void store(Type type, void *at, int64_t i, double x) {
    switch (type) {
    case F32: ((float *)at)[i] = (float)x; break;
    case F64: ((double *)at)[i] = x; break;
    case F16: ((_Float16 *)at)[i] = (_Float16)(float)x; break;
    default: {
        float narrow = (float)x;
        uint32_t bits;
        memcpy(&bits, &narrow, 4);
        bits = x != x ? (bits >> 16) | 0x40 : (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
        ((uint16_t *)at)[i] = (uint16_t)bits;
    }
    }
}
size_t size_of(Type type) { return type == F64 ? 8 : type == F32 ? 4 : 2; }

struct Matrix {
    const char *data;
    Type type;
    int leading;
    long long step;
    bool transposed;
    double at(int batch, int row, int column) const {
        int64_t i = transposed ? column + (int64_t)row * leading : row + (int64_t)column * leading;
        return load(type, data + batch * step * (int64_t)size_of(type), i);
    }
};

int product(void *handle, int m, int n, int k, double alpha, Matrix a, Matrix b, double beta, void *c, Type type,
            int leading, long long step, int batches) {
    bool fits = a.leading >= (a.transposed ? k : m) && b.leading >= (b.transposed ? n : k) && leading >= m;
    if (m < 0 || n < 0 || k < 0 || batches < 0 || !fits) return 7;  // CUBLAS_STATUS_INVALID_VALUE
    bool wide = type == F64;
    int failed = fake::emu_enqueue(((Handle *)handle)->stream, [=] {
        for (int z = 0; z < batches; z++) {
            char *out = (char *)c + z * step * (int64_t)size_of(type);
            for (int j = 0; j < n; j++) {
                for (int i = 0; i < m; i++) {
                    double exact = 0;
                    float single = 0;
                    for (int l = 0; l < k; l++) {
                        double term = a.at(z, i, l) * b.at(z, l, j);
                        exact += term;
                        single += (float)term;
                    }
                    int64_t at = i + (int64_t)j * leading;
                    // With beta 0 what is there is not read: it may be NaN.
                    double before = beta == 0 ? 0 : beta * load(type, out, at);
                    store(type, out, at, alpha * (wide ? exact : (double)single) + before);
                }
            }
        }
        return fake::SUCCESS;
    });
    return failed ? 13 : 0;  // CUBLAS_STATUS_EXECUTION_FAILED
}

}  // namespace

API int cublasCreate_v2(void **out) {
    *out = new Handle;
    return 0;
}
API int cublasDestroy_v2(void *handle) {
    delete (Handle *)handle;
    return 0;
}
API int cublasSetStream_v2(void *handle, void *stream) {
    ((Handle *)handle)->stream = stream;
    return 0;
}
API int cublasGetVersion_v2(void *, int *version) {
    *version = 130000;
    return 0;
}
API int cublasSetMathMode(void *, int) { return 0; }
API int cublasSetWorkspace_v2(void *, void *, size_t) { return 0; }
API int cublasSetPointerMode_v2(void *, int) { return 0; }

#define GEMM(letter, T, type)                                                                                          \
    API int cublas##letter##gemm_v2(void *h, int ta, int tb, int m, int n, int k, const T *alpha, const T *a, int lda, \
                                    const T *b, int ldb, const T *beta, T *c, int ldc) {                               \
        return product(h, m, n, k, *alpha, {(const char *)a, type, lda, 0, ta != 0},                                   \
                       {(const char *)b, type, ldb, 0, tb != 0}, *beta, c, type, ldc, 0, 1);                           \
    }                                                                                                                  \
    API int cublas##letter##gemmStridedBatched(void *h, int ta, int tb, int m, int n, int k, const T *alpha,           \
                                               const T *a, int lda, long long sa, const T *b, int ldb, long long sb,   \
                                               const T *beta, T *c, int ldc, long long sc, int batches) {              \
        return product(h, m, n, k, *alpha, {(const char *)a, type, lda, sa, ta != 0},                                  \
                       {(const char *)b, type, ldb, sb, tb != 0}, *beta, c, type, ldc, sc, batches);                   \
    }
GEMM(S, float, F32)
GEMM(D, double, F64)

// Any mixture of types. `compute` 70 is in double precision, its numbers are doubles; the others
// are in single precision.
API int cublasGemmStridedBatchedEx(void *h, int ta, int tb, int m, int n, int k, const void *alpha, const void *a,
                                   int a_type, int lda, long long sa, const void *b, int b_type, int ldb, long long sb,
                                   const void *beta, void *c, int c_type, int ldc, long long sc, int batches,
                                   int compute, int) {
    Type scale = compute == 70 ? F64 : F32;
    return product(h, m, n, k, load(scale, alpha, 0), {(const char *)a, (Type)a_type, lda, sa, ta != 0},
                   {(const char *)b, (Type)b_type, ldb, sb, tb != 0}, load(scale, beta, 0), c, (Type)c_type, ldc, sc,
                   batches);
}
API int cublasGemmEx(void *h, int ta, int tb, int m, int n, int k, const void *alpha, const void *a, int a_type, int lda,
                     const void *b, int b_type, int ldb, const void *beta, void *c, int c_type, int ldc, int compute,
                     int algorithm) {
    return cublasGemmStridedBatchedEx(h, ta, tb, m, n, k, alpha, a, a_type, lda, 0, b, b_type, ldb, 0, beta, c, c_type,
                                      ldc, 0, 1, compute, algorithm);
}
