// SPDX-License-Identifier: Apache-2.0
// Products of rows with packed weights.
//
// Vector lanes hold columns. Up to fourteen rows of one or two vectors stay in registers for the
// products of a chain; the weights of the chain stay in the first cache for all rows of a call.
#include "ck_product.h"

#include "lanes.h"

enum { CHAIN = 64 };

/// Columns of a block, a multiple of LANES. Packed weights are [blocks, inner, width].
CK_INLINE size_t block_width(size_t columns, size_t block) {
  size_t left = padded(columns) - block * CK_PRODUCT_BLOCK;
  return left < CK_PRODUCT_BLOCK ? left : CK_PRODUCT_BLOCK;
}

size_t ck_product_weight_count(size_t columns, size_t inner) { return padded(columns) * inner; }

void ck_product_pack(float *packed, const float *weight, const ck_product_order *order,
                     size_t columns, size_t from, size_t to) {
  size_t inner = order->channels * order->taps;
  for (size_t block = from; block < to; block++) {
    size_t first = block * CK_PRODUCT_BLOCK, width = block_width(columns, block);
    size_t some = columns - first < width ? columns - first : width;
    float *own = packed + first * inner;
    const float *source = weight + first * order->column_stride;
    for (size_t c = 0; c < order->channels; c++) {
      for (size_t tap = 0; tap < order->taps; tap++) {
        float *row = own + (tap * order->channels + c) * width;
        const float *column = source + c * order->channel_stride + tap;
        for (size_t i = 0; i < some; i++) row[i] = column[i * order->column_stride];
        for (size_t i = some; i < width; i++) row[i] = 0;
      }
    }
  }
}

/// Where the sums of a chain go.
typedef struct {
  /// Partial sums of earlier chains, rows CK_PRODUCT_BLOCK floats apart.
  float *partial;
  bool isFirst, isLast;
  /// The result, for the last chain.
  float *y;
  const float *bias;
  ck_post post;
  size_t stride;
  /// Columns that exist from here on.
  size_t columns;
} destination;

/// The products of one chain: `rows` rows of x, `stride` floats apart, with `count` rows of
/// weights, `width` floats apart.
CK_INLINE void add_chain(const destination *to, const float *x, size_t stride, const float *w,
                         size_t width, size_t count, const int rows, const int halves) {
  ck_f32x16 sums[28];
  CK_UNROLL for (int i = 0; i < rows * halves; i++) sums[i] = (ck_f32x16){0};
  for (size_t c = 0; c < count; c++, w += width) {
    ck_f32x16 weights[2];
    CK_UNROLL for (int h = 0; h < halves; h++) {
      weights[h] = *(const ck_f32x16 *)(w + LANES * h);
      // The next chain's: they are usually in the last cache, and only the first rows wait.
      __builtin_prefetch(w + CHAIN * width + LANES * h);
    }
    CK_UNROLL for (int r = 0; r < rows; r++) {
      float v = x[(size_t)r * stride + c];
      CK_UNROLL for (int h = 0; h < halves; h++) sums[r * halves + h] += weights[h] * v;
    }
  }
  if (!to->isFirst) {
    CK_UNROLL for (int r = 0; r < rows; r++) {
      CK_UNROLL for (int h = 0; h < halves; h++) sums[r * halves + h] +=
          *(const ck_f32x16 *)(to->partial + r * CK_PRODUCT_BLOCK + LANES * h);
    }
  }
  if (!to->isLast) {
    CK_UNROLL for (int r = 0; r < rows; r++) {
      CK_UNROLL for (int h = 0; h < halves; h++) *
          (ck_f32x16 *)(to->partial + r * CK_PRODUCT_BLOCK + LANES * h) = sums[r * halves + h];
    }
    return;
  }
  if (to->columns >= (size_t)(halves * LANES)) {
    CK_UNROLL for (int r = 0; r < rows; r++) {
      CK_UNROLL for (int h = 0; h < halves; h++)
          store_sums(to->y, &sums[r * halves + h], to->bias ? to->bias + LANES * h : 0, &to->post,
                     (size_t)r * to->stride + (size_t)(LANES * h), LANES);
    }
    return;
  }
  CK_UNROLL for (int h = 0; h < halves; h++) {
    size_t done = (size_t)(LANES * h), some = to->columns > done ? to->columns - done : 0;
    if (some > LANES) some = LANES;
    if (some == 0) continue;
    float bias[LANES] = {0};
    if (to->bias) memcpy(bias, to->bias + done, some * sizeof *bias);
    CK_UNROLL for (int r = 0; r < rows; r++)
        store_sums(to->y, &sums[r * halves + h], to->bias ? bias : 0, &to->post,
                   (size_t)r * to->stride + done, some);
  }
}

#define ROWS(r)                                                           \
  case r:                                                                 \
    if (r <= most) add_chain(&to, x, stride, w, width, count, r, halves); \
    break;

/// One chain of all rows, in groups of at most `most` and nearly equal size.
CK_INLINE void add_chains(destination to, const float *x, size_t stride, const float *w,
                          size_t width, size_t count, size_t rows, const int most,
                          const int halves) {
  for (size_t left = (rows + (size_t)most - 1) / (size_t)most; left > 0; left--) {
    size_t some = (rows + left - 1) / left;
    switch (some) { EACH_COUNT(ROWS) }
    rows -= some;
    x += some * stride;
    to.partial += some * CK_PRODUCT_BLOCK;
    to.y += some * to.stride;
    if (to.post.addend) to.post.addend += some * to.stride;
  }
}

/// All blocks of columns of some rows.
CK_INLINE void multiply(float *y, const float *x, const ck_product *p, const ck_post *post,
                        size_t rows, size_t from, size_t to_block, float *scratch, const int most,
                        const int halves) {
  for (size_t block = from; block < to_block; block++) {
    size_t first = block * CK_PRODUCT_BLOCK, width = block_width(p->columns, block);
    const float *weight = p->weight + first * p->inner;
    for (size_t done = 0; done < p->inner; done += CHAIN) {
      size_t count = p->inner - done < CHAIN ? p->inner - done : CHAIN;
      for (size_t h = 0; h < width; h += LANES * (size_t)halves) {
        size_t column = first + h;
        destination to = {
            .partial = scratch + h,
            .isFirst = done == 0,
            .isLast = done + count == p->inner,
            .y = y + column,
            .bias = p->bias ? p->bias + column : 0,
            .post = {post->addend ? post->addend + column : 0, post->low, post->high},
            .stride = p->columns,
            .columns = p->columns - column,
        };
        const float *w = weight + done * width + h;
        if (halves == 2 && width - h < 2 * LANES) {
          add_chains(to, x + done, p->x_stride, w, width, count, rows, most, 1);
        } else {
          add_chains(to, x + done, p->x_stride, w, width, count, rows, most, halves);
        }
      }
    }
  }
}

CK_INLINE void ck_product_run_body(float *y, const float *x, const ck_product *p,
                                   const ck_post *post, size_t rows, size_t from, size_t to,
                                   float *scratch, const int most, const int halves) {
  // The weights of a single chain stay in the first cache, so that rows can be written whole.
  size_t parts = p->inner <= CHAIN ? (rows + (size_t)most - 1) / (size_t)most : 1;
  ck_post own = *post;
  for (size_t left = parts; left > 0; left--) {
    size_t some = (rows + left - 1) / left;
    multiply(y, x, p, &own, some, from, to, scratch, most, halves);
    rows -= some;
    y += some * p->columns;
    x += some * p->x_stride;
    if (own.addend) own.addend += some * p->columns;
  }
}

#define PARAMETERS                                                                        \
  (float *y, const float *x, const ck_product *product, const ck_post *post, size_t rows, \
   size_t from, size_t to, float *scratch)

// The number of rows is the maximum for which all sums and the weights fit in registers.
#if CK_X86
enum { PORTABLE_ROWS = 2 };
#else
enum { PORTABLE_ROWS = 6 };
#endif
static void ck_product_run_portable PARAMETERS {
  ck_product_run_body(y, x, product, post, rows, from, to, scratch, PORTABLE_ROWS, 1);
}
#if CK_X86
CK_TARGET_AVX2 static void ck_product_run_avx2 PARAMETERS {
  ck_product_run_body(y, x, product, post, rows, from, to, scratch, 6, 1);
}
CK_TARGET_AVX512 static void ck_product_run_avx512 PARAMETERS {
  ck_product_run_body(y, x, product, post, rows, from, to, scratch, 14, 2);
}
#endif
CK_CHOOSE(void, ck_product_run, PARAMETERS, (y, x, product, post, rows, from, to, scratch))
