// IDX files become datasets, or nothing is left behind.
#include "io/idx.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

#include "io/hdf5.hpp"
#include "io/hdf5_section.hpp"
#include "io/idx_reader.hpp"
#include "oracle_files.hpp"
#include "temporary_folder.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string idx(char type, const std::vector<int>& shape, const std::string& data) {
  std::string bytes{'\0', '\0', type, static_cast<char>(shape.size())};
  for (const int size : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(size >> shift);
  }
  return bytes + data;
}

std::string gzip(const std::string& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, static_cast<uLong>(bytes.size())) + 64, '\0');
  std::string in = bytes;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

const std::string pixels("\0\1\2\3\4\5\6\7\10\11\376\377", 12);
const std::string images = idx(8, {3, 2, 2}, pixels);
const std::string labels = idx(8, {3}, std::string("\7\0\11", 3));

void expect_dataset(const std::string& file) {
  const Hdf5Section section(file);
  const hdf5::File opened = hdf5::File::open(file);
  const hdf5::Dataset inputs = opened.root().open_dataset("inputs");
  EXPECT_THAT(inputs.shape(), ElementsAre(3, 2, 2));
  EXPECT_EQ(inputs.dtype(), "uint8");
  EXPECT_EQ(inputs.layout(), "contiguous");
  EXPECT_EQ(inputs.read_number("scale"), 1.0 / 255.0);
  EXPECT_THAT(inputs.read_floats(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 254, 255));
  const hdf5::Dataset classes = opened.root().open_dataset("labels");
  EXPECT_THAT(classes.shape(), ElementsAre(3));
  EXPECT_THAT(classes.read_floats(), ElementsAre(7, 0, 9));
}

TEST(Idx, PlainOrGzippedOrInSeveralMembers) {
  const TemporaryFolder folder;
  const std::string plain_labels = folder.write("l", labels);
  const std::string several = gzip(images.substr(0, 9)) + gzip(images.substr(9));
  for (const std::string& content : {images, gzip(images), several}) {
    const ImportResult result = import_idx(folder.write("i", content), plain_labels, folder / "out.h5");
    EXPECT_EQ(result.rows, 3);
    EXPECT_THAT(result.row_shape, ElementsAre(2, 2));
    EXPECT_EQ(result.dtype, "uint8");
    expect_dataset(folder / "out.h5");
  }
  EXPECT_EQ(folder.entries(), 3);
}

TEST(Idx, BigEndianElementsBecomeNative) {
  const TemporaryFolder folder;
  const std::string floats = idx(0x0D, {2}, std::string("\x3f\x80\0\0\xc0\0\0\0", 8));
  const std::string wide_labels = idx(0x0C, {2}, std::string("\0\0\1\2\xff\xff\xff\xff", 8));
  const ImportResult result = import_idx(folder.write("i", floats), folder.write("l", wide_labels), folder / "o.h5");
  EXPECT_EQ(result.dtype, "float32");
  EXPECT_THAT(result.row_shape, IsEmpty());
  const Hdf5Section section(folder / "o.h5");
  const hdf5::File opened = hdf5::File::open(folder / "o.h5");
  EXPECT_THAT(opened.root().open_dataset("inputs").read_floats(), ElementsAre(1.0F, -2.0F));
  EXPECT_FALSE(opened.root().open_dataset("inputs").has_attribute("scale"));
  EXPECT_THAT(opened.root().open_dataset("labels").read_floats(), ElementsAre(258.0F, -1.0F));
}

TEST(Idx, SlabsJoinWithoutSeams) {
  const TemporaryFolder folder;
  constexpr int rows = 700;
  constexpr int width = 5000;  // 3.5 MB: several slabs, the last one short
  std::string data;
  for (int i = 0; i < rows * width; ++i) data += static_cast<char>(i % 251);
  const std::string target = idx(8, {rows}, std::string(rows, '\1'));
  import_idx(folder.write("i", gzip(idx(8, {rows, width}, data))), folder.write("l", target), folder / "o.h5");
  const Hdf5Section section(folder / "o.h5");
  const std::vector<float> values = hdf5::File::open(folder / "o.h5").root().open_dataset("inputs").read_floats();
  ASSERT_EQ(values.size(), data.size());
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(values[i], static_cast<float>(i % 251));
}

std::string refusal(const std::string& image_bytes, const std::string& label_bytes) {
  const TemporaryFolder folder;
  const std::string image_file = folder.write("images", image_bytes);
  const std::string label_file = folder.write("labels", label_bytes);
  const std::string text = message_of<Error>([&] { import_idx(image_file, label_file, folder / "out.h5"); });
  EXPECT_EQ(folder.entries(), 2) << "something is left behind";
  return text;
}

TEST(Idx, NamesWhatIsNoIdx) {
  EXPECT_THAT(refusal("hello, world", labels), AllOf(HasSubstr("images"), HasSubstr("no IDX file")));
  EXPECT_THAT(refusal("", labels), HasSubstr("no IDX file"));
  EXPECT_THAT(refusal(idx(7, {3}, "abc"), labels), HasSubstr("0x07"));
  EXPECT_THAT(refusal(idx(8, {}, ""), labels), HasSubstr("0 dimensions"));
  EXPECT_THAT(refusal(idx(8, {0, 3}, ""), labels), HasSubstr("dimension 0"));
  EXPECT_THAT(refusal(images, idx(8, {3, 1}, "abc")), HasSubstr("labels are integers in one dimension"));
  EXPECT_THAT(refusal(images, idx(0x0D, {3}, std::string(12, '\0'))), HasSubstr("float32"));
  EXPECT_THAT(refusal(images, idx(8, {2}, "ab")), AllOf(HasSubstr("3 rows"), HasSubstr("2 labels")));
}

TEST(Idx, NoPrefixIsAccepted) {
  const std::string packed = gzip(images);
  for (std::size_t n = 0; n < images.size(); ++n) refusal(images.substr(0, n), labels);
  for (std::size_t n = 0; n < packed.size(); ++n) refusal(packed.substr(0, n), labels);
  for (std::size_t n = 0; n < labels.size(); ++n) refusal(images, labels.substr(0, n));
}

TEST(Idx, DamageAndExtraBytesAreFound) {
  EXPECT_THAT(refusal(images + "x", labels), HasSubstr("bytes follow"));
  EXPECT_THAT(refusal(gzip(images + "x"), labels), HasSubstr("bytes follow"));
  std::string bad_crc = gzip(images);
  bad_crc[bad_crc.size() - 5] = static_cast<char>(bad_crc[bad_crc.size() - 5] ^ 1);
  EXPECT_THAT(refusal(bad_crc, labels), HasSubstr("damaged gzip stream"));
}

TEST(Idx, ASizeTheFileCannotHoldIsRefusedAtOnce) {
  EXPECT_THAT(refusal(idx(8, {0x7fffffff, 0x7fffffff, 0x7fffffff}, "x"), labels), HasSubstr("cannot hold"));
  EXPECT_THAT(refusal(gzip(idx(8, {3, 1'000'000'000}, "x")), labels), HasSubstr("cannot hold"));
}

TEST(Idx, NamesTheOutput) {
  const TemporaryFolder folder;
  const std::string i = folder.write("i", images);
  const std::string l = folder.write("l", labels);
  EXPECT_THAT(message_of<Error>([&] { import_idx(i, l, folder / "no/out.h5"); }), HasSubstr("no/out.h5"));
  EXPECT_THAT(message_of<Error>([&] { import_idx(folder / "gone", l, folder / "out.h5"); }),
              AllOf(HasSubstr("gone"), HasSubstr("No such file")));
}

#ifdef TALLY_TEST_REFERENCE_DATA
TEST(Idx, ImportsMnist) {
  const TemporaryFolder folder;
  const std::string mnist = std::string(TALLY_TEST_REFERENCE_DATA) + "/mnist/t10k-";
  const ImportResult result =
      import_idx(mnist + "images-idx3-ubyte.gz", mnist + "labels-idx1-ubyte.gz", folder / "mnist.h5");
  EXPECT_EQ(result.rows, 10000);
  EXPECT_THAT(result.row_shape, ElementsAre(28, 28));
}
#endif

}  // namespace
}  // namespace tally::io
