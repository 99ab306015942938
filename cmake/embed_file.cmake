# Run by godwit_embed (embed.cmake): SOURCE, GENERATED, SYMBOL.
file(READ "${SOURCE}" digits HEX)
string(REGEX REPLACE "(................................)" "\\1\n" lines "${digits}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${lines}")
file(WRITE "${GENERATED}" "#include <string_view>

namespace godwit {
namespace {

constexpr char bytes[] = {
${bytes}
'\\0'};

}  // namespace

extern const std::string_view ${SYMBOL};
const std::string_view ${SYMBOL}(bytes, sizeof bytes - 1);

}  // namespace godwit
")
