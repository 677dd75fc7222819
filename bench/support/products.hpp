// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tfx::bench {

/// Calls add.operator()<rows, contracted, columns>() for products that every comparison has.
template <class Add> void for_products(const Add& add) {
  add.template operator()<16, 16, 16>();
  add.template operator()<32, 32, 32>();
  add.template operator()<64, 64, 64>();
  add.template operator()<128, 128, 128>();
  add.template operator()<256, 256, 256>();
  add.template operator()<512, 512, 512>();
  add.template operator()<1024, 1024, 1024>();
  add.template operator()<2048, 2048, 2048>();
  add.template operator()<64, 784, 128>();
  add.template operator()<64, 784, 256>();
  add.template operator()<256, 784, 128>();
  add.template operator()<256, 512, 512>();
  add.template operator()<33, 33, 33>();
  add.template operator()<84, 84, 84>();
  add.template operator()<100, 100, 100>();
  add.template operator()<257, 257, 257>();
  add.template operator()<500, 500, 500>();
  add.template operator()<180, 77, 35>();
  add.template operator()<300, 100, 17>();
  add.template operator()<3000, 60, 20>();
  add.template operator()<1000, 64, 40>();
  add.template operator()<20, 500, 1500>();
  add.template operator()<64, 784, 3000>();
  add.template operator()<10000, 10, 1000>();
  add.template operator()<64, 128, 10>();
  add.template operator()<1, 784, 128>();
}

}  // namespace tfx::bench
