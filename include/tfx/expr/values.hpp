// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/mistake.hpp>

#include <tfx/expr/evaluate.hpp>
#include <tfx/expr/fill.hpp>
#include <tfx/expr/functions.hpp>
