// SPDX-License-Identifier: Apache-2.0
// Private: creating a primitive from a finished builder.
#pragma once

#include "onednn.h"

/// Creates the primitive from `builder->descriptor` and takes ownership of the builder's constants.
/// NULL on failure.
wp_primitive *wpi_primitive_create(wpi_builder *builder);
