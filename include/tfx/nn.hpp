// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/mistake.hpp>

#include <tfx/nn/activation.hpp>
#include <tfx/nn/attention.hpp>
#include <tfx/nn/augmentation.hpp>
#include <tfx/nn/bias.hpp>
#include <tfx/nn/combine.hpp>
#include <tfx/nn/conv1d.hpp>
#include <tfx/nn/conv2d.hpp>
#include <tfx/nn/conv2d_transpose.hpp>
#include <tfx/nn/conv3d.hpp>
#include <tfx/nn/dense.hpp>
#include <tfx/nn/depthwise_conv2d.hpp>
#include <tfx/nn/dropout.hpp>
#include <tfx/nn/embedding.hpp>
#include <tfx/nn/encoding.hpp>
#include <tfx/nn/gru.hpp>
#include <tfx/nn/hashing.hpp>
#include <tfx/nn/layer.hpp>
#include <tfx/nn/lstm.hpp>
#include <tfx/nn/merging.hpp>
#include <tfx/nn/normalization.hpp>
#include <tfx/nn/pooling.hpp>
#include <tfx/nn/prelu.hpp>
#include <tfx/nn/recurrent.hpp>
#include <tfx/nn/rescaling.hpp>
#include <tfx/nn/reshaping.hpp>
#include <tfx/nn/resizing.hpp>
#include <tfx/nn/sequence.hpp>
#include <tfx/nn/simple_rnn.hpp>
#include <tfx/nn/transformer.hpp>
