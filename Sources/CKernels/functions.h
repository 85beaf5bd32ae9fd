// SPDX-License-Identifier: Apache-2.0
// Private: branch-free elementary functions of a float, so that loops over them vectorize.
//
// The polynomials are weighted minimax fits computed for Wane. Sums are written such that a fused
// multiply-add, if available, changes only the last bit.
#pragma once

#include "dispatch.h"

#define CK_INFINITY __builtin_inff()
#define CK_NAN __builtin_nanf("")

CK_INLINE float ck_abs1(float x) { return ck_float(ck_bits(x) & 0x7fffffffu); }

CK_INLINE float ck_copysign1(float magnitude, float sign) {
  return ck_float((ck_bits(magnitude) & 0x7fffffffu) | (ck_bits(sign) & 0x80000000u));
}

/// min(max(x, low), high); nan stays nan.
CK_INLINE float ck_clip1(float x, float low, float high) {
  float y = x < low ? low : x;
  return y > high ? high : y;
}

CK_INLINE float ck_line1(float x, float alpha, float beta) { return alpha * x + beta; }

/// Rounds to the nearest integer, ties to even: adding 2²³ leaves no fraction bits.
CK_INLINE float ck_round1(float x) {
  float a = ck_abs1(x), r = (a + 8388608.0f) - 8388608.0f;
  return ck_copysign1(a < 8388608.0f ? r : a, x);
}

CK_INLINE float ck_floor1(float x) {
  float r = ck_round1(x);
  return ck_copysign1(r > x ? r - 1 : r, x);
}

CK_INLINE float ck_ceil1(float x) {
  float r = ck_round1(x);
  return ck_copysign1(r < x ? r + 1 : r, x);
}

/// p·2ⁿ for -300 < n < 300, in two steps so that a denormal result is rounded only once.
CK_INLINE float ck_scale1(float p, int32_t n) {
  int32_t half = n >> 1, rest = n - half;
  return p * ck_float((uint32_t)(half + 127) << 23) * ck_float((uint32_t)(rest + 127) << 23);
}

/// e^r for |r| ≤ ln 2 / 2.
CK_INLINE float ck_exp_reduced(float r) {
  float q = 0.0013950807f;
  q = q * r + 0.00836907327f;
  q = q * r + 0.0416662022f;
  q = q * r + 0.166665167f;
  q = q * r + 0.5f;
  return (q * r) * r + r + 1.0f;
}

/// The integer nearest to t, |t| < 2²², as float and as int: adding 1.5·2²³ moves it into the low
/// bits.
CK_INLINE float ck_split1(float t, int32_t *n) {
  const float shift = 12582912.0f;
  float moved = t + shift;
  *n = (int32_t)(ck_bits(moved) - ck_bits(shift));
  return moved - shift;
}

/// e^(x + d) for a small correction |d| ≤ 0.05 that rounding x + d would lose.
CK_INLINE float ck_exp_sum(float x, float d) {
  float c = x > 89.0f ? 89.0f : x;
  c = c < -104.0f ? -104.0f : c;
  int32_t n;
  float k = ck_split1(c * 1.44269504f, &n);
  float r =
      c -
      k * 0.693359375f;  // ln 2 in two parts; the first has few bits, so that k times it is exact
  r = r - k * -2.12194440e-4f;
  return ck_scale1(ck_exp_reduced(r + d), n);
}

CK_INLINE float ck_exp1(float x) { return ck_exp_sum(x, 0); }

CK_INLINE float ck_exp2_1(float x) {
  float c = x > 129.0f ? 129.0f : x;
  c = c < -151.0f ? -151.0f : c;
  int32_t n;
  float k = ck_split1(c, &n);
  return ck_scale1(ck_exp_reduced((c - k) * 0.693147181f), n);
}

CK_INLINE float ck_log1(float x) {
  bool tiny = x < 1.17549435e-38f;
  float s = tiny ? x * 8388608.0f : x;
  uint32_t u = ck_bits(s) - 0x3f3504f3u;  // reduces the mantissa to √½…√2
  float e = (float)((int32_t)u >> 23) - (tiny ? 23.0f : 0.0f);
  float f = ck_float((u & 0x7fffffu) + 0x3f3504f3u) - 1.0f;
  float p = 0.0674660131f;
  p = p * f + -0.116756409f;
  p = p * f + 0.118881747f;
  p = p * f + -0.124055915f;
  p = p * f + 0.142195508f;
  p = p * f + -0.166679963f;
  p = p * f + 0.200021192f;
  p = p * f + -0.250000089f;
  p = p * f + 0.333333135f;
  float f2 = f * f;
  float y = p * f * f2 + e * -2.12194440e-4f;
  y = y - 0.5f * f2;
  y = (f + y) + e * 0.693359375f;
  y = x == CK_INFINITY ? x : y;
  y = x == 0 ? -CK_INFINITY : y;
  return x < 0 ? CK_NAN : x != x ? x : y;
}

CK_INLINE float ck_sigmoid1(float x) {
  float e = ck_exp1(-ck_abs1(x)), s = 1.0f / (1.0f + e);
  return x < 0 ? e * s : s;
}

CK_INLINE float ck_tanh1(float x) {
  float a = ck_abs1(x), s = x * x;
  float p = -0.00590586057f;
  p = p * s + 0.0208053775f;
  p = p * s + -0.0537866801f;
  p = p * s + 0.133319587f;
  p = p * s + -0.333332986f;
  float small = x + x * (p * s);
  float e = ck_exp1(2 * a);
  float large = ck_copysign1(1.0f - 2.0f / (e + 1.0f), x);
  return x != x ? x : a < 0.6f ? small : large;
}

/// erfc(t) for 0 ≤ t ≤ 14: e^(-t²) times a polynomial in 1 / (1 + 0.4·t). Splitting t in two parts
/// keeps the low bits of the exponent.
CK_INLINE float ck_erfc_positive(float t) {
  float u = 1.0f / (1.0f + 0.4f * t);
  float p = -0.0286371615f;
  p = p * u + 0.192823738f;
  p = p * u + -0.486632884f;
  p = p * u + 0.531232417f;
  p = p * u + -0.270927846f;
  p = p * u + 0.264876246f;
  p = p * u + 0.132155642f;
  p = p * u + 0.214390904f;
  p = p * u + 0.225015253f;
  p = p * u + 0.225703672f;
  float high = ck_float(ck_bits(t) & 0xfffff000u), low = t - high;
  return ck_exp_sum(-(high * high), -(low * (t + high))) * (p * u);
}

CK_INLINE float ck_erf1(float x) {
  float a = ck_abs1(x), s = x * x;
  float p = 7.8891193e-05f;
  p = p * s + -0.000802084105f;
  p = p * s + 0.00518953521f;
  p = p * s + -0.0268544443f;
  p = p * s + 0.112836003f;
  p = p * s + -0.37612626f;
  p = p * s + 1.12837911f;
  float large = 1.0f - ck_erfc_positive(a > 10.0f ? 10.0f : a);
  return x != x ? x : a < 1.0f ? x * p : ck_copysign1(large, x);
}

CK_INLINE float ck_finite_low(float x) { return x < -3.40282347e38f ? -3.40282347e38f : x; }

/// x·Φ(x), computed with erfc for negative x, where 1 + erf would cancel.
CK_INLINE float ck_gelu1(float x) {
  float t = ck_abs1(x) * 0.707106781f;
  float tail = 0.5f * ck_erfc_positive(t > 14.0f ? 14.0f : t);
  return ck_finite_low(x) * (x < 0 ? tail : 1.0f - tail);
}

CK_INLINE float ck_gelu_tanh1(float x) {
  float c = x < -20.0f ? -20.0f : x;  // beyond, the sigmoid is 0 or 1 and the cube may overflow
  c = c > 20.0f ? 20.0f : c;
  return ck_finite_low(x) * ck_sigmoid1(1.59576912f * (c + 0.044715f * (c * c * c)));
}

CK_INLINE float ck_gelu_sigmoid1(float x) { return ck_finite_low(x) * ck_sigmoid1(1.702f * x); }

/// With e = e^-|x|: x·e / (1 + e) for negative x, x / (1 + e) otherwise. The numerator is scaled by
/// 2⁶⁴ first, so that a tiny e is not rounded early.
CK_INLINE float ck_silu1(float x) {
  float v = x < -120.0f ? -120.0f : x, c = -ck_abs1(v);  // the result is 0 below
  c = c < -120.0f ? -120.0f : c;
  int32_t n;
  float k = ck_split1(c * 1.44269504f, &n);
  float r = (c - k * 0.693359375f) - k * -2.12194440e-4f;
  float e = ck_exp_reduced(r) * ck_float((uint32_t)(n + 191) << 23);
  float y = v * (x < 0 ? e : 1.0f) / (1.0f + e * 0x1p-64f);
  return y * (x < 0 ? 0x1p-64f : 1.0f);
}

/// ln(1 + u) for 0 ≤ u ≤ 1: the ratio compensates for the rounding of 1 + u.
CK_INLINE float ck_log1p_unit(float u) {
  float w = 1.0f + u, d = w - 1.0f;
  return d == 0 ? u : ck_log1(w) * (u / d);
}

CK_INLINE float ck_softplus1(float x) {
  float positive = x > 0 ? x : 0;
  return x != x ? x : positive + ck_log1p_unit(ck_exp1(-ck_abs1(x)));
}

/// eˣ - 1 for x ≤ 0.
CK_INLINE float ck_expm1_negative(float x) {
  float q = 0.0013950807f;
  q = q * x + 0.00836907327f;
  q = q * x + 0.0416662022f;
  q = q * x + 0.166665167f;
  q = q * x + 0.5f;
  float small = x + (q * x) * x;
  return x > -0.34f ? small : ck_exp1(x) - 1.0f;
}

/// sin(x + quarter·π/2) for |x| ≤ 8192.
CK_INLINE float ck_sine1(float x, int32_t quarter) {
  int32_t n;
  float k = ck_split1(x * 0.636619772f, &n);
  float r = x - k * 1.5703125f;  // π/2 in three parts
  r = r - k * 4.83751297e-4f;
  r = r - k * 7.54978942e-8f;
  n += quarter;
  float s = r * r;
  float sine = r + r * s * ((-0.000195166547f * s + 0.00833217334f) * s + -0.166666552f);
  float cosine =
      (1.0f - 0.5f * s) + s * s * ((2.44377279e-05f * s + -0.00138873619f) * s + 0.0416666456f);
  float y = n & 1 ? cosine : sine;
  return ck_float(ck_bits(y) ^ ((uint32_t)(n & 2) << 30));
}
