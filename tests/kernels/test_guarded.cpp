// The whole forward pass, and the evaluation, with every buffer, every row, label and result beside a page that kills:
// nothing is touched that is not theirs. AddressSanitizer sees neither BLIS's assembly nor what panels are padded with.
#include <gtest/gtest.h>

#include <cmath>
#include <new>
#include <random>
#include <vector>

#include "tests/kernels/evaluated_block.hpp"
#include "tests/kernels/guarded_panel_buffer.hpp"
#include "tests/kernels/guarded_rows.hpp"
#include "tests/kernels/random_network.hpp"
#include "tests/kernels/reference_network.hpp"

namespace tally {
namespace {

constexpr Index widths[] = {1, 2, 5, 11, 12, 13, 14, 26, 31, 32, 33, 50, 100, 784};

class Guarded : public testing::TestWithParam<Guard> {
 protected:
  Guarded() { set_panel_buffer_guard(GetParam()); }
  Index any(Index below) { return static_cast<Index>(random_() % static_cast<std::uint64_t>(below)); }
  std::vector<Index> random_shape() {
    std::vector<Index> shape(2 + random_() % 4);
    // One layer in four is wide: more would be slow and show nothing else.
    for (Index& width : shape) width = widths[random_() % (random_() % 4 == 0 ? std::size(widths) : 11)];
    return shape;
  }

  std::mt19937_64 random_{7};
};

void expect_twin(const Model& model, const StoredRows& rows, const InputTransform& transform, Index i,
                 const Logits& logits, Index row_of_tile) {
  std::vector<float> input;
  for (Index j = 0; j < rows.inputs; ++j) input.push_back(reference::input(rows, transform, i, j));
  const reference::Logits expected = reference::forward(model, input);
  for (Index k = 0; k < model.outputs(); ++k) {
    const auto at = static_cast<std::size_t>(k);
    ASSERT_LE(std::abs(static_cast<double>(logits.at(row_of_tile, k)) - expected.value[at]), expected.bound[at])
        << shape_string(model) << " " << activations_string(model) << " from " << name_of(rows.type);
  }
}

TEST_P(Guarded, ForwardPass) {
  for (int network_number = 0; network_number < 120; ++network_number) {
    const Index made = panel_buffers_made();
    const Model model = random_model(random_, random_shape());
    const Network network(model, any(5));
    Network::Workspace workspace(network);
    ASSERT_GT(panel_buffers_made(), made) << "this binary runs the ordinary buffers";
    for (const Index count : {Index{1}, 1 + any(network.tile_rows()), network.tile_rows()}) {
      const StoredType type = all_stored_types[random_() % std::size(all_stored_types)];
      const Index before = any(3);  // rows that are not asked for
      GuardedRows rows(random_, type, before + count, model.inputs(), random_() % 2 == 0 ? Guard::before : GetParam());
      rows.tame(random_);
      const StoredRows stored = rows.stored();
      const InputTransform transform = rows.tame_transform();
      // No row is there any more: asking for it ahead of time must do no harm.
      const std::span beyond(stored.row(before + count), static_cast<std::size_t>(any(2) * 5 * model.inputs()));
      const Logits logits = network.forward(stored, transform, before, count, workspace, {beyond, nullptr});
      expect_twin(model, stored, transform, before + count - 1, logits, count - 1);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(Guarded, WideLayers) {
  for (const std::vector<Index>& shape : {std::vector<Index>{784, 50, 100, 10}, {784, 784, 1}, {13, 500, 784, 2}}) {
    const Model model = random_model(random_, shape);
    const Network network(model);
    Network::Workspace workspace(network);
    for (const StoredType type : all_stored_types) {
      const Index count = network.tile_rows() - any(network.panel());
      GuardedRows rows(random_, type, count, model.inputs(), GetParam());
      rows.tame(random_);
      const Logits logits = network.forward(rows.stored(), rows.tame_transform(), 0, count, workspace);
      expect_twin(model, rows.stored(), rows.tame_transform(), count - 1, logits, count - 1);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(Guarded, Evaluation) {
  for (int network_number = 0; network_number < 40; ++network_number) {
    // One in ten has tiles of several panels, and layers of several blocks.
    const bool wide = network_number % 10 == 0;
    const Network network(random_model(random_, wide ? std::vector<Index>{40, 500, 400, 3} : random_shape()),
                          wide ? 4 : 0);
    const Index total = 1 + any(3 * network.tile_rows());
    const StoredType type = all_stored_types[random_() % std::size(all_stored_types)];
    const GuardedRows rows(random_, type, total, network.inputs(), GetParam());
    EvaluatedBlock block(network, rows.stored(), rows.tame_transform(), random_labels(random_, network, total),
                         GetParam());
    block.evaluate_all(1 + static_cast<int>(random_() % 3));
    ASSERT_EQ(block.counts.samples, total);
    // As if it were all that is wanted.
    EXPECT_EQ(
        evaluate_rows(network, rows.stored(), rows.tame_transform(), random_labels(random_, network, total), 2, {})
            .nonfinite,
        block.counts.nonfinite);
  }
}

/// Whichever thread finds no memory for whichever buffer: the caller hears of it, and may try again.
TEST_P(Guarded, EvaluationWithoutMemory) {
  const Network network(random_model(random_, {20, 9, 4}, {}, ActivationKind::softmax));
  const RandomRows rows(random_, 9 * network.tile_rows(), network.inputs());
  const std::vector<std::int64_t> labels = random_labels(random_, network, rows.stored().rows);
  const std::vector<std::int64_t> expected = evaluate_rows(network, rows.stored(), {}, labels, 1, {}).to_words();
  constexpr Index buffers_of_thread = 3;
  for (int threads = 1; threads <= 4; ++threads) {
    for (Index n = 1; n <= buffers_of_thread * threads + 1; ++n) {
      Evaluator evaluator(network, {}, threads);
      bool thrown = false;
      fail_panel_buffer(n);
      try {
        EXPECT_EQ(evaluator.evaluate(rows.stored(), labels, {}).to_words(), expected);
      } catch (const std::bad_alloc&) {
        thrown = true;
      }
      // A thread that comes late finds no tile left, and needs no buffers.
      if (n <= buffers_of_thread || n > buffers_of_thread * threads) {
        EXPECT_EQ(thrown, n <= buffers_of_thread) << "buffer " << n << ", " << threads << " threads";
      }
      fail_panel_buffer(0);
      EXPECT_EQ(evaluator.evaluate(rows.stored(), labels, {}).to_words(), expected);
      fail_panel_buffer(1);
      EXPECT_THROW(evaluate_rows(network, rows.stored(), {}, labels, threads, {}), std::bad_alloc);
      fail_panel_buffer(0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Pages, Guarded, testing::Values(Guard::before, Guard::after),
                         [](const auto& guard) { return guard.param == Guard::before ? "Before" : "After"; });

/// That the pages do kill.
TEST(GuardedDeathTest, ATouchIsNotSurvived) {
  const volatile float* outside = nullptr;
  set_panel_buffer_guard(Guard::after);
  const PanelBuffer after(16);
  outside = after.data() + 16 + PanelBuffer::padding;
  EXPECT_DEATH(static_cast<void>(*outside), "");
  set_panel_buffer_guard(Guard::before);
  const PanelBuffer before(16);
  outside = before.data() - 1;
  EXPECT_DEATH(static_cast<void>(*outside), "");
  EXPECT_DEATH(
      {
        PanelBuffer written(16);
        written.data()[16] = 1.0F;
      },
      "written beside its elements");
}

}  // namespace
}  // namespace tally
