// SPDX-License-Identifier: Apache-2.0
// Transposes the two axes of a matrix of 32-bit elements: in blocks of eight by eight in
// registers, with a separate path for few channels.
#include "ck_transpose.h"

#include "dispatch.h"

typedef uint32_t u32 __attribute__((aligned(1), may_alias));
typedef uint32_t u32x8 __attribute__((vector_size(32), aligned(1), may_alias));

#define LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 4, 12, 5, 13)
#define HIGH(a, b) __builtin_shufflevector(a, b, 2, 10, 3, 11, 6, 14, 7, 15)
#define LOW2(a, b) __builtin_shufflevector(a, b, 0, 1, 8, 9, 4, 5, 12, 13)
#define HIGH2(a, b) __builtin_shufflevector(a, b, 2, 3, 10, 11, 6, 7, 14, 15)
#define LOW4(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11)
#define HIGH4(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15)

CK_INLINE void transpose8(char *y, ptrdiff_t y_stride, const char *x, ptrdiff_t x_stride) {
  u32x8 a[8], b[8];
  for (int i = 0; i < 8; i++) a[i] = *(const u32x8 *)(x + i * x_stride);
  for (int i = 0; i < 8; i += 2) {
    b[i] = LOW(a[i], a[i + 1]);
    b[i + 1] = HIGH(a[i], a[i + 1]);
  }
  for (int i = 0; i < 8; i += 4) {
    a[i] = LOW2(b[i], b[i + 2]);
    a[i + 1] = HIGH2(b[i], b[i + 2]);
    a[i + 2] = LOW2(b[i + 1], b[i + 3]);
    a[i + 3] = HIGH2(b[i + 1], b[i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    *(u32x8 *)(y + i * y_stride) = LOW4(a[i], a[i + 4]);
    *(u32x8 *)(y + (i + 4) * y_stride) = HIGH4(a[i], a[i + 4]);
  }
}

CK_INLINE void transpose_any(char *y, ptrdiff_t y_stride, const char *x, ptrdiff_t x_stride,
                             size_t rows, size_t columns) {
  for (size_t i = 0; i < rows; i++)
    for (size_t j = 0; j < columns; j++)
      ((u32 *)(y + (ptrdiff_t)i * y_stride))[j] = ((const u32 *)(x + (ptrdiff_t)j * x_stride))[i];
}

// With a constant number of channels the compiler shuffles whole registers.
#define INTERLEAVE(channels)                                                        \
  CK_VECTOR for (size_t i = 0; i < n; i++) {                                        \
    for (size_t c = 0; c < channels; c++)                                           \
      ((u32 *)y)[i * channels + c] = ((const u32 *)(x + (ptrdiff_t)c * stride))[i]; \
  }
#define DEINTERLEAVE(channels)                                                      \
  CK_VECTOR for (size_t i = 0; i < n; i++) {                                        \
    for (size_t c = 0; c < channels; c++)                                           \
      ((u32 *)(y + (ptrdiff_t)c * stride))[i] = ((const u32 *)x)[i * channels + c]; \
  }

CK_INLINE void interleave(char *y, const char *x, ptrdiff_t stride, size_t channels, size_t n) {
  switch (channels) {
    case 2:
      INTERLEAVE(2)
      break;
    case 3:
      INTERLEAVE(3)
      break;
    default:
      INTERLEAVE(4)
      break;
  }
}

CK_INLINE void deinterleave(char *y, ptrdiff_t stride, const char *x, size_t channels, size_t n) {
  switch (channels) {
    case 2:
      DEINTERLEAVE(2)
      break;
    case 3:
      DEINTERLEAVE(3)
      break;
    default:
      DEINTERLEAVE(4)
      break;
  }
}

// Tiles are small enough that source and destination fit in the L1 cache.
CK_INLINE void transpose_tiles(char *y, ptrdiff_t y_stride, const char *x, ptrdiff_t x_stride,
                               size_t rows, size_t columns) {
  enum { SIDE = 32 };
  for (size_t j = 0; j < columns; j += SIDE) {
    size_t width = columns - j < SIDE ? columns - j : SIDE, whole_width = width & ~(size_t)7;
    for (size_t i = 0; i < rows; i += SIDE) {
      size_t height = rows - i < SIDE ? rows - i : SIDE, whole_height = height & ~(size_t)7;
      char *to = y + (ptrdiff_t)i * y_stride + (ptrdiff_t)j * 4;
      const char *from = x + (ptrdiff_t)j * x_stride + (ptrdiff_t)i * 4;
      for (size_t a = 0; a < whole_height; a += 8)
        for (size_t b = 0; b < whole_width; b += 8)
          transpose8(to + (ptrdiff_t)a * y_stride + b * 4, y_stride,
                     from + (ptrdiff_t)b * x_stride + a * 4, x_stride);
      transpose_any(to + whole_width * 4, y_stride, from + (ptrdiff_t)whole_width * x_stride,
                    x_stride, whole_height, width - whole_width);
      transpose_any(to + (ptrdiff_t)whole_height * y_stride, y_stride, from + whole_height * 4,
                    x_stride, height - whole_height, width);
    }
  }
}

CK_INLINE void ck_transpose32_body(void *y, ptrdiff_t y_stride, const void *x, ptrdiff_t x_stride,
                                   size_t rows, size_t columns) {
  if (columns >= 2 && columns <= 4 && y_stride == (ptrdiff_t)columns * 4) {
    interleave(y, x, x_stride, columns, rows);
  } else if (rows >= 2 && rows <= 4 && x_stride == (ptrdiff_t)rows * 4) {
    deinterleave(y, y_stride, x, rows, columns);
  } else {
    transpose_tiles(y, y_stride, x, x_stride, rows, columns);
  }
}
CK_DISPATCH(void, ck_transpose32,
            (void *y, ptrdiff_t y_stride, const void *x, ptrdiff_t x_stride, size_t rows,
             size_t columns),
            (y, y_stride, x, x_stride, rows, columns))
