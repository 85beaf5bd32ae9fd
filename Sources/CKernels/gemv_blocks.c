// SPDX-License-Identifier: Apache-2.0
// Matrix times vector for codes of 4 and 8 bits with a scale and a zero point for each block.
//
// Σ scale·(q - zero)·x = Σ over blocks of scale·(Σ q·x - zero·Σ x). Where the processor multiplies
// bytes (VNNI), Σ q·x runs in integers: each 32 elements of the vector become 16-bit fixed point
// relative to their largest, split into two signed bytes. That keeps 2⁻¹⁶ of the largest, finer than
// half precision, and takes a quarter of the instructions.
#include "ck_gemv.h"

#include <stdlib.h>

#include "functions.h"

#if CK_X86
#include <immintrin.h>
#endif

enum { GROUP = 32 };

size_t ck_nibble_row_bytes(size_t columns) { return (columns + GROUP - 1) / GROUP * 16; }

void ck_pack_nibbles(uint8_t *packed, const uint8_t *indices, size_t rows, size_t columns) {
  size_t bytes = ck_nibble_row_bytes(columns);
  for (size_t r = 0; r < rows; r++, packed += bytes, indices += columns) {
    memset(packed, 0, bytes);
    for (size_t k = 0; k < columns; k++)
      packed[k / 32 * 16 + k % 16] |= (uint8_t)((indices[k] & 15) << (k % 32 < 16 ? 0 : 4));
  }
}

void ck_unpack_nibbles(uint8_t *indices, const uint8_t *packed, size_t rows, size_t columns) {
  size_t bytes = ck_nibble_row_bytes(columns);
  for (size_t r = 0; r < rows; r++, packed += bytes, indices += columns) {
    size_t k = 0;
    for (; k + GROUP <= columns; k += GROUP) {
      ck_u8x16 q = *(const ck_u8x16 *)(packed + k / 2);
      *(ck_u8x16 *)(indices + k) = q & 15;
      *(ck_u8x16 *)(indices + k + 16) = q >> 4;
    }
    for (; k < columns; k++) {
      uint8_t q = packed[k / 32 * 16 + k % 16];
      indices[k] = k % 32 < 16 ? q & 15 : q >> 4;
    }
  }
}

typedef struct {
  const uint8_t *codes;
  const float *scales, *zero_points;
  size_t block, blocks, row_bytes;
  int bits;
} matrix;

static matrix matrix_of(int bits, const uint8_t *codes, const float *scales,
                        const float *zero_points, size_t block, size_t columns) {
  return (matrix){codes,
                  scales,
                  zero_points,
                  block,
                  (columns + block - 1) / block,
                  bits == 4 ? ck_nibble_row_bytes(columns) : columns,
                  bits};
}

// MARK: floats

// The vector filled up with zeros to whole groups, and the sum of each group.
typedef struct {
  float *values, *sums;
} padded;

static padded pad(const float *x, size_t columns) {
  size_t groups = (columns + GROUP - 1) / GROUP;
  padded p = {malloc((groups * GROUP + groups) * sizeof *x), NULL};
  if (!p.values) abort();
  p.sums = p.values + groups * GROUP;
  memcpy(p.values, x, columns * sizeof *x);
  memset(p.values + columns, 0, (groups * GROUP - columns) * sizeof *x);
  for (size_t g = 0; g < groups; g++) {
    ck_f32x16 s = *(ck_f32x16 *)(p.values + g * GROUP) + *(ck_f32x16 *)(p.values + g * GROUP + 16);
    p.sums[g] = ck_sum16(&s);
  }
  return p;
}

CK_INLINE void rows(float *y, const matrix *m, const padded *x, const float *bias, size_t rows,
                    size_t columns, int bits) {
  for (size_t r = 0; r < rows; r++) {
    const uint8_t *q = m->codes + r * m->row_bytes;
    ck_f32x16 sum = {0};
    float shift = 0;
    for (size_t b = 0, k = 0; b < m->blocks; b++) {
      size_t end = columns - k < m->block ? columns : k + m->block;
      ck_f32x16 part = {0};
      float within = 0;
      for (; k < end; k += GROUP) {
        const float *v = x->values + k;
        ck_u8x16 low, high;
        if (bits == 4) {
          ck_u8x16 both = *(const ck_u8x16 *)(q + k / 2);
          low = both & 15, high = both >> 4;
        } else if (k + GROUP <= columns) {
          low = *(const ck_u8x16 *)(q + k), high = *(const ck_u8x16 *)(q + k + 16);
        } else {
          uint8_t tail[GROUP] = {0};
          memcpy(tail, q + k, columns - k);
          low = *(const ck_u8x16 *)tail, high = *(const ck_u8x16 *)(tail + 16);
        }
        part += __builtin_convertvector(low, ck_f32x16) * *(const ck_f32x16 *)v;
        part += __builtin_convertvector(high, ck_f32x16) * *(const ck_f32x16 *)(v + 16);
        within += x->sums[k / GROUP];
      }
      float scale = m->scales[r * m->blocks + b];
      sum += part * scale;
      shift += m->zero_points[r * m->blocks + b] * scale * within;
    }
    y[r] = ck_sum16(&sum) - shift + (bias ? bias[r] : 0);
  }
}
#define FLOAT_ROWS(name, bits)                                                                     \
  CK_INLINE void name##_body(float *y, const matrix *m, const padded *x, const float *bias,        \
                             size_t count, size_t columns) {                                       \
    rows(y, m, x, bias, count, columns, bits);                                                     \
  }                                                                                                \
  CK_COPIES(void, name,                                                                            \
            (float *y, const matrix *m, const padded *x, const float *bias, size_t count,          \
             size_t columns),                                                                      \
            (y, m, x, bias, count, columns))                                                       \
  static CK_CHOOSE(void, name,                                                                     \
                   (float *y, const matrix *m, const padded *x, const float *bias, size_t count,   \
                    size_t columns),                                                               \
                   (y, m, x, bias, count, columns))
FLOAT_ROWS(nibble_rows, 4)
FLOAT_ROWS(byte_rows, 8)

// MARK: bytes

#if CK_X86
#define VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma")))

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
VNNI static bool split(planes *p, const padded *x, size_t groups, int bits) {
  for (size_t g = 0; g < groups; g++) {
    const float *v = x->values + g * GROUP;
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

VNNI CK_INLINE __m512i products(__m512i codes, const planes *p, size_t at, __m512i *low) {
  *low = _mm512_dpbusd_epi32(*low, codes, _mm512_loadu_si512(p->low + at));
  return _mm512_dpbusd_epi32(_mm512_setzero_si512(), codes, _mm512_loadu_si512(p->high + at));
}

// One register of codes: 128 columns of 4 bits, 64 of 8. Lane by lane of four, Σ q·x but for the
// scale of the vector.
VNNI CK_INLINE __m512 register_sums(const matrix *m, __m512i codes, const planes *p, size_t k) {
  __m512i low = _mm512_setzero_si512(), high;
  if (m->bits == 4) {
    __m512i mask = _mm512_set1_epi8(15);
    __m512i second = _mm512_and_si512(_mm512_srli_epi16(codes, 4), mask);
    high = products(_mm512_and_si512(codes, mask), p, k, &low);
    high = _mm512_dpbusd_epi32(high, second, _mm512_loadu_si512(p->high + k + 64));
    low = _mm512_dpbusd_epi32(low, second, _mm512_loadu_si512(p->low + k + 64));
  } else {
    high = products(codes, p, k, &low);
  }
  return _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_slli_epi32(high, 8), low));
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

VNNI CK_INLINE float dot_row(const matrix *m, size_t r, const planes *p, size_t columns, int bits,
                             bool is_fine) {
  const uint8_t *q = m->codes + r * m->row_bytes;
  const float *scales = m->scales + r * m->blocks, *zeros = m->zero_points + r * m->blocks;
  const size_t width = bits == 4 ? 128 : 64, most = width / GROUP;
  const __m512i lanes = group_of_lane(bits);
  matrix shape = *m;
  shape.bits = bits;  // a constant in each copy
  __m512 sum = _mm512_setzero_ps(), part = sum;
  size_t next = m->block, b = 0;
  for (size_t k = 0; k < columns; k += width) {
    size_t left = columns - k, bytes = bits == 4 ? (left + GROUP - 1) / GROUP * 16 : left;
    size_t groups = (left + GROUP - 1) / GROUP;
    __m512i codes = bytes >= 64
                        ? _mm512_loadu_si512(q)
                        : _mm512_maskz_loadu_epi8((__mmask64)((1ull << bytes) - 1), q);
    int own = groups < most ? (int)groups : (int)most;
    __m512 product = register_sums(&shape, codes, p, k);
    if (is_fine) {
      __m512 scale = _mm512_mul_ps(spread(p->scales + k / GROUP, own, lanes),
                                   spread(scales + k / GROUP, own, lanes));
      sum = _mm512_fmadd_ps(product, scale, sum);
    } else {
      part = _mm512_fmadd_ps(product, spread(p->scales + k / GROUP, own, lanes), part);
      if (k + width >= next || k + width >= columns) {
        sum = _mm512_fmadd_ps(part, _mm512_set1_ps(scales[b++]), sum);
        part = _mm512_setzero_ps();
        next += m->block;
      }
    }
    q += 64;
  }
  __m512 shift = _mm512_setzero_ps();
  for (size_t i = 0; i < m->blocks; i += 16) {
    __mmask16 mask = m->blocks - i >= 16 ? 0xffff : (__mmask16)((1u << (m->blocks - i)) - 1);
    __m512 both =
        _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, scales + i), _mm512_maskz_loadu_ps(mask, zeros + i));
    shift = _mm512_fmadd_ps(both, _mm512_maskz_loadu_ps(mask, p->sums + i), shift);
  }
  return _mm512_reduce_add_ps(_mm512_sub_ps(sum, shift));
}

#define BYTE_ROWS(name, bits, is_fine)                                                            \
  VNNI static void name(float *y, const matrix *m, const planes *p, const float *bias, size_t rows, \
                        size_t columns) {                                                         \
    for (size_t r = 0; r < rows; r++)                                                             \
      y[r] = dot_row(m, r, p, columns, bits, is_fine) + (bias ? bias[r] : 0);                     \
  }
BYTE_ROWS(nibble_rows_fine, 4, true)
BYTE_ROWS(nibble_rows_coarse, 4, false)
BYTE_ROWS(byte_rows_fine, 8, true)
BYTE_ROWS(byte_rows_coarse, 8, false)

// The sums of the groups become those of the blocks, in place.
static void join_sums(float *sums, size_t groups, size_t block) {
  for (size_t b = 0, g = 0; g < groups; b++) {
    float sum = 0;
    for (size_t end = g + block / GROUP; g < end && g < groups; g++) sum += sums[g];
    sums[b] = sum;
  }
}

static bool bytes_rows(float *y, const matrix *m, const padded *x, const float *bias, size_t rows,
                       size_t columns) {
  size_t width = m->bits == 4 ? 128 : 64, groups = (columns + GROUP - 1) / GROUP;
  bool is_fine = m->block == GROUP;
  if (!ck_multiplies_bytes() || (!is_fine && m->block % width != 0)) return false;
  size_t room = (columns + 127) / 128 * 128;
  char *memory = calloc(1, 2 * room + 2 * groups * sizeof(float));
  if (!memory) abort();
  float *numbers = (float *)(memory + 2 * room);
  planes p = {(int8_t *)memory, (int8_t *)memory + room, numbers, numbers + groups};
  bool done = split(&p, x, groups, m->bits);
  if (done) {
    join_sums(p.sums, groups, m->block);
    if (m->bits == 4)
      (is_fine ? nibble_rows_fine : nibble_rows_coarse)(y, m, &p, bias, rows, columns);
    else
      (is_fine ? byte_rows_fine : byte_rows_coarse)(y, m, &p, bias, rows, columns);
  }
  free(memory);
  return done;
}
#endif

static void gemv(float *y, const matrix *m, const float *x, const float *bias, size_t rows,
                 size_t columns) {
  padded p = pad(x, columns);
#if CK_X86
  bool done = bytes_rows(y, m, &p, bias, rows, columns);
#else
  bool done = false;
#endif
  if (!done) (m->bits == 4 ? nibble_rows : byte_rows)(y, m, &p, bias, rows, columns);
  free(p.values);
}

void ck_gemv_blocks4(float *y, const uint8_t *packed, const float *scales, const float *zero_points,
                     size_t block, const float *x, const float *bias, size_t rows, size_t columns) {
  matrix m = matrix_of(4, packed, scales, zero_points, block, columns);
  gemv(y, &m, x, bias, rows, columns);
}

void ck_gemv_blocks8(float *y, const uint8_t *codes, const float *scales, const float *zero_points,
                     size_t block, const float *x, const float *bias, size_t rows, size_t columns) {
  matrix m = matrix_of(8, codes, scales, zero_points, block, columns);
  gemv(y, &m, x, bias, rows, columns);
}
