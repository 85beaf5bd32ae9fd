// SPDX-License-Identifier: Apache-2.0
// Rounding with feedback. The rows of a call are the lanes of vectors, so that every step is the
// same for all of them.
#include "cm_feedback.h"

#include "dispatch.h"

/// Rounds half to even. Larger numbers are beyond every range of codes.
CK_INLINE void cm_round_even(ck_f32x16 *x) {
  const float most = 1e6f, magic = 12582912.0f;
  ck_f32x16 v = *x;
  v = CK_CHOICE(v > most, (ck_f32x16){0} + most, v);
  v = CK_CHOICE(v < -most, (ck_f32x16){0} - most, v);
  *x = (v + magic) - magic;
}

/// Chooses the zeros of the next `every` columns of each row: those whose removal costs least, w² /
/// u², earlier columns first among equals.
CK_INLINE void cm_choose_zeros(const cm_feedback *t, const ck_f32x16 *w, size_t c) {
  float score[CM_WIDTH];
  const size_t every = t->every;
  for (size_t r = 0; r < t->rows; r++) {
    uint8_t *mask = t->mask + r * t->stride + t->from + c;
    for (size_t i = 0; i < every; i++) {
      const size_t column = t->from + c + i;
      const float ratio = w[c + i][r] / t->u[column * t->u_row + column];
      score[i] = ratio * ratio;
      mask[i] = 1;
    }
    for (size_t n = 0; n < t->zeros; n++) {
      size_t least = every;
      for (size_t i = 0; i < every; i++)
        if (mask[i] && (least == every || score[i] < score[least])) least = i;
      if (least < every) mask[least] = 0;
    }
  }
}

CK_INLINE void cm_round_columns_body(const cm_feedback *t) {
  const size_t width = t->to - t->from;
  ck_f32x16 w[CM_WIDTH];
  ck_f32x16 value[CM_ENTRIES], bound[CM_ENTRIES];
  ck_f32x16 scale = {0}, zero = {0}, loss = {0};
  scale += 1;
  size_t entries = 0;
  if (t->rounding == CM_TABLE) {
    for (size_t r = 0; r < t->rows; r++)
      if ((size_t)t->entries[r] > entries) entries = (size_t)t->entries[r];
    for (size_t m = 0; m < entries; m++)
      for (size_t r = 0; r < CM_LANES; r++) {
        const float *table = t->tables[r < t->rows ? r : 0];
        const size_t count = (size_t)t->entries[r < t->rows ? r : 0];
        value[m][r] = m < count ? table[m] : 0;
        bound[m][r] =
            m > 0 && m < count ? table[m - 1] + (table[m] - table[m - 1]) * 0.5f : __builtin_inff();
      }
  }
  for (size_t c = 0; c < width; c++)
    for (size_t r = 0; r < CM_LANES; r++)
      w[c][r] = r < t->rows ? t->w[r * t->stride + t->from + c] : 0;
  int32_t group = -1;
  for (size_t c = 0; c < width; c++) {
    const size_t column = t->from + c;
    const float *u = t->u + column * t->u_row + t->from;
    if (t->every && c % t->every == 0 && c + t->every <= width) cm_choose_zeros(t, w, c);
    const ck_f32x16 v = w[c];
    ck_f32x16 rounded = v, code = {0};
    if (t->rounding == CM_AFFINE) {
      if (t->group[column] != group) {
        group = t->group[column];
        for (size_t r = 0; r < t->rows; r++) {
          scale[r] = t->scale[r * t->groups + (size_t)group];
          zero[r] = t->zero[r * t->groups + (size_t)group];
        }
      }
      code = v / scale;
      cm_round_even(&code);
      code += zero;
      code = CK_CHOICE(code > 0, code, (ck_f32x16){0});
      code = CK_CHOICE(code < t->top, code, (ck_f32x16){0} + t->top);
      rounded = scale * (code - zero);
    } else if (t->rounding == CM_TABLE) {
      rounded = value[0];
      for (size_t m = 1; m < entries; m++) {
        const ck_i32x16 above = v > bound[m];
        rounded = CK_CHOICE(above, value[m], rounded);
        code -= __builtin_convertvector(above, ck_f32x16);
      }
    }
    if (t->mask) {
      ck_i32x16 kept = {0};
      for (size_t r = 0; r < t->rows; r++) kept[r] = t->mask[r * t->stride + column] ? -1 : 0;
      rounded = CK_CHOICE(kept, rounded, (ck_f32x16){0});
    }
    const ck_f32x16 error = (v - rounded) / u[c];
    loss += error * error;
    w[c] = rounded;
    for (size_t r = 0; r < t->rows; r++) {
      t->errors[r * width + c] = error[r];
      if (t->codes) t->codes[r * t->stride + column] = (uint8_t)code[r];
    }
    for (size_t l = c + 1; l < width; l++) w[l] -= error * u[l];
  }
  for (size_t c = 0; c < width; c++)
    for (size_t r = 0; r < t->rows; r++) t->w[r * t->stride + t->from + c] = w[c][r];
  for (size_t r = 0; r < t->rows; r++) t->losses[r] += (double)loss[r];
}

CK_DISPATCH(void, cm_round_columns, (const cm_feedback *task), (task))
