// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/mistake.hpp>

#include <tfx/core/config.hpp>
#include <tfx/core/dtype.hpp>
#include <tfx/core/random.hpp>
#include <tfx/core/shape.hpp>
