// SPDX-License-Identifier: Apache-2.0
// Recurrent layers: vanilla RNN, LSTM, GRU.
#include "onednn.h"

static int64_t gate_count(wp_rnn_cell cell) {
  switch (cell) {
    case WP_LSTM:
      return 4;
    case WP_GRU:
    case WP_GRU_RESET_AFTER:
      return 3;
    default:
      return 1;
  }
}

static dnnl_rnn_direction_t direction_of(wp_rnn_direction direction) {
  switch (direction) {
    case WP_RNN_REVERSE:
      return dnnl_unidirectional_right2left;
    case WP_RNN_BIDIRECTIONAL:
      return dnnl_bidirectional_concat;
    default:
      return dnnl_unidirectional_left2right;
  }
}

static wpi_shape row_major(int rank, const int64_t *dims) {
  wpi_shape shape = {.type = dnnl_f32, .rank = rank};
  int64_t step = 1;
  for (int i = rank - 1; i >= 0; i--) {
    shape.dims[i] = dims[i];
    shape.strides[i] = step;
    step *= dims[i];
  }
  return shape;
}

// The caller's [D, G·H, I] in oneDNN's order layer, direction, input, gate, output.
static wpi_shape weights_shape(int64_t directions, int64_t inputs, int64_t gates, int64_t hidden) {
  return (wpi_shape){.type = dnnl_f32,
                     .rank = 5,
                     .packed = true,
                     .dims = {1, directions, inputs, gates, hidden},
                     .strides = {directions * gates * hidden * inputs, gates * hidden * inputs, 1,
                                 hidden * inputs, inputs}};
}

wp_primitive *wp_rnn(const wp_rnn_shape *shape) {
  wpi_builder b;
  if (!wpi_begin(&b, "recurrent layer")) return NULL;
  int64_t steps = shape->steps, batch = shape->batch, input = shape->input, hidden = shape->hidden;
  if (steps < 1 || batch < 1 || input < 1 || hidden < 1) {
    wpi_refuse(&b, "steps %lld, batch %lld, input %lld and hidden %lld must be positive",
               (long long)steps, (long long)batch, (long long)input, (long long)hidden);
    return wpi_finish(&b, dnnl_success);
  }
  int64_t directions = shape->direction == WP_RNN_BIDIRECTIONAL ? 2 : 1,
          gates = gate_count(shape->cell);
  int64_t bias_gates = shape->cell == WP_GRU_RESET_AFTER ? 4 : gates;
  bool lstm = shape->cell == WP_LSTM;
  wpi_shape state = row_major(4, (int64_t[]){1, directions, batch, hidden});
  wpi_rnn_layouts l = {0};
  l.source = wpi_input(&b, DNNL_ARG_SRC_LAYER, row_major(3, (int64_t[]){steps, batch, input}));
  if (shape->initial_state) l.state = wpi_input(&b, DNNL_ARG_SRC_ITER, state);
  if (shape->initial_state && lstm) l.cell = wpi_input(&b, DNNL_ARG_SRC_ITER_C, state);
  l.input_weights =
      wpi_input(&b, DNNL_ARG_WEIGHTS_LAYER, weights_shape(directions, input, gates, hidden));
  l.recurrent_weights =
      wpi_input(&b, DNNL_ARG_WEIGHTS_ITER, weights_shape(directions, hidden, gates, hidden));
  wpi_shape bias = row_major(4, (int64_t[]){1, directions, bias_gates, hidden});
  wpi_layout zero_bias = NULL;
  if (shape->bias) {
    l.bias = wpi_input(&b, DNNL_ARG_BIAS, bias);
  } else {  // oneDNN wants one in any case: the primitive holds zeros
    l.bias = zero_bias = wpi_layout_strided(bias.type, bias.rank, bias.dims, bias.strides);
    wpi_hold(&b, DNNL_ARG_BIAS, dnnl_f32, directions * bias_gates * hidden, NULL);
  }
  l.destination = wpi_output(&b, DNNL_ARG_DST_LAYER,
                             row_major(3, (int64_t[]){steps, batch, directions * hidden}));
  if (shape->final_state) l.final_state = wpi_output(&b, DNNL_ARG_DST_ITER, state);
  if (shape->final_state && lstm) l.final_cell = wpi_output(&b, DNNL_ARG_DST_ITER_C, state);
  dnnl_status_t status =
      b.failed ? dnnl_success : wpi_create_rnn(&b, shape->cell, direction_of(shape->direction), &l);
  wpi_layout_free(zero_bias);
  return wpi_finish(&b, status);
}
