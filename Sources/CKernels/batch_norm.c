// SPDX-License-Identifier: Apache-2.0
// The passes of batch normalization. Channels are processed in strips of up to 64, whose
// parameters and sums are kept in registers.
#include "ck_batch_norm.h"

#include "dispatch.h"

enum { LANES = 16, WIDEST = 4 };

typedef ck_f32x16 vec;

// These are macros, since passing vectors by value would change the calling convention.
#define LOAD(p) (*(const vec *)(p))
#define STORE(p, v) (*(vec *)(p) = (v))
#define POSITIVE(condition, value) CK_CHOICE((condition) > 0, value, ((vec){0}))

/// Runs `strip` with a constant number of vectors over all channels, and `scalar` over the
/// channels that do not fill a vector.
#define STRIPS(channels, strip, ...)                                               \
  do {                                                                             \
    size_t at = 0;                                                                 \
    for (; at + WIDEST * LANES <= (channels); at += WIDEST * LANES) strip(WIDEST); \
    for (; at + LANES <= (channels); at += LANES) strip(1);                        \
    for (; at < (channels); at++) __VA_ARGS__;                                     \
  } while (0)

CK_INLINE void moments_strip(float *sum, float *squares, const float *x, const float *origin,
                             size_t rows, size_t stride, const int n) {
  vec o[WIDEST], s[WIDEST], q[WIDEST];
  for (int i = 0; i < n; i++) o[i] = LOAD(origin + i * LANES), s[i] = q[i] = (vec){0};
  for (size_t r = 0; r < rows; r++, x += stride)
    for (int i = 0; i < n; i++) {
      vec v = LOAD(x + i * LANES) - o[i];
      s[i] += v;
      q[i] += v * v;
    }
  for (int i = 0; i < n; i++) STORE(sum + i * LANES, s[i]), STORE(squares + i * LANES, q[i]);
}

CK_INLINE void ck_moments_body(float *sum, float *squares, const float *x, const float *origin,
                               size_t rows, size_t channels) {
#define STRIP(n) moments_strip(sum + at, squares + at, x + at, origin + at, rows, channels, n)
  STRIPS(channels, STRIP, {
    float s = 0, q = 0;
    for (size_t r = 0; r < rows; r++) {
      float v = x[r * channels + at] - origin[at];
      s += v;
      q += v * v;
    }
    sum[at] = s, squares[at] = q;
  });
#undef STRIP
}
CK_DISPATCH(void, ck_moments,
            (float *sum, float *squares, const float *x, const float *origin, size_t rows,
             size_t channels),
            (sum, squares, x, origin, rows, channels))

CK_INLINE void normalize_strip(float *y, const float *x, const float *scale, const float *shift,
                               const float *addend, bool relu, size_t rows, size_t stride,
                               const int n) {
  vec a[WIDEST], b[WIDEST];
  for (int i = 0; i < n; i++) a[i] = LOAD(scale + i * LANES), b[i] = LOAD(shift + i * LANES);
  for (size_t r = 0; r < rows; r++)
    for (int i = 0; i < n; i++) {
      size_t at = r * stride + (size_t)i * LANES;
      vec v = LOAD(x + at) * a[i] + b[i];
      if (addend) v += LOAD(addend + at);
      if (relu) v = POSITIVE(v, v);
      STORE(y + at, v);
    }
}

CK_INLINE void normalize(float *y, const float *x, const float *scale, const float *shift,
                         const float *addend, bool relu, size_t rows, size_t channels) {
#define STRIP(n)                                                                                   \
  normalize_strip(y + at, x + at, scale + at, shift + at, addend ? addend + at : NULL, relu, rows, \
                  channels, n)
  STRIPS(channels, STRIP, {
    for (size_t r = 0; r < rows; r++) {
      size_t i = r * channels + at;
      float v = x[i] * scale[at] + shift[at] + (addend ? addend[i] : 0);
      y[i] = relu && !(v > 0) ? 0 : v;
    }
  });
#undef STRIP
}

// The variants that occur, each compiled without the conditions of the others.
CK_INLINE void ck_normalize_body(float *y, const float *x, const float *scale, const float *shift,
                                 const float *addend, bool relu, size_t rows, size_t channels) {
  if (addend && relu) return normalize(y, x, scale, shift, addend, true, rows, channels);
  if (addend) return normalize(y, x, scale, shift, addend, false, rows, channels);
  if (relu) return normalize(y, x, scale, shift, NULL, true, rows, channels);
  normalize(y, x, scale, shift, NULL, false, rows, channels);
}
CK_DISPATCH(void, ck_normalize,
            (float *y, const float *x, const float *scale, const float *shift, const float *addend,
             bool relu, size_t rows, size_t channels),
            (y, x, scale, shift, addend, relu, rows, channels))

typedef enum { OPEN, BY_OUTPUT, BY_LINE } gate_kind;

CK_INLINE gate_kind kind_of(ck_gate gate) {
  return gate.y ? BY_OUTPUT : gate.scale ? BY_LINE : OPEN;
}

#define GATED(kind, g, x, y, scale, shift)                    \
  ((kind) == BY_OUTPUT ? POSITIVE(LOAD(y), g)                 \
   : (kind) == BY_LINE ? POSITIVE((x) * (scale) + (shift), g) \
                       : (g))

CK_INLINE float gated_one(const gate_kind kind, float g, float x, ck_gate gate, size_t i,
                          size_t c) {
  if (kind == BY_OUTPUT) return gate.y[i] > 0 ? g : 0;
  if (kind == BY_LINE) return x * gate.scale[c] + gate.shift[c] > 0 ? g : 0;
  return g;
}

CK_INLINE void gradient_moments_strip(float *sum, float *product, float *gated, const float *g,
                                      const float *x, const float *origin, ck_gate gate,
                                      const gate_kind kind, size_t c, size_t rows, size_t stride,
                                      const int n) {
  vec o[WIDEST], s[WIDEST], q[WIDEST], scale[WIDEST], shift[WIDEST];
  for (int i = 0; i < n; i++) {
    size_t at = c + (size_t)i * LANES;
    o[i] = LOAD(origin + at), s[i] = q[i] = (vec){0};
    if (kind == BY_LINE) scale[i] = LOAD(gate.scale + at), shift[i] = LOAD(gate.shift + at);
  }
  for (size_t r = 0; r < rows; r++)
    for (int i = 0; i < n; i++) {
      size_t at = r * stride + c + (size_t)i * LANES;
      vec v = LOAD(x + at);
      vec h = LOAD(g + at);
      vec d = GATED(kind, h, v, gate.y + at, scale[i], shift[i]);
      s[i] += d;
      q[i] += d * (v - o[i]);
      if (gated) STORE(gated + at, d);
    }
  for (int i = 0; i < n; i++) {
    STORE(sum + c + i * LANES, s[i]);
    STORE(product + c + i * LANES, q[i]);
  }
}

CK_INLINE void gradient_moments(float *sum, float *product, float *gated, const float *g,
                                const float *x, const float *origin, ck_gate gate,
                                const gate_kind kind, size_t rows, size_t channels) {
#define STRIP(n) \
  gradient_moments_strip(sum, product, gated, g, x, origin, gate, kind, at, rows, channels, n)
  STRIPS(channels, STRIP, {
    float s = 0, q = 0;
    for (size_t r = 0; r < rows; r++) {
      size_t i = r * channels + at;
      float d = gated_one(kind, g[i], x[i], gate, i, at);
      s += d;
      q += d * (x[i] - origin[at]);
      if (gated) gated[i] = d;
    }
    sum[at] = s, product[at] = q;
  });
#undef STRIP
}

CK_INLINE void ck_gradient_moments_body(float *sum, float *product, float *gated, const float *g,
                                        const float *x, const float *origin, ck_gate gate,
                                        size_t rows, size_t channels) {
  switch (kind_of(gate)) {
    case BY_OUTPUT:
      if (gated)
        return gradient_moments(sum, product, gated, g, x, origin, gate, BY_OUTPUT, rows, channels);
      return gradient_moments(sum, product, NULL, g, x, origin, gate, BY_OUTPUT, rows, channels);
    case BY_LINE:
      return gradient_moments(sum, product, gated, g, x, origin, gate, BY_LINE, rows, channels);
    default:
      return gradient_moments(sum, product, gated, g, x, origin, gate, OPEN, rows, channels);
  }
}
CK_DISPATCH(void, ck_gradient_moments,
            (float *sum, float *product, float *gated, const float *gradient, const float *x,
             const float *origin, ck_gate gate, size_t rows, size_t channels),
            (sum, product, gated, gradient, x, origin, gate, rows, channels))

CK_INLINE void input_gradient_strip(float *dx, const float *g, const float *x, const float *a,
                                    const float *b, const float *c, ck_gate gate,
                                    const gate_kind kind, size_t first, size_t rows, size_t stride,
                                    const int n) {
  vec p[WIDEST], q[WIDEST], t[WIDEST], scale[WIDEST], shift[WIDEST];
  for (int i = 0; i < n; i++) {
    size_t at = first + (size_t)i * LANES;
    p[i] = LOAD(a + at), q[i] = LOAD(b + at), t[i] = LOAD(c + at);
    if (kind == BY_LINE) scale[i] = LOAD(gate.scale + at), shift[i] = LOAD(gate.shift + at);
  }
  for (size_t r = 0; r < rows; r++)
    for (int i = 0; i < n; i++) {
      size_t at = r * stride + first + (size_t)i * LANES;
      vec v = LOAD(x + at);
      vec h = LOAD(g + at);
      vec d = GATED(kind, h, v, gate.y + at, scale[i], shift[i]);
      STORE(dx + at, p[i] * d + (q[i] * v + t[i]));
    }
}

CK_INLINE void input_gradient(float *dx, const float *g, const float *x, const float *a,
                              const float *b, const float *c, ck_gate gate, const gate_kind kind,
                              size_t rows, size_t channels) {
#define STRIP(n) input_gradient_strip(dx, g, x, a, b, c, gate, kind, at, rows, channels, n)
  STRIPS(channels, STRIP, {
    for (size_t r = 0; r < rows; r++) {
      size_t i = r * channels + at;
      dx[i] = a[at] * gated_one(kind, g[i], x[i], gate, i, at) + (b[at] * x[i] + c[at]);
    }
  });
#undef STRIP
}

CK_INLINE void ck_batch_norm_gradient_body(float *dx, const float *g, const float *x,
                                           const float *a, const float *b, const float *c,
                                           ck_gate gate, size_t rows, size_t channels) {
  switch (kind_of(gate)) {
    case BY_OUTPUT:
      return input_gradient(dx, g, x, a, b, c, gate, BY_OUTPUT, rows, channels);
    case BY_LINE:
      return input_gradient(dx, g, x, a, b, c, gate, BY_LINE, rows, channels);
    default:
      return input_gradient(dx, g, x, a, b, c, gate, OPEN, rows, channels);
  }
}
CK_DISPATCH(void, ck_batch_norm_gradient,
            (float *dx, const float *gradient, const float *x, const float *a, const float *b,
             const float *c, ck_gate gate, size_t rows, size_t channels),
            (dx, gradient, x, a, b, c, gate, rows, channels))
