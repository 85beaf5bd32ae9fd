// SPDX-License-Identifier: Apache-2.0
// Private: channels in vector lanes, and how a vector of sums is stored.
#pragma once

#include "ck_post.h"
#include "dispatch.h"

#define CK_UNROLL _Pragma("clang loop unroll(full)")

enum { LANES = 16 };

/// The cases of a switch over 1 to 14 rows, the most whose sums fit in registers.
#define EACH_COUNT(F) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14)

/// Rounded up to whole vectors.
CK_INLINE size_t padded(size_t channels) { return (channels + LANES - 1) / LANES * LANES; }

/// Stores sixteen channels, of which `some` exist, `offset` floats after y.
CK_INLINE void store_sums(float *y, const ck_f32x16 *sum, const float *bias, const ck_post *post,
                          size_t offset, size_t some) {
  float part[LANES] = {0};
  ck_f32x16 v = *sum;
  bool whole = some == LANES;
  if (bias) v += *(const ck_f32x16 *)bias;
  if (post->addend) {
    const float *addend = post->addend + offset;
    if (!whole) addend = memcpy(part, addend, some * sizeof *part);
    v += *(const ck_f32x16 *)addend;
  }
  v = CK_CHOICE(v < post->low, (ck_f32x16){0} + post->low, v);
  v = CK_CHOICE(v > post->high, (ck_f32x16){0} + post->high, v);
  if (whole) {
    *(ck_f32x16 *)(y + offset) = v;
  } else {
    *(ck_f32x16 *)part = v;
    memcpy(y + offset, part, some * sizeof *part);
  }
}
