// SPDX-License-Identifier: Apache-2.0
// All loops of this target.
#pragma once

#include "cm_feedback.h"
#include "cm_product.h"
#include "cm_range.h"
