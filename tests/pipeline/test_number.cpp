// Numbers as people type them.
#include "pipeline/number.hpp"

#include <gmock/gmock.h>

#include <limits>
#include <string>

#include "kernels/types.hpp"

namespace tally::pipeline {
namespace {

TEST(ParseNumber, ReadsNumbersAndQuotients) {
  EXPECT_EQ(parse_number("0.5"), 0.5);
  EXPECT_EQ(parse_number("-1"), -1.0);
  EXPECT_EQ(parse_number("+1.25"), 1.25);
  EXPECT_EQ(parse_number("1e-3"), 1e-3);
  EXPECT_EQ(parse_number(".5"), 0.5);
  EXPECT_EQ(parse_number("1/255"), 1.0 / 255.0);
  EXPECT_EQ(parse_number("-1/4"), -0.25);
  EXPECT_EQ(parse_number("1/-4"), -0.25);
  EXPECT_EQ(parse_number("1e2/1e1"), 10.0);
}

TEST(ParseNumber, QuotesWhatIsNone) {
  for (const std::string text :
       {"",    "x",   "1x",    " 1",           "1 ",   "1/",  "/2",  "/",   "1/0", "0/0",  "1/2/3",
        "nan", "inf", "1e999", "1e300/1e-300", "0x10", "1,5", "--1", "++1", "+-1", "1/+-2"}) {
    try {
      parse_number(text);
      ADD_FAILURE() << "'" << text << "' was taken for a number";
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), testing::HasSubstr("'" + text + "'"));
    }
  }
}

TEST(WithThousands, PutsACommaBeforeEachThree) {
  EXPECT_EQ(with_thousands(0), "0");
  EXPECT_EQ(with_thousands(999), "999");
  EXPECT_EQ(with_thousands(1000), "1,000");
  EXPECT_EQ(with_thousands(12345), "12,345");
  EXPECT_EQ(with_thousands(123456), "123,456");
  EXPECT_EQ(with_thousands(1234567), "1,234,567");
  EXPECT_EQ(with_thousands(-123), "-123");
  EXPECT_EQ(with_thousands(-1234), "-1,234");
  EXPECT_EQ(with_thousands(std::numeric_limits<long long>::min()), "-9,223,372,036,854,775,808");
}

}  // namespace
}  // namespace tally::pipeline
