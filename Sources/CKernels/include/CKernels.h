// SPDX-License-Identifier: Apache-2.0
// The umbrella header of CKernels: SIMD loops over contiguous buffers, with run-time dispatch.
//
// Every function accepts unaligned pointers and a count of zero. Unless a comment says otherwise an
// output must not overlap an input, except that an output of the same element type may be exactly
// the input ("in place"). Each has a portable form that gives the same result up to rounding.
#pragma once

#include "ck_attention.h"
#include "ck_batch_norm.h"
#include "ck_binary.h"
#include "ck_cluster.h"
#include "ck_conv.h"
#include "ck_convert.h"
#include "ck_decode.h"
#include "ck_error.h"
#include "ck_fake_quantize.h"
#include "ck_gemv.h"
#include "ck_gradient.h"
#include "ck_integer.h"
#include "ck_isa.h"
#include "ck_kmeans.h"
#include "ck_mask.h"
#include "ck_moments.h"
#include "ck_post.h"
#include "ck_product.h"
#include "ck_quantize.h"
#include "ck_rows.h"
#include "ck_transpose.h"
#include "ck_unary.h"
#include "ck_winograd.h"
