// SPDX-License-Identifier: Apache-2.0
// Gradients of pooling and of elementwise functions.
#include "ck_gradient.h"

#include "dispatch.h"

CK_INLINE void ck_relu_gradient_body(float *dx, const float *dy, const float *y, size_t n) {
  CK_VECTOR for (size_t i = 0; i < n; i++) dx[i] = y[i] > 0 ? dy[i] : 0;
}
CK_DISPATCH(void, ck_relu_gradient, (float *dx, const float *dy, const float *y, size_t n),
            (dx, dy, y, n))

enum { LANES = 16 };

// The part of a window inside the input: start and end along each axis.
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

// Processes one window: dy is passed to the first element that equals y. With `adds`, windows may
// overlap.
CK_INLINE void share_max(float *dx, const float *dy, const float *x, const float *y,
                         const ck_pool *p, const span *s, const bool adds) {
  size_t c = 0;
  for (; c + LANES <= p->channels; c += LANES) {
    ck_f32x16 rest = *(const ck_f32x16 *)(dy + c), top = *(const ck_f32x16 *)(y + c);
    for (size_t i = s->first[0]; i < s->end[0]; i++)
      for (size_t j = s->first[1]; j < s->end[1]; j++)
        for (size_t k = s->first[2]; k < s->end[2]; k++) {
          size_t at = pixel(p, i, j, k) + c;
          ck_i32x16 is_top = *(const ck_f32x16 *)(x + at) == top;
          ck_f32x16 share = (ck_f32x16)(is_top & (ck_i32x16)rest);
          ck_f32x16 *to = (ck_f32x16 *)(dx + at);
          *to = adds ? *to + share : share;
          rest = (ck_f32x16)(~is_top & (ck_i32x16)rest);
        }
  }
  for (; c < p->channels; c++) {
    float rest = dy[c];
    for (size_t i = s->first[0]; i < s->end[0]; i++)
      for (size_t j = s->first[1]; j < s->end[1]; j++)
        for (size_t k = s->first[2]; k < s->end[2]; k++) {
          size_t at = pixel(p, i, j, k) + c;
          float share = x[at] == y[c] ? rest : 0;
          dx[at] = adds ? dx[at] + share : share;
          rest -= share;
        }
  }
}

// Whether every element is in exactly one window.
CK_INLINE bool is_tiling(const ck_pool *p) {
  bool tiling = true;
  for (int i = 0; i < 3; i++)
    tiling &=
        p->step[i] == p->kernel[i] && p->pad[i] == 0 && p->output[i] * p->step[i] >= p->input[i];
  return tiling;
}

CK_INLINE void share_all(float *dx, const float *dy, const float *x, const float *y,
                         const ck_pool *p, const bool adds) {
  size_t at[3];
  for (at[0] = 0; at[0] < p->output[0]; at[0]++)
    for (at[1] = 0; at[1] < p->output[1]; at[1]++)
      for (at[2] = 0; at[2] < p->output[2]; at[2]++) {
        span s = inside(p, at);
        share_max(dx, dy, x, y, p, &s, adds);
        dy += p->channels;
        y += p->channels;
      }
}

CK_INLINE void ck_max_pool_gradient_body(float *dx, const float *dy, const float *x, const float *y,
                                         const ck_pool *p) {
  if (is_tiling(p)) return share_all(dx, dy, x, y, p, false);
  memset(dx, 0, p->input[0] * p->input[1] * p->input[2] * p->channels * sizeof *dx);
  share_all(dx, dy, x, y, p, true);
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
