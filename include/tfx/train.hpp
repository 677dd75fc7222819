// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <tfx/core/mistake.hpp>

#include <tfx/graph/evaluate.hpp>
#include <tfx/compile/explain.hpp>
#include <tfx/train/copy.hpp>
#include <tfx/train/early_stopping.hpp>
#include <tfx/train/mistake_in.hpp>
#include <tfx/train/model.hpp>
#include <tfx/train/program.hpp>
#include <tfx/train/recipe.hpp>
#include <tfx/train/reduce_on_plateau.hpp>
#include <tfx/train/terminate_on_nan.hpp>
