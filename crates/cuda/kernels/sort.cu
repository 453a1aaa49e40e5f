// Stable sorting along a dimension: a bitonic network over keys and positions.
//
// A key is a number with the order of the element: below 0 before above, NaN after all, both zeros
// one. Equal keys go by their positions, so that no two are equal and the network is stable. Rows
// are filled up to a power of two with what comes last.

enum : u64 { SIGN = 0x8000000000000000ull };

__device__ inline u64 sort_key(i64 x) { return (u64)x ^ SIGN; }
__device__ inline u64 sort_key(double x) {
    if (is_nan(x)) {
        return ~0ull;
    }
    u64 bits = bits_as<u64>(x + 0.0);
    return bits & SIGN ? ~bits : bits | SIGN;
}

struct Rows {
    Dims dims;
    u32 rows, length, padded;
    i64 step;
};

template <class T>
__device__ inline void sort_keys(const Rows &r, const In &src, i32 descending, u64 *keys,
                                 u32 *places) {
    EACH(i, r.rows * r.padded) {
        u32 row = i / r.padded, at = i % r.padded;
        u64 key = ~0ull;
        if (at < r.length) {
            const T *from = (const T *)src.data + place(r.dims, src.stride, row);
            key = sort_key((typename Of<T>::Wide)Of<T>::load(from[at * r.step]));
            // Turned round, the keys descend; equals keep their order either way.
            key = descending ? ~key : key;
        }
        keys[i] = key;
        places[i] = at;
    }
}
#define SORT_KEYS(name, T)                                                                         \
    KERNEL sort_keys_##name(Rows r, In src, i32 descending, u64 *keys, u32 *places) {              \
        sort_keys<T>(r, src, descending, keys, places);                                            \
    }
FOR_ALL(SORT_KEYS)

// Puts the `pair`-th two elements `distance` apart in order, in runs of `run` that go up and down.
__device__ inline void exchange(u64 *keys, u32 *places, u32 pair, u32 run, u32 distance) {
    u32 i = pair / distance * distance * 2 + pair % distance, j = i + distance;
    bool after = keys[i] > keys[j] || (keys[i] == keys[j] && places[i] > places[j]);
    bool up = (i & run) == 0;
    if (after == up) {
        u64 key = keys[i];
        keys[i] = keys[j];
        keys[j] = key;
        u32 at = places[i];
        places[i] = places[j];
        places[j] = at;
    }
}

// Rows up to this length are sorted by one block each.
enum { SHORT_ROW = 1024 };

KERNEL sort_short(u32 rows, u32 padded, u64 *keys, u32 *places) {
    __shared__ u64 row_keys[SHORT_ROW];
    __shared__ u32 row_places[SHORT_ROW];
    for (u32 row = blockIdx.x; row < rows; row += gridDim.x) {
        u64 first = (u64)row * padded;
        for (u32 i = threadIdx.x; i < padded; i += blockDim.x) {
            row_keys[i] = keys[first + i];
            row_places[i] = places[first + i];
        }
        __syncthreads();
        for (u32 run = 2; run <= padded; run *= 2) {
            for (u32 distance = run / 2; distance > 0; distance /= 2) {
                for (u32 pair = threadIdx.x; pair < padded / 2; pair += blockDim.x) {
                    exchange(row_keys, row_places, pair, run, distance);
                }
                __syncthreads();
            }
        }
        for (u32 i = threadIdx.x; i < padded; i += blockDim.x) {
            keys[first + i] = row_keys[i];
            places[first + i] = row_places[i];
        }
        __syncthreads();
    }
}

// One step of all longer rows.
KERNEL sort_step(u32 rows, u32 padded, u64 *keys, u32 *places, u32 run, u32 distance) {
    u32 pairs = padded / 2;
    EACH(i, rows * pairs) {
        u64 first = (u64)(i / pairs) * padded;
        exchange(keys + first, places + first, i % pairs, run, distance);
    }
}

// Writes elements in the order found, and where each came from.
template <class T>
__device__ inline void sort_write(const Rows &r, const In &src, const u32 *places,
                                  const Out &values, i64 values_step, const Out &indices,
                                  i64 indices_step) {
    EACH(i, r.rows * r.length) {
        u32 row = i / r.length, at = i % r.length;
        i64 from = 0, to = 0, index = 0;
        each_coordinate(r.dims, row, [&](int d, u32 c) {
            from += (i64)c * src.stride[d];
            to += (i64)c * values.stride[d];
            index += (i64)c * indices.stride[d];
        });
        u32 found = places[(u64)row * r.padded + at];
        ((T *)values.data)[to + at * values_step] = ((const T *)src.data)[from + found * r.step];
        ((i64 *)indices.data)[index + at * indices_step] = found;
    }
}
#define SORT_WRITE(name, T)                                                                        \
    KERNEL sort_write_##name(Rows r, In src, const u32 *places, Out values, i64 values_step,       \
                             Out indices, i64 indices_step) {                                      \
        sort_write<T>(r, src, places, values, values_step, indices, indices_step);                 \
    }
FOR_SIZES(SORT_WRITE)
