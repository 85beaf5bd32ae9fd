// SPDX-License-Identifier: Apache-2.0
// Soft k-means: each vector belongs to every cluster with a weight that decreases with distance.
//
// The weight of cluster k for vector i is softmax over k of -|x_i - c_k|² / tau, clamped to at
// least `floor`; `bias` is subtracted from the squared distance of the first cluster. Vectors are
// stored by component: component d of vector i is x[d·stride + i]. Centroids are [clusters][dim].
#pragma once

#include <stddef.h>

typedef struct {
  size_t clusters, dim, stride;
  float inverse_tau, floor, bias;
  /// For scalars (dim 1): a buffer of clusters · n floats, n rounded up to a multiple of 32, to
  /// which `ck_cluster_sums` writes the weights. The other functions read them from it, if the
  /// centroids are the same. NULL: each function computes them.
  float *shares;
} ck_clustering;

/// Adds the weights to mass[clusters], the weights times the vectors to moment[clusters·dim], and
/// the squared distances to the nearest centroids to *inertia.
void ck_cluster_sums(const ck_clustering *c, const float *x, size_t n, const float *centroids,
                     float *mass, float *moment, float *inertia);

/// y_i = Σ_k weight_ik values_k, where y has the layout of x.
void ck_cluster_mix(const ck_clustering *c, float *y, const float *x, size_t n,
                    const float *centroids, const float *values);

/// Adds Σ_i weight_ik g_i to sums[clusters·dim], where g has the layout of x.
void ck_cluster_gather(const ck_clustering *c, const float *x, const float *g, size_t n,
                       const float *centroids, float *sums);

/// The backward pass. For a loss with the gradient by weight_ik
///   g_i · values_k (where g is given)  +  d_moment_k · x_i  +  d_mass_k,
/// and the additional gradient by x_i of Σ_k weight_ik d_moment_k, adds its gradient to dx and
/// d_centroids.
void ck_cluster_back(const ck_clustering *c, const float *x, size_t n, const float *centroids,
                     const float *g, const float *values, const float *d_moment,
                     const float *d_mass, float *dx, float *d_centroids);

/// The index of the nearest centroid of each vector, the first of equally near ones; `bias` is
/// taken into account.
void ck_cluster_nearest(const ck_clustering *c, unsigned char *index, const float *x, size_t n,
                        const float *centroids);
