// SPDX-License-Identifier: Apache-2.0
// Soft k-means and its backward pass, one block of vectors at a time.
#include "ck_cluster.h"

#include "functions.h"

// The number of vectors in a block, chosen so that their distances to up to 256 centroids fit in
// the L2 cache.
enum { BLOCK = 64, MOST = 257 };

/// The squared distances of a block, cluster by cluster; lanes from `m` on are undefined.
CK_INLINE void distances(const ck_clustering *c, float (*d)[BLOCK], const float *x, size_t m,
                         const float *centroids) {
  for (size_t k = 0; k < c->clusters; k++) {
    const float *center = centroids + k * c->dim;
    float shift = k == 0 ? -c->bias : 0;
    CK_VECTOR for (size_t i = 0; i < m; i++) d[k][i] = shift;
    for (size_t j = 0; j < c->dim; j++) {
      const float *xj = x + j * c->stride;
      CK_VECTOR for (size_t i = 0; i < m; i++) {
        float difference = xj[i] - center[j];
        d[k][i] += difference * difference;
      }
    }
  }
}

CK_INLINE void nearest_of(const ck_clustering *c, float (*d)[BLOCK], size_t m, float *least) {
  CK_VECTOR for (size_t i = 0; i < m; i++) least[i] = d[0][i];
  for (size_t k = 1; k < c->clusters; k++)
    CK_VECTOR for (size_t i = 0; i < m; i++) least[i] = d[k][i] < least[i] ? d[k][i] : least[i];
}

/// Converts distances to weights, before they are clamped to the floor.
CK_INLINE void soften(const ck_clustering *c, float (*p)[BLOCK], const float *least, size_t m) {
  float sum[BLOCK];
  CK_VECTOR for (size_t i = 0; i < m; i++) sum[i] = 0;
  for (size_t k = 0; k < c->clusters; k++) CK_VECTOR for (size_t i = 0; i < m; i++) {
      p[k][i] = ck_exp1((least[i] - p[k][i]) * c->inverse_tau);
      sum[i] += p[k][i];
    }
  CK_VECTOR for (size_t i = 0; i < m; i++) sum[i] = 1 / sum[i];
  for (size_t k = 0; k < c->clusters; k++)
    CK_VECTOR for (size_t i = 0; i < m; i++) p[k][i] *= sum[i];
}

CK_INLINE void raise(const ck_clustering *c, float (*p)[BLOCK], size_t m) {
  for (size_t k = 0; k < c->clusters; k++)
    CK_VECTOR for (size_t i = 0; i < m; i++) p[k][i] = p[k][i] < c->floor ? c->floor : p[k][i];
}

/// The sum of m numbers, accumulated in lanes first.
CK_INLINE float sum_of(const float *a, size_t m) {
  ck_f32x16 lanes = {0};
  size_t i = 0;
  for (; i + 16 <= m; i += 16) lanes += *(const ck_f32x16 *)(a + i);
  float total = ck_sum16(&lanes);
  for (; i < m; i++) total += a[i];
  return total;
}

CK_INLINE float dot_of(const float *a, const float *b, size_t m) {
  ck_f32x16 lanes = {0};
  size_t i = 0;
  for (; i + 16 <= m; i += 16) lanes += *(const ck_f32x16 *)(a + i) * *(const ck_f32x16 *)(b + i);
  float total = ck_sum16(&lanes);
  for (; i < m; i++) total += a[i] * b[i];
  return total;
}

// Scalars, the most common case, are processed LANES at a time, with sums in vectors until the
// end.
enum { LANES = 32 };
typedef float lanes[LANES];
#define EACH_LANE CK_VECTOR for (int l = 0; l < LANES; l++)
#define STRIPES(n) \
  for (size_t from = 0, m; m = (n)-from < LANES ? (n)-from : LANES, from < (n); from += LANES)

/// 2ᵗ for t ≤ 0, accurate to seven digits; results are at least 2⁻⁶⁰.
CK_INLINE float power_of_two(float t) {
  float c = t < -60.0f ? -60.0f : t;
  int32_t n;
  float r = c - ck_split1(c, &n);
  float q = 1.3267e-3f;
  q = q * r + 9.67546e-3f;
  q = q * r + 5.550743e-2f;
  q = q * r + 2.4022122e-1f;
  q = q * r + 6.9314695e-1f;
  q = q * r + 1.0f;
  return ck_float(ck_bits(q) + ((uint32_t)n << 23));
}

/// Loads LANES numbers, repeating the last one if there are fewer.
CK_INLINE void load(lanes v, const float *x, size_t m) {
  if (m == LANES) {
    EACH_LANE v[l] = x[l];
  } else {
    for (size_t l = 0; l < LANES; l++) v[l] = x[l < m ? l : m - 1];
  }
}

/// The weights before they are clamped to the floor, and the squared distances to the nearest
/// centroids.
CK_INLINE void shares(const ck_clustering *c, lanes *p, const lanes x, const float *centroids,
                      lanes least) {
  lanes sum;
  float first = centroids[0], bias = c->bias, steepness = c->inverse_tau * 1.44269504f;
  EACH_LANE {
    least[l] = (x[l] - first) * (x[l] - first) - bias;
    sum[l] = 0;
  }
  for (size_t k = 1; k < c->clusters; k++) {
    float center = centroids[k];
    EACH_LANE {
      float d = (x[l] - center) * (x[l] - center);
      least[l] = d < least[l] ? d : least[l];
    }
  }
  for (size_t k = 0; k < c->clusters; k++) {
    float center = centroids[k], shift = k == 0 ? bias : 0;
    EACH_LANE {
      float d = (x[l] - center) * (x[l] - center) - shift;
      p[k][l] = power_of_two((least[l] - d) * steepness);
      sum[l] += p[k][l];
    }
  }
  EACH_LANE sum[l] = 1 / sum[l];
  for (size_t k = 0; k < c->clusters; k++) EACH_LANE p[k][l] *= sum[l];
}

/// The location of the stored weights of the numbers from `from` on; `own` if they are not
/// stored.
CK_INLINE lanes *kept(const ck_clustering *c, lanes *own, size_t from) {
  return c->shares ? (lanes *)c->shares + from / LANES * c->clusters : own;
}

CK_INLINE void clear(lanes *v, size_t count) {
  for (size_t k = 0; k < count; k++) EACH_LANE v[k][l] = 0;
}

/// Clears the results of repeated lanes.
CK_INLINE void cut(lanes v, size_t m) {
  for (size_t l = m; l < LANES; l++) v[l] = 0;
}

CK_INLINE void sums_of_numbers(const ck_clustering *c, const float *x, size_t n,
                               const float *centroids, float *mass, float *moment, float *inertia) {
  lanes own[MOST], masses[MOST], moments[MOST], v, least, costs;
  float floor = c->floor;
  clear(masses, c->clusters);
  clear(moments, c->clusters);
  clear(&costs, 1);
  STRIPES(n) {
    lanes *p = kept(c, own, from), share;
    load(v, x + from, m);
    shares(c, p, v, centroids, least);
    if (m < LANES) cut(least, m);
    EACH_LANE costs[l] += least[l];
    for (size_t k = 0; k < c->clusters; k++) {
      EACH_LANE share[l] = p[k][l] < floor ? floor : p[k][l];
      if (m < LANES) cut(share, m);
      EACH_LANE {
        masses[k][l] += share[l];
        moments[k][l] += share[l] * v[l];
      }
    }
  }
  for (size_t k = 0; k < c->clusters; k++) {
    mass[k] += sum_of(masses[k], LANES);
    moment[k] += sum_of(moments[k], LANES);
  }
  *inertia += sum_of(costs, LANES);
}

CK_INLINE void mix_of_numbers(const ck_clustering *c, float *y, const float *x, size_t n,
                              const float *centroids, const float *values) {
  lanes own[MOST], v, least, out;
  float floor = c->floor;
  STRIPES(n) {
    lanes *p = kept(c, own, from);
    if (p == own) {
      load(v, x + from, m);
      shares(c, p, v, centroids, least);
    }
    clear(&out, 1);
    for (size_t k = 0; k < c->clusters; k++) {
      float value = values[k];
      EACH_LANE out[l] += (p[k][l] < floor ? floor : p[k][l]) * value;
    }
    memcpy(y + from, out, m * sizeof(float));
  }
}

CK_INLINE void gather_of_numbers(const ck_clustering *c, const float *x, const float *g, size_t n,
                                 const float *centroids, float *sums) {
  lanes own[MOST], totals[MOST], v, least, weight;
  float floor = c->floor;
  clear(totals, c->clusters);
  STRIPES(n) {
    lanes *p = kept(c, own, from);
    load(weight, g + from, m);
    if (m < LANES) cut(weight, m);
    if (p == own) {
      load(v, x + from, m);
      shares(c, p, v, centroids, least);
    }
    for (size_t k = 0; k < c->clusters; k++)
      EACH_LANE totals[k][l] += (p[k][l] < floor ? floor : p[k][l]) * weight[l];
  }
  for (size_t k = 0; k < c->clusters; k++) sums[k] += sum_of(totals[k], LANES);
}

CK_INLINE void back_of_numbers(const ck_clustering *c, const float *x, size_t n,
                               const float *centroids, const float *g, const float *values,
                               const float *d_moment, const float *d_mass, float *dx,
                               float *d_centroids) {
  lanes own[MOST], d[MOST], totals[MOST], v, least, weight, mean, out;
  float floor = c->floor, scale = -2 * c->inverse_tau;
  clear(totals, c->clusters);
  clear(&weight, 1);
  STRIPES(n) {
    load(v, x + from, m);
    if (g) load(weight, g + from, m);
    lanes *p = kept(c, own, from);
    if (p == own) shares(c, p, v, centroids, least);
    clear(&mean, 1);
    clear(&out, 1);
    for (size_t k = 0; k < c->clusters; k++) {
      float mass = d_mass[k], moment = d_moment[k], value = g ? values[k] : 0;
      EACH_LANE {
        float share = p[k][l] < floor ? floor : p[k][l];
        float slope = mass + moment * v[l] + value * weight[l];
        d[k][l] = p[k][l] < floor ? 0 : slope;
        out[l] += share * moment;
        mean[l] += p[k][l] * d[k][l];
      }
    }
    for (size_t k = 0; k < c->clusters; k++) {
      float center = centroids[k];
      EACH_LANE {
        d[k][l] = scale * p[k][l] * (d[k][l] - mean[l]) * (v[l] - center);
        out[l] += d[k][l];
      }
      if (m < LANES) cut(d[k], m);
      EACH_LANE totals[k][l] += d[k][l];
    }
    for (size_t l = 0; l < m; l++) dx[from + l] += out[l];
  }
  for (size_t k = 0; k < c->clusters; k++) d_centroids[k] -= sum_of(totals[k], LANES);
}

#define BLOCKS(n) \
  for (size_t from = 0, m; m = (n)-from < BLOCK ? (n)-from : BLOCK, from < (n); from += BLOCK)

CK_INLINE void ck_cluster_sums_body(const ck_clustering *c, const float *x, size_t n,
                                    const float *centroids, float *mass, float *moment,
                                    float *inertia) {
  if (c->dim == 1) return sums_of_numbers(c, x, n, centroids, mass, moment, inertia);
  float p[MOST][BLOCK], least[BLOCK];
  BLOCKS(n) {
    distances(c, p, x + from, m, centroids);
    nearest_of(c, p, m, least);
    soften(c, p, least, m);
    raise(c, p, m);
    *inertia += sum_of(least, m);
    for (size_t k = 0; k < c->clusters; k++) {
      mass[k] += sum_of(p[k], m);
      for (size_t j = 0; j < c->dim; j++)
        moment[k * c->dim + j] += dot_of(p[k], x + j * c->stride + from, m);
    }
  }
}
CK_DISPATCH(void, ck_cluster_sums,
            (const ck_clustering *c, const float *x, size_t n, const float *centroids, float *mass,
             float *moment, float *inertia),
            (c, x, n, centroids, mass, moment, inertia))

CK_INLINE void ck_cluster_mix_body(const ck_clustering *c, float *y, const float *x, size_t n,
                                   const float *centroids, const float *values) {
  if (c->dim == 1) return mix_of_numbers(c, y, x, n, centroids, values);
  float p[MOST][BLOCK], least[BLOCK];
  BLOCKS(n) {
    distances(c, p, x + from, m, centroids);
    nearest_of(c, p, m, least);
    soften(c, p, least, m);
    raise(c, p, m);
    for (size_t j = 0; j < c->dim; j++) {
      float *yj = y + j * c->stride + from;
      CK_VECTOR for (size_t i = 0; i < m; i++) yj[i] = 0;
      for (size_t k = 0; k < c->clusters; k++) {
        float value = values[k * c->dim + j];
        CK_VECTOR for (size_t i = 0; i < m; i++) yj[i] += p[k][i] * value;
      }
    }
  }
}
CK_DISPATCH(void, ck_cluster_mix,
            (const ck_clustering *c, float *y, const float *x, size_t n, const float *centroids,
             const float *values),
            (c, y, x, n, centroids, values))

CK_INLINE void ck_cluster_gather_body(const ck_clustering *c, const float *x, const float *g,
                                      size_t n, const float *centroids, float *sums) {
  if (c->dim == 1) return gather_of_numbers(c, x, g, n, centroids, sums);
  float p[MOST][BLOCK], least[BLOCK];
  BLOCKS(n) {
    distances(c, p, x + from, m, centroids);
    nearest_of(c, p, m, least);
    soften(c, p, least, m);
    raise(c, p, m);
    for (size_t k = 0; k < c->clusters; k++)
      for (size_t j = 0; j < c->dim; j++)
        sums[k * c->dim + j] += dot_of(p[k], g + j * c->stride + from, m);
  }
}
CK_DISPATCH(void, ck_cluster_gather,
            (const ck_clustering *c, const float *x, const float *g, size_t n,
             const float *centroids, float *sums),
            (c, x, g, n, centroids, sums))

CK_INLINE void ck_cluster_back_body(const ck_clustering *c, const float *x, size_t n,
                                    const float *centroids, const float *g, const float *values,
                                    const float *d_moment, const float *d_mass, float *dx,
                                    float *d_centroids) {
  if (c->dim == 1)
    return back_of_numbers(c, x, n, centroids, g, values, d_moment, d_mass, dx, d_centroids);
  float p[MOST][BLOCK], d[MOST][BLOCK], least[BLOCK], mean[BLOCK], part[BLOCK];
  BLOCKS(n) {
    distances(c, p, x + from, m, centroids);
    nearest_of(c, p, m, least);
    soften(c, p, least, m);
    // The gradient of each weight. It is zero where the weight was clamped to the floor.
    for (size_t k = 0; k < c->clusters; k++) {
      float mass = d_mass[k];
      CK_VECTOR for (size_t i = 0; i < m; i++) d[k][i] = mass;
      for (size_t j = 0; j < c->dim; j++) {
        float moment = d_moment[k * c->dim + j];
        const float *xj = x + j * c->stride + from;
        float *dxj = dx + j * c->stride + from;
        CK_VECTOR for (size_t i = 0; i < m; i++) {
          float share = p[k][i] < c->floor ? c->floor : p[k][i];
          d[k][i] += moment * xj[i];
          dxj[i] += share * moment;
        }
        if (!g) continue;
        float value = values[k * c->dim + j];
        const float *gj = g + j * c->stride + from;
        CK_VECTOR for (size_t i = 0; i < m; i++) d[k][i] += value * gj[i];
      }
      CK_VECTOR for (size_t i = 0; i < m; i++) d[k][i] = p[k][i] < c->floor ? 0 : d[k][i];
    }
    // The backward pass of softmax, to the squared distances.
    CK_VECTOR for (size_t i = 0; i < m; i++) mean[i] = 0;
    for (size_t k = 0; k < c->clusters; k++)
      CK_VECTOR for (size_t i = 0; i < m; i++) mean[i] += p[k][i] * d[k][i];
    for (size_t k = 0; k < c->clusters; k++) {
      float scale = -2 * c->inverse_tau;
      CK_VECTOR for (size_t i = 0; i < m; i++) d[k][i] = scale * p[k][i] * (d[k][i] - mean[i]);
      for (size_t j = 0; j < c->dim; j++) {
        float center = centroids[k * c->dim + j];
        const float *xj = x + j * c->stride + from;
        float *dxj = dx + j * c->stride + from;
        CK_VECTOR for (size_t i = 0; i < m; i++) {
          part[i] = d[k][i] * (xj[i] - center);
          dxj[i] += part[i];
        }
        d_centroids[k * c->dim + j] -= sum_of(part, m);
      }
    }
  }
}
CK_DISPATCH(void, ck_cluster_back,
            (const ck_clustering *c, const float *x, size_t n, const float *centroids,
             const float *g, const float *values, const float *d_moment, const float *d_mass,
             float *dx, float *d_centroids),
            (c, x, n, centroids, g, values, d_moment, d_mass, dx, d_centroids))

CK_INLINE void ck_cluster_nearest_body(const ck_clustering *c, unsigned char *index, const float *x,
                                       size_t n, const float *centroids) {
  float d[MOST][BLOCK], least[BLOCK];
  int32_t at[BLOCK];
  BLOCKS(n) {
    distances(c, d, x + from, m, centroids);
    CK_VECTOR for (size_t i = 0; i < m; i++) {
      least[i] = d[0][i];
      at[i] = 0;
    }
    for (size_t k = 1; k < c->clusters; k++) CK_VECTOR for (size_t i = 0; i < m; i++) {
        at[i] = d[k][i] < least[i] ? (int32_t)k : at[i];
        least[i] = d[k][i] < least[i] ? d[k][i] : least[i];
      }
    for (size_t i = 0; i < m; i++) index[from + i] = (unsigned char)at[i];
  }
}
CK_DISPATCH(void, ck_cluster_nearest,
            (const ck_clustering *c, unsigned char *index, const float *x, size_t n,
             const float *centroids),
            (c, index, x, n, centroids))
