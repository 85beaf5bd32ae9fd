// SPDX-License-Identifier: Apache-2.0
// Matrix-vector product for 8-bit codes with a scale and a zero point for each block, and the
// decoder for these weights.
//
// Four rows are processed at a time, so that they share loads of the vector.
#include "ck_gemv.h"
#include "dispatch.h"

// In each group of 64 columns, byte 4·l + i has the code of column 16·i + l, and the bytes are
// shifted left by fifteen bits. A load at byte offset i therefore has the codes of sixteen
// columns in the upper mantissa bits of its lanes. Setting two more bits turns each into the
// float 256 + code, without widening and conversion.
enum { ROWS = 4, GROUP = 64, SHIFT = 15 };

static size_t row_bytes(size_t columns) { return (columns + GROUP - 1) / GROUP * GROUP; }

size_t ck_packed_bytes(size_t rows, size_t columns) { return rows * row_bytes(columns) + GROUP; }

void ck_pack_bytes(uint8_t *packed, const uint8_t *codes, size_t rows, size_t columns) {
  memset(packed, 0, ck_packed_bytes(rows, columns));
  for (size_t r = 0; r < rows; r++, packed += row_bytes(columns), codes += columns)
    for (size_t k = 0; k < columns; k++) {
      size_t byte = k / GROUP * GROUP + k % 16 * 4 + k % GROUP / 16;
      unsigned moved = (unsigned)codes[k] << SHIFT;
      packed[byte + 1] |= (uint8_t)(moved >> 8), packed[byte + 2] |= (uint8_t)(moved >> 16);
    }
}

/// The offset of the sixteen columns that start at `column`.
CK_INLINE size_t offset_of(size_t column) { return column / GROUP * GROUP + column % GROUP / 16; }

typedef int32_t words __attribute__((vector_size(64), aligned(1), may_alias));

typedef enum { FLOATS, HALVES, NORMAL_HALVES } weight_kind;

CK_INLINE weight_kind kind_of(const ck_bytes *m) {
  return !m->halves ? FLOATS : m->normal ? NORMAL_HALVES : HALVES;
}

// Computes sixteen weights. In half precision the product, which is exact, is rounded once:
// adding and subtracting 1.5·2¹³ times its power of two (at least that of the smallest normal
// half) removes all bits after the tenth. The caller ensures that no product overflows half
// precision.
CK_INLINE void weights(ck_f32x16 *w, const uint8_t *codes, float scale, float zero,
                       weight_kind kind) {
  ck_f32x16 q = (ck_f32x16)((*(const words *)codes & 255 << SHIFT) | 0x43800000);
  float moved_zero = zero + 256;
  if (kind == FLOATS) {
    *w = (q - moved_zero) * scale;
    return;
  }
  ck_f32x16 exact = q * scale - moved_zero * scale;
  ck_i32x16 power = (ck_i32x16)exact & 0x7f800000, least = (ck_i32x16){0} + 0x38800000;
  ck_f32x16 unit = (ck_f32x16)(kind == HALVES ? __builtin_elementwise_max(power, least) : power);
  ck_f32x16 moved = unit * 0x1.8p13f + exact;
  *w = moved - unit * 0x1.8p13f;
}

// Computes fewer than sixteen weights, padded with zeros.
CK_INLINE void last_weights(ck_f32x16 *w, const uint8_t *codes, size_t count, float scale,
                            float zero, weight_kind kind) {
  weights(w, codes, scale, zero, kind);
  float values[16];
  memcpy(values, w, sizeof values);
  memset(values + count, 0, (16 - count) * sizeof *values);
  memcpy(w, values, sizeof values);
}

CK_INLINE void some_rows(float *y, const ck_bytes *m, size_t first, const float *x, size_t count,
                         weight_kind kind) {
  size_t columns = m->columns, blocks = (columns + m->block - 1) / m->block;
  size_t stride = row_bytes(columns);
  const uint8_t *q = m->codes + first * stride;
  const float *scales = m->scales + first * blocks, *zeros = m->zero_points + first * blocks;
  ck_f32x16 sum[ROWS] = {0};
  for (size_t b = 0, k = 0; b < blocks; b++) {
    size_t end = columns - k < m->block ? columns : k + m->block;
    float scale[ROWS], zero[ROWS];
    for (size_t j = 0; j < count; j++)
      scale[j] = scales[j * blocks + b], zero[j] = zeros[j * blocks + b];
    for (; k + 16 <= end; k += 16) {
      ck_f32x16 v = *(const ck_f32x16 *)(x + k), w;
      for (size_t j = 0; j < count; j++) {
        weights(&w, q + j * stride + offset_of(k), scale[j], zero[j], kind);
        sum[j] += w * v;
      }
    }
    if (k == end) continue;
    float tail[16] = {0};
    memcpy(tail, x + k, (end - k) * sizeof *x);
    for (size_t j = 0; j < count; j++) {
      ck_f32x16 w;
      last_weights(&w, q + j * stride + offset_of(k), end - k, scale[j], zero[j], kind);
      sum[j] += w * *(const ck_f32x16 *)tail;
    }
    k = end;
  }
  for (size_t j = 0; j < count; j++) y[j] = ck_sum16(&sum[j]);
}

CK_INLINE void all_rows(float *y, const ck_bytes *m, size_t first, size_t count, const float *x,
                        weight_kind kind) {
  size_t r = 0;
  for (; r + ROWS <= count; r += ROWS) some_rows(y + r, m, first + r, x, ROWS, kind);
  for (; r < count; r++) some_rows(y + r, m, first + r, x, 1, kind);
}

CK_INLINE void gemv_body(float *y, const ck_bytes *m, size_t first, size_t count, const float *x) {
  switch (kind_of(m)) {
    case FLOATS:
      return all_rows(y, m, first, count, x, FLOATS);
    case HALVES:
      return all_rows(y, m, first, count, x, HALVES);
    case NORMAL_HALVES:
      return all_rows(y, m, first, count, x, NORMAL_HALVES);
  }
}
CK_COPIES(void, gemv, (float *y, const ck_bytes *m, size_t first, size_t count, const float *x),
          (y, m, first, count, x))
static CK_CHOOSE(void, gemv,
                 (float *y, const ck_bytes *m, size_t first, size_t count, const float *x),
                 (y, m, first, count, x))

void ck_gemv_bytes(float *y, const ck_bytes *m, size_t first, size_t count, const float *x,
                   const float *bias) {
  gemv(y, m, first, count, x);
  if (bias)
    for (size_t r = 0; r < count; r++) y[r] += bias[r];
}

CK_INLINE void decode_body(float *y, const ck_bytes *m, size_t row) {
  size_t columns = m->columns, blocks = (columns + m->block - 1) / m->block;
  const uint8_t *q = m->codes + row * row_bytes(columns);
  for (size_t b = 0, k = 0; b < blocks; b++) {
    size_t end = columns - k < m->block ? columns : k + m->block;
    float scale = m->scales[row * blocks + b], zero = m->zero_points[row * blocks + b];
    ck_f32x16 w;
    for (; k + 16 <= end; k += 16) {
      weights(&w, q + offset_of(k), scale, zero, kind_of(m));
      *(ck_f32x16 *)(y + k) = w;
    }
    if (k == end) continue;
    last_weights(&w, q + offset_of(k), end - k, scale, zero, kind_of(m));
    memcpy(y + k, &w, (end - k) * sizeof *y);
    k = end;
  }
}
CK_COPIES(void, decode, (float *y, const ck_bytes *m, size_t row), (y, m, row))
static CK_CHOOSE(void, decode, (float *y, const ck_bytes *m, size_t row), (y, m, row))

void ck_decode_bytes(float *y, const ck_bytes *m, size_t first, size_t count) {
  for (size_t r = 0; r < count; r++) decode(y + r * m->columns, m, first + r);
}
