// SPDX-License-Identifier: Apache-2.0
// Matrix times vector for codes of 4 and 8 bits with a scale and a zero point for each block.
//
// Σ scale·(q - zero)·x = Σ over blocks of scale·(Σ q·x - zero·Σ x). Where the processor multiplies
// bytes (VNNI), Σ q·x runs in integers: each 32 elements of the vector become 16-bit fixed point
// relative to their largest, split into two signed bytes. That keeps 2⁻¹⁶ of the largest, finer
// than half precision, and takes a quarter of the instructions.
#include "ck_gemv.h"

#include "fixedpoint.h"

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

CK_INLINE void rows(float *y, const matrix *m, const float *x, const float *bias, size_t rows,
                    size_t columns, int bits) {
  for (size_t r = 0; r < rows; r++) {
    const uint8_t *q = m->codes + r * m->row_bytes;
    ck_f32x16 sum = {0};
    for (size_t b = 0, k = 0; b < m->blocks; b++) {
      size_t end = columns - k < m->block ? columns : k + m->block;
      ck_f32x16 part = {0};
      float scale = m->scales[r * m->blocks + b], zero = m->zero_points[r * m->blocks + b];
      for (; k < end; k += GROUP) {
        const float *v = x + k;
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
        part += (__builtin_convertvector(low, ck_f32x16) - zero) * *(const ck_f32x16 *)v;
        part += (__builtin_convertvector(high, ck_f32x16) - zero) * *(const ck_f32x16 *)(v + 16);
      }
      sum += part * scale;
    }
    y[r] = ck_sum16(&sum) + (bias ? bias[r] : 0);
  }
}
#define FLOAT_ROWS(name, bits)                                                                  \
  CK_INLINE void name##_body(float *y, const matrix *m, const float *x, const float *bias,      \
                             size_t count, size_t columns) {                                    \
    rows(y, m, x, bias, count, columns, bits);                                                  \
  }                                                                                             \
  CK_COPIES(void, name,                                                                         \
            (float *y, const matrix *m, const float *x, const float *bias, size_t count,        \
             size_t columns),                                                                   \
            (y, m, x, bias, count, columns))                                                    \
  static CK_CHOOSE(void, name,                                                                  \
                   (float *y, const matrix *m, const float *x, const float *bias, size_t count, \
                    size_t columns),                                                            \
                   (y, m, x, bias, count, columns))
FLOAT_ROWS(nibble_rows, 4)
FLOAT_ROWS(byte_rows, 8)

// MARK: bytes

#if CK_X86
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
    __m512i codes = bytes >= 64 ? _mm512_loadu_si512(q)
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
    __m512 both = _mm512_mul_ps(_mm512_maskz_loadu_ps(mask, scales + i),
                                _mm512_maskz_loadu_ps(mask, zeros + i));
    shift = _mm512_fmadd_ps(both, _mm512_maskz_loadu_ps(mask, p->sums + i), shift);
  }
  return _mm512_reduce_add_ps(_mm512_sub_ps(sum, shift));
}

#define BYTE_ROWS(name, bits, is_fine)                                                 \
  VNNI static void name(float *y, const matrix *m, const planes *p, const float *bias, \
                        size_t rows, size_t columns) {                                 \
    for (size_t r = 0; r < rows; r++)                                                  \
      y[r] = dot_row(m, r, p, columns, bits, is_fine) + (bias ? bias[r] : 0);          \
  }
BYTE_ROWS(nibble_rows_fine, 4, true)
BYTE_ROWS(nibble_rows_coarse, 4, false)
BYTE_ROWS(byte_rows_fine, 8, true)
BYTE_ROWS(byte_rows_coarse, 8, false)

VNNI static bool bytes_rows(float *y, const matrix *m, const float *x, const float *bias,
                            size_t rows, size_t columns) {
  size_t width = m->bits == 4 ? 128 : 64, groups = (columns + GROUP - 1) / GROUP;
  bool is_fine = m->block == GROUP;
  if (!ck_multiplies_bytes() || (!is_fine && m->block % width != 0)) return false;
  planes p = planes_for(columns);
  bool done = split(&p, x, groups, m->bits);
  if (done) {
    join_sums(p.sums, groups, m->block);
    if (m->bits == 4)
      (is_fine ? nibble_rows_fine : nibble_rows_coarse)(y, m, &p, bias, rows, columns);
    else
      (is_fine ? byte_rows_fine : byte_rows_coarse)(y, m, &p, bias, rows, columns);
  }
  free(p.high);
  return done;
}
#endif

static void gemv(float *y, const matrix *m, const float *x, const float *bias, size_t rows,
                 size_t columns) {
  float *p = padded(x, columns);
#if CK_X86
  bool done = bytes_rows(y, m, p, bias, rows, columns);
#else
  bool done = false;
#endif
  if (!done) (m->bits == 4 ? nibble_rows : byte_rows)(y, m, p, bias, rows, columns);
  free(p);
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
