// SPDX-License-Identifier: Apache-2.0
// The umbrella header of CPrimitives: prepared compute primitives (oneDNN).
#pragma once

#include "wp_families.h"
#include "wp_primitive.h"
#include "wp_tensor.h"
