// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/mistake.hpp>

#include <tfx/autodiff/reverse.hpp>
#include <tfx/graph/evaluate.hpp>
#include <tfx/ops/activation.hpp>
#include <tfx/ops/affine_transform.hpp>
#include <tfx/ops/attention.hpp>
#include <tfx/ops/cast.hpp>
#include <tfx/ops/compose.hpp>
#include <tfx/ops/control_flow.hpp>
#include <tfx/ops/conv2d.hpp>
#include <tfx/ops/conv2d_transpose.hpp>
#include <tfx/ops/gather.hpp>
#include <tfx/ops/generate.hpp>
#include <tfx/ops/kernel_height.hpp>
#include <tfx/ops/math.hpp>
#include <tfx/ops/matmul.hpp>
#include <tfx/ops/pool.hpp>
#include <tfx/ops/rearrange.hpp>
#include <tfx/ops/reduce.hpp>
#include <tfx/ops/requantise.hpp>
#include <tfx/ops/reshape.hpp>
#include <tfx/ops/sample.hpp>
#include <tfx/ops/softmax.hpp>
#include <tfx/ops/sort.hpp>
#include <tfx/ops/trigonometric.hpp>
#include <tfx/ops/upsample.hpp>
