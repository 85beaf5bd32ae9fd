// SPDX-License-Identifier: Apache-2.0
// Private: a vector as 16-bit fixed point in two planes of signed bytes, for processors that add up
// products of bytes.
//
// Each 32 elements are a group with a scale of its own, which keeps 2⁻¹⁶ of the largest of them.
#pragma once

#include <stdlib.h>

#include "functions.h"

#if CK_X86
#include <immintrin.h>
#endif

enum { GROUP = 32 };

// The vector filled up with zeros to whole groups. To be freed.
CK_INLINE float *padded(const float *x, size_t columns) {
  size_t room = (columns + GROUP - 1) / GROUP * GROUP;
  float *values = malloc(room * sizeof *x);
  if (!values) abort();
  memcpy(values, x, columns * sizeof *x);
  memset(values + columns, 0, (room - columns) * sizeof *x);
  return values;
}

#if CK_X86
#define VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma,bmi2")))

// The vector as fixed point, x ≈ scale·(256·high + low) for each group, in the order of the codes.
typedef struct {
  int8_t *high, *low;
  float *scales, *sums;
} planes;

// The largest magnitude of a group; nan when there is one.
VNNI CK_INLINE float peak_of(const float *v) {
  __m512 a = _mm512_abs_ps(_mm512_loadu_ps(v)), b = _mm512_abs_ps(_mm512_loadu_ps(v + 16));
  if (_mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q)) return CK_NAN;
  return _mm512_reduce_max_ps(_mm512_max_ps(a, b));
}

// Sixteen fixed-point numbers as high and low bytes; gives their sum.
VNNI CK_INLINE int32_t split16(planes *p, size_t at, const float *v, float inverse) {
  __m512i q = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(v), _mm512_set1_ps(inverse)));
  __m512i high = _mm512_srai_epi32(_mm512_add_epi32(q, _mm512_set1_epi32(128)), 8);
  _mm_storeu_si128((__m128i *)(p->high + at), _mm512_cvtepi32_epi8(high));
  _mm_storeu_si128((__m128i *)(p->low + at), _mm512_cvtepi32_epi8(q));
  return _mm512_reduce_add_epi32(q);
}

// False when an element is not finite: only floats can say what comes out then. The sums are those
// of the rounded numbers, so that a zero point takes away as much as its products brought.
VNNI CK_INLINE bool split(planes *p, const float *x, size_t groups, int bits) {
  for (size_t g = 0; g < groups; g++) {
    const float *v = x + g * GROUP;
    float peak = peak_of(v);
    if (!(peak <= 3e38f)) return false;
    float inverse = peak > 1e-30f ? 32512 / peak : 0, scale = peak / 32512;
    // Of four groups of nibbles the low halves lie in one register, the high halves in the next.
    size_t first = bits == 8 ? g * GROUP : g / 4 * 128 + g % 4 * 16;
    size_t second = bits == 8 ? first + 16 : first + 64;
    int32_t sum = split16(p, first, v, inverse) + split16(p, second, v + 16, inverse);
    p->scales[g] = scale;
    p->sums[g] = scale * (float)sum;
  }
  return true;
}

// Planes with zeros behind the last column. To be freed: `high`.
CK_INLINE planes planes_for(size_t columns) {
  size_t room = (columns + 127) / 128 * 128, groups = (columns + GROUP - 1) / GROUP;
  char *memory = calloc(1, 2 * room + 2 * groups * sizeof(float));
  if (!memory) abort();
  float *numbers = (float *)(memory + 2 * room);
  return (planes){(int8_t *)memory, (int8_t *)memory + room, numbers, numbers + groups};
}

// Which of four numbers each of the sixteen sums takes: the group that it is of.
VNNI CK_INLINE __m512i group_of_lane(int bits) {
  return bits == 4 ? _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3)
                   : _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
}

VNNI CK_INLINE __m512 spread(const float *numbers, int groups, __m512i lanes) {
  __m128 four = _mm_maskz_loadu_ps((__mmask8)((1 << groups) - 1), numbers);
  return _mm512_permutexvar_ps(lanes, _mm512_castps128_ps512(four));
}

// The sums of the groups become those of the blocks, in place.
CK_INLINE void join_sums(float *sums, size_t groups, size_t block) {
  for (size_t b = 0, g = 0; g < groups; b++) {
    float sum = 0;
    for (size_t end = g + block / GROUP; g < end && g < groups; g++) sum += sums[g];
    sums[b] = sum;
  }
}
#endif
