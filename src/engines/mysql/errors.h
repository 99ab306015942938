#pragma once
// Each message of this engine has one constructor. server_said classifies by the server's number
// (spec/engine-mysql.md §12).

#include <string>
#include <string_view>

#include "base/error.h"

namespace godwit::mysql {

ErrorKind kind_of_number(unsigned number);

namespace errors {

Error cannot_connect(std::string_view endpoint, std::string_view said, unsigned number);
Error connection_lost(std::string_view said, unsigned number);
// `sqlstate`: the server's; the code is "mysql.<number>". What the server quotes of rows stays in Error::said.
Error server_said(std::string_view message, std::string_view sqlstate, unsigned number);
Error bad_parameter(std::string_view name, std::string_view wanted);
// `name`: of a session variable that this server does not set.
Error setting_not_taken(std::string_view name, std::string_view wanted, std::string_view has);
Error iam_refused();
Error out_of_memory();

}  // namespace errors
}  // namespace godwit::mysql
