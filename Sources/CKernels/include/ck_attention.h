// SPDX-License-Identifier: Apache-2.0
// Attention of single queries over rows that lie apart, as in a cache of keys and values.
#pragma once

#include <stddef.h>

/// scores[s] = scale · q·k[s] + mask[s], where row s of `features` elements starts at k + s·stride;
/// no mask if NULL, and its elements are `mask_stride` apart.
void ck_attention_scores(float *scores, const float *q, const float *k, ptrdiff_t stride,
                         const float *mask, ptrdiff_t mask_stride, float scale, size_t positions,
                         size_t features);

/// y = Σ weights[s]·v[s], where row s of `width` elements starts at v + s·stride.
void ck_attention_sum(float *y, const float *weights, const float *v, ptrdiff_t stride,
                      size_t positions, size_t width);
