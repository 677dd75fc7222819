// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>

#include <tfx/tfx.hpp>
#include <tfx/train/write_graph.hpp>

#include "../io/scratch.hpp"

namespace {

using namespace tfx;

struct block {
  constexpr auto operator()(tensor_expression auto x) const {
    return relu(x + (x | nn::conv2d<4, 3, same>{} | nn::batch_norm{}));
  }
};
inline constexpr auto logits = nn::sequential(nn::conv2d<4, 3, same>{}, nn::repeat<2>(block{}), nn::global_average_pool{},
                                              nn::named("head", nn::dense<10>{.bias = false}));
inline constexpr auto net = [](auto x) { return x | logits | nn::softmax{}; };
inline constexpr auto recurrent = nn::sequential(nn::transformer_encoder<2, 8>{}, nn::multi_head_attention<2, causal>{}, nn::lstm<4>{});
inline constexpr auto training = recipe(loss::softmax_cross_entropy{.label_smoothing = 0.1}, optim::sgd{}, metric::accuracy{});
using images = input<8, 6, 6, 3>;

bool says(std::string_view text, std::string_view what) { return text.find(what) != text.npos; }

/// Is every end of an arrow a node, once, and every box closed?
bool is_whole(std::string_view dot) {
  std::istringstream lines{std::string(dot)};
  std::set<std::string> nodes;
  bool right = true;
  int open = 0;
  for (std::string line; std::getline(lines, line);) {
    open += (line.find('{') != line.npos) - (line == "}");
    std::istringstream words(line);
    std::string from, arrow, to;
    words >> from >> arrow >> to;
    if (arrow == "->") right = right && nodes.count(from) && nodes.count(to.substr(0, to.find_first_of(";"))) == 1;
    else if (arrow.starts_with("[label=")) right = right && nodes.insert(from).second;
  }
  return right && open == 0 && nodes.size() > 1;
}

}  // namespace

TEST_CASE("a picture has a node for each layer, with its attributes, parameters and result") {
  constexpr std::string_view dot = graph_dot<net, images>();
  CHECK(is_whole(dot));
  CHECK(says(dot, "[label=\"conv2d\\nfilters=4, kernel=3, bias=yes\\n112 parameters\\n[<=8, 6, 6, 4]\""));
  CHECK(says(dot, "[label=\"head (dense)\\nunits=10, bias=no\\n40 parameters\\n[<=8, 10]\""));
  CHECK(says(dot, "[label=\"softmax\\naxis=1\\n[<=8, 10]\""));
  CHECK(says(dot, "[label=\"mean\\naxes=1 2, keep_dims=no\\n[<=8, 4]\""));
  CHECK(says(dot, "label=\"block\";"));
  CHECK(says(dot, "epsilon=0.001"));
  CHECK_FALSE(says(dot, "weight"));
  CHECK_FALSE(says(dot, "sqrt"));
}

TEST_CASE("or all operations and parameters") {
  constexpr std::string_view dot = operations_dot<net, images>();
  CHECK(is_whole(dot));
  CHECK(says(dot, "[label=\"weight\\n[3, 3, 4, 4]\", shape=ellipse]"));
  CHECK(says(dot, "sqrt"));
}

TEST_CASE("loops, attention, losses and metrics are drawn") {
  CHECK(is_whole(graph_dot<recurrent, input<8, 5, 4>>()));
  CHECK(is_whole(operations_dot<recurrent, input<8, 5, 4>>()));
  CHECK(says(graph_dot<recurrent, input<8, 5, 4>>(), "dot_product_attention\\nscale=0.707106781187, causal=yes"));
  constexpr std::string_view dot = graph_dot<logits, images, training>();
  CHECK(is_whole(dot));
  CHECK(says(dot, "[label=\"softmax_cross_entropy\\nlabel_smoothing=0.1\\n[]\""));
  CHECK(says(dot, "[label=\"accuracy\\n[]\\n[]\""));   // right ones, and all
}

TEST_CASE("a graph is written as text, or drawn where Graphviz is") {
  const scratch folder;
  const std::string text(graph_dot<net, images>());
  CHECK(write_graph(folder / "net.dot", text) == folder / "net.dot");
  CHECK(contents_of(folder / "net.dot") == text);

  const std::string path = std::getenv("PATH") ? std::getenv("PATH") : "";
  ::setenv("PATH", folder.folder().c_str(), 1);   // no program is there
  CHECK(write_graph(folder / "none.svg", text) == folder / "none.dot");
  CHECK(contents_of(folder / "none.dot") == text);
  CHECK_FALSE(std::filesystem::exists(folder / "none.svg"));

  const std::filesystem::path program = folder.put("dot", "#!/bin/sh\n[ \"$1 $2\" = '-Tsvg -o' ] && { read line < \"$4\"; echo \"drawn $line\" > \"$3\"; }\n");
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  CHECK(write_graph(folder / "net.svg", text) == folder / "net.svg");
  CHECK(contents_of(folder / "net.svg") == "drawn digraph {\n");
  ::setenv("PATH", path.c_str(), 1);
}
