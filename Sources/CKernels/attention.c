// SPDX-License-Identifier: Apache-2.0
// Attention of single queries: products with rows that lie a stride apart, each read once.
#include "ck_attention.h"

#include "dispatch.h"

// MARK: scores

CK_INLINE float dot(const float *a, const float *b, size_t n) {
  ck_f32x16 part = {0};
  size_t i = 0;
  for (; i + 16 <= n; i += 16) part += *(const ck_f32x16 *)(a + i) * *(const ck_f32x16 *)(b + i);
  float rest = 0;
  for (; i < n; i++) rest += a[i] * b[i];
  return ck_sum16(&part) + rest;
}

CK_INLINE void ck_attention_scores_body(float *scores, const float *q, const float *k,
                                        ptrdiff_t stride, const float *mask, ptrdiff_t mask_stride,
                                        float scale, size_t positions, size_t features) {
  for (size_t s = 0; s < positions; s++)
    scores[s] = scale * dot(q, k + (ptrdiff_t)s * stride, features);
  if (mask)
    for (size_t s = 0; s < positions; s++) scores[s] += mask[(ptrdiff_t)s * mask_stride];
}
CK_DISPATCH(void, ck_attention_scores,
            (float *scores, const float *q, const float *k, ptrdiff_t stride, const float *mask,
             ptrdiff_t mask_stride, float scale, size_t positions, size_t features),
            (scores, q, k, stride, mask, mask_stride, scale, positions, features))

// MARK: weighted sums

// VECTORS vectors of the result, held in registers over all positions.
#define SUM_BLOCK(VECTORS)                                                                         \
  for (; w + 16 * VECTORS <= width; w += 16 * VECTORS) {                                           \
    ck_f32x16 sum[VECTORS];                                                                        \
    for (int j = 0; j < VECTORS; j++) sum[j] = (ck_f32x16){0};                                     \
    const float *row = v + w;                                                                      \
    for (size_t s = 0; s < positions; s++, row += stride)                                          \
      for (int j = 0; j < VECTORS; j++) sum[j] += weights[s] * *(const ck_f32x16 *)(row + 16 * j); \
    for (int j = 0; j < VECTORS; j++) *(ck_f32x16 *)(y + w + 16 * j) = sum[j];                     \
  }

CK_INLINE void ck_attention_sum_body(float *y, const float *weights, const float *v,
                                     ptrdiff_t stride, size_t positions, size_t width) {
  size_t w = 0;
  SUM_BLOCK(8)
  SUM_BLOCK(4)
  SUM_BLOCK(1)
  for (; w < width; w++) {
    float sum = 0;
    const float *row = v + w;
    for (size_t s = 0; s < positions; s++, row += stride) sum += weights[s] * *row;
    y[w] = sum;
  }
}
CK_DISPATCH(void, ck_attention_sum,
            (float *y, const float *weights, const float *v, ptrdiff_t stride, size_t positions,
             size_t width),
            (y, weights, v, stride, positions, width))
