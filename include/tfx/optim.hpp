// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/mistake.hpp>

#include <tfx/optim/accumulate.hpp>
#include <tfx/optim/adadelta.hpp>
#include <tfx/optim/adagrad.hpp>
#include <tfx/optim/adam.hpp>
#include <tfx/optim/adamax.hpp>
#include <tfx/optim/constrained.hpp>
#include <tfx/optim/ftrl.hpp>
#include <tfx/optim/lamb.hpp>
#include <tfx/optim/lion.hpp>
#include <tfx/optim/loss_scaled.hpp>
#include <tfx/optim/minimize.hpp>
#include <tfx/optim/nadam.hpp>
#include <tfx/optim/rmsprop.hpp>
#include <tfx/optim/schedule.hpp>
#include <tfx/optim/sgd.hpp>
