// SPDX-License-Identifier: Apache-2.0
// Loops of gradients.
#include "ck_gradient.h"

#include "dispatch.h"

CK_INLINE void ck_relu_gradient_body(float *dx, const float *dy, const float *y, size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}
CK_DISPATCH(void, ck_relu_gradient, (float *dx, const float *dy, const float *y, size_t n),
            (dx, dy, y, n))

enum { BLOCK = 64 };

// The part of a window that lies inside: first and end of each axis.
typedef struct {
  size_t first[3], end[3];
} span;

CK_INLINE span inside(const ck_pool *p, const size_t at[3]) {
  span s;
  for (int i = 0; i < 3; i++) {
    size_t from = at[i] * p->step[i], to = from + p->kernel[i];
    s.first[i] = from > p->pad[i] ? from - p->pad[i] : 0;
    s.end[i] = to > p->pad[i] ? to - p->pad[i] : 0;
    if (s.end[i] > p->input[i]) s.end[i] = p->input[i];
  }
  return s;
}

CK_INLINE size_t pixel(const ck_pool *p, size_t a, size_t b, size_t c) {
  return ((a * p->input[1] + b) * p->input[2] + c) * p->channels;
}

CK_INLINE void share_max(float *dx, const float *dy, const float *x, const float *y,
                         const ck_pool *p, const span *s) {
  for (size_t c = 0; c < p->channels; c += BLOCK) {
    size_t width = p->channels - c < BLOCK ? p->channels - c : BLOCK;
    float rest[BLOCK];
    memcpy(rest, dy + c, width * sizeof *rest);
    for (size_t i = s->first[0]; i < s->end[0]; i++)
      for (size_t j = s->first[1]; j < s->end[1]; j++)
        for (size_t k = s->first[2]; k < s->end[2]; k++) {
          size_t at = pixel(p, i, j, k) + c;
          CK_VECTOR_SHORT for (size_t l = 0; l < width; l++) {
            float d = x[at + l] == y[c + l] ? rest[l] : 0;
            dx[at + l] += d;
            rest[l] = x[at + l] == y[c + l] ? 0 : rest[l];
          }
        }
  }
}

CK_INLINE void ck_max_pool_gradient_body(float *dx, const float *dy, const float *x, const float *y,
                                         const ck_pool *p) {
  memset(dx, 0, p->input[0] * p->input[1] * p->input[2] * p->channels * sizeof *dx);
  size_t at[3];
  for (at[0] = 0; at[0] < p->output[0]; at[0]++)
    for (at[1] = 0; at[1] < p->output[1]; at[1]++)
      for (at[2] = 0; at[2] < p->output[2]; at[2]++) {
        span s = inside(p, at);
        share_max(dx, dy, x, y, p, &s);
        dy += p->channels;
        y += p->channels;
      }
}
CK_DISPATCH(void, ck_max_pool_gradient,
            (float *dx, const float *dy, const float *x, const float *y, const ck_pool *pool),
            (dx, dy, x, y, pool))

CK_INLINE void ck_avg_pool_gradient_body(float *dx, const float *dy, const ck_pool *p,
                                         int exclude_padding) {
  memset(dx, 0, p->input[0] * p->input[1] * p->input[2] * p->channels * sizeof *dx);
  size_t at[3];
  for (at[0] = 0; at[0] < p->output[0]; at[0]++)
    for (at[1] = 0; at[1] < p->output[1]; at[1]++)
      for (at[2] = 0; at[2] < p->output[2]; at[2]++, dy += p->channels) {
        span s = inside(p, at);
        size_t count = exclude_padding ? (s.end[0] - s.first[0]) * (s.end[1] - s.first[1]) *
                                             (s.end[2] - s.first[2])
                                       : p->kernel[0] * p->kernel[1] * p->kernel[2];
        float share = count ? 1.0f / (float)count : 0;
        for (size_t i = s.first[0]; i < s.end[0]; i++)
          for (size_t j = s.first[1]; j < s.end[1]; j++)
            for (size_t k = s.first[2]; k < s.end[2]; k++) {
              float *to = dx + pixel(p, i, j, k);
              CK_VECTOR_SHORT for (size_t c = 0; c < p->channels; c++) to[c] += dy[c] * share;
            }
      }
}
CK_DISPATCH(void, ck_avg_pool_gradient,
            (float *dx, const float *dy, const ck_pool *pool, int exclude_padding),
            (dx, dy, pool, exclude_padding))
