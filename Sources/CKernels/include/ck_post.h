// SPDX-License-Identifier: Apache-2.0
// What a product or convolution does with each sum before it stores it.
#pragma once

/// The sum with `addend`, which is NULL or has the output's shape (and may be the output), then the
/// limits. Infinite limits leave it unchanged; a nan stays nan.
typedef struct {
  const float *addend;
  float low, high;
} ck_post;
