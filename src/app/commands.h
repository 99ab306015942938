#pragma once
// The programs behind the command line; each answers the exit status of design §5.

#include "app/options.h"

namespace godwit {

int migrate(const MigrateArguments& arguments);
int drop(const DropArguments& arguments);
int check(const CheckArguments& arguments);

}  // namespace godwit
