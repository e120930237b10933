// The same bits on every machine: fingerprints of results, computed once on an x86-64 CPU with AVX-512 and expected
// from every instruction set of every other one; on Arm the same test runs under an emulator.
//
// A fingerprint changes when a formula does, as results then do for every user. After a change that is meant, put in
// what the failing tests print, provided that it is the same on all instruction sets of x86-64 and on Arm.
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/activation.hpp"
#include "kernels/elementary.hpp"
#include "kernels/score.hpp"
#include "kernels/softmax.hpp"
#include "tests/kernels/golden_bits.hpp"
#include "tests/kernels/pack_input.hpp"
#include "tests/kernels/reference.hpp"

namespace tally {
namespace {

class GoldenBits : public VectorIsaTest {
 protected:
  /// On every instruction set of this CPU.
  template <class Compute>
  static void expect_everywhere(std::uint64_t golden, const std::string& what, const Compute& compute) {
    for (const VectorIsa isa : vector_isas_here()) {
      use_vector_isa(isa);
      Fingerprint fingerprint;
      compute(fingerprint);
      expect_golden(fingerprint, golden, what + " on " + std::string(name_of(isa)));
    }
  }
};

struct Golden {
  const char* name;
  std::uint64_t fingerprint;
};

TEST_F(GoldenBits, OfActivations) {
  const Golden table[] = {
      {"step", 0x15378f1cd2a37225U},         {"sigmoid", 0xcd4da44adb6ca722U},
      {"relu", 0x90edcd06c0664c13U},         {"leaky_relu:0.1", 0x907addd6054dcc72U},
      {"prelu:-0.3", 0xbaa6418126ca899dU},   {"elu:1", 0xd02ed0e7d1c7ce10U},
      {"elu:0.3", 0x3ef7820a4f65b676U},      {"selu", 0xddd199540e9efbaeU},
      {"tanh", 0x15e8b2cbaec65f03U},         {"gelu", 0x52beb38e659f26cfU},
      {"gelu_tanh", 0x391aa7f410e07cc1U},    {"silu", 0xba06c408fecff618U},
      {"softplus", 0xc83fd9a64d830913U},     {"softsign", 0xf342c06073545e56U},
      {"hard_sigmoid", 0xd5d5579cc12b9bfeU}, {"relu6", 0xb526da6b107c388dU},
  };
  // All exponents, and densely the range where the functions bend.
  std::vector<float> x = reference::strided_floats(262'147);
  for (int i = -16'384; i <= 16'384; ++i) x.push_back(static_cast<float>(i) * 0x1.01p-8F);
  for (const Golden& one : table) {
    const Activation activation = parse_activation(one.name);
    expect_everywhere(one.fingerprint, one.name, [&](Fingerprint& fingerprint) {
      std::vector<float> y = x;
      apply_activation(activation, y.data(), static_cast<Index>(y.size()));
      fingerprint.add_all(y);
    });
  }
}

/// Any bits, and the range where exp is neither 0 nor infinite.
std::vector<double> doubles() {
  std::mt19937_64 random(1);
  std::vector<double> values;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(std::bit_cast<double>(random()));
    values.push_back(static_cast<double>(i - 5'000) * 0x1.3456789abp-3);
    values.push_back(static_cast<double>(i - 5'000) * 0x1.3456789abp-13);
  }
  return values;
}

TEST_F(GoldenBits, OfExpAndLog) {
  struct Case {
    const char* name;
    double (*function)(double);
    std::uint64_t fingerprint;
  };
  const Case table[] = {{"exp", exp_exact_bits, 0xe71f1af8bdf86788U},
                        {"log", log_exact_bits, 0xc2d4391017cfbd38U},
                        {"log1p", log1p_exact_bits, 0xe89493210558cc16U}};
  const std::vector<double> x = doubles();
  for (const Case& one : table) {
    expect_everywhere(one.fingerprint, one.name, [&](Fingerprint& fingerprint) {
      for (const double value : x) fingerprint.add(one.function(value));
    });
  }
}

TEST_F(GoldenBits, OfSoftmax) {
  expect_everywhere(0xb5de86e599b86487U, "softmax and log_sum_exp", [](Fingerprint& fingerprint) {
    GoldenNumbers numbers(2);
    for (std::size_t classes = 1; classes <= 300; ++classes) {
      std::vector<double> a(classes);
      for (double& value : a) value = static_cast<double>(numbers.next()) * 20.0;
      fingerprint.add(log_sum_exp(a));
      softmax(a, a);
      fingerprint.add_all(a);
    }
  });
}

TEST_F(GoldenBits, OfScores) {
  struct Case {
    const char* name;
    ActivationKind output;
    Index units;
    std::uint64_t fingerprint;
  };
  const Case table[] = {{"softmax of 10 classes", ActivationKind::softmax, 10, 0x2b2b9f081f406cbaU},
                        {"softmax of 333 classes", ActivationKind::softmax, 333, 0x34eb1318eb303224U},
                        {"sigmoid of 10 classes", ActivationKind::sigmoid, 10, 0xcc0beaf08088e9b2U},
                        {"sigmoid of two classes", ActivationKind::sigmoid, 1, 0x9a128621769c2aa6U}};
  constexpr Index samples = 77;  // whole blocks of every width, and a rest
  for (const Case& one : table) {
    const Index classes = one.units == 1 ? 2 : one.units;
    GoldenNumbers numbers(3);
    std::vector<float> logits(static_cast<std::size_t>(one.units * samples));
    numbers.fill(logits, 8.0F);
    logits[5] = std::numeric_limits<float>::infinity();
    logits[static_cast<std::size_t>((one.units - 1) * samples + 70)] = std::numeric_limits<float>::quiet_NaN();
    std::vector<Index> labels;
    for (Index i = 0; i < samples; ++i) labels.push_back(i % classes);
    expect_everywhere(one.fingerprint, one.name, [&](Fingerprint& fingerprint) {
      std::vector<Score> scores(labels.size());
      std::vector<float> probabilities(static_cast<std::size_t>(samples * classes));
      score_tile(one.output, logits.data(), one.units, samples, labels, scores, probabilities);
      for (const Score& score : scores) {
        fingerprint.add(score.predicted);
        fingerprint.add(score.confidence);
        fingerprint.add(score.cross_entropy);
        fingerprint.add(score.rank);
      }
      fingerprint.add_all(probabilities);
    });
  }
}

TEST_F(GoldenBits, OfPackedInput) {
  const Golden table[] = {
      {"uint8", 0xf72f5e9c2ce46b29U},   {"int8", 0x88f66aeed3cf6f2bU},   {"uint16", 0x85e705dcce58d506U},
      {"int16", 0xa681d425aa56d6c8U},   {"uint32", 0x14336142d102e27fU}, {"int32", 0x6eb80fe7e4d47d3cU},
      {"uint64", 0xf0f615f52cca291cU},  {"int64", 0xd4220f0343e57cbaU},  {"float16", 0x3dc14add478c182dU},
      {"float32", 0x05eee44d0bb2a97eU}, {"float64", 0xf1860192dc46f2c6U}};
  constexpr Index rows = 37;
  constexpr Index inputs = 61;
  constexpr Index panel = 16;
  std::mt19937_64 random(4);
  std::vector<std::byte> stored(static_cast<std::size_t>(rows * inputs) * sizeof(double));
  for (std::byte& one : stored) one = static_cast<std::byte>(random() >> 56U);
  for (std::size_t type = 0; type < std::size(table); ++type) {
    const StoredRows data{stored.data(), static_cast<StoredType>(type), rows, inputs};
    ASSERT_EQ(name_of(data.type), table[type].name);
    expect_everywhere(table[type].fingerprint, table[type].name, [&](Fingerprint& fingerprint) {
      for (const InputTransform transform : {InputTransform{1.0, 0.0}, InputTransform{1.0 / 255.0, -0.3}}) {
        std::vector<float> x(static_cast<std::size_t>((rows + panel - 1) / panel * panel * inputs));
        pack_input(data, transform, 0, rows, panel, x.data());
        fingerprint.add_all(x);
      }
    });
  }
}

TEST_F(GoldenBits, OfProducts) {
  expect_everywhere(0x945455a8c7e197c4U, "products", [](Fingerprint& fingerprint) {
    GoldenNumbers numbers(5);
    for (const Index panel : {4, 12, 16, 32}) {
      for (Index units = 1; units <= most_units; ++units) {
        for (const Index k : {1, 2, 7, 100}) {
          alignas(64) std::array<float, 100 * 32> x;
          std::array<float, 100 * most_units> w;
          alignas(64) std::array<float, 32 * most_units> c;
          numbers.fill(x);
          numbers.fill(w);
          numbers.fill(c);
          vector_kernels().multiply(k, units, panel, w.data(), x.data(), c.data(), {});
          fingerprint.add_all(c);
        }
      }
    }
  });
}

}  // namespace
}  // namespace tally
