#include "kernels/activation_formulas.hpp"

#include <array>
#include <limits>

namespace tally {
namespace {

using Kind = ActivationKind;

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float ln_2 = 0.693147181F;
constexpr float selu_floor = -1.75809934F;  // -lambda alpha

constexpr std::array leaky_parameters = {ActivationParameter{"alpha", 0.01F}};
constexpr std::array prelu_parameters = {ActivationParameter{"alpha", 0.25F}};
constexpr std::array elu_parameters = {ActivationParameter{"alpha", 1.0F}};
constexpr std::array maxout_parameters = {ActivationParameter{"pieces", 2.0F}};
constexpr std::array hard_parameters = {ActivationParameter{"alpha", 1.0F / 6.0F}, ActivationParameter{"beta", 0.5F}};

constexpr std::array formulas = {
    ActivationFormula{Kind::identity, "x", "(-inf, inf)", {}, true, -inf, 0.0F, inf, nan},
    ActivationFormula{Kind::step, "1 for x > 0, else 0", "{0, 1}", {}, true, 0.0F, 0.0F, 1.0F, nan},
    ActivationFormula{Kind::sigmoid, "1 / (1 + exp(-x))", "(0, 1)", {}, true, 0.0F, 0.5F, 1.0F, nan},
    ActivationFormula{Kind::relu, "max(x, 0)", "[0, inf)", {}, true, 0.0F, 0.0F, inf, nan},
    ActivationFormula{Kind::leaky_relu, "x for x >= 0, else alpha x", "(-inf, inf) for alpha > 0", leaky_parameters,
                      true, -inf, 0.0F, inf, nan},
    ActivationFormula{Kind::prelu, "x for x >= 0, else alpha x (alpha learnt, of the layer or of each unit)",
                      "(-inf, inf) for alpha > 0", prelu_parameters, true, -inf, 0.0F, inf, nan},
    ActivationFormula{Kind::elu, "x for x >= 0, else alpha (exp(x) - 1)", "(-alpha, inf)", elu_parameters, true, -1.0F,
                      0.0F, inf, nan},
    ActivationFormula{Kind::selu,
                      "1.05070099 (x for x >= 0, else 1.67326324 (exp(x) - 1))",
                      "(-1.75809934, inf)",
                      {},
                      true,
                      selu_floor,
                      0.0F,
                      inf,
                      nan},
    ActivationFormula{
        Kind::tanh, "(exp(x) - exp(-x)) / (exp(x) + exp(-x))", "(-1, 1)", {}, true, -1.0F, 0.0F, 1.0F, nan},
    ActivationFormula{Kind::maxout, "max over pieces j of (x W_j + b_j)", "(-inf, inf)", maxout_parameters, false, nan,
                      nan, nan, nan},
    ActivationFormula{Kind::gelu, "x (1 + erf(x / sqrt(2))) / 2", "[-0.169971, inf)", {}, true, 0.0F, 0.0F, inf, nan},
    ActivationFormula{Kind::gelu_tanh,
                      "x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2",
                      "[-0.170041, inf)",
                      {},
                      true,
                      0.0F,
                      0.0F,
                      inf,
                      nan},
    ActivationFormula{Kind::silu, "x / (1 + exp(-x))", "[-0.278465, inf)", {}, true, 0.0F, 0.0F, inf, nan},
    ActivationFormula{Kind::softplus, "log(1 + exp(x))", "(0, inf)", {}, true, 0.0F, ln_2, inf, nan},
    ActivationFormula{Kind::softsign, "x / (1 + |x|)", "(-1, 1)", {}, true, -1.0F, 0.0F, 1.0F, nan},
    ActivationFormula{Kind::hard_sigmoid, "min(max(alpha x + beta, 0), 1)", "[0, 1]", hard_parameters, true, 0.0F, 0.5F,
                      1.0F, nan},
    ActivationFormula{Kind::relu6, "min(max(x, 0), 6)", "[0, 6]", {}, true, 0.0F, 0.0F, 6.0F, nan},
    ActivationFormula{
        Kind::softmax, "exp(x_k) / sum_j exp(x_j)", "(0, 1), the sum over k is 1", {}, false, nan, nan, nan, nan},
};

}  // namespace

std::span<const ActivationFormula> activation_formulas() { return formulas; }

const ActivationFormula& activation_formula(ActivationKind kind) { return formulas.at(static_cast<std::size_t>(kind)); }

}  // namespace tally
