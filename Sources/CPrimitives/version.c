// SPDX-License-Identifier: Apache-2.0
// All differences between oneDNN 2 (Debian 12) and oneDNN 3 (Homebrew, newer distributions).
//
// Version 2 fills an operation descriptor and creates the primitive descriptor from it; version 3
// does both in one call. Version 2 stores scales in the attributes, version 3 takes them as
// arguments of each run.
#include <dlfcn.h>
#include <stdlib.h>

#include "onednn.h"

// clang-format off
#if DNNL_VERSION_MAJOR >= 3
#define VERSION_FUNCTIONS(X) \
  X(memory_desc_create_with_strides) \
  X(memory_desc_create_with_tag) \
  X(memory_desc_clone) \
  X(memory_desc_destroy) \
  X(post_ops_append_eltwise) \
  X(post_ops_append_sum) \
  X(primitive_attr_set_scales_mask) \
  X(primitive_attr_set_zero_points_mask) \
  X(convolution_forward_primitive_desc_create) \
  X(deconvolution_forward_primitive_desc_create) \
  X(matmul_primitive_desc_create) \
  X(inner_product_forward_primitive_desc_create) \
  X(pooling_forward_primitive_desc_create) \
  X(softmax_forward_primitive_desc_create) \
  X(reorder_primitive_desc_create)
#else
#define VERSION_FUNCTIONS(X) \
  X(memory_desc_init_by_strides) \
  X(memory_desc_init_by_tag) \
  X(primitive_desc_create) \
  X(post_ops_append_eltwise) \
  X(post_ops_append_sum) \
  X(primitive_attr_set_output_scales) \
  X(primitive_attr_set_zero_points) \
  X(dilated_convolution_forward_desc_init) \
  X(dilated_deconvolution_forward_desc_init) \
  X(matmul_desc_init) \
  X(inner_product_forward_desc_init) \
  X(pooling_forward_desc_init) \
  X(pooling_v2_forward_desc_init) \
  X(softmax_v2_forward_desc_init) \
  X(reorder_primitive_desc_create)
#endif
// clang-format on

static struct {
#define POINTER(name) __typeof__(dnnl_##name) *name;
  VERSION_FUNCTIONS(POINTER)
} v;

bool wpi_load_version(void *library) {
#define FIND(name) \
  if (!(v.name = (__typeof__(dnnl_##name) *)dlsym(library, "dnnl_" #name))) return false;
  VERSION_FUNCTIONS(FIND)
  return wpi_load_version_gradients(library);
}

dnnl_status_t wpi_create_reorder(dnnl_primitive_desc_t *descriptor, wpi_const_layout source,
                                 wpi_const_layout destination,
                                 const_dnnl_primitive_attr_t attributes) {
  return v.reorder_primitive_desc_create(descriptor, source, wpi.engine, destination, wpi.engine,
                                         attributes);
}

static const dnnl_prop_kind_t inference = dnnl_forward_inference;

#if DNNL_VERSION_MAJOR >= 3

wpi_layout wpi_layout_strided(dnnl_data_type_t type, int rank, const int64_t *dims,
                              const int64_t *strides) {
  dnnl_memory_desc_t layout = NULL;
  return v.memory_desc_create_with_strides(&layout, rank, dims, type, strides) == dnnl_success
             ? layout
             : NULL;
}

wpi_layout wpi_layout_any(dnnl_data_type_t type, int rank, const int64_t *dims) {
  dnnl_memory_desc_t layout = NULL;
  return v.memory_desc_create_with_tag(&layout, rank, dims, type, dnnl_format_tag_any) ==
                 dnnl_success
             ? layout
             : NULL;
}

wpi_layout wpi_layout_copy(wpi_const_layout layout) {
  dnnl_memory_desc_t copy = NULL;
  return v.memory_desc_clone(&copy, layout) == dnnl_success ? copy : NULL;
}

void wpi_layout_free(wpi_layout layout) {
  if (layout) v.memory_desc_destroy(layout);
}

dnnl_status_t wpi_append_eltwise(dnnl_post_ops_t post_ops, dnnl_alg_kind_t kind, float a, float b) {
  return v.post_ops_append_eltwise(post_ops, kind, a, b);
}

dnnl_status_t wpi_append_sum(dnnl_post_ops_t post_ops, float scale) {
  return v.post_ops_append_sum(post_ops, scale, 0, dnnl_data_type_undef);
}

bool wpi_scales_multiply_bias(void) { return false; }

void wpi_set_scales(wpi_builder *b, const float *scales, int count, wpi_scaling scaling) {
  int argument = scaling.weights_argument;
  if (v.primitive_attr_set_scales_mask(b->attributes, argument,
                                       count == 1 ? 0 : scaling.weights_mask) != dnnl_success)
    wpi_refuse(b, "oneDNN refuses the scales");
  wpi_hold(b, DNNL_ARG_ATTR_SCALES | argument, dnnl_f32, count, scales);
}

void wpi_set_zero_point(wpi_builder *b, int argument, int32_t value) {
  if (v.primitive_attr_set_zero_points_mask(b->attributes, argument, 0) != dnnl_success)
    wpi_refuse(b, "oneDNN refuses the zero point");
  wpi_hold(b, DNNL_ARG_ATTR_ZERO_POINTS | argument, dnnl_s32, 1, &value);
}

dnnl_status_t wpi_create_convolution(wpi_builder *b, dnnl_alg_kind_t kind, wpi_const_layout source,
                                     wpi_const_layout weights, wpi_const_layout bias,
                                     wpi_const_layout destination, const wpi_window *w) {
  return v.convolution_forward_primitive_desc_create(&b->descriptor, wpi.engine, inference, kind,
                                                     source, weights, bias, destination, w->stride,
                                                     w->dilation, w->begin, w->end, b->attributes);
}

dnnl_status_t wpi_create_deconvolution(wpi_builder *b, wpi_const_layout source,
                                       wpi_const_layout weights, wpi_const_layout bias,
                                       wpi_const_layout destination, const wpi_window *w) {
  return v.deconvolution_forward_primitive_desc_create(
      &b->descriptor, wpi.engine, inference, dnnl_deconvolution_direct, source, weights, bias,
      destination, w->stride, w->dilation, w->begin, w->end, b->attributes);
}

dnnl_status_t wpi_create_matmul(wpi_builder *b, wpi_const_layout source, wpi_const_layout weights,
                                wpi_const_layout bias, wpi_const_layout destination) {
  return v.matmul_primitive_desc_create(&b->descriptor, wpi.engine, source, weights, bias,
                                        destination, b->attributes);
}

dnnl_status_t wpi_create_inner_product(wpi_builder *b, wpi_const_layout source,
                                       wpi_const_layout weights, wpi_const_layout bias,
                                       wpi_const_layout destination) {
  return v.inner_product_forward_primitive_desc_create(
      &b->descriptor, wpi.engine, inference, source, weights, bias, destination, b->attributes);
}

dnnl_status_t wpi_create_pooling(wpi_builder *b, dnnl_alg_kind_t kind, wpi_const_layout source,
                                 wpi_const_layout destination, const wpi_window *w) {
  return v.pooling_forward_primitive_desc_create(&b->descriptor, wpi.engine, inference, kind,
                                                 source, destination, w->stride, w->kernel,
                                                 w->dilation, w->begin, w->end, b->attributes);
}

dnnl_status_t wpi_create_softmax(wpi_builder *b, bool logarithm, wpi_const_layout source,
                                 wpi_const_layout destination, int axis) {
  return v.softmax_forward_primitive_desc_create(
      &b->descriptor, wpi.engine, inference, logarithm ? dnnl_softmax_log : dnnl_softmax_accurate,
      source, destination, axis, b->attributes);
}

#else  // version 2

wpi_layout wpi_layout_strided(dnnl_data_type_t type, int rank, const int64_t *dims,
                              const int64_t *strides) {
  wpi_layout layout = malloc(sizeof *layout);
  if (layout && v.memory_desc_init_by_strides(layout, rank, dims, type, strides) == dnnl_success)
    return layout;
  free(layout);
  return NULL;
}

wpi_layout wpi_layout_any(dnnl_data_type_t type, int rank, const int64_t *dims) {
  wpi_layout layout = malloc(sizeof *layout);
  if (layout &&
      v.memory_desc_init_by_tag(layout, rank, dims, type, dnnl_format_tag_any) == dnnl_success)
    return layout;
  free(layout);
  return NULL;
}

wpi_layout wpi_layout_copy(wpi_const_layout layout) {
  wpi_layout copy = malloc(sizeof *copy);
  if (copy) *copy = *layout;
  return copy;
}

void wpi_layout_free(wpi_layout layout) { free(layout); }

dnnl_status_t wpi_append_eltwise(dnnl_post_ops_t post_ops, dnnl_alg_kind_t kind, float a, float b) {
  return v.post_ops_append_eltwise(post_ops, 1, kind, a, b);
}

dnnl_status_t wpi_append_sum(dnnl_post_ops_t post_ops, float scale) {
  return v.post_ops_append_sum(post_ops, scale);
}

bool wpi_scales_multiply_bias(void) { return true; }

void wpi_set_scales(wpi_builder *b, const float *scales, int count, wpi_scaling scaling) {
  if (v.primitive_attr_set_output_scales(
          b->attributes, count, count == 1 ? 0 : scaling.destination_mask, scales) != dnnl_success)
    wpi_refuse(b, "oneDNN refuses the scales");
}

void wpi_set_zero_point(wpi_builder *b, int argument, int32_t value) {
  if (v.primitive_attr_set_zero_points(b->attributes, argument, 1, 0, &value) != dnnl_success)
    wpi_refuse(b, "oneDNN refuses the zero point");
}

// The second part of every creation.
static dnnl_status_t create(wpi_builder *b, dnnl_status_t initialized,
                            const_dnnl_op_desc_t operation) {
  return initialized != dnnl_success
             ? initialized
             : v.primitive_desc_create(&b->descriptor, operation, b->attributes, wpi.engine, NULL);
}

dnnl_status_t wpi_create_convolution(wpi_builder *b, dnnl_alg_kind_t kind, wpi_const_layout source,
                                     wpi_const_layout weights, wpi_const_layout bias,
                                     wpi_const_layout destination, const wpi_window *w) {
  dnnl_convolution_desc_t d;
  return create(b,
                v.dilated_convolution_forward_desc_init(&d, inference, kind, source, weights, bias,
                                                        destination, w->stride, w->dilation,
                                                        w->begin, w->end),
                &d);
}

dnnl_status_t wpi_create_deconvolution(wpi_builder *b, wpi_const_layout source,
                                       wpi_const_layout weights, wpi_const_layout bias,
                                       wpi_const_layout destination, const wpi_window *w) {
  dnnl_deconvolution_desc_t d;
  return create(b,
                v.dilated_deconvolution_forward_desc_init(&d, inference, dnnl_deconvolution_direct,
                                                          source, weights, bias, destination,
                                                          w->stride, w->dilation, w->begin, w->end),
                &d);
}

dnnl_status_t wpi_create_matmul(wpi_builder *b, wpi_const_layout source, wpi_const_layout weights,
                                wpi_const_layout bias, wpi_const_layout destination) {
  dnnl_matmul_desc_t d;
  return create(b, v.matmul_desc_init(&d, source, weights, bias, destination), &d);
}

dnnl_status_t wpi_create_inner_product(wpi_builder *b, wpi_const_layout source,
                                       wpi_const_layout weights, wpi_const_layout bias,
                                       wpi_const_layout destination) {
  dnnl_inner_product_desc_t d;
  return create(
      b, v.inner_product_forward_desc_init(&d, inference, source, weights, bias, destination), &d);
}

dnnl_status_t wpi_create_pooling(wpi_builder *b, dnnl_alg_kind_t kind, wpi_const_layout source,
                                 wpi_const_layout destination, const wpi_window *w) {
  bool dilated = false;
  for (int i = 0; i < w->rank; i++) dilated |= w->dilation[i] != 0;
  if (dilated) {
    dnnl_pooling_v2_desc_t d;
    return create(
        b,
        v.pooling_v2_forward_desc_init(&d, inference, kind, source, destination, w->stride,
                                       w->kernel, w->dilation, w->begin, w->end),
        &d);
  }
  dnnl_pooling_desc_t d;  // the fast implementations are listed for the first form
  return create(b,
                v.pooling_forward_desc_init(&d, inference, kind, source, destination, w->stride,
                                            w->kernel, w->begin, w->end),
                &d);
}

dnnl_status_t wpi_create_softmax(wpi_builder *b, bool logarithm, wpi_const_layout source,
                                 wpi_const_layout destination, int axis) {
  dnnl_softmax_v2_desc_t d;
  return create(b,
                v.softmax_v2_forward_desc_init(&d, inference,
                                               logarithm ? dnnl_softmax_log : dnnl_softmax_accurate,
                                               source, destination, axis),
                &d);
}

#endif
