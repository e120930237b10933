// The predictions file, written in any order of rows.
#include "io/predictions.hpp"

#include <gmock/gmock.h>

#include <cmath>

#include "io/hdf5.hpp"
#include "io/hdf5_section.hpp"
#include "oracle_files.hpp"
#include "temporary_folder.hpp"

namespace tally::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const std::vector<std::int32_t> predicted = {3, -1, 0, 2};
const std::vector<float> confidence = {0.5F, std::nanf(""), 1.0F, 0.25F};
const std::vector<std::int64_t> label = {3, 1, std::int64_t{1} << 23, 2};
const std::vector<float> probabilities = {0.5F, 0.5F, 0.0F, 1.0F, 0.25F, 0.75F, 1.0F, 0.0F};

PredictionRows rows(std::size_t first, std::size_t count, bool with_probabilities) {
  PredictionRows part;
  part.predicted = std::span(predicted).subspan(first, count);
  part.confidence = std::span(confidence).subspan(first, count);
  part.label = std::span(label).subspan(first, count);
  if (with_probabilities) part.probabilities = std::span(probabilities).subspan(2 * first, 2 * count);
  return part;
}

std::vector<std::string> names_in(const hdf5::Group& group) {
  std::vector<std::string> names;
  for (const hdf5::Link& link : group.links()) names.push_back(link.name);
  return names;
}

TEST(Predictions, RowsInAnyOrder) {
  const TemporaryFolder folder;
  PredictionWriter writer(folder / "p.h5");
  writer.open({.rows = 4, .classes = 2, .probabilities = true, .row_numbers = true, .first_row = 10});
  writer.write(3, rows(3, 1, true));
  writer.write(0, rows(0, 2, true));
  writer.write(2, rows(2, 1, true));
  EXPECT_FALSE(std::filesystem::exists(folder / "p.h5"));
  writer.commit();
  EXPECT_EQ(folder.entries(), 1);

  const Hdf5Section section(folder / "p.h5");
  const hdf5::File file = hdf5::File::open(folder / "p.h5");
  const hdf5::Group root = file.root();
  EXPECT_THAT(names_in(root), UnorderedElementsAre("predicted", "confidence", "label", "row", "probabilities"));
  EXPECT_THAT(root.open_dataset("predicted").read_floats(), ElementsAre(3, -1, 0, 2));
  EXPECT_TRUE(std::isnan(root.open_dataset("confidence").read_floats()[1]));
  EXPECT_THAT(root.open_dataset("label").read_floats(), ElementsAre(3, 1, 0x1p23F, 2));
  EXPECT_THAT(root.open_dataset("row").read_floats(), ElementsAre(10, 11, 12, 13));
  EXPECT_THAT(root.open_dataset("probabilities").shape(), ElementsAre(4, 2));
  EXPECT_EQ(root.open_dataset("probabilities").read_floats(), probabilities);
  EXPECT_EQ(root.open_dataset("predicted").dtype(), "int32");
  EXPECT_EQ(root.open_dataset("confidence").dtype(), "float32");
  EXPECT_EQ(root.open_dataset("label").dtype(), "int64");
  EXPECT_EQ(root.open_dataset("label").layout(), "contiguous");
}

TEST(Predictions, OnlyWhatWasAskedFor) {
  const TemporaryFolder folder;
  PredictionWriter writer(folder / "p.h5");
  writer.open({.rows = 4, .classes = 2});
  writer.write(0, rows(0, 4, false));
  writer.commit();
  const Hdf5Section section(folder / "p.h5");
  const hdf5::File file = hdf5::File::open(folder / "p.h5");
  EXPECT_THAT(names_in(file.root()), UnorderedElementsAre("predicted", "confidence", "label"));
}

TEST(Predictions, AreWholeOrNotThere) {
  const TemporaryFolder folder;
  {
    PredictionWriter writer(folder / "p.h5");
    writer.open({.rows = 4, .classes = 2});
    writer.write(0, rows(0, 3, false));
    EXPECT_THAT(message_of<Error>([&] { writer.commit(); }), HasSubstr("3 of 4 rows"));
    EXPECT_THAT(message_of<Error>([&] { writer.write(3, rows(0, 2, false)); }),
                HasSubstr((folder / "p.h5") + ": /predicted"));
  }
  EXPECT_EQ(folder.entries(), 0);
  { const PredictionWriter unused(folder / "p.h5"); }
  EXPECT_EQ(folder.entries(), 0);
}

TEST(Predictions, TryThePathFirst) {
  const TemporaryFolder folder;
  EXPECT_THROW(PredictionWriter(folder / "no/p.h5"), Error);
  EXPECT_THAT(message_of<Error>([] { PredictionWriter("/dev/null"); }), HasSubstr("regular file"));
}

TEST(Predictions, SpansMustAgree) {
  const TemporaryFolder folder;
  PredictionWriter writer(folder / "p.h5");
  EXPECT_THROW(writer.write(0, rows(0, 1, false)), std::logic_error);
  writer.open({.rows = 4, .classes = 2, .probabilities = true});
  EXPECT_THROW(writer.write(0, rows(0, 2, false)), std::invalid_argument);
}

}  // namespace
}  // namespace tally::io
