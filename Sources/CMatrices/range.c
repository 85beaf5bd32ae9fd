// SPDX-License-Identifier: Apache-2.0
// The error of affine codes, summed in sixteen lanes.
#include "cm_range.h"

#include "dispatch.h"

CK_INLINE double cm_affine_error_body(const float *w, const float *importance, size_t n,
                                      float scale, float zero, float top) {
  const float most = 1e6f, magic = 12582912.0f;
  double total = 0;
  for (size_t start = 0; start < n; start += 4096) {
    const size_t end = n - start < 4096 ? n : start + 4096;
    ck_f32x16 sum = {0};
    for (size_t i = start; i < end; i += 16) {
      ck_f32x16 v = {0}, h = {0};
      if (end - i >= 16) {
        v = *(const ck_f32x16 *)(w + i);
        h = importance ? *(const ck_f32x16 *)(importance + i) : h + 1;
      } else {
        for (size_t j = 0; i + j < end; j++) {
          v[j] = w[i + j];
          h[j] = importance ? importance[i + j] : 1;
        }
      }
      ck_f32x16 code = v / scale;
      code = CK_CHOICE(code > most, (ck_f32x16){0} + most, code);
      code = CK_CHOICE(code < -most, (ck_f32x16){0} - most, code);
      code = (code + magic) - magic + zero;
      code = CK_CHOICE(code > 0, code, (ck_f32x16){0});
      code = CK_CHOICE(code < top, code, (ck_f32x16){0} + top);
      const ck_f32x16 error = v - scale * (code - zero);
      sum += h * error * error;
    }
    total += (double)ck_sum16(&sum);
  }
  return total;
}

CK_DISPATCH(double, cm_affine_error,
            (const float *w, const float *importance, size_t n, float scale, float zero, float top),
            (w, importance, n, scale, zero, top))
