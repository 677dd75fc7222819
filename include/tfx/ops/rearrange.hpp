// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/ops/broadcast.hpp>
#include <tfx/ops/concatenate.hpp>
#include <tfx/ops/flip.hpp>
#include <tfx/ops/permute.hpp>
#include <tfx/ops/slice.hpp>
