// SPDX-License-Identifier: Apache-2.0
// Matrix products: panels of both factors are packed, so that the inner loop reads memory in order.
#include "cm_product.h"

#include "dispatch.h"

#define CM_NUMBER float
#define CM_NAME(name) cm_float_##name
#include "product_body.h"
#undef CM_NUMBER
#undef CM_NAME
#define CM_NUMBER double
#define CM_NAME(name) cm_double_##name
#include "product_body.h"

CK_INLINE void cm_multiply_float_body(const cm_product *p) { cm_float_multiply_body(p); }
CK_INLINE void cm_multiply_double_body(const cm_product *p) { cm_double_multiply_body(p); }

CK_DISPATCH(void, cm_multiply_float, (const cm_product *p), (p))
CK_DISPATCH(void, cm_multiply_double, (const cm_product *p), (p))
