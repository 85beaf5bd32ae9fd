// SPDX-License-Identifier: Apache-2.0
// Decoding of compressed weights: palettes, blockwise integers, sparse values.
#include "ck_decode.h"

#include "ck_convert.h"
#include "dispatch.h"

#if CK_X86
#include <immintrin.h>
#endif

// The number of indices that are unpacked at a time, chosen to fit in the L1 cache. It is a
// multiple of 8, so that each block starts at a byte boundary.
enum { BLOCK = 2048 };

// MARK: palettes

static void ck_lookup_portable(float *y, const uint8_t *x, const float *table, size_t n) {
  for (size_t i = 0; i < n; i++) y[i] = table[x[i]];
}

#if CK_X86
CK_TARGET_AVX2 static void ck_lookup_avx2(float *y, const uint8_t *x, const float *table,
                                          size_t n) {
  size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    __m256i index = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(x + i)));
    _mm256_storeu_ps(y + i, _mm256_i32gather_ps(table, index, 4));
  }
  ck_lookup_portable(y + i, x + i, table, n - i);
}

CK_TARGET_AVX512 static void ck_lookup_avx512(float *y, const uint8_t *x, const float *table,
                                              size_t n) {
  size_t i = 0;
  for (; i + 16 <= n; i += 16) {
    __m512i index = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(x + i)));
    _mm512_storeu_ps(y + i, _mm512_i32gather_ps(index, table, 4));
  }
  ck_lookup_portable(y + i, x + i, table, n - i);
}
#endif

CK_CHOOSE(void, ck_lookup, (float *y, const uint8_t *x, const float *table, size_t n),
          (y, x, table, n))

// MARK: blockwise integers

// Decodes `count` unpacked values, the first of which is value `start` of the whole.
CK_INLINE void decode_run_body(float *y, const uint8_t *q, size_t start, const float *scales,
                               const float *zero_points, size_t block, size_t count) {
  size_t b = start / block, end = (b + 1) * block - start;
  for (size_t i = 0; i < count; i = end, end += block, b++) {
    float scale = scales[b], zero = zero_points ? zero_points[b] : 0;
    size_t stop = end < count ? end : count;
    CK_VECTOR_SHORT for (size_t j = i; j < stop; j++) y[j] = ((float)q[j] - zero) * scale;
  }
}
CK_COPIES(void, decode_run,
          (float *y, const uint8_t *q, size_t start, const float *scales, const float *zero_points,
           size_t block, size_t count),
          (y, q, start, scales, zero_points, block, count))
CK_CHOOSE(static void, decode_run,
          (float *y, const uint8_t *q, size_t start, const float *scales, const float *zero_points,
           size_t block, size_t count),
          (y, q, start, scales, zero_points, block, count))

void ck_decode_blocks_unsigned(float *y, const uint8_t *packed, int bits, const float *scales,
                               const float *zero_points, size_t block, size_t n) {
  uint8_t q[BLOCK];
  for (size_t i = 0; i < n; i += BLOCK) {
    size_t count = n - i < BLOCK ? n - i : BLOCK;
    ck_unpack_unsigned(q, packed + i / 8 * (size_t)bits, bits, count);
    decode_run(y + i, q, i, scales, zero_points, block, count);
  }
}

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
       i += 16) {  // a full register can be read, so no memory mask is needed
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
