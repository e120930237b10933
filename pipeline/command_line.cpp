#include "pipeline/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "pipeline/number.hpp"
#include "pipeline/validators.hpp"

namespace tally::pipeline {
namespace {

/// Texts that are parsed once CLI11 is through, so that their errors have our words.
struct Texts {
  std::string activation;
  std::string output;
  std::string scale;
  std::string offset;
  std::string reader = "root";
  std::string input_type = "float32";
  std::string seconds = "2";
};

io::ActivationChoice activation_choice(const Texts& texts) {
  io::ActivationChoice choice;
  if (!texts.activation.empty()) choice.hidden = parse_activations(texts.activation);
  if (!texts.output.empty()) choice.output = parse_activation(texts.output);
  return choice;
}

void add_activation_options(CLI::App& command, Texts& texts) {
  command
      .add_option("--activation", texts.activation,
                  "Hidden activations where the model file stores none: one for all, or one per hidden layer, as in "
                  "relu,tanh,leaky_relu:0.1 (see `tally activations`)")
      ->check(a_value())
      ->type_name("A[,A...]");
  command
      .add_option("--output", texts.output,
                  "Output activation where the model file stores none: softmax (default), sigmoid or identity (logits)")
      ->check(a_value())
      ->type_name("A");
}

void add_evaluate(CLI::App& app, EvaluateOptions& options, Texts& texts, std::string& inputs, std::string& labels) {
  CLI::App& command =
      *app.add_subcommand("evaluate", "Evaluate a model on a labelled dataset; also under mpirun, srun");
  command.add_option("--model", options.model, "Model file: native, HDF5 with W1 b1 ..., or NumPy pickle (required)")
      ->check(a_value())
      ->type_name("FILE");
  command.add_option("--data", options.data.file, "HDF5 dataset file (required)")->check(a_value())->type_name("FILE");
  command.add_option("--inputs", inputs, "Path of the inputs inside the file")->check(a_value())->type_name("PATH");
  command.add_option("--labels", labels, "Path of the labels inside the file")->check(a_value())->type_name("PATH");
  command
      .add_option("--scale", texts.scale,
                  "input = stored * scale + offset; such as 1/255 (default: the dataset's attribute, else 1)")
      ->check(a_value())
      ->type_name("X");
  command.add_option("--offset", texts.offset, "See --scale (default: the dataset's attribute, else 0)")
      ->check(a_value())
      ->type_name("X");
  add_activation_options(command, texts);
  command.add_option("--batch-size", options.batch_size, "Rows per batch; a wish, results do not depend on it")
      ->transform(at_least<Index>(1))
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--threads", options.threads, "Threads per rank (default: its share of the physical cores)")
      ->transform(at_least<int>(1))
      ->type_name("N");
  command
      .add_option("--reader", texts.reader, "Who reads the rows: the root for all, or each rank its own (shared files)")
      ->check(one_of({"root", "each"}))
      ->default_str("root")
      ->type_name("root|each");
  command
      .add_option("--buffer-memory", options.buffer_bytes,
                  "Memory per rank for rows on their way; K, M, G stand for powers of 1024")
      ->transform(byte_count())
      ->default_str("128M")
      ->type_name("BYTES");
  command.add_option("--first-row", options.first_row, "Skip the rows before this one")
      ->transform(at_least<Index>(0))
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--limit", options.limit, "Evaluate at most so many rows")
      ->transform(at_least<Index>(1))
      ->type_name("N");
  command.add_option("--report", options.report, "Write a JSON report")->check(a_value())->type_name("FILE");
  command.add_option("--predictions", options.predictions, "Write every row's prediction, as HDF5")
      ->check(a_value())
      ->type_name("FILE");
  command.add_flag("--probabilities", options.probabilities, "Write every class's probability into --predictions too");
  command
      .add_option("--stall-timeout", options.stall_seconds,
                  "Give up when nothing has moved between ranks for so many seconds")
      ->check(positive_seconds())
      ->capture_default_str()
      ->type_name("SECONDS");
  command.add_flag("--quiet", options.quiet, "No summary");
}

void add_bench(CLI::App& app, BenchOptions& options, Texts& texts) {
  CLI::App& command = *app.add_subcommand("bench", "Measure the forward pass of a model, on generated rows in memory");
  command.add_option("--model", options.model, "Model file (required)")->check(a_value())->type_name("FILE");
  add_activation_options(command, texts);
  command
      .add_option("--threads", options.threads,
                  "Threads (default: measure 1, 2, 4 ... and as many as `evaluate` would use)")
      ->transform(at_least<int>(1))
      ->type_name("N");
  command.add_option("--batch-size", options.batch_size, "Rows per batch, as in `evaluate`")
      ->transform(at_least<Index>(1))
      ->capture_default_str()
      ->type_name("N");
  command.add_option("--input-dtype", texts.input_type, "How the rows are stored")
      ->check(a_value())
      ->capture_default_str()
      ->type_name("float32|uint8");
  command
      .add_option("--seconds", texts.seconds, "Measure for so long with each number of threads, or as the time allows")
      ->check(positive_seconds())
      ->capture_default_str()
      ->type_name("S");
  command.add_option("--report", options.report, "Write a JSON report")->check(a_value())->type_name("FILE");
}

StoredType bench_type(const std::string& text) {
  for (const StoredType type : {StoredType::float32, StoredType::uint8}) {
    if (name_of(type) == text) return type;
  }
  throw UsageError("--input-dtype: '" + text + "' is neither float32 nor uint8");
}

void add_inspect(CLI::App& app, InspectOptions& options, Texts& texts) {
  CLI::App& command = *app.add_subcommand("inspect", "Show what a dataset or model file holds, as Tally will read it");
  command.add_option("files", options.files, "Files")->check(a_value())->type_name("FILE");
  add_activation_options(command, texts);
}

void add_import(CLI::App& app, ImportIdxOptions& idx, ImportModelOptions& model, Texts& texts) {
  CLI::App& command = *app.add_subcommand("import", "Convert files into what `evaluate` reads");
  CLI::App& idx_command = *command.add_subcommand("idx", "IDX files (MNIST's format), gzipped or not, to a dataset");
  idx_command.add_option("--images", idx.images, "IDX file of the inputs")->check(a_value())->type_name("FILE[.gz]");
  idx_command.add_option("--labels", idx.labels, "IDX file of the labels")->check(a_value())->type_name("FILE[.gz]");
  idx_command.add_option("-o", idx.output, "HDF5 file to write")->check(a_value())->type_name("FILE");
  CLI::App& model_command = *command.add_subcommand("model", "Any readable model to the native format");
  model_command.add_option("input", model.input, "Model file")->check(a_value())->type_name("FILE");
  model_command.add_option("-o", model.output, "Native model file to write")->check(a_value())->type_name("FILE");
  add_activation_options(model_command, texts);
}

void add_activations(CLI::App& app, ActivationsOptions& options) {
  CLI::App& command = *app.add_subcommand("activations", "Show the activation functions, their formulas and curves");
  command.add_option("--plot", options.plot, "Draw them with gnuplot into an SVG or PNG file")
      ->check(a_value())
      ->type_name("FILE.svg|png");
}

/// CLI11's words on one line.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return text;
}

/// CLI11 would complain of a missing option before an unknown one, which is mostly the cause.
void require(const std::string& value, const char* option) {
  if (value.empty()) throw UsageError(std::string(option) + " is required (see `tally --help`)");
}

/// parse_number, with the option in its error: scale and offset are easily mistaken for each other.
double number_of(const char* option, const std::string& text) {
  try {
    return parse_number(text);
  } catch (const UsageError& error) {
    throw UsageError(std::string(option) + ": " + error.what());
  }
}

/// The help of the deepest command named, with the words that lead to it: "tally import".
std::string help_of_chosen(const CLI::App* app) {
  std::string words;
  while (!app->get_subcommands().empty()) {
    words += (words.empty() ? "" : " ") + app->get_name();
    app = app->get_subcommands().front();
  }
  return app->help(words);
}

}  // namespace

std::vector<Activation> parse_activations(const std::string& text) {
  std::vector<Activation> activations;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t comma = std::min(text.find(',', start), text.size());
    activations.push_back(parse_activation(text.substr(start, comma - start)));
    start = comma + 1;
  }
  return activations;
}

Command parse_command_line(int argc, const char* const* argv, std::string (*version)()) {
  CLI::App app("Tally evaluates trained feed-forward networks on labelled datasets, on one core or a cluster.",
               "tally");
  bool show_version = false;
  app.add_flag("--version", show_version, "Show versions and exit");
  EvaluateOptions evaluate;
  BenchOptions bench;
  InspectOptions inspect;
  ImportIdxOptions idx;
  ImportModelOptions model;
  ActivationsOptions activations;
  Texts texts;
  std::string inputs;
  std::string labels;
  add_evaluate(app, evaluate, texts, inputs, labels);
  add_inspect(app, inspect, texts);
  add_bench(app, bench, texts);
  add_import(app, idx, model, texts);
  add_activations(app, activations);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Message{help_of_chosen(&app)};
  } catch (const CLI::ParseError& error) {
    if (show_version) return Message{version()};
    throw UsageError(one_line(error.what()) + " (see `tally --help`)");
  }
  if (show_version) return Message{version()};
  if (app.got_subcommand("evaluate")) {
    require(evaluate.model, "--model");
    require(evaluate.data.file, "--data");
    evaluate.activations = activation_choice(texts);
    if (!inputs.empty()) evaluate.data.inputs = inputs;
    if (!labels.empty()) evaluate.data.labels = labels;
    if (!texts.scale.empty()) evaluate.data.scale = number_of("--scale", texts.scale);
    evaluate.ranks_read = texts.reader == "each";
    if (!texts.offset.empty()) evaluate.data.offset = number_of("--offset", texts.offset);
    if (evaluate.probabilities && evaluate.predictions.empty()) {
      throw UsageError("--probabilities goes with --predictions FILE");
    }
    return evaluate;
  }
  if (app.got_subcommand("bench")) {
    require(bench.model, "--model");
    bench.activations = activation_choice(texts);
    bench.input_type = bench_type(texts.input_type);
    bench.seconds = parse_number(texts.seconds);
    return bench;
  }
  if (app.got_subcommand("inspect")) {
    if (inspect.files.empty()) throw UsageError("inspect needs a file (see `tally inspect --help`)");
    inspect.activations = activation_choice(texts);
    return inspect;
  }
  if (app.got_subcommand("activations")) return activations;
  if (!app.got_subcommand("import")) throw UsageError("a command is required (see `tally --help`)");
  const CLI::App* import = app.get_subcommand("import");
  if (import->got_subcommand("idx")) {
    require(idx.images, "--images");
    require(idx.labels, "--labels");
    require(idx.output, "-o");
    return idx;
  }
  if (!import->got_subcommand("model")) throw UsageError("import what? idx or model (see `tally import --help`)");
  require(model.input, "the model to import");
  require(model.output, "-o");
  model.activations = activation_choice(texts);
  return model;
}

}  // namespace tally::pipeline
