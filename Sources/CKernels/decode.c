// SPDX-License-Identifier: Apache-2.0
// Decoding of compressed weights: palettes, blockwise integers, sparse values.
#include "ck_decode.h"

#include "ck_convert.h"
#include "dispatch.h"

#if CK_X86
#include <immintrin.h>
#endif

enum {
  BLOCK = 2048
};  // indices unpacked at a time: they stay in the first-level cache; a multiple of 8, so each
    // block starts on a byte

// MARK: palettes

// y[i] = table[x[i]]; every index is below 2^bits.
static void lookup_portable(float *y, const uint8_t *x, const float *table, int bits, size_t n) {
  (void)bits;
  for (size_t i = 0; i < n; i++) y[i] = table[x[i]];
}

#if CK_X86
// Tables of up to 16 floats are two registers; larger ones are gathered from the cache.
CK_TARGET_AVX2 static void lookup_avx2(float *y, const uint8_t *x, const float *table, int bits,
                                       size_t n) {
  size_t i = 0;
  if (bits <= 4) {
    float t[16] = {0};
    memcpy(t, table, sizeof(float) << bits);
    __m256 low = _mm256_loadu_ps(t), high = _mm256_loadu_ps(t + 8);
    for (; i + 8 <= n; i += 8) {
      __m256i k = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(x + i)));
      __m256 upper = _mm256_castsi256_ps(
          _mm256_slli_epi32(k, 28));  // bit 3 becomes the sign that the blend looks at
      _mm256_storeu_ps(y + i, _mm256_blendv_ps(_mm256_permutevar8x32_ps(low, k),
                                               _mm256_permutevar8x32_ps(high, k), upper));
    }
  } else {
    for (; i + 8 <= n; i += 8)
      _mm256_storeu_ps(
          y + i, _mm256_i32gather_ps(
                     table, _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(x + i))), 4));
  }
  lookup_portable(y + i, x + i, table, bits, n - i);
}

// Tables of up to 64 floats are four registers.
CK_TARGET_AVX512 static void lookup_avx512(float *y, const uint8_t *x, const float *table, int bits,
                                           size_t n) {
  size_t i = 0;
#define INDICES _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(x + i)))
  if (bits <= 6) {
    float t[64] = {0};
    memcpy(t, table, sizeof(float) << bits);
    __m512 a = _mm512_loadu_ps(t), b = _mm512_loadu_ps(t + 16), c = _mm512_loadu_ps(t + 32),
           d = _mm512_loadu_ps(t + 48);
    if (bits <= 4) {
      for (; i + 16 <= n; i += 16) _mm512_storeu_ps(y + i, _mm512_permutexvar_ps(INDICES, a));
    } else if (bits == 5) {
      for (; i + 16 <= n; i += 16) _mm512_storeu_ps(y + i, _mm512_permutex2var_ps(a, INDICES, b));
    } else {
      for (; i + 16 <= n; i += 16) {
        __m512i k = INDICES;
        __mmask16 upper = _mm512_test_epi32_mask(k, _mm512_set1_epi32(32));
        _mm512_storeu_ps(y + i, _mm512_mask_blend_ps(upper, _mm512_permutex2var_ps(a, k, b),
                                                     _mm512_permutex2var_ps(c, k, d)));
      }
    }
  } else {
    for (; i + 16 <= n; i += 16) _mm512_storeu_ps(y + i, _mm512_i32gather_ps(INDICES, table, 4));
  }
#undef INDICES
  lookup_portable(y + i, x + i, table, bits, n - i);
}

// Four bits, without unpacking to bytes first. Returns how many were decoded.
CK_TARGET_AVX512 static size_t decode_nibbles_avx512(float *y, const uint8_t *packed,
                                                     const float *table, size_t n) {
  __m512 t = _mm512_loadu_ps(table);
  __m512i first = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  __m512i second = _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  size_t i = 0;
  for (; i + 32 <= n; i += 32) {
    __m512i k = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(packed + i / 2)));
    __m512 even = _mm512_permutexvar_ps(k, t),
           odd = _mm512_permutexvar_ps(_mm512_srli_epi32(k, 4), t);
    _mm512_storeu_ps(y + i, _mm512_permutex2var_ps(even, first, odd));
    _mm512_storeu_ps(y + i + 16, _mm512_permutex2var_ps(even, second, odd));
  }
  return i;
}
#endif

CK_CHOOSE(static void, lookup, (float *y, const uint8_t *x, const float *table, int bits, size_t n),
          (y, x, table, bits, n))

void ck_lookup(float *y, const uint8_t *x, const float *table, size_t n) {
  lookup(y, x, table, 8, n);
}

void ck_decode_palette(float *y, const uint8_t *packed, int bits, const float *table, size_t n) {
  size_t i = 0;
#if CK_X86
  if (bits == 4 && ck_isa() == CK_AVX512) i = decode_nibbles_avx512(y, packed, table, n);
#endif
  uint8_t indices[BLOCK];
  for (; i < n; i += BLOCK) {
    size_t count = n - i < BLOCK ? n - i : BLOCK;
    ck_unpack_unsigned(indices, packed + i / 8 * (size_t)bits, bits, count);
    lookup(y + i, indices, table, bits, count);
  }
}

// MARK: blockwise integers

// Decodes `count` unpacked values, the first of which is value `start` of the whole.
#define DECODE_BLOCKS(name, type, unpack)                                                          \
  CK_INLINE void name##_run_body(float *y, const type *q, size_t start, const float *scales,       \
                                 const float *zero_points, size_t block, size_t count) {           \
    size_t b = start / block, end = (b + 1) * block - start;                                       \
    for (size_t i = 0; i < count; i = end, end += block, b++) {                                    \
      float scale = scales[b], zero = zero_points ? zero_points[b] : 0;                            \
      size_t stop = end < count ? end : count;                                                     \
      CK_VECTOR_SHORT for (size_t j = i; j < stop; j++) y[j] = ((float)q[j] - zero) * scale;       \
    }                                                                                              \
  }                                                                                                \
  CK_COPIES(void, name##_run,                                                                      \
            (float *y, const type *q, size_t start, const float *scales, const float *zero_points, \
             size_t block, size_t count),                                                          \
            (y, q, start, scales, zero_points, block, count))                                      \
  CK_CHOOSE(static void, name##_run,                                                               \
            (float *y, const type *q, size_t start, const float *scales, const float *zero_points, \
             size_t block, size_t count),                                                          \
            (y, q, start, scales, zero_points, block, count))                                      \
  void name(float *y, const uint8_t *packed, int bits, const float *scales,                        \
            const float *zero_points, size_t block, size_t n) {                                    \
    type q[BLOCK];                                                                                 \
    for (size_t i = 0; i < n; i += BLOCK) {                                                        \
      size_t count = n - i < BLOCK ? n - i : BLOCK;                                                \
      unpack(q, packed + i / 8 * (size_t)bits, bits, count);                                       \
      name##_run(y + i, q, i, scales, zero_points, block, count);                                  \
    }                                                                                              \
  }

DECODE_BLOCKS(ck_decode_blocks_signed, int8_t, ck_unpack_signed)
DECODE_BLOCKS(ck_decode_blocks_unsigned, uint8_t, ck_unpack_unsigned)

// MARK: sparse values

CK_INLINE size_t ck_count_bits_body(const uint8_t *mask, size_t n) {
  size_t count = 0, whole = n / 8, i = 0;
  for (; i + 8 <= whole; i += 8) {
    uint64_t word;
    memcpy(&word, mask + i, 8);
    count += (size_t)__builtin_popcountll(word);
  }
  for (; i < whole; i++) count += (size_t)__builtin_popcount(mask[i]);
  if (n % 8) count += (size_t)__builtin_popcount(mask[whole] & ((1u << n % 8) - 1));
  return count;
}
CK_DISPATCH(size_t, ck_count_bits, (const uint8_t *mask, size_t n), (mask, n))

static size_t ck_scatter_portable(float *y, const uint8_t *mask, const float *values, size_t n) {
  size_t taken = 0;
  for (size_t i = 0; i < n; i++) y[i] = mask[i / 8] >> (i % 8) & 1 ? values[taken++] : 0;
  return taken;
}

#if CK_X86
#define ck_scatter_avx2 ck_scatter_portable

CK_TARGET_AVX512 static size_t ck_scatter_avx512(float *y, const uint8_t *mask, const float *values,
                                                 size_t n) {
  size_t taken = 0, total = ck_count_bits_avx512(mask, n), i = 0;
  for (; i + 16 <= n && taken + 16 <= total;
       i += 16) {  // a whole register of values can be read, so the expansion needs no memory mask
    uint16_t m;
    memcpy(&m, mask + i / 8, 2);
    _mm512_storeu_ps(y + i, _mm512_maskz_expand_ps(m, _mm512_loadu_ps(values + taken)));
    taken += (size_t)__builtin_popcount(m);
  }
  return taken + ck_scatter_portable(y + i, mask + i / 8, values + taken, n - i);
}
#endif

CK_CHOOSE(size_t, ck_scatter, (float *y, const uint8_t *mask, const float *values, size_t n),
          (y, mask, values, n))
