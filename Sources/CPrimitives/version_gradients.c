// SPDX-License-Identifier: Apache-2.0
// Gradients, with the differences between oneDNN 2 and oneDNN 3 described in version.c.
#include <dlfcn.h>

#include "onednn.h"

// clang-format off
#if DNNL_VERSION_MAJOR >= 3
#define GRADIENT_FUNCTIONS(X) \
  X(convolution_forward_primitive_desc_create) \
  X(convolution_backward_weights_primitive_desc_create) \
  X(convolution_backward_data_primitive_desc_create)
#else
#define GRADIENT_FUNCTIONS(X) \
  X(primitive_desc_create) \
  X(dilated_convolution_forward_desc_init) \
  X(dilated_convolution_backward_weights_desc_init) \
  X(dilated_convolution_backward_data_desc_init)
#endif
// clang-format on

static struct {
#define POINTER(name) __typeof__(dnnl_##name) *name;
  GRADIENT_FUNCTIONS(POINTER)
} v;

bool wpi_load_version_gradients(void *library) {
#define FIND(name) \
  if (!(v.name = (__typeof__(dnnl_##name) *)dlsym(library, "dnnl_" #name))) return false;
  GRADIENT_FUNCTIONS(FIND)
  return true;
}

#if DNNL_VERSION_MAJOR >= 3

// A gradient's primitive is created with the forward one as a hint.
static dnnl_status_t convolution_hint(wpi_builder *b, dnnl_primitive_desc_t *hint,
                                      wpi_const_layout source, wpi_const_layout weights,
                                      wpi_const_layout bias, wpi_const_layout destination,
                                      const wpi_window *w) {
  return v.convolution_forward_primitive_desc_create(
      hint, wpi.engine, dnnl_forward_training, dnnl_convolution_direct, source, weights, bias,
      destination, w->stride, w->dilation, w->begin, w->end, b->attributes);
}

dnnl_status_t wpi_create_convolution_weight_gradient(wpi_builder *b, wpi_const_layout source,
                                                     wpi_const_layout weights,
                                                     wpi_const_layout bias,
                                                     wpi_const_layout destination,
                                                     const wpi_window *w) {
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status = convolution_hint(b, &hint, source, weights, bias, destination, w);
  if (status != dnnl_success) return status;
  status = v.convolution_backward_weights_primitive_desc_create(
      &b->descriptor, wpi.engine, dnnl_convolution_direct, source, weights, bias, destination,
      w->stride, w->dilation, w->begin, w->end, hint, b->attributes);
  wpi.primitive_desc_destroy(hint);
  return status;
}

dnnl_status_t wpi_create_convolution_input_gradient(wpi_builder *b, wpi_const_layout source,
                                                    wpi_const_layout weights,
                                                    wpi_const_layout destination,
                                                    const wpi_window *w) {
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status = convolution_hint(b, &hint, source, weights, NULL, destination, w);
  if (status != dnnl_success) return status;
  status = v.convolution_backward_data_primitive_desc_create(
      &b->descriptor, wpi.engine, dnnl_convolution_direct, source, weights, destination, w->stride,
      w->dilation, w->begin, w->end, hint, b->attributes);
  wpi.primitive_desc_destroy(hint);
  return status;
}

#else  // version 2

// A gradient's primitive is created with the forward one as a hint.
static dnnl_status_t create_with_hint(wpi_builder *b, dnnl_status_t forward_initialized,
                                      const_dnnl_op_desc_t forward, dnnl_status_t initialized,
                                      const_dnnl_op_desc_t operation) {
  if (forward_initialized != dnnl_success) return forward_initialized;
  if (initialized != dnnl_success) return initialized;
  dnnl_primitive_desc_t hint = NULL;
  dnnl_status_t status = v.primitive_desc_create(&hint, forward, b->attributes, wpi.engine, NULL);
  if (status == dnnl_success)
    status = v.primitive_desc_create(&b->descriptor, operation, b->attributes, wpi.engine, hint);
  if (hint) wpi.primitive_desc_destroy(hint);
  return status;
}

dnnl_status_t wpi_create_convolution_weight_gradient(wpi_builder *b, wpi_const_layout source,
                                                     wpi_const_layout weights,
                                                     wpi_const_layout bias,
                                                     wpi_const_layout destination,
                                                     const wpi_window *w) {
  dnnl_convolution_desc_t forward, d;
  return create_with_hint(b,
                          v.dilated_convolution_forward_desc_init(
                              &forward, dnnl_forward_training, dnnl_convolution_direct, source,
                              weights, bias, destination, w->stride, w->dilation, w->begin, w->end),
                          &forward,
                          v.dilated_convolution_backward_weights_desc_init(
                              &d, dnnl_convolution_direct, source, weights, bias, destination,
                              w->stride, w->dilation, w->begin, w->end),
                          &d);
}

dnnl_status_t wpi_create_convolution_input_gradient(wpi_builder *b, wpi_const_layout source,
                                                    wpi_const_layout weights,
                                                    wpi_const_layout destination,
                                                    const wpi_window *w) {
  dnnl_convolution_desc_t forward, d;
  return create_with_hint(b,
                          v.dilated_convolution_forward_desc_init(
                              &forward, dnnl_forward_training, dnnl_convolution_direct, source,
                              weights, NULL, destination, w->stride, w->dilation, w->begin, w->end),
                          &forward,
                          v.dilated_convolution_backward_data_desc_init(
                              &d, dnnl_convolution_direct, source, weights, destination, w->stride,
                              w->dilation, w->begin, w->end),
                          &d);
}

#endif
